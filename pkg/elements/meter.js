/**
 * `<plimsoll-meter meter="emails">`: a bar and its words in the host's own layout, live once an instance has started
 * and painted from its own HTML before. It decides nothing and counts nothing; its figures come through `bond.js`.
 * `define.css` gives it the same box before this file is there.
 */
import { estimate } from "../shell/certainty.js";
import { fill, isRightToLeft } from "../text.js";
import { join, leave } from "./bond.js";
import { Base, dress } from "./dress.js";

/** From here on the bar takes the tone of the banners of the same share. */
const WARNING_PERCENT = 75;
const URGENT_PERCENT = 90;

const PLAIN = [["used"], " / ", ["limit"], " ", ["meter"]];
const FALLBACK = {
  meter_text: PLAIN,
  meter_over: PLAIN,
  meter_unlimited: [["used"], " ", ["meter"]],
  meter_locked: [["meter"]],
};

/** In a column narrower than 24em the estimate may have two lines, for which a float without a width keeps room. */
const CSS = `
:host { display: flow-root; min-block-size: 3.85em; line-height: 1.5; overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
:host::before { content: ""; float: inline-start; padding-block-end: clamp(0em, (24em - 100%) * 99, 5.05em) }
:host([projection=none]) { min-block-size: 2.4em }
:host([projection=none])::before { content: none }
:host([hidden]) { display: none }
p { margin: 0 }
#pace { margin-block-start: .25em; font-size: .8em; opacity: .8; text-wrap: balance }
#pace:empty { margin: 0 }
meter {
  --tone: var(--plimsoll-accent, light-dark(#3550d4, #a3b5ff));
  appearance: none; display: block; inline-size: 100%; block-size: .5em; margin-block-start: .4em; border: 0;
  border-radius: 1em; background: color-mix(in srgb, var(--tone) 18%, transparent); overflow: hidden;
}
.warning { --tone: light-dark(#b26a00, #f2b33d) }
.urgent { --tone: light-dark(#d2480c, #ff9b6b) }
.limit, .over { --tone: light-dark(#c8292f, #ff8b8b) }
.over { --fill: repeating-linear-gradient(-55deg, var(--tone) 0 .5em, color-mix(in srgb, var(--tone) 62%, transparent) 0 .8em) }
.unlimited { visibility: hidden }
meter::-webkit-meter-inner-element { grid-template-rows: 0 1fr 0 }
meter::-webkit-meter-bar { border: 0; background: none }
meter::-webkit-meter-optimum-value { border-radius: 1em; background: var(--fill, var(--tone)) }
meter::-moz-meter-bar { border-radius: 1em; background: var(--fill, var(--tone)) }
@media (forced-colors: active) {
  meter { border: 1px solid CanvasText; background: Canvas; forced-color-adjust: none }
  meter::-webkit-meter-optimum-value { background: Highlight }
  meter::-moz-meter-bar { background: Highlight }
}`;

export class PlimsollMeter extends Base {
  static observedAttributes = ["meter", "value", "max", "projection"];

  /** @type {import("./bond.js").Standing | undefined} */
  #standing;
  #words;
  #own;
  #bar;
  #pace;

  connectedCallback() {
    this.#build();
    join(this);
  }

  disconnectedCallback() {
    leave(this);
  }

  attributeChangedCallback() {
    if (this.isConnected && this.#bar) this.paint(this.#standing);
  }

  /** Called by the bond, without a standing where no instance has started. */
  paint(standing) {
    this.#standing = standing;
    const { used, limit, projection } = this.#figures();
    const { locale, ui, meters } = standing?.texts ?? {};
    const bounded = Number.isFinite(limit) && limit > 0;
    const id =
      limit === "none" ? "meter_locked"
      : !bounded ? "meter_unlimited"
      : used > limit ? "meter_over"
      : "meter_text";
    const meter = meters?.find((known) => known.id === this.getAttribute("meter"))?.name ?? "";
    const values = { used, limit: bounded ? limit : undefined, meter };
    const tag = locale ?? (this.closest("[lang]")?.getAttribute("lang") || undefined);
    const words = fill(ui?.[id] ?? FALLBACK[id], values, tag)?.trim();
    // Until there is something better to say, the host's own text stands here.
    if (standing || !this.textContent.trim()) say(this.#words, words ?? "");
    else if (!this.#own.isConnected) this.#words.replaceChildren(this.#own);
    for (const said of [this.#words, this.#pace]) {
      if (locale) {
        said.lang = locale;
        said.dir = isRightToLeft(locale) ? "rtl" : "ltr";
      } else {
        // The host's own text is in the language of its page.
        said.removeAttribute("lang");
        said.removeAttribute("dir");
      }
    }
    this.#bar.max = bounded ? limit : 1;
    this.#bar.value = bounded ? used : 0;
    this.#bar.className = bounded ? tone(used, limit) : "unlimited";
    const is_wanted = projection && this.getAttribute("projection") !== "none";
    const when = is_wanted && { ...values, ...estimate(projection) };
    say(this.#pace, (when && ui?.meter_pace && fill(ui.meter_pace, when, tag)) || "");
  }

  #build() {
    if (this.#bar) return;
    const root = dress(this, CSS);
    this.#words = document.createElement("p");
    this.#words.id = "words";
    this.#words.part = "message";
    this.#own = document.createElement("slot");
    this.#words.append(this.#own);
    this.#bar = document.createElement("meter");
    this.#bar.part = "meter";
    this.#pace = document.createElement("p");
    this.#pace.id = this.#pace.part = "pace";
    this.#bar.setAttribute("aria-labelledby", "words");
    this.#bar.setAttribute("aria-describedby", "pace");
    root.append(this.#words, this.#bar, this.#pace);
  }

  /**
   * What is known: the instance's figures, or those of the host's HTML.
   * @returns {any}
   */
  #figures() {
    const id = this.getAttribute("meter");
    const meters = this.#standing?.reading.meters ?? {};
    if (Object.hasOwn(meters, id)) return meters[id];
    const figure = (name) => {
      const written = Number(this.getAttribute(name));
      return Number.isFinite(written) ? written : 0;
    };
    return { used: figure("value"), limit: figure("max") };
  }
}

function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

function tone(used, limit) {
  const percent = (100 * used) / limit;
  if (percent >= 100) return percent > 100 ? "over" : "limit";
  return percent >= URGENT_PERCENT ? "urgent" : percent >= WARNING_PERCENT ? "warning" : "";
}
