//! The cases about hashes, weights, spans, namespaces and forced arms.
//! Owns how a case's fractions become what is compiled; everything else is the product's own code.
//! Called by the table of sections.

use super::{Outcome, same};
use plimsoll::plim::{self, Plim, RootDraft, SplitDraft};
use plimsoll::policy;
use plimsoll::targeting::{arm, hash};
use serde_json::Value;

/// `[seed, value, version, expected]`
pub fn hash(case: &Value) -> Outcome {
    let version = u32::try_from(case[2].as_u64().unwrap()).unwrap();
    let found = hash::bucket(version, text(&case[0]), text(&case[1]));
    same(&found, &case[3].as_f64().map(bucket))
}

/// `[name, [variations, coverage, weights], ranges]`
pub fn bucket_range(case: &Value) -> Outcome {
    let [arms, coverage, weights] = [0, 1, 2].map(|at| &case[1][at]);
    let arms = usize::try_from(arms.as_u64().unwrap()).unwrap();
    let found = policy::bucket_ranges(arms, coverage.as_f64().unwrap(), &numbers(weights));
    let flat: Vec<i64> = found
        .iter()
        .flat_map(|(a, b)| [*a, *b])
        .map(rounded)
        .collect();
    let pairs = case[2].as_array().unwrap().iter();
    same(&flat, &pairs.flat_map(numbers).map(rounded).collect())
}

/// `[name, share, ranges, expected]`, where -1 is no arm.
pub fn choose_variation(case: &Value) -> Outcome {
    let ranges: Vec<(f64, f64)> = case[2].as_array().unwrap().iter().map(range).collect();
    let plim = opened(policy::split("", 2, &ranges));
    let split = plim.root().holdout().get(0).unwrap();
    let found = hash::chosen(split.spans(), bucket(case[1].as_f64().unwrap()));
    same(&found.map_or(-1, i64::from), &case[3].as_i64().unwrap())
}

/// `[arms, weights]`
pub fn equal_weights(case: &Value) -> Outcome {
    let arms = usize::try_from(case[0].as_i64().unwrap()).unwrap_or(0);
    let found = policy::equal_weights(arms).into_iter().map(rounded);
    same(
        &found.collect::<Vec<_>>(),
        &numbers(&case[1]).into_iter().map(rounded).collect(),
    )
}

/// `[name, id, [namespace, from, to], expected]`
pub fn in_namespace(case: &Value) -> Outcome {
    let [id, from, to] = [0, 1, 2].map(|at| &case[2][at]);
    let (from, to) = (from.as_f64().unwrap(), to.as_f64().unwrap());
    let plim = opened(policy::namespace(text(id), from, to));
    let split = plim.root().holdout().get(0).unwrap();
    let found = hash::place(split, text(&case[1])).is_some();
    same(&found, &case[3].as_bool().unwrap())
}

/// `[name, id, url, arms, expected]`
pub fn forced_by_url(case: &Value) -> Outcome {
    let arms = u32::try_from(case[3].as_u64().unwrap()).unwrap();
    let found = arm::forced(text(&case[2]), "", text(&case[1]), arms);
    same(&found.map(u64::from), &case[4].as_u64())
}

/// A compiled policy of nothing but one split.
fn opened(split: SplitDraft) -> Plim {
    let root = RootDraft {
        holdout: vec![split],
        ..RootDraft::default()
    };
    Plim::open(&plim::write(&root, "{}")).unwrap()
}

/// The bucket of a share that is a whole number of ten-thousandths.
fn bucket(share: f64) -> u32 {
    let bucket = (share * 10_000.0).round();
    assert!(
        (bucket / 10_000.0 - share).abs() < 1e-12,
        "{share} is between two buckets"
    );
    bucket as u32
}

/// The cases are written with eight decimals.
fn rounded(share: f64) -> i64 {
    (share * 1e8).round() as i64
}

fn range(value: &Value) -> (f64, f64) {
    (value[0].as_f64().unwrap(), value[1].as_f64().unwrap())
}

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().into_iter().flatten();
    items.map(|item| item.as_f64().unwrap()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
