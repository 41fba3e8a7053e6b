//! What a batch is answered with, and what is kept of it.

use std::io::Write;
use std::time::Duration;

use crate::support::{Folder, PK, Request, SK, Server, ago, foreign, now, ours};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn a_batch_is_answered_event_by_event_and_kept_in_order() {
    let folder = Folder::new("order");
    let server = Server::start(folder.path());
    let mut bad = ours("00000000000000aa", 2, "acc_7");
    bad["properties"]["note"] = "call me, Ana".into();
    let batch = [
        ours("00000000000000aa", 1, "acc_7"),
        bad,
        ours("00000000000000aa", 3, "acc_7"),
    ];
    let reply = server.batch(&batch);
    assert_eq!(reply.status, 202);
    let body = reply.json();
    assert_eq!(
        (&body["accepted"], &body["duplicates"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(body["rejected"].as_array().map(Vec::len), Some(1));
    assert_eq!(body["rejected"][0]["index"], 1);
    assert_eq!(body["rejected"][0]["code"], "unknown_property");
    assert_eq!(
        body["rejected"][0]["message"],
        "`Usage Counted` has no property `note`"
    );

    let again = server.batch(&batch).json();
    assert_eq!(
        (&again["accepted"], &again["duplicates"]),
        (&json!(0), &json!(2))
    );

    let stored = server.stored("acc_7");
    let ids: Vec<_> = stored
        .iter()
        .map(|event| event["messageId"].as_str())
        .collect();
    assert_eq!(
        ids,
        [Some("00000000000000aa-1"), Some("00000000000000aa-3")]
    );
    for (event, sent) in stored.iter().zip([&batch[0], &batch[2]]) {
        let mut event = event.clone();
        let object = event.as_object_mut().expect("an object");
        assert!(object.remove("position").expect("a position").is_i64());
        assert!(
            object
                .remove("received_at")
                .expect("a time")
                .as_str()
                .expect("text")
                .ends_with('Z')
        );
        assert_eq!(&event, sent);
    }
}

#[test]
fn the_same_crossing_from_two_tabs_counts_once() {
    let folder = Folder::new("crossing");
    let server = Server::start(folder.path());
    let crossing = |writer: &str| {
        json!({
            "type": "track", "event": "Threshold Crossed", "messageId": "x-9f2c00000000abcd",
            "timestamp": now(), "userId": "u_9",
            "context": {"groupId": "acc_7", "plimsoll": {"writer": writer, "seq": 1}},
            "properties": {
                "meter": "emails", "percent": 90, "count": 900, "used": 912, "limit": 1000, "kind": "crossed",
                "crossing": "9f2c00000000abcd", "period_start": "2026-11-01T00:00:00Z", "epoch": 12, "rise": 0,
            },
        })
    };
    let one = server.batch(&[crossing("00000000000000aa")]).json();
    let other = server.batch(&[crossing("00000000000000bb")]).json();
    assert_eq!(
        (&one["accepted"], &other["duplicates"]),
        (&json!(1), &json!(1)),
        "{one} {other}"
    );
}

#[test]
fn the_request_that_segments_node_client_sends_is_taken_unchanged_but_for_its_age() {
    let folder = Folder::new("segment");
    let server = Server::start(folder.path());
    let mut body = recorded("@segment/analytics-node");
    // Recorded as 11 months late, and so refused; nothing else is wrong with it.
    let basic = format!("Basic {}", base64(&format!("{PK}:")));
    let send = |body: &Value| {
        Request::post("/v1/batch", body.to_string())
            .header("content-type", "application/json")
            .header("authorization", &basic)
            .send(server.address)
            .json()
    };
    let late = send(&body);
    assert_eq!(late["rejected"][0]["code"], "too_old", "{late}");
    for event in body["batch"].as_array_mut().expect("a list") {
        event["timestamp"] = now().into();
    }
    assert_eq!(
        send(&body),
        json!({"accepted": 2, "duplicates": 0, "rejected": []})
    );
    assert_eq!(
        send(&body),
        json!({"accepted": 0, "duplicates": 2, "rejected": []})
    );
    // The group event names its account itself, the track event in its context.
    let stored = server.stored("acct_42");
    assert_eq!(stored.len(), 2);
    assert_eq!(stored[0]["traits"]["plan"], "starter");
    assert_eq!(stored[1]["properties"]["variation"], "B");
}

#[test]
fn posthogs_shape_is_refused_event_by_event_with_a_code() {
    let folder = Folder::new("posthog");
    let server = Server::start(folder.path());
    let body = recorded("posthog-node");
    let reply = Request::post("/v1/batch", gzip(body.to_string().as_bytes()))
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .header("authorization", &format!("Bearer {PK}"))
        .send(server.address);
    assert_eq!(reply.status, 202);
    assert_eq!(reply.json()["rejected"][0]["code"], "field_missing");
    assert_eq!(reply.json()["accepted"], 0);
}

#[test]
fn a_page_may_send_plain_text_and_a_server_gzip() {
    let folder = Folder::new("types");
    let server = Server::start(folder.path());
    let body = |id: &str| json!({"writeKey": PK, "batch": [foreign(id, "acc")]}).to_string();
    let plain =
        Request::post("/v1/batch", body("a")).header("content-type", "text/plain;charset=UTF-8");
    assert_eq!(plain.send(server.address).status, 202);
    let packed = Request::post("/v1/batch", gzip(body("b").as_bytes()))
        .header("content-type", "application/json; charset=utf-8")
        .header("content-encoding", "gzip");
    assert_eq!(packed.send(server.address).status, 202);
    assert_eq!(server.stored("acc").len(), 2);
}

#[test]
fn the_single_event_paths_add_the_type_and_store_no_key() {
    let folder = Folder::new("single");
    let server = Server::start(folder.path());
    let send = |path: &str, body: Value| {
        let reply = Request::post(path, body.to_string()).send(server.address);
        assert_eq!(reply.status, 202, "{reply:?}");
        assert_eq!(reply.json()["accepted"], 1, "{reply:?}");
    };
    let context = json!({"groupId": "acc"});
    send(
        "/v1/track",
        json!({"writeKey": PK, "event": "Opened", "userId": "u", "context": context}),
    );
    send(
        "/v1/identify",
        json!({"writeKey": PK, "userId": "u", "traits": {"role": "x"}, "context": context}),
    );
    send(
        "/v1/group",
        json!({"writeKey": PK, "userId": "u", "groupId": "acc", "sentAt": now()}),
    );
    send(
        "/v1/page",
        json!({"writeKey": PK, "anonymousId": "a", "name": "Home", "context": context}),
    );
    let stored = server.stored("acc");
    let types: Vec<_> = stored
        .iter()
        .map(|event| event["type"].as_str().expect("a type"))
        .collect();
    assert_eq!(types, ["track", "identify", "group", "page"]);
    assert!(
        stored
            .iter()
            .all(|event| event.get("writeKey").is_none() && event.get("sentAt").is_none())
    );
    assert!(
        stored[0]["messageId"]
            .as_str()
            .expect("made here")
            .starts_with("made-")
    );
}

#[test]
fn a_key_is_taken_from_bearer_basic_or_the_body_and_a_bad_one_is_401() {
    let folder = Folder::new("keys");
    let server = Server::start(folder.path());
    let body = json!({"batch": [foreign("a", "acc")]}).to_string();
    let with = |value: &str| {
        Request::post("/v1/batch", body.clone())
            .header("authorization", value)
            .send(server.address)
    };
    assert_eq!(with(&format!("Bearer {PK}")).status, 202);
    assert_eq!(
        with(&format!("Basic {}", base64(&format!("{PK}:")))).status,
        202
    );
    assert_eq!(with(&format!("Bearer {SK}")).status, 202);
    let missing = Request::post("/v1/batch", body.clone()).send(server.address);
    assert_eq!(
        (missing.status, missing.code()),
        (401, "key_missing".into())
    );
    for bad in [
        "Bearer pk_live_x",
        "Bearer ",
        "Basic !!!",
        "Digest x",
        "Basic cGtfbGl2ZQ==",
    ] {
        assert_eq!(with(bad).status, 401, "{bad}");
    }
    for bad in [
        json!("pk_live_wrong"),
        json!(7),
        json!({}),
        json!(""),
        json!("p".repeat(10_000)),
    ] {
        let body = json!({"writeKey": bad, "batch": [foreign("a", "acc")]}).to_string();
        assert_eq!(
            Request::post("/v1/batch", body).send(server.address).status,
            401,
            "{bad}"
        );
    }
}

#[test]
fn a_page_of_any_origin_may_send_unless_the_origins_are_named() {
    let folder = Folder::new("origins");
    let from = |server: &Server, origin: &str| {
        let body = json!({"writeKey": PK, "batch": [foreign("a", "acc")]}).to_string();
        Request::post("/v1/batch", body)
            .header("origin", origin)
            .send(server.address)
    };
    let open = Server::start(folder.path());
    assert_eq!(
        from(&open, "https://a.example").header("access-control-allow-origin"),
        Some("*")
    );
    assert_eq!(from(&open, "null").status, 202);
    drop(open);

    let named = Server::start_with(folder.path(), &["--origin", "https://app.example.com"]);
    let good = from(&named, "https://app.example.com");
    assert_eq!(good.status, 202);
    assert_eq!(
        good.header("access-control-allow-origin"),
        Some("https://app.example.com")
    );
    let long = format!("https://{}.example", "a".repeat(2_000));
    for bad in [
        "null",
        "https://app.example.com.evil.example",
        "http://app.example.com",
        &long,
    ] {
        let reply = from(&named, bad);
        assert_eq!(
            (reply.status, reply.code()),
            (403, "origin_refused".into()),
            "{bad}"
        );
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
    // A server sends no origin, and is held by its key alone.
    assert_eq!(named.batch(&[foreign("b", "acc")]).status, 202);
}

#[test]
fn a_preflight_is_answered_without_a_key() {
    let folder = Folder::new("preflight");
    let server = Server::start(folder.path());
    for path in ["/v1/batch", "/v1/track", "/v1/policy"] {
        let reply = Request::options(path)
            .header("origin", "https://app.example.com")
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            )
            .send(server.address);
        assert_eq!(reply.status, 204);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        let allowed = reply.header("access-control-allow-headers").expect("named");
        assert!(allowed.contains("authorization") && allowed.contains("content-encoding"));
    }
    // What needs the secret key is not for pages.
    let reads = Request::options("/v1/accounts/a/events").header("origin", "https://a.example");
    let reads = reads.send(server.address);
    assert_eq!(
        (reads.status, reads.header("access-control-allow-origin")),
        (405, None)
    );
}

#[test]
fn an_event_is_too_old_only_when_both_clocks_say_so() {
    let folder = Folder::new("age");
    let server = Server::start(folder.path());
    let send = |timestamp: &str, sent_at: Value| {
        let mut event = foreign(&format!("m{timestamp}{sent_at}"), "acc");
        event["timestamp"] = timestamp.into();
        let body = json!({"writeKey": PK, "sentAt": sent_at, "batch": [event]}).to_string();
        let answer = Request::post("/v1/batch", body).send(server.address).json();
        answer["rejected"][0]["code"].as_str().map(str::to_owned)
    };
    assert_eq!(send(&ago(29 * DAY), now().into()), None);
    assert_eq!(
        send(&ago(31 * DAY), now().into()).as_deref(),
        Some("too_old")
    );
    assert_eq!(send(&ago(31 * DAY), json!(5)).as_deref(), Some("too_old"));
    // A computer whose clock is 400 days behind sends what it made a minute ago.
    assert_eq!(
        send(
            &ago(400 * DAY),
            ago(400 * DAY - Duration::from_secs(60)).into()
        ),
        None
    );
    assert_eq!(
        send("2036-01-01T00:00:00Z", Value::Null).as_deref(),
        Some("too_far_ahead")
    );
    assert_eq!(
        send("2036-01-01T00:00:00Z", "2036-01-01T00:01:00Z".into()),
        None
    );
}

#[test]
fn an_address_that_sends_too_much_is_told_to_wait() {
    let folder = Folder::new("rate");
    let server = Server::start_with(folder.path(), &["--requests-per-s", "1"]);
    let replies: Vec<_> = (0..6)
        .map(|_| server.batch(&[foreign("a", "acc")]))
        .collect();
    let last = replies.last().expect("an answer");
    assert_eq!(
        (last.status, last.code()),
        (429, "too_many_requests".into())
    );
    assert_eq!(last.header("retry-after"), Some("1"));
    assert_eq!(Request::get("/healthz").send(server.address).status, 200);
}

fn recorded(client: &str) -> Value {
    let text = include_str!("../../../tests/data/recorded-requests.json");
    let all: Value = serde_json::from_str(text).expect("JSON");
    let found = all["requests"].as_array().expect("a list").iter();
    let mut found = found.filter(|r| r["client"].as_str().is_some_and(|c| c.starts_with(client)));
    found.next().expect("recorded")["body"].clone()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).expect("packs");
    encoder.finish().expect("packs")
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}
