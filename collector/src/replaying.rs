//! The command `plimsoll replay`: its words, its files, and what it prints.
//!
//! It owns names and defaults of the options and where the report goes; the library does the work.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{fs, thread};

use lexopt::prelude::*;
use plimsoll::plim::Plim;

use crate::mistake::Mistake;
use crate::{FAILED, Outcome, refuse_policy, say};
use plimsoll_collector::policy::Published;
use plimsoll_collector::replay::report::{Named, Report};
use plimsoll_collector::replay::{Options, Respond, replay};

pub struct Replay {
    inputs: PathBuf,
    policy: PathBuf,
    against: Option<PathBuf>,
    json: Option<PathBuf>,
    html: Option<PathBuf>,
    jobs: usize,
    respond: Respond,
    plan: Option<String>,
    attributes: Option<PathBuf>,
    timing: bool,
}

/// Reads the words behind `replay`; `None` when help is asked for.
pub fn parse(mut words: lexopt::Parser) -> Result<Option<Replay>, lexopt::Error> {
    let (mut inputs, mut policy) = (None, None);
    let mut replay = Replay {
        inputs: PathBuf::new(),
        policy: PathBuf::new(),
        against: None,
        json: None,
        html: None,
        jobs: thread::available_parallelism().map_or(1, usize::from),
        respond: Respond::Later,
        plan: None,
        attributes: None,
        timing: false,
    };
    while let Some(word) = words.next()? {
        match word {
            Value(path) if inputs.is_none() => inputs = Some(path.into()),
            Long("policy") => policy = Some(words.value()?.into()),
            Long("against") => replay.against = Some(words.value()?.into()),
            Long("json") => replay.json = Some(words.value()?.into()),
            Long("html") => replay.html = Some(words.value()?.into()),
            Long("jobs") => {
                replay.jobs = words.value()?.parse()?;
                if !(1..=256).contains(&replay.jobs) {
                    return Err("`--jobs` is 1 to 256".into());
                }
            }
            Long("respond") => {
                let word = words.value()?.string()?;
                let known = Respond::NAMES.iter().find(|(name, _)| *name == word);
                let known = known.ok_or_else(|| {
                    format!("`--respond` is later, never or ignore, not `{word}`")
                })?;
                replay.respond = known.1;
            }
            Long("plan") => replay.plan = Some(words.value()?.string()?),
            Long("attributes") => replay.attributes = Some(words.value()?.into()),
            Long("timing") => replay.timing = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    replay.inputs = inputs.ok_or("`replay` needs a file or folder of inputs")?;
    replay.policy = policy.ok_or("`replay` needs `--policy FILE`")?;
    Ok(Some(replay))
}

pub fn run(options: Replay) -> Outcome {
    let mut files = vec![options.policy];
    files.extend(options.against);
    let mut policies = Vec::new();
    for file in &files {
        match Published::load(file) {
            Ok(policy) => policies.push(policy),
            Err(error) => return refuse_policy(file, error),
        }
    }
    let began = Instant::now();
    let plims: Vec<Plim> = policies
        .iter()
        // Decisions are the same in every locale.
        .filter_map(|policy| Plim::open(&policy.artefacts()[0].bytes).ok())
        .collect();
    let replayed = replay(&Options {
        inputs: options.inputs,
        policies: &policies,
        respond: options.respond,
        plan: options.plan,
        jobs: options.jobs,
        attributes: options.attributes,
    })
    .map_err(told)?;
    let took = began.elapsed();
    let named: Vec<Named<'_>> = files
        .iter()
        .zip(&plims)
        .map(|(file, plim)| Named {
            file: file_name(file),
            plim,
        })
        .collect();
    let report = Report::new(replayed, &named, options.respond);
    if let Some(path) = &options.json {
        write(path, &report.json())?;
    }
    if let Some(path) = &options.html {
        write(path, &report.html())?;
    }
    say(report.text().trim_end())?;
    if options.timing {
        let seconds = took.as_secs_f64();
        let (inputs, jobs) = (report.inputs.inputs, options.jobs);
        eprintln!(
            "{inputs} inputs in {seconds:.3} s, {:.0} a second, {jobs} {}",
            inputs as f64 / seconds,
            if jobs == 1 { "core" } else { "cores" }
        );
    }
    if report.inputs.inputs == 0 {
        let help =
            "export more, or see above which lines were skipped; docs/replay.md has the formats";
        eprintln!("error: there was nothing to replay\n  help: {help}");
        return Ok(ExitCode::from(FAILED));
    }
    Ok(ExitCode::SUCCESS)
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn write(path: &Path, text: &str) -> Result<(), Mistake> {
    fs::write(path, text).map_err(|error| Mistake::unwritable(path, &error))
}

/// What stopped a replay, with what to do about it.
fn told(message: String) -> String {
    if message.contains("\n  help: ") {
        return message;
    }
    let help = "inputs are a file that ends in .csv, .jsonl, .ndjson or .json, or a folder with such files; docs/replay.md has the formats";
    format!("{message}\n  help: {help}")
}
