//! A page that nobody sees: an engine, and what stands in for the painter and the person.
//!
//! It owns what a replay assumes: every prompt is painted at once, and one that nobody is known to have
//! answered is answered after a minute. It does not count; its events go to `person`.

use std::rc::Rc;

use plimsoll::engine::Identity;
use plimsoll::engine::effect::{Delta, Event, Surface};
use plimsoll::engine::input::{Context, Input, Now, Paint, Response};
use plimsoll::plim::Plim;
use plimsoll::recording::Told;
use plimsoll::unit::{ExposureId, Key, MINUTE_MS, SECOND_MS, Timestamp};
use plimsoll::{Effect, Engine, Memory};

/// How long a prompt stands before it gets the answer that is assumed.
const ANSWERED_AFTER_MS: i64 = MINUTE_MS;
/// A note fades by itself.
const FADES_AFTER_MS: i64 = 10 * SECOND_MS;
const NEVER: i64 = i64::MAX;

/// What is assumed of a person whose answer is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Respond {
    Later,
    Never,
    Ignore,
}

impl Respond {
    pub const NAMES: [(&'static str, Respond); 3] = [
        ("later", Respond::Later),
        ("never", Respond::Never),
        ("ignore", Respond::Ignore),
    ];
}

/// Something an engine recorded, and when by its own time.
pub type News = Vec<(Timestamp, Event)>;

pub struct Page {
    pub engine: Engine,
    respond: Respond,
    shown: Vec<Shown>,
    /// After which prompt the person was asked why, and what it was about.
    asked: Option<(ExposureId, (Key, Key))>,
    /// When the engine wants to be woken.
    wake: i64,
    visible: bool,
    /// When something last happened; its clocks never go back.
    pub at: i64,
}

/// A prompt on the screen.
struct Shown {
    exposure: ExposureId,
    about: (Key, Key),
    surface: Surface,
    /// When it gets its answer, or fades.
    due: i64,
}

impl Page {
    pub fn new(plim: &Rc<Plim>, identity: Identity, memory: Memory, respond: Respond) -> Page {
        Page {
            engine: Engine::new(Rc::clone(plim), identity, Some(memory)),
            respond,
            shown: Vec::new(),
            asked: None,
            wake: NEVER,
            visible: false,
            at: 0,
        }
    }

    /// Tells the engine what was recorded.
    pub fn told(&mut self, at: i64, told: &Told, news: &mut News) {
        let at = at.max(self.at);
        self.pass(at, true, news);
        match told {
            // Whoever looks has the lease: a replay has one page at a time.
            Told::Input(Input::Context(context)) => {
                let lease = true;
                let context = context.clone();
                self.tell(at, Input::Context(Context { lease, ..context }), news);
            }
            Told::Input(input) => self.tell(at, input.clone(), news),
            Told::Painted {
                prompt,
                subject,
                paint,
            } => self.was_painted(at, (*prompt, *subject), *paint, news),
            Told::Respond {
                prompt,
                subject,
                response,
            } => {
                // A note and a dialog may be about the same: whoever answers means the dialog.
                let about = (*prompt, *subject);
                let found = self.shown.iter().filter(|shown| shown.about == about);
                let found = found.min_by_key(|shown| shown.surface == Surface::Toast);
                if let Some(exposure) = found.map(|shown| shown.exposure) {
                    self.respond(at, exposure, *response, news);
                }
            }
            Told::Because {
                prompt,
                subject,
                objection,
            } => {
                let asked = self.asked.filter(|(_, of)| *of == (*prompt, *subject));
                if let Some((exposure, _)) = asked {
                    let objection = *objection;
                    let input = Input::Because {
                        exposure,
                        objection,
                    };
                    self.tell(at, input, news);
                }
            }
            Told::LeftOut(_) => {}
        }
    }

    /// What was shown then and is shown now keeps the answer it got then, however late.
    fn was_painted(&mut self, at: i64, about: (Key, Key), paint: Paint, news: &mut News) {
        let mut alike = self.shown.iter_mut().filter(|shown| shown.about == about);
        let found = match paint {
            Paint::Rendered => alike.find(|shown| shown.due != NEVER),
            Paint::Faded => alike.find(|shown| shown.surface == Surface::Toast),
            Paint::Seen | Paint::Failed => None,
        };
        if let Some(shown) = found {
            shown.due = if paint == Paint::Faded { at } else { NEVER };
        }
        self.pass(at, true, news);
    }

