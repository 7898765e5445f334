//! The HTTP server: metrics, health, the API that `get` and `describe` read, and the status page. Read-only.
//!
//! Off loopback the API and the page need a token; `/metrics`, `/healthz` and `/readyz` never do.

mod guard;
mod page;
mod token;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State as Extract};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde_json::json;
use tokio::net::TcpListener;

pub use token::{Token, TokenError};

use crate::api::accounts::AccountList;
use crate::api::desired::{Mode, ObjectKey};
use crate::api::resource::{ConfigStatus, ResourceList};
use crate::api::types::API_VERSION;
use crate::controller::{Clock, ConfigView, ObjectView, State};
use crate::metrics::Metrics;

/// The loop is stuck when it has not ticked for this many intervals.
const STUCK_AFTER: u32 = 3;

/// What the server reads from.
#[derive(Clone, Debug)]
pub struct Served {
    /// The one state.
    pub state: Arc<State>,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
    /// The interval of the loop.
    pub interval: Duration,
    /// Asked of whoever reads the API or the page, where there is one.
    pub token: Option<Token>,
    /// The owner id, for the page to say whose controller it is.
    pub owner: String,
    /// The process's mode.
    pub mode: Mode,
}

/// Serves until `shutdown`.
pub async fn serve(
    listener: TcpListener,
    served: Served,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(served)).with_graceful_shutdown(shutdown).await
}

fn router(served: Served) -> Router {
    let api = Router::new()
        .route("/api/v1/accounts", get(accounts))
        .route("/api/v1/config", get(config))
        .route("/api/v1/servicescalings", get(list))
        .route("/api/v1/servicescalings/{namespace}/{name}", get(one));
    let read_by_people = api
        .merge(page::routes())
        .layer(middleware::from_fn_with_state(served.token.clone(), token::check))
        .layer(middleware::from_fn_with_state(served.token.clone(), guard::host));
    Router::new()
        .merge(read_by_people)
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .fallback(page::nothing_here)
        .layer(middleware::from_fn(guard::headers))
        .with_state(served)
}

/// Who we are in each account, what is denied there, and how the service-linked role stands.
async fn accounts(Extract(served): Extract<Served>) -> Json<AccountList> {
    Json(AccountList::new(served.state.accounts().iter().map(|account| account.resource(&served.state)).collect()))
}

/// What was read of the source, what was rejected, and of what the last good version is held.
async fn config(Extract(served): Extract<Served>) -> Json<ConfigStatus> {
    let ConfigView { source, successful, read_at, revision, findings, absence, error, held, excerpts } =
        served.state.config();
    Json(ConfigStatus {
        api_version: API_VERSION.to_owned(),
        source,
        successful,
        revision,
        read_at,
        absence_in_doubt: absence.doubt().map(ToString::to_string),
        error,
        held,
        findings,
        excerpts,
    })
}

async fn list(Extract(served): Extract<Served>) -> Json<ResourceList> {
    Json(ResourceList::new(served.state.objects().iter().map(ObjectView::resource).collect()))
}

async fn one(Extract(served): Extract<Served>, Path((namespace, name)): Path<(String, String)>) -> Response {
    let key = ObjectKey::new(namespace, name);
    match served.state.object(&key) {
        Some(view) => Json(view.resource()).into_response(),
        None => {
            let body = json!({ "apiVersion": API_VERSION, "error": format!("there is no ServiceScaling {key}") });
            (StatusCode::NOT_FOUND, Json(body)).into_response()
        }
    }
}

async fn metrics(Extract(served): Extract<Served>) -> Response {
    match served.metrics.scrape(&served.state) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("metrics could not be written: {error}\n")).into_response()
        }
    }
}

/// False when the loop of a scope has not ticked for three intervals.
async fn healthz(Extract(served): Extract<Served>) -> Response {
    let limit = served.interval.saturating_mul(STUCK_AFTER);
    let age = served.state.oldest_heartbeat().map(|beat| served.clock.now().duration_since(beat).unsigned_abs());
    match age.filter(|age| *age > limit) {
        None => "ok\n".into_response(),
        Some(age) => {
            let text = format!(
                "the loop has not ticked for {} s (the interval is {} s)\n",
                age.as_secs(),
                served.interval.as_secs()
            );
            (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
        }
    }
}

/// True after the first attempted pass.
async fn readyz(Extract(served): Extract<Served>) -> Response {
    if served.state.is_ready() {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the first pass is not done yet\n").into_response()
    }
}

#[cfg(test)]
mod tests;
