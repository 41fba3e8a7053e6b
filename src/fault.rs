//! Planted bugs, for tests that must show they can fail. Compiled only with the feature `planted-bugs`.

use std::cell::Cell;

thread_local! {
    static PLANTED: Cell<Option<u8>> = const { Cell::new(None) };
}

/// Plants one bug in this thread, or none.
pub fn plant(id: Option<u8>) {
    PLANTED.set(id);
}

/// Whether this bug is planted.
#[must_use]
pub fn on(id: u8) -> bool {
    PLANTED.get() == Some(id)
}
