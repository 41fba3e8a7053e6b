//! What every decision asks of a prompt, read out of the compiled policy once, and what a page life adds.
//! Owns no rule; a decision over many prompts would otherwise spend its time on reading the arena.
//! `judge` walks these entries and opens the arena only for candidates that have fired.

use super::crossing::code_of;
use super::effect::{HoldReason, Surface};
use crate::plim::{NONE, Plim};
use crate::unit::{DAY_MS, Timestamp};

/// A prompt about one subject, in short.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Its index in the compiled policy.
    pub index: u32,
    /// Key of the prompt's id.
    pub key: u32,
    /// Index of its meter; [`NONE`] without one.
    pub meter: u32,
    /// Index of its feature; [`NONE`] without one.
    pub feature: u32,
    /// Key of its meter or feature; 0 without one.
    pub subject_key: u32,
    /// Both keys in one: what is shown and chosen is kept under it.
    pub about: u64,
    /// 0 threshold, 1 at limit, 2 limit hit, 3 explored, 4 trial ending, 5 projected, 6 score, 7 signal.
    pub trigger: u32,
    /// Explorations or signals needed; for trial ending the milliseconds before the end, for projected the days,
    /// for a score its tenths.
    pub value: i64,
    /// Which threshold it waits for.
    pub code: u32,
    /// Its place in its lane.
    pub rank: u32,
    /// Key of its group, 0 for none.
    pub group: u32,
    /// Where it is shown.
    pub surface: Surface,
    /// It has a title in this locale.
    pub titled: bool,
    /// Why its audience's condition holds it.
    pub audience: Option<HoldReason>,
    /// It has routes.
    pub routed: bool,
    /// It has a delay, caps or a group.
    pub paced: bool,
    /// It has caps or a group: tabs must take turns.
    pub capped: bool,
    /// It stands in this unit's arms.
    pub stands: bool,
    /// The painter could not paint it in this page life.
    pub failed: bool,
    /// For which reasons it was recorded as held, as bits, and on which day.
    held: (u64, i64),
}

impl Entry {
    /// Whether being held for a reason is news today; from now on it is not.
    pub fn is_news(&mut self, reason: HoldReason, now: Timestamp) -> bool {
        let (bit, day) = (1_u64 << reason as u32, now.0 / DAY_MS);
        let known = if self.held.1 == day { self.held.0 } else { 0 };
        self.held = (known | bit, day);
        known & bit == 0
    }
}

/// An entry for each prompt, by index.
pub(super) fn entries(plim: &Plim) -> Vec<Entry> {
    let root = plim.root();
    let mut entries = Vec::new();
    for (prompt, index) in root.prompts().iter().zip(0..) {
        let about = |kind| {
            if prompt.subject_kind() == kind {
                prompt.subject()
            } else {
                NONE
            }
        };
        let (meter, feature) = (about(1), about(2));
        let key = root.meters().get(meter).map(|meter| meter.key());
        let key = key.or_else(|| Some(root.features().get(feature)?.key()));
        let subject_key = key.unwrap_or(0);
        let group = prompt.group();
        let capped = !prompt.caps().is_empty() || group != 0;
        entries.push(Entry {
            index,
            key: prompt.key(),
            meter,
            feature,
            subject_key,
            about: (u64::from(prompt.key()) << 32) | u64::from(subject_key),
            trigger: prompt.trigger(),
            value: prompt.value(),
            code: code_of(prompt),
            rank: prompt.rank(),
            group,
            surface: Surface::from_word(prompt.surface()),
            titled: prompt.titled() != 0,
            audience: None,
            routed: !prompt.routes_in().is_empty() || !prompt.routes_out().is_empty(),
            paced: capped || prompt.delay_ms() > 0,
            capped,
            stands: true,
            failed: false,
            held: (0, 0),
        });
    }
    entries
}
