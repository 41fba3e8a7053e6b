//! Lives to be replayed: a page with the real engine and a recorder, and a person who uses and answers.
//!
//! It owns what happened, as recordings and as counts; it does not know how a replay is made.

use std::collections::BTreeMap;
use std::rc::Rc;

use plimsoll::engine::Identity;
use plimsoll::engine::effect::{Effect, Event, Surface};
use plimsoll::engine::input::{
    ActionKind, Context, Input, Now, Paint, Response, Said, Snapshot, Step,
};
use plimsoll::engine::memory::Table;
use plimsoll::plim::Plim;
use plimsoll::recording::{CHUNK_CHARS, Encoder};
use plimsoll::unit::{DAY_MS, Digest, ExposureId, Key, MINUTE_MS, Timestamp, Writer};
use plimsoll::wire::{EventMeta, recorded_json};
use plimsoll::{Engine, Memory};

/// 2026-01-05T09:00:00Z, a Monday.
pub const START_MS: i64 = 1_767_603_600_000;

pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 += 1;
        Digest::default().number(self.0.cast_signed()).finish() % end
    }

    fn span(&mut self, most_ms: i64) -> i64 {
        self.below(most_ms.unsigned_abs()).cast_signed()
    }
}

/// What happened to everybody.
#[derive(Default)]
pub struct Lived {
    /// `Inputs Recorded` events in the order in which they were sent.
    pub lines: Vec<(i64, String)>,
    /// By prompt and subject: how often it was shown, and by how many users it was seen.
    pub showings: BTreeMap<(String, String), (u64, u64)>,
    /// When an account hit a limit.
    pub limit_hits: Vec<(i64, String)>,
    pub inputs: u64,
}

/// Lives so many users for so many visits.
pub fn live(plim: &Rc<Plim>, users: u64, visits: u64) -> Lived {
    let mut lived = Lived::default();
    for user in 0..users {
        let account = format!("acc_{}", user / 2);
        let mut life = Life {
            plim: Rc::clone(plim),
            random: Random(user << 32),
            account,
            user: format!("u_{user}"),
            used: 0,
            at: START_MS,
            memory: Memory::default(),
            seen: Vec::new(),
            lived: &mut lived,
        };
        life.at += life.random.span(3 * DAY_MS);
        for visit in 0..visits {
            life.visit(Writer((user + 1) << 20 | visit));
            life.at += life.random.span(3 * DAY_MS);
        }
    }
    lived.lines.sort();
    lived
}

struct Life<'a> {
    plim: Rc<Plim>,
    random: Random,
    account: String,
    user: String,
    /// What the host's server has counted.
    used: i64,
    at: i64,
    memory: Memory,
    seen: Vec<u32>,
    lived: &'a mut Lived,
}

/// One page of a visit.
struct Page {
    engine: Engine,
    encoder: Encoder,
    born: i64,
    shown: Vec<(ExposureId, Surface)>,
    seq: u64,
}

