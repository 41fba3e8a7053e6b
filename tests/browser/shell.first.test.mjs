// What happens while `start` is awaited: a host that listens as soon as it has its instance misses nothing of it,
// whether the package's files come one by one, are there already, or are one file.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { build } from "esbuild";
import { ROOT, heard, openPage, snapshot, startOn, startStand, until } from "./shell.support.mjs";

/** Where the bundle is served, and where it looks for the module that compiles policies. */
const BUNDLE = "/pkg/shell/bundle.js";
const COMPILER = "plimsoll_policy_bg.wasm";
const AT_90 = () => snapshot({ meters: { emails: { used: 920, limit: 1000 } } });

let stand;
let bundle;
before(async () => {
  stand = await startStand();
  const made = await build({
    stdin: { contents: 'export { start } from "./pkg/index.js";', resolveDir: ROOT },
    bundle: true, format: "esm", write: false, external: ["*/debug/panel.js"],
  });
  bundle = made.outputFiles[0].text;
});
after(() => stand?.stop());
beforeEach(() => {
  stand.begin();
  stand.instead.set(BUNDLE, { headers: { "content-type": "text/javascript" }, body: bundle });
  stand.instead.set(`/pkg/shell/${COMPILER}`, { headers: { "content-type": "application/wasm" }, body: readFileSync(join(ROOT, "pkg/dist", COMPILER)) });
});

/** Starts once and ends it, so that every file is there, then starts again for the test. */
const again = (from) => async (page, options) => {
  const first = { ...options, snapshot: snapshot({ account: { id: "acc_0" } }) };
  await startOn(page, first, from);
  await page.waitForTimeout(300);
  await page.evaluate(() => plimsoll.destroy());
  return startOn(page, options, from);
};

const WAYS = [
  ["files one by one", (page, options) => startOn(page, options)],
  ["files that are there already", again("/pkg/index.js")],
  ["one file", (page, options) => startOn(page, options, BUNDLE)],
  ["one file, a second time", again(BUNDLE)],
];

async function onPage(run, init = () => {}) {
  const context = await stand.browser.newContext();
  await context.addInitScript(init);
  try {
    await run(await openPage(stand, context));
  } finally {
    await context.close();
  }
}

test("a second instance for the same person is told of, and one after it has ended is not", () =>
  onPage(async (page) => {
    const errors = async () => (await heard(page, "error")).map(({ code }) => code);
    assert.equal(await startOn(page, { snapshot: snapshot() }), null);
    assert.equal(await startOn(page, { snapshot: snapshot({ user: { id: "u_10" } }) }), null);
    await page.evaluate(() => (window.first = plimsoll));
    await page.waitForTimeout(200);
    assert.deepEqual(await errors(), [], "another person's");
    assert.equal(await startOn(page, { snapshot: snapshot({ user: { id: "u_10" } }) }), null);
    await until(async () => (await errors()).includes("started_twice"), "the error");
    await page.evaluate(() => (first.destroy(), plimsoll.destroy()));
    assert.equal(await startOn(page, { snapshot: snapshot({ user: { id: "u_10" } }) }), null);
    await page.waitForTimeout(200);
    assert.deepEqual(await errors(), []);
    await page.evaluate(() => plimsoll.sync({ account: { id: "acc_7" }, user: { id: "u_9" }, plan: "free", meters: {} }));
    await until(async () => (await errors()).includes("started_twice"), "the error of one that became the same person's");
  }));

for (const [way, begin] of WAYS) {
  describe(way, () => {
    test("a prompt that stands from the start is told to a host that draws", () =>
      onPage(async (page) => {
        assert.equal(await begin(page, { snapshot: AT_90(), view: "none" }), null);
        await until(async () => (await heard(page, "prompt")).length, "the prompt");
      }));

    test("a threshold that others passed while this browser was away is told", () =>
      onPage(async (page) => {
        assert.equal(await startOn(page, { snapshot: snapshot() }), null);
        await page.evaluate(() => plimsoll.destroy());
        assert.equal(await begin(page, { snapshot: AT_90() }), null);
        await until(async () => (await heard(page, "crossing")).length, "the crossings");
        assert.deepEqual((await heard(page, "crossing")).map(({ percent }) => percent), [50, 75, 90]);
      }));

    test("an error is told", () =>
      onPage(async (page) => {
        assert.equal(await begin(page, { snapshot: snapshot() }), null);
        await until(async () => (await heard(page, "error")).some(({ code }) => code === "storage_lost"), "the error");
      }, () => {
        Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
      }));
  });
}
