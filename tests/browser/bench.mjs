// Measures the published files in a headless Chromium and prints the figures as one line of JSON.
// It does not judge them: `cargo xtask bench` does, beside the native figures.
//
//   PLIMSOLL_BIN  the collector's binary, which compiles the policies
//   CHROMIUM      the browser

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
  "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html", ".plim": "application/octet-stream" };
/** Each meter brings five prompts: 50, 75 and 90 %, at the limit, and a blocked attempt. */
const METERS = { 50: 10, 500: 100 };
const LIMIT = 1_000_000_000;
/** Every prompt has an audience, and an arm changes what no decision of the bench comes to: both are decided. */
const AUDIENCE = { seats: { $gt: 2 }, country: { $in: ["BR", "DE", "PT"] }, $not: { role: { $in: ["viewer", "guest"] } } };
const ARMS = {
  prompts: ["50", "75", "90", "at-limit", "limit-hit"].map((id) => ({ id: `default-${id}`, audience: AUDIENCE })),
  experiments: [{ id: "softer", arms: [{ id: "control" }, { id: "softer", prompts: [{ id: "default-limit-hit", surface: "toast" }] }] }],
};
const STARTS = 15;
/** Pages in which somebody waits. */
const WAITS = 9;

const work = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
const policies = Object.fromEntries(Object.entries(METERS).map(([prompts, meters]) => [prompts, compile(prompts, meters)]));
policies.arms = compile("arms", METERS[50], ARMS);
const script = await bundle();
const server = await serve();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
try {
  console.log(JSON.stringify({ ...(await run("speeds")), ...(await starts()), ...(await shift()), ...(await waits(1)), ...(await waits(4)) }));
} finally {
  await browser.close();
  server.close();
  server.closeAllConnections();
  rmSync(work, { recursive: true, force: true });
}

/** One function of the page script, in a page of its own. */
async function run(name) {
  const page = await openPage(await browser.newContext());
  try {
    return await page.evaluate((chosen) => globalThis.bench[chosen](), name);
  } finally {
    await page.context().close();
  }
}

/** How far the page moves when a banner appears; 0 is not at all. */
async function shift() {
  const page = await openPage(await browser.newContext());
  await page.evaluate(() => globalThis.bench.prompt());
  await page.locator("section.banner[data-exposure]").waitFor();
  const shift_score = await page.evaluate(() => globalThis.bench.shift());
  await page.context().close();
  return { shift_score };
}

/** `start` in fresh pages of one browser context, so that the module comes from the cache. */
async function starts() {
  const context = await browser.newContext();
  const cpu_ms = [];
  let found;
  for (let turn = 0; turn < STARTS; turn += 1) {
    const page = await openPage(context);
    const devtools = await context.newCDPSession(page);
    // Thread ticks count this thread's CPU and leave out what other processes take.
    await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.evaluate(() => globalThis.bench.warm());
    const spent_ms = async (work) => {
      const before_ms = await taskTime(devtools);
      found = await page.evaluate(work);
      return (await taskTime(devtools)) - before_ms;
    };
    const asking_ms = await spent_ms(() => 0);
    cpu_ms.push((await spent_ms(() => globalThis.bench.start())) - asking_ms);
    await page.close();
  }
  await context.close();
  // The first fill the cache.
  cpu_ms.splice(0, 2);
  cpu_ms.sort((a, b) => a - b);
  const { long_tasks, wasm_bytes } = found;
  return { start_cpu_ms: cpu_ms[cpu_ms.length >> 1], start_long_tasks: long_tasks, wasm_bytes };
}

