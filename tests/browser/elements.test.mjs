// The custom elements: what they show before, without and with an instance, that nothing moves when one comes, and
// that a gate blocks nothing. Slots and places of prompts are in elements.places.test.mjs.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { axe } from "./axe.support.mjs";
import { CSP, named, snapshot, startOn, startStand, until } from "./shell.support.mjs";
import { POLICY, boxes, define, frames, marks, meters, month, openBody, shift, spoken, startWith, sync } from "./elements.support.mjs";

const GATES = `
  <p>To use it, <plimsoll-gate feature=automation><button id=build>Build it</button></plimsoll-gate> now.</p>
  <plimsoll-gate feature=sso><a id=row href="#sso">Single sign-on</a></plimsoll-gate>`;
const METERS = `
  <plimsoll-meter meter=emails value=412 max=1000>412 of 1,000 e-mails</plimsoll-meter>
  <plimsoll-meter meter=seats value=3 max=3></plimsoll-meter>
  <plimsoll-meter meter=seats value=1 max=3 projection=none>1 of 3 seats</plimsoll-meter>
  <p id=after>After the meters</p>`;
const EVERYTHING = "#build, #row, #after, plimsoll-meter, p";

let stand;
before(async () => { stand = await startStand(); });
after(() => stand?.stop());
beforeEach(() => {
  stand.begin();
  stand.policy = POLICY;
});

async function onBody(body, run, { init, ...options } = {}) {
  const context = await stand.browser.newContext({ viewport: { width: 900, height: 700 }, reducedMotion: "reduce", ...options.browser });
  if (init) await context.addInitScript(init);
  try {
    const page = await openBody(stand, body, { context, css: "#row { display: block; padding: 8px }", ...options });
    await run(page);
    // The tests' own markup is styled in places; a meter, a gate or a slot never is.
    assert.deepEqual(page.faults.filter((fault) => !fault.includes("inline style")), [], "nothing was thrown into the page");
  } finally {
    await context.close();
  }
}

const press = (page, id) => page.evaluate((wanted) => document.getElementById(wanted).click(), id);
const explored = () => named(stand.events(), "Feature Explored").map(({ properties }) => properties.feature);
const opened = (page) => page.evaluate(() => [...document.querySelectorAll("plimsoll-prompts")].filter((host) => host.shadowRoot.querySelector("dialog[open]")).length);

