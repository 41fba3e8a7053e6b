//! Conditions: GrowthBook's JSON syntax becomes the text that the evaluator reads, and saved groups with it.
//! Owns the operators, their names and what they take; the meaning of each is in `targeting::condition`.
//! `prompt` reads audiences with it; what has a mistake is told, and holds for nobody.

use super::attribute::{Lower, push_bare};
use super::node::{
    plain, push_equal, push_index, push_lower, push_node, push_not, push_order, push_path,
};
use super::pattern;
use super::tree::{Tree, shown};
use super::walk::{At, Walk, did_you_mean, listed};
use crate::plim::PatternDraft;
use crate::targeting::condition::padded;

const GROUPS_MAX: usize = 100;
/// Groups that are conditions may name others, this deep.
const GROUPS_DEEP: usize = 8;
/// One condition with the groups it names, compiled.
const CONDITION_BYTES: usize = 16_384;
/// Holds for everybody; for nobody; for nobody, and neither does its opposite.
const ALWAYS: &str = "&";
const NEVER: &str = "|";
const UNKNOWN: &str = "u";
const TYPES: [&str; 6] = ["string", "number", "boolean", "array", "object", "null"];
/// Operators on the attributes as a whole.
const ON_FIELDS: [&str; 5] = ["$and", "$or", "$nor", "$not", "$savedGroup"];
/// Operators on one attribute.
const ON_VALUES: [&str; 29] = [
    "$eq",
    "$ne",
    "$lt",
    "$lte",
    "$gt",
    "$gte",
    "$in",
    "$nin",
    "$ini",
    "$nini",
    "$inGroup",
    "$notInGroup",
    "$exists",
    "$type",
    "$size",
    "$all",
    "$alli",
    "$elemMatch",
    "$not",
    "$regex",
    "$regexi",
    "$notRegex",
    "$notRegexi",
    "$veq",
    "$vne",
    "$vlt",
    "$vlte",
    "$vgt",
    "$vgte",
];

/// Reads the conditions of one policy, and keeps what they share.
#[derive(Debug)]
pub(super) struct Conditions<'t> {
    lower: Lower,
    groups: Vec<(&'t str, Group<'t>)>,
    /// Lists that conditions name, compiled.
    pub lists: Vec<String>,
    pub patterns: Vec<PatternDraft>,
}

