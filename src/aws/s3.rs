//! S3: the objects of one bucket, by the controller's own credentials.
//!
//! Knows nothing of what they hold, and of prefixes only what a listing asks for.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::EncodingType;
use aws_types::service_config::ServiceConfigKey;
use percent_encoding::percent_decode;
use tokio_util::sync::CancellationToken;

use super::account::Aws;
use super::call::{AwsError, Gate, Operation, causes};
use super::scope::{Pages, unreadable};
use crate::model::failure::{AwsService, Effect, Failure, Origin};
use crate::model::names::Region;

const SERVICE: AwsService = AwsService::S3;
const LIST: Operation = Operation::read(SERVICE, "ListObjectsV2");
const GET: Operation = Operation::read(SERVICE, "GetObject");
const PUT: Operation = Operation::write(SERVICE, "PutObject");
const DELETE: Operation = Operation::write(SERVICE, "DeleteObject");
/// The body comes after the reply, which alone the SDK's time limits are about.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// Where a bucket is looked for first when no region is known; S3 says there where it is.
const FIRST_REGION: &str = "us-east-1";

/// One object as it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The whole key. What is not UTF-8 in it is U+FFFD.
    pub key: String,
    /// Without its quotes.
    pub etag: String,
    /// In bytes.
    pub size: u64,
}

/// What must be there for a put to take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there is replaced.
    Anything,
    /// There is no such object.
    Nothing,
    /// The object has this ETag, which is without its quotes.
    ETag(String),
}

/// One bucket. It finds its region by itself: S3 says it to whoever asks in another one.
#[derive(Debug)]
pub struct Bucket {
    name: String,
    config: SdkConfig,
    gate: Gate,
    region: Region,
    client: aws_sdk_s3::Client,
}

impl Aws {
    /// A bucket, for the controller's own credentials. No call is made.
    pub fn bucket(&self, name: &str) -> Bucket {
        let (config, limits, recorder) = self.own();
        let region = self.default_region().unwrap_or_else(|| Region::new(FIRST_REGION));
        let gate = Gate::new("", region.as_str(), limits, Arc::clone(recorder), CancellationToken::new());
        let client = client(config, &region);
        Bucket { name: name.to_owned(), config: config.clone(), gate, region, client }
    }
}

fn client(config: &SdkConfig, region: &Region) -> aws_sdk_s3::Client {
    let builder = aws_sdk_s3::config::Builder::from(config).region(SdkRegion::new(region.as_str().to_owned()));
    // Behind an endpoint of somebody's own, buckets have no host names of theirs.
    aws_sdk_s3::Client::from_conf(builder.force_path_style(has_own_endpoint(config)).build())
}

/// Whether the environment or the profile says where S3 is.
fn has_own_endpoint(config: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_s3 = config.service_config().zip(key.ok()).and_then(|(loader, key)| loader.load_config(key));
    of_s3.is_some() || config.endpoint_url().is_some()
}

impl Bucket {
    /// Where it is, as far as that is known.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Lists what begins with a prefix, all pages of it, and one object more than `limit` at most.
    ///
    /// # Errors
    /// Where one page could not be read: a part of a listing is none.
    pub async fn list(&mut self, prefix: &str, limit: usize) -> Result<Vec<Object>, Failure> {
        let (mut objects, mut pages, mut token) = (Vec::new(), Pages::default(), None);
        loop {
            let page = self.page(prefix, token).await?;
            for object in page.contents() {
                objects.push(listed(object)?);
            }
            token = match page.is_truncated() {
                Some(true) => pages.next(LIST, page.next_continuation_token())?,
                _ => None,
            };
            if token.is_none() || objects.len() > limit {
                objects.truncate(limit.saturating_add(1));
                return Ok(objects);
            }
        }
    }

    /// One page; asked again in the bucket's own region where S3 says that it is elsewhere.
    async fn page(
        &mut self,
        prefix: &str,
        token: Option<String>,
    ) -> Result<aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output, Failure> {
        let mut is_moved = false;
        loop {
            let elsewhere = OnceLock::new();
            let send = async {
                let request = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
                // XML cannot carry every character that a key may hold.
                let request = request.encoding_type(EncodingType::Url).set_continuation_token(token.clone());
                let result = request.send().await;
                if let Some(region) = result.as_ref().err().and_then(bucket_region) {
                    let _ = elsewhere.set(region);
                }
                result
            };
            match (self.gate.call(LIST, send).await, elsewhere.into_inner()) {
                (Err(_), Some(region)) if !is_moved && region != self.region => {
                    is_moved = true;
                    self.client = client(&self.config, &region);
                    self.region = region;
                }
                (result, _) => return result,
            }
        }
    }

