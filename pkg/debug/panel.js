/**
 * The debug panel of `?plimsoll=debug`: docked to a side of the page, in a shadow root of its own. It owns where it
 * stands and which section is open; what a section shows is `sections.js`'s, what the core was told `tape.js`'s. The
 * session opens it before anything begins, and with the instance it goes, leaving nothing.
 */
import { RELEASED } from "../shell/core.js";
import { button, el, morph } from "./dom.js";
import { armsSection, inputsSection, memorySection, metersSection, outboxSection, pageSection, promptsSection, scoreSection } from "./sections.js";
import { STYLE, roomAt } from "./style.js";
import { makeTape } from "./tape.js";

const TAG = "plimsoll-debug";
const SECTIONS = {
  prompts: ["Prompts", promptsSection],
  meters: ["Meters", metersSection],
  arms: ["Arms", armsSection],
  score: ["Score", scoreSection],
  outbox: ["Outbox", outboxSection],
  memory: ["Memory", memorySection],
  inputs: ["Inputs", inputsSection],
  page: ["Page", pageSection],
};
const SIDES = ["bottom", "right", "left"];
/** A frame of 14 by 14, and the edge that is filled. */
const FRAME = "M1.5 2.5h11v9h-11z";
const ICONS = {
  bottom: [FRAME, "M2 8h10v3H2z"],
  right: [FRAME, "M8.5 3H12v8H8.5z"],
  left: [FRAME, "M2 3h3.5v8H2z"],
  fold: ["M3 11.5h8"],
  close: ["M3 3l8 8M11 3l-8 8"],
};
/** Times on the screen go on while nothing happens. */
const TICK_MS = 1_000;

/** @param session the instance's own side; @param face what elements get of it */
export function openPanel(session, face) {
  const { life } = session;
  const tape = makeTape({ texts: session.texts, changed: soon });
  session.tap = tape.tap;

  // Another instance of the page has its own, elsewhere.
  let side = SIDES[document.querySelectorAll(TAG).length % SIDES.length];
  let section = "prompts";
  let is_folded = false;
  let frame = 0;

  const host = el(TAG);
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheetOf(STYLE)];
  const room = new CSSStyleSheet();

  const who = el("span", { class: "who" });
  const tools = el("div", { class: "tools" },
    SIDES.map((name) => tool(`side ${name}`, `Dock to the ${name}`, ICONS[name], "side")),
    tool("fold", "Fold away", ICONS.fold),
    tool("close", "Close until the page is loaded again", ICONS.close));
  const tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "Sections" }, Object.entries(SECTIONS).map(([id, [label]]) =>
    button(`section ${id}`, label, { id: `tab-${id}`, role: "tab", "aria-controls": "section" })));
  const body = el("div", { class: "section", id: "section", role: "tabpanel", tabindex: 0 });
  const panel = el("aside", { "aria-label": "Plimsoll debug panel" },
    el("header", {}, el("h2", {}, "Plimsoll"), who, tools), tabs, body);
  const reopen = button("fold", "Plimsoll debug", { class: "reopen" });

  const ACTS = {
    side: (name) => (side = name),
    section: show,
    fold() {
      is_folded = !is_folded;
      arrange();
      (is_folded ? reopen : tools.querySelector("[data-act=fold]")).focus();
    },
    close,
  };

  const hear = (name, heard) => root.addEventListener(name, heard, { signal: life });
  hear("click", ({ target }) => {
    const [act, ...given] = target.closest("[data-act]")?.getAttribute("data-act").split(" ") ?? [];
    ACTS[act]?.(...given);
    if (host.isConnected) arrange();
  });
  hear("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step || !tabs.contains(event.target)) return;
    event.preventDefault();
    const ids = Object.keys(SECTIONS);
    const place = Number.isFinite(step) ? ids.indexOf(section) + step : step;
    show(ids.at(place === Infinity ? -1 : place === -Infinity ? 0 : place % ids.length));
    arrange();
    root.getElementById(`tab-${section}`).focus();
  });

  function show(name) {
    section = name;
    body.replaceChildren();
  }

  /** Brings everything in line with where the panel stands and what is open. */
  function arrange() {
    const standing = is_folded ? reopen : panel;
    if (!standing.isConnected) root.replaceChildren(standing);
    panel.dataset.side = side;
    for (const name of SIDES) tools.querySelector(`[data-act="side ${name}"]`).setAttribute("aria-pressed", `${name === side}`);
    for (const id of Object.keys(SECTIONS)) {
      const tab = root.getElementById(`tab-${id}`);
      tab?.setAttribute("aria-selected", `${id === section}`);
      tab?.setAttribute("tabindex", id === section ? "0" : "-1");
    }
    body.setAttribute("aria-labelledby", `tab-${section}`);
    room.replaceSync(is_folded ? "" : roomAt(side));
    paint();
  }

  /** What has changed is painted with the next frame, however much it was. */
  function soon() {
    if (!life.aborted) frame ||= requestAnimationFrame(paint);
  }

  function paint() {
    cancelAnimationFrame(frame);
    frame = 0;
    if (is_folded || !host.isConnected || !tape.isOn()) return;
    const trace = face.explain();
    who.textContent = [trace.plan ?? "no plan", session.account(), trace.revision].filter(Boolean).join(" · ");
    const fresh = document.createDocumentFragment();
    fresh.append(...[SECTIONS[section][1]({
      trace,
      tape,
      words: session.texts(),
      now_ms: trace.at,
      memory: tape.memory(),
      isLevel: (index) => tape.ask(RELEASED, "", index) >= 0,
    })].flat());
    morph(body, fresh);
  }

  function close() {
    cancelAnimationFrame(frame);
    clearInterval(timer);
    session.tap = (core) => core;
    host.remove();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== room);
  }

  const timer = setInterval(() => document.hidden || paint(), TICK_MS);
  life.addEventListener("abort", close);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, room];
  (document.body ?? document.documentElement).append(host);
  arrange();
}

function sheetOf(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}

function tool(act, label, paths, kind) {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 14 14");
  icon.setAttribute("aria-hidden", "true");
  paths.forEach((path, place) => {
    const shape = document.createElementNS(icon.namespaceURI, "path");
    shape.setAttribute("d", path);
    if (place) shape.setAttribute("class", "fill");
    icon.append(shape);
  });
  return button(act, icon, { "aria-label": label, title: label, class: kind });
}
