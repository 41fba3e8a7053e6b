//# allFunctionsCalledOnLoad
/**
 * Loading a policy: from an address, an object or bytes. What can go wrong goes wrong before `start`
 * resolves; the words for it are in `faults.js`.
 */
import { fetchBytes } from "./door.js";
import { PlimsollError } from "./error.js";

/** The format of compiled policies that this package reads. */
const FORMAT = 1;
const MAGIC = "PLIM";

/**
 * The bytes of the compiled policy for a locale. A policy that was not compiled ahead needs the
 * policy module, which is loaded then and only then.
 */
export async function loadPolicy({ policy, endpoint, key, locale }) {
  policy ??= `${endpoint}/v1/policy`;
  if (typeof policy == "string" || policy instanceof URL) {
    policy = await fetchBytes("policy", "policy_missing", (base) => addressOf(policy, base, locale, key));
  }
  const is_bytes = policy instanceof ArrayBuffer || ArrayBuffer.isView(policy);
  if (is_bytes) policy = new Uint8Array(policy.buffer ?? policy, policy.byteOffset, policy.byteLength);
  if (is_bytes && String.fromCharCode(...policy.subarray(0, 4)) === MAGIC) return policy;
  const { compile } = await import("./compile.js").catch(() => {
    throw new PlimsollError("policy_module_missing", "policy");
  });
  return compile(is_bytes ? new TextDecoder().decode(policy) : policy, locale, PlimsollError);
}

function addressOf(policy, base, locale, key = "") {
  const url = new URL(String(policy).replaceAll("{locale}", encodeURIComponent(locale)), base);
  // A collector's own path: it compiles for the format and the locale that are asked for.
  if (url.pathname.endsWith("/v1/policy")) {
    for (const [name, value] of Object.entries({ format: FORMAT, locale, key })) {
      if (!url.searchParams.has(name)) url.searchParams.set(name, value);
    }
  }
  return url;
}

/** Runs what may fail before the page has an instance; its errors come with all their words. */
export async function worded(run) {
  try {
    return await run();
  } catch (error) {
    const words = error instanceof PlimsollError && (await import("./faults.js").catch(() => undefined));
    throw words ? words.worded(error) : error;
  }
}
