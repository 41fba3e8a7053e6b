//! `simulate divergence`: how many accounts ever meet a step at which two arms of thresholds differ, and what
//! that is worth: the accounts an experiment needs when all that were dealt are compared, and when only
//! those are whose arms differed. Runs the real engine; the people and their answers are assumed, and said.

use std::io::Write;

use anyhow::{Context, Result, bail};
use plimsoll::engine::effect::Event;
use plimsoll::engine::input::{Context as Page, Input, Now, Paint, Response, Said, Snapshot};
use plimsoll::engine::memory::{Memory, Table};
use plimsoll::engine::{Engine, Identity};
use plimsoll::plim::Plim;
use plimsoll::policy::Policy;
use plimsoll::unit::{DAY_MS, HOUR_MS, Key, MINUTE_MS, Timestamp, Writer};
use plimsoll::{Effect, unit::ExposureId};

use crate::report;

const POLICY: &str = r#"{"format": 1,
  "plans": [
    {"id": "free", "quotas": {"emails": {"limit": 1000, "period": "month"}}},
    {"id": "pro", "buy": "checkout", "quotas": {"emails": {"limit": 50000, "period": "month"}}}],
  "experiments": [{"id": "later", "arms": [{"id": "control"}, {"id": "later", "thresholds": [60, 80, 95]}]}]}"#;
/// 2026-11-01, a Sunday: a period of thirty days.
const BEGIN_MS: i64 = 1_793_491_200_000;
const DAYS: i64 = 30;
const LIMIT: f64 = 1_000.0;
/// Monthly demand of an account in parts of its limit: log-normal, so that half use less than a third.
const MEDIAN: f64 = 0.33;
const SPREAD: f64 = 0.9;
/// From Sunday to Saturday.
const WEEKDAYS: [f64; 7] = [0.4, 1.2, 1.2, 1.2, 1.2, 1.1, 0.7];
/// How a person answers a prompt, of a hundred: later, never, and otherwise nothing.
const LATER: u64 = 40;
const NEVER: u64 = 10;
/// Upgrades in thirty days of those whose arms differed, and of the others.
const RATE_DIVERGED: f64 = 0.06;
const RATES_OTHERS: [f64; 3] = [0.0, 0.01, 0.03];
/// By how much one arm upgrades more than the other, where they differ.
const LIFT: f64 = 0.2;
/// Two-sided 5 %, power 80 %: quantiles of the normal distribution.
const Z_ALPHA: f64 = 1.959_964;
const Z_POWER: f64 = 0.841_621;
/// Experiments lived through for each line, to see that the size gives the power.
const TRIALS: u32 = 2_000;

/// What docs/divergence.md shows.
const ACCOUNTS: u64 = 20_000;
const SEED: u64 = 1;
const BETWEEN_SIGNS: u64 = 1_000;

