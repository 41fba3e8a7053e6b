//! Inputs that no honest host would give: damaged bytes under a good checksum, absurd amounts and stamps,
//! ids nobody made. The only guarantee is that nothing panics and memory stays within its bound.

use super::random::Random;
use super::sealed;
use crate::spec_reader::snapshot::{MeterFigure, Snapshot};
use crate::spec_reader::tab::{Identity, Stored, Tab, compile};
use plimsoll::Effect;
use plimsoll::engine::input::{ActionKind, Context, Input, Now, Objection, Paint, Response, Step};
use plimsoll::engine::memory::{Memory, Table};
use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use plimsoll::unit::{ExposureId, Key, Limit, Timestamp, Writer, fnv32};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

const STEPS: usize = 60;
const NUMBERS: [i64; 14] = [
    0,
    1,
    -1,
    2,
    99,
    100,
    101,
    1_000,
    1 << 31,
    1 << 53,
    (1 << 53) - 1,
    i64::MAX,
    i64::MIN,
    253_402_300_800_000,
];
const METERS: [&str; 5] = ["emails", "calls", "seats", "__proto__", ""];

/// One hostile history; the error says that something panicked.
pub fn live(policy: &str, seed: u64) -> Result<(), String> {
    let mut random = Random::new(seed ^ 0xbad);
    let mut bytes = Vec::new();
    let mut told = String::new();
    let lived = catch_unwind(AssertUnwindSafe(|| {
        policies(policy, &mut random);
        for _ in 0..4 {
            bytes = history(policy, &mut random, &bytes, &mut told);
        }
    }));
    lived.map_err(|_| format!("G10: hostile seed {seed} panicked at {told}"))
}

/// A compiled policy with flipped bytes, under its own checksum or another.
fn policies(policy: &str, random: &mut Random) {
    let Ok(parsed) = Policy::parse(policy) else {
        return;
    };
    let mut bytes = parsed.compile("pt-BR");
    for _ in 0..random.below(6) {
        flip(&mut bytes, random);
    }
    if let (true, Some(body)) = (random.percent(70), bytes.get(12..)) {
        let checksum = fnv32(body).to_le_bytes();
        bytes.splice(8..12, checksum);
    }
    if let Ok(plim) = Plim::open(&bytes) {
        let identity = Identity {
            account: "a".to_owned(),
            user: "u".to_owned(),
            writer: Writer(1),
        };
        let mut tab = Tab::start(Rc::new(plim), &identity, Stored::Nothing);
        for _ in 0..STEPS / 3 {
            tab.tell(now(random), input(random, &[]));
        }
    }
}

