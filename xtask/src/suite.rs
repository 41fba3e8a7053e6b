//! `test`: every check of the project, one stage after another, and one line that sums up.
//! It does not know what a test asserts; it starts the tools and counts what they report.
//! A stage that fails does not keep the next from running.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::host::{at, cargo, command, line, read, run, target};
use crate::modules::{self, Flavour, MODULES, WASM_TARGET};
use crate::{browsers, demo, node, size, surface};

struct Stage {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<Tally>,
}

/// From the quickest to find a fault to the slowest.
const STAGES: &[Stage] = &[
    Stage {
        name: "format",
        about: "rustfmt has nothing to change",
        run: format,
    },
    Stage {
        name: "lint",
        about: "clippy, natively and for wasm32",
        run: lint,
    },
    Stage {
        name: "native",
        about: "all Rust tests",
        run: native,
    },
    Stage {
        name: "planted",
        about: "the properties find every planted bug",
        run: planted,
    },
    Stage {
        name: "purity",
        about: "no browser crate below the engine and the collector",
        run: purity,
    },
    Stage {
        name: "surface",
        about: "imports and exports of the modules",
        run: imports,
    },
    Stage {
        name: "size",
        about: "budgets of what a browser downloads",
        run: sizes,
    },
    Stage {
        name: "types",
        about: "the package's JavaScript and the cases against its types",
        run: types,
    },
    Stage {
        name: "wasm-node",
        about: "the engine as WebAssembly in Node",
        run: wasm_in_node,
    },
    Stage {
        name: "wasm-chromium",
        about: "the same in Chromium",
        run: wasm_in_chromium,
    },
    Stage {
        name: "wasm-firefox",
        about: "the same in Firefox",
        run: wasm_in_firefox,
    },
    Stage {
        name: "wasm-webkit",
        about: "the same in WebKit",
        run: wasm_in_webkit,
    },
    Stage {
        name: "engines",
        about: "the demo's main path in Chromium, Firefox and WebKit",
        run: engines,
    },
    Stage {
        name: "browser",
        about: "pages in Chromium against the real collector",
        run: pages,
    },
    Stage {
        name: "package",
        about: "the packed package, and products that install it",
        run: package,
    },
];

#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Tally {
    passed: usize,
    failed: usize,
}

/// A stage that is one check.
const PASSED: Tally = Tally {
    passed: 1,
    failed: 0,
};
const FAILED: Tally = Tally {
    passed: 0,
    failed: 1,
};

pub fn task(words: &[String]) -> Result<()> {
    let stages = chosen(words)?;
    let mut sum = Tally::default();
    let mut red = Vec::new();
    for (index, stage) in stages.iter().enumerate() {
        println!(
            "\n=== {}/{} {}: {}",
            index + 1,
            stages.len(),
            stage.name,
            stage.about
        );
        let began = Instant::now();
        let tally = (stage.run)().unwrap_or_else(|error| {
            println!("{}: {error:#}", stage.name);
            FAILED
        });
        let Tally { passed, failed } = tally;
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "=== {}: {passed} passed, {failed} failed in {seconds:.1} s",
            stage.name
        );
        sum.passed += passed;
        sum.failed += failed;
        if failed > 0 {
            red.push(stage.name);
        }
    }
    println!();
    for name in &red {
        println!("failed: {name} (again with `cargo xtask test {name}`)");
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    if red.is_empty() {
        return Ok(());
    }
    // Nothing may follow the line that sums up, not even an error.
    std::process::exit(1);
}

fn chosen(words: &[String]) -> Result<Vec<&'static Stage>> {
    let filter = match words {
        [] => "",
        [filter] => filter,
        _ => bail!("test takes one stage's name, or the start of several"),
    };
    let stages: Vec<_> = STAGES
        .iter()
        .filter(|stage| stage.name.starts_with(filter))
        .collect();
    if stages.is_empty() {
        let names: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        bail!(
            "there is no stage `{filter}`; there are: {}",
            names.join(" ")
        );
    }
    Ok(stages)
}

fn format() -> Result<Tally> {
    check(cargo().args(["fmt", "--all", "--check"]))
}

/// What may not stop in a browser may stop in a test. The second run holds the product to it.
const TESTS_MAY: [&str; 6] = [
    "clippy::arithmetic_side_effects",
    "clippy::expect_used",
    "clippy::indexing_slicing",
    "clippy::panic",
    "clippy::print_stdout",
    "clippy::unwrap_used",
];

