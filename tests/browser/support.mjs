// What browser tests stand on: the real collector, the demo's server, Chromium, and a visitor who
// presses buttons. It knows where things are on Postwharf's pages, not what should happen there.
//
//   PLIMSOLL_BIN  the collector's binary, target/debug/plimsoll by default
//   CHROMIUM      the browser, found on the path by default
//
// Everything listens on free loopback ports and is stopped by `stop()`, whatever a test did.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COLLECTOR = process.env.PLIMSOLL_BIN ?? join(ROOT, "target/debug/plimsoll");
export const CHROMIUM_FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const READY_MAX_MS = 20_000;
const EVENTS_MAX_MS = 20_000;
const LOOK_AGAIN_MS = 100;

/** Collector, demo and a browser, Chromium unless told. `await stand.stop()` ends all of them. */
export async function startStand(startBrowser = startChromium) {
  const data = mkdtempSync(join(tmpdir(), "plimsoll-demo-"));
  const keys = {
    PLIMSOLL_PUBLISHABLE_KEY: `pk_test_${randomBytes(16).toString("hex")}`,
    PLIMSOLL_SECRET_KEY: `sk_test_${randomBytes(16).toString("hex")}`,
  };
  const port = await freePort();
  const stand = {
    secretKey: keys.PLIMSOLL_SECRET_KEY,
    collectorUrl: `http://127.0.0.1:${port}`,
    async startCollector() {
      stand.collector = await launch(
        COLLECTOR,
        [
          "serve",
          "--data",
          data,
          "--port",
          String(port),
          "--policy",
          join(ROOT, "www/demo/policy.json"),
        ],
        keys,
        /listening on (http:\S+)/,
      );
    },
    /** As a power cut would: no signal handler runs. */
    killCollector: () => end(stand.collector, "SIGKILL"),
    async stop() {
      await stand.browser?.close();
      await Promise.all([end(stand.demo, "SIGTERM"), end(stand.collector, "SIGTERM")]);
      rmSync(data, { recursive: true, force: true });
    },
  };
  try {
    await stand.startCollector();
    stand.demo = await launch(
      process.execPath,
      [join(ROOT, "www/demo/server.js")],
      { ...keys, PORT: "0", PLIMSOLL_COLLECTOR: stand.collectorUrl },
      /demo on (http:\S+)/,
    );
    stand.url = stand.demo.address;
    stand.browser = await startBrowser();
  } catch (error) {
    await stand.stop();
    throw error;
  }
  return stand;
}

const startChromium = () => chromium.launch({ executablePath: browserPath(), args: CHROMIUM_FLAGS });

/**
 * A visitor with an account of their own; their tabs share cookies and storage as one profile.
 * `faults` collects what must stay empty: page errors, console errors, CSP violations.
 */
