//! What can be read: an account's events page by page, the policy, and whether the server is ready.

use plimsoll::policy::Policy;

use crate::support::{Folder, PK, Reply, Request, SK, Server, foreign};

/// The policy of the demo.
const POLICY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../www/demo/policy.json");

fn read(server: &Server, path: &str, key: &str) -> Reply {
    Request::get(path)
        .header("authorization", &format!("Bearer {key}"))
        .send(server.address)
}

#[test]
fn an_accounts_events_come_in_pages_newest_last_and_the_cursor_waits_for_more() {
    let folder = Folder::new("pages");
    let server = Server::start(folder.path());
    for number in 0..5 {
        server.batch(&[
            foreign(&format!("a{number}"), "a"),
            foreign(&format!("b{number}"), "b"),
        ]);
    }
    let page = |after: &str| {
        read(
            &server,
            &format!("/v1/accounts/a/events?limit=2&after={after}"),
            SK,
        )
        .json()
    };
    let ids = |page: &serde_json::Value| -> Vec<String> {
        let events = page["events"].as_array().expect("a list").iter();
        events
            .map(|event| event["messageId"].as_str().expect("an id").to_owned())
            .collect()
    };
    let first = page("0");
    assert_eq!(ids(&first), ["a0", "a1"]);
    let second = page(first["next"].as_str().expect("a cursor"));
    let third = page(second["next"].as_str().expect("a cursor"));
    assert_eq!(
        (ids(&second), ids(&third)),
        (vec!["a2".into(), "a3".into()], vec!["a4".into()])
    );
    let end = page(third["next"].as_str().expect("a cursor"));
    assert_eq!((ids(&end).len(), &end["next"]), (0, &third["next"]));
    server.batch(&[foreign("a5", "a")]);
    assert_eq!(ids(&page(end["next"].as_str().expect("a cursor"))), ["a5"]);
    assert_eq!(
        read(&server, "/v1/accounts/nobody/events", SK).json()["next"],
        "0"
    );
}

#[test]
fn an_accounts_events_need_the_secret_key_and_a_query_that_can_be_read() {
    let folder = Folder::new("secret");
    let server = Server::start(folder.path());
    let refused = read(&server, "/v1/accounts/a/events", PK);
    assert_eq!(
        (refused.status, refused.code()),
        (403, "secret_key_needed".into())
    );
    assert_eq!(
        Request::get("/v1/accounts/a/events")
            .send(server.address)
            .status,
        401
    );
    // A key in an address would end in logs, so only the publishable one is read there.
    let in_query = Request::get(&format!("/v1/accounts/a/events?key={SK}")).send(server.address);
    assert_eq!(in_query.status, 401);
    for query in [
        "limit=0",
        "limit=501",
        "limit=x",
        "limit=-1",
        "after=-1",
        "after=x",
        "after=1e999",
        "after=%ff",
    ] {
        let reply = read(&server, &format!("/v1/accounts/a/events?{query}"), SK);
        assert_eq!(
            (reply.status, reply.code()),
            (400, "bad_query".into()),
            "{query}"
        );
    }
    assert_eq!(read(&server, "/v1/accounts/%ff/events", SK).status, 404);
}

#[test]
fn without_a_policy_the_answer_says_how_to_give_one() {
    let folder = Folder::new("no-policy");
    let server = Server::start(folder.path());
    let reply = read(&server, "/v1/policy?format=1&locale=en", PK);
    assert_eq!((reply.status, reply.code()), (404, "policy_missing".into()));
    assert!(
        reply.json()["help"]
            .as_str()
            .expect("help")
            .contains("--policy")
    );
    assert_eq!(Request::get("/v1/policy").send(server.address).status, 401);
}

#[test]
fn a_policy_is_compiled_for_each_locale_and_the_nearest_one_is_sent() {
    let folder = Folder::new("policy");
    let server = Server::start_with(folder.path(), &["--policy", POLICY]);
    let policy = Policy::parse(&std::fs::read_to_string(POLICY).expect("reads")).expect("right");
    for (asked, given) in [
        ("en", "en"),
        ("pt-BR", "pt-BR"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("de-AT", "de"),
        ("zh-Hant-TW", "en"),
        ("en-GB", "en"),
    ] {
        let path = format!("/v1/policy?format=1&locale={asked}&key={PK}");
        let reply = Request::get(&path).send(server.address);
        assert_eq!(
            (reply.status, reply.body.as_slice()),
            (200, policy.compile(given).as_slice())
        );
        assert_eq!(
            reply.header("content-type"),
            Some("application/octet-stream")
        );
        assert_eq!(
            reply.header("content-language"),
            Some(given.to_ascii_lowercase().as_str())
        );
    }
    let plain = read(&server, "/v1/policy", PK);
    assert_eq!(plain.body, policy.compile(policy.default_locale()));
    let newer = read(&server, "/v1/policy?format=2", PK);
    assert_eq!(
        (newer.status, newer.code()),
        (404, "policy_format_unknown".into())
    );
}

#[test]
fn a_policy_that_was_compiled_before_is_sent_once_and_then_confirmed_by_its_tag() {
    let folder = Folder::new("plim");
    let policy = Policy::parse(&std::fs::read_to_string(POLICY).expect("reads")).expect("right");
    let file = folder.path().join("policy.pt-BR.plim");
    std::fs::write(&file, policy.compile("pt-BR")).expect("writes");
    let server = Server::start_with(folder.path(), &["--policy", file.to_str().expect("text")]);
    let reply = read(&server, "/v1/policy?format=1&locale=en", PK);
    assert_eq!(
        (reply.status, reply.header("content-language")),
        (200, Some("pt-br"))
    );
    let tag = reply.header("etag").expect("a tag").to_owned();
    for given in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        "*".into(),
    ] {
        let again = Request::get("/v1/policy?format=1")
            .header("authorization", &format!("Bearer {PK}"))
            .header("if-none-match", &given)
            .send(server.address);
        assert_eq!((again.status, again.body.len()), (304, 0), "{given}");
        assert_eq!(again.header("etag"), Some(tag.as_str()));
    }
    let other = Request::get("/v1/policy?format=1")
        .header("authorization", &format!("Bearer {PK}"))
        .header("if-none-match", "\"other\"")
        .send(server.address);
    assert_eq!(other.status, 200);
}

#[test]
fn health_needs_no_key() {
    let folder = Folder::new("health");
    let server = Server::start(folder.path());
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            Request::get(path).send(server.address).status,
            200,
            "{path}"
        );
    }
}
