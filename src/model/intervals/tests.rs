//! The vectors of the CDK's conversion, what is refused, and that the policies do what the intervals say.

use proptest::prelude::*;

use super::*;
use crate::model::policy::StepScalingConfig;
use crate::model::steps::{RawSteps, Written, check, choose, uncovered};

use AdjustmentType::{ChangeInCapacity, ExactCapacity};
use ComparisonOperator::{
    GreaterThanOrEqualToThreshold as AtLeast, LessThanOrEqualToThreshold as AtMost, LessThanThreshold as Below,
};

type Bounds = (Option<i32>, Option<i32>, i32);

fn interval(&(lower, upper, change): &Bounds) -> Interval {
    Interval { lower: lower.map(Number::from), upper: upper.map(Number::from), change }
}

fn converted(kind: AdjustmentType, when: ScaleOutWhen, list: &[Bounds]) -> Result<Sides, Vec<IntervalProblem>> {
    convert(&list.iter().map(interval).collect::<Vec<_>>(), kind, when)
}

fn side(threshold: i32, comparison_operator: ComparisonOperator, steps: &[Bounds]) -> Option<Side> {
    let step = |step: &Bounds| {
        let Interval { lower, upper, change } = interval(step);
        StepAdjustment { lower, upper, adjustment: change }
    };
    Some(Side { threshold: threshold.into(), comparison_operator, steps: steps.iter().map(step).collect() })
}

struct Vector {
    facts: &'static str,
    kind: AdjustmentType,
    when: ScaleOutWhen,
    intervals: &'static [Bounds],
    below: Option<Side>,
    above: Option<Side>,
}

fn vectors() -> [Vector; 11] {
    let high = |facts, intervals, below, above| Vector {
        facts,
        kind: ChangeInCapacity,
        when: ScaleOutWhen::High,
        intervals,
        below,
        above,
    };
    let two_above = side(50, AtLeast, &[(Some(0), Some(20), 1), (Some(20), None, 3)]);
    [
        high(
            "S-085 S-091",
            &[(None, Some(10), -1), (Some(50), Some(70), 1), (Some(70), None, 3)],
            side(10, AtMost, &[(None, Some(0), -1)]),
            two_above.clone(),
        ),
        high(
            "S-088: a gap below all intervals",
            &[(Some(30), Some(40), 2), (Some(40), Some(50), 2), (Some(50), None, 4)],
            None,
            side(30, AtLeast, &[(Some(0), Some(10), 2), (Some(10), Some(20), 2), (Some(20), None, 4)]),
        ),
        high(
            "S-086: neighbours give the bounds, in any order",
            &[(Some(90), None, 2), (None, Some(20), -1), (None, Some(10), -2), (Some(80), None, 1)],
            side(20, AtMost, &[(Some(-10), Some(0), -1), (None, Some(-10), -2)]),
            side(80, AtLeast, &[(Some(0), Some(10), 1), (Some(10), None, 2)]),
        ),
        high(
            "S-086: one side alone",
            &[(Some(65), None, 2), (Some(85), None, 3)],
            None,
            side(65, AtLeast, &[(Some(0), Some(20), 2), (Some(20), None, 3)]),
        ),
        Vector {
            facts: "S-086, S-091: a positive change on the lower alarm, because it is said",
            kind: ChangeInCapacity,
            when: ScaleOutWhen::Low,
            intervals: &[(None, Some(65), 2), (None, Some(85), 3)],
            below: side(85, AtMost, &[(Some(-20), Some(0), 3), (None, Some(-20), 2)]),
            above: None,
        },
        Vector {
            facts: "S-089, S-090: exact counts need no gap, and one alarm alone fires at the value between",
            kind: ExactCapacity,
            when: ScaleOutWhen::High,
            intervals: &[(None, Some(10), 1), (Some(10), Some(50), 3), (Some(50), None, 6)],
            below: side(10, Below, &[(None, Some(0), 1)]),
            above: side(10, AtLeast, &[(Some(0), Some(40), 3), (Some(40), None, 6)]),
        },
        high(
            "S-089: a change of 0 is the gap, and neighbouring ones are one",
            &[(None, Some(10), -1), (Some(10), Some(20), 0), (Some(30), Some(50), 0), (Some(50), None, 1)],
            side(10, AtMost, &[(None, Some(0), -1)]),
            side(50, AtLeast, &[(Some(0), None, 1)]),
        ),
        Vector {
            facts: "S-089: an exact count of 0 is a change",
            kind: ExactCapacity,
            when: ScaleOutWhen::High,
            intervals: &[(None, Some(10), 0), (Some(50), None, 6)],
            below: side(10, AtMost, &[(None, Some(0), 0)]),
            above: side(50, AtLeast, &[(Some(0), None, 6)]),
        },
        high("S-085: one interval is enough", &[(Some(70), None, 2)], None, side(70, AtLeast, &[(Some(0), None, 2)])),
        high(
            "S-087: negative values are values",
            &[(None, Some(-20), -2), (Some(-20), Some(-10), -1), (Some(-5), None, 1)],
            side(-10, AtMost, &[(Some(-10), Some(0), -1), (None, Some(-10), -2)]),
            side(-5, AtLeast, &[(Some(0), None, 1)]),
        ),
        Vector {
            facts: "S-090: which side scales out",
            kind: AdjustmentType::PercentChangeInCapacity,
            when: ScaleOutWhen::Low,
            intervals: &[(None, Some(10), 20), (Some(50), None, -10)],
            below: side(10, AtMost, &[(None, Some(0), 20)]),
            above: side(50, AtLeast, &[(Some(0), None, -10)]),
        },
    ]
}

