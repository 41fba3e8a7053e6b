//! Plans: what each grants, what it costs and how it is bought; the order is the rank.
//! Owns quotas and, from their periods, whether a meter is a counter or a level; knows no prompts.
//! `compile` writes one quota for each plan and meter.

use super::locale::Localized;
use super::subject::{Subjects, fresh_id};
use super::tree::{Tree, shown};
use super::walk::{At, Fields, Walk, did_you_mean};
use crate::unit::{COUNT_MAX, Limit};

const PLANS_MAX: usize = 50;
/// Features that one plan names.
const PLAN_FEATURES_MAX: usize = super::subject::FEATURES_MAX;
const BUYS: [&str; 2] = ["checkout", "sales"];
const PERIODS: [&str; 4] = ["day", "week", "month", "year"];
/// What a quota's period is when it has none.
const LEVEL: u32 = 0;

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub id: String,
    pub name: Localized<String>,
    /// 0 not at all, 1 at the checkout, 2 through sales.
    pub buy: u32,
    pub price: Option<Price>,
    /// By index of the meter; a meter that is not here is not in the plan.
    pub quotas: Vec<(usize, Quota)>,
    /// Indexes of features, ascending.
    pub features: Vec<usize>,
}

/// What a plan costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Price {
    pub amount_minor: i64,
    pub currency: String,
    pub per: &'static str,
}

/// What a plan grants on a meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quota {
    pub limit: Limit,
    pub is_soft: bool,
    /// As in the arena: 0 level, 1 day, 2 week, 3 month, 4 year.
    pub period: u32,
}

/// Reads `plans`; meters and features they name first join the subjects.
pub(super) fn read_plans(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    default: &str,
    subjects: &mut Subjects,
) -> Vec<Plan> {
    if matches!(tree, Tree::List(items) if items.is_empty()) {
        walk.error(
            at,
            "empty",
            "there is no plan".into(),
            "add at least one plan with its quotas",
        );
    }
    let mut plans: Vec<Plan> = Vec::new();
    for (index, item) in walk.list(tree, at, PLANS_MAX).iter().enumerate() {
        let place = At::Item(at, index);
        let known = ["id", "name", "price", "buy", "quotas", "features"];
        let Some(fields) = walk.fields(item, &place, &known, &[]) else {
            continue;
        };
        let id = read_plan_id(walk, &fields, &place, &plans);
        let mut plan = read_plan(walk, &fields, &place, default, subjects);
        // A plan whose id is wrong is kept under a name no id can have, so that the rest is read too.
        plan.id = id.unwrap_or_default();
        plans.push(plan);
    }
    plans
}

fn read_plan_id(
    walk: &mut Walk,
    fields: &Fields<'_>,
    at: &At<'_>,
    plans: &[Plan],
) -> Option<String> {
    let tree = walk.required(fields, at, "id")?;
    let place = At::Field(at, "id");
    let id = walk.string(tree, &place)?;
    let taken = plans
        .iter()
        .map(|plan| plan.id.as_str())
        .filter(|id| !id.is_empty());
    fresh_id(walk, id, &place, taken, "plan", PLANS_MAX)
}

fn read_plan(
    walk: &mut Walk,
    fields: &Fields<'_>,
    at: &At<'_>,
    default: &str,
    subjects: &mut Subjects,
) -> Plan {
    let name = fields.of("name").map(|tree| {
        Localized::read(
            walk,
            tree,
            &At::Field(at, "name"),
            default,
            |walk, tree, at| walk.words(tree, at).map(String::from),
        )
    });
    let buy = fields
        .of("buy")
        .and_then(|tree| walk.one_of(tree, &At::Field(at, "buy"), &BUYS, &[]));
    let price = fields
        .of("price")
        .and_then(|tree| read_price(walk, tree, &At::Field(at, "price")));
    let mut quotas = Vec::new();
    if let Some(tree) = fields.of("quotas") {
        let place = At::Field(at, "quotas");
        for (id, tree) in walk
            .entries(tree, &place, super::subject::METERS_MAX)
            .unwrap_or_default()
        {
            let place = At::Field(&place, id);
            let meter = subjects.meter_or_new(walk, id, &place);
            // A quota with a mistake still says that the plan speaks of the meter.
            let quota = read_quota(walk, tree, &place).unwrap_or_default();
            quotas.extend(meter.map(|meter| (meter, quota)));
        }
    }
    let features = match fields.of("features") {
        Some(tree) => read_plan_features(walk, tree, &At::Field(at, "features"), subjects),
        None => Vec::new(),
    };
    Plan {
        id: String::new(),
        name: name.unwrap_or_default(),
        buy: buy.map_or(0, after),
        price,
        quotas,
        features,
    }
}

