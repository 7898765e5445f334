//! Accounts: where credentials come from, and whose they are.

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region as SdkRegion, SdkConfig};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio_util::sync::CancellationToken;

use super::call::{CallRecorder, Gate, NoRecorder, Operation};
use super::iam::Iam;
use super::limits::Limits;
use super::scope::Scope;
use crate::api::desired::AwsAccount;
use crate::model::failure::{AwsService, Failure};
use crate::model::names::{AccountId, Region, ScopeId};

const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const READ_ATTEMPTS: u32 = 3;
const SESSION_NAME: &str = "ecs-scaling";

/// How AWS is reached.
#[derive(Clone, Debug)]
pub struct AwsOptions {
    /// Another transport than the network: for the sandbox within the process.
    pub http_client: Option<SharedHttpClient>,
    /// Fixed credentials instead of the chain: for the sandbox within the process.
    pub credentials: Option<(String, String)>,
    /// The region where none is said; `None` asks the environment and the profile.
    pub region: Option<Region>,
    /// The time by which requests are signed and credentials expire; the system's when `None`.
    pub time_source: Option<SharedTimeSource>,
    /// Requests a second.
    pub limits: Limits,
    /// Who counts calls.
    pub recorder: Arc<dyn CallRecorder>,
}

impl Default for AwsOptions {
    fn default() -> Self {
        Self {
            http_client: None,
            credentials: None,
            region: None,
            time_source: None,
            limits: Limits::default(),
            recorder: Arc::new(NoRecorder),
        }
    }
}

/// AWS with the controller's own credentials.
#[derive(Clone, Debug)]
pub struct Aws {
    base: SdkConfig,
    limits: Limits,
    recorder: Arc<dyn CallRecorder>,
}

impl Aws {
    /// Loads the credential chain and the region. No call is made yet.
    pub async fn load(options: AwsOptions) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(READ_ATTEMPTS));
        if let Some(client) = options.http_client {
            loader = loader.http_client(client);
        }
        if let Some(time_source) = options.time_source {
            loader = loader.time_source(time_source);
        }
        if let Some(region) = &options.region {
            loader = loader.region(SdkRegion::new(region.as_str().to_owned()));
        }
        if let Some((key, secret)) = options.credentials {
            loader =
                loader.credentials_provider(aws_sdk_sts::config::Credentials::new(key, secret, None, None, "fixed"));
        }
        Self { base: loader.load().await, limits: options.limits, recorder: options.recorder }
    }

    /// The region of the environment or the profile.
    pub fn default_region(&self) -> Option<Region> {
        self.base.region().map(|region| Region::new(region.as_ref()))
    }

    /// An account: the controller's own, or one whose role is assumed. There is no way from one to the other: a role
    /// that cannot be assumed never falls back to the controller's own credentials (ack#2011).
    pub async fn account(&self, spec: Option<&AwsAccount>) -> Account {
        let config = match spec.and_then(|spec| spec.role_arn.as_ref().map(|role| (spec, role))) {
            None => self.base.clone(),
            Some((spec, role)) => {
                let mut provider = AssumeRoleProvider::builder(role)
                    .session_name(spec.session_name.as_deref().unwrap_or(SESSION_NAME))
                    .configure(&self.base);
                if let Some(id) = &spec.external_id {
                    provider = provider.external_id(id);
                }
                if let Some(region) = spec.regions.first() {
                    provider = provider.region(SdkRegion::new(region.as_str().to_owned()));
                }
                let provider = provider.build().await;
                let provider = aws_sdk_sts::config::SharedCredentialsProvider::new(provider);
                // An identity cache of its own: one account's trouble must not wait for another's.
                let cache = aws_config::identity::IdentityCache::lazy().build();
                self.base.to_builder().credentials_provider(provider).identity_cache(cache).build()
            }
        };
        Account { config, limits: self.limits, recorder: Arc::clone(&self.recorder) }
    }
}

/// Who AWS says that we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account's id.
    pub account: AccountId,
    /// The principal's ARN.
    pub arn: String,
}

/// One AWS account with its credentials.
#[derive(Clone, Debug)]
pub struct Account {
    config: SdkConfig,
    limits: Limits,
    recorder: Arc<dyn CallRecorder>,
}

impl Account {
    /// Asks STS who we are, in a region: checked before anything is written.
    pub async fn identity(&self, region: &Region) -> Result<Identity, Failure> {
        const OPERATION: Operation = Operation::read(AwsService::Sts, "GetCallerIdentity");
        let config =
            aws_sdk_sts::config::Builder::from(&self.config).region(SdkRegion::new(region.as_str().to_owned())).build();
        let gate = Gate::new("", region.as_str(), self.limits, Arc::clone(&self.recorder), CancellationToken::new());
        let reply = gate.call(OPERATION, aws_sdk_sts::Client::from_conf(config).get_caller_identity().send()).await?;
        Ok(Identity {
            account: AccountId::new(reply.account().unwrap_or_default()),
            arn: reply.arn().unwrap_or_default().to_owned(),
        })
    }

    /// IAM, which is one for all regions, of an account whose id was asked for. It sends nothing after `stop`.
    pub fn iam(&self, id: &ScopeId, stop: CancellationToken) -> Iam {
        Iam::new(id, &self.config, self.limits, Arc::clone(&self.recorder), stop)
    }

    /// The clients for one region, of an account whose id was asked for. They send nothing after `stop`.
    pub fn scope(&self, id: ScopeId, stop: CancellationToken) -> Scope {
        Scope::new(id, &self.config, self.limits, Arc::clone(&self.recorder), stop)
    }
}
