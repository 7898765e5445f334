//! IAM's own operations: policies and where they stand.

use super::story::{Story, allow};
use super::*;

const ROLE: &str = "search-test-role";
const SLR: &str = "AWSServiceRoleForApplicationAutoScaling_ECSService";

fn document(statement: Json) -> String {
    json!({"Version": "2012-10-17", "Statement": statement}).to_string()
}

fn everything() -> String {
    document(allow(json!("*"), json!("*")))
}

/// A story whose role may do everything.
fn story() -> Story {
    Story::allowing(allow(json!("*"), json!("*")))
}

#[test]
fn inline_policies_are_put_listed_read_and_deleted() {
    let mut story = story();
    let put = json!({"RoleName": ROLE, "PolicyName": "more", "PolicyDocument": everything()});
    story.iam("PutRolePolicy", put).unwrap();
    let first = story.iam("ListRolePolicies", json!({"RoleName": ROLE, "MaxItems": 1})).unwrap();
    assert_eq!((&first["PolicyNames"], &first["IsTruncated"]), (&json!(["more"]), &json!(true)));
    let second = story.iam("ListRolePolicies", json!({"RoleName": ROLE, "Marker": first["Marker"]})).unwrap();
    assert_eq!((&second["PolicyNames"], &second["IsTruncated"]), (&json!(["search-ecs"]), &json!(false)));
    let one = json!({"RoleName": ROLE, "PolicyName": "more"});
    let read = story.iam("GetRolePolicy", one.clone()).unwrap();
    let decoded = ecs_scaling::model::iam::Document::parse(read["PolicyDocument"].as_str().unwrap()).unwrap(); // E-01
    assert_eq!(decoded.json.to_string(), everything());
    story.iam("DeleteRolePolicy", one.clone()).unwrap();
    assert_eq!(
        refusal(story.iam("GetRolePolicy", one)),
        ("NoSuchEntity", "The role policy with name more cannot be found.".into())
    );
}

#[test]
fn a_policy_that_iam_would_not_take_is_refused() {
    // E-02
    let mut story = story();
    let mut put = |text: String| {
        let input = json!({"RoleName": ROLE, "PolicyName": "bad", "PolicyDocument": text});
        story.iam("PutRolePolicy", input).map_err(|error| error.code)
    };
    let lower = json!({"Effect": "allow", "Action": "*", "Resource": "*"});
    assert_eq!(put(document(lower)), Err("MalformedPolicyDocument"));
    assert_eq!(put("not json".into()), Err("MalformedPolicyDocument"));
    let long = vec!["arn:aws:iam::444455556666:role/a-role-of-some-length"; 250];
    assert_eq!(put(document(allow(json!("*"), json!(long)))), Err("LimitExceeded"));
    assert!(put(format!("{}{}", everything(), " ".repeat(20_000))).is_ok(), "white space is not counted");
}

#[test]
fn the_default_version_of_an_attached_policy_counts() {
    // E-09
    let mut story = Story::allowing(allow(json!("iam:*"), json!("*")));
    let arn = "arn:aws:iam::444455556666:policy/alarms";
    let create = json!({"PolicyName": "alarms", "PolicyDocument": document(allow(json!("ecs:*"), json!("*")))});
    assert_eq!(story.iam("CreatePolicy", create.clone()).unwrap()["Policy"]["Arn"], arn);
    assert_eq!(refusal(story.iam("CreatePolicy", create)).0, "EntityAlreadyExists");
    story.iam("AttachRolePolicy", json!({"RoleName": ROLE, "PolicyArn": arn})).unwrap();
    let version = json!({"PolicyArn": arn, "PolicyDocument": everything()});
    let made = story.iam("CreatePolicyVersion", version).unwrap();
    assert_eq!(made["PolicyVersion"]["VersionId"], "v2");
    let describe = |story: &mut Story| story.call(AwsService::CloudWatch, "DescribeAlarms", json!({}));
    assert!(describe(&mut story).is_err());
    story.iam("SetDefaultPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v2"})).unwrap();
    describe(&mut story).unwrap();
    let policy = story.iam("GetPolicy", json!({"PolicyArn": arn})).unwrap()["Policy"].clone();
    assert_eq!((&policy["DefaultVersionId"], &policy["AttachmentCount"]), (&json!("v2"), &json!(1)));
    let read = story.iam("GetPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v1"})).unwrap();
    assert_eq!(read["PolicyVersion"]["IsDefaultVersion"], false);
    assert!(read["PolicyVersion"]["Document"].as_str().unwrap().contains("ecs%3A%2A"), "E-01");
    let attached = story.iam("ListAttachedRolePolicies", json!({"RoleName": ROLE})).unwrap();
    assert_eq!(attached["AttachedPolicies"], json!([{"PolicyName": "alarms", "PolicyArn": arn}]));
    story.iam("DetachRolePolicy", json!({"RoleName": ROLE, "PolicyArn": arn})).unwrap();
    assert!(describe(&mut story).is_err());
}

