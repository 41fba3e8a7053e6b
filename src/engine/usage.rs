//! Usage: the newest snapshot's figure and what was used here since, for each meter and period.
//! Owns the reconciliation with local uses and releases; knows nothing of thresholds or prompts.
//! `crossing` watches its readings; `read` and prompts show them.

use super::account::{Account, limit_of};
use super::effect::{MeterState, Reading, Source};
use super::memory::{Columns, Memory, Table, columns, mark_key};
use super::period::{Cadence, Period, calendar, rolled};
use crate::plim::{Meter, Plim};
use crate::unit::{
    COUNT_MAX, DAY_MS, HOUR_MS, Key, Limit, Millis, Timestamp, Writer, basis_points,
};

/// How long after a period's end a snapshot may still report it: hosts reset late.
const LATE_RESET_MS: Millis = 48 * HOUR_MS;
/// A writer that a snapshot's `counted` leaves out is taken as covered when it has been silent this long.
const SILENT_WRITER_MS: Millis = DAY_MS;

/// Where a meter stands at an instant.
pub(super) fn reading(
    plim: &Plim,
    memory: &Memory,
    account: &Account,
    index: u32,
    at: Timestamp,
) -> Reading {
    let Some(meter) = plim.root().meters().get(index) else {
        return unknown();
    };
    let key = Key(meter.key());
    let figure = memory.find(Table::Figure, u64::from(key.0), 0);
    let quota = account
        .plan
        .and_then(|plan| plim.root().plans().get(plan))
        .and_then(|plan| plan.quotas().get(index));
    let said = figure
        .filter(|row| account.same_epoch(row))
        .and_then(|row| limit_of(row[5]));
    let limit = said.or_else(|| quota.map(|quota| quota.granted()));
    let cadence = Cadence::from_word(quota.map_or(0, |quota| quota.period()));
    let span = period_of(meter, cadence, figure, at);
    let settle = plim.root().settle_ms();
    let used = match figure.filter(|row| row[4] >= 0) {
        Some(row) if !span.provisional => {
            let base = row[4] >> 1;
            base.wrapping_add(net(memory, key, |writer, tally| {
                covered(memory, key, row, settle, writer, tally)
            }))
        }
        _ if meter.kind() == 1 => net(memory, key, |_, _| (0, 0)),
        _ => net(memory, key, |writer, _| {
            mark_before(memory, writer, key, span.period.start)
        }),
    };
    let source = match figure {
        Some(row) if row[4] >= 0 => Source::Snapshot,
        _ => Source::Local,
    };
    finish(used, limit, source, &span)
}

/// The reading after usage changed by a known amount and nothing else did.
pub(super) fn moved(before: &Reading, by: i64) -> Reading {
    let span = Span {
        period: Period {
            start: before.period_start,
            end: before.period_end,
        },
        provisional: before.provisional,
    };
    finish(
        before.used.wrapping_add(by),
        before.limit,
        before.source,
        &span,
    )
}

struct Span {
    period: Period,
    provisional: bool,
}

fn finish(used: i64, limit: Option<Limit>, source: Source, span: &Span) -> Reading {
    let used = used.clamp(0, COUNT_MAX);
    let (ratio, state) = match limit {
        Some(Limit::Of(limit)) => {
            let state = match used.cmp(&limit) {
                core::cmp::Ordering::Less => MeterState::Ok,
                core::cmp::Ordering::Equal => MeterState::AtLimit,
                core::cmp::Ordering::Greater => MeterState::OverLimit,
            };
            (basis_points(used, limit), state)
        }
        Some(Limit::None) => (0, MeterState::Locked),
        Some(Limit::Unlimited) | None => (0, MeterState::Ok),
    };
    Reading {
        used,
        limit,
        basis_points: ratio,
        state,
        source,
        period_start: span.period.start,
        period_end: span.period.end,
        provisional: span.provisional,
    }
}

fn unknown() -> Reading {
    let never = Period {
        start: Timestamp(0),
        end: Timestamp(0),
    };
    finish(
        0,
        None,
        Source::Local,
        &Span {
            period: never,
            provisional: false,
        },
    )
}

