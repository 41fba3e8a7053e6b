// Small real products that install the packed package, build with their own tool and show a prompt in Chromium. A
// project fails when the prompt does not come, a file is not found, the console has an error or a policy is broken.
//
//   PLIMSOLL_PROJECTS  "all" builds every project and writes docs/bundlers.md, else those that are quickly installed

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { CSP, HERE, ROOT, build, clean, install, npm, openBrowser, openPage, serve } from "./support.mjs";

const is_whole = process.env.PLIMSOLL_PROJECTS === "all";
const skip = is_whole ? false : "with `cargo xtask projects`";
/** The strict policy with one exception: a tool that makes Trusted Types of its own names them. */
const cspFor = (tool) => CSP.replace("trusted-types 'none'", `trusted-types ${tool}`);
const BANNER = "You have used 905 of 1,000 e-mails";

/** What shows a page, in the order of docs/bundlers.md. */
const PRODUCTS = ["static", "esbuild", "rollup", "webpack", "vite-react", "next", "vue", "svelte"];
/** Their lines there. */
const rows = new Map();

let browser;
before(async () => { browser = await openBrowser(); });
after(async () => {
  await browser?.close();
  if (PRODUCTS.every((name) => rows.has(name))) report();
});

/** The prompt comes, the page does not move, and nothing goes wrong. */
async function showsPrompt(url, { act = async () => {}, ...given } = {}) {
  const page = await openPage(browser, url, given);
  try {
    await act(page);
    await page.getByText(BANNER).waitFor().catch((error) => {
      throw new Error([...page.faults, error.message].join("\n"));
    });
    // The other modules, the requests of idle time: none may be missing.
    await page.waitForLoadState("networkidle");
    assert.deepEqual(page.faults, []);
    assert.equal(await page.evaluate(() => globalThis.shifts), 0, "the page does not move");
    return await Promise.all(page.responses.map(async (response) => [response.url(), await response.body().catch(() => "")]));
  } finally {
    await page.context().close();
  }
}

async function showsPromptFrom({ name, folder }, { csp = CSP, ...more } = {}) {
  const stand = await serve(folder, csp);
  try {
    note(name, await showsPrompt(stand.url, more));
    const modules = new Set(stand.asked.filter((path) => path.endsWith(".wasm")));
    assert.equal(modules.size, 3, "start, view and policy");
  } finally {
    await stand.stop();
  }
}

function built(name, out) {
  const folder = install(name);
  clean(folder, out);
  build(folder);
  return { name, folder: join(folder, out) };
}

test("Node's test runner with plimsoll/testing", () => {
  const folder = install("node");
  npm(["test"], { cwd: folder });
});

/** The meter is live, and the button that the plan lacks is marked with the next plan that has it. */
async function showsElements(page) {
  await page.locator("plimsoll-meter").getByText("905 of 1,000 e-mails").waitFor();
  // Over so low a button the mark is its lock; the name is for screen readers.
  await page.locator("plimsoll-gate [part=mark]", { hasText: "Pro" }).waitFor();
  await page.getByRole("button", { name: "Automate" }).waitFor();
}

test("static files with the custom elements", () =>
  showsPromptFrom(built("static", "site"), { csp: `${CSP}; style-src 'self'`, act: showsElements }));

test("esbuild", () => showsPromptFrom(built("esbuild", "site")));

test("Vite and React", () => showsPromptFrom(built("vite-react", "dist")));

test("Vite's server while one develops", { skip }, async () => {
  const folder = install("vite-react");
  const server = await launch(folder, ["run", "dev"], /Local:\s+(http:\S+)/);
  try {
    await showsPrompt(server.url);
  } finally {
    server.stop();
  }
});

test("Rollup", { skip }, () => showsPromptFrom(built("rollup", "site")));

test("webpack", { skip }, () => showsPromptFrom(built("webpack", "site"), { csp: cspFor("webpack") }));

