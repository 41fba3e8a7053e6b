// The policy module, in Node, on the files that are published: what it makes of JavaScript objects
// that nobody should pass, and that text and object of one policy compile to the same bytes.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";

const root = new URL("../../", import.meta.url);
let policy;

before(async () => {
  policy = await import(new URL("pkg/dist/plimsoll_policy.js", root));
  policy.initSync({ module: await readFile(new URL("pkg/dist/plimsoll_policy_bg.wasm", root)) });
});

const smallest = () => ({
  format: 1,
  plans: [
    { id: "free", name: "Free", quotas: { emails: { limit: 1000, period: "month" } } },
    { id: "pro", name: "Pro", buy: "checkout", features: ["sso"] },
  ],
});

const compile = (value, locale = "en") => policy.Draft.read(value).compile(locale);

/** Mistakes as `code path: message`, one string each. */
function mistakes(value) {
  try {
    compile(value);
  } catch (errors) {
    assert.ok(Array.isArray(errors), String(errors));
    for (const error of errors) {
      assert.deepEqual(Object.keys(error), ["code", "path", "message", "help"]);
      for (const part of Object.values(error)) assert.equal(typeof part, "string");
    }
    return errors.map(({ code, path, message }) => `${code} ${path}: ${message}`);
  }
  return [];
}

const named = (name) => Object.assign(smallest(), { plans: [{ id: "free", name }] });

test("text, object and frozen object of one policy give the same bytes", async () => {
  const text = await readFile(new URL("tests/policy/full.json", root), "utf8");
  const freeze = (value) => {
    if (typeof value == "object") Object.values(Object.freeze(value)).forEach(freeze);
    return value;
  };
  for (const locale of ["en", "pt-BR", "", "not a locale"]) {
    const bytes = compile(text, locale);
    assert.ok(bytes instanceof Uint8Array && bytes.length > 5_000);
    assert.deepEqual(compile(JSON.parse(text), locale), bytes);
    assert.deepEqual(compile(freeze(JSON.parse(text)), locale), bytes);
    assert.deepEqual(compile(new Proxy(JSON.parse(text), {}), locale), bytes);
  }
});

test("lower case is the browser's, for lists and for patterns", () => {
  const bytes = (audience) => {
    const prompts = [{ id: "a", trigger: { limit_hit: true }, audience }];
    return compile(Object.assign(smallest(), { prompts, revision: "1" }));
  };
  const compiled = new TextDecoder().decode(bytes({ city: { $ini: ["ΟΔΟΣ", "İZMİR"] } }));
  for (const word of ["ΟΔΟΣ", "İZMİR"]) {
    assert.ok(compiled.includes(`s${word.toLowerCase()}\u0000`), word);
  }
  // A class stands for its letters in lower case, the capital sigma's among them.
  const [upper, both] = ["[ÀΣ]", "[ÀàΣσ]"].map((city) => bytes({ city: { $regexi: city } }));
  assert.deepEqual(upper, both);
  // A page that broke its own strings gets a policy all the same.
  const { toLowerCase } = String.prototype;
  String.prototype.toLowerCase = () => {
    throw new Error("broken");
  };
  try {
    assert.ok(bytes({ city: { $ini: ["Oslo"] } }).length > 0);
  } finally {
    String.prototype.toLowerCase = toLowerCase;
  }
});

test("what JSON would leave out is left out", () => {
  const odd = Object.assign(smallest(), { pacing: undefined, [Symbol("x")]: 1 });
  Object.defineProperty(odd, "hidden", { value: 1, enumerable: false });
  assert.deepEqual(compile(odd), compile(smallest()));
  const bare = Object.assign(Object.create(null), smallest());
  assert.deepEqual(compile(bare), compile(smallest()));
});

