//! The path that forgets a person, for the host's server alone.
//!
//! It owns the answer, which comes when the bytes are gone; it does not know where they were (`store`).

use axum::Json;
use axum::extract::State;
use hyper::header::HeaderMap;

use super::Shared;
use super::fault::{self, Fault};
use super::reads::{Id, secret_id};
use crate::store::Erased;

/// `DELETE /v1/users/{id}`
pub(super) async fn user(
    State(app): Shared,
    user: Id,
    headers: HeaderMap,
) -> Result<Json<Erased>, Fault> {
    let user = secret_id(&app, &headers, user)?;
    // Runs to its end even when nobody waits for the answer any more.
    let erasing = tokio::task::spawn_blocking(move || app.store.erase_user(&user));
    match erasing.await {
        Ok(Ok(erased)) => Ok(Json(erased)),
        Ok(Err(error)) => {
            tracing::error!(%error, "a user could not be erased");
            Err(fault::not_erased())
        }
        Err(_) => Err(fault::not_erased()),
    }
}
