//! The collector as its users meet it: a real process, real sockets, a real disk.
//!
//! Each module is a chapter of the promise; `support` starts servers and speaks HTTP by hand.

mod commands;
mod durability;
mod hostile;
mod intake;
mod reads;
mod requests;
mod support;
