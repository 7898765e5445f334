//! The line of the metric's values, cut into intervals and gaps.

use super::Interval;
use super::problem::IntervalProblem;
use crate::model::number::Number;
use crate::model::policy::StepAdjustment;
use crate::model::steps::Uncovered;

/// A piece of the line; an unset bound is an end of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) lower: Option<Number>,
    pub(super) upper: Option<Number>,
    /// The interval by its place in the author's list, and its change. `None`: a gap.
    pub(super) interval: Option<(usize, i32)>,
}

impl Segment {
    /// The segment as a step; `None` for a gap.
    pub(super) fn relative_to(&self, threshold: Number) -> Option<StepAdjustment> {
        let relative = |bound: Number| bound.minus(threshold);
        let (_, adjustment) = self.interval?;
        Some(StepAdjustment { lower: self.lower.map(relative), upper: self.upper.map(relative), adjustment })
    }

    fn stretch(&self) -> Uncovered {
        Uncovered { lower: self.lower, upper: self.upper }
    }
}

/// The whole line: each segment begins where the one before it ends.
#[derive(Debug)]
pub(super) struct Segments(Vec<Segment>);

impl Segments {
    /// Sorts the intervals, fills in the bounds that their neighbours give (S-086, S-087) and the gaps (S-088, S-089).
    pub(super) fn of(intervals: &[Interval], is_exact: bool) -> Result<Self, Vec<IntervalProblem>> {
        alone(intervals, is_exact)?;
        let ordered = complete(intervals);
        laid_out(&ordered)?;
        let mut line: Vec<Segment> = Vec::new();
        let mut reached = None;
        for (index, interval) in ordered {
            if interval.lower != reached {
                push(&mut line, Segment { lower: reached, upper: interval.lower, interval: None });
            }
            let change = (is_exact || interval.change != 0).then_some((index, interval.change));
            push(&mut line, Segment { lower: interval.lower, upper: interval.upper, interval: change });
            reached = interval.upper;
        }
        if reached.is_some() {
            push(&mut line, Segment { lower: reached, upper: None, interval: None });
        }
        match line.iter().any(|segment| segment.interval.is_some()) {
            true => Ok(Self(line)),
            false => Err(vec![IntervalProblem::NoChange]),
        }
    }

    /// The changes below and above the gap. Only exact counts can do without a gap (S-090).
    pub(super) fn around_gap(&self, is_exact: bool) -> Result<(&[Segment], &[Segment]), Vec<IntervalProblem>> {
        let line = self.0.as_slice();
        let gaps: Vec<usize> =
            (0..line.len()).filter(|at| line.get(*at).is_some_and(|s| s.interval.is_none())).collect();
        match gaps.as_slice() {
            [] if is_exact => Ok(line.split_at(line.len() / 2)),
            [] => Err(vec![self.no_gap()]),
            [gap] => {
                let (below, rest) = line.split_at(*gap);
                Ok((below, rest.split_first().map_or(&[], |(_, above)| above)))
            }
            gaps => Err(self.more_gaps(gaps)),
        }
    }

    pub(super) fn has_gap(&self) -> bool {
        self.0.iter().any(|segment| segment.interval.is_none())
    }

    /// A change of the sign is where the gap is missing.
    fn no_gap(&self) -> IntervalProblem {
        let sign = |segment: &Segment| segment.interval.map(|(_, change)| change.signum());
        let turn = self.0.windows(2).find(|pair| matches!(pair, [below, above] if sign(below) != sign(above)));
        match turn {
            Some([below, above]) => IntervalProblem::NoGap {
                below: below.interval.map_or(0, |(index, _)| index),
                interval: above.interval.map_or(0, |(index, _)| index),
                at: above.lower.unwrap_or(Number::ZERO),
            },
            _ => IntervalProblem::ChangesEverywhere,
        }
    }

    /// One gap is the right one: an inner one, where there is one, or the one at the other end of the line.
    fn more_gaps(&self, gaps: &[usize]) -> Vec<IntervalProblem> {
        let segment = |at: usize| self.0.get(at);
        let is_inner = |at: &&usize| segment(**at).is_some_and(|gap| gap.lower.is_some() && gap.upper.is_some());
        let is_out = self.0.iter().find_map(|segment| segment.interval).is_some_and(|(_, change)| change > 0);
        let outer = if is_out { gaps.first() } else { gaps.last() };
        let Some(right) = gaps.iter().find(is_inner).or(outer).copied() else { return Vec::new() };
        let others = gaps.iter().copied().filter(|at| *at != right);
        let problem = |at: usize| {
            let interval = |at: Option<usize>| at.and_then(segment).and_then(|s| s.interval).map(|(index, _)| index);
            Some(IntervalProblem::SecondGap {
                below: interval(at.checked_sub(1)),
                above: interval(at.checked_add(1)),
                gap: segment(at)?.stretch(),
                first: segment(right)?.stretch(),
            })
        };
        others.filter_map(problem).collect()
    }
}

/// Puts a segment at the end; neighbouring gaps are one (S-089).
fn push(line: &mut Vec<Segment>, segment: Segment) {
    match line.last_mut() {
        Some(last) if last.interval.is_none() && segment.interval.is_none() => last.upper = segment.upper,
        _ => line.push(segment),
    }
}

/// What is wrong with single intervals.
fn alone(intervals: &[Interval], is_exact: bool) -> Result<(), Vec<IntervalProblem>> {
    let mut problems = Vec::new();
    if intervals.is_empty() {
        problems.push(IntervalProblem::NoIntervals);
    }
    for (index, interval) in intervals.iter().enumerate() {
        match (interval.lower, interval.upper) {
            (None, None) => problems.push(IntervalProblem::Unbounded { interval: index }),
            (Some(lower), Some(upper)) if lower >= upper => {
                problems.push(IntervalProblem::UpsideDown { interval: index, lower, upper });
            }
            _ => {}
        }
        if is_exact && interval.change < 0 {
            problems.push(IntervalProblem::NegativeExactCapacity { interval: index, change: interval.change });
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// From low to high, each with its place in the author's list; what is still unset then is open or cannot be told.
fn complete(intervals: &[Interval]) -> Vec<(usize, Interval)> {
    let mut ordered: Vec<(usize, Interval)> = intervals.iter().copied().enumerate().collect();
    ordered.sort_by_key(|(_, interval)| (interval.lower.or(interval.upper), interval.lower.is_some()));
    for at in 1..ordered.len() {
        let Some([(_, below), (_, above)]) = ordered.get_mut(at - 1..=at) else { continue };
        match (below.upper, above.lower) {
            (Some(upper), None) => above.lower = Some(upper),
            (None, Some(lower)) => below.upper = Some(lower),
            _ => {}
        }
    }
    ordered
}

/// Whether every inner bound is known and no two intervals overlap (S-087).
fn laid_out(ordered: &[(usize, Interval)]) -> Result<(), Vec<IntervalProblem>> {
    let mut problems = Vec::new();
    for pair in ordered.windows(2) {
        let [(below, lower_one), (above, upper_one)] = pair else { continue };
        match (lower_one.upper, upper_one.lower) {
            (Some(end), Some(begin)) => {
                // Empty by a bound that the neighbour gave.
                let is_empty =
                    |interval: &Interval| matches!((interval.lower, interval.upper), (Some(a), Some(b)) if a >= b);
                if end > begin || is_empty(lower_one) || is_empty(upper_one) {
                    problems.push(IntervalProblem::Overlap { interval: *above, other: *below, end });
                }
            }
            _ => problems.push(IntervalProblem::Undecided { interval: *above, other: *below }),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
