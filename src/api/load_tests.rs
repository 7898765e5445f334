#[path = "load_across_tests.rs"]
mod across_tests;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::*;
use crate::api::desired::ServiceScaling;
use crate::api::schema::kind_schema;
use crate::api::types::Kind;
use crate::model::number::Number;
use crate::model::policy::StepAdjustment;

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.into(), bytes: text.as_bytes().to_vec() }
}

fn load_text(text: &str) -> Loaded {
    load(&[file("a.yaml", text)])
}

fn messages(loaded: &Loaded) -> Vec<String> {
    loaded.findings.iter().map(ToString::to_string).collect()
}

fn errors_of(text: &str) -> Vec<String> {
    messages(&load_text(text))
}

/// A good object; `{…}` holes are a name, a service and a suffix for the alarm.
fn service(name: &str, service: &str, alarm: &str) -> String {
    format!(
        "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {{name: {name}}}
spec:
  cluster: B
  service: {service}
  minCapacity: 2
  maxCapacity: 20
  stepScaling:
  - policyName: out
    adjustmentType: ChangeInCapacity
    alarm:
      alarmName: {alarm}
      metricName: CPUUtilization
      threshold: 30
      comparisonOperator: GreaterThanOrEqualToThreshold
    steps:
    - {{lower: 30, adjustment: 2}}
"
    )
}

const EXAMPLES: [(&str, &str); 3] = [
    ("search-api.yaml", include_str!("../../deploy/examples/search-api.yaml")),
    ("search-worker.yaml", include_str!("../../deploy/examples/search-worker.yaml")),
    ("relative-steps.yaml", include_str!("testdata/relative-steps.yaml")),
];

fn examples() -> Loaded {
    load(&EXAMPLES.map(|(path, text)| file(path, text)))
}

#[test]
fn the_examples_have_no_finding() {
    let loaded = examples();
    assert_eq!(messages(&loaded), Vec::<String>::new());
    assert_eq!((loaded.desired.services.len(), loaded.held.len()), (3, 0));
}

#[test]
fn the_example_of_target_tracking_has_no_finding() {
    let bytes = include_bytes!("../../deploy/tracking/search-web.yaml").to_vec();
    let loaded = load(&[SourceFile { path: "search-web.yaml".into(), bytes }]);
    assert_eq!(messages(&loaded), Vec::<String>::new());
    let object = &loaded.desired.services[&ObjectKey::new("default", "search-web")];
    assert!(object.policies[1].config.lacks_label(), "it is looked up");
}

#[test]
fn the_example_of_scheduled_actions_has_no_finding() {
    let bytes = include_bytes!("../../deploy/schedules/search-hours.yaml").to_vec();
    let now = "2026-03-02T09:00:00Z".parse().unwrap();
    let loaded = load_at(&[SourceFile { path: "search-hours.yaml".into(), bytes }], Some(now));
    assert_eq!(messages(&loaded), Vec::<String>::new());
    let object = &loaded.desired.services[&ObjectKey::new("default", "search-hours")];
    let names: Vec<&str> = object.schedules.iter().map(|schedule| schedule.name.as_str()).collect();
    assert_eq!(names, ["search-hours-day", "search-hours-night", "search-hours-sale"]);
}

#[test]
fn the_founding_example_becomes_what_aws_is_to_hold() {
    let loaded = examples();
    let object = &loaded.desired.services[&ObjectKey::new("default", "search-api")];
    assert_eq!(object.service.resource_id(), "service/B/search-api");
    assert_eq!((object.range.min(), object.range.max()), (2, 20));
    assert_eq!(object.position.to_string(), "search-api.yaml:3:1");
    let policy = &object.policies[0];
    let config = policy.config.step().unwrap();
    let step = |lower, upper: Option<i32>, adjustment| StepAdjustment {
        lower: Some(Number::from(lower)),
        upper: upper.map(Number::from),
        adjustment,
    };
    assert_eq!(config.steps, [step(0, Some(10), 2), step(10, Some(20), 2), step(20, None, 4)]);
    let alarm = &policy.alarms[0];
    assert_eq!(alarm.name.as_str(), "ECSPersonalScaleOutAlarmProd");
    let metric = alarm.config.metric.single().unwrap();
    assert_eq!(metric.namespace, "AWS/ECS");
    let dimensions: Vec<_> = metric.dimensions.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(dimensions, ["ClusterName=B", "ServiceName=search-api"]);
    assert_eq!((metric.period, alarm.config.evaluation_periods), (60, 1));
}

// The text is what `validate` prints; read it as its user would.
#[test]
fn every_mistake_of_a_file_is_found_in_one_run_at_its_place() {
    let found = errors_of(include_str!("testdata/mistakes.yaml")).join("\n");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/testdata/mistakes.txt");
    assert_eq!(found.trim_end(), include_str!("testdata/mistakes.txt").trim_end(), "golden file {path}; got\n{found}");
}

#[test]
fn a_rejected_object_stops_none_of_the_others() {
    let broken = service("a", "a", "a").replace("minCapacity: 2", "minCapacity: 30");
    let text = format!("{broken}---\n{}", service("b", "b", "b"));
    let loaded = load(&[file("a.yaml", &text), file("b.yaml", "a: [1\n"), file("c.yaml", &service("c", "c", "c"))]);
    let names: Vec<&str> = loaded.desired.services.keys().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["b", "c"]);
    let a = ObjectRef::ServiceScaling(ObjectKey::new("default", "a"));
    assert_eq!(
        loaded.held,
        [Held { file: "a.yaml".into(), object: Some(a) }, Held { file: "b.yaml".into(), object: None }]
    );
}

