/**
 * The debug panel of `?plimsoll=debug`: docked to a side of the page, in a shadow root of its own. It owns where it
 * stands and which section is open; what a section shows is `sections.js`'s, what the core was told `tape.js`'s. The
 * session opens it before anything begins, and with the instance it goes, leaving nothing.
 */
import { READING, RELEASED, TRACE } from "../shell/core.js";
import { makeCopy } from "./copy.js";
import { button, el, morph, span } from "./dom.js";
import { armsSection, inputsSection, memorySection, metersSection, outboxSection, pageSection, promptsSection, scoreSection } from "./sections.js";
import { STYLE, roomAt } from "./style.js";
import { makeTape } from "./tape.js";
import { makeTrace } from "./trace.js";

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
const STEPS = { "+1 hour": 3_600_000, "+1 day": 86_400_000, "+1 week": 604_800_000 };
/** Times on the screen go on while nothing happens. */
const TICK_MS = 1_000;

/** @param session the instance's own side */
export function open(session) {
  const { signal: life } = session.life;
  const { guarded } = session;
  const tape = makeTape({ texts: session.texts, changed: soon, guarded, heard });
  const trace = makeTrace({ session, tape });
  const copy = makeCopy({ session, tape, say, changed: soon });
  session.tap = (core) => {
    // Another policy or another account: the copy is of neither.
    copy.back();
    trace.begin();
    return tape.tap(core);
  };

  function heard(...given) {
    trace.hear(...given);
    copy.hear(...given);
  }

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
  const standing = el("span", { class: "standing" });
  const back = button("back", "Back to the page");
  const status = el("span", { role: "status", class: "about" });
  const bar = el("div", { class: "bar", role: "group", "aria-label": "Clock" },
    standing, Object.entries(STEPS).map(([name, span_ms]) => button(`move ${span_ms}`, name, { "aria-label": `Move the clock by ${name.slice(1)}` })), back, status,
    button("trace", "Export trace", { class: "last" }));
  const panel = el("aside", { "aria-label": "Plimsoll debug panel" },
    el("header", {}, el("h2", {}, "Plimsoll"), who, tools), bar, tabs, body);
  const reopen = button("fold", "Plimsoll debug", { class: "reopen" });

  const ACTS = {
    side: (name) => (side = name),
    section: turn,
    fold() {
      is_folded = !is_folded;
      arrange();
      (is_folded ? reopen : tools.querySelector("[data-act=fold]")).focus();
    },
    close,
    show: (place) => copy.show(Number(place)),
    move: (span_ms) => copy.move(Number(span_ms)),
    until: (time_ms) => copy.move(Number(time_ms) - traced().at),
    arm: (index, place) => copy.force(Number(index), Number(place)),
    trace: save,
    back() {
      copy.back();
      say("");
      bar.querySelector("button").focus();
    },
  };

  const hear = (name, heard) => root.addEventListener(name, heard, { signal: life });
  hear("click", ({ target }) => {
    const [act, ...given] = target.closest("[data-act]")?.getAttribute("data-act").split(" ") ?? [];
    if (!ACTS[act]) return;
    guarded(() => ACTS[act](...given));
    if (host.isConnected) arrange();
  });
  hear("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step || !tabs.contains(event.target)) return;
    event.preventDefault();
    const ids = Object.keys(SECTIONS);
    const place = Number.isFinite(step) ? ids.indexOf(section) + step : step;
    turn(ids.at(place === Infinity ? -1 : place === -Infinity ? 0 : place % ids.length));
    arrange();
    root.getElementById(`tab-${section}`).focus();
  });

  function turn(name) {
    section = name;
    body.replaceChildren();
  }

  /** Brings everything in line with where the panel stands and what is open. */
  function arrange() {
    const wanted = is_folded ? reopen : panel;
    if (!wanted.isConnected) root.replaceChildren(wanted);
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
    const answers = traced();
    const is_copy = !!copy.core();
    bar.classList.toggle("on", is_copy);
    back.hidden = !is_copy;
    const forced = [copy.shift() > 0 && `clock + ${span(copy.shift())}`, ...copy.forced()].filter(Boolean).join(", ");
    standing.textContent = is_copy ? `On a copy: ${forced || "as the page"}. Nothing is recorded.` : "Clock";
    who.textContent = [answers.plan ?? "no plan", session.account(), answers.revision].filter(Boolean).join(" · ");
    const fresh = document.createDocumentFragment();
    fresh.append(...[SECTIONS[section][1]({
      trace: answers,
      tape,
      words: session.texts(),
      now_ms: answers.at,
      memory: tape.memory(),
      forced: copy.arm,
      isLevel: (index) => tape.ask(RELEASED, "", index) >= 0,
    })].flat());
    morph(body, fresh);
  }

  /** What `explain()` answers, of the page's core or of the copy while there is one; the queue is always the page's. */
  function traced() {
    const { accountOf, traceOf } = session.join;
    const words = session.texts();
    const asked = (of, kind, read) => read(JSON.parse(of.text(kind)), words);
    const [core, own] = [copy.core() ?? tape, asked(tape, TRACE, traceOf)];
    const { plan, plan_epoch, meters, arms } = asked(core, READING, accountOf);
    return { ...asked(core, TRACE, traceOf), outbox: own.outbox, plan, plan_epoch, meters, arms, ...session.standing() };
  }

  /** Into a file, and nowhere else. */
  function save() {
    const url = URL.createObjectURL(new Blob([trace.text() + "\n"], { type: "application/json" }));
    el("a", { href: url, download: "plimsoll-trace.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url));
    say("The page's own inputs are in plimsoll-trace.json; docs/debug.md says how to run them as a test.");
  }

  function say(words) {
    status.textContent = words;
  }

  function close() {
    copy.destroy();
    cancelAnimationFrame(frame);
    clearInterval(timer);
    session.tap = (core) => core;
    host.remove();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== room);
  }

  const timer = setInterval(() => guarded(() => {
    copy.tick();
    if (!document.hidden) paint();
  }), TICK_MS);
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
