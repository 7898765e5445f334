//! The AWS CDK's own synthesis of `scaleOnMetric` against the conversion of `intervals`, on generated inputs.
//!
//! Where the two differ, the difference must be one of tests/oracles/cdk/differences.json, each of which must be met.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use ecs_scaling::model::intervals::{Interval, IntervalProblem, ScaleOutWhen, Side, convert};
use ecs_scaling::model::number::Number;
use ecs_scaling::model::policy::{AdjustmentType, StepAdjustment};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::source_tree::root;

/// Inputs, and how many of them at least must be made into the very same policies by both.
const INPUTS: usize = 2_500;
const EQUAL: usize = 1_000;

#[derive(Clone, Debug)]
struct Case {
    adjustment_type: AdjustmentType,
    intervals: Vec<Interval>,
}

/// How an input is spoilt, so that refusals are compared too.
#[derive(Clone, Copy, Debug)]
enum Spoil {
    Nothing,
    Sign,
    NoGap,
    SecondGap,
    Overlap,
    CloseAbove,
    FromZero,
    Negative,
    Alone,
    Zeros,
    UpsideDown,
}

prop_compose! {
    /// Intervals around a gap as a person may write them: any order, shared bounds once or twice, 1 to 50 of them.
    fn case()(
        cuts in prop_oneof![9 => prop::collection::btree_set(1..1_000i32, 2..9), 1 => prop::collection::btree_set(1..1_000i32, 2..50)],
        unit in prop_oneof![3 => Just(1.0), 1 => Just(10.0)],
        gap in any::<prop::sample::Index>(),
        sizes in prop::collection::vec(1..30i32, 51),
        left_out in prop::collection::vec(any::<bool>(), 51),
        kind in prop_oneof![
            2 => Just(AdjustmentType::ChangeInCapacity),
            1 => Just(AdjustmentType::PercentChangeInCapacity),
            1 => Just(AdjustmentType::ExactCapacity),
        ],
        spoil in prop_oneof![
            10 => Just(Spoil::Nothing), 1 => Just(Spoil::Sign), 1 => Just(Spoil::NoGap), 1 => Just(Spoil::SecondGap),
            1 => Just(Spoil::Overlap), 1 => Just(Spoil::CloseAbove), 1 => Just(Spoil::FromZero), 1 => Just(Spoil::Negative),
            1 => Just(Spoil::Alone), 1 => Just(Spoil::Zeros), 1 => Just(Spoil::UpsideDown),
        ],
        at in any::<prop::sample::Index>(),
        swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..2),
    ) -> Case {
        let number = |cut: i32| Number::new(f64::from(cut) / unit).unwrap();
        let bounds: Vec<Number> = cuts.iter().map(|cut| number(*cut)).collect();
        let gap = gap.index(bounds.len() + 1);
        let is_exact = kind == AdjustmentType::ExactCapacity;
        let mut intervals: Vec<Interval> = Vec::new();
        for piece in 0..=bounds.len() {
            let is_gap = piece == gap && !matches!(spoil, Spoil::NoGap);
            if is_gap && (is_exact || !left_out[piece]) {
                continue;
            }
            let change = match () {
                () if is_gap => 0,
                () if is_exact || piece > gap => sizes[piece],
                () => -sizes[piece],
            };
            intervals.push(Interval {
                lower: piece.checked_sub(1).map(|cut| bounds[cut]),
                upper: bounds.get(piece).copied(),
                change,
            });
        }
        for index in 1..intervals.len() {
            // One of two equal bounds may go, as long as each interval keeps one.
            let (above, below) = (intervals[index], intervals[index - 1]);
            if left_out[index] && above.lower == below.upper && above.upper.is_some() && below.upper.is_some() {
                intervals[index].lower = None;
            }
        }
        spoil_one(&mut intervals, spoil, at);
        for (a, b) in swaps {
            let (a, b) = (a.index(intervals.len()), b.index(intervals.len()));
            intervals.swap(a, b);
        }
        Case { adjustment_type: kind, intervals }
    }
}

