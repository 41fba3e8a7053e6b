//! The start module: the engine and the outbox of one tab behind one class of plain calls.
//! Owns the translation between JavaScript's numbers and texts and the core's types; touches no page,
//! storage or network: `pkg/shell` does, told by what [`Core::text`] gives.
//! Calls go to [`Core`], what they want done is put into words by [`effects`], snapshots enter through [`snapshot`].
//!
//! Nothing here throws: ids that are unknown answer with a neutral value, and the shell checks the
//! rest before. The path of one `use` makes no JSON: [`Core::use_`], [`Core::flags`] and the text of the line.

mod effects;
mod snapshot;

use lol_alloc::{FreeListAllocator, LockedAllocator};
use plimsoll::engine::input::{ActionKind, Context, Input, Now, Paint, Response, Snapshot, Step};
use plimsoll::engine::memory::Memory;
use plimsoll::engine::{Identity, intent_id};
use plimsoll::json::{push_hex, read_hex};
use plimsoll::outbox::{Clock, FLUSH_MS, NEVER, Outbox, Sender};
use plimsoll::unit::{COUNT_MAX, ExposureId, Key, Millis, Timestamp, Writer};
use plimsoll::words::Words;
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
    Plim::open(&bytes)
        .err()
        .map_or("", |error| error.code())
        .to_owned()
}

/// Engine and outbox of one tab, for one account and user.
///
/// Few exports take a kind and do many things: each export costs glue, and the kinds have names in
/// `pkg/shell/core.js`, which is the only caller. Clocks are the wall's and the page's monotonic milliseconds.
#[wasm_bindgen]
pub struct Core {
    engine: Engine,
    outbox: Outbox,
    identity: Identity,
    sender: Sender,
    context: Context,
    draft: Snapshot,
    words: Words,
    flags: u32,
    /// Inputs have been taken; before, what others know is remembered, after, it is merged.
    has_begun: bool,
    /// Events are made: consent is given and nothing forbids sending.
    recording: bool,
    /// When uses that were not put into an event yet should be, on the monotonic clock.
    usage_due: Millis,
    /// The own memory could not be read: nothing interrupts.
    unreadable: bool,
}

#[wasm_bindgen]
impl Core {
    /// A core that remembers nothing yet. `undefined` when the compiled policy is refused; then
    /// [`policy_fault`] says why. [`Core::renew`] says who it is for.
    #[must_use]
    pub fn open(plim: Vec<u8>, key: String) -> Option<Core> {
        let plim = Plim::open(&plim).ok()?;
        let revision = plim.root().revision().to_owned();
        let sender = Sender {
            write_key: key,
            revision,
            ..Sender::default()
        };
        let identity = Identity::default();
        Some(Self {
            engine: Engine::new(plim, identity.clone(), Some(Memory::default())),
            outbox: Outbox::new(sender.clone(), identity.writer),
            identity,
            sender,
            context: Context::default(),
            draft: Snapshot::default(),
            words: Words::default(),
            flags: 0,
            has_begun: false,
            recording: false,
            usage_due: NEVER,
            unreadable: false,
        })
    }

    /// A new generation of this berth, or another one, for this account and user: the memory stays,
    /// the queue does not. The writer is 16 hex digits.
    pub fn renew(&mut self, account: String, user: String, writer: &str) {
        let writer = Writer(read_hex(writer).unwrap_or(0));
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
        let Ok(plim) = Plim::open(&plim) else {
            return false;
        };
        plim.root().revision().clone_into(&mut self.sender.revision);
        self.outbox.revise(plim.root().revision());
        let memory = self.engine.memory().clone();
        self.rebuild(plim, memory);
        true
    }

    /// Takes in what another berth wrote, its memory and its line. False when the memory cannot be
    /// read; before the beginning, that means that nothing interrupts in this page life.
    pub fn absorb(&mut self, memory: &str, line: &str, wall: f64, mono: f64) -> bool {
        let memory = Memory::decode(&bytes_of(memory));
        let readable = memory.is_some();
        let mut theirs = memory.unwrap_or_default();
        theirs.merge(&Memory::decode(&bytes_of(line)).unwrap_or_default());
        if self.has_begun {
            self.input(now(wall, mono), Input::Merge(Box::new(theirs)));
        } else {
            self.unreadable |= !readable;
            theirs.merge(self.engine.memory());
            self.rebuild(self.engine.plim().clone(), theirs);
        }
        readable
    }

    /// The index of a meter (kind 0) or a feature (kind 1); -1 when the policy does not have it.
    #[must_use]
    pub fn index(&self, kind: u32, id: &str) -> i32 {
        let (plim, key) = (self.engine.plim(), Key::of(id));
        let index = if kind == 0 {
            plim.meter_index(key)
        } else {
            plim.feature_index(key)
        };
        index
            .and_then(|index| i32::try_from(index).ok())
            .unwrap_or(-1)
    }

