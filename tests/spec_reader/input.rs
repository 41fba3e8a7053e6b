//! Turns the JSON of a step into an input of the engine.
//! Refuses what it does not know, so that a typing error in a case is not a case that passes.

use super::clock;
use super::snapshot::{MeterFigure, Snapshot};
use plimsoll::engine::input::{ActionKind, Context, Objection, Paint, Response, Step};
use plimsoll::policy::{self, Tree};
use plimsoll::unit::{Key, Limit, Timestamp, Writer};
use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, String>;

/// The step's snapshot laid over the file's: members given replace, `null` removes.
pub fn laid_over(base: &Value, step: &Value) -> Map<String, Value> {
    let mut all = base.as_object().cloned().unwrap_or_default();
    for (name, value) in step.as_object().into_iter().flatten() {
        all.insert(name.clone(), value.clone());
    }
    all.retain(|_, value| !value.is_null());
    all
}

/// A snapshot; `writer` knows the writers that `counted` names as `$w0`, `$w0.1`.
pub fn snapshot(
    json: &Map<String, Value>,
    writer: &dyn Fn(&str) -> Option<Writer>,
) -> Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    for (name, value) in json {
        match name.as_str() {
            "account" => snapshot.account_created_at = created_at(value)?,
            "user" => snapshot.user_created_at = created_at(value)?,
            "plan" => snapshot.plan = string(value)?,
            "plan_epoch" => snapshot.plan_epoch = Some(integer(value)?),
            "server_time" => snapshot.server_time = Some(instant(value)?),
            "can_purchase" => snapshot.can_purchase = Some(truth(value)?),
            "billing_owner" => snapshot.billing_owner = string(value)?,
            "trial" => {
                snapshot.trial_ends_at = value.get("ends_at").map(instant).transpose()?;
                snapshot.trial_extendable = value.get("extendable") == Some(&Value::Bool(true));
            }
            "features" => snapshot.features = keys(value)?,
            "overage_accepted" => snapshot.overage_accepted = keys(value)?,
            "in_sales_conversation" => snapshot.in_sales_conversation = truth(value)?,
            "meters" => {
                for (meter, figures) in value.as_object().ok_or("meters is no object")? {
                    snapshot.meters.push(figure(meter, figures, writer)?);
                }
            }
            unknown => return Err(format!("a snapshot has no `{unknown}`")),
        }
    }
    let owner = |name: &str| tree(json.get(name).unwrap_or(&Value::Null));
    let can_purchase = snapshot.can_purchase.unwrap_or(true);
    snapshot.attributes = policy::attributes(&owner("account")?, &owner("user")?, can_purchase);
    Ok(snapshot)
}

fn tree(value: &Value) -> Result<Tree> {
    Tree::parse(&value.to_string()).map_err(|error| error.to_string())
}

fn figure(
    meter: &str,
    json: &Value,
    writer: &dyn Fn(&str) -> Option<Writer>,
) -> Result<MeterFigure> {
    let mut figure = MeterFigure {
        meter: Key::of(meter),
        ..MeterFigure::default()
    };
    for (name, value) in json.as_object().ok_or("a meter is no object")? {
        match name.as_str() {
            "used" => figure.used = Some(integer(value)?),
            "limit" => {
                figure.limit = match value {
                    Value::String(word) if word == "unlimited" => Limit::UNLIMITED,
                    Value::String(word) if word == "none" => Limit::NONE,
                    number => Limit(integer(number)?),
                };
            }
            "period" => {
                let end = |name| {
                    value
                        .get(name)
                        .ok_or("a period has a start and an end".to_owned())
                };
                figure.period = Some((instant(end("start")?)?, instant(end("end")?)?));
            }
            "daily" => {
                let days = value.as_array().ok_or("daily is no list")?;
                figure.daily = days.iter().map(integer).collect::<Result<_>>()?;
            }
            "counted" => {
                for (name, counted) in value.as_object().ok_or("counted is no object")? {
                    let writer = writer(name).ok_or(format!("no writer `{name}`"))?;
                    let (added, released) = match counted.as_array().map(Vec::as_slice) {
                        Some([added, released]) => (integer(added)?, integer(released)?),
                        _ => (integer(counted)?, 0),
                    };
                    figure.counted.push((writer, added, released));
                }
            }
            unknown => return Err(format!("a meter of a snapshot has no `{unknown}`")),
        }
    }
    Ok(figure)
}

