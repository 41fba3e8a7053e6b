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

/** What was expected, by its kind, else by the path; a list of choices says itself. */
const EXPECTED = {
  object: "an object",
  plain: "a plain object, as your server makes it",
  id: "a text of 1 to 256 characters",
  count: "an integer from 0 to 2^53 - 1",
  limit: "an integer from 0, `\"unlimited\"` or `\"none\"`",
  text: "a text of at most 256 characters",
  truth: "true or false",
  entries: "an object of at most 1000 entries",
  list: "a list of at most 1000 ids",
  time: "a time with its offset, like `2026-11-22T10:00:00Z`",
  attributes: "at most 64 KiB of attributes, at most 8 deep",
  period: "a time after the start",
  writer: "a writer, the part of a token before the colon",
  address: "an address",
  amount: "an integer from 1 to 2^53 - 1",
  currency: "a code of ISO 4217, like `USD`",
  locale: "a BCP 47 tag",
  trace: "a trace that the debug panel exported",
  exposure: "that of a prompt which came here",
  target: "an element of the page or `\"bottom\"`",
  context: "one of the fields of `context`: `route`, `busy`, `dialog_open`",
  span: "a span: milliseconds from 0, or an object of `days`, `hours`, `minutes`, `seconds` and `ms`",
};

/** What to do about it, by the path. */
const HELP = {
  "": "pass an object like `{policy, snapshot}`",
  locale: "for example `en` or `pt-BR`",
  policy: "pass an absolute or relative URL",
  wasm: "pass the folder of the .wasm files",
  amount: "count in whole units, for example bytes and not gigabytes",
  heard: "pass the function that is to be called",
  exposure: "pass the `exposure` that came with a `prompt` event of this page",
  target: "give the element itself, not its selector",
  respond: "`because` answers a `question`, with one of its choices",
  advance: "for example `{days: 2}`",
  trace: "give what the debug panel exported, as text or as an object",
};

/** What a server sends instead, by the kind of the field. */
const SEND = {
  text: "send it as a text, in quotes",
  id: "send the id that your database has, as a text or a whole number",
  object: "send an object: {\"id\": \"acc_7\"}",
  plain: "pass what your server answers, parsed from JSON",
  count: "send a number, not a text; leave the field out where nothing is known",
  limit: "send a number, not a text; leave the field out for the plan's own limit",
  time: "end it with `Z` or an offset such as `+02:00`: without one each browser would read it in its own zone",
  truth: "send true or false, not a text or a number",
  list: "send a list of texts: [\"sso\"]",
  entries: "send an object by id: {\"emails\": {\"used\": 412}}",
  tallies: "send what was added, or [added, released]",
  writer: "send what came before the colon of the token that `use` gave",
  period: "the end is the first moment of the next period",
  attributes: "send what the policy's audiences ask for, and no more",
};
const NEEDED = "every snapshot has `account: {id}`, `user: {id}` and `plan`";

/** A value that is not what it should be. */
function wrong(given, path, expected) {
  const what = path ? `\`${path}\`` : "the argument";
  const choices = expected.includes(",") && `one of ${expected.split(",").map((choice) => `\`"${choice}"\``).join(", ")}`;
  const other = choices || EXPECTED[expected || path] || (expected && `a ${expected}`);
  if (given === "`undefined`") return [`${what} is missing`, HELP[path] ?? (choices ? `give ${choices}` : "")];
  // What an empty list looks like as a text.
  const is = !other ? "cannot be read" : `is ${given && given !== "``" ? `${given}, ` : ""}not ${other}`;
  return [`${what} ${is}`, HELP[path]];
}

/** A text without its quotes. */
const bare = (given) => given.replace(/^`"([^]*)"`$/, "`$1`");

const unknown = (given, path) => [
  given === "`undefined`" ? `no ${path} was named` : `${bare(given)} is not a ${path} of the policy`,
  "ids are texts, and case-sensitive",
];

/** A name that nobody reads, and the one that was meant, of those that are read. */
function stray(path, known, what) {
  const name = path.slice(path.lastIndexOf(".") + 1);
  const names = known.split(",");
  const near = names.map((other) => [distance(plain(name), plain(other)), other]).sort(([a], [b]) => a - b)[0];
  const is_near = near && near[0] <= Math.min(2, name.length / 3);
  return [`\`${path}\` is not ${what}, and nobody reads it`,
    is_near ? `did you mean \`${near[1]}\`?` : `there are ${names.map((other) => `\`${other}\``).join(", ")}`];
}

const plain = (name) => name.toLowerCase().replace(/[^a-z]/g, "");

/** How many letters differ (Levenshtein). */
function distance(left, right) {
  let row = [...Array(right.length + 1).keys()];
  for (const [at, letter] of [...left].entries()) {
    const next = [at + 1];
    [...right].forEach((other, place) => next.push(Math.min(next[place] + 1, row[place + 1] + 1, row[place] + Number(letter !== other))));
    row = next;
  }
  return row[right.length];
}

/** What the collector said in its answer, if that is what it is. */
function answerOf(said) {
  try {
    const { message, help } = JSON.parse(said);
    return { message: typeof message == "string" ? message : "", help: typeof help == "string" ? help : "" };
  } catch {
    return {};
  }
}

/** Where nothing was; a router of the host's may have its page there. */
const found = (where, said) =>
  /status 200$/.test(where) && /^\s*</.test(said) ? where.replace("`: ", "`, but a page: ") : where;
/** Node has no pages, so what is beside the package's files is at no address. */
const inNode = (where) => /^`null\//.test(where) && !globalThis.document && [
  "`start` runs in a browser, and there is no page here",
  "in tests use `createTestPlimsoll` of `plimsoll/testing`; on a server start nothing",
];

