// What bench.mjs runs in the page. The rivals answer the same question over the same facts: which of
// these prompts, if any, is due? They keep no memory, caps, identity or journal; Plimsoll does.

import { GrowthBook } from "@growthbook/growthbook";
import jsonLogic from "json-logic-js";
import { screen } from "./bench.screen.mjs";
import { start } from "/pkg/index.js";
import { CLOSE, CONTEXT, EFFECT_LIST, FLAGS, GIVEN, RENEW } from "/pkg/shell/core.js";
import { loadCore, openCore } from "/pkg/shell/door.js";
import { readSnapshot, tellSnapshot } from "/pkg/shell/snapshot.js";

const LIMIT = 1_000_000_000;
const BLOCKS = 101;
/** Until the browser has compiled what is hot. */
const WARM_BLOCKS = 20;
const PERCENTS = [50, 75, 90, 100];
/** Visible, storage, lease: everything may be shown. */
const CONTEXT_BITS = 1 | 8 | 16;

const pause = () => new Promise((resolve) => setTimeout(resolve));

/** The median over blocks of the mean of a block's calls. Unit: µs. */
async function median(calls_per_block, call) {
  const blocks = [];
  for (let block = -WARM_BLOCKS; block < BLOCKS; block += 1) {
    const began = performance.now();
    for (let turn = 0; turn < calls_per_block; turn += 1) call();
    const spent_us = ((performance.now() - began) * 1000) / calls_per_block;
    if (block >= 0) blocks.push(spent_us);
    await pause();
  }
  blocks.sort((a, b) => a - b);
  return blocks[BLOCKS >> 1];
}

function snapshotOf(meters, used) {
  return {
    account: { id: "a", attributes: { country: "PT", seats: 5 } },
    user: { id: "u", attributes: { role: "admin" } },
    plan: "free",
    plan_epoch: 1,
    server_time: new Date().toISOString(),
    meters: Object.fromEntries(Array.from({ length: meters }, (_, index) => [`m${index}`, { used }])),
  };
}

const policyOf = async (name) => new Uint8Array(await (await fetch(`/${name}.plim`)).arrayBuffer());

async function speeds() {
  const figures = {};
  for (const prompts of [50, 500]) {
    figures[`use_of_${prompts}_us`] = await measureUse(prompts);
    figures[`decision_over_${prompts}_us`] = await measureDecision(prompts, prompts);
    for (const [name, decide] of Object.entries(rivals(prompts))) {
      if (decide() !== true) throw new Error(`${name} found no prompt`);
      figures[`${name}_over_${prompts}_us`] = await median(20, decide);
    }
  }
  figures.decision_in_arms_us = await measureDecision("arms", 50);
  return { ...figures, ...storedBytes() };
}

/** `use` as a host calls it: check, count, decide, journal write. */
async function measureUse(prompts) {
  localStorage.clear();
  const plimsoll = await start({
    policy: await policyOf(prompts),
    endpoint: "/p",
    key: "pk_bench_0123456789abcdef",
    snapshot: snapshotOf(prompts / 5, 0),
    view: "none",
  });
  await pause();
  const used_us = await median(50, () => plimsoll.use("m0", 1));
  if (!Object.keys(localStorage).some((name) => name.startsWith("plimsoll"))) throw new Error("nothing was stored");
  // Memory at its fullest: every meter passes every threshold.
  for (let index = 0; index < prompts / 5; index += 1) plimsoll.use(`m${index}`, LIMIT * 0.92);
  await pause();
  plimsoll.destroy();
  return used_us;
}

/** All prompts, all of them candidates. */
async function measureDecision(name, prompts) {
  await loadCore();
  const core = openCore(await policyOf(name));
  for (const given of ["", "a", "u"]) core.ask(GIVEN, given);
  core.ask(RENEW, "0000000100000002");
  core.ask(CONTEXT, "", CONTEXT_BITS, 0);
  tellSnapshot(core, readSnapshot(snapshotOf(prompts / 5, LIMIT * 0.92)), [Date.now(), performance.now()]);
  core.ask(FLAGS);
  // Each change of route is a new decision over everything.
  let turn = 0;
  const decided_us = await median(20, () => {
    turn += 1;
    core.ask(CONTEXT, turn % 2 ? "/a" : "/b", CONTEXT_BITS, 0);
    if (core.ask(FLAGS)) core.text(EFFECT_LIST);
  });
  core.ask(CLOSE);
  return decided_us;
}

