//! The status of an object, as people and tools read it: conditions by the Kubernetes API conventions and kstatus.
//!
//! Owns the closed lists of condition types and reasons. What a condition says is decided in `status`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fix::Fix;

pub use super::activity_status::{ACTIVITIES_SHOWN, ActivitiesStatus, ActivityStatus, PolicyStatus};
pub use super::schedule_status::{FiringStatus, ScheduleStatus};

/// A condition's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ConditionStatus {
    /// As the type's name says.
    True,
    /// Not as the type's name says.
    False,
    /// It could not be found out.
    Unknown,
}

impl ConditionStatus {
    /// The text, as Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

impl std::fmt::Display for ConditionStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

macro_rules! closed_list {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name, in CamelCase.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

closed_list! {
    /// What a condition is about, in the order in which people read them.
    ConditionType {
        /// Everything below that counts is True.
        Ready,
        /// The controller is still at work; present only while True.
        Reconciling,
        /// Nothing will change before a person does something; present only while True.
        Stalled,
        /// The ECS service exists and can be scaled.
        ServiceFound,
        /// No call for this object was denied.
        PermissionsGranted,
        /// Application Auto Scaling's role for ECS exists.
        ServiceLinkedRoleReady,
        /// The scalable target is as wanted.
        TargetSynced,
        /// Every scaling policy is as wanted.
        PoliciesSynced,
        /// Every alarm is as wanted.
        AlarmsSynced,
        /// Every scheduled action is as wanted.
        SchedulesSynced,
        /// The desired count lies between min and max: information, never a failure of the controller.
        CapacityInRange,
        /// Nothing is seen that keeps the service from being scaled: information, never a failure of the controller.
        ScalingActive,
        /// The bounds, or AWS itself, hold back what a policy asks for; present only while True. Information.
        ScalingLimited,
    }
}

impl ConditionType {
    /// Whether the condition is there only while it is True, and is then not as wished.
    pub fn is_only_while_true(self) -> bool {
        matches!(self, Self::Reconciling | Self::Stalled | Self::ScalingLimited)
    }

    /// Whether the condition counts for Ready.
    pub fn counts(self) -> bool {
        matches!(
            self,
            Self::ServiceFound
                | Self::PermissionsGranted
                | Self::ServiceLinkedRoleReady
                | Self::TargetSynced
                | Self::PoliciesSynced
                | Self::AlarmsSynced
                | Self::SchedulesSynced
        )
    }
}

closed_list! {
    /// Why a condition is as it is.
    Reason {
        /// As wanted.
        AsWanted,
        /// Nothing of the object is left in AWS, as it says.
        Absent,
        /// Not yet looked at.
        NotYetChecked,
        /// A change is being made, or will be with the next pass.
        Progressing,
        /// AWS does not yet show what was written a moment ago.
        AwaitingRead,
        /// The ECS service does not exist.
        ServiceMissing,
        /// The ECS service is DRAINING or INACTIVE.
        ServiceNotActive,
        /// The ECS service has the DAEMON strategy.
        ServiceIsDaemon,
        /// The account's `allow` does not hold this cluster or service.
        NotAllowed,
        /// A list could not be read, so nothing is planned from it.
        ReadFailed,
        /// A write failed.
        WriteFailed,
        /// AWS refused a call for want of a permission.
        AccessDenied,
        /// The controller's credentials are missing, expired or of another account.
        CredentialsFailed,
        /// AWS is throttling.
        Throttled,
        /// A quota of AWS is used up.
        QuotaExceeded,
        /// AWS refused a value.
        Refused,
        /// Application Auto Scaling's service-linked role is missing.
        ServiceLinkedRoleMissing,
        /// Whether Application Auto Scaling's service-linked role exists could not be seen; work goes on.
        ServiceLinkedRoleNotSeen,
        /// A role or permission was just made and is not usable everywhere yet.
        Propagating,
        /// What exists is not ours.
        Conflict,
        /// The write would move the desired count further than is safe.
        CapacityMoveWithheld,
        /// The target must exist first.
        TargetNotReady,
        /// The policy must exist first.
        PolicyNotReady,
        /// The alarm that an `alarmRef` names does not exist.
        AlarmMissing,
        /// The alarm that an `alarmRef` names has fields that this version does not know, and a write would lose them.
        AlarmHasUnknownFields,
        /// Policies on a target without an ARN are not in the object, and nobody can tell whose they are.
        UnmanagedPolicies,
        /// Scheduled actions on a target without an ARN are not in the object, and nobody can tell whose they are.
        UnmanagedSchedules,
        /// What is left of an object that is gone stays, by its deletion policy.
        Retained,
        /// More objects would be pruned at once than may be, so none is.
        PruneBlocked,
        /// Whether a scheduled action set min and max cannot be told, so they are left alone.
        TargetHasSchedules,
        /// Another writer keeps changing what this one puts back.
        DriftContention,
        /// Mode is Observe: the difference is reported and not written.
        ObserveMode,
        /// More objects differ than may be changed in one pass.
        ChangeLimit,
        /// The newest version of the object was rejected; the last good one is held.
        ObjectRejected,
        /// The object's account or region cannot be used.
        AccountNotUsable,
        /// The reconcile of this object panicked.
        Panicked,
        /// The desired count lies below min or above max.
        OutOfRange,
        /// The desired count is the maximum, and more is asked for.
        AlreadyAtMaxCapacity,
        /// The desired count is the minimum, and fewer are asked for.
        AlreadyAtMinCapacity,
        /// AWS did not scale in, since it would have had to scale out again at once.
        AutoScalingAnticipatedFlapping,
        /// AWS did not scale, since ECS said that the service cannot be scaled now.
        TargetServicePutResourceAsUnscalable,
        /// The newest scaling activity failed.
        ActivityFailed,
        /// Scaling is suspended on the target.
        ScalingSuspended,
        /// Nothing on the target would ever change the task count.
        NothingScales,
        /// An alarm is in ALARM and calls no policy that there is, or its actions are switched off.
        AlarmNotHeard,
        /// A policy counts the requests of a target group that is not the service's.
        TargetGroupOfOthers,
        /// There are no tasks, and every policy's metric comes from tasks.
        NoMetricWithoutTasks,
        /// A policy counts requests, and it is not clear of which target group.
        TargetGroupUnclear,
        /// A policy counts requests, which AWS does not support with CodeDeploy's blue/green deployments.
        BlueGreenUnsupported,
    }
}

impl Reason {
    /// Whether nothing will change before a person does something.
    pub fn needs_person(self) -> bool {
        match self {
            Self::ServiceMissing
            | Self::ServiceNotActive
            | Self::ServiceIsDaemon
            | Self::NotAllowed
            | Self::AccessDenied
            | Self::QuotaExceeded
            | Self::Refused
            | Self::ServiceLinkedRoleMissing
            | Self::Conflict
            | Self::CapacityMoveWithheld
            | Self::AlarmMissing
            | Self::AlarmHasUnknownFields
            | Self::UnmanagedPolicies
            | Self::UnmanagedSchedules
            | Self::Retained
            | Self::PruneBlocked
            | Self::TargetHasSchedules
            | Self::DriftContention
            | Self::ObserveMode
            | Self::ObjectRejected
            | Self::AccountNotUsable
            | Self::Panicked
            | Self::TargetGroupUnclear
            | Self::BlueGreenUnsupported => true,
            Self::AsWanted
            | Self::Absent
            | Self::NotYetChecked
            | Self::Progressing
            | Self::AwaitingRead
            | Self::ReadFailed
            | Self::WriteFailed
            | Self::CredentialsFailed
            | Self::Throttled
            | Self::ServiceLinkedRoleNotSeen
            | Self::Propagating
            | Self::TargetNotReady
            | Self::PolicyNotReady
            | Self::ChangeLimit
            | Self::OutOfRange
            | Self::AlreadyAtMaxCapacity
            | Self::AlreadyAtMinCapacity
            | Self::AutoScalingAnticipatedFlapping
            | Self::TargetServicePutResourceAsUnscalable
            | Self::ActivityFailed
            | Self::ScalingSuspended
            | Self::NothingScales
            | Self::AlarmNotHeard
            | Self::TargetGroupOfOthers
            | Self::NoMetricWithoutTasks => false,
        }
    }
}

/// Whether a condition keeps an object from being Ready. A role that could not be seen does not: work goes on, and what
/// AWS then says of the role counts.
pub fn keeps_from_ready(kind: ConditionType, status: ConditionStatus, reason: Reason) -> bool {
    let is_unseen = status == ConditionStatus::Unknown && reason == Reason::ServiceLinkedRoleNotSeen;
    kind.counts() && status != ConditionStatus::True && !is_unseen
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: ConditionType,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why.
    pub reason: Reason,
    /// What is so, for a person.
    pub message: String,
    /// What a person does next; empty where nothing is to be done.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// What mends it, apart; on PermissionsGranted and ServiceLinkedRoleReady alone.
    #[serde(default, skip_serializing_if = "Fix::is_empty")]
    pub fix: Fix,
    /// When `status` last changed.
    pub last_transition_time: Timestamp,
    /// The generation that it speaks of.
    pub observed_generation: u64,
}

/// A line of what happened to an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// When it last happened.
    pub time: Timestamp,
    /// `Normal` or `Warning`, as in Kubernetes.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// Why.
    pub reason: EventReason,
    /// What happened.
    pub message: String,
    /// How often it happened in a row.
    pub count: u32,
}

/// An event's type, as in Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventType {
    /// It went as it should.
    Normal,
    /// It did not.
    Warning,
}

