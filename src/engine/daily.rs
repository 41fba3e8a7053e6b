//! Daily figures: what is known of a meter day by day, and the projection that follows from it.
//! Owns the rows of days and how they become amounts; how these become a date is `pace`'s.
//! Readings and snapshots write here; `judge`, prompts and `read` ask for the projection.
//!
//! Every figure is kept plus one, so that 0 is a day of which nothing is known.

use super::Engine;
use super::crossing::MeterView;
use super::effect::{Projected, Reading};
use super::input::Now;
use super::memory::{Memory, Table, monday};
use super::pace::{self, AHEAD_MAX, DAYS_MAX, History};
use crate::unit::{DAY_MS, HOUR_MS, Millis, Timestamp};

/// Shorter periods are over before anything can be said.
const PERIOD_MIN_MS: Millis = 3 * DAY_MS;
/// Of a period so many days must have passed on which something came.
const ACTIVE_DAYS: i64 = 3;
/// A level must have grown on this many of the last so many days.
const GROWN_DAYS: i64 = 14;
const RECENT_DAYS: i64 = 28;
/// Growth is spread over the days since a figure was seen last, over no more than these.
const GAP_DAYS: i64 = 7;
/// What came on a day of which nothing is known: no amount is so far below 0. A byte eight times, so that an
/// array of it is filled like one of zeros.
const UNKNOWN: i64 = i64::from_ne_bytes([0x80; 8]);

/// The day of an instant.
pub(super) fn day_of(at: Timestamp) -> i64 {
    at.0 / DAY_MS
}

/// Remembers a figure of a day; of two the higher stays. Answers whether that is news.
pub(super) fn keep(memory: &mut Memory, a: u64, day: i64, figure: i64) -> bool {
    memory.keep(Table::Daily, a, day, figure.max(0).wrapping_add(1))
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
        let (used, at, _) = view.projected.get();
        if used != view.reading.used || at != hour && !fault!(64) {
            let projected = self.project(meter, view, Timestamp(hour.wrapping_mul(HOUR_MS)));
            view.projected.set((view.reading.used, hour, projected));
        }
        let (_, _, projected) = view.projected.get();
        projected
    }

    fn project(&self, meter: u32, view: &MeterView, now: Timestamp) -> Projected {
        let none = Projected::default();
        let Some(key) = self.plim.root().meters().get(meter) else {
            return none;
        };
        let reading = &view.reading;
        let is_level = reading.period_end.0 == 0;
        let start = reading.period_start;
        let end = if is_level {
            Timestamp::MAX
        } else {
            reading.period_end
        };
        let left = reading.limit.0.wrapping_sub(reading.used);
        if !counts(reading) || left <= 0 || now >= end {
            return none;
        }
        let today = day_of(now);
        let mut days = Days {
            oldest: today.wrapping_sub(DAYS_MAX as i64),
            amounts: [UNKNOWN; DAYS_MAX],
            is_level,
            span: -1,
            last: (0, 0),
        };
        self.read_days(&mut days, key.key(), view, today);
        // On how many days something came: on the last ones of a level, or in a period, where it is said of
        // every day of which it is not known otherwise.
        let (since, wanted) = if is_level {
            (today.wrapping_sub(RECENT_DAYS), GROWN_DAYS)
        } else {
            (day_of(start), ACTIVE_DAYS)
        };
        let mut active = days.oldest.wrapping_sub(since).max(0);
        // Of what is known the last days in a row, and the sum of these.
        let (mut from, mut to, mut total) = (0, 0, 0_i64);
        for (place, amount) in days.amounts.iter().enumerate() {
            let is_active = *amount > 0 || *amount != 0 && !is_level;
            let counts = is_active && days.oldest.wrapping_add(place as i64) >= since;
            active = active.wrapping_add(i64::from(counts));
            if *amount == UNKNOWN {
                continue;
            }
            if place != to {
                (from, total) = (place, 0);
            }
            to = place.wrapping_add(1);
            total = total.wrapping_add(*amount);
        }
        let too_few = active < wanted && !fault!(if is_level { 38 } else { 39 });
        let too_soon = now.since(start).wrapping_mul(10) < end.since(start);
        if too_few || too_soon && !is_level {
            return none;
        }
        let mut history = History {
            used: reading.used,
            left,
            start,
            end,
            now,
            daily: days.amounts.get(from..to).unwrap_or_default(),
            first: days.oldest.wrapping_add(from as i64),
        };
        if is_level {
            history.used = total;
            history.start = Timestamp(history.first.wrapping_mul(DAY_MS));
        }
        let projection = pace::project(&history);
        if projection.day == AHEAD_MAX {
            return none;
        }
        // A day is spoken of as its noon, which is on the same date in most places.
        let noon = Timestamp(today.wrapping_mul(DAY_MS)).plus(DAY_MS / 2);
        let latest = end.plus(-1);
        let at = |ahead: i64| noon.plus(ahead.wrapping_mul(DAY_MS)).min(latest);
        Projected {
            at: at(projection.day),
            from: at(projection.from),
            until: at(projection.until),
        }
    }

    /// Finds out what came on each of the last days before today's.
    fn read_days(&self, days: &mut Days, meter: u32, view: &MeterView, today: i64) {
        for row in self.memory.table(Table::Daily) {
            if row.a >> 32 != u64::from(meter) {
                continue;
            }
            for (figure, day) in row.v.iter().take(7).zip(monday(row.b)..today) {
                if *figure > 0 {
                    let span = row.a as u32;
                    days.reach(i64::from(span), day, figure.wrapping_sub(1));
                }
            }
        }
        let span = if days.is_level {
            days.span
        } else {
            (view.span_start / DAY_MS).wrapping_add(1)
        };
        days.reach(span, today, view.reading.used);
    }
}

/// Amounts by day, as they are found out.
struct Days {
    oldest: i64,
    amounts: [i64; DAYS_MAX],
    is_level: bool,
    /// The span that was begun, by the low half of its key.
    span: i64,
    /// The day a figure was seen last, and the figure.
    last: (i64, i64),
}

impl Days {
    /// What came is what the figure of a span has grown by, spread over the days since it was seen last. What
    /// is known already stays: a host knows better than what was seen here.
    #[inline(never)]
    fn reach(&mut self, span: i64, day: i64, figure: i64) {
        if self.span != span {
            // A period begins at 0 on the day before its first. Where that is not known, it is far off.
            self.span = span;
            self.last = (span.wrapping_sub(2), 0);
        }
        if !self.is_level && span == 0 && !fault!(41) {
            // What came, and not where it stood.
            self.last = (day.wrapping_sub(1), 0);
        }
        let (from, before) = self.last;
        self.last = (day, figure);
        let (mut gap, mut rest) = (day.wrapping_sub(from), figure.wrapping_sub(before));
        while (1..=GAP_DAYS).contains(&gap) {
            let amount = rest.checked_div(gap).unwrap_or(0);
            rest = rest.wrapping_sub(amount);
            gap = gap.wrapping_sub(1);
            let place = day.wrapping_sub(gap).wrapping_sub(self.oldest);
            if let Some(known) = self.amounts.get_mut(place as usize)
                && *known == UNKNOWN
            {
                *known = amount;
            }
        }
    }
}
