//! A CloudWatch alarm: every field of PutMetricAlarm that an alarm with a fixed threshold has.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::alarm::{ComparisonOperator, LowSampleCount, TreatMissingData};
use crate::model::metric::{StandardUnit, Statistic};
use crate::model::number::Number;

/// A CloudWatch alarm (`PutMetricAlarm`), on a single metric or on metric math.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlarmSpec {
    /// The alarm's name (`AlarmName`), unique in the account and region: 1 to 255 characters.
    pub alarm_name: String,
    /// What the alarm is for (`AlarmDescription`): at most 1024 characters. Default: none.
    pub alarm_description: Option<String>,
    /// Whether the alarm acts at all (`ActionsEnabled`). Default: `true`.
    pub actions_enabled: Option<bool>,
    /// ARNs acted on in the state `ALARM`, beside the policy itself, which is always among them (`AlarmActions`): at
    /// most 4. Default: left as AWS has it.
    pub alarm_actions: Option<Vec<String>>,
    /// ARNs acted on in the state `OK` (`OKActions`): at most 5. Default: left as AWS has it.
    pub ok_actions: Option<Vec<String>>,
    /// ARNs acted on in the state `INSUFFICIENT_DATA` (`InsufficientDataActions`): at most 5. Default: left as AWS has
    /// it.
    pub insufficient_data_actions: Option<Vec<String>>,
    /// The metric's namespace (`Namespace`). Default: `AWS/ECS`.
    pub namespace: Option<String>,
    /// The metric's name (`MetricName`), such as `CPUUtilization`. Give `metricName` or `metrics`. Default: none.
    pub metric_name: Option<String>,
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
    /// The unit (`Unit`); the alarm then sees only datapoints that were put with this unit. Default: every unit.
    pub unit: Option<StandardUnit>,
    /// Metrics and metric math over them (`Metrics`), in any order, 1 to 20, instead of the fields of a single metric.
    /// Exactly one has `returnData: true`: its value is what the threshold is compared with. Default: none.
    pub metrics: Option<Vec<MetricQuerySpec>>,
    /// How many periods are looked at (`EvaluationPeriods`). Default: 1.
    pub evaluation_periods: Option<i32>,
    /// How many of these periods must breach (`DatapointsToAlarm`). Default: all of them.
    pub datapoints_to_alarm: Option<i32>,
    /// The value that the statistic is compared with, in the metric's unit (`Threshold`).
    pub threshold: Number,
    /// On which side of the threshold the alarm fires (`ComparisonOperator`).
    pub comparison_operator: ComparisonOperator,
    /// What a missing datapoint means (`TreatMissingData`). Default: `missing`.
    pub treat_missing_data: Option<TreatMissingData>,
    /// Whether a percentile is evaluated on few samples (`EvaluateLowSampleCountPercentile`); only with a percentile.
    /// Default: `evaluate`.
    pub evaluate_low_sample_count_percentile: Option<LowSampleCount>,
    /// How the evaluated time range moves (`EvaluationWindow`). Default: it slides.
    pub evaluation_window: Option<EvaluationWindowSpec>,
    /// A delay before the alarm is evaluated (`WarmUpConfiguration`). Default: none.
    pub warm_up_configuration: Option<WarmUpSpec>,
    /// What the alarm's notifications hold (`ActionConfiguration`). Default: AWS's.
    pub action_configuration: Option<ActionConfigurationSpec>,
}

/// One of an alarm's metrics: a metric, or an expression over the ids of others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricQuerySpec {
    /// What expressions call it (`Id`), unique in the alarm: a lower-case letter, then letters, digits and `_`.
    pub id: String,
    /// A metric and its statistic (`MetricStat`). Give `metricStat` or `expression`. Default: none.
    pub metric_stat: Option<MetricStatSpec>,
    /// Metric math over the other ids (`Expression`), such as `100 * used / total`: 1 to 2048 characters, without
    /// `SEARCH`. Give `metricStat` or `expression`. Default: none.
    pub expression: Option<String>,
    /// What the console calls it (`Label`). Default: AWS's.
    pub label: Option<String>,
    /// Whether it is the value that the alarm watches (`ReturnData`): `true` of exactly one. Default: `true`.
    pub return_data: Option<bool>,
    /// The length of an expression's period, in seconds (`Period`); a metric has its own. Default: that of the metrics.
    pub period: Option<i32>,
    /// The account that the metric is in (`AccountId`), for cross-account observability. Default: the alarm's own.
    pub account_id: Option<String>,
}

/// A metric and its statistic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricStatSpec {
    /// The metric (`Metric`).
    pub metric: QueryMetricSpec,
    /// The length of a period, in seconds (`Period`): 10, 20, 30 or a multiple of 60, the same for all metrics of the
    /// alarm. Default: 60.
    pub period: Option<i32>,
    /// The statistic, a percentile or trimmed ones included (`Stat`): `Average`, `Sum`, `p95`. Default: `Average`.
    pub stat: Option<String>,
    /// The unit (`Unit`); only datapoints that were put with this unit are seen. Default: every unit.
    pub unit: Option<StandardUnit>,
}

/// A metric by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueryMetricSpec {
    /// The metric's namespace (`Namespace`). Default: `AWS/ECS`.
    pub namespace: Option<String>,
    /// The metric's name (`MetricName`).
    pub metric_name: String,
    /// The metric's dimensions (`Dimensions`), by name. Default: `ClusterName` and `ServiceName` of this service in the
    /// namespaces `AWS/ECS` and `ECS/ContainerInsights`, none in others.
    pub dimensions: Option<BTreeMap<String, String>>,
}

/// How the evaluated time range moves. Exactly one of the members is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluationWindowSpec {
    /// It slides (`SlidingWindow`); it has no fields: `{}`.
    pub sliding_window: Option<SlidingWindowSpec>,
    /// It is aligned to the clock (`WallClockWindow`).
    pub wall_clock_window: Option<WallClockWindowSpec>,
}

/// A sliding window; it has no fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlidingWindowSpec {}

/// A window aligned to the clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WallClockWindowSpec {
    /// The time zone (`Timezone`): an IANA name such as `Asia/Seoul`, or an offset such as `+09:00`. Default: `UTC`.
    pub timezone: Option<String>,
}

/// A delay before a new or changed alarm is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WarmUpSpec {
    /// Minutes (`WarmUpPeriodDurationInMinutes`): 1 to 2880.
    pub warm_up_period_duration_in_minutes: i32,
    /// Whether the whole period is waited out even when data comes earlier
    /// (`OnlyStartEvaluatingAfterWarmUpPeriodEnds`). Default: `false`.
    pub only_start_evaluating_after_warm_up_period_ends: Option<bool>,
}

/// What the alarm's notifications hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActionConfigurationSpec {
    /// Which of the alarm's tags the notifications hold (`AlarmTagsPropagation`).
    pub alarm_tags_propagation: AlarmTagsPropagationSpec,
}

/// Which of the alarm's tags the notifications hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlarmTagsPropagationSpec {
    /// Whether they hold tags at all (`Enabled`).
    pub enabled: bool,
    /// Only these keys (`IncludedTagKeys`): 1 to 50. Not together with `excludedTagKeys`. Default: all.
    pub included_tag_keys: Option<Vec<String>>,
    /// All but these keys (`ExcludedTagKeys`): 1 to 50. Not together with `includedTagKeys`. Default: none.
    pub excluded_tag_keys: Option<Vec<String>>,
}

/// An alarm that somebody else makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlarmRefSpec {
    /// The alarm's name (`AlarmName`), in the service's account and region: 1 to 255 characters.
    pub alarm_name: String,
}
