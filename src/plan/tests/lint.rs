//! The independent rules, each broken once.

use super::*;

/// Breaks a plan by hand, and gives the rule that finds it.
fn broken(scene: &Scene, harm: impl FnOnce(&mut Plan)) -> LintError {
    let mut plan = plan_target(scene.inputs());
    harm(&mut plan);
    super::super::lint(&plan, scene.inputs()).expect_err("a rule is broken")
}

#[test]
fn an_action_must_come_after_what_it_requires() {
    let scene = Scene::empty();
    assert_eq!(broken(&scene, |plan| plan.actions[0].requires.push(1)), LintError::RequiresLater(0));
    let turned = |plan: &mut Plan| {
        plan.actions.reverse();
        plan.actions.iter_mut().for_each(|action| action.requires.clear());
    };
    assert_eq!(broken(&scene, turned), LintError::WrongOrder(0)); // S-106
}

#[test]
fn what_is_withheld_is_not_written() {
    let withheld = |plan: &mut Plan| {
        let part = plan.actions[1].part.clone();
        let (message, hint) = (String::new(), String::new());
        plan.withheld.push(Withheld { part, reason: Reason::Conflict, message, hint, failure: None });
    };
    assert_eq!(broken(&Scene::empty(), withheld), LintError::WritesWithheld(1));
}

/// The plan of an empty world, held against another one.
fn against(change: impl FnOnce(&mut Scene)) -> LintError {
    let plan = Scene::empty().plan();
    let mut scene = Scene::empty();
    change(&mut scene);
    super::super::lint(&plan, scene.inputs()).expect_err("a rule is broken")
}

#[test]
fn what_cannot_be_scaled_or_was_not_read_is_not_written() {
    let draining = |scene: &mut Scene| scene.service().status = "DRAINING".into(); // S-098
    assert_eq!(against(draining), LintError::ServiceNotScalable(0));
    assert_eq!(against(|scene| scene.service().daemon = true), LintError::ServiceNotScalable(0));
    assert_eq!(against(|scene| scene.observed.target = Read::Failed(failure())), LintError::IncompleteRead(0));
    assert_eq!(against(|scene| scene.observed.policies = Read::Failed(failure())), LintError::IncompleteRead(1));
    assert_eq!(against(|scene| scene.observed.alarms.clear()), LintError::IncompleteRead(2));
}

// S-011
#[test]
fn an_existing_target_is_registered_without_tags_and_with_its_owner_read() {
    let exists = |scene: &mut Scene| scene.observed = Scene::in_place().observed;
    assert_eq!(against(exists), LintError::TagsOnUpdate(0));
    let mut scene = Scene::in_place();
    scene.target().range = range(1, 20);
    let plan = scene.plan();
    scene.memory.tags.clear();
    assert_eq!(super::super::lint(&plan, scene.inputs()), Err(LintError::UnreadOwner(0)));
    scene.observed.scheduled_actions = Read::Failed(failure()); // S-045
    assert_eq!(super::super::lint(&plan, scene.inputs()), Err(LintError::IncompleteRead(0)));
    // S-045: no bound that neither the object, AWS nor a schedule has.
    scene.observed.scheduled_actions = Read::Known(vec![]);
    let mut plan = plan;
    let ActionKind::RegisterTarget { range: written, .. } = &mut plan.actions[0].kind else { panic!("a register") };
    *written = Some(range(3, 20));
    assert_eq!(super::super::lint(&plan, scene.inputs()), Err(LintError::RangeUnderSchedules(0)));
}

fn alarm_of(plan: &mut Plan) -> (&mut AlarmName, &mut AlarmActions, &mut PolicyArn) {
    match &mut plan.actions[2].kind {
        ActionKind::PutAlarm { name, actions, policy, .. } => (name, actions, policy),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_alarm_fires_a_policy_that_somebody_makes_has_room_for_it_and_is_not_aws_own() {
    let scene = Scene::empty();
    let nobodys = |plan: &mut Plan| *alarm_of(plan).2 = PolicyArn::Known(policy_arn("none"));
    assert_eq!(broken(&scene, nobodys), LintError::UnknownPolicy(2));
    let full = |plan: &mut Plan| alarm_of(plan).1.alarm = (0..5).map(|i| i.to_string()).collect(); // S-069
    assert_eq!(broken(&scene, full), LintError::TooManyActions(2));
    // tf#42553
    let tracking = |plan: &mut Plan| *alarm_of(plan).0 = AlarmName::new("TargetTracking-service/B/x-AlarmHigh-1");
    assert_eq!(broken(&scene, tracking), LintError::TargetTrackingAlarm(2));
}

#[test]
fn an_existing_alarm_is_written_with_its_owner_read() {
    let mut scene = Scene::in_place();
    scene.alarm().actions.alarm.clear();
    let plan = scene.plan();
    scene.memory.tags.remove(ALARM_ARN);
    assert_eq!(super::super::lint(&plan, scene.inputs()), Err(LintError::UnreadOwner(0)));
}
