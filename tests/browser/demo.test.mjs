// The whole path, as a visitor of the demo sees it and as the collector stores it.
// Each test is one promise of docs/guarantees.md on the pages, servers and files that are published.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { axe } from "./axe.support.mjs";
import {
  accountId,
  anyPrompt,
  banner,
  control,
  eventsUntil,
  explain,
  meterShown,
  modal,
  named,
  note,
  press,
  pressSend,
  preview,
  ready,
  send,
  sendTo,
  settle,
  sleep,
  startStand,
  storedEvents,
  sum,
  toast,
  used,
  visitIn,
} from "./support.mjs";

/** What the account starts with; see the demo's server. */
const STARTS_AT = 380;
const LIMIT = 1000;
/** A press that comes with the amount is not taken for a purchase. */
const READ_MS = 600;

const WORDS = {
  en: {
    of: (count) => `${count} of 1,000 e-mails`,
    plan: "Pro",
    pay: (due) => `Pay ${due} and upgrade`,
    ready: "Your new plan is ready.",
  },
  "pt-BR": {
    of: (count) => `${count} de 1.000 e-mails`,
    plan: "Pro",
    pay: (due) => `Pagar ${due} e ativar`,
    ready: "Seu novo plano está pronto.",
  },
};

let stand;
before(async () => {
  stand = await startStand();
});
after(() => stand?.stop());

const visit = (options, run) => visitIn(stand, options, run);

for (const locale of ["en", "pt-BR"]) {
  test(`from 38 % to an upgrade, each prompt is the right one, in ${locale}`, () =>
    visit({ locale }, async (visitor) => {
      const words = WORDS[locale];
      const page = await visitor.tab();
      const account = await accountId(page);
      assert.equal(await used(page, "emails"), STARTS_AT);
      await settle(page);
      assert.equal(await anyPrompt(page).count(), 0, "nothing is shown below the first threshold");

      const exposures = new Set();
      for (const [percent, count] of [
        [50, 500],
        [75, 750],
        [90, 900],
      ]) {
        await sendTo(page, count - 1);
        const before = exposures.size === 0 ? 0 : 1;
        assert.equal(await banner(page).count(), before, `one short of ${percent} %`);
        await send(page, 1);
        await banner(page)
          .filter({ hasText: words.of(count) })
          .waitFor();
        assert.deepEqual(await meterShown(page, "emails"), [count, LIMIT, words.of(count)]);
        assert.equal(await anyPrompt(page).count(), 1, `only the banner of ${percent} % is open`);
        exposures.add(await banner(page).getAttribute("data-exposure"));
        await eventsUntil(
          stand,
          account,
          (events) => named(events, "Prompt Shown", { prompt: `default-${percent}` }).length === 1,
          `the showing of default-${percent}`,
        );
      }
      assert.equal(exposures.size, 3, "each threshold is a prompt of its own");

      await sendTo(page, LIMIT);
      await banner(page)
        .filter({ hasText: /1[,.]000/ })
        .waitFor();
      assert.equal(await modal(page).count(), 0, "reaching the limit interrupts nobody");
      await send(page, 1);
      await modal(page).waitFor();
      assert.equal(await used(page, "emails"), LIMIT, "what was refused is not counted");
      await modal(page).filter({ hasText: words.plan }).waitFor();
      // The amount due now, prorated by the demo's server, and not the plan's price.
      const due = await page.evaluate(async (locale) => {
        const { ask } = await import("/app/api.js");
        const { quote } = await ask("/api/quote", { plan: "pro", locale });
        const format = new Intl.NumberFormat(locale, {
          style: "currency",
          currency: quote.currency,
        });
        return format.format(quote.amount_minor / 100);
      }, locale);
      assert.match(due, /^(US)?\$/);
      // `hasText` takes a space of any width; so does this.
      const shown = modal(page).locator(".amount strong");
      await shown.filter({ hasText: due }).waitFor();
      assert.equal((await shown.textContent()).length, due.length, "an amount due has no period");

      await page.getByRole("button", { name: words.pay(due) }).waitFor();
      await page.waitForTimeout(READ_MS);
      await press(modal(page), "upgrade");
      await anyPrompt(page).first().waitFor({ state: "detached" });
      await note(page).filter({ hasText: words.ready }).waitFor();
      await page.locator(".plan-name", { hasText: "Pro" }).waitFor();
      await settle(page);
      assert.equal(await anyPrompt(page).count(), 0, "nothing is offered that is owned");
      await send(page, 1);
      assert.equal(await used(page, "emails"), LIMIT + 1, "the new plan's limit holds at once");
      await settle(page);
      assert.equal(
        await anyPrompt(page).count(),
        0,
        "thresholds already passed are not shown again",
      );

      // The new plan's own prompts may come: the purchase has arrived with its snapshot.
      await page.locator('nav a[href="/sso"]').click();
      await page.locator("[data-try=sso]").click();
      const { prompts } = await explain(page);
      const sso = prompts.find(({ feature }) => feature === "sso");
      assert.deepEqual([sso.decision, sso.reason], ["held", "gap"], "only pacing holds it");

      const events = await eventsUntil(
        stand,
        account,
        (all) =>
          named(all, "Plan Changed").length > 0 &&
          sum(named(all, "Usage Counted", { meter: "emails" }), "added") === LIMIT + 1 - STARTS_AT,
        "the plan change and every use",
      );
      assertWholePath(events);
    }));
}

