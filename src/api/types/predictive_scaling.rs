//! Predictive scaling: every field of its PutScalingPolicy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::policy_query::PolicyQuerySpec;
use crate::model::number::Number;
use crate::model::policy::{MaxCapacityBreachBehavior, PredictiveMetricType, PredictiveMode, PredictivePairType};

/// A predictive scaling policy (`PutScalingPolicy` of the type `PredictiveScaling`). It needs 24 hours of history, and has
/// no alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PredictiveScalingSpec {
    /// The policy's name (`PolicyName`), unique among the service's policies: 1 to 256 printable characters.
    pub policy_name: String,
    /// What is forecast (`MetricSpecifications`): exactly one item.
    pub metric_specifications: Vec<PredictiveMetricSpec>,
    /// Whether forecasts are acted on (`Mode`). Default: `ForecastOnly`.
    pub mode: Option<PredictiveMode>,
    /// Seconds before a forecast's moment at which tasks are started (`SchedulingBufferTime`): 0 to 3600. Default: 300.
    pub scheduling_buffer_time: Option<i32>,
    /// Whether a forecast may raise the maximum capacity (`MaxCapacityBreachBehavior`). Default: `HonorMaxCapacity`.
    pub max_capacity_breach_behavior: Option<MaxCapacityBreachBehavior>,
    /// Percent above the forecast that the maximum may rise (`MaxCapacityBuffer`): 0 to 100, with `IncreaseMaxCapacity`
    /// alone, which needs it. Default: none.
    pub max_capacity_buffer: Option<i32>,
}

/// What is forecast: a pair, or one load metric and one scaling metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PredictiveMetricSpec {
    /// The value to keep the scaling metric at, in its unit (`TargetValue`): above 0.
    pub target_value: Number,
    /// Load and scaling metric in one (`PredefinedMetricPairSpecification`). Default: none.
    pub predefined_metric_pair_specification: Option<PredictivePairSpec>,
    /// The load as a whole, by AWS's name (`PredefinedLoadMetricSpecification`). Default: none.
    pub predefined_load_metric_specification: Option<PredictivePredefinedSpec>,
    /// The load of one task, by AWS's name (`PredefinedScalingMetricSpecification`). Default: none.
    pub predefined_scaling_metric_specification: Option<PredictivePredefinedSpec>,
    /// The load as a whole, by metric math (`CustomizedLoadMetricSpecification`). Default: none.
    pub customized_load_metric_specification: Option<PredictiveCustomizedSpec>,
    /// The load of one task, by metric math (`CustomizedScalingMetricSpecification`). Default: none.
    pub customized_scaling_metric_specification: Option<PredictiveCustomizedSpec>,
    /// The number of tasks, by metric math (`CustomizedCapacityMetricSpecification`); with a customised scaling metric.
    /// Default: none.
    pub customized_capacity_metric_specification: Option<PredictiveCustomizedSpec>,
}

/// Load and scaling metric in one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PredictivePairSpec {
    /// The pair (`PredefinedMetricType`).
    pub predefined_metric_type: PredictivePairType,
    /// The target group whose requests are counted (`ResourceLabel`): `app/LB/ID/targetgroup/TG/ID`, with
    /// `ALBRequestCount` alone. Default: the service's only target group, looked up.
    pub resource_label: Option<String>,
}

/// A load or a scaling metric by AWS's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PredictivePredefinedSpec {
    /// The metric (`PredefinedMetricType`).
    pub predefined_metric_type: PredictiveMetricType,
    /// The target group whose requests are counted (`ResourceLabel`): `app/LB/ID/targetgroup/TG/ID`, with a load
    /// balancer's metric alone. Default: the service's only target group, looked up.
    pub resource_label: Option<String>,
}

/// Metric math.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PredictiveCustomizedSpec {
    /// The lines (`MetricDataQueries`).
    pub metric_data_queries: Vec<PolicyQuerySpec>,
}
