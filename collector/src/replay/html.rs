//! The report as one page: charts without scripts, light and dark, from a phone to a wall.
//!
//! It owns how figures look; every one of them comes from `report`. Shapes are SVG, words are HTML, so that
//! words keep their size where shapes stretch.

use super::report::{Changes, Outcome, Pql, Report, Shown, Skipped, WeekOf, Who, grouped};
use super::text::who;

const STYLE: &str = include_str!("report.css");
/// The height of the drawing of weeks, in its own units.
const HIGH: f64 = 100.0;
/// The names of the two sides, in the order in which they are drawn.
const SIDES: [(&str, &str); 2] = [("b", "against"), ("a", "policy")];

impl Report {
    /// A page that needs nothing beside itself.
    pub fn html(&self) -> String {
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>Replay of {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
            safe(&self.policy.file)
        );
        for section in [
            self.head(),
            self.tiles(),
            self.by_week(),
            self.interruptions(),
            self.draw_showings(),
            self.draw_changes(),
            self.draw_pqls(),
            self.draw_held(),
            self.about(),
        ] {
            page.push_str(&section);
        }
        page.push_str("</main>\n</body>\n</html>\n");
        page
    }

    /// The sides with their class and name; the policy comes last and is drawn on top.
    fn sides(&self) -> Vec<(&'static str, &'static str, &Outcome)> {
        let [b, a] = SIDES;
        let against = self.against.iter().map(|against| (b.0, b.1, against));
        against.chain([(a.0, a.1, &self.policy)]).collect()
    }

    fn head(&self) -> String {
        let (inputs, weeks) = (&self.inputs, &self.policy.weeks);
        let span = match (weeks.first(), weeks.last()) {
            (Some(first), Some(last)) => {
                format!(
                    ", weeks of <time>{}</time> to <time>{}</time>",
                    first.from, last.from
                )
            }
            _ => String::new(),
        };
        let named = |(class, name, outcome): &(&str, &str, &Outcome)| {
            format!(
                "<li class=\"{class}\"><i></i>{name}: <b>{}</b> <code>{}</code></li>",
                safe(&outcome.file),
                safe(&outcome.revision)
            )
        };
        let legend: String = self.sides().iter().map(named).collect();
        format!(
            "<header>\n<h1>Replay</h1>\n<p>{} inputs of {} users in {} accounts{span}</p>\n\
             <ul class=\"legend\">{legend}</ul>\n</header>\n",
            grouped(inputs.inputs),
            grouped(inputs.users),
            grouped(inputs.accounts),
        )
    }

