//! Usage: the newest snapshot's figure and what was used here since, for each meter and period.
//! Owns the reconciliation with local uses and releases; knows nothing of thresholds or prompts.
//! `crossing` watches its readings; `read` and prompts show them.

use super::Engine;
use super::effect::{Effect, Event, MeterState, Reading, Source};
use super::memory::{Columns, Memory, Row, Table, mark_key};
use super::period::{Cadence, Period, calendar, rolled};
use crate::unit::{
    COUNT_MAX, DAY_MS, HOUR_MS, Key, Limit, Millis, Timestamp, Writer, basis_points,
};

/// How long after a period's end a snapshot may still report it: hosts reset late.
pub(super) const LATE_RESET_MS: Millis = 48 * HOUR_MS;
/// A writer that a snapshot's `counted` leaves out is taken as covered when it has been silent this long.
const SILENT_WRITER_MS: Millis = DAY_MS;

impl Engine {
    /// Where a meter stands at an instant.
    pub(super) fn reading(&self, index: u32, at: Timestamp) -> Reading {
        let (plim, memory, account) = (&self.plim, &self.memory, &self.account);
        let mut reading = Reading::default();
        let Some(meter) = plim.root().meters().get(index) else {
            return reading;
        };
        let key = Key(meter.key());
        let figure = memory.find(Table::Figure, u64::from(key.0), 0);
        let quota = account
            .plan
            .and_then(|plan| plim.root().plans().get(plan))
            .and_then(|plan| plan.quotas().get(index));
        reading.limit = quota.map_or(Limit::UNKNOWN, |quota| Limit(quota.limit()));
        if meter.kind() != 1 {
            let cadence = quota.map_or(0, |quota| quota.period());
            let cadence = Cadence::from_word(cadence, plim.root().utc_offset_ms());
            let (period, provisional) = find_period(cadence, figure, at);
            reading.period_start = period.start;
            reading.period_end = period.end;
            reading.provisional = provisional;
        }
        // A level has no period, and nothing was used before 1970.
        let mut covered_until = reading.period_start;
        let mut counted = None;
        if let Some(row) = figure {
            if account.same_epoch(row) {
                let said = Limit(row[5]);
                if said != Limit::UNKNOWN {
                    reading.limit = said;
                }
            }
            if row[4] >= 0 {
                reading.source = Source::Snapshot;
                if !reading.provisional {
                    reading.used = row[4] >> 1;
                    counted = (row[4] & 1 == 1).then_some(row);
                    covered_until = Timestamp(row[3].wrapping_sub(plim.root().settle_ms()));
                    if fault!(26) {
                        covered_until = Timestamp::MAX;
                    }
                }
            }
        }
        for tally in memory.under(Table::Tally, u64::from(key.0)) {
            let (added, released) = match counted {
                Some(figure) => counted_of(memory, figure, tally),
                None => mark_before(memory, Writer(tally.b), key, covered_until),
            };
            let added = tally.v[0].wrapping_sub(added).max(0);
            let released = tally.v[1].wrapping_sub(released).max(0);
            reading.used = reading.used.wrapping_add(added).wrapping_sub(released);
        }
        finish(&mut reading);
        reading
    }

    /// What a writer used and has not been counted in an event yet, as events; counts it as sent.
    pub fn take_usage(&mut self, writer: Writer) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (meter, index) in self.plim.root().meters().iter().zip(0..) {
            let key = u64::from(meter.key());
            let row = self.memory.row(Table::Tally, key, writer.0);
            let (added, released) = (row[0].wrapping_sub(row[2]), row[1].wrapping_sub(row[3]));
            if added <= 0 && released <= 0 {
                continue;
            }
            let sent = [row[0], row[1], row[0], row[1]];
            self.memory.join(Table::Tally, key, writer.0, &sent);
            let view = self.meters.get(index as usize);
            effects.push(Effect::Record(Event::UsageCounted {
                meter: index,
                added,
                released,
                used: view.map_or(0, |view| view.reading.used),
                limit: view.and_then(|view| view.reading.limit.number()),
            }));
        }
        effects
    }
}

