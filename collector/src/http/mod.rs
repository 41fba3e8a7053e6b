//! The HTTP server: what an answer promises, and how long anyone may take.
//!
//! It owns listening, the deadlines of a connection, the routes and the graceful stop; it does not know
//! what an event may hold or how it is kept. A request passes `access`, then `intake` or `reads`.

mod access;
mod connection;
mod erase;
mod fault;
mod intake;
mod reads;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

pub use access::{Limiter, Origins};
use connection::{Patience, Patient};
pub use fault::Fault;

use crate::keys::{KeyHash, KeyRing, Kind};
use crate::policy::Published;
use crate::store::{Store, StoreError};

/// From the first byte of a request to the end of its header; then the connection is closed.
const HEADER_DEADLINE: Duration = Duration::from_secs(5);
/// For the whole body; then 408.
const BODY_DEADLINE: Duration = Duration::from_secs(10);
/// Between two requests of a connection; then it is closed.
const IDLE_DEADLINE: Duration = Duration::from_secs(30);
/// For a request, from its header to its answer; then 503.
const REQUEST_DEADLINE: Duration = Duration::from_secs(15);
/// For an answer that the other side does not take; then the connection is closed.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);
/// For requests under way when the server is told to stop. The store needs what is left of 10 s.
const STOP_DEADLINE: Duration = Duration::from_secs(7);
/// Connections at a time; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 1_000;
/// Request line and headers together; more is answered 431.
const HEADER_MAX_BYTES: usize = 16 * 1024;
/// How often keys made or revoked by `plimsoll keys` are taken over.
const KEYS_EVERY: Duration = Duration::from_secs(2);

/// Everything a request may need.
pub struct App {
    pub store: Store,
    pub keys: KeyRing,
    pub policy: Option<Published>,
    pub origins: Origins,
    pub limiter: Limiter,
    /// Set when the server is told to stop: `/readyz` then says no.
    pub stopping: AtomicBool,
}

impl App {
    pub fn new(
        store: Store,
        policy: Option<Published>,
        origins: Origins,
        limiter: Limiter,
    ) -> Result<App, StoreError> {
        // Known before the first request: a client that is told 401 stops sending.
        let keys = KeyRing::new(valid_keys(&store)?);
        Ok(App {
            store,
            keys,
            policy,
            origins,
            limiter,
            stopping: AtomicBool::new(false),
        })
    }
}

fn valid_keys(store: &Store) -> Result<Vec<(KeyHash, Kind)>, StoreError> {
    let rows = store.keys()?;
    Ok(rows.into_iter().map(|row| (row.hash, row.kind)).collect())
}

/// Who is at the other end of the connection.
#[derive(Clone, Copy)]
struct Peer(IpAddr);

/// Serves until `stop` resolves, lets requests under way finish, and closes the store.
pub async fn serve(listener: TcpListener, app: Arc<App>, stop: impl Future<Output = ()>) {
    let router = router(app.clone());
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let refreshing = tokio::spawn(refresh_keys(app.clone()));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        let connection = serve_connection(stream, Peer(peer), router.clone(), &graceful);
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
    tracing::info!("stopping");
    app.stopping.store(true, Ordering::Relaxed);
    drop(listener);
    refreshing.abort();
    if tokio::time::timeout(STOP_DEADLINE, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
    // Joining the writer blocks, so it must not hold one of the runtime's threads.
    if tokio::task::spawn_blocking(move || app.store.close())
        .await
        .is_err()
    {
        tracing::error!("the store did not close cleanly");
    }
}

type Accepted = (TcpStream, IpAddr, tokio::sync::OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer.ip(), place)),
        Err(error) => {
            // Most often no file descriptor is free; one will be when a connection ends.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

fn serve_connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    let patience = Arc::new(Patience::default());
    let io = TokioIo::new(Patient::new(stream, patience.clone()));
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        let (router, patience) = (router.clone(), patience.clone());
        patience.request_begins();
        request.extensions_mut().insert(peer);
        async move {
            let answer = router.oneshot(request.map(Body::new)).await;
            patience.request_ends();
            answer
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        // Counts from the end of the last answer, so this is the idle deadline; `Patient` watches the header.
        .header_read_timeout(IDLE_DEADLINE)
        .max_buf_size(HEADER_MAX_BYTES)
        .serve_connection(io, service);
    let watched = graceful.watch(connection);
    async move {
        if let Err(error) = watched.await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

async fn refresh_keys(app: Arc<App>) {
    let mut tick = tokio::time::interval(KEYS_EVERY);
    loop {
        tick.tick().await;
        let read = app.clone();
        match tokio::task::spawn_blocking(move || valid_keys(&read.store)).await {
            Ok(Ok(keys)) => app.keys.replace(keys),
            Ok(Err(error)) => {
                tracing::error!(%error, "the keys could not be read, the known ones stay")
            }
            Err(_) => return,
        }
    }
}

fn router(app: Arc<App>) -> Router {
    let limit = middleware::from_fn_with_state(app.clone(), access::limit);
    // CORS stands outside the limit, so that a page can read how long it should wait.
    let from_browsers = Router::new()
        .route("/v1/batch", post(intake::batch))
        .route("/v1/track", post(intake::track))
        .route("/v1/identify", post(intake::identify))
        .route("/v1/group", post(intake::group))
        .route("/v1/page", post(intake::page))
        .route("/v1/requests", post(intake::request))
        .route("/v1/policy", get(reads::policy))
        .method_not_allowed_fallback(wrong_method)
        .layer(limit.clone())
        .layer(middleware::from_fn_with_state(
            app.clone(),
            access::cross_origin,
        ));
    let from_servers = Router::new()
        .route("/v1/accounts/{id}/events", get(reads::account_events))
        .route("/v1/accounts/{id}/requests", get(reads::account_requests))
        .route("/v1/users/{id}", delete(erase::user))
        .method_not_allowed_fallback(wrong_method)
        .layer(limit);
    let about_us = Router::new()
        .route("/healthz", get(reads::healthz))
        .route("/readyz", get(reads::readyz))
        .method_not_allowed_fallback(wrong_method);
    from_browsers
        .merge(from_servers)
        .merge(about_us)
        .fallback(|| async { fault::not_found() })
        .layer(middleware::from_fn(observe))
        .with_state(app)
}

async fn wrong_method() -> Fault {
    fault::wrong_method()
}

/// Holds every request to its deadline and logs it: route, status and time, never an id or an address.
async fn observe(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = match tokio::time::timeout(REQUEST_DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => fault::too_slow_here().into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(
        "x-content-type-options",
        HeaderValue::from_static("nosniff"),
    );
    let (status, took_ms) = (response.status().as_u16(), began.elapsed().as_millis());
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    tracing::info!(%method, route, status, took_ms, "request");
    response
}

/// The state as handlers take it.
type Shared = State<Arc<App>>;
