//! GrowthBook's language-neutral cases, section by section, over the code that decides in a browser.
//! `PLIMSOLL_CASES` names another file of the format; without it the copy in `tests/data/growthbook` is read.
//! Prints how many passed and failed, and why a case has nothing here to run on; fails when one fails.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may stop: that is how it fails; what passed and failed is the point of it"
)]

#[path = "conformance/conditions.rs"]
mod conditions;
#[path = "conformance/runs.rs"]
mod runs;
#[path = "conformance/splits.rs"]
mod splits;

use serde_json::Value;

const CASES: &str = "tests/data/growthbook/cases.json";

/// What came of one case.
enum Outcome {
    Passed,
    Failed(String),
    /// It is about something that experiments do not have here.
    Unmapped(&'static str),
}

type Section = (&'static str, fn(&Value) -> Outcome);

const SECTIONS: [Section; 13] = [
    ("hash", splits::hash),
    ("getBucketRange", splits::bucket_range),
    ("chooseVariation", splits::choose_variation),
    ("getEqualWeights", splits::equal_weights),
    ("inNamespace", splits::in_namespace),
    ("getQueryStringOverride", splits::forced_by_url),
    ("evalCondition", conditions::eval_condition),
    ("run", runs::run),
    ("feature", runs::feature),
    ("stickyBucket", runs::kept_arm),
    (SAVED_GROUPS[0], conditions::eval_condition),
    (SAVED_GROUPS[1], runs::run),
    (SAVED_GROUPS[2], runs::feature),
];
const SAVED_GROUPS: [&str; 3] = [
    "savedGroupReferencesV2/evalCondition",
    "savedGroupReferencesV2/run",
    "savedGroupReferencesV2/feature",
];

#[test]
fn every_case_of_every_section_passes() {
    let failed = run_all(true);
    assert!(failed.is_empty(), "\n{}\n", failed.join("\n"));
}

/// Cases that cannot fail prove nothing: `fault!(n)` in `src/targeting` says what is planted.
#[cfg(feature = "planted-bugs")]
#[test]
fn every_planted_bug_fails_a_case() {
    // The 208th is in patterns; `tests/conditions.rs` finds it.
    for bug in (201..=212).filter(|bug| *bug != 208) {
        plimsoll::fault::plant(Some(bug));
        let failed = run_all(false);
        plimsoll::fault::plant(None);
        println!(
            "bug {bug}: {}",
            failed.first().map_or("NOT FOUND", |case| case)
        );
        assert!(!failed.is_empty(), "no case found bug {bug}");
    }
}

/// Every case that fails, with what was found.
fn run_all(told: bool) -> Vec<String> {
    let file = std::env::var("PLIMSOLL_CASES").unwrap_or_else(|_| CASES.to_owned());
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!("`{file}` cannot be read, from the root of the project: {error}")
    });
    let cases: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("`{file}` is not JSON: {error}"));
    let (mut all_failed, mut found) = (Vec::new(), 0);
    for (name, run) in SECTIONS {
        let (mut passed, mut unmapped, mut failed) = (0, Vec::new(), Vec::new());
        let section = name.split('/').fold(&cases, |cases, part| &cases[part]);
        for case in section.as_array().into_iter().flatten() {
            found += 1;
            match run(case) {
                Outcome::Passed => passed += 1,
                Outcome::Failed(why) => failed.push(format!("{name}: {case}: {why}")),
                Outcome::Unmapped(why) => unmapped.push((case[0].to_string(), why)),
            }
        }
        if told {
            let counts = (failed.len(), unmapped.len());
            println!(
                "{name:36} {passed:4} passed {:4} failed {:4} not ours",
                counts.0, counts.1
            );
            for (case, why) in unmapped {
                println!("    {case}: {why}");
            }
        }
        all_failed.append(&mut failed);
    }
    assert!(
        found > 0,
        "`{file}` has no section with cases, such as `hash`"
    );
    all_failed
}

/// Passed when what was found is what was expected.
fn same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Outcome {
    if found == expected {
        Outcome::Passed
    } else {
        Outcome::Failed(format!("found {found:?}"))
    }
}
