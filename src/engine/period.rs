//! Periods and civil dates: which period an instant lies in, and how a known one rolls forward.
//! Knows days, weeks, months and years at one offset from UTC; local time is text and made when painting.
//! `usage` asks it for the period of every reading; `wire` writes instants with it.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "instants are clamped to the years 1970-9999, so no sum of days, months or minutes comes near a bound"
)]

use crate::unit::{DAY_MS, Millis, Timestamp};

/// The calendar repeats after 400 years, weekdays included. Local times are counted from one such cycle
/// before 1970, so that none is negative, whatever the offset.
const CYCLE_MS: Millis = 146_097 * DAY_MS;
/// Days from the first of March of the year 0 to 1970-01-01.
const MARCH_0: i64 = 719_468;

/// How often a counter resets: every so many days, or where that is 0, every so many months; and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    days: i64,
    months: i64,
    utc_offset_ms: Millis,
}

impl Cadence {
    /// From the number in a compiled policy, where a counter without one is monthly, and the offset of
    /// the policy's periods: positive east of UTC.
    #[must_use]
    pub fn from_word(word: u32, utc_offset_ms: Millis) -> Self {
        Self {
            days: match word {
                1 => 1,
                2 => 7,
                _ => 0,
            },
            months: if word == 4 { 12 } else { 1 },
            // 25 days hold every offset there is, and keep damaged ones within sums.
            utc_offset_ms: i64::from(utc_offset_ms as i32),
        }
    }

    fn local(self, at: Timestamp) -> Timestamp {
        let shift = if fault!(29) { 0 } else { self.utc_offset_ms };
        Timestamp(at.clamped().0 + shift + CYCLE_MS)
    }

    /// The period that begins so many steps after an anchor in local time, as instants.
    fn period(self, anchor: Timestamp, count: i64) -> Period {
        let instant = |local: Timestamp| local.plus(-self.local(Timestamp(0)).0);
        Period {
            start: instant(step(self, anchor, count)),
            end: instant(step(self, anchor, count + 1)),
        }
    }
}

/// A period: from its start up to, not including, its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First instant.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
}

/// The calendar period around an instant.
#[must_use]
pub fn calendar(cadence: Cadence, at: Timestamp) -> Period {
    // Days and weeks are counted from a Monday, three days before the Thursday that 1970-01-01 was;
    // months and years from that day itself.
    let days = if cadence.days > 0 { -3 } else { 0 };
    around(cadence, Timestamp(days * DAY_MS + CYCLE_MS), at)
}

/// The period around an instant that follows from a known one: same anchor, rolled forward as often as needed.
/// An instant before the known period's end gives the known period.
#[must_use]
pub fn rolled(cadence: Cadence, known: Period, at: Timestamp) -> Period {
    if at < known.end || known.end <= known.start {
        return known;
    }
    // The anchor is the known period's start while its length is the cadence's; otherwise (a shortened
    // first period) its end.
    let (start, end) = (cadence.local(known.start), cadence.local(known.end));
    let whole = step(cadence, start, 1) == end;
    around(cadence, if whole { start } else { end }, at)
}

/// The period around an instant at or after an anchor in local time. Steps are counted from the anchor, not
/// from the period before, so that an anchor on the 31st returns to the 31st after a shorter month.
fn around(cadence: Cadence, anchor: Timestamp, at: Timestamp) -> Period {
    let at = cadence.local(at);
    let count = if cadence.days > 0 {
        at.since(anchor) / DAY_MS / cadence.days
    } else {
        (month_of(civil(at)) - month_of(civil(anchor))) / cadence.months.max(1)
    };
    // In the month of its start an instant may still be before it.
    let early = step(cadence, anchor, count) > at;
    cadence.period(anchor, count - i64::from(early))
}

/// So many steps from a local time.
fn step(cadence: Cadence, from: Timestamp, count: i64) -> Timestamp {
    if cadence.days > 0 {
        return Timestamp(from.0 + cadence.days * DAY_MS * count);
    }
    let date = civil(from);
    let month = month_of(date) + cadence.months * count;
    let length = first_of(month + 1) - first_of(month);
    let length = if fault!(30) { length.min(30) } else { length };
    let days = first_of(month) + day_of(date).min(length) - 1;
    Timestamp(days * DAY_MS + from.0 % DAY_MS)
}

/// Whether two periods share more than half of the longer one: then they are the same for keys.
#[must_use]
pub fn same(a: Period, b: Period) -> bool {
    let shared = a.end.min(b.end).since(a.start.max(b.start));
    let longer = a.end.since(a.start).max(b.end.since(b.start));
    shared.wrapping_mul(2) > longer
}

