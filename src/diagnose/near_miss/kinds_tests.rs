//! Each kind by the example of its fact: what is said, and the smallest edit.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Findings, Kind, find};
use crate::model::iam::{Document, NamedPolicy, PrincipalPolicies, Request};

const SERVICE: &str = "ecs.application-autoscaling.amazonaws.com";
const CREATE: &str = "iam:CreateServiceLinkedRole";
const SLR: &str = "arn:aws:iam::111122223333:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService";
const TARGETS: &str = "arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/*";
const ALARMS: &str = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*";
const SERVICES: &str = "arn:aws:ecs:eu-west-1:111122223333:service/B/*";

fn named(name: &str, version: &str, statements: Value) -> NamedPolicy {
    NamedPolicy::new(name, Document::from_json(json!({"Version": version, "Statement": statements})).unwrap())
}

fn policy(statement: Value) -> PrincipalPolicies {
    PrincipalPolicies { identity: vec![named("p", "2012-10-17", json!([statement]))], boundary: None }
}

fn create() -> Request {
    let request = Request::new(CREATE, SLR).with("iam:AWSServiceName", SERVICE);
    let request = request.with("aws:RequestedRegion", "us-east-1").with("aws:MultiFactorAuthPresent", "false");
    request.with("aws:PrincipalAccount", "111122223333").complete()
}

fn asked(action: &str, resource: &str) -> Request {
    Request::new(action, resource).complete()
}

