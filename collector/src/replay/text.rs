//! The report as lines for a terminal.
//!
//! It owns the order and the columns; every figure comes from `report`.

use super::report::{Inputs, Outcome, Report, grouped};

const LABEL: usize = 34;
const COLUMN: usize = 14;
const WIDE: usize = 96;
/// The report as JSON names more.
const PQLS_NAMED: usize = 5;

impl Report {
    /// For people, with a newline at its end.
    pub fn text(&self) -> String {
        let mut lines = vec![title(&self.inputs)];
        lines.extend(self.found());
        if self.inputs.inputs == 0 {
            // A table of zeros would hide why.
            lines.extend(skipped(&self.inputs));
            return lines.join("\n");
        }
        lines.push(String::new());
        lines.extend(self.overview());
        lines.extend(self.showings());
        lines.extend(self.held());
        lines.extend(self.changes());
        lines.extend(self.pqls());
        lines.push(String::new());
        lines.push("Assumed".into());
        for assumption in &self.assumptions {
            lines.extend(wrapped(assumption));
        }
        lines.extend(skipped(&self.inputs));
        lines.push(String::new());
        lines.join("\n")
    }

    /// Which inputs there were, and what is missing in them; the HTML says it in the same words.
    pub fn found(&self) -> Vec<String> {
        let mut lines = found(&self.inputs);
        for outcome in self.outcomes() {
            let count = outcome.unknown_inputs;
            if count > 0 {
                lines.push(format!(
                    "{} {} of a meter, feature or plan that {} does not have",
                    grouped(count),
                    plural(count, "input is", "inputs are"),
                    outcome.file,
                ));
            }
        }
        lines
    }

    fn overview(&self) -> Vec<String> {
        let outcomes = self.outcomes();
        let row = |name: &str, value: &dyn Fn(&Outcome) -> String| {
            let values = outcomes.iter().map(|outcome| value(outcome));
            line(name, values)
        };
        let mut lines = Vec::new();
        if let Some(against) = &self.against {
            let (policy, against) = (&self.policy.file, &against.file);
            lines.push(format!("Policy {policy} against {against}"));
            lines.push(self.heads(""));
        }
        lines.extend([
            row("Revision", &|of| {
                of.revision.chars().take(COLUMN - 1).collect()
            }),
            row("Users who see a prompt", &|of| grouped(of.users_prompted)),
            row("Prompts", &|of| grouped(of.prompts)),
            row("  for each user and week", &|of| {
                format!("{:.3}", of.prompts_per_user_week)
            }),
            row("Interruptions", &|of| grouped(of.interruptions)),
            row("  for each user and week", &|of| {
                format!("{:.3}", of.interruptions_per_user_week)
            }),
            row("Limit hits", &|of| grouped(of.limit_hits)),
            row("Held by a cap, gap or budget", &|of| grouped(of.caps_hit)),
            row("Accounts that are a PQL", &|of| grouped(of.pqls)),
        ]);
        for outcome in &outcomes {
            let Some(worst) = &outcome.worst_week else {
                continue;
            };
            let (interruptions, prompts) = (worst.interruptions, worst.prompts);
            lines.push(format!(
                "Worst week of a user: {interruptions} {}, {prompts} {}, {} in the week of {} ({})",
                plural(interruptions, "interruption", "interruptions"),
                plural(prompts, "prompt", "prompts"),
                who(&worst.account, &worst.user),
                worst.from,
                outcome.file,
            ));
        }
        lines
    }

    fn showings(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for outcome in self.outcomes() {
            lines.push(String::new());
            let heads = ["users", "median day", "showings"].map(String::from);
            lines.push(line(&format!("First showings, {}", outcome.file), heads));
            for shown in &outcome.showings {
                let name = format!("  {} {}", shown.prompt, shown.subject);
                let days = shown.median_days_to_first.unsigned_abs();
                lines.push(line(
                    &name,
                    [shown.users, days, shown.showings].map(grouped),
                ));
            }
            if outcome.showings.is_empty() {
                lines.push("  none".into());
            }
        }
        lines
    }

    fn held(&self) -> Vec<String> {
        let outcomes = self.outcomes();
        let mut reasons: Vec<&str> = Vec::new();
        for held in outcomes.iter().flat_map(|outcome| &outcome.held) {
            if !reasons.contains(&held.reason) {
                reasons.push(held.reason);
            }
        }
        if reasons.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![String::new(), self.heads("Held")];
        for reason in reasons {
            let count = |outcome: &&Outcome| {
                let held = outcome.held.iter().find(|held| held.reason == reason);
                grouped(held.map_or(0, |held| held.count))
            };
            lines.push(line(&format!("  {reason}"), outcomes.iter().map(count)));
        }
        lines
    }

    /// A label over the columns of both policies, where there are two.
    fn heads(&self, label: &str) -> String {
        let names = ["against", "policy"].map(String::from);
        let names = names.into_iter().filter(|_| self.against.is_some());
        line(label, names)
    }

