//! Everybody a core replays, and the cores: batches in, sums out.
//!
//! It owns which core replays whom (an account stays on one) and that the sums do not depend on how many
//! there are; it does not read files.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use plimsoll::plim::Plim;
use plimsoll::recording::{Moment, Told, Unreadable, decode};
use plimsoll::unit::{Key, Writer};
use plimsoll::{Input, Memory};

use super::account::{Account, Rules};
use super::attributes::Attributes;
use super::faults::{Code, Faults};
use super::page::Respond;
use super::person::{Books, Newcomer, Person, Scene};
use super::tally::{Difference, Tally};
use crate::policy::Published;

/// So many items go to a core at once, or so many bytes of recordings.
const BATCH_ITEMS: usize = 8_192;
const BATCH_BYTES: usize = 1 << 20;
/// Batches that may wait for a core; the reader waits then.
const WAITING: usize = 4;

/// What every core begins with.
pub struct Plan<'a> {
    /// One or two.
    pub policies: &'a [Published],
    pub plans: Vec<Key>,
    pub meters: Vec<Key>,
    pub respond: Respond,
    /// A policy has audiences.
    pub aims: bool,
}

/// Something for a user to replay.
pub enum Item {
    Usage {
        person: u32,
        meter: u32,
        at: i64,
        amount: i64,
    },
    Recording(Box<Recorded>),
}

pub struct Recorded {
    pub person: u32,
    pub writer: Writer,
    pub inputs: String,
    /// What the page remembered when it began, in a trace of the debug panel; else "".
    pub memory: String,
    /// Where it stands: file and line.
    pub place: (u32, u64),
}

#[derive(Default)]
struct Batch {
    /// They are numbered in this order.
    newcomers: Vec<Newcomer>,
    items: Vec<Item>,
    bytes: usize,
}

/// All sums.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub tallies: Vec<Tally>,
    pub difference: Difference,
    pub faults: Faults,
    pub users: u64,
    /// Inputs told to an engine: entries of recordings, rows of usage.
    pub inputs: u64,
    pub recordings: u64,
    /// Recordings whose end is missing, and how many entries that were.
    pub cut: u64,
    pub lost: u64,
    /// Recordings before which one is missing.
    pub gaps: u64,
    /// Inputs that had no room in their minute.
    pub left_out: u64,
}

impl Sums {
    fn merge(&mut self, other: Sums) {
        self.tallies
            .resize_with(other.tallies.len(), Tally::default);
        for (ours, theirs) in self.tallies.iter_mut().zip(other.tallies) {
            ours.merge(theirs);
        }
        self.difference.merge(other.difference);
        self.faults.merge(other.faults);
        self.users += other.users;
        self.inputs += other.inputs;
        self.recordings += other.recordings;
        self.cut += other.cut;
        self.lost += other.lost;
        self.gaps += other.gaps;
        self.left_out += other.left_out;
    }
}

/// Everybody on one core.
struct Crowd {
    scene: Scene,
    people: Vec<Person>,
    accounts: Vec<Account>,
    sums: Sums,
}

impl Crowd {
    fn new(plan: &Plan<'_>) -> Crowd {
        let open = |policy: &Published| {
            let plim = Plim::open(&policy.artefacts()[0].bytes);
            Rc::new(plim.expect("it was opened before"))
        };
        let plims: Vec<_> = plan.policies.iter().map(open).collect();
        let mut sums = Sums::default();
        sums.tallies.resize_with(plims.len(), Tally::default);
        Crowd {
            scene: Scene {
                plims,
                rules: plan.policies.iter().map(Rules::of).collect(),
                plans: plan.plans.clone(),
                meters: plan.meters.clone(),
                respond: plan.respond,
                aims: plan.aims,
            },
            people: Vec::new(),
            accounts: Vec::new(),
            sums,
        }
    }

    fn take(&mut self, batch: Batch) {
        for newcomer in batch.newcomers {
            if newcomer.number as usize == self.accounts.len() {
                let policies = self.scene.plims.len();
                let account = Account::new(newcomer.account.clone(), policies);
                self.accounts.push(account);
            }
            self.people.push(Person::new(newcomer, &self.scene));
        }
        for item in batch.items {
            match item {
                Item::Usage {
                    person,
                    meter,
                    at,
                    amount,
                } => {
                    self.sums.inputs += 1;
                    let row = (meter as usize, at, amount);
                    let person = &mut self.people[person as usize];
                    let mut books = Books {
                        tallies: &mut self.sums.tallies,
                        account: &mut self.accounts[person.number as usize],
                    };
                    person.usage(&self.scene, &mut books, row);
                }
                Item::Recording(recorded) => self.recording(&recorded),
            }
        }
    }

