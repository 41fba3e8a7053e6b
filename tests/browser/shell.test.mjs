// The shell under bad input: hostile arguments, storage that fails, modules that are missing, servers
// that answer oddly, tabs that die. Each test is a sentence of docs/guarantees.md or of a design rule.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { harass } from "./shell.hostile.mjs";
import { ANSWER, CSP, POLICY, ROOT, heard, hide, keys, named, once, openPage, snapshot, startOn, startStand, sum, until, use, used } from "./shell.support.mjs";

let stand;
before(async () => { stand = await startStand(); });
after(() => stand?.stop());
beforeEach(() => stand.begin());

/** A profile of its own: its tabs share storage and locks. */
async function inProfile(run, { init } = {}) {
  const context = await stand.browser.newContext();
  if (init) await context.addInitScript(init);
  try {
    await run(context);
  } finally {
    await context.close();
  }
}

const onPage = (run, { init, options = { snapshot: snapshot() } } = {}) =>
  inProfile(async (context) => {
    const page = await openPage(stand, context);
    const error = await startOn(page, options);
    await run(page, error, context);
    assert.deepEqual(page.faults, [], "nothing was thrown into the page");
  }, { init });

describe("importing and starting", () => {
  test("importing works in Node and changes nothing", () => {
    const script = `
      const before = Object.getOwnPropertyNames(globalThis).join();
      const { start, PlimsollError } = await import(${JSON.stringify(pathToFileURL(join(ROOT, "pkg/index.js")).href)});
      if (typeof start !== "function" || Object.getOwnPropertyNames(globalThis).join() !== before) throw new Error("side effect");
      await start({}).then(() => { throw new Error("no error"); }, (error) => { if (!(error instanceof PlimsollError)) throw error; });`;
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: "pipe" });
  });

  const OPTIONS = [
    [{ policy: "/policy.json", consent: "yes" }, "option_invalid", "consent", '`consent` is `"yes"`, not one of `"granted"`, `"pending"`, `"denied"`'],
    [{ policy: "/policy.json", view: 5 }, "option_invalid", "view", '`view` is `5`, not one of `"auto"`, `"none"`'],
    [{ policy: "/policy.json", key: 5 }, "option_invalid", "key", "`key` is `5`, not a string"],
    [{ policy: "/policy.json", locale: "not a tag" }, "option_invalid", "locale", '`locale` is `"not a tag"`, not a BCP 47 tag'],
    [{ policy: "http://:80:80" }, "option_invalid", "policy", "`policy` is not an address"],
    [{ policy: "/policy.json", snapshot: {} }, "snapshot_invalid", "account", "`account` is missing"],
    [{ policy: "/policy.json", snapshot: snapshot({ user: undefined }) }, "snapshot_invalid", "user", "`user` is missing"],
    [{ policy: "/policy.json", snapshot: snapshot({ plan: 7 }) }, "snapshot_invalid", "plan", "`plan` is `7`, not a text of at most 256 characters"],
    [{ policy: "/policy.json", snapshot: snapshot({ meters: { emails: { used: "412" } } }) }, "snapshot_invalid", "meters.emails.used", '`meters.emails.used` is `"412"`, not an integer from 0 to 2^53 - 1'],
    [{ policy: "/policy.json", snapshot: snapshot({ meters: { emails: { used: -1 } } }) }, "snapshot_invalid", "meters.emails.used", "`meters.emails.used` is `-1`, not an integer from 0 to 2^53 - 1"],
    [{ policy: "/policy.json", snapshot: snapshot({ server_time: "yesterday" }) }, "snapshot_invalid", "server_time", '`server_time` is `"yesterday"`, not a time with its offset, like `2026-11-22T10:00:00Z`'],
    [{ policy: "/policy.json", snapshot: snapshot({ user: { id: "ana@example.com" } }) }, "id_is_email", "user.id", "`ana@example.com` looks like an e-mail address"],
    [{ policy: "/nowhere.json" }, "policy_missing", "policy", undefined],
    [{ policy: undefined, endpoint: undefined }, "policy_missing", "policy", "no policy was given"],
  ];
  for (const [options, code, path, message] of OPTIONS) {
    test(`start says what is wrong: ${code} at ${path || "nothing"}${message ? `, ${message}` : ""}`, () =>
      inProfile(async (context) => {
        const page = await openPage(stand, context);
        const error = await page.evaluate(async (given) => {
          const { start, PlimsollError } = await import("/pkg/index.js");
          return start(given).then(() => null, (e) => ({ is: e instanceof PlimsollError, code: e.code, path: e.path, message: e.message }));
        }, options);
        assert.deepEqual({ is: error.is, code: error.code, path: error.path }, { is: true, code, path });
        if (message) assert.equal(error.message, message);
      }));
  }

  test("a policy with mistakes is refused with all of them", () => {
    stand.policy = { format: 1, plans: [{ id: "free", name: "Free", quotas: { emails: { limit: -1 } } }, { id: "free", naem: "x" }] };
    return onPage(async (_, error) => {
      assert.equal(error.code, "policy_invalid");
      assert.ok(error.errors.length >= 2, JSON.stringify(error.errors));
      for (const each of error.errors) assert.ok(each.code && each.message, JSON.stringify(each));
    });
  });

  test("a damaged compiled policy is refused", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      const { codes, told } = await page.evaluate(async () => {
        const { start } = await import("/pkg/index.js");
        const compiler = await import("/pkg/dist/plimsoll_policy.js");
        await compiler.default();
        const good = compiler.Draft.read(await (await fetch("/policy.json")).text()).compile("en");
        const flipped = good.slice();
        flipped[40] ^= 1;
        const newer = good.slice();
        newer[4] = 9;
        const code = (policy) => start({ policy, view: "none" }).then((made) => (made.destroy(), "started"), (error) => (told.push(error.message), error.code));
        const told = [];
        const codes = [await code(good), await code(flipped), await code(newer), await code(good.slice(0, 30)), await code(new Uint8Array([1, 2]))];
        return { codes, told };
      });
      assert.deepEqual(codes, ["started", "policy_checksum", "policy_format", "policy_checksum", "policy_invalid"]);
      assert.match(told[1], /version \d+\.\d+\.\d+ of this package does not read/);
    }));

  const MODULES = [
    ["is missing", "wasm_missing", () => stand.missing.add("/pkg/dist/plimsoll_bg.wasm")],
    ["is a page of the host's router", "wasm_missing", () => stand.instead.set("/pkg/dist/plimsoll_bg.wasm", { headers: { "content-type": "text/html" }, body: "<!doctype html>" })],
    ["is damaged", "wasm_damaged", () => stand.instead.set("/pkg/dist/plimsoll_bg.wasm", { headers: { "content-type": "application/wasm" }, body: "\0asm\x01\0\0\0zzzz" })],
    ["is refused by the page's content security policy", "wasm_refused", () => { stand.csp = CSP.replace(" 'wasm-unsafe-eval'", ""); }],
  ];
  for (const [what, code, breakIt] of MODULES) {
    test(`one clear error when the core ${what}`, () =>
      inProfile(async (context) => {
        breakIt();
        const page = await openPage(stand, context);
        const error = await startOn(page, { snapshot: snapshot() });
        assert.equal(error.code, code, error.message);
        assert.ok(error.help.length > 10, error.help);
        assert.deepEqual(await keys(page), [], "and nothing is stored");
      }));
  }

  test("when the painter is missing, one error says so and nothing is shown", () => {
    stand.missing.add("/pkg/dist/plimsoll_view_bg.wasm");
    return inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startOn(page, { snapshot: snapshot() });
      await use(page, 200);
      await until(async () => (await heard(page, "error")).some(({ code }) => code === "view_missing"), "the error");
      assert.deepEqual(await heard(page, "prompt"), []);
    });
  });
});

