//! The paths that take events and requests: body in, what became of it out, after the disk has it.
//!
//! It owns the limits of a body and of a batch, gzip, and the answer 202; it does not know what an event or a
//! request may hold (`event`, `request`) or how it is kept (`store`). One bad event never fails its batch.

use std::io::Read;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::header::{self, HeaderMap};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::fault::{self, Fault};
use super::{App, BODY_DEADLINE, Shared, access};
use crate::event::{self, Clocks};
use crate::request;
use crate::store::{Appended, Batch, Busy, now_ms};

/// Largest body as it comes over the wire, and after unpacking.
struct BodyMax {
    wire_bytes: usize,
    plain_bytes: usize,
}

const EVENTS_MAX: BodyMax = BodyMax {
    wire_bytes: 256 * 1024,
    plain_bytes: 1024 * 1024,
};
/// A note of the longest kind fits twice.
const REQUEST_MAX: BodyMax = BodyMax {
    wire_bytes: 16 * 1024,
    plain_bytes: 16 * 1024,
};
/// Most events in one batch.
const BATCH_MAX_EVENTS: usize = 500;
/// How much of a body that is too large is still read, so that the sender hears 413 and not a cut line.
const DRAIN_MAX_BYTES: usize = 4 * 1024 * 1024;

#[derive(Debug, Serialize)]
pub(super) struct Taken {
    accepted: usize,
    duplicates: usize,
    rejected: Vec<Rejected>,
}

#[derive(Debug, Serialize)]
struct Rejected {
    index: usize,
    code: &'static str,
    message: String,
}

type Answer = Result<(StatusCode, Json<Taken>), Fault>;

pub(super) async fn batch(State(app): Shared, request: Request) -> Answer {
    let (headers, body) = read(&app, request, &EVENTS_MAX).await?;
    let envelope = Envelope::parse(&body)?;
    authenticate(&app, &headers, envelope.write_key)?;
    let events = envelope.events()?;
    let sent_at = envelope
        .sent_at
        .and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    let clocks = clocks(sent_at.as_deref());
    let events = events
        .iter()
        .map(|raw| event::check(raw.get(), clocks))
        .collect();
    keep(&app, clocks, events).await
}

pub(super) async fn track(state: Shared, request: Request) -> Answer {
    single(state, request, "track").await
}

pub(super) async fn identify(state: Shared, request: Request) -> Answer {
    single(state, request, "identify").await
}

pub(super) async fn group(state: Shared, request: Request) -> Answer {
    single(state, request, "group").await
}

pub(super) async fn page(state: Shared, request: Request) -> Answer {
    single(state, request, "page").await
}

/// One event alone: the path says its type, and the key and the time of sending stand beside its fields.
async fn single(State(app): Shared, request: Request, kind: &str) -> Answer {
    let mut event = read_object(&app, request, &EVENTS_MAX).await?;
    let sent_at = event.remove("sentAt");
    let clocks = clocks(sent_at.as_ref().and_then(Value::as_str));
    event.insert("type".into(), kind.into());
    let raw = Value::Object(event).to_string();
    keep(&app, clocks, vec![event::check(&raw, clocks)]).await
}

#[derive(Debug, Serialize)]
pub(super) struct TakenRequest {
    accepted: usize,
    duplicates: usize,
}

/// `POST /v1/requests`: what one person asks of their admin or of sales.
pub(super) async fn request(
    State(app): Shared,
    request: Request,
) -> Result<(StatusCode, Json<TakenRequest>), Fault> {
    let fields = read_object(&app, request, &REQUEST_MAX).await?;
    let checked = request::check(&fields).map_err(|refused| {
        // The code alone: a message may repeat what was sent.
        tracing::warn!(code = refused.code, "a request was refused");
        fault::request_refused(refused)
    })?;
    let batch = Batch {
        received_ms: now_ms(),
        requests: vec![checked],
        ..Batch::default()
    };
    let Appended {
        accepted,
        duplicates,
    } = append(&app, batch).await?;
    let taken = TakenRequest {
        accepted,
        duplicates,
    };
    Ok((StatusCode::ACCEPTED, Json(taken)))
}

/// The fields of one event or request, without the key that stood beside them.
async fn read_object(
    app: &App,
    request: Request,
    most: &BodyMax,
) -> Result<serde_json::Map<String, Value>, Fault> {
    let (headers, body) = read(app, request, most).await?;
    let mut fields: serde_json::Map<String, Value> =
        serde_json::from_slice(&body).map_err(fault::not_json)?;
    let key = fields
        .remove("writeKey")
        .map(|key| RawValue::from_string(key.to_string()));
    let key = key.transpose().map_err(fault::not_json)?;
    authenticate(app, &headers, key.as_deref())?;
    Ok(fields)
}

/// A batch around its events, which stay text until each is checked.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, rename = "writeKey")]
    write_key: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "sentAt")]
    sent_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    batch: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    fn parse(body: &'a [u8]) -> Result<Envelope<'a>, Fault> {
        // A list would be read as the fields in their order.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(fault::not_json("it does not begin with `{`"));
        }
        serde_json::from_slice(body).map_err(fault::not_json)
    }

    fn events(&self) -> Result<Vec<&'a RawValue>, Fault> {
        let batch = self.batch.ok_or_else(|| fault::no_batch("is missing"))?;
        let events: Vec<&RawValue> =
            serde_json::from_str(batch.get()).map_err(|_| fault::no_batch("is not a list"))?;
        match events.len() {
            0 => Err(fault::no_batch("is empty")),
            found if found > BATCH_MAX_EVENTS => {
                Err(fault::too_many_events(found, BATCH_MAX_EVENTS))
            }
            _ => Ok(events),
        }
    }
}

