//! Fuzzes lists of inputs with the body of tests/fuzz.
//! Owns nothing; what must hold is said there.
//! Run by `cargo +nightly fuzz run inputs`; `cargo xtask soak` runs the body without it, on any compiler.

#![no_main]

#[expect(dead_code, reason = "a target runs one of the bodies")]
#[path = "../../tests/fuzz/bodies.rs"]
mod bodies;

use std::sync::OnceLock;

static PLIM: OnceLock<plimsoll::Plim> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let plim = PLIM.get_or_init(bodies::policy);
    bodies::inputs(plim, bytes);
});
