//! A simulated world: a host's server, up to four tabs of one browser, their storage with its delays, the
//! lease, clocks that people set, pages that die. It makes inputs at random and hands every input with its
//! effects to `watch`, which knows the guarantees. One seed is one world.

#[path = "acts.rs"]
mod acts;
#[path = "counts.rs"]
pub mod counts;

use super::host::Host;
use super::known::{Known, Said, Truth};
use super::random::Random;
use super::watch::{Event, Watch, taken};
use crate::spec_reader::clock;
use crate::spec_reader::snapshot::Snapshot;
use crate::spec_reader::tab::{Identity, Stored, Tab};
use counts::{Counts, Fault};
use plimsoll::Effect;
use plimsoll::engine::input::{ActionKind, Input, Paint, Response};
use plimsoll::engine::memory::Memory;
use plimsoll::plim::Plim;
use plimsoll::unit::{ExposureId, Writer};
use std::rc::Rc;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Memory has room for what a snapshot says of so many pages; figures beyond are approximate (G10).
const PAGES_MAX: usize = 45;
const TABS_MAX: usize = 4;
/// Why prompts are held is asked once in so many steps.
const ASKED_EVERY: u64 = 20;
const FEATURES: [&str; 5] = ["automation", "api", "roles", "sso", "audit"];
pub const METERS: [&str; 7] = [
    "emails", "calls", "tokens", "seats", "rooms", "desks", "exports",
];

/// What a berth holds: the memory's bytes, the line of uses since, and what its tab knew.
#[derive(Clone, Default)]
struct Berth {
    bytes: Vec<u8>,
    line: Vec<u8>,
    known: Known,
}

/// A page in one of the tabs.
struct Page {
    tab: Tab,
    watch: Watch,
    born: i64,
    /// Prompts on its screen, whether rendered, and whether an action of theirs is under way.
    screen: Vec<(ExposureId, bool, bool)>,
    actions: Vec<(ExposureId, Vec<ActionKind>)>,
    /// Its storage has refused something, so that the whole memory is to be written next.
    unwritten: bool,
}

/// The world.
pub struct World {
    random: Random,
    plim: Rc<Plim>,
    host: Host,
    time: i64,
    wall_shift: i64,
    /// Nobody sets this device's clock, so that pages may begin without a snapshot.
    steady: bool,
    /// What people here mostly bump into.
    favourite: &'static str,
    /// The host's `counted` is exact for every meter, or only settled by time.
    exact: bool,
    pages: Vec<Option<Page>>,
    berths: Vec<Option<Berth>>,
    /// Copies of berths on their way to other tabs, as storage events bring them.
    copies: Vec<(Memory, Known)>,
    lease: Option<usize>,
    next_writer: u64,
    pages_begun: usize,
    old_snapshots: Vec<(Snapshot, Truth)>,
    /// Memories that were reached, for the laws of merging.
    pub reached: Vec<Memory>,
    /// Everything that happened, as one number: the same seed gives the same.
    pub digest: u64,
    /// Whether that number is wanted: making it takes longer than the engine.
    pub digested: bool,
    /// How often what came.
    pub counts: Counts,
    /// Steps taken so far.
    pub steps: u64,
    /// What happened, one entry for each input, when somebody wants to read it.
    pub log: Option<Vec<String>>,
}

impl World {
    /// A world of its own for each seed.
    pub fn new(plim: Rc<Plim>, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let time = 1_795_341_600_000 + random.between(0, 40 * DAY_MS);
        let host = Host::new(&mut random, time);
        Self {
            plim,
            host,
            time,
            wall_shift: 0,
            steady: random.percent(50),
            favourite: random.pick(&METERS).copied().unwrap_or("emails"),
            exact: random.percent(50),
            pages: (0..TABS_MAX).map(|_| None).collect(),
            berths: vec![None; TABS_MAX],
            copies: Vec::new(),
            lease: None,
            next_writer: seed.wrapping_mul(0x1_0000).wrapping_add(0x1000),
            pages_begun: 0,
            old_snapshots: Vec::new(),
            reached: Vec::new(),
            digest: 0,
            digested: false,
            counts: Counts::default(),
            steps: 0,
            log: None,
            random,
        }
    }

