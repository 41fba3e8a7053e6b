// Every error that the package can say, as a developer reads it: message and help are sentences that name what is
// wrong, contradict themselves nowhere and repeat nothing. What happens then is `failures.test.mjs`'s.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { createTestPlimsoll } from "../../pkg/testing.js";
import { PlimsollError, wrong } from "../../pkg/shell/error.js";
import { worded } from "../../pkg/shell/faults.js";
import { news } from "../../pkg/shell/net.js";
import { assertReads } from "./faults.support.mjs";
import { POLICY, ROOT, snapshot } from "./shell.support.mjs";

const NOW = "2026-11-22T10:00:00Z";
const given = (changes) => ({ policy: POLICY, view: "none", snapshot: snapshot({ server_time: NOW, ...changes }) });
const began = async (options) => {
  const plimsoll = await createTestPlimsoll(options);
  await plimsoll.settled();
  return plimsoll;
};

/** What the shell reports with words of its own, beside what the tests below provoke. */
const TOLD = [
  ...["rejected", "misconfigured", "unauthorized", "dropped", "of another version"].map((name) => new PlimsollError(...news(name, 3, "storage_full", "/p"))),
  ...["meter_unknown", "feature_unknown", "signal_unknown"].map((code) => wrong(code, code.split("_")[0], "emials")),
  ...["quote", "identity", "purchase"].map((path) => new PlimsollError("host_failed", path, "no network")),
  wrong("quote_invalid", "quote.amount_minor", "4900", "count"),
  wrong("quote_invalid", "quote.currency", "usd", "currency"),
  wrong("option_invalid", "target", "#nope", "target"),
  ...["http://:80", ""].map((value) => new PlimsollError("option_invalid", "policy", value && `\`${value}\``, "address")),
  ...["internal", "net_missing", "view_missing", "debug_missing"].map((code) => new PlimsollError(code, "", "Failed to fetch")),
  ...["nothing", "a value of the type number"].map((answer) => new PlimsollError("purchase_invalid", "purchase", answer)),
  new PlimsollError("purchase_invalid", "purchase.redirect"),
  ...["debug_forbidden", "started_twice", "upgrade_missing", "memory_unreadable", "storage_lost", "dialog_missing", "policy_module_missing", "policy_not_compiled",
    "policy_format", "policy_checksum", "policy_section"].map((code) => new PlimsollError(code, "")),
  ...["it is another version's", "blocked by CSP: unsafe-eval"].map((why) => new PlimsollError("wasm_damaged", "wasm", why)),
  ...["wasm_missing", "policy_missing"].flatMap((code) => ["", "<!doctype html><title>Gone</title>", '{"code":"policy_missing","message":"this collector has no policy","help":"start `plimsoll serve` with `--policy FILE`"}']
    .map((said) => new PlimsollError(code, code.split("_")[0], "`https://shop.example/p/v1/policy`: status 404", said))),
  new PlimsollError("policy_missing", "policy", "`https://shop.example/p/v1/policy`: status 401", '{"message":"no"}'),
];
/** Said in words of their own where they arise, which tests of requests and of delivery read. */
const OWN_WORDS = ["note_invalid", "request_blocked", "request_refused", "requests_missing", "policy_invalid"];

