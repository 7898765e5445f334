//! What AWS accepts and cannot do what it says: warnings on a policy beside the alarm that fires it.

use crate::model::alarm::ComparisonOperator;
use crate::model::metric::{MetricStatistic, Statistic};
use crate::model::number::Number;
use crate::model::policy::{MetricAggregationType, StepAdjustment, StepScalingConfig};

/// A stretch on the alarm's breaching side that no step covers, relative to the threshold; `None` is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// Where it begins.
    pub lower: Option<Number>,
    /// Where it ends.
    pub upper: Option<Number>,
}

impl Uncovered {
    /// The stretch in absolute metric values.
    pub fn absolute(self, threshold: Number) -> Self {
        let sum = |bound: Number| bound.plus(threshold);
        Self { lower: self.lower.map(sum), upper: self.upper.map(sum) }
    }
}

impl std::fmt::Display for Uncovered {
    /// `from 30 to 45`, `from 50 upward`, `below 10`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.lower, self.upper) {
            (Some(lower), Some(upper)) => write!(f, "from {lower} to {upper}"),
            (Some(lower), None) => write!(f, "from {lower} upward"),
            (None, Some(upper)) => write!(f, "below {upper}"),
            (None, None) => f.write_str("everywhere"),
        }
    }
}

/// What of the breaching side no step covers: the alarm fires there and nothing happens (ecs-watchbot PR#187).
///
/// Nearest to the threshold first. Whether the threshold itself breaches makes no difference: a difference of 0 goes
/// the alarm's way (S-080).
pub fn uncovered(config: &StepScalingConfig, operator: ComparisonOperator) -> Vec<Uncovered> {
    let upward = operator.is_upward();
    let mut steps: Vec<Outward> = config.steps.iter().map(|step| Outward::of(step, upward)).collect();
    steps.sort_by_key(|step| step.near);
    let mut gaps = Vec::new();
    let mut reached = Number::ZERO; // the side is covered from 0 to here
    for step in steps {
        if let Some(near) = step.near.filter(|near| *near > reached) {
            gaps.push(gap(reached, Some(near), upward));
        }
        match step.far {
            None => return gaps,
            Some(far) => reached = reached.max(far),
        }
    }
    gaps.push(gap(reached, None, upward));
    gaps
}

/// A step seen from the threshold outward, mirrored for an alarm that fires below.
struct Outward {
    near: Option<Number>,
    far: Option<Number>,
}

impl Outward {
    fn of(step: &StepAdjustment, upward: bool) -> Self {
        if upward {
            Self { near: step.lower, far: step.upper }
        } else {
            Self { near: step.upper.map(mirrored), far: step.lower.map(mirrored) }
        }
    }
}

fn gap(near: Number, far: Option<Number>, upward: bool) -> Uncovered {
    if upward {
        Uncovered { lower: Some(near), upper: far }
    } else {
        Uncovered { lower: far.map(mirrored), upper: Some(mirrored(near)) }
    }
}

fn mirrored(value: Number) -> Number {
    Number::ZERO.minus(value)
}

/// Whether a step lies wholly on the side where the alarm does not fire (airship#79, bradford-hamilton PR#14).
///
/// Of an alarm that needs as many datapoints as it looks at; with fewer, the aggregate may lie there (S-079).
pub fn never_matches(step: &StepAdjustment, operator: ComparisonOperator) -> bool {
    if operator.is_upward() {
        step.upper.is_some_and(|upper| upper <= Number::ZERO)
    } else {
        step.lower.is_some_and(|lower| lower >= Number::ZERO)
    }
}

/// The aggregation that reads datapoints as the alarm's statistic makes them; the average for every other statistic
/// (S-092).
pub fn aggregation_for(statistic: &MetricStatistic) -> MetricAggregationType {
    match statistic {
        MetricStatistic::Simple(Statistic::Minimum) => MetricAggregationType::Minimum,
        MetricStatistic::Simple(Statistic::Maximum) => MetricAggregationType::Maximum,
        _ => MetricAggregationType::Average,
    }
}

/// The aggregation that a policy should have for its alarm, where it has another (cdk#31792).
pub fn aggregation_at_odds(
    aggregation: MetricAggregationType,
    statistic: &MetricStatistic,
) -> Option<MetricAggregationType> {
    let expected = aggregation_for(statistic);
    (aggregation != expected).then_some(expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::policy::AdjustmentType;

    const UP: ComparisonOperator = ComparisonOperator::GreaterThanThreshold;
    const DOWN: ComparisonOperator = ComparisonOperator::LessThanThreshold;

    fn config(steps: &[(Option<i32>, Option<i32>)]) -> StepScalingConfig {
        let steps = steps.iter().map(|&(lower, upper)| step(lower, upper)).collect();
        StepScalingConfig::canonical(AdjustmentType::ChangeInCapacity, steps, None, None, None)
    }

    fn step(lower: Option<i32>, upper: Option<i32>) -> StepAdjustment {
        StepAdjustment { lower: lower.map(Number::from), upper: upper.map(Number::from), adjustment: 1 }
    }

    fn stretch(lower: Option<i32>, upper: Option<i32>) -> Uncovered {
        Uncovered { lower: lower.map(Number::from), upper: upper.map(Number::from) }
    }

    #[test]
    fn a_side_that_is_covered_to_its_end_has_no_gap() {
        assert_eq!(uncovered(&config(&[(Some(0), Some(10)), (Some(10), None)]), UP), vec![]);
        assert_eq!(uncovered(&config(&[(None, Some(-10)), (Some(-10), Some(0))]), DOWN), vec![]);
        assert_eq!(uncovered(&config(&[(Some(-5), None), (None, Some(-5))]), UP), vec![]);
    }

    // ecs-watchbot PR#187
    #[test]
    fn steps_that_begin_beyond_the_threshold_leave_the_first_values_out() {
        assert_eq!(uncovered(&config(&[(Some(15), None)]), UP), vec![stretch(Some(0), Some(15))]);
        let below = uncovered(&config(&[(None, Some(-15))]), DOWN);
        assert_eq!(below, vec![stretch(Some(-15), Some(0))]);
        assert_eq!(below[0].absolute(30.into()).to_string(), "from 15 to 30");
    }

    // airship#79, bradford-hamilton PR#14
    #[test]
    fn steps_on_the_other_side_cover_nothing_and_never_match() {
        let scale_in = config(&[(None, Some(0))]);
        assert_eq!(uncovered(&scale_in, UP), vec![stretch(Some(0), None)]);
        assert!(never_matches(&scale_in.steps[0], UP));
        assert!(!never_matches(&scale_in.steps[0], DOWN));
        assert!(never_matches(&step(Some(0), None), DOWN));
        assert!(!never_matches(&step(Some(-1), Some(1)), UP));
        assert_eq!(uncovered(&config(&[(Some(0), None)]), DOWN), vec![stretch(None, Some(0))]);
    }

    // cdk#31792
    #[test]
    fn an_aggregation_that_differs_from_the_statistic_is_at_odds() {
        let maximum = MetricStatistic::Simple(Statistic::Maximum);
        assert_eq!(aggregation_at_odds(MetricAggregationType::Average, &maximum), Some(MetricAggregationType::Maximum));
        assert_eq!(aggregation_at_odds(MetricAggregationType::Maximum, &maximum), None);
        let p95 = MetricStatistic::Extended("p95".into());
        assert_eq!(aggregation_at_odds(MetricAggregationType::Average, &p95), None);
        assert_eq!(aggregation_at_odds(MetricAggregationType::Minimum, &p95), Some(MetricAggregationType::Average));
    }
}
