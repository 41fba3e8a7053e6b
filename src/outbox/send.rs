//! Sending: which batch goes when, and what each answer of a server means (`docs/wire.md`).
//! Owns the one request in flight, the waiting between retries, and halving; the queue is [`super`]'s.
//! It makes bodies; whoever executes the effects posts them.

use super::{
    AGE_MAX_MS, ANSWER_MAX_MS, Answer, BATCH_BYTES, Clock, Effect, FLIGHT_BYTES, FLUSH_MS, Outbox,
    RETRY_AFTER_MAX_MS, RETRY_MAX_MS, RETRY_MS, Report,
};
use crate::json::Json;
use crate::unit::{Millis, SECOND_MS, Timestamp};
use crate::wire::{DropReason, rfc3339};

/// Doubling stops here: 1 s × 2^9 is past the longest wait.
const DOUBLINGS_MAX: u32 = 9;

/// The state of sending.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    /// The one request that may be under way.
    flight: Option<Flight>,
    next_batch: u64,
    /// When what waits should go, on the monotonic clock.
    due: Option<Millis>,
    /// Nothing goes before this, on the monotonic clock.
    not_before: Millis,
    failures: u32,
    /// At most this many events a batch; halved when a batch is refused whole.
    share: usize,
    standing: Standing,
    token: String,
    misconfigured: bool,
}

#[derive(Clone, Copy, Debug)]
struct Flight {
    batch: u64,
    /// So many entries at the front of the queue.
    count: usize,
    bytes: usize,
    since: Millis,
}

/// Whether the collector lets us in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// As far as we know.
    Welcome,
    /// The host was asked for a token.
    Asking,
    /// The host gave one.
    Renewed,
    /// Not before the next start.
    Stopped,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            flight: None,
            next_batch: 1,
            due: None,
            not_before: 0,
            failures: 0,
            share: usize::MAX,
            standing: Standing::Welcome,
            token: String::new(),
            misconfigured: false,
        }
    }
}

impl Sending {
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.standing == Standing::Stopped
    }

    /// How many entries at the front of the queue are under way.
    pub(super) fn in_flight(&self) -> usize {
        self.flight.map_or(0, |flight| flight.count)
    }

    pub(super) fn queued(&mut self, now: Clock, bytes: usize) {
        let wait = if bytes >= BATCH_BYTES { 0 } else { FLUSH_MS };
        let due = now.mono.wrapping_add(wait);
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }

    pub(super) fn hasten(&mut self, now: Clock) {
        self.due = Some(now.mono);
    }

    pub(super) fn online(&mut self, now: Clock, random: u64) {
        self.failures = 0;
        // A server's own wish to be left alone is not the network's doing, but it is short.
        self.not_before = self
            .not_before
            .min(now.mono.wrapping_add(jitter(random, SECOND_MS)));
    }

    pub(super) fn identified(&mut self, token: Option<String>) {
        if self.standing == Standing::Asking {
            match token {
                Some(token) => {
                    self.standing = Standing::Renewed;
                    self.token = token;
                }
                None => self.standing = Standing::Stopped,
            }
        }
    }

    pub(super) fn wake_at(&self, is_empty: bool) -> Option<Millis> {
        match (self.flight, self.standing) {
            (Some(flight), _) => Some(flight.since.wrapping_add(ANSWER_MAX_MS)),
            (None, Standing::Asking | Standing::Stopped) => None,
            (None, _) if is_empty => None,
            (None, _) => self.due.map(|due| due.max(self.not_before)),
        }
    }

    fn may_send(&self, now: Clock) -> bool {
        self.flight.is_none()
            && now.mono >= self.not_before
            && matches!(self.standing, Standing::Welcome | Standing::Renewed)
    }

    /// Waits longer with each failure, by chance, so that pages which failed together part.
    fn back_off(&mut self, now: Clock, random: u64, doublings: u32) {
        let most = RETRY_MS
            .wrapping_mul(1 << doublings.min(DOUBLINGS_MAX))
            .min(RETRY_MAX_MS);
        self.not_before = now.mono.wrapping_add(jitter(random, most));
        self.due = Some(self.not_before);
    }
}

