// The forms from the press to the row in the collector's database: on the demo's pages, against the real
// collector. Each test is something that may go wrong on the way, and what the person then sees.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe } from "./axe.support.mjs";
import {
  accountId,
  banner,
  control,
  eventsUntil,
  form,
  modal,
  named,
  note,
  press,
  pressSend,
  preview,
  send,
  sendTo,
  settle,
  settleGap,
  startStand,
  storedEvents,
  storedRequests,
  visitIn,
} from "./support.mjs";

const LIMIT = 1000;
const NOTE = "Our winter catalogue <b>goes out</b> on Monday & we cannot wait. Größe 日本 🚢";
const REQUESTS = "**/v1/requests";

let stand;
before(async () => {
  stand = await startStand();
});
after(() => stand?.stop());

/** Someone who cannot buy, at the limit, with the form before them. */
const asking = (run) =>
  visitIn(stand, {}, async (visitor) => {
    const page = await visitor.tab();
    await control(page, "role", "editor");
    await sendTo(page, LIMIT);
    await send(page, 1);
    await modal(page).waitFor();
    await press(modal(page), "ask_admin");
    await area(page).waitFor();
    await run(page, visitor, await accountId(page));
  });

const area = (page) => form(page).locator("textarea");
const said = (page, words) => form(page).getByRole("status").filter({ hasText: words }).waitFor();

test("what someone asks and writes is stored once, shown, and in no event", () =>
  asking(async (page, visitor, account) => {
    await form(page).getByText("Ana gets your request.").waitFor();
    await form(page).getByText("Your usage goes with it: 1,000 of 1,000 e-mails.").waitFor();
    assert.deepEqual(await axe(page), [], "the form");
    await area(page).fill(NOTE);
    await pressSend(page);
    await said(page, "Sent. Thank you.");
    const [request, ...more] = await storedRequests(stand, account);
    assert.deepEqual(more, []);
    const { id, exposure, user, received_at, sentAt, position, ...rest } = request;
    assert.deepEqual(rest, {
      kind: "ask_admin", account, prompt: "default-limit-hit", meter: "emails", plan: "free", next_plan: "pro",
      used: LIMIT, limit: LIMIT, locale: "en", note: NOTE, fold: position, asked: 1,
    });
    const events = await eventsUntil(stand, account, (all) => named(all, "Upgrade Requested").length > 0, "the event");
    assert.equal(named(events, "Upgrade Requested")[0].intent, id, "the event and the request are one press");
    assert.ok(!JSON.stringify(events).includes("catalogue"), "no word of a person in an event");
    await press(form(page), "back");
    await form(page).waitFor({ state: "detached" });
    await settle(page);
    assert.equal(await modal(page).count(), 0, "a prompt that was answered is gone");
    await page.locator('nav a[href="/plan"]').click();
    await page.locator(".asked q", { hasText: NOTE }).waitFor();
  }));

test("what someone asks sales is stored with the feature it is about, and stays said until it is read", () =>
  visitIn(stand, {}, async (visitor) => {
    const page = await visitor.tab("/sso");
    await page.locator("[data-try=sso]").click();
    await preview(page).waitFor();
    await press(preview(page), "talk_to_sales");
    await form(page).getByText("Our sales team gets your request.").waitFor();
    await form(page).getByText("It names the feature: Single sign-on.").waitFor();
    await area(page).fill(NOTE);
    await pressSend(page);
    await said(page, "Sent. Thank you.");
    const account = await accountId(page);
    // Postwharf's server knows of the conversation by now, and the prompt behind the form is withdrawn.
    await page.waitForFunction(async () => (await import("/app/api.js")).latest().snapshot.in_sales_conversation);
    await settle(page);
    await said(page, "Sent. Thank you.");
    const requests = await storedRequests(stand, account);
    assert.deepEqual(
      requests.map(({ kind, feature, meter, plan, next_plan, used, note }) => ({ kind, feature, meter, plan, next_plan, used, note })),
      [{ kind: "talk_to_sales", feature: "sso", meter: undefined, plan: "free", next_plan: "enterprise", used: undefined, note: NOTE }],
    );
    const events = await eventsUntil(stand, account, (all) => named(all, "Sales Requested").length > 0, "the event");
    assert.equal(named(events, "Sales Requested")[0].intent, requests[0].id);
    await page.keyboard.press("Escape");
    await form(page).waitFor({ state: "detached" });
    assert.equal(await preview(page).count(), 0);
  }));

