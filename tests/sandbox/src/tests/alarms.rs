//! CloudWatch alarms.

use ecs_scaling::model::alarm::AlarmState;

use super::*;

#[test]
fn a_put_replaces_everything_and_keeps_the_state() {
    // S-068, aws-sdk#27
    let mut sandbox = Sandbox::new();
    let tags = json!([{"Key": "a", "Value": "b"}]);
    sandbox.put_alarm("high", json!({"AlarmDescription": "first", "DatapointsToAlarm": 1, "Tags": tags})).unwrap();
    assert_eq!(sandbox.alarm("high")["StateValue"], "INSUFFICIENT_DATA");
    sandbox.world.set_alarm_state(&sandbox.scope.clone(), "high", AlarmState::Alarm, sandbox.now);
    sandbox.put_alarm("high", json!({"Tags": [{"Key": "c", "Value": "d"}]})).unwrap();
    let alarm = sandbox.alarm("high");
    assert_eq!((&alarm["AlarmDescription"], &alarm["DatapointsToAlarm"]), (&Json::Null, &Json::Null));
    assert_eq!(alarm["StateValue"], "ALARM");
    assert_eq!(alarm["AlarmArn"], "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:high"); // S-103
    let arn = alarm["AlarmArn"].clone();
    assert_eq!(sandbox.cloudwatch("ListTagsForResource", json!({"ResourceARN": arn})).unwrap()["Tags"], tags);
    sandbox.cloudwatch("TagResource", json!({"ResourceARN": arn, "Tags": [{"Key": "c", "Value": "d"}]})).unwrap();
    sandbox.cloudwatch("UntagResource", json!({"ResourceARN": arn, "TagKeys": ["a"]})).unwrap();
    let left = sandbox.cloudwatch("ListTagsForResource", json!({"ResourceARN": arn})).unwrap();
    assert_eq!(left["Tags"], json!([{"Key": "c", "Value": "d"}]));
}

#[test]
fn every_field_is_checked() {
    // S-069
    let mut sandbox = Sandbox::new();
    let six: Vec<String> = (0..6).map(|n| format!("arn:aws:sns:eu-west-1:111122223333:t{n}")).collect();
    let policy = "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:u:resource/ecs/service/B/api:policyName/p";
    for (wrong, text) in [
        (json!({"AlarmName": ""}), "1 validation error"),
        (json!({"AlarmName": "x".repeat(256)}), "1 validation error"),
        (json!({"Period": 45}), "Period must be 10, 20, 30 or a multiple of 60"),
        (json!({"EvaluationPeriods": 0}), "1 validation error"),
        (json!({"EvaluationPeriods": 1441}), "EvaluationPeriods * Period must be <= 86400"),
        (json!({"EvaluationPeriods": 169, "Period": 3600}), "EvaluationPeriods * Period must be <= 604800"),
        (json!({"DatapointsToAlarm": 2}), "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        (
            json!({"Threshold": null}),
            "Alarms with comparison operator GreaterThanOrEqualToThreshold should have valid Threshold",
        ),
        (json!({"ComparisonOperator": "Above"}), "1 validation error"),
        (json!({"TreatMissingData": "maybe"}), "1 validation error"),
        (json!({"ExtendedStatistic": "p95"}), "Statistic and ExtendedStatistic are mutually exclusive"),
        (json!({"Statistic": null, "ExtendedStatistic": "p101"}), "The value p101"),
        (
            json!({"EvaluateLowSampleCountPercentile": "ignore"}),
            "Option evaluateLowSampleCountPercentile can not be applied with statistic Average.",
        ),
        (json!({"Namespace": ":x"}), "1 validation error"),
        (json!({"AlarmActions": six}), "1 validation error"),
        (json!({"Metrics": [{"Id": "a", "Expression": "1"}]}), "Metrics list cannot be specified together"),
        (
            json!({
                "ThresholdMetricId": "b", "Threshold": null, "ComparisonOperator": "GreaterThanUpperThreshold",
                "AlarmActions": [policy]
            }),
            "autoscaling actions not supported when ThresholdMetricId is set",
        ),
    ] {
        let shown = wrong.to_string();
        let refused = refusal(sandbox.put_alarm("a", wrong)).1;
        assert!(refused.starts_with(text), "{shown}: {refused}");
    }
    for right in [
        json!({"Period": 10}),
        json!({"EvaluationPeriods": 168, "Period": 3600}),
        json!({"Statistic": null, "ExtendedStatistic": "tm(10%:90%)", "EvaluateLowSampleCountPercentile": "ignore"}),
        json!({"AlarmActions": [policy]}),
    ] {
        sandbox.put_alarm("a", right).unwrap();
    }
}

