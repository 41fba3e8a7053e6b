//! The strict reading of one request: what a person asked of their admin or of sales, with their own words.
//!
//! It owns the fields that `docs/wire.md` lists, the limit of a note and a code for every refusal; it does
//! not know HTTP, keys or storage, and repeats no word of a note. What passes goes to `store::Store::append`.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::event::{ID_MAX_BYTES, is_hex, is_policy_id, looks_like_email, parse_time, shorten};

/// Longest note in characters; one more is refused as `note_too_long`.
pub const NOTE_MAX_CHARS: usize = 2_000;
/// Longest tag of a locale, in characters.
const LOCALE_MAX_CHARS: usize = 35;
/// Largest integer that JavaScript holds exactly.
const COUNT_MAX: u64 = (1 << 53) - 1;

/// One request that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Identity: the same account, user and id again is a duplicate. A digest, so that it may stay
    /// when the person is erased.
    pub mark: [u8; 32],
    pub account: String,
    pub user: String,
    /// `ask_admin` or `talk_to_sales`.
    pub kind: String,
    /// What it is about: the meter and the feature, each empty where there is none.
    pub need: String,
    /// The request as JSON, as it was checked.
    pub body: String,
}

/// One field of a request.
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
}

/// What a field's value may be.
#[derive(Clone, Copy)]
pub enum Kind {
    /// The host's id of an account or user.
    HostId,
    /// Id of the policy: 1 to 64 of `A-Z a-z 0-9 _ -`.
    Id,
    /// Integer from 0 to 2^53 − 1.
    Count,
    /// 16 hex digits.
    Hex,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A tag of BCP 47.
    Locale,
    /// RFC 3339 time.
    Time,
    /// What the person typed.
    Note,
}

/// Every field; one that is not here does not exist.
pub const FIELDS: [Field; 15] = [
    must("id", Kind::Hex),
    must("kind", Kind::Word(&["ask_admin", "talk_to_sales"])),
    must("account", Kind::HostId),
    must("user", Kind::HostId),
    must("prompt", Kind::Id),
    must("exposure", Kind::Hex),
    may("meter", Kind::Id),
    may("feature", Kind::Id),
    may("plan", Kind::Id),
    may("next_plan", Kind::Id),
    may("used", Kind::Count),
    may("limit", Kind::Count),
    may("locale", Kind::Locale),
    may("note", Kind::Note),
    may("sentAt", Kind::Time),
];

const fn must(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        required: true,
    }
}

const fn may(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        kind,
        required: false,
    }
}

/// Why a request is not stored. Final: sent again unchanged, it is refused again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub code: &'static str,
    pub message: String,
    pub help: &'static str,
}

/// Every code of [`Refused`], as `docs/wire.md` lists them.
pub const CODES: [&str; 5] = [
    "unknown_field",
    "field_missing",
    "bad_field",
    "id_looks_like_email",
    "note_too_long",
];

/// Checks a request; the key beside its fields has been taken out.
pub fn check(fields: &Map<String, Value>) -> Result<Request, Refused> {
    let known = |name: &str| FIELDS.iter().any(|field| field.name == name);
    if let Some(name) = fields.keys().find(|name| !known(name)) {
        return Err(Refused {
            code: "unknown_field",
            message: format!("a request has no field `{}`", shorten(name)),
            help: "send only the fields that `docs/wire.md` lists, and what a person typed in `note`",
        });
    }
    for field in &FIELDS {
        match fields.get(field.name) {
            Some(value) => check_value(field, value)?,
            None if field.required => {
                return Err(Refused {
                    code: "field_missing",
                    message: format!("the request has no `{}`", field.name),
                    help: help_of(field.kind),
                });
            }
            None => {}
        }
    }
    let text = |name| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let body = serde_json::to_string(fields).map_err(|error| Refused {
        code: "bad_field",
        message: format!("the request cannot be written: {error}"),
        help: "send it as JSON in UTF-8",
    })?;
    Ok(Request {
        mark: mark([text("account"), text("user"), text("id")]),
        account: text("account").to_owned(),
        user: text("user").to_owned(),
        kind: text("kind").to_owned(),
        need: format!("{}/{}", text("meter"), text("feature")),
        body,
    })
}

