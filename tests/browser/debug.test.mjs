// The debug panel of `?plimsoll=debug`: it opens only where the policy allows it, shows what the engine says and
// nothing else, and changes nothing: not the page, not its storage, not what is sent.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { REASONS } from "../../pkg/debug/reasons.js";
import { ENTRY, makeRecorder, readRecording } from "../../pkg/shell/recording.js";
import { createTestPlimsoll } from "../../pkg/testing.js";
import { axe } from "./axe.support.mjs";
import { POLICY, ROOT, heard, openPage, snapshot, startOn, startStand, until, use } from "./shell.support.mjs";

const SECTIONS = ["prompts", "meters", "arms", "score", "outbox", "memory", "inputs", "page"];
const OPEN = {
  ...POLICY,
  debug: true,
  experiments: [{ id: "early", arms: [{ id: "control" }, { id: "sooner", thresholds: [45, 80] }] }],
};

let stand;
before(async () => { stand = await startStand(); });
after(() => stand?.stop());
beforeEach(() => { stand.begin(); stand.policy = OPEN; });

/** A page whose address ends in `query`, with an instance and all that was requested. */
async function onPage(query, run, { options = { snapshot: snapshot() }, ...context_options } = {}) {
  const context = await stand.browser.newContext(context_options);
  try {
    const page = await openPage(stand, context);
    page.requested = [];
    page.warned = [];
    page.on("request", (request) => page.requested.push(new URL(request.url()).pathname));
    page.on("console", (message) => message.type() === "warning" && page.warned.push(message.text()));
    await page.goto(`${stand.url}/page${query}`);
    assert.equal(await startOn(page, options), null);
    await run(page);
    assert.deepEqual(page.faults, [], "no error and no violation");
  } finally {
    await context.close();
  }
}

const panel = (page) => page.locator("plimsoll-debug");
const open = (page, section) => panel(page).locator(`[data-act="section ${section}"]`).click();
const ofDebug = (page) => page.requested.filter((path) => path.includes("/debug/"));
/** What a section's rows say, each as one line. */
const rows = (page) =>
  panel(page).evaluate(({ shadowRoot }) => [...shadowRoot.querySelectorAll(".rows > li")].map((item) => item.textContent.replace(/\s+/g, " ")));

describe("opening", () => {
  test("not one byte of the panel is fetched before it opens", () =>
    onPage("?plimsoll=debugger&x=plimsoll", async (page) => {
      await use(page, 600);
      await until(() => page.locator("section.banner").count(), "a banner");
      assert.deepEqual(ofDebug(page), []);
      assert.equal(await panel(page).count(), 0);
    }));

  test("a policy that does not allow it is named once, and nothing else happens", () => {
    stand.policy = POLICY;
    return onPage("?plimsoll=debug", async (page) => {
      const [error] = await until(async () => (await heard(page, "error")).length && heard(page, "error"), "an error event");
      assert.deepEqual([error.code, error.path], ["debug_forbidden", "debug"]);
      assert.match(error.message, /policy does not allow the debug panel/);
      assert.match(error.help, /set `debug` to true/);
      await use(page, 200);
      await page.waitForTimeout(300);
      assert.equal((await heard(page, "error")).length, 1);
      assert.equal(page.warned.length, 1, page.warned.join());
      assert.deepEqual(ofDebug(page), []);
      assert.equal(await panel(page).count(), 0);
    });
  });

  test("a panel whose files are missing harms nothing", () => {
    stand.missing.add("/pkg/debug/panel.js");
    return onPage("?a=1&plimsoll=debug", async (page) => {
      await use(page, 200);
      await until(() => page.locator("section.banner").count(), "a banner");
      await until(() => page.warned.some((text) => text.includes("[debug_missing]")), "a warning");
      // The browser itself says that a file is not there.
      page.faults.splice(0);
    });
  });

  test("two instances have a panel each, at other sides", () =>
    onPage("?plimsoll=debug", async (page) => {
      await page.evaluate(async (given) => {
        const { start } = await import("/pkg/index.js");
        window.other = await start({ policy: "/policy.json", ...given });
      }, { snapshot: snapshot({ account: { id: "acc_8" } }) });
      const sides = await page.locator("plimsoll-debug aside").evaluateAll((all) => all.map((aside) => aside.dataset.side));
      assert.equal(new Set(sides).size, 2, sides.join());
    }));
});