function assertWholePath(events) {
  const crossings = named(events, "Threshold Crossed", { meter: "emails", epoch: 1 });
  assert.deepEqual(crossings.map(({ percent, kind }) => [percent, kind]).slice(0, 3), [
    [50, "crossed"],
    [75, "crossed"],
    [90, "crossed"],
  ]);
  assert.equal(new Set(crossings.map(({ crossing }) => crossing)).size, crossings.length);
  assert.equal(named(events, "Limit Hit", { meter: "emails" }).length, 1);
  for (const prompt of [
    "default-50",
    "default-75",
    "default-90",
    "default-at-limit",
    "default-limit-hit",
  ]) {
    assert.equal(named(events, "Prompt Shown", { prompt }).length, 1, `${prompt} was shown once`);
  }
  const answered = named(events, "Prompt Answered", { response: "act", action: "upgrade" });
  assert.deepEqual(
    answered.map(({ prompt }) => prompt),
    ["default-limit-hit"],
  );
  const [started] = named(events, "Upgrade Started");
  assert.deepEqual([started.from_plan, started.to_plan], ["free", "pro"]);
  assert.match(started.intent, /^[0-9a-f]{16}$/);
  assert.deepEqual(
    named(events, "Plan Changed").map(({ from_plan, to_plan, epoch }) => [
      from_plan,
      to_plan,
      epoch,
    ]),
    [["free", "pro", 2]],
  );
  const ids = events.map((event) => event.messageId);
  assert.equal(new Set(ids).size, ids.length, "no event is stored twice");
  for (const event of events) {
    assert.doesNotMatch(
      JSON.stringify(event),
      /@|Marina|Ana\b/,
      "no text of a person leaves the browser",
    );
  }
}

