//! The outbox: journals every event before it is sent and lets go of it only when it is acknowledged.
//! A pure state machine: storage, requests, clocks and chance are the caller's, who does what the [`Words`] say, in order.
//! Events come from `wire` as text; [`entry`] is how one is kept, [`send`] is how batches go out and answers come in.
//!
//! It says `store` (place, text), `remove` (place), `send` (batch, body), `beacon` (body) and `identity` (ask
//! the host for a token); and for the host `sent` and `rejected` (how many), `misconfigured` and
//! `unauthorized` (status), and `dropped` (reason).
//!
//! INVARIANT: requests are made one at a time, from the front of the queue, and an account of dropped
//! events goes to its end whenever it grows. So when it arrives, no event between its first and last
//! number is still on the way, and the collector may close the whole range.

mod entry;
mod send;

use crate::unit::{DAY_MS, HOUR_MS, MINUTE_MS, Millis, SECOND_MS, Timestamp, Writer};
use crate::wire::{DropReason, Dropped, EventMeta, Worth, dropped_json};
use crate::words::Words;
use entry::Entry;
use send::Sending;

/// A request is at most this long, in bytes.
pub const BATCH_BYTES: usize = 16 * 1024;
/// Keepalive requests in flight together are at most this long, half of what browsers give a page.
pub const FLIGHT_BYTES: usize = 32 * 1024;
/// The journal takes at most this much, in bytes; past it the least valuable events go.
pub const ROOM_BYTES: usize = 256 * 1024;
/// Answers, upgrades and requests may take twice the room; a host that makes more than this is broken.
pub const KEPT_ROOM_BYTES: usize = 2 * ROOM_BYTES;
/// When room runs out, this much is left after dropping, so that dropping is rare.
const ROOM_AFTER_BYTES: usize = ROOM_BYTES / 8 * 7;
/// Events wait this long for company.
pub const FLUSH_MS: Millis = 5 * SECOND_MS;
/// The collector refuses older events.
pub const AGE_MAX_MS: Millis = 30 * DAY_MS;
/// The first retry comes within this; each further one within twice as long.
pub const RETRY_MS: Millis = SECOND_MS;
/// No retry waits longer, unless the server asks for it.
pub const RETRY_MAX_MS: Millis = 5 * MINUTE_MS;
/// A server may ask to wait this long at most; a broken proxy shall not silence a page for a year.
pub const RETRY_AFTER_MAX_MS: Millis = HOUR_MS;
/// A request without an answer for this long is taken as lost.
pub const ANSWER_MAX_MS: Millis = MINUTE_MS;
/// No time at all, where a time on the monotonic clock is expected.
pub const NEVER: Millis = Millis::MAX;

/// The time of an input: the page's monotonic clock for waiting, engine time for events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Milliseconds since some fixed instant in this page's life.
    pub mono: Millis,
    /// Engine time.
    pub time: Timestamp,
}

/// Where the outbox stands, for `explain`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Events that wait, those in flight among them.
    pub queued: usize,
    /// What they take, in bytes.
    pub queued_bytes: usize,
    /// Requests that failed since the last that did not.
    pub failures: u32,
    /// Nothing is sent before the next start: the key or the identity is refused.
    pub stopped: bool,
    /// Acknowledged since this start.
    pub sent: u32,
    /// Refused since this start.
    pub rejected: u32,
    /// Dropped since this start.
    pub dropped: u32,
}

/// Whose events these are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// The publishable key.
    pub write_key: String,
    /// Id of the account.
    pub account: String,
    /// Id of the user.
    pub user: String,
    /// Revision of the policy.
    pub revision: String,
}

/// The events of one berth on their way to the collector.
#[derive(Clone, Debug)]
pub struct Outbox {
    sender: Sender,
    writer: Writer,
    next_seq: u64,
    next_place: u64,
    /// In the order they are sent, which is that of their places.
    queue: Vec<Entry>,
    queued_bytes: usize,
    adopted_accounts: Vec<Entry>,
    account: Account,
    sending: Sending,
    now: Clock,
    sent: u32,
    rejected: u32,
    dropped: u32,
}

/// The last account of dropped events, which may grow as long as it was not sent.
#[derive(Clone, Copy, Debug)]
struct Account {
    /// Where the journal keeps it; 0 when there is none that may grow.
    place: u64,
    /// Its own number.
    seq: u64,
    dropped: Dropped,
}

impl Outbox {
    /// An empty outbox of a writer that has said nothing yet.
    #[must_use]
    #[inline(never)]
    pub fn new(sender: Sender, writer: Writer) -> Self {
        Self {
            sender,
            writer,
            next_seq: 1,
            next_place: 1,
            queue: Vec::new(),
            queued_bytes: 0,
            adopted_accounts: Vec::new(),
            account: Account {
                place: 0,
                seq: 0,
                dropped: Dropped {
                    writer,
                    from: 0,
                    to: 0,
                    reason: DropReason::Room,
                    count: 0,
                },
            },
            sending: Sending::default(),
            now: Clock::default(),
            sent: 0,
            rejected: 0,
            dropped: 0,
        }
    }

    /// Begins anew, as another writer.
    pub fn renew(&mut self, sender: Sender, writer: Writer) {
        self.sender = sender;
        self.writer = writer;
        self.empty();
    }

    /// Forgets what waits: nothing of it may leave the browser.
    #[inline(never)]
    pub fn empty(&mut self) {
        *self = Self::new(core::mem::take(&mut self.sender), self.writer);
    }

    /// Everything that follows happens at this time.
    pub fn at(&mut self, now: Clock) -> &mut Self {
        self.now = now;
        self
    }

