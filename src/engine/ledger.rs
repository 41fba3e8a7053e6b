//! The ledger: showings, what they were for, and what people chose, as memory keeps them.
//! Owns the rows of exposures, occasions and choices; knows nothing of stages or surfaces' looks.
//! `decide` and `pacing` read it; responses and paints write it.

use super::effect::Surface;
use super::memory::{Columns, Memory, Row, Table, columns};
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
    fn of(row: &Row) -> Self {
        let [about, occasion, rendered, _, closed, _, surface, epoch] = row.v;
        Self {
            id: ExposureId(row.a),
            prompt: (about as u64 >> 32) as u32,
            subject: about as u32,
            occasion: occasion as u64,
            rendered: Timestamp(rendered),
            closed,
            surface: Surface::from_word(u32::try_from(surface).unwrap_or(0)),
            epoch,
        }
    }

    /// Whether it waits for an answer.
    pub fn open(&self) -> bool {
        self.closed == Closed::Open as i64
    }
}

/// All exposures that are remembered.
pub(super) fn exposures(memory: &Memory) -> impl Iterator<Item = Exposure> + '_ {
    memory.table(Table::Exposure).iter().map(Exposure::of)
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
    let about = (u64::from(exposure.prompt) << 32 | u64::from(exposure.subject)) as i64;
    let v = [
        about,
        exposure.occasion as i64,
        exposure.rendered.0,
        0,
        0,
        0,
        surface_word(exposure.surface),
        exposure.epoch,
    ];
    memory.join(Table::Exposure, exposure.id.0, 0, v);
    first
}

/// Remembers that it was in the viewport for a second. Answers whether it is the first time.
pub(super) fn seen(memory: &mut Memory, id: ExposureId, now: Timestamp) -> bool {
    match memory.find(Table::Exposure, id.0, 0) {
        Some(row) if row[3] == 0 => {
            let v = [0, i64::MIN, 0, now.0, 0, 0, 0, i64::MIN];
            let keep = with_constants(row, v);
            memory.join(Table::Exposure, id.0, 0, keep)
        }
        _ => false,
    }
}

/// Ends an exposure.
pub(super) fn close(memory: &mut Memory, id: ExposureId, how: Closed, now: Timestamp) {
    if let Some(row) = memory.find(Table::Exposure, id.0, 0) {
        let v = with_constants(row, [0, 0, 0, 0, how as i64, now.0, 0, 0]);
        memory.join(Table::Exposure, id.0, 0, v);
    }
}

/// The columns that never change, beside those that do.
fn with_constants(row: &Columns, mut v: Columns) -> Columns {
    v[0] = row[0];
    v[1] = row[1];
    v[6] = row[6];
    v[7] = row[7];
    v
}

fn surface_word(surface: Surface) -> i64 {
    match surface {
        Surface::Banner => 0,
        Surface::Modal => 1,
        Surface::Preview => 2,
        Surface::Toast => 3,
        Surface::Inline => 4,
    }
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
    memory
        .find(Table::Occasion, id, 0)
        .map_or(Occasion::default(), |row| Occasion {
            spent_by: u32::try_from(row[1]).unwrap_or(0),
            answered: row[2] != 0,
            showings: row[3],
        })
}

/// Remembers that a prompt was rendered for an occasion.
pub(super) fn spend(memory: &mut Memory, id: u64, prompt: u32, number: i64, now: Timestamp) {
    // The two first columns win together: the earliest rendering spends it, in whatever order tabs meet.
    let v = match memory.find(Table::Occasion, id, 0) {
        Some(row) if row[1] != 0 => columns([row[0], row[1], 0, number.wrapping_add(1), now.0]),
        _ => columns([
            now.0.wrapping_neg(),
            i64::from(prompt),
            0,
            number.wrapping_add(1),
            now.0,
        ]),
    };
    memory.join(Table::Occasion, id, 0, v);
}

/// Remembers that an occasion needs no further showing.
pub(super) fn answer(memory: &mut Memory, id: u64, now: Timestamp) {
    let row = memory.find(Table::Occasion, id, 0).copied();
    let v = match row {
        Some(row) => columns([row[0], row[1], 1, row[3], now.0]),
        None => columns([i64::MIN, 0, 1, 0, now.0]),
    };
    memory.join(Table::Occasion, id, 0, v);
}

/// What a person chose about a prompt on a subject.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choice {
    /// How often `later` was said in this epoch.
    pub times: i64,
    /// `later` holds until then.
    pub later_until: Option<Timestamp>,
    /// `never` holds until then; for ever at [`Timestamp::MAX`].
    pub never_until: Option<Timestamp>,
}

/// Reads a choice as it holds now.
pub(super) fn choice(
    memory: &Memory,
    prompt: u32,
    subject: u32,
    epoch: i64,
    now: Timestamp,
) -> Choice {
    let Some(row) = memory.find(Table::Choice, about(prompt, subject), 0) else {
        return Choice::default();
    };
    let [said_epoch, times, until, said, never, never_said, ..] = *row;
    let this_epoch = said_epoch == epoch;
    let later_until = (this_epoch && until > 0).then(|| held_until(until, said, now));
    let forever = never >= Timestamp::MAX.0;
    let never_until = match never {
        0 => None,
        _ if forever => Some(Timestamp::MAX),
        never => Some(held_until(never, never_said, now)),
    };
    Choice {
        times: if this_epoch { times } else { 0 },
        later_until: later_until.filter(|until| *until > now),
        never_until: never_until.filter(|until| *until > now),
    }
}

/// When a person last chose something about a prompt on a subject.
pub(super) fn said_at(memory: &Memory, prompt: u32, subject: u32) -> Timestamp {
    let row = memory.find(Table::Choice, about(prompt, subject), 0);
    Timestamp(row.map_or(0, |row| row[3].max(row[5])))
}

fn held_until(until: i64, said: i64, now: Timestamp) -> Timestamp {
    let said_then = no_later_than(Timestamp(said), now);
    let span = until.wrapping_sub(said);
    said_then.plus(if fault!(15) { span / 2 } else { span })
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
    let v = columns([epoch, times, until.0, now.0]);
    memory.join(Table::Choice, about(prompt, subject), 0, v);
}

/// Remembers a `never`, for ever or until the period ends.
pub(super) fn say_never(
    memory: &mut Memory,
    prompt: u32,
    subject: u32,
    until: Timestamp,
    now: Timestamp,
) {
    let mut v = memory
        .find(Table::Choice, about(prompt, subject), 0)
        .copied()
        .unwrap_or([i64::MIN, 0, 0, 0, 0, 0, 0, 0]);
    v[4] = until.0;
    v[5] = now.0;
    memory.join(Table::Choice, about(prompt, subject), 0, v);
}

fn about(prompt: u32, subject: u32) -> u64 {
    (u64::from(prompt) << 32) | u64::from(subject)
}
