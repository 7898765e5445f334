//! `intervals`: each entry becomes a policy that scales in and one that scales out, each beside its alarm.

use super::alarm;
use super::policies::warn_of_aggregation;
use super::scaling::Names;
use super::target::Place;
use crate::api::desired::{DesiredAlarm, DesiredPolicy};
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::{AlarmSpec, IntervalSpec, IntervalsSideSpec, IntervalsSpec};
use crate::model::alarm::ComparisonOperator;
use crate::model::intervals::{self, Interval, Place as IntervalPlace, Side, Sides};
use crate::model::names::PolicyName;
use crate::model::number::Number;
use crate::model::policy::{AdjustmentType, MetricAggregationType, PolicyConfig, StepScalingConfig};
use crate::model::steps::{self, Place as StepPlace, RawSteps, Written};

/// Checks and resolves all intervals of an object; `at` is its spec.
pub(super) fn check(
    specs: &[IntervalsSpec],
    place: &Place,
    at: &Path,
    names: &mut Names,
    report: &mut Report<'_>,
) -> Vec<DesiredPolicy> {
    let mut policies = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let at = at.key("intervals").index(index);
        let Sides { scale_in, scale_out } = sides(spec, &at, report);
        for (name, own, side) in [("scaleOut", &spec.scale_out, scale_out), ("scaleIn", &spec.scale_in, scale_in)] {
            let at_side = at.key(name);
            let Some(side) = side else {
                if own.is_some() {
                    let message = format!("no interval is on this side of the gap, so that {name} does nothing");
                    report.warning(&at_side, message, "remove it, or add an interval on the other side of the gap");
                }
                continue;
            };
            report.fall_back(&at_side, &at);
            let own = own.clone().unwrap_or_default();
            let entry = Entry { spec, own, suffix: if name == "scaleOut" { "scale-out" } else { "scale-in" } };
            policies.push(entry.policy(&side, place, &at_side, names, report));
        }
    }
    policies
}

/// The two sides; where the intervals are refused, such as let everything else be checked.
fn sides(spec: &IntervalsSpec, at: &Path, report: &mut Report<'_>) -> Sides {
    let list = at.key("scalingSteps");
    let interval = |spec: &IntervalSpec| Interval { lower: spec.lower, upper: spec.upper, change: spec.change };
    let written: Vec<Interval> = spec.scaling_steps.iter().map(interval).collect();
    let sides = intervals::convert(&written, adjustment_type(spec), spec.scale_out_when.unwrap_or_default());
    sides.unwrap_or_else(|problems| {
        for problem in problems {
            report.error(&path_of(problem.place(), &list), problem.to_string(), problem.hint());
        }
        let comparison_operator = ComparisonOperator::GreaterThanOrEqualToThreshold;
        let stand_in = Some(Side { threshold: Number::ZERO, comparison_operator, steps: Vec::new() });
        Sides { scale_in: stand_in.clone(), scale_out: stand_in }
    })
}

fn adjustment_type(spec: &IntervalsSpec) -> AdjustmentType {
    spec.adjustment_type.unwrap_or(AdjustmentType::ChangeInCapacity)
}

fn path_of(place: IntervalPlace, list: &Path) -> Path {
    match place {
        IntervalPlace::List => list.clone(),
        IntervalPlace::Interval(index) => list.index(index),
        IntervalPlace::Lower(index) => list.index(index).key("lower"),
        IntervalPlace::Upper(index) => list.index(index).key("upper"),
        IntervalPlace::Change(index) => list.index(index).key("change"),
    }
}

/// An entry as one of its sides has it.
struct Entry<'a> {
    spec: &'a IntervalsSpec,
    own: IntervalsSideSpec,
    suffix: &'static str,
}

