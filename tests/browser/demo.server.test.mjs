// The demo's own server side, without a browser: money, months, permissions, the snapshot, and what
// the server gives out to whom.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  addFile,
  changePayments,
  changePlan,
  changeRole,
  checkout,
  invitePerson,
  moveClock,
  openAccount,
  quote,
  accountTime,
  Refused,
  removePerson,
  sendEmails,
  settle,
  snapshot,
} from "../../www/demo/server/account.js";
import { addMonths, DAY_MS, periodAt } from "../../www/demo/server/clock.js";

const policy = JSON.parse(
  readFileSync(new URL("../../www/demo/policy.json", import.meta.url), "utf8"),
);
const NOW = Date.parse("2026-11-22T10:00:00Z");
const INTENT = "00000000000000a1";
const WRITER = "5f0c9a3be2d14477";

const open = (nowMs = NOW) => openAccount({ ids: { account: "a", user: "u" }, nowMs });
const meters = (account, nowMs = NOW) => snapshot(account, policy, nowMs).meters;
const refusal = (status, code) => (error) =>
  error instanceof Refused && error.status === status && error.code === code;

test("a new account is 38 % into its e-mails and below half of everything else", () => {
  const { emails, seats, storage } = meters(open());
  assert.equal(emails.used, 380);
  for (const { used, limit } of [emails, seats, storage]) assert.ok(used * 2 < limit);
});

test("the daily figures end yesterday and add up to the period's", () => {
  const { emails } = meters(open());
  const days = (NOW - (NOW % DAY_MS) - Date.parse(emails.period.start)) / DAY_MS;
  assert.equal(
    emails.daily.slice(-days).reduce((sum, count) => sum + count, 0),
    380,
  );
  assert.ok(emails.daily.length <= 62);
});

test("the amount due is the rest of the month, in whole days, rounded half up", () => {
  const account = open();
  const { period } = meters(account).emails;
  assert.deepEqual(period, { start: "2026-11-10T00:00:00.000Z", end: "2026-12-10T00:00:00.000Z" });
  const due = quote(account, policy, NOW, { plan: "pro", locale: "en" });
  assert.equal(due.rest_days, 18);
  assert.equal(due.total_days, 30);
  assert.equal(due.amount_minor, 2940);
  const lastDay = Date.parse("2026-12-09T23:59:59Z");
  assert.equal(quote(account, policy, lastDay, { plan: "pro" }).amount_minor, 163);
});

test("a plan for sale by people, or unknown, has no quote", () => {
  assert.throws(
    () => quote(open(), policy, NOW, { plan: "enterprise" }),
    refusal(422, "plan_not_for_sale"),
  );
  assert.throws(
    () => quote(open(), policy, NOW, { plan: "free" }),
    refusal(422, "plan_not_for_sale"),
  );
  assert.throws(
    () => quote(open(), policy, NOW, { plan: "__proto__" }),
    refusal(422, "unknown_plan"),
  );
});

test("one intent is paid once, however often it is sent", () => {
  const account = open();
  const first = checkout(account, policy, NOW, { intent: INTENT, plan: "pro" });
  assert.equal(account.planEpoch, 2);
  assert.equal(checkout(account, policy, NOW, { intent: INTENT, plan: "pro" }), first);
  assert.equal(account.planEpoch, 2);
  const other = { intent: "00000000000000a2", plan: "pro" };
  assert.throws(() => checkout(account, policy, NOW, other), refusal(409, "already_on_plan"));
});

test("a payment may be declined, which buys nothing, or its plan may follow later", () => {
  const account = open();
  changePayments(account, "declined");
  const wanted = { intent: INTENT, plan: "pro" };
  assert.throws(() => checkout(account, policy, NOW, wanted), refusal(402, "card_declined"));
  changePayments(account, "late");
  assert.equal(checkout(account, policy, NOW, wanted).pending, true);
  assert.equal(account.plan, "free");
  const again = { intent: "00000000000000a2", plan: "pro" };
  assert.throws(() => checkout(account, policy, NOW, again), refusal(409, "already_on_plan"));
  settle(account, policy, NOW + 60_000);
  assert.deepEqual([account.plan, account.planEpoch], ["pro", 2]);
});

