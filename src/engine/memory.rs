//! What survives a reload: sorted rows of integers, described by one table of columns.
//! Owns the encoding and the merge; knows nothing of what the rows mean to a decision.
//! `usage`, `ledger` and `account` read and write rows; the start module stores the bytes.
//!
//! Memory is a join-semilattice: each row merges column by column, by a rule that is commutative,
//! associative and idempotent, so memories of tabs and devices merge in any order, any number of
//! times, to the same state. Merging never drops a row; bounding the state is [`super::compact`]'s work.

use crate::unit::{Key, Writer, fnv32};

/// The format this version writes.
pub const FORMAT: u8 = 1;
/// Columns of the widest table.
pub const COLUMNS: usize = 8;
/// More rows than any bounded memory has: a stored memory that claims more is damaged.
const ROWS_MAX: usize = 65_536;

/// One line of a table.
pub type Columns = [i64; COLUMNS];

/// The tables. The number is part of the stored format: it never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    /// Engine time when last stored: [newest server time, engine time, wall clock then].
    Clock = 0,
    /// The newest snapshot. Row 0: [order x3, server time, epoch, plan key, flags, trial end];
    /// row 1: [order x3, server time, account made, user made].
    Snapshot = 1,
    /// A feature (a = 1) or accepted overage (a = 2) of the newest snapshot, b the key: [order x3, server time].
    Listed = 2,
    /// A meter's figure, a the key: [order x3, as of, used x2 + counted, limit, period start, period end].
    Figure = 3,
    /// What the host's server counted of a writer; a meter, b writer: [order x3, as of, added, released].
    Cover = 4,
    /// A writer's tally; a meter, b writer: [added, released, flushed added, flushed released].
    Tally = 5,
    /// The tally at a second; a writer, b meter << 32 | second: [added, released, milliseconds].
    Mark = 6,
    /// A period of a meter that was seen; a meter << 32 | epoch's hash, b period start:
    /// [highest usage, period end, epoch].
    Span = 7,
    /// A threshold's armed state for a level; a span id, b threshold: [2 x rise + fired].
    Rise = 8,
    /// A crossing; a span id, b threshold << 16 | rise: [kind, -first seen].
    Crossing = 9,
    /// What became of a crossing, limit hit or exploration; a its id:
    /// [-first rendered, prompt that spent it; answered, showings, last stamp].
    Occasion = 10,
    /// A showing; a its id: [prompt << 32 | subject, occasion, rendered, seen, closed, closed at, surface, epoch].
    Exposure = 11,
    /// What a person chose; a prompt << 32 | subject: [epoch: times later, until, said; never until, said].
    Choice = 12,
    /// An exploration; a feature << 8 | step, b time: [1].
    Explored = 13,
    /// A reported purchase: [from epoch, at].
    Converted = 14,
    /// A request to the admin; a the need: [at].
    Asked = 15,
}

struct Rule {
    columns: usize,
    /// The first so many columns are compared as one, left to right; the larger wins whole.
    together: usize,
    /// So many columns after them go with the larger; where those are equal, each is merged on its own.
    led: usize,
    /// Bits of later columns in which the smallest value other than 0 wins; in others the largest.
    earliest: u8,
}

const RULES: [Rule; 16] = [
    Rule {
        columns: 3,
        together: 3,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 8,
        together: 8,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 4,
        together: 4,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 8,
        together: 8,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 6,
        together: 6,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 4,
        together: 0,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 3,
        together: 0,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 3,
        together: 0,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 1,
        together: 0,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 2,
        together: 0,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 5,
        together: 2,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 8,
        together: 0,
        led: 0,
        earliest: 0b0010_1100,
    },
    Rule {
        columns: 6,
        together: 1,
        led: 3,
        earliest: 0,
    },
    Rule {
        columns: 1,
        together: 0,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 2,
        together: 2,
        led: 0,
        earliest: 0,
    },
    Rule {
        columns: 1,
        together: 0,
        led: 0,
        earliest: 0,
    },
];

