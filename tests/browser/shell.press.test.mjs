// What follows a press, as a person and a host meet it: one purchase for each intent, an amount that was
// read before it is paid, a wait that says so, and nothing done that does not stand any more.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FULL, attempt, dialog, inProfile, openStand, read, stand, startHeadless, startHost } from "./host.support.mjs";
import { POLICY, heard, hide, named, once, snapshot, until } from "./shell.support.mjs";

const QUOTE = { amount_minor: 4900, currency: "USD" };
const PRO = (changes) => FULL({ plan: "pro", plan_epoch: 2, meters: { emails: { used: 1000, limit: 50_000 } }, ...changes });

openStand();

const sync = (page, snap) => page.evaluate((given) => plimsoll.sync(given), snap);
const status = (page) => dialog(page).locator("[role=status]");
const primary = (page) => dialog(page).locator(".primary");
const note = (page) => page.locator("section.toast");
const calls = (context, name) => context.calls.filter((call) => call.name === name).map(({ intent }) => intent);
/** The states that a host heard of, one after the other. */
const states = async (page) => {
  const all = (await heard(page, "update")).map(({ state }) => state).filter(Boolean);
  return all.filter((state, place) => state !== all[place - 1]);
};

const press = (page, exposure, action = "upgrade") =>
  page.evaluate(([id, pressed]) => plimsoll.respond(id, "act", pressed), [exposure, action]);

