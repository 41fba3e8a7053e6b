//! The decision engine: a pure state machine that is told what happened and answers with effects.
//! Owns the order in which an input is taken in, reconciled and decided; asks for nothing itself.
//! Inputs come from `modules/start` or a test; effects go back there.
//!
//! `account` and `usage` turn the snapshot and local uses into readings, `crossing` finds what was
//! passed, `judge` and `pacing` hold or let pass, `decide` changes the screen, `respond` takes answers.

mod account;
mod action;
mod attempt;
mod clock;
mod compact;
mod crossing;
mod daily;
mod decide;
pub mod effect;
mod entry;
mod experiment;
pub mod explain;
pub mod input;
mod judge;
mod ledger;
pub mod memory;
mod named;
pub mod pace;
mod pacing;
pub mod period;
pub mod present;
mod question;
mod respond;
mod signals;
mod usage;

pub use attempt::Answer;
pub(crate) use compact::{EXPLORED_MAX, NEWEST_MAX};
pub(crate) use judge::EXPLORED_FRESH_MS;
pub use judge::Judgement;
pub use respond::intent_id;

use crate::plim::{NONE, Plim};
use crate::pql::BuiltIn;
use crate::unit::{COUNT_MAX, ExposureId, Key, Timestamp, Writer};
use account::Account;
use clock::Clock;
use crossing::{MeterView, Scene};
use decide::Shown;
use effect::{Delta, Effect, Event, Reading};
use entry::Entry;
use experiment::Arms;
use input::{Context, Input, Now};
use ledger::Exposure;
use memory::{Memory, Table};
use signals::Standing;
use std::rc::Rc;

/// In place of a meter: nothing is to be decided.
const NOTHING: u32 = NONE - 1;

/// Who is looking, and which writer this tab is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The host's id of the account.
    pub account: String,
    /// The host's id of the user.
    pub user: String,
    /// This tab's berth with its generation.
    pub writer: Writer,
}

/// The engine of one tab for one account and user.
#[derive(Debug)]
pub struct Engine {
    /// Shared: one process may run the engines of many people.
    plim: Rc<Plim>,
    identity: Identity,
    memory: Memory,
    /// Stored memory could be read; otherwise nothing interrupts in this page life.
    readable: bool,
    /// A snapshot has come in this page life.
    fresh: bool,
    account: Account,
    meters: Vec<MeterView>,
    /// When the next period ends, and readings have to be made anew.
    roll_at: Timestamp,
    context: Context,
    clock: Clock,
    owner: String,
    /// What the page's newest snapshot says of account and user; "" before there is one.
    attributes: String,
    shown: Vec<Shown>,
    /// What every decision asks of each prompt, by index.
    entries: Vec<Entry>,
    /// The route is where one of the policy's own actions leads.
    on_target: bool,
    /// When the first of those held could be eligible; [`Timestamp::MAX`] where that is not known.
    eligible_at: Timestamp,
    lease_wanted: bool,
    arms: Arms,
    standing: Standing,
    /// The prompt after which the person was asked why and has not answered.
    asked_why: Option<Exposure>,
    /// Rows at which memory is bounded again.
    compact_at: usize,
    dirty: Dirty,
}

#[derive(Clone, Copy, Debug, Default)]
struct Dirty {
    tally: bool,
    memory: bool,
}

impl Engine {
    /// An engine that remembers. Memory that could not be read is `None`: then nothing interrupts in this
    /// page life.
    #[must_use]
    pub fn new(plim: impl Into<Rc<Plim>>, identity: Identity, memory: Option<Memory>) -> Self {
        let plim = plim.into();
        let readable = memory.is_some();
        let mut engine = Self {
            account: Account::default(),
            entries: Vec::new(),
            plim,
            identity,
            memory: memory.unwrap_or_default(),
            readable,
            fresh: false,
            meters: Vec::new(),
            roll_at: Timestamp(0),
            context: Context::default(),
            clock: Clock::default(),
            owner: String::new(),
            attributes: String::new(),
            shown: Vec::new(),
            on_target: false,
            eligible_at: Timestamp::MAX,
            lease_wanted: false,
            arms: Arms::default(),
            standing: Standing::default(),
            asked_why: None,
            compact_at: 0,
            dirty: Dirty::default(),
        };
        engine.restart();
        engine
    }

