//! Reads `errors.json`: each case is a policy with mistakes, and what must be said about it, word for word.
//! A case has the whole `text`, or a `change`: members that replace those of the file's `base`.

use plimsoll::policy::{CODES, Policy, PolicyError};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn cases() -> Value {
    let cases = include_str!("errors.json").replace("{version}", env!("CARGO_PKG_VERSION"));
    serde_json::from_str(&cases).unwrap()
}

fn text_of(case: &Value, base: &Value) -> String {
    if let Some(text) = case.get("text") {
        return text.as_str().unwrap().into();
    }
    let mut policy = base.clone();
    for (name, value) in case["change"].as_object().unwrap() {
        policy[name] = value.clone();
    }
    policy.to_string()
}

fn told(errors: &[PolicyError]) -> Value {
    let told = |error: &PolicyError| json!({"code": error.code, "path": error.path, "message": error.message, "help": error.help});
    errors.iter().map(told).collect()
}

#[test]
fn every_mistake_is_told_at_its_place_in_the_same_words() {
    let file = cases();
    for case in file["cases"].as_array().unwrap() {
        let errors = Policy::parse(&text_of(case, &file["base"])).expect_err("a mistake");
        let (told, wanted) = (told(&errors), &case["errors"]);
        assert!(
            told == *wanted,
            "{}:\n{told:#}\nis not\n{wanted:#}",
            case["name"]
        );
    }
}

#[test]
fn the_base_of_the_cases_has_no_mistake() {
    Policy::parse(&cases()["base"].to_string()).unwrap();
}

#[test]
fn every_code_has_a_case_and_every_case_a_code() {
    let file = cases();
    let cases = file["cases"].as_array().unwrap();
    let errors = cases
        .iter()
        .flat_map(|case| case["errors"].as_array().unwrap());
    let mut found: BTreeSet<&str> = errors
        .map(|error| error["code"].as_str().unwrap())
        .collect();
    // These need a policy too large for the file; `hostile` has their cases.
    found.extend([
        "too_deep",
        "too_large",
        "too_many_errors",
        "too_many_instances",
    ]);
    assert_eq!(found, CODES.iter().copied().collect());
}

#[test]
fn every_message_keeps_to_the_style() {
    let file = cases();
    for case in file["cases"].as_array().unwrap() {
        for error in case["errors"].as_array().unwrap() {
            let (message, help) = (
                error["message"].as_str().unwrap(),
                error["help"].as_str().unwrap(),
            );
            let starts_small = |text: &str| !text.starts_with(|c: char| c.is_uppercase());
            assert!(starts_small(message) && starts_small(help), "{error}");
            assert!(
                !message.ends_with('.') && !help.ends_with('.') && !help.is_empty(),
                "{error}"
            );
            assert!(
                !message.contains("Tree") && !message.contains("i64"),
                "no Rust type: {error}"
            );
        }
    }
}
