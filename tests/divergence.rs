//! Divergence is exact: an experiment's arms are lived through side by side, and the step at which they first
//! show something else is the step at which each of them says that it diverged, no sooner and no later.
//! Random histories under random arms; knows nothing of how the engine finds it out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may stop: that is how it fails"
)]

#[path = "guarantees/random.rs"]
mod random;

use plimsoll::Effect;
use plimsoll::engine::effect::{Event, Surface};
use plimsoll::engine::input::{
    ActionKind, Context, Input, Now, Paint, Response, Said, Snapshot, Step,
};
use plimsoll::engine::memory::{Memory, Table};
use plimsoll::engine::{Engine, Identity};
use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use plimsoll::unit::{ExposureId, Key, Timestamp, Writer};
use random::Random;
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;
const BEGIN_MS: i64 = 1_795_341_600_000;

/// What one arm may change, at random.
fn overrides(random: &mut Random) -> Value {
    let mut arm = json!({});
    if random.percent(40) {
        let first = random.between(20, 60);
        arm["thresholds"] = json!([first, first + random.between(5, 20), random.between(85, 99)]);
    }
    if random.percent(40) {
        arm["pacing"] =
            json!({"gap_hours": random.between(0, 72), "limit_hits_per_day": random.between(1, 3)});
    }
    let mut prompts = Vec::new();
    if random.percent(30) {
        prompts.push(json!({"id": "default-at-limit", "texts": {"en": {"title": format!("Full {}", random.below(3))}}}));
    }
    if random.percent(30) {
        let surface = ["toast", "inline", "modal"][random.below(3) as usize];
        prompts.push(json!({"id": "default-limit-hit", "surface": surface}));
    }
    if random.percent(30) {
        prompts.push(json!({"id": "default-preview", "on": random.percent(50), "delay_ms": random.between(0, 3) * 1000}));
    }
    if random.percent(30) {
        prompts.push(json!({"id": "early", "trigger": {"threshold_percent": random.between(10, 40)}, "surface": "banner",
            "texts": {"en": {"title": "Early"}}}));
    }
    if !prompts.is_empty() {
        arm["prompts"] = json!(prompts);
    }
    arm
}

fn policy(random: &mut Random) -> Vec<u8> {
    let arms: Vec<Value> = (0..random.between(2, 3))
        .map(|arm| {
            let mut changes = if arm == 0 {
                json!({})
            } else {
                overrides(random)
            };
            changes["id"] = json!(format!("arm{arm}"));
            changes
        })
        .collect();
    let small = random.between(1, 9);
    let policy = json!({
        "format": 1,
        "plans": [
            {"id": "free", "quotas": {"emails": {"limit": 100, "period": "month"}, "seats": {"limit": small}}},
            {"id": "pro", "buy": "checkout", "features": ["sso"],
             "quotas": {"emails": {"limit": 1000, "period": "month"}, "seats": {"limit": 50}}}
        ],
        "experiments": [{"id": "one", "arms": arms}]
    });
    Policy::parse(&policy.to_string())
        .expect("a policy")
        .compile("en")
}

/// One arm, lived through.
struct Life {
    engine: Engine,
    /// Open showings by what they are.
    open: Vec<(String, ExposureId)>,
}

impl Life {
    /// The unit is in this arm from the beginning, as if its hash had said so.
    fn new(plim: &Plim, arm: u32) -> Self {
        let experiment = plim.root().experiments().get(0).unwrap();
        let place = u64::from(experiment.key()) << 32 | u64::from(experiment.phase());
        let mut memory = Memory::default();
        memory.join(Table::Arm, place, 0, &[-BEGIN_MS, i64::from(arm) + 1]);
        let identity = Identity {
            account: "acc_1".into(),
            user: "u_1".into(),
            writer: Writer(1),
        };
        Self {
            engine: Engine::new(plim.clone(), identity, Some(memory)),
            open: Vec::new(),
        }
    }

    /// Tells it something; answers with what it shows, and whether it says that it diverged.
    fn tell(&mut self, now: Now, input: Input) -> (Vec<String>, bool) {
        let (mut shown, mut diverged) = (Vec::new(), false);
        let mut effects = self.engine.handle(now, input);
        while !effects.is_empty() {
            let mut painted = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Present(prompt) => {
                        let what = self.name(prompt.prompt, prompt.surface);
                        shown.push(what.clone());
                        self.open.push((what, prompt.exposure));
                        painted.push(prompt.exposure);
                    }
                    Effect::Withdraw { exposure, .. } => {
                        self.open.retain(|(_, open)| *open != exposure);
                    }
                    Effect::Record(Event::PromptWithdrawn { about, .. }) => {
                        shown.push(format!(
                            "no more: {}",
                            self.name(about.prompt, about.surface)
                        ));
                    }
                    Effect::Record(Event::Experiment { diverged: true, .. }) => diverged = true,
                    _ => {}
                }
            }
            effects = Vec::new();
            for exposure in painted {
                let paint = Paint::Rendered;
                effects.extend(self.engine.handle(now, Input::Painted { exposure, paint }));
            }
        }
        shown.sort();
        self.open.sort();
        (shown, diverged)
    }

    /// Id, subject, text and surface: all that a person sees of a prompt.
    fn name(&self, index: u32, surface: Surface) -> String {
        let words: Value = serde_json::from_str(self.engine.plim().words()).unwrap();
        let [said, meter, feature] =
            [0, 1, 2].map(|at| words["prompts"][index as usize][at].clone());
        let said = &words["said"][said.as_u64().unwrap() as usize];
        format!(
            "{} {} {meter} {feature} {}",
            said["prompt"],
            said["title"],
            surface.name()
        )
    }
}

