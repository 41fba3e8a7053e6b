//! Prompts and thresholds that no account can ever meet: a limit too low, a feature everybody has, no route left.
//! Owns what of plans, delays and routes can be seen beforehand; what a snapshot grants instead it does not know.
//! A part of `lint`.

use super::plans::limit_of;
use super::shared::covers;
use crate::engine::EXPLORED_FRESH_MS;
use crate::engine::effect::Surface;
use crate::policy::link::routes_to;
use crate::policy::plan::Plan;
use crate::policy::prompt::Prompt;
use crate::policy::subject::{PERCENT, USED, read_threshold};
use crate::policy::tree::Tree;
use crate::policy::trigger::{About, Trigger};
use crate::policy::walk::{At, Walk, listed};
use crate::policy::{Links, Policy};
use crate::unit::{DAY_MS, Limit, count_at};

/// A prompt that no account can ever see.
pub(super) fn of_prompt(walk: &mut Walk, at: &At<'_>, prompt: &Prompt, policy: &Policy) {
    let trigger = At::Field(at, "trigger");
    let found = match &prompt.about {
        About::Meters(meters) if meters.is_empty() => {
            Some(("there is no meter".to_owned(), "leave the prompt out"))
        }
        About::Features(features) if features.is_empty() => {
            Some(("there is no feature".to_owned(), "leave the prompt out"))
        }
        About::Meters(meters) => {
            let never = meters
                .iter()
                .all(|meter| !can_fire(prompt.trigger, *meter, &policy.plans));
            never.then(|| never_fires(prompt.trigger))
        }
        About::Features(features) => {
            let everywhere = |feature: &usize| {
                policy
                    .plans
                    .iter()
                    .all(|plan| plan.features.contains(feature))
            };
            features.iter().all(everywhere).then(|| {
                let message = "every plan includes the feature, so nobody lacks it".to_owned();
                (message, "name a feature that some plan lacks")
            })
        }
        About::Account => None,
    };
    if let Some((message, help)) = found {
        walk.error(&trigger, "prompt_unreachable", message, help);
    }
    let late = match prompt.trigger {
        Trigger::Explored { .. } if prompt.delay_ms >= EXPLORED_FRESH_MS => {
            Some("an exploration is answered within 30 minutes, and the delay is longer")
        }
        Trigger::TrialEnding { before_ms } if prompt.delay_ms >= before_ms => {
            Some("the trial is over before the delay is")
        }
        Trigger::Projected { .. } if prompt.delay_ms >= DAY_MS => {
            Some("a projection is made anew each day in UTC, and the delay is longer")
        }
        Trigger::LimitHit if prompt.delay_ms > 0 && prompt.surface == Surface::Modal => {
            Some("a blocked attempt is answered at once: with a delay always by a toast")
        }
        _ => None,
    };
    if let Some(message) = late {
        let place = At::Field(at, "delay_ms");
        walk.error(
            &place,
            "prompt_unreachable",
            message.into(),
            "shorten the delay, or leave it out",
        );
    }
    if !routes_left(prompt, &policy.links) {
        let message = "it stays away from every route it may appear on".into();
        let help = "nobody is prompted where a link of the policy leads; change `in` or `out`";
        walk.error(
            &At::Field(at, "routes"),
            "prompt_unreachable",
            message,
            help,
        );
    }
}

/// Whether a meter's trigger can fire under the limits of some plan.
fn can_fire(trigger: Trigger, meter: usize, plans: &[Plan]) -> bool {
    plans.iter().any(|plan| {
        let limit = limit_of(plan, meter);
        let number = limit.number().unwrap_or(0);
        let soft = plan
            .quotas
            .iter()
            .any(|(own, quota)| *own == meter && quota.is_soft);
        match trigger {
            Trigger::Threshold {
                kind: PERCENT,
                value,
            } => {
                let count = count_at(value, number);
                0 < count && count < number
            }
            Trigger::Threshold { value, .. } => value < number,
            Trigger::LimitHit => limit == Limit::NONE || (number > 0 && !soft),
            _ => number > 0,
        }
    })
}

