//! The policy: the growth team's whole configuration, read from JSON and compiled for the browser.
//! Owns every rule about what a policy may say, and the texts that are built in; decides nothing itself.
//! [`Policy::parse`] is the only way in and tells all mistakes at once; [`Policy::compile`] writes the
//! arena of `plim` that the engine decides with.

mod attribute;
mod compile;
mod condition;
mod difference;
mod error;
mod experiment;
mod link;
mod lint;
mod locale;
mod node;
mod pacing;
mod pattern;
mod plan;
mod prompt;
mod sales;
mod scoring;
mod server;
mod speaker;
mod split;
mod subject;
mod text;
mod texts;
mod tree;
mod trigger;
mod variants;
mod walk;

pub use attribute::{Lower, attributes, value};
pub use difference::{Change, Part, difference, moved_arms};
pub use error::{CODES, PolicyError};
pub use lint::WARNINGS;
pub use locale::nearest;
pub use server::SERVER_FORMAT;
pub use split::{bucket_ranges, equal_weights, namespace, split};
pub use texts::BuiltIn;
pub use tree::{DEPTH_MAX, POLICY_BYTES, Tree, too_large};
pub use walk::nearest_name;

use crate::plim::{PatternDraft, RootDraft};
use crate::unit::{Digest, MINUTE_MS, Millis, SECOND_MS};
use condition::Conditions;
use experiment::{Base, Experiment, Holdout};
use link::Holes;
use locale::{canonical, check_tag};
use pacing::Pacing;
use plan::Plan;
use prompt::{Around, Prompt};
use sales::{Handoff, SalesTrigger};
use scoring::Scoring;
use subject::{Subjects, Threshold};
use texts::Texts;
use tree::shown;
use variants::variants;
use walk::{At, Fields, Walk};

/// The format of policy files that this version reads.
const FORMAT: i64 = 1;
const DEFAULT_LOCALE: &str = "en";
const REVISION_CHARS: usize = 32;
/// Prompts after those without a subject of their own have been made for each meter and feature.
/// At 200 bytes each this bounds a compiled policy well below the engine's memory.
const INSTANCES_MAX: usize = 2_000;
/// Uses are remembered one by one for five minutes, so a later settling would find nothing.
const SETTLE_MS_MAX: Millis = 300 * SECOND_MS;
/// Minutes east of UTC, from the westernmost to the easternmost zone there is.
const OFFSETS: core::ops::RangeInclusive<i64> = -12 * 60..=14 * 60;
/// Enough to try a policy on; what more accounts add is bytes.
const RECORDING_PERCENT: i64 = 20;
const FIELDS: &[&str] = &[
    "format",
    "$schema",
    "revision",
    "default_locale",
    "plans",
    "meters",
    "features",
    "thresholds",
    "prompts",
    "defaults",
    "texts",
    "pacing",
    "links",
    "settle_ms",
    "utc_offset_minutes",
    "recording_percent",
    "debug",
    "groups",
    "experiments",
    "holdout",
    "scoring",
    "sales_triggers",
    "handoff",
];

/// A policy without mistakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    revision: String,
    default_locale: String,
    plans: Vec<Plan>,
    subjects: Subjects,
    /// Percentages of every meter without thresholds of its own.
    thresholds: Vec<Threshold>,
    /// The policy's own in its order, then the built-in ones it does not replace.
    prompts: Vec<Prompt>,
    texts: Vec<(String, Texts)>,
    pacing: Pacing,
    links: Links,
    settle_ms: Millis,
    utc_offset_ms: Millis,
    /// Of a hundred accounts, how many are recorded for replay.
    recording_percent: u32,
    /// The address of a page may open the debug panel.
    debug: bool,
    /// The lists among the saved groups, and the patterns, that conditions name by their place.
    saved_groups: Vec<String>,
    patterns: Vec<PatternDraft>,
    experiments: Vec<Experiment>,
    holdout: Option<Holdout>,
    scoring: Scoring,
    sales_triggers: Vec<SalesTrigger>,
    handoff: Handoff,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Links {
    checkout: String,
    pricing: String,
    /// `form`, or a link as the others.
    sales: String,
}

