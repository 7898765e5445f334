//! `doctor`, `explain` and `iam-policy` as processes.

use ecs_scaling::diagnose::least_privilege::own_policy_statements;
use ecs_scaling_sandbox::founding::{POLICY, ROLE, STATEMENT};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::member::{ROLE_ARN, founding_objects, member_account};
use crate::process::{Done, Sandbox, run};

/// The founding story, served, and its objects in a file.
fn doctor(sandbox: &Sandbox, output: &str) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("objects.yaml");
    std::fs::write(&file, founding_objects()).unwrap();
    sandbox.run(&["doctor", "--config", file.to_str().unwrap(), "--owner", "it", "-o", output])
}

fn founding() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.world.world().plant_founding_story(Timestamp::now()).unwrap();
    sandbox
}

fn action<'a>(report: &'a Value, name: &str) -> &'a Value {
    let actions = report["accounts"][0]["actions"].as_array().unwrap();
    actions.iter().find(|action| action["action"] == name).unwrap_or_else(|| panic!("no {name}: {report}"))
}

#[test]
fn doctor_finds_the_founding_storys_cause_before_anything_is_tried() {
    let sandbox = founding();
    let done = doctor(&sandbox, "json");
    assert_eq!(done.code, Some(3), "{}", done.transcript());
    let report = done.json();
    let account = &report["accounts"][0];
    assert_eq!((&account["accountId"], &account["serviceLinkedRole"]), (&json!("444455556666"), &json!("absent")));
    assert!(account["principal"].as_str().unwrap().contains(ROLE), "{report}");
    let create = action(&report, "iam:CreateServiceLinkedRole");
    assert_eq!((&create["decision"], &create["by"]), (&json!("denied"), &json!("simulator")));
    let lacks = create["lacks"].as_str().unwrap();
    assert!(lacks.contains(POLICY) && lacks.contains(STATEMENT) && lacks.contains("cloud9.amazonaws.com"), "{lacks}");
    assert!(create["edit"].as_str().unwrap().starts_with("add ecs.application-autoscaling.amazonaws.com"), "{create}");
    assert_eq!(create["statements"][0]["Sid"], STATEMENT);
    let denied = account["actions"].as_array().unwrap().iter().filter(|action| action["decision"] != "allowed");
    assert_eq!(denied.count(), 1, "{report}");
    let text = doctor(&sandbox, "text");
    assert_eq!(text.code, Some(3));
    for fact in ["denied    iam:CreateServiceLinkedRole", STATEMENT, "→ add ecs.application-autoscaling", "absent"] {
        assert!(text.out.contains(fact), "{fact}: {}", text.out);
    }
    assert!(!(text.out + &text.err + &done.out).contains("ASIA"), "no access key is shown");
    let world = sandbox.world.world();
    assert!(world.counters().writes().iter().all(|record| record.call.operation == "AssumeRole"), "it only looks");
}

#[test]
fn doctor_says_what_it_can_where_it_may_neither_simulate_nor_read_policies() {
    let sandbox = founding();
    let mut document = sandbox.world.world().role_policy(&member_account(), ROLE, POLICY).unwrap().clone();
    let statements = document["Statement"].as_array_mut().unwrap();
    statements.retain(|statement| statement["Sid"] != "AllowReadingIam");
    sandbox.world.world().put_role_policy(&member_account(), ROLE, POLICY, &document).unwrap();
    let done = doctor(&sandbox, "json");
    let report = done.json();
    let account = &report["accounts"][0];
    assert_eq!(account["serviceLinkedRole"], "unknown");
    assert!(!account["unread"].as_array().unwrap().is_empty(), "{report}");
    let create = action(&report, "iam:CreateServiceLinkedRole");
    assert_eq!((&create["decision"], &create["by"]), (&json!("unknown"), &Value::Null));
    let text = doctor(&sandbox, "text").out;
    assert!(text.contains(ROLE) && text.contains("not read") && text.contains("unknown"), "{text}");
}

#[test]
fn doctor_is_content_where_nothing_is_missing() {
    let sandbox = founding();
    let everything = json!({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}
    });
    sandbox.world.world().put_role_policy(&member_account(), ROLE, POLICY, &everything).unwrap();
    let done = doctor(&sandbox, "json");
    assert_eq!(done.code, Some(0), "{}", done.transcript());
}

