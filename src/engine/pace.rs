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
/// The level of a day differs from that of the day before by about this part, and a twelfth in a week.
const DRIFT: f64 = 0.03;
/// After so many days the pace of the period counts as much as the level of the last days.
const TRUST_DAYS: f64 = 28.0;
/// A day of the week is taken for an ordinary one with the weight of so many weeks.
const ORDINARY_WEEKS: f64 = 1.0;
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
    /// When it begins anew from 0; 0 for never.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Projection {
    /// The day on which it is expected.
    pub day: i64,
    /// With a chance of one in ten it is before this day.
    pub from: i64,
    /// With a chance of one in ten it is after this day.
    pub until: i64,
    /// Whether reaching it in time is at least as likely as not.
    pub likely: bool,
}

impl Default for Projection {
    /// Of a limit that has been reached.
    fn default() -> Self {
        Self {
            day: 0,
            from: 0,
            until: 0,
            likely: true,
        }
    }
}

/// Projects a figure. `from <= day <= until`, whatever the history says.
#[must_use]
pub fn project(history: &History<'_>) -> Projection {
    let mut projection = Projection::default();
    if history.left <= 0 {
        return projection;
    }
    let (now, left) = (history.now.0, history.left as f64);
    let (daily, first) = (history.daily, history.first);
    let today = now.div_euclid(DAY_MS);
    let profile = Profile::of(daily, first);

    // The mean over the period and the days before it that are known.
    let began = history.start.0.div_euclid(DAY_MS);
    let mut total = history.used as f64;
    let mut days = days(history.start.0, now).max(LEAST);
    let elapsed = days;
    for (amount, _) in daily.iter().zip(first..began) {
        total += *amount as f64;
        days += 1.0;
    }
    let mean = total / days;

    let noise = noise(daily, first, &profile, mean);
    let (level, doubt) = level(daily, first, &profile, mean, noise);
    let trust = elapsed / (elapsed + TRUST_DAYS);
    let others = 1.0 - trust;
    let pace = history.used as f64 / profile.sum(history.start.0, now).max(LEAST);
    let rate = trust * pace + others * level;
    let doubt = others * others * doubt + trust * trust * noise / elapsed;

    (projection.day, projection.from, projection.until) = (AHEAD_MAX, AHEAD_MAX, AHEAD_MAX);
    let (mut at, mut weight) = (now, 0.0);
    for day in 0..AHEAD_MAX {
        let midnight = today.wrapping_add(day).wrapping_add(1).wrapping_mul(DAY_MS);
        let mut next = midnight;
        if history.end.0 > 0 {
            next = next.min(history.end.0);
        }
        weight += profile.sum(at, next);
        at = at.max(next);
        let expected = rate * weight;
        let spread = DEVIATIONS * (noise * weight + doubt * weight * weight).sqrt();
        if expected + spread >= left {
            projection.from = projection.from.min(day);
        }
        if expected >= left {
            projection.day = projection.day.min(day);
        }
        if expected - spread >= left {
            projection.until = day;
            return projection;
        }
        if next < midnight || next == history.end.0 {
            break;
        }
    }
    // What comes in lumps passes a limit with half a lump in hand: before that it is as likely as not
    // still below.
    projection.likely = rate * weight >= left + noise / (2.0 * rate.max(LEAST));
    projection
}

/// What share of an ordinary day each day of the week has.
struct Profile([f64; 7]);

impl Profile {
    fn of(daily: &[i64], first: i64) -> Self {
        let mut weeks = Self([ORDINARY_WEEKS; 7]);
        let mut counts = weeks.0;
        let total = daily.iter().map(|amount| *amount as f64).sum::<f64>();
        if total > 0.0 {
            let mean = total / daily.len() as f64;
            for (amount, day) in daily.iter().zip(first..) {
                let day = day.rem_euclid(7) as usize;
                if let (Some(sum), Some(count)) = (weeks.0.get_mut(day), counts.get_mut(day)) {
                    *sum += *amount as f64 / mean;
                    *count += 1.0;
                }
            }
        }
        for (share, count) in weeks.0.iter_mut().zip(counts) {
            *share = (*share / count).max(0.0);
        }
        let mean = weeks.0.iter().sum::<f64>() / 7.0;
        for share in &mut weeks.0 {
            *share /= mean.max(LEAST);
        }
        weeks
    }

    /// The share of a day, counted from 1970.
    fn share(&self, day: i64) -> f64 {
        *self.0.get(day.rem_euclid(7) as usize).unwrap_or(&1.0)
    }

    /// The shares of the days from one instant to another. Those of a week are 7 together.
    fn sum(&self, from: i64, to: i64) -> f64 {
        const WEEK_MS: i64 = 7 * DAY_MS;
        let weeks = to.wrapping_sub(from).max(0) / WEEK_MS;
        let mut sum = 7.0 * weeks as f64;
        let mut at = from.wrapping_add(weeks.wrapping_mul(WEEK_MS));
        while at < to {
            let day = at.div_euclid(DAY_MS);
            let next = day.wrapping_add(1).wrapping_mul(DAY_MS).min(to);
            sum += self.share(day) * days(at, next);
            at = next;
        }
        sum
    }
}

/// The variance of an ordinary day, from how one differs from the next: half by days, less their shares of the
/// mean, and half by weeks, so that spells count and slow growth does not. Never less than that of events that
/// come one by one; where no two weeks are known, as if a day were as likely nothing as much.
fn noise(daily: &[i64], first: i64, profile: &Profile, mean: f64) -> f64 {
    let days = daily.iter().zip(first..);
    let by_days = steps(days.map(|(amount, day)| *amount as f64 - mean * profile.share(day)));
    let weeks = daily.rchunks_exact(7);
    let by_weeks = steps(weeks.map(|week| week.iter().map(|amount| *amount as f64).sum()));
    let noise = if daily.len() < 14 {
        2.0 * mean * mean
    } else {
        (by_days + by_weeks / 7.0) / 2.0
    };
    noise.max(mean).max(LEAST)
}

/// The variance of values that change slowly, besides: half the mean square of the steps between them.
fn steps(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count, mut last) = (0.0, 0.0_f64, None);
    for value in values {
        if let Some(last) = last {
            let step: f64 = value - last;
            sum += step * step;
            count += 2.0;
        }
        last = Some(value);
    }
    sum / count.max(1.0)
}

/// The level at the last day and its variance: a Kalman filter of a level that drifts. It begins at the
/// mean, known as well as a week tells it. So steady figures are followed within days, lumpy ones within weeks.
fn level(daily: &[i64], first: i64, profile: &Profile, mean: f64, noise: f64) -> (f64, f64) {
    let drift = DRIFT * mean;
    let (mut level, mut doubt) = (mean, noise / 7.0);
    for (amount, day) in daily.iter().zip(first..) {
        let share = profile.share(day);
        doubt += drift * drift;
        let gain = doubt * share / (doubt * share * share + noise);
        level += gain * (*amount as f64 - share * level);
        doubt *= 1.0 - gain * share;
    }
    (level, doubt)
}

fn days(from: i64, to: i64) -> f64 {
    to.wrapping_sub(from).max(0) as f64 / DAY_MS as f64
}

#[cfg(test)]
mod tests;
