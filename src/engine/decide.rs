//! The decision: takes back what may no longer stand, paints again what is open, shows what won.
//! Owns what is on the screen of this tab; knows nothing of how stages judge.
//! Called by `handle` after every input that could change anything.

use super::effect::{About, Effect, Event, HoldReason, Projected, Prompt, Surface, WithdrawReason};
use super::entry::Entry;
use super::input::Actions;
use super::judge::{Judgement, LEASE_WAIT_MS, stands_as};
use super::ledger::{self, Closed, EXPOSURE_MS, Exposure, no_later_than};
use super::memory::Table;
use super::{Engine, record};
use crate::plim::NONE;
use crate::unit::{ExposureId, Millis, Timestamp};

/// A toast that no tab reports as faded ends after this.
const TOAST_MS: Millis = 60_000;

/// A prompt on the screen of this tab, or on its way there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// Index of the prompt.
    pub index: u32,
    /// What memory keeps of it, or will.
    pub exposure: Exposure,
    /// The number of this showing for its occasion; -1 for one that was open before and is painted again.
    pub number: i64,
    /// It is on the screen.
    pub rendered: bool,
    /// An action was pressed and is under way.
    pub acting: bool,
    /// Its figures have changed since it was painted.
    pub stale: bool,
    /// The amount of the blocked attempt it answers.
    pub amount: i64,
    /// The buttons it was painted with.
    pub actions: Actions,
}

impl Shown {
    /// Whether it was open before and is painted again.
    pub fn repaint(&self) -> bool {
        self.number < 0
    }
}

/// A blocked attempt that waits for its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hit {
    /// Its id; 0 when none waits.
    pub occasion: u64,
    pub at: Timestamp,
    pub amount: i64,
}

impl Engine {
    /// Brings the screen in line with what is known now; a meter narrows it to the prompts about it,
    /// [`NONE`] asks for all.
    pub(super) fn decide(&mut self, now: Timestamp, meter: u32, out: &mut Vec<Effect>) {
        self.take_back_question(now, out);
        let others = self.others(now, meter);
        let mut meter = meter;
        let judgements = self.clear_and_survey(now, &mut meter, out);
        self.diverge(&others, &judgements, out);
        let mut wants_lease = self.open_interrupt_wants_lease(now);
        if meter == NONE {
            self.eligible_at = Timestamp::MAX;
        }
        for judgement in &judgements {
            match judgement.held {
                None => {
                    if let Some(hit) = self.hit_of(judgement) {
                        *hit = Hit::default();
                    }
                    self.present(judgement, now, out);
                }
                Some(reason) => {
                    wants_lease |= reason == HoldReason::Lease;
                    self.note_eligible(judgement.until);
                    self.record_held(judgement.prompt, reason, now, out);
                }
            }
        }
        self.answer_hits(now, &judgements, out);
        for shown in &self.shown {
            wants_lease |= shown.exposure.interrupts();
        }
        if wants_lease != self.lease_wanted && (meter == NONE || wants_lease) {
            self.lease_wanted = wants_lease;
            out.push(Effect::Want { lease: wants_lease });
        }
    }

    /// Takes back, paints again, and judges what is new.
    #[inline(never)]
    pub(super) fn clear_and_survey(
        &mut self,
        now: Timestamp,
        meter: &mut u32,
        out: &mut Vec<Effect>,
    ) -> Vec<Judgement> {
        let before = out.len();
        self.take_back(now, out);
        // What was taken back makes room for prompts about anything.
        if out.len() > before && !fault!(36) {
            *meter = NONE;
        }
        self.paint_again(now, out);
        self.survey(now, *meter, false)
    }

    fn note_eligible(&mut self, until: Timestamp) {
        if until.0 > 0 {
            self.eligible_at = self.eligible_at.min(until);
        }
    }

    /// The blocked attempt that a judgement is about, when it still waits for its answer.
    fn hit_of(&mut self, judgement: &Judgement) -> Option<&mut Hit> {
        let entry = self.entries.get(judgement.prompt as usize)?;
        let view = self.meters.get_mut(entry.meter as usize)?;
        (view.hit.occasion == judgement.occasion).then_some(&mut view.hit)
    }

