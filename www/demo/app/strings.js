// Postwharf's own words, and numbers and dates in the reader's locale.
// Plimsoll's texts are not here: they come from the policy and from Plimsoll itself.

import { en } from "./strings.en.js";
import { ptBR } from "./strings.pt-BR.js";

export const LOCALES = { en: "English", "pt-BR": "Português" };
const TABLES = { en, "pt-BR": ptBR };

/** Everything a page needs to speak one locale. */
export function speak(locale) {
  const table = TABLES[locale] ?? en;
  const number = new Intl.NumberFormat(locale);
  const plural = new Intl.PluralRules(locale);
  return {
    locale,
    /** The text of an id; `{name}` is replaced, and `{ one, other }` picks by `values.count`. */
    t(id, values = {}) {
      const entry = table[id] ?? en[id] ?? id;
      const text =
        typeof entry === "string" ? entry : (entry[plural.select(values.count)] ?? entry.other);
      return text.replace(/\{(\w+)\}/g, (_, name) => {
        const value = values[name];
        return typeof value === "number" ? number.format(value) : String(value ?? "");
      });
    },
    number: (value) => number.format(value),
    money: (minor, currency) => {
      const whole = minor % 100 === 0;
      return new Intl.NumberFormat(locale, {
        style: "currency",
        currency,
        minimumFractionDigits: whole ? 0 : 2,
      }).format(minor / 100);
    },
    megabytes: (value) =>
      value >= 1000 ? `${number.format(value / 1000)} GB` : `${number.format(value)} MB`,
    shortDay: (iso) => format(locale, iso, { day: "numeric", month: "short" }),
    day: (iso) => format(locale, iso, { day: "numeric", month: "long" }),
    date: (iso) => format(locale, iso, { day: "numeric", month: "short", year: "numeric" }),
    time: (iso) =>
      format(locale, iso, {
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        timeZone: undefined,
      }),
  };
}

const format = (locale, iso, options) =>
  new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options }).format(new Date(iso));
