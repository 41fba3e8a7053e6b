//! The start module: the engine and the outbox of one tab behind one class of plain calls.
//! Owns the translation between JavaScript's numbers and texts and the core's types; touches no page,
//! storage or network: `pkg/shell` does, told by what [`Core::effects`] gives.
//! Calls go to [`Core`], what they want done is put into words by [`effects`], snapshots enter through [`snapshot`].
//!
//! Nothing here throws: ids that are unknown answer with a neutral value, and the shell checks the
//! rest before. The path of one `use` makes no JSON: [`Core::use_`], [`Core::flags`], [`Core::line`].

mod effects;
mod snapshot;

use effects::Words;
use lol_alloc::{FreeListAllocator, LockedAllocator};
use plimsoll::engine::input::{ActionKind, Context, Input, Now, Paint, Response, Step};
use plimsoll::engine::memory::{Memory, MemoryError};
use plimsoll::engine::{Identity, intent_id};
use plimsoll::json::{Json, push_hex, read_hex};
use plimsoll::outbox::{self, Answer, Clock, Outbox, Sender};
use plimsoll::unit::{COUNT_MAX, ExposureId, Key, Limit, Millis, Timestamp, Writer};
use plimsoll::{Engine, Plim};
use wasm_bindgen::prelude::*;

/// The core allocates small and rarely, so the smallest allocator is the best one.
#[global_allocator]
static ALLOCATOR: LockedAllocator<FreeListAllocator> =
    LockedAllocator::new(FreeListAllocator::new());

/// The hot line has to be written.
const FLAG_LINE: u32 = 1;
/// The whole memory has to be written.
const FLAG_MEMORY: u32 = 2;
/// There are effects to take.
const FLAG_EFFECTS: u32 = 4;

/// The stable code of what is wrong with a compiled policy; "" when nothing is.
#[wasm_bindgen]
#[must_use]
pub fn policy_fault(bytes: Vec<u8>) -> String {
    Plim::open(bytes)
        .err()
        .map_or("", |error| error.code())
        .to_owned()
}

/// Engine and outbox of one tab, for one account and user.
#[wasm_bindgen]
pub struct Core {
    engine: Engine,
    outbox: Outbox,
    identity: Identity,
    sender: Sender,
    context: Context,
    draft: snapshot::Draft,
    words: Words,
    flags: u32,
    /// Events are made: consent is given and nothing forbids sending.
    recording: bool,
    /// When uses that were not put into an event yet should be, on the monotonic clock.
    usage_due: Option<Millis>,
    adopting: Vec<String>,
    unreadable: Option<MemoryError>,
}

#[wasm_bindgen]
impl Core {
    /// A core that remembers nothing yet. `undefined` when the compiled policy is refused; then
    /// [`policy_fault`] says why. The writer is 64 random bits in two halves.
    #[must_use]
    pub fn open(
        plim: Vec<u8>,
        account: String,
        user: String,
        key: String,
        writer_high: u32,
        writer_low: u32,
    ) -> Option<Core> {
        let plim = Plim::open(plim).ok()?;
        let writer = writer_of(writer_high, writer_low);
        let sender = Sender {
            write_key: key,
            account: account.clone(),
            user: user.clone(),
            revision: plim.root().revision().to_owned(),
        };
        let identity = Identity {
            account,
            user,
            writer,
        };
        Some(Self {
            engine: Engine::new(plim, identity.clone(), Ok(Memory::default())),
            outbox: Outbox::new(sender.clone(), writer),
            identity,
            sender,
            context: Context::default(),
            draft: snapshot::Draft::default(),
            words: Words::default(),
            flags: 0,
            recording: false,
            usage_due: None,
            adopting: Vec::new(),
            unreadable: None,
        })
    }

