//! The two ways to write a step: in absolute metric values, as the ECS console shows them, and relative to the
//! threshold, as the API wants them (S-093, tf#2662, tf#14799).

use serde::{Deserialize, Serialize};

use crate::model::number::Number;
use crate::model::policy::StepAdjustment;

/// One step in absolute metric values; an unset bound is open, −∞ below and +∞ above (tf#17529).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AbsoluteStep {
    /// In the metric's unit.
    pub lower: Option<Number>,
    /// In the metric's unit.
    pub upper: Option<Number>,
    /// Tasks, percent, or the exact count.
    pub adjustment: i32,
}

/// A list of steps as its author wrote it.
#[derive(Clone, Copy, Debug)]
pub enum Written<'a> {
    /// AWS's form.
    Relative(&'a [StepAdjustment]),
    /// The console's form, and the threshold that it will be made relative to.
    Absolute(&'a [AbsoluteStep], Number),
}

impl Written<'_> {
    /// The steps in AWS's form, in the order in which they were written.
    pub fn to_relative(self) -> Vec<StepAdjustment> {
        match self {
            Self::Relative(steps) => steps.to_vec(),
            Self::Absolute(steps, threshold) => relative(steps, threshold),
        }
    }

    /// A step's bounds as they were written.
    pub(super) fn bounds(self, index: usize) -> (Option<Number>, Option<Number>) {
        match self {
            Self::Relative(steps) => steps.get(index).map(|s| (s.lower, s.upper)),
            Self::Absolute(steps, _) => steps.get(index).map(|s| (s.lower, s.upper)),
        }
        .unwrap_or_default()
    }

    /// The value that stands for the threshold in the written form.
    pub(super) fn origin(self) -> Number {
        match self {
            Self::Relative(_) => Number::ZERO,
            Self::Absolute(_, threshold) => threshold,
        }
    }
}

/// Makes absolute steps relative to a threshold, in decimal; order and open bounds stay.
///
/// An outermost step without its outer bound is open, which is what AWS asks for (S-031, tf#17529). One with an outer
/// bound stays closed, and [`super::check()`] names it.
pub fn relative(steps: &[AbsoluteStep], threshold: Number) -> Vec<StepAdjustment> {
    let difference = |bound: Number| bound.minus(threshold);
    steps
        .iter()
        .map(|step| StepAdjustment {
            lower: step.lower.map(difference),
            upper: step.upper.map(difference),
            adjustment: step.adjustment,
        })
        .collect()
}

/// The threshold that breaks the fewest rules: what is refused at this one is refused at any.
///
/// Only an outermost bound that is closed depends on the threshold (S-031): a closed lowest bound must not lie below it, a
/// closed highest one not above.
pub fn best_threshold(steps: &[AbsoluteStep]) -> Number {
    let is_open_below = steps.iter().any(|step| step.lower.is_none());
    let lowest = steps.iter().filter_map(|step| step.lower).min();
    let highest = steps.iter().filter_map(|step| step.upper).max();
    let best = if is_open_below { highest.or(lowest) } else { lowest };
    best.unwrap_or(Number::ZERO)
}

/// A step in absolute metric values, for people to read (cdk#10141).
pub fn absolute(step: &StepAdjustment, threshold: Number) -> AbsoluteStep {
    let sum = |bound: Number| bound.plus(threshold);
    AbsoluteStep { lower: step.lower.map(sum), upper: step.upper.map(sum), adjustment: step.adjustment }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn n(value: f64) -> Number {
        Number::new(value).unwrap()
    }

    // tf#2662: the founding example, threshold 30.
    #[test]
    fn absolute_steps_become_relative_and_the_outer_one_is_open() {
        let steps = [
            AbsoluteStep { lower: Some(n(30.0)), upper: Some(n(40.0)), adjustment: 2 },
            AbsoluteStep { lower: Some(n(40.0)), upper: Some(n(50.0)), adjustment: 2 },
            AbsoluteStep { lower: Some(n(50.0)), upper: None, adjustment: 4 },
        ];
        let expected = [
            StepAdjustment { lower: Some(n(0.0)), upper: Some(n(10.0)), adjustment: 2 },
            StepAdjustment { lower: Some(n(10.0)), upper: Some(n(20.0)), adjustment: 2 },
            StepAdjustment { lower: Some(n(20.0)), upper: None, adjustment: 4 },
        ];
        assert_eq!(relative(&steps, n(30.0)), expected);
    }

    proptest! {
        // Two decimals on each side: what a person writes reads back as it was written.
        #[test]
        fn a_step_survives_the_way_there_and_back(lower in -100_000..100_000i32, threshold in -100_000..100_000i32) {
            let cents = |value: i32| n(f64::from(value) / 100.0);
            let written = AbsoluteStep { lower: Some(cents(lower)), upper: None, adjustment: 1 };
            let there = relative(&[written], cents(threshold));
            prop_assert_eq!(absolute(&there[0], cents(threshold)), written);
        }
    }
}
