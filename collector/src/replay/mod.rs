//! `plimsoll replay`: what a policy would have done, from recorded inputs or counts of usage.
//!
//! It owns the way from files to figures: `source` gives lines, `usage` and `recorded` read them, `crowd`
//! gives them to cores, `person` and `page` run the engine, `tally` counts, `report` and `html` show.
//! It keeps something for every account, and nothing for every event.

mod account;
mod attributes;
mod crowd;
mod faults;
mod html;
mod page;
mod person;
mod recorded;
pub mod report;
mod source;
mod tally;
mod text;
mod usage;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::{io, thread};

use plimsoll::plim::{Plim, Prompt};
use plimsoll::policy::nearest_name;
use plimsoll::unit::Key;

pub use crowd::Sums;
pub use faults::{Code, Fault, Faults};
pub use page::Respond;
pub use tally::{Difference, Showings, Tally, Week, Worst};

use attributes::Attributes;
use crowd::{Cores, Item, Plan, Recorded};
use source::{Kind, Line, Lines, Progress, Source};
use usage::{Table, short};

use crate::policy::Published;

/// Meters of a table that no policy has are named, up to so many.
const UNKNOWN_NAMED: usize = 20;

/// What is asked of a replay.
pub struct Options<'a> {
    pub inputs: PathBuf,
    /// One or two; the second is what the first is held against.
    pub policies: &'a [Published],
    pub respond: Respond,
    /// The plan of accounts of which only usage is known; the first of each policy when it is not said.
    pub plan: Option<String>,
    pub jobs: usize,
    /// What is known of accounts and users, which no recording holds.
    pub attributes: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Replayed {
    pub files: Vec<PathBuf>,
    pub sums: Sums,
    pub accounts: u64,
    /// A policy came compiled, and says nothing of who is left out of scores.
    pub is_compiled: bool,
    /// Attributes were given.
    pub knows_attributes: bool,
    /// Rows of usage that were taken.
    pub rows: u64,
    /// By `percent` of their events: recordings that were taken.
    pub sampled: BTreeMap<u64, u64>,
    /// Events of other kinds.
    pub others: u64,
    /// Rows whose meter no policy has, by meter.
    pub unknown_meters: BTreeMap<String, u64>,
}

/// Replays everything.
///
/// # Errors
/// When the inputs or the plan are not there. Lines that cannot be read are skipped and counted.
pub fn replay(options: &Options<'_>) -> Result<Replayed, String> {
    let sources = source::sources(&options.inputs)?;
    let plims: Vec<Plim> = options
        .policies
        .iter()
        .map(|policy| {
            let plim = Plim::open(&policy.artefacts()[0].bytes);
            plim.map_err(|error| error.code().to_owned())
        })
        .collect::<Result<_, _>>()?;
    let plan = Plan {
        policies: options.policies,
        plans: plans(&plims, options.plan.as_deref())?,
        meters: meters(&plims),
        respond: options.respond,
        aims: plims.iter().any(|plim| !audiences(plim).is_empty()),
    };
    let mut files: Vec<PathBuf> = sources.iter().map(|source| source.path.clone()).collect();
    let mut faults = Faults::default();
    let mut attributes = Attributes::default();
    if let Some(path) = &options.attributes {
        let file = files.len() as u32;
        attributes = Attributes::read(path, file, &mut faults)
            .map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
        files.push(path.clone());
    }
    thread::scope(|scope| {
        let mut reader = Reader {
            cores: Cores::start(scope, &plan, options.jobs, attributes),
            meters: plan.meters.clone(),
            replayed: Replayed {
                files,
                sums: Sums::default(),
                accounts: 0,
                is_compiled: options
                    .policies
                    .iter()
                    .any(|policy| policy.policy().is_none()),
                knows_attributes: options.attributes.is_some(),
                rows: 0,
                sampled: BTreeMap::new(),
                others: 0,
                unknown_meters: BTreeMap::new(),
            },
            faults,
            progress: Progress::new(&sources),
            ledgers: HashMap::new(),
            heard: Vec::new(),
        };
        for (file, source) in (0..).zip(&sources) {
            let read = match source.kind {
                Kind::Usage => reader.usage(file, source),
                Kind::Recordings => reader.recordings(file, source),
            };
            let path = source.path.display();
            read.map_err(|error| format!("`{path}` cannot be read: {error}"))?;
        }
        Ok(reader.finish())
    })
}

