//! Properties of the score over random policies, memories and orders of merging.

use super::{TODAY, policy};
use plimsoll::engine::memory::{Memory, Table};
use plimsoll::plim::Plim;
use plimsoll::pql::{self, score, signal};
use plimsoll::unit::{DAY_MS, Digest, Timestamp};
use serde_json::json;

const SEEDS: u64 = 1_500;
const NAMES: [&str; 6] = ["one", "two", "three", "four", "limit_hit", "sessions"];
const CATEGORIES: [&str; 4] = ["activation", "engagement", "value", "expansion"];

struct Random(u64);

impl Random {
    /// A number from 0 up to but not `end`.
    fn below(&mut self, end: i64) -> i64 {
        self.0 += 1;
        let hash = Digest::default().number(self.0.cast_signed()).finish();
        (hash % end.unsigned_abs()).cast_signed()
    }
}

/// A policy of six signals of any kind.
fn rules(random: &mut Random, negative: bool) -> Plim {
    let mut signals = json!({});
    for name in NAMES {
        let points = 1 + random.below(40);
        signals[name] = json!({
            "category": CATEGORIES[random.below(4) as usize],
            "points": if negative && random.below(3) == 0 { -points } else { points },
            "each": 1 + random.below(3),
            "cap": 1 + random.below(60),
            "half_life_days": random.below(3) * random.below(40),
            "half_after": random.below(2) * random.below(9),
            "window_days": 1 + random.below(62),
        });
    }
    let caps = json!({"value": 1 + random.below(90), "expansion": 1 + random.below(90)});
    let line = 1 + random.below(100);
    let scoring = json!({"defaults": false, "signals": signals, "caps": caps, "line": line,
        "rearm_below": random.below(line + 1)});
    policy(json!({"scoring": scoring})).score_rules().unwrap()
}

fn counts(random: &mut Random) -> Vec<(usize, i64, i64)> {
    let count = random.below(30);
    let mut counted = |_| {
        let many = random.below(8) == 0;
        let count = 1 + random.below(if many { 2_000_000 } else { 6 });
        (random.below(6) as usize, random.below(80), count)
    };
    (0..count).map(&mut counted).collect()
}

fn memory(counts: &[(usize, i64, i64)]) -> Memory {
    let mut memory = Memory::default();
    for (name, age, count) in counts {
        signal::add(&mut memory, signal::key(NAMES[*name]), TODAY - age, *count);
    }
    memory
}

#[test]
fn a_score_is_from_0_to_100_and_the_sum_of_its_categories_and_they_of_their_signals() {
    for seed in 0..SEEDS {
        let mut random = Random(seed << 32);
        let plim = rules(&mut random, true);
        let score = pql::score(&plim, &memory(&counts(&mut random)), TODAY);
        assert!(
            (0..=1_000).contains(&score.tenths),
            "seed {seed}: {score:?}"
        );
        assert_eq!(
            score.tenths,
            score.categories.iter().sum::<i64>(),
            "seed {seed}"
        );
        let rules: Vec<i64> = plim.root().score_rules().iter().collect();
        for (category, found) in score.categories.iter().enumerate() {
            let (weight, cap) = (rules[2 + category * 2], rules[3 + category * 2]);
            let of_it = score.contributions.iter().filter(|contribution| {
                let signal = plim.root().signals().get(contribution.signal).unwrap();
                signal.category() as usize == category
            });
            let sum: i64 = of_it.map(|contribution| contribution.given).sum();
            let wanted = sum.clamp(0, cap * 10) * weight / cap;
            assert_eq!(*found, wanted, "seed {seed}, category {category}");
        }
    }
}

#[test]
fn more_of_a_positive_signal_is_never_a_lower_score() {
    for seed in 0..SEEDS {
        let mut random = Random(seed << 32);
        let plim = rules(&mut random, false);
        let mut memory = memory(&counts(&mut random));
        let before = pql::score(&plim, &memory, TODAY);
        let name = NAMES[random.below(6) as usize];
        let age = random.below(62);
        let count = 1 + random.below(9);
        signal::add(&mut memory, signal::key(name), TODAY - age, count);
        let after = pql::score(&plim, &memory, TODAY);
        assert!(
            after.tenths >= before.tenths,
            "seed {seed}: {count} {name}, {age} days ago"
        );
    }
}