describe("hostile arguments", () => {
  test("no call throws for any of them, in Chromium", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      const thrown = [];
      page.on("pageerror", (error) => thrown.push(String(error)));
      assert.equal(await startOn(page, { snapshot: snapshot() }), null);
      const answer = await page.evaluate(async () => {
        const { harass } = await import("/tests/browser/shell.hostile.mjs");
        return harass(plimsoll);
      });
      assert.deepEqual(answer.wrong, []);
      assert.ok(answer.tried >= 30);
      assert.match(await use(page, 5), /^[0-9a-f]{16}:\d+$/);
      assert.deepEqual(thrown, []);
    }));

  test("a listener that causes what it listens to comes to an end", () =>
    onPage(async (page) => {
      await page.evaluate(() => {
        window.count = 0;
        plimsoll.on("error", () => { count += 1; plimsoll.use("nothing"); });
        plimsoll.on("update", () => plimsoll.use("emails"));
        plimsoll.use("nothing");
      });
      await until(() => page.evaluate(() => count > 0), "the error");
      assert.equal(await used(page), 400);
      await use(page, 1);
      assert.ok(await used(page) >= 401);
      assert.equal(await page.evaluate(() => count), 1);
    }));

  test("no call throws for any of them, in Node", async () => {
    const load = (path) => import(pathToFileURL(join(ROOT, path)).href);
    const compiler = await load("pkg/dist/plimsoll_policy.js");
    compiler.initSync({ module: readFileSync(join(ROOT, "pkg/dist/plimsoll_policy_bg.wasm")) });
    const policy = compiler.Draft.read(JSON.stringify(POLICY)).compile("en");
    const { start } = await load("pkg/index.js");
    const { warn, error } = console;
    console.warn = console.error = () => {};
    try {
      const wasm = readFileSync(join(ROOT, "pkg/dist/plimsoll_bg.wasm"));
      const instance = await start({ policy, wasm, snapshot: snapshot(), view: "none" });
      assert.equal(instance.read().meters.emails.used, 400);
      const { wrong } = await harass(instance);
      assert.deepEqual(wrong, []);
      instance.sync(snapshot({ plan_epoch: 2 }));
      assert.match(instance.use("emails", 5), /^[0-9a-f]{16}:\d+$/);
      instance.destroy();
      assert.equal(instance.use("emails", 5), "");
    } finally {
      Object.assign(console, { warn, error });
    }
  });

  test("a wrong argument is named in an error event, and warned of once", () =>
    onPage(async (page) => {
      const warnings = [];
      page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
      await page.evaluate(() => { plimsoll.use("emials"); plimsoll.use("emials"); plimsoll.use("emails", 0.5); });
      await until(async () => (await heard(page, "error")).length >= 3, "the errors with their words");
      const errors = await heard(page, "error");
      assert.ok(errors.every(({ message }) => / is /.test(message)), JSON.stringify(errors));
      assert.deepEqual(errors.map(({ code }) => code), ["meter_unknown", "meter_unknown", "amount_invalid"]);
      assert.equal(warnings.length, 2, warnings.join("\n"));
      assert.deepEqual((await page.evaluate(() => plimsoll.explain())).unknown, ["emials"]);
    }));

  test("a listener that throws harms nobody", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startOn(page, { snapshot: snapshot() });
      await page.evaluate(() => {
        plimsoll.on("update", () => { throw new Error("host"); });
        plimsoll.on("crossing", () => { throw new Error("host"); });
        plimsoll.use("emails", 200);
      });
      assert.equal(await used(page), 600);
      assert.deepEqual(await heard(page, "crossing").then((list) => list.length), 1);
    }));
});