describe("before there is an instance", () => {
  for (const [column, lines, most] of [["900px", 1, 1240], ["240px", 2, 940]]) test(`what the server rendered, the elements' script, the instance and its figures stand in one box, ${column} wide`, () =>
    onBody(METERS + GATES, async (page) => {
      const rendered = await boxes(page, EVERYTHING);
      await define(page);
      await frames(page);
      assert.deepEqual(await boxes(page, EVERYTHING), rendered, "when the script came");
      assert.deepEqual(await meters(page), [
        ["412 of 1,000 e-mails", "412/1000", ""], ["3 / 3", "3/3 limit", ""], ["1 of 3 seats", "1/3", ""],
      ]);
      assert.deepEqual(await marks(page), ["", ""]);
      assert.equal(await startWith(page, { meters: { emails: month(700, 45), seats: { used: 2, limit: 3 } } }), null);
      await frames(page);
      assert.deepEqual(await boxes(page, EVERYTHING), rendered, "when the instance came");
      assert.deepEqual(await marks(page), ["Pro", "Scale"]);
      assert.match((await meters(page))[0].join(), /^700 of 1,000 e-mails,700\/1000,At this pace, lasts until about \w+ \d+$/);
      const pace = await page.evaluate(() => document.querySelector("plimsoll-meter").shadowRoot.querySelector("#pace").getBoundingClientRect().height);
      assert.equal(Math.round(pace / (0.8 * 1.5 * 16)), lines, "lines of the estimate");
      await sync(page, { meters: { emails: { used: most, limit: 1000 }, seats: { used: 3, limit: 3 } } });
      assert.deepEqual(await boxes(page, EVERYTHING), rendered, "when the figures changed");
      assert.equal(await shift(page), 0);
      await page.evaluate(() => document.querySelector("h1").style.setProperty("margin-bottom", "90px"));
      await until(async () => (await shift(page)) > 0, "a page that moves to be noticed");
    }, { script: false, css: `#row { display: block; padding: 8px } plimsoll-meter { inline-size: ${column}; max-inline-size: 100% }` }));

  test("a press before the start reaches the page, and Plimsoll once it has started", () =>
    onBody(GATES, async (page) => {
      await press(page, "build");
      await press(page, "row");
      assert.deepEqual(await page.evaluate(() => pressed), [["build", false], ["row", false]]);
      assert.equal(page.url().endsWith("#sso"), true, "the link was followed");
      await startWith(page, {}, { snapshot: undefined });
      await frames(page);
      assert.deepEqual(await marks(page), ["", ""], "without a snapshot no plan is known");
      await sync(page, {});
      await page.evaluate(() => plimsoll.reset());
      await until(() => explored().length === 2, "both presses");
      assert.deepEqual(explored(), ["automation", "sso"]);
    }));

  test("what the account has is not said to be explored, even if it was pressed before that was known", () =>
    onBody(GATES, async (page) => {
      await press(page, "build");
      await press(page, "row");
      await startWith(page, { plan: "pro" });
      await frames(page);
      assert.deepEqual(await marks(page), ["", "Scale"]);
      await press(page, "build");
      await page.evaluate(() => plimsoll.reset());
      await until(() => explored().length === 1, "the press of what is locked");
      assert.deepEqual(explored(), ["sso"]);
    }));

  test("of more than 500 presses the first 500 are made again, in their order", () => {
    const gates = Array.from({ length: 600 }, (_, index) => `<plimsoll-gate feature=f${index}><button>${index}</button></plimsoll-gate>`);
    return onBody(gates.join(""), async (page) => {
      const said = [];
      page.on("console", (message) => message.type() === "warning" && said.push(message.text()));
      const made = await page.evaluate(async () => {
        for (const button of document.querySelectorAll("button")) button.click();
        const made = [];
        const face = {
          read: () => ({ plan: "free", meters: {}, features: {} }),
          on: () => () => {},
          texts: () => ({ locale: "en", ui: {}, meters: [], features: [], plans: [] }),
          explore: (...given) => made.push(given.join(" ").trim()),
        };
        document.dispatchEvent(new CustomEvent("plimsoll-ready", { detail: face }));
        const early = made.length;
        await new Promise((done) => setTimeout(done, 600));
        document.querySelectorAll("button")[7].click();
        return [early, ...made];
      });
      assert.deepEqual(made, [500, ...Array.from({ length: 500 }, (_, index) => `f${index}`), "f7"]);
      assert.deepEqual(said.map((text) => text.replace(/.*(\[.*\])/, "$1")), ["[calls_dropped]"], "and that some were dropped is said, once");
    });
  });

  test("a press is told even if the gates have left the page when the instance starts", () =>
    onBody(GATES, async (page) => {
      await press(page, "row");
      await page.evaluate(() => document.querySelectorAll("plimsoll-gate").forEach((gate) => gate.remove()));
      await startWith(page, {}, { snapshot: undefined });
      await sync(page, {});
      await page.evaluate(() => plimsoll.reset());
      await until(() => explored().length === 1, "the press");
      assert.deepEqual(explored(), ["sso"]);
      await page.evaluate(() => plimsoll.destroy());
      assert.deepEqual(await page.evaluate(() => [...listening]), [], "and then nothing is listened to");
    }, { init: countListeners }));

  for (const end of ["reset", "destroy"]) {
    test(`a press of somebody who was never known is not told for whoever comes after \`${end}\``, () =>
      onBody(GATES, async (page) => {
        await startWith(page, {}, { snapshot: undefined });
        await press(page, "row");
        await page.evaluate((end) => plimsoll[end](), end);
        if (end === "destroy") await startWith(page);
        else await sync(page, {});
        await frames(page);
        await press(page, "build");
        await page.evaluate(() => plimsoll.reset());
        await until(() => explored().length > 0, "a press");
        assert.deepEqual(explored(), ["automation"]);
      }));
  }

  const BROKEN = [
    ["is missing", "wasm_missing", () => stand.missing.add("/pkg/dist/plimsoll_bg.wasm"), CSP],
    ["is refused by the page's policy", "wasm_refused", () => {}, CSP.replace(" 'wasm-unsafe-eval'", "")],
  ];
  for (const [how, code, breakIt, csp] of BROKEN) {
    test(`where WebAssembly ${how}, start says so once and everything stays as the HTML says`, () => {
      breakIt();
      return onBody(METERS + GATES, async (page) => {
        const [before, said] = [await boxes(page, EVERYTHING), await meters(page)];
        await press(page, "build");
        assert.equal((await startWith(page)).code, code);
        await press(page, "row");
        await frames(page);
        assert.deepEqual(await boxes(page, EVERYTHING), before);
        assert.deepEqual(await meters(page), said);
        assert.deepEqual(await marks(page), ["", ""]);
        assert.deepEqual(await page.evaluate(() => pressed.map(([id]) => id)), ["build", "row"]);
        assert.equal(await shift(page), 0);
        page.faults.length = 0;
      }, { csp });
    });
  }
});

