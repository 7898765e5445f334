//! Each rule of S-026 to S-035 broken once, and what is accepted.

use proptest::prelude::*;

use super::*;
use crate::model::steps::form::AbsoluteStep;

fn step(lower: Option<i32>, upper: Option<i32>, adjustment: i32) -> StepAdjustment {
    StepAdjustment { lower: lower.map(Number::from), upper: upper.map(Number::from), adjustment }
}

fn check_steps(steps: &[StepAdjustment]) -> Vec<StepProblem> {
    check_as(AdjustmentType::ChangeInCapacity, steps)
}

fn check_as(adjustment_type: AdjustmentType, steps: &[StepAdjustment]) -> Vec<StepProblem> {
    check(&RawSteps {
        adjustment_type,
        steps: Written::Relative(steps),
        min_adjustment_magnitude: None,
        cooldown: None,
    })
}

fn scalars_of(adjustment_type: AdjustmentType, magnitude: Option<i32>, cooldown: Option<i32>) -> Vec<StepProblem> {
    check(&RawSteps {
        adjustment_type,
        steps: Written::Relative(&[step(Some(0), None, 1)]),
        min_adjustment_magnitude: magnitude,
        cooldown,
    })
}

// tf#2063, tf#5179: any order; S-033: an adjustment of 0 is fine; the first step may start above the threshold.
#[test]
fn what_aws_accepts_has_no_problem() {
    for steps in [
        vec![step(Some(0), Some(10), 2), step(Some(10), Some(20), 2), step(Some(20), None, 4)],
        vec![step(Some(-10), Some(0), -1), step(None, Some(-10), -2)],
        vec![step(None, Some(0), -1), step(Some(0), Some(5), 0), step(Some(5), None, 1)],
        vec![step(Some(15), None, 1)],
    ] {
        assert_eq!(check_steps(&steps), vec![], "{steps:?}");
    }
}

// S-027, cdk#27020
#[test]
fn a_policy_has_one_to_twenty_steps() {
    assert_eq!(check_steps(&[]), vec![StepProblem::NoSteps]);
    let many = |count: i32| -> Vec<StepAdjustment> {
        (0..count).map(|i| step(Some(i), (i + 1 < count).then_some(i + 1), 1)).collect()
    };
    assert_eq!(check_steps(&many(20)), vec![]);
    assert_eq!(check_steps(&many(21)), vec![StepProblem::TooManySteps { count: 21 }]);
}

// S-028
#[test]
fn a_step_without_width_is_named_once() {
    let steps = [step(Some(0), Some(10), 1), step(Some(10), Some(10), 2), step(Some(10), None, 3)];
    let problems = check_steps(&steps);
    assert_eq!(problems, vec![StepProblem::UpsideDown { step: 1, lower: 10.into(), upper: 10.into() }]);
    assert_eq!(problems[0].place(), Place::Lower(1));
}

// S-029, tf#4812
#[test]
fn a_step_without_bounds_is_refused_even_alone() {
    assert_eq!(check_steps(&[step(None, None, 1)]), vec![StepProblem::Unbounded { step: 0, threshold: Number::ZERO }]);
}

// S-030
#[test]
fn only_one_step_is_open_on_a_side() {
    assert_eq!(
        check_steps(&[step(Some(0), None, 1), step(Some(10), None, 2)]),
        vec![StepProblem::TwoOpenUppers { first: 0, step: 1 }]
    );
    assert_eq!(
        check_steps(&[step(None, Some(-5), -2), step(None, Some(0), -1)]),
        vec![StepProblem::TwoOpenLowers { first: 0, step: 1 }]
    );
}

// S-031, tf#17529
#[test]
fn a_closed_outer_step_is_refused_at_the_bound_that_closes_it() {
    let above = check_steps(&[step(Some(10), Some(20), 2), step(Some(0), Some(10), 1)]);
    assert_eq!(above, vec![StepProblem::ClosedAbove { step: 0, upper: 20.into() }]);
    assert_eq!(above[0].place(), Place::Upper(0));
    let below = check_steps(&[step(Some(-5), Some(0), -1)]);
    assert_eq!(below, vec![StepProblem::ClosedBelow { step: 0, lower: Number::from(-5) }]);
}

