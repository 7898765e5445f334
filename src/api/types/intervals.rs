//! `intervals`: a scale-in and a scale-out policy at once, from intervals around one gap without change.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alarm::{ActionConfigurationSpec, EvaluationWindowSpec, WarmUpSpec};
use crate::model::alarm::{LowSampleCount, TreatMissingData};
use crate::model::intervals::ScaleOutWhen;
use crate::model::metric::{StandardUnit, Statistic};
use crate::model::number::Number;
use crate::model::policy::{AdjustmentType, MetricAggregationType};

/// A metric with the changes that its values call for. They become a policy that scales in and one that scales out,
/// each with its alarm; where only one side of the gap has changes, only that one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IntervalsSpec {
    /// The intervals in values of the metric, in any order, around one gap in which nothing changes. A bound that two
    /// intervals share need be written once; the lowest has no `lower` and the highest no `upper`. At most 20 on either
    /// side of the gap.
    pub scaling_steps: Vec<IntervalSpec>,
    /// How changes are read (`AdjustmentType`): `ChangeInCapacity` in tasks, `PercentChangeInCapacity` in percent of the
    /// running tasks, `ExactCapacity` as the new task count. Default: `ChangeInCapacity`.
    pub adjustment_type: Option<AdjustmentType>,
    /// On which side of the gap the service scales out: `High`, where the metric grows with the load, or `Low`, where it
    /// shrinks with it, such as free memory. Default: `High`.
    pub scale_out_when: Option<ScaleOutWhen>,
    /// What only the policy that scales out, and its alarm, have. Default: what is said here.
    pub scale_out: Option<IntervalsSideSpec>,
    /// What only the policy that scales in, and its alarm, have. Default: what is said here.
    pub scale_in: Option<IntervalsSideSpec>,
    /// Seconds during which earlier scaling still counts (`Cooldown`). Default: 300.
    pub cooldown: Option<i32>,
    /// The smallest change, in tasks (`MinAdjustmentMagnitude`); only with `PercentChangeInCapacity`. Default: none.
    pub min_adjustment_magnitude: Option<i32>,
    /// How recent datapoints become the value that chooses a step (`MetricAggregationType`). Default: the statistic,
    /// where it is `Minimum` or `Maximum`, else `Average`.
    pub metric_aggregation_type: Option<MetricAggregationType>,
    /// The metric's namespace (`Namespace`). Default: `AWS/ECS`.
    pub namespace: Option<String>,
    /// The metric's name (`MetricName`), such as `CPUUtilization`.
    pub metric_name: String,
    /// The metric's dimensions (`Dimensions`), by name. Default: `ClusterName` and `ServiceName` of this service in the
    /// namespaces `AWS/ECS` and `ECS/ContainerInsights`, none in others.
    pub dimensions: Option<BTreeMap<String, String>>,
    /// The statistic (`Statistic`). Not together with `extendedStatistic`. Default: `Average`.
    pub statistic: Option<Statistic>,
    /// A percentile or trimmed statistic (`ExtendedStatistic`), such as `p95` or `TM(10%:90%)`. Not together with
    /// `statistic`. Default: none.
    pub extended_statistic: Option<String>,
    /// The length of a period, in seconds (`Period`): 10, 20, 30 or a multiple of 60. Default: 60.
    pub period: Option<i32>,
    /// The unit (`Unit`); the alarms then see only datapoints that were put with this unit. Default: every unit.
    pub unit: Option<StandardUnit>,
    /// How many periods are looked at (`EvaluationPeriods`). Default: 1.
    pub evaluation_periods: Option<i32>,
    /// How many of these periods must breach (`DatapointsToAlarm`). Default: all of them.
    pub datapoints_to_alarm: Option<i32>,
    /// What a missing datapoint means (`TreatMissingData`). Default: `missing`.
    pub treat_missing_data: Option<TreatMissingData>,
    /// Whether a percentile is evaluated on few samples (`EvaluateLowSampleCountPercentile`); only with a percentile.
    /// Default: `evaluate`.
    pub evaluate_low_sample_count_percentile: Option<LowSampleCount>,
    /// How the evaluated time range moves (`EvaluationWindow`). Default: it slides.
    pub evaluation_window: Option<EvaluationWindowSpec>,
    /// A delay before the alarms are evaluated (`WarmUpConfiguration`). Default: none.
    pub warm_up_configuration: Option<WarmUpSpec>,
    /// What the alarms' notifications hold (`ActionConfiguration`). Default: AWS's.
    pub action_configuration: Option<ActionConfigurationSpec>,
    /// Whether the alarms act at all (`ActionsEnabled`). Default: `true`.
    pub actions_enabled: Option<bool>,
    /// ARNs acted on in the state `ALARM`, beside the policy itself, which is always among them (`AlarmActions`): at
    /// most 4. Default: left as AWS has it.
    pub alarm_actions: Option<Vec<String>>,
    /// ARNs acted on in the state `OK` (`OKActions`): at most 5. Default: left as AWS has it.
    pub ok_actions: Option<Vec<String>>,
    /// ARNs acted on in the state `INSUFFICIENT_DATA` (`InsufficientDataActions`): at most 5. Default: left as AWS has
    /// it.
    pub insufficient_data_actions: Option<Vec<String>>,
}

