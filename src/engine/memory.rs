//! What survives a reload: sorted rows of integers, each table with one rule of merging.
//! Owns the encoding and the merge; knows nothing of what the rows mean to a decision.
//! `usage`, `ledger` and `account` read and write rows; the start module stores the text.
//!
//! Memory is a join-semilattice: each row merges column by column, by a rule that is commutative,
//! associative and idempotent, so memories of tabs and devices merge in any order, any number of
//! times, to the same state. Merging never drops a row; bounding the state is [`super::compact`]'s work.

use crate::unit::{Key, Writer, fnv32};
use core::cmp::Ordering;

/// The format this version writes, and the only one it reads.
pub const FORMAT: u64 = 1;
/// Columns of the widest table.
pub const COLUMNS: usize = 8;

/// No memory has more rows: `compact` keeps some thousands at a policy's maxima.
pub const ROWS_MAX: usize = 16_384;

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
    /// The tally at a second; a writer, b meter << 32 | second: [added, released].
    Mark = 6,
    /// A period of a meter that was seen; a meter << 32 | epoch's hash, b period start:
    /// [highest usage, period end, epoch].
    Span = 7,
    /// A threshold's armed state for a level; a span id, b threshold: [2 x rise + fired]. Of a = 0, which no
    /// span has, b 0 is the score's line: [passings, at], and b 1: [the last five minutes someone was active].
    Rise = 8,
    /// A crossing; a span id, b code << 32 | rise: [kind, -first seen].
    Crossing = 9,
    /// What became of a crossing, limit hit or exploration; a its id:
    /// [-first rendered, prompt that spent it; answered, showings, last stamp].
    Occasion = 10,
    /// A showing; a its id: [prompt << 32 | subject, occasion, -first rendered, seen, closed, surface, epoch].
    Exposure = 11,
    /// What a person chose; a prompt << 32 | subject: [epoch: times later, until, said; never until, said].
    Choice = 12,
    /// An exploration; a feature << 8 | step, b time: [1].
    Explored = 13,
    /// A reported purchase: [from epoch, at].
    Converted = 14,
    /// A request to the admin; a the need: [at]. With b 1 when the person was last asked why: [at].
    Asked = 15,
    /// A week of a meter, day by day from Monday; a meter << 32, b the week. With the lower half of a 0, what
    /// the host says: [of each of 7 days]; else that is the day a span began on, plus 1: [highest usage on
    /// each of 7 days]. All plus 1: 0 is not known.
    Daily = 16,
    /// A week of a signal, day by day from Monday; a signal, b the week: [count on each of 7 days].
    Signal = 17,
    /// An experiment's arm; a experiment << 32 | phase: [-assigned at, arm + 1; 1 when it has diverged].
    Arm = 18,
}

impl Table {
    const ALL: [Self; 19] = [
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
        Self::Daily,
        Self::Signal,
        Self::Arm,
    ];

    /// How two rows of one place merge. So many first columns are compared as one, left to right, and the
    /// larger brings so many first columns with it. Of every other column, and where those that are compared
    /// are equal, the larger value wins.
    fn rule(self) -> (usize, usize) {
        match self {
            Self::Clock
            | Self::Snapshot
            | Self::Listed
            | Self::Figure
            | Self::Cover
            | Self::Converted => (COLUMNS, COLUMNS),
            Self::Occasion => (2, 2),
            Self::Arm => (1, 2),
            Self::Choice => (1, 4),
            _ => (0, 0),
        }
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
    /// Whether its place is this.
    fn is(&self, table: Table, a: u64, b: u64) -> bool {
        self.table == table && self.a == a && self.b == b
    }

    /// Joins columns into this row's. Answers whether anything changed.
    fn join(&mut self, columns: &[i64]) -> bool {
        let (lead, led) = self.table.rule();
        let mut order = Ordering::Equal;
        let mut changed = false;
        for (column, mine) in self.v.iter_mut().enumerate() {
            let theirs = columns.get(column).unwrap_or(&0);
            if column < lead && order.is_eq() {
                order = theirs.cmp(mine);
            }
            let wins = if column < led && order.is_ne() {
                order.is_gt()
            } else if fault!(17) && self.table == Table::Choice && column == 4 {
                theirs < mine || *mine == i64::MIN
            } else {
                theirs > mine
            };
            let value = if wins { *theirs } else { *mine };
            changed |= value != *mine;
            *mine = value;
        }
        changed
    }
}

/// What the engine remembers across reloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    rows: Vec<Row>,
}

impl Memory {
    /// A row's columns.
    #[must_use]
    pub fn find(&self, table: Table, a: u64, b: u64) -> Option<&Columns> {
        let row = self.rows.get(self.before(table as u8, a, b))?;
        row.is(table, a, b).then_some(&row.v)
    }