test("an editor cannot buy, and the snapshot says who can", () => {
  const account = open();
  changeRole(account, "editor");
  assert.throws(
    () => checkout(account, policy, NOW, { intent: INTENT, plan: "pro" }),
    refusal(403, "not_billing_owner"),
  );
  const { can_purchase, billing_owner } = snapshot(account, policy, NOW);
  assert.deepEqual([can_purchase, billing_owner], [false, "Ana"]);
});

test("what does not fit is refused with 402 and changes no figure, but its token is kept", () => {
  const account = open();
  const token = `${WRITER}:621`;
  assert.throws(
    () => sendEmails(account, policy, NOW, { count: 621, token }),
    refusal(402, "limit_reached"),
  );
  assert.equal(meters(account).emails.used, 380);
  assert.deepEqual(meters(account).emails.counted, { [WRITER]: 621 });
  sendEmails(account, policy, NOW, { count: 620, token: `${WRITER}:1241` });
  assert.equal(meters(account).emails.used, 1000);
});

test("a token that comes late does not set a tally back", () => {
  const account = open();
  sendEmails(account, policy, NOW, { count: 10, token: `${WRITER}:20` });
  sendEmails(account, policy, NOW, { count: 10, token: `${WRITER}:10` });
  assert.deepEqual(meters(account).emails.counted, { [WRITER]: 20 });
  for (const token of [undefined, null, 7, "", "x:1", `${WRITER}:-1`, `__proto__:1`]) {
    sendEmails(account, policy, NOW, { count: 1, token });
  }
  assert.deepEqual(meters(account).emails.counted, { [WRITER]: 20 });
});

test("a level keeps what was added and what was released", () => {
  const account = open();
  invitePerson(account, policy, { name: "Bruno", email: "b@x.example", token: `${WRITER}:1:0` });
  removePerson(account, "p5", { token: `${WRITER}:1:1` });
  assert.deepEqual(meters(account).seats, { used: 2, limit: 5, counted: { [WRITER]: [1, 1] } });
  assert.throws(() => removePerson(account, "p1", {}), refusal(404, "no_such_person"));
});

test("amounts that are no whole numbers are refused", () => {
  const account = open();
  for (const count of [0, -1, 1.5, "5", NaN, 1e9, undefined]) {
    assert.throws(() => sendEmails(account, policy, NOW, { count }), refusal(422, "bad_count"));
  }
  assert.throws(() => addFile(account, policy, { name: "", size_mb: 1 }), refusal(422, "bad_name"));
});

test("each change of the plan grows the epoch by one, and no change does not", () => {
  const account = open();
  for (const plan of ["pro", "pro", "free", "enterprise"]) changePlan(account, policy, plan);
  assert.equal(account.planEpoch, 4);
  assert.equal(meters(account).emails.limit, "unlimited");
});

test("a month later the figures start again and the tallies stay", () => {
  const account = open();
  sendEmails(account, policy, NOW, { count: 10, token: `${WRITER}:10` });
  moveClock(account, NOW, "month");
  const later = accountTime(account, NOW);
  const { emails } = meters(account, later);
  assert.deepEqual([emails.used, emails.counted], [0, { [WRITER]: 10 }]);
  assert.equal(emails.period.start, "2026-12-10T00:00:00.000Z");
});

test("a month anchored on the 31st ends on the last day of shorter months and returns", () => {
  const anchor = Date.parse("2026-01-31T00:00:00Z");
  const days = [1, 2, 3].map((months) =>
    new Date(addMonths(anchor, months)).toISOString().slice(0, 10),
  );
  assert.deepEqual(days, ["2026-02-28", "2026-03-31", "2026-04-30"]);
  const { start, end } = periodAt(anchor, Date.parse("2026-03-30T12:00:00Z"));
  assert.deepEqual([new Date(start).getUTCDate(), new Date(end).getUTCDate()], [28, 31]);
});