impl Policy {
    /// Reads a policy from JSON text.
    ///
    /// # Errors
    /// All mistakes in it, at most 100.
    pub fn parse(text: &str) -> Result<Self, Vec<PolicyError>> {
        let tree = Tree::parse(text).map_err(|error| vec![error])?;
        Self::from_tree(&tree)
    }

    /// Reads a policy from a tree, however it was made.
    ///
    /// # Errors
    /// All mistakes in it, at most 100.
    pub fn from_tree(tree: &Tree) -> Result<Self, Vec<PolicyError>> {
        Self::in_browser(tree, str::to_lowercase)
    }

    /// Reads a policy from a tree where there is another way to make texts lower case.
    ///
    /// # Errors
    /// All mistakes in it, at most 100.
    pub fn in_browser(tree: &Tree, lower: Lower) -> Result<Self, Vec<PolicyError>> {
        let mut walk = Walk::default();
        let policy = walk.fields(tree, &At::Root, FIELDS, &[]).map(|fields| {
            let mut policy = read(&mut walk, &fields, lower);
            if policy.revision.is_empty() {
                policy.revision = checksum(tree);
            }
            policy
        });
        match policy {
            Some(policy) if walk.errors.is_empty() => Ok(policy),
            _ => Err(walk.errors),
        }
    }

    /// The revision that every event carries: the policy's own, or the first 12 hex digits of a 64-bit
    /// checksum of what it says. The order of members and the white space do not change it.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The ids of built-in prompts that the policy changes.
    pub fn changed_prompts(&self) -> impl Iterator<Item = &str> {
        let own = self.prompts.iter().filter(|prompt| prompt.is_own);
        own.map(|prompt| prompt.id.as_str())
            .filter(|id| id.starts_with(prompt::BUILT_IN))
    }

    /// The locale of a text that has none of the reader's.
    #[must_use]
    pub fn default_locale(&self) -> &str {
        &self.default_locale
    }
}

