// The package as npm sees it: what is in it, that it can be published, that importing it changes nothing, and that
// its types are found by every way TypeScript looks for them.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HERE, PACKAGE, ROOT, install, packed } from "./support.mjs";

const ENDS_WITHIN_MS = 10_000;
const ENTRIES = ["plimsoll", "plimsoll/define", "plimsoll/react", "plimsoll/testing"];

test("the package holds exactly the files of the list", () => {
  const wanted = readFileSync(join(HERE, "contents.txt"), "utf8").trim().split("\n");
  assert.deepEqual(packed().files, wanted, "tests/package/contents.txt is the list");
});

test("everything that a file of the package imports is in the package", () => {
  const files = new Set(packed().files);
  const missing = [];
  for (const file of files) {
    if (!/\.js$/.test(file)) continue;
    const text = readFileSync(join(PACKAGE, file), "utf8");
    for (const [, imported, located] of text.matchAll(/(?:from|import)[\s(]*"(\.[^"]+)"|new URL\("([^"]+)",\s*import\.meta\.url\)/g)) {
      const path = imported ?? located;
      const found = join(file, "..", path);
      if (!files.has(found)) missing.push(`${file}: ${path}`);
    }
  }
  assert.deepEqual(missing, []);
});

test("every entry and its types are in the package", () => {
  const files = new Set(packed().files);
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  const paths = Object.values(exports).flatMap((entry) => (typeof entry == "string" ? [entry] : Object.values(entry)));
  for (const path of paths.filter((each) => !each.includes("*"))) assert.ok(files.has(path.slice(2)), path);
});

test("the licence in the package is the project's", () => {
  assert.equal(readFileSync(join(PACKAGE, "LICENSE"), "utf8"), readFileSync(join(ROOT, "LICENSE"), "utf8"));
});

test("npm would publish it without a warning", () => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const words = ["publish", "--dry-run", "--access", "public", "--userconfig", join(HERE, "none.npmrc")];
  const { status, stderr } = spawnSync("npm", words, { cwd: PACKAGE, encoding: "utf8", env });
  // That nobody is logged in is no fault of the package.
  const warned = stderr.split("\n").filter((line) => /^npm (warn|error)/i.test(line) && !/logged in/.test(line));
  assert.deepEqual({ status, warned }, { status: 0, warned: [] });
});

for (const entry of ENTRIES) {
  test(`importing ${entry} in Node changes nothing and keeps nothing running`, () => {
    const folder = install("react-18");
    const script = `
      const touched = [];
      for (const name of ["fetch", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "addEventListener"]) {
        const own = globalThis[name];
        if (own) globalThis[name] = (...given) => (touched.push(name), own(...given));
      }
      const look = () => [Object.getOwnPropertyNames(globalThis), process.eventNames()].join("; ");
      const before = look();
      const made = await import("${entry}");
      const after = look();
      if (before !== after) throw new Error(before + " became " + after);
      if (touched.length) throw new Error(touched.join());
      if (!Object.keys(made).length) throw new Error("exports nothing");`;
    // Whatever still ran would keep the process from ending.
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: folder, stdio: "pipe", timeout: ENDS_WITHIN_MS });
  });
}

test("schema and modules are found by their names", () => {
  const folder = install("react-18");
  const script = `
    import { createRequire } from "node:module";
    import { readFileSync } from "node:fs";
    const require = createRequire(import.meta.url);
    for (const name of ["plimsoll", "plimsoll_view", "plimsoll_policy"]) {
      const path = require.resolve(\`plimsoll/dist/\${name}_bg.wasm\`);
      if (!WebAssembly.validate(readFileSync(path))) throw new Error(path);
    }
    if (!require("plimsoll/policy.schema.json").properties) throw new Error("no schema");`;
  execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: folder, stdio: "pipe" });
});

test("a lock file of a product names no registry and holds every platform", () => {
  for (const project of readdirSync(join(HERE, "projects"))) {
    const path = join(HERE, "projects", project, "package-lock.json");
    if (!existsSync(path)) continue;
    const { packages } = JSON.parse(readFileSync(path, "utf8"));
    const locked = Object.values(packages);
    const names = new Set(Object.keys(packages).map((place) => place.split("node_modules/").at(-1)));
    const missing = locked.flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies)).filter((name) => !names.has(name));
    assert.deepEqual({ project, missing, resolved: locked.filter(({ resolved }) => resolved) }, { project, missing: [], resolved: [] });
  }
});

const MODES = [
  ["node16", { module: "node16", moduleResolution: "node16" }],
  ["bundler", { module: "esnext", moduleResolution: "bundler" }],
];
for (const project of ["react-18", "vite-react"]) {
  for (const [mode, options] of MODES) {
    test(`types are found and right with ${mode} and the React of ${project}`, () => {
      const folder = install(project);
      cpSync(join(HERE, "consumer.tsx"), join(folder, "consumer.tsx"));
      holdsTypes(folder, mode, { ...options, jsx: "react-jsx", strict: true }, ["consumer.tsx"]);
    });
  }
}

// The other files are held to theirs by pkg/tsconfig.json, without Node's and React's types.
test("the entries for React and for tests hold to their own types", () => {
  const files = ["react.js", "testing.js"].map((file) => `node_modules/plimsoll/${file}`);
  const options = { module: "nodenext", allowJs: true, checkJs: true, strict: false, useUnknownInCatchVariables: false };
  holdsTypes(install("vite-react"), "own", options, files);
});

function holdsTypes(folder, name, options, files) {
  const shared = { target: "es2022", lib: ["es2023", "esnext.disposable", "dom", "dom.iterable"], noEmit: true, types: ["node"], skipLibCheck: false };
  const path = join(folder, `tsconfig.${name}.json`);
  writeFileSync(path, JSON.stringify({ compilerOptions: { ...shared, ...options }, files }));
  const { status, stdout } = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["--project", path], { cwd: folder, encoding: "utf8" });
  assert.deepEqual({ status, said: stdout.trim() }, { status: 0, said: "" });
}
