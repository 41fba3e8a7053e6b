//! One user, replayed under each policy: pages, weeks, and what was seen for the first time.
//!
//! It owns the order in which recordings and rows of usage become inputs, and the short way for rows that
//! cannot change anything; it does not know files. What happens is counted in `tally`.

use std::rc::Rc;

use plimsoll::Input;
use plimsoll::Memory;
use plimsoll::engine::Identity;
use plimsoll::engine::effect::{Event, Lane};
use plimsoll::engine::input::{Context, Said, Snapshot};
use plimsoll::plim::Plim;
use plimsoll::policy::{Tree, attributes};
use plimsoll::recording::{Recording, Told};
use plimsoll::unit::{DAY_MS, Key, MINUTE_MS, Timestamp, Writer};

use super::account::{Account, Activity, Rules};
use super::faults::Code;
use super::page::{News, Page, Respond};
use super::tally::{Difference, Tally, WEEK_MS, Week, week_of};

/// Tabs of one user whose recordings overlap; of more, the one that was silent for longest is closed.
const PAGES_MAX: usize = 3;
/// Recordings of two tabs may overlap by as much; what is older came too late.
const OVERLAP_MS: i64 = 10 * MINUTE_MS;
/// The one page of an account of which only usage is known.
const USAGE: Writer = Writer(1);

/// What is the same for everybody.
pub struct Scene {
    /// One or two policies.
    pub plims: Vec<Rc<Plim>>,
    /// What each scores accounts with.
    pub rules: Vec<Rules>,
    /// The plan of accounts of which only usage is known, by policy.
    pub plans: Vec<Key>,
    /// The meters of all policies.
    pub meters: Vec<Key>,
    pub respond: Respond,
    /// A policy asks for attributes, so that snapshots have to have them.
    pub aims: bool,
}

/// What is counted of everybody and of the person's account.
pub struct Books<'a> {
    pub tallies: &'a mut [Tally],
    pub account: &'a mut Account,
}

pub struct Person {
    /// The number of the account among those of its core.
    pub number: u32,
    account: String,
    user: String,
    /// Of the account and of the user, as a snapshot names them.
    owners: [Tree; 2],
    sides: Vec<Side>,
    /// When something last happened.
    last: i64,
    tabs: Vec<Tab>,
    /// What the newest recordings say, by time: until another tab can no longer say something before it.
    waiting: Vec<(i64, Writer, Told)>,
    newest: i64,
    /// Rows of usage before this, of less than a meter's slack, cannot change anything.
    quiet_until: i64,
    week_ends: i64,
    rooms: Vec<Room>,
    snapshot_at: i64,
    /// What was held today is held tomorrow, too, and counts again then.
    held_until: i64,
}

/// Somebody who has not been heard of before, with what is known of the account and of the user.
pub struct Newcomer {
    pub number: u32,
    pub account: String,
    pub user: String,
    pub attributes: [Tree; 2],
}

/// A tab that recorded.
struct Tab {
    writer: Writer,
    /// The device's clock less the page's own, when its first recording began.
    shift: i64,
    next_part: u64,
}

/// A meter on the short way.
#[derive(Clone, Copy, Default)]
struct Room {
    /// Less than this can be used before anything happens under any policy.
    slack: i64,
    /// Used, and not told to the engines yet.
    pending: i64,
}

/// What comes of one policy.
#[derive(Default)]
struct Side {
    /// The last is the one that is looked at.
    pages: Vec<(Writer, Page)>,
    /// Indexes of the prompts that were seen, ascending.
    seen: Vec<u32>,
    prompted: bool,
    began: i64,
    week: i64,
    of_week: Week,
    news: News,
    activity: Activity,
}

impl Person {
    pub fn new(newcomer: Newcomer, scene: &Scene) -> Person {
        let owner = |id: &str, attributes: Tree| {
            let id = ("id".to_owned(), Tree::Text(id.to_owned()));
            Tree::Object(vec![id, ("attributes".to_owned(), attributes)])
        };
        let [of_account, of_user] = newcomer.attributes;
        Person {
            owners: [
                owner(&newcomer.account, of_account),
                owner(&newcomer.user, of_user),
            ],
            number: newcomer.number,
            account: newcomer.account,
            user: newcomer.user,
            sides: scene.plims.iter().map(|_| Side::default()).collect(),
            last: 0,
            tabs: Vec::new(),
            waiting: Vec::new(),
            newest: 0,
            quiet_until: 0,
            week_ends: 0,
            rooms: Vec::new(),
            snapshot_at: 0,
            held_until: 0,
        }
    }

