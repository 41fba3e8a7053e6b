//! Writes made inputs for `plimsoll replay` to be measured with: recordings of lives, or a table of usage.
//!
//! It owns how many there are; how a life goes is `tests/replay/lived.rs`, which the tests live by, too.
//! `cargo xtask bench` runs it, and whoever wants to see a report without having customers.

#[path = "../tests/replay/lived.rs"]
mod lived;

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::rc::Rc;

use plimsoll::plim::Plim;
use plimsoll::policy::Policy;

const USAGE: &str = "usage: recordings DIR\n\
    Writes `policy.json`, `recordings.jsonl` of 2,000 users and `usage.csv` of 20,000 accounts to a folder: 100 MB.";
/// What is lived under: a small quota of emails, a feature to long for.
const POLICY: &str = r#"{"format": 1, "revision": "made", "plans": [
    {"id": "free", "name": "Free", "quotas": {"emails": {"limit": 1000, "period": "month"},
        "calls": {"limit": 100000000, "period": "month"}}},
    {"id": "pro", "name": "Pro", "buy": "checkout", "quotas": {"emails": {"limit": 50000, "period": "month"},
        "calls": {"limit": 900000000, "period": "month"}}, "features": ["automation"]}]}"#;
const USERS: u64 = 2_000;
const VISITS: u64 = 25;
/// No threshold is near for any of these.
const ACCOUNTS: u64 = 20_000;
const DAYS: i8 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or(USAGE)?;
    let folder = Path::new(&folder);
    if folder.to_string_lossy().starts_with('-') {
        return Err(USAGE.into());
    }
    fs::create_dir_all(folder)?;
    fs::write(folder.join("policy.json"), POLICY)?;
    let policy = Policy::parse(POLICY).map_err(|errors| format!("{errors:?}"))?;
    let plim = Rc::new(Plim::open(&policy.compile("en")).map_err(|error| error.code())?);
    let lived = lived::live(&plim, USERS, VISITS);
    let mut file = BufWriter::new(File::create(folder.join("recordings.jsonl"))?);
    for (_, line) in &lived.lines {
        writeln!(file, "{line}")?;
    }
    file.flush()?;
    let mut file = BufWriter::new(File::create(folder.join("usage.csv"))?);
    writeln!(file, "account,date,meter,amount")?;
    let mut random = lived::Random(1);
    let mut date = jiff::civil::date(2026, 1, 1);
    for _ in 0..DAYS {
        for account in 0..ACCOUNTS {
            writeln!(file, "acc_{account},{date},calls,{}", random.below(900))?;
        }
        date = date.tomorrow()?;
    }
    file.flush()?;
    println!(
        "{} recordings of {} inputs, {} prompts and {} limit hits; {} rows of usage",
        lived.lines.len(),
        lived.inputs,
        lived.showings.values().map(|(count, _)| count).sum::<u64>(),
        lived.limit_hits.len(),
        ACCOUNTS * DAYS.unsigned_abs() as u64,
    );
    Ok(())
}