/// A saved group.
#[derive(Clone, Debug)]
enum Group<'t> {
    /// Index of a list alone.
    Bare(usize),
    /// Index of its list, and the attribute it is about where it says so.
    List(usize, Option<&'t str>),
    /// A condition that nobody asked for yet.
    Given(&'t Tree),
    /// The same, while it is being read.
    Open,
    /// The same, compiled.
    Read(String),
    /// Of a kind that a later version may know.
    Unknown,
    /// It has a mistake.
    Broken,
}

impl<'t> Conditions<'t> {
    /// No groups yet.
    pub fn new(lower: Lower) -> Self {
        Self {
            lower,
            groups: Vec::new(),
            lists: Vec::new(),
            patterns: Vec::new(),
        }
    }

    /// Reads `groups`: lists of ids, or `{"type": "list", …}` and `{"type": "condition", …}`.
    pub fn read_groups(&mut self, walk: &mut Walk, tree: &'t Tree, at: &At<'_>) {
        for (id, tree) in walk.entries(tree, at, GROUPS_MAX).unwrap_or_default() {
            let group = self.read_group(walk, tree, &At::Field(at, id));
            self.groups.push((id, group));
        }
        for place in 0..self.groups.len() {
            self.group_condition(walk, place);
        }
    }

    fn read_group(&mut self, walk: &mut Walk, tree: &'t Tree, at: &At<'_>) -> Group<'t> {
        if let Tree::List(_) = tree {
            let list = self.read_list(walk, tree, at);
            return list.map_or(Group::Broken, Group::Bare);
        }
        let known = ["type", "attributeKey", "values", "condition"];
        let Some(fields) = walk.fields(tree, at, &known, &[]) else {
            return Group::Broken;
        };
        let Some(kind) = walk.required(&fields, at, "type") else {
            return Group::Broken;
        };
        match walk.one_of(kind, &At::Field(at, "type"), &["list", "condition"], &[]) {
            Some(0) => {
                let attribute = fields.of("attributeKey");
                let attribute =
                    attribute.and_then(|tree| walk.string(tree, &At::Field(at, "attributeKey")));
                let values = walk.required(&fields, at, "values");
                let list =
                    values.and_then(|tree| self.read_list(walk, tree, &At::Field(at, "values")));
                list.map_or(Group::Broken, |list| Group::List(list, attribute))
            }
            Some(_) => walk
                .required(&fields, at, "condition")
                .map_or(Group::Broken, Group::Given),
            None => Group::Unknown,
        }
    }

    fn read_list(&mut self, walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<usize> {
        let mut list = String::new();
        if !self.push_list(walk, &mut list, tree, at, false) {
            return None;
        }
        self.lists.push(list);
        self.lists.len().checked_sub(1)
    }

    /// A list of texts, numbers, truths and nulls, of which one has to be equal; false when it is none at all.
    fn push_list(
        &self,
        walk: &mut Walk,
        out: &mut String,
        tree: &Tree,
        at: &At<'_>,
        lower: bool,
    ) -> bool {
        let Tree::List(items) = tree else {
            walk.wrong_type(at, tree, "a list", "write `[ … ]` here");
            return false;
        };
        out.push('|');
        for (index, item) in items.iter().enumerate() {
            push_node(out, |out| match item {
                Tree::List(_) | Tree::Object(_) => {
                    let help = "name the values one by one";
                    walk.wrong_type(&At::Item(at, index), item, "a text or number", help);
                    out.push_str(NEVER);
                }
                Tree::Text(text) if lower => {
                    push_equal(out, &Tree::Text((self.lower)(text)), self.lower)
                }
                plain => push_equal(out, plain, self.lower),
            });
        }
        true
    }

    /// Reads a group's condition, the first time it is asked for.
    fn group_condition(&mut self, walk: &mut Walk, place: usize) {
        let Some((id, group)) = self.groups.get_mut(place) else {
            return;
        };
        if let Group::Given(tree) = *group {
            let id = *id;
            *group = Group::Open;
            let groups_at = At::Field(&At::Root, "groups");
            let group_at = At::Field(&groups_at, id);
            let code = self.read(walk, tree, &At::Field(&group_at, "condition"));
            if let Some((_, group)) = self.groups.get_mut(place) {
                *group = Group::Read(code);
            }
        }
    }

    /// Reads a condition: the text that is compiled for it.
    pub fn read(&mut self, walk: &mut Walk, tree: &Tree, at: &At<'_>) -> String {
        let mut out = String::new();
        self.fields(walk, &mut out, tree, at);
        if out.len() > CONDITION_BYTES {
            let message = format!(
                "`{}` bytes with the groups it names, at most {CONDITION_BYTES} fit",
                out.len()
            );
            let help = "shorten it, or move long lists into `groups` and use `$inGroup`";
            walk.error(at, "too_many", message, help);
            return NEVER.into();
        }
        out
    }

    /// A condition on the fields of an object.
    fn fields(&mut self, walk: &mut Walk, out: &mut String, tree: &Tree, at: &At<'_>) {
        if !matches!(tree, Tree::Object(_)) {
            walk.wrong_type(at, tree, "a condition", "write `{ … }` here");
            out.push_str(if *tree == Tree::Null { UNKNOWN } else { NEVER });
            return;
        }
        out.push('&');
        for (name, tree) in walk.entries(tree, at, usize::MAX).unwrap_or_default() {
            let place = At::Field(at, name);
            push_node(out, |out| match name.as_str() {
                "$and" => self.each(walk, out, tree, &place, '&'),
                "$or" => self.each(walk, out, tree, &place, '|'),
                "$nor" => {
                    // Without a list there is nothing to turn into its opposite.
                    if matches!(tree, Tree::List(_)) {
                        out.push('!');
                    }
                    self.each(walk, out, tree, &place, '|');
                }
                "$not" => {
                    if matches!(tree, Tree::Object(_)) {
                        out.push('!');
                    }
                    self.fields(walk, out, tree, &place);
                }
                "$savedGroup" => self.saved_group(walk, out, tree, &place),
                "$savedGroups" => unknown_operator(walk, out, &place, name, &ON_FIELDS, NEVER),
                path => {
                    // An attribute may be called so, but none of ours is.
                    if ON_VALUES.contains(&path) {
                        let message = format!("{} is about one attribute", shown(name));
                        let help = "name the attribute: `{\"seats\": {\"$gt\": 2}}`";
                        walk.error(&place, "unknown_operator", message, help);
                    } else if path.starts_with('$') {
                        unknown_operator(walk, &mut String::new(), &place, name, &ON_FIELDS, "");
                    }
                    push_path(out, path);
                    self.value(walk, out, tree, &place);
                }
            });
        }
    }

    /// A list of conditions, of which all (`&`) or any (`|`) have to hold; none is as good as all.
    fn each(&mut self, walk: &mut Walk, out: &mut String, tree: &Tree, at: &At<'_>, letter: char) {
        match tree {
            Tree::List(items) if items.is_empty() => out.push_str(ALWAYS),
            Tree::List(items) => {
                out.push(letter);
                for (index, item) in items.iter().enumerate() {
                    push_node(out, |out| {
                        self.fields(walk, out, item, &At::Item(at, index));
                    });
                }
            }
            other => {
                walk.wrong_type(at, other, "a list of conditions", "write `[ … ]` here");
                out.push_str(if *other == Tree::Null { UNKNOWN } else { NEVER });
            }
        }
    }

    fn saved_group(&mut self, walk: &mut Walk, out: &mut String, tree: &Tree, at: &At<'_>) {
        let Tree::Object(entries) = tree else {
            walk.wrong_type(at, tree, "a reference", "write `{\"id\": \"…\"}` here");
            return out.push_str(NEVER);
        };
        let field = |name: &str| entries.iter().find(|(own, _)| own == name);
        let mut text = |name: &'static str| {
            let (_, tree) = field(name)?;
            Some(walk.string(tree, &At::Field(at, name)))
        };
        let (id, key) = (text("id").flatten(), text("attributeKey"));
        if matches!(key, Some(None)) {
            return out.push_str(NEVER);
        }
        let Some(id) = id else {
            if field("id").is_none() {
                let message = "`id` is missing".into();
                walk.error(at, "missing_field", message, "add `id`");
            }
            return out.push_str(NEVER);
        };
        let Some((place, group)) = self.group(walk, at, id) else {
            return out.push_str(NEVER);
        };
        let open = self.groups.iter();
        let open = open.filter(|(_, group)| matches!(group, Group::Open));
        if open.count() >= GROUPS_DEEP && matches!(group, Group::Given(_)) {
            let message = format!("groups that name groups, more than {GROUPS_DEEP} deep");
            walk.error(at, "too_deep", message, "name fewer, one beside the other");
            return out.push_str(NEVER);
        }
        self.group_condition(walk, place);
        let read = self.groups.get(place).map(|(_, group)| group);
        match (group, read) {
            (Group::Bare(_), _) => {
                let message = format!("the group {} is a list alone", shown(id));
                let help = "use `$inGroup` on the attribute, or write the group with a `type`";
                walk.error(at, "unknown_group", message, help);
                out.push_str(NEVER);
            }
            (Group::List(list, own), _) => {
                let Some(key) = key.flatten().or(own) else {
                    let message = format!("the group {} names no attribute", shown(id));
                    let help = "add `attributeKey`";
                    walk.error(at, "missing_field", message, help);
                    return out.push_str(NEVER);
                };
                push_path(out, key);
                push_index(out, "Eg", list);
            }
            (_, Some(Group::Read(code))) => out.push_str(code),
            (Group::Unknown, _) => out.push_str(UNKNOWN),
            (Group::Open, _) => {
                let message = format!("the group {} is part of itself", shown(id));
                walk.error(at, "group_cycle", message, "take one of the references out");
                out.push_str(NEVER);
            }
            _ => out.push_str(NEVER),
        }
    }

    /// The place of a group, and the group.
    fn group(&self, walk: &mut Walk, at: &At<'_>, id: &str) -> Option<(usize, Group<'t>)> {
        let place = self.groups.iter().position(|(own, _)| *own == id);
        let Some(place) = place else {
            let known = self.groups.iter().map(|(id, _)| *id);
            let help = did_you_mean(id, known);
            let help = help.unwrap_or_else(|| "add the group to `groups`".into());
            let message = format!("there is no group {}", shown(id));
            walk.error(at, "unknown_group", message, help);
            return None;
        };
        let group = self.groups.get(place).map(|(_, group)| group.clone());
        group.map(|group| (place, group))
    }

    /// What an attribute has to be: a value, or operators.
    fn value(&mut self, walk: &mut Walk, out: &mut String, tree: &Tree, at: &At<'_>) {
        if !has_operators(tree) {
            if let Tree::Object(entries) = tree
                && let Some((name, _)) = entries.iter().find(|(name, _)| name.starts_with('$'))
            {
                let message = format!("{} stands beside names that are no operators", shown(name));
                let help = "write operators alone, or the path with dots: `\"a.b\": {\"$gt\": 1}`";
                walk.error(&At::Field(at, name), "mixed_operators", message, help);
            }
            return push_equal(out, tree, self.lower);
        }
        out.push('&');
        for (name, tree) in walk.entries(tree, at, usize::MAX).unwrap_or_default() {
            push_node(out, |out| {
                self.operator(walk, out, name, tree, &At::Field(at, name));
            });
        }
    }

    fn operator(
        &mut self,
        walk: &mut Walk,
        out: &mut String,
        name: &str,
        tree: &Tree,
        at: &At<'_>,
    ) {
        match name {
            "$eq" | "$ne" => {
                push_not(out, name == "$ne");
                match tree {
                    Tree::List(_) | Tree::Object(_) => {
                        let help =
                            "write the value without `$eq`, which compares lists and objects whole";
                        walk.wrong_type(at, tree, "a text, number, truth or `null`", help);
                        out.push_str(NEVER);
                    }
                    plain => push_equal(out, plain, self.lower),
                }
            }
            "$lt" | "$lte" | "$gt" | "$gte" => match tree {
                Tree::Integer(_) | Tree::Float(_) | Tree::Text(_) => {
                    push_order(out, name);
                    push_bare(out, tree, self.lower);
                }
                other => {
                    walk.wrong_type(at, other, "a number or a text", "only these have an order");
                    out.push_str(NEVER);
                }
            },
            "$veq" | "$vne" | "$vlt" | "$vlte" | "$vgt" | "$vgte" => {
                push_not(out, name == "$vne");
                let order = name.replace('v', "");
                match (tree, walk.string(tree, at)) {
                    (_, Some(version)) => {
                        out.push('v');
                        push_order(out, &order);
                        let version = padded(plain(version).as_bytes());
                        out.push_str(&String::from_utf8_lossy(&version));
                    }
                    // Told to be a mistake, and compared as what it is.
                    (Tree::Integer(_) | Tree::Float(_), None) => {
                        push_order(out, &order);
                        push_bare(out, tree, self.lower);
                    }
                    _ => out.push_str(NEVER),
                }
            }
            "$in" | "$nin" | "$ini" | "$nini" => {
                let (mut list, lower) = (String::new(), name.ends_with("ni"));
                if self.push_list(walk, &mut list, tree, at, lower) {
                    push_not(out, name.starts_with("$n"));
                    out.push('E');
                    push_lower(out, lower);
                    out.push_str(&list);
                } else {
                    out.push_str(NEVER);
                }
            }
            "$inGroup" | "$notInGroup" => self.in_group(walk, out, name, tree, at),
            "$exists" => match walk.boolean(tree, at) {
                Some(true) => out.push_str("!20"),
                Some(false) => out.push_str("20"),
                None => out.push_str(UNKNOWN),
            },
            "$type" => {
                let found = walk.one_of(tree, at, &TYPES, &[]);
                out.push_str(
                    ["7s", "7n", "|\u{1}21\0\u{1}22\0", "7[", "7{", "20"][..]
                        .get(found.unwrap_or(6))
                        .unwrap_or(&NEVER),
                );
            }
            "$size" => {
                out.push_str("&\u{1}7[\0");
                push_node(out, |out| {
                    push_path(out, "length");
                    self.value(walk, out, tree, at);
                });
            }
            "$all" | "$alli" => self.all(walk, out, tree, at, name == "$alli"),
            "$elemMatch" => self.any_item(walk, out, tree, at),
            "$not" => {
                out.push('!');
                self.value(walk, out, tree, at);
            }
            "$regex" | "$regexi" | "$notRegex" | "$notRegexi" => {
                push_not(out, name.starts_with("$not"));
                self.pattern(walk, out, tree, at, name.ends_with('i'));
            }
            "$and" | "$or" | "$nor" | "$savedGroup" | "$savedGroups" => {
                let message = format!("{} is about all attributes, not about one", shown(name));
                let help = "move it out: `{\"$or\": [{\"plan\": \"free\"}, …]}`";
                walk.error(at, "unknown_operator", message, help);
                out.push_str(NEVER);
            }
            _ => unknown_operator(walk, out, at, name, &ON_VALUES, UNKNOWN),
        }
    }

    fn in_group(
        &mut self,
        walk: &mut Walk,
        out: &mut String,
        name: &str,
        tree: &Tree,
        at: &At<'_>,
    ) {
        let is_not = name == "$notInGroup";
        let Some(id) = walk.string(tree, at) else {
            return out.push_str(NEVER);
        };
        match self.group(walk, at, id) {
            Some((_, Group::Bare(list) | Group::List(list, _))) => {
                push_not(out, is_not);
                push_index(out, "Eg", list);
            }
            // Nobody is in a group that is not there.
            None => out.push_str(if is_not { ALWAYS } else { NEVER }),
            Some((_, Group::Unknown)) => out.push_str(UNKNOWN),
            Some((_, Group::Broken)) => out.push_str(NEVER),
            Some(_) => {
                let message = format!("the group {} is a condition, not a list", shown(id));
                let help = "write `{\"$savedGroup\": {\"id\": \"…\"}}` beside the attributes";
                walk.error(at, "unknown_group", message, help);
                out.push_str(NEVER);
            }
        }
    }

    /// A list that has an item for each of these.
    fn all(&mut self, walk: &mut Walk, out: &mut String, tree: &Tree, at: &At<'_>, lower: bool) {
        let Tree::List(items) = tree else {
            walk.wrong_type(at, tree, "a list", "write `[ … ]` here");
            return out.push_str(NEVER);
        };
        out.push_str("&\u{1}7[\0");
        for (index, item) in items.iter().enumerate() {
            push_node(out, |out| {
                out.push('e');
                if lower && let Tree::Text(text) = item {
                    push_lower(out, lower);
                    push_equal(out, &Tree::Text((self.lower)(text)), self.lower);
                } else {
                    self.value(walk, out, item, &At::Item(at, index));
                }
            });
        }
    }

    /// A list with an item that fits: itself by operators, or its fields by a condition.
    fn any_item(&mut self, walk: &mut Walk, out: &mut String, tree: &Tree, at: &At<'_>) {
        let Tree::Object(entries) = tree else {
            walk.wrong_type(at, tree, "a condition", "write `{ … }` here");
            return out.push_str(NEVER);
        };
        let on_fields = |name: &String| name != "$not" && ON_FIELDS.contains(&name.as_str());
        let is_value = has_operators(tree) && !entries.iter().any(|(name, _)| on_fields(name));
        // An item that is null is none.
        out.push_str("e&\u{1}!20\0");
        push_node(out, |out| {
            if is_value {
                self.value(walk, out, tree, at);
            } else {
                self.fields(walk, out, tree, at);
            }
        });
    }

    fn pattern(
        &mut self,
        walk: &mut Walk,
        out: &mut String,
        tree: &Tree,
        at: &At<'_>,
        lower: bool,
    ) {
        let Some(text) = walk.string(tree, at) else {
            return out.push_str(NEVER);
        };
        match pattern::read(text, lower.then_some(self.lower)) {
            // Every text has it.
            Ok(None) => out.push_str("7s"),
            Ok(Some(draft)) => {
                let place = self.patterns.iter().position(|own| *own == draft);
                let place = place.unwrap_or(self.patterns.len());
                if place == self.patterns.len() {
                    self.patterns.push(draft);
                }
                push_lower(out, lower);
                push_index(out, "r", place);
            }
            Err(error) => {
                let message = format!(
                    "{} has {} at character `{}`",
                    shown(text),
                    error.what,
                    error.at
                );
                let help = "a pattern has characters, `[ ]`, `.`, `\\d \\w \\s`, `^ $`, `( )`, `|` and `? * +`; put `\\` before a sign that is meant as itself";
                walk.error(at, "bad_pattern", message, help);
                out.push_str(NEVER);
            }
        }
    }
}

/// Whether all members are operators; of an object that is empty they are.
fn has_operators(tree: &Tree) -> bool {
    matches!(tree, Tree::Object(entries) if entries.iter().all(|(name, _)| name.starts_with('$')))
}

fn unknown_operator(
    walk: &mut Walk,
    out: &mut String,
    at: &At<'_>,
    name: &str,
    known: &[&str],
    code: &str,
) {
    let help = did_you_mean(name, known.iter().copied());
    let help = help.unwrap_or_else(|| format!("the operators here are {}", listed(known)));
    let message = format!("there is no operator {}", shown(name));
    walk.error(at, "unknown_operator", message, help);
    out.push_str(code);
}
