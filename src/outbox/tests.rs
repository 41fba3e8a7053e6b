use super::plain::{Answer, Effect, Input, Report};
use super::*;

fn clock(mono: Millis) -> Clock {
    Clock {
        mono,
        time: Timestamp(1_795_341_600_000 + mono),
    }
}

fn outbox() -> Outbox {
    let sender = Sender {
        write_key: "pk_live_1".into(),
        ..Sender::default()
    };
    Outbox::new(sender, Writer(7))
}

fn record(outbox: &mut Outbox, mono: Millis, worth: Worth, length: usize) -> Vec<Effect> {
    let text = format!(
        "{{\"n\":{},\"pad\":\"{}\"}}",
        outbox.meta().seq,
        "x".repeat(length)
    );
    outbox.handle(clock(mono), Input::Record { worth, text })
}

fn sent(effects: &[Effect]) -> Option<(u64, &str)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send { batch, body } => Some((*batch, body.as_str())),
        _ => None,
    })
}

fn answer(outbox: &mut Outbox, mono: Millis, batch: u64, answer: Answer) -> Vec<Effect> {
    outbox.handle(
        clock(mono),
        Input::Answered {
            batch,
            answer,
            random: 1 << 31,
        },
    )
}

fn refused(status: u16) -> Answer {
    Answer::Refused {
        status,
        retry_after_ms: None,
    }
}

#[test]
fn an_event_is_journaled_before_it_is_sent_and_removed_only_when_acknowledged() {
    let mut outbox = outbox();
    let effects = record(&mut outbox, 0, Worth::Fact, 0);
    assert!(matches!(
        effects.as_slice(),
        [Effect::Store { place: 1, .. }]
    ));
    assert_eq!(outbox.wake_at(), FLUSH_MS);
    assert_eq!(outbox.handle(clock(FLUSH_MS - 1), Input::Wake), []);
    let effects = outbox.handle(clock(FLUSH_MS), Input::Wake);
    let (batch, body) = sent(&effects).unwrap();
    assert_eq!(
        body,
        r#"{"writeKey":"pk_live_1","sentAt":"2026-11-22T10:00:05.000Z","batch":[{"n":1,"pad":""}]}"#
    );
    assert_eq!(
        answer(&mut outbox, 6_000, batch, Answer::Accepted { rejected: 0 }),
        [
            Effect::Remove { place: 1 },
            Effect::Report(Report::Sent { count: 1 })
        ]
    );
    assert_eq!(outbox.wake_at(), NEVER);
}

#[test]
fn no_request_is_longer_than_a_batch_and_one_is_under_way_at_a_time() {
    let mut outbox = outbox();
    let mut effects = Vec::new();
    for _ in 0..40 {
        effects.extend(record(&mut outbox, 0, Worth::Fact, 1_000));
    }
    effects.extend(outbox.handle(clock(0), Input::Wake));
    let mut events = 0;
    let mut requests = 0;
    while let Some((batch, body)) = sent(&effects).map(|(batch, body)| (batch, body.to_owned())) {
        assert!(body.len() <= BATCH_BYTES, "{}", body.len());
        assert!(sent(&outbox.handle(clock(0), Input::Wake)).is_none());
        events += body.matches("\"n\":").count();
        requests += 1;
        effects = answer(&mut outbox, 0, batch, Answer::Accepted { rejected: 0 });
    }
    assert_eq!((events, requests), (40, 3));
}

#[test]
fn retries_wait_longer_each_time_but_never_more_than_five_minutes() {
    let mut outbox = outbox();
    record(&mut outbox, 0, Worth::Fact, 0);
    let mut now = FLUSH_MS;
    let mut longest = 0;
    for _ in 0..20 {
        let (batch, _) = sent(&outbox.handle(clock(now), Input::Wake))
            .map(|(b, _)| (b, ()))
            .unwrap();
        let random = u64::from(u32::MAX);
        outbox.handle(
            clock(now),
            Input::Answered {
                batch,
                answer: refused(503),
                random,
            },
        );
        let wait = outbox.wake_at() - now;
        assert!((0..=RETRY_MAX_MS).contains(&wait));
        longest = longest.max(wait);
        now += wait;
    }
    assert!(longest > MINUTE_MS, "{longest}");
}

