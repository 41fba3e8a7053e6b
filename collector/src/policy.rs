//! The published policy: compiled once per locale when it is loaded, given out as bytes.
//!
//! It owns the choice of the locale and the tag that tells versions apart; what a policy may say, and how it
//! is compiled, is the root crate's. `plimsoll check` and `GET /v1/policy` both come through `compile`.

use std::path::Path;
use std::{fmt, fs, io};

use axum::body::Bytes;
use sha2::{Digest, Sha256};

use crate::keys::hex;

/// The format of compiled policies that is given out; a browser asks for it by number.
pub const FORMAT: u32 = 1;

/// A policy as browsers get it.
pub struct Published {
    /// At least one; the first is the default locale.
    artefacts: Vec<Artefact>,
    revision: String,
}

/// The policy compiled for one locale.
#[derive(Debug)]
pub struct Artefact {
    /// Empty for a file that was compiled before and does not say its locale.
    pub locale: String,
    pub bytes: Bytes,
    /// Strong entity tag, with its quotes.
    pub etag: String,
}

/// What is wrong with a policy, as the root crate says it.
#[derive(Debug)]
pub struct Problem {
    pub code: String,
    pub path: String,
    pub message: String,
    pub help: String,
}

#[derive(Debug)]
pub enum LoadError {
    Unreadable(io::Error),
    Refused(Vec<Problem>),
}

impl Published {
    /// Reads a policy (JSON), or one that was compiled before (`.plim`).
    pub fn load(path: &Path) -> Result<Published, LoadError> {
        let bytes = fs::read(path).map_err(LoadError::Unreadable)?;
        if bytes.starts_with(b"PLIM") {
            return Ok(Published {
                artefacts: vec![Artefact::new(String::new(), bytes)],
                revision: String::new(),
            });
        }
        compile(&String::from_utf8_lossy(&bytes)).map_err(LoadError::Refused)
    }

    /// No policy: what a report shows beside errors.
    pub fn none() -> Published {
        Published {
            artefacts: Vec::new(),
            revision: String::new(),
        }
    }

    pub fn revision(&self) -> &str {
        &self.revision
    }

    pub fn artefacts(&self) -> &[Artefact] {
        &self.artefacts
    }

    /// The artefact for a locale, by BCP 47 lookup: itself, its shorter forms (`pt-BR` → `pt`),
    /// another of its language (`pt` → `pt-BR`), the default.
    pub fn choose(&self, locale: &str) -> Option<&Artefact> {
        let exact = |wanted: &str| {
            self.artefacts
                .iter()
                .find(|a| a.locale.eq_ignore_ascii_case(wanted))
        };
        let mut wanted = locale;
        loop {
            if let Some(found) = exact(wanted) {
                return Some(found);
            }
            match wanted.rsplit_once('-') {
                Some((shorter, _)) => wanted = shorter,
                None => break,
            }
        }
        let language = |locale: &str| {
            locale
                .split('-')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        let wanted = language(locale);
        self.artefacts
            .iter()
            .find(|a| language(&a.locale) == wanted)
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

/// Compiles a policy for each of its locales, or says everything that is wrong with it.
pub fn compile(_text: &str) -> Result<Published, Vec<Problem>> {
    Err(vec![Problem {
        code: "not_built".into(),
        path: String::new(),
        message: "this build cannot compile a policy yet".into(),
        help: "give a compiled `.plim` file".into(),
    }])
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Unreadable(error) => write!(f, "cannot be read: {error}"),
            LoadError::Refused(problems) => write!(f, "has {} errors", problems.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_falls_back_to_its_language_and_then_to_the_default() {
        let artefact = |locale: &str| Artefact::new(locale.into(), locale.into());
        let policy = Published {
            artefacts: vec![artefact("en"), artefact("pt-BR"), artefact("zh-Hant")],
            revision: String::new(),
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
