//! Finds out what became of a painting: on the screen, seen, never there, or a toast whose time is
//! up. It does not know what the prompt says. What it finds goes to [`crate::stage`].

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasm_bindgen::prelude::*;

use crate::dom::Ticker;
use crate::page::{self, Handler, PAGE, Sight, Sighting, Sightings, Tag};
use crate::stage::Stage;

/// How often a painting in the viewport is looked at. Finer would wake the page for nothing.
const TICK_MS: u32 = 250;
/// A prompt counts as seen after one second in the viewport of a visible page.
const SEEN_TICKS: u32 = 4;
/// A toast stays eight seconds: twice what its longest text takes to read aloud at a normal pace.
const FADE_TICKS: u32 = 32;
/// Half of a painting must be in the viewport.
const SIGHT: &str = r#"{"threshold":0.5}"#;

/// Watches one painting until dropped.
pub struct Watch {
    sight: Sight,
    _handler: Handler,
    _ticker: Rc<RefCell<Option<Ticker>>>,
}

impl Watch {
    pub fn new(stage: Weak<Stage>, exposure: &str, base: &Tag, fades: bool) -> Self {
        let ticker = Rc::default();
        let watched = Rc::new(Watched {
            stage,
            exposure: exposure.into(),
            base: base.clone(),
            fades,
            rendered: Cell::new(false),
            seen: Cell::new(false),
            ticks: Cell::new(0),
            ticker: Rc::downgrade(&ticker),
        });
        let handler = Handler::new(move |sightings: JsValue| {
            let sightings: &Sightings = sightings.unchecked_ref();
            watched.look(&sightings.pop());
        });
        let sight = Sight::new(&handler, &page::options(SIGHT));
        sight.observe(base);
        Self {
            sight,
            _handler: handler,
            _ticker: ticker,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.sight.disconnect();
    }
}

struct Watched {
    stage: Weak<Stage>,
    exposure: String,
    base: Tag,
    fades: bool,
    rendered: Cell<bool>,
    seen: Cell<bool>,
    ticks: Cell<u32>,
    ticker: Weak<RefCell<Option<Ticker>>>,
}

impl Watched {
    /// The observer's first call comes at the end of the first frame that had the painting in it,
    /// which is exactly when it can be said to be rendered.
    fn look(self: &Rc<Self>, sighting: &Sighting) {
        let (Some(stage), Some(ticker)) = (self.stage.upgrade(), self.ticker.upgrade()) else {
            return;
        };
        if !self.rendered.replace(true) {
            let there = self.base.width() > 0;
            stage.painted(&self.exposure, if there { "rendered" } else { "failed" });
        }
        self.ticks.set(0);
        let next = (sighting.in_view() && (self.fades || !self.seen.get())).then(|| {
            let watched = Rc::clone(self);
            Ticker::new(TICK_MS, Handler::new(move |_| watched.tick()))
        });
        ticker.replace(next);
    }

    fn tick(&self) {
        let Some(stage) = self.stage.upgrade() else {
            return;
        };
        // A toast under the pointer or with the focus in it waits, and starts anew afterwards.
        let held = self.fades && self.base.is(":hover,:focus-within");
        if held || PAGE.with(|page| page.hidden()) {
            return self.ticks.set(0);
        }
        let ticks = self.ticks.get().saturating_add(1);
        self.ticks.set(ticks);
        if ticks >= SEEN_TICKS && !self.seen.replace(true) {
            stage.painted(&self.exposure, "seen");
        }
        if self.fades {
            if ticks >= FADE_TICKS {
                stage.painted(&self.exposure, "faded");
            }
        } else if self.seen.get() {
            drop(self.ticker.upgrade().and_then(|ticker| ticker.take()));
        }
    }
}
