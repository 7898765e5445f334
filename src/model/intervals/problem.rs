//! What is refused in intervals, in sentences.

use thiserror::Error;

use super::ScaleOutWhen;
use crate::model::number::Number;
use crate::model::steps::{MAX_STEPS, Uncovered};

/// Where a problem stands; intervals are counted from 0 in the author's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The list as a whole.
    List,
    /// An interval as a whole.
    Interval(usize),
    /// An interval's lower bound; the interval, where the bound is unset.
    Lower(usize),
    /// An interval's upper bound; the interval, where the bound is unset.
    Upper(usize),
    /// An interval's change.
    Change(usize),
}

/// One rule that is broken. Intervals are counted from 0 in the author's order.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs)] // the fields are what the sentences say
pub enum IntervalProblem {
    /// S-085.
    #[error("there are no intervals")]
    NoIntervals,
    /// S-085.
    #[error("the interval has neither a lower nor an upper bound")]
    Unbounded { interval: usize },
    /// S-028.
    #[error("the interval's lower bound {lower} is not below its upper bound {upper}")]
    UpsideDown { interval: usize, lower: Number, upper: Number },
    /// S-087.
    #[error("it cannot be told where interval {} ends and this one begins", other + 1)]
    Undecided { interval: usize, other: usize },
    /// S-087.
    #[error("the interval overlaps interval {}", other + 1)]
    Overlap { interval: usize, other: usize, end: Number },
    /// S-089.
    #[error("nothing changes in any of the intervals")]
    NoChange,
    /// S-089: what is without a change is the one gap between scaling in and out.
    #[error("nothing changes {gap}, and nothing changes {first} either; there can be one gap only")]
    SecondGap { below: Option<usize>, above: Option<usize>, gap: Uncovered, first: Uncovered },
    /// S-090: at one value both alarms would fire, and the service would never come to rest.
    #[error("there is no gap between scaling in and out: both would happen at {at}, next to interval {}", below + 1)]
    NoGap { interval: usize, below: usize, at: Number },
    /// S-090.
    #[error("the intervals leave no gap: at every value the task count would change, again and again")]
    ChangesEverywhere,
    /// The CDK lets it pass (S-091).
    #[error("the change {change:+} stands {} the gap, where the service scales {}", side(*is_below), direction(*change < 0))]
    WrongSign { interval: usize, change: i32, is_below: bool, scale_out_when: ScaleOutWhen, all_turned: bool },
    /// S-033.
    #[error("an exact capacity cannot be negative: {change}")]
    NegativeExactCapacity { interval: usize, change: i32 },
    /// S-027, cdk#27020.
    #[error("there are {count} intervals on one side of the gap; AWS takes at most {MAX_STEPS} steps a policy")]
    TooManySteps { count: usize },
}

fn side(is_below: bool) -> &'static str {
    if is_below { "below" } else { "above" }
}

fn direction(is_out: bool) -> &'static str {
    if is_out { "out" } else { "in" }
}

impl IntervalProblem {
    /// Where it stands.
    pub fn place(&self) -> Place {
        match self {
            Self::NoIntervals | Self::NoChange | Self::ChangesEverywhere | Self::TooManySteps { .. } => Place::List,
            Self::Unbounded { interval } | Self::Undecided { interval, .. } => Place::Interval(*interval),
            Self::UpsideDown { interval, .. } | Self::Overlap { interval, .. } | Self::NoGap { interval, .. } => {
                Place::Lower(*interval)
            }
            Self::SecondGap { above: Some(above), .. } => Place::Lower(*above),
            Self::SecondGap { below: Some(below), .. } => Place::Upper(*below),
            Self::SecondGap { .. } => Place::List,
            Self::WrongSign { interval, .. } | Self::NegativeExactCapacity { interval, .. } => Place::Change(*interval),
        }
    }

    /// What to write instead.
    pub fn hint(&self) -> String {
        match self {
            Self::NoIntervals => "give at least one: {lower: 70, change: 2}".to_owned(),
            Self::Unbounded { .. } => "give it the bound on the side of the gap".to_owned(),
            Self::UpsideDown { .. } => "swap the two bounds, or give the interval some width".to_owned(),
            Self::Undecided { other, .. } => {
                format!("give this interval its lower bound, or interval {} its upper", other + 1)
            }
            Self::Overlap { end, .. } => format!("let this interval begin at {end}, where the other ends"),
            Self::NoChange => "give a change other than 0 on at least one side of the gap".to_owned(),
            Self::SecondGap { gap, .. } => gap_hint(gap),
            Self::NoGap { at, .. } => {
                format!("let this interval begin above {at}, so that between the two nothing changes")
            }
            Self::ChangesEverywhere => "leave one stretch out, in which nothing is to change".to_owned(),
            Self::WrongSign { all_turned: true, scale_out_when, .. } => match scale_out_when {
                ScaleOutWhen::High => "write `scaleOutWhen: Low`, if low values mean a high load".to_owned(),
                ScaleOutWhen::Low => "leave `scaleOutWhen` out, if high values mean a high load".to_owned(),
            },
            Self::WrongSign { change, .. } => {
                format!("write {:+}, or make this policy by hand under `stepScaling`", -i64::from(*change))
            }
            Self::NegativeExactCapacity { .. } => "write the task count that you want, 0 or more".to_owned(),
            Self::TooManySteps { .. } => "merge neighbours that have the same change".to_owned(),
        }
    }
}

fn gap_hint(gap: &Uncovered) -> String {
    match (gap.lower, gap.upper) {
        (Some(from), Some(to)) => format!("let this interval begin at {from}, or the one below it end at {to}"),
        (None, _) => "leave the lower bound of the lowest interval out: AWS wants it open".to_owned(),
        (_, None) => "leave the upper bound of the highest interval out: AWS wants it open".to_owned(),
    }
}
