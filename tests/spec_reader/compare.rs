//! Compares what a step wants with what was seen: only what the case names, with variables.
//! Knows JSON only. `$name` stands for any value and must be the same each time; `!$name` must differ.

use serde_json::Value;
use std::collections::BTreeMap;

/// What the variables of a case stand for.
#[derive(Clone, Default)]
pub struct Bindings(BTreeMap<String, Value>);

/// Events that take part in an exact comparison only when the step names them: they follow from
/// painting and from time passing, and cases that mean them say so.
const QUIET_EVENTS: [&str; 8] = [
    "Signal Counted",
    "Score Changed",
    "PQL Reached",
    "Usage Counted",
    "Prompt Shown",
    "Prompt Seen",
    "Prompt Held",
    "Prompt Withdrawn",
];

/// Exactly these, in order: presents and withdrawals as one sequence, the events of each name as another.
/// The note promises no order between the screen and the outbox, nor between events of two names.
pub fn exact(wanted: &[Value], seen: &[Value], bindings: &mut Bindings) -> Result<(), String> {
    let names = |kind: &str, name: &str| {
        wanted
            .iter()
            .any(|effect| effect.get(kind).and_then(Value::as_str) == Some(name))
    };
    let takes_part = |effect: &&Value| match (effect.get("record"), effect.get("update")) {
        (Some(Value::String(event)), _) => {
            !QUIET_EVENTS.contains(&event.as_str()) || names("record", event)
        }
        (_, Some(_)) => wanted.iter().any(|effect| effect.get("update").is_some()),
        // That a responded prompt leaves the screen goes without saying, unless another tab did it.
        _ => {
            effect.get("reason") != Some(&Value::from("answered"))
                || names("withdraw", text(effect, "withdraw"))
        }
    };
    let seen: Vec<&Value> = seen.iter().filter(takes_part).collect();
    let wanted: Vec<&Value> = wanted.iter().collect();
    for sequence in sequences(&[&wanted[..], &seen[..]].concat()) {
        let of = |effect: &&&Value| text(effect, "record") == sequence;
        let (wanted, seen): (Vec<&Value>, Vec<&Value>) = (
            wanted.iter().filter(of).copied().collect(),
            seen.iter().filter(of).copied().collect(),
        );
        let fits = wanted.len() == seen.len()
            && wanted
                .iter()
                .zip(&seen)
                .all(|(wanted, seen)| matches(wanted, seen, bindings));
        if !fits {
            return Err(format!(
                "wanted exactly {}\n      saw {}",
                lines(&wanted),
                lines(&seen)
            ));
        }
    }
    Ok(())
}

/// Each of these, in order, others between; the screen and the events of each name in their own order.
pub fn some(wanted: &[Value], seen: &[Value], bindings: &mut Bindings) -> Result<(), String> {
    for sequence in sequences(&wanted.iter().collect::<Vec<_>>()) {
        let of = |effect: &&Value| text(effect, "record") == sequence;
        let mut rest = seen.iter().filter(of);
        for wanted in wanted.iter().filter(of) {
            if !rest.any(|seen| matches(wanted, seen, bindings)) {
                return Err(format!(
                    "wanted {wanted}\n      saw {}",
                    lines(&seen.iter().collect::<Vec<_>>())
                ));
            }
        }
    }
    Ok(())
}

/// The names of the events among some effects, and "" for what happens on the screen.
fn sequences(effects: &[&Value]) -> Vec<String> {
    let mut names: Vec<String> = effects
        .iter()
        .map(|effect| text(effect, "record").to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// None of these: a kind (`present`), an event's name, or a pattern.
pub fn none(unwanted: &[Value], seen: &[Value], bindings: &Bindings) -> Result<(), String> {
    for unwanted in unwanted {
        let found = seen.iter().find(|seen| match unwanted {
            Value::String(word) => seen.get(word).is_some() || text(seen, "record") == word,
            pattern => matches(pattern, seen, &mut bindings.clone()),
        });
        if let Some(found) = found {
            return Err(format!("wanted no {unwanted}\n      saw {found}"));
        }
    }
    Ok(())
}

/// Whether a value fits a pattern: of objects only the members that the pattern names are compared.
/// Variables are bound only when the whole fits.
pub fn matches(wanted: &Value, seen: &Value, bindings: &mut Bindings) -> bool {
    let mut tried = bindings.clone();
    let fits = fits(wanted, seen, &mut tried);
    if fits {
        *bindings = tried;
    }
    fits
}

fn fits(wanted: &Value, seen: &Value, bindings: &mut Bindings) -> bool {
    match (wanted, seen) {
        (Value::Object(wanted), Value::Object(members)) => wanted.iter().all(|(name, wanted)| {
            members
                .get(name)
                .is_some_and(|seen| fits(wanted, seen, bindings))
        }),
        (Value::String(text), seen) => match (text.strip_prefix("!$"), text.strip_prefix('$')) {
            (Some(name), _) => bindings.0.get(name).is_some_and(|bound| bound != seen),
            (_, Some(name)) => {
                bindings
                    .0
                    .entry(name.to_owned())
                    .or_insert_with(|| seen.clone())
                    == seen
            }
            _ => wanted == seen,
        },
        _ => wanted == seen,
    }
}

fn text<'v>(effect: &'v Value, member: &str) -> &'v str {
    effect
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn lines(effects: &[&Value]) -> String {
    if effects.is_empty() {
        return "nothing".to_owned();
    }
    effects
        .iter()
        .map(|effect| format!("\n        {effect}"))
        .collect()
}
