//! Scores answers as `score.py` of the data's folder does, and the naive pace of the period beside them.
//! It owns the sums and the table; it makes no answer of its own but the naive one.
//! `forecast` prints its table, and its tests hold the figures to their bounds.

use super::{Answer, Task};

/// What ends a series of no reset, in days.
const AHEAD_MAX: i64 = 365;

/// The figures of some tasks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    pub tasks: f64,
    /// Tasks whose limit is reached, the days until then, and the days the answers are off.
    reached: f64,
    days: f64,
    off: f64,
    covered: f64,
    /// Tasks whose limit is not reached before the reset, and answers that say it is.
    unreached: f64,
    alarms: f64,
}

impl Score {
    /// Days off over days ahead.
    pub fn error(&self) -> f64 {
        self.off / self.days
    }

    /// The share of dates that lie in their range.
    pub fn coverage(&self) -> f64 {
        self.covered / self.reached
    }

    /// The share of limits not reached for which a date was given.
    pub fn false_alarms(&self) -> f64 {
        self.alarms / self.unreached
    }

    fn count(&mut self, task: &Task, answer: &Answer) {
        let Some(truth) = task.truth else { return };
        let most = task.reset.map_or(AHEAD_MAX, |reset| reset - task.as_of);
        let ahead = |day: Option<i64>| day.map_or(most, |day| (day - task.as_of).clamp(1, most));
        let said = ahead(answer.date);
        self.tasks += 1.0;
        let Some(truth) = truth else {
            self.unreached += 1.0;
            self.alarms += f64::from(said < most);
            return;
        };
        let days = truth - task.as_of;
        self.reached += 1.0;
        self.days += days as f64;
        self.off += (said - days).abs() as f64;
        let within = ahead(answer.from) <= days && days <= ahead(answer.until);
        self.covered += f64::from(within);
    }
}

/// The scores of all tasks, then of every group by its name.
pub fn scores(tasks: &[Task], answers: &[Answer]) -> Vec<(String, Score)> {
    let mut scores = vec![("all".to_owned(), Score::default())];
    let mut names: Vec<&String> = tasks.iter().flat_map(|task| &task.groups).collect();
    names.sort();
    names.dedup();
    scores.extend(
        names
            .into_iter()
            .map(|name| (name.clone(), Score::default())),
    );
    for (task, answer) in tasks.iter().zip(answers) {
        for (name, score) in &mut scores {
            if name == "all" || task.groups.contains(name) {
                score.count(task, answer);
            }
        }
    }
    scores
}

/// What the mean of the period so far gives, without a range.
pub fn naive(tasks: &[Task]) -> Vec<Answer> {
    let answer = |task: &Task| {
        let elapsed = task.as_of - task.start + 1;
        let left = task.quota - task.used;
        let days = (left * elapsed + task.used - 1).checked_div(task.used);
        let days = days.unwrap_or(AHEAD_MAX).max(1);
        let most = task.reset.map_or(AHEAD_MAX, |reset| reset - task.as_of - 1);
        Answer {
            date: (days <= most).then_some(task.as_of + days),
            from: None,
            until: None,
        }
    };
    tasks.iter().map(answer).collect()
}

/// A Markdown table of all groups.
pub fn table(tasks: &[Task], answers: &[Answer]) -> String {
    let mut table = String::from(
        "| tasks | | error | naive pace | in the range | false alarms | naive pace |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let share = |share: f64| {
        if share.is_nan() {
            String::new()
        } else {
            format!("{share:.3}")
        }
    };
    let naive = scores(tasks, &naive(tasks));
    for ((name, score), (_, naive)) in scores(tasks, answers).iter().zip(&naive) {
        table += &format!(
            "| {name} | {} | {} | {} | {} | {} | {} |\n",
            score.tasks,
            share(score.error()),
            share(naive.error()),
            share(score.coverage()),
            share(score.false_alarms()),
            share(naive.false_alarms())
        );
    }
    table
}
