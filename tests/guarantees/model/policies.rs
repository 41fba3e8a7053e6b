//! Random policies with anything in them that the second engine knows.
//! Knows neither engine; `compare` compiles them and lives histories under them.
//! Names of plans, meters and features are fixed, so that a host can be made up for them.

use crate::random::Random;
use plimsoll::plim::Plim;
use serde_json::{Value, json};

/// In the order in which a policy has them: by name. Calls and e-mails are counters.
pub const METERS: [&str; 4] = ["calls", "disk", "emails", "seats"];
pub const FEATURES: [&str; 2] = ["automation", "sso"];
/// Some of what hosts tell of.
pub const SIGNALS: [&str; 5] = ["invite", "report", "complaint", "login", "unheard_of"];
pub const PLANS: [&str; 4] = ["free", "pro", "enterprise", "legacy"];

/// `default-50/emails`: a prompt and its subject.
pub fn name(plim: &Plim, prompt: usize) -> String {
    let compiled = plim.root().prompts().get(prompt as u32).unwrap();
    format!("{}/{}", compiled.id(), plim.subject_of(compiled))
}

/// A policy with anything in it that the second engine knows.
pub fn policy(random: &mut Random) -> String {
    let quota = |random: &mut Random, period: Option<&str>, soft: u64| {
        let mut quota = match random.below(10) {
            0 => json!({"limit": "unlimited"}),
            1 => json!({"limit": "none"}),
            2 => json!({"limit": random.between(1, 4), "soft": random.percent(soft)}),
            _ => json!({"limit": random.pick(&[10, 40, 100, 1_000]), "soft": random.percent(soft)}),
        };
        if let Some(period) = period {
            quota["period"] = json!(period);
        }
        quota
    };
    let periods = ["day", "week", "month", "year"];
    let (mail, mut call) = (random.below(4) as usize, random.below(4) as usize);
    let mut plans = Vec::new();
    for (index, id) in PLANS[..3].iter().enumerate() {
        // A plan may count in days what another counts in months.
        if random.percent(20) {
            call = random.below(4) as usize;
        }
        let features = &FEATURES[..index.min(2)];
        plans.push(json!({"id": id, "buy": "checkout", "features": features, "quotas": {
            "emails": quota(random, Some(periods[mail]), 0), "calls": quota(random, Some(periods[call]), 30),
            "seats": quota(random, None, 0), "disk": quota(random, None, 40)}}));
    }
    plans[0]["features"] = json!([]);
    let mut prompts = Vec::new();
    for index in 0..random.below(6) {
        prompts.push(own_prompt(index, random));
    }
    let ladder = &[1, 3, 7][..random.between(1, 3) as usize];
    let thresholds = [[50, 75, 90], [10, 20, 99], [80, 95, 96]][random.below(3) as usize];
    let hours = |random: &mut Random, most| random.between(0, most);
    let mut pacing = json!({
        "caps": [{"count": random.between(1, 3), "per": "day"}], "weekly_budget": random.between(1, 6),
        "gap_hours": hours(random, 30), "min_account_age_hours": hours(random, 48),
        "min_user_age_hours": hours(random, 6), "ladder_days": ladder,
        "limit_hit_gap_hours": 1 + hours(random, 5), "limit_hits_per_day": random.between(1, 3),
        "groups": {"offers": {"caps": [{"count": random.between(1, 2), "per": "3d"}]}}});
    if random.percent(30) {
        let night = [("22:00", "07:00"), ("12:30", "14:00")][random.below(2) as usize];
        pacing["quiet_hours"] = json!({"from": night.0, "to": night.1});
    }
    let meters = json!({"calls": {}, "disk": {}, "emails": {}, "seats": {}});
    let mut policy = json!({"format": 1, "meters": meters, "plans": plans, "prompts": prompts, "pacing": pacing,
        "thresholds": thresholds,
        "settle_ms": random.pick(&[0, 5_000, 60_000]),
        "utc_offset_minutes": random.pick(&[0, 0, 540, -210]),
        "defaults": random.percent(90)});
    if random.percent(40) {
        let percent = random.between(1, 60);
        let own = json!({"thresholds": [percent, 90, {"used": 8}, {"remaining": 2}]});
        policy["meters"]["emails"] = own;
    }
    policy["links"] = json!({"checkout": "/checkout", "pricing": "/pricing"});
    policy["groups"] = json!({
        "beta": ["acc_1", "acc_2", "acc_3", "acc_4", "acc_5", "acc_6", "acc_7"],
        "large": {"type": "condition", "condition": {"seats": {"$gte": 3}}}});
    policy["scoring"] = scoring(random);
    if random.percent(60) {
        policy["experiments"] = experiments(random, &policy["prompts"]);
    }
    if random.percent(30) {
        policy["holdout"] =
            json!({"percent": random.between(5, 50), "prompts": random.percent(50)});
    }
    policy.to_string()
}

