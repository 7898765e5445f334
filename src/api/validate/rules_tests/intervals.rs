//! `intervals`: what they become, and each refusal at its place.

use super::read;
use crate::api::desired::{DesiredPolicy, ObjectKey, ServiceScaling};
use crate::model::policy::MetricAggregationType;

const GOOD: &str = "apiVersion: ecs-scaling.dev/v1alpha1
kind: ServiceScaling
metadata: {name: api}
spec:
  cluster: B
  service: api
  minCapacity: 2
  maxCapacity: 20
  intervals:
  - metricName: CPUUtilization
    statistic: Maximum
    evaluationPeriods: 2
    cooldown: 60
    scalingSteps:
    - {upper: 20, change: -1}
    - {lower: 50, upper: 70, change: 1}
    - {lower: 70, change: 3}
    scaleIn: {evaluationPeriods: 15, cooldown: 300}
";

fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(GOOD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the edit of {from:?} changes nothing");
        text.replacen(from, to, 1)
    })
}

fn object(edits: &[(&str, &str)]) -> ServiceScaling {
    let loaded = read(&edited(edits));
    assert_eq!(loaded.findings, []);
    loaded.desired.services[&ObjectKey::new("default", "api")].clone()
}

/// The one edit gives the one finding: where it stands, what it says, and a hint.
fn expect(fact: &str, edits: &[(&str, &str)], finding: &str, hint: &str) {
    let found = read(&edited(edits)).findings;
    let text: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 1, "{fact}: {text:#?}");
    assert!(text[0].starts_with(finding), "{fact}: expected\n{finding}\nfound\n{}", text[0]);
    assert!(found[0].hint.contains(hint), "{fact}: {}", found[0].hint);
}

fn named<'a>(object: &'a ServiceScaling, name: &str) -> &'a DesiredPolicy {
    object.policies.iter().find(|policy| policy.name.as_str() == name).unwrap()
}

// S-085 to S-092
#[test]
fn intervals_become_two_policies_with_their_alarms() {
    let object = object(&[]);
    assert_eq!(object.policies.len(), 2);
    let out = named(&object, "api-CPUUtilization-scale-out");
    let scale_in = named(&object, "api-CPUUtilization-scale-in");
    assert_eq!(
        (out.config.step().unwrap().cooldown, scale_in.config.step().unwrap().cooldown),
        (60, 300),
        "a side goes before what is for both"
    );
    let alarm = |policy: &DesiredPolicy| {
        let alarm = &policy.alarms[0];
        let config = &alarm.config;
        let rule = format!("{} {}", config.comparison_operator.symbol(), config.threshold);
        (alarm.name.to_string(), rule, config.evaluation_periods)
    };
    assert_eq!(alarm(out), ("B-api-CPUUtilization-scale-out".into(), "≥ 50".into(), 2));
    assert_eq!(alarm(scale_in), ("B-api-CPUUtilization-scale-in".into(), "≤ 20".into(), 15));
    assert_eq!(
        out.config.step().unwrap().metric_aggregation_type,
        MetricAggregationType::Maximum,
        "S-092: as the statistic"
    );
    assert_eq!(out.config.step().unwrap().steps.len(), 2);
    assert_eq!(out.alarms[0].config.metric.metrics()[0].dimensions["ServiceName"], "api");
}

#[test]
fn names_may_be_given_and_stand_beside_other_policies() {
    let object =
        object(&[("scaleIn: {", "scaleOut: {policyName: '{name}-up', alarmName: 'x-{name}'}\n    scaleIn: {")]);
    assert_eq!(named(&object, "api-up").alarms[0].name.as_str(), "x-api");
}

