//! What one event may hold, mistake by mistake, with the code that each gets.

use serde_json::json;

use super::table::Kind;
use super::*;

const NOW: &str = "2026-11-22T10:00:00Z";

fn clocks() -> Clocks {
    Clocks {
        received_ms: parse_time(NOW).expect("a time"),
        sent_ms: None,
    }
}

fn ours() -> Value {
    json!({
        "type": "track", "event": "Prompt Shown", "messageId": "00000000000000aa-41",
        "timestamp": NOW, "userId": "u_9",
        "context": {"groupId": "acc_7", "plimsoll": {"writer": "00000000000000aa", "seq": 41, "revision": "2026-11-22.1"}},
        "properties": {
            "prompt": "default-90", "surface": "banner", "trigger": "threshold", "meter": "emails",
            "percent": 91, "exposure": "00000000000000ff",
        },
    })
}

fn foreign() -> Value {
    json!({"type": "track", "event": "Opened", "messageId": "m", "timestamp": NOW, "userId": "u"})
}

fn code(event: &Value) -> Option<Code> {
    check(&event.to_string(), clocks())
        .err()
        .map(|refused| refused.code)
}

/// The event with the value at a JSON pointer replaced; the last name may be new.
fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    event.pointer_mut(parent).expect("there")[name] = value;
    event
}

fn without(mut event: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    event
        .pointer_mut(parent)
        .expect("there")
        .as_object_mut()
        .expect("an object")
        .remove(name);
    event
}

#[test]
fn an_event_of_ours_is_kept_with_its_account_and_place() {
    let checked = check(&ours().to_string(), clocks()).expect("accepted");
    assert_eq!(checked.message_id, "00000000000000aa-41");
    assert_eq!(checked.account.as_deref(), Some("acc_7"));
    assert_eq!(
        checked.place,
        Some(Place {
            writer: "00000000000000aa".into(),
            seq: 41
        })
    );
    assert_eq!(
        serde_json::from_str::<Value>(&checked.body).expect("JSON"),
        ours()
    );
}

#[test]
fn each_mistake_in_an_event_of_ours_has_its_code() {
    let long = "x".repeat(10_000);
    let cases = [
        ("/properties/note", json!("call Ana"), Code::UnknownProperty),
        (
            "/properties/__proto__",
            json!({"x": 1}),
            Code::UnknownProperty,
        ),
        ("/properties/percent", json!(-1), Code::BadProperty),
        ("/properties/percent", json!("91"), Code::BadProperty),
        ("/properties/percent", json!(null), Code::BadProperty),
        ("/properties/prompt", json!("a b"), Code::BadProperty),
        ("/properties/prompt", json!(""), Code::BadProperty),
        (
            "/properties/prompt",
            json!("'; DROP TABLE events; --"),
            Code::BadProperty,
        ),
        ("/properties/surface", json!("popup"), Code::BadProperty),
        (
            "/properties/exposure",
            json!("00000000000000FF"),
            Code::BadProperty,
        ),
        ("/properties", json!([]), Code::WrongType),
        ("/properties", json!(null), Code::PropertyMissing),
        ("/event", json!("Prompt Painted"), Code::UnknownEvent),
        ("/event", json!(7), Code::WrongType),
        ("/type", json!("page"), Code::UnknownType),
        ("/traits", json!({}), Code::UnknownField),
        (
            "/context/page",
            json!({"url": "/inbox"}),
            Code::UnknownField,
        ),
        ("/context/plimsoll/text", json!("x"), Code::UnknownField),
        (
            "/context/plimsoll/revision",
            json!("r".repeat(33)),
            Code::BadProperty,
        ),
        ("/context/plimsoll/seq", json!(0), Code::BadId),
        ("/context/plimsoll/seq", json!(-41), Code::BadId),
        (
            "/context/plimsoll/seq",
            json!(9_007_199_254_740_992_u64),
            Code::BadId,
        ),
        ("/context/plimsoll/writer", json!("aa"), Code::BadId),
        ("/context/plimsoll", json!("x"), Code::WrongType),
        (
            "/context/groupId",
            json!("ana@example.com"),
            Code::IdLooksLikeEmail,
        ),
        (
            "/userId",
            json!("ana%40example.com"),
            Code::IdLooksLikeEmail,
        ),
        ("/userId", json!(long), Code::BadId),
        ("/userId", json!("u\u{0}9"), Code::BadId),
        ("/userId", json!("u\n9"), Code::BadId),
        ("/userId", json!(""), Code::BadId),
        ("/userId", json!(9), Code::WrongType),
        (
            "/messageId",
            json!("00000000000000aa-42"),
            Code::MessageIdMismatch,
        ),
        ("/timestamp", json!(1_795_311_797), Code::BadTimestamp),
        ("/timestamp", json!("yesterday"), Code::BadTimestamp),
        (
            "/timestamp",
            json!("+10000-01-01T00:00:00Z"),
            Code::BadTimestamp,
        ),
        ("/timestamp", json!("2026-10-01T00:00:00Z"), Code::TooOld),
        ("/timestamp", json!("1970-01-01T00:00:00Z"), Code::TooOld),
        (
            "/timestamp",
            json!("2036-11-22T10:00:00Z"),
            Code::TooFarAhead,
        ),
    ];
    for (pointer, value, expected) in cases {
        let event = with(ours(), pointer, value);
        assert_eq!(code(&event), Some(expected), "{pointer} in {event}");
    }
    for pointer in [
        "/messageId",
        "/timestamp",
        "/userId",
        "/context/groupId",
        "/event",
    ] {
        assert_eq!(
            code(&without(ours(), pointer)),
            Some(Code::FieldMissing),
            "{pointer}"
        );
    }
    for pointer in [
        "/properties/prompt",
        "/properties/surface",
        "/properties/exposure",
    ] {
        assert_eq!(
            code(&without(ours(), pointer)),
            Some(Code::PropertyMissing),
            "{pointer}"
        );
    }
}

