//! What 202 means: killed at any moment, the server has every event it answered for, exactly once.
//!
//! `PLIMSOLL_KILLS` sets how often the server is killed (default 3).

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};
use serde_json::{Value, json};

use crate::support::{Folder, PK, Request, Server, foreign, now, ours};

const CLIENTS: u64 = 8;
const EVENTS_A_BATCH: u64 = 20;

#[test]
fn nothing_that_was_answered_202_is_lost_or_doubled_by_kills() {
    let kills: u64 = std::env::var("PLIMSOLL_KILLS")
        .ok()
        .and_then(|k| k.parse().ok())
        .unwrap_or(3);
    let folder = Folder::new("kills");
    let acknowledged = Mutex::new(Vec::<Value>::new());
    let unanswered = Mutex::new(Vec::<Value>::new());
    let numbers = AtomicU64::new(1);
    let mut cut_off_batches = 0;
    for round in 0..kills {
        let server = Server::start(folder.path());
        let address = server.address;
        let killed = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (acknowledged, unanswered, numbers, killed) =
                    (&acknowledged, &unanswered, &numbers, &killed);
                scope.spawn(move || {
                    while !killed.load(Ordering::Relaxed) {
                        let first = numbers.fetch_add(EVENTS_A_BATCH, Ordering::Relaxed);
                        let batch = events(first, client);
                        let body =
                            json!({"writeKey": PK, "sentAt": now(), "batch": batch}).to_string();
                        match Request::post("/v1/batch", body).try_send(address) {
                            Some(reply) if reply.status == 202 => {
                                acknowledged.lock().expect("whole").extend(batch);
                            }
                            _ => unanswered.lock().expect("whole").extend(batch),
                        }
                    }
                });
            }
            // Another moment each time, from the first commits to full swing.
            std::thread::sleep(Duration::from_millis(60 + (round * 137) % 400));
            server.kill();
            killed.store(true, Ordering::Relaxed);
        });
        cut_off_batches = unanswered.lock().expect("whole").len();
    }
    let (acknowledged, unanswered) = (
        acknowledged.into_inner().expect("whole"),
        unanswered.into_inner().expect("whole"),
    );
    assert!(
        !acknowledged.is_empty() && cut_off_batches > 0,
        "the kills hit nothing"
    );

    let server = Server::start(folder.path());
    let counts = count(&server);
    for event in &acknowledged {
        assert_eq!(counts.get(id(event)), Some(&1), "{event}");
    }
    for (id, count) in &counts {
        assert_eq!(*count, 1, "`{id}` is stored {count} times");
    }

    // A client that heard nothing sends again; one that heard 202 too late does as well.
    let (accepted, duplicates) = resend(&server, &acknowledged);
    assert_eq!((accepted, duplicates), (0, acknowledged.len() as u64));
    let stored_unheard = unanswered
        .iter()
        .filter(|event| counts.contains_key(id(event)))
        .count() as u64;
    let (accepted, duplicates) = resend(&server, &unanswered);
    assert_eq!(
        (accepted, duplicates),
        (unanswered.len() as u64 - stored_unheard, stored_unheard)
    );
    let counts = count(&server);
    assert_eq!(counts.len(), acknowledged.len() + unanswered.len());
    assert!(counts.values().all(|count| *count == 1));
    println!(
        "{kills} kills: {} answered, {} unanswered of which {stored_unheard} were stored",
        acknowledged.len(),
        unanswered.len(),
    );
}

#[test]
fn a_stop_finishes_what_is_under_way_and_exits_in_time() {
    let folder = Folder::new("stop");
    let mut server = Server::start(folder.path());
    let address = server.address;
    let accepted = AtomicU64::new(0);
    let stopped = AtomicBool::new(false);
    let code = std::thread::scope(|scope| {
        for client in 0..4 {
            let (accepted, stopped) = (&accepted, &stopped);
            scope.spawn(move || {
                let mut number = client * 1_000_000 + 1;
                while !stopped.load(Ordering::Relaxed) {
                    let body = json!({"writeKey": PK, "batch": events(number, client)}).to_string();
                    match Request::post("/v1/batch", body).try_send(address) {
                        Some(reply) if reply.status == 202 => {
                            accepted.fetch_add(EVENTS_A_BATCH, Ordering::Relaxed);
                        }
                        Some(reply) => assert_eq!(reply.status, 503, "{reply:?}"),
                        None => {}
                    }
                    number += EVENTS_A_BATCH;
                }
            });
        }
        std::thread::sleep(Duration::from_millis(300));
        server.signal("-TERM");
        let code = server.wait(Duration::from_secs(10));
        stopped.store(true, Ordering::Relaxed);
        code
    });
    assert_eq!(code, Some(0));
    // The write-ahead log was folded into the file.
    let log = folder.path().join("plimsoll.db-wal");
    assert!(std::fs::metadata(log).map_or(0, |m| m.len()) == 0);
    let server = Server::start(folder.path());
    let stored: u64 = count(&server).values().sum();
    // An answer may have been lost on the way, an event never.
    assert!(stored >= accepted.load(Ordering::Relaxed) && stored > 0);
}

