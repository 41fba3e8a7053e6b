// How long a person waits: from a decision to a prompt on the screen, and from a press to its answer.
// It runs in the page and times whole frames, each beside the least that a page can do in the same way.
// The bench's page calls it; nothing else does.

import { start } from "/pkg/index.js";

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
/** A task of its own: what was asked of the frame before it has been painted. */
const task = () => new Promise((resolve) => setTimeout(resolve));

const long_tasks = [];
const tasks = new PerformanceObserver((list) => long_tasks.push(...list.getEntries()));

const roots = () => [document, ...[...document.querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot ?? [])];
const isThere = (selector) => roots().some((root) => root.querySelector(selector));

/** Frames, and ms, from an instant until one that has what is waited for is painted. */
async function untilPainted(selector, began_ms) {
  for (let frames = 1; ; frames += 1) {
    await frame();
    if (!isThere(selector)) continue;
    await task();
    return { frames, ms: performance.now() - began_ms };
  }
}

/** What happens in a frame and is on the screen with the next. */
async function timed(act, selector) {
  await frame();
  await task();
  const began_ms = performance.now();
  act();
  return untilPainted(selector, began_ms);
}

/** A banner, once the view has come in idle time, beside a paragraph. */
async function first({ policy, snapshot }) {
  tasks.observe({ type: "longtask" });
  document.body.insertAdjacentHTML("beforeend", '<button id="plain" style="margin:30vh">Plain</button>');
  globalThis.plimsoll = await start({
    policy,
    snapshot,
    quote: () => ({ amount_minor: 4900, currency: "USD" }),
    purchase: () => new Promise(() => {}),
  });
  const isFetched = () => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("text.js"));
  while (!isFetched()) await task();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const prompt = await timed(() => globalThis.plimsoll.use("m0", snapshot.high), "section.banner[data-exposure]");
  const plain = await timed(() => document.body.append(Object.assign(document.createElement("p"), { id: "beside" })), "#beside");
  return { prompt, plain };
}

/** The modal of a blocked attempt. */
const block = () => void globalThis.plimsoll.attempt("m0", 1_000_000_000);

/** Waits for a click, and says how long its answer took. */
function press(selector) {
  return new Promise((resolve) =>
    addEventListener("click", ({ timeStamp }) => resolve(untilPainted(selector, timeStamp)), { capture: true, once: true }));
}

/** The same for a button that does nothing but say that it was pressed. */
function pressPlain() {
  document.querySelector("#plain").onclick = ({ target }) => (target.dataset.phase = "busy");
  return press("#plain[data-phase]");
}

const longTasks = () => [...long_tasks, ...tasks.takeRecords()].map(({ duration }) => duration);

export const screen = { first, block, press: () => press("dialog[data-phase=busy]"), pressPlain, longTasks };
