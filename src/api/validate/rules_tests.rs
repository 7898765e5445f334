//! One broken rule at a time, on an object that is otherwise fine: the fact, the edit, the place and the message.

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

const ALARM: &str = "error spec.stepScaling[0].alarm";

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

// cdk#14297, cdk#1849, S-104
#[test]
fn names_and_arns_mean_the_same_and_must_not_contradict() {
    let cluster = "cluster: arn:aws:ecs:eu-west-1:111122223333:cluster/B";
    let service = "service: arn:aws:ecs:eu-west-1:111122223333:service/B/api";
    assert_eq!(findings(&[("cluster: B", cluster), ("service: api", service)]), [""; 0]);
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

#[test]
fn rules_of_policies() {
    let policy = "error spec.stepScaling[0]";
    let long = format!("policyName: {}", "x".repeat(257));
    expect("S-021", "policyName: out", &long, &format!("{policy}.policyName the policy's name has 257"));
    expect(
        "S-021",
        "policyName: out",
        "policyName: \"a\\nb\"",
        &format!("{policy}.policyName the policy's name has a"),
    );
    expect("S-034", "alarm:", "minAdjustmentMagnitude: 1\n    alarm:", &format!("{policy}.minAdjustmentMagnitude"));
    expect("S-035", "alarm:", "cooldown: -1\n    alarm:", &format!("{policy}.cooldown the cooldown is -1 seconds"));
    let steps = GOOD.split_once("    steps:").unwrap().1;
    expect("S-027", steps, " []\n", &format!("{policy}.steps the policy has no steps"));
    let many: String = (30..51).map(|n| format!("\n    - {{lower: {n}, upper: {}, adjustment: 1}}", n + 1)).collect();
    let many = many.replace("upper: 51, ", "") + "\n";
    expect("S-027, cdk#27020", steps, &many, &format!("{policy}.steps the policy has 21 steps"));
    expect("S-032", "upper: 40", "upper: 35", &format!("{policy}.steps[1].lower there is a gap from 35 to 40"));
    expect("S-032", "upper: 40", "upper: 45", &format!("{policy}.steps[1].lower the step overlaps step 1"));
    expect(
        "S-031",
        "{lower: 40,",
        "{lower: 40, upper: 50,",
        &format!("{policy}.steps[1].upper the highest step ends at 50"),
    );
    expect("S-028", "upper: 40", "upper: 30", &format!("{policy}.steps[0].lower the step's lower bound 30"));
    expect("S-029", "lower: 30, upper: 40, ", "", &format!("{policy}.steps[0] the step has neither"));
}

#[test]
fn an_exact_capacity_is_not_negative() {
    // S-033
    let found = findings(&[("ChangeInCapacity", "ExactCapacity"), ("adjustment: 2", "adjustment: -2")]);
    assert_eq!(found, ["error spec.stepScaling[0].steps[0].adjustment an exact capacity cannot be negative: -2"]);
}

#[test]
fn a_policy_has_one_form_of_steps_and_one_of_alarms() {
    let both = "stepAdjustments: []\n    steps:";
    expect("form", "steps:", both, "error spec.stepScaling[0].stepAdjustments steps and stepAdjustments cannot stand");
    let alarms = "alarms: []\n    alarm:";
    let found = findings(&[("alarm:", alarms)]);
    assert!(
        found[0].starts_with("error spec.stepScaling[0].alarm alarm and alarms cannot stand together"),
        "{found:?}"
    );
}

#[test]
fn absolute_steps_need_one_threshold() {
    let alarm = |name: &str, threshold: u8| {
        format!(
            "    - {{alarmName: {name}, metricName: CPUUtilization, threshold: {threshold}, comparisonOperator: GreaterThanThreshold}}\n"
        )
    };
    let text = |second| {
        let head = GOOD.split("    alarm:").next().unwrap();
        format!(
            "{head}    alarms:\n{}{}    steps:\n    - {{lower: 30, adjustment: 1}}\n",
            alarm("a", 30),
            alarm("b", second)
        )
    };
    assert_eq!(read(&text(30)).findings, []);
    let found = read(&text(40)).findings;
    assert!(found[0].message.contains("need one threshold, and the alarms have 30 and 40"), "{found:?}");
    assert!(found[0].hint.contains("stepAdjustments"));
}

#[test]
fn rules_of_alarms() {
    let with = |field: &str| format!("metricName: CPUUtilization\n      {field}");
    let alarm = |fact: &str, field: &str, finding: &str| {
        expect(fact, "metricName: CPUUtilization", &with(field), &format!("{ALARM}{finding}"));
    };
    let long = |field: &str, count: usize| format!("{field}: {}", "x".repeat(count));
    expect("S-069", "alarmName: high", &long("alarmName", 256), &format!("{ALARM}.alarmName the alarm's name has 256"));
    expect(
        "tf#42553",
        "alarmName: high",
        "alarmName: TargetTracking-x",
        &format!("{ALARM}.alarmName names that begin"),
    );
    alarm("S-069", &long("alarmDescription", 1025), ".alarmDescription it has more than 1024");
    alarm("S-069", "namespace: \":x\"", ".namespace a namespace cannot begin with a colon");
    alarm("S-069", "period: 45", ".period 45 seconds cannot be a period");
    alarm("S-069", "period: 90", ".period 90 seconds");
    alarm("S-069", "evaluationPeriods: 0", ".evaluationPeriods 0 is below 1");
    alarm("S-069", "datapointsToAlarm: 2", ".datapointsToAlarm 2 of 1 datapoints cannot breach");
    alarm("S-069", "evaluationPeriods: 1441", ".evaluationPeriods 1441 periods of 60 seconds are longer");
    alarm("S-069", "extendedStatistic: 95", ".extendedStatistic `95` is read as a number");
    alarm("S-069", "extendedStatistic: p101", ".extendedStatistic `p101` is not an extended statistic");
    alarm(
        "S-069",
        "evaluateLowSampleCountPercentile: ignore",
        ".evaluateLowSampleCountPercentile it goes with a percentile",
    );
    alarm(
        "S-061",
        "alarmActions: [arn:aws:sns:::a, arn:aws:sns:::b, arn:aws:sns:::c, arn:aws:sns:::d, arn:aws:sns:::e]",
        ".alarmActions there are 5 actions; at most 4",
    );
    alarm("S-070", "okActions: [arn:aws:sqs:eu-west-1:1:q]", ".okActions[0] an alarm cannot act on `sqs`");
    alarm("S-069", "okActions: [topic]", ".okActions[0] `topic` is not an ARN");
    alarm(
        "S-071",
        "warmUpConfiguration: {warmUpPeriodDurationInMinutes: 0}",
        ".warmUpConfiguration.warmUpPeriodDurationInMinutes 0 minutes are out of range",
    );
    alarm("S-071", "evaluationWindow: {}", ".evaluationWindow exactly one kind of window");
    alarm(
        "S-071",
        "actionConfiguration: {alarmTagsPropagation: {enabled: true, includedTagKeys: [a], excludedTagKeys: [b]}}",
        ".actionConfiguration.alarmTagsPropagation includedTagKeys and excludedTagKeys",
    );
}

#[test]
fn an_action_is_in_the_alarms_region_and_not_the_policy_itself() {
    let region = ("cluster: B", "cluster: B\n  region: eu-west-1");
    let field = |arn: &str| format!("metricName: CPUUtilization\n      alarmActions: [\"{arn}\"]");
    let found = findings(&[region, ("metricName: CPUUtilization", &field("arn:aws:sns:us-east-1:1:t"))]);
    assert_eq!(
        found,
        [
            "error spec.stepScaling[0].alarm.alarmActions[0] the action is in the region us-east-1, and the alarm is in eu-west-1"
        ]
    );
    let own = "arn:aws:autoscaling:eu-west-1:1:scalingPolicy:u:resource/ecs/service/B/api:policyName/out";
    let found = findings(&[region, ("metricName: CPUUtilization", &field(own))]);
    assert_eq!(found, ["error spec.stepScaling[0].alarm.alarmActions[0] this is the policy's own ARN"]);
}

#[test]
fn a_window_by_the_clock_needs_a_period_of_the_clock() {
    // S-071
    let window =
        "metricName: CPUUtilization\n      evaluationWindow: {wallClockWindow: {timezone: Asia/Seoul}}\n      period: ";
    let with = |period: u32| findings(&[("metricName: CPUUtilization", &format!("{window}{period}"))]);
    assert_eq!(with(300), [""; 0]);
    assert!(with(120)[0].contains("cannot have a period of 120 seconds"));
}

#[test]
fn what_aws_accepts_and_cannot_do_is_a_warning() {
    let policy = "warning spec.stepScaling[0]";
    let with = |field: &str| format!("metricName: CPUUtilization\n      {field}");
    // ecs-watchbot PR#187
    expect("covered", "{lower: 30,", "{lower: 35,", &format!("{policy}.steps `high` fires at values from 30 to 35"));
    // cdk#31792
    let maximum = with("statistic: Maximum");
    expect(
        "cdk#31792",
        "metricName: CPUUtilization",
        &maximum,
        &format!("{policy}.metricAggregationType the alarm looks"),
    );
    let some = with("evaluationPeriods: 3\n      datapointsToAlarm: 2");
    expect(
        "S-079",
        "metricName: CPUUtilization",
        &some,
        &format!("{policy}.alarm.datapointsToAlarm the alarm fires with 2"),
    );
    expect("S-074", "CPUUtilization", "CpuUtilization", &format!("{policy}.alarm.metricName there is no metric"));
    expect("S-074", "CPUUtilization", "RunningTaskCount", &format!("{policy}.alarm.metricName there is no metric"));
    let unit = with("unit: Count");
    expect("S-074", "metricName: CPUUtilization", &unit, &format!("{policy}.alarm.unit CPUUtilization is put with"));
    // airship#79, bradford-hamilton PR#14
    let found = findings(&[("GreaterThanOrEqualToThreshold", "LessThanThreshold")]);
    assert!(found.iter().any(|f| f.contains("never matches")) && found.iter().all(|f| f.starts_with("warning")));
}