    /// Reads one version of an object; `None` when another is there by now, or none.
    ///
    /// # Errors
    /// Where it could not be read, or not to its end.
    pub async fn get(&self, key: &str, etag: &str) -> Result<Option<Vec<u8>>, Failure> {
        let request = self.client.get_object().bucket(&self.name).key(key).if_match(quoted(etag));
        match self.gate.call(GET, request.send()).await {
            Ok(reply) => body(reply.body).await.map(Some),
            Err(failure) if is_other_version(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Writes an object; gives its ETag, without quotes. With a condition it is sent once: a second attempt would be
    /// refused because of the first.
    ///
    /// # Errors
    /// Where it was not written, or something else than what was expected is there (`PreconditionFailed`).
    pub async fn put(&self, key: &str, bytes: Vec<u8>, kind: &str, expected: &Expected) -> Result<String, Failure> {
        let request = self.client.put_object().bucket(&self.name).key(key).content_type(kind);
        let request = conditional(request, expected).body(ByteStream::from(bytes)).customize();
        let request = match expected {
            Expected::Anything => request,
            Expected::Nothing | Expected::ETag(_) => request.config_override(once()),
        };
        let reply = self.gate.call(PUT, request.send()).await?;
        let etag = reply.e_tag().ok_or_else(|| unreadable(PUT, "the reply holds no ETag".to_owned()))?;
        Ok(unquoted(etag).to_owned())
    }

    /// Deletes an object; that there is none is success.
    ///
    /// # Errors
    /// Where it was not deleted.
    pub async fn delete(&self, key: &str) -> Result<(), Failure> {
        self.gate.call(DELETE, self.client.delete_object().bucket(&self.name).key(key).send()).await.map(drop)
    }
}

fn once() -> aws_sdk_s3::config::Builder {
    aws_sdk_s3::config::Builder::new().retry_config(RetryConfig::disabled())
}

fn conditional(request: PutObjectFluentBuilder, expected: &Expected) -> PutObjectFluentBuilder {
    match expected {
        Expected::Anything => request,
        Expected::Nothing => request.if_none_match("*"),
        Expected::ETag(etag) => request.if_match(quoted(etag)),
    }
}

/// Where S3 says that the bucket is.
fn bucket_region<E: AwsError>(error: &SdkError<E>) -> Option<Region> {
    error.raw_response()?.headers().get("x-amz-bucket-region").map(Region::new)
}

fn listed(object: &aws_sdk_s3::types::Object) -> Result<Object, Failure> {
    let missing = |what: &str| unreadable(LIST, format!("an object is listed without {what}"));
    let key = object.key().ok_or_else(|| missing("its key"))?.replace('+', " ");
    Ok(Object {
        key: percent_decode(key.as_bytes()).decode_utf8_lossy().into_owned(),
        etag: unquoted(object.e_tag().ok_or_else(|| missing("its ETag"))?).to_owned(),
        size: object.size().and_then(|size| u64::try_from(size).ok()).ok_or_else(|| missing("its size"))?,
    })
}

async fn body(body: ByteStream) -> Result<Vec<u8>, Failure> {
    let broken = |origin, message| Failure {
        service: SERVICE,
        operation: GET.name.to_owned(),
        origin,
        message,
        effect: Effect::No,
        request_id: None,
    };
    match tokio::time::timeout(BODY_TIMEOUT, body.collect()).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(error)) => Err(broken(Origin::Connection, causes(&error))),
        Err(_) => Err(broken(Origin::Timeout, format!("the body did not come within {} s", BODY_TIMEOUT.as_secs()))),
    }
}

fn is_other_version(failure: &Failure) -> bool {
    match &failure.origin {
        Origin::Service { code, status } => *status == 412 || code == "NoSuchKey",
        _ => false,
    }
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

fn unquoted(etag: &str) -> &str {
    etag.trim_matches('"')
}
