// How Plimsoll behaves as a guest: nothing hostile in a policy, a snapshot or a quote becomes more than text, it works
// under the policies that careful hosts have, leaves nothing behind, and stands in pages that were built against it.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { CSP, openPage, snapshot, startOn, startStand, until, use } from "./shell.support.mjs";

/** A soak lives through ten times as many. */
const POLICIES = Number(process.env.PLIMSOLL_HOSTILE_POLICIES ?? 10_000);
const AT_ONCE = 12;
const CYCLES = 1_000;

let stand;
before(async () => { stand = await startStand(); });
after(() => stand?.stop());
beforeEach(() => stand.begin());

/** All that a painted prompt may be made of; a new name here is a new door, and belongs into a review. */
const ELEMENTS = "a button details dialog div form h2 img label li meter output p path section span strong summary svg textarea ul";
const ATTRIBUTES = [
  "alt", "aria-busy", "aria-controls", "aria-describedby", "aria-disabled", "aria-expanded", "aria-hidden", "aria-label", "aria-labelledby",
  "aria-live", "aria-valuetext", "autofocus", "class", "d", "data-action", "data-exposure", "data-focus", "data-form", "data-phase", "data-theme", "data-tone",
  "dir", "for", "hidden", "href", "id", "lang", "max", "maxlength", "min", "name", "open", "part", "pathLength", "placeholder", "role", "rows", "src",
  "stroke-dasharray", "tabindex", "title", "type", "value", "viewBox",
];

describe("hostile policies", () => {
  test(`${POLICIES} of them: no script, no foreign element or attribute, no address but https and the page's own`, async (test) => {
    const sum = { refused: 0, started: 0, painted: 0, links: 0, images: 0 };
    for (let first = 1; first <= POLICIES; first += 500) {
      const page = await openPage(stand);
      const asked = [];
      page.on("request", (request) => asked.push(request.url()));
      const found = await page.evaluate(live, { first, last: Math.min(first + 499, POLICIES), at_once: AT_ONCE, elements: ELEMENTS.split(" "), attributes: ATTRIBUTES });
      assert.deepEqual(found.wrong.slice(0, 5), [], `of the policies from ${first}; hostileCase(n) in manners.policies.mjs has each again`);
      assert.deepEqual(page.faults.filter((fault) => !/ERR_NAME_NOT_RESOLVED|404|ok\.example|violates the following/.test(fault)), []);
      // The one picture that a policy may name; the page's own policy keeps it away.
      const foreign = asked.filter((url) => !url.startsWith(stand.url) && url !== "https://ok.example/x.png");
      assert.deepEqual(foreign, [], "nothing is fetched from elsewhere");
      for (const name of Object.keys(sum)) sum[name] += found[name];
      await page.close();
    }
    assert.equal(sum.started + sum.refused, POLICIES);
    test.diagnostic(`policies lived through: ${POLICIES}, of which ${sum.refused} were refused at \`start\` and ${sum.painted} painted prompts, ` +
      `with ${sum.links} addresses and ${sum.images} pictures: nothing but text, and no address but https and the page's own.`);
    // Of refused ones alone nothing could be learned.
    assert.ok(sum.started > POLICIES / 5 && sum.painted > POLICIES / 5 && sum.links > 0 && sum.images > 0, JSON.stringify(sum));
  });
});

