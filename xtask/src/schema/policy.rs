//! The policy file as types, field by field, only to describe it: `schemars` makes the JSON Schema of them.
//! They own the descriptions that editors show; what a policy may say beyond its shape is `src/policy`'s,
//! whose walk over the tree tells all mistakes at once. A test holds both to the same fields.

#![expect(dead_code, reason = "the types are described, never made")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::experiment::{Experiment, Holdout};
use super::scoring::{Handoff, SalesTrigger, Scoring, SignalTrigger};
use super::words::{Localized, Name, PromptWords, Texts, Words};

/// What each plan grants, and when people hear about it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Policy {
    /// The format of this file: 1.
    #[schemars(extend("const" = 1))]
    format: u32,
    /// Where an editor finds this schema; not read.
    #[schemars(rename = "$schema")]
    schema: Option<String>,
    /// Copied into every event. Default: 12 hex digits of a checksum of the policy's content.
    #[schemars(length(min = 1, max = 32), regex(pattern = "^[A-Za-z0-9._+:-]+$"))]
    revision: Option<String>,
    /// The locale of a text that has none of the reader's. Default: `en`.
    default_locale: Option<String>,
    /// Plans; their order is their rank.
    #[schemars(length(min = 1, max = 50))]
    plans: Vec<Plan>,
    /// Meters by id: names, sentences and thresholds. One that is not here goes by its id.
    #[schemars(extend("maxProperties" = 200))]
    meters: Option<BTreeMap<String, Meter>>,
    /// Features by id: names, outcomes and pictures. One that is not here goes by its id.
    #[schemars(extend("maxProperties" = 200))]
    features: Option<BTreeMap<String, Feature>>,
    /// Percentages of every meter without thresholds of its own, ascending. Default: 50, 75 and 90.
    #[schemars(length(max = 20))]
    thresholds: Option<Vec<GeneralThreshold>>,
    /// Own prompts, beside the built-in ones or, with the id of one, in its place.
    #[schemars(length(max = 500))]
    prompts: Option<Vec<Prompt>>,
    /// `false` drops all built-in prompts. Default: `true`.
    defaults: Option<bool>,
    /// By locale: what built-in prompts, actions and surfaces say instead.
    #[schemars(extend("maxProperties" = 50))]
    texts: Option<BTreeMap<String, Texts>>,
    /// How often, how close together and how soon people are interrupted.
    pacing: Option<Pacing>,
    /// Where actions lead.
    links: Option<Links>,
    /// Uses younger than this at a snapshot without `counted` stay on top of it. Default: 5,000.
    #[schemars(range(min = 0, max = 300_000))]
    settle_ms: Option<u32>,
    /// When a period begins that no snapshot gives, in minutes east of UTC. Default: 0.
    #[schemars(range(min = -1080, max = 1080))]
    utc_offset_minutes: Option<i32>,
    /// Saved lists and conditions by id, for `$inGroup`, `$notInGroup` and `$savedGroup`.
    #[schemars(extend("maxProperties" = 100))]
    groups: Option<BTreeMap<String, SavedGroup>>,
    /// Comparisons of arms that change parts of the policy.
    #[schemars(length(max = 100))]
    experiments: Option<Vec<Experiment>>,
    /// Units that stay out of every experiment.
    holdout: Option<Holdout>,
    /// How many accounts of a hundred have what happens recorded for replay. Default: 20.
    #[schemars(range(min = 0, max = 100))]
    recording_percent: Option<u8>,
    /// Whether `?plimsoll=debug` in a page's address opens the debug panel, for everyone. Default: `false`.
    debug: Option<bool>,
    /// Which signals give how many points, and the line of a PQL.
    scoring: Option<Scoring>,
    /// Patterns that ask for contact within a deadline, beside the built-in ones.
    #[schemars(length(max = 50))]
    sales_triggers: Option<Vec<SalesTrigger>>,
    /// Who contacts an account, and what they could say.
    handoff: Option<Handoff>,
}

