/**
 * `<plimsoll-slot name="notices">`: a place of the host's for prompts. It paints nothing and knows no prompt: it says
 * on the document that it is here, or that it has gone, and `shell/places.js` paints into it.
 *
 * `plimsoll-slot` comes from a slot that is there or no longer is, as its `detail`; `plimsoll-painter` from a painter
 * that has just come and knows no slot yet.
 */
import { Base, dress } from "./dress.js";

/** A box that margins do not collapse through, or the first banner would part those around it. */
const CSS = `
:host { display: flow-root }
:host([hidden]) { display: none }`;

export class PlimsollSlot extends Base {
  static observedAttributes = ["name"];

  #sight;

  connectedCallback() {
    if (!this.shadowRoot) dress(this, CSS).append(document.createElement("slot"));
    document.addEventListener("plimsoll-painter", this);
    // In a tab of the host's that is closed it is no place, and comes to be one without being moved.
    this.#sight = new ResizeObserver(() => this.handleEvent());
    this.#sight.observe(this);
    this.handleEvent();
  }

  disconnectedCallback() {
    document.removeEventListener("plimsoll-painter", this);
    this.#sight.disconnect();
    this.handleEvent();
  }

  attributeChangedCallback() {
    if (this.isConnected && this.#sight) this.handleEvent();
  }

  handleEvent() {
    document.dispatchEvent(new CustomEvent("plimsoll-slot", { detail: this }));
  }
}
