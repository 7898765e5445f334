//! On which resource and with which context keys each operation is authorised (iam.md §3).

use super::story::{Story, allow, with_resource};
use super::*;

const AAS: AwsService = AwsService::ApplicationAutoScaling;

fn conditioned(actions: Json, condition: Json) -> Json {
    let mut statement = allow(actions, json!("*"));
    statement["Condition"] = condition;
    statement
}

#[test]
fn describes_know_only_the_star_and_no_namespace() {
    let describe = json!({"ServiceNamespace": "ecs"});
    let action = json!("application-autoscaling:Describe*");
    let namespace = json!({"StringEquals": {"application-autoscaling:service-namespace": "ecs"}});
    for (statement, allowed) in [
        (allow(action.clone(), json!("*")), true),
        (allow(action.clone(), json!("arn:aws:application-autoscaling:*:*:scalable-target/*")), false),
        (conditioned(action, namespace), false),
    ] {
        let mut story = Story::allowing(statement.clone());
        for operation in [
            "DescribeScalableTargets",
            "DescribeScalingPolicies",
            "DescribeScheduledActions",
            "DescribeScalingActivities",
        ] {
            let result = story.call(AAS, operation, describe.clone());
            assert_eq!(result.is_ok(), allowed, "{operation} with {statement}");
        }
    }
}

#[test]
fn writes_are_on_the_target_with_its_namespace_and_dimension() {
    let keys = json!({"StringEquals": {
        "application-autoscaling:service-namespace": "ecs",
        "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
    }});
    let probes = allow(json!(["ecs:*", "cloudwatch:*"]), json!("*"));
    let mut story = Story::allowing(json!([conditioned(json!("application-autoscaling:*"), keys), probes]));
    let arn = story.register().unwrap()["ScalableTargetARN"].clone();
    story.call(AAS, "PutScalingPolicy", with_resource(step_policy("out"))).unwrap();
    let tag = json!({"ResourceARN": arn, "Tags": {"k": "v"}});
    let (_, text) = refusal(story.call(AAS, "TagResource", tag));
    assert!(text.contains(&format!("application-autoscaling:TagResource on resource: {}", arn.as_str().unwrap())));
    let other =
        allow(json!("application-autoscaling:*"), json!("arn:aws:application-autoscaling:*:*:scalable-target/0ec5"));
    story.set_policy(json!([other, allow(json!(["ecs:*", "cloudwatch:*"]), json!("*"))]));
    assert_eq!(refusal(story.register()).0, "AccessDeniedException", "another target's id");
}

#[test]
fn tags_need_a_permission_and_are_looked_at() {
    // S-068
    let probes = allow(json!(["ecs:*", "cloudwatch:*"]), json!("*"));
    let register = allow(json!("application-autoscaling:RegisterScalableTarget"), json!("*"));
    let mut story = Story::allowing(json!([probes.clone(), register.clone()]));
    let tagged = with_resource(json!({"MinCapacity": 1, "MaxCapacity": 2, "Tags": {"owner": "it"}}));
    let (_, text) = refusal(story.call(AAS, "RegisterScalableTarget", tagged.clone()));
    assert!(text.contains("application-autoscaling:TagResource"), "{text}");
    let tag = |condition| conditioned(json!("application-autoscaling:TagResource"), condition);
    let other = json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}});
    story.set_policy(json!([probes.clone(), register.clone(), tag(other)]));
    assert!(story.call(AAS, "RegisterScalableTarget", tagged.clone()).is_err());
    let right = json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["owner"]}, "StringEquals": {"aws:RequestTag/owner": "it"}});
    story.set_policy(json!([probes.clone(), register.clone(), tag(right)]));
    story.call(AAS, "RegisterScalableTarget", tagged).unwrap();
    let mine = json!({"StringEquals": {"aws:ResourceTag/owner": "it"}});
    story.set_policy(json!([probes, conditioned(json!("application-autoscaling:*"), mine)]));
    story.register().unwrap();
}

