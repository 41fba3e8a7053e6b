//! The stages a candidate passes, in one order; the first that stops it is its reason.
//! Owns what holds a prompt and until when; knows nothing of painting, and changes nothing.
//! `decide` and `explain` both ask [`Engine::survey`]: there is no second implementation.

use super::Engine;
use super::daily::day_of;
use super::decide::{Hit, Shown};
use super::effect::{CrossingKind, HoldReason, Lane, Surface};
use super::entry::Entry;
use super::ledger::{self, Exposure, no_later_than};
use super::memory::Table;
use super::pacing;
use super::period::minute_of_day;
use crate::plim::{List, NONE, Plim};
use crate::targeting::condition;
use crate::unit::{DAY_MS, Digest, Limit, MINUTE_MS, Millis, Timestamp};

/// After a reported purchase nothing is shown for this long, unless a higher plan epoch arrives.
pub(super) const CONVERTED_MS: Millis = DAY_MS;
/// An exploration is answered while it is fresh; later the moment has passed.
pub(crate) const EXPLORED_FRESH_MS: Millis = 30 * MINUTE_MS;
/// An unanswered blocked attempt waits this long for the lease before it is answered by a toast.
pub(super) const LEASE_WAIT_MS: Millis = 400;

/// The decision about one prompt, and what it makes of it on the way through the stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Index of the prompt in the compiled policy.
    pub prompt: u32,
    /// Where it would be shown.
    pub surface: Surface,
    /// Why it is held; `None` means shown.
    pub held: Option<HoldReason>,
    /// When it could next be eligible; 0 where that is not known.
    pub until: Timestamp,
    /// Index of the prompt that goes first, for the rank stage; [`NONE`] where there is none.
    pub by: u32,
    /// The crossing, limit hit or exploration that fired it; 0 when nothing has.
    pub occasion: u64,
    /// When that was.
    pub since: Timestamp,
    /// The amount of a blocked attempt.
    pub amount: i64,
}

impl Judgement {
    /// Whether no stage has held it so far and it would stand as this surface does.
    fn passes(&self, surface: Surface) -> bool {
        self.held.is_none() && stands_as(self.surface) == surface
    }

    /// It has fired, since a time and for what a name and two numbers say.
    #[inline(never)]
    pub(super) fn fires(&mut self, since: Timestamp, of: &str, a: i64, b: i64) {
        self.since = since;
        self.occasion = Digest::of(of, a, b);
    }

    /// A reason that holds until a known time.
    pub(super) fn until(&mut self, reason: HoldReason, until: Timestamp) -> Option<HoldReason> {
        self.until = until;
        Some(reason)
    }
}

/// In a lane those exclude each other that stand alike: a preview stands as a modal does, before the page.
pub(super) fn stands_as(surface: Surface) -> Surface {
    if surface == Surface::Preview {
        Surface::Modal
    } else {
        surface
    }
}

impl Engine {
    /// Judges prompts through all stages: those about one meter or, for [`NONE`], of the whole policy;
    /// those whose trigger has fired or `all`.
    pub(super) fn survey(&self, now: Timestamp, meter: u32, all: bool) -> Vec<Judgement> {
        let mut judgements = Vec::new();
        for entry in &self.entries {
            if meter != NONE && meter != entry.meter || !entry.stands && !all {
                continue;
            }
            let mut judgement = Judgement {
                prompt: entry.index,
                surface: entry.surface,
                held: None,
                until: Timestamp(0),
                by: NONE,
                occasion: 0,
                since: Timestamp(0),
                amount: 0,
            };
            judgement.held = self.trigger(entry, &mut judgement, now);
            if judgement.held.is_none() {
                judgement.held = self.stages(entry, &mut judgement, now);
            } else if !all {
                continue;
            }
            judgements.push(judgement);
        }
        self.rank(&mut judgements);
        judgements
    }

    /// The order is the contract: the first stage that holds gives the reason. *Trigger* comes before
    /// these and has its last word in `spent`, *rank* comes after.
    fn stages(
        &self,
        entry: &Entry,
        judgement: &mut Judgement,
        now: Timestamp,
    ) -> Option<HoldReason> {
        spent(self, entry, judgement)
            .or_else(|| owned(self, entry, judgement, now))
            .or_else(|| audience(self, entry, judgement, now))
            .or_else(|| experiment(self, entry, judgement))
            .or_else(|| choice(self, entry, judgement, now))
            .or_else(|| pacing::pace(self, entry, judgement, now))
            .or_else(|| page(self, entry, judgement, now))
    }

