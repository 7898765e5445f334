//! Roles with policies, as callers: the founding story and everything that may refuse.

use ecs_scaling::model::names::{AccountId, Region};

use super::*;
use crate::caller::Caller;
use crate::founding::{EXTERNAL_ID, MEMBER_ACCOUNT, POLICY, ROLE, member, search_api};
use crate::seed::DEFAULT_REGION;

pub(super) const ACTION: &str = "iam:CreateServiceLinkedRole";

/// The founding story, and a session of its role.
pub(super) struct Story {
    pub(super) world: World,
    pub(super) account: AccountId,
    pub(super) caller: Caller,
    pub(super) now: Timestamp,
}

impl Story {
    pub(super) fn new() -> Self {
        let (mut world, now) = (World::new(), Timestamp::UNIX_EPOCH);
        world.plant_founding_story(now).unwrap();
        let account = AccountId::new(MEMBER_ACCOUNT);
        let credentials = world.credentials_for_role(&account, ROLE, "ctl").unwrap();
        let region = Region::new(DEFAULT_REGION);
        let caller = Caller::by_key(&credentials.access_key_id, region, &world.cloud, now).unwrap();
        Self { world, account, caller, now }
    }

    /// With a role that may do what these statements say, and with the service-linked role.
    pub(super) fn allowing(statements: Json) -> Self {
        let mut story = Self::new();
        let principal = "ecs.application-autoscaling.amazonaws.com";
        story.admin(AwsService::Iam, "CreateServiceLinkedRole", json!({"AWSServiceName": principal})).unwrap();
        story.set_policy(statements);
        story
    }

    pub(super) fn set_policy(&mut self, statements: Json) {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        self.world.put_role_policy(&self.account, ROLE, POLICY, &document).unwrap();
    }

    /// Calls as the role.
    pub(super) fn call(&mut self, service: AwsService, operation: &str, input: Json) -> Result<Json, AwsError> {
        let input = crate::wire::from_json(input);
        self.world.call(&self.caller, service, operation, input, self.now).map(|value| to_json(&value))
    }

    pub(super) fn admin(&mut self, service: AwsService, operation: &str, input: Json) -> Result<Json, AwsError> {
        self.world.call_as_admin(&member(), service, operation, input, self.now).map(|value| to_json(&value))
    }

    pub(super) fn iam(&mut self, operation: &str, input: Json) -> Result<Json, AwsError> {
        self.call(AwsService::Iam, operation, input)
    }

    pub(super) fn register(&mut self) -> Result<Json, AwsError> {
        let input = with_resource(json!({"MinCapacity": 2, "MaxCapacity": 20}));
        self.call(AwsService::ApplicationAutoScaling, "RegisterScalableTarget", input)
    }

    pub(super) fn put_alarm(&mut self, name: &str, more: Json) -> Result<Json, AwsError> {
        let mut input = json!({
            "AlarmName": name, "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Statistic": "Average",
            "Period": 60, "EvaluationPeriods": 1, "Threshold": 30.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        });
        if let (Some(all), Json::Object(more)) = (input.as_object_mut(), more) {
            all.extend(more);
        }
        self.call(AwsService::CloudWatch, "PutMetricAlarm", input)
    }
}

pub(super) fn with_resource(mut input: Json) -> Json {
    input["ServiceNamespace"] = json!("ecs");
    input["ResourceId"] = json!(search_api().resource_id());
    input["ScalableDimension"] = json!("ecs:service:DesiredCount");
    input
}

