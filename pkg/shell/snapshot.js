//# allFunctionsCalledOnLoad
/**
 * The host's snapshot: checked as a whole, then handed to the core field by field. A snapshot with a
 * wrong field is refused whole, because half a truth shows wrong prompts. Dates are read here, so
 * that no date text enters the core.
 */
import { attributesOf } from "./attributes.js";
import { SNAPSHOT, SNAPSHOT_NUMBER, SNAPSHOT_TEXT } from "./core.js";
import { wrong } from "./error.js";
import { DAYS_MAX, ID_LENGTH_MAX, LIST_LENGTH_MAX } from "./limits.js";

const WRITER = /^[0-9a-f]{16}$/;
const TIME = /^\d{4}-\d\d-\d\d([T ].*(Z|[+-]\d\d(:?\d\d)?))?$/i;

/** How a value of each kind is read; what is none of its kind becomes `undefined`. Their words are in `faults.js`. */
const READ = {
  text: (value) => (typeof value == "string" && value.length <= ID_LENGTH_MAX ? value : undefined),
  id: (value) => READ.text(typeof value == "number" ? `${value}` : value) || undefined,
  count: (value) => (Number.isSafeInteger(value) && value >= 0 ? value : undefined),
  limit: (value) => (value === "unlimited" ? -2 : value === "none" ? 0 : READ.count(value)),
  truth: (value) => (typeof value == "boolean" ? +value : undefined),
  /** RFC 3339 text; a Date has become one on the way here. Without an offset it would be another time for each reader. */
  time: (value) => READ.count(typeof value == "string" && TIME.test(value) && Date.parse(value)),
  object: (value) => (typeof value == "object" && !Array.isArray(value) ? value : undefined),
  entries: (value) => READ.object(value) && READ.few(value),
  list: (value) => (Array.isArray(value) ? READ.few(value) : undefined),
  few: (value) => (Object.keys(value).length <= LIST_LENGTH_MAX ? value : undefined),
  /** Of a counter it is one number; of a level what was added and what was released. */
  tallies: (value) => [value].flat(),
};

/**
 * Whom it is about, the calls by which the core hears it, and which fields nobody reads, each with those that are
 * read beside it; throws a PlimsollError that says what is wrong.
 */
export function readSnapshot(given) {
  const calls = [];
  const strays = [];

  /** What reads the fields of an object: one with a number is told to the core, an object becomes its reader. */
  function readerOf(owner, path) {
    const known = new Set();
    const read = (name, kind, is_required, number) => {
      known.add(name);
      const value = owner[name] ?? undefined;
      const found = value === undefined ? value : READ[kind](value);
      if (found === undefined) {
        if (value !== undefined || is_required) throw wrong("snapshot_invalid", path + name, value, kind);
      } else if (number >= 0) {
        calls.push(typeof found == "string" ? [SNAPSHOT_TEXT, found, number] : [SNAPSHOT_NUMBER, "", number, found]);
      }
      return typeof found == "object" ? readerOf(found, `${path}${name}.`) : found;
    };
    read.keys = Object.keys(owner);
    read.end = () => read.keys.forEach((name) => known.has(name) || strays.push([path + name, `${[...known]}`]));
    return read;
  }

  const whole = READ.object(plain(given));
  if (!whole) throw wrong("snapshot_invalid", "snapshot", given, "plain");
  const top = readerOf(whole, "");
  const [account, user] = ["account", "user"].map((name, place) => {
    const owner = top(name, "object", true);
    owner("created_at", "time", false, 2 + place);
    owner("attributes", "object");
    const id = owner("id", "id", true);
    owner.end();
    if (id.includes("@")) throw wrong("id_is_email", `${name}.id`, id);
    return id;
  });
  top("plan", "text", true, 0);
  top("billing_owner", "text", false, 1);
  top("plan_epoch", "count", false, 0);
  top("server_time", "time", false, 1);
  top("can_purchase", "truth", false, 4);
  const trial = top("trial", "object");
  trial?.("ends_at", "time", false, 5);
  trial?.("extendable", "truth", false, 6);
  trial?.end();
  top("in_sales_conversation", "truth", false, 7);
  ["features", "overage_accepted"].forEach((name, place) => {
    const ids = top(name, "list");
    ids?.keys.forEach((index) => ids(index, "text", true, 2 + place));
  });
  const meters = top("meters", "entries");
  meters?.keys.forEach((meter) => {
    const figures = meters(meter, "object", true);
    calls.push([SNAPSHOT_TEXT, meter, 4]);
    figures("used", "count", false, 8);
    figures("limit", "limit", false, 9);
    const period = figures("period", "object");
    const start = period?.("start", "time", true, 10);
    const end = period?.("end", "time", true, 11);
    period?.end();
    if (start >= end) throw wrong("snapshot_invalid", `meters.${meter}.period.end`, end, "period");
    // What is older than the core looks at is left out; said before the writers, whose numbers follow theirs.
    const daily = figures("daily", "list");
    daily?.keys.slice(-DAYS_MAX).forEach((day) => daily(day, "count", true, 14));
    const counted = figures("counted", "entries");
    counted?.keys.forEach((writer) => {
      if (!WRITER.test(writer)) throw wrong("snapshot_invalid", `meters.${meter}.counted`, writer, "writer");
      calls.push([SNAPSHOT_TEXT, writer, 5]);
      const tallies = counted(writer, "tallies", true);
      tallies("0", "count", true, 12);
      tallies("1", "count", false, 13);
    });
    figures.end();
  });
  top.end();
  calls.push([SNAPSHOT_TEXT, attributesOf(whole), 6]);
  return { account, user, calls, strays };
}

/** Tells the core; `arrived` are the clocks when the snapshot arrived. */
export function tellSnapshot(core, { calls }, arrived) {
  for (const call of calls) core.ask(...call);
  core.ask(SNAPSHOT, "", ...arrived);
}

/** Getters, proxies and classes end here: what JSON does not carry is not in a snapshot. */
function plain(given) {
  try {
    return JSON.parse(JSON.stringify(given, (_, value) =>
      typeof value == "number" && !Number.isFinite(value) ? `${value}` : value)) ?? undefined;
  } catch {
    return undefined;
  }
}