    /// A row's columns; all 0 when it is not there.
    #[must_use]
    pub fn row(&self, table: Table, a: u64, b: u64) -> &Columns {
        self.find(table, a, b).unwrap_or(&[0; COLUMNS])
    }

    /// All rows, by table and key.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// All rows of a table with this first half of the key, by the second.
    #[must_use]
    pub fn under(&self, table: Table, a: u64) -> &[Row] {
        // The largest first half has no next one; no meter and no digest is expected to be it.
        let (from, to) = (
            self.before(table as u8, a, 0),
            self.before(table as u8, a.wrapping_add(1), 0),
        );
        self.rows.get(from..to).unwrap_or_default()
    }

    /// All rows of a table.
    #[must_use]
    pub fn table(&self, table: Table) -> &[Row] {
        let number = table as u8;
        let (from, to) = (
            self.before(number, 0, 0),
            self.before(number.wrapping_add(1), 0, 0),
        );
        self.rows.get(from..to).unwrap_or_default()
    }

    /// The last row of a table before a place with the same first half.
    #[must_use]
    pub fn last_before(&self, table: Table, a: u64, b: u64) -> Option<&Row> {
        let end = self.before(table as u8, a, b);
        let row = self.rows.get(end.wrapping_sub(1))?;
        (row.table == table && row.a == a).then_some(row)
    }

    /// Joins columns into a row, making it when it is not there; those not named are 0.
    /// Answers whether anything changed.
    pub fn join(&mut self, table: Table, a: u64, b: u64, columns: &[i64]) -> bool {
        let at = self.before(table as u8, a, b);
        if let Some(row) = self.rows.get_mut(at)
            && row.is(table, a, b)
        {
            return row.join(columns);
        }
        let mut v = Columns::default();
        for (mine, column) in v.iter_mut().zip(columns) {
            *mine = *column;
        }
        self.rows.insert(at, Row { table, a, b, v });
        true
    }

    /// What is known of a day in a table of weeks.
    #[must_use]
    pub fn on(&self, table: Table, a: u64, day: i64) -> i64 {
        let (week, weekday) = week_of(day);
        let known = self.row(table, a, week).get(weekday);
        known.copied().unwrap_or(0)
    }

    /// Remembers a figure of a day in a table of weeks; of two the higher stays. Answers whether that is news.
    #[inline(never)]
    pub fn keep(&mut self, table: Table, a: u64, day: i64, figure: i64) -> bool {
        let (week, weekday) = week_of(day);
        let mut v = Columns::default();
        if let Some(column) = v.get_mut(weekday) {
            *column = figure;
        }
        self.join(table, a, week, &v)
    }

    /// Joins another memory into this one. Answers whether anything changed.
    pub fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for Row { table, a, b, v } in &other.rows {
            let known = || self.find(*table, *a, *b);
            let unknown_showing = fault!(6) && *table == Table::Exposure && known().is_none();
            let known_mark = fault!(23) && *table == Table::Mark && known().is_some();
            if unknown_showing || known_mark {
                continue;
            }
            let mut v = *v;
            if fault!(22) && *table == Table::Tally {
                v[0] = v[0].wrapping_add(known().map_or(0, |known| known[0]));
            }
            changed |= self.join(*table, *a, *b, &v);
        }
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

    /// The part of a memory that every use changes: a writer's tallies, and when it last touched the meters.
    #[must_use]
    pub fn tallies_of(&self, writer: Writer) -> Self {
        let mut own = Self::default();
        // One table after the other: what comes later in the order pushes nothing along.
        for tally in self.table(Table::Tally) {
            if tally.b == writer.0 {
                own.join(Table::Tally, tally.a, tally.b, &tally.v);
            }
        }
        for place in 0..own.len() {
            let meter = own.rows.get(place).map_or(0, |tally| tally.a);
            let newest = mark_key(Key(meter as u32), u32::MAX);
            if let Some(mark) = self.last_before(Table::Mark, writer.0, newest) {
                own.join(Table::Mark, mark.a, mark.b, &mark.v);
            }
        }
        own
    }