/// A span from 0 to `most`.
fn jitter(random: u64, most: Millis) -> Millis {
    let most = u64::try_from(most).unwrap_or(0);
    let below = most.wrapping_add(1);
    i64::try_from(random.checked_rem(below).unwrap_or(0)).unwrap_or(0)
}

impl Outbox {
    pub(super) fn send_due(&mut self, now: Clock, effects: &mut Vec<Effect>) {
        if let Some(flight) = self.sending.flight
            && now.mono.wrapping_sub(flight.since) >= ANSWER_MAX_MS
        {
            self.sending.flight = None;
            self.sending.due = Some(now.mono);
        }
        if !self.sending.may_send(now) || self.sending.due.is_none_or(|due| now.mono < due) {
            return;
        }
        self.drop_where(now, DropReason::TooOld, effects, &mut |entry| {
            now.time.since(entry.time) > AGE_MAX_MS && !entry.is_growing()
        });
        let count = self.batch_from(0, BATCH_BYTES);
        if count == 0 {
            self.sending.due = None;
            return;
        }
        self.queue
            .iter_mut()
            .take(count)
            .for_each(|entry| entry.fix());
        let body = self.body(0, count, now.time);
        let batch = self.sending.next_batch;
        self.sending.next_batch = batch.wrapping_add(1);
        self.sending.flight = Some(Flight {
            batch,
            count,
            bytes: body.len(),
            since: now.mono,
        });
        self.sending.due = (count < self.queue.len()).then_some(now.mono);
        effects.push(Effect::Send { batch, body });
    }

    /// Says once, without an answer, what is not under way; all of it stays until it is acknowledged.
    pub(super) fn beacon(&mut self, now: Clock, effects: &mut Vec<Effect>) {
        if now.mono < self.sending.not_before
            || !matches!(self.sending.standing, Standing::Welcome | Standing::Renewed)
        {
            return;
        }
        let mut from = self.sending.in_flight();
        let mut left =
            FLIGHT_BYTES.saturating_sub(self.sending.flight.map_or(0, |flight| flight.bytes));
        loop {
            let count = self.batch_from(from, left.min(BATCH_BYTES));
            // An account may overtake a request whose fate is unknown, so it never goes this way.
            let accounts = self
                .queue
                .iter()
                .skip(from)
                .take_while(|entry| !entry.is_account());
            let count = count.min(accounts.count());
            let body = self.body(from, count, now.time);
            if count == 0 || body.len() > left {
                return;
            }
            left = left.wrapping_sub(body.len());
            from = from.wrapping_add(count);
            effects.push(Effect::Beacon { body });
        }
    }

    pub(super) fn answered(
        &mut self,
        now: Clock,
        batch: u64,
        answer: Answer,
        random: u64,
        effects: &mut Vec<Effect>,
    ) {
        // The answer to a request that was given up says nothing about the one under way now.
        let Some(flight) = self.sending.flight.take_if(|flight| flight.batch == batch) else {
            return;
        };
        match answer {
            Answer::Accepted { rejected } => self.accepted(flight, rejected, effects),
            Answer::Refused {
                status: status @ (401 | 403),
                ..
            } => self.unwelcome(status, effects),
            Answer::Refused {
                status: 400 | 413, ..
            } => self.halve(now, flight, effects),
            Answer::Refused {
                status: 408 | 429 | 500..=599,
                retry_after_ms,
            } => {
                self.retry(now, random, retry_after_ms);
            }
            Answer::Refused { status, .. } => {
                self.sending.failures = self.sending.failures.wrapping_add(1);
                self.sending.back_off(now, random, DOUBLINGS_MAX);
                if !core::mem::replace(&mut self.sending.misconfigured, true) {
                    effects.push(Effect::Report(Report::Misconfigured { status }));
                }
            }
            Answer::Unreachable => self.retry(now, random, None),
        }
        self.send_due(now, effects);
    }

