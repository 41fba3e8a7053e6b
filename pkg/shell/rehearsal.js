/**
 * One page life without a page, for hosts' own tests: the same core and the same actions, with clocks, storage and
 * lease that the test holds in its hand. It carries out the core's effects at once and in order, as `session.js` does
 * in a page, and sends nothing. What arguments may be is `instance.js`'s, what brings a prompt up `situations.js`'s.
 */
import {
  ABSORB, ADOPT, ANSWERED, CLOSE, CONTEXT, EFFECT_LIST, EFFECTS, FLAGS, GIVEN, HIDDEN, LEAVING, LINE_TEXT, MEMORY_TEXT, PAINTED,
  RECORD, RENEW, WAKE, WAKE_IN,
} from "./core.js";
import { openCore, sectionOf } from "./door.js";
import { PlimsollError, inFull, why, wrong } from "./error.js";
import { UNKNOWN_MAX, WORDS } from "./limits.js";
import { news } from "./net.js";
import { makePrompts } from "./prompts.js";
import { tellSnapshot } from "./snapshot.js";
import { hex } from "./storage.js";
import { SURFACES, readingOf, some, subjectOf, unknownOf, whole } from "./words.js";

/** The core asks to be woken; one that asked without end would keep a test for ever. */
const WAKES_MAX = 100_000;
/** What follows a press awaits a promise of its own now and then; all of them are kept by then. */
const TURNS = 100;
const ACCEPTED = 1;
/** Whose memory it is that a test brings. */
const NOBODY = "0".repeat(16);
const RENDERED = 0;

/**
 * @param {any} options as `readOptions` gives them
 * @param {Uint8Array} policy compiled
 * @param {{wall_ms: number, mono_ms: number}} clock moved by `advance` alone
 * @param {(name: string, prompt: any, more?: any) => void} [watch] hears of prompts instead of whoever draws them
 */
