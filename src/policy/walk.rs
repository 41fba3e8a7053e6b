//! The walk over the tree: reads values, and notes every mistake with its place instead of stopping.
//! Owns the wording of the general mistakes (type, range, unknown name); knows no field of the policy.
//! Each part of the policy (`plan`, `meter`, `prompt`, …) is read with it.

use super::error::PolicyError;
use super::tree::{Tree, is_hidden, shown};
use core::ops::RangeInclusive;

/// A policy with more mistakes than this is told only the first.
pub(super) const ERRORS_MAX: usize = 100;
/// The longest text.
pub(super) const TEXT_CHARS: usize = 2_000;
/// The longest id.
const ID_CHARS: usize = 64;
/// Names that JavaScript objects already have: an id in an object literal would not be what it seems.
const HOSTILE_IDS: &[&str] = &[
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "toLocaleString",
    "valueOf",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
];

/// A place in the policy; written out only when something is wrong there.
#[derive(Clone, Copy, Debug)]
pub(super) enum At<'p> {
    Root,
    Field(&'p At<'p>, &'p str),
    Item(&'p At<'p>, usize),
    /// One that is written out already.
    Path(&'p str),
}

/// Units by the end of a field's name.
const UNITS: [(&str, &str); 7] = [
    ("_ms", "milliseconds"),
    ("_minutes", "minutes"),
    ("_hours", "hours"),
    ("_days", "days"),
    ("_percent", "percent"),
    ("thresholds", "percent"),
    ("_minor", "the currency's smallest unit, such as cents"),
];

impl At<'_> {
    /// What the number at this place counts.
    fn unit(&self) -> Option<&'static str> {
        match self {
            At::Field(_, name) => {
                let mut units = UNITS.iter();
                let found = units.find(|(end, _)| name.ends_with(end));
                found.map(|(_, unit)| *unit)
            }
            At::Item(parent, _) => parent.unit(),
            At::Root | At::Path(_) => None,
        }
    }

    fn push(&self, path: &mut String) {
        match *self {
            At::Root => {}
            At::Field(parent, name) => {
                parent.push(path);
                let plain = |c: char| c.is_ascii_alphanumeric() || "_-$".contains(c);
                if name.is_empty() || name.len() > ID_CHARS || !name.chars().all(plain) {
                    path.push_str(&format!("[{}]", shown(name)));
                    return;
                }
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            At::Item(parent, index) => {
                parent.push(path);
                path.push_str(&format!("[{index}]"));
            }
            At::Path(whole) => path.push_str(whole),
        }
    }
}

/// Whether a fraction is, as a share of one, from 1 to 99 %.
fn is_share(share: f64) -> bool {
    (1..=99).contains(&percent_of(share))
}

fn percent_of(share: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only told; too large saturates"
    )]
    let percent = (share * 100.0).round() as i64;
    percent
}

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub errors: Vec<PolicyError>,
}

/// The members of an object whose names have been checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'t>(&'t [(String, Tree)]);

impl<'t> Fields<'t> {
    /// The value of a member.
    pub fn of(&self, name: &str) -> Option<&'t Tree> {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    }
}

impl Walk {
    /// Notes a mistake.
    pub fn error(
        &mut self,
        at: &At<'_>,
        code: &'static str,
        message: String,
        help: impl Into<String>,
    ) {
        if self.errors.len() > ERRORS_MAX {
            return;
        }
        let (mut path, mut found) = (String::new(), (code, message, help.into()));
        if self.errors.len() == ERRORS_MAX {
            found = (
                "too_many_errors",
                format!("there are more than {ERRORS_MAX} errors"),
                "correct these first".into(),
            );
        } else {
            at.push(&mut path);
        }
        let (code, message, help) = found;
        self.errors.push(PolicyError {
            code,
            path,
            message,
            help,
        });
    }

    /// A value of the wrong type.
    pub fn wrong_type(&mut self, at: &At<'_>, tree: &Tree, expected: &str, help: &str) {
        let (code, help) = match tree {
            Tree::TooDeep => ("too_deep", "no part of a policy is nested that deep"),
            _ => ("wrong_type", help),
        };
        self.error(
            at,
            code,
            format!("expected {expected}, found {}", tree.found()),
            help,
        );
    }

