//! The decision: takes back what may no longer stand, paints again what is open, shows what won.
//! Owns what is on the screen of this tab; knows nothing of how stages judge.
//! Called by `handle` after every input that could change anything.

use super::Engine;
use super::action::Resolved;
use super::crossing::code_of;
use super::effect::{About, Effect, Event, HoldReason, Lane, Prompt, Surface, WithdrawReason};
use super::judge::{Fired, Judgement, LEASE_WAIT_MS, Scope, slot_of};
use super::ledger::{self, Closed, EXPOSURE_MS, Exposure, no_later_than};
use crate::plim;
use crate::unit::{DAY_MS, ExposureId, Limit, Millis, Timestamp};

/// A toast that no tab reports as faded ends after this.
const TOAST_MS: Millis = 60_000;
/// Holds are recorded once for each prompt and reason in a day; more than this many are not remembered.
const HELD_MAX: usize = 256;

/// A prompt on the screen of this tab, or on its way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// Index of the prompt.
    pub index: u32,
    /// What memory keeps of it, or will.
    pub exposure: Exposure,
    /// The number of this showing for its occasion.
    pub number: i64,
    /// It is on the screen.
    pub rendered: bool,
    /// It was open before and is painted again.
    pub repaint: bool,
    /// An action was pressed and is under way.
    pub acting: bool,
    /// The amount of the blocked attempt it answers.
    pub amount: i64,
}

impl PartialEq for Exposure {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Exposure {}

/// A blocked attempt that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub meter: u32,
    pub occasion: u64,
    pub at: Timestamp,
    pub amount: i64,
}

impl Engine {
    /// Brings the screen in line with what is known now.
    pub(super) fn decide(&mut self, now: Timestamp, scope: Scope, out: &mut Vec<Effect>) {
        self.take_back(now, out);
        self.paint_again(now, out);
        let judgements = self.survey(now, scope);
        let mut wants_lease = self.open_interrupt_wants_lease(now);
        self.eligible_at = match scope {
            Scope::All => None,
            Scope::Meter(_) => self.eligible_at,
        };
        for judgement in &judgements {
            match (judgement.fired, judgement.hold) {
                (Some(fired), None) => {
                    self.present(judgement.prompt, &fired, judgement.surface, now, out);
                }
                (Some(_), Some(hold)) => {
                    wants_lease |= hold.reason == HoldReason::Lease;
                    self.note_eligible(hold.until);
                    self.record_held(judgement, hold.reason, now, out);
                }
                (None, _) => {}
            }
        }
        self.answer_hits(now, &judgements, out);
        let interrupt_shown = self
            .shown
            .iter()
            .any(|shown| shown.exposure.surface.lane() == Lane::Interrupt);
        let wanted = wants_lease || interrupt_shown;
        if matches!(scope, Scope::All) || wanted {
            self.want_lease(wanted, out);
        }
    }

    fn want_lease(&mut self, wanted: bool, out: &mut Vec<Effect>) {
        if wanted != self.lease_wanted {
            self.lease_wanted = wanted;
            out.push(Effect::Want { lease: wanted });
        }
    }

    fn note_eligible(&mut self, until: Option<Timestamp>) {
        if let Some(until) = until {
            self.eligible_at = Some(self.eligible_at.map_or(until, |known| known.min(until)));
        }
    }

