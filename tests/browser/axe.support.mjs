/**
 * What axe-core finds on a page, in everything that its shadow roots hold. It knows nothing of what is on the page.
 * Used by the tests of prompts, elements, the debug panel and the demo.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** By name, because without names it leaves out the size of targets. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What it never judges the colours of: what is scrolled under something else, and single letters. */
const UNJUDGED = ["elmPartiallyObscured", "shortTextContent"];

/** The faults of a page, or of what a selector finds in it, as lines; and what else could not be judged. */
export async function axe(page, within) {
  // Evaluated by the browser's own tools, to which the page's policy does not apply; once in a page, since it is long.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(`${SOURCE};undefined`);
  return page.evaluate(async ([within, runOnly, known]) => {
    const { violations, incomplete } = await window.axe.run(within ?? document, { runOnly, preload: false });
    const isNew = ({ any }) => !any.some(({ data }) => known.includes(data?.messageKey));
    const unjudged = incomplete.map(({ id, nodes }) => ({ id, nodes: nodes.filter(isNew) }));
    return [...violations, ...unjudged.filter(({ nodes }) => nodes.length)].map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`).join(" | ")}`,
    );
  }, [within, RULES, UNJUDGED]);
}
