//! Rules of alarms.

use super::{expect, findings};

const ALARM: &str = "error spec.stepScaling[0].alarm";

/// The field, added to the good alarm, gives the one finding.
fn expect_field(fact: &str, field: &str, finding: &str) {
    let with = format!("metricName: CPUUtilization\n      {field}");
    expect(fact, "metricName: CPUUtilization", &with, &format!("{ALARM}{finding}"));
}

/// The field, added to the good alarm, is fine.
fn accept_field(field: &str) {
    let with = format!("metricName: CPUUtilization\n      {field}");
    // As long as the longest period, so that no cooldown is too short for one.
    let cooldown = ("adjustmentType: ChangeInCapacity", "adjustmentType: ChangeInCapacity\n    cooldown: 604800");
    assert_eq!(findings(&[cooldown, ("metricName: CPUUtilization", &with)]), [""; 0], "{field}");
}

#[test]
fn names_of_alarms_and_metrics() {
    let long = |field: &str, count: usize| format!("{field}: {}", "x".repeat(count));
    expect("S-069", "alarmName: high", &long("alarmName", 256), &format!("{ALARM}.alarmName the alarm's name has 256"));
    expect("S-069", "alarmName: high", "alarmName: \"a\\tb\"", &format!("{ALARM}.alarmName the alarm's name has a"));
    expect(
        "S-069",
        "metricName: CPUUtilization",
        "metricName: \"\"",
        &format!("{ALARM}.metricName the metric's name is"),
    );
    let reserved = format!("{ALARM}.alarmName names that begin");
    expect("tf#42553", "alarmName: high", "alarmName: TargetTracking-x", &reserved);
    expect_field("S-069", &long("alarmDescription", 1025), ".alarmDescription it has more than 1024");
    expect_field("S-069", "namespace: \":x\"", ".namespace a namespace cannot begin with a colon");
    expect_field("S-069", &long("namespace", 256), ".namespace the namespace has 256 characters");
    let many: String = (0..31).map(|n| format!("d{n}: x, ")).collect();
    expect_field("S-069", &format!("dimensions: {{{many}}}"), ".dimensions there are 31 dimensions");
    expect_field("S-069", "dimensions: {a: \"\"}", ".dimensions.a the dimension's value is empty");
    expect_field("S-069", "dimensions: {\":a\": b}", ".dimensions[\":a\"] a dimension's name cannot begin");
}

// S-069
#[test]
fn periods_and_datapoints_have_their_limits() {
    for period in [10, 20, 30, 60, 120, 86_400] {
        accept_field(&format!("period: {period}"));
    }
    for period in [-60, 0, 1, 45, 90] {
        expect_field("S-069", &format!("period: {period}"), &format!(".period {period} seconds cannot be a period"));
    }
    let many = |count: u32, period: u32| format!("evaluationPeriods: {count}\n      period: {period}");
    for (count, period) in [(8640, 10), (1440, 60), (168, 3600), (7, 86_400), (1, 604_800)] {
        accept_field(&many(count, period));
        let finding = format!(".evaluationPeriods {} periods of {period} seconds are longer", count + 1);
        expect_field("S-069", &many(count + 1, period), &finding);
    }
    expect_field("S-069", "evaluationPeriods: 0", ".evaluationPeriods 0 is below 1");
    expect_field("S-069", "datapointsToAlarm: 0", ".datapointsToAlarm 0 of 1 datapoints cannot breach");
    expect_field("S-069", "datapointsToAlarm: 2", ".datapointsToAlarm 2 of 1 datapoints cannot breach");
}

// S-069
#[test]
fn there_is_one_statistic_and_low_sample_counts_go_with_percentiles() {
    accept_field("extendedStatistic: p95\n      evaluateLowSampleCountPercentile: ignore");
    let low = "evaluateLowSampleCountPercentile: ignore";
    expect_field("S-069", low, ".evaluateLowSampleCountPercentile it goes with a percentile");
    expect_field("S-069", "extendedStatistic: 95", ".extendedStatistic `95` is read as a number");
    expect_field("S-069", "extendedStatistic: p101", ".extendedStatistic `p101` is not an extended statistic");
    let both = "statistic: Average\n      extendedStatistic: p95";
    expect_field("S-069", both, ".extendedStatistic statistic and extendedStatistic cannot stand together");
}