    /// A blocked attempt always gets an answer: what was not shown as a dialog comes as a toast.
    fn answer_hits(&mut self, now: Timestamp, judgements: &[Judgement], out: &mut Vec<Effect>) {
        for hit in core::mem::take(&mut self.hits) {
            let prompts = self.plim.root().prompts();
            let of_hit = |index: u32| {
                prompts
                    .get(index)
                    .is_some_and(|prompt| prompt.trigger() == 2 && prompt.subject() == hit.meter)
            };
            let judged = judgements
                .iter()
                .filter(|judgement| of_hit(judgement.prompt));
            let best = judged.min_by_key(|judgement| judgement.hold.is_some());
            let Some(judgement) = best else {
                // Out of this decision's scope, or the policy answers no limit hits.
                let answered = prompts
                    .iter()
                    .any(|prompt| prompt.trigger() == 2 && prompt.subject() == hit.meter);
                if answered && now.since(hit.at) < LEASE_WAIT_MS {
                    self.hits.push(hit);
                }
                continue;
            };
            let (index, hold) = (judgement.prompt, judgement.hold);
            let Some(hold) = hold else { continue };
            if hold.reason == HoldReason::Lease && now.since(hit.at) < LEASE_WAIT_MS {
                self.note_eligible(Some(hit.at.plus(LEASE_WAIT_MS)));
                self.hits.push(hit);
                continue;
            }
            let same = |shown: &Shown| shown.index == index;
            if let Some(shown) = self.shown.iter_mut().find(|shown| same(shown)) {
                // The answer is on the screen already; its figures are brought up to date.
                shown.amount = hit.amount;
                let id = shown.exposure.id;
                self.update(id, now, out);
                continue;
            }
            let fired = Fired {
                occasion: hit.occasion,
                since: hit.at,
                first_sight: false,
                amount: hit.amount,
            };
            self.remove_toast(now, out);
            self.present(index, &fired, Surface::Toast, now, out);
        }
    }

    fn remove_toast(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let toast = self
            .shown
            .iter()
            .find(|shown| shown.exposure.surface == Surface::Toast);
        if let Some(id) = toast.map(|shown| shown.exposure.id) {
            ledger::close(&mut self.memory, id, Closed::Faded, now);
            self.dirty.memory = true;
            self.hide(id, WithdrawReason::Superseded, out);
        }
    }

    fn hide(&mut self, id: ExposureId, reason: WithdrawReason, out: &mut Vec<Effect>) {
        self.shown.retain(|shown| shown.exposure.id != id);
        out.push(Effect::Withdraw {
            exposure: id,
            reason,
        });
    }

    /// Withdraws what may no longer stand, on the screen here or open in memory.
    fn take_back(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let open: Vec<Exposure> = ledger::exposures(&self.memory)
            .filter(Exposure::open)
            .collect();
        for exposure in &open {
            let answered = self.answered_elsewhere(exposure, now);
            let reason = self.ended(exposure, now);
            let Some(reason) = reason.or(answered.then_some(WithdrawReason::Answered)) else {
                continue;
            };
            self.end(exposure, reason, now, out);
        }
        for shown in self.shown.clone() {
            let id = shown.exposure.id;
            let kept = ledger::exposure(&self.memory, id);
            if let Some(kept) = kept.filter(|kept| !kept.open()) {
                let by_person = kept.closed >= Closed::Close as i64;
                if shown.acting {
                    if let Some(reason) = self.ended(&shown.exposure, now) {
                        self.hide(id, reason, out);
                    }
                } else if self.shown.iter().any(|other| other.exposure.id == id) {
                    let reason = if by_person {
                        WithdrawReason::Answered
                    } else {
                        // Another tab ended it; what it saw has come here with its memory.
                        self.ended(&shown.exposure, now)
                            .unwrap_or(WithdrawReason::Superseded)
                    };
                    self.hide(id, reason, out);
                }
            } else if kept.is_none() {
                // Not rendered yet: nothing to remember, only the screen to clear.
                let answered = self.answered_elsewhere(&shown.exposure, now);
                let reason = self.ended(&shown.exposure, now);
                if let Some(reason) = reason.or(answered.then_some(WithdrawReason::Answered)) {
                    self.hide(id, reason, out);
                }
            }
        }
        if !self.context.lease && !fault!(1) {
            let interrupts: Vec<ExposureId> = self
                .shown
                .iter()
                .filter(|shown| shown.exposure.surface.lane() == Lane::Interrupt && !shown.acting)
                .map(|shown| shown.exposure.id)
                .collect();
            for id in interrupts {
                self.hide(id, WithdrawReason::Lease, out);
            }
        }
    }

