// The shell writes attributes as the core's own tests do: the cases are those of tests/conditions.rs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { attributesOf } from "../../pkg/shell/attributes.js";

const CASES = JSON.parse(readFileSync(new URL("../conditions/attributes.json", import.meta.url), "utf8"));

for (const { text, ...snapshot } of CASES) {
  test(`attributes of ${JSON.stringify(snapshot).slice(0, 60)} are one text`, () => assert.equal(attributesOf(snapshot), text));
}

const nested = (depth) => (depth ? { a: nested(depth - 1) } : 1);
const refused = { code: "snapshot_invalid", path: "attributes" };

test("attributes that are too many or too deep are refused", () => {
  const of = (attributes) => attributesOf({ account: { id: "a", attributes }, user: { id: "u" } });
  assert.throws(() => of({ a: "x".repeat(65_536) }), refused);
  assert.throws(() => of(nested(9)), refused);
  assert.throws(() => of(nested(5_000)), refused);
  assert.ok(of(nested(6)));
});
