/**
 * The start module's door: loads it, and passes plain values through its three calls. A text or bytes
 * cross as wasm-bindgen has it, copied into the module's memory, as their place and length. Its own
 * glue is not used: it is written for any module, which makes it ten times the size of this file.
 */
import { PlimsollError, why } from "./error.js";

/** Sections of a compiled policy. */
const TEXTS = 2;
export const WORDS = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** What the module imports is for values and errors that these three calls do not have. */
const IMPORTS = { "./plimsoll_bg.js": new Proxy({}, { get: () => () => {} }) };
/** In the order of the answers of `open`, from -1 down. */
const REFUSALS = ["not_compiled", "format", "checksum", "section"];

/** What relative addresses are relative to. */
const base = () => globalThis.document?.baseURI ?? import.meta.url;

let wasm;
let loading;

/** The module's exports; it is fetched once a page, and again only after a failure. */
export function loadCore(given) {
  return (loading ??= instantiate(given).catch((error) => {
    loading = undefined;
    throw error;
  }));
}

async function instantiate(given) {
  if (given === undefined || typeof given == "string" || given instanceof URL) {
    given = await fetchBytes("wasm", "wasm_missing", () =>
      given === undefined
        ? new URL("../dist/plimsoll_bg.wasm", import.meta.url)
        : new URL("plimsoll_bg.wasm", new URL(given, base())));
  }
  try {
    const made = await WebAssembly.instantiate(given, IMPORTS);
    // Bytes give a module and its instance, a module only the instance.
    return (wasm = ("instance" in made ? made.instance : made).exports);
  } catch (error) {
    const is_refused = !globalThis.WebAssembly || /security policy|csp|unsafe-eval/i.test(why(error));
    throw new PlimsollError(is_refused ? "wasm_refused" : "wasm_damaged", "wasm", why(error));
  }
}

/** The bytes at an address, which is made by `locate`; a page of the host's router is as good as nothing. */
export async function fetchBytes(path, code, locate) {
  let url;
  try {
    url = locate(base());
  } catch {
    throw new PlimsollError("option_invalid", path, `\`${path}\` is not an address`);
  }
  const response = await fetch(url).catch(() => undefined);
  const is_there = response?.ok && !/html/.test(response.headers.get("content-type"));
  const body = is_there && (await response.arrayBuffer().catch(() => undefined));
  if (body) return new Uint8Array(body);
  throw new PlimsollError(code, path, `\`${url.origin + url.pathname}\`` + (response ? `: status ${response.status}` : ""));
}

/** A core for a compiled policy, or the same core with another policy. */
export function openCore(policy, core) {
  const at = wasm.open(core?.at ?? -1, ...put(policy), ...put(sectionOf(policy, TEXTS)));
  if (at < 0) throw new PlimsollError(`policy_${REFUSALS[-at - 1]}`, "policy");
  const through = (call) => (kind, given = "", ...numbers) =>
    call(at, kind, Date.now(), performance.now(), ...put(given), ...numbers);
  const text = through(wasm.text);
  return {
    at,
    /** @type {(kind: number, given?: string, ...numbers: number[]) => number} */
    ask: through(wasm.ask),
    /** @type {(kind: number, given?: string, ...numbers: number[]) => string} */
    text(...given) {
      const [place, length] = text(...given);
      const said = decoder.decode(new Uint8Array(wasm.memory.buffer, place >>> 0, length));
      wasm.__wbindgen_free(place, length, 1);
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

/** Copied into the module's memory, which takes it over: place and length. */
function put(given) {
  const bytes = typeof given == "string" ? encoder.encode(given) : given;
  const place = wasm.__wbindgen_malloc(bytes.length, 1) >>> 0;
  new Uint8Array(wasm.memory.buffer).set(bytes, place);
  return [place, bytes.length];
}