/** In the page: lives through policies, some at once, and looks at everything that is painted. */
async function live({ first, last, at_once, elements, attributes }) {
  const [{ start }, { hostileCase }] = await Promise.all([import("/pkg/index.js"), import("/tests/browser/manners.policies.mjs")]);
  const found = { wrong: [], refused: 0, started: 0, painted: 0, links: 0, images: 0 };
  let seed = first;
  let at = 0;
  const complain = (what) => found.wrong.push(`about ${at}: ${what}`);
  navigation.addEventListener("navigate", (event) => {
    const { url } = event.destination;
    if (!/^https:|^http:\/\/127\.0\.0\.1/.test(url)) complain(`went to ${url}`);
    event.preventDefault();
  });
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    // A picture from https elsewhere is the policy's own to show; this page allows none.
    if (!(violatedDirective === "img-src" && blockedURI.startsWith("https://"))) complain(`violates ${violatedDirective} by ${blockedURI}`);
  });
  const known = { elements: new Set(elements), attributes: new Set(attributes) };
  const inside = (root) => [...root.querySelectorAll("*")].flatMap((node) => [node, ...(node.shadowRoot ? inside(node.shadowRoot) : [])]);
  const host = new Set(document.querySelectorAll("*"));
  const look = () => {
    for (const node of inside(document)) {
      if (host.has(node) || node.localName.startsWith("plimsoll-")) continue;
      if (!known.elements.has(node.localName)) complain(`painted <${node.localName}>`);
      for (const { name, value } of node.attributes) {
        if (!known.attributes.has(name)) complain(`painted ${node.localName}[${name}]`);
        if (name !== "href" && name !== "src") continue;
        if (name === "src") found.images += 1;
        else found.links += 1;
        const url = new URL(value, document.baseURI);
        if (url.protocol !== "https:" && url.origin !== location.origin) complain(`leads to ${value}`);
        if (url.username || url.password) complain(`leads with a name to ${value}`);
      }
    }
    if (window.hit) complain("a script ran");
  };
  const one = async (worker) => {
    const number = seed;
    seed += 1;
    const { policy, snapshot, begins_with, hooks } = hostileCase(number);
    at = number;
    let instance;
    try {
      instance = await start({ policy, snapshot, key: `pk_${worker}`, consent: "granted", ...hooks });
    } catch (error) {
      found.refused += 1;
      if (error.name !== "PlimsollError") complain(`threw ${error}`);
      return;
    }
    found.started += 1;
    let shown = 0;
    instance.on("prompt", () => { shown += 1; });
    if (begins_with === "explore") instance.explore("sso", "tried");
    instance.use("emails", 15);
    if (begins_with === "use") instance.explore("sso", "tried");
    instance.use("emails", 45);
    instance.attempt("emails", 1);
    await new Promise((done) => setTimeout(done, 20));
    await new Promise((done) => requestAnimationFrame(done));
    look();
    // Each thing that can be pressed, is; what follows it is looked at, too.
    const pressed = inside(document).filter((node) => node.matches?.("[data-action], summary") && node.checkVisibility());
    for (const node of pressed.slice(0, 3)) node.click();
    await new Promise((done) => setTimeout(done, 20));
    look();
    if (shown > 0) found.painted += 1;
    instance.consent("denied");
    instance.destroy();
  };
  await Promise.all(Array.from({ length: at_once }, async (_, worker) => {
    while (seed <= last) await one(worker);
  }));
  if (inside(document).some((node) => node.dataset?.exposure)) complain("a prompt outlived its instance");
  return found;
}

const FULL = () => snapshot({ meters: { emails: { used: 1000, limit: 1000 }, seats: { used: 1, limit: 3 } } });
const dialog = (page) => page.locator("dialog[data-exposure]");
const banner = (page) => page.locator("section.banner[data-exposure]");

/** Opens the banner at a threshold, then the dialog at the limit, and closes it. */
async function wholeWay(page) {
  await use(page, 150);
  await banner(page).waitFor();
  await page.evaluate((given) => plimsoll.sync(given), FULL());
  await page.evaluate(() => void plimsoll.attempt("emails", 1));
  await dialog(page).waitFor();
  await page.evaluate(() => document.body.append(Object.assign(document.createElement("plimsoll-meter"), { meter: "emails" })));
  await page.keyboard.press("Escape");
  await dialog(page).waitFor({ state: "detached" });
}

