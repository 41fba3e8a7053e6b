//! Texts: what the built-in prompts, the actions and the surfaces say, and what a policy says instead.
//! Owns the list of texts with the variables each may use; knows no plans.
//! `texts/*.json` and a policy's `texts` have one shape and one reader.

use super::DEFAULT_LOCALE;
use super::locale::{LOCALES_MAX, check_has_locales, check_tag};
use super::text::{self, Offer, Text};
use super::tree::{Tree, shown};
use super::walk::{At, Walk, did_you_mean};
use crate::engine::input::ActionKind;

/// What the texts of one locale consist of.
const PARTS: &[&str] = &["usage", "actions", "ui", "prompts"];
/// What the texts of one prompt consist of.
pub(super) const WORDS: &[&str] = &["title", "body"];
/// Built-in prompts that one locale says something else for.
const PROMPTS_MAX: usize = 500;
/// Sentences of one body.
const SENTENCES_MAX: usize = 20;

macro_rules! built_in {
    ($($tag:literal)*) => {
        /// The locales that are built in; the first is the last resort.
        pub(super) const LOCALES: &[&str] = &[$($tag),*];

        /// The texts of one of them. Who asks for one alone is built without the others.
        #[inline(always)]
        pub(super) fn source(tag: &str) -> &'static str {
            match tag {
                $($tag => include_str!(concat!("texts/", $tag, ".json")),)*
                _ => "",
            }
        }
    };
}

built_in! { "en" "ar" "de" "es" "fr" "ja" "pt-BR" }

/// Every text of the surfaces that is not a prompt's own, with the variables it may use.
/// The start module hands them on as one object of id to tokens; this list is the only one.
pub(super) const UI: &[(&str, Offer)] = &[
    // Label of the button that closes a prompt.
    ("close", text::FIXED),
    // Label of the button that opens the menu of a prompt.
    ("more", text::FIXED),
    // Label of the group of actions that put a prompt off.
    ("dismiss_group", text::FIXED),
    // A meter in a prompt or in the page: "412 of 1,000 e-mails".
    ("meter_text", text::READING),
    // The same without a limit: "412 e-mails, no limit".
    ("meter_unlimited", text::READING),
    // The same past the limit.
    ("meter_over", text::READING),
    // The same for what the plan does not have.
    ("meter_locked", text::READING),
    // Under a meter in the page, when its limit is expected to be reached: "At this pace, lasts until March".
    ("meter_pace", text::PACE),
    // Marks a feature that the plan lacks.
    ("paid_feature", text::FIXED),
    // What the next plan grants on the meter; `{limit}` is the next plan's.
    ("next_adds", text::READING),
    // Before the list of what else the next plan has.
    ("also_in_plan", text::NEXT_PLAN),
    // Label of the upgrade action where a press charges `{price}`, the amount due now.
    ("pay", text::DUE),
    // Label of the same where the amount is not known and a press only opens the checkout.
    ("to_checkout", text::FIXED),
    // While an action runs.
    ("waiting", text::FIXED),
    // After an action that failed.
    ("failed", text::FIXED),
    // Title from a purchase until the host's server has the new plan.
    ("setting_up", text::FIXED),
    // Said under it.
    ("thanks", text::FIXED),
    // Said when that takes a minute.
    ("overdue", text::FIXED),
    // Said when the new plan is there.
    ("plan_ready", text::FIXED),
    // Title from an accepted extension until the host's server has the later end.
    ("extending", text::FIXED),
    // Said when the later end is there.
    ("trial_extended", text::FIXED),
    // Title of the question after a modal that was put off.
    ("ask_why", text::FIXED),
    // Its answers; those that say when are left out after a `never`.
    ("because_next_week", text::FIXED),
    ("because_next_month", text::FIXED),
    ("because_next_quarter", text::FIXED),
    ("because_price", text::FIXED),
    ("because_comparing", text::FIXED),
    ("because_not_my_decision", text::FIXED),
    // Label of the button that leaves it unanswered.
    ("skip", text::FIXED),
    // To a person whose press came too late: another plan, no right to buy, a talk with sales.
    ("outdated", text::FIXED),
    // After a request that was sent.
    ("status_sent", text::FIXED),
    // In the form of a request: who gets it, where the person who can buy is known.
    ("request_to_owner", text::OWNER),
    // The same where they are not.
    ("request_to_admin", text::FIXED),
    // The same of a request to sales.
    ("request_to_sales", text::FIXED),
    // What goes with it: the meter's figures.
    ("request_usage", text::READING),
    // The same for a feature: its name.
    ("request_feature", text::SUBJECT),
    // Label of the note.
    ("request_note", text::FIXED),
    // Near the note's end: how many characters are left.
    ("request_left", text::LEFT),
    // Label of the button that sends it.
    ("request_send", text::FIXED),
    // Label of the button that leads back to the prompt.
    ("request_back", text::FIXED),
    // After a request that did not get through.
    ("request_failed", text::FIXED),
    // The same while the browser is offline.
    ("request_offline", text::FIXED),
    // To a blocked person whose team is already talking with sales.
    ("sales_conversation", text::FIXED),
];