    /// Before anything has happened: takes in what a berth left, its memory and its hot line.
    /// False when the memory cannot be read: then nothing interrupts in this page life.
    pub fn remember(&mut self, memory: &str, line: &str) -> bool {
        let mut known = self.engine.memory().clone();
        let read = Memory::decode(&bytes_of(memory));
        let readable = read.is_ok();
        match read {
            Ok(read) => drop(known.merge(&read)),
            Err(error) => self.unreadable = Some(error),
        }
        known.absorb_line(line);
        self.rebuild(self.engine.plim().clone(), known);
        readable
    }

    /// Under way: merges what another tab wrote. False when its memory cannot be read.
    pub fn merge(&mut self, memory: &str, line: &str, wall: f64, mono: f64) -> bool {
        let read = Memory::decode(&bytes_of(memory));
        let readable = read.is_ok();
        let mut theirs = read.unwrap_or_default();
        theirs.absorb_line(line);
        self.input(now(wall, mono), Input::Merge(Box::new(theirs)));
        readable
    }

    /// A new generation of this berth, or another one: the memory stays, the queue does not.
    pub fn renew(&mut self, account: String, user: String, writer_high: u32, writer_low: u32) {
        let writer = writer_of(writer_high, writer_low);
        self.sender.account.clone_from(&account);
        self.sender.user.clone_from(&user);
        self.identity = Identity {
            account,
            user,
            writer,
        };
        self.outbox = Outbox::new(self.sender.clone(), writer);
        let memory = self.engine.memory().clone();
        self.rebuild(self.engine.plim().clone(), memory);
    }

    /// The same policy in another locale, or a newer one. False when it is refused; the old one stays.
    pub fn replace_policy(&mut self, plim: Vec<u8>) -> bool {
        let Ok(plim) = Plim::open(plim) else {
            return false;
        };
        self.sender.revision = plim.root().revision().to_owned();
        self.outbox.revise(plim.root().revision());
        let memory = self.engine.memory().clone();
        self.rebuild(plim, memory);
        true
    }

    /// The index of a meter; -1 when the policy does not have it.
    #[must_use]
    pub fn meter(&self, id: &str) -> i32 {
        index(self.engine.plim().meter_index(Key::of(id)))
    }

    /// The index of a feature; -1 when the policy does not have it.
    #[must_use]
    pub fn feature(&self, id: &str) -> i32 {
        index(self.engine.plim().feature_index(Key::of(id)))
    }

    /// The host did it: counts. The answer is all this writer has added on the meter; -1 when there
    /// is no such meter.
    pub fn use_(&mut self, meter: u32, amount: f64, wall: f64, mono: f64) -> f64 {
        let Some(meter) = self.engine.plim().root().meters().get(meter) else {
            return -1.0;
        };
        let meter = Key(meter.key());
        let now = now(wall, mono);
        self.usage_due = self
            .usage_due
            .or(Some(now.mono.saturating_add(outbox::FLUSH_MS)));
        self.input(
            now,
            Input::Use {
                meter,
                amount: count(amount),
            },
        );
        number(self.engine.tally(meter).0)
    }

    /// A level went down. The answer is all this writer has released on the meter.
    pub fn release(&mut self, meter: u32, amount: f64, wall: f64, mono: f64) -> f64 {
        let Some(meter) = self.engine.plim().root().meters().get(meter) else {
            return -1.0;
        };
        let meter = Key(meter.key());
        let now = now(wall, mono);
        self.usage_due = self
            .usage_due
            .or(Some(now.mono.saturating_add(outbox::FLUSH_MS)));
        self.input(
            now,
            Input::Release {
                meter,
                amount: count(amount),
            },
        );
        number(self.engine.tally(meter).1)
    }

    /// All this writer has added on the meter.
    #[must_use]
    pub fn added(&self, meter: u32) -> f64 {
        let meters = self.engine.plim().root().meters();
        meters
            .get(meter)
            .map_or(0.0, |meter| number(self.engine.tally(Key(meter.key())).0))
    }