#[test]
fn actions_name_a_known_vendor_in_the_alarms_region() {
    // S-070
    let mut sandbox = Sandbox::new();
    let mut text = |action: &str| refusal(sandbox.put_alarm("a", json!({"AlarmActions": [action]}))).1;
    assert_eq!(text("arn:aws:sqs:eu-west-1:111122223333:q"), "Unsupported AWS vendor sqs");
    let elsewhere = text("arn:aws:sns:us-east-1:111122223333:t");
    assert_eq!(elsewhere, "Invalid region us-east-1 specified. Only eu-west-1 is supported.");
}

#[test]
fn metric_math_alarms_are_checked_and_kept() {
    // S-069
    let mut sandbox = Sandbox::new();
    let stat = json!({"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"});
    let no_single = json!({"Namespace": null, "MetricName": null, "Statistic": null, "Period": null});
    let mut put = |queries: Json| {
        let mut more = no_single.clone();
        more["Metrics"] = queries;
        sandbox.put_alarm("math", more)
    };
    let first = json!({"Id": "a", "MetricStat": stat, "ReturnData": false});
    put(json!([first, {"Id": "e", "Expression": "a*2"}])).unwrap();
    for wrong in [
        json!([{"Id": "A", "MetricStat": stat}]),
        json!([first]),
        json!([first, {"Id": "e", "Expression": "SEARCH('x')"}]),
        json!([{"Id": "a", "MetricStat": stat}, {"Id": "b", "MetricStat": stat}]),
        json!([first, {"Id": "e", "Expression": "a + b"}]),
        json!([{"Id": "e", "Expression": "e + 1"}]),
    ] {
        assert_eq!(refusal(put(wrong)).0, "ValidationError");
    }
    assert_eq!(sandbox.alarm("math")["Metrics"].as_array().unwrap().len(), 2);
}