    /// Takes a recording, and replays what no other tab can say anything before. Answers whether one before it
    /// is missing.
    pub fn recording(
        &mut self,
        scene: &Scene,
        books: &mut Books<'_>,
        writer: Writer,
        recording: Recording,
    ) -> Result<bool, Code> {
        let (Some(first), Some(last)) = (recording.moments.first(), recording.moments.last())
        else {
            return Ok(false);
        };
        if last.at.wall.0.saturating_add(OVERLAP_MS) < self.newest {
            return Err(Code::OutOfOrder);
        }
        let known = self.tabs.iter().position(|tab| tab.writer == writer);
        let mut tab = match known {
            Some(place) => self.tabs.remove(place),
            None => Tab {
                writer,
                shift: first.at.wall.since(Timestamp(first.at.mono)),
                next_part: 0,
            },
        };
        let missing = recording.part > tab.next_part;
        let repeated = tab.next_part.saturating_sub(recording.part);
        tab.next_part = tab.next_part.max(recording.part + 1);
        let shift = tab.shift;
        self.tabs.push(tab);
        if self.tabs.len() > 2 * PAGES_MAX {
            self.tabs.remove(0);
        }
        if repeated > 0 {
            return Err(if repeated == 1 {
                Code::Repeated
            } else {
                Code::OutOfOrder
            });
        }
        for moment in recording.moments {
            let at = moment.at.mono.saturating_add(shift);
            self.newest = self.newest.max(at);
            self.waiting.push((at, writer, moment.told));
        }
        self.waiting.sort_by_key(|(at, ..)| *at);
        self.replay(scene, books, self.newest - OVERLAP_MS);
        Ok(missing)
    }

    /// Replays what waits, up to a time.
    fn replay(&mut self, scene: &Scene, books: &mut Books<'_>, until: i64) {
        let count = self.waiting.partition_point(|(at, ..)| *at <= until);
        let happened: Vec<_> = self.waiting.drain(..count).collect();
        for (at, writer, mut told) in happened {
            if let Told::Input(Input::Snapshot(snapshot)) = &mut told {
                for standing in &mut books.account.standings {
                    standing.hear(snapshot.plan, snapshot.fact(Said::Sales) != 0);
                }
                if scene.aims {
                    aim(&self.owners, snapshot);
                }
            }
            self.last = self.last.max(at);
            self.begin_week(at, books.tallies);
            for (index, side) in self.sides.iter_mut().enumerate() {
                let who = (self.account.as_str(), self.user.as_str());
                let plim = &scene.plims[index];
                side.turn_to(at, writer, plim, scene.respond, who);
                side.told(at, &told);
                books.tallies[index].told(plim, &told);
                side.count(scene, index, books, who.0);
            }
        }
    }

    /// Replays a row of usage.
    pub fn usage(
        &mut self,
        scene: &Scene,
        books: &mut Books<'_>,
        (meter, at, amount): (usize, i64, i64),
    ) {
        self.begin_week(at, books.tallies);
        if at < self.quiet_until
            && let Some(room) = self.rooms.get_mut(meter)
            && amount < room.slack
        {
            room.slack -= amount;
            room.pending += amount;
            self.last = at;
            return;
        }
        self.visit(scene, books, at, (scene.meters[meter], amount));
    }