    /// All this writer has released on the meter; -1 when it is a counter, which has no such thing.
    #[must_use]
    pub fn released(&self, meter: u32) -> f64 {
        match self.engine.plim().root().meters().get(meter) {
            Some(meter) if meter.kind() == 1 => number(self.engine.tally(Key(meter.key())).1),
            _ => -1.0,
        }
    }

    /// Whether an amount would fit: `{"verdict", "used", "limit"}`.
    #[must_use]
    pub fn fits(&self, meter: &str, amount: f64, wall: f64, mono: f64) -> String {
        let answer = self
            .engine
            .fits(now(wall, mono), Key::of(meter), count(amount));
        let mut json = Json::new();
        json.object(|json| {
            json.key("verdict").string(answer.verdict.name());
            json.key("used").number(answer.used);
            match answer.limit {
                Some(Limit::Of(limit)) => json.key("limit").number(limit),
                Some(Limit::Unlimited) => json.key("limit").string("unlimited"),
                Some(Limit::None) => json.key("limit").string("none"),
                None => {}
            }
        });
        json.finish()
    }

    /// A person tried.
    pub fn attempt(&mut self, meter: &str, amount: f64, wall: f64, mono: f64) {
        let input = Input::Attempt {
            meter: Key::of(meter),
            amount: count(amount),
        };
        self.input(now(wall, mono), input);
    }

    /// The host's server refused.
    pub fn limit_hit(&mut self, meter: &str, wall: f64, mono: f64) {
        self.input(
            now(wall, mono),
            Input::LimitHit {
                meter: Key::of(meter),
            },
        );
    }

    /// A person touched a feature; the step by its place in `seen, tried, previewed, built, requested`.
    pub fn explore(&mut self, feature: &str, step: usize, wall: f64, mono: f64) {
        if let Some(step) = Step::ALL.get(step).copied() {
            self.input(
                now(wall, mono),
                Input::Explore {
                    feature: Key::of(feature),
                    step,
                },
            );
        }
    }

    /// What became of a prompt on the screen: 0 rendered, 1 seen, 2 failed, 3 faded.
    pub fn painted(&mut self, exposure: &str, paint: u32, wall: f64, mono: f64) {
        let paint = match paint {
            0 => Paint::Rendered,
            1 => Paint::Seen,
            3 => Paint::Faded,
            _ => Paint::Failed,
        };
        if let Some(exposure) = read_hex(exposure).map(ExposureId) {
            self.input(now(wall, mono), Input::Painted { exposure, paint });
        }
    }

    /// What the person did: 0 to 5 an action, in the order of `ActionKind`, 6 later, 7 never, else close.
    pub fn respond(&mut self, exposure: &str, response: usize, wall: f64, mono: f64) {
        let response = match (ActionKind::ALL.get(response), response) {
            (Some(action), _) => Response::Act(*action),
            (None, 6) => Response::Later,
            (None, 7) => Response::Never,
            (None, _) => Response::Close,
        };
        if let Some(exposure) = read_hex(exposure).map(ExposureId) {
            self.input(now(wall, mono), Input::Respond { exposure, response });
        }
    }

    /// The id of an intent: however often the action is clicked, it is one.
    #[must_use]
    pub fn intent(&self, exposure: &str, action: usize) -> String {
        let mut text = String::new();
        if let (Some(exposure), Some(action)) = (read_hex(exposure), ActionKind::ALL.get(action)) {
            push_hex(&mut text, intent_id(ExposureId(exposure), *action));
        }
        text
    }

    /// The host saw the purchase; a negative epoch means the one known here.
    pub fn converted(&mut self, from_epoch: f64, wall: f64, mono: f64) {
        let from_epoch = (from_epoch >= 0.0).then_some(whole(from_epoch));
        self.input(now(wall, mono), Input::Converted { from_epoch });
    }