/// What one plan grants and how it is bought.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Plan {
    /// 1 to 64 letters, digits, `_` or `-`.
    id: Id,
    /// One text, or texts by locale. Default: the id.
    name: Option<Localized<Words>>,
    /// How it is bought; without it, it cannot be.
    buy: Option<Buy>,
    /// What it costs.
    price: Option<Price>,
    /// By meter. A meter that is not here is not in the plan.
    #[schemars(extend("maxProperties" = 200))]
    quotas: Option<BTreeMap<String, Quota>>,
    /// Ids of features.
    #[schemars(length(max = 200))]
    features: Option<Vec<Id>>,
}

/// How a plan is bought.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Buy {
    /// By the person, at your checkout.
    Checkout,
    /// In a conversation with your sales team.
    Sales,
}

/// What a plan costs.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Price {
    /// In the currency's smallest unit: 4900 for 49 dollars.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
    amount_minor: u64,
    /// ISO 4217 code in capitals, such as `USD`.
    #[schemars(regex(pattern = "^[A-Z]{3}$"))]
    currency: String,
    /// The span it is due for.
    per: Span,
}

/// A span of the calendar.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Span {
    Day,
    Week,
    Month,
    Year,
}

/// What a plan grants on a meter.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Quota {
    /// A whole number from 1, `unlimited`, or `none` for what the plan does not have.
    limit: Limit,
    /// When the count starts again. Without a period in any plan the meter is a level, such as seats.
    period: Option<Span>,
    /// `true` lets usage pass the limit.
    soft: Option<bool>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Limit {
    Of(#[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))] u64),
    Word(LimitWord),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum LimitWord {
    /// No limit in this plan.
    Unlimited,
    /// Not in this plan.
    None,
}

/// A meter's words and thresholds.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Meter {
    /// One text, its plural forms, or either by locale: `{"one": "e-mail", "other": "e-mails"}`.
    name: Option<Name>,
    /// The sentence about its usage that built-in prompts use, without a full stop.
    usage: Option<Localized<Words>>,
    /// Its own thresholds in place of the policy's, each kind ascending.
    #[schemars(length(max = 20))]
    thresholds: Option<Vec<Threshold>>,
}

/// A percentage of the limit, or `{"used": n}`, or `{"remaining": n}`.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum Threshold {
    Percent(Percent),
    Measure(Measure),
}

/// A percentage of the limit.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum GeneralThreshold {
    Percent(Percent),
    Measure(PercentMeasure),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
pub struct Measure {
    /// Of the limit.
    percent: Option<Percent>,
    /// When this much is used.
    used: Option<Amount>,
    /// When this much is left.
    remaining: Option<Amount>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PercentMeasure {
    /// Of the limit.
    percent: Percent,
}

/// What a feature is called and what it is good for.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("dependencies" = {"image": ["image_alt"]}))]
pub struct Feature {
    /// One text, or texts by locale. Default: the id.
    name: Option<Localized<Words>>,
    /// What others reached with it, as a sentence without a full stop.
    outcome: Option<Localized<Words>>,
    /// A picture: `https://…` or a path of your own site. Needs `image_alt`.
    image: Option<Localized<String>>,
    /// What the picture shows, for those who do not see it.
    image_alt: Option<Localized<Words>>,
}

/// Something that is shown to people when its trigger fires.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Prompt {
    /// Its own id, or a built-in prompt's (`default-90`, `default-at-limit`, `default-limit-hit`,
    /// `default-preview`, `default-trial-ending` …), which it replaces.
    id: Id,
    /// `false` switches it off. Default: `true`.
    on: Option<bool>,
    /// What makes it a candidate; only a prompt that replaces a built-in one may leave it out.
    trigger: Option<Trigger>,
    /// How it appears. Default: by trigger.
    surface: Option<Surface>,
    /// Of a banner that lies over the page: at which edge. Default: `top`.
    edge: Option<Edge>,
    /// Of a banner or of what is inline: the name of the `<plimsoll-slot>` that it is painted in. While the page
    /// has none of that name a banner lies over the page, and what is inline waits.
    slot: Option<Id>,
    /// Whom it is for. Default: everybody.
    audience: Option<Condition>,
    /// Where it may appear and where not.
    routes: Option<Routes>,
    /// A group of `pacing.groups`, whose caps it shares.
    group: Option<String>,
    /// Its place in its lane: a lower rank goes first. Default: by trigger.
    #[schemars(range(min = 0, max = 1_000))]
    rank: Option<u16>,
    /// Its own caps.
    #[schemars(length(max = 8))]
    caps: Option<Vec<Cap>>,
    /// How long after its trigger it may first appear, at most 7 days. Default: 0.
    #[schemars(range(min = 0, max = 604_800_000))]
    delay_ms: Option<u32>,
    /// By locale; the default locale must be among them. Default: what its trigger says.
    #[schemars(extend("maxProperties" = 50))]
    texts: Option<BTreeMap<String, PromptWords>>,
    /// Those it may offer; `later` and `never` are always there. Default: all.
    #[schemars(length(min = 1, max = 6))]
    actions: Option<Vec<Action>>,
    /// Every prompt can be dismissed: only `true`.
    #[schemars(extend("const" = true))]
    dismissible: Option<bool>,
}

