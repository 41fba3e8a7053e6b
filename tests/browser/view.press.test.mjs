// What a press changes in an open prompt: what its button says, what takes the focus, what is said aloud.

import { test } from "node:test";
import assert from "node:assert/strict";
import { answered, become, focused, openGallery, responses, visit } from "./view.support.mjs";

openGallery();

test("the button says what a press does: what charges is a button with the amount, what leads to the checkout a link", async () => {
  await visit({ state: "modal-limit" }, async (page) => {
    await page.getByRole("link", { name: "Upgrade to Pro" }).focus();
    await become(page, "modal-pay");
    assert.equal(await page.getByRole("button", { name: "Pay $14.70 and upgrade" }).count(), 1);
    assert.equal(await focused(page), "upgrade", "the focus stays on it");
    await become(page, "modal-checkout");
    assert.match(await page.getByRole("link", { name: "Continue to checkout" }).getAttribute("href"), /\/checkout/);
  });
});

test("a press that comes with the amount is not taken for a purchase, one that follows it is", async () => {
  for (const press of [(page) => page.locator(".primary").click(), (page) => page.keyboard.press("Enter")]) {
    await visit({ state: "modal-limit" }, async (page) => {
      await stopTime(page);
      await page.locator(".primary").focus();
      await become(page, "modal-pay");
      await press(page);
      assert.deepEqual(await responses(page), [], "nobody has read the amount yet");
      await page.evaluate(() => { window.later_ms = 500; });
      await press(page);
      assert.deepEqual(await responses(page), [["act", "upgrade"]]);
    });
  }
});

/** Time stands still, however slow the machine is, but for what a test lets pass. */
const stopTime = (page) =>
  page.evaluate(() => {
    window.later_ms = 0;
    const now = performance.now();
    performance.now = () => now + later_ms;
  });

test("while the new plan is set up a dialog stays, keeps the focus, says so politely and can only be closed", async () => {
  await visit({ state: "modal-limit", wait: "" }, async (page) => {
    await page.locator("#compose").focus();
    await page.keyboard.press("Enter");
    await page.locator("dialog").waitFor();
    await page.locator(".primary").focus();
    await become(page, "modal-waiting");
    assert.equal(await focused(page), "title", "what had the focus is gone");
    await page.getByRole("heading", { name: "Your new plan is being set up" }).waitFor();
    const status = page.locator("dialog [role=status]");
    assert.equal(await status.innerText(), "Thank you. Your new plan is on its way.");
    await become(page, "modal-overdue");
    assert.match(await status.innerText(), /taking longer than usual/);
    assert.deepEqual(
      await page.evaluate(() => everywhere("[data-exposure] button, [data-exposure] a").map((node) => node.dataset.action)),
      ["close"],
    );
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "close");
    await page.keyboard.press("Escape");
    await answered(page, [["close"]]);
    assert.equal(await page.evaluate(() => document.activeElement.id), "compose");
  });
});

test("a banner whose button is gone leaves the focus in the banner, and takes none that it had not", async () => {
  for (const [from, expected] of [[".primary", "close"], [undefined, "compose"]]) {
    await visit({ state: "banner-trial" }, async (page) => {
      await page.locator(from ?? "#compose").first().focus();
      await become(page, "banner-waiting");
      assert.equal(await focused(page), expected);
      await page.getByRole("status").filter({ hasText: "Sent. Thank you." }).last().waitFor();
    });
  }
});

test("the question after a prompt is a dialog of buttons that Escape and the cross leave unanswered", async () => {
  for (const leave of ["Escape", "Close"]) {
    await visit({ state: "modal-question", wait: "" }, async (page) => {
      await page.locator("#compose").focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "May we ask why?" }).waitFor();
      assert.equal(await focused(page), "title");
      for (const expected of ["next_week", "next_month", "next_quarter", "price", "comparing", "not_my_decision", "skip"]) {
        await page.keyboard.press("Tab");
        assert.equal(await focused(page), expected);
      }
      if (leave === "Escape") await page.keyboard.press(leave);
      else await page.getByRole("button", { name: leave }).click();
      await answered(page, [["close"]]);
      assert.equal(await page.evaluate(() => document.activeElement.id), "compose");
    });
  }
});

test("one click answers the question or skips it, unless it was meant for what stood there before", async () => {
  for (const [name, action] of [["The price", "price"], ["Skip", "skip"]]) {
    await visit({ state: "modal-question-never", wait: "" }, async (page) => {
      await stopTime(page);
      await page.locator("#compose").click();
      assert.equal(await page.getByRole("button", { name: "Not before next week" }).count(), 0, "after a never nobody asks until when");
      await page.getByRole("button", { name }).click();
      assert.deepEqual(await responses(page), [], "nobody has read it yet");
      await page.evaluate(() => { window.later_ms = 500; });
      await page.getByRole("button", { name }).focus();
      await page.keyboard.press("Enter");
      assert.deepEqual(await responses(page), [["act", action]]);
    });
  }
});
