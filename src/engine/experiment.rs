//! Experiments: which arm this unit is in, what stands in it, and the first step at which arms differ.
//! Owns the arms of a page life and the evaluation of the others; how a unit is dealt is `targeting`'s.
//! `refresh` deals, every decision asks what stands, and has the other arms judged beside its own.

use super::effect::{Effect, Event, Surface};
use super::judge::{Judgement, aside};
use super::ledger;
use super::memory::Table;
use super::{Engine, record};
use crate::json::Json;
use crate::plim::{Experiment, List, NONE, Pacing};
use crate::targeting::arm::{self, Draw, Outside};
use crate::unit::{Digest, Timestamp};

/// Where this unit stands in the experiments of the policy.
#[derive(Clone, Debug, Default)]
pub(super) struct Arms {
    /// By experiment: 0 for no arm, else its index and 1.
    pub dealt: Vec<u32>,
    /// Arms that the page's address asked for, as `dealt`; they record nothing.
    forced: Vec<u32>,
    /// The unit is held out.
    pub held_out: bool,
    /// Index of the pacing.
    pacing: u32,
}

/// Whether something stands under these arms, by its list in the compiled policy (`Prompt::arms`).
pub(super) fn stands(list: List<'_, u32>, arms: &[u32]) -> bool {
    let Some(all) = list.get(0) else {
        return true;
    };
    let mut at = 1_u32;
    while let (Some(experiment), Some(mask)) = (list.get(at), list.get(at.wrapping_add(1))) {
        let arm = arms.get(experiment as usize).copied().unwrap_or(0);
        let within = mask.wrapping_shr(arm) & 1;
        if within != all && !fault!(48) {
            return within == 1;
        }
        at = at.wrapping_add(2);
    }
    all == 1
}

