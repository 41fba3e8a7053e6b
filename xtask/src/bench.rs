//! `bench`: how long things take, natively and in a page, beside rivals and against the targets.
//! It measures nothing itself: benches/engine.rs and tests/browser/bench.mjs do.
//! The table goes to docs/performance.md; a figure over its target fails the task.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use crate::host::{cargo, command, flags, read, run, step, target};
use crate::modules::{self, Flavour};
use crate::{browsers, node, report};

/// A figure of the page's, and the most it may be.
struct Target {
    name: &'static str,
    about: &'static str,
    unit: &'static str,
    max: f64,
}

const TARGETS: [Target; 9] = [
    Target {
        name: "use_of_50_us",
        about: "one `use`, decision and journal write included, 50 prompts",
        unit: "µs",
        max: 30.0,
    },
    Target {
        name: "use_of_500_us",
        about: "the same with 500 prompts: only its meter's are judged",
        unit: "µs",
        max: 30.0,
    },
    Target {
        name: "decision_over_50_us",
        about: "a decision over 50 prompts",
        unit: "µs",
        max: 5.0,
    },
    Target {
        name: "decision_over_500_us",
        about: "a decision over 500 prompts",
        unit: "µs",
        max: 50.0,
    },
    Target {
        name: "start_cpu_ms",
        about: "`start`, compiled policy, cached module, main thread",
        unit: "ms",
        max: 5.0,
    },
    Target {
        name: "start_long_tasks",
        about: "long tasks during `start`",
        unit: "",
        max: 0.0,
    },
    Target {
        name: "shift_score",
        about: "layout shift when a prompt appears",
        unit: "",
        max: 0.0,
    },
    Target {
        name: "memory_bytes",
        about: "memory stored, every threshold of 500 prompts passed",
        unit: "bytes",
        max: 16_384.0,
    },
    Target {
        name: "wasm_bytes",
        about: "WebAssembly memory after `start`, 50 prompts",
        unit: "bytes",
        max: 1_200_000.0,
    },
];

/// Prefix of a figure's name, and how the rival is called.
const RIVALS: [(&str, &str); 4] = [
    ("decision", "Plimsoll"),
    ("loop", "a loop in JavaScript, written by hand"),
    ("json_logic", "json-logic-js"),
    ("growthbook", "@growthbook/growthbook"),
];

type Figures = BTreeMap<String, f64>;

pub fn task(words: &[String]) -> Result<()> {
    flags(words, [])?;
    let chromium = browsers::chromium()?;
    modules::build_package(Flavour::Published)?;
    node::install()?;
    let native = step("measure natively", native)?;
    let collector = ["build", "--quiet", "-p", "plimsoll-collector"];
    step("build the policy's compiler", || {
        run(cargo().args(collector))
    })?;
    let page = step("measure in a page", || {
        let mut bench = command("node");
        bench
            .arg("tests/browser/bench.mjs")
            .env("CHROMIUM", chromium);
        bench.env("PLIMSOLL_BIN", target("debug/plimsoll"));
        serde_json::from_str::<Figures>(&read(&mut bench)?).context("the page gave no figures")
    })?;
    let table = format!("{}\n{}", targets(&page)?, rivals(&page, &native)?);
    println!("\n{table}");
    report::write("speeds", &table)?;
    let over: Vec<_> = TARGETS
        .iter()
        .filter(|target| {
            page.get(target.name)
                .is_some_and(|&figure| figure > target.max)
        })
        .map(|target| target.about)
        .collect();
    if over.is_empty() {
        Ok(())
    } else {
        bail!("over target: {}", over.join("; "))
    }
}

fn native() -> Result<Figures> {
    let text = read(cargo().args(["bench", "--quiet", "-p", "plimsoll", "--bench", "engine"]))?;
    let figure = |line: &str| {
        let (name, ns) = line.split_once(' ')?;
        Some((name.to_owned(), ns.trim().parse().ok()?))
    };
    Ok(text.lines().filter_map(figure).collect())
}

fn targets(page: &Figures) -> Result<String> {
    let mut text = String::from("| In the page | Measured | At most |\n|---|---:|---:|\n");
    for Target {
        name,
        about,
        unit,
        max,
    } in &TARGETS
    {
        let figure = figure(page, name)?;
        text.push_str(&format!(
            "| {about} | {} | {} |\n",
            with(figure, unit),
            with(*max, unit)
        ));
    }
    Ok(text)
}

fn rivals(page: &Figures, native: &Figures) -> Result<String> {
    let mut text = String::from(
        "| Who decides | 50 prompts | Ratio | 500 prompts | Ratio |\n|---|---:|---:|---:|---:|\n",
    );
    let ours_50 = figure(page, "decision_over_50_us")?;
    let ours_500 = figure(page, "decision_over_500_us")?;
    let mut row = |name: &str, us_50: f64, us_500: f64| {
        let cells = [(us_50, us_50 / ours_50), (us_500, us_500 / ours_500)]
            .map(|(us, ratio)| format!("{} | {ratio:.1} ×", with(us, "µs")));
        text.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    };
    for (prefix, name) in RIVALS {
        let us = |prompts| figure(page, &format!("{prefix}_over_{prompts}_us"));
        row(name, us(50)?, us(500)?);
    }
    let [ns_50, ns_500] = ["decision_over_50", "decision_over_500"];
    row(
        "Plimsoll, natively",
        figure(native, ns_50)? / 1e3,
        figure(native, ns_500)? / 1e3,
    );
    Ok(text)
}

fn figure(figures: &Figures, name: &str) -> Result<f64> {
    figures
        .get(name)
        .copied()
        .with_context(|| format!("`{name}` was not measured"))
}

/// Three digits are more than a measurement is worth; whole numbers stay whole.
fn with(figure: f64, unit: &str) -> String {
    let digits = if figure.fract() == 0.0 || figure >= 100.0 {
        0
    } else {
        1
    };
    format!("{figure:.digits$} {unit}").trim_end().to_owned()
}
