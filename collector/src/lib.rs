//! The collector: keeps the events that browsers and servers send, and gives out the compiled policy.
//!
//! It owns what an HTTP answer promises (`http`), which events and requests are let in (`event`, `request`),
//! how they are kept exactly once (`store`), who may ask (`keys`), what browsers decide with (`policy`), and
//! what a policy would have done (`replay`).
//! It does not decide prompts and knows no browser crate; the engine lives in the root crate.
//! A request goes `http` → `keys` → `event` or `request` → `store`, and is answered after the store has synced.

pub mod event;
pub mod http;
pub mod keys;
pub mod policy;
pub mod replay;
pub mod request;
pub mod store;
