/**
 * Situations in which a prompt comes up, tried one after another in rehearsals until it does: figures of a snapshot,
 * and what happens then. Knows triggers by their names and no rule of the engine; whoever asks for a prompt gets the
 * first situation that leads to it, or the reason why none did.
 */
import { ATTEMPT, COUNT, EXPLORE, READING, SIGNAL, TRACE } from "./core.js";
import { makeRehearsal } from "./rehearsal.js";
import { readSnapshot } from "./snapshot.js";
import { accountOf, traceOf } from "./words.js";

const DAY_MS = 86_400_000;
const HALF_DAY_MS = DAY_MS / 2;
/** Steps of a feature, as the core counts them, from tried on; seen comes last. */
const STEPS = [1, 2, 3, 4, 0];
const TIMES = [1, 2, 3, 5, 10, 20];
/** Amounts close to the limit are tried one by one. */
const LAST = 100;
/** Without a limit: 1, 2, 5, 10, 20 and so on. */
const ROUND = Array.from({ length: 36 }, (_, place) => [1, 2, 5][place % 3] * 10 ** Math.trunc(place / 3));
/** Shares of a limit that are used in a day, so that it is reached within days, weeks or months. */
const PACES = [0.05, 0.04, 0.035, 0.034];
const DAYS = 28;

/** What a prompt's default id and its short form have in common: `limit-hit` is `default-limit-hit`. */
export const isCalled = (id, wanted) => id === wanted || id === `default-${wanted}`;

/**
 * The situation for a prompt: `{snapshot, calls, wait_ms}`. Throws an error that says why there is none.
 * @param {{options: any, policy: Uint8Array, clock: {wall_ms: number, mono_ms: number}, given: any, texts: any}} stage
 * @param {string} wanted its id
 */
export function situationOf({ options, policy, clock, given, texts }, wanted) {
  const known = [...new Set(texts.said.map(({ prompt }) => prompt))];
  if (!known.some((id) => isCalled(id, wanted))) throw new Error(`the policy has no prompt \`${wanted}\`; it has ${known.join(", ")}`);
  const abouts = texts.prompts.filter(([said]) => isCalled(texts.said[said].prompt, wanted));
  let why;
  // What else is up may be in the way: then nothing else is used.
  const quiet = { ...given, trial: undefined, meters: Object.fromEntries(texts.meters.map(({ id }) => [id, { ...given.meters?.[id], used: 0 }])) };
  for (const [base, [said, meter, feature]] of [given, quiet].flatMap((each) => abouts.map((about) => [each, about]))) {
    const { limits, used } = standing(base);
    const makers = { threshold, at_limit: threshold, limit_hit, explored, trial_ending, projected, score, signal };
    for (const { changes = {}, calls = [] } of makers[texts.said[said].trigger]()) {
      const snapshot = structuredClone({ ...base, ...changes });
      const wait_ms = tried(snapshot, calls);
      if (wait_ms !== undefined) return { snapshot, calls, wait_ms };
    }

    /** Passed from nothing: a jump shows the highest it has crossed, so the least amount that does it is sought. */
    function* threshold() {
      const limit = limits[meter];
      const shares = Array.from({ length: 100 }, (_, percent) => Math.ceil((limit * (percent + 1)) / 100));
      const last = Array.from({ length: LAST + 1 }, (_, left) => limit - left);
      const amounts = limit > 0 ? [...new Set([...shares, ...last])].sort((one, other) => one - other) : ROUND;
      for (const amount of amounts.filter((each) => each > 0)) yield { changes: withMeter({ used: 0 }), calls: [[COUNT, "", meter, amount]] };
    }

    function* limit_hit() {
      yield { calls: [[ATTEMPT, texts.meters[meter].id, Math.max(1, limits[meter] - used[meter] + 1 || 1)]] };
    }

    function* explored() {
      for (const step of STEPS) {
        for (const times of TIMES) yield { calls: Array(times).fill([EXPLORE, texts.features[feature].id, step]) };
      }
    }

    function* trial_ending() {
      yield { changes: { trial: { ...base.trial, ends_at: new Date(clock.wall_ms + HALF_DAY_MS).toISOString() } } };
    }

    function* projected() {
      const limit = limits[meter];
      if (!(limit > 0)) return;
      const day = clock.wall_ms - (clock.wall_ms % DAY_MS);
      const period = { start: new Date(day - 15 * DAY_MS).toISOString(), end: new Date(day + 16 * DAY_MS).toISOString() };
      for (const pace of PACES) {
        const a_day = Math.max(1, Math.round(limit * pace));
        yield { changes: withMeter({ used: Math.min(a_day * 15, limit - 1), period, daily: Array(DAYS).fill(a_day) }) };
      }
    }

    function* score() {
      yield { calls: texts.signals.flatMap((name) => Array(20).fill([SIGNAL, name, 1])) };
    }

    function* signal() {
      for (const name of texts.signals) for (const times of TIMES) yield { calls: [[SIGNAL, name, times]] };
    }

    function withMeter(figures) {
      const { id } = texts.meters[meter];
      return { meters: { ...base.meters, [id]: { ...base.meters?.[id], ...figures } } };
    }
  }
  const found = why ? `${why.stage} holds it, ${why.reason}` : "nothing that was tried triggers it";
  throw new Error(`\`${wanted}\` did not come up on the plan \`${given.plan}\`: ${found}`);

  /** How long after the calls the prompt comes up; nothing when it does not. */
  function tried(snapshot, calls) {
    const own_clock = { ...clock };
    let is_shown = false;
    const heard = (name, { facts }) => {
      if (name === "present") is_shown ||= isCalled(texts.said[texts.prompts[facts[0]][0]].prompt, wanted);
    };
    const life = makeRehearsal({ ...options, snapshot: undefined }, policy, own_clock, heard);
    life.begun(readSnapshot(snapshot));
    for (const call of calls) life.tell(...call);
    let wait_ms = is_shown ? 0 : undefined;
    if (!is_shown) {
      const held = traceOf(life.json(TRACE), texts).prompts.filter(({ prompt }) => isCalled(prompt, wanted));
      const triggered = held.find(({ reason, stage }) => reason && stage !== "trigger");
      if (!why || (why.stage === "trigger" && triggered)) why = triggered ?? held[0];
      const { eligible_at } = triggered ?? {};
      if (eligible_at > own_clock.wall_ms) {
        life.pass(eligible_at - own_clock.wall_ms);
        if (is_shown) wait_ms = own_clock.wall_ms - clock.wall_ms;
      }
    }
    life.destroy();
    return wait_ms;
  }

  /** Limits and usage of a snapshot, by index. */
  function standing(snapshot) {
    const life = makeRehearsal({ ...options, snapshot: undefined }, policy, { ...clock }, () => {});
    life.begun(readSnapshot(snapshot));
    const { meters } = accountOf(life.json(READING), texts);
    life.destroy();
    const figures = texts.meters.map(({ id }) => meters[id]);
    return { limits: figures.map(({ limit }) => limit), used: figures.map(({ used }) => used) };
  }
}
