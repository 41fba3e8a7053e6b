// An estimate in words, in Node: how certain it is decides whether a date, half of a month or months are
// said, in the reader's language. The core gives three days; nothing here knows how they come about.

import assert from "node:assert/strict";
import { test } from "node:test";
import { promptOf } from "../../pkg/shell/prompt.js";
import * as join from "../../pkg/shell/words.js";
import { fill } from "../../pkg/text.js";

const WORDS = {
  prompts: [[0, 0]],
  said: [{ prompt: "runs-out", title: [], body: [] }],
  meters: [{ id: "emails", name: { other: "e-mails" } }],
  features: [],
  plans: [],
  actions: [],
  links: {},
};
/** A year that is not this one, so that every date has its year. */
const YEAR = new Date().getFullYear() + 1;

/** What a prompt says of an estimate: `[when, {range}, {date}]`. */
function said(date, from, until, locale = "en-GB") {
  const at = (day) => Date.parse(`${YEAR}-${day}T12:00:00Z`);
  const facts = [0, 0, 0, -1, -1, -1, Date.parse(`${YEAR}-12-31`), 800, 1000, 80, 0, 1, 1, 2, 0];
  const shown = { exposure: "1", facts: [...facts, at(date), at(from), at(until)], actions: [] };
  const { values } = promptOf(shown, WORDS, "acc_7", () => false, join);
  return [values.when, fill([["range"]], values, locale), fill([["date"]], values, locale)];
}

test("what is certain to a week is said as a date", () => {
  assert.deepEqual(said("12-14", "12-11", "12-18"), ["day", `14 December ${YEAR}`, `14 December ${YEAR}`]);
  assert.deepEqual(said("12-14", "12-11", "12-18", "pt-BR")[1], `14 de dezembro de ${YEAR}`);
});

test("what is less certain is said as half of a month, a month or several, and as no date", () => {
  assert.deepEqual(said("03-08", "03-02", "03-14"), ["first_half", `March ${YEAR}`, null]);
  assert.deepEqual(said("03-22", "03-17", "03-29"), ["second_half", `March ${YEAR}`, null]);
  assert.deepEqual(said("03-15", "03-04", "03-27"), ["month", `March ${YEAR}`, null]);
  const [when, range, date] = said("03-30", "03-20", "04-12");
  assert.deepEqual([when, date], ["months", null]);
  assert.match(range, /March.*April/);
});

test("a prompt without an estimate has its date and no range", () => {
  const facts = [0, 0, 0, -1, -1, -1, Date.parse("2026-12-01"), 800, 1000, 80, 0, 1, 1, 2, 0, 0, 0, 0];
  const { values } = promptOf({ exposure: "1", facts, actions: [] }, WORDS, "acc_7", () => false, join);
  assert.equal(fill([["range"]], values, "en"), null);
  assert.notEqual(fill([["date"]], values, "en"), null);
});
