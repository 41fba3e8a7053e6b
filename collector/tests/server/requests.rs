//! What people ask of their admin or of sales: kept once, folded per account, read by servers only, and
//! gone with the person.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Folder, PK, Reply, Request, SK, Server, ago, foreign, now, ours};

/// What a person typed; nothing else in any file looks like it.
const CANARY: &str = "canary-7f3a: please, my whole team waits for this";

fn asked(id: u64, user: &str) -> Value {
    json!({
        "writeKey": PK, "id": format!("{id:016x}"), "kind": "ask_admin", "account": "acc_7", "user": user,
        "prompt": "default-limit-hit", "exposure": "9f2c00000000abcd", "meter": "emails",
        "plan": "free", "next_plan": "pro", "used": 1000, "limit": 1000, "locale": "pt-BR",
        "note": CANARY, "sentAt": now(),
    })
}

fn with(mut request: Value, name: &str, value: Value) -> Value {
    request[name] = value;
    request
}

fn send(server: &Server, request: &Value) -> Reply {
    Request::post("/v1/requests", request.to_string())
        .header("content-type", "text/plain")
        .send(server.address)
}

fn erase(server: &Server, user: &str, key: &str) -> Reply {
    Request::delete(&format!("/v1/users/{user}"))
        .header("authorization", &format!("Bearer {key}"))
        .send(server.address)
}

/// Whether any file of a folder holds these bytes.
fn holds(folder: &Path, wanted: &str) -> bool {
    std::fs::read_dir(folder).expect("a folder").any(|entry| {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("reads");
        bytes
            .windows(wanted.len())
            .any(|window| window == wanted.as_bytes())
    })
}

#[test]
fn a_request_is_taken_once_and_the_first_stays() {
    let folder = Folder::new("request-once");
    let server = Server::start(folder.path());
    let first = asked(1, "u_9");
    let reply = send(&server, &first);
    assert_eq!(
        (reply.status, reply.json()),
        (202, json!({"accepted": 1, "duplicates": 0}))
    );
    let again = send(
        &server,
        &with(first.clone(), "note", "something else".into()),
    );
    assert_eq!(
        (again.status, again.json()),
        (202, json!({"accepted": 0, "duplicates": 1}))
    );
    // Nobody can take another person's place by sending under the same id first.
    assert_eq!(
        send(&server, &with(first.clone(), "user", "u_8".into())).json()["accepted"],
        1
    );
    server.kill();
    let server = Server::start(folder.path());
    assert_eq!(
        send(&server, &first).json()["duplicates"],
        1,
        "after a power cut, too"
    );
    let stored = server.pages("acc_7", "requests");
    assert_eq!(stored.len(), 2);
    let mut kept = stored[0].clone();
    let fields = kept.as_object_mut().expect("an object");
    assert_eq!(fields.remove("position"), Some(json!(1)));
    assert_eq!(fields.remove("fold"), Some(json!(1)));
    assert_eq!(fields.remove("asked"), Some(json!(1)));
    assert!(fields.remove("received_at").expect("a time").is_string());
    fields.insert("writeKey".into(), PK.into());
    assert_eq!(kept, first);
}

#[test]
fn a_page_may_send_it_with_its_key_in_the_body_or_the_header() {
    let folder = Folder::new("request-keys");
    let server = Server::start_with(folder.path(), &["--origin", "https://app.example.com"]);
    let mut bare = asked(1, "u_9");
    bare.as_object_mut().expect("an object").remove("writeKey");
    let post = || Request::post("/v1/requests", bare.to_string());
    let reply = post().send(server.address);
    assert_eq!((reply.status, reply.code()), (401, "key_missing".into()));
    let wrong = with(bare.clone(), "writeKey", "pk_live_someoneelse0".into());
    assert_eq!(send(&server, &wrong).code(), "key_unknown");
    let reply = post()
        .header("authorization", &format!("Bearer {PK}"))
        .header("content-type", "application/json")
        .header("origin", "https://app.example.com")
        .send(server.address);
    assert_eq!(reply.status, 202);
    assert_eq!(
        reply.header("access-control-allow-origin"),
        Some("https://app.example.com")
    );
    let foreign = post()
        .header("origin", "https://evil.example")
        .send(server.address);
    assert_eq!(
        (foreign.status, foreign.code()),
        (403, "origin_refused".into())
    );
    let preflight = Request::options("/v1/requests")
        .header("origin", "https://app.example.com")
        .send(server.address);
    assert_eq!(preflight.status, 204);
    let form = post()
        .header("content-type", "text/html")
        .send(server.address);
    assert_eq!((form.status, form.code()), (415, "wrong_media_type".into()));
    assert_eq!(
        Request::get("/v1/requests").send(server.address).status,
        405
    );
}

