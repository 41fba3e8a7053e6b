//! What must hold for any bytes: as a stored memory, a compiled policy, a policy's text, or a list of inputs.
//! Owns the four bodies and nothing of where bytes come from; knows no random numbers.
//! `tests/fuzz.rs` runs them on mutations, `fuzz/` under a coverage-guided fuzzer.

#[path = "sealed.rs"]
mod sealed;

use plimsoll::engine::input::{
    ActionKind, Context, Input, Now, Objection, Paint, Response, Snapshot, Step,
};
use plimsoll::engine::memory::{Memory, ROWS_MAX, Table};
use plimsoll::engine::{Engine, Identity};
use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use plimsoll::unit::{ExposureId, Key, Timestamp, Writer, fnv32};
use plimsoll::{Effect, HoldReason};

/// The policy that memories and inputs are held against.
pub const POLICY: &str = include_str!("policy.json");
const METERS: [&str; 4] = ["emails", "calls", "seats", "__proto__"];
const FEATURES: [&str; 3] = ["automation", "sso", ""];
const START: i64 = 1_795_341_600_000;
/// No input has more to say than this, and no honest host says as much.
const EFFECTS_MAX: usize = 4_000;

/// Reads the policy of this folder.
pub fn policy() -> Plim {
    let policy = Policy::parse(POLICY).expect("the policy of the tests is right");
    Plim::open(&policy.compile("en")).expect("what was compiled can be opened")
}

/// A stored memory, as it is and under a right checksum: it is refused, or it is a memory like any other.
pub fn memory(plim: &Plim, bytes: &[u8]) {
    remembered(plim, bytes);
    remembered(plim, &sealed::memory(bytes));
}

fn remembered(plim: &Plim, bytes: &[u8]) {
    let Some(memory) = Memory::decode(bytes) else {
        return;
    };
    assert!(memory.len() <= ROWS_MAX, "{} rows", memory.len());
    let stored = memory.encode();
    assert_eq!(Memory::decode(stored.as_bytes()).as_ref(), Some(&memory));
    let mut twice = memory.clone();
    assert!(
        !twice.merge(&memory),
        "merging a memory with itself changed it"
    );
    let mut engine = Engine::new(plim.clone(), identity(), Some(memory));
    live(&mut engine, &[0, 200, 8, 17, 60, 3, 1, 9, 250, 8, 40]);
}

/// A compiled policy, as it is and under a right checksum: it is refused, or an engine can decide with it.
pub fn compiled(bytes: &[u8]) {
    decides(bytes);
    let mut sealed = bytes.to_vec();
    if let Some(body) = bytes.get(12..) {
        let checksum = fnv32(body).to_le_bytes();
        sealed.splice(8..12, checksum);
    }
    decides(&sealed);
}

fn decides(bytes: &[u8]) {
    if let Ok(plim) = Plim::open(bytes) {
        let mut engine = Engine::new(plim, identity(), Some(Memory::default()));
        live(&mut engine, &[0, 200, 8, 17, 60, 3, 1, 9, 250, 8, 40, 4, 5]);
    }
}

/// A policy's text: it is refused with at least one mistake, or what it compiles to can be opened.
pub fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Policy::parse(&text) {
        Ok(policy) => {
            for locale in ["en", "pt-BR", "x"] {
                assert!(Plim::open(&policy.compile(locale)).is_ok(), "{text}");
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty() && errors.len() <= 100, "{text}");
            for error in errors {
                assert!(
                    !error.code.is_empty() && !error.message.is_empty(),
                    "{text}"
                );
            }
        }
    }
}

/// A list of inputs, each of some bytes: an engine takes them all, stays bounded and can be stored.
pub fn inputs(plim: &Plim, bytes: &[u8]) -> Memory {
    let mut engine = Engine::new(plim.clone(), identity(), Some(Memory::default()));
    live(&mut engine, bytes);
    let stored = engine.memory().encode();
    assert_eq!(
        Memory::decode(stored.as_bytes()).as_ref(),
        Some(engine.memory())
    );
    engine.memory().clone()
}

fn identity() -> Identity {
    Identity {
        account: "acc_7".to_owned(),
        user: "u_9".to_owned(),
        writer: Writer(7),
    }
}

