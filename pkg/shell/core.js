//# allFunctionsCalledOnLoad
/** Names for the numbers that the core's calls take; their meaning is in `modules/start/src/door.rs`. */

/** Bits of the answer to FLAGS. */
export const LINE = 1;
export const MEMORY = 2;
export const EFFECTS = 4;

/** What a core is told or asked a number for, by `ask`. */
export const ATTEMPT = 0;
export const LIMIT_HIT = 1;
export const EXPLORE = 2;
export const PAINTED = 3;
export const RESPOND = 4;
export const CONVERTED = 5;
export const WAKE = 6;
export const HIDDEN = 7;
export const LEAVING = 8;
export const ONLINE = 9;
export const TOKEN = 10;
export const JOURNAL_VALUE = 11;
export const ADOPT = 12;
export const SNAPSHOT = 13;
export const RECORD = 14;
export const SNAPSHOT_TEXT = 15;
export const SNAPSHOT_NUMBER = 16;
export const RENEW = 17;
export const ABSORB = 18;
export const CONTEXT = 19;
export const ANSWERED = 20;
export const METER = 21;
export const FEATURE = 22;
export const COUNT = 23;
export const RELEASED = 24;
export const WAKE_IN = 25;
export const FLAGS = 26;
export const WANTS_LEASE = 27;
export const GIVEN = 28;
export const CLOSE = 29;
export const FORCE = 30;
export const SIGNAL = 31;
export const SIGNAL_INDEX = 32;
export const BECAUSE = 33;

/** What a core is asked a text for, by `text`. */
export const EFFECT_LIST = 0;
export const LINE_TEXT = 1;
export const MEMORY_TEXT = 2;
export const READING = 3;
export const TRACE = 4;
export const FITS = 6;
export const INTENT = 7;
export const SAMPLE = 8;
