// The README's first sample does what it says, in a page, with every call that it shows and no complaint.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ROOT, openPage, startStand, until } from "./shell.support.mjs";

const [SAMPLE, CALLS] = [...readFileSync(`${ROOT}/README.md`, "utf8").matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);

let stand;
before(async () => (stand = await startStand()));
after(() => stand.stop());

test("ten lines lead to a prompt, and the calls below them to no error", async () => {
  const module = `${SAMPLE.replace('"plimsoll"', '"/pkg/index.js"')}
    window.plimsoll = plimsoll;
    window.errors = [];
    plimsoll.on("error", ({ code }) => window.errors.push(code));`;
  stand.instead.set("/sample.js", { headers: { "content-type": "text/javascript" }, body: module });
  const page = await openPage(stand);
  const said = [];
  page.on("console", (message) => /warn|error/.test(message.type()) && said.push(message.text()));
  await page.goto(`${stand.url}/page`);
  await page.evaluate(() => import("/sample.js").then(() => undefined));
  await until(async () => (await page.evaluate(() => plimsoll.explain())).prompts.some(({ prompt, decision }) => prompt === "default-90" && decision === "shown"), "the banner for 90 %");
  const calls = CALLS.split("\n").map((line) => line.replace(/ *\/\/.*/, "").trim()).filter(Boolean);
  assert.deepEqual(calls.map((call) => call.match(/\w+\.(\w+)/)[1]), ["attempt", "explore", "explain"]);
  for (const call of calls) await page.evaluate(call.replace(/;$/, ""));
  assert.equal(await page.evaluate(() => plimsoll.attempt("emails", 100).verdict), "over_limit");
  assert.deepEqual([await page.evaluate(() => errors), said], [[], []]);
});