#[test]
fn a_policy_has_five_versions_at_most() {
    let mut story = story();
    let create = json!({"PolicyName": "p", "PolicyDocument": everything()});
    let arn = story.iam("CreatePolicy", create).unwrap()["Policy"]["Arn"].clone();
    let version = json!({"PolicyArn": arn, "PolicyDocument": everything(), "SetAsDefault": true});
    for _ in 0..4 {
        story.iam("CreatePolicyVersion", version.clone()).unwrap();
    }
    assert_eq!(refusal(story.iam("CreatePolicyVersion", version.clone())).0, "LimitExceeded");
    let delete = |id: &str| json!({"PolicyArn": arn, "VersionId": id});
    assert_eq!(refusal(story.iam("DeletePolicyVersion", delete("v5"))).0, "DeleteConflict");
    story.iam("DeletePolicyVersion", delete("v1")).unwrap();
    story.iam("CreatePolicyVersion", version).unwrap();
    let listed = story.iam("ListPolicyVersions", json!({"PolicyArn": arn})).unwrap();
    let ids: Vec<&Json> = listed["Versions"].as_array().unwrap().iter().map(|v| &v["VersionId"]).collect();
    assert_eq!(ids, ["v6", "v5", "v4", "v3", "v2"]);
    assert_eq!(refusal(story.iam("GetPolicyVersion", delete("v1"))).0, "NoSuchEntity");
}

#[test]
fn a_boundary_is_shown_with_its_role_and_trust_can_be_changed() {
    let mut story = story();
    let boundary = json!({"Statement": allow(json!("*"), json!("*"))});
    let arn = story.world.put_boundary(&story.account, ROLE, &boundary, story.now).unwrap();
    let trust = document(json!({"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "sts:AssumeRole"}));
    story.iam("UpdateAssumeRolePolicy", json!({"RoleName": ROLE, "PolicyDocument": trust})).unwrap();
    let role = story.iam("GetRole", json!({"RoleName": ROLE})).unwrap()["Role"].clone();
    assert_eq!(role["PermissionsBoundary"]["PermissionsBoundaryArn"], json!(arn));
    assert!(role["AssumeRolePolicyDocument"].as_str().unwrap().contains("999988887777"));
    story.iam("DeleteRolePermissionsBoundary", json!({"RoleName": ROLE})).unwrap();
    let role = story.iam("GetRole", json!({"RoleName": ROLE})).unwrap()["Role"].clone();
    assert!(role.get("PermissionsBoundary").is_none());
}

#[test]
fn the_service_linked_role_is_aws_s_to_change_and_goes_when_nothing_uses_it() {
    // iam.md §2
    let mut story = story();
    let put = json!({"RoleName": SLR, "PolicyName": "p", "PolicyDocument": everything()});
    assert_eq!(refusal(story.iam("PutRolePolicy", put)).0, "UnmodifiableEntity");
    let status = |story: &mut Story| {
        let task = story.iam("DeleteServiceLinkedRole", json!({"RoleName": SLR})).unwrap();
        story.iam("GetServiceLinkedRoleDeletionStatus", task).unwrap()
    };
    story.register().unwrap();
    let failed = status(&mut story);
    assert_eq!(failed["Status"], "FAILED");
    assert_eq!(failed["Reason"]["RoleUsageList"][0]["Region"], "ap-northeast-2");
    let target = super::story::with_resource(json!({}));
    story.call(AwsService::ApplicationAutoScaling, "DeregisterScalableTarget", target).unwrap();
    assert_eq!(status(&mut story)["Status"], "SUCCEEDED");
    assert_eq!(refusal(story.iam("GetRole", json!({"RoleName": SLR}))).0, "NoSuchEntity");
}
