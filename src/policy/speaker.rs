//! Who says what: the languages that a reader may be spoken to in, nearest first, with the texts of each.
//! Owns the choice of a language for a whole prompt, and of words where a language lacks some; knows no arena.
//! `compile` lets one speaker say all of a prompt, so that no sentence is in another language than its buttons.

use super::locale::{Localized, canonical, chain, nearest};
use super::prompt::Prompt;
use super::subject::Meter;
use super::text::Text;
use super::texts::{BuiltIn, LOCALES, Texts, UI, Words};
use super::{DEFAULT_LOCALE, Policy};
use crate::engine::input::ActionKind;
use crate::json::Json;

/// Speaks one language to the reader.
pub(super) struct Speaker<'p> {
    /// What its texts are in, with the reader's own region: numbers and dates are written in it.
    pub locale: String,
    /// Its locales, nearest first, and how many there are before those it borrows from.
    chain: Vec<String>,
    own: usize,
    /// Texts in the order of the chain, the policy's before the built-in ones.
    texts: Vec<(&'p str, &'p Texts)>,
}

/// The languages for a reader: the wanted one, the policy's default, English; each that has texts, once.
/// Never empty when `built_in` has English.
pub(super) fn speakers<'p>(
    policy: &'p Policy,
    built_in: &'p BuiltIn,
    wanted: &str,
) -> Vec<Speaker<'p>> {
    let groups = groups(policy, wanted);
    let mut speakers = Vec::new();
    for (index, (locale, own)) in groups.iter().enumerate() {
        let mut chain = own.clone();
        for (at, (_, others)) in groups.iter().enumerate() {
            chain.extend(others.iter().filter(|_| at != index).cloned());
        }
        let mut texts = Vec::new();
        for step in &chain {
            let both = policy.texts.iter().chain(&built_in.0);
            let here = both.filter(|(own, _)| own == step);
            texts.extend(here.map(|(own, texts)| (own.as_str(), texts)));
        }
        speakers.push(Speaker {
            locale: locale.clone(),
            own: own.len(),
            chain,
            texts,
        });
    }
    speakers
}

/// For each language the locale to paint, and the locales whose words may be used.
fn groups(policy: &Policy, wanted: &str) -> Vec<(String, Vec<String>)> {
    let (texts, names) = spoken(policy);
    let mut all = texts.clone();
    all.extend(names.iter().filter(|name| !texts.contains(name)));
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for wanted in [wanted, &policy.default_locale, DEFAULT_LOCALE] {
        let own = nearest(wanted, &all);
        // Names alone say nothing, and would write German dates into English sentences.
        let Some(spoken) = own.iter().find(|own| texts.contains(own)) else {
            continue;
        };
        let wanted = canonical(wanted).unwrap_or_default();
        let locale = match chain(&wanted).iter().any(|step| step == spoken) {
            true => wanted,
            false => (*spoken).into(),
        };
        let is_known = |own: &&str| {
            let mut known = groups.iter().flat_map(|(_, known)| known);
            known.any(|known| known == own)
        };
        if !own.iter().all(is_known) {
            groups.push((locale, own.into_iter().map(String::from).collect()));
        }
    }
    groups
}

/// The locales that have texts, the policy's before the built-in ones, and those that have names.
fn spoken(policy: &Policy) -> (Vec<&str>, Vec<&str>) {
    fn add<'p, T>(locales: &mut Vec<&'p str>, values: &'p Localized<T>) {
        locales.extend(values.0.iter().map(|(locale, _)| locale.as_str()));
    }
    let mut texts: Vec<&str> = Vec::new();
    texts.extend(policy.texts.iter().map(|(locale, _)| locale.as_str()));
    for prompt in policy.every_prompt() {
        add(&mut texts, &prompt.texts);
    }
    texts.extend(LOCALES);
    let mut names = Vec::new();
    for plan in &policy.plans {
        add(&mut names, &plan.name);
    }
    for meter in &policy.subjects.meters {
        add(&mut names, &meter.name);
        add(&mut names, &meter.usage);
    }
    for feature in &policy.subjects.features {
        for words in [
            &feature.name,
            &feature.outcome,
            &feature.image,
            &feature.image_alt,
        ] {
            add(&mut names, words);
        }
    }
    (texts, names)
}

