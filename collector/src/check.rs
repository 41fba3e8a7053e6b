//! `plimsoll check`: everything that can be said of a policy before anyone sees it, as text or JSON.
//!
//! It owns the order of the questions and the exit code; what is wrong, odd or different the root crate says,
//! and `print` makes it readable. Nothing is written where something is refused.

mod print;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use plimsoll::plim::Plim;
use plimsoll::policy::{Change, Policy, PolicyError, Tree, difference, moved_arms};
use plimsoll::worst_week::{Bound, Witness, bound, witness};
use plimsoll_collector::policy::Published;
use serde_json::{Value, json};

use crate::arguments::Check;
use crate::{FAILED, Outcome, WRONG_USAGE, say};
pub use print::{Style, counted, told};

/// The simulated people of the worst week; the same policy always meets the same ones.
const SEEDS: std::ops::Range<u64> = 0..16;

/// What was found.
#[derive(Default)]
struct Report {
    errors: Vec<PolicyError>,
    warnings: Vec<PolicyError>,
    /// For a policy without errors.
    fine: Option<Fine>,
    /// Against the policy that is published now; none without one.
    changes: Option<Vec<Change>>,
    written: Vec<String>,
}

/// A policy that can be published.
struct Fine {
    published: Published,
    /// In the default locale.
    plim: Plim,
    bound: Bound,
    witness: Witness,
}

pub fn run(options: &Check) -> Outcome {
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| unreadable(path, &error));
    let old = options.against.as_deref().map(read).transpose();
    let (text, old) = match (read(&options.file), old) {
        (Ok(text), Ok(old)) => (text, old),
        (Err(code), _) | (_, Err(code)) => return Ok(code),
    };
    let old = old.as_deref().map(Tree::parse).transpose();
    let old = match (old, &options.against) {
        (Ok(old), _) => old,
        (Err(error), path) => {
            let path = path.as_deref().unwrap_or(Path::new(""));
            return Ok(unreadable(path, &error));
        }
    };
    let mut report = examine(&text, old.as_ref())?;
    if let (Some(fine), Some(out), true) = (&report.fine, &options.out, report.errors.is_empty()) {
        report.written = write_artefacts(&fine.published, &options.file, out)?;
    }
    let failed =
        !report.errors.is_empty() || (options.deny_warnings && !report.warnings.is_empty());
    if options.json {
        say(&report.json(!failed).to_string())?;
    } else {
        let style = Style::of(&io::stdout());
        say(print::report(style, &options.file, &report).trim_end())?;
    }
    Ok(if failed {
        ExitCode::from(FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("error: `{}` cannot be read: {error}", path.display());
    ExitCode::from(WRONG_USAGE)
}

fn examine(text: &str, old: Option<&Tree>) -> Result<Report, Box<dyn Error>> {
    let mut report = Report::default();
    let tree = match Tree::parse(text) {
        Ok(tree) => tree,
        Err(error) => {
            report.errors.push(error);
            return Ok(report);
        }
    };
    match Policy::from_tree(&tree) {
        Ok(policy) => {
            report.warnings = policy.lint(&tree);
            let published = Published::from(&policy);
            let plim = Plim::open(&published.artefacts()[0].bytes);
            let plim = plim
                .map_err(|error| format!("what was compiled cannot be read: {}", error.code()))?;
            let (bound, witness) = (bound(&plim), witness(&plim, SEEDS));
            report.fine = Some(Fine {
                published,
                plim,
                bound,
                witness,
            });
        }
        Err(errors) => report.errors = errors,
    }
    if let Some(old) = old {
        report.changes = Some(difference(old, &tree));
        report.errors.extend(moved_arms(old, &tree));
    }
    Ok(report)
}

/// `policy.json` becomes `policy.en.plim`, `policy.pt-BR.plim` and so on for browsers, and `policy.server.json`
/// for the collector alone.
fn write_artefacts(
    policy: &Published,
    file: &Path,
    out: &Path,
) -> Result<Vec<String>, Box<dyn Error>> {
    let cannot = |error: io::Error| format!("cannot write to `{}`: {error}", out.display());
    fs::create_dir_all(out).map_err(cannot)?;
    let stem = file
        .file_stem()
        .map(|stem| stem.to_string_lossy())
        .unwrap_or("policy".into());
    let mut written = Vec::new();
    let mut write = |name: String, bytes: &[u8]| {
        let path = out.join(name);
        fs::write(&path, bytes).map_err(cannot)?;
        written.push(path.display().to_string());
        Ok::<(), String>(())
    };
    for artefact in policy.artefacts() {
        write(format!("{stem}.{}.plim", artefact.locale), &artefact.bytes)?;
    }
    if let Some(policy) = policy.policy() {
        write(format!("{stem}.server.json"), policy.server().as_bytes())?;
    }
    Ok(written)
}

impl Report {
    fn json(&self, ok: bool) -> Value {
        let problems = |problems: &[PolicyError]| {
            let problem = |p: &PolicyError| json!({"code": p.code, "path": p.path, "message": p.message, "help": p.help});
            problems.iter().map(problem).collect::<Vec<Value>>()
        };
        let mut report = json!({
            "ok": ok,
            "errors": problems(&self.errors),
            "warnings": problems(&self.warnings),
        });
        if let Some(fine) = &self.fine {
            let artefacts = fine.published.artefacts().iter();
            report["revision"] = json!(fine.published.revision());
            report["locales"] = artefacts.map(|artefact| artefact.locale.as_str()).collect();
            report["written"] = json!(self.written);
            report["worst_week"] = fine.worst_week();
        }
        if let Some(changes) = &self.changes {
            let change = |c: &Change| json!({"part": c.part.name(), "path": c.path, "was": c.was, "now": c.now});
            report["changes"] = changes.iter().map(change).collect();
        }
        report
    }
}

impl Fine {
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
