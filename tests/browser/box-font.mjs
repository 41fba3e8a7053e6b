/**
 * A font in which every character of every script is the same box, so that a layout is the same on every machine.
 * It is built here, byte by byte, because a font from elsewhere has neither all scripts nor our licence. It knows
 * nothing of what is written in it.
 */

const EM = 1000;
const ASCENT = 800;
const DESCENT = 200;
/** About what the letters of a text font take on average. */
const ADVANCE = 520;
const EDGE = 40;

const u16 = (...values) => values.flatMap((value) => [(value >> 8) & 255, value & 255]);
const u32 = (...values) => values.flatMap((value) => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
const ascii = (text) => [...text].map((letter) => letter.charCodeAt(0));

/** One contour of four corners. */
const box = [
  ...u16(1, EDGE, 0, ADVANCE - EDGE, ASCENT - 100),
  ...u16(3, 0), 1, 1, 1, 1,
  ...u16(EDGE, ADVANCE - 2 * EDGE, 0, 2 * EDGE - ADVANCE), ...u16(0, 0, ASCENT - 100, 0),
];
box.push(...Array((4 - (box.length % 4)) % 4).fill(0));

const names = (family) => {
  const text = [...family].flatMap((letter) => u16(letter.charCodeAt(0)));
  const ids = [1, 2, 4, 6];
  return [...u16(0, ids.length, 6 + 12 * ids.length), ...ids.flatMap((id) => u16(3, 1, 0x409, id, text.length, 0)), ...text];
};

/** Many characters to one glyph: format 13. Joined forms of Arabic are left out, or two letters become one. */
const GROUPS = [[0x20, 0xfaff], [0xff00, 0xffef]];
const cmap = [
  ...u16(0, 1, 3, 10), ...u32(12),
  ...u16(13, 0), ...u32(16 + 12 * GROUPS.length, 0, GROUPS.length),
  ...GROUPS.flatMap(([from, to]) => u32(from, to, 1)),
];

const TABLES = {
  "OS/2": [
    ...u16(4, ADVANCE, 400, 5, 0, 650, 700, 0, 140, 650, 700, 0, 480, 50, 250, 0), ...Array(10).fill(0),
    ...u32(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff), ...ascii("BOX "), ...u16(0x40, 0x20, 0xffef),
    ...u16(ASCENT, -DESCENT, 0, ASCENT, DESCENT), ...u32(1, 0), ...u16(500, 700, 0, 0x20, 1),
  ],
  cmap,
  glyf: [...box, ...box],
  head: [
    ...u32(0x10000, 0x10000, 0, 0x5f0f3cf5), ...u16(0b1011, EM), ...u32(0, 0, 0, 0),
    ...u16(EDGE, 0, ADVANCE - EDGE, ASCENT - 100, 0, 8, 2, 1, 0),
  ],
  hhea: [...u32(0x10000), ...u16(ASCENT, -DESCENT, 0, ADVANCE, EDGE, EDGE, ADVANCE - EDGE, 1, 0, 0, 0, 0, 0, 0, 0, 2)],
  hmtx: u16(ADVANCE, EDGE, ADVANCE, EDGE),
  loca: u32(0, box.length, 2 * box.length),
  maxp: [...u32(0x10000), ...u16(2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)],
  name: names("Box"),
  post: [...u32(0x30000, 0), ...u16(-100, 50), ...u32(0, 0, 0, 0, 0)],
};

function sum(bytes) {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 4) {
    total = (total + ((bytes[at] << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))) >>> 0;
  }
  return total;
}

/** The font file in base64. */
export function boxFont() {
  const entries = Object.entries(TABLES);
  const head = [...u32(0x10000), ...u16(entries.length, 128, 3, entries.length * 16 - 128)];
  let at = head.length + 16 * entries.length;
  const body = [];
  for (const [tag, bytes] of entries) {
    head.push(...ascii(tag), ...u32(sum(bytes), at, bytes.length));
    const padded = [...bytes, ...Array((4 - (bytes.length % 4)) % 4).fill(0)];
    body.push(...padded);
    at += padded.length;
  }
  return Buffer.from([...head, ...body]).toString("base64");
}
