//! The snapshot's way in: one call a field, so that no object crosses the boundary and no JSON is parsed.
//! Owns the draft between [`Core::snapshot_begin`] and [`Core::snapshot_end`]; checks nothing, because
//! `pkg/shell/snapshot.js` has checked types and ranges and can name the path of what is wrong.

use crate::{Core, now, whole};
use plimsoll::engine::input::{Input, MeterFigure, Snapshot};
use plimsoll::json::read_hex;
use plimsoll::unit::{Key, Limit, Timestamp, Writer};
use wasm_bindgen::prelude::*;

/// A snapshot that is not whole yet.
#[derive(Default)]
pub(crate) struct Draft(Snapshot);

#[wasm_bindgen]
impl Core {
    /// Begins a snapshot; what was begun before is forgotten.
    pub fn snapshot_begin(&mut self, plan: String, billing_owner: String) {
        self.draft = Draft(Snapshot {
            plan,
            billing_owner,
            ..Snapshot::default()
        });
    }

    /// A number of the snapshot: times in milliseconds, truths as 0 and 1.
    pub fn snapshot_number(&mut self, field: u32, value: f64) {
        let draft = &mut self.draft.0;
        let time = Some(Timestamp(whole(value)).clamped());
        let truth = value != 0.0;
        match field {
            0 => draft.plan_epoch = Some(whole(value)),
            1 => draft.server_time = time,
            2 => draft.account_created_at = time,
            3 => draft.user_created_at = time,
            4 => draft.can_purchase = Some(truth),
            5 => draft.trial_ends_at = time,
            6 => draft.trial_extendable = truth,
            _ => draft.in_sales_conversation = truth,
        }
    }

    /// A feature the account has, or a meter whose overage it accepted.
    pub fn snapshot_listed(&mut self, id: &str, overage: bool) {
        let draft = &mut self.draft.0;
        let list = if overage {
            &mut draft.overage_accepted
        } else {
            &mut draft.features
        };
        list.push(Key::of(id));
    }

    /// A meter: `used` -1 for unknown; `limit` 1 or more, 0 none, -1 unlimited, -2 the plan's;
    /// `start` -1 for no period.
    pub fn snapshot_meter(&mut self, id: &str, used: f64, limit: f64, start: f64, end: f64) {
        let limit = match whole(limit) {
            0 => Some(Limit::None),
            -1 => Some(Limit::Unlimited),
            limit if limit > 0 => Some(Limit::Of(limit)),
            _ => None,
        };
        let period = (
            Timestamp(whole(start)).clamped(),
            Timestamp(whole(end)).clamped(),
        );
        self.draft.0.meters.push(MeterFigure {
            meter: Key::of(id),
            used: (used >= 0.0).then_some(whole(used)),
            limit,
            period: (start >= 0.0).then_some(period),
            counted: Vec::new(),
        });
    }

    /// What the host's server counted of a writer, in the last meter.
    pub fn snapshot_counted(&mut self, writer: &str, added: f64, released: f64) {
        if let (Some(writer), Some(meter)) = (read_hex(writer), self.draft.0.meters.last_mut()) {
            meter
                .counted
                .push((Writer(writer), whole(added), whole(released)));
        }
    }

    /// The snapshot is whole.
    pub fn snapshot_end(&mut self, wall: f64, mono: f64) {
        let snapshot = core::mem::take(&mut self.draft.0);
        self.input(now(wall, mono), Input::Snapshot(Box::new(snapshot)));
    }
}
