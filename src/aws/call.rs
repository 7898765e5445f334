//! One call: its permit, its record, and its failure as a value.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ecs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ecs::operation::RequestId;
use aws_smithy_runtime_api::client::result::DispatchFailure;
use tokio_util::sync::CancellationToken;

use super::credentials::fault;
use super::limits::{Buckets, Limits};
use super::scope::not_sent;
use crate::model::failure::{AwsService, Effect, Failure, Origin};

/// What a finished call tells to whoever counts calls.
#[derive(Clone, Copy, Debug)]
pub struct CallReport<'a> {
    /// The account's id, as far as it is known.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// The service.
    pub service: AwsService,
    /// The operation, as AWS spells it.
    pub operation: &'static str,
    /// How long it waited for its permit.
    pub waited: Duration,
    /// How long it took, the SDK's own retries included.
    pub took: Duration,
    /// Why it failed, if it did.
    pub failure: Option<&'a Failure>,
}

/// Who counts calls.
pub trait CallRecorder: Send + Sync + std::fmt::Debug {
    /// Takes note of a finished call.
    fn record(&self, report: &CallReport<'_>);
}

/// Nobody counts.
#[derive(Clone, Copy, Debug)]
pub struct NoRecorder;

impl CallRecorder for NoRecorder {
    fn record(&self, _: &CallReport<'_>) {}
}

/// What every error of an SDK operation can be asked.
pub(super) trait AwsError: ProvideErrorMetadata + RequestId + std::error::Error + 'static {}

impl<E: ProvideErrorMetadata + RequestId + std::error::Error + 'static> AwsError for E {}

/// What an operation is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub(super) service: AwsService,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// What an operation does, and which bucket its permit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It changes nothing.
    Read,
    /// It changes something.
    Write,
    /// PutMetricAlarm and DeleteAlarms have a bucket of their own beside the service's.
    AlarmWrite,
}

impl Operation {
    pub(super) const fn read(service: AwsService, name: &'static str) -> Self {
        Self { service, name, kind: Kind::Read }
    }

    pub(super) const fn write(service: AwsService, name: &'static str) -> Self {
        Self { service, name, kind: Kind::Write }
    }

    pub(super) const fn alarm_write(name: &'static str) -> Self {
        Self { service: AwsService::CloudWatch, name, kind: Kind::AlarmWrite }
    }

    /// What a failure says of the effect when it does not say that there was none.
    pub(super) fn doubt(self) -> Effect {
        if self.kind == Kind::Read { Effect::No } else { Effect::Unknown }
    }
}

/// The one way out: every call takes its permit here, and is recorded.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    account: String,
    region: String,
    buckets: Arc<Buckets>,
    recorder: Arc<dyn CallRecorder>,
    /// Once it is cancelled, nothing is sent any more.
    stop: CancellationToken,
}

impl Gate {
    pub(super) fn new(
        account: &str,
        region: &str,
        limits: Limits,
        recorder: Arc<dyn CallRecorder>,
        stop: CancellationToken,
    ) -> Self {
        let (account, region) = (account.to_owned(), region.to_owned());
        Self { account, region, buckets: Arc::new(Buckets::new(limits)), recorder, stop }
    }

    /// Sends one call once it has its permit. After a stop nothing is sent; a write that is under way is waited for.
    pub(super) async fn call<T, E: AwsError>(
        &self,
        operation: Operation,
        send: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<T, Failure> {
        let waited = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Err(stopping(operation)),
            waited = self.buckets.acquire(operation.service, operation.kind) => waited,
        };
        let start = tokio::time::Instant::now();
        // The SDK's futures are large, and these are nested deep: on the heap they cannot overflow a thread's stack.
        let send = Box::pin(send);
        let result = if operation.kind == Kind::Read {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(stopping(operation)),
                result = send => result,
            }
        } else {
            send.await
        };
        let result = result.map_err(|error| failure(operation, &error));
        self.recorder.record(&CallReport {
            account: &self.account,
            region: &self.region,
            service: operation.service,
            operation: operation.name,
            waited,
            took: start.elapsed(),
            failure: result.as_ref().err(),
        });
        result
    }
}

/// A call that is not made any more.
fn stopping(operation: Operation) -> Failure {
    not_sent(operation, &"the controller is stopping")
}

/// The failure behind an SDK error.
///
/// Application Auto Scaling models no AccessDenied, so code and message are read from the metadata for every service.
pub(super) fn failure<E: AwsError>(operation: Operation, error: &SdkError<E>) -> Failure {
    let make = |origin, message: String, effect, request_id: Option<&str>| Failure {
        service: operation.service,
        operation: operation.name.to_owned(),
        origin,
        message,
        effect,
        request_id: request_id.map(str::to_owned),
    };
    let chain = || causes(error);
    match error {
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            let code = service.err().code().unwrap_or_default().to_owned();
            let message = service.err().message().unwrap_or("AWS gave no message").to_owned();
            // A server that fails may have done what it was asked for.
            let effect = if status >= 500 { operation.doubt() } else { Effect::No };
            make(Origin::Service { code, status }, message, effect, service.err().request_id())
        }
        SdkError::TimeoutError(_) => make(Origin::Timeout, chain(), operation.doubt(), None),
        SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => {
            make(Origin::Timeout, chain(), operation.doubt(), None)
        }
        SdkError::DispatchFailure(dispatch) if dispatch.is_io() || is_of_the_wire(dispatch, error) => {
            make(Origin::Connection, chain(), operation.doubt(), None)
        }
        // Neither a time-out nor the connection: the request could not be signed.
        SdkError::DispatchFailure(_) => {
            let (fault, message) = fault(error);
            make(Origin::Credentials(Box::new(fault)), message, Effect::No, None)
        }
        SdkError::ConstructionFailure(_) => make(Origin::NotSent, chain(), Effect::No, None),
        SdkError::ResponseError(_) => make(Origin::Malformed, chain(), operation.doubt(), None),
        other => make(Origin::Malformed, causes(other), operation.doubt(), None),
    }
}

/// Whether a request went out. The SDK calls a connection that ends before its reply neither a time-out nor an error of
/// the connection, and a write may have taken effect by then.
fn is_of_the_wire(dispatch: &DispatchFailure, error: &(dyn std::error::Error + 'static)) -> bool {
    let mut chain = std::iter::successors(Some(error), |error| (*error).source());
    let is_transient = dispatch.as_connector_error().is_some_and(|error| error.as_other().is_some());
    is_transient || chain.any(|error| error.is::<hyper::Error>())
}

/// The messages of an error and its causes, each once, on one line. Never the debug form, which may hold anything.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if !texts.iter().any(|said| said.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    texts.join(": ")
}
