//! Explain: the decision's own judgements, every one of them, with what they rest on.
//! Owns the shape of a trace; decides nothing. Codes and numbers only: texts are the reader's.
//! Hosts call it through `explain()`; the demo draws it.

use super::Engine;
use super::effect::{Reading, Source};
use super::input::{Context, Now};
use super::judge::Judgement;
use super::present::limit_json;
use crate::json::Json;
use crate::plim::NONE;
use crate::unit::{ExposureId, Timestamp};

/// Everything a decision rests on, at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Engine time.
    pub at: Timestamp,
    /// Whether a snapshot is known, and from when.
    pub snapshot_at: Option<Timestamp>,
    /// Index of the plan.
    pub plan: Option<u32>,
    /// The plan epoch.
    pub epoch: i64,
    /// Every meter, by index.
    pub meters: Vec<Reading>,
    /// Every prompt, in the policy's order.
    pub judgements: Vec<Judgement>,
    /// Index and exposure of what is on the screen here.
    pub shown: Vec<(u32, ExposureId)>,
    /// What the page allows.
    pub context: Context,
    /// Rows of memory.
    pub memory_rows: usize,
    /// Bytes of memory as stored.
    pub memory_bytes: usize,
}

impl Engine {
    /// Why each prompt is shown or held, at this instant. The same code as the decision.
    #[must_use]
    pub fn explain(&self, now: Now) -> Trace {
        let at = self.time(now);
        Trace {
            at,
            snapshot_at: self.account.known.then_some(self.account.server_time),
            plan: self.account.plan,
            epoch: self.account.epoch,
            meters: self.read(now),
            judgements: self.survey(at, NONE, true),
            shown: self
                .shown
                .iter()
                .map(|shown| (shown.index, shown.exposure.id))
                .collect(),
            context: self.context.clone(),
            memory_rows: self.memory.len(),
            memory_bytes: self.memory.encode().len(),
        }
    }

    /// A trace as JSON text.
    #[must_use]
    pub fn trace_json(&self, trace: &Trace) -> String {
        let mut json = Json::new();
        json.object(|json| {
            json.key("at").number(trace.at.0);
            if let Some(at) = trace.snapshot_at {
                json.key("snapshot_at").number(at.0);
            }
            if let Some(plan) = trace
                .plan
                .and_then(|plan| self.plim.root().plans().get(plan))
            {
                json.key("plan").string(plan.id());
            }
            json.key("plan_epoch").number(trace.epoch);
            json.key("memory").object(|json| {
                json.key("rows").number(trace.memory_rows as i64);
                json.key("bytes").number(trace.memory_bytes as i64);
            });
            json.key("page")
                .object(|json| context_json(&trace.context, json));
            json.key("meters");
            self.meters_json(&trace.meters, json);
            json.key("prompts").list(|json| {
                for judgement in &trace.judgements {
                    self.judgement_json(judgement, &trace.shown, json);
                }
            });
        });
        json.finish()
    }

    fn judgement_json(&self, judgement: &Judgement, shown: &[(u32, ExposureId)], json: &mut Json) {
        let root = self.plim.root();
        let Some(prompt) = root.prompts().get(judgement.prompt) else {
            return;
        };
        json.object(|json| {
            json.key("prompt").string(prompt.id());
            self.subject_json(prompt, json);
            json.key("surface").string(judgement.surface.name());
            let here = shown.iter().find(|(index, _)| *index == judgement.prompt);
            if let Some((_, exposure)) = here {
                json.key("decision").string("shown");
                json.key("exposure").hex(exposure.0);
            } else if let Some(reason) = judgement.held {
                json.key("decision").string("held");
                json.key("stage").string(reason.stage().name());
                json.key("reason").string(reason.code());
                if judgement.until.0 > 0 {
                    json.key("eligible_at").number(judgement.until.0);
                }
                if let Some(by) = root.prompts().get(judgement.by) {
                    json.key("by").string(by.id());
                }
            } else {
                json.key("decision").string("next");
            }
            if judgement.occasion != 0 {
                json.key("fired_at").number(judgement.since.0);
                json.key("occasion").hex(judgement.occasion);
            }
        });
    }

    /// Readings by meter id.
    pub fn meters_json(&self, readings: &[Reading], json: &mut Json) {
        json.object(|json| {
            for (meter, reading) in self.plim.root().meters().iter().zip(readings) {
                json.key(meter.id())
                    .object(|json| reading_json(reading, json));
            }
        });
    }
}

fn reading_json(reading: &Reading, json: &mut Json) {
    json.key("used").number(reading.used);
    if let Some(limit) = reading.limit {
        json.key("limit");
        limit_json(limit, json);
    }
    if let Some(crate::unit::Limit::Of(_)) = reading.limit {
        json.key("percent").number(reading.basis_points / 100);
    }
    json.key("state").string(reading.state.name());
    let source = match reading.source {
        Source::Snapshot => "snapshot",
        Source::Local => "local",
    };
    json.key("source").string(source);
    if reading.period_end.0 > 0 {
        json.key("period_start").number(reading.period_start.0);
        json.key("period_end").number(reading.period_end.0);
    }
    if reading.provisional {
        json.key("provisional").boolean(true);
    }
}

fn context_json(context: &Context, json: &mut Json) {
    json.key("visible").boolean(context.visible);
    json.key("busy").boolean(context.busy);
    json.key("dialog_open").boolean(context.dialog_open);
    json.key("online").boolean(context.online);
    json.key("storage").boolean(context.storage);
    json.key("lease").boolean(context.lease);
    json.key("route").string(&context.route);
}
