//! What the status shows of a plan that was carried out, before anything is read again.

use super::*;
use crate::plan::after::after;

/// Every action of a plan ended so.
fn ended(scene: &Scene, plan: &Plan, result: impl Fn(usize) -> OutcomeResult) -> ObservedTarget {
    let outcome = |action| Outcome { action, at: scene.now, result: result(action) };
    let outcomes: Vec<Outcome> = (0..plan.actions.len()).map(outcome).collect();
    after(&scene.observed, plan, &outcomes)
}

fn done(action: usize) -> OutcomeResult {
    OutcomeResult::Done { arn: Some(format!("arn:{action}")), request_id: None }
}

#[test]
fn what_was_created_is_shown_as_it_was_written() {
    let scene = Scene::empty();
    let plan = scene.plan();
    let shown = Scene { observed: ended(&scene, &plan, done), ..Scene::empty() };
    let mut wanted = Scene::in_place();
    let target = shown.observed.target.known().and_then(Option::as_ref).expect("a target");
    assert_eq!((target.range, target.suspended), (wanted.target().range, wanted.target().suspended));
    assert!(target.arn.as_deref().is_some_and(|arn| arn.starts_with("arn:")));
    let policies = shown.observed.policies.known().expect("policies");
    assert_eq!(policies.len(), 1);
    let as_wanted = wanted.policies()[0].clone();
    assert_eq!((&policies[0].name, &policies[0].config), (&as_wanted.name, &as_wanted.config));
    let alarm = shown.observed.alarms[&AlarmName::new(ALARM)].known().and_then(Option::as_ref).expect("an alarm");
    assert_eq!((&*alarm.arn, &alarm.config), (ALARM_ARN, &wanted.alarm().config));
    assert_eq!(alarm.state, AlarmState::InsufficientData, "as every alarm begins");
}

#[test]
fn what_was_changed_is_shown_as_it_was_written_and_keeps_the_rest() {
    let mut scene = Scene::in_place();
    scene.target().range = CapacityRange::new(1, 5).unwrap();
    scene.policies()[0].config = scene.policies()[0]
        .config
        .clone()
        .map(|_| service_scaling(&YAML.replace("300", "60")).policies[0].config.clone());
    let other = service_scaling(&YAML.replace("threshold: 30", "threshold: 31").replace("lower: 30", "lower: 31"));
    scene.alarm().config = Ok(other.policies[0].alarms[0].config.clone());
    let plan = scene.plan();
    assert_eq!(plan.actions.len(), 3, "{plan:#?}");
    let mut shown = Scene { observed: ended(&scene, &plan, done), ..Scene::in_place() };
    let mut wanted = Scene::in_place();
    assert_eq!(shown.target().range, wanted.target().range);
    assert_eq!(shown.target().arn.as_deref(), Some(TARGET_ARN));
    assert_eq!(shown.policies().len(), 1);
    assert_eq!(shown.policies()[0].config, wanted.policies()[0].config);
    assert_eq!(shown.alarm().config, wanted.alarm().config);
    assert_eq!(shown.alarm().actions, wanted.alarm().actions);
    let alarm = shown.alarm();
    assert_eq!((&*alarm.arn, alarm.state), (ALARM_ARN, AlarmState::Ok));
}

#[test]
fn what_failed_or_was_not_sent_is_not_shown() {
    let scene = Scene::empty();
    let plan = scene.plan();
    for result in [
        OutcomeResult::Failed(failure()),
        OutcomeResult::Held(failure()),
        OutcomeResult::Skipped { why: "it had to".to_owned() },
    ] {
        assert_eq!(ended(&scene, &plan, |_| result.clone()), scene.observed, "{result:?}");
    }
}
