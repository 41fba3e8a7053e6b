//! Conditions over attributes, without coercion: a text is never a number, and nothing is true by being there.
//! Owns the reading of both, which are texts of one form; parses no JSON and knows no names of operators.
//! `policy::condition` writes conditions, `policy::attribute` and `pkg/shell/attributes.js` values.
//!
//! A value is `0` for null, `1` false, `2` true, `n` and the 16 hex digits of a number's bits, `s` with the
//! text, U+0001 and the text in lower case where that is another, and NUL, or items between `[` or `{` and
//! `]`; an object's items are names and values in turn, sorted. One value has one form, so equal values are
//! equal texts. A condition is a letter, and what `Reader::node` reads after it.

use super::arm::number;
use super::pattern;
use crate::json::{push_hex, read_hex};
use crate::plim::Plim;
use core::cmp::Ordering;

/// What is missing is null.
const NULL: &str = "0";
/// What an operator of a later version makes: neither it nor its opposite holds.
const UNKNOWN: u8 = 1;
const FALSE: u8 = 0;
const TRUE: u8 = 2;
/// A policy nests less deep; only damaged bytes get here.
const DEPTH_MAX: u32 = 1_024;

/// Whether a condition of the policy holds for attributes.
#[must_use]
pub fn holds(plim: &Plim, condition: &str, attributes: &str) -> bool {
    let mut reader = Reader {
        plim,
        code: condition,
    };
    reader.node(attributes, DEPTH_MAX) == TRUE
}

/// A version in the form in which versions compare as texts: numbers right-aligned, and a release after
/// what was tried before it.
#[must_use]
pub fn padded(version: &str) -> String {
    let version = if version.is_empty() { "0" } else { version };
    let version = version.strip_prefix('v').unwrap_or(version);
    let version = version.split('+').next().unwrap_or_default();
    let (mut out, mut parts) = (String::new(), 0_u32);
    for part in version.split(['-', '.']) {
        if parts > 0 {
            out.push('-');
        }
        parts = parts.wrapping_add(1);
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            for _ in part.len()..5 {
                out.push(' ');
            }
        }
        out.push_str(part);
    }
    if parts == 3 {
        out.push_str("-~");
    }
    out
}

/// Writes a text of ASCII, such as an id of the policy.
pub fn push_plain(out: &mut String, text: &str) {
    let lower = text.to_ascii_lowercase();
    out.push('s');
    out.push_str(text);
    if lower != text {
        out.push('\u{1}');
        out.push_str(&lower);
    }
    out.push('\0');
}

/// What is left to read of a condition.
struct Reader<'p> {
    plim: &'p Plim,
    code: &'p str,
}

impl<'p> Reader<'p> {
    /// Whether the next node holds for a value. It is read to its end, whatever comes of it.
    fn node(&mut self, value: &str, depth: u32) -> u8 {
        if depth == 0 {
            self.code = "";
        }
        let deeper = depth.wrapping_sub(1);
        let letter = self.letter();
        let holds = match letter {
            // All of what follows, or any of it.
            b'&' | b'|' => {
                let mut result = if letter == b'&' { TRUE } else { FALSE };
                while !at_end(&mut self.code) {
                    let next = self.node(value, deeper);
                    result = if letter == b'&' {
                        result.min(next)
                    } else {
                        result.max(next)
                    };
                }
                return result;
            }
            b'!' => return TRUE.wrapping_sub(self.node(value, deeper)),
            // What stands at a path.
            b'@' => {
                let (path, code) = self.code.split_once('\0').unwrap_or_default();
                self.code = code;
                let mut found = value;
                for name in path.split('.') {
                    found = member(found, name);
                }
                return self.node(found, deeper);
            }
            // Any item of a list; or how many it has.
            b'e' => return self.any_item(value, deeper),
            b'#' => {
                let Some(mut items) = value.strip_prefix('[') else {
                    self.node(NULL, deeper);
                    return FALSE;
                };
                let mut count = 0_u32;
                while !at_end(&mut items) {
                    next(&mut items);
                    count = count.wrapping_add(1);
                }
                let mut size = String::from("n");
                push_hex(&mut size, f64::from(count).to_bits());
                return self.node(&size, deeper);
            }
            // The same, in any case of letters, of this type.
            b'=' => next(&mut self.code) == value,
            b'~' => same(next(&mut self.code), value, true),
            b't' => self.letter() == letter_of(value),
            // Less (1), equal (2), greater (4), or some of these; as versions with `v`.
            b'<' | b'v' => {
                let wanted = self.letter();
                let than = next(&mut self.code);
                wanted & order(value, than, letter == b'v') & 7 != 0
            }
            // One of a list, in any case with `I`; one of a group.
            b'i' | b'I' => has(next(&mut self.code), value, letter == b'I'),
            b'g' => {
                let group = self.plim.root().saved_groups().get(self.index());
                has(group.unwrap_or_default(), value, false)
            }
            // Has a pattern; in any case with `R`.
            b'r' | b'R' => {
                let pattern = self.plim.root().patterns().get(self.index());
                let text = text_of(value, letter == b'R');
                let both = pattern.zip(text);
                both.is_some_and(|(pattern, text)| pattern::matches(pattern, text))
            }
            _ => return UNKNOWN,
        };
        if holds { TRUE } else { FALSE }
    }

