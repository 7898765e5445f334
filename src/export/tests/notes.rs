//! What YAML cannot say is said beside it, and nothing is made from what was not read.

use super::*;
use crate::model::failure::{AwsService, Effect, Origin};

fn with_extra(scene: &mut Scene, tag: &[(&str, &str)]) {
    scene.tag(&alarm_arn("cpu-high"), tag);
}

#[test]
fn a_stacks_alarm_is_named_and_not_owned() {
    let mut scene = Scene::founding();
    with_extra(&mut scene, &[("aws:cloudformation:stack-id", "arn"), ("aws:cloudformation:stack-name", "web")]);
    let yaml = scene.export().yaml();
    assert!(
        yaml.contains(
            "# Named and not owned, so that nothing of it changes: it belongs to the CloudFormation stack web."
        ),
        "{yaml}"
    );
    assert!(yaml.contains("alarmRef: {alarmName: cpu-high}"), "{yaml}");
    assert!(yaml.contains("stepAdjustments:"), "steps would follow the alarm: {yaml}");
    scene.assert_only_tags();
}

#[test]
fn an_alarm_with_unknown_members_or_of_another_kind_is_named_and_not_owned() {
    let mut scene = Scene::founding();
    scene.alarm("cpu-high").reading.as_mut().unwrap().unknown_members = ["Novelty".to_owned()].into();
    assert!(scene.notes().contains("does not know Novelty of it"), "{}", scene.notes());
    scene.assert_only_tags();
    let mut scene = Scene::founding();
    scene.alarm("cpu-high").config = Err("an alarm on an anomaly band".into());
    assert!(scene.notes().contains("it is an alarm on an anomaly band"), "{}", scene.notes());
    scene.assert_only_tags();
}

#[test]
fn an_alarm_that_fires_two_policies_is_named_by_both() {
    let mut scene = Scene::founding();
    scene.add_policy("more", founding_steps(), &["cpu-high"]);
    scene.alarm("cpu-high").actions.alarm.insert(policy_arn("more"));
    assert_eq!(scene.export().yaml().matches("alarmRef: {alarmName: cpu-high}").count(), 2);
    scene.assert_only_tags();
}

#[test]
fn an_alarm_beside_an_own_one_is_noted_and_stays() {
    let mut scene = Scene::empty();
    scene.add_policy("out", founding_steps(), &["cpu-high", "theirs"]);
    scene.add_alarm("cpu-high", cpu_above(30.0), &["out"]);
    scene.add_alarm("theirs", cpu_above(40.0), &["out"]);
    scene.tag(&alarm_arn("theirs"), &[("aws:cloudformation:stack-name", "web")]);
    assert!(
        scene.notes().contains("The alarm theirs fires this policy too, and goes on doing so"),
        "{}",
        scene.notes()
    );
    scene.assert_only_tags();
}

#[test]
fn a_policy_without_an_alarm_is_named_and_left_out() {
    let mut scene = Scene::founding();
    scene.add_policy("idle", founding_steps(), &[]);
    let yaml = scene.export().yaml();
    assert!(
        yaml.contains("# Not exported, and left in AWS as it is: the scaling policy idle: it has no alarm"),
        "{yaml}"
    );
    assert_eq!(scene.loaded().policies.len(), 1);
    scene.assert_only_tags();
}

#[test]
fn a_policy_that_breaks_a_rule_of_the_files_takes_no_other_along() {
    let mut scene = Scene::founding();
    scene.add_policy("odd", founding_steps(), &["TargetTracking-odd"]);
    scene.add_alarm("TargetTracking-odd", cpu_above(30.0), &["odd"]);
    assert!(scene.notes().contains("the scaling policy odd: "), "{}", scene.notes());
    assert_eq!(scene.loaded().policies.len(), 1);
    scene.assert_only_tags();
}