pub(super) fn allow(actions: Json, resources: Json) -> Json {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

fn sentence(action: &str, resource: &str, because: &str) -> String {
    format!(
        "User: arn:aws:sts::444455556666:assumed-role/search-test-role/ctl is not authorized to perform: {action} on \
         resource: {resource}{because}"
    )
}

#[test]
fn the_story_ends_well_when_the_value_is_added() {
    // S-015, iam.md §1.1, E-05
    let mut story = Story::new();
    assert_eq!(
        refusal(story.register()),
        ("ValidationException", format!("User is missing the following permissions: {ACTION}"))
    );
    let principal = "ecs.application-autoscaling.amazonaws.com";
    let create = json!({"AWSServiceName": principal});
    let slr = format!(
        "arn:aws:iam::{MEMBER_ACCOUNT}:role/aws-service-role/{principal}/\
         AWSServiceRoleForApplicationAutoScaling_ECSService"
    );
    let because = format!(" because no identity-based policy allows the {ACTION} action");
    assert_eq!(
        refusal(story.iam("CreateServiceLinkedRole", create.clone())),
        ("AccessDeniedException", sentence(ACTION, &slr, &because))
    );
    let mut document = story.world.role_policy(&story.account, ROLE, POLICY).unwrap().clone();
    let values = &mut document["Statement"][2]["Condition"]["StringEquals"]["iam:AWSServiceName"];
    values.as_array_mut().unwrap().push(json!(principal));
    story.world.put_role_policy(&story.account, ROLE, POLICY, &document).unwrap();
    story.register().unwrap();
    assert_eq!(refusal(story.iam("CreateServiceLinkedRole", create)).0, "InvalidInput");
}

#[test]
fn each_kind_of_policy_refuses_in_its_own_words() {
    // E-09, iam.md §1.5
    let action = "cloudwatch:PutMetricAlarm";
    let resource = "arn:aws:cloudwatch:ap-northeast-2:444455556666:alarm:high";
    let everything = || allow(json!("*"), json!("*"));
    let deny = || json!({"Effect": "Deny", "Action": "cloudwatch:Put*", "Resource": "*"});
    let document = |statements: Json| json!({"Version": "2012-10-17", "Statement": statements});
    let other = || document(allow(json!("ecs:*"), json!("*")));
    type Change = Box<dyn Fn(&mut Story)>;
    let boundary =
        |doc: Json| -> Change { Box::new(move |s| drop(s.world.put_boundary(&s.account, ROLE, &doc, s.now).unwrap())) };
    let scp = |doc: Json| -> Change { Box::new(move |s| s.world.add_scp(&s.account, "guard", &doc).unwrap()) };
    let own = |statements: Json| -> Change { Box::new(move |s| s.set_policy(statements.clone())) };
    let none = |kind: &str| format!(" because no {kind} allows the {action} action");
    let explicit = |kind: &str| format!(" with an explicit deny in {kind}");
    for (change, because) in [
        (own(allow(json!("ecs:*"), json!("*"))), none("identity-based policy")),
        (own(json!([everything(), deny()])), explicit("an identity-based policy")),
        (boundary(other()), none("permissions boundary")),
        (boundary(document(json!([everything(), deny()]))), explicit("a permissions boundary")),
        (scp(other()), none("service control policy")),
        (scp(document(deny())), explicit("a service control policy")),
    ] {
        let mut story = Story::allowing(everything());
        story.put_alarm("high", json!({})).unwrap();
        change(&mut story);
        assert_eq!(
            refusal(story.put_alarm("high", json!({}))),
            ("AccessDeniedException", sentence(action, resource, &because))
        );
        story.admin(AwsService::CloudWatch, "DescribeAlarms", json!({})).unwrap();
    }
}

#[test]
fn a_deny_anywhere_wins_and_can_name_its_policy() {
    // E-09, iam.md §1.6
    let mut story = Story::allowing(json!({"Effect": "Deny", "Action": "cloudwatch:*", "Resource": "*"}));
    let none = json!({"Statement": {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}});
    story.world.put_boundary(&story.account, ROLE, &none, story.now).unwrap();
    assert!(refusal(story.put_alarm("high", json!({}))).1.ends_with("an explicit deny in an identity-based policy"));
    story.world.cloud.knobs.denials_name_policies = true;
    let guard = json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}});
    story.world.add_scp(&story.account, "guard", &guard).unwrap();
    let text = refusal(story.put_alarm("high", json!({}))).1;
    let arn = "arn:aws:organizations::444455556666:policy/o-sandbox/service_control_policy/p-guard";
    assert!(text.ends_with(&format!("with an explicit deny in a service control policy: {arn}")), "{text}");
    story.world.clear_scps(&story.account);
    assert!(refusal(story.put_alarm("high", json!({}))).1.ends_with("in an identity-based policy"), "inline: no ARN");
}

