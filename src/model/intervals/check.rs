//! What must hold of the two sides of the gap.

use super::ScaleOutWhen;
use super::line::Segment;
use super::problem::IntervalProblem;
use crate::model::steps::MAX_STEPS;

/// Checks the number of steps (S-027) and, unless counts are exact, the signs of the changes.
pub(super) fn sides(
    below: &[Segment],
    above: &[Segment],
    is_exact: bool,
    scale_out_when: ScaleOutWhen,
) -> Result<(), Vec<IntervalProblem>> {
    let mut problems = Vec::new();
    for side in [below, above] {
        let beyond = side.get(MAX_STEPS).and_then(|segment| segment.interval);
        problems.extend(beyond.map(|_| IntervalProblem::TooManySteps { count: side.len() }));
    }
    if !is_exact {
        problems.extend(signs(below, above, scale_out_when));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn signs(below: &[Segment], above: &[Segment], scale_out_when: ScaleOutWhen) -> Vec<IntervalProblem> {
    let (out, scale_in) = match scale_out_when {
        ScaleOutWhen::High => (above, below),
        ScaleOutWhen::Low => (below, above),
    };
    let changes =
        |side: &[Segment]| -> Vec<(usize, i32)> { side.iter().filter_map(|segment| segment.interval).collect() };
    let (out, scale_in) = (changes(out), changes(scale_in));
    let all_turned = out.iter().all(|(_, change)| *change < 0) && scale_in.iter().all(|(_, change)| *change > 0);
    let wrong = |side: &[(usize, i32)], is_out: bool| -> Vec<IntervalProblem> {
        let wrong = side.iter().filter(|(_, change)| (*change > 0) != is_out);
        let is_below = is_out == (scale_out_when == ScaleOutWhen::Low);
        wrong
            .map(|&(interval, change)| IntervalProblem::WrongSign {
                interval,
                change,
                is_below,
                scale_out_when,
                all_turned,
            })
            .collect()
    };
    let mut problems = wrong(&scale_in, false);
    problems.extend(wrong(&out, true));
    if all_turned {
        problems.truncate(1); // one word turns all of them
    }
    problems
}
