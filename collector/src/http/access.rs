//! Who may come in: keys, origins of pages, and how many requests an address may send.
//!
//! It owns reading a key from a request, CORS and the rate limit; it does not know what is asked for.
//! Handlers ask it for a key of the right kind, the two middlewares stand before them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};

use super::fault::{self, Fault};
use super::{Peer, Shared};
use crate::keys::{KeyRing, Kind};

/// The key of a request: from `Authorization` (Bearer, or Basic with the key as user name),
/// else from where the path allows it beside (`writeKey` in the body, `key` in the query).
pub(super) fn authenticate(
    ring: &KeyRing,
    headers: &HeaderMap,
    beside: Option<&str>,
) -> Result<Kind, Fault> {
    let in_header = key_in_header(headers);
    let key = in_header.as_deref().or(beside).ok_or_else(fault::no_key)?;
    ring.kind_of(key).ok_or_else(fault::unknown_key)
}

/// Whether a key stands in the header, so that a bad one can be refused before the body is read.
pub(super) fn has_key_in_header(headers: &HeaderMap) -> bool {
    key_in_header(headers).is_some()
}

fn key_in_header(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(BASE64.decode(rest.trim()).ok()?).ok()?;
        let user = pair.split_once(':').map_or(pair.as_str(), |(user, _)| user);
        return Some(user.to_owned());
    }
    None
}

/// The origins whose pages may send events and read the policy.
pub enum Origins {
    /// Nobody has said: every page may. A publishable key lies open anyway.
    Any,
    /// These only. Requests without an origin come from servers and pass.
    Only(Vec<String>),
}

impl Origins {
    /// From `--origin` options: scheme, host and port, no path.
    pub fn parse(given: &[String]) -> Result<Origins, String> {
        if given.is_empty() {
            return Ok(Origins::Any);
        }
        let origins = given.iter().map(|origin| {
            let lower = origin.trim_end_matches('/').to_ascii_lowercase();
            let host = lower
                .strip_prefix("https://")
                .or_else(|| lower.strip_prefix("http://"));
            match host {
                Some(host)
                    if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ', '*']) =>
                {
                    Ok(lower)
                }
                _ => Err(format!(
                    "`{origin}` is not an origin such as `https://app.example.com`"
                )),
            }
        });
        Ok(Origins::Only(origins.collect::<Result<_, _>>()?))
    }

    /// What `access-control-allow-origin` says to this request, or a refusal.
    fn answer(&self, origin: Option<&HeaderValue>) -> Result<Option<HeaderValue>, Fault> {
        match (self, origin) {
            (_, None) => Ok(None),
            // No cookie or other ambient right is used, so any page may read the answer.
            (Origins::Any, Some(_)) => Ok(Some(HeaderValue::from_static("*"))),
            (Origins::Only(known), Some(origin)) => {
                let found = origin
                    .to_str()
                    .is_ok_and(|o| known.iter().any(|k| k.eq_ignore_ascii_case(o)));
                if found {
                    Ok(Some(origin.clone()))
                } else {
                    Err(fault::origin_refused())
                }
            }
        }
    }
}

/// CORS, with its preflight, for the paths that pages use.
pub(super) async fn cross_origin(State(app): Shared, request: Request, next: Next) -> Response {
    let allowed = match app.origins.answer(request.headers().get(header::ORIGIN)) {
        Ok(allowed) => allowed,
        Err(refused) => return refused.into_response(),
    };
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = if is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let Some(allowed) = allowed else {
        return response;
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("etag, retry-after, content-language"),
    );
    if is_preflight {
        for (name, value) in PREFLIGHT {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

const PREFLIGHT: [(header::HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, content-type, content-encoding, if-none-match",
    ),
    // Two hours is the longest that Chromium keeps.
    (header::ACCESS_CONTROL_MAX_AGE, "7200"),
];

/// Refuses an address that sends too much.
pub(super) async fn limit(State(app): Shared, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    match peer {
        Some(Peer(address)) if !app.limiter.admit(address, Instant::now()) => {
            fault::too_many_requests().into_response()
        }
        _ => next.run(request).await,
    }
}

/// A token bucket for each address.
pub struct Limiter {
    requests_per_s: u32,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

struct Bucket {
    tokens: f64,
    at: Instant,
}

/// Addresses whose buckets are kept; past it, those that are full again are forgotten.
const BUCKETS_MAX: usize = 10_000;

impl Limiter {
    /// `requests_per_s`: 0 is no limit; otherwise twice as many may come at once.
    pub fn new(requests_per_s: u32) -> Limiter {
        Limiter {
            requests_per_s,
            buckets: Mutex::default(),
        }
    }

    fn admit(&self, address: IpAddr, now: Instant) -> bool {
        if self.requests_per_s == 0 {
            return true;
        }
        let rate = f64::from(self.requests_per_s);
        let most = rate * 2.0;
        let filled = |bucket: &Bucket| {
            let passed_s = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.tokens + passed_s * rate).min(most)
        };
        let mut buckets = self
            .buckets
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&address) {
            buckets.retain(|_, bucket| filled(bucket) < most);
            // So many addresses at once are an attack; those already known are still served.
            if buckets.len() >= BUCKETS_MAX {
                return false;
            }
        }
        let bucket = buckets.entry(address).or_insert(Bucket {
            tokens: most,
            at: now,
        });
        bucket.tokens = filled(bucket);
        bucket.at = now;
        let admitted = bucket.tokens >= 1.0;
        if admitted {
            bucket.tokens -= 1.0;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_address_may_send_a_burst_and_then_its_rate() {
        let limiter = Limiter::new(2);
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let start = Instant::now();
        let admitted = (0..10).filter(|_| limiter.admit(one, start)).count();
        assert_eq!(admitted, 4);
        assert!(limiter.admit(other, start));
        let later = start + Duration::from_secs(1);
        assert_eq!((0..10).filter(|_| limiter.admit(one, later)).count(), 2);
        assert!((0..1000).all(|_| Limiter::new(0).admit(one, start)));
    }

    #[test]
    fn only_whole_origins_are_taken_as_options() {
        let parse = |text: &str| Origins::parse(&[text.to_owned()]);
        assert!(
            matches!(parse("https://App.example.com/"), Ok(Origins::Only(o)) if o == ["https://app.example.com"])
        );
        for bad in [
            "",
            "app.example.com",
            "https://",
            "https://a/b",
            "*",
            "https://*.a",
            "null",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
