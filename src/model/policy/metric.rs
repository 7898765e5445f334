//! The metrics that target tracking and predictive scaling look at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::metric::StandardUnit;

/// The predefined metrics that count a load balancer's requests: they cannot do without a resource label (S-037, S-038).
const OF_LOAD_BALANCER: [&str; 3] = ["ALBRequestCountPerTarget", "ALBRequestCount", "TotalALBRequestCount"];

/// A metric that AWS knows by a name of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PredefinedMetric {
    /// `PredefinedMetricType`.
    pub predefined_metric_type: String,
    /// `ResourceLabel`: `app/LB/ID/targetgroup/TG/ID`, with a load balancer's metric alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_label: Option<String>,
}

impl PredefinedMetric {
    /// Whether it counts a load balancer's requests.
    pub fn is_of_load_balancer(&self) -> bool {
        OF_LOAD_BALANCER.contains(&self.predefined_metric_type.as_str())
    }

    /// Whether it needs a label and has none.
    pub fn lacks_label(&self) -> bool {
        self.is_of_load_balancer() && self.resource_label.is_none()
    }
}

/// One of CloudWatch's metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyMetric {
    /// `Namespace`.
    pub namespace: String,
    /// `MetricName`.
    pub metric_name: String,
    /// A set, by name (S-096).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
}

/// A metric with the statistic that is taken of it; it has no period (S-037).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyMetricStat {
    /// What is measured.
    pub metric: PolicyMetric,
    /// `Stat`: `Average`, `p95` and so on.
    pub stat: String,
    /// Unset sees every unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<StandardUnit>,
}

/// One line of metric math: an expression or a metric.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyQuery {
    /// By which expressions name it; unique in its list.
    pub id: String,
    /// `Expression`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// `MetricStat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_stat: Option<PolicyMetricStat>,
    /// `Label`, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether this is the value that counts; AWS's default is true.
    pub return_data: bool,
}

impl PolicyQuery {
    /// The queries in order: they are a set, by id (S-096).
    pub fn canonical(mut queries: Vec<Self>) -> Vec<Self> {
        queries.sort_by(|a, b| a.id.cmp(&b.id));
        queries
    }
}