    fn tiles(&self) -> String {
        type Figure = (&'static str, fn(&Outcome) -> f64, usize);
        let figures: [Figure; 5] = [
            ("users see a prompt", |of| of.users_prompted as f64, 0),
            ("prompts a user and week", |of| of.prompts_per_user_week, 2),
            (
                "interruptions a user and week",
                |of| of.interruptions_per_user_week,
                3,
            ),
            ("held by a cap, gap or budget", |of| of.caps_hit as f64, 0),
            ("accounts are a PQL", |of| of.pqls as f64, 0),
        ];
        let mut text = String::from("<section class=\"tiles\" aria-label=\"Overview\">\n");
        for (name, figure, digits) in figures {
            let now = figure(&self.policy);
            let before = self.against.as_ref().map(|against| {
                let before = figure(against);
                format!("<small>against {}</small>", number(before, digits))
            });
            text.push_str(&format!(
                "<p><strong>{}</strong> {name} {}</p>\n",
                number(now, digits),
                before.unwrap_or_default()
            ));
        }
        text.push_str("</section>\n");
        text
    }

    fn by_week(&self) -> String {
        let per_user = |week: &WeekOf| {
            let prompts = week.interruptions + week.banners + week.notes;
            prompts as f64 / week.users.max(1) as f64
        };
        let chart = self.chart("Prompts for each active user", 2, |outcome| {
            outcome.weeks.iter().map(per_user).collect()
        });
        let hint = "By week; banners, dialogs and notes.";
        section("Prompts for each active user", hint, chart)
    }

    /// Values by week as steps, with a table of the same; nothing where all are 0.
    fn chart(
        &self,
        title: &str,
        digits: usize,
        values: impl Fn(&Outcome) -> Vec<f64>,
    ) -> Option<String> {
        let sides: Vec<_> = self.sides();
        let sides: Vec<_> = sides
            .iter()
            .map(|(class, name, outcome)| (*class, *name, values(outcome)))
            .collect();
        let all = sides.iter().flat_map(|(_, _, values)| values);
        let top = all.copied().fold(0.0, f64::max);
        let (first, last) = (self.policy.weeks.first()?, self.policy.weeks.last()?);
        if top == 0.0 {
            return None;
        }
        let mut shapes = String::new();
        let count = self.policy.weeks.len();
        for (class, _, values) in &sides {
            // Each week is a step as wide as all others, drawn at its value.
            let mut path = String::new();
            for (place, value) in values.iter().enumerate() {
                let y = HIGH - value / top * HIGH;
                let command = if place == 0 { 'M' } else { 'L' };
                path.push_str(&format!("{command}{place} {y:.2}H{}", place + 1));
            }
            if *class == "a" {
                let area = format!("{path}V{HIGH}H0Z");
                shapes.push_str(&format!("<path class=\"area\" d=\"{area}\"/>"));
            }
            shapes.push_str(&format!("<path class=\"step {class}\" d=\"{path}\"/>"));
        }
        let rows = self.policy.weeks.iter().enumerate().map(|(place, week)| {
            let mut cells = format!("<th scope=\"row\">{}</th>", week.from);
            for (_, _, values) in &sides {
                let value = values.get(place).copied().unwrap_or(0.0);
                cells.push_str(&format!("<td>{}</td>", number(value, digits)));
            }
            format!("<tr>{cells}</tr>")
        });
        let heads: String = sides
            .iter()
            .map(|(_, name, _)| format!("<th scope=\"col\">{name}</th>"))
            .collect();
        Some(format!(
            "<div class=\"plot\"><span class=\"top\">{}</span>\
             <svg viewBox=\"0 0 {count} {HIGH}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{title}, by week\">{shapes}</svg>\
             <span class=\"from\">{}</span><span class=\"to\">{}</span></div>\n\
             <details><summary>As a table</summary><table><thead><tr><th scope=\"col\">Week of</th>{heads}</tr></thead><tbody>{}</tbody></table></details>\n",
            number(top, digits),
            first.from,
            last.from,
            rows.collect::<String>(),
        ))
    }

    fn interruptions(&self) -> String {
        let sides = self.sides();
        let keys = sides.iter().flat_map(|(_, _, outcome)| {
            let counted = &outcome.user_weeks_by_interruptions;
            counted.keys().copied()
        });
        let most = keys.max().unwrap_or(0);
        let rows = (0..=most).map(|interruptions| {
            let label = match interruptions {
                0 => "never".to_owned(),
                1 => "once".to_owned(),
                many => format!("{many} times"),
            };
            let values = sides.iter().map(|(class, _, outcome)| {
                let counted = &outcome.user_weeks_by_interruptions;
                let count = counted.get(&interruptions).copied().unwrap_or(0);
                let share = count as f64 / outcome.user_weeks.max(1) as f64;
                let text = format!("{} %", number(share * 100.0, 1));
                (*class, share, text)
            });
            bars(&label, "", values.collect())
        });
        let worst = sides.iter().filter_map(|(class, name, outcome)| {
            let worst = outcome.worst_week.as_ref()?;
            Some(format!(
                "<p class=\"{class}\"><i></i>Worst week, {name}: {} interruptions and {} prompts in all, {} in the week of {}.</p>\n",
                worst.interruptions,
                worst.prompts,
                safe(&who(&worst.account, &worst.user).replace('`', "")),
                worst.from
            ))
        });
        format!(
            "<section>\n<h2>How often a user is interrupted in a week</h2>\n<p class=\"hint\">Of all weeks in which a user was active; dialogs only.</p>\n{}{}</section>\n",
            rows.collect::<String>(),
            worst.collect::<String>(),
        )
    }

    fn draw_showings(&self) -> String {
        let sides = self.sides();
        let mut order: Vec<&Shown> = Vec::new();
        for (_, _, outcome) in sides.iter().rev() {
            for shown in &outcome.showings {
                if !order.iter().any(|known| known.about == shown.about) {
                    order.push(shown);
                }
            }
        }
        order.sort_by(|a, b| (&a.subject, &a.prompt).cmp(&(&b.subject, &b.prompt)));
        let most = order.iter().map(|shown| shown.users).max();
        let most = sides
            .iter()
            .flat_map(|(_, _, outcome)| outcome.showings.iter().map(|shown| shown.users))
            .max()
            .or(most)
            .unwrap_or(0)
            .max(1);
        let rows = order.iter().map(|row| {
            let values = sides.iter().map(|(class, _, outcome)| {
                let mut showings = outcome.showings.iter();
                let shown = showings.find(|shown| shown.about == row.about);
                let text = shown.map_or("–".to_owned(), |shown| {
                    let (users, day) = (grouped(shown.users), shown.median_days_to_first);
                    format!("{users} <small>day {day}</small>")
                });
                let users = shown.map_or(0, |shown| shown.users);
                (*class, users as f64 / most as f64, text)
            });
            bars(&safe(&row.prompt), &safe(&row.subject), values.collect())
        });
        format!(
            "<section>\n<h2>First showings</h2>\n<p class=\"hint\">Users who see each prompt, and the day after their first input on which half of them had.</p>\n{}</section>\n",
            some(rows.collect())
        )
    }

    fn draw_changes(&self) -> String {
        let Some(changes) = &self.difference else {
            return String::new();
        };
        let rows = changes.prompts.iter().map(|change| {
            format!(
                "<tr><th scope=\"row\">{} <small>{}</small></th><td>{}</td><td>{}</td></tr>",
                safe(&change.prompt),
                safe(&change.subject),
                grouped(change.newly_seen_by_users),
                grouped(change.no_longer_seen_by_users)
            )
        });
        format!(
            "<section>\n<h2>Who sees something else</h2>\n<p class=\"hint\">Users who see a prompt under the policy and not under what it is held against, and the other way round.</p>\n\
             <table><thead><tr><th scope=\"col\">Prompt</th><th scope=\"col\">newly</th><th scope=\"col\">no longer</th></tr></thead><tbody>\
             <tr><th scope=\"row\">any</th><td>{}</td><td>{}</td></tr>{}</tbody></table>\n{}</section>\n",
            grouped(changes.users_newly_prompted),
            grouped(changes.users_no_longer_prompted),
            rows.collect::<String>(),
            names(changes),
        )
    }

    fn draw_pqls(&self) -> String {
        let title = "Accounts that are a PQL";
        let chart = self.chart(title, 0, |outcome| {
            let mut so_far = 0;
            let mut add = |week: &WeekOf| {
                so_far += week.pqls;
                so_far as f64
            };
            outcome.weeks.iter().map(&mut add).collect()
        });
        let lists = match &self.difference {
            Some(changes) => vec![
                ("Gained", changes.pqls_gained, &changes.gained),
                ("Lost", changes.pqls_lost, &changes.lost),
            ],
            None => vec![("All", self.policy.pqls, &self.policy.first_pqls)],
        };
        let fold = |(title, count, pqls): &(&str, u64, &Vec<Pql>)| {
            let name = |pql: &Pql| format!("{} ({})", pql.account, pql.date);
            folded(title, *count, pqls.iter().map(name).collect())
        };
        let lists: String = lists.iter().map(fold).collect();
        let hint = "Whose score has reached the line by the end of each week.";
        section(title, hint, chart.map(|chart| chart + &lists))
    }

    fn draw_held(&self) -> String {
        let sides = self.sides();
        let mut reasons: Vec<(&str, &str)> = Vec::new();
        let mut most = 1;
        for held in sides.iter().flat_map(|(_, _, outcome)| &outcome.held) {
            most = most.max(held.count);
            if !reasons.contains(&(held.reason, held.stage)) {
                reasons.push((held.reason, held.stage));
            }
        }
        let rows = reasons.iter().map(|(reason, stage)| {
            let values = sides.iter().map(|(class, _, outcome)| {
                let held = outcome.held.iter().find(|held| held.reason == *reason);
                let count = held.map_or(0, |held| held.count);
                (*class, count as f64 / most as f64, grouped(count))
            });
            bars(reason, stage, values.collect())
        });
        format!(
            "<section>\n<h2>Held</h2>\n<p class=\"hint\">Why prompts were not shown, once a day for each user, prompt and reason.</p>\n{}</section>\n",
            some(rows.collect())
        )
    }

    fn about(&self) -> String {
        let item = |text: &String| format!("<li>{}</li>", code(&safe(text)));
        let list = |texts: &[String]| texts.iter().map(item).collect::<String>();
        format!(
            "<section>\n<h2>What this rests on</h2>\n<ul>{}</ul>\n<h3>Assumed</h3>\n<ul>{}</ul>\n{}</section>\n",
            list(&self.found()),
            list(&self.assumptions),
            skipped(self.inputs.skipped_lines, &self.inputs.first_skipped),
        )
    }
}

/// A section, where there is something in it.
fn section(title: &str, hint: &str, inside: Option<String>) -> String {
    inside.map_or_else(String::new, |inside| {
        format!("<section>\n<h2>{title}</h2>\n<p class=\"hint\">{hint}</p>\n{inside}</section>\n")
    })
}

/// A row of bars under one label.
fn bars(label: &str, about: &str, values: Vec<(&str, f64, String)>) -> String {
    let bars = values.iter().map(|(class, share, text)| {
        // A sliver says that there is something.
        let width = if *share > 0.0 { (share * 100.0).max(0.4) } else { 0.0 };
        format!(
            "<div class=\"bar\"><svg aria-hidden=\"true\"><rect class=\"{class}\" width=\"{width:.2}%\" height=\"100%\"/></svg><span>{text}</span></div>"
        )
    });
    format!(
        "<div class=\"row\"><div class=\"label\">{label} <small>{about}</small></div><div>{}</div></div>\n",
        bars.collect::<String>()
    )
}

/// The users who are named, folded away.
fn names(changes: &Changes) -> String {
    let mut text = String::new();
    for (title, users, count) in [
        (
            "Newly prompted",
            &changes.newly_prompted,
            changes.users_newly_prompted,
        ),
        (
            "No longer prompted",
            &changes.no_longer_prompted,
            changes.users_no_longer_prompted,
        ),
    ] {
        let name = |user: &Who| who(&user.account, &user.user).replace('`', "");
        text.push_str(&folded(title, count, users.iter().map(name).collect()));
    }
    text
}

/// The first of so many names, folded away.
fn folded(title: &str, count: u64, names: Vec<String>) -> String {
    if names.is_empty() {
        return String::new();
    }
    let more = count - names.len() as u64;
    let named = names.iter().map(|name| format!("<li>{}</li>", safe(name)));
    let more = if more > 0 {
        format!("<li>and {} more</li>", grouped(more))
    } else {
        String::new()
    };
    format!(
        "<details><summary>{title}: {}</summary><ul class=\"names\">{}{more}</ul></details>\n",
        grouped(count),
        named.collect::<String>()
    )
}

fn skipped(count: u64, first: &[Skipped]) -> String {
    if count == 0 {
        return String::new();
    }
    let items = first.iter().map(|skipped| {
        format!(
            "<li><code>{}:{}</code> {} <small>{}</small></li>",
            safe(&skipped.file),
            skipped.line,
            code(&safe(&skipped.about)),
            code(&safe(skipped.help))
        )
    });
    let more = count - first.len() as u64;
    let more = if more > 0 {
        format!("<li>and {} more</li>", grouped(more))
    } else {
        String::new()
    };
    format!(
        "<h3>Skipped lines: {}</h3>\n<ul>{}{more}</ul>\n",
        grouped(count),
        items.collect::<String>()
    )
}

fn some(rows: String) -> String {
    if rows.is_empty() {
        "<p>None.</p>\n".into()
    } else {
        rows
    }
}

fn number(value: f64, digits: usize) -> String {
    if digits == 0 {
        grouped(value as u64)
    } else {
        format!("{value:.digits$}")
    }
}

/// Text that cannot be taken for markup.
fn safe(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            letter if letter.is_control() => safe.push(' '),
            // Marks that turn the direction of what follows.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            letter => safe.push(letter),
        }
    }
    safe
}

/// What stands in backticks, as code.
fn code(text: &str) -> String {
    let mut parts = text.split('`');
    let mut code = parts.next().unwrap_or_default().to_owned();
    let mut within = false;
    for part in parts {
        within = !within;
        code.push_str(if within { "<code>" } else { "</code>" });
        code.push_str(part);
    }
    if within {
        code.push_str("</code>");
    }
    code
}
