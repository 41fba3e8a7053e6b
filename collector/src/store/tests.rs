//! What the store promises below HTTP: once, in order, for as long as it could be sent again.

use super::*;
use crate::event::Checked;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("plimsoll-store-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    path
}

fn event(message_id: &str, timestamp_ms: i64) -> Checked {
    Checked {
        message_id: message_id.into(),
        account: Some("acc".into()),
        timestamp_ms,
        place: None,
        dropped: None,
        body: format!("{{\"messageId\":\"{message_id}\"}}"),
    }
}

fn append(store: &Store, received_ms: i64, events: Vec<Checked>) -> (usize, usize) {
    let answer = store
        .append(Batch {
            received_ms,
            events,
            ..Batch::default()
        })
        .expect("queued");
    let appended = answer.blocking_recv().expect("answered").expect("stored");
    (appended.accepted, appended.duplicates)
}

#[test]
fn an_id_counts_once_within_a_batch_across_batches_and_across_a_restart() {
    let data = folder("once");
    let now = now_ms();
    let store = Store::open(&data).expect("opens");
    assert_eq!(
        append(
            &store,
            now,
            vec![event("a", now), event("a", now), event("b", now)]
        ),
        (2, 1)
    );
    assert_eq!(
        append(&store, now, vec![event("b", now), event("c", now)]),
        (1, 1)
    );
    drop(store);
    let store = Store::open(&data).expect("opens again");
    assert_eq!(
        append(&store, now, vec![event("a", now), event("d", now)]),
        (1, 1)
    );
    let events = store.events("acc", 0, 10).expect("reads");
    assert_eq!(events.len(), 4);
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].position < pair[1].position)
    );
    assert_eq!(
        store.events("acc", events[1].position, 1).expect("reads"),
        events[2..3]
    );
    drop(store);
    fs::remove_dir_all(data).expect("removed");
}

#[test]
fn an_id_is_remembered_as_long_as_its_event_could_be_sent_again() {
    let data = folder("age");
    let now = now_ms();
    let store = Store::open(&data).expect("opens");
    let ahead = now + DAY_MS;
    assert_eq!(
        append(&store, now, vec![event("old", now), event("ahead", ahead)]),
        (2, 0)
    );
    let later = now + 30 * DAY_MS;
    assert_eq!(
        append(
            &store,
            later,
            vec![event("old", now), event("ahead", ahead)]
        ),
        (0, 2)
    );
    // Past that, the same id is another event.
    let much_later = now + 33 * DAY_MS;
    assert_eq!(
        append(&store, much_later, vec![event("old", much_later)]),
        (1, 0)
    );
    drop(store);
    fs::remove_dir_all(data).expect("removed");
}

#[test]
fn places_of_stored_duplicate_and_refused_events_are_marked() {
    let data = folder("places");
    let now = now_ms();
    let store = Store::open(&data).expect("opens");
    let placed = |seq| Checked {
        place: Some(Place {
            writer: "00000000000000aa".into(),
            seq,
        }),
        ..event(&format!("m{seq}"), now)
    };
    let refused = vec![Place {
        writer: "00000000000000aa".into(),
        seq: 2,
    }];
    let batch = Batch {
        received_ms: now,
        events: vec![placed(1), placed(4), placed(4)],
        refused,
        ..Batch::default()
    };
    store
        .append(batch)
        .expect("queued")
        .blocking_recv()
        .expect("answered")
        .expect("stored");
    let marks = store
        .writer_marks("00000000000000aa")
        .expect("reads")
        .expect("known");
    assert_eq!((marks.high, marks.missing), (4, 1));
    assert_eq!(store.writer_marks("00000000000000bb").expect("reads"), None);
    drop(store);
    fs::remove_dir_all(data).expect("removed");
}

