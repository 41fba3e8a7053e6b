// Texts in words, in Node: numbers, dates and money as each language writes them, nouns that agree, names that
// keep their direction; and an estimate, of which how certain it is decides whether a date or months are said.

import assert from "node:assert/strict";
import { test } from "node:test";
import { estimate } from "../../pkg/shell/certainty.js";
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

test("a half or a month that has begun is said as its days, and as no date", () => {
  const at = (time) => Date.parse(`${YEAR}-${time}`);
  const told = (now, from, until, locale = "en-GB") => {
    const values = estimate({ date: at(`${from}T12:00Z`), from: at(`${from}T12:00Z`), until: at(`${until}T21:59Z`) }, at(`${now}T12:00Z`));
    return [values.when, seen(fill([["range"]], values, locale)).replace(/\s*[–～]\s*/, "–")];
  };
  assert.deepEqual(told("11-23", "11-23", "11-30"), ["day", `23–30 November ${YEAR}`]);
  assert.deepEqual(told("11-14", "11-17", "11-30"), ["second_half", `November ${YEAR}`], "the half is still to come");
  assert.deepEqual(told("11-02", "11-04", "11-14"), ["day", `4–14 November ${YEAR}`]);
  assert.deepEqual(told("11-10", "11-12", "11-29"), ["day", `12–29 November ${YEAR}`]);
  assert.deepEqual(told("10-30", "11-04", "11-29")[0], "month");
  assert.equal(told("11-10", "11-25", "12-20")[0], "months", "both months tell something");
  assert.deepEqual(told("11-23", "11-24", "11-28"), ["day", `24 November ${YEAR}`], "certain to a week");
  for (const [locale, words] of Object.entries({
    en: `November 23–30, ${YEAR}`,
    de: `23.–30. November ${YEAR}`,
    fr: `23–30 novembre ${YEAR}`,
    es: `23–30 de noviembre de ${YEAR}`,
    "pt-BR": `23–30 de novembro de ${YEAR}`,
    ja: `${YEAR}/11/23–${YEAR}/11/30`,
    "ar-EG": `٢٣–٣٠ نوفمبر ${new Intl.NumberFormat("ar-EG", { useGrouping: false }).format(YEAR)}`,
  })) {
    assert.equal(told("11-23", "11-23", "11-30", locale)[1], words, locale);
  }
});

test("a prompt without an estimate has its date and no range", () => {
  const facts = [0, 0, 0, -1, -1, -1, Date.parse("2026-12-01"), 800, 1000, 80, 0, 1, 1, 2, 0, 0, 0, 0];
  const { values } = promptOf({ exposure: "1", facts, actions: [] }, WORDS, "acc_7", () => false, join);
  assert.equal(fill([["range"]], values, "en"), null);
  assert.notEqual(fill([["date"]], values, "en"), null);
});

/** What a reader sees: every space is a space, and marks of direction are not seen. */
const seen = (words) => words?.replace(/[\u00a0\u202f]/g, " ").replace(/[\u061c\u200e\u200f\u2066-\u2069]/g, "");
const say = (name, value, locale) => seen(fill([[name]], { [name]: value }, locale));

/** By the conventions of CLDR: grouping from five digits on in Spanish, spaces before signs, the place of a currency. */
const WRITTEN = {
  //       1234     1234567      91 %     49 of a currency, 49.90 of it, and per month
  en: ["1,234", "1,234,567", "91%", "USD", "$49", "$49.90", "$49 per month"],
  de: ["1.234", "1.234.567", "91 %", "EUR", "49 €", "49,90 €", "49 € pro Monat"],
  es: ["1234", "1.234.567", "91 %", "EUR", "49 €", "49,90 €", "49 € por mes"],
  fr: ["1 234", "1 234 567", "91 %", "EUR", "49 €", "49,90 €", "49 € par mois"],
  "pt-BR": ["1.234", "1.234.567", "91%", "BRL", "R$ 49", "R$ 49,90", "R$ 49 por mês"],
  "ar-u-nu-latn": ["1,234", "1,234,567", "91%", "EUR", "49 €", "49.90 €", "49 € في الشهر"],
  "ar-EG": ["١٬٢٣٤", "١٬٢٣٤٬٥٦٧", "٩١٪", "EUR", "٤٩ €", "٤٩٫٩٠ €", "٤٩ € في الشهر"],
};

