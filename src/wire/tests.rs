use super::*;
use crate::engine::effect::{CrossingKind, HoldReason, Surface, WithdrawReason};
use crate::engine::input::{ActionKind, Objection, Response, Step};
use crate::plim::{FeatureDraft, MeterDraft, PlanDraft, PromptDraft, RootDraft, write};
use crate::unit::ExposureId;

fn plim() -> Plim {
    Plim::open(&write(
        &RootDraft {
            revision: "r1".into(),
            plans: vec![
                PlanDraft {
                    id: "free".into(),
                    ..Default::default()
                },
                PlanDraft {
                    id: "pro".into(),
                    ..Default::default()
                },
            ],
            meters: vec![MeterDraft {
                id: "emails".into(),
                ..Default::default()
            }],
            features: vec![FeatureDraft {
                id: "sso".into(),
                ..Default::default()
            }],
            prompts: vec![
                PromptDraft {
                    id: "default-90".into(),
                    subject_kind: 1,
                    ..Default::default()
                },
                PromptDraft {
                    id: "preview".into(),
                    trigger: 3,
                    subject_kind: 2,
                    ..Default::default()
                },
            ],
            ..Default::default()
        },
        "{}",
    ))
    .unwrap()
}

fn meta() -> EventMeta<'static> {
    EventMeta {
        writer: Writer(0xab),
        seq: 41,
        timestamp: Timestamp(1_795_341_600_000),
        user: "u_9",
        account: "acc_7",
        revision: "r1",
        arms: "",
    }
}

fn properties_of(event: &Event) -> String {
    let text = event_json(&plim(), event, &meta());
    let (_, properties) = text.split_once("\"properties\":").unwrap();
    properties.strip_suffix('}').unwrap().to_owned()
}

fn shown(prompt: u32) -> About {
    About {
        exposure: ExposureId(1),
        prompt,
        surface: Surface::Banner,
        percent: 91,
    }
}

#[test]
fn an_event_has_the_shape_that_segment_reads() {
    let event = Event::FeatureExplored {
        feature: 0,
        step: Step::Tried,
    };
    assert_eq!(
        event_json(&plim(), &event, &meta()),
        r#"{"type":"track","event":"Feature Explored","messageId":"00000000000000ab-41","timestamp":"2026-11-22T10:00:00.000Z","userId":"u_9","context":{"groupId":"acc_7","plimsoll":{"writer":"00000000000000ab","seq":41,"revision":"r1"}},"properties":{"feature":"sso","step":"tried"}}"#
    );
}

