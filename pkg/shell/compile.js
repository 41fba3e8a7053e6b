/** Compiling a policy in the page: loads the policy module, and tells all mistakes at once. */
import { PlimsollError } from "./error.js";

/** The bytes of a policy given as JSON text or as an object, for a locale. */
export async function compile(policy, locale) {
  let compiler;
  try {
    compiler = await import("../dist/plimsoll_policy.js");
    await compiler.default();
  } catch {
    throw new PlimsollError("policy_module_missing", "policy", "the module that compiles policies cannot be loaded",
      "serve `dist/plimsoll_policy.js` and `dist/plimsoll_policy_bg.wasm`, or pass a compiled policy (`.plim`)");
  }
  try {
    return (typeof policy == "string" ? compiler.compile_text : compiler.compile_value)(policy, locale);
  } catch (errors) {
    throw invalid(errors);
  }
}

/** All mistakes of a policy in one error: the first in full, each in `errors`. */
function invalid(errors) {
  const list = Array.isArray(errors) && errors.length ? errors : [{ path: "", message: "it cannot be read", help: "" }];
  const lines = list.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  const error = new PlimsollError("policy_invalid", String(list[0].path ?? ""),
    `the policy is not valid: ${lines.slice(0, 20).join("; ")}`, String(list[0].help ?? ""));
  error.errors = list;
  return error;
}