describe("two tabs", () => {
  test("an upgrade in one withdraws every prompt in both", () =>
    visit({}, async (visitor) => {
      const [first, second] = [await visitor.tab(), await visitor.tab()];
      // The second tab hears nothing from Postwharf's server, so what it does it does by Plimsoll.
      await second.route("**/api/**", (route) => route.abort());
      visitor.forgive.push(/net::ERR_FAILED.*\/api\//);
      await sendTo(first, 900);
      for (const page of [first, second]) await banner(page).waitFor();
      await first.goto(`${stand.url}/checkout?plan=pro`);
      await ready(first);
      await first.locator("[data-pay]").click();
      await first.locator(".plan-name", { hasText: "Pro" }).waitFor();
      await anyPrompt(second).waitFor({ state: "detached" });
      await settle(second);
      for (const page of [first, second]) assert.equal(await anyPrompt(page).count(), 0);
    }));

  test("a limit hit in both opens one modal", () =>
    visit({}, async (visitor) => {
      const [first, second] = [await visitor.tab(), await visitor.tab()];
      await sendTo(first, LIMIT);
      await Promise.all([send(first, 1), send(second, 1)]);
      await settle(first);
      const open = (await modal(first).count()) + (await modal(second).count());
      assert.equal(open, 1, "one modal across tabs");
      // The other attempt is answered all the same, without interrupting.
      const answers = (await toast(first).count()) + (await toast(second).count());
      const inline = (await second.locator(".result[data-kind=bad]").count()) > 0;
      assert.ok(answers >= 1 || inline, "a blocked attempt always gets an answer");
      const events = await eventsUntil(
        stand,
        await accountId(first),
        (all) => named(all, "Limit Hit").length === 2,
        "both limit hits",
      );
      assert.equal(named(events, "Prompt Shown", { surface: "modal" }).length, 1);
    }));

  test("both count, and neither counts the other's uses", () =>
    visit({}, async (visitor) => {
      const [first, second] = [await visitor.tab(), await visitor.tab()];
      const account = await accountId(first);
      for (let round = 0; round < 4; round += 1) {
        await Promise.all([send(first, 10), send(second, 10)]);
      }
      for (const page of [first, second]) {
        await page.waitForFunction(async (wanted) => {
          const { plimsoll } = await import("/app/plimsoll.js");
          return plimsoll().read().meters.emails.used === wanted;
        }, STARTS_AT + 80);
      }
      const events = await eventsUntil(
        stand,
        account,
        (all) => sum(named(all, "Usage Counted", { meter: "emails" }), "added") >= 80,
        "all uses",
      );
      assert.equal(sum(named(events, "Usage Counted", { meter: "emails" }), "added"), 80);
    }));
});

describe("a reload", () => {
  test("paints an open banner again and does not count it again", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab();
      const account = await accountId(page);
      await sendTo(page, 500);
      const exposure = await banner(page).getAttribute("data-exposure");
      await eventsUntil(
        stand,
        account,
        (all) => named(all, "Prompt Shown").length === 1,
        "the showing",
      );
      for (let round = 0; round < 3; round += 1) {
        await page.reload();
        await ready(page);
        await banner(page).waitFor();
        assert.equal(await banner(page).getAttribute("data-exposure"), exposure);
      }
      await send(page, 1);
      const events = await eventsUntil(
        stand,
        account,
        (all) => sum(named(all, "Usage Counted"), "added") === 501 - STARTS_AT,
        "the last use",
      );
      assert.equal(named(events, "Prompt Shown").length, 1);
      assert.equal(named(events, "Threshold Crossed").length, 1);
    }));

  for (const [response, how] of [
    ["later", "the cross"],
    ["never", "the menu"],
  ]) {
    test(`leaves a banner dismissed that was answered “${response}” by ${how}`, () =>
      visit({}, async (visitor) => {
        const page = await visitor.tab();
        const other = await visitor.tab();
        await sendTo(page, 500);
        await banner(other).waitFor();
        if (response === "never") await banner(page).locator("summary").click();
        await press(banner(page), response);
        for (const tab of [page, other]) await banner(tab).waitFor({ state: "detached" });
        await page.reload();
        await ready(page);
        const fresh = await visitor.tab();
        for (const tab of [page, other, fresh]) {
          await settle(tab);
          assert.equal(await anyPrompt(tab).count(), 0);
        }
        await sendTo(page, 750);
        await banner(page).waitFor();
        const events = await eventsUntil(
          stand,
          await accountId(page),
          (all) => named(all, "Prompt Answered").length > 0,
          "the answer",
        );
        assert.deepEqual(
          named(events, "Prompt Answered").map((answer) => answer.response),
          [response],
        );
      }));
  }

  test("asks why when a modal is put off, and has the answer", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab();
      await sendTo(page, LIMIT + 1);
      await press(modal(page), "later");
      await settle(page);
      await press(modal(page), "next_month");
      await modal(page).waitFor({ state: "detached" });
      const events = await eventsUntil(stand, await accountId(page), (all) => named(all, "Objection Given").length, "the answer");
      assert.equal(named(events, "Objection Given")[0].until, "next_month");
    }));
});