#[test]
fn explain_gives_the_fields_of_the_corpus_and_a_hint() {
    let message = "User: arn:aws:sts::444455556666:assumed-role/search-test-role/me is not authorized to perform: \
                   iam:CreateServiceLinkedRole on resource: arn:aws:iam::444455556666:role/aws-service-role/\
                   ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService \
                   because no identity-based policy allows the iam:CreateServiceLinkedRole action";
    let json = run(&["explain", "--service", "iam", "--code", "AccessDenied", "-o", "json", message]).json();
    let mut fields: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let mut expected = vec![
        "apiVersion",
        "kind",
        "principal",
        "action",
        "resource",
        "policyType",
        "explicitDeny",
        "missingPermissions",
        "roleArn",
        "policyArn",
        "transitivePolicyType",
        "authorizationId",
        "encodedMessage",
        "nestedCode",
        "summary",
        "hint",
        "command",
    ];
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!((&json["action"], &json["explicitDeny"]), (&json!("iam:CreateServiceLinkedRole"), &json!(false)));
    assert_eq!(json["principal"], "arn:aws:sts::444455556666:assumed-role/search-test-role/me");
    assert_eq!(json["roleArn"], Value::Null);
    assert!(json["hint"].as_str().unwrap().contains("ecs.application-autoscaling.amazonaws.com"));
}

#[test]
fn explain_evaluates_policies_offline_and_gives_the_edited_statement() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("search-ecs.json");
    let founding = founding();
    let document = founding.world.world().role_policy(&member_account(), ROLE, POLICY).unwrap().clone();
    std::fs::write(&file, document.to_string()).unwrap();
    let path = file.to_str().unwrap();
    let service = "iam:AWSServiceName=ecs.application-autoscaling.amazonaws.com";
    let arn = "arn:aws:iam::444455556666:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/\
               AWSServiceRoleForApplicationAutoScaling_ECSService";
    let ask = |path: &str| {
        run(&[
            "explain",
            "--policy",
            path,
            "--action",
            "iam:CreateServiceLinkedRole",
            "--resource",
            arn,
            "--context",
            service,
            "-o",
            "json",
        ])
    };
    let json = ask(path).json();
    assert_eq!(json["apiVersion"], "ecs-scaling.dev/v1alpha1");
    assert_eq!(json["decision"], "implicitDeny");
    let near = &json["nearMisses"][0];
    for field in ["kind", "sid", "index", "lacks", "edit", "editedStatement"] {
        assert!(!near[field].is_null(), "{field}: {near}");
    }
    assert_eq!((&near["kind"], &near["sid"], &near["index"]), (&json!("N-1"), &json!(STATEMENT), &json!(2)));
    let mut edited = document;
    edited["Statement"][2] = near["editedStatement"].clone();
    std::fs::write(&file, edited.to_string()).unwrap();
    let allowed = ask(path);
    assert_eq!((allowed.json()["decision"].clone(), allowed.code), (json!("allowed"), Some(0)));
}

#[test]
fn iam_policy_prints_one_document_for_the_objects_of_an_account() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("objects.yaml");
    std::fs::write(&file, founding_objects()).unwrap();
    let mut sizes = Vec::new();
    for mode in ["read-only", "reconcile", "reconcile-slr"] {
        let done = run(&["iam-policy", "--mode", mode, "--config", file.to_str().unwrap()]);
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
        let document = done.json();
        let own = own_policy_statements(ROLE_ARN).unwrap();
        assert!(document["Statement"].as_array().unwrap().ends_with(&own), "{document}");
        assert_eq!(document["Version"], "2012-10-17");
        let text = document.to_string();
        assert!(text.contains("arn:aws:ecs:ap-northeast-2:444455556666:service/B/*"), "{text}");
        assert!(!text.contains("iam:PassRole") && !text.contains("sns:"), "{text}");
        let actions = document["Statement"].as_array().unwrap().iter();
        sizes.push(actions.map(|statement| statement["Action"].as_array().unwrap().len()).sum::<usize>());
    }
    assert_eq!(sizes, [9 + 7, 19 + 7, 20 + 7], "with what reads the role's own policies");
}

#[test]
fn iam_policy_scopes_what_explains_denials_to_the_role_or_says_that_it_is_left_out() {
    let of = |arguments: &[&str]| run(&[&["iam-policy", "--mode", "read-only"], arguments].concat());
    let has_own = |done: &Done| done.out.contains("iam:SimulatePrincipalPolicy");
    let unknown = of(&[]);
    assert_eq!((unknown.code, has_own(&unknown)), (Some(0), false));
    assert!(unknown.err.contains("left out") && unknown.err.contains("--role-arn"), "{}", unknown.err);
    let known = of(&["--role-arn", ROLE_ARN]);
    assert_eq!((has_own(&known), known.err.as_str()), (true, ""));
    for without in [vec!["--no-explain-denials"], vec!["--role-arn", ROLE_ARN, "--no-explain-denials"]] {
        let done = of(&without);
        assert_eq!((done.code, has_own(&done), done.err.as_str()), (Some(0), false, ""), "{without:?}");
    }
    let last_counts = of(&["--no-explain-denials", "--explain-denials", "--role-arn", ROLE_ARN]);
    assert!(has_own(&last_counts));
    let session = of(&["--role-arn", "arn:aws:sts::444455556666:assumed-role/search-test-role/me"]);
    assert_eq!(session.code, Some(64), "{}", session.transcript());
    assert!(session.err.contains("arn:PARTITION:iam::ACCOUNT:role/PATH/NAME"), "{}", session.err);
}
