// Where prompts stand: in the host's slots, which come and go, over the page at either edge, and nowhere else; and
// that the page does not move for them.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { hide, named, startStand, until } from "./shell.support.mjs";
import { frames, openBody, painted, policyOf, promptBox, shift, startWith, sync } from "./elements.support.mjs";

const card = (id, meter, slot) => ({ id, trigger: { threshold_used: meter === "emails" ? 100 : 1, meter }, surface: "inline", slot, texts: { en: { title: id } } });
const banner = (place) => ({ id: "banner", trigger: { threshold_percent: 30, meter: "files" }, surface: "banner", texts: { en: { title: "A banner", body: "With a sentence under it." } }, ...place });
const FIGURES = { meters: { emails: { used: 400, limit: 1000 }, seats: { used: 1, limit: 3 }, files: { used: 4, limit: 10 } } };
const AFTER = "<p id=after>What follows</p>";

let stand;
before(async () => { stand = await startStand(); });
after(() => stand?.stop());
beforeEach(() => stand.begin());

async function onBody(prompts, body, run, { start = {}, figures = FIGURES, ...options } = {}) {
  stand.policy = policyOf(...prompts);
  const context = await stand.browser.newContext({ viewport: { width: 900, height: 700 }, reducedMotion: "reduce", ...options.browser });
  try {
    const page = await openBody(stand, body, { context, ...options });
    if (start) assert.equal(await startWith(page, figures, start), null);
    await run(page);
    assert.deepEqual(page.faults, [], "nothing was thrown into the page");
    assert.deepEqual(await page.evaluate(() => violations), []);
  } finally {
    await context.close();
  }
}

/** Until the prompts are where they should be, as `[title, in what]`. */
async function standing(page, expected) {
  let found;
  await until(async () => {
    found = await painted(page);
    return JSON.stringify(found) === JSON.stringify(expected);
  }, JSON.stringify(expected), 4_000).catch((error) => assert.deepEqual(found, expected, error.message));
}

const page = (page, change, ...given) => page.evaluate(change, ...given).then(() => frames(page));
const add = (of, html) => page(of, ([name, id]) => {
  const slot = document.createElement("plimsoll-slot");
  if (name) slot.setAttribute("name", name);
  slot.id = id;
  document.body.append(slot);
}, html);

