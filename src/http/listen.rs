//! Connections: how many there may be at once, and how long a client may take.
//!
//! A slow client, or very many, must not keep the probes and the metrics from being answered for longer than these
//! bounds say. Knows nothing of what is served.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The most that the head of a request may have, in bytes.
const HEAD_BYTES: usize = 16 * 1024;
/// An answer that is under way when a connection's life is over has so long to be read.
const LAST_ANSWER: Duration = Duration::from_secs(5);
/// After accepting failed, as it does when too many files are open.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

/// What connections may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// How long a request's head may take to come. An idle connection ends after this time as well.
    pub head: Duration,
    /// How long a connection may live. It bounds how long a client may take to read its answers.
    pub life: Duration,
}

impl Default for Bounds {
    /// 128 connections; 10 s for a request's head; a minute.
    fn default() -> Self {
        Self { connections: 128, head: Duration::from_secs(10), life: Duration::from_secs(60) }
    }
}

/// Accepts connections until `shutdown`, and then waits for the answers that are under way.
pub(super) async fn serve(listener: TcpListener, router: Router, bounds: Bounds, shutdown: impl Future<Output = ()>) {
    let (mut connections, stop) = (JoinSet::new(), CancellationToken::new());
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if connections.len() < bounds.connections => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, router.clone(), bounds, stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(AFTER_FAILURE).await;
                }
            }
        }
    }
    stop.cancel();
    while connections.join_next().await.is_some() {}
}

/// One connection. How it ends concerns its client alone.
async fn converse(stream: TcpStream, router: Router, bounds: Bounds, stop: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head).max_buf_size(HEAD_BYTES);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = sleep(bounds.life) => {}
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(LAST_ANSWER, connection).await;
}
