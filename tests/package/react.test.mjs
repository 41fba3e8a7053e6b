// `plimsoll/react` in React 18 and 19: on a server, while a page hydrates, in strict mode, before the start, after one
// that failed, and when it is taken away.

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { until } from "../browser/shell.support.mjs";
import { HERE, clean, install, openBrowser, openPage, serve } from "./support.mjs";

const PROJECTS = { 18: "react-18", 19: "vite-react" };

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());

for (const [version, project] of Object.entries(PROJECTS)) {
  describe(`React ${version}`, () => {
    let stand;
    before(async () => { stand = await startStand(project); });
    after(() => stand?.stop());

    const onPage = async (query, run, path = "/index.html") => {
      const page = await openPage(browser, `${stand.url}${path}?${query}`);
      try {
        await run(page);
        assert.deepEqual(page.faults, []);
      } catch (error) {
        // What went wrong on the page says more than what was waited for in vain.
        throw new Error([...page.faults, error.message].join("\n"), { cause: error });
      } finally {
        await page.context().close();
      }
    };
    const ready = (page, text = "ready 400 1000 40") => page.locator("#emails", { hasText: text }).waitFor();
    const text = (page, id) => page.locator(`#${id}`).textContent();

    test("it is the React that is meant", () => assert.match(stand.version, new RegExp(`^${version}\\.`)));

    test("a server renders the children, with the figures of the snapshot, and starts nothing", () => {
      assert.match(stand.html, /<p id="emails">loading 400 1000 -<\/p>/);
      assert.match(stand.html, /<p id="feature">loading undefined<\/p>/);
      assert.match(stand.html, /<button id="hint"><b>Automation<\/b><\/button>/);
      assert.match(stand.html, /just words/);
      assert.ok(!/plimsoll|style=/.test(stand.html), "no mark, no element, no style of ours");
    });

    test("a page hydrates without a warning and without a shift, and then shows live figures", () =>
      onPage("", async (page) => {
        await ready(page);
        assert.equal(await text(page, "feature"), "ready false");
        assert.equal(await text(page, "nothing"), "unknown 0 undefined -");
        await page.locator("#use").click();
        await ready(page, "ready 410 1000 41");
        assert.equal(await page.evaluate(() => globalThis.shifts), 0);
      }, "/server.html"));

    test("strict mode starts one instance", () => {
      const begun = stand.asked.length;
      return onPage("", async (page) => {
        await ready(page);
        assert.deepEqual(stand.asked.slice(begun).filter((path) => path === "/policy.json"), ["/policy.json"]);
      });
    });

    test("unmounting leaves nothing, and mounting again starts again", () =>
      onPage("banner", async (page) => {
        await page.getByText("You have used 900 of 1,000").waitFor();
        const left = () => page.evaluate(async () => ({
          nodes: [...document.body.children].map(({ localName, id }) => `${localName}#${id}`).join(),
          locks: (await navigator.locks.query()).held.length,
        }));
        assert.notEqual((await left()).locks, 0);
        await page.locator("#leave").click();
        await until(async () => (await left()).locks === 0, "the locks to go");
        assert.deepEqual(await left(), { nodes: "div#root,script#", locks: 0 });
        await page.locator("#leave").click();
        await page.getByText("You have used 900 of 1,000").waitFor();
      }));

    test("unmounting before the start is over leaves nothing, either", () =>
      onPage("", async (page) => {
        await page.route("**/policy.json", slowly);
        await page.reload();
        await page.locator("#leave").click();
        await page.waitForTimeout(800);
        const locks = await page.evaluate(async () => (await navigator.locks.query()).held.length);
        assert.equal(locks, 0);
        await page.locator("#leave").click();
        await ready(page);
      }));

    test("an instance that the host has started is used, and outlives the provider", () =>
      onPage("given", async (page) => {
        await ready(page);
        await page.locator("#use").click();
        await ready(page, "ready 410 1000 41");
        await page.locator("#leave").click();
        assert.equal(await page.evaluate(() => globalThis.seen.given.read().meters.emails.used), 410);
        await page.locator("#leave").click();
        await ready(page, "ready 410 1000 41");
      }));

    test("calls before the start are made again in order, with the same calls before and after", () =>
      onPage("early", async (page) => {
        await ready(page, "ready 500 1000 50");
        await until(() => page.evaluate(() => globalThis.seen.early && globalThis.seen.is_same), "the same calls");
        await page.evaluate(() => globalThis.seen.plimsoll.use("emails", 250));
        await until(() => page.evaluate(() => globalThis.seen.crossing === 75), "the listener from before the start");
      }));

    test("no more than 500 calls wait", () =>
      onPage("early-many", async (page) => {
        await ready(page, "ready 900 1000 90");
      }));

    test("after a start that failed the page is as it was, and calls do nothing", () =>
      onPage("missing-early", async (page) => {
        await page.locator("#emails", { hasText: "failed 400 1000 -" }).waitFor();
        assert.equal(await text(page, "feature"), "failed undefined");
        await page.locator("#hint").click();
        await page.locator("#use").click();
        const { errors, clicks } = await page.evaluate(() => globalThis.seen);
        assert.deepEqual({ errors, clicks }, { errors: ["policy_missing"], clicks: 1 });
        page.faults = page.faults.filter((fault) => !/nowhere|404/.test(fault));
      }));

    test("a provider that finds no network starts when there is one, and makes the calls that waited", () =>
      onPage("", async (page) => {
        await ready(page);
        await page.locator("#leave").click();
        await page.locator("#emails").waitFor({ state: "detached" });
        await page.context().setOffline(true);
        await page.locator("#leave").click();
        await until(() => page.evaluate(() => globalThis.seen.errors.join() === "policy_missing"), "the error");
        await page.locator("#emails", { hasText: "loading 400 1000 -" }).waitFor();
        await page.locator("#use").click();
        await page.context().setOffline(false);
        await ready(page, "ready 410 1000 41");
        page.faults = page.faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED/.test(fault));
      }));

    test("a component is rendered again only when what it reads has changed", () =>
      onPage("", async (page) => {
        await ready(page);
        const renders = () => page.evaluate(() => ({ ...globalThis.seen.renders }));
        const before = await renders();
        for (let times = 0; times < 5; times += 1) await page.locator("#use").click();
        await ready(page, "ready 450 1000 45");
        const now = await renders();
        assert.equal(now.seats, before.seats);
        assert.ok(now.emails > before.emails);
        await page.evaluate(() => { for (let times = 0; times < 100; times += 1) globalThis.seen.plimsoll.use("emails", 1); });
        await ready(page, "ready 550 1000 55");
        assert.ok((await renders()).emails - now.emails <= 4, "a hundred calls at once are one news");
      }));

    test("a hint marks what the plan lacks, tells of a click and lets it through", () =>
      onPage("", async (page) => {
        const hint = page.locator("#hint");
        await page.route("**/policy.json", slowly);
        await page.reload();
        assert.equal(await hint.getAttribute("data-plimsoll"), null, "unmarked until it is known");
        const box = await hint.boundingBox();
        await page.evaluate(() => (globalThis.inside = document.querySelector("#hint b")));
        await page.locator("#hint[data-plimsoll=locked]").waitFor();
        assert.equal(await hint.getAttribute("aria-description"), "Paid feature");
        assert.equal(await hint.textContent(), "Automation✦");
        assert.deepEqual(await hint.boundingBox(), box, "the mark takes no room");
        assert.ok(await page.evaluate(() => globalThis.inside === document.querySelector("#hint b")), "nothing inside was made anew");
        await hint.click();
        assert.equal(await page.evaluate(() => globalThis.seen.clicks), 1);
        await page.getByText("See what Automation can do").waitFor();
        assert.equal(await page.evaluate(() => globalThis.shifts), 0);
      }));

    test("a snapshot with other figures is synced, a plan that has the feature takes the mark away", () =>
      onPage("", async (page) => {
        await page.locator("#hint[data-plimsoll=locked]").waitFor();
        await page.locator("#more").click();
        await ready(page, "ready 500 1000 50");
        await page.locator("#upgrade").click();
        await page.locator("#feature", { hasText: "ready true" }).waitFor();
        assert.equal(await page.locator("#hint").getAttribute("data-plimsoll"), null);
        await page.locator("#logout").click();
        await page.locator("#feature", { hasText: "ready undefined" }).waitFor();
        assert.equal(await page.locator("#hint").getAttribute("data-plimsoll"), null);
      }));

    test("a click on what the plan has counts as use of it, and not as interest in what it lacks", () =>
      onPage("told", async (page) => {
        // What is sent twice counts once.
        const events = new Map();
        await page.route("**/v1/batch", async (route) => {
          const { batch } = route.request().postDataJSON();
          for (const { messageId, event, properties } of batch) events.set(messageId, `${event} ${properties.signal ?? properties.feature ?? ""}`.trim());
          await route.fulfill({ status: 202, json: { accepted: batch.length, duplicates: 0, rejected: [] } });
        });
        await page.locator("#hint[data-plimsoll=locked]").waitFor();
        await page.locator("#upgrade").click();
        await page.locator("#feature", { hasText: "ready true" }).waitFor();
        await page.locator("#hint").click();
        await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide")));
        for (let times = 0; times < 100 && ![...events.values()].includes("Signal Counted features_used"); times += 1) await page.waitForTimeout(50);
        assert.deepEqual([...events.values()].filter((event) => /^Signal Counted features|^Feature/.test(event)), ["Signal Counted features_used"]);
      }));

    test("a host that draws gets the open prompt, answers it, and finds it again after a reload", () =>
      onPage("headless-banner", async (page) => {
        await page.locator("#drawn", { hasText: "You have used 900 of 1,000" }).waitFor();
        await page.reload();
        await page.locator("#drawn", { hasText: "You have used 900 of 1,000" }).waitFor();
        await page.locator("#later").click();
        await page.locator("#drawn").waitFor({ state: "detached" });
        assert.ok(!(await page.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => /view/.test(name)))), "nothing of the view");
      }));

    test("a hook without a provider says so once and breaks nothing", () =>
      onPage("alone", async (page) => {
        await page.locator("#alone", { hasText: "loading 0 undefined -" }).waitFor();
        assert.equal(page.warnings.filter((each) => each.includes("no_provider")).length, 1);
      }));
  });
}

