// Building the page without markup in strings: the demo runs under Trusted Types with no policy.

const SVG = "http://www.w3.org/2000/svg";

/** `h("p", { class: "note", on: { click } }, "text", child)`; false, null and undefined are left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  setProps(element, props);
  element.append(...children.flat().filter(isChild));
  return element;
}

/** Replaces what an element shows, and nothing else about it, so focus on its parents stays. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter(isChild));
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Keeps a list's rows by key: a row that stays is the same node, with its focus, before and after.
 * `make(item)` returns a node; `update(node, item)` is optional.
 */
export function keyed(list, items, key, make, update = () => {}) {
  const known = new Map([...list.children].map((node) => [node.dataset.key, node]));
  const nodes = items.map((item) => {
    const id = String(key(item));
    const node = known.get(id) ?? make(item);
    node.dataset.key = id;
    update(node, item);
    known.delete(id);
    return node;
  });
  for (const gone of known.values()) gone.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
}

/** A 20 px line icon; decoration only, so hidden from assistive technology. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const d of ICONS[name] ?? []) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const ICONS = {
  campaigns: ["M3 5.5h14v9H3z", "M3.3 6l6.7 5 6.7-5"],
  compose: [
    "M4 16l.7-3.2L13.3 4.2a1.4 1.4 0 0 1 2 0l.5.5a1.4 1.4 0 0 1 0 2L7.2 15.3z",
    "M12 5.5l2.5 2.5",
  ],
  team: [
    "M7.5 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
    "M2.5 16c.4-2.7 2.3-4.2 5-4.2s4.6 1.5 5 4.2",
    "M13 4.8a2.3 2.3 0 0 1 0 4.4",
    "M14.5 12c1.7.5 2.7 1.9 3 4",
  ],
  files: ["M3 15.5v-11h5l1.7 2H17v9z"],
  automation: [
    "M5 3.5v3M5 6.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM5 10.5v6",
    "M15 16.5v-3M15 13.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM15 9.5v-6",
  ],
  sso: ["M5 9h10v7.5H5z", "M7 9V6.5a3 3 0 0 1 6 0V9"],
  plan: [
    "M10 3v14",
    "M13.5 6.2C12.8 5.2 11.6 4.8 10 4.8c-2 0-3.4.9-3.4 2.5 0 3.7 7 1.7 7 5.5 0 1.6-1.5 2.5-3.6 2.5-1.8 0-3.1-.6-3.8-1.7",
  ],
  chevron: ["M6 8l4 4 4-4"],
  check: ["M4.5 10.5l3.5 3.5 7.5-8"],
  anchor: [
    "M10 7.5v9.5M10 7.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM6.5 10h7M3.5 11.5c.3 3.3 2.8 5.5 6.5 5.5s6.2-2.2 6.5-5.5",
  ],
};

const isChild = (child) => child !== false && child !== null && child !== undefined;

function setProps(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) {
        element.addEventListener(event, listener);
      }
    } else if (name === "value" || name === "checked" || name === "disabled") {
      element[name] = value;
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
}
