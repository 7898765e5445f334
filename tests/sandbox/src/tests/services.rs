//! ECS services.

use super::*;

#[test]
fn what_is_missing_is_a_failure_and_what_was_deleted_is_still_described() {
    // S-056, S-098
    let mut sandbox = Sandbox::new();
    let describe = json!({"cluster": "B", "services": ["api", "gone"], "include": ["TAGS"]});
    let reply = sandbox.ecs("DescribeServices", describe.clone()).unwrap();
    assert_eq!(reply["services"][0]["runningCount"], 4);
    assert_eq!(reply["services"][0]["tags"], json!([]));
    assert_eq!(reply["failures"][0]["reason"], "MISSING");
    let delete = json!({"cluster": "B", "service": "api"});
    assert_eq!(refusal(sandbox.ecs("DeleteService", delete.clone())).0, "InvalidParameterException");
    let forced = json!({"cluster": "B", "service": "api", "force": true});
    assert_eq!(sandbox.ecs("DeleteService", forced).unwrap()["service"]["status"], "DRAINING");
    assert_eq!(sandbox.ecs("DescribeServices", describe).unwrap()["services"][0]["status"], "INACTIVE");
}

#[test]
fn ten_services_at_most_are_described() {
    // S-056
    let mut sandbox = Sandbox::new();
    let names: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let refused = sandbox.ecs("DescribeServices", json!({"cluster": "B", "services": names}));
    assert_eq!(refusal(refused).0, "InvalidParameterException");
    let unknown = sandbox.ecs("DescribeServices", json!({"cluster": "Z", "services": ["x"]}));
    assert_eq!(refusal(unknown).0, "ClusterNotFoundException");
}

#[test]
fn a_deleted_service_takes_its_target_and_leaves_the_alarms() {
    // S-050, hako PR#69, tf#14254
    let mut sandbox = Sandbox::with_target();
    let arn = sandbox.put_policy("out");
    sandbox.put_alarm("high", json!({"AlarmActions": [arn]})).unwrap();
    sandbox.ecs("DeleteService", json!({"cluster": "B", "service": "api", "force": true})).unwrap();
    assert_eq!(refusal(sandbox.aas("DeregisterScalableTarget", json!({}))).0, "ObjectNotFoundException");
    assert_eq!(sandbox.alarm("high")["AlarmActions"], json!([arn]));
    let create = json!({"cluster": "B", "serviceName": "api", "desiredCount": 2, "taskDefinition": "f:1"});
    sandbox.wait(0);
    sandbox.ecs("CreateService", create).unwrap();
    assert_eq!(sandbox.list("DescribeScalableTargets", json!({})).unwrap()["ScalableTargets"], json!([]));
    sandbox.aas("RegisterScalableTarget", json!({"MinCapacity": 2, "MaxCapacity": 10})).unwrap();
    assert_ne!(sandbox.put_policy("out"), arn, "the alarm's action is stale for good");
}

#[test]
fn running_follows_desired_after_the_start_delay() {
    // S-020
    let mut sandbox = Sandbox::new();
    sandbox.world.cloud.knobs.start_delay = std::time::Duration::from_secs(30);
    sandbox.ecs("UpdateService", json!({"cluster": "B", "service": "api", "desiredCount": 6})).unwrap();
    let counts = |sandbox: &mut Sandbox, seconds| {
        sandbox.wait(seconds);
        let service = sandbox.world.service(&sandbox.scope, &sandbox.api).unwrap();
        (service.desired, service.running)
    };
    assert_eq!(counts(&mut sandbox, 29), (6, 4));
    assert_eq!(counts(&mut sandbox, 1), (6, 6));
}

#[test]
fn services_are_named_by_any_arn_of_their_own_cluster() {
    // S-104, cdk#14297
    let mut sandbox = Sandbox::new();
    let cluster = "arn:aws:ecs:eu-west-1:111122223333:cluster/B";
    let service = "arn:aws:ecs:eu-west-1:111122223333:service/B/api";
    let reply = sandbox.ecs("DescribeServices", json!({"cluster": cluster, "services": [service]})).unwrap();
    assert_eq!(reply["services"][0]["serviceArn"], service);
    let foreign = sandbox.ecs("DescribeServices", json!({"cluster": "C", "services": [service]}));
    assert_eq!(refusal(foreign).0, "ClusterNotFoundException");
}

#[test]
fn tags_of_a_service_come_with_its_description() {
    // S-056
    let mut sandbox = Sandbox::new();
    let arn = "arn:aws:ecs:eu-west-1:111122223333:service/B/api";
    sandbox.ecs("TagResource", json!({"resourceArn": arn, "tags": [{"key": "a", "value": "b"}]})).unwrap();
    let tags = json!([{"key": "a", "value": "b"}]);
    assert_eq!(sandbox.ecs("ListTagsForResource", json!({"resourceArn": arn})).unwrap()["tags"], tags);
    let describe = json!({"cluster": "B", "services": ["api"], "include": ["TAGS"]});
    assert_eq!(sandbox.ecs("DescribeServices", describe).unwrap()["services"][0]["tags"], tags);
}
