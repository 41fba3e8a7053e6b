//! Splits: weights and coverage as shares become spans of ten-thousandths that a hash is looked for in.
//! Owns the arithmetic on fractions, which the browser has none of; knows no experiments.
//! `compile` writes the spans; `targeting::hash` finds a unit's place among them.

use crate::plim::SplitDraft;
use crate::targeting::hash::BUCKETS;

/// The share of each arm when nothing says otherwise.
#[must_use]
pub fn equal_weights(arms: usize) -> Vec<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a few arms")]
    let share = 1.0 / arms as f64;
    vec![share; arms]
}

/// The span of each arm: the arms stand side by side as their weights say, and each is filled from its
/// beginning as far as the coverage goes, so that more coverage moves nobody to another arm.
/// Weights that are not one for each arm, or do not sum to 1, count as equal.
#[must_use]
pub fn bucket_ranges(arms: usize, coverage: f64, weights: &[f64]) -> Vec<(f64, f64)> {
    let coverage = coverage.clamp(0.0, 1.0);
    let sum: f64 = weights.iter().sum();
    let equal = equal_weights(arms);
    let fits = weights.len() == arms && (0.99..=1.01).contains(&sum);
    let mut start = 0.0;
    let mut ranges = Vec::new();
    for weight in if fits { weights } else { &equal } {
        ranges.push((start, start + coverage * weight));
        start += weight;
    }
    ranges
}

/// A seed with its spans, as the arena has it.
#[must_use]
pub fn split(seed: &str, version: u32, ranges: &[(f64, f64)]) -> SplitDraft {
    SplitDraft {
        seed: seed.into(),
        version,
        spans: ranges
            .iter()
            .map(|(from, to)| first_bucket(*from) | first_bucket(*to) << 16)
            .collect(),
    }
}

/// A part of a namespace, by GrowthBook's rule: another seed and always the first version.
#[must_use]
pub fn namespace(id: &str, from: f64, to: f64) -> SplitDraft {
    split(&format!("__{id}"), 1, &[(from, to)])
}

/// The first bucket at or after a share. A bucket is as far as its own fraction says, so that comparing
/// whole numbers gives what comparing fractions would.
fn first_bucket(share: f64) -> u32 {
    let reached = |bucket: &u32| f64::from(*bucket) / f64::from(BUCKETS) >= share;
    (0..BUCKETS).find(reached).unwrap_or(BUCKETS)
}
