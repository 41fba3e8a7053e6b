//! Experiments, as types that are only described: units, arms, and what an arm may change.
//! A part of `policy`, whose prompts, thresholds and caps the arms are made of; what may be combined, and
//! what two experiments may not share, `src/policy/experiment.rs` says.

#![expect(dead_code, reason = "the types are described, never made")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::policy::{Cap, Condition, GeneralThreshold, Id, Prompt, QuietHours, Threshold};

/// A comparison of arms, dealt by a hash of the seed and the unit's id.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Experiment {
    /// What events, `read()` and the address call it.
    id: Id,
    /// `false` keeps it as a draft that no browser gets. Default: `true`.
    on: Option<bool>,
    /// Who is dealt to. Default: `account`.
    unit: Option<Unit>,
    /// What a unit's id is hashed with. Default: the experiment's id.
    seed: Option<Id>,
    /// A new phase deals arms anew. Default: 1.
    #[schemars(range(min = 1, max = 1_000))]
    phase: Option<u16>,
    /// How many of all units take part. Default: 100.
    #[schemars(range(min = 1, max = 100))]
    coverage_percent: Option<u8>,
    /// Whom arms are dealt to. Default: everyone.
    audience: Option<Condition>,
    /// Experiments in ranges of one namespace that do not overlap share no unit. Default: all units.
    namespace: Option<Namespace>,
    /// The first is the control, which changes nothing.
    #[schemars(length(min = 2, max = 10))]
    arms: Vec<Arm>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Unit {
    /// Teammates see the same.
    Account,
    /// Each user on their own.
    User,
}

/// A part of all units.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Namespace {
    id: Id,
    #[schemars(range(min = 0, max = 99))]
    from_percent: u8,
    #[schemars(range(min = 1, max = 100))]
    to_percent: u8,
}

/// What is different in one arm.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Arm {
    /// Unique in the experiment.
    id: Id,
    /// In proportion to the others. Default: 1.
    #[schemars(range(min = 1, max = 1_000))]
    weight: Option<u16>,
    /// In place of the policy's.
    #[schemars(length(max = 20))]
    thresholds: Option<Vec<GeneralThreshold>>,
    /// In place of the policy's, by meter.
    meters: Option<BTreeMap<String, ArmMeter>>,
    /// Each changes the members it gives of the prompt with its `id`; a new id adds a prompt to this arm.
    #[schemars(length(max = 500))]
    prompts: Option<Vec<Prompt>>,
    /// What it leaves out stays.
    pacing: Option<ArmPacing>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ArmMeter {
    /// In place of the meter's.
    #[schemars(length(max = 20))]
    thresholds: Option<Vec<Threshold>>,
}

/// The policy's pacing in this arm, without `groups`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ArmPacing {
    #[schemars(length(max = 8))]
    caps: Option<Vec<Cap>>,
    #[schemars(range(min = 1, max = 50))]
    weekly_budget: Option<u8>,
    #[schemars(range(min = 0, max = 2_160))]
    gap_hours: Option<u16>,
    #[schemars(range(min = 0, max = 8_760))]
    min_account_age_hours: Option<u16>,
    #[schemars(range(min = 0, max = 8_760))]
    min_user_age_hours: Option<u16>,
    #[schemars(length(min = 1, max = 10), inner(range(min = 1, max = 365)))]
    ladder_days: Option<Vec<u16>>,
    #[schemars(range(min = 1, max = 2_160))]
    limit_hit_gap_hours: Option<u16>,
    #[schemars(range(min = 1, max = 24))]
    limit_hits_per_day: Option<u8>,
    quiet_hours: Option<QuietHours>,
}

/// Units that stay out of every experiment.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Holdout {
    /// Of all units.
    #[schemars(range(min = 0, max = 99))]
    percent: u8,
    /// What a unit's id is hashed with. Default: `holdout`.
    seed: Option<Id>,
    /// `true`: they see nothing above inline either, except answers to what they try. Default: `false`.
    prompts: Option<bool>,
}