    /// The host did it: counts; a negative amount is a level going down. The answer is all this writer
    /// has added on the meter.
    pub fn use_(&mut self, meter: u32, amount: f64, wall: f64, mono: f64) -> f64 {
        let key = self.meter_key(meter);
        let now = now(wall, mono);
        self.usage_due = self.usage_due.min(now.mono.wrapping_add(FLUSH_MS));
        self.input(
            now,
            match whole(amount) {
                amount if amount < 0 => Input::Release {
                    meter: key,
                    amount: amount.wrapping_neg(),
                },
                amount => Input::Use { meter: key, amount },
            },
        );
        number(self.engine.tally(key).0)
    }

    /// All this writer has released on the meter; -1 when it is a counter, which has no such thing.
    #[must_use]
    pub fn released(&self, meter: u32) -> f64 {
        match self.engine.plim().root().meters().get(meter) {
            Some(meter) if meter.kind() == 1 => number(self.engine.tally(Key(meter.key())).1),
            _ => -1.0,
        }
    }

    /// Something happened. What it is, to whom, and how much, depends on the kind:
    ///
    /// 0 attempt (meter, amount) · 1 limit hit (meter) · 2 explore (feature, place of the step in `seen,
    /// tried, previewed, built, requested`) · 3 painted (exposure, 0 rendered, 1 seen, 2 failed, 3 faded)
    /// · 4 respond (exposure, 0 to 5 an action in the order of `ActionKind`, 6 later, 7 never, 8 close)
    /// · 5 converted (epoch, negative for the one known here) · 6 wake · 7 hidden · 8 leaving
    /// · 9 online (random number) · 10 fresh token ("" for none) · 11 one value of a dead berth's journal
    /// · 12 its end, and what its writer used and said in no event (writer)
    /// · 13 the snapshot is whole · 14 record events (1) or stop (0)
    pub fn tell(&mut self, kind: u32, text: &str, amount: f64, wall: f64, mono: f64) {
        let now = now(wall, mono);
        let key = Key::of(text);
        let place = amount as usize;
        let exposure = ExposureId(read_hex(text).unwrap_or(0));
        let input = match kind {
            0 => Input::Attempt {
                meter: key,
                amount: whole(amount),
            },
            1 => Input::LimitHit { meter: key },
            2 => Input::Explore {
                feature: key,
                step: Step::ALL.get(place).copied().unwrap_or(Step::Seen),
            },
            3 => Input::Painted {
                exposure,
                paint: match place {
                    0 => Paint::Rendered,
                    1 => Paint::Seen,
                    3 => Paint::Faded,
                    _ => Paint::Failed,
                },
            },
            4 => Input::Respond {
                exposure,
                response: match (ActionKind::ALL.get(place), place) {
                    (Some(action), _) => Response::Act(*action),
                    (None, 6) => Response::Later,
                    (None, 7) => Response::Never,
                    (None, _) => Response::Close,
                },
            },
            5 => Input::Converted {
                from_epoch: (amount >= 0.0).then_some(whole(amount)),
            },
            6 => return self.wake(now),
            7 | 8 => {
                self.count_usage(now, self.identity.writer);
                self.tell_time(now);
                self.outbox.hide(&mut self.words);
                if kind == 8 {
                    self.outbox.leave(&mut self.words);
                }
                return;
            }
            9..=11 => {
                self.tell_time(now);
                return match kind {
                    9 => self.outbox.online(amount as u32, &mut self.words),
                    10 => self.outbox.identify(text, &mut self.words),
                    _ => self.outbox.adopt(text, &mut self.words),
                };
            }
            12 => {
                self.tell_time(now);
                self.outbox.adopted(&mut self.words);
                return self.count_usage(now, Writer(exposure.0));
            }
            13 => Input::Snapshot(Box::new(core::mem::take(&mut self.draft))),
            _ => return self.record(place == 1),
        };
        self.input(now, input);
    }

    /// What the page allows, as bits: 1 visible, 2 busy, 4 dialog open, 8 online, 16 storage, 32 lease.
    /// With it the core has begun.
    pub fn context(&mut self, bits: u32, route: &str, east_minutes: i32, wall: f64, mono: f64) {
        self.has_begun = true;
        self.context = Context {
            visible: bits & 1 != 0,
            busy: bits & 2 != 0,
            dialog_open: bits & 4 != 0,
            online: bits & 8 != 0,
            storage: bits & 16 != 0,
            lease: bits & 32 != 0,
            route: route.to_owned(),
            utc_offset_minutes: east_minutes,
        };
        self.input(now(wall, mono), Input::Context(self.context.clone()));
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
        self.tell_time(now(wall, mono));
        let words = &mut self.words;
        self.outbox
            .answered(batch as u64, status, whole(detail), random as u32, words);
    }

