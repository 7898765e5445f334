//! Alarms change their state as AWS documents it, and say why.

use ecs_scaling::model::alarm::AlarmState;
use ecs_scaling::model::failure::AwsService::CloudWatch;
use serde_json::{Value as Json, json};

use super::{FOUNDING, Stage, founding};

// S-076, S-077: the state, its reason and its data as DescribeAlarms shows them.
#[test]
fn an_alarm_says_why_it_changed() {
    let mut stage = founding(4, 300);
    stage.minute_of(42.0);
    let alarm = stage.world.alarm(&stage.scope, "high").unwrap();
    assert_eq!(
        alarm.state_reason,
        "Threshold Crossed: 1 out of the last 1 datapoints [42.0 (25/11/26 10:00:00)] was greater than or equal to the \
         threshold (30.0) (minimum 1 datapoint for OK -> ALARM transition)."
    );
    let data: Json = serde_json::from_str(alarm.state_reason_data.as_deref().unwrap()).unwrap();
    assert_eq!(data["recentDatapoints"], json!([42.0]));
    assert_eq!(alarm.state_transitioned, "2026-11-25T10:01:00Z".parse().unwrap());
    stage.wait(180);
    assert_eq!(stage.state("high"), AlarmState::InsufficientData, "the evaluation range has run dry");
}

// S-017: no task, no datapoint, no alarm, no task.
#[test]
fn a_service_at_zero_is_not_woken_by_its_cpu() {
    let mut stage = Stage::new(0, 0, 20);
    let arn = stage.policy("out", "ChangeInCapacity", 60, &FOUNDING);
    stage.alarm_above(30, &arn);
    stage.load(500.0);
    stage.wait(3600);
    assert_eq!((stage.state("high"), stage.desired()), (AlarmState::InsufficientData, 0));
}

// S-073
#[test]
fn a_state_that_is_set_by_hand_fires_with_its_data_and_not_without() {
    let mut stage = founding(4, 0);
    let set = |data: Json| {
        let mut input = json!({ "AlarmName": "high", "StateValue": "ALARM", "StateReason": "by hand" });
        if !data.is_null() {
            input["StateReasonData"] = data.to_string().into();
        }
        input
    };
    stage.call(CloudWatch, "SetAlarmState", set(Json::Null));
    assert_eq!(stage.desired(), 4);
    stage.call(CloudWatch, "SetAlarmState", json!({ "AlarmName": "high", "StateValue": "OK", "StateReason": "back" }));
    stage.call(CloudWatch, "SetAlarmState", set(json!({ "recentDatapoints": [55.0] })));
    assert_eq!(stage.desired(), 8);
}

/// What AWS's tables say of a row, by missing, ignore, breaching and notBreaching. `None` keeps the state.
type Row = (&'static str, [Option<AlarmState>; 4]);

/// Puts the five datapoints of each row through PutMetricData, makes the alarm a second before the last of them ends,
/// and looks at its first evaluation.
fn assert_table(needed: i32, rows: &[Row]) {
    for (marks, states) in rows {
        for (treat, expected) in ["missing", "ignore", "breaching", "notBreaching"].into_iter().zip(states) {
            let mut stage = Stage::new(4, 2, 20);
            for mark in marks.split(' ') {
                match mark {
                    "X" => stage.cpu(42.0),
                    "0" => stage.cpu(20.0),
                    _ => {}
                }
                let pause = if stage.now == "2026-11-25T10:04:00Z".parse().unwrap() { 59 } else { 60 };
                stage.wait(pause);
            }
            let more = json!({ "EvaluationPeriods": 3, "DatapointsToAlarm": needed, "TreatMissingData": treat });
            let topic = "arn:aws:sns:ap-northeast-2:111122223333:topic";
            stage.alarm("high", "GreaterThanOrEqualToThreshold", 30, topic, more);
            stage.wait(1);
            let before = AlarmState::InsufficientData;
            assert_eq!(stage.state("high"), expected.unwrap_or(before), "{marks}, {treat}");
        }
    }
}

const OK: Option<AlarmState> = Some(AlarmState::Ok);
const ALARM: Option<AlarmState> = Some(AlarmState::Alarm);
const INSUFFICIENT: Option<AlarmState> = Some(AlarmState::InsufficientData);

// S-077: "Configuring how CloudWatch alarms treat missing data", first table, and the two rows of the text behind it.
#[test]
fn three_of_three_plays_awss_table() {
    assert_table(
        3,
        &[
            ("0 - X - X", [OK; 4]),
            ("0 - - - -", [OK; 4]),
            ("- - - - -", [INSUFFICIENT, None, ALARM, OK]),
            ("0 X X - X", [ALARM; 4]),
            ("- - X - -", [ALARM, None, ALARM, OK]),
            ("- - - - X", [INSUFFICIENT, None, ALARM, OK]),
            ("- - - X -", [INSUFFICIENT, None, ALARM, OK]),
        ],
    );
}

// S-077: second table.
#[test]
fn two_of_three_plays_awss_table() {
    assert_table(
        2,
        &[
            ("0 - X - X", [ALARM; 4]),
            ("0 0 X 0 X", [ALARM; 4]),
            ("0 - X - -", [OK, OK, ALARM, OK]),
            ("- - - - 0", [OK, OK, ALARM, OK]),
            ("- - - X -", [ALARM, None, ALARM, OK]),
        ],
    );
}

/// An alarm on an expression over the service's CPU as `cpu`.
fn on_expression(stage: &mut Stage, expression: &str) {
    let metric = json!({ "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": super::dimensions() });
    let arn = stage.policy("out", "ChangeInCapacity", 300, &FOUNDING);
    let input = json!({
        "AlarmName": "math", "AlarmActions": [arn], "EvaluationPeriods": 1, "Threshold": 30,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Metrics": [
            { "Id": "e", "Expression": expression },
            { "Id": "half", "Expression": "cpu / 2", "ReturnData": false },
            { "Id": "cpu", "MetricStat": { "Metric": metric, "Period": 60, "Stat": "Average" }, "ReturnData": false },
        ],
    });
    stage.call(CloudWatch, "PutMetricAlarm", input);
}

// S-069, S-079: the value of the expression fires the alarm and chooses the step.
#[test]
fn metric_math_is_evaluated_and_chooses_the_step() {
    let mut stage = Stage::new(4, 2, 20);
    on_expression(&mut stage, "IF(half > 10, half + 20, 0)");
    assert_eq!(stage.minute_of(18.0), 4, "9 is not above 10");
    assert_eq!(stage.state("math"), AlarmState::Ok);
    assert_eq!(stage.minute_of(42.0), 6, "41, which is the second step");
    assert_eq!(stage.state("math"), AlarmState::Alarm);
    let data: Json =
        serde_json::from_str(stage.world.alarm(&stage.scope, "math").unwrap().state_reason_data.as_deref().unwrap())
            .unwrap();
    assert_eq!((&data["recentDatapoints"], &data["statistic"]), (&json!([41.0]), &Json::Null));
}

#[test]
fn what_cannot_be_evaluated_has_no_data_and_says_so_loudly() {
    let mut stage = Stage::new(4, 2, 20);
    on_expression(&mut stage, "RATE(cpu) * 100");
    assert_eq!(stage.minute_of(99.0), 4);
    let alarm = stage.world.alarm(&stage.scope, "math").unwrap();
    assert_eq!(alarm.state, AlarmState::InsufficientData);
    assert!(alarm.state_reason.starts_with("THIS DOUBLE OF AWS CANNOT SAY"), "{}", alarm.state_reason);
    assert!(alarm.state_reason.contains("RATE"), "{}", alarm.state_reason);
}
