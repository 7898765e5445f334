//! One (account, region): its clients, its rate limits and its retry partition.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_config::{Region as SdkRegion, SdkConfig};
use aws_sdk_ecs::config::retry::RetryPartition;
use aws_sdk_ecs::error::SdkError;
use aws_sdk_ecs::operation::RequestId;
use tokio_util::sync::CancellationToken;

use super::call::{AwsError, CallRecorder, Gate, Operation};
use super::limits::Limits;
use crate::model::failure::{Effect, Failure, Origin};
use crate::model::names::ScopeId;

/// The clients of one scope. A write has one attempt: what became of a failed one is read before the next.
#[derive(Clone, Debug)]
pub struct Scope {
    id: ScopeId,
    pub(super) ecs: aws_sdk_ecs::Client,
    pub(super) load_balancing: aws_sdk_elasticloadbalancingv2::Client,
    pub(super) autoscaling: Clients<aws_sdk_applicationautoscaling::Client>,
    pub(super) cloudwatch: Clients<aws_sdk_cloudwatch::Client>,
    gate: Gate,
}

/// A service's client for reads, with retries, and the one for writes, without.
#[derive(Clone, Debug)]
pub(super) struct Clients<C> {
    pub(super) read: C,
    pub(super) write: C,
}

/// What AWS said to a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The ARN of the target or the policy, where the reply holds one.
    pub arn: Option<String>,
    /// AWS's request id.
    pub request_id: Option<String>,
}

impl Scope {
    pub(super) fn new(
        id: ScopeId,
        config: &SdkConfig,
        limits: Limits,
        recorder: Arc<dyn CallRecorder>,
        stop: CancellationToken,
    ) -> Self {
        let region = SdkRegion::new(id.region.as_str().to_owned());
        // The SDK's retry tokens are shared process-wide for a service: one throttled account would starve the rest.
        let partition = RetryPartition::new(id.to_string());
        let autoscaling = aws_sdk_applicationautoscaling::config::Builder::from(config)
            .region(region.clone())
            .retry_partition(partition.clone());
        let cloudwatch =
            aws_sdk_cloudwatch::config::Builder::from(config).region(region.clone()).retry_partition(partition.clone());
        let load_balancing = aws_sdk_elasticloadbalancingv2::config::Builder::from(config)
            .region(region.clone())
            .retry_partition(partition.clone());
        let ecs = aws_sdk_ecs::config::Builder::from(config).region(region).retry_partition(partition);
        Self {
            ecs: aws_sdk_ecs::Client::from_conf(ecs.build()),
            load_balancing: aws_sdk_elasticloadbalancingv2::Client::from_conf(load_balancing.build()),
            autoscaling: Clients {
                read: aws_sdk_applicationautoscaling::Client::from_conf(autoscaling.clone().build()),
                write: aws_sdk_applicationautoscaling::Client::from_conf(
                    autoscaling.retry_config(RetryConfig::disabled()).build(),
                ),
            },
            cloudwatch: Clients {
                read: aws_sdk_cloudwatch::Client::from_conf(cloudwatch.clone().build()),
                write: aws_sdk_cloudwatch::Client::from_conf(cloudwatch.retry_config(RetryConfig::disabled()).build()),
            },
            gate: Gate::new(id.account.as_str(), id.region.as_str(), limits, recorder, stop),
            id,
        }
    }

    /// Which account and region it is.
    pub fn id(&self) -> &ScopeId {
        &self.id
    }

    /// Sends one call once it has its permit.
    pub(super) async fn call<T, E: AwsError>(
        &self,
        operation: Operation,
        send: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<T, Failure> {
        self.gate.call(operation, send).await
    }

    /// A write that answers with nothing but a request id.
    pub(super) async fn write<T: RequestId, E: AwsError>(
        &self,
        operation: Operation,
        send: impl Future<Output = Result<T, SdkError<E>>>,
    ) -> Result<Written, Failure> {
        let reply = self.call(operation, send).await?;
        Ok(Written { arn: None, request_id: reply.request_id().map(str::to_owned) })
    }
}

/// Walks the pages of a list. An empty token is no token (S-058); a token that comes twice would never end.
#[derive(Debug, Default)]
pub(super) struct Pages {
    seen: HashSet<String>,
}

impl Pages {
    /// The token of the next page, or `None` after the last.
    pub(super) fn next(&mut self, operation: Operation, token: Option<&str>) -> Result<Option<String>, Failure> {
        match token.filter(|token| !token.is_empty()) {
            None => Ok(None),
            Some(token) if self.seen.insert(token.to_owned()) => Ok(Some(token.to_owned())),
            Some(_) => Err(unreadable(operation, "a page token came twice".to_owned())),
        }
    }
}

/// A reply that lacks what AWS documents.
pub(super) fn unreadable(operation: Operation, message: String) -> Failure {
    Failure {
        service: operation.service,
        operation: operation.name.to_owned(),
        origin: Origin::Malformed,
        message,
        effect: operation.doubt(),
        request_id: None,
    }
}

/// A request that the SDK's own builder refuses.
pub(super) fn not_sent(operation: Operation, error: &impl std::fmt::Display) -> Failure {
    Failure { origin: Origin::NotSent, effect: Effect::No, ..unreadable(operation, error.to_string()) }
}