    /// Whether a prompt's trigger has fired, and for what; otherwise the reason why not.
    fn trigger(
        &self,
        entry: &Entry,
        judgement: &mut Judgement,
        now: Timestamp,
    ) -> Option<HoldReason> {
        match entry.trigger {
            0 | 1 => self.threshold_fired(entry, judgement),
            2 => {
                let view = self.meters.get(entry.meter as usize);
                let hit = view.map_or(Hit::default(), |view| view.hit);
                judgement.occasion = hit.occasion;
                judgement.since = hit.at;
                judgement.amount = hit.amount;
                (hit.occasion == 0).then_some(HoldReason::NotFired)
            }
            3 => self.explored_fired(entry, judgement, now),
            5 => self.projected_fired(entry, judgement, now),
            6 => self.score_fired(entry, judgement),
            7 => self.signal_fired(entry, judgement, now),
            _ => self.trial_fired(entry, judgement, now),
        }
    }

    fn threshold_fired(&self, entry: &Entry, judgement: &mut Judgement) -> Option<HoldReason> {
        let not_fired = Some(HoldReason::NotFired);
        let Some(view) = self.meters.get(entry.meter as usize) else {
            return not_fired;
        };
        let Some(step) = view.step_of(entry.code) else {
            // Merged into a higher threshold on the same count, or no limit to be a part of.
            return if view.steps.is_empty() {
                not_fired
            } else {
                Some(HoldReason::Superseded)
            };
        };
        if entry.stands && !step.stands {
            return Some(HoldReason::Superseded);
        }
        if matches!(step.passed, None | Some(CrossingKind::Carried)) {
            return not_fired;
        }
        if (view.top > step.count || step.overtaken) && !fault!(28) {
            return Some(HoldReason::Superseded);
        }
        if view.settled(step) {
            return not_fired;
        }
        judgement.occasion = step.identity;
        judgement.since = step.since;
        // What was passed before we looked is news, not a reason to interrupt.
        if step.passed == Some(CrossingKind::FirstSight) && entry.surface.lane() == Lane::Interrupt
        {
            judgement.surface = Surface::Banner;
        }
        None
    }

    fn explored_fired(
        &self,
        entry: &Entry,
        judgement: &mut Judgement,
        now: Timestamp,
    ) -> Option<HoldReason> {
        let Some(prompt) = self.plim.root().prompts().get(entry.index) else {
            return Some(HoldReason::NotFired);
        };
        let key = u64::from(entry.subject_key);
        let (window, steps) = (prompt.window_ms().max(1), prompt.steps());
        let (mut count, mut newest) = (0_i64, 0_i64);
        for row in self.memory.table(Table::Explored) {
            let counts = row.a >> 8 == key && steps.wrapping_shr(row.a as u32) & 1 == 1;
            let at = no_later_than(Timestamp(row.b as i64), now);
            if counts && now.since(at) < window {
                count = count.wrapping_add(1);
                newest = newest.max(at.0);
            }
        }
        let fresh = now.since(Timestamp(newest)) < EXPLORED_FRESH_MS;
        if count < entry.value.max(1) || !fresh {
            return Some(HoldReason::NotFired);
        }
        judgement.fires(Timestamp(newest), "explored", key as i64, newest);
        None
    }

    fn trial_fired(
        &self,
        entry: &Entry,
        judgement: &mut Judgement,
        now: Timestamp,
    ) -> Option<HoldReason> {
        let span = entry.value;
        if !self.trial_ends_within(span, now) {
            return Some(HoldReason::NotFired);
        }
        let ends = self.account.trial_ends;
        judgement.fires(ends.plus(span.wrapping_neg()), "trial", ends.0, span);
        None
    }

