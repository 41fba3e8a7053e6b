// Writes the cases of tests/spec as TypeScript against the package's public types: every snapshot, call,
// answer and prompt of a case has to be spellable with them. Only `tsc` reads the result; nothing runs it.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const spec = join(root, "tests/spec");
const out = join(root, "target/types/cases.ts");

const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const text = (value) => JSON.stringify(value);
// Cases write instants as texts, and null for none; the package says milliseconds, and leaves out.
const instant = (name, value) => (name.startsWith("period_") ? (value ? Date.parse(value) : undefined) : value);
/** Days of a projection, as instants. */
const projection = (days) => days && Object.fromEntries(["date", "from", "until"].map((name, place) => [name, Date.parse(days[place])]));
const told = ({ projected, ...reading }) => ({
  ...Object.fromEntries(Object.entries(reading).map(([name, value]) => [name, instant(name, value)])),
  projection: projection(projected) ?? undefined,
});
const jsonFiles = (folder) => readdirSync(folder).filter((name) => name.endsWith(".json")).sort();

/** Page facts that the shell finds out by itself: a host cannot say them. */
const OF_THE_SHELL = ["visible", "lease", "consent", "utc_offset_minutes"];
/** Members of an expected prompt that the public `Prompt` names the same. */
const OF_A_PROMPT = ["surface", "lane", "tone", "trigger", "state", "repaint"];

const calls = {
  use: ([meter, amount]) => `const token: string = plimsoll.use(${text(meter)}, ${amount});`,
  release: ([meter, amount]) => `const token: string = plimsoll.release(${text(meter)}, ${amount});`,
  attempt: ([meter, amount], step) =>
    `const answer: Answer = plimsoll.attempt(${text(meter)}, ${amount});` +
    (step.verdict ? ` const verdict: Answer["verdict"] = ${text(step.verdict)};` : ""),
  limit_hit: (meter) => `plimsoll.limitHit(${text(meter)});`,
  explore: ([feature, step]) => `plimsoll.explore(${text(feature)}, ${text(step)});`,
  signal: ([name, count]) => `plimsoll.signal(${text(name)}, ${count});`,
  painted: ([, how]) => `plimsoll.painted("0000000000000001", ${text(how)});`,
  respond: ([, ...response]) => `plimsoll.respond("0000000000000001", ${response.map(text).join(", ")});`,
  because: ([, objection]) => `plimsoll.respond("0000000000000001", "because", ${text(objection)});`,
  converted: (epoch) => `plimsoll.converted(${epoch ?? ""});`,
  context: (changes) => {
    const said = Object.fromEntries(Object.entries(changes).filter(([name]) => !OF_THE_SHELL.includes(name)));
    const consent = changes.consent ? ` plimsoll.consent(${text(changes.consent)});` : "";
    return `plimsoll.context(${text(said)});${consent}`;
  },
};

function snapshotOf(base, given) {
  const all = Object.entries({ ...base, ...given }).filter(([, value]) => value !== null);
  return Object.fromEntries(all);
}

function lines(file, step) {
  const said = [];
  for (const [name, given] of Object.entries(step)) {
    if (name === "snapshot") said.push(`plimsoll.sync(${text(snapshotOf(file.snapshot, given))});`);
    else if (Object.hasOwn(calls, name)) said.push(calls[name](given, step));
  }
  for (const [meter, reading] of Object.entries(step.read ?? {})) {
    said.push(`const reading: Partial<MeterReading> = ${text(told(reading))}; void plimsoll.read().meters[${text(meter)}];`);
  }
  for (const effect of [...(step.expect ?? []), ...(step.expect_some ?? [])]) {
    if (!effect.present) continue;
    const named = Object.fromEntries(OF_A_PROMPT.filter((name) => name in effect).map((name) => [name, effect[name]]));
    said.push(`{ const prompt: Partial<Prompt> = ${text(named)}; }`);
    const actions = [...(effect.actions ?? []), ...(effect.offers ?? [])];
    said.push(`{ const actions: ActionId[] = ${text(actions)}; }`);
  }
  return said.map((line) => `  { ${line} }`);
}

const written = [
  "// Made by tests/types/cases.mjs; not for reading.",
  'import type { ActionId, Answer, MeterReading, Options, Plimsoll, Prompt } from "../../pkg/index.js";',
  "declare const plimsoll: Plimsoll;",
];
let cases = 0;
for (const name of jsonFiles(join(spec, "policies"))) {
  written.push(`{ const options: Options = { policy: ${text(read(join(spec, "policies", name)))} }; }`);
}
for (const name of jsonFiles(spec)) {
  const file = read(join(spec, name));
  for (const one of file.cases) {
    cases += 1;
    written.push(`// ${name}: ${one.name}`, "{", ...one.steps.flatMap((step) => lines(file, step)), "}");
  }
}
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `${written.join("\n")}\n`);
console.log(`${cases} cases against pkg/index.d.ts`);
