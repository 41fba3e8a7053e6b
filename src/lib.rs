//! Plimsoll: from a used-up quota to the right prompt, an upgrade and a qualified lead.
//!
//! The crate is pure: it is told the time, the truth and what happened, and answers with effects.
pub mod engine;
pub mod json;
pub mod plim;
pub mod policy;
pub mod unit;
