use serde_json::{Value, json};

use super::*;
use crate::model::failure::{AwsService, Effect};
use crate::model::iam::{Document, NamedPolicy};
use crate::model::names::{AccountId, Region, ScopeId, ServiceId};
use crate::model::role::CREATE_SLR_COMMAND;

const SLR: &str = "arn:aws:iam::111122223333:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService";

fn said(message: &str) -> Diagnosis {
    explain(parse("application-autoscaling", "X", None, None, message))
}

fn target() -> TargetKey {
    let scope = ScopeId { account: AccountId::new("111122223333"), region: Region::new("ap-northeast-2") };
    TargetKey { scope, service: ServiceId::new("B", "search-api") }
}

fn founding_policies() -> PrincipalPolicies {
    let json = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Scaling", "Effect": "Allow", "Action": ["application-autoscaling:*", "ecs:*", "cloudwatch:*"], "Resource": "*"},
        {"Sid": "ServiceLinkedRoles", "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*",
            "Condition": {"StringEquals": {"iam:AWSServiceName": ["cloud9.amazonaws.com", "ecs.amazonaws.com"]}}}]});
    let policy = NamedPolicy::new("search-test-policy", Document::from_json(json).unwrap());
    PrincipalPolicies { identity: vec![policy], boundary: None }
}

#[test]
fn the_founding_story_is_told_in_full() {
    let message = format!(
        "User: arn:aws:sts::111122223333:assumed-role/search-test-role/ecs-scaling is not authorized to perform: \
         iam:CreateServiceLinkedRole on resource: {SLR} because no identity-based policy allows the \
         iam:CreateServiceLinkedRole action"
    );
    let reply = parse("iam", "CreateServiceLinkedRole", Some("AccessDenied"), Some(403), &message);
    let (key, policies) = (target(), founding_policies());
    let background = Background {
        caller: None,
        target: Some((&key, Privilege::ReconcileSlr, &Features::new())),
        policies: Some(&policies),
        elsewhere: &[],
    };
    let diagnosis = explain_with(reply, background);
    assert_eq!(diagnosis.subject, Subject::ServiceLinkedRole);
    assert_eq!(diagnosis.who.as_deref(), Some("role search-test-role of account 111122223333"));
    assert_eq!(
        diagnosis.summary,
        format!(
            "role search-test-role of account 111122223333 is not allowed iam:CreateServiceLinkedRole on {SLR}: no \
             identity-based policy allows it; statement \"ServiceLinkedRoles\" of policy search-test-policy: \
             iam:AWSServiceName has [cloud9.amazonaws.com, ecs.amazonaws.com], and the request has \
             ecs.application-autoscaling.amazonaws.com"
        )
    );
    let edit = "In statement \"ServiceLinkedRoles\" of policy search-test-policy: add \
                ecs.application-autoscaling.amazonaws.com to iam:AWSServiceName.";
    assert_eq!(diagnosis.hint, edit, "what to do, once, and nothing else");
    let statement = policies.identity[0].document.json["Statement"][1].clone();
    let mut edited = statement;
    edited["Condition"]["StringEquals"]["iam:AWSServiceName"] =
        json!(["cloud9.amazonaws.com", "ecs.amazonaws.com", "ecs.application-autoscaling.amazonaws.com"]);
    let needed = needs(&key, Privilege::ReconcileSlr, &Features::new());
    assert_eq!(
        diagnosis.fix,
        Fix {
            denied: vec![CREATE_SLR.to_owned()],
            edits: vec![PolicyEdit { edit: edit.to_owned(), edited_statements: vec![edited] }],
            notes: vec![],
            command: Some(CREATE_SLR_COMMAND.to_owned()),
            still_needed: vec!["iam:GetRole".to_owned()],
            needed: needed.iter().map(|need| need.call.action.to_owned()).collect(),
        }
    );
    assert_eq!(diagnosis.suspects, vec![PolicyType::Identity]);
}

