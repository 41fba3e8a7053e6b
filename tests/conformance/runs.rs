//! The cases about whole experiments: single ones, as rules of a feature, and with arms that were kept.
//! Owns how a case becomes a draw; condition, namespaces, spans, order and forced arms are the product's own.
//! What a case needs beyond that is named as the reason why it has nothing here to run on.

use super::conditions::holds;
use super::{Outcome, same};
use plimsoll::plim::{self, Plim, RootDraft, SplitDraft};
use plimsoll::policy;
use plimsoll::targeting::arm::{self, Draw};
use serde_json::Value;

/// What a unit got: the index of its arm, and whether by the hash.
type Got = Option<(usize, bool)>;
type Mapped<T> = Result<T, &'static str>;

/// `[name, context, experiment, value, in experiment, by hash]`
pub fn run(case: &Value) -> Outcome {
    let (context, experiment) = (&case[1], &case[2]);
    let key = experiment["key"].as_str().unwrap();
    let got = match run_one(context, experiment, key, None) {
        Ok(got) => got,
        Err(why) => return Outcome::Unmapped(why),
    };
    let value = &experiment["variations"][got.map_or(0, |(arm, _)| arm)];
    let found = (
        value,
        got.is_some(),
        got.is_some_and(|(_, by_hash)| by_hash),
    );
    same(&found, &(&case[3], case[4] == true, case[5] == true))
}

/// `[name, context, feature, result]`
pub fn feature(case: &Value) -> Outcome {
    let (context, feature) = (&case[1], case[2].as_str().unwrap());
    let rules = &context["features"][feature]["rules"];
    if rules.as_array().is_none_or(Vec::is_empty) {
        return Outcome::Unmapped("nothing is chosen: the feature has no rules");
    }
    match first_rule(context, feature, None) {
        Ok(Some((value, got))) => same_result(&value, got, &case[3], &case[3]["experimentResult"]),
        Ok(None) => same(
            &context["features"][feature]["defaultValue"],
            &case[3]["value"],
        ),
        Err(why) => Outcome::Unmapped(why),
    }
}

/// `[name, context, stored, feature, result, stored after]`
pub fn kept_arm(case: &Value) -> Outcome {
    let (context, stored, feature) = (&case[1], &case[2], case[3].as_str().unwrap());
    match first_rule(context, feature, Some(stored)) {
        Ok(Some((value, got))) => same_result(&value, got, &case[4], &case[4]),
        Ok(None) => same(&Value::Null, &case[4]),
        Err(why) => Outcome::Unmapped(why),
    }
}

fn same_result(value: &Value, got: Got, expected: &Value, result: &Value) -> Outcome {
    let found = got.map(|(arm, by_hash)| (Some(arm as u64), Some(by_hash)));
    let wanted = (result["variationId"].as_u64(), result["hashUsed"].as_bool());
    let wanted = result.is_object().then_some(wanted);
    same(&(value, found), &(&expected["value"], wanted))
}

/// The value of the first rule that takes the unit.
fn first_rule(
    context: &Value,
    feature: &str,
    stored: Option<&Value>,
) -> Mapped<Option<(Value, Got)>> {
    for rule in context["features"][feature]["rules"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let key = rule["key"].as_str().unwrap_or(feature);
        if rule.get("parentConditions").is_some() {
            return Err("an experiment does not depend on a feature's value");
        }
        if rule.get("contextualVariations").is_some() {
            return Err("arms have fixed weights, none that are learnt");
        }
        if rule.get("variations").is_some() {
            let got = run_one(context, rule, key, stored)?;
            if let Some((arm, _)) = got
                && rule["meta"][arm]["passthrough"] != true
            {
                return Ok(Some((rule["variations"][arm].clone(), got)));
            }
        } else if rule.get("force").is_some() && takes(context, rule, feature)? {
            return Ok(Some((rule["force"].clone(), None)));
        }
    }
    Ok(None)
}

/// Whether a rule that gives everybody the same takes the unit: one arm, as far as it covers.
fn takes(context: &Value, rule: &Value, feature: &str) -> Mapped<bool> {
    let parts = ["range", "coverage", "filters"];
    if parts.iter().all(|part| rule.get(part).is_none()) {
        return Ok(fits(context, rule));
    }
    let range = match rule["range"].as_array() {
        Some(range) => (number(&range[0]), number(&range[1])),
        None => (0.0, rule["coverage"].as_f64().unwrap_or(1.0)),
    };
    Ok(drawn(context, rule, feature, &[range], None)?.is_some())
}

/// The arm of an experiment: forced by the page's address, or drawn.
fn run_one(context: &Value, experiment: &Value, key: &str, stored: Option<&Value>) -> Mapped<Got> {
    if experiment.get("parentConditions").is_some() {
        return Err("an experiment does not depend on a feature's value");
    }
    if experiment.get("force").is_some() {
        return Err("an experiment ends by publishing its arm, not by forcing it on all");
    }
    let arms = experiment["variations"].as_array().map_or(0, Vec::len);
    if arms < 2 || context["enabled"] == false {
        return Ok(None);
    }
    let asked = match context["forcedVariations"][key].as_u64() {
        Some(arm) => format!("/?{key}={arm}"),
        None => context["url"].as_str().unwrap_or_default().to_owned(),
    };
    if let Some(forced) = arm::forced(&asked, "", key, arms as u32) {
        return Ok(Some((forced as usize, false)));
    }
    if context["qaMode"] == true {
        return Err("there is no mode in which nobody is drawn");
    }
    if experiment["active"] == false {
        return Ok(None);
    }
    let ranges: Vec<(f64, f64)> = match experiment["ranges"].as_array() {
        Some(given) => pairs(given),
        None => {
            let weights = experiment["weights"].as_array().into_iter().flatten();
            let weights: Vec<f64> = weights.map(number).collect();
            let coverage = experiment["coverage"].as_f64().unwrap_or(1.0);
            policy::bucket_ranges(arms, coverage, &weights)
        }
    };
    let drawn = drawn(context, experiment, key, &ranges, stored)?;
    Ok(drawn.map(|arm| (arm as usize, true)))
}