#[test]
fn a_client_that_never_finishes_does_not_hold_up_the_stop() {
    use std::io::Write;
    let folder = Folder::new("held");
    let mut server = Server::start(folder.path());
    let mut held = std::net::TcpStream::connect(server.address).expect("connects");
    let head = format!(
        "POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {PK}\r\ncontent-length: 9\r\n\r\n{{"
    );
    held.write_all(head.as_bytes()).expect("writes");
    let _idle = std::net::TcpStream::connect(server.address).expect("connects");
    std::thread::sleep(Duration::from_millis(200));
    server.signal("-INT");
    assert_eq!(server.wait(Duration::from_secs(10)), Some(0));
}

/// A backup that holds the database, a disk that hangs: what waits is answered 503, and nothing counts twice.
#[test]
fn while_the_database_cannot_be_written_senders_are_told_to_wait() {
    const SENDERS: u64 = 400;
    let folder = Folder::new("locked");
    let server = Server::start(folder.path());
    let address = server.address;
    let mut held = Connection::open(folder.path().join("plimsoll.db")).expect("opens");
    let lock = held
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .expect("locks");
    let send = move |number: u64| {
        let body = json!({"writeKey": PK, "batch": [foreign(&format!("w{number}"), "acc")]});
        // On a busy machine a sender may come too late with its header, and tries again.
        let mut tries =
            (0..5).map(|_| Request::post("/v1/batch", body.to_string()).try_send(address));
        tries.find_map(|reply| reply).expect("an answer")
    };
    let replies: Vec<_> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|number| scope.spawn(move || send(number)))
            .collect();
        senders
            .into_iter()
            .map(|sender| sender.join().expect("answered"))
            .collect()
    });
    for reply in &replies {
        assert_eq!(reply.status, 503, "{reply:?}");
        assert!(reply.header("retry-after").is_some());
    }
    let with_code = |code: &str| replies.iter().filter(|reply| reply.code() == code).count();
    assert!(
        with_code("queue_full") > 0 && with_code("store_failed") > 0 && with_code("deadline") > 0
    );
    drop(lock);
    let sent_again = (0..SENDERS).map(|number| send(number).json());
    let counted: u64 = sent_again
        .map(|body| {
            body["accepted"].as_u64().unwrap_or(0) + body["duplicates"].as_u64().unwrap_or(0)
        })
        .sum();
    assert_eq!(counted, SENDERS);
    let counts = count(&server);
    assert!(counts.len() as u64 == SENDERS && counts.values().all(|count| *count == 1));
}

/// Half of ours, half of a foreign client's.
fn events(first: u64, client: u64) -> Vec<Value> {
    (first..first + EVENTS_A_BATCH)
        .map(|number| match number % 2 {
            0 => ours(&format!("{client:016x}"), number, "acc"),
            _ => foreign(&format!("foreign-{number}"), "acc"),
        })
        .collect()
}

fn id(event: &Value) -> &str {
    event["messageId"].as_str().expect("an id")
}

fn count(server: &Server) -> HashMap<String, u64> {
    let mut counts = HashMap::new();
    for event in server.stored("acc") {
        *counts.entry(id(&event).to_owned()).or_default() += 1;
    }
    counts
}

fn resend(server: &Server, events: &[Value]) -> (u64, u64) {
    let (mut accepted, mut duplicates) = (0, 0);
    for batch in events.chunks(400) {
        let answer = server.batch(batch).json();
        accepted += answer["accepted"].as_u64().expect("a number");
        duplicates += answer["duplicates"].as_u64().expect("a number");
    }
    (accepted, duplicates)
}