#[test]
fn retry_after_is_kept_within_reason() {
    for (asked, least, most) in [
        (7_000, 7_000, 8_000),
        (-1_000, 0, 1_000),
        (i64::MAX, HOUR_MS, HOUR_MS + 1_000),
        (0, 0, 1_000),
    ] {
        let mut outbox = outbox();
        record(&mut outbox, 0, Worth::Fact, 0);
        let effects = outbox.handle(clock(FLUSH_MS), Input::Wake);
        let (batch, _) = sent(&effects).unwrap();
        let answered = Answer::Refused {
            status: 429,
            retry_after_ms: Some(asked),
        };
        answer(&mut outbox, FLUSH_MS, batch, answered);
        let wait = outbox.wake_at() - FLUSH_MS;
        assert!((least..=most).contains(&wait), "{asked}: {wait}");
    }
}

#[test]
fn an_unwelcome_key_asks_the_host_once_and_then_stops_and_keeps() {
    let mut outbox = outbox();
    record(&mut outbox, 0, Worth::Fact, 0);
    let (batch, _) = sent(&outbox.handle(clock(FLUSH_MS), Input::Wake)).unwrap();
    let effects = answer(&mut outbox, FLUSH_MS, batch, refused(401));
    assert_eq!(
        effects,
        [
            Effect::AskIdentity,
            Effect::Report(Report::Unauthorized { status: 401 })
        ]
    );
    assert_eq!(outbox.wake_at(), NEVER);
    let effects = outbox.handle(clock(FLUSH_MS), Input::Identity(Some("token".into())));
    let (batch, body) = sent(&effects)
        .map(|(b, body)| (b, body.to_owned()))
        .unwrap_or_default();
    assert!(effects.is_empty() || body.contains("\"identity\":\"token\""));
    let effects = match effects.is_empty() {
        true => outbox.handle(clock(FLUSH_MS * 3), Input::Hide),
        false => effects,
    };
    let batch = sent(&effects).map_or(batch, |(batch, _)| batch);
    answer(&mut outbox, FLUSH_MS * 3, batch, refused(403));
    assert!(outbox.status().stopped);
    assert_eq!((outbox.wake_at(), outbox.status().queued), (NEVER, 1));
}