describe("content security policies", () => {
  const bare = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
  for (const [what, csp] of [
    ["the one of the guarantee", CSP],
    ["that one without pictures", `${bare}; require-trusted-types-for 'script'; trusted-types 'none'`],
    ["every kind of style refused by name", `${CSP}; style-src 'none'; style-src-elem 'none'; style-src-attr 'none'; font-src 'none'`],
    ["workers, frames, forms, bases and objects refused by name", `${CSP}; worker-src 'none'; frame-src 'none'; form-action 'none'; base-uri 'none'; object-src 'none'; manifest-src 'none'`],
    ["only named policies of Trusted Types", `${bare}; require-trusted-types-for 'script'; trusted-types host-policy`],
    ["a sandbox with scripts and its own origin", `${CSP}; sandbox allow-scripts allow-same-origin`],
    ["everything from itself", "default-src 'self' 'wasm-unsafe-eval'; require-trusted-types-for 'script'"],
    ["the loose one of many products", "default-src * data: blob: 'unsafe-inline' 'unsafe-eval'"],
    ["no policy at all", ""],
  ]) {
    test(`nothing is violated under ${what}`, async () => {
      stand.csp = csp;
      const page = await openPage(stand);
      await page.evaluate(() => {
        window.violations = [];
        document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => violations.push(`${violatedDirective} ${blockedURI}`));
      });
      assert.equal(await startOn(page, { snapshot: snapshot() }), null);
      await page.evaluate(async () => void (await import("/pkg/define.js")));
      await wholeWay(page);
      assert.deepEqual(await page.evaluate(() => window.violations), []);
      assert.deepEqual(page.faults, []);
      await page.close();
    });
  }
});

describe("what is left behind", () => {
  test(`nothing after ${CYCLES} starts and ends: no node, listener, style, key, lock or growth`, async () => {
    const page = await openPage(stand);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("HeapProfiler.enable");
    const count = async () => {
      // Twice: what the first collection finalizes the second can free.
      for (let round = 0; round < 2; round += 1) await devtools.send("HeapProfiler.collectGarbage");
      const { nodes, jsEventListeners } = await devtools.send("Memory.getDOMCounters");
      const { usedSize } = await devtools.send("Runtime.getHeapUsage");
      const here = await page.evaluate(async () => ({
        html: document.documentElement.outerHTML, sheets: document.adoptedStyleSheets.length, keys: Object.keys(localStorage).length,
        locks: (await navigator.locks.query()).held.length, globals: Object.keys(window).length,
      }));
      return { counted: { nodes, jsEventListeners, ...here }, usedSize };
    };
    const live = (times) => page.evaluate(async ([rounds, given]) => {
      const [{ start }, policy] = await Promise.all([import("/pkg/index.js"), fetch("/policy.json").then((answer) => answer.json())]);
      for (let round = 0; round < rounds; round += 1) {
        const instance = await start({ policy, key: "pk_cycle", snapshot: given });
        instance.on("prompt", () => {});
        instance.use("emails", 150);
        // Some end before their prompt is painted, some after, some with a dialog open.
        if (round % 3) await new Promise((done) => setTimeout(done, 5));
        if (round % 3 === 2) {
          instance.limitHit("emails");
          await new Promise((done) => requestAnimationFrame(done));
        }
        instance.consent("denied");
        instance.destroy();
        if (round % 50 === 0) await new Promise((done) => setTimeout(done, 20));
      }
      await new Promise((done) => setTimeout(done, 500));
    }, [times, snapshot()]);
    await live(CYCLES / 10);
    const early = await count();
    await live(CYCLES);
    const late = await count();
    assert.deepEqual(late.counted, early.counted);
    const growth = (late.usedSize - early.usedSize) / CYCLES;
    assert.ok(growth < 500, `${growth.toFixed(0)} bytes stay of each cycle`);
    assert.deepEqual(page.faults, []);
    await page.close();
  });
});