/// Built-in prompts that have texts of their own; thresholds share the text of the step below them.
pub(super) const PROMPTS: &[(&str, Offer)] = &[
    ("default-50", text::METER),
    ("default-75", text::METER),
    ("default-90", text::METER),
    ("default-used", text::METER),
    ("default-remaining", text::METER),
    ("default-at-limit", text::METER),
    ("default-limit-hit", text::METER),
    ("default-preview", text::FEATURE),
    ("default-trial-ending", text::TRIAL),
    ("default-projected", text::PROJECTED),
    ("default-ready", text::ACCOUNT),
];

/// What a prompt says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub title: Text,
    pub body: Vec<Text>,
}

/// The texts of one locale.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    /// A meter's sentence where the meter has none.
    pub usage: Option<Text>,
    /// By index of `ActionKind::ALL`.
    pub actions: Vec<(usize, Text)>,
    /// By id in [`UI`].
    pub ui: Vec<(String, Text)>,
    /// By id of a built-in prompt.
    pub prompts: Vec<(String, Words)>,
}

/// The built-in texts that a policy is compiled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltIn(pub(super) Vec<(String, Texts)>);

impl BuiltIn {
    /// English, which every policy falls back to. A page adds the one locale that it shows.
    #[must_use]
    pub fn english() -> Self {
        let mut built_in = Self(Vec::new());
        built_in.add(DEFAULT_LOCALE, source(DEFAULT_LOCALE));
        built_in
    }

    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        let mut built_in = Self(Vec::new());
        for tag in LOCALES {
            built_in.add(tag, source(tag));
        }
        built_in
    }

    /// Adds the texts of a locale, as they stand in `texts/`. What cannot be read says nothing.
    pub fn add(&mut self, tag: &str, json: &str) {
        let mut walk = Walk::default();
        let tree = Tree::parse(json).unwrap_or(Tree::Null);
        let texts = read_texts(&mut walk, &tree, &At::Root, &|_| None);
        self.0.push((tag.into(), texts));
    }

    /// Whether a locale was added.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        self.0.iter().any(|(own, _)| own == tag)
    }
}

/// Reads a policy's `texts`. `default_prompt` tells what a default's id offers, when there is one.
pub(super) fn read(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    default: &str,
    default_prompt: &dyn Fn(&str) -> Option<Offer>,
) -> Vec<(String, Texts)> {
    let mut texts = Vec::new();
    if !check_has_locales(walk, tree, at, default, PARTS) {
        return texts;
    }
    for (tag, tree) in walk.entries(tree, at, LOCALES_MAX).unwrap_or_default() {
        let place = At::Field(at, tag);
        if check_tag(walk, tag, &place) {
            texts.push((tag.clone(), read_texts(walk, tree, &place, default_prompt)));
        }
    }
    texts
}

