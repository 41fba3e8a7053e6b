//! Periods against another's arithmetic: what the engine rolls forward is compared with the civil dates of jiff.
//! Covers 1970 to 2100 for days, weeks, months and years, every anchor in a month, and offsets from UTC.
//! Knows only `engine::period`; the histories of `world` roll periods through the whole engine.

use super::random::Random;
use jiff::civil::{DateTime, date, datetime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, ToSpan};
use plimsoll::engine::period::{Cadence, Period, calendar, rolled};
use plimsoll::unit::Timestamp;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// As compiled policies number them.
const WORDS: [u32; 4] = [1, 2, 3, 4];
/// From the westernmost to the easternmost offset, with halves and quarters of hours.
const OFFSETS: [i64; 11] = [-720, -570, -210, -180, 0, 60, 330, 345, 540, 765, 840];

/// The length of so many periods.
fn span(word: u32, count: i64) -> Span {
    match word {
        1 => count.days(),
        2 => count.weeks(),
        3 => count.months(),
        _ => count.years(),
    }
}

fn zone(offset: i64) -> TimeZone {
    TimeZone::fixed(Offset::from_seconds(i32::try_from(offset * 60).unwrap()).unwrap())
}

fn instant(local: DateTime, offset: i64) -> Timestamp {
    let zoned = local.to_zoned(zone(offset)).unwrap();
    Timestamp(zoned.timestamp().as_millisecond())
}

fn local(at: Timestamp, offset: i64) -> DateTime {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap();
    zone(offset).to_datetime(at)
}

/// The period that jiff finds so many steps after an anchor.
fn expected(word: u32, anchor: DateTime, count: i64, offset: i64) -> Period {
    let at = |count| instant(anchor.checked_add(span(word, count)).unwrap(), offset);
    Period {
        start: at(count),
        end: at(count + 1),
    }
}

/// Whatever anchor and offset: every period that follows is what jiff adds to the anchor.
pub fn rolls_as_jiff(random: &mut Random, rounds: usize) -> Result<(), String> {
    for _ in 0..rounds {
        let word = random.pick(&WORDS).copied().unwrap_or(3);
        let offset = random.pick(&OFFSETS).copied().unwrap_or(0);
        let month = i8::try_from(random.between(1, 12)).unwrap();
        let first = date(i16::try_from(random.between(1970, 2099)).unwrap(), month, 1);
        // Half of the anchors are where months differ in length.
        let last = i64::from(first.days_in_month());
        let early = if random.percent(50) { 28 } else { 1 };
        let day = random.between(early, last);
        let day = first
            .with()
            .day(i8::try_from(day).unwrap())
            .build()
            .unwrap();
        let late = if random.percent(50) { 0 } else { 86_399 };
        let second = random.between(0, late);
        let anchor = day.at(0, 0, 0, 0).checked_add(second.seconds()).unwrap();
        from_anchor(word, anchor, offset, random)?;
    }
    Ok(())
}

fn from_anchor(
    word: u32,
    anchor: DateTime,
    offset: i64,
    random: &mut Random,
) -> Result<(), String> {
    let cadence = Cadence::from_word(word, offset * MINUTE_MS);
    let known = expected(word, anchor, 0, offset);
    if known.start.0 < 0 {
        return Ok(());
    }
    let reach = [47_000, 6_700, 1_500, 130][word as usize - 1];
    for count in [1, 2, 3, 11, 12, random.between(1, reach)] {
        let wanted = expected(word, anchor, count, offset);
        if wanted.end > instant(datetime(2100, 12, 31, 0, 0, 0, 0), offset) {
            continue;
        }
        let inside = random.between(wanted.start.0, wanted.end.0 - 1);
        for at in [wanted.start.0, inside, wanted.end.0 - 1] {
            let found = rolled(cadence, known, Timestamp(at));
            if found != wanted {
                return Err(format!(
                    "quotas: {anchor} at {offset} min, cadence {word}, step {count}: {found:?} and not {wanted:?}"
                ));
            }
        }
    }
    Ok(())
}

/// Every calendar period from 1970 to 2100: of days at one offset, of the others at each.
pub fn is_the_calendar_of_jiff() -> Result<(), String> {
    for offset in OFFSETS {
        for word in WORDS {
            if word == 1 && offset != 540 {
                continue;
            }
            // Weeks begin on a Monday.
            let first = if word == 2 {
                date(1970, 1, 5)
            } else {
                date(1970, 1, 1)
            };
            let mut start = first.checked_add(span(word, 1)).unwrap().at(0, 0, 0, 0);
            while start.year() <= 2100 {
                let wanted = expected(word, start, 0, offset);
                let cadence = Cadence::from_word(word, offset * MINUTE_MS);
                for at in [wanted.start.0, wanted.end.0 - 1] {
                    let found = calendar(cadence, Timestamp(at));
                    if found != wanted {
                        return Err(format!(
                            "quotas: {start} at {offset} min, cadence {word}: {found:?} and not {wanted:?}"
                        ));
                    }
                }
                start = local(wanted.end, offset);
            }
        }
    }
    Ok(())
}

/// A shortened first period is no step of the cadence: what follows is counted from its end.
pub fn shortened_periods_roll_from_their_end(random: &mut Random) -> Result<(), String> {
    for _ in 0..2_000 {
        let word = random.pick(&WORDS).copied().unwrap_or(3);
        let offset = random.pick(&OFFSETS).copied().unwrap_or(0);
        let end = Timestamp(random.between(40_000, 47_000) * DAY_MS / 2 / 60_000 * 60_000);
        let start = Timestamp(end.0 - random.between(1, 20) * 3_600_000);
        let anchor = local(end, offset);
        let wanted = expected(word, anchor, random.between(0, 30), offset);
        let cadence = Cadence::from_word(word, offset * MINUTE_MS);
        let found = rolled(cadence, Period { start, end }, wanted.start);
        if found != wanted {
            return Err(format!(
                "quotas: from {anchor} at {offset} min, cadence {word}: {found:?} and not {wanted:?}"
            ));
        }
    }
    Ok(())
}
