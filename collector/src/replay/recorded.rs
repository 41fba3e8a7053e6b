//! A line of an export: an `Inputs Recorded` event, another event, or nothing that can be read.
//!
//! It owns which fields a recording needs; it does not know what `inputs` says.

use std::borrow::Cow;

use plimsoll::json::read_hex;
use plimsoll::unit::Writer;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::faults::Code;

/// A recording, as an event carries it.
#[derive(Debug, PartialEq, Eq)]
pub struct Recorded<'a> {
    pub account: Cow<'a, str>,
    pub user: Cow<'a, str>,
    pub writer: Writer,
    /// Of a hundred accounts, how many were recorded.
    pub percent: u64,
    pub inputs: Cow<'a, str>,
    /// What the page remembered when it began; "" but in a trace of the debug panel.
    pub memory: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    event: Option<Cow<'a, str>>,
    /// An answer of the collector, which has many on one line.
    events: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "userId")]
    user: Cow<'a, str>,
    #[serde(borrow)]
    context: Context<'a>,
    #[serde(borrow)]
    properties: Properties<'a>,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow, rename = "groupId")]
    account: Cow<'a, str>,
    #[serde(borrow)]
    plimsoll: Plimsoll<'a>,
}

#[derive(Deserialize)]
struct Plimsoll<'a> {
    #[serde(borrow)]
    writer: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Properties<'a> {
    percent: u64,
    #[serde(borrow)]
    inputs: Cow<'a, str>,
    #[serde(borrow, default)]
    memory: Cow<'a, str>,
}

/// Reads a line; `None` for an event of another kind.
pub fn read(line: &str) -> Result<Option<Recorded<'_>>, (Code, String)> {
    if !line.trim_start().starts_with('{') {
        return Err((Code::NotJson, "this is not an event as JSON".into()));
    }
    let head: Head<'_> = serde_json::from_str(line).map_err(|error| {
        let about = format!("this is not an event as JSON: {error}");
        (Code::NotJson, about)
    })?;
    if head.events.is_some() {
        let about = "this is a page of events, as the collector answers".into();
        return Err((Code::Page, about));
    }
    if head.event.as_deref() != Some("Inputs Recorded") {
        return Ok(None);
    }
    let event: Event<'_> = serde_json::from_str(line).map_err(|error| {
        let about = format!("the recording is not whole: {error}");
        (Code::FieldMissing, about)
    })?;
    let writer = Writer(read_hex(&event.context.plimsoll.writer));
    if writer.0 == 0 {
        let about = "its writer is not 16 hex digits".into();
        return Err((Code::FieldMissing, about));
    }
    Ok(Some(Recorded {
        account: event.context.account,
        user: event.user,
        writer,
        percent: event.properties.percent,
        inputs: event.properties.inputs,
        memory: event.properties.memory,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"type":"track","event":"Inputs Recorded","messageId":"00000000000000ab-3","timestamp":"2026-11-22T10:00:00.000Z","userId":"u_9","context":{"groupId":"acc_7","plimsoll":{"writer":"00000000000000ab","seq":3,"revision":"r"}},"properties":{"percent":20,"inputs":"R1AAA"},"received_at":"2026-11-22T10:00:01Z","position":7}"#;

    #[test]
    fn a_recording_is_told_from_other_events_and_from_half_of_one() {
        let read_line = read(LINE).expect("read").expect("a recording");
        assert_eq!(
            (&*read_line.account, &*read_line.user, &*read_line.inputs),
            ("acc_7", "u_9", "R1AAA")
        );
        assert_eq!((read_line.writer, read_line.percent), (Writer(0xab), 20));
        assert_eq!(
            read(r#"{"event":"Prompt Shown","properties":[]}"#),
            Ok(None)
        );
        assert_eq!(read(r#"{"type":"identify"}"#), Ok(None));
        for (text, code) in [
            ("", Code::NotJson),
            ("[]", Code::NotJson),
            ("{\"event\":", Code::NotJson),
            (r#"{"events":[],"next":"7"}"#, Code::Page),
            (r#"{"event":"Inputs Recorded"}"#, Code::FieldMissing),
            (&LINE.replace(r#""userId":"u_9","#, ""), Code::FieldMissing),
            (&LINE.replace("\"R1AAA\"", "7"), Code::FieldMissing),
            (
                &LINE.replace("00ab\",\"seq", "00AB\",\"seq"),
                Code::FieldMissing,
            ),
        ] {
            assert_eq!(read(text).map_err(|(code, _)| code), Err(code), "{text}");
        }
    }
}
