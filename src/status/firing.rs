//! Which policies the alarms in ALARM call, and which way these would move the service.

use crate::model::alarm::{AlarmConfig, AlarmState};
use crate::model::cooldown::{Direction, direction};
use crate::model::names::{AlarmName, PolicyName};
use crate::model::observed::{Alarm, ObservedTarget, ScalingPolicy};
use crate::model::policy::{PolicyConfig, StepScalingConfig};
use crate::model::steps::never_matches;

/// An alarm in ALARM and a policy that it calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Firing<'a> {
    pub(super) alarm: &'a AlarmName,
    pub(super) policy: &'a PolicyName,
    pub(super) direction: Direction,
}

/// Every policy that an alarm in ALARM calls. What moves either way, or nothing, is not among them.
pub(super) fn firing(observed: &ObservedTarget) -> Vec<Firing<'_>> {
    let policies = || observed.policies.known().into_iter().flatten();
    let running = observed.service.known().and_then(Option::as_ref).map_or(0, |service| service.running_count);
    let in_alarm = alarms(observed).filter(|(_, alarm)| alarm.state == AlarmState::Alarm);
    let called = in_alarm.flat_map(|(name, alarm)| {
        policies().filter(|policy| calls(alarm, policy)).filter_map(move |policy| {
            let direction = moves(policy.config.as_ref().ok()?, alarm.config.as_ref().ok()?, running)?;
            Some(Firing { alarm: name, policy: &policy.name, direction })
        })
    });
    called.collect()
}

/// The alarms that were read and are there.
pub(super) fn alarms(observed: &ObservedTarget) -> impl Iterator<Item = (&AlarmName, &Alarm)> {
    observed.alarms.iter().filter_map(|(name, read)| Some((name, read.known()?.as_ref()?)))
}

/// Whether an alarm calls a policy when it fires. Target tracking's own name what made them behind the ARN (S-037).
pub(super) fn calls(alarm: &Alarm, policy: &ScalingPolicy) -> bool {
    let is_on = alarm.config.as_ref().is_ok_and(|config| config.actions_enabled);
    let is_it = |action: &String| {
        action.strip_prefix(policy.arn.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(":createdBy/"))
    };
    is_on && alarm.actions.alarm.iter().any(is_it)
}

/// Which way a policy moves the service when this alarm calls it; `None` where that depends on more, or where it moves
/// nothing.
pub(super) fn moves(policy: &PolicyConfig, alarm: &AlarmConfig, running: i32) -> Option<Direction> {
    let is_upward = alarm.comparison_operator.is_upward();
    match policy {
        PolicyConfig::Step(config) => of_steps(config, alarm, running),
        PolicyConfig::TargetTracking(_) if is_upward => Some(Direction::Out),
        PolicyConfig::TargetTracking(config) => (!config.disable_scale_in).then_some(Direction::In),
        PolicyConfig::Predictive(_) => None,
    }
}

fn of_steps(config: &StepScalingConfig, alarm: &AlarmConfig, running: i32) -> Option<Direction> {
    let reached = config.steps.iter().filter(|step| !never_matches(step, alarm.comparison_operator));
    let mut ways = reached.filter_map(|step| direction(config, step, running));
    let first = ways.next()?;
    ways.all(|way| way == first).then_some(first)
}
