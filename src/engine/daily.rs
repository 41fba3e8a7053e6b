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
use crate::unit::{DAY_MS, HOUR_MS, Millis, Timestamp};

/// Shorter periods are over before anything can be said.
const PERIOD_MIN_MS: Millis = 3 * DAY_MS;
/// Of a period so many days must have passed on which something came.
const ACTIVE_DAYS: i64 = 3;
/// A level must have grown on this many of the last four weeks' days.
const GROWN_DAYS: i64 = 14;
/// Where these begin among the days.
const RECENT: usize = DAYS_MAX - 28;
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

/// Whether a projection can ever be made.
fn counts(reading: &Reading) -> bool {
    let length = reading.period_end.since(reading.period_start);
    reading.limit.0 > 0 && !reading.provisional && (length == 0 || length >= PERIOD_MIN_MS)
}

impl Engine {
    /// What was seen last of a day that is over is its figure.
    pub(super) fn end_day(&mut self, meter: u32, now: Timestamp) {
        let day = day_of(now);
        let seen = self.meters.get(meter as usize).map_or(0, |view| view.day);
        if seen != day && seen != 0 {
            self.keep_day(meter);
            if let Some(view) = self.meters.get_mut(meter as usize) {
                view.day = day;
            }
        }
    }

    /// Remembers where a meter stands on the day it was seen, unless its host says what came on each.
    #[inline(never)]
    pub(super) fn keep_day(&mut self, meter: u32) {
        let key = self.plim.root().meters().get(meter);
        let (Some(key), Some(view)) = (key, self.meters.get(meter as usize)) else {
            return;
        };
        let host = u64::from(key.key()) << 32;
        let of_span = host | (view.span_start / DAY_MS).wrapping_add(1) as u64;
        if counts(&view.reading) && self.memory.under(Table::Daily, host).is_empty() {
            self.dirty.memory |= keep(&mut self.memory, of_span, view.day, view.reading.used);
        }
    }

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
        if used != view.reading.used || at != hour && !fault!(64) {
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
        let (today, began) = (day_of(now), day_of(start));
        let oldest = today.wrapping_sub(DAYS_MAX as i64);
        // Of what is known the last days in a row, the sum of these, and on which days something came.
        let (mut from, mut to, mut total) = (0, 0, 0_i64);
        let (mut grown, mut active) = (0, today.wrapping_sub(began));
        for (place, amount) in days.iter().enumerate() {
            if *amount == UNKNOWN {
                continue;
            }
            if place != to {
                (from, total) = (place, 0);
            }
            to = place.wrapping_add(1);
            total = total.wrapping_add(*amount);
            grown = i64::wrapping_add(grown, i64::from(*amount > 0 && place >= RECENT));
            let idle = *amount == 0 && oldest.wrapping_add(place as i64) >= began;
            active = active.wrapping_sub(i64::from(idle));
        }
        let mut history = History {
            used: reading.used,
            left,
            start,
            end,
            now,
            daily: days.get(from..to).unwrap_or_default(),
            first: oldest.wrapping_add(from as i64),
        };
        let mut latest = Timestamp::MAX;
        let known = if end.0 == 0 {
            history.used = total;
            history.start = Timestamp(history.first.wrapping_mul(DAY_MS));
            grown >= GROWN_DAYS || fault!(38)
        } else {
            latest = end.plus(-1);
            (active >= ACTIVE_DAYS || fault!(39))
                && now.since(start).wrapping_mul(10) >= end.since(start)
        };
        let projection = pace::project(&history);
        if !known || projection.day == AHEAD_MAX {
            return none;
        }
        // A day is spoken of as its noon, which is on the same date in most places.
        let noon = Timestamp(today.wrapping_mul(DAY_MS)).plus(DAY_MS / 2);
        let at = |ahead: i64| noon.plus(ahead.wrapping_mul(DAY_MS)).min(latest);
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
            last: (0, 0),
        };
        let level = view.reading.period_end.0 == 0;
        let mut span = -1;
        for row in self.memory.table(Table::Daily) {
            if row.a >> 32 != u64::from(meter) {
                continue;
            }
            days.begin(&mut span, (row.a & 0xffff_ffff) as i64);
            let monday = (row.b as i64).wrapping_mul(7).wrapping_sub(3);
            for (figure, day) in row.v.iter().take(7).zip(monday..today) {
                if *figure > 0 {
                    if !level && span == 0 && !fault!(41) {
                        // What came, and not where it stood.
                        days.last = (day.wrapping_sub(1), 0);
                    }
                    days.reach(day, figure.wrapping_sub(1));
                }
            }
        }
        if !level {
            days.begin(&mut span, (view.span_start / DAY_MS).wrapping_add(1));
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
    /// Begins with a span, unless it is the one that was begun, by the low half of its key: a period begins
    /// at 0 on the day before its first. Where that is not known, it is far off.
    fn begin(&mut self, span: &mut i64, low: i64) {
        if *span != low {
            *span = low;
            self.last = (low.wrapping_sub(2), 0);
        }
    }

    /// What came is what the figure has grown by, spread over the days since it was seen last. What is known
    /// already stays: a host knows better than what was seen here.
    fn reach(&mut self, day: i64, figure: i64) {
        let (from, before) = self.last;
        self.last = (day, figure);
        let (mut gap, mut rest) = (day.wrapping_sub(from), figure.wrapping_sub(before));
        while (1..=GAP_DAYS).contains(&gap) {
            let amount = rest.checked_div(gap).unwrap_or(0);
            rest = rest.wrapping_sub(amount);
            gap = gap.wrapping_sub(1);
            let place = day.wrapping_sub(gap).wrapping_sub(self.first);
            if let Some(known) = self.amounts.get_mut(place as usize)
                && *known == UNKNOWN
            {
                *known = amount;
            }
        }
    }
}
