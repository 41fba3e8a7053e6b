/**
 * What `start` says when it fails, in full: loaded then and only then. Until then an error has its
 * code, its path, and as message what is particular about it. It imports nothing, so that it is one file.
 */

const SERVE = "serve `dist/plimsoll_bg.wasm` of the package";

/** By code: message and help, from the particular and the path. */
const WORDS = {
  option_invalid: (message, path) => [message, {
    "": "call `start({policy, snapshot})`",
    locale: "for example `en` or `pt-BR`",
    policy: "pass an absolute or relative URL",
    wasm: "pass the folder of the .wasm files",
  }[path] ?? ""],
  wasm_missing: (where) => [`there is no WebAssembly module at ${where}`, `${SERVE} there, or say where it is with \`wasm\``],
  wasm_refused: () => typeof WebAssembly == "object"
    ? ["the page's content security policy refuses WebAssembly", "add `'wasm-unsafe-eval'` to `script-src`"]
    : ["this browser has no WebAssembly", "prompts need a browser that has it; everything else on the page works without"],
  wasm_damaged: (why) => [`the WebAssembly module cannot be used: ${why}`,
    `${SERVE} unchanged and of the same version as the package's JavaScript`],
  policy_missing: (where) => where
    ? [`there is no policy at ${where}`, "check the address, and that the page may fetch it (`connect-src`)"]
    : ["no policy was given", "pass its address, the object itself, or the bytes of a compiled policy"],
  policy_not_compiled: () => ["the bytes are no compiled policy", "make them with `plimsoll check policy.json --out DIR`"],
  policy_format: () => ["the compiled policy is of a format that this package does not read", "update the package, or compile the policy for it"],
  policy_checksum: () => ["the compiled policy is damaged", "upload it again, unchanged and as binary"],
  policy_section: () => ["the compiled policy needs a newer package", "update the package"],
  policy_module_missing: () => ["the module that compiles policies cannot be loaded",
    "serve `shell/compile.js`, `dist/plimsoll_policy.js` and `dist/plimsoll_policy_bg.wasm`, or pass a compiled policy (`.plim`)"],
};

/** The same error with all its words. */
export function worded(error) {
  const [message, help] = error.help ? [] : (WORDS[error.code]?.(error.message, error.path) ?? []);
  return message ? new error.constructor(error.code, error.path, message, help) : error;
}