/// Ids hold no control character, so a zero byte between them keeps them apart.
fn mark(ids: [&str; 3]) -> [u8; 32] {
    Sha256::digest(ids.join("\0")).into()
}

fn check_value(field: &Field, value: &Value) -> Result<(), Refused> {
    let text = value.as_str();
    let is_right = match field.kind {
        Kind::HostId => {
            if text.is_some_and(looks_like_email) {
                return Err(Refused {
                    code: "id_looks_like_email",
                    // The address itself is not repeated: an answer may end in the sender's logs.
                    message: format!("`{}` looks like an e-mail address", field.name),
                    help: "send an id that does not name a person",
                });
            }
            text.is_some_and(is_host_id)
        }
        Kind::Id => text.is_some_and(is_policy_id),
        Kind::Count => value.as_u64().is_some_and(|count| count <= COUNT_MAX),
        Kind::Hex => text.is_some_and(is_hex),
        Kind::Word(words) => text.is_some_and(|word| words.contains(&word)),
        Kind::Locale => text.is_some_and(is_locale),
        Kind::Time => text.and_then(parse_time).is_some(),
        Kind::Note => return check_note(text),
    };
    if is_right {
        return Ok(());
    }
    let shown = match value {
        Value::String(text) => shorten(text),
        other => shorten(&other.to_string()),
    };
    Err(Refused {
        code: "bad_field",
        message: format!("`{}` is `{shown}`, not {}", field.name, wanted(field.kind)),
        help: help_of(field.kind),
    })
}

fn check_note(text: Option<&str>) -> Result<(), Refused> {
    let Some(text) = text else {
        return Err(Refused {
            code: "bad_field",
            message: format!("`note` is not {}", wanted(Kind::Note)),
            help: help_of(Kind::Note),
        });
    };
    let chars = text.chars().count();
    if chars > NOTE_MAX_CHARS {
        return Err(Refused {
            code: "note_too_long",
            message: format!(
                "`note` has {chars} characters, at most {NOTE_MAX_CHARS} are accepted"
            ),
            help: "let people type no more than that",
        });
    }
    Ok(())
}

fn wanted(kind: Kind) -> String {
    match kind {
        Kind::HostId => format!("an id of 1 to {ID_MAX_BYTES} bytes without control characters"),
        Kind::Id => "an id of 1 to 64 letters, digits, `_` or `-`".into(),
        Kind::Count => "an integer from 0 to 2^53 - 1".into(),
        Kind::Hex => "16 hex digits in lower case".into(),
        Kind::Word(words) => format!("one of {}", words.join(", ")),
        Kind::Locale => "a BCP 47 tag such as `pt-BR`".into(),
        Kind::Time => "a time such as `2026-11-22T10:00:00Z`".into(),
        Kind::Note => format!("a text of at most {NOTE_MAX_CHARS} characters"),
    }
}

fn help_of(kind: Kind) -> &'static str {
    match kind {
        Kind::HostId => "send the host's own id, the one that the snapshot has",
        Kind::Id => {
            "send the id that the policy has, or leave the field out where it may be absent"
        }
        Kind::Count => "send the figure of the meter, or leave it out",
        Kind::Hex => "send the id of the press or of the exposure, as the prompt has it",
        Kind::Word(_) => "send the action that was pressed",
        Kind::Locale => "send the locale of the page, or leave it out",
        Kind::Time => "send the time in UTC, or leave it out",
        Kind::Note => "send what the person typed as one text, or leave it out",
    }
}

fn is_host_id(text: &str) -> bool {
    (1..=ID_MAX_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn is_locale(text: &str) -> bool {
    (1..=LOCALE_MAX_CHARS).contains(&text.len())
        && text.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}
