// The main path of the demo in every engine: from a quiet page over the thresholds to the limit, a purchase,
// and what the collector has of it. It presses what a person would press and reads what a person would read.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { eventsUntil, named, startStand, sum } from "../browser/support.mjs";
import { ENGINE_NAMES, startEngine } from "./engines.mjs";

const STARTS_AT = 380;
const LIMIT = 1000;
/** A press that comes with the amount is not taken for a purchase. */
const READ_MS = 600;
const PROMPT = "[data-exposure]:not([data-exposure=note])";

const wanted = process.env.ENGINE ? [process.env.ENGINE] : ENGINE_NAMES;

for (const name of wanted) {
  describe(name, () => {
    let stand;
    before(async () => { stand = await startStand(() => startEngine(name)); });
    after(() => stand?.stop());
    beforeEach(async () => {
      const { page } = stand.browser;
      // A page of the site that runs nothing: the next visitor is a new one, with the demo's dock closed.
      await page.open(`${stand.url}/img/postwharf.svg`);
      await page.forget();
      await page.run(() => localStorage.setItem("postwharf.dock", "closed"));
    });

    test("from 38 % to an upgrade", async () => {
      const { page } = stand.browser;
      await page.open(`${stand.url}/compose`);
      await page.run(() => {
        window.faults = [];
        addEventListener("securitypolicyviolation", (event) => faults.push(`${event.violatedDirective} ${event.blockedURI}`));
        addEventListener("error", (event) => faults.push(event.message));
        addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
      });
      await page.until("the start", () => document.body.dataset.plimsoll === "started");
      assert.equal(await shownOf(page), STARTS_AT);
      assert.deepEqual(await page.run(() => all("[data-exposure]").length), 0, "nothing is shown below the first threshold");
      const account = await page.ask(() => fetch("/api/state").then((answer) => answer.json()).then(({ snapshot }) => snapshot.account.id));

      for (const [percent, count] of [[50, 500], [75, 750], [90, 900]]) {
        await sendTo(page, count);
        await page.see("section.banner", `${count} of 1,000 e-mails`);
        assert.equal(await page.run((query) => all(query).length, PROMPT), 1, `only the banner of ${percent} % is open`);
        assert.ok(await page.run(() => focused()?.matches("[data-send]")), "a banner takes no focus");
      }
      await sendTo(page, LIMIT);
      await page.see("section.banner", "1,000");
      assert.equal(await page.run(() => all("dialog").length), 0, "reaching the limit interrupts nobody");
      await send(page, 1);
      await page.see("dialog.modal", "Pro");
      assert.equal(await shownOf(page), LIMIT, "what was refused is not counted");
      assert.ok(await page.run(() => !!focused()?.closest("dialog.modal")), "the focus is in the dialog");

      await page.see("dialog.modal .primary", "Pay $");
      await new Promise((done) => setTimeout(done, READ_MS));
      await page.click("dialog.modal .primary");
      await page.see("section.toast", "Your new plan is ready.");
      await page.gone(PROMPT);
      await page.see(".plan-name", "Pro");
      assert.ok(await page.run(() => focused()?.matches("[data-send]")), "the focus is back where it was");
      await send(page, 1);
      assert.equal(await shownOf(page), LIMIT + 1, "the new plan's limit holds at once");

      const events = await eventsUntil(
        stand,
        account,
        (all) => named(all, "Plan Changed").length > 0 && sum(named(all, "Usage Counted", { meter: "emails" }), "added") === LIMIT + 1 - STARTS_AT,
        "the plan change and every use",
      );
      for (const prompt of ["default-50", "default-75", "default-90", "default-at-limit", "default-limit-hit"]) {
        assert.equal(named(events, "Prompt Shown", { prompt }).length, 1, `${prompt} was shown once`);
      }
      assert.equal(named(events, "Upgrade Started").length, 1);
      const ids = events.map((event) => event.messageId);
      assert.equal(new Set(ids).size, ids.length, "no event is stored twice");
      assert.deepEqual(await page.run(() => window.faults), []);
    });

    test("a preview: focus in, Escape, focus back, and a page that starts again as it was", async () => {
      const { page } = stand.browser;
      await page.open(`${stand.url}/sso`);
      await page.until("the start", () => document.body.dataset.plimsoll === "started");
      await page.click("[data-try=sso]");
      await page.see("dialog.preview");
      assert.ok(await page.run(() => !!focused()?.closest("dialog.preview")), "the focus is in the dialog");
      await page.key("ESCAPE");
      await page.gone("dialog.preview");
      assert.ok(await page.run(() => focused()?.matches("[data-try=sso]")), "the focus is back where it was");
      await page.open(`${stand.url}/sso`);
      await page.until("the start", () => document.body.dataset.plimsoll === "started");
      await page.click("[data-try=sso]");
      await new Promise((done) => setTimeout(done, 1000));
      assert.equal(await page.run(() => all("dialog").length), 0, "closed a moment ago, it does not come again");
    });
  });
}

/** What `<plimsoll-meter>` shows of the e-mails. */
const shownOf = (page) => page.run(() => document.querySelector("plimsoll-meter[meter=emails]").shadowRoot.querySelector("meter").value);

async function send(page, count) {
  await page.run(() => { document.querySelector(".send .result").textContent = ""; });
  await page.click(`[data-send="${count}"]`);
  await page.until("the server's answer", () => document.querySelector(".send .result").textContent !== "");
}

async function sendTo(page, total) {
  for (let left = total - (await shownOf(page)); left > 0;) {
    const count = [100, 10, 1].find((size) => size <= left);
    await send(page, count);
    left -= count;
  }
}
