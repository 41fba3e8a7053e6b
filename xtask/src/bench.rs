//! `bench`: how long things take, natively and in a page, beside rivals and against the targets.
//! It measures replays from outside; the rest is measured by benches/engine.rs and tests/browser/bench.mjs.
//! The tables go to docs/performance.md; a figure of the page's over its target fails the task.

use std::collections::BTreeMap;
use std::process::Command;

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

const TARGETS: [Target; 10] = [
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
        name: "decision_in_arms_us",
        about: "a decision over 50 prompts with conditions and one experiment, two arms decided",
        unit: "µs",
        max: 10.0,
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

/// What is replayed, and the least of it in a second of one core; nothing fails for less.
struct Replay {
    file: &'static str,
    about: &'static str,
    min: &'static str,
}

const REPLAYS: [Replay; 2] = [
    Replay {
        file: "recordings.jsonl",
        about: "recordings",
        min: "200,000",
    },
    Replay {
        file: "usage.csv",
        about: "usage, no threshold near",
        min: "1,000,000",
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
    let table = [targets(&page)?, waits(&page)?, rivals(&page, &native)?].join("\n");
    println!("\n{table}");
    report::write("docs/performance.md", "speeds", &table)?;
    let table = step("measure replays", || replays(&native))?;
    println!("\n{table}");
    report::write("docs/performance.md", "replays", &table)?;
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

/// How long people wait, beside what the least takes in the same page: a paragraph, a bare button.
fn waits(page: &Figures) -> Result<String> {
    let mut text = String::from(
        "| What a person waits for | Measured | Beside the least | Processor 4 times slower | Beside the least | At most |\n|---|---:|---:|---:|---:|---:|\n",
    );
    let rows = [
        (
            "a first prompt, decided and on the screen",
            "prompt",
            "plain",
            "1 frame",
        ),
        ("a press to its answer", "press", "plain_press", "50 ms"),
    ];
    for (about, ours, least, most) in rows {
        text.push_str(&format!("| {about} "));
        for slowdown in [1, 4] {
            let of = |name| figure(page, &format!("{name}_at_{slowdown}_ms"));
            let frames = page.get(&format!("{ours}_at_{slowdown}_frames"));
            let frames = frames.map_or_else(String::new, |frames| format!(", frame {frames}"));
            let ratio = of(ours)? / of(least)?;
            text.push_str(&format!(
                "| {}{frames} | {ratio:.1} × ",
                with(of(ours)?, "ms")
            ));
        }
        text.push_str(&format!("| {most} |\n"));
    }
    text.push_str("| the longest task over 50 ms, from `start` to the press ");
    for slowdown in [1, 4] {
        let longest = figure(page, &format!("longest_at_{slowdown}_ms"))?;
        let pages = figure(page, &format!("long_tasks_at_{slowdown}"))?;
        text.push_str(&match pages {
            0.0 => "| none | ".to_owned(),
            _ => format!("| {} ({pages} in all) | ", with(longest, "ms")),
        });
    }
    text.push_str("| none |\n");
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

/// Made inputs, replayed on one core: how many a second, and how long one takes beside a decision.
fn replays(native: &Figures) -> Result<String> {
    let build = ["build", "--quiet", "--release", "-p", "plimsoll-collector"];
    run(cargo().args(build).args(["--bins", "--examples"]))?;
    let folder = target("bench-replay");
    let made = command(target("release/examples/recordings"))
        .arg(&folder)
        .output()?;
    print!("{}", String::from_utf8_lossy(&made.stdout));
    let mut text = String::from(
        "| Inputs | A second of processor time | On the wall | At least | Time of one against a decision over 50 prompts, natively |\n|---|---:|---:|---:|---:|\n",
    );
    let decision_ns = figure(native, "decision_over_50")?;
    for Replay { file, about, min } in &REPLAYS {
        let path = folder.join(file);
        let mut replay = command(target("release/plimsoll"));
        replay.arg("replay").arg(&path).arg("--policy");
        replay.arg(folder.join("policy.json"));
        replay
            .arg("--json")
            .arg(folder.join("report.json"))
            .args(["--jobs", "1"]);
        let [wall_s, cpu_s] = timed(&replay)?;
        let report: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("report.json"))?)?;
        let of = |name: &str| report["inputs"][name].as_f64().unwrap_or_default();
        let inputs = of("inputs");
        text.push_str(&format!(
            "| {about}: {inputs:.0} of {:.0} users | {:.0} | {:.0} | {min} | {:.1} × |\n",
            of("users"),
            inputs / cpu_s,
            inputs / wall_s,
            cpu_s / inputs * 1e9 / decision_ns,
        ));
    }
    Ok(text)
}

/// How long a program takes on the wall and on processors, in seconds: the best of three.
fn timed(program: &Command) -> Result<[f64; 2]> {
    let mut best = [f64::INFINITY; 2];
    for _ in 0..3 {
        let mut bash = command("bash");
        bash.env("TIMEFORMAT", "%R %U %S")
            .args(["-c", "time \"$@\" > /dev/null", "bash"]);
        bash.arg(program.get_program()).args(program.get_args());
        let output = bash.output()?;
        let said = String::from_utf8(output.stderr)?;
        let times = said.lines().last().context("`time` said nothing")?;
        let times: Vec<f64> = times.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        if let ([wall, user, system], true) = (times.as_slice(), output.status.success()) {
            best = [best[0].min(*wall), best[1].min(user + system)];
        } else {
            bail!("it did not work: {said}");
        }
    }
    Ok(best)
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
