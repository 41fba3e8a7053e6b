// A product's own tests of its prompts, with Node's runner: what people see, when, and what happens then.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestPlimsoll } from "plimsoll/testing";

const policy = new URL("public/policy.json", import.meta.url);
const now = "2026-11-22T10:00:00Z";
const snapshot = {
  account: { id: "acc_7", created_at: "2026-01-01T00:00:00Z" },
  user: { id: "u_9", created_at: "2026-01-01T00:00:00Z" },
  plan: "free",
  plan_epoch: 1,
  can_purchase: true,
  meters: { emails: { used: 400 }, seats: { used: 1 } },
};
const begin = (more = {}) => createTestPlimsoll({ policy, snapshot, now, ...more });
const ids = (plimsoll) => plimsoll.prompts().map(({ prompt }) => prompt);
const names = (plimsoll) => plimsoll.events().map(({ event }) => event);

test("a banner comes when a threshold is passed, with the figures of the account", async () => {
  const plimsoll = await begin();
  assert.equal(plimsoll.use("emails", 505), "0000000000000001:505");
  await plimsoll.settled();
  const [banner] = plimsoll.prompts();
  assert.equal(banner.prompt, "default-90");
  assert.equal(banner.title, "You have used 905 of 1,000 e-mails");
  assert.equal(banner.surface, "banner");
  assert.equal(plimsoll.read().meters.emails.percent, 90);
  assert.deepEqual(plimsoll.errors(), []);
});

test("later holds until its time has come, over a reload, and not a minute longer", async () => {
  const plimsoll = await begin();
  const banner = await plimsoll.show("90");
  plimsoll.respond(banner.exposure, "later");
  await plimsoll.settled();
  assert.deepEqual(ids(plimsoll), []);
  const why = () => plimsoll.explain().prompts.find(({ prompt, meter }) => prompt === "default-90" && meter === "emails");
  assert.equal(why().reason, "later");
  const again_at = why().eligible_at;
  await plimsoll.reload();
  assert.equal(why().reason, "later");
  await plimsoll.advance(again_at - plimsoll.now() - 60_000);
  assert.deepEqual(ids(plimsoll), []);
  await plimsoll.advance({ minutes: 2 });
  assert.deepEqual(ids(plimsoll), ["default-90"]);
});

test("never holds for good", async () => {
  const plimsoll = await begin();
  const { exposure } = await plimsoll.show("default-90");
  plimsoll.respond(exposure, "never");
  await plimsoll.advance({ days: 20 });
  await plimsoll.reload();
  assert.ok(!ids(plimsoll).includes("default-90"));
});

test("a blocked attempt shows the limit prompt, and one press of its action charges once", async () => {
  const charged = [];
  const plimsoll = await begin({
    quote: () => ({ amount_minor: 2900, currency: "USD" }),
    purchase: async (intent) => (charged.push(intent), "done"),
  });
  assert.deepEqual(plimsoll.attempt("seats", 3), { verdict: "over_limit", used: 1, limit: 3 });
  await plimsoll.settled();
  const prompt = plimsoll.prompts().find(({ surface }) => surface === "modal");
  assert.equal(prompt.prompt, "default-limit-hit");
  assert.equal(prompt.quote.amount_minor, 2900);
  plimsoll.respond(prompt.exposure, "act", "upgrade");
  plimsoll.respond(prompt.exposure, "act", "upgrade");
  await plimsoll.settled();
  assert.deepEqual(charged.map(({ action, plan, meter }) => ({ action, plan, meter })),
    [{ action: "upgrade", plan: { from: "free", to: "pro" }, meter: "seats" }]);
  assert.deepEqual(plimsoll.prompts().map(({ prompt, waiting }) => [prompt, waiting]), [["default-limit-hit", true]]);
  plimsoll.sync({ ...snapshot, plan: "pro", plan_epoch: 2 });
  await plimsoll.settled();
  assert.deepEqual(ids(plimsoll), [], "the new plan is there");
  for (const name of ["Limit Hit", "Prompt Shown", "Prompt Answered", "Upgrade Started"]) {
    assert.equal(names(plimsoll).filter((each) => each === name).length, 1, name);
  }
});

