//! What the core wants done, in words that `JSON.parse` reads: the list the shell interprets.
//! Owns the names of effects in JSON; decides nothing. Each is `{"do": name, …}`; the shell's
//! switch (`pkg/shell/session.js`) has a case for every one.

use crate::{Core, FLAG_LINE, FLAG_MEMORY};
use plimsoll::engine::Answer;
use plimsoll::engine::effect::{Delta, Event, HostEvent};
use plimsoll::engine::input::Now;
use plimsoll::engine::present::limit_code;
use plimsoll::json::Json;
use plimsoll::outbox::{self, Clock, Input, Outbox, Report};
use plimsoll::wire::{event_json, worth};
use plimsoll::{Effect, Engine};

/// Effects in words, until they are taken.
#[derive(Default)]
pub(crate) struct Words {
    text: String,
}

impl Words {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The list so far; an empty one begins.
    pub(crate) fn take(&mut self) -> String {
        let mut text = core::mem::take(&mut self.text);
        text.push_str(if text.is_empty() { "[]" } else { "]" });
        text
    }

    fn say(&mut self, name: &str, fill: impl FnOnce(&mut Json)) {
        let mut json = Json::new();
        json.object(|json| {
            json.key("do").string(name);
            fill(json);
        });
        self.text.push(if self.text.is_empty() { '[' } else { ',' });
        self.text.push_str(&json.finish());
    }

    /// The outbox's effects.
    pub(crate) fn outbox(&mut self, effects: &[outbox::Effect]) {
        for effect in effects {
            match effect {
                outbox::Effect::Store { slot, text } => self.say("store", |json| {
                    json.key("slot").number(signed(*slot));
                    json.key("text").string(text);
                }),
                outbox::Effect::Remove { slot } => {
                    self.say("remove", |json| json.key("slot").number(signed(*slot)));
                }
                outbox::Effect::Send { batch, body } => self.say("send", |json| {
                    json.key("batch").number(signed(*batch));
                    json.key("body").string(body);
                }),
                outbox::Effect::Beacon { body } => {
                    self.say("beacon", |json| json.key("body").string(body));
                }
                outbox::Effect::AskIdentity => self.say("identity", |_| {}),
                outbox::Effect::Report(report) => self.report(report),
            }
        }
    }

    fn report(&mut self, report: &Report) {
        match report {
            Report::Sent { count } => self.counted("sent", i64::from(*count)),
            Report::Rejected { count } => self.counted("rejected", i64::from(*count)),
            Report::Misconfigured { status } => self.counted("misconfigured", i64::from(*status)),
            Report::Unauthorized { status } => self.counted("unauthorized", i64::from(*status)),
            Report::Dropped { reason } => {
                self.say("dropped", |json| json.key("reason").string(reason.name()));
            }
        }
    }

    fn counted(&mut self, name: &str, number: i64) {
        self.say(name, |json| json.key("number").number(number));
    }
}

impl Core {
    /// Puts the engine's effects into words; events go through the outbox first.
    pub(crate) fn carry_out(&mut self, now: Now, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Present(prompt) => {
                    let engine = &self.engine;
                    self.words
                        .say("present", |json| engine.write_prompt(&prompt, json));
                }
                Effect::Update(prompt) => {
                    let engine = &self.engine;
                    self.words
                        .say("update", |json| engine.write_prompt(&prompt, json));
                }
                Effect::Withdraw { exposure, reason } => self.words.say("withdraw", |json| {
                    json.key("exposure").hex(exposure.0);
                    json.key("reason").string(reason.name());
                }),
                Effect::Record(event) => self.queue(now, &event),
                Effect::Persist(Delta::Tally) => self.flags |= FLAG_LINE,
                Effect::Persist(Delta::Memory) => self.flags |= FLAG_MEMORY,
                Effect::Announce(HostEvent::Crossing { meter, percent }) => {
                    let id = self.engine.plim().root().meters().get(meter);
                    let id = id.map_or("", |meter| meter.id());
                    self.words.say("crossing", |json| {
                        json.key("meter").string(id);
                        json.key("percent").number(percent);
                    });
                }
                Effect::Announce(HostEvent::PlanChanged) => self.words.say("plan_changed", |_| {}),
                Effect::Want { lease } => {
                    self.words
                        .say("lease", |json| json.key("wanted").boolean(lease));
                }
            }
        }
    }

    fn queue(&mut self, now: Now, event: &Event) {
        if !self.recording {
            return;
        }
        let time = self.engine.time(now);
        let text = event_json(self.engine.plim(), event, &self.outbox.meta(time));
        let input = Input::Record {
            worth: worth(event),
            text,
        };
        let effects = self.outbox.handle(
            Clock {
                mono: now.mono,
                time,
            },
            input,
        );
        self.words.outbox(&effects);
    }
}

/// The answer to an attempt: verdict, used, limit.
pub(crate) fn answer_json(answer: &Answer) -> String {
    let mut json = Json::new();
    json.list(|json| {
        json.number(answer.verdict as i64);
        json.number(answer.used);
        json.number(limit_code(answer.limit));
    });
    json.finish()
}

/// Where the account stands.
pub(crate) fn read_json(engine: &Engine, now: Now) -> String {
    let mut json = Json::new();
    json.list(|json| engine.write_readings(&engine.read(now), json));
    json.finish()
}

/// The trace, and before it the outbox: queued, its bytes, failures, sent, rejected, dropped, stopped.
pub(crate) fn explain_json(engine: &Engine, outbox: &Outbox, now: Now) -> String {
    let status = outbox.status();
    let mut json = Json::new();
    json.list(|json| {
        let counts = [
            status.queued,
            status.queued_bytes,
            status.failures as usize,
            status.sent as usize,
            status.rejected as usize,
            status.dropped as usize,
            usize::from(status.stopped),
        ];
        for count in counts {
            json.number(count as i64);
        }
        engine.write_trace(&engine.explain(now), json);
    });
    json.finish()
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
