//! Requests that mean harm, or come from broken software: each has a stated answer, and the server goes on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::{Folder, PK, Reply, Request, Server, foreign};

/// Every hostile request goes to one server, which must be as good as new after it.
fn with_server(test: impl FnOnce(&Server)) {
    let folder = Folder::new("hostile");
    let server = Server::start(folder.path());
    test(&server);
    assert_eq!(server.batch(&[foreign("after", "after")]).status, 202);
    assert_eq!(server.stored("after").len(), 1);
}

fn answer(server: &Server, body: impl Into<Vec<u8>>) -> (u16, String) {
    let reply = Request::post("/v1/batch", body)
        .header("authorization", &format!("Bearer {PK}"))
        .header("content-type", "application/json")
        .send(server.address);
    let code = if reply.status == 202 {
        String::new()
    } else {
        reply.code()
    };
    (reply.status, code)
}

fn packed(server: &Server, body: &[u8]) -> (u16, String) {
    let reply = Request::post("/v1/batch", body)
        .header("authorization", &format!("Bearer {PK}"))
        .header("content-encoding", "gzip")
        .send(server.address);
    let code = if reply.status == 202 {
        String::new()
    } else {
        reply.code()
    };
    (reply.status, code)
}

fn fault(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_body_that_is_not_a_batch_is_400_and_says_why() {
    with_server(|server| {
        let not_json: &[&[u8]] = &[
            b"",
            b" ",
            b"null",
            b"[]",
            b"7",
            b"\"batch\"",
            b"{",
            b"{\"batch\":[",
            b"{\"batch\":[]}}",
            b"{\"batch\":[],\"batch\":[]}",
            b"<html>",
            b"batch=1",
            b"\xef\xbb\xbf{}",
            b"{\"batch\":[\"\xff\"]}",
            b"\x00",
        ];
        for body in not_json {
            assert_eq!(
                answer(server, *body),
                fault(400, "not_json"),
                "{}",
                body.escape_ascii()
            );
        }
        for body in [
            "{}",
            r#"{"batch":null}"#,
            r#"{"batch":{}}"#,
            r#"{"batch":7}"#,
            r#"{"batch":[]}"#,
        ] {
            assert_eq!(answer(server, body), fault(400, "batch_missing"), "{body}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(answer(server, deep.clone()), fault(400, "not_json"));
        assert_eq!(
            answer(server, format!(r#"{{"batch":{deep}}}"#)),
            fault(202, "")
        );
        assert_eq!(
            answer(server, format!(r#"{{"x":{deep},"batch":[7]}}"#)),
            fault(202, "")
        );
    });
}

#[test]
fn limits_hold_to_the_byte_and_to_the_event() {
    with_server(|server| {
        let many = |count: usize| {
            let events: Vec<_> = (0..count)
                .map(|i| foreign(&format!("n{i}"), "many"))
                .collect();
            json!({"batch": events}).to_string()
        };
        assert_eq!(answer(server, many(500)), fault(202, ""));
        assert_eq!(server.stored("many").len(), 500);
        assert_eq!(answer(server, many(501)), fault(413, "too_many_events"));

        let padded = |bytes: usize| {
            let start = r#"{"batch":[7],"x":""#;
            format!("{start}{}\"}}", "y".repeat(bytes - start.len() - 2))
        };
        assert_eq!(answer(server, padded(256 * 1024)), fault(202, ""));
        assert_eq!(
            answer(server, padded(256 * 1024 + 1)),
            fault(413, "body_too_large")
        );
        assert_eq!(
            answer(server, padded(3 * 1024 * 1024)),
            fault(413, "body_too_large")
        );

        assert_eq!(
            packed(server, &gzip(padded(1024 * 1024).as_bytes())),
            fault(202, "")
        );
        assert_eq!(
            packed(server, &gzip(padded(1024 * 1024 + 1).as_bytes())),
            fault(413, "body_too_large")
        );
    });
}

#[test]
fn gzip_that_lies_is_refused_and_a_bomb_is_not_unpacked() {
    with_server(|server| {
        let good = json!({"batch": [foreign("g", "acc")]}).to_string();
        let whole = gzip(good.as_bytes());
        assert_eq!(packed(server, &whole), fault(202, ""));
        assert_eq!(
            packed(server, &whole[..whole.len() - 9]),
            fault(400, "bad_gzip")
        );
        assert_eq!(packed(server, &whole[..5]), fault(400, "bad_gzip"));
        assert_eq!(packed(server, b""), fault(400, "bad_gzip"));
        assert_eq!(packed(server, good.as_bytes()), fault(400, "bad_gzip"));
        assert_eq!(packed(server, &gzip(&whole)), fault(400, "not_json"));
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 0x40;
        assert_eq!(packed(server, &flipped).0, 400);

        // 200 MB of nothing in 200 kB.
        let bomb = gzip(&vec![b' '; 200_000_000]);
        let began = Instant::now();
        assert_eq!(packed(server, &bomb), fault(413, "body_too_large"));
        assert!(began.elapsed() < Duration::from_secs(2));

        for encoding in ["br", "gzip, gzip", "deflate", "x"] {
            let reply = Request::post("/v1/batch", whole.clone())
                .header("authorization", &format!("Bearer {PK}"))
                .header("content-encoding", encoding)
                .send(server.address);
            assert_eq!(
                (reply.status, reply.code()),
                fault(415, "wrong_encoding"),
                "{encoding}"
            );
        }
    });
}

/// A sender that is cut off before it hears 401 would try again for ever.
#[test]
fn a_refusal_is_heard_even_by_a_slow_sender_of_a_body_that_is_not_wanted() {
    let folder = Folder::new("refusals");
    let server = Server::start_with(folder.path(), &["--origin", "https://a.example"]);
    let refused = |path: &str, header: &str| {
        let mut stream = TcpStream::connect(server.address).expect("connects");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\n{header}\r\ncontent-length: 256000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("writes");
        for _ in 0..16 {
            std::thread::sleep(Duration::from_millis(20));
            if stream.write_all(&[b' '; 16_000]).is_err() {
                break;
            }
        }
        Reply::read(&mut stream).map(|reply| reply.status)
    };
    for _ in 0..5 {
        assert_eq!(
            refused("/v1/batch", "authorization: Bearer pk_live_unknown"),
            Some(401)
        );
        assert_eq!(refused("/v1/batch", "origin: null"), Some(403));
        assert_eq!(refused("/v1/batch", "content-type: text/html"), Some(415));
        assert_eq!(refused("/v1/nothing", "x: y"), Some(404));
    }
}

#[test]
fn only_json_and_plain_text_in_utf_8_are_read() {
    with_server(|server| {
        let types = [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/html",
            "application/json; charset=utf-16",
            "",
            "application/jsonx",
        ];
        for media in types {
            let reply = Request::post("/v1/batch", "{}")
                .header("content-type", media)
                .send(server.address);
            assert_eq!(
                (reply.status, reply.code()),
                fault(415, "wrong_media_type"),
                "{media}"
            );
        }
    });
}

#[test]
fn bad_events_are_refused_one_by_one_and_the_good_one_among_them_is_kept() {
    with_server(|server| {
        let good = foreign("good", "acc").to_string();
        let long = "u".repeat(10_000);
        let large = format!(
            r#"{{"type":"track","event":"{}","userId":"u"}}"#,
            "x".repeat(16_384)
        );
        let deep = format!(
            r#"{{"type":"track","x":{}1{}}}"#,
            "[".repeat(40),
            "]".repeat(40)
        );
        let bad = [
            ("7".to_owned(), "wrong_type"),
            ("null".into(), "wrong_type"),
            ("[[]]".into(), "wrong_type"),
            ("{}".into(), "field_missing"),
            (
                format!(r#"{{"type":"track","event":"x","userId":"{long}"}}"#),
                "bad_id",
            ),
            (
                r#"{"type":"track","event":"x","userId":"a\u0000b"}"#.into(),
                "bad_id",
            ),
            (
                r#"{"type":"track","event":"x","userId":"ana@example.com"}"#.into(),
                "id_looks_like_email",
            ),
            (
                r#"{"type":"track","event":"x","userId":"\ud800"}"#.into(),
                "unreadable",
            ),
            (
                r#"{"type":"track","event":"x","userId":"u","timestamp":"1e999"}"#.into(),
                "bad_timestamp",
            ),
            (large, "event_too_large"),
            (deep, "too_deep"),
        ];
        let mut events: Vec<_> = bad.iter().map(|(event, _)| event.as_str()).collect();
        events.push(&good);
        let reply = Request::post(
            "/v1/batch",
            format!(r#"{{"batch":[{}]}}"#, events.join(",")),
        )
        .header("authorization", &format!("Bearer {PK}"))
        .send(server.address);
        assert_eq!(reply.status, 202);
        let body = reply.json();
        assert_eq!(body["accepted"], 1, "{body}");
        let found: Vec<_> = body["rejected"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|r| r["code"].clone())
            .collect();
        let expected: Vec<_> = bad.iter().map(|(_, code)| *code).collect();
        assert_eq!(found, expected);
        assert_eq!(server.stored("acc").len(), 1);
    });
}

#[test]
fn texts_that_are_code_elsewhere_are_kept_as_texts() {
    with_server(|server| {
        let texts = [
            "'; DROP TABLE events; --",
            "%s%n%x ${jndi:ldap://x} {{7*7}}",
            "<img src=x onerror=alert(1)>",
            "__proto__",
            "../../etc/passwd",
            "a b&after=0#?",
            "\u{202e}\u{feff}\u{2028}é\u{301}",
        ];
        for (index, text) in texts.iter().enumerate() {
            let mut event = foreign(&format!("t{index}"), text);
            event["event"] = (*text).into();
            event["properties"] = json!({*text: text, "__proto__": {"polluted": true}});
            assert_eq!(server.batch(&[event]).json()["accepted"], 1, "{text}");
            let stored = server.stored(&percent_encoded(text));
            assert_eq!(stored.len(), 1, "{text}");
            assert_eq!(stored[0]["event"], *text);
            assert_eq!(
                stored[0]["properties"]["__proto__"],
                json!({"polluted": true})
            );
        }
    });
}

#[test]
fn headers_that_are_too_long_or_too_many_are_431_without_a_body() {
    with_server(|server| {
        let long = Request::get("/healthz")
            .header("x-long", &"y".repeat(20_000))
            .send(server.address);
        assert_eq!(long.status, 431);
        let mut many = Request::get("/healthz");
        for number in 0..500 {
            many = many.header(&format!("x-{number}"), "y");
        }
        assert_eq!(many.send(server.address).status, 431);
        let mut stream = TcpStream::connect(server.address).expect("connects");
        stream
            .write_all(b"\x16\x03\x01 not http\r\n\r\n")
            .expect("writes");
        assert_eq!(
            Reply::read(&mut stream).map(|reply| reply.status),
            Some(400)
        );
    });
}

#[test]
fn paths_and_methods_that_do_not_exist_say_so() {
    with_server(|server| {
        let missing = Request::get("/v2/batch").send(server.address);
        assert_eq!((missing.status, missing.code()), fault(404, "not_found"));
        let wrong = Request::get("/v1/batch").send(server.address);
        assert_eq!((wrong.status, wrong.code()), fault(405, "wrong_method"));
        assert_eq!(wrong.header("allow"), Some("post"));
    });
}

#[test]
fn half_a_header_is_given_five_seconds() {
    with_server(|server| {
        let mut stream = TcpStream::connect(server.address).expect("connects");
        stream
            .write_all(b"POST /v1/batch HTTP/1.1\r\nhost: te")
            .expect("writes");
        let closed_after = time_to_close(stream);
        assert!((4..8).contains(&closed_after.as_secs()), "{closed_after:?}");
    });
}

#[test]
fn a_header_byte_by_byte_is_given_no_more() {
    with_server(|server| {
        let mut stream = TcpStream::connect(server.address).expect("connects");
        let began = Instant::now();
        for byte in b"POST /v1/batch HTTP/1.1\r\nhost: test\r\n" {
            if stream.write_all(&[*byte]).is_err() || began.elapsed() > Duration::from_secs(7) {
                break;
            }
            std::thread::sleep(Duration::from_millis(400));
        }
        assert!(
            (4..8).contains(&began.elapsed().as_secs()),
            "{:?}",
            began.elapsed()
        );
        assert!(time_to_close(stream) < Duration::from_secs(1));
    });
}

#[test]
fn half_a_body_is_408_after_ten_seconds() {
    with_server(|server| {
        let mut stream = post_head(server, 1_000);
        stream.write_all(b"{\"batch\":[").expect("writes");
        let began = Instant::now();
        let reply = Reply::read(&mut stream).expect("an answer");
        assert_eq!((reply.status, reply.code()), fault(408, "too_slow"));
        assert!(
            (9..13).contains(&began.elapsed().as_secs()),
            "{:?}",
            began.elapsed()
        );
        assert_eq!(reply.header("connection"), Some("close"));
    });
}

#[test]
fn a_byte_every_nine_seconds_is_408_all_the_same() {
    with_server(|server| {
        let mut stream = post_head(server, 1_000);
        stream.write_all(b"{").expect("writes");
        std::thread::sleep(Duration::from_secs(9));
        stream.write_all(b"\"").expect("writes");
        assert_eq!(
            Reply::read(&mut stream).map(|reply| reply.status),
            Some(408)
        );
    });
}

#[test]
fn a_connection_that_asks_nothing_is_closed_after_thirty_seconds() {
    with_server(|server| {
        let mut stream = TcpStream::connect(server.address).expect("connects");
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n")
            .expect("writes");
        assert_eq!(
            Reply::read(&mut stream).map(|reply| reply.status),
            Some(200)
        );
        let closed_after = time_to_close(stream);
        assert!(
            (28..34).contains(&closed_after.as_secs()),
            "{closed_after:?}"
        );
    });
}

#[test]
fn a_client_that_leaves_in_the_middle_of_a_body_loses_only_its_own_request() {
    with_server(|server| {
        for _ in 0..50 {
            let mut stream = post_head(server, 1_000);
            stream.write_all(b"{\"batch\":[").expect("writes");
        }
    });
}

#[test]
fn a_body_in_chunks_is_counted_as_it_comes() {
    with_server(|server| {
        let mut stream = TcpStream::connect(server.address).expect("connects");
        let head = format!(
            "POST /v1/batch HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {PK}\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("writes");
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        for _ in 0..5 {
            stream.write_all(&chunk).expect("writes");
        }
        stream.write_all(b"0\r\n\r\n").expect("writes");
        let reply = Reply::read(&mut stream).expect("an answer");
        assert_eq!((reply.status, reply.code()), fault(413, "body_too_large"));
    });
}

fn post_head(server: &Server, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).expect("connects");
    let head = format!(
        "POST /v1/batch HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {PK}\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("writes");
    stream
}

fn time_to_close(mut stream: TcpStream) -> Duration {
    let began = Instant::now();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("set");
    let mut rest = Vec::new();
    // A reset counts as closed too.
    let _ = stream.read_to_end(&mut rest);
    began.elapsed()
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).expect("packs");
    encoder.finish().expect("packs")
}
