/**
 * Reads the options of `start` once, so that nothing later trips over a getter that throws or an
 * object that changes. What is wrong in them is the host's to hear, as a PlimsollError.
 */
import { PlimsollError, shown } from "./error.js";
import { readSnapshot } from "./snapshot.js";

const CONSENTS = ["granted", "pending", "denied"];
const NAMES = [
  "policy", "endpoint", "key", "snapshot", "locale", "consent", "view", "theme", "target", "wasm",
  "quote", "purchase", "onAction", "identity", "storage", "route",
];

export function readOptions(given) {
  if (given === null || typeof given != "object") {
    throw wrong("", given, "an object", "call `start({policy, snapshot})`");
  }
  const options = {};
  for (const name of NAMES) {
    try {
      options[name] = given[name] ?? undefined;
    } catch {
      throw new PlimsollError("option_invalid", name, `\`${name}\` cannot be read`, "pass a plain object");
    }
  }
  const oneOf = (name, values) => {
    options[name] ??= values[0];
    if (!values.includes(options[name])) {
      throw wrong(name, options[name], `one of ${values.map((value) => `\`${value}\``).join(", ")}`);
    }
  };
  const typed = (name, type) => {
    const value = options[name];
    if (value !== undefined && typeof value != type) throw wrong(name, value, `a ${type}`);
  };
  oneOf("consent", CONSENTS);
  oneOf("view", ["auto", "none"]);
  oneOf("theme", ["auto", "light", "dark"]);
  oneOf("storage", ["local", "none"]);
  for (const name of ["key", "route", "locale"]) typed(name, "string");
  for (const name of ["quote", "purchase", "onAction", "identity"]) typed(name, "function");
  if (options.endpoint instanceof URL) options.endpoint = options.endpoint.href;
  typed("endpoint", "string");
  options.endpoint = options.endpoint?.replace(/\/+$/, "");
  options.locale = readLocale(options.locale);
  if (!options.locale) {
    throw wrong("locale", given.locale, "a BCP 47 tag", "for example `en` or `pt-BR`");
  }
  if (options.policy === undefined && options.endpoint === undefined) {
    const help = "pass its address, the object itself, or the bytes of a compiled policy";
    throw new PlimsollError("policy_missing", "policy", "no policy was given", help);
  }
  if (options.snapshot !== undefined) {
    const { snapshot, error } = readSnapshot(options.snapshot);
    if (error) throw error;
    options.snapshot = snapshot;
  }
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

function wrong(path, value, expected, help = "") {
  const what = path ? `\`${path}\`` : "the argument";
  return new PlimsollError("option_invalid", path, `${what} is ${shown(value)}, not ${expected}`, help);
}