    fn projected_fired(
        &self,
        entry: &Entry,
        judgement: &mut Judgement,
        now: Timestamp,
    ) -> Option<HoldReason> {
        let projected = self.projected(entry.meter, now).at;
        let today = day_of(now);
        let view = self.meters.get(entry.meter as usize);
        let within = day_of(projected).wrapping_sub(today) <= entry.value;
        let Some(view) = view.filter(|_| projected.0 > 0 && within) else {
            return Some(HoldReason::NotFired);
        };
        // It fires once in a span; of the day it comes true on, every tab knows when it began.
        let since = Timestamp(today.wrapping_mul(DAY_MS));
        let span = if fault!(42) { today } else { view.span as i64 };
        judgement.fires(since, "projected", span, 0);
        None
    }

    /// Whether the trial runs and ends within a span.
    pub(super) fn trial_ends_within(&self, span: Millis, now: Timestamp) -> bool {
        let left = self.account.trial_ends.since(now);
        0 < left && left <= span
    }

    /// Gives those that passed every other stage their place in their lanes.
    fn rank(&self, judgements: &mut [Judgement]) {
        for surface in [Surface::Modal, Surface::Banner, Surface::Toast] {
            let occupant = self.occupant(surface);
            let (mut first, mut least, mut won) = (NONE, NONE, u64::MAX);
            for judgement in judgements.iter_mut() {
                let entry = self.entries.get(judgement.prompt as usize);
                let Some(entry) = entry.filter(|_| judgement.passes(surface)) else {
                    continue;
                };
                // What one tab saw at first sight and shows as a banner, another saw crossed: it is open
                // already, here or where it waits for an answer.
                let same = |exposure: &Exposure| {
                    exposure.about() == entry.about && exposure.surface() != Surface::Inline
                };
                let open = surface != Surface::Toast
                    && entry.trigger != 2
                    && (self.shown.iter().any(|shown| same(&shown.exposure))
                        || ledger::open_exposures(&self.memory).any(same));
                let free = occupant.is_none() || (fault!(2) && surface == Surface::Banner);
                if open || !free {
                    judgement.held = Some(HoldReason::LaneOccupied);
                    judgement.by = if open {
                        entry.index
                    } else {
                        occupant.unwrap_or(NONE)
                    };
                } else if entry.rank < least {
                    (first, least, won) = (entry.index, entry.rank, judgement.occasion);
                }
            }
            for judgement in judgements.iter_mut() {
                let reason = if judgement.passes(surface) {
                    HoldReason::Outranked
                } else if judgement.occasion == won && judgement.surface != Surface::Inline {
                    HoldReason::AnsweredByOther
                } else {
                    continue;
                };
                if judgement.held.is_none() && judgement.prompt != first {
                    judgement.held = Some(reason);
                    judgement.by = first;
                }
            }
        }
    }

    /// What stands as this surface does: the index of its prompt, [`NONE`] where the policy does not have it any more.
    /// An interrupt that is open in another tab occupies the lane here too.
    fn occupant(&self, surface: Surface) -> Option<u32> {
        for shown in &self.shown {
            if stands_as(shown.exposure.surface()) == surface {
                return Some(shown.index);
            }
        }
        if surface == Surface::Modal {
            for exposure in ledger::open_exposures(&self.memory) {
                if exposure.interrupts() {
                    return Some(self.entry_of(exposure).map_or(NONE, |entry| entry.index));
                }
            }
        }
        None
    }

    /// The stages that depend on the account alone: whether anything may be offered.
    pub(super) fn owned_hold(&self, entry: &Entry, now: Timestamp) -> Option<HoldReason> {
        if !self.account.known {
            return (!fault!(21)).then_some(HoldReason::SnapshotMissing);
        }
        if self.account.plan.is_none() {
            return Some(HoldReason::UnknownPlan);
        }
        if self.converted_until(now).0 > 0 {
            return Some(HoldReason::PendingPurchase);
        }
        if self.account.sales_conversation {
            return Some(HoldReason::SalesConversation);
        }
        if entry.feature != NONE {
            let has = self.has_feature(entry.feature) && !fault!(12);
            return has.then_some(HoldReason::PlanIncludes);
        }
        let reading = &self.meters.get(entry.meter as usize)?.reading;
        if reading.limit == Limit::UNLIMITED {
            return Some(HoldReason::PlanIncludes);
        }
        let accepted = self
            .account
            .accepted_overage(&self.memory, entry.subject_key);
        if accepted && self.soft(entry.meter) {
            return Some(HoldReason::OverageAccepted);
        }
        reading.provisional.then_some(HoldReason::Provisional)
    }

