//! What AWS accepts, and the simulation's own rules show to go wrong whatever the load: doubts, each with its reason and a
//! better value.
//!
//! Judges policies beside each other and beside the range. What is wrong with one policy's steps alone is in
//! [`crate::model::steps`].

use jiff::Timestamp;

use super::series;
use super::subject::{Policy, PolicyAlarm, Subject};
use crate::model::alarm::{AlarmState, ComparisonOperator, TreatMissingData};
use crate::model::capacity::CapacityRange;
use crate::model::cooldown::Direction;
use crate::model::evaluation::{Datapoint, evaluate, window};
use crate::model::metric::SingleMetric;
use crate::model::number::Number;
use crate::model::policy::{AdjustmentType, PolicyConfig, StepScalingConfig};
use crate::model::steps::{adjusted, choose};

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The policy, by its place in the subject.
    pub policy: usize,
    /// Its alarm, by its place in the policy.
    pub alarm: usize,
    /// Which value it is about.
    pub field: Field,
    /// What goes wrong, and why.
    pub message: String,
    /// A better value.
    pub hint: String,
}

/// A value of a policy or its alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The alarm's threshold.
    Threshold,
    /// How many periods the alarm looks at.
    EvaluationPeriods,
    /// How many of them must breach.
    DatapointsToAlarm,
    /// The policy's cooldown.
    Cooldown,
    /// The policy's steps.
    Steps,
}

/// How far above the minimum a scale-in is looked at.
const MOST_TASKS: i32 = 100;

/// A step policy with one of its alarms on a single metric, and which way it scales.
#[derive(Clone, Copy)]
struct Pair<'a> {
    policy: &'a Policy,
    alarm: &'a PolicyAlarm,
    metric: &'a SingleMetric,
    place: (usize, usize),
    /// `None` where its steps go both ways, or to a count.
    direction: Option<Direction>,
}

/// Every doubt, in the order of the policies.
pub fn doubts(subject: &Subject) -> Vec<Doubt> {
    let pairs = pairs(subject);
    let mut doubts = Vec::new();
    for pair in &pairs {
        let Some(config) = pair.policy.config.step() else { continue };
        doubts.extend(short_cooldown(pair, config));
        doubts.extend(beyond_max(pair, config, subject.range));
        doubts.extend(never_fires(pair));
    }
    for out in pairs.iter().filter(|pair| pair.direction == Some(Direction::Out)) {
        for scale_in in pairs.iter().filter(|pair| pair.direction == Some(Direction::In)) {
            if is_same_metric(out.metric, scale_in.metric) && out.place.0 != scale_in.place.0 {
                let fight = both_fire(out, scale_in).or_else(|| turns_round(out, scale_in, subject.range));
                doubts.extend(fight);
                doubts.extend(faster_in(out, scale_in));
            }
        }
    }
    doubts.sort_by_key(|doubt| (doubt.policy, doubt.alarm));
    doubts.dedup();
    doubts
}

fn pairs(subject: &Subject) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    for (index, policy) in subject.policies.iter().enumerate() {
        for (place, alarm) in policy.alarms.iter().enumerate() {
            let Some(metric) = alarm.config.metric.single() else { continue };
            let direction = direction(policy, alarm);
            pairs.push(Pair { policy, alarm, metric, place: (index, place), direction });
        }
    }
    pairs
}