test("every prompt of the policy can be brought up by its id", async () => {
  const plimsoll = await begin();
  const known = new Set(plimsoll.explain().prompts.map(({ prompt }) => prompt));
  assert.ok(known.size >= 6, [...known].join());
  for (const id of known) {
    const prompt = await plimsoll.show(id);
    assert.equal(prompt.prompt, id);
    assert.ok(prompt.title && !/[{}]|undefined|null/.test(prompt.title + prompt.body), prompt.title);
  }
});

test("show says what holds a prompt", async () => {
  const plimsoll = await begin({ snapshot: { ...snapshot, in_sales_conversation: true } });
  await assert.rejects(plimsoll.show("90"), /`90` did not come up on the plan `free`: \w+ holds it, \w+/);
  await assert.rejects(plimsoll.show("default-9"), /the policy has no prompt `default-9`; it has .*default-90/);
});

test("after the upgrade the banner goes, because the account owns more", async () => {
  const plimsoll = await begin();
  await plimsoll.show("90");
  plimsoll.sync({ ...snapshot, plan: "pro", plan_epoch: 2 });
  await plimsoll.settled();
  assert.deepEqual(ids(plimsoll), []);
  assert.equal(plimsoll.read().features.automation, true);
});

test("logging out and in as another person starts without the first one's memory", async () => {
  const plimsoll = await begin();
  const { exposure } = await plimsoll.show("90");
  plimsoll.respond(exposure, "never");
  plimsoll.reset();
  assert.equal(plimsoll.read().plan, undefined);
  plimsoll.sync({ ...snapshot, user: { id: "u_10", created_at: "2026-01-01T00:00:00Z" } });
  plimsoll.use("emails", 505);
  await plimsoll.settled();
  assert.ok(ids(plimsoll).includes("default-90"));
});

test("without consent nothing interrupts and nothing is recorded", async () => {
  const plimsoll = await begin({ consent: "pending" });
  plimsoll.attempt("seats", 3);
  await plimsoll.settled();
  assert.ok(!plimsoll.prompts().some(({ surface }) => surface === "modal"));
  assert.deepEqual(plimsoll.events(), []);
  plimsoll.consent("granted");
  plimsoll.attempt("seats", 3);
  await plimsoll.settled();
  assert.ok(plimsoll.prompts().some(({ surface }) => surface === "modal"));
});

test("two tests give the same events to the byte", async () => {
  const run = async () => {
    const plimsoll = await begin();
    plimsoll.use("emails", 505);
    plimsoll.explore("automation");
    await plimsoll.advance({ days: 2, hours: 3 });
    return JSON.stringify(plimsoll.events());
  };
  const [one, other] = [await run(), await run()];
  assert.equal(one, other);
  assert.match(one, /Threshold Crossed/);
});

test("time passes for the engine alone: a month goes by, and the period starts again", async () => {
  const plimsoll = await begin();
  const before = Date.now();
  await plimsoll.advance({ days: 30 });
  assert.ok(Date.now() - before < 5_000);
  assert.equal(plimsoll.now(), Date.parse(now) + 30 * 86_400_000);
  assert.equal(plimsoll.read().meters.emails.used, 0);
});

test("another locale speaks another language", async () => {
  const plimsoll = await begin({ locale: "pt-BR" });
  const { title } = await plimsoll.show("limit-hit");
  await plimsoll.setLocale("en");
  assert.notEqual((await plimsoll.show("limit-hit")).title, title);
});

test("what is wrong is said as by start", async () => {
  const code = (options) => createTestPlimsoll(options).then(() => "none", (error) => [error.code, error.path]);
  assert.deepEqual(await code({ policy, snapshot: { ...snapshot, plan: 7 } }), ["snapshot_invalid", "plan"]);
  assert.deepEqual(await code({ policy: { format: 1, plans: 5 } }), ["policy_invalid", "plans"]);
  assert.deepEqual(await code({ policy, now: "yesterday" }), ["option_invalid", "now"]);
  assert.deepEqual(await code({}), ["policy_missing", "policy"]);
  const plimsoll = await begin();
  assert.equal(plimsoll.use("nothing"), "");
  await plimsoll.settled();
  assert.deepEqual(plimsoll.errors().map(({ code }) => code), ["meter_unknown"]);
  await assert.rejects(plimsoll.advance({ weeks: 1 }), { code: "argument_invalid" });
});
