//! Rules of metric math, and of alarms of others.

use super::{expect, findings};

const METRIC: &str = "metricName: CPUUtilization";
const AT: &str = "error spec.stepScaling[0].alarm";

fn metrics(items: &str) -> String {
    format!("metrics: [{items}]")
}

fn query(id: &str, returns: bool) -> String {
    format!("{{id: {id}, returnData: {returns}, metricStat: {{metric: {{metricName: CPUUtilization}}}}}}")
}

fn expect_metrics(items: &str, finding: &str) {
    expect("S-069", METRIC, &metrics(items), &format!("{AT}{finding}"));
}

fn accept_metrics(items: &str) {
    assert_eq!(findings(&[(METRIC, &metrics(items))]), [""; 0], "{items}");
}

// S-069
#[test]
fn metrics_stand_instead_of_a_single_metric() {
    accept_metrics(&query("m1", true));
    accept_metrics(
        "{id: e, expression: m1 * 2}, {id: m1, returnData: false, metricStat: {metric: {metricName: MemoryUtilization}, stat: p95}}",
    );
    expect("S-069", METRIC, "alarmDescription: x", &format!("{AT} `metricName` is missing"));
    let both = format!("{METRIC}\n      {}", metrics(&query("m1", true)));
    expect("S-069", METRIC, &both, &format!("{AT}.metricName metricName and metrics cannot stand together"));
    for field in [
        "namespace: A",
        "statistic: Sum",
        "extendedStatistic: p95",
        "period: 60",
        "unit: Percent",
        "dimensions: {a: b}",
    ] {
        let (name, _) = field.split_once(':').unwrap();
        let with = format!("{field}\n      {}", metrics(&query("m1", true)));
        expect("S-069", METRIC, &with, &format!("{AT}.{name} {name} and metrics cannot stand together"));
    }
}

// S-069
#[test]
fn each_of_the_metrics_is_one_that_cloudwatch_takes() {
    let m1 = query("m1", false);
    expect_metrics("", ".metrics there are no metrics");
    expect_metrics(&query("M1", true), ".metrics[0].id `M1` cannot be an id");
    expect_metrics(&format!("{}, {m1}", query("m1", true)), ".metrics[1].id two of the metrics have the id `m1`");
    expect_metrics(&m1, ".metrics none of the metrics returns data");
    let two = format!("{}, {}", query("m1", true), query("m2", true));
    expect_metrics(&two, ".metrics m1, m2 return data, and an alarm watches one value");
    expect_metrics("{id: e}", ".metrics[0] there is neither metricStat nor expression");
    let both = "{id: e, expression: 1 + 1, metricStat: {metric: {metricName: CPUUtilization}}}";
    expect_metrics(both, ".metrics[0] metricStat and expression cannot stand together");
    let expression = |text: &str| format!("{{id: e, expression: \"{text}\"}}, {m1}");
    accept_metrics(&expression("IF(m1 > 50, m1, 0)"));
    expect_metrics(&expression("m1 + m2"), ".metrics[0].expression none of the metrics has the id `m2`");
    expect_metrics(&expression("m1 + e"), ".metrics[0].expression `e` is this expression itself");
    expect_metrics(&expression("SEARCH('x', 'Sum')"), ".metrics[0].expression an alarm cannot SEARCH");
    expect_metrics(&expression("ANOMALY_DETECTION_BAND(m1, 2)"), ".metrics[0].expression an alarm on an anomaly band");
    expect_metrics(&expression(&"1 + ".repeat(600)), ".metrics[0].expression the expression has 2400 characters");
    let stat = |more: &str| format!("{{id: m1, metricStat: {{metric: {{metricName: CPUUtilization}}, {more}}}}}");
    accept_metrics(&stat("stat: TM(10%:90%)"));
    expect_metrics(&stat("stat: average"), ".metrics[0].metricStat.stat `average` is not a statistic");
    expect_metrics(&stat("period: 45"), ".metrics[0].metricStat.period 45 seconds cannot be a period");
    let mixed = format!(
        "{}, {{id: m2, returnData: false, metricStat: {{metric: {{metricName: CPUUtilization}}, period: 300}}}}",
        query("m1", true)
    );
    expect_metrics(&mixed, ".metrics[1].metricStat.period its period is 300 seconds");
    let account = "{id: m1, accountId: \"12\", metricStat: {metric: {metricName: CPUUtilization}}}";
    expect_metrics(account, ".metrics[0].accountId `12` is not an account id");
    let eleven: Vec<String> = (0..11).map(|n| query(&format!("m{n}"), n == 0)).collect();
    expect_metrics(&eleven.join(", "), ".metrics there are 11 metrics; AWS takes at most 10");
}

// What a single metric is warned of, a metric of a query is too.
#[test]
fn a_metric_that_is_not_there_is_warned_of_in_a_query() {
    let items = "{id: m1, metricStat: {metric: {metricName: CpuUtilization}}}";
    let found = findings(&[(METRIC, &metrics(items))]);
    assert!(
        found[0].starts_with("warning spec.stepScaling[0].alarm.metrics[0].metricStat.metric.metricName"),
        "{found:?}"
    );
}

// S-069
#[test]
fn few_samples_are_a_matter_of_percentiles() {
    let with = |metric: &str| format!("{metric}\n      evaluateLowSampleCountPercentile: ignore");
    let p95 = query("m1", true).replace("}}}", "}, stat: p95}}");
    assert_eq!(findings(&[(METRIC, &with(&metrics(&p95)))]), [""; 0]);
    let found = findings(&[(METRIC, &with(&metrics(&query("m1", true))))]);
    assert!(found[0].starts_with("warning spec.stepScaling[0].alarm.evaluateLowSampleCountPercentile"), "{found:?}");
}
