//# allFunctionsCalledOnLoad
/**
 * A tab's mooring: it takes a berth in storage, takes in what other berths hold and what they write,
 * takes over those whose tab is dead, and holds the lease of the interrupt lane. What is remembered
 * is the core's to say; how storage and locks behave is in `storage.js` and `tabs.js`.
 */
import { ABSORB, ADOPT, GIVEN, JOURNAL_VALUE, MEMORY, WANTS_LEASE } from "./core.js";
import { BERTHS_MAX, LEASE_GRACE_MS, MERGE_GAP_MS, ROOT } from "./limits.js";
import { openBerth, scopeOf } from "./storage.js";
import { countHeld, hold, makeLease } from "./tabs.js";

/** @param tab the session: `ask`, `look`, `settle`, `persist`, `report`, `guarded`, `scope`, `writer` … */
export function makeMooring(tab) {
  const { guarded, look, report } = tab;
  let berth;
  let unlock;
  let watching = new AbortController();
  let watched;
  let is_crowded = false;
  let written_at = 0;
  let merge_timer;
  let lease_timer;
  const changed = new Set();

  const is_open = () => !!berth?.is_open();

  const lease = makeLease(() =>
    guarded(() => {
      meet();
      look();
    }));

  const others = () => (is_open() ? berth.others() : []);

  const meet = () => others().forEach(absorb);

  /**
   * Takes a berth and all that others know. Before the core has begun it remembers; after, it merges.
   * Without Web Locks nothing proves that a berth is dead: then all are folded into this one, which
   * loses nothing, because what is sent twice counts once.
   */
  async function take() {
    const concerns = tab.watchGeneration();
    const writer = tab.writer();
    const prefix = `${ROOT}${scopeOf(...tab.scope())}:`;
    const given = await hold(prefix + writer, { ifAvailable: true });
    is_crowded = !!given && (await countHeld(prefix)) > BERTHS_MAX;
    if (is_crowded || !concerns() || !tab.mayStore()) return given?.();
    berth = openBerth(prefix, writer, lost);
    unlock = given;
    if (!is_open()) return lost();
    for (const of of others()) {
      if (!absorb(of)) report("memory_unreadable", "");
    }
    watching = new AbortController();
    watched = new Set();
  }

  function absorb(of) {
    const [memory, line] = [berth.read(of, "m"), berth.read(of, "t")];
    tab.ask(GIVEN, line);
    return tab.ask(ABSORB, memory);
  }

  /** Each other berth is taken over by the one who gets its lock, and that is when its tab is dead. */
  const watch = () => others().forEach((of) => (globalThis.navigator?.locks ? inherit(of) : adopt(of, "")));

  async function inherit(of) {
    if (watched.has(of)) return;
    watched.add(of);
    const concerns = tab.watchGeneration();
    const given = await hold(berth.prefix + of, { signal: watching.signal });
    if (!given) return;
    guarded(() => concerns() && is_open() && adopt(of, of));
    given();
    watched.delete(of);
  }

  function adopt(of, proven_writer) {
    const is_readable = absorb(of);
    for (const value of berth.journal(of)) tab.ask(JOURNAL_VALUE, value);
    tab.ask(ADOPT, proven_writer);
    tab.settle();
    tab.persist(MEMORY);
    if (is_open()) berth.fold(of, !is_readable);
  }

  /** The browser says that another tab has written. */
  function heard({ key, newValue, storageArea }) {
    if (!is_open() || storageArea !== localStorage) return;
    const [of, name] = berth.partsOf(key);
    if (of && of !== tab.writer() && newValue !== null) {
      if (unlock) inherit(of);
      if (name === "q") return;
      changed.add(of);
      merge_timer ??= setTimeout(() => {
        merge_timer = undefined;
        guarded(() => {
          if (!is_open()) return;
          changed.forEach(absorb);
          changed.clear();
          tab.settle();
        });
      }, MERGE_GAP_MS);
    } else if (unlock && of === tab.writer() && name === "m" && newValue === null) {
      // Nobody may take over a berth whose lock is held: another tab has taken the consent back.
      tab.setConsent("denied");
    }
  }

  function lost() {
    report("storage_lost", "");
    if (tab.hasBegun()) guarded(look);
  }

  function wantLease(wanted) {
    clearTimeout(lease_timer);
    // What is never granted waits for nobody: an attempt is answered by a toast.
    if (wanted && !tab.isHeadless() && !globalThis.HTMLDialogElement?.prototype.showModal) return report("dialog_missing", "");
    if (wanted) return void (is_open() && lease.want());
    const wait_ms = lease.is_held() ? written_at + LEASE_GRACE_MS - performance.now() : 0;
    lease_timer = setTimeout(() => guarded(() => {
      if (tab.ask(WANTS_LEASE)) return;
      const was_held = lease.is_held();
      lease.free();
      if (was_held) look();
    }), wait_ms);
  }

  /** Gives up what proves that this tab lives; the berth is still read and written. */
  function leave() {
    watching.abort();
    lease.free();
    clearTimeout(lease_timer);
    clearTimeout(merge_timer);
    merge_timer = undefined;
    unlock?.();
    unlock = undefined;
  }

  return {
    take, watch, meet, heard, wantLease, leave, is_open,
    is_leased: lease.is_held,
    is_crowded: () => is_crowded,
    write(name, value) {
      berth?.write(name, value);
      written_at = performance.now();
    },
    remove: (name) => berth?.remove(name),
    close() {
      leave();
      berth = undefined;
    },
  };
}
