/**
 * Recordings, format 1 of docs/replay.md, written and read: what a page was told, in few characters. It is the same
 * format as `src/recording`'s, which `plimsoll replay` reads; a test holds both to each other. The debug panel writes
 * one when a trace is exported, `plimsoll/testing` reads it; no page loads it otherwise.
 */

const MARK = "R1";
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const COLUMNS = 8;
/** A recording of more characters goes on by counting what it leaves out. */
const BODY_MAX = 500_000;

/** What an entry is about: its first number. */
export const ENTRY = {
  USE: 0, RELEASE: 1, ATTEMPT: 2, LIMIT_HIT: 3, EXPLORE: 4, PAINTED: 5, RESPOND: 6, CONVERTED: 7, CONTEXT: 8, SNAPSHOT: 9, LEFT_OUT: 10,
  SIGNAL: 11, BECAUSE: 12,
};
/** How many names and how many numbers an entry has, by what it is about; a snapshot is written otherwise. */
const SHAPES = [[1, 1], [1, 1], [1, 1], [1, 0], [1, 1], [2, 1], [2, 1], [0, 1], [0, 2], [], [0, 1], [1, 1], [2, 1]];

/** Tables of a snapshot's rows. */
export const LISTED = 2;
export const FIGURE = 3;
export const COVER = 4;
const MOST = 2n ** 53n - 1n;

/** The key of an id: FNV-1a of its UTF-8, 32 bits. */
export function keyOf(id) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(id)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

const columns = () => Array(COLUMNS).fill(0n);

/** A snapshot of which nothing is said yet. */
export const emptySnapshot = () => ({ plan: 0, facts: [-1n, 0n, 0n, 0n, 1n, 0n, 0n, 0n], rows: [], daily: [] });

/** Says a row of a snapshot, `[a, b]` in its table: as `Snapshot::row`. */
export function addRow(snapshot, table, a, b) {
  const v = columns();
  if (table === FIGURE) v[4] = v[5] = -1n;
  const last = snapshot.rows.at(-1);
  if (table === COVER && last) {
    a = last.a;
    // The lowest bit of what was used says that writers were counted.
    if (last.table === FIGURE) last.v[4] |= 1n;
  }
  snapshot.rows.push({ table, a: BigInt(a), b: BigInt(b), v });
}

/** Says a number of a snapshot, of the row that was begun last from the eighth on: as `Snapshot::number`. */
export function addNumber(snapshot, place, value) {
  const number = BigInt(Math.trunc(value));
  const said = number < -2n ? -2n : number > MOST ? MOST : number;
  if (place < COLUMNS) return void (snapshot.facts[place] = said);
  const row = snapshot.rows.at(-1);
  if (!row) return;
  if (place === 14) snapshot.daily.push([row.a, said]);
  else row.v[(place & 3) | 4] = place === 8 ? said * 2n : said;
}

/** What a row is written as a difference from: itself the time before, else the last of its table. */
function baseOf({ table, a, b }, known, earlier) {
  const itself = known.find((row) => row.table === table && row.a === a && row.b === b);
  return (itself ?? earlier.findLast((row) => row.table === table))?.v ?? columns();
}

const fold = (number) => (number < 0n ? -2n * number - 1n : 2n * number);
const unfold = (number) => (number & 1n ? -((number + 1n) >> 1n) : number >> 1n);

