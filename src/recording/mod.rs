//! Recordings: what the engine was told, in few characters, so that it can be told again.
//! Owns the format of `Inputs Recorded` and who is sampled; knows nothing of sending or of what a policy makes of it.
//! A page's [`Encoder`] writes the text that an event carries; [`decode`] reads it for `plimsoll replay`.
//!
//! A recording holds less than was said. Uses and releases of one minute with nothing else between are one
//! entry a meter. A showing goes by its prompt and subject, because another policy makes others. Wakes,
//! memories of other tabs, routes, names and attributes are not in it: a replay wakes and merges by itself,
//! and no text of a person leaves the page.

mod decode;
mod encode;
#[cfg(test)]
mod tests;

pub use decode::{Unreadable, decode};
pub use encode::Encoder;

use crate::engine::input::{Input, Now, Objection, Paint, Response};
use crate::unit::{Digest, Key};

/// What every recording begins with; the digit is the format's.
const MARK: &str = "R1";
/// Most characters that one active minute takes, its snapshots aside.
pub const MINUTE_CHARS: usize = 1_024;
/// Of these, what is left to uses, releases and the page's changes when a person attempts and answers
/// without end: figures must come out right.
const RESERVED_CHARS: usize = 320;
/// An owner takes what is recorded when it is longer than this, so that an event has room for it.
pub const CHUNK_CHARS: usize = 8_192;
/// Numbers are written in these characters, five bits each; a sixth says that more follow.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// What an entry is about: its first number, which never changes its meaning.
const USE: u64 = 0;
const RELEASE: u64 = 1;
const ATTEMPT: u64 = 2;
const LIMIT_HIT: u64 = 3;
const EXPLORE: u64 = 4;
const PAINTED: u64 = 5;
const RESPOND: u64 = 6;
const CONVERTED: u64 = 7;
const CONTEXT: u64 = 8;
const SNAPSHOT: u64 = 9;
const LEFT_OUT: u64 = 10;
const SIGNAL: u64 = 11;
const BECAUSE: u64 = 12;

/// Something the engine was told, as a recording has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// An input as it was.
    Input(Input),
    /// What happened on the screen with a prompt about a meter or feature, key 0 for none.
    Painted {
        prompt: Key,
        subject: Key,
        paint: Paint,
    },
    /// What the person did with it.
    Respond {
        prompt: Key,
        subject: Key,
        response: Response,
    },
    /// Why they put it off.
    Because {
        prompt: Key,
        subject: Key,
        objection: Objection,
    },
    /// So many inputs had no room.
    LeftOut(u64),
}

/// When something was said, and what.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// The device's clocks; the wall clock as it goes on from the beginning of the recording.
    pub at: Now,
    /// What was said.
    pub told: Told,
}

/// What a recording says, as far as it could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Which of its page life's recordings this is, from 0.
    pub part: u64,
    /// What was said, in order.
    pub moments: Vec<Moment>,
    /// Entries that were cut off.
    pub lost: u64,
}

/// Whether an account is among those that are recorded, of whom there are so many in a hundred.
/// The same for all its users, in every browser, and whoever is recorded at 20 is at 30.
#[must_use]
pub fn is_sampled(account: &str, percent: u32) -> bool {
    let hash = Digest::default().text("recording").text(account).finish();
    hash % 100 < u64::from(percent)
}
