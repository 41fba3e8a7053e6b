//! The score: points of signals in four categories, from 0 to 100 in tenths, with every reason for it.
//! Owns the arithmetic, which is integers only, and the line with its rises; knows no names and no accounts.
//! The engine asks it for prompts and `explain`, the collector for hand-offs.

use super::signal::{DAY_COUNT_MAX, HALVINGS_MAX, LINE, PARTS, look_back};
use crate::engine::memory::{Memory, Table};
use crate::plim::{Plim, Signal};
use crate::unit::Timestamp;

/// Activation, engagement, value, expansion.
pub const CATEGORIES: usize = 4;
/// Tenths of a point in a point.
pub const TENTHS: i64 = 10;

/// A score and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// 0 to 1,000.
    pub tenths: i64,
    /// What each category adds to it, in tenths.
    pub categories: [i64; CATEGORIES],
    /// What each signal that happened gave, in the policy's order.
    pub contributions: Vec<Contribution>,
}

/// What one signal gave, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Index of the signal in the compiled policy.
    pub signal: u32,
    /// How often it happened in its window.
    pub count: i64,
    /// The newest day on which it did, from 1970-01-01.
    pub newest: i64,
    /// Tenths of points before decay, diminishing returns and cap.
    pub plain: i64,
    /// Tenths of points that it gave to its category.
    pub given: i64,
}

/// The score of a memory on a day.
#[must_use]
#[inline(never)]
pub fn score(plim: &Plim, memory: &Memory, today: i64) -> Score {
    let root = plim.root();
    let mut score = Score::default();
    for (signal, index) in root.signals().iter().zip(0..) {
        let contribution = contribution(signal, index, memory, today);
        if contribution.count > 0 {
            if let Some(sum) = score.categories.get_mut(signal.category() as usize) {
                *sum = sum.wrapping_add(contribution.given);
            }
            score.contributions.push(contribution);
        }
    }
    let rules = root.score_rules();
    let rule = |at: u32| rules.get(at).unwrap_or(0);
    for (sum, at) in score.categories.iter_mut().zip([2, 4, 6, 8]) {
        let (weight, cap) = (rule(at), rule(at | 1));
        let full = cap.wrapping_mul(TENTHS);
        let least = if fault!(56) { full.wrapping_neg() } else { 0 };
        let share = (*sum).clamp(least, full.max(0)).wrapping_mul(weight);
        *sum = share.checked_div(cap.max(1)).unwrap_or(0);
        score.tenths = score.tenths.wrapping_add(*sum);
    }
    score
}

fn contribution(signal: Signal<'_>, index: u32, memory: &Memory, today: i64) -> Contribution {
    let (window, half_life) = (signal.window_days(), signal.half_life_days());
    let counted = look_back(memory, signal.key(), today, window, half_life);
    let cap = signal.cap().clamp(0, DAY_COUNT_MAX).wrapping_mul(TENTHS);
    let each = signal.each().max(1);
    let points = |parts: i64| {
        let points = parts.wrapping_mul(signal.points()).wrapping_mul(TENTHS);
        points.checked_div(each).unwrap_or(0)
    };
    Contribution {
        signal: index,
        count: counted.count,
        newest: counted.newest,
        plain: points(counted.count),
        given: (points(diminished(counted.left, signal.half_after())) / PARTS)
            .clamp(cap.wrapping_neg(), cap),
    }
}

/// Diminishing returns: the first so many count whole, the next so many half, then a quarter, and so on.
/// Without such a number all count whole.
fn diminished(mut left: i64, half_after: i64) -> i64 {
    let step = half_after.wrapping_mul(PARTS);
    if step <= 0 {
        return left;
    }
    let (mut worth, mut halvings) = (0_i64, 0);
    while left > 0 && halvings < HALVINGS_MAX {
        worth = worth.wrapping_add(left.min(step) >> halvings);
        left = left.wrapping_sub(step);
        halvings = halvings.wrapping_add(1);
    }
    worth
}

/// How a memory stands to the line: how often the score passed it, up and down, and when it last did.
#[must_use]
pub fn standing(memory: &Memory) -> (i64, Timestamp) {
    let row = memory.row(Table::Rise, 0, LINE);
    (row[0], Timestamp(row[1]))
}

/// Brings the standing to the line up to a score: it is passed upward at the line, downward below where it
/// arms again. Answers with the passings so far when this is another one: an odd number is a rise, and half of
/// it, rounded up, the rise's number.
pub fn cross(plim: &Plim, memory: &mut Memory, tenths: i64, now: Timestamp) -> Option<i64> {
    let rules = plim.root().score_rules();
    let (line, rearm) = (rules.get(0)?, rules.get(1)?);
    let mut passed = memory.row(Table::Rise, 0, LINE)[0];
    let passes = if passed & 1 == 1 {
        tenths < if fault!(57) { line } else { rearm }
    } else {
        tenths >= line
    };
    if !passes {
        return None;
    }
    passed = passed.wrapping_add(1);
    memory.join(Table::Rise, 0, LINE, &[passed, now.0]);
    Some(passed)
}
