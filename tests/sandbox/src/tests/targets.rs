//! Scalable targets.

use std::time::Duration;

use super::*;

#[test]
fn a_register_creates_and_then_changes_what_it_names() {
    // S-001 to S-004, S-006, S-008, S-009, S-102
    let mut sandbox = Sandbox::with_target();
    let again = sandbox.aas(
        "RegisterScalableTarget",
        json!({
            "MaxCapacity": 20, "RoleARN": "arn:aws:iam::111122223333:role/mine",
            "SuspendedState": {"DynamicScalingInSuspended": true}
        }),
    );
    let arn = again.unwrap()["ScalableTargetARN"].as_str().unwrap().to_owned();
    assert!(arn.starts_with("arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/"));
    sandbox.aas("RegisterScalableTarget", json!({"SuspendedState": {"ScheduledScalingSuspended": true}})).unwrap();
    let listed = sandbox.list("DescribeScalableTargets", json!({})).unwrap()["ScalableTargets"][0].clone();
    assert_eq!((&listed["MinCapacity"], &listed["MaxCapacity"]), (&json!(2), &json!(20)));
    assert_eq!(listed["ScalableTargetARN"], arn);
    assert_eq!(
        listed["SuspendedState"],
        json!({"DynamicScalingInSuspended": true, "DynamicScalingOutSuspended": false, "ScheduledScalingSuspended": true})
    );
    // S-005
    assert!(listed["RoleARN"].as_str().unwrap().ends_with("AWSServiceRoleForApplicationAutoScaling_ECSService"));
}

#[test]
fn another_namespace_or_dimension_is_unsupported() {
    // S-001, S-002, S-003, S-014
    let mut sandbox = Sandbox::new();
    for wrong in [
        json!({"ServiceNamespace": "dynamodb"}),
        json!({"ResourceId": "table/x"}),
        json!({"ScalableDimension": "ecs:service:RunningCount"}),
    ] {
        let text = refusal(sandbox.aas("RegisterScalableTarget", wrong)).1;
        assert_eq!(text, "Unsupported service namespace, resource type or scalable dimension");
    }
}

#[test]
fn capacities_are_checked() {
    // S-004, S-013, S-017
    let mut sandbox = Sandbox::new();
    let mut text = |input| refusal(sandbox.aas("RegisterScalableTarget", input)).1;
    assert_eq!(text(json!({"MaxCapacity": 1})), "Minimum capacity must be specified");
    assert_eq!(text(json!({"MinCapacity": 1})), "Maximum capacity must be specified");
    assert_eq!(text(json!({"MinCapacity": -1, "MaxCapacity": 1})), "Minimum capacity cannot be less than 0");
    let upside_down = "Maximum capacity cannot be less than minimum capacity";
    assert_eq!(text(json!({"MinCapacity": 3, "MaxCapacity": 2})), upside_down);
    sandbox.aas("RegisterScalableTarget", json!({"MinCapacity": 0, "MaxCapacity": 0})).unwrap();
    assert_eq!(sandbox.desired(), 0);
    assert_eq!(refusal(sandbox.aas("RegisterScalableTarget", json!({"MinCapacity": 1}))).1, upside_down);
}

#[test]
fn tags_are_taken_on_creation_alone() {
    // S-007, S-011, tf#31839
    let mut sandbox = Sandbox::new();
    let input = json!({"MinCapacity": 2, "MaxCapacity": 10, "Tags": {"team": "search"}});
    let arn = sandbox.aas("RegisterScalableTarget", input.clone()).unwrap()["ScalableTargetARN"].clone();
    assert!(
        refusal(sandbox.aas("RegisterScalableTarget", input))
            .1
            .starts_with("The scalable target that you tried to tag")
    );
    sandbox.aas("TagResource", json!({"ResourceARN": arn, "Tags": {"a": "b"}})).unwrap();
    sandbox.aas("UntagResource", json!({"ResourceARN": arn, "TagKeys": ["team"]})).unwrap();
    let tags = sandbox.aas("ListTagsForResource", json!({"ResourceARN": arn})).unwrap();
    assert_eq!(tags, json!({"Tags": {"a": "b"}}));
    let long = "x".repeat(129);
    assert_eq!(
        refusal(sandbox.aas("TagResource", json!({"ResourceARN": arn, "Tags": {long: ""}}))).0,
        "ValidationException"
    );
    assert_eq!(
        refusal(sandbox.aas("ListTagsForResource", json!({"ResourceARN": "arn:x"}))).0,
        "ResourceNotFoundException"
    );
}

