//! All state of the pretended AWS: accounts, and for each (account, region) what its services hold.
//!
//! Owns the data and its ids. What an operation does with it stands in the service families (`ecs`, `autoscaling`,
//! `cloudwatch`, `iam`, `sts`). Knows no protocol, no fault and no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

use ecs_scaling::model::arn;
use ecs_scaling::model::iam::NamedPolicy;
use ecs_scaling::model::names::{AccountId, AlarmName, ClusterName, ScopeId, ServiceId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::autoscaling::{Activity, SERVICE_LINKED_ROLE, Target};
use crate::caller::Caller;
use crate::cloudwatch::{Alarm, AlarmEvent, CompositeAlarm, Metrics};
use crate::ecs::{Cluster, Service, TaskFamily};
use crate::error::AwsError;
use crate::iam::{Deletion, ManagedPolicy, Role, User};
use crate::rules::Rules;
use crate::sts::Session;
use crate::time::Clock;
use crate::value::Value;

/// What every operation answers.
pub(crate) type Answer = Result<Value, AwsError>;

/// One call, as an operation sees it.
pub(crate) struct Call<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) scope: &'a ScopeId,
    pub(crate) input: &'a Value,
    pub(crate) now: Timestamp,
}

/// An operation's code, by whether it changes anything.
pub(crate) enum Handler {
    Read(fn(&Cloud, &Call<'_>) -> Answer),
    Write(fn(&mut Cloud, &Call<'_>) -> Answer),
}

/// How eventual the pretended AWS is. All zero by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Knobs {
    /// From a new desired count until the tasks run.
    pub start_delay: Duration,
    /// From a new task definition until its deployment is done; none at first.
    pub deployment: Duration,
    /// From the creation of the service-linked role until it can be assumed (iam.md §6).
    pub role_propagation: Duration,
    /// From the registration of a target until policies can be put on it (S-016).
    pub target_propagation: Duration,
    /// Ends every listing with `NextToken: ""` instead of none (S-058).
    pub empty_final_token: bool,
    /// Ends the text of an explicit deny with the policy's ARN, where it has one (iam.md §1.6).
    pub denials_name_policies: bool,
    /// By how much the time of a signature may differ from this world's; `None`: it is not looked at.
    pub clock_tolerance: Option<Duration>,
}

/// The state of every account and region.
#[derive(Clone, Debug, Default)]
pub struct Cloud {
    /// How eventual it is.
    pub knobs: Knobs,
    /// Which rules it enforces.
    pub rules: Rules,
    /// What is global in an account.
    pub accounts: BTreeMap<AccountId, Account>,
    /// What belongs to an account and region.
    pub scopes: BTreeMap<ScopeId, Scope>,
    /// Credentials of roles and users, by access key.
    pub sessions: BTreeMap<String, Session>,
    sequence: u64,
    /// Up to when time was played; unset before the first call.
    pub(crate) played: Option<Timestamp>,
}

/// What is global in an account.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// IAM roles by name.
    pub roles: BTreeMap<String, Role>,
    /// IAM users by name.
    pub users: BTreeMap<String, User>,
    /// Managed policies by ARN.
    pub policies: BTreeMap<String, ManagedPolicy>,
    /// Service control policies, each of a level of its own of the organization: every one must allow.
    pub service_control_policies: Vec<NamedPolicy>,
    /// Issuers of web identity tokens that IAM knows, without their scheme.
    pub oidc_providers: BTreeSet<String>,
    /// Deletions of service-linked roles by the ids of their tasks.
    pub deletions: BTreeMap<String, Deletion>,
}

/// What an account holds in one region.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// ECS clusters.
    pub clusters: BTreeMap<ClusterName, Cluster>,
    /// Task definitions by family.
    pub task_definitions: BTreeMap<String, TaskFamily>,
    /// Target groups by ARN: the ARNs of the load balancers that each is behind.
    pub target_groups: BTreeMap<String, Vec<String>>,
    /// Scalable targets with their policies and scheduled actions.
    pub targets: BTreeMap<ServiceId, Target>,
    /// Scaling activities, oldest first; they outlive their target.
    pub activities: Vec<Activity>,
    /// Metric alarms.
    pub alarms: BTreeMap<AlarmName, Alarm>,
    /// Composite alarms.
    pub composite_alarms: BTreeMap<AlarmName, CompositeAlarm>,
    /// What happened to alarms, oldest first.
    pub alarm_events: Vec<AlarmEvent>,
    /// Metric datapoints.
    pub metrics: Metrics,
    /// What time has to remember.
    pub clock: Clock,
}

static EMPTY: LazyLock<Scope> = LazyLock::new(Scope::default);

impl Cloud {
    /// What a scope holds; nothing, where nothing was ever made.
    pub fn scope(&self, id: &ScopeId) -> &Scope {
        self.scopes.get(id).unwrap_or(&EMPTY)
    }

    /// A scope to change.
    pub fn scope_mut(&mut self, id: &ScopeId) -> &mut Scope {
        self.scopes.entry(id.clone()).or_default()
    }

    /// An account to change.
    pub fn account_mut(&mut self, id: &AccountId) -> &mut Account {
        self.accounts.entry(id.clone()).or_default()
    }

    /// Whether Application Auto Scaling has its role in an account.
    pub fn has_service_linked_role(&self, account: &AccountId) -> bool {
        self.accounts.get(account).is_some_and(|a| a.roles.contains_key(SERVICE_LINKED_ROLE))
    }

    /// A new id: the same for the same name made at the same place in the order of creations.
    pub(crate) fn new_id(&mut self, name: &str) -> String {
        self.sequence += 1;
        Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{name}", self.sequence).as_bytes()).to_string()
    }
}

impl Scope {
    /// An ECS service.
    pub fn service(&self, id: &ServiceId) -> Option<&Service> {
        self.clusters.get(&id.cluster)?.services.get(&id.service)
    }

    /// An ECS service to change.
    pub fn service_mut(&mut self, id: &ServiceId) -> Option<&mut Service> {
        self.clusters.get_mut(&id.cluster)?.services.get_mut(&id.service)
    }
}

/// An ARN of a regional resource.
pub(crate) fn regional_arn(scope: &ScopeId, service: &str, resource: &str) -> String {
    let partition = arn::partition(&scope.region);
    format!("arn:{partition}:{service}:{}:{}:{resource}", scope.region, scope.account)
}

/// An ARN of IAM, which has no region.
pub(crate) fn iam_arn(scope: &ScopeId, resource: &str) -> String {
    format!("arn:{}:iam::{}:{resource}", arn::partition(&scope.region), scope.account)
}
