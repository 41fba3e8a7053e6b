//! `plimsoll check`: everything that can be said of a policy before anyone sees it, as text or JSON.
//!
//! It owns the order of the questions and the exit code; what is wrong, odd or different the root crate says,
//! and `print` makes it readable. Nothing is written where something is refused.

mod place;
mod print;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use plimsoll::plim::Plim;
use plimsoll::policy::{Change, Policy, PolicyError, Tree, difference, moved_arms};
use plimsoll::worst_week::{Bound, Witness, bound, witness};
use plimsoll_collector::policy::Published;
use serde_json::{Value, json};

use crate::arguments::Check;
use crate::mistake::Mistake;
use crate::{FAILED, Outcome, WRONG_USAGE, say};
use place::locate;
pub use print::{Style, counted, told};

/// The simulated people of the worst week; the same policy always meets the same ones.
const SEEDS: std::ops::Range<u64> = 0..16;

/// What was found.
#[derive(Default)]
struct Report {
    new: File,
    /// The policy that is published now.
    old: Option<File>,
    errors: Vec<PolicyError>,
    warnings: Vec<PolicyError>,
    denies_warnings: bool,
    /// What is wrong with the old policy, which then says nothing about the new one.
    old_errors: Vec<PolicyError>,
    /// For a policy without errors of its own.
    fine: Option<Fine>,
    /// Against the old policy.
    changes: Option<Vec<Change>>,
    written: Vec<String>,
}

#[derive(Default)]
struct File {
    path: PathBuf,
    text: String,
}

/// A policy that can be published.
struct Fine {
    published: Published,
    /// In the default locale.
    plim: Plim,
    bound: Bound,
    witness: Witness,
    /// The built-in prompts that it changes, by id.
    changed: Vec<String>,
}

