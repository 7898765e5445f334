//! What the policies on a service do, each by itself and all together, in plain sentences.
//!
//! Owns the words alone: how AWS behaves is `model`'s. They are about what AWS holds, the policies of others included.

use crate::api::status::{PolicyStatus, ScheduleStatus};
use crate::model::alarm::AlarmConfig;
use crate::model::cooldown::Direction;
use crate::model::metric::{AlarmMetric, QuerySource};
use crate::model::number::Number;
use crate::model::observed::{ObservedTarget, ScalingPolicy};
use crate::model::policy::{PolicyConfig, PredictiveMode, StepAdjustment, StepScalingConfig, TargetTrackingConfig};
use crate::model::steps::absolute;
use crate::plan::adjustment_text;

use super::findings::needs_tasks;
use super::firing::{alarms, calls, moves};

/// Each policy on the target: what fires it, and what it then does.
pub(super) fn policies(observed: &ObservedTarget) -> Vec<PolicyStatus> {
    observed.policies.known().into_iter().flatten().map(|policy| one(policy, observed)).collect()
}

fn one(policy: &ScalingPolicy, observed: &ObservedTarget) -> PolicyStatus {
    let (does, steps) = match &policy.config {
        Ok(PolicyConfig::Step(config)) => steps_of(config, &fired_by(policy, observed)),
        Ok(PolicyConfig::TargetTracking(config)) => (tracking(config), Vec::new()),
        Ok(PolicyConfig::Predictive(config)) => {
            let acts = match config.mode {
                PredictiveMode::ForecastOnly => "forecasts the load and scales nothing",
                PredictiveMode::ForecastAndScale => "adds tasks ahead of a forecast load, and takes none away",
            };
            (acts.to_owned(), Vec::new())
        }
        Err(kind) => (format!("is a {kind}, which this version does not know"), Vec::new()),
    };
    PolicyStatus { policy_name: policy.name.to_string(), policy_type: policy.policy_type().to_owned(), does, steps }
}

/// The alarms that call a policy, as far as they were read.
fn fired_by<'a>(policy: &ScalingPolicy, observed: &'a ObservedTarget) -> Vec<(&'a str, &'a AlarmConfig)> {
    let own = alarms(observed).filter(|(_, alarm)| calls(alarm, policy));
    own.filter_map(|(name, alarm)| Some((name.as_str(), alarm.config.as_ref().ok()?))).collect()
}

fn steps_of(config: &StepScalingConfig, alarms: &[(&str, &AlarmConfig)]) -> (String, Vec<String>) {
    let when: Vec<String> = alarms.iter().map(|(name, alarm)| format!("{name} ({})", threshold_of(alarm))).collect();
    let cooldown = config.cooldown;
    let does = match when.as_slice() {
        [] => format!("scales by steps; no alarm that was read calls it; cooldown {cooldown} s"),
        all => format!("scales by steps when {} fires; cooldown {cooldown} s", all.join(" or ")),
    };
    let mut thresholds = alarms.iter().map(|(_, alarm)| alarm.threshold);
    let first = thresholds.next();
    let threshold = first.filter(|first| thresholds.all(|other| other == *first));
    (does, config.steps.iter().map(|step| step_text(config, step, threshold)).collect())
}

/// `CPUUtilization ≥ 30, 1 of 1 periods of 60 s`
fn threshold_of(alarm: &AlarmConfig) -> String {
    let metric = match &alarm.metric {
        AlarmMetric::Single(metric) => metric.metric_name.clone(),
        AlarmMetric::Queries(_) => match alarm.metric.returned().map(|(_, query)| &query.source) {
            Some(QuerySource::Metric(metric)) => metric.metric_name.clone(),
            Some(QuerySource::Expression { expression, .. }) => expression.clone(),
            None => "metric math".to_owned(),
        },
    };
    let (of, periods) = (alarm.datapoints_to_alarm, alarm.evaluation_periods);
    let (symbol, threshold) = (alarm.comparison_operator.symbol(), alarm.threshold);
    let word = if periods == 1 { "period" } else { "periods" };
    format!("{metric} {symbol} {threshold}, {of} of {periods} {word} of {} s", alarm.metric.period())
}

