//! The store: events and requests in SQLite, each kept exactly once, answered only after the disk has them.
//!
//! It owns the database file, the one thread that writes and the marks that tell duplicates; it does not
//! know HTTP or what makes an event good. `append` queues a batch, the writer commits everything that
//! waits in one transaction and then answers; reads run beside it on a connection of their own.

mod append;
mod erase;
mod marks;
mod requests;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Mutex, MutexGuard, mpsc};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fmt, fs, io};

use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::event::{Checked, Place};
use crate::keys::{Key, KeyHash, Kind};
use crate::request::Request;

pub use erase::Erased;
pub use marks::WriterMarks;
pub use requests::Asked;

/// Batches that may wait for the writer; the next one is refused as `Full` and answered 503.
const QUEUE_MAX_BATCHES: usize = 256;

/// What one request brings.
#[derive(Debug, Default)]
pub struct Batch {
    pub received_ms: i64,
    pub events: Vec<Checked>,
    pub requests: Vec<Request>,
    /// Places of events that were refused for good, so that they do not look lost.
    pub refused: Vec<Place>,
}

/// What became of it, once it is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    pub accepted: usize,
    pub duplicates: usize,
}

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Grows with each event; the only order that counts.
    pub position: i64,
    pub received_ms: i64,
    pub body: String,
}

/// A key as it is listed.
#[derive(Clone, Debug)]
pub struct KeyRow {
    pub hash: KeyHash,
    pub kind: Kind,
    pub created_ms: i64,
}

pub struct Store {
    path: PathBuf,
    queue: Mutex<Option<SyncSender<append::Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    reader: Mutex<Connection>,
}

impl Store {
    /// Opens the database in `data`, making the folder and the file where they are missing.
    pub fn open(data: &Path) -> Result<Store, StoreError> {
        let path = database_path(data)?;
        let writing = schema::open(&path)?;
        let reader = schema::open(&path)?;
        let (queue, jobs) = mpsc::sync_channel(QUEUE_MAX_BATCHES);
        let writer = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || append::run(writing, jobs))
            .map_err(|error| StoreError::folder(data, error))?;
        Ok(Store {
            path,
            queue: Mutex::new(Some(queue)),
            writer: Mutex::new(Some(writer)),
            reader: Mutex::new(reader),
        })
    }

    /// Queues a batch. The receiver answers when it is synced to disk, or could not be.
    pub fn append(&self, batch: Batch) -> Result<Answer, Busy> {
        let (answer, receiver) = oneshot::channel();
        let queue = lock(&self.queue);
        let sender = queue.as_ref().ok_or(Busy::Stopped)?;
        sender
            .try_send(append::Job { batch, answer })
            .map_err(|error| match error {
                TrySendError::Full(_) => Busy::Full,
                TrySendError::Disconnected(_) => Busy::Stopped,
            })?;
        Ok(receiver)
    }

    /// Up to `limit` events of an account after a position, oldest first.
    pub fn events(
        &self,
        account: &str,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let reader = lock(&self.reader);
        let mut statement = reader.prepare_cached(
            "SELECT position, received_at_ms, body FROM events
             WHERE account = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![account, after, limit], |row| {
            Ok(Stored {
                position: row.get(0)?,
                received_ms: row.get(1)?,
                body: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What is known of a writer's sequence.
    pub fn writer_marks(&self, writer: &str) -> Result<Option<WriterMarks>, StoreError> {
        Ok(append::load_marks(&lock(&self.reader), writer)?)
    }

    /// Whether the writer thread lives and the database answers.
    pub fn is_ready(&self) -> bool {
        let alive = lock(&self.writer)
            .as_ref()
            .is_some_and(|writer| !writer.is_finished());
        alive
            && lock(&self.reader)
                .query_row("SELECT 1", [], |_| Ok(()))
                .is_ok()
    }

    pub fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        let reader = lock(&self.reader);
        let mut statement = reader.prepare_cached(
            "SELECT hash, kind, created_at_ms FROM keys ORDER BY created_at_ms, hash",
        )?;
        let rows = statement.query_map([], |row| {
            let kind: String = row.get(1)?;
            let row = KeyRow {
                hash: KeyHash::from_bytes(row.get(0)?),
                kind: Kind::parse(&kind).unwrap_or(Kind::Publishable),
                created_ms: row.get(2)?,
            };
            Ok(row)
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps a key's hash; the same key again changes nothing.
    pub fn add_key(&self, key: &Key) -> Result<(), StoreError> {
        lock(&self.reader).execute(
            "INSERT INTO keys (hash, kind, created_at_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            params![key.hash().as_bytes(), key.kind().as_str(), now_ms()],
        )?;
        Ok(())
    }

    /// Forgets a key by its id; false when there is no such key.
    pub fn revoke_key(&self, id: &str) -> Result<bool, StoreError> {
        let found = self.keys()?.into_iter().find(|row| row.hash.id() == id);
        let Some(row) = found else {
            return Ok(false);
        };
        lock(&self.reader).execute("DELETE FROM keys WHERE hash = ?1", [row.hash.as_bytes()])?;
        Ok(true)
    }

    /// Writes what is queued, folds the write-ahead log into the file and stops. Later appends are refused.
    pub fn close(&self) {
        lock(&self.queue).take();
        if let Some(writer) = lock(&self.writer).take()
            && writer.join().is_err()
        {
            tracing::error!("the store's writer had stopped on an error");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

/// Comes when the batch is on disk, or says why it is not.
pub type Answer = oneshot::Receiver<Result<Appended, StoreError>>;

/// Why a batch was not even queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    Full,
    Stopped,
}

/// The database could not do what it was asked; the text names no event and no person.
#[derive(Clone, Debug)]
pub struct StoreError {
    message: String,
}

impl StoreError {
    fn folder(data: &Path, error: io::Error) -> StoreError {
        StoreError {
            message: format!("cannot use the data folder `{}`: {error}", data.display()),
        }
    }

    fn busy_log() -> StoreError {
        StoreError {
            message: "the write-ahead log is in use and could not be folded in".into(),
        }
    }

    fn newer(found: i64) -> StoreError {
        StoreError {
            message: format!(
                "the database has format {found}, version {} knows up to {}; use a newer plimsoll",
                env!("CARGO_PKG_VERSION"),
                schema::FORMAT
            ),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError {
            message: format!("the database refused: {error}"),
        }
    }
}

/// Milliseconds since 1970 by this computer's clock.
pub fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn database_path(data: &Path) -> Result<PathBuf, StoreError> {
    let mut folder = fs::DirBuilder::new();
    // Events say what people did; a folder made here is for the server's user alone.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder
        .recursive(true)
        .create(data)
        .map_err(|error| StoreError::folder(data, error))?;
    Ok(data.join("plimsoll.db"))
}

/// A thread that panicked while holding a connection leaves SQLite consistent: its transaction rolls back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests;