#[test]
fn the_reason_less_message_is_explained_from_the_policies() {
    let failure = Failure {
        service: AwsService::ApplicationAutoScaling,
        operation: "RegisterScalableTarget".to_owned(),
        origin: Origin::Service { code: "ValidationException".to_owned(), status: 400 },
        message: "User is missing the following permissions: iam:CreateServiceLinkedRole".to_owned(),
        effect: Effect::No,
        request_id: None,
    };
    let (key, policies) = (target(), founding_policies());
    let background = Background {
        caller: None,
        target: Some((&key, Privilege::Reconcile, &Features::new())),
        policies: Some(&policies),
        elsewhere: &[],
    };
    let diagnosis = diagnose(&failure, background);
    assert_eq!(diagnosis.permissions[0].resource, SLR);
    assert_eq!(
        diagnosis.permissions[0].findings.remedy_line().as_deref(),
        Some("add ecs.application-autoscaling.amazonaws.com to iam:AWSServiceName")
    );
    let alone = diagnose(&failure, Background::default());
    let (denied, command) = (vec![CREATE_SLR.to_owned()], Some(CREATE_SLR_COMMAND.to_owned()));
    assert_eq!(alone.fix, Fix { denied, command, ..Fix::default() });
    assert!(alone.hint.starts_with("Allow iam:CreateServiceLinkedRole in a policy of"), "{}", alone.hint);
    assert_eq!(alone.suspects, UNSEEN);
}

#[test]
fn another_services_role_is_read_from_the_denied_arn() {
    // cloudwatch-auto-alarms#47
    let diagnosis = said(
        "User: arn:aws:iam::111122223333:user/x is not authorized to perform: iam:CreateServiceLinkedRole on resource: \
         arn:aws:iam::111122223333:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForCloudWatchEvents",
    );
    let command = "aws iam create-service-linked-role --aws-service-name events.amazonaws.com";
    assert_eq!(diagnosis.fix.command.as_deref(), Some(command));
    assert!(!diagnosis.hint.contains(crate::model::role::SLR_SERVICE));
}

#[test]
fn no_command_holds_what_only_a_message_says() {
    for service in ["$(reboot).amazonaws.com", "x;reboot", "`id`.amazonaws.com", "--profile.example.com"] {
        let diagnosis = said(&format!(
            "User: arn:aws:iam::111122223333:user/x is not authorized to perform: iam:CreateServiceLinkedRole on resource: \
             arn:aws:iam::111122223333:role/aws-service-role/{service}/X"
        ));
        assert!(!diagnosis.fix.command.unwrap().contains(service));
        assert!(!diagnosis.hint.contains("--aws-service-name"), "{}", diagnosis.hint);
    }
}

#[test]
fn passing_a_role_is_told_from_a_service_linked_role() {
    let diagnosis =
        said("User: arn:aws:iam::111122223333:user/x is not authorized to perform: iam:PassRole on resource: role y");
    assert_eq!(diagnosis.subject, Subject::Permission);
    assert!(diagnosis.hint.contains("a service-linked role is not passed but made"), "{}", diagnosis.hint);
}

#[test]
fn who_cannot_be_edited_gets_other_advice() {
    let diagnosis = said(
        "User: arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/me is not authorized to perform: \
         ecs:UpdateService on resource: * because no identity-based policy allows the ecs:UpdateService action",
    );
    assert!(diagnosis.hint.contains("in the permission set Ops of IAM Identity Center"), "{}", diagnosis.hint);
}

#[test]
fn each_kind_of_policy_has_its_own_hint() {
    let hint = |words: &str| {
        said(&format!("User: arn:aws:iam::1:user/x is not authorized to perform: ecs:A on resource: * {words}")).hint
    };
    for (words, part) in [
        ("with an explicit deny in a service control policy", "Ask those who run the AWS organization"),
        ("with an explicit deny in a resource control policy", "Ask those who run the AWS organization"),
        ("because no permissions boundary allows the ecs:A action", "in the permissions boundary too"),
        ("with an explicit deny in a permissions boundary", "from the Deny in the permissions boundary"),
        ("because no session policy allows the ecs:A action", "handed to AssumeRole"),
        ("because no VPC endpoint policy allows the ecs:A action", "VPC endpoint"),
        (
            "with an explicit deny in a VPC endpoint policy transitively through a service control policy",
            "organization",
        ),
        ("because no resource-based policy allows the ecs:A action", "resource's own policy"),
        ("with an explicit deny in an identity-based policy", "Find the Deny"),
        ("", "one of these refuses unseen: service control policy (SCP)"),
        (
            "with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
            "under quarantine",
        ),
    ] {
        assert!(hint(words).contains(part), "{words}: {}", hint(words));
    }
}

