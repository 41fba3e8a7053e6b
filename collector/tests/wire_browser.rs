//! What the browser writes, the collector accepts: both sides of `docs/wire.md` meet here.

use std::collections::BTreeMap;

use plimsoll::engine::effect::{About, CrossingKind, Event, HoldReason, Surface, WithdrawReason};
use plimsoll::engine::input::{ActionKind, Input, Now, Objection, Response, Step};
use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use plimsoll::recording::Encoder;
use plimsoll::unit::{COUNT_MAX, ExposureId, Key, Timestamp, Writer};
use plimsoll::wire::{self, DropReason, EventMeta};
use plimsoll_collector::event::table::{self, EVENTS};
use plimsoll_collector::event::{Clocks, check};
use serde_json::Value;

const POLICY: &str = include_str!("../../www/demo/policy.json");
const NOW_MS: i64 = 1_795_341_600_000;

#[test]
fn every_event_the_browser_can_write_is_accepted_and_the_table_lists_no_more() {
    let mut policy: Value = serde_json::from_str(POLICY).expect("JSON");
    policy["experiments"] =
        serde_json::json!([{"id": "later", "arms": [{"id": "control"}, {"id": "later"}]}]);
    let policy = Policy::parse(&policy.to_string()).expect("right");
    let plim = Plim::open(&policy.compile("en")).expect("compiled");
    let mut seen: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    let meta = EventMeta {
        writer: Writer(0xab),
        seq: 41,
        timestamp: Timestamp(NOW_MS),
        user: "u_9",
        account: "acc_7",
        revision: plim.root().revision(),
        arms: r#""later":"control""#,
    };
    let mut texts: Vec<_> = events(&plim)
        .iter()
        .map(|event| wire::event_json(&plim, event, &meta))
        .collect();
    for reason in [DropReason::Room, DropReason::TooOld, DropReason::Refused] {
        let dropped = wire::Dropped {
            writer: Writer(1),
            from: 3,
            to: 9,
            reason,
            count: 2,
        };
        texts.push(wire::dropped_json(&dropped, &meta));
    }
    let mut encoder = Encoder::default();
    encoder.record(
        Now::default(),
        &Input::Use {
            meter: Key(7),
            amount: 3,
        },
        (Key(0), Key(0)),
    );
    texts.push(wire::recorded_json(&encoder.take(), 20, &meta));
    for text in texts {
        let clocks = Clocks {
            received_ms: NOW_MS,
            sent_ms: None,
        };
        if let Err(refused) = check(&text, clocks) {
            panic!("{}: {text}", refused.message);
        }
        let event: Value = serde_json::from_str(&text).expect("JSON");
        let names = event["properties"]
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        seen.entry(event["event"].as_str().expect("text").into())
            .or_default()
            .push(names);
    }
    for event in EVENTS {
        let written = seen
            .get(event.name)
            .unwrap_or_else(|| panic!("`{}` is never written", event.name));
        for property in event.properties {
            let times = written
                .iter()
                .filter(|names| names.iter().any(|n| n == property.name))
                .count();
            assert!(
                times > 0,
                "`{}` of `{}` is never written",
                property.name,
                event.name
            );
            // One that may be absent has been absent at least once.
            assert_eq!(
                times == written.len(),
                property.required,
                "`{}` of `{}`",
                property.name,
                event.name
            );
        }
    }
    assert!(seen.keys().all(|name| table::find(name).is_some()));
}

/// Every event with every word that it can carry, about every prompt of a real policy.
fn events(plim: &Plim) -> Vec<Event> {
    let root = plim.root();
    let shown = |prompt, percent| {
        Surface::ALL.iter().map(move |surface| About {
            exposure: ExposureId(u64::MAX),
            prompt,
            surface: *surface,
            percent,
        })
    };
    let prompts = 0..root.prompts().len() as u32;
    let abouts = prompts.flat_map(|prompt| shown(prompt, -1).chain(shown(prompt, 340)));
    let mut events: Vec<_> = abouts.flat_map(about_a_showing).collect();
    for meter in 0..root.meters().len() as u32 {
        for limit in [None, Some(COUNT_MAX)] {
            let (added, released, used) = (COUNT_MAX, 0, COUNT_MAX);
            events.push(Event::UsageCounted {
                meter,
                added,
                released,
                used,
                limit,
            });
            for by_server in [true, false] {
                events.push(Event::LimitHit {
                    meter,
                    amount: 1,
                    used: 3,
                    limit,
                    by_server,
                });
            }
        }
        for kind in [
            CrossingKind::Carried,
            CrossingKind::FirstSight,
            CrossingKind::Crossed,
        ] {
            events.push(Event::ThresholdCrossed {
                meter,
                crossing: 1,
                kind,
                basis_points: 9_000,
                count: 900,
                used: 912,
                limit: 1_000,
                period_start: Timestamp(0),
                epoch: NOW_MS,
                rise: 2,
            });
        }
    }
    for feature in 0..root.features().len() as u32 {
        for step in [
            Step::Seen,
            Step::Tried,
            Step::Previewed,
            Step::Built,
            Step::Requested,
        ] {
            events.push(Event::FeatureExplored { feature, step });
        }
    }
    for diverged in [false, true] {
        events.push(Event::Experiment {
            experiment: 0,
            arm: 1,
            diverged,
            id: 9,
        });
    }
    for signal in 0..root.signals().len() as u32 {
        events.push(Event::SignalCounted { signal, count: 5 });
    }
    events.push(Event::ScoreChanged {
        tenths: 1_000,
        before: 0,
    });
    events.push(Event::PqlReached {
        tenths: 700,
        rise: 1,
    });
    for (from_plan, to_plan) in [(None, Some(0)), (Some(0), Some(1)), (Some(1), None)] {
        events.push(Event::PlanChanged {
            from_plan,
            to_plan,
            epoch: 13,
        });
    }
    events
}

fn about_a_showing(about: About) -> Vec<Event> {
    let mut events = vec![
        Event::PromptShown { about },
        Event::PromptSeen { about },
        Event::TrialExtensionRequested { intent: 7, about },
    ];
    let actions = [
        ActionKind::Upgrade,
        ActionKind::TalkToSales,
        ActionKind::AskAdmin,
        ActionKind::ExtendTrial,
        ActionKind::Later,
        ActionKind::Never,
    ];
    let plain = [Response::Later, Response::Never, Response::Close];
    for response in actions.map(Response::Act).into_iter().chain(plain) {
        events.push(Event::PromptAnswered {
            about,
            response,
            late: true,
        });
    }
    for objection in Objection::ALL {
        events.push(Event::ObjectionGiven { about, objection });
    }
    for reason in HoldReason::ALL {
        events.push(Event::PromptHeld {
            prompt: about.prompt,
            reason: *reason,
        });
    }
    for reason in WithdrawReason::ALL {
        events.push(Event::PromptWithdrawn { about, reason });
    }
    for plan in [None, Some(1)] {
        events.push(Event::UpgradeStarted {
            intent: 7,
            about,
            from_plan: plan,
            to_plan: plan,
        });
        events.push(Event::UpgradeRequested {
            intent: 7,
            about,
            plan,
        });
        events.push(Event::SalesRequested {
            intent: 7,
            about,
            plan,
        });
    }
    events
}