/** A slow network, on which what is before the start can be looked at. */
async function slowly(route) {
  await new Promise((done) => setTimeout(done, 500));
  await route.continue();
}

/** The fixture built with the React of a project, rendered on a server, and served. */
async function startStand(project) {
  const folder = install(project);
  const site = join(folder, "react-site");
  clean(folder, "react-site");
  cpSync(join(HERE, "react"), join(folder, "react"), { recursive: true });
  const shared = { bundle: true, format: "esm", jsx: "automatic", absWorkingDir: folder, logLevel: "silent", define: { "process.env.NODE_ENV": '"development"' } };
  await build({ ...shared, entryPoints: ["react/client.jsx"], outdir: join(site, "app"), splitting: true, jsxDev: true });
  await build({
    ...shared, stdin: { contents: SERVER, resolveDir: join(folder, "react"), loader: "jsx" }, platform: "node",
    outfile: join(site, "server.mjs"), banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  const { html, version } = await import(pathToFileURL(join(site, "server.mjs")).href);
  const page = (root) =>
    `<!doctype html><html lang="en"><title>Product</title><body><div id="root">${root}</div><script type="module" src="/app/client.js"></script></body></html>`;
  writeFileSync(join(site, "index.html"), page(""));
  writeFileSync(join(site, "server.html"), page(html));
  cpSync(join(folder, "node_modules/plimsoll/dist"), join(site, "dist"), { recursive: true });
  writeFileSync(join(site, "policy.json"), readFileSync(join(folder, "public/policy.json")));
  return { ...(await serve(site)), html, version };
}

const SERVER = `
import { version } from "react";
import { renderToString } from "react-dom/server";
import { Strict } from "./page.jsx";
export const html = renderToString(<Strict />);
export { version };`;
