//! What survives a reload.

/// What the engine remembers across reloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {}
