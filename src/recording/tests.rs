#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test may stop: that is how it fails"
)]

use super::*;
use crate::engine::input::{ActionKind, Context, Said, Snapshot, Step};
use crate::engine::memory::Table;
use crate::unit::{COUNT_MAX, ExposureId, MINUTE_MS, Timestamp};

const START_MS: i64 = 1_795_341_600_000;
const METERS: [&str; 4] = ["emails", "seats", "calls", "exports"];

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 += 1;
        Digest::default().number(self.0.cast_signed()).finish() % end
    }
}

/// What a page of this kind tells its engine in so many inputs, and the prompts that showings are of.
fn inputs(random: &mut Random, count: u64, busy: bool) -> Vec<(Now, Input, (Key, Key))> {
    let mut mono = i64::try_from(random.below(1_000_000)).unwrap();
    let mut said = Vec::new();
    let mut used = 0;
    let mut context = Context::default();
    for _ in 0..count {
        mono += match random.below(if busy { 20 } else { 40 }) {
            0 => i64::try_from(random.below(30 * MINUTE_MS as u64)).unwrap(),
            _ => i64::try_from(random.below(if busy { 900 } else { 12_000 })).unwrap(),
        };
        let now = Now {
            wall: Timestamp(START_MS + mono),
            mono,
        };
        let meter = Key::of(METERS[random.below(4) as usize]);
        let amount = 1 + i64::try_from(random.below(50)).unwrap();
        let exposure = ExposureId(1 + random.below(9));
        let about = (Key::of("default-75"), meter);
        used += amount;
        let input = match random.below(30) {
            0 => Input::Snapshot(Box::new(snapshot(random, now, used))),
            1 => {
                context.visible = !context.visible;
                context.route = "/people/ana".into();
                context.utc_offset_minutes = -180;
                Input::Context(context.clone())
            }
            2 => Input::Explore {
                feature: Key::of("sso"),
                step: Step::ALL[random.below(5) as usize],
            },
            3 => Input::Painted {
                exposure,
                paint: Paint::ALL[random.below(4) as usize],
            },
            4 => Input::Respond {
                exposure,
                response: match random.below(4) {
                    0 => Response::Later,
                    1 => Response::Never,
                    2 => Response::Close,
                    _ => Response::Act(ActionKind::ALL[random.below(6) as usize]),
                },
            },
            5 => Input::Attempt { meter, amount },
            6 => Input::LimitHit { meter },
            7 => Input::Release { meter, amount },
            8 => Input::Converted {
                from_epoch: Some(3).filter(|_| random.below(2) == 0),
            },
            9 => Input::Wake,
            10 => Input::Signal {
                name: Key::of("teammate_invited"),
                count: amount,
            },
            11 => Input::Because {
                exposure,
                objection: Objection::ALL[random.below(6) as usize],
            },
            _ => Input::Use { meter, amount },
        };
        said.push((now, input, about));
    }
    said
}

fn snapshot(random: &mut Random, now: Now, used: i64) -> Snapshot {
    let mut snapshot = Snapshot {
        plan: Key::of("free"),
        billing_owner: "Ana".into(),
        ..Snapshot::default()
    };
    snapshot.number(Said::PlanEpoch as u32, 12);
    snapshot.number(Said::ServerTime as u32, now.wall.0 - 40);
    snapshot.number(Said::CanPurchase as u32, random.below(2).cast_signed());
    snapshot.row(Table::Listed, 1, u64::from(Key::of("beta").0));
    for meter in METERS {
        snapshot.row(Table::Figure, u64::from(Key::of(meter).0), 0);
        snapshot.number(Said::Used as u32, used);
        snapshot.number(Said::Limit as u32, 1_000);
        snapshot.number(Said::PeriodStart as u32, START_MS);
        snapshot.number(Said::PeriodEnd as u32, START_MS + 30 * 1_440 * MINUTE_MS);
        // Of some meters the host says what came on each day, mostly what it said before.
        if meter != METERS[1] {
            let days = 14 + random.below(9) / 8;
            for day in 0..days.cast_signed() {
                let figure = (day * 7_919 + i64::from(Key::of(meter).0 % 900)) % 1_000;
                snapshot.number(Said::Day as u32, figure);
            }
        }
        snapshot.row(Table::Cover, 0, 0xab5d_ef01_2345_6789);
        snapshot.number(Said::Added as u32, used / 2);
    }
    snapshot
}