/// Changes a context by the members given.
pub fn change_context(context: &mut Context, json: &Value) -> Result<()> {
    for (name, value) in json.as_object().ok_or("a context is an object")? {
        match name.as_str() {
            "visible" => context.visible = truth(value)?,
            "busy" => context.busy = truth(value)?,
            "dialog_open" => context.dialog_open = truth(value)?,
            "lease" => context.lease = truth(value)?,
            "consent" => context.storage = value == "granted",
            "route" => context.route = string(value)?,
            "utc_offset_minutes" => {
                context.utc_offset_minutes =
                    i32::try_from(integer(value)?).map_err(|error| error.to_string())?;
            }
            unknown => return Err(format!("a context has no `{unknown}`")),
        }
    }
    Ok(())
}

/// `["emails", 20]`
pub fn amount(json: &Value) -> Result<(Key, i64)> {
    match json.as_array().map(Vec::as_slice) {
        Some([Value::String(meter), amount]) => Ok((Key::of(meter), integer(amount)?)),
        _ => Err(format!("{json} is not [meter, amount]")),
    }
}

/// `["sso", "tried"]`
pub fn exploration(json: &Value) -> Result<(Key, Step)> {
    let (feature, step) = pair(json)?;
    let found = Step::ALL
        .into_iter()
        .find(|candidate| candidate.name() == step);
    Ok((Key::of(feature), found.ok_or(format!("no step `{step}`"))?))
}

/// `[REF, "rendered"]`
pub fn painted(json: &Value) -> Result<(&str, Paint)> {
    let (reference, paint) = pair(json)?;
    let paint = match paint {
        "rendered" => Paint::Rendered,
        "seen" => Paint::Seen,
        "failed" => Paint::Failed,
        "faded" => Paint::Faded,
        unknown => return Err(format!("no paint `{unknown}`")),
    };
    Ok((reference, paint))
}

/// `[REF, "price"]`
pub fn objection(json: &Value) -> Result<(&str, Objection)> {
    let (reference, name) = pair(json)?;
    let known = Objection::ALL
        .into_iter()
        .find(|known| known.name() == name);
    Ok((reference, known.ok_or(format!("no objection `{name}`"))?))
}

/// `[REF, "later"]`, `[REF, "act", "upgrade"]`
pub fn response(json: &Value) -> Result<(&str, Response)> {
    let words: Vec<&str> = json
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match words.as_slice() {
        [reference, "later"] => Ok((reference, Response::Later)),
        [reference, "never"] => Ok((reference, Response::Never)),
        [reference, "close"] => Ok((reference, Response::Close)),
        [reference, "act", action] => {
            let kind = ActionKind::ALL
                .into_iter()
                .find(|kind| kind.name() == *action);
            Ok((
                reference,
                Response::Act(kind.ok_or(format!("no action `{action}`"))?),
            ))
        }
        _ => Err(format!("{json} is no response")),
    }
}

/// A text.
pub fn string(value: &Value) -> Result<String> {
    Ok(value
        .as_str()
        .ok_or(format!("{value} is no text"))?
        .to_owned())
}

/// A whole number.
pub fn integer(value: &Value) -> Result<i64> {
    value.as_i64().ok_or(format!("{value} is no whole number"))
}

fn pair(json: &Value) -> Result<(&str, &str)> {
    match json.as_array().map(Vec::as_slice) {
        Some([Value::String(first), Value::String(second)]) => Ok((first, second)),
        _ => Err(format!("{json} is not a pair of texts")),
    }
}

fn truth(value: &Value) -> Result<bool> {
    value
        .as_bool()
        .ok_or(format!("{value} is neither true nor false"))
}

fn instant(value: &Value) -> Result<Timestamp> {
    let text = value.as_str().ok_or(format!("{value} is no instant"))?;
    clock::instant(text)
        .map(Timestamp)
        .ok_or(format!("`{text}` is no instant"))
}

fn created_at(value: &Value) -> Result<Option<Timestamp>> {
    value.get("created_at").map(instant).transpose()
}

fn keys(value: &Value) -> Result<Vec<Key>> {
    value
        .as_array()
        .ok_or(format!("{value} is no list"))?
        .iter()
        .map(|id| Ok(Key::of(&string(id)?)))
        .collect()
}