    fn end(
        &mut self,
        exposure: &Exposure,
        reason: WithdrawReason,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let how = match reason {
            WithdrawReason::Expired if exposure.surface == Surface::Toast => Closed::Faded,
            WithdrawReason::Expired => Closed::Expired,
            _ => Closed::Withdrawn,
        };
        ledger::close(&mut self.memory, exposure.id, how, now);
        self.dirty.memory = true;
        match reason {
            // Seven days without an answer count as `later`.
            // A stored memory may bring back one that ran out before: what was chosen since stands.
            WithdrawReason::Expired if how == Closed::Expired => {
                let (prompt, subject) = (exposure.prompt, exposure.subject);
                if ledger::said_at(&self.memory, prompt, subject) < exposure.rendered {
                    // It counts from when it ran out, not from when a page came to notice.
                    let ran_out = exposure.rendered.plus(EXPOSURE_MS);
                    self.climb(prompt, subject, ran_out.min(now));
                }
            }
            WithdrawReason::Owned | WithdrawReason::Converted => {
                ledger::answer(&mut self.memory, exposure.occasion, now);
            }
            _ => {}
        }
        if how != Closed::Faded
            && let Some(about) = self.about(exposure)
        {
            out.push(Effect::Record(Event::PromptWithdrawn { about, reason }));
        }
        if self
            .shown
            .iter()
            .any(|shown| shown.exposure.id == exposure.id)
        {
            self.hide(exposure.id, reason, out);
        }
    }

    /// Whether a person has answered what an exposure is about, in a tab that had not met the one which
    /// opened it.
    fn answered_elsewhere(&self, exposure: &Exposure, now: Timestamp) -> bool {
        let (prompt, subject) = (exposure.prompt, exposure.subject);
        let choice = ledger::choice(&self.memory, prompt, subject, self.account.epoch, now);
        let said = choice.never_until.is_some() || choice.later_until.is_some();
        exposure.surface != Surface::Toast
            && (said || ledger::occasion(&self.memory, exposure.occasion).answered)
    }

    /// Why an open exposure has to end now, if it has to.
    fn ended(&self, exposure: &Exposure, now: Timestamp) -> Option<WithdrawReason> {
        // First, because what ran out in an epoch that is over says nothing in this one.
        if self.account.known && exposure.epoch != self.account.epoch && !fault!(13) {
            return Some(WithdrawReason::PlanChanged);
        }
        let rendered = no_later_than(exposure.rendered, now);
        let life = if exposure.surface == Surface::Toast {
            TOAST_MS
        } else {
            EXPOSURE_MS
        };
        if now.since(rendered) >= life {
            return Some(WithdrawReason::Expired);
        }
        if self.converted_until(now).is_some() {
            return Some(WithdrawReason::Converted);
        }
        if !self.account.known {
            return None;
        }
        let index = self.instance(exposure.prompt, exposure.subject);
        let Some(prompt) = index.and_then(|index| self.plim.root().prompts().get(index)) else {
            return Some(WithdrawReason::Gone);
        };
        if exposure.surface == Surface::Toast {
            return None;
        }
        match self.owned_hold(prompt, now) {
            Some(HoldReason::Provisional) => return Some(WithdrawReason::PeriodEnded),
            Some(HoldReason::PendingPurchase) => return Some(WithdrawReason::Converted),
            Some(HoldReason::UnknownPlan) => return Some(WithdrawReason::PlanChanged),
            Some(_) => return Some(WithdrawReason::Owned),
            None => {}
        }
        match prompt.trigger() {
            0 | 1 => self.threshold_ended(exposure, prompt, rendered),
            2 => {
                let view = self.meters.get(prompt.subject() as usize)?;
                (rendered < view.reading.period_start).then_some(WithdrawReason::PeriodEnded)
            }
            4 => self
                .trial_over(prompt, now)
                .then_some(WithdrawReason::PeriodEnded),
            _ => None,
        }
    }

    fn trial_over(&self, prompt: plim::Prompt<'_>, now: Timestamp) -> bool {
        self.trial_fired(prompt, now).is_err()
    }