for (const [name, types] of [["vue", "vue"], ["svelte", "svelte-trusted-html"]]) {
  test(`${name} with the custom elements`, { skip }, () =>
    showsPromptFrom(built(name, "dist"), {
      csp: cspFor(types),
      async act(page) {
        await page.locator("plimsoll-meter").getByText("880 of 1,000 e-mails").waitFor();
        await page.getByRole("button", { name: "Send 25" }).click();
        await showsElements(page);
      },
    }));
}

test("Next.js, rendered on a server", { skip }, async () => {
  const { folder } = built("next", ".next");
  const server = await launch(join(folder, ".."), ["run", "start"], /Local:\s+(http:\S+)/);
  try {
    const html = await (await fetch(server.url)).text();
    assert.match(html, /<p id="usage">880<!-- --> of <!-- -->1000<!-- --> e-mails<\/p>/);
    assert.match(html, /<button>Automation<\/button>/, "no mark before anything is known");
    const came = await showsPrompt(server.url, {
      watched: "#usage",
      act: async (page) => {
        await page.locator("button[data-plimsoll=locked]").waitFor();
        assert.deepEqual(await page.evaluate(() => globalThis.painted), ["880 of 1000 e-mails", "905 of 1000 e-mails"], "nothing else in between");
      },
    });
    note("next", came);
  } finally {
    server.stop();
  }
});

test("the page on installing has the very commands that were run here", () => {
  const text = readFileSync(join(ROOT, "docs/install.md"), "utf8");
  const missing = [];
  for (const name of ["static", "esbuild", "rollup", "webpack"]) {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, `tests/package/projects/${name}/package.json`), "utf8"));
    for (const command of [scripts.bundle ?? scripts.build, scripts.wasm]) {
      if (command && !text.includes(command)) missing.push(`${name}: ${command}`);
    }
  }
  assert.deepEqual(missing, []);
});

/** What came over the network for a project, until all was quiet. */
function note(name, came) {
  const scripts = came.filter(([url]) => /\.m?js(\?|$)/.test(url));
  const brotli = scripts.reduce((sum, [, body]) => sum + (body.length && brotliCompressSync(body).length), 0);
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(HERE, "projects", name, "package.json"), "utf8"));
  const tools = Object.entries({ ...devDependencies, ...dependencies }).filter(([tool]) => !tool.startsWith("@types/"));
  const words = tools.map((tool) => tool.join(" ")).join(", ") || "none";
  rows.set(name, `| [${name}](../tests/package/projects/${name}) | ${words} | ${scripts.length} | ${(brotli / 1000).toFixed(1)} kB |`);
}

function report() {
  const text = `# Bundlers

What \`cargo xtask projects\` built last: each product installed the packed package, built with its own tools and showed a prompt in Chromium, without an error, a missing file, a refused policy or a layout shift.
Scripts are all that the page loaded, the product's own and its framework's with them, as brotli, with the policy as JSON; Rollup's are not minified. The three WebAssembly modules are the same everywhere.
[docs/install.md](install.md) has the commands.

| Product | Tools | Scripts | Together |
|---|---|---:|---:|
${PRODUCTS.map((name) => rows.get(name)).join("\n")}
`;
  writeFileSync(join(ROOT, "docs/bundlers.md"), text);
}

/** A server of a project's own, on a port that it picks. */
async function launch(folder, words, ready) {
  const child = spawn("npm", words, { cwd: folder, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const url = await new Promise((done, fail) => {
    const hear = (chunk) => {
      said += chunk;
      // Colours of a terminal stand between the words.
      const found = said.replace(/\x1b\[[\d;]*m/g, "").match(ready);
      if (found) done(found[1]);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", () => fail(new Error(`the server ended: ${said}`)));
  });
  // npm starts the server as a child of its own: the group ends with it.
  return { url, stop: () => process.kill(-child.pid, "SIGTERM") };
}