// S-032, tf#29413: in absolute values, as they were written.
#[test]
fn a_gap_is_named_in_the_authors_numbers_and_order() {
    let absolute = |lower: i32, upper: Option<i32>| AbsoluteStep {
        lower: Some(lower.into()),
        upper: upper.map(Number::from),
        adjustment: 1,
    };
    let problems = check(&RawSteps {
        adjustment_type: AdjustmentType::ChangeInCapacity,
        steps: Written::Absolute(&[absolute(50, None), absolute(30, Some(40))], 30.into()),
        min_adjustment_magnitude: None,
        cooldown: None,
    });
    assert_eq!(problems, vec![StepProblem::Gap { step: 0, below: 1, from: 40.into(), to: 50.into() }]);
    assert_eq!(problems[0].to_string(), "there is a gap from 40 to 50, between step 2 and this one");
    assert_eq!(problems[0].hint(), "let this step begin at 40, or step 2 end at 50");
}

// S-032
#[test]
fn an_overlap_is_found_behind_a_step_that_swallows_others() {
    let steps = [step(Some(0), Some(30), 1), step(Some(5), Some(10), 2), step(Some(20), None, 3)];
    assert_eq!(
        check_steps(&steps),
        vec![
            StepProblem::Overlap { step: 1, other: 0, end: Some(30.into()) },
            StepProblem::Overlap { step: 2, other: 0, end: Some(30.into()) },
        ]
    );
    let open = check_steps(&[step(Some(0), None, 1), step(Some(5), Some(10), 2)]);
    assert_eq!(open, vec![StepProblem::Overlap { step: 1, other: 0, end: None }]);
}

// S-033
#[test]
fn an_exact_capacity_is_not_negative() {
    let steps = [step(Some(0), None, -1)];
    assert_eq!(check_steps(&steps), vec![]);
    let exact = check_as(AdjustmentType::ExactCapacity, &steps);
    assert_eq!(exact, vec![StepProblem::NegativeExactCapacity { step: 0, adjustment: -1 }]);
    assert_eq!(exact[0].place(), Place::Adjustment(0));
}

// S-034, S-035
#[test]
fn magnitude_wants_percent_and_cooldown_is_not_negative() {
    use AdjustmentType::{ChangeInCapacity, PercentChangeInCapacity};
    assert_eq!(scalars_of(PercentChangeInCapacity, Some(1), Some(0)), vec![]);
    assert_eq!(
        scalars_of(ChangeInCapacity, Some(1), None),
        vec![StepProblem::MagnitudeWithoutPercent { adjustment_type: ChangeInCapacity }]
    );
    assert_eq!(
        scalars_of(PercentChangeInCapacity, Some(0), Some(-1)),
        vec![StepProblem::MagnitudeNotPositive { value: 0 }, StepProblem::NegativeCooldown { seconds: -1 }]
    );
}

fn any_step() -> impl Strategy<Value = StepAdjustment> {
    let bound = || proptest::option::weighted(0.7, -3..4i32);
    (bound(), bound(), -3..4i32).prop_map(|(lower, upper, adjustment)| step(lower, upper, adjustment))
}

/// How often half-unit points strictly inside the steps are covered: bounds are whole numbers.
fn covers(steps: &[StepAdjustment], point: f64) -> usize {
    let inside = |step: &&StepAdjustment| {
        step.lower.is_none_or(|lower| lower.get() < point) && step.upper.is_none_or(|upper| point < upper.get())
    };
    steps.iter().filter(inside).count()
}

/// The rules once more, from what they mean and not from how they are checked.
fn is_acceptable(steps: &[StepAdjustment]) -> bool {
    let points: Vec<f64> = (-5..5).map(|whole| f64::from(whole) + 0.5).collect();
    let counts: Vec<usize> = points.iter().map(|point| covers(steps, *point)).collect();
    let first = counts.iter().position(|count| *count > 0);
    let last = counts.iter().rposition(|count| *count > 0);
    let (Some(first), Some(last)) = (first, last) else { return false };
    steps.iter().all(|s| (s.lower.is_some() || s.upper.is_some()) && s.lower.zip(s.upper).is_none_or(|(l, u)| l < u))
        && counts[first..=last].iter().all(|count| *count == 1)
        && (points[first] > 0.0 || first == 0)
        && (points[last] < 0.0 || last + 1 == points.len())
}

proptest! {
    #[test]
    fn the_rules_agree_with_what_they_mean(steps in proptest::collection::vec(any_step(), 1..5)) {
        prop_assert_eq!(check_steps(&steps).is_empty(), is_acceptable(&steps), "{:?}", check_steps(&steps));
    }

    #[test]
    fn every_problem_names_a_step_that_exists(steps in proptest::collection::vec(any_step(), 0..25)) {
        for problem in check_as(AdjustmentType::ExactCapacity, &steps) {
            prop_assert!(!problem.hint().is_empty());
            if let Place::Step(at) | Place::Lower(at) | Place::Upper(at) | Place::Adjustment(at) = problem.place() {
                prop_assert!(at < steps.len(), "{:?}", problem);
            }
        }
    }
}
