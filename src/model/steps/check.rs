//! What AWS refuses in a step scaling configuration (S-026 to S-035).

use thiserror::Error;

use super::form::Written;
use crate::model::number::Number;
use crate::model::policy::{AdjustmentType, StepAdjustment};

/// The most steps of one policy (S-027, S-060, cdk#27020).
pub const MAX_STEPS: usize = 20;

/// A step scaling configuration before it is sorted and its defaults are filled in.
#[derive(Clone, Copy, Debug)]
pub struct RawSteps<'a> {
    /// How adjustments are read.
    pub adjustment_type: AdjustmentType,
    /// In the author's order and form.
    pub steps: Written<'a>,
    /// As written.
    pub min_adjustment_magnitude: Option<i32>,
    /// Seconds, as written.
    pub cooldown: Option<i32>,
}

/// Where a problem stands; steps are counted from 0 in the author's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The list as a whole.
    Steps,
    /// A step as a whole.
    Step(usize),
    /// A step's lower bound; the step, where the bound is unset.
    Lower(usize),
    /// A step's upper bound; the step, where the bound is unset.
    Upper(usize),
    /// A step's adjustment.
    Adjustment(usize),
    /// `minAdjustmentMagnitude`.
    MinAdjustmentMagnitude,
    /// `cooldown`.
    Cooldown,
}

/// One rule that is broken. Steps are counted from 0 in the author's order, bounds are as the author wrote them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StepProblem {
    /// S-027.
    #[error("the policy has no steps")]
    NoSteps,
    /// S-027, cdk#27020.
    #[error("the policy has {count} steps; AWS takes at most {MAX_STEPS}")]
    TooManySteps {
        /// How many there are.
        count: usize,
    },
    /// S-028.
    #[error("the step's lower bound {lower} is not below its upper bound {upper}")]
    UpsideDown {
        /// The step.
        step: usize,
        /// Its lower bound.
        lower: Number,
        /// Its upper bound.
        upper: Number,
    },
    /// S-029, tf#4812.
    #[error("the step has neither a lower nor an upper bound")]
    Unbounded {
        /// The step.
        step: usize,
        /// What stands for the threshold in the written form.
        threshold: Number,
    },
    /// S-030.
    #[error("the step has no lower bound, and step {} has none either", first + 1)]
    TwoOpenLowers {
        /// The step that comes first in the list.
        first: usize,
        /// The later one.
        step: usize,
    },
    /// S-030.
    #[error("the step has no upper bound, and step {} has none either", first + 1)]
    TwoOpenUppers {
        /// The step that comes first in the list.
        first: usize,
        /// The later one.
        step: usize,
    },
    /// S-031, tf#17529.
    #[error("the lowest step ends at {lower}, below the threshold, and nothing covers what is lower still")]
    ClosedBelow {
        /// The lowest step.
        step: usize,
        /// Its lower bound.
        lower: Number,
    },
    /// S-031, tf#17529.
    #[error("the highest step ends at {upper}, above the threshold, and nothing covers what is higher still")]
    ClosedAbove {
        /// The highest step.
        step: usize,
        /// Its upper bound.
        upper: Number,
    },
    /// S-032.
    #[error("the step overlaps step {}", other + 1)]
    Overlap {
        /// The higher of the two.
        step: usize,
        /// The lower of the two.
        other: usize,
        /// Where the lower one ends; open when unset.
        end: Option<Number>,
    },
    /// S-032, tf#29413.
    #[error("there is a gap from {from} to {to}, between step {} and this one", below + 1)]
    Gap {
        /// The step above the gap.
        step: usize,
        /// The step below the gap.
        below: usize,
        /// Where the gap begins.
        from: Number,
        /// Where it ends.
        to: Number,
    },
    /// S-033.
    #[error("an exact capacity cannot be negative: {adjustment}")]
    NegativeExactCapacity {
        /// The step.
        step: usize,
        /// Its adjustment.
        adjustment: i32,
    },
    /// S-034.
    #[error("minAdjustmentMagnitude goes with PercentChangeInCapacity only, not with {adjustment_type}")]
    MagnitudeWithoutPercent {
        /// What the policy has.
        adjustment_type: AdjustmentType,
    },
    /// S-034.
    #[error("minAdjustmentMagnitude is {value}; it must be at least 1")]
    MagnitudeNotPositive {
        /// As written.
        value: i32,
    },
    /// S-035.
    #[error("the cooldown is {seconds} seconds; it cannot be negative")]
    NegativeCooldown {
        /// As written.
        seconds: i32,
    },
}