fn spoil_one(intervals: &mut Vec<Interval>, spoil: Spoil, at: prop::sample::Index) {
    let index = at.index(intervals.len());
    let moved = |bound: Option<Number>, by: i32| bound.map(|bound| bound.plus(by.into()));
    match spoil {
        Spoil::Nothing | Spoil::NoGap => {}
        Spoil::Sign => intervals[index].change = -intervals[index].change,
        Spoil::SecondGap if intervals.len() > 2 => drop(intervals.remove(index)),
        Spoil::SecondGap => {}
        Spoil::Overlap => intervals[index].upper = moved(intervals[index].upper, 3),
        Spoil::CloseAbove => {
            if let Some(last) = intervals.last_mut().filter(|last| last.upper.is_none()) {
                last.upper = moved(last.lower, 5);
            }
        }
        Spoil::FromZero => {
            if let Some(first) = intervals.first_mut().filter(|first| first.lower.is_none()) {
                first.lower = Some(Number::ZERO);
            }
        }
        Spoil::Negative => {
            for interval in intervals {
                (interval.lower, interval.upper) = (moved(interval.lower, -500), moved(interval.upper, -500));
            }
        }
        Spoil::Alone => *intervals = vec![intervals[index]],
        Spoil::Zeros => intervals.iter_mut().for_each(|interval| interval.change = 0),
        Spoil::UpsideDown => {
            let interval = &mut intervals[index];
            (interval.lower, interval.upper) = (interval.upper, interval.lower);
        }
    }
}

/// One alarm with its policy, in a form that both sides have.
#[derive(Clone, Debug, PartialEq)]
struct Alarm {
    threshold: Number,
    operator: String,
    steps: Vec<StepAdjustment>,
}

impl Alarm {
    fn here(side: &Side) -> Self {
        let mut steps = side.steps.clone();
        steps.sort_by_key(|step| step.lower);
        Self { threshold: side.threshold, operator: side.comparison_operator.to_string(), steps }
    }

    fn there(alarm: &Value) -> Self {
        let mut steps: Vec<StepAdjustment> = serde_json::from_value(alarm["steps"].clone()).unwrap();
        steps.sort_by_key(|step| step.lower);
        let operator = alarm["comparisonOperator"].as_str().unwrap().to_owned();
        Self { threshold: serde_json::from_value(alarm["threshold"].clone()).unwrap(), operator, steps }
    }

    /// Equal but for what differences of doubles lose.
    fn is_near(&self, other: &Self) -> bool {
        let near = |a: Option<Number>, b: Option<Number>| match (a, b) {
            (Some(a), Some(b)) => (a.get() - b.get()).abs() < 1e-9,
            (a, b) => a == b,
        };
        (self.threshold, &self.operator) == (other.threshold, &other.operator)
            && self.steps.len() == other.steps.len()
            && self
                .steps
                .iter()
                .zip(&other.steps)
                .all(|(a, b)| near(a.lower, b.lower) && near(a.upper, b.upper) && a.adjustment == b.adjustment)
    }
}

/// How the two compare: alike, or by which difference, or without a name.
fn compare(case: &Case, there: &Value) -> Result<&'static str, String> {
    let here = convert(&case.intervals, case.adjustment_type, ScaleOutWhen::High);
    let refused_there = there["error"].as_str();
    let theirs: Vec<Alarm> = there["alarms"].as_array().into_iter().flatten().map(Alarm::there).collect();
    let unnamed = || Err(format!("{case:?}\n  here: {here:?}\n  CDK: {there}"));
    let is_from_zero = || {
        let bounds = case.intervals.iter().flat_map(|interval| [interval.lower, interval.upper]);
        bounds.flatten().any(|bound| bound <= Number::ZERO)
    };
    match (&here, refused_there) {
        (Err(_), Some(_)) => Ok("both refuse"),
        (Ok(sides), None) => {
            let ours: Vec<Alarm> = [&sides.scale_in, &sides.scale_out].into_iter().flatten().map(Alarm::here).collect();
            let is_near = ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| a.is_near(b));
            let tied = |alarm: &Alarm| Alarm {
                operator: alarm.operator.replace("LessThanT", "LessThanOrEqualToT"),
                ..alarm.clone()
            };
            let is_tied = ours.len() == 2 && ours[0].threshold == ours[1].threshold;
            match () {
                () if ours == theirs => Ok("equal"),
                () if is_near => Ok("binary-floats"),
                () if is_tied && tied(&ours[0]).is_near(&theirs[0]) && ours[1].is_near(&theirs[1]) => {
                    Ok("tie-of-exact-counts")
                }
                () if is_from_zero() => Ok("line-from-zero"),
                () if ends_after_it_begins(case) => Ok("order-of-equals"),
                () => unnamed(),
            }
        }
        (Ok(_), Some(_)) if case.intervals.len() == 1 => Ok("one-interval"),
        (Ok(_), Some(_)) if is_from_zero() => Ok("line-from-zero"),
        (Ok(_), Some(_)) if ends_after_it_begins(case) => Ok("order-of-equals"),
        (Ok(_), Some(_)) => unnamed(),
        (Err(problems), None) => match problems.first() {
            Some(IntervalProblem::NoGap { .. } | IntervalProblem::ChangesEverywhere) => Ok("tie-refused"),
            Some(IntervalProblem::WrongSign { .. }) => Ok("wrong-sign"),
            Some(IntervalProblem::NegativeExactCapacity { .. }) => Ok("negative-exact"),
            Some(IntervalProblem::TooManySteps { .. }) => Ok("too-many-steps"),
            Some(IntervalProblem::NoChange) => Ok("nothing-changes"),
            Some(IntervalProblem::UpsideDown { .. } | IntervalProblem::Overlap { .. }) => Ok("upside-down"),
            Some(IntervalProblem::SecondGap { .. }) if is_from_zero() => Ok("line-from-zero"),
            _ => unnamed(),
        },
    }
}