#[test]
fn a_refused_event_of_ours_still_has_its_place() {
    let refused = check(
        &with(ours(), "/properties/note", json!(1)).to_string(),
        clocks(),
    )
    .expect_err("refused");
    assert_eq!(
        refused.place,
        Some(Place {
            writer: "00000000000000aa".into(),
            seq: 41
        })
    );
}

#[test]
fn a_foreign_event_is_held_to_its_shape_only() {
    for fine in [
        foreign(),
        without(foreign(), "/messageId"),
        without(foreign(), "/timestamp"),
        with(
            foreign(),
            "/properties",
            json!({"__proto__": {"x": 1}, "constructor": "%s ${x}"}),
        ),
        with(foreign(), "/event", json!("Prompt Shown")),
        with(foreign(), "/userId", json!("'; DROP TABLE events; --")),
        with(foreign(), "/userId", json!("team@home")),
        json!({"type": "identify", "anonymousId": "a", "userId": null, "traits": {"plan": "free"}}),
        json!({"type": "group", "userId": "u", "groupId": "acc"}),
        json!({"type": "page", "userId": "u", "timestamp": "2026-11-22T11:00:00.123456+01:00"}),
    ] {
        assert_eq!(code(&fine), None, "{fine}");
    }
    let cases = [
        (json!({}), Code::FieldMissing),
        (json!({"type": 1}), Code::WrongType),
        (json!({"type": "alias", "userId": "u"}), Code::UnknownType),
        (without(foreign(), "/event"), Code::FieldMissing),
        (with(foreign(), "/event", json!("")), Code::FieldMissing),
        (without(foreign(), "/userId"), Code::FieldMissing),
        (json!({"type": "group", "userId": "u"}), Code::FieldMissing),
        (with(foreign(), "/properties", json!("x")), Code::WrongType),
        (with(foreign(), "/context", json!([])), Code::WrongType),
        (with(foreign(), "/messageId", json!(5)), Code::WrongType),
        (
            with(foreign(), "/anonymousId", json!("ana@example.com")),
            Code::IdLooksLikeEmail,
        ),
        (with(foreign(), "/timestamp", json!(-1)), Code::BadTimestamp),
    ];
    for (event, expected) in cases {
        assert_eq!(code(&event), Some(expected), "{event}");
    }
    for (raw, expected) in [
        ("null", Code::WrongType),
        ("[]", Code::WrongType),
        ("\"track\"", Code::WrongType),
        (
            r#"{"type":"track","event":"\ud800","userId":"u"}"#,
            Code::Unreadable,
        ),
        (
            r#"{"type":"track","event":"x","userId":"u","properties":{"n":1e999}}"#,
            Code::Unreadable,
        ),
    ] {
        assert_eq!(
            check(raw, clocks()).err().map(|r| r.code),
            Some(expected),
            "{raw}"
        );
    }
}

