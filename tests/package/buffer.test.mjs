// Calls before there is an instance: all are made again in order, a bounded number, and none throws or is made twice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLS_MAX, makeBuffer } from "../../pkg/shell/buffer.js";
import { makeInstance } from "../../pkg/shell/instance.js";

/** An instance that notes what it is called with. */
function makeWitness() {
  const seen = [];
  const heard = [];
  const calls = new Proxy({}, {
    get: (_, name) => (...given) => {
      seen.push([name, ...given]);
      if (name === "on") heard.push(given[1]);
      return name === "on" ? () => seen.push(["off", given[0]]) : `${name} answers`;
    },
  });
  return { seen, heard, calls };
}

test("what stands in has exactly the calls of an instance", async () => {
  const instance = await makeInstance({ strays: [] }, undefined, { begin: async () => {} });
  assert.deepEqual(Object.keys(makeBuffer().calls).sort(), Object.keys(instance).sort());
});

test("calls wait, answer neutrally, and are made in order once there is an instance", () => {
  const { calls, open } = makeBuffer();
  const { seen, calls: made } = makeWitness();
  assert.equal(calls.use("emails", 20), "");
  assert.deepEqual(calls.attempt("seats"), { verdict: "fits", used: 0 });
  assert.equal(calls.explore("sso", "tried"), undefined);
  open(made);
  assert.deepEqual(seen, [["use", "emails", 20], ["attempt", "seats"], ["explore", "sso", "tried"]]);
  assert.equal(calls.use("emails", 1), "use answers");
  assert.equal(seen.length, 4);
});

test("what only asks is answered at once and not asked again", () => {
  const { calls, open } = makeBuffer();
  const { seen, calls: made } = makeWitness();
  assert.equal(calls.fits("emails", 20), true);
  assert.deepEqual(calls.read().meters, {});
  assert.deepEqual(calls.explain().prompts, []);
  open(made);
  assert.deepEqual(seen, []);
});

test("no more than 500 calls wait, and the first of them are kept", (t) => {
  const warned = t.mock.method(console, "warn", () => {});
  const { calls, open } = makeBuffer();
  const { seen, calls: made } = makeWitness();
  for (let number = 0; number < 2 * CALLS_MAX; number += 1) calls.use("emails", number);
  open(made);
  assert.equal(CALLS_MAX, 500);
  assert.deepEqual(seen.map(([, , number]) => number), Array.from({ length: 500 }, (_, number) => number));
  assert.equal(warned.mock.callCount(), 1);
});

test("a listener is there before the calls that follow it, and goes when it is told to, before and after", () => {
  const { calls, open } = makeBuffer();
  const { seen, calls: made } = makeWitness();
  const [gone, stays] = [calls.on("prompt", () => {}), calls.on("update", () => {})];
  calls.use("emails");
  gone();
  open(made);
  assert.deepEqual(seen, [["on", "update", seen[0][2]], ["use", "emails"]]);
  stays();
  assert.deepEqual(seen.at(-1), ["off", "update"]);
});

test("what is called while the waiting calls are made comes after them", () => {
  const { calls, open } = makeBuffer();
  const seen = [];
  const made = { use: (name) => (seen.push(name), name === "first" && calls.use("from inside")) };
  calls.use("first");
  calls.use("second");
  open(made);
  assert.deepEqual(seen, ["first", "second", "from inside"]);
});

test("what was closed keeps nothing and calls nobody", () => {
  const { calls, open, close } = makeBuffer();
  const { seen, calls: made } = makeWitness();
  calls.use("emails");
  close();
  calls.use("emails");
  open(made);
  calls.use("emails");
  assert.deepEqual(seen, []);
});