/// The reading after usage changed by a known amount and nothing else did.
pub(super) fn moved(before: &Reading, by: i64) -> Reading {
    let mut reading = *before;
    reading.used = reading.used.wrapping_add(by);
    finish(&mut reading);
    reading
}

/// Says what usage and limit mean together.
fn finish(reading: &mut Reading) {
    reading.used = reading.used.clamp(0, COUNT_MAX);
    reading.basis_points = 0;
    reading.state = match reading.limit {
        Limit(limit @ 1..) => {
            reading.basis_points = basis_points(reading.used, limit);
            if reading.used < limit {
                MeterState::Ok
            } else if reading.used == limit {
                MeterState::AtLimit
            } else {
                MeterState::OverLimit
            }
        }
        Limit::NONE => MeterState::Locked,
        _ => MeterState::Ok,
    };
}

/// The period that a figure and a cadence give at an instant, and whether it is provisional.
pub(super) fn find_period(
    cadence: Cadence,
    figure: Option<&Columns>,
    at: Timestamp,
) -> (Period, bool) {
    let as_of = figure.map_or(at, |row| Timestamp(row[3]));
    let mut period = calendar(cadence, as_of);
    let mut provisional = false;
    if let Some(row) = figure {
        if row[6] < row[7] {
            period = Period {
                start: Timestamp(row[6]),
                end: Timestamp(row[7]),
            };
        }
        let late = as_of >= period.end && at < period.end.plus(LATE_RESET_MS);
        if at >= period.end && !late {
            period = rolled(cadence, period, at);
            provisional = row[4] >= 0 && !fault!(31);
        }
    }
    (period, provisional)
}

/// How much of a writer's tally a figure holds that says whom it counted.
pub(super) fn counted_of(memory: &Memory, figure: &Columns, tally: &Row) -> (i64, i64) {
    let cover = memory.row(Table::Cover, tally.a, tally.b);
    let mark = newest_mark(memory, Writer(tally.b), Key(tally.a as u32));
    if cover[..4] != figure[..4] && mark.plus(SILENT_WRITER_MS).0 < figure[3] {
        return (tally.v[0], tally.v[1]);
    }
    (cover[4], cover[5])
}

/// The tally of a writer just before the second of an instant, as far as its marks know.
fn mark_before(memory: &Memory, writer: Writer, meter: Key, at: Timestamp) -> (i64, i64) {
    let row = memory.last_before(Table::Mark, writer.0, mark_key(meter, second_of(at)));
    let row = row.filter(|row| row.b >> 32 == u64::from(meter.0));
    row.map_or((0, 0), |row| (row.v[0], row.v[1]))
}

/// When a writer last touched a meter; 0 when it is not known.
pub(super) fn newest_mark(memory: &Memory, writer: Writer, meter: Key) -> Timestamp {
    let row = memory.last_before(Table::Mark, writer.0, mark_key(meter, u32::MAX));
    let row = row.filter(|row| row.b >> 32 == u64::from(meter.0));
    Timestamp(row.map_or(0, mark_end))
}

/// The last instant of a mark's second: what is marked there has happened by then.
pub(super) fn mark_end(mark: &Row) -> i64 {
    let second = (mark.b & 0xffff_ffff) as i64;
    second.wrapping_mul(1_000).wrapping_add(999)
}

fn second_of(at: Timestamp) -> u32 {
    u32::try_from(at.clamped().0 / 1_000).unwrap_or(u32::MAX)
}

/// Adds to the own tally, or to what it released when the amount is below 0, and marks the time.
pub(super) fn count(memory: &mut Memory, writer: Writer, meter: Key, amount: i64, at: Timestamp) {
    let a = u64::from(meter.0);
    let known = memory.row(Table::Tally, a, writer.0);
    let tally = [
        known[0].wrapping_add(amount.max(0)).min(COUNT_MAX),
        known[1].wrapping_sub(amount.min(0)).min(COUNT_MAX),
    ];
    memory.join(Table::Tally, a, writer.0, &tally);
    let mark = mark_key(meter, second_of(at));
    memory.join(Table::Mark, writer.0, mark, &tally);
}
