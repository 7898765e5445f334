//! Step scaling policies, each beside the alarms that fire it.

use super::alarm;
use super::scaling::Names;
use super::target::Place;
use crate::api::desired::{AlarmRef, DesiredAlarm, DesiredPolicy};
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::{AlarmSpec, StepAdjustmentSpec, StepPolicySpec, StepSpec};
use crate::model::names::{AlarmName, PolicyName};
use crate::model::number::Number;
use crate::model::policy::{MetricAggregationType, PolicyConfig, StepAdjustment, StepScalingConfig};
use crate::model::steps::{self, AbsoluteStep, Place as StepPlace, RawSteps, StepProblem, Written};

/// Checks and resolves the step scaling policies of an object; `at` is its spec.
pub(super) fn check(
    specs: &[StepPolicySpec],
    place: &Place,
    at: &Path,
    names: &mut Names,
    report: &mut Report<'_>,
) -> Vec<DesiredPolicy> {
    let list = at.key("stepScaling");
    let one = |(index, spec): (usize, &StepPolicySpec)| policy(spec, place, &list.index(index), names, report);
    specs.iter().enumerate().map(one).collect()
}

/// An `alarmRef` to an alarm of the object itself; `names` are all of the object's.
pub(super) fn check_refs(specs: &[StepPolicySpec], at: &Path, names: &Names, report: &mut Report<'_>) {
    for (index, spec) in specs.iter().enumerate() {
        if let Some(named) = spec.alarm_ref.as_ref().filter(|named| names.has_alarm(&named.alarm_name)) {
            let message = format!("`{}` is an alarm of this object itself", named.alarm_name);
            let hint =
                "write the policy's steps and the alarm together, under `alarm`; alarmRef is for alarms of others";
            let path = at.key("stepScaling").index(index).key("alarmRef").key("alarmName");
            report.error(&path, message, hint);
        }
    }
}

fn policy(
    spec: &StepPolicySpec,
    place: &Place,
    at: &Path,
    names: &mut Names,
    report: &mut Report<'_>,
) -> DesiredPolicy {
    names.take_policy(&spec.policy_name, &at.key("policyName"), report);
    let written = alarms(spec, at, report);
    let mut alarms = Vec::new();
    for (at, spec_of_alarm) in &written {
        names.take_alarm(&spec_of_alarm.alarm_name, &at.key("alarmName"), report);
        alarms.push(alarm::check(spec_of_alarm, &spec.policy_name, place, at, report));
    }
    let (config, steps_are_sound) = config(spec, &alarms, at, report);
    for ((alarm_at, _), alarm) in written.iter().zip(&alarms) {
        if steps_are_sound {
            warn_of_steps(&config, alarm, &at.key(list_of(spec)), report);
        }
        warn_of_aggregation(config.metric_aggregation_type, alarm, at, alarm_at, report);
    }
    let alarm_ref = spec.alarm_ref.as_ref().map(|named| AlarmRef {
        name: AlarmName::new(named.alarm_name.clone()),
        steps: spec.steps.as_ref().map(|steps| steps.iter().map(absolute_step).collect()),
    });
    let config = PolicyConfig::Step(config);
    DesiredPolicy { name: PolicyName::new(spec.policy_name.clone()), config, alarms, alarm_ref }
}

/// The policy's alarms with their paths; `alarm` is the short form of `alarms`.
fn alarms<'a>(spec: &'a StepPolicySpec, at: &Path, report: &mut Report<'_>) -> Vec<(Path, &'a AlarmSpec)> {
    let short = spec.alarm.iter().map(|alarm| (at.key("alarm"), alarm));
    let list = spec.alarms.iter().flatten().enumerate();
    let all: Vec<_> = short.chain(list.map(|(index, alarm)| (at.key("alarms").index(index), alarm))).collect();
    if let Some(named) = &spec.alarm_ref {
        alarm::check_name(&named.alarm_name, &at.key("alarmRef").key("alarmName"), report);
    }
    if spec.alarm.is_some() && spec.alarms.is_some() {
        report.error(&at.key("alarm"), "alarm and alarms cannot stand together", "put all of them under `alarms`");
    } else if spec.alarm_ref.is_some() && (spec.alarm.is_some() || spec.alarms.is_some()) {
        let hint = "keep the alarms of this object, or the one of somebody else; another policy may have the other";
        report.error(&at.key("alarmRef"), "alarmRef cannot stand beside alarm or alarms", hint);
    } else if all.is_empty() && spec.alarm_ref.is_none() {
        let hint = "add `alarm`, or `alarmRef`: without one nothing ever fires the policy";
        report.error(at, format!("the policy `{}` has no alarm", spec.policy_name), hint);
    }
    all
}

