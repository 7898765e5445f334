//! What goes, in which order, and what keeps it.

use super::*;
use crate::api::desired::{Adoption, AlarmRef};
use crate::model::names::ScheduledActionName;
use crate::model::observed::{ScheduledAction, Tags};
use crate::plan::ownership::schedule_digest;

const TARGET: Part = Part::Target;

/// search-api, in place and ours, with the scheduled action `night`; its object has no policies and no schedules any more.
fn emptied() -> Scene {
    let mut scene = Scene::in_place();
    let night = ScheduledAction {
        name: ScheduledActionName::new("night"),
        arn: None,
        config: crate::model::scheduled_action::ScheduledActionConfig {
            schedule: "cron(0 23 * * ? *)".into(),
            timezone: "UTC".into(),
            start_time: None,
            end_time: None,
            min_capacity: Some(1),
            max_capacity: None,
        },
        created: scene.now,
    };
    let mut tags = scene.memory.tags[TARGET_ARN].tags.clone();
    tags.extend(Untagged::Schedules.tags(&[schedule_digest(&night.name)].into()));
    tags.insert("ecs-scaling.dev/range".into(), "2-20".into());
    scene.knows(TARGET_ARN, tags);
    scene.observed.scheduled_actions = Read::Known(vec![night]);
    scene.desired.policies.clear();
    scene.observed.others = std::mem::take(&mut scene.observed.alarms);
    scene
}

fn absent() -> Scene {
    let mut scene = Scene { desired: Scene::empty().desired, ..emptied() };
    scene.desired.presence = Presence::Absent;
    scene
}

fn night() -> Part {
    Part::ScheduledAction(ScheduledActionName::new("night"))
}

fn retag(scene: &mut Scene, arn: &str, change: impl FnOnce(&mut Tags)) {
    change(&mut scene.memory.tags.get_mut(arn).unwrap().tags);
}

// S-107: what fires a policy goes before it.
#[test]
fn parts_that_the_object_no_longer_holds_go_alarm_first() {
    let plan = emptied().plan();
    assert_eq!(parts(&plan), [alarm_part(), policy_part(), night()]);
    assert!(plan.actions.iter().all(|action| action.verb == Verb::Delete));
    assert_eq!(plan.actions[1].requires, [0]);
    assert_eq!(withheld(&plan), []);
}

#[test]
fn everything_goes_the_target_last_where_the_object_is_to_be_absent() {
    let plan = absent().plan();
    assert_eq!(parts(&plan), [alarm_part(), policy_part(), night(), TARGET]);
    assert_eq!(plan.actions[3].requires, [1, 2, 0]);
    let fields: Vec<&str> = plan.actions[3].changes.iter().map(|change| &*change.field).collect();
    assert_eq!(fields[..2], ["minCapacity", "maxCapacity"]);
}

#[test]
fn neither_the_service_nor_the_role_is_needed_to_be_absent() {
    let mut scene = absent();
    scene.observed.service = Read::Known(None);
    let missing = RoleStanding::Absent;
    let inputs = Inputs { role: &missing, ..scene.inputs() };
    assert_eq!(plan_target(inputs).actions.len(), 4);
    assert_eq!(super::super::lint(&plan_target(inputs), inputs), Ok(()));
}

#[test]
fn nothing_is_planned_where_nothing_is_left() {
    let mut scene = Scene::empty();
    scene.desired.presence = Presence::Absent;
    assert!(scene.plan().is_empty());
}

/// What keeps the alarm, and nothing else.
#[test]
fn an_alarm_that_is_not_provably_the_objects_stays() {
    let keepers: [fn(&mut Scene); 7] = [
        |scene| scene.taken = [AlarmName::new(ALARM)].into(),
        |scene| retag(scene, ALARM_ARN, |tags| _ = tags.insert(TAG_OWNER.into(), "another".into())),
        |scene| retag(scene, ALARM_ARN, |tags| _ = tags.insert(TAG_OBJECT.into(), "default/other".into())),
        |scene| retag(scene, ALARM_ARN, |tags| _ = tags.remove(TAG_OWNER)),
        |scene| retag(scene, ALARM_ARN, |tags| _ = tags.insert("aws:cloudformation:stack-name".into(), "web".into())),
        |scene| match scene.observed.others.values_mut().next() {
            Some(Read::Known(Some(alarm))) => alarm.reading = None, // a composite alarm
            other => panic!("{other:?}"),
        },
        |scene| {
            let alarm = scene.observed.others.remove(&AlarmName::new(ALARM)).unwrap();
            scene.observed.others.insert(AlarmName::new(format!("TargetTracking-{ALARM}")), alarm);
        },
    ];
    for keep in keepers {
        for mut scene in [emptied(), absent()] {
            keep(&mut scene);
            assert!(!parts(&scene.plan()).iter().any(|part| matches!(part, Part::Alarm(_))), "{:#?}", scene.plan());
        }
    }
}

