//! Pacing: caps, gaps and budgets over what was shown, and the ladder of `later`.
//! Owns the rolling windows; knows nothing of triggers or of the page.
//! A stage of `judge`; `respond` climbs the ladder.

use super::Engine;
use super::effect::{HoldReason, Lane};
use super::entry::Entry;
use super::judge::Judgement;
use super::ledger::{self, Exposure, no_later_than};
use crate::plim::{Cap, List};
use crate::unit::{DAY_MS, Millis, Timestamp};

/// The window whose cap is the weekly budget.
const WEEK_MS: Millis = 7 * DAY_MS;

/// The pacing stage.
pub(super) fn pace(
    engine: &Engine,
    entry: &Entry,
    judgement: &mut Judgement,
    now: Timestamp,
) -> Option<HoldReason> {
    let own = entry.paced.then(|| own_pace(engine, entry, judgement, now));
    if let Some(Some(reason)) = own {
        return Some(reason);
    }
    if judgement.surface.lane() == Lane::Interrupt {
        return interruptions(engine, entry, judgement, now);
    }
    None
}

/// Delay and caps that the prompt or its group has besides the pacing of all.
fn own_pace(
    engine: &Engine,
    entry: &Entry,
    judgement: &mut Judgement,
    now: Timestamp,
) -> Option<HoldReason> {
    let prompt = engine.plim.root().prompts().get(entry.index)?;
    let delay = prompt.delay_ms();
    let ready = judgement.since.plus(delay);
    if delay > 0 && now < ready {
        return judgement.until(HoldReason::Delay, ready);
    }
    if !entry.capped || judgement.surface.lane() == Lane::Inline {
        return None;
    }
    let own = engine.stamps(now, &|shown| {
        shown.prompt == entry.key && shown.subject == entry.subject_key
    });
    if let Some((until, _)) = over(prompt.caps(), &own, now) {
        return judgement.until(HoldReason::CapPrompt, until);
    }
    let groups = engine.plim.root().groups();
    let group = groups
        .iter()
        .find(|group| entry.group != 0 && group.key() == entry.group)?;
    let in_group = engine.stamps(now, &|shown| engine.group_of(shown.prompt) == entry.group);
    let (until, _) = over(group.caps(), &in_group, now)?;
    judgement.until(HoldReason::CapGroup, until)
}

fn interruptions(
    engine: &Engine,
    entry: &Entry,
    judgement: &mut Judgement,
    now: Timestamp,
) -> Option<HoldReason> {
    let pacing = engine.plim.root().pacing().get(0)?;
    let all = engine.stamps(now, &|shown| shown.surface.lane() == Lane::Interrupt);
    let limit_hit = entry.trigger == 2;
    if limit_hit {
        // A blocked attempt has caps of its own in place of the daily cap and the gap.
        let hits = engine.stamps(now, &|shown| engine.is_limit_hit(shown));
        let here = engine.stamps(now, &|shown| {
            engine.is_limit_hit(shown) && shown.subject == entry.subject_key
        });
        let last = here.last().map(|last| last.plus(pacing.limit_hit_gap_ms()));
        if let Some(until) = last.filter(|until| *until > now)
            && !fault!(5)
        {
            return judgement.until(HoldReason::Gap, until);
        }
        if let Some(until) = full(i64::from(pacing.limit_hit_per_day()), DAY_MS, &hits, now) {
            return judgement.until(HoldReason::CapAll, until);
        }
    } else if let Some(until) = all
        .last()
        .map(|last| {
            last.plus(if fault!(4) {
                pacing.gap_ms() / 2
            } else {
                pacing.gap_ms()
            })
        })
        .filter(|until| *until > now)
    {
        return judgement.until(HoldReason::Gap, until);
    }
    let counted = pacing
        .caps()
        .iter()
        .filter(|cap| !limit_hit || cap.per_ms() >= WEEK_MS);
    let blocked = counted
        .filter(|cap| !(fault!(3) && cap.per_ms() >= WEEK_MS))
        .filter_map(|cap| {
            let window = if fault!(4) && cap.per_ms() == DAY_MS {
                DAY_MS / 2
            } else {
                cap.per_ms()
            };
            Some((
                full(i64::from(cap.count()), window, &all, now)?,
                cap.per_ms(),
            ))
        })
        .max();
    let (until, per) = blocked?;
    let weekly = per >= WEEK_MS;
    judgement.until(
        if weekly {
            HoldReason::WeeklyBudget
        } else {
            HoldReason::CapAll
        },
        until,
    )
}

fn over(
    caps: List<'_, Cap<'_>>,
    stamps: &[Timestamp],
    now: Timestamp,
) -> Option<(Timestamp, Millis)> {
    caps.iter()
        .filter_map(|cap| {
            Some((
                full(i64::from(cap.count()), cap.per_ms(), stamps, now)?,
                cap.per_ms(),
            ))
        })
        .max()
}

/// When a window with room for `count` has room again, if it has none now. Stamps ascend.
fn full(count: i64, per: Millis, stamps: &[Timestamp], now: Timestamp) -> Option<Timestamp> {
    let inside = stamps.iter().filter(|stamp| stamp.plus(per) > now).count();
    let count = usize::try_from(count).unwrap_or(0);
    let excess = inside.checked_sub(count)?;
    // Room comes when the oldest of the last `count` leaves the window.
    let leaving = stamps.len().checked_sub(inside)?.checked_add(excess)?;
    Some(
        stamps
            .get(leaving)
            .map_or(now.plus(per), |stamp| stamp.plus(per)),
    )
}

impl Engine {
    /// When matching prompts were shown, ascending; those being painted count as shown now.
    fn stamps(&self, now: Timestamp, matches: &dyn Fn(&Exposure) -> bool) -> Vec<Timestamp> {
        let mut stamps = Vec::new();
        for exposure in ledger::exposures(&self.memory) {
            if matches(&exposure) {
                stamps.push(no_later_than(exposure.rendered, now));
            }
        }
        for shown in &self.shown {
            if !shown.rendered && !shown.repaint && matches(&shown.exposure) {
                stamps.push(now);
            }
        }
        stamps.sort_unstable();
        stamps
    }

    fn group_of(&self, prompt: u32) -> u32 {
        let found = self.entries.iter().find(|entry| entry.key == prompt);
        found.map_or(0, |entry| entry.group)
    }

    fn is_limit_hit(&self, shown: &Exposure) -> bool {
        shown.surface.lane() == Lane::Interrupt
            && self
                .entries
                .iter()
                .any(|entry| entry.key == shown.prompt && entry.trigger == 2)
    }

    /// How long `later` holds the next time, or `None` when the ladder is at its end.
    pub(super) fn ladder(&self, times: i64) -> Option<Millis> {
        let pacing = self.plim.root().pacing().get(0)?;
        pacing
            .ladder_ms()
            .get(u32::try_from(times).unwrap_or(u32::MAX))
    }
}