    /// An object with these members. `later` are names that the format has room for but this version has not.
    pub fn fields<'t>(
        &mut self,
        tree: &'t Tree,
        at: &At<'_>,
        known: &[&str],
        later: &[&str],
    ) -> Option<Fields<'t>> {
        let entries = self.entries(tree, at, usize::MAX)?;
        for (name, _) in entries {
            // Finding the nearest name takes time that forty thousand unknown ones must not have.
            if self.errors.len() > ERRORS_MAX {
                break;
            }
            let place = At::Field(at, name);
            if later.contains(&name.as_str()) {
                self.not_yet(&place, name);
            } else if !known.contains(&name.as_str()) {
                let help = did_you_mean(name, known.iter().copied())
                    .unwrap_or_else(|| format!("the fields here are {}", listed(known)));
                self.error(
                    &place,
                    "unknown_field",
                    format!("unknown field {}", shown(name)),
                    help,
                );
            }
        }
        Some(Fields(entries))
    }

    /// The members of an object whose names are the policy's own.
    pub fn entries<'t>(
        &mut self,
        tree: &'t Tree,
        at: &At<'_>,
        max: usize,
    ) -> Option<&'t [(String, Tree)]> {
        let Tree::Object(entries) = tree else {
            self.wrong_type(at, tree, "an object", "write `{ … }` here");
            return None;
        };
        if !self.room(at, entries.len(), max) {
            return None;
        }
        let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let mut told = None;
        for pair in names.windows(2) {
            if let [first, second] = pair
                && first == second
                && told != Some(*first)
            {
                told = Some(*first);
                let message = format!("{} is given twice", shown(first));
                self.error(
                    &At::Field(at, first),
                    "given_twice",
                    message,
                    "keep one of them",
                );
            }
        }
        Some(entries)
    }

    /// A list of at most `max` items.
    pub fn list<'t>(&mut self, tree: &'t Tree, at: &At<'_>, max: usize) -> &'t [Tree] {
        match tree {
            Tree::List(items) if self.room(at, items.len(), max) => items,
            Tree::List(_) => &[],
            other => {
                self.wrong_type(at, other, "a list", "write `[ … ]` here");
                &[]
            }
        }
    }

    fn room(&mut self, at: &At<'_>, len: usize, max: usize) -> bool {
        if len > max {
            self.error(
                at,
                "too_many",
                format!("`{len}` entries, at most {max} fit"),
                "remove some",
            );
        }
        len <= max
    }

    /// A name that the format has room for but this version has not.
    pub fn not_yet(&mut self, at: &At<'_>, name: &str) {
        let message = format!("{} is not supported yet", shown(name));
        self.error(
            at,
            "not_supported_yet",
            message,
            "leave it out; a later version will read it",
        );
    }

    /// A field that must be there.
    pub fn required<'t>(
        &mut self,
        fields: &Fields<'t>,
        at: &At<'_>,
        name: &str,
    ) -> Option<&'t Tree> {
        let value = fields.of(name);
        if value.is_none() {
            self.error(
                at,
                "missing_field",
                format!("`{name}` is missing"),
                format!("add `{name}`"),
            );
        }
        value
    }

    /// A whole number within a range.
    pub fn integer(&mut self, tree: &Tree, at: &At<'_>, range: RangeInclusive<i64>) -> Option<i64> {
        match tree {
            Tree::Integer(value) if range.contains(value) => return Some(*value),
            Tree::Integer(value) => {
                let message = format!("`{value}` is not from {} to {}", range.start(), range.end());
                self.error(at, "out_of_range", message, "choose a number in that range");
            }
            Tree::Text(text) if text.parse::<i64>().is_ok() => {
                self.wrong_type(
                    at,
                    tree,
                    "a whole number",
                    "write the number without quotes",
                );
            }
            other => {
                let help = match (other, at.unit()) {
                    (Tree::Float(share), Some("percent")) if is_share(*share) => {
                        format!("write {}: it is in percent", percent_of(*share))
                    }
                    (_, Some(unit)) => format!("write digits only: it is in {unit}"),
                    (_, None) => "write digits only".into(),
                };
                self.wrong_type(at, other, "a whole number", &help);
            }
        }
        None
    }

    /// The one of some members that is there. `what` names what they are members of; nothing more is told
    /// where their names were mistaken already.
    pub fn exactly_one<'k>(
        &mut self,
        fields: &Fields<'_>,
        at: &At<'_>,
        (what, names): (&str, &'k [&'k str]),
        is_told: bool,
    ) -> Option<&'k str> {
        let mut named = names.iter().filter(|name| fields.of(name).is_some());
        let count = named.clone().count();
        if count == 1 {
            return named.next().copied();
        }
        if !is_told {
            let message = match count {
                0 => format!("the {what} names nothing that could happen"),
                count => format!("the {what} names {count} things"),
            };
            let help = format!("write exactly one of {}", listed(names));
            self.error(at, "trigger_count", message, help);
        }
        None
    }

    /// Refuses those of some members that do not go with the kind of thing that is told.
    pub fn only_fitting(
        &mut self,
        fields: &Fields<'_>,
        at: &At<'_>,
        names: &[&str],
        (kind, fitting): (&str, &[&str]),
    ) {
        for name in names {
            if fields.of(name).is_some() && !fitting.contains(name) {
                let message = format!("`{name}` does not go with `{kind}`");
                let place = At::Field(at, name);
                self.error(&place, "trigger_subject", message, "leave it out");
            }
        }
    }

    /// An optional whole number with a default.
    pub fn integer_or(
        &mut self,
        fields: &Fields<'_>,
        at: &At<'_>,
        name: &str,
        range: RangeInclusive<i64>,
        default: i64,
    ) -> i64 {
        fields
            .of(name)
            .and_then(|tree| self.integer(tree, &At::Field(at, name), range))
            .unwrap_or(default)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, tree: &Tree, at: &At<'_>) -> Option<bool> {
        let Tree::Bool(value) = tree else {
            self.wrong_type(at, tree, "`true` or `false`", "write it without quotes");
            return None;
        };
        Some(*value)
    }

    /// A text of any content.
    pub fn string<'t>(&mut self, tree: &'t Tree, at: &At<'_>) -> Option<&'t str> {
        let Tree::Text(text) = tree else {
            self.wrong_type(at, tree, "a text", "write it in double quotes");
            return None;
        };
        Some(text)
    }

    /// A text that people will read.
    pub fn words<'t>(&mut self, tree: &'t Tree, at: &At<'_>) -> Option<&'t str> {
        let text = self.string(tree, at)?;
        let chars = text.chars().count();
        if text.trim().is_empty() {
            self.error(
                at,
                "empty",
                "the text is empty".into(),
                "write some words, or leave the field out",
            );
        } else if chars > TEXT_CHARS {
            let message = format!("`{chars}` characters, at most {TEXT_CHARS} fit");
            self.error(at, "too_many", message, "shorten the text");
        } else if let Some(hidden) = text.chars().find(|character| is_hidden(*character)) {
            let message = format!(
                "the text has the hidden character `U+{:04X}`",
                hidden as u32
            );
            self.error(
                at,
                "bad_character",
                message,
                "remove it; texts hold visible characters and spaces",
            );
        } else {
            return Some(text);
        }
        None
    }

    /// One of a few names; the answer is its index.
    pub fn one_of(
        &mut self,
        tree: &Tree,
        at: &At<'_>,
        names: &[&str],
        later: &[&str],
    ) -> Option<usize> {
        let Tree::Text(text) = tree else {
            let expected = format!("one of {}", listed(names));
            self.wrong_type(at, tree, &expected, "write one of them in double quotes");
            return None;
        };
        if let Some(index) = names.iter().position(|name| *name == text) {
            return Some(index);
        }
        if later.contains(&text.as_str()) {
            self.not_yet(at, text);
            return None;
        }
        let help = did_you_mean(text, names.iter().copied())
            .unwrap_or_else(|| "choose one of them".into());
        self.error(
            at,
            "unknown_value",
            format!("{} is not one of {}", shown(text), listed(names)),
            help,
        );
        None
    }

    /// An id that the policy gives to something.
    pub fn id<'t>(&mut self, text: &'t str, at: &At<'_>) -> Option<&'t str> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !text.is_empty()
            && text.len() <= ID_CHARS
            && text.chars().all(allowed)
            && !HOSTILE_IDS.contains(&text)
        {
            return Some(text);
        }
        let message = format!("{} cannot be an id", shown(text));
        self.error(
            at,
            "bad_id",
            message,
            "use 1 to 64 letters, digits, `_` or `-`, and no name that every JavaScript object has",
        );
        None
    }

    /// Says that an id is not known, with the nearest that is.
    pub fn unknown<'k>(
        &mut self,
        at: &At<'_>,
        code: &'static str,
        what: &str,
        id: &str,
        known: impl Iterator<Item = &'k str> + Clone,
    ) {
        let help =
            did_you_mean(id, known).unwrap_or_else(|| format!("name a {what} of this policy"));
        self.error(at, code, format!("there is no {what} {}", shown(id)), help);
    }
}

