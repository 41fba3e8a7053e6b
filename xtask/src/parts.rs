//! `parts`: which functions make a wasm module large, by module path, for whoever must make it smaller.
//! It does not know the budgets; `size` does.
//! It optimises the bound module once more with the names kept, and reads the code section.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use wasmparser::{KnownCustom, Name, Parser, Payload};

use crate::host::{run, target};
use crate::modules::{self, Flavour, MODULES};
use crate::node;

const SHOWN: usize = 40;

pub fn task(words: &[String]) -> Result<()> {
    let [out] = words else {
        bail!("parts takes the name of a module: plimsoll, plimsoll_view …")
    };
    let module = MODULES.iter().find(|module| module.out == out);
    let module = module.with_context(|| format!("there is no module `{out}`"))?;
    let (_, flavour) = modules::build(Flavour::Published)?;
    let folder = target("wasm").join(flavour.name());
    let bound = folder.join("bound").join(format!("{}_bg.wasm", module.out));
    let named = folder.join("named.wasm");
    run(node::tool("wasm-opt")
        .args(["-Oz", "-g"])
        .arg(bound)
        .arg("-o")
        .arg(&named))?;
    let functions = functions(&std::fs::read(named)?)?;
    let mut files = BTreeMap::new();
    for (name, bytes) in &functions {
        *files.entry(path(name)).or_insert(0) += bytes;
    }
    print("by module", files.into_iter().collect());
    print("by function", functions);
    Ok(())
}

/// Name and size of each function's body, before compression.
fn functions(wasm: &[u8]) -> Result<Vec<(String, usize)>> {
    let mut imported = 0;
    let mut sizes = Vec::new();
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let is_function = matches!(import?.ty, wasmparser::TypeRef::Func(_));
                    imported += usize::from(is_function);
                }
            }
            Payload::CodeSectionEntry(body) => sizes.push(body.range().len()),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(subsections) = section.as_known() else {
                    continue;
                };
                for subsection in subsections {
                    let Name::Function(list) = subsection? else {
                        continue;
                    };
                    for naming in list {
                        let naming = naming?;
                        names.insert(naming.index as usize, without_hashes(naming.name));
                    }
                }
            }
            _ => {}
        }
    }
    let name = |index| names.get(&(index + imported)).cloned().unwrap_or_default();
    Ok(sizes
        .into_iter()
        .enumerate()
        .map(|(index, bytes)| (name(index), bytes))
        .collect())
}

/// The file a function most likely lies in: `<a::b::C as d::E>::f` in `a::b`.
fn path(name: &str) -> String {
    let name = name.trim_start_matches(['<', '&', '*']);
    let name = name
        .split(['<', ' ', '>', '(', '{'])
        .next()
        .unwrap_or_default();
    let parts: Vec<_> = name.trim_end_matches(':').split("::").collect();
    let folders = parts
        .iter()
        .take_while(|part| part.starts_with(|c: char| c.is_lowercase()));
    let folders = folders
        .count()
        .min(parts.len().saturating_sub(1))
        .clamp(1, 3);
    parts
        .iter()
        .take(folders)
        .copied()
        .collect::<Vec<_>>()
        .join("::")
}

/// `plimsoll[1e1995e328c86c5b]::engine` without the crate's hash.
fn without_hashes(name: &str) -> String {
    let mut short = String::new();
    for part in name.split('[') {
        match part.split_once(']') {
            Some((hash, rest)) if hash.len() == 16 => short.push_str(rest),
            _ if short.is_empty() => short.push_str(part),
            _ => short.extend(["[", part]),
        }
    }
    short
}

fn print(about: &str, mut sizes: Vec<(String, usize)>) {
    let bytes: usize = sizes.iter().map(|(_, bytes)| bytes).sum();
    println!("\n{about}: {bytes} bytes in all, not compressed");
    sizes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    for (name, bytes) in sizes.iter().take(SHOWN) {
        println!("{bytes:>8}  {name}");
    }
}
