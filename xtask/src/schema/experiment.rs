//! Experiments, as types that are only described: units, arms, and what an arm may change.
//! A part of `policy`, whose prompts, thresholds and caps the arms are made of; what may be combined, and
//! what two experiments may not share, `src/policy/experiment.rs` says.

#![expect(dead_code, reason = "the types are described, never made")]

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::policy::{Condition, GeneralThreshold, Id, Pacing, Prompt, Threshold};

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
    #[schemars(schema_with = "arm_pacing", default)]
    pacing: Option<Pacing>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ArmMeter {
    /// In place of the meter's.
    #[schemars(length(max = 20))]
    thresholds: Option<Vec<Threshold>>,
}

/// The policy's pacing without its groups and its defaults: what an arm leaves out stays as it is.
fn arm_pacing(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = Pacing::json_schema(generator);
    if let Some(Value::Object(members)) = schema.get_mut("properties") {
        members.remove("groups");
        for member in members.values_mut() {
            if let Some(Value::String(about)) = member.get_mut("description") {
                about.truncate(about.find(" Default: ").unwrap_or(about.len()));
            }
        }
    }
    schema.insert("description".into(), "What it leaves out stays.".into());
    schema
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
