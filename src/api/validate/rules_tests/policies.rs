//! Rules of policies and their steps, and warnings on a policy beside its alarm.

use super::{GOOD, expect, findings, read};

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
    let lowers = [("{lower: 30, upper: 40,", "{upper: 40,"), ("{lower: 40,", "{upper: 50,")];
    let found = findings(&lowers);
    assert!(
        found.iter().any(|f| f.contains("steps[1].lower the step has no lower bound, and step 1 has none")),
        "S-030 {found:?}"
    );
    expect(
        "S-030",
        "{lower: 30, upper: 40,",
        "{lower: 30,",
        &format!("{policy}.steps[1].upper the step has no upper bound"),
    );
    expect("S-029", "lower: 30, upper: 40, ", "", &format!("{policy}.steps[0] the step has neither"));
}

// S-060
#[test]
fn a_service_has_at_most_fifty_policies_each_with_its_name() {
    let (head, policy) = GOOD.split_once("  - policyName: out").unwrap();
    let numbered = |n: usize| format!("  - policyName: p{n}{}", policy.replace("high", &format!("a{n}")));
    let with = |count: usize| read(&format!("{head}{}", (0..count).map(numbered).collect::<String>())).findings;
    assert_eq!(with(50), []);
    let found = with(51);
    assert_eq!((found[0].path.as_str(), found.len()), ("spec.stepScaling", 1));
    let twice = format!("{GOOD}{}", numbered(1).replace("p1", "out"));
    assert_eq!(read(&twice).findings[0].message, "this object has two policies named `out`");
}

// S-069: an alarm's name is unique
#[test]
fn one_object_has_no_two_alarms_of_one_name() {
    let (_, policy) = GOOD.split_once("  - policyName: out").unwrap();
    let found = read(&format!("{GOOD}  - policyName: more{policy}")).findings;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].path, "spec.stepScaling[1].alarm.alarmName");
    assert_eq!(found[0].message, "this object has two alarms named `high`");
}

// tf#2662, tf#14799: values of the metric typed where differences to the threshold are meant, and the other way round
#[test]
fn the_two_forms_of_steps_are_not_taken_for_each_other() {
    let relative = [
        ("    steps:", "    stepAdjustments:"),
        ("{lower: 30, upper: 40, adjustment: 2}", "{metricIntervalLowerBound: 30, scalingAdjustment: 2}"),
        ("    - {lower: 40, adjustment: 4}\n", ""),
    ];
    let found = findings(&relative);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("warning spec.stepScaling[0].stepAdjustments `high` fires at values from 30 to 60"));
    let found = findings(&[("{lower: 30,", "{metricIntervalLowerBound: 0,")]);
    assert!(found[0].contains("there is no field `metricIntervalLowerBound` here"), "{found:?}");
    let absolute = [("{lower: 30, upper: 40,", "{lower: 0, upper: 10,"), ("{lower: 40,", "{lower: 10,")];
    let found = findings(&absolute);
    assert!(found.iter().any(|f| f.contains("below the threshold") && f.starts_with("error")), "{found:?}");
}

// tf#2063, tf#5179: multi-step scale-in, in any order
#[test]
fn steps_below_the_threshold_may_stand_in_any_order() {
    let scale_in = [
        ("GreaterThanOrEqualToThreshold", "LessThanOrEqualToThreshold"),
        ("{lower: 30, upper: 40, adjustment: 2}", "{lower: 20, upper: 30, adjustment: -1}"),
        ("{lower: 40, adjustment: 4}", "{upper: 20, adjustment: -2}"),
    ];
    assert_eq!(findings(&scale_in), [""; 0]);
}

#[test]
fn a_policy_needs_an_alarm_and_steps() {
    let (head, rest) = GOOD.split_once("    alarm:").unwrap();
    let (alarm, steps) = rest.split_once("    steps:").unwrap();
    let message = |text: String| read(&text).findings.iter().map(|f| f.message.clone()).collect::<Vec<_>>();
    assert_eq!(message(format!("{head}    alarm:{alarm}")), ["the policy `out` has no steps"]);
    assert_eq!(
        message(format!("{head}    stepAdjustments:\n    - {{metricIntervalLowerBound: 0, scalingAdjustment: 1}}\n")),
        ["the policy `out` has no alarm"]
    );
    assert_eq!(message(format!("{head}    alarms: []\n    alarm:{alarm}    steps:{steps}")).len(), 1);
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
    let aggregation = |value: &str| {
        let adjustment = format!("ChangeInCapacity\n    metricAggregationType: {value}");
        findings(&[("ChangeInCapacity", &adjustment), ("metricName: CPUUtilization", &some)])
    };
    let message = "the alarm fires with 2 of 3 datapoints, and the Minimum of all of them";
    assert!(aggregation("Minimum").iter().any(|f| f.contains(message)), "S-079");
    assert!(!aggregation("Maximum").iter().any(|f| f.contains("fires with 2 of 3")), "S-079");
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

// One of the doubts of `model::simulation::lint`, at its place.
#[test]
fn what_policies_do_together_is_warned_of_where_it_is_written() {
    let low = "
  - policyName: in
    adjustmentType: ChangeInCapacity
    alarms:
    - {alarmName: low, metricName: CPUUtilization, evaluationPeriods: 5, threshold: 25, comparisonOperator: LessThanThreshold}
    stepAdjustments:
    - {metricIntervalUpperBound: 0, scalingAdjustment: -1}
";
    let last = "    - {lower: 40, adjustment: 4}\n";
    let found = findings(&[(last, &format!("    - {{lower: 40, adjustment: 4}}{low}"))]);
    let expected =
        "warning spec.stepScaling[1].alarms[0].threshold at 3 tasks and 25, `in` leaves 2, which makes it 37.5";
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(expected), "{found:#?}");
    let jump = "warning spec.stepScaling[0] the step of +40 leads from minCapacity 2 to 42, beyond maxCapacity 20";
    super::expect("jump", "adjustment: 4", "adjustment: 40", jump);
    let short = "period: 600\n      metricName: CPUUtilization";
    let cooldown =
        "warning spec.stepScaling[0].cooldown the cooldown of 300 s is shorter than the metric's period of 600 s";
    super::expect("cooldown", "metricName: CPUUtilization", short, cooldown);
}
