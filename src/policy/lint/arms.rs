//! Arms of experiments that are on: their prompts and thresholds, looked at like those of the policy itself.
//! Owns what of them is the arm's own to tell; what the policy has without the arm is told there and not again.
//! A part of `lint`.

use super::{caps, of_prompt, reach, shared};
use crate::policy::Policy;
use crate::policy::experiment::Arm;
use crate::policy::pacing::Pacing;
use crate::policy::prompt::Prompt;
use crate::policy::tree::Tree;
use crate::policy::walk::{At, Walk};

/// An arm as the file writes it, where, and what stands in it.
pub(super) struct Branch<'p> {
    pub path: String,
    pub tree: &'p Tree,
    pub arm: &'p Arm,
    /// What it is compared with; none for the control itself.
    control: Option<&'p Arm>,
}

/// The arms of all experiments that are on.
pub(super) fn branches<'p>(tree: &'p Tree, policy: &'p Policy) -> Vec<Branch<'p>> {
    let mut found = Vec::new();
    for (index, item) in tree.items("experiments").iter().enumerate() {
        let mut experiments = policy.experiments.iter();
        let Some(experiment) = experiments.find(|own| item.is_called(&own.id)) else {
            continue;
        };
        let arms = item.items("arms").iter().zip(&experiment.arms);
        found.extend(arms.enumerate().map(|(place, (tree, arm))| Branch {
            path: format!("experiments[{index}].arms[{place}]"),
            tree,
            arm,
            control: experiment.arms.first().filter(|_| place > 0),
        }));
    }
    found
}

impl<'p> Branch<'p> {
    /// The prompts that the arm changes or adds, in its order.
    pub fn prompts(&self) -> impl Iterator<Item = (&'p Tree, &'p Prompt)> + use<'p> {
        let prompts = &self.arm.prompts;
        let items = self.tree.items("prompts").iter();
        items.filter_map(|item| {
            let mut named = prompts.iter().filter(|own| item.is_called(&own.id));
            Some((item, named.next()?))
        })
    }

    /// What is odd about its prompts, and about its thresholds beside prompts that it leaves alone.
    pub fn check(&self, walk: &mut Walk, policy: &Policy) {
        let (at, before) = (&At::Path(&self.path), walk.errors.len());
        reach::thresholds(walk, self.tree, at, policy);
        let draft = |arm: &Arm| {
            let own = arm.pacing.as_ref();
            own.unwrap_or(&policy.pacing.draft).clone()
        };
        let pacing = Pacing {
            draft: draft(self.arm),
            groups: policy.pacing.groups.clone(),
        };
        if pacing.draft.ladder_ms != policy.pacing.draft.ladder_ms {
            caps::ladder(walk, at, &pacing);
        }
        let place = At::Field(at, "prompts");
        let changed: Vec<&Prompt> = self.prompts().map(|(_, prompt)| prompt).collect();
        for (index, prompt) in changed.iter().enumerate() {
            let told = changed.get(..=index).unwrap_or_default();
            let others = but(&self.arm.prompts, told);
            new_only(
                walk,
                base_of(prompt, policy),
                &|walk, base| {
                    let others = but(&policy.prompts, &[base]);
                    of_prompt(
                        walk,
                        &At::Item(&place, index),
                        base,
                        &others,
                        policy,
                        &policy.pacing,
                    );
                },
                &|walk| {
                    of_prompt(
                        walk,
                        &At::Item(&place, index),
                        prompt,
                        &others,
                        policy,
                        &pacing,
                    )
                },
            );
        }
        let name = self
            .tree
            .member("thresholds")
            .map_or("meters", |_| "thresholds");
        let place = &At::Field(at, name);
        let left = but(&self.arm.prompts, &changed);
        let (own, built_in): (Vec<&Prompt>, Vec<&Prompt>) =
            left.into_iter().partition(|prompt| prompt.is_own);
        for prompt in built_in {
            let compare = |walk: &mut Walk, prompt: &Prompt| {
                shared::check(walk, place, prompt, &own, &policy.subjects);
            };
            new_only(walk, base_of(prompt, policy), &compare, &|walk| {
                compare(walk, prompt);
            });
        }
        let is_same = |control: &&Arm| {
            control.prompts == self.arm.prompts
                && control.thresholds == self.arm.thresholds
                && draft(control) == pacing.draft
        };
        if let Some(control) = self.control.filter(is_same)
            && walk.errors.len() == before
        {
            let message = format!("`{}` is the same as `{}`", self.arm.id, control.id);
            let help = "let it differ in `thresholds`, `meters`, `prompts` or `pacing`";
            walk.error(at, "arm_same", message, help);
        }
    }
}

/// Tells of a prompt what is not found of the one that the policy has under its id.
fn new_only(
    walk: &mut Walk,
    base: Option<&Prompt>,
    of_base: &dyn Fn(&mut Walk, &Prompt),
    of_prompt: &dyn Fn(&mut Walk),
) {
    let (mut known, mut found) = (Walk::default(), Walk::default());
    if let Some(base) = base {
        of_base(&mut known, base);
    }
    of_prompt(&mut found);
    let new = found.errors.into_iter();
    walk.errors
        .extend(new.filter(|error| !known.errors.contains(error)));
}

fn base_of<'p>(prompt: &Prompt, policy: &'p Policy) -> Option<&'p Prompt> {
    policy.prompts.iter().find(|base| base.id == prompt.id)
}

/// All prompts but some.
fn but<'p>(prompts: &'p [Prompt], without: &[&Prompt]) -> Vec<&'p Prompt> {
    let others = prompts.iter();
    others
        .filter(|other| without.iter().all(|prompt| prompt.id != other.id))
        .collect()
}
