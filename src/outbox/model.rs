//! The outbox against a network that loses, doubles, delays and refuses, and a browser that crashes
//! between any two effects: every event reaches the collector, counts once, and none is closed as
//! dropped while it is still on the way. Seeds are fixed; a failure names its own.

use super::plain::{Answer, Effect, Input};
use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }
}

type Id = (u64, u64);

/// What arrived, and which numbers were declared as never coming.
#[derive(Default)]
struct Collector {
    events: BTreeSet<Id>,
    closed: BTreeSet<Id>,
    dropped: u64,
    doubles: u64,
}

impl Collector {
    fn take(&mut self, seed: u64, body: &str) {
        for event in body.split("{\"type\"").skip(1) {
            let id = (field(event, "w"), field(event, "n"));
            assert!(
                !self.closed.contains(&id) || self.events.contains(&id),
                "seed {seed}: {id:?} arrives after it was closed"
            );
            if !self.events.insert(id) {
                self.doubles += 1;
            } else if event.contains("Events Dropped") {
                let writer = hex_field(event, "\"properties\":{\"writer\":\"");
                let (from, to) = (field(event, "from"), field(event, "to"));
                self.dropped += field(event, "count");
                self.closed.extend((from..=to).map(|seq| (writer, seq)));
            }
        }
    }
}

fn field(text: &str, name: &str) -> u64 {
    let mark = match name {
        "w" => return hex_field(text, "\"messageId\":\""),
        "n" => "\"seq\":".to_owned(),
        _ => format!("\"{name}\":"),
    };
    let (_, rest) = text.split_once(&mark).unwrap();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

fn hex_field(text: &str, mark: &str) -> u64 {
    let (_, rest) = text.split_once(mark).unwrap();
    u64::from_str_radix(&rest[..16], 16).unwrap()
}

/// A browser with one tab at a time; storage outlives it.
struct World {
    seed: u64,
    random: Random,
    now: Clock,
    outbox: Outbox,
    berth: u64,
    storage: BTreeMap<(u64, u64), String>,
    collector: Collector,
    /// Answers that are still on their way.
    answers: Vec<(Millis, u64, Answer)>,
    /// Events whose journal write was executed.
    accepted: BTreeSet<Id>,
    poisoned: BTreeSet<Id>,
    calm: bool,
    /// One in so many effects is never executed: the browser dies before it.
    odds: u64,
    crashes: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let berth = random.next();
        Self {
            seed,
            now: Clock {
                mono: 0,
                time: Timestamp(1_795_341_600_000),
            },
            outbox: Outbox::new(Sender::default(), Writer(berth)),
            berth,
            random,
            storage: BTreeMap::new(),
            collector: Collector::default(),
            answers: Vec::new(),
            accepted: BTreeSet::new(),
            poisoned: BTreeSet::new(),
            calm: false,
            odds: 60,
            crashes: 0,
        }
    }

    /// Executes effects one by one; the browser may die before any of them.
    fn execute(&mut self, effects: Vec<Effect>) -> bool {
        for effect in effects {
            if !self.calm && self.random.one_in(self.odds) {
                self.crash();
                return false;
            }
            match effect {
                Effect::Store { place, text } => {
                    drop(self.storage.insert((self.berth, place), text))
                }
                Effect::Remove { place } => drop(self.storage.remove(&(self.berth, place))),
                Effect::Send { batch, body } => self.post(batch, &body),
                Effect::Beacon { body } => {
                    if self.random.one_in(2) {
                        self.collector.take(self.seed, &body);
                    }
                }
                Effect::AskIdentity => {
                    let token = Some(String::from("token"));
                    let effects = self.outbox.handle(self.now, Input::Identity(token));
                    if !self.execute(effects) {
                        return false;
                    }
                }
                Effect::Report(_) => {}
            }
        }
        true
    }

    fn post(&mut self, batch: u64, body: &str) {
        let spoiled = body.contains("\"poison\"");
        let accepted = Answer::Accepted { rejected: 0 };
        let refused = |status| Answer::Refused {
            status,
            retry_after_ms: None,
        };
        let kind = if self.calm { 9 } else { self.random.below(10) };
        let answer = match (kind, spoiled) {
            (0, _) => Answer::Unreachable,
            (1, _) => refused(503),
            (2, _) => Answer::Refused {
                status: 429,
                retry_after_ms: Some(3_000),
            },
            (3, _) if self.random.one_in(20) => refused(401),
            (_, true) => refused(400),
            (4, _) => {
                self.collector.take(self.seed, body);
                refused(500)
            }
            (5, _) => {
                self.collector.take(self.seed, body);
                Answer::Unreachable
            }
            (6, _) => {
                self.collector.take(self.seed, body);
                self.collector.take(self.seed, body);
                accepted
            }
            _ => {
                self.collector.take(self.seed, body);
                accepted
            }
        };
        let delay = if self.calm {
            20
        } else {
            i64::try_from(self.random.below(90_000)).unwrap()
        };
        self.answers.push((self.now.mono + delay, batch, answer));
    }

    /// The renderer dies; the next start finds the journal and takes it over.
    fn crash(&mut self) {
        self.crashes += 1;
        self.answers.clear();
        let dead: Vec<(u64, u64)> = self.storage.keys().copied().collect();
        self.berth = self.random.next();
        self.outbox = Outbox::new(Sender::default(), Writer(self.berth));
        let values = dead
            .iter()
            .filter_map(|key| self.storage.get(key).cloned())
            .collect();
        let effects = self.outbox.handle(self.now, Input::Adopt { values });
        // A long adoption has to come to an end now and then.
        let odds = core::mem::replace(&mut self.odds, 1_000);
        let is_done = self.execute(effects);
        self.odds = odds;
        if is_done {
            for key in dead {
                self.storage.remove(&key);
            }
        }
    }

    fn record(&mut self, worth: Worth, length: usize) {
        let meta = self.outbox.meta();
        let id = (meta.writer.0, meta.seq);
        let mut pad = "x".repeat(length);
        if self.random.one_in(40) {
            self.poisoned.insert(id);
            pad = "poison".to_owned();
        }
        let text = format!(
            "{{\"type\":\"track\",\"messageId\":\"{:016x}-{}\",\"seq\":{},\"pad\":\"{pad}\"}}",
            id.0, id.1, id.1
        );
        let berth = self.berth;
        let effects = self.outbox.handle(self.now, Input::Record { worth, text });
        self.execute(effects);
        // What was written into a journal is accepted, whatever died afterwards.
        if self.berth == berth
            || self
                .storage
                .values()
                .any(|text| text.contains(&format!("{:016x}-{}\"", id.0, id.1)))
        {
            self.accepted.insert(id);
        }
    }

    fn pass(&mut self, span: Millis) {
        self.now.mono += span;
        self.now.time = self.now.time.plus(span);
        let (come, later) = self
            .answers
            .drain(..)
            .partition(|(at, ..)| *at <= self.now.mono);
        self.answers = later;
        let come: Vec<(Millis, u64, Answer)> = come;
        for (_, batch, answer) in come {
            let random = self.random.next();
            let effects = self.outbox.handle(
                self.now,
                Input::Answered {
                    batch,
                    answer,
                    random,
                },
            );
            if !self.execute(effects) {
                return;
            }
        }
        if self.outbox.wake_at() <= self.now.mono {
            let effects = self.outbox.handle(self.now, Input::Wake);
            self.execute(effects);
        }
    }
}