impl StepProblem {
    /// Where it stands.
    pub fn place(&self) -> Place {
        match self {
            Self::NoSteps | Self::TooManySteps { .. } => Place::Steps,
            Self::Unbounded { step, .. } => Place::Step(*step),
            Self::UpsideDown { step, .. }
            | Self::TwoOpenLowers { step, .. }
            | Self::ClosedBelow { step, .. }
            | Self::Overlap { step, .. }
            | Self::Gap { step, .. } => Place::Lower(*step),
            Self::TwoOpenUppers { step, .. } | Self::ClosedAbove { step, .. } => Place::Upper(*step),
            Self::NegativeExactCapacity { step, .. } => Place::Adjustment(*step),
            Self::MagnitudeWithoutPercent { .. } | Self::MagnitudeNotPositive { .. } => Place::MinAdjustmentMagnitude,
            Self::NegativeCooldown { .. } => Place::Cooldown,
        }
    }

    /// What to write instead.
    pub fn hint(&self) -> String {
        match self {
            Self::NoSteps => "give at least one step".to_owned(),
            Self::TooManySteps { .. } => "merge neighbours that have the same adjustment".to_owned(),
            Self::UpsideDown { lower, upper, .. } if lower == upper => {
                "give the step some width: its upper bound must be above its lower bound".to_owned()
            }
            Self::UpsideDown { .. } => "swap the two bounds".to_owned(),
            Self::Unbounded { threshold, .. } => format!(
                "give it the bound at the threshold, {threshold}: as its lower bound to act above it, as its upper \
                 bound to act below it"
            ),
            Self::TwoOpenLowers { .. } => {
                "only the lowest step leaves its lower bound out; the others begin where the step below ends".to_owned()
            }
            Self::TwoOpenUppers { .. } => {
                "only the highest step leaves its upper bound out; the others end where the step above begins"
                    .to_owned()
            }
            Self::ClosedBelow { .. } => "leave the lower bound of the lowest step out".to_owned(),
            Self::ClosedAbove { .. } => "leave the upper bound of the highest step out".to_owned(),
            Self::Overlap { end: Some(end), .. } => format!("let this step begin at {end}"),
            Self::Overlap { end: None, other, .. } => {
                format!("give step {} an upper bound, where this one begins", other + 1)
            }
            Self::Gap { from, to, below, .. } => {
                format!("let this step begin at {from}, or step {} end at {to}", below + 1)
            }
            Self::NegativeExactCapacity { .. } => "write the task count that you want, 0 or more".to_owned(),
            Self::MagnitudeWithoutPercent { .. } => {
                "remove it, or use adjustmentType: PercentChangeInCapacity".to_owned()
            }
            Self::MagnitudeNotPositive { .. } => "write the smallest change in tasks, 1 or more".to_owned(),
            Self::NegativeCooldown { .. } => "write 0 for no cooldown, or leave it out for 300".to_owned(),
        }
    }
}

/// Every rule that a configuration breaks, in the order of the list; empty is what AWS accepts.
///
/// How steps lie to each other is judged only once each of them makes sense alone: one mistake gives one finding.
pub fn check(raw: &RawSteps<'_>) -> Vec<StepProblem> {
    let steps = raw.steps.to_relative();
    let mut problems = count(&steps);
    let alone = bounds(raw.steps, &steps);
    if alone.is_empty() {
        problems.extend(neighbours(raw.steps, &steps));
        problems.extend(outer(raw.steps, &steps));
    }
    problems.extend(alone);
    problems.extend(adjustments(raw.adjustment_type, &steps));
    problems.extend(scalars(raw));
    problems
}

fn count(steps: &[StepAdjustment]) -> Vec<StepProblem> {
    match steps.len() {
        0 => vec![StepProblem::NoSteps],
        count if count > MAX_STEPS => vec![StepProblem::TooManySteps { count }],
        _ => Vec::new(),
    }
}