fn read_texts(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    default_prompt: &dyn Fn(&str) -> Option<Offer>,
) -> Texts {
    let mut texts = Texts::default();
    let Some(fields) = walk.fields(tree, at, PARTS, &[]) else {
        return texts;
    };
    if let Some(tree) = fields.of("usage") {
        texts.usage = read_text(walk, tree, &At::Field(at, "usage"), text::USAGE);
    }
    if let Some(tree) = fields.of("actions") {
        let place = At::Field(at, "actions");
        let names = ActionKind::ALL.map(ActionKind::name);
        let known = walk.fields(tree, &place, &names, &[]);
        for (index, name) in names.iter().enumerate() {
            let Some(tree) = known.and_then(|fields| fields.of(name)) else {
                continue;
            };
            // A label must never be left out, so it may use only what its action always has.
            let offer = if *name == ActionKind::Upgrade.name() {
                text::NEXT_PLAN
            } else {
                text::FIXED
            };
            let label = read_text(walk, tree, &At::Field(&place, name), offer);
            texts.actions.extend(label.map(|label| (index, label)));
        }
    }
    if let Some(tree) = fields.of("ui") {
        let place = At::Field(at, "ui");
        let names: Vec<&str> = UI.iter().map(|(id, _)| *id).collect();
        let known = walk.fields(tree, &place, &names, &[]);
        for (id, offer) in UI {
            let Some(tree) = known.and_then(|fields| fields.of(id)) else {
                continue;
            };
            let text = read_text(walk, tree, &At::Field(&place, id), *offer);
            texts.ui.extend(text.map(|text| ((*id).into(), text)));
        }
    }
    if let Some(tree) = fields.of("prompts") {
        texts.prompts = read_prompts(walk, tree, &At::Field(at, "prompts"), default_prompt);
    }
    texts
}

fn read_prompts(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    default_prompt: &dyn Fn(&str) -> Option<Offer>,
) -> Vec<(String, Words)> {
    let mut prompts = Vec::new();
    for (id, tree) in walk.entries(tree, at, PROMPTS_MAX).unwrap_or_default() {
        let place = At::Field(at, id);
        let shared = PROMPTS
            .iter()
            .find(|(own, _)| own == id)
            .map(|(_, offer)| *offer);
        let Some(offer) = shared.or_else(|| default_prompt(id)) else {
            let message = format!("there is no built-in prompt {}", shown(id));
            let help = did_you_mean(id, PROMPTS.iter().map(|(own, _)| *own));
            let help =
                help.unwrap_or_else(|| "your own prompts have their texts in `prompts`".into());
            walk.error(&place, "unknown_prompt", message, help);
            continue;
        };
        prompts.extend(read_words(walk, tree, &place, offer).map(|words| (id.clone(), words)));
    }
    prompts
}

/// Reads `{"title": …, "body": …}`; the body is a sentence or a list of sentences.
pub(super) fn read_words(walk: &mut Walk, tree: &Tree, at: &At<'_>, offer: Offer) -> Option<Words> {
    let fields = walk.fields(tree, at, WORDS, &[])?;
    let title = walk.required(&fields, at, "title");
    let title = title.and_then(|tree| read_text(walk, tree, &At::Field(at, "title"), offer));
    let place = At::Field(at, "body");
    let body = match fields.of("body") {
        Some(Tree::Text(_)) => fields
            .of("body")
            .and_then(|tree| read_text(walk, tree, &place, offer))
            .into_iter()
            .collect(),
        Some(tree) => {
            let items = walk.list(tree, &place, SENTENCES_MAX).iter().enumerate();
            items
                .filter_map(|(index, item)| read_text(walk, item, &At::Item(&place, index), offer))
                .collect()
        }
        None => Vec::new(),
    };
    Some(Words {
        title: title?,
        body,
    })
}

fn read_text(walk: &mut Walk, tree: &Tree, at: &At<'_>, offer: Offer) -> Option<Text> {
    let source = walk.words(tree, at)?;
    Text::read(walk, source, at, offer)
}

#[cfg(test)]
mod tests;
