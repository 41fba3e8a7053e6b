//! Random conditions and attributes over few names and values, so that they often meet.
//! Owns the generators; knows nothing of how conditions are read.

use super::random::Random;
use serde_json::{Map, Value, json};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const PATHS: [&str; 8] = ["a", "b", "c", "a.b", "a.0", "b.1", "a.b.c", "d"];
const VERSIONS: [&str; 8] = [
    "1.2.3",
    "1.10.0",
    "v1.2.3",
    "1.2.3-rc.1",
    "1.2.3+b",
    "2",
    "",
    "a-b",
];
const PATTERNS: [&str; 8] = ["a", "^a$", "b|É", "[a-c]+$", "^1?$", "\\d", "[^a]", "(ab)*"];

/// What conditions may name.
pub fn groups() -> Value {
    json!({
        "list": [1, "a", null, true],
        "keyed": {"type": "list", "attributeKey": "a.b", "values": ["a", "b", 2]},
        "rule": {"type": "condition", "condition": {"b": {"$in": [1, "a"]}}},
        "nested": {"type": "condition", "condition": {"$not": {"$savedGroup": {"id": "rule"}}}},
        "later": {"type": "somethingNew"},
    })
}

/// The attributes of an object.
pub fn attributes(random: &mut Random, deep: u64) -> Value {
    let mut object = Map::new();
    for _ in 0..random.below(4) {
        object.insert(one_of(random, &NAMES).to_owned(), value(random, deep));
    }
    Value::Object(object)
}

fn value(random: &mut Random, deep: u64) -> Value {
    match random.below(if deep == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => json!(random.percent(50)),
        2 => json!(random.between(-1, 3)),
        3 => json!(one_of(random, &VERSIONS)),
        4 => json!(random.between(-3, 3) as f64 / 2.0),
        5 => json!(one_of(random, &["a", "A", "b", "1", "é", "É", "", "ab"])),
        6 | 7 => list(random, |random| value(random, deep - 1)),
        _ => attributes(random, deep - 1),
    }
}

/// A condition on the fields of an object.
pub fn condition(random: &mut Random, deep: u64) -> Value {
    let mut object = Map::new();
    for _ in 0..=random.below(2) {
        let deeper = deep.saturating_sub(1);
        let (name, part) = match random.below(if deep == 0 { 6 } else { 10 }) {
            0..=4 => (one_of(random, &PATHS), on_value(random, deeper)),
            5 => ("$savedGroup", reference(random)),
            6 => ("$not", condition(random, deeper)),
            other => {
                let name = ["$and", "$or", "$nor"][other as usize - 7];
                (name, list(random, |random| condition(random, deeper)))
            }
        };
        object.insert(name.to_owned(), part);
    }
    Value::Object(object)
}

fn reference(random: &mut Random) -> Value {
    let id = one_of(
        random,
        &["keyed", "rule", "nested", "later", "list", "none"],
    );
    if random.percent(30) {
        json!({"id": id, "attributeKey": one_of(random, &PATHS)})
    } else {
        json!({"id": id})
    }
}

/// What an attribute has to be.
fn on_value(random: &mut Random, deep: u64) -> Value {
    if random.percent(25) {
        return value(random, 1);
    }
    let mut object = Map::new();
    for _ in 0..=random.below(2) {
        let (name, argument) = operator(random, deep);
        object.insert(name.to_owned(), argument);
    }
    Value::Object(object)
}

fn operator(random: &mut Random, deep: u64) -> (&'static str, Value) {
    let deeper = deep.saturating_sub(1);
    match random.below(11) {
        0 => (one_of(random, &["$eq", "$ne"]), value(random, 1)),
        1 => (
            one_of(random, &["$lt", "$lte", "$gt", "$gte"]),
            value(random, 0),
        ),
        2 => (
            one_of(random, &["$in", "$nin", "$ini", "$nini"]),
            list(random, |random| value(random, 0)),
        ),
        3 => (
            one_of(random, &["$inGroup", "$notInGroup"]),
            json!(one_of(random, &["list", "keyed", "rule", "later", "none"])),
        ),
        4 => ("$exists", json!(random.percent(50))),
        5 => (
            "$type",
            json!(one_of(
                random,
                &["string", "number", "boolean", "array", "object", "null"]
            )),
        ),
        6 => ("$size", on_value(random, deeper)),
        7 => (
            one_of(random, &["$all", "$alli"]),
            list(random, |random| on_value(random, deeper)),
        ),
        8 => {
            let on_fields = random.percent(50) && deep > 0;
            let part = if on_fields {
                condition(random, deeper)
            } else {
                on_value(random, deeper)
            };
            ("$elemMatch", part)
        }
        9 => match random.below(5) {
            0 => ("$between", value(random, 0)),
            1 => ("$not", value(random, 1)),
            _ => ("$not", on_value(random, deeper)),
        },
        _ if random.percent(50) => (
            one_of(random, &["$regex", "$regexi", "$notRegex", "$notRegexi"]),
            json!(one_of(random, &PATTERNS)),
        ),
        _ => (
            one_of(random, &["$veq", "$vne", "$vlt", "$vlte", "$vgt", "$vgte"]),
            json!(one_of(random, &VERSIONS)),
        ),
    }
}

/// Letters of conditions and values in any order.
pub fn damaged(random: &mut Random) -> String {
    let parts = [
        "&",
        "|",
        "!",
        "@",
        "a",
        ".",
        "\0",
        "\u{1}",
        "\u{2}",
        "@a.",
        "&",
        "|",
        "!",
        "e",
        "E",
        "~",
        "v",
        "1",
        "2",
        "7",
        "g",
        "r",
        "0001",
        "length",
        "n",
        "0000000000000000",
        "s",
        "[",
        "{",
        "\u{1}0\0",
        "é",
    ];
    (0..random.below(24))
        .map(|_| one_of(random, &parts))
        .collect()
}

fn list(random: &mut Random, mut item: impl FnMut(&mut Random) -> Value) -> Value {
    (0..random.below(4)).map(|_| item(random)).collect()
}

fn one_of<'a>(random: &mut Random, all: &[&'a str]) -> &'a str {
    all[random.below(all.len() as u64) as usize]
}
