//! What a tab can know: everything that was told to it, shown in it, or reached it with another's memory.
//! It grows beside each engine's memory and travels with each copy of it, so that a guarantee that
//! holds "from the moment their memories have met" can be checked exactly then. Knows no engine.

use super::watch::{DAY_MS, TOLERANCE_MS};
use std::collections::BTreeMap;

/// A prompt on a subject: what choices, caps and ladders are kept for.
pub type About = (String, String);

/// What a figure holds of each writer: added, released.
pub type Held = BTreeMap<u64, (i64, i64)>;

/// What was dismissed, how, and the showing it was said to.
pub type Dismissed = (About, Said, u64);

/// A crossing as an event names it: meter, period start, epoch, percent, rise.
pub type CrossingKey = (u32, i64, i64, i64, i64);

/// One showing.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What was shown.
    pub about: About,
    /// When, in true time; the earliest in any tab.
    pub at: i64,
    /// In which plan epoch.
    pub epoch: i64,
    /// Whether it interrupts.
    pub interrupts: bool,
    /// Whether it answered a blocked attempt.
    pub limit_hit: bool,
    /// Whether it came as a toast.
    pub toast: bool,
    /// Whether `Prompt Shown` was recorded for it.
    pub counted: bool,
    /// Whether it was taken back or answered, other than by `act` or `never`.
    pub ended: bool,
}

/// A dismissal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Not now, or closed.
    Later,
    /// Not again.
    Never,
}

/// The newest truth of the host: what of a snapshot the guarantees speak of.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Truth {
    /// Orders snapshots, with the time.
    pub epoch: i64,
    /// When the host's server made it.
    pub server_time: i64,
    /// The plan.
    pub plan: String,
    /// Features beside the plan's.
    pub features: Vec<u32>,
    /// Whether the user can buy.
    pub can_purchase: bool,
    /// Whether sales is talking with the account.
    pub conversation: bool,
    /// The level `rooms`: figure and what of each writer it holds.
    pub rooms: Option<(i64, Held)>,
    /// The counter `emails`, where the server does not say what of each writer it holds.
    pub emails: Option<i64>,
}

/// All that a tab can know.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The newest snapshot.
    pub truth: Option<Truth>,
    /// Showings by exposure.
    pub shown: BTreeMap<u64, Shown>,
    /// Dismissals by what they were about and the exposure; when, in which epoch, on which rung.
    pub said: BTreeMap<Dismissed, (i64, i64, usize)>,
    /// When the person was last asked why they put something off.
    pub asked: Option<i64>,
    /// Until when they want something to rest, as they answered; by what it was about, with the epoch.
    pub dates: BTreeMap<About, (i64, i64)>,
    /// Crossings by identity.
    pub crossings: BTreeMap<u64, CrossingKey>,
    /// Crossings that may be shown: not carried.
    pub showable: BTreeMap<u64, CrossingKey>,
    /// Purchases by the epoch they leave; when.
    pub converted: BTreeMap<i64, i64>,
    /// Tallies of each meter and writer: added, released; when last.
    pub tallies: BTreeMap<(String, u64), (i64, i64, i64)>,
    /// The arm that was dealt in each experiment.
    pub arms: BTreeMap<u32, u32>,
}

impl Known {
    /// Adds what another knows.
    pub fn meet(&mut self, other: &Self) {
        if other.truth > self.truth {
            self.truth.clone_from(&other.truth);
        }
        for (exposure, theirs) in &other.shown {
            match self.shown.get_mut(exposure) {
                Some(mine) => {
                    mine.at = mine.at.min(theirs.at);
                    mine.counted |= theirs.counted;
                    mine.ended |= theirs.ended;
                }
                None => {
                    self.shown.insert(*exposure, theirs.clone());
                }
            }
        }
        for (key, said) in &other.said {
            self.said.entry(key.clone()).or_insert(*said);
        }
        self.asked = self.asked.max(other.asked);
        for (about, theirs) in &other.dates {
            let mine = self.dates.entry(about.clone()).or_insert(*theirs);
            *mine = (*mine).max(*theirs);
        }
        self.crossings
            .extend(other.crossings.iter().map(|(id, key)| (*id, *key)));
        self.showable
            .extend(other.showable.iter().map(|(id, key)| (*id, *key)));
        self.arms.extend(&other.arms);
        for (epoch, at) in &other.converted {
            let mine = self.converted.entry(*epoch).or_insert(*at);
            *mine = (*mine).max(*at);
        }
        for (key, (added, released, at)) in &other.tallies {
            let mine = self.tallies.entry(key.clone()).or_insert((0, 0, 0));
            *mine = (mine.0.max(*added), mine.1.max(*released), mine.2.max(*at));
        }
    }

    /// The epoch of the newest snapshot; -1 before the first.
    pub fn epoch(&self) -> i64 {
        self.truth.as_ref().map_or(-1, |truth| truth.epoch)
    }

    /// Net uses of a meter over all writers, less what a figure holds of each: the least and the most that may
    /// be read. A writer that the figure leaves out and that was silent for a day before it counts as held; what
    /// was its last use is told to the minute here.
    pub fn net(&self, meter: &str, held: &Held, figure_at: i64) -> (i64, i64) {
        let (mut least, mut most) = (0, 0);
        for ((name, writer), (added, released, at)) in &self.tallies {
            if name != meter {
                continue;
            }
            let (have, gone) = held.get(writer).copied().unwrap_or_default();
            let left = (added - have).max(0) - (released - gone).max(0);
            let silent_for = figure_at - at - DAY_MS;
            let may_count = held.contains_key(writer) || silent_for < TOLERANCE_MS;
            let must_count = held.contains_key(writer) || silent_for < -TOLERANCE_MS;
            let (count, leave_out) = (
                if may_count { left } else { 0 },
                if must_count { left } else { 0 },
            );
            least += count.min(leave_out);
            most += count.max(leave_out);
        }
        (least, most)
    }
}