/// A header's key goes before the body's; official clients send both.
fn authenticate(app: &App, headers: &HeaderMap, in_body: Option<&RawValue>) -> Result<(), Fault> {
    let in_body = in_body.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    access::authenticate(&app.keys, headers, in_body.as_deref()).map(|_| ())
}

fn clocks(sent_at: Option<&str>) -> Clocks {
    Clocks {
        received_ms: now_ms(),
        sent_ms: sent_at.and_then(event::parse_time),
    }
}

/// Reads a body that is allowed, small enough and quick enough, and unpacks it.
async fn read(app: &App, request: Request, most: &BodyMax) -> Result<(HeaderMap, Bytes), Fault> {
    let (parts, body) = request.into_parts();
    let headers = parts.headers;
    if access::has_key_in_header(&headers) {
        access::authenticate(&app.keys, &headers, None)?;
    }
    check_media_type(&headers)?;
    let is_gzip = is_gzip(&headers)?;
    let body = match tokio::time::timeout(BODY_DEADLINE, collect(body, most.wire_bytes)).await {
        Ok(collected) => collected?,
        Err(_) => return Err(fault::too_slow()),
    };
    let body = if is_gzip {
        inflate(&body, most.plain_bytes)?
    } else {
        body
    };
    Ok((headers, body))
}

/// `text/plain` is what a page may send without asking first; no type at all is taken as JSON.
fn check_media_type(headers: &HeaderMap) -> Result<(), Fault> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let value = value
        .to_str()
        .map_err(|_| fault::wrong_media_type())?
        .to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let charset = parts
        .find_map(|part| part.strip_prefix("charset="))
        .map(|c| c.trim_matches('"'));
    let known = matches!(media, "application/json" | "text/plain");
    if known && matches!(charset, None | Some("utf-8" | "utf8")) {
        return Ok(());
    }
    Err(fault::wrong_media_type())
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, Fault> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    match (encodings.next(), encodings.next()) {
        (None, _) => Ok(false),
        (Some(one), None) if one.as_bytes().eq_ignore_ascii_case(b"gzip") => Ok(true),
        (Some(one), None) if one.as_bytes().eq_ignore_ascii_case(b"identity") => Ok(false),
        _ => Err(fault::wrong_encoding()),
    }
}

async fn collect(mut body: Body, most: usize) -> Result<Bytes, Fault> {
    let mut kept = Vec::new();
    let mut seen_bytes = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| fault::cut_off())?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen_bytes += data.len();
        if seen_bytes <= most {
            kept.extend_from_slice(&data);
        } else {
            kept = Vec::new();
        }
        if seen_bytes > DRAIN_MAX_BYTES {
            break;
        }
    }
    if seen_bytes > most {
        return Err(fault::body_too_large(format!(
            "the body has more than {most} bytes"
        )));
    }
    Ok(kept.into())
}

fn inflate(packed: &[u8], most: usize) -> Result<Bytes, Fault> {
    let mut plain = Vec::new();
    let one_too_many = most as u64 + 1;
    MultiGzDecoder::new(packed)
        .take(one_too_many)
        .read_to_end(&mut plain)
        .map_err(|_| fault::bad_gzip())?;
    if plain.len() > most {
        return Err(fault::body_too_large(format!(
            "the body has more than {most} bytes when unpacked"
        )));
    }
    Ok(plain.into())
}

/// Stores what passed and answers once it is on disk.
async fn keep(
    app: &Arc<App>,
    clocks: Clocks,
    checked: Vec<Result<event::Checked, event::Refused>>,
) -> Answer {
    let mut batch = Batch {
        received_ms: clocks.received_ms,
        ..Batch::default()
    };
    let mut rejected = Vec::new();
    for (index, result) in checked.into_iter().enumerate() {
        match result {
            Ok(event) => batch.events.push(event),
            Err(refused) => {
                batch.refused.extend(refused.place);
                rejected.push(Rejected {
                    index,
                    code: refused.code.as_str(),
                    message: refused.message,
                });
            }
        }
    }
    let appended = append(app, batch).await?;
    if let Some(first) = rejected.first() {
        // Many clients do not read the answer, so this line is where a wrong integration is seen.
        tracing::warn!(
            count = rejected.len(),
            first_code = first.code,
            "events were refused"
        );
    }
    let taken = Taken {
        accepted: appended.accepted,
        duplicates: appended.duplicates,
        rejected,
    };
    Ok((StatusCode::ACCEPTED, Json(taken)))
}

/// Comes back when the disk has all of it.
async fn append(app: &App, batch: Batch) -> Result<Appended, Fault> {
    let answer = app.store.append(batch).map_err(|busy| match busy {
        Busy::Full => fault::queue_full(),
        Busy::Stopped if app.stopping.load(std::sync::atomic::Ordering::Relaxed) => {
            fault::stopping()
        }
        Busy::Stopped => fault::store_failed(),
    })?;
    match answer.await {
        Ok(Ok(appended)) => Ok(appended),
        // The store has logged its reason; the sender only needs to know that nothing was kept.
        Ok(Err(_)) | Err(_) => Err(fault::store_failed()),
    }
}
