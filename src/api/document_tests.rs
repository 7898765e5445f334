//! Mistakes of shape and broken rules in one document: each is found, and none makes others up.

use std::collections::BTreeSet;

use crate::api::load::{SourceFile, load};

const GOOD: &str = "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {name: api}
spec:
  cluster: B
  service: api
  region: eu-west-1
  minCapacity: 2
  maxCapacity: 20
  tags: {team: search}
  stepScaling:
  - policyName: out
    adjustmentType: ChangeInCapacity
    cooldown: 300
    alarm:
      alarmName: high
      metricName: CPUUtilization
      period: 60
      evaluationPeriods: 2
      threshold: 30
      comparisonOperator: GreaterThanOrEqualToThreshold
      okActions: [arn:aws:sns:eu-west-1:111122223333:calm]
    steps:
    - {lower: 30, upper: 40, adjustment: 2}
    - {lower: 40, upper: 60, adjustment: 3}
    - {lower: 60, adjustment: 4}
  - policyName: in
    adjustmentType: ChangeInCapacity
    alarms:
    - alarmName: low
      metricName: CPUUtilization
      evaluationPeriods: 3
      datapointsToAlarm: 3
      threshold: 10
      comparisonOperator: LessThanOrEqualToThreshold
    stepAdjustments:
    - {metricIntervalUpperBound: 0, scalingAdjustment: -1}
";

/// Each makes a value unreadable, or a field unknown.
const SHAPE: [(&str, &str); 32] = [
    ("ecs-scaling.dev/v1alpha1", "ecs-scaling.dev/v1"),
    ("kind: ServiceScaling", "kind: ServiceScalng"),
    ("{name: api}", "{name: 12}"),
    ("{name: api}", "{name: api, labels: {a: 1}}"),
    ("{name: api}", "[api]"),
    ("cluster: B", "cluster: 7"),
    ("cluster: B", "clutser: B"),
    ("service: api", "service: [api]"),
    ("region: eu-west-1", "region: 1"),
    ("minCapacity: 2", "minCapacity: \"2\""),
    ("maxCapacity: 20", "maxCapacity: many"),
    ("  maxCapacity: 20\n", ""),
    ("tags: {team: search}", "tags: {team: 1}"),
    ("tags: {team: search}", "tags: [team]"),
    ("tags: {team: search}", "tagz: {team: search}"),
    ("tags: {team: search}", "<<: {mode: Apply}"),
    ("region: eu-west-1", "region: eu-west-1\n  region: eu-west-2"),
    ("policyName: out", "policyName: 12"),
    ("adjustmentType: ChangeInCapacity", "adjustmentType: ChangeCapacity"),
    ("cooldown: 300", "cooldown: 5m"),
    ("cooldown: 300", "colldown: 300"),
    ("alarmName: high", "alarmName: [high]"),
    ("metricName: CPU", "metricsName: CPU"),
    ("period: 60", "period: 1m"),
    ("evaluationPeriods: 2", "evaluationPeriods: two"),
    ("evaluationPeriods: 2", "evalPeriods: 2"),
    ("threshold: 30", "threshold: 30%"),
    ("comparisonOperator: GreaterThanOrEqualToThreshold", "comparisonOperator: '>='"),
    ("upper: 40", "upper: \"40\""),
    ("- {lower: 60, adjustment: 4}", "- 60"),
    ("    alarms:\n    - alarmName: low", "    alarms:\n    - low\n    - alarmName: low"),
    ("    stepAdjustments:\n    -", "    intervals: []\n    stepAdjustment:\n    -"),
];

/// Each breaks a rule.
const RULES: [(&str, &str); 20] = [
    ("metadata: {name", "metadata: {namespace: a_b, name"),
    ("  cluster: B", "  cluster: B/C"),
    ("service: api", "service: arn:aws:ecs:eu-west-1:111122223333:service/C/api"),
    ("region: eu-west-1", "region: Ireland"),
    ("minCapacity: 2", "minCapacity: 30"),
    ("minCapacity: 2", "minCapacity: 0"),
    ("maxCapacity: 20", "maxCapacity: -1"),
    ("{team: search", "{\"aws:x\": y, team: search"),
    ("adjustmentType: ChangeInCapacity", "adjustmentType: ChangeInCapacity\n    minAdjustmentMagnitude: 1"),
    ("cooldown: 300", "cooldown: -1"),
    ("alarmName: high", "alarmName: TargetTracking-high"),
    ("alarmName: low", "alarmName: high"),
    ("period: 60", "period: 45"),
    ("evaluationPeriods: 2", "evaluationPeriods: 2\n      datapointsToAlarm: 3"),
    ("evaluationPeriods: 2", "evaluationPeriods: 2\n      datapointsToAlarm: 1"),
    ("sns:eu-west-1:", "sns:us-east-1:"),
    ("{lower: 30,", "{lower: 35,"),
    ("lower: 40,", "lower: 45,"),
    ("metricIntervalUpperBound: 0,", "metricIntervalLowerBound: -9, metricIntervalUpperBound: 0,"),
    ("policyName: in", "policyName: out"),
];

