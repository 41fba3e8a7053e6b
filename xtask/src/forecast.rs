//! `forecast`: answers a folder of questions "on which date will this figure reach its limit?".
//! It has no method of its own: every answer is `plimsoll::engine::pace`, as the engine asks it.
//! Its answers go to a file for `score.py`; where the folder knows the truth, `score` prints how good they are.

mod score;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use plimsoll::engine::pace::{self, DAYS_MAX, History};
use plimsoll::engine::period::{civil, day_of, month_of};
use plimsoll::unit::{DAY_MS, Timestamp};
use serde_json::{Map, Value, json};

/// Amounts by day, counted from 1970, of each series.
type Series = BTreeMap<String, BTreeMap<i64, i64>>;

/// One question. Days are counted from 1970.
struct Task {
    id: String,
    series: String,
    /// What `score` sums up by: each a name with a value.
    groups: Vec<String>,
    quota: i64,
    used: i64,
    start: i64,
    reset: Option<i64>,
    /// Asked at the end of this day.
    as_of: i64,
    /// `None` where the folder does not say; otherwise the day, or `None` for not before the reset.
    truth: Option<Option<i64>>,
}

/// One answer, in days; `None` for not before the reset.
struct Answer {
    date: Option<i64>,
    from: Option<i64>,
    until: Option<i64>,
}

pub fn task(words: &[String]) -> Result<()> {
    let (folder, out) = arguments(words)?;
    let series = read_series(&folder.join("series.csv"))?;
    let tasks = read_tasks(&folder.join("tasks.json"))?;
    let answers = answer_all(&series, &tasks)?;
    let mut object = Map::new();
    for (task, answer) in tasks.iter().zip(&answers) {
        let date = |day: Option<i64>| day.map_or(Value::Null, |day| Value::String(text_of(day)));
        object.insert(
            task.id.clone(),
            json!({"date": date(answer.date), "lo": date(answer.from), "hi": date(answer.until)}),
        );
    }
    let text = serde_json::to_string_pretty(&object)? + "\n";
    fs::write(&out, text).with_context(|| format!("cannot write `{}`", out.display()))?;
    println!("{} answers in {}", answers.len(), out.display());
    if tasks.iter().any(|task| task.truth.is_some()) {
        print!("\n{}", score::table(&tasks, &answers));
    }
    Ok(())
}

fn arguments(words: &[String]) -> Result<(PathBuf, PathBuf)> {
    match words {
        [folder, flag, out] | [flag, out, folder] if flag == "--out" => {
            Ok((folder.into(), out.into()))
        }
        _ => bail!("say which folder and where to: `cargo xtask forecast FOLDER --out FILE`"),
    }
}

fn answer_all(series: &Series, tasks: &[Task]) -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    for task in tasks {
        let days = series.get(&task.series);
        let days = days.with_context(|| {
            format!("task `{}`: no series is called `{}`", task.id, task.series)
        })?;
        answers.push(answer(days, task));
    }
    Ok(answers)
}

/// The engine's projection. A product says nothing where too little is known; a task wants an answer all the
/// same, so the conditions for that are not asked here. Not likely before the reset is `None`.
fn answer(days: &BTreeMap<i64, i64>, task: &Task) -> Answer {
    let mut daily = Vec::new();
    while let Some(amount) = days.get(&(task.as_of - daily.len() as i64)) {
        if daily.len() == DAYS_MAX {
            break;
        }
        daily.push(*amount);
    }
    daily.reverse();
    let midnight = |day: i64| Timestamp(day * DAY_MS);
    let asked = task.as_of + 1;
    let projection = pace::project(&History {
        used: task.used,
        left: task.quota - task.used,
        start: midnight(task.start),
        end: task.reset.map_or(Timestamp::MAX, midnight),
        now: midnight(asked),
        first: asked - daily.len() as i64,
        daily: &daily,
    });
    let day = |ahead: i64| (ahead < pace::AHEAD_MAX).then_some(asked + ahead);
    Answer {
        date: day(projection.day),
        from: day(projection.from),
        until: day(projection.until),
    }
}

