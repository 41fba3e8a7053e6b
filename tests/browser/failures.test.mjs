// docs/failures.md, row by row: what is missing or wrong, what happens then, and that nothing is lost. Each row is made
// as it really comes about, in Chromium, on the published build; the clock and a refused key with the real collector.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { attempt, dialog, FULL, inProfile, openStand, stand } from "./host.support.mjs";
import { assertReads } from "./faults.support.mjs";
import { ANSWER, heard, hide, keys, named, once, openPage, snapshot, startOn, sum, until, use, used } from "./shell.support.mjs";
import { accountId, banner as demoBanner, eventsUntil, named as stored, press, sendTo, startStand, sum as total, used as usedOf, visitIn } from "./support.mjs";

openStand();

const toast = (page) => page.locator("section.toast[data-exposure]");
const banner = (page) => page.locator("section.banner[data-exposure]");
const heardOf = (page, code) =>
  until(async () => (await heard(page, "error")).find((error) => error.code === code), `the error ${code}`);
/** An error that helps: it says what it is about, and what to do. */
function assertHelps(error, { code, path, says, help }) {
  assert.deepEqual([error.code, error.path], [code, path], JSON.stringify(error));
  assert.match(error.message, says);
  assert.match(error.help, help);
  assertReads(error);
}
/** The browser itself notes requests that failed; whatever else a page complains of is ours. */
const thrown = (page) => page.faults.filter((fault) => !/Failed to load resource|net::ERR/.test(fault));

const withPage = (run, init, options) =>
  inProfile(async (context) => {
    if (init) await context.addInitScript(init);
    const page = await openPage(stand, context);
    if (options) assert.equal(await startOn(page, options), null);
    await run(page, context);
    assert.deepEqual(thrown(page), [], "nothing was thrown into the page");
  });

describe("a policy that is missing", () => {
  const ADDRESS = { code: "policy_missing", path: "policy", says: /no policy at `http:.*`/, help: /check the address/ };
  for (const [what, policy, expected] of [
    ["none is given", undefined, { ...ADDRESS, says: /no policy was given/, help: /pass its address/ }],
    ["nothing is at its address", "/nowhere.json", { ...ADDRESS, says: /`http:.*nowhere\.json`: status 404$/ }],
    ["a page of the host's router is there", "/page", { ...ADDRESS, says: /no policy at `http:.*\/page`, but a page: status 200$/ }],
    ["it is to be the collector's, which has none", "/p/none/v1/policy", { ...ADDRESS, says: /`http:.*\/v1\/policy`: status 404: this collector has no policy$/, help: /`--policy FILE`/ }],
    ["nobody answers", "/refused.json", { ...ADDRESS, says: /`http:.*refused\.json`$/ }],
  ]) {
    test(`${what}: \`start\` says so by field, value and what to do, leaves nothing, and may be called again`, () =>
      withPage(async (page) => {
        await page.route("**/refused.json", (route) => route.abort("connectionrefused"));
        const body = '{"code":"policy_missing","message":"this collector has no policy","help":"start `plimsoll serve` with `--policy FILE`"}';
        await page.route("**/p/none/v1/policy*", (route) => route.fulfill({ status: 404, contentType: "application/json", body }));
        const before = await page.evaluate(() => document.documentElement.outerHTML);
        assertHelps(await startOn(page, { policy, endpoint: policy && page.endpoint, snapshot: snapshot() }), expected);
        assert.equal(await page.evaluate(() => document.documentElement.outerHTML), before);
        assert.deepEqual(await keys(page), []);
        assert.equal(await startOn(page, { snapshot: snapshot() }), null);
        await use(page, 150);
        await banner(page).waitFor();
      }));
  }

  test("that of another language: the page stays in the one it has, and counts on", () =>
    withPage(async (page) => {
      await page.route(/policy\.json\?de/, (route) => route.abort("connectionrefused"));
      assert.equal(await startOn(page, { policy: "/policy.json?{locale}", snapshot: snapshot() }), null);
      await page.evaluate(() => plimsoll.setLocale("de"));
      assertHelps(await heardOf(page, "policy_missing"), ADDRESS);
      await use(page, 150);
      assert.equal(await used(page), 550);
      assert.match(await banner(page).innerText(), /550 of 1,000/);
    }));
});

