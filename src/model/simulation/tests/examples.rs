//! The worked examples.

use super::*;
use crate::model::intervals::{Interval, ScaleOutWhen, convert};

/// An example: its facts, what is played, a value a minute, and the desired count at the end of each.
struct Example {
    facts: &'static str,
    stage: Stage,
    metric: Vec<f64>,
    desired: Vec<i32>,
}

const MISSING: f64 = f64::NAN;

fn examples() -> Vec<Example> {
    let mut examples = steps();
    examples.extend(ranges_and_cooldowns());
    examples.extend(missing_data());
    examples.extend(intervals());
    examples
}

fn example(facts: &'static str, stage: Stage, metric: &[f64], desired: &[i32]) -> Example {
    Example { facts, stage, metric: metric.to_vec(), desired: desired.to_vec() }
}

fn steps() -> Vec<Example> {
    let percent = Stage::new(10, 5, 15)
        .policy("out", PercentChangeInCapacity, 0, &[(Some(0), Some(10), 10), (Some(10), None, 30)], alarm(AtLeast, 60))
        .policy(
            "in",
            PercentChangeInCapacity,
            0,
            &[(Some(-10), Some(0), -10), (None, Some(-10), -30)],
            alarm(AtMost, 40),
        );
    let of_50 = || {
        Stage::new(10, 0, 100)
            .policy(
                "out",
                PercentChangeInCapacity,
                0,
                &[(Some(0), Some(10), 0), (Some(10), None, 10)],
                alarm(AtLeast, 50),
            )
            .policy(
                "in",
                PercentChangeInCapacity,
                0,
                &[(Some(-10), Some(0), 0), (None, Some(-10), -10)],
                alarm(AtMost, 50),
            )
    };
    let by = |percent: i32| {
        Stage::new(10, 0, 100).policy(
            "out",
            PercentChangeInCapacity,
            0,
            &[(Some(0), None, percent)],
            alarm(AtLeast, 30),
        )
    };
    let m_of_n = |by| {
        let alarm = periods(alarm(AtLeast, 30), 60, 2, 3);
        Stage::new(4, 2, 20).aggregated("out", ChangeInCapacity, 0, &FOUNDING, alarm, by)
    };
    vec![
        example(
            "the founding example: 30 to 40 +2, 40 to 50 +2, from 50 +4",
            Stage::new(2, 2, 20).policy("out", ChangeInCapacity, 0, &FOUNDING, alarm(AtLeast, 30)),
            &[29.9, 30.0, 39.9, 40.0, 49.9, 50.0, 99.0, 29.0],
            &[2, 4, 6, 8, 10, 14, 18, 18],
        ),
        example(
            "S-080 S-081: AWS's example in percent",
            percent,
            &[60.0, 50.0, 70.0, 50.0, 40.0, 50.0, 30.0, 50.0],
            &[11, 11, 14, 14, 13, 13, 10, 10],
        ),
        example(
            "S-080: 50 is in the first step above, and in the first below",
            of_50(),
            &[50.0, 60.0, 50.0, 40.0],
            &[10, 11, 11, 10],
        ),
        example("S-081: +5 % of 10 is 1", by(5), &[35.0], &[11]),
        example("S-081: +127 % of 10 is 12", by(127), &[35.0], &[22]),
        example("S-081: -67 % of 10 is -6", by(-67), &[35.0], &[4]),
        example("S-081: -5 % of 10 is -1", by(-5), &[35.0], &[9]),
        example(
            "S-079: 2 of 3 datapoints breach, and their average does not: no step",
            m_of_n(MetricAggregationType::Average),
            &[5.0, 35.0, 5.0, 35.0, 35.0],
            &[4, 4, 4, 4, 4],
        ),
        example(
            "S-079: by the maximum there is a step",
            m_of_n(MetricAggregationType::Maximum),
            &[5.0, 35.0, 5.0, 35.0, 35.0],
            &[4, 4, 4, 6, 8],
        ),
    ]
}