#[test]
fn a_database_of_a_newer_format_is_left_alone() {
    let data = folder("newer");
    drop(Store::open(&data).expect("opens"));
    let connection = Connection::open(data.join("plimsoll.db")).expect("opens");
    connection
        .pragma_update(None, "user_version", 99)
        .expect("set");
    let error = Store::open(&data).err().expect("refused");
    let (told, version) = (error.to_string(), env!("CARGO_PKG_VERSION"));
    assert!(
        told.contains("format 99") && told.contains(version),
        "{told}"
    );
    drop(connection);
    fs::remove_dir_all(data).expect("removed");
}

#[test]
fn after_closing_nothing_is_queued() {
    let data = folder("closed");
    let store = Store::open(&data).expect("opens");
    store.close();
    assert_eq!(store.append(Batch::default()).err(), Some(Busy::Stopped));
    assert!(!store.is_ready());
    drop(store);
    fs::remove_dir_all(data).expect("removed");
}

#[test]
fn keys_are_kept_once_and_revoked_by_their_id() {
    let data = folder("keys");
    let store = Store::open(&data).expect("opens");
    let key = Key::random(Kind::Secret);
    store.add_key(&key).expect("added");
    store.add_key(&key).expect("added again");
    assert_eq!(store.keys().expect("reads").len(), 1);
    assert!(store.revoke_key(&key.hash().id()).expect("revoked"));
    assert!(!store.revoke_key(&key.hash().id()).expect("unknown now"));
    drop(store);
    fs::remove_dir_all(data).expect("removed");
}

/// What someone typed, of some length.
fn request(number: u64, user: u64, length: usize) -> crate::request::Request {
    let words = "x".repeat(length);
    let fields = serde_json::json!({
        "id": format!("{number:016x}"), "kind": "ask_admin", "account": format!("acc_{}", length % 9),
        "user": format!("u_{user}"), "prompt": "p", "exposure": "9f2c00000000abcd",
        "note": format!("canary of {user:02}: {words}"),
    });
    crate::request::check(fields.as_object().expect("an object")).expect("right")
}

/// Whose words any file of the store holds.
fn people_in(data: &Path) -> std::collections::BTreeSet<u64> {
    let files = ["plimsoll.db", "plimsoll.db-wal"]
        .map(|name| fs::read(data.join(name)).unwrap_or_default());
    let texts = files.iter().map(|bytes| String::from_utf8_lossy(bytes));
    let found = texts.flat_map(|text| {
        let after = text.split("canary of ").skip(1);
        let users = after.map(|rest| {
            rest.get(..2)
                .and_then(|user| user.parse().ok())
                .expect("a user")
        });
        users.collect::<Vec<u64>>()
    });
    found.collect()
}

/// Pages of the database are split and joined as people come and go, and leave copies behind.
#[test]
fn no_byte_of_an_erased_request_is_left_however_often_pages_were_rearranged() {
    const USERS: u64 = 25;
    let data = folder("erase");
    let store = Store::open(&data).expect("opens");
    let mut state = 12_345_u64;
    let mut any = |most: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % most
    };
    for hundred in 0..40 {
        let numbers = hundred * 100..(hundred + 1) * 100;
        let batch = Batch {
            received_ms: now_ms(),
            requests: numbers
                .map(|n| request(n, any(USERS), any(1900) as usize))
                .collect(),
            ..Batch::default()
        };
        let answer = store.append(batch).expect("queued");
        assert_eq!(
            answer
                .blocking_recv()
                .expect("answered")
                .expect("stored")
                .accepted,
            100
        );
    }
    let mut left: std::collections::BTreeSet<u64> = (0..USERS).collect();
    assert_eq!(people_in(&data), left);
    while !left.is_empty() {
        let user = any(USERS);
        if left.remove(&user) {
            let erased = store.erase_user(&format!("u_{user}")).expect("erased");
            assert!(erased.requests > 0);
            assert_eq!(people_in(&data), left, "after {user} was erased");
        }
    }
    drop(store);
    fs::remove_dir_all(data).expect("removed");
}
