//! The report of a replay: sums as figures with names, for people as text and for programs as JSON.
//!
//! It owns what is said and in which words; it does not count. `html` draws the same figures.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll::HoldReason;
use plimsoll::engine::effect::Stage;
use plimsoll::plim::Plim;
use plimsoll::unit::DAY_MS;
use serde::Serialize;

use super::person::about;
use super::tally::{Names, WEEK_MS};
use super::{Replayed, Respond, Tally};

#[derive(Debug, Serialize)]
pub struct Report {
    pub inputs: Inputs,
    pub assumptions: Vec<String>,
    pub policy: Outcome,
    /// What the policy is held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Changes>,
}

/// What there was to replay.
#[derive(Debug, Default, Serialize)]
pub struct Inputs {
    /// `full`, `sampled`, `usage_only`, or more than one of them.
    pub kinds: Vec<&'static str>,
    pub files: usize,
    pub accounts: u64,
    pub users: u64,
    pub inputs: u64,
    pub recordings: u64,
    pub usage_rows: u64,
    /// Of a hundred accounts, how many were recorded: the values found.
    pub recording_percent: Vec<u64>,
    pub cut_recordings: u64,
    pub lost_inputs: u64,
    pub missing_recordings: u64,
    pub left_out_inputs: u64,
    pub other_events: u64,
    pub unknown_meters: BTreeMap<String, u64>,
    pub skipped_lines: u64,
    pub skipped: BTreeMap<&'static str, u64>,
    /// The first of them.
    pub first_skipped: Vec<Skipped>,
}

#[derive(Debug, Serialize)]
pub struct Skipped {
    pub file: String,
    pub line: u64,
    pub code: &'static str,
    pub about: String,
    pub help: &'static str,
}

/// What one policy would have done.
#[derive(Debug, Serialize)]
pub struct Outcome {
    pub file: String,
    pub revision: String,
    /// Users who saw anything above inline.
    pub users_prompted: u64,
    /// Weeks in which a user was active, over all users.
    pub user_weeks: u64,
    pub prompts: u64,
    pub interruptions: u64,
    pub prompts_per_user_week: f64,
    pub interruptions_per_user_week: f64,
    pub weeks: Vec<WeekOf>,
    /// In how many user-weeks there were so many interruptions.
    pub user_weeks_by_interruptions: BTreeMap<u32, u64>,
    pub showings: Vec<Shown>,
    pub held: Vec<Held>,
    /// Of those held, by a cap, the gap or the weekly budget.
    pub caps_hit: u64,
    pub crossings: Vec<Crossed>,
    pub limit_hits: u64,
    /// What recordings say of meters, features and plans that this policy does not have.
    pub unknown_inputs: u64,
    /// Accounts that were a PQL at some time, and the first two hundred of them.
    pub pqls: u64,
    pub first_pqls: Vec<Pql>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst_week: Option<WorstWeek>,
}

#[derive(Debug, Serialize)]
pub struct WeekOf {
    /// The Monday it begins with.
    pub from: String,
    pub users: u64,
    pub interruptions: u64,
    pub banners: u64,
    pub notes: u64,
    pub inline: u64,
    /// Accounts that were a PQL for the first time.
    pub pqls: u64,
}

/// An account, and the day on which it first was a PQL.
#[derive(Debug, Serialize)]
pub struct Pql {
    pub date: String,
    pub account: String,
}

#[derive(Debug, Serialize)]
pub struct Shown {
    pub prompt: String,
    /// Its meter or feature.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    pub showings: u64,
    /// Users who saw it, and after how many days half of them had.
    pub users: u64,
    pub median_days_to_first: i64,
    pub later: u64,
    pub never: u64,
    pub acted: u64,
    #[serde(skip)]
    pub about: u64,
}

#[derive(Debug, Serialize)]
pub struct Held {
    pub reason: &'static str,
    pub stage: &'static str,
    pub count: u64,
}

#[derive(Debug, Serialize)]
pub struct Crossed {
    pub meter: String,
    pub percent: f64,
    pub count: u64,
}

#[derive(Debug, Serialize)]
pub struct WorstWeek {
    pub account: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    pub from: String,
    pub interruptions: u64,
    pub prompts: u64,
}