fn never_fires(trigger: Trigger) -> (String, &'static str) {
    let message = match trigger {
        Trigger::Threshold { kind: PERCENT, .. } => {
            "under every plan's limit that percentage is the limit itself, or there is no limit"
        }
        Trigger::Threshold { kind: USED, .. } => "no plan's limit is higher than that amount",
        Trigger::Threshold { .. } => "no plan's limit is higher than what shall remain",
        Trigger::LimitHit => "no plan has a hard limit there, so no attempt is blocked",
        _ => "no plan has a limit there",
    };
    (message.into(), "name another meter, or change the trigger")
}

/// Whether a prompt may appear on any route at all.
fn routes_left(prompt: &Prompt, links: &Links) -> bool {
    let links = [&links.checkout, &links.pricing, &links.sales];
    let mut out: Vec<String> = links.into_iter().flat_map(|link| routes_to(link)).collect();
    out.extend(prompt.routes_out.iter().cloned());
    let everywhere = ["/*".to_owned()];
    let within = if prompt.routes_in.is_empty() {
        everywhere.as_slice()
    } else {
        &prompt.routes_in
    };
    !within
        .iter()
        .all(|route| out.iter().any(|wider| covers(wider, route)))
}

/// The thresholds that a policy or an arm writes, and that no meter uses or usage passes under no plan.
pub(super) fn thresholds(walk: &mut Walk, holder: &Tree, at: &At<'_>, policy: &Policy) {
    let meters = &policy.subjects.meters;
    let of_meters = holder.member("meters");
    let own = |id: &str| of_meters.and_then(|tree| tree.member(id));
    let (mut general, mut missed) = (Vec::new(), Vec::new());
    for (index, meter) in meters.iter().enumerate() {
        if own(&meter.id).is_some_and(|own| own.member("thresholds").is_some()) {
            continue;
        }
        match meter.thresholds {
            None => general.push(index),
            Some(_) => missed.push(meter.id.as_str()),
        }
    }
    let unused = match missed.first() {
        _ if holder.member("thresholds").is_none() => None,
        Some(first) => Some((
            format!(
                "these do not reach {}: thresholds in `meters` go before them",
                listed(&missed)
            ),
            format!(
                "write them for each in this arm: `\"meters\": {{\"{first}\": {{\"thresholds\": […]}}}}`"
            ),
        )),
        None if general.is_empty() => Some((
            "no meter uses these: thresholds in `meters` go before them".into(),
            "leave them out".into(),
        )),
        None => None,
    };
    if let Some((message, help)) = unused {
        let place = At::Field(at, "thresholds");
        walk.error(&place, "thresholds_unused", message, help);
    }
    if !general.is_empty() {
        never_passed(walk, holder, at, &general, &policy.plans);
    }
    let place = At::Field(at, "meters");
    for (index, meter) in meters.iter().enumerate() {
        if let Some(own) = own(&meter.id) {
            let at = At::Field(&place, &meter.id);
            never_passed(walk, own, &at, &[index], &policy.plans);
        }
    }
}

fn never_passed(walk: &mut Walk, holder: &Tree, at: &At<'_>, meters: &[usize], plans: &[Plan]) {
    let place = At::Field(at, "thresholds");
    for (index, item) in holder.items("thresholds").iter().enumerate() {
        let at = &At::Item(&place, index);
        let Some(threshold) = read_threshold(&mut Walk::default(), item, at) else {
            continue;
        };
        let trigger = Trigger::Threshold {
            kind: threshold.kind,
            value: threshold.value,
        };
        if !meters.iter().any(|meter| can_fire(trigger, *meter, plans)) {
            let (message, _) = never_fires(trigger);
            let help = "choose another, or leave it out";
            walk.error(at, "threshold_unreachable", message, help);
        }
    }
}
