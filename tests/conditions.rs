//! Conditions, compiled and read in place, against a naive reading of the same JSON, over random ones of both.
//! `PLIMSOLL_STEPS` says how many conditions to try; a difference prints what it is about.
//! And the form of attributes: what is written natively is what the shell writes.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may stop: that is how it fails"
)]

#[path = "conditions/made.rs"]
mod made;
#[path = "conditions/naive.rs"]
mod naive;
#[path = "conditions/patterns.rs"]
mod patterns;
#[path = "guarantees/random.rs"]
#[expect(dead_code, reason = "worlds pick and choose more than conditions do")]
mod random;

use plimsoll::plim::{self, Plim};
use plimsoll::policy::{self, Tree};
use plimsoll::targeting::condition;
use random::Random;
use serde_json::{Value, json};

const STEPS: u64 = 200_000;

#[test]
fn a_compiled_condition_says_what_a_naive_reading_says() {
    let steps = std::env::var("PLIMSOLL_STEPS").ok();
    let steps = steps.and_then(|steps| steps.parse().ok());
    let steps: u64 = steps.unwrap_or(STEPS);
    if let Some(difference) = (0..steps.min(10_000_000) / 20).find_map(first_difference) {
        panic!("{difference}");
    }
}

#[test]
fn a_pattern_finds_what_a_naive_search_finds() {
    if let Some(difference) = (0..STEPS / 20).find_map(patterns::first_difference) {
        panic!("{difference}");
    }
}

/// Whatever is read, however damaged, is read to its end.
#[test]
fn no_text_stops_the_reader() {
    let mut random = Random::new(7);
    let nothing = Plim::open(&plim::write(&plim::RootDraft::default(), "{}")).unwrap();
    for _ in 0..STEPS {
        let (code, attributes) = (made::damaged(&mut random), made::damaged(&mut random));
        let _ = condition::holds(&nothing, &code, &attributes);
    }
    for letter in ["!", "&", "&\u{1}", "e", "E|\u{1}", "@a.", "v", "~", "g0"] {
        let _ = condition::holds(
            &nothing,
            &letter.repeat(100_000),
            &"\u{1}[\u{1}0\0".repeat(50_000),
        );
    }
}

/// The file is also read by `tests/browser/attributes.test.mjs`, against what the shell writes.
#[test]
fn attributes_are_written_as_the_shell_writes_them() {
    let cases: Value = serde_json::from_str(include_str!("conditions/attributes.json")).unwrap();
    for case in cases.as_array().unwrap() {
        let of = |name: &str| Tree::parse(&case[name].to_string()).unwrap();
        let can_purchase = case["can_purchase"] != false;
        let text = policy::attributes(&of("account"), &of("user"), can_purchase);
        assert_eq!(json!(text), case["text"], "{case}");
    }
}

#[test]
fn a_condition_has_an_end() {
    let long = json!({"host": "h".repeat(16_385)});
    let (code, _, errors) = policy::condition(&tree(&long), &tree(&json!({})));
    assert_eq!((code.as_str(), errors[0].code), ("|", "too_many"));
}

/// A harness that finds nothing proves nothing: `fault!(n)` in `src/targeting` says what is planted.
#[cfg(feature = "planted-bugs")]
#[test]
fn every_planted_bug_in_conditions_is_found() {
    for bug in 201..=208 {
        plimsoll::fault::plant(Some(bug));
        let found = (0..10_000)
            .find_map(|seed| first_difference(seed).or_else(|| patterns::first_difference(seed)));
        plimsoll::fault::plant(None);
        assert!(found.is_some(), "bug {bug} makes no difference");
    }
}

/// Twenty attributes for one condition; the first for which the two readings differ.
fn first_difference(seed: u64) -> Option<String> {
    let mut random = Random::new(seed);
    let condition = made::condition(&mut random, 3);
    let groups = made::groups();
    let (code, root, _) = policy::condition(&tree(&condition), &tree(&groups));
    let plim = Plim::open(&plim::write(&root, "{}")).unwrap();
    (0..20).find_map(|_| {
        let attributes = made::attributes(&mut random, 2);
        let found = condition::holds(&plim, &code, &policy::value(&tree(&attributes)));
        let wanted = naive::holds(&condition, &attributes, &groups);
        let told =
            || format!("{condition} of {attributes} is {wanted}, found {found} (seed {seed})");
        (found != wanted).then(told)
    })
}

fn tree(value: &Value) -> Tree {
    Tree::parse(&value.to_string()).unwrap()
}
