/**
 * Stands in for an instance until there is one: takes its calls, answers neutrally, and makes them again, in order,
 * once it has started. It decides nothing and knows no framework; React's hooks use it, and `start` loads nothing
 * of it.
 */
import { NEUTRAL } from "./neutral.js";

/** Calls that wait are at most so many; a page that never starts an instance keeps no more. */
export const CALLS_MAX = 500;

/** What asks and changes nothing is answered at once, and not again. */
const QUESTIONS = ["fits", "read", "explain"];
const CALLS = [
  ...Object.keys(NEUTRAL),
  "limitHit", "explore", "signal", "converted", "sync", "context", "consent", "painted", "respond", "reset", "destroy",
];

/**
 * `calls` are those of an instance, and stay the same objects; `open` gives them an instance, `close` makes them do
 * nothing from then on.
 */
export function makeBuffer() {
  let instance;
  let is_closed = false;
  let is_full = false;
  /** What waits, each as a function of the instance. */
  let waiting = [];

  function wait(call) {
    if (is_closed) return;
    if (waiting.length < CALLS_MAX) return waiting.push(call);
    if (!is_full) console.warn(`plimsoll: over ${CALLS_MAX} calls before \`start\` [calls_dropped]`);
    is_full = true;
  }

  const callOf = (name) => (...given) => {
    if (instance) return instance[name](...given);
    if (!QUESTIONS.includes(name)) wait((made) => made[name](...given));
    return NEUTRAL[name]?.();
  };

  const calls = /** @type {import("../index.js").Plimsoll} */ ({
    ...Object.fromEntries(CALLS.map((name) => [name, callOf(name)])),
    on(name, heard) {
      if (instance) return instance.on(name, heard);
      let off = () => (off = undefined);
      wait((made) => off && (off = made.on(name, heard)));
      return () => off?.();
    },
  });

  return {
    calls: Object.freeze(calls),
    open(made) {
      // A listener may call again meanwhile: what it says comes after what was said before.
      while (waiting.length) waiting.shift()(made);
      if (!is_closed) instance = made;
    },
    close() {
      is_closed = true;
      instance = undefined;
      waiting = [];
    },
  };
}