/** How long people wait for a first prompt and for the answer to a press, with a processor so many times slower. */
async function waits(slowdown) {
  const found = { prompt: [], plain: [], press: [], plain_press: [] };
  let long_tasks = [];
  for (let turn = 0; turn < WAITS; turn += 1) {
    // Of its own: who has answered once is not asked again.
    const context = await browser.newContext();
    const page = await openPage(context);
    await page.evaluate(() => globalThis.bench.warm());
    const devtools = await context.newCDPSession(page);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
    const first = await page.evaluate(() => globalThis.bench.first());
    const clicked = async (watch, target) => {
      const answer = page.evaluate((name) => globalThis.bench[name](), watch);
      await target.click();
      return answer;
    };
    await page.evaluate(() => globalThis.bench.block());
    const primary = page.locator("dialog .primary");
    await primary.filter({ hasText: "49" }).waitFor();
    // An amount can be read before it can be paid.
    await page.waitForTimeout(1_500);
    found.press.push(await clicked("press", primary));
    await page.keyboard.press("Escape");
    long_tasks = [...long_tasks, ...(await page.evaluate(() => globalThis.bench.longTasks()))];
    found.plain_press.push(await clicked("pressPlain", page.locator("#plain")));
    found.prompt.push(first.prompt);
    found.plain.push(first.plain);
    await context.close();
  }
  const middle = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
  const ms = ([name, list]) => [`${name}_at_${slowdown}_ms`, middle(list.map((wait) => wait.ms))];
  return {
    ...Object.fromEntries(Object.entries(found).map(ms)),
    [`prompt_at_${slowdown}_frames`]: Math.max(...found.prompt.map(({ frames }) => frames)),
    [`long_tasks_at_${slowdown}`]: long_tasks.length,
    [`longest_at_${slowdown}_ms`]: Math.max(0, ...long_tasks),
  };
}

async function taskTime(devtools) {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
}

async function openPage(context) {
  const page = await context.newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => globalThis.bench);
  return page;
}

function compile(name, meters, more = {}) {
  const quotas = (limit) =>
    Object.fromEntries(Array.from({ length: meters }, (_, index) => [`m${index}`, { limit, period: "month" }]));
  const policy = {
    format: 1,
    plans: [
      { id: "free", name: "Free", quotas: quotas(LIMIT) },
      { id: "pro", name: "Pro", buy: "checkout", quotas: quotas(LIMIT * 9) },
    ],
    ...more,
  };
  const file = join(work, `${name}.json`);
  const out = join(work, `out-${name}`);
  writeFileSync(file, JSON.stringify(policy));
  const { status, stderr } = spawnSync(process.env.PLIMSOLL_BIN, ["check", file, "--out", out], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the bench's policy was refused: ${stderr}`);
  return readFileSync(join(out, readdirSync(out).find((name) => /\ben\.plim$/.test(name))));
}

/** The page's script with the rivals inside; the package itself is loaded as it is published. */
async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, "tests/browser/bench.page.mjs")],
    bundle: true, minify: true, format: "esm", write: false, external: ["/pkg/*"], logLevel: "error",
  });
  return outputFiles[0].contents;
}

function serve() {
  const fixed = {
    "/": '<!doctype html><html lang="en"><title>bench</title><main><h1>Bench</h1><p>Text that must stay.</p></main><script type="module" src="/bench.js"></script>',
    "/bench.js": script,
    "/50.plim": policies[50],
    "/500.plim": policies[500],
    "/arms.plim": policies.arms,
  };
  const listener = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://bench.invalid");
    const body = fixed[pathname] ?? packaged(pathname);
    // Isolation gives the page a clock of 5 µs instead of 100.
    response.writeHead(body ? 200 : 503, {
      "content-type": TYPES[extname(pathname) || ".html"] ?? "text/plain",
      "cache-control": "max-age=600",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    response.end(body);
  });
  return new Promise((resolve) => listener.listen(0, "127.0.0.1", () => resolve(listener)));
}

/** A file of pkg/. The collector is away (503): what is measured is the journal, not the network. */
function packaged(pathname) {
  const path = normalize(join(ROOT, pathname));
  if (!path.startsWith(join(ROOT, "pkg/"))) return undefined;
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
