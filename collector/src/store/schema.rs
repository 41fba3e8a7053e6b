//! The database file: its settings and its tables.
//!
//! It owns the format number and the settings that make a commit survive power loss; it does not know
//! what is written. Every connection is opened here.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// What each format adds to the one before. The number of the file's format is kept in SQLite's
/// `user_version`; 0 is a new file.
const FORMATS: [&str; 2] = [EVENTS, REQUESTS];

/// The newest format.
pub(super) const FORMAT: i64 = FORMATS.len() as i64;

/// How long a connection waits for another process (`plimsoll keys`) before it gives up.
const LOCK_WAIT: Duration = Duration::from_secs(5);

pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL syncs the log at each commit: an answer may only be given for what a power cut cannot take.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is erased is overwritten with zeros, not only forgotten.
    connection.pragma_update(None, "secure_delete", "ON")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let missing = usize::try_from(found)
        .ok()
        .and_then(|found| FORMATS.get(found..))
        .ok_or_else(|| StoreError::newer(found))?;
    for tables in missing {
        transaction.execute_batch(tables)?;
    }
    if !missing.is_empty() {
        transaction.pragma_update(None, "user_version", FORMAT)?;
    }
    transaction.commit()?;
    Ok(connection)
}

const EVENTS: &str = "
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

/// What people asked of their admin or of sales. The one place where words of a person are kept.
const REQUESTS: &str = "
    CREATE TABLE requests (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        account TEXT NOT NULL,
        user TEXT NOT NULL,
        kind TEXT NOT NULL,
        need TEXT NOT NULL,
        received_at_ms INTEGER NOT NULL,
        -- Requests of one account about one need are folded: the position of the first of them, null
        -- in the first itself, until when more are added, and how many people had asked by then.
        fold INTEGER,
        fold_until_ms INTEGER NOT NULL,
        asked INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX requests_by_account ON requests (account, position);
    CREATE INDEX requests_by_need ON requests (account, kind, need, position);

    CREATE TABLE request_marks (
        mark BLOB PRIMARY KEY,
        forget_after_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX request_marks_by_age ON request_marks (forget_after_ms);
";