/// The date of an instant as one number: the months since the year 0, times 32, and the day.
/// Years begin in March here, the third month of the year that is written: a leap day is the last.
#[must_use]
pub fn civil(at: Timestamp) -> i64 {
    // Quarters of a day, so that a century and a year have a whole number of them.
    let quarters = 4 * (at.0 / DAY_MS + MARCH_0) + 3;
    let (century, in_century) = (quarters / 146_097, (quarters % 146_097) | 3);
    let (year, day_of_year) = (in_century / 1_461, in_century % 1_461 / 4);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    ((century * 100 + year) * 12 + shifted + 2) * 32 + day
}

/// The month of a date, counted from the year 0.
#[must_use]
pub fn month_of(date: i64) -> i64 {
    date >> 5
}

/// The day of a date, 1-31.
#[must_use]
pub fn day_of(date: i64) -> i64 {
    date & 31
}

/// The first day of a month counted from the year 0, as days since 1970-01-01.
fn first_of(month: i64) -> i64 {
    let (year, shifted) = ((month - 2) / 12, (month - 2) % 12);
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (153 * shifted + 2) / 5 - MARCH_0
}

/// Minutes after midnight, local to an offset.
#[must_use]
pub fn minute_of_day(at: Timestamp, utc_offset_minutes: i32) -> i64 {
    let minutes: Millis = at.0.div_euclid(crate::unit::MINUTE_MS);
    minutes
        .wrapping_add(i64::from(utc_offset_minutes))
        .rem_euclid(24 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i64, month: i64, day: i64) -> Timestamp {
        Timestamp((first_of(year * 12 + month - 1) + day - 1) * DAY_MS)
    }

    fn utc(word: u32) -> Cadence {
        Cadence::from_word(word, 0)
    }

    #[test]
    fn days_and_dates_are_inverse_from_1970_to_9999() {
        let mut last = 0;
        for number in 0..2_932_897 {
            let date = civil(Timestamp(number * DAY_MS));
            assert_eq!(first_of(month_of(date)) + day_of(date) - 1, number);
            assert!(date > last, "{date} after {last}");
            last = date;
        }
        assert_eq!(last, (9999 * 12 + 11) * 32 + 31);
    }

    #[test]
    fn an_anchor_on_the_31st_returns_to_the_31st() {
        let known = Period {
            start: day(2027, 1, 31),
            end: day(2027, 2, 28),
        };
        let march = rolled(utc(3), known, day(2027, 2, 28));
        assert_eq!(
            march,
            Period {
                start: day(2027, 2, 28),
                end: day(2027, 3, 31)
            }
        );
        let later = rolled(utc(3), known, day(2031, 4, 15));
        assert_eq!(
            later,
            Period {
                start: day(2031, 3, 31),
                end: day(2031, 4, 30)
            }
        );
    }

    #[test]
    fn a_calendar_period_holds_its_instant() {
        let at = Timestamp(day(2026, 11, 22).0 + 36_000_000);
        assert_eq!(
            calendar(utc(3), at),
            Period {
                start: day(2026, 11, 1),
                end: day(2026, 12, 1)
            }
        );
        assert_eq!(
            calendar(utc(2), at),
            Period {
                start: day(2026, 11, 16),
                end: day(2026, 11, 23)
            }
        );
        assert_eq!(
            calendar(utc(4), at),
            Period {
                start: day(2026, 1, 1),
                end: day(2027, 1, 1)
            }
        );
        assert_eq!(calendar(utc(1), at).start, day(2026, 11, 22));
    }

    #[test]
    fn every_rolled_period_holds_its_instant_and_touches_the_next() {
        for cadence in [utc(1), utc(2), utc(3), utc(4)] {
            let start = day(2024, 2, 29);
            let known = Period {
                start,
                end: cadence.period(cadence.local(start), 1).start,
            };
            let mut expected = known;
            for _ in 0..600 {
                let inside = Timestamp((expected.start.0 + expected.end.0) / 2);
                assert_eq!(rolled(cadence, known, inside), expected, "{cadence:?}");
                let next = rolled(cadence, known, expected.end);
                assert_eq!(next.start, expected.end, "{cadence:?}");
                expected = next;
            }
        }
    }

    #[test]
    fn periods_that_share_more_than_half_are_the_same() {
        let november = Period {
            start: day(2026, 11, 1),
            end: day(2026, 12, 1),
        };
        let shifted = Period {
            start: day(2026, 11, 10),
            end: day(2026, 12, 10),
        };
        let half = Period {
            start: day(2026, 11, 16),
            end: day(2026, 12, 16),
        };
        assert!(same(november, shifted));
        assert!(!same(november, half));
    }
}
