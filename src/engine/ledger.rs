//! The ledger: showings, what they were for, and what people chose, as memory keeps them.
//! Owns the rows of exposures, occasions and choices; knows nothing of stages or surfaces' looks.
//! `decide` and `pacing` read it; responses and paints write it.

use super::effect::{HoldReason, Lane, Surface};
use super::memory::{Memory, Row, Table};
use crate::unit::{DAY_MS, Digest, ExposureId, MINUTE_MS, Millis, Timestamp};

/// An exposure without an answer ends after this and counts as `later`.
pub(super) const EXPOSURE_MS: Millis = 7 * DAY_MS;
/// A stored stamp this far ahead of now is read as now: a clock was wrong then.
const AHEAD_MS: Millis = 5 * MINUTE_MS;

/// How an exposure ended. Where two tabs disagree the larger wins: a person's answer over ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closed {
    Open = 0,
    Faded = 1,
    Expired = 2,
    Withdrawn = 3,
    Close = 4,
    Later = 5,
    Act = 6,
    Never = 7,
}

/// One showing: its row, as memory keeps it or will.
pub(super) type Exposure = Row;

impl Exposure {
    /// Its id.
    pub(super) fn id(&self) -> ExposureId {
        ExposureId(self.a)
    }

    /// The prompt and the subject it is of, as [`super::entry::Entry::about`] has them.
    pub(super) fn about(&self) -> u64 {
        self.v[0] as u64
    }

    pub(super) fn occasion(&self) -> u64 {
        self.v[1] as u64
    }

    /// When it was on the screen first.
    #[inline(never)]
    pub(super) fn rendered(&self) -> Timestamp {
        Timestamp(self.v[2].wrapping_neg()).clamped()
    }

    /// How it ended.
    pub(super) fn closed(&self) -> i64 {
        self.v[4]
    }

    /// Whether it waits for an answer.
    pub(super) fn open(&self) -> bool {
        self.closed() == Closed::Open as i64
    }

    pub(super) fn surface(&self) -> Surface {
        Surface::from_word(self.v[5] as u32)
    }

    /// Whether it takes the lane that all tabs share.
    #[inline(never)]
    pub(super) fn interrupts(&self) -> bool {
        self.surface().lane() == Lane::Interrupt
    }

    /// The plan epoch it was shown in.
    pub(super) fn epoch(&self) -> i64 {
        self.v[6]
    }
}

/// Exposures that wait for an answer.
pub(super) fn open_exposures(memory: &Memory) -> impl Iterator<Item = &Exposure> {
    let rows = memory.table(Table::Exposure).iter();
    // A showing has one key; what storage makes up under another could never be ended.
    rows.filter(|row| row.open() && row.a != 0 && row.b == 0)
}

/// The first of them after one, by their ids.
pub(super) fn open_after(memory: &Memory, last: u64) -> Option<&Exposure> {
    open_exposures(memory).find(|exposure| exposure.a > last)
}

/// One exposure.
pub(super) fn exposure(memory: &Memory, id: ExposureId) -> Option<&Exposure> {
    memory.under(Table::Exposure, id.0).first()
}

/// Remembers that an exposure is on the screen. Answers whether it is the first time.
pub(super) fn rendered(memory: &mut Memory, exposure: &Exposure) -> bool {
    let first = memory.find(Table::Exposure, exposure.a, 0).is_none();
    memory.join(Table::Exposure, exposure.a, 0, &exposure.v);
    first
}

/// Remembers that it was in the viewport for a second. Answers whether it is the first time.
pub(super) fn seen(memory: &mut Memory, id: ExposureId) -> bool {
    join_known(memory, id, 1, 0)
}

/// Ends an exposure.
pub(super) fn close(memory: &mut Memory, id: ExposureId, how: Closed) {
    join_known(memory, id, 0, how as i64);
}

fn join_known(memory: &mut Memory, id: ExposureId, seen: i64, closed: i64) -> bool {
    let Some(known) = memory.find(Table::Exposure, id.0, 0) else {
        return false;
    };
    let mut v = *known;
    v[3] = v[3].max(seen);
    v[4] = v[4].max(closed);
    memory.join(Table::Exposure, id.0, 0, &v)
}

