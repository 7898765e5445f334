//! Intervals in values of a metric around one gap without change, made into a scale-in and a scale-out policy.
//!
//! Owns the conversion that the AWS CDK's `scaleOnMetric` made known (S-085 to S-093), on any number line and in
//! decimal, and what is refused in it. Where the CDK goes wrong without a word, this refuses: two alarms that fire at
//! one value, a change of the wrong sign, an outermost interval that ends. Must not know YAML, names or alarms' settings.

mod check;
mod line;
mod problem;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::line::{Segment, Segments};
pub use self::problem::{IntervalProblem, Place};
use super::alarm::ComparisonOperator;
use super::number::Number;
use super::policy::{AdjustmentType, StepAdjustment};

/// A stretch of the metric's values with the change that is wanted there.
///
/// An unset bound is where the neighbour begins or ends; at the ends of the line it is open (S-086, S-087). A bound
/// that two intervals share belongs to the one further from the gap, and one that an interval shares with the gap to
/// the interval (S-080).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// In the metric's unit.
    pub lower: Option<Number>,
    /// In the metric's unit.
    pub upper: Option<Number>,
    /// Tasks, percent, or the exact count. No change: 0, unless the count is exact (S-089).
    pub change: i32,
}

/// On which side of the gap a service scales out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ScaleOutWhen {
    /// Above it: the metric grows with the load.
    #[default]
    High,
    /// Below it: the metric shrinks with the load, such as free memory.
    Low,
}

/// One policy with the alarm that fires it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Where the alarm fires, in the metric's unit (S-090).
    pub threshold: Number,
    /// On which side of it.
    pub comparison_operator: ComparisonOperator,
    /// Relative to the threshold, nearest first (S-091). They cover everything where the alarm fires.
    pub steps: Vec<StepAdjustment>,
}

/// What intervals become; one side may be absent, never both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// The policy that takes tasks away.
    pub scale_in: Option<Side>,
    /// The policy that adds tasks.
    pub scale_out: Option<Side>,
}

/// Makes the two policies.
///
/// # Errors
/// Every rule that the intervals break. How they lie to each other is judged only once each makes sense alone.
pub fn convert(
    intervals: &[Interval],
    adjustment_type: AdjustmentType,
    scale_out_when: ScaleOutWhen,
) -> Result<Sides, Vec<IntervalProblem>> {
    let is_exact = adjustment_type == AdjustmentType::ExactCapacity;
    let segments = Segments::of(intervals, is_exact)?;
    let (below, above) = segments.around_gap(is_exact)?;
    check::sides(below, above, is_exact, scale_out_when)?;
    // Without a gap both alarms stand at one value, and only one of them may fire there.
    let reaches_up = segments.has_gap();
    let (below, above) = (below_gap(below, reaches_up), above_gap(above));
    Ok(match scale_out_when {
        ScaleOutWhen::High => Sides { scale_in: below, scale_out: above },
        ScaleOutWhen::Low => Sides { scale_in: above, scale_out: below },
    })
}

fn below_gap(segments: &[Segment], reaches_up: bool) -> Option<Side> {
    let threshold = segments.last()?.upper?;
    let comparison_operator = match reaches_up {
        true => ComparisonOperator::LessThanOrEqualToThreshold,
        false => ComparisonOperator::LessThanThreshold,
    };
    let steps = segments.iter().rev().filter_map(|segment| segment.relative_to(threshold)).collect();
    Some(Side { threshold, comparison_operator, steps })
}

fn above_gap(segments: &[Segment]) -> Option<Side> {
    let threshold = segments.first()?.lower?;
    let comparison_operator = ComparisonOperator::GreaterThanOrEqualToThreshold;
    let steps = segments.iter().filter_map(|segment| segment.relative_to(threshold)).collect();
    Some(Side { threshold, comparison_operator, steps })
}