    fn changes(&self) -> Vec<String> {
        let Some(changes) = &self.difference else {
            return Vec::new();
        };
        let users = [
            changes.users_newly_prompted,
            changes.users_no_longer_prompted,
        ];
        let heads = ["newly", "no longer"].map(String::from);
        let mut lines = vec![String::new(), line("Users who see a prompt", heads)];
        lines.push(line("  any", users.map(grouped)));
        for change in &changes.prompts {
            let name = format!("  {} {}", change.prompt, change.subject);
            let counts = [change.newly_seen_by_users, change.no_longer_seen_by_users];
            lines.push(line(&name, counts.map(grouped)));
        }
        lines
    }

    fn pqls(&self) -> Vec<String> {
        let lists = match &self.difference {
            Some(changes) => vec![
                ("PQLs gained", changes.pqls_gained, &changes.gained),
                ("PQLs lost", changes.pqls_lost, &changes.lost),
            ],
            None => vec![("PQLs", self.policy.pqls, &self.policy.first_pqls)],
        };
        let mut lines = Vec::new();
        for (title, count, pqls) in lists {
            if count == 0 {
                continue;
            }
            lines.extend([String::new(), line(title, [grouped(count)])]);
            for pql in pqls.iter().take(PQLS_NAMED) {
                lines.push(format!("  {} `{}`", pql.date, pql.account));
            }
            let more = count - pqls.len().min(PQLS_NAMED) as u64;
            if more > 0 {
                lines.push(format!("  and {} more", grouped(more)));
            }
        }
        lines
    }
}

fn title(inputs: &Inputs) -> String {
    format!(
        "{} {} of {} {} in {} {}",
        grouped(inputs.inputs),
        plural(inputs.inputs, "input", "inputs"),
        grouped(inputs.users),
        plural(inputs.users, "user", "users"),
        grouped(inputs.accounts),
        plural(inputs.accounts, "account", "accounts"),
    )
}

fn found(inputs: &Inputs) -> Vec<String> {
    let mut lines = Vec::new();
    if inputs.recordings > 0 {
        let percents: Vec<String> = inputs
            .recording_percent
            .iter()
            .map(u64::to_string)
            .collect();
        let kind = match inputs.recording_percent.as_slice() {
            [100] => "full: every account was recorded".to_owned(),
            _ => format!(
                "sampled: {} of a hundred accounts were recorded",
                percents.join(" or ")
            ),
        };
        let recordings = plural(inputs.recordings, "recording", "recordings");
        lines.push(format!(
            "{} {recordings}, {kind}",
            grouped(inputs.recordings)
        ));
    }
    if inputs.usage_rows > 0 {
        let rows = plural(inputs.usage_rows, "row", "rows");
        lines.push(format!(
            "{} {rows} of usage only",
            grouped(inputs.usage_rows)
        ));
    }
    for (count, one, other) in [
        (
            inputs.cut_recordings,
            "recording is cut off",
            "recordings are cut off",
        ),
        (
            inputs.lost_inputs,
            "input is lost with its end",
            "inputs are lost with their ends",
        ),
        (
            inputs.missing_recordings,
            "recording lacks the one before it",
            "recordings lack the one before them",
        ),
        (
            inputs.left_out_inputs,
            "input had no room in its minute",
            "inputs had no room in their minute",
        ),
        (
            inputs.other_events,
            "other event is passed over",
            "other events are passed over",
        ),
    ] {
        if count > 0 {
            lines.push(format!("{} {}", grouped(count), plural(count, one, other)));
        }
    }
    for (meter, rows) in &inputs.unknown_meters {
        lines.push(format!(
            "{} {} of `{meter}`, which no policy has",
            grouped(*rows),
            plural(*rows, "row", "rows")
        ));
    }
    lines
}

fn skipped(inputs: &Inputs) -> Vec<String> {
    if inputs.skipped_lines == 0 {
        return Vec::new();
    }
    let count = inputs.skipped_lines;
    let lines = plural(count, "line was", "lines were");
    let mut said = vec![String::new(), format!("{} {lines} skipped", grouped(count))];
    for (place, skipped) in inputs.first_skipped.iter().enumerate() {
        let (file, line, code) = (&skipped.file, skipped.line, skipped.code);
        said.push(format!("  {file}:{line}: {code}: {}", skipped.about));
        // What helps is said under the last of those that it helps.
        let next = inputs.first_skipped.get(place + 1);
        if next.is_none_or(|next| next.code != code) {
            said.push(format!("    help: {}", skipped.help));
        }
    }
    let more = count - inputs.first_skipped.len() as u64;
    if more > 0 {
        said.push(format!("  and {} more", grouped(more)));
    }
    said
}

/// An account and, where one is known, its user.
pub fn who(account: &str, user: &str) -> String {
    if user.is_empty() {
        format!("`{account}`")
    } else {
        format!("`{user}` of `{account}`")
    }
}

fn plural(count: u64, one: &'static str, other: &'static str) -> &'static str {
    if count == 1 { one } else { other }
}

/// A sentence as lines that fit a terminal.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::from(" ")];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is one");
        if last.len() + word.len() < WIDE {
            last.push_str(&format!(" {word}"));
        } else {
            lines.push(format!("    {word}"));
        }
    }
    lines
}

fn line(label: &str, values: impl IntoIterator<Item = String>) -> String {
    let mut line = format!("{label:LABEL$}");
    for value in values {
        line.push_str(&format!("{value:>COLUMN$}"));
    }
    line.trim_end().to_owned()
}
