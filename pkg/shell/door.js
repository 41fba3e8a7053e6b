//# allFunctionsCalledOnLoad
/**
 * The start module's door: loads it, and passes plain values through its three calls. A text or bytes
 * cross as wasm-bindgen has it, copied into the module's memory, as their place and length. Its own
 * glue is not used: it is written for any module, which makes it ten times the size of this file.
 */
import { PlimsollError, why } from "./error.js";
import { TEXTS } from "./limits.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** What the module imports is for values and errors that these three calls do not have. */
const IMPORTS = { "./plimsoll_bg.js": new Proxy({}, { get: () => () => {} }) };
/** In the order of the answers of `open`, from -1 down. */
const REFUSALS = ["not_compiled", "format", "checksum", "section"];

let wasm;
let length;
/** The module's memory; empty once that has grown. */
let bytes = new Uint8Array();
let loading;

/** The module's exports; it is fetched once a page, and again only after a failure. */
export function loadCore(given) {
  return (loading ??= instantiate(given).catch((error) => {
    loading = undefined;
    throw error;
  }));
}

async function instantiate(given) {
  if (given === undefined || isAddress(given)) {
    given = await fetchBytes("wasm", "wasm_missing", (base) =>
      given === undefined
        ? new URL("../dist/plimsoll_bg.wasm", import.meta.url)
        : new URL("plimsoll_bg.wasm", new URL(given, base)));
  }
  try {
    const made = await WebAssembly.instantiate(given, IMPORTS);
    // Bytes give a module and its instance, a module only the instance.
    wasm = ("instance" in made ? made.instance : made).exports;
    if (!wasm.open) throw new TypeError("it is another version's");
    return wasm;
  } catch (error) {
    // Or refused: `faults.js` tells them apart.
    throw new PlimsollError("wasm_damaged", "wasm", why(error));
  }
}

export const isAddress = (given) => typeof given == "string" || given instanceof URL;

/** The bytes at an address, which is made by `locate`; a page of the host's router is as good as nothing. */
export async function fetchBytes(path, code, locate) {
  let url;
  try {
    // What relative addresses are relative to.
    url = locate(globalThis.document?.baseURI ?? import.meta.url);
  } catch {
    throw new PlimsollError("option_invalid", path, "", "address");
  }
  const response = await fetch(url).catch(() => undefined);
  const is_there = response?.ok && !/html/.test(response.headers.get("content-type"));
  const body = is_there && (await response.arrayBuffer().catch(() => undefined));
  if (body) return new Uint8Array(body);
  // A collector says why in its answer.
  const said = await response?.text().catch(() => "");
  const status = response ? `: status ${response.status}` : "";
  throw new PlimsollError(code, path, `\`${url.origin + url.pathname}\`${status}`, said?.slice(0, 2_000));
}

/** The wall's clock and the page's, as the core takes them. @type {() => [number, number]} */
export const clocks = () => [Date.now(), performance.now()];

/** A core for a compiled policy, or the same core with another policy; a test brings clocks of its own. */
export function openCore(policy, core, now = clocks) {
  const at = wasm.open(core?.at ?? -1, put(policy), length, put(sectionOf(policy, TEXTS)), length);
  if (at < 0) throw new PlimsollError(`policy_${REFUSALS[-at - 1]}`, "policy");
  return {
    at,
    /** A number that is left out is 0. @type {(kind: number, given?: string, ...numbers: number[]) => number} */
    ask: (kind, given, a, b, c, d) =>
      wasm.ask(at, kind, ...now(), put(given), length, a, b, c, d),
    /** @type {(kind: number, given?: string, ...numbers: number[]) => string} */
    text(kind, given, a, b) {
      const [place, size] = wasm.text(at, kind, ...now(), put(given), length, a, b);
      const said = decoder.decode(new Uint8Array(wasm.memory.buffer, place >>> 0, size));
      wasm.__wbindgen_free(place, size, 1);
      return said;
    },
  };
}

/** A section of a compiled policy as text, "" when it has none; the format is `src/plim.rs`'s. */
export function sectionOf(policy, wanted) {
  try {
    const view = new DataView(policy.buffer, policy.byteOffset);
    const word = (at) => view.getUint32(at, true);
    // The table of sections ends where the first of them begins.
    for (let at = 16; at < word(24); at += 16) {
      if (word(at) === wanted) return decoder.decode(policy.subarray(word(at + 8), word(at + 8) + word(at + 12)));
    }
  } catch {
    // Cut short: the core says so.
  }
  return "";
}

/**
 * Copied into the module's memory, which takes it over: its place; how long it is is left in `length`.
 * @param {any} given a text or bytes
 */
function put(given = "") {
  length = given.length;
  // Nothing is nowhere: any place but 0 will do.
  if (!length) return 1;
  // Most texts are short and plain: bytes without asking the encoder.
  const is_plain = typeof given == "string" && length < 64 && !/[^\0-\x7f]/.test(given);
  if (!is_plain && typeof given == "string") given = encoder.encode(given);
  length = given.length;
  const place = wasm.__wbindgen_malloc(length, 1) >>> 0;
  if (!bytes.length) bytes = new Uint8Array(wasm.memory.buffer);
  if (is_plain) for (let at = 0; at < length; at += 1) bytes[place + at] = given.charCodeAt(at);
  else bytes.set(given, place);
  return place;
}