/// What needs the unreadable value itself, or names it: found once the value can be read.
const NEEDS: [(&str, &str); 20] = [
    ("cluster: 7", "service: arn:aws:ecs:eu-west-1:111122223333:service/C/api"),
    ("clutser: B", "service: arn:aws:ecs:eu-west-1:111122223333:service/C/api"),
    ("maxCapacity: many", "minCapacity: 30"),
    ("", "minCapacity: 30"),
    ("maxCapacity: many", "minCapacity: 0"),
    ("", "minCapacity: 0"),
    ("minCapacity: \"2\"", "maxCapacity: -1"),
    ("alarmName: [high]", "alarmName: high"),
    ("comparisonOperator: '>='", "evaluationPeriods: 2\n      datapointsToAlarm: 1"),
    ("region: 1", "sns:us-east-1:"),
    ("region: eu-west-1\n  region: eu-west-2", "sns:us-east-1:"),
    ("alarmName: [high]", "{lower: 35,"),
    ("threshold: 30%", "{lower: 35,"),
    ("comparisonOperator: '>='", "{lower: 35,"),
    ("upper: \"40\"", "{lower: 35,"),
    ("- 60", "{lower: 35,"),
    ("upper: \"40\"", "lower: 45,"),
    ("- 60", "lower: 45,"),
    ("intervals: []\n    stepAdjustment:\n    -", "metricIntervalLowerBound: -9, metricIntervalUpperBound: 0,"),
    ("policyName: 12", "policyName: out"),
];

/// Findings by path and message, with their severity.
fn findings(text: &str) -> BTreeSet<String> {
    let found = load(&[SourceFile { path: "a.yaml".into(), bytes: text.as_bytes().to_vec() }]).findings;
    found.into_iter().map(|f| format!("{} {}: {}", f.severity, f.path, f.message)).collect()
}

/// The good object with all edits made; `None` where two of them are of one place.
fn edited(edits: &[(&str, &str)]) -> Option<String> {
    let mut places: Vec<(usize, usize, &str)> = Vec::new();
    for (from, to) in edits {
        let start = GOOD.find(from).unwrap_or_else(|| panic!("the edit of {from:?} changes nothing"));
        places.push((start, start + from.len(), to));
    }
    places.sort_unstable();
    if places.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return None;
    }
    let mut text = GOOD.to_owned();
    for (start, end, to) in places.into_iter().rev() {
        text.replace_range(start..end, to);
    }
    Some(text)
}

fn findings_of(edit: (&str, &str)) -> BTreeSet<String> {
    findings(&edited(&[edit]).unwrap())
}

#[test]
fn a_mistake_of_shape_makes_no_other_finding_up() {
    assert_eq!(findings(GOOD), BTreeSet::new());
    for edit in SHAPE {
        let found = findings_of(edit);
        let expected = if edit.1.contains("intervals") { 2 } else { 1 };
        assert_eq!(found.len(), expected, "{edit:?}: {found:#?}");
    }
}

#[test]
fn a_mistake_of_shape_hides_no_broken_rule_of_another_field() {
    let by_shapes = SHAPE.map(findings_of);
    let mut hidden = Vec::new();
    let mut pairs = 0;
    for rule in RULES {
        let by_rule = findings_of(rule);
        assert!(!by_rule.is_empty(), "{rule:?} breaks nothing");
        for (shape, by_shape) in SHAPE.into_iter().zip(&by_shapes) {
            let Some(both) = edited(&[rule, shape]) else { continue };
            let found = findings(&both);
            pairs += 1;
            assert!(by_shape.is_subset(&found), "{rule:?} hides {shape:?}: {found:#?}");
            if !by_rule.is_subset(&found) {
                hidden.push((shape.1.trim(), rule.1.trim()));
            }
            let made_up: Vec<_> = found.iter().filter(|f| !by_rule.contains(*f) && !by_shape.contains(*f)).collect();
            assert!(made_up.is_empty(), "{shape:?} with {rule:?}: {made_up:#?}");
        }
    }
    assert!(pairs > 500, "{pairs}");
    assert_eq!(hidden, NEEDS);
}