    /// Lives for so many steps. The error is the guarantee that was broken.
    pub fn live(&mut self, steps: u64) -> Result<(), String> {
        self.open(0)?;
        let end = self.steps + steps;
        while self.steps < end {
            let span = self.span();
            if span > 10 * MINUTE_MS {
                self.paint_what_waits()?;
            }
            self.pass_time(span);
            self.step()?;
            self.look_at_all_tabs()?;
        }
        Ok(())
    }

    /// A painter takes moments, not hours.
    fn paint_what_waits(&mut self) -> Result<(), String> {
        for index in 0..TABS_MAX {
            let waiting = |page: &Page| {
                page.screen
                    .iter()
                    .find(|(_, rendered, _)| !rendered)
                    .map(|(id, _, _)| *id)
            };
            while let Some(exposure) = self
                .pages
                .get(index)
                .and_then(Option::as_ref)
                .and_then(waiting)
            {
                let paint = if self.random.percent(80) {
                    Paint::Rendered
                } else {
                    Paint::Failed
                };
                self.counts.count(&Fault::PaintedLate);
                self.tell(
                    index,
                    Input::Painted { exposure, paint },
                    Event::Painted(exposure, paint),
                )?;
            }
        }
        Ok(())
    }

    /// How long until the next thing happens: mostly moments, sometimes days.
    fn span(&mut self) -> i64 {
        let random = &mut self.random;
        match random.below(1_000) {
            0..700 => random.between(1, 10 * SECOND_MS),
            700..900 => random.between(SECOND_MS, 20 * MINUTE_MS),
            900..985 => random.between(MINUTE_MS, 8 * HOUR_MS),
            985..998 => random.between(HOUR_MS, 3 * DAY_MS),
            _ => random.between(DAY_MS, 40 * DAY_MS),
        }
    }

    fn pass_time(&mut self, span: i64) {
        self.time += span;
        if span > DAY_MS && self.pages.iter().any(Option::is_some) {
            self.counts.count(&Fault::LongSleep);
        }
        self.host.live(&mut self.random, self.time);
        if !self.steady && self.random.percent(2) {
            // Somebody sets the clock, a year ahead or back, or right again.
            let shift = [0, 0, 365 * DAY_MS, -365 * DAY_MS, 3 * DAY_MS, -HOUR_MS]
                .get(self.random.below(6) as usize)
                .copied()
                .unwrap_or(0);
            if shift != self.wall_shift {
                let ahead = shift > self.wall_shift;
                self.counts.count(&if ahead {
                    Fault::ClockAhead
                } else {
                    Fault::ClockBack
                });
            }
            self.wall_shift = shift;
        }
    }

    fn step(&mut self) -> Result<(), String> {
        let index = self.random.below(TABS_MAX as u64) as usize;
        if self.pages.get(index).is_none_or(Option::is_none) {
            // Most of the time there are one or two tabs.
            let others = self.pages.iter().flatten().count() as u64;
            return if self.random.below(12) < 3_u64.saturating_sub(others) {
                self.open(index)
            } else {
                self.step_in_any()
            };
        }
        self.step_in(index)
    }

    fn step_in_any(&mut self) -> Result<(), String> {
        match self.pages.iter().position(Option::is_some) {
            Some(index) => self.step_in(index),
            None => self.open(0),
        }
    }

    fn step_in(&mut self, index: usize) -> Result<(), String> {
        match self.random.below(100) {
            0..30 => self.use_something(index),
            30..38 => self.attempt(index),
            38..46 => self.explore(index),
            46..60 => self.snapshot(index),
            60..72 => self.respond(index),
            72..76 => self.paint(index),
            76..84 => self.merge(index),
            84..89 => self.page(index),
            89..91 => self.pass_lease(index),
            91..94 => self.restart(index),
            94..95 => self.close(index),
            95..97 => self.plan_or_purchase(index),
            _ => self.tell(index, Input::Wake, Event::Nothing),
        }
    }

