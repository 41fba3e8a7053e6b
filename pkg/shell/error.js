//# allFunctionsCalledOnLoad
/**
 * What a developer reads when something is wrong; `code` is stable, `help` says what to do. Until `inFull` has
 * found the words, the message is what is particular about it, and the help what was expected instead.
 */
export class PlimsollError extends Error {
  constructor(code, path, message = "", help = "") {
    super(message);
    this.name = "PlimsollError";
    this.code = code;
    this.path = path;
    this.help = help;
  }
}

let words;

/** An error with all its words, which are loaded when something is wrong and only then; in the order of asking. */
export async function inFull(error) {
  if (!(error instanceof PlimsollError)) return error;
  words ??= import("./faults.js").catch(() => void (words = undefined));
  return (await words)?.worded(error) ?? error;
}

/** A value that is not what was expected; the words come later. */
export const wrong = (code, path, value, expected) => new PlimsollError(code, path, shown(value), expected);

/** A value of any kind as one short piece of an error message; a text has quotes, so that `"5"` is not 5. */
const shown = (value) => {
  const text = textOf(value);
  const quote = typeof value == "string" ? '"' : "";
  return `\`${quote}${text.length > 60 ? text.slice(0, 60) + "…" : text}${quote}\``;
};

/** The message of whatever was thrown. */
export const why = (error) => textOf(error, "message");

function textOf(value, name) {
  try {
    return String((name && value?.[name]) ?? value);
  } catch {
    return "a value that cannot be shown";
  }
}
