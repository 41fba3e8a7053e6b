//! Two artefacts: what the server gets is whole, and nothing of it that is not for browsers is in any `.plim`.

use super::policy;
use plimsoll::plim::Plim;
use plimsoll::policy::{Policy, SERVER_FORMAT};
use serde_json::{Value, json};
use std::path::Path;

/// Everything that only the server may know, each marked.
fn secrets() -> Value {
    json!({
        "scoring": {
            "signals": {"secret_free": {"category": "value", "points": 3}},
            "exclusions": {"accounts": ["SECRET-account"], "plans": ["free"]},
        },
        "sales_triggers": [
            {"id": "SECRET-trigger", "respond_hours": 77, "when": {"signal": "secret_free", "count": 2, "window_days": 3}},
        ],
        "handoff": {
            "routing": [{"to": "field_sales", "regions": ["SECRET-region"], "score_from": 80}, {"to": "customer_success"}],
            "talking_points": {"SECRET-trigger": "SECRET-point", "pql": "SECRET-pql"},
            "health_weights": {"trend": 50, "breadth": 25, "recency": 25},
            "drafts": {"subject": "SECRET-subject", "parts": ["SECRET-part", "SECRET-other"], "call_opener": "SECRET-opener"},
        },
    })
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

/// All policies of the tests, by file.
fn policies() -> Vec<(String, String)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut found = Vec::new();
    for folder in ["policies", "spec/policies", "policy", "guarantees"] {
        for entry in std::fs::read_dir(tests.join(folder)).unwrap().flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if name.ends_with(".json") && text.contains("\"plans\"") && name != "errors.json" {
                found.push((name, text));
            }
        }
    }
    found
}

#[test]
fn nothing_of_the_server_is_in_any_plim_of_any_policy() {
    let (mut searched, all) = (0, policies());
    for (name, text) in &all {
        let Ok(mut json) = serde_json::from_str::<Value>(text) else {
            continue;
        };
        if Policy::parse(text).is_err() {
            continue;
        }
        for (member, value) in secrets().as_object().unwrap() {
            match (json.get_mut(member), value) {
                (Some(Value::Object(own)), Value::Object(more)) if member == "scoring" => {
                    own.insert("exclusions".into(), more["exclusions"].clone());
                    own.entry("signals").or_insert(json!({}))["secret_free"] =
                        more["signals"]["secret_free"].clone();
                }
                _ => json[member] = value.clone(),
            }
        }
        json["scoring"]["exclusions"]["plans"] = json!([json["plans"][0]["id"]]);
        let policy =
            Policy::parse(&json.to_string()).unwrap_or_else(|error| panic!("{name} {error:?}"));
        for locale in policy.locales().iter().map(String::as_str).chain(["de"]) {
            let plim = policy.compile(locale);
            for secret in [
                "SECRET",
                "field_sales",
                "customer_success",
                "respond_hours",
                "talking_points",
                "routing",
                "exclusion",
            ] {
                assert!(!holds(&plim, secret), "`{secret}` is in {name}, {locale}");
            }
            assert!(
                holds(&plim, "secret_free"),
                "hosts send it: {name}, {locale}"
            );
            searched += 1;
        }
        assert!(holds(policy.server().as_bytes(), "SECRET-account"));
    }
    assert!(
        searched > 40 && all.len() > 20,
        "{searched} of {}",
        all.len()
    );
}

#[test]
fn the_server_gets_everything_with_what_was_left_out_filled_in() {
    let text = policy(secrets()).server();
    let server: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(server["format"], SERVER_FORMAT);
    assert_eq!(server["scoring"]["line"], 70);
    assert_eq!(server["scoring"]["rearm_below"], 60);
    assert_eq!(
        server["scoring"]["signals"]["secret_free"],
        json!({"category": "value", "points": 3, "each": 1, "cap": 30, "half_life_days": 0, "half_after": 0, "window_days": 62})
    );
    assert_eq!(
        server["scoring"]["exclusions"],
        json!({"accounts": ["SECRET-account"], "plans": ["free"], "in_sales_conversation": true})
    );
    assert_eq!(
        server["sales_triggers"][0],
        json!({"id": "SECRET-trigger", "respond_hours": 77, "when": {"signal": "secret_free", "count": 2, "window_days": 3}})
    );
    assert_eq!(
        server["handoff"]["routing"][0],
        json!({"to": "field_sales", "plans": [], "regions": ["SECRET-region"], "score_from": 80})
    );
    assert_eq!(
        server["handoff"]["talking_points"]["pql"],
        json!({"en": "SECRET-pql"})
    );
    assert_eq!(
        server["handoff"]["drafts"]["part_2"],
        json!({"en": "SECRET-other"})
    );
}

#[test]
fn the_server_s_artefact_is_a_policy_s_own_words_again() {
    let once: Value = serde_json::from_str(&policy(secrets()).server()).unwrap();
    let again =
        policy(json!({"scoring": once["scoring"], "sales_triggers": once["sales_triggers"]}));
    let mut twice: Value = serde_json::from_str(&again.server()).unwrap();
    twice["revision"] = once["revision"].clone();
    twice["handoff"] = once["handoff"].clone();
    assert_eq!(twice, once);
}

#[test]
fn a_score_that_stays_on_the_server_leaves_no_points_in_a_plim() {
    let scoring =
        json!({"in_browser": false, "signals": {"own": {"category": "value", "points": 17}}});
    let policy = policy(json!({"scoring": scoring, "prompts": [
        {"id": "busy", "trigger": {"signal": {"name": "sessions", "count": 9}}},
    ]}));
    let plim = Plim::open(&policy.compile("en")).unwrap();
    assert!(plim.root().score_rules().is_empty());
    let signals: Vec<_> = plim.root().signals().iter().collect();
    assert!(
        signals
            .iter()
            .all(|signal| signal.points() == 0 && signal.cap() == 0)
    );
    let mut names: Vec<&str> = signals.iter().map(|signal| signal.id()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "own",
            "session_minutes",
            "sessions",
            "teammate_invited",
            "teammate_removed",
            "upgrade_question",
            "workflow_completed"
        ]
    );
    // The server scores with them all the same.
    let whole = policy.score_rules().unwrap();
    assert!(
        whole
            .root()
            .signals()
            .iter()
            .any(|signal| signal.points() == 17)
    );
}
