//! The strict reading of Plimsoll's own events: every field and property is known, or the event is refused.
//!
//! It owns the promise that only what `docs/wire.md` lists is kept, so that no text of a person can
//! slip into a property; it does not know foreign events. What it finds goes back to `check`.

use plimsoll::recording;
use serde_json::{Map, Value};

use super::fields::{self, Ids};
use super::table::{self, Kind, Property};
use super::{Clocks, Code, Dropped, Found, Place, Refused, check_age, shorten};

const EVENT_FIELDS: &[&str] = &[
    "type",
    "event",
    "messageId",
    "timestamp",
    "userId",
    "context",
    "properties",
];
const CONTEXT_FIELDS: &[&str] = &["groupId", "plimsoll"];
const PLIMSOLL_FIELDS: &[&str] = &["writer", "seq", "revision", "arms"];

/// Longest revision of a policy, in characters.
const REVISION_MAX_CHARS: usize = 32;
/// Largest integer that JavaScript holds exactly.
const COUNT_MAX: u64 = (1 << 53) - 1;

type Fields = Map<String, Value>;

pub(super) fn check(event: &Fields, clocks: Clocks) -> Result<Found, Refused> {
    let empty = Map::new();
    known_fields(event, EVENT_FIELDS, "")?;
    let context = fields::object(event, "context")?.unwrap_or(&empty);
    known_fields(context, CONTEXT_FIELDS, "context.")?;
    let plimsoll = fields::object(context, "plimsoll")?.unwrap_or(&empty);
    known_fields(plimsoll, PLIMSOLL_FIELDS, "context.plimsoll.")?;
    if fields::text(event, "type")? != Some("track") {
        return Err(Refused::new(
            Code::UnknownType,
            "an event of Plimsoll has the type `track`".into(),
        ));
    }
    check_revision(plimsoll)?;
    check_arms(plimsoll)?;
    let place = place(event).ok_or_else(|| {
        Refused::new(
            Code::BadId,
            "`context.plimsoll` needs a `writer` of 16 hex digits and a `seq` from 1".into(),
        )
    })?;

    let name = fields::text(event, "event")?.ok_or_else(|| missing("event"))?;
    let table = table::find(name).ok_or_else(|| {
        Refused::new(
            Code::UnknownEvent,
            format!("Plimsoll has no event `{}`", shorten(name)),
        )
    })?;
    let properties = fields::object(event, "properties")?.unwrap_or(&empty);
    check_properties(table, properties)?;

    let ids = Ids::read(event, false)?;
    ids.user.ok_or_else(|| missing("userId"))?;
    let account = ids
        .account
        .ok_or_else(|| missing("context.groupId"))?
        .to_owned();
    let timestamp_ms =
        fields::timestamp(event, "timestamp")?.ok_or_else(|| missing("timestamp"))?;
    check_age(timestamp_ms, clocks)?;
    let message_id = check_message_id(event, name, properties, &place)?;
    let dropped = dropped(name, properties)?;
    Ok(Found {
        message_id,
        account: Some(account),
        timestamp_ms,
        place: Some(place),
        dropped,
    })
}

/// The event's place, if it can be read at all; a refused event still has one.
pub(super) fn place(event: &Fields) -> Option<Place> {
    let plimsoll = event.get("context")?.get("plimsoll")?;
    let writer = plimsoll.get("writer")?.as_str().filter(|w| is_hex(w))?;
    let seq = plimsoll
        .get("seq")?
        .as_u64()
        .filter(|seq| (1..=COUNT_MAX).contains(seq))?;
    Some(Place {
        writer: writer.to_owned(),
        seq,
    })
}

fn known_fields(found: &Fields, known: &[&str], path: &str) -> Result<(), Refused> {
    match found.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Refused::new(
            Code::UnknownField,
            format!(
                "an event of Plimsoll has no field `{path}{}`",
                shorten(name)
            ),
        )),
    }
}

fn check_revision(plimsoll: &Fields) -> Result<(), Refused> {
    let Some(revision) = fields::id(plimsoll, "revision", Code::BadProperty)? else {
        return Ok(());
    };
    if revision.chars().count() > REVISION_MAX_CHARS {
        return Err(Refused::new(
            Code::BadProperty,
            format!("`context.plimsoll.revision` is longer than {REVISION_MAX_CHARS} characters"),
        ));
    }
    Ok(())
}

