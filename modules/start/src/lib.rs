//! The start module: the engine and the outbox of one tab behind three plain calls.
//! Owns the translation between JavaScript's numbers and texts and the core's types; touches no page,
//! storage or network: `pkg/shell` does, told by what [`Core::text`] gives.
//! Calls come in through [`door`] and go to [`Core`], what they want done is put into words by
//! [`effects`], snapshots enter through [`snapshot`].
//!
//! Nothing here throws: ids that are unknown answer with a neutral value, and the shell checks the
//! rest before. The path of one `use` makes no JSON: the count, the flags and the text of the line.

mod door;
mod effects;
mod snapshot;

use lol_alloc::{FreeListAllocator, LockedAllocator};
use plimsoll::engine::input::{
    ActionKind, Context, Input, Now, Objection, Paint, Response, Snapshot, Step,
};
use plimsoll::engine::memory::Memory;
use plimsoll::engine::{Identity, intent_id};
use plimsoll::json::{Json, push_hex, read_hex};
use plimsoll::outbox::{Clock, FLUSH_MS, NEVER, Outbox, Sender};
use plimsoll::unit::{ExposureId, Key, Millis, Timestamp, Writer};
use plimsoll::words::Words;
use plimsoll::{Engine, Plim};

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

/// Engine and outbox of one tab, for one account and user.
pub(crate) struct Core {
    engine: Engine,
    outbox: Outbox,
    draft: Box<Snapshot>,
    words: Words,
    flags: u32,
    /// Inputs have been taken; before, what others know is remembered, after, it is merged.
    has_begun: bool,
    /// Events are made: consent is given and nothing forbids sending.
    recording: bool,
    /// When uses that were not put into an event yet should be, on the monotonic clock.
    usage_due: Millis,
    /// What the next call that takes several texts is about.
    texts: Vec<String>,
}

impl Core {
    /// A core that remembers nothing yet; [`Core::renew`] says who it is for.
    pub(crate) fn new(plim: Plim) -> Self {
        Self {
            engine: Engine::new(plim, Identity::default(), Some(Memory::default())),
            outbox: Outbox::new(Sender::default(), Writer(0)),
            draft: Box::default(),
            words: Words::default(),
            flags: 0,
            has_begun: false,
            recording: false,
            usage_due: NEVER,
            texts: Vec::new(),
        }
    }

    /// A new generation of this berth, or another one, for the publishable key, account and user that
    /// were given as texts: the memory stays, the queue does not. The writer is 16 hex digits.
    fn renew(&mut self, writer: &str) {
        let writer = Writer(read_hex(writer));
        let (user, account) = (self.given(), self.given());
        let sender = Sender {
            write_key: self.given(),
            account: account.clone(),
            user: user.clone(),
            revision: self.engine.plim().root().revision().to_owned(),
        };
        self.outbox.renew(sender, writer);
        self.engine.renew(Identity {
            account,
            user,
            writer,
        });
        self.has_begun = false;
    }

    /// The same policy in another locale, or a newer one.
    pub(crate) fn replace_policy(&mut self, plim: Plim) {
        self.outbox.revise(plim.root().revision());
        self.engine.replace_policy(plim);
        self.has_begun = false;
    }

    /// Takes in what another berth wrote, its memory and its line (given as a text). False when the
    /// memory cannot be read; before the beginning, that means that nothing interrupts in this page life.
    fn absorb(&mut self, memory: &str, now: Now) -> bool {
        let memory = Memory::decode(memory.as_bytes());
        let readable = memory.is_some();
        let mut theirs = memory.unwrap_or_default();
        theirs.merge(&Memory::decode(self.given().as_bytes()).unwrap_or_default());
        if self.has_begun {
            self.input(now, Input::Merge(Box::new(theirs)));
        } else {
            self.engine.recall(&theirs, readable);
        }
        readable
    }

    /// The last of the texts that were given.
    fn given(&mut self) -> String {
        self.texts.pop().unwrap_or_default()
    }

    /// The index of a meter (21), a feature (22) or a signal; -1 when the policy does not have it.
    fn index(&self, kind: u32, id: &str) -> i64 {
        let (plim, key) = (self.engine.plim(), Key::of(id));
        let index = match kind {
            21 => plim.meter_index(key),
            22 => plim.feature_index(key),
            _ => plim.signal_index(key),
        };
        index.map_or(-1, i64::from)
    }

    /// The host did it: counts; a negative amount is a level going down. The answer is all this writer
    /// has added on the meter.
    fn count(&mut self, meter: u32, amount: i64, now: Now) -> i64 {
        let key = self.meter_key(meter);
        self.usage_due = self.usage_due.min(now.mono.wrapping_add(FLUSH_MS));
        self.input(
            now,
            match amount {
                amount if amount < 0 => Input::Release {
                    meter: key,
                    amount: amount.wrapping_neg(),
                },
                amount => Input::Use { meter: key, amount },
            },
        );
        self.engine.tally(key).0
    }

    /// All this writer has released on the meter; -1 when it is a counter, which has no such thing.
    fn released(&self, meter: u32) -> i64 {
        match self.engine.plim().root().meters().get(meter) {
            Some(meter) if meter.kind() == 1 => self.engine.tally(Key(meter.key())).1,
            _ => -1,
        }
    }

