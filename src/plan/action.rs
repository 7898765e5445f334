//! The plan as a value: actions, what is withheld, what must be looked up first, and what became of an action.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::doomed::Doomed;
use crate::api::desired::Mode;
use crate::api::status::Reason;
use crate::model::alarm::{AlarmActions, AlarmConfig};
use crate::model::capacity::{CapacityRange, SuspendedState};
use crate::model::failure::Failure;
use crate::model::fields::Change;
use crate::model::names::{AlarmName, PolicyName, ScheduledActionName, TargetKey};
use crate::model::observed::Tags;
use crate::model::policy::PolicyConfig;
use crate::model::scheduled_action::ScheduledActionConfig;

/// What turns observed into desired for one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What it is about.
    pub key: TargetKey,
    /// What must be known before a whole plan can be made; the plan is then made again.
    pub lookups: BTreeSet<Lookup>,
    /// In order. An action is carried out only when those that it requires were.
    pub actions: Vec<Action>,
    /// What is not done, and why.
    pub withheld: Vec<Withheld>,
    /// Whether the actions may be carried out.
    pub mode: Mode,
    /// When what AWS holds was read.
    pub read_at: Timestamp,
}

impl Plan {
    /// Whether there is nothing to do and nothing is withheld.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.withheld.is_empty() && self.lookups.is_empty()
    }
}

/// What a plan still needs to know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookup {
    /// The tags of a scalable target, by its ARN.
    TargetTags(String),
    /// The tags of an alarm, by its ARN.
    AlarmTags(String),
    /// The load balancers that a target group is behind, by its ARN.
    TargetGroup(String),
    /// AWS's record of what scheduled actions did to the target, which is to explain this range.
    History(CapacityRange),
}

impl Lookup {
    /// The ARN of what the tags are asked of.
    pub fn tagged(&self) -> Option<&str> {
        match self {
            Self::TargetTags(arn) | Self::AlarmTags(arn) => Some(arn),
            Self::TargetGroup(_) | Self::History(_) => None,
        }
    }
}

/// A part of what one object manages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Part {
    /// All of it.
    Object,
    /// The scalable target.
    Target,
    /// The scalable target's tags.
    TargetTags,
    /// A scaling policy.
    Policy(PolicyName),
    /// An alarm.
    Alarm(AlarmName),
    /// An alarm's tags.
    AlarmTags(AlarmName),
    /// A scheduled action.
    ScheduledAction(ScheduledActionName),
}

impl Part {
    /// The kind of AWS resource, for metrics and the plan's JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Object => "Object",
            Self::Target | Self::TargetTags => "ScalableTarget",
            Self::Policy(_) => "ScalingPolicy",
            Self::Alarm(_) | Self::AlarmTags(_) => "Alarm",
            Self::ScheduledAction(_) => "ScheduledAction",
        }
    }
}

/// What an action does to its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Verb {
    /// The resource does not exist.
    Create,
    /// The resource exists and differs.
    Update,
    /// Tags are set.
    Tag,
    /// Tags are taken off.
    Untag,
    /// The resource exists, is ours and goes.
    Delete,
}

impl Verb {
    /// In lower case, for metrics and the plan's JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Tag => "tag",
            Self::Untag => "untag",
            Self::Delete => "delete",
        }
    }
}

/// A policy's ARN, which is not known before the policy exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyArn {
    /// As AWS has it.
    Known(String),
    /// The ARN that putting this policy will return.
    AfterApply(PolicyName),
}

/// One AWS write, complete: nothing is left to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// What it is about.
    pub part: Part,
    /// What it does.
    pub verb: Verb,
    /// The call.
    pub kind: ActionKind,
    /// For people: field, from, to.
    pub changes: Vec<Change>,
    /// Earlier actions, by index, that must have succeeded.
    pub requires: Vec<usize>,
    /// What AWS will do to the desired count, at once.
    pub capacity_move: Option<CapacityMove>,
    /// Whether it puts back what somebody else changed.
    pub drift: bool,
}

/// The call that an action makes.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionKind {
    /// RegisterScalableTarget. What is `None` is not sent, so AWS leaves it (S-009). RoleARN is never sent (S-005).
    RegisterTarget {
        /// Sent only when it is what changed.
        range: Option<CapacityRange>,
        /// All three members, or none.
        suspended: Option<SuspendedState>,
        /// Sent only on create (S-007, S-011).
        tags: Tags,
    },
    /// TagResource of Application Auto Scaling.
    TagTarget {
        /// The target's ARN.
        arn: String,
        /// Set, not replaced.
        tags: Tags,
    },
    /// UntagResource of Application Auto Scaling.
    UntagTarget {
        /// The target's ARN.
        arn: String,
        /// The keys to take off.
        keys: BTreeSet<String>,
    },
    /// PutScalingPolicy with a complete configuration (S-023, S-097).
    PutPolicy {
        /// The policy.
        name: PolicyName,
        /// Everything.
        config: Box<PolicyConfig>,
    },
    /// DeleteAlarms, DeleteScalingPolicy, DeleteScheduledAction or DeregisterScalableTarget.
    Delete(Box<Doomed>),
    /// PutMetricAlarm, which replaces the whole alarm (S-068).
    PutAlarm {
        /// The alarm.
        name: AlarmName,
        /// Everything but its actions.
        config: Box<AlarmConfig>,
        /// Its actions beside the policy.
        actions: AlarmActions,
        /// The policy that the alarm fires.
        policy: PolicyArn,
        /// Sent only on create (S-068).
        tags: Tags,
    },
    /// PutMetricAlarm on an alarm that is not ours: with everything that it has, but for its actions on `ALARM`.
    EditAlarmActions {
        /// The alarm.
        name: AlarmName,
        /// The policy that it is to fire.
        add: Option<PolicyArn>,
        /// ARNs of our policies that it is no longer to fire.
        remove: BTreeSet<String>,
        /// The digest of what it was when this was planned: nothing is written where it is something else by then.
        read: String,
    },
    /// PutScheduledAction with every parameter (S-043).
    PutScheduledAction {
        /// The scheduled action.
        name: ScheduledActionName,
        /// Everything.
        config: ScheduledActionConfig,
    },
    /// TagResource of CloudWatch (aws-sdk#27).
    TagAlarm {
        /// The alarm's ARN.
        arn: String,
        /// Set, not replaced.
        tags: Tags,
    },
}

/// A move of the desired count that a register brings about at once (S-010).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CapacityMove {
    /// The desired count now.
    pub from: i32,
    /// The desired count afterwards.
    pub to: i32,
}

/// Something that is not done, on purpose.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Withheld {
    /// What it is about.
    pub part: Part,
    /// Why.
    pub reason: Reason,
    /// What is so.
    pub message: String,
    /// What a person does next.
    pub hint: String,
    /// The failed read behind it, where there is one.
    #[serde(skip)]
    pub failure: Option<Failure>,
}

/// What became of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The action's index in its plan.
    pub action: usize,
    /// When the call was sent.
    pub at: Timestamp,
    /// How it ended.
    pub result: OutcomeResult,
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq)]
pub enum OutcomeResult {
    /// AWS confirmed it.
    Done {
        /// The ARN that AWS returned, for a target or a policy.
        arn: Option<String>,
        /// AWS's request id.
        request_id: Option<String>,
    },
    /// AWS refused it, or no answer came.
    Failed(Failure),
    /// It was not sent: the same call was denied before, and it is not time for a probe.
    Held(Failure),
    /// It was not sent, because what it requires did not come about.
    Skipped {
        /// What did not.
        why: String,
    },
}
