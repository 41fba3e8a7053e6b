// The three engines that pages are tested in, each driven through its own WebDriver: starting one, and a page
// in it whose queries look into open shadow roots. It knows no page of the demo and nothing of Plimsoll.
//
//   CHROMIUM, CHROMEDRIVER      found on the path by default
//   FIREFOX, GECKODRIVER        the same
//   WEBKIT, WEBKIT_DRIVER       MiniBrowser and WebKitWebDriver of WebKitGTK; it runs on a screen of its own (xvfb-run)

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { Builder, Capabilities, Key } from "selenium-webdriver";
import { CHROMIUM_FLAGS } from "../browser/support.mjs";

const READY_MAX_MS = 60_000;
const WAIT_MAX_MS = 30_000;
const LOOK_AGAIN_MS = 50;

const ENGINES = {
  chromium: {
    driver: (port) => [process.env.CHROMEDRIVER ?? "chromedriver", `--port=${port}`],
    capabilities: {
      browserName: "chrome",
      "goog:chromeOptions": { binary: process.env.CHROMIUM ?? "/usr/bin/chromium", args: CHROMIUM_FLAGS },
    },
  },
  firefox: {
    driver: (port) => [process.env.GECKODRIVER ?? "geckodriver", "--port", `${port}`, "--websocket-port", "0"],
    capabilities: {
      browserName: "firefox",
      "moz:firefoxOptions": { args: ["-headless"], ...(process.env.FIREFOX && { binary: process.env.FIREFOX }) },
    },
  },
  webkit: {
    driver: (port) => [process.env.XVFB_RUN ?? "xvfb-run", "-a", process.env.WEBKIT_DRIVER ?? "WebKitWebDriver", `--port=${port}`],
    env: {
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      LIBGL_ALWAYS_SOFTWARE: "1",
    },
    capabilities: {
      browserName: "MiniBrowser",
      "webkitgtk:browserOptions": {
        binary: process.env.WEBKIT ?? "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
        args: ["--automation"],
      },
    },
  },
};

export const ENGINE_NAMES = Object.keys(ENGINES);

/** A browser of that engine with one page; `close()` ends it and its driver. */
export async function startEngine(name) {
  const { driver: command, env, capabilities } = ENGINES[name];
  const port = await freePort();
  const [program, ...args] = command(port);
  // A group of its own: the driver's browser and screen end with it.
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: "ignore", detached: true });
  const failed = new Promise((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  failed.catch(() => {});
  const stop = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  try {
    const server = `http://127.0.0.1:${port}`;
    await Promise.race([failed, listening(server)]);
    const driver = await new Builder().usingServer(server).withCapabilities(new Capabilities(capabilities)).build();
    await driver.manage().setTimeouts({ script: WAIT_MAX_MS });
    await driver.manage().window().setRect({ width: 1280, height: 1000 });
    return {
      page: makePage(driver),
      async close() {
        await driver.quit().catch(() => {});
        stop();
      },
    };
  } catch (error) {
    stop();
    throw error;
  }
}

function makePage(driver) {
  const run = (script, ...given) => driver.executeScript(`${DEEP}; return (${script})(...arguments)`, ...given);
  const page = {
    driver,
    open: (url) => driver.get(url),
    /** Runs a function in the page; `all(selector)` there finds elements in shadow roots too. */
    run,
    /** What an async function in the page comes to. */
    async ask(script, ...given) {
      const [value, error] = await driver.executeAsyncScript(
        `const given = [...arguments]; const done = given.pop();
         (${script})(...given).then((value) => done([value]), (error) => done([null, String(error)]));`,
        ...given,
      );
      assert.equal(error, undefined);
      return value;
    },
    /** Waits until a function in the page finds something, and returns it. */
    async until(what, script, ...given) {
      const end_ms = Date.now() + WAIT_MAX_MS;
      for (;;) {
        const found = await run(script, ...given);
        if (found !== null && found !== undefined && found !== false) return found;
        if (Date.now() > end_ms) assert.fail(`${what}: not after ${WAIT_MAX_MS / 1000} s. The page says:\n${await page.words()}`);
        await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
      }
    },
    /** The element on the screen with that text in it, once it is there. */
    see: (selector, text = "") =>
      page.until(`${selector} with “${text}”`, (query, words) =>
        all(query).find((node) => node.checkVisibility() && spoken(node).includes(words)), selector, text),
    gone: (selector) => page.until(`no ${selector}`, (query) => all(query).length === 0, selector),
    /** As a person does: a real press on the middle of it. */
    async click(selector, text) {
      await (await page.see(selector, text)).click();
    },
    /** Cookies and storage of the site that is open. */
    async forget() {
      await driver.manage().deleteAllCookies();
      await run(() => { localStorage.clear(); sessionStorage.clear(); });
    },
    key: (name) => driver.actions().sendKeys(Key[name]).perform(),
    words: () => run(() => spoken(document.body)),
  };
  return page;
}

/** Goes to the page with every script, so it knows nothing from here. */
const DEEP = `
  function all(selector, root = document) {
    const found = [...root.querySelectorAll(selector)];
    for (const node of root.querySelectorAll("*")) if (node.shadowRoot) found.push(...all(selector, node.shadowRoot));
    return found;
  }
  function spoken(node) {
    const inside = [...(node.shadowRoot ?? node).children ?? []].map(spoken);
    const own = [...node.childNodes].filter(({ nodeType }) => nodeType === 3).map(({ data }) => data);
    return (node.shadowRoot ? inside : [...own, ...inside]).join(" ").replace(/\\s+/g, " ").trim();
  }
  function focused(root = document) {
    const node = root.activeElement;
    return node?.shadowRoot ? focused(node.shadowRoot) : node;
  }
`;

async function listening(server) {
  const end_ms = Date.now() + READY_MAX_MS;
  for (;;) {
    const ready = await fetch(`${server}/status`).then((answer) => answer.json()).catch(() => undefined);
    if (ready?.value?.ready) return;
    if (Date.now() > end_ms) throw new Error(`${server} is not ready after ${READY_MAX_MS / 1000} s`);
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
    probe.once("error", reject);
  });
}
