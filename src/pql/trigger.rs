//! Sales triggers: patterns in what an account did that ask for contact within a deadline.
//! Owns what a pattern means and its evidence; knows no names, no routing and no texts.
//! The collector asks it over an account's memory; nothing that runs in a page calls it.

use super::signal::each_day;
use crate::engine::memory::{Memory, Table};
use crate::unit::Key;
use core::ops::Range;

/// A pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// A signal happened so often within a window.
    Count {
        signal: Key,
        count: i64,
        window_days: i64,
    },
    /// A signal happened on so many days of a window.
    Days {
        signal: Key,
        days: i64,
        window_days: i64,
    },
    /// A signal happened so many percent more often than in the window before, and at least so often.
    Growth {
        signal: Key,
        percent: i64,
        count: i64,
        window_days: i64,
    },
    /// A signal had its best day: at least `to`, while no day of the window before had more than `from`.
    Rise {
        signal: Key,
        from: i64,
        to: i64,
        window_days: i64,
    },
    /// The usage of a meter was so many percent more than in the window before.
    UsageGrowth { percent: i64, window_days: i64 },
    /// The score is past the line.
    Score,
    /// The plan renews within so many days, and so much of some quota is used.
    Renewal { within_days: i64, used_percent: i64 },
}

/// What is known of an account besides its memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The day, from 1970-01-01.
    pub today: i64,
    /// The number of the score's rise that lasts, 0 below the line.
    pub rise: i64,
    /// The day on which the plan renews.
    pub renews: Option<i64>,
    /// Usage of the limit, in percent, of the meter that is nearest to its limit.
    pub used_percent: i64,
}

/// Why a pattern fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// What was counted in the window; of the score its rise, of a renewal the percentage used.
    pub count: i64,
    /// What was counted in the window before, where the pattern compares; of a renewal the days until it.
    pub before: i64,
    /// The newest day of it, from 1970-01-01; 0 where there is none.
    pub newest: i64,
}

/// What was counted in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    count: i64,
    /// Days on which there was any.
    days: i64,
    /// The most on one day.
    peak: i64,
    /// The newest day with any.
    newest: i64,
}

impl Pattern {
    /// Why the pattern fits an account now; `None` when it does not.
    #[must_use]
    pub fn fits(&self, memory: &Memory, facts: &Facts) -> Option<Evidence> {
        let place = |signal: Key| (Table::Signal, u64::from(signal.0));
        let back = |signal, window| look_back(memory, place(signal), facts.today, 0..window);
        let found = |counted: Counted, count, before| Evidence {
            count,
            before,
            newest: counted.newest,
        };
        match *self {
            Self::Count {
                signal,
                count,
                window_days,
            } => {
                let now = back(signal, window_days);
                (now.count >= count).then(|| found(now, now.count, 0))
            }
            Self::Days {
                signal,
                days,
                window_days,
            } => {
                let now = back(signal, window_days);
                (now.days >= days).then(|| found(now, now.days, 0))
            }
            Self::Growth {
                signal,
                percent,
                count,
                window_days,
            } => {
                let (now, before) = windows(memory, place(signal), facts.today, window_days);
                let fits = now.count >= count && grew(now.count, before.count, percent);
                fits.then(|| found(now, now.count, before.count))
            }
            Self::Rise {
                signal,
                from,
                to,
                window_days,
            } => {
                let (now, before) = windows(memory, place(signal), facts.today, window_days);
                let fits = now.peak >= to && before.peak <= from;
                fits.then(|| found(now, now.peak, before.peak))
            }
            Self::UsageGrowth {
                percent,
                window_days,
            } => memory.table(Table::Daily).iter().find_map(|row| {
                // What the host counted has no period in its key.
                let is_usage = row.a & u64::from(u32::MAX) == 0;
                let place = (Table::Daily, row.a);
                let (now, before) = windows(memory, place, facts.today, window_days);
                let fits = is_usage && before.count > 0 && grew(now.count, before.count, percent);
                fits.then(|| found(now, now.count, before.count))
            }),
            Self::Score => (facts.rise > 0).then_some(Evidence {
                count: facts.rise,
                ..Evidence::default()
            }),
            Self::Renewal {
                within_days,
                used_percent,
            } => {
                let left = facts.renews?.wrapping_sub(facts.today);
                let fits = (0..=within_days).contains(&left) && facts.used_percent >= used_percent;
                fits.then_some(Evidence {
                    count: facts.used_percent,
                    before: left,
                    newest: 0,
                })
            }
        }
    }
}

/// A window that ends today, and the one before it.
fn windows(memory: &Memory, place: (Table, u64), today: i64, window: i64) -> (Counted, Counted) {
    let both = window.saturating_mul(2);
    (
        look_back(memory, place, today, 0..window),
        look_back(memory, place, today, window..both),
    )
}

/// What was counted on days of these ages.
fn look_back(memory: &Memory, place: (Table, u64), today: i64, ages: Range<i64>) -> Counted {
    let mut counted = Counted::default();
    each_day(memory, place, today, ages.end, |age, count| {
        if age >= ages.start {
            counted.count = counted.count.saturating_add(count);
            counted.days = counted.days.saturating_add(1);
            counted.peak = counted.peak.max(count);
            counted.newest = counted.newest.max(today.saturating_sub(age));
        }
    });
    counted
}

/// Whether a count is so many percent more than the one before.
fn grew(now: i64, before: i64, percent: i64) -> bool {
    let wanted = i128::from(before).saturating_mul(percent.saturating_add(100).into());
    i128::from(now).saturating_mul(100) >= wanted && now > before
}
