//! The policy as people write it: what is refused and in which words, what the smallest one promises,
//! and what becomes of texts, links and limits when it is compiled.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by stopping, and so do its helpers"
)]

#[path = "policy/difference.rs"]
mod difference;
#[path = "policy/docs.rs"]
mod docs;
#[path = "policy/errors.rs"]
mod errors;
#[path = "policy/gallery.rs"]
mod gallery;
#[path = "policy/hostile.rs"]
mod hostile;
#[path = "policy/locales.rs"]
mod locales;
#[path = "policy/promises.rs"]
mod promises;
#[path = "policy/schema.rs"]
mod schema;
#[path = "policy/warnings.rs"]
mod warnings;
#[path = "policy/worst_week.rs"]
mod worst_week;
