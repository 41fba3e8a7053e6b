//! Pacing: caps, gaps and budgets over what was shown, and the ladder of `later`.
//! Owns the rolling windows; knows nothing of triggers or of the page.
//! A stage of `judge`; `respond` climbs the ladder.

use super::Engine;
use super::effect::{HoldReason, Lane};
use super::entry::Entry;
use super::judge::Judgement;
use super::ledger::{Exposure, no_later_than};
use super::memory::Table;
use crate::plim::{Cap, List};
use crate::unit::{DAY_MS, Millis, Timestamp};

/// The window whose cap is the weekly budget.
const WEEK_MS: Millis = 7 * DAY_MS;

/// Which showings a window counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Those of the candidate on its subject.
    Prompt,
    /// Those of prompts in its group.
    Group,
    /// All that interrupted.
    Interrupts,
    /// Those that answered blocked attempts.
    Hits,
    /// Of these, those on the candidate's subject.
    HitsHere,
}

/// The pacing stage.
pub(super) fn pace(
    engine: &Engine,
    entry: &Entry,
    judgement: &mut Judgement,
    now: Timestamp,
) -> Option<HoldReason> {
    let root = engine.plim.root();
    let lane = judgement.surface.lane();
    if entry.paced {
        let prompt = root.prompts().get(entry.index)?;
        let delay = prompt.delay_ms();
        let ready = judgement.since.plus(delay);
        if delay > 0 && now < ready {
            return judgement.until(HoldReason::Delay, ready);
        }
        if entry.capped && lane != Lane::Inline {
            let mut held = judgement.caps(engine, entry, prompt.caps(), Of::Prompt, now);
            for group in root.groups().iter() {
                if held.is_none() && group.key() == entry.group {
                    held = judgement.caps(engine, entry, group.caps(), Of::Group, now);
                }
            }
            if held.is_some() {
                return held;
            }
        }
    }
    if lane != Lane::Interrupt {
        return None;
    }
    let pacing = engine.pacing()?;
    // A blocked attempt has caps of its own in place of the gap and of what caps less than a week.
    let (of, gap) = if entry.trigger == 2 {
        (Of::HitsHere, pacing.limit_hit_gap_ms())
    } else {
        (Of::Interrupts, pacing.gap_ms())
    };
    let gap = if fault!(4) { gap / 2 } else { gap };
    let until = full(engine, entry, of, 1, gap, now);
    if until > now && !(fault!(5) && of == Of::HitsHere) {
        return judgement.until(HoldReason::Gap, until);
    }
    if of == Of::HitsHere {
        let count = pacing.limit_hit_per_day();
        let until = full(engine, entry, Of::Hits, count, DAY_MS, now);
        if until > now {
            return judgement.until(HoldReason::CapAll, until);
        }
    }
    judgement.caps(engine, entry, pacing.caps(), Of::Interrupts, now)
}

impl Judgement {
    /// Holds it as long as the cap that is full for longest, if one is.
    fn caps(
        &mut self,
        engine: &Engine,
        entry: &Entry,
        caps: List<'_, Cap<'_>>,
        of: Of,
        now: Timestamp,
    ) -> Option<HoldReason> {
        let (mut latest, mut reason) = (now, None);
        for cap in caps.iter() {
            let per = cap.per_ms();
            let weekly = of == Of::Interrupts && per >= WEEK_MS;
            let replaced = of == Of::Interrupts && entry.trigger == 2 && !weekly;
            if replaced || (fault!(3) && weekly) {
                continue;
            }
            let halved = fault!(4) && of == Of::Interrupts && per == DAY_MS;
            let per = if halved { per / 2 } else { per };
            let until = full(engine, entry, of, cap.count(), per, now);
            if until > latest {
                latest = until;
                self.until = until;
                reason = Some(match of {
                    Of::Prompt => HoldReason::CapPrompt,
                    Of::Group => HoldReason::CapGroup,
                    _ if weekly => HoldReason::WeeklyBudget,
                    _ => HoldReason::CapAll,
                });
            }
        }
        reason
    }
}

/// When to ask again for a window that has no room for one more than `count`: when its oldest showing leaves
/// it. What is not after now has room already.
fn full(
    engine: &Engine,
    entry: &Entry,
    of: Of,
    count: u32,
    per: Millis,
    now: Timestamp,
) -> Timestamp {
    let (mut shown, mut oldest) = (0_u32, now);
    let mut add = |stamp: Timestamp| {
        shown = shown.wrapping_add(1);
        oldest = oldest.min(stamp);
    };
    for exposure in engine.memory.table(Table::Exposure) {
        let stamp = no_later_than(exposure.rendered(), now);
        if stamp.plus(per) > now && engine.counts(entry, of, exposure) {
            add(stamp);
        }
    }
    // Those being painted count as shown now.
    for shown in &engine.shown {
        let begun = !shown.rendered && !shown.repaint();
        if begun && engine.counts(entry, of, &shown.exposure) {
            add(now);
        }
    }
    if shown < count {
        return now;
    }
    oldest.plus(per)
}

impl Engine {
    /// Whether a showing is one of those that a window of a candidate counts.
    fn counts(&self, entry: &Entry, of: Of, shown: &Exposure) -> bool {
        let interrupts = shown.interrupts();
        let here = shown.about() as u32 == entry.subject_key;
        match of {
            Of::Prompt => shown.about() == entry.about,
            Of::Interrupts => interrupts,
            Of::HitsHere if !here => false,
            _ => self.entry_of(shown).is_some_and(|other| {
                if of == Of::Group {
                    other.group == entry.group
                } else {
                    interrupts && other.trigger == 2
                }
            }),
        }
    }

    /// How long `later` holds the next time, or `None` when the ladder is at its end.
    pub(super) fn ladder(&self, times: i64) -> Option<Millis> {
        let pacing = self.pacing()?;
        pacing
            .ladder_ms()
            .get(u32::try_from(times).unwrap_or(u32::MAX))
    }
}
