//! Holds `docs/policy.md` to what is read: its examples have no mistake, and it names every code.

use plimsoll::policy::{CODES, Policy};
use serde_json::Value;

const PAGE: &str = include_str!("../../docs/policy.md");

#[test]
fn the_examples_of_the_page_have_no_mistake() {
    let examples: Vec<&str> = PAGE
        .split("```json\n")
        .skip(1)
        .map(|part| part.split("```").next().unwrap())
        .collect();
    assert!(examples.len() > 3);
    let smallest: Value = serde_json::from_str(examples[0]).unwrap();
    Policy::parse(examples[0]).unwrap();
    for example in &examples[1..] {
        let mut whole = smallest.clone();
        let members: Value = serde_json::from_str(example).unwrap();
        for (name, value) in members.as_object().unwrap() {
            whole[name] = value.clone();
        }
        Policy::parse(&whole.to_string()).unwrap();
    }
}

#[test]
fn the_page_names_every_code() {
    let mistakes = PAGE.split("## Mistakes").nth(1).unwrap();
    for code in CODES {
        assert!(
            mistakes.contains(&format!("`{code}`")),
            "docs/policy.md does not name `{code}`"
        );
    }
}

#[test]
fn the_page_of_warnings_names_every_code() {
    let page = include_str!("../../docs/lint.md");
    for code in plimsoll::policy::WARNINGS {
        assert!(
            page.contains(&format!("| `{code}` |")),
            "docs/lint.md does not name `{code}`"
        );
    }
}
