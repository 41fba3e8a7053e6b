//! `soak`: the properties, the fuzz bodies and the hostile policies at full length, with what was reached in
//! docs/soak.md. It does not know what a property asserts; it runs the tests in portions and can be stopped and
//! continued. How far the properties came is kept in target/soak.txt; `--steps N`, `--seconds N` and
//! `--policies N` set the length, 0 leaves a part out, and only a part at full length is written down.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};

use crate::host::{at, cargo, read, run, target, write_if_changed};
use crate::suite;

const STEPS: u64 = 100_000_000;
/// A portion is what is lost when it is stopped.
const PORTION: u64 = 1_000_000;
const STEPS_IN_A_WORLD: u64 = 600;
/// Of each fuzz body.
const SECONDS: u64 = 600;
const POLICIES: u64 = 100_000;
const BODIES: [&str; 4] = [
    "no_mutated_memory",
    "no_mutated_compiled",
    "no_mutated_text",
    "no_list_of_inputs",
];

pub fn task(words: &[String]) -> Result<()> {
    let (mut steps, mut seconds, mut policies) = (STEPS, SECONDS, POLICIES);
    for pair in words.chunks(2) {
        match pair {
            [name, value] if name == "--steps" => steps = value.parse()?,
            [name, value] if name == "--seconds" => seconds = value.parse()?,
            [name, value] if name == "--policies" => policies = value.parse()?,
            _ => bail!("soak takes `--steps N`, `--seconds N` and `--policies N`"),
        }
    }
    live(steps)?;
    if seconds > 0 {
        let reached = fuzz_all(seconds)?;
        report("Any bytes", &reached, seconds >= SECONDS)?;
    }
    if policies > 0 {
        let reached = paint(policies)?;
        report("Hostile policies", &reached, policies >= POLICIES)?;
    }
    Ok(())
}

/// The worlds, in portions.
fn live(steps: u64) -> Result<()> {
    let is_full = steps >= STEPS;
    let mark = target("soak.txt");
    // A short run begins anew; only the full one is continued.
    let known = is_full
        .then(|| std::fs::read_to_string(&mark).ok())
        .flatten();
    let mut done: u64 = known.unwrap_or_default().trim().parse().unwrap_or(0);
    let (began, first) = (Instant::now(), done);
    while done < steps {
        let mut test = test("guarantees", "no_history");
        let portion = PORTION.min(steps - done);
        test.env("PLIMSOLL_STEPS", portion.to_string());
        test.env("PLIMSOLL_FROM", done.div_ceil(STEPS_IN_A_WORLD).to_string());
        run(&mut test).with_context(|| format!("after {done} steps"))?;
        done += portion;
        let rate = (done - first) as f64 / began.elapsed().as_secs_f64();
        println!("{done} of {steps} steps, {rate:.0} a second");
        if is_full {
            std::fs::write(&mark, done.to_string())?;
        }
        let worlds = done.div_ceil(STEPS_IN_A_WORLD);
        let reached =
            format!("{done} steps in the worlds of seeds 0 to {worlds}: no guarantee broken.\n");
        report("Properties", &reached, is_full)?;
    }
    Ok(())
}

fn fuzz_all(seconds: u64) -> Result<String> {
    let bodies = std::thread::scope(|scope| {
        // At most one for each core; the tests are built by now.
        let workers: Vec<_> = (0..cores())
            .map(|first| {
                let own = BODIES.iter().skip(first).step_by(cores());
                scope.spawn(move || {
                    own.map(|body| fuzz(body, seconds))
                        .collect::<Result<Vec<_>>>()
                })
            })
            .collect();
        let done = workers
            .into_iter()
            .map(|worker| worker.join().map_err(|_| anyhow!("a worker stopped"))?);
        done.collect::<Result<Vec<_>>>()
    })?;
    Ok(bodies.concat().concat())
}

/// Hostile policies and texts, painted in Chromium, with the rest of the widget's manners.
fn paint(policies: u64) -> Result<String> {
    let mut tests = suite::tests_of("tests/browser", "manners")?;
    let said = read(tests.env("PLIMSOLL_HOSTILE_POLICIES", policies.to_string()))?;
    let line = said
        .lines()
        .find_map(|line| line.split_once("policies lived through: "));
    let (_, figures) = line.with_context(|| format!("the test said nothing:\n{said}"))?;
    Ok(format!("{figures}\n"))
}

/// Runs a fuzz body for so long; what it reached, as a line of the report.
fn fuzz(body: &str, seconds: u64) -> Result<String> {
    let mut test = test("fuzz", body);
    test.args(["--", "--nocapture"]);
    let said = read(test.env("PLIMSOLL_FUZZ_SECONDS", seconds.to_string()))?;
    let line = said.lines().find_map(|line| line.split_once("fuzz "));
    let (_, figure) = line.context("the body said nothing")?;
    println!("{figure}");
    Ok(format!("- {figure}, no crash\n"))
}

/// The tests of a file whose names hold a word.
fn test(file: &str, name: &str) -> Command {
    let mut test = cargo();
    test.args(["test", "-q", "-p", "plimsoll", "--test", file, name]);
    test
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Says what a part reached; of a full one also in its section of docs/soak.md.
fn report(title: &str, reached: &str, is_full: bool) -> Result<()> {
    print!("{title}: {reached}");
    if !is_full {
        println!("this is not the full length: docs/soak.md stays as it is");
        return Ok(());
    }
    let path = at("docs/soak.md");
    let old = std::fs::read_to_string(&path)?;
    let section = format!("{title}\n\n{reached}");
    let mut sections: Vec<_> = old.split("\n## ").map(str::to_owned).collect();
    match sections
        .iter_mut()
        .find(|old| old.starts_with(&format!("{title}\n")))
    {
        Some(old) => *old = section,
        None => sections.push(section),
    }
    write_if_changed(&path, sections.join("\n## ").as_bytes())
}