#[test]
fn an_event_of_exactly_16_kib_passes_and_one_byte_more_does_not() {
    let empty = with(foreign(), "/properties", json!({"x": ""}))
        .to_string()
        .len();
    let sized = |bytes: usize| {
        with(
            foreign(),
            "/properties",
            json!({"x": "y".repeat(bytes - empty)}),
        )
        .to_string()
    };
    assert_eq!(sized(EVENT_MAX_BYTES).len(), 16_384);
    assert!(check(&sized(EVENT_MAX_BYTES), clocks()).is_ok());
    let refused = check(&sized(EVENT_MAX_BYTES + 1), clocks()).expect_err("refused");
    assert_eq!(refused.code, Code::EventTooLarge);
    assert_eq!(
        refused.message,
        "the event has 16385 bytes, at most 16384 are accepted"
    );
}

#[test]
fn an_event_may_nest_16_levels_and_brackets_in_texts_are_none() {
    let nested = |levels: usize| {
        let properties = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        format!(
            r#"{{"type":"track","event":"x[[{{\"[","userId":"u","properties":{{"x":{properties}}}}}"#
        )
    };
    assert!(check(&nested(14), clocks()).is_ok());
    assert_eq!(
        check(&nested(15), clocks()).expect_err("refused").code,
        Code::TooDeep
    );
    assert_eq!(
        check(&nested(5_000), clocks()).expect_err("refused").code,
        Code::TooDeep
    );
}

#[test]
fn a_key_given_twice_is_stored_as_it_was_checked() {
    let raw = r#"{"type":"track","event":"a","event":"b","userId":"u","writeKey":"pk_live_x","messageId":"m"}"#;
    let checked = check(raw, clocks()).expect("accepted");
    assert_eq!(
        checked.body,
        r#"{"event":"b","messageId":"m","type":"track","userId":"u"}"#
    );
}

#[test]
fn what_looks_like_an_email_address_is_told_from_other_ids() {
    for email in [
        "a@b.c",
        "ana@example.com",
        "ana%40example.com",
        "x@y@z.org",
        "mailto:a@b.example",
    ] {
        assert!(fields::looks_like_email(email), "{email}");
    }
    for id in [
        "u_9", "@ana", "ana@", "ana@home", "a.b", "acct@", "@a.b", "ana@.com", "ana@com.",
    ] {
        assert!(!fields::looks_like_email(id), "{id}");
    }
}

#[test]
fn a_dropped_stretch_must_run_forward() {
    let dropped = |from: Value, to: Value| {
        let event = with(ours(), "/event", json!("Events Dropped"));
        with(
            event,
            "/properties",
            json!({
                "writer": "00000000000000aa", "from": from, "to": to, "reason": "room", "count": 3,
            }),
        )
    };
    let checked = check(&dropped(json!(3), json!(5)).to_string(), clocks()).expect("accepted");
    assert_eq!(
        checked.dropped,
        Some(Dropped {
            writer: "00000000000000aa".into(),
            from: 3,
            to: 5
        })
    );
    for (from, to) in [(0, 5), (6, 5)] {
        assert_eq!(
            code(&dropped(json!(from), json!(to))),
            Some(Code::BadProperty)
        );
    }
}

#[test]
fn a_recording_is_kept_when_it_can_be_read_to_its_end() {
    let recorded = |inputs: &str| {
        let mut event = ours();
        event["event"] = json!("Inputs Recorded");
        event["properties"] = json!({"percent": 20, "inputs": inputs});
        event
    };
    // One use of three of the meter with the key 7.
    let mut encoder = plimsoll::recording::Encoder::default();
    let (meter, amount) = (plimsoll::unit::Key(7), 3);
    let used = plimsoll::Input::Use { meter, amount };
    encoder.record(Default::default(), &used, Default::default());
    let whole = encoder.take();
    assert_eq!(code(&recorded(&whole)), None);
    for refused in [
        "",
        "R1",
        "ana@example.org",
        "R2AAA",
        &whole[..whole.len() - 1],
    ] {
        assert_eq!(
            code(&recorded(refused)),
            Some(Code::BadProperty),
            "{refused}"
        );
    }
}

#[test]
fn no_property_of_ours_can_hold_free_text() {
    // G12: were a kind added that takes any text, this match would no longer compile.
    for property in table::EVENTS.iter().flat_map(|event| event.properties) {
        match property.kind {
            Kind::Id | Kind::Count | Kind::Hex | Kind::Time | Kind::Flag => {}
            Kind::Word(words) => assert!(!words.is_empty()),
            Kind::Reason => {}
            // Its format is numbers alone, and it is read before it is kept.
            Kind::Recording => {}
        }
    }
}