    fn berth(&self, index: usize) -> Option<(Memory, Known)> {
        let berth = self.berths.get(index)?.as_ref()?;
        let mut memory = Memory::decode(&berth.bytes)?;
        memory.merge(&Memory::decode(&berth.line).unwrap_or_default());
        Some((memory, berth.known.clone()))
    }

    /// The lease goes to another tab when its holder does not want it, is gone, or is put away by the browser.
    fn pass_lease(&mut self, index: usize) -> Result<(), String> {
        if let Some(holder) = self.lease {
            let page = self.pages.get_mut(holder).and_then(Option::as_mut);
            if let Some(page) = page.filter(|_| holder != index) {
                let acting = page.screen.iter().any(|(_, _, acting)| *acting);
                if page.tab.wants_lease() && (acting || !self.random.percent(30)) {
                    return Ok(());
                }
                if page.tab.wants_lease() {
                    self.counts.count(&Fault::LeaseLost);
                }
                page.tab.context.lease = false;
                let context = page.tab.context.clone();
                self.lease = None;
                self.tell(holder, Input::Context(context), Event::Nothing)?;
            }
        }
        // Whoever gets it first reads what the others have stored.
        for other in 0..TABS_MAX {
            if other != index
                && let Some((memory, known)) = self.berth(other)
            {
                self.tell(
                    index,
                    Input::Merge(Box::new(memory)),
                    Event::Met(Box::new(known)),
                )?;
            }
        }
        let Some(page) = self.pages.get_mut(index).and_then(Option::as_mut) else {
            return Ok(());
        };
        self.lease = Some(index);
        page.tab.context.lease = true;
        let context = page.tab.context.clone();
        self.tell(index, Input::Context(context), Event::Nothing)
    }

    /// The page dies without a word and opens again in its berth.
    fn restart(&mut self, index: usize) -> Result<(), String> {
        let had_lease = self.lease == Some(index);
        self.die(index);
        self.counts.count(&Fault::Restarted);
        self.open(index)?;
        if had_lease {
            self.pass_lease(index)
        } else {
            Ok(())
        }
    }

    fn close(&mut self, index: usize) -> Result<(), String> {
        self.die(index);
        self.counts.count(&Fault::Killed);
        Ok(())
    }

    fn die(&mut self, index: usize) {
        if let Some(page) = self.pages.get_mut(index).and_then(Option::take)
            && !page.screen.is_empty()
        {
            self.counts.count(&Fault::KilledShowing);
        }
        if self.lease == Some(index) {
            self.counts.count(&Fault::KilledLeased);
            self.lease = None;
        }
    }

