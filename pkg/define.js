/** `import "plimsoll/define"` registers the elements. In Node it does nothing. */
import { PlimsollGate } from "./elements/gate.js";
import { PlimsollMeter } from "./elements/meter.js";
import { PlimsollSlot } from "./elements/slot.js";

const ELEMENTS = { "plimsoll-gate": PlimsollGate, "plimsoll-meter": PlimsollMeter, "plimsoll-slot": PlimsollSlot };

/** Registers the elements; a second call does nothing. */
export function define() {
  for (const [name, element] of Object.entries(ELEMENTS)) {
    if (!customElements.get(name)) customElements.define(name, element);
  }
}

if (globalThis.customElements) define();
