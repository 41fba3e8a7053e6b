//! Pacing: caps, gaps and budgets over what was shown, and the ladder of `later`.
//! Owns the rolling windows; knows nothing of triggers or of the page.
//! A stage of `judge`; `respond` climbs the ladder.

use super::Engine;
use super::effect::{HoldReason, Lane, Surface};
use super::judge::{Candidate, Hold};
use super::ledger::{self, no_later_than};
use crate::plim::{Cap, List};
use crate::unit::{DAY_MS, Millis, Timestamp};

/// The window whose cap is the weekly budget.
const WEEK_MS: Millis = 7 * DAY_MS;

/// The pacing stage.
pub(super) fn pace(engine: &Engine, candidate: &Candidate<'_>) -> Option<Hold> {
    let prompt = candidate.prompt;
    let now = candidate.now;
    let ready = candidate.fired.since.plus(prompt.delay_ms());
    if prompt.delay_ms() > 0 && now < ready {
        return Some(Hold::until(HoldReason::Delay, ready));
    }
    if candidate.surface.lane() == Lane::Inline {
        return None;
    }
    let own = engine.stamps(now, |shown| {
        shown.prompt == prompt.key() && shown.subject == candidate.subject
    });
    if let Some((until, _)) = over(prompt.caps(), &own, now) {
        return Some(Hold::until(HoldReason::CapPrompt, until));
    }
    if prompt.group() != 0 {
        let groups = engine.plim.root().groups();
        let group = groups.iter().find(|group| group.key() == prompt.group())?;
        let in_group = engine.stamps(now, |shown| engine.group_of(shown.prompt) == group.key());
        if let Some((until, _)) = over(group.caps(), &in_group, now) {
            return Some(Hold::until(HoldReason::CapGroup, until));
        }
    }
    match candidate.surface.lane() {
        Lane::Interrupt => interruptions(engine, candidate),
        Lane::Ambient | Lane::Inline => None,
    }
}

fn interruptions(engine: &Engine, candidate: &Candidate<'_>) -> Option<Hold> {
    let pacing = engine.plim.root().pacing().get(0)?;
    let now = candidate.now;
    let all = engine.stamps(now, |shown| shown.surface.lane() == Lane::Interrupt);
    let limit_hit = candidate.prompt.trigger() == 2;
    if limit_hit {
        // A blocked attempt has caps of its own in place of the daily cap and the gap.
        let hits = engine.stamps(now, |shown| engine.is_limit_hit(shown));
        let here = engine.stamps(now, |shown| {
            engine.is_limit_hit(shown) && shown.subject == candidate.subject
        });
        let last = here.last().map(|last| last.plus(pacing.limit_hit_gap_ms()));
        if let Some(until) = last.filter(|until| *until > now)
            && !fault!(5)
        {
            return Some(Hold::until(HoldReason::Gap, until));
        }
        if let Some(until) = full(i64::from(pacing.limit_hit_per_day()), DAY_MS, &hits, now) {
            return Some(Hold::until(HoldReason::CapAll, until));
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
        return Some(Hold::until(HoldReason::Gap, until));
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
    blocked.map(|(until, per)| {
        let weekly = per >= WEEK_MS;
        Hold::until(
            if weekly {
                HoldReason::WeeklyBudget
            } else {
                HoldReason::CapAll
            },
            until,
        )
    })
}

/// Whether a cap of its own or of its group binds this candidate: then tabs must take turns.
pub(super) fn capped(candidate: &Candidate<'_>) -> bool {
    !candidate.prompt.caps().is_empty() || candidate.prompt.group() != 0
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

/// A showing as caps count it.
pub(super) struct Showing {
    pub prompt: u32,
    pub subject: u32,
    pub surface: Surface,
}

impl Engine {
    /// When matching prompts were shown, ascending; those being painted count as shown now.
    fn stamps(&self, now: Timestamp, matches: impl Fn(&Showing) -> bool) -> Vec<Timestamp> {
        let showing = |exposure: &ledger::Exposure| Showing {
            prompt: exposure.prompt,
            subject: exposure.subject,
            surface: exposure.surface,
        };
        let rendered = ledger::exposures(&self.memory)
            .filter(|exposure| matches(&showing(exposure)))
            .map(|exposure| no_later_than(exposure.rendered, now));
        let reserved = self
            .shown
            .iter()
            .filter(|shown| !shown.rendered && !shown.repaint && matches(&showing(&shown.exposure)))
            .map(|_| now);
        let mut stamps: Vec<Timestamp> = rendered.chain(reserved).collect();
        stamps.sort_unstable();
        stamps
    }

    fn group_of(&self, prompt: u32) -> u32 {
        let prompts = self.plim.root().prompts();
        prompts
            .iter()
            .find(|candidate| candidate.key() == prompt)
            .map_or(0, |found| found.group())
    }

    fn is_limit_hit(&self, shown: &Showing) -> bool {
        shown.surface.lane() == Lane::Interrupt
            && self
                .instance(shown.prompt, shown.subject)
                .and_then(|index| self.plim.root().prompts().get(index))
                .is_some_and(|prompt| prompt.trigger() == 2)
    }

    /// How long `later` holds the next time, or `None` when the ladder is at its end.
    pub(super) fn ladder(&self, times: i64) -> Option<Millis> {
        let pacing = self.plim.root().pacing().get(0)?;
        pacing
            .ladder_ms()
            .get(u32::try_from(times).unwrap_or(u32::MAX))
    }
}