#[test]
fn the_newer_blocks_are_kept_and_dropped_by_a_put_without_them() {
    // S-071
    let mut sandbox = Sandbox::new();
    let blocks = json!({
        "EvaluationWindow": {"WallClockWindow": {"Timezone": "UTC"}},
        "WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 5},
        "ActionConfiguration": {"AlarmTagsPropagation": {"Enabled": true}}
    });
    sandbox.put_alarm("new", blocks.clone()).unwrap();
    let alarm = sandbox.alarm("new");
    for (member, value) in blocks.as_object().unwrap() {
        assert_eq!(&alarm[member], value);
    }
    sandbox.put_alarm("new", json!({})).unwrap();
    assert_eq!(sandbox.alarm("new")["WarmUpConfiguration"], Json::Null);
    let wrong = json!({"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 2881}});
    assert_eq!(refusal(sandbox.put_alarm("new", wrong)).0, "ValidationError");
}

#[test]
fn alarms_are_found_by_name_prefix_action_and_state() {
    // S-055, S-059
    let mut sandbox = Sandbox::with_target();
    let arn = sandbox.put_policy("out");
    sandbox.put_alarm("a-scaling", json!({"AlarmActions": [arn]})).unwrap();
    sandbox.put_alarm("a-other", json!({})).unwrap();
    let mut found = |filter: Json| {
        let reply = sandbox.cloudwatch("DescribeAlarms", filter).unwrap();
        reply["MetricAlarms"].as_array().unwrap().iter().map(|a| a["AlarmName"].clone()).collect::<Json>()
    };
    assert_eq!(
        found(json!({"ActionPrefix": "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:"})),
        json!(["a-scaling"])
    );
    assert_eq!(found(json!({"AlarmNamePrefix": "a-"})), json!(["a-other", "a-scaling"]));
    assert_eq!(found(json!({"StateValue": "OK"})), json!([]));
    assert_eq!(found(json!({"AlarmTypes": ["CompositeAlarm"]})), json!([]));
    assert_eq!(found(json!({"AlarmNames": ["none", "a-other"]})), json!(["a-other"]));
    let both = sandbox.cloudwatch("DescribeAlarms", json!({"AlarmNames": ["a"], "AlarmNamePrefix": "a"}));
    assert_eq!(refusal(both).0, "InvalidParameterCombinationException");
    let many: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    let refused = sandbox.cloudwatch("DescribeAlarms", json!({"AlarmNames": many}));
    assert_eq!(refusal(refused).0, "ValidationError");
    let page = sandbox.cloudwatch("DescribeAlarms", json!({"MaxRecords": 1})).unwrap();
    assert!(page["NextToken"].is_string());
}

#[test]
fn known_alarms_are_deleted_beside_unknown_ones() {
    // S-072
    let mut sandbox = Sandbox::new();
    sandbox.put_alarm("a", json!({})).unwrap();
    let refused = sandbox.cloudwatch("DeleteAlarms", json!({"AlarmNames": ["none", "a"]}));
    assert_eq!(refusal(refused).0, "ResourceNotFound");
    assert_eq!(sandbox.alarm("a"), Json::Null);
}

#[test]
fn a_state_is_set_with_its_reason_data_and_remembered() {
    // S-073
    let mut sandbox = Sandbox::new();
    sandbox.put_alarm("a", json!({})).unwrap();
    sandbox.wait(10);
    let set =
        |data: &str| json!({"AlarmName": "a", "StateValue": "ALARM", "StateReason": "t", "StateReasonData": data});
    assert_eq!(refusal(sandbox.cloudwatch("SetAlarmState", set("{"))).0, "InvalidFormat");
    sandbox.cloudwatch("SetAlarmState", set("{}")).unwrap();
    let alarm = sandbox.alarm("a");
    assert_eq!((&alarm["StateReasonData"], &alarm["StateTransitionedTimestamp"]), (&json!("{}"), &json!(10.0)));
    let history = sandbox.cloudwatch("DescribeAlarmHistory", json!({"AlarmName": "a"})).unwrap();
    assert_eq!(history["AlarmHistoryItems"][0]["HistorySummary"], "Alarm updated from INSUFFICIENT_DATA to ALARM");
    sandbox.cloudwatch("DisableAlarmActions", json!({"AlarmNames": ["a"]})).unwrap();
    assert_eq!(sandbox.alarm("a")["ActionsEnabled"], false);
}

#[test]
fn metric_data_comes_back_by_period() {
    // S-074
    let mut sandbox = Sandbox::new();
    let (scope, api) = (sandbox.scope.clone(), sandbox.api.clone());
    for (second, value) in [(60, 20.0), (90, 40.0), (120, 50.0)] {
        let at = Timestamp::from_second(second).unwrap();
        sandbox.world.put_service_metric(&scope, &api, "CPUUtilization", at, value);
    }
    let input = json!({
        "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "StartTime": 0, "EndTime": 180, "Period": 60,
        "Statistics": ["Average", "Maximum"],
        "Dimensions": [{"Name": "ClusterName", "Value": "B"}, {"Name": "ServiceName", "Value": "api"}]
    });
    let found = sandbox.cloudwatch("GetMetricStatistics", input).unwrap()["Datapoints"].clone();
    assert_eq!((&found[0]["Timestamp"], &found[0]["Average"]), (&json!(60.0), &json!(30.0)));
    assert_eq!((&found[1]["Timestamp"], &found[1]["Maximum"]), (&json!(120.0), &json!(50.0)));
}

#[test]
fn a_member_that_no_sdk_knows_is_shown_until_the_next_put() {
    // S-068, S-071
    let mut sandbox = Sandbox::new();
    sandbox.put_alarm("a", json!({})).unwrap();
    let scope = sandbox.scope.clone();
    assert!(sandbox.world.add_alarm_member(&scope, "a", "SnoozeUntil", "tomorrow"));
    assert!(!sandbox.world.add_alarm_member(&scope, "none", "SnoozeUntil", "tomorrow"));
    assert_eq!(sandbox.alarm("a")["SnoozeUntil"], "tomorrow");
    sandbox.put_alarm("a", json!({})).unwrap();
    assert_eq!(sandbox.alarm("a")["SnoozeUntil"], Json::Null);
}

#[test]
fn composite_alarms_are_found_when_asked_for() {
    // S-055
    let mut sandbox = Sandbox::new();
    let scope = sandbox.scope.clone();
    sandbox.world.add_composite_alarm(&scope, "all", sandbox.now);
    let mut found = |types: Json| {
        let reply = sandbox.cloudwatch("DescribeAlarms", json!({"AlarmNames": ["all"], "AlarmTypes": types})).unwrap();
        reply["CompositeAlarms"].as_array().unwrap().len()
    };
    assert_eq!((found(json!([])), found(json!(["CompositeAlarm", "MetricAlarm"]))), (0, 1));
}
