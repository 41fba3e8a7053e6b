//! Two tabs of one person that record at the same time, and whose batches come late and out of order.
//!
//! It owns how the tabs lived: each told what the other stored, one in front at a time. A replay has to come
//! to the same crossings, limit hits and prompts, and to refuse nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use plimsoll::engine::Identity;
use plimsoll::engine::effect::{CrossingKind, Effect, Event};
use plimsoll::engine::input::{Context, Input, Now, Paint, Response, Said, Snapshot};
use plimsoll::engine::memory::Table;
use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use plimsoll::recording::Encoder;
use plimsoll::unit::{DAY_MS, ExposureId, Key, MINUTE_MS, SECOND_MS, Timestamp, Writer};
use plimsoll::wire::{EventMeta, recorded_json};
use plimsoll::{Engine, Memory};
use serde_json::{Value, json};

use super::lived::{Random, START_MS};
use super::{POLICY, Scene, text_of};

struct Tab {
    engine: Engine,
    encoder: Encoder,
    writer: Writer,
    born: i64,
    shown: Vec<ExposureId>,
    seq: u64,
    /// When its last batch came to the collector: a tab's own come in order.
    came: i64,
    sent: i64,
}

#[derive(Default)]
struct Seen {
    lines: Vec<(i64, String)>,
    /// By basis points, each crossing once.
    crossings: BTreeSet<(i64, u64)>,
    limit_hits: u64,
    /// By prompt.
    showings: BTreeMap<String, u64>,
}

struct Pair<'a> {
    plim: &'a Plim,
    user: String,
    at: i64,
    tabs: Vec<Tab>,
    seen: &'a mut Seen,
}

impl Pair<'_> {
    fn tell(&mut self, place: usize, input: Input) {
        let tab = &mut self.tabs[place];
        let now = Now {
            wall: Timestamp(self.at),
            mono: self.at - tab.born,
        };
        let about = match &input {
            Input::Painted { exposure, .. } | Input::Respond { exposure, .. } => {
                tab.engine.about_of(*exposure)
            }
            _ => Default::default(),
        };
        tab.encoder.record(now, &input, about);
        let is_merge = matches!(input, Input::Merge(_));
        let mut stores = false;
        for effect in tab.engine.handle(now, input) {
            match effect {
                Effect::Present(prompt) => {
                    let (exposure, paint) = (prompt.exposure, Paint::Rendered);
                    self.tabs[place].shown.push(exposure);
                    self.tell(place, Input::Painted { exposure, paint });
                }
                Effect::Withdraw { exposure, .. } => {
                    self.tabs[place].shown.retain(|known| *known != exposure);
                }
                Effect::Record(event) => self.count(&event),
                Effect::Persist(_) => stores = true,
                _ => {}
            }
        }
        if stores && !is_merge {
            let stored = self.tabs[place].engine.memory().clone();
            self.tell(1 - place, Input::Merge(Box::new(stored)));
        }
    }

    fn count(&mut self, event: &Event) {
        match event {
            Event::LimitHit { .. } => self.seen.limit_hits += 1,
            Event::ThresholdCrossed {
                crossing,
                kind: CrossingKind::Crossed,
                basis_points,
                ..
            } => {
                self.seen.crossings.insert((*basis_points, *crossing));
            }
            Event::PromptShown { about } => {
                let prompt = self.plim.root().prompts().get(about.prompt);
                let id = prompt.expect("of the policy").id().to_owned();
                *self.seen.showings.entry(id).or_default() += 1;
            }
            _ => {}
        }
    }

    /// Sends what a tab has recorded; it comes some minutes later.
    fn send(&mut self, place: usize, late: i64) {
        let tab = &mut self.tabs[place];
        tab.sent = self.at;
        let text = tab.encoder.take();
        if text.is_empty() {
            return;
        }
        tab.seq += 1;
        tab.came = (tab.came + 1).max(self.at + late);
        let meta = EventMeta {
            writer: tab.writer,
            seq: tab.seq,
            timestamp: Timestamp(self.at),
            user: &self.user,
            account: &self.user,
            revision: "r",
            arms: "",
        };
        let line = recorded_json(&text, 100, &meta);
        self.seen.lines.push((tab.came, line));
    }
}