#[test]
fn intervals_become_the_two_policies() {
    for Vector { facts, kind, when, intervals, below, above } in vectors() {
        let expected = match when {
            ScaleOutWhen::High => Sides { scale_in: below, scale_out: above },
            ScaleOutWhen::Low => Sides { scale_in: above, scale_out: below },
        };
        assert_eq!(converted(kind, when, intervals), Ok(expected.clone()), "{facts}");
        let reversed: Vec<Bounds> = intervals.iter().copied().rev().collect();
        assert_eq!(converted(kind, when, &reversed), Ok(expected), "{facts}, in the other order");
    }
}

// 0.3 − 0.1 is 0.2, not 0.19999999999999998
#[test]
fn differences_are_decimal() {
    let n = |value: f64| Number::new(value);
    let list =
        [Interval { lower: n(0.1), upper: n(0.3), change: 1 }, Interval { lower: n(0.3), upper: None, change: 2 }];
    let sides = convert(&list, ChangeInCapacity, ScaleOutWhen::High).unwrap();
    assert_eq!(sides.scale_out.unwrap().steps[0].upper, n(0.2));
}

fn many(count: i32) -> Vec<Bounds> {
    (0..count).map(|n| (Some(50 + n), None, 1 + n)).collect()
}

#[test]
fn twenty_intervals_a_side_are_fine_and_one_more_is_refused() {
    assert!(converted(ChangeInCapacity, ScaleOutWhen::High, &many(20)).is_ok()); // S-027, cdk#27020
    let found = converted(ChangeInCapacity, ScaleOutWhen::High, &many(21)).unwrap_err();
    assert_eq!(found, [IntervalProblem::TooManySteps { count: 21 }]);
}

