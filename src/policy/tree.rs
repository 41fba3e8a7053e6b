//! The policy before it is understood: a tree that keeps double keys and exact integers.
//! Knows nothing of plans or prompts; bounded in depth, so that hostile nesting ends in an error.
//! `walk` reads it; `modules/policy` makes one from a JavaScript object.

use super::error::PolicyError;
use core::fmt;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The largest policy, in bytes of JSON: 256 KiB.
pub const POLICY_BYTES: usize = 262_144;
/// The deepest nesting that is read; a policy needs 8.
pub const DEPTH_MAX: usize = 32;
/// Beyond this a JavaScript number is not exact any more.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// A JSON value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number, however it was written (`50`, `50.0`, `5e1`).
    Integer(i64),
    /// Any other number: a fraction, one beyond 2^53, `NaN`.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Tree>),
    /// An object; a name may occur twice, which `walk` refuses.
    Object(Vec<(String, Tree)>),
    /// Something JSON has no word for, described: `a function`, `an instance of a class`.
    Foreign(String),
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
}

impl Tree {
    /// Reads JSON text.
    ///
    /// # Errors
    /// When the text is too large or is not JSON.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > POLICY_BYTES {
            return Err(too_large(text.len()));
        }
        // Some editors begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut source = serde_json::Deserializer::from_str(text);
        let tree = Seed(DEPTH_MAX)
            .deserialize(&mut source)
            .and_then(|tree| source.end().map(|()| tree));
        tree.map_err(|error| PolicyError {
            code: "json_syntax",
            path: String::new(),
            message: format!("this is not JSON: {error}"),
            help: "correct the text at that place; JSON has no comments and no comma after the last item"
                .into(),
        })
    }

    /// A number from JavaScript: whole when it is exact.
    #[must_use]
    pub fn number(value: f64) -> Self {
        if value.trunc() == value && value.abs() < WHOLE_MAX {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            return Self::Integer(value as i64);
        }
        Self::Float(value)
    }

    /// The value of an object's member.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(entries) = self else {
            return None;
        };
        let found = entries.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value)
    }

    /// The items of the list that is an object's member; none where there is no list.
    pub(super) fn items(&self, name: &str) -> &[Self] {
        match self.member(name) {
            Some(Self::List(items)) => items,
            _ => &[],
        }
    }

    /// What stands there, for a message.
    #[must_use]
    pub(super) fn found(&self) -> String {
        match self {
            Self::Null => "`null`".into(),
            Self::Bool(value) => format!("`{value}`"),
            Self::Integer(value) => format!("the number `{value}`"),
            Self::Float(value) => shown_float(*value),
            Self::Text(text) => format!("the text {}", shown(text)),
            Self::List(_) => "a list".into(),
            Self::Object(_) => "an object".into(),
            Self::Foreign(what) => what.clone(),
            Self::TooDeep => format!("nesting deeper than {DEPTH_MAX}"),
        }
    }
}

/// The error of a policy that is larger than [`POLICY_BYTES`].
#[must_use]
pub fn too_large(bytes: usize) -> PolicyError {
    PolicyError {
        code: "too_large",
        path: String::new(),
        message: format!("the policy has more than {POLICY_BYTES} bytes (`{bytes}`)"),
        help: "shorten texts, or let defaults and `texts` say what many prompts repeat".into(),
    }
}

/// The policy's own words in a message: in backticks, at most 40 characters, nothing that moves a terminal.
#[must_use]
pub(super) fn shown(text: &str) -> String {
    let mut out = String::from("`");
    for (index, character) in text.chars().enumerate() {
        if index == 40 {
            out.push('…');
            break;
        }
        match character {
            '`' => out.push('\''),
            plain if is_hidden(plain) => out.push('\u{fffd}'),
            plain => out.push(plain),
        }
    }
    out.push('`');
    out
}

/// Characters that are not seen but act: control characters, marks of direction, line separators.
#[must_use]
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{feff}')
        || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// Rounded to three decimals by integer arithmetic: formatting a float would cost the module 9 kB.
fn shown_float(value: f64) -> String {
    if value.is_nan() {
        return "`NaN`".into();
    }
    if value.abs() >= WHOLE_MAX {
        return "a number of 2^53 or more".into();
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 2^53 in magnitude")]
    let (whole, part) = (
        value.abs().trunc() as i64,
        (value.abs().fract() * 1_000.0).round() as i64,
    );
    let sign = if value < 0.0 { "-" } else { "" };
    if !(1..1_000).contains(&part) {
        let near = whole.saturating_add(part / 1_000);
        return format!("a fraction near `{sign}{near}`");
    }
    let digits = format!("{part:03}");
    format!(
        "the number `{sign}{whole}.{}`",
        digits.trim_end_matches('0')
    )
}

/// Reads a tree at most this much deeper.
struct Seed(usize);

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Tree, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> serde::Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Seed(DEPTH_MAX).deserialize(source)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Tree, E> {
        #[expect(clippy::cast_precision_loss, reason = "only told to be too large")]
        Ok(i64::try_from(value).map_or(Tree::Float(value as f64), Tree::Integer))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::number(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.into()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let Some(deeper) = self.0.checked_sub(1) else {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Tree::TooDeep);
        };
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Seed(deeper))? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let Some(deeper) = self.0.checked_sub(1) else {
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Tree::TooDeep);
        };
        let mut object = Vec::new();
        while let Some(name) = entries.next_key()? {
            object.push((name, entries.next_value_seed(Seed(deeper))?));
        }
        Ok(Tree::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_stay_exact_and_double_keys_stay() {
        let tree = Tree::parse(r#"{"a":9007199254740993,"a":5e1,"b":[0.125,-0.5]}"#).unwrap();
        let Tree::Object(entries) = tree else {
            panic!("an object")
        };
        assert_eq!(entries[0].1, Tree::Integer(9_007_199_254_740_993));
        assert_eq!(entries[1], ("a".into(), Tree::Integer(50)));
        let Tree::List(items) = &entries[2].1 else {
            panic!("a list")
        };
        assert_eq!(items[0].found(), "the number `0.125`");
        assert_eq!(items[1].found(), "the number `-0.5`");
    }

    #[test]
    fn a_fraction_is_told_as_it_was_written() {
        for (value, told) in [
            (33.3, "the number `33.3`"),
            (0.07, "the number `0.07`"),
            (-1.005, "the number `-1.005`"),
            (2.9999, "a fraction near `3`"),
            (1e-7, "a fraction near `0`"),
        ] {
            assert_eq!(Tree::number(value).found(), told);
        }
    }

    #[test]
    fn nesting_ends_in_a_mark_and_not_in_a_stack_overflow() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let mut tree = &Tree::parse(&deep).unwrap();
        let mut depth = 0;
        while let Tree::List(items) = tree {
            tree = &items[0];
            depth += 1;
        }
        assert_eq!((tree, depth), (&Tree::TooDeep, DEPTH_MAX));
    }
}