#[test]
fn every_observed_reply_has_a_summary_and_a_hint() {
    for line in include_str!("../../../tests/data/iam-errors.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str();
        let reply =
            parse(text("service").unwrap(), text("operation").unwrap(), text("code"), None, text("message").unwrap());
        let diagnosis = explain(reply);
        let is_known = diagnosis.reply.kind != ReplyKind::NotPermission;
        assert_eq!(is_known, diagnosis.hint != "See AWS's message.", "{line}");
        let shown = serde_json::to_value(&diagnosis).unwrap();
        assert_eq!(shown["kind"], row["expect"]["kind"]);
        assert!(shown["summary"].is_string() && shown["hint"].is_string() && shown.get("policyType").is_some());
    }
}

#[test]
fn what_is_allowed_here_and_denied_there_makes_the_unseen_suspect() {
    let json = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let policy = NamedPolicy::new("admin", Document::from_json(json).unwrap());
    let policies = PrincipalPolicies { identity: vec![policy], boundary: None };
    let message = "User is missing the following permissions: cloudwatch:PutMetricAlarm";
    let reply = parse("application-autoscaling", "RegisterScalableTarget", None, None, message);
    let key = target();
    let background = Background {
        caller: None,
        target: Some((&key, Privilege::Reconcile, &Features::new())),
        policies: Some(&policies),
        elsewhere: &[],
    };
    let diagnosis = explain_with(reply, background);
    assert_eq!(diagnosis.suspects, UNSEEN);
    assert!(diagnosis.summary.contains("none of which can be seen from here"), "{}", diagnosis.summary);
}

#[test]
fn nothing_of_a_message_reaches_a_terminal_as_it_is() {
    let diagnosis =
        said("User: arn:aws:iam::1:user/\u{1b}]0;x\u{7} is not authorized to perform: ecs:A on resource: \u{1b}[2J");
    let shown = serde_json::to_string(&diagnosis).unwrap();
    assert!(!format!("{}{}{shown}", diagnosis.summary, diagnosis.hint).chars().any(char::is_control));
}

#[test]
fn each_suspect_is_named_where_nothing_else_is_to_blame_and_by_itself_where_aws_names_it() {
    let words = [
        ("service control policy", PolicyType::Scp),
        ("resource control policy", PolicyType::Rcp),
        ("session policy", PolicyType::Session),
        ("VPC endpoint policy", PolicyType::VpcEndpoint),
    ];
    assert_eq!(words.map(|(_, policy)| policy), UNSEEN);
    let everything = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let admin = NamedPolicy::new("admin", Document::from_json(everything).unwrap());
    let policies = PrincipalPolicies { identity: vec![admin], boundary: None };
    let key = target();
    let features = Features::new();
    let target = Some((&key, Privilege::Reconcile, &features));
    let background = Background { target, policies: Some(&policies), ..Background::default() };
    let refused = |reason: &str| {
        let denied = "User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: \
                      cloudwatch:PutMetricAlarm on resource: arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:a";
        explain_with(parse("cloudwatch", "PutMetricAlarm", None, None, &format!("{denied}{reason}")), background)
    };
    let unnamed = refused("");
    assert_eq!(unnamed.suspects, UNSEEN);
    assert!(
        unnamed.hint.starts_with("Look for one that refuses") && !unnamed.hint.contains("Allow"),
        "{}",
        unnamed.hint
    );
    assert_eq!((&unnamed.fix.edits, &unnamed.fix.still_needed), (&vec![], &vec![]));
    for (name, policy) in words {
        assert!(unnamed.hint.contains(name), "{name}: {}", unnamed.hint);
        assert_eq!(refused(&format!(" with an explicit deny in a {name}")).suspects, [policy]);
    }
}

#[test]
fn an_edit_that_the_organization_overrules_is_shown_beside_its_refusal() {
    let message = format!(
        "User: arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/me is not authorized to perform: \
         iam:CreateServiceLinkedRole on resource: {SLR} with an explicit deny in a service control policy"
    );
    let (key, policies) = (target(), founding_policies());
    let features = Features::new();
    let target = Some((&key, Privilege::ReconcileSlr, &features));
    let background = Background { target, policies: Some(&policies), ..Background::default() };
    let diagnosis = explain_with(parse("iam", "CreateServiceLinkedRole", None, None, &message), background);
    assert_eq!(diagnosis.hint, diagnosis.fix.edits[0].edit);
    let [who, overruled] = diagnosis.fix.notes.as_slice() else { panic!("{:?}", diagnosis.fix.notes) };
    assert!(who.starts_with("The edit is made in the permission set Ops of IAM Identity Center"), "{who}");
    assert!(overruled.starts_with("Ask those who run the AWS organization"), "{overruled}");
}
