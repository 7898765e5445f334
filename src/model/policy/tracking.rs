//! Target tracking (S-037).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{DEFAULT_COOLDOWN, PolicyQuery, PredefinedMetric};
use crate::model::aws_enum;
use crate::model::fields::{Field, Fields};
use crate::model::metric::{StandardUnit, Statistic};
use crate::model::number::Number;

aws_enum! {
    /// The predefined metrics of an ECS service (S-037). Those of high resolution have a point every 20 seconds, and must
    /// be enabled in ECS.
    TrackedMetricType {
        ECSServiceAverageCPUUtilization, ECSServiceAverageMemoryUtilization, ALBRequestCountPerTarget,
        ECSServiceAverageCPUUtilizationHighResolution, ECSServiceAverageMemoryUtilizationHighResolution,
    }
}

/// A single metric by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomizedMetric {
    /// `MetricName`.
    pub metric_name: String,
    /// `Namespace`.
    pub namespace: String,
    /// `Statistic`.
    pub statistic: Statistic,
    /// A set, by name (S-096).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, String>,
    /// Unset sees every unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<StandardUnit>,
}

/// What is tracked: one policy a metric and target, whatever the target value (S-037).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TrackedMetric {
    /// `PredefinedMetricSpecification`.
    Predefined(PredefinedMetric),
    /// `CustomizedMetricSpecification` with a single metric.
    Single(CustomizedMetric),
    /// `CustomizedMetricSpecification` with metric math; by id.
    Math(Vec<PolicyQuery>),
}

impl TrackedMetric {
    pub(super) fn predefined(&self) -> Option<&PredefinedMetric> {
        match self {
            Self::Predefined(metric) => Some(metric),
            Self::Single(_) | Self::Math(_) => None,
        }
    }

    pub(super) fn predefined_mut(&mut self) -> Option<&mut PredefinedMetric> {
        match self {
            Self::Predefined(metric) => Some(metric),
            Self::Single(_) | Self::Math(_) => None,
        }
    }

    /// What it is, in a few words.
    pub fn describe(&self) -> String {
        match self {
            Self::Predefined(metric) => match &metric.resource_label {
                Some(label) => format!("{} of {label}", metric.predefined_metric_type),
                None => metric.predefined_metric_type.clone(),
            },
            Self::Single(metric) => format!("{} in {}", metric.metric_name, metric.namespace),
            Self::Math(queries) => {
                let value = queries.iter().find(|query| query.return_data);
                let expression = value.and_then(|query| query.expression.as_deref());
                expression.map_or_else(|| "metric math".to_owned(), |expression| format!("metric math {expression}"))
            }
        }
    }
}

/// `TargetTrackingScalingPolicyConfiguration`, canonical.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TargetTrackingConfig {
    /// In the metric's unit; above 0.
    pub target_value: Number,
    /// What is tracked.
    pub metric: TrackedMetric,
    /// Seconds.
    pub scale_out_cooldown: i32,
    /// Seconds.
    pub scale_in_cooldown: i32,
    /// Whether tasks are never taken away by it.
    pub disable_scale_in: bool,
}

impl TargetTrackingConfig {
    /// A configuration with AWS's defaults (S-095).
    pub fn canonical(
        target_value: Number,
        metric: TrackedMetric,
        scale_out_cooldown: Option<i32>,
        scale_in_cooldown: Option<i32>,
        disable_scale_in: Option<bool>,
    ) -> Self {
        let metric = match metric {
            TrackedMetric::Math(queries) => TrackedMetric::Math(PolicyQuery::canonical(queries)),
            other => other,
        };
        Self {
            target_value,
            metric,
            scale_out_cooldown: scale_out_cooldown.unwrap_or(DEFAULT_COOLDOWN),
            scale_in_cooldown: scale_in_cooldown.unwrap_or(DEFAULT_COOLDOWN),
            disable_scale_in: disable_scale_in.unwrap_or(false),
        }
    }
}

impl Fields for TargetTrackingConfig {
    fn fields(&self) -> Vec<Field> {
        let (predefined, customized) = match &self.metric {
            TrackedMetric::Predefined(metric) => (json!(metric), Value::Null),
            TrackedMetric::Single(metric) => (Value::Null, json!(metric)),
            TrackedMetric::Math(queries) => (Value::Null, json!({ "metrics": queries })),
        };
        vec![
            Field::of("targetValue", &self.target_value),
            Field::new("predefinedMetricSpecification", predefined),
            Field::new("customizedMetricSpecification", customized),
            Field::new("scaleOutCooldown", self.scale_out_cooldown),
            Field::new("scaleInCooldown", self.scale_in_cooldown),
            Field::new("disableScaleIn", self.disable_scale_in),
        ]
    }
}
