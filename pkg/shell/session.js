/**
 * One tab at work: the core with its berth, the effects it asks for, the timers and the page's life.
 * It decides nothing about prompts or events (the core does) and checks no argument (instance.js does).
 */
import {
  ADOPT, EFFECT_LIST, EFFECTS, HIDDEN, JOURNAL_VALUE, LEAVING, LINE, LINE_TEXT, MEMORY, MEMORY_TEXT,
  ONLINE, RECORD, TEXTS, TOKEN, WAKE,
} from "./core.js";
import { policyError } from "./load.js";
import { beacon, post } from "./net.js";
import { tellSnapshot } from "./snapshot.js";
import { eraseAll, hex, openBerth, scopeOf } from "./storage.js";
import { BERTHS_MAX, hasLocks, hold, livingBerths, makeLease } from "./tabs.js";

/** What other tabs wrote is merged at most this often. */
const MERGE_GAP_MS = 150;
/** The lease is kept this long after the last write, until other tabs can see it. */
const LEASE_GRACE_MS = 500;
/** Timers are set no further ahead than browsers count: past it the page looks again. */
const TIMER_MAX_MS = 3_600_000;
const UNKNOWN_MAX = 50;
/** What the page allows, in the order of the bits of `Core.context`. */
const PAGE = ["visible", "busy", "dialog_open", "online", "storage", "lease"];