// An alarm of ours that somebody else makes from now on, and the object only attaches its policy to.
#[test]
fn an_alarm_that_the_object_goes_on_naming_stays() {
    let mut scene = Scene::in_place();
    scene.desired.policies[0].alarms.clear();
    scene.desired.policies[0].alarm_ref = Some(AlarmRef { name: AlarmName::new(ALARM), steps: None });
    assert_eq!(parts(&scene.plan()), []);
}

#[test]
fn a_policy_or_a_schedule_without_a_digest_stays_and_so_does_the_target() {
    for (untagged, kept) in [(Untagged::Policies, policy_part()), (Untagged::Schedules, night())] {
        let theirs = |scene: &mut Scene| retag(scene, TARGET_ARN, |tags| tags.retain(|key, _| !untagged.holds(key)));
        let mut scene = emptied();
        theirs(&mut scene);
        let plan = scene.plan();
        assert!(!parts(&plan).contains(&kept) && parts(&plan).len() == 2, "{plan:#?}");
        let mut scene = absent();
        theirs(&mut scene);
        let plan = scene.plan();
        assert!(!parts(&plan).contains(&kept) && !parts(&plan).contains(&TARGET), "{plan:#?}");
        let [held] = &plan.withheld[..] else { panic!("{plan:#?}") };
        assert_eq!((&held.part, held.reason), (&TARGET, Reason::Conflict));
        assert!(held.message.contains("would take along what is not ours: "), "{}", held.message);
    }
}

#[test]
fn nothing_goes_from_a_target_of_another_owner_or_under_the_brake() {
    for (key, value) in [(TAG_OWNER, "another"), (TAG_MODE, "Observe"), ("aws:cloudformation:stack-name", "web")] {
        for mut scene in [emptied(), absent()] {
            retag(&mut scene, TARGET_ARN, |tags| _ = tags.insert(key.into(), value.into()));
            assert_eq!(parts(&scene.plan()), [], "{key}");
            assert!(!scene.plan().withheld.is_empty(), "{key}");
        }
    }
    // Nor is anything taken over only to be removed.
    let mut scene = absent();
    scene.desired.adoption = Adoption::Unowned;
    retag(&mut scene, TARGET_ARN, |tags| _ = tags.remove(TAG_OWNER));
    assert_eq!((parts(&scene.plan()), withheld(&scene.plan())), (vec![], vec![(TARGET, Reason::Conflict)]));
}

// tf#31261: a target of old has no ARN, and so no tags.
#[test]
fn on_a_target_without_an_arn_nothing_goes_and_this_is_said() {
    let mut scene = absent();
    scene.target().arn = None;
    assert_eq!((parts(&scene.plan()), withheld(&scene.plan())), (vec![], vec![(TARGET, Reason::Conflict)]));
    let mut scene = emptied();
    scene.target().arn = None;
    scene.desired.adoption = Adoption::Unowned;
    let unmanaged = [(policy_part(), Reason::UnmanagedPolicies), (night(), Reason::UnmanagedSchedules)];
    assert_eq!((parts(&scene.plan()), withheld(&scene.plan())), (vec![], unmanaged.to_vec()));
}

#[test]
fn nothing_goes_by_tags_that_were_read_before_the_rest() {
    for mut scene in [emptied(), absent()] {
        scene.later(60);
        let plan = scene.plan();
        assert_eq!(parts(&plan), []);
        assert!(plan.lookups.contains(&Lookup::TargetTags(TARGET_ARN.into())), "{plan:#?}");
        scene.memory.tags.get_mut(TARGET_ARN).unwrap().read_at = scene.now;
        let plan = scene.plan();
        assert!(!parts(&plan).contains(&alarm_part()) && !parts(&plan).contains(&TARGET), "{plan:#?}");
        assert!(plan.lookups.contains(&Lookup::AlarmTags(ALARM_ARN.into())), "{plan:#?}");
    }
}

// A list that failed is no absence, of what is foreign least of all.
#[test]
fn the_target_stays_where_a_list_was_not_read() {
    let failures: [fn(&mut Scene); 3] = [
        |scene| scene.observed.policies = Read::Failed(failure()),
        |scene| scene.observed.scheduled_actions = Read::Failed(failure()),
        |scene| scene.observed.target = Read::Failed(failure()),
    ];
    for fail in failures {
        let mut scene = absent();
        fail(&mut scene);
        assert_eq!((parts(&scene.plan()), withheld(&scene.plan())), (vec![], vec![(TARGET, Reason::ReadFailed)]));
    }
}