/// The configuration (S-026 to S-036), and whether its steps keep every rule on how they lie to each other.
fn config(
    spec: &StepPolicySpec,
    alarms: &[DesiredAlarm],
    at: &Path,
    report: &mut Report<'_>,
) -> (StepScalingConfig, bool) {
    let relative: Vec<StepAdjustment> = spec.step_adjustments.iter().flatten().map(adjustment).collect();
    let absolute: Vec<AbsoluteStep> = spec.steps.iter().flatten().map(absolute_step).collect();
    let steps = match (&spec.steps, &spec.step_adjustments) {
        (Some(_), Some(_)) => {
            let message = "steps and stepAdjustments cannot stand together";
            report.error(&at.key("stepAdjustments"), message, "keep one of the two");
            None
        }
        (None, None) => {
            let hint = "add `steps`, in values of the metric, or `stepAdjustments`, relative to the threshold";
            report.error(at, format!("the policy `{}` has no steps", spec.policy_name), hint);
            None
        }
        (None, Some(_)) => Some(Written::Relative(&relative)),
        (Some(_), None) => {
            let threshold = match &spec.alarm_ref {
                Some(_) => Some(steps::best_threshold(&absolute)),
                None => one_threshold(alarms, &at.key("steps"), report),
            };
            threshold.map(|threshold| Written::Absolute(&absolute, threshold))
        }
    };
    let is_sound = check_steps(spec, steps, at, report);
    let settled = steps.filter(|steps| spec.alarm_ref.is_none() || matches!(steps, Written::Relative(_)));
    let config = StepScalingConfig::canonical(
        spec.adjustment_type,
        settled.map(Written::to_relative).unwrap_or_default(),
        spec.min_adjustment_magnitude,
        spec.cooldown,
        spec.metric_aggregation_type,
    );
    (config, is_sound)
}

fn adjustment(spec: &StepAdjustmentSpec) -> StepAdjustment {
    StepAdjustment {
        lower: spec.metric_interval_lower_bound,
        upper: spec.metric_interval_upper_bound,
        adjustment: spec.scaling_adjustment,
    }
}

fn absolute_step(spec: &StepSpec) -> AbsoluteStep {
    AbsoluteStep { lower: spec.lower, upper: spec.upper, adjustment: spec.adjustment }
}

/// Absolute steps become relative by the alarm's threshold: with several alarms it must be one.
fn one_threshold(alarms: &[DesiredAlarm], path: &Path, report: &mut Report<'_>) -> Option<Number> {
    let first = alarms.first()?.config.threshold;
    let other = alarms.iter().map(|alarm| alarm.config.threshold).find(|threshold| *threshold != first);
    if let Some(other) = other {
        let message =
            format!("steps in values of the metric need one threshold, and the alarms have {first} and {other}");
        report.error(path, message, "write `stepAdjustments`, relative to the threshold, or make two policies");
        return None;
    }
    Some(first)
}

/// Checks steps, cooldown and magnitude. Without usable steps only what does not concern their bounds is judged.
fn check_steps(spec: &StepPolicySpec, steps: Option<Written<'_>>, at: &Path, report: &mut Report<'_>) -> bool {
    let raw = RawSteps {
        adjustment_type: spec.adjustment_type,
        steps: steps.unwrap_or(Written::Relative(&[])),
        min_adjustment_magnitude: spec.min_adjustment_magnitude,
        cooldown: spec.cooldown,
    };
    let concerns_bounds = |problem: &StepProblem| {
        !matches!(problem.place(), StepPlace::Adjustment(_) | StepPlace::MinAdjustmentMagnitude | StepPlace::Cooldown)
    };
    let problems = steps::check(&raw);
    for problem in problems.iter().filter(|problem| steps.is_some() || !concerns_bounds(problem)) {
        report.error(&path_of(problem.place(), spec, at), problem.to_string(), problem.hint());
    }
    !problems.iter().any(concerns_bounds)
}

