//! Texts that a locale lacks though the policy speaks it elsewhere, in its own texts or in the built-in ones.
//! Owns which texts have locales; a plan's name needs no translation.
//! A part of `lint`; `compile` chooses the text that people read instead.

use super::arms::Branch;
use crate::engine::input::ActionKind;
use crate::policy::Policy;
use crate::policy::locale::{Localized, nearest};
use crate::policy::texts::{self, BuiltIn, Texts, Words};
use crate::policy::walk::{At, Walk, listed};

/// Places that one warning names before it counts the others.
const PLACES_MAX: usize = 4;

/// Texts that a locale of the policy lacks, though it speaks it elsewhere.
pub(super) fn check(walk: &mut Walk, policy: &Policy, branches: &[Branch<'_>]) {
    let named = spoken(policy, branches);
    let mut locales: Vec<&str> = policy
        .texts
        .iter()
        .map(|(locale, _)| locale.as_str())
        .collect();
    locales.push(&policy.default_locale);
    locales.extend(named.iter().flat_map(|(_, spoken)| spoken.iter().copied()));
    locales.sort_unstable();
    locales.dedup();
    let built_in = BuiltIn::all();
    for locale in locales {
        let heard = |spoken: &str| !nearest(locale, &[spoken]).is_empty();
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
        let texts: Vec<&Texts> = [&policy.texts, &built_in.0]
            .into_iter()
            .flatten()
            .filter(|(own, _)| heard(own))
            .map(|(_, texts)| texts)
            .collect();
        let lacking = unspoken(policy, heard, &texts);
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
                "add them; until then people read another language there",
            );
        }
    }
}

/// Where the policy has texts by locale, and in which; a plan's name needs no translation.
fn spoken<'p>(policy: &'p Policy, branches: &[Branch<'p>]) -> Vec<(String, Vec<&'p str>)> {
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
    for branch in branches {
        for (index, (item, prompt)) in branch.prompts().enumerate() {
            if prompt.is_on && item.member("texts").is_some() {
                let path = format!("{}.prompts[{index}].texts", branch.path);
                named.push((path, prompt.texts.spoken()));
            }
        }
    }
    named.retain(|(_, spoken)| !spoken.is_empty());
    named
}

/// What is built in for other locales and has no words in these texts.
fn unspoken(policy: &Policy, heard: impl Fn(&str) -> bool, texts: &[&Texts]) -> Vec<String> {
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
        .every_prompt()
        .filter(|prompt| prompt.about.len() > 0)
    {
        let shared = prompt.trigger.text_id();
        let has = |(id, _): &(String, Words)| *id == prompt.id || id == shared;
        let name = format!("prompts.{shared}");
        let spoken = prompt.texts.spoken().into_iter().any(&heard)
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