async function newVisitor(
  stand,
  { locale = "en", theme = "light", width = 1280, dock = "closed" } = {},
) {
  const context = await stand.browser.newContext({
    locale,
    colorScheme: theme,
    reducedMotion: "reduce",
    viewport: { width, height: 900 },
  });
  const faults = [];
  await context.exposeBinding("reportViolation", (_, text) => faults.push(`CSP: ${text}`));
  await context.addInitScript((wanted) => {
    localStorage.getItem("postwharf.dock") ?? localStorage.setItem("postwharf.dock", wanted);
    addEventListener("securitypolicyviolation", (event) => {
      globalThis.reportViolation(
        `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
      );
    });
  }, dock);
  const visitor = {
    context,
    faults,
    /** What a test does on purpose (a collector that is away) is not a fault. */
    forgive: [],
    async tab(path = "/compose") {
      const page = await context.newPage();
      page.setDefaultTimeout(READY_MAX_MS);
      page.on("pageerror", (error) => faults.push(`page: ${error.stack}`));
      page.on("console", (message) => {
        if (message.type() === "error")
          faults.push(`console: ${message.text()} ${message.location().url}`);
      });
      await page.goto(stand.url + path);
      await ready(page);
      return page;
    },
    async leave() {
      await context.close();
      const real = faults.filter((fault) => !visitor.forgive.some((known) => known.test(fault)));
      assert.deepEqual(real, [], "errors or violations on the page");
    },
  };
  return visitor;
}

/** A visitor for the time of one test, whose faults fail it. */
export async function visitIn(stand, options, run) {
  const visitor = await newVisitor(stand, options);
  let failed;
  try {
    await run(visitor);
  } catch (error) {
    failed = error;
  }
  try {
    await visitor.leave();
  } catch (error) {
    failed ??= error;
  }
  if (failed) throw failed;
}

/** Until Plimsoll has started on the page. */
export async function ready(page) {
  await page.waitForSelector("body[data-plimsoll]");
  const how = await page.evaluate(() => document.body.dataset.plimsoll);
  assert.equal(how, "started", "plimsoll did not start");
}

/** Presses "Send n" and waits for Postwharf's answer. */
export async function send(page, count) {
  const answer = page.locator(".send .result");
  await page.evaluate(() => {
    document.querySelector(".send .result").textContent = "";
  });
  await page.locator(`[data-send="${count}"]`).click();
  await answer.filter({ hasText: /./ }).waitFor();
}

export async function sendTo(page, total) {
  for (let left = total - (await used(page, "emails")); left > 0;) {
    const count = [100, 10, 1].find((size) => size <= left);
    await send(page, count);
    left -= count;
  }
}

/** What Plimsoll says is used of a meter; the same figure the meter on the page shows. */
export const used = (page, meter) =>
  page.evaluate(async (id) => {
    const { plimsoll } = await import("/app/plimsoll.js");
    return plimsoll().read().meters[id].used;
  }, meter);

/** What `<plimsoll-meter>` shows: `[value, max, words]`. */
export const meterShown = (page, meter) =>
  page.locator(`plimsoll-meter[meter="${meter}"]`).evaluate((element) => {
    const bar = element.shadowRoot.querySelector("meter");
    return [bar.value, bar.max, element.shadowRoot.querySelector("p").textContent];
  });

export const explain = (page) =>
  page.evaluate(async () => {
    const { plimsoll } = await import("/app/plimsoll.js");
    return plimsoll().explain();
  });

export const accountId = (page) =>
  page.evaluate(async () => (await import("/app/api.js")).latest().snapshot.account.id);

/** What is open on a page, by surface; locators look into the open shadow roots. */
export const banner = (page) => page.locator("section.banner[data-exposure]");
export const modal = (page) => page.locator("dialog.modal[data-exposure]");
export const preview = (page) => page.locator("dialog.preview[data-exposure]");
/** The form of a request: in its card, or as a dialog of its own. */
export const form = (page) => page.locator("[data-form]");
export const toast = (page) => page.locator("section.toast:not([data-exposure=note])");
export const anyPrompt = (page) => page.locator("[data-exposure]:not([data-exposure=note])");
/** What became of a press, said when its prompt is gone. */
export const note = (page) => page.locator("section.toast[data-exposure=note]");

/** A second press at once would be taken for a double click. */
export const settleGap = (page) => page.waitForTimeout(900);

/** Sends the form that is open. */
export async function pressSend(page) {
  await settleGap(page);
  await press(form(page), "send");
}

export const press = (prompt, action) => prompt.locator(`[data-action="${action}"]`).click();

/** A control of the dock, opened for the moment. */
export async function control(page, name, value) {
  const opened = await page.evaluate(() => document.documentElement.dataset.dock === "open");
  if (!opened) await page.locator(".dock-toggle").click();
  const done = page.waitForResponse((response) => response.url().includes("/api/demo/"));
  if (name === "step") await page.locator(`[data-step="${value}"]`).click();
  else await page.locator(`input[name="${name}"][value="${value}"]`).check({ force: true });
  await done;
  if (!opened) await page.locator(".dock-toggle").click();
}

/** Every event of the account that the collector has stored, oldest first. */
export const storedEvents = (stand, account) => stored(stand, account, "events");

/** Every request of the account, in the same way. */
export const storedRequests = (stand, account) => stored(stand, account, "requests");

async function stored(stand, account, what) {
  const rows = [];
  for (let after = "0"; ;) {
    const url = `${stand.collectorUrl}/v1/accounts/${account}/${what}?after=${after}&limit=500`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${stand.secretKey}` } });
    assert.equal(response.status, 200);
    const page = await response.json();
    if (page[what].length === 0) return rows;
    rows.push(...page[what]);
    after = page.next;
  }
}

/** Waits until the stored events satisfy `enough`, and returns them. */
export async function eventsUntil(stand, account, enough, what) {
  const until = Date.now() + EVENTS_MAX_MS;
  for (;;) {
    const events = await storedEvents(stand, account);
    if (enough(events)) return events;
    if (Date.now() > until) {
      assert.fail(`${what} did not reach the collector; it has\n${events.map(line).join("\n")}`);
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

/** The properties of all events of a name, filtered by those given. */
export const named = (events, name, properties = {}) =>
  events
    .filter((event) => event.event === name)
    .map((event) => event.properties)
    .filter((found) => Object.entries(properties).every(([key, value]) => found[key] === value));

export const sum = (list, property) =>
  list.reduce((total, item) => total + (item[property] ?? 0), 0);

/** Long enough for something that must not happen to have happened. */
export const settle = (page) => page.waitForTimeout(700);

export const sleep = (time_ms) => new Promise((resolve) => setTimeout(resolve, time_ms));


const line = ({ event, properties }) => `  ${event} ${JSON.stringify(properties)}`;

async function launch(program, args, env, announces) {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const heard = { text: "" };
  child.exited = new Promise((resolve) => child.once("exit", resolve));
  child.stderr.on("data", (chunk) => {
    heard.text = (heard.text + chunk).slice(-4_000);
  });
  child.address = await new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${program} is not ready: ${heard.text}`)),
      READY_MAX_MS,
    );
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}: ${heard.text}`)));
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const found = announces.exec(said);
      if (!found) return;
      clearTimeout(late);
      resolve(found[1]);
    });
  });
  return child;
}

async function end(child, signal) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await child.exited;
}

/** The collector must come back on the port it had, so it cannot be left to choose. */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
    probe.once("error", reject);
  });
}

function browserPath() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const found = spawnSync("which", [name], { encoding: "utf8" }).stdout.trim();
    if (found && existsSync(found)) return found;
  }
  throw new Error("no Chromium found; install it with `apt-get install chromium`, or set CHROMIUM");
}