/// What happens to whom under one policy only.
#[derive(Debug, Serialize)]
pub struct Changes {
    /// Users who see nothing under `against`, and nothing under `policy`.
    pub users_newly_prompted: u64,
    pub users_no_longer_prompted: u64,
    /// The first two hundred of each, by name.
    pub newly_prompted: Vec<Who>,
    pub no_longer_prompted: Vec<Who>,
    pub prompts: Vec<ChangeOf>,
    /// Accounts that are a PQL under `policy` and not under `against`, and the other way round.
    pub pqls_gained: u64,
    pub pqls_lost: u64,
    /// The first two hundred of each, by time.
    pub gained: Vec<Pql>,
    pub lost: Vec<Pql>,
}

#[derive(Debug, Serialize)]
pub struct Who {
    pub account: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
}

#[derive(Debug, Serialize)]
pub struct ChangeOf {
    pub prompt: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    pub newly_seen_by_users: u64,
    pub no_longer_seen_by_users: u64,
}

/// A policy as the report names it.
pub struct Named<'a> {
    pub file: String,
    pub plim: &'a Plim,
}

impl Report {
    pub fn new(replayed: Replayed, policies: &[Named<'_>], respond: Respond) -> Report {
        let inputs = inputs(&replayed);
        let assumptions = assumptions(&replayed, policies, respond);
        let sums = &replayed.sums;
        let weeks = sums.tallies.iter().flat_map(|tally| tally.weeks.keys());
        let weeks: BTreeSet<i64> = weeks.copied().collect();
        let mut outcomes = policies
            .iter()
            .zip(&sums.tallies)
            .map(|(named, tally)| outcome(named, tally, &weeks));
        let mut policy = outcomes.next().expect("a replay has a policy");
        let mut against = outcomes.next();
        if let Some(against) = &mut against
            && against.file == policy.file
        {
            for outcome in [against, &mut policy] {
                outcome.file = format!("{} {}", outcome.file, outcome.revision);
            }
        }
        let difference = against.is_some().then(|| changes(&replayed, policies));
        Report {
            inputs,
            assumptions,
            policy,
            against,
            difference,
        }
    }

    /// As JSON with a newline at its end.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("figures have no strange keys");
        text.push('\n');
        text
    }

    /// What is held against, then the policy.
    pub fn outcomes(&self) -> Vec<&Outcome> {
        self.against.iter().chain([&self.policy]).collect()
    }
}

fn inputs(replayed: &Replayed) -> Inputs {
    let sums = &replayed.sums;
    let mut kinds = Vec::new();
    if replayed.sampled.contains_key(&100) {
        kinds.push("full");
    }
    if replayed.sampled.keys().any(|percent| *percent != 100) {
        kinds.push("sampled");
    }
    if replayed.rows > 0 {
        kinds.push("usage_only");
    }
    let name = |file: u32| {
        let path = replayed.files.get(file as usize);
        path.map_or(String::new(), |path| path.display().to_string())
    };
    let skipped = sums.faults.first.iter().map(|fault| Skipped {
        file: name(fault.at.0),
        line: fault.at.1,
        code: fault.code.as_str(),
        about: fault.about.clone(),
        help: fault.code.help(),
    });
    let counts = sums.faults.counts.iter();
    Inputs {
        kinds,
        files: replayed.files.len(),
        accounts: replayed.accounts,
        users: sums.users,
        inputs: sums.inputs,
        recordings: sums.recordings,
        usage_rows: replayed.rows,
        recording_percent: replayed.sampled.keys().copied().collect(),
        cut_recordings: sums.cut,
        lost_inputs: sums.lost,
        missing_recordings: sums.gaps,
        left_out_inputs: sums.left_out,
        other_events: replayed.others,
        unknown_meters: replayed.unknown_meters.clone(),
        skipped_lines: sums.faults.total(),
        skipped: counts
            .map(|(code, count)| (code.as_str(), *count))
            .collect(),
        first_skipped: skipped.collect(),
    }
}

