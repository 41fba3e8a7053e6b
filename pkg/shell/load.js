//# allFunctionsCalledOnLoad
/**
 * Loading a policy: from an address, an object or bytes. The words for what can go wrong are in
 * `faults.js`.
 */
import { fetchBytes, isAddress } from "./door.js";
import { PlimsollError } from "./error.js";
import { FORMAT, MAGIC } from "./limits.js";

/**
 * The bytes of the compiled policy for a locale. A policy that was not compiled ahead needs the
 * policy module, which is loaded then and only then.
 */
export async function loadPolicy({ policy, endpoint, key, locale, wasm }) {
  policy ??= `${endpoint}/v1/policy`;
  if (isAddress(policy)) {
    policy = await fetchPolicy(policy, locale, key);
  }
  const is_bytes = policy instanceof ArrayBuffer || ArrayBuffer.isView(policy);
  if (is_bytes) policy = new Uint8Array(policy.buffer ?? policy, policy.byteOffset, policy.byteLength).slice();
  if (is_bytes && String.fromCharCode(...policy.subarray(0, 4)) === MAGIC) return policy;
  const { compile } = await import("./compile.js").catch(() => {
    throw new PlimsollError("policy_module_missing", "policy");
  });
  return compile(policy, locale, PlimsollError, wasm);
}

/** Files have a policy's own languages: asked for are `de-AT`, `de`, and without a tag the default one. */
async function fetchPolicy(policy, locale, key) {
  let missing;
  for (let tag = locale; ; tag = tag.replace(/-?[^-]*$/, "")) {
    try {
      return await fetchBytes("policy", "policy_missing", (base) => addressOf(policy, base, tag, key));
    } catch (error) {
      missing ??= error;
      // Nobody who did not answer says that there is no such file.
      if (!tag || !/{locale}/.test(policy) || !/status/.test(error.message)) throw missing;
    }
  }
}

function addressOf(policy, base, locale, key = "") {
  const url = new URL(String(policy).replace(locale ? /{locale}/g : /[._-]?{locale}/g, encodeURIComponent(locale)), base);
  // A collector's own path: it compiles for the format and the locale that are asked for.
  if (url.pathname.endsWith("/v1/policy")) {
    for (const [name, value] of Object.entries({ format: FORMAT, locale, key })) {
      if (!url.searchParams.has(name)) url.searchParams.set(name, value);
    }
  }
  return url;
}