fn scoring(random: &mut Random) -> Value {
    let categories = ["activation", "engagement", "value", "expansion"];
    let names = [
        "invite",
        "report",
        "complaint",
        "login",
        "limit_hit",
        "approaching_limit",
        "feature_tried",
        "sessions",
        "active_days",
        "features_used",
        "pricing_visits",
    ];
    let mut signals = json!({});
    for (place, name) in names.iter().enumerate() {
        if place >= 4 && random.percent(50) {
            continue;
        }
        let points = if *name == "complaint" {
            random.between(-20, -1)
        } else {
            random.between(1, 12)
        };
        let mut signal = json!({"points": points, "category": random.pick(&categories)});
        for (field, most) in [
            ("each", 4),
            ("cap", 40),
            ("half_life_days", 20),
            ("half_after", 4),
            ("window_days", 20),
        ] {
            if random.percent(35) {
                signal[field] = json!(random.between(1, most));
            }
        }
        signals[*name] = signal;
    }
    let line = random.between(15, 70);
    json!({"defaults": random.percent(30), "signals": signals, "line": line, "rearm_below": line - random.between(1, 10)})
}

/// What somebody may be meant by.
pub fn condition(random: &mut Random) -> Value {
    match random.below(8) {
        0 => json!({"seats": {"$gt": 2}}),
        1 => json!({"plan": "free"}),
        2 => json!({"plan": {"$ne": "pro"}, "seats": {"$exists": true}}),
        3 => json!({"role": {"$in": ["viewer", "admin"]}}),
        4 => json!({"$not": {"account.tier": "gold"}}),
        5 => json!({"account.id": {"$inGroup": "beta"}}),
        6 => json!({"$savedGroup": {"id": "large"}}),
        _ => json!({"$or": [{"user.role": "guest"}, {"account.seats": {"$lte": 2}}]}),
    }
}

/// One experiment about thresholds or pacing, one about prompts: two must not decide the same.
fn experiments(random: &mut Random, prompts: &Value) -> Value {
    let mut experiments = Vec::new();
    for (index, id) in ["one", "two"].iter().enumerate() {
        if random.percent(30) {
            continue;
        }
        let arms: Vec<Value> = (0..random.between(2, 3))
            .map(|arm| {
                let mut own = if arm == 0 {
                    json!({})
                } else if index == 0 {
                    paces(random)
                } else {
                    json!({"prompts": changes(random, prompts)})
                };
                (own["id"], own["weight"]) =
                    (json!(format!("arm{arm}")), json!(random.between(1, 3)));
                own
            })
            .collect();
        let mut experiment = json!({"id": id, "arms": arms});
        if random.percent(30) {
            experiment["unit"] = json!("user");
        }
        if random.percent(30) {
            experiment["coverage_percent"] = json!(random.between(40, 100));
        }
        if random.percent(40) {
            experiment["audience"] = condition(random);
        }
        if random.percent(20) {
            experiment["namespace"] = json!({"id": "all", "from_percent": random.between(0, 20), "to_percent": random.between(60, 100)});
        }
        if random.percent(20) {
            experiment["seed"] = json!("another");
        }
        experiments.push(experiment);
    }
    json!(experiments)
}

