// A payment that does not go through at once, in the demo: the wait for the plan, and the next press.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { axe } from "./axe.support.mjs";
import {
  anyPrompt,
  control,
  modal,
  note,
  press,
  send,
  sendTo,
  settle,
  startStand,
  visitIn,
} from "./support.mjs";

const LIMIT = 1000;
/** A press that comes with the amount is not taken for a purchase. */
const READ_MS = 600;

let stand;
before(async () => {
  stand = await startStand();
});
after(() => stand?.stop());

const visit = (options, run) => visitIn(stand, options, run);

describe("a payment", () => {
  /** The modal at the limit, with its amount. */
  async function atTheLimit(page) {
    await sendTo(page, LIMIT);
    await send(page, 1);
    await modal(page).locator("button.primary").waitFor();
    await page.waitForTimeout(READ_MS);
  }

  test("whose plan follows later leaves the modal open until it is there", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab();
      await control(page, "payments", "late");
      await atTheLimit(page);
      await press(modal(page), "upgrade");
      await modal(page).getByRole("heading", { name: "Your new plan is being set up" }).waitFor();
      await settle(page);
      assert.equal(await anyPrompt(page).count(), 1, "all else is quiet");
      assert.deepEqual(await axe(page), [], "the wait");
      // A reload in between: the conversion is remembered, and nothing is offered again.
      const other = await visitor.tab();
      await settle(other);
      assert.equal(await anyPrompt(other).count(), 0);
      await note(page).filter({ hasText: "Your new plan is ready." }).waitFor();
      for (const tab of [page, other]) {
        assert.equal(await anyPrompt(tab).count(), 0);
        await tab.locator(".plan-name", { hasText: "Pro" }).waitFor();
      }
    }));

  test("that is declined says so, and the next press is another one", () =>
    visit({}, async (visitor) => {
      visitor.forgive.push(/402.*\/api\/checkout/);
      const page = await visitor.tab();
      await control(page, "payments", "declined");
      await atTheLimit(page);
      const paid = [];
      page.on("request", (request) => {
        if (request.url().endsWith("/api/checkout")) paid.push(request.postDataJSON().intent);
      });
      await press(modal(page), "upgrade");
      await modal(page).getByText("That did not work. Please try again.").waitFor();
      // The controls are behind the modal.
      await page.evaluate(async () =>
        (await import("/app/api.js")).change("POST", "/api/demo/payments", { how: "at_once" }),
      );
      await page.waitForTimeout(900);
      await press(modal(page), "upgrade");
      await note(page).filter({ hasText: "Your new plan is ready." }).waitFor();
      assert.equal(new Set(paid).size, 2);
    }));
});
