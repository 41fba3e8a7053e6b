/**
 * Whether an error reads as a person would write it. It knows no code and no field, only how sentences look; tests of
 * errors use it beside what they expect of their own.
 */
import assert from "node:assert/strict";

export function assertReads({ code, path, message, help }) {
  const said = JSON.stringify({ code, path, message, help });
  for (const text of [message, help]) {
    assert.equal(text.split("`").length % 2, 1, `quotes come in pairs: ${said}`);
    assert.doesNotMatch(text, /``|\bundefined\b|\bnull\/|\[object/, `nothing is left empty: ${said}`);
    assert.doesNotMatch(text, /\b(\w+) \1\b/, `no word comes twice: ${said}`);
    assert.doesNotMatch(text, /^\s|\s$|[.:;,]$| {2}/, `it begins and ends well: ${said}`);
  }
  assert.match(message, / /, `it is a sentence: ${said}`);
  assert.notEqual(message, help, said);
  const [, what, value] = /^(`[^`]*`) is (`[^`]*`), not /.exec(message) ?? [];
  if (!what) return;
  const rest = message.slice(`${what} is ${value}, not `.length);
  assert.ok(!rest.includes(what), `it says what it is about once: ${said}`);
  assert.ok(!rest.includes(value), `it does not call for what was given: ${said}`);
}
