//! Keys: who may append events and read the policy (publishable), and who may read everything (secret).
//!
//! It owns their making, their shape and the ring that requests are checked against; only SHA-256
//! hashes are kept, which is enough for keys of 160 random bits. It does not know HTTP; `store` keeps the
//! hashes, and the ring follows it while the server runs.

use std::fmt;
use std::sync::RwLock;

use sha2::{Digest, Sha256};

/// Shortest key that may be given by hand; a short one could be guessed from its hash.
const GIVEN_MIN_CHARS: usize = 16;
/// Longest key; a longer one in a request is refused unread.
const KEY_MAX_CHARS: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Lies open in web pages: may append events and read the compiled policy.
    Publishable,
    /// For servers only: may do everything.
    Secret,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Publishable => "publishable",
            Kind::Secret => "secret",
        }
    }

    pub fn parse(text: &str) -> Option<Kind> {
        [Kind::Publishable, Kind::Secret]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    fn prefix(self) -> &'static str {
        match self {
            Kind::Publishable => "pk_",
            Kind::Secret => "sk_",
        }
    }
}

/// A key in clear, as it is shown once. `Debug` does not show it.
pub struct Key {
    kind: Kind,
    text: String,
}

impl Key {
    /// A new key of 160 random bits.
    pub fn random(kind: Kind) -> Key {
        Key {
            kind,
            text: format!("{}live_{}", kind.prefix(), random_hex()),
        }
    }

    /// A key that was given by hand.
    pub fn given(kind: Kind, text: &str) -> Result<Key, String> {
        let prefix = kind.prefix();
        let clean = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !text.starts_with(prefix)
            || !clean
            || !(GIVEN_MIN_CHARS..=KEY_MAX_CHARS).contains(&text.len())
        {
            return Err(format!(
                "a {} key begins with `{prefix}` and has {GIVEN_MIN_CHARS} to {KEY_MAX_CHARS} letters, digits or `_`",
                kind.as_str()
            ));
        }
        Ok(Key {
            kind,
            text: text.to_owned(),
        })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn hash(&self) -> KeyHash {
        KeyHash::of(&self.text)
    }

    /// The key in clear, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, {})", self.kind.as_str(), self.hash().id())
    }
}

/// SHA-256 of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    pub fn of(key: &str) -> KeyHash {
        KeyHash(Sha256::digest(key.as_bytes()).into())
    }

    pub fn from_bytes(bytes: [u8; 32]) -> KeyHash {
        KeyHash(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Names the key in lists and when it is revoked: the first 8 hex digits of the hash.
    pub fn id(&self) -> String {
        hex(&self.0[..4])
    }
}

/// The keys that are valid now.
#[derive(Default)]
pub struct KeyRing {
    known: RwLock<Vec<(KeyHash, Kind)>>,
}

impl KeyRing {
    pub fn new(known: Vec<(KeyHash, Kind)>) -> KeyRing {
        KeyRing {
            known: RwLock::new(known),
        }
    }

    pub fn replace(&self, known: Vec<(KeyHash, Kind)>) {
        *self
            .known
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner()) = known;
    }

    /// What this key is, or nothing when it is unknown.
    ///
    /// Hashes are compared, so the time taken tells nothing about a key.
    pub fn kind_of(&self, key: &str) -> Option<Kind> {
        if key.len() > KEY_MAX_CHARS {
            return None;
        }
        let hash = KeyHash::of(key);
        let known = self
            .known
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        known
            .iter()
            .find(|(candidate, _)| *candidate == hash)
            .map(|(_, kind)| *kind)
    }
}

/// 160 random bits as 40 hex digits.
pub fn random_hex() -> String {
    let mut bytes = [0_u8; 20];
    // Without the system's randomness no key could be trusted; nothing sensible can follow.
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    hex(&bytes)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_hash_and_never_printed() {
        let key = Key::random(Kind::Secret);
        assert!(key.reveal().starts_with("sk_live_") && key.reveal().len() == 48);
        assert!(!format!("{key:?}").contains(&key.reveal()[8..]));
        let ring = KeyRing::new(vec![(key.hash(), key.kind())]);
        assert_eq!(ring.kind_of(key.reveal()), Some(Kind::Secret));
        assert_eq!(ring.kind_of("sk_live_"), None);
        ring.replace(Vec::new());
        assert_eq!(ring.kind_of(key.reveal()), None);
    }

    #[test]
    fn a_given_key_has_the_prefix_of_its_kind_and_a_fair_length() {
        assert!(Key::given(Kind::Publishable, "pk_live_0123456789").is_ok());
        for bad in [
            "",
            "pk_live_",
            "sk_live_0123456789",
            "pk_live_0123 456789",
            "pk_live_\u{e9}0123456789",
        ] {
            assert!(Key::given(Kind::Publishable, bad).is_err(), "{bad}");
        }
    }
}