describe("a wrong key, and a clock that is wrong, at the real collector", () => {
  let real;
  before(async () => { real = await startStand(); });
  after(() => real?.stop());

  test("the collector gives no policy for a wrong key: `start` names the key, and nothing is kept", () =>
    visitIn(real, {}, async (visitor) => {
      visitor.forgive.push(/status of 401/);
      const page = await visitor.tab();
      const stored_before = await keys(page);
      const error = await page.evaluate(async () => {
        const [{ start }, { latest }] = await Promise.all([import("/pkg/index.js"), import("/app/api.js")]);
        const { snapshot, plimsoll } = latest();
        return start({ endpoint: plimsoll.endpoint, key: "pk_test_wrong", snapshot })
          .then(() => undefined, ({ code, path, message, help }) => ({ code, path, message, help }));
      });
      assertHelps(error, { code: "unauthorized", path: "key", says: /\/v1\/policy`: status 401/, help: /publishable key/ });
      assert.deepEqual((await keys(page)).length, stored_before.length);
    }));

  for (const [what, days] of [["ahead", 365], ["behind", -365]]) {
    test(`a clock a year ${what}: the figures are the server's, what is put off stays so when the clock is right again, and every event is taken`, () =>
      visitIn(real, {}, async (visitor) => {
        await visitor.context.addInitScript((wrong_ms) => {
          // Only the wall clock is wrong: timers and `performance.now()` go on as ever.
          const Real = Date;
          const off = () => (sessionStorage.getItem("right") ? 0 : wrong_ms);
          window.Date = class extends Real {
            constructor(...given) { super(...(given.length ? given : [Real.now() + off()])); }
            static now() { return Real.now() + off(); }
          };
        }, days * 86_400_000);
        const page = await visitor.tab();
        assert.ok(Math.abs(await page.evaluate(() => Date.now()) - Date.now() - days * 86_400_000) < 60_000);
        await sendTo(page, 530);
        await press(demoBanner(page), "later");
        const account = await accountId(page);
        const enough = (events) => total(stored(events, "Usage Counted"), "added") === 150 && stored(events, "Prompt Answered", { response: "later" }).length === 1;
        const events = await eventsUntil(real, account, enough, "what was done under the wrong clock");
        // Times in events are the server's, as the snapshot gave it.
        for (const { timestamp } of events) assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 600_000, timestamp);
        const minutes = stored(events, "Signal Counted", { signal: "session_minutes" }).length;
        assert.ok(minutes <= 2, `${minutes} times five minutes in one`);
        await page.evaluate(() => sessionStorage.setItem("right", "yes"));
        await page.reload();
        await page.waitForSelector("body[data-plimsoll]");
        await page.waitForTimeout(1_000);
        assert.equal(await demoBanner(page).count(), 0, "what was put off stays put off");
        assert.equal(await usedOf(page, "emails"), 530);
      }));
  }
});

test("a key that the collector refuses while the page is at work: all goes on, the host hears it, and what waits goes once the key is taken", () =>
  withPage(async (page) => {
    stand.answer = () => ({ status: 401 });
    assert.equal(await startOn(page, { snapshot: snapshot() }), null);
    await use(page, 150);
    await banner(page).waitFor();
    await hide(page);
    assertHelps(await heardOf(page, "unauthorized"), { code: "unauthorized", path: "key", says: /refused the key.*401/, help: /events are kept/ });
    assert.equal(await used(page), 550);
    stand.answer = ANSWER;
    await page.reload();
    assert.equal(await startOn(page, { snapshot: snapshot() }), null);
    await until(() => sum(once(stand.events())) === 150, "what waited", 15_000);
  }));

describe("offline at the start", () => {
  test("`start` rejects by name and leaves nothing; called again with the network it works", () =>
    withPage(async (page, context) => {
      await page.evaluate(() => import("/pkg/index.js"));
      await context.setOffline(true);
      const error = await startOn(page, { snapshot: snapshot() });
      assert.ok(["policy_missing", "wasm_missing"].includes(error.code), JSON.stringify(error));
      assert.match(error.message, /http:/);
      assert.deepEqual(await keys(page), []);
      await context.setOffline(false);
      assert.equal(await startOn(page, { snapshot: snapshot() }), null);
      await use(page, 150);
      await banner(page).waitFor();
    }));

  test("with the core and the policy at hand it counts and keeps, and sends and shows when the network is back", () =>
    withPage(async (page, context) => {
      await page.evaluate(async () => {
        const bytes = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());
        const compiler = await import("/pkg/dist/plimsoll_policy.js");
        await compiler.default();
        window.policy = compiler.Draft.read(await (await fetch("/policy.json")).text()).compile("en");
        window.wasm = await bytes("/pkg/dist/plimsoll_bg.wasm");
        window.start = (await import("/pkg/index.js")).start;
      });
      await context.setOffline(true);
      await page.evaluate(async ([given, endpoint]) => {
        window.heard = [];
        window.plimsoll = await start({ policy, wasm, endpoint, key: "pk", snapshot: given });
        for (const name of ["error", "prompt"]) plimsoll.on(name, (detail) => heard.push({ name, ...detail }));
      }, [snapshot(), page.endpoint]);
      await use(page, 150);
      assert.equal(await used(page), 550);
      await heardOf(page, "view_missing");
      assert.ok((await keys(page)).length > 0, "what was counted is stored");
      assert.deepEqual(stand.batches, []);
      await context.setOffline(false);
      await banner(page).waitFor();
      await until(() => sum(once(stand.events())) === 150, "what was used offline", 60_000);
    }));
});

describe("a browser without `<dialog>`", () => {
  /** As its engine has it: an unknown element, with nothing of a dialog or a popover. */
  const without = () => {
    for (const name of ["showModal", "show", "close", "requestClose"]) delete HTMLDialogElement.prototype[name];
    delete window.HTMLDialogElement;
    for (const name of ["popover", "showPopover", "hidePopover", "togglePopover"]) delete HTMLElement.prototype[name];
  };
  test("a blocked attempt is answered by a toast, banners come as ever, and the host hears why", () =>
    withPage(async (page) => {
      await use(page, 150);
      await banner(page).waitFor();
      await page.evaluate((given) => plimsoll.sync(given), FULL());
      await attempt(page);
      await toast(page).waitFor();
      assert.match(await toast(page).innerText(), /1,000/);
      assert.equal(await dialog(page).count(), 0);
      assertHelps(await heardOf(page, "dialog_missing"), { code: "dialog_missing", path: "", says: /<dialog>/, help: /view: "none"/ });
      await until(() => named(stand.events(), "Limit Hit").length === 1, "the attempt at the collector", 15_000);
      await until(() => sum(once(stand.events())) === 150, "what was used", 15_000);
    }, without, { snapshot: snapshot() }));

  test("an admin can be asked from a toast, without a note; it is said when it is sent", () =>
    withPage(async (page) => {
      await attempt(page);
      await toast(page).locator("[data-action=ask_admin]").click();
      await until(() => stand.requests.length === 1, "the request at the collector");
      await page.getByText("Sent. Thank you.").first().waitFor();
    }, without, { snapshot: FULL({ can_purchase: false, billing_owner: "Ana" }) }));

  test("a host that draws gets its dialogs", () =>
    withPage(async (page) => {
      await attempt(page);
      await until(async () => (await heard(page, "prompt")).some(({ prompt }) => prompt.surface === "modal"), "the dialog");
      assert.deepEqual(await heard(page, "error"), []);
    }, without, { snapshot: FULL(), view: "none" }));
});

describe("storage that is refused", () => {
  /** Each used, blocked, and gone at once: what memory alone held. */
  async function live(page, frame) {
    assert.equal(await frame.evaluate(() => {
      plimsoll.use("emails", 150);
      plimsoll.attempt("seats", 9);
      return plimsoll.read().meters.emails.used;
    }), 550);
    await toast(frame).waitFor();
    assert.equal(await dialog(frame).count() + await banner(frame).count(), 0, "what nobody would remember comes unasked to nobody");
    assertHelps(await heardOf(frame, "storage_lost"), { code: "storage_lost", path: "", says: /does not let us store/, help: /private windows/ });
    assert.equal(await frame.evaluate(() => plimsoll.explain().storage), "memory");
    await frame.evaluate(() => void plimsoll.use("emails", 7));
    await page.goto(`${stand.url}/checkout`);
    await until(() => sum(once(stand.events())) === 157, "all of it at the collector", 5_000);
  }

  const options = () => ({ snapshot: snapshot() });
  for (const [what, init] of [
    ["by a getter that throws, as where cookies are blocked", () =>
      Object.defineProperty(window, "localStorage", { get: () => { throw new DOMException("denied", "SecurityError"); } })],
    ["on every write, as private windows of older Safaris and full disks do", () => {
      Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
    }],
  ]) {
    test(`${what}: it counts, answers with a toast and sends all of it`, () =>
      inProfile(async (context) => {
        await context.addInitScript(init);
        const page = await openPage(stand, context);
        assert.equal(await startOn(page, options()), null);
        await heardOf(page, "storage_lost");
        await live(page, page);
        assert.deepEqual(thrown(page), []);
      }));
  }

  test("in a sandboxed frame of no origin: the same, and the page around it is left alone", () =>
    withPage(async (page) => {
      stand.csp = "";
      stand.headers = { "access-control-allow-origin": "*" };
      stand.answer = () => ({ ...ANSWER(), headers: stand.headers });
      await page.goto(`${stand.url}/page`);
      await page.evaluate(() => {
        const frame = document.createElement("iframe");
        frame.setAttribute("sandbox", "allow-scripts");
        Object.assign(frame, { src: "/page", width: 500, height: 400 });
        document.body.append(frame);
      });
      const frame = await until(() => page.frames().find((found) => found !== page.mainFrame() && found.url().endsWith("/page")), "the frame");
      await frame.waitForLoadState();
      await frame.evaluate(async ([base, endpoint, given]) => {
        const { start } = await import(`${base}/pkg/index.js`);
        window.heard = [];
        window.plimsoll = await start({ policy: `${base}/policy.json`, endpoint: base + endpoint, key: "pk", snapshot: given });
        plimsoll.on("error", (error) => heard.push({ name: "error", ...error }));
      }, [stand.url, page.endpoint, snapshot()]);
      await heardOf(frame, "storage_lost");
      await live(page, frame);
    }));
});

describe("what the host gives and cannot be right", () => {
  test("a secret key in the page: `start` rejects, and neither its error nor the console repeats the key", () =>
    withPage(async (page) => {
      const said = [];
      page.on("console", (message) => said.push(message.text()));
      const error = await startOn(page, { snapshot: snapshot(), key: "sk_live_0123456789" });
      assertHelps(error, { code: "option_invalid", path: "key", says: /secret key does not belong in a page/, help: /`pk_…`/ });
      assert.doesNotMatch(JSON.stringify([error, said]), /0123456789/);
      assert.deepEqual([await keys(page), stand.batches], [[], []]);
    }));

  test("a field or option that nobody reads: it is told once with the name that was meant, and all goes on", () =>
    withPage(async (page) => {
      const misspelt = snapshot({ planEpoch: 3, meters: { emails: { used: 400, limit: 1000, usd: 140 } } });
      assert.equal(await startOn(page, { snapshot: misspelt, onaction: "x" }), null);
      assertHelps(await heardOf(page, "option_unknown"), { code: "option_unknown", path: "onaction", says: /`onaction` is not an option of `start`/, help: /^did you mean `onAction`\?$/ });
      assertHelps(await heardOf(page, "snapshot_unknown"), { code: "snapshot_unknown", path: "meters.emails.usd", says: /`meters\.emails\.usd` is not a field/, help: /^did you mean `used`\?$/ });
      await page.evaluate((given) => plimsoll.sync(given), { ...misspelt, canPurchase: true });
      await until(async () => (await heard(page, "error")).some(({ path }) => path === "canPurchase"), "the new field");
      assert.deepEqual((await heard(page, "error")).map(({ path }) => path), ["onaction", "meters.emails.usd", "planEpoch", "canPurchase"], "each once");
      await use(page, 150);
      await banner(page).waitFor();
    }));

  test("a plan, meter or feature that the policy does not know: no error, and `explain` lists it", () =>
    withPage(async (page) => {
      const old = snapshot({ plan: "Hobby", features: ["sso"], meters: { rendrs: { used: 1 }, emails: { used: 1 } } });
      assert.equal(await startOn(page, { snapshot: old }), null);
      await page.evaluate(() => plimsoll.use("rendrs"));
      assert.deepEqual((await page.evaluate(() => plimsoll.explain().unknown)).sort(), ["Hobby", "rendrs", "sso"]);
      await heardOf(page, "meter_unknown");
      assert.equal((await heard(page, "error")).length, 1, "of the call alone");
    }));

  test("a time without an offset: `start` rejects, `sync` changes nothing; nobody reads it in a zone of their own", () =>
    withPage(async (page) => {
      const local = snapshot({ trial: { ends_at: "2026-11-23T03:00:00" } });
      const expected = { code: "snapshot_invalid", path: "trial.ends_at", says: /`"2026-11-23T03:00:00"`, not a time with its offset/, help: /`Z` or an offset/ };
      assertHelps(await startOn(page, { snapshot: local }), expected);
      assert.equal(await startOn(page, { snapshot: snapshot() }), null);
      await page.evaluate((given) => plimsoll.sync({ ...given, plan: "pro" }), local);
      assertHelps(await heardOf(page, "snapshot_invalid"), expected);
      assert.equal(await page.evaluate(() => plimsoll.read().plan), "free");
    }));

  test("an exposure that never was, and one that is answered twice: an error of the first, nothing of the second", () =>
    withPage(async (page) => {
      assert.equal(await startOn(page, { snapshot: FULL(), view: "none" }), null);
      await attempt(page);
      const { prompt } = await until(async () => (await heard(page, "prompt")).find(({ prompt }) => prompt.surface === "modal"), "the dialog");
      await page.evaluate((id) => ["later", "later", "close"].forEach((response) => plimsoll.respond(id, response)), prompt.exposure);
      assert.equal((await heard(page, "response")).length, 1);
      await page.evaluate(() => { plimsoll.respond("gone", "later"); plimsoll.painted("gone", "seen"); });
      assertHelps(await heardOf(page, "argument_invalid"), { code: "argument_invalid", path: "exposure", says: /`exposure` is `"gone"`, not that of a prompt/, help: /`prompt` event/ });
      await until(async () => (await heard(page, "error")).length === 2, "both errors");
      assert.deepEqual([...new Set((await heard(page, "error")).map(({ code }) => code))], ["argument_invalid"]);
    }));

  test("a target that is no element: prompts come where they would without, and the error says what to give", () =>
    withPage(async (page) => {
      assert.equal(await startOn(page, { snapshot: snapshot(), target: "#nope" }), null);
      await use(page, 150);
      await banner(page).waitFor();
      assertHelps(await heardOf(page, "option_invalid"), { code: "option_invalid", path: "target", says: /^`target` is `"#nope"`, not an element of the page or `"bottom"`$/, help: /not its selector/ });
    }));
});

describe("a locale that nobody knows", () => {
  const words = (page) => banner(page).innerText();
  const withLang = (lang, browser, run, options = {}) =>
    inProfile(async () => {
      const context = await stand.browser.newContext({ locale: browser });
      try {
        const page = await openPage(stand, context);
        await page.evaluate((given) => { document.documentElement.lang = given; }, lang);
        const error = await startOn(page, { snapshot: snapshot(), ...options });
        await run(page, error);
        assert.deepEqual(thrown(page), []);
      } finally {
        await context.close();
      }
    });

  for (const [what, lang, browser, options, expected] of [
    ["a language that is not spoken is the policy's default", "en", "en-US", { locale: "tlh-Piqd-XX" }, /550 of 1,000/],
    ["a page that says none of its language is in the browser's", "", "de-DE", {}, /550 von 1\.000/],
    ["a page whose language is no tag is in the browser's", "de_DE", "fr-FR", {}, /550 .* 1.000/],
  ]) {
    test(what, () =>
      withLang(lang, browser, async (page, error) => {
        assert.equal(error, null);
        await use(page, 150);
        assert.match(await words(page), expected);
        if (browser === "fr-FR") assert.equal(await page.evaluate(() => plimsoll.explain() && document.querySelector("plimsoll-prompts").shadowRoot.querySelector("[lang]").lang), "fr-FR");
        assert.deepEqual(await heard(page, "error"), []);
      }, options));
  }

  test("an option that is no tag is refused by field and value, with an example", () =>
    withLang("en", "en-US", async (_, error) => {
      assertHelps(error, { code: "option_invalid", path: "locale", says: /`locale` is `"pt_BR"`, not a BCP 47 tag/, help: /`pt-BR`/ });
    }, { locale: "pt_BR" }));

  test("a change to what is no tag is an error event, and the page stays in its language", () =>
    withLang("de", "en-US", async (page) => {
      await use(page, 150);
      await banner(page).waitFor();
      await page.evaluate(() => plimsoll.setLocale("pt_BR"));
      assertHelps(await heardOf(page, "argument_invalid"), { code: "argument_invalid", path: "locale", says: /`"pt_BR"`/, help: /`pt-BR`/ });
      assert.match(await words(page), /550 von 1\.000/);
      await page.evaluate(() => plimsoll.setLocale("tlh"));
      await until(async () => /550 of 1,000/.test(await words(page)), "the default language");
      assert.equal(await used(page), 550);
    }));
});
