//! The outbox: journals every event before it is sent and lets go of it only when it is acknowledged.
//! A pure state machine: storage, requests, clocks and chance are the caller's, who does what the effects say, in order.
//! Events come from `wire` as text; [`entry`] is how one is kept, [`send`] is how batches go out and answers come in.
//!
//! INVARIANT: requests are made one at a time, from the front of the queue, and an account of dropped
//! events stands behind everything it could speak of. So when it arrives, no event between its first and
//! last number is still on the way, and the collector may close the whole range.

mod entry;
mod send;

use crate::unit::{DAY_MS, HOUR_MS, MINUTE_MS, Millis, SECOND_MS, Timestamp, Writer};
use crate::wire::{DropReason, Dropped, EventMeta, Worth, dropped_json};
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

/// The time of an input: the page's monotonic clock for waiting, engine time for events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Milliseconds since some fixed instant in this page's life.
    pub mono: Millis,
    /// Engine time.
    pub time: Timestamp,
}

/// Everything that can happen to an outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// An event under the number that [`Outbox::meta`] gave.
    Record { worth: Worth, text: String },
    /// The journal of a berth that is no more, in the order of its slots.
    Adopt { values: Vec<String> },
    /// A time from [`Outbox::wake_at`] has come.
    Wake,
    /// Send now what waits: the page is hidden.
    Hide,
    /// The page goes away: no answer will be seen.
    Leave,
    /// The network is back; `random` spreads those who notice together.
    Online { random: u64 },
    /// What became of a request; `random` is fresh for each.
    Answered {
        batch: u64,
        answer: Answer,
        random: u64,
    },
    /// The host's answer to [`Effect::AskIdentity`].
    Identity(Option<String>),
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The collector has it; so many of its events were refused by code, which is final.
    Accepted { rejected: u32 },
    /// The server answered with this status instead.
    Refused {
        status: u16,
        retry_after_ms: Option<Millis>,
    },
    /// No answer, or none that a collector gives.
    Unreachable,
}

/// Something the outbox wants done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write this text under this slot of the berth's journal.
    Store { slot: u64, text: String },
    /// Remove the slot.
    Remove { slot: u64 },
    /// Post this body with `fetch` and report what becomes of it.
    Send { batch: u64, body: String },
    /// Post this body with `sendBeacon`.
    Beacon { body: String },
    /// Ask the host for a fresh token.
    AskIdentity,
    /// Tell the host.
    Report(Report),
}

/// Something the host may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// So many events are acknowledged.
    Sent { count: u32 },
    /// So many events were refused, each for itself, and are gone.
    Rejected { count: u32 },
    /// The endpoint is not a collector's; events are kept.
    Misconfigured { status: u16 },
    /// The key or the identity is refused; events are kept until the next start.
    Unauthorized { status: u16 },
    /// Events are dropped.
    Dropped { reason: DropReason },
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
    next_slot: u64,
    /// In the order they are sent; accounts of dropped events that were not sent yet stand last.
    queue: Vec<Entry>,
    queued_bytes: usize,
    sending: Sending,
    sent: u32,
    rejected: u32,
    dropped: u32,
}

impl Outbox {
    /// An empty outbox of a writer that has said nothing yet.
    #[must_use]
    pub fn new(sender: Sender, writer: Writer) -> Self {
        Self {
            sender,
            writer,
            next_seq: 1,
            next_slot: 1,
            queue: Vec::new(),
            queued_bytes: 0,
            sending: Sending::default(),
            sent: 0,
            rejected: 0,
            dropped: 0,
        }
    }