pub fn task(words: &[String]) -> Result<()> {
    const USAGE: &str = "`cargo xtask simulate divergence [--accounts N] [--seed N]`";
    let rest = match words.split_first() {
        Some((word, rest)) if word == "divergence" => rest,
        Some((word, _)) => bail!("`{word}` is nothing to simulate: {USAGE}"),
        None => bail!("simulate what? {USAGE}"),
    };
    let (mut accounts, mut seed) = (ACCOUNTS, SEED);
    for pair in rest.chunks(2) {
        let (name, value) = (&pair[0], pair.get(1).map_or("", String::as_str));
        let given = match name.as_str() {
            "--accounts" => &mut accounts,
            "--seed" => &mut seed,
            _ => bail!("unknown argument `{name}`: {USAGE}"),
        };
        *given = value
            .parse()
            .with_context(|| format!("`{name}` needs a whole number, not `{value}`"))?;
    }
    if accounts < 1 {
        bail!("`--accounts` needs a number from 1, not `0`");
    }
    let policy = Policy::parse(POLICY).map_err(|errors| anyhow::anyhow!("{}", errors.len()))?;
    let plim = Plim::open(&policy.compile("en")).map_err(|error| anyhow::anyhow!(error.code()))?;
    let mut counts = Counts::default();
    for account in 0..accounts {
        live(&plim, seed, account, &mut counts);
        if (account + 1).is_multiple_of(BETWEEN_SIGNS) {
            eprint!("\r{} of {accounts} accounts", account + 1);
        }
    }
    eprintln!();
    if counts.diverged.contains(&0) {
        bail!("in one arm no account of {accounts} diverged; `--accounts` needs more of them");
    }
    let text = page(accounts, seed, &counts);
    if (accounts, seed) == (ACCOUNTS, SEED) {
        report::write("docs/divergence.md", "simulated", &text)?;
    }
    // Whoever reads only the beginning may close the pipe.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

#[derive(Default)]
struct Counts {
    assigned: [u64; 2],
    diverged: [u64; 2],
    /// Prompts shown.
    shown: [u64; 2],
}

/// Thirty days of one account.
fn live(plim: &Plim, seed: u64, number: u64, counts: &mut Counts) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
    let identity = Identity {
        account: format!("acc_{number}"),
        user: "u".into(),
        writer: Writer(random.next() | 1),
    };
    let mut engine = Engine::new(plim.clone(), identity, Some(Memory::default()));
    let monthly = LIMIT * MEDIAN * (SPREAD * random.normal()).exp();
    let (mut used, mut arm, mut mono) = (0_i64, 0, 0_i64);
    let page = Page {
        visible: true,
        lease: true,
        ..Page::default()
    };
    let mut tell = |at: i64, input: Input, random: &mut Random| {
        let now = Now {
            wall: Timestamp(BEGIN_MS + at),
            mono: at,
        };
        let mut answers: Vec<(ExposureId, u64)> = Vec::new();
        for effect in engine.handle(now, input) {
            match effect {
                Effect::Present(prompt) => {
                    counts.shown[arm] += u64::from(!prompt.repaint);
                    answers.push((prompt.exposure, random.next() % 100));
                }
                Effect::Record(Event::Experiment {
                    arm: dealt,
                    diverged,
                    ..
                }) => {
                    arm = usize::from(dealt == 1);
                    let found = if diverged {
                        &mut counts.diverged
                    } else {
                        &mut counts.assigned
                    };
                    found[arm] += 1;
                }
                _ => {}
            }
        }
        for (exposure, answer) in answers {
            let paint = Paint::Rendered;
            engine.handle(now, Input::Painted { exposure, paint });
            let response = match answer {
                _ if answer < LATER => Response::Later,
                _ if answer < LATER + NEVER => Response::Never,
                _ => continue,
            };
            let after = Now {
                wall: Timestamp(now.wall.0 + 20_000),
                mono: at + 20_000,
            };
            engine.handle(after, Input::Respond { exposure, response });
        }
    };
    for day in 0..DAYS {
        let expected = monthly / DAYS as f64 * WEEKDAYS[day as usize % 7];
        // Days are lumpy: a third of them carry most of the work.
        let today = expected
            * if random.next().is_multiple_of(3) {
                2.4
            } else {
                0.3
            };
        let sessions = 1 + random.next() % 3;
        for session in 0..sessions {
            mono = (mono + MINUTE_MS).max(day * DAY_MS + (8 + 4 * session as i64) * HOUR_MS);
            let mut snapshot = snapshot_of(BEGIN_MS + mono);
            snapshot.row(Table::Figure, u64::from(Key::of("emails").0), 0);
            snapshot.number(Said::Used as u32, used);
            tell(mono, Input::Context(page.clone()), &mut random);
            tell(mono, Input::Snapshot(Box::new(snapshot)), &mut random);
            let amount = (today / sessions as f64).round() as i64;
            let meter = Key::of("emails");
            for part in 0..4 {
                mono += 5 * MINUTE_MS;
                let amount = amount / 4 + i64::from(part < amount % 4);
                if used + amount > LIMIT as i64 {
                    tell(mono, Input::Attempt { meter, amount }, &mut random);
                } else if amount > 0 {
                    used += amount;
                    tell(mono, Input::Use { meter, amount }, &mut random);
                }
            }
        }
    }
}

fn snapshot_of(at: i64) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.plan = Key::of("free");
    snapshot.number(Said::PlanEpoch as u32, 1);
    snapshot.number(Said::ServerTime as u32, at);
    snapshot
}

