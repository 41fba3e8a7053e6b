//# allFunctionsCalledOnLoad
/** What a developer reads when something is wrong; `code` is stable, `help` says what to do. */
export class PlimsollError extends Error {
  constructor(code, path, message, help = "") {
    super(message);
    this.name = "PlimsollError";
    this.code = code;
    this.path = path;
    this.help = help;
    /** With `policy_invalid`: every mistake. @type {{code: string, path: string, message: string, help: string}[] | undefined} */
    this.errors = undefined;
  }
}

/** What went wrong, when a value is not what it should be. */
export const wrong = (code, path, value, expected, help) =>
  new PlimsollError(code, path, `${path ? `\`${path}\`` : "the argument"} is ${shown(value)}, not ${expected}`, help);

/** A value of any kind as one short piece of an error message. */
export const shown = (value) => {
  const text = textOf(value);
  return `\`${text.length > 60 ? text.slice(0, 60) + "…" : text}\``;
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
