//! What prompts are about: meters with their names and thresholds, features with their pictures.
//! Owns their order and the thresholds' rules; a meter's kind comes from the plans' quotas.
//! `plan` adds the ones it names; `prompt` and `compile` speak of them by index.

use super::link::{self, Holes};
use super::locale::Localized;
use super::text::{self, Text, is_plural_form};
use super::tree::{Tree, shown};
use super::walk::{At, Walk};
use crate::unit::{COUNT_MAX, Key};

/// Meters of one policy.
pub(super) const METERS_MAX: usize = 200;
/// Features of one policy.
pub(super) const FEATURES_MAX: usize = 200;
/// Thresholds of one list.
const THRESHOLDS_MAX: usize = 20;
/// Percentages at which something happens unless the policy says otherwise.
const DEFAULT_THRESHOLDS_PERCENT: [i64; 3] = [50, 75, 90];

/// Where something happens on the way to a limit, as the arena has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Threshold {
    pub kind: u32,
    pub value: i64,
}

impl Threshold {
    /// As it is written in a list.
    pub fn shown(self) -> String {
        match self.kind {
            PERCENT => (self.value / 100).to_string(),
            USED => format!("{{\"used\": {}}}", self.value),
            _ => format!("{{\"remaining\": {}}}", self.value),
        }
    }
}

/// Kinds of [`Threshold`].
pub(super) const PERCENT: u32 = 0;
pub(super) const USED: u32 = 1;
pub(super) const REMAINING: u32 = 2;

/// A meter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Meter {
    pub id: String,
    /// Plural forms by locale.
    pub name: Localized<Vec<(String, String)>>,
    /// "You have sent {used} of {limit} e-mails", by locale.
    pub usage: Localized<Text>,
    /// Its own thresholds, in place of the policy's.
    pub thresholds: Option<Vec<Threshold>>,
    pub is_level: bool,
}

/// A feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Feature {
    pub id: String,
    pub name: Localized<String>,
    pub outcome: Localized<String>,
    pub image: Localized<String>,
    pub image_alt: Localized<String>,
}

/// All subjects, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subjects {
    pub meters: Vec<Meter>,
    pub features: Vec<Feature>,
}

impl Subjects {
    /// The index of the meter with this id.
    pub fn meter(&self, id: &str) -> Option<usize> {
        self.meters.iter().position(|meter| meter.id == id)
    }

    /// The index of the feature with this id.
    pub fn feature(&self, id: &str) -> Option<usize> {
        self.features.iter().position(|feature| feature.id == id)
    }

    /// The meter of a quota; one that `meters` does not describe goes by its id.
    pub fn meter_or_new(&mut self, walk: &mut Walk, id: &str, at: &At<'_>) -> Option<usize> {
        if let Some(index) = self.meter(id) {
            return Some(index);
        }
        let id = fresh_id(
            walk,
            id,
            at,
            self.meters.iter().map(|meter| meter.id.as_str()),
            "meter",
            METERS_MAX,
        )?;
        self.meters.push(Meter {
            id,
            ..Meter::default()
        });
        self.meters.len().checked_sub(1)
    }

    /// The feature a plan names; one that `features` does not describe goes by its id.
    pub fn feature_or_new(&mut self, walk: &mut Walk, id: &str, at: &At<'_>) -> Option<usize> {
        if let Some(index) = self.feature(id) {
            return Some(index);
        }
        let known = self.features.iter().map(|feature| feature.id.as_str());
        let id = fresh_id(walk, id, at, known, "feature", FEATURES_MAX)?;
        self.features.push(Feature {
            id,
            ..Feature::default()
        });
        self.features.len().checked_sub(1)
    }

    /// Reads `meters`.
    pub fn read_meters(&mut self, walk: &mut Walk, tree: &Tree, at: &At<'_>, default: &str) {
        for (id, tree) in walk.entries(tree, at, METERS_MAX).unwrap_or_default() {
            let place = At::Field(at, id);
            let index = self.meter_or_new(walk, id, &place);
            let Some(fields) = walk.fields(tree, &place, &["name", "usage", "thresholds"], &[])
            else {
                continue;
            };
            let Some(meter) = index.and_then(|index| self.meters.get_mut(index)) else {
                continue;
            };
            if let Some(tree) = fields.of("name") {
                meter.name = read_forms(walk, tree, &At::Field(&place, "name"), default);
            }
            if let Some(tree) = fields.of("usage") {
                let place = At::Field(&place, "usage");
                meter.usage = Localized::read(walk, tree, &place, default, |walk, tree, at| {
                    let source = walk.words(tree, at)?;
                    Text::read(walk, source, at, text::USAGE)
                });
            }
            if let Some(tree) = fields.of("thresholds") {
                meter.thresholds = Some(read_thresholds(
                    walk,
                    tree,
                    &At::Field(&place, "thresholds"),
                ));
            }
        }
    }