fn ranges_and_cooldowns() -> Vec<Example> {
    let out = |stage: Stage, cooldown| stage.policy("out", ChangeInCapacity, cooldown, &FOUNDING, alarm(AtLeast, 30));
    let two_or_three = [(Some(0), Some(10), 2), (Some(10), None, 3)];
    let in_and_out = |cooldown| {
        out(Stage::new(10, 2, 20), cooldown).policy(
            "in",
            ChangeInCapacity,
            120,
            &[(None, Some(0), -1)],
            alarm(Below, 10),
        )
    };
    let sliding = periods(alarm(AtLeast, 30), 300, 1, 1);
    vec![
        example(
            "S-082: 2, then 3 within the cooldown, adds 1",
            Stage::new(10, 2, 20).policy("out", ChangeInCapacity, 300, &two_or_three, alarm(AtLeast, 30)),
            &[35.0, 35.0, 45.0, 45.0, 20.0],
            &[12, 12, 13, 13, 13],
        ),
        example(
            "S-082: a scale-out's cooldown blocks scale-in; one of scale-in does not block scale-out, which cancels it",
            in_and_out(120),
            &[35.0, 5.0, 5.0, 5.0, 5.0, 35.0, 5.0, 5.0],
            &[12, 12, 11, 11, 10, 12, 12, 11],
        ),
        example(
            "S-078: with a period of five minutes the policy is still called every minute",
            Stage::new(2, 2, 20).policy("out", ChangeInCapacity, 0, &[(Some(0), None, 1)], sliding.clone()),
            &[50.0, 50.0, 50.0, 50.0],
            &[3, 4, 5, 6],
        ),
        example(
            "S-075: at the end of minute 6 the period of five minutes is minutes 2 to 6",
            Stage::new(2, 2, 20).policy("out", ChangeInCapacity, 600, &[(Some(0), None, 1)], sliding),
            &[50.0, 10.0, 10.0, 10.0, 10.0, 50.0, 120.0],
            &[3, 3, 3, 3, 3, 3, 3],
        ),
        example(
            "S-004: the count ends at max, and it is said once",
            out(Stage::new(17, 2, 20), 0),
            &[60.0; 3],
            &[20; 3],
        ),
    ]
}