#[test]
fn five_actions_a_state_of_which_the_policy_is_one() {
    let topics = |count: u8| -> String { (0..count).map(|n| format!("arn:aws:sns:::t{n}, ")).collect() };
    let list = |name: &str, count: u8| format!("{name}: [{}]", topics(count));
    for (name, max) in [("alarmActions", 4), ("okActions", 5), ("insufficientDataActions", 5)] {
        accept_field(&list(name, max));
        let finding = format!(".{name} there are {} actions; at most {max}", max + 1);
        expect_field("S-061", &list(name, max + 1), &finding);
    }
    expect_field("S-070", "okActions: [arn:aws:sqs:eu-west-1:1:q]", ".okActions[0] an alarm cannot act on `sqs`");
    expect_field("S-069", "okActions: [topic]", ".okActions[0] `topic` is not an ARN");
}

// S-071
#[test]
fn the_newer_fields_have_their_limits() {
    let warm_up = |minutes: i32| format!("warmUpConfiguration: {{warmUpPeriodDurationInMinutes: {minutes}}}");
    accept_field(&warm_up(1));
    accept_field(&warm_up(2880));
    for minutes in [0, 2881] {
        let finding = ".warmUpConfiguration.warmUpPeriodDurationInMinutes";
        expect_field("S-071", &warm_up(minutes), &format!("{finding} {minutes} minutes are out of range"));
    }
    accept_field("evaluationWindow: {slidingWindow: {}}");
    expect_field("S-071", "evaluationWindow: {}", ".evaluationWindow exactly one kind of window");
    let tags = |keys: &str| format!("actionConfiguration: {{alarmTagsPropagation: {{enabled: true, {keys}}}}}");
    accept_field(&tags("includedTagKeys: [team]"));
    let at = ".actionConfiguration.alarmTagsPropagation";
    let both = tags("includedTagKeys: [a], excludedTagKeys: [b]");
    expect_field("S-071", &both, &format!("{at} includedTagKeys and excludedTagKeys"));
    expect_field("S-071", &tags("excludedTagKeys: []"), &format!("{at}.excludedTagKeys there are 0 keys"));
}

#[test]
fn a_window_by_the_clock_needs_a_period_of_the_clock() {
    // S-071
    let clock = |period: u32| {
        format!("period: {period}\n      evaluationWindow: {{wallClockWindow: {{timezone: Asia/Seoul}}}}")
    };
    for period in [60, 300, 3600, 86_400, 604_800] {
        accept_field(&clock(period));
    }
    for period in [10, 120, 600, 7200] {
        let finding = format!(".evaluationWindow a window aligned to the clock cannot have a period of {period}");
        expect_field("S-071", &clock(period), &finding);
    }
}

// S-070
#[test]
fn an_action_is_in_the_alarms_region_and_not_the_policy_itself() {
    let topic = "metricName: CPUUtilization\n      alarmActions: [\"arn:aws:sns:us-east-1:1:t\"]";
    let elsewhere = "error spec.stepScaling[0].alarm.alarmActions `arn:aws:sns:us-east-1:1:t` is in the region us-east-1, \
                     and the alarm is in eu-west-1";
    let region = ("cluster: B", "cluster: B\n  region: eu-west-1");
    assert_eq!(findings(&[region, ("metricName: CPUUtilization", topic)]), [elsewhere]);
    let account = "apiVersion: ecs-scaling.dev/v1alpha1\nkind: AwsAccount\nmetadata: {name: prod}\n\
                   spec: {regions: [eu-west-1]}\n---\napiVersion:";
    let by_account = [
        ("apiVersion:", account),
        ("cluster: B", "cluster: B\n  account: prod"),
        ("metricName: CPUUtilization", topic),
    ];
    assert_eq!(findings(&by_account), [elsewhere], "the region is the account's only one");
    assert_eq!(findings(&[("metricName: CPUUtilization", topic)]), [""; 0], "the region is not known yet");
    let own = "arn:aws:autoscaling:eu-west-1:1:scalingPolicy:u:resource/ecs/service/B/api:policyName/out";
    expect_field("own", &format!("alarmActions: [\"{own}\"]"), ".alarmActions[0] this is the policy's own ARN");
}