/// An interval in values of the metric. At least one of its bounds is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IntervalSpec {
    /// Where the interval begins, in the metric's unit. Default: where the one below ends; open for the lowest.
    pub lower: Option<Number>,
    /// Where the interval ends, in the metric's unit. Default: where the one above begins; open for the highest.
    pub upper: Option<Number>,
    /// By how much the task count changes, in tasks or percent, or the new task count: see `adjustmentType`
    /// (`ScalingAdjustment`). 0 is no change, unless the count is exact.
    pub change: i32,
}

/// What one of the two policies and its alarm have for themselves; it goes before what stands beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IntervalsSideSpec {
    /// The policy's name (`PolicyName`), unique among the service's policies: 1 to 256 printable characters. Default:
    /// `SERVICE-METRIC-scale-out` or `SERVICE-METRIC-scale-in`.
    pub policy_name: Option<String>,
    /// The alarm's name (`AlarmName`), unique in the account and region: 1 to 255 characters. Default:
    /// `CLUSTER-SERVICE-METRIC-scale-out` or `CLUSTER-SERVICE-METRIC-scale-in`.
    pub alarm_name: Option<String>,
    /// What the alarm is for (`AlarmDescription`): at most 1024 characters. Default: none.
    pub alarm_description: Option<String>,
    /// Seconds during which earlier scaling still counts (`Cooldown`). Default: the one for both.
    pub cooldown: Option<i32>,
    /// The smallest change, in tasks (`MinAdjustmentMagnitude`). Default: the one for both.
    pub min_adjustment_magnitude: Option<i32>,
    /// How recent datapoints become the value that chooses a step (`MetricAggregationType`). Default: the one for both.
    pub metric_aggregation_type: Option<MetricAggregationType>,
    /// The length of a period, in seconds (`Period`). Default: the one for both.
    pub period: Option<i32>,
    /// How many periods are looked at (`EvaluationPeriods`). Default: the number for both.
    pub evaluation_periods: Option<i32>,
    /// How many of these periods must breach (`DatapointsToAlarm`). Default: the number for both.
    pub datapoints_to_alarm: Option<i32>,
    /// What a missing datapoint means (`TreatMissingData`). Default: the one for both.
    pub treat_missing_data: Option<TreatMissingData>,
    /// Whether the alarm acts at all (`ActionsEnabled`). Default: as for both.
    pub actions_enabled: Option<bool>,
    /// ARNs acted on in the state `ALARM`, beside the policy itself (`AlarmActions`): at most 4. Default: those for both.
    pub alarm_actions: Option<Vec<String>>,
    /// ARNs acted on in the state `OK` (`OKActions`): at most 5. Default: those for both.
    pub ok_actions: Option<Vec<String>>,
    /// ARNs acted on in the state `INSUFFICIENT_DATA` (`InsufficientDataActions`): at most 5. Default: those for both.
    pub insufficient_data_actions: Option<Vec<String>>,
}