/// The draw itself.
fn drawn(
    context: &Value,
    rule: &Value,
    key: &str,
    ranges: &[(f64, f64)],
    stored: Option<&Value>,
) -> Mapped<Option<u32>> {
    let (attribute, unit) = unit(context, rule)?;
    let kept = match stored {
        Some(stored) if rule["disableStickyBucketing"] != true => {
            kept(rule, key, stored, (attribute, &unit))?
        }
        _ => None,
    };
    let version = rule["hashVersion"].as_u64().unwrap_or(1) as u32;
    let seed = rule["seed"].as_str().unwrap_or(key);
    let arms = opened(vec![policy::split(seed, version, ranges)]);
    let namespaces = opened(namespaces(rule, attribute)?);
    let nobody = opened(Vec::new());
    let draw = Draw {
        kept,
        fits: fits(context, rule),
        namespaces: namespaces.root().holdout(),
        holdout: nobody.root().holdout(),
        arms: arms.root().holdout(),
    };
    Ok(arm::arm(&draw, &unit).ok())
}

fn fits(context: &Value, rule: &Value) -> bool {
    let condition = rule.get("condition");
    condition.is_none_or(|given| holds(given, &context["attributes"], &context["savedGroups"]))
}

/// Which attribute a unit's id is in, and the id: "" for what no host can give as one.
fn unit<'c>(context: &Value, rule: &'c Value) -> Mapped<(&'c str, String)> {
    let attribute = rule["hashAttribute"].as_str().unwrap_or("id");
    let id = |name: &str| match &context["attributes"][name] {
        Value::Number(number) if number.as_f64() == Some(0.0) => Err("0 is an id here"),
        // As the shell writes a number that is given as an id.
        Value::Number(number) => Ok(number.as_f64().unwrap_or(0.0).to_string()),
        Value::String(text) => Ok(text.clone()),
        _ => Ok(String::new()),
    };
    let first = id(attribute)?;
    match rule["fallbackAttribute"].as_str() {
        Some(other) if first.is_empty() => Ok((other, id(other)?)),
        _ => Ok((attribute, first)),
    }
}

/// The arm that the unit was in, in this phase of the experiment.
fn kept(rule: &Value, key: &str, stored: &Value, of: (&str, &str)) -> Mapped<Option<u32>> {
    let phase = rule["bucketVersion"].as_i64().unwrap_or(0);
    let first = rule["minBucketVersion"].as_i64().unwrap_or(0);
    for doc in stored.as_array().into_iter().flatten() {
        let assignments = &doc["assignments"];
        let is_own = doc["attributeName"] == of.0 && doc["attributeValue"] == of.1;
        let is_other = doc["attributeName"] == rule["fallbackAttribute"];
        let of_phase = |phase: i64| assignments[format!("{key}__{phase}")].as_str();
        if is_own && (0..first).any(|phase| of_phase(phase).is_some()) {
            return Err("a new phase shuts nobody out who was in an earlier one");
        }
        let Some(name) = of_phase(phase) else {
            continue;
        };
        if is_own {
            let metas = rule["meta"].as_array().unwrap();
            let place = metas.iter().position(|meta| meta["key"] == name);
            return Ok(place.map(|place| place as u32));
        }
        let has_own = |other: &Value| other["attributeName"] == of.0;
        if is_other && !stored.as_array().unwrap().iter().any(has_own) {
            return Err("a unit has one id: the arm of another is not carried over");
        }
    }
    Ok(None)
}

/// Filters take the place of a namespace where there are any.
fn namespaces(rule: &Value, attribute: &str) -> Mapped<Vec<SplitDraft>> {
    let Some(filters) = rule["filters"].as_array() else {
        let given = rule["namespace"].as_array().map(Vec::as_slice);
        return Ok(match given {
            Some([id, from, to]) => {
                vec![policy::namespace(
                    id.as_str().unwrap(),
                    number(from),
                    number(to),
                )]
            }
            _ => Vec::new(),
        });
    };
    let mut splits = Vec::new();
    for filter in filters {
        if filter["attribute"]
            .as_str()
            .is_some_and(|own| own != attribute)
        {
            return Err("a namespace is of the experiment's own unit");
        }
        let version = filter["hashVersion"].as_u64().unwrap_or(2) as u32;
        let ranges = pairs(filter["ranges"].as_array().unwrap());
        splits.push(policy::split(
            filter["seed"].as_str().unwrap(),
            version,
            &ranges,
        ));
    }
    Ok(splits)
}

/// A compiled policy of nothing but splits.
fn opened(splits: Vec<SplitDraft>) -> Plim {
    let root = RootDraft {
        holdout: splits,
        ..RootDraft::default()
    };
    Plim::open(&plim::write(&root, "{}")).unwrap()
}

fn pairs(ranges: &[Value]) -> Vec<(f64, f64)> {
    let pair = |range: &Value| (number(&range[0]), number(&range[1]));
    ranges.iter().map(pair).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}
