//! The action resolver: which buttons this person gets, and which plan would help.
//! Owns the rows of the table below, first match wins; knows nothing of prices or checkouts.
//! Every prompt's actions come from here, and are asked for again when one is pressed.

use super::Engine;
use super::input::ActionKind;
use super::memory::Table;
use crate::plim::{Plan, Prompt};
use crate::unit::{DAY_MS, Digest, Limit, Millis, Timestamp};

/// A request to the admin is made once per user and need in this span.
pub(super) const ASK_AGAIN_MS: Millis = 7 * DAY_MS;
const CHECKOUT: u32 = 1;
const SALES: u32 = 2;

/// What a prompt offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    pub actions: Vec<ActionKind>,
    pub next_plan: Option<u32>,
    pub next_limit: Option<i64>,
}

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
    pub(super) fn resolve(&self, prompt: Prompt<'_>, amount: i64, now: Timestamp) -> Resolved {
        let next = self.next_plan(prompt, amount);
        let mut resolved = Resolved::default();
        if let Some((index, plan)) = next {
            resolved.next_plan = Some(index);
            resolved.next_limit = match (prompt.subject_kind(), plan.quotas().get(prompt.subject()))
            {
                (1, Some(quota)) => match quota.granted() {
                    Limit::Of(limit) => Some(limit),
                    Limit::None | Limit::Unlimited => None,
                },
                _ => None,
            };
        }
        let offers = self.owned_hold(prompt, now).is_none() || self.account.sales_conversation;
        if offers {
            resolved.actions = self.offers(prompt, next.map(|(_, plan)| plan), now);
        }
        resolved
            .actions
            .extend([ActionKind::Later, ActionKind::Never]);
        resolved
    }

    fn offers(
        &self,
        prompt: Prompt<'_>,
        next: Option<Plan<'_>>,
        now: Timestamp,
    ) -> Vec<ActionKind> {
        let root = self.plim.root();
        let sales_link = !root.sales_link().is_empty();
        let asked_for = |kind: ActionKind| prompt.actions() & (1 << kind as u32) != 0;
        let allowed = |kind: ActionKind| prompt.actions() == 0 || asked_for(kind);
        let mut actions = Vec::new();
        match next {
            _ if self.account.sales_conversation => {}
            None if sales_link => actions.push(ActionKind::TalkToSales),
            None => {}
            Some(plan) if !self.account.can_purchase => {
                if !self.asked_lately(prompt, now) {
                    actions.push(ActionKind::AskAdmin);
                }
                if plan.buy() == SALES && sales_link {
                    actions.push(ActionKind::TalkToSales);
                }
            }
            Some(plan) if plan.buy() == SALES && sales_link => {
                actions.push(ActionKind::TalkToSales)
            }
            Some(plan) if plan.buy() == SALES => {}
            Some(_) => {
                actions.push(ActionKind::Upgrade);
                if sales_link && asked_for(ActionKind::TalkToSales) {
                    actions.push(ActionKind::TalkToSales);
                }
                let running = self.account.trial_ends.is_some_and(|ends| ends > now);
                if running && self.account.trial_extendable {
                    actions.push(ActionKind::ExtendTrial);
                }
            }
        }
        actions.retain(|kind| allowed(*kind));
        actions
    }

    /// The first plan above the current one that would help.
    fn next_plan(&self, prompt: Prompt<'_>, amount: i64) -> Option<(u32, Plan<'_>)> {
        let current = self.account.plan?;
        let plans = self.plim.root().plans();
        let helps = |plan: Plan<'_>| match prompt.subject_kind() {
            1 => {
                let reading = self
                    .meters
                    .get(prompt.subject() as usize)
                    .map(|view| &view.reading);
                let limit = match reading.and_then(|reading| reading.limit) {
                    Some(Limit::Of(limit)) => limit,
                    Some(Limit::Unlimited) => return false,
                    Some(Limit::None) | None => 0,
                };
                let wanted = reading.map_or(0, |reading| reading.used.wrapping_add(amount));
                let granted = plan
                    .quotas()
                    .get(prompt.subject())
                    .map(|quota| quota.granted());
                granted.is_some_and(|granted| granted.exceeds(wanted.max(limit)))
            }
            2 => plan
                .features()
                .iter()
                .any(|feature| feature == prompt.subject()),
            _ => true,
        };
        (current.wrapping_add(1)..u32::try_from(plans.len()).unwrap_or(0))
            .filter_map(|index| Some((index, plans.get(index)?)))
            .find(|(_, plan)| matches!(plan.buy(), CHECKOUT | SALES) && helps(*plan))
    }

    /// What an ask is about: the same need is asked for once.
    pub(super) fn need(&self, prompt: Prompt<'_>) -> u64 {
        Digest::default()
            .number(i64::from(prompt.subject_kind()))
            .number(i64::from(self.subject_key(prompt)))
            .finish()
    }

    fn asked_lately(&self, prompt: Prompt<'_>, now: Timestamp) -> bool {
        let asked = self.memory.find(Table::Asked, self.need(prompt), 0);
        asked.is_some_and(|row| {
            let at = super::ledger::no_later_than(Timestamp(row[0]), now);
            at.plus(ASK_AGAIN_MS) > now
        })
    }

    /// Whether a route is where one of the policy's own actions leads: nobody is prompted there.
    pub(super) fn route_is_target(&self, route: &str) -> bool {
        let root = self.plim.root();
        [root.checkout_link(), root.pricing_link(), root.sales_link()]
            .into_iter()
            .any(|link| {
                // The part before a placeholder or query is what identifies the page.
                let page = link.split(['{', '?', '#']).next().unwrap_or_default();
                let page = page.trim_end_matches('/');
                !page.is_empty()
                    && page.starts_with('/')
                    && route
                        .strip_prefix(page)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
            })
    }
}