    fn threshold_ended(
        &self,
        exposure: &Exposure,
        prompt: plim::Prompt<'_>,
        rendered: Timestamp,
    ) -> Option<WithdrawReason> {
        let view = self.meters.get(prompt.subject() as usize)?;
        if rendered < view.reading.period_start {
            return Some(WithdrawReason::PeriodEnded);
        }
        let Some(step) = view.step_of(code_of(prompt)) else {
            let limited = matches!(view.reading.limit, Some(Limit::Of(_)));
            return Some(if limited {
                WithdrawReason::Superseded
            } else {
                WithdrawReason::Owned
            });
        };
        if view.top > step.count && !fault!(28) {
            return Some(WithdrawReason::Superseded);
        }
        // A level that fell far enough, or a limit that was raised, has settled the matter.
        let settled =
            step.passed.is_none() || view.settled(step) || step.identity != exposure.occasion;
        settled.then_some(WithdrawReason::Owned)
    }

    /// Paints what is open in memory and not on this screen: after a reload, or from another tab.
    fn paint_again(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let prompts = self.plim.root().prompts();
        let mut open: Vec<(u32, u32, Exposure)> = ledger::exposures(&self.memory)
            .filter(|exposure| exposure.open() && exposure.surface != Surface::Toast)
            .filter(|exposure| {
                !self
                    .shown
                    .iter()
                    .any(|shown| shown.exposure.id == exposure.id)
            })
            .filter_map(|exposure| {
                let index = self.instance(exposure.prompt, exposure.subject)?;
                Some((prompts.get(index)?.rank(), index, exposure))
            })
            .collect();
        open.sort_unstable_by_key(|(rank, index, _)| (*rank, *index));
        for (_, index, exposure) in open {
            let slot = slot_of(exposure.surface);
            let inline = exposure.surface == Surface::Inline;
            let taken = self
                .shown
                .iter()
                .any(|shown| slot_of(shown.exposure.surface) == slot);
            let interrupts = exposure.surface.lane() == Lane::Interrupt;
            let unpaintable = self.failed.contains(&index);
            let held = self.page_hold(exposure.surface, interrupts, now).is_some();
            if (taken && !inline) || held || unpaintable || !self.account.known {
                continue;
            }
            let amount = i64::from(exposure.occasion != 0 && interrupts);
            self.shown.push(Shown {
                index,
                exposure,
                number: 0,
                rendered: false,
                repaint: true,
                acting: false,
                amount,
            });
            if let Some(prompt) = self.build(exposure.id, now) {
                out.push(Effect::Present(Box::new(prompt)));
            }
        }
    }

    /// An open dialog waits for the lease when nothing else holds it back.
    fn open_interrupt_wants_lease(&self, now: Timestamp) -> bool {
        let waiting = ledger::exposures(&self.memory)
            .any(|exposure| exposure.open() && exposure.surface.lane() == Lane::Interrupt);
        waiting
            && self
                .page_hold(Surface::Modal, true, now)
                .is_none_or(|hold| hold.reason == HoldReason::Lease)
    }

    fn present(
        &mut self,
        index: u32,
        fired: &Fired,
        surface: Surface,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let Some(prompt) = self.plim.root().prompts().get(index) else {
            return;
        };
        if self.failed.contains(&index) {
            return;
        }
        let inline = surface == Surface::Inline;
        let open_inline = |shown: &Shown| inline && shown.index == index;
        if self.shown.iter().any(open_inline) {
            return;
        }
        let subject = self.subject_key(prompt);
        let number = ledger::occasion(&self.memory, fired.occasion).showings;
        let id = ledger::exposure_id(
            &self.identity.user,
            self.identity.writer.0,
            prompt.key(),
            subject,
            fired.occasion,
            number,
        );
        let exposure = Exposure {
            id,
            prompt: prompt.key(),
            subject,
            occasion: fired.occasion,
            rendered: now,
            closed: 0,
            surface,
            epoch: self.account.epoch,
        };
        self.shown.push(Shown {
            index,
            exposure,
            number,
            rendered: false,
            repaint: false,
            acting: false,
            amount: fired.amount,
        });
        if let Some(prompt) = self.build(id, now) {
            out.push(Effect::Present(Box::new(prompt)));
        }
    }

