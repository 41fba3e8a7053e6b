//! Sending: which batch goes when, and what each answer of a server means (`docs/wire.md`).
//! Owns the one request in flight, the waiting between retries, and halving; the queue is [`super`]'s.
//! It makes bodies; whoever carries out the words posts them.

use super::{
    AGE_MAX_MS, ANSWER_MAX_MS, BATCH_BYTES, Clock, FLIGHT_BYTES, FLUSH_MS, NEVER, Outbox,
    RETRY_AFTER_MAX_MS, RETRY_MAX_MS, RETRY_MS,
};
use crate::json::Json;
use crate::unit::{Millis, SECOND_MS};
use crate::wire::{DropReason, Worth, push_time};
use crate::words::Words;

/// Doubling stops here: 1 s × 2^9 is past the longest wait.
const DOUBLINGS_MAX: u32 = 9;
/// The collector takes no more events in one batch.
const SHARE_MAX: usize = 500;

/// The state of sending.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    /// So many entries at the front of the queue are under way in one request; 0 when there is none.
    pub(super) in_flight: usize,
    /// The last request, and since when.
    batch: u64,
    since: Millis,
    /// When what waits should go, on the monotonic clock.
    due: Millis,
    /// Nothing goes before this, on the monotonic clock.
    not_before: Millis,
    /// Requests that failed since the last that did not.
    pub(super) failures: u32,
    /// At most this many events a batch; halved when a batch is refused whole.
    share: usize,
    standing: Standing,
    token: String,
    misconfigured: bool,
}

/// Whether the collector lets us in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum Standing {
    /// As far as we know.
    Welcome,
    /// The host gave a token.
    Renewed,
    /// The host was asked for a token.
    Asking,
    /// Not before the next start.
    Stopped,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            in_flight: 0,
            batch: 0,
            since: 0,
            due: NEVER,
            not_before: 0,
            failures: 0,
            share: SHARE_MAX,
            standing: Standing::Welcome,
            token: String::new(),
            misconfigured: false,
        }
    }
}

impl Sending {
    pub(super) fn is_stopped(&self) -> bool {
        self.standing == Standing::Stopped
    }

    pub(super) fn queued(&mut self, now: Clock, bytes: usize) {
        let wait = if bytes >= BATCH_BYTES { 0 } else { FLUSH_MS };
        self.due = self.due.min(now.mono.wrapping_add(wait));
    }

    fn is_welcome(&self) -> bool {
        self.standing <= Standing::Renewed
    }
}

/// A span from 0 to `most`, by a random number of 32 bits.
fn jitter(random: u32, most: Millis) -> Millis {
    i64::from(random).wrapping_mul(most.wrapping_add(1)) >> 32
}

impl Outbox {
    /// When [`Outbox::send_due`] is wanted, on the monotonic clock; [`NEVER`] when nothing waits.
    #[must_use]
    #[inline(never)]
    pub fn wake_at(&self) -> Millis {
        let sending = &self.sending;
        if sending.in_flight > 0 {
            return sending.since.wrapping_add(ANSWER_MAX_MS);
        }
        if self.queue.is_empty() || !sending.is_welcome() {
            return NEVER;
        }
        sending.due.max(sending.not_before)
    }

    /// Sends what waits, if it is time.
    #[inline(never)]
    pub fn send_due(&mut self, words: &mut Words) {
        let mono = self.now.mono;
        if mono >= self.wake_at() && self.sending.in_flight > 0 {
            // Without an answer for so long it is taken as lost.
            self.sending.in_flight = 0;
            self.sending.due = mono;
        }
        if mono < self.wake_at() {
            return;
        }
        let mut at = 0;
        while let Some(entry) = self.queue.get(at) {
            if self.now.time.since(entry.time()) > AGE_MAX_MS {
                self.forget(at, Some(DropReason::TooOld), words);
            } else {
                at = at.wrapping_add(1);
            }
        }
        self.sending.due = NEVER;
        let (body, count) = self.body(0, BATCH_BYTES, true);
        let Some(last) = self.queue.get(count.wrapping_sub(1)) else {
            return;
        };
        // What an account says must not change any more once it was sent.
        if last.place >= self.account.place {
            self.account.place = 0;
        }
        if count < self.queue.len() {
            self.sending.due = mono;
        }
        self.sending.in_flight = count;
        self.sending.batch = self.sending.batch.wrapping_add(1);
        self.sending.since = mono;
        words.say("send", self.sending.batch.cast_signed(), &body);
    }

    /// Sends now what waits: the page is hidden.
    pub fn hide(&mut self, words: &mut Words) {
        if !self.queue.is_empty() {
            self.sending.due = self.now.mono;
        }
        self.send_due(words);
    }

    /// The page goes away and no answer will be seen: says once what is not under way. All of it stays
    /// until it is acknowledged.
    pub fn leave(&mut self, words: &mut Words) {
        if self.now.mono < self.sending.not_before || !self.sending.is_welcome() {
            return;
        }
        let mut from = self.sending.in_flight;
        let mut left = match from {
            0 => FLIGHT_BYTES,
            _ => FLIGHT_BYTES.wrapping_sub(BATCH_BYTES),
        };
        loop {
            // An account may overtake a request whose fate is unknown, so it never goes this way.
            let (body, count) = self.body(from, left.min(BATCH_BYTES), false);
            if count == 0 || body.len() > left {
                return;
            }
            left = left.wrapping_sub(body.len());
            from = from.wrapping_add(count);
            words.say("beacon", 0, &body);
        }
    }

