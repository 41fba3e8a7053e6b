//! Daily figures: what is known of a meter day by day, and the projection that follows from it.
//! Owns the rows of days and how they become amounts; how these become a date is `pace`'s.
//! Readings and snapshots write here; `judge`, prompts and `read` ask for the projection.
//!
//! Days are in UTC and counted from 1970; weeks begin on Monday. Every figure is kept plus one, so that 0
//! is a day of which nothing is known.

use super::Engine;
use super::crossing::MeterView;
use super::effect::{Projected, Reading};
use super::input::Now;
use super::memory::{Columns, Memory, Table};
use super::pace::{self, AHEAD_MAX, DAYS_MAX, History};
use crate::unit::{DAY_MS, HOUR_MS, Key, Millis, Timestamp};

/// Shorter periods are over before anything can be said.
const PERIOD_MIN_MS: Millis = 3 * DAY_MS;
/// Of a period so many days must have passed on which something came.
const ACTIVE_DAYS: i64 = 3;
/// A level must have grown on this many of the last four weeks' days.
const GROWN_DAYS: usize = 14;
/// Growth is spread over the days since a figure was seen last, over no more than these.
const GAP_DAYS: i64 = 7;
/// What came on a day of which nothing is known.
const UNKNOWN: i64 = i64::MIN;

/// The day of an instant.
pub(super) fn day_of(at: Timestamp) -> i64 {
    at.0 / DAY_MS
}

/// Remembers a figure of a day; of two the higher stays. Answers whether that is news.
#[inline(never)]
pub(super) fn keep(memory: &mut Memory, a: u64, day: i64, figure: i64) -> bool {
    let since_monday = day.wrapping_add(3);
    let mut v = Columns::default();
    if let Some(column) = v.get_mut((since_monday % 7) as usize) {
        *column = figure.max(0).wrapping_add(1);
    }
    memory.join(Table::Daily, a, (since_monday / 7) as u64, &v)
}

/// Remembers where a meter stands on a day, unless its host says what came on each.
#[inline(never)]
pub(super) fn observe(
    memory: &mut Memory,
    meter: Key,
    start: i64,
    day: i64,
    reading: &Reading,
) -> bool {
    let host = u64::from(meter.0) << 32;
    let of_span = host | (start / DAY_MS).wrapping_add(1) as u64;
    counts(reading)
        && memory.under(Table::Daily, host).is_empty()
        && keep(memory, of_span, day, reading.used)
}

/// Whether a projection can ever be made.
fn counts(reading: &Reading) -> bool {
    let length = reading.period_end.since(reading.period_start);
    reading.limit.0 > 0 && !reading.provisional && (length == 0 || length >= PERIOD_MIN_MS)
}

impl Engine {
    /// When a meter, by its index in the policy, is expected to reach its limit.
    #[must_use]
    pub fn projection(&self, now: Now, meter: u32) -> Projected {
        self.projected(meter, self.time(now))
    }

    /// When a meter is expected to reach its limit, as far as that can be said. Within an hour the answer
    /// changes with usage alone, so that it need not be found for every decision.
    pub(super) fn projected(&self, meter: u32, now: Timestamp) -> Projected {
        let Some(view) = self.meters.get(meter as usize) else {
            return Projected::default();
        };
        let hour = now.0 / HOUR_MS;
        let (used, at, mut projected) = view.projected.get();
        if (used, at) != (view.reading.used, hour) {
            projected = self.project(meter, view, Timestamp(hour.wrapping_mul(HOUR_MS)));
            view.projected.set((view.reading.used, hour, projected));
        }
        projected
    }