/// The plan of accounts of which only usage is known, by policy.
fn plans(plims: &[Plim], wanted: Option<&str>) -> Result<Vec<Key>, String> {
    let plan_of = |plim: &Plim| {
        let plans = plim.root().plans();
        let Some(wanted) = wanted else {
            return Ok(Key(plans.get(0).map_or(0, |plan| plan.key())));
        };
        if plim.plan_index(Key::of(wanted)).is_some() {
            return Ok(Key::of(wanted));
        }
        let known: Vec<&str> = plans.iter().map(|plan| plan.id()).collect();
        let help = nearest_name(wanted, known.iter().copied()).map_or_else(
            || format!("its plans are {}", known.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        Err(format!("a policy has no plan `{wanted}`\n  help: {help}"))
    };
    plims.iter().map(plan_of).collect()
}

/// Prompts that are for some people only.
fn audiences(plim: &Plim) -> Vec<String> {
    prompts_with(plim, |prompt| !prompt.audience().is_empty())
}

/// The ids of some prompts, as the report says them.
fn prompts_with(plim: &Plim, wanted: impl Fn(&Prompt<'_>) -> bool) -> Vec<String> {
    let prompts = plim.root().prompts();
    let mut ids: Vec<String> = prompts
        .iter()
        .filter(wanted)
        .map(|prompt| format!("`{}`", prompt.id()))
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

fn meters(plims: &[Plim]) -> Vec<Key> {
    let mut meters = Vec::new();
    for plim in plims {
        for meter in plim.root().meters().iter() {
            if !meters.contains(&Key(meter.key())) {
                meters.push(Key(meter.key()));
            }
        }
    }
    meters
}

/// Reads lines and gives them to the cores.
struct Reader<'scope> {
    cores: Cores<'scope>,
    meters: Vec<Key>,
    replayed: Replayed,
    faults: Faults,
    progress: Progress,
    /// Where an account of which only usage is known is replayed, and when it was last heard of.
    ledgers: HashMap<String, usize>,
    heard: Vec<((u32, u32), i64)>,
}

impl Reader<'_> {
    fn usage(&mut self, file: u32, source: &Source) -> io::Result<()> {
        let mut lines = Lines::open(&source.path)?;
        let mut table = None;
        let mut meters: HashMap<String, Option<u32>> = HashMap::new();
        // Many tables are sorted by account.
        let (mut account, mut ledger) = (String::new(), 0);
        let mut quoted = Vec::new();
        while let Some((number, line, bytes)) = lines.next()? {
            self.progress.add(bytes);
            let at = (file, number);
            let Some(line) = self.text(line, at) else {
                continue;
            };
            let Some(table) = &mut table else {
                match Table::header(line) {
                    Ok(header) => table = Some(header),
                    Err((code, about)) => {
                        self.faults.add(at, code, || about);
                        // Without it no line of the file can be understood.
                        return Ok(());
                    }
                }
                continue;
            };
            let row = match table.row(line, &mut quoted) {
                Ok(row) => row,
                Err((code, about)) => {
                    self.faults.add(at, code, || about);
                    continue;
                }
            };
            let meter = match meters.get(row.meter) {
                Some(meter) => *meter,
                None => {
                    let key = Key::of(row.meter);
                    let place = self.meters.iter().position(|meter| *meter == key);
                    let meter = place.map(|place| place as u32);
                    meters.insert(row.meter.into(), meter);
                    meter
                }
            };
            let Some(meter) = meter else {
                self.unknown_meter(row.meter);
                continue;
            };
            if ledger == 0 || row.account != account {
                ledger = self.ledger(row.account);
                account.clear();
                account.push_str(row.account);
            }
            let ((shard, person), heard) = &mut self.heard[ledger - 1];
            if row.at < *heard {
                let about = || format!("`{}` goes back in time", short(row.account));
                self.faults.add(at, Code::OutOfOrder, about);
                continue;
            }
            *heard = row.at;
            self.replayed.rows += 1;
            let item = Item::Usage {
                person: *person,
                meter,
                at: row.at,
                amount: row.amount,
            };
            self.cores.push(*shard, item);
        }
        Ok(())
    }

    /// The number, from 1, of what is kept of an account of which only usage is known.
    fn ledger(&mut self, account: &str) -> usize {
        if let Some(ledger) = self.ledgers.get(account) {
            return *ledger;
        }
        self.heard.push((self.cores.place(account, ""), 0));
        self.ledgers.insert(account.into(), self.heard.len());
        self.heard.len()
    }

    fn unknown_meter(&mut self, meter: &str) {
        let named = &mut self.replayed.unknown_meters;
        let name = if named.contains_key(meter) || named.len() < UNKNOWN_NAMED {
            short(meter)
        } else {
            "others".into()
        };
        *named.entry(name).or_default() += 1;
    }

    fn recordings(&mut self, file: u32, source: &Source) -> io::Result<()> {
        let mut lines = Lines::open(&source.path)?;
        while let Some((number, line, bytes)) = lines.next()? {
            self.progress.add(bytes);
            let place = (file, number);
            let Some(line) = self.text(line, place) else {
                continue;
            };
            match recorded::read(line) {
                Ok(Some(found)) => {
                    let (shard, person) = self.cores.place(&found.account, &found.user);
                    *self.replayed.sampled.entry(found.percent).or_default() += 1;
                    let recorded = Recorded {
                        person,
                        writer: found.writer,
                        inputs: found.inputs.into_owned(),
                        memory: found.memory.into_owned(),
                        place,
                    };
                    self.cores.push(shard, Item::Recording(Box::new(recorded)));
                }
                Ok(None) => self.replayed.others += 1,
                Err((code, about)) => self.faults.add(place, code, || about),
            }
        }
        Ok(())
    }

    /// What a line says; nothing for an empty one, with which many files end.
    fn text<'a>(&mut self, line: Line<'a>, at: (u32, u64)) -> Option<&'a str> {
        match line {
            Line::Text(text) => return Some(text).filter(|text| !text.trim().is_empty()),
            Line::NotUtf8 => self.faults.add(at, Code::NotUtf8, || "not UTF-8".into()),
            Line::TooLong => {
                let about = || "longer than a mebibyte".into();
                self.faults.add(at, Code::TooLong, about);
            }
        }
        None
    }

    fn finish(self) -> Replayed {
        let mut replayed = self.replayed;
        replayed.accounts = self.cores.accounts();
        replayed.sums = self.cores.finish();
        replayed.sums.faults.merge(self.faults);
        self.progress.finish();
        replayed
    }
}
