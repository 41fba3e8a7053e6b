/**
 * What a stored memory holds, by table: how many rows and how many bytes. It reads the format of
 * `src/engine/memory.rs` just far enough to tell rows apart; what a row means is the engine's.
 */

/** In the order of the tables' numbers, which never changes. */
const TABLES = [
  "clock", "newest snapshot", "features and overages", "figures of meters", "counted by the host", "tallies", "marks of tallies",
  "periods", "armed thresholds", "crossings", "occasions", "exposures", "choices", "explorations", "conversions", "asked admins",
  "days of meters", "days of signals", "arms",
];
const MORE = 64;

/** @returns {{name: string, rows: number, bytes: number}[]} tables that hold something */
export function tablesOf(memory) {
  const tables = TABLES.map((name) => ({ name, rows: 0, bytes: 0 }));
  let at = 0;
  function number() {
    let [value, shift] = [0, 1];
    for (;;) {
      const byte = memory.charCodeAt(at);
      at += 1;
      // Of a row's key no more is read than its length: it has 64 bits.
      value += (byte % MORE) * shift;
      shift *= MORE;
      if (!(byte >= MORE)) return value;
    }
  }
  // Format and checksum.
  number();
  number();
  while (at < memory.length) {
    const from = at;
    const head = number();
    const table = tables[(head >> 1) & 31];
    const numbers = (head & 1 ? 1 : 2) + ((head >> 6) & 7) + 1;
    for (let place = 0; place < numbers; place += 1) number();
    if (!table) return [];
    table.rows += 1;
    table.bytes += at - from;
  }
  return tables.filter(({ rows }) => rows);
}