/// As it stands in docs/divergence.md.
fn page(accounts: u64, seed: u64, counts: &Counts) -> String {
    let assigned: u64 = counts.assigned.iter().sum();
    let diverged: u64 = counts.diverged.iter().sum();
    let share = diverged as f64 / assigned as f64;
    let row = |name: &str, of: &[u64; 2]| {
        format!("| {name} | {} | {} | {} |", of[0], of[1], of[0] + of[1])
    };
    let mut lines = vec![
        format!("**Arms 50/75/90 and 60/80/95, {accounts} accounts, {DAYS} days, seed {seed}**"),
        String::new(),
        "| | control | later | both |".into(),
        "|---|---:|---:|---:|".into(),
        row("accounts dealt an arm", &counts.assigned),
        row("accounts whose arms ever differed", &counts.diverged),
        row("prompts shown", &counts.shown),
        String::new(),
        format!("{:.1} % of all accounts ever diverge.", 100.0 * share),
        String::new(),
        format!(
            "Upgrades in {DAYS} days: {:.0} % of those who diverge in the control, {:.0} % more of them in the \
             other arm; of the rest as the line says, in both arms alike.",
            100.0 * RATE_DIVERGED,
            100.0 * LIFT
        ),
        "Two-sided 5 %, power 80 %.".into(),
        String::new(),
        "| upgrades of the rest | accounts an arm, all dealt | of those who diverge | dealt for these | saving | power, all dealt | power, diverged |".into(),
        "|---:|---:|---:|---:|---:|---:|---:|".into(),
    ];
    let mut random = Random(seed ^ 0x5eed);
    for rest in RATES_OTHERS {
        let treated = RATE_DIVERGED * (1.0 + LIFT);
        let mixed = |rate: f64| share * rate + (1.0 - share) * rest;
        let all = sample_size(mixed(RATE_DIVERGED), mixed(treated));
        let triggered = sample_size(RATE_DIVERGED, treated);
        let dealt = triggered / share;
        let power = |random: &mut Random, a: f64, b: f64, n: f64| {
            let found = (0..TRIALS).filter(|_| significant(random, a, b, n)).count();
            100.0 * found as f64 / f64::from(TRIALS)
        };
        let power_all = power(&mut random, mixed(RATE_DIVERGED), mixed(treated), all);
        let power_diverged = power(&mut random, RATE_DIVERGED, treated, triggered);
        lines.push(format!(
            "| {:.0} % | {all:.0} | {triggered:.0} | {dealt:.0} | {:.0} % | {power_all:.0} % | {power_diverged:.0} % |",
            100.0 * rest,
            100.0 * (1.0 - dealt / all),
        ));
    }
    lines.extend([
        String::new(),
        format!("The last two columns are {TRIALS} experiments of that size, drawn anew: how many find the difference."),
        format!(
            "Assumed: demand log-normal, median {MEDIAN} of the limit, spread {SPREAD}; weekdays {WEEKDAYS:?} from Sunday; \
             a third of the days carry eight times the others; 1 to 3 sessions a day, each with a snapshot; \
             of 100 prompts {LATER} are answered `later`, {NEVER} `never`, the rest stay open."
        ),
        String::new(),
    ]);
    lines.join("\n")
}

/// Accounts an arm: the two-sided test of two proportions with the pooled variance under no difference
/// (Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd ed., 4.14).
fn sample_size(a: f64, b: f64) -> f64 {
    let mean = f64::midpoint(a, b);
    let spread = Z_ALPHA * (2.0 * mean * (1.0 - mean)).sqrt()
        + Z_POWER * (a * (1.0 - a) + b * (1.0 - b)).sqrt();
    (spread / (b - a)).powi(2).ceil()
}

/// One experiment with so many accounts an arm: whether its test finds the difference.
fn significant(random: &mut Random, a: f64, b: f64, n: f64) -> bool {
    // So many accounts that the normal distribution stands for the binomial.
    let mut draw = |rate: f64| (rate + random.normal() * (rate * (1.0 - rate) / n).sqrt()).max(0.0);
    let (a, b) = (draw(a), draw(b));
    let mean = f64::midpoint(a, b);
    (b - a).abs() > Z_ALPHA * (2.0 * mean * (1.0 - mean) / n).sqrt()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Above 0, below 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64 + f64::EPSILON
    }

    /// Box and Muller 1958.
    fn normal(&mut self) -> f64 {
        let (a, b) = (self.fraction(), self.fraction());
        (-2.0 * a.min(1.0).ln()).sqrt() * (core::f64::consts::TAU * b).cos()
    }
}