test("the server gives out the pages and the package, and nothing beside them", async () => {
  await withServer({}, async (get) => {
    for (const path of ["/", "/compose", "/checkout?plan=pro", "/app/main.js", "/policy.json"]) {
      assert.equal((await get(path)).status, 200, path);
    }
    for (const path of [
      "/server.js",
      "/server/account.js",
      "/app/../server.js",
      "/app/%2e%2e/server.js",
      "/package.json",
      "/pkg/..%2f..%2fCargo.toml",
      "/img/%00",
      "/app/%ff",
      "/app",
      "/app/",
      "//server.js",
      "/nowhere",
    ]) {
      assert.equal((await get(path)).status, 404, path);
    }
  });
});

test("each page carries the strict content security policy and revalidates", async () => {
  await withServer({}, async (get) => {
    const page = await get("/");
    const policy = page.headers["content-security-policy"];
    for (const part of [
      "default-src 'none'",
      "script-src 'self' 'wasm-unsafe-eval'",
      "connect-src 'self'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]) {
      assert.ok(policy.split("; ").includes(part), part);
    }
    const again = await get("/", { headers: { "if-none-match": page.headers.etag } });
    assert.equal(again.status, 304);
  });
});

test("each visitor has an account of their own, and other sites cannot act for them", async () => {
  await withServer({}, async (get) => {
    const [one, two] = [await get("/api/state"), await get("/api/state")];
    assert.notEqual(
      JSON.parse(one.body).snapshot.account.id,
      JSON.parse(two.body).snapshot.account.id,
    );
    const cookie = one.headers["set-cookie"][0].split(";")[0];
    const same = await get("/api/state", { headers: { cookie } });
    assert.equal(
      JSON.parse(same.body).snapshot.account.id,
      JSON.parse(one.body).snapshot.account.id,
    );

    const body = JSON.stringify({ count: 1 });
    const post = (headers) =>
      get("/api/emails", { method: "POST", headers: { cookie, ...headers } }, body);
    const json = { "content-type": "application/json" };
    assert.equal((await post({ ...json, "sec-fetch-site": "cross-site" })).status, 403);
    assert.equal((await post({ "content-type": "text/plain" })).status, 415);
    assert.equal((await post(json)).status, 200);
    const refused = await get("/api/emails", { method: "POST", headers: { cookie, ...json } }, "{");
    assert.equal(refused.status, 400);
    const long = await get(
      "/api/emails",
      { method: "POST", headers: { cookie, ...json } },
      " ".repeat(5_000),
    );
    assert.equal(long.status, 413);
  });
});

test("a collector that is away is a 503, for the browser to try again", async () => {
  await withServer({ PLIMSOLL_COLLECTOR: "http://127.0.0.1:9" }, async (get) => {
    assert.equal((await get("/p/v1/batch", { method: "POST" }, "{}")).status, 503);
    assert.equal((await get("/api/events")).status, 503);
    assert.equal((await get("/p/openapi.json")).status, 404);
  });
});

/** `fetch` would tidy paths such as `/app/../server.js` before they are sent. */
async function withServer(env, run) {
  const program = fileURLToPath(new URL("../../www/demo/server.js", import.meta.url));
  const child = spawn(process.execPath, [program], { env: { ...process.env, PORT: "0", ...env } });
  try {
    const [line] = await once(child.stdout, "data");
    const base = /http:\S+/.exec(line)[0];
    await run(
      (path, options = {}, body) =>
        new Promise((resolve, reject) => {
          const { hostname, port } = new URL(base);
          const sent = request({ hostname, port, path, ...options }, async (response) => {
            let text = "";
            for await (const chunk of response) text += chunk;
            resolve({ status: response.statusCode, headers: response.headers, body: text });
          });
          sent.once("error", reject);
          sent.end(body);
        }),
    );
  } finally {
    child.kill();
    await once(child, "exit");
  }
}