impl Table {
    const ALL: [Self; 16] = [
        Self::Clock,
        Self::Snapshot,
        Self::Listed,
        Self::Figure,
        Self::Cover,
        Self::Tally,
        Self::Mark,
        Self::Span,
        Self::Rise,
        Self::Crossing,
        Self::Occasion,
        Self::Exposure,
        Self::Choice,
        Self::Explored,
        Self::Converted,
        Self::Asked,
    ];

    fn rule(self) -> &'static Rule {
        RULES.get(self as usize).unwrap_or(&RULES[0])
    }
}

/// A row: its place and its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its table.
    pub table: Table,
    /// First half of its key.
    pub a: u64,
    /// Second half of its key.
    pub b: u64,
    /// Its columns; those the table does not have are 0.
    pub v: Columns,
}

impl Row {
    fn place(&self) -> (Table, u64, u64) {
        (self.table, self.a, self.b)
    }

    fn join(&mut self, other: &Columns) {
        let rule = self.table.rule();
        let order = other.get(..rule.together).cmp(&self.v.get(..rule.together));
        let with_led = rule.together.wrapping_add(rule.led);
        if order.is_gt()
            && let (Some(mine), Some(theirs)) = (self.v.get_mut(..with_led), other.get(..with_led))
        {
            mine.copy_from_slice(theirs);
        }
        let decided = if order.is_eq() {
            rule.together
        } else {
            with_led
        };
        let rest = self.v.iter_mut().zip(other).enumerate().skip(decided);
        for (column, (mine, theirs)) in rest {
            let earliest = rule.earliest & (1_u8.checked_shl(column as u32).unwrap_or(0)) != 0;
            if fault!(17) && self.table == Table::Choice && column == 4 {
                *mine = (*mine).min(*theirs);
                continue;
            }
            *mine = match (earliest, *mine, *theirs) {
                (true, 0, theirs) => theirs,
                (true, mine, 0) => mine,
                (true, mine, theirs) => mine.min(theirs),
                (false, mine, theirs) => mine.max(theirs),
            };
        }
    }
}

/// What the engine remembers across reloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    rows: Vec<Row>,
}

/// Why stored bytes are not a memory. The bytes are set aside, not erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryError {
    /// Written by a newer version.
    Format(u8),
    /// Cut or changed.
    Damaged,
}

impl Memory {
    /// A row's columns.
    #[must_use]
    pub fn find(&self, table: Table, a: u64, b: u64) -> Option<&Columns> {
        let at = self.search(table, a, b).ok()?;
        self.rows.get(at).map(|row| &row.v)
    }

    /// All rows, by table and key.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// All rows of a table with this first half of the key, by the second.
    #[must_use]
    pub fn under(&self, table: Table, a: u64) -> &[Row] {
        self.between((table, a, 0), (table, a, u64::MAX))
    }

    /// All rows of a table.
    #[must_use]
    pub fn table(&self, table: Table) -> &[Row] {
        self.between((table, 0, 0), (table, u64::MAX, u64::MAX))
    }

    /// The last row of a table at or before a place with the same first half.
    #[must_use]
    pub fn last_until(&self, table: Table, a: u64, b: u64) -> Option<&Row> {
        let end = self
            .rows
            .partition_point(|row| row.place() <= (table, a, b));
        let row = self.rows.get(end.checked_sub(1)?)?;
        (row.table == table && row.a == a).then_some(row)
    }

    /// Joins columns into a row, making it when it is not there. Answers whether anything changed.
    pub fn join(&mut self, table: Table, a: u64, b: u64, v: Columns) -> bool {
        match self.search(table, a, b) {
            Ok(at) => match self.rows.get_mut(at) {
                Some(row) => {
                    let before = row.v;
                    row.join(&v);
                    row.v != before
                }
                None => false,
            },
            Err(at) => {
                self.rows.insert(at, Row { table, a, b, v });
                true
            }
        }
    }

