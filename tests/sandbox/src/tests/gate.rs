//! What a request meets before its operation: credentials, faults, denials, lag; and what is written down.

use std::time::Duration;

use ecs_scaling::model::names::AccountId;

use super::*;
use crate::faults::{Fault, FaultRule};
use crate::message::{Outcome, Request};
use crate::permissions::DenialStyle;

/// A DescribeScalableTargets request signed with a key.
pub(super) fn signed(key: &str) -> Request {
    let credential =
        format!("AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/application-autoscaling/aws4_request");
    Request {
        method: "POST".into(),
        path: "/".into(),
        headers: vec![
            ("authorization".into(), credential),
            ("x-amz-target".into(), "AnyScaleFrontendService.RegisterScalableTarget".into()),
        ],
        body: json!({
            "ServiceNamespace": "ecs", "ResourceId": "service/B/api",
            "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": 2, "MaxCapacity": 10
        })
        .to_string()
        .into_bytes(),
    }
}

fn answered(sandbox: &mut Sandbox) -> Option<(u16, Json)> {
    match sandbox.world.handle(&signed("test"), sandbox.now).outcome {
        Outcome::Answer(response) => {
            Some((response.status, serde_json::from_slice(&response.body).unwrap_or(Json::Null)))
        }
        Outcome::Hang | Outcome::Reset => None,
    }
}

#[test]
fn faults_come_before_or_after_the_effect() {
    for (fault, answer, effect) in [
        (Fault::Throttle, Some((400, "ThrottlingException")), false),
        (Fault::InternalError, Some((500, "InternalServiceException")), false),
        (Fault::Unavailable, Some((503, "ServiceUnavailableException")), false),
        (Fault::ExpiredToken, Some((400, "ExpiredTokenException")), false),
        (Fault::TimeoutBeforeEffect, None, false),
        (Fault::ResetBeforeEffect, None, false),
        (Fault::TimeoutAfterEffect, None, true),
        (Fault::ResetAfterEffect, None, true),
    ] {
        let mut sandbox = Sandbox::new();
        sandbox.world.inject(FaultRule::next("RegisterScalableTarget", fault));
        let seen = answered(&mut sandbox).map(|(status, body)| (status, body["__type"].as_str().unwrap().to_owned()));
        assert_eq!(seen, answer.map(|(status, code)| (status, code.to_owned())), "{fault:?}");
        assert_eq!(sandbox.world.target(&sandbox.scope, &sandbox.api).is_some(), effect, "{fault:?}");
        assert_eq!(answered(&mut sandbox).unwrap().0, 200, "the next call is well again after {fault:?}");
    }
}

#[test]
fn a_malformed_answer_hides_an_effect() {
    let mut sandbox = Sandbox::new();
    sandbox.world.inject(FaultRule::next("RegisterScalableTarget", Fault::MalformedBody));
    assert_eq!(answered(&mut sandbox), Some((200, Json::Null)));
    assert!(sandbox.world.target(&sandbox.scope, &sandbox.api).is_some());
}

#[test]
fn calls_are_counted_and_writes_written_down() {
    let mut sandbox = Sandbox::new();
    sandbox.world.inject(FaultRule::next("RegisterScalableTarget", Fault::Throttle));
    answered(&mut sandbox);
    answered(&mut sandbox);
    let counters = sandbox.world.counters();
    assert_eq!((counters.count("RegisterScalableTarget"), counters.total()), (2, 2));
    let [write] = counters.writes() else { panic!("the throttled call reached no operation") };
    assert_eq!((write.caller.as_str(), &write.result), ("arn:aws:iam::111122223333:user/admin", &Ok(())));
    sandbox.world.reset_counters();
    assert_eq!(sandbox.world.counters().total(), 0);
}