fn period_of(meter: Meter<'_>, cadence: Cadence, figure: Option<&Columns>, at: Timestamp) -> Span {
    if meter.kind() == 1 {
        let never = Period {
            start: Timestamp(0),
            end: Timestamp(0),
        };
        return Span {
            period: never,
            provisional: false,
        };
    }
    let Some(row) = figure else {
        return Span {
            period: calendar(cadence, at),
            provisional: false,
        };
    };
    let as_of = Timestamp(row[3]);
    let known = match (row[6], row[7]) {
        (start, end) if end > start => Period {
            start: Timestamp(start),
            end: Timestamp(end),
        },
        _ => calendar(cadence, as_of),
    };
    let late = as_of >= known.end && at < known.end.plus(LATE_RESET_MS);
    if at < known.end || late {
        return Span {
            period: known,
            provisional: false,
        };
    }
    Span {
        period: rolled(cadence, known, at),
        provisional: row[4] >= 0,
    }
}

/// The sum over writers of what is not covered.
fn net(memory: &Memory, meter: Key, cover: impl Fn(Writer, &Columns) -> (i64, i64)) -> i64 {
    memory
        .under(Table::Tally, u64::from(meter.0))
        .iter()
        .fold(0_i64, |sum, row| {
            let (added, released) = cover(Writer(row.b), &row.v);
            let added = row.v[0].wrapping_sub(added).max(0);
            let released = row.v[1].wrapping_sub(released).max(0);
            sum.wrapping_add(added).wrapping_sub(released)
        })
}

/// How much of a writer's tally the snapshot's figure already holds.
fn covered(
    memory: &Memory,
    meter: Key,
    figure: &Columns,
    settle: Millis,
    writer: Writer,
    tally: &Columns,
) -> (i64, i64) {
    let as_of = Timestamp(figure[3]);
    if figure[4] & 1 == 0 {
        let cutoff = if fault!(26) {
            i64::MAX
        } else {
            as_of.0.wrapping_sub(settle)
        };
        return mark_before(memory, writer, meter, Timestamp(cutoff));
    }
    let cover = memory.find(Table::Cover, u64::from(meter.0), writer.0);
    match cover {
        Some(row) if row[..4] == figure[..4] => (row[4], row[5]),
        _ => {
            let silent = newest_mark(memory, writer, meter)
                .is_none_or(|mark| mark.plus(SILENT_WRITER_MS) < as_of);
            if silent {
                (tally[0], tally[1])
            } else {
                cover.map_or((0, 0), |row| (row[4], row[5]))
            }
        }
    }
}

/// The tally of a writer just before an instant, as far as its marks know.
fn mark_before(memory: &Memory, writer: Writer, meter: Key, at: Timestamp) -> (i64, i64) {
    let second = u32::try_from(at.0.div_euclid(1_000).max(0)).unwrap_or(u32::MAX);
    let row = memory.last_until(Table::Mark, writer.0, mark_key(meter, second));
    let inside = |row: &&super::memory::Row| row.b >> 32 == u64::from(meter.0);
    let row = match row.filter(inside) {
        Some(row) if row.b == mark_key(meter, second) && row.v[2] >= at.0.rem_euclid(1_000) => {
            let before = mark_key(meter, second.saturating_sub(1));
            memory
                .last_until(Table::Mark, writer.0, before)
                .filter(inside)
                .filter(|before| before.b != row.b)
        }
        row => row,
    };
    row.map_or((0, 0), |row| (row.v[0], row.v[1]))
}

/// When a writer last touched a meter.
pub(super) fn newest_mark(memory: &Memory, writer: Writer, meter: Key) -> Option<Timestamp> {
    let row = memory.last_until(Table::Mark, writer.0, mark_key(meter, u32::MAX))?;
    let second = i64::try_from(row.b & 0xffff_ffff).ok()?;
    (row.b >> 32 == u64::from(meter.0))
        .then_some(Timestamp(second.wrapping_mul(1_000).wrapping_add(row.v[2])))
}

/// Adds to the own tally and marks the time. Answers the tally.
pub(super) fn count(
    memory: &mut Memory,
    writer: Writer,
    meter: Key,
    added: i64,
    released: i64,
    at: Timestamp,
) -> (i64, i64) {
    let a = u64::from(meter.0);
    let before = memory
        .find(Table::Tally, a, writer.0)
        .copied()
        .unwrap_or_default();
    let sum = |before: i64, more: i64| before.wrapping_add(more.clamp(0, COUNT_MAX)).min(COUNT_MAX);
    let tally = (sum(before[0], added), sum(before[1], released));
    memory.join(Table::Tally, a, writer.0, columns([tally.0, tally.1]));
    let second = u32::try_from(at.0.div_euclid(1_000).max(0)).unwrap_or(u32::MAX);
    let mark = columns([tally.0, tally.1, at.0.rem_euclid(1_000)]);
    memory.join(Table::Mark, writer.0, mark_key(meter, second), mark);
    tally
}