#[test]
fn alarms_are_named_and_all_of_them_when_none_is() {
    let mut story = Story::allowing(allow(json!("cloudwatch:*"), json!("arn:aws:cloudwatch:*:*:alarm:search-*")));
    story.put_alarm("search-high", json!({})).unwrap();
    let (_, text) = refusal(story.put_alarm("high", json!({})));
    assert!(text.contains("on resource: arn:aws:cloudwatch:ap-northeast-2:444455556666:alarm:high because"));
    story.call(AwsService::CloudWatch, "DescribeAlarms", json!({"AlarmNames": ["search-high"]})).unwrap();
    let (_, text) = refusal(story.call(AwsService::CloudWatch, "DescribeAlarms", json!({})));
    assert!(
        text.contains("cloudwatch:DescribeAlarms on resource: arn:aws:cloudwatch:ap-northeast-2:444455556666:alarm:*")
    );
    let tagged = story.put_alarm("search-low", json!({"Tags": [{"Key": "k", "Value": "v"}]}));
    tagged.unwrap();
    let scaling = json!({"ForAllValues:ArnLike": {"cloudwatch:AlarmActions": "arn:aws:autoscaling:*"}});
    story.set_policy(conditioned(json!("cloudwatch:PutMetricAlarm"), scaling));
    let to = |arn: &str| json!({"AlarmActions": [arn]});
    let topic = "arn:aws:sns:ap-northeast-2:444455556666:topic";
    assert_eq!(refusal(story.put_alarm("search-high", to(topic))).0, "AccessDeniedException");
}

#[test]
fn services_carry_their_cluster() {
    let cluster = |name: &str| json!({"ArnEquals": {"ecs:cluster": format!("arn:aws:ecs:ap-northeast-2:444455556666:cluster/{name}")}});
    let describe = json!({"cluster": "B", "services": ["search-api"]});
    let mut story = Story::allowing(conditioned(json!("ecs:DescribeServices"), cluster("B")));
    story.call(AwsService::Ecs, "DescribeServices", describe.clone()).unwrap();
    story.set_policy(conditioned(json!("ecs:DescribeServices"), cluster("A")));
    let (_, text) = refusal(story.call(AwsService::Ecs, "DescribeServices", describe));
    assert!(text.contains("on resource: arn:aws:ecs:ap-northeast-2:444455556666:service/B/search-api because"));
}

#[test]
fn iam_is_called_in_its_own_region() {
    // E-07
    let region = |name: &str| json!({"StringEquals": {"aws:RequestedRegion": name}});
    let get = json!({"RoleName": "search-test-role"});
    let mut story = Story::allowing(conditioned(json!("iam:GetRole"), region("us-east-1")));
    story.iam("GetRole", get.clone()).unwrap();
    story.set_policy(conditioned(json!("*"), region("ap-northeast-2")));
    let (_, text) = refusal(story.iam("GetRole", get));
    assert!(text.contains("iam:GetRole on resource: role search-test-role because no identity-based policy"), "{text}");
    story.call(AwsService::CloudWatch, "DescribeAlarms", json!({})).unwrap();
}

#[test]
fn a_policy_can_say_who_calls() {
    // E-06
    let arn = "arn:aws:iam::444455556666:role/search-test-role";
    let own = json!({"ArnEquals": {"aws:PrincipalArn": arn}, "StringEquals": {"aws:PrincipalAccount": "444455556666"}});
    let mut story = Story::allowing(conditioned(json!("iam:GetRole"), own));
    story.iam("GetRole", json!({"RoleName": "search-test-role"})).unwrap();
    let variable = "arn:aws:iam::${aws:PrincipalAccount}:role/search-*";
    story.set_policy(allow(json!("iam:GetRole"), json!(variable)));
    story.iam("GetRole", json!({"RoleName": "search-test-role"})).unwrap();
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    story.set_policy(conditioned(json!("iam:GetRole"), mfa));
    assert!(story.iam("GetRole", json!({"RoleName": "search-test-role"})).is_err());
}

#[test]
fn actions_have_no_case_and_not_action_is_all_else() {
    let get = json!({"RoleName": "search-test-role"});
    let mut story = Story::allowing(allow(json!("IAM:get*"), json!("*"))); // E-03
    story.iam("GetRole", get.clone()).unwrap();
    story.set_policy(allow(json!("i*:GetRole"), json!("*")));
    assert!(story.iam("GetRole", get.clone()).is_err());
    let all_but = |action: &str| json!({"Effect": "Allow", "NotAction": action, "Resource": "*"}); // E-04
    story.set_policy(all_but("ecs:*"));
    story.iam("GetRole", get.clone()).unwrap();
    story.set_policy(all_but("iam:GetRole"));
    assert!(story.iam("GetRole", get).is_err());
}