closed_list! {
    /// What an event tells of.
    EventReason {
        /// A resource was made.
        Created,
        /// A resource was changed after the object changed.
        Updated,
        /// A resource of ours was deleted.
        Deleted,
        /// A resource that had drifted was put back.
        DriftCorrected,
        /// Something was not written, on purpose.
        Withheld,
        /// A call failed.
        Failed,
        /// A condition changed its status.
        ConditionChanged,
        /// A scaling activity of AWS failed, or scaled nothing.
        NotScaled,
    }
}

/// The status of an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// In the order of [`ConditionType`].
    pub conditions: Vec<Condition>,
    /// The generation that was last reconciled.
    pub observed_generation: u64,
    /// The hash of the spec that was last reconciled.
    pub observed_spec: String,
    /// Task counts, as last seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityStatus>,
    /// What scheduled actions do to min and max, where there are any on the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleStatus>,
    /// The ARNs of what is managed, by resource.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceStatus>,
    /// The newest scaling activities, once they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activities: Option<ActivitiesStatus>,
    /// What each policy on the target does, in words; those of others too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyStatus>,
    /// What they do together, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<String>,
    /// When the last reconcile began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_sync_time: Option<Timestamp>,
    /// When the last reconcile began that left the object Ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_successful_sync_time: Option<Timestamp>,
    /// The last 20, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
}

impl Status {
    /// The condition of a type, where there is one.
    pub fn condition(&self, kind: ConditionType) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether Ready is True.
    pub fn is_ready(&self) -> bool {
        self.condition(ConditionType::Ready).is_some_and(|ready| ready.status == ConditionStatus::True)
    }
}

/// Task counts of the service and the bounds that AWS holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapacityStatus {
    /// The scalable target's minimum, where there is a target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i32>,
    /// The scalable target's maximum, where there is a target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i32>,
    /// The service's desired count.
    pub desired: i32,
    /// The service's running count.
    pub running: i32,
}

/// One managed resource in AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceStatus {
    /// `ScalableTarget`, `ScalingPolicy`, `Alarm` or `ScheduledAction`.
    pub kind: String,
    /// The resource's name.
    pub name: String,
    /// Its ARN, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// An alarm's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The target tracking policy that AWS made the alarm for; such an alarm is only looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}