#[test]
fn every_refusal_stands_at_its_place_with_a_fix() {
    let at = "error: spec.intervals[0].scalingSteps";
    let steps =
        "    - {upper: 20, change: -1}\n    - {lower: 50, upper: 70, change: 1}\n    - {lower: 70, change: 3}\n";
    let list = |list: &'static str| [(steps, list)];
    expect(
        "S-087",
        &[("lower: 70, c", "lower: 60, c")],
        &format!("a.yaml:17:15: {at}[2].lower: the interval overlaps interval 2"),
        "begin at 70",
    );
    expect(
        "S-089",
        &[("lower: 70, c", "lower: 80, c")],
        &format!(
            "a.yaml:17:15: {at}[2].lower: nothing changes from 70 to 80, and nothing changes from 20 to 50 either"
        ),
        "begin at 70, or the one below it end at 80",
    );
    expect(
        "S-090",
        &[("upper: 20", "upper: 50")],
        &format!("a.yaml:16:15: {at}[1].lower: there is no gap between scaling in and out: both would happen at 50"),
        "above 50",
    );
    expect(
        "S-091",
        &[("change: 3", "change: -3")],
        &format!("a.yaml:17:27: {at}[2].change: the change -3 stands above the gap"),
        "write +3",
    );
    expect(
        "S-091",
        &list("    - {upper: 20, change: 1}\n    - {lower: 50, change: -1}\n"),
        &format!("a.yaml:15:27: {at}[0].change: the change +1 stands below"),
        "scaleOutWhen: Low",
    );
    expect(
        "S-085",
        &[("{lower: 70, change: 3}", "{change: 3}")],
        &format!("a.yaml:17:7: {at}[2]: the interval has neither"),
        "bound",
    );
    expect(
        "S-028",
        &[("lower: 50, upper: 70", "lower: 70, upper: 50")],
        &format!("a.yaml:16:15: {at}[1].lower: the interval's lower bound 70 is not below"),
        "swap",
    );
    expect(
        "S-087",
        &list("    - {upper: 20, change: -1}\n    - {lower: 50, change: 1}\n    - {upper: 70, change: 1}\n"),
        &format!("a.yaml:17:7: {at}[2]: it cannot be told where interval 2 ends"),
        "lower bound",
    );
    expect(
        "S-031",
        &[("{lower: 70, c", "{lower: 70, upper: 100, c")],
        &format!("a.yaml:17:26: {at}[2].upper: nothing changes from 100 upward"),
        "leave the upper bound",
    );
    expect(
        "S-031",
        &[("{upper: 20", "{lower: 0, upper: 20")],
        &format!("a.yaml:15:15: {at}[0].lower: nothing changes below 0"),
        "leave the lower bound",
    );
    expect(
        "S-085",
        &[(steps, "      []\n")],
        &format!("a.yaml:15:7: {at}: there are no intervals"),
        "give at least one",
    );
    expect(
        "S-089",
        &list("    - {lower: 50, change: 0}\n"),
        &format!("a.yaml:15:7: {at}: nothing changes in any"),
        "other than 0",
    );
    expect(
        "S-090",
        &list("    - {upper: 50, change: 1}\n    - {lower: 50, change: 2}\n"),
        &format!("a.yaml:15:7: {at}: the intervals leave no gap"),
        "leave one stretch out",
    );
    expect(
        "S-033",
        &[("    cooldown: 60", "    adjustmentType: ExactCapacity")],
        &format!("a.yaml:15:27: {at}[0].change: an exact capacity cannot be negative"),
        "0 or more",
    );
    let many: String = (0..21).map(|n| format!("    - {{lower: {}, change: {}}}\n", 50 + n, n + 1)).collect();
    let many = edited(&[(steps, &many), ("    scaleIn: {evaluationPeriods: 15, cooldown: 300}\n", "")]);
    let found = read(&many).findings;
    assert_eq!(found.len(), 1, "S-027, cdk#27020");
    assert!(found[0].to_string().starts_with(&format!("a.yaml:15:7: {at}: there are 21 intervals on one side")));
}

#[test]
fn a_field_is_blamed_where_it_stands() {
    expect(
        "S-035",
        &[("cooldown: 300", "cooldown: -1")],
        "a.yaml:18:48: error: spec.intervals[0].scaleIn.cooldown: the cooldown",
        "300",
    );
    expect(
        "S-035",
        &[("cooldown: 60", "cooldown: -1")],
        "a.yaml:13:15: error: spec.intervals[0].cooldown: the cooldown",
        "300",
    );
    // One mistake for both sides is one finding.
    expect(
        "S-069",
        &[("    statistic", "    period: 45\n    statistic")],
        "a.yaml:11:13: error: spec.intervals[0].period: 45 seconds",
        "60",
    );
    expect(
        "S-034",
        &[("    statistic", "    minAdjustmentMagnitude: 2\n    statistic")],
        "a.yaml:11:29: error: spec.intervals[0].minAdjustmentMagnitude",
        "Percent",
    );
    expect(
        "S-069",
        &[("evaluationPeriods: 15", "datapointsToAlarm: 3")],
        "a.yaml:18:34: error: spec.intervals[0].scaleIn.datapointsToAlarm: 3 of 2",
        "1 to",
    );
    expect(
        "S-027",
        &[("    - {upper: 20, change: -1}\n", "")],
        "a.yaml:17:14: warning: spec.intervals[0].scaleIn: no interval",
        "remove it",
    );
    let two =
        edited(&[]) + "  - {metricName: CPUUtilization, statistic: Maximum, scalingSteps: [{lower: 90, change: 9}]}\n";
    let found = read(&two).findings;
    let text: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 2, "{text:#?}");
    assert!(text[0].starts_with("a.yaml:19:5: error: spec.intervals[1]"), "{text:#?}");
}

/// Without `scaleOutWhen` the other way round is refused; with it, the low side scales out.
#[test]
fn a_metric_that_shrinks_with_the_load_scales_out_below_the_gap() {
    let object = object(&[
        ("    cooldown: 60", "    scaleOutWhen: Low"),
        ("change: -1", "change: 2"),
        ("change: 1", "change: -1"),
        ("change: 3", "change: -3"),
    ]);
    let out = &named(&object, "api-CPUUtilization-scale-out").alarms[0].config;
    assert_eq!((out.comparison_operator.symbol(), out.threshold), ("≤", 20.into()));
}
