//! Target tracking.

use aws_sdk_applicationautoscaling::error::BuildError;
use aws_sdk_applicationautoscaling::types as sdk;

use super::metric::{from_tracking, to_tracking, unit};
use crate::model::metric::Statistic;
use crate::model::number::Number;
use crate::model::policy::{
    CustomizedMetric, PredefinedMetric, TargetTrackingConfig, TrackedMetric, TrackedMetricType,
};

pub(super) fn to_sdk(
    config: &TargetTrackingConfig,
) -> Result<sdk::TargetTrackingScalingPolicyConfiguration, BuildError> {
    let builder = sdk::TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(config.target_value.get())
        .scale_out_cooldown(config.scale_out_cooldown)
        .scale_in_cooldown(config.scale_in_cooldown)
        .disable_scale_in(config.disable_scale_in);
    let customized = sdk::CustomizedMetricSpecification::builder();
    let builder = match &config.metric {
        TrackedMetric::Predefined(metric) => builder.predefined_metric_specification(
            sdk::PredefinedMetricSpecification::builder()
                .predefined_metric_type(sdk::MetricType::from(metric.predefined_metric_type.as_str()))
                .set_resource_label(metric.resource_label.clone())
                .build()?,
        ),
        TrackedMetric::Single(metric) => {
            let dimension =
                |(name, value): (&String, &String)| sdk::MetricDimension::builder().name(name).value(value).build();
            let dimensions = metric.dimensions.iter().map(dimension).collect::<Result<Vec<_>, _>>()?;
            builder.customized_metric_specification(
                customized
                    .metric_name(&metric.metric_name)
                    .namespace(&metric.namespace)
                    .statistic(sdk::MetricStatistic::from(metric.statistic.as_str()))
                    .set_dimensions((!dimensions.is_empty()).then_some(dimensions))
                    .set_unit(metric.unit.map(|unit| unit.as_str().to_owned()))
                    .build(),
            )
        }
        TrackedMetric::Math(queries) => {
            builder.customized_metric_specification(customized.set_metrics(Some(to_tracking(queries)?)).build())
        }
    };
    builder.build()
}

/// `None` when it holds a value that this version does not know.
pub(super) fn from_sdk(config: &sdk::TargetTrackingScalingPolicyConfiguration) -> Option<TargetTrackingConfig> {
    let metric = match (config.predefined_metric_specification(), config.customized_metric_specification()) {
        (Some(metric), None) => TrackedMetric::Predefined(PredefinedMetric {
            predefined_metric_type: TrackedMetricType::from_aws(metric.predefined_metric_type().as_str())?
                .as_str()
                .to_owned(),
            resource_label: metric.resource_label().map(str::to_owned),
        }),
        (None, Some(metric)) => customized(metric)?,
        _ => return None,
    };
    Some(TargetTrackingConfig::canonical(
        Number::new(config.target_value())?,
        metric,
        config.scale_out_cooldown(),
        config.scale_in_cooldown(),
        config.disable_scale_in(),
    ))
}

fn customized(metric: &sdk::CustomizedMetricSpecification) -> Option<TrackedMetric> {
    if !metric.metrics().is_empty() {
        return from_tracking(metric.metrics()).map(TrackedMetric::Math);
    }
    let dimension = |dimension: &sdk::MetricDimension| (dimension.name().to_owned(), dimension.value().to_owned());
    Some(TrackedMetric::Single(CustomizedMetric {
        metric_name: metric.metric_name()?.to_owned(),
        namespace: metric.namespace()?.to_owned(),
        statistic: Statistic::from_aws(metric.statistic()?.as_str())?,
        dimensions: metric.dimensions().iter().map(dimension).collect(),
        unit: unit(metric.unit())?,
    }))
}