#[test]
fn what_is_not_as_it_should_be_is_refused_by_name() {
    let folder = Folder::new("request-strict");
    let log = folder.path().join("log");
    let server = Server::start_logging(folder.path(), &log);
    let cases: &[(&str, Value, &str, &str)] = &[
        (
            "id",
            json!("9F2C00000000ABCD"),
            "bad_field",
            "`id` is `9F2C00000000ABCD`, not 16 hex digits in lower case",
        ),
        (
            "id",
            json!(5),
            "bad_field",
            "`id` is `5`, not 16 hex digits in lower case",
        ),
        (
            "kind",
            json!("ask_boss"),
            "bad_field",
            "`kind` is `ask_boss`, not one of ask_admin, talk_to_sales",
        ),
        (
            "kind",
            Value::Null,
            "bad_field",
            "`kind` is `null`, not one of ask_admin, talk_to_sales",
        ),
        (
            "account",
            json!(""),
            "bad_field",
            "`account` is ``, not an id of 1 to 256 bytes without control characters",
        ),
        (
            "user",
            json!("ana@example.com"),
            "id_looks_like_email",
            "`user` looks like an e-mail address",
        ),
        (
            "prompt",
            json!("no spaces"),
            "bad_field",
            "`prompt` is `no spaces`, not an id of 1 to 64 letters, digits, `_` or `-`",
        ),
        (
            "exposure",
            json!(""),
            "bad_field",
            "`exposure` is ``, not 16 hex digits in lower case",
        ),
        (
            "meter",
            json!({}),
            "bad_field",
            "`meter` is `{}`, not an id of 1 to 64 letters, digits, `_` or `-`",
        ),
        (
            "used",
            json!(-1),
            "bad_field",
            "`used` is `-1`, not an integer from 0 to 2^53 - 1",
        ),
        (
            "limit",
            json!("many"),
            "bad_field",
            "`limit` is `many`, not an integer from 0 to 2^53 - 1",
        ),
        (
            "locale",
            json!("not a tag"),
            "bad_field",
            "`locale` is `not a tag`, not a BCP 47 tag such as `pt-BR`",
        ),
        (
            "sentAt",
            json!("now"),
            "bad_field",
            "`sentAt` is `now`, not a time such as `2026-11-22T10:00:00Z`",
        ),
        (
            "note",
            json!([CANARY]),
            "bad_field",
            "`note` is not a text of at most 2000 characters",
        ),
        (
            "note",
            json!(CANARY.repeat(50)),
            "note_too_long",
            "`note` has 2450 characters, at most 2000 are accepted",
        ),
        (
            "e_mail",
            json!("x"),
            "unknown_field",
            "a request has no field `e_mail`",
        ),
    ];
    for (name, value, code, message) in cases {
        let reply = send(&server, &with(asked(1, "u_9"), name, value.clone()));
        let body = reply.json();
        assert_eq!(
            (reply.status, body["code"].as_str()),
            (422, Some(*code)),
            "{name} {value}"
        );
        assert_eq!(body["message"].as_str(), Some(*message));
        assert!(body["help"].as_str().expect("help").len() > 20, "{body}");
        assert!(
            !body.to_string().contains("canary"),
            "no word of a note is repeated"
        );
    }
    for name in ["id", "kind", "account", "user", "prompt", "exposure"] {
        let mut request = asked(1, "u_9");
        request.as_object_mut().expect("an object").remove(name);
        let reply = send(&server, &request);
        assert_eq!(
            (reply.status, reply.code()),
            (422, "field_missing".into()),
            "{name}"
        );
        assert!(
            reply.json()["message"]
                .as_str()
                .expect("it")
                .contains(&format!("`{name}`"))
        );
    }
    for body in [
        "",
        "[]",
        "null",
        "\"x\"",
        "{\"id\":",
        "{\"note\": \"\\ud800\"}",
        "\u{0}",
    ] {
        let reply = Request::post("/v1/requests", body)
            .header("authorization", &format!("Bearer {PK}"))
            .send(server.address);
        assert_eq!(
            (reply.status, reply.code()),
            (400, "not_json".into()),
            "{body}"
        );
    }
    let large = with(asked(1, "u_9"), "note", "x".repeat(17_000).into());
    assert_eq!(
        (send(&server, &large).status, send(&server, &large).code()),
        (413, "body_too_large".into())
    );
    // The longest note of the dearest letters fits, after half a million strays and an escape each.
    let dearest = with(asked(2, "u_9"), "note", "\u{1}".repeat(2000).into());
    assert_eq!(send(&server, &dearest).status, 202);
    assert_eq!(
        server.pages("acc_7", "requests").len(),
        1,
        "nothing that was refused is kept"
    );
    drop(server);
    let logged = std::fs::read_to_string(&log).expect("reads");
    assert!(
        logged.contains("note_too_long"),
        "a refusal is logged by its code"
    );
    assert!(!logged.contains("canary") && !logged.contains("ask_boss"));
}