impl Policy {
    /// A built-in locale whose texts a reader of this locale needs, and that was not added yet.
    #[must_use]
    pub fn lacks(&self, locale: &str, built_in: &BuiltIn) -> Option<&'static str> {
        let groups = groups(self, locale);
        let is_used = |tag: &str| {
            groups
                .iter()
                .any(|(_, own)| own.iter().any(|own| own == tag))
        };
        let mut tags = LOCALES.iter().copied();
        tags.find(|tag| !built_in.has(tag) && is_used(tag))
    }

    /// The locales worth compiling: the default first, then the built-in ones and all others that the
    /// policy speaks, sorted.
    #[must_use]
    pub fn locales(&self) -> Vec<String> {
        let (texts, names) = spoken(self);
        let mut locales: Vec<String> = texts.into_iter().chain(names).map(String::from).collect();
        // What has names only is the same as the default.
        locales.retain(|tag| groups(self, tag).first().is_some_and(|(own, _)| own == tag));
        locales.retain(|tag| *tag != self.default_locale);
        locales.sort_unstable();
        locales.dedup();
        locales.insert(0, self.default_locale.clone());
        locales
    }
}

/// What a prompt says, and who says it: its own words, else those of its id, else those of its trigger.
pub(super) fn words<'v, 'p>(
    speakers: &'v [Speaker<'p>],
    prompt: &'v Prompt,
) -> Option<(&'v Speaker<'p>, &'v Words)> {
    let said = |of: &dyn Fn(&'v Speaker<'p>) -> Option<&'v Words>| {
        speakers
            .iter()
            .find_map(|speaker| of(speaker).map(|words| (speaker, words)))
    };
    said(&|speaker| prompt.texts.first(speaker.own())).or_else(|| {
        let shared = prompt.trigger.text_id();
        said(&|speaker| {
            let own = speaker.texts.iter().filter(|(tag, _)| speaker.is_own(tag));
            own.clone().find_map(|(_, texts)| {
                let of = |id: &str| texts.prompts.iter().find(|(own, _)| own == id);
                of(&prompt.id)
                    .or_else(|| of(shared))
                    .map(|(_, words)| words)
            })
        })
    })
}

impl<'p> Speaker<'p> {
    /// The locales of its own language.
    fn own(&self) -> &[String] {
        self.chain.get(..self.own).unwrap_or_default()
    }

    fn is_own(&self, tag: &str) -> bool {
        self.own().iter().any(|own| own == tag)
    }

    /// The nearest of a value's words.
    pub fn first<'v, T>(&self, values: &'v Localized<T>) -> Option<&'v T> {
        values.first(&self.chain)
    }

    /// The nearest of a value's words, or else what it is called in the policy.
    pub fn say(&self, values: &Localized<String>, otherwise: &str) -> String {
        self.first(values)
            .cloned()
            .unwrap_or_else(|| otherwise.into())
    }

    /// The sentence about a meter's usage: at each step of the chain the meter's own, else the general one.
    pub fn usage<'v>(&'v self, meter: &'v Meter) -> Option<&'v Text> {
        self.chain.iter().find_map(|locale| {
            let here = self.texts.iter().filter(|(own, _)| own == locale);
            let general = || here.clone().find_map(|(_, texts)| texts.usage.as_ref());
            meter.usage.exact(locale).or_else(general)
        })
    }

    /// The labels of all actions, in the order of `ActionKind::ALL`.
    pub fn action_labels(&self, json: &mut Json) {
        for index in 0..ActionKind::ALL.len() {
            let label = self.text(|texts| {
                let own = texts.actions.iter().find(|(at, _)| *at == index);
                own.map(|(_, text)| text)
            });
            json.raw(&label.map_or_else(String::new, |text| text.json(None)));
        }
    }

    /// The texts of the surfaces, by id.
    pub fn ui(&self, json: &mut Json) {
        for (id, _) in UI {
            let text = self.text(|texts| {
                let own = texts.ui.iter().find(|(own, _)| own == id);
                own.map(|(_, text)| text)
            });
            if let Some(text) = text {
                json.key(id).raw(&text.json(None));
            }
        }
    }

    /// The first of its texts that says something.
    fn text(&self, of: impl Fn(&'p Texts) -> Option<&'p Text>) -> Option<&'p Text> {
        self.texts.iter().find_map(|(_, texts)| of(texts))
    }
}
