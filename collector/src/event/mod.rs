//! The check of one event: text as it came in, to what the store keeps or the reason for a refusal.
//!
//! It owns the shape of Segment-compatible events, the limits of one event, and the strict reading
//! of Plimsoll's own events against `table`; it does not know HTTP, keys or storage, and time is
//! an argument. What passes goes to `store::Store::append`, what does not into the answer's `rejected`.

mod fields;
mod ours;
pub mod refusal;
pub mod table;

use jiff::Timestamp;
use serde_json::{Map, Value};

pub(crate) use fields::{ID_MAX_BYTES, looks_like_email, parse_time};
use fields::{Ids, text};
pub(crate) use ours::{is_hex, is_policy_id};
pub use refusal::{Code, Refused};

/// Largest event in bytes, as it stands in the batch; one byte more is refused as `event_too_large`.
pub const EVENT_MAX_BYTES: usize = 16 * 1024;
/// Deepest nesting; the event itself is level 1, a property's plain value adds none.
pub const EVENT_MAX_DEPTH: usize = 16;
/// Oldest accepted event; older ones are refused as `too_old` here and given up by the browser.
pub const EVENT_MAX_AGE_MS: i64 = 30 * DAY_MS;
/// How far a client's clock may be ahead before `too_far_ahead`.
pub const EVENT_MAX_AHEAD_MS: i64 = DAY_MS;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// One event that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Identity for 30 days: the same id again is a duplicate, whatever else it holds.
    pub message_id: String,
    /// The account it belongs to, where it names one.
    pub account: Option<String>,
    /// Its own clock's time.
    pub timestamp_ms: i64,
    /// Its place in its writer's sequence, for Plimsoll's own events.
    pub place: Option<Place>,
    /// A stretch of a writer's sequence that was given up on purpose (`Events Dropped`).
    pub dropped: Option<Dropped>,
    /// The event as JSON, as it was checked: keys sorted, a key given twice kept once.
    pub body: String,
}

/// Where an event stands in the sequence of its writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// 16 hex digits.
    pub writer: String,
    /// From 1, dense.
    pub seq: u64,
}

/// Sequence numbers that will never arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub writer: String,
    pub from: u64,
    pub to: u64,
}

/// The clocks around one batch.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// Ours, on arrival.
    pub received_ms: i64,
    /// The sender's, when it sent the batch.
    pub sent_ms: Option<i64>,
}

/// Checks one event of a batch. `raw` is JSON that has been tokenised, not yet read.
pub fn check(raw: &str, clocks: Clocks) -> Result<Checked, Refused> {
    if raw.len() > EVENT_MAX_BYTES {
        return Err(Refused::new(
            Code::EventTooLarge,
            format!(
                "the event has {} bytes, at most {EVENT_MAX_BYTES} are accepted",
                raw.len()
            ),
        ));
    }
    if depth(raw) > EVENT_MAX_DEPTH {
        return Err(Refused::new(
            Code::TooDeep,
            format!("the event is nested deeper than {EVENT_MAX_DEPTH} levels"),
        ));
    }
    let value: Value = serde_json::from_str(raw).map_err(|error| {
        Refused::new(
            Code::Unreadable,
            format!("the event is not valid JSON: {error}"),
        )
    })?;
    let Value::Object(event) = value else {
        return Err(Refused::new(
            Code::WrongType,
            "the event is not an object".into(),
        ));
    };
    check_object(event, clocks)
}

/// Checks an event that is already an object; the single-event paths come in here after adding `type`.
fn check_object(mut event: Map<String, Value>, clocks: Clocks) -> Result<Checked, Refused> {
    // Some clients put the key beside each event. It is a credential of the request, never stored.
    event.remove("writeKey");
    let is_ours = event
        .get("context")
        .and_then(Value::as_object)
        .is_some_and(|c| c.contains_key("plimsoll"));
    if is_ours {
        let place = ours::place(&event);
        return ours::check(&event, clocks)
            .and_then(|found| finish(found, &event))
            .map_err(|refused| {
                // Refused is final, so its place in the sequence will never be filled by another.
                Refused { place, ..refused }
            });
    }
    let found = check_foreign(&mut event, clocks)?;
    finish(found, &event)
}

/// What a check found, before the body is written out.
struct Found {
    message_id: String,
    account: Option<String>,
    timestamp_ms: i64,
    place: Option<Place>,
    dropped: Option<Dropped>,
}