#[test]
fn a_batch_refused_whole_is_halved_until_the_event_that_spoils_it_stands_alone() {
    let mut outbox = outbox();
    for _ in 0..9 {
        record(&mut outbox, 0, Worth::Fact, 10);
    }
    let mut effects = outbox.handle(clock(FLUSH_MS), Input::Wake);
    let mut delivered = Vec::new();
    for _ in 0..60 {
        let Some((batch, body)) = sent(&effects).map(|(batch, body)| (batch, body.to_owned()))
        else {
            break;
        };
        effects = match body.contains("\"n\":6,") {
            true => answer(&mut outbox, FLUSH_MS, batch, refused(400)),
            false => {
                delivered.push(body);
                answer(
                    &mut outbox,
                    FLUSH_MS,
                    batch,
                    Answer::Accepted { rejected: 0 },
                )
            }
        };
        effects.extend(outbox.handle(clock(FLUSH_MS), Input::Hide));
    }
    let delivered = delivered.concat();
    for n in [1, 2, 3, 4, 5, 7, 8, 9] {
        assert_eq!(delivered.matches(&format!("\"n\":{n},")).count(), 1, "{n}");
    }
    assert!(
        delivered.contains(r#""from":6,"to":6,"reason":"refused","count":1"#),
        "{delivered}"
    );
    assert_eq!(outbox.status().queued, 0);
}

#[test]
fn an_endpoint_that_is_no_collector_is_reported_once_and_nothing_is_lost() {
    for status in [301, 402, 404, 405, 410, 415] {
        let mut outbox = outbox();
        record(&mut outbox, 0, Worth::Fact, 0);
        let mut now = FLUSH_MS;
        let mut reports = 0;
        for _ in 0..5 {
            let (batch, _) = sent(&outbox.handle(clock(now), Input::Wake)).unwrap();
            let effects = answer(&mut outbox, now, batch, refused(status));
            reports += effects.len();
            now = outbox.wake_at();
        }
        assert_eq!((reports, outbox.status().queued), (1, 1), "{status}");
    }
}

#[test]
fn events_refused_by_code_are_final_and_counted() {
    let mut outbox = outbox();
    record(&mut outbox, 0, Worth::Fact, 0);
    record(&mut outbox, 0, Worth::Fact, 0);
    let (batch, _) = sent(&outbox.handle(clock(FLUSH_MS), Input::Wake)).unwrap();
    let effects = answer(
        &mut outbox,
        FLUSH_MS,
        batch,
        Answer::Accepted { rejected: 1 },
    );
    assert!(effects.contains(&Effect::Report(Report::Rejected { count: 1 })));
    let status = outbox.status();
    assert_eq!((status.sent, status.rejected, status.queued), (1, 1, 0));
}

#[test]
fn when_room_runs_out_the_least_valuable_go_first_and_answers_never() {
    let mut outbox = outbox();
    let mut stored = std::collections::BTreeMap::new();
    let worths = [Worth::Held, Worth::Seen, Worth::Fact, Worth::Kept];
    for round in 0..1_200 {
        for effect in record(&mut outbox, 0, worths[round % 4], 300) {
            match effect {
                Effect::Store { place, text } => drop(stored.insert(place, text)),
                Effect::Remove { place } => drop(stored.remove(&place)),
                _ => {}
            }
        }
        assert!(outbox.status().queued_bytes <= ROOM_BYTES + 1_000);
    }
    let kinds = |kind: u8| {
        stored
            .values()
            .filter(|text| text.as_bytes()[0] == kind)
            .count()
    };
    assert_eq!(kinds(b'3'), 300, "every answer is there");
    assert!(kinds(b'2') > kinds(b'0'));
    assert_eq!(kinds(b'4'), 1, "one account says what is missing");
    let bytes: usize = stored.values().map(String::len).sum();
    assert_eq!(
        bytes,
        outbox.status().queued_bytes,
        "the bytes counted are the bytes stored"
    );
}

#[test]
fn answers_without_end_have_an_end() {
    let mut outbox = outbox();
    for _ in 0..3_000 {
        record(&mut outbox, 0, Worth::Kept, 300);
    }
    assert!(outbox.status().queued_bytes <= KEPT_ROOM_BYTES + 1_000);
    assert!(outbox.status().dropped > 0);
}

#[test]
fn what_is_too_old_is_dropped_and_counted_before_sending() {
    let mut outbox = outbox();
    record(&mut outbox, 0, Worth::Kept, 0);
    record(&mut outbox, DAY_MS, Worth::Kept, 0);
    let effects = outbox.handle(clock(30 * DAY_MS + 1), Input::Wake);
    let (_, body) = sent(&effects).unwrap();
    assert!(
        !body.contains("\"n\":1,") && body.contains("\"n\":2,"),
        "{body}"
    );
    assert!(
        body.contains(r#""from":1,"to":1,"reason":"too_old","count":1"#),
        "{body}"
    );
}

#[test]
fn a_dead_berths_queue_is_sent_under_its_old_ids_and_once() {
    let mut dead = outbox();
    let mut values = Vec::new();
    for _ in 0..3 {
        for effect in record(&mut dead, 0, Worth::Fact, 0) {
            if let Effect::Store { text, .. } = effect {
                values.push(text);
            }
        }
    }
    values.push("undefined".into());
    let mut living = Outbox::new(Sender::default(), Writer(8));
    let stored = living.handle(
        clock(0),
        Input::Adopt {
            values: values.clone(),
        },
    );
    assert_eq!(
        stored.len(),
        3,
        "each is in the new journal before the old one forgets it"
    );
    assert_eq!(
        living.handle(clock(0), Input::Adopt { values }),
        [],
        "a second time nothing happens"
    );
    let effects = living.handle(clock(0), Input::Hide);
    assert_eq!(sent(&effects).unwrap().1.matches("\"n\":").count(), 3);
}

#[test]
fn at_leaving_a_beacon_takes_what_is_not_under_way_and_all_of_it_stays() {
    let mut outbox = outbox();
    for _ in 0..60 {
        record(&mut outbox, 0, Worth::Fact, 1_000);
    }
    let effects = outbox.handle(clock(0), Input::Leave);
    let bytes: usize = effects
        .iter()
        .map(|effect| match effect {
            Effect::Beacon { body } => body.len(),
            other => panic!("{other:?}"),
        })
        .sum();
    assert!(bytes <= FLIGHT_BYTES && bytes > FLIGHT_BYTES / 2, "{bytes}");
    assert_eq!(outbox.status().queued, 60);
}

#[test]
fn a_late_answer_to_a_request_that_was_given_up_changes_nothing() {
    let mut outbox = outbox();
    record(&mut outbox, 0, Worth::Fact, 0);
    let (first, _) = sent(&outbox.handle(clock(FLUSH_MS), Input::Wake)).unwrap();
    let late = FLUSH_MS + ANSWER_MAX_MS;
    let (second, _) = sent(&outbox.handle(clock(late), Input::Wake)).unwrap();
    assert_eq!(
        answer(&mut outbox, late, first, Answer::Accepted { rejected: 0 }),
        []
    );
    assert_eq!(outbox.status().queued, 1);
    answer(&mut outbox, late, second, Answer::Accepted { rejected: 0 });
    assert_eq!(outbox.status().queued, 0);
}