fn assumptions(replayed: &Replayed, policies: &[Named<'_>], respond: Respond) -> Vec<String> {
    let mut said = vec![
        "Every prompt is painted at once, and a user has one page in front at a time.".to_owned(),
    ];
    let answer = match respond {
        Respond::Later => {
            "A banner or dialog is closed after a minute, which counts as `later`, and once the ladder is \
             climbed as `never`"
        }
        Respond::Never => "A banner or dialog is answered `never` after a minute",
        Respond::Ignore => "A banner or dialog is left open until the engine takes it back",
    };
    if replayed.sampled.is_empty() {
        said.push(format!("{answer}."));
    } else {
        said.push(format!(
            "{answer}; one that the recording shows, too, gets the answer it got then."
        ));
        said.push(
            "Uses of one minute count at its last use; timers are the engine's own.".to_owned(),
        );
        let routed = of_all(policies, |plim| {
            super::prompts_with(plim, |prompt| {
                !prompt.routes_in().is_empty() || !prompt.routes_out().is_empty()
            })
        });
        if !routed.is_empty() {
            said.push(format!(
                "Routes are not recorded: prompts that ask for one are judged as on no page ({}).",
                routed.join(", ")
            ));
        }
    }
    if replayed.rows > 0 {
        said.push(
            "For usage alone: a page is in front whenever something is used, a day without a time is its noon, \
             and amounts are this period's uses on top of nothing. Nobody attempts or explores, so prompts that \
             answer a limit hit or a feature never come and their interruptions are not in the figures."
                .to_owned(),
        );
    }
    let aimed = of_all(policies, super::audiences);
    if !aimed.is_empty() && !replayed.knows_attributes {
        said.push(format!(
            "Attributes are never recorded: prompts with an audience are judged by ids and who can purchase alone ({}); \
             `--attributes FILE` supplies them.",
            aimed.join(", ")
        ));
    }
    said.push(
        "An account is scored by its policy from what its users did here alone; what their hosts' servers know is not in it."
            .to_owned(),
    );
    if replayed.rows > 0 {
        said.push(
            "Usage alone gives points for thresholds only: nobody knows who was there for how long."
                .to_owned(),
        );
    }
    if replayed.is_compiled {
        said.push(
            "A compiled policy scores with the points that browsers get, and leaves no account out."
                .to_owned(),
        );
    }
    said.push(
        "Held is counted once a day for each user, prompt and reason, as in the events of a browser."
            .to_owned(),
    );
    said
}

/// Prompts of any of the policies.
fn of_all(policies: &[Named<'_>], some: impl Fn(&Plim) -> Vec<String>) -> Vec<String> {
    let ids = policies.iter().flat_map(|named| some(named.plim));
    let ids: BTreeSet<String> = ids.collect();
    ids.into_iter().collect()
}

fn outcome(named: &Named<'_>, tally: &Tally, weeks: &BTreeSet<i64>) -> Outcome {
    let plim = named.plim;
    let mut all = super::Week::default();
    tally.weeks.values().for_each(|week| all.add(week));
    let per_user_week = |count: u64| {
        let ratio = count as f64 / all.users.max(1) as f64;
        (ratio * 1e4).round() / 1e4
    };
    let showings = tally.prompts.iter().map(|(prompt, showings)| {
        let about = about(plim, *prompt).unwrap_or(0);
        let (id, subject) = names(plim, about);
        Shown {
            prompt: id,
            subject,
            showings: showings.count,
            users: showings.first_after_days.values().sum(),
            median_days_to_first: median(&showings.first_after_days),
            later: showings.answers[0],
            never: showings.answers[1],
            acted: showings.answers[2],
            about,
        }
    });
    let held = tally.held.iter().map(|(reason, count)| Held {
        reason: reason.code(),
        stage: reason.stage().name(),
        count: *count,
    });
    let crossings = tally.crossings.iter().map(|((meter, ratio), count)| {
        let meter = plim.root().meters().get(*meter);
        Crossed {
            meter: meter.map_or(String::new(), |meter| meter.id().to_owned()),
            percent: *ratio as f64 / 100.0,
            count: *count,
        }
    });
    let is_cap = |reason: &HoldReason| reason.stage() == Stage::Pacing;
    let caps = tally.held.iter().filter(|(reason, _)| is_cap(reason));
    Outcome {
        file: named.file.clone(),
        revision: plim.root().revision().to_owned(),
        users_prompted: tally.prompted,
        user_weeks: all.users,
        prompts: all.prompts(),
        interruptions: all.interrupts,
        prompts_per_user_week: per_user_week(all.prompts()),
        interruptions_per_user_week: per_user_week(all.interrupts),
        weeks: weeks.iter().map(|week| week_of(tally, *week)).collect(),
        user_weeks_by_interruptions: tally.user_weeks.clone(),
        showings: showings.collect(),
        held: held.collect(),
        caps_hit: caps.map(|(_, count)| count).sum(),
        crossings: crossings.collect(),
        limit_hits: tally.limit_hits,
        unknown_inputs: tally.unknown,
        pqls: all.pqls,
        first_pqls: pqls(&tally.pqls),
        worst_week: tally.worst.as_ref().map(|worst| WorstWeek {
            account: worst.account.clone(),
            user: worst.user.clone(),
            from: monday(worst.week),
            interruptions: worst.interrupts,
            prompts: worst.prompts,
        }),
    }
}

fn week_of(tally: &Tally, week: i64) -> WeekOf {
    let of = tally.weeks.get(&week).copied().unwrap_or_default();
    WeekOf {
        from: monday(week),
        users: of.users,
        interruptions: of.interrupts,
        banners: of.banners,
        notes: of.notes,
        inline: of.inline,
        pqls: of.pqls,
    }
}

fn changes(replayed: &Replayed, policies: &[Named<'_>]) -> Changes {
    let difference = &replayed.sums.difference;
    let who = |side: usize| {
        let names = difference.named[side].0.iter();
        let who = names.map(|(account, user)| Who {
            account: account.clone(),
            user: user.clone(),
        });
        who.collect()
    };
    let prompts = difference
        .prompts
        .iter()
        .map(|(about, [newly, no_longer])| {
            let named = policies.iter().map(|named| names(named.plim, *about));
            let (prompt, subject) = named
                .into_iter()
                .find(|(prompt, _)| !prompt.is_empty())
                .unwrap_or_default();
            ChangeOf {
                prompt,
                subject,
                newly_seen_by_users: *newly,
                no_longer_seen_by_users: *no_longer,
            }
        });
    let mut prompts: Vec<ChangeOf> = prompts.collect();
    prompts.sort_by(|a, b| (&a.subject, &a.prompt).cmp(&(&b.subject, &b.prompt)));
    Changes {
        users_newly_prompted: difference.users[0],
        users_no_longer_prompted: difference.users[1],
        newly_prompted: who(0),
        no_longer_prompted: who(1),
        prompts,
        pqls_gained: difference.pqls[0],
        pqls_lost: difference.pqls[1],
        gained: pqls(&difference.named_pqls[0]),
        lost: pqls(&difference.named_pqls[1]),
    }
}

fn pqls(names: &Names<(i64, String)>) -> Vec<Pql> {
    let pql = |(at, account): &(i64, String)| Pql {
        date: date(*at),
        account: account.clone(),
    };
    names.0.iter().map(pql).collect()
}

/// The ids of a prompt and its subject; empty when the policy does not have it.
fn names(plim: &Plim, wanted: u64) -> (String, String) {
    for (prompt, index) in plim.root().prompts().iter().zip(0..) {
        if about(plim, index) == Some(wanted) {
            return (prompt.id().into(), plim.subject_of(prompt).into());
        }
    }
    Default::default()
}

fn median(days: &BTreeMap<i64, u64>) -> i64 {
    let half = days.values().sum::<u64>().div_ceil(2);
    let mut so_far = 0;
    for (day, count) in days {
        so_far += count;
        if so_far >= half {
            return *day;
        }
    }
    0
}

/// The Monday a week begins with, as an ISO day.
fn monday(week: i64) -> String {
    date(week * WEEK_MS - 3 * DAY_MS)
}

fn date(at: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at.max(0)).unwrap_or_default();
    at.strftime("%Y-%m-%d").to_string()
}

/// A count with its thousands apart.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_thousands_stand_apart() {
        assert_eq!(monday(0), "1970-01-01");
        assert_eq!(monday(1), "1970-01-05");
        assert_eq!(monday(2_969), "2026-11-23");
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn half_of_the_users_have_seen_it_by_the_median() {
        let days = |days: &[(i64, u64)]| median(&days.iter().copied().collect());
        assert_eq!(days(&[]), 0);
        assert_eq!(days(&[(3, 1), (9, 1)]), 3);
        assert_eq!(days(&[(3, 1), (9, 2)]), 9);
    }
}
