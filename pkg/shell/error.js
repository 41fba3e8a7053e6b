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

/** A value of any kind as one short piece of an error message. */
export function shown(value) {
  try {
    const text = typeof value == "string" ? value : String(value);
    return "`" + (text.length > 60 ? text.slice(0, 60) + "…" : text) + "`";
  } catch {
    return "a value that cannot be shown";
  }
}
