//! Objects after loading: every name resolved, every default filled in, every AWS rule checked.
//!
//! A value of these types is one that AWS would accept; nothing behind `api` checks the user's input again.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::path::Path;
use super::reads::Reads;
use crate::model::alarm::AlarmConfig;
use crate::model::capacity::{CapacityRange, SuspendedStateSpec};
use crate::model::names::{AccountId, AccountName, AlarmName, PolicyName, Region, ScheduledActionName, ServiceId};
use crate::model::number::Number;
use crate::model::observed::Tags;
use crate::model::policy::{PolicyConfig, StepScalingConfig};
use crate::model::scheduled_action::ScheduledActionConfig;
use crate::model::steps::{AbsoluteStep, relative};

/// An object's key within its kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectKey {
    /// `default` when unset.
    pub namespace: String,
    /// The object's name.
    pub name: String,
}

impl ObjectKey {
    /// A key from its parts.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl std::fmt::Display for ObjectKey {
    /// `namespace/name`, as in logs, metrics and the ownership tag.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Whether writes are made: the process, an account and an object each have one, and the most careful wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// Plans are carried out.
    #[default]
    Apply,
    /// Plans and reports, never writes.
    Observe,
}

/// Whether an object's resources are to be in AWS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Presence {
    /// They are made and kept as the object says.
    #[default]
    Present,
    /// Those of ours are removed. The service's task count stays as it is.
    Absent,
}

/// What becomes of a resource that already exists and nobody owns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Adoption {
    /// It is a conflict.
    #[default]
    Never,
    /// It is taken over, where it carries neither an owner tag nor a CloudFormation tag.
    Unowned,
}

/// What prune does with an object's resources once the object is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum DeletionPolicy {
    /// They may be removed, with `--prune`.
    #[default]
    Delete,
    /// They stay.
    Retain,
}

/// Where an object stands in the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The file, relative to the source.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One `ServiceScaling`.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceScaling {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
    /// The spec as the user wrote it, with what its profile gives and its names filled in, for the API.
    pub spec: serde_json::Value,
    /// A short hash of the canonical spec: the durable identity of what is wanted.
    pub spec_hash: String,
    /// Where it stands.
    pub position: Position,
    /// The account it lives in.
    pub account: AccountName,
    /// `None`: the account's only region, or the controller's default region.
    pub region: Option<Region>,
    /// The ECS service that it scales.
    pub service: ServiceId,
    /// Min and max.
    pub range: CapacityRange,
    /// What is suspended; unset members are left alone.
    pub suspended: SuspendedStateSpec,
    /// Scaling policies of every type, with the names unique; those of step scaling first.
    pub policies: Vec<DesiredPolicy>,
    /// Scheduled actions, with the names unique.
    pub schedules: Vec<DesiredSchedule>,
    /// Whether its resources are to be in AWS at all.
    pub presence: Presence,
    /// Whether it is in no file, and stands for what is left of an object that is gone: see [`ServiceScaling::departed`].
    pub is_pruned: bool,
    /// Apply or Observe.
    pub mode: Mode,
    /// Whether existing resources are taken over.
    pub adoption: Adoption,
    /// Whether a change of min or max may start a parked service or take away more than half of its tasks at once.
    pub allow_capacity_move: bool,
    /// For prune alone.
    pub deletion_policy: DeletionPolicy,
    /// The user's own tags for the scalable target and the alarms.
    pub tags: Tags,
}

/// A scheduled action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredSchedule {
    /// The action's name.
    pub name: ScheduledActionName,
    /// Canonical.
    pub config: ScheduledActionConfig,
}

impl ServiceScaling {
    /// What stands for an object that is gone: everything of it for this service is to be absent.
    pub fn departed(key: ObjectKey, service: ServiceId) -> Self {
        Self {
            key,
            labels: BTreeMap::new(),
            spec: serde_json::Value::Null,
            spec_hash: "pruned".to_owned(),
            position: Position { file: "(no file)".to_owned(), line: 0, column: 0 },
            account: AccountName::default_account(),
            region: None,
            service,
            range: CapacityRange::ANY,
            suspended: SuspendedStateSpec::default(),
            policies: Vec::new(),
            schedules: Vec::new(),
            presence: Presence::Absent,
            is_pruned: true,
            mode: Mode::Apply,
            adoption: Adoption::Never,
            allow_capacity_move: false,
            deletion_policy: DeletionPolicy::Delete,
            tags: Tags::new(),
        }
    }

    /// The alarms that it names: its own, and those of others that its policies are attached to. None when it is to be
    /// absent.
    pub fn alarm_names(&self) -> impl Iterator<Item = &AlarmName> {
        let policies = self.policies.iter().filter(|_| self.presence == Presence::Present);
        policies.flat_map(|policy| {
            let own = policy.alarms.iter().map(|alarm| &alarm.name);
            own.chain(policy.alarm_ref.iter().map(|alarm| &alarm.name))
        })
    }
}