impl Entry<'_> {
    fn policy(
        &self,
        side: &Side,
        place: &Place,
        at: &Path,
        names: &mut Names,
        report: &mut Report<'_>,
    ) -> DesiredPolicy {
        let metric = &self.spec.metric_name;
        let (cluster, service) = (&place.service.cluster, &place.service.service);
        let own_name = self.own.policy_name.clone();
        let name = own_name.unwrap_or_else(|| format!("{service}-{metric}-{}", self.suffix));
        names.take_policy(&name, &at.key("policyName"), report);
        let own_name = self.own.alarm_name.clone();
        let alarm_name = own_name.unwrap_or_else(|| format!("{cluster}-{service}-{metric}-{}", self.suffix));
        names.take_alarm(&alarm_name, &at.key("alarmName"), report);
        let alarm = alarm::check(&self.alarm(alarm_name, side), &name, place, at, report);
        let config = self.config(side, &alarm, at, report);
        warn_of_aggregation(config.metric_aggregation_type, &alarm, at, at, report);
        let config = PolicyConfig::Step(config);
        DesiredPolicy { name: PolicyName::new(name), config, alarms: vec![alarm], alarm_ref: None }
    }

    fn alarm(&self, alarm_name: String, side: &Side) -> AlarmSpec {
        let (own, both) = (self.own.clone(), self.spec.clone());
        AlarmSpec {
            alarm_name,
            alarm_description: own.alarm_description,
            actions_enabled: own.actions_enabled.or(both.actions_enabled),
            alarm_actions: own.alarm_actions.or(both.alarm_actions),
            ok_actions: own.ok_actions.or(both.ok_actions),
            insufficient_data_actions: own.insufficient_data_actions.or(both.insufficient_data_actions),
            namespace: both.namespace,
            metric_name: Some(both.metric_name),
            metrics: None,
            dimensions: both.dimensions,
            statistic: both.statistic,
            extended_statistic: both.extended_statistic,
            period: own.period.or(both.period),
            unit: both.unit,
            evaluation_periods: own.evaluation_periods.or(both.evaluation_periods),
            datapoints_to_alarm: own.datapoints_to_alarm.or(both.datapoints_to_alarm),
            threshold: side.threshold,
            comparison_operator: side.comparison_operator,
            treat_missing_data: own.treat_missing_data.or(both.treat_missing_data),
            evaluate_low_sample_count_percentile: both.evaluate_low_sample_count_percentile,
            evaluation_window: both.evaluation_window,
            warm_up_configuration: both.warm_up_configuration,
            action_configuration: both.action_configuration,
        }
    }

    /// The policy's configuration; the aggregation follows the statistic (S-092), an unset cooldown is AWS's.
    fn config(&self, side: &Side, alarm: &DesiredAlarm, at: &Path, report: &mut Report<'_>) -> StepScalingConfig {
        let adjustment_type = adjustment_type(self.spec);
        let min_adjustment_magnitude = self.own.min_adjustment_magnitude.or(self.spec.min_adjustment_magnitude);
        let cooldown = self.own.cooldown.or(self.spec.cooldown);
        let raw =
            RawSteps { adjustment_type, steps: Written::Relative(&side.steps), min_adjustment_magnitude, cooldown };
        for problem in steps::check(&raw) {
            let path = match problem.place() {
                StepPlace::Cooldown => at.key("cooldown"),
                StepPlace::MinAdjustmentMagnitude => at.key("minAdjustmentMagnitude"),
                // Steps of intervals that were not refused keep the rules, unless doubles cannot tell their bounds apart.
                _ if side.steps.is_empty() => continue,
                _ => at.key("scalingSteps"),
            };
            report.error(&path, problem.to_string(), problem.hint());
        }
        let aggregation = self.own.metric_aggregation_type.or(self.spec.metric_aggregation_type);
        let of_statistic =
            || alarm.config.metric.statistic().map_or(MetricAggregationType::Average, steps::aggregation_for);
        let aggregation = aggregation.unwrap_or_else(of_statistic);
        let steps = side.steps.clone();
        StepScalingConfig::canonical(adjustment_type, steps, min_adjustment_magnitude, cooldown, Some(aggregation))
    }
}
