//! The writer thread: takes what waits, commits it at once, answers.
//!
//! It owns the order in which events and requests are written, with their marks, and the forgetting of old
//! marks; it does not check what it writes.
//! One sync of the disk serves all batches that came while the last one ran (group commit).

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::{Appended, Batch, StoreError, WriterMarks, now_ms, requests};
use crate::event::EVENT_MAX_AGE_MS;

/// One batch and where its answer goes.
pub(super) struct Job {
    pub batch: Batch,
    pub answer: oneshot::Sender<Result<Appended, StoreError>>,
}

/// Batches in one transaction; more wait for the next, so that the first need not wait long.
const GROUP_MAX_BATCHES: usize = 64;

/// How long a message's id is remembered after its event could last be accepted.
///
/// A day more than the oldest accepted event, so that no clock's rounding lets one in twice.
pub(super) const MARK_KEEP_MS: i64 = EVENT_MAX_AGE_MS + 24 * 60 * 60 * 1000;
/// How long a writer's marks are kept after its last event.
const WRITER_KEEP_MS: i64 = 2 * EVENT_MAX_AGE_MS;
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);
/// The pause when there is more to forget.
const PRUNE_AGAIN: Duration = Duration::from_millis(50);
/// Rows forgotten at a time, so that no batch waits long behind it.
const PRUNE_MAX_ROWS: usize = 5_000;

/// Runs until the queue is closed and empty.
pub(super) fn run(mut connection: Connection, jobs: Receiver<Job>) {
    let mut prune_at = Instant::now();
    loop {
        if Instant::now() >= prune_at {
            let more = prune(&connection).unwrap_or_else(|error| {
                tracing::error!(%error, "old marks could not be forgotten");
                false
            });
            prune_at = Instant::now() + if more { PRUNE_AGAIN } else { PRUNE_EVERY };
        }
        let first = match jobs.recv_timeout(prune_at.saturating_duration_since(Instant::now())) {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let mut group = vec![first];
        group.extend(jobs.try_iter().take(GROUP_MAX_BATCHES - 1));
        answer(commit(&mut connection, &group), group);
    }
    if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
        tracing::warn!(%error, "the write-ahead log could not be folded in; the next start does it");
    }
}

fn answer(result: Result<Vec<Appended>, StoreError>, group: Vec<Job>) {
    match result {
        Ok(appended) => {
            for (job, appended) in group.into_iter().zip(appended) {
                // Whoever asked may have gone; its batch is stored all the same.
                let _ = job.answer.send(Ok(appended));
            }
        }
        Err(error) => {
            tracing::error!(%error, batches = group.len(), "nothing of this group was stored");
            for job in group {
                let _ = job.answer.send(Err(error.clone()));
            }
        }
    }
}

/// All or nothing: if one statement fails, none of the group is stored and none is answered as accepted.
fn commit(connection: &mut Connection, group: &[Job]) -> Result<Vec<Appended>, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut marks = MarksCache::default();
    let appended = group
        .iter()
        .map(|job| append(&transaction, &mut marks, &job.batch))
        .collect::<Result<_, _>>()?;
    marks.save(&transaction)?;
    transaction.commit()?;
    Ok(appended)
}

