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
