//! The snapshot's way in: one call a field, so that no object crosses the boundary and no JSON is parsed.
//! Owns the draft until `tell` says that it is whole; checks nothing, because `pkg/shell/snapshot.js`
//! has checked types and ranges and can name the path of what is wrong.

use crate::{Core, whole};
use plimsoll::engine::input::{MeterFigure, Snapshot};
use plimsoll::json::read_hex;
use plimsoll::unit::{Key, Limit, Timestamp, Writer};

impl Core {
    /// A text of the snapshot: 0 the plan, with which a snapshot begins · 1 the billing owner · 2 a feature
    /// the account has · 3 a meter whose overage it accepted · 4 a meter, with which its figures begin
    /// · 5 a writer, with which what was counted of it begins.
    pub(crate) fn snapshot_text(&mut self, field: u32, text: &str) {
        let draft = &mut self.draft;
        match field {
            0 => {
                *draft = Snapshot {
                    plan: text.to_owned(),
                    ..Snapshot::default()
                }
            }
            1 => text.clone_into(&mut draft.billing_owner),
            2 => draft.features.push(Key::of(text)),
            3 => draft.overage_accepted.push(Key::of(text)),
            4 => draft.meters.push(MeterFigure {
                meter: Key::of(text),
                ..MeterFigure::default()
            }),
            _ => {
                let writer = Writer(read_hex(text));
                if let Some(meter) = draft.meters.last_mut() {
                    meter.counted.push((writer, 0, 0));
                }
            }
        }
    }

    /// A number of the snapshot, times in milliseconds, truths as 0 and 1: 0 plan epoch · 1 server time
    /// · 2 and 3 when account and user were made · 4 can purchase · 5 end of the trial · 6 extendable
    /// · 7 in a sales conversation. Of the last meter: 8 used · 9 limit, 0 for none, negative for unlimited
    /// · 10 and 11 start and end of the period. Of its last writer: 12 added · 13 released.
    pub(crate) fn snapshot_number(&mut self, field: u32, value: f64) {
        let draft = &mut self.draft;
        let value = whole(value);
        let time = Some(Timestamp(value).clamped());
        match field {
            0 => draft.plan_epoch = Some(value),
            1 => draft.server_time = time,
            2 => draft.account_created_at = time,
            3 => draft.user_created_at = time,
            4 => draft.can_purchase = Some(value != 0),
            5 => draft.trial_ends_at = time,
            6 => draft.trial_extendable = value != 0,
            7 => draft.in_sales_conversation = value != 0,
            _ => {
                if let Some(meter) = draft.meters.last_mut() {
                    figure(meter, field, value);
                }
            }
        }
    }
}

fn figure(meter: &mut MeterFigure, field: u32, value: i64) {
    let time = Timestamp(value).clamped();
    match (field, meter.counted.last_mut()) {
        (8, _) => meter.used = Some(value),
        (9, _) if value < 0 => meter.limit = Limit::UNLIMITED,
        (9, _) => meter.limit = Limit(value),
        (10, _) => meter.period = Some((time, time)),
        (11, _) => meter.period = meter.period.map(|(start, _)| (start, time)),
        (12, Some(counted)) => counted.1 = value,
        (_, Some(counted)) => counted.2 = value,
        _ => {}
    }
}
