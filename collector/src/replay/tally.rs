//! What is counted of a replay under one policy; sums, so that it does not matter who counted what.
//!
//! It owns the figures of the report; it does not know how a person is replayed or how figures look.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll::HoldReason;
use plimsoll::engine::effect::{CrossingKind, Event, Lane, Surface};
use plimsoll::engine::input::{Input, Response};
use plimsoll::plim::Plim;
use plimsoll::recording::Told;
use plimsoll::unit::DAY_MS;

pub const WEEK_MS: i64 = 7 * DAY_MS;

/// Under one policy.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// By week, counted from the Monday before 1970.
    pub weeks: BTreeMap<i64, Week>,
    /// How many users had so many interruptions in a week in which they were active.
    pub user_weeks: BTreeMap<u32, u64>,
    /// By index of the prompt.
    pub prompts: BTreeMap<u32, Showings>,
    /// Once a day for each user, prompt and reason.
    pub held: BTreeMap<HoldReason, u64>,
    /// By index of the meter and ratio in hundredths of a percent.
    pub crossings: BTreeMap<(u32, i64), u64>,
    pub limit_hits: u64,
    /// Users who saw anything above inline.
    pub prompted: u64,
    pub worst: Option<Worst>,
    /// What was told of meters, features and plans that the policy does not have.
    pub unknown: u64,
    /// The first accounts that were a PQL, with when each first was.
    pub pqls: Names<(i64, String)>,
}

/// A week, of one user or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Week {
    /// Users who were active.
    pub users: u64,
    pub interrupts: u64,
    pub banners: u64,
    pub notes: u64,
    pub inline: u64,
    /// Accounts that first were a PQL.
    pub pqls: u64,
}

/// One prompt.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Showings {
    pub count: u64,
    /// Users who saw it, by how many days after their first input they first did.
    pub first_after_days: BTreeMap<i64, u64>,
    /// Later (or closed), never, acted.
    pub answers: [u64; 3],
}

/// The user and week with the most interruptions; of several, the most prompts, then the earliest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worst {
    pub interrupts: u64,
    pub prompts: u64,
    pub week: i64,
    pub account: String,
    pub user: String,
}

impl Week {
    /// All above inline.
    pub fn prompts(&self) -> u64 {
        self.interrupts + self.banners + self.notes
    }

    pub fn show(&mut self, surface: Surface) {
        match (surface, surface.lane()) {
            (_, Lane::Interrupt) => self.interrupts += 1,
            (Surface::Toast, _) => self.notes += 1,
            (_, Lane::Ambient) => self.banners += 1,
            (_, Lane::Inline) => self.inline += 1,
        }
    }

    pub fn add(&mut self, other: &Week) {
        self.users += other.users;
        self.interrupts += other.interrupts;
        self.banners += other.banners;
        self.notes += other.notes;
        self.inline += other.inline;
        self.pqls += other.pqls;
    }
}

impl Worst {
    fn is_worse(&self, other: &Worst) -> bool {
        let most = |worst: &Worst| (worst.interrupts, worst.prompts);
        let first = |worst: &Worst| (worst.week, worst.account.clone(), worst.user.clone());
        most(self) > most(other) || most(self) == most(other) && first(self) < first(other)
    }
}

impl Tally {
    /// Counts an event that is not about who sees it first.
    pub fn event(&mut self, event: &Event) {
        match event {
            Event::PromptShown { about } => {
                self.prompts.entry(about.prompt).or_default().count += 1
            }
            Event::PromptAnswered {
                about, response, ..
            } => {
                let answer = match response {
                    Response::Later | Response::Close => 0,
                    Response::Never => 1,
                    Response::Act(_) => 2,
                };
                self.prompts.entry(about.prompt).or_default().answers[answer] += 1;
            }
            Event::PromptHeld { reason, .. } => *self.held.entry(*reason).or_default() += 1,
            Event::ThresholdCrossed {
                meter,
                basis_points,
                kind: CrossingKind::Crossed,
                ..
            } => *self.crossings.entry((*meter, *basis_points)).or_default() += 1,
            Event::LimitHit { .. } => self.limit_hits += 1,
            _ => {}
        }
    }

    /// Counts what is told of a meter, feature or plan that the policy does not have.
    pub fn told(&mut self, plim: &Plim, told: &Told) {
        let Told::Input(input) = told else {
            return;
        };
        let is_known = match input {
            Input::Use { meter, .. }
            | Input::Release { meter, .. }
            | Input::Attempt { meter, .. }
            | Input::LimitHit { meter } => plim.meter_index(*meter).is_some(),
            Input::Explore { feature, .. } => plim.feature_index(*feature).is_some(),
            Input::Snapshot(snapshot) => plim.plan_index(snapshot.plan).is_some(),
            _ => true,
        };
        self.unknown += u64::from(!is_known);
    }

