//! Instants and spans as the cases write them: RFC 3339 in UTC, and `+90s`, `+5m`, `+2h`, `+3d`, `-1y`.
//! Knows nothing of engines; written apart from the engine's own dates, so that each checks the other.

/// One day, in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

/// The instant a case starts at unless it says otherwise.
pub const START: &str = "2026-11-22T10:00:00Z";

/// Milliseconds since 1970 of `2026-11-22T10:00:00Z`.
pub fn instant(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.split(':');
    let (hour, minute) = (
        time.next()?.parse::<i64>().ok()?,
        time.next()?.parse::<i64>().ok()?,
    );
    let (second, fraction) = time
        .next()?
        .split_once('.')
        .unwrap_or((time_second(text)?, "0"));
    let milliseconds = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
    let seconds = (hour * 60 + minute) * 60 + second.parse::<i64>().ok()?;
    Some(days(year, month, day) * DAY_MS + seconds * 1_000 + milliseconds)
}

/// `2026-11-22T10:00:00Z`, with milliseconds when there are any.
pub fn text(instant: i64) -> String {
    let (days, rest) = (instant.div_euclid(DAY_MS), instant.rem_euclid(DAY_MS));
    let (mut year, mut month) = (1970 + days / 366, 1);
    while self::days(year + 1, 1, 1) <= days {
        year += 1;
    }
    while month < 12 && self::days(year, month + 1, 1) <= days {
        month += 1;
    }
    let day = days - self::days(year, month, 1) + 1;
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
    let fraction = match rest % 1_000 {
        0 => String::new(),
        milliseconds => format!(".{milliseconds:03}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// A signed span: `+90s`, `5m`, `-1y` (a year is 365 days).
pub fn span(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (number, unit) = text.split_at(text.len().checked_sub(1)?);
    let unit_ms = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY_MS,
        "y" => 365 * DAY_MS,
        _ => return None,
    };
    Some(sign * number.parse::<i64>().ok()? * unit_ms)
}

fn time_second(text: &str) -> Option<&str> {
    text.strip_suffix('Z')?.rsplit(':').next()
}

/// Days from 1970-01-01, counted year by year and month by month.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let years: i64 = (1970..year)
        .map(|year| if leap(year) { 366 } else { 365 })
        .sum();
    let lengths = [
        31,
        if leap(year) { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    years
        + lengths
            .iter()
            .take(usize::try_from(month - 1).unwrap_or(0))
            .sum::<i64>()
        + day
        - 1
}