    /// The milliseconds until [`Core::tell`] is wanted with `wake`; -1 for never.
    #[must_use]
    pub fn wake_in(&self, wall: f64, mono: f64) -> f64 {
        let now = now(wall, mono);
        let time = self.engine.time(now);
        let never = Timestamp::MAX.since(time);
        let mut least = self.engine.next_wake().since(time);
        let due = self.usage_due.min(self.outbox.wake_at());
        if due < NEVER {
            least = least.min(due.wrapping_sub(now.mono));
        }
        if least == never {
            -1.0
        } else {
            number(least.max(0))
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

    /// A text: 0 the effects to carry out, in order, as a JSON list · 1 the own writer's tallies, the one
    /// value that every use writes · 2 the whole memory, a byte a character · 3 plan, meters and features
    /// as JSON · 4 the trace of the decision at this instant and the outbox, as JSON · 5 the policy's
    /// built-in texts and the meters' names, as JSON.
    pub fn text(&mut self, kind: u32, wall: f64, mono: f64) -> String {
        let now = now(wall, mono);
        match kind {
            0 => self.words.take(),
            1 => text_of(&self.engine.memory().tallies_of(self.identity.writer)),
            2 => text_of(self.engine.memory()),
            3 => effects::read_json(&self.engine, now),
            4 => effects::explain_json(&self.engine, &self.outbox, now),
            _ => self.engine.plim().root().words().to_owned(),
        }
    }

    /// Whether an amount would fit: `{"verdict", "used", "limit"}`.
    #[must_use]
    pub fn fits(&self, meter: u32, amount: f64, wall: f64, mono: f64) -> String {
        effects::answer_json(&self.engine.fits(
            now(wall, mono),
            self.meter_key(meter),
            whole(amount),
        ))
    }

    /// The id of an intent: however often the action is clicked, it is one.
    #[must_use]
    pub fn intent(&self, exposure: &str, action: usize) -> String {
        let exposure = ExposureId(read_hex(exposure).unwrap_or(0));
        let action = ActionKind::ALL
            .get(action)
            .copied()
            .unwrap_or(ActionKind::Later);
        let mut text = String::new();
        push_hex(&mut text, intent_id(exposure, action));
        text
    }

    /// Whether the lease of the interrupt lane is wanted or held with reason.
    #[must_use]
    pub fn wants_lease(&self) -> bool {
        self.engine.wants_lease()
    }
}

impl Core {
    fn meter_key(&self, meter: u32) -> Key {
        self.engine
            .plim()
            .root()
            .meters()
            .get(meter)
            .map_or(Key(0), |meter| Key(meter.key()))
    }

    /// Events begin or end; what was used before they began is in none.
    fn record(&mut self, recording: bool) {
        if recording && !self.recording {
            drop(self.engine.take_usage(self.identity.writer));
            self.flags |= FLAG_MEMORY;
        }
        if !recording {
            self.outbox = Outbox::new(self.sender.clone(), self.identity.writer);
        }
        self.recording = recording;
    }

    fn wake(&mut self, now: Now) {
        if self.usage_due <= now.mono {
            self.count_usage(now, self.identity.writer);
            self.tell_time(now);
            self.outbox.hide(&mut self.words);
        }
        let time = self.engine.time(now);
        if self.engine.next_wake() <= time {
            self.input(now, Input::Wake);
        }
        self.tell_time(now);
        self.outbox.send_due(&mut self.words);
    }

    fn rebuild(&mut self, plim: Plim, memory: Memory) {
        let memory = (!self.unreadable).then_some(memory);
        self.engine = Engine::new(plim, self.identity.clone(), memory);
        self.has_begun = false;
    }

    fn count_usage(&mut self, now: Now, writer: Writer) {
        if writer == self.identity.writer {
            self.usage_due = NEVER;
        }
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

    fn tell_time(&mut self, now: Now) {
        self.outbox.at(Clock {
            mono: now.mono,
            time: self.engine.time(now),
        });
    }
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

fn number(value: i64) -> f64 {
    value.min(COUNT_MAX) as f64
}

/// A memory as text: every byte a character.
fn text_of(memory: &Memory) -> String {
    memory.encode().into_iter().map(char::from).collect()
}

/// The bytes of such a text. Its UTF-8 has one byte for those below 128, two for the others; any other
/// character makes the whole unreadable, as it should.
fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut high = 0;
    for byte in text.bytes() {
        if byte >= 0xc0 {
            high = (byte & 1) << 6;
        } else {
            bytes.push(byte | high);
            high = 0;
        }
    }
    bytes
}
