//! Variants: which instances of prompts and which thresholds stand in which arms of which experiments.
//! Owns the lists of arms that the arena carries; knows neither texts nor how arms are dealt.
//! `compile` writes one record for each; a policy without experiments has one variant of everything.

use super::Policy;
use super::experiment::{Arm, Experiment, thresholds_of};
use super::prompt::Prompt;
use super::subject::Threshold;
use super::trigger::About;
use crate::plim::ThresholdDraft;

/// The bit of those who are in no arm.
const NO_ARM: u32 = 1;

/// Where something stands: in the policy itself or only in arms, and for each experiment in which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Standing {
    in_policy: bool,
    /// The index of each experiment that speaks of it, ascending, with bit 0 for no arm, then one bit an arm.
    masks: Vec<(usize, u32)>,
}

impl Standing {
    fn of_policy(experiments: &[Experiment]) -> Self {
        let masks = (0..experiments.len()).map(|index| (index, NO_ARM));
        Self {
            in_policy: true,
            masks: masks.collect(),
        }
    }

    /// Experiments come in their order.
    fn add(&mut self, experiment: usize, arm: usize) {
        match self.masks.iter_mut().rfind(|(own, _)| *own <= experiment) {
            Some((own, mask)) if *own == experiment => *mask |= bit(arm),
            _ => self.masks.push((experiment, bit(arm))),
        }
    }

    /// As the arena has it: 1 when all that follow have to hold, 0 when one is enough, then the index of
    /// each experiment that matters and its mask. Empty for what stands whatever the arms are.
    fn words(&self, experiments: &[Experiment]) -> Vec<u32> {
        let mut words = vec![u32::from(self.in_policy)];
        for (index, mask) in &self.masks {
            let arms = experiments.get(*index).map_or(0, |own| own.arms.len());
            let all = NO_ARM | (0..arms).map(bit).fold(0, |all, bit| all | bit);
            if *mask != all {
                words.extend([u32::try_from(*index).unwrap_or(u32::MAX), *mask]);
            }
        }
        if self.in_policy && words.len() == 1 {
            words.clear();
        }
        words
    }
}

fn bit(arm: usize) -> u32 {
    u32::try_from(arm)
        .ok()
        .and_then(|arm| NO_ARM.checked_shl(arm.saturating_add(1)))
        .unwrap_or(0)
}

/// A prompt about one subject, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Variant<'p> {
    pub prompt: &'p Prompt,
    /// Its place among prompts of one rank.
    pub order: usize,
    /// Index of its meter or feature; 0 when it is about neither.
    pub subject: usize,
    /// The list of arms, as the arena has it.
    pub arms: Vec<u32>,
}

/// All instances of all prompts that are on, in the policy's order; prompts that only arms have come last.
pub(super) fn variants<'p>(
    prompts: &'p [Prompt],
    experiments: &'p [Experiment],
) -> Vec<Variant<'p>> {
    let mut all = Instances::default();
    for (order, prompt) in prompts.iter().enumerate() {
        all.stand(prompt, order, &mut |standing| {
            *standing = Standing::of_policy(experiments);
        });
    }
    for (index, place, arm) in arms_of(experiments) {
        for (order, prompt) in arm.prompts.iter().enumerate() {
            let of_policy = prompts.iter().position(|own| own.id == prompt.id);
            let order = of_policy.unwrap_or(prompts.len().saturating_add(order));
            all.stand(prompt, order, &mut |standing| standing.add(index, place));
        }
    }
    // An arm's variant stands where the policy's own does.
    all.found.sort_by_key(|(variant, _)| variant.order);
    let written = all.found.into_iter().map(|(variant, standing)| Variant {
        arms: standing.words(experiments),
        ..variant
    });
    written.collect()
}

/// The instances found so far.
#[derive(Default)]
struct Instances<'p> {
    found: Vec<(Variant<'p>, Standing)>,
    /// Prompts that say different things, and by subject the place of the instance, from 1.
    known: Vec<(&'p Prompt, Vec<usize>)>,
}

impl<'p> Instances<'p> {
    /// Notes where a prompt stands, in all of its instances.
    fn stand(&mut self, prompt: &'p Prompt, order: usize, note: &mut dyn FnMut(&mut Standing)) {
        let same = |(own, _): &(&Prompt, _)| own.id == prompt.id && own.says_as(prompt);
        let known = self.known.iter().position(same);
        let known = known.unwrap_or_else(|| {
            self.known.push((prompt, Vec::new()));
            self.known.len().saturating_sub(1)
        });
        let Some((_, places)) = self.known.get_mut(known) else {
            return;
        };
        let subjects: &[usize] = match &prompt.about {
            _ if !prompt.is_on => &[],
            About::Account => &[0],
            About::Meters(indexes) | About::Features(indexes) => indexes,
        };
        for subject in subjects {
            if places.len() <= *subject {
                places.resize(subject.saturating_add(1), 0);
            }
            let Some(place) = places.get_mut(*subject) else {
                continue;
            };
            if *place == 0 {
                let variant = Variant {
                    prompt,
                    order,
                    subject: *subject,
                    arms: Vec::new(),
                };
                self.found.push((variant, Standing::default()));
                *place = self.found.len();
            }
            if let Some((_, standing)) = self.found.get_mut(place.saturating_sub(1)) {
                note(standing);
            }
        }
    }
}

fn arms_of(experiments: &[Experiment]) -> impl Iterator<Item = (usize, usize, &Arm)> {
    let experiments = experiments.iter().enumerate();
    experiments.flat_map(|(index, experiment)| {
        let arms = experiment.arms.iter().enumerate();
        arms.map(move |(place, arm)| (index, place, arm))
    })
}

impl Policy {
    /// The thresholds of a meter in the policy and in every arm, and where each stands.
    pub(super) fn thresholds_on(&self, meter: usize) -> Vec<ThresholdDraft> {
        let mut found: Vec<(Threshold, Standing)> = Vec::new();
        let own = thresholds_of(&self.subjects, &self.thresholds, &self.prompts);
        for threshold in own.get(meter).into_iter().flatten() {
            found.push((*threshold, Standing::of_policy(&self.experiments)));
        }
        for (index, place, arm) in arms_of(&self.experiments) {
            for threshold in arm.thresholds.get(meter).into_iter().flatten() {
                let at = found.binary_search_by_key(threshold, |(own, _)| *own);
                let at = at.unwrap_or_else(|at| {
                    found.insert(at, (*threshold, Standing::default()));
                    at
                });
                if let Some((_, standing)) = found.get_mut(at) {
                    standing.add(index, place);
                }
            }
        }
        let drafts = found
            .into_iter()
            .map(|(threshold, standing)| ThresholdDraft {
                kind: threshold.kind,
                value: threshold.value,
                arms: standing.words(&self.experiments),
            });
        drafts.collect()
    }
}
