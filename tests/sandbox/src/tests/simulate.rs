//! SimulatePrincipalPolicy (iam.md §4).

use super::story::{ACTION, Story, allow};
use super::*;

const ROLE_ARN: &str = "arn:aws:iam::444455556666:role/search-test-role";

/// The one result for the action of the founding story.
fn simulate(story: &mut Story, more: Json) -> Json {
    let mut input = json!({"PolicySourceArn": ROLE_ARN, "ActionNames": [ACTION]});
    if let (Some(all), Json::Object(more)) = (input.as_object_mut(), more) {
        all.extend(more);
    }
    story.iam("SimulatePrincipalPolicy", input).unwrap()["EvaluationResults"][0].clone()
}

fn service(name: &str) -> Json {
    json!([{"ContextKeyName": "IAM:awsservicename", "ContextKeyValues": [name], "ContextKeyType": "string"}])
}

#[test]
fn the_fix_can_be_tried_before_it_is_made() {
    let mut story = Story::new();
    let context = service("ecs.application-autoscaling.amazonaws.com");
    let denied = simulate(&mut story, json!({"ContextEntries": context}));
    assert_eq!((&denied["EvalDecision"], &denied["MissingContextValues"]), (&json!("implicitDeny"), &json!([])));
    let fix = json!({"Statement": allow(json!(ACTION), json!("*"))}).to_string();
    let allowed = simulate(&mut story, json!({"ContextEntries": context, "PolicyInputList": [fix]}));
    assert_eq!(allowed["EvalDecision"], "allowed");
    assert_eq!(
        allowed["MatchedStatements"],
        json!([{"SourcePolicyId": "PolicyInputList.1", "SourcePolicyType": "none"}])
    );
    let other = simulate(&mut story, json!({"ContextEntries": service("ecs.amazonaws.com")}));
    assert_eq!(other["MatchedStatements"][0]["SourcePolicyId"], "role_search-test-role_search-ecs");
}

#[test]
fn a_key_that_is_not_sent_is_missing_and_not_filled_in() {
    let mut story = Story::new();
    let result = simulate(&mut story, json!({}));
    assert_eq!(
        (&result["EvalDecision"], &result["MissingContextValues"]),
        (&json!("implicitDeny"), &json!(["iam:AWSServiceName"]))
    );
    let result = simulate(&mut story, json!({"ResourceArns": ["arn:aws:iam::444455556666:role/x"]}));
    assert_eq!(result["MissingContextValues"], json!([]));
    assert_eq!(result["ResourceSpecificResults"][0]["MissingContextValues"], json!(["iam:AWSServiceName"]));
}

#[test]
fn an_explicit_deny_shows_only_the_deny_and_a_boundary_is_told_apart() {
    // E-09
    let deny = json!({"Effect": "Deny", "Action": ACTION, "Resource": "*"});
    let mut story = Story::allowing(json!([allow(json!("*"), json!("*")), deny]));
    let result = simulate(&mut story, json!({}));
    assert_eq!(result["EvalDecision"], "explicitDeny");
    assert_eq!(result["MatchedStatements"].as_array().unwrap().len(), 1);
    story.set_policy(allow(json!("*"), json!("*")));
    let boundary = json!({"Statement": allow(json!("iam:Sim*"), json!("*"))});
    story.world.put_boundary(&story.account, "search-test-role", &boundary, story.now).unwrap();
    let result = simulate(&mut story, json!({}));
    assert_eq!(result["EvalDecision"], "implicitDeny");
    assert_eq!(result["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"], false);
    assert!(result.get("OrganizationsDecisionDetail").is_none(), "outside of an organization");
    let wider = json!({"Statement": allow(json!("*"), json!("*"))}).to_string();
    let result = simulate(&mut story, json!({"PermissionsBoundaryPolicyInputList": [wider]}));
    assert_eq!(result["EvalDecision"], "allowed");
    let guard = json!({"Statement": {"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}});
    story.world.add_scp(&story.account, "guard", &guard).unwrap();
    let result = simulate(&mut story, json!({"ActionNames": ["ecs:UpdateService"]}));
    assert_eq!(result["OrganizationsDecisionDetail"]["AllowedByOrganizations"], false);
}

#[test]
fn actions_and_resources_are_crossed_and_paged() {
    let mut story = Story::allowing(allow(json!("*"), json!("arn:aws:iam::*:role/a")));
    let mut input = json!({
        "PolicySourceArn": ROLE_ARN, "ActionNames": ["iam:GetRole", "iam:PutRolePolicy"], "MaxItems": 3,
        "ResourceArns": ["arn:aws:iam::444455556666:role/a", "arn:aws:iam::444455556666:role/b"],
    });
    story.set_policy(json!([
        allow(json!("*"), json!("arn:aws:iam::*:role/a")),
        allow(json!("iam:SimulatePrincipalPolicy"), json!(ROLE_ARN)),
    ]));
    let first = story.iam("SimulatePrincipalPolicy", input.clone()).unwrap();
    input["Marker"] = first["Marker"].clone();
    let second = story.iam("SimulatePrincipalPolicy", input).unwrap();
    let results = [&first, &second].map(|page| page["EvaluationResults"].as_array().unwrap().clone()).concat();
    let decisions: Vec<&Json> = results.iter().map(|result| &result["EvalDecision"]).collect();
    assert_eq!(decisions, ["allowed", "implicitDeny", "allowed", "implicitDeny"]);
    assert_eq!((&first["IsTruncated"], &second["IsTruncated"]), (&json!(true), &json!(false)));
}

#[test]
fn sessions_and_nonsense_are_refused() {
    let mut story = Story::new();
    let mut ask = |arn: &str, action: &str| {
        let input = json!({"PolicySourceArn": arn, "ActionNames": [action]});
        refusal(story.iam("SimulatePrincipalPolicy", input))
    };
    let session = "arn:aws:sts::444455556666:assumed-role/search-test-role/ctl";
    assert_eq!(
        ask(session, "iam:GetRole"),
        ("InvalidInput", format!("Invalid Entity Arn: {session} does not clearly define entity type and name."))
    );
    assert_eq!(ask("search-test-role", "iam:GetRole").0, "InvalidInput");
    assert_eq!(ask("arn:aws:iam::444455556666:role/none", "iam:GetRole").0, "NoSuchEntity");
    assert_eq!(ask(ROLE_ARN, "GetRole"), ("InvalidInput", "Invalid Input Actions: [GetRole]".to_owned()));
    let mut story = Story::allowing(allow(json!("ecs:*"), json!("*")));
    let input = json!({"PolicySourceArn": ROLE_ARN, "ActionNames": ["iam:GetRole"]});
    let (_, text) = refusal(story.iam("SimulatePrincipalPolicy", input));
    assert!(text.contains(&format!("iam:SimulatePrincipalPolicy on resource: {ROLE_ARN} because")), "{text}");
}

#[test]
fn too_many_simulations_are_throttled() {
    let mut story = Story::new();
    story.world.enforce_limits(true);
    let input = json!({"PolicySourceArn": ROLE_ARN, "ActionNames": ["iam:GetRole"]});
    let refused = (0..200).find_map(|_| story.iam("SimulatePrincipalPolicy", input.clone()).err()).unwrap();
    assert_eq!((refused.code, refused.message.as_str()), ("Throttling", "Rate exceeded"));
}
