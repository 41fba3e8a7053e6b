// What the tests of presses and of the question stand on: a host with the package on a page of its own, whose options
// answer what a test says. It knows nothing of what should happen.

import { after, before, beforeEach } from "node:test";
import { heard, openPage, snapshot, startStand, until } from "./shell.support.mjs";

export const FULL = (changes) => snapshot({ meters: { emails: { used: 1000, limit: 1000 } }, ...changes });

/** A server with pages, a collector and a browser, for the tests of one file. */
export let stand;

export function openStand() {
  before(async () => { stand = await startStand(); });
  after(() => stand?.stop());
  beforeEach(() => stand.begin());
}

export async function inProfile(run) {
  const context = await stand.browser.newContext();
  context.calls = [];
  await context.exposeBinding("called", (_, name, intent) => void context.calls.push({ name, intent }));
  try {
    await run(context);
  } finally {
    await context.close();
  }
}

/**
 * A host on a page. Of `answers` each is what the host answers to an intent, by the name of its option:
 * a value or a list, whose last is repeated; some words stand for what JSON has not.
 */
export async function startHost(context, snap, answers = {}, options = {}) {
  const page = await openPage(stand, context);
  // What other tabs write may come late: to a page that is deaf it does not come at all.
  await page.evaluate(() => addEventListener("storage", (event) => window.is_deaf && event.stopImmediatePropagation()));
  await page.evaluate(async ([first, given, more, endpoint]) => {
    const { start } = await import("/pkg/index.js");
    window.heard = [];
    const hooks = {};
    for (const [name, answer] of Object.entries(given)) {
      let times = 0;
      hooks[name] = async (intent) => {
        await called(name, intent);
        const list = Array.isArray(answer) ? answer : [answer];
        const found = list[Math.min(times++, list.length - 1)];
        // No `eval`: the page's policy forbids it.
        switch (found) {
          case "hangs": return new Promise(() => {});
          case "throws": throw new Error("host");
          case "waits": return new Promise((done) => { window.answer = done; });
          case "nothing": return undefined;
          case "a getter throws": return { get amount_minor() { throw new Error("getter"); } };
          default: return found;
        }
      };
    }
    window.plimsoll = await start({ policy: "/policy.json", endpoint, key: "pk", snapshot: first, ...hooks, ...more });
    for (const name of ["prompt", "update", "withdraw", "response", "converted", "error"]) {
      plimsoll.on(name, (detail) => window.heard.push({ name, ...detail }));
    }
    if (more.view === "none") plimsoll.on("prompt", ({ prompt }) => plimsoll.painted(prompt.exposure, "rendered"));
  }, [snap, answers, options, page.endpoint]);
  return page;
}

export const attempt = (page) => page.evaluate(() => void plimsoll.attempt("emails", 1));
export const dialog = (page) => page.locator("dialog[data-exposure]");
/** An amount is not to be paid by a press that came with it. */
export const read = (page) => page.waitForTimeout(600);

/** A host that draws itself, with the dialog open. */
export async function startHeadless(context, snap, answers) {
  const page = await startHost(context, snap, answers, { view: "none" });
  await attempt(page);
  const shown = async () => (await heard(page, "prompt")).find(({ prompt }) => prompt.surface === "modal")?.prompt;
  return [page, (await until(shown, "the dialog")).exposure];
}
