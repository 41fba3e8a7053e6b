//! The server's artefact: what the collector does with an account, which no browser ever gets.
//! Owns its format and what is in it (scoring whole, sales triggers, hand-off); decides nothing.
//! `plimsoll check --out` and the collector ask [`Policy::server`], beside the `.plim` of each locale.

use super::Policy;
use crate::json::Json;
use crate::plim::{self, Plim, PlimError, RootDraft};
use crate::pql::trigger::Pattern;
use crate::unit::Key;

/// The format of the server's artefact.
pub const SERVER_FORMAT: i64 = 1;

impl Policy {
    /// The server's side of the policy as JSON, with everything filled in that it left out.
    #[must_use]
    pub fn server(&self) -> String {
        let mut json = Json::new();
        json.object(|json| {
            json.key("format").number(SERVER_FORMAT);
            json.key("revision").string(&self.revision);
            json.key("scoring").object(|json| self.scoring.write(json));
            json.key("sales_triggers").list(|json| {
                for trigger in &self.sales_triggers {
                    json.object(|json| trigger.write(json));
                }
            });
            json.key("handoff").object(|json| self.handoff.write(json));
        });
        json.finish()
    }

    /// What [`crate::pql::score()`] scores an account with: all signals with their points, whatever the browser
    /// gets.
    ///
    /// # Errors
    /// None that a policy without mistakes could make.
    pub fn score_rules(&self) -> Result<Plim, PlimError> {
        let (signals, score_rules) = self.scoring.whole();
        let root = RootDraft {
            revision: self.revision.clone(),
            signals,
            score_rules,
            ..RootDraft::default()
        };
        Plim::open(&plim::write(&root, ""))
    }

    /// Whether an account is left out of what is scored for sales: by its id, its plan, or because sales is
    /// talking with it already.
    #[must_use]
    pub fn leaves_out(&self, account: &str, plan: Key, in_sales: bool) -> bool {
        self.scoring.leaves_out(account, plan, in_sales)
    }

    /// The sales triggers: id, hours to respond and pattern of each.
    pub fn sales_triggers(&self) -> impl Iterator<Item = (&str, i64, Pattern)> {
        let triggers = self.sales_triggers.iter();
        triggers.map(|trigger| (trigger.id(), trigger.respond_hours(), trigger.pattern()))
    }
}
