//! What AWS holds in one scope, as it was read.
//!
//! A list that was refused or failed is [`Read::Failed`], never an absence: nothing may be planned from it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::alarm::{AlarmActions, AlarmConfig, AlarmState};
use super::capacity::{CapacityRange, SuspendedState};
use super::failure::Failure;
use super::names::{AlarmName, PolicyName, ScheduledActionName};
use super::policy::PolicyConfig;
use super::scheduled_action::ScheduledActionConfig;

/// Tags of one resource.
pub type Tags = BTreeMap<String, String>;

/// A value that was read completely, or why it was not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Read<T> {
    /// Every page came.
    Known(T),
    /// At least one call failed: what is missing may exist.
    Failed(Failure),
}

impl<T> Read<T> {
    /// The value, where it was read completely.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Failed(_) => None,
        }
    }

    /// Why it is not known.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Known(_) => None,
            Self::Failed(failure) => Some(failure),
        }
    }
}

/// Everything that AWS holds for one target key, and when it was read.
///
/// `read_at` is the moment before the first of the calls behind it was sent: a write after it is not in here for sure.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedTarget {
    /// When the oldest part of it was asked for.
    pub read_at: Timestamp,
    /// The ECS service; `None` is AWS's own "MISSING".
    pub service: Read<Option<Service>>,
    /// The scalable target.
    pub target: Read<Option<ScalableTarget>>,
    /// Every policy on the target, ours or not.
    pub policies: Read<Vec<ScalingPolicy>>,
    /// Every scheduled action on the target.
    pub scheduled_actions: Read<Vec<ScheduledAction>>,
    /// The alarms that the object wants and those that its policies list, each by name.
    pub alarms: BTreeMap<AlarmName, Read<Option<Alarm>>>,
    /// Further alarms that fire, or fired, a policy on the service: what is ours among them is left over.
    pub others: BTreeMap<AlarmName, Read<Option<Alarm>>>,
}

impl ObservedTarget {
    /// Whether every list behind it was read completely.
    pub fn is_complete(&self) -> bool {
        self.service.failure().is_none()
            && self.target.failure().is_none()
            && self.policies.failure().is_none()
            && self.scheduled_actions.failure().is_none()
            && self.alarms.values().chain(self.others.values()).all(|alarm| alarm.failure().is_none())
    }
}

/// An ECS service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The service's ARN.
    pub arn: String,
    /// `ACTIVE`, `DRAINING` or `INACTIVE` (S-098).
    pub status: String,
    /// Tasks wanted. Never written by this controller.
    pub desired_count: i32,
    /// Tasks running: what scaling starts from (S-020).
    pub running_count: i32,
    /// Tasks starting.
    pub pending_count: i32,
    /// Whether it is a DAEMON service, which Application Auto Scaling does not scale (S-098).
    pub daemon: bool,
    /// Whether CodeDeploy deploys it, blue/green (`deploymentController`).
    pub code_deploy: bool,
    /// Whether a deployment is under way, which keeps tasks from being taken away (S-083).
    pub deploying: bool,
    /// The ARNs of its target groups, in order; with native blue/green deployments the alternate ones too.
    pub target_groups: Vec<String>,
}

/// A scalable target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalableTarget {
    /// Targets registered before March 2023 may have none (tf#31261).
    pub arn: Option<String>,
    /// Min and max.
    pub range: CapacityRange,
    /// What is suspended.
    pub suspended: SuspendedState,
}

/// A scaling policy on a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingPolicy {
    /// Unique on the target.
    pub name: PolicyName,
    /// Stable across updates (S-024).
    pub arn: String,
    /// What it does; or, for a type or a value that this version does not know, the policy's type.
    pub config: Result<PolicyConfig, String>,
    /// The alarms that AWS lists for it.
    pub alarms: Vec<AlarmRef>,
}

impl ScalingPolicy {
    /// The policy's type, as AWS spells it.
    pub fn policy_type(&self) -> &str {
        self.config.as_ref().map_or_else(String::as_str, |config| config.policy_type().as_str())
    }
}

