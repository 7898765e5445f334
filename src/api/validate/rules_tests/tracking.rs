//! Target tracking (S-037) and predictive scaling (S-038).

use super::read;

const TRACKING: &str = "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {name: api}
spec:
  cluster: B
  service: api
  minCapacity: 2
  maxCapacity: 20
  targetTracking:
  - policyName: cpu
    targetValue: 50
    predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageCPUUtilization}
  - policyName: math
    targetValue: 9
    customizedMetricSpecification:
      metrics:
      - {id: e1, expression: m1 * 2}
      - {id: m1, returnData: false, metricStat: {stat: Sum, metric: {namespace: N, metricName: M}}}
  - policyName: single
    targetValue: 9
    customizedMetricSpecification: {metricName: M, namespace: N, statistic: Sum}
  predictiveScaling:
  - policyName: forecast
    metricSpecifications:
    - targetValue: 40
      predefinedMetricPairSpecification: {predefinedMetricType: ECSServiceCPUUtilization}
";
const CPU: &str = "ECSServiceAverageCPUUtilization}";
const SINGLE_NAMES: &str = "metricName: M, namespace: N";
const PAIR: &str = "ECSServiceCPUUtilization}";

fn findings(from: &str, to: &str) -> Vec<String> {
    assert!(TRACKING.contains(from), "the edit of {from:?} changes nothing");
    let found = read(&TRACKING.replacen(from, to, 1)).findings;
    found.into_iter().map(|f| format!("{} {} {}", f.severity, f.path, f.message)).collect()
}

/// The one edit gives the one finding.
fn expect(from: &str, to: &str, finding: &str) {
    let found = findings(from, to);
    assert_eq!(found.len(), 1, "{to}: {found:#?}");
    assert!(found[0].starts_with(finding), "{to}: expected\n{finding}\nfound\n{}", found[0]);
}

#[test]
fn good_policies_have_no_finding() {
    assert_eq!(findings("policyName: cpu", "policyName: cpu"), [""; 0]);
}

// S-037
#[test]
fn rules_of_target_tracking() {
    let at = "error spec.targetTracking[0]";
    expect("targetValue: 50", "targetValue: 0", &format!("{at}.targetValue the target value 0 is not above 0"));
    expect("targetValue: 50", "targetValue: 1e109", &format!("{at}.targetValue the target value"));
    expect("targetValue: 50", "targetValue: 50\n    scaleInCooldown: -1", &format!("{at}.scaleInCooldown a cooldown"));
    expect(
        "targetValue: 50",
        "targetValue: 50\n    scaleOutCooldown: -1",
        &format!("{at}.scaleOutCooldown a cooldown"),
    );
    let label = ", resourceLabel: app/a/1/targetgroup/b/2}";
    expect(
        CPU,
        &CPU.replace('}', label),
        &format!("{at}.predefinedMetricSpecification.resourceLabel ECSServiceAverage"),
    );
    let wrong = "ALBRequestCountPerTarget, resourceLabel: targetgroup/b/2}";
    expect(CPU, wrong, &format!("{at}.predefinedMetricSpecification.resourceLabel `targetgroup/b/2` is not the label"));
    assert_eq!(findings(CPU, &format!("ALBRequestCountPerTarget{label}")), [""; 0]);
    assert_eq!(findings(CPU, "ALBRequestCountPerTarget}"), [""; 0], "it is looked up");
    expect(
        CPU,
        "LambdaProvisionedConcurrencyUtilization}",
        &format!("{at}.predefinedMetricSpecification.predefinedMetricType"),
    );
    let predefined = "    predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageCPUUtilization}\n";
    expect(predefined, "", &format!("{at} the policy `cpu` tracks no metric"));
    let both =
        format!("{predefined}    customizedMetricSpecification: {{metricName: M, namespace: N, statistic: Sum}}\n");
    expect(predefined, &both, &format!("{at}.customizedMetricSpecification predefinedMetricSpecification and"));
}