    /// Everything that happens, happens here.
    pub fn handle(&mut self, now: Clock, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Record { worth, text } => {
                let entry = Entry::new(self.writer, self.take_seq(), now.time, worth, text);
                self.push(now, entry, &mut effects);
                self.make_room(now, &mut effects);
            }
            Input::Adopt { values } => {
                self.adopt(now, &values, &mut effects);
                self.make_room(now, &mut effects);
            }
            Input::Wake => self.send_due(now, &mut effects),
            Input::Hide => {
                self.sending.hasten(now);
                self.send_due(now, &mut effects);
            }
            Input::Leave => self.beacon(now, &mut effects),
            Input::Online { random } => {
                self.sending.online(now, random);
                self.send_due(now, &mut effects);
            }
            Input::Answered {
                batch,
                answer,
                random,
            } => {
                self.answered(now, batch, answer, random, &mut effects);
            }
            Input::Identity(token) => {
                self.sending.identified(token);
                self.send_due(now, &mut effects);
            }
        }
        effects
    }

    /// When [`Input::Wake`] is wanted, on the monotonic clock.
    #[must_use]
    pub fn wake_at(&self) -> Option<Millis> {
        self.sending.wake_at(self.queue.is_empty())
    }

    /// What the next recorded event must say of itself.
    #[must_use]
    pub fn meta(&self, time: Timestamp) -> EventMeta<'_> {
        EventMeta {
            writer: self.writer,
            seq: self.next_seq,
            timestamp: time,
            user: &self.sender.user,
            account: &self.sender.account,
            revision: &self.sender.revision,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            queued: self.queue.len(),
            queued_bytes: self.queued_bytes,
            failures: self.sending.failures(),
            stopped: self.sending.is_stopped(),
            sent: self.sent,
            rejected: self.rejected,
            dropped: self.dropped,
        }
    }

    /// The policy changed under way; later events say so.
    pub fn revise(&mut self, revision: &str) {
        self.sender.revision = revision.to_owned();
    }

    fn take_seq(&mut self) -> u64 {
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        seq
    }

    /// Puts an entry behind all events, before the accounts that may still grow.
    fn push(&mut self, now: Clock, mut entry: Entry, effects: &mut Vec<Effect>) {
        entry.slot = self.next_slot;
        self.next_slot = self.next_slot.wrapping_add(1);
        self.queued_bytes = self.queued_bytes.wrapping_add(entry.bytes());
        effects.push(Effect::Store {
            slot: entry.slot,
            text: entry.to_text(),
        });
        let growing = self
            .queue
            .iter()
            .rev()
            .take_while(|entry| entry.is_growing())
            .count();
        let place = match entry.is_growing() {
            true => self.queue.len(),
            false => self.queue.len().wrapping_sub(growing),
        };
        self.queue.insert(place, entry);
        self.sending.queued(now, self.queued_bytes);
    }

    /// Takes over what another berth left, under its old ids.
    fn adopt(&mut self, now: Clock, values: &[String], effects: &mut Vec<Effect>) {
        let mut found: Vec<Entry> = values.iter().filter_map(|text| Entry::read(text)).collect();
        // Slots are reused by no one, but an account may have been rewritten in an early slot.
        found.sort_by_key(Entry::is_account);
        for entry in found {
            let known = |other: &Entry| (other.writer, other.seq) == (entry.writer, entry.seq);
            if !self.queue.iter().any(known) {
                self.push(now, entry, effects);
            }
        }
    }

    fn make_room(&mut self, now: Clock, effects: &mut Vec<Effect>) {
        if self.queued_bytes <= ROOM_BYTES {
            return;
        }
        for worth in [Worth::Held, Worth::Seen, Worth::Fact] {
            let mut excess = self.queued_bytes.saturating_sub(ROOM_AFTER_BYTES);
            self.drop_where(now, DropReason::Room, effects, &mut |entry| {
                let goes = excess > 0 && entry.worth == worth && !entry.is_account();
                if goes {
                    excess = excess.saturating_sub(entry.bytes());
                }
                goes
            });
        }
        if self.queued_bytes > KEPT_ROOM_BYTES {
            // Even answers have an end; the newest is the one that goes, so that a loop harms itself only.
            let newest = self.next_seq.wrapping_sub(1);
            let writer = self.writer;
            self.drop_where(now, DropReason::Room, effects, &mut |entry| {
                (entry.writer, entry.seq) == (writer, newest) && !entry.is_account()
            });
        }
    }

    /// Drops what is not in flight and fits, and accounts for it before the journal forgets it.
    fn drop_where(
        &mut self,
        now: Clock,
        reason: DropReason,
        effects: &mut Vec<Effect>,
        goes: &mut dyn FnMut(&Entry) -> bool,
    ) {
        let in_flight = self.sending.in_flight();
        let mut gone = Vec::new();
        let mut index = 0_usize;
        self.queue.retain(|entry| {
            let stays = index < in_flight || !goes(entry);
            index = index.wrapping_add(1);
            if !stays {
                gone.push((
                    entry.slot,
                    entry.writer,
                    entry.seq,
                    entry.bytes(),
                    entry.is_account(),
                ));
            }
            stays
        });
        if gone.is_empty() {
            return;
        }
        effects.push(Effect::Report(Report::Dropped { reason }));
        for (_, writer, seq, bytes, is_account) in &gone {
            self.queued_bytes = self.queued_bytes.wrapping_sub(*bytes);
            self.dropped = self.dropped.wrapping_add(1);
            // An account that is itself dropped closes no gap and is not accounted for again.
            if !is_account {
                self.widen(reason, *writer, *seq);
            }
        }
        self.write_accounts(now, effects);
        effects.extend(gone.iter().map(|(slot, ..)| Effect::Remove { slot: *slot }));
    }

    /// Adds one dropped event to an account that may still grow, or begins one.
    fn widen(&mut self, reason: DropReason, writer: Writer, seq: u64) {
        // Accounts have numbers too. None may fall into the range of another, which could overtake it.
        let accounts = self
            .queue
            .iter()
            .filter(|entry| entry.is_account() && entry.writer == writer);
        let numbers: Vec<u64> = accounts.map(|entry| entry.seq).collect();
        for entry in &mut self.queue {
            if entry.widen(reason, writer, seq, &numbers) {
                return;
            }
        }
        let dropped = Dropped {
            writer,
            from: seq,
            to: seq,
            reason,
            count: 1,
        };
        let own_seq = self.take_seq();
        let mut entry = Entry::account(self.writer, own_seq, dropped);
        entry.slot = self.next_slot;
        self.next_slot = self.next_slot.wrapping_add(1);
        self.queued_bytes = self.queued_bytes.wrapping_add(entry.bytes());
        self.queue.push(entry);
    }

    /// Writes the accounts that grew since they were last written.
    fn write_accounts(&mut self, now: Clock, effects: &mut Vec<Effect>) {
        let (sender, mut bytes) = (&self.sender, self.queued_bytes);
        for entry in &mut self.queue {
            let (writer, seq) = (entry.writer, entry.seq);
            let Some(dropped) = entry.unwritten() else {
                continue;
            };
            let meta = EventMeta {
                writer,
                seq,
                timestamp: now.time,
                user: &sender.user,
                account: &sender.account,
                revision: &sender.revision,
            };
            let text = dropped_json(&dropped, &meta);
            bytes = bytes.wrapping_sub(entry.bytes());
            entry.write(now.time, text);
            bytes = bytes.wrapping_add(entry.bytes());
            effects.push(Effect::Store {
                slot: entry.slot,
                text: entry.to_text(),
            });
        }
        self.queued_bytes = bytes;
        self.sending.queued(now, self.queued_bytes);
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