describe("the right action for the person", () => {
  test("someone who cannot buy asks the one who can", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab();
      await control(page, "role", "editor");
      await sendTo(page, LIMIT);
      await send(page, 1);
      await modal(page).waitFor();
      assert.equal(await modal(page).locator("[data-action=upgrade]").count(), 0);
      await press(modal(page), "ask_admin");
      await pressSend(page);
      const events = await eventsUntil(
        stand,
        await accountId(page),
        (all) => named(all, "Upgrade Requested").length > 0,
        "the request",
      );
      assert.equal(named(events, "Upgrade Requested").length, 1);
    }));

  test("trying a feature of a higher plan shows what it is, once a day", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab("/automation");
      await page.locator("[data-try=automation]").click();
      await preview(page).waitFor();
      await page.keyboard.press("Escape");
      await preview(page).waitFor({ state: "detached" });
      assert.equal(await page.evaluate(() => document.activeElement?.dataset.try), "automation");
      await page.locator("[data-try=automation]").click();
      await settle(page);
      assert.equal(await preview(page).count(), 0, "interruptions keep their distance");
    }));

  test("a plan sold by people is talked about, not bought, and then offered no more", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab("/sso");
      await page.locator("[data-try=sso]").click();
      await preview(page).waitFor();
      await press(preview(page), "talk_to_sales");
      await pressSend(page);
      const events = await eventsUntil(
        stand,
        await accountId(page),
        (all) => named(all, "Sales Requested").length > 0,
        "the request",
      );
      assert.equal(named(events, "Sales Requested")[0].feature, "sso");
      await page.goto(`${stand.url}/compose`);
      await ready(page);
      await sendTo(page, 500);
      await settle(page);
      assert.equal(await anyPrompt(page).count(), 0);
    }));
});

describe("a trial", () => {
  test("that ends soon is announced, and can be extended once", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab();
      await control(page, "trial", "on");
      await banner(page).filter({ hasText: "Automation" }).waitFor();
      await press(banner(page), "extend_trial");
      await banner(page).waitFor({ state: "detached" });
      await note(page).filter({ hasText: "Your trial has been extended." }).waitFor();
      const events = await eventsUntil(
        stand,
        await accountId(page),
        (all) => named(all, "Trial Extension Requested").length > 0,
        "the request",
      );
      assert.equal(named(events, "Trial Extension Requested").length, 1);
      const trial = await page.evaluate(
        async () => (await import("/app/api.js")).latest().state.trial,
      );
      assert.equal(trial.extendable, false);
    }));
});

describe("time", () => {
  test("“later” on a banner runs out after a day", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab();
      await sendTo(page, 500);
      await press(banner(page), "later");
      await banner(page).waitFor({ state: "detached" });
      await control(page, "step", "day");
      await control(page, "step", "day");
      await banner(page).waitFor();
    }));

  test("a new month takes the banner away and starts the figures again", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab();
      await sendTo(page, 500);
      await banner(page).waitFor();
      await control(page, "step", "month");
      await banner(page).waitFor({ state: "detached" });
      assert.equal(await used(page, "emails"), 0);
      await sendTo(page, 750);
      await banner(page).waitFor();
      const events = await eventsUntil(
        stand,
        await accountId(page),
        (all) =>
          named(all, "Prompt Shown", { prompt: "default-50" }).length >= 1 &&
          named(all, "Prompt Shown", { prompt: "default-75" }).length === 1,
        "the showings of both months",
      );
      const crossings = named(events, "Threshold Crossed", { percent: 50 });
      assert.equal(new Set(crossings.map(({ period_start }) => period_start)).size, 2);
      assert.deepEqual(named(events, "Events Dropped"), []);
    }));
});

