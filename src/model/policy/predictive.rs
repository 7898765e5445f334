//! Predictive scaling (S-038).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PolicyQuery, PredefinedMetric};
use crate::model::aws_enum;
use crate::model::fields::{Field, Fields};
use crate::model::number::Number;

/// Seconds before a forecast's moment at which tasks are started, where none is sent (S-038).
pub const DEFAULT_BUFFER_TIME: i32 = 300;

aws_enum! {
    /// The predefined metrics that AWS documents for load and scaling.
    PredictiveMetricType {
        ECSServiceAverageCPUUtilization, ECSServiceAverageMemoryUtilization, ECSServiceCPUUtilization,
        ECSServiceMemoryUtilization, ECSServiceTotalCPUUtilization, ECSServiceTotalMemoryUtilization, ALBRequestCount,
        ALBRequestCountPerTarget, TotalALBRequestCount,
    }
}

aws_enum! {
    /// The predefined pairs of an ECS service (S-038).
    PredictivePairType { ECSServiceCPUUtilization, ECSServiceMemoryUtilization, ALBRequestCount }
}

aws_enum! {
    /// Whether forecasts are acted on; AWS's default is `ForecastOnly`.
    PredictiveMode { ForecastOnly, ForecastAndScale }
}

aws_enum! {
    /// Whether a forecast may go above the maximum capacity; AWS's default is `HonorMaxCapacity`.
    MaxCapacityBreachBehavior { HonorMaxCapacity, IncreaseMaxCapacity }
}

/// A load or a scaling metric.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ForecastMetric {
    /// By AWS's name.
    Predefined(PredefinedMetric),
    /// By metric math; by id.
    Customized(Vec<PolicyQuery>),
}

/// What is forecast, and what a task can bear.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Forecast {
    /// `PredefinedMetricPairSpecification`: both in one.
    Pair(PredefinedMetric),
    /// One load metric and one scaling metric.
    Metrics {
        /// The load as a whole.
        load: ForecastMetric,
        /// The load of one task.
        scaling: ForecastMetric,
        /// `CustomizedCapacityMetricSpecification`: the number of tasks; by id.
        capacity: Option<Vec<PolicyQuery>>,
    },
}

impl Forecast {
    pub(super) fn predefined(&self) -> Vec<&PredefinedMetric> {
        match self {
            Self::Pair(metric) => vec![metric],
            Self::Metrics { load, scaling, .. } => [load, scaling]
                .into_iter()
                .filter_map(|metric| match metric {
                    ForecastMetric::Predefined(metric) => Some(metric),
                    ForecastMetric::Customized(_) => None,
                })
                .collect(),
        }
    }

    pub(super) fn predefined_mut(&mut self) -> Vec<&mut PredefinedMetric> {
        match self {
            Self::Pair(metric) => vec![metric],
            Self::Metrics { load, scaling, .. } => [load, scaling]
                .into_iter()
                .filter_map(|metric| match metric {
                    ForecastMetric::Predefined(metric) => Some(metric),
                    ForecastMetric::Customized(_) => None,
                })
                .collect(),
        }
    }

    fn canonical(self) -> Self {
        let sorted = |metric| match metric {
            ForecastMetric::Customized(queries) => ForecastMetric::Customized(PolicyQuery::canonical(queries)),
            predefined => predefined,
        };
        match self {
            Self::Metrics { load, scaling, capacity } => Self::Metrics {
                load: sorted(load),
                scaling: sorted(scaling),
                capacity: capacity.map(PolicyQuery::canonical),
            },
            pair => pair,
        }
    }
}

/// `PredictiveScalingPolicyConfiguration` with its one metric specification, canonical.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PredictiveConfig {
    /// In the scaling metric's unit.
    pub target_value: Number,
    /// What is forecast.
    pub metric: Forecast,
    /// Whether forecasts are acted on.
    pub mode: PredictiveMode,
    /// Seconds.
    pub scheduling_buffer_time: i32,
    /// Whether a forecast may go above the maximum capacity.
    pub max_capacity_breach_behavior: MaxCapacityBreachBehavior,
    /// Percent above the forecast; with `IncreaseMaxCapacity` alone.
    pub max_capacity_buffer: Option<i32>,
}

impl PredictiveConfig {
    /// A configuration with AWS's defaults (S-038).
    pub fn canonical(
        target_value: Number,
        metric: Forecast,
        mode: Option<PredictiveMode>,
        scheduling_buffer_time: Option<i32>,
        max_capacity_breach_behavior: Option<MaxCapacityBreachBehavior>,
        max_capacity_buffer: Option<i32>,
    ) -> Self {
        Self {
            target_value,
            metric: metric.canonical(),
            mode: mode.unwrap_or(PredictiveMode::ForecastOnly),
            scheduling_buffer_time: scheduling_buffer_time.unwrap_or(DEFAULT_BUFFER_TIME),
            max_capacity_breach_behavior: max_capacity_breach_behavior
                .unwrap_or(MaxCapacityBreachBehavior::HonorMaxCapacity),
            max_capacity_buffer,
        }
    }
}

impl Fields for PredictiveConfig {
    fn fields(&self) -> Vec<Field> {
        let queries = |queries: &Vec<PolicyQuery>| json!({ "metricDataQueries": queries });
        let predefined = |metric: &ForecastMetric| match metric {
            ForecastMetric::Predefined(metric) => json!(metric),
            ForecastMetric::Customized(_) => Value::Null,
        };
        let customized = |metric: &ForecastMetric| match metric {
            ForecastMetric::Customized(list) => queries(list),
            ForecastMetric::Predefined(_) => Value::Null,
        };
        let (pair, load, scaling, capacity) = match &self.metric {
            Forecast::Pair(pair) => (json!(pair), None, None, None),
            Forecast::Metrics { load, scaling, capacity } => {
                (Value::Null, Some(load), Some(scaling), capacity.as_ref())
            }
        };
        let of =
            |metric: Option<&ForecastMetric>, form: &dyn Fn(&ForecastMetric) -> Value| metric.map_or(Value::Null, form);
        let specification = |name: &str| format!("metricSpecifications.{name}");
        vec![
            Field::of(specification("targetValue"), &self.target_value),
            Field::new(specification("predefinedMetricPairSpecification"), pair),
            Field::new(specification("predefinedLoadMetricSpecification"), of(load, &predefined)),
            Field::new(specification("predefinedScalingMetricSpecification"), of(scaling, &predefined)),
            Field::new(specification("customizedLoadMetricSpecification"), of(load, &customized)),
            Field::new(specification("customizedScalingMetricSpecification"), of(scaling, &customized)),
            Field::new(specification("customizedCapacityMetricSpecification"), capacity.map_or(Value::Null, queries)),
            Field::of("mode", &self.mode),
            Field::new("schedulingBufferTime", self.scheduling_buffer_time),
            Field::of("maxCapacityBreachBehavior", &self.max_capacity_breach_behavior),
            Field::new("maxCapacityBuffer", self.max_capacity_buffer),
        ]
    }
}