export function makeSession(options, Core, policy) {
  const listeners = new Map();
  const warned = new Set();
  const emitting = new Set();
  const unknown = new Set();
  const page = { route: options.route ?? "", busy: false, dialog_open: false };
  const life = new AbortController();
  let { consent } = options;

  let core;
  let writer = "";
  let account = "";
  /** What the page allowed when the core was last told, as bits. */
  let told = 0;
  let user = "";
  /** Changes whenever account, user or writer do, so that what was awaited for an older one stops. */
  let generation = 0;
  let has_begun = false;
  let snapshot;
  let texts;

  let berth;
  let unlock;
  let watching = new AbortController();
  let watched = new Set();
  let is_crowded = false;

  let timer;
  let timer_at = Infinity;
  let merge_timer;
  let lease_timer;
  let changed = new Set();
  let written_at = 0;
  let is_over = false;

  let prompts;
  let loading;

  const queue = [];
  let is_carrying = false;

  const lease = makeLease(() => {
    mergeOthers();
    tellContext();
    settle();
  });

  const isHeadless = () => options.view === "none" || !globalThis.document;
  const mayStore = () => consent === "granted" && options.storage === "local" && !!snapshot;
  const isStored = () => !!berth?.is_open();
  const mayRecord = () =>
    consent === "granted" && !!options.endpoint && !!options.key && !!snapshot &&
    globalThis.navigator?.["globalPrivacyControl"] !== true;

  // ── listeners ──────────────────────────────────────────────────────────────────────────────────

  function on(name, heard) {
    const list = listeners.get(name) ?? new Set();
    listeners.set(name, list.add(heard));
    return () => void list.delete(heard);
  }

  function emit(name, detail = {}) {
    // A listener that causes what it listens to would never come to an end.
    if (emitting.has(name)) return;
    emitting.add(name);
    for (const heard of listeners.get(name) ?? []) {
      try {
        heard(detail);
      } catch (error) {
        console.error(error);
      }
    }
    emitting.delete(name);
  }

  /** Nothing throws after `start`: what is wrong is an event, and a warning once a code. */
  function report(code, path, message, help = "") {
    emit("error", { code, path, message, help });
    if (warned.has(code)) return;
    warned.add(code);
    console.warn(`plimsoll: ${message}${help && ` (${help})`} [${code}]`);
  }

  // ── the core ───────────────────────────────────────────────────────────────────────────────────

  /** One call into the core, with the clocks as its last arguments, and everything that follows. */
  function call(run) {
    if (!core) return undefined;
    const result = run(core, Date.now(), performance.now());
    settle();
    return result;
  }

  const clocks = () => [Date.now(), performance.now()];
  const tell = (kind, given = "", amount = 0) =>
    call((open, ...now) => open.tell(kind, given, amount, ...now));
  const text = (kind) => core.text(kind, ...clocks());

  /** Stores and does what the last calls made necessary. */
  function settle() {
    const flags = core.flags();
    if (flags & EFFECTS) carry(JSON.parse(text(EFFECT_LIST)), flags);
    else persist(flags);
    schedule();
    if (listeners.get("update")?.size) emit("update");
  }

  function persist(flags) {
    if (flags & LINE) berth?.writeLine(text(LINE_TEXT));
    if (flags & MEMORY && isStored()) {
      berth.write("m", text(MEMORY_TEXT));
      written_at = performance.now();
    }
  }

  function carry(effects, flags) {
    // The journal and the memory are written before anything is shown or sent.
    for (const effect of effects) {
      const [name, slot, value] = effect;
      if (name === "store") berth?.write(`q:${slot}`, value);
      else if (name === "remove") berth?.remove(`q:${slot}`);
      else queue.push(effect);
    }
    persist(flags);
    if (is_carrying) return;
    is_carrying = true;
    try {
      while (queue.length) carryOne(queue.shift());
    } finally {
      is_carrying = false;
    }
  }

  function carryOne([name, given, more]) {
    switch (name) {
      case "present":
      case "update":
      case "withdraw":
        return withPrompts((prompts) => prompts[name](given, more));
      case "crossing": return emit("crossing", { meter: more, percent: given });
      case "plan_changed": return undefined;
      case "lease": return wantLease(given);
      case "send": return void send(given, more);
      case "beacon": return beacon(`${options.endpoint}/v1/batch`, more);
      case "identity": return void identify();
      case "sent": return emit("sent", { count: given });
      case "rejected":
        return report("events_rejected", "endpoint", `the collector refused ${given} event(s) for good`);
      case "misconfigured":
        return report("misconfigured", "endpoint", `no collector answers at \`${options.endpoint}\`: status ${given}`,
          "events are kept; check `endpoint`");
      case "unauthorized":
        return report("unauthorized", "key", `the collector refused the key or the identity: status ${given}`,
          "events are kept; check `key` and `identity`");
      case "dropped":
        return report("events_dropped", "", `events were dropped: ${more}`, "the collector is told how many");
      default:
        return report("internal", "", `the core asks for the unknown \`${name}\``, "use files of one version");
    }
  }

  /** Runs with the painters' side, which is loaded when the page is idle or a prompt comes. */
  function withPrompts(run) {
    if (prompts) return run(prompts);
    return loadPrompts().then((made) => made && guarded(() => run(made)));
  }

  function loadPrompts() {
    return (loading ??= import("./prompts.js")
      .then(({ makePrompts }) => (is_over ? undefined : (prompts = makePrompts(session))))
      .catch((error) => report("view_missing", "view", `prompts cannot be shown: ${error?.message ?? error}`,
        "serve the package's `shell/prompts.js`")));
  }

  function stumble(error) {
    report("internal", "", `something went wrong inside: ${error?.message ?? error}`, "please report it");
  }

  /** One timer for everything the core waits for; the common case changes nothing. */
  function schedule() {
    const now = performance.now();
    const wait_ms = core.wake_in(Date.now(), now);
    const at = wait_ms < 0 ? Infinity : now + Math.min(wait_ms, TIMER_MAX_MS);
    if (Math.abs(at - timer_at) < 5 || at === timer_at) return;
    clearTimeout(timer);
    timer_at = at;
    if (at === Infinity) return;
    timer = setTimeout(() => {
      timer_at = Infinity;
      guarded(() => tell(WAKE));
    }, Math.max(0, at - now) + 1);
    timer.unref?.();
  }

  function guarded(run) {
    if (is_over) return;
    try {
      run();
    } catch (error) {
      stumble(error);
    }
  }

  function tellContext() {
    const bits =
      (globalThis.document?.visibilityState === "visible" ? 1 : 0) |
      (page.busy ? 2 : 0) |
      (page.dialog_open ? 4 : 0) |
      (globalThis.navigator?.onLine === false ? 0 : 8) |
      (isStored() ? 16 : 0) |
      (lease.is_held() ? 32 : 0);
    told = bits;
    core.context(bits, page.route, -new Date().getTimezoneOffset(), ...clocks());
  }

  // ── requests ───────────────────────────────────────────────────────────────────────────────────

  const random = () => Math.floor(Math.random() * 2 ** 32);

  async function send(batch, body) {
    const mine = generation;
    const { status, detail, foreign, refusal } = await post(`${options.endpoint}/v1/batch`, body);
    if (mine !== generation || is_over) return;
    if (foreign) {
      report("misconfigured", "endpoint", `\`${options.endpoint}\` answers ${foreign}, but not as a collector does`,
        "events are kept; check `endpoint`");
    }
    if (refusal) {
      report(`event_${refusal.code}`, "", `the collector refused an event: ${refusal.message}`);
    }
    guarded(() => call((open, ...now) => open.answered(batch, status, detail, random(), ...now)));
  }

  async function identify() {
    const mine = generation;
    let token;
    try {
      token = await options.identity?.();
    } catch (error) {
      report("host_failed", "identity", `\`identity\` failed: ${error?.message ?? error}`);
    }
    if (mine !== generation || is_over) return;
    guarded(() => tell(TOKEN, typeof token == "string" ? token : ""));
  }

  // ── berth, other tabs ──────────────────────────────────────────────────────────────────────────

  /** A new generation, for this account and user. */
  function renew() {
    writer = [...crypto.getRandomValues(new Uint32Array(2))].map(hex).join("");
    generation += 1;
    core.renew(account, user, writer);
  }

  /**
   * Takes a berth and all that others know. Before the core has begun it remembers; after, it merges.
   * Without Web Locks nothing proves that a berth is dead: then all are folded into this one, which
   * loses nothing, because what is sent twice counts once.
   */
  async function takeBerth() {
    const mine = generation;
    const scope = scopeOf(options.key ?? "", account, user);
    const candidate = () => openBerth(scope, writer, onStorageLost);
    const lock = `plimsoll:${scope}:${writer}`;
    const given = hasLocks() ? await hold(lock, { ifAvailable: true }) : null;
    const living = given ? (await livingBerths(`plimsoll:${scope}:`)).filter((of) => of.length === 16 && of !== writer) : [];
    if (mine !== generation || is_over || !mayStore()) return given?.();
    is_crowded = living.length >= BERTHS_MAX;
    if (is_crowded) return given?.();
    berth = candidate();
    unlock = given;
    if (!berth.is_open()) return onStorageLost();
    for (const of of berth.others()) {
      if (!absorb(of)) report("memory_unreadable", "", "what was stored cannot be read; nothing interrupts until the next start");
    }
    watching = new AbortController();
    watched = new Set();
  }

  function absorb(of) {
    const [memory, line] = [berth.read(of, "m"), berth.read(of, "t")];
    return core.absorb(memory, line, ...clocks());
  }

  /** Waits for each other berth's death; the one who gets its lock takes it over. */
  function watchOthers() {
    if (!isStored()) return;
    for (const of of berth.others()) unlock ? watch(of) : adopt(of, "");
  }

  async function watch(of) {
    if (watched.has(of)) return;
    watched.add(of);
    const mine = generation;
    const given = await hold(berth.prefix + of, { signal: watching.signal });
    if (!given) return;
    guarded(() => mine === generation && isStored() && adopt(of, of));
    given();
    watched.delete(of);
  }

  function adopt(of, proven_writer) {
    const is_readable = absorb(of);
    for (const value of berth.journal(of)) core.tell(JOURNAL_VALUE, value, 0, ...clocks());
    core.tell(ADOPT, proven_writer, 0, ...clocks());
    settle();
    persist(MEMORY);
    if (isStored()) berth.fold(of, !is_readable);
  }

  function mergeOthers() {
    if (!isStored()) return;
    for (const of of berth.others()) absorb(of);
  }

  function heardStorage({ key, newValue, storageArea }) {
    if (!isStored() || storageArea !== localStorage) return;
    const whose = berth.whose(key);
    if (whose && newValue !== null) {
      const [of, name] = whose;
      if (unlock) watch(of);
      if (name === "q") return;
      changed.add(of);
      merge_timer ??= setTimeout(() => {
        merge_timer = undefined;
        guarded(() => {
          if (!isStored()) return;
          changed.forEach(absorb);
          changed.clear();
          settle();
        });
      }, MERGE_GAP_MS);
    } else if (unlock && key === `${berth.lock}:m` && newValue === null) {
      // Nobody may take over a berth whose lock is held: another tab has taken the consent back.
      setConsent("denied");
    }
  }

  function onStorageLost() {
    report("storage_lost", "", "the browser does not let us store; prompts do not interrupt in this page",
      "private windows and full storage do this");
    if (has_begun) guarded(() => (tellContext(), settle()));
  }

  function leaveBerth() {
    watching.abort();
    lease.free();
    clearTimeout(lease_timer);
    unlock?.();
    unlock = undefined;
  }

  function wantLease(wanted) {
    clearTimeout(lease_timer);
    if (wanted) return void (isStored() && lease.want());
    const wait_ms = Math.max(0, written_at + LEASE_GRACE_MS - performance.now());
    lease_timer = setTimeout(() => {
      if (!core || core.wants_lease()) return;
      const was_held = lease.is_held();
      lease.free();
      if (was_held) guarded(() => (tellContext(), settle()));
    }, lease.is_held() ? wait_ms : 0);
  }

  // ── beginnings and ends ────────────────────────────────────────────────────────────────────────

  /** A core for whoever the snapshot names; what was counted before anyone was named stays counted. */
  async function begin(given, arrived) {
    const named = given && (given.account !== account || given.user !== user);
    if (!core || (named && account)) replaceCore(given?.account ?? "", given?.user ?? "");
    else if (named) {
      [account, user] = [given.account, given.user];
      renew();
    }
    snapshot = given && { given, arrived };
    has_begun = false;
    if (mayStore()) {
      const mine = generation;
      await takeBerth();
      if (mine !== generation || is_over) return;
    }
    run();
  }

  function replaceCore(next_account, next_user) {
    const next = Core.open(policy, options.key ?? "");
    if (!next) throw policyError(policy);
    core?.free();
    core = next;
    [account, user] = [next_account, next_user];
    renew();
    texts = undefined;
    snapshot = undefined;
  }

  /** From remembering to deciding. */
  function run() {
    has_begun = true;
    core.tell(RECORD, "", +mayRecord(), 0, 0);
    tellContext();
    if (snapshot) tellSnapshot(core, snapshot.given, ...snapshot.arrived);
    persist(MEMORY);
    settle();
    watchOthers();
  }

  async function sync(given) {
    const arrived = [Date.now(), performance.now()];
    if (has_begun && given.account === account && given.user === user) {
      snapshot = { given, arrived };
      return call((open) => tellSnapshot(open, given, ...arrived));
    }
    if (account) leave("reset");
    return begin(given, arrived);
  }

  /** Sends what can be sent; the berth is left for the next start of this account and user to find. */
  function leave(reason) {
    tell(LEAVING);
    prompts?.withdrawAll(reason);
    leaveBerth();
    berth?.close();
    berth = undefined;
  }

  function reset() {
    leave("reset");
    replaceCore("", "");
    run();
  }

  function setConsent(next) {
    if (next === consent) return;
    consent = next;
    if (next === "granted") {
      core.tell(RECORD, "", +mayRecord(), 0, 0);
      if (!mayStore()) return settle();
      takeBerth()
        .then(() => guarded(() => (persist(MEMORY), tellContext(), settle(), watchOthers())))
        .catch(stumble);
      return;
    }
    core.tell(RECORD, "", 0, 0, 0);
    leaveBerth();
    berth?.close();
    berth = undefined;
    eraseAll();
    tellContext();
    settle();
  }

  async function usePolicy(bytes) {
    if (!core.replace_policy(bytes)) throw policyError(bytes);
    policy = bytes;
    texts = undefined;
    await refreshed(run);
    prompts?.translate();
  }

  /** The core is built anew; what it does not ask for again leaves the screen. */
  const refreshed = (again) => (prompts ? prompts.refresh(again) : again());

  // ── the page's life ────────────────────────────────────────────────────────────────────────────

  function pageHidden() {
    if (document.visibilityState === "hidden") tell(HIDDEN);
    tellContext();
    settle();
  }

  function pageLeft() {
    tell(LEAVING);
    // A page that holds a lock is not kept for going back to.
    leaveBerth();
    tellContext();
    settle();
  }

  /**
   * Back from the cache: a new generation begins, and takes over what this berth left unless another
   * tab has. What storage shows just now may be older than the page's sleep, so it is not asked.
   */
  async function pageReturned({ persisted }) {
    if (!persisted || !isStored()) return;
    berth.close();
    await refreshed(async () => {
      renew();
      has_begun = false;
      const mine = generation;
      await takeBerth();
      if (mine === generation && !is_over) run();
    });
  }

  function listen() {
    if (!globalThis.document) return;
    const { signal } = life;
    const hear = (target, name, heard) =>
      target.addEventListener(name, (event) => guarded(() => void heard(event)?.catch?.(stumble)), { signal });
    hear(document, "visibilitychange", pageHidden);
    hear(window, "pagehide", pageLeft);
    hear(window, "pageshow", pageReturned);
    hear(window, "storage", heardStorage);
    hear(window, "offline", () => (tellContext(), settle()));
    hear(window, "online", () => {
      tellContext();
      tell(ONLINE, "", random());
    });
  }

  function destroy() {
    if (is_over) return;
    tell(LEAVING);
    is_over = true;
    prompts?.destroy();
    life.abort();
    leaveBerth();
    for (const pending of [timer, merge_timer, lease_timer]) clearTimeout(pending);
    listeners.clear();
    core.free();
    core = undefined;
  }

  const session = {
    options, on, emit, report, call, tell, text, sync, reset, setConsent, usePolicy, destroy,
    core: () => core,
    prompts: () => prompts,
    stumble,
    isHeadless,
    writer: () => writer,
    account: () => account,
    texts: () => (texts ??= JSON.parse(text(TEXTS))),
    noteUnknown(id) {
      if (unknown.size < UNKNOWN_MAX) unknown.add(id);
    },
    setPage(changes) {
      Object.assign(page, changes);
      tellContext();
      settle();
    },
    standing: () => ({
      page: {
        ...Object.fromEntries(PAGE.map((name, bit) => [name, !!(told & (1 << bit))])),
        route: page.route,
      },
      writer,
      storage: isStored() ? "local" : mayStore() ? "memory" : "none",
      crowded: is_crowded,
      locks: hasLocks(),
      consent,
      sending: mayRecord(),
      unknown: [...unknown],
    }),
    async begin() {
      await begin(options.snapshot, [Date.now(), performance.now()]);
      listen();
      // Headless hosts get the words with their first prompt; others load the painter in idle time.
      if (isHeadless()) await withPrompts((made) => made.prepare());
      else (globalThis.requestIdleCallback ?? setTimeout)(() => guarded(() => withPrompts((made) => made.prepare())));
    },
  };
  return session;
}

