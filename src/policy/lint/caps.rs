//! Caps that can never hold anything, because the gap or another cap lets fewer through anyway; ladders that fall.
//! Owns the comparison of rolling windows; what a cap counts is the engine's pacing stage.
//! A part of `lint`.

use crate::engine::effect::Lane;
use crate::plim::CapDraft;
use crate::policy::Policy;
use crate::policy::pacing::Pacing;
use crate::policy::prompt::Prompt;
use crate::policy::trigger::Trigger;
use crate::policy::walk::{At, Walk};
use crate::unit::{DAY_MS, Millis};

const WEEK_MS: Millis = 7 * DAY_MS;

/// Caps over all interruptions and of groups, the weekly budget, and groups without prompts.
pub(super) fn of_pacing(walk: &mut Walk, policy: &Policy) {
    let at = &At::Field(&At::Root, "pacing");
    let draft = &policy.pacing.draft;
    let default = Pacing::default().draft;
    let interrupts = |hits: bool| {
        let mut prompts = policy.every_prompt();
        prompts.any(|prompt| prompt.interrupts() && (prompt.trigger == Trigger::LimitHit) == hits)
    };
    let hits_per_day = if interrupts(true) {
        draft.limit_hit_per_day
    } else {
        0
    };
    // What the policy may have left to its defaults is not its mistake.
    for (index, cap) in draft.caps.iter().enumerate() {
        let is_budget = cap.per_ms == WEEK_MS;
        if default.caps.contains(cap) {
            continue;
        }
        // Among the others counts what blocked attempts add, which only a week's cap holds.
        let hits = per(hits_per_day, DAY_MS, cap.per_ms);
        let by_gap = per(1, draft.gap_ms, cap.per_ms).saturating_add(hits);
        let others = draft
            .caps
            .iter()
            .enumerate()
            .filter(|(own, _)| *own != index);
        let by_caps = others.map(|(_, other)| {
            let more = if other.per_ms < WEEK_MS { hits } else { 0 };
            per(other.count, other.per_ms, cap.per_ms).saturating_add(more)
        });
        let most = by_caps.min().unwrap_or(u32::MAX).min(by_gap);
        let within_gap = !is_budget && cap.per_ms <= draft.gap_ms;
        if most <= cap.count || within_gap {
            let caps = At::Field(at, "caps");
            let (budget, item) = (At::Field(at, "weekly_budget"), At::Item(&caps, index));
            let place = if is_budget { &budget } else { &item };
            never_binds(walk, place, cap.count, if within_gap { 1 } else { most });
        }
    }
    ladder(walk, &At::Root, &policy.pacing);
    let groups = At::Field(at, "groups");
    for group in &policy.pacing.groups {
        let place = At::Field(&groups, &group.id);
        let mut prompts = policy.every_prompt();
        if !prompts.any(|prompt| prompt.group.as_ref() == Some(&group.id)) {
            let message = format!("no prompt is in the group `{}`", group.id);
            walk.error(
                &place,
                "group_unused",
                message,
                "name it in a prompt's `group`, or remove it",
            );
        }
        dominated(walk, &At::Field(&place, "caps"), &group.caps, &[]);
    }
}

/// The first step of the ladder that is shorter than the one before, in a policy or an arm.
pub(super) fn ladder(walk: &mut Walk, at: &At<'_>, pacing: &Pacing) {
    let steps: Vec<Millis> = pacing
        .draft
        .ladder_ms
        .iter()
        .map(|step| step / DAY_MS)
        .collect();
    let falls = |pair: &[Millis]| matches!(pair, [first, next] if next < first);
    let Some(index) = steps.windows(2).position(falls) else {
        return;
    };
    let next = index.saturating_add(1);
    if let (Some(first), Some(then)) = (steps.get(index), steps.get(next)) {
        let message =
            format!("`later` holds shorter when it is said again: `{then}` days after `{first}`");
        let (pacing, help) = (At::Field(at, "pacing"), "write the days from short to long");
        let place = At::Field(&pacing, "ladder_days");
        walk.error(&At::Item(&place, next), "ladder_falls", message, help);
    }
}

/// How many a rule of `count` in `span` lets through in another span.
fn per(count: u32, span: Millis, within: Millis) -> u32 {
    if span <= 0 {
        return u32::MAX;
    }
    let times = within
        .saturating_add(span)
        .saturating_sub(1)
        .checked_div(span);
    count.saturating_mul(u32::try_from(times.unwrap_or(0)).unwrap_or(u32::MAX))
}

/// Caps of a prompt, beside those of its group and, where every showing of it interrupts, those over all.
pub(super) fn of_prompt(walk: &mut Walk, at: &At<'_>, prompt: &Prompt, pacing: &Pacing) {
    let group = pacing
        .groups
        .iter()
        .find(|group| Some(&group.id) == prompt.group.as_ref());
    let mut others: Vec<CapDraft> = group.map_or_else(Vec::new, |group| group.caps.clone());
    // What was passed at first sight comes as a banner, and a blocked attempt's answer as a toast.
    let always = matches!(
        prompt.trigger,
        Trigger::Explored { .. }
            | Trigger::TrialEnding { .. }
            | Trigger::Projected { .. }
            | Trigger::Score { .. }
            | Trigger::Signal { .. }
    );
    if always && prompt.interrupts() {
        others.extend(pacing.draft.caps.iter().cloned());
        let gap = CapDraft {
            count: 1,
            per_ms: pacing.draft.gap_ms,
        };
        others.extend((gap.per_ms > 0).then_some(gap));
    }
    dominated(walk, &At::Field(at, "caps"), &prompt.caps, &others);
}

/// Caps of a list that another of it, or one that also holds, makes superfluous.
fn dominated(walk: &mut Walk, at: &At<'_>, caps: &[CapDraft], others: &[CapDraft]) {
    for (index, cap) in caps.iter().enumerate() {
        let beside = caps.iter().enumerate();
        // Of two that hold the same, the first is told.
        let tighter = beside.filter(|(own, other)| *own > index || (*own < index && *other != cap));
        let all = tighter.map(|(_, other)| other).chain(others);
        let most = all.map(|other| per(other.count, other.per_ms, cap.per_ms));
        if let Some(most) = most.min().filter(|most| *most <= cap.count) {
            never_binds(walk, &At::Item(at, index), cap.count, most);
        }
    }
}

fn never_binds(walk: &mut Walk, at: &At<'_>, count: u32, most: u32) {
    let message =
        format!("other rules let at most `{most}` through in that span, so `{count}` never holds");
    let help = "lower the count, or leave it out; the gap is a rule too, 24 hours by default";
    walk.error(at, "cap_never_binds", message, help);
}

impl Prompt {
    /// Whether it comes as a dialog.
    fn interrupts(&self) -> bool {
        self.surface.lane() == Lane::Interrupt && self.about.len() > 0
    }
}
