//! Triggers: what makes a prompt a candidate, and which meters or features it is about.
//! Owns the names of triggers, their ranks and tones; knows no texts and no pacing.
//! `prompt` reads one for each prompt; `compile` makes one instance for each subject.

use super::scoring::Scoring;
use super::subject::{PERCENT, REMAINING, Subjects, USED, read_count, read_percent};
use super::text::{self, Offer};
use super::tree::Tree;
use super::walk::{At, Fields, Walk};
use crate::engine::EXPLORED_MAX;
use crate::engine::effect::Surface;
use crate::engine::input::Step;
use crate::pql::signal;
use crate::unit::{COUNT_MAX, DAY_MS, Millis};

/// Explorations count at most this long: the engine keeps 62 days.
const WINDOW_DAYS_MAX: i64 = 62;
const WINDOW_DAYS: i64 = 7;
const TRIAL_DAYS_MAX: i64 = 60;
/// An estimate of what lies further ahead helps nobody.
const PROJECTED_DAYS_MAX: i64 = 90;
const KINDS: &[&str] = &[
    "threshold_percent",
    "threshold_used",
    "threshold_remaining",
    "at_limit",
    "limit_hit",
    "explored_times",
    "trial_ending_days",
    "projected_within_days",
    "score",
    "signal",
];
const QUALIFIERS: &[&str] = &["meter", "feature", "window_days", "steps"];

/// What makes a prompt a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// Usage passes a threshold; kind and value as in the arena.
    Threshold { kind: u32, value: i64 },
    /// Usage reaches the limit.
    AtLimit,
    /// An attempt would pass a hard limit.
    LimitHit,
    /// A feature is touched this often within a window; steps as bits.
    Explored {
        times: i64,
        window_ms: Millis,
        steps: u32,
    },
    /// The trial ends within this span.
    TrialEnding { before_ms: Millis },
    /// The limit is expected to be reached within so many days.
    Projected { days: i64 },
    /// The score is at least so many points.
    Score { points: i64 },
    /// A signal, by key, was counted so often within a window.
    Signal {
        key: u32,
        count: i64,
        window_ms: Millis,
    },
}

/// What a prompt is about; one instance for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The account as a whole.
    Account,
    /// Meters, by index.
    Meters(Vec<usize>),
    /// Features, by index.
    Features(Vec<usize>),
}

impl About {
    /// How many instances a prompt about this has.
    pub fn len(&self) -> usize {
        match self {
            Self::Account => 1,
            Self::Meters(indexes) | Self::Features(indexes) => indexes.len(),
        }
    }
}

impl Trigger {
    /// The trial's last days that count as its end unless the policy says otherwise.
    pub const TRIAL_ENDING: Self = Self::TrialEnding {
        before_ms: 3 * DAY_MS,
    };
    /// A feature is tried once.
    pub const TRIED: Self = Self::Explored {
        times: 1,
        window_ms: WINDOW_DAYS * DAY_MS,
        steps: 1 << Step::Tried as u32,
    };

    /// The number in the arena.
    pub fn word(self) -> u32 {
        match self {
            Self::Threshold { .. } => 0,
            Self::AtLimit => 1,
            Self::LimitHit => 2,
            Self::Explored { .. } => 3,
            Self::TrialEnding { .. } => 4,
            Self::Projected { .. } => 5,
            Self::Score { .. } => 6,
            Self::Signal { .. } => 7,
        }
    }

    /// What its texts can speak of.
    pub fn offer(self) -> Offer {
        match self {
            Self::Threshold { .. } | Self::AtLimit | Self::LimitHit => text::METER,
            Self::Explored { .. } => text::FEATURE,
            Self::TrialEnding { .. } => text::TRIAL,
            Self::Projected { .. } => text::PROJECTED,
            Self::Score { .. } | Self::Signal { .. } => text::ACCOUNT,
        }
    }