    /// Begins again for another identity: what is remembered stays.
    pub fn renew(&mut self, identity: Identity) {
        self.identity = identity;
        self.restart();
    }

    /// Begins again with another policy, or the same in another locale: what is remembered stays.
    pub fn replace_policy(&mut self, plim: Plim) {
        self.plim = Rc::new(plim);
        self.restart();
    }

    /// Remembers, before the first input, what else was stored. What could not be read counts as in
    /// [`Engine::new`].
    pub fn recall(&mut self, memory: &Memory, readable: bool) {
        self.memory.merge(memory);
        self.readable &= readable;
        self.restart();
    }

    /// Forgets what only this page life knew.
    #[inline(never)]
    fn restart(&mut self) {
        self.account = Account::read(&self.plim, &self.memory);
        self.entries = entry::entries(&self.plim);
        self.meters.clear();
        self.shown.clear();
        self.owner.clear();
        self.attributes.clear();
        self.fresh = false;
        self.context = Context::default();
        // Readings are made anew at the next input; what time it is stays known.
        self.roll_at = Timestamp(0);
        self.on_target = false;
        self.eligible_at = Timestamp::MAX;
        self.lease_wanted = false;
        self.arms = Arms::default();
        self.standing = Standing::default();
        self.asked_why = None;
        self.compact_at = 0;
        self.dirty = Dirty::default();
    }

    /// Takes an input in and answers with everything that has to happen, in order.
    pub fn handle(&mut self, device: Now, input: Input) -> Vec<Effect> {
        let mut out = Vec::new();
        let now = self.tick(device, &mut out);
        self.attend(&input, now, &mut out);
        let mut about = self.take_in(input, now, &mut out);
        if core::mem::take(&mut self.standing.moved) {
            about = NONE;
        }
        // A snapshot may have set engine time: what is decided and forgotten goes by the new time.
        let now = self.time(device);
        if about != NOTHING {
            self.decide(now, about, &mut out);
        }
        self.finish(now, &mut out);
        out
    }

    /// Takes in what happened. Answers the meter that the prompts to be decided are about: [`NONE`] for all
    /// prompts, [`NOTHING`] when none is to be.
    fn take_in(&mut self, input: Input, now: Timestamp, out: &mut Vec<Effect>) -> u32 {
        match input {
            Input::Use { meter, amount } => return self.count(meter, amount.max(0), now, out),
            Input::Release { meter, amount } => {
                return self.count(meter, amount.max(0).wrapping_neg(), now, out);
            }
            Input::Snapshot(snapshot) => return self.snapshot(snapshot, now, out),
            Input::Merge(memory) => return self.merge(&memory, now, out),
            Input::Attempt { meter, amount } => return self.attempt(meter, amount, now, out),
            Input::LimitHit { meter } => return self.limit_hit(meter, 1, true, now, out),
            Input::Explore { feature, step } => return self.explore(feature, step, now, out),
            Input::Signal { name, count } => self.say_signal(name, count, now, out),
            Input::Painted { exposure, paint } => {
                self.painted(exposure, paint, now, out);
                if matches!(paint, input::Paint::Rendered | input::Paint::Seen) {
                    return NOTHING;
                }
            }
            Input::Respond { exposure, response } => self.respond(exposure, response, now, out),
            Input::Because {
                exposure,
                objection,
            } => self.objected(exposure, objection, now, out),
            Input::Converted { from_epoch } => {
                let epoch = from_epoch.unwrap_or(self.account.epoch);
                self.memory.join(Table::Converted, 0, 0, &[epoch, now.0]);
                self.dirty.memory = true;
            }
            Input::Context(context) => {
                let targets = self.plim.root().target_routes();
                self.on_target = judge::any_matches(targets, &context.route);
                self.context = context;
            }
            Input::Force { address } => {
                self.force(&address);
                self.refresh(now, out);
            }
            Input::Wake => {}
        }
        NONE
    }

    /// When the engine wants to be woken, by the time that the last input came at: when a held candidate
    /// may become eligible, a period or an open exposure ends, or the suppression after a conversion.
    /// [`Timestamp::MAX`] for never.
    #[must_use]
    pub fn next_wake(&self) -> Timestamp {
        let mut first = self.eligible_at;
        if self.account.known {
            first = first.min(self.roll_at);
        }
        for exposure in ledger::open_exposures(&self.memory) {
            if exposure.surface() != effect::Surface::Toast {
                first = first.min(exposure.rendered().plus(ledger::EXPOSURE_MS));
            }
        }
        let converted = self.converted_until(self.clock.last);
        if converted.0 > 0 {
            first = first.min(converted);
        }
        first
    }