#[test]
fn what_a_person_typed_is_in_no_event_and_no_log() {
    let folder = Folder::new("request-private");
    let log = folder.path().join("log");
    let data = folder.path().join("data");
    let server = Server::start_logging(&data, &log);
    server.batch(&[ours("00000000000000aa", 1, "acc_7")]);
    assert_eq!(send(&server, &asked(1, "u_9")).status, 202);
    let events = server.stored("acc_7");
    assert_eq!(events.len(), 1);
    assert!(!json!(events).to_string().contains("canary"));
    assert!(
        json!(server.pages("acc_7", "requests"))
            .to_string()
            .contains(CANARY)
    );
    drop(server);
    let connection = rusqlite::Connection::open(data.join("plimsoll.db")).expect("opens");
    let found: i64 = connection
        .query_row(
            "SELECT count(*) FROM events WHERE body LIKE '%canary%'",
            [],
            |row| row.get(0),
        )
        .expect("counts");
    assert_eq!(found, 0);
    let logged = std::fs::read_to_string(&log).expect("reads");
    assert!(
        logged.contains("/v1/requests"),
        "the log is that of these requests"
    );
    assert!(!logged.contains("canary") && !logged.contains("u_9") && !logged.contains("acc_7"));
}

#[test]
fn an_accounts_requests_about_one_need_are_folded_and_no_note_is_lost() {
    let folder = Folder::new("request-fold");
    let server = Server::start(folder.path());
    let about = |id, user: &str, note: &str| with(asked(id, user), "note", note.into());
    let requests = [
        about(1, "u_1", "first"),
        about(2, "u_2", "second"),
        about(3, "u_1", "again, from my phone"),
        with(about(4, "u_3", "sales"), "kind", "talk_to_sales".into()),
        with(about(5, "u_3", "seats"), "meter", "seats".into()),
        about(6, "u_3", "third"),
        with(about(7, "u_4", "elsewhere"), "account", "acc_8".into()),
    ];
    for request in &requests {
        assert_eq!(send(&server, request).json()["accepted"], 1);
    }
    let folded: Vec<_> = server
        .pages("acc_7", "requests")
        .iter()
        .map(|row| {
            (
                row["position"].as_i64(),
                row["fold"].as_i64(),
                row["asked"].as_i64(),
                row["note"].clone(),
            )
        })
        .collect();
    let row =
        |position, fold, asked, note: &str| (Some(position), Some(fold), Some(asked), json!(note));
    assert_eq!(
        folded,
        [
            row(1, 1, 1, "first"),
            row(2, 1, 2, "second"),
            row(3, 1, 2, "again, from my phone"),
            row(4, 4, 1, "sales"),
            row(5, 5, 1, "seats"),
            row(6, 1, 3, "third"),
        ]
    );
    assert_eq!(server.pages("acc_8", "requests")[0]["asked"], 1);
    // When the first of a matter is erased, the matter keeps its number and its time.
    assert_eq!(
        erase(&server, "u_1", SK).json(),
        json!({"requests": 2, "events": 0})
    );
    send(&server, &about(8, "u_5", "fourth"));
    let rows = server.pages("acc_7", "requests");
    let last = rows.last().expect("one");
    assert_eq!((&last["fold"], &last["asked"]), (&json!(1), &json!(4)));
}

#[test]
fn requests_are_read_page_by_page_with_the_secret_key_alone() {
    let folder = Folder::new("request-read");
    let server = Server::start(folder.path());
    for number in 0..5 {
        send(&server, &asked(number, &format!("u_{number}")));
    }
    let read = |query: &str, key: &str| {
        Request::get(&format!("/v1/accounts/acc_7/requests{query}"))
            .header("authorization", &format!("Bearer {key}"))
            .send(server.address)
    };
    assert_eq!(read("", PK).code(), "secret_key_needed");
    assert_eq!(read("?limit=0", SK).code(), "bad_query");
    let page = read("?limit=3&after=1", SK).json();
    assert_eq!(
        (page["requests"].as_array().map(Vec::len), &page["next"]),
        (Some(3), &json!("4"))
    );
    let end = read("?after=5", SK).json();
    assert_eq!(
        (end["requests"].as_array().map(Vec::len), &end["next"]),
        (Some(0), &json!("5"))
    );
    let page = read("", SK);
    assert_eq!(
        page.header("access-control-allow-origin"),
        None,
        "never for pages"
    );
}

