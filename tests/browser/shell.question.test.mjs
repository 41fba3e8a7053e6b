// The question why not now, as a person and a host meet it: asked once, after a modal that was put off, answered or left
// alone with a click, and never in anybody's way.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FULL, attempt, dialog, inProfile, openStand, read, stand, startHeadless, startHost } from "./host.support.mjs";
import { POLICY, heard, hide, named, once, until } from "./shell.support.mjs";

openStand();

const pacing = { ask_why: true, limit_hit_gap_hours: 1, limit_hits_per_day: 9, ladder_days: [1] };
beforeEach(() => { stand.policy = { ...POLICY, pacing }; });
const answer = (page, action) => dialog(page).locator(`[data-action=${action}]`).click();
const question = (page) => page.getByRole("dialog", { name: "May we ask why?" });
/** What the collector has of answers once the page has gone. */
const given = async (page) => {
  await hide(page);
  await until(() => named(once(stand.events()), "Prompt Answered").length > 0, "the events");
  return named(once(stand.events()), "Objection Given").map(({ properties }) => properties);
};

test("whoever puts a modal off is asked, and answers with a click", () =>
  inProfile(async (context) => {
    const page = await startHost(context, FULL());
    await attempt(page);
    await answer(page, "later");
    await question(page).waitFor();
    const answered = await heard(page, "response");
    assert.deepEqual(answered.map(({ response }) => response), ["later"], "taken, whatever becomes of the question");
    await read(page);
    await page.getByRole("button", { name: "Not before next month" }).click();
    await dialog(page).waitFor({ state: "detached" });
    const [properties] = await given(page);
    assert.deepEqual([properties.objection, properties.until, properties.prompt], ["not_now", "next_month", "default-limit-hit"]);
    assert.deepEqual(page.faults, []);
  }));

test("a double click puts the modal off and answers nothing", () =>
  inProfile(async (context) => {
    const page = await startHost(context, FULL());
    await attempt(page);
    await dialog(page).waitFor();
    // What stands under the pointer then depends on the window: any of the answers.
    await page.evaluate(() => {
      const press = (action) => document.querySelector("plimsoll-prompts").shadowRoot.querySelector(`.actions [data-action=${action}]`).click();
      ["later", "skip", "price"].forEach(press);
    });
    await page.waitForTimeout(100);
    assert.equal(await question(page).count(), 1, "nobody has read it yet");
    assert.deepEqual((await heard(page, "response")).map(({ response }) => response), ["later"]);
    assert.deepEqual(await given(page), []);
  }));

test("what is bought meanwhile takes the question away", () =>
  inProfile(async (context) => {
    const page = await startHost(context, FULL());
    await attempt(page);
    await answer(page, "later");
    await question(page).waitFor();
    await page.evaluate(() => plimsoll.converted());
    await dialog(page).waitFor({ state: "detached" });
    const [first, ...more] = await heard(page, "withdraw");
    const reasons = more.filter(({ exposure }) => exposure === first.exposure).map(({ reason }) => reason);
    assert.deepEqual([first.reason, ...reasons], ["answered", "converted"]);
  }));

for (const [leave, how] of [
  ["Escape", (page) => page.keyboard.press("Escape")],
  ["Skip", (page) => page.getByRole("button", { name: "Skip" }).click()],
]) test(`left alone by ${leave} it says nothing, and is not asked again after a reload`, () =>
  inProfile(async (context) => {
    const page = await startHost(context, FULL());
    await attempt(page);
    await dialog(page).locator("summary").click();
    await answer(page, "never");
    await question(page).waitFor();
    assert.equal(await page.getByRole("button", { name: "Not before next week" }).count(), 0);
    await read(page);
    await how(page);
    await dialog(page).waitFor({ state: "detached" });
    assert.equal((await heard(page, "response")).length, 1);
    assert.deepEqual(await given(page), []);
    await page.close();
    const seats = FULL({ meters: { emails: { used: 400, limit: 1000 }, seats: { used: 3, limit: 3 } } });
    const again = await startHost(context, seats);
    await again.evaluate(() => void plimsoll.attempt("seats", 1));
    await answer(again, "later");
    await dialog(again).waitFor({ state: "detached" });
    await again.waitForTimeout(300);
    assert.equal(await dialog(again).count(), 0);
  }));

test("a policy that says nothing of it asks nobody", () =>
  inProfile(async (context) => {
    stand.policy = POLICY;
    const page = await startHost(context, FULL());
    await attempt(page);
    await answer(page, "later");
    await dialog(page).waitFor({ state: "detached" });
    await page.waitForTimeout(300);
    assert.equal(await dialog(page).count(), 0);
  }));

test("a host that draws is given the question in words, and answers by code", () =>
  inProfile(async (context) => {
    const [page, exposure] = await startHeadless(context, FULL(), {});
    const respond = (...words) => page.evaluate(([id, ...said]) => plimsoll.respond(id, ...said), [exposure, ...words]);
    await page.evaluate(() => plimsoll.on("question", (detail) => heard.push({ name: "question", ...detail })));
    await respond("later");
    const told = await page.evaluate(() => heard.map(({ name }) => name).filter((name) => name === "response" || name === "question"));
    assert.deepEqual(told, ["response", "question"], "a host that clears away what was answered does not clear the question");
    const [asked] = await heard(page, "question");
    await respond("later");
    await respond("later", "price");
    assert.equal((await heard(page, "response")).length, 1, "the same press once more answers nothing");
    assert.equal(asked.title, "May we ask why?");
    assert.deepEqual(asked.choices.map(({ id }) => id), ["next_week", "next_month", "next_quarter", "price", "comparing", "not_my_decision", "skip"]);
    assert.equal(asked.choices[5].text, "Not my decision");
    assert.equal((await heard(page, "withdraw")).length, 1, "the prompt itself has gone");
    await respond("because", "the weather");
    await until(async () => (await heard(page, "error")).length > 0, "an answer that there is not is an error");
    assert.equal((await heard(page, "withdraw")).length, 1, "and answers nothing");
    await respond("because", "not_my_decision");
    await respond("because", "price");
    const responses = await heard(page, "response");
    assert.deepEqual(responses.map(({ response, objection }) => [response, objection]), [["later", undefined], ["because", "not_my_decision"]]);
    const properties = await given(page);
    assert.deepEqual(properties.map(({ objection }) => objection), ["not_my_decision"]);
  }));