/// Which way a policy scales when this alarm calls it; `None` where its steps go both ways or nowhere.
fn direction(policy: &Policy, alarm: &PolicyAlarm) -> Option<Direction> {
    let upward = alarm.config.comparison_operator.is_upward();
    match &policy.config {
        PolicyConfig::TargetTracking(_) => Some(if upward { Direction::Out } else { Direction::In }),
        PolicyConfig::Step(config) if config.adjustment_type != AdjustmentType::ExactCapacity => {
            let (out, scale_in) =
                (config.steps.iter().any(|s| s.adjustment > 0), config.steps.iter().any(|s| s.adjustment < 0));
            match (out, scale_in) {
                (true, false) => Some(Direction::Out),
                (false, true) => Some(Direction::In),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_same_metric(one: &SingleMetric, other: &SingleMetric) -> bool {
    let of = |metric: &SingleMetric| {
        (metric.namespace.clone(), metric.metric_name.clone(), metric.dimensions.clone(), metric.statistic.clone())
    };
    of(one) == of(other)
}

/// A doubt at the step policy of two: target tracking has nothing to be set there.
fn at_step_policy(first: &Pair<'_>, other: &Pair<'_>, field: Field, message: String, hint: String) -> Option<Doubt> {
    let at = [first, other].into_iter().find(|pair| pair.policy.config.step().is_some())?;
    Some(Doubt { policy: at.place.0, alarm: at.place.1, field, message, hint })
}

/// Values at which both alarms fire: the service scales out and in by turns.
fn both_fire(out: &Pair<'_>, scale_in: &Pair<'_>) -> Option<Doubt> {
    let (high, low) = (&out.alarm.config, &scale_in.alarm.config);
    let breach = |value: Number| {
        high.comparison_operator.is_breached(value, high.threshold)
            && low.comparison_operator.is_breached(value, low.threshold)
    };
    // Where two half-lines meet at all, they meet at a threshold, between both, or beyond either.
    let middle = Number::new((high.threshold.get() + low.threshold.get()) / 2.0)?;
    let beyond = [high.threshold, low.threshold].map(|threshold| [threshold.minus(1.into()), threshold.plus(1.into())]);
    let value =
        [high.threshold, low.threshold, middle].into_iter().chain(beyond.into_iter().flatten()).find(|v| breach(*v))?;
    let message = format!(
        "`{}` adds tasks at {} {}, and `{}` takes them away at {} {}: at {value} both fire, and one undoes the other",
        out.policy.name,
        high.comparison_operator.symbol(),
        high.threshold,
        scale_in.policy.name,
        low.comparison_operator.symbol(),
        low.threshold
    );
    let hint = if scale_in.policy.config.step().is_some() {
        let side = if high.comparison_operator.is_upward() { "below" } else { "above" };
        format!("let `{}` begin well {side} {}", scale_in.policy.name, high.threshold)
    } else {
        format!("keep one of the two, or set disableScaleIn on `{}`", scale_in.policy.name)
    };
    at_step_policy(scale_in, out, Field::Threshold, message, hint)
}

/// A scale-in after which the tasks that are left share the load so that scale-out fires.
fn turns_round(out: &Pair<'_>, scale_in: &Pair<'_>, range: CapacityRange) -> Option<Doubt> {
    let (high, low) = (&out.alarm.config, &scale_in.alarm.config);
    let config = scale_in.policy.config.step()?;
    let metric = scale_in.metric;
    let both_ways = high.comparison_operator.is_upward() && !low.comparison_operator.is_upward();
    if !both_ways || !series::is_shared_by_tasks(&metric.namespace, &metric.metric_name) {
        return None;
    }
    let value = low.threshold;
    let step = choose(config, value, value, low.comparison_operator)?;
    let after = |tasks: i32| {
        let left = adjusted(config, step, tasks, range);
        let shared = Number::new(value.get() * f64::from(tasks) / f64::from(left))?;
        let fires = left > 0 && left < tasks && high.comparison_operator.is_breached(shared, high.threshold);
        fires.then_some((tasks, left, shared))
    };
    // The fewer tasks there are, the more is left to each of the others.
    let most = range.max().min(range.min().saturating_add(MOST_TASKS));
    let (tasks, left, shared) = (range.min().saturating_add(1)..=most).find_map(after)?;
    let message = format!(
        "at {tasks} tasks and {value}, `{}` leaves {left}, which makes it {}: there `{}` adds tasks again",
        scale_in.policy.name,
        rounded(shared.get()),
        out.policy.name
    );
    let best = (high.threshold.get() * f64::from(left) / f64::from(tasks)).floor();
    let hint = format!("lower this threshold below {best}, or take fewer tasks away at once");
    Some(Doubt { policy: scale_in.place.0, alarm: scale_in.place.1, field: Field::Threshold, message, hint })
}

/// Scale-in that acts sooner than scale-out: load that comes back finds too few tasks.
fn faster_in(out: &Pair<'_>, scale_in: &Pair<'_>) -> Option<Doubt> {
    let seconds = |pair: &Pair<'_>| {
        let alarm = &pair.alarm.config;
        i64::from(alarm.datapoints_to_alarm) * i64::from(pair.metric.period)
    };
    let (slow, fast) = (seconds(out), seconds(scale_in));
    if fast >= slow || scale_in.policy.config.step().is_none() {
        return None;
    }
    let message = format!(
        "`{}` takes tasks away after {fast} s, and `{}` adds them only after {slow} s: load that comes back finds too few",
        scale_in.policy.name, out.policy.name
    );
    let period = i64::from(scale_in.metric.period.max(1));
    let periods = (slow + period - 1) / period;
    let hint = format!("write `evaluationPeriods: {periods}` or more, and let scale-in be the slower of the two");
    let (policy, alarm) = scale_in.place;
    Some(Doubt { policy, alarm, field: Field::EvaluationPeriods, message, hint })
}

/// The next step would be chosen by values from before the last one.
fn short_cooldown(pair: &Pair<'_>, config: &StepScalingConfig) -> Option<Doubt> {
    let (period, cooldown) = (pair.metric.period, config.cooldown);
    let is_relative = config.adjustment_type != AdjustmentType::ExactCapacity;
    // No cooldown at all is somebody's will.
    (is_relative && cooldown > 0 && cooldown < period).then(|| {
        let message = format!(
            "the cooldown of {cooldown} s is shorter than the metric's period of {period} s: the policy acts again on values \
             from before its last activity"
        );
        let hint = format!("write `cooldown: {}`: the period, and the time that a task takes to start", period + 60);
        Doubt { policy: pair.place.0, alarm: pair.place.1, field: Field::Cooldown, message, hint }
    })
}

/// A step that even from the minimum leads beyond the maximum.
fn beyond_max(pair: &Pair<'_>, config: &StepScalingConfig, range: CapacityRange) -> Option<Doubt> {
    let (min, max) = (range.min(), range.max());
    let unbounded = CapacityRange::new(0, i32::MAX)?;
    let to = |step| adjusted(config, step, min, unbounded);
    let step = config.steps.iter().find(|step| min < max && step.adjustment > 0 && to(step) > max)?;
    let unit = if config.adjustment_type == AdjustmentType::PercentChangeInCapacity { " %" } else { "" };
    let message = format!(
        "the step of {}{unit} leads from minCapacity {min} to {}, beyond maxCapacity {max}: it is never taken whole",
        if config.adjustment_type == AdjustmentType::ExactCapacity {
            step.adjustment.to_string()
        } else {
            format!("{:+}", step.adjustment)
        },
        to(step)
    );
    let best = match config.adjustment_type {
        AdjustmentType::PercentChangeInCapacity => i64::from(max - min) * 100 / i64::from(min.max(1)),
        AdjustmentType::ExactCapacity => i64::from(max),
        AdjustmentType::ChangeInCapacity => i64::from(max - min),
    };
    let hint = format!("write {best} or less, or raise maxCapacity");
    let (policy, alarm) = pair.place;
    Some(Doubt { policy, alarm, field: Field::Steps, message, hint })
}

/// Whether ECS or a load balancer puts the metric, once a minute, and never below 0.
fn is_of_aws(metric: &SingleMetric) -> bool {
    matches!(metric.namespace.as_str(), "AWS/ECS" | "AWS/ApplicationELB")
}

/// An alarm that stays quiet even where every value breaches: below 0, or with a datapoint a minute in shorter periods.
fn never_fires(pair: &Pair<'_>) -> Option<Doubt> {
    let alarm = &pair.alarm.config;
    if !is_of_aws(pair.metric) || !alarm.actions_enabled {
        return None;
    }
    let (policy, at) = pair.place;
    let Some(value) = breaching(alarm.comparison_operator, alarm.threshold) else {
        let message = format!(
            "`{}` never fires: {} is never {} {}",
            pair.alarm.name,
            pair.metric.metric_name,
            alarm.comparison_operator.symbol(),
            alarm.threshold
        );
        let hint = "write a threshold above 0".to_owned();
        return Some(Doubt { policy, alarm: at, field: Field::Threshold, message, hint });
    };
    if pair.metric.period >= 60 || fires_at(pair, value) {
        return None;
    }
    let message = format!(
        "`{}` never fires: the metric has a datapoint a minute, so that of {} periods of {} s too few have one, and the others \
         count as {}",
        pair.alarm.name,
        alarm.evaluation_periods,
        pair.metric.period,
        alarm.treat_missing_data.as_str()
    );
    let hint = match alarm.treat_missing_data {
        TreatMissingData::NotBreaching => "write `period: 60`, or leave treatMissingData out".to_owned(),
        _ => "write `period: 60`, or `datapointsToAlarm: 1`".to_owned(),
    };
    Some(Doubt { policy, alarm: at, field: Field::DatapointsToAlarm, message, hint })
}

/// A value from 0 on that breaches.
fn breaching(operator: ComparisonOperator, threshold: Number) -> Option<Number> {
    let candidates = [threshold, threshold.plus(1.into()), threshold.minus(1.into()), Number::ZERO];
    candidates.into_iter().filter(|value| *value >= Number::ZERO).find(|value| operator.is_breached(*value, threshold))
}

/// Whether the alarm fires where every minute has this value and no other: at the moments of one minute.
fn fires_at(pair: &Pair<'_>, value: Number) -> bool {
    let alarm = &pair.alarm.config;
    let period = i64::from(pair.metric.period.max(1));
    let point = |start: Timestamp| {
        let has_minute = start.as_second().rem_euclid(60) == 0 || start.as_second().rem_euclid(60) + period > 60;
        has_minute.then_some(Datapoint { at: start, value, sample_count: 1.0 })
    };
    let mut moments = (0..6).filter_map(|sixth| Timestamp::from_second(86_400 * 2 + sixth * 10).ok());
    moments.any(|at| {
        let range: Vec<_> = window::periods(alarm, at).into_iter().map(point).collect();
        evaluate(alarm, &range, AlarmState::Ok).state == AlarmState::Alarm
    })
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
