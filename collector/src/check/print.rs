//! The report of `plimsoll check` as people read it: what is wrong first, then what the policy is.
//!
//! It owns layout and colours; it finds nothing out. Colours only repeat what words say, so that nothing is
//! lost without them.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::Path;

use plimsoll::plim::Root;
use plimsoll::policy::{Change, PolicyError, Tree};
use plimsoll::unit::Limit;

use super::place::locate;
use super::{Fine, Report};

/// The width of the column of names.
const NAMES: usize = 11;
const DAY_MS: i64 = 86_400_000;

/// By number in a compiled policy.
const PERIODS: [&str; 5] = ["", "a day", "a week", "a month", "a year"];

/// Colours, or none.
#[derive(Clone, Copy)]
pub struct Style {
    colour: bool,
}

impl Style {
    /// Colours where a person looks and wants them.
    pub fn of(stream: &dyn IsTerminal) -> Style {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Style {
            colour: stream.is_terminal() && !is_set("NO_COLOR") && !dumb,
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn yellow(self, text: &str) -> String {
        self.paint("1;33", text)
    }

    fn green(self, text: &str) -> String {
        self.paint("1;32", text)
    }
}

/// Each mistake or warning in three lines, with an empty one between. `text` is the file they are in; its name is
/// said where it is not the one that everything else is about.
pub fn told(
    style: Style,
    kind: &str,
    problems: &[PolicyError],
    text: &str,
    name: Option<&Path>,
) -> String {
    let mut out = String::new();
    for problem in problems {
        let title = format!("{kind}[{}]", problem.code);
        let title = if kind == "error" {
            style.red(&title)
        } else {
            style.yellow(&title)
        };
        let path = match (problem.path.as_str(), name) {
            ("", Some(name)) => name.display().to_string(),
            ("", None) => "the policy".to_owned(),
            (path, Some(name)) => format!("{}: {path}", name.display()),
            (path, None) => path.to_owned(),
        };
        let place = locate(text, &problem.path);
        let line = place.line.map(|line| format!("line {line}"));
        let around: Vec<String> = place.id.into_iter().chain(line).collect();
        let around = match around.join(", ") {
            around if around.is_empty() => around,
            around => style.dim(&format!(" ({around})")),
        };
        let (path, help) = (style.bold(&path), style.dim("help:"));
        let _ = writeln!(
            out,
            "{title}: {path}{around}\n  {}\n  {help} {}\n",
            problem.message, problem.help
        );
    }
    out
}

/// `1 error`, `2 errors`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

pub fn report(style: Style, report: &Report) -> String {
    let text = &report.new.text;
    let mut out = told(style, "error", &report.errors, text, None);
    out += &told(style, "warning", &report.warnings, text, None);
    if let Some(old) = &report.old {
        out += &told(
            style,
            "error",
            &report.old_errors,
            &old.text,
            Some(&old.path),
        );
    }
    if let Some(changes) = &report.changes {
        differences(&mut out, style, changes);
    }
    if let Some(fine) = &report.fine {
        overview(&mut out, style, fine);
        worst_week(&mut out, style, fine);
        for file in &report.written {
            row(&mut out, style, "wrote", file);
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "{}: {}",
        report.new.path.display(),
        verdict(style, report)
    );
    out
}

/// Whether it may be published, and why not.
fn verdict(style: Style, report: &Report) -> String {
    let refused = style.red("refused");
    let warnings = counted(report.warnings.len(), "warning");
    let revision = report.fine.as_ref().map_or(String::new(), |fine| {
        format!(", revision {}", fine.published.revision())
    });
    match (&report.old, report.errors.len(), report.old_errors.len()) {
        (Some(old), 0, 1..) => format!(
            "{refused}: `{}`, which it is held against, has {}",
            old.path.display(),
            counted(report.old_errors.len(), "error")
        ),
        (_, 0, _) if report.is_refused() => {
            format!("{refused}: {warnings}, and `--deny-warnings` was given")
        }
        (_, 0, _) => format!("{}{revision}, {warnings}", style.green("fine")),
        (_, errors, _) => format!(
            "{refused}{revision}, {}, {warnings}",
            counted(errors, "error")
        ),
    }
}

/// A line of the overview: a name, and what there is of it.
fn row(out: &mut String, style: Style, name: &str, text: &str) {
    let _ = writeln!(out, "  {} {text}", style.dim(&format!("{name:NAMES$}")));
}

fn overview(out: &mut String, style: Style, fine: &Fine) {
    let root = fine.plim.root();
    plans(out, style, root);
    let mut prompts: Vec<&str> = root.prompts().iter().map(|prompt| prompt.id()).collect();
    prompts.sort_unstable();
    prompts.dedup();
    let own = prompts
        .iter()
        .filter(|id| !id.starts_with("default-"))
        .count();
    let is_changed = |id: &&&str| fine.changed.iter().any(|changed| changed == **id);
    let changed = prompts.iter().filter(is_changed).count();
    let built_in = prompts.len() - own;
    let text = match changed {
        0 => format!("{own} own, {built_in} built in"),
        _ => format!("{own} own, {built_in} built in, {changed} of them changed"),
    };
    row(out, style, "prompts", &text);
    let locales: Vec<String> = fine
        .published
        .artefacts()
        .iter()
        .map(|artefact| {
            let tenths = artefact.bytes.len().div_ceil(100);
            format!("{} {}.{} kB", artefact.locale, tenths / 10, tenths % 10)
        })
        .collect();
    row(out, style, "locales", &locales.join(" · "));
}

/// Plans beside each other, and below them what each grants: limits of meters, and which features.
fn plans(out: &mut String, style: Style, root: Root<'_>) {
    let mut table = vec![vec!["plans".to_owned(), String::new()]];
    table[0].extend(root.plans().iter().map(|plan| plan.id().to_owned()));
    for (index, meter) in (0..).zip(root.meters().iter()) {
        let name = if index == 0 { "meters" } else { "" };
        let mut cells = vec![name.to_owned(), meter.id().to_owned()];
        let mut period = 0;
        for quota in root
            .plans()
            .iter()
            .filter_map(|plan| plan.quotas().get(index))
        {
            let soft = if quota.soft() == 0 { "" } else { " soft" };
            cells.push(match Limit(quota.limit()) {
                Limit::UNLIMITED => "unlimited".to_owned(),
                Limit::NONE => "none".to_owned(),
                Limit(number) => format!("{}{soft}", thousands(number)),
            });
            period = period.max(quota.period());
        }
        cells.push(PERIODS[period as usize % PERIODS.len()].to_owned());
        table.push(cells);
    }
    for (index, feature) in (0..).zip(root.features().iter()) {
        let name = if index == 0 { "features" } else { "" };
        let mut cells = vec![name.to_owned(), feature.id().to_owned()];
        cells.extend(root.plans().iter().map(|plan| {
            let has = plan.features().iter().any(|own| own == index);
            if has { "✓" } else { "" }.to_owned()
        }));
        cells.push(String::new());
        table.push(cells);
    }
    let width = |column: usize| {
        let cells = table.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table[0].len()).map(width).collect();
    for cells in &table {
        let mut text = format!("{:1$}", cells[1], widths[1]);
        for (cell, width) in cells.iter().zip(&widths).skip(2) {
            let _ = write!(text, "  {cell:>width$}");
        }
        match cells.get(widths.len()) {
            Some(period) if !period.is_empty() => text += &format!("  {}", style.dim(period)),
            Some(_) => {}
            None => text = style.bold(&text),
        }
        row(out, style, &cells[0], text.trim_end());
    }
}

fn thousands(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn worst_week(out: &mut String, style: Style, fine: &Fine) {
    let most = fine.bound.interruptions as usize;
    let met = &fine.witness.interruptions;
    let text = match most {
        0 => "nobody is ever interrupted: no prompt is a dialog".to_owned(),
        _ => format!(
            "at most {} in any 7 days, by `{}`",
            counted(most, "interruption"),
            fine.bound.because
        ),
    };
    row(out, style, "worst week", &text);
    if most == 0 {
        return;
    }
    row(
        out,
        style,
        "",
        &format!(
            "a simulated person met {} (seed {}):",
            met.len(),
            fine.witness.seed
        ),
    );
    for (after, index) in met {
        let (prompt, surface, about) = fine.prompt(*index);
        let (day, minutes) = (after / DAY_MS + 1, after % DAY_MS / 60_000);
        let when = format!("day {day} {:02}:{:02}", minutes / 60, minutes % 60);
        let about = about.map_or_else(String::new, |about| format!(" on {about}"));
        row(
            out,
            style,
            "",
            &format!("{}  {surface:7}  {prompt}{about}", style.dim(&when)),
        );
    }
}

fn differences(out: &mut String, style: Style, changes: &[Change]) {
    if changes.is_empty() {
        let _ = writeln!(out, "  {}\n", style.dim("nothing is different"));
        return;
    }
    let mut heading = "";
    for change in changes {
        let name = if change.part.name() == heading {
            ""
        } else {
            change.part.name()
        };
        heading = change.part.name();
        let (path, arrow) = (style.bold(&change.path), style.dim("→"));
        let text = match (&change.was, &change.now) {
            (None, Some(now)) => format!("{} {path}  {}", style.green("+"), now.brief()),
            (Some(was), None) => format!("{} {path}  {}", style.red("-"), was.brief()),
            (was, now) => {
                let of = |side: &Option<Tree>| side.as_ref().map_or(String::new(), Tree::brief);
                format!(
                    "{} {path}  {} {arrow} {}",
                    style.yellow("~"),
                    of(was),
                    of(now)
                )
            }
        };
        row(out, style, name, &text);
    }
    out.push('\n');
}