export function makeRehearsal(options, policy, clock, watch) {
  const { endpoint = "", key = "" } = options;
  /** What a browser would keep, by scope: the memory and the line of the page life that ended last. */
  const kept = new Map();
  const unknown = new Set();
  const emitting = new Set();
  const page = { route: options.route ?? "", busy: false, dialog_open: false };
  /** @returns {[number, number]} */
  const clocks = () => [clock.wall_ms, clock.mono_ms];
  /** Errors whose words are being loaded. */
  const pending = new Set();
  let events = [];
  let listeners = {};
  let { consent } = options;
  let core;
  let texts;
  let snapshot;
  let arrived;
  let account = "";
  let user = "";
  let writer = "";
  let writers = 0;
  let is_leased = false;
  let prompts;
  const queue = [];
  let is_carrying = false;

  const mayStore = () => consent === "granted" && options.storage === "local" && !!snapshot;
  const mayRecord = () => consent === "granted" && !!snapshot;
  const ask = (...given) => core?.ask(...given);
  const text = (...given) => core.text(...given);
  const json = (...given) => JSON.parse(text(...given));
  const scope = () => `${account.length}:${account}${user}`;

  function on(name, heard) {
    const list = (listeners[name] ??= new Set()).add(heard);
    return () => void list.delete(heard);
  }

  function emit(name, detail = {}) {
    if (emitting.has(name)) return;
    emitting.add(name);
    for (const heard of listeners[name] ?? []) {
      try {
        heard(detail);
      } catch (error) {
        console.error(error);
      }
    }
    emitting.delete(name);
  }

  function stumble(error) {
    const fault = error instanceof PlimsollError ? error : new PlimsollError("internal", "", why(error));
    const said = inFull(fault).then(({ code, path, message, help }) => emit("error", { code, path, message, help }));
    pending.add(said);
    said.finally(() => pending.delete(said));
  }

  function guarded(run) {
    try {
      if (core) run()?.catch?.(stumble);
    } catch (error) {
      stumble(error);
    }
  }

  const report = (...given) => stumble(new PlimsollError(...given));

  // ── the core ───────────────────────────────────────────────────────────────────────────────────

  function tell(kind, ...given) {
    if (!core) return undefined;
    const answer = core.ask(kind, ...given);
    settle();
    return answer;
  }

  function settle() {
    const flags = core.ask(FLAGS);
    if (flags & EFFECTS) queue.push(...json(EFFECT_LIST));
    keep();
    if (is_carrying) return;
    is_carrying = true;
    try {
      while (queue.length && core) carryOne(queue.shift());
    } finally {
      is_carrying = false;
    }
    if (core) emit("update");
  }

  function keep() {
    if (mayStore()) kept.set(scope(), { writer, memory: text(MEMORY_TEXT), line: text(LINE_TEXT) });
  }

  function carryOne([name, given, more]) {
    switch (name) {
      // In a place of the journal is the event between its header and its sum.
      case "store": return events.push(JSON.parse(more.slice(more.indexOf("{"), more.lastIndexOf("}") + 1)));
      case "present": return present(given);
      case "update":
      case "ask":
      case "withdraw": return watch ? watch(name, given, more) : prompts[name](given, more);
      case "crossing": return emit(name, { meter: more, percent: given });
      case "lease": return given && !is_leased && lease();
      case "send": return tell(ANSWERED, "", given, ACCEPTED, 0, 0);
      case "sent": return emit(name, { count: given });
      case "remove":
      case "beacon":
      case "identity": return undefined;
      default: return report(...news(name, given, more, endpoint));
    }
  }

  function present(given) {
    if (watch) watch("present", given);
    else prompts.present(given);
    // Where nobody draws, it counts as drawn.
    if (options.view !== "none") tell(PAINTED, given.exposure, RENDERED);
  }

  /** No other tab wants it. */
  function lease() {
    is_leased = true;
    look();
  }

  function look() {
    tellContext();
    settle();
  }

  function tellContext() {
    const bits = Object.values(told()).reduce((sum, is, bit) => sum | (Number(is) << bit), 0);
    core.ask(CONTEXT, page.route, bits, 0);
  }

  const told = () => ({ visible: true, busy: page.busy, dialog_open: page.dialog_open, storage: mayStore(), lease: is_leased });

  // ── beginnings and ends ────────────────────────────────────────────────────────────────────────

  function begin(given, memory) {
    core?.ask(CLOSE);
    core = openCore(policy, undefined, clocks);
    texts = undefined;
    ({ account, user } = given ?? { account: "", user: "" });
    snapshot = given;
    arrived = clocks();
    if (memory) kept.set(scope(), { writer: NOBODY, memory, line: "" });
    run();
  }

  /** Remembers what an earlier page life has kept, and decides. */
  function run() {
    is_leased = false;
    const old = mayStore() ? kept.get(scope()) : undefined;
    writer = `${"0".repeat(8)}${hex((writers += 1))}`;
    for (const given of [key, account, user]) core.ask(GIVEN, given);
    core.ask(RENEW, writer);
    if (old) absorb(old);
    core.ask(RECORD, "", Number(mayRecord()));
    tellContext();
    if (snapshot) tellSnapshot(core, snapshot, arrived);
    settle();
    if (!old) return;
    absorb(old);
    tell(ADOPT, old.writer);
  }

  function absorb({ line, memory }) {
    core.ask(GIVEN, line);
    core.ask(ABSORB, memory);
  }

  function leave(reason) {
    tell(LEAVING);
    prompts?.withdrawAll(reason);
  }

  const session = {
    options, on, emit, report, wrong, tell, ask, text, json, stumble, guarded,
    snapshot: () => snapshot,
    // There is no other tab.
    meet: settle,
    isHeadless: () => true,
    join: { SURFACES, readingOf, some, subjectOf, whole },
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
    setConsent(next) {
      consent = next;
      if (consent !== "granted") kept.clear();
      core.ask(RECORD, "", Number(mayRecord()));
      look();
    },
    async sync(given) {
      if (given.account !== account || given.user !== user) {
        if (account) leave("reset");
        return begin(given);
      }
      snapshot = given;
      arrived = clocks();
      tellSnapshot(core, snapshot, arrived);
      return settle();
    },
    async usePolicy(bytes) {
      core = openCore(bytes, core, clocks);
      policy = bytes;
      texts = undefined;
      await (prompts ? prompts.refresh(run) : run());
    },
    reset() {
      leave("reset");
      begin();
    },
    destroy() {
      tell(LEAVING);
      prompts?.destroy();
      listeners = {};
      core?.ask(CLOSE);
      core = undefined;
    },
    standing: () => ({
      page: { ...told(), route: page.route },
      writer,
      storage: mayStore() ? "local" : "none",
      crowded: false,
      locks: true,
      consent,
      sending: mayRecord(),
      unknown: unknownOf(unknown, snapshot, session.texts()),
    }),
    async begin() {
      if (!watch) {
        prompts = makePrompts({ ...session, options: { ...options, view: "none" } });
        await prompts.prepare();
      }
      begin(options.snapshot);
    },

    // ── what a test does ─────────────────────────────────────────────────────────────────────────

    begun: begin,
    /** Time passes; whatever was to happen meanwhile happens at its own time. */
    pass(span_ms) {
      const until = clock.mono_ms + span_ms;
      for (let wakes = 0; wakes < WAKES_MAX; wakes += 1) {
        const wait_ms = core ? core.ask(WAKE_IN) : -1;
        const step_ms = Math.max(wait_ms, 1);
        if (wait_ms < 0 || clock.mono_ms + step_ms > until) break;
        move(step_ms);
        tell(WAKE);
      }
      move(until - clock.mono_ms);
      tell(WAKE);
    },
    /** Everything recorded so far, with what was still being added up. */
    events() {
      tell(HIDDEN);
      return structuredClone(events);
    },
    /** As in a browser that nobody has used. */
    forget() {
      kept.clear();
      events = [];
    },
    /** What was begun and only waits for a file is done. */
    async settled() {
      await prompts.prepare();
      while (pending.size) await Promise.all(pending);
      for (let turn = 0; turn < TURNS; turn += 1) await undefined;
    },
  };

  function move(span_ms) {
    clock.wall_ms += span_ms;
    clock.mono_ms += span_ms;
  }

  return session;
}