describe("a gate", () => {
  test("is marked while the plan lacks its feature, and follows the plan", () =>
    onBody(GATES, async (page) => {
      await startWith(page);
      await frames(page);
      assert.deepEqual(await marks(page), ["Pro", "Scale"]);
      await sync(page, { plan: "pro", plan_epoch: 2 });
      assert.deepEqual(await marks(page), ["", "Scale"]);
      await sync(page, { plan: "scale", plan_epoch: 3 });
      assert.deepEqual(await marks(page), ["", ""]);
      await sync(page, { plan: "free", plan_epoch: 4, features: ["sso"] });
      assert.deepEqual(await marks(page), ["Pro", ""], "a feature beyond the plan");
      await page.evaluate(() => document.querySelectorAll("plimsoll-gate")[1].setAttribute("feature", "automation"));
      assert.deepEqual(await marks(page), ["Pro", "Pro"]);
      await page.evaluate(() => plimsoll.setLocale("pt-BR"));
      await frames(page);
      assert.ok((await spoken(page)).includes("group Recurso pago: Pro"), (await spoken(page)).join("\n"));
      assert.equal(await shift(page), 0);
    }));

  test("never names a plan below the account's own", () => {
    const [free, ...others] = POLICY.plans;
    stand.policy = { ...POLICY, plans: [{ ...free, features: ["automation"] }, { ...others[0], features: [] }, others[1]] };
    return onBody(GATES, async (page) => {
      await startWith(page, { plan: "pro" });
      await frames(page);
      assert.deepEqual(await marks(page), ["Scale", "Scale"]);
      await sync(page, { plan: "scale", plan_epoch: 2 });
      assert.deepEqual(await marks(page), ["", ""]);
    });
  });

  test("says its plan to a screen reader around what is pressed, and nothing when it is owned", () =>
    onBody(GATES, async (page) => {
      await startWith(page);
      await frames(page);
      const heard = await spoken(page);
      assert.ok(heard.includes("group Paid feature: Pro"), heard.join("\n"));
      assert.ok(heard.includes("button Build it"));
      assert.ok(!heard.some((line) => /StaticText (Pro|Scale)$/.test(line)), "and says it once");
      await sync(page, { plan: "scale" });
      assert.ok(!(await spoken(page)).some((line) => line.startsWith("group")));
    }));

  test("a press opens the preview and reaches the page, whatever pressed it and whoever stops the event", () =>
    onBody(GATES, async (page) => {
      await startWith(page);
      await page.evaluate(() => document.getElementById("build").addEventListener("click", (event) => event.stopImmediatePropagation()));
      await page.locator("#build").focus();
      await page.keyboard.press("Enter");
      await until(() => opened(page), "the preview");
      await page.keyboard.press("Escape");
      await page.waitForTimeout(600);
      await page.locator("#row").click();
      assert.deepEqual(await page.evaluate(() => pressed), [["row", false]]);
      await page.evaluate(() => plimsoll.reset());
      await until(() => explored().length === 2, "both");
    }));

  test("a double click and a label with its field are one press", () =>
    onBody(`<plimsoll-gate feature=sso step=built><label id=label>Turn on <input id=field type=checkbox></label></plimsoll-gate>`, async (page) => {
      await startWith(page);
      await page.locator("#label").click();
      assert.equal(await page.locator("#field").isChecked(), true, "the field took the press");
      await page.waitForTimeout(600);
      await page.locator("#field").dblclick({ force: true });
      await page.evaluate(() => plimsoll.reset());
      await until(() => explored().length === 2, "two presses");
      await page.waitForTimeout(100);
      assert.deepEqual(named(stand.events(), "Feature Explored").map(({ properties }) => properties.step), ["built", "built"]);
    }));

  const WIDE = `
    <p id=line>To use it, <plimsoll-gate feature=automation><button class=flex>Build it</button></plimsoll-gate> now.</p>
    <p><plimsoll-gate feature=sso><button class=block>Turn it on</button></plimsoll-gate></p>
    <p><plimsoll-gate feature=sso><input class=capped value=sso></plimsoll-gate></p>
    <p>Or <plimsoll-gate feature=sso><button class=small>only in narrow pages</button></plimsoll-gate> so.</p>
    <p id=tight>This <plimsoll-gate feature=sso><button>is the widest of its box</button></plimsoll-gate> too.</p>`;
  const WIDE_CSS = `.flex { display: inline-flex; width: 100% } .block { width: calc(100% - 20px) } .capped { width: 100%; max-width: 400px }
    @media (max-width: 500px) { .small { display: inline-flex; width: 100% } } #tight { width: min-content }`;

  test("around what fills its line is a line, and moves it neither when the script comes nor when the page's width changes", () =>
    onBody(WIDE, async (page) => {
      const all = "button, input, p";
      /** Without gates' script every width has its own boxes; with it the same. */
      const widths = async () => {
        const found = [];
        for (const width of [900, 420, 900]) {
          await page.setViewportSize({ width, height: 700 });
          await frames(page);
          found.push(await boxes(page, all));
        }
        return found;
      };
      const rendered = await widths();
      assert.match(rendered[0][1], /,860,/, "it fills its line");
      await define(page);
      await frames(page);
      assert.deepEqual(await boxes(page, all), rendered[0]);
      await startWith(page);
      await frames(page);
      assert.deepEqual(await widths(), rendered);
    }, { script: false, css: WIDE_CSS }));

  const OUT = `
    <p class=at>Before <plimsoll-gate feature=sso><button>Laid into its paragraph</button></plimsoll-gate> after.</p>
    <p>Before <plimsoll-gate feature=sso><button class=left>Floating</button></plimsoll-gate> <b>after</b></p>
    <p class=own>Before <plimsoll-gate feature=sso><b>A badge</b><a id=link href="#sso">Over all of a card</a></plimsoll-gate> after.</p>
    <p class=line>Before <plimsoll-gate feature=sso><button>In a line</button></plimsoll-gate> after.</p>`;
  const OUT_CSS = `.at, .own plimsoll-gate { position: relative } .at button { position: absolute; right: 4px }
    @media (min-width: 600px) { .left { float: left } }
    .own plimsoll-gate { display: block; height: 60px } .own a { position: absolute; inset: 0 } .own b { position: absolute; left: 4px }
    .line plimsoll-gate { display: inline }`;

  test("around what floats or is positioned has no box and no mark, unless the page gives it one", () =>
    onBody(OUT, async (page) => {
      const all = "button, a, b, p";
      const rendered = await boxes(page, all);
      await define(page);
      await startWith(page);
      await frames(page);
      assert.deepEqual(await boxes(page, all), rendered, "nothing moved");
      assert.deepEqual(await marks(page), ["", "", "Scale", "Scale"]);
      // On a narrow screen it stands in the line again.
      await page.setViewportSize({ width: 500, height: 700 });
      await frames(page);
      assert.deepEqual(await marks(page), ["", "Scale", "Scale", "Scale"]);
      await page.locator(".at button").click();
      await until(() => explored().length === 1, "a press on it is told");
    }, { script: false, css: OUT_CSS }));

  test("around nothing that is there to be seen has neither mark nor name, until it is", () =>
    onBody(GATES + "<plimsoll-gate feature=sso></plimsoll-gate>", async (page) => {
      const show = (id, display) => page.evaluate(([id, display]) => document.getElementById(id).style.setProperty("display", display), [id, display]).then(() => frames(page));
      const groups = async () => (await spoken(page)).filter((line) => line.startsWith("group"));
      await show("build", "none");
      await startWith(page);
      await frames(page);
      assert.deepEqual(await marks(page), ["", "Scale", ""]);
      assert.deepEqual(await groups(), ["group Paid feature: Scale"]);
      await show("build", "inline-block");
      await show("row", "none");
      assert.deepEqual(await marks(page), ["Pro", "", ""]);
      assert.deepEqual(await groups(), ["group Paid feature: Pro"]);
      await page.evaluate(() => document.querySelectorAll("plimsoll-gate")[2].append(document.createElement("button")));
      await frames(page);
      assert.deepEqual(await marks(page), ["Pro", "", "Scale"]);
    }));

  test("looks at no style when figures change", () =>
    onBody(GATES, async (page) => {
      await startWith(page);
      await frames(page);
      await page.evaluate(() => {
        const { getComputedStyle } = window;
        window.looks = 0;
        window.getComputedStyle = (...given) => {
          if (given[0].closest("plimsoll-gate")) window.looks += 1;
          return getComputedStyle(...given);
        };
      });
      await sync(page, { meters: { emails: { used: 410, limit: 1000 }, seats: { used: 1, limit: 3 } } });
      assert.equal(await page.evaluate(() => looks), 0);
    }));

  test("of a feature that there is not it stays unmarked, and a press names the mistake", () =>
    onBody(`<plimsoll-gate feature=sos><button id=a>A</button></plimsoll-gate><plimsoll-gate><button id=b>B</button></plimsoll-gate>
      <plimsoll-gate feature=sso step=tired><button id=c>C</button></plimsoll-gate>`, async (page) => {
      await startWith(page);
      for (const id of ["a", "b", "c"]) await press(page, id);
      await until(() => page.evaluate(() => heard.filter(({ name }) => name === "error").length === 2), "two errors");
      const errors = await page.evaluate(() => heard.filter(({ name }) => name === "error").map(({ code, path }) => `${code} ${path}`));
      assert.deepEqual(errors.sort(), ["argument_invalid step", "feature_unknown feature"]);
      assert.deepEqual(await marks(page), ["", "", "Scale"]);
    }));
});

