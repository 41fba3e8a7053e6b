//! The published policy: compiled once per locale when it is loaded, given out as bytes.
//!
//! It owns the choice of the locale and the tag that tells versions apart; what a policy may say, and how it
//! is compiled, is the root crate's. `plimsoll check` and `GET /v1/policy` both make a [`Published`].

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use axum::body::Bytes;
use plimsoll::plim::Plim;
pub use plimsoll::plim::{FORMAT, PlimError};
pub use plimsoll::policy::PolicyError;
use plimsoll::policy::{Policy, nearest};
use sha2::{Digest, Sha256};

use crate::keys::hex;

/// A policy as browsers get it.
pub struct Published {
    /// At least one; the first is the default locale.
    artefacts: Vec<Artefact>,
    revision: String,
    /// As it was read; one that came compiled has none.
    policy: Option<Policy>,
}

/// The policy compiled for one locale.
#[derive(Debug)]
pub struct Artefact {
    pub locale: String,
    pub bytes: Bytes,
    /// Strong entity tag, with its quotes.
    pub etag: String,
}

/// Why a policy file cannot be given out.
#[derive(Debug)]
pub enum LoadError {
    Unreadable(io::Error),
    /// It was compiled before, and is damaged or made for a newer version.
    NotCompiled(PlimError),
    Refused(Vec<PolicyError>),
}

impl Published {
    /// Reads a policy (JSON), or one locale of it that was compiled before (`.plim`).
    pub fn load(path: &Path) -> Result<Published, LoadError> {
        let bytes = fs::read(path).map_err(LoadError::Unreadable)?;
        if !bytes.starts_with(b"PLIM") {
            let text = String::from_utf8(bytes).map_err(|error| {
                LoadError::Unreadable(io::Error::new(io::ErrorKind::InvalidData, error))
            })?;
            let policy = Policy::parse(&text).map_err(LoadError::Refused)?;
            return Ok(Published::from(&policy));
        }
        let plim = Plim::open(&bytes).map_err(LoadError::NotCompiled)?;
        let (locale, revision) = (
            plim.root().locale().to_owned(),
            plim.root().revision().to_owned(),
        );
        Ok(Published {
            artefacts: vec![Artefact::new(locale, bytes)],
            revision,
            policy: None,
        })
    }

    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The policy with what no browser gets: scoring, sales triggers, hand-off. None when it came compiled.
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_ref()
    }

    pub fn artefacts(&self) -> &[Artefact] {
        &self.artefacts
    }

    /// Each artefact under its locale, under the shorter forms of that which it is chosen for (`pt-BR` → `pt`), and the
    /// default one under none: with them a server of files gives what [`Published::choose`] does to those who ask
    /// for one shorter form after the other.
    pub fn by_tag(&self) -> BTreeMap<&str, &Artefact> {
        let mut found = BTreeMap::new();
        for artefact in &self.artefacts {
            let mut tag = artefact.locale.as_str();
            found.insert(tag, artefact);
            while let Some((shorter, _)) = tag.rsplit_once('-') {
                tag = shorter;
                let chosen = self.choose(tag);
                if let Some(chosen) = chosen.filter(|chosen| chosen.locale.starts_with(tag)) {
                    found.insert(tag, chosen);
                }
            }
        }
        found.extend(self.artefacts.first().map(|artefact| ("", artefact)));
        found
    }

    /// The artefact for a locale, by BCP 47 lookup: itself, its shorter forms (`pt-BR` → `pt`),
    /// another of its language (`pt` → `pt-BR`), the default.
    pub fn choose(&self, locale: &str) -> Option<&Artefact> {
        let spoken: Vec<&str> = self.artefacts.iter().map(|a| a.locale.as_str()).collect();
        let nearest = nearest(locale, &spoken).into_iter().next();
        let mut artefacts = self.artefacts.iter();
        artefacts
            .find(|a| Some(a.locale.as_str()) == nearest)
            .or(self.artefacts.first())
    }
}

impl Artefact {
    fn new(locale: String, bytes: Vec<u8>) -> Artefact {
        let etag = format!("\"{}\"", hex(&Sha256::digest(&bytes)[..12]));
        Artefact {
            locale,
            bytes: bytes.into(),
            etag,
        }
    }
}

impl From<&Policy> for Published {
    /// The policy compiled for each of its locales.
    fn from(policy: &Policy) -> Published {
        let artefact = |locale: String| {
            let bytes = policy.compile(&locale);
            Artefact::new(locale, bytes)
        };
        Published {
            artefacts: policy.locales().into_iter().map(artefact).collect(),
            revision: policy.revision().to_owned(),
            policy: Some(policy.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_in_shorter_and_shorter_forms_is_what_is_chosen() {
        let artefact = |locale: &str| Artefact::new(locale.into(), locale.into());
        let policy = Published {
            artefacts: ["en", "pt-BR", "zh-Hant", "de", "de-CH"]
                .map(artefact)
                .into(),
            revision: String::new(),
            policy: None,
        };
        let by_tag = policy.by_tag();
        for asked in [
            "en-GB",
            "pt",
            "pt-PT",
            "pt-BR",
            "de-AT",
            "de-CH",
            "fi",
            "ja-JP",
            "zh-Hant-TW",
            "zh",
        ] {
            let mut tag = asked;
            while !by_tag.contains_key(tag) {
                tag = tag.rsplit_once('-').map_or("", |(shorter, _)| shorter);
            }
            let found = by_tag.get(tag).map(|artefact| artefact.locale.as_str());
            let chosen = policy
                .choose(asked)
                .map(|artefact| artefact.locale.as_str());
            assert_eq!(found, chosen, "{asked}");
        }
    }

    #[test]
    fn a_locale_falls_back_to_its_language_and_then_to_the_default() {
        let artefact = |locale: &str| Artefact::new(locale.into(), locale.into());
        let policy = Published {
            artefacts: vec![artefact("en"), artefact("pt-BR"), artefact("zh-Hant")],
            revision: String::new(),
            policy: None,
        };
        let cases = [
            ("pt-BR", "pt-BR"),
            ("PT-br", "pt-BR"),
            ("pt", "pt-BR"),
            ("pt-PT", "pt-BR"),
            ("en-GB-oxendict", "en"),
            ("zh-Hant-TW", "zh-Hant"),
            ("de", "en"),
            ("", "en"),
            ("-", "en"),
        ];
        for (asked, given) in cases {
            assert_eq!(
                policy.choose(asked).map(|a| a.locale.as_str()),
                Some(given),
                "{asked}"
            );
        }
    }
}
