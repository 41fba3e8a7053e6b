//# allFunctionsCalledOnLoad
/**
 * The host's snapshot: checked as a whole, then handed to the core field by field. A snapshot with a
 * wrong field is refused whole, because half a truth shows wrong prompts. Dates are read here, so
 * that no date text enters the core.
 */
import { SNAPSHOT, SNAPSHOT_NUMBER, SNAPSHOT_TEXT } from "./core.js";
import { PlimsollError, shown, wrong } from "./error.js";

/** Ids are at most this long. Unit: UTF-16 code units. */
const ID_LENGTH_MAX = 256;
/** More meters, features or writers than any policy may have are refused. */
const LIST_LENGTH_MAX = 1000;
const WRITER = /^[0-9a-f]{16}$/;
const HELP = "docs/snapshot.md names every field and its type";

/** A kind of field: in words, and how its value is read, which answers `undefined` to what is not that. */
const kind = (expected, read) => (owner, path, name, is_required = false) => {
  const value = owner[name] ?? undefined;
  const found = value === undefined ? value : read(value);
  if (found === undefined) {
    if (value !== undefined) throw invalid(path + name, value, expected);
    if (is_required) throw new PlimsollError("snapshot_invalid", path + name, `\`${path + name}\` is missing`, HELP);
  }
  return found;
};

const readText = (value) => (typeof value == "string" && value.length <= ID_LENGTH_MAX ? value : undefined);
const readCount = (value) => (Number.isSafeInteger(value) && value >= 0 ? value : undefined);
const isObject = (value) => typeof value == "object" && !Array.isArray(value);
const isShort = (list) => list.length <= LIST_LENGTH_MAX;

const text = kind("a text", readText);
const count = kind("an integer from 0 to 2^53 - 1", readCount);
const truth = kind("true or false", (value) => (typeof value == "boolean" ? +value : undefined));
const object = kind("an object", (value) => (isObject(value) ? value : undefined));
const entries = kind(`an object of at most ${LIST_LENGTH_MAX} entries`, (value) =>
  isObject(value) && isShort(Object.keys(value)) ? Object.entries(value) : undefined);
const list = kind(`a list of at most ${LIST_LENGTH_MAX} ids`, (value) =>
  Array.isArray(value) && isShort(value) ? value : undefined);
const id = kind("an id", (value) => readText(typeof value == "number" ? `${value}` : value) || undefined);
const limit = kind("an integer, `unlimited` or `none`", (value) =>
  value === "unlimited" ? -2 : value === "none" ? 0 : readCount(value));
/** RFC 3339 text; a Date has become one on the way here. */
const time = kind("a time like `2026-11-22T10:00:00Z`", (value) => {
  const at = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : -1;
  return at >= 0 ? at : undefined;
});

/** Whom it is about, and the calls by which the core hears it; throws a PlimsollError that says what is wrong. */
export function readSnapshot(given) {
  const top = object({ snapshot: plain(given) }, "", "snapshot", true);
  const account = object(top, "", "account", true);
  const user = object(top, "", "user", true);
  const trial = object(top, "", "trial") ?? {};
  const calls = [];
  const tellText = (field, value) => calls.push([SNAPSHOT_TEXT, value, field]);
  const tellNumber = (field, value) => value !== undefined && calls.push([SNAPSHOT_NUMBER, "", field, value]);

  tellText(0, text(top, "", "plan", true));
  tellText(1, text(top, "", "billing_owner") ?? "");
  [
    count(top, "", "plan_epoch"),
    time(top, "", "server_time"),
    time(account, "account.", "created_at"),
    time(user, "user.", "created_at"),
    truth(top, "", "can_purchase"),
    time(trial, "trial.", "ends_at"),
    truth(trial, "trial.", "extendable"),
    truth(top, "", "in_sales_conversation"),
  ].forEach((value, field) => tellNumber(field, value));
  ["features", "overage_accepted"].forEach((name, place) => {
    const ids = list(top, "", name) ?? [];
    for (const index in ids) tellText(2 + place, text(ids, `${name}.`, index, true));
  });
  for (const [meter] of entries(top, "", "meters") ?? []) {
    const figures = object(top.meters, "meters.", meter, true);
    const path = `meters.${meter}.`;
    tellText(4, meter);
    tellNumber(8, count(figures, path, "used"));
    tellNumber(9, limit(figures, path, "limit"));
    const period = object(figures, path, "period");
    if (period) {
      const start = time(period, `${path}period.`, "start", true);
      const end = time(period, `${path}period.`, "end", true);
      if (end <= start) throw invalid(`${path}period.end`, period.end, "a time after the start");
      tellNumber(10, start);
      tellNumber(11, end);
    }
    for (const [writer, counted] of entries(figures, path, "counted") ?? []) {
      if (!WRITER.test(writer)) throw invalid(`${path}counted`, writer, "a writer, the part of a token before the colon");
      tellText(5, writer);
      // Of a counter it is one number; of a level what was added and what was released.
      const [added, released] = Array.isArray(counted) ? counted : [counted];
      tellNumber(12, count({ [writer]: added }, `${path}counted.`, writer, true));
      tellNumber(13, count({ [writer]: released }, `${path}counted.`, writer));
    }
  }
  return { account: idOf(account, "account."), user: idOf(user, "user."), calls };
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
      typeof value == "number" && !Number.isFinite(value) ? `${value}` : value) ?? null);
  } catch {
    throw new PlimsollError("snapshot_invalid", "snapshot", "the snapshot cannot be read", "pass the object that your server made, as it is");
  }
}

function idOf(owner, path) {
  const found = id(owner, path, "id", true);
  if (!found.includes("@")) return found;
  throw new PlimsollError("id_is_email", `${path}id`, `${shown(found)} looks like an e-mail address`,
    "ids leave the browser in events: use one that says nothing about the person");
}

const invalid = (path, value, expected) => wrong("snapshot_invalid", path, value, expected, HELP);