/// An hour a day in two tabs.
fn live(plim: &Rc<Plim>, user: u64, days: i64, seen: &mut Seen) {
    let mut random = Random(user << 32);
    let mut below = |end: i64| random.below(end.unsigned_abs()).cast_signed();
    let (mut memory, mut used) = (Memory::default(), 0);
    for day in 0..days {
        let at = START_MS + day * DAY_MS;
        let tab = |place: u64| {
            let writer = Writer((user + 1) << 20 | day.cast_unsigned() << 1 | place);
            let (account, user) = (format!("u_{user}"), format!("u_{user}"));
            let identity = Identity {
                account,
                user,
                writer,
            };
            Tab {
                engine: Engine::new(Rc::clone(plim), identity, Some(memory.clone())),
                encoder: Encoder::default(),
                writer,
                born: at - 7 * place.cast_signed(),
                shown: Vec::new(),
                seq: 0,
                came: 0,
                sent: at,
            }
        };
        let mut pair = Pair {
            plim,
            user: format!("u_{user}"),
            at,
            tabs: vec![tab(0), tab(1)],
            seen,
        };
        let looks = |visible| {
            Input::Context(Context {
                visible,
                lease: visible,
                ..Context::default()
            })
        };
        let mut front = 0;
        for place in 0..2 {
            let mut snapshot = Box::new(Snapshot::default());
            snapshot.plan = Key::of("free");
            snapshot.number(Said::PlanEpoch as u32, 1);
            snapshot.number(Said::ServerTime as u32, at);
            snapshot.row(Table::Figure, u64::from(Key::of("emails").0), 0);
            snapshot.number(Said::Used as u32, used);
            pair.tell(place, Input::Snapshot(snapshot));
            pair.tell(place, looks(place == front));
        }
        let meter = Key::of("emails");
        while pair.at < at + 60 * MINUTE_MS {
            pair.at += 1 + below(20 * SECOND_MS);
            match below(30) {
                0 => {
                    pair.tell(front, looks(false));
                    front = 1 - front;
                    pair.tell(front, looks(true));
                }
                1 => pair.tell(front, Input::Attempt { meter, amount: 1 }),
                // A tab behind works on.
                2..6 => pair.tell(1 - front, Input::Use { meter, amount: 1 }),
                6..12 => {
                    if let Some(exposure) = pair.tabs[front].shown.pop() {
                        let response = Response::Later;
                        pair.tell(front, Input::Respond { exposure, response });
                    }
                }
                12..20 => pair.tell(front, Input::Use { meter, amount: 1 }),
                _ => {}
            }
            for (place, every) in [(0, 2), (1, 5)] {
                if pair.at - pair.tabs[place].sent > every * MINUTE_MS {
                    pair.send(place, below(4 * MINUTE_MS));
                }
            }
        }
        for place in 0..2 {
            pair.send(place, below(4 * MINUTE_MS));
        }
        let now = Now {
            wall: Timestamp(pair.at),
            mono: pair.at - pair.tabs[front].born,
        };
        used = pair.tabs[front].engine.read(now)[0].used;
        memory = pair.tabs[front].engine.memory().clone();
    }
}

#[test]
fn two_tabs_that_record_at_once_are_replayed_as_they_lived() {
    let scene = Scene::new("tabs");
    let bytes = Policy::parse(POLICY).expect("right").compile("en");
    let plim = Rc::new(Plim::open(&bytes).expect("compiled"));
    let mut seen = Seen::default();
    for user in 0..10 {
        live(&plim, user, 20, &mut seen);
    }
    seen.lines.sort();
    scene.write("inputs.jsonl", text_of(&seen.lines));
    let report = scene.report("inputs.jsonl", &[]);
    let inputs = &report["inputs"];
    assert_eq!(inputs["recordings"], json!(seen.lines.len()));
    assert_eq!(
        (&inputs["skipped_lines"], &inputs["missing_recordings"]),
        (&json!(0), &json!(0))
    );
    let of = |list: &Value, name: &str| -> BTreeMap<String, u64> {
        let rows = list.as_array().expect("a list").iter();
        let row = |row: &Value| {
            let count = row
                .get("showings")
                .or(row.get("count"))
                .and_then(Value::as_u64);
            (
                row[name].to_string().replace('"', ""),
                count.expect("a count"),
            )
        };
        rows.map(row).collect()
    };
    let mut crossings = BTreeMap::new();
    for (basis_points, _) in &seen.crossings {
        *crossings
            .entry(format!("{:.1}", *basis_points as f64 / 100.0))
            .or_default() += 1_u64;
    }
    assert_eq!(report["policy"]["limit_hits"], json!(seen.limit_hits));
    assert_eq!(of(&report["policy"]["crossings"], "percent"), crossings);
    assert_eq!(of(&report["policy"]["showings"], "prompt"), seen.showings);
}