for (const [locale, [small, large, share, currency, whole, cents, monthly]] of Object.entries(WRITTEN)) {
  test(`numbers, shares and money are written as ${locale} writes them`, () => {
    assert.equal(say("used", 1234, locale), small);
    assert.equal(say("limit", 1_234_567, locale), large);
    assert.equal(say("percent", 91.9, locale), share);
    const money = (amount_minor, per) => say("price", { amount_minor, currency, per }, locale);
    assert.equal(money(4900), whole);
    assert.equal(money(4990), cents);
    assert.equal(money(4900, "month"), monthly);
  });
}

test("a yen has no smaller unit", () => {
  const money = (per) => say("price", { amount_minor: 4900, currency: "JPY", per }, "ja").replace("￥", "¥");
  assert.equal(money(), "¥4,900");
  assert.equal(money("month"), "¥4,900/月");
  assert.equal(say("price", { amount_minor: 4900, currency: "JPY" }, "en"), "¥4,900");
});

test("a price is said per day, week, month and year in every language", () => {
  for (const locale of ["en", "ar", "de", "es", "fr", "ja", "pt-BR"]) {
    const said = ["day", "week", "month", "year"].map((per) => say("price", { amount_minor: 500, currency: "EUR", per }, locale));
    assert.equal(new Set(said).size, 4, locale);
    for (const words of said) assert.match(words, /[5٥].*€|€.*[5٥]/, `${locale}: ${words}`);
    assert.doesNotMatch(said.join(), /lit|Liter|لتر|リットル/, locale);
  }
});

test("a date is a day and a month, with its year when that is another", () => {
  const now = new Date().getFullYear();
  const date = (locale, year) => say("date", Date.UTC(year, 11, 1, 12), locale);
  for (const [locale, day, with_year] of [
    ["en-US", "December 1", `December 1, ${YEAR}`],
    ["en-GB", "1 December", `1 December ${YEAR}`],
    ["de", "1. Dezember", `1. Dezember ${YEAR}`],
    ["es", "1 de diciembre", `1 de diciembre de ${YEAR}`],
    ["fr", "1 décembre", `1 décembre ${YEAR}`],
    ["ja", "12月1日", `${YEAR}年12月1日`],
    ["pt-BR", "1 de dezembro", `1 de dezembro de ${YEAR}`],
    ["ar-u-nu-latn", "1 ديسمبر", `1 ديسمبر ${YEAR}`],
  ]) {
    assert.deepEqual([date(locale, now), date(locale, YEAR)], [day, with_year], locale);
  }
});

test("Arabic has the digits that the browser has for the tag", () => {
  for (const tag of ["ar", "ar-EG", "ar-MA", "ar-AE"]) {
    const own = new Intl.NumberFormat(tag).format(1_234_567);
    assert.equal(say("used", 1_234_567, tag), seen(own), tag);
  }
});

test("a noun agrees with the number that was said before it", () => {
  const meter = { one: "seat", other: "seats" };
  const values = { used: 1, limit: 3, next_limit: 1, remaining: 1, meter };
  const said = (...tokens) => fill(tokens, values, "en");
  assert.equal(said(["used"], " of ", ["limit"], " ", ["meter"]), "1 of 3 seats");
  assert.equal(said(["used"], " ", ["meter"], " of ", ["limit"]), "1 seat of 3");
  assert.equal(said("Pro includes ", ["next_limit"], " ", ["meter"]), "Pro includes 1 seat");
  assert.equal(said(["remaining", { other: [["#"], " ", ["meter"], " left"] }]), "1 seat left");
  assert.equal(said(["percent"], " of your ", ["meter"]), null);
  assert.equal(fill([["percent"], " of your ", ["meter"]], { ...values, percent: 33 }, "en"), "33% of your seats");
  const rasail = { zero: "رسالة", one: "رسالة", two: "رسالتين", few: "رسائل", many: "رسالة", other: "رسالة" };
  const noun = (used) => seen(fill([["used"], " ", ["meter"]], { used, meter: rasail }, "ar-u-nu-latn"));
  assert.deepEqual([2, 3, 11, 100].map(noun), ["2 رسالتين", "3 رسائل", "11 رسالة", "100 رسالة"]);
});

test("what is inserted keeps its direction where two directions meet, and nothing is added elsewhere", () => {
  const of = (name, locale) => fill(["x ", ["plan"], " y"], { plan: name }, locale);
  assert.equal(of("Pro", "en"), "x Pro y");
  assert.equal(of("الخطة", "en"), "x \u2068الخطة\u2069 y");
  assert.equal(of("Pro", "ar"), "x \u2068Pro\u2069 y");
  assert.equal(of("Pro", "he"), "x \u2068Pro\u2069 y");
  assert.equal(fill([["used"]], { used: 5 }, "ar-u-nu-latn"), "\u20685\u2069");
  assert.equal(fill([["plan"]], {}, "ar"), null);
});
