//! What the engine wants done, in words for the shell, and its answers as JSON.
//! Owns the names of the engine's effects; decides nothing. The shell's switch
//! (`pkg/shell/session.js`) has a case for every one.

use crate::{Core, FLAG_LINE, FLAG_MEMORY};
use plimsoll::Effect;
use plimsoll::engine::Answer;
use plimsoll::engine::effect::{Delta, Event, HostEvent, Prompt};
use plimsoll::json::Json;
use plimsoll::outbox::Outbox;
use plimsoll::wire::{event_json, worth};

impl Core {
    /// Puts the engine's effects into words; events go through the outbox first.
    pub(crate) fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in &effects {
            match effect {
                Effect::Present(prompt) => self.show("present", prompt),
                Effect::Update(prompt) => self.show("update", prompt),
                Effect::Withdraw { exposure, reason } => {
                    let json = self.words.begin("withdraw");
                    json.hex(exposure.0);
                    json.string(reason.name());
                    self.words.end();
                }
                Effect::Ask { exposure } => {
                    self.words.begin("ask").hex(exposure.0);
                    self.words.end();
                }
                Effect::Record(event) => self.queue(event),
                Effect::Persist(Delta::Tally) => self.flags |= FLAG_LINE,
                Effect::Persist(Delta::Memory) => self.flags |= FLAG_MEMORY,
                Effect::Announce(HostEvent::Crossing { meter, percent }) => {
                    let id = self.engine.plim().root().meters().get(*meter);
                    let id = id.map_or("", |meter| meter.id());
                    self.words.say("crossing", *percent, id);
                }
                // The shell tells nobody of it.
                Effect::Want { lease } => self.words.say("lease", i64::from(*lease), ""),
            }
        }
    }

    fn show(&mut self, name: &str, prompt: &Prompt) {
        let json = self.words.begin(name);
        json.open('{');
        self.engine.write_prompt(prompt, json);
        json.close('}');
        self.words.end();
    }

    #[inline(never)]
    fn queue(&mut self, event: &Event) {
        if self.recording {
            let mut arms = Json::new();
            self.engine.write_arms(&mut arms);
            let mut meta = self.outbox.meta();
            meta.arms = arms.text();
            let text = event_json(self.engine.plim(), event, &meta);
            self.outbox.record(worth(event), &text, &mut self.words);
        }
    }
}

/// The answer to an attempt: verdict, used, limit.
pub(crate) fn write_answer(answer: &Answer, json: &mut Json) {
    json.number(answer.verdict as i64);
    json.number(answer.used);
    json.number(answer.limit.0);
}

/// The outbox: queued, its bytes, failures, sent, rejected, dropped, stopped.
pub(crate) fn write_status(outbox: &Outbox, json: &mut Json) {
    let status = outbox.status();
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
}
