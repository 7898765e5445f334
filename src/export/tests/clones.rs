//! One service's scaling as another's.

use super::*;

fn clone_of(scene: &mut Scene, cluster: &str, service: &str) {
    scene.wish.clone_to = Some(ServiceId::new(cluster, service));
}

fn only_alarm(object: &ServiceScaling) -> &crate::api::desired::DesiredAlarm {
    &object.policies[0].alarms[0]
}

#[test]
fn a_clone_watches_itself_and_overwrites_nothing() {
    let mut scene = Scene::founding();
    clone_of(&mut scene, "C", "search-web");
    let object = scene.loaded();
    assert_eq!(object.service, ServiceId::new("C", "search-web"));
    assert_eq!(object.adoption, crate::api::desired::Adoption::Never);
    let alarm = only_alarm(&object);
    assert_eq!(alarm.name.as_str(), "cpu-high-C-search-web", "the original's name is taken");
    let metric = alarm.config.metric.single().unwrap();
    assert_eq!(metric.dimensions["ServiceName"], "search-web");
    assert_eq!(metric.dimensions["ClusterName"], "C");
    assert!(!scene.export().yaml().contains("dimensions:"), "its own dimensions need no words");
}

#[test]
fn names_that_hold_the_old_ones_get_the_new_ones_as_whole_words() {
    let mut scene = Scene::empty();
    scene.add_policy("B/search-api out", founding_steps(), &["B-search-api-cpu"]);
    scene.add_alarm("B-search-api-cpu", cpu_above(30.0), &["B/search-api out"]);
    clone_of(&mut scene, "C", "search-web");
    let object = scene.loaded();
    assert_eq!(object.policies[0].name.as_str(), "C/search-web out");
    assert_eq!(only_alarm(&object).name.as_str(), "C-search-web-cpu");
    let names = Names::of_clone(&ServiceId::new("B", "api"), &ServiceId::new("C", "web"), BTreeSet::new());
    for (name, expected) in [("ALB-apis-api", "ALB-apis-web"), ("B.B", "C.C"), ("apiB", "apiB"), ("", "")] {
        assert_eq!(names.on_service(name), expected);
    }
}

#[test]
fn no_two_alarms_of_a_clone_and_its_original_share_a_name() {
    let from = ServiceId::new("B", "api");
    let taken: BTreeSet<String> = ["x-api", "x-web", "x", "x".repeat(255).as_str()].map(str::to_owned).into();
    let names = Names::of_clone(&from, &ServiceId::new("B", "web"), taken.clone());
    let mut made = BTreeSet::new();
    for name in &taken {
        let new = names.alarm(name);
        assert!(new.chars().count() <= 255 && !taken.contains(&new) && made.insert(new.clone()), "{name} → {new}");
    }
}

#[test]
fn a_clone_acts_on_its_own_policy_alone_and_says_what_else_it_watches() {
    let mut scene = Scene::founding();
    scene.alarm("cpu-high").actions.alarm.insert(policy_arn("other"));
    scene.alarm("cpu-high").actions.ok.insert("arn:aws:sns:ap-northeast-2:111122223333:calm".into());
    let mut queue = cpu_above(30.0);
    let AlarmMetric::Single(metric) = &mut queue.metric else { panic!() };
    metric.namespace = "AWS/SQS".into();
    metric.dimensions = [("QueueName".to_owned(), "search".to_owned())].into();
    scene.alarm("cpu-high").config = Ok(queue);
    clone_of(&mut scene, "B", "search-web");
    let object = scene.loaded();
    let alarm = only_alarm(&object);
    assert_eq!(alarm.actions.alarm, None);
    assert_eq!(alarm.actions.ok.as_ref().map(BTreeSet::len), Some(1));
    assert!(
        scene.notes().contains("It watches what the original watches: CPUUtilization in AWS/SQS of QueueName=search")
    );
}

#[test]
fn the_names_of_objects_are_legal_and_differ() {
    let mut taken = BTreeSet::new();
    for (cluster, service, expected) in [
        ("B", "search-api", "search-api"),
        ("C", "search-api", "c-search-api"),
        ("c", "search_api", "c-search-api-2"),
        ("B", "__", "service"),
        ("B", "API_v2", "api-v2"),
    ] {
        let name = object_name(&ServiceId::new(cluster, service), &taken);
        assert_eq!(name, expected);
        taken.insert(name);
    }
}
