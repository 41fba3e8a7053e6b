//! The difference of two policies: what was added, removed and changed, and whether a running experiment's
//! arms would move. It compares what was written, whatever the fields mean, so that a new field is seen at
//! once; only for arms does it know names. `plimsoll check --against` shows it and refuses moved arms.

use super::error::PolicyError;
use super::tree::{Tree, shown};
use super::walk::{At, Walk};

/// The longest value that is shown.
const SHOWN_CHARS: usize = 60;

/// What a change is about; changes come in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Plans, their prices and features.
    Plans,
    /// Quotas of plans.
    Limits,
    /// Thresholds of the policy and of meters.
    Thresholds,
    /// Prompts, but for what they say.
    Prompts,
    /// Pacing and its groups.
    Pacing,
    /// Names, sentences and whatever else people read.
    Texts,
    /// Experiments and the holdout.
    Experiments,
    /// Everything else.
    Other,
}

impl Part {
    /// As a heading.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plans => "plans",
            Self::Limits => "limits",
            Self::Thresholds => "thresholds",
            Self::Prompts => "prompts",
            Self::Pacing => "pacing",
            Self::Texts => "texts",
            Self::Experiments => "experiments",
            Self::Other => "other",
        }
    }
}

/// One difference. An item of a list that has an id is known by it, so that its place does not matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What it is about.
    pub part: Part,
    /// Where: `plans.free.quotas.emails.limit`.
    pub path: String,
    /// What stood there, or the order of ids; `None` when nothing did.
    pub was: Option<Tree>,
    /// What stands there now; `None` when nothing does.
    pub now: Option<Tree>,
}

/// What is different in the newer of two policies, by part and in the order of the newer.
#[must_use]
pub fn difference(old: &Tree, new: &Tree) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&mut changes, &mut Vec::new(), Some(old), Some(new));
    changes.sort_by_key(|change: &Change| change.part);
    changes
}

fn compare<'t>(
    changes: &mut Vec<Change>,
    path: &mut Vec<&'t str>,
    old: Option<&'t Tree>,
    new: Option<&'t Tree>,
) {
    if old == new || path.as_slice() == ["$schema"] {
        return;
    }
    match (old.and_then(members), new.and_then(members)) {
        (Some(was), Some(now)) => {
            let value = |of: &[(&'t str, &'t Tree)], wanted: &str| {
                let found = of.iter().find(|(name, _)| *name == wanted);
                found.map(|(_, tree)| *tree)
            };
            let gone = was.iter().filter(|(name, _)| value(&now, name).is_none());
            for (name, _) in now.iter().chain(gone) {
                path.push(name);
                compare(changes, path, value(&was, name), value(&now, name));
                path.pop();
            }
            moved(changes, path, &was, &now, new);
        }
        _ => note(changes, path, old.cloned(), new.cloned()),
    }
}

/// The members of an object, or the items of a list that all have ids.
fn members(tree: &Tree) -> Option<Vec<(&str, &Tree)>> {
    match tree {
        Tree::Object(entries) => {
            let entries = entries.iter().map(|(name, tree)| (name.as_str(), tree));
            Some(entries.collect())
        }
        Tree::List(items) if !items.is_empty() => items
            .iter()
            .map(|item| Some((text(item, "id")?, item)))
            .collect(),
        _ => None,
    }
}

/// Says when items that stayed stand in another order: plans rank by it, and prompts of one rank.
fn moved(
    changes: &mut Vec<Change>,
    path: &[&str],
    was: &[(&str, &Tree)],
    now: &[(&str, &Tree)],
    new: Option<&Tree>,
) {
    let kept = |of: &[(&str, &Tree)], others: &[(&str, &Tree)]| {
        let both = of
            .iter()
            .filter(|(name, _)| others.iter().any(|(other, _)| other == name));
        Tree::List(both.map(|(name, _)| Tree::Text((*name).into())).collect())
    };
    let (was, now) = (kept(was, now), kept(now, was));
    if matches!(new, Some(Tree::List(_))) && was != now {
        note(changes, path, Some(was), Some(now));
    }
}

fn note(changes: &mut Vec<Change>, path: &[&str], was: Option<Tree>, now: Option<Tree>) {
    changes.push(Change {
        part: part(path),
        path: path.join("."),
        was,
        now,
    });
}

fn part(path: &[&str]) -> Part {
    let has = |name: &str| path.contains(&name);
    match path.first().copied().unwrap_or_default() {
        "experiments" | "holdout" => Part::Experiments,
        _ if has("texts") => Part::Texts,
        "plans" if has("quotas") => Part::Limits,
        "plans" if path.get(2) == Some(&"name") => Part::Texts,
        "plans" => Part::Plans,
        _ if has("thresholds") => Part::Thresholds,
        "meters" | "features" => Part::Texts,
        "prompts" | "defaults" => Part::Prompts,
        "pacing" => Part::Pacing,
        _ => Part::Other,
    }
}