#[test]
fn a_denial_is_worded_by_the_kind_of_policy() {
    // iam.md §1.5
    let mut sandbox = Sandbox::with_target();
    let account = AccountId::new("111122223333");
    let action = "application-autoscaling:PutScalingPolicy";
    sandbox.world.deny(&account, action, "*", DenialStyle::NoIdentityPolicy);
    let (code, text) = refusal(sandbox.aas("PutScalingPolicy", step_policy("out")));
    assert_eq!(code, "AccessDeniedException");
    let target = sandbox.world.target(&sandbox.scope, &sandbox.api).unwrap().arn.clone().unwrap();
    assert_eq!(
        text,
        format!(
            "User: arn:aws:iam::111122223333:user/admin is not authorized to perform: \
             application-autoscaling:PutScalingPolicy on resource: {target} because no identity-based policy allows \
             the application-autoscaling:PutScalingPolicy action"
        )
    );
    sandbox.world.allow(&account, action);
    sandbox.put_policy("out");
}

#[test]
fn a_register_names_the_permissions_that_its_caller_lacks() {
    // S-015, iam.md §1.1 and §1.2: while the role is missing, it hides the rest.
    let mut sandbox = Sandbox::new();
    let account = AccountId::new("111122223333");
    for action in ["iam:CreateServiceLinkedRole", "ecs:UpdateService", "cloudwatch:*Alarms"] {
        sandbox.world.deny(&account, action, "*", DenialStyle::ExplicitServiceControlPolicy);
    }
    let register = json!({"MinCapacity": 2, "MaxCapacity": 10});
    assert_eq!(
        refusal(sandbox.aas("RegisterScalableTarget", register.clone())),
        ("ValidationException", "User is missing the following permissions: iam:CreateServiceLinkedRole".into())
    );
    sandbox.world.allow(&account, "iam:CreateServiceLinkedRole");
    sandbox
        .world
        .call_as_admin(
            &sandbox.scope.clone(),
            AwsService::Iam,
            "CreateServiceLinkedRole",
            json!({"AWSServiceName": "ecs.application-autoscaling.amazonaws.com"}),
            sandbox.now,
        )
        .unwrap();
    assert_eq!(
        refusal(sandbox.aas("RegisterScalableTarget", register)).1,
        "User is missing the following permissions: ecs:UpdateService, cloudwatch:DescribeAlarms, \
         cloudwatch:DeleteAlarms"
    );
}

#[test]
fn tags_on_creation_need_a_permission_of_their_own() {
    // S-068
    let mut sandbox = Sandbox::new();
    sandbox.world.deny(&AccountId::new("111122223333"), "cloudwatch:TagResource", "*", DenialStyle::Bare);
    sandbox.put_alarm("a", json!({})).unwrap();
    let tagged = sandbox.put_alarm("b", json!({"Tags": [{"Key": "k", "Value": "v"}]}));
    assert_eq!(refusal(tagged).0, "AccessDeniedException");
}

#[test]
fn reads_lag_behind_writes_where_that_is_asked_for() {
    let mut sandbox = Sandbox::new();
    sandbox.world.set_read_lag(Duration::from_secs(10));
    sandbox.aas("RegisterScalableTarget", json!({"MinCapacity": 2, "MaxCapacity": 10})).unwrap();
    let count = |sandbox: &mut Sandbox, seconds| {
        sandbox.wait(seconds);
        sandbox.list("DescribeScalableTargets", json!({})).unwrap()["ScalableTargets"].as_array().unwrap().len()
    };
    assert_eq!(count(&mut sandbox, 9), 0);
    assert_eq!(count(&mut sandbox, 1), 1);
}

#[test]
fn accounts_and_regions_are_apart() {
    // S-099
    let mut sandbox = Sandbox::with_target();
    sandbox.put_alarm("high", json!({})).unwrap();
    for other in [scope("111122223333", "us-east-1"), scope("444455556666", "eu-west-1")] {
        let reply =
            sandbox.world.call_as_admin(&other, AwsService::CloudWatch, "DescribeAlarms", json!({}), sandbox.now);
        assert!(reply.unwrap().list("MetricAlarms").unwrap().is_empty());
    }
}