    fn recording(&mut self, recorded: &Recorded) {
        let person = &mut self.people[recorded.person as usize];
        let sums = &mut self.sums;
        let mut recording = match decode(&recorded.inputs) {
            Ok(recording) => recording,
            Err(error) => {
                let code = match error {
                    Unreadable::NotRecording => Code::NotRecording,
                    Unreadable::Format => Code::NewerRecording,
                    Unreadable::Damaged => Code::DamagedRecording,
                };
                let about = || "`inputs` cannot be read".into();
                return sums.faults.add(recorded.place, code, about);
            }
        };
        let Some(memory) = Memory::decode(recorded.memory.as_bytes()) else {
            let about = || "`memory` cannot be read".into();
            return sums
                .faults
                .add(recorded.place, Code::DamagedRecording, about);
        };
        let writer = recorded.writer;
        let mut books = Books {
            tallies: &mut sums.tallies,
            account: &mut self.accounts[person.number as usize],
        };
        let (inputs, lost) = (recording.moments.len() as u64, recording.lost);
        let left_out = recording.moments.iter().map(|moment| match moment.told {
            Told::LeftOut(count) => count,
            _ => 0,
        });
        let left_out: u64 = left_out.sum();
        if let Some(first) = recording.moments.first()
            && !memory.is_empty()
        {
            let (at, told) = (first.at, Told::Input(Input::Merge(Box::new(memory))));
            recording.moments.insert(0, Moment { at, told });
        }
        match person.recording(&self.scene, &mut books, writer, recording) {
            Ok(is_missing) => {
                sums.recordings += 1;
                sums.inputs += inputs;
                sums.cut += u64::from(lost > 0);
                sums.lost += lost;
                sums.gaps += u64::from(is_missing);
                sums.left_out += left_out;
            }
            Err(code) => sums.faults.add(recorded.place, code, || match code {
                Code::Repeated => "this recording came before".into(),
                _ => "the recording is older than the one before it".into(),
            }),
        }
    }

    fn finish(mut self) -> Sums {
        self.sums.users = self.people.len() as u64;
        for person in self.people {
            let sums = &mut self.sums;
            let mut books = Books {
                tallies: &mut sums.tallies,
                account: &mut self.accounts[person.number as usize],
            };
            person.finish(&self.scene, &mut books, &mut sums.difference);
        }
        for account in self.accounts {
            account.finish(&mut self.sums.tallies, &mut self.sums.difference);
        }
        self.sums
    }
}

/// Gives every item to the core that has its account. With one core, that is the one that reads.
pub struct Cores<'scope> {
    shards: Vec<Shard<'scope>>,
    /// By account: its number. By user: where it is replayed.
    accounts: HashMap<String, u32>,
    users: HashMap<(u32, String), (u32, u32)>,
    attributes: Attributes,
}

struct Shard<'scope> {
    batch: Batch,
    people: u32,
    core: Core<'scope>,
}

enum Core<'scope> {
    Own(Box<Crowd>),
    Other(SyncSender<Batch>, ScopedJoinHandle<'scope, Sums>),
}

impl<'scope> Cores<'scope> {
    pub fn start<'env>(
        scope: &'scope thread::Scope<'scope, 'env>,
        plan: &'env Plan<'env>,
        jobs: usize,
        attributes: Attributes,
    ) -> Cores<'scope> {
        let core = || {
            if jobs <= 1 {
                return Core::Own(Box::new(Crowd::new(plan)));
            }
            let (sender, receiver): (_, Receiver<Batch>) = sync_channel(WAITING);
            let work = move || {
                let mut crowd = Crowd::new(plan);
                receiver.iter().for_each(|batch| crowd.take(batch));
                crowd.finish()
            };
            Core::Other(sender, scope.spawn(work))
        };
        let shard = |_| Shard {
            batch: Batch::default(),
            people: 0,
            core: core(),
        };
        Cores {
            shards: (0..jobs.max(1)).map(shard).collect(),
            accounts: HashMap::new(),
            users: HashMap::new(),
            attributes,
        }
    }

    /// Where a user is replayed: the core, and the number there.
    pub fn place(&mut self, account: &str, user: &str) -> (u32, u32) {
        let next = self.accounts.len() as u32;
        let number = match self.accounts.get(account) {
            Some(number) => *number,
            None => {
                self.accounts.insert(account.into(), next);
                next
            }
        };
        let shards = self.shards.len() as u32;
        *self.users.entry((number, user.into())).or_insert_with(|| {
            let shard = &mut self.shards[(number % shards) as usize];
            shard.batch.newcomers.push(Newcomer {
                number: number / shards,
                account: account.into(),
                user: user.into(),
                attributes: self.attributes.of(account, user),
            });
            shard.people += 1;
            (number % shards, shard.people - 1)
        })
    }

    pub fn accounts(&self) -> u64 {
        self.accounts.len() as u64
    }

    pub fn push(&mut self, shard: u32, item: Item) {
        let shard = &mut self.shards[shard as usize];
        if let Item::Recording(recorded) = &item {
            shard.batch.bytes += recorded.inputs.len();
        }
        shard.batch.items.push(item);
        if shard.batch.items.len() >= BATCH_ITEMS || shard.batch.bytes >= BATCH_BYTES {
            shard.send();
        }
    }

    pub fn finish(self) -> Sums {
        let mut sums = Sums::default();
        let finish = |mut shard: Shard<'scope>| {
            shard.send();
            shard
        };
        for shard in self.shards.into_iter().map(finish).collect::<Vec<_>>() {
            sums.merge(match shard.core {
                Core::Own(crowd) => crowd.finish(),
                Core::Other(sender, handle) => {
                    drop(sender);
                    handle.join().expect("a core ends with its sums")
                }
            });
        }
        sums
    }
}

impl Shard<'_> {
    fn send(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        match &mut self.core {
            Core::Own(crowd) => crowd.take(batch),
            // A core that has stopped says why when it is joined.
            Core::Other(sender, _) => drop(sender.send(batch)),
        }
    }
}
