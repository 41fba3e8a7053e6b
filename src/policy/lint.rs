//! Lint: what a policy may say and hardly means, such as a prompt that can never come or a cap that never holds.
//! Owns the warnings; knows what the engine's stages make of a policy, and refuses nothing.
//! `plimsoll check` asks [`Policy::lint`] once a policy has no mistakes, and `worst_week` for its figures.

mod arms;
mod audience;
mod caps;
mod locales;
mod plans;
mod reach;
mod shared;

use super::Policy;
use super::error::PolicyError;
use super::pacing::Pacing;
use super::plan::Plan;
use super::prompt::Prompt;
use super::text::{Text, Variable};
use super::tree::Tree;
use super::trigger::About;
use super::walk::{At, ERRORS_MAX, Walk};

/// Every code that [`Policy::lint`] can answer with. A published code keeps its meaning.
pub const WARNINGS: &[&str] = &[
    "arm_same",
    "audience_empty",
    "cap_never_binds",
    "group_unused",
    "id_nearly_known",
    "ladder_falls",
    "limit_falls",
    "locale_missing",
    "prompt_unreachable",
    "text_never_said",
    "threshold_unreachable",
    "thresholds_unused",
    "too_many_warnings",
    "trigger_shared",
];

impl Policy {
    /// What is allowed and hardly meant, in the order of the file's parts; each as an error is told. At most
    /// 100, then `too_many_warnings`. The tree is the one that the policy was read from.
    #[must_use]
    pub fn lint(&self, tree: &Tree) -> Vec<PolicyError> {
        let mut walk = Walk::default();
        let branches = arms::branches(tree, self);
        plans::check(&mut walk, tree, self);
        reach::thresholds(&mut walk, tree, &At::Root, self);
        for (index, prompt) in self.own_prompts() {
            let place = At::Field(&At::Root, "prompts");
            let later = self.prompts.iter().skip(index.saturating_add(1));
            let others: Vec<&Prompt> = later.collect();
            of_prompt(
                &mut walk,
                &At::Item(&place, index),
                prompt,
                &others,
                self,
                &self.pacing,
            );
        }
        for branch in &branches {
            branch.check(&mut walk, self);
        }
        for part in ["prompts", "experiments"] {
            audiences(&mut walk, tree, &At::Root, part, &self.plans);
        }
        for branch in &branches {
            let at = &At::Path(&branch.path);
            audiences(&mut walk, branch.tree, at, "prompts", &self.plans);
        }
        locales::check(&mut walk, self, &branches);
        caps::of_pacing(&mut walk, self);
        walk.errors.truncate(ERRORS_MAX.saturating_add(1));
        if let Some(last) = walk.errors.get_mut(ERRORS_MAX) {
            last.code = "too_many_warnings";
            last.path.clear();
            last.message = format!("there are more than {ERRORS_MAX} warnings");
            last.help = "look at these first".into();
        }
        walk.errors
    }

    /// The prompts that the file itself has and that are on; they come first, in its order.
    fn own_prompts(&self) -> impl Iterator<Item = (usize, &Prompt)> {
        let own = self.prompts.iter().take_while(|prompt| prompt.is_own);
        own.enumerate().filter(|(_, prompt)| prompt.is_on)
    }

    /// The prompts that are on, in the policy or in an arm.
    pub(super) fn every_prompt(&self) -> impl Iterator<Item = &Prompt> {
        let arms = self.experiments.iter().flat_map(|own| &own.arms);
        let all = self.prompts.iter().chain(arms.flat_map(|arm| &arm.prompts));
        all.filter(|prompt| prompt.is_on)
    }
}

impl Tree {
    /// Whether it has this id.
    fn is_called(&self, id: &str) -> bool {
        matches!(self.member("id"), Some(Self::Text(own)) if own == id)
    }
}

/// What is odd about one prompt, beside others and under a pacing.
fn of_prompt(
    walk: &mut Walk,
    at: &At<'_>,
    prompt: &Prompt,
    others: &[&Prompt],
    policy: &Policy,
    pacing: &Pacing,
) {
    if !prompt.is_on {
        return;
    }
    let before = walk.errors.len();
    reach::of_prompt(walk, at, prompt, policy);
    if walk.errors.len() == before {
        let place = At::Field(at, "trigger");
        shared::check(walk, &place, prompt, others, &policy.subjects);
    }
    said(walk, at, prompt, policy);
    caps::of_prompt(walk, at, prompt, pacing);
}

/// Audiences of prompts or experiments that nobody is in.
fn audiences(walk: &mut Walk, tree: &Tree, at: &At<'_>, part: &str, plans: &[Plan]) {
    let place = At::Field(at, part);
    for (index, item) in tree.items(part).iter().enumerate() {
        if let Some(condition) = item.member("audience") {
            let item = At::Item(&place, index);
            audience::check(walk, &At::Field(&item, "audience"), condition, plans);
        }
    }
}

/// Sentences that need a value which is never there: a sentence without its value is left out, and a prompt
/// without its title is not shown.
fn said(walk: &mut Walk, at: &At<'_>, prompt: &Prompt, policy: &Policy) {
    let features = &policy.subjects.features;
    let meters = &policy.subjects.meters;
    let no_outcome = |index: &usize| {
        features
            .get(*index)
            .is_some_and(|feature| feature.outcome.0.is_empty())
    };
    let no_end = |index: &usize| meters.get(*index).is_some_and(|meter| meter.is_level);
    let mut absent: Vec<(Variable, &str)> = Vec::new();
    match &prompt.about {
        About::Features(about) if about.iter().all(no_outcome) => {
            absent.push((
                Variable::Outcome,
                "add an `outcome` to the feature, or say it without",
            ));
        }
        About::Meters(about) if about.iter().all(no_end) => {
            absent.push((
                Variable::Date,
                "a level has no period that ends: say it without the date",
            ));
        }
        _ => {}
    }
    if policy.plans.iter().all(|plan| plan.price.is_none()) {
        absent.push((
            Variable::Price,
            "add a `price` to the plans, or say it without",
        ));
    }
    if policy.plans.len() < 2 {
        absent.push((
            Variable::NextPlan,
            "add a plan that is higher, or say it without",
        ));
    }
    let texts = At::Field(at, "texts");
    for (locale, words) in &prompt.texts.0 {
        let place = At::Field(&texts, locale);
        let body = At::Field(&place, "body");
        let mut check = |text: &Text, at: &At<'_>, what: &str| {
            if let Some((variable, help)) =
                absent.iter().find(|(variable, _)| text.needs(*variable))
            {
                let message = format!("{what}: `{{{}}}` never has a value here", variable.name());
                walk.error(at, "text_never_said", message, *help);
            }
        };
        check(
            &words.title,
            &At::Field(&place, "title"),
            "without its title the prompt is not shown",
        );
        for (index, sentence) in words.body.iter().enumerate() {
            let item = At::Item(&body, index);
            let at = if words.body.len() == 1 { &body } else { &item };
            check(sentence, at, "the sentence is always left out");
        }
    }
}
