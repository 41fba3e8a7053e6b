//! `size`: what a browser downloads for each module, against its budget.
//! It does not know how the files are made; it bundles the package the way a host would.
//! The table goes to docs/performance.md, a changed figure to docs/size-history.csv.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::host::{at, command, flags, read, run, step, target, write_if_changed};
use crate::modules::{self, Flavour};
use crate::{node, report};

/// A kB is 1,000 bytes, as in a browser's network panel.
const BYTES_PER_KB: u64 = 1_000;

/// One thing a page loads: an entry of the bundle, the module that comes with it, its budget.
struct Load {
    name: &'static str,
    /// The sources of its bundles.
    entries: &'static [&'static str],
    wasm: Option<&'static str>,
    /// Brotli; held by the published build only.
    budget_kb: Option<u64>,
    when: &'static str,
}

/// In the order of loading: what an earlier one has brought is not counted again.
const LOADS: [Load; 7] = [
    Load {
        name: "start",
        entries: &["pkg/index.js"],
        wasm: Some("plimsoll_bg.wasm"),
        budget_kb: Some(42),
        when: "at `start`",
    },
    Load {
        name: "view",
        entries: &["pkg/view.js"],
        wasm: Some("plimsoll_view_bg.wasm"),
        budget_kb: Some(22),
        when: "at the first prompt",
    },
    Load {
        name: "policy",
        entries: &["pkg/shell/compile.js", "pkg/dist/plimsoll_policy.js"],
        wasm: Some("plimsoll_policy_bg.wasm"),
        budget_kb: Some(90),
        when: "when the policy is JSON",
    },
    Load {
        name: "define",
        entries: &["pkg/define.js"],
        wasm: None,
        budget_kb: None,
        when: "with the custom elements",
    },
    Load {
        name: "idle",
        entries: &[
            "pkg/shell/prompts.js",
            "pkg/shell/net.js",
            "pkg/shell/requests.js",
        ],
        wasm: None,
        budget_kb: None,
        when: "in idle time: actions, requests, forms",
    },
    Load {
        name: "react",
        entries: &["pkg/react.js"],
        wasm: None,
        budget_kb: Some(2),
        when: "with `plimsoll/react`, React aside",
    },
    Load {
        name: "debug",
        entries: &["pkg/debug/panel.js"],
        wasm: None,
        budget_kb: None,
        when: "with `?plimsoll=debug`",
    },
];

