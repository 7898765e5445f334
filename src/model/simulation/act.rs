//! Alarms call policies, and the target obeys the strongest (S-078 to S-084).

use jiff::Timestamp;

use super::evaluate::AlarmPlay;
use super::event::{Event, EventKind, Held};
use super::play::Player;
use super::subject::Policy;
use crate::model::alarm::AlarmState;
use crate::model::cooldown::{Decision, HoldReason, fire};
use crate::model::firing;
use crate::model::policy::{MetricAggregationType, PolicyConfig, StepAdjustment, StepScalingConfig};
use crate::model::steps::{aggregate, choose};
use crate::model::tracking;

/// A policy that an alarm has called, and what it decided.
struct Called {
    policy: usize,
    alarm: usize,
    decision: Decision,
    /// Seconds.
    cooldown: i32,
}

/// What a called policy decides, with its cooldown in seconds, or why it does nothing.
type Answer = Result<(Decision, i32), Held>;

/// The step that a policy takes, with the configuration it belongs to, or why it takes none.
type Choice = Result<(StepScalingConfig, StepAdjustment), Held>;

impl Player<'_> {
    /// Lets every alarm that is due call its policy, and the target obey the strongest.
    pub(super) fn call_due(&mut self, at: Timestamp) {
        let mut called = Vec::new();
        for index in 0..self.alarms.len() {
            match self.call(index, at) {
                None => {}
                Some((policy, Ok((decision, cooldown)))) => {
                    called.push(Called { policy, alarm: index, decision, cooldown })
                }
                Some((policy, Err(why))) => self.hold(policy, index, why, at),
            }
        }
        if let Some(called) = firing::strongest(called, |called| called.decision) {
            self.obey(&called, at);
        }
    }

    /// The policy of an alarm and what it answers; `None` where the alarm calls nothing now.
    fn call(&mut self, index: usize, at: Timestamp) -> Option<(usize, Answer)> {
        let alarm = self.alarms.get_mut(index)?;
        let is_new = |(state, called)| state != alarm.state || at.duration_since(called) >= firing::REPEAT;
        if !alarm.called.is_none_or(is_new) {
            return None;
        }
        alarm.called = Some((alarm.state, at));
        if alarm.state != AlarmState::Alarm || !alarm.config.actions_enabled {
            return None;
        }
        let alarm = self.alarms.get(index)?;
        let policy = self.subject.policies.get(alarm.policy)?;
        let (config, step) = match self.step(alarm, policy)? {
            Ok(step) => step,
            Err(why) => return Some((alarm.policy, Err(why))),
        };
        let decision = fire(&config, &step, self.counts, self.range, &self.cooldowns, at);
        let outcome = match firing::is_allowed(decision, self.subject.suspended) {
            true => Ok((decision, config.cooldown)),
            false => Err(Held::Suspended),
        };
        Some((alarm.policy, outcome))
    }

    /// The step that a policy takes; `None` without datapoints.
    fn step(&self, alarm: &AlarmPlay<'_>, policy: &Policy) -> Option<Choice> {
        let (threshold, operator) = (alarm.config.threshold, alarm.config.comparison_operator);
        match &policy.config {
            PolicyConfig::Step(config) => {
                let value = aggregate(&alarm.recent, config.metric_aggregation_type)?;
                let step = choose(config, value, threshold, operator).ok_or(Held::NoStep { value });
                Some(step.map(|step| (config.clone(), *step)))
            }
            PolicyConfig::TargetTracking(config) => {
                let value = aggregate(&alarm.recent, MetricAggregationType::Average)?;
                let upward = operator.is_upward();
                if !upward && !self.all_would_scale_in() {
                    return Some(Err(Held::NotAllScaleIn));
                }
                let cooldown = if upward { config.scale_out_cooldown } else { config.scale_in_cooldown };
                let target = config.target_value.get();
                Some(Ok(tracking::step(target, cooldown, self.counts.running, value.get())))
            }
            PolicyConfig::Predictive(_) => None,
        }
    }

    /// Several target tracking policies scale in only together: those that may (cop#4298).
    fn all_would_scale_in(&self) -> bool {
        let is_tracking = |alarm: &&AlarmPlay<'_>| {
            self.subject.policies.get(alarm.policy).is_some_and(|policy| policy.config.target_tracking().is_some())
        };
        let mut lows =
            self.alarms.iter().filter(is_tracking).filter(|alarm| !alarm.config.comparison_operator.is_upward());
        lows.all(|alarm| alarm.state == AlarmState::Alarm)
    }

    fn obey(&mut self, called: &Called, at: Timestamp) {
        let (Some(policy), Some(alarm)) = (self.subject.policies.get(called.policy), self.alarms.get(called.alarm))
        else {
            return;
        };
        let cause = firing::cause(alarm.name, &policy.name);
        match called.decision {
            Decision::Scale(activity) => {
                self.cooldowns = self.cooldowns.after(activity, called.cooldown, at);
                self.meter.activity(activity.direction, called.cooldown, at);
                if let Some(held) = self.held.get_mut(called.policy) {
                    *held = None;
                }
                self.set_desired(activity.to, cause, Some(&policy.name), at);
            }
            Decision::Hold(HoldReason::Cooldown { until }) => {
                self.hold(called.policy, called.alarm, Held::Cooldown { until }, at);
            }
            Decision::Hold(HoldReason::BeyondRange) => self.hold(called.policy, called.alarm, Held::BeyondRange, at),
            Decision::Hold(reason) => {
                let Some(code) = firing::not_scaled_code(reason) else { return };
                let (at_tasks, policy) = (self.counts.desired, policy.name.clone());
                let said = Some((code, self.range, at_tasks));
                if self.not_scaled != said {
                    self.not_scaled = said;
                    let kind = EventKind::NotScaled { at_tasks, code: code.to_owned(), cause, policy };
                    self.events.push(Event { at, kind });
                }
            }
        }
    }

    /// Says why a policy does nothing, once for as long as it stays so.
    fn hold(&mut self, policy: usize, alarm: usize, why: Held, at: Timestamp) {
        let Some(held) = self.held.get_mut(policy) else { return };
        let is_same = |last: &Held| match (last, &why) {
            (Held::NoStep { .. }, Held::NoStep { .. }) => true,
            (last, why) => last == why,
        };
        if held.as_ref().is_some_and(is_same) {
            return;
        }
        *held = Some(why);
        if let (Some(policy), Some(alarm)) = (self.subject.policies.get(policy), self.alarms.get(alarm)) {
            let (policy, alarm) = (policy.name.clone(), alarm.name.to_owned());
            self.events.push(Event { at, kind: EventKind::Held { policy, alarm, why } });
        }
    }
}