// S-021, S-099: across the lists
#[test]
fn a_name_is_unique_among_policies_of_every_type() {
    expect("policyName: forecast", "policyName: cpu", "error spec.predictiveScaling[0].policyName this object has two");
    expect("policyName: single", "policyName: math", "error spec.targetTracking[2].policyName this object has two");
    expect("policyName: cpu", "policyName: \"\"", "error spec.targetTracking[0].policyName the policy's name is empty");
}

// tf#30049, cdk#20659, S-037
#[test]
fn rules_of_metric_math() {
    let at = "error spec.targetTracking[1].customizedMetricSpecification.metrics";
    expect("id: e1", "id: E1", &format!("{at}[0].id `E1` cannot be an id"));
    expect(
        "id: e1, expression: m1 * 2",
        "id: m1, expression: 1 + 1",
        &format!("{at}[1].id two lines have the id `m1`"),
    );
    expect("returnData: false, ", "", &format!("{at} one line's value counts, and these all return data: e1, m1"));
    expect("{id: e1,", "{id: e1, returnData: false,", &format!("{at} no line has returnData: true"));
    expect("m1 * 2", "m1 + m9", &format!("{at}[0].expression none of the metrics has the id `m9`"));
    expect("m1 * 2", "m1 + e1", &format!("{at}[0].expression `e1` is this expression itself"));
    let long = "1 + ".repeat(600);
    expect("m1 * 2", &long, &format!("{at}[0].expression the expression has"));
    expect("m1 * 2", "\"SUM(SEARCH('x', 'Sum'))\"", &format!("{at}[0].expression target tracking makes alarms"));
    expect(", expression: m1 * 2", "", &format!("{at}[0] the line `e1` measures nothing"));
    expect("{id: m1,", "{id: m1, expression: e1,", &format!("{at}[1].expression expression and metricStat"));
    expect("stat: Sum,", "stat: Sum, period: 60,", &format!("{at}[1].metricStat.period there is no field `period`"));
    expect(
        "namespace: N, metricName: M}}}",
        "namespace: \":N\", metricName: M}}}",
        &format!("{at}[1].metricStat.metric.namespace"),
    );
    let single = "error spec.targetTracking[2].customizedMetricSpecification";
    expect(", statistic: Sum}", "}", &format!("{single} `statistic` is missing"));
    expect("{metricName: M, ", "{", &format!("{single} `metricName` is missing"));
    let more = "customizedMetricSpecification:\n      unit: Count\n      metrics:";
    expect(
        "customizedMetricSpecification:\n      metrics:",
        more,
        "error spec.targetTracking[1].customizedMetricSpecification.unit unit and metrics",
    );
}

// S-037: request <= 50 KB
#[test]
fn metric_math_has_a_largest_size() {
    let label = format!("{{id: e1, label: {}, expression", "x".repeat(51 * 1024));
    expect(
        "{id: e1, expression",
        &label,
        "error spec.targetTracking[1].customizedMetricSpecification.metrics the lines have",
    );
}

