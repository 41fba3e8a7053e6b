//! The recorder of one page life: inputs in, a text of few characters out.
//! Owns what is folded, left out and written as a difference; knows nothing of when or how a text is sent.
//! It is small because a browser will download it; [`super::decode`] is its inverse.

use super::{
    ATTEMPT, BECAUSE, CONTEXT, CONVERTED, DIGITS, EXPLORE, LEFT_OUT, LIMIT_HIT, MARK, MINUTE_CHARS,
    PAINTED, RELEASE, RESERVED_CHARS, RESPOND, SIGNAL, SNAPSHOT, USE,
};
use crate::engine::input::{Context, Input, Now, Response, Snapshot};
use crate::engine::memory::{Columns, Row, Table};
use crate::unit::{Key, MINUTE_MS, Millis, fnv32};

/// The longest entry, with two new names, and the one that says what was left out.
const ENTRY_CHARS: usize = 64;
/// What a figure of nothing said before differs from.
const NOTHING: Columns = [0; 8];

/// Records one page life.
#[derive(Debug, Default)]
pub struct Encoder {
    part: u64,
    /// Entries so far, how many there are, and when the last of them was.
    body: String,
    count: u64,
    last: Millis,
    /// When the last input was.
    latest: Now,
    /// Keys and writers that were named: from the second time on they are a place in this list.
    names: Vec<u64>,
    snapshot: Snapshot,
    context: (u64, i64),
    /// What is being folded: use or release, the meter, how much; and when it was last added to.
    folded: Vec<(u64, u32, i64)>,
    folded_at: Now,
    /// The minute that characters are counted in, and where they are counted from: snapshots are not.
    minute: i64,
    minute_from: usize,
    left_out: u64,
}

impl Encoder {
    /// Records an input. What is said about a showing goes by its prompt and its subject.
    pub fn record(&mut self, now: Now, input: &Input, about: (Key, Key)) {
        match input {
            Input::Use { meter, amount } => self.fold(now, USE, *meter, *amount),
            Input::Release { meter, amount } => self.fold(now, RELEASE, *meter, *amount),
            Input::Attempt { meter, amount } => {
                self.entry(now, ATTEMPT, &[u64::from(meter.0)], &[plain(*amount)]);
            }
            Input::LimitHit { meter } => self.entry(now, LIMIT_HIT, &[u64::from(meter.0)], &[]),
            Input::Explore { feature, step } => {
                self.entry(now, EXPLORE, &[u64::from(feature.0)], &[*step as u64]);
            }
            Input::Signal { name, count } => {
                self.entry(now, SIGNAL, &[u64::from(name.0)], &[plain(*count)]);
            }
            Input::Painted { paint, .. } => self.shown(now, PAINTED, about, *paint as u64),
            Input::Respond { response, .. } => {
                let code = match response {
                    Response::Later => 0,
                    Response::Never => 1,
                    Response::Close => 2,
                    Response::Act(action) => (*action as u64).wrapping_add(3),
                };
                self.shown(now, RESPOND, about, code);
            }
            Input::Because { objection, .. } => {
                self.shown(now, BECAUSE, about, *objection as u64);
            }
            Input::Converted { from_epoch } => {
                let from = from_epoch.map_or(0, |epoch| plain(epoch).wrapping_add(1));
                self.entry(now, CONVERTED, &[], &[from]);
            }
            Input::Context(context) => self.context(now, context),
            Input::Snapshot(snapshot) => self.snapshot(now, snapshot),
            // A replay merges and wakes by itself; what an address forces is recorded nowhere.
            Input::Merge(_) | Input::Wake | Input::Force { .. } => {}
        }
    }

