/**
 * Paints the pictures of docs/theming.md anew, each from the CSS that stands above it there.
 * It does not know what they should look like; people do.
 *
 *   node tests/browser/pictures.mjs [NAME …]     needs `pkg/dist` (cargo xtask build)
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { examples } from "./theming.support.mjs";
import { FLAGS, ready } from "./view.support.mjs";
import { serve } from "./view.server.mjs";

const FOLDER = new URL("../../docs/images/theming/", import.meta.url);
const QUALITY_PERCENT = 80;
/** What a reader asks of the system, by the word that stands for it in the theme's place. */
const ASKED = { forced: { forcedColors: "active" }, contrast: { contrast: "more" } };

const only = process.argv.slice(2);
const site = await serve();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
try {
  for (const example of examples()) {
    if (only.length === 0 || only.includes(example.name)) await picture(example);
  }
} finally {
  await browser.close();
  await site.stop();
}

async function picture({ name, state, theme, width, height, css }) {
  const context = await browser.newContext({
    viewport: { width, height }, reducedMotion: "reduce", deviceScaleFactor: 1.5, ...ASKED[theme],
  });
  const page = await context.newPage();
  const shown = new URLSearchParams({ state, theme: ASKED[theme] ? "light" : theme });
  await page.goto(`${site.address}/www/gallery/state.html?${shown}`);
  await ready(page);
  await page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    document.activeElement?.blur();
  }, css);
  const devtools = await context.newCDPSession(page);
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: QUALITY_PERCENT });
  const file = fileURLToPath(new URL(`${name}.webp`, FOLDER));
  writeFileSync(file, Buffer.from(data, "base64"));
  console.log(`${name}.webp`);
  await context.close();
}