/// Something that a person, the host or time does; what is about a showing names it by what it is.
enum Act {
    Tell(Input),
    Respond(Response),
}

fn act(random: &mut Random, used: &mut [i64; 2], now: i64, context: &mut Context) -> Act {
    let meters = ["emails", "seats"];
    let at = random.below(2) as usize;
    let meter = Key::of(meters[at]);
    Act::Tell(match random.below(12) {
        0..=4 => {
            let amount = random.between(1, if at == 0 { 30 } else { 2 });
            used[at] += amount;
            Input::Use { meter, amount }
        }
        5 => Input::Attempt {
            meter,
            amount: random.between(1, 60),
        },
        6 => Input::Explore {
            feature: Key::of("sso"),
            step: Step::Tried,
        },
        7 => {
            context.busy = random.percent(30);
            context.visible = random.percent(80);
            Input::Context(context.clone())
        }
        8 => Input::Wake,
        9 => {
            let mut snapshot = Snapshot::default();
            snapshot.plan = Key::of("free");
            snapshot.number(Said::PlanEpoch as u32, 1);
            snapshot.number(Said::ServerTime as u32, now);
            for (meter, used) in meters.iter().zip(used.iter()) {
                snapshot.row(Table::Figure, u64::from(Key::of(meter).0), 0);
                snapshot.number(Said::Used as u32, *used);
            }
            Input::Snapshot(Box::new(snapshot))
        }
        10 => return Act::Respond(Response::Later),
        _ => {
            let answers = [
                Response::Close,
                Response::Never,
                Response::Act(ActionKind::Upgrade),
            ];
            return Act::Respond(*random.pick(&answers).unwrap());
        }
    })
}

fn copy(input: &Input) -> Input {
    match input {
        Input::Use { meter, amount } => Input::Use {
            meter: *meter,
            amount: *amount,
        },
        Input::Attempt { meter, amount } => Input::Attempt {
            meter: *meter,
            amount: *amount,
        },
        Input::Explore { feature, step } => Input::Explore {
            feature: *feature,
            step: *step,
        },
        Input::Context(context) => Input::Context(context.clone()),
        Input::Snapshot(snapshot) => Input::Snapshot(snapshot.clone()),
        _ => Input::Wake,
    }
}

/// Lives one history in all arms; answers with the step of the first difference, if there was one.
fn live(seed: u64) -> Option<usize> {
    let random = &mut Random::new(seed);
    let plim = Plim::open(&policy(random)).unwrap();
    let count = plim.root().experiments().get(0).unwrap().names().len() as u32;
    let mut lives: Vec<Life> = (0..count).map(|arm| Life::new(&plim, arm)).collect();
    let mut parted = vec![false; lives.len()];
    let mut context = Context {
        visible: true,
        lease: true,
        ..Context::default()
    };
    let (mut mono, mut used) = (1_000, [random.between(0, 60), 0]);
    let mut begun = false;
    for step in 0..120 {
        mono += [400, 5_000, 3_600_000, DAY_MS][random.below(4) as usize];
        let now = Now {
            wall: Timestamp(BEGIN_MS + mono),
            mono,
        };
        let act = match (begun, step) {
            (false, 0) => Act::Tell(Input::Context(context.clone())),
            _ => act(random, &mut used, BEGIN_MS + mono, &mut context),
        };
        begun = true;
        // What people answer is open in every arm, as long as the arms are alike.
        let answered = random.below(8) as usize;
        let mut seen = Vec::new();
        for (life, parted) in lives.iter_mut().zip(&parted) {
            if *parted {
                seen.push((Vec::new(), false));
                continue;
            }
            let input = match &act {
                Act::Tell(input) => copy(input),
                Act::Respond(response) => match life.open.get(answered) {
                    Some((_, exposure)) => Input::Respond {
                        exposure: *exposure,
                        response: *response,
                    },
                    None => Input::Wake,
                },
            };
            if let Input::Respond { exposure, .. } = &input {
                let gone = *exposure;
                life.open.retain(|(_, open)| *open != gone);
            }
            seen.push(life.tell(now, input));
        }
        for arm in 0..lives.len() {
            if parted[arm] {
                continue;
            }
            let differs =
                (0..lives.len()).any(|other| !parted[other] && seen[other].0 != seen[arm].0);
            assert_eq!(
                seen[arm].1,
                differs,
                "seed {seed}, step {step}, arm {arm}: says {}, shows {:?}",
                seen[arm].1,
                seen.iter().map(|(shown, _)| shown).collect::<Vec<_>>()
            );
        }
        let first: Vec<bool> = seen.iter().map(|(_, diverged)| *diverged).collect();
        if first.iter().any(|diverged| *diverged) {
            // Those who differ from all others part; it is enough to have seen the first of them.
            for (parted, diverged) in parted.iter_mut().zip(first) {
                *parted |= diverged;
            }
            return Some(step);
        }
    }
    None
}

#[test]
fn the_step_that_is_recorded_is_the_first_at_which_arms_show_something_else() {
    let worlds = std::env::var("PLIMSOLL_WORLDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let worlds: u64 = worlds.unwrap_or(400);
    let parted = (0..worlds).filter_map(live).count();
    // Both happen: arms that part, and arms that this history never tells apart.
    assert!(parted as u64 > worlds / 4, "{parted} of {worlds} parted");
    assert!((parted as u64) < worlds, "all {worlds} parted");
}
