//! What a policy gets for what it says: the built-in prompts, what replaces them, links and revision.

use plimsoll::engine::input::ActionKind;
use plimsoll::plim::{Plim, Prompt};
use plimsoll::policy::Policy;
use plimsoll::unit::{DAY_MS, HOUR_MS, Limit};
use serde_json::Value;

pub(crate) const SMALLEST: &str = r#"{
  "format": 1,
  "plans": [
    {"id": "free", "name": "Free", "quotas": {"emails": {"limit": 1000, "period": "month"}, "seats": {"limit": 3}}},
    {"id": "pro",  "name": "Pro",  "buy": "checkout", "quotas": {"emails": {"limit": 50000, "period": "month"}, "seats": {"limit": 25}}, "features": ["automation"]},
    {"id": "enterprise", "name": "Enterprise", "buy": "sales", "quotas": {"emails": {"limit": "unlimited"}, "seats": {"limit": "unlimited"}}, "features": ["automation", "sso"]}
  ]
}"#;

/// The smallest policy with more members.
pub(crate) fn with(members: &str) -> String {
    SMALLEST.replacen("\"format\": 1", &format!("\"format\": 1, {members}"), 1)
}

pub(crate) fn compiled(text: &str, locale: &str) -> Plim {
    let policy = Policy::parse(text).unwrap_or_else(|errors| panic!("{errors:#?}"));
    Plim::open(&policy.compile(locale)).unwrap()
}

/// Ids with subjects, best rank first.
fn ranked(plim: &Plim) -> Vec<String> {
    let mut prompts: Vec<_> = plim.root().prompts().iter().collect();
    prompts.sort_by_key(|prompt| prompt.rank());
    prompts
        .iter()
        .map(|prompt| format!("{} {}", prompt.id(), plim.subject_of(*prompt)))
        .collect()
}

fn find<'a>(plim: &'a Plim, id: &str, about: &str) -> Prompt<'a> {
    let root = plim.root();
    let found = root
        .prompts()
        .iter()
        .find(|own| own.id() == id && plim.subject_of(*own) == about);
    found.unwrap_or_else(|| panic!("no {id} about {about}"))
}

/// What only people read.
pub(crate) fn words(plim: &Plim) -> Value {
    serde_json::from_str(plim.words()).unwrap()
}

/// A member of what people read of one prompt, as JSON.
pub(crate) fn said(plim: &Plim, id: &str, about: &str, member: &str) -> String {
    let same = |prompt: &Prompt<'_>| prompt.id() == id && plim.subject_of(*prompt) == about;
    let index = plim
        .root()
        .prompts()
        .iter()
        .position(|prompt| same(&prompt));
    let words = words(plim);
    let at = words["prompts"][index.unwrap()][0].as_u64().unwrap();
    words["said"][at as usize][member].to_string()
}

