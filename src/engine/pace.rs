//! Pace: when a figure that grows day by day reaches its limit, and how sure that is.
//! Owns the method and its few constants; knows nothing of meters, memory or prompts.
//! `daily` asks it for the engine, `cargo xtask forecast` for whoever wants to check its figures.
//!
//! docs/forecast.md says why it is this method, and how well it does.

use crate::unit::{DAY_MS, Timestamp};

/// Days of history that are worth looking at, as many as a snapshot may bring.
pub const DAYS_MAX: usize = 62;
/// Nothing is said of what lies further ahead.
pub const AHEAD_MAX: i64 = 365;
/// The level of a day differs from that of the day before by about this part, and a tenth in a week.
const DRIFT: f64 = 0.04;
/// The level of the last days counts as so many days of the period more.
const TRUST_DAYS: f64 = 28.0;
/// So many deviations to either side hold 80 % of what a normal distribution gives.
const DEVIATIONS: f64 = 1.2816;
/// The least divisor: a division by it is large, and no more than that.
const LEAST: f64 = 1e-9;

/// What is known of a figure.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// What came since `start`; the part of `now`'s day counts too.
    pub used: i64,
    /// What may still come.
    pub left: i64,
    /// When the period began, or where there is none, what is known of the figure.
    pub start: Timestamp,
    /// When it begins anew from 0; [`Timestamp::MAX`] for never.
    pub end: Timestamp,
    /// The instant of asking.
    pub now: Timestamp,
    /// What came on each day in UTC, the oldest first.
    pub daily: &'a [i64],
    /// The day of the first of them, counted from 1970. After the last comes `now`'s at the earliest.
    pub first: i64,
}

/// On which days the limit may be reached, counted from `now`'s own; [`AHEAD_MAX`] where that is not before
/// the figure begins anew, or not within so many days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Projection {
    /// The day on which it is expected, if reaching it in time is at least as likely as not.
    pub day: i64,
    /// With a chance of one in ten it is before this day.
    pub from: i64,
    /// With a chance of one in ten it is after this day.
    pub until: i64,
}

/// Projects a figure. `from <= day <= until`, whatever the history says.
#[must_use]
pub fn project(history: &History<'_>) -> Projection {
    let mut projection = Projection::default();
    if history.left <= 0 {
        return projection;
    }
    let (now, left) = (history.now.0, history.left as f64);
    // In whole weeks each day of the week is known as often.
    let odd = history.daily.len() % 7;
    let daily = history.daily.get(odd..).unwrap_or_default();
    let first = history.first.wrapping_add(odd as i64);
    let known = daily.len() as f64;

    // Sums by the day of the week, and the squares of what a day differs by from the one a week later.
    let mut shares = [0.0; 7];
    let (mut total, mut noise) = (0.0, 0.0);
    for (place, amount) in daily.iter().enumerate() {
        let amount = *amount as f64;
        total += amount;
        if let Some(sum) = shares.get_mut(place % 7) {
            *sum += amount;
        }
        if let Some(later) = daily.get(place.wrapping_add(7)) {
            let step = *later as f64 - amount;
            noise += step * step;
        }
    }
    let elapsed = days(history.start.0, now);
    let used = history.used as f64;
    let mean = if total > 0.0 {
        total / known
    } else {
        total = 0.0;
        used / elapsed.max(LEAST)
    };
    let mean = mean.max(LEAST);
    // What share of an ordinary day each day of the week has, one ordinary week counted with the known:
    // together they are 7.
    for share in &mut shares {
        *share = ((*share + mean) / (total / 7.0 + mean)).max(0.0);
    }
    let share = |place: usize| *shares.get(place % 7).unwrap_or(&1.0);

    // The variance of an ordinary day; where no two weeks are known, as if a day were as likely nothing as
    // much. Never less than that of events that come one by one.
    noise /= 2.0 * (known - 7.0);
    if known < 14.0 {
        noise = 2.0 * mean * mean;
    }
    noise = noise.max(mean);

    // A Kalman filter of a level that drifts. It begins at the mean, known as well as a week tells it. So
    // steady figures are followed within days, lumpy ones within weeks.
    let drift = DRIFT * mean;
    let (mut level, mut doubt) = (mean, noise / 7.0);
    for (place, amount) in daily.iter().enumerate() {
        let share = share(place);
        doubt += drift * drift;
        let gain = doubt * share / (doubt * share * share + noise);
        level += gain * (*amount as f64 - share * level);
        doubt *= 1.0 - gain * share;
    }
    let rate = ((used + TRUST_DAYS * level) / (elapsed + TRUST_DAYS)).max(0.0);

    // Each day before that of reaching it counts one.
    let today = now / DAY_MS;
    let (mut at, mut weight, mut above) = (now, 0.0, 0.0);
    for day in 0..AHEAD_MAX {
        let date = today.wrapping_add(day);
        let midnight = date.wrapping_add(1).wrapping_mul(DAY_MS);
        let next = midnight.min(history.end.0);
        weight += share(date.wrapping_sub(first) as usize) * days(at, next);
        at = next;
        above = rate * weight - left;
        let spread = DEVIATIONS * (noise * weight + doubt * weight * weight).sqrt();
        count(&mut projection.from, above + spread);
        count(&mut projection.day, above);
        count(&mut projection.until, above - spread);
    }
    // What comes in lumps passes a limit with half a lump in hand: before that it is as likely as not
    // still below.
    if 2.0 * rate * above < noise {
        projection.day = AHEAD_MAX;
    }
    projection
}

/// One day more on which it is not reached.
fn count(days: &mut i64, above: f64) {
    *days = days.wrapping_add(i64::from(above < 0.0));
}

fn days(from: i64, to: i64) -> f64 {
    to.wrapping_sub(from).max(0) as f64 / DAY_MS as f64
}

#[cfg(test)]
mod tests;