    /// The network is back; `random` spreads those who notice together.
    pub fn online(&mut self, random: u32, words: &mut Words) {
        self.sending.failures = 0;
        // A server's own wish to be left alone is not the network's doing, but it is short.
        let soon = self.now.mono.wrapping_add(jitter(random, SECOND_MS));
        self.sending.not_before = self.sending.not_before.min(soon);
        self.send_due(words);
    }

    /// The host's answer to `identity`; "" when it has none.
    pub fn identify(&mut self, token: &str, words: &mut Words) {
        if self.sending.standing == Standing::Asking {
            self.sending.standing = match token {
                "" => Standing::Stopped,
                _ => Standing::Renewed,
            };
            token.clone_into(&mut self.sending.token);
        }
        self.send_due(words);
    }

    /// What became of a request: 0 no answer that a collector gives, 1 accepted with `detail` events
    /// refused for good, else the HTTP status with `detail` as milliseconds to wait, negative for none
    /// stated. `random` is fresh for each.
    pub fn answered(
        &mut self,
        batch: u64,
        status: u16,
        detail: i64,
        random: u32,
        words: &mut Words,
    ) {
        let sending = &mut self.sending;
        let count = sending.in_flight;
        // The answer to a request that was given up says nothing about the one under way now.
        if count == 0 || sending.batch != batch {
            return;
        }
        sending.in_flight = 0;
        if status == 1 {
            self.accepted(count, detail, words);
            return self.send_due(words);
        }
        let mono = self.now.mono;
        sending.due = mono;
        match status {
            401 | 403 => {
                if sending.standing == Standing::Welcome {
                    sending.standing = Standing::Asking;
                    words.say("identity", 0, "");
                } else {
                    sending.standing = Standing::Stopped;
                }
                words.say("unauthorized", i64::from(status), "");
            }
            // A batch that is refused whole is cut until the event that spoils it stands alone.
            400 | 413 => {
                sending.share = (count / 2).max(1);
                if count == 1 {
                    self.forget(0, Some(DropReason::Refused), words);
                    self.reject(1, words);
                }
            }
            _ => {
                let mut doublings = sending.failures.min(DOUBLINGS_MAX);
                sending.failures = sending.failures.wrapping_add(1);
                let (mut least, mut most) = (0, SECOND_MS);
                let passes = matches!(status, 0 | 408 | 429 | 500..=599);
                if !passes {
                    doublings = DOUBLINGS_MAX;
                    if !sending.misconfigured {
                        sending.misconfigured = true;
                        words.say("misconfigured", i64::from(status), "");
                    }
                }
                if passes && detail >= 0 {
                    least = detail.min(RETRY_AFTER_MAX_MS);
                } else {
                    // Longer with each failure, by chance, so that pages which failed together part.
                    most = (RETRY_MS << doublings).min(RETRY_MAX_MS);
                }
                sending.not_before = mono.wrapping_add(least).wrapping_add(jitter(random, most));
            }
        }
        self.send_due(words);
    }

    fn accepted(&mut self, count: usize, rejected: i64, words: &mut Words) {
        for _ in 0..count {
            self.forget(0, None, words);
        }
        self.sending.failures = 0;
        self.sending.misconfigured = false;
        self.sending.share = self.sending.share.wrapping_mul(2).min(SHARE_MAX);
        let count = count as i64;
        let rejected = rejected.clamp(0, count);
        let sent = count.wrapping_sub(rejected);
        self.sent = self.sent.wrapping_add(sent as u32);
        words.say("sent", sent, "");
        if rejected > 0 {
            self.reject(rejected, words);
        }
    }

    fn reject(&mut self, count: i64, words: &mut Words) {
        self.rejected = self.rejected.wrapping_add(count as u32);
        words.say("rejected", count, "");
    }

    /// A batch of the entries from `from` on, at most `most` bytes long unless the first is longer, and
    /// how many it holds.
    fn body(&self, from: usize, most: usize, with_accounts: bool) -> (String, usize) {
        let mut json = Json::new();
        json.put(r#"{"writeKey":"#).string(&self.sender.write_key);
        push_time(json.put(r#","sentAt":"#), self.now.time);
        if !self.sending.token.is_empty() {
            json.put(r#","identity":"#).string(&self.sending.token);
        }
        json.put(r#","batch":["#);
        let mut count: usize = 0;
        while let Some(entry) = self.queue.get(from.wrapping_add(count))
            && count < self.sending.share
            && (with_accounts || !entry.is(Worth::Account))
        {
            let event = entry.json();
            // The event, a comma before it, two brackets after.
            if count > 0 && json.len().wrapping_add(event.len()).wrapping_add(3) > most {
                break;
            }
            json.raw(event);
            count = count.wrapping_add(1);
        }
        json.put("]}");
        (json.finish(), count)
    }
}
