//! An `HttpClient` inside the process, on which the real SDK runs against a world in virtual time.
//!
//! No socket: a delay is a tokio sleep, and an answer that never comes is a future that never ends.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;

use crate::message::{Outcome, Reply, Request, Response};
use crate::shared::Shared;

/// The client through which an SDK reaches a world.
pub fn http_client(world: Shared) -> SharedHttpClient {
    SharedHttpClient::new(InProcess { world })
}

#[derive(Clone, Debug)]
struct InProcess {
    world: Shared,
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let world = self.world.clone();
        HttpConnectorFuture::new(async move {
            let request = read_request(request).await?;
            let Reply { delay, outcome } = world.handle(&request);
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            match outcome {
                Outcome::Answer(response) => write_response(response),
                Outcome::Hang => std::future::pending().await,
                Outcome::Reset => Err(ConnectorError::io("connection reset by peer".into())),
            }
        })
    }
}

async fn read_request(request: HttpRequest) -> Result<Request, ConnectorError> {
    let request = request.try_into_http1x().map_err(|e| ConnectorError::user(e.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes().to_vec();
    Ok(Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        headers: headers(&parts.headers),
        body,
    })
}

fn write_response(response: Response) -> Result<HttpResponse, ConnectorError> {
    let mut builder = http::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    let response = builder.body(SdkBody::from(response.body)).map_err(|e| ConnectorError::user(e.into()))?;
    HttpResponse::try_from(response).map_err(|e| ConnectorError::user(e.into()))
}

/// Headers as pairs, names in lower case; what is not text is left out.
pub(crate) fn headers(map: &http::HeaderMap) -> Vec<(String, String)> {
    map.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))).collect()
}