/// AWS's two tables, in its own notation: the newest is last, `0` does not breach, `X` breaches, `-` is missing.
fn missing_data() -> Vec<Example> {
    let rows: [(&'static str, i32, &str, i32); 8] = [
        ("S-077: 3 of 3, 0 - X - X", 3, "0-X-X", 0),
        ("S-077: 3 of 3, 0 X X - X", 3, "0XX-X", 1),
        ("S-077: 3 of 3, - - X - -", 3, "--X--", 1),
        ("S-077: 3 of 3, - - - - -", 3, "-----", 0),
        ("S-077: 2 of 3, 0 - X - X", 2, "0-X-X", 1),
        ("S-077: 2 of 3, 0 0 X 0 X", 2, "00X0X", 1),
        ("S-077: 2 of 3, 0 - X - -", 2, "0-X--", 0),
        ("S-077: 2 of 3, - - - X -", 2, "---X-", 1),
    ];
    let value = |mark: char| match mark {
        '0' => 20.0,
        'X' => 42.0,
        _ => MISSING,
    };
    let one = |(facts, needed, marks, fires): (&'static str, i32, &str, i32)| {
        let config = periods(alarm(AtLeast, 30), 60, needed, 3);
        let maximum = MetricAggregationType::Maximum;
        let stage = Stage::new(4, 2, 20).aggregated("out", ChangeInCapacity, 600, &FOUNDING, config, maximum);
        let metric: Vec<f64> = marks.chars().map(value).collect();
        Example { facts, stage, metric, desired: vec![4, 4, 4, 4, 4 + 2 * fires] }
    };
    rows.into_iter().map(one).collect()
}

/// The vectors of the CDK's conversion: what the two policies do on both sides of the gap.
fn intervals() -> Vec<Example> {
    let stage = |kind: AdjustmentType, when, list: &[Step]| {
        let interval = |(lower, upper, change): &Step| Interval {
            lower: lower.map(Number::from),
            upper: upper.map(Number::from),
            change: *change,
        };
        let sides = convert(&list.iter().map(interval).collect::<Vec<_>>(), kind, when).unwrap();
        let mut stage = Stage::new(10, 1, 30);
        for (name, side) in [("in", sides.scale_in), ("out", sides.scale_out)] {
            let Some(side) = side else { continue };
            let mut config = alarm(side.comparison_operator, 0);
            config.threshold = side.threshold;
            stage = stage.policy(name, kind, 0, &[], config);
            if let Some(PolicyConfig::Step(step)) = stage.subject.policies.last_mut().map(|policy| &mut policy.config) {
                *step = StepScalingConfig::canonical(kind, side.steps, None, Some(0), None);
            }
        }
        stage
    };
    let high = ScaleOutWhen::High;
    vec![
        example(
            "S-091: <=10 -1, 50 to 70 +1, >=70 +3",
            stage(ChangeInCapacity, high, &[(None, Some(10), -1), (Some(50), Some(70), 1), (Some(70), None, 3)]),
            &[10.0, 30.0, 50.0, 69.9, 70.0, 30.0],
            &[9, 9, 10, 11, 14, 14],
        ),
        example(
            "S-091: <=10 -2, <=20 -1, >=80 +1, >=90 +2",
            stage(
                ChangeInCapacity,
                high,
                &[(None, Some(10), -2), (Some(10), Some(20), -1), (Some(80), Some(90), 1), (Some(90), None, 2)],
            ),
            &[20.0, 10.1, 10.0, 50.0, 80.0, 90.0],
            &[9, 8, 6, 6, 7, 9],
        ),
        example(
            "S-091: >=65 +2, >=85 +3",
            stage(ChangeInCapacity, high, &[(Some(65), Some(85), 2), (Some(85), None, 3)]),
            &[64.9, 65.0, 85.0],
            &[10, 12, 15],
        ),
        example(
            "S-091: <=65 +2, <=85 +3, a positive change on a lower alarm",
            stage(ChangeInCapacity, ScaleOutWhen::Low, &[(None, Some(65), 2), (Some(65), Some(85), 3)]),
            &[90.0, 85.0, 65.0],
            &[10, 13, 15],
        ),
        example(
            "S-091: exactly 1 up to 10, 3 up to 50, 6 from 50",
            stage(ExactCapacity, high, &[(None, Some(10), 1), (Some(10), Some(50), 3), (Some(50), None, 6)]),
            &[5.0, 10.0, 49.9, 50.0],
            &[1, 3, 3, 6],
        ),
    ]
}

#[test]
fn every_worked_example_comes_out_as_aws_says() {
    for Example { facts, stage, metric, desired: expected } in examples() {
        assert_eq!(desired(&stage.played(&metric)), expected, "{facts}");
    }
}

fn rendered(example: &Example) -> String {
    let simulation = example.stage.played(&example.metric);
    let value = |value: &f64| if value.is_nan() { "-".to_owned() } else { value.to_string() };
    let metric: Vec<String> = example.metric.iter().map(value).collect();
    let counts: Vec<String> = desired(&simulation).iter().map(ToString::to_string).collect();
    let mut text = format!("{}\n  metric   {}\n  desired  {}\n", example.facts, metric.join(" "), counts.join(" "));
    for event in &simulation.events {
        text += &format!("  {}  {}\n", event.at.strftime("%H:%M:%S"), event.kind);
    }
    text
}

/// A pure module writes no file: what the failure shows is taken over by hand.
#[test]
fn the_worked_examples_are_golden() {
    let text = examples().iter().map(rendered).collect::<Vec<_>>().join("\n");
    let golden = include_str!("../testdata/worked-examples.txt");
    assert!(text == golden, "testdata/worked-examples.txt is not as it was; it would be:\n{text}");
}