fn read(walk: &mut Walk, fields: &Fields<'_>, lower: Lower) -> Policy {
    let at = &At::Root;
    read_format(walk, fields, at);
    let revision = fields
        .of("revision")
        .and_then(|tree| read_revision(walk, tree, &At::Field(at, "revision")));
    let default_locale = read_default_locale(walk, fields, at);
    let mut subjects = Subjects::default();
    if let Some(tree) = fields.of("meters") {
        subjects.read_meters(walk, tree, &At::Field(at, "meters"), &default_locale);
    }
    if let Some(tree) = fields.of("features") {
        subjects.read_features(walk, tree, &At::Field(at, "features"), &default_locale);
    }
    let (plans_at, before) = (At::Field(at, "plans"), walk.errors.len());
    let mut plans = match walk.required(fields, at, "plans") {
        Some(tree) => plan::read_plans(walk, tree, &plans_at, &default_locale, &mut subjects),
        None => Vec::new(),
    };
    plan::settle_periods(walk, &plans_at, &mut plans, &mut subjects);
    // A plan that could not be read may be the one that speaks of a meter.
    if walk.errors.len() == before {
        plan::check_used(walk, &plans, &subjects);
    }
    let thresholds_at = At::Field(at, "thresholds");
    let thresholds =
        subject::read_default_thresholds(walk, fields.of("thresholds"), &thresholds_at);
    let pacing = Pacing::read(walk, fields.of("pacing"), &At::Field(at, "pacing"));
    let scoring = Scoring::read(
        walk,
        fields.of("scoring"),
        &At::Field(at, "scoring"),
        &plans,
    );
    let defaults = prompt::defaults(&subjects, &thresholds);
    let mut conditions = Conditions::new(lower);
    if let Some(tree) = fields.of("groups") {
        conditions.read_groups(walk, tree, &At::Field(at, "groups"));
    }
    let mut prompts = Vec::new();
    if let Some(tree) = fields.of("prompts") {
        let around = Around {
            default_locale: &default_locale,
            subjects: &subjects,
            scoring: &scoring,
            groups: &pacing.groups,
            defaults: &defaults,
        };
        let place = At::Field(at, "prompts");
        prompts = prompt::read_prompts(walk, tree, &place, &around, &mut conditions);
    }
    let texts = match fields.of("texts") {
        Some(tree) => {
            let offer = |id: &str| {
                let prompt = defaults.iter().find(|prompt| prompt.id == id)?;
                Some(prompt.trigger.offer())
            };
            texts::read(walk, tree, &At::Field(at, "texts"), &default_locale, &offer)
        }
        None => Vec::new(),
    };
    let with_defaults = fields
        .of("defaults")
        .and_then(|tree| walk.boolean(tree, &At::Field(at, "defaults")));
    let with_defaults = with_defaults != Some(false);
    add_defaults(&mut prompts, &defaults, with_defaults);
    let base = Base {
        around: Around {
            default_locale: &default_locale,
            subjects: &subjects,
            scoring: &scoring,
            groups: &pacing.groups,
            defaults: &defaults,
        },
        prompts: &prompts,
        thresholds: &thresholds,
        pacing: &pacing,
        with_defaults,
    };
    let experiments = match fields.of("experiments") {
        Some(tree) => experiment::read(
            walk,
            tree,
            &At::Field(at, "experiments"),
            &base,
            &mut conditions,
        ),
        None => Vec::new(),
    };
    check_instances(walk, at, variants(&prompts, &experiments).len());
    let holdout = fields
        .of("holdout")
        .map(|tree| experiment::read_holdout(walk, tree, &At::Field(at, "holdout")));
    let links = match fields.of("links") {
        Some(tree) => read_links(walk, tree, &At::Field(at, "links")),
        None => Links::default(),
    };
    let settle_ms = walk.integer_or(fields, at, "settle_ms", 0..=SETTLE_MS_MAX, 5 * SECOND_MS);
    let utc_offset_minutes = walk.integer_or(fields, at, "utc_offset_minutes", OFFSETS, 0);
    let percent = walk.integer_or(fields, at, "recording_percent", 0..=100, RECORDING_PERCENT);
    let debug = fields
        .of("debug")
        .and_then(|tree| walk.boolean(tree, &At::Field(at, "debug")));
    let place = At::Field(at, "sales_triggers");
    let sales_triggers =
        sales::read_triggers(walk, fields.of("sales_triggers"), &place, scoring.names());
    let subjects_of_sales: Vec<&str> = sales_triggers
        .iter()
        .map(SalesTrigger::id)
        .chain(scoring.names())
        .collect();
    let handoff = Handoff::read(
        walk,
        fields.of("handoff"),
        &At::Field(at, "handoff"),
        (&default_locale, &plans),
        &subjects_of_sales,
    );
    Policy {
        revision: revision.unwrap_or_default(),
        default_locale,
        plans,
        subjects,
        thresholds,
        prompts,
        texts,
        pacing,
        links,
        settle_ms,
        utc_offset_ms: utc_offset_minutes.wrapping_mul(MINUTE_MS),
        recording_percent: u32::try_from(percent).unwrap_or(0),
        debug: debug == Some(true),
        saved_groups: conditions.lists,
        patterns: conditions.patterns,
        experiments,
        holdout,
        scoring,
        sales_triggers,
        handoff,
    }
}

/// A condition by itself, with the saved groups it may name: what a compiled policy has of it, and
/// the mistakes. One with mistakes is compiled too, and fails closed where they are.
#[must_use]
pub fn condition(tree: &Tree, groups: &Tree) -> (String, RootDraft, Vec<PolicyError>) {
    let mut walk = Walk::default();
    let mut conditions = Conditions::new(str::to_lowercase);
    conditions.read_groups(&mut walk, groups, &At::Field(&At::Root, "groups"));
    let code = conditions.read(&mut walk, tree, &At::Field(&At::Root, "condition"));
    let root = RootDraft {
        saved_groups: conditions.lists,
        patterns: conditions.patterns,
        ..RootDraft::default()
    };
    (code, root, walk.errors)
}