    /// A blocked attempt always gets an answer: what was not shown as a dialog comes as a toast.
    fn answer_hits(&mut self, now: Timestamp, judgements: &[Judgement], out: &mut Vec<Effect>) {
        let mut waits = 0;
        for judgement in judgements {
            let Some(hit) = self.hit_of(judgement) else {
                continue;
            };
            let until = judgement.since.plus(LEASE_WAIT_MS);
            let waits_on = judgement.held == Some(HoldReason::Lease) && now < until;
            if waits_on || waits == judgement.occasion {
                waits = judgement.occasion;
                self.note_eligible(until);
                continue;
            }
            *hit = Hit::default();
            let mut shown = self.shown.iter_mut();
            if let Some(shown) = shown.find(|shown| shown.index == judgement.prompt) {
                // The answer is on the screen already; its figures are brought up to date.
                shown.amount = judgement.amount;
                shown.stale = true;
                continue;
            }
            self.remove_toast(out);
            let toast = Judgement {
                surface: Surface::Toast,
                ..*judgement
            };
            self.present(&toast, now, out);
        }
    }

    fn remove_toast(&mut self, out: &mut Vec<Effect>) {
        let mut shown = self.shown.iter();
        let toast = shown.position(|shown| shown.exposure.surface() == Surface::Toast);
        if let Some(place) = toast
            && let Some(shown) = self.shown.get(place)
        {
            ledger::close(&mut self.memory, shown.exposure.id(), Closed::Faded);
            self.dirty.memory = true;
            self.hide(place, WithdrawReason::Superseded, out);
        }
    }

    /// Where a showing is on this screen; beyond its end when it is not.
    pub(super) fn place_of(&self, id: ExposureId) -> usize {
        let mut shown = self.shown.iter();
        shown
            .position(|shown| shown.exposure.id() == id)
            .unwrap_or(usize::MAX)
    }

    /// Takes what is at a place off the screen.
    pub(super) fn hide(&mut self, place: usize, reason: WithdrawReason, out: &mut Vec<Effect>) {
        if place < self.shown.len() {
            let exposure = self.shown.remove(place).exposure.id();
            out.push(Effect::Withdraw { exposure, reason });
        }
    }

    /// Withdraws what may no longer stand, on the screen here or open in memory.
    /// Whether something that is open may no longer stand.
    pub(super) fn any_over(&self, now: Timestamp) -> bool {
        let mut open = ledger::open_exposures(&self.memory);
        open.any(|exposure| self.over(exposure, now).is_some())
    }

