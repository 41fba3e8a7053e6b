//! Plans that count one meter over periods of other lengths: after a change of plan a meter says what was used in
//! the new plan's period, however much of the past was let go meanwhile. Knows the engine through a tab only.
//! `guarantees` runs it; the second engine meets such plans too, but seldom with a memory that is full.

use super::random::Random;
use crate::spec_reader::snapshot::{MeterFigure, Snapshot};
use crate::spec_reader::tab::{Identity, Stored, Tab, compile};
use plimsoll::engine::effect::Source;
use plimsoll::engine::input::Input;
use plimsoll::unit::{Key, Limit, Timestamp, Writer};
use serde_json::{Value, json};
use std::rc::Rc;

const HOUR_MS: i64 = 3_600_000;
const LENGTHS: [&str; 4] = ["day", "week", "month", "year"];
/// The first two are told with a figure once, the others only used here.
const METERS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// One history: some weeks under a plan, then another plan and no word of any meter.
pub fn outlast_a_change_of_plan(seed: u64) -> Result<(), String> {
    let mut random = Random::new(seed);
    let plans: Vec<Value> = LENGTHS
        .iter()
        .map(|length| {
            let quotas =
                METERS.map(|id| (id.to_owned(), json!({"limit": 10_000, "period": length})));
            json!({"id": length, "name": length, "quotas": serde_json::Map::from_iter(quotas)})
        })
        .collect();
    let policy = json!({"format": 1, "plans": plans, "defaults": false}).to_string();
    let identity = Identity {
        account: "acc_7".to_owned(),
        user: "u_9".to_owned(),
        writer: Writer(7),
    };
    let mut tab = Tab::start(Rc::new(compile(&policy)?), &identity, Stored::Nothing);
    let born = 1_795_341_600_000 + random.between(0, 400 * 24 * HOUR_MS);
    let plans = [(); 2].map(|()| LENGTHS[random.below(4) as usize]);
    let tell = |tab: &mut Tab, epoch: usize, at: i64, figures: usize| {
        let figure = |id: &&str| MeterFigure {
            meter: Key::of(id),
            used: Some(100),
            limit: Limit::UNKNOWN,
            period: None,
            daily: Vec::new(),
            counted: Vec::new(),
        };
        let snapshot = Snapshot {
            plan: plans[epoch].to_owned(),
            plan_epoch: Some(epoch as i64),
            server_time: Some(Timestamp(at)),
            meters: METERS.iter().take(figures).map(figure).collect(),
            ..Snapshot::default()
        };
        tab.tell(Tab::now(at, born, 0), Input::Snapshot(snapshot.told()));
    };
    tell(&mut tab, 0, born, 2);
    let (mut time, mut uses) = (born, Vec::new());
    for _ in 0..random.between(20, 100) {
        time += random.between(1_000, 9 * HOUR_MS);
        for id in METERS {
            let input = Input::Use {
                meter: Key::of(id),
                amount: 1,
            };
            tab.tell(Tab::now(time, born, 0), input);
        }
        uses.push(time);
    }
    tell(&mut tab, 1, time + 1_000, 0);
    let now = Tab::now(time + 1_000, born, 0);
    for id in METERS {
        let reading = tab.read(now, id).unwrap();
        let told = reading.source == Source::Snapshot && !reading.provisional;
        let (known, from) = if told {
            (100, born - 5_000)
        } else {
            (0, reading.period_start.0)
        };
        let since = uses.iter().filter(|at| *at / 1_000 >= from / 1_000).count() as i64;
        if reading.used != known + since {
            return Err(format!(
                "quotas: seed {seed}, from {plans:?}: {id} reads {} and not {}",
                reading.used,
                known + since
            ));
        }
    }
    Ok(())
}
