//! Step scaling.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::DEFAULT_COOLDOWN;
use crate::model::aws_enum;
use crate::model::fields::{Field, Fields};
use crate::model::number::Number;

aws_enum! {
    /// How a step's adjustment is read (S-026).
    AdjustmentType { ChangeInCapacity, PercentChangeInCapacity, ExactCapacity }
}

aws_enum! {
    /// How recent datapoints become the one value that chooses a step (S-036, S-079).
    MetricAggregationType { Average, Minimum, Maximum }
}

/// One step, in AWS's threshold-relative form: `None` is −∞ below and +∞ above (S-028).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StepAdjustment {
    /// `MetricIntervalLowerBound`.
    pub lower: Option<Number>,
    /// `MetricIntervalUpperBound`.
    pub upper: Option<Number>,
    /// `ScalingAdjustment`: tasks, percent, or the exact count, by the policy's [`AdjustmentType`].
    pub adjustment: i32,
}

/// `StepScalingPolicyConfiguration`, canonical: defaults filled in, steps sorted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StepScalingConfig {
    /// How adjustments are read.
    pub adjustment_type: AdjustmentType,
    /// Sorted by lower bound.
    pub steps: Vec<StepAdjustment>,
    /// The smallest change in tasks; only with `PercentChangeInCapacity` (S-034).
    pub min_adjustment_magnitude: Option<i32>,
    /// Seconds (S-035).
    pub cooldown: i32,
    /// How datapoints are aggregated (S-036).
    pub metric_aggregation_type: MetricAggregationType,
}

impl StepScalingConfig {
    /// A configuration with AWS's defaults and the steps in order (S-095, S-096).
    pub fn canonical(
        adjustment_type: AdjustmentType,
        mut steps: Vec<StepAdjustment>,
        min_adjustment_magnitude: Option<i32>,
        cooldown: Option<i32>,
        metric_aggregation_type: Option<MetricAggregationType>,
    ) -> Self {
        steps.sort_by(|a, b| lower_first(a.lower, b.lower).then_with(|| upper_last(a.upper, b.upper)));
        Self {
            adjustment_type,
            steps,
            min_adjustment_magnitude,
            cooldown: cooldown.unwrap_or(DEFAULT_COOLDOWN),
            metric_aggregation_type: metric_aggregation_type.unwrap_or(MetricAggregationType::Average),
        }
    }
}

fn lower_first(a: Option<Number>, b: Option<Number>) -> Ordering {
    a.cmp(&b) // None, −∞, comes first
}

fn upper_last(a: Option<Number>, b: Option<Number>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => a.cmp(&b),
    }
}

impl Fields for StepScalingConfig {
    fn fields(&self) -> Vec<Field> {
        vec![
            Field::of("adjustmentType", &self.adjustment_type),
            Field::of("stepAdjustments", &self.steps),
            Field::new("minAdjustmentMagnitude", self.min_adjustment_magnitude),
            Field::new("cooldown", self.cooldown),
            Field::of("metricAggregationType", &self.metric_aggregation_type),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fields::changes;

    fn step(lower: Option<i32>, upper: Option<i32>, adjustment: i32) -> StepAdjustment {
        StepAdjustment { lower: lower.map(Number::from), upper: upper.map(Number::from), adjustment }
    }

    #[test]
    fn defaults_and_order_make_no_difference() {
        let steps = [step(None, Some(-10), -2), step(Some(-10), Some(0), -1)];
        let spelled = StepScalingConfig::canonical(
            AdjustmentType::ChangeInCapacity,
            steps.to_vec(),
            None,
            Some(300),
            Some(MetricAggregationType::Average),
        );
        let shuffled = StepScalingConfig::canonical(
            AdjustmentType::ChangeInCapacity,
            steps.into_iter().rev().collect(),
            None,
            None,
            None,
        );
        assert_eq!(changes(&spelled, &shuffled), vec![]);
    }
}