    /// Reads `features`.
    pub fn read_features(&mut self, walk: &mut Walk, tree: &Tree, at: &At<'_>, default: &str) {
        let known = ["name", "outcome", "image", "image_alt"];
        for (id, tree) in walk.entries(tree, at, FEATURES_MAX).unwrap_or_default() {
            let place = At::Field(at, id);
            let index = self.feature_or_new(walk, id, &place);
            let later = ["precondition", "condition"];
            let Some(fields) = walk.fields(tree, &place, &known, &later) else {
                continue;
            };
            let mut words = |name: &str| match fields.of(name) {
                Some(tree) => Localized::read(
                    walk,
                    tree,
                    &At::Field(&place, name),
                    default,
                    |walk, tree, at| walk.words(tree, at).map(String::from),
                ),
                None => Localized::default(),
            };
            let (name, outcome, image_alt) = (words("name"), words("outcome"), words("image_alt"));
            let image = match fields.of("image") {
                Some(tree) => Localized::read(
                    walk,
                    tree,
                    &At::Field(&place, "image"),
                    default,
                    |walk, tree, at| link::read(walk, tree, at, Holes::None),
                ),
                None => Localized::default(),
            };
            if !image.0.is_empty() && fields.of("image_alt").is_none() {
                let help = "say in `image_alt` what the picture shows, for those who do not see it";
                walk.error(
                    &place,
                    "missing_field",
                    "`image_alt` is missing".into(),
                    help,
                );
            }
            if let Some(feature) = index.and_then(|index| self.features.get_mut(index)) {
                *feature = Feature {
                    id: id.clone(),
                    name,
                    outcome,
                    image,
                    image_alt,
                };
            }
        }
    }
}

/// An id that is new among those of its kind, and whose key is.
pub(super) fn fresh_id<'k>(
    walk: &mut Walk,
    id: &str,
    at: &At<'_>,
    mut known: impl Iterator<Item = &'k str> + Clone,
    what: &str,
    max: usize,
) -> Option<String> {
    let id = walk.id(id, at)?;
    if known.clone().count() >= max {
        let is_told = walk
            .errors
            .iter()
            .any(|error| error.code == "too_many" && error.message.contains(what));
        if !is_told {
            walk.error(
                at,
                "too_many",
                format!("more than {max} {what}s"),
                "remove some",
            );
        }
        return None;
    }
    let twin = known.find(|other| Key::of(other) == Key::of(id));
    match twin {
        Some(other) if other == id => {
            let article = if what.starts_with(['a', 'e']) {
                "an"
            } else {
                "a"
            };
            walk.error(
                at,
                "id_taken",
                format!("there is already {article} {what} `{id}`"),
                "choose another id",
            );
            None
        }
        Some(other) => {
            let message = format!("the ids `{other}` and `{id}` share a key");
            walk.error(
                at,
                "id_collision",
                message,
                "rename one of them; this happens once in billions",
            );
            None
        }
        None => Some(id.into()),
    }
}

/// A name: one text, or its plural forms.
fn read_forms(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    default: &str,
) -> Localized<Vec<(String, String)>> {
    let is_form = |(name, _): &(String, Tree)| is_plural_form(name);
    match tree {
        // Forms without a locale are the default locale's; no locale is named like a form.
        Tree::Object(entries) if !entries.is_empty() && entries.iter().all(is_form) => {
            let forms = read_locale_forms(walk, tree, at);
            Localized(
                forms
                    .map(|forms| (default.into(), forms))
                    .into_iter()
                    .collect(),
            )
        }
        _ => Localized::read(walk, tree, at, default, read_locale_forms),
    }
}