    fn accepted(&mut self, flight: Flight, rejected: u32, effects: &mut Vec<Effect>) {
        self.let_go(flight.count, effects);
        let count = u32::try_from(flight.count).unwrap_or(u32::MAX);
        let rejected = rejected.min(count);
        self.sent = self.sent.wrapping_add(count.wrapping_sub(rejected));
        self.rejected = self.rejected.wrapping_add(rejected);
        self.sending.failures = 0;
        self.sending.misconfigured = false;
        self.sending.share = self.sending.share.saturating_mul(2);
        effects.push(Effect::Report(Report::Sent {
            count: count.wrapping_sub(rejected),
        }));
        if rejected > 0 {
            effects.push(Effect::Report(Report::Rejected { count: rejected }));
        }
    }

    fn unwelcome(&mut self, status: u16, effects: &mut Vec<Effect>) {
        match self.sending.standing {
            Standing::Welcome => {
                self.sending.standing = Standing::Asking;
                effects.push(Effect::AskIdentity);
            }
            _ => self.sending.standing = Standing::Stopped,
        }
        effects.push(Effect::Report(Report::Unauthorized { status }));
    }

    /// A batch that is refused whole is cut until the event that spoils it stands alone.
    fn halve(&mut self, now: Clock, flight: Flight, effects: &mut Vec<Effect>) {
        self.sending.due = Some(now.mono);
        self.sending.share = (flight.count / 2).max(1);
        if flight.count == 1 {
            let first = self.queue.first().map(|entry| (entry.writer, entry.seq));
            self.drop_where(now, DropReason::Refused, effects, &mut |entry| {
                Some((entry.writer, entry.seq)) == first
            });
            self.rejected = self.rejected.wrapping_add(1);
            effects.push(Effect::Report(Report::Rejected { count: 1 }));
        }
    }

    fn retry(&mut self, now: Clock, random: u64, retry_after_ms: Option<Millis>) {
        let failures = self.sending.failures;
        self.sending.failures = failures.wrapping_add(1);
        match retry_after_ms.filter(|wait| *wait >= 0) {
            Some(wait) => {
                let wait = wait
                    .min(RETRY_AFTER_MAX_MS)
                    .wrapping_add(jitter(random, SECOND_MS));
                self.sending.not_before = now.mono.wrapping_add(wait);
                self.sending.due = Some(self.sending.not_before);
            }
            None => self.sending.back_off(now, random, failures),
        }
    }

    fn let_go(&mut self, count: usize, effects: &mut Vec<Effect>) {
        for entry in self.queue.drain(..count.min(self.queue.len())) {
            self.queued_bytes = self.queued_bytes.wrapping_sub(entry.bytes());
            effects.push(Effect::Remove { slot: entry.slot });
        }
    }

    /// How many entries from `from` on make a batch of at most `most` bytes: one at least, if there is one.
    fn batch_from(&self, from: usize, most: usize) -> usize {
        let mut bytes = self.body(0, 0, Timestamp(0)).len();
        let mut count = 0_usize;
        for entry in self.queue.iter().skip(from).take(self.sending.share) {
            bytes = bytes.wrapping_add(entry.json().len()).wrapping_add(1);
            if count > 0 && bytes > most {
                break;
            }
            count = count.wrapping_add(1);
        }
        count
    }

    fn body(&self, from: usize, count: usize, time: Timestamp) -> String {
        let mut json = Json::new();
        json.object(|json| {
            json.key("writeKey").string(&self.sender.write_key);
            json.key("sentAt").string(&rfc3339(time));
            if !self.sending.token.is_empty() {
                json.key("identity").string(&self.sending.token);
            }
            json.key("batch").list(|json| {
                self.queue
                    .iter()
                    .skip(from)
                    .take(count)
                    .for_each(|entry| json.raw(entry.json()));
            });
        });
        json.finish()
    }
}