describe("a meter", () => {
  test("says until when it is enough where the engine does, and nothing where it does not", () =>
    onBody(METERS, async (page) => {
      await startWith(page, { meters: { emails: month(700, 45), seats: { used: 1, limit: 3 } } });
      await frames(page);
      const [emails, seats] = await meters(page);
      const { projection } = await page.evaluate(() => plimsoll.read().meters.emails);
      const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "long" }).format(projection.date);
      assert.deepEqual([emails[2], seats[2]], [`At this pace, lasts until about ${day}`, ""]);
      assert.ok((await spoken(page)).some((line) => line === `meter 700 of 1,000 e-mails / ${emails[2]}`), (await spoken(page)).join("\n"));
      await sync(page, { meters: { emails: { used: 700, limit: 1000 }, seats: { used: 1, limit: 3 } } });
      await sync(page, { plan: "scale", plan_epoch: 2, meters: { emails: { used: 700, limit: "unlimited" }, seats: { used: 1, limit: 99 } } });
      assert.equal((await meters(page))[0][2], "", "without a limit nothing is reached");
      assert.equal(await shift(page), 0);
    }));

  test("an estimate that is certain to no day is said as part of a month, or its days once that has begun, and not where it is not wanted", () =>
    onBody(METERS, async (page) => {
      const said = await page.evaluate(async () => {
        const year = new Date().getFullYear();
        // The last has begun, whenever this is read.
        const months = [[year + 1, 5, 12, 5, 25], [year + 1, 5, 2, 5, 14], [year + 1, 5, 16, 5, 29], [year + 1, 5, 20, 7, 3], [year, 0, 2, 0, 14]];
        const said = [];
        for (const [year, m, d, n, e] of months) {
          const projection = { from: Date.UTC(year, m, d, 12), until: Date.UTC(year, n, e, 12), date: Date.UTC(year, m, d + 4, 12) };
          const { start } = await import("/pkg/index.js");
          window.texts ??= await start({ policy: "/policy.json", view: "none" }).then((made) => made);
          const face = {
            read: () => ({ plan: "free", features: {}, meters: { emails: { used: 5, limit: 10, projection }, seats: { used: 5, limit: 10, projection } } }),
            on: () => () => {},
            texts: () => ({ locale: "en", ui: { meter_pace: window.pace }, meters: [], features: [], plans: [] }),
            explore() {},
          };
          window.pace ??= await new Promise((done) => document.dispatchEvent(new CustomEvent("plimsoll-request", { detail: ({ texts }) => done(texts().ui.meter_pace) })));
          document.dispatchEvent(new CustomEvent("plimsoll-ready", { detail: face }));
          said.push([...document.querySelectorAll("plimsoll-meter")].map((meter) => meter.shadowRoot.querySelector("#pace").textContent));
        }
        return said;
      });
      const until = (words) => [`At this pace, lasts until ${words}`, `At this pace, lasts until ${words}`, ""];
      const year = new Date().getFullYear() + 1;
      const halves = ["first", "second"].map((half) => until(`the ${half} half of June ${year}`));
      const spaced = said.map((lines) => lines.map((line) => line.replace(/\s/g, " ")));
      assert.deepEqual(spaced, [until(`June ${year}`), ...halves, until(`June – August ${year}`), until("about January 2 – 14")]);
    }));

  test("shows over-use in words, in the bar's look and at its full length", () =>
    onBody(METERS, async (page) => {
      await startWith(page, { meters: { emails: { used: 1240, limit: 1000 }, seats: { used: 3, limit: 3 } } });
      await frames(page);
      const [emails, seats] = await meters(page);
      assert.deepEqual(emails.slice(0, 2), ["1,240 of 1,000 e-mails, over your plan’s limit", "1000/1000 over"]);
      assert.deepEqual(seats.slice(0, 2), ["3 of 3 seats", "3/3 limit"]);
    }));
});

