//! Scoring, sales triggers and the hand-off as types, field by field, only to describe them in the JSON Schema.
//! They own the descriptions that editors show; what may be said beyond its shape is `src/policy`'s.
//! `policy` names them; a test holds them to the parser at every place.

#![expect(dead_code, reason = "the types are described, never made")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::policy::Id;
use super::words::{Localized, Words};

/// Which signals give how many points, and the line of a PQL.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Scoring {
    /// `false` keeps points and line on the server. Default: `true`.
    in_browser: Option<bool>,
    /// A PQL from this score on. Default: 70.
    #[schemars(range(min = 1, max = 100))]
    line: Option<u8>,
    /// Below this the line can be reached again. Default: 10 below `line`.
    #[schemars(range(min = 0, max = 100))]
    rearm_below: Option<u8>,
    /// What a full category adds to the score; together 100. Default: 20, 30, 30 and 20.
    weights: Option<Weights>,
    /// The points that fill a category. Default: its weight.
    caps: Option<Caps>,
    /// `false` drops the built-in signals. Default: `true`.
    defaults: Option<bool>,
    /// By name; one with a built-in name changes that one.
    #[schemars(extend("maxProperties" = 40))]
    signals: Option<BTreeMap<String, Signal>>,
    /// Who is not scored for sales; never in a browser.
    exclusions: Option<Exclusions>,
}

/// A number for each category.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Weights {
    activation: Option<Weight>,
    engagement: Option<Weight>,
    value: Option<Weight>,
    expansion: Option<Weight>,
}

/// Points for each category.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Caps {
    activation: Option<Points>,
    engagement: Option<Points>,
    value: Option<Points>,
    expansion: Option<Points>,
}

#[derive(JsonSchema)]
#[schemars(transparent)]
struct Weight(#[schemars(range(min = 0, max = 100))] u8);

#[derive(JsonSchema)]
#[schemars(transparent)]
struct Points(#[schemars(range(min = 1, max = 1_000))] u16);

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Category {
    Activation,
    Engagement,
    Value,
    Expansion,
}

/// What a signal gives to the score.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Signal {
    /// Required for a name of your own that gives points.
    category: Option<Category>,
    /// For each `each` of its count; negative ones subtract, 0 counts only. Default: 0.
    #[schemars(range(min = -1_000, max = 1_000))]
    points: Option<i16>,
    /// Points are given once for so many. Default: 1.
    #[schemars(range(min = 1, max = 1_000_000))]
    each: Option<u32>,
    /// The most points it gives, or takes. Default: the category's cap.
    cap: Option<Points>,
    /// Days after which half of a count is left; 0 for no decay. Default: 0.
    #[schemars(range(min = 0, max = 365))]
    half_life_days: Option<u16>,
    /// Each so many of its count the next give half; 0 for never. Default: 0.
    #[schemars(range(min = 0, max = 1_000_000))]
    half_after: Option<u32>,
    /// Days that count, today among them. Default: 62.
    #[schemars(range(min = 1, max = 62))]
    window_days: Option<u8>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Exclusions {
    /// Ids of accounts, such as your own.
    #[schemars(length(max = 1_000))]
    accounts: Option<Vec<String>>,
    /// Ids of plans.
    #[schemars(length(max = 50))]
    plans: Option<Vec<String>>,
    /// Whether sales talking with an account leaves it out. Default: `true`.
    in_sales_conversation: Option<bool>,
}

/// A signal that a prompt waits for.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SignalTrigger {
    /// A signal of `scoring.signals`, or a built-in one.
    name: String,
    /// How often. Default: 1.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    count: Option<u64>,
    /// Within so many days. Default: 7.
    #[schemars(range(min = 1, max = 62))]
    window_days: Option<u8>,
}

/// A pattern that asks for contact within a deadline.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SalesTrigger {
    /// That of a built-in one changes it.
    id: Id,
    /// `false` switches it off. Default: `true`.
    on: Option<bool>,
    /// Hours in which somebody should respond.
    #[schemars(range(min = 1, max = 2_160))]
    respond_hours: Option<u16>,
    /// The pattern.
    when: Option<When>,
}

/// A signal with one kind of figures, or growth of usage, the score, or a renewal.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct When {
    /// Its name.
    signal: Option<String>,
    /// A meter's usage is so much more than in the window before.
    #[schemars(range(min = 1, max = 10_000))]
    usage_growth_percent: Option<u16>,
    /// The score is past the line.
    #[schemars(extend("const" = true))]
    score: Option<bool>,
    /// The plan renews within so many days.
    #[schemars(range(min = 1, max = 366))]
    renewal_within_days: Option<u16>,
    /// The signal happened so much more often than in the window before.
    #[schemars(range(min = 1, max = 10_000))]
    growth_percent: Option<u16>,
    /// The best day has so many or more.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    to: Option<u64>,
    /// No day of the window before has more.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
    from: Option<u64>,
    /// The signal happened on so many days.
    #[schemars(range(min = 1, max = 62))]
    days: Option<u8>,
    /// The signal happened so often.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    count: Option<u64>,
    /// The window; at most 31 days where two are compared.
    #[schemars(range(min = 1, max = 62))]
    window_days: Option<u8>,
    /// So much of some quota is used.
    #[schemars(range(min = 0, max = 1_000))]
    used_percent: Option<u16>,
}

/// Who contacts an account, and what they could say.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Handoff {
    /// The first that fits is taken.
    #[schemars(length(max = 20))]
    routing: Option<Vec<HandoffRoute>>,
    /// By the id of a sales trigger or a signal.
    #[schemars(extend("maxProperties" = 100))]
    talking_points: Option<BTreeMap<String, Localized<Words>>>,
    /// How an account's health is weighed; together 100.
    health_weights: Option<HealthWeights>,
    /// A first message, which people edit.
    drafts: Option<Drafts>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct HandoffRoute {
    /// The role.
    to: Role,
    /// Ids of plans. Default: all.
    #[schemars(length(max = 50))]
    plans: Option<Vec<String>>,
    /// Regions. Default: all.
    #[schemars(length(max = 50))]
    regions: Option<Vec<Words>>,
    /// From this score on.
    #[schemars(range(min = 0, max = 100))]
    score_from: Option<u8>,
    /// From so many users on.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
    users_from: Option<u64>,
    /// From deals of this size on, in minor units.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
    deal_from_minor: Option<u64>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Role {
    Sales,
    FieldSales,
    ProductSpecialist,
    CustomerSuccess,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct HealthWeights {
    /// Default: 40.
    trend: Option<Weight>,
    /// Default: 30.
    breadth: Option<Weight>,
    /// Default: 30.
    recency: Option<Weight>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Drafts {
    subject: Option<Localized<Words>>,
    #[schemars(length(max = 4))]
    parts: Option<Vec<Localized<Words>>>,
    call_opener: Option<Localized<Words>>,
}
