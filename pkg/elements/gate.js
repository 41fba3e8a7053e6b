/**
 * `<plimsoll-gate feature="sso">`: stands around an element of the host's, marks it while the plan lacks the feature,
 * and says so when it is pressed. It blocks nothing and decides nothing: the press goes on to the host, and what is
 * shown is the engine's to say. Its standing comes through `bond.js`.
 */
import { fill } from "../text.js";
import { explore, join, leave } from "./bond.js";
import { Base, dress } from "./dress.js";

/** Presses closer than this are one: a double click, or a label and the field that it is for. */
const PRESS_GAP_MS = 500;
const SVG = "http://www.w3.org/2000/svg";
const LOCK = "M4 7.5h8v6H4zM5.5 7.5V5.2a2.5 2.5 0 0 1 5 0v2.3";

const FALLBACK = { paid_feature: "Paid feature" };

/** What stands in no line: a box around it would stand there instead. */
const isOut = ({ float, position }) => float !== "none" || position === "absolute" || position === "fixed";
/** Below this the mark is its lock alone: a name would lie over the words of a low element, and beyond a narrow one. */
const ROOMY_PX = { height: 28, width: 80 };
/** So close to its page's edge that a mark beyond its corner would be cut off, or make the page wider. */
const EDGE_PX = 8;
function room(gate) {
  const { left, right, width, height } = gate.getBoundingClientRect();
  const beside = getComputedStyle(gate).direction === "rtl" ? left : document.documentElement.clientWidth - right;
  return { is_edge: beside < EDGE_PX, is_roomy: height >= ROOMY_PX.height && width >= ROOMY_PX.width };
}
const BLOCK = /^(block|flex|grid|table|list-item|flow-root)/;
/** Gates whose box is to be looked at; all in one go, since a look lays the page out. @type {Set<PlimsollGate>} */
const unsettled = new Set();
let frame = 0;

const CSS = `
:host { display: inline-block; position: relative }
:host(:state(block)) { display: block }
:host(:state(out)) { display: contents }
:host(:state(wide)) { inline-size: 99999px !important; max-inline-size: none !important }
:host(:state(tight)) { inline-size: max-content !important; min-inline-size: 0 !important; max-inline-size: none !important }
:host([hidden]) { display: none }
#mark {
  --surface: var(--plimsoll-surface, light-dark(#fff, #1e1f25));
  --text: var(--plimsoll-text, light-dark(#17191e, #f3f4f6));
  --accent: var(--plimsoll-accent, light-dark(#3550d4, #a3b5ff));
  position: absolute; inset-block-end: calc(100% - .48em); inset-inline-end: -.4em;
  display: flex; align-items: center; justify-content: center; gap: .2em; box-sizing: border-box;
  block-size: .85em; inline-size: .85em; pointer-events: none; user-select: none;
  border: 1px solid color-mix(in srgb, var(--accent) 45%, var(--surface)); border-radius: 1em;
  background: color-mix(in srgb, var(--accent) 10%, var(--surface)); color: var(--text);
  font: 600 medium/1 var(--plimsoll-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  letter-spacing: normal; text-transform: none; white-space: nowrap;
}
#mark[hidden] { display: none }
#mark span { display: none; font-size: .7em; line-height: 1.3; overflow: hidden; text-overflow: ellipsis }
:host(:is(:state(block), :state(edge))) #mark { inset-inline-end: .1em }
/* The name has room above the words of one line and beside the host's edges. */
:host(:state(roomy):not([mark=lock])) #mark {
  inset-block-end: calc(100% - clamp(.35em, 50% - .55em, .6em)); inset-inline-end: .35em;
  block-size: 1.1em; inline-size: auto; max-inline-size: min(9em, 100% - .5em); padding-inline: .3em .4em;
}
:host(:state(roomy):not([mark=lock])) #mark span { display: block }
svg { flex: none; inline-size: .6em; block-size: .6em; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linejoin: round }
@media (forced-colors: active) { #mark { border-color: CanvasText; background: Canvas; color: CanvasText } }
@media print { #mark { display: none } }`;

export class PlimsollGate extends Base {
  static observedAttributes = ["feature"];

  /** @type {import("./bond.js").Standing | undefined} */
  #standing;
  #inside;
  #mark;
  #plan;
  #sight;
  /** What a screen reader says around the host's element while the plan lacks the feature. */
  #label;
  #has_box = false;
  #pressed_ms = -PRESS_GAP_MS;

