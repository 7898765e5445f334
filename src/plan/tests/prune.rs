//! Which orphans there are, and what keeps each guard from being in vain.

use std::time::Duration;

use super::*;
use crate::api::desired::ObjectKey;
use crate::api::reads::Reads;
use crate::model::names::ServiceId;
use crate::model::observed::Tags;
use crate::plan::ownership::TAG_DELETION_POLICY;

/// Everything that a decision about a scope is made from, in one's hands.
struct Left {
    beside: Vec<(ServiceId, Tags)>,
    wanted: BTreeSet<ObjectKey>,
    owned: usize,
    reads: Reads,
    limit: Option<usize>,
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("default", name)
}

fn tags(owner: &str, object: &str, policy: &str) -> Tags {
    [(TAG_OWNER, owner), (TAG_OBJECT, object), (TAG_DELETION_POLICY, policy)]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

impl Left {
    /// So many orphans, beside so many objects that are there; each was absent for long enough.
    fn new(orphans: usize, owned: usize) -> Self {
        let orphan =
            |i: usize| (ServiceId::new("B", format!("gone-{i}")), tags("us", &format!("default/gone-{i}"), "Delete"));
        let mut reads = Reads::default();
        for minute in [0, 5] {
            reads.note(Duration::from_secs(minute * 60), true, &[key("there")]);
        }
        let beside = (0..orphans).map(orphan).collect();
        Self { beside, wanted: [key("there")].into(), owned, reads, limit: None }
    }

    fn plan(&self) -> PrunePlan {
        plan_scope(PruneInputs {
            beside: &self.beside,
            owner: &OwnerId::parse("us").unwrap(),
            wanted: &self.wanted,
            owned: self.owned,
            reads: Some(&self.reads),
            limit: self.limit,
        })
    }

    /// The fates of all, in order.
    fn fates(&self) -> Vec<Fate> {
        self.plan().fates.values().copied().collect()
    }
}

#[test]
fn what_is_ours_and_absent_for_long_enough_goes() {
    let left = Left::new(1, 0);
    let orphan = Orphan { object: key("gone-0"), service: ServiceId::new("B", "gone-0") };
    assert_eq!(left.plan().fates, [(orphan, Fate::Goes)].into());
    assert_eq!(left.plan().blocked(), None);
}

// external-dns#5993: another owner's, a stack's and nobody's are no orphans; a new owner id finds none of the old one's.
#[test]
fn what_is_not_ours_by_its_tags_is_no_orphan() {
    for (key, value) in [(TAG_OWNER, "another"), ("aws:cloudformation:stack-name", "web"), (TAG_OBJECT, "no-slash")] {
        let mut left = Left::new(1, 5);
        left.beside[0].1.insert(key.to_owned(), value.to_owned());
        assert_eq!(left.fates(), [], "{key}");
    }
    for key in [TAG_OWNER, TAG_OBJECT] {
        let mut left = Left::new(1, 5);
        left.beside[0].1.remove(key);
        assert_eq!(left.fates(), [], "{key}");
    }
}

#[test]
fn nothing_goes_before_the_second_read_and_after_one_that_was_not_complete() {
    let mut left = Left::new(1, 5);
    let at = |minute: u64| Duration::from_secs(minute * 60);
    left.reads = Reads::default();
    assert_eq!(left.fates(), [Fate::Waits]);
    left.reads.note(at(0), true, &[key("there")]);
    left.reads.note(at(4), true, &[key("there")]);
    assert_eq!(left.fates(), [Fate::Waits]);
    left.reads.note(at(5), true, &[key("there")]);
    assert_eq!(left.fates(), [Fate::Goes]);
    left.reads.note(at(6), false, &[key("there")]);
    assert_eq!(left.fates(), [Fate::Waits]);
}

#[test]
fn retain_keeps_it_and_so_does_any_word_but_delete() {
    for policy in ["Retain", "delete", ""] {
        let mut left = Left::new(1, 5);
        left.beside[0].1.insert(TAG_DELETION_POLICY.to_owned(), policy.to_owned());
        assert_eq!(left.fates(), [Fate::Retained], "{policy}");
    }
    let mut left = Left::new(1, 5);
    left.beside[0].1.remove(TAG_DELETION_POLICY);
    assert_eq!(left.fates(), [Fate::Retained]);
    // One of its resources says it for all of them.
    let mut left = Left::new(1, 5);
    left.beside.insert(0, (left.beside[0].0.clone(), tags("us", "default/gone-0", "Retain")));
    assert_eq!(left.fates(), [Fate::Retained]);
}

#[test]
fn an_object_that_is_still_there_keeps_what_it_left_elsewhere() {
    let mut left = Left::new(1, 5);
    left.wanted.insert(key("gone-0"));
    assert_eq!(left.fates(), [Fate::Claimed]);
}

#[test]
fn more_than_a_fifth_and_more_than_one_are_all_blocked_until_the_limit_is_raised() {
    // One of two is one; two of eight and one of each more are above a fifth of them; two of ten are not.
    assert_eq!(Left::new(1, 1).fates(), [Fate::Goes]);
    assert_eq!(Left::new(2, 7).fates(), [Fate::Blocked; 2]);
    assert_eq!(Left::new(2, 8).fates(), [Fate::Goes; 2]);
    let mut left = Left::new(5, 5);
    let why = left.plan().blocked().unwrap();
    assert!(why.contains("5 objects") && why.contains("2 may be") && why.ends_with("--prune-limit-objects 5"), "{why}");
    left.limit = Some(4);
    assert_eq!(left.fates(), [Fate::Blocked; 5]);
    left.limit = Some(5);
    assert_eq!(left.fates(), [Fate::Goes; 5]);
    assert_eq!(left.plan().blocked(), None);
}

// The set is taken whole: what waits yet is a part of it.
#[test]
fn what_waits_counts_for_the_cap() {
    let mut left = Left::new(2, 0);
    left.reads.note(Duration::from_secs(400), true, &[key("there"), key("gone-1")]);
    left.reads.note(Duration::from_secs(460), true, &[key("there")]);
    assert_eq!(left.fates(), [Fate::Blocked, Fate::Waits]);
}

/// search-api in place, and its object in no file any more.
fn departed() -> Scene {
    let mut scene = Scene::in_place();
    scene.desired = ServiceScaling::departed(scene.desired.key.clone(), scene.desired.service.clone());
    scene.observed.others = std::mem::take(&mut scene.observed.alarms);
    scene
}

fn retag(scene: &mut Scene, arn: &str, key: &str, value: &str) {
    scene.memory.tags.get_mut(arn).unwrap().tags.insert(key.to_owned(), value.to_owned());
}

#[test]
fn all_that_is_left_of_an_object_goes_the_target_last() {
    let scene = departed();
    assert_eq!(parts(&scene.plan()), [alarm_part(), policy_part(), Part::Target]);
    assert_eq!(lint(&scene.plan(), scene.inputs()), Ok(()));
}

#[test]
fn nothing_goes_where_the_tags_read_last_say_retain_or_name_another_object() {
    for (key, value) in [(TAG_DELETION_POLICY, "Retain"), (TAG_OBJECT, "default/other")] {
        let mut scene = departed();
        retag(&mut scene, TARGET_ARN, key, value);
        assert_eq!(parts(&scene.plan()), [], "{key}: neither the policies nor the target");
        let mut scene = departed();
        retag(&mut scene, ALARM_ARN, key, value);
        assert!(!parts(&scene.plan()).contains(&alarm_part()), "{key}");
        // And between the plan and the call.
        let plan = departed().plan();
        for action in &plan.actions {
            let ActionKind::Delete(doomed) = &action.kind else { panic!("{action:?}") };
            let mut scene = departed();
            retag(&mut scene, &doomed.tagged, key, value);
            let look = LastLook {
                tags: scene.memory.tags[&doomed.tagged].tags.clone(),
                policies: scene.observed.policies.known().unwrap().clone(),
                schedules: vec![],
            };
            assert!(doomed.spared(&look).is_some(), "{key}: {:?}", action.part);
        }
    }
}

#[test]
fn an_account_that_observes_or_does_not_allow_the_service_loses_nothing() {
    let mut scene = departed();
    scene.allow.clusters = vec!["C".to_owned()];
    assert_eq!((parts(&scene.plan()), withheld(&scene.plan())), (vec![], vec![(Part::Object, Reason::NotAllowed)]));
    let mut scene = departed();
    scene.mode = Mode::Observe;
    assert_eq!(scene.plan().mode, Mode::Observe, "what it shows is not carried out");
}

#[test]
fn an_alarm_that_an_object_names_is_never_pruned() {
    let mut scene = departed();
    scene.taken = [AlarmName::new(ALARM)].into();
    assert_eq!(parts(&scene.plan()), [policy_part(), Part::Target]);
}
