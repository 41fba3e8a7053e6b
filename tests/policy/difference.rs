//! The difference of two policies, and which changes would move the arms of a running experiment.

use plimsoll::policy::{Change, Tree, difference, moved_arms};
use serde_json::{Value, json};

fn tree(value: &Value) -> Tree {
    Tree::parse(&value.to_string()).unwrap()
}

fn changes(old: &Value, new: &Value) -> Vec<String> {
    let shown = |change: &Change| {
        let side = |side: &Option<Tree>| side.as_ref().map_or("-".into(), Tree::brief);
        format!(
            "{}: {} {} > {}",
            change.part.name(),
            change.path,
            side(&change.was),
            side(&change.now)
        )
    };
    difference(&tree(old), &tree(new))
        .iter()
        .map(shown)
        .collect()
}

#[test]
fn what_is_different_is_told_by_part_and_id() {
    let old = json!({
        "$schema": "a", "format": 1,
        "plans": [
            {"id": "free", "name": "Free", "quotas": {"emails": {"limit": 1000, "period": "month"}}},
            {"id": "pro", "buy": "checkout", "features": ["sso"]},
            {"id": "old"},
        ],
        "thresholds": [50, 75, 90],
        "prompts": [{"id": "default-90", "surface": "banner"}, {"id": "gone", "trigger": {"at_limit": true}}],
        "pacing": {"weekly_budget": 3},
        "texts": {"en": {"usage": "{used}"}},
    });
    let new = json!({
        "$schema": "b", "format": 1,
        "plans": [
            {"id": "pro", "buy": "sales", "features": ["sso", "audit"]},
            {"id": "free", "name": "Starter", "quotas": {"emails": {"limit": 500, "period": "month"}}},
        ],
        "thresholds": [60, 90],
        "prompts": [{"id": "new", "trigger": {"limit_hit": true}}, {"id": "default-90", "surface": "modal"}],
        "pacing": {"gap_hours": 12},
        "texts": {"en": {"usage": "{used} so far"}},
        "settle_ms": 1000,
    });
    assert_eq!(
        changes(&old, &new),
        [
            "plans: plans.pro.buy checkout > sales",
            "plans: plans.pro.features [sso] > [sso, audit]",
            "plans: plans.old {id: old} > -",
            "plans: plans [free, pro] > [pro, free]",
            "limits: plans.free.quotas.emails.limit 1000 > 500",
            "thresholds: thresholds [50, 75, 90] > [60, 90]",
            "prompts: prompts.new - > {id: new, trigger: {limit_hit: true}}",
            "prompts: prompts.default-90.surface banner > modal",
            "prompts: prompts.gone {id: gone, trigger: {at_limit: true}} > -",
            "pacing: pacing.gap_hours - > 12",
            "pacing: pacing.weekly_budget 3 > -",
            "texts: plans.free.name Free > Starter",
            "texts: texts.en.usage {used} > {used} so far",
            "other: settle_ms - > 1000",
        ]
    );
    assert_eq!(changes(&new, &new), [""; 0]);
}

#[test]
fn a_change_holds_the_whole_values() {
    let long = "x".repeat(500);
    let told = difference(
        &tree(&json!({"a": 3, "b": "3"})),
        &tree(&json!({"a": {"b": [long]}})),
    );
    assert_eq!(told[0].was, Some(Tree::Integer(3)));
    assert_eq!(told[0].now, Some(tree(&json!({"b": [long]}))));
    assert_eq!(
        (&told[1].was, &told[1].now),
        (&Some(Tree::Text("3".into())), &None)
    );
}

#[test]
fn a_long_value_is_cut_and_nothing_in_it_moves_a_terminal() {
    let long = json!({"revision": format!("\u{1b}[2J{}", "é".repeat(10_000))});
    let told = changes(&json!({"links": {"sales": "/a"}}), &json!({"links": long}));
    assert!(
        told.iter()
            .all(|line| line.chars().count() < 120 && !line.contains('\u{1b}')),
        "{told:?}"
    );
}

fn experiment(change: &Value) -> Value {
    let mut experiment =
        json!({"id": "when", "arms": [{"id": "control"}, {"id": "late", "thresholds": [60]}]});
    for (name, value) in change.as_object().unwrap() {
        experiment[name] = value.clone();
    }
    json!({"format": 1, "experiments": [{"id": "other", "arms": []}, experiment]})
}

#[test]
fn only_what_moves_the_arms_of_a_running_experiment_is_refused() {
    let arm = |id: &str, weight: i64| json!({"id": id, "weight": weight});
    let stays = [
        json!({}),
        // Defaults written out.
        json!({"seed": "when", "unit": "account", "coverage_percent": 100, "phase": 1, "on": true}),
        json!({"arms": [{"id": "control", "weight": 1}, {"id": "late", "thresholds": [70], "prompts": []}]}),
        // Whoever ends or begins again moves nobody.
        json!({"on": false, "seed": "x"}),
        json!({"phase": 2, "seed": "x", "unit": "user", "arms": [arm("late", 3), arm("control", 1)]}),
        // A condition on nothing is everybody.
        json!({"audience": {}}),
        json!({"phase": 2, "audience": {"plan": "free"}}),
    ];
    for change in stays {
        assert_eq!(
            moved_arms(&tree(&experiment(&json!({}))), &tree(&experiment(&change))),
            [],
            "{change}"
        );
    }
    let moves = [
        (json!({"seed": "x"}), "experiments[1].seed"),
        (json!({"unit": "user"}), "experiments[1].unit"),
        (
            json!({"coverage_percent": 50}),
            "experiments[1].coverage_percent",
        ),
        (
            json!({"namespace": {"id": "n", "from_percent": 0, "to_percent": 50}}),
            "experiments[1].namespace",
        ),
        (
            json!({"audience": {"plan": "free"}}),
            "experiments[1].audience",
        ),
        (
            json!({"arms": [arm("late", 1), arm("control", 1)]}),
            "experiments[1].arms",
        ),
        (
            json!({"arms": [arm("control", 2), arm("late", 1)]}),
            "experiments[1].arms",
        ),
        (
            json!({"arms": [arm("control", 1), arm("late", 1), arm("third", 1)]}),
            "experiments[1].arms",
        ),
    ];
    for (change, path) in moves {
        let errors = moved_arms(&tree(&experiment(&json!({}))), &tree(&experiment(&change)));
        assert_eq!(errors.len(), 1, "{change}: {errors:?}");
        assert_eq!(
            (errors[0].code, errors[0].path.as_str()),
            ("arms_moved", path)
        );
    }
    // The order in which a condition is written is not what it asks for; more coverage is another coverage.
    let audience = |members: &str| {
        let text = format!(r#"{{"experiments": [{{"id": "when", "audience": {{{members}}}}}]}}"#);
        Tree::parse(&text).unwrap()
    };
    let (one, two) = (
        r#""plan": "free", "seats": 3"#,
        r#""seats": 3, "plan": "free""#,
    );
    assert_eq!(moved_arms(&audience(one), &audience(two)), []);
    let covered = |percent| tree(&experiment(&json!({"coverage_percent": percent})));
    let errors = moved_arms(&covered(20), &covered(40));
    assert_eq!(
        errors[0].message,
        "the coverage of the running experiment `when` changed: units would come into its arms or leave them"
    );
    let mut held = experiment(&json!({}));
    held["holdout"] = json!({"percent": 5});
    let errors = moved_arms(&tree(&experiment(&json!({}))), &tree(&held));
    assert!(
        errors.iter().all(|error| error.path == "holdout") && errors.len() == 2,
        "{errors:?}"
    );
}
