//! Periods and civil dates in UTC: which period an instant lies in, and how a known one rolls forward.
//! Knows days, weeks, months and years only; local time is text and made when painting.
//! `usage` asks it for the period of every reading; `wire` writes instants with it.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "instants are clamped to the years 1970-9999, so no sum of days, months or minutes comes near a bound"
)]

use crate::unit::{DAY_MS, Millis, Timestamp};

/// How often a counter resets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Every day.
    Day,
    /// Every seven days; calendar weeks begin on Monday (ISO 8601).
    Week,
    /// Every month.
    Month,
    /// Every year.
    Year,
}

impl Cadence {
    /// From the number in a compiled policy; a counter without one is monthly.
    #[must_use]
    pub fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Day,
            2 => Self::Week,
            4 => Self::Year,
            _ => Self::Month,
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

/// More steps than periods between 1970 and 9999 would need at the rate that jumping leaves over.
const STEPS_MAX: i64 = 400;

/// The calendar period in UTC around an instant.
#[must_use]
pub fn calendar(cadence: Cadence, at: Timestamp) -> Period {
    let days = at.clamped().0.div_euclid(DAY_MS);
    let (year, month, _) = civil(days);
    let anchor = match cadence {
        Cadence::Day => days,
        // 1970-01-01 was a Thursday; Monday of that week is day -3.
        Cadence::Week => (days.wrapping_add(3))
            .div_euclid(7)
            .wrapping_mul(7)
            .wrapping_sub(3),
        Cadence::Month => days_of(year, month, 1),
        Cadence::Year => days_of(year, 1, 1),
    };
    let start = Timestamp(anchor.wrapping_mul(DAY_MS));
    Period {
        start,
        end: step(cadence, start, 1),
    }
}

/// The period around an instant that follows from a known one: same anchor, rolled forward as often as needed.
/// An instant before the known period's end gives the known period.
#[must_use]
pub fn rolled(cadence: Cadence, known: Period, at: Timestamp) -> Period {
    if at < known.end || known.end <= known.start {
        return known;
    }
    // Steps are counted from the anchor, not from the last period, so that an anchor on the 31st
    // returns to the 31st after a shorter month. The first guess may be short by a few.
    let longest = match cadence {
        Cadence::Day => DAY_MS,
        Cadence::Week => DAY_MS.wrapping_mul(7),
        Cadence::Month => DAY_MS.wrapping_mul(31),
        Cadence::Year => DAY_MS.wrapping_mul(366),
    };
    let mut count = at.since(known.end).max(0) / longest;
    let mut start = nth(cadence, known, count);
    for _ in 0..STEPS_MAX {
        count = count.wrapping_add(1);
        let end = nth(cadence, known, count);
        if at < end || end <= start {
            return Period { start, end };
        }
        start = end;
    }
    Period {
        start,
        end: nth(cadence, known, count),
    }
}

/// The end of the known period, `count` periods on. The anchor is the known period's start while its
/// length is the cadence's; otherwise (a shortened first period) its end.
fn nth(cadence: Cadence, known: Period, count: i64) -> Timestamp {
    if step(cadence, known.start, 1) == known.end {
        step(cadence, known.start, count.wrapping_add(1))
    } else {
        step(cadence, known.end, count)
    }
}

fn step(cadence: Cadence, from: Timestamp, count: i64) -> Timestamp {
    let months = match cadence {
        Cadence::Day => return from.plus(DAY_MS.wrapping_mul(count)),
        Cadence::Week => return from.plus(DAY_MS.wrapping_mul(7).wrapping_mul(count)),
        Cadence::Month => count,
        Cadence::Year => count.wrapping_mul(12),
    };
    let days = from.0.div_euclid(DAY_MS);
    let (year, month, day) = civil(days);
    let total = year
        .wrapping_mul(12)
        .wrapping_add(month - 1)
        .wrapping_add(months);
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
    let day = day.min(month_length(year, month));
    Timestamp(
        days_of(year, month, day)
            .wrapping_mul(DAY_MS)
            .wrapping_add(from.0.rem_euclid(DAY_MS)),
    )
    .clamped()
}

/// Whether two periods share more than half of the longer one: then they are the same for keys.
#[must_use]
pub fn same(a: Period, b: Period) -> bool {
    let shared = a.end.min(b.end).since(a.start.max(b.start));
    let longer = a.end.since(a.start).max(b.end.since(b.start));
    shared.wrapping_mul(2) > longer
}

/// Year, month 1-12 and day 1-31 of a day counted from 1970-01-01.
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
#[must_use]
pub fn civil(days: i64) -> (i64, i64, i64) {
    let z = days.wrapping_add(719_468);
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day counted from 1970-01-01, `days_from_civil` of the same source.
#[must_use]
pub fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn month_length(year: i64, month: i64) -> i64 {
    let next = if month == 12 {
        days_of(year + 1, 1, 1)
    } else {
        days_of(year, month + 1, 1)
    };
    next - days_of(year, month, 1)
}

/// Milliseconds after midnight, local to an offset.
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
        Timestamp(days_of(year, month, day) * DAY_MS)
    }

    #[test]
    fn days_and_dates_are_inverse_from_1970_to_9999() {
        let mut last = (1969, 12, 31);
        for number in 0..2_932_897 {
            let date = civil(number);
            assert_eq!(days_of(date.0, date.1, date.2), number);
            assert!(date > last, "{date:?} after {last:?}");
            last = date;
        }
        assert_eq!(last, (9999, 12, 31));
    }

    #[test]
    fn an_anchor_on_the_31st_returns_to_the_31st() {
        let known = Period {
            start: day(2027, 1, 31),
            end: day(2027, 2, 28),
        };
        let march = rolled(Cadence::Month, known, day(2027, 2, 28));
        assert_eq!(
            march,
            Period {
                start: day(2027, 2, 28),
                end: day(2027, 3, 31)
            }
        );
        let later = rolled(Cadence::Month, known, day(2031, 4, 15));
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
            calendar(Cadence::Month, at),
            Period {
                start: day(2026, 11, 1),
                end: day(2026, 12, 1)
            }
        );
        assert_eq!(
            calendar(Cadence::Week, at),
            Period {
                start: day(2026, 11, 16),
                end: day(2026, 11, 23)
            }
        );
        assert_eq!(
            calendar(Cadence::Year, at),
            Period {
                start: day(2026, 1, 1),
                end: day(2027, 1, 1)
            }
        );
        assert_eq!(calendar(Cadence::Day, at).start, day(2026, 11, 22));
    }

    #[test]
    fn every_rolled_period_holds_its_instant_and_touches_the_next() {
        for cadence in [Cadence::Day, Cadence::Week, Cadence::Month, Cadence::Year] {
            let start = day(2024, 2, 29);
            let known = Period {
                start,
                end: step(cadence, start, 1),
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