    /// The stored form: format, checksum, rows, as numbers of six bits a character.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let mut last = (Table::Clock, 0, 0);
        // A column is written as what it differs from the row before in its table: times and epochs repeat.
        let mut before = Columns::default();
        for row in &self.rows {
            // The first number says whether the key begins like the one before, the table, and the last
            // column that differs.
            let same_a = row.table == last.0 && row.a == last.1;
            if row.table != last.0 {
                before = Columns::default();
            }
            let mut end = 0_usize;
            for (column, (value, before)) in row.v.iter().zip(&before).enumerate() {
                if value != before {
                    end = column;
                }
            }
            let head = u64::from(same_a) | ((row.table as u64) << 1) | ((end as u64) << 6);
            push_number(&mut text, head);
            if !same_a {
                push_number(&mut text, row.a);
                last = (row.table, row.a, 0);
            }
            push_number(&mut text, row.b.wrapping_sub(last.2));
            last.2 = row.b;
            let columns = row.v.iter().zip(&mut before).enumerate();
            for (column, (value, before)) in columns.take(end.wrapping_add(1)) {
                let lost = fault!(16) && row.table == Table::Choice && column == 4;
                let value = if lost { 0 } else { *value };
                let differs = value.wrapping_sub(*before);
                push_number(&mut text, ((differs << 1) ^ (differs >> 63)) as u64);
                *before = value;
            }
        }
        let mut whole = String::new();
        push_number(&mut whole, FORMAT);
        push_number(&mut whole, u64::from(fnv32(text.as_bytes())));
        whole.push_str(&text);
        whole
    }

    /// Reads the stored form; `None` when it is of another format, cut or changed. No text at all is an
    /// empty memory.
    #[must_use]
    pub fn decode(text: &[u8]) -> Option<Self> {
        let mut memory = Self::default();
        let mut reader = Reader(text);
        let (format, checksum) = (reader.number(), reader.number());
        let intact = checksum == u64::from(fnv32(reader.0)) || fault!(27);
        if (format != FORMAT || !intact) && !text.is_empty() {
            return None;
        }
        // Every row is joined: whatever text somebody made, what it makes is a memory.
        let (mut last, mut a, mut b) = (Table::Clock, 0, 0);
        let mut v = Columns::default();
        while !reader.0.is_empty() {
            let head = reader.number();
            let table = *Table::ALL.get((head >> 1 & 31) as usize)?;
            if head & 1 == 0 {
                (a, b) = (reader.number(), 0);
            }
            b = reader.number().wrapping_add(b);
            if table != last {
                (last, v) = (table, Columns::default());
            }
            let columns = (head >> 6 & 7) as usize;
            for column in v.iter_mut().take(columns.wrapping_add(1)) {
                let value = reader.number();
                let differs = ((value >> 1) as i64) ^ ((value & 1) as i64).wrapping_neg();
                *column = column.wrapping_add(differs);
            }
            memory.join(table, a, b, &v);
            if memory.len() > ROWS_MAX {
                return None;
            }
        }
        Some(memory)
    }

    /// How many rows come before a place.
    #[inline(never)]
    fn before(&self, table: u8, a: u64, b: u64) -> usize {
        let rows = &self.rows;
        let (mut from, mut to) = (0_usize, rows.len());
        // The last is looked at first: what is built in its order is added at the end.
        let mut middle = to.wrapping_sub(1);
        while from < to {
            match rows.get(middle) {
                Some(row) if (row.table as u8, row.a, row.b) < (table, a, b) => {
                    from = middle.wrapping_add(1);
                }
                _ => to = middle,
            }
            middle = from.midpoint(to);
        }
        from
    }
}

/// The second half of a mark's key.
#[must_use]
pub fn mark_key(meter: Key, second: u32) -> u64 {
    (u64::from(meter.0) << 32) | u64::from(second)
}

/// The week that a day lies in, and its place there. Days are in UTC and counted from 1970; weeks begin on
/// Monday and are counted from the one that 1970 began in.
fn week_of(day: i64) -> (u64, usize) {
    let since_monday = day.wrapping_add(3);
    ((since_monday / 7) as u64, (since_monday % 7) as usize)
}

/// The day that a week begins on.
#[must_use]
pub fn monday(week: u64) -> i64 {
    (week as i64).wrapping_mul(7).wrapping_sub(3)
}

/// Text to be read; after its end come zeros, and what is cut off ends with it.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> u64 {
        let (mut value, mut shift) = (0_u64, 0_u32);
        while shift < 64
            && let Some((byte, rest)) = self.0.split_first()
        {
            self.0 = rest;
            // Added, so that a byte which no text of ours has makes another number, and is found out.
            value = value.wrapping_add(u64::from(byte & !64) << shift);
            if byte & 64 == 0 {
                break;
            }
            shift = shift.wrapping_add(6);
        }
        value
    }
}

/// Six bits a character, the lowest first; a seventh says that more follow. So what is stored as text is
/// one byte a character in memory, too.
fn push_number(text: &mut String, mut value: u64) {
    loop {
        let more = if value >= 64 { 64 } else { 0 };
        text.push(char::from((value & 63) as u8 | more));
        if more == 0 {
            break;
        }
        value >>= 6;
    }
}

#[cfg(test)]
mod tests;
