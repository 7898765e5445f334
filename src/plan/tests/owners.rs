//! Whose a resource is, and what may be done to it.

use super::*;
use crate::api::desired::Adoption;
use crate::model::observed::Tags;

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_write_needs_the_tags_and_a_steady_pass_does_not() {
    let mut scene = Scene::in_place();
    scene.memory.tags.clear();
    assert!(scene.plan().is_empty());
    scene.target().range = range(1, 20);
    let plan = scene.plan();
    assert_eq!(plan.lookups, [Lookup::TargetTags(TARGET_ARN.into())].into());
    assert_eq!(plan.actions, []);
}

// The brake must work at once: tags of an earlier pass do for no write.
#[test]
fn tags_read_before_the_rest_are_read_again_for_a_write() {
    let mut scene = Scene::in_place();
    scene.later(60);
    assert!(scene.plan().is_empty());
    scene.target().range = range(1, 20);
    assert_eq!(scene.plan().lookups, [Lookup::TargetTags(TARGET_ARN.into())].into());
}

#[test]
fn the_brake_withholds_every_part() {
    let mut scene = Scene::in_place();
    scene.memory.tags.get_mut(TARGET_ARN).unwrap().tags.insert(TAG_MODE.into(), "Observe".into());
    scene.target().range = range(1, 20);
    scene.policies().clear();
    scene.observed.alarms.insert(AlarmName::new(ALARM), Read::Known(None));
    let plan = scene.plan();
    assert_eq!(parts(&plan), []);
    assert!(withheld(&plan).contains(&(Part::Target, Reason::ObserveMode)));
}

// tf#44146: with a policy of the same name on a target of ours, the digest is not added, or it were ours the next time.
#[test]
fn a_foreign_policy_on_our_target_gets_no_digest() {
    let mut scene = Scene::in_place();
    let owner_alone = object_tags(&scene.desired, &scene.owner);
    scene.knows(TARGET_ARN, owner_alone);
    let plan = scene.plan();
    let waits = (alarm_part(), Reason::PolicyNotReady); // it fires a policy that is not ours
    assert_eq!((parts(&plan), withheld(&plan)), (vec![], vec![(policy_part(), Reason::Conflict), waits]));
    scene.desired.adoption = Adoption::Unowned;
    assert_eq!(parts(&scene.plan()), [Part::TargetTags], "taken over by its digest");
}

// Not even adoption changes the kind of a policy.
#[test]
fn a_policy_of_another_kind_is_never_taken_over() {
    let mut scene = Scene::in_place();
    scene.desired.adoption = Adoption::Unowned;
    let owner_alone = object_tags(&scene.desired, &scene.owner);
    scene.knows(TARGET_ARN, owner_alone);
    scene.policies()[0].config = Err("TargetTrackingScaling".into());
    let plan = scene.plan();
    assert_eq!((parts(&plan), withheld(&plan)[0].clone()), (vec![], (policy_part(), Reason::Conflict)));
}

#[test]
fn digests_of_policies_that_are_gone_are_trimmed_and_those_of_policies_that_are_there_are_not() {
    let mut scene = Scene::in_place();
    let digest = |name: &str| policy_digest(&PolicyName::new(name));
    let mut held = object_tags(&scene.desired, &scene.owner);
    held.extend(Untagged::Policies.tags(&[digest(POLICY), digest("gone"), digest("going")].into()));
    scene.knows(TARGET_ARN, held);
    let going = ScalingPolicy { name: PolicyName::new("going"), ..scene.policies()[0].clone() };
    scene.policies().push(going);
    let plan = scene.plan();
    let [action, removal] = &plan.actions[..] else { panic!("{plan:#?}") };
    let ActionKind::TagTarget { tags, .. } = &action.kind else { panic!("{action:#?}") };
    assert_eq!(*tags, Untagged::Policies.tags(&[digest(POLICY), digest("going")].into()));
    assert_eq!((removal.verb, &removal.part), (Verb::Delete, &Part::Policy(PolicyName::new("going"))));
}

#[test]
fn nothing_is_taken_from_an_owner_or_a_stack() {
    for held in [tags(&[(TAG_OWNER, "another")]), tags(&[("aws:cloudformation:stack-name", "web")])] {
        let mut scene = Scene::in_place();
        scene.desired.adoption = Adoption::Unowned;
        scene.knows(TARGET_ARN, held.clone());
        scene.knows(ALARM_ARN, held);
        scene.target().range = range(1, 20);
        scene.alarm().actions.alarm.clear();
        let plan = scene.plan();
        assert_eq!(parts(&plan), []);
        let conflicts = [(Part::Target, Reason::Conflict), (alarm_part(), Reason::Conflict)];
        assert_eq!(withheld(&plan), conflicts);
    }
}

// tf#31261
#[test]
fn a_target_without_an_arn_is_never_tagged_and_never_asked_about() {
    let mut scene = Scene::in_place();
    scene.target().arn = None;
    assert_eq!(withheld(&scene.plan())[0], (Part::Target, Reason::Conflict));
    scene.desired.adoption = Adoption::Unowned;
    scene.target().range = range(1, 20);
    let plan = scene.plan();
    assert_eq!((parts(&plan), plan.lookups.len()), (vec![Part::Target], 0));
}
