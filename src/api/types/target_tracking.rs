//! Target tracking: every field of its PutScalingPolicy.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::policy_query::PolicyQuerySpec;
use crate::model::metric::{StandardUnit, Statistic};
use crate::model::number::Number;
use crate::model::policy::TrackedMetricType;

/// A target tracking policy (`PutScalingPolicy` of the type `TargetTrackingScaling`). AWS makes its alarms, and takes one
/// policy a metric on a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetTrackingSpec {
    /// The policy's name (`PolicyName`), unique among the service's policies: 1 to 256 printable characters.
    pub policy_name: String,
    /// The value to keep the metric at, in its unit (`TargetValue`): above 0.
    pub target_value: Number,
    /// A metric that AWS knows (`PredefinedMetricSpecification`). Give this or `customizedMetricSpecification`.
    pub predefined_metric_specification: Option<PredefinedMetricSpec>,
    /// A metric of your own, or metric math (`CustomizedMetricSpecification`). Give this or
    /// `predefinedMetricSpecification`.
    pub customized_metric_specification: Option<CustomizedMetricSpec>,
    /// Seconds during which an earlier scale-out still counts (`ScaleOutCooldown`). Default: 300.
    pub scale_out_cooldown: Option<i32>,
    /// Seconds that must pass after a scale-in before the next (`ScaleInCooldown`). Default: 300.
    pub scale_in_cooldown: Option<i32>,
    /// Whether this policy never takes tasks away (`DisableScaleIn`). Default: `false`.
    pub disable_scale_in: Option<bool>,
}

/// A metric that AWS knows by a name of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PredefinedMetricSpec {
    /// The metric (`PredefinedMetricType`). Those of high resolution must be enabled in ECS.
    pub predefined_metric_type: TrackedMetricType,
    /// The target group whose requests are counted (`ResourceLabel`): `app/LB/ID/targetgroup/TG/ID`, with
    /// `ALBRequestCountPerTarget` alone. Default: the service's only target group, looked up.
    pub resource_label: Option<String>,
}

/// A metric by its name, or metric math: give `metrics`, or `metricName`, `namespace` and `statistic`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomizedMetricSpec {
    /// The metric's name (`MetricName`). Default: none, with `metrics`.
    pub metric_name: Option<String>,
    /// The metric's namespace (`Namespace`). Default: none, with `metrics`.
    pub namespace: Option<String>,
    /// The statistic (`Statistic`). Default: none, with `metrics`.
    pub statistic: Option<Statistic>,
    /// The metric's dimensions (`Dimensions`), by name. Default: `ClusterName` and `ServiceName` of this service in the
    /// namespaces `AWS/ECS` and `ECS/ContainerInsights`, none in others.
    pub dimensions: Option<BTreeMap<String, String>>,
    /// The unit (`Unit`); only datapoints that were put with it are seen. Default: every unit.
    pub unit: Option<StandardUnit>,
    /// Metric math (`Metrics`). Default: none, with `metricName`.
    pub metrics: Option<Vec<PolicyQuerySpec>>,
}
