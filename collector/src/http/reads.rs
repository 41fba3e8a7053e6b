//! The paths that only read: the compiled policy, an account's events, and how the server feels.
//!
//! It owns paging and entity tags; it does not know how a policy is compiled or events are kept.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{self, HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::fault::{self, Fault};
use super::{Shared, access};
use crate::keys::Kind;
use crate::policy::{Artefact, FORMAT};
use crate::store::Stored;

/// Events in one page, unless asked for otherwise.
const PAGE_EVENTS: usize = 100;
/// Most events in one page; more are asked for by their cursor.
const PAGE_MAX_EVENTS: usize = 500;

type Parameters = Result<Query<HashMap<String, String>>, axum::extract::rejection::QueryRejection>;

/// `GET /v1/policy?format=1&locale=pt-BR`
pub(super) async fn policy(
    State(app): Shared,
    query: Parameters,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let Query(query) = query.map_err(|_| fault::unreadable_query())?;
    access::authenticate(&app.keys, &headers, query.get("key").map(String::as_str))?;
    if let Some(format) = query.get("format")
        && *format != FORMAT.to_string()
    {
        return Err(fault::no_policy_format(format));
    }
    let locale = query.get("locale").map_or("", String::as_str);
    let policy = app.policy.as_ref().ok_or_else(fault::no_policy)?;
    let artefact = policy.choose(locale).ok_or_else(fault::no_policy)?;
    let mut response = if matches_tag(&headers, &artefact.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        artefact.bytes.clone().into_response()
    };
    describe(response.headers_mut(), artefact);
    Ok(response)
}

fn describe(headers: &mut HeaderMap, artefact: &Artefact) {
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    // Kept by the browser, but asked about each time: a new revision counts from the next start on.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    if let Ok(etag) = HeaderValue::from_str(&artefact.etag) {
        headers.insert(header::ETAG, etag);
    }
    if let Ok(locale) = HeaderValue::from_str(&artefact.locale) {
        headers.insert(header::CONTENT_LANGUAGE, locale);
    }
}

fn matches_tag(headers: &HeaderMap, etag: &str) -> bool {
    let given = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    given
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|tag| {
            // A proxy that compresses may have weakened the tag on its way.
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
        })
}

#[derive(Serialize)]
pub(super) struct Page {
    events: Vec<Value>,
    /// What to pass as `after` for what comes next, now or later.
    next: String,
}

/// `GET /v1/accounts/{id}/events?after=<cursor>&limit=100`
pub(super) async fn account_events(
    State(app): Shared,
    account: Result<Path<String>, axum::extract::rejection::PathRejection>,
    query: Parameters,
    headers: HeaderMap,
) -> Result<Json<Page>, Fault> {
    if access::authenticate(&app.keys, &headers, None)? != Kind::Secret {
        return Err(fault::secret_key_needed());
    }
    let Path(account) = account.map_err(|_| fault::not_found())?;
    let Query(query) = query.map_err(|_| fault::unreadable_query())?;
    let after = match query.get("after") {
        None => 0,
        Some(text) => text
            .parse()
            .ok()
            .filter(|position| *position >= 0)
            .ok_or_else(|| fault::bad_query("after", "send the `next` of the page before"))?,
    };
    let limit = match query.get("limit") {
        None => PAGE_EVENTS,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=PAGE_MAX_EVENTS).contains(limit))
            .ok_or_else(|| fault::bad_query("limit", "send a number from 1 to 500"))?,
    };
    // Reading the disk blocks, so it must not hold one of the runtime's threads.
    let read = tokio::task::spawn_blocking(move || app.store.events(&account, after, limit)).await;
    let stored = match read {
        Ok(Ok(stored)) => stored,
        Ok(Err(error)) => {
            tracing::error!(%error, "events could not be read");
            return Err(fault::not_ready());
        }
        Err(_) => return Err(fault::not_ready()),
    };
    let next = stored
        .last()
        .map_or(after, |event| event.position)
        .to_string();
    Ok(Json(Page {
        events: stored.into_iter().map(shown).collect(),
        next,
    }))
}

/// The event as it was stored, with its place in the log and when it came.
fn shown(stored: Stored) -> Value {
    let mut event: Map<String, Value> = serde_json::from_str(&stored.body).unwrap_or_default();
    let received = Timestamp::from_millisecond(stored.received_ms).unwrap_or_default();
    event.insert("received_at".into(), format!("{received:.3}").into());
    event.insert("position".into(), stored.position.into());
    Value::Object(event)
}

pub(super) async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// Ready means that an event sent now can be stored.
pub(super) async fn readyz(State(app): Shared) -> Result<Json<Value>, Fault> {
    if app.stopping.load(Ordering::Relaxed) {
        return Err(fault::stopping());
    }
    let ready = tokio::task::spawn_blocking(move || app.store.is_ready())
        .await
        .unwrap_or(false);
    if ready {
        Ok(Json(json!({"status": "ready"})))
    } else {
        Err(fault::not_ready())
    }
}