/// What a recording keeps of inputs, said in the plainest way.
fn reduced(said: &[(Now, Input, (Key, Key))]) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    let mut folded: Vec<(Input, i64)> = Vec::new();
    let (mut folded_at, mut last, mut shown) = (Now::default(), None, None);
    let unfold = |moments: &mut Vec<Moment>, folded: &mut Vec<(Input, i64)>, at: Now| {
        for (input, _) in folded.drain(..) {
            let told = Told::Input(input);
            moments.push(Moment { at, told });
        }
    };
    for (now, input, (prompt, subject)) in said {
        let (prompt, subject) = (*prompt, *subject);
        let minute = now.mono / MINUTE_MS;
        if last != Some(minute) && !matches!(input, Input::Wake) {
            unfold(&mut moments, &mut folded, folded_at);
            last = Some(minute);
        }
        let told = match input.clone() {
            Input::Wake => continue,
            Input::Use { meter, amount } => {
                let known = folded.iter_mut().find_map(|(input, _)| match input {
                    Input::Use { meter: of, amount } if *of == meter => Some(amount),
                    _ => None,
                });
                match known {
                    Some(sum) => *sum += amount,
                    None => folded.push((Input::Use { meter, amount }, 0)),
                }
                folded_at = *now;
                continue;
            }
            Input::Release { meter, amount } => {
                let known = folded.iter_mut().find_map(|(input, _)| match input {
                    Input::Release { meter: of, amount } if *of == meter => Some(amount),
                    _ => None,
                });
                match known {
                    Some(sum) => *sum += amount,
                    None => folded.push((Input::Release { meter, amount }, 0)),
                }
                folded_at = *now;
                continue;
            }
            Input::Context(mut context) => {
                context.route = String::new();
                if shown.replace(context.clone()) == Some(context.clone()) {
                    continue;
                }
                Told::Input(Input::Context(context))
            }
            Input::Snapshot(mut snapshot) => {
                snapshot.billing_owner = String::new();
                Told::Input(Input::Snapshot(snapshot))
            }
            Input::Painted { paint, .. } => Told::Painted {
                prompt,
                subject,
                paint,
            },
            Input::Respond { response, .. } => Told::Respond {
                prompt,
                subject,
                response,
            },
            Input::Because { objection, .. } => Told::Because {
                prompt,
                subject,
                objection,
            },
            other => Told::Input(other),
        };
        unfold(&mut moments, &mut folded, folded_at);
        moments.push(Moment { at: *now, told });
    }
    unfold(&mut moments, &mut folded, folded_at);
    moments
}

fn record(said: &[(Now, Input, (Key, Key))]) -> String {
    let mut encoder = Encoder::default();
    for (now, input, about) in said {
        encoder.record(*now, input, *about);
    }
    encoder.take()
}

#[test]
fn what_is_read_is_what_was_said_as_far_as_it_is_kept() {
    for seed in 0..2_000 {
        let mut random = Random(seed << 32);
        let count = 1 + random.below(200);
        let said = inputs(&mut random, count, false);
        let text = record(&said);
        let wanted = reduced(&said);
        if wanted.is_empty() {
            assert_eq!(text, "");
            continue;
        }
        let read = decode(&text).unwrap();
        assert_eq!((read.part, read.lost), (0, 0), "seed {seed}");
        assert_eq!(read.moments, wanted, "seed {seed}");
    }
}

/// Also where somebody presses buttons all day: figures come out right, and what had no room is counted.
#[test]
fn an_active_minute_takes_a_kibibyte_at_most() {
    for (seed, busy) in (0..400).flat_map(|seed| [(seed, false), (seed, true)]) {
        let mut random = Random(seed << 32);
        let said = inputs(&mut random, 4_000, busy);
        let mut minutes: Vec<i64> = said.iter().map(|(now, ..)| now.mono / MINUTE_MS).collect();
        minutes.dedup();
        let mut encoder = Encoder::default();
        let (mut chars, mut read) = (0, Vec::new());
        for (now, input, about) in &said {
            encoder.record(*now, input, *about);
            if encoder.len() > CHUNK_CHARS {
                let text = encoder.take();
                chars += text.len();
                read.push(decode(&text).unwrap());
            }
        }
        let text = encoder.take();
        chars += text.len();
        // The last may have been taken already.
        if !text.is_empty() {
            read.push(decode(&text).unwrap());
        }
        assert!(
            chars <= minutes.len() * MINUTE_CHARS,
            "seed {seed}: {chars} characters in {} minutes",
            minutes.len()
        );
        let parts: Vec<u64> = read.iter().map(|recording| recording.part).collect();
        assert_eq!(parts, (0..parts.len() as u64).collect::<Vec<_>>());
        let moments = || read.iter().flat_map(|recording| &recording.moments);
        let read_used: i64 = moments().map(|moment| used(&moment.told)).sum();
        let wanted: i64 = said
            .iter()
            .map(|(_, input, _)| used(&Told::Input(input.clone())))
            .sum();
        assert_eq!(read_used, wanted, "seed {seed}");
    }
}

fn used(told: &Told) -> i64 {
    match told {
        Told::Input(Input::Use { amount, .. }) => *amount,
        _ => 0,
    }
}

