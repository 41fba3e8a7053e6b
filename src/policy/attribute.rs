//! Attribute values as the text that conditions are read against; natively what the browser's shell does there.
//! Owns the writing of that form, which `targeting::condition` describes; knows no operators and no accounts.
//! `condition` writes the policy's own values with it, tests and replay those of snapshots.

use super::node::{plain, push_node};
use super::tree::Tree;
use crate::json::push_hex;

/// Makes a text lower case, as JavaScript does. The tables for it are 6 kB, so a browser passes its own.
pub type Lower = fn(&str) -> String;

/// A value as conditions are read against it.
#[must_use]
pub fn value(tree: &Tree) -> String {
    let mut out = String::new();
    push_value(&mut out, tree, str::to_lowercase);
    out
}

/// Writes a value.
fn push_value(out: &mut String, tree: &Tree, lower: Lower) {
    push_node(out, |out| push_bare(out, tree, lower));
}

/// Writes a value without the ends of its node.
pub(super) fn push_bare(out: &mut String, tree: &Tree, lower: Lower) {
    match tree {
        Tree::Null | Tree::TooDeep | Tree::Foreign(_) => out.push('0'),
        Tree::Bool(value) => out.push(if *value { '2' } else { '1' }),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a number of JavaScript is one too"
        )]
        Tree::Integer(value) => push_number(out, *value as f64),
        Tree::Float(value) => push_number(out, *value),
        Tree::Text(text) => {
            let text = plain(text);
            let lower = lower(&text);
            out.push('s');
            out.push_str(&text);
            if lower != text {
                out.push_str("\u{2}s");
                out.push_str(&lower);
            }
        }
        Tree::List(items) => {
            let length = Tree::Integer(i64::try_from(items.len()).unwrap_or(i64::MAX));
            let places = (0..items.len()).map(|place| place.to_string());
            let mut entries: Vec<(String, &Tree)> = places.zip(items).collect();
            entries.push(("length".into(), &length));
            push_entries(out, '[', entries, lower);
        }
        Tree::Object(entries) => {
            let entries = entries.iter().map(|(name, value)| (name.clone(), value));
            push_entries(out, '{', entries.collect(), lower);
        }
    }
}

fn push_entries(out: &mut String, letter: char, mut entries: Vec<(String, &Tree)>, lower: Lower) {
    // In JavaScript's order, which is by UTF-16 code units.
    entries.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
    out.push(letter);
    for (name, value) in entries {
        push_node(out, |out| out.push_str(&plain(&name)));
        push_value(out, value, lower);
    }
}

/// Writes a number in the form whose texts have the order of the numbers.
fn push_number(out: &mut String, value: f64) {
    const SIGN: u64 = 1 << 63;
    // The two zeros are one.
    let bits = (value + 0.0).to_bits();
    out.push('n');
    push_hex(out, if bits < SIGN { bits | SIGN } else { !bits });
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
