//! Scaling policies.

use super::*;

pub(super) fn tracking(name: &str, value: i32) -> Json {
    json!({
        "PolicyName": name, "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": value,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
        }
    })
}

fn tracking_refusal(config: Json) -> String {
    let mut sandbox = Sandbox::with_target();
    let input = json!({
        "PolicyName": "t", "PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": config
    });
    refusal(sandbox.aas("PutScalingPolicy", input)).1
}

#[test]
fn a_policy_needs_a_target_first() {
    // S-022, S-106
    let (code, text) = refusal(Sandbox::new().aas("PutScalingPolicy", step_policy("out")));
    assert_eq!(code, "ObjectNotFoundException");
    assert_eq!(
        text,
        "No scalable target registered for service namespace: ecs, resource ID: service/B/api, scalable dimension: \
         ecs:service:DesiredCount"
    );
}

#[test]
fn an_arn_is_stable_across_updates_and_new_when_made_anew() {
    // S-024, S-101, tf#4340
    let mut sandbox = Sandbox::with_target();
    let first = sandbox.put_policy("out");
    assert!(first.starts_with("arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:"));
    assert!(first.ends_with(":resource/ecs/service/B/api:policyName/out"));
    assert_eq!(sandbox.put_policy("out"), first);
    sandbox.aas("DeleteScalingPolicy", json!({"PolicyName": "out"})).unwrap();
    assert_ne!(sandbox.put_policy("out"), first);
}

#[test]
fn type_and_configuration_are_required_on_creation() {
    // S-021, S-023, S-036
    let mut sandbox = Sandbox::with_target();
    let untyped = json!({"PolicyName": "out"});
    assert_eq!(refusal(sandbox.aas("PutScalingPolicy", untyped.clone())).0, "ValidationException");
    let bare = json!({"PolicyName": "out", "PolicyType": "StepScaling"});
    assert_eq!(refusal(sandbox.aas("PutScalingPolicy", bare)).1, "StepScaling policy configuration must be specified");
    sandbox.put_policy("out");
    sandbox.aas("PutScalingPolicy", untyped).unwrap();
    let long = "x".repeat(257);
    assert_eq!(refusal(sandbox.aas("PutScalingPolicy", step_policy(&long))).0, "ValidationException");
    assert_eq!(refusal(sandbox.aas("PutScalingPolicy", step_policy("a\nb"))).0, "ValidationException");
}

#[test]
fn a_target_has_at_most_fifty_policies_and_they_come_ten_a_page() {
    // S-052, S-060
    let mut sandbox = Sandbox::with_target();
    for n in 0..50 {
        sandbox.put_policy(&format!("p{n:02}"));
    }
    assert_eq!(refusal(sandbox.aas("PutScalingPolicy", step_policy("p50"))).0, "LimitExceededException");
    let page = sandbox.list("DescribeScalingPolicies", json!({})).unwrap();
    assert_eq!(page["ScalingPolicies"].as_array().unwrap().len(), 10);
    assert!(page["NextToken"].is_string());
    assert_eq!(refusal(sandbox.list("DescribeScalingPolicies", json!({"MaxResults": 11}))).0, "ValidationException");
    let named = sandbox.list("DescribeScalingPolicies", json!({"PolicyNames": ["p07"]})).unwrap();
    assert_eq!(named["ScalingPolicies"].as_array().unwrap().len(), 1);
}

#[test]
fn a_described_step_policy_lists_the_alarms_that_name_it() {
    // S-058
    let mut sandbox = Sandbox::with_target();
    let arn = sandbox.put_policy("out");
    sandbox.put_alarm("high", json!({"AlarmActions": [arn]})).unwrap();
    let listed = sandbox.list("DescribeScalingPolicies", json!({})).unwrap()["ScalingPolicies"][0].clone();
    assert_eq!(listed["Alarms"][0]["AlarmName"], "high");
    let put = sandbox.aas("PutScalingPolicy", step_policy("out")).unwrap();
    assert_eq!(put["Alarms"], json!([]), "S-022: a put answers with target tracking's alarms alone");
}

#[test]
fn deleting_a_step_policy_takes_the_action_and_leaves_the_alarm() {
    // S-048, S-107
    let mut sandbox = Sandbox::with_target();
    let arn = sandbox.put_policy("out");
    sandbox.put_alarm("high", json!({"AlarmActions": [arn, "arn:aws:sns:eu-west-1:111122223333:t"]})).unwrap();
    sandbox.aas("DeleteScalingPolicy", json!({"PolicyName": "out"})).unwrap();
    assert_eq!(sandbox.alarm("high")["AlarmActions"], json!(["arn:aws:sns:eu-west-1:111122223333:t"]));
    let again = sandbox.aas("DeleteScalingPolicy", json!({"PolicyName": "out"}));
    assert_eq!(refusal(again).0, "ObjectNotFoundException");
}

