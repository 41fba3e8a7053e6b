//! The host's server in a simulated world: plan, permissions, figures, and how late it hears of uses.
//! Knows nothing of engines but the snapshots it makes for them.

use super::known::Truth;
use super::random::Random;
use crate::spec_reader::snapshot::{MeterFigure, Snapshot};
use plimsoll::policy::{self, Tree};
use plimsoll::unit::{Key, Limit, Timestamp, Writer};
use std::collections::BTreeMap;

/// It is sold no more, and the policy does not know it.
pub const UNKNOWN_PLAN: &str = "legacy-2019";
const PLANS: [&str; 4] = ["free", "pro", "enterprise", UNKNOWN_PLAN];
const FEATURES: [&str; 5] = ["automation", "api", "roles", "sso", "audit"];
/// Meters that the server counts; `desks` is counted by the browser alone.
pub const COUNTED: [&str; 5] = ["emails", "calls", "tokens", "seats", "rooms"];
const DAY_MS: i64 = 86_400_000;
/// A writer that has been silent for a day counts as heard, so nothing here is on its way for longer.
const LATEST_MS: i64 = DAY_MS * 3 / 4;

/// The server.
#[derive(Clone, Debug)]
pub struct Host {
    /// Ids, by which arms are dealt.
    pub account: String,
    pub user: String,
    role: &'static str,
    tier: &'static str,
    seats: i64,
    plan: usize,
    epoch: i64,
    can_purchase: bool,
    conversation: bool,
    features: Vec<&'static str>,
    overage: bool,
    trial_ends: Option<i64>,
    account_made: Option<i64>,
    user_made: Option<i64>,
    used: BTreeMap<&'static str, i64>,
    heard: BTreeMap<(&'static str, u64), (i64, i64)>,
    /// Tallies on their way: when they arrive.
    under_way: Vec<(i64, &'static str, u64, i64, i64)>,
    day: i64,
    month: i64,
}

impl Host {
    /// A server with an account.
    pub fn new(random: &mut Random, time: i64) -> Self {
        let mut host = Self {
            account: format!("acc_{}", random.below(1_000)),
            user: format!("u_{}", random.below(1_000)),
            role: "admin",
            tier: "tin",
            seats: random.between(1, 6),
            plan: if random.percent(75) {
                0
            } else {
                random.below(3) as usize
            },
            epoch: random.between(1, 3),
            can_purchase: random.percent(70),
            conversation: false,
            features: Vec::new(),
            overage: false,
            trial_ends: random
                .percent(30)
                .then(|| time + random.between(1, 20) * DAY_MS),
            account_made: random
                .percent(50)
                .then(|| time - random.between(0, 5) * DAY_MS / 2),
            user_made: random
                .percent(30)
                .then(|| time - random.between(0, 12) * DAY_MS / 24),
            used: BTreeMap::new(),
            heard: BTreeMap::new(),
            under_way: Vec::new(),
            day: time / DAY_MS,
            month: month(time),
        };
        for (meter, most) in [
            ("emails", 95),
            ("calls", 12),
            ("tokens", 30),
            ("seats", 3),
            ("rooms", 38),
        ] {
            host.used.insert(meter, random.between(0, most));
        }
        host
    }

    /// A tally that the browser sends along. It arrives later; true when that is hours.
    pub fn hear(
        &mut self,
        random: &mut Random,
        time: i64,
        meter: &str,
        writer: u64,
        tally: (i64, i64),
    ) -> bool {
        let mut hours = false;
        if let Some(meter) = COUNTED.iter().find(|known| **known == meter) {
            let late = if random.percent(80) {
                random.between(50, 20_000)
            } else {
                random.between(0, LATEST_MS)
            };
            hours = late > DAY_MS / 12;
            self.under_way
                .push((time + late, meter, writer, tally.0, tally.1));
        }
        hours
    }

    /// Time passes: periods end, tallies arrive, teammates work.
    pub fn live(&mut self, random: &mut Random, time: i64) {
        if self.day != time / DAY_MS {
            self.day = time / DAY_MS;
            self.used.insert("calls", 0);
            self.used.insert("tokens", 0);
        }
        if self.month != month(time) {
            self.month = month(time);
            self.used.insert("emails", 0);
        }
        let (arrived, under_way) = std::mem::take(&mut self.under_way)
            .into_iter()
            .partition(|way| way.0 <= time);
        self.under_way = under_way;
        let arrived: Vec<_> = arrived;
        for (_, meter, writer, added, released) in arrived {
            let heard = self.heard.entry((meter, writer)).or_insert((0, 0));
            let more = (added - heard.0).max(0) - (released - heard.1).max(0);
            *heard = (heard.0.max(added), heard.1.max(released));
            let used = self.used.entry(meter).or_insert(0);
            *used = (*used + more).max(0);
        }
        if random.percent(10)
            && let Some(meter) = random.pick(&COUNTED)
        {
            let by = if *meter == "seats" || *meter == "rooms" {
                random.between(-6, 6)
            } else {
                random.between(0, 9)
            };
            let used = self.used.entry(meter).or_insert(0);
            *used = (*used + by).max(0);
        }
        if random.percent(1) {
            self.can_purchase = !self.can_purchase;
        }
        if random.percent(1) {
            self.conversation = random.percent(30);
        }
        if random.percent(2) {
            self.role = ["admin", "viewer", "guest"][random.below(3) as usize];
            self.tier = ["gold", "tin"][random.below(2) as usize];
            self.seats = random.between(1, 6);
        }
        if random.percent(1) {
            self.overage = !self.overage;
        }
        if random.percent(1) {
            self.features = FEATURES
                .into_iter()
                .filter(|_| random.percent(30))
                .collect();
        }
    }

    /// The account changes its plan.
    pub fn change_plan(&mut self, random: &mut Random, upwards: bool) {
        let any = if random.percent(8) {
            3
        } else {
            random.below(3) as usize
        };
        self.plan = if upwards { (self.plan + 1).min(2) } else { any };
        self.epoch += 1;
        self.conversation = false;
    }

    /// The epoch of the plan.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// What conditions are read against.
    fn attributes(&self) -> String {
        let owner = |id: &str, own: String| {
            let text = format!(r#"{{"id": "{id}", "attributes": {{{own}}}}}"#);
            Tree::parse(&text).unwrap_or(Tree::Null)
        };
        let (tier, seats) = (self.tier, self.seats);
        let account = owner(
            &self.account,
            format!(r#""tier": "{tier}", "seats": {seats}"#),
        );
        let user = owner(&self.user, format!(r#""role": "{}""#, self.role));
        policy::attributes(&account, &user, self.can_purchase)
    }

    /// A snapshot made now, and what of it the guarantees speak of.
    pub fn snapshot(&self, random: &mut Random, time: i64, exact: bool) -> (Snapshot, Truth) {
        let mut snapshot = Snapshot {
            plan: PLANS[self.plan].to_owned(),
            plan_epoch: Some(self.epoch),
            server_time: Some(Timestamp(time)),
            account_created_at: self.account_made.map(Timestamp),
            user_created_at: self.user_made.map(Timestamp),
            attributes: self.attributes(),
            can_purchase: Some(self.can_purchase),
            trial_ends_at: self.trial_ends.map(Timestamp),
            trial_extendable: self.epoch % 2 == 0,
            features: self
                .features
                .iter()
                .map(|feature| Key::of(feature))
                .collect(),
            overage_accepted: if self.overage {
                vec![Key::of("tokens")]
            } else {
                Vec::new()
            },
            in_sales_conversation: self.conversation,
            ..Snapshot::default()
        };
        let (mut rooms, mut emails) = (None, None);
        for meter in COUNTED {
            let exact = exact || meter == "rooms";
            if meter != "rooms" && random.percent(10) {
                continue;
            }
            let heard = self.heard.iter().filter(|((name, _), _)| *name == meter);
            let mut counted: Vec<(Writer, i64, i64)> = heard
                .map(|((_, writer), (added, released))| (Writer(*writer), *added, *released))
                .collect();
            if counted.is_empty() {
                // A server that counts by writer says so also before it has heard of any.
                counted.push((Writer(1), 0, 0));
            }
            let used = self.used.get(meter).copied().unwrap_or(0);
            if meter == "rooms" {
                let held = counted
                    .iter()
                    .map(|(writer, added, released)| (writer.0, (*added, *released)));
                rooms = Some((used, held.collect()));
            }
            if meter == "emails" && !exact {
                emails = Some(used);
            }
            snapshot.meters.push(MeterFigure {
                meter: Key::of(meter),
                used: Some(used),
                limit: Limit::UNKNOWN,
                period: None,
                // A level's is what it held: enough of both that an estimate comes and goes.
                daily: (0..random.between(-20, 30))
                    .map(|_| random.between(0, 8))
                    .collect(),
                counted: if exact { counted } else { Vec::new() },
            });
        }
        let truth = Truth {
            epoch: self.epoch,
            server_time: time,
            plan: snapshot.plan.clone(),
            features: snapshot.features.iter().map(|feature| feature.0).collect(),
            can_purchase: self.can_purchase,
            conversation: self.conversation,
            rooms,
            emails,
        };
        (snapshot, truth)
    }
}

/// Months since 1970 by counting; fine for the simulated years.
fn month(time: i64) -> i64 {
    let text = crate::spec_reader::clock::text(time);
    let year: i64 = text
        .get(..4)
        .and_then(|year| year.parse().ok())
        .unwrap_or(0);
    let month: i64 = text
        .get(5..7)
        .and_then(|month| month.parse().ok())
        .unwrap_or(0);
    year * 12 + month
}
