//! The paths that only read: the compiled policy, an account's events and requests, and how the server feels.
//!
//! It owns paging and entity tags; it does not know how a policy is compiled or events and requests are kept.

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
use super::{App, Shared, access};
use crate::keys::Kind;
use crate::policy::{Artefact, FORMAT};
use crate::store::{Asked, StoreError, Stored};

/// Events or requests in one page, unless asked for otherwise.
const PAGE_ROWS: usize = 100;
/// Most of them in one page; more are asked for by their cursor.
const PAGE_MAX_ROWS: usize = 500;

pub(super) type Id = Result<Path<String>, axum::extract::rejection::PathRejection>;
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
pub(super) struct EventsPage {
    events: Vec<Value>,
    /// What to pass as `after` for what comes next, now or later.
    next: String,
}

/// `GET /v1/accounts/{id}/events?after=<cursor>&limit=100`
pub(super) async fn account_events(
    State(app): Shared,
    account: Id,
    query: Parameters,
    headers: HeaderMap,
) -> Result<Json<EventsPage>, Fault> {
    let account = secret_id(&app, &headers, account)?;
    let (after, limit) = page_of(query)?;
    let stored = read(move || app.store.events(&account, after, limit)).await?;
    let next = stored.last().map_or(after, |event| event.position);
    let shown = |event: Stored| shown(&event.body, event.received_ms, event.position);
    Ok(Json(EventsPage {
        events: stored.into_iter().map(shown).map(Value::Object).collect(),
        next: next.to_string(),
    }))
}

#[derive(Serialize)]
pub(super) struct RequestsPage {
    requests: Vec<Value>,
    next: String,
}

/// `GET /v1/accounts/{id}/requests?after=<cursor>&limit=100`
pub(super) async fn account_requests(
    State(app): Shared,
    account: Id,
    query: Parameters,
    headers: HeaderMap,
) -> Result<Json<RequestsPage>, Fault> {
    let account = secret_id(&app, &headers, account)?;
    let (after, limit) = page_of(query)?;
    let stored = read(move || app.store.requests(&account, after, limit)).await?;
    let next = stored.last().map_or(after, |request| request.position);
    let shown = |request: Asked| {
        let mut fields = shown(&request.body, request.received_ms, request.position);
        fields.insert("fold".into(), request.fold.into());
        fields.insert("asked".into(), request.asked.into());
        Value::Object(fields)
    };
    Ok(Json(RequestsPage {
        requests: stored.into_iter().map(shown).collect(),
        next: next.to_string(),
    }))
}

/// The id in the path, for those who have the secret key.
pub(super) fn secret_id(app: &App, headers: &HeaderMap, id: Id) -> Result<String, Fault> {
    if access::authenticate(&app.keys, headers, None)? != Kind::Secret {
        return Err(fault::secret_key_needed());
    }
    let Path(id) = id.map_err(|_| fault::not_found())?;
    Ok(id)
}

/// Where a page begins and how long it is.
fn page_of(query: Parameters) -> Result<(i64, usize), Fault> {
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
        None => PAGE_ROWS,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=PAGE_MAX_ROWS).contains(limit))
            .ok_or_else(|| fault::bad_query("limit", "send a number from 1 to 500"))?,
    };
    Ok((after, limit))
}

/// Reading the disk blocks, so it must not hold one of the runtime's threads.
async fn read<T: Send + 'static>(
    look: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(look).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            tracing::error!(%error, "an account could not be read");
            Err(fault::not_ready())
        }
        Err(_) => Err(fault::not_ready()),
    }
}

/// What was stored as it was sent, with its place in the log and when it came.
fn shown(body: &str, received_ms: i64, position: i64) -> Map<String, Value> {
    let mut fields: Map<String, Value> = serde_json::from_str(body).unwrap_or_default();
    let received = Timestamp::from_millisecond(received_ms).unwrap_or_default();
    fields.insert("received_at".into(), format!("{received:.3}").into());
    fields.insert("position".into(), position.into());
    fields
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