test("a request that was stored but whose answer was lost is one request, also after a reload", () =>
  asking(async (page, visitor, account) => {
    visitor.forgive.push(/ERR_FAILED|Failed to load/);
    await page.route(REQUESTS, async (route) => {
      await route.fetch();
      await route.abort();
    });
    await area(page).fill(NOTE);
    await pressSend(page);
    await said(page, "This was not sent. What you wrote is still here");
    assert.equal(await area(page).inputValue(), NOTE);
    assert.equal((await storedRequests(stand, account)).length, 1, "it was stored all the same");
    assert.deepEqual(named(await storedEvents(stand, account), "Upgrade Requested"), [], "nobody knows yet that it was");
    await page.unroute(REQUESTS);
    await page.reload();
    await modal(page).waitFor();
    await press(modal(page), "ask_admin");
    await area(page).fill("again");
    await pressSend(page);
    await said(page, "Sent. Thank you.");
    const requests = await storedRequests(stand, account);
    assert.deepEqual(requests.map(({ note }) => note), [NOTE], "the same press, so the first stays");
  }));

test("offline it says so, keeps the words, and sends when asked again", () =>
  asking(async (page, visitor, account) => {
    visitor.forgive.push(/ERR_INTERNET_DISCONNECTED|Failed to load/);
    await area(page).fill(NOTE);
    await visitor.context.setOffline(true);
    await pressSend(page);
    await said(page, "You are offline, so this was not sent. What you wrote is still here.");
    await visitor.context.setOffline(false);
    await pressSend(page);
    await said(page, "Sent. Thank you.");
    assert.equal((await storedRequests(stand, account)).length, 1);
  }));

test("a key that the collector refuses is never called sent, and the developer hears why", () =>
  asking(async (page, visitor, account) => {
    visitor.forgive.push(/401|Failed to load/);
    await page.route(REQUESTS, (route) =>
      route.continue({ postData: JSON.stringify({ ...JSON.parse(route.request().postData()), writeKey: "pk_test_ofsomeoneelse" }) }));
    const warned = page.waitForEvent("console", (message) => message.text().includes("[unauthorized]"));
    await area(page).fill(NOTE);
    await pressSend(page);
    await said(page, "This was not sent.");
    await warned;
    assert.deepEqual(await storedRequests(stand, account), []);
    assert.equal(await area(page).inputValue(), NOTE);
  }));

test("an answer that is not the collector's own is not believed", () =>
  asking(async (page, visitor, account) => {
    let turn = 0;
    const answers = [
      { status: 200, contentType: "text/html", body: "<h1>Welcome to the hotel</h1>" },
      { status: 204 },
      { status: 202, body: "{}" },
      { status: 202, contentType: "application/json", body: '{"accepted": 0, "duplicates": 0}' },
    ];
    await page.route(REQUESTS, (route) => route.fulfill(answers[turn]));
    await area(page).fill(NOTE);
    for (; turn < answers.length; turn += 1) {
      await pressSend(page);
      await said(page, "This was not sent.");
    }
    assert.deepEqual(await storedRequests(stand, account), []);
  }));

test("Escape leads back and the next opening has the words again; Ctrl and Enter send them, once", () =>
  asking(async (page, visitor, account) => {
    let posts = 0;
    page.on("request", (request) => (posts += request.url().endsWith("/v1/requests")));
    await area(page).fill(NOTE);
    await page.keyboard.press("Escape");
    await form(page).waitFor({ state: "detached" });
    await modal(page).waitFor();
    await settleGap(page);
    await press(modal(page), "ask_admin");
    assert.equal(await area(page).inputValue(), NOTE);
    await settleGap(page);
    await page.keyboard.press("Control+Enter");
    await said(page, "Sent. Thank you.");
    await settleGap(page);
    await page.keyboard.press("Control+Enter");
    await settleGap(page);
    assert.equal(posts, 1);
    assert.deepEqual((await storedRequests(stand, account)).map(({ note }) => note), [NOTE]);
  }));

