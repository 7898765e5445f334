use serde_json::{Value, json};

use super::*;
use crate::model::iam::{Decision, Document, NamedPolicy, PrincipalPolicies, Request, evaluate};

const SERVICE: &str = "ecs.application-autoscaling.amazonaws.com";
const SLR: &str = "arn:aws:iam::111122223333:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService";
const TARGETS: &str = "arn:aws:application-autoscaling:eu-west-1:111122223333:scalable-target/*";

fn document(statements: Value) -> Document {
    Document::from_json(json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn policies(statements: Value) -> PrincipalPolicies {
    PrincipalPolicies { identity: vec![NamedPolicy::new("search-policy", document(statements))], boundary: None }
}

fn create_slr() -> Request {
    Request::new("iam:CreateServiceLinkedRole", SLR)
        .with("iam:AWSServiceName", SERVICE)
        .with("aws:RequestedRegion", "us-east-1")
        .with("aws:MultiFactorAuthPresent", "false")
        .complete()
}

fn register() -> Request {
    Request::new("application-autoscaling:RegisterScalableTarget", TARGETS)
        .with("application-autoscaling:service-namespace", "ecs")
        .complete()
}

fn asked(action: &str, resource: &str) -> Request {
    Request::new(action, resource).complete()
}

/// Finds, applies the remedy, and asks again.
fn proved(policies: &PrincipalPolicies, request: &Request) -> Findings {
    let findings = find(policies, request, &[]);
    let changed = apply(policies, &findings.remedy()).unwrap();
    assert_eq!(evaluate(&changed, request).decision, Decision::Allowed, "{findings:#?}");
    findings
}

fn first(statement: Value, request: &Request) -> NearMiss {
    proved(&policies(json!([statement])), request).near_misses.remove(0)
}

fn slr_with(condition: Value) -> Value {
    json!({"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*", "Condition": condition})
}

#[test]
fn the_founding_story_is_told_and_mended() {
    let statement = json!({"Sid": "AllowServiceLinkedRoles", "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole",
        "Resource": "*", "Condition": {"StringEquals": {"iam:AWSServiceName": ["cloud9.amazonaws.com", "ecs.amazonaws.com"]}}});
    let near = first(statement.clone(), &create_slr());
    assert_eq!(near.kind, Kind::ConditionValueMissing);
    assert_eq!(near.place(), "statement \"AllowServiceLinkedRoles\" of policy search-policy");
    assert_eq!(
        near.lacks,
        "iam:AWSServiceName has [cloud9.amazonaws.com, ecs.amazonaws.com], and the request has \
         ecs.application-autoscaling.amazonaws.com"
    );
    assert_eq!(near.edit.as_deref(), Some("add ecs.application-autoscaling.amazonaws.com to iam:AWSServiceName"));
    let mut expected = statement;
    expected["Condition"]["StringEquals"]["iam:AWSServiceName"] =
        json!(["cloud9.amazonaws.com", "ecs.amazonaws.com", SERVICE]);
    assert_eq!(near.edited_statement().unwrap().to_string(), expected.to_string());
    assert_eq!(serde_json::to_value(&near).unwrap()["kind"], "N-1");
}

#[test]
fn each_way_to_miss_by_a_condition_is_told_apart() {
    let kind = |condition: Value| first(slr_with(condition), &create_slr()).kind.id();
    let name = |value: Value| json!({"StringEquals": {"iam:AWSServiceName": value}});
    assert_eq!(kind(name(json!("ecs.amazonaws.com"))), "N-1");
    assert_eq!(kind(name(json!(["application-autoscaling.amazonaws.com"]))), "N-2");
    assert_eq!(kind(name(json!("ecs.application-autoscaling.amazonaws.com.cn"))), "N-2");
    assert_eq!(kind(name(json!("ECS.application-autoscaling.amazonaws.com"))), "N-3");
    assert_eq!(kind(name(json!("*.application-autoscaling.amazonaws.com"))), "N-4");
    assert_eq!(
        kind(json!({"StringEquals": {"iam:AWSServiceName": SERVICE}, "Bool": {"aws:MultiFactorAuthPresent": "true"}})),
        "N-6"
    );
    assert_eq!(
        kind(json!({"StringEquals": {"aws:RequestedRegion": "ap-northeast-2", "iam:AWSServiceName": SERVICE}})),
        "N-7"
    );
    assert_eq!(kind(json!({"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::1:policy/b"}})), "N-8");
    let describe = asked("application-autoscaling:DescribeScalableTargets", "*");
    let statement = json!({"Effect": "Allow", "Action": "application-autoscaling:*", "Resource": "*",
        "Condition": {"StringEquals": {"application-autoscaling:service-namespace": "ecs"}}});
    assert_eq!(first(statement, &describe).kind.id(), "N-5");
}

#[test]
fn each_way_to_miss_by_a_resource_is_told_apart() {
    let kind = |action: &str, resource: Value, request: &Request| {
        first(json!({"Effect": "Allow", "Action": action, "Resource": resource}), request).kind.id()
    };
    let slr = create_slr();
    let create = "iam:CreateServiceLinkedRole";
    assert_eq!(kind(create, json!("arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/*"), &slr), "N-9");
    assert_eq!(
        kind(create, json!("arn:aws:iam::111122223333:role/AWSServiceRoleForApplicationAutoScaling_ECSService"), &slr),
        "N-10"
    );
    assert_eq!(kind(create, json!(SLR.replace("arn:aws:", "arn:aws-cn:")), &slr), "N-11");
    assert_eq!(kind(create, json!(SLR.replace("iam::", "iam:eu-west-1:")), &slr), "N-11");
    let describe = asked("application-autoscaling:DescribeScalableTargets", "*");
    assert_eq!(kind("application-autoscaling:*", json!([TARGETS]), &describe), "N-12");
    let alarm = asked("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:");
    let narrow = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:TargetTracking-*";
    assert_eq!(kind("cloudwatch:PutMetricAlarm", json!(narrow), &alarm), "N-13");
    let id = json!(TARGETS.replace('*', "0ec51example"));
    assert_eq!(kind("application-autoscaling:RegisterScalableTarget", id, &register()), "N-14");
    let hole = json!({"Effect": "Allow", "Action": "iam:*", "NotResource": "arn:aws:iam::*:role/*"});
    assert_eq!(first(hole, &slr).kind.id(), "N-19");
}

#[test]
fn a_probe_without_a_name_is_mended_by_all_names() {
    let alarm = asked("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:");
    let narrow = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:TargetTracking-*";
    let near = first(json!({"Effect": "Allow", "Action": "cloudwatch:PutMetricAlarm", "Resource": narrow}), &alarm);
    let resources = &near.edited_statement().unwrap()["Resource"];
    assert_eq!(*resources, json!([narrow, "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*"]));
}

#[test]
fn each_way_to_miss_by_an_action_is_told_apart() {
    let update = asked("ecs:UpdateService", "arn:aws:ecs:eu-west-1:111122223333:service/B/x");
    let near = |actions: Value, request: &Request| {
        first(json!({"Effect": "Allow", "Action": actions, "Resource": "*"}), request)
    };
    let typo = near(json!(["ecs:DescribeServices", "ecs:UpdateServices"]), &update);
    assert_eq!(typo.kind.id(), "N-15");
    assert_eq!(near(json!("iam:CreateServiceLinkRole"), &create_slr()).kind.id(), "N-15");
    assert_eq!(near(json!("autoscaling:RegisterScalableTarget"), &register()).kind.id(), "N-16");
    assert_eq!(near(json!("applicationautoscaling:*"), &register()).kind.id(), "N-16");
    assert_eq!(near(json!("iam:CreateRole*"), &create_slr()).kind.id(), "N-17");
    assert_eq!(near(json!("application-autoscaling:Describe*"), &register()).kind.id(), "N-17");
    let hole = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
    assert_eq!(first(hole, &create_slr()).kind.id(), "N-18");
}

#[test]
fn passing_a_role_is_told_from_making_a_service_linked_one() {
    let near = first(json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}), &create_slr());
    assert!(near.lacks.contains("iam:PassRole hands a role to a service"), "{}", near.lacks);
}