describe("what it shows", () => {
  test("every prompt and meter stands there as `explain` and `read` say", () =>
    onPage("?plimsoll=debug", async (page) => {
      await use(page, 150);
      await page.evaluate(() => plimsoll.explore("automation"));
      await page.evaluate(() => plimsoll.attempt("seats", 5));
      await until(() => page.locator("dialog[open]").count(), "a dialog");
      await page.waitForTimeout(300);
      const trace = await page.evaluate(() => plimsoll.explain());
      const shown = await panel(page).locator("li").evaluateAll((items) => items.map((item) => ({
        prompt: item.querySelector("code").textContent,
        about: item.querySelector(".about")?.textContent,
        chip: item.querySelector(".chip").textContent,
        facts: Object.fromEntries([...item.querySelectorAll("dl > div")].map((pair) => [...pair.children].map((child) => child.textContent))),
      })));
      assert.equal(shown.length, trace.prompts.length);
      for (const judged of trace.prompts) {
        const about = judged.meter ?? judged.feature;
        const chip = judged.decision === "held" ? `${judged.stage} › ${judged.reason}` : judged.decision === "next" && judged.stage ? judged.stage : judged.decision;
        const found = shown.find((row) => row.prompt === judged.prompt && row.about === about);
        assert.ok(found, `${judged.prompt} ${about}`);
        assert.equal(found.chip, chip, `${judged.prompt} ${about}`);
        assert.equal(found.facts.why, REASONS[judged.reason]);
        assert.equal(found.facts.behind, judged.by);
        assert.equal(found.facts.exposure, judged.exposure);
        assert.equal(!!found.facts.eligible, !!judged.eligible_at);
        assert.equal(!!found.facts.fired, !!judged.fired_at);
      }
      const held = new Set(trace.prompts.map(({ reason }) => reason));
      assert.ok(held.size > 3 && trace.prompts.some(({ decision }) => decision === "shown"), "the situation is worth looking at");

      await page.keyboard.press("Escape");
      await open(page, "meters");
      const reading = await page.evaluate(() => plimsoll.read());
      const meters = await rows(page);
      assert.equal(meters.length, Object.keys(reading.meters).length);
      Object.entries(reading.meters).forEach(([id, { used, limit, percent, state }], place) => {
        assert.ok(meters[place].startsWith(`${id}${state}${used} / ${limit.toLocaleString("en")} · ${percent} %`), meters[place]);
      });
      assert.match(meters[0], /counter/);
      assert.match(meters[1], /level/);
    }));

  test("ids of the snapshot that the policy does not know stand with the page", () =>
    onPage("?plimsoll=debug", async (page) => {
      await open(page, "page");
      assert.match(await panel(page).evaluate(({ shadowRoot }) => shadowRoot.textContent), /unknown ids\s*Hobby, rendrs/);
    }, { options: { snapshot: snapshot({ plan: "Hobby", meters: { rendrs: { used: 1 } } }) } }));

  test("what waits for a slot of the page is not said to be on the screen", () => {
    stand.policy = { ...OPEN, defaults: false, prompts: [{ id: "card", trigger: { threshold_percent: 30, meter: "emails" }, surface: "inline", slot: "side" }] };
    return onPage("?plimsoll=debug", async (page) => {
      const groups = () => panel(page).locator("summary").allTextContents();
      await until(async () => (await groups()).join().startsWith("On the screen 0,Waiting for a slot 1,"), "it waits");
      await page.evaluate(async () => {
        await import("/pkg/define.js");
        const slot = document.createElement("plimsoll-slot");
        slot.setAttribute("name", "side");
        document.body.append(slot);
      });
      await page.evaluate(() => plimsoll.use("emails"));
      await until(async () => (await groups()).join().startsWith("On the screen 1,Waiting for a slot 0,"), "it is painted");
    });
  });

  test("arms, score, queue, memory and page are those of `explain`", () =>
    onPage("?plimsoll=debug", async (page) => {
      await page.evaluate(() => plimsoll.use("emails", 200));
      const trace = await page.evaluate(() => plimsoll.explain());
      const text = () => panel(page).locator(".section").innerText();
      await open(page, "arms");
      assert.match(await text(), new RegExp(`early\\s+${trace.arms.early}`));
      await open(page, "score");
      const score = await text();
      assert.ok(score.replace(/\s+/g, " ").startsWith(`${trace.score.points} of 100`), score);
      for (const { signal, points } of trace.score.contributions) assert.match(score, new RegExp(`${signal}\\s.*\\s${points}(\\s|$)`));
      await open(page, "memory");
      const { rows: all, bytes } = await page.evaluate(() => plimsoll.explain().memory);
      assert.match(await text(), new RegExp(`${bytes.toLocaleString("en")} bytes, ${all} rows`));
      const counted = await panel(page).locator("tbody tr").evaluateAll((found) => found.reduce((sum, row) => sum + Number(row.cells[1].textContent), 0));
      assert.equal(counted, all, "the tables hold all rows");
      await open(page, "page");
      assert.match(await text(), new RegExp(`free, epoch 1`));
    }));

  test("what waits for the collector, what it took and what went wrong", () => {
    stand.answer = () => ({ status: 503 });
    return onPage("?plimsoll=debug", async (page) => {
      await open(page, "outbox");
      await use(page, 200);
      const text = () => panel(page).locator(".section").innerText();
      await until(async () => /Threshold Crossed/.test(await text()) && /status 503/.test(await text()), "what waits, and the error");
      const queued = () => page.evaluate(() => plimsoll.explain().outbox.queued);
      await until(async () => (await panel(page).locator("tbody tr").count()) === (await queued()), "a row for each that waits");
      // The browser says itself that the collector did.
      page.faults.splice(0);
    });
  });

  test("each input with what it led to, newest first", () =>
    onPage("?plimsoll=debug", async (page) => {
      await open(page, "inputs");
      await use(page, 150);
      const told = await until(async () => (await rows(page)).find((row) => /^use.*memory stored/.test(row)), "the use");
      assert.match(told, /^useemails 150[0-9:]{8}event Threshold Crossed · .*shows default-(45|50) · emails/);
      const all = (await rows(page)).map((row) => row.split(" ")[0]);
      assert.ok(all.some((row) => row.startsWith("sync")) && all.at(-1).startsWith("begin"), `from the very first: ${all}`);
    }));

  test("it has words for every reason of the glossary", () => {
    const glossary = readFileSync(join(ROOT, "docs/glossary.md"), "utf8").split("## Why a prompt is held")[1].split("\n## ")[0];
    const codes = glossary.split("\n").filter((line) => line.startsWith("| ")).flatMap((line) => line.split("|")[2].match(/`(\w+)`/g) ?? []);
    assert.deepEqual(Object.keys(REASONS).sort(), [...new Set(codes.map((code) => code.slice(1, -1)))].sort());
  });
});

