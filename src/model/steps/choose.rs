//! Which step a value chooses, and the task count that it leads to (S-079 to S-081).

use std::cmp::Ordering;

use crate::model::alarm::ComparisonOperator;
use crate::model::capacity::CapacityRange;
use crate::model::number::Number;
use crate::model::policy::{AdjustmentType, MetricAggregationType, StepAdjustment, StepScalingConfig};

/// The one value that stands for an alarm's recent datapoints; `None` without datapoints (S-079).
pub fn aggregate(datapoints: &[Number], by: MetricAggregationType) -> Option<Number> {
    match by {
        MetricAggregationType::Minimum => datapoints.iter().min().copied(),
        MetricAggregationType::Maximum => datapoints.iter().max().copied(),
        MetricAggregationType::Average => {
            let sum = datapoints.iter().copied().reduce(Number::plus)?;
            #[allow(clippy::cast_precision_loss)] // an alarm has far fewer than 2^52 datapoints
            Number::new(sum.get() / datapoints.len() as f64)
        }
    }
}

/// The step whose bounds hold `value − threshold`; `None` where the policy does nothing (S-079, S-080).
///
/// An alarm that needs fewer datapoints than it looks at can fire while the aggregate is on the other side of the
/// threshold; then too there may be no step.
pub fn choose(
    config: &StepScalingConfig,
    value: Number,
    threshold: Number,
    operator: ComparisonOperator,
) -> Option<&StepAdjustment> {
    let difference = value.minus(threshold);
    config.steps.iter().find(|step| holds(step, difference, operator))
}

/// S-080: a bound belongs to the step further from the threshold; a difference of 0 goes the alarm's way.
fn holds(step: &StepAdjustment, difference: Number, operator: ComparisonOperator) -> bool {
    let upward = match difference.cmp(&Number::ZERO) {
        Ordering::Greater => true,
        Ordering::Less => false,
        Ordering::Equal => operator.is_upward(),
    };
    let above = |lower: Number| if upward { lower <= difference } else { lower < difference };
    let below = |upper: Number| if upward { difference < upper } else { difference <= upper };
    step.lower.is_none_or(above) && step.upper.is_none_or(below)
}

/// The task count that a step leads to from `base` tasks, within the range (S-081).
///
/// A percentage of nothing is nothing, but a `MinAdjustmentMagnitude` still moves it: AWS does not say, and a service
/// parked at 0 tasks has no CPU datapoints that would fire the alarm (S-017).
pub fn adjusted(config: &StepScalingConfig, step: &StepAdjustment, base: i32, range: CapacityRange) -> i32 {
    let by = i64::from(step.adjustment);
    let base = i64::from(base);
    let wanted = match config.adjustment_type {
        AdjustmentType::ExactCapacity => by,
        AdjustmentType::ChangeInCapacity => base + by,
        AdjustmentType::PercentChangeInCapacity => {
            let least = i64::from(config.min_adjustment_magnitude.unwrap_or(0));
            let change = percent(base, by);
            base + if change.abs() < least { by.signum() * least } else { change }
        }
    };
    range.clamp(i32::try_from(wanted).unwrap_or(if wanted < 0 { i32::MIN } else { i32::MAX }))
}

