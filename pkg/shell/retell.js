/**
 * Tells a rehearsal what a trace of the debug panel has, in its order and at its times. A recording goes by the keys of
 * ids, so the policy's ids say what is meant; what the policy does not have is passed over. What comes of it is the
 * core's, and `plimsoll/testing` hands it to the test.
 */
import { ATTEMPT, BECAUSE, CONTEXT, CONVERTED, COUNT, EXPLORE, LIMIT_HIT, RESPOND, SIGNAL, SNAPSHOT_NUMBER, SNAPSHOT_TEXT } from "./core.js";
import { wrong } from "./error.js";
import { COVER, ENTRY, FIGURE, LISTED, emptySnapshot, keyOf, readRecording } from "./recording.js";

const PAINTS = ["rendered", "seen", "failed", "faded"];
/** Responses of a recording: later, never, close, then the actions; the core has the six actions first. */
const DISMISSALS = 3;
const ACTIONS = 6;
const DAY = 14;

/** Reads a trace: an object or its text. Throws an error that says what is wrong with it. */
export function readTrace(given) {
  let event = given;
  try {
    if (typeof given == "string") event = JSON.parse(given);
  } catch {
    // Then it is no object either.
  }
  const moments = readRecording(event?.properties?.inputs);
  if (!moments?.length) throw wrong("argument_invalid", "trace", given, "trace");
  return { moments, account: `${event.context?.groupId}`, user: `${event.userId}`, memory: `${event.properties.memory ?? ""}` };
}

/**
 * @param {ReturnType<typeof readTrace>} trace
 * @param {{session: any, clock: {wall_ms: number, mono_ms: number}, shown: () => any[], more: any[]}} stage
 *   `shown` are the prompts on the screen; `more` are calls of a snapshot that no recording has, such as attributes
 */
export async function retell({ moments, account, user, memory }, { session, clock, shown, more }) {
  const { plans, meters, features, signals } = session.texts();
  const idOf = byKey([...plans, ...meters, ...features].map(({ id }) => id).concat(signals));
  const placeOf = (key) => meters.findIndex(({ id }) => keyOf(id) === key);
  const whole = (snapshot) => ({ account, user, calls: [...callsOf(snapshot, idOf), ...more] });
  const exposureOf = ([prompt, subject]) =>
    shown().find((open) =>
      keyOf(open.prompt) === prompt && keyOfSubject(open.subject) === subject)?.exposure;

  /** What was answered last: the core knows whether it asked why. */
  let answered;
  const first = moments.find(({ snapshot }) => snapshot);
  [clock.wall_ms, clock.mono_ms] = [moments[0].wall_ms, moments[0].mono_ms];
  session.forget();
  session.begun(first && whole(first.snapshot), memory);
  for (const moment of moments) {
    if (moment.mono_ms > clock.mono_ms) session.pass(moment.mono_ms - clock.mono_ms);
    if (moment !== first) tell(moment);
    await session.settled();
  }

  function tell({ kind, names, numbers: [number, offset], snapshot }) {
    const id = idOf(names[0]);
    const place = placeOf(names[0]);
    switch (kind) {
      case ENTRY.USE: return place >= 0 && session.tell(COUNT, "", place, number);
      case ENTRY.RELEASE: return place >= 0 && session.tell(COUNT, "", place, -number);
      case ENTRY.ATTEMPT: return id && session.tell(ATTEMPT, id, number);
      case ENTRY.LIMIT_HIT: return id && session.tell(LIMIT_HIT, id);
      case ENTRY.EXPLORE: return id && session.tell(EXPLORE, id, number);
      case ENTRY.SIGNAL: return id && session.tell(SIGNAL, id, number);
      case ENTRY.CONVERTED: return session.tell(CONVERTED, "", number - 1);
      case ENTRY.CONTEXT: return session.tell(CONTEXT, session.standing().page.route, number, offset);
      case ENTRY.SNAPSHOT: return session.sync(whole(snapshot));
      case ENTRY.PAINTED: return painted(exposureOf(names), PAINTS[number]);
      case ENTRY.RESPOND: return respond(exposureOf(names), number < DISMISSALS ? ACTIONS + number : number - DISMISSALS);
      case ENTRY.BECAUSE: return answered && session.tell(BECAUSE, answered, number);
      default: return undefined;
    }
  }

  /** A rehearsal has drawn it already. */
  function painted(exposure, how) {
    if (exposure && how !== "rendered") session.prompts().painted(exposure, how);
  }

  function respond(exposure, place) {
    if (!exposure) return;
    answered = exposure;
    session.tell(RESPOND, exposure, place);
  }
}

function byKey(ids) {
  const known = new Map(ids.map((id) => [keyOf(id), id]));
  return (key) => known.get(Number(key));
}

const keyOfSubject = ({ meter, feature }) => (meter ?? feature ? keyOf(meter ?? feature) : 0);

/** The calls by which a core hears a snapshot. */
function callsOf({ plan, facts, rows, daily }, idOf) {
  // A plan that the policy does not have stays unknown.
  const calls = [[SNAPSHOT_TEXT, idOf(plan) ?? "?", 0]];
  const number = (place, value, none) => value === none || calls.push([SNAPSHOT_NUMBER, "", place, Number(value)]);
  facts.forEach((fact, place) => number(place, fact, emptySnapshot().facts[place]));
  let is_known = false;
  for (const { table, a, b, v } of rows) {
    const id = idOf(table === LISTED ? b : a);
    if (table === LISTED && id) calls.push([SNAPSHOT_TEXT, id, a === 1n ? 2 : 3]);
    if (table === FIGURE) {
      is_known = !!id;
      if (!is_known) continue;
      calls.push([SNAPSHOT_TEXT, id, 4]);
      number(8, v[4] >> 1n, -1n);
      number(9, v[5], -1n);
      number(10, v[6], 0n);
      number(11, v[7], 0n);
      for (const [meter, figure] of daily) if (meter === a) number(DAY, figure);
    }
    if (table === COVER && is_known) {
      calls.push([SNAPSHOT_TEXT, b.toString(16).padStart(16, "0"), 5]);
      number(12, v[4], 0n);
      number(13, v[5], 0n);
    }
  }
  return calls;
}
