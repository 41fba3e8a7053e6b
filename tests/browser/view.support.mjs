/**
 * What the view's tests stand on: the gallery's pages in Chromium, under the strict policy of
 * `view.server.mjs`, and what a person would find out there. It knows nothing of what should happen.
 */
import { after, before } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { serve } from "./view.server.mjs";

export const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const SAMPLES = readFileSync(new URL("../../www/gallery/samples.json", import.meta.url), "utf8");
export const STATES = Object.keys(JSON.parse(SAMPLES).states);

let site;
let browser;

/** For the tests of one file. */
export function openGallery() {
  before(async () => {
    site = await serve();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });
}

/** Opens many states one after the other in one browser context. */
export async function tour(asked, options, check, begin) {
  await visit(asked[0], options, async (page, seen) => {
    for (const state of asked) {
      if (state !== asked[0]) await page.goto(address(state));
      await ready(page);
      await check(page, state, seen);
    }
  }, begin);
}

const address = (asked) => `${site.address}/www/gallery/state.html?${new URLSearchParams(asked)}`;

/** What every theme is to the page: its own class, and what a reader asks of the system. */
const WORN = {
  light: ["light", {}],
  dark: ["dark", {}],
  contrast: ["light", { contrast: "more" }],
  forced: ["light", { forcedColors: "active" }],
};
export const THEMES = Object.keys(WORN);

/** An open state in another theme; the view follows the page. */
export async function wear(page, theme) {
  const [name, media] = WORN[theme];
  await page.emulateMedia({ contrast: "no-preference", forcedColors: "none", ...media });
  await page.evaluate((name) => {
    document.documentElement.classList.remove("light", "dark");
    document.documentElement.classList.add(name);
  }, name);
}

/** The gallery's page has shown what it was asked for. */
export const ready = (page) => page.locator("html[data-ready]").waitFor();

/** Opens a state, runs the check, closes; `begin` comes before the page is opened. Animations are off so that what is measured has arrived. */
export async function visit(asked, options, check, begin) {
  if (!check) return visit(asked, {}, options);
  const context = await browser.newContext({
    viewport: { width: 1100, height: 760 }, reducedMotion: "reduce", ...options,
  });
  const page = await context.newPage();
  const seen = { errors: [] };
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && seen.errors.push(message.text()));
  await page.addInitScript(watch);
  await begin?.(page);
  try {
    await page.goto(address(asked));
    await ready(page);
    await check(page, seen);
  } finally {
    await context.close();
  }
}

/** Runs in the page before anything else does. */
function watch() {
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
  });
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  /** Of the page and of every shadow root in it. */
  window.everywhere = (selector, root = document) =>
    [...root.querySelectorAll(selector)].concat(
      ...[...root.querySelectorAll("*")].filter((node) => node.shadowRoot).map((node) => everywhere(selector, node.shadowRoot)),
    );
  /** As a reader who has set the browser's text to twice the size. */
  window.largeText = () => {
    for (const frame of everywhere(".page, .slot")) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(".page, .slot { font-size: 1.75em !important }");
      frame.getRootNode().adoptedStyleSheets = [...frame.getRootNode().adoptedStyleSheets, sheet];
    }
  };
}

export const overflows = (page) =>
  page.evaluate(() => {
    const wide = everywhere("[data-exposure], [data-exposure] *, plimsoll-meter")
      .filter((node) => {
        const box = node.getBoundingClientRect();
        return node.checkVisibility() && box.width > 0 && (box.left < -0.5 || box.right > innerWidth + 0.5);
      })
      .map((node) => node.outerHTML.slice(0, 120));
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth ? ["the page scrolls", ...wide] : wide;
  });

export const focused = (page) =>
  page.evaluate(() => {
    const inner = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;
    return inner?.dataset.focus ?? inner?.id;
  });

export const responses = (page) =>
  page.evaluate(() => gallery.heard.filter(([what]) => what === "respond").map(([, , ...said]) => said));

/** What is open goes over into another state of the gallery, at the next frame. */
export const become = (page, state) =>
  page.evaluate(async (name) => {
    gallery.become(gallery.states[name]);
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  }, state);

/** Waits for responses that come with an event of the browser. */
export const answered = async (page, expected) => {
  await page.waitForFunction(() => gallery.heard.some(([what]) => what === "respond"));
  assert.deepEqual(await responses(page), expected);
};

export const painted = (page) =>
  page.evaluate(() => gallery.heard.filter(([what]) => what === "painted").map(([, , how]) => how));
