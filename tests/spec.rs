//! Holds the engine to the cases of `tests/spec/*.json`.
//! `PLIMSOLL_CASE="a part of a name"` runs only the cases whose names contain it.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop: that is how it fails"
)]

#[expect(dead_code, reason = "histories store and lease as cases do not")]
mod spec_reader;

use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn every_case_of_the_specification_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec");
    let policies = texts(&folder.join("policies"));
    let filter = std::env::var("PLIMSOLL_CASE").unwrap_or_default();
    let (mut cases, mut failures) = (0, Vec::new());
    for (file, text) in texts(&folder) {
        let find = |name: &str| policies.get(name).cloned();
        let outcome = spec_reader::run(&file, &text, &find, &filter);
        cases += outcome.cases;
        failures.extend(outcome.failures);
    }
    assert!(
        failures.is_empty(),
        "{} of {cases} cases fail\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert!(
        cases >= 120 || !filter.is_empty(),
        "only {cases} cases were found"
    );
}

fn texts(folder: &Path) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            texts.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    texts
}