#[derive(Clone, Copy, Default)]
struct Bytes {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

struct Row {
    name: String,
    when: &'static str,
    budget_kb: Option<u64>,
    bytes: Bytes,
}

pub fn task(words: &[String]) -> Result<()> {
    let [plain] = flags(words, ["--plain"])?;
    let rows = measure(Flavour::Published)?;
    let plain_rows = if plain {
        Some(measure(Flavour::Plain)?)
    } else {
        None
    };
    let table = table(&rows, plain_rows.as_deref());
    println!("\n{table}");
    if plain {
        report::write("docs/performance.md", "sizes", &table)?;
    }
    append_history(&rows)?;
    hold_budgets(&rows)
}

/// Measures the published build and fails over a budget; writes nothing.
pub fn check() -> Result<()> {
    let rows = measure(Flavour::Published)?;
    println!("{}", table(&rows, None));
    hold_budgets(&rows)
}

fn measure(flavour: Flavour) -> Result<Vec<Row>> {
    let (dist, built) = modules::build(flavour)?;
    if built != flavour {
        bail!(
            "sizes are those of the {} build, which cannot be made here",
            flavour.name()
        );
    }
    step("bundle and compress", || measure_built(&dist, flavour))
}

fn measure_built(dist: &Path, flavour: Flavour) -> Result<Vec<Row>> {
    let package = stage(dist, flavour)?;
    let bundle = bundle(&package)?;
    let mut counted = BTreeSet::new();
    let mut rows = Vec::new();
    for load in &LOADS {
        let mut bytes = Bytes::default();
        for entry in load.entries {
            for file in downloads(&bundle, entry)? {
                if counted.insert(file.clone()) {
                    bytes.add(&std::fs::read(package.join(&file))?)?;
                }
            }
        }
        if let Some(wasm) = load.wasm {
            bytes.add(&std::fs::read(dist.join(wasm))?)?;
        }
        rows.push(Row {
            name: load.name.to_owned(),
            when: load.when,
            budget_kb: load.budget_kb,
            bytes,
        });
    }
    for tag in modules::TEXTS {
        let mut bytes = Bytes::default();
        bytes.add(&std::fs::read(
            dist.join(format!("plimsoll_texts_{tag}.js")),
        )?)?;
        rows.push(Row {
            name: format!("texts {tag}"),
            when: "when the policy is JSON and the reader's locale is this",
            budget_kb: None,
            bytes,
        });
    }
    Ok(rows)
}

/// A copy of the package's own files with the given build in its dist folder, so that measuring
/// the plain build leaves pkg/dist alone.
fn stage(dist: &Path, flavour: Flavour) -> Result<PathBuf> {
    let stage = target("size").join(flavour.name());
    let _ = std::fs::remove_dir_all(&stage);
    let package = stage.join("pkg");
    copy_files(&at("pkg"), &package).context("pkg/ is missing")?;
    copy_files(dist, &package.join("dist"))?;
    Ok(stage)
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let file = entry?.path();
        let Some(name) = file.file_name() else {
            continue;
        };
        if file.is_file() {
            std::fs::copy(&file, to.join(name))?;
        } else if name != "dist" {
            copy_files(&file, &to.join(name))?;
        }
    }
    Ok(())
}

/// esbuild's description of its output, which lists what each chunk imports.
fn bundle(stage: &Path) -> Result<Value> {
    let entries = LOADS.iter().flat_map(|load| load.entries);
    let mut esbuild = node::tool("esbuild");
    esbuild.current_dir(stage).args(entries);
    esbuild.args([
        "--bundle",
        "--minify",
        "--format=esm",
        "--splitting",
        "--target=es2022",
        "--external:react",
    ]);
    esbuild.args(["--outdir=out", "--metafile=meta.json", "--log-level=error"]);
    run(&mut esbuild)?;
    Ok(serde_json::from_slice(&std::fs::read(
        stage.join("meta.json"),
    )?)?)
}

/// The chunk of an entry and all it imports at once; a dynamic import is another load.
fn downloads(bundle: &Value, entry: &str) -> Result<BTreeSet<String>> {
    let outputs = bundle["outputs"]
        .as_object()
        .context("esbuild's metafile has no outputs")?;
    let first = outputs
        .iter()
        .find(|(_, output)| output["entryPoint"] == entry)
        .with_context(|| format!("esbuild made no chunk for {entry}"))?;
    let mut found = BTreeSet::new();
    let mut open = vec![first.0.clone()];
    while let Some(file) = open.pop() {
        let imports = outputs
            .get(&file)
            .and_then(|output| output["imports"].as_array());
        for import in imports.into_iter().flatten() {
            if let ("import-statement", Some(path)) = (
                import["kind"].as_str().unwrap_or_default(),
                import["path"].as_str(),
            ) && import["external"] != true
                && !found.contains(path)
            {
                open.push(path.to_owned());
            }
        }
        found.insert(file);
    }
    Ok(found)
}

impl Bytes {
    fn add(&mut self, file: &[u8]) -> Result<()> {
        self.raw += file.len() as u64;
        self.gzip += gzip(file)?;
        self.brotli += brotli(file)?;
        Ok(())
    }
}

fn gzip(file: &[u8]) -> Result<u64> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(file)?;
    Ok(encoder.finish()?.len() as u64)
}

