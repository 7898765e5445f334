//! Predictive scaling policies: checked and kept, never acted on (S-038).

use crate::error::AwsError;
use crate::rules::Rule;
use crate::value::Value;

const PAIRS: [&str; 3] = ["ECSServiceCPUUtilization", "ECSServiceMemoryUtilization", "ALBRequestCount"];

pub(super) fn read(block: &Value) -> Result<Value, AwsError> {
    let [metric] = block.list("MetricSpecifications")? else {
        return Err(AwsError::validation("You must specify one metric specification.").by(Rule::PredictiveMetricIsOne));
    };
    check_metric(metric)?;
    check_enum(block, "Mode", &["ForecastOnly", "ForecastAndScale"])?;
    check_enum(block, "MaxCapacityBreachBehavior", &["HonorMaxCapacity", "IncreaseMaxCapacity"])?;
    check_range(block, "SchedulingBufferTime", 3600)?;
    check_range(block, "MaxCapacityBuffer", 100)?;
    let increases = block.text("MaxCapacityBreachBehavior")? == Some("IncreaseMaxCapacity");
    if increases != block.has("MaxCapacityBuffer") {
        return Err(AwsError::validation(
            "MaxCapacityBuffer must be specified if, and only if, MaxCapacityBreachBehavior is IncreaseMaxCapacity.",
        )
        .by(Rule::PredictiveBufferHasItsBehaviour));
    }
    Ok(block.clone())
}

/// A pair, or one load and one scaling metric.
fn check_metric(metric: &Value) -> Result<(), AwsError> {
    if metric.float("TargetValue")?.is_none() {
        return Err(AwsError::validation("TargetValue must be specified").by(Rule::TargetValueIsRequired));
    }
    let has = |member| usize::from(metric.has(member));
    let load = has("PredefinedLoadMetricSpecification") + has("CustomizedLoadMetricSpecification");
    let scaling = has("PredefinedScalingMetricSpecification") + has("CustomizedScalingMetricSpecification");
    match (has("PredefinedMetricPairSpecification"), load, scaling) {
        (0, 1, 1) => Ok(()),
        (1, 0, 0) => {
            let kind =
                metric.get("PredefinedMetricPairSpecification").text("PredefinedMetricType")?.unwrap_or_default();
            if PAIRS.contains(&kind) {
                return Ok(());
            }
            let unknown = format!("Predefined metric pair type {kind} is not supported for ECS");
            Err(AwsError::validation(unknown).by(Rule::PredictivePairIsKnown))
        }
        _ => Err(AwsError::validation(
            "You must specify either a predefined metric pair or one load metric and one scaling metric.",
        )
        .by(Rule::PredictiveMetricHasItsForm)),
    }
}

fn check_enum(block: &Value, member: &str, allowed: &[&str]) -> Result<(), AwsError> {
    match block.text(member)? {
        Some(value) if !allowed.contains(&value) => {
            let must = format!("satisfy enum value set: [{}]", allowed.join(", "));
            Err(AwsError::validation(AwsError::constraint(value, member, &must)).by(Rule::PredictiveValuesAreKnown))
        }
        _ => Ok(()),
    }
}

fn check_range(block: &Value, member: &str, max: i32) -> Result<(), AwsError> {
    match block.int(member)? {
        Some(value) if !(0..=max).contains(&value) => {
            let must = format!("have value between 0 and {max}");
            Err(AwsError::validation(AwsError::constraint(&value.to_string(), member, &must))
                .by(Rule::PredictiveNumbersAreBounded))
        }
        _ => Ok(()),
    }
}
