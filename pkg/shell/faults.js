/**
 * What a developer reads when something is wrong, in full: loaded then and only then. Until then an error
 * has its code, its path, as message what is particular about it, and as help what was expected instead. It
 * imports nothing, so that it is one file.
 */

/** Of this package; refusals of what a newer one made name it. */
const VERSION = "0.1.0";
/** The code of a module that is well and may not run; only the words of the browser tell. */
const REFUSED = "wasm_refused";
const SERVE = "serve `dist/plimsoll_bg.wasm` of the package";

/** What was expected, by its kind, else by the last name of the path; a list of choices says itself. */
const EXPECTED = {
  object: "an object",
  plain: "a plain object, as your server makes it",
  id: "an id",
  count: "an integer from 0 to 2^53 - 1",
  limit: "an integer, `unlimited` or `none`",
  truth: "true or false",
  entries: "an object of at most 1000 entries",
  list: "a list of at most 1000 ids",
  time: "a time like `2026-11-22T10:00:00Z`",
  attributes: "at most 64 KiB of attributes, at most 8 deep",
  period: "a time after the start",
  writer: "a writer, the part of a token before the colon",
  address: "an address",
  amount: "an integer from 1 to 2^53 - 1",
  currency: "a code of ISO 4217, like `USD`",
  locale: "a BCP 47 tag",
  trace: "a trace that the debug panel exported",
  painted: "`rendered`, `seen`, `failed` or `faded`, of an exposure",
  respond: "`act` with an action of the prompt, `later`, `never` or `close`, of an exposure; after a question `because` with one of its answers",
};

/** What to do about it, by the path. */
const HELP = {
  "": "call `start({policy, snapshot})`",
  locale: "for example `en` or `pt-BR`",
  policy: "pass an absolute or relative URL",
  wasm: "pass the folder of the .wasm files",
  amount: "count in whole units, for example bytes and not gigabytes",
  on: "with a function that is called",
};

/** A value that is not what it should be. */
function wrong(given, path, expected) {
  const what = path ? `\`${path}\`` : "the argument";
  const choices = expected.includes(",") && `one of ${expected.split(",").map((choice) => `\`${choice}\``).join(", ")}`;
  const other = choices || EXPECTED[expected || path] || (expected && `a ${expected}`);
  const is = !other ? "cannot be read" : given === "`undefined`" ? "is missing" : `is ${given && `${given}, `}not ${other}`;
  return [`${what} ${is}`, HELP[path]];
}

const unknown = (given, path) => [`${given} is not a ${path} of the policy`, "ids are case-sensitive"];

/** By code: message and help, and code and path when they are others, from the particular, the path and what was expected. */
const WORDS = {
  option_invalid: wrong,
  argument_invalid: wrong,
  amount_invalid: wrong,
  quote_invalid: (given, path, expected) => [wrong(given, path, expected)[0], "until it is right, the checkout opens instead"],
  snapshot_invalid: (given, path, expected) => [wrong(given, path, expected)[0], "docs/snapshot.md names every field and its type"],
  id_is_email: (given) => [`${given} looks like an e-mail address`,
    "ids leave the browser in events: use one that says nothing about the person"],
  meter_unknown: unknown,
  feature_unknown: unknown,
  signal_unknown: unknown,
  not_a_level: (given) => [`${given} is a counter, which nothing gives back`, "`release` is for levels"],
  internal: (why) => [`something went wrong inside: ${why}`, "please report it"],
  host_failed: (why, path) => [`\`${path}\` failed: ${why}`, path === "identity" ? "" : "it may reject, but a prompt then says so"],
  started_twice: () => ["`start` was called again for the same account and user while its first instance is there, so prompts come twice",
    "keep the instance, or `destroy()` it first; in React use `PlimsollProvider`"],
  upgrade_missing: () => ["an upgrade is not offered, because it would lead nowhere",
    "pass `purchase`, or give the policy `links.checkout`"],
  purchase_invalid: (given, path) => path === "purchase"
    ? [`\`purchase\` answered with ${given}, so nobody knows whether it charged; the prompt has gone without a word`,
      'answer `"done"`, `"failed"` or `{redirect}`']
    : ["`purchase` answered with a `redirect` that cannot be opened", "give an address of `https:` or of the page's own origin"],
  net_missing: (why) => [`events cannot be sent: ${why}`, "serve `shell/net.js` beside the package's other files"],
  view_missing: (why) => [`prompts cannot be shown: ${why}`,
    "serve `shell/prompts.js`, `shell/prompt.js`, `shell/press.js`, `view.js`, `text.js`, `dist/plimsoll_view.js` and its .wasm beside `index.js`"],
  debug_forbidden: () => ["the policy does not allow the debug panel", "set `debug` to true in the policy, and publish or compile it again"],
  debug_missing: (why) => [`the debug panel cannot be opened: ${why}`, "serve the folder `debug` beside `index.js`"],
  memory_unreadable: () => ["what was stored cannot be read; nothing interrupts until the next start"],
  storage_lost: () => ["the browser does not let us store; prompts do not interrupt in this page",
    "private windows and full storage do this"],
  dialog_missing: () => ["this browser has no `<dialog>`; a blocked attempt is answered by a toast, banners come as ever",
    "`view: \"none\"` lets the page draw dialogs of its own"],
  wasm_missing: (where) => [`there is no WebAssembly module at ${where}`, `${SERVE} there, or say where it is with \`wasm\``],
  wasm_damaged: (why) =>
    !globalThis.WebAssembly
      ? ["this browser has no WebAssembly", "prompts need a browser that has it; everything else on the page works without", REFUSED]
      : /security policy|csp|unsafe-eval/i.test(why)
        ? ["the page's content security policy refuses WebAssembly", "add `'wasm-unsafe-eval'` to `script-src`", REFUSED]
        : [`the WebAssembly module cannot be used: ${why}`, `${SERVE} unchanged and of the same version as the package's JavaScript`],
  policy_missing: (where) =>
    !where
      ? ["no policy was given", "pass its address, the object itself, or the bytes of a compiled policy"]
      : /\/v1\/policy`: status 40[13]$/.test(where)
        ? [`the collector gives no policy for this key: ${where}`, "pass the publishable key (`pk_…`) that the collector was started with", "unauthorized", "key"]
        : [`there is no policy at ${where}`, "check the address, and that the page may fetch it (`connect-src`)"],
  policy_not_compiled: () => ["the bytes are no compiled policy", "make them with `plimsoll check policy.json --out DIR`"],
  policy_format: () => [`the compiled policy is of a format that version ${VERSION} of this package does not read`, "update the package, or compile the policy for it"],
  policy_checksum: () => ["the compiled policy is damaged", "upload it again, unchanged and as binary"],
  policy_section: () => [`the compiled policy needs a package newer than ${VERSION}`, "update the package"],
  policy_module_missing: () => ["the module that compiles policies cannot be loaded",
    "serve `shell/compile.js`, `dist/plimsoll_policy.js`, `dist/plimsoll_policy_bg.wasm` and `dist/plimsoll_texts_*.js`, or pass a compiled policy (`.plim`)"],
};

/** The same error with all its words. */
export function worded(error) {
  const [message, help, code = error.code, path = error.path] = WORDS[error.code]?.(error.message, error.path, error.help) ?? [];
  return message ? new error.constructor(code, path, message, help) : error;
}
