//! Conditions read straight from their JSON, as GrowthBook's own texts describe them: slow and plain.
//! Owns a meaning of every operator that shares no line with the product, patterns excepted.
//! Compared with the compiled form by `conditions`.

use super::patterns;
use serde_json::Value;

/// Holds, does not, or depends on something unknown, which no opposite turns into holding.
type Tri = Option<bool>;

pub fn holds(condition: &Value, attributes: &Value, groups: &Value) -> bool {
    fields(condition, attributes, groups) == Some(true)
}

fn fields(condition: &Value, object: &Value, groups: &Value) -> Tri {
    let parts = condition.as_object().unwrap().iter();
    all(parts.map(|(name, part)| {
        let each = || {
            part.as_array()
                .unwrap()
                .iter()
                .map(|part| fields(part, object, groups))
        };
        match name.as_str() {
            "$and" => all(each()),
            "$or" if part == &Value::Array(Vec::new()) => Some(true),
            "$or" => any(each()),
            "$nor" if part == &Value::Array(Vec::new()) => Some(false),
            "$nor" => any(each()).map(|held| !held),
            "$not" => fields(part, object, groups).map(|held| !held),
            "$savedGroup" => saved_group(part, object, groups),
            path => value(part, &at(object, path), groups),
        }
    }))
}

fn saved_group(reference: &Value, object: &Value, groups: &Value) -> Tri {
    let group = &groups[reference["id"].as_str().unwrap()];
    match group["type"].as_str() {
        Some("list") => {
            let key = reference["attributeKey"]
                .as_str()
                .or(group["attributeKey"].as_str());
            Some(is_in(
                &at(object, key.unwrap()),
                group["values"].as_array().unwrap(),
                false,
            ))
        }
        Some("condition") => fields(&group["condition"], object, groups),
        Some(_) => None,
        None => Some(false),
    }
}

fn value(condition: &Value, actual: &Value, groups: &Value) -> Tri {
    match condition.as_object() {
        Some(operators) if operators.keys().all(|name| name.starts_with('$')) => {
            let parts = operators.iter();
            all(parts.map(|(name, argument)| operator(name, argument, actual, groups)))
        }
        _ => Some(equal(condition, actual)),
    }
}

fn operator(name: &str, argument: &Value, actual: &Value, groups: &Value) -> Tri {
    let plain = !argument.is_array() && !argument.is_object();
    let empty = Vec::new();
    let items = argument.as_array();
    Some(match name {
        "$eq" => plain && equal(argument, actual),
        "$ne" => !(plain && equal(argument, actual)),
        "$lt" | "$lte" | "$gt" | "$gte" => match (actual, argument) {
            (Value::Number(_), Value::Number(_)) => {
                let (a, b) = (actual.as_f64().unwrap(), argument.as_f64().unwrap());
                ordered(name, a < b, a == b)
            }
            (Value::String(a), Value::String(b)) => ordered(name, a < b, a == b),
            _ => false,
        },
        "$in" | "$ini" => is_in(actual, items.unwrap(), name == "$ini"),
        "$nin" | "$nini" => !is_in(actual, items.unwrap(), name == "$nini"),
        "$inGroup" | "$notInGroup" => {
            let group = &groups[argument.as_str().unwrap()];
            let list = group.as_array().or(group["values"].as_array());
            let (list, is_list) = match (list, group["type"].as_str()) {
                (Some(list), _) => (list, true),
                (None, None) => (&empty, true),
                (None, Some("condition")) => (&empty, false),
                (None, Some(_)) => return None,
            };
            is_list && is_in(actual, list, false) == (name == "$inGroup")
        }
        "$exists" => actual.is_null() != (argument == true),
        "$type" => {
            let kind = match actual {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            };
            argument == kind
        }
        "$size" => {
            let size = actual.as_array().map(|items| Value::from(items.len()));
            return size.map_or(Some(false), |size| value(argument, &size, groups));
        }
        "$all" | "$alli" => {
            let Some(actual) = actual.as_array() else {
                return Some(false);
            };
            let fits = |wanted: &Value, item: &Value| match (wanted, item) {
                (Value::String(a), Value::String(b)) if name == "$alli" => {
                    Some(a.to_lowercase() == b.to_lowercase())
                }
                _ => value(wanted, item, groups),
            };
            let each = items.unwrap().iter();
            return all(each.map(|wanted| any(actual.iter().map(|item| fits(wanted, item)))));
        }
        "$elemMatch" => return any_item(argument, actual, groups),
        "$not" => return value(argument, actual, groups).map(|held| !held),
        "$regex" => has_pattern(argument, actual, false),
        "$regexi" => has_pattern(argument, actual, true),
        "$notRegex" => !has_pattern(argument, actual, false),
        "$notRegexi" => !has_pattern(argument, actual, true),
        version if version.starts_with("$v") => match actual.as_str() {
            Some(actual) => {
                let (a, b) = (padded(actual), padded(argument.as_str().unwrap()));
                ordered(&version.replace("$v", "$"), a < b, a == b)
            }
            None => version == "$vne",
        },
        _ => return None,
    })
}

