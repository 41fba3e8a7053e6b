//! Prompts and readings as numbers in JSON: what the engine knows, by index into the policy.
//! Owns the order of the numbers, which `pkg/shell/words.js` reads; names and texts are joined to them there.
//! The start module hands the text to the shell, which parses it once.

use super::Engine;
use super::effect::{Projected, Prompt, Reading, Source};
use super::input::Now;
use crate::json::Json;

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
                shown.next_limit.0,
                if shown.date.0 > 0 { shown.date.0 } else { -1 },
            ];
            numbers(&facts, json);
            if let Some(reading) = &shown.reading {
                write_reading(reading, &shown.projected, json);
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

    /// Where the account stands: plan, epoch, tenths of the score (-1 without one), then each meter's reading as a
    /// list of its own, then for each feature whether the account has it, then for each experiment the index of
    /// the arm, -1 for none.
    pub fn write_readings(&self, now: Now, json: &mut Json) {
        let time = self.time(now);
        let has_score = !self.plim.root().score_rules().is_empty();
        let score = if has_score {
            self.score(time).tenths
        } else {
            -1
        };
        numbers(&[index(self.plan()), self.epoch(), score], json);
        for (meter, _) in (0..).zip(self.plim.root().meters().iter()) {
            let projected = self.projection(now, meter);
            json.list(|json| write_reading(&self.reading(meter, time), &projected, json));
        }
        for (feature, _) in (0..).zip(self.plim.root().features().iter()) {
            json.number(i64::from(self.has_feature(feature)));
        }
        for arm in self.arms() {
            json.number(i64::from(*arm).wrapping_sub(1));
        }
    }
}

/// Used, limit (-1 not known, -2 unlimited, 0 none), percent, state, source, start and end of the period, provisional,
/// when the limit is expected to be reached, from and until when.
fn write_reading(reading: &Reading, projected: &Projected, json: &mut Json) {
    let facts = [
        reading.used,
        reading.limit.0,
        reading.basis_points / 100,
        reading.state as i64,
        i64::from(reading.source == Source::Snapshot),
        reading.period_start.0,
        reading.period_end.0,
        i64::from(reading.provisional),
        projected.at.0,
        projected.from.0,
        projected.until.0,
    ];
    numbers(&facts, json);
}

pub(super) fn index(index: Option<u32>) -> i64 {
    index.map_or(-1, i64::from)
}

pub(super) fn numbers(numbers: &[i64], json: &mut Json) {
    for number in numbers {
        json.number(*number);
    }
}
