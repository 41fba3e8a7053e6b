// What an action leads to: the host's quote, purchase and other answers, one intent for each press.
// Headless: the test answers as a host that draws itself.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { REQUEST_ANSWER, heard, hide, named, once, openPage, snapshot, startStand, until } from "./shell.support.mjs";

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
      for (const name of ["prompt", "withdraw", "response", "converted", "error", "request"]) plimsoll.on(name, (detail) => heard.push({ name, ...detail }));
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

  const ASKING = () => ({ ...FULL(), can_purchase: false, billing_owner: "Ana" });
  const became = async (page, times) => {
    await until(async () => (await heard(page, "request")).length === times, "what became of it");
    return (await heard(page, "request")).at(-1).status;
  };

  test("a host that draws sends a note, and hears what became of it; retries are one request", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [ASKING(), {}]);
      const { exposure } = await dialog(page);
      const ask = (note) => page.evaluate(([id, words]) => plimsoll.respond(id, "act", "ask_admin", { note: words }), [exposure, note]);
      const bodies = [];
      stand.answerRequest = (text) => (bodies.push(JSON.parse(text)), bodies.length === 1 ? "cut" : { status: 503, body: "{}" });
      await ask(" we need more \ud800 ");
      assert.equal(await became(page, 1), "failed");
      await ask("we need more");
      assert.equal(await became(page, 2), "failed");
      assert.deepEqual(named(once(stand.events()), "Upgrade Requested"), [], "nothing is said that did not happen");
      stand.answerRequest = (text) => (bodies.push(JSON.parse(text)), { status: 202, body: '{"accepted":0,"duplicates":1}' });
      await ask("we need more");
      assert.equal(await became(page, 3), "sent");
      assert.equal(new Set(bodies.map(({ id }) => id)).size, 1, "the same id each time");
      const { sentAt, ...body } = bodies[2];
      assert.deepEqual(body, {
        writeKey: "pk", id: body.id, kind: "ask_admin", account: "acc_7", user: "u_9", prompt: "default-limit-hit", exposure,
        meter: "emails", plan: "free", next_plan: "pro", used: 1000, limit: 1000, locale: "en", note: "we need more",
      });
      assert.equal(bodies[0].note, "we need more \ufffd", "half a character is no text");
      await until(async () => (await heard(page, "withdraw")).length === 1, "the prompt to go");
      await hide(page);
      await until(() => named(once(stand.events()), "Upgrade Requested").length === 1, "the event");
      assert.equal(named(once(stand.events()), "Upgrade Requested")[0].properties.intent, body.id);
    }));

  test("a note that is no text or too long is refused by name, and nothing is sent", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [ASKING(), {}]);
      const { exposure } = await dialog(page);
      const [no_text, too_long] = ["`note` is not a text", "`note` has 2001 characters, at most 2000 are sent"];
      const cases = [[{ note: 5 }, no_text], ["please", no_text], [{ note: "x".repeat(2001) }, too_long]];
      for (const [at, [given, message]] of cases.entries()) {
        await page.evaluate(([id, request]) => plimsoll.respond(id, "act", "ask_admin", request), [exposure, given]);
        await until(async () => (await heard(page, "error")).filter(({ code }) => code === "note_invalid")[at]?.message === message, message);
        assert.equal(await became(page, at + 1), "failed");
      }
      assert.deepEqual(stand.requests, []);
    }));

  test("a note that was written while its prompt was withdrawn is sent all the same", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [ASKING(), {}]);
      const { exposure } = await dialog(page);
      await page.evaluate((snap) => plimsoll.sync(snap), snapshot({ plan: "pro", plan_epoch: 2, meters: { emails: { used: 1000, limit: 10_000 } } }));
      await until(async () => (await heard(page, "withdraw")).some((gone) => gone.exposure === exposure), "the prompt to go");
      const ask = () => page.evaluate((id) => plimsoll.respond(id, "act", "ask_admin", { note: "we need more" }), exposure);
      stand.answerRequest = () => ({ status: 429, body: "{}" });
      await ask();
      assert.equal(await became(page, 1), "failed");
      stand.answerRequest = REQUEST_ANSWER;
      await ask();
      assert.equal(await became(page, 2), "sent");
      await ask();
      await page.waitForTimeout(200);
      assert.deepEqual(stand.requests.map(({ note, plan }) => [note, plan]), [["we need more", "free"]], "once, as it was asked");
    }));

  test("a request that came to nothing has answered nothing: the prompt can still be put off", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [ASKING(), {}]);
      const { exposure } = await dialog(page);
      stand.answerRequest = () => ({ status: 503, body: "{}" });
      await page.evaluate((id) => plimsoll.respond(id, "act", "ask_admin", { note: "please" }), exposure);
      assert.equal(await became(page, 1), "failed");
      await page.evaluate((id) => plimsoll.respond(id, "later"), exposure);
      assert.deepEqual((await heard(page, "response")).map(({ response }) => response), ["later"]);
      await hide(page);
      await until(() => named(once(stand.events()), "Prompt Answered").length === 1, "the event");
      assert.equal(named(once(stand.events()), "Prompt Answered")[0].properties.response, "later");
    }));

  test("what a person wrote is for nobody who logs in after them", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [ASKING(), {}]);
      const { exposure } = await dialog(page);
      await page.evaluate(() => plimsoll.reset());
      await page.evaluate((id) => plimsoll.respond(id, "act", "ask_admin", { note: "mine" }), exposure);
      await page.waitForTimeout(300);
      assert.deepEqual(stand.requests, []);
    }));

  test("no button is dead: without a way to send, an owner or a host there is none to ask", () =>
    inProfile(async (context) => {
      const offered = async (user, snap, options) => {
        const page = await openPage(stand, context);
        await startHeadless(page, [{ ...snap, user: { id: user } }, options]);
        const { actions } = await dialog(page);
        await page.close();
        return actions.some(({ id }) => id === "ask_admin");
      };
      const owned_by_nobody = { ...ASKING(), billing_owner: undefined };
      assert.equal(await offered("u_1", ASKING(), {}), true);
      assert.equal(await offered("u_2", ASKING(), { endpoint: undefined }), false, "nowhere to send");
      assert.equal(await offered("u_3", owned_by_nobody, {}), false, "nobody to ask");
      assert.equal(await offered("u_4", owned_by_nobody, { onAction: "ok" }), true, "the host knows whom to ask");
    }));

  test("what cannot leave the page is not called sent, and the developer hears what is not there", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [ASKING(), { endpoint: undefined, onAction: "form" }]);
      const { exposure } = await dialog(page);
      await page.evaluate((id) => plimsoll.respond(id, "act", "ask_admin"), exposure);
      assert.equal(await became(page, 1), "failed");
      await until(async () => (await heard(page, "error")).some(({ code }) => code === "request_blocked"), "the error");
      assert.deepEqual(await heard(page, "withdraw"), [], "the prompt is still there");
    }));

  test("a host that answers with `form` hands the request back, and one that fails may be asked again", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startHeadless(page, [ASKING(), { onAction: "throws" }]);
      const { exposure } = await dialog(page);
      await page.evaluate((id) => plimsoll.respond(id, "act", "ask_admin"), exposure);
      await until(async () => (await heard(page, "error")).some(({ code }) => code === "host_failed"), "the fault");
      assert.deepEqual(await heard(page, "withdraw"), []);
      await page.evaluate(([id]) => plimsoll.respond(id, "act", "ask_admin", { note: "please" }), [exposure]);
      assert.equal(await became(page, 1), "sent");
      assert.equal(stand.requests.length, 1);
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