test("a form that is left while it is sent says afterwards what came of it", () =>
  asking(async (page, visitor, account) => {
    visitor.forgive.push(/503|Failed to load/);
    const held = [];
    await page.route(REQUESTS, (route) => void held.push(route));
    const sendAndLeave = async () => {
      await pressSend(page);
      await said(page, "One moment");
      await page.keyboard.press("Escape");
      await form(page).waitFor({ state: "detached" });
      return held.pop();
    };
    await area(page).fill(NOTE);
    const refused = await sendAndLeave();
    await refused.fulfill({ status: 503, body: "{}" });
    await modal(page).getByRole("status").filter({ hasText: "That did not work." }).waitFor();
    await settleGap(page);
    await press(modal(page), "ask_admin");
    assert.equal(await area(page).inputValue(), NOTE, "not lost");
    const sent = await sendAndLeave();
    await sent.continue();
    await note(page).filter({ hasText: "Sent. Thank you." }).waitFor();
    assert.equal(await modal(page).count(), 0, "what was answered is gone");
    assert.equal((await storedRequests(stand, account)).length, 1);
  }));

test("a tab that is closed as it sends has sent, and nothing of what was written stays in the browser", () =>
  asking(async (page, visitor, account) => {
    const arrives = page.waitForRequest((request) => request.url().endsWith("/v1/requests"));
    await area(page).fill(NOTE);
    await pressSend(page);
    await arrives;
    await page.close();
    for (let look = 0; look < 50 && (await storedRequests(stand, account)).length === 0; look += 1) {
      await new Promise((next) => setTimeout(next, 100));
    }
    assert.deepEqual((await storedRequests(stand, account)).map(({ note }) => note), [NOTE]);
    const next = await visitor.tab();
    const kept = await next.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.ok(!kept.includes("catalogue"), kept);
  }));

test("a collector that has too much to do is not asked again by itself, only by the person", () =>
  asking(async (page, visitor, account) => {
    visitor.forgive.push(/429|Failed to load/);
    let posts = 0;
    await page.route(REQUESTS, (route) => {
      posts += 1;
      return posts === 1 ? route.fulfill({ status: 429, headers: { "retry-after": "1" }, body: '{"code":"too_many_requests"}' }) : route.continue();
    });
    await area(page).fill(NOTE);
    await pressSend(page);
    await said(page, "This was not sent. What you wrote is still here");
    await page.waitForTimeout(1_500);
    assert.equal(posts, 1);
    await pressSend(page);
    await said(page, "Sent. Thank you.");
    assert.equal((await storedRequests(stand, account)).length, 1);
  }));

test("words that were begun outlive their prompt, and the request can still be sent", () =>
  asking(async (page, visitor, account) => {
    await area(page).fill(NOTE);
    await area(page).focus();
    // The plan is changed elsewhere: what the form asks for has come, but the words are the person's.
    await page.evaluate(async () => {
      const { change } = await import("/app/api.js");
      await change("POST", "/api/demo/plan", { plan: "pro" });
    });
    await settle(page);
    assert.equal(await area(page).inputValue(), NOTE);
    await pressSend(page);
    await said(page, "Sent. Thank you.");
    assert.equal((await storedRequests(stand, account)).length, 1);
    await press(form(page), "back");
    await form(page).waitFor({ state: "detached" });
    await settle(page);
    assert.equal(await modal(page).count(), 0);
  }));

test("a browser that opens no dialog says so at the button, which stays", () =>
  visitIn(stand, {}, async (visitor) => {
    const page = await visitor.tab();
    await control(page, "role", "editor");
    await sendTo(page, 800);
    await banner(page).waitFor();
    await page.evaluate(() => {
      HTMLDialogElement.prototype.showModal = () => {
        throw new Error("refused");
      };
    });
    for (const turn of ["first", "again"]) {
      await settleGap(page);
      await press(banner(page), "ask_admin");
      await banner(page).getByRole("status").filter({ hasText: "That did not work." }).waitFor();
      assert.equal(await form(page).count(), 0, turn);
    }
  }));

test("a form in which nothing was written goes with its prompt", () =>
  asking(async (page) => {
    await page.evaluate(async () => {
      const { change } = await import("/app/api.js");
      await change("POST", "/api/demo/plan", { plan: "pro" });
    });
    await form(page).waitFor({ state: "detached" });
    assert.equal(await modal(page).count(), 0);
  }));