test("values that JSON has no word for are told at their place", () => {
  class Name {}
  const told = (value) => mistakes(named(value));
  const wrong = (found) => [`wrong_type plans[0].name: expected a text, found ${found}`];
  assert.deepEqual(told(() => "Free"), wrong("a function"));
  assert.deepEqual(told(Symbol("Free")), wrong("a symbol"));
  assert.deepEqual(told(7n), wrong("a bigint"));
  assert.deepEqual(told(new Name()), wrong("an instance of `Name`"));
  assert.deepEqual(told(new Date(0)), wrong("an instance of `Date`"));
  assert.deepEqual(told(new Map()), wrong("an instance of `Map`"));
  assert.deepEqual(told(NaN), wrong("`NaN`"));
  assert.deepEqual(told(Infinity), wrong("a number of 2^53 or more"));
  assert.deepEqual(told(1e308), wrong("a number of 2^53 or more"));
  assert.deepEqual(told(2 ** 53), wrong("a number of 2^53 or more"));
  assert.deepEqual(told(-0.1), wrong("the number `-0.1`"));
  assert.deepEqual(told(-0), wrong("the number `0`"));
  assert.deepEqual(told(null), wrong("`null`"));
  assert.deepEqual(told([, 1]), wrong("a list"));
});

test("what throws when it is read is told at its place, and nothing of it gets out", () => {
  const policyWithGetter = smallest();
  Object.defineProperty(policyWithGetter.plans[0], "name", {
    enumerable: true,
    get() {
      throw new Error("secret");
    },
  });
  assert.deepEqual(mistakes(policyWithGetter), [
    "wrong_type plans[0].name: expected a text, found a getter that threw",
  ]);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const threw = "an object that threw when it was read";
  assert.deepEqual(mistakes(proxy), [`wrong_type : expected an object, found ${threw}`]);
  assert.deepEqual(mistakes(named(proxy)), [
    `wrong_type plans[0].name: expected a text, found ${threw}`,
  ]);
  for (const trap of ["get", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor"]) {
    const hostile = new Proxy(smallest(), {
      [trap]() {
        throw new Error("secret");
      },
    });
    const told = mistakes(hostile);
    assert.ok(told.length > 0 && !told.join().includes("secret"), trap);
  }
});

test("an object that contains itself, or has no bottom, ends in an error", () => {
  const cycle = smallest();
  cycle.plans[0].name = cycle;
  assert.deepEqual(mistakes(cycle), [
    "wrong_type plans[0].name: expected a text, found an object that contains itself",
  ]);
  const list = smallest();
  list.plans.push(list.plans);
  assert.deepEqual(mistakes(list), [
    "wrong_type plans[2]: expected an object, found an object that contains itself",
  ]);
  const there = { enumerable: true, configurable: true, value: 1 };
  const bottomless = () =>
    new Proxy({}, { ownKeys: () => ["a", "b"], get: bottomless, getOwnPropertyDescriptor: () => there });
  assert.match(mistakes(bottomless())[0], /^too_large/);
  const endless = new Proxy([], { get: (_, name) => (name == "length" ? 2 ** 40 : 1) });
  assert.match(mistakes(Object.assign(smallest(), { thresholds: endless }))[0], /^too_large/);
});

test("what is too large is refused before it is copied", () => {
  const huge = "x".repeat(50_000_000);
  assert.match(mistakes(huge)[0], /^too_large : .*`50000000`/);
  assert.match(mistakes(named(huge))[0], /^too_large/);
  assert.match(mistakes(Object.assign(smallest(), { [huge]: 1 }))[0], /^too_large/);
});

test("thirty strange values in place of a policy", () => {
  const strange = [
    ...[undefined, null, true, false, 0, -1, 0.1, NaN, Infinity, 1e308, 2 ** 53],
    ...["", "x", "{", "[]", "null", "\u0000", "\ud800", "__proto__", 7n, Symbol("x")],
    ...[() => {}, class {}, [], [[]], {}, new Date(), new Map(), new Uint8Array(3)],
    ...[Object.create({ format: 1 }), globalThis],
  ];
  for (const value of strange) {
    assert.ok(mistakes(value).length > 0, String(value));
  }
  // The module still works afterwards.
  assert.deepEqual(mistakes(smallest()), []);
});