fn register() -> Request {
    asked("application-autoscaling:RegisterScalableTarget", TARGETS)
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

/// Creating the role, under a condition.
fn only_if(condition: Value) -> PrincipalPolicies {
    let mut statement = allow(CREATE, "*");
    statement["Condition"] = condition;
    policy(statement)
}

fn service_name(value: &str) -> PrincipalPolicies {
    only_if(json!({"StringEquals": {"iam:AWSServiceName": value}}))
}

fn create_on(resource: &str) -> PrincipalPolicies {
    policy(allow(CREATE, resource))
}

type Row = (&'static str, PrincipalPolicies, Request, Option<&'static str>);

fn by_condition() -> Vec<Row> {
    let adds = Some("add ecs.application-autoscaling.amazonaws.com to iam:AWSServiceName");
    let own = Some("add a statement to policy p that allows");
    let namespace = |action: &str| {
        let mut statement = allow(action, "*");
        statement["Condition"] = json!({"StringEquals": {"application-autoscaling:service-namespace": "ecs"}});
        policy(statement)
    };
    let mfa = json!({"StringEquals": {"iam:AWSServiceName": SERVICE}, "Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let region = json!({"StringEquals": {"aws:RequestedRegion": "ap-northeast-2"}});
    let boundary = json!({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/b"}});
    let (describe, tag) = ("application-autoscaling:DescribeScalingPolicies", "application-autoscaling:TagResource");
    vec![
        ("N-1", service_name("cloud9.amazonaws.com"), create(), adds),
        ("N-2", service_name("application-autoscaling.amazonaws.com"), create(), adds),
        ("N-2", service_name("ecs.application-autoscaling.amazonaws.com.cn"), create(), adds),
        ("N-3", service_name("ECS.application-autoscaling.amazonaws.com"), create(), adds),
        ("N-4", service_name("*.application-autoscaling.amazonaws.com"), create(), adds),
        ("N-5", namespace(describe), asked(describe, "*"), own),
        ("N-5", namespace(tag), asked(tag, TARGETS), own),
        ("N-6", only_if(mfa), create(), own),
        ("N-7", only_if(region), create(), own),
        ("N-8", only_if(boundary), create(), own),
    ]
}

fn by_resource() -> Vec<Row> {
    // The ARN beside the others would allow the role for every service that the statement allows.
    let role = Some("add a statement to policy p that allows");
    let (describe, alarm) = ("application-autoscaling:DescribeScalableTargets", "cloudwatch:DeleteAlarms");
    vec![
        ("N-9", create_on("arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/*"), create(), role),
        (
            "N-10",
            create_on(&SLR.replace("aws-service-role/ecs.application-autoscaling.amazonaws.com/", "")),
            create(),
            role,
        ),
        ("N-11", create_on(&SLR.replace("arn:aws:", "arn:aws-cn:")), create(), role),
        ("N-11", create_on(&SLR.replace("111122223333", "444455556666")), create(), role),
        ("N-11", create_on(&SLR.replace("iam::", "iam:eu-west-1:")), create(), role),
        ("N-12", policy(allow(describe, TARGETS)), asked(describe, "*"), Some("add * to Resource")),
        (
            "N-13",
            policy(allow(alarm, &ALARMS.replace('*', "TargetTracking-*"))),
            asked(alarm, ALARMS.trim_end_matches('*')),
            Some("add arn:aws:cloudwatch:eu-west-1:111122223333:alarm:* to Resource"),
        ),
        (
            "N-14",
            policy(allow("application-autoscaling:RegisterScalableTarget", &TARGETS.replace('*', "0ec5"))),
            register(),
            Some("add arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/* to Resource"),
        ),
    ]
}

fn by_action() -> Vec<Row> {
    let own = Some("add a statement to policy p that allows");
    let update = || asked("ecs:UpdateService", SERVICES);
    let not_action = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
    let not_resource = json!({"Effect": "Allow", "Action": CREATE, "NotResource": "arn:aws:iam::*:role/*"});
    vec![
        ("N-15", policy(allow("ecs:UpdateServices", SERVICES)), update(), Some("spell ecs:UpdateServices as ecs:Up")),
        ("N-15", policy(allow("iam:CreateServiceLinkRole", SLR)), create(), own),
        (
            "N-16",
            policy(allow("autoscaling:RegisterScalableTarget", TARGETS)),
            register(),
            Some("add application-autoscaling:RegisterScalableTarget to Action"),
        ),
        ("N-16", policy(allow("applicationautoscaling:*", "*")), register(), own),
        ("N-17", policy(allow("iam:CreateRole*", SLR)), create(), own),
        ("N-17", policy(allow("application-autoscaling:Describe*", "*")), register(), own),
        ("N-18", policy(not_action), create(), own),
        ("N-19", policy(not_resource), create(), own),
    ]
}

/// What stands in another policy, or in none that can be seen.
fn by_place() -> Vec<Row> {
    let all = || allow("*", "*");
    let mut denied = policy(all());
    denied.identity.push(named(
        "fence",
        "2012-10-17",
        json!([{"Effect": "Deny", "Action": "iam:Create*", "Resource": "*"}]),
    ));
    let mut bounded = policy(all());
    bounded.boundary = Some(named("b", "2012-10-17", json!([allow(CREATE, &SLR.replace("aws:iam", "aws-cn:iam"))])));
    let literal = json!([allow("iam:*", "arn:aws:iam::${aws:PrincipalAccount}:role/*")]);
    let literal = PrincipalPolicies { identity: vec![named("p", "2008-10-17", literal)], boundary: None };
    let mut older = PrincipalPolicies { identity: vec![named("p", "2012-10-17", json!([]))], boundary: None };
    older.identity[0].other_versions.push(("v3".to_owned(), named("p", "2012-10-17", json!([all()])).document));
    let mut from_home = create();
    from_home.complete = false;
    let address = only_if(json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}));
    vec![
        ("N-20", denied, create(), Some("except StringNotEquals iam:AWSServiceName ecs.application-autoscaling")),
        ("N-21", bounded, create(), Some("add a statement to permissions boundary b that allows")),
        ("N-22", literal, create(), Some("add a statement to policy p that allows")),
        ("N-23", older, create(), Some("make version v3 of policy p the default")),
        ("N-25", address, from_home, None),
        ("N-26", policy(all()), create(), None),
    ]
}

#[test]
fn each_kind_is_told_by_its_example_with_the_smallest_edit() {
    let (mut told, mut wrong) = (BTreeSet::new(), Vec::new());
    for (kind, policies, request, line) in [by_condition(), by_resource(), by_action(), by_place()].concat() {
        let Findings { near_misses, .. } = find(&policies, &request, &[]);
        let near = &near_misses[0];
        let is_edit = match (line, &near.edit) {
            (Some(line), Some(edit)) => edit.starts_with(line),
            (line, edit) => line.is_none() && edit.is_none(),
        };
        if near.kind.id() != kind || !is_edit {
            wrong.push(format!("{kind} → {}: {:?}, and not {line:?}", near.kind, near.edit));
        }
        told.insert(near.kind);
    }
    assert_eq!(wrong, [""; 0]);
    // N-24: the policy is another principal's.
    let hub = ("role/hub".to_owned(), policy(allow("*", "*")));
    let near = find(&PrincipalPolicies::default(), &create(), &[hub]).near_misses.remove(0);
    assert_eq!((near.kind.id(), near.changes.len()), ("N-24", 0));
    assert!(near.edit.is_some_and(|edit| edit.contains("and not to those of role/hub")));
    told.insert(near.kind);
    assert_eq!(told.into_iter().collect::<Vec<_>>(), Kind::ALL);
}
