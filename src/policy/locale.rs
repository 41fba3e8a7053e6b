//! Locales: BCP 47 tags, their canonical case, and values that differ by locale.
//! Knows no texts; a value falls back from `pt-BR` to `pt` to the default locale.
//! `compile` asks each value for the first locale of its chain that has one.

use super::tree::{Tree, shown};
use super::walk::{At, Walk};

/// Locales that one policy may speak.
pub(super) const LOCALES_MAX: usize = 50;
const TAG_BYTES: usize = 35;

/// Values by locale, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Localized<T>(pub Vec<(String, T)>);

impl<T> Default for Localized<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Localized<T> {
    /// The value of exactly this locale.
    pub fn exact(&self, locale: &str) -> Option<&T> {
        self.0
            .iter()
            .find(|(own, _)| own == locale)
            .map(|(_, value)| value)
    }

    /// The value of the first locale of a chain that has one.
    pub fn first(&self, chain: &[String]) -> Option<&T> {
        chain.iter().find_map(|locale| self.exact(locale))
    }

    /// Reads one value for the default locale, or an object of values by locale.
    pub fn read(
        walk: &mut Walk,
        tree: &Tree,
        at: &At<'_>,
        default: &str,
        mut value: impl FnMut(&mut Walk, &Tree, &At<'_>) -> Option<T>,
    ) -> Self {
        match tree {
            Tree::Object(_) => Self::read_object(walk, tree, at, default, value),
            _ => Self(
                value(walk, tree, at)
                    .map(|value| (default.into(), value))
                    .into_iter()
                    .collect(),
            ),
        }
    }

    /// Reads an object of values by locale; the default locale must be among them.
    pub fn read_object(
        walk: &mut Walk,
        tree: &Tree,
        at: &At<'_>,
        default: &str,
        mut value: impl FnMut(&mut Walk, &Tree, &At<'_>) -> Option<T>,
    ) -> Self {
        let Some(entries) = walk.entries(tree, at, LOCALES_MAX) else {
            return Self::default();
        };
        let mut values = Vec::new();
        for (tag, tree) in entries {
            let place = At::Field(at, tag);
            if check_tag(walk, tag, &place)
                && let Some(value) = value(walk, tree, &place)
            {
                values.push((tag.clone(), value));
            }
        }
        if !entries.iter().any(|(tag, _)| tag == default) {
            let message = format!("no text in the default locale `{default}`");
            walk.error(
                at,
                "missing_text",
                message,
                format!("add `{default}`, or change `default_locale`"),
            );
        }
        Self(values)
    }
}

/// Notes texts that stand where their locale belongs, once for all of them. `members` are what texts consist of.
pub(super) fn check_has_locales(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    default: &str,
    members: &[&str],
) -> bool {
    let bare = matches!(tree, Tree::Object(entries) if !entries.is_empty()
        && entries.iter().all(|(name, _)| members.contains(&name.as_str())));
    if bare {
        let message = "these texts have no locale".into();
        let help = format!("wrap them: `{{\"{default}\": {{ … }}}}`");
        walk.error(at, "bad_locale", message, help);
    }
    !bare
}

/// Notes a tag that is not one, or is not written in canonical case.
pub(super) fn check_tag(walk: &mut Walk, tag: &str, at: &At<'_>) -> bool {
    let help = match canonical(tag) {
        Some(canonical) if canonical == tag => return true,
        Some(canonical) => format!("write `{canonical}`"),
        None => "write a BCP 47 tag such as `en` or `pt-BR`".into(),
    };
    walk.error(
        at,
        "bad_locale",
        format!("{} is not a locale", shown(tag)),
        help,
    );
    false
}

/// A tag in canonical case (`pt-BR`, `zh-Hant-TW`), when it has the shape of one.
pub(super) fn canonical(tag: &str) -> Option<String> {
    let mut out = String::new();
    for (index, part) in tag.split('-').enumerate() {
        let alphabetic = part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let fits = match index {
            0 => alphabetic && (2..=3).contains(&part.len()),
            _ => {
                part.bytes().all(|byte| byte.is_ascii_alphanumeric())
                    && (1..=8).contains(&part.len())
            }
        };
        if !fits || tag.len() > TAG_BYTES {
            return None;
        }
        match (index, part.len()) {
            (0, _) => out.push_str(&part.to_ascii_lowercase()),
            (_, 2) => out.push_str(&format!("-{}", part.to_ascii_uppercase())),
            (_, 4) if alphabetic => {
                let (head, tail) = part.split_at(1);
                out.push_str(&format!(
                    "-{}{}",
                    head.to_ascii_uppercase(),
                    tail.to_ascii_lowercase()
                ));
            }
            _ => out.push_str(&format!("-{}", part.to_ascii_lowercase())),
        }
    }
    Some(out)
}

/// A tag and what it shortens to, nearest first: `pt-BR`, `pt` (RFC 4647, lookup).
pub(super) fn chain(tag: &str) -> Vec<String> {
    let mut parts: Vec<&str> = tag.split('-').collect();
    let mut chain = Vec::new();
    while !parts.is_empty() {
        chain.push(parts.join("-"));
        parts.pop();
        if parts.last().is_some_and(|part| part.len() == 1) {
            parts.pop();
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_one_way_of_writing() {
        assert_eq!(canonical("PT-br").as_deref(), Some("pt-BR"));
        assert_eq!(canonical("zh-hant-tw").as_deref(), Some("zh-Hant-TW"));
        for bad in [
            "",
            "e",
            "en_US",
            "en-",
            "-en",
            "en-123456789",
            "é",
            "__proto__",
        ] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_tag_shortens_from_the_right() {
        assert_eq!(
            chain("de-DE-u-co-phonebk"),
            ["de-DE-u-co-phonebk", "de-DE-u-co", "de-DE", "de"]
        );
    }
}
