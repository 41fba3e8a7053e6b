/**
 * The host's snapshot: checked as a whole, then handed to the core field by field. A snapshot with a
 * wrong field is refused whole, because half a truth shows wrong prompts. Dates are read here, so
 * that no date text enters the core.
 */
import { SNAPSHOT } from "./core.js";
import { PlimsollError, shown } from "./error.js";

/** Ids are at most this long. Unit: UTF-16 code units. */
const ID_LENGTH_MAX = 256;
/** More meters, features or writers than any policy may have are refused. */
const LIST_LENGTH_MAX = 1000;
const NAME_LENGTH_MAX = 200;
const WRITER = /^[0-9a-f]{16}$/;

/** @returns {{snapshot?: object, error?: PlimsollError}} a plain object, or why there is none */
export function readSnapshot(given) {
  try {
    return { snapshot: read(plain(given)) };
  } catch (error) {
    if (error instanceof PlimsollError) return { error };
    const help = "pass the object that your server made, as it is";
    return { error: new PlimsollError("snapshot_invalid", "snapshot", "the snapshot cannot be read", help) };
  }
}

/** Getters, proxies and classes end here: what JSON does not carry is not in a snapshot. */
function plain(given) {
  const text = JSON.stringify(given, (_, value) =>
    typeof value == "number" && !Number.isFinite(value) ? String(value) : value);
  return text === undefined ? undefined : JSON.parse(text);
}

function read(given) {
  const top = object(given, "snapshot");
  const account = object(top.account, "account");
  const user = object(top.user, "user");
  const trial = object(top.trial ?? {}, "trial");
  return {
    account: id(account.id, "account.id"),
    user: id(user.id, "user.id"),
    plan: text(top.plan, "plan", ID_LENGTH_MAX),
    owner: text(top.billing_owner ?? "", "billing_owner", NAME_LENGTH_MAX),
    // In the order of `Core.snapshot_number`.
    numbers: [
      count(top.plan_epoch, "plan_epoch"),
      time(top.server_time, "server_time"),
      time(account.created_at, "account.created_at"),
      time(user.created_at, "user.created_at"),
      truth(top.can_purchase, "can_purchase"),
      time(trial.ends_at, "trial.ends_at"),
      truth(trial.extendable, "trial.extendable"),
      truth(top.in_sales_conversation, "in_sales_conversation"),
    ],
    features: ids(top.features, "features"),
    overage: ids(top.overage_accepted, "overage_accepted"),
    meters: entries(top.meters, "meters").map(([name, value]) => meter(name, value)),
  };
}

function meter(name, given) {
  const path = `meters.${name}`;
  const figure = object(given, path);
  const period = figure.period == null ? undefined : object(figure.period, `${path}.period`);
  const start = period && (time(period.start, `${path}.period.start`) ?? missing(`${path}.period.start`));
  const end = period && (time(period.end, `${path}.period.end`) ?? missing(`${path}.period.end`));
  if (period && end <= start) wrong(`${path}.period.end`, period.end, "a time after the start");
  return {
    name,
    // In the order of `Core.snapshot_number`, from 8 on.
    figures: [count(figure.used, `${path}.used`), limit(figure.limit, `${path}.limit`), start, end],
    counted: entries(figure.counted, `${path}.counted`).map(([writer, counted]) => {
      if (!WRITER.test(writer)) wrong(`${path}.counted`, writer, "a writer, the part of a token before the colon");
      const [added, released = 0] = Array.isArray(counted) ? counted : [counted];
      const at = `${path}.counted.${writer}`;
      return [writer, count(added, at) ?? missing(at), count(released, at)];
    }),
  };
}

function limit(value, path) {
  if (value == null) return undefined;
  if (value === "unlimited") return -1;
  if (value === "none") return 0;
  return typeof value == "number" ? count(value, path) : wrong(path, value, "an integer, `unlimited` or `none`");
}

function object(value, path) {
  if (value == null) missing(path);
  if (typeof value != "object" || Array.isArray(value)) wrong(path, value, "an object");
  return value;
}

function entries(value, path) {
  const list = value == null ? [] : Object.entries(object(value, path));
  if (list.length > LIST_LENGTH_MAX) wrong(path, list.length, `at most ${LIST_LENGTH_MAX} entries`);
  return list;
}

function ids(value, path) {
  if (value == null) return [];
  if (!Array.isArray(value) || value.length > LIST_LENGTH_MAX) {
    wrong(path, value, `a list of at most ${LIST_LENGTH_MAX} ids`);
  }
  return value.map((item, index) => text(item, `${path}[${index}]`, ID_LENGTH_MAX));
}

function id(value, path) {
  const read = text(typeof value == "number" ? String(value) : value, path, ID_LENGTH_MAX);
  if (!read) wrong(path, read, "an id");
  if (read.includes("@")) {
    const help = "ids leave the browser in events: use one that says nothing about the person";
    throw new PlimsollError("id_is_email", path, `${shown(read)} looks like an e-mail address`, help);
  }
  return read;
}

function text(value, path, length_max) {
  if (value == null) missing(path);
  if (typeof value != "string") wrong(path, value, "a text");
  if (value.length > length_max) wrong(path, value, `a text of at most ${length_max} characters`);
  return value;
}

function count(value, path) {
  if (value == null) return undefined;
  return Number.isSafeInteger(value) && value >= 0 ? value : wrong(path, value, "an integer from 0 to 2^53 - 1");
}

function truth(value, path) {
  if (value == null) return undefined;
  return typeof value == "boolean" ? +value : wrong(path, value, "true or false");
}

/** A time as RFC 3339 text; a Date has become one on the way here. */
function time(value, path) {
  if (value == null) return undefined;
  const at = typeof value == "string" && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : NaN;
  return at >= 0 ? at : wrong(path, value, "a time like `2026-11-22T10:00:00Z`");
}

function missing(path) {
  const help = "docs/snapshot.md names what is required";
  throw new PlimsollError("snapshot_invalid", path, `\`${path}\` is missing`, help);
}

function wrong(path, value, expected) {
  throw new PlimsollError("snapshot_invalid", path, `\`${path}\` is ${shown(value)}, not ${expected}`,
    "docs/snapshot.md names every field and its type");
}

/** Tells the core; `wall` and `mono` are the clocks when the snapshot arrived. */
export function tellSnapshot(core, { plan, owner, numbers, features, overage, meters }, wall, mono) {
  const tell = (values, from) =>
    values.forEach((value, place) => value !== undefined && core.snapshot_number(from + place, value));
  core.snapshot_text(0, plan);
  core.snapshot_text(1, owner);
  tell(numbers, 0);
  for (const feature of features) core.snapshot_text(2, feature);
  for (const meter of overage) core.snapshot_text(3, meter);
  for (const { name, figures, counted } of meters) {
    core.snapshot_text(4, name);
    tell(figures, 8);
    for (const [writer, ...tally] of counted) {
      core.snapshot_text(5, writer);
      tell(tally, 12);
    }
  }
  core.tell(SNAPSHOT, "", 0, wall, mono);
}
