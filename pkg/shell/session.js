//# allFunctionsCalledOnLoad
/**
 * One tab at work: its core, the effects that the core asks for, the timer and the page's life.
 * It decides nothing about prompts or events (the core does), checks no argument (instance.js does)
 * and knows other tabs through its mooring (mooring.js) only.
 */
import {
  ANSWERED, CLOSE, CONTEXT, EFFECT_LIST, EFFECTS, FLAGS, FORCE, GIVEN, HIDDEN, LEAVING, LINE, LINE_TEXT, MEMORY, MEMORY_TEXT,
  ONLINE, RECORD, RENEW, TOKEN, WAKE, WAKE_IN,
} from "./core.js";
import { clocks, openCore, sectionOf } from "./door.js";
import { PlimsollError, inFull, why, wrong } from "./error.js";
import { TIMER_MAX_MS, UNKNOWN_MAX, WORDS } from "./limits.js";
import { makeMooring } from "./mooring.js";
import { tellSnapshot } from "./snapshot.js";
import { eraseAll, hex } from "./storage.js";
import { SURFACES, accountOf, readingOf, some, subjectOf, traceOf, unknownOf, whole } from "./words.js";

/** Those of this page that have begun. */
const living = new Set();

export function makeSession(options, policy) {
  const { endpoint, key = "" } = options;
  const warned = new Set();
  const emitting = new Set();
  const unknown = new Set();
  const page = { route: options.route ?? "", busy: false, dialog_open: false };
  const life = new AbortController();
  let { consent } = options;
  /** By the name of the event. @type {Record<string, Set<Function>>} */
  let listeners = {};
  /** What happens while `start` is awaited, until its caller can listen. */
  let early = [];

  let core;
  let writer = "";
  let account = "";
  let user = "";
  /** What the page allowed when the core was last told, in the order of the bits that it is told. */
  let told;
  /** Changes whenever account, user or writer do, so that what was awaited for an older one stops. */
  let generation = 0;
  let has_begun = false;
  let snapshot;
  let arrived;
  let texts;

  let timer;
  let timer_at = Infinity;
  let is_over = false;

  let prompts;
  let loading;
  let is_unpainted = false;
  let net;
  let is_leaving = false;

  const queue = [];
  let is_carrying = false;

  const isHeadless = () => options.view === "none" || !globalThis.document;
  const mayStore = () => consent === "granted" && options.storage === "local" && !!snapshot;
  const mayRecord = () =>
    consent === "granted" && !!(endpoint && key && snapshot) && !globalThis.navigator?.["globalPrivacyControl"];
  const random = () => (Math.random() * 2 ** 32) >>> 0;

  /** Whether what is awaited from here on still concerns the one it began for. */
  function watchGeneration() {
    const mine = generation;
    return () => mine === generation;
  }

  // ── listeners ──────────────────────────────────────────────────────────────────────────────────

  function on(name, heard) {
    const list = (listeners[name] ??= new Set()).add(heard);
    return () => void list.delete(heard);
  }

  function emit(name, detail = {}) {
    if (early) return void early.push([name, detail]);
    // A listener that causes what it listens to would never come to an end.
    if (emitting.has(name)) return;
    emitting.add(name);
    for (const heard of listeners[name] ?? []) handOver(heard, detail);
    emitting.delete(name);
  }

  /** What is not ours may throw, and then the page's own console says so. */
  function handOver(heard, detail) {
    try {
      heard(detail);
    } catch (error) {
      console.error(error);
    }
  }

  /** Nothing throws after `start`: whatever was thrown is an event, and a warning once a code. */
  async function stumble(error) {
    // What a listener of errors gets wrong comes to no end either, however late its words are here.
    const is_caused = emitting.has("error");
    try {
      const fault = error instanceof PlimsollError ? error : new PlimsollError("internal", "", why(error));
      const { code, path, message, help } = await inFull(fault);
      if (!is_caused) emit("error", { code, path, message, help });
      if (warned.has(code)) return;
      warned.add(code);
      console.warn(`plimsoll: ${message}${help && ` (${help})`} [${code}]`);
    } catch {
      // An error that cannot even be looked at: there is nothing left to say.
    }
  }

  const report = (...given) => void stumble(new PlimsollError(...given));

  /** Runs what the browser calls, now or when it resolves; nothing of it reaches the page. */
  function guarded(run) {
    if (is_over) return;
    try {
      run()?.catch?.(stumble);
    } catch (error) {
      stumble(error);
    }
  }

  // ── the core ───────────────────────────────────────────────────────────────────────────────────

  const ask = (...given) => core?.ask(...given);
  const text = (...given) => core.text(...given);
  const json = (...given) => JSON.parse(text(...given));

  /** One call into the core, and everything that follows. */
  function tell(kind, ...given) {
    if (!core) return undefined;
    const answer = core.ask(kind, ...given);
    settle();
    return answer;
  }

  /** Stores and does what the last calls made necessary. */
  function settle() {
    const flags = core.ask(FLAGS);
    if (flags & EFFECTS) carry(json(EFFECT_LIST), flags);
    else persist(flags);
    // A listener may have destroyed the instance.
    if (!core) return;
    schedule();
    if (listeners.update?.size) emit("update");
  }

  function persist(flags) {
    if (flags & LINE) mooring.write("t", text(LINE_TEXT));
    if (flags & MEMORY && mooring.is_open()) mooring.write("m", text(MEMORY_TEXT));
  }

  function carry(effects, flags) {
    // The journal and the memory are written before anything is shown or sent.
    for (const effect of effects) {
      const [name, place, value] = effect;
      if (name === "store") mooring.write(`q:${place}`, value);
      else if (name === "remove") mooring.remove(`q:${place}`);
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
      case "ask": return withPrompts((prompts) => prompts[name](given, more));
      case "crossing": return emit(name, { meter: more, percent: given });
      case "lease": return mooring.wantLease(given);
      case "send": return send(given, more);
      case "beacon": return mayRecord() && beacon(more);
      case "identity": return identify();
      case "sent": return emit(name, { count: given });
      default: return withNet(({ news }) => report(...news(name, given, more, endpoint)));
    }
  }

  /** What paints could not be loaded, which an interruption of the network may be the reason of. */
  function unpainted(error) {
    is_unpainted = true;
    report("view_missing", "view", why(error));
  }

  /** Runs with the painters' side, which is loaded when the page is idle or a prompt comes. */
  function withPrompts(run) {
    if (prompts) return run(prompts);
    const concerns = watchGeneration();
    loading ??= import("./prompts.js")
      .then(({ makePrompts }) => (is_over ? undefined : (prompts = makePrompts(session))))
      .catch((error) => {
        loading = undefined;
        unpainted(error);
      });
    return loading.then((made) => made && concerns() && guarded(() => run(made)));
  }

  /** One timer for everything the core waits for; the common case changes nothing. */
  function schedule() {
    const now = performance.now();
    const wait_ms = core.ask(WAKE_IN);
    const at = wait_ms < 0 ? Infinity : now + Math.min(wait_ms, TIMER_MAX_MS);
    if (at === timer_at || Math.abs(at - timer_at) < 5) return;
    clearTimeout(timer);
    timer_at = at;
    if (wait_ms < 0) return;
    timer = setTimeout(() => {
      timer_at = Infinity;
      guarded(() => tell(WAKE));
    }, at - now + 1);
    timer.unref?.();
  }

  function tellContext() {
    const { route, ...own } = page;
    told = {
      visible: globalThis.document?.hidden === false,
      ...own,
      storage: mooring.is_open(),
      lease: mooring.is_leased(),
    };
    const bits = Object.values(told).reduce((sum, is, bit) => sum | (+is << bit), 0);
    core.ask(CONTEXT, route, bits, -new Date().getTimezoneOffset());
  }

  /** The page, its storage or its lease are not what they were. */
  function look() {
    tellContext();
    settle();
  }

  // ── requests ───────────────────────────────────────────────────────────────────────────────────

  /** What talks to the collector is loaded in idle time, or with the first batch; then it answers at once. */
  const withNet = (run) =>
    net ? run(net) : import("./net.js").then((found) => run((net = found)), (error) => report("net_missing", "", why(error)));

  /** Tells the core what `net.js` has found out, if that still concerns the one it was asked for. */
  async function find(run, then) {
    const concerns = watchGeneration();
    // Consent may have been taken back meanwhile.
    const found = await withNet(() => concerns() && mayRecord() ? run(net, (...news) => concerns() && report(...news)) : undefined);
    if (concerns()) guarded(() => then(found));
  }

  function send(batch, body) {
    // A page that goes away waits for no file; should it stay, what comes twice counts once.
    if (is_leaving && !net) beacon(body);
    return find(({ post }, heard) => post(endpoint, body, heard),
      ([status, detail] = [0, -1]) => tell(ANSWERED, "", batch, status, detail, random()));
  }

  const identify = () => find(({ identify }, heard) => identify(options, heard), (token) => tell(TOKEN, token));

  function beacon(body) {
    try {
      navigator.sendBeacon(`${endpoint}/v1/batch`, body);
    } catch {
      // It stays in the journal; the next start sends it.
    }
  }

  // ── beginnings and ends ────────────────────────────────────────────────────────────────────────

  /** A new generation, for this account and user. */
  function renew() {
    writer = [...crypto.getRandomValues(new Uint32Array(2))].map(hex).join("");
    generation += 1;
    for (const given of [key, account, user]) core.ask(GIVEN, given);
    core.ask(RENEW, writer);
  }

  /** A core for whoever the snapshot names; what was counted before anyone was named stays counted. */
  async function begin(given) {
    arrived = clocks();
    const is_named = given && (given.account !== account || given.user !== user);
    if (!core || (is_named && account)) replaceCore(given);
    else if (given) {
      // Even for the same account: what still waits for a berth must not find itself in it.
      ({ account, user } = given);
      renew();
    }
    snapshot = given;
    return moorAndRun();
  }

  function replaceCore(given) {
    const next = session.tap(openCore(policy));
    core?.ask(CLOSE);
    core = next;
    ({ account, user } = given ?? { account: "", user: "" });
    renew();
    texts = undefined;
    snapshot = undefined;
  }

  async function moorAndRun() {
    has_begun = false;
    const concerns = watchGeneration();
    if (mayStore()) await mooring.take();
    if (concerns()) run();
  }

  /** From remembering to deciding. */
  function run() {
    has_begun = true;
    // Tabs hear of each other; two in one page do not, and would say everything twice.
    if (account && [...living].some((other) => other !== session && `${other.scope()}` === `${session.scope()}`)) report("started_twice", "");
    living.add(session);
    core.ask(RECORD, "", +mayRecord());
    tellContext();
    core.ask(FORCE, globalThis.location?.search);
    if (snapshot) tellSnapshot(core, snapshot, arrived);
    persist(MEMORY);
    settle();
    mooring.watch();
  }

  async function sync(given) {
    if (has_begun && given.account === account && given.user === user) {
      snapshot = given;
      arrived = clocks();
      tellSnapshot(core, snapshot, arrived);
      return settle();
    }
    if (account) leave("reset");
    return begin(given);
  }

  function tellLeaving() {
    is_leaving = true;
    guarded(() => tell(LEAVING));
    is_leaving = false;
  }

  /** Sends what can be sent; the berth is left for the next start of this account and user to find. */
  function leave(reason) {
    tellLeaving();
    prompts?.withdrawAll(reason);
    mooring.close();
  }

  function reset() {
    leave("reset");
    replaceCore();
    run();
    announce();
  }

  function setConsent(next) {
    if (next === consent) return;
    consent = next;
    core.ask(RECORD, "", +mayRecord());
    if (consent === "granted") {
      // A new generation: the numbers of events that were forgotten are used up.
      return mayStore() ? guarded(beginAgain) : settle();
    }
    mooring.close();
    eraseAll();
    look();
  }

  async function usePolicy(bytes) {
    core = session.tap(openCore(bytes, core));
    policy = bytes;
    texts = undefined;
    await refreshed(run);
    prompts?.translate();
  }

  /** The core is built anew; what it does not ask for again leaves the screen. */
  const refreshed = (again) => (prompts ? prompts.refresh(again) : again());

  // ── the page's life ────────────────────────────────────────────────────────────────────────────

  function pageHidden() {
    if (document.hidden) tell(HIDDEN);
    look();
  }

  function pageLeft() {
    tellLeaving();
    // A page that holds a lock is not kept for going back to.
    mooring.leave();
    look();
  }

  /**
   * Back from the cache: a new generation begins, and takes over what this berth left unless another
   * tab has. What storage shows just now may be older than the page's sleep, so it is not asked.
   */
  async function pageReturned({ persisted }) {
    if (!persisted || !mooring.is_open()) return;
    mooring.close();
    await beginAgain();
  }

  const beginAgain = () =>
    refreshed(() => {
      renew();
      return moorAndRun();
    });

  /** Elements find the instance, and it them, without a global: `face` is what they get of it, none when its person goes. */
  const announce = (face) => globalThis.document?.dispatchEvent(new CustomEvent("plimsoll-ready", { detail: face }));

  function listen(face) {
    if (!globalThis.document) return;
    const hear = (target, name, heard) =>
      target.addEventListener(name, (event) => guarded(() => heard(event)), { signal: life.signal });
    hear(document, "plimsoll-request", ({ detail }) => handOver(detail, face));
    announce(face);
    hear(document, "visibilitychange", pageHidden);
    hear(window, "pagehide", pageLeft);
    hear(window, "pageshow", pageReturned);
    hear(window, "storage", mooring.heard);
    hear(window, "offline", look);
    hear(window, "online", () => {
      tellContext();
      tell(ONLINE, "", random());
      if (!is_unpainted) return;
      // What could not be shown is decided anew.
      is_unpainted = false;
      return usePolicy(policy);
    });
  }

  function destroy() {
    tellLeaving();
    is_over = true;
    living.delete(session);
    generation += 1;
    prompts?.destroy();
    life.abort();
    mooring.leave();
    clearTimeout(timer);
    listeners = {};
    core.ask(CLOSE);
    core = undefined;
    announce();
  }

  const session = {
    options, on, emit, report, wrong, tell, ask, text, json, sync, reset, setConsent, usePolicy, destroy, stumble, isHeadless, unpainted,
    // For the debug panel, which hears what the core is told.
    life,
    tap: (core) => core,
    core: (now) => openCore(policy, undefined, now),
    // For prompts, and for the panel.
    join: { SURFACES, accountOf, readingOf, some, subjectOf, traceOf, whole },
    snapshot: () => snapshot,
    meet() {
      mooring.meet();
      settle();
    },
    // For the mooring.
    guarded, look, settle, persist, mayStore, watchGeneration,
    hasBegun: () => has_begun,
    scope: () => [key, account, user],
    prompts: () => prompts,
    writer: () => writer,
    account: () => account,
    texts: () => (texts ??= JSON.parse(sectionOf(policy, WORDS))),
    noteUnknown(id) {
      if (unknown.size < UNKNOWN_MAX) unknown.add(id);
    },
    setPage(changes) {
      Object.assign(page, changes);
      look();
    },
    standing: () => ({
      page: { ...told, route: page.route },
      unplaced: prompts?.unplaced(),
      writer,
      storage: mooring.is_open() ? "local" : mayStore() ? "memory" : "none",
      crowded: mooring.is_crowded(),
      locks: !!globalThis.navigator?.locks,
      consent,
      sending: mayRecord(),
      unknown: unknownOf(unknown, snapshot, session.texts()),
    }),
    async begin(face) {
      // The panel comes first, so that nothing happens unseen; of one that may not, the host hears when it listens.
      if (/[?&]plimsoll=debug\b/.test(globalThis.location?.search)) {
        if (session.texts().debug) {
          await import("../debug/panel.js")
            .then(({ open }) => open(session))
            .catch((error) => report("debug_missing", "", why(error)));
        } else setTimeout(report, 1_000, "debug_forbidden", "debug");
      }
      await begin(options.snapshot);
      listen(face);
      // Headless hosts get the words with their first prompt; others load the painter in idle time.
      const prepare = () => {
        if (mayRecord()) withNet(() => {});
        return withPrompts((made) => made.prepare());
      };
      if (isHeadless()) await prepare();
      else (globalThis.requestIdleCallback ?? setTimeout)(() => guarded(prepare));
      // Whoever awaited it listens before the next task.
      setTimeout(() => {
        const told = early;
        early = undefined;
        told.forEach(([name, detail]) => emit(name, detail));
      });
    },
  };
  const mooring = makeMooring(session);
  return session;
}