    /// The built-in text it has when the policy gives none.
    pub fn text_id(self) -> &'static str {
        match self {
            Self::Threshold { kind: USED, .. } => "default-used",
            Self::Threshold {
                kind: REMAINING, ..
            } => "default-remaining",
            Self::Threshold { value: 9_000.., .. } => "default-90",
            Self::Threshold { value: 7_500.., .. } => "default-75",
            Self::Threshold { .. } => "default-50",
            Self::AtLimit => "default-at-limit",
            Self::LimitHit => "default-limit-hit",
            Self::Explored { .. } => "default-preview",
            Self::TrialEnding { .. } => "default-trial-ending",
            Self::Projected { .. } => "default-projected",
            Self::Score { .. } | Self::Signal { .. } => "default-ready",
        }
    }

    /// Its place in a lane unless the prompt has a `rank`: limit hit, at limit, thresholds by percent
    /// descending with exploration between 90 and 75, then trial ending, projected, score and signal. An absolute threshold stands
    /// with 75 %, a remaining one with 90 %.
    pub fn rank(self) -> i64 {
        match self {
            Self::LimitHit => 10,
            Self::AtLimit => 20,
            Self::Threshold {
                kind: PERCENT,
                value,
            } => 130_i64.saturating_sub(value / 100),
            Self::Threshold {
                kind: REMAINING, ..
            } => 40,
            Self::Explored { .. } => 50,
            Self::Threshold { .. } => 55,
            Self::TrialEnding { .. } => 140,
            Self::Projected { .. } => 150,
            Self::Score { .. } => 160,
            Self::Signal { .. } => 170,
        }
    }

    /// The tone of its prompts.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Threshold {
                kind: PERCENT,
                value: 9_000..,
            } => "urgent",
            Self::Threshold {
                kind: PERCENT,
                value: 7_500..,
            }
            | Self::Threshold {
                kind: REMAINING, ..
            } => "warning",
            Self::Threshold { .. } | Self::Projected { .. } => "notice",
            Self::AtLimit | Self::LimitHit => "limit",
            Self::Explored { .. }
            | Self::TrialEnding { .. }
            | Self::Score { .. }
            | Self::Signal { .. } => "offer",
        }
    }

    /// The surface it has unless the policy says otherwise.
    pub fn surface(self) -> Surface {
        match self {
            Self::LimitHit => Surface::Modal,
            Self::Explored { .. } => Surface::Preview,
            _ => Surface::Banner,
        }
    }
}

/// What texts can speak of beside a trigger that cannot be read, by the kind that it names; anything where it
/// names none.
pub(super) fn likely_offer(tree: Option<&Tree>) -> Offer {
    let named = |kind: &&&str| tree.is_some_and(|tree| tree.member(kind).is_some());
    match KINDS.iter().find(named) {
        None => text::ANY,
        Some(&"explored_times") => text::FEATURE,
        Some(&"trial_ending_days") => text::TRIAL,
        Some(&"projected_within_days") => text::PROJECTED,
        Some(&("score" | "signal")) => text::ACCOUNT,
        Some(_) => text::METER,
    }
}

/// Reads a trigger and what it is about: without `meter` or `feature`, all of them.
pub(super) fn read(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    subjects: &Subjects,
    scoring: &Scoring,
) -> Option<(Trigger, About)> {
    let known: Vec<&str> = KINDS.iter().chain(QUALIFIERS).copied().collect();
    let before = walk.errors.len();
    let fields = walk.fields(tree, at, &known, &[])?;
    let is_told = before != walk.errors.len();
    let kind = walk.exactly_one(&fields, at, ("trigger", KINDS), is_told)?;
    let fitting: &[&str] = match kind {
        "trial_ending_days" | "score" | "signal" => &[],
        "explored_times" => &["feature", "window_days", "steps"],
        _ => &["meter"],
    };
    walk.only_fitting(&fields, at, QUALIFIERS, (kind, fitting));
    let place = At::Field(at, kind);
    let trigger = fields.of(kind).and_then(|tree| match kind {
        "score" => read_score(walk, tree, &place, scoring),
        "signal" => read_signal(walk, tree, &place, scoring),
        _ => read_kind(walk, tree, &place, kind, &fields, at),
    });
    let about = match trigger? {
        Trigger::TrialEnding { .. } | Trigger::Score { .. } | Trigger::Signal { .. } => {
            About::Account
        }
        Trigger::Explored { .. } => {
            About::Features(read_subject(walk, &fields, at, "feature", subjects)?)
        }
        _ => About::Meters(read_subject(walk, &fields, at, "meter", subjects)?),
    };
    Some((trigger?, about))
}

