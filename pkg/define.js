/** `import "plimsoll/define"` registers the elements. In Node it does nothing. */
import { define } from "./element.js";

export { define };

if (globalThis.customElements) define();
