//! `docs/wire.md` says what the collector does: its events, properties, requests, codes and its examples.

use plimsoll_collector::event::table::{EVENTS, Kind};
use plimsoll_collector::event::{Clocks, Code, check};
use plimsoll_collector::request;
use serde_json::Value;

const DOC: &str = include_str!("../../docs/wire.md");
const SCHEMA: &str = include_str!("../../tests/data/segment-batch.schema.json");

#[test]
fn every_event_and_property_of_the_table_is_documented_and_no_other() {
    let mut rows: Vec<(&str, &str)> = Vec::new();
    let table = DOC
        .split("| Event | Recorded when | Properties |")
        .nth(1)
        .expect("the table");
    for line in table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
    {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let &[name, _, properties] = cells.as_slice() else {
            panic!("{line}")
        };
        let like = properties
            .strip_prefix("as ")
            .and_then(|other| rows.iter().find(|row| row.0 == other));
        rows.push((name, like.map_or(properties, |row| row.1)));
    }
    let names: Vec<_> = EVENTS.iter().map(|event| event.name).collect();
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), names);
    for (event, (_, row)) in EVENTS.iter().zip(&rows) {
        let documented: Vec<_> = row.split('`').skip(1).step_by(2).collect();
        let known: Vec<_> = event
            .properties
            .iter()
            .map(|property| property.name)
            .collect();
        assert_eq!(documented, known, "{}", event.name);
        for property in event.properties {
            let after = row
                .split(&format!("`{}`", property.name))
                .nth(1)
                .expect("named");
            assert_eq!(
                after.starts_with('?'),
                !property.required,
                "{} {}",
                event.name,
                property.name
            );
            let kind = match property.kind {
                Kind::Id => "id",
                Kind::Count => "count",
                Kind::Hex => "hex",
                Kind::Time => "time",
                Kind::Flag => "flag",
                Kind::Reason => "reason",
                Kind::Recording => "recording",
                Kind::Word(_) => continue,
            };
            assert!(
                after.trim_start_matches(['?', ' ']).starts_with(kind),
                "{} {after}",
                event.name
            );
        }
    }
}

#[test]
fn every_code_of_a_refused_event_is_documented() {
    for code in Code::ALL {
        assert!(
            DOC.contains(&format!("\n| `{}` | ", code.as_str())),
            "{}",
            code.as_str()
        );
    }
}

#[test]
fn the_example_is_accepted_and_is_a_batch_in_segments_shape() {
    let example = DOC
        .split("```json")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("it");
    let example: Value = serde_json::from_str(example).expect("JSON");
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    assert_eq!(violation(&schema, &schema, &example), None);
    let at: jiff::Timestamp = "2026-11-22T10:00:01Z".parse().expect("a time");
    let clocks = Clocks {
        received_ms: at.as_millisecond(),
        sent_ms: None,
    };
    for event in example["batch"].as_array().expect("a list") {
        check(&event.to_string(), clocks).expect("accepted");
    }
    // The reader of schemas must be able to say no.
    let mut broken = example;
    broken["batch"][0]["userId"] = Value::Null;
    assert!(violation(&schema, &schema, &broken).is_some());
}

/// The rows of the table under a heading, as cells.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let table = DOC.split(heading).nth(1).expect("the table");
    let lines = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    lines
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

#[test]
fn every_field_and_code_of_a_request_is_documented_and_no_other() {
    let documented: Vec<_> = rows("| Field of a request | What |")
        .iter()
        .map(|row| row[0])
        .collect();
    let known = request::FIELDS.iter().map(|field| {
        let mark = if field.required { "" } else { "?" };
        format!("`{}`{mark}", field.name)
    });
    // The key is no field of the request: it may as well stand in the header.
    let known: Vec<_> = ["`writeKey`".to_owned()].into_iter().chain(known).collect();
    assert_eq!(documented, known);
    let codes: Vec<_> = rows("| Code of a refused request | Means |")
        .iter()
        .map(|row| row[0])
        .collect();
    assert_eq!(codes, request::CODES.map(|code| format!("`{code}`")));
}

#[test]
fn the_example_of_a_request_is_accepted() {
    let example = DOC
        .split("```json")
        .nth(2)
        .and_then(|rest| rest.split("```").next())
        .expect("it");
    let mut example: serde_json::Map<String, Value> = serde_json::from_str(example).expect("JSON");
    assert!(example.remove("writeKey").is_some());
    let names: Vec<_> = request::FIELDS
        .iter()
        .map(|field| field.name)
        .filter(|name| !example.contains_key(*name))
        .collect();
    assert_eq!(names, ["feature"], "it shows what there is");
    request::check(&example).expect("accepted");
}

/// What of the schema a value violates: the words of JSON Schema that the file uses, no more.
fn violation(root: &Value, schema: &Value, value: &Value) -> Option<String> {
    let fails = |schema: &Value| violation(root, schema, value);
    for (word, rule) in schema.as_object().expect("a schema") {
        let list = || rule.as_array().expect("a list").iter();
        let found = match word.as_str() {
            "$ref" => fails(
                root.pointer(rule.as_str()?.trim_start_matches('#'))
                    .expect("defined"),
            ),
            "type" => (!is_of_type(rule, value)).then(|| format!("{value} is not {rule}")),
            "const" => (rule != value).then(|| format!("{value} is not {rule}")),
            "minLength" | "maxLength" => value
                .as_str()
                .and_then(|text| out_of_range(word, rule, text.chars().count())),
            "minItems" | "maxItems" => value
                .as_array()
                .and_then(|items| out_of_range(word, rule, items.len())),
            "required" => list()
                .find(|n| value.get(n.as_str().unwrap_or_default()).is_none())
                .map(|n| format!("no {n}")),
            "items" => value
                .as_array()
                .and_then(|items| items.iter().find_map(|item| violation(root, rule, item))),
            "properties" => rule.as_object().and_then(|rules| {
                rules
                    .iter()
                    .find_map(|(name, rule)| violation(root, rule, value.get(name)?))
            }),
            "oneOf" => (list().filter(|s| fails(s).is_none()).count() != 1)
                .then(|| format!("{value} fits not one")),
            "anyOf" => list()
                .all(|s| fails(s).is_some())
                .then(|| format!("{value} fits none")),
            "format" | "$schema" | "$comment" | "$defs" | "title" | "description" => None,
            other => panic!("the schema says `{other}`"),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn is_of_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().expect("a name") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "null" => value.is_null(),
        other => panic!("the schema says `{other}`"),
    };
    rule.as_array()
        .map_or_else(|| is(rule), |names| names.iter().any(is))
}

fn out_of_range(word: &str, rule: &Value, size: usize) -> Option<String> {
    let bound = rule.as_u64().expect("a number") as usize;
    let outside = if word.starts_with("min") {
        size < bound
    } else {
        size > bound
    };
    outside.then(|| format!("{size} is outside {word} {bound}"))
}