/// `{"experiment": "arm"}`, ids of the policy on both sides.
fn check_arms(plimsoll: &Fields) -> Result<(), Refused> {
    let arms = fields::object(plimsoll, "arms")?;
    for (experiment, arm) in arms.into_iter().flatten() {
        if !is_policy_id(experiment) || !arm.as_str().is_some_and(is_policy_id) {
            return Err(Refused::new(
                Code::BadProperty,
                "`context.plimsoll.arms` holds ids of experiments with the ids of their arms"
                    .into(),
            ));
        }
    }
    Ok(())
}

fn check_properties(event: &table::Event, found: &Fields) -> Result<(), Refused> {
    for (name, value) in found {
        let Some(property) = event.properties.iter().find(|p| p.name == name) else {
            return Err(Refused::new(
                Code::UnknownProperty,
                format!("`{}` has no property `{}`", event.name, shorten(name)),
            ));
        };
        check_value(property, value)?;
    }
    match event
        .properties
        .iter()
        .find(|p| p.required && !found.contains_key(p.name))
    {
        None => Ok(()),
        Some(absent) => Err(Refused::new(
            Code::PropertyMissing,
            format!("`{}` needs the property `{}`", event.name, absent.name),
        )),
    }
}

fn check_value(property: &Property, value: &Value) -> Result<(), Refused> {
    let text = value.as_str();
    let is_count = value.as_u64().is_some_and(|n| n <= COUNT_MAX);
    let (right, wanted) = match property.kind {
        Kind::Id => (
            text.is_some_and(is_policy_id),
            "an id of 1 to 64 letters, digits, `_` or `-`",
        ),
        Kind::Count => (is_count, "an integer from 0 to 2^53 - 1"),
        Kind::Hex => (text.is_some_and(is_hex), "16 hex digits in lower case"),
        Kind::Time => (
            text.and_then(fields::parse_time).is_some(),
            "a time such as `2026-11-22T10:00:00Z`",
        ),
        Kind::Flag => (value.is_boolean(), "true or false"),
        Kind::Word(words) => {
            if text.is_some_and(|t| words.contains(&t)) {
                return Ok(());
            }
            return Err(Refused::new(
                Code::BadProperty,
                format!("`{}` is not one of {}", property.name, words.join(", ")),
            ));
        }
        Kind::Reason => (text.is_some_and(is_reason), "a reason code"),
        Kind::Recording => (text.is_some_and(is_recording), "a whole recording"),
    };
    if right {
        return Ok(());
    }
    Err(Refused::new(
        Code::BadProperty,
        format!("`{}` is not {wanted}", property.name),
    ))
}

/// A crossing or a dealt arm is named by its own id, so that tabs, devices and teammates count it once;
/// every other event by its place in its writer's sequence.
fn check_message_id(
    event: &Fields,
    name: &str,
    properties: &Fields,
    place: &Place,
) -> Result<String, Refused> {
    let found = fields::id(event, "messageId", Code::BadId)?.ok_or_else(|| missing("messageId"))?;
    let shared = match name {
        "Threshold Crossed" => properties.get("crossing"),
        "Experiment Assigned" | "Experiment Diverged" => properties.get("assignment"),
        _ => None,
    };
    let wanted = match shared.and_then(Value::as_str) {
        Some(shared) => format!("x-{shared}"),
        _ => format!("{}-{}", place.writer, place.seq),
    };
    if found != wanted {
        return Err(Refused::new(
            Code::MessageIdMismatch,
            format!(
                "`messageId` is `{}`, its content says `{wanted}`",
                shorten(found)
            ),
        ));
    }
    Ok(wanted)
}

fn dropped(name: &str, properties: &Fields) -> Result<Option<Dropped>, Refused> {
    if name != "Events Dropped" {
        return Ok(None);
    }
    let number = |name| properties.get(name).and_then(Value::as_u64).unwrap_or(0);
    let (from, to) = (number("from"), number("to"));
    if from == 0 || from > to {
        return Err(Refused::new(
            Code::BadProperty,
            format!(
                "`from` is {from} and `to` is {to}, a stretch begins at 1 and ends after it begins"
            ),
        ));
    }
    let writer = properties
        .get("writer")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    Ok(Some(Dropped { writer, from, to }))
}

fn missing(field: &str) -> Refused {
    Refused::new(Code::FieldMissing, format!("the event has no `{field}`"))
}

pub(crate) fn is_policy_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn is_recording(text: &str) -> bool {
    recording::decode(text).is_ok_and(|recording| recording.lost == 0)
}

pub(crate) fn is_hex(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_reason(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