    /// Until when a reported purchase suppresses everything; 0 when none does.
    pub(super) fn converted_until(&self, now: Timestamp) -> Timestamp {
        let none = Timestamp(0);
        let row = self.memory.row(Table::Converted, 0, 0);
        let at = no_later_than(Timestamp(row[1]), now);
        let until = at.plus(if fault!(14) {
            DAY_MS / 24
        } else {
            CONVERTED_MS
        });
        if row[1] > 0 && self.account.epoch <= row[0] && now < until {
            until
        } else {
            none
        }
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
    ) -> Option<HoldReason> {
        let lane = surface.lane();
        if lane == Lane::Inline {
            return None;
        }
        let interrupts = lane == Lane::Interrupt;
        let context = &self.context;
        if !context.storage || (interrupts && !self.readable && !fault!(20)) {
            Some(HoldReason::NoStorage)
        } else if self.clock.jumped {
            Some(HoldReason::ClockJump)
        } else if interrupts && !self.fresh && !fault!(21) {
            Some(HoldReason::SnapshotMissing)
        } else if !context.visible {
            Some(HoldReason::Hidden)
        } else if context.busy {
            Some(HoldReason::Busy)
        } else if context.dialog_open {
            Some(HoldReason::DialogOpen)
        } else if self.quiet_left(now) > 0 {
            Some(HoldReason::QuietHours)
        } else if needs_lease && !context.lease && !fault!(1) {
            Some(HoldReason::Lease)
        } else {
            None
        }
    }

    /// The minutes until quiet hours are over; 0 outside of them.
    fn quiet_left(&self, now: Timestamp) -> i64 {
        const DAY: i64 = 24 * 60;
        let Some(pacing) = self.pacing() else {
            return 0;
        };
        let (from, to) = (i64::from(pacing.quiet_from()), i64::from(pacing.quiet_to()));
        let minute = minute_of_day(now, self.context.utc_offset_minutes);
        let length = to.wrapping_sub(from).rem_euclid(DAY);
        let left = to.wrapping_sub(minute).rem_euclid(DAY);
        if left <= length { left } else { 0 }
    }
}
/// The last check of the trigger stage: whether this occasion has had its answer.
fn spent(engine: &Engine, entry: &Entry, judgement: &Judgement) -> Option<HoldReason> {
    if judgement.surface.lane() == Lane::Inline {
        return None;
    }
    let occasion = ledger::occasion(&engine.memory, judgement.occasion);
    // Nobody is asked twice, also while the first is on its way to the screen.
    let on_its_way = |shown: &Shown| {
        shown.exposure.occasion() == judgement.occasion
            && shown.exposure.about() != entry.about
            && shown.exposure.surface() != Surface::Inline
    };
    let by_other = occasion.spent_by != 0 && occasion.spent_by != entry.key;
    if by_other || engine.shown.iter().any(on_its_way) {
        return Some(HoldReason::AnsweredByOther);
    }
    occasion.answered.then_some(HoldReason::Spent)
}

fn owned(
    engine: &Engine,
    entry: &Entry,
    judgement: &mut Judgement,
    now: Timestamp,
) -> Option<HoldReason> {
    let reason = engine.owned_hold(entry, now);
    if reason == Some(HoldReason::PendingPurchase) {
        judgement.until = engine.converted_until(now);
    }
    reason
}

fn audience(
    engine: &Engine,
    entry: &Entry,
    judgement: &mut Judgement,
    now: Timestamp,
) -> Option<HoldReason> {
    if !entry.titled {
        return Some(HoldReason::NoText);
    }
    if entry.audience.is_some() {
        return entry.audience;
    }
    if engine.on_target || (entry.routed && !engine.routes_allow(entry)) {
        return Some(HoldReason::Route);
    }
    let pacing = engine.pacing()?;
    // Of unknown age is what was made in 1970: it passes.
    let until = engine.account.account_created;
    let until = until.plus(pacing.min_account_age_ms());
    if judgement.surface == Surface::Banner && until > now {
        return judgement.until(HoldReason::AccountTooNew, until);
    }
    let until = engine.account.user_created;
    let until = until.plus(pacing.min_user_age_ms());
    if judgement.surface != Surface::Inline && until > now {
        return judgement.until(HoldReason::UserTooNew, until);
    }
    None
}