    fn take_back(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let mut last = 0;
        // Each is asked about once, whatever memory holds.
        while let Some(&exposure) = ledger::open_after(&self.memory, last) {
            last = exposure.a;
            if let Some(reason) = self.over(&exposure, now) {
                self.end(&exposure, reason, now, out);
            }
        }
        let mut place = 0;
        while let Some(shown) = self.shown.get(place) {
            let (exposure, acting) = (shown.exposure, shown.acting);
            let waits = exposure.interrupts() && !acting && !self.context.lease;
            let mut reason = match ledger::exposure(&self.memory, exposure.id()) {
                // Not rendered yet: nothing to remember, only the screen to clear.
                None => self.over(&exposure, now),
                Some(kept) if kept.open() => None,
                Some(_) if acting => self.ended(&exposure, now),
                Some(kept) if kept.closed() >= Closed::Close as i64 => {
                    Some(WithdrawReason::Answered)
                }
                // Another tab ended it; what it saw has come here with its memory.
                Some(_) => self
                    .ended(&exposure, now)
                    .or(Some(WithdrawReason::Superseded)),
            };
            if waits && !fault!(1) {
                reason = reason.or(Some(WithdrawReason::Lease));
            }
            match reason {
                Some(reason) => self.hide(place, reason, out),
                None => place = place.wrapping_add(1),
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
            WithdrawReason::Expired if exposure.surface() == Surface::Toast => Closed::Faded,
            WithdrawReason::Expired => Closed::Expired,
            _ => Closed::Withdrawn,
        };
        ledger::close(&mut self.memory, exposure.id(), how);
        self.dirty.memory = true;
        // Seven days without an answer count as `later`, from when it ran out, not from when a page came to
        // notice. A stored memory may bring back one that ran out before: what was said then or since stands.
        let ran_out = exposure.rendered().plus(EXPOSURE_MS).min(now);
        if how == Closed::Expired && ledger::said_at(&self.memory, exposure.about()) < ran_out {
            self.climb(exposure, ran_out);
        }
        if matches!(reason, WithdrawReason::Owned | WithdrawReason::Converted) {
            ledger::answer(&mut self.memory, exposure.occasion(), now);
        }
        if how != Closed::Faded
            && let Some(about) = self.about(exposure)
        {
            record(Event::PromptWithdrawn { about, reason }, out);
        }
        self.hide(self.place_of(exposure.id()), reason, out);
    }

    /// Why an exposure may not stand any longer, if so.
    fn over(&self, exposure: &Exposure, now: Timestamp) -> Option<WithdrawReason> {
        let reason = self.ended(exposure, now);
        if reason.is_none() && self.answered_elsewhere(exposure, now) {
            return Some(WithdrawReason::Answered);
        }
        reason
    }

    /// Whether a person has answered what an exposure is about, in a tab that had not met the one which
    /// opened it.
    fn answered_elsewhere(&self, exposure: &Exposure, now: Timestamp) -> bool {
        let epoch = self.account.epoch;
        let (_, until) = ledger::choice(&self.memory, exposure.about(), epoch, now);
        // What stands in the page spends nothing: only a choice takes it away.
        let spends = exposure.surface() != Surface::Inline;
        let answered = || ledger::occasion(&self.memory, exposure.occasion()).answered;
        exposure.surface() != Surface::Toast && (until > now || spends && answered())
    }

    /// Why an open exposure has to end now, if it has to.
    pub(super) fn ended(&self, exposure: &Exposure, now: Timestamp) -> Option<WithdrawReason> {
        // First, because what ran out in an epoch that is over says nothing in this one.
        if self.account.known && exposure.epoch() != self.account.epoch && !fault!(13) {
            return Some(WithdrawReason::PlanChanged);
        }
        let toast = exposure.surface() == Surface::Toast;
        let rendered = no_later_than(exposure.rendered(), now);
        if now.since(rendered) >= if toast { TOAST_MS } else { EXPOSURE_MS } {
            return Some(WithdrawReason::Expired);
        }
        if self.converted_until(now).0 > 0 {
            return Some(WithdrawReason::Converted);
        }
        if !self.account.known {
            return None;
        }
        let Some(entry) = self.entry_of(exposure).filter(|entry| entry.stands) else {
            return Some(WithdrawReason::Gone);
        };
        if toast {
            return None;
        }
        match self.owned_hold(entry, now) {
            Some(HoldReason::Provisional) => return Some(WithdrawReason::PeriodEnded),
            Some(HoldReason::UnknownPlan) => return Some(WithdrawReason::PlanChanged),
            Some(_) => return Some(WithdrawReason::Owned),
            None => {}
        }
        let Some(view) = self.meters.get(entry.meter as usize) else {
            let over = entry.trigger == 4 && !self.trial_ends_within(entry.value, now);
            return over.then_some(WithdrawReason::PeriodEnded);
        };
        if rendered < view.reading.period_start {
            return Some(WithdrawReason::PeriodEnded);
        }
        if entry.trigger == 2 {
            return None;
        }
        if entry.trigger == 5 {
            let settled = self.projected(entry.meter, now).at.0 == 0 && !fault!(43);
            return settled.then_some(if view.reading.used < view.reading.limit.0 {
                WithdrawReason::Owned
            } else {
                WithdrawReason::Superseded
            });
        }
        let Some(step) = view.step_of(entry.code) else {
            return Some(if view.reading.limit.0 > 0 {
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
            step.passed.is_none() || view.settled(step) || step.identity != exposure.occasion();
        settled.then_some(WithdrawReason::Owned)
    }

    /// Paints what is open in memory and not on this screen: after a reload, or from another tab.
    fn paint_again(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        // One at a time, because each stands in the way of others; the one that goes first comes first.
        while let Some((index, &exposure)) = self.next_to_paint_again(now) {
            let amount = i64::from(exposure.occasion() != 0 && exposure.interrupts());
            self.paint(index, exposure, -1, amount, now, out);
        }
    }

    fn next_to_paint_again(&self, now: Timestamp) -> Option<(u32, &Exposure)> {
        let (mut next, mut least) = (None, u64::MAX);
        for exposure in ledger::open_exposures(&self.memory) {
            if exposure.surface() == Surface::Toast || !self.account.known {
                continue;
            }
            let inline = exposure.surface() == Surface::Inline;
            let in_the_way = |shown: &Shown| {
                shown.exposure.id() == exposure.id()
                    || !inline
                        && stands_as(shown.exposure.surface()) == stands_as(exposure.surface())
            };
            let interrupts = exposure.interrupts();
            let Some(entry) = self.entry_of(exposure) else {
                continue;
            };
            let order = u64::from(entry.rank) << 32 | u64::from(entry.index);
            if order < least
                && !entry.failed
                && !self.shown.iter().any(in_the_way)
                && self
                    .page_hold(exposure.surface(), interrupts, now)
                    .is_none()
            {
                least = order;
                next = Some((entry.index, exposure));
            }
        }
        next
    }

    /// An open dialog waits for the lease when nothing else holds it back.
    fn open_interrupt_wants_lease(&self, now: Timestamp) -> bool {
        for exposure in ledger::open_exposures(&self.memory) {
            if exposure.interrupts() {
                let held = self.page_hold(Surface::Modal, true, now);
                return matches!(held, None | Some(HoldReason::Lease));
            }
        }
        false
    }

    fn present(&mut self, judgement: &Judgement, now: Timestamp, out: &mut Vec<Effect>) {
        let (index, surface) = (judgement.prompt, judgement.surface);
        let Some(entry) = self.entries.get(index as usize) else {
            return;
        };
        let mut shown = self.shown.iter();
        let same = |shown: &Shown| shown.exposure.about() == entry.about;
        let open = surface == Surface::Inline && shown.any(same);
        if open || entry.failed {
            return;
        }
        let occasion = judgement.occasion;
        let mut number = ledger::occasion(&self.memory, occasion).showings;
        let mut id = ExposureId(0);
        // What stands in the page spends nothing, so its showings are counted by those that have ended.
        while id.0 == 0 || ledger::exposure(&self.memory, id).is_some_and(|ended| !ended.open()) {
            id = ledger::exposure_id(
                &self.identity.user,
                self.identity.writer.0,
                entry.key,
                entry.subject_key,
                occasion,
                number,
            );
            number = number.wrapping_add(1);
        }
        let number = number.wrapping_sub(1);
        let exposure = Exposure {
            table: Table::Exposure,
            a: id.0,
            b: 0,
            v: [
                entry.about as i64,
                occasion as i64,
                now.0.wrapping_neg(),
                0,
                0,
                surface as i64,
                self.account.epoch,
                0,
            ],
        };
        self.paint(index, exposure, number, judgement.amount, now, out);
    }

    fn paint(
        &mut self,
        index: u32,
        exposure: Exposure,
        number: i64,
        amount: i64,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        let mut shown = Shown {
            index,
            exposure,
            number,
            rendered: false,
            acting: false,
            stale: false,
            amount,
            actions: Actions::default(),
        };
        if let Some(prompt) = self.build(&shown, now) {
            shown.actions = prompt.actions;
            out.push(Effect::Present(prompt));
        }
        self.shown.push(shown);
    }

    /// The buttons that a prompt on the screen has now.
    pub(super) fn offered(&self, shown: &Shown, now: Timestamp) -> Actions {
        let Some(entry) = self.entries.get(shown.index as usize) else {
            return Actions::default();
        };
        let actions = self.actions(entry, self.next_plan(entry, shown.amount), now);
        if shown.exposure.surface() == Surface::Toast {
            actions.offers()
        } else {
            actions
        }
    }

    /// What this person may do may have changed: where that is so, what is on the screen is painted anew.
    pub(super) fn touch_offers(&mut self, now: Timestamp) {
        for place in 0..self.shown.len() {
            let offered = self.shown.get(place).map(|shown| self.offered(shown, now));
            if let Some(shown) = self.shown.get_mut(place) {
                shown.stale |= offered != Some(shown.actions) && !fault!(65);
            }
        }
    }

    /// The prompt as it is to be painted now.
    pub(super) fn build(&self, shown: &Shown, now: Timestamp) -> Option<Box<Prompt>> {
        let entry = self.entries.get(shown.index as usize)?;
        let view = self.meters.get(entry.meter as usize);
        let next_plan = self.next_plan(entry, shown.amount);
        let reading = view.map(|view| view.reading);
        Some(Box::new(Prompt {
            exposure: shown.exposure.id(),
            prompt: shown.index,
            surface: shown.exposure.surface(),
            reading,
            projected: if entry.trigger == 5 {
                self.projected(entry.meter, now)
            } else {
                Projected::default()
            },
            plan: self.account.plan,
            next_plan,
            next_limit: self.next_limit(entry, next_plan),
            date: match reading {
                Some(reading) => reading.period_end,
                None if entry.trigger == 4 => self.account.trial_ends,
                None => Timestamp(0),
            },
            // Whoever may buy needs nobody named who may.
            owner: if self.account.can_purchase {
                String::new()
            } else {
                self.owner.clone()
            },
            actions: self.offered(shown, now),
            repaint: shown.repaint(),
        }))
    }

    /// The figures of a meter have changed: what is on the screen about it is painted anew.
    /// What is not painted yet is painted with them.
    pub(super) fn touch(&mut self, meter: u32) {
        for shown in &mut self.shown {
            let entry = self.entries.get(shown.index as usize);
            let about = entry.is_some_and(|entry| entry.meter == meter);
            shown.stale |= about && (shown.rendered || !fault!(71));
        }
    }

    /// Sends current figures to what is on the screen with old ones.
    pub(super) fn update(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        for place in 0..self.shown.len() {
            if let Some(shown) = self.shown.get_mut(place)
                && core::mem::take(&mut shown.stale)
            {
                let shown = *shown;
                if let Some(prompt) = self.build(&shown, now) {
                    if let Some(shown) = self.shown.get_mut(place) {
                        shown.actions = prompt.actions;
                    }
                    out.push(Effect::Update(prompt));
                }
            }
        }
    }

    /// What an event says of a showing.
    pub(super) fn about(&self, exposure: &Exposure) -> Option<About> {
        let entry = self.entry_of(exposure)?;
        let view = self.meters.get(entry.meter as usize);
        let percent = match view {
            Some(view) if view.reading.limit.0 > 0 => view.reading.basis_points / 100,
            _ => -1,
        };
        Some(About {
            exposure: exposure.id(),
            prompt: entry.index,
            surface: exposure.surface(),
            percent,
        })
    }

    /// The prompt that an exposure is of, where the policy still has it.
    pub(super) fn entry_of(&self, exposure: &Exposure) -> Option<&Entry> {
        let mut known = None;
        for entry in &self.entries {
            // Of those that experiments made of one prompt, the one in this arm.
            if entry.about == exposure.about() && (entry.stands || known.is_none()) {
                known = Some(entry);
                if entry.stands {
                    break;
                }
            }
        }
        known
    }

    /// Holds are recorded once for each prompt and reason in a day.
    fn record_held(
        &mut self,
        prompt: u32,
        reason: HoldReason,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        // What the person chose, what was too much, and a page that is busy or quiet: the rest says
        // nothing that a policy's author could act on.
        let worth = (HoldReason::Never..=HoldReason::WeeklyBudget).contains(&reason)
            || matches!(reason, HoldReason::Busy | HoldReason::QuietHours);
        if worth
            && let Some(entry) = self.entries.get_mut(prompt as usize)
            && entry.is_news(reason, now)
        {
            record(Event::PromptHeld { prompt, reason }, out);
        }
    }
}