    /// Counts that a user saw a prompt for the first time.
    pub fn first(&mut self, prompt: u32, after_days: i64) {
        let showings = self.prompts.entry(prompt).or_default();
        *showings.first_after_days.entry(after_days).or_default() += 1;
    }

    /// Counts that an account is a PQL for the first time.
    pub fn pql(&mut self, at: i64, account: &str) {
        self.weeks.entry(week_of(at)).or_default().pqls += 1;
        self.pqls.add((at, account.to_owned()));
    }

    /// Counts a user's week.
    pub fn week(&mut self, week: i64, of: &Week, who: (&str, &str)) {
        let mut counted = *of;
        counted.users = 1;
        self.weeks.entry(week).or_default().add(&counted);
        let interrupts = u32::try_from(of.interrupts).unwrap_or(u32::MAX);
        *self.user_weeks.entry(interrupts).or_default() += 1;
        let enough = self
            .worst
            .as_ref()
            .is_none_or(|worst| (of.interrupts, of.prompts()) >= (worst.interrupts, worst.prompts));
        if enough && of.prompts() > 0 {
            self.worse(Worst {
                interrupts: of.interrupts,
                prompts: of.prompts(),
                week,
                account: who.0.into(),
                user: who.1.into(),
            });
        }
    }

    fn worse(&mut self, worst: Worst) {
        if self
            .worst
            .as_ref()
            .is_none_or(|known| worst.is_worse(known))
        {
            self.worst = Some(worst);
        }
    }

    pub fn merge(&mut self, other: Tally) {
        for (week, of) in &other.weeks {
            self.weeks.entry(*week).or_default().add(of);
        }
        sum(&mut self.user_weeks, other.user_weeks);
        for (prompt, theirs) in other.prompts {
            let ours = self.prompts.entry(prompt).or_default();
            ours.count += theirs.count;
            sum(&mut ours.first_after_days, theirs.first_after_days);
            for (ours, theirs) in ours.answers.iter_mut().zip(theirs.answers) {
                *ours += theirs;
            }
        }
        sum(&mut self.held, other.held);
        sum(&mut self.crossings, other.crossings);
        self.limit_hits += other.limit_hits;
        self.prompted += other.prompted;
        self.unknown += other.unknown;
        if let Some(worst) = other.worst {
            self.worse(worst);
        }
        self.pqls.merge(other.pqls);
    }
}

/// What changes for whom between two policies.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// By prompt and subject: users who see it under the first policy alone, and under the second alone.
    pub prompts: BTreeMap<u64, [u64; 2]>,
    /// Users who see something under one policy and nothing under the other.
    pub users: [u64; 2],
    /// The first of them by name, as account and user.
    pub named: [Names<(String, String)>; 2],
    /// Accounts that are a PQL under one policy and not under the other, and the first of them.
    pub pqls: [u64; 2],
    pub named_pqls: [Names<(i64, String)>; 2],
}

/// The first of many: in the order of the alphabet, or of time.
#[derive(Debug, PartialEq, Eq)]
pub struct Names<T>(pub BTreeSet<T>);

impl<T> Default for Names<T> {
    fn default() -> Names<T> {
        Names(BTreeSet::new())
    }
}

impl<T: Ord> Names<T> {
    /// More are only counted.
    const MOST: usize = 200;

    pub fn add(&mut self, name: T) {
        self.0.insert(name);
        if self.0.len() > Self::MOST {
            self.0.pop_last();
        }
    }

    fn merge(&mut self, other: Names<T>) {
        other.0.into_iter().for_each(|name| self.add(name));
    }
}

impl Difference {
    /// Counts an account that is a PQL under this policy alone.
    pub fn pql(&mut self, side: usize, at: i64, account: String) {
        self.pqls[side] += 1;
        self.named_pqls[side].add((at, account));
    }

    pub fn merge(&mut self, other: Difference) {
        for (about, [ours, theirs]) in other.prompts {
            let known = self.prompts.entry(about).or_default();
            known[0] += ours;
            known[1] += theirs;
        }
        for side in 0..2 {
            self.users[side] += other.users[side];
            self.pqls[side] += other.pqls[side];
        }
        for (known, more) in self.named.iter_mut().zip(other.named) {
            known.merge(more);
        }
        for (known, more) in self.named_pqls.iter_mut().zip(other.named_pqls) {
            known.merge(more);
        }
    }
}

/// The week of an instant, counted from the Monday before 1970.
pub fn week_of(at: i64) -> i64 {
    (at + 3 * DAY_MS).div_euclid(WEEK_MS)
}

fn sum<K: Ord>(ours: &mut BTreeMap<K, u64>, theirs: BTreeMap<K, u64>) {
    for (key, count) in theirs {
        *ours.entry(key).or_default() += count;
    }
}