/// The field that the steps stand in.
fn list_of(spec: &StepPolicySpec) -> &'static str {
    if spec.steps.is_some() { "steps" } else { "stepAdjustments" }
}

fn path_of(place: StepPlace, spec: &StepPolicySpec, at: &Path) -> Path {
    let (list, lower, upper, adjustment) = match spec.steps {
        Some(_) => ("steps", "lower", "upper", "adjustment"),
        None => ("stepAdjustments", "metricIntervalLowerBound", "metricIntervalUpperBound", "scalingAdjustment"),
    };
    let step = |index| at.key(list).index(index);
    match place {
        StepPlace::Steps => at.key(list),
        StepPlace::Step(index) => step(index),
        StepPlace::Lower(index) => step(index).key(lower),
        StepPlace::Upper(index) => step(index).key(upper),
        StepPlace::Adjustment(index) => step(index).key(adjustment),
        StepPlace::MinAdjustmentMagnitude => at.key("minAdjustmentMagnitude"),
        StepPlace::Cooldown => at.key("cooldown"),
    }
}

/// Where the value that chooses a step need not be one that fires the alarm.
pub(super) fn warn_of_aggregation(
    aggregation: MetricAggregationType,
    alarm: &DesiredAlarm,
    at: &Path,
    alarm_at: &Path,
    report: &mut Report<'_>,
) {
    if let Some(statistic) = alarm.config.metric.statistic()
        && let Some(expected) = steps::aggregation_at_odds(aggregation, statistic)
    {
        let message =
            format!("the alarm looks at {statistic}, but the step is chosen by the {aggregation} of its datapoints");
        let path = at.key("metricAggregationType");
        report.warning(&path, message, format!("write `metricAggregationType: {expected}`")); // cdk#31792
    }
    let upward = alarm.config.comparison_operator.is_upward();
    let extreme = if upward { MetricAggregationType::Maximum } else { MetricAggregationType::Minimum };
    let (some, all) = (alarm.config.datapoints_to_alarm, alarm.config.evaluation_periods);
    if some < all && aggregation != extreme {
        let message = format!(
            "the alarm fires with {some} of {all} datapoints, and the {aggregation} of all of them may lie on the other \
             side of the threshold, where no step is"
        );
        let hint = format!("write `metricAggregationType: {extreme}`, or leave datapointsToAlarm out");
        report.warning(&alarm_at.key("datapointsToAlarm"), message, hint); // S-079
    }
}

fn warn_of_steps(config: &StepScalingConfig, alarm: &DesiredAlarm, list: &Path, report: &mut Report<'_>) {
    let operator = alarm.config.comparison_operator;
    let threshold = alarm.config.threshold;
    for gap in steps::uncovered(config, operator) {
        let stretch = StepAdjustment { lower: gap.lower, upper: gap.upper, adjustment: 0 };
        let message =
            format!("`{}` fires at values {}, and no step is there", alarm.name, between(&stretch, threshold));
        report.warning(list, message, "let the steps begin at the threshold, and leave the outermost bound out");
    }
    for step in config.steps.iter().filter(|step| steps::never_matches(step, operator)) {
        let message = format!(
            "the step for values {} never matches: `{}` fires at {} {threshold}",
            between(step, threshold),
            alarm.name,
            operator.symbol()
        );
        report.warning(
            list,
            message,
            "write the values on the side where the alarm fires, or correct comparisonOperator",
        );
    }
}

/// A stretch in values of the metric.
fn between(step: &StepAdjustment, threshold: Number) -> String {
    let absolute = steps::absolute(step, threshold);
    match (absolute.lower, absolute.upper) {
        (Some(lower), Some(upper)) => format!("from {lower} to {upper}"),
        (Some(lower), None) => format!("from {lower} up"),
        (None, Some(upper)) => format!("below {upper}"),
        (None, None) => "of any size".to_owned(),
    }
}
