//! The database file: its settings and its tables.
//!
//! It owns the format number and the settings that make a commit survive power loss; it does not know
//! what is written. Every connection is opened here.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Number of the file's format, kept in SQLite's `user_version`; 0 is a new file.
pub(super) const FORMAT: i64 = 1;

/// How long a connection waits for another process (`plimsoll keys`) before it gives up.
const LOCK_WAIT: Duration = Duration::from_secs(5);

pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL syncs the log at each commit: an answer may only be given for what a power cut cannot take.
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match found {
        0 => {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
        }
        FORMAT => {}
        newer => return Err(StoreError::newer(newer)),
    }
    transaction.commit()?;
    Ok(connection)
}

const TABLES: &str = "
    -- AUTOINCREMENT: a position is never used twice, so a reader's cursor stays true.
    CREATE TABLE events (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        account TEXT,
        received_at_ms INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_by_account ON events (account, position) WHERE account IS NOT NULL;

    CREATE TABLE message_marks (
        message_id TEXT PRIMARY KEY,
        forget_after_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX message_marks_by_age ON message_marks (forget_after_ms);

    CREATE TABLE writer_marks (
        writer TEXT PRIMARY KEY,
        high INTEGER NOT NULL,
        seen BLOB NOT NULL,
        missing INTEGER NOT NULL,
        last_event_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX writer_marks_by_age ON writer_marks (last_event_at_ms);

    CREATE TABLE keys (
        hash BLOB PRIMARY KEY,
        kind TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";