fn finish(found: Found, event: &Map<String, Value>) -> Result<Checked, Refused> {
    let body = serde_json::to_string(event).map_err(|error| {
        Refused::new(
            Code::Unreadable,
            format!("the event cannot be written: {error}"),
        )
    })?;
    let Found {
        message_id,
        account,
        timestamp_ms,
        place,
        dropped,
    } = found;
    Ok(Checked {
        message_id,
        account,
        timestamp_ms,
        place,
        dropped,
        body,
    })
}

/// An event of Segment, RudderStack or one of their kin: its shape is checked, its content is the sender's.
fn check_foreign(event: &mut Map<String, Value>, clocks: Clocks) -> Result<Found, Refused> {
    let kind = text(event, "type")?
        .ok_or_else(|| Refused::new(Code::FieldMissing, "the event has no `type`".into()))?;
    let needed = match kind {
        "track" => Some("event"),
        "group" => Some("groupId"),
        "identify" | "page" => None,
        other => {
            return Err(Refused::new(
                Code::UnknownType,
                format!(
                    "the type `{}` is not one of track, identify, group, page",
                    shorten(other)
                ),
            ));
        }
    };
    if let Some(field) = needed
        && text(event, field)?.is_none_or(str::is_empty)
    {
        return Err(Refused::new(
            Code::FieldMissing,
            format!("the event has no `{field}`"),
        ));
    }
    for field in ["properties", "traits", "context", "integrations"] {
        fields::object(event, field)?;
    }
    let is_group = kind == "group";
    let ids = Ids::read(event, is_group)?;
    if ids.user.is_none() && ids.anonymous.is_none() {
        return Err(Refused::new(
            Code::FieldMissing,
            "the event has neither `userId` nor `anonymousId`".into(),
        ));
    }
    let account = ids.account.map(str::to_owned);
    let timestamp_ms = match fields::timestamp(event, "timestamp")? {
        Some(found) => found,
        None => fields::timestamp(event, "originalTimestamp")?.unwrap_or(clocks.received_ms),
    };
    check_age(timestamp_ms, clocks)?;
    let message_id = match fields::id(event, "messageId", Code::BadId)? {
        Some(id) => id.to_owned(),
        None => {
            // Without an id it cannot be told from another, so each sending counts.
            let made = format!("made-{}", crate::keys::random_hex());
            event.insert("messageId".into(), Value::String(made.clone()));
            made
        }
    };
    Ok(Found {
        message_id,
        account,
        timestamp_ms,
        place: None,
        dropped: None,
    })
}

/// An event is in time if either reading of its age is: by our clock, or by the sender's own two stamps.
///
/// A computer whose clock is a year off still tells truly how long an event has waited.
fn check_age(timestamp_ms: i64, clocks: Clocks) -> Result<(), Refused> {
    let age_ms = clocks.received_ms.saturating_sub(timestamp_ms);
    let waited_ms = clocks
        .sent_ms
        .map(|sent_ms| sent_ms.saturating_sub(timestamp_ms));
    let in_time = |age_ms: i64| (-EVENT_MAX_AHEAD_MS..=EVENT_MAX_AGE_MS).contains(&age_ms);
    if in_time(age_ms) || waited_ms.is_some_and(in_time) {
        return Ok(());
    }
    let at = Timestamp::from_millisecond(timestamp_ms)
        .map(|t| t.to_string())
        .unwrap_or_default();
    if age_ms > 0 {
        return Err(Refused::new(
            Code::TooOld,
            format!("the event is of `{at}`, more than 30 days ago"),
        ));
    }
    Err(Refused::new(
        Code::TooFarAhead,
        format!("the event is of `{at}`, more than a day ahead"),
    ))
}

/// Deepest nesting of brackets in JSON text, strings left out.
fn depth(raw: &str) -> usize {
    let (mut now, mut deepest) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in raw.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' if !in_string => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A sender's text, cut so that an answer cannot be made long by it.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN_MAX_CHARS: usize = 64;
    if text.chars().count() <= SHOWN_MAX_CHARS {
        return text.to_owned();
    }
    text.chars()
        .take(SHOWN_MAX_CHARS)
        .chain("…".chars())
        .collect()
}

#[cfg(test)]
mod tests;
