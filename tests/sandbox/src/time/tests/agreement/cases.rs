//! What is played: generated objects, and their data.

use ecs_scaling::model::simulation::Feedback;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// How long a case lasts.
pub(super) const MINUTES: usize = 60;
/// What its alarms look at.
pub(super) const METRICS: [&str; 2] = ["CPUUtilization", "MemoryUtilization"];

/// What is played: an object as YAML has it, and its data.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) spec: Json,
    pub(super) tasks: i32,
    /// Seconds.
    pub(super) startup: i64,
    pub(super) feedback: Feedback,
    /// Of each of [`METRICS`], a value a minute; `None` is missing.
    pub(super) values: [Vec<Option<f64>>; 2],
}

/// Objects of every kind of policy, and data with gaps.
pub(super) fn cases() -> impl Strategy<Value = Case> {
    let bounds = (0..5i32, 1..18i32).prop_map(|(min, more)| (min, min + more));
    let tracking = proptest::option::of((any::<bool>(), 20..80i32, any::<bool>(), any::<bool>()));
    let object = (bounds, proptest::collection::vec(step_policy(), 1..4), tracking, schedules(), any::<[bool; 3]>());
    let values = [series(), series()];
    (object, 0..14i32, prop_oneof![Just(0i64), Just(30), Just(90), Just(150)], any::<bool>(), values).prop_map(
        |((bounds, policies, tracking, schedules, suspended), tasks, startup, is_closed, mut values)| {
            let feedback = if is_closed { Feedback::Closed } else { Feedback::Open };
            if is_closed {
                values.iter_mut().flatten().for_each(|value| *value = Some(value.unwrap_or(40.0)));
            }
            Case { spec: spec(bounds, &policies, tracking, &schedules, suspended), tasks, startup, feedback, values }
        },
    )
}

/// Values that stay for some minutes, one in eight missing.
fn series() -> impl Strategy<Value = Vec<Option<f64>>> {
    let stretch = (proptest::option::weighted(0.88, 0..1000i32), 1..7usize);
    proptest::collection::vec(stretch, MINUTES..MINUTES + 1).prop_map(|stretches| {
        let values =
            stretches.into_iter().flat_map(|(value, minutes)| vec![value.map(|v| f64::from(v) / 10.0); minutes]);
        values.take(MINUTES).collect()
    })
}

/// A step policy with its alarm.
fn step_policy() -> impl Strategy<Value = Json> {
    let alarm = (
        (0..2usize, 15..75i32, 0..4usize, 0..3usize, 0..4usize),
        prop_oneof![Just(60), Just(60), Just(120), Just(300), Just(30)],
        (1..4i32, 1..4i32),
    );
    let steps =
        (proptest::collection::btree_set(-15..25i32, 1..4), any::<[bool; 2]>(), proptest::collection::vec(-4..6i32, 4));
    let cooldown = prop_oneof![Just(0), Just(60), Just(120), Just(300)];
    (alarm, steps, 0..3usize, cooldown, 0..3usize).prop_map(|(alarm, (cuts, open, changes), kind, cooldown, aggregation)| {
        let ((metric, threshold, operator, statistic, missing), period, (needed, periods)) = alarm;
        let kind = ["ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"][kind];
        json!({
            "adjustmentType": kind,
            "cooldown": cooldown,
            "metricAggregationType": (["Average", "Minimum", "Maximum"][aggregation]),
            "stepAdjustments": step_adjustments(&cuts.into_iter().collect::<Vec<_>>(), open, &changes, kind),
            "alarm": {
                "metricName": METRICS[metric], "statistic": (["Average", "Maximum", "Minimum"][statistic]), "period": period,
                "evaluationPeriods": periods.max(needed), "datapointsToAlarm": needed, "threshold": threshold,
                "comparisonOperator": ([
                    "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold",
                ][operator]),
                "treatMissingData": (["missing", "ignore", "breaching", "notBreaching"][missing]),
            },
        })
    })
}