impl Tree {
    /// A value in few characters, for people.
    #[must_use]
    pub fn brief(&self) -> String {
        let mut out = String::new();
        push(&mut out, self);
        if let Some((end, _)) = out.char_indices().nth(SHOWN_CHARS) {
            out.truncate(end);
            out.push('…');
        }
        out
    }
}

fn push(out: &mut String, tree: &Tree) {
    let mut many = |open: char, close: char, items: &mut dyn Iterator<Item = (&str, &Tree)>| {
        out.push(open);
        for (index, (name, item)) in items.enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            if !name.is_empty() {
                out.push_str(name);
                out.push_str(": ");
            }
            if out.chars().count() <= SHOWN_CHARS {
                push(out, item);
            }
        }
        out.push(close);
    };
    match tree {
        Tree::List(items) => many('[', ']', &mut items.iter().map(|item| ("", item))),
        Tree::Object(entries) => {
            let mut entries = entries.iter().map(|(name, tree)| (name.as_str(), tree));
            many('{', '}', &mut entries);
        }
        Tree::Text(text) => out.push_str(shown(text).trim_matches('`')),
        Tree::Integer(number) => out.push_str(&number.to_string()),
        Tree::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        other => out.push_str(&other.found()),
    }
}

/// The experiments of both policies whose units would land in other arms, or in one only now, though the phase
/// is the same. What they compare would be mixed up: people who saw one thing would be counted for another.
#[must_use]
pub fn moved_arms(old: &Tree, new: &Tree) -> Vec<PolicyError> {
    let mut walk = Walk::default();
    let place = At::Field(&At::Root, "experiments");
    let before = old.items("experiments");
    for (index, now) in new.items("experiments").iter().enumerate() {
        let id = text(now, "id").unwrap_or_default();
        let was = before.iter().find(|was| text(was, "id") == Some(id));
        let Some(was) = was.filter(|was| runs(was) && runs(now)) else {
            continue;
        };
        let one = Tree::Integer(1);
        if was.member("phase").unwrap_or(&one) != now.member("phase").unwrap_or(&one) {
            continue;
        }
        let at = At::Item(&place, index);
        for (name, what, how) in MOVING {
            let [was, now] = [was, now].map(|own| value_of(own, name, id));
            if !difference(&was, &now).is_empty() {
                moves(&mut walk, &At::Field(&at, name), id, what, how);
            }
        }
        if arms(was) != arms(now) {
            let (what, place) = ("the arms' order or weights", At::Field(&at, "arms"));
            moves(&mut walk, &place, id, what, BETWEEN);
        }
        let held = |policy: &Tree| {
            ["percent", "seed"].map(|name| {
                policy
                    .member("holdout")
                    .and_then(|holdout| holdout.member(name))
                    .cloned()
            })
        };
        if held(old) != held(new) {
            let place = At::Field(&At::Root, "holdout");
            moves(&mut walk, &place, id, "the holdout", IN_OR_OUT);
        }
    }
    walk.errors
}

/// Members of an experiment that decide who lands in which arm.
const MOVING: [(&str, &str, &str); 5] = [
    ("unit", "the unit", BETWEEN),
    ("seed", "the seed", BETWEEN),
    ("coverage_percent", "the coverage", IN_OR_OUT),
    ("namespace", "the namespace", IN_OR_OUT),
    ("audience", "the audience", IN_OR_OUT),
];
const BETWEEN: &str = "move to other arms";
const IN_OR_OUT: &str = "come into its arms or leave them";

fn moves(walk: &mut Walk, at: &At<'_>, id: &str, what: &str, how: &str) {
    let message = format!("{what} of the running experiment `{id}` changed: units would {how}");
    let help = "take the change back, or begin a new `phase`; what the old one found stays its own";
    walk.error(at, "arms_moved", message, help);
}

/// A member's value, or the default it stands for.
fn value_of(experiment: &Tree, name: &str, id: &str) -> Tree {
    let default = match name {
        "unit" => Tree::Text("account".into()),
        "seed" => Tree::Text(id.into()),
        "coverage_percent" => Tree::Integer(100),
        "audience" => Tree::Object(Vec::new()),
        _ => Tree::Null,
    };
    experiment.member(name).cloned().unwrap_or(default)
}

/// Ids and weights, in their order.
fn arms(experiment: &Tree) -> Vec<(&str, Tree)> {
    let arms = experiment.items("arms").iter();
    arms.map(|arm| {
        let weight = arm.member("weight").cloned();
        (
            text(arm, "id").unwrap_or_default(),
            weight.unwrap_or(Tree::Integer(1)),
        )
    })
    .collect()
}

fn runs(experiment: &Tree) -> bool {
    experiment.member("on") != Some(&Tree::Bool(false))
}

fn text<'t>(tree: &'t Tree, name: &str) -> Option<&'t str> {
    match tree.member(name) {
        Some(Tree::Text(text)) => Some(text),
        _ => None,
    }
}
