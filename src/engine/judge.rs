//! The stages a candidate passes, as one table; the first that stops it is its reason.
//! Owns what holds a prompt and until when; knows nothing of painting, and changes nothing.
//! `decide` and `explain` both ask [`Engine::survey`]: there is no second implementation.

use super::Engine;
use super::account::Account;
use super::effect::{CrossingKind, HoldReason, Lane, Surface};
use super::entry::Entry;
use super::ledger::{self, no_later_than};
use super::memory::Table;
use super::pacing;
use super::period::minute_of_day;
use crate::plim::{List, Prompt};
use crate::unit::{DAY_MS, Digest, MINUTE_MS, Millis, Timestamp};

/// After a reported purchase nothing is shown for this long, unless a higher plan epoch arrives.
pub(super) const CONVERTED_MS: Millis = DAY_MS;
/// An exploration is answered while it is fresh; later the moment has passed.
const EXPLORED_FRESH_MS: Millis = 30 * MINUTE_MS;
/// An unanswered blocked attempt waits this long for the lease before it is answered by a toast.
pub(super) const LEASE_WAIT_MS: Millis = 400;

/// Why a candidate is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The reason.
    pub reason: HoldReason,
    /// When it could next be eligible, where that is known.
    pub until: Option<Timestamp>,
    /// The prompt that goes first, for the rank stage: its index.
    pub by: Option<u32>,
}

impl Hold {
    pub(super) fn because(reason: HoldReason) -> Self {
        Self {
            reason,
            until: None,
            by: None,
        }
    }

    pub(super) fn until(reason: HoldReason, until: Timestamp) -> Self {
        Self {
            reason,
            until: Some(until),
            by: None,
        }
    }
}

/// What fired a candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fired {
    /// The crossing, limit hit or exploration it is for.
    pub occasion: u64,
    /// When that was.
    pub since: Timestamp,
    /// Known at first sight only: no reason to interrupt.
    pub first_sight: bool,
    /// The amount of a blocked attempt.
    pub amount: i64,
}

/// A candidate on its way through the stages.
pub(super) struct Candidate<'a> {
    pub prompt: Prompt<'a>,
    pub entry: &'a Entry,
    pub fired: Fired,
    pub surface: Surface,
    pub now: Timestamp,
}

/// The decision about one prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Index of the prompt in the compiled policy.
    pub prompt: u32,
    /// What fired it, when something did.
    pub fired: Option<Fired>,
    /// Where it would be shown.
    pub surface: Surface,
    /// Why it is held; `None` means shown.
    pub hold: Option<Hold>,
}

type Stage = fn(&Engine, &Candidate<'_>) -> Option<Hold>;

/// The order is the contract: the first stage that holds gives the reason. *Trigger* comes before
/// these and has its last word in `spent`, *rank* comes after; *experiment* passes until policies can carry experiments.
const STAGES: [Stage; 6] = [spent, owned, audience, choice, pacing::pace, page];

/// Which prompts a decision visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    Meter(u32),
}

impl Engine {
    /// Judges every prompt in scope through all stages.
    pub(super) fn survey(&self, now: Timestamp, scope: Scope) -> Vec<Judgement> {
        let mut judgements = Vec::new();
        match scope {
            Scope::All => {
                judgements.reserve(self.entries.len());
                for (entry, index) in self.entries.iter().zip(0..) {
                    judgements.push(self.judge(index, entry, now));
                }
            }
            Scope::Meter(meter) => {
                let meter = self.plim.root().meters().get(meter);
                for index in meter.iter().flat_map(|meter| meter.prompts().iter()) {
                    if let Some(entry) = self.entries.get(index as usize) {
                        judgements.push(self.judge(index, entry, now));
                    }
                }
            }
        }
        self.rank(&mut judgements);
        judgements
    }

