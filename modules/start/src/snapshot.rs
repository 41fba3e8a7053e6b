//! The snapshot's way in: one call a field, so that no object crosses the boundary and no JSON is parsed.
//! Owns the draft until `tell` says that it is whole; checks nothing, because `pkg/shell/snapshot.js`
//! has checked types and ranges and can name the path of what is wrong.

use crate::Core;
use plimsoll::engine::memory::Table;
use plimsoll::json::read_hex;
use plimsoll::unit::Key;

impl Core {
    /// A text of the snapshot: 0 the plan · 1 the billing owner · 2 a feature the account has · 3 a meter whose
    /// overage it accepted · 4 a meter, with which its figures begin · 5 a writer, with which what was counted
    /// of it begins · 6 the attributes, in one text. Its numbers are those of [`plimsoll::engine::input::Said`].
    pub(crate) fn snapshot_text(&mut self, field: u32, text: &str) {
        let key = Key::of(text);
        let (table, a, b) = match field {
            0 => return self.draft.plan = key,
            1 => return self.draft.billing_owner = text.to_owned(),
            2 | 3 => (
                Table::Listed,
                u64::from(field).wrapping_sub(1),
                u64::from(key.0),
            ),
            6 => return self.draft.attributes = text.to_owned(),
            4 => (Table::Figure, u64::from(key.0), 0),
            _ => (Table::Cover, 0, read_hex(text)),
        };
        self.draft.row(table, a, b);
    }
}
