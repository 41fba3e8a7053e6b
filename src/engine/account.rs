//! The account as the newest snapshot has it: plan, epoch, permissions, and how snapshots become memory.
//! Owns the order of snapshots; knows nothing of usage or prompts.
//! `usage` reads the figures it writes; `decide` asks it what the account owns.

use super::input::Snapshot;
use super::memory::{Columns, Memory, Table};
use crate::plim::Plim;
use crate::unit::{COUNT_MAX, Key, Limit, Timestamp};

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
    snapshot: &Snapshot,
    arrival: Timestamp,
) -> bool {
    let plan = i64::from(Key::of(&snapshot.plan).0);
    let time = snapshot.server_time.unwrap_or(arrival).clamped().0;
    let before = memory.row(Table::Snapshot, 0, 0)[5];
    let [o0, o1, o2, newest] = known.order;
    let mut v = [o0, o1, o2, time, known.epoch, 0, 0, 0];
    if let Some(epoch) = snapshot.plan_epoch {
        v = [epoch, 0, 0, time, epoch, 0, 0, 0];
    } else if !known.known {
        v = [-1, plan, 0, time, 0, 0, 0, 0];
    } else if before != plan && time >= newest {
        let epoch = time.max(known.epoch.wrapping_add(1));
        v = [
            known.epoch,
            plan,
            epoch.wrapping_neg(),
            time,
            epoch,
            0,
            0,
            0,
        ];
    }
    if known.known && v[..4] < known.order[..] && !fault!(25) {
        return false;
    }
    let flag = |on: bool, flag: i64| if on { flag } else { 0 };
    v[5] = plan;
    v[6] = flag(snapshot.can_purchase.unwrap_or(true), CAN_PURCHASE)
        | flag(snapshot.in_sales_conversation, SALES_CONVERSATION)
        | flag(snapshot.trial_extendable, TRIAL_EXTENDABLE);
    v[7] = number(snapshot.trial_ends_at);
    memory.join(Table::Snapshot, 0, 0, &v);
    v[4] = number(snapshot.account_created_at);
    v[5] = number(snapshot.user_created_at);
    (v[6], v[7]) = (0, 0);
    memory.join(Table::Snapshot, 0, 1, &v);
    for (list, keys) in [
        (FEATURES, &snapshot.features),
        (OVERAGE, &snapshot.overage_accepted),
    ] {
        for key in keys {
            memory.join(Table::Listed, list, u64::from(key.0), &v[..4]);
        }
    }
    for figure in &snapshot.meters {
        // What the policy does not know is ignored.
        if plim.meter_index(figure.meter).is_none() {
            continue;
        }
        let a = u64::from(figure.meter.0);
        (v[6], v[7]) = (0, 0);
        for (writer, added, released) in &figure.counted {
            (v[4], v[5]) = (*added, *released);
            memory.join(Table::Cover, a, writer.0, &v);
        }
        let counted = i64::from(!figure.counted.is_empty());
        v[4] = figure.used.map_or(-1, |used| {
            used.clamp(0, COUNT_MAX).wrapping_mul(2) | counted
        });
        v[5] = figure.limit.0.clamp(Limit::UNLIMITED.0, COUNT_MAX);
        let (start, end) = figure.period.unwrap_or_default();
        (v[6], v[7]) = (start.0, end.0);
        memory.join(Table::Figure, a, 0, &v);
    }
    true
}

/// An instant as a column: 0 for none.
fn number(at: Option<Timestamp>) -> i64 {
    at.map_or(0, |at| at.clamped().0.max(1))
}
