//! Scaling policies as Application Auto Scaling holds them, each kind canonical: defaults filled in (S-095), what is a
//! set sorted (S-096).

mod metric;
mod predictive;
mod step;
mod tracking;

use serde::{Deserialize, Serialize};

pub use metric::{PolicyMetric, PolicyMetricStat, PolicyQuery, PredefinedMetric};
pub use predictive::{
    DEFAULT_BUFFER_TIME, Forecast, ForecastMetric, MaxCapacityBreachBehavior, PredictiveConfig, PredictiveMetricType,
    PredictiveMode, PredictivePairType,
};
pub use step::{AdjustmentType, MetricAggregationType, StepAdjustment, StepScalingConfig};
pub use tracking::{CustomizedMetric, TargetTrackingConfig, TrackedMetric, TrackedMetricType};

use super::aws_enum;
use super::fields::{Field, Fields};

/// Seconds of cooldown that AWS uses for ECS when none is sent (S-035, S-095).
pub const DEFAULT_COOLDOWN: i32 = 300;

aws_enum! {
    /// What a policy is (S-021).
    PolicyType { StepScaling, TargetTrackingScaling, PredictiveScaling }
}

/// A policy's configuration, by its type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PolicyConfig {
    /// `StepScaling`.
    Step(StepScalingConfig),
    /// `TargetTrackingScaling`.
    TargetTracking(TargetTrackingConfig),
    /// `PredictiveScaling`.
    Predictive(PredictiveConfig),
}

impl PolicyConfig {
    /// What the policy is.
    pub fn policy_type(&self) -> PolicyType {
        match self {
            Self::Step(_) => PolicyType::StepScaling,
            Self::TargetTracking(_) => PolicyType::TargetTrackingScaling,
            Self::Predictive(_) => PolicyType::PredictiveScaling,
        }
    }

    /// The steps, where it is a step scaling policy.
    pub fn step(&self) -> Option<&StepScalingConfig> {
        match self {
            Self::Step(config) => Some(config),
            Self::TargetTracking(_) | Self::Predictive(_) => None,
        }
    }

    /// Target tracking, where it is that.
    pub fn target_tracking(&self) -> Option<&TargetTrackingConfig> {
        match self {
            Self::TargetTracking(config) => Some(config),
            Self::Step(_) | Self::Predictive(_) => None,
        }
    }

    /// Whether it measures a load balancer's requests.
    pub fn is_of_load_balancer(&self) -> bool {
        self.predefined().into_iter().any(PredefinedMetric::is_of_load_balancer)
    }

    /// The resource labels of a load balancer's metrics, as they are written.
    pub fn resource_labels(&self) -> Vec<&str> {
        self.predefined().into_iter().filter_map(|metric| metric.resource_label.as_deref()).collect()
    }

    /// Whether it lacks a resource label that its metric cannot do without: it is that of the service's target group.
    pub fn lacks_label(&self) -> bool {
        self.predefined().into_iter().any(PredefinedMetric::lacks_label)
    }

    /// The same with the label where one is lacking.
    #[must_use]
    pub fn with_label(mut self, label: &str) -> Self {
        let slots = match &mut self {
            Self::Step(_) => Vec::new(),
            Self::TargetTracking(config) => config.metric.predefined_mut().into_iter().collect(),
            Self::Predictive(config) => config.metric.predefined_mut(),
        };
        for metric in slots.into_iter().filter(|metric| metric.lacks_label()) {
            metric.resource_label = Some(label.to_owned());
        }
        self
    }

    fn predefined(&self) -> Vec<&PredefinedMetric> {
        match self {
            Self::Step(_) => Vec::new(),
            Self::TargetTracking(config) => config.metric.predefined().into_iter().collect(),
            Self::Predictive(config) => config.metric.predefined(),
        }
    }
}

impl Fields for PolicyConfig {
    fn fields(&self) -> Vec<Field> {
        match self {
            Self::Step(config) => config.fields(),
            Self::TargetTracking(config) => config.fields(),
            Self::Predictive(config) => config.fields(),
        }
    }
}