describe("of a page that is mistaken", () => {
  test("a meter of figures that are none is an empty one, and an unknown language no fault", () =>
    onBody(`<div lang="not a language"><plimsoll-meter meter=emails value=many max=1000></plimsoll-meter>
      <plimsoll-meter meter=seats value=1e999 max=-3></plimsoll-meter><plimsoll-meter value=2 max=1e999></plimsoll-meter></div>`, async (page) => {
      const bars = async () => (await meters(page)).map(([, bar]) => bar);
      assert.deepEqual(await bars(), ["0/1000", "0/1 unlimited", "0/1 unlimited"]);
      await page.evaluate(() => document.querySelector("plimsoll-meter").setAttribute("value", "a lot"));
      await startWith(page);
      await frames(page);
      assert.deepEqual(await bars(), ["400/1000", "1/3", "0/1 unlimited"]);
      await page.evaluate(() => document.querySelector("plimsoll-meter").removeAttribute("meter"));
      assert.deepEqual((await bars())[0], "0/1000");
    }));

  test("what speaks by the elements' events and is none of them harms nothing", () =>
    onBody(METERS + GATES, async (page) => {
      await startWith(page, { meters: { emails: { used: 950, limit: 1000 }, seats: { used: 1, limit: 3 } } });
      await page.locator("section.banner").waitFor();
      await page.evaluate(() => {
        for (const detail of [undefined, 7, "slot", {}, { read: 1 }, () => {}, document]) {
          for (const name of ["plimsoll-slot", "plimsoll-painter", "plimsoll-ready"]) document.dispatchEvent(new CustomEvent(name, { detail }));
        }
      });
      await frames(page);
      assert.equal((await meters(page))[0][0], "950 of 1,000 e-mails");
      assert.deepEqual(await marks(page), ["Pro", "Scale"]);
    }));
});