fn read_series(path: &Path) -> Result<Series> {
    let text = fs::read_to_string(path).with_context(|| format!("`{}`", path.display()))?;
    let mut lines = text.lines().map(cells);
    let head = lines.next().unwrap_or_default();
    let column = |name: &str| {
        let place = head.iter().position(|cell| cell == name);
        place.with_context(|| format!("`{}` has no column `{name}`", path.display()))
    };
    let columns = [column("series")?, column("date")?, column("value")?];
    let mut series = Series::new();
    for (row, line) in lines.zip(2..) {
        let [name, date, value] = columns.map(|at| row.get(at).map_or("", String::as_str));
        let broken = || format!("`{}`, line {line}: `{date}`, `{value}`", path.display());
        let day = day_of_text(date).with_context(broken)?;
        let amount = value.parse().with_context(broken)?;
        series
            .entry(name.to_owned())
            .or_default()
            .insert(day, amount);
    }
    Ok(series)
}

/// The cells of a line; one with a comma is in quotes, which are doubled inside.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for part in line.split_inclusive(['"', ',']) {
        let cell = cells.last_mut().expect("there is always one");
        let (text, end) = part.split_at(part.len() - usize::from(part.ends_with(['"', ','])));
        cell.push_str(text);
        match end {
            "\"" => {
                // A quote that opens again at once was doubled.
                if !quoted && !cell.is_empty() {
                    cell.push('"');
                }
                quoted = !quoted;
            }
            "," if quoted => cell.push(','),
            "," => cells.push(String::new()),
            _ => {}
        }
    }
    cells
}

fn read_tasks(path: &Path) -> Result<Vec<Task>> {
    let text = fs::read_to_string(path).with_context(|| format!("`{}`", path.display()))?;
    let whole: Value = serde_json::from_str(&text)?;
    let list = whole["tasks"].as_array();
    let list = list.with_context(|| format!("`{}` has no list `tasks`", path.display()))?;
    let tasks = list.iter().enumerate().map(|(index, task)| {
        read_task(task).with_context(|| format!("`{}`, tasks[{index}]", path.display()))
    });
    tasks.collect()
}

fn read_task(task: &Value) -> Result<Task> {
    let text = |name: &str| {
        let text = task[name].as_str();
        text.with_context(|| format!("`{name}` is no text"))
    };
    let number = |name: &str| {
        let number = task[name].as_i64();
        number.with_context(|| format!("`{name}` is no integer"))
    };
    let day = |name: &str| day_of_text(text(name)?).with_context(|| format!("`{name}`"));
    let maybe = |name: &str| {
        if task[name].is_null() {
            return Ok(None);
        }
        day(name).map(Some)
    };
    let group = |name: &str| match &task[name] {
        Value::String(value) => format!("{name} {value}"),
        value => format!("{name} {value}"),
    };
    Ok(Task {
        id: text("id")?.to_owned(),
        series: text("series")?.to_owned(),
        groups: ["kind", "group", "threshold"].map(group).to_vec(),
        quota: number("quota")?,
        used: number("used")?,
        start: day("period_start")?,
        reset: maybe("resets_on")?,
        as_of: day("as_of")?,
        truth: match task.get("truth") {
            Some(_) => Some(maybe("truth")?),
            None => None,
        },
    })
}

/// The day of an ISO date, found by halving: `text_of` grows with the day.
fn day_of_text(text: &str) -> Result<i64> {
    let (mut from, mut to) = (0, Timestamp::MAX.0 / DAY_MS);
    while from < to {
        let middle = from.midpoint(to);
        if text_of(middle).as_str() < text {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    if text_of(from) != text {
        bail!("`{text}` is no date from 1970 on, as `2026-11-22`");
    }
    Ok(from)
}

fn text_of(day: i64) -> String {
    let date = civil(Timestamp(day * DAY_MS));
    let month = month_of(date);
    format!(
        "{:04}-{:02}-{:02}",
        month / 12,
        month % 12 + 1,
        day_of(date)
    )
}

#[cfg(test)]
mod tests;
