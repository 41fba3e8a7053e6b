/**
 * docs/theming.md held to the style sheets and to Chromium: every property and part is listed with its true default,
 * and does what the page says. Its pictures are looked at by people. It needs `pkg/dist` (cargo xtask build).
 */
import { test } from "node:test";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { SHEETS, examples, fallbacks, parts, pictures, properties } from "./theming.support.mjs";
import { openGallery, tour, visit } from "./view.support.mjs";

openGallery();

/** Where one of them at least shows every property and part. */
const STATES = ["banner-notice", "banner-slot", "banner-bottom", "modal-limit", "form-empty", "meter-live", "gate"];

test("every custom property is listed, with the defaults that the style sheets have", () => {
  const listed = properties();
  const real = fallbacks();
  const named = new Set([...SHEETS.matchAll(/var\((--plimsoll-[a-z-]+)/g)].map(([, name]) => name));
  assert.deepEqual(listed.map(({ name }) => name).sort(), [...named].sort());
  for (const { name, defaults } of listed) {
    assert.deepEqual([...defaults].sort(), [...(real.get(name) ?? [])].sort(), name);
  }
});

test("every example in the list of properties changes what people see", async () => {
  const unseen = new Map(properties().map(({ name, example }) => [name, example]));
  await tour(STATES.map((state) => ({ state })), {}, async (page) => {
    for (const [name, example] of unseen) {
      if (await changes(page, `:root { ${name}: ${example} }`)) unseen.delete(name);
    }
  });
  assert.deepEqual([...unseen.keys()], []);
});

test("every part that a page can reach is listed, and can be styled", async () => {
  const listed = parts();
  const found = new Set();
  const unreached = new Set(listed.flatMap(({ name, of }) => of.map((host) => `${host}::part(${name})`)));
  await tour(STATES.map((state) => ({ state })), {}, async (page) => {
    const real = await page.evaluate(() => everywhere("[part]").flatMap((node) => [...node.part]));
    real.forEach((part) => found.add(part));
    for (const part of unreached) {
      if (await changes(page, `${part} { outline: 3px solid lime }`)) unreached.delete(part);
    }
  });
  assert.deepEqual([...found].sort(), listed.map(({ name }) => name).sort());
  assert.deepEqual([...unreached], []);
});

test("every example has its picture, names states that exist, and changes what people see", async () => {
  const shown = examples();
  assert.deepEqual(shown.map(({ name }) => name), pictures(), "each marker is followed by its CSS, if any, and a picture");
  for (const { name, shown: file } of shown) {
    assert.equal(file, name);
    const path = new URL(`../../docs/images/theming/${name}.webp`, import.meta.url);
    assert.ok(existsSync(path), `node tests/browser/pictures.mjs ${name}`);
  }
  const styled = shown.filter(({ css }) => css);
  await tour(styled, {}, async (page, { name, css }) => {
    for (const rule of css.split("\n").filter((line) => line.startsWith("  "))) {
      const selector = css.slice(0, css.indexOf(rule)).match(/([^{}\n]+)\{[^{}]*$/)[1];
      assert.ok(await changes(page, `${selector} { ${rule} }`), `${name}: ${rule}`);
    }
  });
});

/** Whether CSS of the page makes a difference to any computed style inside the prompts and meters. */
function changes(page, css) {
  return page.evaluate((css) => {
    const look = () =>
      everywhere("plimsoll-prompts, plimsoll-meter, plimsoll-gate")
        .flatMap((host) => [...(host.shadowRoot?.querySelectorAll("*") ?? [])])
        .flatMap((node) => {
          const style = getComputedStyle(node);
          // Custom properties are handed down whether anything uses them or not; these are what is used.
          return [...style].filter((name) => !name.startsWith("--")).map((name) => style.getPropertyValue(name));
        })
        .join();
    const before = look();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [sheet];
    const after = look();
    document.adoptedStyleSheets = [];
    return before !== after;
  }, css);
}
