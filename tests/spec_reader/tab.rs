//! One tab: an engine, the page's context, and the storage that a berth has.
//! The only file of the tests that calls the engine, so that cases and properties speak of inputs and effects.

use plimsoll::Effect;
use plimsoll::engine::effect::{HoldReason, Projected, Reading};
use plimsoll::engine::input::{Context, Input, Now};
use plimsoll::engine::memory::Memory;
use plimsoll::engine::{Engine, Judgement};
use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use plimsoll::unit::{Key, Timestamp};
use std::rc::Rc;

pub use plimsoll::engine::Identity;

/// What a tab finds in its berth.
pub enum Stored {
    /// An empty berth.
    Nothing,
    /// Bytes.
    Bytes(Vec<u8>),
    /// Bytes and the line that uses since then have written.
    BytesAndLine(Vec<u8>, Vec<u8>),
}

/// What a call answers beside its effects.
#[derive(Default)]
pub struct Answer {
    /// Of an attempt.
    pub verdict: Option<&'static str>,
    /// Of a use or release.
    pub token: Option<String>,
}

/// An engine and its page.
pub struct Tab {
    engine: Engine,
    /// What the page allows.
    pub context: Context,
    identity: Identity,
}

impl Tab {
    /// The device's clocks at a true time, for a page born at one, on a device whose clock is off.
    pub fn now(time: i64, born: i64, wall_shift: i64) -> Now {
        Now {
            wall: Timestamp(time + wall_shift),
            mono: time - born,
        }
    }

    /// A page that opens.
    pub fn start(plim: Rc<Plim>, identity: &Identity, stored: Stored) -> Self {
        let memory = match stored {
            Stored::Nothing => Some(Memory::default()),
            Stored::Bytes(bytes) => Memory::decode(&bytes),
            Stored::BytesAndLine(bytes, line) => Memory::decode(&bytes).map(|mut memory| {
                memory.merge(&Memory::decode(&line).unwrap_or_default());
                memory
            }),
        };
        let engine = Engine::new(plim, identity.clone(), memory);
        Self {
            engine,
            context: Context::default(),
            identity: identity.clone(),
        }
    }

    /// Tells the engine something.
    pub fn tell(&mut self, now: Now, input: Input) -> (Vec<Effect>, Answer) {
        let mut answer = Answer::default();
        let moved = match &input {
            Input::Attempt { meter, amount } => {
                answer.verdict = Some(self.engine.fits(now, *meter, *amount).verdict.name());
                None
            }
            Input::Use { meter, .. } | Input::Release { meter, .. } => Some(*meter),
            _ => None,
        };
        let effects = self.engine.handle(now, input);
        answer.token = moved.map(|meter| self.token(meter));
        (effects, answer)
    }

    /// `<writer>:<added>` of a counter, `<writer>:<added>:<released>` of a level.
    fn token(&self, meter: Key) -> String {
        let (added, released) = self.engine.tally(meter);
        let index = self.engine.plim().meter_index(meter);
        let level = index
            .and_then(|index| self.engine.plim().root().meters().get(index))
            .is_some_and(|meter| meter.kind() == 1);
        let counter = format!("{:016x}:{added}", self.identity.writer.0);
        if level {
            format!("{counter}:{released}")
        } else {
            counter
        }
    }

    /// Where a meter stands.
    pub fn read(&self, now: Now, meter: &str) -> Option<Reading> {
        let index = self.engine.plim().meter_index(Key::of(meter))?;
        self.engine.read(now).get(index as usize).copied()
    }

    /// When a meter is expected to reach its limit.
    pub fn projected(&self, now: Now, meter: &str) -> Projected {
        let index = self.engine.plim().meter_index(Key::of(meter));
        self.engine.projection(now, index.unwrap_or(u32::MAX))
    }

    /// The compiled policy.
    pub fn plim(&self) -> &Plim {
        self.engine.plim()
    }

    /// The score and where it comes from.
    pub fn score(&self, now: Now) -> plimsoll::pql::Score {
        self.engine.score(self.engine.time(now))
    }

    /// Why a prompt is held: the reason's code; `None` when it is not, or is not there.
    pub fn held(&self, now: Now, prompt: &str, subject: &str) -> Option<&'static str> {
        let plim = self.engine.plim();
        let root = plim.root();
        let about = |index: u32| {
            let candidate = root.prompts().get(index)?;
            let is_about = subject.is_empty() || plim.subject_of(candidate) == subject;
            Some(candidate.id() == prompt && is_about)
        };
        let judgements = self.engine.explain(now);
        let mut judged = judgements
            .iter()
            .filter(|judged| about(judged.prompt) == Some(true));
        // Of a prompt that experiments have variants of, the one in this unit's arm.
        let first = judged.clone().next()?;
        let here = judged.find(|judged| judged.held != Some(HoldReason::OtherArm));
        here.unwrap_or(first).held.map(|reason| reason.code())
    }

    /// The judgement on every prompt, by index.
    pub fn judgements(&self, now: Now) -> Vec<Judgement> {
        self.engine.explain(now)
    }

    /// What the engine remembers.
    pub fn memory(&self) -> &Memory {
        self.engine.memory()
    }

    /// The bytes of it.
    pub fn stored(&self) -> Vec<u8> {
        self.engine.memory().encode().into_bytes()
    }

    /// The line that a use writes.
    pub fn line(&self) -> Vec<u8> {
        let memory = self.engine.memory();
        memory
            .tallies_of(self.identity.writer)
            .encode()
            .into_bytes()
    }

    /// How long after an instant the engine wants to be woken.
    pub fn wakes_in(&self, now: Now) -> i64 {
        self.engine.next_wake().since(self.engine.time(now))
    }

    /// Whether the engine wants the lease, or needs to keep it.
    pub fn wants_lease(&self) -> bool {
        self.engine.wants_lease()
    }

    /// The page's writer.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// A policy's text, compiled; the errors as one text.
pub fn compile(text: &str) -> Result<Plim, String> {
    let policy = Policy::parse(text).map_err(|errors| {
        let lines = errors
            .iter()
            .map(|error| format!("{}: {}", error.path, error.message));
        lines.collect::<Vec<_>>().join("\n")
    })?;
    Plim::open(&policy.compile("en")).map_err(|error| error.code().to_owned())
}
