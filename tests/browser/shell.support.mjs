/**
 * What the shell's tests stand on: the package's files on a free loopback port, a collector that
 * answers as a test wants, and Chromium. It knows nothing of what should happen.
 */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src 'self'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
};
export const FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic",
  "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const POLICY = {
  format: 1,
  plans: [
    { id: "free", name: "Free", quotas: { emails: { limit: 1000, period: "month" }, seats: { limit: 3 } } },
    { id: "pro", name: "Pro", buy: "checkout", quotas: { emails: { limit: 50000, period: "month" }, seats: { limit: 25 } }, features: ["automation"] },
  ],
  links: { checkout: "/checkout?plan={plan}" },
};

export const snapshot = (changes = {}) => ({
  account: { id: "acc_7", created_at: "2025-01-01T00:00:00Z" },
  user: { id: "u_9", created_at: "2025-01-01T00:00:00Z" },
  plan: "free",
  plan_epoch: 1,
  server_time: new Date().toISOString(),
  can_purchase: true,
  meters: { emails: { used: 400, limit: 1000 }, seats: { used: 1, limit: 3 } },
  ...changes,
});

/** `stand.answer` makes the collector's answers; `stand.batches` are the bodies that came. */
export async function startStand() {
  const stand = { turn: 0, missing: new Set(), instead: new Map() };
  /** A test begins: what a page of the one before still sends as it closes is answered, and not this test's. */
  stand.begin = () => {
    stand.turn += 1;
    Object.assign(stand, { endpoint: `/p/${stand.turn}`, batches: [], requests: [], csp: CSP, headers: {}, policy: undefined, answer: ANSWER, answerRequest: REQUEST_ANSWER });
    stand.missing.clear();
    stand.instead.clear();
  };
  stand.begin();
  stand.events = () => stand.batches.flatMap(({ batch }) => batch);

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const head = { "content-security-policy": stand.csp, "cache-control": "no-cache", ...stand.headers };
    if (pathname === "/page" || pathname === "/checkout") {
      response.writeHead(200, { ...head, "content-type": "text/html; charset=utf-8" });
      return response.end("<!doctype html><html lang=en><title>page</title><body><h1>Page</h1></body></html>");
    }
    if (pathname.endsWith("/v1/batch")) {
      if (pathname !== `${stand.endpoint}/v1/batch`) return response.writeHead(202).end(ANSWER().body);
      let text = "";
      for await (const chunk of request) text += chunk;
      const answer = await stand.answer(text, request);
      if (answer === "cut") return request.socket.destroy();
      if (answer.keep ?? answer.status < 300) stand.batches.push(JSON.parse(text));
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
      return response.end(answer.body ?? "");
    }
    if (pathname.endsWith("/v1/requests")) {
      let text = "";
      for await (const chunk of request) text += chunk;
      const answer = await stand.answerRequest(text);
      if (answer === "cut") return request.socket.destroy();
      if (answer.status < 300) stand.requests.push(JSON.parse(text));
      response.writeHead(answer.status, { "content-type": "application/json" });
      return response.end(answer.body ?? "");
    }
    if (pathname === "/policy.json") {
      response.writeHead(200, { ...head, "content-type": "application/json" });
      return response.end(JSON.stringify(stand.policy ?? POLICY));
    }
    const instead = stand.instead.get(pathname);
    if (instead) {
      response.writeHead(200, { ...head, ...instead.headers });
      return response.end(instead.body);
    }
    const path = normalize(join(ROOT, pathname));
    try {
      if (!path.startsWith(ROOT) || stand.missing.has(pathname)) throw new Error("not here");
      const body = await readFile(path);
      response.writeHead(200, { ...head, "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(pathname === "/favicon.ico" ? 204 : 404, head).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  stand.url = `http://127.0.0.1:${server.address().port}`;
  stand.browser = await chromium.launch({
    executablePath: browserPath(),
    args: FLAGS,
    // Playwright turns the back/forward cache off; here it is what is tested.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
  stand.stop = async () => {
    await stand.browser.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return stand;
}

export function browserPath() {
  const found = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => path && existsSync(path));
  if (!found) throw new Error("no Chromium: set CHROMIUM to its path");
  return found;
}

/** A page with what went wrong on it; `run` gets nothing but what it is given. */
export async function openPage(stand, context) {
  const page = await (context ?? stand.browser).newPage();
  page.faults = [];
  page.endpoint = stand.endpoint;
  page.on("pageerror", (error) => page.faults.push(String(error.stack ?? error)));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  await page.goto(`${stand.url}/page`);
  return page;
}

/** Starts an instance as `window.plimsoll`; errors of `start` come back as data. */
export function startOn(page, options = {}, from = "/pkg/index.js") {
  return page.evaluate(async ([given, file]) => {
    const { start } = await import(file);
    window.heard = [];
    try {
      window.plimsoll = await start({ policy: "/policy.json", key: "pk_test_1", ...given });
    } catch (error) {
      return { name: error.name, code: error.code, path: error.path, message: error.message, help: error.help, errors: error.errors };
    }
    for (const name of ["prompt", "withdraw", "response", "crossing", "converted", "error", "sent", "request"]) {
      window.plimsoll.on(name, (detail) => window.heard.push({ name, ...detail }));
    }
    return null;
  }, [{ endpoint: page.endpoint, ...options }, from]);
}

export async function until(check, what, most_ms = 8_000) {
  const end = Date.now() + most_ms;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 30));
  }
}

/** What a collector that takes everything answers. */
export const ANSWER = () => ({ status: 202, body: JSON.stringify({ accepted: 1, duplicates: 0, rejected: [] }) });

/** The same for a request. */
export const REQUEST_ANSWER = () => ({ status: 202, body: JSON.stringify({ accepted: 1, duplicates: 0 }) });

export const keys = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("plimsoll:")));
export const use = (page, amount, meter = "emails") => page.evaluate(([id, n]) => plimsoll.use(id, n), [meter, amount]);
export const used = (page, meter = "emails") => page.evaluate((id) => plimsoll.read().meters[id].used, meter);
export const heard = (page, name) => page.evaluate((wanted) => heard.filter((event) => event.name === wanted), name);
export const hide = (page) => page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide")));
export const named = (events, name) => events.filter(({ event }) => event === name);
export const sum = (events) => named(events, "Usage Counted").reduce((total, { properties }) => total + properties.added, 0);
export const once = (events) => [...new Map(events.map((event) => [event.messageId, event])).values()];