/// A condition in GrowthBook's syntax over what the snapshot says of the account and the user:
/// `{"plan": "free", "seats": {"$gt": 2}}`.
#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Condition(BTreeMap<String, serde_json::Value>);

/// A list of ids, the same with the attribute it is for, or a condition.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum SavedGroup {
    Ids(Vec<serde_json::Value>),
    Described(DescribedGroup),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DescribedGroup {
    /// What it is.
    #[schemars(rename = "type")]
    kind: GroupKind,
    /// For a list: the attribute whose value is looked for.
    #[schemars(rename = "attributeKey")]
    attribute_key: Option<String>,
    /// For a list.
    values: Option<Vec<serde_json::Value>>,
    /// For a condition.
    condition: Option<Condition>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum GroupKind {
    List,
    Condition,
}

/// Exactly one of the things that can happen, with what may stand beside it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub struct Trigger {
    /// Usage passes that part of the limit.
    threshold_percent: Option<Percent>,
    /// Usage passes that amount.
    threshold_used: Option<Amount>,
    /// That much is left.
    threshold_remaining: Option<Amount>,
    /// Usage reaches the limit.
    #[schemars(extend("const" = true))]
    at_limit: Option<bool>,
    /// An attempt would pass a hard limit.
    #[schemars(extend("const" = true))]
    limit_hit: Option<bool>,
    /// A feature the plan lacks was touched that often in the window.
    #[schemars(range(min = 1, max = 16))]
    explored_times: Option<u8>,
    /// The trial ends within that many days.
    #[schemars(range(min = 1, max = 60))]
    trial_ending_days: Option<u8>,
    /// The limit is expected to be reached within that many days, and before the period ends.
    #[schemars(range(min = 1, max = 90))]
    projected_within_days: Option<u8>,
    /// This user's score is at least so much.
    #[schemars(range(min = 1, max = 100))]
    score: Option<u8>,
    /// A signal was counted so often.
    signal: Option<SignalTrigger>,
    /// For thresholds, limits and projections: this meter only. Default: all.
    meter: Option<String>,
    /// For explorations: this feature only. Default: all.
    feature: Option<String>,
    /// For explorations: the window. Default: 7.
    #[schemars(range(min = 1, max = 62))]
    window_days: Option<u8>,
    /// For explorations: which steps count. Default: `tried`.
    #[schemars(length(min = 1, max = 5))]
    steps: Option<Vec<Step>>,
}

/// How far a person went with a feature.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Step {
    /// It was on the screen.
    Seen,
    /// They tried to use it.
    Tried,
    /// They looked at its preview.
    Previewed,
    /// They made something that needs it.
    Built,
    /// They asked for it.
    Requested,
}

/// How a prompt appears.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Surface {
    /// A strip in the page.
    Banner,
    /// A dialog about a limit: it interrupts.
    Modal,
    /// A dialog about a feature: it interrupts.
    Preview,
    /// A note that fades by itself.
    Toast,
    /// In the page, where a slot for it is.
    Inline,
}