    fn any_item(&mut self, value: &str, depth: u32) -> u8 {
        let code = self.code;
        let (mut result, mut is_read) = (FALSE, false);
        let mut items = value.strip_prefix('[').unwrap_or_default();
        while !at_end(&mut items) {
            self.code = code;
            result = result.max(self.node(next(&mut items), depth));
            is_read = true;
        }
        if !is_read {
            self.node(NULL, depth);
        }
        result
    }

    fn letter(&mut self) -> u8 {
        let letter = letter_of(self.code);
        self.code = self.code.get(1..).unwrap_or_default();
        letter
    }

    fn index(&mut self) -> u32 {
        let (index, code) = self.code.split_at_checked(16).unwrap_or_default();
        self.code = code;
        read_hex(index) as u32
    }
}

fn letter_of(text: &str) -> u8 {
    text.bytes().next().unwrap_or(0)
}

/// Whether nothing is left; the bracket that says so is taken.
fn at_end(rest: &mut &str) -> bool {
    let is_bracket = rest.starts_with(']');
    if is_bracket {
        *rest = rest.get(1..).unwrap_or_default();
    }
    is_bracket || rest.is_empty()
}

/// Takes the next value.
fn next<'a>(rest: &mut &'a str) -> &'a str {
    let (all, mut at, mut depth) = (*rest, 0_usize, 0_u32);
    loop {
        let left = all.get(at..).unwrap_or_default();
        let (length, deeper) = match letter_of(left) {
            b'[' | b'{' => (1, 1),
            b']' => (1, u32::MAX),
            b'n' => (17, 0),
            b's' => (left.find('\0').unwrap_or(left.len()).wrapping_add(1), 0),
            _ => (1, 0),
        };
        at = at.wrapping_add(length);
        depth = depth.wrapping_add(deeper);
        if depth == 0 || at >= all.len() {
            let (value, after) = all.split_at_checked(at).unwrap_or((all, ""));
            *rest = after;
            return value;
        }
    }
}

/// What an object has under a name, or a list at a place.
fn member<'a>(value: &'a str, name: &str) -> &'a str {
    let mut items = value.get(1..).unwrap_or_default();
    match letter_of(value) {
        b'{' => {
            while !at_end(&mut items) {
                let (key, item) = (next(&mut items), next(&mut items));
                if text_of(key, false) == Some(name) {
                    return item;
                }
            }
        }
        b'[' => {
            let mut left = number(name.as_bytes()).unwrap_or(u32::MAX);
            while !at_end(&mut items) {
                let item = next(&mut items);
                if left == 0 {
                    return item;
                }
                left = left.wrapping_sub(1);
            }
        }
        _ => {}
    }
    NULL
}

/// The characters of a text, or the same in lower case.
fn text_of(value: &str, lower: bool) -> Option<&str> {
    let text = value.strip_prefix('s')?.strip_suffix('\0')?;
    let both = text.split_once('\u{1}').unwrap_or((text, text));
    Some(if lower { both.1 } else { both.0 })
}

fn same(a: &str, b: &str, lower: bool) -> bool {
    let lower_of = |value| text_of(value, true);
    a == b || (lower && lower_of(a).is_some() && lower_of(a) == lower_of(b))
}

/// Whether a list has a value, or any item of it where it is a list itself.
fn has(list: &str, value: &str, lower: bool) -> bool {
    let is_list = value.starts_with('[');
    let mut values = if is_list {
        value.get(1..).unwrap_or_default()
    } else {
        value
    };
    while !at_end(&mut values) {
        let value = next(&mut values);
        let mut items = list.get(1..).unwrap_or_default();
        while !at_end(&mut items) {
            if same(next(&mut items), value, lower) {
                return true;
            }
        }
    }
    false
}

/// 1 for less, 2 for equal, 4 for greater, 0 for what has no order: only numbers and texts have one.
fn order(a: &str, b: &str, as_versions: bool) -> u8 {
    let texts = text_of(a, false).zip(text_of(b, false));
    let order = match texts {
        Some((a, b)) if as_versions => Some(padded(a).as_str().cmp(b)),
        Some((a, b)) => Some(a.cmp(b)),
        None if as_versions => None,
        None => {
            let number = |value: &str| Some(f64::from_bits(read_hex(value.strip_prefix('n')?)));
            number(a)
                .zip(number(b))
                .and_then(|(a, b)| a.partial_cmp(&b))
        }
    };
    match order {
        Some(Ordering::Less) => 1,
        Some(Ordering::Equal) => 2,
        Some(Ordering::Greater) => 4,
        None => 0,
    }
}
