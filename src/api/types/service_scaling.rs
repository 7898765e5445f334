//! `ServiceScaling` and its step scaling policies.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alarm::{AlarmRefSpec, AlarmSpec};
use super::intervals::IntervalsSpec;
use super::predictive_scaling::PredictiveScalingSpec;
use super::scheduled_action::ScheduledActionSpec;
use super::target_tracking::TargetTrackingSpec;
use crate::api::desired::{Adoption, DeletionPolicy, Mode, Presence};
use crate::model::capacity::SuspendedStateSpec;
use crate::model::number::Number;
use crate::model::policy::{AdjustmentType, MetricAggregationType};

/// The scaling of one ECS service: its scalable target, and the policies and alarms on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceScalingSpec {
    /// The name of a `ScalingProfile` in the object's namespace. What it gives holds where this object says nothing: maps
    /// are merged by key, and everything else, lists too, is taken whole from here or from there. Default: none.
    pub profile: Option<String>,
    /// The name of the `AwsAccount` that the service lives in. Default: the controller's own account.
    pub account: Option<String>,
    /// The region, such as `ap-northeast-2`. Default: the account's only region.
    pub region: Option<String>,
    /// The ECS cluster, by name or ARN.
    pub cluster: String,
    /// The ECS service, by name or ARN.
    pub service: String,
    /// The smallest task count that scaling may reach, in tasks (`MinCapacity`): 0 or more. Needed, unless the
    /// profile gives it or the state is `Absent`. Default: the profile's.
    pub min_capacity: Option<i32>,
    /// The largest task count that scaling may reach, in tasks (`MaxCapacity`): `minCapacity` or more. Needed, unless
    /// the profile gives it or the state is `Absent`. Default: the profile's.
    pub max_capacity: Option<i32>,
    /// Which kinds of scaling are suspended (`SuspendedState`). Default: left as AWS has it.
    pub suspended_state: Option<SuspendedStateSpec>,
    /// The step scaling policies, each with its alarms. Default: none.
    pub step_scaling: Option<Vec<StepPolicySpec>>,
    /// Intervals of metrics around a gap without change, each made into a policy that scales in and one that scales out,
    /// with their alarms. Default: none.
    pub intervals: Option<Vec<IntervalsSpec>>,
    /// The target tracking policies: one a metric. Default: none.
    pub target_tracking: Option<Vec<TargetTrackingSpec>>,
    /// The predictive scaling policies. Default: none.
    pub predictive_scaling: Option<Vec<PredictiveScalingSpec>>,
    /// The scheduled actions, which set min and max at their times. Default: none.
    pub scheduled_actions: Option<Vec<ScheduledActionSpec>>,
    /// `Absent` removes from AWS what this controller made for the service: alarms, policies, scheduled actions and the
    /// scalable target. The service keeps the task count that it has. Default: `Present`.
    pub state: Option<Presence>,
    /// `Apply` carries plans out; `Observe` plans and reports, and never writes for this object. Default: `Apply`.
    pub mode: Option<Mode>,
    /// Whether resources that exist already are taken over: `Never`, or `Unowned` for those that carry neither an
    /// owner's tag nor CloudFormation's. Default: `Never`.
    pub adoption: Option<Adoption>,
    /// Whether a change of min or max may at once start a service parked at 0 tasks, or take away more than
    /// max(2, 50 %) of the running tasks. Default: `false`.
    pub allow_capacity_move: Option<bool>,
    /// What prune does once this object is gone: `Delete` its resources in AWS, or `Retain` them. Default: `Delete`.
    pub deletion_policy: Option<DeletionPolicy>,
    /// Tags for the scalable target and the alarms (`Tags`): keys of 1 to 128 characters, values of 0 to 256.
    /// Default: none.
    pub tags: Option<BTreeMap<String, String>>,
}

/// A step scaling policy (`PutScalingPolicy` of the type `StepScaling`) and the alarms that fire it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepPolicySpec {
    /// The policy's name (`PolicyName`), unique among the service's policies: 1 to 256 printable characters.
    pub policy_name: String,
    /// How adjustments are read (`AdjustmentType`): `ChangeInCapacity` in tasks, `PercentChangeInCapacity` in percent of
    /// the running tasks, `ExactCapacity` as the new task count.
    pub adjustment_type: AdjustmentType,
    /// Seconds during which earlier scaling still counts (`Cooldown`). Default: 300.
    pub cooldown: Option<i32>,
    /// The smallest change, in tasks (`MinAdjustmentMagnitude`); only with `PercentChangeInCapacity`. Default: none.
    pub min_adjustment_magnitude: Option<i32>,
    /// How recent datapoints become the value that chooses a step (`MetricAggregationType`). Default: `Average`.
    pub metric_aggregation_type: Option<MetricAggregationType>,
    /// The alarm that fires the policy. Give `alarm`, `alarms` or `alarmRef`.
    pub alarm: Option<AlarmSpec>,
    /// The alarms that fire the policy, where there are several. Give `alarm`, `alarms` or `alarmRef`.
    pub alarms: Option<Vec<AlarmSpec>>,
    /// An alarm that somebody else makes: the policy's ARN is put among its `AlarmActions`, and nothing else of it is
    /// changed. `steps` follow that alarm's threshold. Give `alarm`, `alarms` or `alarmRef`. Default: none.
    pub alarm_ref: Option<AlarmRefSpec>,
    /// The steps in values of the metric, as the ECS console shows them, in any order. Give `steps` or
    /// `stepAdjustments`.
    pub steps: Option<Vec<StepSpec>>,
    /// The steps relative to the alarm's threshold, as AWS keeps them (`StepAdjustments`), in any order. Give `steps`
    /// or `stepAdjustments`.
    pub step_adjustments: Option<Vec<StepAdjustmentSpec>>,
}

/// A step in values of the metric. It reaches from `lower` to `upper`; at least one of them is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepSpec {
    /// Where the step begins, in the metric's unit. Default: no lower end.
    pub lower: Option<Number>,
    /// Where the step ends, in the metric's unit. Default: no upper end.
    pub upper: Option<Number>,
    /// By how much the task count changes, in tasks or percent, or the new task count: see `adjustmentType`
    /// (`ScalingAdjustment`).
    pub adjustment: i32,
}

/// A step relative to the alarm's threshold (`StepAdjustment`). At least one of its bounds is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepAdjustmentSpec {
    /// The metric's value less the threshold, from which the step begins (`MetricIntervalLowerBound`). Default: no
    /// lower end.
    pub metric_interval_lower_bound: Option<Number>,
    /// The metric's value less the threshold, at which the step ends (`MetricIntervalUpperBound`). Default: no upper
    /// end.
    pub metric_interval_upper_bound: Option<Number>,
    /// By how much the task count changes, in tasks or percent, or the new task count: see `adjustmentType`
    /// (`ScalingAdjustment`).
    pub scaling_adjustment: i32,
}
