//! What the core wants done, in words that `JSON.parse` reads: the list the shell interprets.
//! Owns the names of effects in JSON; decides nothing. Each is `{"do": name, …}`; the shell's
//! switch (`pkg/shell/session.js`) has a case for every one.

use crate::{Core, FLAG_LINE, FLAG_MEMORY};
use plimsoll::engine::Answer;
use plimsoll::engine::effect::{Delta, Event, HostEvent};
use plimsoll::engine::input::Now;
use plimsoll::json::Json;
use plimsoll::outbox::{self, Clock, Input, Outbox, Report};
use plimsoll::unit::Limit;
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
                    let prompt = self.engine.prompt_json(&prompt);
                    self.words
                        .say("present", |json| json.key("prompt").raw(&prompt));
                }
                Effect::Update(prompt) => {
                    let prompt = self.engine.prompt_json(&prompt);
                    self.words
                        .say("update", |json| json.key("prompt").raw(&prompt));
                }
                Effect::Withdraw { exposure, reason } => self.words.say("withdraw", |json| {
                    json.key("exposure").hex(exposure.0);
                    json.key("reason").string(reason.name());
                }),
                Effect::Record(event) => self.queue(now, &event),
                Effect::Persist(Delta::Tally) => self.flags |= FLAG_LINE,
                Effect::Persist(Delta::Memory) => self.flags |= FLAG_MEMORY,
                // The shell asks for the next wake after every call.
                Effect::WakeAt(..) => {}
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

/// The answer to an attempt.
pub(crate) fn answer_json(answer: &Answer) -> String {
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

/// Where the account stands: plan, meters, features.
pub(crate) fn read_json(engine: &Engine, now: Now) -> String {
    let mut json = Json::new();
    let root = engine.plim().root();
    json.object(|json| {
        if let Some(plan) = engine.plan().and_then(|plan| root.plans().get(plan)) {
            json.key("plan").string(plan.id());
        }
        json.key("plan_epoch").number(engine.epoch());
        json.key("meters");
        engine.meters_json(&engine.read(now), json);
        json.key("features").object(|json| {
            for (index, feature) in (0_u32..).zip(root.features().iter()) {
                json.key(feature.id()).boolean(engine.has_feature(index));
            }
        });
    });
    json.finish()
}

/// The trace with the outbox beside it.
pub(crate) fn explain_json(engine: &Engine, outbox: &Outbox, now: Now) -> String {
    let trace = engine.trace_json(&engine.explain(now));
    let status = outbox.status();
    let mut json = Json::new();
    json.object(|json| {
        json.key("trace").raw(&trace);
        json.key("revision").string(engine.plim().root().revision());
        json.key("outbox").object(|json| {
            let count = |json: &mut Json, name: &str, number: usize| {
                json.key(name)
                    .number(i64::try_from(number).unwrap_or(i64::MAX));
            };
            count(json, "queued", status.queued);
            count(json, "queued_bytes", status.queued_bytes);
            count(json, "failures", status.failures as usize);
            count(json, "sent", status.sent as usize);
            count(json, "rejected", status.rejected as usize);
            count(json, "dropped", status.dropped as usize);
            json.key("stopped").boolean(status.stopped);
        });
    });
    json.finish()
}

/// What elements and views say besides prompts.
pub(crate) fn texts_json(engine: &Engine) -> String {
    let root = engine.plim().root();
    let mut json = Json::new();
    json.object(|json| {
        json.key("locale").string(root.locale());
        json.key("ui").raw(if root.ui().is_empty() {
            "{}"
        } else {
            root.ui()
        });
        json.key("meters").object(|json| {
            for meter in root.meters().iter() {
                json.key(meter.id()).raw(meter.name());
            }
        });
    });
    json.finish()
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