#[test]
fn what_an_edit_in_place_would_widen_gets_a_statement_of_its_own() {
    let wide = json!({"Effect": "Allow", "Action": "iam:*", "Resource": "*",
        "Condition": {"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}}});
    let near = first(wide, &create_slr());
    assert!(matches!(near.changes[0].edit, Edit::Add { .. }));
    assert_eq!(
        *near.edited_statement().unwrap(),
        json!({"Sid": "EcsScalingCreateServiceLinkedRole", "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole",
            "Resource": SLR, "Condition": {"StringEquals": {"iam:AWSServiceName": SERVICE}}})
    );
}

#[test]
fn an_own_deny_gets_an_exception_that_leaves_all_else_denied() {
    let allow = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let deny = json!({"Sid": "No", "Effect": "Deny", "Action": "iam:Create*", "Resource": "*"});
    let findings = proved(&policies(json!([allow, deny])), &create_slr());
    assert_eq!(findings.near_misses[0].kind.id(), "N-20");
    let condition = json!({"StringNotEquals": {"iam:AWSServiceName": SERVICE}});
    assert_eq!(findings.near_misses[0].edited_statement().unwrap()["Condition"], condition);

    let update = asked("ecs:UpdateService", "arn:aws:ecs:eu-west-1:111122223333:service/B/x");
    let deny = json!({"Effect": "Deny", "Action": ["ecs:UpdateService", "ecs:Delete*"], "Resource": "*"});
    let list = json!([allow, deny]);
    let changed = apply(&policies(list.clone()), &proved(&policies(list), &update).remedy()).unwrap();
    for (action, resource) in [
        ("ecs:UpdateService", "arn:aws:ecs:eu-west-1:111122223333:service/B/y"),
        ("ecs:DeleteService", &update.resource),
    ] {
        assert_eq!(evaluate(&changed, &asked(action, resource)).decision, Decision::ExplicitDeny, "{action}");
    }

    let list_all = asked("application-autoscaling:DescribeScalableTargets", "*");
    let deny = json!({"Effect": "Deny", "Action": list_all.action, "Resource": "*"});
    assert!(matches!(proved(&policies(json!([allow, deny])), &list_all).remedy()[0].edit, Edit::Remove { index: 1 }));

    let deny = json!({"Effect": "Deny", "Action": "ecs:*", "Resource": "*"});
    let findings = find(&policies(json!([allow, deny])), &update, &[]);
    assert_eq!((findings.near_misses[0].kind.id(), findings.remedy().len()), ("N-20", 0));
}

#[test]
fn a_boundary_must_allow_too() {
    let mut principal = policies(json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    let inside = slr_with(json!({"StringEquals": {"iam:AWSServiceName": "ecs.amazonaws.com"}}));
    principal.boundary = Some(NamedPolicy::new("fence", document(json!([inside]))));
    let near = proved(&principal, &create_slr()).near_misses.remove(0);
    assert_eq!((near.kind.id(), near.place().as_str()), ("N-21", "statement 1 of permissions boundary fence"));
    // Both sides at once.
    principal.identity.clear();
    assert_eq!(proved(&principal, &create_slr()).remedy().len(), 2);
    // Nothing can be added to AWS's own.
    let mut aws = NamedPolicy::new("PowerUserAccess", document(json!([])));
    aws.arn = Some("arn:aws:iam::aws:policy/PowerUserAccess".to_owned());
    principal.boundary = Some(aws);
    let findings = find(&principal, &create_slr(), &[]);
    assert_eq!((findings.near_misses[0].kind.id(), findings.remedy().len()), ("N-21", 0));
}

#[test]
fn what_stands_in_the_wrong_document_is_said() {
    let right = json!([slr_with(json!({"StringEquals": {"iam:AWSServiceName": SERVICE}}))]);
    let literal = json!({"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:*",
        "Resource": "arn:aws:iam::111122223333:role/aws-service-role/${iam:AWSServiceName}/*"}]});
    let old = NamedPolicy::new("old", Document::from_json(literal).unwrap());
    let principal = PrincipalPolicies { identity: vec![old], boundary: None };
    assert_eq!(proved(&principal, &create_slr()).near_misses[0].kind.id(), "N-22");

    let mut policy = NamedPolicy::new("managed", document(json!([])));
    policy.arn = Some("arn:aws:iam::111122223333:policy/managed".to_owned());
    policy.other_versions.push(("v3".to_owned(), document(right.clone())));
    let principal = PrincipalPolicies { identity: vec![policy], boundary: None };
    let hub = ("role/hub".to_owned(), policies(right));
    let findings = find(&principal, &create_slr(), &[hub]);
    let kinds: Vec<&str> = findings.near_misses.iter().map(|near| near.kind.id()).collect();
    assert_eq!(kinds, ["N-23", "N-24"]);
    let command =
        "aws iam set-default-policy-version --policy-arn arn:aws:iam::111122223333:policy/managed --version-id v3";
    assert_eq!(findings.near_misses[0].edit.as_deref(), Some(command));
}

#[test]
fn what_cannot_be_decided_or_seen_proposes_nothing() {
    let from_home = slr_with(json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}));
    let mut request = create_slr();
    request.complete = false;
    let findings = find(&policies(json!([from_home])), &request, &[]);
    assert_eq!((findings.near_misses[0].kind.id(), findings.remedy().len()), ("N-25", 0));
    assert_eq!(findings.near_misses[0].lacks, "it depends on [aws:SourceIp], which cannot be seen from here");
    let unclear = json!([{"Effect": "Allow", "Action": "*:*", "Resource": "*"}]);
    let findings = find(&policies(unclear), &create_slr(), &[]);
    assert_eq!((findings.near_misses[0].kind.id(), findings.remedy().len()), ("N-25", 0));
    assert!(findings.near_misses[0].lacks.contains("write actions as SERVICE:NAME"), "{findings:?}");
    let all = policies(json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    assert_eq!(find(&all, &create_slr(), &[]).near_misses[0].kind.id(), "N-26");
}

#[test]
fn with_nothing_near_a_new_statement_is_proposed() {
    let findings = proved(&PrincipalPolicies::default(), &register());
    assert_eq!(findings.near_misses, vec![]);
    let statement = &findings.steps[0].statements()[0];
    let condition = json!({"StringEquals": {"application-autoscaling:service-namespace": "ecs"}});
    assert_eq!((&statement["Resource"], &statement["Condition"]), (&json!(TARGETS), &condition));
    let line = findings.remedy_line().unwrap();
    assert!(line.starts_with("add a statement to the principal's policies that allows"), "{line}");
}

#[test]
fn the_smallest_edit_comes_first() {
    let wide = json!({"Effect": "Allow", "Action": "iam:*", "Resource": "*",
        "Condition": {"StringEquals": {"iam:AWSServiceName": "es.amazonaws.com"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}});
    let short = json!({"Effect": "Allow", "Action": "iam:CreateRole*", "Resource": "*"});
    let close = slr_with(json!({"StringLike": {"iam:AWSServiceName": "ecs.amazonaws.com"}}));
    let findings = proved(&policies(json!([wide, short, close])), &create_slr());
    let order: Vec<_> = findings.near_misses.iter().map(|near| (near.index.unwrap(), near.kind.id())).collect();
    assert_eq!(order, [(2, "N-1"), (1, "N-17"), (0, "N-6")]);
}

mod properties;
