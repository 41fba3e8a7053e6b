// A policy compiled ahead and served as files: whoever comes gets the language that a collector would have given.
// The files are those that `plimsoll check --out` writes.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { inProfile, openStand, stand } from "./host.support.mjs";
import { POLICY, ROOT, heard, openPage, snapshot, startOn, until, use } from "./shell.support.mjs";

const BINARY = process.env.PLIMSOLL_BIN ?? join(ROOT, "target/debug/plimsoll");
const ADDRESS = "/files/policy.{locale}.plim";

openStand();

/** By name. */
const files = new Map();
before(() => {
  const work = mkdtempSync(join(tmpdir(), "plimsoll-files-"));
  writeFileSync(join(work, "policy.json"), JSON.stringify(POLICY));
  const { status, stderr } = spawnSync(BINARY, ["check", join(work, "policy.json"), "--out", join(work, "out")], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  for (const name of readdirSync(join(work, "out"))) files.set(name, readFileSync(join(work, "out", name)));
  after(() => rmSync(work, { recursive: true }));
});

/** A page in a language; `missing` answers for what is not there. */
const onPage = (lang, run, missing = { status: 404, body: "" }) =>
  inProfile(async (context) => {
    const page = await openPage(stand, context);
    page.asked = [];
    await page.route("**/files/*", (route) => {
      const name = new URL(route.request().url()).pathname.split("/").pop();
      page.asked.push(name);
      return route.fulfill(files.has(name) && /plim$/.test(name) ? { body: files.get(name) } : missing);
    });
    await page.evaluate((given) => { document.documentElement.lang = given; }, lang);
    await run(page);
  });

const words = async (page) => {
  await use(page, 150);
  const banner = page.locator("section.banner[data-exposure]");
  await banner.waitFor();
  return banner.innerText();
};

for (const [lang, asked, said] of [
  ["de", ["policy.de.plim"], /550 von 1\.000/],
  ["de-AT", ["policy.de-AT.plim", "policy.de.plim"], /550 von 1\.000/],
  ["pt", ["policy.pt.plim"], /550 de 1\.?000/],
  ["pt-PT", ["policy.pt-PT.plim", "policy.pt.plim"], /550 de 1\.?000/],
  ["fi", ["policy.fi.plim", "policy.plim"], /550 of 1,000/],
  ["pt_BR", ["policy.en-US.plim", "policy.en.plim"], /550 of 1,000/],
]) {
  test(`a reader of ${lang}`, () =>
    onPage(lang, async (page) => {
      assert.equal(await startOn(page, { policy: ADDRESS, snapshot: snapshot() }), null);
      assert.deepEqual(page.asked, asked);
      assert.match(await words(page), said);
      assert.deepEqual(await heard(page, "error"), []);
    }));
}

test("a server that answers with a page for everything has no such file either", () =>
  onPage("fi", async (page) => {
    assert.equal(await startOn(page, { policy: ADDRESS, snapshot: snapshot() }), null);
    assert.match(await words(page), /550 of 1,000/);
  }, { contentType: "text/html", body: "<!doctype html><p>Product" }));

test("a change to a language that is not there is one to the default", () =>
  onPage("de", async (page) => {
    assert.equal(await startOn(page, { policy: ADDRESS, snapshot: snapshot() }), null);
    assert.match(await words(page), /550 von 1\.000/);
    await page.evaluate(() => plimsoll.setLocale("fi"));
    await until(async () => /550 of 1,000/.test(await page.locator("section.banner[data-exposure]").innerText()), "the default language");
  }));

test("where there is none at all, what was asked for first is named", () =>
  onPage("de-AT", async (page) => {
    const { code, message } = await startOn(page, { policy: "/files/other.{locale}.plim", snapshot: snapshot() });
    assert.equal(code, "policy_missing");
    assert.match(message, /files\/other\.de-AT\.plim`: status 404/);
    assert.deepEqual(page.asked, ["other.de-AT.plim", "other.de.plim", "other.plim"]);
  }));

test("a server that cannot be reached is asked once", () =>
  onPage("de-AT", async (page) => {
    let asked = 0;
    await page.route("**/files/*", (route) => ((asked += 1), route.abort("connectionrefused")));
    assert.equal((await startOn(page, { policy: ADDRESS, snapshot: snapshot() })).code, "policy_missing");
    assert.equal(asked, 1);
  }));