/** Writes what a page is told; `take()` gives it as a text. */
export function makeRecorder() {
  let body = "";
  let count = 0;
  let last_ms = 0;
  let left_out = 0;
  let names = [];
  let known = emptySnapshot();
  let context = "";

  function push(number) {
    let rest = BigInt(number);
    do {
      const digit = Number(rest & 31n);
      rest >>= 5n;
      body += DIGITS[rest ? digit | 32 : digit];
    } while (rest);
  }

  function name(given) {
    const wanted = BigInt(given);
    const place = names.indexOf(wanted);
    push(place < 0 ? names.length : place);
    if (place >= 0) return;
    names.push(wanted);
    push(wanted);
  }

  /** Whether there is room; when there is, the entry is begun. */
  function begin(kind, { wall_ms, mono_ms }) {
    if (body.length > BODY_MAX) {
      left_out += 1;
      return false;
    }
    const at_ms = Math.trunc(mono_ms);
    if (!body) {
      for (const number of [0, Math.trunc(wall_ms), at_ms]) push(number);
      last_ms = at_ms;
    }
    count += 1;
    push(kind);
    push(Math.max(0, at_ms - last_ms));
    last_ms = Math.max(last_ms, at_ms);
    return true;
  }

  function changes(number, own, others) {
    const head = own.reduce((bits, column, place) => (column === others[place] ? bits : bits | (1 << place)), 0);
    push((head << 5) | number);
    own.forEach((column, place) => column === others[place] || push(fold(column - others[place])));
  }

  return {
    /** Ids and writers as `given`, keys of ids as `keyOf` makes them; a number that may be negative comes folded. */
    entry(kind, at, given, numbers) {
      if (!begin(kind, at)) return;
      given.forEach(name);
      numbers.forEach(push);
    },
    context(at, bits, offset_minutes) {
      const said = `${bits} ${offset_minutes}`;
      if (said !== context) this.entry(ENTRY.CONTEXT, at, [], [bits, fold(BigInt(offset_minutes))]);
      context = said;
    },
    snapshot(at, snapshot) {
      if (!begin(ENTRY.SNAPSHOT, at)) return;
      name(snapshot.plan);
      changes(0, snapshot.facts, known.facts);
      push(snapshot.rows.length);
      snapshot.rows.forEach((row, place) => {
        changes(row.table, row.v, baseOf(row, known.rows, snapshot.rows.slice(0, place)));
        name(row.a);
        name(row.b);
      });
      const is_same = `${snapshot.daily}` === `${known.daily}`;
      push(is_same ? 0 : snapshot.daily.length + 1);
      let before = 0n;
      if (!is_same) {
        for (const [meter, figure] of snapshot.daily) {
          name(meter);
          push(fold(figure - before));
          before = figure;
        }
      }
      known = snapshot;
    },
    /** What was recorded so far; it goes on afterwards. */
    take() {
      const [was, counted] = [body, count];
      if (left_out) {
        count += 1;
        for (const number of [ENTRY.LEFT_OUT, 0, left_out]) push(number);
      }
      const whole = body;
      body = MARK;
      for (const number of [whole.length, count, keyOf(whole)]) push(number);
      const text = body + whole;
      [body, count] = [was, counted];
      return text;
    },
  };
}

/**
 * Reads a recording: `{wall_ms, mono_ms, kind, names, numbers, snapshot?}` for each entry, in order. Nothing when the
 * text is no recording of this format, is not whole or was changed.
 */
export function readRecording(text) {
  let at = MARK.length;
  if (typeof text != "string" || !text.startsWith(MARK)) return undefined;

  function number() {
    for (let [value, shift] = [0n, 0n]; shift < 64n; shift += 5n) {
      const digit = DIGITS.indexOf(text[at] ?? "?");
      if (digit < 0) throw new TypeError("cut");
      at += 1;
      value |= BigInt(digit & 31) << shift;
      if (digit < 32) return value;
    }
    throw new TypeError("too large");
  }

  const names = [];
  function name() {
    const place = Number(number());
    if (place === names.length) names.push(number());
    if (place >= names.length) throw new TypeError("unknown name");
    return names[place];
  }

  function changes() {
    const head = Number(number());
    const found = columns().map((none, place) => ((head >> (5 + place)) & 1 ? unfold(number()) : none));
    return { table: head & 31, over: (base) => base.map((column, place) => column + found[place]) };
  }

  let known = emptySnapshot();
  function snapshot() {
    const made = { ...emptySnapshot(), plan: Number(name()) };
    made.facts = changes().over(known.facts);
    for (let rows = number(); rows > 0n; rows -= 1n) {
      const { table, over } = changes();
      const row = { table, a: name(), b: name() };
      made.rows.push({ ...row, v: over(baseOf(row, known.rows, made.rows)) });
    }
    const days = number();
    if (days === 0n) made.daily = known.daily;
    let figure = 0n;
    for (let day = 1n; day < days; day += 1n) {
      const meter = name();
      figure += unfold(number());
      made.daily.push([meter, figure]);
    }
    return (known = made);
  }

  try {
    const [length, count, sum] = [number(), number(), number()];
    if (BigInt(text.length - at) !== length || BigInt(keyOf(text.slice(at))) !== sum) return undefined;
    number();
    let [wall_ms, mono_ms] = [Number(number()), Number(number())];
    const moments = [];
    while (moments.length < Number(count)) {
      const kind = Number(number());
      const after_ms = Number(number());
      wall_ms += after_ms;
      mono_ms += after_ms;
      const [names_count, numbers_count] = SHAPES[kind];
      const moment = { wall_ms, mono_ms, kind };
      if (kind === ENTRY.SNAPSHOT) moments.push({ ...moment, names: [], numbers: [], snapshot: snapshot() });
      else {
        const own = Array.from({ length: names_count }, () => Number(name()));
        const numbers = Array.from({ length: numbers_count }, number);
        if (kind === ENTRY.CONTEXT) numbers[1] = unfold(numbers[1]);
        moments.push({ ...moment, names: own, numbers: numbers.map(Number) });
      }
    }
    return moments;
  } catch {
    return undefined;
  }
}
