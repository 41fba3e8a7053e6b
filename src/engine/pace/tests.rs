//! What a projection promises for any history, and a few histories whose answer anyone can see.
//! Knows nothing of how it is computed; the figures on real counts are held by xtask's tests.
//! Fails when an answer stands on its head, or a plain one is missed.

use super::*;
use crate::unit::COUNT_MAX;

/// 2026-11-23, a Monday.
const TODAY: i64 = 20_780;

fn at(day: i64) -> Timestamp {
    Timestamp(day * DAY_MS)
}

/// Asked at the start of a day, so many days after the period began.
fn after(days: i64, used: i64, left: i64, daily: &[i64]) -> History<'_> {
    History {
        used,
        left,
        start: at(TODAY - days),
        end: at(TODAY - days + 30),
        now: at(TODAY),
        first: TODAY - daily.len() as i64,
        daily,
    }
}

/// Any history, from sensible to absurd.
fn any(next: &mut impl FnMut(u64) -> i64, daily: &mut Vec<i64>) -> History<'static> {
    daily.clear();
    let scale = [3, 100, 1 << 30, COUNT_MAX as u64][next(4) as usize];
    let lumpy = next(3) == 0;
    for _ in 0..next(70) {
        let falls = next(20) == 0;
        let amount = if lumpy && next(5) > 0 { 0 } else { next(scale) };
        daily.push(if falls { -amount } else { amount });
    }
    let now = at(TODAY).plus(next(2 * DAY_MS as u64));
    let age = [1 << 20, 40 * DAY_MS, now.0][next(3) as usize];
    let start = now.plus(-next(age as u64));
    let ends = now.plus(next(40 * DAY_MS as u64) - DAY_MS);
    History {
        used: next(scale),
        left: next(scale),
        start,
        end: if next(3) == 0 { Timestamp::MAX } else { ends },
        now,
        first: TODAY - daily.len() as i64,
        daily: &[],
    }
}

fn random(seed: u64) -> impl FnMut(u64) -> i64 {
    let mut state = seed;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) % below) as i64
    }
}

#[test]
fn whatever_is_known_the_range_holds_the_day_and_ends_before_the_reset() {
    let mut daily = Vec::new();
    for seed in 0..20_000 {
        let history = any(&mut random(seed), &mut daily);
        let history = History {
            daily: &daily,
            ..history
        };
        let Projection {
            day, from, until, ..
        } = project(&history);
        assert!(
            (0..=day).contains(&from) && day <= until && until <= AHEAD_MAX,
            "seed {seed}"
        );
        for day in [day, from, until] {
            let begins = (history.now.0 / DAY_MS + day) * DAY_MS;
            let in_time = history.end.0 == 0 || begins < history.end.0;
            let none = day == AHEAD_MAX || history.left == 0;
            assert!(none || in_time, "seed {seed}");
        }
    }
}

#[test]
fn what_is_further_away_is_never_reached_earlier() {
    let mut daily = Vec::new();
    for seed in 0..20_000 {
        let mut next = random(seed);
        let history = any(&mut next, &mut daily);
        let near = History {
            daily: &daily,
            ..history
        };
        let far = History {
            left: near.left + next(1 << 20),
            ..near
        };
        let (near, far) = (project(&near), project(&far));
        assert!(near.day <= far.day, "seed {seed}");
        assert!(near.from <= far.from, "seed {seed}");
        assert!(near.until <= far.until, "seed {seed}");
    }
}

#[test]
fn a_steady_figure_is_reached_on_its_day() {
    let daily = [1_000; DAYS_MAX];
    for left in [500, 1_000, 4_500, 9_500, 14_500] {
        let day = (left - 1) / 1_000;
        let projection = project(&after(12, 12_000, left, &daily));
        assert_eq!(projection.day, day);
        assert!(projection.until - projection.from <= 2, "{projection:?}");
        assert_ne!(projection.day, AHEAD_MAX);
    }
}

#[test]
fn what_cannot_be_reached_before_the_reset_is_not_likely() {
    let daily = [1_000; DAYS_MAX];
    let projection = project(&after(12, 12_000, 18_500, &daily));
    assert_eq!(projection.day, AHEAD_MAX);
}

#[test]
fn nothing_lies_beyond_a_year() {
    let history = |left| History {
        end: Timestamp::MAX,
        ..after(62, 620, left, &[10; DAYS_MAX])
    };
    assert_eq!(project(&history(3_645)).day, 364);
    assert_eq!(project(&history(3_655)).day, AHEAD_MAX);
}

#[test]
fn a_figure_of_working_days_is_reached_on_no_weekend() {
    let mut daily = [0; DAYS_MAX];
    for (day, amount) in (TODAY - DAYS_MAX as i64..).zip(&mut daily) {
        // 1970 began on a Thursday.
        *amount = if (day + 3) % 7 < 5 { 1_000 } else { 0 };
    }
    // From a Monday on, five in each week.
    for left in [500, 4_000, 5_500, 9_000, 10_500] {
        let day = project(&after(14, 10_000, left, &daily)).day;
        assert!((day + TODAY + 3) % 7 < 5, "{left}: {day}");
        let by_the_mean = left / 714;
        assert!((day - by_the_mean).abs() <= 3, "{left}: {day}");
    }
}

#[test]
fn a_figure_that_has_risen_is_expected_earlier_than_the_mean_of_its_period_says() {
    let mut daily = [1_000; DAYS_MAX];
    daily[DAYS_MAX - 28..].fill(3_000);
    let used: i64 = daily[DAYS_MAX - 42..].iter().sum();
    let history = History {
        end: Timestamp::MAX,
        ..after(42, used, used, &daily)
    };
    let by_the_mean = 41;
    assert!(project(&history).day < by_the_mean);
}

#[test]
fn totals_alone_give_the_mean_and_a_wide_range() {
    let projection = project(&after(10, 10_000, 9_500, &[]));
    assert_eq!(projection.day, 9);
    assert!(projection.until - projection.from >= 7, "{projection:?}");
}

#[test]
fn what_comes_in_lumps_is_less_sure_than_what_comes_evenly() {
    let mut lumps = [0; DAYS_MAX];
    for amount in lumps.iter_mut().step_by(9) {
        *amount = 9_000;
    }
    let even = project(&after(12, 12_000, 12_500, &[1_000; DAYS_MAX]));
    let lumpy = project(&after(12, 12_000, 12_500, &lumps));
    assert!(lumpy.until - lumpy.from > even.until - even.from + 5);
}

#[test]
fn a_part_of_today_is_gone_at_noon() {
    let history = History {
        now: at(TODAY).plus(DAY_MS / 2),
        ..after(12, 12_500, 600, &[1_000; DAYS_MAX])
    };
    assert_eq!(project(&history).day, 1);
    let history = History {
        left: 400,
        ..history
    };
    assert_eq!(project(&history).day, 0);
}
