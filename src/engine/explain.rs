//! Explain: the decision's own judgements, every one of them, with what they rest on.
//! Owns what a trace holds, and prompts that are only looked at; decides nothing. Codes and numbers only: texts are the reader's.
//! Hosts call it through `explain()`; the demo draws it.

use super::Engine;
use super::decide::Shown;
use super::effect::Prompt;
use super::input::{Actions, Now};
use super::judge::Judgement;
use super::ledger::Exposure;
use super::memory::Table;
use super::present::{index, numbers};
use crate::json::Json;
use crate::plim::NONE;
use crate::pql::score::standing;
use crate::unit::DAY_MS;

impl Engine {
    /// Why each prompt is shown or held, at this instant, in the policy's order. The same code as the decision.
    #[must_use]
    pub fn explain(&self, now: Now) -> Vec<Judgement> {
        self.survey(self.time(now), NONE, true)
    }

    /// A trace: engine time, time of the snapshot, rows and bytes of memory, the score as a list, empty without one (tenths,
    /// passings of the line, tenths of the four categories, then for each contribution a list: signal, count,
    /// newest day, tenths before decay and caps, tenths given), then for each prompt a list of its own, `[surface, stage, until, by, fired at, reason, exposure]`; the stage is -1 for what is not
    /// held, `until` 0 for what no time ends.
    pub fn write_trace(&self, now: Now, json: &mut Json) {
        let account = &self.account;
        let facts = [
            self.time(now).0,
            if account.known {
                account.server_time.0
            } else {
                -1
            },
            self.memory.len() as i64,
            self.memory.encode().len() as i64,
        ];
        numbers(&facts, json);
        json.list(|json| self.write_score(now, json));
        for judgement in &self.explain(now) {
            let held = judgement.held;
            let fired = judgement.since.0 > 0;
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
                for shown in &self.shown {
                    if shown.index == judgement.prompt {
                        json.hex(shown.exposure.a);
                    }
                }
            });
        }
    }

    /// A prompt as it would be painted now, whatever holds it. It is to be looked at: no exposure, and nothing
    /// remembers it.
    #[must_use]
    pub fn sample(&self, device: Now, index: u32) -> Option<Box<Prompt>> {
        let entry = self.entries.get(index as usize)?;
        let surface = entry.surface as i64;
        let exposure = Exposure {
            table: Table::Exposure,
            a: u64::from(index),
            b: 0,
            v: [entry.about as i64, 0, 0, 0, 0, surface, 0, 0],
        };
        let shown = Shown {
            index,
            exposure,
            number: 0,
            rendered: false,
            acting: false,
            stale: false,
            // What was blocked was at least one.
            amount: i64::from(entry.trigger == 2),
            actions: Actions::default(),
        };
        self.build(&shown, self.time(device))
    }

    fn write_score(&self, now: Now, json: &mut Json) {
        if self.plim.root().score_rules().is_empty() {
            return;
        }
        let score = self.score(self.time(now));
        numbers(&[score.tenths, standing(&self.memory).0], json);
        numbers(&score.categories, json);
        for contribution in &score.contributions {
            let facts = [
                i64::from(contribution.signal),
                contribution.count,
                contribution.newest.wrapping_mul(DAY_MS),
                contribution.plain,
                contribution.given,
            ];
            json.list(|json| numbers(&facts, json));
        }
    }
}
