//! Requests of people: each kept once, and those of one account about one need folded together.
//!
//! It owns the tables of requests; it does not know what a request may hold (`request`) or when a
//! transaction ends. The writer keeps them, reads run beside it.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::append::MARK_KEEP_MS;
use super::{Store, StoreError, lock};
use crate::request::Request;

/// How long requests of one account about one need are one matter, from the first of them.
const FOLD_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// A request as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Grows with each request; the only order that counts.
    pub position: i64,
    pub received_ms: i64,
    /// The position of the first request of the same matter; its own when it is the first.
    pub fold: i64,
    /// How many people had asked for it by then, this one included.
    pub asked: i64,
    pub body: String,
}

impl Store {
    /// Up to `limit` requests of an account after a position, oldest first.
    pub fn requests(
        &self,
        account: &str,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Asked>, StoreError> {
        let reader = lock(&self.reader);
        let mut statement = reader.prepare_cached(
            "SELECT position, received_at_ms, coalesce(fold, position), asked, body FROM requests
             WHERE account = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![account, after, limit], |row| {
            Ok(Asked {
                position: row.get(0)?,
                received_ms: row.get(1)?,
                fold: row.get(2)?,
                asked: row.get(3)?,
                body: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Keeps a request; false when it was kept before, whether or not its person has been erased since.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    request: &Request,
    now_ms: i64,
) -> Result<bool, rusqlite::Error> {
    // A mark past its time counts as none, whether or not it has been forgotten yet.
    let is_new = transaction
        .prepare_cached(
            "INSERT INTO request_marks (mark, forget_after_ms) VALUES (?1, ?2)
             ON CONFLICT (mark) DO UPDATE SET forget_after_ms = excluded.forget_after_ms
             WHERE forget_after_ms < ?3",
        )?
        .execute(params![
            request.mark,
            now_ms.saturating_add(MARK_KEEP_MS),
            now_ms
        ])?
        == 1;
    if !is_new {
        return Ok(false);
    }
    let (fold, until_ms, asked) = match matter(transaction, request, now_ms)? {
        Some((fold, until_ms, asked)) => {
            let is_another = !has_asked(transaction, request, fold)?;
            (Some(fold), until_ms, asked + i64::from(is_another))
        }
        None => (None, now_ms.saturating_add(FOLD_MS), 1),
    };
    let Request {
        account,
        user,
        kind,
        need,
        body,
        ..
    } = request;
    transaction
        .prepare_cached(
            "INSERT INTO requests
             (account, user, kind, need, received_at_ms, fold, fold_until_ms, asked, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            account, user, kind, need, now_ms, fold, until_ms, asked, body
        ])?;
    Ok(true)
}

/// The matter that a request adds to: the place of its first, until when it is open, how many have asked.
fn matter(
    connection: &Connection,
    request: &Request,
    now_ms: i64,
) -> Result<Option<(i64, i64, i64)>, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT coalesce(fold, position), fold_until_ms, asked FROM requests
             WHERE account = ?1 AND kind = ?2 AND need = ?3 ORDER BY position DESC LIMIT 1",
        )?
        .query_row(
            params![request.account, request.kind, request.need],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()
        .map(|found| found.filter(|(_, until_ms, _)| *until_ms > now_ms))
}

/// Whether this person has asked in a matter before, on another device perhaps.
fn has_asked(
    connection: &Connection,
    request: &Request,
    fold: i64,
) -> Result<bool, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT 1 FROM requests
             WHERE account = ?1 AND kind = ?2 AND need = ?3 AND position >= ?4 AND user = ?5",
        )?
        .exists(params![
            request.account,
            request.kind,
            request.need,
            fold,
            request.user
        ])
}
