//! Readers of single fields: absent, right, or a refusal that names the field.
//!
//! They own what an id, a text and a time may look like; they do not know which events need them.
//! Both kinds of events, ours and foreign, are read through here.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Code, Refused, shorten};

/// Longest id of a user, account or message in bytes; a longer one is refused as `bad_id`.
pub(crate) const ID_MAX_BYTES: usize = 256;

type Fields = Map<String, Value>;

/// The people and the account an event names.
pub(super) struct Ids<'a> {
    pub user: Option<&'a str>,
    pub anonymous: Option<&'a str>,
    pub account: Option<&'a str>,
}

impl<'a> Ids<'a> {
    /// A group event names its account itself, every other in its context.
    pub(super) fn read(event: &'a Fields, is_group: bool) -> Result<Ids<'a>, Refused> {
        let user = person_id(event, "userId")?;
        let anonymous = person_id(event, "anonymousId")?;
        let in_context = match object(event, "context")? {
            Some(context) => person_id(context, "groupId")?,
            None => None,
        };
        let account = if is_group {
            person_id(event, "groupId")?
        } else {
            in_context
        };
        Ok(Ids {
            user,
            anonymous,
            account,
        })
    }
}

pub(super) fn object<'a>(fields: &'a Fields, name: &str) -> Result<Option<&'a Fields>, Refused> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(found)) => Ok(Some(found)),
        Some(_) => Err(wrong_type(name, "an object")),
    }
}

pub(super) fn text<'a>(fields: &'a Fields, name: &str) -> Result<Option<&'a str>, Refused> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(found)) => Ok(Some(found)),
        Some(_) => Err(wrong_type(name, "a text")),
    }
}

/// An id of any kind: not empty, not long, nothing invisible that two systems would store differently.
pub(super) fn id<'a>(
    fields: &'a Fields,
    name: &str,
    code: Code,
) -> Result<Option<&'a str>, Refused> {
    let Some(found) = text(fields, name)? else {
        return Ok(None);
    };
    if found.is_empty() {
        return Err(Refused::new(code, format!("`{name}` is empty")));
    }
    if found.len() > ID_MAX_BYTES {
        let bytes = found.len();
        return Err(Refused::new(
            code,
            format!("`{name}` has {bytes} bytes, at most {ID_MAX_BYTES} are accepted"),
        ));
    }
    if found.chars().any(char::is_control) {
        return Err(Refused::new(
            code,
            format!("`{name}` holds a control character"),
        ));
    }
    Ok(Some(found))
}

/// An id of a user or account, which must not be an e-mail address.
fn person_id<'a>(fields: &'a Fields, name: &str) -> Result<Option<&'a str>, Refused> {
    let Some(found) = id(fields, name, Code::BadId)? else {
        return Ok(None);
    };
    if looks_like_email(found) {
        // The address itself is not repeated: an answer may end in the sender's logs.
        return Err(Refused::new(
            Code::IdLooksLikeEmail,
            format!(
                "`{name}` looks like an e-mail address, send an id that does not name a person"
            ),
        ));
    }
    Ok(Some(found))
}

/// Something before an `@` and a dotted name after it, written plainly or percent-encoded.
pub(crate) fn looks_like_email(id: &str) -> bool {
    let plain = id.replace("%40", "@");
    let Some((local, domain)) = plain.rsplit_once('@') else {
        return false;
    };
    let dotted = domain
        .split_once('.')
        .is_some_and(|(name, top)| !name.is_empty() && !top.is_empty());
    !local.is_empty() && dotted
}

/// An RFC 3339 time, in milliseconds.
pub(super) fn timestamp(fields: &Fields, name: &str) -> Result<Option<i64>, Refused> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(found)) => match parse_time(found) {
            Some(at_ms) => Ok(Some(at_ms)),
            None => Err(Refused::new(
                Code::BadTimestamp,
                format!(
                    "`{name}` is `{}`, not a time such as `2026-11-22T10:00:00Z`",
                    shorten(found)
                ),
            )),
        },
        Some(_) => Err(Refused::new(
            Code::BadTimestamp,
            format!("`{name}` is not a text such as `2026-11-22T10:00:00Z`"),
        )),
    }
}

pub(crate) fn parse_time(text: &str) -> Option<i64> {
    text.parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_millisecond)
}

fn wrong_type(name: &str, wanted: &str) -> Refused {
    Refused::new(Code::WrongType, format!("`{name}` is not {wanted}"))
}
