//! Targeting: which accounts and users something is for, and which arm of an experiment they are in.
//! Owns conditions, patterns, the hash and the order of the checks; knows no prompts and remembers nothing.
//! `policy` compiles what this reads in place, `engine` asks it.

pub mod arm;
pub mod condition;
pub mod hash;
mod pattern;

pub(crate) use pattern::{END as PATTERN_END, START as PATTERN_START, lead};