    /// Takes in an event under the number that [`Outbox::meta`] gave.
    pub fn record(&mut self, worth: Worth, json: &str, words: &mut Words) {
        let seq = self.take_seq();
        let entry = Entry::new(worth, self.writer, seq, self.now.time, json);
        self.push(entry, words);
        if self.queued_bytes > KEPT_ROOM_BYTES {
            // Even answers have an end; the newest is the one that goes, so that a loop harms itself only.
            let newest = self.queue.len().wrapping_sub(1);
            self.forget(newest, Some(DropReason::Room), words);
        }
        self.make_room(words);
    }

    /// Takes over, under its old id, what stands in a place of a dead berth's journal.
    pub fn adopt(&mut self, value: &str, words: &mut Words) {
        if let Some(entry) = Entry::read(value) {
            if entry.is(Worth::Account) {
                self.adopted_accounts.push(entry);
            } else {
                self.push_unknown(entry, words);
            }
        }
    }

    /// That was the whole journal; what it accounted for goes behind all it could speak of.
    pub fn adopted(&mut self, words: &mut Words) {
        for entry in core::mem::take(&mut self.adopted_accounts) {
            self.push_unknown(entry, words);
        }
        self.make_room(words);
    }

    /// One that was adopted before has the same text: it never changes on the way from journal to journal.
    fn push_unknown(&mut self, entry: Entry, words: &mut Words) {
        for known in &self.queue {
            if known.text == entry.text {
                return;
            }
        }
        self.push(entry, words);
    }

    /// What the next recorded event must say of itself.
    #[must_use]
    pub fn meta(&self) -> EventMeta<'_> {
        self.meta_of(self.next_seq)
    }

    fn meta_of(&self, seq: u64) -> EventMeta<'_> {
        EventMeta {
            writer: self.writer,
            seq,
            timestamp: self.now.time,
            user: &self.sender.user,
            account: &self.sender.account,
            revision: &self.sender.revision,
            arms: "",
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            queued: self.queue.len(),
            queued_bytes: self.queued_bytes,
            failures: self.sending.failures,
            stopped: self.sending.is_stopped(),
            sent: self.sent,
            rejected: self.rejected,
            dropped: self.dropped,
        }
    }

    /// The policy changed under way; later events say so.
    pub fn revise(&mut self, revision: &str) {
        revision.clone_into(&mut self.sender.revision);
    }

    fn take_seq(&mut self) -> u64 {
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        seq
    }

    /// Puts an entry behind all others.
    fn push(&mut self, mut entry: Entry, words: &mut Words) {
        entry.place = self.next_place;
        self.next_place = entry.place.wrapping_add(1);
        self.queued_bytes = self.queued_bytes.wrapping_add(entry.text.len());
        words.say("store", entry.place.cast_signed(), &entry.text);
        self.queue.push(entry);
        self.sending.queued(self.now, self.queued_bytes);
    }

    /// Past its room the least valuable go first, and answers never.
    fn make_room(&mut self, words: &mut Words) {
        if self.queued_bytes <= ROOM_BYTES {
            return;
        }
        for worth in [Worth::Held, Worth::Seen, Worth::Fact] {
            let mut at = self.sending.in_flight;
            while self.queued_bytes > ROOM_AFTER_BYTES
                && let Some(entry) = self.queue.get(at)
            {
                if entry.is(worth) {
                    self.forget(at, Some(DropReason::Room), words);
                } else {
                    at = at.wrapping_add(1);
                }
            }
        }
    }

    /// Lets go of an entry. One that is dropped for a reason is accounted for before the journal forgets it.
    #[inline(never)]
    fn forget(&mut self, at: usize, dropped: Option<DropReason>, words: &mut Words) {
        if at >= self.queue.len() {
            return;
        }
        let entry = self.queue.remove(at);
        self.queued_bytes = self.queued_bytes.wrapping_sub(entry.text.len());
        if let Some(reason) = dropped {
            self.dropped = self.dropped.wrapping_add(1);
            // An account that is itself dropped closes no gap and is not accounted for again.
            if !entry.is(Worth::Account) {
                self.account_for(&entry, reason, words);
            }
        }
        words.say("remove", entry.place.cast_signed(), "");
    }

    /// Adds a dropped event to the last account, or begins another.
    fn account_for(&mut self, gone: &Entry, reason: DropReason, words: &mut Words) {
        let (writer, seq) = (gone.writer(), gone.seq());
        let mut old = self
            .queue
            .iter()
            .position(|entry| entry.place == self.account.place);
        let dropped = &self.account.dropped;
        if dropped.writer != writer || dropped.reason != reason {
            old = None;
        }
        if old.is_none() {
            self.account = Account {
                place: 0,
                seq: self.take_seq(),
                dropped: Dropped {
                    writer,
                    from: seq,
                    to: seq,
                    reason,
                    count: 0,
                },
            };
            words.say("dropped", 0, reason.name());
        }
        let dropped = &mut self.account.dropped;
        dropped.from = dropped.from.min(seq);
        dropped.to = dropped.to.max(seq);
        dropped.count = dropped.count.wrapping_add(1);
        let text = dropped_json(&self.account.dropped, &self.meta_of(self.account.seq));
        let entry = Entry::new(
            Worth::Account,
            self.writer,
            self.account.seq,
            self.now.time,
            &text,
        );
        self.account.place = self.next_place;
        self.push(entry, words);
        // Under its new place it stands behind whatever it speaks of. A crash between the two leaves the
        // old one, and the event that it does not name.
        if let Some(old) = old {
            self.forget(old, None, words);
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod tests;
