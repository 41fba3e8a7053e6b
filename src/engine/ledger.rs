//! The ledger: showings, what they were for, and what people chose, as memory keeps them.
//! Owns the rows of exposures, occasions and choices; knows nothing of stages or surfaces' looks.
//! `decide` and `pacing` read it; responses and paints write it.

use super::effect::Surface;
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

/// One showing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exposure {
    pub id: ExposureId,
    pub prompt: u32,
    pub subject: u32,
    pub occasion: u64,
    pub rendered: Timestamp,
    pub closed: i64,
    pub surface: Surface,
    pub epoch: i64,
}

impl Exposure {
    /// As a row has it.
    pub fn of(row: &Row) -> Self {
        let [about, occasion, rendered, _, closed, surface, epoch, _] = row.v;
        Self {
            id: ExposureId(row.a),
            prompt: (about as u64 >> 32) as u32,
            subject: about as u32,
            occasion: occasion as u64,
            rendered: Timestamp(rendered.wrapping_neg()),
            closed,
            surface: Surface::from_word(surface as u32),
            epoch,
        }
    }

    /// Whether it waits for an answer.
    pub fn open(&self) -> bool {
        self.closed == Closed::Open as i64
    }
}

/// Exposures that wait for an answer.
pub(super) fn open_exposures(memory: &Memory) -> impl Iterator<Item = Exposure> + '_ {
    let rows = memory.table(Table::Exposure).iter();
    rows.filter(|row| row.v[4] == Closed::Open as i64)
        .map(Exposure::of)
}

/// One exposure.
pub(super) fn exposure(memory: &Memory, id: ExposureId) -> Option<Exposure> {
    memory
        .under(Table::Exposure, id.0)
        .first()
        .map(Exposure::of)
}

/// Remembers that an exposure is on the screen. Answers whether it is the first time.
pub(super) fn rendered(memory: &mut Memory, exposure: &Exposure) -> bool {
    let first = memory.find(Table::Exposure, exposure.id.0, 0).is_none();
    let v = [
        about(exposure.prompt, exposure.subject) as i64,
        exposure.occasion as i64,
        exposure.rendered.0.wrapping_neg(),
        0,
        0,
        exposure.surface as i64,
        exposure.epoch,
    ];
    memory.join(Table::Exposure, exposure.id.0, 0, &v);
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
pub(super) fn spend(memory: &mut Memory, id: u64, prompt: u32, number: i64, now: Timestamp) {
    // The two first columns win together: the earliest rendering spends it, in whatever order tabs meet.
    let [mut first, mut spent_by, ..] = *memory.row(Table::Occasion, id, 0);
    if spent_by == 0 {
        (first, spent_by) = (now.0.wrapping_neg(), i64::from(prompt));
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

/// What a person chose about a prompt on a subject.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choice {
    /// How often `later` was said in this epoch.
    pub times: i64,
    /// `later` holds until then; 0 when it does not.
    pub later_until: Timestamp,
    /// `never` holds until then, for ever at [`Timestamp::MAX`]; 0 when it does not.
    pub never_until: Timestamp,
}

/// Reads a choice as it holds now.
pub(super) fn choice(
    memory: &Memory,
    prompt: u32,
    subject: u32,
    epoch: i64,
    now: Timestamp,
) -> Choice {
    let mut choice = Choice::default();
    let row = memory.row(Table::Choice, about(prompt, subject), 0);
    if row[0] == epoch {
        choice.times = row[1];
        choice.later_until = held_until(row[2], row[3], now);
    }
    choice.never_until = held_until(row[4], row[5], now);
    choice
}

/// When a person last chose something about a prompt on a subject.
pub(super) fn said_at(memory: &Memory, prompt: u32, subject: u32) -> Timestamp {
    let row = memory.row(Table::Choice, about(prompt, subject), 0);
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
pub(super) fn no_later_than(stamp: Timestamp, now: Timestamp) -> Timestamp {
    if stamp.since(now) > AHEAD_MS {
        now
    } else {
        stamp
    }
}

/// Remembers a `later`.
pub(super) fn say_later(
    memory: &mut Memory,
    prompt: u32,
    subject: u32,
    epoch: i64,
    times: i64,
    until: Timestamp,
    now: Timestamp,
) {
    let v = [epoch, times, until.0, now.0];
    memory.join(Table::Choice, about(prompt, subject), 0, &v);
}

/// Remembers a `never`, for ever or until the period ends.
pub(super) fn say_never(
    memory: &mut Memory,
    prompt: u32,
    subject: u32,
    until: Timestamp,
    now: Timestamp,
) {
    let about = about(prompt, subject);
    let known = memory.find(Table::Choice, about, 0).copied();
    let mut v = known.unwrap_or([i64::MIN, 0, 0, 0, 0, 0, 0, 0]);
    v[4] = until.0;
    v[5] = now.0;
    memory.join(Table::Choice, about, 0, &v);
}

fn about(prompt: u32, subject: u32) -> u64 {
    (u64::from(prompt) << 32) | u64::from(subject)
}