/// Takes inputs out of bytes, two or three for each.
struct Bytes<'a> {
    bytes: &'a [u8],
    exposures: Vec<ExposureId>,
    time: i64,
}

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.bytes.split_first().unwrap_or((&0, &[]));
        self.bytes = rest;
        *first
    }

    /// Small, large or absurd.
    fn amount(&mut self) -> i64 {
        match self.byte() {
            byte @ 0..240 => i64::from(byte),
            240..248 => 1 << 40,
            248..252 => i64::MAX,
            _ => i64::MIN,
        }
    }

    /// Mostly moments after the last, now and then days, or long before.
    fn stamp(&mut self) -> i64 {
        self.time += match self.byte() {
            byte @ 0..200 => i64::from(byte) * 100,
            byte @ 200..240 => i64::from(byte - 199) * 3_600_000,
            byte @ 240..254 => i64::from(byte - 239) * 86_400_000,
            254 => -86_400_000,
            _ => return i64::MAX,
        };
        self.time
    }

    fn input(&mut self) -> Input {
        let meter = |byte: u8| Key::of(METERS[usize::from(byte) % METERS.len()]);
        let kind = self.byte();
        let flags = self.byte();
        let exposure = self
            .exposures
            .get(usize::from(flags) % self.exposures.len().max(1));
        let exposure = exposure.copied().unwrap_or(ExposureId(u64::from(flags)));
        match kind % 13 {
            0 | 8 => Input::Snapshot(self.snapshot(flags)),
            1 => Input::Use {
                meter: meter(flags),
                amount: self.amount(),
            },
            2 => Input::Release {
                meter: meter(flags),
                amount: self.amount(),
            },
            3 => Input::Attempt {
                meter: meter(flags),
                amount: self.amount(),
            },
            4 => Input::LimitHit {
                meter: meter(flags),
            },
            5 => Input::Explore {
                feature: Key::of(FEATURES[usize::from(flags) % FEATURES.len()]),
                step: Step::ALL[usize::from(flags >> 4) % Step::ALL.len()],
            },
            6 => Input::Painted {
                exposure,
                paint: [Paint::Rendered, Paint::Seen, Paint::Failed, Paint::Faded]
                    [usize::from(flags >> 6)],
            },
            7 => {
                let action = ActionKind::ALL[usize::from(flags) % ActionKind::ALL.len()];
                let responses = [
                    Response::Later,
                    Response::Never,
                    Response::Close,
                    Response::Act(action),
                ];
                Input::Respond {
                    exposure,
                    response: responses[usize::from(flags >> 6)],
                }
            }
            9 => Input::Context(Context {
                visible: flags & 1 == 0,
                busy: flags & 2 != 0,
                dialog_open: flags & 4 != 0,
                storage: flags & 8 == 0,
                lease: flags & 16 == 0,
                route: String::from_utf8_lossy(self.bytes.get(..2).unwrap_or_default())
                    .into_owned(),
                utc_offset_minutes: i32::from(flags) * 60,
            }),
            10 => Input::Converted {
                from_epoch: (flags > 9).then_some(i64::from(flags)),
            },
            11 => Input::Because {
                exposure,
                objection: Objection::ALL[usize::from(flags) % Objection::ALL.len()],
            },
            _ => Input::Wake,
        }
    }

    /// Numbers at their places, in any order and of any size.
    fn snapshot(&mut self, flags: u8) -> Box<Snapshot> {
        let mut snapshot = Snapshot::default();
        snapshot.plan = Key::of(["free", "pro", "enterprise", "x"][usize::from(flags) & 3]);
        for place in 0..8 {
            if flags & 1 << place != 0 {
                let value = if place == 1 {
                    self.stamp()
                } else {
                    self.amount()
                };
                snapshot.number(place, value);
            }
        }
        for _ in 0..self.byte() & 3 {
            let (table, byte) = (self.byte(), self.byte());
            let key = u64::from(Key::of(METERS[usize::from(byte) % METERS.len()]).0);
            match table % 3 {
                0 => snapshot.row(Table::Listed, u64::from(byte & 3), key),
                1 => snapshot.row(Table::Figure, key, 0),
                _ => snapshot.row(Table::Cover, key, u64::from(byte)),
            }
            let said = self.byte();
            for place in 8..14 {
                if said & 1 << (place - 8) != 0 {
                    let value = if place & 2 == 0 {
                        self.amount()
                    } else {
                        self.stamp()
                    };
                    snapshot.number(place, value);
                }
            }
        }
        Box::new(snapshot)
    }
}

fn live(engine: &mut Engine, bytes: &[u8]) {
    let mut bytes = Bytes {
        bytes,
        exposures: Vec::new(),
        time: START,
    };
    while !bytes.bytes.is_empty() {
        let input = bytes.input();
        let now = Now {
            wall: Timestamp(bytes.stamp()),
            mono: bytes.time.wrapping_sub(START).max(0),
        };
        let effects = engine.handle(now, input);
        assert!(effects.len() < EFFECTS_MAX, "{} effects", effects.len());
        for effect in &effects {
            if let Effect::Present(prompt) = effect {
                bytes.exposures.push(prompt.exposure);
            }
        }
        let _ = engine.next_wake();
    }
    let now = Now {
        wall: Timestamp(bytes.time),
        mono: 0,
    };
    for judged in engine.explain(now) {
        let reason = judged.held;
        assert!(reason.is_none_or(|reason| HoldReason::ALL.contains(&reason)));
    }
    let _ = engine.read(now);
}
