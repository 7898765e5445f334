//! Predictive scaling.

use aws_sdk_applicationautoscaling::error::BuildError;
use aws_sdk_applicationautoscaling::types as sdk;

use super::metric::{from_predictive, to_predictive};
use crate::model::number::Number;
use crate::model::policy::{
    Forecast, ForecastMetric, MaxCapacityBreachBehavior, PolicyQuery, PredefinedMetric, PredictiveConfig,
    PredictiveMetricType, PredictiveMode,
};

macro_rules! predefined {
    ($to:ident, $from:ident, $type:ident) => {
        fn $to(metric: &PredefinedMetric) -> Result<sdk::$type, BuildError> {
            sdk::$type::builder()
                .predefined_metric_type(&metric.predefined_metric_type)
                .set_resource_label(metric.resource_label.clone())
                .build()
        }

        fn $from(metric: &sdk::$type) -> Option<PredefinedMetric> {
            let kind = PredictiveMetricType::from_aws(metric.predefined_metric_type())?;
            let resource_label = metric.resource_label().map(str::to_owned);
            Some(PredefinedMetric { predefined_metric_type: kind.as_str().to_owned(), resource_label })
        }
    };
}

predefined!(to_pair, from_pair, PredictiveScalingPredefinedMetricPairSpecification);
predefined!(to_load, from_load, PredictiveScalingPredefinedLoadMetricSpecification);
predefined!(to_scaling, from_scaling, PredictiveScalingPredefinedScalingMetricSpecification);

fn customized(queries: &[PolicyQuery]) -> Result<sdk::PredictiveScalingCustomizedMetricSpecification, BuildError> {
    let queries = to_predictive(queries)?;
    sdk::PredictiveScalingCustomizedMetricSpecification::builder().set_metric_data_queries(Some(queries)).build()
}

pub(super) fn to_sdk(config: &PredictiveConfig) -> Result<sdk::PredictiveScalingPolicyConfiguration, BuildError> {
    let mut metric = sdk::PredictiveScalingMetricSpecification::builder().target_value(config.target_value.get());
    match &config.metric {
        Forecast::Pair(pair) => metric = metric.predefined_metric_pair_specification(to_pair(pair)?),
        Forecast::Metrics { load, scaling, capacity } => {
            metric = match load {
                ForecastMetric::Predefined(load) => metric.predefined_load_metric_specification(to_load(load)?),
                ForecastMetric::Customized(load) => metric.customized_load_metric_specification(customized(load)?),
            };
            metric = match scaling {
                ForecastMetric::Predefined(scaling) => {
                    metric.predefined_scaling_metric_specification(to_scaling(scaling)?)
                }
                ForecastMetric::Customized(scaling) => {
                    metric.customized_scaling_metric_specification(customized(scaling)?)
                }
            };
            if let Some(capacity) = capacity {
                metric = metric.customized_capacity_metric_specification(customized(capacity)?);
            }
        }
    }
    sdk::PredictiveScalingPolicyConfiguration::builder()
        .metric_specifications(metric.build()?)
        .mode(sdk::PredictiveScalingMode::from(config.mode.as_str()))
        .scheduling_buffer_time(config.scheduling_buffer_time)
        .max_capacity_breach_behavior(sdk::PredictiveScalingMaxCapacityBreachBehavior::from(
            config.max_capacity_breach_behavior.as_str(),
        ))
        .set_max_capacity_buffer(config.max_capacity_buffer)
        .build()
}

/// `None` when it holds a value that this version does not know.
pub(super) fn from_sdk(config: &sdk::PredictiveScalingPolicyConfiguration) -> Option<PredictiveConfig> {
    let [metric] = config.metric_specifications() else { return None };
    let mode = match config.mode() {
        None => None,
        Some(mode) => Some(PredictiveMode::from_aws(mode.as_str())?),
    };
    let behavior = match config.max_capacity_breach_behavior() {
        None => None,
        Some(behavior) => Some(MaxCapacityBreachBehavior::from_aws(behavior.as_str())?),
    };
    Some(PredictiveConfig::canonical(
        Number::new(metric.target_value())?,
        forecast(metric)?,
        mode,
        config.scheduling_buffer_time(),
        behavior,
        config.max_capacity_buffer(),
    ))
}

fn forecast(metric: &sdk::PredictiveScalingMetricSpecification) -> Option<Forecast> {
    let load = match (metric.predefined_load_metric_specification(), metric.customized_load_metric_specification()) {
        (Some(load), None) => Some(ForecastMetric::Predefined(from_load(load)?)),
        (None, Some(load)) => Some(ForecastMetric::Customized(from_predictive(load.metric_data_queries())?)),
        (None, None) => None,
        (Some(_), Some(_)) => return None,
    };
    let scaling =
        match (metric.predefined_scaling_metric_specification(), metric.customized_scaling_metric_specification()) {
            (Some(scaling), None) => Some(ForecastMetric::Predefined(from_scaling(scaling)?)),
            (None, Some(scaling)) => Some(ForecastMetric::Customized(from_predictive(scaling.metric_data_queries())?)),
            (None, None) => None,
            (Some(_), Some(_)) => return None,
        };
    let capacity = match metric.customized_capacity_metric_specification() {
        None => None,
        Some(capacity) => Some(from_predictive(capacity.metric_data_queries())?),
    };
    match (metric.predefined_metric_pair_specification(), load, scaling) {
        (Some(pair), None, None) if capacity.is_none() => from_pair(pair).map(Forecast::Pair),
        (None, Some(load), Some(scaling)) => Some(Forecast::Metrics { load, scaling, capacity }),
        _ => None,
    }
}