    /// What the page allows, as bits: 1 visible, 2 busy, 4 dialog open, 8 online, 16 storage, 32 lease.
    pub fn context(&mut self, bits: u32, route: String, east_minutes: i32, wall: f64, mono: f64) {
        self.context = Context {
            visible: bits & 1 != 0,
            busy: bits & 2 != 0,
            dialog_open: bits & 4 != 0,
            online: bits & 8 != 0,
            storage: bits & 16 != 0,
            lease: bits & 32 != 0,
            route,
            utc_offset_minutes: east_minutes,
        };
        self.input(now(wall, mono), Input::Context(self.context.clone()));
    }

    /// Whether events are made. What was used before they were is in none.
    pub fn record(&mut self, recording: bool) {
        if recording && !self.recording {
            drop(self.engine.take_usage(self.identity.writer));
            self.flags |= FLAG_MEMORY;
        }
        self.recording = recording;
        if !recording {
            self.outbox = Outbox::new(self.sender.clone(), self.identity.writer);
        }
    }

    /// A time from [`Core::wake_in`] has come.
    pub fn wake(&mut self, wall: f64, mono: f64) {
        let now = now(wall, mono);
        if self.usage_due.is_some_and(|due| due <= now.mono) {
            self.count_usage(now, self.identity.writer);
            self.post(now, outbox::Input::Hide);
        }
        let time = self.engine.time(now);
        if self.engine.next_wake().is_some_and(|(at, _)| at <= time) {
            self.input(now, Input::Wake);
        }
        self.post(now, outbox::Input::Wake);
    }

    /// The milliseconds until [`Core::wake`] is wanted; -1 for never.
    #[must_use]
    pub fn wake_in(&self, wall: f64, mono: f64) -> f64 {
        let now = now(wall, mono);
        let time = self.engine.time(now);
        let engine = self.engine.next_wake().map(|(at, _)| at.since(time));
        let rest = [self.usage_due, self.outbox.wake_at()];
        let rest = rest
            .into_iter()
            .flatten()
            .map(|at| at.saturating_sub(now.mono));
        rest.chain(engine)
            .min()
            .map_or(-1.0, |span| number(span.max(0)))
    }

    /// The page is hidden, or it goes away and no answer will be seen.
    pub fn hide(&mut self, leaving: bool, wall: f64, mono: f64) {
        let now = now(wall, mono);
        self.count_usage(now, self.identity.writer);
        self.post(now, outbox::Input::Hide);
        if leaving {
            self.post(now, outbox::Input::Leave);
        }
    }

    /// The network is back. `random` is from 0 to below 2^32, as in the next call.
    pub fn online(&mut self, random: f64, wall: f64, mono: f64) {
        self.post(
            now(wall, mono),
            outbox::Input::Online {
                random: random as u64,
            },
        );
    }

    /// What became of a request: 0 no answer, 1 accepted with `detail` refused events, else the HTTP
    /// status with `detail` as milliseconds to wait, negative for none stated.
    pub fn answered(
        &mut self,
        batch: f64,
        status: u16,
        detail: f64,
        random: f64,
        wall: f64,
        mono: f64,
    ) {
        let answer = match status {
            0 => Answer::Unreachable,
            1 => Answer::Accepted {
                rejected: detail as u32,
            },
            status => Answer::Refused {
                status,
                retry_after_ms: (detail >= 0.0).then_some(whole(detail)),
            },
        };
        let input = outbox::Input::Answered {
            batch: batch as u64,
            answer,
            random: random as u64,
        };
        self.post(now(wall, mono), input);
    }

    /// The host's fresh token, or none.
    pub fn identified(&mut self, token: Option<String>, wall: f64, mono: f64) {
        self.post(now(wall, mono), outbox::Input::Identity(token));
    }

    /// One value of a dead berth's journal, in the order of its slots; [`Core::adopt`] takes them all.
    pub fn adopt_value(&mut self, text: String) {
        self.adopting.push(text);
    }

