/**
 * Writes down how a page's prompts and elements look, in lines that people can compare: boxes, lines of text, colours
 * and contrast. It does not know what was accepted, nor what looks good.
 */
import { boxFont } from "./box-font.mjs";
import { THEMES, wear } from "./view.support.mjs";

const WIDTHS = [1000, 480, 320];
/** Lengths that are less apart than this are equal: browsers round. Unit: px. */
const CLOSE_PX = 1;
/** WCAG 2.2, 1.4.6; everywhere else 1.4.3. */
const CONTRAST_MIN = { contrast: 7 };

const FONT = boxFont();

/** Before a page is opened: its clock stands still. */
export const standStill = (page) => page.clock.setFixedTime(new Date("2026-11-22T10:00:00Z"));

/** Of an open state: boxes at every width; in English also the colours of every theme. */
export async function look(page, locale) {
  await page.evaluate(prepare, FONT);
  const { height } = page.viewportSize();
  let text = "";
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height });
    text += `${locale} ${width} px\n${await page.evaluate(boxes)}`;
  }
  if (locale !== "en") return text;
  await page.setViewportSize({ width: WIDTHS[0], height });
  for (const theme of THEMES) {
    await wear(page, theme);
    text += `${theme}\n${await page.evaluate(colours)}`;
  }
  await wear(page, THEMES[0]);
  return text;
}

/** Which lines differ, with the section they stand in; of what was not looked at now nothing is said. */
export function differences(accepted, found) {
  const before = sections(accepted);
  const wrong = [];
  for (const [section, lines] of sections(found)) {
    const old = before.get(section) ?? [];
    for (let at = 0; at < Math.max(lines.length, old.length); at += 1) {
      if (old[at] !== lines[at] && !(section.endsWith(" px") && near(old[at], lines[at]))) wrong.push(`${section}: was ${old[at] ?? "nothing"}, is ${lines[at] ?? "nothing"}`);
    }
  }
  return wrong;
}

/** Text that cannot be read well on its ground, nor better where more contrast was asked for. */
export const faint = (found) =>
  [...sections(found)].flatMap(([theme, lines]) =>
    lines.filter((line) => Number(line.match(/contrast ([\d.]+)/)?.[1] ?? Infinity) < (CONTRAST_MIN[theme] ?? 4.5)).map((line) => theme + line),
  );

function sections(text) {
  const found = new Map();
  let lines;
  for (const line of text.split("\n").filter(Boolean)) {
    if (line.startsWith("  ")) lines.push(line);
    else found.set(line, (lines = []));
  }
  return found;
}

/** The same words, and numbers that are hardly apart. */
function near(one = "", other = "") {
  const [before, after] = [one, other].map((line) => line.split(" "));
  const same = (word, at) => word === before[at] || Math.abs(Number(word) - Number(before[at])) <= CLOSE_PX;
  return before.length === after.length && after.every(same);
}

/** Runs in the page: the font, and what the other two functions share. */
async function prepare(font) {
  const face = new FontFace("Box", Uint8Array.from(atob(font), (letter) => letter.charCodeAt(0)));
  document.fonts.add(await face.load());
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":root { --plimsoll-font: Box } * { font-family: Box !important }");
  document.adoptedStyleSheets.push(sheet);

  /** What can be seen of the package: everything in its shadow roots, but not the inside of drawings. */
  globalThis.seen = () =>
    everywhere("*").filter((node) => {
      if (!(node.getRootNode() instanceof ShadowRoot) || node.ownerSVGElement || !node.checkVisibility()) return false;
      const { width, height } = node.getBoundingClientRect();
      return width > 0 && height > 0;
    });
  globalThis.nameOf = (node) => {
    const part = node.part[node.part.length - 1];
    return part ?? (node.classList.length ? [...node.classList].join(".") : node.localName);
  };
}

function boxes() {
  const linesOf = (node) => {
    const range = document.createRange();
    const text = [...node.childNodes].find((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    if (!text) return "";
    range.selectNodeContents(text);
    return ` lines ${new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size}`;
  };
  return seen()
    .map((node) => {
      const { x, y, width, height } = node.getBoundingClientRect();
      return `  ${nameOf(node)} ${[x, y, width, height].map(Math.round).join(" ")}${linesOf(node)}\n`;
    })
    .join("");
}

/** Text on its ground with their contrast, edges, shadows and corners, each where a piece has it. */
function colours() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const hex = (colour) => `#${rgba(colour).map((part) => part.toString(16).padStart(2, "0")).join("").replace(/ff$/, "")}`;
  const over = ([r, g, b, a], ground) => [r, g, b].map((part, at) => part * (a / 255) + ground[at] * (1 - a / 255));
  /** Every ground up to the first that nothing shines through. */
  const groundOf = (node) => {
    const own = rgba(getComputedStyle(node).backgroundColor);
    if (own[3] === 255) return own.slice(0, 3);
    const parent = node.parentElement ?? node.getRootNode().host;
    return over(own, parent ? groundOf(parent) : [255, 255, 255]);
  };
  const bright = (parts) => {
    const [r, g, b] = parts.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (node, colour) => {
    const ground = groundOf(node);
    const [low, high] = [bright(ground), bright(over(rgba(colour), ground))].sort((a, b) => a - b);
    return ((high + 0.05) / (low + 0.05)).toFixed(1);
  };
  const hasText = (node) => [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
  return seen()
    .map((node) => {
      const style = getComputedStyle(node);
      const said = [];
      if (hasText(node)) said.push(`text ${hex(style.color)} ${style.fontSize} ${style.fontWeight} contrast ${contrast(node, style.color)}`);
      if (node instanceof SVGElement) {
        const strokes = [...node.querySelectorAll("*")].map((shape) => `${hex(getComputedStyle(shape).stroke)} ${getComputedStyle(shape).opacity}`);
        said.push(`stroke ${strokes.join(" ")}`);
      }
      if (rgba(style.backgroundColor)[3]) said.push(`ground ${hex(style.backgroundColor)}`);
      if (style.borderTopWidth !== "0px" && rgba(style.borderTopColor)[3]) said.push(`edge ${style.borderTopWidth} ${hex(style.borderTopColor)}`);
      if (style.borderStartStartRadius !== "0px") said.push(`corner ${style.borderStartStartRadius}`);
      if (style.boxShadow !== "none") said.push(`shadow ${style.boxShadow}`);
      if (style.opacity !== "1") said.push(`opacity ${style.opacity}`);
      return said.length ? `  ${nameOf(node)} ${said.join(", ")}\n` : "";
    })
    .join("");
}
