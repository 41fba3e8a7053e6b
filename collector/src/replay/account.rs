//! One account, scored under each policy as for sales: when it first was a PQL.
//!
//! It owns which events of its users count as which signals, and who is left out; points and the line are the
//! core's. `person` tells it what happened; what comes of it is counted in `tally`.

use plimsoll::Memory;
use plimsoll::engine::effect::{CrossingKind, Event};
use plimsoll::engine::memory::Table;
use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use plimsoll::pql::{self, BuiltIn, signal};
use plimsoll::unit::{Key, Timestamp};

use super::tally::{Difference, Tally};
use crate::policy::Published;

/// A crossing of the limit itself is no approach to it.
const FULL: i64 = 10_000;

/// What a policy scores an account with.
pub struct Rules {
    plim: Plim,
    /// It says who is left out; one that came compiled says nothing of it.
    policy: Option<Policy>,
}

impl Rules {
    pub fn of(published: &Published) -> Rules {
        let policy = published.policy().cloned();
        let plim = match &policy {
            Some(policy) => policy.score_rules(),
            // Its points for browsers, if it has any.
            None => Plim::open(&published.artefacts()[0].bytes),
        };
        Rules {
            plim: plim.expect("it was opened before"),
            policy,
        }
    }
}

/// An account that is replayed.
pub struct Account {
    id: String,
    /// By policy.
    pub standings: Vec<Standing>,
}

/// Where an account stands under one policy.
#[derive(Default)]
pub struct Standing {
    /// Signals by day, as long as the account is no PQL.
    memory: Memory,
    week: i64,
    plan: Key,
    in_sales: bool,
    /// When it first was one.
    reached: Option<Timestamp>,
}

/// When a user was last active, in spans of five minutes.
#[derive(Clone, Copy, Default)]
pub struct Activity(i64);

impl Account {
    pub fn new(id: String, policies: usize) -> Account {
        let standings = (0..policies).map(|_| Standing::default()).collect();
        Account { id, standings }
    }

    /// What differs between the policies, and what is counted of each.
    pub fn finish(self, tallies: &mut [Tally], difference: &mut Difference) {
        let reached: Vec<_> = self.standings.iter().map(|one| one.reached).collect();
        for (tally, at) in tallies.iter_mut().zip(&reached) {
            if let Some(at) = at {
                tally.pql(at.0, &self.id);
            }
        }
        match reached.as_slice() {
            [Some(at), None] => difference.pql(0, at.0, self.id),
            [None, Some(at)] => difference.pql(1, at.0, self.id),
            _ => {}
        }
    }
}

impl Standing {
    /// What a snapshot says that may leave an account out.
    pub fn hear(&mut self, plan: Key, in_sales: bool) {
        (self.plan, self.in_sales) = (plan, in_sales);
    }

    /// Counts an event of a user whose engine has a policy.
    pub fn event(
        &mut self,
        (rules, plim, account): (&Rules, &Plim, &str),
        user: &mut Activity,
        at: Timestamp,
        event: &Event,
    ) {
        if self.reached.is_some() {
            return;
        }
        let day = signal::day_of(at);
        let (key, count) = match event {
            Event::ThresholdCrossed {
                crossing,
                kind: CrossingKind::Crossed,
                basis_points: ..FULL,
                ..
            // All users of an account may see the same one.
            } if self.memory.join(Table::Crossing, *crossing, 0, &[day]) => {
                (Key(BuiltIn::ApproachingLimit as u32), 1)
            }
            Event::LimitHit { .. } => (Key(BuiltIn::LimitHit as u32), 1),
            Event::FeatureExplored { step, .. } => {
                (Key(BuiltIn::FeatureSeen as u32 + *step as u32), 1)
            }
            Event::SignalCounted { signal, count } => {
                let signal = plim.root().signals().get(*signal);
                (Key(signal.map_or(0, |signal| signal.key())), *count)
            }
            _ => return,
        };
        self.attend(user, at, key);
        if key == Key(BuiltIn::FeaturesUsed as u32) {
            signal::raise(&mut self.memory, key, day, count);
        } else {
            signal::add(&mut self.memory, key, day, count);
        }
        self.score(rules, account, at);
    }

    /// The signals that follow from a user's being there.
    fn attend(&mut self, user: &mut Activity, at: Timestamp, key: Key) {
        let day = signal::day_of(at);
        if day != signal::day_of(Timestamp(user.0.wrapping_mul(signal::STRETCH_MS))) {
            let key = Key(BuiltIn::ActiveUsers as u32);
            signal::add(&mut self.memory, key, day, 1);
        }
        let stretch = at.clamped().0 / signal::STRETCH_MS;
        if key == Key(BuiltIn::SessionMinutes as u32) {
            let key = Key(BuiltIn::ActiveDays as u32);
            signal::raise(&mut self.memory, key, day, 1);
            if stretch.wrapping_sub(user.0) > signal::SESSION_STRETCHES {
                signal::add(&mut self.memory, Key(BuiltIn::Sessions as u32), day, 1);
            }
        }
        user.0 = stretch;
    }

    fn score(&mut self, rules: &Rules, account: &str, at: Timestamp) {
        let day = signal::day_of(at);
        let policy = rules.policy.as_ref();
        if policy.is_some_and(|policy| policy.leaves_out(account, self.plan, self.in_sales)) {
            return;
        }
        let tenths = pql::score(&rules.plim, &self.memory, day).tenths;
        if pql::cross(&rules.plim, &mut self.memory, tenths, at).is_some() {
            self.reached = Some(at);
            self.memory = Memory::default();
        } else if day / 7 != self.week {
            self.week = day / 7;
            self.forget(day);
        }
    }

    /// Keeps what a window can still hold.
    fn forget(&mut self, today: i64) {
        let oldest = today - signal::WINDOW_DAYS_MAX;
        self.memory.retain(|row| match row.table {
            Table::Signal => (row.b as i64 + 1) * 7 > oldest,
            Table::Crossing => row.v[0] > oldest,
            _ => true,
        });
    }
}