#[test]
fn the_alarms_of_a_target_that_is_gone_go_too() {
    let mut scene = absent();
    (scene.observed.target, scene.observed.policies) = (Read::Known(None), Read::Known(vec![]));
    scene.observed.scheduled_actions = Read::Known(vec![]);
    assert_eq!(parts(&scene.plan()), [alarm_part()]);
}

// S-050: an alarm is made under its new name before the old one goes.
#[test]
fn a_renamed_alarm_is_made_before_the_old_one_goes() {
    let mut scene = Scene::in_place();
    scene.observed.others = std::mem::take(&mut scene.observed.alarms);
    scene.desired.policies[0].alarms[0].name = AlarmName::new("new");
    scene.observed.alarms.insert(AlarmName::new("new"), Read::Known(None));
    let plan = scene.plan();
    assert_eq!(parts(&plan), [Part::Alarm(AlarmName::new("new")), alarm_part()]);
    assert_eq!((plan.actions[0].verb, plan.actions[1].verb), (Verb::Create, Verb::Delete));
}

#[test]
fn a_renamed_step_policy_is_made_before_the_old_one_goes() {
    let mut scene = Scene::in_place();
    scene.desired.policies[0].name = PolicyName::new("new");
    let plan = scene.plan();
    let expected = [Part::TargetTags, Part::Policy(PolicyName::new("new")), alarm_part(), policy_part()];
    assert_eq!(parts(&plan), expected);
    assert_eq!(plan.actions[3].verb, Verb::Delete);
}

// AWS may go on showing what was deleted.
#[test]
fn what_was_deleted_and_is_still_shown_is_not_deleted_again() {
    let mut scene = emptied();
    let plan = scene.plan();
    scene.remember_done(&plan);
    scene.later(30);
    for arn in [TARGET_ARN, ALARM_ARN] {
        scene.memory.tags.get_mut(arn).unwrap().read_at = scene.now;
    }
    let plan = scene.plan();
    assert_eq!(parts(&plan), []);
    let waits = [Reason::AwaitingRead, Reason::Progressing];
    assert!(plan.withheld.iter().all(|held| waits.contains(&held.reason)), "{plan:#?}");
}

// S-048: with its policy gone an alarm names none, and nobody would find it again.
#[test]
fn a_policy_waits_for_an_alarm_that_may_be_ours() {
    let keepers: [fn(&mut Scene); 3] = [
        |scene| *scene.observed.others.values_mut().next().unwrap() = Read::Failed(failure()),
        |scene| _ = scene.memory.tags.remove(ALARM_ARN),
        |scene| scene.memory.tags.get_mut(ALARM_ARN).unwrap().read_at -= SignedDuration::from_secs(1),
    ];
    for keep in keepers {
        for mut scene in [emptied(), absent()] {
            keep(&mut scene);
            let listed = crate::model::observed::AlarmRef { name: AlarmName::new(ALARM), arn: ALARM_ARN.into() };
            scene.policies()[0].alarms = vec![listed];
            assert_eq!(parts(&scene.plan()), [night()]);
            assert!(withheld(&scene.plan()).contains(&(policy_part(), Reason::Progressing)));
        }
    }
}

/// The last look before each deletion of [`absent`], by what was read.
fn looks(scene: &Scene) -> Vec<Option<String>> {
    let look = |tagged: &str| LastLook {
        tags: scene.memory.tags[tagged].tags.clone(),
        policies: scene.observed.policies.known().unwrap().clone(),
        schedules: scene.observed.scheduled_actions.known().unwrap().clone(),
    };
    let of = |action: &Action| match &action.kind {
        ActionKind::Delete(doomed) => doomed.spared(&look(&doomed.tagged)),
        other => panic!("{other:?}"),
    };
    absent().plan().actions.iter().map(of).collect()
}

