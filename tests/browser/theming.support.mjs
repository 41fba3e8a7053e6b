/**
 * Reads docs/theming.md as data: its tables of properties and parts, and its examples with the CSS above each picture.
 * It does not know whether they are true; `theming.test.mjs` finds out, and `pictures.mjs` paints them.
 */
import { readFileSync } from "node:fs";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const DOC = read("docs/theming.md");
/** What the page's author can reach is decided here. */
export const SHEETS = ["modules/view/src/view.css", "pkg/elements/meter.js", "pkg/elements/gate.js"].map(read).join("\n");

/** The rows of the table whose head begins with `first`, as lists of cells. */
function table(first) {
  const lines = DOC.split("\n");
  const head = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  const rows = lines.slice(head + 2);
  return rows.slice(0, rows.findIndex((line) => !line.startsWith("|"))).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim()),
  );
}

const code = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);

export const properties = () =>
  table("Property").map(([name, usual, , example]) => ({ name: code(name)[0], defaults: code(usual), example: code(example)[0] }));

const HOSTS = { prompts: "plimsoll-prompts", meters: "plimsoll-meter", gates: "plimsoll-gate" };

export const parts = () => table("Part").map(([name, of]) => ({ name: code(name)[0], of: of.split(", ").map((whose) => HOSTS[whose]) }));

/** `<!-- picture NAME: STATE THEME WIDTHxHEIGHT -->`, the CSS that may follow, the picture. */
export function examples() {
  const found = DOC.matchAll(
    /<!-- picture (\S+): (\S+) (\S+) (\d+)x(\d+) -->\n(?:```css\n([^`]*)```\n)?!\[[^\]]+\]\(images\/theming\/(\S+)\.webp\)/g,
  );
  return [...found].map(([, name, state, theme, width, height, css = "", shown]) => ({
    name, state, theme, width: Number(width), height: Number(height), css, shown,
  }));
}

export const pictures = () => [...DOC.matchAll(/<!-- picture (\S+):/g)].map(([, name]) => name);

/** Every `var(--plimsoll-NAME, DEFAULT)` of the style sheets, as a map from name to its defaults. */
export function fallbacks() {
  const found = new Map();
  for (const { index, 1: name } of SHEETS.matchAll(/var\((--plimsoll-[a-z-]+),\s*/g)) {
    const from = SHEETS.indexOf(",", index) + 1;
    let depth = 1;
    let to = from;
    while (depth > 0) {
      if (SHEETS[to] === "(") depth += 1;
      if (SHEETS[to] === ")") depth -= 1;
      to += 1;
    }
    const all = found.get(name) ?? new Set();
    found.set(name, all.add(SHEETS.slice(from, to - 1).trim()));
  }
  return found;
}
