/**
 * This tab's place in localStorage: one writer for each key, so that no tab overwrites another's. A
 * berth has a memory (`m`), a line of tallies (`t`) and a journal with a key for each event (`q:n`).
 * Every access may throw, at any time: then the berth is closed for good and says so once.
 */
const ROOT = "plimsoll:";

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

/** A berth in the making: `null` storage means memory only. */
export function openBerth(scope, writer, on_lost) {
  const prefix = `${ROOT}${scope}:`;
  const line_key = `${prefix}${writer}:t`;
  let store;
  try {
    store = globalThis.localStorage;
    // Some browsers let one look and throw on the first write.
    store.setItem(`${prefix}${writer}:m`, "");
  } catch {
    store = undefined;
  }

  const lose = () => {
    if (!store) return;
    store = undefined;
    on_lost();
  };
  const attempt = (access, otherwise) => {
    if (!store) return otherwise;
    try {
      return access(store);
    } catch {
      lose();
      return otherwise;
    }
  };
  const own = (name) => `${prefix}${writer}:${name}`;

  const berth = {
    writer,
    prefix,
    lock: prefix + writer,
    is_open: () => store !== undefined,
    write: (name, text) => attempt((open) => open.setItem(own(name), text)),
    /** The write that every use makes. */
    writeLine(text) {
      if (!store) return;
      try {
        store.setItem(line_key, text);
      } catch {
        lose();
      }
    },
    remove: (name) => attempt((open) => open.removeItem(own(name))),
    read: (of, name) => attempt((open) => open.getItem(`${prefix}${of}:${name}`), null) ?? "",
    /** The other berths of the scope. */
    others() {
      const found = new Set();
      for (const [of] of keys()) if (of !== writer) found.add(of);
      return [...found];
    },
    /** A berth's journal, oldest first. */
    journal: (of) =>
      keys()
        .filter(([other, name, slot]) => other === of && name === "q" && slot)
        .sort((one, other) => one[2] - other[2])
        .map(([, , slot]) => berth.read(of, `q:${slot}`)),
    /** Forgets another berth whose state has been taken over; a memory nobody can read is set aside. */
    fold(of, set_aside) {
      attempt((open) => {
        for (const parts of keys()) {
          const key = prefix + parts.join(":");
          if (parts[0] !== of) continue;
          if (set_aside && parts[1] === "m") open.setItem(`${ROOT}aside:${scope}`, open.getItem(key));
          open.removeItem(key);
        }
      });
    },
    /** Whose key this is, when it is another berth's of this scope: `[berth, name]`. */
    whose(key) {
      const parts = key?.startsWith(prefix) ? key.slice(prefix.length).split(":") : [];
      return parts.length > 1 && parts[0] !== writer ? parts : undefined;
    },
    close: () => void (store = undefined),
  };

  /** The keys of the scope, as `[berth, name, slot?]`. */
  function keys() {
    return attempt((open) => {
      const found = [];
      for (let index = 0; index < open.length; index += 1) {
        const key = open.key(index);
        if (key?.startsWith(prefix)) found.push(key.slice(prefix.length).split(":"));
      }
      return found;
    }, []);
  }
  return berth;
}

/** Consent is taken back: nothing of ours stays, in any scope. */
export function eraseAll() {
  try {
    const store = globalThis.localStorage;
    const keys = Array.from({ length: store.length }, (_, index) => store.key(index));
    for (const key of keys) if (key?.startsWith(ROOT)) store.removeItem(key);
  } catch {
    // What cannot be reached holds nothing of ours that could be read.
  }
}
