//! What people read, as types that are only described: names, sentences and the texts of surfaces.
//! A part of `policy`; variables and plurals within a text are checked by `src/policy/text.rs`.

#![expect(dead_code, reason = "the types are described, never made")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// A name in one or all locales.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Name {
    Plain(Words),
    Forms(Forms),
    ByLocale(BTreeMap<String, NameOrForms>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum NameOrForms {
    Plain(Words),
    Forms(Forms),
}

/// Plural forms, as `Intl.PluralRules` names them, or `=0` for exactly that number.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    extend("patternProperties" = {"^=[0-9]{1,15}$": {"$ref": "#/definitions/Words"}})
)]
pub struct Forms {
    zero: Option<Words>,
    one: Option<Words>,
    two: Option<Words>,
    few: Option<Words>,
    many: Option<Words>,
    /// The form that every language has.
    other: Words,
}

/// What a prompt says.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PromptWords {
    /// Without a value for each of its variables the prompt is not shown.
    title: Words,
    /// A sentence, or a list of sentences; one whose variables have no value is left out.
    body: Option<Body>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Body {
    Sentence(Words),
    Sentences(#[schemars(length(max = 20))] Vec<Words>),
}

/// The texts of one locale; `src/policy/texts/en.json` shows every id.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Texts {
    /// The sentence about a meter where it has none of its own, without a full stop.
    usage: Option<Words>,
    /// Labels of actions.
    actions: Option<ActionTexts>,
    /// Texts of the surfaces.
    ui: Option<UiTexts>,
    /// By id of a built-in prompt.
    #[schemars(extend("maxProperties" = 500))]
    prompts: Option<BTreeMap<String, PromptWords>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ActionTexts {
    /// May use `{next_plan}`.
    upgrade: Option<Words>,
    talk_to_sales: Option<Words>,
    ask_admin: Option<Words>,
    extend_trial: Option<Words>,
    later: Option<Words>,
    never: Option<Words>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct UiTexts {
    /// Label of the button that closes a prompt.
    close: Option<Words>,
    /// Label of the button that opens the menu of a prompt.
    more: Option<Words>,
    /// Label of the group of actions that put a prompt off.
    dismiss_group: Option<Words>,
    /// A meter in a prompt or in the page.
    meter_text: Option<Words>,
    /// The same without a limit.
    meter_unlimited: Option<Words>,
    /// The same past the limit.
    meter_over: Option<Words>,
    /// The same for what the plan does not have.
    meter_locked: Option<Words>,
    /// Under a meter in the page: until when it is enough at this pace.
    meter_pace: Option<Words>,
    /// Marks a feature that the plan lacks.
    paid_feature: Option<Words>,
    /// What the next plan grants on the meter; `{limit}` is the next plan's.
    next_adds: Option<Words>,
    /// Before the list of what else the next plan has.
    also_in_plan: Option<Words>,
    /// Label of the upgrade action where a press charges; may use `{price}`, the amount due now, and `{next_plan}`.
    pay: Option<Words>,
    /// Label of the same where the amount is not known and a press only opens the checkout.
    to_checkout: Option<Words>,
    /// While an action runs.
    waiting: Option<Words>,
    /// After an action that failed.
    failed: Option<Words>,
    /// Title from a purchase until the host's server has the new plan.
    setting_up: Option<Words>,
    /// Said under it.
    thanks: Option<Words>,
    /// Said when that takes a minute.
    overdue: Option<Words>,
    /// Said when the new plan is there.
    plan_ready: Option<Words>,
    /// Title from an accepted extension until the host's server has the later end.
    extending: Option<Words>,
    /// Said when the later end is there.
    trial_extended: Option<Words>,
    /// Title of the question after a modal that was put off.
    ask_why: Option<Words>,
    /// An answer to it: not before next week.
    because_next_week: Option<Words>,
    /// Not before next month.
    because_next_month: Option<Words>,
    /// Not before next quarter.
    because_next_quarter: Option<Words>,
    /// The price.
    because_price: Option<Words>,
    /// They are comparing.
    because_comparing: Option<Words>,
    /// Someone else decides.
    because_not_my_decision: Option<Words>,
    /// Label of the button that leaves it unanswered.
    skip: Option<Words>,
    /// To a person whose press came too late: another plan, no right to buy, a talk with sales.
    outdated: Option<Words>,
    /// After a request that was sent.
    status_sent: Option<Words>,
    /// In the form of a request: who gets it, where the person who can buy is known.
    request_to_owner: Option<Words>,
    /// The same where they are not.
    request_to_admin: Option<Words>,
    /// The same of a request to sales.
    request_to_sales: Option<Words>,
    /// What goes with it: the meter's figures.
    request_usage: Option<Words>,
    /// The same for a feature: its name.
    request_feature: Option<Words>,
    /// Label of the note.
    request_note: Option<Words>,
    /// Near the note's end: how many characters are left, `{remaining}`.
    request_left: Option<Words>,
    /// Label of the button that sends it.
    request_send: Option<Words>,
    /// Label of the button that leads back to the prompt.
    request_back: Option<Words>,
    /// After a request that did not get through.
    request_failed: Option<Words>,
    /// The same while the browser is offline.
    request_offline: Option<Words>,
    /// To a blocked person whose team is already talking with sales.
    sales_conversation: Option<Words>,
}

/// One value for the default locale, or an object of values by locale.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "{T}ByLocale")]
pub enum Localized<T> {
    One(T),
    ByLocale(BTreeMap<String, T>),
}

/// A text that people read, with variables such as `{used}`, ICU `plural` and `select`.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Words(#[schemars(length(min = 1, max = 2_000))] String);