#[test]
fn points_without_anything_new_only_fade() {
    for seed in 0..SEEDS {
        let mut random = Random(seed << 32);
        let plim = rules(&mut random, false);
        let memory = memory(&counts(&mut random));
        let mut last = i64::MAX;
        for day in 0..90 {
            let score = pql::score(&plim, &memory, TODAY + day).tenths;
            assert!(score <= last, "seed {seed}, day {day}");
            last = score;
        }
        assert_eq!(last, 0, "seed {seed}");
    }
}

#[test]
fn the_order_of_counting_and_of_merging_makes_no_difference() {
    for seed in 0..SEEDS {
        let mut random = Random(seed << 32);
        let plim = rules(&mut random, true);
        let counted = counts(&mut random);
        let mut backwards = counted.clone();
        backwards.reverse();
        assert_eq!(memory(&counted), memory(&backwards), "seed {seed}");
        let parts: Vec<Memory> = counted.chunks(4).map(memory).collect();
        let (mut there, mut back) = (Memory::default(), Memory::default());
        for part in &parts {
            there.merge(part);
            there.merge(part);
        }
        for part in parts.iter().rev() {
            back.merge(part);
        }
        assert_eq!(there, back, "seed {seed}");
        let score = pql::score(&plim, &there, TODAY);
        assert_eq!(score, pql::score(&plim, &back, TODAY), "seed {seed}");
    }
}

#[test]
fn users_who_did_different_things_make_the_account_that_one_user_would_be() {
    for seed in 0..SEEDS {
        let mut random = Random(seed << 32);
        let plim = rules(&mut random, true);
        let counted = counts(&mut random);
        // Each user has signals of their own.
        let mut account = Memory::default();
        for user in 0..3 {
            let of_user = counted.iter().filter(|(name, ..)| name % 3 == user);
            account.merge(&memory(&of_user.copied().collect::<Vec<_>>()));
        }
        let one = memory(&counted);
        let score = pql::score(&plim, &one, TODAY);
        assert_eq!(score, pql::score(&plim, &account, TODAY), "seed {seed}");
    }
}

#[test]
fn rises_are_numbered_and_the_line_arms_again_only_below_its_second_mark() {
    for seed in 0..SEEDS {
        let mut random = Random(seed << 32);
        let plim = rules(&mut random, false);
        let rules: Vec<i64> = plim.root().score_rules().iter().take(2).collect();
        let mut memory = Memory::default();
        let (mut is_above, mut rises) = (false, 0);
        for step in 0..60 {
            let tenths = random.below(1_001);
            let now = Timestamp((TODAY + step) * DAY_MS);
            let passed = score::cross(&plim, &mut memory, tenths, now);
            let rose = !is_above && tenths >= rules[0];
            let fell = is_above && tenths < rules[1];
            assert_eq!(passed.is_some(), rose || fell, "seed {seed}, step {step}");
            is_above = rose || is_above && !fell;
            rises += i64::from(rose);
            if let Some(passed) = passed {
                assert_eq!(
                    (passed & 1 == 1, (passed + 1) / 2),
                    (is_above, rises),
                    "seed {seed}"
                );
                assert_eq!(score::standing(&memory), (passed, now), "seed {seed}");
            }
        }
    }
}

#[test]
fn whatever_memory_holds_a_score_comes_out() {
    for seed in 0..SEEDS {
        let mut random = Random(seed << 32);
        let plim = rules(&mut random, true);
        let mut memory = Memory::default();
        for _ in 0..20 {
            let extremes = [i64::MIN, -1, 0, 1, i64::MAX, random.below(1 << 40)];
            let mut v = [0; 7];
            v.fill_with(|| extremes[random.below(6) as usize]);
            let key = signal::key(NAMES[random.below(6) as usize]);
            let weeks = [0, u64::MAX, 1 << 62, (TODAY as u64 + 3) / 7];
            let week = weeks[random.below(4) as usize];
            memory.join(Table::Signal, u64::from(key.0), week, &v);
        }
        for today in [TODAY, 0, Timestamp::MAX.0 / DAY_MS] {
            let score = pql::score(&plim, &memory, today);
            assert!((0..=1_000).contains(&score.tenths), "seed {seed}");
        }
    }
}