/// An edge of the page.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Edge {
    Top,
    Bottom,
}

/// A button on a prompt.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Action {
    /// Buy the next plan.
    Upgrade,
    /// Contact sales.
    TalkToSales,
    /// Ask whoever can buy.
    AskAdmin,
    /// A longer trial.
    ExtendTrial,
    /// Not now.
    Later,
    /// Not again.
    Never,
}

/// Paths such as `/billing`, or `/billing*` for all that begin so.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Routes {
    /// Only here. Default: everywhere.
    #[schemars(rename = "in", length(max = 20))]
    within: Option<Vec<Route>>,
    /// Not here.
    #[schemars(length(max = 20))]
    out: Option<Vec<Route>>,
}

/// How interruptions are spaced. All windows are rolling.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Pacing {
    /// Caps over all interruptions, the week aside. Default: one a day.
    #[schemars(length(max = 8))]
    caps: Option<Vec<Cap>>,
    /// Interruptions in 7 days. Default: 3.
    #[schemars(range(min = 1, max = 50))]
    weekly_budget: Option<u8>,
    /// Between two interruptions. Default: 24.
    #[schemars(range(min = 0, max = 2_160))]
    gap_hours: Option<u16>,
    /// No banner while the account is younger. Default: 24.
    #[schemars(range(min = 0, max = 8_760))]
    min_account_age_hours: Option<u16>,
    /// Nothing above inline while the user is younger. Default: 0.
    #[schemars(range(min = 0, max = 8_760))]
    min_user_age_hours: Option<u16>,
    /// How long `later` holds: first, second, third time; the next is `never` for the period. Default: 1, 3, 7.
    #[schemars(length(min = 1, max = 10), inner(range(min = 1, max = 365)))]
    ladder_days: Option<Vec<u16>>,
    /// A blocked attempt's modal comes once per meter in this span. Default: 4.
    #[schemars(range(min = 1, max = 2_160))]
    limit_hit_gap_hours: Option<u16>,
    /// A blocked attempt's modals in a day. Default: 2.
    #[schemars(range(min = 1, max = 24))]
    limit_hits_per_day: Option<u8>,
    /// In the reader's time; nothing above inline then.
    quiet_hours: Option<QuietHours>,
    /// Whoever puts a modal off is asked why, at most once in 30 days. Default: false.
    ask_why: Option<bool>,
    /// Groups of prompts with caps of their own, by id.
    #[schemars(extend("maxProperties" = 50))]
    groups: Option<BTreeMap<String, Group>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct QuietHours {
    /// Such as `22:00`.
    from: TimeOfDay,
    /// Such as `07:00`.
    to: TimeOfDay,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Group {
    /// Shared by its prompts.
    #[schemars(length(max = 8))]
    caps: Vec<Cap>,
}

/// At most `count` in any span of `per`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Cap {
    #[schemars(range(min = 1, max = 64))]
    count: u8,
    /// `day`, `week`, `month` (30 days), or up to 90 days such as `4h` or `3d`.
    #[schemars(regex(pattern = "^(day|week|month|[0-9]+[hd])$"))]
    per: String,
}

/// `https://…` or a path of your own site, with `{plan}`, `{meter}`, `{feature}`, `{account}` after the host.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Links {
    /// Where `upgrade` leads when the host does not handle it.
    checkout: Option<String>,
    /// The prices.
    pricing: Option<String>,
    /// A conversation with sales; `form` opens the form that the package brings.
    sales: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Id(#[schemars(regex(pattern = "^[A-Za-z0-9_-]{1,64}$"))] String);

#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Route(#[schemars(regex(pattern = "^/"), length(max = 200))] String);

#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct TimeOfDay(#[schemars(regex(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))] String);

#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Percent(#[schemars(range(min = 1, max = 99))] u8);

#[derive(JsonSchema)]
#[schemars(transparent)]
pub struct Amount(#[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))] u64);
