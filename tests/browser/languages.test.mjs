/**
 * The built-in texts as people see them, in Chromium at 320 px: every built-in prompt in every locale with
 * small and large numbers, on every surface; and what a reader sees where two directions of writing meet.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { questionOf } from "../../pkg/shell/question.js";
import { isRightToLeft } from "../../pkg/text.js";
import { serve } from "./view.server.mjs";
import { LOCALES, policy, promptWith, SURFACES, wordsOf } from "./words.support.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"];
const NUMBERS = [0, 1, 2, 3, 11, 100, 1_000_000];
const MILLION = 1_000_000;
/** Letters of a label that stands on one line at 320 px; a longer one wraps in its button. */
const LABEL_LETTERS = 31;
const LINES = 3;
/** September, which is long in most languages, of a year that has to be said. */
const YEAR = new Date().getFullYear() + 1;
const at = (day) => Date.UTC(YEAR, 8, day, 12);
const PROJECTIONS = {
  day: { date: at(28), from: at(26), until: at(30) },
  half: { date: at(22), from: at(17), until: at(29) },
  months: { date: at(28), from: at(20), until: at(48) },
};

let site;
let browser;

before(async () => {
  site = await serve();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

const SURFACES_OF = { explored: ["banner", "preview", "toast"], limit_hit: ["modal", "toast"] };

/** Every prompt of the words with the figures it can have, each on the surfaces it can have; and the question after it. */
function* prompts(words) {
  const modal = promptWith(words, 0, { surface: "modal" });
  for (const response of ["later", "never"]) yield { ...questionOf(modal, response, words.ui), values: {} };
  const said = words.prompts.map(([text]) => words.said[text]);
  for (const [index, { trigger }] of said.entries()) {
    const surfaces = SURFACES_OF[trigger] ?? ["banner", "modal", "toast"];
    for (const surface of surfaces) {
      for (const figures of figuresOf(trigger)) {
        yield promptWith(words, index, { surface, date: at(30), owner: "Ana Carolina", ...figures });
      }
    }
  }
}

function figuresOf(trigger) {
  if (["explored", "trial_ending", "score", "signal"].includes(trigger)) return [{}];
  const projections = trigger === "projected" ? Object.values(PROJECTIONS) : [undefined];
  return NUMBERS.flatMap((number) => projections.flatMap((projection) => [
    { used: number, limit: MILLION, next_limit: 5 * MILLION, projection },
    { used: MILLION - number, limit: MILLION, next_limit: Math.max(1, number), projection },
    { used: 2 * Math.max(1, number), limit: Math.max(1, number), next_limit: number + 1, projection },
  ]));
}

for (const locale of LOCALES) {
  test(`at 320 px every built-in prompt of ${locale} has room, for small and large numbers`, async () => {
    const words = await wordsOf(await policy(), locale);
    assert.equal(words.locale, locale);
    const all = [...prompts(words)];
    assert.ok(all.length > 300, `${all.length} prompts`);
    await open({ width: 320, height: 640 }, locale, words.ui, async (page) => {
      const found = await page.evaluate((all) => all.map(measure), all);
      /** Each kind of fault once, with the figures it was found with. */
      const wrong = {};
      for (const [place, drawn] of found.entries()) {
        const { prompt, surface, values } = all[place];
        for (const fault of faults(drawn)) {
          wrong[`${prompt} on a ${surface}: ${fault}`] ??= `${values.used} of ${values.limit}: ${drawn.texts.join(" | ")}`;
        }
      }
      assert.deepEqual(wrong, {});
      const direction = locale === "ar" ? "rtl" : "ltr";
      assert.deepEqual([...new Set(found.map(({ lang, dir }) => `${lang} ${dir}`))], [`${locale} ${direction}`]);
    });
  });
}

/** What is wrong with what was drawn. */
function* complaints({ wide, title, body, actions, texts }) {
  for (const html of wide) yield `overflows, ${html}`;
  if (title > LINES) yield `${title} lines of title`;
  for (const lines of body) if (lines > LINES) yield `${lines} lines of body`;
  for (const { label, lines } of actions) {
    if (lines !== 1 && [...label].length <= LABEL_LETTERS) yield `${lines} lines of label ${label}`;
  }
  const [odd] = texts.join("\n").match(/null|undefined|NaN|[{}#]|\[object/) ?? [];
  if (odd) yield `says ${odd}`;
}

const faults = (drawn) => [...complaints(drawn)];

const placeOf = (words, id) => words.prompts.findIndex(([text]) => words.said[text].prompt === id);

test("a label that is too long for a line wraps inside its button", async () => {
  const words = await wordsOf(await policy(), "en");
  await open({ width: 320, height: 640 }, "en", words.ui, async (page) => {
    for (const surface of SURFACES) {
      const prompt = promptWith(words, placeOf(words, "default-75"), { surface, used: 764 });
      prompt.actions[0].label = "Upgrade to the Professional plan for growing teams of any size";
      const { actions, wide } = await page.evaluate((prompt) => measure(prompt), prompt);
      assert.deepEqual(wide, [], surface);
      assert.ok(actions[0].lines > 1, surface);
    }
  });
});

test("in Arabic a Latin name beside a number is read from the right end", async () => {
  const words = await wordsOf(await policy(), "ar");
  const index = placeOf(words, "default-75");
  await open({ width: 1280, height: 800 }, "ar", words.ui, async (page) => {
    const prompt = promptWith(words, index, { used: 800, date: at(30) });
    const [name, number, noun] = await page.evaluate((prompt) => places(prompt, ["Pro", "50,000", "رسالة"]), prompt);
    // From the right: "includes", the plan's name, then its number, then the noun.
    assert.ok(name > number && number > noun, `Pro at ${name}, its number at ${number}, the noun at ${noun}`);
  });
});

test("in Arabic the amount is read from the right, and its currency as it is written", async () => {
  const words = await wordsOf(await policy(), "ar");
  const index = placeOf(words, "default-at-limit");
  await open({ width: 1280, height: 800 }, "ar", words.ui, async (page) => {
    const prompt = promptWith(words, index, { used: 1000, date: at(30) });
    const [amount, sign, letters, month] = await page.evaluate((prompt) => places(prompt, ["49", "$", "US", "الشهر"]), prompt);
    assert.ok(amount > sign && sign > letters && letters > month, `49 at ${amount}, $ at ${sign}, US at ${letters}, the month at ${month}`);
  });
});

test("in English an Arabic name leaves the words around it where they are", async () => {
  const named = await policy();
  named.plans[1].name = "الخطة";
  const words = await wordsOf(named, "en");
  const index = placeOf(words, "default-at-limit");
  words.said[words.prompts[index][0]].body = [[["next_plan"], " ", ["next_limit"], " ", ["meter"]]];
  await open({ width: 1280, height: 800 }, "en", words.ui, async (page) => {
    const prompt = promptWith(words, index, { used: 1000 });
    const [name, number, noun] = await page.evaluate((prompt) => places(prompt, ["الخطة", "50,000", "e-mails"]), prompt);
    assert.ok(name < number && number < noun, `the name at ${name}, its number at ${number}, the noun at ${noun}`);
  });
});

test("a prompt that is not said in the reader's language is said in another, down to its buttons and names", async () => {
  const own = await policy();
  own.prompts.push({ id: "own", trigger: { at_limit: true }, texts: { en: { title: "All {limit} {meter} are sent" } } });
  const words = await wordsOf(own, "ar");
  await open({ width: 320, height: 640 }, "ar", words.ui, async (page) => {
    const drawn = (id) => page.evaluate((prompt) => measure(prompt), promptWith(words, placeOf(words, id), { surface: "modal", used: 1000 }));
    const english = await drawn("own");
    assert.deepEqual([english.lang, english.dir, english.close], ["en", "ltr", "Close"]);
    assert.equal(english.texts[0], "All 1,000 e-mails are sent");
    assert.deepEqual(english.actions.map(({ label }) => label), ["Upgrade to Pro", "Talk to sales", "Not now", "Don’t show this again"]);
    const arabic = await drawn("default-at-limit");
    assert.deepEqual([arabic.lang, arabic.dir, arabic.close], ["ar", "rtl", "إغلاق"]);
  });
});

test("a language is known to be written from right to left by its script", () => {
  for (const locale of ["ar", "AR-eg", "he", "fa-IR", "ur", "az-Arab", "pa-PK", "dv", "yi"]) assert.ok(isRightToLeft(locale), locale);
  for (const locale of ["en", "ar-Latn", "ja", "pt-BR", "az", "pa", "", "not a tag", undefined]) assert.ok(!isRightToLeft(locale), `${locale}`);
});

/** A page of the gallery with a view in a locale. */
async function open(viewport, locale, ui, check) {
  const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  try {
    await page.addInitScript(helpers);
    await page.goto(`${site.address}/www/gallery/state.html?${new URLSearchParams({ state: "banner-notice", wait: "", locale: "en" })}`);
    await page.locator("html[data-ready]").waitFor();
    await page.evaluate(async ({ locale, ui }) => {
      window.view = await gallery.createView({ locale, ui, theme: "light", on: { painted() {}, respond() {} } });
      widen();
    }, { locale, ui });
    await check(page);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
}

/** Runs in the page. */
function helpers() {
  const everywhere = (selector, root = document) =>
    [...root.querySelectorAll(selector)].concat(
      ...[...root.querySelectorAll("*")].filter((node) => node.shadowRoot).map((node) => everywhere(selector, node.shadowRoot)),
    );
  const range = document.createRange();
  /** Lines that the text of a node stands on: boxes that share some height share a line. */
  const lines = (node) => {
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter(({ width }) => width > 0).sort((a, b) => a.top - b.top);
    let count = 0;
    let end = -Infinity;
    for (const { top, bottom } of boxes) {
      if (top >= end - 2) count += 1;
      end = Math.max(end, bottom);
    }
    return count;
  };
  const wide = (node) => {
    const box = node.getBoundingClientRect();
    return box.width > 0 && (box.left < -0.5 || box.right > innerWidth + 0.5 || node.scrollWidth > node.clientWidth + 1) && getComputedStyle(node).display !== "inline";
  };

  /** Without a Japanese font its letters are narrow boxes: they get the width that letters have. */
  window.widen = () => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = "100px sans-serif";
    const lacking = 1 - pen.measureText("\u6f22").width / 100;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`:lang(ja) { letter-spacing: ${Math.max(0, lacking)}em }`);
    for (const { shadowRoot } of document.querySelectorAll("plimsoll-prompts")) {
      shadowRoot.adoptedStyleSheets = [...shadowRoot.adoptedStyleSheets, sheet];
    }
  };

  window.measure = (prompt) => {
    view.show(prompt);
    const [root] = everywhere(`[data-exposure="${prompt.exposure}"]`);
    if (!root) throw new Error(`${prompt.prompt} was not painted`);
    for (const menu of root.querySelectorAll("details")) menu.open = true;
    const texts = [...root.querySelectorAll(".title, .body p, .action, .reading, .share, .offer, .badge, .also")];
    const all = [root, ...root.querySelectorAll("*")].filter((node) => node.checkVisibility());
    const drawn = {
      lang: root.lang,
      dir: root.dir,
      close: root.querySelector("[data-focus=close]")?.getAttribute("aria-label"),
      title: lines(root.querySelector(".title")),
      body: [...root.querySelectorAll(".body p")].map(lines),
      actions: [...root.querySelectorAll(".action")].map((node) => ({ label: node.textContent, lines: lines(node) })),
      texts: texts.map((node) => node.textContent),
      wide: all.filter(wide).map((node) => node.outerHTML.slice(0, 160)),
    };
    view.hide(prompt.exposure);
    return drawn;
  };

  /** Where on the screen the middle of each of these words is, from the left, in the one paragraph that has all. */
  window.places = (prompt, words) => {
    view.show(prompt);
    const paragraph = everywhere(".body p").find((node) => words.every((word) => node.textContent.includes(word)));
    const [text] = paragraph.childNodes;
    const middles = words.map((word) => {
      const at = text.data.indexOf(word);
      range.setStart(text, at);
      range.setEnd(text, at + word.length);
      const { left, right } = range.getBoundingClientRect();
      return (left + right) / 2;
    });
    view.hide(prompt.exposure);
    return middles;
  };
}