    fn project(&self, meter: u32, view: &MeterView, now: Timestamp) -> Projected {
        let none = Projected::default();
        let Some(key) = self.plim.root().meters().get(meter) else {
            return none;
        };
        let reading = &view.reading;
        let (start, end) = (reading.period_start, reading.period_end);
        let left = reading.limit.0.wrapping_sub(reading.used);
        if !counts(reading) || left <= 0 || end.0 > 0 && now >= end {
            return none;
        }
        let days = self.days(key.key(), view, now);
        let today = day_of(now);
        let oldest = today.wrapping_sub(DAYS_MAX as i64);
        let last = days.iter().rposition(|amount| *amount != UNKNOWN);
        let known = days.get(..last.map_or(0, |last| last.wrapping_add(1)));
        let known = known.unwrap_or_default();
        let gap = known.iter().rposition(|amount| *amount == UNKNOWN);
        let skipped = gap.map_or(0, |gap| gap.wrapping_add(1));
        let daily = known.get(skipped..).unwrap_or_default();
        let mut history = History {
            used: reading.used,
            left,
            start,
            end,
            now,
            daily,
            first: oldest.wrapping_add(skipped as i64),
        };
        if end.0 == 0 {
            let recent = days.iter().rev().take(28);
            if recent.filter(|amount| **amount > 0).count() < GROWN_DAYS {
                return none;
            }
            history.used = daily.iter().sum();
            history.start = Timestamp(history.first.wrapping_mul(DAY_MS));
        } else {
            let (passed, length) = (now.since(start), end.since(start));
            let mut active = today.wrapping_sub(day_of(start));
            for (amount, day) in days.iter().zip(oldest..) {
                if *amount == 0 && day >= day_of(start) {
                    active = active.wrapping_sub(1);
                }
            }
            if passed.wrapping_mul(10) < length || active < ACTIVE_DAYS {
                return none;
            }
        }
        let projection = pace::project(&history);
        if !projection.likely || projection.day == AHEAD_MAX {
            return none;
        }
        // A day is spoken of as its noon, which is on the same date in most places.
        let mut latest = now.plus(AHEAD_MAX.wrapping_mul(DAY_MS));
        if end.0 > 0 {
            latest = latest.min(end.plus(-1));
        }
        let at = |ahead: i64| {
            let noon = Timestamp(today.wrapping_add(ahead).wrapping_mul(DAY_MS)).plus(DAY_MS / 2);
            noon.min(latest)
        };
        Projected {
            at: at(projection.day),
            from: at(projection.from),
            until: at(projection.until),
        }
    }

    /// What came on each of the last days before today's, or [`UNKNOWN`].
    fn days(&self, meter: u32, view: &MeterView, now: Timestamp) -> [i64; DAYS_MAX] {
        let today = day_of(now);
        let mut days = Days {
            first: today.wrapping_sub(DAYS_MAX as i64),
            amounts: [UNKNOWN; DAYS_MAX],
            last: (i64::MIN, 0),
        };
        let level = view.reading.period_end.0 == 0;
        let mut group = 0;
        for row in self.memory.table(Table::Daily) {
            if row.a >> 32 != u64::from(meter) {
                continue;
            }
            if row.a != group {
                group = row.a;
                days.begin((row.a & 0xffff_ffff) as i64);
            }
            let monday = (row.b as i64).wrapping_mul(7).wrapping_sub(3);
            for (figure, day) in row.v.iter().take(7).zip(monday..today) {
                let figure = figure.wrapping_sub(1);
                if figure < 0 {
                    continue;
                }
                if !level && row.a & 0xffff_ffff == 0 {
                    days.set(day, figure);
                } else {
                    days.reach(day, figure);
                }
            }
        }
        let current = (view.span_start / DAY_MS).wrapping_add(1);
        if !level && group & 0xffff_ffff != current as u64 {
            days.begin(current);
        }
        days.reach(today, view.reading.used);
        days.amounts
    }
}

/// Amounts by day, as they are found out.
struct Days {
    first: i64,
    amounts: [i64; DAYS_MAX],
    /// The day a figure was seen last, and the figure.
    last: (i64, i64),
}

impl Days {
    /// Begins with a span by the low half of its key: a period begins at 0 on the day before its first.
    fn begin(&mut self, low: i64) {
        self.last = (i64::MIN, 0);
        if low > 1 {
            self.last.0 = low.wrapping_sub(2);
        }
    }

    /// What came is what the figure has grown by, spread over the days since it was seen last.
    fn reach(&mut self, day: i64, figure: i64) {
        let (from, before) = self.last;
        let (gap, grown) = (day.saturating_sub(from), figure.wrapping_sub(before));
        if (1..=GAP_DAYS).contains(&gap) {
            let part = |days: i64| grown.wrapping_mul(days).checked_div(gap).unwrap_or(0);
            for days in 0..gap {
                let amount = part(days.wrapping_add(1)).wrapping_sub(part(days));
                self.set(from.wrapping_add(days).wrapping_add(1), amount);
            }
        }
        self.last = (day, figure);
    }

    /// What is known already stays: a host knows better than what was seen here.
    fn set(&mut self, day: i64, amount: i64) {
        if let Some(known) = self.amounts.get_mut(day.wrapping_sub(self.first) as usize)
            && *known == UNKNOWN
        {
            *known = amount;
        }
    }
}
