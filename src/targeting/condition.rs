//! Conditions over attributes, without coercion: a text is never a number, and nothing is true by being there.
//! Owns the reading of both, which are texts of one form; parses no JSON and knows no names of operators.
//! `policy::condition` writes conditions, `policy::attribute` and `pkg/shell/attributes.js` values.
//!
//! A value is `0` for null, `1` false, `2` true, `n` and 16 hex digits that are ordered as the numbers are, `s` with the
//! text, U+0001 and the text in lower case where that is another, and NUL, or items between `[` or `{` and
//! `]`; an object's items are names and values in turn, sorted. One value has one form, so equal values are
//! equal texts. A condition is a letter, and what `Reader::node` reads after it.

use super::arm::number;
use super::pattern;
use crate::json::push_hex;
use crate::plim::Plim;
use core::cmp::Ordering;

/// What is missing is null.
const NULL: &[u8] = b"0";
/// What an operator of a later version makes: neither it nor its opposite holds.
const UNKNOWN: u8 = 1;
const FALSE: u8 = 0;
const TRUE: u8 = 2;
/// A policy nests less deep; only damaged bytes get here.
const DEPTH_MAX: u32 = 1_024;
/// Stands between the parts of a text, and at its end.
const PART: u8 = 1;
const END: u8 = 0;

/// Whether a condition of the policy holds for attributes.
#[must_use]
pub fn holds(plim: &Plim, condition: &str, attributes: &str) -> bool {
    let mut reader = Reader {
        plim,
        code: condition.as_bytes(),
    };
    reader.node(attributes.as_bytes(), DEPTH_MAX) == TRUE
}

/// Writes a number in the form whose texts have the order of the numbers.
pub fn push_number(out: &mut String, value: f64) {
    const SIGN: u64 = 1 << 63;
    // The two zeros are one.
    let bits = (value + 0.0).to_bits();
    out.push('n');
    push_hex(out, if bits < SIGN { bits | SIGN } else { !bits });
}

/// Writes a text and its lower case; no character of it marks a part.
pub fn push_text(out: &mut String, text: &str, lower: &str) {
    out.push('s');
    out.push_str(text);
    if lower != text {
        out.push('\u{1}');
        out.push_str(lower);
    }
    out.push('\0');
}

/// A version in the form in which versions compare as texts: numbers right-aligned, and a release after
/// what was tried before it.
#[must_use]
pub fn padded(version: &[u8]) -> Vec<u8> {
    let version: &[u8] = if version.is_empty() { b"0" } else { version };
    let (mut version, _) = cut(version.strip_prefix(b"v").unwrap_or(version), b'+');
    let (mut out, mut parts) = (Vec::new(), 0_u32);
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

/// What is left to read of a condition.
struct Reader<'p> {
    plim: &'p Plim,
    code: &'p [u8],
}

