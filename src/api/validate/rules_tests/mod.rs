//! One broken rule at a time, on an object that is otherwise fine: the fact, the edit, the place and the message.

mod accounts;
mod alarms;
mod intervals;
mod metrics;
mod policies;
mod schedules;
mod tracking;

use crate::api::load::{Loaded, SourceFile, load};

const GOOD: &str = "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {name: api}
spec:
  cluster: B
  service: api
  minCapacity: 2
  maxCapacity: 20
  stepScaling:
  - policyName: out
    adjustmentType: ChangeInCapacity
    alarm:
      alarmName: high
      metricName: CPUUtilization
      threshold: 30
      comparisonOperator: GreaterThanOrEqualToThreshold
    steps:
    - {lower: 30, upper: 40, adjustment: 2}
    - {lower: 40, adjustment: 4}
";

fn read(text: &str) -> Loaded {
    load(&[SourceFile { path: "a.yaml".into(), bytes: text.as_bytes().to_vec() }])
}

/// Every finding that the edits lead to, as `severity path message`.
fn findings(edits: &[(&str, &str)]) -> Vec<String> {
    let mut text = GOOD.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "the edit of {from:?} changes nothing");
        text = text.replacen(from, to, 1);
    }
    let found = read(&text).findings;
    found.into_iter().map(|f| format!("{} {} {}", f.severity, f.path, f.message)).collect()
}

/// The one edit gives the one finding.
fn expect(fact: &str, from: &str, to: &str, finding: &str) {
    let found = findings(&[(from, to)]);
    assert_eq!(found.len(), 1, "{fact}: {found:#?}");
    assert!(found[0].starts_with(finding), "{fact}: expected\n{finding}\nfound\n{}", found[0]);
}

#[test]
fn a_good_object_has_no_finding() {
    assert_eq!(findings(&[]), Vec::<String>::new());
}

#[test]
fn rules_of_the_target() {
    expect("S-004", "minCapacity: 2", "minCapacity: -1", "error spec.minCapacity -1 is below 0");
    expect("S-013", "maxCapacity: 20", "maxCapacity: 1", "error spec.maxCapacity maxCapacity 1 is below minCapacity 2");
    expect("S-007", "spec:", "spec:\n  tags: {\"\": x}", "error spec.tags[\"\"] the tag's key is empty");
    expect("S-007", "spec:", "spec:\n  tags: {\"a*\": x}", "error spec.tags[\"a*\"] the tag has a character");
    expect("S-007", "spec:", "spec:\n  tags: {AWS:x: x}", "error spec.tags[\"AWS:x\"] keys that begin with `aws:`");
    let tags: String = (0..41).map(|n| format!("t{n}: x, ")).collect();
    expect("S-007", "spec:", &format!("spec:\n  tags: {{{tags}}}"), "error spec.tags there are 41 tags");
    expect("S-002", "cluster: B", "cluster: B/C", "error spec.cluster `B/C` cannot be a cluster's name");
    expect("S-104", "service: api", "service: arn:aws:ecs:eu-west-1:1:task/x", "error spec.service `arn:aws:ecs");
    expect("S-105", "cluster: B", "cluster: B\n  region: Seoul", "error spec.region `Seoul` is not a region");
}

#[test]
fn zero_tasks_are_fine_unless_nothing_can_wake_them() {
    // S-017
    expect("S-017", "minCapacity: 2", "minCapacity: 0", "warning spec.minCapacity at 0 tasks");
    let parked = [("minCapacity: 2", "minCapacity: 0"), ("maxCapacity: 20", "maxCapacity: 0")];
    assert_eq!(findings(&parked), Vec::<String>::new());
    let queue =
        "namespace: AWS/SQS\n      dimensions: {QueueName: q}\n      metricName: ApproximateNumberOfMessagesVisible";
    assert_eq!(findings(&[("minCapacity: 2", "minCapacity: 0"), ("metricName: CPUUtilization", queue)]), [""; 0]);
}

// cdk#14297, cdk#1849, road#86, S-104: a name, a long ARN, or one of the time before clusters stood in them
#[test]
fn names_and_arns_mean_the_same_and_must_not_contradict() {
    let cluster = "cluster: arn:aws:ecs:eu-west-1:111122223333:cluster/B";
    let service = "service: arn:aws:ecs:eu-west-1:111122223333:service/B/api";
    assert_eq!(findings(&[("cluster: B", cluster), ("service: api", service)]), [""; 0]);
    let short = "service: arn:aws:ecs:eu-west-1:111122223333:service/api";
    assert_eq!(findings(&[("cluster: B", cluster), ("service: api", short)]), [""; 0]);
    let other_region = "service: arn:aws:ecs:us-east-1:111122223333:service/B/api";
    let found = findings(&[("cluster: B", cluster), ("service: api", other_region)]);
    assert_eq!(found, ["error spec.service the ARN is in the region us-east-1, and the object is in eu-west-1"]);
    let other_account = "service: arn:aws:ecs:eu-west-1:999999999999:service/B/api";
    let found = findings(&[("cluster: B", cluster), ("service: api", other_account)]);
    assert_eq!(
        found,
        ["error spec.service the ARN is in the account 999999999999, and the cluster's is in 111122223333"]
    );
}

#[test]
fn rules_of_names_and_labels() {
    expect("name", "{name: api}", "{name: Api_1}", "error metadata.name `Api_1` cannot be an object's name");
    expect("name", "{name: api}", "{name: a..b}", "error metadata.name");
    expect("namespace", "{name: api}", "{name: api, namespace: a.b}", "error metadata.namespace `a.b` cannot be");
    expect(
        "label",
        "{name: api}",
        "{name: api, labels: {-x: y}}",
        "error metadata.labels.-x `-x` cannot be a label's key",
    );
    expect(
        "label",
        "{name: api}",
        "{name: api, labels: {x: a b}}",
        "error metadata.labels.x `a b` cannot be a label's",
    );
    assert_eq!(findings(&[("{name: api}", "{name: a.b-1, namespace: n, labels: {x.y/z_1: \"\"}}")]), [""; 0]);
}