#[test]
fn a_register_needs_what_application_auto_scaling_tries() {
    // S-015: the probes, one after the other; and the register itself.
    let register = "application-autoscaling:RegisterScalableTarget";
    let mut story = Story::allowing(allow(json!([register]), json!("*")));
    let all = "ecs:DescribeServices, ecs:UpdateService, cloudwatch:PutMetricAlarm, cloudwatch:DescribeAlarms, \
               cloudwatch:DeleteAlarms";
    assert_eq!(refusal(story.register()).1, format!("User is missing the following permissions: {all}"));
    let cluster = "arn:aws:ecs:ap-northeast-2:444455556666:cluster/B";
    let mut ecs = allow(json!("ecs:*"), json!("arn:aws:ecs:*:*:service/B/*"));
    ecs["Condition"] = json!({"ArnEquals": {"ecs:cluster": cluster}, "Bool": {"aws:ViaAWSService": "true"}}); // E-08
    let narrow = allow(json!("cloudwatch:*"), json!("arn:aws:cloudwatch:*:*:alarm:search-*"));
    story.set_policy(json!([allow(json!(register), json!("*")), ecs, narrow]));
    assert_eq!(
        refusal(story.register()).1,
        "User is missing the following permissions: cloudwatch:PutMetricAlarm, cloudwatch:DescribeAlarms, \
         cloudwatch:DeleteAlarms",
        "the probe names no alarm"
    );
    let wide = allow(json!("cloudwatch:*"), json!("arn:aws:cloudwatch:*:*:alarm:*"));
    story.set_policy(json!([allow(json!(register), json!("*")), ecs, wide]));
    story.register().unwrap();
    story.set_policy(json!([ecs, wide]));
    let (code, text) = refusal(story.register());
    assert_eq!(code, "AccessDeniedException");
    assert!(text.contains(&format!("{register} on resource: arn:aws:application-autoscaling:ap-northeast-2:")));
}

#[test]
fn a_new_role_of_application_auto_scaling_is_not_ready_at_once() {
    // iam.md §1, §6
    let mut story = Story::new();
    story.set_policy(allow(json!("*"), json!("*")));
    story.world.cloud.knobs.role_propagation = std::time::Duration::from_secs(30);
    assert!(refusal(story.register()).1.starts_with("Unable to assume IAM role: arn:aws:iam::444455556666:role/"));
    story.now += SignedDuration::from_secs(30);
    story.register().unwrap();
}

#[test]
fn without_its_role_application_auto_scaling_cannot_show_policies() {
    // iam.md §1
    let mut story = Story::allowing(allow(json!("*"), json!("*")));
    let describe = json!({"ServiceNamespace": "ecs"});
    let aas = AwsService::ApplicationAutoScaling;
    story.register().unwrap();
    story.world.remove_service_linked_role(&story.account).unwrap();
    story.call(aas, "DescribeScalingPolicies", describe.clone()).unwrap();
    story.register().unwrap();
    story.call(aas, "PutScalingPolicy", with_resource(step_policy("out"))).unwrap();
    story.world.remove_service_linked_role(&story.account).unwrap();
    let (code, text) = refusal(story.call(aas, "DescribeScalingPolicies", describe.clone()));
    assert_eq!(code, "FailedResourceAccessException");
    assert!(text.contains("policyName/out due to reason: The security token included in the request is invalid."));
    assert_eq!(
        refusal(story.call(aas, "PutScalingPolicy", with_resource(step_policy("out")))).0,
        "FailedResourceAccessException"
    );
    story.register().unwrap();
    story.call(aas, "DescribeScalingPolicies", describe).unwrap();
}

#[test]
fn an_external_id_opens_the_role_to_the_hub() {
    let mut story = Story::new();
    let hub = scope("111122223333", "us-east-1");
    let arn = format!("arn:aws:iam::{MEMBER_ACCOUNT}:role/{ROLE}");
    let mut assume = |id: &str| {
        let input = json!({"RoleArn": arn, "RoleSessionName": "ctl", "ExternalId": id});
        story.world.call_as_admin(&hub, AwsService::Sts, "AssumeRole", input, story.now)
    };
    assert_eq!(assume("other").unwrap_err().code, "AccessDeniedException");
    assume(EXTERNAL_ID).unwrap();
}