impl Reader<'_> {
    /// Whether the next node holds for a value. It is read to its end, whatever comes of it.
    fn node(&mut self, value: &[u8], depth: u32) -> u8 {
        if depth == 0 {
            self.code = &[];
        }
        let deeper = depth.wrapping_sub(1);
        let letter = self.letter();
        let holds = match letter {
            // All of what follows, or any of it.
            b'&' | b'|' => {
                let all = letter == b'&';
                let mut result = if all { TRUE } else { FALSE };
                while !at_end(&mut self.code) {
                    let next = self.node(value, deeper);
                    if (next < result) == all {
                        result = next;
                    }
                }
                return result;
            }
            b'!' => {
                let result = self.node(value, deeper);
                let opposite = TRUE.wrapping_sub(result);
                return if fault!(201) && result == UNKNOWN {
                    TRUE
                } else {
                    opposite
                };
            }
            // What stands at a path.
            b'@' => {
                let (mut path, code) = cut(self.code, END);
                self.code = code;
                let mut found = value;
                while !path.is_empty() {
                    let (name, rest) = cut(path, b'.');
                    found = member(found, name);
                    path = rest;
                }
                return self.node(found, deeper);
            }
            // Any item of a list; or how many it has.
            b'e' | b'#' => {
                let code = self.code;
                let (mut result, mut count) = (FALSE, 0_u32);
                let mut items = value.strip_prefix(b"[").unwrap_or_default();
                while !at_end(&mut items) {
                    let item = next(&mut items);
                    count = count.wrapping_add(1);
                    if letter == b'e' {
                        self.code = code;
                        result = result.max(self.node(item, deeper));
                    }
                }
                let is_list = letter_of(value) == b'[';
                if letter == b'e' && count > 0 {
                    return result;
                }
                let mut size = String::new();
                push_number(&mut size, f64::from(count));
                let of_size = self.node(size.as_bytes(), deeper);
                return if letter == b'#' && is_list {
                    of_size
                } else {
                    FALSE
                };
            }
            // The same, in any case of letters, of this type.
            b'=' => next(&mut self.code) == value,
            b'~' => same(next(&mut self.code), value, true),
            b't' => self.letter() == letter_of(value),
            // Less (1), equal (2), greater (4), or some of these; as versions with `v`.
            b'<' | b'v' => {
                let wanted = self.letter();
                let than = next(&mut self.code);
                let is_text = letter_of(value) == b's';
                let ordered = is_text || letter_of(value) == b'n';
                let order = if letter == b'v' {
                    padded(text_of(value, false))
                        .as_slice()
                        .cmp(text_of(than, false))
                } else {
                    value.cmp(than)
                };
                let order = match order {
                    Ordering::Less => 1,
                    Ordering::Equal => 2,
                    Ordering::Greater => 4,
                };
                let alike = letter_of(value) == letter_of(than) || fault!(202);
                ordered && alike && wanted & order != 0
            }
            // One of a list, in any case with `I`; one of a group.
            b'i' | b'I' => has(next(&mut self.code), value, letter == b'I'),
            b'g' => {
                let group = self.plim.root().saved_groups().get(self.index());
                has(group.unwrap_or_default().as_bytes(), value, false)
            }
            // Has a pattern; in any case with `R`.
            b'r' | b'R' => {
                let pattern = self.plim.root().patterns().get(self.index());
                let text = text_of(value, letter == b'R');
                letter_of(value) == b's'
                    && pattern.is_some_and(|pattern| pattern::matches(pattern, text))
            }
            _ => return UNKNOWN,
        };
        if holds { TRUE } else { FALSE }
    }

    fn letter(&mut self) -> u8 {
        let letter = letter_of(self.code);
        self.code = self.code.get(1..).unwrap_or_default();
        letter
    }

    fn index(&mut self) -> u32 {
        let index = number(self.code);
        self.code = self.code.get(4..).unwrap_or_default();
        index.unwrap_or(u32::MAX)
    }
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

/// Whether nothing is left; the bracket that says so is taken.
#[inline(never)]
fn at_end(rest: &mut &[u8]) -> bool {
    if let Some(after) = rest.strip_prefix(b"]") {
        *rest = after;
        return true;
    }
    rest.is_empty()
}

/// Takes the next value.
#[inline(never)]
fn next<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let (all, mut depth) = (*rest, 0_u32);
    loop {
        let letter = letter_of(rest);
        let (mut length, mut left) = (1, *rest);
        match letter {
            b'[' | b'{' => depth = depth.wrapping_add(1),
            b']' => depth = depth.wrapping_sub(1),
            b'n' => length = 17,
            b's' => (length, left) = (0, cut(left, END).1),
            _ => {}
        }
        *rest = left.get(length..).unwrap_or_default();
        if depth == 0 || rest.is_empty() {
            let length = all.len().wrapping_sub(rest.len());
            return all.get(..length).unwrap_or_default();
        }
    }
}

/// What an object has under a name, or a list at a place.
fn member<'a>(value: &'a [u8], name: &[u8]) -> &'a [u8] {
    let is_object = letter_of(value) == b'{';
    if !is_object && letter_of(value) != b'[' {
        return NULL;
    }
    let mut place = if fault!(205) { 1 } else { 0_u32 };
    let mut items = value.get(1..).unwrap_or_default();
    while !at_end(&mut items) {
        let is_it = if is_object {
            text_of(next(&mut items), false) == name
        } else {
            number(name) == Some(place)
        };
        let item = next(&mut items);
        if is_it {
            return item;
        }
        place = place.wrapping_add(1);
    }
    NULL
}

/// The characters of a text, or the same in lower case.
#[inline(never)]
fn text_of(value: &[u8], lower: bool) -> &[u8] {
    let (text, other) = cut(cut(value.get(1..).unwrap_or_default(), END).0, PART);
    if lower && !other.is_empty() {
        other
    } else {
        text
    }
}

fn same(a: &[u8], b: &[u8], lower: bool) -> bool {
    let lower = lower || fault!(203);
    let texts = lower && letter_of(a) == b's' && letter_of(b) == b's';
    a == b || (texts && text_of(a, true) == text_of(b, true))
}

/// Whether a list has a value, or any item of it where it is a list itself.
fn has(list: &[u8], value: &[u8], lower: bool) -> bool {
    let mut values = value.strip_prefix(b"[").unwrap_or(value);
    if fault!(204) {
        values = value;
    }
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
