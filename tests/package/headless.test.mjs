// A product that draws its prompts itself, with the components of a library (projects/headless): the same steps are
// taken there and with Plimsoll's own prompts, and everything the collector is told has to be the same.
// `node tests/package/headless.test.mjs --picture` paints the picture of docs/theming.md anew.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT, build, clean, install, openBrowser, openPage, serve } from "./support.mjs";

/** The library writes styles and templates as text, which the strict policy forbids; Plimsoll's own view needs none of it. */
const OWN_CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; connect-src 'self' data:; img-src 'self' data:";
const SENT_MAX_MS = 20_000;

let browser;
let site;
before(async () => {
  const folder = install("headless");
  clean(folder, "site");
  build(folder);
  [site, browser] = await Promise.all([serve(join(folder, "site"), OWN_CSP), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Sends until a banner comes, puts it off, tries for more seats than there are, puts that off too and says why. */
async function walk(view) {
  const page = await openPage(browser, "about:blank");
  const events = [];
  await page.route("**/v1/batch", async (route) => {
    const { batch } = route.request().postDataJSON();
    events.push(...batch);
    await route.fulfill({ status: 202, json: { accepted: batch.length, duplicates: 0, rejected: [] } });
  });
  await page.goto(`${site.url}/?view=${view}`);
  await page.waitForLoadState("networkidle");
  const told = async (name, count = 1) => {
    const until = Date.now() + SENT_MAX_MS;
    while (events.filter(({ event }) => event === name).length < count) {
      assert.ok(Date.now() < until, `${view}: no ${name} of ${events.map(({ event }) => event)}; ${page.faults}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  await page.getByRole("button", { name: "Send 25 e-mails" }).click();
  await page.getByText("You have used 905 of 1,000 e-mails").waitFor().catch((error) => {
    throw new Error([...page.faults, error.message].join("\n"));
  });
  await told("Prompt Seen");
  if (view === "none" && process.argv.includes("--picture")) await picture(page);
  await page.getByRole("button", { name: "Not now" }).click();
  await told("Prompt Answered");
  await page.getByRole("button", { name: "Invite three people" }).click();
  await page.getByText("1 of 3 seats").first().waitFor();
  await told("Prompt Seen", 2);
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "Not now" }).click();
  await told("Prompt Answered", 2);
  await page.getByRole("button", { name: "The price" }).click();
  await told("Objection Given");
  await dialog.waitFor({ state: "detached" });
  assert.deepEqual(page.faults, []);
  const came = await Promise.all(page.responses.map(async (response) => [response.url(), await response.body().catch(() => "")]));
  await page.context().close();
  return { came, lifecycle: events.map(plain).filter(({ event }) => /^Prompt |^Objection /.test(event)) };
}

/** The one of docs/theming.md. */
async function picture(page) {
  const devtools = await page.context().newCDPSession(page);
  const clip = { x: 280, y: 480, width: 720, height: 240, scale: 1.5 };
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 80, clip });
  writeFileSync(join(ROOT, "docs/images/theming/headless.webp"), Buffer.from(data, "base64"));
}

/** Without what is another in every page life: ids of showings, times, writers. */
function plain({ event, properties }) {
  const { exposure, ...rest } = properties;
  return { event, ...rest };
}

test("whoever draws, the collector is told the same, and the view is fetched only where it paints", async () => {
  const [own, headless] = [await walk("auto"), await walk("none")];
  assert.deepEqual(headless.lifecycle, own.lifecycle);
  assert.ok(own.lifecycle.length >= 7, "shown, seen and answered, twice, and why");
  const views = ({ came }) => came.filter(([url]) => /view/.test(new URL(url).pathname)).map(([url]) => url);
  assert.equal(views(own).length > 0, true);
  assert.deepEqual(views(headless), []);
});