    /// Lets time pass: answers that are due, and, while somebody looks, the engine's own timers.
    pub fn pass(&mut self, at: i64, looks: bool, news: &mut News) {
        loop {
            let due = self.shown.iter().map(|shown| shown.due).min();
            let due = due.unwrap_or(NEVER);
            let wake = if looks && self.visible {
                self.wake
            } else {
                NEVER
            };
            let next = due.min(wake);
            if next > at {
                return;
            }
            if due > wake {
                self.tell(wake, Input::Wake, news);
                if self.wake <= self.at {
                    // One that wants to be woken at once, and again, waits for the next input.
                    self.wake = NEVER;
                }
                continue;
            }
            let mut shown = self.shown.iter();
            let Some(place) = shown.position(|shown| shown.due == due) else {
                return;
            };
            let due = due.max(self.at);
            let (exposure, surface) = (self.shown[place].exposure, self.shown[place].surface);
            self.shown[place].due = NEVER;
            match self.respond {
                _ if surface == Surface::Toast => self.fade(due, place, news),
                Respond::Later => self.respond(due, exposure, Response::Later, news),
                Respond::Never => self.respond(due, exposure, Response::Never, news),
                Respond::Ignore => {}
            }
        }
    }

    fn respond(&mut self, at: i64, exposure: ExposureId, response: Response, news: &mut News) {
        self.tell(at, Input::Respond { exposure, response }, news);
        // Whoever acted has left for the checkout or a form.
        let mut shown = self.shown.iter();
        if let Some(place) = shown.position(|shown| shown.exposure == exposure) {
            self.fade(at, place, news);
        }
    }

    fn fade(&mut self, at: i64, place: usize, news: &mut News) {
        let exposure = self.shown.remove(place).exposure;
        let paint = Paint::Faded;
        self.tell(at, Input::Painted { exposure, paint }, news);
    }

    /// One input, and all that follows from it at once.
    pub fn tell(&mut self, at: i64, input: Input, news: &mut News) {
        self.at = self.at.max(at);
        let now = Now {
            wall: Timestamp(self.at),
            mono: self.at,
        };
        if let Input::Context(context) = &input {
            self.visible = context.visible;
        }
        let counts = matches!(input, Input::Use { .. } | Input::Release { .. });
        let mut effects = self.engine.handle(now, input);
        if counts && effects == [Effect::Persist(Delta::Tally)] {
            return;
        }
        let time = self.engine.time(now);
        let mut painted = 0;
        while !effects.is_empty() {
            for effect in std::mem::take(&mut effects) {
                match effect {
                    Effect::Present(prompt) => {
                        painted += 1;
                        let due = if prompt.surface == Surface::Toast {
                            FADES_AFTER_MS
                        } else {
                            ANSWERED_AFTER_MS
                        };
                        let inline = prompt.surface == Surface::Inline;
                        self.shown.push(Shown {
                            exposure: prompt.exposure,
                            about: self.engine.about_of(prompt.exposure),
                            surface: prompt.surface,
                            due: if inline { NEVER } else { self.at + due },
                        });
                        let (exposure, paint) = (prompt.exposure, Paint::Rendered);
                        effects.extend(self.engine.handle(now, Input::Painted { exposure, paint }));
                    }
                    Effect::Withdraw { exposure, .. } => {
                        self.shown.retain(|shown| shown.exposure != exposure);
                    }
                    Effect::Record(event) => news.push((time, event)),
                    Effect::Ask { exposure } => {
                        self.asked = Some((exposure, self.engine.about_of(exposure)));
                    }
                    Effect::Update(_)
                    | Effect::Persist(_)
                    | Effect::Announce(_)
                    | Effect::Want { .. } => {}
                }
            }
            debug_assert!(painted < 10_000, "an engine that presents without end");
        }
        // The engine's time is the server's; timers run by the device's.
        let wait = self.engine.next_wake().since(time).max(0);
        self.wake = self.at.saturating_add(wait);
    }

    /// When something may happen without an input: an answer, or a timer of the engine's.
    pub fn next(&self) -> i64 {
        let dues = self.shown.iter().map(|shown| shown.due);
        dues.min().unwrap_or(NEVER).min(self.wake)
    }
}
