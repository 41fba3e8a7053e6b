//! The account as the newest snapshot has it: plan, epoch, permissions, and how snapshots become memory.
//! Owns the order of snapshots; knows nothing of usage or prompts.
//! `usage` reads the figures it writes; `decide` asks it what the account owns.

use super::input::Snapshot;
use super::memory::{Columns, Memory, Table};
use crate::plim::Plim;
use crate::unit::{COUNT_MAX, Key, Limit, Timestamp};

/// Where a snapshot stands among others; compared left to right, larger is newer.
/// With the host's plan epoch it is [epoch, 0, 0]. Without, it is [epoch before, plan, -own epoch]:
/// of two that follow the same epoch with the same plan, the lower own epoch wins.
pub(super) type Order = [i64; 3];

const CAN_PURCHASE: i64 = 1;
const SALES_CONVERSATION: i64 = 2;
const TRIAL_EXTENDABLE: i64 = 4;
const FEATURES: u64 = 1;
const OVERAGE: u64 = 2;

/// What is known of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// When the trial ends.
    pub trial_ends: Option<Timestamp>,
    /// When the account was made.
    pub account_created: Option<Timestamp>,
    /// When the user was made.
    pub user_created: Option<Timestamp>,
    order: Order,
}

impl Account {
    /// Reads the newest snapshot out of memory.
    pub fn read(plim: &Plim, memory: &Memory) -> Self {
        let Some(row) = memory.find(Table::Snapshot, 0, 0) else {
            return Self::default();
        };
        let [o0, o1, o2, server_time, epoch, plan, flags, trial] = *row;
        let more = memory
            .find(Table::Snapshot, 0, 1)
            .copied()
            .unwrap_or_default();
        let index = plim.plan_index(Key(u32::try_from(plan).unwrap_or(0)));
        Self {
            known: true,
            plan: if fault!(19) { index.or(Some(0)) } else { index },
            epoch,
            server_time: Timestamp(server_time),
            can_purchase: flags & CAN_PURCHASE != 0,
            sales_conversation: flags & SALES_CONVERSATION != 0,
            trial_extendable: flags & TRIAL_EXTENDABLE != 0,
            trial_ends: stamp(trial),
            account_created: stamp(more[4]),
            user_created: stamp(more[5]),
            order: [o0, o1, o2],
        }
    }

    /// Whether a row with this order and time belongs to the newest snapshot's epoch.
    pub fn same_epoch(&self, row: &Columns) -> bool {
        row.get(..3) == Some(&self.order)
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
            .is_some_and(|row| self.same_epoch(row) && row.get(3) == Some(&self.server_time.0))
    }
}

/// What became of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// Older than the newest kept one.
    Ignored,
    /// Kept.
    Kept,
}

/// Writes a snapshot into memory, unless a newer one is there.
pub(super) fn apply(
    plim: &Plim,
    memory: &mut Memory,
    snapshot: &Snapshot,
    arrival: Timestamp,
) -> Applied {
    let known = Account::read(plim, memory);
    let plan = Key::of(&snapshot.plan);
    let time = snapshot.server_time.unwrap_or(arrival).clamped();
    let (order, epoch) = order_of(memory, &known, snapshot, plan, time);
    let older = (order, time) < (known.order, known.server_time);
    if known.known && older && !fault!(25) {
        return Applied::Ignored;
    }
    let [o0, o1, o2] = order;
    let mut v = [o0, o1, o2, time.0, 0, 0, 0, 0];
    for (list, keys) in [
        (FEATURES, &snapshot.features),
        (OVERAGE, &snapshot.overage_accepted),
    ] {
        for key in keys {
            memory.join(Table::Listed, list, u64::from(key.0), &v);
        }
    }
    let flag = |on: bool, flag: i64| if on { flag } else { 0 };
    v[4] = epoch;
    v[5] = i64::from(plan.0);
    v[6] = flag(snapshot.can_purchase.unwrap_or(true), CAN_PURCHASE)
        | flag(snapshot.in_sales_conversation, SALES_CONVERSATION)
        | flag(snapshot.trial_extendable, TRIAL_EXTENDABLE);
    v[7] = number(snapshot.trial_ends_at);
    memory.join(Table::Snapshot, 0, 0, &v);
    v[4] = number(snapshot.account_created_at);
    v[5] = number(snapshot.user_created_at);
    (v[6], v[7]) = (0, 0);
    memory.join(Table::Snapshot, 0, 1, &v);
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
        v[5] = limit_code(figure.limit);
        let (start, end) = figure.period.unwrap_or_default();
        (v[6], v[7]) = (start.0, end.0);
        memory.join(Table::Figure, a, 0, &v);
    }
    Applied::Kept
}

fn order_of(
    memory: &Memory,
    known: &Account,
    snapshot: &Snapshot,
    plan: Key,
    time: Timestamp,
) -> (Order, i64) {
    if let Some(epoch) = snapshot.plan_epoch {
        return ([epoch, 0, 0], epoch);
    }
    if !known.known {
        return ([-1, i64::from(plan.0), 0], 0);
    }
    let before = memory.find(Table::Snapshot, 0, 0).map_or(0, |row| row[5]);
    if before == i64::from(plan.0) || time < known.server_time {
        return (known.order, known.epoch);
    }
    let epoch = time.0.max(known.epoch.wrapping_add(1));
    (
        [known.epoch, i64::from(plan.0), epoch.wrapping_neg()],
        epoch,
    )
}

/// A limit as one number: -1 not said, -2 unlimited, 0 none.
fn limit_code(limit: Option<Limit>) -> i64 {
    match limit {
        None => -1,
        Some(Limit::Unlimited) => -2,
        Some(Limit::None) => 0,
        Some(Limit::Of(limit)) => limit.clamp(0, COUNT_MAX),
    }
}

/// Reads what [`apply`] wrote.
pub(super) fn limit_of(code: i64) -> Option<Limit> {
    match code {
        -2 => Some(Limit::Unlimited),
        0 => Some(Limit::None),
        limit if limit > 0 => Some(Limit::Of(limit)),
        _ => None,
    }
}

/// An instant as a column: 0 for none.
fn number(at: Option<Timestamp>) -> i64 {
    at.map_or(0, |at| at.clamped().0.max(1))
}

fn stamp(column: i64) -> Option<Timestamp> {
    (column > 0).then_some(Timestamp(column))
}
