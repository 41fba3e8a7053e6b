/**
 * What the package's tests stand on: the packed tarball, projects that install it with npm, a static server with
 * the strictest policy that a project works under, and Chromium. It knows nothing of what a project is made of.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";
import { CSP, FLAGS, ROOT, browserPath } from "../browser/shell.support.mjs";

export { CSP, ROOT };
export const PACKAGE = join(ROOT, "pkg");
export const HERE = join(ROOT, "tests/package");
const TARGET = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "package");

const READY_MAX_MS = 15_000;
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm", ".svg": "image/svg+xml",
};

/** npm as a person would call it: without what an npm around the tests hands down. */
export function npm(words, options = {}) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  return execFileSync("npm", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env, ...options });
}

let tarball;

/** `{path, files}` of the tarball, as npm makes it; once for all tests of a file. */
export function packed() {
  if (tarball) return tarball;
  mkdirSync(TARGET, { recursive: true });
  const [{ filename, files }] = JSON.parse(npm(["pack", "--json", "--pack-destination", TARGET], { cwd: PACKAGE }));
  const path = join(TARGET, filename);
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
  return (tarball = { path, files: files.map((file) => file.path).sort(), digest });
}

/**
 * A copy of `projects/<name>` in the target folder with all it depends on, from its lock file, and the tarball; what
 * has not changed is not installed again.
 */
export function install(name) {
  const { path, digest } = packed();
  const from = join(HERE, "projects", name);
  const folder = join(TARGET, name);
  mkdirSync(folder, { recursive: true });
  cpSync(from, folder, { recursive: true });
  // What every product here sells; a real one gets it from its collector, or compiled ahead.
  cpSync(join(HERE, "projects/policy.json"), join(folder, "public/policy.json"));
  const stamp = join(folder, "node_modules/.installed");
  const lock = join(from, "package-lock.json");
  const wanted = `${existsSync(lock) && readFileSync(lock, "utf8")}${digest}`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return folder;
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
  if (existsSync(lock)) npm(["ci", ...quiet], { cwd: folder });
  npm(["install", "--no-save", "--no-package-lock", ...quiet, path], { cwd: folder });
  writeFileSync(stamp, wanted);
  return folder;
}

/** The project's own build, as a user would run it. */
export function build(folder, script = "build") {
  try {
    return npm(["run", script], { cwd: folder });
  } catch (error) {
    throw new Error(`npm run ${script} in ${folder}:\n${error.stdout}\n${error.stderr}`);
  }
}

/** A folder on a free loopback port; what is not there is 404. */
export async function serve(folder, csp = CSP) {
  const asked = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    asked.push(pathname);
    const path = normalize(join(folder, pathname.endsWith("/") ? `${pathname}index.html` : pathname));
    const head = csp ? { "content-security-policy": csp } : {};
    try {
      if (!path.startsWith(folder)) throw new Error("not here");
      const body = await readFile(path);
      response.writeHead(200, { ...head, "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(pathname === "/favicon.ico" ? 204 : 404, head).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    asked,
    url: `http://127.0.0.1:${server.address().port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

export const openBrowser = () => chromium.launch({ executablePath: browserPath(), args: FLAGS });

/**
 * A page whose `faults` are all that must not happen: errors, warnings of React, refused policies, missing files. Every
 * text that an element has had is in the page's `painted`; `watched` finds it.
 */
export async function openPage(browser, url, { watched } = {}) {
  const context = await browser.newContext({ locale: "en-US" });
  const page = await context.newPage();
  page.setDefaultTimeout(READY_MAX_MS);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error.stack ?? error)));
  page.warnings = [];
  page.on("console", (message) => {
    // Browsers ask every server for it.
    if (message.location().url.endsWith("/favicon.ico")) return;
    if (message.type() === "error") page.faults.push(message.text());
    if (message.type() === "warning") page.warnings.push(message.text());
  });
  page.responses = [];
  page.on("response", (response) => {
    page.responses.push(response);
    if (response.status() >= 400 && !response.url().endsWith("/favicon.ico")) page.faults.push(`${response.status()} ${response.url()}`);
  });
  await context.exposeBinding("reportViolation", (_, text) => page.faults.push(text));
  await context.addInitScript((watched) => {
    globalThis.painted = [];
    const look = () => {
      const text = watched && document.querySelector(watched)?.textContent;
      if (text && text !== globalThis.painted.at(-1)) globalThis.painted.push(text);
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
    addEventListener("securitypolicyviolation", (event) => globalThis.reportViolation(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
    globalThis.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.shifts += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  }, watched);
  await page.goto(url);
  return page;
}

/** Removes what an earlier run has built. */
export function clean(folder, ...names) {
  for (const name of names) rmSync(join(folder, name), { recursive: true, force: true });
}