fn run(seed: u64, steps: u32, length: u64) -> World {
    let mut world = World::new(seed);
    for _ in 0..steps {
        match world.random.below(12) {
            0..=5 => {
                let worths = [Worth::Held, Worth::Seen, Worth::Fact, Worth::Kept];
                let worth = worths[usize::try_from(world.random.below(4)).unwrap()];
                let length = usize::try_from(world.random.below(length)).unwrap();
                world.record(worth, length);
            }
            6 => {
                let effects = world.outbox.handle(world.now, Input::Hide);
                world.execute(effects);
            }
            7 => {
                let effects = world.outbox.handle(world.now, Input::Leave);
                world.execute(effects);
            }
            8 => {
                let random = world.random.next();
                let effects = world.outbox.handle(world.now, Input::Online { random });
                world.execute(effects);
            }
            _ => {
                let span = i64::try_from(world.random.below(20_000)).unwrap();
                world.pass(span);
            }
        }
    }
    // The network heals, and the next start tries again.
    world.calm = true;
    world.crash();
    for _ in 0..4_000 {
        if world.outbox.status().queued == 0 {
            break;
        }
        world.pass(1_000);
    }
    world
}

#[test]
fn every_event_arrives_and_counts_once_whatever_the_network_and_crashes_do() {
    let (mut crashes, mut doubles, mut events) = (0, 0, 0);
    for seed in 0..300 {
        let world = run(seed, 250, 400);
        assert_eq!(
            world.outbox.status().queued,
            0,
            "seed {seed}: the queue empties"
        );
        assert!(world.storage.is_empty(), "seed {seed}: the journal empties");
        for id in &world.accepted {
            assert!(
                world.collector.events.contains(id) || world.poisoned.contains(id),
                "seed {seed}: {id:?} is lost"
            );
            if world.poisoned.contains(id) && !world.collector.events.contains(id) {
                assert!(
                    world.collector.closed.contains(id),
                    "seed {seed}: {id:?} is not named"
                );
            }
        }
        crashes += world.crashes;
        doubles += world.collector.doubles;
        events += world.accepted.len();
    }
    // The faults have to have happened for the test to say anything.
    assert!(
        crashes > 1_000 && doubles > 1_000 && events > 20_000,
        "{crashes} {doubles} {events}"
    );
}

#[test]
fn what_is_dropped_for_room_is_named_and_nothing_else_is_lost() {
    let mut dropped = 0;
    for seed in 1_000..1_030 {
        let world = run(seed, 1_200, 3_000);
        assert!(world.storage.is_empty(), "seed {seed}: the journal empties");
        for id in &world.accepted {
            assert!(
                world.collector.events.contains(id) || world.collector.closed.contains(id),
                "seed {seed}: {id:?} is neither there nor named"
            );
        }
        dropped += world.collector.dropped;
    }
    assert!(dropped > 500, "{dropped}");
}
