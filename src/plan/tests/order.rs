//! The order of writes, what each requires, and the ARNs that are not known yet.

use super::*;
use crate::model::policy::PolicyConfig;

// S-106, S-108, ansible#40237, cloudposse PR#36: the policy's ARN is what the alarm waits for.
#[test]
fn target_policy_alarm_is_the_order_and_each_requires_the_one_before() {
    let plan = Scene::empty().plan();
    assert_eq!(parts(&plan), [Part::Target, policy_part(), alarm_part()]);
    let requires: Vec<&[usize]> = plan.actions.iter().map(|action| &*action.requires).collect();
    assert_eq!(requires, [&[][..], &[0], &[1]]);
    let ActionKind::PutAlarm { policy, .. } = &plan.actions[2].kind else { panic!("{plan:#?}") };
    assert_eq!(*policy, PolicyArn::AfterApply(PolicyName::new(POLICY)));
}

// S-097, S-023: a policy goes out complete; tf#5023: there is no role to send.
#[test]
fn an_update_of_a_policy_carries_the_whole_configuration() {
    let mut scene = Scene::in_place();
    let wanted = scene.desired.policies[0].config.clone();
    let Ok(PolicyConfig::Step(config)) = &mut scene.policies()[0].config else { panic!("a step policy") };
    config.cooldown = 60;
    let plan = scene.plan();
    assert_eq!(parts(&plan), [policy_part()]);
    assert_eq!(plan.actions[0].kind, ActionKind::PutPolicy { name: PolicyName::new(POLICY), config: Box::new(wanted) });
}

// A changed policy keeps its ARN (S-024), so its alarm waits for nothing.
#[test]
fn an_alarm_of_a_policy_that_exists_waits_for_no_other_action() {
    let mut scene = Scene::in_place();
    let Ok(PolicyConfig::Step(config)) = &mut scene.policies()[0].config else { panic!("a step policy") };
    config.cooldown = 60;
    scene.observed.alarms.insert(AlarmName::new(ALARM), Read::Known(None));
    let plan = scene.plan();
    assert_eq!(parts(&plan), [policy_part(), alarm_part()]);
    assert_eq!(plan.actions[1].requires, [0; 0]);
}

// S-050, airship-ecs-service PR#82
#[test]
fn dead_arns_of_this_service_leave_an_alarm_and_everybody_elses_stay() {
    let mut scene = Scene::in_place();
    let topic = "arn:aws:sns:ap-northeast-2:111122223333:topic".to_owned();
    let other_service = policy_arn("9").replace("search-api", "web");
    let dead_sibling = policy_arn("8").replace(POLICY, "gone");
    scene.alarm().actions.alarm = [policy_arn("dead"), topic.clone(), other_service.clone(), dead_sibling].into();
    let plan = scene.plan();
    let [action] = &plan.actions[..] else { panic!("{plan:#?}") };
    let ActionKind::PutAlarm { actions, policy, .. } = &action.kind else { panic!("{action:#?}") };
    assert_eq!(actions.alarm, [topic, other_service].into());
    assert_eq!(*policy, PolicyArn::Known(policy_arn("1")));
}

#[test]
fn a_list_that_failed_is_no_absence() {
    let mut scene = Scene::empty();
    scene.observed.target = Read::Failed(failure());
    assert_eq!(parts(&scene.plan()), []);
    let mut scene = Scene::in_place();
    scene.observed.policies = Read::Failed(failure());
    scene.target().range = range(1, 20);
    let plan = scene.plan();
    assert_eq!(parts(&plan), [Part::Target], "the target goes on, with the digests as they are");
    assert_eq!(withheld(&plan), [(policy_part(), Reason::ReadFailed), (alarm_part(), Reason::PolicyNotReady)]);
}

// S-045: whether a schedule owns min and max must be known before they are written.
#[test]
fn min_and_max_wait_for_the_scheduled_actions_to_be_read() {
    let mut scene = Scene::in_place();
    scene.target().range = range(1, 20);
    scene.observed.scheduled_actions = Read::Failed(failure());
    let plan = scene.plan();
    assert_eq!((parts(&plan), withheld(&plan)), (vec![], vec![(Part::Target, Reason::ReadFailed)]));
}

#[test]
fn what_was_read_before_our_last_write_plans_nothing() {
    let mut scene = Scene::empty();
    scene.memory.last_write_at = Some(scene.now);
    assert_eq!(withheld(&scene.plan()), [(Part::Object, Reason::AwaitingRead)]);
    scene.later(1);
    assert_eq!(scene.plan().actions.len(), 3);
}
