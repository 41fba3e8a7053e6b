//! Lint: what a policy may say and hardly means, such as a prompt that can never come or a cap that never holds.
//! Owns the warnings; knows what the engine's stages make of a policy, and refuses nothing.
//! `plimsoll check` asks [`Policy::lint`] once a policy has no mistakes, and `worst_week` for its figures.

mod audience;
mod caps;

use super::error::PolicyError;
use super::link::routes_to;
use super::locale::{Localized, chain};
use super::plan::Plan;
use super::prompt::Prompt;
use super::subject::{PERCENT, USED};
use super::text::{Text, Variable};
use super::texts::{self, Texts, Words};
use super::tree::Tree;
use super::trigger::{About, Trigger};
use super::walk::{At, ERRORS_MAX, Walk, listed};
use super::{Links, Policy};
use crate::engine::EXPLORED_FRESH_MS;
use crate::engine::effect::Surface;
use crate::engine::input::ActionKind;
use crate::unit::{DAY_MS, Limit, count_at};

/// Every code that [`Policy::lint`] can answer with. A published code keeps its meaning.
pub const WARNINGS: &[&str] = &[
    "audience_empty",
    "cap_never_binds",
    "group_unused",
    "limit_falls",
    "locale_missing",
    "prompt_unreachable",
    "text_never_said",
    "too_many_warnings",
    "trigger_shared",
];

/// Places that one warning names before it counts the others.
const PLACES_MAX: usize = 4;

