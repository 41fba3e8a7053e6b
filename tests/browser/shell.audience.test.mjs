// Audiences in a page: attributes go from the host's snapshot to the core, and nowhere else.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { POLICY, openPage, snapshot, startOn, startStand, until, use } from "./shell.support.mjs";

let stand;
before(async () => { stand = await startStand(); });
after(() => stand?.stop());
beforeEach(() => stand.begin());

const AUDIENCE = { plan: "free", seats: { $gt: 2.5 }, role: { $regexi: "^(é|ADMIN)$" }, "account.tags": { $elemMatch: { $in: ["trial", null] } } };
const FITS = { account: { id: "acc_7", attributes: { seats: 3, tags: ["x", "trial"] } }, user: { id: "u_9", attributes: { role: "Admin" } } };

async function held(run) {
  stand.policy = { ...POLICY, prompts: [{ id: "default-50", audience: AUDIENCE }] };
  const context = await stand.browser.newContext();
  try {
    const page = await openPage(stand, context);
    const of = async () => {
      const { prompts } = await page.evaluate(() => plimsoll.explain());
      return prompts.find(({ prompt, meter }) => prompt === "default-50" && meter === "emails")?.reason;
    };
    await run(page, of);
  } finally {
    await context.close();
  }
}

test("a prompt is for its audience, which a snapshot may change", () =>
  held(async (page, reason) => {
    const shown = () => page.evaluate(() => heard.filter(({ name }) => name === "prompt").length);
    assert.equal(await startOn(page, { snapshot: snapshot({ ...FITS, user: { id: "u_9", attributes: { role: "Editor" } } }) }), null);
    await use(page, 200);
    await until(async () => (await reason()) === "condition", "the reason");
    assert.equal(await shown(), 0);
    await page.evaluate((given) => plimsoll.sync(given), snapshot({ ...FITS, meters: { emails: { used: 600, limit: 1000 } } }));
    await until(async () => (await shown()) === 1, "the prompt");
  }));

test("attributes are neither stored nor sent", () =>
  held(async (page) => {
    const secret = "attribute-4711";
    assert.equal(await startOn(page, { snapshot: snapshot({ account: { id: "acc_7", attributes: { secret } } }) }), null);
    await use(page, 200);
    await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide")));
    await until(() => stand.events().length > 0, "events");
    assert.ok(!JSON.stringify(stand.batches).includes(secret));
    assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage }))).includes(secret));
  }));

const HOSTILE = {
  "a getter that throws": "Object.defineProperty({}, 'a', { enumerable: true, get() { throw new Error('getter'); } })",
  "a cycle": "(() => { const a = {}; a.a = a; return a; })()",
  "a proxy that throws": "new Proxy({}, { ownKeys() { throw new Error('keys'); }, get() { throw new Error('get'); } })",
  "a text of a megabyte": "({ a: 'x'.repeat(1_000_000) })",
  "nesting of ten thousand": "(() => { let a = {}; for (let i = 0; i < 10_000; i += 1) a = { a }; return a; })()",
  "nesting of nine": "(() => { let a = {}; for (let i = 0; i < 9; i += 1) a = { a }; return a; })()",
  "a list": "[1]",
  "a text": "'attributes'",
  "a big integer": "({ a: 1n })",
};

test("hostile attributes are refused whole, with an error and without an exception", () =>
  held(async (page, reason) => {
    assert.equal(await startOn(page, { snapshot: snapshot(FITS) }), null);
    const errors = () => page.evaluate(() => heard.filter(({ name }) => name === "error").map(({ code }) => code));
    for (const [at, [what, attributes]] of Object.entries(HOSTILE).entries()) {
      // As a text, because the page's policy forbids `eval`.
      await page.evaluate(`plimsoll.sync({ ...${JSON.stringify(snapshot(FITS))}, account: { id: "acc_7", attributes: ${attributes} } })`);
      await until(async () => (await errors()).length > at, `the error of ${what}`);
    }
    assert.deepEqual(new Set(await errors()), new Set(["snapshot_invalid"]));
    assert.deepEqual(page.faults, []);
    const odd = { ["__proto__"]: 1, constructor: 2, "a.b": 3, "": 4, nul: "\0\x01]}", lone: "\ud800", nan: NaN };
    await page.evaluate((given) => plimsoll.sync(given), snapshot({ ...FITS, account: { id: "acc_7", attributes: { ...odd, ...FITS.account.attributes } } }));
    assert.notEqual(await reason(), "condition");
  }));