#[test]
fn a_policy_of_an_unknown_kind_is_named() {
    let mut scene = Scene::founding();
    scene.add_policy("new", founding_steps(), &[]);
    let Read::Known(policies) = &mut scene.observed.policies else { panic!() };
    policies[1].config = Err("QuantumScaling".into());
    assert!(scene.notes().contains("the scaling policy new: it is of the type QuantumScaling"), "{}", scene.notes());
}

// tf#422, S-050: the plan takes dead ARNs out, so the export says it.
#[test]
fn an_action_on_a_policy_that_is_no_more_is_noted() {
    let mut scene = Scene::founding();
    scene.alarm("cpu-high").actions.alarm.insert(policy_arn("gone"));
    assert!(scene.notes().contains("a policy that is no more; applying takes it out"), "{}", scene.notes());
}

#[test]
fn only_tags_that_all_have_alike_are_the_objects() {
    let mut scene = Scene::founding();
    scene.tag(TARGET_ARN, &[("team", "search"), ("cost", "1"), ("aws:x", "y")]);
    scene.tag(&alarm_arn("cpu-high"), &[("team", "search"), ("cost", "2")]);
    assert_eq!(scene.loaded().tags, Tags::from([("team".into(), "search".into())]));
    assert!(scene.notes().contains("do not have alike stay in AWS as they are: cost=1, cost=2"), "{}", scene.notes());
    scene.assert_only_tags();
}

#[test]
fn tags_that_a_file_cannot_hold_are_named_and_left() {
    let mut scene = Scene::founding();
    for arn in [TARGET_ARN.to_owned(), alarm_arn("cpu-high")] {
        scene.tag(&arn, &[("team", "a;b")]);
    }
    assert!(scene.notes().contains("The tags are not exported, and stay in AWS as they are"), "{}", scene.notes());
    assert_eq!(scene.loaded().policies.len(), 1);
    scene.assert_only_tags();
}

#[test]
fn who_owns_it_is_said_at_the_top() {
    let mut scene = Scene::founding();
    scene.tag(TARGET_ARN, &[("ecs-scaling.dev/owner", "platform")]);
    scene.tag(&alarm_arn("cpu-high"), &[("ecs-scaling.dev/owner", "platform")]);
    let yaml = scene.export().yaml();
    assert!(
        yaml.contains("# It is owned already: apply it with --owner platform.\n") && yaml.contains("    alarm:\n"),
        "{yaml}"
    );
    scene.tag(TARGET_ARN, &[("aws:cloudformation:stack-name", "web")]);
    assert!(scene.notes().contains("belongs to the CloudFormation stack web"), "{}", scene.notes());
}

#[test]
fn nothing_is_made_from_an_incomplete_read() {
    let failure = Failure {
        service: AwsService::CloudWatch,
        operation: "DescribeAlarms".into(),
        origin: Origin::Timeout,
        message: "no answer".into(),
        effect: Effect::No,
        request_id: None,
    };
    let breaks: [fn(&mut Scene, Failure); 5] = [
        |scene, failure| scene.observed.service = Read::Failed(failure),
        |scene, failure| scene.observed.target = Read::Failed(failure),
        |scene, failure| scene.observed.policies = Read::Failed(failure),
        |scene, failure| scene.observed.scheduled_actions = Read::Failed(failure),
        |scene, failure| {
            scene.observed.alarms.insert(AlarmName::new("cpu-high"), Read::Failed(failure));
        },
    ];
    for break_it in breaks {
        let mut scene = Scene::founding();
        break_it(&mut scene, failure.clone());
        assert_eq!(scene.try_export(), Err(ExportError::Incomplete(vec![failure.clone()])));
    }
    let mut scene = Scene::founding();
    scene.tags.remove(&alarm_arn("cpu-high"));
    assert_eq!(scene.try_export(), Err(ExportError::TagsUnread(alarm_arn("cpu-high"))));
    scene.observed.target = Read::Known(None);
    assert_eq!(scene.try_export(), Err(ExportError::NoTarget(ServiceId::new("B", "search-api"))));
}