impl Policy {
    /// What is allowed and hardly meant, in the order of the file's parts; each as an error is told. At most
    /// 100, then `too_many_warnings`. The tree is the one that the policy was read from.
    #[must_use]
    pub fn lint(&self, tree: &Tree) -> Vec<PolicyError> {
        let mut walk = Walk::default();
        limits(&mut walk, &self.plans, self);
        for (index, prompt) in self.own_prompts() {
            let place = At::Field(&At::Root, "prompts");
            let at = &At::Item(&place, index);
            let before = walk.errors.len();
            reach(&mut walk, at, prompt, self);
            if walk.errors.len() == before {
                shared(&mut walk, at, index, self);
            }
            said(&mut walk, at, prompt, self);
            caps::of_prompt(&mut walk, at, prompt, &self.pacing);
        }
        for part in ["prompts", "experiments"] {
            audiences(&mut walk, tree, part, &self.plans);
        }
        locales(&mut walk, self);
        caps::of_pacing(&mut walk, self);
        if let Some(last) = walk.errors.get_mut(ERRORS_MAX) {
            last.code = "too_many_warnings";
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
}

/// Audiences of prompts or experiments that nobody is in.
fn audiences(walk: &mut Walk, tree: &Tree, part: &str, plans: &[Plan]) {
    let place = At::Field(&At::Root, part);
    for (index, item) in tree.items(part).iter().enumerate() {
        if let Some(condition) = item.member("audience") {
            let item = At::Item(&place, index);
            audience::check(walk, &At::Field(&item, "audience"), condition, plans);
        }
    }
}

/// A plan that has less of a meter than the one before: the next plan that is offered is the first with more.
fn limits(walk: &mut Walk, plans: &[Plan], policy: &Policy) {
    let size = |plan: &Plan, meter: usize| match limit_of(plan, meter) {
        Limit::UNLIMITED => i64::MAX,
        limit => limit.number().unwrap_or(0),
    };
    for (index, pair) in plans.windows(2).enumerate() {
        let [lower, higher] = pair else { continue };
        for (meter, subject) in policy.subjects.meters.iter().enumerate() {
            let (less, more) = (size(higher, meter), size(lower, meter));
            if less >= more || less == 0 {
                continue;
            }
            let place = At::Field(&At::Root, "plans");
            let item = At::Item(&place, index.saturating_add(1));
            let place = At::Field(&item, "quotas");
            let shown = |size: i64| match size {
                i64::MAX => "no limit".to_owned(),
                size => size.to_string(),
            };
            let message = format!(
                "`{}` has less `{}` than `{}`, the plan before it (`{}` after `{}`)",
                higher.id,
                subject.id,
                lower.id,
                shown(less),
                shown(more)
            );
            let help = "plans stand in the order of their rank: nobody is sent to a plan with less";
            walk.error(
                &At::Field(&place, &subject.id),
                "limit_falls",
                message,
                help,
            );
        }
    }
}

fn limit_of(plan: &Plan, meter: usize) -> Limit {
    let quota = plan.quotas.iter().find(|(own, _)| *own == meter);
    quota.map_or(Limit::NONE, |(_, quota)| quota.limit)
}

/// A prompt that no account can ever see.
fn reach(walk: &mut Walk, at: &At<'_>, prompt: &Prompt, policy: &Policy) {
    let trigger = At::Field(at, "trigger");
    let found = match &prompt.about {
        About::Meters(meters) if meters.is_empty() => {
            Some(("there is no meter".to_owned(), "leave the prompt out"))
        }
        About::Features(features) if features.is_empty() => {
            Some(("there is no feature".to_owned(), "leave the prompt out"))
        }
        About::Meters(meters) => {
            let never = meters
                .iter()
                .all(|meter| !can_fire(prompt.trigger, *meter, &policy.plans));
            never.then(|| never_fires(prompt.trigger))
        }
        About::Features(features) => {
            let everywhere = |feature: &usize| {
                policy
                    .plans
                    .iter()
                    .all(|plan| plan.features.contains(feature))
            };
            features.iter().all(everywhere).then(|| {
                let message = "every plan includes the feature, so nobody lacks it".to_owned();
                (message, "name a feature that some plan lacks")
            })
        }
        About::Account => None,
    };
    if let Some((message, help)) = found {
        walk.error(&trigger, "prompt_unreachable", message, help);
    }
    let late = match prompt.trigger {
        Trigger::Explored { .. } if prompt.delay_ms >= EXPLORED_FRESH_MS => {
            Some("an exploration is answered within 30 minutes, and the delay is longer")
        }
        Trigger::TrialEnding { before_ms } if prompt.delay_ms >= before_ms => {
            Some("the trial is over before the delay is")
        }
        Trigger::Projected { .. } if prompt.delay_ms >= DAY_MS => {
            Some("a projection is made anew each day in UTC, and the delay is longer")
        }
        Trigger::LimitHit if prompt.delay_ms > 0 && prompt.surface == Surface::Modal => {
            Some("a blocked attempt is answered at once: with a delay always by a toast")
        }
        _ => None,
    };
    if let Some(message) = late {
        let place = At::Field(at, "delay_ms");
        walk.error(
            &place,
            "prompt_unreachable",
            message.into(),
            "shorten the delay, or leave it out",
        );
    }
    if !routes_left(prompt, &policy.links) {
        let message = "it stays away from every route it may appear on".into();
        let help = "nobody is prompted where a link of the policy leads; change `in` or `out`";
        walk.error(
            &At::Field(at, "routes"),
            "prompt_unreachable",
            message,
            help,
        );
    }
}

/// Whether a meter's trigger can fire under the limits of some plan.
fn can_fire(trigger: Trigger, meter: usize, plans: &[Plan]) -> bool {
    plans.iter().any(|plan| {
        let limit = limit_of(plan, meter);
        let number = limit.number().unwrap_or(0);
        let soft = plan
            .quotas
            .iter()
            .any(|(own, quota)| *own == meter && quota.is_soft);
        match trigger {
            Trigger::Threshold {
                kind: PERCENT,
                value,
            } => {
                let count = count_at(value, number);
                0 < count && count < number
            }
            Trigger::Threshold { value, .. } => value < number,
            Trigger::LimitHit => limit == Limit::NONE || (number > 0 && !soft),
            _ => number > 0,
        }
    })
}

fn never_fires(trigger: Trigger) -> (String, &'static str) {
    let message = match trigger {
        Trigger::Threshold { kind: PERCENT, .. } => {
            "under every plan's limit that percentage is the limit itself, or there is no limit"
        }
        Trigger::Threshold { kind: USED, .. } => "no plan's limit is higher than that amount",
        Trigger::Threshold { .. } => "no plan's limit is higher than what shall remain",
        Trigger::LimitHit => "no plan has a hard limit there, so no attempt is blocked",
        _ => "no plan has a limit there",
    };
    (message.into(), "name another meter, or change the trigger")
}

/// Whether a prompt may appear on any route at all.
fn routes_left(prompt: &Prompt, links: &Links) -> bool {
    let links = [&links.checkout, &links.pricing, &links.sales];
    let mut out: Vec<String> = links.into_iter().flat_map(|link| routes_to(link)).collect();
    out.extend(prompt.routes_out.iter().cloned());
    let everywhere = ["/*".to_owned()];
    let within = if prompt.routes_in.is_empty() {
        everywhere.as_slice()
    } else {
        &prompt.routes_in
    };
    !within
        .iter()
        .all(|route| out.iter().any(|wider| covers(wider, route)))
}

/// Whether a pattern of routes matches all that another does.
fn covers(wider: &str, narrower: &str) -> bool {
    match wider.strip_suffix('*') {
        Some(stem) => narrower
            .strip_suffix('*')
            .unwrap_or(narrower)
            .starts_with(stem),
        None => wider == narrower,
    }
}

/// Another prompt that waits for the same: one showing answers the occasion for both.
fn shared(walk: &mut Walk, at: &At<'_>, index: usize, policy: &Policy) {
    let Some((prompt, others)) = policy
        .prompts
        .get(index..)
        .and_then(<[Prompt]>::split_first)
    else {
        return;
    };
    for other in others
        .iter()
        .filter(|other| other.is_on && prompt.competes(other))
    {
        let about = match (&prompt.about, &other.about) {
            (About::Meters(one), About::Meters(two)) => {
                let meter = one.iter().find(|meter| two.contains(meter));
                meter
                    .and_then(|meter| policy.subjects.meters.get(*meter))
                    .map(|meter| &meter.id)
            }
            (About::Features(one), About::Features(two)) => {
                let feature = one.iter().find(|feature| two.contains(feature));
                feature
                    .and_then(|at| policy.subjects.features.get(*at))
                    .map(|feature| &feature.id)
            }
            _ => None,
        };
        if about.is_none() && prompt.about != About::Account {
            continue;
        }
        let on = about.map_or_else(String::new, |id| format!(" on `{id}`"));
        let message = format!(
            "`{}` waits for the same{on}; what one answers the other does not",
            other.id
        );
        let help = match (prompt.trigger, about) {
            _ if other.is_own => "keep one of them, or part them by `routes`".to_owned(),
            (Trigger::Threshold { .. }, Some(meter)) => format!(
                "leave it out of the `thresholds` of `{meter}`, or give this one the id `{}`",
                other.id
            ),
            _ => format!(
                "give this one the id `{}`, or switch that off: `{{\"id\": \"{}\", \"on\": false}}`",
                other.id, other.id
            ),
        };
        walk.error(&At::Field(at, "trigger"), "trigger_shared", message, help);
    }
}

impl Prompt {
    /// Whether both would answer one occasion on one page.
    fn competes(&self, other: &Self) -> bool {
        let inline = self.surface == Surface::Inline || other.surface == Surface::Inline;
        let all = ["/*".to_owned()];
        let within = |prompt: &'_ Self| match prompt.routes_in.as_slice() {
            [] => all.to_vec(),
            routes => routes.to_vec(),
        };
        let (here, there) = (within(self), within(other));
        let meet = here
            .iter()
            .any(|one| there.iter().any(|two| covers(one, two) || covers(two, one)));
        let outside = |routes: &[String], out: &[String]| {
            routes
                .iter()
                .all(|route| out.iter().any(|wider| covers(wider, route)))
        };
        let apart = outside(&here, &other.routes_out) || outside(&there, &self.routes_out);
        // One for some people beside one for all is meant so.
        let same = self.trigger == other.trigger && self.audience == other.audience;
        same && !inline && meet && !apart
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

/// Texts that a locale of the policy lacks, though it speaks it elsewhere.
fn locales(walk: &mut Walk, policy: &Policy) {
    let named = spoken(policy);
    let mut locales: Vec<&str> = policy
        .texts
        .iter()
        .map(|(locale, _)| locale.as_str())
        .collect();
    locales.push(&policy.default_locale);
    locales.extend(named.iter().flat_map(|(_, spoken)| spoken.iter().copied()));
    locales.sort_unstable();
    locales.dedup();
    let built_in = texts::built_in();
    for locale in locales {
        let chain = chain(locale);
        let heard = |spoken: &str| chain.iter().any(|step| step == spoken);
        let lacking = named
            .iter()
            .filter(|(_, spoken)| !spoken.iter().any(|own| heard(own)));
        let lacking: Vec<&str> = lacking.map(|(path, _)| path.as_str()).collect();
        if let Some((first, rest)) = lacking.split_first() {
            let others = match rest {
                [] => String::new(),
                rest => format!(" and at {}", some_of(rest)),
            };
            let message = format!("`{locale}` is missing here{others}, though other texts have it");
            let help = format!(
                "add `{locale}`; until then people read `{}` there",
                policy.default_locale
            );
            walk.error(&At::Path(first), "locale_missing", message, help);
        }
        let texts: Vec<&Texts> = [&policy.texts, &built_in]
            .into_iter()
            .flatten()
            .filter(|(own, _)| heard(own))
            .map(|(_, texts)| texts)
            .collect();
        let lacking = unspoken(policy, &chain, &texts);
        if !lacking.is_empty() {
            let lacking: Vec<&str> = lacking.iter().map(String::as_str).collect();
            let message = format!(
                "`{locale}` lacks {}, which it has not built in",
                some_of(&lacking)
            );
            let at = At::Field(&At::Root, "texts");
            walk.error(
                &At::Field(&at, locale),
                "locale_missing",
                message,
                "add them; until then people read English there",
            );
        }
    }
}

/// Where the policy has texts by locale, and in which; a plan's name needs no translation.
fn spoken(policy: &Policy) -> Vec<(String, Vec<&str>)> {
    let mut named = Vec::new();
    for meter in &policy.subjects.meters {
        named.push((format!("meters.{}.name", meter.id), meter.name.spoken()));
        named.push((format!("meters.{}.usage", meter.id), meter.usage.spoken()));
    }
    for feature in &policy.subjects.features {
        let path = format!("features.{}", feature.id);
        named.push((format!("{path}.name"), feature.name.spoken()));
        named.push((format!("{path}.outcome"), feature.outcome.spoken()));
        named.push((format!("{path}.image_alt"), feature.image_alt.spoken()));
    }
    for (index, prompt) in policy.own_prompts() {
        named.push((format!("prompts[{index}].texts"), prompt.texts.spoken()));
    }
    named.retain(|(_, spoken)| !spoken.is_empty());
    named
}

/// What is built in for other locales and has no words in these texts.
fn unspoken(policy: &Policy, chain: &[String], texts: &[&Texts]) -> Vec<String> {
    let mut lacking = Vec::new();
    for (index, action) in ActionKind::ALL.iter().enumerate() {
        if !texts
            .iter()
            .any(|texts| texts.actions.iter().any(|(own, _)| *own == index))
        {
            lacking.push(format!("actions.{}", action.name()));
        }
    }
    for (id, _) in texts::UI {
        if !texts
            .iter()
            .any(|texts| texts.ui.iter().any(|(own, _)| own == id))
        {
            lacking.push(format!("ui.{id}"));
        }
    }
    for prompt in policy
        .prompts
        .iter()
        .filter(|prompt| prompt.is_on && prompt.about.len() > 0)
    {
        let shared = prompt.trigger.text_id();
        let has = |(id, _): &(String, Words)| *id == prompt.id || id == shared;
        let name = format!("prompts.{shared}");
        let spoken = prompt.texts.first(chain).is_some()
            || texts.iter().any(|texts| texts.prompts.iter().any(has));
        if !spoken && !lacking.contains(&name) {
            lacking.push(name);
        }
    }
    lacking
}

/// The first few names, and how many there are beside.
fn some_of(names: &[&str]) -> String {
    let few = listed(names.get(..PLACES_MAX).unwrap_or(names));
    match names.len().saturating_sub(PLACES_MAX) {
        0 => few,
        more => format!("{few} and {more} more"),
    }
}

impl<T> Localized<T> {
    fn spoken(&self) -> Vec<&str> {
        self.0.iter().map(|(locale, _)| locale.as_str()).collect()
    }
}