describe("a slot", () => {
  test("has the prompts that the policy puts there, in the order in which they came", () =>
    onBody([card("one", "emails", "side"), card("two", "seats", "side"), banner({ slot: "notices" })],
      `<plimsoll-slot id=n name=notices></plimsoll-slot>${AFTER}<plimsoll-slot id=s name=side></plimsoll-slot>`, async (of) => {
        await standing(of, [["A banner", "n"], ["one", "s"], ["two", "s"]]);
        assert.equal(await shift(of), 0, "a banner lies over what follows, cards stand at the page's end");
        assert.deepEqual(await of.evaluate(() => plimsoll.explain().unplaced), []);
      }));

  test("that reserves its room is filled without moving what follows", () =>
    onBody([card("one", "emails", "side")], `<plimsoll-slot id=s name=side></plimsoll-slot>${AFTER}`, async (of) => {
      await standing(of, [["one", "s"]]);
      await frames(of);
      assert.equal(await shift(of), 0);
    }, { css: "plimsoll-slot { min-block-size: 320px; max-inline-size: 420px }" }));

  test("at the page's top has a banner's menu under it, whatever edge the host has chosen", () =>
    onBody([banner({ slot: "notices" })], `<plimsoll-slot id=n name=notices></plimsoll-slot>${AFTER}`, async (of) => {
      await standing(of, [["A banner", "n"]]);
      await of.locator("summary").click();
      const [menu, opener] = [await of.locator(".panel").boundingBox(), await of.locator("summary").boundingBox()];
      assert.ok(menu.y > opener.y, "it opens downwards, as at any other place in the page");
    }, { start: { target: "bottom" } }));

  test("that is awaited has shown nothing, however often the page is told anew what is open", () =>
    onBody([card("one", "emails", "side")], AFTER, async (of) => {
      await until(() => of.evaluate(() => plimsoll.explain().unplaced?.length === 1), "a card that waits");
      await of.evaluate(() => plimsoll.setLocale("de"));
      await of.evaluate(() => plimsoll.setLocale("en"));
      await frames(of);
      await hide(of);
      await until(() => named(stand.events(), "Threshold Crossed").length > 0, "the events");
      assert.deepEqual(named(stand.events(), "Prompt Shown"), []);
    }));

  test("that comes later is filled then; one that goes takes a card with it and gives a banner to the page", () =>
    onBody([card("one", "emails", "side"), banner({ slot: "notices" })], AFTER, async (of) => {
      await standing(of, [["A banner", "body"]]);
      const { unplaced } = await of.evaluate(() => plimsoll.explain());
      assert.equal(unplaced.length, 1, "what waits is told");
      assert.equal(await of.evaluate(() => plimsoll.explain().prompts.find(({ prompt }) => prompt === "one").exposure), unplaced[0]);
      await add(of, ["side", "s"]);
      await standing(of, [["A banner", "body"], ["one", "s"]]);
      await add(of, ["notices", "n"]);
      await standing(of, [["one", "s"], ["A banner", "n"]]);
      await page(of, () => {
        document.querySelector("#s").remove();
        document.querySelector("#n").remove();
      });
      await standing(of, [["A banner", "body"]]);
      await add(of, ["side", "again"]);
      await standing(of, [["A banner", "body"], ["one", "again"]]);
      await page(of, () => document.querySelector("#again").setAttribute("name", "other"));
      await standing(of, [["A banner", "body"]]);
    }));

  test("that is moved, or made anew by a framework in one go, keeps what is in it", () =>
    onBody([card("one", "emails", "side")], `<div id=box><plimsoll-slot id=s name=side></plimsoll-slot></div>`, async (of) => {
      await standing(of, [["one", "s"]]);
      await page(of, () => document.body.prepend(document.querySelector("#s")));
      await standing(of, [["one", "s"]]);
      await page(of, () => {
        const anew = document.querySelector("#s").cloneNode();
        anew.id = "anew";
        document.querySelector("#s").replaceWith(anew);
      });
      await standing(of, [["one", "anew"]]);
      await page(of, () => document.querySelector("#anew").replaceChildren());
      await page(of, () => plimsoll.use("emails", 1));
      const responses = await of.evaluate(() => heard.filter(({ name }) => name === "response").length);
      assert.equal(responses, 0, "and nobody is taken to have answered");
    }));

  test("in a part of the page that is closed is none until it is opened", () =>
    onBody([card("one", "emails", "side"), banner({ slot: "side" })], "<div id=tab hidden><plimsoll-slot id=s name=side></plimsoll-slot></div>", async (of) => {
      await standing(of, [["A banner", "body"]]);
      await page(of, () => document.querySelector("#tab").removeAttribute("hidden"));
      await standing(of, [["A banner", "s"], ["one", "s"]]);
      await page(of, () => document.querySelector("#tab").setAttribute("hidden", ""));
      await standing(of, [["A banner", "body"]]);
    }));

  test("without any width is none until it has one", () =>
    onBody([card("one", "emails", "side"), banner({ slot: "side" })], "<div id=row><b>Product</b><plimsoll-slot id=s name=side></plimsoll-slot></div>", async (of) => {
      await standing(of, [["A banner", "body"]]);
      await page(of, () => document.querySelector("#s").classList.add("wide"));
      await standing(of, [["A banner", "s"], ["one", "s"]]);
    }, { css: "#row { display: flex } .wide { flex: 1 }" }));

  test("of one name there may be two: the first of the page has the prompt, then the other", () =>
    onBody([card("one", "emails", "side")], "<div id=top></div><plimsoll-slot id=b name=side></plimsoll-slot>", async (of) => {
      await standing(of, [["one", "b"]]);
      await page(of, () => {
        const first = document.createElement("plimsoll-slot");
        first.setAttribute("name", "side");
        first.id = "a";
        document.querySelector("#top").append(first);
      });
      await standing(of, [["one", "a"]]);
      await page(of, () => document.querySelector("#a").remove());
      await standing(of, [["one", "b"]]);
    }));

  test("without a name it is for the prompts that name none", () =>
    onBody([card("one", "emails"), card("two", "seats", "side"), banner({})], "<plimsoll-slot id=any></plimsoll-slot>", (of) =>
      standing(of, [["A banner", "any"], ["one", "any"]])));

  test("defined after the instance came is found all the same, and holds what a person presses", () =>
    onBody([card("one", "emails", "side")], `<plimsoll-slot id=s name=side></plimsoll-slot>`, async (of) => {
      await of.waitForTimeout(300);
      assert.deepEqual(await painted(of), []);
      await of.evaluate(() => import("/pkg/define.js").then(() => undefined));
      await standing(of, [["one", "s"]]);
      await until(() => of.evaluate(() => plimsoll.explain().prompts.some(({ decision }) => decision === "shown")), "shown");
      await of.locator("#s").getByRole("button", { name: "Close" }).click();
      await standing(of, []);
      assert.deepEqual(await of.evaluate(() => heard.filter(({ name }) => name === "response").map(({ response }) => response)), ["close"]);
    }, { script: false }));

  test("that goes while somebody writes takes no word with it, and brings back nothing that was withdrawn", () =>
    onBody([{ ...card("one", "emails", "side"), actions: ["ask_admin"] }, banner({ slot: "notices", actions: ["ask_admin"] })],
      "<plimsoll-slot id=n name=notices></plimsoll-slot><plimsoll-slot id=s name=side></plimsoll-slot>", async (of) => {
        await standing(of, [["A banner", "n"], ["one", "s"]]);
        await of.locator("#s").getByRole("button", { name: "Ask your admin" }).click();
        await of.locator("#s textarea").fill("We are forty people");
        await page(of, () => document.querySelector("#s").remove());
        await add(of, ["side", "again"]);
        assert.equal(await of.locator("#again textarea").inputValue(), "We are forty people");
        await of.locator("#n").getByRole("button", { name: "Ask your admin" }).click();
        await of.locator("dialog textarea").fill("And more");
        await sync(of, { ...FIGURES, plan: "scale" });
        const forms = [["Ask your admin", "body"], ["Ask your admin", "again"]];
        await standing(of, forms);
        await page(of, () => document.querySelector("#n").remove());
        assert.deepEqual(await painted(of), forms, "the banner has gone, and stays away");
        assert.equal(await of.locator("dialog textarea").inputValue(), "And more");
      }, { figures: { ...FIGURES, can_purchase: false, billing_owner: "Ana" } }));

  test("has each instance's prompts, and after destroy none of them", () =>
    onBody([card("one", "emails", "side")], `<plimsoll-slot id=s name=side></plimsoll-slot>`, async (of) => {
      await standing(of, [["one", "s"]]);
      await of.evaluate(() => (window.first = plimsoll));
      await startWith(of, { ...FIGURES, account: { id: "acc_8" } });
      await standing(of, [["one", "s"], ["one", "s"]]);
      await page(of, () => first.destroy());
      await standing(of, [["one", "s"]]);
      await page(of, () => plimsoll.destroy());
      assert.equal(await of.evaluate(() => document.querySelectorAll("plimsoll-prompts").length), 0);
      await add(of, ["side", "late"]);
      assert.equal(await of.evaluate(() => document.querySelectorAll("plimsoll-prompts").length), 0);
    }));
});