    /// The prompt as it is to be painted now.
    pub(super) fn build(&self, id: ExposureId, now: Timestamp) -> Option<Prompt> {
        let shown = self.shown.iter().find(|shown| shown.exposure.id == id)?;
        let prompt = self.plim.root().prompts().get(shown.index)?;
        let Resolved {
            mut actions,
            next_plan,
            next_limit,
        } = self.resolve(prompt, shown.amount, now);
        if shown.exposure.surface == Surface::Toast {
            use super::input::ActionKind::{Later, Never};
            actions.retain(|kind| !matches!(kind, Later | Never));
        }
        let meter = (prompt.subject_kind() == 1).then(|| prompt.subject());
        let reading = meter
            .and_then(|meter| self.meters.get(meter as usize))
            .map(|view| view.reading);
        let date = match (prompt.trigger(), &reading) {
            (4, _) => self.account.trial_ends,
            (_, Some(reading)) => Some(reading.period_end).filter(|end| end.0 > 0),
            _ => None,
        };
        Some(Prompt {
            exposure: id,
            prompt: shown.index,
            surface: shown.exposure.surface,
            meter,
            feature: (prompt.subject_kind() == 2).then(|| prompt.subject()),
            reading,
            plan: self.account.plan,
            next_plan,
            next_limit,
            date,
            // Whoever may buy needs nobody named who may.
            owner: if self.account.can_purchase {
                String::new()
            } else {
                self.owner.clone()
            },
            actions,
            repaint: shown.repaint,
        })
    }

    /// Sends current figures to what is on the screen.
    pub(super) fn update(&self, id: ExposureId, now: Timestamp, out: &mut Vec<Effect>) {
        if let Some(prompt) = self.build(id, now) {
            out.push(Effect::Update(Box::new(prompt)));
        }
    }

    /// Updates every prompt on the screen that is about a meter.
    pub(super) fn update_meter(&self, meter: u32, now: Timestamp, out: &mut Vec<Effect>) {
        let about_it = |shown: &&Shown| {
            self.plim
                .root()
                .prompts()
                .get(shown.index)
                .is_some_and(|prompt| prompt.subject_kind() == 1 && prompt.subject() == meter)
        };
        // What is not painted yet was presented with these very figures.
        for shown in self
            .shown
            .iter()
            .filter(|shown| shown.rendered)
            .filter(about_it)
        {
            self.update(shown.exposure.id, now, out);
        }
    }

    /// What an event says of a showing.
    pub(super) fn about(&self, exposure: &Exposure) -> Option<About> {
        let index = self.instance(exposure.prompt, exposure.subject)?;
        let prompt = self.plim.root().prompts().get(index)?;
        let percent = match self.meters.get(prompt.subject() as usize) {
            Some(view) if prompt.subject_kind() == 1 => match view.reading.limit {
                Some(Limit::Of(_)) => Some(view.reading.basis_points / 100),
                _ => None,
            },
            _ => None,
        };
        Some(About {
            exposure: exposure.id,
            prompt: index,
            surface: exposure.surface,
            percent,
        })
    }

    fn record_held(
        &mut self,
        judgement: &Judgement,
        reason: HoldReason,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        use super::effect::Stage::{Choice, Pacing};
        let worth = matches!(reason.stage(), Choice | Pacing)
            || matches!(reason, HoldReason::Busy | HoldReason::QuietHours);
        let day = now.0 / DAY_MS;
        let entry = (judgement.prompt, reason, day);
        if worth && !self.held.contains(&entry) && self.held.len() < HELD_MAX {
            self.held.retain(|(_, _, known)| *known == day);
            self.held.push(entry);
            out.push(Effect::Record(Event::PromptHeld {
                prompt: judgement.prompt,
                reason,
            }));
        }
    }
}
