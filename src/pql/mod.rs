//! Signals, the score and sales triggers: who is ready to buy, and from what anybody can see that.
//! Owns no clock, no account and no hand-off; it reads rows of memory and records of a compiled policy.
//! The engine calls it for one user, the collector for the merged memory of an account: it is the same code.

pub mod score;
pub mod signal;
pub mod trigger;

pub use score::{Contribution, Score, cross, score};
pub use signal::BuiltIn;
