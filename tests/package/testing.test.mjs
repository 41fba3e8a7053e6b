// `plimsoll/testing` against a page: the same policy, snapshot and steps bring the same prompts, texts, holds and
// figures in Node as the published package does in Chromium.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createTestPlimsoll } from "../../pkg/testing.js";
import { HERE, build, install, openBrowser, openPage, serve } from "./support.mjs";

const policy = join(HERE, "projects/policy.json");
const STEPS = [
  ["use", "emails", 505],
  ["answer", "banner", "later"],
  ["attempt", "seats", 3],
  ["answer", "modal", "close"],
  ["explore", "automation", "previewed"],
  ["use", "emails", 95],
  ["limitHit", "emails"],
  ["sync", { used: 1000, plan_epoch: 1 }],
  ["sync", { plan: "pro", plan_epoch: 2 }],
];

/**
 * Takes the steps and writes down what came of each. It is run in Node and, by its text, in a page: it knows nothing
 * but its arguments. `settle` waits until what was begun is done.
 */
async function live(plimsoll, steps, snapshot, settle) {
  const seen = [];
  const open = new Map();
  plimsoll.on("prompt", ({ prompt }) => {
    const { exposure, surface, prompt: id, subject, tone, title, body, actions } = prompt;
    open.set(surface, exposure);
    seen.push(["prompt", { id, surface, subject, tone, title, body, actions: actions.map(({ id, text }) => [id, text]) }]);
    plimsoll.painted(exposure, "rendered");
  });
  plimsoll.on("withdraw", ({ reason }) => seen.push(["withdraw", reason]));
  plimsoll.on("crossing", (crossing) => seen.push(["crossing", crossing]));
  plimsoll.on("response", ({ prompt, response }) => seen.push(["response", prompt, response]));
  await settle();
  for (const [call, ...given] of steps) {
    if (call === "answer") plimsoll.respond(open.get(given[0]), given[1]);
    else if (call === "sync") plimsoll.sync(snapshot(given[0]));
    else if (call === "attempt") seen.push(["answer", plimsoll.attempt(...given)]);
    else plimsoll[call](...given);
    await settle();
    const { plan, meters, features } = plimsoll.read();
    const figures = Object.entries(meters).map(([id, { used, limit, percent, state }]) => [id, used, limit, percent, state]);
    const held = plimsoll.explain().prompts.map(({ prompt, meter, feature, decision, reason }) => [prompt, meter ?? feature, decision, reason]);
    seen.push([call, plan, features, figures, held]);
  }
  return seen;
}

/** Needs its `now`, because texts cannot take it along. */
const snapshotAt = (now) => ({ used = 400, ...more } = {}) => ({
  account: { id: "acc_7", created_at: "2025-01-01T00:00:00Z" },
  user: { id: "u_9", created_at: "2025-01-01T00:00:00Z" },
  plan: "free",
  plan_epoch: 1,
  server_time: now,
  can_purchase: true,
  meters: { emails: { used }, seats: { used: 1 } },
  ...more,
});

let browser;
let stand;
before(async () => {
  const folder = install("static");
  build(folder);
  const site = join(folder, "site");
  writeFileSync(join(site, "blank.html"), "<!doctype html><title>Nothing</title>");
  [browser, stand] = await Promise.all([openBrowser(), serve(site)]);
});
after(() => Promise.all([browser?.close(), stand?.stop()]));

test("a test sees what a page shows", async () => {
  // Noon: no day ends between the two.
  const now = `${new Date().toISOString().slice(0, 10)}T12:00:00Z`;
  const page = await openPage(browser, `${stand.url}/blank.html`);
  const run = `(async () => {
    const { start } = await import("/plimsoll/index.js");
    const snapshot = (${snapshotAt})(${JSON.stringify(now)});
    const plimsoll = await start({ policy: "/policy.json", view: "none", locale: "en", snapshot: snapshot() });
    return (${live})(plimsoll, ${JSON.stringify(STEPS)}, snapshot, () => new Promise((done) => setTimeout(done, 400)));
  })()`;
  const shown = await page.evaluate(run);
  const snapshot = snapshotAt(now);
  const plimsoll = await createTestPlimsoll({ policy, view: "none", locale: "en", snapshot: snapshot() });
  const seen = await live(plimsoll, STEPS, snapshot, () => plimsoll.settled());
  const prompts = seen.filter(([name]) => name === "prompt").map(([, { surface }]) => surface);
  assert.ok(new Set(prompts).size > 1, `several surfaces were compared: ${prompts}`);
  // Through JSON, as it came from the page.
  assert.deepEqual(JSON.parse(JSON.stringify(seen)), JSON.parse(JSON.stringify(shown)));
});
