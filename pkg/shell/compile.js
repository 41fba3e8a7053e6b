/**
 * Compiling a policy in the page: loads the policy module and the built-in texts of the one locale that is
 * wanted, and tells all mistakes at once. It imports nothing of its neighbours, so that a bundler makes one
 * file of it.
 */

/** The built-in texts beside English, which is in the module. Written out, so that every bundler finds them. */
const TEXTS = {
  ar: () => import("../dist/plimsoll_texts_ar.js"),
  de: () => import("../dist/plimsoll_texts_de.js"),
  es: () => import("../dist/plimsoll_texts_es.js"),
  fr: () => import("../dist/plimsoll_texts_fr.js"),
  ja: () => import("../dist/plimsoll_texts_ja.js"),
  "pt-BR": () => import("../dist/plimsoll_texts_pt-BR.js"),
};

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
  let draft;
  try {
    if (policy instanceof Uint8Array) policy = new TextDecoder().decode(policy);
    draft = compiler.Draft.read(policy);
  } catch (errors) {
    throw invalid(errors, Fault);
  }
  try {
    for (let tag; (tag = draft.lacks(locale)); ) draft.add(tag, (await TEXTS[tag]()).default);
  } catch {
    throw new Fault("policy_module_missing", "policy");
  }
  return draft.compile(locale);
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