/// A scaling policy, and the alarms that fire it.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredPolicy {
    /// The policy's name.
    pub name: PolicyName,
    /// Canonical; steps are in AWS's threshold-relative form, and absent where they follow the threshold of
    /// [`DesiredPolicy::alarm_ref`]: see [`DesiredPolicy::config_at`]. A load balancer's metric may lack its resource
    /// label: then the plan takes that of the service's target group.
    pub config: PolicyConfig,
    /// At least one for step scaling, or none beside [`DesiredPolicy::alarm_ref`]; none for the other types, whose alarms
    /// AWS makes.
    pub alarms: Vec<DesiredAlarm>,
    /// The alarm of somebody else that fires it.
    pub alarm_ref: Option<AlarmRef>,
}

impl DesiredPolicy {
    /// The whole configuration, where the alarm that fires the policy has this threshold now. `None`: the steps follow a
    /// threshold, and it is not known.
    pub fn config_at(&self, threshold: Option<Number>) -> Option<PolicyConfig> {
        let absolute = self.alarm_ref.as_ref().and_then(|alarm| alarm.steps.as_deref());
        let (Some(absolute), PolicyConfig::Step(config)) = (absolute, &self.config) else {
            return Some(self.config.clone());
        };
        Some(PolicyConfig::Step(StepScalingConfig::canonical(
            config.adjustment_type,
            relative(absolute, threshold?),
            config.min_adjustment_magnitude,
            Some(config.cooldown),
            Some(config.metric_aggregation_type),
        )))
    }
}

/// An alarm that is not ours, and fires a policy of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRef {
    /// In the service's scope.
    pub name: AlarmName,
    /// The policy's steps where they are in values of the metric: relative to whatever threshold the alarm has.
    pub steps: Option<Vec<AbsoluteStep>>,
}

/// An alarm of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredAlarm {
    /// Where it stands in the object.
    pub at: Path,
    /// Unique in its scope.
    pub name: AlarmName,
    /// Canonical.
    pub config: AlarmConfig,
    /// Further actions beside the policy's ARN.
    pub actions: DesiredActions,
}

/// An alarm's action lists; an unset list is left as AWS has it (airship-ecs-service PR#82), an empty one is emptied.
/// The policy's own ARN is always among the alarm actions, and stale ARNs of the policy never are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesiredActions {
    /// On `ALARM`, beside the policy.
    pub alarm: Option<BTreeSet<String>>,
    /// On `OK`.
    pub ok: Option<BTreeSet<String>>,
    /// On `INSUFFICIENT_DATA`.
    pub insufficient_data: Option<BTreeSet<String>>,
}

/// One `AwsAccount`.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsAccount {
    /// `metadata.name`, by which a `ServiceScaling` names it.
    pub name: AccountName,
    /// The spec as the user wrote it, for the API.
    pub spec: serde_json::Value,
    /// Where it stands.
    pub position: Position,
    /// Checked before anything is written.
    pub account_id: Option<AccountId>,
    /// The role to assume. `None`: the controller's own credentials.
    pub role_arn: Option<String>,
    /// Sent with AssumeRole.
    pub external_id: Option<String>,
    /// The session's name; the controller's default when unset.
    pub session_name: Option<String>,
    /// The regions that may be used. Empty: the controller's default region.
    pub regions: Vec<Region>,
    /// Apply or Observe.
    pub mode: Mode,
    /// What may be touched.
    pub allow: Allow,
}

/// One `ScalingProfile`. Only its shape is checked by itself; what it gives is checked in each object that takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingProfile {
    /// Namespace and name.
    pub key: ObjectKey,
    /// The spec as the user wrote it.
    pub spec: serde_json::Value,
    /// Where it stands.
    pub position: Position,
}

/// Names that may be touched, as patterns with `*` and `?`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allow {
    /// Clusters.
    pub clusters: Vec<String>,
    /// Services.
    pub services: Vec<String>,
}

impl Default for Allow {
    fn default() -> Self {
        Self { clusters: vec!["*".into()], services: vec!["*".into()] }
    }
}

/// All valid objects of one complete read of the source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Desired {
    /// By key.
    pub services: BTreeMap<ObjectKey, ServiceScaling>,
    /// By name.
    pub accounts: BTreeMap<AccountName, AwsAccount>,
    /// By key. What they give is in the services already.
    pub profiles: BTreeMap<ObjectKey, ScalingProfile>,
    /// What may be concluded from what is not here.
    pub reads: Reads,
}
