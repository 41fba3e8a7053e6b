//! Audiences that nobody is in: plans that there are not, ranges without a number, two values at once.
//! Owns what of a condition can be seen to hold for nobody; what it cannot see through it takes as possible.
//! A part of `lint`; `targeting::condition` decides in the browser.

use super::super::plan::Plan;
use super::super::tree::{Tree, shown};
use super::super::walk::{At, Walk, did_you_mean};

/// What one attribute has to be equal to, as far as read.
type Wanted<'t> = Vec<(&'t str, &'t Tree)>;

/// Notes a condition that holds for nobody.
pub(super) fn check(walk: &mut Walk, at: &At<'_>, condition: &Tree, plans: &[Plan]) {
    if let Some((reason, help)) = nobody(condition, plans, &mut Vec::new()) {
        let message = format!("nobody is in it: {reason}");
        walk.error(at, "audience_empty", message, help);
    }
}

/// Why a condition holds for nobody, and what to do; `None` where it may hold.
fn nobody<'t>(
    condition: &'t Tree,
    plans: &[Plan],
    wanted: &mut Wanted<'t>,
) -> Option<(String, String)> {
    let Tree::Object(members) = condition else {
        return None;
    };
    members
        .iter()
        .find_map(|(name, value)| match (name.as_str(), value) {
            // All of them hold, so what one wants another may contradict.
            ("$and", Tree::List(all)) => all.iter().find_map(|one| nobody(one, plans, wanted)),
            ("$or", Tree::List(any)) => {
                let mut reasons = any
                    .iter()
                    .map(|one| nobody(one, plans, &mut wanted.clone()));
                let first = reasons.next()??;
                reasons.all(|reason| reason.is_some()).then_some(first)
            }
            (name, _) if name.starts_with('$') => None,
            (name, Tree::Object(operators)) => {
                let operators: Vec<(&str, &Tree)> = operators
                    .iter()
                    .map(|(operator, value)| (operator.as_str(), value))
                    .collect();
                operate(name, &operators, plans, wanted)
            }
            (name, value) => equal(name, value, plans, wanted),
        })
}

/// Operators on one attribute, all of which hold.
fn operate<'t>(
    name: &'t str,
    operators: &[(&str, &'t Tree)],
    plans: &[Plan],
    wanted: &mut Wanted<'t>,
) -> Option<(String, String)> {
    let number = |wanted: &str| {
        operators.iter().find_map(|(operator, value)| match value {
            Tree::Integer(number) if *operator == wanted => Some(*number),
            _ => None,
        })
    };
    let low = [number("$gt"), number("$gte")].into_iter().flatten().max();
    let high = [number("$lt"), number("$lte")].into_iter().flatten().min();
    if let (Some(low), Some(high)) = (low, high) {
        let both = number("$gte") == Some(low) && number("$lte") == Some(high);
        if low > high || (low == high && !both) {
            let message = format!("no {} is in that range, {low} to {high}", shown(name));
            return Some((message, "swap the two, or write `$or`".into()));
        }
    }
    operators
        .iter()
        .find_map(|(operator, value)| match (*operator, value) {
            ("$eq", value) => equal(name, value, plans, wanted),
            ("$in", Tree::List(items)) if items.is_empty() => {
                let message = format!("{} is to be one of none", shown(name));
                Some((message, "name at least one".into()))
            }
            ("$in", Tree::List(items)) => {
                let mut reasons = items
                    .iter()
                    .map(|item| equal(name, item, plans, &mut wanted.clone()));
                let first = reasons.next()??;
                reasons.all(|reason| reason.is_some()).then_some(first)
            }
            _ => None,
        })
}

/// An attribute that is to be a value: a plan has to be there, and nothing is two texts at once.
fn equal<'t>(
    name: &'t str,
    value: &'t Tree,
    plans: &[Plan],
    wanted: &mut Wanted<'t>,
) -> Option<(String, String)> {
    let Tree::Text(text) = value else {
        return None;
    };
    let ids = plans.iter().map(|plan| plan.id.as_str());
    if name == "plan" && !ids.clone().any(|id| id == text) {
        let help = did_you_mean(text, ids).unwrap_or_else(|| "name a plan of this policy".into());
        return Some((format!("there is no plan {}", shown(text)), help));
    }
    let mut before = wanted.iter();
    let other = before
        .find(|(own, other)| *own == name && *other != value)
        .copied();
    wanted.push((name, value));
    other.map(|(_, other)| {
        let message = format!(
            "{} cannot be {} and {} at once",
            shown(name),
            other.found(),
            value.found()
        );
        (message, "write `$in` or `$or`".into())
    })
}
