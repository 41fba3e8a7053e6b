//# allFunctionsCalledOnLoad
/**
 * What tabs owe each other, by Web Locks: a held lock proves that its berth lives, a free one that it
 * is dead and may be taken over by exactly one tab; one more lock is the lease of the interrupt lane.
 * All are released when the page is put aside, or it could not come back from the back/forward cache.
 */

import { LEASE } from "./limits.js";

/** Resolves to a function that releases the lock, or to nothing when it is not given. */
export function hold(name, options) {
  return new Promise((resolve) => {
    // What it throws, where there are no locks, is a rejection like any other.
    const request = async () => navigator.locks.request(name, options, (lock) => lock && new Promise(resolve));
    request().catch(() => {}).then(resolve);
  });
}

/** How many locks whose names begin so are held, in all tabs. */
export async function countHeld(prefix) {
  try {
    const { held } = await navigator.locks.query();
    return held.filter(({ name }) => name.startsWith(prefix)).length;
  } catch {
    return 0;
  }
}

/** The lease of the interrupt lane: `want`, then `granted` once, until `free`. */
export function makeLease(granted) {
  let waiting;
  let release;
  return {
    is_held: () => !!release,
    async want() {
      if (waiting || release) return;
      const mine = (waiting = new AbortController());
      const given = await hold(LEASE, { signal: mine.signal });
      if (waiting !== mine) return given?.();
      waiting = undefined;
      if (!given) return;
      release = given;
      granted();
    },
    free() {
      waiting?.abort();
      waiting = undefined;
      release?.();
      release = undefined;
    },
  };
}
