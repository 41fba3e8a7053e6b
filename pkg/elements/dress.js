/**
 * What every element is made of: a base class that Node can import too, and an open shadow root with a style sheet
 * that all elements of a kind share. It knows no element.
 */

/**
 * Node imports the elements without a page.
 * @type {typeof HTMLElement}
 */
export const Base = globalThis.HTMLElement ?? /** @type {any} */ (class {});

/** By their text. @type {Map<string, CSSStyleSheet>} */
const sheets = new Map();

/** An element's empty shadow root, in this style: without a `<style>` element, which a strict policy would refuse. */
export function dress(element, css) {
  const root = element.attachShadow({ mode: "open" });
  if (!sheets.has(css)) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    sheets.set(css, sheet);
  }
  root.adoptedStyleSheets = [sheets.get(css)];
  return root;
}
