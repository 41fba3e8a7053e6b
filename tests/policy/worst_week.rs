//! Holds the bound of the worst week to the engine: no simulated week exceeds it, and where the rules leave
//! room the search comes up to it, so that the bound says something.

use super::gallery::gallery;
use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use plimsoll::worst_week::{bound, witness};
use serde_json::{Value, json};

const SEEDS: u64 = 4;

fn compiled(policy: &str) -> Plim {
    let policy = Policy::parse(policy).unwrap_or_else(|errors| panic!("{errors:#?}\n{policy}"));
    Plim::open(&policy.compile("en")).unwrap()
}

/// Two hard meters, a level, a locked feature, and dialogs for each kind of trigger.
fn policy(pacing: &Value, prompts: &Value) -> String {
    let quotas = |emails: i64, seats: i64| json!({"emails": {"limit": emails, "period": "month"}, "calls": {"limit": emails, "period": "day"}, "seats": {"limit": seats}});
    json!({
        "format": 1,
        "plans": [
            {"id": "free", "quotas": quotas(100, 3)},
            {"id": "pro", "buy": "checkout", "quotas": quotas(1000, 30), "features": ["sso"]},
        ],
        "prompts": prompts,
        "pacing": pacing,
    })
    .to_string()
}

fn all_dialogs() -> Value {
    json!([
        {"id": "default-50", "surface": "modal"}, {"id": "default-75", "surface": "modal"},
        {"id": "default-90", "surface": "modal"}, {"id": "default-at-limit", "surface": "modal"},
        {"id": "default-trial-ending", "surface": "modal"},
    ])
}

#[test]
fn no_witness_exceeds_the_bound_in_the_gallery() {
    for (name, text) in gallery() {
        let plim = compiled(&text);
        let (bound, witness) = (bound(&plim), witness(&plim, 0..SEEDS));
        let reached = witness.interruptions.len();
        assert!(
            reached <= bound.interruptions as usize,
            "{name}: {bound:?} {witness:?}"
        );
        assert!(
            reached > 0 || bound.interruptions == 0,
            "{name}: a week without any is no witness"
        );
    }
}

#[test]
fn the_default_pacing_lets_three_through_and_someone_meets_all_three() {
    let plim = compiled(&policy(&json!({}), &json!([])));
    assert_eq!(
        (bound(&plim).interruptions, bound(&plim).because),
        (3, "weekly_budget")
    );
    assert_eq!(witness(&plim, 0..SEEDS).interruptions.len(), 3);
}

#[test]
fn each_rule_bounds_the_week_where_it_is_the_tightest() {
    let hits_off = |more: Value| {
        let mut prompts = all_dialogs();
        let all = prompts.as_array_mut().unwrap();
        all.push(json!({"id": "default-limit-hit", "surface": "toast"}));
        all.extend(more.as_array().unwrap().clone());
        prompts
    };
    let loose = json!({"caps": [{"count": 20, "per": "day"}], "gap_hours": 0, "weekly_budget": 50});
    let with = |name: &str, value: Value| {
        let mut pacing = loose.clone();
        pacing[name] = value;
        pacing
    };
    let cases = [
        (
            with("gap_hours", json!(48)),
            hits_off(json!([])),
            4,
            "gap_hours",
        ),
        (
            with("caps", json!([{"count": 1, "per": "2d"}])),
            hits_off(json!([])),
            4,
            "caps",
        ),
        (
            with("weekly_budget", json!(5)),
            hits_off(json!([])),
            5,
            "weekly_budget",
        ),
        // One hit a day on any of three meters; all other dialogs are off.
        (
            with("limit_hits_per_day", json!(1)),
            json!([{"id": "default-preview", "on": false}]),
            7,
            "caps",
        ),
        (
            with("limit_hit_gap_hours", json!(84)),
            json!([{"id": "default-preview", "on": false}]),
            6,
            "caps",
        ),
    ];
    for (pacing, prompts, most, because) in cases {
        let plim = compiled(&policy(&pacing, &prompts));
        let (bound, witness) = (bound(&plim), witness(&plim, 0..SEEDS));
        assert_eq!(
            (bound.interruptions, bound.because),
            (most, because),
            "{pacing}"
        );
        assert!(
            witness.interruptions.len() <= most as usize,
            "{pacing}: {witness:?}"
        );
        assert!(
            witness.interruptions.len() * 2 >= most as usize,
            "{pacing}: far from {most}: {witness:?}"
        );
    }
    let quiet = json!([{"id": "default-preview", "on": false}, {"id": "default-limit-hit", "surface": "inline"}]);
    let plim = compiled(&policy(&json!({}), &quiet));
    assert_eq!(
        (bound(&plim).interruptions, bound(&plim).because),
        (0, "no prompt interrupts")
    );
    assert_eq!(witness(&plim, 0..SEEDS).interruptions, []);
}