pub fn run(options: &Check) -> Outcome {
    let report = match examine(options) {
        Ok(report) => report,
        Err(error) => {
            let Some(mistake) = error.downcast_ref::<Mistake>() else {
                return Err(error);
            };
            if options.json {
                say(&json!({"ok": false, "errors": [{"code": mistake.code, "path": "", "id": null, "line": null, "message": mistake.message, "help": mistake.help}], "warnings": []}).to_string())?;
            } else {
                eprintln!("error: {mistake}");
            }
            return Ok(ExitCode::from(WRONG_USAGE));
        }
    };
    if options.json {
        say(&report.json().to_string())?;
    } else {
        let style = Style::of(&io::stdout());
        say(print::report(style, &report).trim_end())?;
    }
    Ok(if report.is_refused() {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

fn examine(options: &Check) -> Result<Report, Box<dyn Error>> {
    let mut report = Report {
        new: File::read(&options.file)?,
        old: options.against.as_deref().map(File::read).transpose()?,
        denies_warnings: options.deny_warnings,
        ..Report::default()
    };
    let old = report.old.as_ref().map(|file| read(&file.text));
    let old = match old {
        Some((tree, Ok(_))) => tree,
        Some((_, Err(errors))) => {
            report.old_errors = errors;
            None
        }
        None => None,
    };
    let (tree, policy) = read(&report.new.text);
    match (&tree, policy) {
        (Some(tree), Ok(policy)) => {
            report.warnings = policy.lint(tree);
            report.fine = Some(Fine::new(&policy)?);
        }
        (_, read) => report.errors = read.err().unwrap_or_default(),
    }
    if let (Some(old), Some(tree)) = (old, tree) {
        report.changes = Some(difference(&old, &tree));
        report.errors.extend(moved_arms(&old, &tree));
    }
    if let (Some(fine), Some(out), false) = (&report.fine, &options.out, report.is_refused()) {
        report.written = write_artefacts(&fine.published, &options.file, out)?;
    }
    Ok(report)
}

/// A policy as it was written, where that is JSON, and as it is understood.
fn read(text: &str) -> (Option<Tree>, Result<Policy, Vec<PolicyError>>) {
    match Tree::parse(text) {
        Ok(tree) => {
            let policy = Policy::from_tree(&tree);
            (Some(tree), policy)
        }
        Err(error) => (None, Err(vec![error])),
    }
}

impl File {
    fn read(path: &Path) -> Result<File, Mistake> {
        let text = fs::read_to_string(path).map_err(|error| Mistake::unreadable(path, &error))?;
        let path = path.to_owned();
        Ok(File { path, text })
    }
}

/// `policy.json` becomes `policy.en.plim`, `policy.pt-BR.plim` and so on for browsers, `policy.pt.plim` for readers of
/// the language elsewhere and `policy.plim` for everybody else, and `policy.server.json` for the collector alone.
fn write_artefacts(
    policy: &Published,
    file: &Path,
    out: &Path,
) -> Result<Vec<String>, Box<dyn Error>> {
    fs::create_dir_all(out).map_err(|error| Mistake::unwritable(out, &error))?;
    let stem = file
        .file_stem()
        .map(|stem| stem.to_string_lossy())
        .unwrap_or("policy".into());
    let mut written = Vec::new();
    let mut write = |name: String, bytes: &[u8]| {
        let path = out.join(name);
        fs::write(&path, bytes).map_err(|error| Mistake::unwritable(&path, &error))?;
        written.push(path.display().to_string());
        Ok::<(), Mistake>(())
    };
    for (tag, artefact) in policy.by_tag() {
        let dot = if tag.is_empty() { "" } else { "." };
        write(format!("{stem}{dot}{tag}.plim"), &artefact.bytes)?;
    }
    if let Some(policy) = policy.policy() {
        write(format!("{stem}.server.json"), policy.server().as_bytes())?;
    }
    Ok(written)
}

impl Report {
    fn is_refused(&self) -> bool {
        let denied = self.denies_warnings && !self.warnings.is_empty();
        denied || !self.errors.is_empty() || !self.old_errors.is_empty()
    }

    fn json(&self) -> Value {
        let mut report = json!({
            "ok": !self.is_refused(),
            "errors": problems(&self.errors, &self.new),
            "warnings": problems(&self.warnings, &self.new),
        });
        if let Some(fine) = &self.fine {
            let artefacts = fine.published.artefacts().iter();
            report["revision"] = json!(fine.published.revision());
            report["locales"] = artefacts.map(|artefact| artefact.locale.as_str()).collect();
            report["written"] = json!(self.written);
            report["worst_week"] = fine.worst_week();
        }
        if let Some(old) = &self.old {
            report["against_errors"] = problems(&self.old_errors, old);
        }
        if let Some(changes) = &self.changes {
            let change = |c: &Change| {
                let [was, now] = [&c.was, &c.now].map(|side| side.as_ref().map(value));
                json!({"part": c.part.name(), "path": c.path, "was": was, "now": now})
            };
            report["changes"] = changes.iter().map(change).collect();
        }
        report
    }
}

fn problems(problems: &[PolicyError], file: &File) -> Value {
    let problem = |p: &PolicyError| {
        let place = locate(&file.text, &p.path);
        json!({"code": p.code, "path": p.path, "id": place.id, "line": place.line, "message": p.message, "help": p.help})
    };
    problems.iter().map(problem).collect()
}

/// A part of a policy as JSON.
fn value(tree: &Tree) -> Value {
    match tree {
        Tree::Bool(value) => json!(value),
        Tree::Integer(value) => json!(value),
        Tree::Float(value) => json!(value),
        Tree::Text(text) => json!(text),
        Tree::List(items) => items.iter().map(value).collect(),
        Tree::Object(entries) => {
            let entries = entries.iter();
            Value::Object(
                entries
                    .map(|(name, item)| (name.clone(), value(item)))
                    .collect(),
            )
        }
        Tree::Null | Tree::Foreign(_) | Tree::TooDeep => Value::Null,
    }
}

impl Fine {
    fn new(policy: &Policy) -> Result<Fine, String> {
        let published = Published::from(policy);
        let plim = Plim::open(&published.artefacts()[0].bytes)
            .map_err(|error| format!("what was compiled cannot be read: {}", error.code()))?;
        let (bound, witness) = (bound(&plim), witness(&plim, SEEDS));
        Ok(Fine {
            published,
            plim,
            bound,
            witness,
            changed: policy.changed_prompts().map(String::from).collect(),
        })
    }

    fn worst_week(&self) -> Value {
        let met = self.witness.interruptions.iter();
        let met: Vec<Value> = met
            .map(|(after_ms, index)| {
                let (prompt, surface, about) = self.prompt(*index);
                json!({"after_ms": after_ms, "prompt": prompt, "surface": surface, "about": about})
            })
            .collect();
        json!({
            "interruptions_max": self.bound.interruptions,
            "because": self.bound.because,
            "witness": {"seed": self.witness.seed, "interruptions": met},
        })
    }

    /// A prompt's id and surface, and the id of its meter or feature.
    fn prompt(&self, index: u32) -> (&str, &'static str, Option<&str>) {
        use plimsoll::engine::effect::Surface;
        let Some(prompt) = self.plim.root().prompts().get(index) else {
            return ("", "", None);
        };
        let about = Some(self.plim.subject_of(prompt)).filter(|id| !id.is_empty());
        let surface = Surface::from_word(prompt.surface());
        (prompt.id(), surface.name(), about)
    }
}
