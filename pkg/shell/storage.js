//# allFunctionsCalledOnLoad
/**
 * This tab's place in localStorage: one writer for each key, so that no tab overwrites another's. A
 * berth has a memory (`m`), a line of tallies (`t`) and a journal with a key for each event (`q:n`).
 * Every access may throw, at any time: then the berth is closed for good and says so once.
 */
import { ROOT } from "./limits.js";

/** What belongs to one (key, account, user), on this origin; the same in every tab. */
export function scopeOf(...parts) {
  // FNV-1a twice over UTF-16 code units, from two offsets: 64 bits, so that scopes do not meet.
  let [a, b] = [0x811c9dc5, 0x1b873593];
  for (const character of parts.map((part) => `${part.length}:${part}`).join("")) {
    a = Math.imul(a ^ character.codePointAt(0), 0x01000193);
    b = Math.imul(b ^ character.codePointAt(0), 0x01000193) ^ (b >>> 15);
  }
  return hex(a) + hex(b);
}

export const hex = (word) => (word >>> 0).toString(16).padStart(8, "0");

/** The berth of a writer; `prefix` is how the keys of its scope begin. */
export function openBerth(prefix, writer, on_lost) {
  let store;
  const attempt = (access) => {
    try {
      return store && access(store);
    } catch {
      store = undefined;
      on_lost();
      return undefined;
    }
  };
  const own = (name) => `${prefix}${writer}:${name}`;

  /** The parts of a key of the scope, `[berth, name, place?]`; none of any other key. */
  const partsOf = (key) => (key?.startsWith(prefix) ? key.slice(prefix.length).split(":") : []);
  const all = () => attempt((open) => keysOf(open).map(partsOf).filter(([of]) => of)) ?? [];

  const berth = {
    prefix, partsOf,
    is_open: () => !!store,
    write: (name, text) => attempt((open) => open.setItem(own(name), text)),
    remove: (name) => attempt((open) => open.removeItem(own(name))),
    read: (of, name) => attempt((open) => open.getItem(`${prefix}${of}:${name}`)) ?? "",
    /** The other berths of the scope. */
    others: () => [...new Set(all().map(([of]) => of))].filter((of) => of !== writer),
    /** A berth's journal, oldest first. */
    journal: (of) =>
      all()
        .filter(([other, name, place]) => other === of && name === "q" && place)
        .sort((one, other) => one[2] - other[2])
        .map(([, , place]) => berth.read(of, `q:${place}`)),
    /** Forgets another berth whose state has been taken over; a memory nobody can read is set aside. */
    fold: (of, set_aside) =>
      attempt((open) => {
        if (set_aside) open.setItem(`${ROOT}aside:${prefix.slice(ROOT.length, -1)}`, berth.read(of, "m"));
        erase(open, `${prefix}${of}:`);
      }),
  };

  try {
    // Some browsers let one look and throw on the first write.
    const found = globalThis.localStorage;
    found.setItem(own("m"), "");
    store = found;
  } catch {
    // Then everything stays in memory.
  }
  return berth;
}

/** Consent is taken back: nothing of ours stays, in any scope. */
export function eraseAll() {
  try {
    erase(globalThis.localStorage, ROOT);
  } catch {
    // What cannot be reached holds nothing of ours that could be read.
  }
}

const keysOf = (store) => Array.from({ length: store.length }, (_, index) => store.key(index));

function erase(store, prefix) {
  for (const key of keysOf(store)) if (key?.startsWith(prefix)) store.removeItem(key);
}
