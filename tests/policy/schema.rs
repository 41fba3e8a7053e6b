//! Holds the published JSON Schema to the parser: at every place of a policy both know the same members.
//! The parser is asked what it knows by a member that no one has; its help names all the fields of the place.

use super::gallery::gallery;
use plimsoll::policy::Policy;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A name far from every other, so that none is offered in its place.
const STRANGER: &str = "zzzzzzzzzzzzzzzz";

/// One step into a policy.
#[derive(Clone)]
enum Step {
    Member(String),
    Item(usize),
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../pkg/policy.schema.json")).unwrap()
}

/// What a schema allows in turn: references followed, alternatives side by side.
fn alternatives<'s>(root: &'s Value, schema: &'s Value, found: &mut Vec<&'s Map<String, Value>>) {
    let members = schema.as_object().unwrap();
    if let Some(name) = members.get("$ref").and_then(Value::as_str) {
        let name = name.strip_prefix("#/definitions/").unwrap();
        alternatives(root, &root["definitions"][name], found);
        return;
    }
    found.push(members);
    for several in ["anyOf", "oneOf", "allOf"] {
        for one in members
            .get(several)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            alternatives(root, one, found);
        }
    }
}

/// The schemas of what is reached by a path.
fn at<'s>(root: &'s Value, path: &[Step]) -> Vec<&'s Map<String, Value>> {
    let mut here = Vec::new();
    alternatives(root, root, &mut here);
    for step in path {
        let mut next = Vec::new();
        for schema in here {
            let inner = match step {
                Step::Item(_) => schema.get("items"),
                Step::Member(name) => {
                    let own = schema.get("properties").and_then(|own| own.get(name));
                    own.or(schema.get("additionalProperties"))
                        .filter(|inner| inner.is_object())
                }
            };
            if let Some(inner) = inner {
                alternatives(root, inner, &mut next);
            }
        }
        here = next;
    }
    here
}

/// The paths of all objects in a policy.
fn objects(value: &Value, path: &[Step], found: &mut Vec<Vec<Step>>) {
    let mut go = |step: Step, value: &Value| {
        let mut path = path.to_vec();
        path.push(step);
        objects(value, &path, found);
    };
    match value {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(name, value)| go(Step::Member(name.clone()), value));
            found.push(path.to_vec());
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| go(Step::Item(index), value));
        }
        _ => {}
    }
}

/// The members that the parser knows at a place; `None` where the names are the policy's own.
fn known(policy: &Value, path: &[Step]) -> Option<BTreeSet<String>> {
    let mut policy = policy.clone();
    let place = path.iter().fold(&mut policy, |place, step| match step {
        Step::Member(name) => &mut place[name.as_str()],
        Step::Item(index) => &mut place[*index],
    });
    place[STRANGER] = json!(1);
    // Within a condition it is an attribute like any other.
    let errors = Policy::parse(&policy.to_string()).err()?;
    let mut errors = errors.iter().filter(|error| error.path.ends_with(STRANGER));
    let names = errors.find_map(|error| match error.code {
        "unknown_field" => Some(error.help.strip_prefix("the fields here are ").unwrap()),
        // Plural forms are names, too.
        _ => error.help.strip_prefix("forms are "),
    })?;
    let names = names.replace(" and ", ", ");
    let names = names
        .split(", ")
        .map(|name| name.trim_matches('`').to_owned());
    // `=0` stands for every number, a pattern in the schema.
    Some(names.filter(|name| !name.starts_with('=')).collect())
}

#[test]
fn the_schema_and_the_parser_know_the_same_members_everywhere() {
    let root = schema();
    let mut seen: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    let full = ("full.json".to_owned(), include_str!("full.json").to_owned());
    for (name, text) in gallery().into_iter().chain([full]) {
        let policy: Value = serde_json::from_str(&text).unwrap();
        let mut paths = Vec::new();
        objects(&policy, &[], &mut paths);
        for path in paths {
            let schemas = at(&root, &path);
            if schemas.is_empty() {
                // Within a condition anything may stand as far as the schema goes.
                continue;
            }
            // Places of one kind have one schema: it is asked once.
            let own = |schema: &&Map<String, Value>| format!("{:p}", *schema);
            let kind: Vec<String> = schemas.iter().map(own).collect();
            if seen.contains_key(&kind) {
                continue;
            }
            let own = |schema: &&&Map<String, Value>| {
                let names = schema.get("properties")?.as_object()?.keys();
                Some(names.cloned().collect::<BTreeSet<String>>())
            };
            let described: BTreeSet<String> = schemas
                .iter()
                .filter_map(|schema| own(&schema))
                .flatten()
                .collect();
            let shown: Vec<String> = path
                .iter()
                .map(|step| match step {
                    Step::Member(name) => name.clone(),
                    Step::Item(index) => index.to_string(),
                })
                .collect();
            let shown = shown.join(".");
            match known(&policy, &path) {
                Some(known) => assert_eq!(
                    described, known,
                    "{name} {shown}: the schema's and the parser's members; describe new ones in \
                     xtask/src/schema/policy.rs, then `cargo xtask schema --bless`"
                ),
                None => assert!(
                    schemas
                        .iter()
                        .any(|schema| match schema.get("additionalProperties") {
                            Some(inner) => inner != false,
                            None => false,
                        }),
                    "{name} {shown}: the names here are the policy's own"
                ),
            }
            seen.insert(kind, described);
        }
    }
    // Every object of the schema has been met in some policy, so no member is described that is not read.
    let met: BTreeSet<&String> = seen.values().flatten().collect();
    let definitions = root["definitions"].as_object().unwrap().values();
    for definition in definitions.chain([&root]) {
        let members = definition["properties"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys);
        for member in members {
            assert!(
                met.contains(member),
                "no policy of the tests shows where `{member}` stands"
            );
        }
    }
}
