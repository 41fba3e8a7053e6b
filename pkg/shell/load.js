/**
 * Loading: the WebAssembly core, and the policy from an address, an object or bytes. Everything that
 * can go wrong here goes wrong before `start` resolves, and each has its own code and its own help.
 */
import init, { Core, policy_fault } from "../dist/plimsoll.js";
import { PlimsollError } from "./error.js";

/** The format of compiled policies that this package reads. */
const FORMAT = 1;
/** What relative addresses are relative to. */
const base = () => globalThis.document?.baseURI ?? import.meta.url;
const MAGIC = [0x50, 0x4c, 0x49, 0x4d];

let loading;

/** The core's class; the module is fetched once a page, and again only after a failure. */
export function loadCore(wasm) {
  loading ??= instantiate(wasm).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function instantiate(wasm) {
  if (typeof WebAssembly != "object") {
    throw new PlimsollError("wasm_refused", "wasm", "this browser has no WebAssembly",
      "prompts need a browser that has it; everything else on the page works without");
  }
  let source = wasm;
  if (wasm === undefined || typeof wasm == "string" || wasm instanceof URL) source = await fetchWasm(wasm);
  try {
    await init({ module_or_path: source });
  } catch (error) {
    throw refused(error);
  }
  return Core;
}

async function fetchWasm(folder) {
  let url;
  try {
    url = folder === undefined
      ? new URL("../dist/plimsoll_bg.wasm", import.meta.url)
      : new URL("plimsoll_bg.wasm", new URL(folder, base()));
  } catch {
    throw new PlimsollError("option_invalid", "wasm", "`wasm` is not an address", "pass the folder of the .wasm files");
  }
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok || /html/.test(response.headers.get("content-type"))) {
    throw new PlimsollError("wasm_missing", "wasm", `there is no WebAssembly module at \`${url}\``,
      "serve `dist/plimsoll_bg.wasm` of the package there, or say where it is with `wasm`");
  }
  return response;
}

function refused(error) {
  const why = String(error?.message ?? error);
  return /security policy|csp|unsafe-eval/i.test(why)
    ? new PlimsollError("wasm_refused", "wasm", "the page's content security policy refuses WebAssembly",
      "add `'wasm-unsafe-eval'` to `script-src`")
    : new PlimsollError("wasm_damaged", "wasm", `the WebAssembly module cannot be used: ${why}`,
      "serve `dist/plimsoll_bg.wasm` unchanged and of the same version as the package's JavaScript");
}

/**
 * The bytes of the compiled policy for a locale. A policy that was not compiled ahead needs the
 * policy module, which is loaded then and only then.
 */
export async function loadPolicy({ policy, endpoint, key, locale }) {
  if (policy === undefined) policy = `${endpoint}/v1/policy`;
  if (typeof policy == "string" || policy instanceof URL) policy = await fetchPolicy(policy, key, locale);
  if (policy instanceof ArrayBuffer) policy = new Uint8Array(policy);
  else if (ArrayBuffer.isView(policy)) policy = new Uint8Array(policy.buffer, policy.byteOffset, policy.byteLength);
  const is_bytes = policy instanceof Uint8Array;
  if (is_bytes && MAGIC.every((byte, index) => policy[index] === byte)) return policy;
  // Production compiles ahead; what it takes to compile here is loaded only then.
  return import("./compile.js").then(
    ({ compile }) => compile(is_bytes ? new TextDecoder().decode(policy) : policy, locale),
    () => { throw new PlimsollError("policy_module_missing", "policy", "`shell/compile.js` cannot be loaded"); },
  );
}

async function fetchPolicy(address, key, locale) {
  let url;
  try {
    url = new URL(String(address).replaceAll("{locale}", encodeURIComponent(locale)), base());
  } catch {
    throw new PlimsollError("option_invalid", "policy", "`policy` is not an address", "pass an absolute or relative URL");
  }
  // A collector's own path: it compiles for the format and the locale that are asked for.
  if (url.pathname.endsWith("/v1/policy")) {
    for (const [name, value] of Object.entries({ format: FORMAT, locale, key: key ?? "" })) {
      if (!url.searchParams.has(name)) url.searchParams.set(name, value);
    }
  }
  const response = await fetch(url).catch(() => undefined);
  if (!response?.ok || /html/.test(response.headers.get("content-type"))) {
    throw new PlimsollError("policy_missing", "policy",
      `there is no policy at \`${url.origin + url.pathname}\`${response ? `: status ${response.status}` : ""}`,
      "check the address, and that the page may fetch it (`connect-src`)");
  }
  return response.arrayBuffer().then((buffer) => new Uint8Array(buffer), () => new Uint8Array());
}

/** Why the core refused a compiled policy. */
export function policyError(bytes) {
  const code = policy_fault(bytes) || "policy_not_compiled";
  const [message, help] = {
    policy_format: ["the compiled policy is of a format that this package does not read", "update the package, or compile the policy for it"],
    policy_checksum: ["the compiled policy is damaged", "upload it again, unchanged and as binary"],
    policy_section: ["the compiled policy needs a newer package", "update the package"],
  }[code] ?? ["the bytes are no compiled policy", "make them with `plimsoll check policy.json --out DIR`"];
  return new PlimsollError(code, "policy", message, help);
}
