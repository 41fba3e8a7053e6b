/**
 * What holds for every state of the gallery, so that a new one is held to it by its entry in `samples.json`: nothing for
 * axe to find, readable, large enough, without sideways scrolling, in every locale and theme. It does not know what a
 * state is about. It needs `pkg/dist` (cargo xtask build).
 */
import { test } from "node:test";
import assert from "node:assert/strict";
import { axe } from "./axe.support.mjs";
import { STATES, THEMES, openGallery, overflows, tour, wear } from "./view.support.mjs";
import { LOCALES } from "./words.support.mjs";

const WIDE = { width: 1100, height: 760 };
const NARROW = { width: 320, height: 640 };

openGallery();

for (const locale of LOCALES) {
  test(`every state in ${locale} has nothing for axe to find, in every theme, and room at 320 px and 200 % text`, async () => {
    const asked = STATES.map((state) => ({ state, locale }));
    await tour(asked, { viewport: NARROW }, async (page, { state }) => {
      await page.setViewportSize(NARROW);
      await assertRoom(page, `${state} at 320 px`);
      await page.setViewportSize(WIDE);
      for (const theme of THEMES) {
        await wear(page, theme);
        assert.deepEqual(await axe(page), [], `${state} ${theme}`);
      }
      assert.deepEqual(await smallTargets(page), [], state);
      await page.setViewportSize(NARROW);
      await page.evaluate(() => largeText());
      await assertRoom(page, `${state} at 320 px and 200 %`);
    });
  });
}

test("no state breaks the content security policy, logs an error or shifts the layout", async () => {
  await tour(STATES.map((state) => ({ state })), {}, async (page, { state }, seen) => {
    await page.waitForTimeout(100);
    assert.deepEqual(seen.errors, [], state);
    assert.deepEqual(await page.evaluate(() => window.violations), [], state);
    assert.equal(await page.evaluate(() => window.shift), 0, `${state} moved the page`);
  });
});

test("without motion wanted nothing moves, and in forced colours every control has an edge", async () => {
  await tour(STATES.map((state) => ({ state })), {}, async (page, { state }) => {
    const moving = await page.evaluate(() => everywhere("*").flatMap((node) => node.getAnimations({ subtree: true })).length);
    assert.equal(moving, 0, state);
    await wear(page, "forced");
    const edgeless = await page.evaluate(() =>
      everywhere("[data-exposure] :is(button, summary, a, textarea, input)")
        .filter((node) => node.checkVisibility() && getComputedStyle(node).borderTopColor === "rgba(0, 0, 0, 0)")
        .map((node) => node.outerHTML),
    );
    assert.deepEqual(edgeless, [], state);
  });
});

/** Nothing scrolls sideways, and every target is at least 24 px in both directions. */
async function assertRoom(page, about) {
  assert.deepEqual(await overflows(page), [], about);
  assert.deepEqual(await smallTargets(page), [], about);
}

const smallTargets = (page) =>
  page.evaluate(() =>
    everywhere("button, a, summary, textarea, input, select")
      .map((target) => [target.outerHTML, target.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
      .map(([html]) => html),
  );
