//! Planted bugs, for tests that must show they can fail. Compiled only with the feature `planted-bugs`.

use std::cell::Cell;

thread_local! {
    static PLANTED: Cell<Option<u8>> = const { Cell::new(None) };
    static FIRED: Cell<u64> = const { Cell::new(0) };
}

/// Plants one bug in this thread, or none.
pub fn plant(id: Option<u8>) {
    PLANTED.set(id);
    FIRED.set(0);
}

/// How often this thread came by the planted bug.
#[must_use]
pub fn fired() -> u64 {
    FIRED.get()
}

/// Whether this bug is planted.
#[must_use]
pub fn on(id: u8) -> bool {
    let planted = PLANTED.get() == Some(id);
    FIRED.set(FIRED.get().wrapping_add(u64::from(planted)));
    planted
}