function policyMissing(where, _, said) {
  if (!where) return ["no policy was given", "pass its address, the object itself, or the bytes of a compiled policy"];
  if (/\/v1\/policy`: status 40[13]$/.test(where)) {
    const help = "pass the publishable key (`pk_…`) that the collector was started with";
    return [`the collector gives no policy for this key: ${where}`, help, "unauthorized", "key"];
  }
  const is_file = !where.includes("://") || where.startsWith("`file:");
  const { message, help } = answerOf(said);
  return inNode(where) || [
    `there is no policy at ${found(where, said)}${message ? `: ${message}` : ""}`,
    help || (is_file ? "check the path of the file" : "check the address, and that the page may fetch it (`connect-src`)"),
  ];
}

/** By code: message and help, and code and path when they are others, from the particular, the path and what was expected. */
const WORDS = {
  option_invalid: (given, path, expected) => expected === "secret"
    ? ["a secret key does not belong in a page", "use the publishable one, `pk_…`; a secret key that was published is to be replaced"]
    : wrong(given, path, expected),
  argument_invalid: wrong,
  amount_invalid: wrong,
  quote_invalid: (given, path, expected) => [wrong(given, path, expected)[0], "until it is right, the checkout opens instead"],
  snapshot_invalid: (given, path, expected) =>
    [wrong(given, path, expected)[0], given !== "`undefined`" ? SEND[expected] : path.startsWith("meters.") ? "a period has `start` and `end`" : NEEDED],
  snapshot_unknown: (_, path, known) => stray(path, known, "a field of a snapshot"),
  option_unknown: (_, path, known) => stray(path, known, "an option of `start`"),
  id_is_email: (given) => [`${bare(given)} looks like an e-mail address`,
    "ids leave the browser in events: use one that says nothing about the person"],
  meter_unknown: unknown,
  feature_unknown: unknown,
  signal_unknown: unknown,
  not_a_level: (given) => [`${bare(given)} is a counter, which nothing gives back`, "`release` is for levels"],
  internal: (why) => [`something went wrong inside: ${why}`, "please report it"],
  host_failed: (why, path) => [`\`${path}\` failed: ${why}`, path === "identity" ? "sending waits for the next start" : "it may reject, but a prompt then says so"],
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
  memory_unreadable: () => ["what was stored cannot be read; nothing interrupts until the next start",
    "it is set aside by itself; code that writes under `plimsoll:` in storage does this"],
  storage_lost: () => ["the browser does not let us store; prompts do not interrupt in this page",
    "private windows and full storage do this"],
  dialog_missing: () => ["this browser has no `<dialog>`; a blocked attempt is answered by a toast, banners come as ever",
    "`view: \"none\"` lets the page draw dialogs of its own"],
  wasm_missing: (where, _, said) =>
    inNode(where) || [`there is no WebAssembly module at ${found(where, said)}`,
      `${SERVE} there, or say where it is with \`wasm\``],
  wasm_damaged: (why) =>
    !globalThis.WebAssembly
      ? ["this browser has no WebAssembly", "prompts need a browser that has it; everything else on the page works without", REFUSED]
      : /security policy|csp|unsafe-eval/i.test(why)
        ? ["the page's content security policy refuses WebAssembly", "add `'wasm-unsafe-eval'` to `script-src`", REFUSED]
        : [`the WebAssembly module cannot be used: ${why}`, `${SERVE} unchanged and of the same version as the package's JavaScript`],
  policy_missing: policyMissing,
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