describe("storage", () => {
  const FAULTS = {
    "throws on access": () => Object.defineProperty(window, "localStorage", { get: () => { throw new DOMException("no", "SecurityError"); } }),
    "is missing": () => Object.defineProperty(window, "localStorage", { value: null }),
    "throws on every write": () => { Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }; },
    "is full after a few writes": () => {
      const write = Storage.prototype.setItem;
      let left = 4;
      Storage.prototype.setItem = function (...given) {
        if ((left -= 1) < 0) throw new DOMException("full", "QuotaExceededError");
        return write.apply(this, given);
      };
    },
    "throws on reading": () => { Storage.prototype.getItem = () => { throw new Error("read"); }; },
    "throws on removal": () => { Storage.prototype.removeItem = () => { throw new Error("remove"); }; },
    "forgets everything between two lines": () => { setInterval(() => { try { localStorage.clear(); } catch { /* gone */ } }, 5); },
  };
  for (const [name, init] of Object.entries(FAULTS)) {
    test(`that ${name}: it counts, answers and sends, and interrupts only what it may`, () =>
      onPage(async (page, error) => {
        assert.equal(error, null);
        for (let turn = 0; turn < 8; turn += 1) await use(page, 10);
        assert.equal(await used(page), 480);
        await page.evaluate(() => plimsoll.attempt("seats", 9));
        await until(() => named(stand.events(), "Usage Counted").length > 0, "usage at the collector", 15_000);
        const trace = await page.evaluate(() => plimsoll.explain());
        if (!/forgets|removal|reading/.test(name)) {
          assert.equal(trace.storage, "memory");
          assert.equal(trace.page.storage, false);
        }
        assert.equal(sum(once(stand.events())), 80);
      }, { init }));
  }

  test("with garbage under our keys: nothing interrupts, the garbage is set aside, the next start is well", () =>
    inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startOn(page, { snapshot: snapshot() });
      await use(page, 10);
      const scope = (await keys(page))[0].split(":")[1];
      await page.evaluate(() => plimsoll.destroy());
      await page.evaluate((of) => {
        const dead = `plimsoll:${of}:00000000000000aa`;
        for (const [name, value] of [["m", "undefined"], ["t", "}{"], ["q:1", "garbage"], ["q:x", ""], ["q:2", "\ud800"], ["zzz", "5"]]) {
          localStorage.setItem(`${dead}:${name}`, value);
        }
        localStorage.setItem(`plimsoll:${of}:`, "odd");
        localStorage.setItem(`plimsoll:${of}`, "odd");
        localStorage.setItem("plimsoll:", "odd");
      }, scope);
      await page.reload();
      await startOn(page, { snapshot: snapshot() });
      assert.ok((await page.evaluate(() => plimsoll.explain())).writer);
      await page.evaluate(() => plimsoll.attempt("seats", 9));
      await new Promise((done) => setTimeout(done, 1_200));
      assert.ok((await heard(page, "prompt")).every(({ prompt }) => prompt.lane !== "interrupt"), "no dialog");
      await page.reload();
      await startOn(page, { snapshot: snapshot({ meters: { emails: { used: 400 }, seats: { used: 3, limit: 3 } } }) });
      await page.evaluate(() => plimsoll.attempt("seats", 1));
      await until(async () => (await heard(page, "prompt")).some(({ prompt }) => prompt.surface === "modal"), "a dialog at the next start");
      assert.deepEqual(page.faults, []);
    }));

  test("what was used before a reload is still counted after it, and sent once", () =>
    onPage(async (page) => {
      await use(page, 30);
      await page.reload();
      await startOn(page, { snapshot: snapshot({ server_time: new Date(Date.now() - 60_000).toISOString() }) });
      assert.equal(await used(page), 430);
      await until(() => sum(once(stand.events())) === 30, "the usage at the collector", 15_000);
    }));

  test("consent pending stores and sends nothing; granted begins; denied empties storage at once", () =>
    onPage(async (page) => {
      await use(page, 200);
      await new Promise((done) => setTimeout(done, 6_500));
      assert.deepEqual(await keys(page), []);
      assert.deepEqual(stand.batches, []);
      await page.evaluate(() => plimsoll.consent("granted"));
      await until(async () => (await keys(page)).length > 0, "storage");
      await use(page, 7);
      await until(() => sum(stand.events()) === 7, "what was used since", 10_000);
      await use(page, 5);
      await page.evaluate(() => plimsoll.consent("denied"));
      assert.deepEqual(await keys(page), []);
      await use(page, 5);
      await hide(page);
      assert.deepEqual(await keys(page), []);
      assert.equal(sum(stand.events()), 7);
    }, { options: { snapshot: snapshot(), consent: "pending" } }));

  test("global privacy control denies sending only", () =>
    onPage(async (page) => {
      await use(page, 200);
      assert.ok((await keys(page)).length > 0);
      await new Promise((done) => setTimeout(done, 6_500));
      assert.deepEqual(stand.batches, []);
    }, { init: () => Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true }) }));
});