#[test]
fn what_cannot_be_meant_is_refused_at_its_place() {
    use Place::{Change, Interval, List, Lower, Upper};
    let cases: [(&str, AdjustmentType, &[Bounds], Place, &str); 17] = [
        ("S-085", ChangeInCapacity, &[], List, "there are no intervals"),
        ("S-085", ChangeInCapacity, &[(None, None, 1)], Interval(0), "the interval has neither"),
        ("S-028", ChangeInCapacity, &[(Some(9), Some(9), 1)], Lower(0), "the interval's lower bound 9 is not below"),
        (
            "S-087",
            ChangeInCapacity,
            &[(None, Some(10), -1), (None, Some(90), 1), (Some(80), None, 1)],
            Interval(1),
            "it cannot be told where interval 3 ends",
        ),
        ("S-087", ChangeInCapacity, &[(Some(50), Some(70), 1), (Some(60), None, 2)], Lower(1), "the interval overlaps"),
        ("S-087", ChangeInCapacity, &[(Some(50), None, 1), (Some(50), None, 2)], Lower(1), "the interval overlaps"),
        (
            "S-087",
            ChangeInCapacity,
            &[(Some(5), Some(20), -1), (None, Some(10), -2)],
            Lower(1),
            "the interval overlaps",
        ),
        ("S-089", ChangeInCapacity, &[(Some(50), None, 0)], List, "nothing changes in any"),
        (
            "S-089",
            ChangeInCapacity,
            &[(None, Some(10), -1), (Some(50), Some(60), 1), (Some(70), None, 2)],
            Lower(2),
            "nothing changes from 60 to 70, and nothing changes from 10 to 50 either",
        ),
        (
            "S-031",
            ChangeInCapacity,
            &[(None, Some(10), -1), (Some(70), Some(100), 2)],
            Upper(1),
            "nothing changes from 100 upward",
        ),
        (
            "S-031",
            ChangeInCapacity,
            &[(Some(0), Some(10), -1), (Some(70), None, 2)],
            Lower(0),
            "nothing changes below 0",
        ),
        ("S-031", ChangeInCapacity, &[(Some(70), Some(100), 2)], Upper(0), "nothing changes from 100 upward"),
        (
            "S-090",
            ChangeInCapacity,
            &[(None, Some(50), -1), (Some(50), None, 1)],
            Lower(1),
            "there is no gap between scaling in and out: both would happen at 50, next to interval 1",
        ),
        ("S-090", ChangeInCapacity, &[(None, Some(5), 1), (Some(5), None, 2)], List, "the intervals leave no gap"),
        (
            "S-091",
            ChangeInCapacity,
            &[(None, Some(65), 2), (None, Some(85), 3)],
            Change(0),
            "the change +2 stands below",
        ),
        (
            "S-091",
            ChangeInCapacity,
            &[(None, Some(10), -1), (Some(50), None, -2)],
            Change(1),
            "the change -2 stands above the gap, where the service scales out",
        ),
        (
            "S-033",
            ExactCapacity,
            &[(None, Some(10), -1), (Some(50), None, 6)],
            Change(0),
            "an exact capacity cannot be",
        ),
    ];
    for (fact, kind, list, place, message) in cases {
        let found = converted(kind, ScaleOutWhen::High, list).unwrap_err();
        assert_eq!(found.len(), 1, "{fact}: {found:?}");
        assert_eq!(found[0].place(), place, "{fact}: {found:?}");
        assert!(found[0].to_string().starts_with(message), "{fact}: {}", found[0]);
        assert!(!found[0].hint().is_empty());
    }
}

/// Intervals as a person may write them, with what they mean: the cuts of the line, and the change between two cuts.
#[derive(Clone, Debug)]
struct Meant {
    kind: AdjustmentType,
    when: ScaleOutWhen,
    /// In hundredths; the line's segments lie between them.
    cuts: Vec<i32>,
    /// One more than cuts; `None` is the gap.
    changes: Vec<Option<i32>>,
    written: Vec<Interval>,
}

fn hundredths(value: i32) -> Number {
    Number::new(f64::from(value) / 100.0).unwrap()
}