fn lint() -> Result<Tally> {
    let mut native = cargo();
    native.args(["clippy", "--workspace", "--all-targets"]);
    native.args(
        MODULES
            .iter()
            .flat_map(|module| ["--exclude", module.package]),
    );
    let mut wasm = cargo();
    wasm.args(["clippy", "--target", WASM_TARGET]);
    wasm.args(MODULES.iter().flat_map(|module| ["-p", module.package]));
    let deny = ["--quiet", "--", "-D", "warnings"];
    native
        .args(deny)
        .args(TESTS_MAY.iter().flat_map(|lint| ["-A", lint]));
    wasm.args(deny);
    Ok(Tally::sum(
        [native, wasm].map(|mut clippy| check(&mut clippy).unwrap_or(FAILED)),
    ))
}

fn native() -> Result<Tally> {
    let packages = ["-p", "plimsoll", "-p", "plimsoll-collector", "-p", "xtask"];
    let all = count(cargo().args(["test", "--no-fail-fast"]).args(packages))?;
    // A harness that finds nothing proves nothing: the properties have to find bugs planted in the engine.
    let planted = [
        "test",
        "-p",
        "plimsoll",
        "--features",
        "planted-bugs",
        "--test",
        "guarantees",
    ];
    let found = count(cargo().args(planted).arg("every_planted_bug_is_found"))?;
    Ok(Tally::sum([all, found]))
}

/// A harness that finds nothing proves nothing.
fn planted() -> Result<Tally> {
    let planted = [
        "--features",
        "planted-bugs",
        "--test",
        "guarantees",
        "--test",
        "policy",
        "--test",
        "conditions",
        "--test",
        "conformance",
        "planted",
    ];
    count(cargo().args(["test", "-p", "plimsoll"]).args(planted))
}

/// "The engine is pure" is a fact of the dependency tree, not a promise.
fn purity() -> Result<Tally> {
    let browser_crates = ["wasm-bindgen", "js-sys", "web-sys"];
    let mut found = Vec::new();
    for package in ["plimsoll", "plimsoll-collector"] {
        let tree = ["tree", "-p", package, "-e", "normal", "--prefix", "none"];
        let tree = read(
            cargo()
                .args(tree)
                .args(["--target", "all", "--format", "{p}"]),
        )?;
        let names = tree.lines().filter_map(|line| line.split(' ').next());
        found.extend(
            names
                .filter(|name| browser_crates.contains(name))
                .map(str::to_owned),
        );
    }
    if !found.is_empty() {
        bail!(
            "the engine or the collector depends on {}",
            found.join(", ")
        );
    }
    Ok(PASSED)
}

fn imports() -> Result<Tally> {
    surface::task(&[]).map(|()| PASSED)
}

fn sizes() -> Result<Tally> {
    size::check().map(|()| PASSED)
}

fn types() -> Result<Tally> {
    node::install()?;
    modules::build_package(Flavour::Published)?;
    for written in ["cases", "shapes"] {
        run(command("node").arg(at(&format!("tests/types/{written}.mjs"))))?;
    }
    let projects = ["pkg/tsconfig.json", "tests/types/tsconfig.json"];
    Ok(Tally::sum(projects.map(|project| {
        check(node::tool("tsc").args(["--project", project])).unwrap_or(FAILED)
    })))
}

fn wasm_in_node() -> Result<Tally> {
    count(&mut wasm_tests()?)
}

fn wasm_in_chromium() -> Result<Tally> {
    wasm_in_browser("CHROMEDRIVER", &browsers::chromedriver()?, None)
}

fn wasm_in_firefox() -> Result<Tally> {
    browsers::firefox()?;
    wasm_in_browser("GECKODRIVER", &browsers::geckodriver()?, None)
}

fn wasm_in_webkit() -> Result<Tally> {
    let screen = browsers::screen()?;
    // The runner knows no WebKit but Safari's; the protocol is the same.
    wasm_in_browser("SAFARIDRIVER", &browsers::webkit_driver()?, Some(&screen))
}

fn wasm_in_browser(variable: &str, driver: &Path, screen: Option<&Path>) -> Result<Tally> {
    let mut tests = wasm_tests()?;
    if let Some(screen) = screen {
        tests = on_screen(screen, &tests);
    }
    for (name, value) in browsers::WEBKIT_SETTINGS {
        tests.env(name, value);
    }
    tests.env("WASM_BINDGEN_USE_BROWSER", "1");
    // The page answers nobody while a test runs, and a busy machine takes its time.
    tests.env("WASM_BINDGEN_TEST_TIMEOUT", "180");
    tests.env(variable, driver);
    tests.env(
        "WASM_BINDGEN_TEST_WEBDRIVER_JSON",
        browsers::webdriver_json()?,
    );
    count(&mut tests)
}