#[test]
fn no_witness_exceeds_the_bound_under_any_pacing() {
    // A small generator; the seed is in the policy that a failure prints.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |end: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    for _ in 0..60 {
        let spans = ["day", "2d", "36h", "5d", "week", "month", "9d"];
        let caps = |below: &mut dyn FnMut(u64) -> u64, with_week: bool| -> Value {
            (0..below(3))
                .map(|_| json!({"count": 1 + below(6), "per": spans[below(7) as usize]}))
                .filter(|cap| with_week || cap["per"] != "week")
                .collect()
        };
        let mut prompts = all_dialogs();
        for prompt in prompts.as_array_mut().unwrap() {
            prompt["caps"] = caps(&mut below, true);
            prompt["delay_ms"] = json!(below(3) * 60_000);
            if below(3) == 0 {
                prompt["group"] = json!("g");
            }
            prompt["surface"] = json!(["modal", "banner", "modal"][below(3) as usize]);
        }
        let pacing = json!({
            "caps": caps(&mut below, false), "gap_hours": below(4) * 13, "weekly_budget": 1 + below(50),
            "limit_hits_per_day": 1 + below(4), "limit_hit_gap_hours": 1 + below(60),
            "groups": {"g": {"caps": caps(&mut below, true)}},
        });
        let text = policy(&pacing, &prompts);
        let plim = compiled(&text);
        let (bound, witness) = (bound(&plim), witness(&plim, 0..2));
        assert!(
            witness.interruptions.len() <= bound.interruptions as usize,
            "{text}\n{bound:?} {witness:?}"
        );
    }
}

#[test]
fn the_bound_holds_in_every_arm_and_the_simulated_people_are_in_all_of_them() {
    let arms = json!([{"id": "control"}, {"id": "more", "pacing": {"weekly_budget": 9, "gap_hours": 1, "caps": [{"count": 9, "per": "day"}]}}]);
    let mut text: Value = serde_json::from_str(&policy(&json!({}), &all_dialogs())).unwrap();
    text["experiments"] = json!([{"id": "much", "arms": arms}]);
    let plim = compiled(&text.to_string());
    assert_eq!(bound(&plim).interruptions, 9);
    let weeks: Vec<usize> = (0..12)
        .map(|seed| witness(&plim, seed..seed + 1).interruptions.len())
        .collect();
    assert!(weeks.iter().all(|week| *week <= 9), "{weeks:?}");
    assert!(
        weeks.iter().any(|week| *week > 3),
        "nobody in the arm: {weeks:?}"
    );
    assert!(
        weeks.iter().any(|week| *week <= 3),
        "nobody in the control: {weeks:?}"
    );
}

#[test]
fn the_same_seed_gives_the_same_week() {
    let plim = compiled(&policy(
        &json!({"weekly_budget": 9, "gap_hours": 3}),
        &all_dialogs(),
    ));
    let week = witness(&plim, 3..4);
    assert_eq!(week, witness(&plim, 3..4));
    assert_eq!(week.seed, 3);
}

/// A bound that no bug could break would prove nothing of the rules it follows from.
#[cfg(feature = "planted-bugs")]
#[test]
fn planted_bugs_in_the_pacing_are_found_by_a_witness_above_the_bound() {
    let pacing = |name: &str, value: Value| {
        let mut pacing =
            json!({"caps": [{"count": 20, "per": "day"}], "gap_hours": 0, "weekly_budget": 50});
        pacing[name] = value;
        let mut prompts = all_dialogs();
        let hits = json!({"id": "default-limit-hit", "surface": "toast"});
        prompts.as_array_mut().unwrap().push(hits);
        compiled(&policy(&pacing, &prompts))
    };
    let hits_on_every_meter = json!([{"id": "default-preview", "on": false}]);
    let hits = json!({"gap_hours": 0, "weekly_budget": 50, "limit_hits_per_day": 9, "limit_hit_gap_hours": 84});
    // The weekly budget is ignored; a gap is halved; blocked attempts keep no gap of their own.
    let cases = [
        (3, pacing("weekly_budget", json!(2))),
        (4, pacing("gap_hours", json!(60))),
        (5, compiled(&policy(&hits, &hits_on_every_meter))),
    ];
    for (bug, plim) in cases {
        let bound = bound(&plim).interruptions as usize;
        plimsoll::fault::plant(Some(bug));
        let reached = witness(&plim, 0..SEEDS).interruptions.len();
        plimsoll::fault::plant(None);
        assert!(reached > bound, "bug {bug}: {reached} within {bound}");
        assert!(
            witness(&plim, 0..SEEDS).interruptions.len() <= bound,
            "bug {bug}"
        );
    }
}
