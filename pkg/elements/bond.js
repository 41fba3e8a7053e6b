/**
 * How the elements of a page and a started instance find each other: by two events on the document, so that neither
 * needs a global. It knows no meter and no gate. `plimsoll-ready` comes from an instance that has started (`detail` is
 * its {@link Face}) or has gone (none); `plimsoll-request` is the elements' question, whose `detail` takes a face.
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

/** A page that never starts an instance keeps no more, as with the calls that wait for one in `shell/buffer.js`. */
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

/** An element came into the document; it is painted at once, and again whenever something changes. */
export function join(member) {
  members.add(member);
  if (members.size === 1) document.addEventListener("plimsoll-ready", heard);
  if (face) paint([member]);
  else seek();
}

/** It left. Without elements nothing is listened to. */
export function leave(member) {
  members.delete(member);
  if (members.size) return;
  document.removeEventListener("plimsoll-ready", heard);
  part();
}

/** Tells that a feature was touched: now, or once there is an instance that knows whether the account has it. */
export function explore(feature, step) {
  if (early.length < PRESSES_MAX) early.push([feature, step]);
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
  if (detail) meet(detail);
  // The instance has gone: there may be another.
  if (!face) seek();
}

function seek() {
  document.dispatchEvent(new CustomEvent("plimsoll-request", { detail: meet }));
  if (!face) paint(members);
}

function part() {
  off?.();
  cancelAnimationFrame(frame);
  frame = 0;
  off = face = undefined;
}

/** @param {Face} found */
function meet(found) {
  if (face || typeof found?.read != "function") return;
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
}