#[test]
fn a_crossing_is_named_by_itself_and_not_by_its_reporter() {
    let event = Event::ThresholdCrossed {
        meter: 0,
        crossing: 0xc0ffee,
        kind: CrossingKind::FirstSight,
        basis_points: 9_000,
        count: 900,
        used: 912,
        limit: 1_000,
        period_start: Timestamp(0),
        epoch: 12,
        rise: 0,
    };
    let text = event_json(&plim(), &event, &meta());
    assert!(
        text.contains(r#""messageId":"x-0000000000c0ffee""#),
        "{text}"
    );
    assert!(
        text.contains(r#""seq":41"#),
        "the writer's sequence stays dense: {text}"
    );
    assert_eq!(
        properties_of(&event),
        r#"{"meter":"emails","percent":90,"count":900,"used":912,"limit":1000,"kind":"first_sight","crossing":"0000000000c0ffee","period_start":"1970-01-01T00:00:00.000Z","epoch":12,"rise":0}"#
    );
}

#[test]
fn every_event_writes_its_own_properties_and_no_others() {
    let about = shown(0);
    let cases = [
        (
            Event::UsageCounted {
                meter: 0,
                added: 20,
                released: 0,
                used: 912,
                limit: Some(1_000),
            },
            r#"{"meter":"emails","added":20,"released":0,"used":912,"limit":1000}"#,
        ),
        (
            Event::LimitHit {
                meter: 0,
                amount: 1,
                used: 3,
                limit: None,
                by_server: true,
            },
            r#"{"meter":"emails","amount":1,"used":3,"source":"server"}"#,
        ),
        (
            Event::PromptShown { about },
            r#"{"prompt":"default-90","meter":"emails","surface":"banner","exposure":"0000000000000001","trigger":"threshold","percent":91}"#,
        ),
        (
            Event::PromptSeen {
                about: About {
                    percent: -1,
                    ..shown(1)
                },
            },
            r#"{"prompt":"preview","feature":"sso","surface":"banner","exposure":"0000000000000001","trigger":"explored"}"#,
        ),
        (
            Event::PromptAnswered {
                about,
                response: Response::Act(ActionKind::Upgrade),
                late: false,
            },
            r#"{"prompt":"default-90","meter":"emails","surface":"banner","exposure":"0000000000000001","response":"act","action":"upgrade","late":false}"#,
        ),
        (
            Event::PromptAnswered {
                about,
                response: Response::Close,
                late: true,
            },
            r#"{"prompt":"default-90","meter":"emails","surface":"banner","exposure":"0000000000000001","response":"close","late":true}"#,
        ),
        (
            Event::ObjectionGiven {
                about,
                objection: Objection::NextMonth,
            },
            r#"{"prompt":"default-90","meter":"emails","exposure":"0000000000000001","objection":"not_now","until":"next_month"}"#,
        ),
        (
            Event::ObjectionGiven {
                about,
                objection: Objection::NotMyDecision,
            },
            r#"{"prompt":"default-90","meter":"emails","exposure":"0000000000000001","objection":"not_my_decision"}"#,
        ),
        (
            Event::PromptHeld {
                prompt: 1,
                reason: HoldReason::Gap,
            },
            r#"{"prompt":"preview","feature":"sso","reason":"gap"}"#,
        ),
        (
            Event::PromptWithdrawn {
                about,
                reason: WithdrawReason::Superseded,
            },
            r#"{"prompt":"default-90","meter":"emails","exposure":"0000000000000001","reason":"superseded"}"#,
        ),
        (
            Event::UpgradeStarted {
                intent: 7,
                about,
                from_plan: Some(0),
                to_plan: Some(1),
            },
            r#"{"intent":"0000000000000007","exposure":"0000000000000001","from_plan":"free","to_plan":"pro"}"#,
        ),
        (
            Event::PlanChanged {
                from_plan: None,
                to_plan: Some(1),
                epoch: 13,
            },
            r#"{"to_plan":"pro","epoch":13}"#,
        ),
        (
            Event::SalesRequested {
                intent: 7,
                about,
                plan: Some(1),
            },
            r#"{"intent":"0000000000000007","exposure":"0000000000000001","meter":"emails","plan":"pro"}"#,
        ),
        (
            Event::TrialExtensionRequested { intent: 7, about },
            r#"{"intent":"0000000000000007","exposure":"0000000000000001"}"#,
        ),
    ];
    for (event, expected) in cases {
        assert_eq!(properties_of(&event), expected);
    }
}

#[test]
fn what_was_dropped_is_named() {
    let dropped = Dropped {
        writer: Writer(2),
        from: 3,
        to: 9,
        reason: DropReason::Room,
        count: 5,
    };
    let text = dropped_json(&dropped, &meta());
    assert!(
        text.contains(r#""event":"Events Dropped","messageId":"00000000000000ab-41""#),
        "{text}"
    );
    assert!(
        text.ends_with(
            r#""properties":{"writer":"0000000000000002","from":3,"to":9,"reason":"room","count":5}}"#
        ),
        "{text}"
    );
}

#[test]
fn an_index_the_policy_does_not_have_is_written_as_nothing() {
    let event = Event::PromptHeld {
        prompt: 99,
        reason: HoldReason::Gap,
    };
    assert_eq!(properties_of(&event), r#"{"prompt":"","reason":"gap"}"#);
}

#[test]
fn instants_are_written_in_utc() {
    for (instant, text) in [
        (-1, "1970-01-01T00:00:00.000Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (1_798_761_599_001, "2026-12-31T23:59:59.001Z"),
        (Timestamp::MAX.0, "9999-12-31T23:59:59.999Z"),
        (i64::MAX, "9999-12-31T23:59:59.999Z"),
    ] {
        let mut json = Json::new();
        push_time(&mut json, Timestamp(instant));
        assert_eq!(json.finish(), format!("\"{text}\""));
    }
}
