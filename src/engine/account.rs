//! The account as the newest snapshot has it: plan, epoch, permissions, and how snapshots become memory.
//! Owns the order of snapshots; knows nothing of usage or prompts.
//! `usage` reads the figures it writes; `decide` asks it what the account owns.

use super::daily;
use super::input::Snapshot;
use super::memory::{Columns, Memory, Row, Table};
use crate::plim::Plim;
use crate::unit::{Key, Timestamp};

const CAN_PURCHASE: i64 = 1;
const SALES_CONVERSATION: i64 = 2;
const TRIAL_EXTENDABLE: i64 = 4;
const FEATURES: u64 = 1;
const OVERAGE: u64 = 2;

/// What is known of the account.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Account {
    /// Whether a snapshot has come.
    pub known: bool,
    /// Index of the plan; `None` when the policy does not have it.
    pub plan: Option<u32>,
    /// Grows with each plan change.
    pub epoch: i64,
    /// When the newest snapshot was made.
    pub server_time: Timestamp,
    /// Whether this user can buy.
    pub can_purchase: bool,
    /// Sales is talking with the account.
    pub sales_conversation: bool,
    /// Whether the trial may be extended.
    pub trial_extendable: bool,
    /// When the trial ends; 0 for never, as below.
    pub trial_ends: Timestamp,
    /// When the account was made.
    pub account_created: Timestamp,
    /// When the user was made.
    pub user_created: Timestamp,
    /// Where its snapshot stands among others; compared left to right, larger is newer. It begins with the
    /// host's plan epoch, 0, 0. Without that, with the epoch before, the plan and the own epoch negated:
    /// of two that follow the same epoch with the same plan, the lower own epoch wins. Its time is last.
    order: [i64; 4],
}

impl Account {
    /// Reads the newest snapshot out of memory.
    pub fn read(plim: &Plim, memory: &Memory) -> Self {
        let mut account = Self::default();
        if let Some(row) = memory.find(Table::Snapshot, 0, 0) {
            let [o0, o1, o2, time, epoch, plan, flags, trial] = *row;
            account.known = true;
            account.order = [o0, o1, o2, time];
            account.server_time = Timestamp(time);
            account.epoch = epoch;
            account.plan = plim.plan_index(Key(plan as u32));
            if fault!(19) {
                account.plan = account.plan.or(Some(0));
            }
            account.can_purchase = flags & CAN_PURCHASE != 0;
            account.sales_conversation = flags & SALES_CONVERSATION != 0;
            account.trial_extendable = flags & TRIAL_EXTENDABLE != 0;
            account.trial_ends = Timestamp(trial);
        }
        let ages = memory.row(Table::Snapshot, 0, 1);
        account.account_created = Timestamp(ages[4]);
        account.user_created = Timestamp(ages[5]);
        account
    }

    /// Whether a row that a snapshot made belongs to the newest snapshot's epoch.
    pub fn same_epoch(&self, row: &Columns) -> bool {
        row[..3] == self.order[..3]
    }

    /// Whether the newest snapshot made a row.
    pub fn made(&self, row: &Columns) -> bool {
        row[..4] == self.order
    }

    /// Whether the account has a feature, by plan or on its own.
    pub fn has_feature(&self, plim: &Plim, memory: &Memory, feature: u32) -> bool {
        let by_plan = self
            .plan
            .and_then(|plan| plim.root().plans().get(plan))
            .is_some_and(|plan| plan.features().iter().any(|index| index == feature));
        by_plan
            || plim
                .root()
                .features()
                .get(feature)
                .is_some_and(|feature| self.listed(memory, FEATURES, feature.key()))
    }

    /// Whether the account accepted going over on a meter.
    pub fn accepted_overage(&self, memory: &Memory, meter: u32) -> bool {
        self.listed(memory, OVERAGE, meter)
    }

    fn listed(&self, memory: &Memory, list: u64, key: u32) -> bool {
        memory
            .find(Table::Listed, list, u64::from(key))
            .is_some_and(|row| self.made(row))
    }
}

/// Writes a snapshot into memory. False when a newer one is there.
pub(super) fn apply(
    plim: &Plim,
    memory: &mut Memory,
    known: &Account,
    snapshot: &mut Snapshot,
    arrival: Timestamp,
) -> bool {
    let [
        said_epoch,
        server_time,
        account_created,
        user_created,
        can_purchase,
        trial_ends,
        trial_extendable,
        sales,
    ] = snapshot.facts;
    let plan = i64::from(snapshot.plan.0);
    let mut time = arrival.0;
    if server_time > 0 {
        time = Timestamp(server_time).clamped().0;
    }
    let before = memory.row(Table::Snapshot, 0, 0)[5];
    let [mut o0, mut o1, mut o2, newest] = known.order;
    let mut epoch = known.epoch;
    if said_epoch >= 0 {
        (o0, o1, o2, epoch) = (said_epoch, 0, 0, said_epoch);
    } else if !known.known {
        (o0, o1) = (-1, plan);
    } else if before != plan && time >= newest {
        (o0, o1) = (epoch, plan);
        epoch = time.max(epoch.wrapping_add(1));
        o2 = epoch.wrapping_neg();
    }
    let order = [o0, o1, o2, time];
    if known.known && order < known.order && !fault!(25) {
        return false;
    }
    let flags = can_purchase.wrapping_mul(CAN_PURCHASE)
        | sales.wrapping_mul(SALES_CONVERSATION)
        | trial_extendable.wrapping_mul(TRIAL_EXTENDABLE);
    let newest = [o0, o1, o2, time, epoch, plan, flags, trial_ends];
    memory.join(Table::Snapshot, 0, 0, &newest);
    let made = [o0, o1, o2, time, account_created, user_created];
    memory.join(Table::Snapshot, 0, 1, &made);
    for Row { table, a, b, v } in &mut snapshot.rows {
        // What the policy does not know is ignored.
        if *table == Table::Listed || plim.meter_index(Key(*a as u32)).is_some() {
            [v[0], v[1], v[2], v[3]] = order;
            memory.join(*table, *a, *b, v);
        }
    }
    let (mut meter, mut day) = (0, 0);
    for (of, figure) in snapshot.daily.iter().rev() {
        if plim.meter_index(Key(*of as u32)).is_none() {
            continue;
        }
        if *of != meter {
            (meter, day) = (*of, daily::day_of(Timestamp(time)));
        }
        day = day.wrapping_sub(1);
        daily::keep(memory, of << 32, day, *figure);
    }
    true
}
