//! Explain: the decision's own judgements, every one of them, with what they rest on.
//! Owns what a trace holds; decides nothing. Codes and numbers only: texts are the reader's.
//! Hosts call it through `explain()`; the demo draws it.

use super::Engine;
use super::effect::Reading;
use super::input::{Context, Now};
use super::judge::Judgement;
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
}
