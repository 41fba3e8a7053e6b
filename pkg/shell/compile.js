/**
 * Compiling a policy in the page: loads the policy module, and tells all mistakes at once. It imports
 * nothing of its neighbours, so that a bundler makes one file of it.
 */

/**
 * The bytes of a policy given as JSON, as text, bytes or an object, for a locale; `Fault` is the class of what it
 * throws, `wasm` the option of `start`.
 */
export async function compile(policy, locale, Fault, wasm) {
  let compiler;
  try {
    compiler = await import("../dist/plimsoll_policy.js");
    const folder = isFolder(wasm) ? new URL(wasm, globalThis.document?.baseURI ?? import.meta.url) : undefined;
    await compiler.default(folder && { module_or_path: new URL("plimsoll_policy_bg.wasm", folder) });
  } catch {
    throw new Fault("policy_module_missing", "policy");
  }
  try {
    if (policy instanceof Uint8Array) policy = new TextDecoder().decode(policy);
    return (typeof policy == "string" ? compiler.compile_text : compiler.compile_value)(policy, locale);
  } catch (errors) {
    throw invalid(errors, Fault);
  }
}

/** Not the core's own bytes or module, which the option takes, too. */
const isFolder = (wasm) => typeof wasm == "string" || wasm instanceof URL;

/** All mistakes of a policy in one error: the first in full, each in `errors`. */
function invalid(errors, Fault) {
  const list = Array.isArray(errors) && errors.length ? errors : [{ path: "", message: "it cannot be read", help: "" }];
  const lines = list.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  const error = new Fault("policy_invalid", String(list[0].path ?? ""),
    `the policy is not valid: ${lines.slice(0, 20).join("; ")}`, String(list[0].help ?? ""));
  error.errors = list;
  return error;
}
