//# allFunctionsCalledOnLoad
/**
 * Reads the options of `start` once, so that nothing later trips over a getter that throws or an
 * object that changes. What is wrong in them is the host's to hear, as a PlimsollError.
 */
import { PlimsollError, wrong } from "./error.js";
import { readSnapshot } from "./snapshot.js";

/** The first is the default. */
export const CHOICES = {
  consent: ["granted", "pending", "denied"],
  view: ["auto", "none"],
  theme: ["auto", "light", "dark"],
  storage: ["local", "none"],
};
const TYPES = {
  endpoint: "string", key: "string", route: "string", locale: "string",
  quote: "function", purchase: "function", onAction: "function", identity: "function",
};
const NAMES = [...Object.keys(CHOICES), ...Object.keys(TYPES), "policy", "snapshot", "target", "wasm"];

export function readOptions(given) {
  if (given === null || typeof given != "object") throw invalid("", given, "an object");
  const options = {};
  for (const name of NAMES) {
    try {
      options[name] = given[name] ?? CHOICES[name]?.[0];
    } catch {
      throw new PlimsollError("option_invalid", name, `\`${name}\` cannot be read`, "pass a plain object");
    }
  }
  if (options.endpoint instanceof URL) options.endpoint = options.endpoint.href;
  for (const name of NAMES) {
    const value = options[name];
    if (CHOICES[name] && !CHOICES[name].includes(value)) {
      throw invalid(name, value, `one of ${CHOICES[name].map((choice) => `\`${choice}\``).join(", ")}`);
    }
    if (TYPES[name] && value !== undefined && typeof value != TYPES[name]) throw invalid(name, value, `a ${TYPES[name]}`);
  }
  options.endpoint = options.endpoint?.replace(/\/+$/, "");
  const locale = readLocale(options.locale);
  if (!locale) throw invalid("locale", options.locale, "a BCP 47 tag");
  options.locale = locale;
  if ((options.policy ?? options.endpoint) === undefined) throw new PlimsollError("policy_missing", "policy", "");
  if (options.snapshot !== undefined) options.snapshot = readSnapshot(options.snapshot);
  return options;
}

/** A BCP 47 tag in its canonical form; without one, the page's or the browser's; "" for no such thing. */
export function readLocale(locale) {
  const page = globalThis.document?.documentElement.lang || globalThis.navigator?.language;
  try {
    return Intl.getCanonicalLocales(locale ?? page ?? "en")[0] ?? "en";
  } catch {
    return locale === undefined ? "en" : "";
  }
}

const invalid = (name, value, expected) => wrong("option_invalid", name, value, expected);
