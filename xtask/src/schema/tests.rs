//! The schema and the parser say the same of a policy's shape.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{FILE, made};
use crate::host::at;

fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(at(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&read(FILE)).expect("a schema")
}

/// The gallery, and the policy that has every field.
fn policies() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(at("tests/policies")).expect("a folder");
    let names = files.map(|file| {
        file.expect("a file")
            .file_name()
            .to_string_lossy()
            .into_owned()
    });
    let names = names.filter(|name| name.ends_with(".json"));
    let mut paths: Vec<String> = names.map(|name| format!("tests/policies/{name}")).collect();
    paths.push("tests/policy/full.json".into());
    paths
        .into_iter()
        .map(|path| (path.clone(), read(&path)))
        .collect()
}

#[test]
fn the_published_schema_is_what_the_types_say() {
    let published = std::fs::read_to_string(at(FILE)).expect("a file");
    let made = made().expect("a schema");
    assert!(
        published == made,
        "`cargo xtask schema --bless` writes {FILE}"
    );
}

#[test]
fn every_policy_without_mistakes_fits_the_schema() {
    let validator = validator();
    for (path, policy) in policies() {
        let errors: Vec<String> = validator
            .iter_errors(&policy)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{path}: {errors:#?}");
    }
}

/// Mistakes of shape; the others need to know what a policy means.
const SHAPE: [&str; 9] = [
    "missing_field",
    "must_be_dismissible",
    "not_supported_yet",
    "unknown_field",
    "unknown_format",
    "unknown_value",
    "wrong_type",
    "zero_limit",
    "bad_time",
];

#[test]
fn every_mistake_of_shape_does_not_fit_the_schema() {
    let validator = validator();
    let file = read("tests/policy/errors.json");
    let (mut tried, mut passed) = (0, BTreeSet::new());
    for case in file["cases"].as_array().expect("cases") {
        let errors = case["errors"].as_array().expect("errors");
        let of_shape = errors.iter().any(|error| {
            let path = error["path"].as_str().expect("a path");
            // The schema leaves conditions to the parser.
            let condition = path.contains("audience.") || path.starts_with("groups.");
            !condition && SHAPE.iter().any(|code| error["code"] == *code)
        });
        let policy = match case["text"].as_str() {
            Some(text) => serde_json::from_str(text).ok(),
            None => {
                let mut policy = file["base"].clone();
                for (name, value) in case["change"].as_object().expect("members") {
                    policy[name] = value.clone();
                }
                Some(policy)
            }
        };
        let (true, Some(policy)) = (of_shape, policy) else {
            continue;
        };
        tried += 1;
        if validator.is_valid(&policy) {
            passed.insert(case["name"].as_str().expect("a name").to_owned());
        }
    }
    assert!(tried > 50, "{tried} cases");
    let known: BTreeSet<String> = BEYOND.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(passed, known);
}

/// Cases of such codes that only the parser can tell.
const BEYOND: [&str; 4] = [
    "a prompt without a trigger",
    "a signal with a name that cannot be one, and one without a category",
    "a variable that a later version will know",
    "quiet hours that end when they begin",
];
