//! Objects in each other's way, once it is known where they live.

use super::*;

fn conflicts(objects: &[(TargetKey, ServiceScaling)]) -> Vec<(String, ScopeConflict)> {
    let found = scope_conflicts(objects.iter().map(|(key, object)| (key, object)));
    found.into_iter().map(|(key, conflict)| (key.name, conflict)).collect()
}

fn named(name: &str, region: &str) -> (TargetKey, ServiceScaling) {
    let mut scene = Scene::empty();
    scene.desired.key.name = name.into();
    scene.key.scope.region = Region::new(region);
    (scene.key, scene.desired)
}

#[test]
fn two_objects_for_one_service_name_each_other() {
    let (one, two) = (named("one", "ap-northeast-2"), named("two", "ap-northeast-2"));
    let found = conflicts(&[one.clone(), two.clone()]);
    // They have one alarm as well, and one reason is enough.
    assert_eq!(found.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(conflicts(&[one, named("two", "eu-west-1")]), []);
}

// S-099
#[test]
fn an_alarm_name_is_unique_in_its_scope_and_a_policy_name_on_its_target() {
    let one = named("one", "ap-northeast-2");
    let mut two = named("two", "ap-northeast-2");
    two.0.service = crate::model::names::ServiceId::new("B", "web");
    let alarm = || AlarmName::new(ALARM);
    assert_eq!(
        conflicts(&[one.clone(), two.clone()]),
        [
            ("one".to_owned(), ScopeConflict::SameAlarm(two.1.key.clone(), alarm())),
            ("two".to_owned(), ScopeConflict::SameAlarm(one.1.key.clone(), alarm())),
        ]
    );
    two.1.policies[0].alarms[0].name = AlarmName::new("another");
    assert_eq!(conflicts(&[one, two]), [], "one policy name on two services is normal");
}
