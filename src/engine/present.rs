//! Prompts, readings and traces as numbers in JSON: what the engine knows, by index into the policy.
//! Owns the order of the numbers, which `pkg/shell/words.js` reads; names and texts are joined to them there.
//! The start module hands the text to the shell, which parses it once.

use super::Engine;
use super::effect::{Prompt, Reading, Source};
use super::explain::Trace;
use crate::json::Json;
use crate::plim::NONE;
use crate::unit::ExposureId;

impl Engine {
    /// A prompt's members: `exposure`, `facts` (prompt, surface, repaint, plan, next plan and its limit,
    /// date; then, of one about a meter, its reading), `actions` and, where this user cannot buy, `owner`.
    /// What there is none of is -1.
    pub fn write_prompt(&self, shown: &Prompt, json: &mut Json) {
        json.key("exposure").hex(shown.exposure.0);
        json.key("facts").list(|json| {
            let facts = [
                i64::from(shown.prompt),
                shown.surface as i64,
                i64::from(shown.repaint),
                index(shown.plan),
                index(shown.next_plan),
                shown.next_limit.unwrap_or(-1),
                shown.date.map_or(-1, |date| date.0),
            ];
            numbers(&facts, json);
            if let Some(reading) = &shown.reading {
                write_reading(reading, json);
            }
        });
        json.key("actions").list(|json| {
            for kind in shown.actions.iter() {
                json.number(kind as i64);
            }
        });
        if !shown.owner.is_empty() {
            json.key("owner").string(&shown.owner);
        }
    }

    /// Where the account stands, as one list: plan, epoch, then each meter's reading as a list of its own,
    /// then for each feature whether the account has it.
    pub fn write_readings(&self, readings: &[Reading], json: &mut Json) {
        numbers(&[index(self.plan()), self.epoch()], json);
        for reading in readings {
            json.list(|json| write_reading(reading, json));
        }
        for (feature, _) in (0..).zip(self.plim.root().features().iter()) {
            json.number(i64::from(self.has_feature(feature)));
        }
    }

    /// A trace as one list: engine time, time of the snapshot, rows and bytes of memory, then for each prompt
    /// `[surface, stage, until, by, fired at, reason, exposure]`; the stage is -1 for what is not held,
    /// `until` 0 for what no time ends.
    pub fn write_trace(&self, trace: &Trace, json: &mut Json) {
        let facts = [
            trace.at.0,
            trace.snapshot_at.map_or(-1, |at| at.0),
            trace.memory_rows as i64,
            trace.memory_bytes as i64,
        ];
        numbers(&facts, json);
        for judgement in &trace.judgements {
            let held = judgement.held;
            let fired = judgement.occasion != 0;
            let facts = [
                judgement.surface as i64,
                held.map_or(-1, |reason| reason.stage() as i64),
                judgement.until.0,
                index(Some(judgement.by).filter(|by| *by != NONE)),
                if fired { judgement.since.0 } else { -1 },
            ];
            json.list(|json| {
                numbers(&facts, json);
                json.string(held.map_or("", |reason| reason.code()));
                let mut shown = trace.shown.iter();
                let here = shown.find(|(index, _)| *index == judgement.prompt);
                if let Some((_, ExposureId(exposure))) = here {
                    json.hex(*exposure);
                }
            });
        }
    }
}

/// Used, limit (-1 not known, -2 unlimited, 0 none), percent, state, source, start and end of the period, provisional.
fn write_reading(reading: &Reading, json: &mut Json) {
    let facts = [
        reading.used,
        reading.limit.0,
        reading.basis_points / 100,
        reading.state as i64,
        i64::from(reading.source == Source::Snapshot),
        reading.period_start.0,
        reading.period_end.0,
        i64::from(reading.provisional),
    ];
    numbers(&facts, json);
}

fn index(index: Option<u32>) -> i64 {
    index.map_or(-1, i64::from)
}

fn numbers(numbers: &[i64], json: &mut Json) {
    for number in numbers {
        json.number(*number);
    }
}
