//! The controller's rules on steps and the double's, written apart, agree.

use ecs_scaling::model::policy::{AdjustmentType, StepAdjustment};
use ecs_scaling::model::steps::{RawSteps, Written, check};
use proptest::prelude::*;

use super::*;

fn any_step() -> impl Strategy<Value = StepAdjustment> {
    let bound = || proptest::option::weighted(0.7, -3..4i32);
    (bound(), bound(), -2..4i32).prop_map(|(lower, upper, adjustment)| StepAdjustment {
        lower: lower.map(Into::into),
        upper: upper.map(Into::into),
        adjustment,
    })
}

fn request(raw: &RawSteps<'_>, steps: &[StepAdjustment]) -> Json {
    let step = |step: &StepAdjustment| {
        json!({
            "MetricIntervalLowerBound": step.lower, "MetricIntervalUpperBound": step.upper,
            "ScalingAdjustment": step.adjustment,
        })
    };
    json!({
        "PolicyName": "p", "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": raw.adjustment_type.as_str(), "MinAdjustmentMagnitude": raw.min_adjustment_magnitude,
            "Cooldown": raw.cooldown, "StepAdjustments": steps.iter().map(step).collect::<Vec<_>>(),
        }
    })
}

proptest! {
    // S-026 to S-035
    #[test]
    fn what_the_validator_accepts_is_what_the_double_accepts(
        steps in proptest::collection::vec(any_step(), 0..5),
        adjustment_type in proptest::sample::select(AdjustmentType::ALL),
        min_adjustment_magnitude in proptest::option::weighted(0.2, 0..2i32),
        cooldown in proptest::option::weighted(0.2, -1..2i32),
    ) {
        let written = Written::Relative(&steps);
        let raw = RawSteps { adjustment_type, steps: written, min_adjustment_magnitude, cooldown };
        let answer = Sandbox::with_target().aas("PutScalingPolicy", request(&raw, &steps));
        let problems = check(&raw);
        prop_assert_eq!(problems.is_empty(), answer.is_ok(), "{:?} against {:?}", problems, answer);
    }
}