test("every code that the shell says has its words here", () => {
  const folder = join(ROOT, "pkg/shell");
  const source = [...readdirSync(folder).map((name) => join(folder, name)), join(ROOT, "pkg/testing.js")].map((file) => readFileSync(file, "utf8")).join("\n");
  const codes = new Set([...source.matchAll(/\b(?:report|(?:throw|return) wrong|PlimsollError|Fault)\(\s*"([a-z_]+)"/g)].map(([, code]) => code));
  assert.ok(codes.size > 20, [...codes].join());
  const provoked = ["amount_invalid", "argument_invalid", "id_is_email", "not_a_level", "option_unknown", "snapshot_invalid", "snapshot_unknown"];
  const known = new Set([...TOLD.map(({ code }) => code), ...OWN_WORDS, ...provoked]);
  assert.deepEqual([...codes].filter((code) => !known.has(code)), []);
});

for (const error of TOLD) {
  test(`${error.code} at ${error.path || "nothing"} reads as a sentence: ${error.message.slice(0, 40)} ${error.help?.slice(0, 20)}`, () => {
    const said = worded(error);
    assertReads(said);
    if (said.code !== "events_rejected") assert.notEqual(said.help, "", "it says what to do");
  });
}

describe("a wrong snapshot is refused by field, value and what to send", () => {
  const meter = (figures) => ({ meters: { emails: figures } });
  for (const [changes, path, says, help] of [
    [{ plan: undefined }, "plan", /^`plan` is missing$/, /every snapshot has .*`plan`/],
    [{ plan: 5 }, "plan", /`5`, not a text/, /as a text/],
    [{ user: {} }, "user.id", /is missing$/, /every snapshot has/],
    [{ account: { id: "" } }, "account.id", /`""`, not a text of 1 to 256/, /id/],
    [{ can_purchase: "true" }, "can_purchase", /`"true"`, not true or false/, /not a text/],
    [{ features: "sso" }, "features", /`"sso"`, not a list/, /\["sso"\]/],
    [{ meters: [] }, "meters", /^`meters` is not an object/, /by id/],
    [meter({ used: "140" }), "meters.emails.used", /^`meters\.emails\.used` is `"140"`, not an integer/, /a number, not a text/],
    [meter({ limit: "140" }), "meters.emails.limit", /`"140"`, not an integer/, /a number, not a text/],
    [meter({ period: { start: NOW } }), "meters.emails.period.end", /is missing$/, /`start` and `end`/],
    [meter({ period: { start: NOW, end: "2026-11-21T00:00:00Z" } }), "meters.emails.period.end", /not a time after the start/, /next period/],
    [meter({ counted: { x: 1 } }), "meters.emails.counted", /`"x"`, not a writer/, /token/],
    [{ account: { id: "acc_7", attributes: { a: "x".repeat(70_000) } } }, "attributes", /64 KiB/, /audiences/],
    ...["2026-11-23T03:00:00", "2026-11-23 03:00", "2026-11-23T03:00:00.123456"].map((ends_at) =>
      [{ trial: { ends_at } }, "trial.ends_at", new RegExp(`^.trial\\.ends_at. is .\"${ends_at}\".*offset`), /`Z` or an offset/]),
  ]) {
    test(`${path}: ${JSON.stringify(changes).slice(0, 60)}`, () =>
      assert.rejects(createTestPlimsoll(given(changes)), (error) => {
        assert.deepEqual([error.code, error.path], ["snapshot_invalid", path]);
        assert.match(error.message, says);
        assert.match(error.help, help);
        assert.doesNotMatch(error.help, /docs\//, "the package has no docs");
        assertReads(error);
        return true;
      }));
  }

  for (const time of ["2026-11-23T03:00:00Z", "2026-11-23T03:00:00.123+02:00", "2026-11-23T03:00:00-0500", "2026-11-23 03:00:00+00", "2026-11-23"]) {
    test(`a time that is the same everywhere is taken: ${time}`, async () => {
      const plimsoll = await began(given({ trial: { ends_at: time } }));
      assert.deepEqual(plimsoll.errors(), []);
    });
  }
});

describe("a wrong call is an event that names the argument", () => {
  for (const [what, run, code, path, says, help = /./] of [
    ["an amount that is a text", (p) => p.use("emails", "20"), "amount_invalid", "amount", /^`amount` is `"20"`, not an integer/],
    ["no meter", (p) => p.use(), "meter_unknown", "meter", /^no meter was named$/],
    ["an exposure that never was, answered", (p) => p.respond("abc", "later"), "argument_invalid", "exposure", /^`exposure` is `"abc"`, not that of a prompt/],
    ["an exposure that never was, painted", (p) => p.painted("abc", "rendered"), "argument_invalid", "exposure", /^`exposure` is `"abc"`, not/],
    ["an exposure that is none", (p) => p.painted(1), "argument_invalid", "exposure", /^`exposure` is `1`, not/],
    ["no function to call", (p) => p.on("prompt"), "argument_invalid", "heard", /^`heard` is missing$/, /function/],
    ["an event that there is not", (p) => p.on("promt", () => {}), "argument_invalid", "on", /^`on` is `"promt"`, not one of `"prompt"`/, /^$/],
    ["a field of `context` that there is not", (p) => p.context({ rout: "/x" }), "argument_invalid", "rout", /^`rout` is not one of the fields of `context`: `route`/, /^$/],
    ["a release of a counter", (p) => p.release("emails"), "not_a_level", "meter", /^`emails` is a counter/],
    ["an id that is an address", (p) => p.sync(snapshot({ user: { id: "ana@example.com" } })), "id_is_email", "user.id", /^`ana@example\.com` looks/],
  ]) {
    test(what, async () => {
      const plimsoll = await began(given());
      run(plimsoll);
      await plimsoll.settled();
      const [error, ...more] = plimsoll.errors();
      assert.deepEqual([error?.code, error?.path, more], [code, path, []], JSON.stringify(error));
      assert.match(error.message, says);
      assert.match(error.help, help);
      assertReads(error);
    });
  }

  const opened = async () => {
    const plimsoll = await began(given({ meters: { emails: { used: 1000, limit: 1000 } } }));
    plimsoll.limitHit("emails");
    await plimsoll.settled();
    const { exposure } = plimsoll.prompts().find(({ surface }) => surface === "modal");
    return [plimsoll, exposure];
  };
  for (const [what, run, path, says] of [
    ["a response that there is not", (p, exposure) => p.respond(exposure, "maybe"), "respond", /^`respond` is `"maybe"`, not one of `"act"`, `"later"`/],
    ["a reason where no question was asked", (p, exposure) => p.respond(exposure, "because", "price"), "respond", /^`respond` is `"because"`, not one of/],
    ["an action that the prompt does not have", (p, exposure) => p.respond(exposure, "act", "upgrad"), "action", /^`action` is `"upgrad"`, not one of `"upgrade"`/],
    ["no action", (p, exposure) => p.respond(exposure, "act"), "action", /^`action` is missing$/],
    ["a paint that there is not", (p, exposure) => p.painted(exposure, "drawn"), "painted", /^`painted` is `"drawn"`, not one of `"rendered"`/],
  ]) {
    test(`of a prompt that is open: ${what}`, async () => {
      const [plimsoll, exposure] = await opened();
      run(plimsoll, exposure);
      await plimsoll.settled();
      const [error, ...more] = plimsoll.errors();
      assert.deepEqual([error?.code, error?.path, more], ["argument_invalid", path, []], JSON.stringify(error));
      assert.match(error.message, says);
      assertReads(error);
      assert.equal(plimsoll.prompts().length, 1, "and nothing is answered");
    });
  }

  test("what is answered twice is answered once, and is no mistake", async () => {
    const [plimsoll, exposure] = await opened();
    const heard = [];
    plimsoll.on("response", (detail) => heard.push(detail.response));
    for (const response of ["later", "later", "close", "never"]) plimsoll.respond(exposure, response);
    plimsoll.painted(exposure, "seen");
    await plimsoll.settled();
    assert.deepEqual([heard, plimsoll.errors()], [["later"], []]);
  });
});

describe("what is given and nobody reads", () => {
  const names = (plimsoll) => plimsoll.errors().map(({ code, path, help }) => [code, path, help]);

  test("a misspelt field or option is told once, with the name that was meant; all else goes on", async () => {
    const figures = { emails: { usd: 140, limit: 1000, period: { start: "2026-11-01T00:00:00Z", end: "2026-12-01T00:00:00Z", tz: "UTC" } } };
    const wrong_one = { planEpoch: 4, canPurchase: false, trial: { endsAt: NOW }, account: { id: "acc_7", attributs: {} }, meters: figures };
    const plimsoll = await began({ ...given(wrong_one), endPoint: "/p", onaction() {}, colour: "red" });
    plimsoll.sync(snapshot({ server_time: NOW, ...wrong_one, planepoch: 5 }));
    await plimsoll.settled();
    const found = names(plimsoll);
    assert.deepEqual(found.map(([code, path]) => `${code} ${path}`).sort(), [
      "option_unknown colour", "option_unknown endPoint", "option_unknown onaction",
      "snapshot_unknown account.attributs", "snapshot_unknown canPurchase", "snapshot_unknown meters.emails.period.tz",
      "snapshot_unknown meters.emails.usd", "snapshot_unknown planEpoch", "snapshot_unknown planepoch", "snapshot_unknown trial.endsAt",
    ]);
    const help = Object.fromEntries(found.map(([, path, words]) => [path, words]));
    for (const [path, meant] of [["endPoint", "endpoint"], ["onaction", "onAction"], ["canPurchase", "can_purchase"], ["planEpoch", "plan_epoch"], ["meters.emails.usd", "used"], ["trial.endsAt", "ends_at"], ["account.attributs", "attributes"]]) {
      assert.equal(help[path], `did you mean \`${meant}\`?`);
    }
    assert.match(help.colour, /`endpoint`, .*`wasm`/);
    assert.match(help["meters.emails.period.tz"], /`start`, `end`/);
    plimsoll.errors().forEach(assertReads);
    assert.equal(plimsoll.read().plan, "free");
  });

  test("every field of a snapshot and every option is read", async () => {
    const person = { id: "a", created_at: NOW, attributes: { planEpoch: 1, deep: { usd: 1 } } };
    const plimsoll = await began({
      ...given({
        account: person, user: { ...person }, billing_owner: "Ana", trial: { ends_at: NOW, extendable: true }, features: ["automation"],
        overage_accepted: ["emails"], in_sales_conversation: false,
        meters: { emails: { used: 1, limit: "unlimited", period: { start: "2026-11-01", end: "2026-12-01" }, counted: { "00000000000000aa": [1, 0] }, daily: Array(100).fill(1) } },
      }),
      consent: "granted", theme: "auto", storage: "local", endpoint: "/p", key: "pk_test", route: "/", locale: "en", quote() {}, purchase() {},
      onAction() {}, identity() {}, target: "bottom", wasm: undefined,
    });
    assert.deepEqual(plimsoll.errors(), []);
  });

  test("ids that the policy does not know are no mistake, and `explain` lists them", async () => {
    const plimsoll = await began(given({ plan: "Hobby", features: ["automation", "sso"], overage_accepted: ["rendrs"], meters: { rendrs: { used: 1 }, emails: { used: 1 } } }));
    assert.deepEqual(plimsoll.errors(), []);
    assert.deepEqual(plimsoll.explain().unknown.sort(), ["Hobby", "rendrs", "sso"]);
    plimsoll.sync(snapshot({ server_time: NOW }));
    assert.deepEqual(plimsoll.explain().unknown, []);
  });
});

test("a secret key is refused without being repeated", async () => {
  for (const key of ["sk_live_0123456789abcdef", " sk_test_0123456789abcdef"]) {
    await assert.rejects(createTestPlimsoll({ ...given(), key }), (error) => {
      assert.deepEqual([error.code, error.path], ["option_invalid", "key"]);
      assert.match(error.message, /secret key does not belong in a page/);
      assert.match(error.help, /`pk_…`/);
      assert.doesNotMatch(`${error.message} ${error.help} ${error.stack}`, /0123456789/);
      assertReads(error);
      return true;
    });
  }
});

describe("in Node", () => {
  for (const [what, options, code, path, says, help] of [
    ["no argument", undefined, "option_invalid", "", /^the argument is missing$/, /\{policy, snapshot\}/],
    ["no object", null, "option_invalid", "", /`null`, not an object/, /\{policy, snapshot\}/],
    ["a policy whose file is missing", { policy: "/nowhere/policy.json" }, "policy_missing", "policy", /no policy at `\/nowhere\/policy\.json`/, /path/],
    ["a folder for a policy", { policy: new URL(".", import.meta.url) }, "policy_missing", "policy", /no policy at `file:/, /path/],
  ]) {
    test(`createTestPlimsoll rejects with a PlimsollError: ${what}`, () =>
      assert.rejects(createTestPlimsoll(options), (error) => {
        assert.ok(error instanceof PlimsollError, String(error));
        assert.deepEqual([error.code, error.path], [code, path]);
        assert.match(error.message, says);
        assert.match(error.help, help);
        assertReads(error);
        return true;
      }));
  }

  test("a span or trace that is none is refused in words", async () => {
    const plimsoll = await began(given());
    for (const [run, path, says] of [
      [() => plimsoll.advance("2 days"), "advance", /`"2 days"`, not a span: milliseconds/],
      [() => plimsoll.replay("x"), "trace", /`"x"`, not a trace/],
      [() => plimsoll.reload(5), "snapshot", /`5`, not a plain object/],
    ]) {
      await assert.rejects(run(), (error) => {
        assert.equal(error.path, path);
        assert.match(error.message, says);
        assert.notEqual(error.help, "");
        assertReads(error);
        return true;
      });
    }
  });

  for (const options of ['{ policy: { format: 1, plans: [{ id: "free", name: "Free" }] } }', '{ policy: "/policy.json" }']) {
    test(`start says that it runs in a browser: ${options}`, () => {
      const script = `
        const { start } = await import(${JSON.stringify(pathToFileURL(join(ROOT, "pkg/index.js")).href)});
        await start(${options}).catch(({ message, help }) => process.stdout.write(JSON.stringify({ message, help })));`;
      const said = JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
      assert.match(said.message, /`start` runs in a browser/);
      assert.match(said.help, /`plimsoll\/testing`/);
    });
  }
});