/// As `brotli -q 11` with its default window.
fn brotli(mut file: &[u8]) -> Result<u64> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: file.len(),
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut file, &mut packed, &params)?;
    Ok(packed.len() as u64)
}

fn table(rows: &[Row], plain: Option<&[Row]>) -> String {
    let mut text = String::from("| Module | Loaded | Brotli | Budget | Gzip | Raw |");
    text.push_str(if plain.is_some() {
        " Brotli, plain build |\n"
    } else {
        "\n"
    });
    text.push_str("|---|---|---:|---:|---:|---:|");
    text.push_str(if plain.is_some() { "---:|\n" } else { "\n" });
    for (index, row) in rows.iter().enumerate() {
        let bytes = &row.bytes;
        let budget = match row.budget_kb {
            Some(budget_kb) => format!("{budget_kb} kB"),
            None => String::new(),
        };
        text.push_str(&format!(
            "| {} | {} | {} | {budget} | {} | {} |",
            row.name,
            row.when,
            kb(bytes.brotli),
            kb(bytes.gzip),
            kb(bytes.raw),
        ));
        if let Some(plain) = plain.and_then(|rows| rows.get(index)) {
            text.push_str(&format!(" {} |", kb(plain.bytes.brotli)));
        }
        text.push('\n');
    }
    text
}

fn kb(bytes: u64) -> String {
    let tenths = (bytes * 10).div_ceil(BYTES_PER_KB);
    format!("{}.{} kB", tenths / 10, tenths % 10)
}

/// One line per change: date and commit of the source, then brotli bytes per module.
fn append_history(rows: &[Row]) -> Result<()> {
    let path = at("docs/size-history.csv");
    let mut text = std::fs::read_to_string(&path).unwrap_or_else(|_| {
        let names: Vec<_> = LOADS
            .iter()
            .map(|load| format!("{}_brotli_bytes", load.name))
            .collect();
        format!("date,commit,{}\n", names.join(","))
    });
    let figures: Vec<_> = LOADS
        .iter()
        .map(|load| rows.iter().find(|row| row.name == load.name))
        .map(|row| row.map_or("".to_owned(), |row| row.bytes.brotli.to_string()))
        .collect();
    let figures = figures.join(",");
    if text
        .lines()
        .last()
        .is_some_and(|line| line.ends_with(&format!(",{figures}")))
    {
        return Ok(());
    }
    let commit = read(command("git").args(["log", "-1", "--format=%cs,%h"]))?;
    text.push_str(&format!("{commit},{figures}\n"));
    write_if_changed(&path, text.as_bytes())
}

fn hold_budgets(rows: &[Row]) -> Result<()> {
    let over: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let budget_kb = row.budget_kb?;
            let name = &row.name;
            let over = row.bytes.brotli > budget_kb * BYTES_PER_KB;
            over.then(|| {
                format!(
                    "{name} is {}, its budget {budget_kb} kB",
                    kb(row.bytes.brotli)
                )
            })
        })
        .collect();
    if over.is_empty() {
        return Ok(());
    }
    bail!("over budget: {}", over.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dynamic_import_is_another_load() {
        let bundle = serde_json::json!({ "outputs": {
            "out/index.js": { "entryPoint": "pkg/index.js", "imports": [
                { "path": "out/shared.js", "kind": "import-statement" },
                { "path": "out/view.js", "kind": "dynamic-import" } ] },
            "out/shared.js": { "imports": [] },
            "out/view.js": { "entryPoint": "pkg/view.js", "imports": [
                { "path": "out/shared.js", "kind": "import-statement" } ] } } });
        let start = downloads(&bundle, "pkg/index.js").unwrap();
        assert_eq!(
            start.into_iter().collect::<Vec<_>>(),
            ["out/index.js", "out/shared.js"]
        );
    }

    #[test]
    fn a_size_is_rounded_up() {
        assert_eq!(kb(32_001), "32.1 kB");
        assert_eq!(kb(32_000), "32.0 kB");
    }
}
