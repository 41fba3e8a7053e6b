// What an action leads to: the host's quote, purchase and other answers, one intent for each press.
// Headless: the test answers as a host that draws itself.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { heard, hide, named, once, openPage, snapshot, startStand, until } from "./shell.support.mjs";

let stand;
before(async () => { stand = await startStand(); });
after(() => stand?.stop());
beforeEach(() => stand.begin());

async function inProfile(run) {
  const context = await stand.browser.newContext();
  try {
    await run(context);
  } finally {
    await context.close();
  }
}

describe("actions", () => {
  const FULL = () => snapshot({ meters: { emails: { used: 1000, limit: 1000 } } });
  const startHeadless = (page, given) =>
    page.evaluate(async ([snap, options]) => {
      const { start } = await import("/pkg/index.js");
      window.asked = [];
      window.heard = [];
      const answer = (name) => async (intent) => {
        asked.push({ name, intent });
        await new Promise((done) => setTimeout(done, 50));
        if (options[name] === "throws") throw new Error("host");
        return options[name];
      };
      const hooks = Object.fromEntries(["quote", "purchase", "onAction"].filter((name) => options[name] !== undefined).map((name) => [name, answer(name)]));
      window.plimsoll = await start({ policy: "/policy.json", endpoint: options.endpoint, key: "pk", view: "none", snapshot: snap, ...hooks });
      for (const name of ["prompt", "withdraw", "converted", "error"]) plimsoll.on(name, (detail) => heard.push({ name, ...detail }));
      plimsoll.on("prompt", ({ prompt }) => plimsoll.painted(prompt.exposure, "rendered"));
      plimsoll.attempt("emails", 1);
    }, [given[0], { endpoint: page.endpoint, ...given[1] }]);
  const dialog = (page) =>
    until(async () => (await heard(page, "prompt")).find(({ prompt }) => prompt.surface === "modal")?.prompt, "the dialog");
  const asked = (page, name) => page.evaluate((wanted) => asked.filter((each) => each.name === wanted).map(({ intent }) => intent), name);

  test("a prompt comes whole to a host that draws itself, in words", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [FULL(), {}]);
      const prompt = await dialog(page);
      assert.match(prompt.title, /\w/);
      assert.ok(prompt.actions.every(({ text }) => text.length > 0));
    }));

  test("one press buys once, however often it is clicked, and only after the amount was there", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [FULL(), { quote: { amount_minor: 4900, currency: "USD" }, purchase: "done" }]);
      const { exposure } = await dialog(page);
      await until(async () => (await asked(page, "quote")).length === 1, "the quote");
      await new Promise((done) => setTimeout(done, 120));
      await page.evaluate((id) => { for (let n = 0; n < 5; n += 1) plimsoll.respond(id, "act", "upgrade"); }, exposure);
      await until(async () => (await heard(page, "converted")).length === 1, "the conversion");
      const bought = await asked(page, "purchase");
      assert.equal(bought.length, 1);
      assert.match(bought[0].id, /^[0-9a-f]{16}$/);
      assert.equal(bought[0].id, (await asked(page, "quote"))[0].id, "the intent is the same from quote to purchase");
      await hide(page);
      await until(() => named(once(stand.events()), "Upgrade Started").length === 1, "the event");
      assert.equal(named(once(stand.events()), "Upgrade Started")[0].properties.intent, bought[0].id);
    }));

  test("a purchase that fails may be tried again under the same id", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [FULL(), { quote: { amount_minor: 4900, currency: "USD" }, purchase: "throws" }]);
      const { exposure } = await dialog(page);
      await new Promise((done) => setTimeout(done, 150));
      for (const times of [1, 2]) {
        await page.evaluate((id) => plimsoll.respond(id, "act", "upgrade"), exposure);
        await until(async () => (await asked(page, "purchase")).length === times, "the purchase");
        await new Promise((done) => setTimeout(done, 120));
      }
      const ids = (await asked(page, "purchase")).map(({ id }) => id);
      assert.equal(ids[0], ids[1]);
      assert.deepEqual(await heard(page, "converted"), []);
      assert.equal(named(once(stand.events()), "Upgrade Started").length <= 1, true);
    }));

  test("without an amount the checkout opens", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [FULL(), { purchase: "done" }]);
      const { exposure } = await dialog(page);
      await page.evaluate((id) => plimsoll.respond(id, "act", "upgrade"), exposure);
      await page.waitForURL("**/checkout?plan=pro");
    }));

  test("who cannot buy asks the admin, through the host", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [{ ...FULL(), can_purchase: false, billing_owner: "Ana" }, { onAction: "ok" }]);
      const { exposure } = await dialog(page);
      await page.evaluate((id) => plimsoll.respond(id, "act", "ask_admin"), exposure);
      await until(async () => (await asked(page, "onAction")).length === 1, "the host");
      assert.equal((await asked(page, "onAction"))[0].action, "ask_admin");
      await until(async () => (await heard(page, "withdraw")).length === 1, "the prompt to go");
    }));
});