#[test]
fn the_last_look_spares_what_is_no_longer_ours_or_what_it_was() {
    let spared = |change: &dyn Fn(&mut Scene)| {
        let mut scene = absent();
        change(&mut scene);
        looks(&scene).iter().map(Option::is_some).collect::<Vec<_>>()
    };
    assert_eq!(spared(&|_| ()), [false; 4]);
    for (key, value) in [(TAG_OWNER, "another"), (TAG_MODE, "Observe")] {
        let taken = |arn: &'static str| {
            move |scene: &mut Scene| retag(scene, arn, |tags| _ = tags.insert(key.into(), value.into()))
        };
        assert_eq!(spared(&taken(ALARM_ARN)), [true, false, false, false], "{key}");
        assert_eq!(spared(&taken(TARGET_ARN)), [false, true, true, true], "{key}");
    }
    let of_another = |scene: &mut Scene| {
        retag(scene, ALARM_ARN, |tags| _ = tags.insert(TAG_OBJECT.into(), "default/other".into()));
    };
    assert_eq!(spared(&of_another), [true, false, false, false]);
    let undone = |scene: &mut Scene| retag(scene, TARGET_ARN, |tags| tags.retain(|key, _| !key.contains("/policies")));
    assert_eq!(spared(&undone), [false, true, false, true], "the policy is foreign, and would go with the target");
    assert_eq!(spared(&|scene| scene.policies()[0].arn = policy_arn("again")), [false, true, false, false]);
    let other_times = |scene: &mut Scene| match &mut scene.observed.scheduled_actions {
        Read::Known(actions) => actions[0].config.schedule = "cron(0 1 * * ? *)".into(),
        other @ Read::Failed(_) => panic!("{other:?}"),
    };
    assert_eq!(spared(&other_times), [false, false, true, false]);
    let foreign = |scene: &mut Scene| {
        let theirs = ScalingPolicy { name: PolicyName::new("theirs"), ..scene.policies()[0].clone() };
        scene.policies().push(theirs);
    };
    assert_eq!(spared(&foreign), [false, false, false, true]);
}

#[test]
fn the_lint_refuses_to_delete_what_is_wanted_or_not_known_to_be_ours() {
    let plan = absent().plan();
    let lint = |change: &dyn Fn(&mut Scene)| {
        let mut scene = absent();
        change(&mut scene);
        super::super::lint(&plan, scene.inputs())
    };
    assert_eq!(lint(&|_| ()), Ok(()));
    assert_eq!(lint(&|scene| scene.desired.presence = Presence::Present), Err(LintError::DeletesWanted(0)));
    assert_eq!(lint(&|scene| scene.taken = [AlarmName::new(ALARM)].into()), Err(LintError::DeletesWanted(0)));
    assert_eq!(lint(&|scene| _ = scene.memory.tags.remove(ALARM_ARN)), Err(LintError::DeletesForeign(0)));
    assert_eq!(lint(&|scene| _ = scene.memory.tags.remove(TARGET_ARN)), Err(LintError::DeletesForeign(1)));
    assert_eq!(lint(&|scene| scene.observed.policies = Read::Failed(failure())), Err(LintError::IncompleteRead(1)));
    let mut turned = plan.clone();
    turned.actions.reverse();
    turned.actions.iter_mut().for_each(|action| action.requires.clear());
    assert_eq!(super::super::lint(&turned, absent().inputs()), Err(LintError::WrongOrder(0)));
}

// The digest is all that says whose a policy is: what AWS does not show yet keeps it.
#[test]
fn the_digest_of_what_was_put_a_moment_ago_and_is_not_shown_stays() {
    let mut scene = emptied();
    let shown = std::mem::replace(&mut scene.observed.policies, Read::Known(vec![]));
    scene.observed.others.clear();
    let actions = std::mem::replace(&mut scene.observed.scheduled_actions, Read::Known(vec![]));
    let put = |verb| RecentWrite { at: scene.now, verb, changes: vec![] };
    for part in [policy_part(), night()] {
        scene.memory.writes.insert(part, put(Verb::Create));
    }
    let waits = [(policy_part(), Reason::AwaitingRead), (night(), Reason::AwaitingRead)];
    assert_eq!((parts(&scene.plan()), withheld(&scene.plan())), (vec![], waits.to_vec()));
    // It is kept in mind until it is shown, and then goes; or it is not there at all, and its digest goes.
    for _ in 0..2 {
        let plan = scene.plan();
        scene.memory = remember(scene.memory.clone(), &plan, &[], &scene.desired.spec_hash, scene.now);
        scene.later(30);
        scene.memory.tags.get_mut(TARGET_ARN).unwrap().read_at = scene.now;
        assert_eq!(withheld(&scene.plan()), waits);
    }
    let mut late = scene.inputs();
    let (read, long_after) = (scene.observed.clone(), scene.now + SignedDuration::from_secs(90));
    late.now = long_after;
    assert_eq!(parts(&plan_target(late)), [Part::TargetTags], "{read:?}");
    (scene.observed.policies, scene.observed.scheduled_actions) = (shown, actions);
    assert_eq!(parts(&scene.plan()), [policy_part(), night()]);
}
