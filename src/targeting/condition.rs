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
use crate::plim::Plim;

/// What is missing is null.
const NULL: &[u8] = b"0";
/// The name in a list that is not an item's.
const LENGTH: &[u8] = b"length";
const FALSE: i32 = -1;
/// What an operator of a later version makes: neither it nor its opposite holds.
const UNKNOWN: i32 = 0;
const TRUE: i32 = 1;
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
    let (version, _) = cut(version.strip_prefix(b"v").unwrap_or(version), b'+');
    let (mut out, mut parts) = (Vec::new(), 0_u32);
    for part in version.split(|byte| matches!(byte, b'-' | b'.')) {
        out.extend_from_slice(if parts == 0 { b"s" } else { b"-" });
        parts = parts.wrapping_add(1);
        if !part.is_empty() && part.iter().all(u8::is_ascii_digit) && !fault!(206) {
            out.extend_from_slice(b"     ".get(part.len()..).unwrap_or_default());
        }
        out.extend_from_slice(part);
    }
    if parts == 3 {
        out.extend_from_slice(b"-~");
    }
    out
}

/// Whether a condition holds for a value.
fn node(plim: &Plim, code: &[u8], value: &[u8], depth: u32) -> i32 {
    let Some((letter, mut code)) = code.split_first().filter(|_| depth > 0) else {
        return UNKNOWN;
    };
    let (letter, kind) = (char::from(*letter), letter_of(value));
    let depth = depth.wrapping_sub(1);
    let holds = match letter {
        // All of the nodes that follow, or any of them.
        '&' | '|' => {
            let all = letter == '&';
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
        '!' => {
            let result = node(plim, code, value, depth);
            return if fault!(201) && result == UNKNOWN {
                TRUE
            } else {
                result.wrapping_neg()
            };
        }
        // The same of any item of a list; with `E` of what is no list too.
        'E' if kind != '[' || fault!(204) => return node(plim, code, value, depth),
        'e' if kind != '[' => false,
        // What follows, of what stands under a name, or of all but a list's length.
        '@' | 'e' | 'E' => {
            let named = letter == '@';
            let (name, code) = if named {
                cut(code, b'.')
            } else {
                (LENGTH, code)
            };
            let mut rest = match value {
                [b'[' | b'{', entries @ ..] => entries,
                _ => &[],
            };
            let mut result = FALSE;
            while !rest.is_empty() {
                let is_it = next(&mut rest) == name || named && fault!(205);
                let item = next(&mut rest);
                if is_it == named {
                    result = result.max(node(plim, code, item, depth));
                    if named {
                        return result;
                    }
                }
            }
            return if named {
                node(plim, code, NULL, depth)
            } else {
                result
            };
        }
        // The same of a text in lower case, or of a version.
        '~' => return node(plim, code, lower(value), depth),
        'v' if kind == 's' => return node(plim, code, &padded(text_of(value)), depth),
        'v' => false,
        // Less than what follows (1), equal (2), greater (4), or some of these, and of its type.
        '1'..='7' => {
            let (value, code) = if fault!(203) {
                (lower(value), lower(code))
            } else {
                (value, code)
            };
            // An order is a number, from -1 for less.
            let order = 1_u32.wrapping_shl((value.cmp(code) as u32).wrapping_add(1));
            u32::from(letter) & order != 0 && (kind == letter_of(code) || fault!(202))
        }
        // A saved group.
        'g' => {
            let group = plim.root().saved_groups().get(number(code));
            let group = group.unwrap_or_default();
            return node(plim, group.as_bytes(), value, depth.min(GROUP_DEPTH));
        }
        // Has a pattern.
        'r' => {
            let pattern = plim.root().patterns().get(number(code));
            kind == 's' && pattern.is_some_and(|pattern| pattern::matches(pattern, text_of(value)))
        }
        _ => return UNKNOWN,
    };
    if holds { TRUE } else { FALSE }
}

fn letter_of(text: &[u8]) -> char {
    char::from(text.first().copied().unwrap_or(0))
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

/// The characters of a text.
fn text_of(value: &[u8]) -> &[u8] {
    cut(value.get(1..).unwrap_or_default(), LOWER).0
}

/// A text in lower case; anything else as it is.
fn lower(value: &[u8]) -> &[u8] {
    let (_, lower) = cut(value, LOWER);
    if letter_of(value) == 's' && !lower.is_empty() {
        lower
    } else {
        value
    }
}