/// S-028 to S-030: each step's bounds, and one open end on each side.
fn bounds(written: Written<'_>, steps: &[StepAdjustment]) -> Vec<StepProblem> {
    let mut problems = Vec::new();
    let (mut open_lower, mut open_upper) = (None, None);
    for (index, step) in steps.iter().enumerate() {
        match (step.lower, step.upper) {
            (None, None) => problems.push(StepProblem::Unbounded { step: index, threshold: written.origin() }),
            (None, Some(_)) => match open_lower {
                Some(first) => problems.push(StepProblem::TwoOpenLowers { first, step: index }),
                None => open_lower = Some(index),
            },
            (Some(_), None) => match open_upper {
                Some(first) => problems.push(StepProblem::TwoOpenUppers { first, step: index }),
                None => open_upper = Some(index),
            },
            (Some(lower), Some(upper)) if lower >= upper => {
                if let (Some(lower), Some(upper)) = written.bounds(index) {
                    problems.push(StepProblem::UpsideDown { step: index, lower, upper });
                }
            }
            (Some(_), Some(_)) => {}
        }
    }
    problems
}

/// S-032: in the order of their bounds, each step begins where the one below ends.
fn neighbours(written: Written<'_>, steps: &[StepAdjustment]) -> Vec<StepProblem> {
    let mut sorted: Vec<(usize, &StepAdjustment)> = steps.iter().enumerate().collect();
    sorted.sort_by_key(|(_, step)| step.lower);
    let mut problems = Vec::new();
    let mut highest: Option<(usize, &StepAdjustment)> = None;
    for (index, step) in sorted {
        if let (Some((below, reaching)), Some(lower)) = (highest, step.lower) {
            let end = written.bounds(below).1;
            match reaching.upper {
                Some(upper) if upper == lower => {}
                Some(upper) if upper < lower => {
                    if let (Some(from), Some(to)) = (end, written.bounds(index).0) {
                        problems.push(StepProblem::Gap { step: index, below, from, to });
                    }
                }
                _ => problems.push(StepProblem::Overlap { step: index, other: below, end }),
            }
        }
        if highest.is_none_or(|(_, reaching)| reaches_higher(step, reaching)) {
            highest = Some((index, step));
        }
    }
    problems
}

fn reaches_higher(step: &StepAdjustment, than: &StepAdjustment) -> bool {
    match (step.upper, than.upper) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(a), Some(b)) => a > b,
    }
}

/// S-031: a side of the threshold that is entered must be covered to its end.
fn outer(written: Written<'_>, steps: &[StepAdjustment]) -> Vec<StepProblem> {
    let mut problems = Vec::new();
    if let Some((step, lowest)) = steps.iter().enumerate().min_by_key(|(_, step)| step.lower)
        && lowest.lower.is_some_and(|lower| lower < Number::ZERO)
        && let Some(lower) = written.bounds(step).0
    {
        problems.push(StepProblem::ClosedBelow { step, lower });
    }
    if steps.iter().all(|step| step.upper.is_some())
        && let Some((step, highest)) = steps.iter().enumerate().max_by_key(|(_, step)| step.upper)
        && highest.upper.is_some_and(|upper| upper > Number::ZERO)
        && let Some(upper) = written.bounds(step).1
    {
        problems.push(StepProblem::ClosedAbove { step, upper });
    }
    problems
}

/// S-033.
fn adjustments(adjustment_type: AdjustmentType, steps: &[StepAdjustment]) -> Vec<StepProblem> {
    let exact = adjustment_type == AdjustmentType::ExactCapacity;
    steps
        .iter()
        .enumerate()
        .filter(|(_, step)| exact && step.adjustment < 0)
        .map(|(index, step)| StepProblem::NegativeExactCapacity { step: index, adjustment: step.adjustment })
        .collect()
}

/// S-034 and S-035.
fn scalars(raw: &RawSteps<'_>) -> Vec<StepProblem> {
    let mut problems = Vec::new();
    if let Some(value) = raw.min_adjustment_magnitude {
        if raw.adjustment_type != AdjustmentType::PercentChangeInCapacity {
            problems.push(StepProblem::MagnitudeWithoutPercent { adjustment_type: raw.adjustment_type });
        } else if value < 1 {
            problems.push(StepProblem::MagnitudeNotPositive { value });
        }
    }
    if let Some(seconds) = raw.cooldown.filter(|seconds| *seconds < 0) {
        problems.push(StepProblem::NegativeCooldown { seconds });
    }
    problems
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