  connectedCallback() {
    this.#build();
    // On the way down, so that a host that stops the event is no less pressed.
    this.addEventListener("click", this, true);
    // A page's style sheet may say something else from some width on, and its script show or hide what is inside.
    window.addEventListener("resize", this.#resized);
    this.#sight.observe(this);
    this.#unsettle();
    join(this);
  }

  disconnectedCallback() {
    this.removeEventListener("click", this, true);
    window.removeEventListener("resize", this.#resized);
    this.#sight.disconnect();
    unsettled.delete(this);
    leave(this);
  }

  attributeChangedCallback() {
    if (this.isConnected && this.#mark) this.paint(this.#standing);
  }

  /** Called by the browser for a click anywhere inside, however it was made. */
  handleEvent({ timeStamp }) {
    if (timeStamp - this.#pressed_ms < PRESS_GAP_MS) return;
    this.#pressed_ms = timeStamp;
    const feature = this.getAttribute("feature");
    if (feature) explore(feature, this.getAttribute("step") ?? undefined);
  }

  /** Called by the bond, without a standing where no instance has started. */
  paint(standing) {
    this.#standing = standing;
    const id = this.getAttribute("feature");
    const { plan, features = {} } = standing?.reading ?? {};
    // Without a plan nothing is known, and a feature that the policy does not name is in no plan's gift.
    const is_locked = plan !== undefined && Object.hasOwn(features, id) && !features[id];
    this.#label = is_locked ? this.#name(id, plan, standing.texts) : undefined;
    this.#show();
  }

  /** Around nothing there is nothing to mark. */
  #show() {
    const is_marked = this.#label !== undefined && this.#has_box;
    this.#mark.hidden = !is_marked;
    this.#inside.role = is_marked ? "group" : null;
    this.#inside.ariaLabel = is_marked ? this.#label : null;
    this.#is("locked", is_marked);
  }

  #is(state, is_so) {
    this.#inside.states?.[is_so ? "add" : "delete"](state);
  }

  /** Writes the mark, and answers what a screen reader says of the pressed element's surroundings. */
  #name(id, plan, { ui, plans, features, locale }) {
    const index = features.findIndex((known) => known.id === id);
    const own = plans.findIndex((known) => known.id === plan);
    // The next plan up that has it; none that is below, which nobody is offered.
    const next = plans.find((known, rank) => rank > own && known.features.includes(index))?.name ?? "";
    this.#plan.textContent = next;
    const paid = fill(ui.paid_feature ?? FALLBACK.paid_feature, { next_plan: next }, locale) ?? FALLBACK.paid_feature;
    return !next || paid.includes(next) ? paid : `${paid}: ${next}`;
  }

  #unsettle() {
    unsettled.add(this);
    queueMicrotask(PlimsollGate.#settle);
  }

  /** Not at once: other gates have the same to do, and what observes sizes must not change them. */
  #resized = () => {
    unsettled.add(this);
    frame ||= requestAnimationFrame(PlimsollGate.#settle);
  };

  /**
   * The box around the host's element must move nothing: a block stays one, a word in a line stays that, and what is
   * as wide as its line lets it be has a line of its own.
   */
  static #settle() {
    frame = 0;
    const looks = [...unsettled].map((gate) => {
      const shown = [...gate.children].filter((inside) => getComputedStyle(inside).display !== "none");
      const child = shown.find((inside) => !isOut(getComputedStyle(inside)));
      return { gate, child, ...room(gate), is_out: !child && shown.length > 0, is_block: !!child && BLOCK.test(getComputedStyle(child).display) };
    });
    unsettled.clear();
    const inline = looks.filter(({ child, is_block }) => child && !is_block);
    const widths = (state) => {
      for (const { gate } of inline) gate.#is(state, true);
      const found = inline.map(({ child }) => child.getBoundingClientRect().width);
      for (const { gate } of inline) gate.#is(state, false);
      return found;
    };
    const [wide, tight] = [widths("wide"), widths("tight")];
    inline.forEach((look, index) => (look.is_block = wide[index] - tight[index] > 1));
    for (const { gate, child, is_edge, is_roomy, is_out, is_block } of looks) {
      gate.#is("edge", is_edge);
      gate.#is("roomy", is_roomy);
      gate.#is("block", is_block);
      gate.#is("out", is_out);
      // A page may give the gate a box of its own, and lay its element into that.
      const has_own = is_out ? gate.getClientRects().length > 0 : !gate.children.length && !!gate.textContent.trim();
      gate.#has_box = !!child || has_own;
      gate.#show();
    }
  }

  #build() {
    if (this.#mark) return;
    this.#inside = this.attachInternals();
    const root = dress(this, CSS);
    const content = document.createElement("slot");
    content.addEventListener("slotchange", () => this.#unsettle());
    this.#sight = new ResizeObserver(this.#resized);
    this.#mark = document.createElement("span");
    this.#mark.id = this.#mark.part = "mark";
    // What it says is the group's name.
    this.#mark.ariaHidden = "true";
    this.#plan = document.createElement("span");
    const lock = document.createElementNS(SVG, "svg");
    lock.setAttribute("viewBox", "0 0 16 16");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", LOCK);
    lock.append(path);
    this.#mark.append(lock, this.#plan);
    root.append(content, this.#mark);
  }
}
