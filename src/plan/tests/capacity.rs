//! What a register would move, and when it is withheld.

use super::*;

// S-010
#[test]
fn a_move_stands_beside_the_register_that_brings_it_about() {
    let mut scene = Scene::in_place();
    scene.service().desired_count = 30;
    scene.service().running_count = 30;
    scene.target().range = range(2, 40);
    let plan = scene.plan();
    assert_eq!(plan.actions[0].capacity_move, Some(CapacityMove { from: 30, to: 20 }));
}

// S-006, S-010: whatever a register changes, it moves a count that lies outside.
#[test]
fn a_register_of_flags_alone_is_withheld_like_any_other() {
    let yaml = YAML.replace("  cluster: B\n", "  cluster: B\n  suspendedState: {dynamicScalingInSuspended: true}\n");
    let mut scene = Scene { desired: service_scaling(&yaml), ..Scene::in_place() };
    scene.service().desired_count = 0;
    let plan = scene.plan();
    assert_eq!((parts(&plan), withheld(&plan)), (vec![], vec![(Part::Target, Reason::CapacityMoveWithheld)]));
    scene.desired.allow_capacity_move = true;
    assert_eq!(scene.plan().actions[0].capacity_move, Some(CapacityMove { from: 0, to: 2 }));
}

// S-009: min and max only when they changed, the flags only when they did.
#[test]
fn only_what_changed_is_sent() {
    let mut scene = Scene::in_place();
    scene.target().range = range(1, 20);
    let ActionKind::RegisterTarget { range: sent, suspended, .. } = &scene.plan().actions[0].kind else { panic!() };
    assert_eq!((*sent, *suspended), (Some(range(2, 20)), None));
}
