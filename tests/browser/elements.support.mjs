/**
 * What the tests of the elements stand on: a page as a server would render it, with elements in its HTML and their
 * script and the instance coming when a test says so. It knows nothing of what should happen.
 */
import { CSP, openPage, snapshot, startOn } from "./shell.support.mjs";

const DAY_MS = 86_400_000;

export const POLICY = {
  format: 1,
  plans: [
    { id: "free", name: "Free", quotas: { emails: { limit: 1000, period: "month" }, seats: { limit: 3 }, files: { limit: 10 } } },
    { id: "pro", name: "Pro", buy: "checkout", quotas: { emails: { limit: 50000, period: "month" }, seats: { limit: 25 }, files: { limit: 99 } }, features: ["automation"] },
    { id: "scale", name: "Scale", buy: "sales", quotas: { emails: { limit: "unlimited", period: "month" }, seats: { limit: 99 }, files: { limit: 99 } }, features: ["automation", "sso"] },
  ],
  meters: { emails: { name: { one: "e-mail", other: "e-mails" } }, seats: { name: { one: "seat", other: "seats" } } },
  features: { automation: { name: "Automation" }, sso: { name: "Single sign-on" } },
  links: { checkout: "/checkout?plan={plan}" },
};

/** A policy with these prompts and no others. */
export const policyOf = (...prompts) => ({ ...POLICY, defaults: false, prompts });

/** A month that began so many days ago, with so much sent on each. */
export const month = (used, daily, { days = 15 } = {}) => {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const period = { start: new Date(today - days * DAY_MS).toISOString(), end: new Date(today + (30 - days) * DAY_MS).toISOString() };
  return { used, limit: 1000, period, daily: Array(28).fill(daily) };
};

/** Opens a page with this body. Its own style sheet and `define.css` are the only ones that its policy allows. */
export async function openBody(stand, body, { context, css = "", script = true, csp = CSP } = {}) {
  const text = (type, body) => ({ headers: { "content-type": `${type}; charset=utf-8` }, body });
  stand.csp = `${csp}; style-src 'self'`;
  stand.instead.set("/page.css", text("text/css", `body { margin: 0; padding: 20px; font: 16px/1.5 system-ui, sans-serif } ${css}`));
  stand.instead.set("/elements", text("text/html", `<!doctype html><html lang=en><meta name=viewport content="width=device-width">
    <title>Elements</title><link rel=stylesheet href=/page.css><link rel=stylesheet href=/pkg/define.css><body><h1>Page</h1>${body}`));
  const page = await openPage(stand, context);
  await page.addInitScript(watch);
  await page.goto(`${stand.url}/elements`);
  if (script) await define(page);
  return page;
}

/** Runs before anything else on the page. */
function watch() {
  window.shift = 0;
  window.pressed = [];
  window.violations = [];
  document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("click", (event) => window.pressed.push([event.target.id, event.defaultPrevented]));
}

export const define = (page) => page.evaluate(() => import("/pkg/define.js").then(() => undefined));

export const frames = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))));

/** Starts with the snapshot of a free account, changed so. */
export const startWith = (page, changes, options) => startOn(page, { snapshot: snapshot(changes), ...options });

export const sync = async (page, changes) => {
  await page.evaluate((given) => plimsoll.sync(given), snapshot({ plan_epoch: 2, ...changes }));
  await frames(page);
};

/** How far the page has moved by itself since it was opened. */
export const shift = (page) => page.evaluate(() => window.shift);

export const boxes = (page, selector) =>
  page.evaluate((all) => [...document.querySelectorAll(all)].map((node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    return [x, y, width, height].map(Math.round).join();
  }), selector);

/** What each gate shows: the words of its mark, or none. */
export const marks = (page) =>
  page.evaluate(() => [...document.querySelectorAll("plimsoll-gate")].map((gate) => {
    const mark = gate.shadowRoot?.querySelector("#mark");
    return mark && !mark.hidden ? mark.textContent : "";
  }));

/** What each meter says: words, value of limit, estimate. */
export const meters = (page) =>
  page.evaluate(() => [...document.querySelectorAll("plimsoll-meter")].map((meter) => {
    const [words, bar, pace] = ["#words", "meter", "#pace"].map((name) => meter.shadowRoot.querySelector(name));
    const said = words.querySelector("slot") ? meter.textContent : words.textContent;
    return [said, `${bar.value}/${bar.max} ${bar.className}`.trim(), pace.textContent];
  }));

/** As a screen reader has it: `role name / description`, of everything on the page. */
export async function spoken(page) {
  const client = await page.context().newCDPSession(page);
  const { nodes } = await client.send("Accessibility.getFullAXTree");
  await client.detach();
  return nodes.filter(({ ignored }) => !ignored).map(({ role, name, description }) =>
    [role?.value, name?.value, description?.value && `/ ${description.value}`].filter(Boolean).join(" "));
}

/** Where prompts are: `[prompt's title, in what]`, from top to bottom. */
export const painted = (page) =>
  page.evaluate(() => [...document.querySelectorAll("plimsoll-prompts")].flatMap((host) =>
    [...host.shadowRoot.querySelectorAll("[data-exposure]")].map((prompt) =>
      [prompt.querySelector(".title").textContent, host.parentElement.id || host.parentElement.localName])));

/** The box of the only prompt there is. */
export const promptBox = (page) =>
  page.evaluate(() => {
    const prompts = [...document.querySelectorAll("plimsoll-prompts")].flatMap((host) => [...host.shadowRoot.querySelectorAll("[data-exposure]")]);
    const { top, bottom, left, right } = prompts[0].getBoundingClientRect();
    return { top, bottom, left, right, height: innerHeight, width: innerWidth, count: prompts.length };
  });
