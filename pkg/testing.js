/**
 * For hosts' own tests, in Node without a page: the engine that is published, with a clock that the test moves, a
 * storage of its own and no network. Owns what a test is given; one page life is `shell/rehearsal.js`'s, what brings
 * a prompt up `shell/situations.js`'s. Runners of tests import it, products do not.
 */
import { readFile } from "node:fs/promises";
import { loadCore } from "./shell/door.js";
import { PlimsollError, inFull, wrong } from "./shell/error.js";
import { makeInstance } from "./shell/instance.js";
import { loadPolicy } from "./shell/load.js";
import { readOptions } from "./shell/options.js";
import { SNAPSHOT_TEXT } from "./shell/core.js";
import { makeRehearsal } from "./shell/rehearsal.js";
import { readTrace, retell } from "./shell/retell.js";
import { isCalled, situationOf } from "./shell/situations.js";
import { readSnapshot } from "./shell/snapshot.js";

export { PlimsollError };

const UNITS_MS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, ms: 1 };

const fileOf = (name) => readFile(new URL(`./dist/${name}`, import.meta.url));

/**
 * @param {import("./testing.js").TestOptions} given
 * @returns {Promise<import("./testing.js").TestPlimsoll>}
 */
export async function createTestPlimsoll(given) {
  try {
    if (given === null || typeof given != "object") throw wrong("option_invalid", "", given, "object");
    const { now, policy: source, ...rest } = given;
    const wall_ms = readTime(now ?? rest.snapshot?.server_time ?? Date.now());
    const [core, compiler] = await Promise.all([fileOf("plimsoll_bg.wasm"), import("./dist/plimsoll_policy.js")]);
    await loadCore(core);
    compiler.initSync({ module: await fileOf("plimsoll_policy_bg.wasm") });
    const is_file = typeof source == "string" || source instanceof URL;
    const options = readOptions({ ...rest, policy: is_file ? await readPolicy(source) : source });
    const policy = await loadPolicy(options);
    return await makeTest(options, policy, { wall_ms, mono_ms: 0 }, rest.snapshot);
  } catch (error) {
    throw await inFull(error);
  }
}

async function readPolicy(path) {
  try {
    return await readFile(path);
  } catch {
    throw new PlimsollError("policy_missing", "policy", `\`${path}\``);
  }
}

async function makeTest(options, policy, clock, given) {
  /** What the test gave, and what the page life has: `show` changes the second alone. */
  let current = given;
  const session = makeRehearsal(options, policy, clock);
  /** What is open, by exposure. */
  const open = new Map();
  const errors = [];
  const instance = await makeInstance(options, policy, session);

  const take = ({ prompt, quote }) => {
    if (prompt) open.set(prompt.exposure, { ...prompt, quote: quote ?? open.get(prompt.exposure)?.quote });
  };
  const listen = () => {
    instance.on("prompt", take);
    instance.on("update", take);
    instance.on("withdraw", ({ exposure }) => open.delete(exposure));
    instance.on("error", (error) => errors.push(error));
  };
  listen();

  function begin(snapshot) {
    const read = snapshot && readSnapshot(snapshot);
    current = snapshot;
    open.clear();
    session.begun(read);
  }

  const test = {
    ...instance,
    now: () => clock.wall_ms,
    prompts: () => [...open.values()],
    events: () => session.events(),
    errors: () => [...errors],
    settled: () => session.settled(),
    sync(snapshot) {
      given = current = snapshot;
      instance.sync(snapshot);
    },
    advance: worded(async (span) => {
      session.pass(readSpan(span));
      await session.settled();
    }),
    reload: worded(async (snapshot = current) => {
      if (snapshot !== current) given = snapshot;
      begin(snapshot);
      await session.settled();
    }),
    replay: worded(async (given_trace) => {
      const trace = readTrace(given_trace);
      const shown = [];
      const off = instance.on("prompt", ({ prompt }) => shown.push(prompt));
      open.clear();
      await retell(trace, { session, clock, shown: test.prompts, more: ofPeople(given) });
      off();
      return shown;
    }),
    show: worded(async (id) => {
      if (!given) throw wrong("snapshot_invalid", "snapshot", given, "plain");
      const texts = session.texts();
      const { route } = session.standing().page;
      const { snapshot, calls, wait_ms } = situationOf({ options: { ...options, route }, policy, clock, given, texts }, id);
      session.forget();
      begin(snapshot);
      for (const call of calls) session.tell(...call);
      if (wait_ms) session.pass(wait_ms);
      await session.settled();
      return test.prompts().find(({ prompt }) => isCalled(prompt, id));
    }),
  };
  await session.settled();
  return Object.freeze(test);
}

/** The same call, whose errors have all their words. */
const worded = (run) => async (...given) => {
  try {
    return await run(...given);
  } catch (error) {
    throw await inFull(error);
  }
};

/** What no recording has of a snapshot: who may buy, and attributes. */
const ofPeople = (snapshot) =>
  snapshot ? readSnapshot(snapshot).calls.filter(([kind, , field]) => kind === SNAPSHOT_TEXT && (field === 1 || field === 6)) : [];

/** An instant: milliseconds, a date or RFC 3339. */
function readTime(given) {
  const time = typeof given == "string" ? Date.parse(given) : Number(given);
  if (!Number.isFinite(time)) throw wrong("option_invalid", "now", given, "time");
  return time;
}

/** A span: milliseconds, or `{days, hours, minutes, seconds, ms}`. */
function readSpan(given) {
  const parts = typeof given == "number" ? { ms: given } : given;
  let sum_ms = 0;
  for (const [unit, count] of Object.entries(parts ?? {})) sum_ms += count * (UNITS_MS[unit] ?? NaN);
  if (!(sum_ms >= 0)) throw wrong("argument_invalid", "advance", given, "span");
  return sum_ms;
}