/// The same command under a screen that nobody sees.
fn on_screen(screen: &Path, inner: &Command) -> Command {
    let mut outer = command(screen);
    outer
        .arg("-a")
        .arg(inner.get_program())
        .args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

fn wasm_tests() -> Result<Command> {
    let runner = [
        "build",
        "-p",
        "xtask",
        "--features",
        "wasm-tests",
        "--bin",
        "wasm-test-runner",
    ];
    run(cargo().arg("--quiet").args(runner))?;
    let mut tests = cargo();
    tests.args([
        "test",
        "--target",
        WASM_TARGET,
        "--manifest-path",
        "tests/wasm/Cargo.toml",
    ]);
    let runner = target("debug/wasm-test-runner");
    tests.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    Ok(tests)
}

/// On the files that are published.
fn pages() -> Result<Tally> {
    let mut tests = tests_of("tests/browser", "")?;
    count(tests.env("PLIMSOLL_BIN", demo::build_collector()?))
}

fn engines() -> Result<Tally> {
    let mut tests = tests_of("tests/engines", "")?;
    tests.env("PLIMSOLL_BIN", demo::build_collector()?);
    count(tests.envs(browsers::all()?))
}

fn package() -> Result<Tally> {
    count(&mut tests_of("tests/package", "")?)
}

/// Also the products whose tools take long to install; docs/bundlers.md says what came of it.
pub fn projects(_: &[String]) -> Result<()> {
    run(tests_of("tests/package", "projects")?.env("PLIMSOLL_PROJECTS", "all"))
}

/// Every `*.test.mjs` of a folder whose name begins so, with the package built and Chromium found.
pub fn tests_of(folder: &str, beginning: &str) -> Result<Command> {
    let chromium = browsers::chromium()?;
    modules::build_package(Flavour::Published)?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(at(folder))?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(beginning) && name.ends_with(".test.mjs")
    });
    files.sort();
    let mut node = command("node");
    // Every test file starts servers and a browser of its own: one at a time is steadier.
    node.args(["--test", "--test-reporter=spec", "--test-concurrency=1"])
        .args(files)
        .env("CHROMIUM", chromium);
    Ok(node)
}

/// A command that is one check by its exit code.
fn check(command: &mut Command) -> Result<Tally> {
    run(command).map(|()| PASSED)
}

/// A command that reports how many tests passed and failed; its output is shown as it comes.
fn count(command: &mut Command) -> Result<Tally> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?;
    let mut tally = Tally::default();
    let stdout = child.stdout.take().context("stdout was piped")?;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        tally = Tally::sum([tally, reported(&line)]);
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        println!("{} ended with {status}", line(command));
        tally.failed = 1;
    }
    if status.success() && tally == Tally::default() {
        bail!("{} ran no test", line(command));
    }
    Ok(tally)
}

/// The figures in a summary line of cargo, of wasm-bindgen's runner, or of Node's.
fn reported(line: &str) -> Tally {
    let mut tally = Tally::default();
    if let Some((_, figures)) = line.split_once("test result: ") {
        for figure in figures.split([';', '.']) {
            match figure.trim().split_once(' ') {
                Some((n, "passed")) => tally.passed = n.parse().unwrap_or(0),
                Some((n, "failed")) => tally.failed = n.parse().unwrap_or(0),
                _ => {}
            }
        }
    } else if let Some(n) = line.strip_prefix("ℹ pass ") {
        tally.passed = n.parse().unwrap_or(0);
    } else if let Some(n) = line
        .strip_prefix("ℹ fail ")
        .or(line.strip_prefix("ℹ cancelled "))
    {
        tally.failed = n.parse().unwrap_or(0);
    }
    tally
}

impl Tally {
    fn sum(tallies: impl IntoIterator<Item = Tally>) -> Tally {
        tallies
            .into_iter()
            .fold(Tally::default(), |sum, tally| Tally {
                passed: sum.passed + tally.passed,
                failed: sum.failed + tally.failed,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_lines_of_all_three_runners_are_counted() {
        let cargo = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered";
        assert_eq!(
            reported(cargo),
            Tally {
                passed: 12,
                failed: 3
            }
        );
        let wasm = "test result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out";
        assert_eq!(
            reported(wasm),
            Tally {
                passed: 4,
                failed: 0
            }
        );
        assert_eq!(
            reported("ℹ pass 7"),
            Tally {
                passed: 7,
                failed: 0
            }
        );
        assert_eq!(
            reported("ℹ fail 2"),
            Tally {
                passed: 0,
                failed: 2
            }
        );
        assert_eq!(reported("test a::passed ... ok"), Tally::default());
    }
}