prop_compose! {
    fn meant()(
        cuts in proptest::collection::btree_set(-5_000..5_000i32, 1..12),
        gap in any::<prop::sample::Index>(),
        sizes in proptest::collection::vec(1..50i32, 13),
        left_out in proptest::collection::vec(any::<(bool, bool)>(), 13),
        exact in any::<bool>(),
        has_gap in any::<bool>(),
        low in any::<bool>(),
        order in Just((0..13usize).collect::<Vec<_>>()).prop_shuffle(),
    ) -> Meant {
        let cuts: Vec<i32> = cuts.into_iter().collect();
        let gap = gap.index(cuts.len() + 1);
        let when = if low { ScaleOutWhen::Low } else { ScaleOutWhen::High };
        let change = |at: usize| match at {
            _ if exact => (has_gap.then_some(gap) != Some(at)).then_some(sizes[at]),
            at if at == gap => None,
            at => Some(if (at > gap) == low { -sizes[at] } else { sizes[at] }),
        };
        let changes: Vec<Option<i32>> = (0..=cuts.len()).map(change).collect();
        let mut written = Vec::new();
        for &at in order.iter().filter(|at| **at <= cuts.len()) {
            let Some(change) = changes[at] else { continue };
            let is_next = |other: Option<usize>| other.is_some_and(|other| changes.get(other).is_some_and(Option::is_some));
            let lower = at.checked_sub(1).map(|cut| hundredths(cuts[cut]));
            let upper = cuts.get(at).map(|cut| hundredths(*cut));
            // A bound may be left out where the neighbour keeps it and the order is still told.
            let drop_lower = is_next(at.checked_sub(1)) && left_out[at].0 && upper.is_some() && !left_out[at - 1].1;
            let drop_upper = is_next(at.checked_add(1)) && left_out[at].1 && lower.is_some() && !drop_lower;
            written.push(Interval {
                lower: lower.filter(|_| !drop_lower),
                upper: upper.filter(|_| !drop_upper),
                change,
            });
        }
        let kind = if exact { ExactCapacity } else { ChangeInCapacity };
        Meant { kind, when, cuts, changes, written }
    }
}

impl Meant {
    /// What is to happen at a value. A bound belongs to the segment further from the gap, which is never the gap.
    fn change_at(&self, value: i32) -> Option<i32> {
        let middle = match self.changes.iter().position(Option::is_none) {
            Some(gap) => gap,
            None => self.changes.len() / 2, // exact counts without a gap: from here up the upper policy acts
        };
        let has_gap = self.changes.contains(&None);
        let below = self.cuts.iter().filter(|cut| **cut < value).count();
        let is_cut = self.cuts.contains(&value);
        let goes_up = if has_gap { below >= middle } else { below + 1 >= middle };
        self.changes[if is_cut && goes_up { below + 1 } else { below }]
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    // S-080, S-085 to S-091: everywhere on the line, and at every bound.
    #[test]
    fn the_policies_do_at_every_value_what_the_intervals_say(meant in meant(), more in -6_000..6_000i32) {
        prop_assume!(!meant.written.is_empty());
        let sides = convert(&meant.written, meant.kind, meant.when);
        prop_assert!(sides.is_ok(), "{:?}", sides);
        let sides = sides.unwrap();
        let policies: Vec<(&Side, StepScalingConfig)> = [&sides.scale_in, &sides.scale_out]
            .into_iter()
            .flatten()
            .map(|side| (side, StepScalingConfig::canonical(meant.kind, side.steps.clone(), None, None, None)))
            .collect();
        for (side, config) in &policies {
            prop_assert_eq!(uncovered(config, side.comparison_operator), vec![]);
            let raw = RawSteps {
                adjustment_type: meant.kind,
                steps: Written::Relative(&side.steps),
                min_adjustment_magnitude: None,
                cooldown: None,
            };
            prop_assert_eq!(check(&raw), vec![]);
        }
        let around = meant.cuts.iter().flat_map(|cut| [cut - 1, *cut, cut + 1]);
        for value in around.chain([more, -1_000_000, 1_000_000]) {
            let at = hundredths(value);
            let firing = policies.iter().filter(|(side, _)| side.comparison_operator.is_breached(at, side.threshold));
            let done: Vec<i32> = firing
                .filter_map(|(side, config)| choose(config, at, side.threshold, side.comparison_operator))
                .map(|step| step.adjustment)
                .collect();
            prop_assert_eq!(done, meant.change_at(value).into_iter().collect::<Vec<_>>(), "at {}", at);
        }
    }
}