    /// The long way: the engines are told what is pending, then of a visit and the use.
    fn visit(
        &mut self,
        scene: &Scene,
        books: &mut Books<'_>,
        at: i64,
        (meter, amount): (Key, i64),
    ) {
        // The first visit of a day brings a snapshot, as a page that opens does.
        let wants_snapshot = at.div_euclid(DAY_MS) != self.snapshot_at.div_euclid(DAY_MS);
        let day_ends = (at.div_euclid(DAY_MS) + 1) * DAY_MS;
        self.rooms.resize(scene.meters.len(), Room::default());
        self.quiet_until = i64::MAX;
        for (index, side) in self.sides.iter_mut().enumerate() {
            let who = (self.account.as_str(), self.user.as_str());
            let begins = side.pages.is_empty();
            side.turn_to(at, USAGE, &scene.plims[index], scene.respond, who);
            for (key, room) in scene.meters.iter().zip(&self.rooms) {
                if room.pending > 0 {
                    let (meter, amount) = (*key, room.pending);
                    side.tell(self.last, Input::Use { meter, amount });
                }
            }
            side.pass(at);
            if wants_snapshot {
                let mut snapshot = snapshot(scene.plans[index], at);
                books.account.standings[index].hear(snapshot.plan, false);
                if scene.aims {
                    aim(&self.owners, &mut snapshot);
                }
                side.tell(at, Input::Snapshot(snapshot));
            } else if side.next() <= at {
                side.tell(at, Input::Wake);
            }
            if begins {
                side.told(at, &Told::Input(Input::Context(looking())));
            }
            side.tell(at, Input::Use { meter, amount });
            if side.count(scene, index, books, who.0) {
                self.held_until = day_ends;
            }
            self.quiet_until = self.quiet_until.min(side.next());
        }
        if at < self.held_until {
            self.quiet_until = self.quiet_until.min(self.held_until);
        }
        if wants_snapshot {
            self.snapshot_at = at;
        }
        self.last = at;
        for (key, room) in scene.meters.iter().zip(&mut self.rooms) {
            let slacks = self.sides.iter().map(|side| side.slack(*key));
            room.slack = slacks.min().unwrap_or(0);
            room.pending = 0;
        }
    }

    fn begin_week(&mut self, at: i64, tallies: &mut [Tally]) {
        if at < self.week_ends {
            return;
        }
        let week = week_of(at);
        for (side, tally) in self.sides.iter_mut().zip(tallies) {
            if self.week_ends > 0 {
                tally.week(side.week, &side.of_week, (&self.account, &self.user));
            } else {
                side.began = at;
            }
            side.week = week;
            side.of_week = Week::default();
        }
        self.week_ends = (week + 1) * WEEK_MS - 3 * DAY_MS;
    }

    /// The last answers, the last week, and what differs between the policies.
    pub fn finish(mut self, scene: &Scene, books: &mut Books<'_>, difference: &mut Difference) {
        self.replay(scene, books, i64::MAX);
        for (index, side) in self.sides.iter_mut().enumerate() {
            side.pass(self.last.saturating_add(MINUTE_MS));
            side.count(scene, index, books, &self.account);
            let tally = &mut books.tallies[index];
            if self.week_ends > 0 {
                tally.week(side.week, &side.of_week, (&self.account, &self.user));
            }
            tally.prompted += u64::from(side.prompted);
        }
        let [ours, theirs] = self.sides.as_slice() else {
            return;
        };
        let abouts = |side: &Side, plim: &Rc<Plim>| {
            let abouts = side.seen.iter().filter_map(|prompt| about(plim, *prompt));
            abouts.collect::<std::collections::BTreeSet<u64>>()
        };
        let seen = [
            abouts(ours, &scene.plims[0]),
            abouts(theirs, &scene.plims[1]),
        ];
        for side in 0..2 {
            for about in seen[side].difference(&seen[1 - side]) {
                difference.prompts.entry(*about).or_default()[side] += 1;
            }
        }
        let prompted = [ours.prompted, theirs.prompted];
        if let Some(side) = (0..2).find(|side| prompted[*side] && !prompted[1 - side]) {
            difference.users[side] += 1;
            difference.named[side].add((self.account, self.user));
        }
    }
}