fn paces(random: &mut Random) -> Value {
    let mut arm = json!({});
    if random.percent(70) {
        let first = random.between(20, 60);
        arm["thresholds"] = json!([first, first + random.between(5, 20), random.between(85, 99)]);
    }
    if random.percent(30) {
        arm["meters"] =
            json!({"seats": {"thresholds": [random.between(10, 90), {"remaining": 1}]}});
    }
    if random.percent(50) {
        arm["pacing"] = json!({"gap_hours": random.between(0, 72), "limit_hits_per_day": random.between(1, 3),
            "ladder_days": [random.between(1, 4)]});
    }
    arm
}

fn changes(random: &mut Random, prompts: &Value) -> Value {
    let mut changes = Vec::new();
    for prompt in prompts.as_array().into_iter().flatten() {
        if random.percent(50) {
            changes.push(json!({"id": prompt["id"], "on": random.percent(60), "delay_ms": random.between(0, 3_600_000)}));
        }
    }
    if random.percent(40) {
        changes.push(
            json!({"id": "of-an-arm", "surface": "banner", "rank": random.between(0, 150),
            "trigger": {"threshold_percent": random.between(10, 40), "meter": "emails"}}),
        );
    }
    json!(changes)
}

fn own_prompt(index: u64, random: &mut Random) -> Value {
    let meter = METERS[random.below(4) as usize];
    let (trigger, surfaces): (Value, &[&str]) = match random.below(10) {
        7 => (
            json!({"projected_within_days": random.between(1, 60)}),
            &["banner", "inline"],
        ),
        8 => (
            json!({"score": random.between(5, 60)}),
            &["banner", "toast", "inline"],
        ),
        9 => (
            json!({"signal": {"name": random.pick(&SIGNALS[..4]), "count": random.between(1, 5), "window_days": random.between(1, 9)}}),
            &["banner", "inline"],
        ),
        0 => (
            json!({"at_limit": true, "meter": meter}),
            &["banner", "modal", "inline"],
        ),
        1 => (
            json!({"limit_hit": true, "meter": meter}),
            &["modal", "toast", "inline"],
        ),
        2 => (
            json!({"explored_times": random.between(1, 3), "window_days": 2, "steps": ["tried", "seen"]}),
            &["preview", "banner", "inline"],
        ),
        3 => (
            json!({"trial_ending_days": random.between(1, 9)}),
            &["banner"],
        ),
        4 => (
            json!({"threshold_used": random.between(1, 50), "meter": meter}),
            &["banner", "modal"],
        ),
        5 => (
            json!({"threshold_remaining": random.between(1, 9), "meter": meter}),
            &["banner", "modal"],
        ),
        _ => (
            json!({"threshold_percent": random.pick(&[50, 75, 90])}),
            &["banner", "modal", "inline", "toast"],
        ),
    };
    let mut prompt = json!({"id": format!("own-{index}"), "trigger": trigger,
        "surface": random.pick(surfaces), "rank": random.between(0, 150)});
    if random.percent(30) {
        prompt["caps"] = json!([{"count": random.between(1, 3), "per": "week"}]);
    }
    if random.percent(30) {
        prompt["group"] = json!("offers");
    }
    if random.percent(30) {
        prompt["audience"] = condition(random);
    }
    if random.percent(20) {
        prompt["routes"] = json!({"in": ["/app*"]});
    }
    if random.percent(20) {
        prompt["routes"]["out"] = json!(["/app/edit", "/none*"]);
    }
    if random.percent(30) {
        prompt["delay_ms"] = json!(random.between(1, 7_200_000));
    }
    prompt
}
