//! `schema`: the JSON Schema of the policy file, made from the types beside it, compared with the one that
//! is published in the package. It does not know what a policy means; `policy.rs` describes the fields.
//! Editors read `pkg/policy.schema.json` from a policy's `$schema`.

mod experiment;
mod policy;
mod scoring;
#[cfg(test)]
mod tests;
mod words;

use anyhow::{Context, Result, bail};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::host::{at, flags, write_if_changed};

const FILE: &str = "pkg/policy.schema.json";
const BLESS: &str = "--bless";

pub fn task(words: &[String]) -> Result<()> {
    let [bless] = flags(words, [BLESS])?;
    let made = made()?;
    if bless {
        return write_if_changed(&at(FILE), made.as_bytes());
    }
    let published = std::fs::read_to_string(at(FILE)).with_context(|| format!("no {FILE}"))?;
    if published != made {
        bail!("{FILE} is not what the types say; `cargo xtask schema {BLESS}` writes it");
    }
    Ok(())
}

/// The schema as it is published.
fn made() -> Result<String> {
    // Editors know this draft best.
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = serde_json::to_value(generator.into_root_schema_for::<policy::Policy>())?;
    tidy(&mut schema);
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

/// Names the size of integers no more: their ranges are said. A member that may be left out is an `Option` in Rust and may be `null` for `schemars`; in a policy it is
/// there or it is not.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(members) => {
            // In a list of properties it would be the field of that name.
            if members.get("format").is_some_and(Value::is_string) {
                members.remove("format");
            }
            if let Some(Value::Array(types)) = members.get("type") {
                let kept: Vec<&Value> = types.iter().filter(|kind| **kind != "null").collect();
                if let [kind] = kept.as_slice() {
                    let kind = (*kind).clone();
                    members.insert("type".into(), kind);
                }
            }
            let null = json!({"type": "null"});
            let any = members.get("anyOf").and_then(Value::as_array).cloned();
            if let Some([kept, last]) = any.as_deref()
                && *last == null
            {
                members.remove("anyOf");
                // Beside a reference nothing is read in this draft.
                members.insert("allOf".into(), json!([kept]));
            }
            members.values_mut().for_each(tidy);
        }
        _ => {}
    }
}