impl Side {
    /// Brings the page of a writer to the front; a new one finds in storage what the last one stored.
    fn turn_to(
        &mut self,
        at: i64,
        writer: Writer,
        plim: &Rc<Plim>,
        respond: Respond,
        (account, user): (&str, &str),
    ) {
        let Some((front, page)) = self.pages.last_mut() else {
            let identity = identity(account, user, writer);
            let page = Page::new(plim, identity, Memory::default(), respond);
            self.pages.push((writer, page));
            return;
        };
        if *front == writer {
            return;
        }
        page.pass(at, false, &mut self.news);
        let stored = page.engine.memory().clone();
        let known = self.pages.iter().position(|(other, _)| *other == writer);
        match known {
            Some(place) => {
                let mut page = self.pages.remove(place);
                let merge = Input::Merge(Box::new(stored));
                page.1.tell(at, merge, &mut self.news);
                self.pages.push(page);
            }
            None => {
                let page = Page::new(plim, identity(account, user, writer), stored, respond);
                self.pages.push((writer, page));
                if self.pages.len() > PAGES_MAX {
                    self.pages.remove(0);
                }
            }
        }
    }

    fn told(&mut self, at: i64, told: &Told) {
        if let Some((_, page)) = self.pages.last_mut() {
            page.told(at, told, &mut self.news);
        }
    }

    fn tell(&mut self, at: i64, input: Input) {
        if let Some((_, page)) = self.pages.last_mut() {
            page.tell(at, input, &mut self.news);
        }
    }

    fn pass(&mut self, at: i64) {
        if let Some((_, page)) = self.pages.last_mut() {
            page.pass(at, false, &mut self.news);
        }
    }

    fn next(&self) -> i64 {
        self.pages.last().map_or(0, |(_, page)| page.next())
    }

    fn slack(&self, meter: Key) -> i64 {
        let page = self.pages.last();
        page.map_or(0, |(_, page)| page.engine.slack(meter))
    }

    /// Counts what the engines recorded since. Answers whether something was held.
    fn count(&mut self, scene: &Scene, index: usize, books: &mut Books<'_>, account: &str) -> bool {
        let (plim, tally) = (&scene.plims[index], &mut books.tallies[index]);
        let (mut is_held, mut counts) = (false, true);
        if let Some((writer, _)) = self.pages.last() {
            counts = *writer != USAGE;
        }
        for (at, event) in self.news.drain(..) {
            tally.event(&event);
            // Of usage alone nobody knows who was there for how long.
            if counts || !matches!(event, Event::SignalCounted { .. }) {
                let about = (&scene.rules[index], &**plim, account);
                let standing = &mut books.account.standings[index];
                standing.event(about, &mut self.activity, at, &event);
            }
            is_held |= matches!(event, Event::PromptHeld { .. });
            let Event::PromptShown { about: shown } = event else {
                continue;
            };
            self.of_week.show(shown.surface);
            self.prompted |= shown.surface.lane() != Lane::Inline;
            if let Err(place) = self.seen.binary_search(&shown.prompt) {
                self.seen.insert(place, shown.prompt);
                let days = at.since(Timestamp(self.began)).max(0) / DAY_MS;
                tally.first(shown.prompt, days);
            }
        }
        debug_assert!(plim.root().prompts().len() >= self.seen.len());
        is_held
    }
}

fn identity(account: &str, user: &str, writer: Writer) -> Identity {
    Identity {
        account: account.into(),
        user: user.into(),
        writer,
    }
}

/// A prompt and its subject, the same under every policy.
pub fn about(plim: &Plim, prompt: u32) -> Option<u64> {
    let root = plim.root();
    let prompt = root.prompts().get(prompt)?;
    let subject = match prompt.subject_kind() {
        1 => root.meters().get(prompt.subject())?.key(),
        2 => root.features().get(prompt.subject())?.key(),
        _ => 0,
    };
    Some(u64::from(prompt.key()) << 32 | u64::from(subject))
}

/// What a host would say of an account of which only usage is known: its plan, and that time goes on.
fn snapshot(plan: Key, at: i64) -> Box<Snapshot> {
    let mut snapshot = Box::new(Snapshot::default());
    snapshot.plan = plan;
    snapshot.number(Said::PlanEpoch as u32, 1);
    snapshot.number(Said::ServerTime as u32, at);
    snapshot
}

/// Adds the attributes that are known to a snapshot.
fn aim([account, user]: &[Tree; 2], snapshot: &mut Snapshot) {
    let can_purchase = snapshot.fact(Said::CanPurchase) != 0;
    snapshot.attributes = attributes(account, user, can_purchase);
}

fn looking() -> Context {
    Context {
        visible: true,
        ..Context::default()
    }
}

