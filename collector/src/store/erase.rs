//! Forgetting a person: their requests and events go, and their bytes with them.
//!
//! It owns the order of deleting and folding in the write-ahead log; it does not know who may ask for it.
//! Marks stay, being digests and ids that name nobody: what is sent again is still a duplicate.

use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior, params};
use serde::Serialize;

use super::{Store, StoreError, schema};

/// Positions looked through at a time, so that no batch waits long behind it.
const SLICE_POSITIONS: i64 = 5_000;
/// How often the log is tried to be folded in, each after waiting for whoever reads or writes.
const FOLD_IN_TRIES: u32 = 5;
const FOLD_IN_AGAIN: Duration = Duration::from_millis(50);

/// How much was removed; a second call finds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    pub requests: usize,
    pub events: usize,
}

impl Store {
    /// Removes what is kept of a user, in all accounts. When it returns, no file holds a byte of a request.
    pub fn erase_user(&self, user: &str) -> Result<Erased, StoreError> {
        let mut connection = schema::open(&self.path)?;
        let requests = erase_requests(&mut connection, user)?;
        let mut erased = Erased {
            requests,
            events: 0,
        };
        let last: i64 =
            connection.query_row("SELECT coalesce(max(position), 0) FROM events", [], |row| {
                row.get(0)
            })?;
        let mut from = 0;
        while from < last {
            let to = from + SLICE_POSITIONS;
            erased.events += connection.execute(
                "DELETE FROM events WHERE position > ?1 AND position <= ?2
                 AND json_extract(body, '$.userId') = ?3",
                params![from, to, user],
            )?;
            from = to;
        }
        fold_in(&connection)?;
        Ok(erased)
    }
}

/// Writes all other requests anew. SQLite overwrites a row that is deleted, but not the copies that stayed
/// behind when a page was split or joined; pages that are emptied whole are overwritten whole.
fn erase_requests(connection: &mut Connection, user: &str) -> Result<usize, StoreError> {
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = transaction.query_row(
        "SELECT count(*) FROM requests WHERE user = ?1",
        [user],
        |row| row.get::<_, i64>(0),
    )?;
    if found > 0 {
        transaction.execute(
            "CREATE TEMP TABLE others AS SELECT * FROM requests WHERE user <> ?1",
            [user],
        )?;
        transaction.execute_batch(
            "DELETE FROM requests;
             INSERT INTO requests SELECT * FROM others ORDER BY position;
             DROP TABLE others;",
        )?;
    }
    transaction.commit()?;
    Ok(usize::try_from(found).unwrap_or_default())
}

/// The log still holds the pages as they were written, until it is cut to nothing.
fn fold_in(connection: &Connection) -> Result<(), StoreError> {
    for _ in 0..FOLD_IN_TRIES {
        let is_busy: bool =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if !is_busy {
            return Ok(());
        }
        std::thread::sleep(FOLD_IN_AGAIN);
    }
    Err(StoreError::busy_log())
}