    /// How many characters are waiting, beside what is being folded.
    #[must_use]
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// Whether nothing was recorded since the last was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.body.is_empty() && self.folded.is_empty() && self.left_out == 0
    }

    /// Takes what was recorded as a text that can be read alone; "" when there is nothing.
    pub fn take(&mut self) -> String {
        if self.is_empty() {
            return String::new();
        }
        self.unfold();
        let left_out = core::mem::take(&mut self.left_out);
        if left_out > 0 {
            self.head(self.latest, LEFT_OUT);
            push(&mut self.body, left_out);
        }
        let mut text = String::from(MARK);
        push(&mut text, self.body.len() as u64);
        push(&mut text, self.count);
        push(&mut text, u64::from(fnv32(self.body.as_bytes())));
        text.push_str(&self.body);
        *self = Self {
            part: self.part.wrapping_add(1),
            minute: self.minute,
            minute_from: self.minute_from.wrapping_sub(self.body.len()),
            ..Self::default()
        };
        text
    }

    /// Adds to what was used or released on a meter in this minute.
    fn fold(&mut self, now: Now, kind: u64, meter: Key, amount: i64) {
        self.turn(now);
        self.folded_at = now;
        for (known, key, sum) in &mut self.folded {
            if (*known, *key) == (kind, meter.0) {
                *sum = sum.saturating_add(amount);
                return;
            }
        }
        self.folded.push((kind, meter.0, amount));
    }

    /// Writes what was folded.
    fn unfold(&mut self) {
        for (kind, meter, amount) in core::mem::take(&mut self.folded) {
            let at = self.folded_at;
            if self.has_room(0) {
                self.head(at, kind);
                self.name(u64::from(meter));
                push(&mut self.body, plain(amount));
            }
        }
    }

    /// An entry of names and numbers, where there is room.
    fn entry(&mut self, now: Now, kind: u64, names: &[u64], numbers: &[u64]) {
        self.turn(now);
        if !self.has_room(RESERVED_CHARS) {
            return;
        }
        self.unfold();
        self.head(now, kind);
        for name in names {
            self.name(*name);
        }
        for number in numbers {
            push(&mut self.body, *number);
        }
    }

    fn shown(&mut self, now: Now, kind: u64, (prompt, subject): (Key, Key), code: u64) {
        let about = [u64::from(prompt.0), u64::from(subject.0)];
        self.entry(now, kind, &about, &[code]);
    }

    /// What the page allows, when that has changed. The route stays where it is.
    fn context(&mut self, now: Now, context: &Context) {
        let flags = [
            context.visible,
            context.busy,
            context.dialog_open,
            context.storage,
            context.lease,
        ];
        let mut bits = 0;
        for flag in flags.iter().rev() {
            bits = bits << 1 | u64::from(*flag);
        }
        // Never 0, so that the first is always news.
        let said = (bits | 32, i64::from(context.utc_offset_minutes));
        self.turn(now);
        if said != self.context && self.has_room(0) {
            self.context = said;
            self.unfold();
            self.head(now, CONTEXT);
            push(&mut self.body, bits);
            push(&mut self.body, signed(said.1));
        }
    }

    /// A snapshot as what differs from the one before. It always has room: the rest is worth little without.
    fn snapshot(&mut self, now: Now, snapshot: &Snapshot) {
        self.turn(now);
        self.unfold();
        let before = self.body.len();
        self.head(now, SNAPSHOT);
        self.name(u64::from(snapshot.plan.0));
        let known = core::mem::replace(&mut self.snapshot, snapshot.clone());
        self.changes(0, &snapshot.facts, &known.facts);
        push(&mut self.body, snapshot.rows.len() as u64);
        for (place, row) in snapshot.rows.iter().enumerate() {
            let earlier = snapshot.rows.get(..place).unwrap_or_default();
            let base = base_of(row.table, row.a, row.b, &known.rows, earlier);
            self.changes(row.table as u64, &row.v, &base);
            self.name(row.a);
            self.name(row.b);
        }
        // Figures of days stay the same for a day; 0 says that they are those of the snapshot before.
        let days = Some(&snapshot.daily).filter(|days| **days != known.daily);
        let count = days.map_or(0, |days| days.len().wrapping_add(1));
        push(&mut self.body, count as u64);
        let mut before_it = 0;
        for (meter, figure) in days.into_iter().flatten() {
            self.name(*meter);
            push(&mut self.body, signed(figure.wrapping_sub(before_it)));
            before_it = *figure;
        }
        let written = self.body.len().wrapping_sub(before);
        self.minute_from = self.minute_from.wrapping_add(written);
    }

    /// A number, which columns differ from others, and by how much.
    fn changes(&mut self, number: u64, columns: &Columns, others: &Columns) {
        let mut head = 0;
        for (column, other) in columns.iter().zip(others).rev() {
            head = head << 1 | u64::from(column != other);
        }
        push(&mut self.body, head << 5 | number);
        for (column, other) in columns.iter().zip(others) {
            if column != other {
                push(&mut self.body, signed(column.wrapping_sub(*other)));
            }
        }
    }

    /// Begins an entry: what it is, and how long after the one before.
    fn head(&mut self, now: Now, kind: u64) {
        if self.body.is_empty() {
            push(&mut self.body, self.part);
            push(&mut self.body, plain(now.wall.0));
            push(&mut self.body, plain(now.mono));
            self.last = now.mono;
        }
        self.count = self.count.wrapping_add(1);
        push(&mut self.body, kind);
        push(&mut self.body, plain(now.mono.wrapping_sub(self.last)));
        self.last = self.last.max(now.mono);
    }

    fn name(&mut self, name: u64) {
        let mut names = self.names.iter();
        let place = names.position(|known| *known == name);
        push(&mut self.body, place.unwrap_or(self.names.len()) as u64);
        if place.is_none() {
            self.names.push(name);
            push(&mut self.body, name);
        }
    }

    /// A new minute has room of its own, and what was folded in the one before is written.
    fn turn(&mut self, now: Now) {
        self.latest = now;
        let minute = now.mono.div_euclid(MINUTE_MS);
        if minute != self.minute {
            self.unfold();
            self.minute = minute;
            self.minute_from = self.body.len();
        }
    }

    /// Whether the minute has room for one more entry beside what is reserved; otherwise it is left out.
    fn has_room(&mut self, reserved: usize) -> bool {
        let written = self.body.len().wrapping_sub(self.minute_from);
        let fits = written
            < MINUTE_CHARS
                .wrapping_sub(ENTRY_CHARS)
                .wrapping_sub(reserved);
        self.left_out = self.left_out.wrapping_add(u64::from(!fits));
        fits
    }
}

/// What a snapshot's row is written as a difference from: itself the time before, else the last of its table.
pub(super) fn base_of(table: Table, a: u64, b: u64, known: &[Row], earlier: &[Row]) -> Columns {
    let itself = |row: &&Row| row.table == table && row.a == a && row.b == b;
    let alike = |row: &&Row| row.table == table;
    let base = known.iter().find(itself);
    base.or_else(|| earlier.iter().rev().find(alike))
        .map_or(NOTHING, |row| row.v)
}

/// A number that is never negative.
fn plain(number: i64) -> u64 {
    number.max(0) as u64
}

/// A number of either sign, small ones short.
fn signed(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

pub(super) fn push(text: &mut String, mut number: u64) {
    loop {
        let more = number > 31;
        let digit = number & 31 | u64::from(more) << 5;
        text.push(char::from(
            DIGITS.get(digit as usize).copied().unwrap_or(b'A'),
        ));
        number >>= 5;
        if !more {
            return;
        }
    }
}
