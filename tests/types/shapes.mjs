// Writes what the engine really answers, over every policy of the gallery, as TypeScript against the package's types:
// what is read, explained, shown and recorded has to be spellable with them, and every member of theirs has to occur.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTestPlimsoll } from "../../pkg/testing.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const FOLDERS = ["tests/policies", "tests/spec/policies", "www/demo"];
const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-11-22T10:00:00Z");
/** What only a page, a purchase or another tab brings. */
const ELSEWHERE = {
  Prompt: ["waiting"],
  MeterReading: [],
  Reading: [],
  Trace: ["unplaced"],
};

const seen = { Reading: [], Trace: [], Prompt: [] };
const time = (at) => new Date(at).toISOString();

for (const folder of FOLDERS) {
  for (const name of readdirSync(join(root, folder)).filter((each) => each.endsWith(".json")).sort()) {
    const policy = JSON.parse(readFileSync(join(root, folder, name), "utf8"));
    if (Array.isArray(policy.plans)) await look(policy);
  }
}

async function look(policy) {
  const meters = Object.keys(policy.plans[0].quotas ?? {});
  const period = { start: time(NOW - 15 * DAY_MS), end: time(NOW + 16 * DAY_MS) };
  const snapshot = {
    account: { id: "acc_7", created_at: time(NOW - 90 * DAY_MS) },
    user: { id: "u_9", created_at: time(NOW - 90 * DAY_MS) },
    plan: policy.plans[0].id,
    plan_epoch: 1,
    can_purchase: true,
    meters: Object.fromEntries(meters.map((id) => [id, { used: 400, period, daily: Array(28).fill(26) }])),
  };
  const made = await createTestPlimsoll({ policy, snapshot, now: NOW }).catch(() => undefined);
  if (!made) return;
  const note = () => {
    seen.Reading.push(made.read());
    seen.Trace.push(made.explain());
    seen.Prompt.push(...made.prompts());
  };
  note();
  for (const id of new Set(made.explain().prompts.map(({ prompt }) => prompt))) {
    await made.show(id).then(({ exposure }) => (note(), made.respond(exposure, "later")), () => {});
    note();
  }
  made.signal("teammate_invited");
  await made.advance({ days: 40 });
  note();
  made.destroy();
}

/** The members of an interface, with those inside of them, by their indentation. */
function membersOf(name, text) {
  const body = text.split(`export interface ${name} {\n`)[1].split("\n}")[0];
  return [...body.matchAll(/^ {2}(?: {2})*(\w+)\??:/gm)].map(([, member]) => member);
}

const keysIn = (value, found = new Set()) => {
  if (value && typeof value == "object") {
    for (const [key, inside] of Object.entries(value)) {
      found.add(key);
      keysIn(inside, found);
    }
  }
  return found;
};

const types = readFileSync(join(root, "pkg/index.d.ts"), "utf8");
const occurring = keysIn(Object.values(seen));
const missing = Object.keys(ELSEWHERE).flatMap((name) =>
  membersOf(name, types)
    .filter((member) => !occurring.has(member) && !ELSEWHERE[name].includes(member))
    .map((member) => `${name}.${member}`));
if (missing.length) {
  console.error(`pkg/index.d.ts declares what never comes: ${missing.join(", ")}`);
  process.exitCode = 1;
}

const one = (list) => [...new Set(list.map((each) => JSON.stringify(each)))];
const written = [
  "// Made by tests/types/shapes.mjs; not for reading.",
  'import type { Prompt, Reading, Trace } from "../../pkg/index.js";',
  ...Object.entries(seen).flatMap(([name, list]) => one(list).map((text) => `{ const made: ${name} = ${text}; void made; }`)),
];
const out = join(root, "target/types/shapes.ts");
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `${written.join("\n")}\n`);
console.log(`${written.length - 2} readings, traces and prompts against pkg/index.d.ts`);
