/**
 * `<plimsoll-meter meter="emails">`: a bar and its words in the host's own layout, live once an
 * instance has started and painted from its own HTML before. It decides nothing and counts nothing.
 * It and a started instance find each other by two events on the document, so that neither needs a
 * global: `plimsoll-ready` (from `start`, `detail` is a {@link Face}) and `plimsoll-request` (from an
 * element that came later, `detail` is a function that takes the face).
 *
 * @typedef {object} Face what an instance shows to elements
 * @property {() => {meters: Record<string, Figures>}} read
 * @property {(name: "update", heard: () => void) => () => void} on
 * @property {() => {locale: string, ui: object, meters: object[]}} texts what the instance says in
 *   its locale: the built-in texts by id, and the meters' nouns with their plural forms
 *
 * @typedef {object} Figures
 * @property {number} used
 * @property {number | "unlimited" | "none"} [limit]
 */
import { fill, isRightToLeft } from "./text.js";

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

const CSS = `
:host { display: block; min-block-size: 2.6em }
:host([hidden]) { display: none }
p { margin: 0 0 .4em; line-height: 1.5; overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
meter {
  --tone: var(--plimsoll-accent, light-dark(#3550d4, #a3b5ff));
  appearance: none; display: block; inline-size: 100%; block-size: .5em; border: 0;
  border-radius: 1em; background: color-mix(in srgb, var(--tone) 18%, transparent); overflow: hidden;
}
.warning { --tone: light-dark(#b26a00, #f2b33d) }
.urgent { --tone: light-dark(#d2480c, #ff9b6b) }
.limit { --tone: light-dark(#c8292f, #ff8b8b) }
.unlimited { visibility: hidden }
meter::-webkit-meter-inner-element { grid-template-rows: 0 1fr 0 }
meter::-webkit-meter-bar { border: 0; background: none }
meter::-webkit-meter-optimum-value { border-radius: 1em; background: var(--tone) }
meter::-moz-meter-bar { border-radius: 1em; background: var(--tone) }
@media (forced-colors: active) {
  meter { border: 1px solid CanvasText; background: Canvas; forced-color-adjust: none }
  meter::-webkit-meter-optimum-value { background: Highlight }
  meter::-moz-meter-bar { background: Highlight }
}`;

let sheet;

/**
 * Node imports this file without a page.
 * @type {typeof HTMLElement}
 */
const Base = globalThis.HTMLElement ?? /** @type {any} */ (class {});

export class PlimsollMeter extends Base {
  static observedAttributes = ["meter", "value", "max"];

  #face;
  #off;
  #frame = 0;
  #words;
  #bar;

  connectedCallback() {
    this.#build();
    document.addEventListener("plimsoll-ready", this);
    this.dispatchEvent(
      new CustomEvent("plimsoll-request", {
        bubbles: true,
        composed: true,
        detail: (face) => this.#meet(face),
      }),
    );
    this.#paint();
  }

  disconnectedCallback() {
    document.removeEventListener("plimsoll-ready", this);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#off?.();
    this.#off = this.#face = undefined;
  }

  attributeChangedCallback() {
    if (this.isConnected && this.#bar) this.#paint();
  }

  /** Called by the document for `plimsoll-ready`. */
  handleEvent(event) {
    // A newer instance: the one before may have been destroyed.
    this.#off?.();
    this.#off = this.#face = undefined;
    this.#meet(event.detail);
  }

  #meet(face) {
    if (this.#face || typeof face?.read != "function") return;
    this.#face = face;
    // Figures may change a hundred times a frame; nobody sees more than one of them.
    const heard = () => {
      this.#frame ||= requestAnimationFrame(() => {
        this.#frame = 0;
        this.#paint();
      });
    };
    this.#off = face.on("update", heard);
    this.#paint();
  }

  #build() {
    if (this.#bar) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
    }
    root.adoptedStyleSheets = [sheet];
    this.#words = document.createElement("p");
    this.#words.id = "words";
    this.#words.part = "message";
    // Until there is something better to say, the host's own text stands here.
    this.#words.append(document.createElement("slot"));
    this.#bar = document.createElement("meter");
    this.#bar.part = "meter";
    this.#bar.setAttribute("aria-labelledby", "words");
    root.replaceChildren(this.#words, this.#bar);
  }

  #paint() {
    try {
      const { used, limit } = this.#figures();
      const { locale, ui, meters } = this.#face?.texts() ?? {};
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
      if (this.#face || !this.textContent.trim()) this.#say(words ?? "");
      if (locale) {
        this.#words.lang = locale;
        this.#words.dir = isRightToLeft(locale) ? "rtl" : "ltr";
      }
      this.#bar.max = bounded ? limit : 1;
      this.#bar.value = bounded ? used : 0;
      this.#bar.className = bounded ? tone((100 * used) / limit) : "unlimited";
    } catch {
      // A page is never harmed by a meter that cannot be painted.
    }
  }

  #say(words) {
    if (this.#words.textContent !== words) this.#words.textContent = words;
  }

  /** What is known: the instance's figures, or those of the host's HTML. */
  #figures() {
    const id = this.getAttribute("meter");
    const meters = this.#face?.read()?.meters ?? {};
    if (Object.hasOwn(meters, id)) return meters[id];
    return { used: Number(this.getAttribute("value") ?? 0), limit: Number(this.getAttribute("max")) };
  }
}

/** Registers the element; a second call does nothing. */
export function define() {
  if (!customElements.get("plimsoll-meter")) customElements.define("plimsoll-meter", PlimsollMeter);
}

function tone(percent) {
  if (percent >= 100) return "limit";
  return percent >= URGENT_PERCENT ? "urgent" : percent >= WARNING_PERCENT ? "warning" : "";
}
