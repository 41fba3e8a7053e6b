//! The action resolver: which buttons this person gets, and which plan would help.
//! Owns the rows of the table below, first match wins; knows nothing of prices or checkouts.
//! Every prompt's actions come from here, and are asked for again when one is pressed.

use super::Engine;
use super::entry::Entry;
use super::input::{ActionKind, Actions};
use super::memory::Table;
use crate::plim::NONE;
use crate::unit::{DAY_MS, Limit, Millis, Timestamp};

/// A request to the admin is made once per user and need in this span.
pub(super) const ASK_AGAIN_MS: Millis = 7 * DAY_MS;
const CHECKOUT: u32 = 1;
const SALES: u32 = 2;

impl Engine {
    /// The actions for a prompt about a meter, a feature or neither.
    ///
    /// | row | when | then |
    /// |---|---|---|
    /// | 1 | sales is talking with the account | no offer |
    /// | 2 | no plan above would help | `talk_to_sales` if the policy has that link |
    /// | 3 | this user cannot buy | `ask_admin`; for a sales-only plan `talk_to_sales` second |
    /// | 4 | the next plan is sold by sales | `talk_to_sales` |
    /// | 5 | otherwise | `upgrade`, `talk_to_sales` where the prompt asks for it, `extend_trial` |
    pub(super) fn actions(&self, entry: &Entry, next: Option<u32>, now: Timestamp) -> Actions {
        let dismissals = Actions::of(ActionKind::Later).and(Actions::of(ActionKind::Never));
        let (root, account) = (self.plim.root(), &self.account);
        let Some(prompt) = root.prompts().get(entry.index) else {
            return dismissals;
        };
        if self.owned_hold(entry, now).is_some() {
            return dismissals;
        }
        let none = Actions::default();
        let wanted = Actions(prompt.actions());
        let sales = if root.sales_link().is_empty() {
            none
        } else {
            Actions::of(ActionKind::TalkToSales)
        };
        let buy = next
            .and_then(|next| root.plans().get(next))
            .map(|plan| plan.buy());
        let by_sales = if buy == Some(SALES) { sales } else { none };
        let mut offers = match buy {
            None => sales,
            Some(_) if !account.can_purchase && self.asked_lately(entry, now) => by_sales,
            Some(_) if !account.can_purchase => by_sales.and(Actions::of(ActionKind::AskAdmin)),
            Some(SALES) => sales,
            Some(_) => {
                let running = account.trial_ends > now;
                let more = if running && account.trial_extendable {
                    Actions::of(ActionKind::ExtendTrial)
                } else {
                    none
                };
                Actions::of(ActionKind::Upgrade)
                    .and(more)
                    .and(Actions(sales.0 & wanted.0))
            }
        };
        if wanted != none {
            offers.0 &= wanted.0;
        }
        offers.and(dismissals)
    }

    /// The index of the first plan above the current one that would help.
    pub(super) fn next_plan(&self, entry: &Entry, amount: i64) -> Option<u32> {
        let plans = self.plim.root().plans();
        let mut index = self.account.plan?;
        let mut wanted = 0;
        if let Some(view) = self.meters.get(entry.meter as usize) {
            wanted = view.reading.used.wrapping_add(amount);
            if view.reading.limit == Limit::UNLIMITED {
                return None;
            }
            wanted = wanted.max(view.reading.limit.0);
        }
        loop {
            index = index.wrapping_add(1);
            let plan = plans.get(index)?;
            let helps = if entry.meter != NONE {
                let quota = plan.quotas().get(entry.meter);
                quota.is_some_and(|quota| {
                    quota.limit() > wanted || quota.limit() == Limit::UNLIMITED.0
                })
            } else if entry.feature != NONE {
                plan.features()
                    .iter()
                    .any(|feature| feature == entry.feature)
            } else {
                true
            };
            if helps && matches!(plan.buy(), CHECKOUT | SALES) {
                return Some(index);
            }
        }
    }

    /// What a plan grants on the meter that a prompt is about, when it is a number.
    pub(super) fn next_limit(&self, entry: &Entry, plan: Option<u32>) -> Limit {
        let plan = plan.and_then(|plan| self.plim.root().plans().get(plan));
        let quota = plan.and_then(|plan| plan.quotas().get(entry.meter));
        quota.map_or(Limit::UNKNOWN, |quota| {
            Limit(quota.limit().max(Limit::UNKNOWN.0))
        })
    }

    fn asked_lately(&self, entry: &Entry, now: Timestamp) -> bool {
        let asked = self.memory.find(Table::Asked, need(entry), 0);
        asked.is_some_and(|row| {
            let at = super::ledger::no_later_than(Timestamp(row[0]), now);
            at.plus(ASK_AGAIN_MS) > now
        })
    }
}

/// What an ask is about: the same need is asked for once.
pub(super) fn need(entry: &Entry) -> u64 {
    u64::from(entry.subject_key) << 1 | u64::from(entry.feature != NONE)
}
