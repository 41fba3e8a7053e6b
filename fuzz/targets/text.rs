//! Fuzzes texts of policies with the body of tests/fuzz.
//! Owns nothing; what must hold is said there.
//! Run by `cargo +nightly fuzz run text`; `cargo xtask soak` runs the body without it, on any compiler.

#![no_main]

#[expect(dead_code, reason = "a target runs one of the bodies")]
#[path = "../../tests/fuzz/bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bodies::text(bytes));
