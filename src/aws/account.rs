//! Accounts: where credentials come from, and whose they are.

use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region as SdkRegion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio_util::sync::CancellationToken;

use super::call::{CallRecorder, Gate, NoRecorder, Operation};
use super::credentials::{self, Named};
use super::iam::Iam;
use super::limits::Limits;
use super::scope::Scope;
use crate::api::desired::AwsAccount;
use crate::model::credentials::CredentialSource;
use crate::model::failure::{AwsService, Failure};
use crate::model::names::{AccountId, Region, ScopeId};

const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const READ_ATTEMPTS: u32 = 3;
const SESSION_NAME: &str = "ecs-scaling";
/// A role assumed by a role has an hour at most, whatever its own maximum is; every role has at least as much.
const SESSION_LENGTH: Duration = Duration::from_secs(3600);

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
    source: CredentialSource,
    limits: Limits,
    recorder: Arc<dyn CallRecorder>,
}

impl Aws {
    /// Finds out where the credentials come from, and the region. No call is made, unless there is a default profile:
    /// it is asked for credentials.
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
        let base = without_blank_region(loader.no_credentials().load().await);
        let named = match options.credentials {
            Some((key, secret)) => {
                Named::new(CredentialSource::Fixed, Credentials::new(key, secret, None, None, "fixed"))
            }
            None => credentials::own(&provider_config(&base)).await,
        };
        let source = named.source().clone();
        Self { base: with_credentials(&base, named), source, limits: options.limits, recorder: options.recorder }
    }

    /// What a client of the controller's own account is made of.
    pub(super) fn own(&self) -> (&SdkConfig, Limits, &Arc<dyn CallRecorder>) {
        (&self.base, self.limits, &self.recorder)
    }

    /// The region of the environment or the profile.
    pub fn default_region(&self) -> Option<Region> {
        self.base.region().map(|region| Region::new(region.as_ref()))
    }

    /// An account: the controller's own, or one whose role is assumed. There is no way from one to the other: a role
    /// that cannot be assumed never falls back to the controller's own credentials (ack#2011).
    pub async fn account(&self, spec: Option<&AwsAccount>) -> Account {
        let Some((spec, role)) = spec.and_then(|spec| spec.role_arn.as_ref().map(|role| (spec, role))) else {
            let (config, source) = (self.base.clone(), self.source.clone());
            return Account { config, source, limits: self.limits, recorder: Arc::clone(&self.recorder) };
        };
        let mut provider = AssumeRoleProvider::builder(role)
            .session_name(spec.session_name.as_deref().unwrap_or(SESSION_NAME))
            .session_length(SESSION_LENGTH)
            .configure(&self.base);
        if let Some(id) = &spec.external_id {
            provider = provider.external_id(id);
        }
        if let Some(region) = spec.regions.first() {
            provider = provider.region(SdkRegion::new(region.as_str().to_owned()));
        }
        let source = CredentialSource::Role { role_arn: role.clone(), by: Box::new(self.source.clone()) };
        let named = Named::new(source.clone(), provider.build().await);
        let config = with_credentials(&self.base, named);
        Account { config, source, limits: self.limits, recorder: Arc::clone(&self.recorder) }
    }
}

/// A configuration with these credentials, kept in a cache of their own: one account's trouble must not wait for
/// another's.
fn with_credentials(base: &SdkConfig, named: Named) -> SdkConfig {
    let provider = SharedCredentialsProvider::new(named);
    base.to_builder().credentials_provider(provider).identity_cache(IdentityCache::lazy().build()).build()
}

/// A variable that is set to nothing sets no region.
fn without_blank_region(base: SdkConfig) -> SdkConfig {
    let is_blank = base.region().is_some_and(|region| region.as_ref().trim().is_empty());
    if is_blank { base.to_builder().region(None::<SdkRegion>).build() } else { base }
}

/// What the sources of credentials go by.
fn provider_config(base: &SdkConfig) -> ProviderConfig {
    let mut config = ProviderConfig::without_region()
        .with_region(base.region().cloned())
        .with_use_fips(base.use_fips())
        .with_use_dual_stack(base.use_dual_stack());
    if let Some(client) = base.http_client() {
        config = config.with_http_client(client);
    }
    if let Some(time_source) = base.time_source() {
        config = config.with_time_source(time_source);
    }
    if let Some(timeouts) = base.timeout_config() {
        config = config.with_timeout_config(timeouts.clone());
    }
    config
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
    source: CredentialSource,
    limits: Limits,
    recorder: Arc<dyn CallRecorder>,
}

impl Account {
    /// Where its credentials come from.
    pub fn source(&self) -> &CredentialSource {
        &self.source
    }

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
