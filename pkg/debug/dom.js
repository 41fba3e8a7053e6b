/**
 * Making nodes without markup, and changing them in place: what a policy or a snapshot says becomes text and never
 * more. It knows nothing of what is shown; the panel and its sections use it.
 */

/**
 * An element. Attributes that are `undefined` or `false` are left out; children are nodes, texts or nothing.
 * @returns {any}
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : `${value}`);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== false && child !== ""));
  return made;
}

/** A button; `act` says what a press does, which the panel hears. */
export const button = (act, label, more = {}) => el("button", { type: "button", "data-act": act, ...more }, label);

/** Pairs of a word and what it stands for; pairs without a value are left out. */
export const facts = (pairs) =>
  el("dl", {}, pairs
    .filter(([, value]) => value)
    .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));

/** What there is to say of an empty section. */
export const nothing = (text) => el("p", { class: "nothing" }, text);

/** Makes a node's children those of another, in place, so that focus, selection and what was unfolded stay. */
export function morph(old, fresh) {
  const was = [...old.childNodes];
  const is = [...fresh.childNodes];
  is.forEach((node, place) => {
    const same = was[place];
    if (!same) old.append(node);
    else if (same.nodeName !== node.nodeName) same.replaceWith(node);
    else if (node.nodeType === Node.TEXT_NODE) same.data === node.data || (same.data = node.data);
    else {
      dress(same, node);
      morph(same, node);
    }
  });
  was.slice(is.length).forEach((node) => node.remove());
}

function dress(old, fresh) {
  for (const { name } of [...old.attributes]) {
    // Whoever reads has folded or unfolded it.
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

const SPANS = /** @type {const} */ ([["d", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1_000]]);

/** A span in its two largest units: `2 d 3 h`. */
export function span(length_ms) {
  let left_ms = Math.max(0, length_ms);
  const first = SPANS.findIndex(([, unit_ms]) => left_ms >= unit_ms);
  const parts = SPANS.slice(first).slice(0, first < 0 ? 0 : 2).map(([unit, unit_ms]) => {
    const count = Math.floor(left_ms / unit_ms);
    left_ms -= count * unit_ms;
    return count ? `${count} ${unit}` : "";
  });
  return parts.filter(Boolean).join(" ") || "0 s";
}

/** An instant in the browser's own time, as `2026-11-22 10:00:00`. */
export function instant(time_ms) {
  const date = new Date(time_ms - new Date(time_ms).getTimezoneOffset() * 60_000);
  return Number.isFinite(date.getTime()) ? date.toISOString().slice(0, 19).replace("T", " ") : `${time_ms}`;
}

/** How far an instant is from another. */
export const distance = (time_ms, now_ms) =>
  time_ms > now_ms ? `in ${span(time_ms - now_ms)}` : `${span(now_ms - time_ms)} ago`;

export const number = (value) => (typeof value == "number" ? value.toLocaleString("en") : `${value}`);
