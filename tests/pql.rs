//! The score and the sales triggers: the examples of docs/scoring.md, properties over random policies and
//! memories, and what of it all reaches a browser.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by stopping, and so do its helpers"
)]

#[path = "pql/artefacts.rs"]
mod artefacts;
#[path = "pql/properties.rs"]
mod properties;
#[path = "pql/sales.rs"]
mod sales;

use plimsoll::Memory;
use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use plimsoll::pql::{self, Score, signal};
use serde_json::{Value, json};

/// A day in 2026, from 1970-01-01.
const TODAY: i64 = 20_779;

/// The smallest policy with other members.
fn policy(members: Value) -> Policy {
    let mut policy = json!({"format": 1, "plans": [
        {"id": "free", "name": "Free", "quotas": {"emails": {"limit": 1000, "period": "month"}}},
        {"id": "pro", "name": "Pro", "buy": "checkout", "quotas": {"emails": {"limit": 5000, "period": "month"}}},
    ]});
    for (name, value) in members.as_object().unwrap() {
        policy[name] = value.clone();
    }
    Policy::parse(&policy.to_string()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// A memory in which signals were counted: name, age in days, count.
fn memory(counted: &[(&str, i64, i64)]) -> Memory {
    let mut memory = Memory::default();
    for (name, age, count) in counted {
        signal::add(&mut memory, signal::key(name), TODAY - age, *count);
    }
    memory
}

/// What a signal gave, in tenths.
fn given(plim: &Plim, score: &Score, name: &str) -> i64 {
    let is_it = |index| plim.root().signals().get(index).unwrap().id() == name;
    let mut contributions = score.contributions.iter();
    contributions
        .find(|contribution| is_it(contribution.signal))
        .map_or(0, |contribution| contribution.given)
}

const ANA: [(&str, i64, i64); 6] = [
    ("sessions", 0, 3),
    ("teammate_invited", 0, 4),
    ("pricing_visits", 0, 2),
    ("pricing_visits", 7, 1),
    ("limit_hit", 7, 1),
    ("approaching_limit", 15, 3),
];

#[test]
fn the_worked_example_of_the_page_comes_out_to_the_tenth() {
    let plim = policy(json!({})).score_rules().unwrap();
    let score = pql::score(&plim, &memory(&ANA), TODAY);
    for (name, tenths) in [
        ("sessions", 30),
        ("teammate_invited", 70),
        ("pricing_visits", 67),
        ("limit_hit", 60),
        ("approaching_limit", 112),
    ] {
        assert_eq!(given(&plim, &score, name), tenths, "{name}");
    }
    assert_eq!((score.categories, score.tenths), ([0, 30, 172, 137], 339));
}

#[test]
fn a_higher_cap_makes_the_same_points_less() {
    let rules = policy(json!({"scoring": {"caps": {"value": 60}}}));
    let score = pql::score(&rules.score_rules().unwrap(), &memory(&ANA), TODAY);
    assert_eq!((score.categories[2], score.tenths), (86, 253));
}

#[test]
fn what_was_lost_is_taken_off() {
    let mut ana = memory(&ANA);
    signal::add(&mut ana, signal::key("teammate_removed"), TODAY, 2);
    let score = pql::score(&policy(json!({})).score_rules().unwrap(), &ana, TODAY);
    assert_eq!((score.categories[3], score.tenths), (77, 279));
}

#[test]
fn the_page_names_every_signal_and_trigger_that_is_built_in() {
    let page = include_str!("../docs/scoring.md");
    let server: Value = serde_json::from_str(&policy(json!({})).server()).unwrap();
    let signals = server["scoring"]["signals"].as_object().unwrap();
    let triggers = server["sales_triggers"].as_array().unwrap();
    assert_eq!((signals.len(), triggers.len()), (17, 11));
    for name in signals.keys() {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    for trigger in triggers {
        let id = trigger["id"].as_str().unwrap();
        assert!(page.contains(&format!("| `{id}` |")), "{id}");
    }
}