/// Names in backticks, with commas.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// A help sentence with the nearest of some names, when one is near or begins the same.
pub(super) fn did_you_mean<'k>(
    name: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Option<String> {
    let begun = |other: &&str| (4..=ID_CHARS).contains(&name.len()) && other.starts_with(name);
    let near = nearest_name(name, known.clone()).or_else(|| known.clone().find(begun));
    near.map(|other| format!("did you mean `{other}`?"))
}

/// The name that is fewest edits away, when these are at most a third of the letters and three.
pub fn nearest_name<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    if name.len() > ID_CHARS {
        return None;
    }
    let room = (name.chars().count() / 3).clamp(1, 3);
    known
        .map(|other| (distance(name, other), other))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, _)| *edits <= room)
        .map(|(_, other)| other)
}

/// How many letters to change, add, drop or swap with a neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Row `i` holds the distances of the first `i` letters of `a` from each beginning of `b`.
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i.saturating_add(1)];
        for (j, to) in b.iter().enumerate() {
            let cell = |row: Option<&Vec<usize>>, back: usize| {
                let at = j.saturating_add(1).checked_sub(back);
                row.zip(at)
                    .and_then(|(row, at)| row.get(at))
                    .copied()
                    .unwrap_or(usize::MAX)
            };
            let changed = cell(rows.last(), 1).saturating_add(usize::from(from != to));
            let added = cell(rows.last(), 0)
                .min(cell(Some(&row), 1))
                .saturating_add(1);
            let last =
                |of: &[char], at: usize| at.checked_sub(1).and_then(|at| of.get(at)).copied();
            let swap = last(&a, i) == Some(*to) && last(&b, j) == Some(*from);
            let two_up = rows.len().checked_sub(2).and_then(|up| rows.get(up));
            let swapped = if swap {
                cell(two_up, 2).saturating_add(1)
            } else {
                usize::MAX
            };
            row.push(changed.min(added).min(swapped));
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits_and_swaps() {
        for (a, b, edits) in [
            ("", "", 0),
            ("abc", "", 3),
            ("limit", "limt", 1),
            ("perido", "period", 1),
            ("seat", "seats", 1),
            ("soft", "hard", 4),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
    }

    #[test]
    fn only_a_near_name_is_offered() {
        let known = ["limit", "period", "soft"];
        assert_eq!(
            did_you_mean("limits", known.into_iter()).as_deref(),
            Some("did you mean `limit`?")
        );
        assert_eq!(did_you_mean("unit", known.into_iter()), None);
        let begun = did_you_mean("threshold", ["threshold_percent"].into_iter());
        assert_eq!(begun.as_deref(), Some("did you mean `threshold_percent`?"));
    }

    #[test]
    fn a_path_is_written_as_in_javascript() {
        let (prompts, odd) = (At::Field(&At::Root, "prompts"), "a b");
        let item = At::Item(&prompts, 2);
        let mut path = String::new();
        At::Field(&At::Field(&item, odd), "x").push(&mut path);
        assert_eq!(path, "prompts[2][`a b`].x");
    }
}