    fn open(&mut self, index: usize) -> Result<(), String> {
        self.pages_begun += 1;
        let writer = Writer(self.next_writer);
        self.next_writer += 1;
        let identity = Identity {
            account: self.host.account.clone(),
            user: self.host.user.clone(),
            writer,
        };
        let damaged = self.random.percent(6);
        let (stored, known) = match self.berths.get(index).and_then(Option::as_ref) {
            None => (Stored::Nothing, Known::default()),
            Some(berth) if damaged && !berth.bytes.is_empty() => {
                let mut bytes = berth.bytes.clone();
                let place = self.random.below(bytes.len() as u64) as usize;
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << self.random.below(8);
                }
                (Stored::Bytes(bytes), Known::default())
            }
            Some(berth) => (
                Stored::BytesAndLine(berth.bytes.clone(), berth.line.clone()),
                berth.known.clone(),
            ),
        };
        let damaged = damaged && matches!(stored, Stored::Bytes(_));
        if let Stored::Bytes(bytes) = &stored
            && Memory::decode(bytes).is_none()
        {
            self.counts.count(&Fault::MemoryDamaged);
        }
        if let Some(berth) = self.berths.get_mut(index).filter(|_| damaged) {
            // What cannot be read is set aside.
            *berth = None;
        }
        let mut tab = Tab::start(Rc::clone(&self.plim), &identity, stored);
        (tab.context.visible, tab.context.lease) = (true, false);
        if let Some(Some(berth)) = self.berths.get_mut(index) {
            // Whoever takes a berth over writes the whole memory before it writes lines of its own.
            (berth.bytes, berth.line) = (tab.stored(), Vec::new());
        }
        let watch = Watch::new(
            Rc::clone(&self.plim),
            known,
            damaged,
            self.pages_begun <= PAGES_MAX,
        );
        let context = tab.context.clone();
        let page = Page {
            tab,
            watch,
            born: self.time,
            screen: Vec::new(),
            actions: Vec::new(),
            unwritten: false,
        };
        if let Some(kept) = self.pages.get_mut(index) {
            *kept = Some(page);
        }
        if self.steady && self.random.percent(30) {
            self.counts.count(&Fault::SnapshotMissing);
            return self.tell(index, Input::Context(context), Event::Nothing);
        }
        // A host that starts brings its snapshot, so that a clock that is off has no say.
        let (snapshot, truth) = self.fresh_snapshot();
        self.tell(index, Input::Snapshot(snapshot.told()), Event::Told(truth))?;
        self.tell(index, Input::Context(context), Event::Nothing)
    }

    /// Tells a page's engine, paints what it shows, stores what it wants stored, and has it all watched.
    fn tell(&mut self, index: usize, input: Input, event: Event) -> Result<(), String> {
        self.steps += 1;
        let Some(page) = self.pages.get_mut(index).and_then(Option::as_mut) else {
            return Ok(());
        };
        let now = Tab::now(self.time, page.born, self.wall_shift);
        let responded = match &event {
            Event::Responded(exposure, response) => Some((*exposure, *response)),
            _ => None,
        };
        let told = if self.log.is_some() {
            format!("{input:?}")
        } else {
            String::new()
        };
        self.counts.told(&input);
        let (effects, _) = page.tab.tell(now, input);
        self.counts.said(&effects);
        if self.steps.is_multiple_of(ASKED_EVERY) {
            for judgement in page.tab.judgements(now) {
                if let Some(reason) = judgement.held {
                    self.counts.count(&reason);
                }
            }
        }
        if self.digested {
            self.digest = digest(self.digest, &effects);
        }
        if let Some(log) = &mut self.log {
            log.push(format!(
                "{} tab {index} {told}\n{}",
                clock::text(self.time),
                lines(&effects)
            ));
        }
        page.watch
            .observe(self.time, &event, &effects, &page.tab, now)
            .map_err(|error| format!("{error}\n  in tab {index} at {}", clock::text(self.time)))?;
        match event {
            Event::Painted(exposure, Paint::Failed | Paint::Faded) => {
                page.screen.retain(|(id, _, _)| *id != exposure)
            }
            Event::Painted(exposure, _) => page
                .screen
                .iter_mut()
                .filter(|shown| shown.0 == exposure)
                .for_each(|shown| shown.1 = true),
            _ => {}
        }
        if let Some((exposure, response)) = responded {
            match response {
                Response::Act(action)
                    if !matches!(action, ActionKind::Later | ActionKind::Never) =>
                {
                    page.screen
                        .iter_mut()
                        .filter(|shown| shown.0 == exposure)
                        .for_each(|shown| shown.2 |= taken(&effects));
                }
                _ => page.screen.retain(|(id, _, _)| *id != exposure),
            }
        }
        let mut shown = Vec::new();
        let mut store = None;
        for effect in &effects {
            match effect {
                Effect::Present(prompt) => {
                    page.screen.push((prompt.exposure, false, false));
                    page.actions
                        .push((prompt.exposure, prompt.actions.iter().collect()));
                    shown.push(prompt.exposure);
                }
                Effect::Update(prompt) => {
                    let known = page
                        .actions
                        .iter_mut()
                        .find(|(id, _)| *id == prompt.exposure);
                    if let Some((_, actions)) = known {
                        *actions = prompt.actions.iter().collect();
                    }
                }
                Effect::Withdraw { exposure, .. } => {
                    page.screen.retain(|(id, _, _)| id != exposure)
                }
                Effect::Persist(delta) => store = Some(*delta),
                _ => {}
            }
        }
        if store.is_some() && self.random.below(500) == 0 {
            // What another tab or the host has not seen has not happened.
            self.die(index);
            self.counts.count(&Fault::KilledBeforeStoring);
            return Ok(());
        }
        self.store(index, store)?;
        if !shown.is_empty() && self.random.percent(90) {
            self.time += self.random.between(1, 200);
            for exposure in shown {
                self.tell(
                    index,
                    Input::Painted {
                        exposure,
                        paint: Paint::Rendered,
                    },
                    Event::Painted(exposure, Paint::Rendered),
                )?;
            }
        }
        Ok(())
    }

    /// Writes what the engine asked to be written, and only that.
    fn store(
        &mut self,
        index: usize,
        delta: Option<plimsoll::engine::effect::Delta>,
    ) -> Result<(), String> {
        use plimsoll::engine::effect::Delta;
        let (Some(page), Some(kept)) = (
            self.pages.get_mut(index).and_then(Option::as_mut),
            self.berths.get_mut(index),
        ) else {
            return Ok(());
        };
        if delta.is_some() && !page.tab.context.storage {
            self.counts.count(&Fault::StorageRefused);
            page.unwritten = true;
        }
        let delta = match delta {
            // Whose storage works again writes the whole memory first.
            Some(_) if page.unwritten && page.tab.context.storage => {
                page.unwritten = false;
                Some(Delta::Memory)
            }
            _ if page.unwritten => return Ok(()),
            delta => delta,
        };
        let berth = kept.get_or_insert_default();
        match delta {
            None => {}
            Some(Delta::Tally) => berth.line = page.tab.line(),
            Some(Delta::Memory) => {
                berth.bytes = page.tab.stored();
                berth.line = Vec::new();
                if self.digested {
                    self.digest = folded(self.digest, &berth.bytes);
                }
                page.watch.stored(&berth.bytes)?;
            }
        }
        berth.known = page.watch.known.clone();
        if delta.is_some() && self.random.percent(3) {
            let memory = page.tab.memory().clone();
            self.copies.push((memory, page.watch.known.clone()));
            if self.copies.len() > 6 {
                self.copies.remove(0);
            }
        }
        if delta.is_some() && self.reached.len() < 60 && self.random.percent(6) {
            self.reached.push(page.tab.memory().clone());
        }
        if self.random.percent(2) {
            page.watch
                .nothing_is_lost(&berth.bytes, &berth.line, &page.tab)?;
        }
        Ok(())
    }

    /// G1: over all tabs at most one dialog, in each at most one banner.
    fn look_at_all_tabs(&self) -> Result<(), String> {
        let open = |page: &Page| page.watch.interrupts_open();
        let dialogs: usize = self.pages.iter().flatten().map(open).sum();
        if dialogs > 1 {
            return Err(format!("G1: {dialogs} dialogs are open at once"));
        }
        Ok(())
    }
}

/// What was dismissed by a response, if anything.
pub fn said(response: Response) -> Option<Said> {
    match response {
        Response::Later | Response::Close | Response::Act(ActionKind::Later) => Some(Said::Later),
        Response::Never | Response::Act(ActionKind::Never) => Some(Said::Never),
        Response::Act(_) => None,
    }
}

fn lines(effects: &[Effect]) -> String {
    effects
        .iter()
        .map(|effect| format!("    {effect:?}\n"))
        .collect()
}

fn digest(before: u64, effects: &[Effect]) -> u64 {
    folded(before, format!("{effects:?}").as_bytes())
}

fn folded(before: u64, bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(before ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}