function rivals(prompts) {
  const facts = { plan: "free", shown_today: 0, since_last_ms: 9e8, answered: {}, percent: {} };
  const list = [];
  for (let index = 0; index < prompts / 5; index += 1) {
    facts.percent[`m${index}`] = 92;
    for (const percent of PERCENTS) list.push({ id: `m${index}-${percent}`, meter: `m${index}`, from: percent, to: percent === 90 ? 100 : percent + 15 });
    list.push({ id: `m${index}-hit`, meter: `m${index}`, from: 100, to: 1e9 });
  }
  return { loop: loop(list, facts), json_logic: logic(list, facts), growthbook: growthbook(list, facts) };
}

/** What a team would write by hand: thresholds, a daily cap, a gap, dismissals, the highest wins. */
function loop(list, facts) {
  return () => {
    let best;
    for (const prompt of list) {
      const percent = facts.percent[prompt.meter];
      if (facts.plan !== "free" || percent < prompt.from || percent >= prompt.to) continue;
      if (facts.answered[prompt.id] || facts.shown_today >= 3 || facts.since_last_ms < 6e5) continue;
      if (!best || prompt.from > best.from) best = prompt;
    }
    return !!best;
  };
}

function logic(list, facts) {
  const rules = list.map(({ id, meter, from, to }) => ({
    and: [
      { "==": [{ var: "plan" }, "free"] },
      { ">=": [{ var: `percent.${meter}` }, from] },
      { "<": [{ var: `percent.${meter}` }, to] },
      { "!": { var: `answered.${id}` } },
      { "<": [{ var: "shown_today" }, 3] },
      { ">=": [{ var: "since_last_ms" }, 6e5] },
    ],
  }));
  return () => {
    let due = false;
    for (const rule of rules) due = jsonLogic.apply(rule, facts) || due;
    return due;
  };
}

function growthbook(list, facts) {
  const features = Object.fromEntries(
    list.map(({ id, meter, from, to }) => [id, {
      defaultValue: false,
      rules: [{
        condition: {
          plan: "free",
          [`percent.${meter}`]: { $gte: from, $lt: to },
          [`answered.${id}`]: { $exists: false },
          shown_today: { $lt: 3 },
          since_last_ms: { $gte: 6e5 },
        },
        force: true,
      }],
    }]),
  );
  const book = new GrowthBook({ features, attributes: { id: "u", ...facts } });
  return () => {
    let due = false;
    for (const { id } of list) due = book.isOn(id) || due;
    return due;
  };
}

function storedBytes() {
  let memory_bytes = 0;
  let stored_bytes = 0;
  for (const [name, value] of Object.entries(localStorage)) {
    if (!name.startsWith("plimsoll")) continue;
    stored_bytes += name.length + value.length;
    if (name.endsWith(":m")) memory_bytes = Math.max(memory_bytes, value.length);
  }
  return { memory_bytes, stored_bytes };
}

/** Fetches what a page preloads, so that `start` is measured and not the network. */
async function warm() {
  await fetch("/pkg/dist/plimsoll_bg.wasm").then((response) => response.arrayBuffer());
  globalThis.policy = await policyOf(50);
}

/** `start` with a compiled policy of 50 prompts; says how many long tasks there were. */
async function startOnce() {
  // What waits for idle time is not part of it.
  globalThis.requestIdleCallback = () => 0;
  let long_tasks = 0;
  const observer = new PerformanceObserver((list) => (long_tasks += list.getEntries().length));
  observer.observe({ type: "longtask" });
  await start({ policy: globalThis.policy, snapshot: snapshotOf(10, 0) });
  await pause();
  long_tasks += observer.takeRecords().length;
  const { memory } = await loadCore();
  return { long_tasks, wasm_bytes: memory.buffer.byteLength };
}

let shift_score = 0;
const addShifts = (entries) => entries.forEach(({ value }) => (shift_score += value));
const shifts = new PerformanceObserver((list) => addShifts(list.getEntries()));

/** Makes a banner appear, painted by the view. */
async function prompt() {
  shifts.observe({ type: "layout-shift", buffered: true });
  const plimsoll = await start({ policy: await policyOf(50), snapshot: snapshotOf(10, 0) });
  plimsoll.use("m0", LIMIT * 0.92);
}

/** What has moved by now, and in the second after. */
async function shift() {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  addShifts(shifts.takeRecords());
  return shift_score;
}

/** A first prompt, in a page that has the policy already. */
const first = () => screen.first({ policy: globalThis.policy, snapshot: { ...snapshotOf(10, 0), high: LIMIT * 0.92 } });

globalThis.bench = { ...screen, speeds, warm, start: startOnce, prompt, shift, first };