    /// Takes over a dead berth: its journal, and what its writer used and said in no event.
    pub fn adopt(&mut self, writer: &str, wall: f64, mono: f64) {
        let now = now(wall, mono);
        let values = core::mem::take(&mut self.adopting);
        self.post(now, outbox::Input::Adopt { values });
        if let Some(writer) = read_hex(writer) {
            self.count_usage(now, Writer(writer));
        }
    }

    /// What has to be stored or done since the last call: 1 the line, 2 the memory, 4 effects.
    pub fn flags(&mut self) -> u32 {
        let effects = if self.words.is_empty() {
            0
        } else {
            FLAG_EFFECTS
        };
        core::mem::take(&mut self.flags) | effects
    }

    /// What is to be done, as a JSON list, in order.
    pub fn effects(&mut self) -> String {
        self.words.take()
    }

    /// The own writer's tallies, the one value that every use writes.
    #[must_use]
    pub fn line(&self) -> String {
        self.engine.memory().hot_line(self.identity.writer)
    }

    /// The whole memory, a byte a character.
    #[must_use]
    pub fn memory(&self) -> String {
        self.engine
            .memory()
            .encode()
            .into_iter()
            .map(char::from)
            .collect()
    }

    /// Whether the lease of the interrupt lane is wanted or held with reason.
    #[must_use]
    pub fn wants_lease(&self) -> bool {
        self.engine.wants_lease()
    }

    /// Plan, meters and features as JSON.
    #[must_use]
    pub fn read(&self, wall: f64, mono: f64) -> String {
        effects::read_json(&self.engine, now(wall, mono))
    }

    /// The trace of the decision at this instant, and the outbox, as JSON.
    #[must_use]
    pub fn explain(&self, wall: f64, mono: f64) -> String {
        effects::explain_json(&self.engine, &self.outbox, now(wall, mono))
    }

    /// The policy's built-in texts and the meters' names, as JSON.
    #[must_use]
    pub fn texts(&self) -> String {
        effects::texts_json(&self.engine)
    }

    fn rebuild(&mut self, plim: Plim, memory: Memory) {
        self.engine = match self.unreadable {
            None => Engine::new(plim, self.identity.clone(), Ok(memory)),
            Some(error) => Engine::new(plim, self.identity.clone(), Err(error)),
        };
    }

    fn count_usage(&mut self, now: Now, writer: Writer) {
        self.usage_due = self.usage_due.filter(|_| writer != self.identity.writer);
        let events = self.engine.take_usage(writer);
        if !events.is_empty() {
            let effects = events.into_iter().map(plimsoll::Effect::Record).collect();
            self.carry_out(now, effects);
            self.flags |= FLAG_MEMORY;
        }
    }

    fn input(&mut self, now: Now, input: Input) {
        let effects = self.engine.handle(now, input);
        self.carry_out(now, effects);
    }

    fn post(&mut self, now: Now, input: outbox::Input) {
        let clock = Clock {
            mono: now.mono,
            time: self.engine.time(now),
        };
        let effects = self.outbox.handle(clock, input);
        self.words.outbox(&effects);
    }
}

fn writer_of(high: u32, low: u32) -> Writer {
    Writer((u64::from(high) << 32) | u64::from(low))
}

fn now(wall: f64, mono: f64) -> Now {
    Now {
        wall: Timestamp(whole(wall)).clamped(),
        mono: whole(mono).max(0),
    }
}

/// A JavaScript number as an integer: the fraction is cut, NaN is 0.
fn whole(number: f64) -> i64 {
    number as i64
}

/// An amount within what JavaScript can state exactly.
fn count(number: f64) -> i64 {
    whole(number).clamp(0, COUNT_MAX)
}

fn number(value: i64) -> f64 {
    value.min(COUNT_MAX) as f64
}

fn index(index: Option<u32>) -> i32 {
    index
        .and_then(|index| i32::try_from(index).ok())
        .unwrap_or(-1)
}

/// Bytes from a text of characters below 256; any other makes the whole unreadable, as it should.
fn bytes_of(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| u8::try_from(character).unwrap_or(0))
        .collect()
}