/// Contiguous steps as AWS takes them: what reaches beyond the threshold is open at its end (S-031).
fn step_adjustments(cuts: &[i32], open: [bool; 2], changes: &[i32], kind: &str) -> Vec<Json> {
    let (first, last) = (cuts[0], cuts[cuts.len() - 1]);
    let mut bounds: Vec<Option<i32>> = cuts.iter().copied().map(Some).collect();
    if last > 0 || open[1] || cuts.len() == 1 {
        bounds.push(None);
    }
    if first < 0 || open[0] {
        bounds.insert(0, None);
    }
    let step = |(pair, change): (&[Option<i32>], &i32)| {
        let change = match kind {
            "PercentChangeInCapacity" => change * 15,
            "ExactCapacity" => change.abs() * 2,
            _ => *change,
        };
        let mut step = json!({ "scalingAdjustment": change });
        for (member, bound) in [("metricIntervalLowerBound", pair[0]), ("metricIntervalUpperBound", pair[1])] {
            if let Some(bound) = bound {
                step[member] = bound.into();
            }
        }
        step
    };
    bounds.windows(2).zip(changes.iter().cycle()).map(step).collect()
}

fn schedules() -> impl Strategy<Value = Vec<Json>> {
    let one = (0..4usize, 1..70i32, proptest::option::of(0..6i32), 4..20i32).prop_map(|(kind, minute, min, max)| {
        let at = 600 + minute;
        let schedule = match kind {
            0 => format!("at(2026-11-25T{:02}:{:02}:30)", at / 60, at % 60),
            1 => format!("cron({} {} * * ? *)", at % 60, at / 60),
            2 => format!("cron({} {} * * ? *)", at % 60, at / 60 + 1), // Berlin is an hour ahead
            _ => format!("rate({minute} minutes)"),
        };
        let timezone = if kind == 2 { "Europe/Berlin" } else { "UTC" };
        let mut action = json!({ "schedule": schedule, "scalableTargetAction": { "maxCapacity": max } });
        if kind != 3 {
            action["timezone"] = timezone.into();
        }
        if let Some(min) = min {
            action["scalableTargetAction"]["minCapacity"] = min.min(max).into();
        }
        action
    });
    proptest::collection::vec(one, 0..3)
}

fn spec(
    (min, max): (i32, i32),
    policies: &[Json],
    tracking: Option<(bool, i32, bool, bool)>,
    schedules: &[Json],
    suspended: [bool; 3],
) -> Json {
    let named = |prefix: &str, member: &str, list: &[Json]| -> Vec<Json> {
        let name = |(index, one): (usize, &Json)| {
            let mut one = one.clone();
            one[member] = format!("{prefix}-{index}").into();
            if one.get("alarm").is_some() {
                one["alarm"]["alarmName"] = format!("alarm-{index}").into();
            }
            one
        };
        list.iter().enumerate().map(name).collect()
    };
    let mut spec = json!({
        "cluster": "B", "service": "search-api", "minCapacity": min, "maxCapacity": max,
        "stepScaling": named("step", "policyName", policies),
        "scheduledActions": named("schedule", "scheduledActionName", schedules),
        // Suspended is what all three of the flags say; most often nothing is.
        "suspendedState": {
            "dynamicScalingInSuspended": suspended == [true, true, false],
            "dynamicScalingOutSuspended": suspended == [true, false, true],
            "scheduledScalingSuspended": suspended == [true, true, true],
        },
    });
    if let Some((of_memory, target, disable_scale_in, has_two)) = tracking {
        let policy = |metric: &str| {
            json!({
                "policyName": metric, "targetValue": target, "scaleOutCooldown": 60, "scaleInCooldown": 60,
                "disableScaleIn": disable_scale_in,
                "predefinedMetricSpecification": { "predefinedMetricType": format!("ECSServiceAverage{metric}") },
            })
        };
        let (one, other) = (METRICS[usize::from(of_memory)], METRICS[usize::from(!of_memory)]);
        spec["targetTracking"] = if has_two { json!([policy(one), policy(other)]) } else { json!([policy(one)]) };
    }
    spec
}