impl Life<'_> {
    fn visit(&mut self, writer: Writer) {
        let identity = Identity {
            account: self.account.clone(),
            user: self.user.clone(),
            writer,
        };
        let memory = Some(self.memory.clone());
        let mut page = Page {
            engine: Engine::new(Rc::clone(&self.plim), identity, memory),
            encoder: Encoder::default(),
            born: self.at,
            shown: Vec::new(),
            seq: 0,
        };
        let looks = Context {
            visible: true,
            lease: true,
            ..Context::default()
        };
        let snapshot = self.snapshot(writer, &page);
        self.tell(&mut page, Input::Snapshot(snapshot));
        self.tell(&mut page, Input::Context(looks.clone()));
        for _ in 0..20 + self.random.below(60) {
            let most = if self.random.below(8) == 0 { 5 } else { 1 };
            self.pass(&mut page, most * MINUTE_MS / 4);
            let meter = Key::of("emails");
            match self.random.below(40) {
                0 => {
                    let snapshot = self.snapshot(writer, &page);
                    self.tell(&mut page, Input::Snapshot(snapshot));
                }
                1 => {
                    let (feature, step) = (Key::of("automation"), Step::Tried);
                    self.tell(&mut page, Input::Explore { feature, step });
                }
                2 | 3 => {
                    let busy = self.random.below(3) == 0;
                    let context = Context {
                        busy,
                        ..looks.clone()
                    };
                    self.tell(&mut page, Input::Context(context));
                }
                4..8 => self.answer(&mut page),
                8..12 => {
                    let amount = 1 + self.random.span(40);
                    self.tell(&mut page, Input::Attempt { meter, amount });
                }
                _ => {
                    let amount = 1 + self.random.span(2);
                    self.tell(&mut page, Input::Use { meter, amount });
                }
            }
            if page.encoder.len() > CHUNK_CHARS / 40 {
                self.send(&mut page, writer);
            }
        }
        // Nobody leaves something on the screen without an answer.
        while !page.shown.is_empty() {
            self.answer(&mut page);
        }
        self.send(&mut page, writer);
        self.used = page.engine.read(self.now(&page))[0].used;
        self.memory = page.engine.memory().clone();
    }

    /// What the host says: the figure that its server has, and whom it has counted.
    fn snapshot(&mut self, writer: Writer, page: &Page) -> Box<Snapshot> {
        let mut snapshot = Box::new(Snapshot::default());
        snapshot.plan = Key::of("free");
        snapshot.number(Said::PlanEpoch as u32, 1);
        // The server's clock and the device's differ.
        snapshot.number(Said::ServerTime as u32, self.at - 7_000);
        snapshot.row(Table::Figure, u64::from(Key::of("emails").0), 0);
        let (added, _) = page.engine.tally(Key::of("emails"));
        snapshot.number(Said::Used as u32, self.used + added);
        snapshot.row(Table::Cover, 0, writer.0);
        snapshot.number(Said::Added as u32, added);
        snapshot
    }

    /// Lets time pass, with the timers that the engine asks for.
    fn pass(&mut self, page: &mut Page, most: i64) {
        let end = self.at + 1 + self.random.span(most);
        loop {
            let wait = page
                .engine
                .next_wake()
                .since(page.engine.time(self.now(page)));
            if self.at + wait > end || wait <= 0 {
                break;
            }
            self.at += wait;
            self.tell(page, Input::Wake);
        }
        self.at = end;
    }

    fn answer(&mut self, page: &mut Page) {
        let Some(&(exposure, surface)) = page.shown.first() else {
            return;
        };
        self.at += 1;
        let response = match self.random.below(6) {
            _ if surface == Surface::Toast => {
                page.shown.remove(0);
                let paint = Paint::Faded;
                return self.tell(page, Input::Painted { exposure, paint });
            }
            0 => Response::Never,
            1 => Response::Act(ActionKind::Upgrade),
            2 => Response::Close,
            _ => Response::Later,
        };
        self.tell(page, Input::Respond { exposure, response });
        page.shown.retain(|(known, _)| *known != exposure);
        if matches!(response, Response::Act(_)) {
            let paint = Paint::Faded;
            self.tell(page, Input::Painted { exposure, paint });
        }
    }

    fn now(&self, page: &Page) -> Now {
        Now {
            wall: Timestamp(self.at),
            mono: self.at - page.born,
        }
    }

    fn tell(&mut self, page: &mut Page, input: Input) {
        let now = self.now(page);
        let about = match &input {
            Input::Painted { exposure, .. } | Input::Respond { exposure, .. } => {
                page.engine.about_of(*exposure)
            }
            _ => Default::default(),
        };
        page.encoder.record(now, &input, about);
        self.lived.inputs += 1;
        for effect in page.engine.handle(now, input) {
            match effect {
                Effect::Present(prompt) => {
                    let (exposure, paint) = (prompt.exposure, Paint::Rendered);
                    page.shown.push((exposure, prompt.surface));
                    self.tell(page, Input::Painted { exposure, paint });
                }
                Effect::Withdraw { exposure, .. } => {
                    page.shown.retain(|(known, _)| *known != exposure);
                }
                Effect::Record(event) => self.count(&event),
                _ => {}
            }
        }
    }

    fn count(&mut self, event: &Event) {
        if let Event::LimitHit { .. } = event {
            let hit = (self.at, self.account.clone());
            self.lived.limit_hits.push(hit);
        }
        let Event::PromptShown { about } = event else {
            return;
        };
        let root = self.plim.root();
        let prompt = root.prompts().get(about.prompt).expect("of the policy");
        let subject = match prompt.subject_kind() {
            1 => root.meters().get(prompt.subject()).map(|meter| meter.id()),
            2 => root
                .features()
                .get(prompt.subject())
                .map(|feature| feature.id()),
            _ => None,
        };
        let key = (
            prompt.id().to_owned(),
            subject.unwrap_or_default().to_owned(),
        );
        let (showings, users) = self.lived.showings.entry(key).or_default();
        *showings += 1;
        if !self.seen.contains(&about.prompt) {
            self.seen.push(about.prompt);
            *users += 1;
        }
    }

    fn send(&mut self, page: &mut Page, writer: Writer) {
        let text = page.encoder.take();
        if text.is_empty() {
            return;
        }
        page.seq += 1;
        let meta = EventMeta {
            writer,
            seq: page.seq,
            timestamp: Timestamp(self.at),
            user: &self.user,
            account: &self.account,
            revision: "r",
            arms: "",
        };
        self.lived
            .lines
            .push((self.at, recorded_json(&text, 20, &meta)));
    }
}