describe("elements that come, go and change instances", () => {
  test("made before or after their script, before or after the start, moved and put back", () =>
    onBody(METERS + GATES, async (page) => {
      await startWith(page);
      await define(page);
      await frames(page);
      assert.equal((await meters(page))[0][0], "400 of 1,000 e-mails");
      const later = await page.evaluate(async () => {
        const made = document.createElement("plimsoll-meter");
        made.setAttribute("meter", "seats");
        document.body.append(made);
        const [gate] = document.querySelectorAll("plimsoll-gate");
        gate.remove();
        document.body.append(gate);
        gate.remove();
        document.body.prepend(gate);
        return made.shadowRoot.querySelector("#words").textContent;
      });
      assert.equal(later, "1 of 3 seats");
      await page.evaluate(() => plimsoll.use("emails", 5));
      await frames(page);
      assert.equal((await meters(page))[0][0], "405 of 1,000 e-mails");
      assert.deepEqual(await marks(page), ["Pro", "Scale"]);
    }, { script: false }));

  test("without elements on the page nothing is listened to", () =>
    onBody(METERS + GATES + "<plimsoll-slot></plimsoll-slot>", async (page) => {
      await startWith(page);
      await frames(page);
      assert.ok(await page.evaluate(() => [...listening].length > 0));
      await page.evaluate(() => {
        plimsoll.destroy();
        document.body.replaceChildren();
      });
      assert.deepEqual(await page.evaluate(() => [...listening]), []);
    }, { init: countListeners }));

  test("follow the instance that started last, then the other, and without one the HTML", () =>
    onBody(METERS + GATES, async (page) => {
      await startWith(page);
      await page.evaluate(() => (window.first = plimsoll));
      await startOn(page, { snapshot: snapshot({ account: { id: "acc_8" }, plan: "pro", meters: { emails: { used: 9, limit: 50000 } } }), storage: "none" });
      await frames(page);
      const look = async () => [(await meters(page))[0][0], (await marks(page))[0]];
      assert.deepEqual(await look(), ["9 of 50,000 e-mails", ""]);
      await page.evaluate(() => plimsoll.destroy());
      assert.deepEqual(await look(), ["400 of 1,000 e-mails", "Pro"]);
      await page.evaluate(() => first.destroy());
      assert.deepEqual(await look(), ["412 of 1,000 e-mails", ""]);
      assert.equal(await shift(page), 0);
    }));

  test("defined after two instances have started, follow the one that started last", () =>
    onBody(METERS + GATES, async (page) => {
      await startWith(page);
      await startOn(page, { snapshot: snapshot({ account: { id: "acc_8" }, plan: "pro", meters: { emails: { used: 9, limit: 50000 } } }), storage: "none" });
      await define(page);
      await frames(page);
      assert.deepEqual([(await meters(page))[0][0], (await marks(page))[0]], ["9 of 50,000 e-mails", ""]);
    }, { script: false }));

  test("get of an instance what they need, and so does any script that asks", () =>
    onBody(METERS, async (page) => {
      await startWith(page);
      const given = await page.evaluate(() => {
        let found;
        document.dispatchEvent(new CustomEvent("plimsoll-request", { detail: (face) => (found = Object.keys(face).sort()) }));
        return found;
      });
      assert.deepEqual(given, ["explore", "on", "read", "texts"]);
    }));

  test("a meter whose instance has gone is in the page's language and direction again", () =>
    onBody(`<div dir=rtl lang=ar>${METERS}</div>`, async (page) => {
      const said = () => page.evaluate(() => [...document.querySelector("plimsoll-meter").shadowRoot.querySelectorAll("p")].map((text) => `${text.lang} ${text.dir}`.trim()));
      await startWith(page);
      await frames(page);
      assert.deepEqual(await said(), ["en ltr", "en ltr"]);
      await page.evaluate(() => plimsoll.destroy());
      assert.deepEqual(await said(), ["", ""]);
    }));
});

