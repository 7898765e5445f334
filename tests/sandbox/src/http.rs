//! The world over real HTTP.

use std::convert::Infallible;
use std::future::Future;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::client::headers;
use crate::control;
use crate::message::{Outcome, Reply, Request, Response};
use crate::shared::Shared;

/// Why a connection ends without an answer.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the connection is reset on purpose")]
    Reset,
    #[error("the request could not be read: {0}")]
    Request(#[from] hyper::Error),
    #[error("the response could not be written: {0}")]
    Response(#[from] http::Error),
}

/// Serves a world on a listener until `shutdown` is ready; open connections are then dropped.
pub async fn serve(world: Shared, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve_connection(world.clone(), stream));
                }
            }
        }
    }
}

async fn serve_connection(world: Shared, stream: TcpStream) -> Result<(), Infallible> {
    let service = service_fn(move |request| answer(world.clone(), request));
    // A connection that breaks, on purpose or not, concerns its client alone.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    Ok(())
}

async fn answer(world: Shared, request: hyper::Request<Incoming>) -> Result<hyper::Response<Full<Bytes>>, Broken> {
    let (parts, body) = request.into_parts();
    let request = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        headers: headers(&parts.headers),
        body: body.collect().await?.to_bytes().to_vec(),
    };
    let reply = match control::handle(&world, &request) {
        Some(response) => Reply::answer(response),
        None => world.handle(&request),
    };
    tokio::time::sleep(reply.delay).await;
    match reply.outcome {
        Outcome::Answer(response) => Ok(write(response)?),
        Outcome::Hang => std::future::pending().await,
        Outcome::Reset => Err(Broken::Reset),
    }
}

fn write(response: Response) -> Result<hyper::Response<Full<Bytes>>, http::Error> {
    let mut builder = hyper::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::new(response.body.into()))
}