describe("delivery", () => {
  const ODD = {
    "a server that is down for a while": [{ status: 503 }, { status: 500 }],
    "a server that stores and then fails": [{ status: 500, keep: true }, { status: 502, keep: true }],
    "a connection that is cut": ["cut", "cut"],
    "a captive portal": [{ status: 200, body: "<!doctype html>", keep: false, headers: { "content-type": "text/html" } }],
    "a proxy that answers 204 to all": [{ status: 204, keep: false }],
    "an odd Retry-After": [
      { status: 429, headers: { "retry-after": "-1" } }, { status: 429, headers: { "retry-after": "soon" } },
      { status: 429, headers: { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" } }, { status: 503, headers: { "retry-after": "1" } },
    ],
  };
  for (const [what, answers] of Object.entries(ODD)) {
    test(`${what} loses nothing and doubles nothing`, () => {
      const left = [...answers];
      stand.answer = () => left.shift() ?? ANSWER();
      return inProfile(async (context) => {
        const page = await openPage(stand, context);
        await startOn(page, { snapshot: snapshot() });
        await use(page, 150);
        await until(() => left.length === 0 && sum(once(stand.events())) === 150, what, 60_000);
        await until(async () => (await keys(page)).every((key) => !key.includes(":q:")), "the journal to empty", 60_000);
      });
    });
  }

  test("a refused key stops sending, asks the host once, and keeps what waits", () => {
    let refusals = 0;
    stand.answer = () => (refusals += 1, { status: 401 });
    return inProfile(async (context) => {
      const page = await openPage(stand, context);
      await startOn(page, { snapshot: snapshot() });
      await use(page, 150);
      await hide(page);
      await until(async () => (await heard(page, "error")).some(({ code }) => code === "unauthorized"), "the error");
      await new Promise((done) => setTimeout(done, 1_500));
      assert.ok(refusals <= 2, `${refusals}`);
      assert.ok((await page.evaluate(() => plimsoll.explain())).outbox.queued > 0);
      stand.answer = ANSWER;
      await page.reload();
      await startOn(page, { snapshot: snapshot() });
      await until(() => sum(once(stand.events())) === 150, "what waited", 15_000);
    });
  });

  test("a body that never ends is given up, and tried again", () => {
    const waiting = [];
    stand.answer = (text) => new Promise((done) => {
      waiting.push(text);
      if (waiting.length > 1) done(ANSWER());
    });
    return inProfile(async (context) => {
      const page = await openPage(stand, context);
      await page.clock.install();
      await startOn(page, { snapshot: snapshot() });
      await use(page, 150);
      for (let turn = 0; turn < 60 && stand.batches.length === 0; turn += 1) {
        await page.clock.runFor(2_000);
        await new Promise((done) => setTimeout(done, 40));
      }
      assert.equal(sum(once(stand.events())), 150);
    });
  });

  test("a tab that dies is taken over by another within a second, with all it had to say", () =>
    inProfile(async (context) => {
      stand.answer = () => "cut";
      const [dying, living] = [await openPage(stand, context), await openPage(stand, context)];
      await startOn(dying, { snapshot: snapshot() });
      await startOn(living, { snapshot: snapshot() });
      await use(dying, 40);
      const writer = (await dying.evaluate(() => plimsoll.explain())).writer;
      await until(async () => (await used(living)) === 440, "the other tab to know");
      const crash = await context.newCDPSession(dying);
      crash.send("Page.crash").catch(() => {});
      await until(async () => (await keys(living)).every((key) => !key.includes(writer)), "the take-over", 3_000);
      assert.equal(await used(living), 440);
      stand.answer = ANSWER;
      await use(living, 2);
      await living.evaluate(() => window.dispatchEvent(new Event("online")));
      await until(() => sum(once(stand.events())) === 42, "both tabs' usage", 30_000);
      assert.deepEqual(living.faults.filter((fault) => !/ERR_EMPTY_RESPONSE|Failed to load/.test(fault)), []);
    }));

  test("two snapshots at once take one berth, and leave other tabs theirs", () =>
    inProfile(async (context) => {
      const [living, coming] = [await openPage(stand, context), await openPage(stand, context)];
      await startOn(living, { snapshot: snapshot() });
      await use(living, 40);
      const { writer } = await living.evaluate(() => plimsoll.explain());
      await startOn(coming);
      await coming.evaluate((given) => {
        plimsoll.sync(given);
        plimsoll.sync(given);
      }, snapshot());
      await until(async () => (await used(coming)) === 440, "the other tab's usage");
      await new Promise((done) => setTimeout(done, 500));
      assert.ok((await keys(living)).some((key) => key.includes(writer)), "its berth is still its own");
      const standing = await Promise.all([living, coming].map((tab) => tab.evaluate(() => plimsoll.explain())));
      assert.deepEqual(standing.map(({ consent, storage }) => [consent, storage]), [["granted", "local"], ["granted", "local"]]);
    }));

  test("what is said as the page goes away is sent, whether or not requests were loaded", () =>
    onPage(async (page) => {
      await page.evaluate(() => {
        plimsoll.attempt("seats", 9);
        location.assign("/page?other");
      });
      await until(() => named(stand.events(), "Limit Hit").length > 0, "the event of a page that is gone", 5_000);
    }));

  test("consent that is given again begins a new generation, so that no event's number comes twice", () =>
    onPage(async (page) => {
      await use(page, 5);
      await until(() => sum(once(stand.events())) === 5, "the usage before", 10_000);
      await page.evaluate(() => {
        plimsoll.consent("denied");
        plimsoll.consent("granted");
      });
      await until(async () => (await keys(page)).length > 0, "storage");
      await use(page, 3);
      await until(() => sum(once(stand.events())) === 8, "the usage after", 10_000);
    }));

  test("logging out sends what it can, and the next user starts empty", () =>
    onPage(async (page) => {
      await use(page, 25);
      await page.evaluate(() => plimsoll.reset());
      assert.equal(await used(page), 0);
      await until(() => sum(once(stand.events())) === 25, "the first user's usage");
      const other = snapshot({ user: { id: "u_2" } });
      await page.evaluate((given) => plimsoll.sync(given), other);
      await until(async () => (await used(page)) === 400, "the second user's figures");
      await use(page, 3);
      await until(() => named(stand.events(), "Usage Counted").some(({ userId }) => userId === "u_2"), "the second user's usage", 10_000);
    }));
});

describe("tabs and the page's life", () => {
  test("two tabs show one dialog, and closing it in one closes the matter in both", () =>
    inProfile(async (context) => {
      const full = snapshot({ meters: { emails: { used: 1000, limit: 1000 }, seats: { used: 3, limit: 3 } } });
      const tabs = [await openPage(stand, context), await openPage(stand, context)];
      for (const tab of tabs) await startOn(tab, { snapshot: full });
      for (const tab of tabs) await tab.evaluate(() => void plimsoll.attempt("emails", 1));
      await new Promise((done) => setTimeout(done, 1_500));
      const dialogs = (await Promise.all(tabs.map((tab) => heard(tab, "prompt")))).flat().filter(({ prompt }) => prompt.surface === "modal");
      assert.equal(new Set(dialogs.map(({ prompt }) => prompt.exposure)).size, 1);
      for (const tab of tabs) assert.deepEqual(tab.faults, []);
    }));

  for (const view of ["default", "none"]) {
    test(`used again before a banner is on the screen, its first words are the newest figures, with view ${view}`, () =>
      onPage(async (page) => {
        const said = await page.evaluate(async () => {
          const told = [];
          const painted = new Promise((done) => {
            plimsoll.on("update", ({ prompt }) => prompt && told.push(["update", prompt.values.used]));
            plimsoll.on("prompt", ({ prompt }) => done(told.push(["prompt", prompt.values.used])));
          });
          plimsoll.use("emails", 480);
          plimsoll.use("emails", 15);
          await painted;
          return told;
        });
        assert.deepEqual(said, [["prompt", 895]], "nothing is updated before it is there");
        if (view === "default") await page.getByText("895").first().waitFor();
      }, { options: { snapshot: snapshot(), ...(view === "none" && { view }) } }));
  }

  test("a ninth tab keeps its events in memory and interrupts nobody, and still sends", () =>
    inProfile(async (context) => {
      const tabs = [];
      for (let count = 0; count < 9; count += 1) {
        tabs.push(await openPage(stand, context));
        await startOn(tabs.at(-1), { snapshot: snapshot(), view: "none" });
      }
      const ninth = tabs.at(-1);
      const trace = await ninth.evaluate(() => plimsoll.explain());
      assert.deepEqual([trace.crowded, trace.storage], [true, "memory"]);
      await use(ninth, 9);
      await hide(ninth);
      await until(() => sum(once(stand.events())) >= 9, "its usage");
    }));

  test("without Web Locks it counts, keeps and sends, and a blocked attempt is answered without a dialog", () =>
    onPage(async (page, error) => {
      assert.equal(error, null);
      await use(page, 11);
      await page.evaluate(() => plimsoll.attempt("seats", 9));
      await until(async () => (await heard(page, "prompt")).length > 0, "an answer");
      assert.deepEqual((await heard(page, "prompt")).map(({ prompt }) => prompt.surface), ["toast"]);
      await page.reload();
      await startOn(page, { snapshot: snapshot({ server_time: new Date(Date.now() - 60_000).toISOString() }) });
      assert.equal(await used(page), 411);
      const berths = new Set((await keys(page)).map((key) => key.split(":")[2]));
      assert.equal(berths.size, 1, "what is left is folded into the one that lives");
    }, { init: () => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }) }));

  for (const others of [0, 1]) {
    test(`it comes back from the back/forward cache, open banner and all, with ${others} other tab(s)`, () =>
      onPage(async (page, _, context) => {
        if (others) await startOn(await openPage(stand, context), { snapshot: snapshot() });
        await use(page, 150);
        await until(async () => (await heard(page, "prompt")).length === 1, "the banner");
        const banners = () => page.locator("[data-exposure]").count();
        const before = [(await page.evaluate(() => plimsoll.explain())).writer, await banners()];
        assert.equal(before[1], 1);
        await page.goto(`${stand.url}/page?other`);
        await new Promise((done) => setTimeout(done, 700));
        await page.goBack({ waitUntil: "commit" });
        await new Promise((done) => setTimeout(done, 700));
        assert.equal(await page.evaluate(() => typeof window.plimsoll), "object", "the page was kept");
        const writer = (await page.evaluate(() => plimsoll.explain())).writer;
        assert.notEqual(writer, before[0], "a new generation begins");
        assert.equal(await banners(), before[1]);
        assert.equal(await used(page), 550);
        assert.equal(await use(page, 1), `${writer}:1`);
        await hide(page);
        await until(() => sum(once(stand.events())) === 151, "all usage, once", 30_000);
        assert.equal(named(once(stand.events()), "Prompt Shown").length, 1, "the banner counts once");
        // The other tab may have taken this one's over: it has just been told that the page leaves.
        await until(async () => new Set((await keys(page)).map((key) => key.split(":")[2])).size <= 1 + others, "at most one berth for each tab");
      }));
  }

  test("there is no unload or beforeunload handler", () =>
    onPage(async (page) => {
      assert.deepEqual(await page.evaluate(() => window.added.filter((name) => /unload/.test(name))), []);
    }, {
      init: () => {
        window.added = [];
        const add = EventTarget.prototype.addEventListener;
        EventTarget.prototype.addEventListener = function (name, ...rest) {
          window.added.push(name);
          return add.call(this, name, ...rest);
        };
      },
    }));

  test("destroy leaves the page as it was: no node, no listener, no timer, no lock", () =>
    onPage(async (page) => {
      const before = await page.evaluate(() => document.documentElement.outerHTML);
      await use(page, 150);
      await until(async () => (await heard(page, "prompt")).length === 1, "the banner");
      await page.evaluate(() => plimsoll.destroy());
      assert.equal(await page.evaluate(() => document.documentElement.outerHTML), before);
      assert.deepEqual(await page.evaluate(async () => (await navigator.locks.query()).held.map(({ name }) => name)), []);
      assert.equal(await use(page, 1), "");
      const stored = await page.evaluate(() => JSON.stringify(localStorage));
      await page.evaluate(() => { window.dispatchEvent(new Event("online")); document.dispatchEvent(new Event("visibilitychange")); });
      await new Promise((done) => setTimeout(done, 6_000));
      assert.equal(await page.evaluate(() => JSON.stringify(localStorage)), stored);
    }));

  test("two instances on one page do not meet", () =>
    onPage(async (page) => {
      await page.evaluate(async (given) => {
        const { start } = await import("/pkg/index.js");
        window.second = await start({ policy: "/policy.json", endpoint: "/p", key: "pk_other", snapshot: given, view: "none" });
        second.use("emails", 5);
      }, snapshot());
      await use(page, 7);
      assert.equal(await used(page), 407);
      assert.equal(await page.evaluate(() => second.read().meters.emails.used), 405);
      await page.evaluate(() => second.destroy());
      assert.equal(await used(page), 407);
    }));
});
