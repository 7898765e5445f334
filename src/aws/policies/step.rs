//! Step scaling.

use aws_sdk_applicationautoscaling::error::BuildError;
use aws_sdk_applicationautoscaling::types as sdk;

use crate::model::number::Number;
use crate::model::policy::{AdjustmentType, MetricAggregationType, StepAdjustment, StepScalingConfig};

pub(super) fn to_sdk(config: &StepScalingConfig) -> Result<sdk::StepScalingPolicyConfiguration, BuildError> {
    let mut builder = sdk::StepScalingPolicyConfiguration::builder()
        .adjustment_type(sdk::AdjustmentType::from(config.adjustment_type.as_str()))
        .set_min_adjustment_magnitude(config.min_adjustment_magnitude)
        .cooldown(config.cooldown)
        .metric_aggregation_type(sdk::MetricAggregationType::from(config.metric_aggregation_type.as_str()));
    for step in &config.steps {
        let step = sdk::StepAdjustment::builder()
            .set_metric_interval_lower_bound(step.lower.map(Number::get))
            .set_metric_interval_upper_bound(step.upper.map(Number::get))
            .scaling_adjustment(step.adjustment)
            .build()?;
        builder = builder.step_adjustments(step);
    }
    Ok(builder.build())
}

pub(super) fn from_sdk(config: &sdk::StepScalingPolicyConfiguration) -> Option<StepScalingConfig> {
    let aggregation = match config.metric_aggregation_type() {
        None => None,
        Some(text) => Some(MetricAggregationType::from_aws(text.as_str())?),
    };
    let bound = |bound: Option<f64>| match bound {
        None => Some(None),
        Some(value) => Number::new(value).map(Some),
    };
    let steps = config
        .step_adjustments()
        .iter()
        .map(|step| {
            Some(StepAdjustment {
                lower: bound(step.metric_interval_lower_bound())?,
                upper: bound(step.metric_interval_upper_bound())?,
                adjustment: step.scaling_adjustment(),
            })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(StepScalingConfig::canonical(
        AdjustmentType::from_aws(config.adjustment_type()?.as_str())?,
        steps,
        config.min_adjustment_magnitude(),
        config.cooldown(),
        aggregation,
    ))
}