// S-074: a metric of the service itself has its dimensions
#[test]
fn the_dimensions_of_the_services_own_metrics_are_filled_in() {
    let loaded =
        read(&TRACKING.replace("namespace: N, metricName: M", "namespace: AWS/ECS, metricName: CPUUtilization"));
    let object = loaded.desired.services.values().next().unwrap();
    let text = format!("{:?}", object.policies[1].config);
    assert!(text.contains(r#"{"ClusterName": "B", "ServiceName": "api"}"#), "{text}");
}

// S-074: target tracking makes its alarms on the metric as it is named, and without datapoints they never fire.
#[test]
fn a_metric_that_is_not_there_is_warned_of() {
    let at = "warning spec.targetTracking[2].customizedMetricSpecification";
    let own = |name: &str| format!("namespace: AWS/ECS, metricName: {name}");
    expect(SINGLE_NAMES, &own("CpuUtilization"), &format!("{at}.metricName there is no metric `CpuUtilization`"));
    expect(SINGLE_NAMES, &own("RunningTaskCount"), &format!("{at}.metricName there is no metric `RunningTaskCount`"));
    let unit = own("CPUUtilization, unit: Count");
    expect(SINGLE_NAMES, &unit, &format!("{at}.unit CPUUtilization is put with the unit Percent"));
    assert_eq!(findings(SINGLE_NAMES, &own("MemoryUtilization")), [""; 0]);
    let math = "warning spec.targetTracking[1].customizedMetricSpecification.metrics[1].metricStat.metric.metricName";
    expect("namespace: N, metricName: M", &own("cpuutilization"), &format!("{math} there is no metric"));
}

// S-038
#[test]
fn rules_of_predictive_scaling() {
    let at = "error spec.predictiveScaling[0]";
    let with = |more: &str| format!("{PAIR}\n    {more}");
    expect(PAIR, &with("schedulingBufferTime: 3601"), &format!("{at}.schedulingBufferTime 3601 seconds"));
    expect(PAIR, &with("maxCapacityBuffer: 10"), &format!("{at}.maxCapacityBuffer maxCapacityBuffer goes with"));
    let increase = "maxCapacityBreachBehavior: IncreaseMaxCapacity";
    expect(PAIR, &with(increase), &format!("{at}.maxCapacityBreachBehavior IncreaseMaxCapacity needs"));
    expect(
        PAIR,
        &with(&format!("{increase}\n    maxCapacityBuffer: 101")),
        &format!("{at}.maxCapacityBuffer 101 percent"),
    );
    expect(
        "targetValue: 40",
        "targetValue: -1",
        &format!("{at}.metricSpecifications[0].targetValue the target value -1"),
    );
    expect(
        PAIR,
        "ECSServiceTotalCPUUtilization}",
        &format!("{at}.metricSpecifications[0].predefinedMetricPairSpecification"),
    );
    let pair = "      predefinedMetricPairSpecification: {predefinedMetricType: ECSServiceCPUUtilization}\n";
    expect(pair, "", &format!("{at}.metricSpecifications[0] a pair, or one load metric"));
    let load = "      predefinedLoadMetricSpecification: {predefinedMetricType: ECSServiceTotalCPUUtilization}\n";
    expect(pair, load, &format!("{at}.metricSpecifications[0] a pair, or one load metric"));
    let both = format!("{pair}{load}");
    expect(pair, &both, &format!("{at}.metricSpecifications[0].predefinedMetricPairSpecification a pair cannot"));
    let twice = format!("{pair}    - targetValue: 1\n{pair}");
    expect(pair, &twice, &format!("{at}.metricSpecifications there are 2 metric specifications"));
    let query = "{metricDataQueries: [{id: c, metricStat: {stat: Sum, metric: {namespace: N, metricName: M}}}]}";
    let capacity = format!("{pair}      customizedCapacityMetricSpecification: {query}\n");
    expect(
        pair,
        &capacity,
        &format!("{at}.metricSpecifications[0].customizedCapacityMetricSpecification a capacity metric"),
    );
    let halves = load.to_owned() + &load.replace("Load", "Scaling").replace("Total", "Average");
    assert_eq!(findings(pair, &halves), [""; 0]);
    let customized = format!("{halves}      customizedLoadMetricSpecification: {query}\n");
    expect(
        pair,
        &customized,
        &format!("{at}.metricSpecifications[0].customizedLoadMetricSpecification there are two load"),
    );
}

// S-017
#[test]
fn at_zero_tasks_tracking_the_services_own_load_wakes_nothing() {
    let only = TRACKING.split("  - policyName: math").next().unwrap().replace("minCapacity: 2", "minCapacity: 0");
    let found = read(&only).findings;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.starts_with("at 0 tasks"));
    assert_eq!(findings("minCapacity: 2", "minCapacity: 0"), [""; 0], "metric math may be there without tasks");
}