#[test]
fn target_tracking_makes_its_two_alarms_and_takes_them_along() {
    // S-037, S-048
    let mut sandbox = Sandbox::with_target();
    let reply = sandbox.aas("PutScalingPolicy", tracking("cpu", 50)).unwrap();
    let arn = reply["PolicyARN"].as_str().unwrap();
    let names: Vec<&str> = (0..2).map(|n| reply["Alarms"][n]["AlarmName"].as_str().unwrap()).collect();
    let high = sandbox.alarm(names[0]);
    assert!(names[0].starts_with("TargetTracking-service/B/api-AlarmHigh-"));
    assert_eq!((&high["EvaluationPeriods"], &high["Threshold"]), (&json!(3), &json!(50.0)));
    assert_eq!(high["ComparisonOperator"], "GreaterThanThreshold");
    assert!(high["AlarmActions"][0].as_str().unwrap().starts_with(&format!("{arn}:createdBy/")));
    let low = sandbox.alarm(names[1]);
    assert_eq!((&low["EvaluationPeriods"], &low["Threshold"]), (&json!(15), &json!(45.0)));
    let described = sandbox.list("DescribeScalingPolicies", json!({})).unwrap()["ScalingPolicies"][0].clone();
    assert_eq!(described["Alarms"].as_array().unwrap().len(), 2);
    sandbox.aas("DeleteScalingPolicy", json!({"PolicyName": "cpu"})).unwrap();
    assert_eq!(sandbox.alarm(names[0]), Json::Null);
}

#[test]
fn one_tracking_policy_a_metric() {
    // S-037, tf#41179: another target value is still the same metric.
    let mut sandbox = Sandbox::with_target();
    sandbox.aas("PutScalingPolicy", tracking("cpu", 50)).unwrap();
    sandbox.aas("PutScalingPolicy", tracking("cpu", 60)).unwrap();
    assert_eq!(
        refusal(sandbox.aas("PutScalingPolicy", tracking("renamed", 70))).1,
        "Only one TargetTrackingScaling policy for a given metric specification is allowed."
    );
}

#[test]
fn target_tracking_metrics_are_checked() {
    // S-037
    let cpu = json!({"PredefinedMetricType": "ECSServiceAverageCPUUtilization"});
    let custom = json!({"MetricName": "m", "Namespace": "n", "Statistic": "Average"});
    assert!(tracking_refusal(json!({"TargetValue": 1})).ends_with("must be set for target tracking scaling."));
    let both = json!({"TargetValue": 1, "PredefinedMetricSpecification": cpu, "CustomizedMetricSpecification": custom});
    assert!(tracking_refusal(both).starts_with("Only one of"));
    let label = json!({"PredefinedMetricType": "ECSServiceAverageCPUUtilization", "ResourceLabel": "x"});
    assert_eq!(
        tracking_refusal(json!({"TargetValue": 1, "PredefinedMetricSpecification": label})),
        "Resource label should not be specified for predefined metric type ECSServiceAverageCPUUtilization"
    );
    let alb = json!({"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": "app/x"});
    assert_eq!(
        tracking_refusal(json!({"TargetValue": 1, "PredefinedMetricSpecification": alb})),
        "Invalid resource label 'app/x' for predefined metric type ALBRequestCountPerTarget"
    );
    assert_eq!(
        tracking_refusal(json!({"TargetValue": 1, "CustomizedMetricSpecification": {"MetricName": "m"}})),
        "The customized metric specification is not valid."
    );
    tracking_refusal(json!({"TargetValue": 0, "PredefinedMetricSpecification": cpu}));
}

#[test]
fn predictive_scaling_is_checked_and_kept() {
    // S-038
    let mut sandbox = Sandbox::with_target();
    let metric = json!({
        "TargetValue": 50,
        "PredefinedMetricPairSpecification": {"PredefinedMetricType": "ECSServiceCPUUtilization"}
    });
    let put = |config: Json| {
        json!({
            "PolicyName": "p", "PolicyType": "PredictiveScaling", "PredictiveScalingPolicyConfiguration": config
        })
    };
    let reply = sandbox.aas("PutScalingPolicy", put(json!({"MetricSpecifications": [metric]}))).unwrap();
    assert_eq!(reply["Alarms"], json!([]));
    for (wrong, text) in [
        (json!({"MetricSpecifications": []}), "You must specify one metric specification."),
        (json!({"MetricSpecifications": [metric], "MaxCapacityBuffer": 10}), "MaxCapacityBuffer must be"),
        (json!({"MetricSpecifications": [metric], "SchedulingBufferTime": 3601}), "1 validation error"),
        (json!({"MetricSpecifications": [{"TargetValue": 1}]}), "You must specify either"),
    ] {
        let refused = refusal(sandbox.aas("PutScalingPolicy", put(wrong))).1;
        assert!(refused.starts_with(text), "{refused}");
    }
}
