//! IAM roles and STS sessions.

use ecs_scaling::model::names::AccountId;

use super::story::{Story, allow};
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

/// The role `next` of the story's account, which trusts these principals.
fn add_next(story: &mut Story, principals: Json) -> Json {
    let trust = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "sts:AssumeRole"}});
    let create = json!({"RoleName": "next", "AssumeRolePolicyDocument": trust.to_string(), "MaxSessionDuration": 7200});
    let role = story.admin(AwsService::Iam, "CreateRole", create).unwrap();
    json!({"RoleArn": role["Role"]["Arn"], "RoleSessionName": "next"})
}

#[test]
fn assuming_a_role_needs_the_callers_own_permission_unless_it_is_trusted_by_name() {
    let nothing = || allow(json!("ecs:*"), json!("*"));
    let assume = || allow(json!("sts:AssumeRole"), json!("arn:aws:iam::444455556666:role/next"));
    let deny = || json!({"Effect": "Deny", "Action": "sts:*", "Resource": "*"});
    let root = json!("arn:aws:iam::444455556666:root");
    let name = json!("arn:aws:iam::444455556666:role/search-test-role");
    for (principals, own, allowed) in [
        (&root, nothing(), false),
        (&root, assume(), true),
        (&name, nothing(), true),
        (&name, json!([assume(), deny()]), false),
        (&json!("111122223333"), assume(), false),
    ] {
        let mut story = Story::allowing(own.clone());
        let input = add_next(&mut story, principals.clone());
        let result = story.call(AwsService::Sts, "AssumeRole", input);
        assert_eq!(result.is_ok(), allowed, "trusting {principals}, with {own}");
        if let Err(error) = result {
            let arn = "arn:aws:iam::444455556666:role/next";
            assert!(
                error.message.ends_with(&format!("is not authorized to perform: sts:AssumeRole on resource: {arn}"))
            );
        }
    }
}

#[test]
fn a_role_that_a_role_assumed_lasts_an_hour_at_most() {
    let mut story = Story::allowing(allow(json!("*"), json!("*")));
    let mut input = add_next(&mut story, json!("*"));
    input["DurationSeconds"] = json!(3601);
    let text = "The requested DurationSeconds exceeds the 1-hour session limit for roles assumed by role chaining";
    assert_eq!(refusal(story.call(AwsService::Sts, "AssumeRole", input.clone())), ("ValidationError", text.to_owned()));
    story.admin(AwsService::Sts, "AssumeRole", input.clone()).unwrap();
    input["DurationSeconds"] = json!(7201);
    assert!(refusal(story.admin(AwsService::Sts, "AssumeRole", input.clone())).1.contains("MaxSessionDuration"));
    input["DurationSeconds"] = json!(3600);
    input["RoleSessionName"] = json!("a session");
    assert!(refusal(story.call(AwsService::Sts, "AssumeRole", input)).1.contains("roleSessionName"));
}

#[test]
fn a_session_can_be_given_less_than_its_role_may() {
    // E-09
    let mut story = Story::allowing(allow(json!("*"), json!("*")));
    let mut input = add_next(&mut story, json!("*"));
    let allow_all = json!({"Statement": allow(json!("*"), json!("*"))});
    story.world.put_role_policy(&story.account, "next", "all", &allow_all).unwrap();
    input["Policy"] = json!(json!({"Statement": allow(json!("ecs:*"), json!("*"))}).to_string());
    let reply = story.call(AwsService::Sts, "AssumeRole", input).unwrap();
    let key = reply["Credentials"]["AccessKeyId"].as_str().unwrap();
    story.caller = Caller::by_key(key, story.caller.scope.region.clone(), &story.world.cloud, story.now).unwrap();
    story.call(AwsService::Ecs, "ListClusters", json!({})).unwrap();
    let text = refusal(story.call(AwsService::CloudWatch, "DescribeAlarms", json!({}))).1;
    assert!(text.ends_with("because no session policy allows the cloudwatch:DescribeAlarms action"), "{text}");
    story.call(AwsService::Sts, "GetCallerIdentity", json!({})).unwrap();
}

#[test]
fn a_user_is_bound_by_its_policies_too() {
    let mut story = Story::new();
    let document = json!({"Statement": allow(json!("iam:*"), json!("arn:aws:iam::*:user/${aws:username}")),
        "Version": "2012-10-17"}); // E-06
    let credentials = story.world.add_user(&story.account, "ann", "own", &document, story.now).unwrap();
    let region = story.caller.scope.region.clone();
    story.caller = Caller::by_key(&credentials.access_key_id, region, &story.world.cloud, story.now).unwrap();
    let listed = story.iam("ListUserPolicies", json!({"UserName": "ann"})).unwrap();
    assert_eq!((&listed["PolicyNames"], &listed["IsTruncated"]), (&json!(["own"]), &json!(false)));
    let read = story.iam("GetUserPolicy", json!({"UserName": "ann", "PolicyName": "own"})).unwrap();
    assert!(read["PolicyDocument"].as_str().unwrap().starts_with("%7B"), "E-01");
    assert_eq!(
        story.iam("ListAttachedUserPolicies", json!({"UserName": "ann"})).unwrap()["AttachedPolicies"],
        json!([])
    );
    assert!(refusal(story.register()).1.starts_with("User: arn:aws:iam::444455556666:user/ann is not authorized"));
}
