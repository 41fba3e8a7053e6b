/**
 * How the elements of a page and a started instance find each other: by two events on the document, so that neither
 * needs a global. It knows no meter and no gate. `plimsoll-ready` comes from an instance that has started (`detail` is
 * its {@link Face}), or has gone or been reset (none); `plimsoll-request` is the elements' question, whose `detail`
 * takes a face: of several that answer the last, which started last.
 *
 * @typedef {object} Face what an instance shows to elements
 * @property {() => {plan?: string, meters: Record<string, Figures>, features: Record<string, boolean>}} read
 * @property {(name: "update", heard: () => void) => () => void} on
 * @property {(feature: string, step?: any) => void} explore
 * @property {() => {locale: string, ui: object, meters: object[], features: object[], plans: object[]}} texts what the
 *   instance says in its locale: the built-in texts by id, and the names of meters, features and plans
 *
 * @typedef {object} Figures
 * @property {number} used
 * @property {number | "unlimited" | "none"} [limit]
 * @property {{date: number, from: number, until: number}} [projection]
 *
 * @typedef {object} Standing what an element paints by, once there is an instance
 * @property {ReturnType<Face["read"]>} reading
 * @property {ReturnType<Face["texts"]>} texts
 */

/** As of the calls that wait in `shell/buffer.js`; a number of its own, since a shared file costs React more bytes. */
const PRESSES_MAX = 500;

/** The elements that are in the document; all of them paint by the same figures. */
const members = new Set();

/** @type {Face | undefined} */
let face;
let off;
let frame = 0;
/**
 * What was touched before there was an instance that knows the account's plan.
 * @type {[feature: string, step?: string][]}
 */
const early = [];
let is_full = false;

/** An element came into the document; it is painted at once, and again whenever something changes. */
export function join(member) {
  members.add(member);
  document.addEventListener("plimsoll-ready", heard);
  if (face) paint([member]);
  else seek();
}

/** It left. */
export function leave(member) {
  members.delete(member);
  rest();
}

/** Without elements, and with no press to tell, nothing is listened to. */
function rest() {
  if (members.size || early.length) return;
  document.removeEventListener("plimsoll-ready", heard);
  part();
}

/** Tells that a feature was touched: now, or once there is an instance that knows whether the account has it. */
export function explore(feature, step) {
  if (early.length < PRESSES_MAX) early.push([feature, step]);
  else if (!is_full) {
    is_full = true;
    console.warn(`plimsoll: over ${PRESSES_MAX} presses before a plan is known [calls_dropped]`);
  }
  if (face) tell(face.read());
}

/** @param {ReturnType<Face["read"]>} reading */
function tell({ plan }) {
  if (plan === undefined) return;
  // A listener of the host's may press again meanwhile: that comes after what was pressed before.
  while (face && early.length) face.explore(...early.shift());
}

/** @param {any} event */
function heard({ detail }) {
  part();
  // Whose presses they were is not who comes next.
  if (!detail) early.length = 0;
  if (isFace(detail)) meet(detail);
  // The instance has gone: there may be another.
  else seek();
}

const isFace = (found) => typeof found?.read == "function";

function seek() {
  let last;
  const detail = (found) => {
    if (isFace(found)) last = found;
  };
  document.dispatchEvent(new CustomEvent("plimsoll-request", { detail }));
  if (last) meet(last);
  else paint(members);
  rest();
}

function part() {
  off?.();
  cancelAnimationFrame(frame);
  frame = 0;
  off = face = undefined;
}

/** @param {Face} found */
function meet(found) {
  face = found;
  off = face.on("update", changed);
  paint(members);
}

/** Figures may change a hundred times a frame; nobody sees more than one of them. */
function changed() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    paint(members);
  });
}

function paint(some) {
  const standing = face && { reading: face.read(), texts: face.texts() };
  if (standing) tell(standing.reading);
  for (const member of [...some]) {
    try {
      member.paint(standing);
    } catch {
      // A page is never harmed by an element that cannot be painted.
    }
  }
  rest();
}
