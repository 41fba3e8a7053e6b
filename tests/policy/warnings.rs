//! Reads `warnings.json`: each case changes a policy that has no warning, and says which it has then.
//! The gallery has none: what real products would write is not nagged at.

use super::gallery::gallery;
use plimsoll::policy::{Policy, PolicyError, Tree, WARNINGS};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn cases() -> Value {
    serde_json::from_str(include_str!("warnings.json")).unwrap()
}

fn lint(text: &str, name: &str) -> Vec<PolicyError> {
    let tree = Tree::parse(text).unwrap();
    let policy = Policy::from_tree(&tree).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
    policy.lint(&tree)
}

#[test]
fn every_warning_is_told_at_its_place_in_the_same_words() {
    let file = cases();
    let mut found = BTreeSet::from(["too_many_warnings".to_owned()]);
    for case in file["cases"].as_array().unwrap() {
        let mut policy = file["base"].clone();
        for (name, value) in case["change"].as_object().unwrap() {
            policy[name] = value.clone();
        }
        let name = case["name"].as_str().unwrap();
        let told = lint(&policy.to_string(), name);
        let told = told.iter().map(|warning| {
            json!({"code": warning.code, "path": warning.path, "message": warning.message, "help": warning.help})
        });
        let (told, wanted): (Value, _) = (told.collect(), &case["warnings"]);
        assert!(told == *wanted, "{name}:\n{told:#}\nis not\n{wanted:#}");
        let codes = wanted.as_array().unwrap().iter();
        found.extend(codes.map(|warning| warning["code"].as_str().unwrap().to_owned()));
    }
    let codes: BTreeSet<String> = WARNINGS.iter().map(|code| (*code).to_owned()).collect();
    assert_eq!(found, codes, "each code has a case");
}

#[test]
fn the_base_of_the_cases_and_the_gallery_have_no_warning() {
    assert_eq!(lint(&cases()["base"].to_string(), "base"), []);
    for (name, text) in gallery() {
        assert_eq!(lint(&text, &name), [], "{name}");
    }
}

#[test]
fn a_policy_full_of_oddities_is_told_the_first_hundred() {
    let prompts: Vec<Value> = (0..150)
        .map(
            |index| json!({"id": format!("p{index}"), "trigger": {"threshold_used": 5000 + index}}),
        )
        .collect();
    let mut policy = cases()["base"].clone();
    policy["prompts"] = json!(prompts);
    let warnings = lint(&policy.to_string(), "many");
    assert_eq!(warnings.len(), 101);
    assert_eq!(warnings[100].code, "too_many_warnings");
    assert_eq!(warnings[100].message, "there are more than 100 warnings");
}