#[cfg(test)]
mod tests {
    use plimsoll::policy::Policy;
    use plimsoll::unit::Digest;

    use super::*;
    use crate::policy::Published;

    /// Two policies: counters of a day and a month, a level, and prompts that wait.
    const POLICIES: [&str; 2] = [
        r#"{"format": 1, "plans": [{"id": "free", "quotas": {"calls": {"limit": 40, "period": "day"},
            "emails": {"limit": 900, "period": "month"}, "files": {"limit": 2000}}}, {"id": "pro", "buy": "checkout",
            "quotas": {"calls": {"limit": 400, "period": "day"}}}]}"#,
        r#"{"format": 1, "thresholds": [60, 95], "pacing": {"ladder_days": [2]}, "plans": [{"id": "free",
            "quotas": {"calls": {"limit": 60, "period": "week"}, "emails": {"limit": 300, "period": "month"}}}],
            "prompts": [{"id": "soon", "trigger": {"threshold_percent": 60}, "surface": "modal", "delay_ms": 5400000}],
            "scoring": {"line": 20, "signals": {"approaching_limit": {"points": 6, "cap": 30}}}}"#,
    ];

    fn scene(respond: Respond) -> Scene {
        let published = POLICIES.map(|text| {
            let policy = Policy::parse(text).unwrap_or_else(|errors| panic!("{errors:?}"));
            Published::from(&policy)
        });
        let compile = |published: &Published| {
            Rc::new(Plim::open(&published.artefacts()[0].bytes).expect("compiled"))
        };
        Scene {
            plims: published.iter().map(compile).collect(),
            rules: published.iter().map(Rules::of).collect(),
            plans: vec![Key::of("free"); 2],
            meters: ["calls", "emails", "files"].map(Key::of).to_vec(),
            respond,
            aims: false,
        }
    }

    #[test]
    fn the_short_way_ends_where_the_long_way_ends() {
        let (mut short_rows, mut pqls) = (0, 0);
        for (seed, (_, respond)) in (0..600_u64).zip(Respond::NAMES.into_iter().cycle()) {
            let scene = scene(respond);
            let mut number = 0;
            let mut below = |end: i64| {
                number += 1;
                let seed = Digest::default().number(seed.cast_signed());
                (seed.number(number).finish() % end.unsigned_abs()).cast_signed()
            };
            let outcomes = [false, true].map(|takes_the_long_way| {
                let newcomer = Newcomer {
                    number: 0,
                    account: "a".into(),
                    user: String::new(),
                    attributes: [Tree::Null, Tree::Null],
                };
                (takes_the_long_way, Person::new(newcomer, &scene))
            });
            let mut at = 1_767_603_600_000;
            let mut rows = Vec::new();
            // Eight weeks: what lies longer back memory may forget when it is tidied, which happens at other
            // times when more is told.
            for _ in 0..110 {
                at += match below(4) {
                    0 => below(3 * DAY_MS),
                    _ => below(DAY_MS / 3),
                };
                rows.push((below(3) as usize, at, below(30)));
            }
            let ends = outcomes.map(|(takes_the_long_way, mut person)| {
                let mut tallies = [Tally::default(), Tally::default()];
                let mut account = Account::new("a".into(), 2);
                let mut books = Books {
                    tallies: &mut tallies,
                    account: &mut account,
                };
                for (meter, at, amount) in &rows {
                    if takes_the_long_way {
                        person.quiet_until = 0;
                    } else {
                        let room = person.rooms.get(*meter);
                        let is_short = *at < person.quiet_until
                            && room.is_some_and(|room| *amount < room.slack);
                        short_rows += u64::from(is_short);
                    }
                    person.usage(&scene, &mut books, (*meter, *at, *amount));
                }
                let mut difference = Difference::default();
                person.finish(&scene, &mut books, &mut difference);
                account.finish(&mut tallies, &mut difference);
                (tallies, difference)
            });
            assert_eq!(ends[0], ends[1], "seed {seed}");
            pqls += ends[0].1.pqls[1];
        }
        assert!(pqls > 100, "{pqls}");
        assert!(short_rows > 10_000, "{short_rows}");
    }
}
