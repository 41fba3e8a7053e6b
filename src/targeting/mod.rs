//! Targeting: which accounts and users something is for, and which arm of an experiment they are in.
//! Owns the hash, the spans and the order of the checks; knows no prompts and remembers nothing.
//! `policy` compiles what this reads in place, `engine` asks it.

pub mod arm;
pub mod hash;
