//! Our policy on an alarm of somebody else: what is edited, what is recorded before, and what is left alone.

use super::*;
use crate::plan::ownership::attachment_digest;

const THEIRS: &str = "shop-cpu-high";
const THEIR_ARN: &str = "arn:aws:cloudwatch:ap-northeast-2:111122223333:alarm:shop-cpu-high";
const THEIR_ACTION: &str = "arn:aws:sns:ap-northeast-2:111122223333:theirs";

/// search-api in place, whose policy is to be attached to an alarm with one action of its owner's.
fn scene() -> Scene {
    let (before, rest) = YAML.split_once("    alarm:\n").unwrap();
    let (_, steps) = rest.split_once("    steps:").unwrap();
    let desired = service_scaling(&format!("{before}    alarmRef: {{alarmName: {THEIRS}}}\n    steps:{steps}"));
    let mut scene = Scene { desired, ..Scene::in_place() };
    let alarm = Alarm {
        arn: THEIR_ARN.into(),
        actions: AlarmActions { alarm: [THEIR_ACTION.to_owned()].into(), ..AlarmActions::default() },
        ..scene.alarm().clone()
    };
    scene.observed.alarms = BTreeMap::from([(AlarmName::new(THEIRS), Read::Known(Some(alarm)))]);
    scene.memory.tags.remove(ALARM_ARN);
    scene.knows(THEIR_ARN, [("team".to_owned(), "shop".to_owned())].into());
    scene
}

fn alarm(scene: &mut Scene) -> &mut Alarm {
    match scene.observed.alarms.get_mut(&AlarmName::new(THEIRS)) {
        Some(Read::Known(Some(alarm))) => alarm,
        other => panic!("{other:?}"),
    }
}

/// The edits of the alarm's actions: what is added and what is removed.
fn edits(plan: &Plan) -> Vec<(Option<PolicyArn>, Vec<String>)> {
    let edit = |action: &Action| match &action.kind {
        ActionKind::EditAlarmActions { name, add, remove, .. } => {
            assert_eq!(*name, AlarmName::new(THEIRS));
            Some((add.clone(), remove.iter().cloned().collect()))
        }
        _ => None,
    };
    plan.actions.iter().filter_map(edit).collect()
}

fn why_not(plan: &Plan) -> Option<Reason> {
    assert_eq!(edits(plan), [], "{plan:#?}");
    plan.withheld.iter().find(|one| one.part == Part::Alarm(AlarmName::new(THEIRS))).map(|one| one.reason)
}

#[test]
fn the_attachment_is_recorded_on_the_target_before_it_is_made() {
    let plan = scene().plan();
    assert_eq!(edits(&plan), [(Some(PolicyArn::Known(policy_arn("1"))), vec![])]);
    let digest = attachment_digest(&PolicyName::new(POLICY), &AlarmName::new(THEIRS));
    let [Action { kind: ActionKind::TagTarget { tags, .. }, .. }, Action { requires, .. }] = &plan.actions[..] else {
        panic!("{plan:#?}")
    };
    assert_eq!(Untagged::Attachments.digests(tags), [digest].into());
    assert_eq!(*requires, [0]);
}

#[test]
fn an_arn_that_the_policy_had_before_it_was_made_anew_goes_and_nothing_else_does() {
    let mut scene = scene();
    let stale = policy_arn("before");
    alarm(&mut scene).actions.alarm.extend([stale.clone(), policy_arn("1")]);
    // Ours is there already, and is not on record: nothing is added that would have to be.
    assert_eq!(edits(&scene.plan()), [(None, vec![stale])]);
}

#[test]
fn an_alarm_that_cannot_be_written_whole_or_has_no_room_is_left_alone() {
    let refused = |change: &dyn Fn(&mut Alarm)| {
        let mut scene = scene();
        change(alarm(&mut scene));
        let plan = scene.plan();
        assert!(plan.actions.is_empty(), "nothing is recorded either: {plan:#?}");
        why_not(&plan)
    };
    assert_eq!(refused(&|alarm| alarm.reading = None), Some(Reason::Conflict));
    assert_eq!(refused(&|alarm| alarm.config = Err("an anomaly alarm".into())), Some(Reason::Conflict));
    let unknown = |alarm: &mut Alarm| {
        alarm.reading = Some(AlarmReading { unknown_members: ["New".to_owned()].into(), ..AlarmReading::default() });
    };
    assert_eq!(refused(&unknown), Some(Reason::AlarmHasUnknownFields));
    let full = |alarm: &mut Alarm| alarm.actions.alarm = (0..5).map(|n| format!("{THEIR_ACTION}{n}")).collect();
    assert_eq!(refused(&full), Some(Reason::Conflict));
    let mut room = scene();
    alarm(&mut room).actions.alarm = (0..4).map(|n| format!("{THEIR_ACTION}{n}")).collect();
    assert_eq!(edits(&room.plan()).len(), 1, "four leave room for one");
}

#[test]
fn an_alarm_of_an_owner_or_a_stack_is_left_alone_and_one_whose_tags_are_unknown_is_asked_first() {
    for (key, value) in [("ecs-scaling.dev/owner", "others"), ("aws:cloudformation:stack-name", "shop")] {
        let mut scene = scene();
        scene.knows(THEIR_ARN, [(key.to_owned(), value.to_owned())].into());
        let plan = scene.plan();
        assert!(plan.actions.is_empty(), "{plan:#?}");
        assert_eq!(why_not(&plan), Some(Reason::Conflict), "{key}");
    }
    let mut scene = scene();
    scene.memory.tags.remove(THEIR_ARN);
    let plan = scene.plan();
    assert_eq!(
        (edits(&plan), plan.lookups.contains(&Lookup::AlarmTags(THEIR_ARN.into()))),
        (vec![], true),
        "{plan:#?}"
    );
}
