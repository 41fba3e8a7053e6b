/**
 * How every state of the gallery looks, compared with what was accepted (`looks/STATE.txt`): where each piece stands at
 * three widths and from right to left, and its colours in every theme. It does not say whether that is good; people
 * look at the gallery, and then accept what has changed with `node tests/browser/looks.test.mjs --bless`.
 *
 * All text is in a font of boxes and the clock stands still, so that machines with other fonts find the same.
 * It needs `pkg/dist` (cargo xtask build).
 */
import { after, test } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { differences, faint, look, standStill } from "./looks.support.mjs";
import { STATES, openGallery, tour, visit } from "./view.support.mjs";

const FOLDER = new URL("looks/", import.meta.url);
const bless = process.argv.includes("--bless");
const reference = (state) => new URL(`${state}.txt`, FOLDER);

openGallery();
after(() => bless && prune());

const OPTIONS = { viewport: { width: 1000, height: 760 }, timezoneId: "UTC", locale: "en-US", colorScheme: "light" };

for (const state of STATES) {
  test(`${state} looks as it did when it was accepted`, async () => {
    let found = "";
    await tour([{ state, locale: "en" }, { state, locale: "ar" }], OPTIONS, async (page, { locale }) => {
      found += await look(page, locale);
    }, standStill);
    assert.deepEqual(faint(found), [], "too little contrast");
    if (bless) {
      mkdirSync(FOLDER, { recursive: true });
      return writeFileSync(reference(state), found);
    }
    let accepted = "";
    try {
      accepted = readFileSync(reference(state), "utf8");
    } catch {
      assert.fail(`nobody has accepted this state yet: node tests/browser/looks.test.mjs --bless`);
    }
    assert.deepEqual(differences(accepted, found), [], "look at it in www/gallery, then accept it with --bless");
  });
}

test("a piece that is moved by two pixels and a colour that is changed are both found", { skip: bless }, async () => {
  const planted = {
    "plimsoll-prompts::part(primary) { translate: 2px 0 }": / primary /,
    "plimsoll-prompts::part(close) { margin-block-start: 2px }": / close /,
    ":root { --plimsoll-accent: #3550d8 }": / primary .*#3550d8/,
    "plimsoll-prompts::part(base) { border-color: red }": / base .*#ff0000/,
  };
  const accepted = readFileSync(reference("modal-limit"), "utf8");
  for (const [css, expected] of Object.entries(planted)) {
    await visit({ state: "modal-limit", locale: "en" }, OPTIONS, async (page) => {
      await page.evaluate((text) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        document.adoptedStyleSheets.push(sheet);
      }, css);
      const found = differences(accepted, await look(page, "en"));
      assert.ok(found.some((line) => expected.test(line)), `${css}: ${found.join("\n")}`);
    }, standStill);
  }
});

test("no accepted look is of a state that is gone", { skip: bless }, () => {
  const kept = readdirSync(FOLDER).map((name) => name.replace(/\.txt$/, ""));
  assert.deepEqual(kept.filter((state) => !STATES.includes(state)), []);
});

function prune() {
  for (const name of readdirSync(FOLDER)) {
    if (!STATES.includes(name.replace(/\.txt$/, ""))) rmSync(new URL(name, FOLDER));
  }
}