fn read_kind(
    walk: &mut Walk,
    tree: &Tree,
    place: &At<'_>,
    kind: &str,
    fields: &Fields<'_>,
    at: &At<'_>,
) -> Option<Trigger> {
    match kind {
        "threshold_percent" => read_percent(walk, tree, place).map(|percent| Trigger::Threshold {
            kind: PERCENT,
            value: percent.saturating_mul(100),
        }),
        "threshold_used" => {
            read_count(walk, tree, place).map(|value| Trigger::Threshold { kind: USED, value })
        }
        "threshold_remaining" => read_count(walk, tree, place).map(|value| Trigger::Threshold {
            kind: REMAINING,
            value,
        }),
        "at_limit" => read_true(walk, tree, place).map(|()| Trigger::AtLimit),
        "limit_hit" => read_true(walk, tree, place).map(|()| Trigger::LimitHit),
        "explored_times" => {
            let times = walk.integer(tree, place, 1..=EXPLORED_MAX as i64);
            let days = walk.integer_or(fields, at, "window_days", 1..=WINDOW_DAYS_MAX, WINDOW_DAYS);
            let steps = match fields.of("steps") {
                Some(tree) => read_steps(walk, tree, &At::Field(at, "steps")),
                None => 1 << Step::Tried as u32,
            };
            Some(Trigger::Explored {
                times: times?,
                window_ms: days.saturating_mul(DAY_MS),
                steps,
            })
        }
        "projected_within_days" => walk
            .integer(tree, place, 1..=PROJECTED_DAYS_MAX)
            .map(|days| Trigger::Projected { days }),
        _ => {
            let days = walk.integer(tree, place, 1..=TRIAL_DAYS_MAX)?;
            Some(Trigger::TrialEnding {
                before_ms: days.saturating_mul(DAY_MS),
            })
        }
    }
}

/// At least so many points; a browser without the score could never know.
fn read_score(walk: &mut Walk, tree: &Tree, at: &At<'_>, scoring: &Scoring) -> Option<Trigger> {
    if !scoring.in_browser {
        let message = "the score stays on the server, so no prompt can wait for it".into();
        let help = "leave `scoring.in_browser` out, or name another trigger";
        walk.error(at, "score_on_server", message, help);
    }
    let points = walk.integer(tree, at, 1..=100)?;
    Some(Trigger::Score { points })
}

/// `{"name": "teammate_invited", "count": 3, "window_days": 7}`
fn read_signal(walk: &mut Walk, tree: &Tree, at: &At<'_>, scoring: &Scoring) -> Option<Trigger> {
    let fields = walk.fields(tree, at, &["name", "count", "window_days"], &[])?;
    let place = At::Field(at, "name");
    let name = walk.required(&fields, at, "name");
    let name = name.and_then(|tree| walk.string(tree, &place));
    let count = walk.integer_or(&fields, at, "count", 1..=COUNT_MAX, 1);
    let days = walk.integer_or(&fields, at, "window_days", 1..=WINDOW_DAYS_MAX, WINDOW_DAYS);
    let known = scoring
        .names()
        .filter(|name| Scoring::is_seen_in_page(name));
    let name = name?;
    if !known.clone().any(|known| known == name) {
        walk.unknown(&place, "unknown_signal", "signal", name, known);
        return None;
    }
    Some(Trigger::Signal {
        key: signal::key(name).0,
        count,
        window_ms: days.saturating_mul(DAY_MS),
    })
}

fn read_true(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<()> {
    if *tree != Tree::Bool(true) {
        walk.wrong_type(at, tree, "`true`", "write `true`, or name another trigger");
        return None;
    }
    Some(())
}

fn read_steps(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> u32 {
    let names = Step::ALL.map(Step::name);
    if matches!(tree, Tree::List(items) if items.is_empty()) {
        walk.error(
            at,
            "empty",
            "there is no step".into(),
            "name at least one, such as `tried`",
        );
    }
    let mut bits = 0;
    for (index, item) in walk.list(tree, at, Step::ALL.len()).iter().enumerate() {
        if let Some(step) = walk.one_of(item, &At::Item(at, index), &names, &[]) {
            bits |= 1 << step;
        }
    }
    bits
}

/// The indexes a trigger is about: the one it names, or all.
fn read_subject(
    walk: &mut Walk,
    fields: &Fields<'_>,
    at: &At<'_>,
    name: &'static str,
    subjects: &Subjects,
) -> Option<Vec<usize>> {
    let ids: Vec<&str> = match name {
        "feature" => subjects
            .features
            .iter()
            .map(|feature| feature.id.as_str())
            .collect(),
        _ => subjects
            .meters
            .iter()
            .map(|meter| meter.id.as_str())
            .collect(),
    };
    let Some(tree) = fields.of(name) else {
        return Some((0..ids.len()).collect());
    };
    let place = At::Field(at, name);
    let id = walk.string(tree, &place)?;
    let index = ids.iter().position(|own| *own == id);
    if index.is_none() {
        let code = if name == "feature" {
            "unknown_feature"
        } else {
            "unknown_meter"
        };
        walk.unknown(&place, code, name, id, ids.into_iter());
    }
    Some(vec![index?])
}
