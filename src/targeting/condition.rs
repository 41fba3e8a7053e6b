//! Conditions over attributes, without coercion: a text is never a number, and nothing is true by being there.
//! Owns the reading of both, which are texts of one form; parses no JSON and knows no names of operators.
//! `policy::condition` writes conditions, `policy::attribute` and `pkg/shell/attributes.js` values.
//!
//! Both are nodes: U+0001, a letter with what belongs to it, NUL. A value is `0` for null, `1` false, `2` true,
//! `n` and 16 hex digits that are ordered as the numbers are, `s` with the text (and U+0002 and the same in
//! lower case where that is another), or names and values in turn, sorted: after `{` those of an object,
//! after `[` those of a list, whose names are its places and `length`. One value has one form, so equal values
//! are equal texts. A condition is what `node` reads.

use super::arm::number;
use super::pattern;
use crate::plim::{NONE, Plim};
use core::cmp::Ordering;

/// What is missing is null.
const NULL: &[u8] = b"0";
/// What an operator of a later version makes: neither it nor its opposite holds.
const UNKNOWN: u8 = 1;
const FALSE: u8 = 0;
const TRUE: u8 = 2;
/// A policy nests less deep; only damaged bytes get here.
const DEPTH_MAX: u32 = 1_024;
/// A saved group is a list: some values, each compared.
const GROUP_DEPTH: u32 = 2;
/// Stand at the ends of a node, and before the lower case of a text.
const CLOSE: u8 = 0;
const OPEN: u8 = 1;
const LOWER: u8 = 2;

/// Whether a condition of the policy holds for attributes.
#[must_use]
pub fn holds(plim: &Plim, condition: &str, attributes: &str) -> bool {
    let mut attributes = attributes.as_bytes();
    node(plim, condition.as_bytes(), next(&mut attributes), DEPTH_MAX) == TRUE
}

/// A version as a text in the form in which versions compare as texts: numbers right-aligned, and a release
/// after what was tried before it.
#[must_use]
pub fn padded(version: &[u8]) -> Vec<u8> {
    let version: &[u8] = if version.is_empty() { b"0" } else { version };
    let (mut version, _) = cut(version.strip_prefix(b"v").unwrap_or(version), b'+');
    let (mut out, mut parts) = (vec![b's'], 0_u32);
    loop {
        let is_mark = |byte: &u8| matches!(byte, b'-' | b'.');
        let end = version.iter().position(is_mark).unwrap_or(version.len());
        let (part, rest) = version.split_at_checked(end).unwrap_or_default();
        parts = parts.wrapping_add(1);
        if !part.is_empty() && part.iter().all(u8::is_ascii_digit) {
            let missing = if fault!(206) { 0 } else { 5_usize };
            let end = out.len().wrapping_add(missing.saturating_sub(part.len()));
            out.resize(end, b' ');
        }
        out.extend_from_slice(part);
        if rest.is_empty() {
            break;
        }
        out.push(b'-');
        version = rest.get(1..).unwrap_or_default();
    }
    if parts == 3 {
        out.extend_from_slice(b"-~");
    }
    out
}

/// Whether a condition holds for a value.
fn node(plim: &Plim, code: &[u8], value: &[u8], depth: u32) -> u8 {
    let Some((letter, mut code)) = code.split_first().filter(|_| depth > 0) else {
        return UNKNOWN;
    };
    let (letter, kind) = (*letter, letter_of(value));
    let depth = depth.wrapping_sub(1);
    let holds = match letter {
        // All of the nodes that follow, or any of them.
        b'&' | b'|' => {
            let all = letter == b'&';
            let mut result = if all { TRUE } else { FALSE };
            while !code.is_empty() {
                let one = node(plim, next(&mut code), value, depth);
                if (one < result) == all {
                    result = one;
                }
            }
            return result;
        }
        // The opposite of what follows.
        b'!' => {
            let result = node(plim, code, value, depth);
            return if fault!(201) && result == UNKNOWN {
                TRUE
            } else {
                TRUE.wrapping_sub(result)
            };
        }
        // What follows, of what stands under a name.
        b'@' => {
            let (name, code) = cut(code, b'.');
            let mut found = NULL;
            let mut rest = entries(value);
            while !rest.is_empty() {
                let is_it = next(&mut rest) == name || fault!(205);
                let item = next(&mut rest);
                if is_it {
                    found = item;
                    break;
                }
            }
            return node(plim, code, found, depth);
        }
        // The same of any item of a list; with `E` of what is no list too.
        b'E' if kind != b'[' || fault!(204) => return node(plim, code, value, depth),
        b'e' | b'E' => {
            let mut result = FALSE;
            let mut rest = if kind == b'[' { entries(value) } else { &[] };
            while !rest.is_empty() {
                let name = next(&mut rest);
                let item = next(&mut rest);
                if name != b"length" {
                    result = result.max(node(plim, code, item, depth));
                }
            }
            return result;
        }
        // The same of a text in lower case, or of a version.
        b'~' => return node(plim, code, lower(value), depth),
        b'v' if kind == b's' => return node(plim, code, &padded(text_of(value)), depth),
        b'v' => false,
        // Less than what follows (1), equal (2), greater (4), or some of these, and of its type.
        b'1'..=b'7' => {
            let (value, code) = if fault!(203) {
                (lower(value), lower(code))
            } else {
                (value, code)
            };
            let order = match value.cmp(code) {
                Ordering::Less => 1,
                Ordering::Equal => 2,
                Ordering::Greater => 4,
            };
            letter & order != 0 && (kind == letter_of(code) || fault!(202))
        }
        // A saved group.
        b'g' => {
            let group = plim.root().saved_groups().get(number(code).unwrap_or(NONE));
            let group = group.unwrap_or_default();
            return node(plim, group.as_bytes(), value, depth.min(GROUP_DEPTH));
        }
        // Has a pattern.
        b'r' => {
            let pattern = plim.root().patterns().get(number(code).unwrap_or(NONE));
            kind == b's' && pattern.is_some_and(|pattern| pattern::matches(pattern, text_of(value)))
        }
        _ => return UNKNOWN,
    };
    if holds { TRUE } else { FALSE }
}

fn letter_of(text: &[u8]) -> u8 {
    text.first().copied().unwrap_or(0)
}

/// What stands before a mark, and what after it.
#[inline(never)]
fn cut(text: &[u8], mark: u8) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == mark);
    let end = end.unwrap_or(text.len());
    let (before, after) = text.split_at_checked(end).unwrap_or_default();
    (before, after.get(1..).unwrap_or_default())
}

/// Takes a node: what is in it.
#[inline(never)]
fn next<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let (all, mut end, mut depth) = (*rest, 0_usize, 0_u32);
    for byte in all {
        match *byte {
            OPEN => depth = depth.wrapping_add(1),
            CLOSE => depth = depth.wrapping_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
        end = end.wrapping_add(1);
    }
    *rest = all.get(end.wrapping_add(1)..).unwrap_or_default();
    all.get(1..end).unwrap_or_default()
}

/// The names and values of an object or list.
fn entries(value: &[u8]) -> &[u8] {
    match value {
        [b'[' | b'{', entries @ ..] => entries,
        _ => &[],
    }
}

/// The characters of a text.
fn text_of(value: &[u8]) -> &[u8] {
    cut(value.get(1..).unwrap_or_default(), LOWER).0
}

/// A text in lower case; anything else as it is.
fn lower(value: &[u8]) -> &[u8] {
    let (_, lower) = cut(value, LOWER);
    if letter_of(value) == b's' && !lower.is_empty() {
        lower
    } else {
        value
    }
}
