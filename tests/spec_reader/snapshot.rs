//! A snapshot with its fields by name, as cases and hosts in the tests make it.
//! Says it to the engine number by number, as the shell does: absent fields are not said.
//! Made by `input` and by the host of the guarantees.

use plimsoll::engine::input::{Said, Snapshot as Told};
use plimsoll::engine::memory::Table;
use plimsoll::unit::{Key, Limit, Timestamp, Writer};

/// What a host's server says; the fields are those of `docs/snapshot.md`.
#[derive(Clone, Default)]
pub struct Snapshot {
    pub plan: String,
    pub plan_epoch: Option<i64>,
    pub server_time: Option<Timestamp>,
    pub account_created_at: Option<Timestamp>,
    pub user_created_at: Option<Timestamp>,
    pub can_purchase: Option<bool>,
    pub billing_owner: String,
    /// As conditions are read against them.
    pub attributes: String,
    pub trial_ends_at: Option<Timestamp>,
    pub trial_extendable: bool,
    pub features: Vec<Key>,
    pub overage_accepted: Vec<Key>,
    pub in_sales_conversation: bool,
    pub meters: Vec<MeterFigure>,
}

/// A meter in a snapshot.
#[derive(Clone, Default)]
pub struct MeterFigure {
    pub meter: Key,
    pub used: Option<i64>,
    pub limit: Limit,
    pub period: Option<(Timestamp, Timestamp)>,
    /// Of each day, the oldest first.
    pub daily: Vec<i64>,
    /// Writer, added, released.
    pub counted: Vec<(Writer, i64, i64)>,
}

impl Snapshot {
    /// As the engine takes it.
    pub fn told(&self) -> Box<Told> {
        let mut told = Told::default();
        told.plan = Key::of(&self.plan);
        told.billing_owner.clone_from(&self.billing_owner);
        told.attributes.clone_from(&self.attributes);
        let mut say = |said: Said, value: Option<i64>| {
            if let Some(value) = value {
                told.number(said as u32, value);
            }
        };
        say(Said::PlanEpoch, self.plan_epoch);
        say(Said::ServerTime, self.server_time.map(|at| at.0));
        say(Said::AccountCreated, self.account_created_at.map(|at| at.0));
        say(Said::UserCreated, self.user_created_at.map(|at| at.0));
        say(Said::CanPurchase, self.can_purchase.map(i64::from));
        say(Said::TrialEnds, self.trial_ends_at.map(|at| at.0));
        say(Said::TrialExtendable, Some(self.trial_extendable.into()));
        say(Said::Sales, Some(self.in_sales_conversation.into()));
        for (list, keys) in [(1, &self.features), (2, &self.overage_accepted)] {
            for key in keys {
                told.row(Table::Listed, list, key.0.into());
            }
        }
        for figure in &self.meters {
            told.row(Table::Figure, figure.meter.0.into(), 0);
            if let Some(used) = figure.used {
                told.number(Said::Used as u32, used);
            }
            told.number(Said::Limit as u32, figure.limit.0);
            if let Some((start, end)) = figure.period {
                told.number(Said::PeriodStart as u32, start.0);
                told.number(Said::PeriodEnd as u32, end.0);
            }
            for day in &figure.daily {
                told.number(Said::Day as u32, *day);
            }
            for (writer, added, released) in &figure.counted {
                told.row(Table::Cover, 0, writer.0);
                told.number(Said::Added as u32, *added);
                told.number(Said::Released as u32, *released);
            }
        }
        Box::new(told)
    }
}