fn append(
    transaction: &Transaction<'_>,
    marks: &mut MarksCache,
    batch: &Batch,
) -> Result<Appended, rusqlite::Error> {
    // A mark past its time counts as none, whether or not it has been forgotten yet.
    let mut mark = transaction.prepare_cached(
        "INSERT INTO message_marks (message_id, forget_after_ms) VALUES (?1, ?2)
         ON CONFLICT (message_id) DO UPDATE SET forget_after_ms = excluded.forget_after_ms
         WHERE forget_after_ms < ?3",
    )?;
    let mut insert = transaction
        .prepare_cached("INSERT INTO events (account, received_at_ms, body) VALUES (?1, ?2, ?3)")?;
    let now = batch.received_ms;
    let mut appended = Appended::default();
    for event in &batch.events {
        // An event stamped in the future can be sent again for longer.
        let forget_after_ms = now.max(event.timestamp_ms).saturating_add(MARK_KEEP_MS);
        if mark.execute(params![event.message_id, forget_after_ms, now])? == 1 {
            insert.execute(params![event.account, now, event.body])?;
            appended.accepted += 1;
        } else {
            appended.duplicates += 1;
        }
        if let Some(place) = &event.place {
            marks.of(transaction, &place.writer, now)?.mark(place.seq);
        }
        if let Some(dropped) = &event.dropped {
            marks
                .of(transaction, &dropped.writer, now)?
                .close(dropped.from, dropped.to);
        }
    }
    for place in &batch.refused {
        marks.of(transaction, &place.writer, now)?.mark(place.seq);
    }
    for request in &batch.requests {
        if requests::keep(transaction, request, now)? {
            appended.accepted += 1;
        } else {
            appended.duplicates += 1;
        }
    }
    Ok(appended)
}

/// Marks of the writers in one group: read once, written once.
#[derive(Default)]
struct MarksCache {
    found: BTreeMap<String, (WriterMarks, i64)>,
}

impl MarksCache {
    fn of(
        &mut self,
        connection: &Connection,
        writer: &str,
        now_ms: i64,
    ) -> Result<&mut WriterMarks, rusqlite::Error> {
        if !self.found.contains_key(writer) {
            let marks = load_marks(connection, writer)?.unwrap_or_default();
            self.found.insert(writer.to_owned(), (marks, now_ms));
        }
        let (marks, last_ms) = self.found.entry(writer.to_owned()).or_default();
        *last_ms = now_ms;
        Ok(marks)
    }

    fn save(&self, transaction: &Transaction<'_>) -> Result<(), rusqlite::Error> {
        let mut save = transaction.prepare_cached(
            "INSERT OR REPLACE INTO writer_marks (writer, high, seen, missing, last_event_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (writer, (marks, last_ms)) in &self.found {
            let (high, missing) = (signed(marks.high), signed(marks.missing));
            save.execute(params![writer, high, marks.seen_bytes(), missing, last_ms])?;
        }
        Ok(())
    }
}

pub(super) fn load_marks(
    connection: &Connection,
    writer: &str,
) -> Result<Option<WriterMarks>, rusqlite::Error> {
    let mut load = connection
        .prepare_cached("SELECT high, seen, missing FROM writer_marks WHERE writer = ?1")?;
    let marks = load.query_row([writer], |row| {
        let (high, seen, missing): (i64, [u8; 32], i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(WriterMarks::from_parts(
            high.unsigned_abs(),
            seen,
            missing.unsigned_abs(),
        ))
    });
    marks.optional()
}

/// Sequence numbers are at most 2^53 − 1, so none is cut here.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Forgets a handful of old marks; true when there may be more.
fn prune(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let now = now_ms();
    let messages = connection.execute(
        "DELETE FROM message_marks WHERE message_id IN
         (SELECT message_id FROM message_marks WHERE forget_after_ms < ?1 LIMIT ?2)",
        params![now, PRUNE_MAX_ROWS as i64],
    )?;
    let requests = connection.execute(
        "DELETE FROM request_marks WHERE mark IN
         (SELECT mark FROM request_marks WHERE forget_after_ms < ?1 LIMIT ?2)",
        params![now, PRUNE_MAX_ROWS as i64],
    )?;
    let writers = connection.execute(
        "DELETE FROM writer_marks WHERE writer IN
         (SELECT writer FROM writer_marks WHERE last_event_at_ms < ?1 LIMIT ?2)",
        params![now - WRITER_KEEP_MS, PRUNE_MAX_ROWS as i64],
    )?;
    Ok(messages.max(requests).max(writers) == PRUNE_MAX_ROWS)
}
