//! Plimsoll: from a used-up quota to the right prompt, an upgrade and a qualified lead.
//!
//! The crate is pure: it is told the time, the truth and what happened, and answers with effects.
//! It knows nothing of browsers, sockets or files; `modules/` and `collector/` are its hands.
//! Start reading at [`Engine`].

/// `true` where a planted bug is switched on by a test; `false` in every real build.
macro_rules! fault {
    ($id:expr) => {{
        #[cfg(feature = "planted-bugs")]
        {
            crate::fault::on($id)
        }
        #[cfg(not(feature = "planted-bugs"))]
        {
            false
        }
    }};
}

pub mod engine;
#[cfg(feature = "planted-bugs")]
pub mod fault;
pub mod json;
pub mod outbox;
pub mod plim;
pub mod policy;
pub mod pql;
pub mod recording;
pub mod targeting;
pub mod unit;
pub mod wire;
pub mod words;
pub mod worst_week;

pub use engine::Engine;
pub use engine::effect::{Effect, HoldReason};
pub use engine::input::Input;
pub use engine::memory::Memory;
pub use plim::Plim;
pub use unit::Timestamp;
