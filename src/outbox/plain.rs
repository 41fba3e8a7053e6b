//! The outbox as its tests speak to it: inputs as data, and its words read back as effects.
//! Knows every word the outbox may say; a word it does not know fails the test.
//! Only for the tests of [`super`].

use super::{Clock, DropReason, Outbox};
use crate::wire::Worth;
use crate::words::Words;
use serde_json::Value;

pub(super) enum Input {
    Record {
        worth: Worth,
        text: String,
    },
    Adopt {
        values: Vec<String>,
    },
    Wake,
    Hide,
    Leave,
    Online {
        random: u64,
    },
    Answered {
        batch: u64,
        answer: Answer,
        random: u64,
    },
    Identity(Option<String>),
}

#[derive(Clone)]
pub(super) enum Answer {
    Accepted {
        rejected: u32,
    },
    Refused {
        status: u16,
        retry_after_ms: Option<i64>,
    },
    Unreachable,
}

#[derive(Debug, PartialEq)]
pub(super) enum Effect {
    Store { place: u64, text: String },
    Remove { place: u64 },
    Send { batch: u64, body: String },
    Beacon { body: String },
    AskIdentity,
    Report(Report),
}

#[derive(Debug, PartialEq)]
pub(super) enum Report {
    Sent { count: u64 },
    Rejected { count: u64 },
    Misconfigured { status: u64 },
    Unauthorized { status: u64 },
    Dropped { reason: DropReason },
}

impl Outbox {
    pub(super) fn handle(&mut self, now: Clock, input: Input) -> Vec<Effect> {
        let mut words = Words::default();
        let said = &mut words;
        self.at(now);
        match input {
            Input::Record { worth, text } => self.record(worth, &text, said),
            Input::Adopt { values } => {
                values.iter().for_each(|value| self.adopt(value, said));
                self.adopted(said);
            }
            Input::Wake => self.send_due(said),
            Input::Hide => self.hide(said),
            Input::Leave => self.leave(said),
            Input::Online { random } => self.online(random as u32, said),
            Input::Answered {
                batch,
                answer,
                random,
            } => {
                let (status, detail) = match answer {
                    Answer::Accepted { rejected } => (1, i64::from(rejected)),
                    Answer::Refused {
                        status,
                        retry_after_ms,
                    } => (status, retry_after_ms.unwrap_or(-1)),
                    Answer::Unreachable => (0, -1),
                };
                self.answered(batch, status, detail, random as u32, said);
            }
            Input::Identity(token) => self.identify(&token.unwrap_or_default(), said),
        }
        let list: Vec<Value> = serde_json::from_str(&words.take()).unwrap();
        list.iter().map(effect).collect()
    }
}

fn effect(word: &Value) -> Effect {
    let number = word[1].as_u64().unwrap();
    let text = word[2].as_str().unwrap().to_owned();
    match word[0].as_str().unwrap() {
        "store" => Effect::Store {
            place: number,
            text,
        },
        "remove" => Effect::Remove { place: number },
        "send" => Effect::Send {
            batch: number,
            body: text,
        },
        "beacon" => Effect::Beacon { body: text },
        "identity" => Effect::AskIdentity,
        "sent" => Effect::Report(Report::Sent { count: number }),
        "rejected" => Effect::Report(Report::Rejected { count: number }),
        "misconfigured" => Effect::Report(Report::Misconfigured { status: number }),
        "unauthorized" => Effect::Report(Report::Unauthorized { status: number }),
        "dropped" => {
            let reasons = [DropReason::Room, DropReason::TooOld, DropReason::Refused];
            let reason = reasons.into_iter().find(|reason| reason.name() == text);
            Effect::Report(Report::Dropped {
                reason: reason.unwrap(),
            })
        }
        other => panic!("{other}"),
    }
}
