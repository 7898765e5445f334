//! Metric math, as target tracking and predictive scaling take it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::metric::StandardUnit;

/// One line of metric math: give `expression` or `metricStat`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyQuerySpec {
    /// By which expressions name the line (`Id`), unique in its list: it begins with a lower-case letter, and letters,
    /// digits and `_` follow.
    pub id: String,
    /// The math (`Expression`): 1 to 2048 characters, such as `m1 / m2`. Default: none, with `metricStat`.
    pub expression: Option<String>,
    /// The metric (`MetricStat`). Default: none, with `expression`.
    pub metric_stat: Option<PolicyMetricStatSpec>,
    /// What people read beside the values (`Label`). Default: none.
    pub label: Option<String>,
    /// Whether this line is the value that counts (`ReturnData`); exactly one line of the list is. Default: `true`.
    pub return_data: Option<bool>,
}

/// A metric and the statistic of it. It has no period: Application Auto Scaling chooses that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyMetricStatSpec {
    /// The metric (`Metric`).
    pub metric: PolicyMetricSpec,
    /// The statistic (`Stat`), such as `Average`, `Sum` or `p95`.
    pub stat: String,
    /// The unit (`Unit`); only datapoints that were put with it are seen. Default: every unit.
    pub unit: Option<StandardUnit>,
}

/// One of CloudWatch's metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyMetricSpec {
    /// The metric's namespace (`Namespace`), such as `AWS/ECS`.
    pub namespace: String,
    /// The metric's name (`MetricName`).
    pub metric_name: String,
    /// The metric's dimensions (`Dimensions`), by name. Default: `ClusterName` and `ServiceName` of this service in the
    /// namespaces `AWS/ECS` and `ECS/ContainerInsights`, none in others.
    pub dimensions: Option<BTreeMap<String, String>>,
}
