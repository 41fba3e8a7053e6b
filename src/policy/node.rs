//! The parts of nodes, which conditions and values are written in.
//! Owns their letters, which `targeting::condition` reads; knows no operators and no mistakes.
//! `condition` and `attribute` write with it.

use super::attribute::{Lower, push_bare};
use super::tree::Tree;

/// Writes what is between the ends of a node.
pub(super) fn push_node(out: &mut String, push: impl FnOnce(&mut String)) {
    out.push('\u{1}');
    push(out);
    out.push('\0');
}

/// A text without the characters that mark where parts of nodes end.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| *c > '\u{2}').collect()
}

/// That a value is equal.
pub(super) fn push_equal(out: &mut String, tree: &Tree, lower: Lower) {
    out.push('2');
    push_bare(out, tree, lower);
}

/// The opposite of what comes next.
pub(super) fn push_not(out: &mut String, is_not: bool) {
    if is_not {
        out.push('!');
    }
}

/// For texts in lower case.
pub(super) fn push_lower(out: &mut String, lower: bool) {
    if lower {
        out.push('~');
    }
}

/// Which of less (1), equal (2) and greater (4) an operator takes.
pub(super) fn push_order(out: &mut String, name: &str) {
    out.push(match name {
        "$lt" => '1',
        "$lte" => '3',
        "$gt" => '4',
        "$gte" => '6',
        _ => '2',
    });
}

/// What is asked for under names with dots between them.
pub(super) fn push_path(out: &mut String, path: &str) {
    for name in path.split_terminator('.') {
        out.push('@');
        out.push_str(&plain(name));
        out.push('.');
    }
}

pub(super) fn push_index(out: &mut String, letters: &str, index: usize) {
    out.push_str(letters);
    out.push_str(&index.to_string());
}
