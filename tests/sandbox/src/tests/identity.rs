//! IAM roles and STS sessions.

use ecs_scaling::model::names::AccountId;

use super::*;
use crate::caller::Caller;

#[test]
fn a_register_makes_the_service_linked_role_even_when_it_fails() {
    // iam.md §1.2, §2
    let mut sandbox = Sandbox::new();
    let get = json!({"RoleName": "AWSServiceRoleForApplicationAutoScaling_ECSService"});
    assert_eq!(refusal(sandbox.call(AwsService::Iam, "GetRole", get.clone())).0, "NoSuchEntity");
    let input = json!({"ResourceId": "service/B/gone", "MinCapacity": 1, "MaxCapacity": 2});
    sandbox.aas("RegisterScalableTarget", input).unwrap_err();
    let role = sandbox.call(AwsService::Iam, "GetRole", get).unwrap()["Role"].clone();
    assert_eq!(role["Path"], "/aws-service-role/ecs.application-autoscaling.amazonaws.com/");
    assert!(role["AssumeRolePolicyDocument"].as_str().unwrap().starts_with("%7B%22Version%22"), "E-01");
}

#[test]
fn the_role_is_created_once_and_without_a_suffix() {
    // iam.md §2
    let mut sandbox = Sandbox::new();
    let principal = "ecs.application-autoscaling.amazonaws.com";
    let suffixed = json!({"AWSServiceName": principal, "CustomSuffix": "x"});
    assert!(refusal(sandbox.call(AwsService::Iam, "CreateServiceLinkedRole", suffixed)).1.contains("Custom suffix"));
    let create = json!({"AWSServiceName": principal});
    sandbox.call(AwsService::Iam, "CreateServiceLinkedRole", create.clone()).unwrap();
    let (code, text) = refusal(sandbox.call(AwsService::Iam, "CreateServiceLinkedRole", create));
    assert_eq!(code, "InvalidInput");
    assert!(text.contains("has been taken in this account"));
}

#[test]
fn a_role_is_assumed_by_whom_it_trusts_with_its_external_id() {
    // iam.md §1.9, ack#2175
    let mut sandbox = Sandbox::new();
    let trusted = vec![AccountId::new("111122223333")];
    let arn = sandbox.world.add_role("444455556666", "scaling", trusted, Some("tools".into()), sandbox.now);
    let assume = |id: &str, arn: &str| json!({"RoleArn": arn, "RoleSessionName": "ctl", "ExternalId": id});
    for refused in [assume("wrong", &arn), assume("tools", "arn:aws:iam::444455556666:role/none")] {
        let (code, text) = refusal(sandbox.call(AwsService::Sts, "AssumeRole", refused));
        assert_eq!(code, "AccessDeniedException");
        assert!(text.contains("is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666"));
    }
    let reply = sandbox.call(AwsService::Sts, "AssumeRole", assume("tools", &arn)).unwrap();
    assert_eq!(reply["AssumedRoleUser"]["Arn"], "arn:aws:sts::444455556666:assumed-role/scaling/ctl");
    let key = reply["Credentials"]["AccessKeyId"].as_str().unwrap();
    let caller = |now| Caller::identify(&gate::signed(key), &sandbox.world.cloud, now);
    assert_eq!(caller(sandbox.now).unwrap().scope.account.as_str(), "444455556666");
    let expired = caller(sandbox.now + SignedDuration::from_hours(1)).unwrap_err();
    assert_eq!((expired.code, expired.query_code()), ("ExpiredTokenException", "ExpiredToken"));
}