describe("a banner", () => {
  const TALL = "<main><p>A page that scrolls</p></main><div id=tall></div>";
  const css = "#tall { block-size: 3000px } #bar { position: fixed; inset: auto 0 0; block-size: 56px }";

  test("lies over the page at its top, or at its bottom where the policy or the host says so; nothing moves", async () => {
    for (const [place, start, edge] of [[{}, {}, "top"], [{ edge: "top" }, {}, "top"], [{ edge: "bottom" }, {}, "bottom"], [{}, { target: "bottom" }, "bottom"], [{ edge: "top" }, { target: "bottom" }, "top"]]) {
      await onBody([banner(place)], TALL, async (of) => {
        await standing(of, [["A banner", "body"]]);
        const box = await promptBox(of);
        const gap = edge === "top" ? box.top : box.height - box.bottom;
        assert.ok(gap >= 8 && gap <= 20, `${gap} px from the ${edge}`);
        assert.equal(await shift(of), 0);
        await of.mouse.wheel(0, 500);
        await frames(of);
        assert.equal((await promptBox(of)).top, box.top, "and stays there");
        await of.locator("summary").click();
        const menu = await of.locator(".panel").boundingBox();
        assert.ok(menu.y >= 0 && menu.y + menu.height <= 700, "its menu is on the screen");
      }, { css, start });
    }
  });

  test("leaves the host's own bar and the device's edges free", () =>
    onBody([banner({ edge: "bottom" })], `${TALL}<nav id=bar>Home</nav>`, async (of) => {
      await standing(of, [["A banner", "body"]]);
      assert.ok((await promptBox(of)).bottom <= 700 - 56, "above the bar");
      const client = await of.context().newCDPSession(of);
      await client.send("Emulation.setSafeAreaInsetsOverride", { insets: { bottom: 34, left: 40, right: 40, top: 47 } });
      await frames(of);
      const box = await promptBox(of);
      assert.ok(box.bottom <= 700 - 56 - 34, `${box.bottom}: above the bar and the edge`);
      assert.ok(box.left >= 40 && box.right <= 900 - 40, "and between the sides");
      assert.equal(await of.evaluate(() => document.elementFromPoint(450, 690).id), "bar", "the bar can be pressed");
    }, { css: `${css} :root { --plimsoll-bottom: 56px }` }));

  test("at the bottom and a toast do not lie over each other", () =>
    onBody([banner({ edge: "bottom" }), { id: "blocked", trigger: { limit_hit: true }, surface: "toast", texts: { en: { title: "Blocked" } } }], TALL, async (of) => {
      await standing(of, [["A banner", "body"]]);
      await of.evaluate(() => plimsoll.attempt("seats", 9));
      await of.locator("section.toast").waitFor();
      const [toast, lower] = [await of.locator("section.toast").boundingBox(), await of.locator("section.banner").boundingBox()];
      assert.ok(toast.y + toast.height <= lower.y, "the toast is above");
    }, { css }));

  test("whose slot goes lies at the edge that the policy says", () =>
    onBody([banner({ edge: "bottom", slot: "notices" })], "<plimsoll-slot id=n name=notices></plimsoll-slot>", async (of) => {
      await standing(of, [["A banner", "n"]]);
      await page(of, () => document.querySelector("#n").remove());
      const box = await promptBox(of);
      assert.ok(box.height - box.bottom < 20, "without its slot it is at its edge");
      await sync(of, { plan_epoch: 1, meters: { files: { used: 5, limit: 10 } } });
      await standing(of, [["A banner", "body"]]);
    }));

  test("a target that is no element is told, and prompts are painted all the same", () =>
    onBody([banner({})], AFTER, async (of) => {
      await standing(of, [["A banner", "body"]]);
      const [error] = await of.evaluate(() => heard.filter(({ name }) => name === "error"));
      assert.deepEqual([error.code, error.path], ["option_invalid", "target"]);
      assert.match(error.message, /"#notices"/);
    }, { start: { target: "#notices" } }));
});