fn read_format(walk: &mut Walk, fields: &Fields<'_>, at: &At<'_>) {
    let Some(tree) = walk.required(fields, at, "format") else {
        return;
    };
    if let Some(format) = walk.integer(tree, &At::Field(at, "format"), 0..=i64::MAX)
        && format != FORMAT
    {
        const VERSION: &str = env!("CARGO_PKG_VERSION");
        let message =
            format!("format `{format}` is not known to version {VERSION}, which reads {FORMAT}");
        walk.error(
            &At::Field(at, "format"),
            "unknown_format",
            message,
            format!("write {FORMAT}, or use a package newer than {VERSION}"),
        );
    }
}

fn read_revision(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<String> {
    let text = walk.string(tree, at)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+:".contains(&byte);
    if !text.is_empty() && text.len() <= REVISION_CHARS && text.bytes().all(fits) {
        return Some(text.into());
    }
    let message = format!("{} cannot be a revision", shown(text));
    walk.error(
        at,
        "bad_revision",
        message,
        "use 1 to 32 letters, digits, `.`, `_`, `-`, `+` or `:`",
    );
    None
}

fn read_default_locale(walk: &mut Walk, fields: &Fields<'_>, at: &At<'_>) -> String {
    let place = At::Field(at, "default_locale");
    let tag = fields
        .of("default_locale")
        .and_then(|tree| walk.string(tree, &place));
    match tag {
        Some(tag) if check_tag(walk, tag, &place) => tag.into(),
        // One mistake in the tag must not make every text miss its locale.
        Some(tag) => canonical(tag).unwrap_or_else(|| DEFAULT_LOCALE.into()),
        None => DEFAULT_LOCALE.into(),
    }
}

/// Adds the built-in prompts that are wanted and not replaced.
fn add_defaults(prompts: &mut Vec<Prompt>, defaults: &[Prompt], wanted: bool) {
    let own = prompts.len();
    for prompt in defaults {
        if wanted && !prompts.iter().take(own).any(|own| own.id == prompt.id) {
            prompts.push(prompt.clone());
        }
    }
}

/// All instances together have a limit.
fn check_instances(walk: &mut Walk, at: &At<'_>, instances: usize) {
    if instances > INSTANCES_MAX {
        let message = format!(
            "`{instances}` prompts once each meter, feature and arm has its own, at most {INSTANCES_MAX} fit"
        );
        let help = "name a `meter` or `feature` in the triggers, or write `\"defaults\": false`";
        let place = At::Field(at, "prompts");
        walk.error(&place, "too_many_instances", message, help);
    }
}

fn read_links(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Links {
    let Some(fields) = walk.fields(tree, at, &["checkout", "pricing", "sales"], &[]) else {
        return Links::default();
    };
    let sales = fields
        .of("sales")
        .and_then(|tree| link::read_or_form(walk, tree, &At::Field(at, "sales")));
    let mut link = |name: &str| {
        let link = fields
            .of(name)
            .and_then(|tree| link::read(walk, tree, &At::Field(at, name), Holes::Typed));
        link.unwrap_or_default()
    };
    Links {
        checkout: link("checkout"),
        pricing: link("pricing"),
        sales: sales.unwrap_or_default(),
    }
}

/// The first 12 hex digits of a 64-bit digest of the tree, members sorted by name.
fn checksum(tree: &Tree) -> String {
    let mut text = String::new();
    crate::json::push_hex(&mut text, digest(Digest::default(), tree).finish());
    text.truncate(12);
    text
}

fn digest(sum: Digest, tree: &Tree) -> Digest {
    match tree {
        Tree::Null | Tree::TooDeep | Tree::Foreign(_) => sum.number(0),
        Tree::Bool(value) => sum.number(1).number(i64::from(*value)),
        Tree::Integer(value) => sum.number(2).number(*value),
        Tree::Float(value) => sum.number(3).number(value.to_bits().cast_signed()),
        Tree::Text(text) => sum.number(4).text(text),
        Tree::List(items) => items.iter().fold(sum.number(5), digest).number(6),
        Tree::Object(entries) => {
            let mut sorted: Vec<&(String, Tree)> = entries.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            let fold = |sum: Digest, (name, value): &&(String, Tree)| digest(sum.text(name), value);
            sorted.iter().fold(sum.number(7), fold).number(8)
        }
    }
}