/// An alarm that AWS lists for a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmRef {
    /// The alarm's name.
    pub name: AlarmName,
    /// The alarm's ARN.
    pub arn: String,
}

/// A scheduled action on a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduledAction {
    /// Unique on the target.
    pub name: ScheduledActionName,
    /// Its ARN (S-047); `None` until AWS was read again after it was made.
    pub arn: Option<String>,
    /// When it fires and what it sets.
    pub config: ScheduledActionConfig,
    /// When it was made.
    pub created: Timestamp,
}

/// What AWS's own record of a target says of its scheduled actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The runs, newest first.
    pub runs: Vec<Run>,
    /// The record is whole from here on (S-054: six weeks, or as far as one page reaches).
    pub since: Timestamp,
    /// When it was asked for.
    pub read_at: Timestamp,
    /// The range that it was asked for to explain.
    pub range: CapacityRange,
}

/// A scheduled action that ran, by AWS's own record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The scheduled action.
    pub name: ScheduledActionName,
    /// When.
    pub at: Timestamp,
    /// The minimum that it set, where AWS says so.
    pub min: Option<i32>,
    /// The maximum that it set, where AWS says so.
    pub max: Option<i32>,
}

impl Run {
    /// Reads an activity of AWS; `None` for one that no scheduled action set off.
    ///
    /// AWS writes `scheduled action name NAME was triggered` as the cause, and `Successfully set min capacity to 5 and
    /// max capacity to 10` as the message, with what is not set left out.
    pub fn from_activity(cause: &str, message: &str, at: Timestamp) -> Option<Self> {
        let name = cause.trim().strip_prefix("scheduled action name ")?.strip_suffix(" was triggered")?;
        let bound = |bound: &str| {
            let digits = message.split_once(bound)?.1;
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits.get(..end)?.parse().ok()
        };
        let (min, max) = (bound("min capacity to "), bound("max capacity to "));
        Some(Self { name: ScheduledActionName::new(name), at, min, max })
    }
}

/// A metric alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The alarm's ARN.
    pub arn: String,
    /// The configuration; or, for an alarm of a kind that this version does not model, what kind it is.
    pub config: Result<AlarmConfig, String>,
    /// Its actions.
    pub actions: AlarmActions,
    /// Its state.
    pub state: AlarmState,
    /// How it was read; `None` for what is no metric alarm.
    pub reading: Option<AlarmReading>,
}

/// What must be known of a metric alarm to put it with everything else kept, since PutMetricAlarm replaces all (S-068).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmReading {
    /// Of all that the reply held but the state: what has another digest was changed.
    pub digest: String,
    /// Members of the reply that this version does not know, and would lose (S-071).
    pub unknown_members: BTreeSet<String>,
}

/// How an account's service-linked role for ECS stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RoleStanding {
    /// It has not been looked at yet.
    #[default]
    Unknown,
    /// Looking at it was denied or failed; work goes on.
    NotSeen(Box<Failure>),
    /// It exists.
    Present,
    /// It is absent, and will be made before anything is written.
    WillBeMade,
    /// It was made a moment ago, and may not be usable everywhere yet.
    Propagating,
    /// It is absent, and making it is left to somebody else: AWS would make it with the first register.
    Absent,
    /// It is absent, and making it was refused or failed.
    NotMade(Box<Failure>),
}

impl RoleStanding {
    /// Whether targets and policies may be written.
    pub fn lets_write(&self) -> bool {
        !matches!(self, Self::Absent | Self::NotMade(_))
    }
}

/// Which load balancers a target group is behind, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetGroupReading {
    /// Their ARNs.
    pub load_balancers: Vec<String>,
    /// When they were asked for.
    pub read_at: Timestamp,
}

/// Who owns a resource, as its tags said, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct TagReading {
    /// The tags.
    pub tags: Tags,
    /// When they were asked for.
    pub read_at: Timestamp,
}