#[test]
fn what_has_no_room_in_its_minute_is_counted() {
    let meter = Key::of("emails");
    let mut encoder = Encoder::default();
    for second in 0..3_000 {
        let now = Now {
            wall: Timestamp(START_MS + second),
            mono: second,
        };
        let input = Input::Attempt { meter, amount: 1 };
        encoder.record(now, &input, (Key(0), Key(0)));
    }
    let read = decode(&encoder.take()).unwrap();
    let Some(Told::LeftOut(left_out)) = read.moments.last().map(|moment| &moment.told) else {
        panic!("nothing was left out");
    };
    assert_eq!(*left_out + read.moments.len() as u64 - 1, 3_000);
}

#[test]
fn a_cut_tail_loses_what_is_behind_it_and_says_how_much() {
    let said = inputs(&mut Random(7 << 32), 120, false);
    let (text, whole) = (record(&said), reduced(&said));
    let mut least = usize::MAX;
    for end in (0..text.len()).rev() {
        match decode(&text[..end]) {
            Ok(read) => {
                assert_eq!(read.moments.len() as u64 + read.lost, whole.len() as u64);
                assert_eq!(read.moments, whole[..read.moments.len()]);
                assert!(read.lost > 0 && read.moments.len() <= least);
                least = read.moments.len();
            }
            Err(error) => assert!(error == Unreadable::NotRecording && end < 24),
        }
    }
    assert_eq!(least, 0);
}

#[test]
fn changed_texts_are_refused_or_read_and_never_stop_the_reader() {
    let mut refused = 0;
    for seed in 0..60_000 {
        let mut random = Random(seed << 32);
        let said = inputs(&mut Random((seed % 40) << 32), 60, false);
        let mut text = record(&said).into_bytes();
        for _ in 0..=random.below(3) {
            let place = random.below(text.len() as u64) as usize;
            match random.below(3) {
                0 => text[place] = DIGITS[random.below(64) as usize],
                1 => text[place] ^= 1 << random.below(7),
                _ => text.truncate(place + 1),
            }
        }
        refused += u64::from(decode(&String::from_utf8_lossy(&text)).is_err());
    }
    assert!(refused > 20_000, "{refused}");
    // A checksum that fits does not make sense of what it covers.
    for seed in 0..60_000 {
        let mut random = Random(seed << 32);
        let length = random.below(120);
        let digit = |random: &mut Random| char::from(DIGITS[random.below(64) as usize]);
        let body: String = (0..length).map(|_| digit(&mut random)).collect();
        let mut text = String::from(MARK);
        for number in [length, 99, u64::from(crate::unit::fnv32(body.as_bytes()))] {
            encode::push(&mut text, number);
        }
        text.push_str(&body);
        let read = decode(&text).unwrap();
        assert!(read.moments.len() as u64 + read.lost >= 99 - 60);
        for Moment { at, told } in &read.moments {
            assert!((0..=Timestamp::MAX.0).contains(&at.wall.0) && at.mono >= 0);
            assert!((0..=COUNT_MAX).contains(&used(told)));
        }
    }
}

#[test]
fn what_is_no_recording_is_told_from_what_is_too_new() {
    for (text, error) in [
        ("", Unreadable::NotRecording),
        ("R", Unreadable::NotRecording),
        ("hello", Unreadable::NotRecording),
        ("R2AAA", Unreadable::Format),
        ("R1", Unreadable::NotRecording),
        ("R1B", Unreadable::NotRecording),
        ("R1AAAA", Unreadable::Damaged),
    ] {
        assert_eq!(decode(text), Err(error), "{text}");
    }
}

/// G12: numbers and ids of the policy, no text of a person.
#[test]
fn no_name_and_no_route_is_recorded() {
    let said = inputs(&mut Random(9 << 32), 400, false);
    let mut bare = said.clone();
    for (_, input, _) in &mut bare {
        match input {
            Input::Context(context) => context.route = String::new(),
            Input::Snapshot(snapshot) => snapshot.billing_owner = String::new(),
            _ => {}
        }
    }
    assert_eq!(record(&said), record(&bare));
}

#[test]
fn a_share_of_the_accounts_is_sampled_always_the_same_ones() {
    let accounts: Vec<String> = (0..10_000).map(|n| format!("acc_{n}")).collect();
    let sampled = |percent| {
        let chosen = accounts
            .iter()
            .filter(|account| is_sampled(account, percent));
        chosen.collect::<Vec<_>>()
    };
    assert_eq!((sampled(0).len(), sampled(100).len()), (0, 10_000));
    let (some, more) = (sampled(20), sampled(30));
    assert!((1_880..2_120).contains(&some.len()), "{}", some.len());
    assert!(some.iter().all(|account| more.contains(account)));
    assert!(is_sampled("acc_7", 100) && sampled(20) == some);
}

#[test]
fn the_texts_that_javascript_is_held_to_are_written_here() {
    let mut texts = String::new();
    for seed in 0..12 {
        let mut encoder = Encoder::default();
        for (now, input, about) in inputs(&mut Random(seed * 1_000), 40, seed % 2 == 1) {
            encoder.record(now, &input, about);
        }
        texts.push_str(&encoder.take());
        texts.push('\n');
    }
    assert_eq!(texts, include_str!("../../tests/data/recordings.txt"));
}
