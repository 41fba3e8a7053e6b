//! Signals and the score in a page: what is counted when, what passes the line, and the triggers of both.
//! Owns which inputs give which signals; how they are counted and scored is `pql`'s.
//! `handle` calls it for what happens, `judge` for the triggers, `explain` for the reasons.

use super::effect::{Effect, Event, HoldReason};
use super::entry::Entry;
use super::input::{Context, Input, Step};
use super::judge::{Judgement, any_matches};
use super::memory::Table;
use super::{Engine, NOTHING, record};
use crate::plim::NONE;
use crate::pql::{self, BuiltIn, score, signal};
use crate::unit::{DAY_MS, Key, Timestamp};

/// The score is recorded when it passes a multiple of this many tenths.
const BAND: i64 = 100;

/// What a page keeps of the score between two inputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// Tenths; negative before it is known.
    pub tenths: i64,
    /// The day it was made on.
    pub day: i64,
    /// Something was counted since the last decision: prompts about anything may have fired.
    pub moved: bool,
    /// Features of the plan that were used on it, as bits.
    used: u64,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            tenths: -1,
            day: -1,
            moved: false,
            used: 0,
        }
    }
}

impl Engine {
    /// The score now, with its reasons; without a score in the policy it is 0.
    #[must_use]
    pub fn score(&self, now: Timestamp) -> pql::Score {
        pql::score(&self.plim, &self.memory, signal::day_of(now))
    }

    /// A new day, and an input that shows that someone is there.
    pub(super) fn attend(&mut self, input: &Input, now: Timestamp, out: &mut Vec<Effect>) {
        if signal::day_of(now) != self.standing.day && (self.standing.day < 0 || !fault!(59)) {
            self.standing = Standing::default();
            self.rescore(now, out);
        }
        let is_there = match input {
            Input::Context(context) => {
                self.visit(context, now, out);
                context.visible
            }
            Input::Snapshot(_) | Input::Merge(_) | Input::Painted { .. } | Input::Wake => false,
            _ => self.context.visible,
        };
        let minutes = Key(BuiltIn::SessionMinutes as u32);
        if is_there
            && let Some(minutes) = self.plim.signal_index(minutes)
            && signal::active(&mut self.memory, now)
        {
            self.counted(
                minutes,
                signal::STRETCH_MS / crate::unit::MINUTE_MS,
                now,
                out,
            );
        }
    }

    /// Whether the page now shows the prices, and did not before.
    fn visit(&mut self, context: &Context, now: Timestamp, out: &mut Vec<Effect>) {
        let prices = self.plim.root().pricing_routes();
        if any_matches(prices, &context.route) && !any_matches(prices, &self.context.route) {
            self.say_signal(Key(BuiltIn::PricingVisits as u32), 1, now, out);
        }
    }

    /// A person touched a feature. Exploration is touching what the plan lacks; using what one has is not.
    pub(super) fn explore(
        &mut self,
        feature: Key,
        step: Step,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) -> u32 {
        let Some(index) = self.plim.feature_index(feature) else {
            return NOTHING;
        };
        if self.account.known && self.has_feature(index) && !fault!(12) {
            self.feature_used(index, now, out);
            return NONE;
        }
        let a = u64::from(feature.0) << 8 | step as u64;
        self.memory
            .join(Table::Explored, a, now.0.max(0) as u64, &[1]);
        self.dirty.memory = true;
        let event = Event::FeatureExplored {
            feature: index,
            step,
        };
        record(event, out);
        let signal = (BuiltIn::FeatureSeen as u32).wrapping_add(step as u32);
        self.count_signal(signal, now, out);
        NONE
    }

    /// A feature of the plan was used: how many there were on this day.
    fn feature_used(&mut self, feature: u32, now: Timestamp, out: &mut Vec<Effect>) {
        let key = Key(BuiltIn::FeaturesUsed as u32);
        self.standing.used |= 1 << (feature & 63);
        let count = i64::from(self.standing.used.count_ones());
        if let Some(signal) = self.plim.signal_index(key)
            && signal::raise(&mut self.memory, key, signal::day_of(now), count)
        {
            self.counted(signal, count, now, out);
        }
    }

    /// A signal that an event of its own tells of.
    pub(super) fn count_signal(&mut self, signal: u32, now: Timestamp, out: &mut Vec<Effect>) {
        let key = Key(signal);
        if self.plim.signal_index(key).is_some() {
            signal::add(&mut self.memory, key, signal::day_of(now), 1);
            self.rescore(now, out);
        }
    }

    /// A signal, by the host's word or ours.
    pub(super) fn say_signal(
        &mut self,
        key: Key,
        count: i64,
        now: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        if let Some(signal) = self.plim.signal_index(key) {
            let count = count.clamp(1, signal::DAY_COUNT_MAX);
            signal::add(&mut self.memory, key, signal::day_of(now), count);
            self.counted(signal, count, now, out);
        }
    }

    /// Records that a signal was counted.
    fn counted(&mut self, signal: u32, count: i64, now: Timestamp, out: &mut Vec<Effect>) {
        record(Event::SignalCounted { signal, count }, out);
        self.rescore(now, out);
    }

    /// Makes the score anew after something was counted, and records what it passed.
    pub(super) fn rescore(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        let (before, tenths) = (self.standing.tenths, self.score(now).tenths);
        self.standing.tenths = tenths;
        self.standing.day = signal::day_of(now);
        self.standing.moved = true;
        self.dirty.memory |= before >= 0;
        if before >= 0 && before / BAND != tenths / BAND {
            record(Event::ScoreChanged { tenths, before }, out);
        }
        if let Some(passed) = score::cross(&self.plim, &mut self.memory, tenths, now) {
            self.dirty.memory = true;
            if passed & 1 == 1 {
                let rise = passed.wrapping_add(1) / 2;
                record(Event::PqlReached { tenths, rise }, out);
            }
        }
    }

    pub(super) fn score_fired(
        &self,
        entry: &Entry,
        judgement: &mut Judgement,
    ) -> Option<HoldReason> {
        if self.standing.tenths < entry.value {
            return Some(HoldReason::NotFired);
        }
        let (passed, at) = score::standing(&self.memory);
        let rise = if fault!(62) { 0 } else { passed >> 1 };
        judgement.fires(at, "score", entry.value, rise);
        None
    }

    pub(super) fn signal_fired(
        &self,
        entry: &Entry,
        judgement: &mut Judgement,
        now: Timestamp,
    ) -> Option<HoldReason> {
        let prompt = self.plim.root().prompts().get(entry.index)?;
        let (key, window) = (prompt.steps(), prompt.window_ms() / DAY_MS);
        let counted = signal::look_back(&self.memory, key, signal::day_of(now), window, 0);
        if counted.count < entry.value {
            return Some(HoldReason::NotFired);
        }
        let since = Timestamp(counted.newest.wrapping_mul(DAY_MS));
        let newest = if fault!(61) { 0 } else { counted.newest };
        judgement.fires(since, "signal", i64::from(key), newest);
        None
    }
}
