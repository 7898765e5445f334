use jiff::Timestamp;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::api::fix::Fix;
use crate::api::load::{SourceFile, load};
use crate::api::status::{CapacityStatus, Condition, ConditionStatus, ConditionType, Reason, Status};

fn metrics() -> Metrics {
    Metrics::new(Duration::from_secs(60)).unwrap()
}

/// So many objects in one file, without a status.
fn views(count: usize) -> Vec<ObjectView> {
    let text: String = (0..count).map(object).collect();
    let loaded = load(&[SourceFile { path: "many.yaml".to_owned(), bytes: text.into_bytes() }]);
    let view = |desired| ObjectView {
        desired: Arc::new(desired),
        key: None,
        generation: 1,
        status: Status::default(),
        plan: None,
    };
    loaded.desired.services.into_values().map(view).collect()
}

fn object(index: usize) -> String {
    format!(
        "---
apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {{name: object-{index:03}}}
spec: {{cluster: B, service: service-{index:03}, minCapacity: 1, maxCapacity: 9}}
"
    )
}

fn condition(kind: ConditionType, status: ConditionStatus, reason: Reason) -> Condition {
    Condition {
        kind,
        status,
        reason,
        message: "a long text from AWS, which is no label".to_owned(),
        hint: String::new(),
        fix: Default::default(),
        last_transition_time: Timestamp::UNIX_EPOCH,
        observed_generation: 1,
    }
}

fn with(view: &ObjectView, conditions: Vec<Condition>) -> ObjectView {
    ObjectView { status: Status { conditions, ..Status::default() }, ..view.clone() }
}

/// Each series of a scrape with its value; a series that stands there twice fails.
fn series(text: &str) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        let before = found.insert(name.to_owned(), value.parse().unwrap());
        assert_eq!(before, None, "twice: {name}");
    }
    found
}

// ack#2842: the readiness of an object is a metric.
#[test]
fn a_condition_has_one_series_a_status_and_one_of_them_is_1_whatever_happened_before() {
    let (metrics, state, view) = (metrics(), State::default(), views(1).remove(0));
    let (ready, stalled) = (ConditionType::Ready, ConditionType::Stalled);
    let history = [
        vec![],
        vec![condition(ready, ConditionStatus::Unknown, Reason::NotYetChecked)],
        vec![condition(ready, ConditionStatus::False, Reason::Throttled)],
        vec![
            condition(ready, ConditionStatus::False, Reason::AccessDenied),
            condition(stalled, ConditionStatus::True, Reason::AccessDenied),
        ],
        vec![condition(ready, ConditionStatus::True, Reason::AsWanted)],
    ];
    for conditions in history {
        state.put(with(&view, conditions.clone()));
        let all = series(&metrics.scrape(&state).unwrap());
        for kind in [ready, stalled] {
            for status in ["True", "False", "Unknown"] {
                let has = |label: &str, value: &str, name: &str| name.contains(&format!("{label}=\"{value}\""));
                let of_status = all.keys().filter(|name| {
                    name.starts_with("ecs_scaling_status_condition{")
                        && has("type", kind.as_str(), name)
                        && has("status", status, name)
                });
                assert_eq!(of_status.count(), 1, "{kind} {status} after {conditions:?}");
            }
            let sum: f64 = all
                .iter()
                .filter(|(name, _)| name.contains("status_condition{") && name.contains(&format!("\"{kind}\"")))
                .map(|(_, value)| value)
                .sum();
            assert!((sum - 1.0).abs() < f64::EPSILON, "{kind} after {conditions:?}");
        }
    }
}

// road#2271: a minimum that was raised for a day and forgotten is seen.
#[test]
fn min_and_max_as_aws_has_them_are_gauges() {
    let (metrics, state, mut view) = (metrics(), State::default(), views(1).remove(0));
    view.status.capacity = Some(CapacityStatus { min: Some(8), max: Some(20), desired: 9, running: 7 });
    state.put(view);
    let scraped = series(&metrics.scrape(&state).unwrap());
    for (bound, value) in [("min", 8.0), ("max", 20.0), ("desired", 9.0), ("running", 7.0)] {
        let name = format!("ecs_scaling_capacity{{bound=\"{bound}\",object=\"default/object-000\"}}");
        assert_eq!(scraped.get(&name), Some(&value), "{name}");
    }
}

#[test]
fn what_is_denied_is_named_while_it_is() {
    let (metrics, state, view) = (metrics(), State::default(), views(1).remove(0));
    let fix = Fix { denied: vec!["cloudwatch:PutMetricAlarm".to_owned()], ..Fix::default() };
    let denied = condition(ConditionType::PermissionsGranted, ConditionStatus::False, Reason::AccessDenied);
    state.put(with(&view, vec![Condition { fix, ..denied }]));
    let name = r#"ecs_scaling_denied_action{action="cloudwatch:PutMetricAlarm",object="default/object-000"}"#;
    assert_eq!(series(&metrics.scrape(&state).unwrap()).get(name), Some(&1.0));
    state.put(with(&view, vec![condition(ConditionType::PermissionsGranted, ConditionStatus::True, Reason::AsWanted)]));
    assert!(!metrics.scrape(&state).unwrap().contains("ecs_scaling_denied_action{"));
}

#[test]
fn series_are_there_at_zero_before_anything_happens() {
    let (metrics, state) = (metrics(), State::default());
    state.put(views(1).remove(0));
    let all = series(&metrics.scrape(&state).unwrap());
    for name in [
        r#"controller_runtime_reconcile_errors_total{controller="servicescaling"}"#,
        r#"controller_runtime_reconcile_panics_total{controller="servicescaling"}"#,
        r#"controller_runtime_reconcile_total{controller="servicescaling",result="error"}"#,
        r#"ecs_scaling_actions_total{action="update",kind="Alarm",result="error"}"#,
        r#"ecs_scaling_drift_corrections_total{object="default/object-000"}"#,
        r#"ecs_scaling_withheld_actions{reason="Conflict"}"#,
        "ecs_scaling_config_rejections_total",
    ] {
        assert_eq!(all.get(name), Some(&0.0), "{name}");
    }
}

#[test]
fn what_is_counted_of_an_object_goes_with_it() {
    let (metrics, state) = (metrics(), State::default());
    views(2).into_iter().for_each(|view| state.put(view));
    metrics.drift_corrections.with_label_values(&["default/object-001"]).inc();
    let name = r#"ecs_scaling_drift_corrections_total{object="default/object-001"}"#;
    assert_eq!(series(&metrics.scrape(&state).unwrap()).get(name), Some(&1.0));
    state.retain(|key| key.name != "object-001");
    let text = metrics.scrape(&state).unwrap();
    assert!(!text.contains("object-001"), "{text}");
}

#[test]
fn series_grow_with_objects_and_with_nothing_else() {
    let (metrics, state) = (metrics(), State::default());
    let all = ConditionType::ALL.iter().filter(|kind| **kind != ConditionType::Reconciling);
    let conditions: Vec<Condition> =
        all.map(|kind| condition(*kind, ConditionStatus::True, Reason::AsWanted)).collect();
    let scrape = |count: usize| {
        views(count).iter().for_each(|view| state.put(with(view, conditions.clone())));
        let text = metrics.scrape(&state).unwrap();
        println!("a scrape of {count} objects: {} bytes", text.len());
        text.lines().filter(|line| line.contains("object=\"")).count()
    };
    let (fifty, five_hundred) = (scrape(50), scrape(500));
    assert_eq!(five_hundred, fifty * 10, "the same series for each object");
}