fn read_plan_features(
    walk: &mut Walk,
    tree: &Tree,
    at: &At<'_>,
    subjects: &mut Subjects,
) -> Vec<usize> {
    let mut features = Vec::new();
    for (index, item) in walk.list(tree, at, PLAN_FEATURES_MAX).iter().enumerate() {
        let place = At::Item(at, index);
        let Some(id) = walk.string(item, &place) else {
            continue;
        };
        let Some(feature) = subjects.feature_or_new(walk, id, &place) else {
            continue;
        };
        if features.contains(&feature) {
            walk.error(
                &place,
                "given_twice",
                format!("{} is given twice", shown(id)),
                "keep one of them",
            );
        } else {
            features.push(feature);
        }
    }
    features.sort_unstable();
    features
}

fn read_price(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<Price> {
    let fields = walk.fields(tree, at, &["amount_minor", "currency", "per"], &[])?;
    let amount = walk.required(&fields, at, "amount_minor");
    let amount =
        amount.and_then(|tree| walk.integer(tree, &At::Field(at, "amount_minor"), 0..=COUNT_MAX));
    let currency = walk.required(&fields, at, "currency");
    let currency = currency.and_then(|tree| read_currency(walk, tree, &At::Field(at, "currency")));
    let per = walk.required(&fields, at, "per");
    let per = per.and_then(|tree| walk.one_of(tree, &At::Field(at, "per"), &PERIODS, &[]));
    Some(Price {
        amount_minor: amount?,
        currency: currency?,
        per: PERIODS.get(per?).copied()?,
    })
}

fn read_currency(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<String> {
    let text = walk.string(tree, at)?;
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(text.into());
    }
    let message = format!("{} is not a currency", shown(text));
    walk.error(
        at,
        "bad_currency",
        message,
        "write its ISO 4217 code in capitals, such as `USD`",
    );
    None
}

fn read_quota(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<Quota> {
    let fields = walk.fields(tree, at, &["limit", "period", "soft"], &[])?;
    let limit = walk.required(&fields, at, "limit");
    let limit = limit.and_then(|tree| read_limit(walk, tree, &At::Field(at, "limit")));
    let period = fields
        .of("period")
        .map(|tree| walk.one_of(tree, &At::Field(at, "period"), &PERIODS, &[]));
    let is_soft = fields
        .of("soft")
        .and_then(|tree| walk.boolean(tree, &At::Field(at, "soft")));
    if is_soft == Some(true) && limit.is_some_and(|limit| limit.number().is_none()) {
        let message = "soft without a limit of a number".into();
        walk.error(
            &At::Field(at, "soft"),
            "soft_without_limit",
            message,
            "leave `soft` out",
        );
    }
    let period = match period {
        Some(index) => after(index?),
        None => LEVEL,
    };
    Some(Quota {
        limit: limit?,
        is_soft: is_soft.unwrap_or(false),
        period,
    })
}

/// The number in the arena of a name in a list, where 0 stands for none.
fn after(index: usize) -> u32 {
    u32::try_from(index).map_or(0, |index| index.saturating_add(1))
}

fn read_limit(walk: &mut Walk, tree: &Tree, at: &At<'_>) -> Option<Limit> {
    match tree {
        Tree::Text(text) if text == "unlimited" => Some(Limit::UNLIMITED),
        Tree::Text(text) if text == "none" => Some(Limit::NONE),
        Tree::Integer(0) => {
            let help = "use `none` for what the plan does not have";
            walk.error(at, "zero_limit", "a limit of `0`".into(), help);
            None
        }
        Tree::Integer(_) => walk.integer(tree, at, 1..=COUNT_MAX).map(Limit),
        other => {
            let near = match other {
                Tree::Text(text) if text.parse::<i64>().is_ok() => {
                    Some("write the number without quotes".into())
                }
                Tree::Text(text) => did_you_mean(text, ["unlimited", "none"].into_iter()),
                _ => None,
            };
            let help = near.unwrap_or_else(|| {
                "write a whole number of 1 or more, `unlimited`, or `none`".into()
            });
            walk.wrong_type(at, other, "a whole number, `unlimited` or `none`", &help);
            None
        }
    }
}

/// Makes each meter a counter or a level, and gives quotas without a period the one of the others.
pub(super) fn settle_periods(
    walk: &mut Walk,
    at: &At<'_>,
    plans: &mut [Plan],
    subjects: &mut Subjects,
) {
    for (index, meter) in subjects.meters.iter_mut().enumerate() {
        let quotas = || {
            plans.iter().enumerate().flat_map(|(plan, own)| {
                own.quotas
                    .iter()
                    .filter(move |(meter, _)| *meter == index)
                    .map(move |(_, quota)| (plan, quota))
            })
        };
        let Some(period) = quotas()
            .map(|(_, quota)| quota.period)
            .find(|period| *period != LEVEL)
        else {
            meter.is_level = true;
            continue;
        };
        let odd =
            quotas().find(|(_, quota)| quota.period == LEVEL && quota.limit.number().is_some());
        if let Some((plan, _)) = odd {
            let item = At::Item(at, plan);
            let place = At::Field(&item, "quotas");
            let message = format!(
                "`{}` has no period here, but has one in another plan",
                meter.id
            );
            let help = "a meter is a counter in every plan or a level in every plan: add `period`, or remove the others";
            walk.error(&At::Field(&place, &meter.id), "mixed_kind", message, help);
        }
        for (_, quota) in plans
            .iter_mut()
            .flat_map(|plan| &mut plan.quotas)
            .filter(|(own, _)| *own == index)
        {
            if quota.period == LEVEL {
                quota.period = period;
            }
        }
    }
}

/// Refuses subjects that no plan speaks of: a name that was mistyped, or that is not used any more.
pub(super) fn check_used(walk: &mut Walk, plans: &[Plan], subjects: &Subjects) {
    let meters = plans
        .iter()
        .flat_map(|plan| plan.quotas.iter().map(|(meter, _)| *meter));
    let ids = subjects
        .meters
        .iter()
        .map(|meter| meter.id.as_str())
        .collect();
    for (id, help) in unused(ids, meters.collect()) {
        let help = help.unwrap_or_else(|| "add a quota, or remove the meter".into());
        let message = format!("no plan has a quota of `{id}`");
        let place = At::Field(&At::Root, "meters");
        walk.error(&At::Field(&place, id), "meter_in_no_plan", message, help);
    }
    let features = plans.iter().flat_map(|plan| plan.features.iter().copied());
    let ids = subjects
        .features
        .iter()
        .map(|feature| feature.id.as_str())
        .collect();
    for (id, help) in unused(ids, features.collect()) {
        let help = help.unwrap_or_else(|| "add it to a plan, or remove the feature".into());
        let message = format!("no plan includes `{id}`");
        let place = At::Field(&At::Root, "features");
        walk.error(&At::Field(&place, id), "feature_in_no_plan", message, help);
    }
}

/// The ids whose index is not used, each with the nearest that is.
fn unused(ids: Vec<&str>, mut used: Vec<usize>) -> Vec<(&str, Option<String>)> {
    used.sort_unstable();
    let is_used = |index: usize| used.binary_search(&index).is_ok();
    let in_use: Vec<&str> = ids
        .iter()
        .enumerate()
        .filter(|(at, _)| is_used(*at))
        .map(|(_, id)| *id)
        .collect();
    let rest = ids
        .iter()
        .enumerate()
        .filter(|(at, _)| !is_used(*at))
        .map(|(_, id)| *id);
    rest.map(|id| (id, did_you_mean(id, in_use.iter().copied())))
        .collect()
}
