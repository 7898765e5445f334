//! The wire protocols: which one a request speaks, what it asks for, and the answer in the same protocol.
//!
//! Must not know what an operation does.

mod aws_json;
mod cbor;
mod query;

pub(crate) use aws_json::{from_json, to_json};

use std::io::Read;

use ecs_scaling::model::failure::AwsService;

use crate::error::AwsError;
use crate::message::{Request, Response};
use crate::value::Value;

/// A protocol with what its replies need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson, version `1.0` or `1.1`.
    Json(&'static str),
    /// Smithy RPC v2 CBOR.
    Cbor,
    /// Form-encoded requests, XML replies.
    Query,
}

/// A request that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// How to answer.
    pub protocol: Protocol,
    /// Whom it is for.
    pub service: AwsService,
    /// The operation, as AWS spells it.
    pub operation: String,
    /// Its input.
    pub input: Value,
}

const JSON_TARGETS: [(&str, AwsService, &str); 3] = [
    ("AmazonEC2ContainerServiceV20141113", AwsService::Ecs, "1.1"),
    ("AnyScaleFrontendService", AwsService::ApplicationAutoScaling, "1.1"),
    ("GraniteServiceVersion20100801", AwsService::CloudWatch, "1.0"),
];

/// Reads a request; an error is already the reply.
///
/// # Errors
/// A response in the request's own protocol, where it can be told.
pub fn decode(request: &Request) -> Result<Decoded, Response> {
    let (protocol, service, operation) =
        address(request).map_err(|e| encode(&Protocol::Json("1.1"), AwsService::Ecs, "", Err(&e), "0"))?;
    let fail = |error: AwsError| encode(&protocol, service, &operation, Err(&error), "0");
    let body = plain_body(request).map_err(fail)?;
    let input = match protocol {
        Protocol::Json(_) => aws_json::decode(&body),
        Protocol::Cbor => cbor::decode(&body),
        Protocol::Query => query::decode(&body),
    }
    .map_err(fail)?;
    Ok(Decoded { protocol, service, operation, input })
}

/// Writes an answer.
pub fn encode(
    protocol: &Protocol,
    service: AwsService,
    operation: &str,
    result: Result<&Value, &AwsError>,
    request_id: &str,
) -> Response {
    let mut response = match protocol {
        Protocol::Json(version) => aws_json::encode(version, result),
        Protocol::Cbor => cbor::encode(result),
        Protocol::Query => query::encode(service, operation, result, request_id),
    };
    response.headers.push(("x-amzn-requestid".into(), request_id.into()));
    response
}

fn address(request: &Request) -> Result<(Protocol, AwsService, String), AwsError> {
    if let Some(operation) = cbor_operation(request) {
        return Ok((Protocol::Cbor, AwsService::CloudWatch, operation.to_owned()));
    }
    if let Some(target) = request.header("x-amz-target") {
        let (prefix, operation) = target.split_once('.').ok_or_else(|| unknown_operation(target))?;
        let (_, service, version) =
            JSON_TARGETS.iter().find(|(p, ..)| *p == prefix).ok_or_else(|| unknown_operation(target))?;
        return Ok((Protocol::Json(version), *service, operation.to_owned()));
    }
    let body = plain_body(request)?;
    let (service, operation) = query::address(&body).ok_or_else(|| unknown_operation(&request.path))?;
    Ok((Protocol::Query, service, operation))
}

fn cbor_operation(request: &Request) -> Option<&str> {
    let path = request.path.strip_prefix("/service/GraniteServiceVersion20100801/operation/")?;
    (request.header("smithy-protocol") == Some("rpc-v2-cbor")).then_some(path)
}

fn unknown_operation(what: &str) -> AwsError {
    AwsError::sender("UnknownOperationException", format!("the request names no operation that is served here: {what}"))
}

/// The body, unpacked where it came gzip-compressed.
fn plain_body(request: &Request) -> Result<Vec<u8>, AwsError> {
    if request.header("content-encoding") != Some("gzip") {
        return Ok(request.body.clone());
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(request.body.as_slice())
        .read_to_end(&mut plain)
        .map_err(|e| AwsError::sender("SerializationException", format!("the gzip body is broken: {e}")))?;
    Ok(plain)
}
