/** Names for the numbers that the core's calls take; their meaning is in `modules/start/src/lib.rs`. */

/** Bits of `Core.flags`. */
export const LINE = 1;
export const MEMORY = 2;
export const EFFECTS = 4;

/** Kinds of `Core.index`. */
export const METER = 0;
export const FEATURE = 1;

/** Kinds of `Core.tell`. */
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

/** Kinds of `Core.text`. */
export const EFFECT_LIST = 0;
export const LINE_TEXT = 1;
export const MEMORY_TEXT = 2;
export const READING = 3;
export const TRACE = 4;
export const TEXTS = 5;