#[test]
fn any_register_brings_the_desired_count_into_range() {
    // S-010
    let mut sandbox = Sandbox::with_target();
    sandbox.ecs("UpdateService", json!({"cluster": "B", "service": "api", "desiredCount": 30})).unwrap();
    assert_eq!(sandbox.desired(), 30);
    sandbox.aas("RegisterScalableTarget", json!({"SuspendedState": {"DynamicScalingInSuspended": true}})).unwrap();
    assert_eq!(sandbox.desired(), 10);
    let activity = sandbox.list("DescribeScalingActivities", json!({})).unwrap()["ScalingActivities"][0].clone();
    assert_eq!(activity["Cause"], "maximum capacity was set to 10");
    assert_eq!(sandbox.world.cloud.scope(&sandbox.scope).last_activity(&sandbox.api).unwrap().capacity, (30, 10));
}

#[test]
fn a_service_that_is_not_there_cannot_be_registered() {
    // S-012
    let mut sandbox = Sandbox::new();
    let input = json!({"ResourceId": "service/B/gone", "MinCapacity": 1, "MaxCapacity": 2});
    assert_eq!(
        refusal(sandbox.aas("RegisterScalableTarget", input)),
        ("ValidationException", "ECS service doesn't exist: service/B/gone".into())
    );
}

#[test]
fn a_new_target_and_a_new_role_take_their_time() {
    // S-016; iam.md §6
    let mut sandbox = Sandbox::new();
    sandbox.world.cloud.knobs.role_propagation = Duration::from_secs(5);
    sandbox.world.cloud.knobs.target_propagation = Duration::from_secs(3);
    let register = json!({"MinCapacity": 2, "MaxCapacity": 10});
    assert!(
        refusal(sandbox.aas("RegisterScalableTarget", register.clone())).1.starts_with("Unable to assume IAM role: ")
    );
    sandbox.wait(5);
    sandbox.aas("RegisterScalableTarget", register).unwrap();
    assert_eq!(refusal(sandbox.aas("PutScalingPolicy", step_policy("out"))).0, "ObjectNotFoundException");
    sandbox.wait(3);
    sandbox.put_policy("out");
}

#[test]
fn deregistering_takes_everything_on_the_target_but_step_alarms() {
    // S-049, S-107
    let mut sandbox = Sandbox::with_target();
    let arn = sandbox.put_policy("out");
    sandbox.put_alarm("high", json!({"AlarmActions": [arn]})).unwrap();
    sandbox.aas("PutScalingPolicy", policies::tracking("cpu", 50)).unwrap();
    sandbox.aas("DeregisterScalableTarget", json!({})).unwrap();
    assert_eq!(sandbox.list("DescribeScalingPolicies", json!({})).unwrap()["ScalingPolicies"], json!([]));
    let alarms = sandbox.cloudwatch("DescribeAlarms", json!({})).unwrap()["MetricAlarms"].clone();
    assert_eq!(alarms.as_array().unwrap().len(), 1);
    assert_eq!(alarms[0]["AlarmActions"], json!([arn]), "it points at a policy that is gone");
    assert_eq!(refusal(sandbox.aas("DeregisterScalableTarget", json!({}))).0, "ObjectNotFoundException");
}

#[test]
fn targets_come_fifty_a_page() {
    // S-051, S-058
    let mut sandbox = Sandbox::new();
    for n in 0..60 {
        let name = format!("s{n}");
        sandbox.world.add_service(&sandbox.scope.clone(), "B-2", &ServiceSeed::new(&name, 1), sandbox.now);
        let input = json!({"ResourceId": format!("service/B-2/{name}"), "MinCapacity": 1, "MaxCapacity": 1});
        sandbox.aas("RegisterScalableTarget", input).unwrap();
    }
    sandbox.world.cloud.knobs.empty_final_token = true;
    let first = sandbox.list("DescribeScalableTargets", json!({})).unwrap();
    let second = sandbox.list("DescribeScalableTargets", json!({"NextToken": first["NextToken"]})).unwrap();
    let count = |page: &Json| page["ScalableTargets"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second), &second["NextToken"]), (50, 10, &json!("")));
    let many: Vec<String> = (0..51).map(|n| format!("service/B/{n}")).collect();
    for wrong in [
        json!({"MaxResults": 51}),
        json!({"ResourceIds": many}),
        json!({"ScalableDimension": "ecs:service:DesiredCount"}),
    ] {
        assert_eq!(refusal(sandbox.list("DescribeScalableTargets", wrong)).0, "ValidationException");
    }
    let one = sandbox.list("DescribeScalableTargets", json!({"ResourceIds": ["service/B-2/s7"]})).unwrap();
    assert_eq!(count(&one), 1);
}

#[test]
fn activities_are_kept_for_six_weeks() {
    // S-054
    let mut sandbox = Sandbox::new();
    sandbox.aas("RegisterScalableTarget", json!({"MinCapacity": 5, "MaxCapacity": 10})).unwrap();
    let count = |sandbox: &mut Sandbox| {
        sandbox.list("DescribeScalingActivities", json!({})).unwrap()["ScalingActivities"].as_array().unwrap().len()
    };
    sandbox.wait(42 * 86_400);
    assert_eq!(count(&mut sandbox), 1);
    sandbox.wait(1);
    assert_eq!(count(&mut sandbox), 0);
}
