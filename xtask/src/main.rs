//! The project's tasks, each one word after `cargo xtask`; this file is the list of them.
//! It knows no task's inside: each module below is one task or one kind of tool.
//! From here a call goes to the task's `run` and comes back as an exit code.

mod bench;
mod browsers;
mod demo;
mod forecast;
mod host;
mod modules;
mod node;
mod parts;
mod report;
mod schema;
mod simulate;
mod size;
mod soak;
mod suite;
mod surface;

use std::process::ExitCode;

use anyhow::{Result, bail};

struct Task {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const TASKS: &[Task] = &[
    Task {
        name: "build",
        about: "build the three wasm modules into pkg/dist (--plain: without rebuilding std)",
        run: modules::task,
    },
    Task {
        name: "size",
        about: "measure what a browser downloads against the budgets (--plain: both builds)",
        run: size::task,
    },
    Task {
        name: "demo",
        about: "start collector and demo and print the address (--port N)",
        run: demo::task,
    },
    Task {
        name: "test",
        about: "run every check, or the stages whose name begins with a word",
        run: suite::task,
    },
    Task {
        name: "bench",
        about: "measure speed natively and in a page, against targets and rivals",
        run: bench::task,
    },
    Task {
        name: "forecast",
        about: "project the dates a folder of series and tasks asks for (FOLDER --out FILE)",
        run: forecast::task,
    },
    Task {
        name: "parts",
        about: "list what makes a wasm module large, by function",
        run: parts::task,
    },
    Task {
        name: "projects",
        about: "build a product with every bundler and framework, and show a prompt in each",
        run: suite::projects,
    },
    Task {
        name: "schema",
        about: "compare the policy's JSON Schema with the one in the package (--bless: write it)",
        run: schema::task,
    },
    Task {
        name: "simulate",
        about: "show what divergence saves an experiment (divergence --accounts N --seed N)",
        run: simulate::task,
    },
    Task {
        name: "surface",
        about: "compare the modules' imports and exports with the list (--bless: write it)",
        run: surface::task,
    },
    Task {
        name: "soak",
        about: "run properties, fuzz bodies and hostile policies at full length (--steps N, --seconds N a body, --policies N)",
        run: soak::task,
    },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = words.split_first() else {
        list();
        return ExitCode::SUCCESS;
    };
    let outcome = match TASKS.iter().find(|task| task.name == name) {
        Some(task) => (task.run)(rest),
        None => unknown(name),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn list() {
    println!("cargo xtask <task>\n");
    for task in TASKS {
        println!("  {:<8} {}", task.name, task.about);
    }
}

fn unknown(name: &str) -> Result<()> {
    list();
    println!();
    bail!("there is no task `{name}`")
}