    /// Where every meter stands, by its index in the policy.
    #[must_use]
    pub fn read(&self, now: Now) -> Vec<Reading> {
        let now = self.time(now);
        let count = u32::try_from(self.plim.root().meters().len()).unwrap_or(0);
        (0..count).map(|index| self.reading(index, now)).collect()
    }

    /// Which writer this is.
    #[must_use]
    pub fn writer(&self) -> Writer {
        self.identity.writer
    }

    /// What is remembered.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The compiled policy.
    #[must_use]
    pub fn plim(&self) -> &Plim {
        &self.plim
    }

    /// The index of the account's plan, when a snapshot named one the policy knows.
    #[must_use]
    pub fn plan(&self) -> Option<u32> {
        self.account.plan
    }

    /// The account's plan epoch.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.account.epoch
    }

    /// Whether the account has a feature.
    #[must_use]
    pub fn has_feature(&self, feature: u32) -> bool {
        self.account.has_feature(&self.plim, &self.memory, feature)
    }

    /// The prompt that a showing is of and its meter or feature, as a recording names them; 0 for none.
    #[must_use]
    pub fn about_of(&self, exposure: ExposureId) -> (Key, Key) {
        let shown = self.shown.get(self.place_of(exposure));
        let shown = shown.map(|shown| &shown.exposure);
        let known = shown.or_else(|| ledger::exposure(&self.memory, exposure));
        let about = known.map_or(0, ledger::Exposure::about);
        (Key((about >> 32) as u32), Key(about as u32))
    }

    /// How much of a meter can be used before anything happens: less than this moves a figure and no more.
    #[must_use]
    pub fn slack(&self, meter: Key) -> i64 {
        let index = self.plim.meter_index(meter).unwrap_or(NONE);
        let view = self.meters.get(index as usize);
        view.map_or(i64::MAX, |view| {
            let left = view.next_count().saturating_sub(view.reading.used);
            if view.reading.provisional { 0 } else { left }
        })
    }

    /// This writer's tally on a meter: added and released.
    #[must_use]
    pub fn tally(&self, meter: Key) -> (i64, i64) {
        let (meter, writer) = (u64::from(meter.0), self.identity.writer.0);
        let row = self.memory.row(Table::Tally, meter, writer);
        (row[0], row[1])
    }

    /// Whether this tab wants the interrupt lane's lease, or needs to keep it.
    #[must_use]
    pub fn wants_lease(&self) -> bool {
        self.lease_wanted
    }

    /// Makes every reading anew and finds what was crossed.
    fn refresh(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        self.account = Account::read(&self.plim, &self.memory);
        let facts = self.facts();
        self.aim(&facts);
        self.deal(&facts, now, out);
        let count = u32::try_from(self.plim.root().meters().len()).unwrap_or(0);
        self.roll_at = Timestamp::MAX;
        for index in 0..count {
            let reading = self.reading(index, now);
            if self.meters.len() <= index as usize {
                self.meters.push(MeterView::new(reading));
            }
            // A host that resets late is believed for a while: looked at again when that is over.
            let mut end = reading.period_end;
            if end <= now {
                end = end.plus(usage::LATE_RESET_MS);
            }
            if end > now {
                self.roll_at = self.roll_at.min(end);
            }
            self.observe(index, reading, now, out);
        }
    }

    fn observe(&mut self, index: u32, reading: Reading, now: Timestamp, out: &mut Vec<Effect>) {
        self.end_day(index, now);
        let Some(view) = self.meters.get_mut(index as usize) else {
            return;
        };
        let before = view.reading;
        // What a prompt says follows from these.
        let moved = before.used != reading.used
            || before.limit != reading.limit
            || before.period_end != reading.period_end;
        view.read(reading);
        let scene = Scene {
            plim: &self.plim,
            entries: &self.entries,
            arms: &self.arms.dealt,
            account: &self.account,
            account_id: &self.identity.account,
            now,
        };
        let seen = crossing::observe(&scene, &mut self.memory, view, index, out);
        self.dirty.memory |= seen.changed;
        if self.account.plan.is_some() {
            view.projected.take();
            view.day = daily::day_of(now);
            self.keep_day(index);
        }
        for _ in 0..seen.approached {
            self.count_signal(BuiltIn::ApproachingLimit as u32, now, out);
        }
        if moved {
            self.touch(index);
        }
    }

    /// Counts what was used or, below 0, released.
    fn count(&mut self, meter: Key, amount: i64, now: Timestamp, out: &mut Vec<Effect>) -> u32 {
        let Some(index) = self.plim.meter_index(meter) else {
            return NOTHING;
        };
        let meters = self.plim.root().meters();
        // A counter only grows within its period: giving back is for levels.
        let level = meters.get(index).is_some_and(|meter| meter.kind() == 1);
        let amount = amount.clamp(if level { -COUNT_MAX } else { 0 }, COUNT_MAX);
        if amount == 0 {
            return NOTHING;
        }
        let writer = self.identity.writer;
        usage::count(&mut self.memory, writer, meter, amount, now);
        self.dirty.tally = true;
        self.end_day(index, now);
        // A use moves the figure by its amount; a release may be of more than is used, and what is used
        // after it may not reach zero.
        let reading = match self.meters.get_mut(index as usize) {
            Some(view) if amount > 0 && view.reading.used > 0 => {
                let reading = usage::moved(&view.reading, amount);
                if reading.used < view.next_count() && !reading.provisional {
                    view.reading = reading;
                    self.touch(index);
                    return NOTHING;
                }
                reading
            }
            _ => self.reading(index, now),
        };
        self.observe(index, reading, now, out);
        index
    }

    fn snapshot(
        &mut self,
        mut snapshot: Box<input::Snapshot>,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> u32 {
        if !account::apply(
            &self.plim,
            &mut self.memory,
            &self.account,
            &mut snapshot,
            now,
        ) {
            return NOTHING;
        }
        let (known, from_plan, epoch) = (self.account.known, self.account.plan, self.account.epoch);
        self.fresh = true;
        core::mem::swap(&mut self.owner, &mut snapshot.billing_owner);
        if !fault!(51) || self.attributes.is_empty() {
            core::mem::swap(&mut self.attributes, &mut snapshot.attributes);
        }
        self.dirty.memory = true;
        let mut now = now;
        let [_, server_time, ..] = snapshot.facts;
        if server_time <= 0 {
            self.clock.jumped = false;
        } else if server_time != self.account.server_time.0 || fault!(35) {
            // Engine time is the server's, backwards too; what is told again says nothing of the time.
            self.clock.jumped = false;
            now = Timestamp(server_time).clamped();
            self.clock.mono = self.clock.at.mono;
            self.clock.engine = now;
            self.clock.last = now;
        }
        self.refresh(now, out);
        if known && epoch != self.account.epoch {
            let event = Event::PlanChanged {
                from_plan,
                to_plan: self.account.plan,
                epoch: self.account.epoch,
            };
            record(event, out);
        }
        self.touch_offers(now);
        NONE
    }

    fn merge(&mut self, memory: &Memory, now: Timestamp, out: &mut Vec<Effect>) -> u32 {
        if !self.memory.merge(memory) {
            return NOTHING;
        }
        let (known, before) = (self.account.known, self.account.server_time);
        self.dirty.memory = true;
        self.refresh(now, out);
        // What others did is their event, not ours.
        if !fault!(40) {
            self.standing.tenths = -1;
        }
        self.rescore(now, out);
        // Another tab's newer snapshot is as good as our own.
        self.fresh |= known && self.account.server_time > before;
        self.touch_offers(now);
        NONE
    }

    fn finish(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        self.update(now, out);
        let mut delta = Delta::Tally;
        if self.dirty.memory {
            delta = Delta::Memory;
            if self.memory.row(Table::Clock, 0, 0)[1] < now.0 {
                self.stamp_clock(now);
            }
        }
        if self.dirty.memory || self.dirty.tally {
            self.compact(now);
            out.push(Effect::Persist(delta));
        }
        self.dirty = Dirty::default();
    }
}

/// An event is one of the things to be done.
#[inline(never)]
fn record(event: Event, out: &mut Vec<Effect>) {
    out.push(Effect::Record(event));
}