/// S-081: toward zero, but never to zero.
fn percent(base: i64, by: i64) -> i64 {
    let product = base * by;
    match product / 100 {
        0 => product.signum(),
        change => change,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::steps::{Uncovered, uncovered};

    const UP: ComparisonOperator = ComparisonOperator::GreaterThanOrEqualToThreshold;
    const DOWN: ComparisonOperator = ComparisonOperator::LessThanOrEqualToThreshold;

    fn config(adjustment_type: AdjustmentType, steps: &[(Option<i32>, Option<i32>, i32)]) -> StepScalingConfig {
        let step = |(lower, upper, adjustment): &(Option<i32>, Option<i32>, i32)| StepAdjustment {
            lower: lower.map(Number::from),
            upper: upper.map(Number::from),
            adjustment: *adjustment,
        };
        StepScalingConfig::canonical(adjustment_type, steps.iter().map(step).collect(), None, None, None)
    }

    fn chosen(config: &StepScalingConfig, value: f64, threshold: i32, operator: ComparisonOperator) -> Option<i32> {
        choose(config, Number::new(value).unwrap(), threshold.into(), operator).map(|step| step.adjustment)
    }

    fn range(min: i32, max: i32) -> CapacityRange {
        CapacityRange::new(min, max).unwrap()
    }

    // The founding example's bounds, with three different adjustments to tell the steps apart.
    #[test]
    fn thirty_forty_and_fifty_each_begin_a_step() {
        let config = config(
            AdjustmentType::ChangeInCapacity,
            &[(Some(0), Some(10), 2), (Some(10), Some(20), 3), (Some(20), None, 4)],
        );
        let cases = [(29.9, None), (30.0, Some(2)), (39.9, Some(2)), (40.0, Some(3)), (50.0, Some(4)), (99.0, Some(4))];
        for (value, expected) in cases {
            assert_eq!(chosen(&config, value, 30, UP), expected, "{value}");
        }
    }

    // S-080: AWS's own pair of examples with threshold 50; both include 50.
    #[test]
    fn the_threshold_itself_belongs_to_the_alarms_side() {
        let out = config(AdjustmentType::PercentChangeInCapacity, &[(Some(0), Some(10), 0), (Some(10), None, 10)]);
        let scale_in =
            config(AdjustmentType::PercentChangeInCapacity, &[(Some(-10), Some(0), 0), (None, Some(-10), -10)]);
        assert_eq!((chosen(&out, 50.0, 50, UP), chosen(&out, 60.0, 50, UP)), (Some(0), Some(10)));
        assert_eq!((chosen(&scale_in, 50.0, 50, DOWN), chosen(&scale_in, 40.0, 50, DOWN)), (Some(0), Some(-10)));
        assert_eq!(chosen(&scale_in, 40.1, 50, DOWN), Some(0));
        assert_eq!(chosen(&out, 50.0, 50, DOWN), None, "(−∞,0] is not covered by steps above");
    }

    // S-081
    #[test]
    fn percentages_are_rounded_toward_zero_but_never_to_zero() {
        let cases = [(10, 25, 12), (10, 5, 11), (10, -5, 9), (10, -25, 8), (10, 127, 22), (10, -67, 4), (0, 50, 0)];
        for (base, by, expected) in cases {
            let config = config(AdjustmentType::PercentChangeInCapacity, &[(Some(0), None, by)]);
            assert_eq!(adjusted(&config, &config.steps[0], base, range(0, 100)), expected, "{by} % of {base}");
        }
    }

    // S-034: 25 % of 4 is 1, but at least 2.
    #[test]
    fn a_percentage_moves_at_least_the_magnitude() {
        let mut config = config(AdjustmentType::PercentChangeInCapacity, &[(Some(0), None, 25)]);
        config.min_adjustment_magnitude = Some(2);
        assert_eq!(adjusted(&config, &config.steps[0], 4, range(0, 100)), 6);
        assert_eq!(adjusted(&config, &config.steps[0], 40, range(0, 100)), 50);
    }

    #[test]
    fn an_exact_capacity_does_not_depend_on_the_base() {
        let config = config(AdjustmentType::ExactCapacity, &[(Some(0), None, 6)]);
        assert_eq!(adjusted(&config, &config.steps[0], 2, range(0, 100)), 6);
        assert_eq!(adjusted(&config, &config.steps[0], 2, range(0, 5)), 5);
    }

    // S-079
    #[test]
    fn datapoints_are_aggregated_as_the_policy_says() {
        let points = [Number::from(10), Number::from(20), Number::from(60)];
        assert_eq!(aggregate(&points, MetricAggregationType::Average), Some(30.into()));
        assert_eq!(aggregate(&points, MetricAggregationType::Minimum), Some(10.into()));
        assert_eq!(aggregate(&points, MetricAggregationType::Maximum), Some(60.into()));
        assert_eq!(aggregate(&[], MetricAggregationType::Average), None);
    }

    /// Contiguous steps from sorted cuts, open at both ends: all of them valid, none of the line uncovered.
    fn contiguous() -> impl Strategy<Value = StepScalingConfig> {
        proptest::collection::btree_set(-5..6i32, 1..6).prop_map(|cuts| {
            let cuts: Vec<Option<i32>> =
                std::iter::once(None).chain(cuts.into_iter().map(Some)).chain(std::iter::once(None)).collect();
            let steps: Vec<_> = cuts.windows(2).map(|pair| (pair[0], pair[1], 1)).collect();
            config(AdjustmentType::ChangeInCapacity, &steps)
        })
    }

    proptest! {
        #[test]
        fn every_value_chooses_exactly_one_of_contiguous_steps(
            config in contiguous(), halves in -14..15i32, upward in any::<bool>(),
        ) {
            let operator = if upward { UP } else { DOWN };
            let difference = Number::new(f64::from(halves) / 2.0).unwrap();
            prop_assert_eq!(config.steps.iter().filter(|step| holds(step, difference, operator)).count(), 1);
            prop_assert_eq!(uncovered(&config, operator), Vec::<Uncovered>::new());
        }

        #[test]
        fn an_adjustment_never_leaves_the_range_nor_turns_round(
            base in 0..5000i32, by in -300..300i32, least in proptest::option::of(1..50i32), max in 1..5000i32,
        ) {
            let mut config = config(AdjustmentType::PercentChangeInCapacity, &[(Some(0), None, by)]);
            config.min_adjustment_magnitude = least;
            let base = base.min(max);
            let to = adjusted(&config, &config.steps[0], base, range(0, max));
            prop_assert!((0..=max).contains(&to));
            prop_assert!((to - base).signum() * by.signum() >= 0);
        }
    }
}