#[test]
fn the_smallest_policy_has_every_prompt_that_was_promised_in_the_order_of_rank() {
    let plim = compiled(SMALLEST, "en");
    let wanted = [
        "default-limit-hit emails",
        "default-limit-hit seats",
        "default-at-limit emails",
        "default-at-limit seats",
        "default-90 emails",
        "default-90 seats",
        "default-preview automation",
        "default-preview sso",
        "default-75 emails",
        "default-75 seats",
        "default-50 emails",
        "default-50 seats",
        "default-trial-ending ",
    ];
    assert_eq!(ranked(&plim), wanted);
    let shape = |id, about| {
        let prompt = find(&plim, id, about);
        (
            prompt.trigger(),
            prompt.surface(),
            said(&plim, id, about, "tone"),
            prompt.value(),
        )
    };
    assert_eq!(
        shape("default-50", "emails"),
        (0, 0, r#""notice""#.into(), 5_000)
    );
    assert_eq!(
        shape("default-75", "seats"),
        (0, 0, r#""warning""#.into(), 7_500)
    );
    assert_eq!(
        shape("default-90", "emails"),
        (0, 0, r#""urgent""#.into(), 9_000)
    );
    assert_eq!(
        shape("default-at-limit", "emails"),
        (1, 0, r#""limit""#.into(), 0)
    );
    assert_eq!(
        shape("default-limit-hit", "seats"),
        (2, 1, r#""limit""#.into(), 0)
    );
    assert_eq!(
        shape("default-preview", "sso"),
        (3, 2, r#""offer""#.into(), 1)
    );
    assert_eq!(
        shape("default-trial-ending", ""),
        (4, 0, r#""offer""#.into(), 3 * DAY_MS)
    );
}

#[test]
fn a_projection_stands_after_the_trial_and_has_words_in_every_locale() {
    let source = SMALLEST.trim_end().trim_end_matches('}').to_owned()
        + r#", "prompts": [{"id": "soon", "trigger": {"projected_within_days": 14}}]}"#;
    for (locale, estimate) in [
        ("en", "estimate"),
        ("ar", "تقدير"),
        ("de", "Schätzung"),
        ("es", "estimación"),
        ("fr", "estimation"),
        ("ja", "推定"),
        ("pt-BR", "estimativa"),
    ] {
        let plim = compiled(&source, locale);
        assert_eq!(ranked(&plim).last().map(String::as_str), Some("soon seats"));
        let prompt = find(&plim, "soon", "emails");
        assert_eq!(
            (prompt.trigger(), prompt.surface(), prompt.value()),
            (5, 0, 14)
        );
        assert!(said(&plim, "soon", "emails", "title").contains(r#""when""#));
        assert!(said(&plim, "soon", "emails", "body").contains(estimate));
    }
}

#[test]
fn meters_know_their_kind_their_thresholds_and_their_prompts() {
    let plim = compiled(SMALLEST, "en");
    let root = plim.root();
    let meters: Vec<_> = root.meters().iter().collect();
    assert_eq!((meters[0].id(), meters[0].kind()), ("emails", 0));
    assert_eq!((meters[1].id(), meters[1].kind()), ("seats", 1));
    for (index, meter) in meters.iter().enumerate() {
        let values: Vec<_> = meter
            .thresholds()
            .iter()
            .map(|threshold| (threshold.kind(), threshold.value()))
            .collect();
        assert_eq!(values, [(0, 5_000), (0, 7_500), (0, 9_000)]);
        assert_eq!(meter.prompts().len(), 5);
        for prompt in meter.prompts().iter() {
            let prompt = root.prompts().get(prompt).unwrap();
            assert_eq!(
                (prompt.subject_kind(), prompt.subject() as usize),
                (1, index)
            );
        }
    }
    let enterprise = root.plans().get(2).unwrap();
    assert_eq!(
        Limit(enterprise.quotas().get(0).unwrap().limit()),
        Limit::UNLIMITED
    );
    assert_eq!(
        enterprise.quotas().get(0).unwrap().period(),
        3,
        "it follows the other plans' month"
    );
    assert_eq!(enterprise.quotas().get(1).unwrap().period(), 0);
    assert_eq!(enterprise.features().iter().collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn pacing_is_kind_unless_the_policy_says_otherwise() {
    let plim = compiled(SMALLEST, "en");
    let pacing = plim.root().pacing().get(0).unwrap();
    let caps = |pacing: plimsoll::plim::Pacing<'_>| {
        pacing
            .caps()
            .iter()
            .map(|cap| (cap.count(), cap.per_ms()))
            .collect::<Vec<_>>()
    };
    assert_eq!(caps(pacing), [(1, DAY_MS), (3, 7 * DAY_MS)]);
    assert_eq!(
        (
            pacing.gap_ms(),
            pacing.min_account_age_ms(),
            pacing.min_user_age_ms()
        ),
        (DAY_MS, DAY_MS, 0)
    );
    assert_eq!(
        pacing.ladder_ms().iter().collect::<Vec<_>>(),
        [DAY_MS, 3 * DAY_MS, 7 * DAY_MS]
    );
    assert_eq!(
        (pacing.limit_hit_gap_ms(), pacing.limit_hit_per_day()),
        (4 * HOUR_MS, 2)
    );
    assert_eq!((pacing.quiet_from(), pacing.quiet_to()), (0, 0));
    assert_eq!(pacing.ask_why(), 0);
    assert_eq!(plim.root().settle_ms(), 5_000);
    assert_eq!(plim.root().utc_offset_ms(), 0);
    assert_eq!(plim.root().recording_percent(), 20);

    let own = r#""settle_ms": 0, "recording_percent": 0, "utc_offset_minutes": -210, "pacing": {"caps": [{"count": 2, "per": "36h"}], "weekly_budget": 5, "gap_hours": 6,
        "min_account_age_hours": 0, "min_user_age_hours": 1, "ladder_days": [2], "limit_hit_gap_hours": 1,
        "limit_hits_per_day": 9, "quiet_hours": {"from": "22:30", "to": "07:00"}, "ask_why": true}"#;
    let plim = compiled(&with(own), "en");
    let pacing = plim.root().pacing().get(0).unwrap();
    assert_eq!(caps(pacing), [(2, 36 * HOUR_MS), (5, 7 * DAY_MS)]);
    assert_eq!(
        (
            pacing.gap_ms(),
            pacing.min_account_age_ms(),
            pacing.min_user_age_ms()
        ),
        (6 * HOUR_MS, 0, HOUR_MS)
    );
    assert_eq!(pacing.ladder_ms().iter().collect::<Vec<_>>(), [2 * DAY_MS]);
    assert_eq!(
        (pacing.limit_hit_gap_ms(), pacing.limit_hit_per_day()),
        (HOUR_MS, 9)
    );
    assert_eq!(
        (pacing.quiet_from(), pacing.quiet_to()),
        (22 * 60 + 30, 7 * 60)
    );
    assert_eq!(pacing.ask_why(), 1);
    assert_eq!(plim.root().settle_ms(), 0);
    assert_eq!(plim.root().utc_offset_ms(), -210 * 60_000);
    assert_eq!(plim.root().recording_percent(), 0);
}

#[test]
fn the_debug_panel_stays_shut_unless_the_policy_opens_it() {
    let debug = |own: &str| words(&compiled(&with(own), "en"))["debug"].clone();
    assert_eq!(debug(r#""debug": true"#), 1);
    for own in [r#""debug": false"#, r#""settle_ms": 0"#] {
        assert_eq!(debug(own), Value::Null, "{own}");
    }
}

#[test]
fn own_prompts_add_replace_or_switch_off() {
    let own = r#""prompts": [
        {"id": "seats-near", "trigger": {"threshold_remaining": 1, "meter": "seats"}, "surface": "toast", "rank": 0},
        {"id": "default-90", "surface": "modal", "actions": ["upgrade"], "delay_ms": 1500},
        {"id": "default-75", "on": false},
        {"id": "deep-look", "trigger": {"explored_times": 3, "feature": "sso", "window_days": 14, "steps": ["tried", "previewed"]}, "surface": "inline"}]"#;
    let plim = compiled(&with(own), "en");
    let wanted = [
        "seats-near seats",
        "default-limit-hit emails",
        "default-limit-hit seats",
        "default-at-limit emails",
        "default-at-limit seats",
        "default-90 emails",
        "default-90 seats",
        "deep-look sso",
        "default-preview automation",
        "default-preview sso",
        "default-50 emails",
        "default-50 seats",
        "default-trial-ending ",
    ];
    assert_eq!(ranked(&plim), wanted);
    let replaced = find(&plim, "default-90", "emails");
    assert_eq!((replaced.surface(), replaced.delay_ms()), (1, 1_500));
    let always = 1 << ActionKind::Later as u32 | 1 << ActionKind::Never as u32;
    assert_eq!(
        replaced.actions(),
        always | 1 << ActionKind::Upgrade as u32,
        "each can be put off"
    );
    assert_eq!(find(&plim, "default-50", "emails").actions(), 0);
    let explored = find(&plim, "deep-look", "sso");
    assert_eq!(
        (
            explored.value(),
            explored.window_ms(),
            explored.steps(),
            explored.surface()
        ),
        (3, 14 * DAY_MS, 0b110, 5)
    );
    let seats = plim.root().meters().get(1).unwrap();
    let thresholds: Vec<_> = seats
        .thresholds()
        .iter()
        .map(|one| (one.kind(), one.value()))
        .collect();
    assert_eq!(
        thresholds,
        [(0, 5_000), (0, 7_500), (0, 9_000), (2, 1)],
        "75 % is still crossed, and said to nobody"
    );

    let alone = r#""defaults": false, "prompts": [{"id": "only", "trigger": {"at_limit": true, "meter": "seats"}}]"#;
    assert_eq!(ranked(&compiled(&with(alone), "en")), ["only seats"]);
}

#[test]
fn a_meter_with_thresholds_of_its_own_has_prompts_for_them_alone() {
    let own = r#""meters": {"seats": {"thresholds": [60, {"used": 2}, {"remaining": 1}]}}"#;
    let plim = compiled(&with(own), "en");
    let about_seats: Vec<String> = ranked(&plim)
        .into_iter()
        .filter(|name| name.ends_with(" seats"))
        .collect();
    let wanted = [
        "default-limit-hit seats",
        "default-at-limit seats",
        "default-remaining-1 seats",
        "default-used-2 seats",
        "default-60 seats",
    ];
    assert_eq!(about_seats, wanted);
    find(&plim, "default-50", "emails");
}

#[test]
fn groups_caps_routes_and_links_arrive_as_written() {
    let own = r#""links": {"checkout": "/checkout?plan={plan}", "sales": "https://a.example:8443/talk?account={account}"},
        "pacing": {"groups": {"offers": {"caps": [{"count": 2, "per": "month"}]}}},
        "prompts": [{"id": "own", "trigger": {"at_limit": true}, "group": "offers", "caps": [{"count": 1, "per": "week"}],
          "routes": {"in": ["/app*"], "out": ["/app/compose"]}}]"#;
    let plim = compiled(&with(own), "en");
    let root = plim.root();
    let (prompt, group) = (find(&plim, "own", "emails"), root.groups().get(0).unwrap());
    assert_eq!(prompt.group(), group.key());
    let cap = |cap: plimsoll::plim::Cap<'_>| (cap.count(), cap.per_ms());
    assert_eq!(group.caps().get(0).map(cap), Some((2, 30 * DAY_MS)));
    assert_eq!(prompt.caps().get(0).map(cap), Some((1, 7 * DAY_MS)));
    assert_eq!(
        (prompt.routes_in().get(0), prompt.routes_out().get(0)),
        (Some("/app*"), Some("/app/compose"))
    );
    assert_eq!(
        (root.checkout_link(), root.pricing_link()),
        ("/checkout?plan={plan}", "")
    );
    assert_eq!(
        root.sales_link(),
        "https://a.example:8443/talk?account={account}"
    );
}

#[test]
fn sales_by_the_form_is_offered_and_leads_to_no_address() {
    let plim = compiled(&with(r#""links": {"sales": "form"}"#), "en");
    // The engine offers what the policy has; where it leads is the shell's.
    assert!(!plim.root().sales_link().is_empty());
    assert!(plim.root().target_routes().is_empty());
    let words = self::words(&plim);
    assert_eq!(words["links"]["talk_to_sales"], Value::Null);
    let plim = compiled(&with(r#""links": {"sales": "/form"}"#), "en");
    let words = self::words(&plim);
    assert_eq!(words["links"]["talk_to_sales"], "/form");
}

#[test]
fn a_default_prompt_can_say_something_else_without_being_replaced() {
    let own = r#""texts": {"en": {"usage": "{used} so far", "prompts": {"default-90": {"title": "Nearly: {usage}", "body": "One sentence."}}}}"#;
    let plim = compiled(&with(own), "en");
    assert_eq!(
        said(&plim, "default-90", "seats", "title"),
        r#"["Nearly: ",["used"]," so far"]"#
    );
    assert_eq!(
        said(&plim, "default-90", "seats", "body"),
        r#"[["One sentence."]]"#
    );
    assert_eq!(
        said(&plim, "default-50", "seats", "title"),
        r#"[["used"]," so far"]"#
    );
}

#[test]
fn all_that_is_text_is_json_and_every_surface_text_is_there() {
    for locale in Policy::parse(SMALLEST).unwrap().locales() {
        let plim = compiled(SMALLEST, &locale);
        let root = plim.root();
        let words = words(&plim);
        let list = |value: &Value| value.as_array().unwrap().clone();
        assert_eq!(list(&words["prompts"]).len(), root.prompts().len());
        for prompt in list(&words["said"]) {
            let mut said = list(&prompt["body"]);
            said.push(prompt["title"].clone());
            assert!(said.iter().all(Value::is_array), "{prompt}");
        }
        let actions = list(&words["actions"]);
        assert_eq!(actions.len(), ActionKind::ALL.len());
        assert!(actions.iter().all(Value::is_array));
        let ui = &words["ui"];
        for id in [
            "close",
            "more",
            "dismiss_group",
            "status_sent",
            "meter_text",
            "meter_unlimited",
            "meter_over",
            "paid_feature",
            "pay",
            "to_checkout",
            "waiting",
            "failed",
            "setting_up",
            "thanks",
            "request_to_owner",
            "request_to_admin",
            "request_to_sales",
            "request_usage",
            "request_feature",
            "request_note",
            "request_left",
            "request_send",
            "request_back",
            "request_failed",
            "request_offline",
            "overdue",
            "plan_ready",
            "extending",
            "trial_extended",
            "outdated",
            "ask_why",
            "because_next_week",
            "because_next_month",
            "because_next_quarter",
            "because_price",
            "because_comparing",
            "because_not_my_decision",
            "skip",
        ] {
            assert!(ui[id].is_array(), "{locale} {id}");
        }
    }
}

#[test]
fn the_revision_is_the_policys_own_or_follows_from_what_it_says() {
    let revision = |text: &str| Policy::parse(text).unwrap().revision().to_string();
    assert_eq!(
        revision(&with(r#""revision": "2026-11-22.1""#)),
        "2026-11-22.1"
    );
    let made = revision(SMALLEST);
    assert!(
        made.len() == 12 && made.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{made}"
    );
    let (one, other) = (
        r#"{"format":1,"plans":[{"id":"a","name":"A"}]}"#,
        "{ \"plans\": [{\"name\": \"A\", \"id\": \"a\"}], \"format\": 1.0 }",
    );
    assert_eq!(
        revision(one),
        revision(other),
        "order of members and white space say nothing"
    );
    assert_ne!(revision(one), revision(&one.replace("\"A\"", "\"B\"")));
    assert_eq!(compiled(SMALLEST, "en").root().revision(), made);
}

#[test]
fn the_same_policy_gives_the_same_bytes() {
    let compile = || Policy::parse(SMALLEST).unwrap().compile("pt-BR");
    assert_eq!(compile(), compile());
}

#[test]
fn every_policy_of_the_repository_is_read_and_compiles_in_every_locale() {
    let mut paths = vec!["www/demo/policy.json".into()];
    paths.extend(
        std::fs::read_dir("tests/spec/policies")
            .unwrap()
            .map(|entry| entry.unwrap().path()),
    );
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let policy =
            Policy::parse(&text).unwrap_or_else(|errors| panic!("{}: {errors:#?}", path.display()));
        for locale in policy.locales() {
            let plim = Plim::open(&policy.compile(&locale)).unwrap();
            assert_eq!(plim.root().locale(), locale);
        }
    }
}
