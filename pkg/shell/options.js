//# allFunctionsCalledOnLoad
/**
 * Reads the options of `start` once, so that nothing later trips over a getter that throws or an
 * object that changes. What is wrong in them is the host's to hear, as a PlimsollError.
 */
import { PlimsollError, wrong } from "./error.js";
import { readSnapshot } from "./snapshot.js";

/** What each is: one of a list, whose first is the default, of a type, or anything. */
export const OPTIONS = {
  consent: ["granted", "pending", "denied"],
  view: ["auto", "none"],
  theme: ["auto", "light", "dark"],
  storage: ["local", "none"],
  endpoint: "string", key: "string", route: "string", locale: "string",
  quote: "function", purchase: "function", onAction: "function", identity: "function",
  policy: "", snapshot: "", target: "", wasm: "",
};

/** @returns {any} */
export function readOptions(given) {
  if (given === null || typeof given != "object") throw wrong("option_invalid", "", given, "object");
  const options = {};
  let names;
  for (const [name, expected] of Object.entries(OPTIONS)) {
    const choices = Array.isArray(expected) && expected;
    let value;
    try {
      names ??= Object.keys(given);
      value = given[name] ?? (choices ? choices[0] : undefined);
    } catch {
      throw new PlimsollError("option_invalid", name);
    }
    if (name === "endpoint" && value instanceof URL) value = value.href;
    const is_right = choices ? choices.includes(value) : !expected || value === undefined || typeof value == expected;
    if (!is_right) throw wrong("option_invalid", name, value, `${expected}`);
    options[name] = value;
  }
  if (/^\s*sk_/.test(options.key)) throw new PlimsollError("option_invalid", "key", "", "secret");
  // What nobody reads, as in a snapshot.
  options.strays = names.filter((name) => !(name in OPTIONS)).map((name) => [name, `${Object.keys(OPTIONS)}`]);
  options.endpoint = options.endpoint?.replace(/\/+$/, "");
  const { locale } = options;
  options.locale = readLocale(locale);
  if (!options.locale) throw wrong("option_invalid", "locale", locale);
  if ((options.policy ?? options.endpoint) === undefined) throw new PlimsollError("policy_missing", "policy");
  if (options.snapshot !== undefined) options.snapshot = readSnapshot(options.snapshot);
  return options;
}

/** A BCP 47 tag in its canonical form; without one, the page's or the browser's; "" for no such thing. */
export function readLocale(locale) {
  const tags = [globalThis.document?.documentElement.lang, globalThis.navigator?.language, "en"];
  for (const tag of locale === undefined ? tags : [locale]) {
    try {
      const [found] = Intl.getCanonicalLocales(tag);
      if (found) return found;
    } catch {
      // A page may say `pt_BR` of itself, or nothing.
    }
  }
  return "";
}
