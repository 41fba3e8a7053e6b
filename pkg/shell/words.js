//# allFunctionsCalledOnLoad
/**
 * Joins the core's numbers to the policy's words: readings and traces as hosts know them. The order of the
 * numbers is `src/engine/present.rs`'s, the words are made by `src/policy/compile.rs`. Decides nothing.
 */

import { SNAPSHOT_TEXT } from "./core.js";
import { UNKNOWN_MAX } from "./limits.js";

export const SURFACES = ["banner", "modal", "preview", "toast", "inline"];
const STATES = ["ok", "at_limit", "over_limit", "locked"];
const VERDICTS = ["fits", "over_soft", "over_limit"];
const STAGES = ["trigger", "owned", "audience", "experiment", "choice", "pacing", "page", "rank"];

/** What there is; the core says -1 for what there is not. */
export const some = (number) => (number < 0 ? undefined : number);

/** Without the members that are not there. */
export function whole(object) {
  for (const name in object) if (object[name] === undefined) delete object[name];
  return object;
}

const limitOf = (limit) => (limit > 0 ? limit : ["none", undefined, "unlimited"][-limit]);

export const answerOf = ([verdict, used, limit]) => whole({ verdict: VERDICTS[verdict], used, limit: limitOf(limit) });

export function readingOf([used, limit, percent, state, is_host, start, end, provisional, at, from, until]) {
  return whole({
    used,
    limit: limitOf(limit),
    percent: limit > 0 ? percent : undefined,
    state: STATES[state],
    source: is_host ? "snapshot" : "local",
    period_start: end ? start : undefined,
    period_end: end || undefined,
    provisional: !!provisional || undefined,
    projection: at ? { date: at, from, until } : undefined,
  });
}

/** Ids that the policy does not know, each once: those that calls named, and those of the snapshot. */
export function unknownOf(named, snapshot, { plans, features, meters }) {
  const lists = [plans, , features, meters, meters];
  const strange = snapshot?.calls.filter(([kind, id, field]) =>
    kind === SNAPSHOT_TEXT && lists[field]?.every((known) => known.id !== id)) ?? [];
  return [...new Set([...named, ...strange.map(([, id]) => id)])].slice(0, UNKNOWN_MAX);
}

/** Plan, score, meters by id, features by id, arms by experiment. */
export function accountOf([plan, plan_epoch, score, ...rest], { plans, meters, features, experiments }) {
  const by_id = (list, value) => Object.fromEntries(list.map(({ id }, index) => [id, value(index)]));
  return whole({
    plan: plans[plan]?.id,
    plan_epoch,
    score: some(score / 10),
    meters: by_id(meters, (index) => readingOf(rest[index])),
    features: by_id(features, (index) => !!rest[meters.length + index]),
    arms: whole(by_id(experiments, (index) => experiments[index].arms[rest[meters.length + features.length + index]])),
  });
}

/** What a prompt is about, `{meter}` or `{feature}` by id. */
export const subjectOf = ([, meter, feature], { meters, features }) =>
  whole({ meter: meters[meter]?.id, feature: features[feature]?.id });

/** The id of the prompt with this index, if there is one. */
const promptId = ({ prompts, said }, index) => said[prompts[index]?.[0]]?.prompt;

const CATEGORIES = ["activation", "engagement", "value", "expansion"];

/** The score and what each signal gave to it; points have one decimal. */
const scoreOf = ([points, passed, ...rest], signals) => ({
  points: points / 10,
  rise: (passed + 1) >> 1,
  is_reached: passed % 2 > 0,
  categories: Object.fromEntries(CATEGORIES.map((name, place) => [name, rest[place] / 10])),
  contributions: rest.slice(4).map(([signal, count, newest_day, plain, given]) => ({
    signal: signals[signal],
    count,
    newest_day,
    points: given / 10,
    plain_points: plain / 10,
  })),
});

export function traceOf(
  [queued, queued_bytes, failures, sent, rejected, dropped, stopped, at, snapshot_at, rows, bytes, score, ...judged],
  words,
) {
  return whole({
    at,
    snapshot_at: some(snapshot_at),
    memory: { rows, bytes },
    score: score.length ? scoreOf(score, words.signals) : undefined,
    prompts: judged.map(([surface, stage, until, by, fired_at, reason, exposure], index) => whole({
      prompt: promptId(words, index),
      ...subjectOf(words.prompts[index], words),
      surface: SURFACES[surface],
      ...(exposure ? { decision: "shown", exposure } : {
        decision: reason ? "held" : "next",
        stage: STAGES[stage],
        reason: reason || undefined,
        eligible_at: until || undefined,
        by: promptId(words, by),
      }),
      fired_at: some(fired_at),
    })),
    revision: words.revision,
    outbox: { queued, queued_bytes, failures, sent, rejected, dropped, stopped: !!stopped },
  });
}
