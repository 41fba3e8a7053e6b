//! One plan epoch that lasts years: the ladder of `later` goes on where it was, however long ago its last rung was
//! and however much of the past was let go meanwhile. Knows the engine through a tab only.
//! `guarantees` runs it; the histories there seldom put one prompt off twice with months between.

use super::random::Random;
use crate::spec_reader::snapshot::{MeterFigure, Snapshot};
use crate::spec_reader::tab::{Identity, Stored, Tab, compile};
use plimsoll::Effect;
use plimsoll::engine::effect::Surface;
use plimsoll::engine::input::{Context, Input, Paint, Response, Step};
use plimsoll::unit::{ExposureId, Key, Limit, Timestamp, Writer};
use serde_json::json;
use std::rc::Rc;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const LADDER_DAYS: [i64; 3] = [1, 3, 7];

/// One history: a full meter, put off three times with up to four months between.
pub fn climb_for_years(seed: u64) -> Result<(), String> {
    let mut random = Random::new(seed);
    let policy = json!({
        "format": 1,
        "features": {"sso": {}},
        "plans": [
            {"id": "free", "name": "Free", "quotas": {"seats": {"limit": 5}}},
            {"id": "pro", "name": "Pro", "quotas": {"seats": {"limit": 50}}, "features": ["sso"]},
        ],
    })
    .to_string();
    let identity = Identity {
        account: "acc_7".to_owned(),
        user: "u_9".to_owned(),
        writer: Writer(7),
    };
    let mut tab = Tab::start(Rc::new(compile(&policy)?), &identity, Stored::Nothing);
    let born = 1_795_341_600_000;
    let mut time = born;
    let visible = Context {
        visible: true,
        storage: true,
        ..Context::default()
    };
    tab.tell(Tab::now(time, born, 0), Input::Context(visible));
    for rung in LADDER_DAYS {
        let Some(exposure) = tell_it_is_full(&mut tab, time, born) else {
            return Err(format!("seed {seed}: nothing is shown before {rung} days"));
        };
        for response in [None, Some(Response::Later)] {
            let now = Tab::now(time, born, 0);
            tab.tell(
                now,
                match response {
                    None => Input::Painted {
                        exposure,
                        paint: Paint::Rendered,
                    },
                    Some(response) => Input::Respond { exposure, response },
                },
            );
        }
        let said = time;
        // What a person does in months fills the memory.
        while time < said + rung * DAY_MS {
            let still = time > said + rung * DAY_MS - HOUR_MS;
            if tell_it_is_full(&mut tab, time, born).is_some() {
                let hours = (time - said) / HOUR_MS;
                return Err(format!(
                    "G5: seed {seed}: shown {hours} hours after later for {rung} days"
                ));
            }
            time += if still {
                HOUR_MS
            } else {
                random.between(HOUR_MS, 9 * HOUR_MS)
            };
        }
        time += random.between(0, 120 * DAY_MS);
        for place in 0..random.between(10, 90) {
            let input = Input::Explore {
                feature: Key::of("sso"),
                step: Step::ALL[place as usize % 5],
            };
            tab.tell(Tab::now(time + place, born, 0), input);
        }
        time += HOUR_MS;
    }
    Ok(())
}

/// A snapshot of a full meter; the banner that comes of it.
fn tell_it_is_full(tab: &mut Tab, time: i64, born: i64) -> Option<ExposureId> {
    let snapshot = Snapshot {
        plan: "free".to_owned(),
        plan_epoch: Some(4),
        server_time: Some(Timestamp(time)),
        meters: vec![MeterFigure {
            meter: Key::of("seats"),
            used: Some(5),
            limit: Limit::UNKNOWN,
            period: None,
            daily: Vec::new(),
            counted: Vec::new(),
        }],
        ..Snapshot::default()
    };
    let (effects, _) = tab.tell(Tab::now(time, born, 0), Input::Snapshot(snapshot.told()));
    effects.into_iter().find_map(|effect| match effect {
        Effect::Present(prompt) if prompt.surface == Surface::Banner => Some(prompt.exposure),
        _ => None,
    })
}