fn history(policy: &str, random: &mut Random, bytes: &[u8], told: &mut String) -> Vec<u8> {
    let Ok(plim) = compile(policy) else {
        return Vec::new();
    };
    let mut bytes = bytes.to_vec();
    for _ in 0..random.below(4) {
        flip(&mut bytes, random);
    }
    if random.percent(20) {
        bytes.truncate(random.below(bytes.len() as u64 + 1) as usize);
    }
    if random.percent(10) {
        // A row that promises more than there are bytes.
        bytes = vec![1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    }
    if random.percent(80) {
        bytes = sealed::memory(&bytes);
    }
    *told = format!("memory {bytes:02x?}");
    let mut line = Memory::default();
    line.join(Table::Tally, random.next(), random.next(), &[i64::MAX, 3]);
    let mut line = line.encode().into_bytes();
    if random.percent(50) {
        flip(&mut line, random);
    }
    let identity = Identity {
        account: "a".to_owned(),
        user: "u".to_owned(),
        writer: Writer(random.next()),
    };
    let mut tab = Tab::start(Rc::new(plim), &identity, Stored::BytesAndLine(bytes, line));
    let mut exposures = Vec::new();
    for _ in 0..STEPS {
        let input = input(random, &exposures);
        *told = format!("{input:?}");
        let (effects, _) = tab.tell(now(random), input);
        for effect in effects {
            if let Effect::Present(prompt) = effect {
                exposures.push(prompt.exposure);
            }
        }
        if random.percent(10) {
            tab.read(now(random), "emails");
            tab.held(now(random), "default-50", "emails");
        }
    }
    tab.stored()
}

/// Open showings under keys and with stamps that no engine makes: after a wake the next one is later, and
/// what ended is not ended again.
pub fn showings_that_nobody_made(policy: &str) {
    let now = Now {
        wall: Timestamp(1_795_341_600_000),
        mono: 10_000,
    };
    for (a, b) in [(0, 0), (5, 7), (0, 7), (9, 0), (u64::MAX, 0)] {
        for rendered in NUMBERS {
            let mut memory = Memory::default();
            memory.join(Table::Exposure, a, b, &[3, 4, rendered]);
            let plim = Rc::new(compile(policy).unwrap());
            let stored = Stored::Bytes(memory.encode().into_bytes());
            let mut tab = Tab::start(plim, &Identity::default(), stored);
            tab.tell(now, Input::Wake);
            let (effects, _) = tab.tell(now, Input::Wake);
            assert!(tab.wakes_in(now) > 0, "{a} {b} {rendered}");
            let recorded = |effect: &Effect| matches!(effect, Effect::Record(_));
            assert!(!effects.iter().any(recorded), "{a} {b} {rendered}");
        }
    }
}

fn flip(bytes: &mut [u8], random: &mut Random) {
    let place = random.below(bytes.len() as u64) as usize;
    if let Some(byte) = bytes.get_mut(place) {
        *byte = random.next() as u8;
    }
}

fn number(random: &mut Random) -> i64 {
    if random.percent(60) {
        random.between(0, 200)
    } else {
        random.pick(&NUMBERS).copied().unwrap_or(0)
    }
}

fn stamp(random: &mut Random) -> Timestamp {
    let near = 1_795_341_600_000 + random.between(-90, 90) * 86_400_000;
    Timestamp(if random.percent(70) {
        near
    } else {
        number(random)
    })
}

fn now(random: &mut Random) -> Now {
    Now {
        wall: stamp(random),
        mono: number(random).max(0),
    }
}

fn meter(random: &mut Random) -> Key {
    Key::of(random.pick(&METERS).copied().unwrap_or(""))
}

fn input(random: &mut Random, exposures: &[ExposureId]) -> Input {
    let exposure = random
        .pick(exposures)
        .copied()
        .unwrap_or(ExposureId(random.next()));
    match random.below(13) {
        0 | 1 => Input::Snapshot(snapshot(random).told()),
        2 => Input::Use {
            meter: meter(random),
            amount: number(random),
        },
        3 => Input::Release {
            meter: meter(random),
            amount: number(random),
        },
        4 => Input::Attempt {
            meter: meter(random),
            amount: number(random),
        },
        5 => Input::LimitHit {
            meter: meter(random),
        },
        6 => {
            let feature = random
                .pick(&["sso", "automation", "constructor"])
                .copied()
                .unwrap_or("");
            Input::Explore {
                feature: Key::of(feature),
                step: random.pick(&Step::ALL).copied().unwrap_or(Step::Tried),
            }
        }
        7 => {
            let paints = [Paint::Rendered, Paint::Seen, Paint::Failed, Paint::Faded];
            Input::Painted {
                exposure,
                paint: random.pick(&paints).copied().unwrap_or(Paint::Seen),
            }
        }
        8 => {
            let action = random
                .pick(&ActionKind::ALL)
                .copied()
                .unwrap_or(ActionKind::Upgrade);
            let responses = [
                Response::Later,
                Response::Never,
                Response::Close,
                Response::Act(action),
            ];
            Input::Respond {
                exposure,
                response: random.pick(&responses).copied().unwrap_or(Response::Close),
            }
        }
        9 => Input::Converted {
            from_epoch: random.percent(50).then(|| number(random)),
        },
        10 => Input::Context(Context {
            visible: random.percent(80),
            busy: random.percent(10),
            storage: random.percent(90),
            lease: random.percent(70),
            route: "/checkout/\u{202e}{plan}".to_owned(),
            utc_offset_minutes: number(random) as i32,
            ..Context::default()
        }),
        11 => Input::Because {
            exposure,
            objection: random
                .pick(&Objection::ALL)
                .copied()
                .unwrap_or(Objection::Price),
        },
        _ if random.percent(50) => Input::Merge(Box::default()),
        _ => Input::Wake,
    }
}

fn snapshot(random: &mut Random) -> Snapshot {
    let meters = (0..random.below(4)).map(|_| MeterFigure {
        meter: meter(random),
        used: random.percent(80).then(|| number(random)),
        limit: match random.below(4) {
            0 => Limit(number(random)),
            1 => Limit::UNLIMITED,
            2 => Limit::NONE,
            _ => Limit::UNKNOWN,
        },
        period: random.percent(40).then(|| (stamp(random), stamp(random))),
        daily: (0..random.below(80)).map(|_| number(random)).collect(),
        counted: (0..random.below(3))
            .map(|_| (Writer(random.below(3)), number(random), number(random)))
            .collect(),
    });
    let meters = meters.collect();
    Snapshot {
        plan: random
            .pick(&["free", "pro", "enterprise", "", "__proto__"])
            .copied()
            .unwrap_or("")
            .to_owned(),
        plan_epoch: random.percent(60).then(|| number(random)),
        server_time: random.percent(80).then(|| stamp(random)),
        account_created_at: random.percent(30).then(|| stamp(random)),
        user_created_at: random.percent(30).then(|| stamp(random)),
        can_purchase: random.percent(50).then(|| random.percent(50)),
        billing_owner: "\u{0}<img src=x>".to_owned(),
        attributes: random
            .pick(&[
                "{]",
                "",
                "{sseats\0n4008000000000000]",
                "{s",
                "[[[{{",
                "n1",
                "\u{1}",
            ])
            .copied()
            .unwrap_or("")
            .to_owned(),
        trial_ends_at: random.percent(50).then(|| stamp(random)),
        trial_extendable: random.percent(50),
        features: vec![Key::of("sso"), Key(random.next() as u32)],
        overage_accepted: vec![meter(random)],
        in_sales_conversation: random.percent(10),
        meters,
    }
}
