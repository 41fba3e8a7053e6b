//# allFunctionsCalledOnLoad
/**
 * `start` loads the WebAssembly core, makes an instance for this tab, and hands it to the host.
 * Importing has no side effect and works in Node. Errors are thrown by `start` alone; what an
 * instance does is in `shell/instance.js`, how each part meets the browser in its neighbours.
 */
import { loadCore } from "./shell/door.js";
import { PlimsollError, inFull } from "./shell/error.js";
import { makeInstance } from "./shell/instance.js";
import { loadPolicy } from "./shell/load.js";
import { readOptions } from "./shell/options.js";

export { PlimsollError };

/**
 * @param {import("./index.js").Options} options see index.d.ts
 * @returns {Promise<import("./index.js").Plimsoll>}
 */
export async function start(options) {
  try {
    const read = readOptions(options);
    const [policy] = await Promise.all([loadPolicy(read), loadCore(read.wasm)]);
    return await makeInstance(read, policy);
  } catch (error) {
    throw await inFull(error);
  }
}