/// `30 to 40 (threshold +0 to +10): +2 tasks`; relative alone where the threshold is not one.
fn step_text(config: &StepScalingConfig, step: &StepAdjustment, threshold: Option<Number>) -> String {
    let bound = |bound: Option<Number>, open: &str| bound.map_or_else(|| open.to_owned(), |bound| bound.to_string());
    let signed = |bound: Option<Number>, open: &str| match bound {
        Some(bound) if bound >= Number::ZERO => format!("+{bound}"),
        Some(bound) => bound.to_string(),
        None => open.to_owned(),
    };
    let relative = format!("threshold {} to {}", signed(step.lower, "-∞"), signed(step.upper, "+∞"));
    let change = adjustment_text(config.adjustment_type, step.adjustment);
    match threshold.map(|threshold| absolute(step, threshold)) {
        Some(shown) => format!("{} to {} ({relative}): {change}", bound(shown.lower, "-∞"), bound(shown.upper, "+∞")),
        None => format!("{relative}: {change}"),
    }
}

fn tracking(config: &TargetTrackingConfig) -> String {
    let (target, metric) = (config.target_value, config.metric.describe());
    let (out, scale_in) = (config.scale_out_cooldown, config.scale_in_cooldown);
    if config.disable_scale_in {
        format!("keeps {metric} at or below {target} and takes no tasks away; cooldown out {out} s")
    } else {
        format!("keeps {metric} near {target}; cooldown out {out} s, in {scale_in} s")
    }
}

/// What all of it does together, a sentence each; nothing where there is no target, or it was not read.
pub(super) fn together(observed: &ObservedTarget, schedule: Option<&ScheduleStatus>) -> Vec<String> {
    let Some((target, policies)) = observed.target.known().and_then(Option::as_ref).zip(observed.policies.known())
    else {
        return Vec::new();
    };
    let all = All::of(policies, observed);
    let (min, max) = (target.range.min(), target.range.max());
    let range = match (all.is_empty(), min == max) {
        (true, _) => None,
        (false, true) => Some(format!("Min and max are both {min}: no policy changes the task count.")),
        (false, false) => Some(format!("Policies move the task count between {min} and {max}.")),
    };
    let is_parked = min == 0 && !policies.is_empty() && policies.iter().all(|policy| needs_tasks(policy, observed));
    let asleep = "At 0 tasks no policy starts the service again: every metric here comes from its tasks.";
    let is_deploying = observed.service.known().and_then(Option::as_ref).is_some_and(|service| service.deploying);
    let deploys = "A deployment is under way: until it is done no task is taken away, and tasks may be added.";
    let sentences = [range, all.out(), all.scale_in(), all.tracking_in(), all.steps_beside_tracking(), all.cooldowns()];
    let state = [
        suspended(observed),
        is_parked.then(|| asleep.to_owned()),
        is_deploying.then(|| deploys.to_owned()),
        schedule.and_then(scheduled),
    ];
    sentences.into_iter().chain(state).flatten().collect()
}

/// The policies, by what they may do.
struct All<'a> {
    /// Step policies and the ways that their alarms move the service.
    steps: Vec<(&'a str, &'a StepScalingConfig, Vec<Direction>)>,
    tracking: Vec<(&'a str, &'a TargetTrackingConfig)>,
    forecasts: usize,
}

impl<'a> All<'a> {
    fn of(policies: &'a [ScalingPolicy], observed: &'a ObservedTarget) -> Self {
        let mut all = Self { steps: vec![], tracking: vec![], forecasts: 0 };
        for policy in policies {
            let name = policy.name.as_str();
            match &policy.config {
                Ok(config @ PolicyConfig::Step(step)) => {
                    let ways = fired_by(policy, observed).into_iter().filter_map(|(_, alarm)| moves(config, alarm, 1));
                    all.steps.push((name, step, ways.collect()));
                }
                Ok(PolicyConfig::TargetTracking(config)) => all.tracking.push((name, config)),
                Ok(PolicyConfig::Predictive(config)) if config.mode == PredictiveMode::ForecastAndScale => {
                    all.forecasts += 1;
                }
                Ok(PolicyConfig::Predictive(_)) | Err(_) => {}
            }
        }
        all
    }

    fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.tracking.is_empty() && self.forecasts == 0
    }

    fn steps_that_go(&self, way: Direction) -> Vec<&'a str> {
        self.steps.iter().filter(|(_, _, ways)| ways.contains(&way)).map(|(name, ..)| *name).collect()
    }

    /// Whether it is known of each step policy which way it goes.
    fn all_ways_known(&self) -> bool {
        self.steps.iter().all(|(_, _, ways)| !ways.is_empty())
    }

    fn takers(&self) -> Vec<&'a str> {
        self.tracking.iter().filter(|(_, config)| !config.disable_scale_in).map(|(name, _)| *name).collect()
    }

    fn out(&self) -> Option<String> {
        let count = self.steps_that_go(Direction::Out).len() + self.tracking.len() + self.forecasts;
        match count {
            0 if !self.is_empty() && self.all_ways_known() => Some("Out: no policy adds tasks.".to_owned()),
            0 | 1 => None,
            _ => Some("Out: the largest task count that any policy asks for wins.".to_owned()),
        }
    }

    fn scale_in(&self) -> Option<String> {
        let steps = self.steps_that_go(Direction::In);
        if steps.is_empty() && self.takers().is_empty() && !self.is_empty() && self.all_ways_known() {
            return Some("In: no policy takes tasks away. The task count only grows.".to_owned());
        }
        (steps.len() > 1).then(|| {
            format!("In: where several of {} fire, the one that leaves the most tasks wins.", steps.join(", "))
        })
    }

    /// cop#4298: several target tracking policies scale in only when all of them would.
    fn tracking_in(&self) -> Option<String> {
        let takers = self.takers();
        let keepers: Vec<&str> =
            self.tracking.iter().filter(|(_, config)| config.disable_scale_in).map(|(name, _)| *name).collect();
        let taken = match takers.as_slice() {
            [] => return None,
            [_] if self.tracking.len() + self.steps.len() == 1 => return None,
            [one] => format!("In: target tracking takes tasks away when {one} asks for it."),
            several => {
                format!("In: target tracking takes tasks away only when all of these agree: {}.", several.join(", "))
            }
        };
        let kept = match keepers.as_slice() {
            [] => String::new(),
            [one] => format!(" {one} never takes tasks away."),
            several => format!(" {} never take tasks away.", several.join(" and ")),
        };
        Some(taken + &kept)
    }

    fn steps_beside_tracking(&self) -> Option<String> {
        let steps = self.steps_that_go(Direction::In);
        (!steps.is_empty() && !self.tracking.is_empty())
            .then(|| format!("{} may take tasks away while target tracking would keep them.", steps.join(", ")))
    }

    /// S-082
    fn cooldowns(&self) -> Option<String> {
        let longest = |way| {
            let of_way = self.steps.iter().filter(|(_, _, ways)| ways.contains(&way));
            of_way.map(|(_, config, _)| config.cooldown).max().filter(|cooldown| *cooldown > 0)
        };
        let out = longest(Direction::Out).map(|seconds| {
            format!(
                "For {seconds} s after a scale-out by steps, a larger step adds only what it is larger by, and no step \
                 takes tasks away."
            )
        });
        let scale_in = longest(Direction::In).map(|seconds| {
            format!("For {seconds} s after a scale-in by steps, no step takes more away; a scale-out does not wait.")
        });
        let both: Vec<String> = out.into_iter().chain(scale_in).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }
}

fn suspended(observed: &ObservedTarget) -> Option<String> {
    let state = observed.target.known()?.as_ref()?.suspended;
    let off = [
        (state.dynamic_scaling_out_suspended, "policies add no tasks"),
        (state.dynamic_scaling_in_suspended, "policies take no tasks away"),
        (state.scheduled_scaling_suspended, "scheduled actions do not run"),
    ];
    let off: Vec<&str> = off.into_iter().filter(|(is_off, _)| *is_off).map(|(_, what)| what).collect();
    (!off.is_empty()).then(|| format!("Suspended: {}.", off.join(", ")))
}

/// What comes next; what rules now stands beside min and max.
fn scheduled(schedule: &ScheduleStatus) -> Option<String> {
    let next = schedule.next.as_ref()?;
    let set = [("min", next.min_capacity), ("max", next.max_capacity)];
    let set: Vec<String> = set.into_iter().filter_map(|(name, bound)| Some(format!("{name} {}", bound?))).collect();
    let (name, time) = (&next.scheduled_action_name, &next.local_time);
    Some(format!("Next, at {time}, {name} sets {}, whatever a cooldown says.", set.join(" and ")))
}

#[cfg(test)]
mod tests;
