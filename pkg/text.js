/**
 * Turns a text of the policy into words, with the browser's own `Intl` for plurals, numbers, dates
 * and money. It knows no surface and touches no page, so a host that draws its own prompts uses the
 * same sentences. What cannot be said whole is not said: a text that lacks a value is `null`.
 */

/** Addresses longer than this are refused: no real checkout needs more. Unit: UTF-16 code units. */
const LINK_LENGTH_MAX = 2048;

/**
 * @param {string | Array} text a string, or the tokens described in docs/glossary.md
 * @param {Record<string, unknown>} values what the variables stand for
 * @param {string} locale a BCP 47 tag; an unknown one falls back to the browser's own
 * @returns {string | null} `null` when a variable has no value or the text is no text
 */
export function fill(text, values, locale) {
  try {
    return join(text, { values: values ?? {}, locale });
  } catch {
    return null;
  }
}

/**
 * What takes a browser longest to say the first time in a locale, as steps for moments when nobody waits.
 * @returns {(() => unknown)[]}
 */
export function warmings(locale) {
  // In this order each brings a part of what the next needs.
  return [
    () => isRightToLeft(locale),
    // Of what the first formatter brings, a comparison brings the greater part.
    () => "".localeCompare("a", locale),
    () => plural({}, 0, locale),
    () => number(0, locale),
    () => number(0, locale, PERCENT),
    () => day(Date.now(), locale),
  ];
}

/** Whether a locale is written from right to left. */
export function isRightToLeft(locale) {
  return kept(`direction ${locale}`, () => {
    try {
      return /Adlm|Arab|Hebr|Mand|Nkoo|Rohg|Samr|Syrc|Thaa/.test(new Intl.Locale(locale).maximize().script);
    } catch {
      return false;
    }
  });
}

/**
 * The only way an address gets into a link or an image: `https:`, or this page's own origin.
 * @returns {string | null} the absolute address, or `null` for anything else
 */
export function link(href) {
  try {
    if (typeof href != "string" || href.length > LINK_LENGTH_MAX) return null;
    const url = new URL(href, document.baseURI);
    // The origin of a `blob:` address is the page's own, so the scheme is asked first.
    const trusted =
      url.protocol == "https:" || (url.protocol == "http:" && url.origin == location.origin);
    return trusted && !url.username && !url.password ? url.href : null;
  } catch {
    return null;
  }
}

/** @param said `{values, locale}`, and `number`, the last that was said: the meter's noun agrees with it */
function join(text, said, count) {
  if (typeof text == "string") return text;
  let words = "";
  for (const token of text) {
    const part = typeof token == "string" ? token : variable(token, said, count);
    if (part == null) return null;
    words += part;
  }
  return words;
}

function variable([name, forms, kind], said, count) {
  const { values, locale } = said;
  const value = name == "#" ? count : own(values, name);
  if (value == null) return null;
  if (kind != "s" && NUMBERS.includes(name)) said.number = value;
  if (!forms) return isolated(say(name, value, said), locale);
  const form =
    kind == "s" ? own(forms, value) : (own(forms, "=" + value) ?? plural(forms, value, locale));
  return join(form ?? forms.other, said, kind == "s" ? count : value);
}

const PERCENT = { style: "percent" };
const NUMBERS = ["#", "used", "limit", "remaining", "next_limit", "over"];
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** Where two directions meet, a name keeps its own and leaves the order of what is around it alone. */
function isolated(words, locale) {
  if (words == null || !(isRightToLeft(locale) || RIGHT_TO_LEFT.test(words))) return words;
  return `\u2068${words}\u2069`;
}

function say(name, value, { values, locale, number: counted }) {
  if (NUMBERS.includes(name)) return number(value, locale);
  switch (name) {
    case "percent":
      // Rounded down: 100 % is said only when the limit is reached.
      return number(Math.floor(value) / 100, locale, PERCENT);
    case "date":
      return day(value, locale);
    case "range":
      return span(value, own(values, "when") == "day" ? "numeric" : undefined, locale);
    case "price":
      return money(value, locale);
    case "meter":
      return typeof value == "string"
        ? value
        : plural(value, counted ?? own(values, "limit") ?? own(values, "used"), locale);
    default:
      return typeof value == "object" ? null : String(value);
  }
}

function number(value, locale, options) {
  return Number.isFinite(value) ? intl("NumberFormat", locale, options).format(value) : null;
}

function plural(forms, value, locale) {
  return own(forms, intl("PluralRules", locale).select(value)) ?? forms.other;
}

function day(stamp, locale) {
  const date = new Date(stamp);
  const year = date.getFullYear() == new Date().getFullYear() ? undefined : "numeric";
  return intl("DateTimeFormat", locale, { day: "numeric", month: "long", year }).format(date);
}

/** A day, "March", or what Intl makes of "from March until April" and of its days. */
function span({ date, from, until }, day_style, locale) {
  if (date && day_style) return day(date, locale);
  const year = new Date(until).getFullYear() == new Date().getFullYear() ? undefined : "numeric";
  return intl("DateTimeFormat", locale, { day: day_style, month: "long", year }).formatRange(from, until);
}

function money({ amount_minor, currency, per }, locale) {
  const format = intl("NumberFormat", locale, {
    style: "currency",
    currency,
    trailingZeroDisplay: "stripIfInteger",
  });
  const { maximumFractionDigits } = format.resolvedOptions();
  if (!Number.isFinite(amount_minor)) return null;
  const amount = amount_minor / 10 ** maximumFractionDigits;
  // In Arabic the sign of "US$" would stand before its letters.
  const part = ({ type, value }) => (type == "currency" ? isolated(value, locale) : value);
  const words = format.formatToParts(amount).map(part).join("");
  if (!per) return words;
  // `Intl` has no "money per month", but it has "litres per month": the litres make way.
  const litres = (unit) => number(1, locale, { style: "unit", unit, unitDisplay: "long" });
  return litres("liter-per-" + per).replace(litres("liter"), () => words);
}

function intl(kind, locale, options) {
  return kept(kind + locale + JSON.stringify(options), () => {
    try {
      return new Intl[kind](locale, options);
    } catch {
      return new Intl[kind](undefined, options);
    }
  });
}

/** Making a formatter takes a hundred times as long as using it, and a page needs the same few. */
const made = new Map();
const MADE_MAX = 64;

function kept(key, make) {
  if (!made.has(key)) {
    if (made.size >= MADE_MAX) made.clear();
    made.set(key, make());
  }
  return made.get(key);
}

function own(object, key) {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