/// Whether an interval that ends at a value is listed after one that begins there.
fn ends_after_it_begins(case: &Case) -> bool {
    let begins = |at: usize| case.intervals[at].lower;
    (0..case.intervals.len()).any(|at| {
        let Interval { lower, upper, .. } = case.intervals[at];
        lower.is_none() && (0..at).any(|before| begins(before).is_some() && begins(before) == upper)
    })
}

fn cases() -> Vec<Case> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..INPUTS).map(|_| case().new_tree(&mut runner).unwrap().current()).collect()
}

/// What the CDK makes of the cases. `None`: it cannot run here, which is said.
fn synthesised(cases: &[Case]) -> Option<Vec<Value>> {
    let modules = root().join(".cache/oracles/cdk");
    if !modules.join("node_modules/aws-cdk-lib").is_dir() || Command::new("node").arg("--version").output().is_err() {
        not_run(
            "intervals against the AWS CDK",
            "node, or aws-cdk-lib below .cache/oracles/cdk, is missing: make setup",
        );
        return None;
    }
    let script = root().join("tests/oracles/cdk/synth.cjs");
    let mut command = Command::new("node");
    let templates = tempfile::tempdir().unwrap();
    command.arg(script).args([modules.as_path(), templates.path()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut node = command.spawn().unwrap();
    let input: Vec<Value> = cases.iter().map(written).collect();
    node.stdin.take().unwrap().write_all(json!(input).to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "the CDK's synthesis failed: {}", output.status);
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn written(case: &Case) -> Value {
    let steps: Vec<Value> = case
        .intervals
        .iter()
        .map(|interval| {
            let bounds = [("lower", interval.lower), ("upper", interval.upper)];
            let bounds = bounds.into_iter().filter_map(|(name, bound)| Some((name.to_owned(), json!(bound?))));
            Value::Object(bounds.chain([("change".to_owned(), json!(interval.change))]).collect())
        })
        .collect();
    json!({ "adjustmentType": case.adjustment_type, "scalingSteps": steps })
}

fn not_run(check: &str, reason: &str) {
    let path: &Path = &root().join("target/not-run.txt");
    println!("NOT RUN: {check}: {reason}");
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{check}: {reason}").unwrap();
}

// cdk#10141
#[test]
fn intervals_become_what_the_cdk_makes_of_them_but_for_the_differences_listed() {
    let cases = cases();
    let Some(results) = synthesised(&cases) else { return };
    assert_eq!(results.len(), INPUTS);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unnamed = Vec::new();
    for (case, there) in cases.iter().zip(&results) {
        match compare(case, there) {
            Ok(name) => *counts.entry(name).or_default() += 1,
            Err(text) => unnamed.push(text),
        }
    }
    println!("{counts:#?}");
    assert!(unnamed.is_empty(), "{} without a name, the first of them:\n{}", unnamed.len(), unnamed[0]);
    assert!(counts["equal"] >= EQUAL, "{counts:?}");
    assert!(counts["both refuse"] >= 100, "{counts:?}");
    let listed = std::fs::read_to_string(root().join("tests/oracles/cdk/differences.json")).unwrap();
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let listed: Vec<&str> = listed.iter().map(|difference| difference["id"].as_str().unwrap()).collect();
    let met: Vec<&str> = counts.keys().copied().filter(|name| !["equal", "both refuse"].contains(name)).collect();
    let missing: Vec<&&str> = met.iter().filter(|name| !listed.contains(name)).collect();
    assert!(missing.is_empty(), "these differences are not listed: {missing:?}");
    let stale: Vec<&&str> = listed.iter().filter(|name| !met.contains(name)).collect();
    assert!(stale.is_empty(), "these listed differences were not met: {stale:?}");
}
