//! `ServiceScaling` and its step scaling policies.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alarm::AlarmSpec;
use super::scheduled_action::ScheduledActionSpec;
use crate::api::desired::{Adoption, DeletionPolicy, Mode};
use crate::model::capacity::SuspendedStateSpec;
use crate::model::number::Number;
use crate::model::policy::{AdjustmentType, MetricAggregationType};

/// The scaling of one ECS service: its scalable target, and the policies, alarms and scheduled actions on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceScalingSpec {
    /// The name of the `AwsAccount` that the service lives in. Default: the controller's own account.
    pub account: Option<String>,
    /// The region, such as `ap-northeast-2`. Default: the account's only region.
    pub region: Option<String>,
    /// The ECS cluster, by name or ARN.
    pub cluster: String,
    /// The ECS service, by name or ARN.
    pub service: String,
    /// The smallest task count that scaling may reach, in tasks (`MinCapacity`): 0 or more.
    pub min_capacity: i32,
    /// The largest task count that scaling may reach, in tasks (`MaxCapacity`): `minCapacity` or more.
    pub max_capacity: i32,
    /// Which kinds of scaling are suspended (`SuspendedState`). Default: left as AWS has it.
    pub suspended_state: Option<SuspendedStateSpec>,
    /// The step scaling policies, each with its alarms. Default: none.
    pub step_scaling: Option<Vec<StepPolicySpec>>,
    /// The scheduled actions, which set min and max at their times. Default: none.
    pub scheduled_actions: Option<Vec<ScheduledActionSpec>>,
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
    /// The alarm that fires the policy. Give `alarm` or `alarms`.
    pub alarm: Option<AlarmSpec>,
    /// The alarms that fire the policy, where there are several. Give `alarm` or `alarms`.
    pub alarms: Option<Vec<AlarmSpec>>,
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
