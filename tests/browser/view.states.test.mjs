/**
 * What holds for every state of the gallery, so that a new one is held to it by its entry in `samples.json`: nothing for
 * axe to find, readable, large enough, without sideways scrolling, in every theme and direction. It does not know what
 * a state is about. It needs `pkg/dist` (cargo xtask build).
 */
import { test } from "node:test";
import assert from "node:assert/strict";
import { LOCALES, STATES, THEMES, axe, openGallery, overflows, tour, wear } from "./view.support.mjs";

openGallery();

test("every state is free of axe violations, in every theme, left and right to left, with targets of 24 px", async () => {
  const asked = ["en", "ar"].flatMap((locale) => STATES.map((state) => ({ state, locale })));
  await tour(asked, {}, async (page, { state, locale }) => {
    assert.deepEqual(await smallTargets(page), [], `${state} ${locale}`);
    for (const theme of THEMES) {
      await wear(page, theme);
      assert.deepEqual(await axe(page), [], `${state} ${theme} ${locale}`);
    }
  });
});

test("no state breaks the content security policy, logs an error or shifts the layout", async () => {
  await tour(STATES.map((state) => ({ state })), {}, async (page, { state }, seen) => {
    await page.waitForTimeout(100);
    assert.deepEqual(seen.errors, [], state);
    assert.deepEqual(await page.evaluate(() => window.violations), [], state);
    assert.equal(await page.evaluate(() => window.shift), 0, `${state} moved the page`);
  });
});

test("at 320 px nothing scrolls sideways and every target is at least 24 px, at normal and at 200 % text", async () => {
  const asked = LOCALES.flatMap((locale) => STATES.map((state) => ({ state, locale })));
  await tour(asked, { viewport: { width: 320, height: 640 } }, async (page, { state, locale }) => {
    for (const text of ["", " at 200 %"]) {
      assert.deepEqual(await overflows(page), [], `${state} ${locale}${text}`);
      assert.deepEqual(await smallTargets(page), [], `${state} ${locale}${text}`);
      await page.evaluate(() => largeText());
    }
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

const smallTargets = (page) =>
  page.evaluate(() =>
    everywhere("button, a, summary, textarea, input, select")
      .map((target) => [target.outerHTML, target.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24))
      .map(([html]) => html),
  );