describe("the amount due now", () => {
  test("with it the button says what it charges, and a press buys", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "done" });
      await attempt(page);
      await page.getByRole("button", { name: "Pay $49 and upgrade" }).waitFor();
      await read(page);
      await primary(page).click();
      await until(() => calls(context, "purchase").length === 1, "the purchase");
      const [bought] = calls(context, "purchase");
      assert.deepEqual([bought.quote, bought.plan, bought.plan_epoch], [QUOTE, { from: "free", to: "pro" }, 1]);
      assert.equal(bought.id, calls(context, "quote")[0].id);
    }));

  for (const [what, answer, code] of [
    ["no amount", null, undefined],
    ["an error", "throws", "host_failed"],
    ["an object that throws", "a getter throws", "host_failed"],
    ["a negative amount", { amount_minor: -1, currency: "USD" }, "quote_invalid"],
    ["half a cent", { amount_minor: 0.5, currency: "USD" }, "quote_invalid"],
    ["an amount as text", { amount_minor: "4900", currency: "USD" }, "quote_invalid"],
    ["a currency in lower case", { amount_minor: 4900, currency: "usd" }, "quote_invalid"],
    ["a currency that is none", { amount_minor: 4900, currency: "QQQ" }, "quote_invalid"],
    ["a text", "forty-nine", "quote_invalid"],
    ["nothing in time", "hangs", "host_failed"],
  ]) {
    test(`with ${what} the button says that it opens the checkout, and nothing is charged`, () =>
      inProfile(async (context) => {
        const page = await startHost(context, FULL(), { quote: answer, purchase: "done" });
        await attempt(page);
        await page.getByRole("link", { name: "Continue to checkout" }).waitFor();
        const errors = await until(async () => {
          const list = await heard(page, "error");
          return (list.length > 0) === !!code && list;
        }, "what the host hears");
        assert.deepEqual(errors.map((error) => error.code), code ? [code] : []);
        if (code === "quote_invalid") assert.match(errors[0].message, /`quote\.\w+` is .*`.*, not (an integer|a code)|is missing/);
        await primary(page).click();
        await page.waitForURL("**/checkout?plan=pro");
        assert.deepEqual(calls(context, "purchase"), []);
      }));
  }

  test("before it has come, a press opens the checkout", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: "hangs", purchase: "done" });
      await attempt(page);
      await primary(page).click();
      await page.waitForURL("**/checkout?plan=pro");
      assert.deepEqual(calls(context, "purchase"), []);
    }));

  test("without a checkout a press asks for it again, shows it, and only the next press buys", () =>
    inProfile(async (context) => {
      stand.policy = { ...POLICY, links: {} };
      const page = await startHost(context, FULL(), { quote: [null, null, QUOTE], purchase: "done" });
      await attempt(page);
      await primary(page).click();
      await status(page).filter({ hasText: "That did not work" }).waitFor();
      await page.waitForTimeout(900);
      await primary(page).click();
      await page.getByRole("button", { name: "Pay $49 and upgrade" }).waitFor();
      assert.deepEqual(calls(context, "purchase"), []);
      await page.waitForTimeout(900);
      await primary(page).click();
      await until(() => calls(context, "purchase").length === 1, "the purchase");
    }));

  test("one that has grown old is asked for again, and one that has changed is read before it is paid", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: [QUOTE, { ...QUOTE, amount_minor: 5200 }], purchase: "done" });
      await page.evaluate(() => {
        window.late_ms = 0;
        const now = performance.now.bind(performance);
        performance.now = () => now() + late_ms;
      });
      await attempt(page);
      await page.getByRole("button", { name: "Pay $49 and upgrade" }).waitFor();
      await page.evaluate(() => { window.late_ms = 11 * 60 * 1000; });
      await primary(page).click();
      await page.getByRole("button", { name: "Pay $52 and upgrade" }).waitFor();
      assert.deepEqual(calls(context, "purchase"), []);
      await page.waitForTimeout(900);
      await primary(page).click();
      await until(() => calls(context, "purchase").length === 1, "the purchase");
      assert.equal(calls(context, "purchase")[0].quote.amount_minor, 5200);
    }));
});

describe("one purchase for each intent", () => {
  test("however fast it is clicked, typed and called, from its own listener too", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "waits" });
      await page.evaluate(() => plimsoll.on("response", ({ exposure }) => plimsoll.respond(exposure, "act", "upgrade")));
      await attempt(page);
      await page.getByRole("button", { name: "Pay $49 and upgrade" }).waitFor();
      await read(page);
      const exposure = await dialog(page).getAttribute("data-exposure");
      const { x, y } = await primary(page).boundingBox();
      await primary(page).focus();
      await Promise.all([
        page.mouse.click(x + 9, y + 9, { clickCount: 5 }),
        page.keyboard.press("Enter"),
        page.keyboard.press("Space"),
        page.evaluate((id) => { for (let n = 0; n < 50; n += 1) plimsoll.respond(id, "act", "upgrade"); }, exposure),
      ]);
      await page.waitForTimeout(900);
      await page.mouse.click(x + 9, y + 9);
      await page.evaluate(() => answer("done"));
      await status(page).filter({ hasText: "on its way" }).waitFor();
      await press(page, exposure);
      await page.waitForTimeout(200);
      assert.equal(calls(context, "purchase").length, 1);
      await hide(page);
      await until(() => named(once(stand.events()), "Upgrade Started").length === 1, "the event");
      assert.equal(named(once(stand.events()), "Upgrade Started")[0].properties.intent, calls(context, "purchase")[0].id);
    }));

  test("pressed in two tabs at once", () =>
    inProfile(async (context) => {
      // A card stands in both tabs as one and the same showing.
      stand.policy = {
        ...POLICY,
        prompts: [{ id: "card", trigger: { threshold_percent: 50 }, surface: "inline", texts: { en: { title: "Half" } } }],
      };
      const half = snapshot({ meters: { emails: { used: 400, limit: 1000 } } });
      const answers = { quote: QUOTE, purchase: "waits" };
      const pages = [];
      for (let tab = 0; tab < 2; tab += 1) pages.push(await startHost(context, half, answers, { view: "none" }));
      await pages[0].evaluate(() => void plimsoll.use("emails", 200));
      const card = async (page) => (await heard(page, "prompt")).find(({ prompt }) => prompt.prompt === "card")?.prompt.exposure;
      const exposures = [];
      for (const page of pages) exposures.push(await until(() => card(page), "the card"));
      assert.equal(exposures[0], exposures[1]);
      for (const page of pages) {
        await until(async () => (await heard(page, "update")).some(({ quote }) => quote), "the amount");
        await page.evaluate(() => { window.is_deaf = true; });
      }
      await Promise.all(pages.map((page, place) => press(page, exposures[place])));
      await pages[0].waitForTimeout(500);
      const ids = calls(context, "purchase").map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length, `each intent once: ${ids}`);
      assert.equal(ids.length, 1);
    }));

  test("a press after one that failed is a new one, with its own id and amount", () =>
    inProfile(async (context) => {
      const [page, exposure] = await startHeadless(context, FULL(), { quote: QUOTE, purchase: ["failed", "throws", "done"] });
      await until(async () => (await heard(page, "update")).some(({ quote }) => quote), "the amount");
      for (const times of [1, 2, 3]) {
        await press(page, exposure);
        await until(() => calls(context, "purchase").length === times, "the purchase");
        const expected = times < 3 ? "failed" : "waiting";
        await until(async () => (await states(page)).at(-1) === expected, expected);
      }
      const ids = calls(context, "purchase").map(({ id }) => id);
      assert.equal(new Set(ids).size, 3);
      assert.deepEqual(calls(context, "quote").map(({ id }) => id), ids, "each was quoted under its own id");
      assert.deepEqual(await states(page), ["busy", "failed", "busy", "failed", "busy", "waiting"]);
    }));
});

describe("after the purchase", () => {
  const buyIn = async (context, page) => {
    await attempt(page);
    await page.getByRole("button", { name: "Pay $49 and upgrade" }).waitFor();
    await read(page);
    await primary(page).click();
  };

  test("the dialog stays and says so, all else goes, and the new epoch takes it away with a word", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "done" });
      await page.evaluate(() => document.body.append(Object.assign(document.createElement("button"), { id: "host" })));
      await page.locator("#host").focus();
      await buyIn(context, page);
      await page.getByRole("heading", { name: "Your new plan is being set up" }).waitFor();
      assert.match(await status(page).innerText(), /on its way/);
      assert.equal(await dialog(page).locator("[data-action]").count(), 1, "nothing but the cross");
      assert.equal(await page.locator("[data-exposure]").count(), 1, "the banner at the limit has gone");
      assert.ok(await dialog(page).evaluate((node) => node.contains(node.getRootNode().activeElement)), "the focus is kept");
      await attempt(page);
      await page.evaluate(() => void plimsoll.explore("automation"));
      await page.waitForTimeout(300);
      assert.equal(await dialog(page).count(), 1);
      await sync(page, FULL());
      await page.waitForTimeout(300);
      assert.equal(await dialog(page).count(), 1, "the same epoch says nothing new");
      await sync(page, PRO());
      await dialog(page).waitFor({ state: "detached" });
      await note(page).filter({ hasText: "Your new plan is ready." }).waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.id), "host");
      const gone = (await heard(page, "withdraw")).filter(({ reason }) => reason === "plan_changed");
      assert.equal(gone.length, 1);
      assert.deepEqual(page.faults, []);
    }));

  test("it can be closed at once, and what comes of it is said all the same", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "done" });
      await buyIn(context, page);
      await status(page).filter({ hasText: "on its way" }).waitFor();
      await page.keyboard.press("Escape");
      await dialog(page).waitFor({ state: "detached" });
      await sync(page, PRO());
      await note(page).filter({ hasText: "Your new plan is ready." }).waitFor();
      assert.equal((await heard(page, "response")).length, 1, "closing it is no answer to the prompt");
    }));

  test("closed before the host has answered, a failure is said all the same", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "waits" });
      await buyIn(context, page);
      await status(page).filter({ hasText: "One moment" }).waitFor();
      await page.keyboard.press("Escape");
      await page.evaluate(() => answer("failed"));
      await note(page).filter({ hasText: "That did not work" }).waitFor();
    }));

  for (const [answer, says] of [["nothing", /answered with nothing/], [{ ok: true }, /a value of the type object/], [true, /of the type boolean/]]) {
    test(`an answer that nobody understands (${JSON.stringify(answer)}) may have charged: no one is asked to try again, and the host hears why`, () =>
      inProfile(async (context) => {
        const page = await startHost(context, FULL(), { quote: QUOTE, purchase: answer });
        await buyIn(context, page);
        await dialog(page).waitFor({ state: "detached" });
        const found = await until(async () => (await heard(page, "error")).find(({ code }) => code === "purchase_invalid"), "the error");
        assert.equal(found.path, "purchase");
        assert.match(found.message, says);
        assert.match(found.help, /"done"/);
        await page.waitForTimeout(1_000);
        assert.equal(await note(page).count(), 0);
        assert.equal(await dialog(page).count(), 0);
        assert.equal(calls(context, "purchase").length, 1);
      }));
  }

  test("a redirect that cannot be opened is a failure, and the host hears why", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: { redirect: "javascript:void 0" } });
      await buyIn(context, page);
      await status(page).filter({ hasText: "That did not work" }).waitFor();
      const found = await until(async () => (await heard(page, "error")).find(({ code }) => code === "purchase_invalid"), "the error");
      assert.equal(found.path, "purchase.redirect");
    }));

  test("an upgrade that would lead nowhere is not offered, and the host hears what is missing", () =>
    inProfile(async (context) => {
      stand.policy = { ...POLICY, links: undefined };
      const page = await startHost(context, FULL(), { quote: QUOTE });
      await attempt(page);
      await dialog(page).waitFor();
      assert.deepEqual(await dialog(page).locator("[data-action]").evaluateAll((all) => all.map(({ dataset }) => dataset.action).filter((id) => id === "upgrade")), []);
      const found = await until(async () => (await heard(page, "error")).find(({ code }) => code === "upgrade_missing"), "the error");
      assert.match(found.help, /`purchase`.*`links\.checkout`/);
      await sync(page, FULL({ meters: { emails: { used: 1001, limit: 1000 } } }));
      await page.waitForTimeout(300);
      assert.equal((await heard(page, "error")).length, 1, "once, however often figures change");
      await page.close();
      const other = await startHost(context, FULL({ user: { id: "u_10" } }), { purchase: "done" });
      await attempt(other);
      await primary(other).waitFor();
    }));

  for (const [what, wait_ms, times] of [["in the moment of", 0, 1], ["when there was time to read of", 3000, 0]]) {
    test(`closed ${what} a failure, it is said ${times} times more`, () =>
      inProfile(async (context) => {
        const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "failed" });
        await page.evaluate((time_ms) => {
          const close = ({ state, prompt }) => state === "failed" && plimsoll.respond(prompt.exposure, "close");
          plimsoll.on("update", (detail) => setTimeout(close, time_ms, detail));
        }, wait_ms);
        await buyIn(context, page);
        await dialog(page).waitFor({ state: "detached" });
        await page.waitForTimeout(300);
        assert.equal(await note(page).filter({ hasText: "That did not work" }).count(), times);
      }));
  }

  test("a host that told of the new plan before it answered is waited for no more", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "waits" });
      await buyIn(context, page);
      await status(page).filter({ hasText: "One moment" }).waitFor();
      await sync(page, PRO());
      await page.evaluate(() => answer("done"));
      await note(page).filter({ hasText: "Your new plan is ready." }).waitFor();
      assert.equal(await dialog(page).count(), 0);
      assert.ok(!(await states(page)).includes("waiting"));
      await page.evaluate(() => void plimsoll.explore("automation"));
      const { prompts } = await page.evaluate(() => plimsoll.explain());
      assert.ok(prompts.every(({ reason }) => reason !== "pending_purchase"), "nothing waits for what is there already");
    }));

  test("a host that reports the conversion itself takes the dialog not away", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "waits" });
      await buyIn(context, page);
      await status(page).filter({ hasText: "One moment" }).waitFor();
      await page.evaluate(() => { plimsoll.converted(); answer("done"); });
      await page.getByRole("heading", { name: "Your new plan is being set up" }).waitFor();
    }));

  test("after a minute it says that it takes longer, and still ends", () =>
    inProfile(async (context) => {
      await context.clock.install();
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "done" });
      const tick = (time_ms) => context.clock.runFor(time_ms);
      await attempt(page);
      await until(async () => (await tick(100), await primary(page).count()) > 0, "the dialog");
      await until(async () => (await tick(100), /Pay/.test(await primary(page).innerText())), "the amount");
      await tick(1_000);
      await primary(page).click();
      await until(async () => (await tick(100), /on its way/.test(await status(page).innerText())), "the wait");
      await tick(58_000);
      assert.match(await status(page).innerText(), /on its way/);
      await tick(3_000);
      assert.match(await status(page).innerText(), /taking longer than usual.*nothing more/);
      await sync(page, PRO());
      await tick(1_000);
      assert.equal(await dialog(page).count(), 0);
    }));

  test("another tab's snapshot ends it", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "done" });
      await buyIn(context, page);
      await status(page).filter({ hasText: "on its way" }).waitFor();
      await startHost(context, PRO());
      await note(page).filter({ hasText: "Your new plan is ready." }).waitFor();
      assert.equal(await dialog(page).count(), 0);
    }));

  test("a change of language says it in that language, and logging out ends it", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "done" });
      await buyIn(context, page);
      await status(page).filter({ hasText: "on its way" }).waitFor();
      await page.evaluate(() => plimsoll.setLocale("pt-BR"));
      await page.getByRole("heading", { name: "Seu novo plano está sendo preparado" }).waitFor();
      await status(page).filter({ hasText: "Seu novo plano está a caminho" }).waitFor();
      await page.evaluate(() => plimsoll.reset());
      await dialog(page).waitFor({ state: "detached" });
    }));

  test("a host that draws hears each state with its words, and why it ends", () =>
    inProfile(async (context) => {
      const [page, exposure] = await startHeadless(context, FULL(), { quote: QUOTE, purchase: "done" });
      const priced = await until(async () => (await heard(page, "update")).find(({ quote }) => quote), "the amount");
      const upgrade = priced.prompt.actions.find(({ id }) => id === "upgrade");
      assert.deepEqual([upgrade.text, upgrade.href], ["Pay $49 and upgrade", undefined]);
      await press(page, exposure);
      const waiting = await until(async () => (await heard(page, "update")).find(({ state }) => state === "waiting"), "the wait");
      assert.deepEqual(
        [waiting.prompt.title, waiting.prompt.actions, waiting.prompt.waiting, waiting.message],
        ["Your new plan is being set up", [], true, "Thank you. Your new plan is on its way."],
      );
      await sync(page, PRO());
      const withdraw = await until(async () => (await heard(page, "withdraw")).find(({ exposure: id }) => id === exposure), "its end");
      assert.deepEqual([withdraw.reason, withdraw.message], ["plan_changed", "Your new plan is ready."]);
    }));
});

describe("back from a checkout of another page", () => {
  test("everything is quiet in every tab and over reloads until the new epoch, and meters follow", () =>
    inProfile(async (context) => {
      const page = await startHost(context, FULL(), { quote: QUOTE, purchase: { redirect: "/checkout?session=1" } });
      await attempt(page);
      await page.getByRole("button", { name: "Pay $49 and upgrade" }).waitFor();
      await read(page);
      await primary(page).click();
      await page.waitForURL("**/checkout?session=1");
      await page.close();
      const [bought] = calls(context, "purchase");

      const tabs = [await startHost(context, FULL()), await startHost(context, FULL())];
      await tabs[0].evaluate((epoch) => plimsoll.converted(epoch), bought.plan_epoch);
      tabs.push(await startHost(context, FULL()));
      for (const tab of tabs) {
        await tab.evaluate(async () => {
          const { define } = await import("/pkg/define.js");
          define();
          document.body.insertAdjacentElement("beforeend", Object.assign(document.createElement("plimsoll-meter"), { id: "m" })).setAttribute("meter", "emails");
          plimsoll.explore("automation");
        });
        await attempt(tab);
      }
      await tabs[0].waitForTimeout(700);
      for (const tab of tabs) {
        assert.equal(await tab.locator("dialog, section.banner").count(), 0, "a blocked attempt has its toast, no more");
        assert.match(await tab.locator("plimsoll-meter #words").innerText(), /1,000 of 1,000/);
      }
      await sync(tabs[0], PRO());
      for (const tab of tabs) {
        await tab.locator("plimsoll-meter #words").filter({ hasText: "1,000 of 50,000" }).waitFor();
        assert.equal(await tab.locator("dialog, section.banner").count(), 0);
      }
    }));
});

describe("asked again when it is pressed", () => {
  for (const [what, changed] of [
    ["the plan has changed in another tab", PRO()],
    ["sales has begun to talk with the account", FULL({ in_sales_conversation: true })],
  ]) {
    test(`when ${what}, nothing is bought, the dialog goes and says why`, () =>
      inProfile(async (context) => {
        const page = await startHost(context, FULL(), { quote: QUOTE, purchase: "done" });
        await page.evaluate(() => { window.is_deaf = true; });
        await attempt(page);
        await page.getByRole("button", { name: "Pay $49 and upgrade" }).waitFor();
        await read(page);
        const other = await startHost(context, { ...changed, server_time: new Date(Date.now() + 1000).toISOString() });
        await other.waitForTimeout(300);
        assert.deepEqual(await heard(page, "withdraw"), [], "this tab has not heard of it");
        await primary(page).click();
        await note(page).filter({ hasText: "Something has changed in the meantime" }).waitFor();
        assert.equal(await dialog(page).count(), 0);
        assert.deepEqual(calls(context, "purchase"), []);
      }));
  }
});

describe("extending a trial", () => {
  const DAY_MS = 24 * 60 * 60 * 1000;
  const trial = (days, changes) =>
    snapshot({ trial: { ends_at: new Date(Date.now() + days * DAY_MS).toISOString(), extendable: true, ...changes } });
  const banner = (page) => page.locator("section.banner");
  const extend = (page) => banner(page).locator("[data-action=extend_trial]");
  const TRIAL = { ...POLICY, prompts: [{ id: "default-trial-ending", trigger: { trial_ending_days: 3 }, surface: "banner" }] };

  test("is offered where the host can do it, and where the snapshot says so", async () => {
    stand.policy = TRIAL;
    for (const [snap, answers, offered] of [
      [trial(2), { onAction: "ok" }, 1],
      [trial(2), {}, 0],
      [trial(2, { extendable: false }), { onAction: "ok" }, 0],
    ]) {
      await inProfile(async (context) => {
        const page = await startHost(context, snap, answers);
        await banner(page).waitFor();
        assert.equal(await extend(page).count(), offered);
        assert.equal(await banner(page).locator(".primary").count(), 1);
      });
    }
  });

  test("that fails is said and may be tried again; done, it waits for the later end and goes with a word", () =>
    inProfile(async (context) => {
      stand.policy = TRIAL;
      const page = await startHost(context, trial(2), { onAction: ["failed", "ok"] });
      await banner(page).waitFor();
      await extend(page).click();
      await banner(page).getByText("That did not work. Please try again.").waitFor();
      await page.waitForTimeout(900);
      await extend(page).click();
      await banner(page).getByText("Your trial is being extended").waitFor();
      assert.equal(await banner(page).locator("[data-action]").count(), 1, "nothing but the cross");
      await sync(page, trial(2));
      await page.waitForTimeout(300);
      assert.equal(await banner(page).count(), 1, "the same end says nothing new");
      await sync(page, trial(9));
      await banner(page).waitFor({ state: "detached" });
      await note(page).filter({ hasText: "Your trial has been extended." }).waitFor();
      const ids = calls(context, "onAction").map(({ id }) => id);
      assert.equal(new Set(ids).size, 2);
    }));
});