/** Runs before anything else on the page. */
function countListeners() {
  window.listening = new Set();
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const ours = (target, name) => target === document && name.startsWith("plimsoll-");
  EventTarget.prototype.addEventListener = function (name, ...given) {
    if (ours(this, name)) window.listening.add(given[0]);
    // Ends with its signal.
    given[1]?.signal?.addEventListener("abort", () => window.listening.delete(given[0]));
    return addEventListener.call(this, name, ...given);
  };
  EventTarget.prototype.removeEventListener = function (name, ...given) {
    if (ours(this, name)) window.listening.delete(given[0]);
    return removeEventListener.call(this, name, ...given);
  };
}

describe("for everybody", () => {
  test("axe finds nothing, and at 320 px and twice the text nothing sticks out, in both directions", async () => {
    for (const [dir, colorScheme] of [["ltr", "light"], ["rtl", "dark"]]) {
      await onBody(METERS + GATES + "<plimsoll-gate feature=sso mark=lock><button id=small>SSO</button></plimsoll-gate>", async (page) => {
        await page.evaluate((dir) => {
          document.documentElement.dir = dir;
          const main = document.createElement("main");
          main.append(...document.body.children);
          document.body.append(main);
        }, dir);
        await startWith(page, { meters: { emails: month(700, 45), seats: { used: 3, limit: 3 } } });
        await frames(page);
        assert.deepEqual(await axe(page), [], dir);
        for (const size of ["100%", "200%"]) {
          const wide = await page.evaluate((size) => {
            document.documentElement.style.setProperty("font-size", size);
            document.body.style.setProperty("font-size", "1rem");
            return [document.documentElement.scrollWidth, innerWidth];
          }, size);
          assert.ok(wide[0] <= wide[1], `${wide} ${dir} at ${size}`);
        }
      }, { browser: { viewport: { width: 320, height: 640 }, colorScheme }, css: ":root { color-scheme: light dark } body { background: light-dark(#fff, #111); color: light-dark(#111, #eee) } #row { display: block; padding: 8px; color: inherit }" });
    }
  });

  test("importing the elements in Node does nothing", async () => {
    const names = Object.getOwnPropertyNames(globalThis).length;
    const { define: register } = await import("../../pkg/define.js");
    assert.equal(typeof register, "function");
    assert.equal(Object.getOwnPropertyNames(globalThis).length, names);
  });
});