impl Engine {
    /// The pacing of this unit's arms.
    pub(super) fn pacing(&self) -> Option<Pacing<'_>> {
        self.plim.root().pacing().get(self.arms.pacing)
    }

    /// Takes the arms that the page's address asks for: `?plimsoll-<experiment>=<index of the arm>`.
    pub(super) fn force(&mut self, address: &str) {
        self.arms.forced.clear();
        let experiments = self.plim.root().experiments();
        while let Some(experiment) = experiments.get(self.arms.forced.len() as u32) {
            let arms = experiment.names().len() as u32;
            let arm = arm::forced(address, "plimsoll-", experiment.id(), arms);
            self.arms.forced.push(arm.unwrap_or(NONE).wrapping_add(1));
        }
    }

    /// Finds the arms of this unit: those remembered for their phase, others by the hash of its id.
    pub(super) fn deal(&mut self, facts: &str, now: Timestamp, out: &mut Vec<Effect>) {
        let root = self.plim.root();
        let mut dealt = Vec::new();
        // An account may be held out of prompts without being in reach of any experiment.
        self.arms.held_out = arm::is_held_out(root.holdout(), &self.identity.account);
        while let Some(experiment) = root.experiments().get(dealt.len() as u32) {
            let index = dealt.len();
            let unit = self.unit(experiment);
            let place = place(experiment);
            let row = *self.memory.row(Table::Arm, place, 0);
            let kept = row[1] as u32;
            let draw = Draw {
                kept: kept.checked_sub(1),
                fits: aside(&self.plim, experiment.audience(), facts).is_none(),
                namespaces: experiment.namespaces(),
                holdout: root.holdout(),
                arms: experiment.arms(),
            };
            let drawn = arm::arm(&draw, unit);
            self.arms.held_out |= drawn == Err(Outside::Holdout);
            let own = drawn.unwrap_or(NONE).wrapping_add(1);
            if kept == 0 && own > 0 && (self.account.known || fault!(44)) {
                let assigned = [now.0.wrapping_neg(), i64::from(own)];
                self.memory.join(Table::Arm, place, 0, &assigned);
                self.dirty.memory = true;
                self.tell_of(index as u32, own, false, out);
            }
            let forced = *self.arms.forced.get(index).unwrap_or(&0);
            let forced = if fault!(45) { 0 } else { forced };
            dealt.push(if forced > 0 { forced } else { own });
        }
        self.arms.dealt = dealt;
        self.arrange();
    }

    /// Who is dealt to.
    fn unit(&self, experiment: Experiment<'_>) -> &str {
        if experiment.by_user() == 1 && !fault!(47) {
            &self.identity.user
        } else {
            &self.identity.account
        }
    }

    /// Brings prompts, thresholds and pacing in line with the arms.
    fn arrange(&mut self) {
        let root = self.plim.root();
        for entry in &mut self.entries {
            let prompt = root.prompts().get(entry.index);
            entry.stands = prompt.is_none_or(|prompt| stands(prompt.arms(), &self.arms.dealt));
        }
        self.arms.pacing = 0;
        for (index, own) in self.arms.dealt.iter().enumerate() {
            let arm = own.wrapping_sub(1);
            if let Some((experiment, _)) = self.plim.arm(index as u32, arm)
                && let Some(pacing) = experiment.pacing().get(arm)
            {
                self.arms.pacing = if fault!(46) {
                    0
                } else {
                    self.arms.pacing.max(pacing)
                };
            }
        }
        for (index, view) in self.meters.iter_mut().enumerate() {
            if let Some(meter) = root.meters().get(index as u32) {
                view.arrange(meter, &self.entries, &self.arms.dealt);
            }
        }
    }

    /// What each other arm would have on the screen at this step, by its experiment, asked before this unit's own
    /// arm acts. What was alike until now has left the same memory, so the others are judged as they would
    /// have been.
    pub(super) fn others(&mut self, now: Timestamp, meter: u32) -> Vec<(u32, u64)> {
        let mut others = Vec::new();
        for index in 0..self.arms.dealt.len() {
            let Some(experiment) = self.plim.root().experiments().get(index as u32) else {
                break;
            };
            let (place, count) = (place(experiment), experiment.names().len() as u32);
            let row = self.memory.row(Table::Arm, place, 0);
            let (own, diverged) = (row[1] as u32, row[2] > 0);
            if diverged || own == 0 || self.arms.dealt.get(index) != Some(&own) {
                continue;
            }
            for arm in 1..=count {
                if arm != own {
                    self.enter(index, arm);
                    others.push((index as u32, self.would(now, meter)));
                }
            }
            self.enter(index, own);
        }
        others
    }

    /// The first step at which an arm would do something else than this unit's own is recorded, once for each
    /// experiment and phase.
    pub(super) fn diverge(
        &mut self,
        others: &[(u32, u64)],
        judgements: &[Judgement],
        out: &mut Vec<Effect>,
    ) {
        if others.is_empty() {
            return;
        }
        let (own, mut last) = (self.screen(judgements), NONE);
        for (index, screen) in others {
            if *screen == own || *index == last {
                continue;
            }
            last = *index;
            if let Some(experiment) = self.plim.root().experiments().get(last) {
                let place = place(experiment);
                let mut row = *self.memory.row(Table::Arm, place, 0);
                row[2] = i64::from(!fault!(49));
                self.memory.join(Table::Arm, place, 0, &row);
                self.dirty.memory = true;
                self.tell_of(last, row[1] as u32, true, out);
            }
        }
    }

    #[inline(never)]
    fn enter(&mut self, experiment: usize, arm: u32) {
        if let Some(own) = self.arms.dealt.get_mut(experiment) {
            *own = arm;
        }
        self.arrange();
    }

    /// Decides, and takes it back.
    fn would(&mut self, now: Timestamp, mut meter: u32) -> u64 {
        let (shown, dirty) = (self.shown.clone(), self.dirty);
        // Memory changes only when something may no longer stand.
        let memory = self.any_over(now).then(|| self.memory.clone());
        let judgements = self.clear_and_survey(now, &mut meter, &mut Vec::new());
        let screen = self.screen(&judgements);
        (self.shown, self.dirty) = (shown, dirty);
        if let Some(memory) = memory {
            self.memory = memory;
        }
        screen
    }

    /// What is on the screen and what comes to it, as one number.
    fn screen(&self, judgements: &[Judgement]) -> u64 {
        // A sum, because what another arm calls by another name stands elsewhere in the policy's order.
        let mut screen = 0_u64;
        for exposure in ledger::open_exposures(&self.memory) {
            screen = screen.wrapping_add(exposure.a);
        }
        for shown in &self.shown {
            screen = screen.wrapping_add(shown.exposure.a);
        }
        for judgement in judgements {
            let Some(prompt) = self.plim.root().prompts().get(judgement.prompt) else {
                continue;
            };
            let mut surface = judgement.surface;
            if judgement.held.is_some() {
                // A blocked attempt has its answer, whatever holds the dialog.
                if prompt.trigger() != 2 {
                    continue;
                }
                surface = Surface::Toast;
            }
            let subject = i64::from(prompt.subject()) << 32 | surface as i64;
            let seen = Digest::default().number(i64::from(prompt.look()));
            screen = screen.wrapping_add(seen.number(subject).finish());
        }
        screen
    }

    fn tell_of(&self, experiment: u32, dealt: u32, diverged: bool, out: &mut Vec<Effect>) {
        let Some(of) = self.plim.root().experiments().get(experiment) else {
            return;
        };
        // Tabs and teammates who find the same make one message.
        let id = Digest::of(self.unit(of), place(of) as i64, i64::from(diverged));
        let arm = dealt.wrapping_sub(1);
        let event = Event::Experiment {
            experiment,
            arm,
            diverged,
            id,
        };
        record(event, out);
    }

    /// The arms that events carry: `{"experiment": "arm"}`, without those that were forced.
    pub fn write_arms(&self, json: &mut Json) {
        for (index, own) in self.arms.dealt.iter().enumerate() {
            if let Some((experiment, name)) = self.plim.arm(index as u32, own.wrapping_sub(1))
                && self.memory.row(Table::Arm, place(experiment), 0)[1] == i64::from(*own)
            {
                json.key(experiment.id()).string(name);
            }
        }
    }

    /// By the index of the experiment: 0 where this unit is in no arm, else the arm's index and 1.
    #[must_use]
    pub fn arms(&self) -> &[u32] {
        &self.arms.dealt
    }
}

/// Where memory keeps the arm of an experiment's phase.
fn place(experiment: Experiment<'_>) -> u64 {
    u64::from(experiment.key()) << 32 | u64::from(experiment.phase())
}
