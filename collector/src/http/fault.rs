//! Answers that are not the wanted ones: status, stable code, a sentence and what to do about it.
//!
//! It owns the form `{code, message, help}` of every error body and the list of faults that
//! `docs/wire.md` documents; it does not decide when one is given.

use axum::Json;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{self, HeaderValue};
use serde::Serialize;

use crate::request::Refused;

/// An error answer.
#[derive(Clone, Debug)]
pub struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
    help: &'static str,
    retry_after_s: Option<u32>,
    close: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
    help: &'a str,
}

impl Fault {
    fn new(
        status: u16,
        code: &'static str,
        message: impl Into<String>,
        help: &'static str,
    ) -> Fault {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Fault {
            status,
            code,
            message: message.into(),
            help,
            retry_after_s: None,
            close: false,
        }
    }

    fn retry_after(self, seconds: u32) -> Fault {
        Fault {
            retry_after_s: Some(seconds),
            ..self
        }
    }

    /// What is left of the request's body is not wanted, so the connection cannot be used again.
    fn closing(self) -> Fault {
        Fault {
            close: true,
            ..self
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let body = Body {
            code: self.code,
            message: &self.message,
            help: self.help,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

pub(super) fn not_json(reason: impl std::fmt::Display) -> Fault {
    Fault::new(
        400,
        "not_json",
        format!("the body is not a JSON object: {reason}"),
        "send one JSON object in UTF-8, as `docs/wire.md` shows",
    )
}

pub(super) fn bad_gzip() -> Fault {
    Fault::new(
        400,
        "bad_gzip",
        "the body is not a whole gzip stream",
        "send what `content-encoding` says, or leave that header out",
    )
}

pub(super) fn no_batch(why: &str) -> Fault {
    Fault::new(
        400,
        "batch_missing",
        format!("`batch` {why}"),
        "send 1 to 500 events in `batch`",
    )
}

pub(super) fn bad_query(name: &str, wanted: &'static str) -> Fault {
    Fault::new(400, "bad_query", format!("`{name}` cannot be read"), wanted)
}

pub(super) fn unreadable_query() -> Fault {
    Fault::new(
        400,
        "bad_query",
        "the query cannot be read",
        "percent-encode names and values as UTF-8",
    )
}

pub(super) fn no_key() -> Fault {
    Fault::new(
        401,
        "key_missing",
        "the request has no key",
        "send `Authorization: Bearer <key>`, the key as user name by Basic, or `writeKey` in the body",
    )
}

pub(super) fn unknown_key() -> Fault {
    Fault::new(
        401,
        "key_unknown",
        "the key is not known here",
        "compare it with `plimsoll keys --data DIR --list`, or make a new one",
    )
}

pub(super) fn secret_key_needed() -> Fault {
    Fault::new(
        403,
        "secret_key_needed",
        "a publishable key may not read this",
        "send a secret key (`sk_…`), from a server only",
    )
}

pub(super) fn origin_refused() -> Fault {
    Fault::new(
        403,
        "origin_refused",
        "pages of this origin may not use this collector",
        "start `plimsoll serve` with `--origin` and the origin of the page",
    )
}

pub(super) fn not_found() -> Fault {
    Fault::new(
        404,
        "not_found",
        "there is nothing at this path",
        "see `docs/wire.md` for the paths",
    )
}

pub(super) fn no_policy() -> Fault {
    Fault::new(
        404,
        "policy_missing",
        "this collector has no policy",
        "start `plimsoll serve` with `--policy FILE`",
    )
}

pub(super) fn no_policy_format(format: &str) -> Fault {
    Fault::new(
        404,
        "policy_format_unknown",
        format!(
            "the policy is not compiled in format `{}`",
            format.escape_debug().take(32).collect::<String>()
        ),
        concat!(
            "ask for `format=1`, or use a collector newer than ",
            env!("CARGO_PKG_VERSION")
        ),
    )
}

pub(super) fn wrong_method() -> Fault {
    Fault::new(
        405,
        "wrong_method",
        "this path has no such method",
        "see `allow` for the methods",
    )
}

pub(super) fn too_slow() -> Fault {
    Fault::new(
        408,
        "too_slow",
        "the body did not arrive within 10 s",
        "send it again",
    )
    .closing()
}

pub(super) fn cut_off() -> Fault {
    Fault::new(
        400,
        "cut_off",
        "the body ended before its end",
        "send it again",
    )
    .closing()
}

pub(super) fn body_too_large(message: String) -> Fault {
    Fault::new(413, "body_too_large", message, "send less in one request")
}

pub(super) fn too_many_events(found: usize, most: usize) -> Fault {
    Fault::new(
        413,
        "too_many_events",
        format!("the batch has {found} events, at most {most} are accepted"),
        "send fewer events in one request",
    )
}

pub(super) fn wrong_media_type() -> Fault {
    Fault::new(
        415,
        "wrong_media_type",
        "the body is neither `application/json` nor `text/plain` in UTF-8",
        "set `content-type: application/json`",
    )
}

pub(super) fn wrong_encoding() -> Fault {
    Fault::new(
        415,
        "wrong_encoding",
        "the body's encoding is not `gzip`",
        "compress with gzip once, or not at all",
    )
}

/// The code is the request's own; `docs/wire.md` has a table of them.
pub(super) fn request_refused(refused: Refused) -> Fault {
    Fault::new(422, refused.code, refused.message, refused.help)
}

pub(super) fn too_many_requests() -> Fault {
    Fault::new(
        429,
        "too_many_requests",
        "this address sends too many requests",
        "wait as `retry-after` says",
    )
    .retry_after(1)
}

pub(super) fn queue_full() -> Fault {
    Fault::new(
        503,
        "queue_full",
        "too many batches wait to be stored",
        "send it again",
    )
    .retry_after(1)
}

pub(super) fn stopping() -> Fault {
    Fault::new(
        503,
        "stopping",
        "the collector is stopping",
        "send it again",
    )
    .retry_after(2)
}

pub(super) fn store_failed() -> Fault {
    Fault::new(
        503,
        "store_failed",
        "what was sent could not be stored",
        "send it again; see the server's log",
    )
    .retry_after(5)
}

pub(super) fn not_erased() -> Fault {
    Fault::new(
        503,
        "not_erased",
        "not everything of this user could be erased",
        "send it again; see the server's log",
    )
    .retry_after(5)
}

pub(super) fn too_slow_here() -> Fault {
    Fault::new(
        503,
        "deadline",
        "the answer took longer than 15 s",
        "send it again; what was stored counts once",
    )
    .retry_after(2)
}

pub(super) fn not_ready() -> Fault {
    Fault::new(
        503,
        "not_ready",
        "the collector cannot store events now",
        "see the server's log",
    )
    .retry_after(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_documented_with_its_status() {
        let doc = include_str!("../../../docs/wire.md");
        let faults = [
            not_json(""),
            bad_gzip(),
            no_batch(""),
            bad_query("", ""),
            unreadable_query(),
            no_key(),
            unknown_key(),
            secret_key_needed(),
            origin_refused(),
            not_found(),
            no_policy(),
            no_policy_format(""),
            wrong_method(),
            too_slow(),
            cut_off(),
            body_too_large(String::new()),
            too_many_events(501, 500),
            wrong_media_type(),
            wrong_encoding(),
            too_many_requests(),
            queue_full(),
            stopping(),
            store_failed(),
            not_erased(),
            too_slow_here(),
            not_ready(),
        ];
        for fault in faults {
            let row = doc
                .lines()
                .find(|line| line.starts_with(&format!("| {} |", fault.status.as_u16())));
            let row = row.unwrap_or_else(|| panic!("no row for {fault:?}"));
            assert!(row.contains(&format!("`{}`", fault.code)), "{fault:?}");
        }
    }
}