#[test]
fn a_file_that_is_not_whole_holds_all_of_its_objects() {
    let text = service("a", "a", "a");
    for bytes in [text.trim_end().as_bytes().to_vec(), b"\xFF\xFE".to_vec(), [text.as_bytes(), b"\xFF\n"].concat()] {
        let loaded = load(&[SourceFile { path: "a.yaml".into(), bytes }]);
        assert_eq!(loaded.held, [Held { file: "a.yaml".into(), object: None }]);
        assert!(loaded.desired.services.is_empty() && loaded.findings.len() == 1);
    }
}

#[test]
fn the_hash_follows_the_meaning_and_not_the_spelling() {
    let hash = |text: &str| {
        let loaded = load_text(text);
        assert_eq!(messages(&loaded), Vec::<String>::new());
        loaded.desired.services.into_values().next().unwrap().spec_hash
    };
    let plain = service("a", "a", "a");
    let spelled = plain
        .replace(
            "threshold: 30\n",
            "threshold: 3e1\n      period: 60\n      statistic: Average\n      treatMissingData: missing\n",
        )
        .replace("    - {lower: 30, adjustment: 2}", "    - adjustment: 2\n      lower: 30.0")
        .replace("spec:\n", "spec:\n  mode: Apply\n")
        .replace("    adjustmentType", "    cooldown: 300\n    adjustmentType");
    assert_eq!(hash(&plain), hash(&spelled));
    assert_eq!(hash(&plain).len(), 16);
    assert_ne!(hash(&plain), hash(&plain.replace("maxCapacity: 20", "maxCapacity: 21")));
    assert_ne!(hash(&plain), hash(&plain.replace("threshold: 30", "threshold: 30\n      actionsEnabled: false")));
}

// tf#8777, tf#4930, cfn-registry#255: unset is sent as 0 there, and 0 is dropped
#[test]
fn unset_and_zero_are_different_things() {
    let read = |text: &str| {
        let loaded = load_text(text);
        assert!(loaded.held.is_empty(), "{:?}", loaded.findings);
        loaded.desired.services.into_values().next().unwrap()
    };
    let unset = service("a", "a", "a");
    let zero = unset
        .replace("minCapacity: 2", "minCapacity: 0\n  suspendedState: {dynamicScalingInSuspended: false}")
        .replace("    alarm:", "    cooldown: 0\n    alarm:")
        .replace("threshold: 30", "threshold: 0\n      okActions: []")
        .replace("{lower: 30, adjustment: 2}", "{lower: 0, adjustment: 0}");
    let (unset, zero) = (read(&unset), read(&zero));
    assert_eq!((unset.range.min(), zero.range.min()), (2, 0));
    let suspended = |object: &ServiceScaling| object.suspended.dynamic_scaling_in_suspended;
    assert_eq!((suspended(&unset), suspended(&zero)), (None, Some(false)));
    let cooldown = |object: &ServiceScaling| object.policies[0].config.step().unwrap().cooldown;
    assert_eq!((cooldown(&unset), cooldown(&zero)), (300, 0), "S-035");
    assert_eq!(zero.policies[0].config.step().unwrap().min_adjustment_magnitude, None);
    assert_eq!(zero.policies[0].config.step().unwrap().steps[0].lower, Some(Number::ZERO));
    assert_eq!(zero.policies[0].config.step().unwrap().steps[0].adjustment, 0);
    let ok = |object: &ServiceScaling| object.policies[0].alarms[0].actions.ok.clone();
    assert_eq!((ok(&unset), ok(&zero)), (None, Some(BTreeSet::new())));
}

#[test]
fn five_hundred_objects_load_in_well_under_a_second() {
    let text: String =
        (0..500).map(|n| service(&format!("s{n}"), &format!("s{n}"), &format!("a{n}")) + "---\n").collect();
    let started = Instant::now();
    let loaded = load_text(&text);
    let took = started.elapsed();
    assert_eq!((loaded.desired.services.len(), loaded.findings.len()), (500, 0));
    assert!(took < Duration::from_secs(3), "{took:?}"); // measured: see the printed value; the bound allows a busy machine
    println!("500 objects in {took:?}");
}

#[test]
fn every_field_is_taken() {
    let loaded = load_text(include_str!("testdata/every-field.yaml"));
    assert_eq!(messages(&loaded), Vec::<String>::new());
    // The schema's properties are the object's: a field that is added must be added to the test's file.
    for (kind, spec) in [
        (Kind::ServiceScaling, &loaded.desired.services.values().next().unwrap().spec),
        (Kind::AwsAccount, &loaded.desired.accounts.values().next().unwrap().spec),
    ] {
        all_used(&kind_schema(kind)["properties"]["spec"], &[spec], "spec");
    }
}

/// Asserts that each property of a schema occurs in one of the values; `alarm` and `alarms` are of one form.
fn all_used(schema: &Value, values: &[&Value], path: &str) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let names =
            if name.starts_with("alarm") && name.len() < 7 { vec!["alarm", "alarms"] } else { vec![name.as_str()] };
        let found: Vec<&Value> =
            values.iter().flat_map(|value| names.iter().filter_map(|name| value.get(name))).collect();
        assert!(!found.is_empty(), "{path}.{name} is not used");
        let items: Vec<&Value> = found
            .into_iter()
            .flat_map(|value| value.as_array().map_or(vec![value], |items| items.iter().collect()))
            .collect();
        all_used(property.get("items").unwrap_or(property), &items, &format!("{path}.{name}"));
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_make_no_difference() {
    let text = service("a", "a", "a").replace('\n', "\r\n");
    let bytes = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let loaded = load(&[SourceFile { path: "a.yaml".into(), bytes }]);
    assert_eq!(messages(&loaded), Vec::<String>::new());
    let plain = load_text(&service("a", "a", "a"));
    assert_eq!(loaded.desired, plain.desired);
}