/// The id of the next showing for an occasion: tabs that decide alone make the same one.
pub(super) fn exposure_id(
    user: &str,
    writer: u64,
    prompt: u32,
    subject: u32,
    occasion: u64,
    number: i64,
) -> ExposureId {
    let digest = Digest::default()
        .text(user)
        .number(i64::from(prompt))
        .number(i64::from(subject))
        .number(occasion as i64)
        .number(number);
    ExposureId(
        if fault!(11) {
            digest.number(writer as i64)
        } else {
            digest
        }
        .finish(),
    )
}

/// What became of a crossing, limit hit or exploration.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Occasion {
    /// The prompt rendered for it first; 0 for none yet.
    pub spent_by: u32,
    /// Acted on, said never to, or settled.
    pub answered: bool,
    /// How many showings it had.
    pub showings: i64,
}

/// Reads an occasion.
pub(super) fn occasion(memory: &Memory, id: u64) -> Occasion {
    let row = memory.row(Table::Occasion, id, 0);
    Occasion {
        spent_by: row[1] as u32,
        answered: row[2] != 0,
        showings: row[3],
    }
}

/// Remembers that a prompt was rendered for an occasion.
pub(super) fn spend(memory: &mut Memory, exposure: &Exposure, number: i64, now: Timestamp) {
    let id = exposure.occasion();
    // The two first columns win together: the earliest rendering spends it, in whatever order tabs meet.
    let [mut first, mut spent_by, ..] = *memory.row(Table::Occasion, id, 0);
    if spent_by == 0 {
        (first, spent_by) = (now.0.wrapping_neg(), (exposure.about() >> 32) as i64);
    }
    let v = [first, spent_by, 0, number.wrapping_add(1), now.0];
    memory.join(Table::Occasion, id, 0, &v);
}

/// Remembers that an occasion needs no further showing.
pub(super) fn answer(memory: &mut Memory, id: u64, now: Timestamp) {
    let known = memory.find(Table::Occasion, id, 0);
    let (first, spent_by) = known.map_or((i64::MIN, 0), |row| (row[0], row[1]));
    memory.join(Table::Occasion, id, 0, &[first, spent_by, 1, 0, now.0]);
}

/// How often a person has said `later` in an epoch about a prompt on a subject.
pub(super) fn times(memory: &Memory, about: u64, epoch: i64) -> i64 {
    let row = memory.row(Table::Choice, about, 0);
    if row[0] == epoch { row[1] } else { 0 }
}

/// What a person chose that holds now, and until when: for ever at [`Timestamp::MAX`]; 0 when nothing does.
pub(super) fn choice(
    memory: &Memory,
    about: u64,
    epoch: i64,
    now: Timestamp,
) -> (HoldReason, Timestamp) {
    let row = memory.row(Table::Choice, about, 0);
    let never = held_until(row[4], row[5], now);
    if never.0 > 0 || row[0] != epoch {
        return (HoldReason::Never, never);
    }
    (HoldReason::Later, held_until(row[2], row[3], now))
}

/// When a person last chose something about a prompt on a subject.
pub(super) fn said_at(memory: &Memory, about: u64) -> Timestamp {
    let row = memory.row(Table::Choice, about, 0);
    Timestamp(row[3].max(row[5]))
}

/// Until when something said holds that was to hold until an instant; 0 when it does not now.
fn held_until(until: i64, said: i64, now: Timestamp) -> Timestamp {
    if until >= Timestamp::MAX.0 {
        return Timestamp::MAX;
    }
    let span = until.wrapping_sub(said);
    let span = if fault!(15) { span / 2 } else { span };
    let until = no_later_than(Timestamp(said), now).plus(span);
    if until > now { until } else { Timestamp(0) }
}

/// A stored stamp: one more than five minutes ahead is read as now.
#[inline(never)]
pub(super) fn no_later_than(stamp: Timestamp, now: Timestamp) -> Timestamp {
    if stamp.since(now) > AHEAD_MS {
        now
    } else {
        stamp
    }
}

/// Remembers a `never`, for ever or until the period ends.
pub(super) fn say_never(memory: &mut Memory, about: u64, until: Timestamp, now: Timestamp) {
    let known = memory.find(Table::Choice, about, 0).copied();
    let mut v = known.unwrap_or([i64::MIN, 0, 0, 0, 0, 0, 0, 0]);
    v[4] = until.0;
    v[5] = now.0;
    memory.join(Table::Choice, about, 0, &v);
}