fn read_locale_forms(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<Vec<(String, String)>> {
    if !matches!(tree, Tree::Object(_)) {
        return walk
            .words(tree, at)
            .map(|word| vec![("other".into(), word.into())]);
    }
    let mut forms = Vec::new();
    for (name, tree) in walk.entries(tree, at, 20)? {
        let place = At::Field(at, name);
        if !is_plural_form(name) {
            let message = format!("there is no plural form {}", shown(name));
            let help = "forms are `=0`, `zero`, `one`, `two`, `few`, `many` and `other`";
            walk.error(&place, "unknown_value", message, help);
        } else if let Some(word) = walk.words(tree, &place) {
            forms.push((name.clone(), word.into()));
        }
    }
    if !forms.iter().any(|(name, _)| name == "other") {
        walk.error(
            at,
            "missing_field",
            "`other` is missing".into(),
            "add the form that fits most numbers",
        );
    }
    Some(forms)
}

/// Reads the policy's own `thresholds`: percentages for every meter.
pub(super) fn read_default_thresholds(
    walk: &mut Walk,
    tree: Option<&Tree>,
    at: &At<'_>,
) -> Vec<Threshold> {
    let Some(tree) = tree else {
        return DEFAULT_THRESHOLDS_PERCENT.map(percent).into();
    };
    if let Tree::List(items) = tree
        && let Some(index) = items
            .iter()
            .position(|item| matches!(item, Tree::Object(_)))
        && let Some(item) = items.get(index)
    {
        let help = "absolute thresholds are a meter's own: write them in `meters`";
        walk.wrong_type(&At::Item(at, index), item, "a whole number", help);
        return Vec::new();
    }
    read_thresholds(walk, tree, at)
}

fn percent(percent: i64) -> Threshold {
    Threshold {
        kind: PERCENT,
        value: percent.saturating_mul(100),
    }
}

/// Reads a list of percentages, `{"used": n}` and `{"remaining": n}`, each kind ascending.
pub(super) fn read_thresholds(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Vec<Threshold> {
    let mut thresholds: Vec<Threshold> = Vec::new();
    for (index, item) in walk.list(tree, at, THRESHOLDS_MAX).iter().enumerate() {
        let place = At::Item(at, index);
        let Some(threshold) = read_threshold(walk, item, &place) else {
            continue;
        };
        let last = thresholds
            .iter()
            .rfind(|other| other.kind == threshold.kind);
        match last {
            Some(last) if last.value == threshold.value => {
                let message = format!("the threshold `{}` is given twice", threshold.shown());
                walk.error(&place, "given_twice", message, "keep one of them");
            }
            Some(last) if last.value > threshold.value => {
                let (low, high) = (threshold.shown(), last.shown());
                let message = format!("the threshold `{low}` stands after `{high}`");
                walk.error(
                    &place,
                    "thresholds_unsorted",
                    message,
                    "write thresholds from low to high",
                );
            }
            _ => thresholds.push(threshold),
        }
    }
    thresholds.sort_unstable();
    thresholds
}

pub(super) fn read_threshold(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<Threshold> {
    let Tree::Object(entries) = tree else {
        return read_percent(walk, tree, at).map(percent);
    };
    let kinds = ["percent", "used", "remaining"];
    let fields = walk.fields(tree, at, &kinds, &[])?;
    let [(name, tree)] = entries.as_slice() else {
        let help = "write a percentage, or one of `used` and `remaining`";
        walk.error(
            at,
            "trigger_count",
            "a threshold has one measure".into(),
            help,
        );
        return None;
    };
    let place = At::Field(at, name);
    fields.of(name).filter(|_| kinds.contains(&name.as_str()))?;
    match name.as_str() {
        "percent" => read_percent(walk, tree, &place).map(percent),
        "used" => read_count(walk, tree, &place).map(|value| Threshold { kind: USED, value }),
        _ => read_count(walk, tree, &place).map(|value| Threshold {
            kind: REMAINING,
            value,
        }),
    }
}

/// A percentage of a limit, 1 to 99.
pub(super) fn read_percent(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<i64> {
    if *tree == Tree::Integer(100) {
        let message = "a threshold of 100 % is the limit itself".into();
        walk.error(
            at,
            "threshold_at_limit",
            message,
            "use the trigger `at_limit`; every meter has one by default",
        );
        return None;
    }
    walk.integer(tree, at, 1..=99)
}

/// An amount of a meter.
pub(super) fn read_count(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<i64> {
    walk.integer(tree, at, 1..=COUNT_MAX)
}