#[test]
fn with_a_person_go_their_requests_and_events_to_the_last_byte() {
    let folder = Folder::new("request-erase");
    let data = folder.path();
    let server = Server::start(data);
    for round in 0..40_u64 {
        for user in ["u_9", "u_8", "u_7"] {
            let id = round * 10 + user.len() as u64 + u64::from(user.as_bytes()[2]) * 1000;
            // Some fit in a page with others, some need pages of their own.
            let note = format!(
                "{CANARY} of {user} {}",
                "x".repeat((round as usize * 97) % 1900)
            );
            assert_eq!(
                send(&server, &with(asked(id, user), "note", note.into())).json()["accepted"],
                1
            );
            let event = with(
                foreign(&format!("{user}-{round}"), "acc_7"),
                "userId",
                user.into(),
            );
            let event = with(
                event,
                "properties",
                json!({"remark": format!("event canary of {user}")}),
            );
            assert_eq!(server.batch(&[event]).json()["accepted"], 1);
        }
    }
    let [request, event] = [format!("{CANARY} of u_9"), "event canary of u_9".into()];
    assert!(
        holds(data, &request) && holds(data, &event),
        "the test can find bytes"
    );
    let refused = erase(&server, "u_9", PK);
    assert_eq!(
        (refused.status, refused.code()),
        (403, "secret_key_needed".into())
    );
    assert!(holds(data, &request), "a page erases nobody");

    let gone = erase(&server, "u_9", SK);
    assert_eq!(
        (gone.status, gone.json()),
        (200, json!({"requests": 40, "events": 40}))
    );
    assert!(!holds(data, &request), "no byte of a request is left");
    assert!(!holds(data, &event), "no byte of an event is left");
    assert!(holds(data, &format!("{CANARY} of u_8")), "others stay");
    assert_eq!(server.pages("acc_7", "requests").len(), 80);
    assert_eq!(server.stored("acc_7").len(), 80);
    assert_eq!(
        erase(&server, "u_9", SK).json(),
        json!({"requests": 0, "events": 0})
    );

    // What was under way comes again and is known still.
    let late = asked(3 + u64::from(b'9') * 1000, "u_9");
    assert_eq!(
        send(&server, &late).json(),
        json!({"accepted": 0, "duplicates": 1})
    );
    let late = with(foreign("u_9-0", "acc_7"), "userId", "u_9".into());
    assert_eq!(server.batch(&[late]).json()["duplicates"], 1);
    assert_eq!(erase(&server, "u_8", SK).status, 200);
    assert!(!holds(data, &format!("{CANARY} of u_8")));
    drop(server);
    assert!(!holds(data, &request) && !holds(data, "event canary of u_9"));
}

#[test]
fn a_person_can_be_erased_while_others_send() {
    let folder = Folder::new("request-busy");
    let server = Server::start(folder.path());
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                number += 1;
                server.batch(&[foreign(&format!("m{number}"), "acc_7")]);
                server.stored("nobody");
            }
        });
        for number in 0..10 {
            assert_eq!(send(&server, &asked(number, "u_1")).json()["accepted"], 1);
            let reply = erase(&server, "u_1", SK);
            assert_eq!(
                (reply.status, reply.json()["requests"].as_u64()),
                (200, Some(1))
            );
            assert!(!holds(folder.path(), CANARY));
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_database_of_the_format_before_learns_to_keep_requests() {
    let folder = Folder::new("request-format");
    let path = folder.path().join("plimsoll.db");
    drop(Server::start(folder.path()));
    let connection = rusqlite::Connection::open(&path).expect("opens");
    connection
        .execute_batch("DROP TABLE requests; DROP TABLE request_marks; PRAGMA user_version = 1;")
        .expect("as it was");
    drop(connection);
    let server = Server::start(folder.path());
    server.batch(&[foreign("a", "acc_7")]);
    assert_eq!(send(&server, &asked(1, "u_9")).json()["accepted"], 1);
    assert_eq!(server.stored("acc_7").len(), 1);
}

#[test]
fn the_time_a_page_says_it_sent_is_kept_and_trusted_with_nothing() {
    let folder = Folder::new("request-clock");
    let server = Server::start(folder.path());
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let old = with(asked(1, "u_9"), "sentAt", ago(year).into());
    assert_eq!(
        send(&server, &old).status,
        202,
        "a clock that is wrong by a year loses no request"
    );
    let stored = &server.pages("acc_7", "requests")[0];
    assert_eq!(stored["sentAt"], old["sentAt"]);
    assert!(stored["received_at"].as_str() > stored["sentAt"].as_str());
}