impl Engine {
    /// Asks every audience's condition. The answers change with the account alone, so that a decision
    /// finds them made.
    pub(super) fn aim(&mut self, facts: &str) {
        let prompts = self.plim.root().prompts();
        let (mut last, mut answer) = ("", None);
        for entry in &mut self.entries {
            let prompt = prompts.get(entry.index);
            let audience = prompt.map_or("", |prompt| prompt.audience());
            // A prompt has an entry for each of its meters, one after the other.
            if audience != last {
                last = audience;
                answer = aside(&self.plim, audience, facts);
            }
            entry.audience = answer;
        }
    }

    /// What conditions are read against: the attributes, and over them the plan, which another tab may
    /// know better; "" without a snapshot in this page life.
    pub(super) fn facts(&self) -> String {
        let mut facts = String::new();
        if let Some(attributes) = self.attributes.strip_prefix("\u{1}{") {
            facts.push_str("\u{1}{\u{1}plan\0\u{1}");
            let plan = self.account.plan.filter(|_| !fault!(52));
            let plan = plan.and_then(|plan| self.plim.root().plans().get(plan));
            facts.push_str(plan.map_or("0", |plan| plan.fact()));
            facts.push('\0');
            facts.push_str(attributes);
        }
        facts
    }

    fn routes_allow(&self, entry: &Entry) -> bool {
        let Some(prompt) = self.plim.root().prompts().get(entry.index) else {
            return false;
        };
        let route = &self.context.route;
        let (within, without) = (prompt.routes_in(), prompt.routes_out());
        (within.is_empty() || any_matches(within, route)) && !any_matches(without, route)
    }
}

/// Why something with an audience is not for who is meant.
#[inline(never)]
pub(super) fn aside(plim: &Plim, audience: &str, facts: &str) -> Option<HoldReason> {
    if !audience.is_empty() && facts.is_empty() && !fault!(54) {
        return Some(HoldReason::SnapshotMissing);
    }
    let holds = audience.is_empty() || condition::holds(plim, audience, facts);
    (!holds).then_some(HoldReason::Condition)
}

/// A pattern matches a route when they are equal, or as far as a trailing `*`.
pub(super) fn any_matches(patterns: List<'_, &str>, route: &str) -> bool {
    let route = route.as_bytes();
    for pattern in patterns.iter() {
        let matches = match pattern.as_bytes() {
            [start @ .., b'*'] if !fault!(53) => route.starts_with(start),
            whole => whole == route,
        };
        if matches {
            return true;
        }
    }
    false
}

fn experiment(engine: &Engine, entry: &Entry, judgement: &Judgement) -> Option<HoldReason> {
    if !entry.stands {
        return Some(if engine.arms.held_out {
            HoldReason::HeldOut
        } else {
            HoldReason::OtherArm
        });
    }
    let held_out = engine.arms.held_out && engine.plim.root().holdout_prompts() != 0 && !fault!(50);
    (held_out && judgement.surface != Surface::Inline).then_some(HoldReason::HeldOut)
}

fn choice(
    engine: &Engine,
    entry: &Entry,
    judgement: &mut Judgement,
    now: Timestamp,
) -> Option<HoldReason> {
    let epoch = engine.account.epoch;
    let (reason, until) = ledger::choice(&engine.memory, entry.about, epoch, now);
    if until == Timestamp::MAX {
        return Some(reason);
    }
    if until > now {
        return judgement.until(reason, until);
    }
    None
}

fn page(
    engine: &Engine,
    entry: &Entry,
    judgement: &mut Judgement,
    now: Timestamp,
) -> Option<HoldReason> {
    let needs_lease = judgement.surface.lane() == Lane::Interrupt || entry.capped;
    let mut reason = engine.page_hold(judgement.surface, needs_lease, now);
    if reason.is_none() && entry.failed && !fault!(34) {
        reason = Some(HoldReason::Failed);
    }
    if reason == Some(HoldReason::QuietHours) {
        // They end with a minute, and not so many minutes from now.
        let left = engine.quiet_left(now).wrapping_mul(MINUTE_MS);
        let past = if fault!(37) { 0 } else { now.0 % MINUTE_MS };
        judgement.until = now.plus(left.wrapping_sub(past));
    }
    reason
}