describe("what is not real", () => {
  /** Everything that a copy must not touch. */
  const kept = (page) => page.evaluate(() => {
    const { memory, outbox, writer, arms } = plimsoll.explain();
    return JSON.stringify({ storage: Object.entries(localStorage).sort(), memory, outbox, writer, arms, read: plimsoll.read(), cookies: document.cookie, session: { ...sessionStorage } });
  });

  /** Runs something and fails if anything was recorded, stored or sent by it; it may ask so in between, too. */
  async function unrecorded(page, run) {
    // What was begun is done.
    await until(async () => {
      const at_first = await kept(page);
      await page.waitForTimeout(2_000);
      return (await page.evaluate(() => plimsoll.explain().outbox.queued)) === 0 && (await kept(page)) === at_first;
    }, "a page at rest", 30_000);
    const [before, batches, events] = [await kept(page), stand.batches.length, (await page.evaluate(() => window.heard.length))];
    const untouched = async () => assert.equal(await kept(page), before, "byte for byte");
    await run(untouched);
    await page.waitForTimeout(1_500);
    await untouched();
    assert.equal(stand.batches.length, batches);
    assert.equal(await page.evaluate(() => window.heard.length), events, "no event of the instance");
  }

  const forced = (page) => page.locator('section[data-exposure], dialog[data-exposure]').filter({ hasText: "Forced · " });
  const bar = (page) => panel(page).locator(".bar").innerText();

  test("a prompt is shown whatever holds it, marked, and nothing is recorded", () =>
    onPage("?plimsoll=debug", async (page) => {
      await unrecorded(page, async (untouched) => {
        await panel(page).locator("summary", { hasText: "Not fired" }).click();
        await panel(page).locator("li", { hasText: "default-90emails" }).locator("[data-act^=show]").click();
        await until(() => forced(page).count(), "the prompt");
        assert.match(await forced(page).innerText(), /Forced · .*400 of 1,000/);
        await untouched();
        await forced(page).locator("[data-action=upgrade]").click();
        await forced(page).waitFor({ state: "detached" });
        assert.match(await bar(page), /default-90: “upgrade” was pressed; nothing was done/);
        assert.equal(new URL(page.url()).pathname, "/page");
        await panel(page).locator("li", { hasText: "default-limit-hitseats" }).locator("[data-act^=show]").click();
        await until(() => page.locator("dialog[open]").count(), "the dialog");
        await page.keyboard.press("Escape");
        await forced(page).waitFor({ state: "detached" });
      });
    }));

  test("a prompt that said later comes again when the clock is moved, on a copy", () =>
    onPage("?plimsoll=debug", async (page) => {
      await use(page, 400);
      await page.locator("section.banner [data-action=later]").click();
      await unrecorded(page, async (untouched) => {
        const row = panel(page).locator("li", { hasText: "choice › later" });
        await row.locator("[data-act^=until]").click();
        await until(() => forced(page).count(), "the prompt at its time");
        assert.match(await bar(page), /On a copy: clock \+ 2\d h .*Nothing is recorded/);
        await untouched();
        // What is answered on the copy holds there: the next is 3 days away.
        await forced(page).locator("[data-action=later]").click();
        assert.match(await row.innerText(), /in 2 d 23 h|in 3 d/);
        await panel(page).locator("[data-act=back]").click();
        assert.match(await row.innerText(), /in 23 h/);
        assert.equal(await forced(page).count(), 0);
        assert.equal(await page.locator("plimsoll-debug").locator("[data-act=back]").isVisible(), false);
      });
    }));

  test("what happens in the page happens to the copy, too, and only once to the page", () =>
    onPage("?plimsoll=debug", async (page) => {
      await panel(page).locator('[data-act="move 86400000"]').click();
      await use(page, 150);
      await until(() => forced(page).count(), "the copy's banner");
      assert.match(await forced(page).innerText(), /550 of 1,000/);
      assert.equal(await page.evaluate(() => plimsoll.read().meters.emails.used), 550);
      await page.evaluate((given) => plimsoll.sync(given), snapshot({ server_time: new Date(Date.now() + 1_000).toISOString(), meters: { emails: { used: 560, limit: 1000 } } }));
      await open(page, "meters");
      const { used } = await page.evaluate(() => plimsoll.read().meters.emails);
      assert.ok(used > 550, `${used}`);
      await until(async () => (await rows(page))[0].includes(`${used} / 1,000`), "the snapshot's figure");
      assert.match(await bar(page), /clock \+ 1 d/);
      await open(page, "page");
      const at = await panel(page).locator(".section").innerText();
      const tomorrow = new Date(Date.now() + 86_400_000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
      assert.ok(at.includes(`engine time\n${tomorrow}`) || at.includes(`engine time ${tomorrow}`), at);
    }));

  test("an arm is forced on a copy: neither assigned nor diverged", () =>
    onPage("?plimsoll=debug", async (page) => {
      const own = await page.evaluate(() => plimsoll.read().arms.early);
      const other = own === "control" ? 1 : 0;
      await unrecorded(page, async (untouched) => {
        await open(page, "arms");
        await panel(page).locator(`[data-act="arm 0 ${other}"]`).click();
        assert.match(await bar(page), new RegExp(`early = ${other ? "sooner" : "control"}`));
        await untouched();
        const text = await panel(page).locator(".rows .chip").innerText();
        assert.equal(text, other ? "sooner" : "control");
        assert.equal(await panel(page).locator(`[data-act="arm 0 ${other}"]`).getAttribute("aria-pressed"), "true");
        await panel(page).locator(`[data-act="arm 0 ${other}"]`).click();
        assert.equal(await panel(page).locator(".rows .chip").innerText(), own);
        await panel(page).locator("[data-act=back]").click();
      });
    }));

  test("what is on a copy goes with the instance", () =>
    onPage("?plimsoll=debug", async (page) => {
      await panel(page).locator('[data-act="move 604800000"]').click();
      await panel(page).locator("[data-act^=show]").first().click();
      await until(() => forced(page).count(), "a prompt");
      const left = await page.evaluate(async () => {
        plimsoll.destroy();
        await new Promise((done) => setTimeout(done, 300));
        return [...document.body.children].map(({ localName }) => localName);
      });
      assert.deepEqual(left, ["h1"]);
    }));
});

describe("the exported trace", () => {
  const BINARY = process.env.PLIMSOLL_BIN ?? join(ROOT, "target/debug/plimsoll");
  const about = ({ prompt, subject }) => [prompt, subject.meter ?? subject.feature].join(" ");

  /** What `plimsoll replay` says of a trace. */
  function replayed(trace) {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-trace-"));
    try {
      const path = (name) => join(folder, name);
      writeFileSync(path("trace.json"), trace);
      writeFileSync(path("policy.json"), JSON.stringify(stand.policy));
      execFileSync(BINARY, ["replay", path("trace.json"), "--policy", path("policy.json"), "--json", path("report.json")], { stdio: "pipe" });
      return JSON.parse(readFileSync(path("report.json"), "utf8"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  async function exported(page) {
    const [download] = await Promise.all([page.waitForEvent("download"), panel(page).locator("[data-act=trace]").click()]);
    return readFileSync(await download.path(), "utf8");
  }

  test("gives the same prompts natively and in a test, with what was remembered before", () =>
    onPage("?plimsoll=debug", async (page) => {
      // An earlier page life: its banner was answered, so that it does not come again.
      await use(page, 150);
      await page.locator("section.banner [data-action=later]").click();
      const earlier = await page.evaluate(() => heard.filter(({ name }) => name === "prompt").map(({ prompt }) => prompt.prompt));
      assert.equal(earlier.length, 1);
      await page.evaluate(() => plimsoll.destroy());

      await page.goto(`${stand.url}/page?plimsoll=debug`);
      const made = snapshot({
        billing_owner: "Bea", features: ["automation"], user: { id: "u_9", created_at: "2025-01-01T00:00:00Z", attributes: { name: "Ana" } },
        meters: { emails: { used: 560, limit: 1000, daily: [10, 0, 30] }, seats: { used: 2, limit: 3, counted: { "00000000000000ab": [5, 3] } } },
      });
      assert.equal(await startOn(page, { snapshot: made }), null);
      await use(page, 350);
      await until(() => page.locator("section.banner").count(), "a banner");
      await page.evaluate(() => { plimsoll.use("seats", 1); plimsoll.release("seats", 1); plimsoll.limitHit("seats"); });
      await until(() => page.locator("dialog[open]").count(), "a dialog");
      await page.waitForTimeout(300);
      await page.keyboard.press("Escape");
      await page.evaluate(() => { plimsoll.context({ busy: true }); plimsoll.converted(); });
      await until(async () => !(await page.locator("section.banner").count()), "nothing after a purchase");
      const prompts = await page.evaluate(() => heard.filter(({ name, prompt }) => name === "prompt" && !prompt.repaint).map(({ prompt }) => prompt));
      const seen = prompts.map(about);
      assert.ok(seen.length >= 2, seen.join());

      const trace = await exported(page);
      assert.ok(!/Ana|Bea/.test(trace), "no text of a person");

      const { inputs, policy } = replayed(trace);
      assert.deepEqual([inputs.skipped_lines, inputs.lost_inputs, inputs.left_out_inputs, inputs.users, policy.unknown_inputs], [0, 0, 0, 1, 0], JSON.stringify(inputs));
      const natively = policy.showings.flatMap(({ prompt, subject, showings }) => Array(showings).fill(`${prompt} ${subject}`));
      assert.deepEqual(natively.sort(), [...seen].sort());
      assert.ok(!natively.includes(`${earlier[0]} emails`), "what was answered before does not come again");

      const rehearsal = await createTestPlimsoll({ policy: stand.policy });
      const again = await rehearsal.replay(trace);
      assert.deepEqual(again.filter(({ repaint }) => !repaint).map(about), seen);
      assert.deepEqual(rehearsal.errors(), []);
      const [here, there] = [await page.evaluate(() => plimsoll.read()), rehearsal.read()];
      assert.deepEqual(there.meters.emails.used, here.meters.emails.used);
      assert.deepEqual(there.meters.seats.used, here.meters.seats.used);
      assert.deepEqual(there.features, here.features);
      assert.deepEqual(there.arms, here.arms);
    }));

  test("its recording is read and written as the collector's code does, byte for byte", () => {
    const texts = readFileSync(join(ROOT, "tests/data/recordings.txt"), "utf8").trim().split("\n");
    for (const text of texts) {
      const recorder = makeRecorder();
      const moments = readRecording(text);
      for (const moment of moments) {
        const { kind, names, numbers, snapshot: told } = moment;
        if (told) recorder.snapshot(moment, told);
        else if (kind === ENTRY.CONTEXT) recorder.context(moment, ...numbers);
        else recorder.entry(kind, moment, names, numbers);
      }
      assert.equal(recorder.take(), text);
      const changed = [...text];
      changed[text.length >> 1] = changed[text.length >> 1] === "A" ? "B" : "A";
      assert.equal(readRecording(changed.join("")), undefined, "one that was changed is none");
    }
    assert.equal(texts.length, 12);
  });

  test("what is no trace is refused with words", async () => {
    const rehearsal = await createTestPlimsoll({ policy: stand.policy });
    const damaged = JSON.stringify({ userId: "u", context: { groupId: "a" }, properties: { inputs: "R1AAA" } });
    for (const given of [undefined, "x", {}, { properties: {} }, damaged]) {
      await assert.rejects(rehearsal.replay(given), (error) => {
        assert.deepEqual([error.code, error.path], ["argument_invalid", "trace"]);
        return /not a trace that the debug panel exported|is missing/.test(error.message);
      });
    }
  });
});

describe("manners", () => {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe-core finds nothing in any section, ${colorScheme}`, () =>
      onPage("?plimsoll=debug", async (page) => {
        await use(page, 200);
        for (const section of SECTIONS) {
          await open(page, section);
          await page.waitForTimeout(50);
          assert.deepEqual(await axe(page, "plimsoll-debug"), [], section);
        }
        await panel(page).locator("[data-act=fold]").click();
        assert.deepEqual(await axe(page, "plimsoll-debug"), [], "the folded panel");
      }, { options: { snapshot: snapshot() }, colorScheme }));
  }

  test("arrows go from section to section, folding keeps the focus", () =>
    onPage("?plimsoll=debug", async (page) => {
      await panel(page).locator("#tab-prompts").focus();
      const focused = () => page.evaluate(() => document.querySelector("plimsoll-debug").shadowRoot.activeElement?.getAttribute("data-act"));
      for (const [key, wanted] of [["ArrowRight", "meters"], ["End", "page"], ["ArrowRight", "prompts"], ["ArrowLeft", "page"], ["Home", "prompts"]]) {
        await page.keyboard.press(key);
        assert.equal(await focused(), `section ${wanted}`);
        assert.equal(await panel(page).locator("[aria-selected=true]").getAttribute("data-act"), `section ${wanted}`);
      }
      await panel(page).locator("[data-act=fold]").focus();
      await page.keyboard.press("Enter");
      assert.equal(await panel(page).locator("aside").count(), 0);
      assert.equal(await focused(), "fold");
      await page.keyboard.press("Enter");
      assert.equal(await panel(page).locator("aside").count(), 1);
      assert.equal(await focused(), "fold");
    }));

  test("the page makes room at whichever side it stands, and has it back", () =>
    onPage("?plimsoll=debug", async (page) => {
      const padding = () => page.evaluate(() => {
        const { paddingBottom, paddingLeft, paddingRight } = getComputedStyle(document.documentElement);
        return [paddingBottom, paddingLeft, paddingRight].map((length) => parseFloat(length) > 100);
      });
      assert.deepEqual(await padding(), [true, false, false]);
      await panel(page).locator('[data-act="side right"]').click();
      assert.deepEqual(await padding(), [false, false, true]);
      await panel(page).locator('[data-act="side left"]').click();
      assert.deepEqual(await padding(), [false, true, false]);
      await panel(page).locator("[data-act=fold]").click();
      assert.deepEqual(await padding(), [false, false, false]);
    }));

  test("destroying the instance leaves nothing of it", () =>
    onPage("?plimsoll=debug", async (page) => {
      await use(page, 200);
      const left = await page.evaluate(async () => {
        plimsoll.destroy();
        await new Promise((done) => setTimeout(done, 1_200));
        return [document.querySelectorAll("plimsoll-debug").length, document.adoptedStyleSheets.length, getComputedStyle(document.documentElement).padding];
      });
      assert.deepEqual(left, [0, 0, "0px"]);
    }));
});
