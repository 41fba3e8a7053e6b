//! `surface`: what each wasm module imports and exports, compared with tests/surface.txt.
//! It does not know what an import does; a new one is a decision that shows up in a diff.
//! It reads the finished modules of pkg/dist, so it sees what is published.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use wasmparser::{Parser, Payload};

use crate::host::{at, flags, write_if_changed};
use crate::modules::{self, Flavour, MODULES};

const LIST: &str = "tests/surface.txt";
const BLESS: &str = "--bless";

pub fn task(words: &[String]) -> Result<()> {
    let [bless] = flags(words, [BLESS])?;
    modules::build_package(Flavour::Published)?;
    let found = surface()?;
    if bless {
        return write_if_changed(&at(LIST), found.as_bytes());
    }
    let listed = std::fs::read_to_string(at(LIST)).with_context(|| format!("{LIST} is missing"))?;
    let differences = differences(&listed, &found);
    if differences.is_empty() {
        return Ok(());
    }
    for line in differences {
        println!("{line}");
    }
    bail!("the modules differ from {LIST}; if that is meant: `cargo xtask surface {BLESS}`")
}

fn surface() -> Result<String> {
    let mut text = String::new();
    for module in &MODULES {
        let path = at("pkg/dist").join(format!("{}_bg.wasm", module.out));
        let wasm = std::fs::read(&path).with_context(|| format!("no {}", path.display()))?;
        for line in lines(&wasm)? {
            text.push_str(&format!("{} {line}\n", module.out));
        }
    }
    Ok(text)
}

fn lines(wasm: &[u8]) -> Result<BTreeSet<String>> {
    let mut lines = BTreeSet::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    lines.insert(format!("import {}", without_hash(import?.name)));
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    lines.insert(format!("export {}", without_hash(export?.name)));
                }
            }
            _ => {}
        }
    }
    Ok(lines)
}

/// wasm-bindgen ends the names of its imports with a hash of their types and crate, and numbers
/// those of casts.
fn without_hash(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((start, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            start
        }
        _ => name,
    }
}

fn differences(listed: &str, found: &str) -> Vec<String> {
    let listed: BTreeSet<_> = listed.lines().collect();
    let found: BTreeSet<_> = found.lines().collect();
    let gone = listed.difference(&found).map(|line| format!("- {line}"));
    let new = found.difference(&listed).map(|line| format!("+ {line}"));
    gone.chain(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_at_the_end_of_a_name_does_not_count() {
        assert_eq!(without_hash("__wbg_now_793306c526e2e3b6"), "__wbg_now");
        assert_eq!(without_hash("engine_use"), "engine_use");
    }

    #[test]
    fn what_is_gone_and_what_is_new_is_named() {
        assert_eq!(differences("a\nb\n", "b\nc\n"), ["- a", "+ c"]);
    }
}