    /// All stages but rank.
    fn judge(&self, index: u32, entry: &Entry, now: Timestamp) -> Judgement {
        let mut judgement = Judgement {
            prompt: index,
            fired: None,
            surface: entry.surface,
            hold: None,
        };
        let fired = match self.trigger(index, entry, now) {
            Ok(fired) => fired,
            Err(reason) => {
                judgement.hold = Some(Hold::because(reason));
                return judgement;
            }
        };
        let Some(prompt) = self.plim.root().prompts().get(index) else {
            return judgement;
        };
        // What was passed before we looked is news, not a reason to interrupt.
        if fired.first_sight && entry.surface.lane() == Lane::Interrupt {
            judgement.surface = Surface::Banner;
        }
        let candidate = Candidate {
            prompt,
            entry,
            fired,
            surface: judgement.surface,
            now,
        };
        judgement.fired = Some(fired);
        judgement.hold = STAGES.iter().find_map(|stage| stage(self, &candidate));
        judgement
    }

    /// Whether a prompt's trigger has fired, and for what.
    pub(super) fn trigger(
        &self,
        index: u32,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<Fired, HoldReason> {
        match entry.trigger {
            0 | 1 => return self.threshold_fired(entry),
            2 => {
                let hit = self.hits.iter().find(|hit| hit.meter == entry.subject);
                return hit.map_or(Err(HoldReason::NotFired), |hit| {
                    Ok(Fired {
                        occasion: hit.occasion,
                        since: hit.at,
                        first_sight: false,
                        amount: hit.amount,
                    })
                });
            }
            _ => {}
        }
        let prompt = self.plim.root().prompts().get(index);
        let prompt = prompt.ok_or(HoldReason::NotFired)?;
        if entry.trigger == 3 {
            self.explored_fired(prompt, entry, now)
        } else {
            self.trial_fired(prompt, now)
        }
    }

    fn threshold_fired(&self, entry: &Entry) -> Result<Fired, HoldReason> {
        let view = self
            .meters
            .get(entry.subject as usize)
            .ok_or(HoldReason::NotFired)?;
        let Some(step) = view.step_of(entry.code) else {
            // Merged into a higher threshold on the same count, or no limit to be a part of.
            let merged = !view.steps.is_empty();
            return Err(if merged {
                HoldReason::Superseded
            } else {
                HoldReason::NotFired
            });
        };
        let kind = step.passed.filter(|kind| *kind != CrossingKind::Carried);
        let Some(kind) = kind else {
            return Err(HoldReason::NotFired);
        };
        let higher = view.top > step.count;
        if (higher || step.overtaken) && !fault!(28) {
            return Err(HoldReason::Superseded);
        }
        if view.settled(step) {
            return Err(HoldReason::NotFired);
        }
        let (occasion, since) = (step.identity, step.since);
        Ok(Fired {
            occasion,
            since,
            first_sight: kind == CrossingKind::FirstSight,
            amount: 0,
        })
    }

    fn explored_fired(
        &self,
        prompt: Prompt<'_>,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<Fired, HoldReason> {
        let key = u64::from(entry.subject_key);
        let window = prompt.window_ms().max(1);
        let (mut count, mut newest) = (0_i64, 0_i64);
        for step in 0..5_u64 {
            if prompt.steps() & (1 << step) == 0 {
                continue;
            }
            for row in self.memory.under(Table::Explored, key << 8 | step) {
                let at = no_later_than(Timestamp(row.b as i64), now);
                if now.since(at) < window {
                    count = count.wrapping_add(1);
                    newest = newest.max(at.0);
                }
            }
        }
        let fresh = now.since(Timestamp(newest)) < EXPLORED_FRESH_MS;
        if count < prompt.value().max(1) || !fresh {
            return Err(HoldReason::NotFired);
        }
        let occasion = Digest::default()
            .text("explored")
            .number(key as i64)
            .number(newest)
            .finish();
        Ok(Fired {
            occasion,
            since: Timestamp(newest),
            first_sight: false,
            amount: 0,
        })
    }

    pub(super) fn trial_fired(
        &self,
        prompt: Prompt<'_>,
        now: Timestamp,
    ) -> Result<Fired, HoldReason> {
        let ends = self.account.trial_ends.ok_or(HoldReason::NotFired)?;
        let left = ends.since(now);
        if left <= 0 || left > prompt.value() {
            return Err(HoldReason::NotFired);
        }
        let occasion = Digest::default()
            .text("trial")
            .number(ends.0)
            .number(prompt.value())
            .finish();
        let since = ends.plus(prompt.value().wrapping_neg());
        Ok(Fired {
            occasion,
            since,
            first_sight: false,
            amount: 0,
        })
    }

    /// The key under which choices and caps of a prompt on its subject are kept.
    pub(super) fn subject_key(&self, prompt: Prompt<'_>) -> u32 {
        let root = self.plim.root();
        match prompt.subject_kind() {
            1 => root
                .meters()
                .get(prompt.subject())
                .map_or(0, |meter| meter.key()),
            2 => root
                .features()
                .get(prompt.subject())
                .map_or(0, |feature| feature.key()),
            _ => 0,
        }
    }

    /// Gives those that passed every other stage their place in their lanes.
    fn rank(&self, judgements: &mut [Judgement]) {
        if judgements.iter().all(|judgement| judgement.hold.is_some()) {
            return;
        }
        let entry = |index: u32| self.entries.get(index as usize);
        let rank_of = |index: u32| entry(index).map_or(u32::MAX, |entry| entry.rank);
        // What one tab saw at first sight and shows as a banner, another saw crossed: it is open already.
        for judgement in judgements.iter_mut() {
            let open = self.shown.iter().any(|shown| {
                shown.index == judgement.prompt && shown.exposure.surface.lane() != Lane::Inline
            });
            let dismissible = !matches!(judgement.surface, Surface::Toast | Surface::Inline);
            let is_limit_hit = entry(judgement.prompt).is_some_and(|entry| entry.trigger == 2);
            if judgement.hold.is_none() && open && dismissible && !is_limit_hit {
                judgement.hold = Some(Hold {
                    by: Some(judgement.prompt),
                    ..Hold::because(HoldReason::LaneOccupied)
                });
            }
        }
        for slot in [Surface::Modal, Surface::Banner, Surface::Toast] {
            let occupant = self.occupant(slot);
            let first = judgements
                .iter()
                .filter(|judgement| judgement.hold.is_none() && slot_of(judgement.surface) == slot)
                .min_by_key(|judgement| (rank_of(judgement.prompt), judgement.prompt))
                .map(|judgement| judgement.prompt);
            for judgement in judgements.iter_mut() {
                if judgement.hold.is_some() || slot_of(judgement.surface) != slot {
                    continue;
                }
                if let Some(by) = occupant
                    && !(fault!(2) && slot == Surface::Banner)
                {
                    judgement.hold = Some(Hold {
                        by,
                        ..Hold::because(HoldReason::LaneOccupied)
                    });
                } else if first != Some(judgement.prompt) {
                    judgement.hold = Some(Hold {
                        by: first,
                        ..Hold::because(HoldReason::Outranked)
                    });
                }
            }
        }
    }

    /// What occupies a slot: the index of its prompt where the policy still has it.
    /// An interrupt that is open in another tab occupies the lane here too.
    fn occupant(&self, slot: Surface) -> Option<Option<u32>> {
        if let Some(shown) = self
            .shown
            .iter()
            .find(|shown| slot_of(shown.exposure.surface) == slot)
        {
            return Some(Some(shown.index));
        }
        if slot != Surface::Modal {
            return None;
        }
        ledger::exposures(&self.memory)
            .find(|exposure| exposure.open() && exposure.surface.lane() == Lane::Interrupt)
            .map(|exposure| self.instance(exposure.prompt, exposure.subject))
    }

    /// The stages that depend on the account alone: whether anything may be offered.
    pub(super) fn owned_hold(&self, prompt: Prompt<'_>, now: Timestamp) -> Option<HoldReason> {
        let account: &Account = &self.account;
        if !account.known {
            return (!fault!(21)).then_some(HoldReason::SnapshotMissing);
        }
        if account.plan.is_none() {
            return Some(HoldReason::UnknownPlan);
        }
        if self.converted_until(now).is_some() {
            return Some(HoldReason::PendingPurchase);
        }
        if account.sales_conversation {
            return Some(HoldReason::SalesConversation);
        }
        match prompt.subject_kind() {
            1 => self.meter_owned(prompt.subject()),
            2 => (account.has_feature(&self.plim, &self.memory, prompt.subject()) && !fault!(12))
                .then_some(HoldReason::PlanIncludes),
            _ => None,
        }
    }

    fn meter_owned(&self, meter: u32) -> Option<HoldReason> {
        let reading = &self.meters.get(meter as usize)?.reading;
        if reading.limit == Some(crate::unit::Limit::Unlimited) {
            return Some(HoldReason::PlanIncludes);
        }
        let key = self.plim.root().meters().get(meter)?.key();
        if self.account.accepted_overage(&self.memory, key) && self.soft(meter) {
            return Some(HoldReason::OverageAccepted);
        }
        reading.provisional.then_some(HoldReason::Provisional)
    }

    /// Until when a reported purchase suppresses everything.
    pub(super) fn converted_until(&self, now: Timestamp) -> Option<Timestamp> {
        let row = self.memory.find(Table::Converted, 0, 0)?;
        let at = no_later_than(Timestamp(row[1]), now);
        let until = at.plus(if fault!(14) {
            DAY_MS / 24
        } else {
            CONVERTED_MS
        });
        (row[1] > 0 && self.account.epoch <= row[0] && now < until).then_some(until)
    }

    /// Whether going over a meter's limit is allowed.
    pub(super) fn soft(&self, meter: u32) -> bool {
        self.account
            .plan
            .and_then(|plan| self.plim.root().plans().get(plan))
            .and_then(|plan| plan.quotas().get(meter))
            .is_some_and(|quota| quota.soft() != 0)
    }

    /// What the page does not allow now for a surface that needs the lease or not.
    pub(super) fn page_hold(
        &self,
        surface: Surface,
        needs_lease: bool,
        now: Timestamp,
    ) -> Option<Hold> {
        let lane = surface.lane();
        if lane == Lane::Inline {
            return None;
        }
        let interrupts = lane == Lane::Interrupt;
        let context = &self.context;
        let reason = if !context.storage || (interrupts && !self.readable && !fault!(20)) {
            HoldReason::NoStorage
        } else if self.clock.jumped {
            HoldReason::ClockJump
        } else if interrupts && !self.fresh && !fault!(21) {
            HoldReason::SnapshotMissing
        } else if !context.visible {
            HoldReason::Hidden
        } else if context.busy {
            HoldReason::Busy
        } else if context.dialog_open {
            HoldReason::DialogOpen
        } else if let Some(until) = self.quiet_until(now) {
            return Some(Hold::until(HoldReason::QuietHours, until));
        } else if needs_lease && !context.lease && !fault!(1) {
            HoldReason::Lease
        } else {
            return None;
        };
        Some(Hold::because(reason))
    }

    fn quiet_until(&self, now: Timestamp) -> Option<Timestamp> {
        let pacing = self.plim.root().pacing().get(0)?;
        let (from, to) = (i64::from(pacing.quiet_from()), i64::from(pacing.quiet_to()));
        if from == to {
            return None;
        }
        let minute = minute_of_day(now, self.context.utc_offset_minutes);
        let quiet = if from <= to {
            from <= minute && minute < to
        } else {
            minute >= from || minute < to
        };
        let left = to.wrapping_sub(minute).rem_euclid(24 * 60);
        quiet.then(|| now.plus(left.wrapping_mul(MINUTE_MS)))
    }
}

/// Surfaces that exclude each other share a slot.
pub(super) fn slot_of(surface: Surface) -> Surface {
    if surface == Surface::Preview {
        Surface::Modal
    } else {
        surface
    }
}

/// The last check of the trigger stage: whether this occasion has had its answer.
fn spent(engine: &Engine, candidate: &Candidate<'_>) -> Option<Hold> {
    if candidate.surface.lane() == Lane::Inline {
        return None;
    }
    let occasion = ledger::occasion(&engine.memory, candidate.fired.occasion);
    if occasion.spent_by != 0 && occasion.spent_by != candidate.entry.key {
        return Some(Hold::because(HoldReason::AnsweredByOther));
    }
    occasion.answered.then(|| Hold::because(HoldReason::Spent))
}

fn owned(engine: &Engine, candidate: &Candidate<'_>) -> Option<Hold> {
    let reason = engine.owned_hold(candidate.prompt, candidate.now)?;
    let until = match reason {
        HoldReason::PendingPurchase => engine.converted_until(candidate.now),
        _ => None,
    };
    Some(Hold {
        until,
        ..Hold::because(reason)
    })
}

fn audience(engine: &Engine, candidate: &Candidate<'_>) -> Option<Hold> {
    let prompt = candidate.prompt;
    if !candidate.entry.titled {
        return Some(Hold::because(HoldReason::NoText));
    }
    if engine.on_target || (candidate.entry.routed && !routes_allow(prompt, &engine.context.route))
    {
        return Some(Hold::because(HoldReason::Route));
    }
    if engine.account.account_created.is_none() && engine.account.user_created.is_none() {
        return None;
    }
    let pacing = engine.plim.root().pacing().get(0)?;
    let young = |made: Option<Timestamp>, least: Millis| {
        made.map(|made| made.plus(least))
            .filter(|until| *until > candidate.now)
    };
    if candidate.surface == Surface::Banner
        && let Some(until) = young(engine.account.account_created, pacing.min_account_age_ms())
    {
        return Some(Hold::until(HoldReason::AccountTooNew, until));
    }
    if candidate.surface.lane() != Lane::Inline
        && let Some(until) = young(engine.account.user_created, pacing.min_user_age_ms())
    {
        return Some(Hold::until(HoldReason::UserTooNew, until));
    }
    None
}

fn routes_allow(prompt: Prompt<'_>, route: &str) -> bool {
    let any =
        |patterns: List<'_, &str>| patterns.iter().any(|pattern| route_matches(pattern, route));
    (prompt.routes_in().is_empty() || any(prompt.routes_in())) && !any(prompt.routes_out())
}

/// A pattern matches a route when they are equal, or as far as a trailing `*`.
pub(super) fn route_matches(pattern: &str, route: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => route.starts_with(start),
        None => pattern == route,
    }
}

fn choice(engine: &Engine, candidate: &Candidate<'_>) -> Option<Hold> {
    let epoch = engine.account.epoch;
    let now = candidate.now;
    let entry = candidate.entry;
    let choice = ledger::choice(&engine.memory, entry.key, entry.subject_key, epoch, now);
    match (choice.never_until, choice.later_until) {
        (Some(Timestamp::MAX), _) => Some(Hold::because(HoldReason::Never)),
        (Some(until), _) => Some(Hold::until(HoldReason::Never, until)),
        (None, Some(until)) => Some(Hold::until(HoldReason::Later, until)),
        (None, None) => None,
    }
}

fn page(engine: &Engine, candidate: &Candidate<'_>) -> Option<Hold> {
    let needs_lease = candidate.surface.lane() == Lane::Interrupt || candidate.entry.capped;
    engine.page_hold(candidate.surface, needs_lease, candidate.now)
}