describe("levels", () => {
  test("seats fall and rise without a prompt for each step", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab("/team");
      const invite = async (count) => {
        await page.locator("[data-invite]").click();
        await page
          .locator(".rows li")
          .nth(count - 1)
          .waitFor();
      };
      for (const count of [3, 4]) await invite(count);
      assert.equal(await used(page, "seats"), 4);
      await page.locator(".rows button").last().click();
      await page.locator(".rows li").nth(3).waitFor({ state: "detached" });
      assert.equal(await used(page, "seats"), 3);
      await invite(4);
      assert.equal(await used(page, "seats"), 4);
      assert.ok((await banner(page).count()) <= 1);
    }));
});

describe("the page", () => {
  for (const theme of ["light", "dark"]) {
    test(`has no fault that axe-core can find, in ${theme}`, () =>
      visit({ theme, dock: "open", width: 1440 }, async (visitor) => {
        const page = await visitor.tab();
        await sendTo(page, 900);
        await banner(page).waitFor();
        assert.deepEqual(await axe(page), [], "the composer with a banner");
        for (const path of [
          "/",
          "/team",
          "/files",
          "/automation",
          "/sso",
          "/plan",
          "/checkout?plan=pro",
        ]) {
          await page.goto(stand.url + path);
          await ready(page);
          assert.deepEqual(await axe(page), [], path);
        }
        await page.goto(`${stand.url}/compose`);
        await ready(page);
        await sendTo(page, LIMIT);
        await send(page, 1);
        await modal(page).waitFor();
        assert.deepEqual(await axe(page), [], "the modal");
      }));
  }

  test("fits 320 px without scrolling sideways, prompts included", () =>
    visit({ width: 320 }, async (visitor) => {
      const page = await visitor.tab();
      await sendTo(page, 500);
      await banner(page).waitFor();
      for (const path of ["/", "/compose", "/team", "/files", "/automation", "/sso", "/plan"]) {
        await page.goto(stand.url + path);
        await ready(page);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${path} is ${over} px too wide`);
      }
    }));

  test("does not move when a banner appears", () =>
    visit({}, async (visitor) => {
      const page = await visitor.tab();
      await sendTo(page, 499);
      const title = page.locator("h1");
      const before = await title.boundingBox();
      await send(page, 1);
      await banner(page).waitFor();
      await settle(page);
      assert.deepEqual(await title.boundingBox(), before);
    }));
});

describe("the collector", () => {
  test("killed and restarted in the middle loses nothing and counts nothing twice", () =>
    visit({}, async (visitor) => {
      visitor.forgive.push(/503.*\/(p\/v1\/batch|api\/events)/);
      const page = await visitor.tab();
      const account = await accountId(page);
      await sendTo(page, 500);
      await eventsUntil(
        stand,
        account,
        (all) => named(all, "Prompt Shown").length === 1,
        "the showing",
      );
      await send(page, 100);
      await stand.killCollector();
      try {
        await sendTo(page, 760);
        await page.reload();
        await ready(page);
        await banner(page).waitFor();
        await sendTo(page, 800);
      } finally {
        await stand.startCollector();
      }
      await send(page, 1);
      const events = await eventsUntil(
        stand,
        account,
        (all) => sum(named(all, "Usage Counted", { meter: "emails" }), "added") >= 801 - STARTS_AT,
        "what was counted while the collector was away",
      );
      await sleep(1_000);
      const final = await storedEvents(stand, account);
      assert.equal(
        sum(named(final, "Usage Counted", { meter: "emails" }), "added"),
        801 - STARTS_AT,
      );
      assert.deepEqual(
        named(final, "Threshold Crossed", { meter: "emails" }).map(({ percent }) => percent),
        [50, 75],
      );
      assert.equal(named(final, "Prompt Shown").length, 2);
      assertDense(events);
    }));
});

/** A writer's numbers run from 1 without a gap: nothing was lost on the way. */
function assertDense(events) {
  const writers = new Map();
  for (const { context } of events) {
    const { writer, seq } = context.plimsoll;
    if (!writers.has(writer)) writers.set(writer, []);
    writers.get(writer).push(seq);
  }
  for (const [writer, numbers] of writers) {
    const sorted = [...numbers].sort((a, b) => a - b);
    assert.deepEqual(
      sorted,
      sorted.map((_, index) => index + 1),
      `the numbers of ${writer}`,
    );
  }
}
