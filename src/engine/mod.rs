//! The decision engine: a pure state machine that is told what happened and answers with effects.
pub mod effect;
pub mod input;
pub mod memory;