describe("pages that are built against it", () => {
  const inPage = async (run, options = {}) => {
    const context = await stand.browser.newContext({ viewport: { width: 800, height: 600 }, ...options });
    const page = await openPage(stand, context);
    try {
      await run(page);
    } finally {
      await context.close();
    }
  };
  const addStyle = (page, css) => page.evaluate((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets = [sheet];
  }, css);
  /** Whether what is seen in the middle of a prompt's action is that action. */
  const canBePressed = (page, within) => page.locator(`${within} .action`).first().evaluate((node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    const hit = node.getRootNode().elementFromPoint(left + width / 2, top + height / 2);
    return node === hit || node.contains(hit);
  });

  test("a dialog lies above everything that the host has laid on top", () =>
    inPage(async (page) => {
      await addStyle(page, "#wall { position: fixed; inset: 0; z-index: 2147483647; background: tomato }");
      await page.evaluate(() => document.body.append(Object.assign(document.createElement("div"), { id: "wall" })));
      assert.equal(await startOn(page, { snapshot: FULL() }), null);
      await page.evaluate(() => void plimsoll.attempt("emails", 1));
      await dialog(page).waitFor();
      assert.ok(await canBePressed(page, "dialog"));
    }));

  for (const zoom of [0.5, 2]) {
    test(`with the page zoomed ${zoom} times prompts stay on the screen and can be pressed`, () =>
      inPage(async (page) => {
        await addStyle(page, `html { zoom: ${zoom} }`);
        assert.equal(await startOn(page, { snapshot: snapshot() }), null);
        await use(page, 150);
        await banner(page).waitFor();
        assert.ok(await canBePressed(page, "section.banner"));
        await page.evaluate((given) => { plimsoll.sync(given); plimsoll.attempt("emails", 1); }, FULL());
        await dialog(page).waitFor();
        const box = await dialog(page).boundingBox();
        assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= 801 && box.y + box.height <= 601, JSON.stringify(box));
        await page.locator("dialog .primary").scrollIntoViewIfNeeded();
        assert.ok(await canBePressed(page, "dialog"));
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), "nothing scrolls sideways");
      }));
  }

  test("in print there is no prompt", () =>
    inPage(async (page) => {
      assert.equal(await startOn(page, { snapshot: snapshot() }), null);
      await use(page, 150);
      await banner(page).waitFor();
      await page.emulateMedia({ media: "print" });
      await banner(page).waitFor({ state: "hidden" });
      await page.emulateMedia({ media: "screen" });
      await banner(page).waitFor();
      await page.evaluate((given) => { plimsoll.sync(given); plimsoll.attempt("emails", 1); }, FULL());
      await dialog(page).waitFor();
      await page.emulateMedia({ media: "print" });
      await dialog(page).waitFor({ state: "hidden" });
      await page.getByRole("heading", { name: "Page" }).waitFor();
    }));

  for (const [what, sandbox] of [
    ["an iframe", undefined],
    ["a sandboxed iframe of its own origin", "allow-scripts allow-same-origin"],
    ["a sandboxed iframe that may store nothing", "allow-scripts"],
  ]) {
    test(`in ${what} it counts, shows and leaves the page around it alone`, () =>
      inPage(async (page) => {
        const stores = sandbox !== "allow-scripts";
        if (!stores) stand.headers = { "access-control-allow-origin": "*" };
        stand.csp = "";
        await page.goto(`${stand.url}/page`);
        await page.evaluate((rights) => {
          const frame = document.createElement("iframe");
          if (rights) frame.setAttribute("sandbox", rights);
          frame.src = "/page";
          frame.width = 500;
          frame.height = 400;
          document.body.append(frame);
        }, sandbox);
        const around = await page.evaluate(() => document.documentElement.outerHTML);
        const frame = await until(() => page.frames().find((found) => found !== page.mainFrame() && found.url().endsWith("/page")), "the frame");
        await frame.waitForLoadState();
        const origin = stand.url;
        const failed = await frame.evaluate(async ([base, given]) => {
          const { start } = await import(`${base}/pkg/index.js`);
          window.errors = [];
          try {
            window.plimsoll = await start({ policy: `${base}/policy.json`, endpoint: `${base}/p`, key: "pk_frame", snapshot: given });
          } catch (error) {
            return String(error);
          }
          plimsoll.on("error", ({ code }) => errors.push(code));
          plimsoll.use("emails", 150);
          return "";
        }, [origin, snapshot()]);
        assert.equal(failed, "");
        assert.equal(await frame.evaluate(() => plimsoll.read().meters.emails.used), 550);
        assert.equal(await page.evaluate(() => document.documentElement.outerHTML), around);
        assert.deepEqual(page.faults, []);
        if (!stores) {
          // Nothing would remember that it was shown: only what the person does is answered.
          assert.deepEqual(await frame.evaluate(() => errors), ["storage_lost"]);
          await frame.evaluate((given) => { plimsoll.sync(given); plimsoll.attempt("emails", 1); }, FULL());
          await frame.locator("section.toast[data-exposure]").waitFor();
          assert.equal(await frame.locator("dialog").count(), 0);
          return;
        }
        await banner(frame).waitFor();
      }));
  }
});
