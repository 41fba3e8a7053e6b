//! Plans beside each other: less of a meter than the plan before grants, and ids that look like a slip of another.
//! Owns what can be told from the plans alone; whether a prompt can come under them is `reach`'s.
//! A part of `lint`.

use crate::policy::Policy;
use crate::policy::plan::Plan;
use crate::policy::tree::Tree;
use crate::policy::walk::{At, Walk, nearest_name};
use crate::unit::Limit;

/// Everything about plans.
pub(super) fn check(walk: &mut Walk, tree: &Tree, policy: &Policy) {
    limits(walk, policy);
    let meters: Vec<&str> = policy
        .subjects
        .meters
        .iter()
        .map(|meter| meter.id.as_str())
        .collect();
    let features: Vec<&str> = policy
        .subjects
        .features
        .iter()
        .map(|feature| feature.id.as_str())
        .collect();
    let plans = At::Field(&At::Root, "plans");
    for (index, (plan, item)) in policy.plans.iter().zip(tree.items("plans")).enumerate() {
        let at = At::Item(&plans, index);
        let quotas = At::Field(&at, "quotas");
        let own: Vec<usize> = plan.quotas.iter().map(|(meter, _)| *meter).collect();
        for (id, other) in slips(tree, &meters, &own) {
            slip(walk, &At::Field(&quotas, id), (id, other), "meters");
        }
        let named = At::Field(&at, "features");
        for (id, other) in slips(tree, &features, &plan.features) {
            let mut items = item.items("features").iter();
            let place = items.position(|item| matches!(item, Tree::Text(own) if own == id));
            let place = At::Item(&named, place.unwrap_or(0));
            slip(walk, &place, (id, other), "features");
        }
    }
}

/// A plan that has less of a meter than the one before: the next plan that is offered is the first with more.
fn limits(walk: &mut Walk, policy: &Policy) {
    let size = |plan: &Plan, meter: usize| match limit_of(plan, meter) {
        Limit::UNLIMITED => i64::MAX,
        limit => limit.number().unwrap_or(0),
    };
    for (index, pair) in policy.plans.windows(2).enumerate() {
        let [lower, higher] = pair else { continue };
        for (meter, subject) in policy.subjects.meters.iter().enumerate() {
            let (less, more) = (size(higher, meter), size(lower, meter));
            if less >= more {
                continue;
            }
            let plans = At::Field(&At::Root, "plans");
            let item = At::Item(&plans, index.saturating_add(1));
            let quotas = At::Field(&item, "quotas");
            let own = At::Field(&quotas, &subject.id);
            let is_named = higher.quotas.iter().any(|(own, _)| *own == meter);
            let shown = |size: i64| match size {
                i64::MAX => "no limit".to_owned(),
                0 => "none".to_owned(),
                size => size.to_string(),
            };
            let message = format!(
                "`{}` has less `{}` than `{}`, the plan before it (`{}` after `{}`)",
                higher.id,
                subject.id,
                lower.id,
                shown(less),
                shown(more)
            );
            let help = "plans stand in the order of their rank: nobody is sent to a plan with less";
            let at = if is_named { &own } else { &quotas };
            walk.error(at, "limit_falls", message, help);
        }
    }
}

pub(super) fn limit_of(plan: &Plan, meter: usize) -> Limit {
    let quota = plan.quotas.iter().find(|(own, _)| *own == meter);
    quota.map_or(Limit::NONE, |(_, quota)| quota.limit)
}

/// Of the ids that a plan names, those that stand nowhere else, each with a near one that the plan lacks.
/// Of two that stand in one place each, the later is the slip.
fn slips<'p>(tree: &Tree, ids: &[&'p str], own: &[usize]) -> Vec<(&'p str, &'p str)> {
    let lacking = || {
        let all = ids.iter().enumerate();
        all.filter(|(index, _)| !own.contains(index))
    };
    let found = own.iter().filter_map(|index| {
        let id = ids.get(*index)?;
        let mut others =
            lacking().filter(|(_, other)| nearest_name(id, [**other].into_iter()).is_some());
        if mentions(tree, id) > 1 {
            return None;
        }
        let other = others.find(|(other, name)| other < index || mentions(tree, name) > 1)?;
        Some((*id, *other.1))
    });
    found.collect()
}

fn slip(walk: &mut Walk, at: &At<'_>, (id, other): (&str, &str), part: &str) {
    let message =
        format!("`{id}` stands only here, and this plan lacks `{other}`, which is near it");
    let help = format!("did you mean `{other}`? If not, describe `{id}` in `{part}`");
    walk.error(at, "id_nearly_known", message, help);
}

/// In how many places of a policy an id stands, as a name or as a text.
fn mentions(tree: &Tree, id: &str) -> usize {
    match tree {
        Tree::Text(text) => usize::from(text == id),
        Tree::List(items) => items.iter().map(|item| mentions(item, id)).sum(),
        Tree::Object(entries) => entries
            .iter()
            .map(|(name, item)| mentions(item, id).saturating_add(usize::from(name == id)))
            .sum(),
        _ => 0,
    }
}