fn any_item(argument: &Value, actual: &Value, groups: &Value) -> Tri {
    let (Some(parts), Some(items)) = (argument.as_object(), actual.as_array()) else {
        return Some(false);
    };
    let on_fields = ["$and", "$or", "$nor", "$savedGroup"];
    let is_value = parts
        .keys()
        .all(|name| name.starts_with('$') && !on_fields.contains(&name.as_str()));
    let items = items.iter().filter(|item| !item.is_null());
    any(items.map(|item| {
        if is_value {
            value(argument, item, groups)
        } else {
            fields(argument, item, groups)
        }
    }))
}

fn ordered(name: &str, less: bool, equal: bool) -> bool {
    match name {
        "$lt" => less,
        "$lte" => less || equal,
        "$gt" => !less && !equal,
        "$gte" => !less,
        "$ne" => !equal,
        _ => equal,
    }
}

fn has_pattern(argument: &Value, actual: &Value, lower: bool) -> bool {
    actual
        .as_str()
        .is_some_and(|text| patterns::found(argument.as_str().unwrap(), text, lower))
}

fn is_in(actual: &Value, list: &[Value], lower: bool) -> bool {
    let is_member = |actual: &Value| {
        list.iter().any(|member| match (actual, member) {
            (Value::String(a), Value::String(b)) if lower => a.to_lowercase() == b.to_lowercase(),
            _ => !actual.is_array() && !actual.is_object() && equal(actual, member),
        })
    };
    match actual {
        Value::Array(items) => items.iter().any(is_member),
        other => is_member(other),
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let other =
                |name: &String, value: &Value| b.get(name).is_some_and(|other| equal(value, other));
            a.len() == b.len() && a.iter().all(|(name, value)| other(name, value))
        }
        _ => a == b,
    }
}

fn at(object: &Value, path: &str) -> Value {
    path.split('.')
        .fold(object.clone(), |value, name| match &value {
            Value::Object(entries) => entries.get(name).cloned().unwrap_or(Value::Null),
            Value::Array(items) => {
                let place: Option<usize> = name.parse().ok();
                place
                    .and_then(|place| items.get(place))
                    .cloned()
                    .unwrap_or(Value::Null)
            }
            _ => Value::Null,
        })
}

fn padded(version: &str) -> String {
    let version = if version.is_empty() { "0" } else { version };
    let version = version.strip_prefix('v').unwrap_or(version);
    let version = version.split('+').next().unwrap();
    let mut parts: Vec<String> = version.split(['-', '.']).map(str::to_owned).collect();
    if parts.len() == 3 {
        parts.push("~".into());
    }
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let pad = |part: String| {
        if is_number(&part) {
            format!("{part:>5}")
        } else {
            part
        }
    };
    parts.into_iter().map(pad).collect::<Vec<_>>().join("-")
}

fn all(parts: impl Iterator<Item = Tri>) -> Tri {
    let parts: Vec<Tri> = parts.collect();
    if parts.contains(&Some(false)) {
        Some(false)
    } else if parts.contains(&None) {
        None
    } else {
        Some(true)
    }
}

fn any(parts: impl Iterator<Item = Tri>) -> Tri {
    all(parts.map(|part| part.map(|held| !held))).map(|held| !held)
}
