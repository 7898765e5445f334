//! What is remembered between passes: late reads, drift, and fights with other writers.

use super::*;

fn drifted() -> Scene {
    let mut scene = Scene::in_place();
    let in_place = scene.plan();
    scene.remember_done(&in_place); // once found in place
    scene.target().range = range(1, 20);
    scene
}

/// Time passes, and everything is read again, the tags too.
fn reread(scene: &mut Scene, seconds: i64) {
    scene.later(seconds);
    scene.memory.tags.values_mut().for_each(|reading| reading.read_at = scene.now);
}

#[test]
fn what_was_once_in_place_and_differs_now_is_drift() {
    assert!(drifted().plan().actions[0].drift);
    let mut first = Scene::in_place();
    first.target().range = range(1, 20);
    assert!(!first.plan().actions[0].drift, "never seen in place");
    let mut changed = drifted();
    changed.desired.spec_hash = "another".into();
    assert!(!changed.plan().actions[0].drift, "the object changed");
}

#[test]
fn the_way_back_to_an_earlier_spec_is_no_drift() {
    let mut scene = drifted();
    let before = std::mem::replace(&mut scene.desired.spec_hash, "another".into());
    let plan = scene.plan();
    scene.remember_done(&plan);
    scene.desired.spec_hash = before;
    reread(&mut scene, 600);
    assert!(!scene.plan().actions[0].drift);
}

#[test]
fn a_write_that_aws_does_not_show_yet_is_not_made_again_for_a_while() {
    let mut scene = drifted();
    let plan = scene.plan();
    scene.remember_done(&plan);
    reread(&mut scene, 30);
    assert_eq!(withheld(&scene.plan()), [(Part::Target, Reason::AwaitingRead)]);
    scene.target().range = range(0, 20); // not what was there before: somebody else
    assert_eq!(parts(&scene.plan()), [Part::Target]);
    scene.target().range = range(1, 20);
    reread(&mut scene, 90);
    assert_eq!(parts(&scene.plan()), [Part::Target]);
}

#[test]
fn the_sixth_correction_within_an_hour_is_withheld() {
    let mut scene = drifted();
    for _ in 0..5 {
        let plan = scene.plan();
        assert_eq!(parts(&plan), [Part::Target]);
        scene.remember_done(&plan);
        reread(&mut scene, 300);
    }
    assert_eq!(withheld(&scene.plan()), [(Part::Target, Reason::DriftContention)]);
    reread(&mut scene, 2400); // the first of them is an hour old
    assert_eq!(parts(&scene.plan()), [Part::Target]);
}

// What was skipped or refused is no write that AWS might show late.
#[test]
fn only_what_was_done_is_waited_for() {
    let scene = drifted();
    let plan = scene.plan();
    let refused = Outcome { action: 0, at: scene.now, result: OutcomeResult::Failed(failure()) };
    let memory = remember(scene.memory.clone(), &plan, &[refused], &scene.desired.spec_hash, scene.now);
    assert!(memory.writes.is_empty() && memory.corrections.is_empty());
    assert_eq!(memory.last_write_at, Some(scene.now), "it may have had an effect");
}
