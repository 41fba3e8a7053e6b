//! What is wrong with a policy: one error for each place, all of them at once.
//! Knows nothing of what a policy means; `walk` makes the errors, `plimsoll check` and the browser show them.

use core::fmt;

/// One thing that is wrong with a policy, where it is, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Stable name of the mistake, one of [`CODES`].
    pub code: &'static str,
    /// Where it is: `prompts[2].trigger.threshold_percent`; "" for the whole file.
    pub path: String,
    /// What is wrong: lower case, no full stop, the policy's own words in backticks.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() {
            "policy"
        } else {
            self.path.as_str()
        };
        write!(
            f,
            "{place}: {} [{}]; help: {}",
            self.message, self.code, self.help
        )
    }
}

impl core::error::Error for PolicyError {}

/// Every code that [`super::Policy::parse`] can answer with. A published code keeps its meaning.
pub const CODES: &[&str] = &[
    "actions_empty",
    "bad_character",
    "bad_currency",
    "bad_id",
    "bad_link",
    "bad_locale",
    "bad_pattern",
    "bad_revision",
    "bad_route",
    "bad_span",
    "bad_time",
    "empty",
    "experiments_overlap",
    "feature_in_no_plan",
    "given_twice",
    "group_cycle",
    "id_collision",
    "id_taken",
    "json_syntax",
    "meter_in_no_plan",
    "missing_field",
    "missing_text",
    "mixed_kind",
    "mixed_operators",
    "must_be_dismissible",
    "not_supported_yet",
    "out_of_range",
    "reserved_id",
    "score_on_server",
    "soft_without_limit",
    "surface_place",
    "surface_trigger",
    "text_syntax",
    "text_variable",
    "threshold_at_limit",
    "thresholds_unsorted",
    "too_deep",
    "too_few_arms",
    "too_large",
    "too_many",
    "too_many_errors",
    "too_many_instances",
    "trigger_count",
    "trigger_subject",
    "unknown_feature",
    "unknown_field",
    "unknown_format",
    "unknown_group",
    "unknown_meter",
    "unknown_operator",
    "unknown_plan",
    "unknown_prompt",
    "unknown_signal",
    "unknown_value",
    "weekly_cap",
    "weights_sum",
    "wrong_type",
    "zero_limit",
];
