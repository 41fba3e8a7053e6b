//! Locales: BCP 47 tags, their canonical case, which of several a reader understands, values that differ by locale.
//! Knows no texts; `pt-PT` falls back to `pt`, then to another region such as `pt-BR`.
//! `speaker` and the collector ask for the nearest; a value gives the first of a chain that it has.

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
    let mut is_extended = false;
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
            _ if is_extended => out.push_str(&format!("-{}", part.to_ascii_lowercase())),
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
        // After a single letter come keys and values, not regions and scripts.
        is_extended |= part.len() == 1;
    }
    Some(out)
}

/// The spoken locales that a reader of `wanted` understands, nearest first: the tag itself and what it shortens to
/// (RFC 4647, lookup), then other regions of its language in the order given. None for what is no tag.
#[must_use]
pub fn nearest<'s>(wanted: &str, spoken: &[&'s str]) -> Vec<&'s str> {
    let Some(wanted) = canonical(wanted) else {
        return Vec::new();
    };
    let steps = chain(&wanted);
    let of_step = |step: &String| spoken.iter().copied().find(|own| own == step);
    let mut found: Vec<&str> = steps.iter().filter_map(of_step).collect();
    for own in spoken {
        if !found.contains(own) && is_sibling(&wanted, own) {
            found.push(own);
        }
    }
    found
}

/// Whether both are of one language, and not said to be in two scripts.
fn is_sibling(one: &str, other: &str) -> bool {
    let script = |tag: &str| {
        let second = tag.split('-').nth(1).filter(|part| part.len() == 4);
        second.map(str::to_owned)
    };
    let scripts = [script(one), script(other)];
    one.split('-').next() == other.split('-').next()
        && (scripts.contains(&None) || scripts.first() == scripts.last())
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
        let tag = canonical("DE-de-U-CO-PHONEBK").unwrap();
        assert_eq!(
            chain(&tag),
            ["de-DE-u-co-phonebk", "de-DE-u-co", "de-DE", "de"]
        );
    }

    #[test]
    fn the_nearest_is_the_tag_then_a_shorter_one_then_another_region() {
        let spoken = ["en", "ar", "de", "de-CH", "pt-BR", "zh-Hant"];
        for (wanted, understood) in [
            ("de", &["de", "de-CH"][..]),
            ("de-CH", &["de-CH", "de"]),
            ("de-AT-1996", &["de", "de-CH"]),
            ("AR-eg", &["ar"]),
            ("pt", &["pt-BR"]),
            ("pt-PT", &["pt-BR"]),
            ("zh-Hant-TW", &["zh-Hant"]),
            ("zh-TW", &["zh-Hant"]),
            ("zh-Hans", &[]),
            ("ja", &[]),
            ("en_US", &[]),
            ("*", &[]),
            ("", &[]),
        ] {
            assert_eq!(nearest(wanted, &spoken), understood, "{wanted}");
        }
    }
}