    /// Something happened: kinds 0 to 14, 30, 31 and 33 of [`door::ask`].
    fn tell(&mut self, kind: u32, text: &str, amount: i64, now: Now) {
        let key = Key::of(text);
        let place = amount as usize;
        let exposure = ExposureId(read_hex(text));
        let input = match kind {
            0 => Input::Attempt { meter: key, amount },
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
            33 => Input::Because {
                exposure,
                objection: Objection::ALL
                    .get(place)
                    .copied()
                    .unwrap_or(Objection::Price),
            },
            31 => Input::Signal {
                name: key,
                count: amount,
            },
            5 => Input::Converted {
                from_epoch: (amount >= 0).then_some(amount),
            },
            6 => return self.wake(now),
            7 | 8 => {
                self.count_usage(self.engine.writer());
                self.outbox.hide(&mut self.words);
                if kind == 8 {
                    self.outbox.leave(&mut self.words);
                }
                return;
            }
            9 => return self.outbox.online(amount as u32, &mut self.words),
            10 => return self.outbox.identify(text, &mut self.words),
            11 => return self.outbox.adopt(text, &mut self.words),
            12 => {
                self.outbox.adopted(&mut self.words);
                return self.count_usage(Writer(exposure.0));
            }
            13 => Input::Snapshot(core::mem::take(&mut self.draft)),
            14 => return self.record(place == 1),
            30 => Input::Force {
                address: text.to_owned(),
            },
            _ => return,
        };
        self.input(now, input);
    }

    /// What the page allows, as bits: 1 visible, 2 busy, 4 dialog open, 8 storage, 16 lease.
    /// With it the core has begun.
    fn context(&mut self, bits: u32, route: String, utc_offset_minutes: i32, now: Now) {
        self.has_begun = true;
        let context = Context {
            visible: bits & 1 != 0,
            busy: bits & 2 != 0,
            dialog_open: bits & 4 != 0,
            storage: bits & 8 != 0,
            lease: bits & 16 != 0,
            route,
            utc_offset_minutes,
        };
        self.input(now, Input::Context(context));
    }

    /// What became of a request: 0 no answer, 1 accepted with `detail` refused events, else the HTTP
    /// status with `detail` as milliseconds to wait, negative for none stated.
    fn answered(&mut self, batch: u64, status: u16, detail: i64, random: u32) {
        let words = &mut self.words;
        self.outbox.answered(batch, status, detail, random, words);
    }

    /// The milliseconds until [`Core::tell`] is wanted with `wake`; -1 for never.
    fn wake_in(&self, now: Now) -> i64 {
        let time = self.engine.time(now);
        let never = Timestamp::MAX.since(time);
        let mut least = self.engine.next_wake().since(time);
        let due = self.usage_due.min(self.outbox.wake_at());
        if due < NEVER {
            least = least.min(due.wrapping_sub(now.mono));
        }
        if least == never { -1 } else { least.max(0) }
    }

    /// What has to be stored or done since the last call: 1 the line, 2 the memory, 4 effects.
    fn flags(&mut self) -> u32 {
        let effects = if self.words.is_empty() {
            0
        } else {
            FLAG_EFFECTS
        };
        core::mem::take(&mut self.flags) | effects
    }

    /// What [`door::text`] is asked for.
    fn text(&mut self, kind: u32, given: &str, numbers: [f64; 2], now: Now) -> String {
        let [place, amount] = numbers;
        let mut json = Json::new();
        match kind {
            0 => return self.words.take(),
            1 => {
                let writer = self.engine.writer();
                return self.engine.memory().tallies_of(writer).encode();
            }
            2 => return self.engine.memory().encode(),
            7 => {
                let action = ActionKind::ALL.get(place as usize);
                let action = action.copied().unwrap_or(ActionKind::Later);
                let exposure = ExposureId(read_hex(given));
                push_hex(json.text(), intent_id(exposure, action));
                return json.finish();
            }
            8 => {
                json.open('{');
                if let Some(prompt) = self.engine.sample(now, place as u32) {
                    self.engine.write_prompt(&prompt, &mut json);
                }
                json.close('}');
                return json.finish();
            }
            _ => {}
        }
        json.open('[');
        match kind {
            3 => self.engine.write_readings(now, &mut json),
            4 => {
                effects::write_status(&self.outbox, &mut json);
                self.engine.write_trace(now, &mut json);
            }
            _ => {
                let meter = self.meter_key(place as u32);
                let answer = self.engine.fits(now, meter, whole(amount));
                effects::write_answer(&answer, &mut json);
            }
        }
        json.close(']');
        json.finish()
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
            drop(self.engine.take_usage(self.engine.writer()));
            self.flags |= FLAG_MEMORY;
        }
        if !recording {
            self.outbox.empty();
        }
        self.recording = recording;
    }

    fn wake(&mut self, now: Now) {
        if self.usage_due <= now.mono {
            self.count_usage(self.engine.writer());
            self.outbox.hide(&mut self.words);
        }
        let time = self.engine.time(now);
        if self.engine.next_wake() <= time {
            self.input(now, Input::Wake);
        }
        self.outbox.send_due(&mut self.words);
    }

    fn count_usage(&mut self, writer: Writer) {
        if writer == self.engine.writer() {
            self.usage_due = NEVER;
        }
        let effects = self.engine.take_usage(writer);
        if !effects.is_empty() {
            self.carry_out(effects);
            self.flags |= FLAG_MEMORY;
        }
    }

    fn input(&mut self, now: Now, input: Input) {
        let effects = self.engine.handle(now, input);
        // A snapshot sets engine time.
        self.tell_time(now);
        self.carry_out(effects);
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
