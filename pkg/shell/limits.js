//# allFunctionsCalledOnLoad
/**
 * What has an end, and names that all tabs share. They are in a file of their own, like the core's numbers,
 * because bundlers then write them where they are used.
 */

/** Ids of accounts, users, plans and features are at most this long. Unit: UTF-16 code units, as for the others. */
export const ID_LENGTH_MAX = 256;
/** Ids of meters and features that a call names. */
export const NAME_LENGTH_MAX = 64;
export const ROUTE_LENGTH_MAX = 2048;
/** More meters, features or writers than any policy may have are refused. */
export const LIST_LENGTH_MAX = 1000;
/** Days of a meter that an estimate looks at. */
export const DAYS_MAX = 62;
/** All attributes of an account and a user together, as the core reads them, and how deep they nest. */
export const ATTRIBUTES_LENGTH_MAX = 65_536;
export const ATTRIBUTES_DEPTH_MAX = 8;
/** Ids that the policy does not know are remembered for `explain`, each once. */
export const UNKNOWN_MAX = 50;

/** Timers are set no further ahead than browsers count: past it the page looks again. */
export const TIMER_MAX_MS = 3_600_000;
/** More tabs than this keep their events in memory and interrupt nobody. */
export const BERTHS_MAX = 8;
/** What other tabs wrote is merged at most this often. */
export const MERGE_GAP_MS = 150;
/** The lease is kept this long after the last write, until other tabs can see it. */
export const LEASE_GRACE_MS = 500;

/** How our keys in storage begin. */
export const ROOT = "plimsoll:";
/** One lock for all scopes of the origin: at most one dialog of ours is open in a browser profile. */
export const LEASE = "plimsoll:lease";

/** The format of compiled policies that this package reads, and how they begin. */
export const FORMAT = 1;
export const MAGIC = "PLIM";
/** Sections of a compiled policy. */
export const TEXTS = 2;
export const WORDS = 3;