    /// Joins another memory into this one. Answers whether anything changed.
    pub fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        let mut merged = Vec::with_capacity(self.rows.len().max(other.rows.len()));
        let mut mine = core::mem::take(&mut self.rows).into_iter().peekable();
        let mut theirs = other.rows.iter().peekable();
        loop {
            let order = match (mine.peek(), theirs.peek()) {
                (Some(mine), Some(theirs)) => mine.place().cmp(&theirs.place()),
                (Some(_), None) => core::cmp::Ordering::Less,
                (None, Some(_)) => core::cmp::Ordering::Greater,
                (None, None) => break,
            };
            if order.is_gt() {
                let theirs = theirs.next().copied();
                if fault!(6) && theirs.is_some_and(|row| row.table == Table::Exposure) {
                    continue;
                }
                changed = true;
                merged.extend(theirs);
            } else if let Some(mut row) = mine.next() {
                if order.is_eq()
                    && let Some(other) = theirs.next()
                {
                    let before = row.v;
                    if !(fault!(23) && row.table == Table::Mark) {
                        row.join(&other.v);
                    }
                    if fault!(22) && row.table == Table::Tally {
                        row.v[0] = before[0].wrapping_add(other.v[0]);
                    }
                    changed |= row.v != before;
                }
                merged.push(row);
            }
        }
        self.rows = merged;
        changed
    }

    /// Keeps the rows that `keep` says. Only for bounding: dropping a row is no merge.
    pub fn retain(&mut self, keep: impl FnMut(&Row) -> bool) {
        self.rows.retain(keep);
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The stored form: format, rows, checksum.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        push_varint(&mut bytes, self.rows.len() as u64);
        let mut last = (Table::Clock, 0, 0);
        for row in &self.rows {
            // One byte says the table and which halves of the key are those of the row before.
            let same_a = row.table == last.0 && row.a == last.1;
            bytes.push(row.table as u8 | (u8::from(same_a) << 6));
            if !same_a {
                push_varint(&mut bytes, row.a);
            }
            push_varint(
                &mut bytes,
                if same_a {
                    row.b.wrapping_sub(last.2)
                } else {
                    row.b
                },
            );
            for value in row.v.iter().take(row.table.rule().columns) {
                let forgotten = fault!(16) && row.table == Table::Choice && *value == row.v[4];
                push_varint(&mut bytes, if forgotten { 0 } else { zigzag(*value) });
            }
            last = row.place();
        }
        let checksum = fnv32(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// When the bytes are of a newer format, cut or changed. No bytes at all are an empty memory.
    pub fn decode(bytes: &[u8]) -> Result<Self, MemoryError> {
        let Some(format) = bytes.first() else {
            return Ok(Self::default());
        };
        if *format > FORMAT {
            return Err(MemoryError::Format(*format));
        }
        let (body, checksum) = bytes.split_last_chunk::<4>().ok_or(MemoryError::Damaged)?;
        if fnv32(body) != u32::from_le_bytes(*checksum) && !fault!(27) {
            return Err(MemoryError::Damaged);
        }
        let mut reader = Reader(body.get(1..).unwrap_or_default());
        reader.rows().ok_or(MemoryError::Damaged)
    }

    /// The own writer's tallies as one short line, for the write that every use makes.
    #[must_use]
    pub fn hot_line(&self, writer: Writer) -> String {
        let mut line = String::new();
        crate::json::push_hex(&mut line, writer.0);
        for row in self
            .table(Table::Tally)
            .iter()
            .filter(|row| row.b == writer.0)
        {
            let meter = u32::try_from(row.a).unwrap_or(0);
            let mark = self.last_until(Table::Mark, writer.0, mark_key(Key(meter), u32::MAX));
            let second = mark.map_or(0, |mark| mark.b & 0xffff_ffff);
            let milliseconds = mark.map_or(0, |mark| mark.v[2]);
            line.push(';');
            let numbers = [
                row.a as i64,
                row.v[0],
                row.v[1],
                second as i64,
                milliseconds,
            ];
            for (index, number) in numbers.into_iter().enumerate() {
                if index > 0 {
                    line.push(':');
                }
                crate::json::push_number(&mut line, number);
            }
        }
        line
    }

    /// Joins a line made by [`Memory::hot_line`]; what does not read is left out.
    pub fn absorb_line(&mut self, line: &str) -> bool {
        let mut parts = line.split(';');
        let Some(writer) = parts.next().and_then(crate::json::read_hex) else {
            return false;
        };
        let mut changed = false;
        for part in parts {
            let mut numbers = part
                .split(':')
                .map(|number| number.parse::<i64>().unwrap_or(-1));
            let mut next = || numbers.next().unwrap_or(-1);
            let (meter, added, released, second, ms) = (next(), next(), next(), next(), next());
            let fine = [added, released, second, ms]
                .into_iter()
                .all(|number| number >= 0);
            let (Ok(meter), Ok(second), true) = (u32::try_from(meter), u32::try_from(second), fine)
            else {
                continue;
            };
            changed |= self.join(
                Table::Tally,
                u64::from(meter),
                writer,
                columns([added, released]),
            );
            let mark = columns([added, released, ms]);
            changed |= self.join(Table::Mark, writer, mark_key(Key(meter), second), mark);
        }
        changed
    }

    fn search(&self, table: Table, a: u64, b: u64) -> Result<usize, usize> {
        self.rows
            .binary_search_by(|row| row.place().cmp(&(table, a, b)))
    }

    fn between(&self, from: (Table, u64, u64), to: (Table, u64, u64)) -> &[Row] {
        let start = self.rows.partition_point(|row| row.place() < from);
        let end = self.rows.partition_point(|row| row.place() <= to);
        self.rows.get(start..end).unwrap_or_default()
    }
}

/// Columns from the first few; the rest are 0.
#[must_use]
pub fn columns<const N: usize>(values: [i64; N]) -> Columns {
    let mut columns = Columns::default();
    for (column, value) in columns.iter_mut().zip(values) {
        *column = value;
    }
    columns
}

/// The second half of a mark's key.
#[must_use]
pub fn mark_key(meter: Key, second: u32) -> u64 {
    (u64::from(meter.0) << 32) | u64::from(second)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn rows(&mut self) -> Option<Memory> {
        let count = usize::try_from(self.varint()?)
            .ok()
            .filter(|count| *count <= ROWS_MAX)?;
        let mut rows: Vec<Row> = Vec::with_capacity(count.min(self.0.len()));
        let mut last = (Table::Clock, 0, 0);
        for _ in 0..count {
            let row = self.row(last)?;
            // Rows out of order would break every search: bytes like that were not written by `encode`.
            if rows.last().is_some_and(|last| last.place() >= row.place()) {
                return None;
            }
            last = row.place();
            rows.push(row);
        }
        self.0.is_empty().then_some(Memory { rows })
    }

    fn row(&mut self, last: (Table, u64, u64)) -> Option<Row> {
        let head = self.byte()?;
        let table = *Table::ALL.get(usize::from(head & 0x3f))?;
        let same_a = head & 0x40 != 0;
        let a = if same_a { last.1 } else { self.varint()? };
        let b = self.varint()?;
        let b = if same_a { last.2.wrapping_add(b) } else { b };
        let mut v = Columns::default();
        for column in v.iter_mut().take(table.rule().columns) {
            *column = unzigzag(self.varint()?);
        }
        Some(Row { table, a, b, v })
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push((value as u8) | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ ((value & 1) as i64).wrapping_neg()
}

#[cfg(test)]
mod tests;
