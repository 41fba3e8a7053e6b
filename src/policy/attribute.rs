//! Attribute values as the text that conditions are read against; natively what the browser's shell does there.
//! Owns the writing of that form, which `targeting::condition` describes; knows no operators and no accounts.
//! `condition` writes the policy's own values with it, tests and replay those of snapshots.

use super::tree::Tree;
use crate::targeting::condition::{self, push_number};

/// A value as conditions are read against it.
#[must_use]
pub fn value(tree: &Tree) -> String {
    let mut out = String::new();
    push_value(&mut out, tree);
    out
}

/// Writes a value.
pub(super) fn push_value(out: &mut String, tree: &Tree) {
    match tree {
        Tree::Null | Tree::TooDeep | Tree::Foreign(_) => out.push('0'),
        Tree::Bool(value) => out.push(if *value { '2' } else { '1' }),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a number of JavaScript is one too"
        )]
        Tree::Integer(value) => push_number(out, *value as f64),
        Tree::Float(value) => push_number(out, *value),
        Tree::Text(text) => push_text(out, text),
        Tree::List(items) => {
            out.push('[');
            for item in items {
                push_value(out, item);
            }
            out.push(']');
        }
        Tree::Object(entries) => {
            let mut sorted: Vec<&(String, Tree)> = entries.iter().collect();
            // In JavaScript's order, which is by UTF-16 code units.
            sorted.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            out.push('{');
            for (name, value) in sorted {
                push_text(out, name);
                push_value(out, value);
            }
            out.push(']');
        }
    }
}

/// Writes a text, without the characters that mark its parts.
pub(super) fn push_text(out: &mut String, text: &str) {
    let text: String = text.chars().filter(|c| !is_mark(*c)).collect();
    condition::push_text(out, &text, &text.to_lowercase());
}

/// NUL and U+0001 mark where parts of a text end.
pub(super) fn is_mark(character: char) -> bool {
    character <= '\u{1}'
}

/// The attributes of a snapshot: the user's, over the account's, and each under its own name; what
/// Plimsoll itself knows of them is over both.
#[must_use]
pub fn attributes(account: &Tree, user: &Tree, can_purchase: bool) -> String {
    let own = |owner: &Tree, name: &str| match owner {
        Tree::Object(entries) => entries
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.clone()),
        _ => None,
    };
    let entries_of = |owner: &Tree| match own(owner, "attributes") {
        Some(Tree::Object(entries)) => entries,
        _ => Vec::new(),
    };
    let mut all: Vec<(String, Tree)> = Vec::new();
    let set = |all: &mut Vec<(String, Tree)>, name: &str, tree: Tree| {
        all.retain(|(own, _)| own != name);
        all.push((name.into(), tree));
    };
    for owner in [account, user] {
        for (name, value) in entries_of(owner) {
            set(&mut all, &name, value);
        }
    }
    for (name, owner) in [("account", account), ("user", user)] {
        let mut entries = entries_of(owner);
        let id = match own(owner, "id") {
            Some(Tree::Integer(id)) => Some(Tree::Text(id.to_string())),
            other => other,
        };
        if let Some(id) = id {
            set(&mut entries, "id", id);
        }
        set(&mut all, name, Tree::Object(entries));
    }
    set(&mut all, "can_purchase", Tree::Bool(can_purchase));
    value(&Tree::Object(all))
}
