//! Alarms call scaling policies, and policies move desired counts (S-078 to S-084).

use std::collections::BTreeMap;

use ecs_scaling::model::alarm::{AlarmConfig, AlarmState};
use ecs_scaling::model::cooldown::{Counts, Decision, HoldReason, fire};
use ecs_scaling::model::firing::{self, REPEAT, strongest};
use ecs_scaling::model::names::{AlarmName, ScopeId, ServiceId};
use ecs_scaling::model::number::Number;
use ecs_scaling::model::policy::{DEFAULT_COOLDOWN, MetricAggregationType, StepAdjustment, StepScalingConfig};
use ecs_scaling::model::steps::{aggregate, choose};
use ecs_scaling::model::tracking;
use jiff::Timestamp;

use super::alarms;
use crate::autoscaling::{Activity, NotScaledReason, Policy, PolicyConfig, Target};
use crate::cloud::{Cloud, Scope};
use crate::ecs::Status;

/// A policy that an alarm has called, and what it decided.
struct Firing {
    alarm: AlarmName,
    policy: String,
    policy_arn: String,
    /// What it would do alone.
    decision: Decision,
    /// Seconds.
    cooldown: i32,
}

impl Firing {
    fn cause(&self) -> String {
        firing::cause(self.alarm.as_str(), &self.policy)
    }
}

/// Lets every alarm that is due call its policies.
pub(super) fn call_due(cloud: &mut Cloud, id: &ScopeId, at: Timestamp) {
    let due = due(cloud.scope_mut(id), at);
    call(cloud, id, &due, at);
}

/// Lets alarms call their policies, and every target obey the strongest of its policies.
pub(super) fn call(cloud: &mut Cloud, id: &ScopeId, alarms: &[AlarmName], at: Timestamp) {
    let scope = cloud.scope(id);
    let mut by_target: BTreeMap<ServiceId, Vec<Firing>> = BTreeMap::new();
    for name in alarms {
        for (service, firing) in firings(scope, name, at) {
            by_target.entry(service).or_default().push(firing);
        }
    }
    for (service, firings) in by_target {
        if let Some(firing) = strongest(firings, |firing| firing.decision) {
            obey(cloud, id, &service, &firing, at);
        }
    }
}

/// The alarms that call their actions now; that they did is remembered.
fn due(scope: &mut Scope, at: Timestamp) -> Vec<AlarmName> {
    let (alarms, memory) = (&scope.alarms, &mut scope.clock.alarms);
    memory.retain(|name, _| alarms.contains_key(name));
    let mut due = Vec::new();
    for (name, alarm) in alarms {
        let remembered = memory.entry(name.clone()).or_default();
        let again = |(state, called)| state != alarm.state || at.duration_since(called) >= REPEAT;
        if remembered.called.is_none_or(again) {
            remembered.called = Some((alarm.state, at));
            due.push(name.clone());
        }
    }
    due
}

/// What the policies among an alarm's actions decide. An action that names no policy does nothing, and nobody hears of
/// it (S-050).
fn firings(scope: &Scope, name: &AlarmName, at: Timestamp) -> Vec<(ServiceId, Firing)> {
    let Some(alarm) = scope.alarms.get(name) else { return vec![] };
    let actions = alarms::actions(alarm);
    if actions.is_empty() {
        return vec![];
    }
    let (Some(config), Some(memory)) = (alarms::config(alarm), scope.clock.alarms.get(name)) else { return vec![] };
    let call = AlarmCall { name, config: &config, recent: &memory.recent, at };
    actions
        .iter()
        .filter_map(|action| {
            let (service, policy_name, policy) = policy(scope, action)?;
            Some((service.clone(), call.fire(scope, service, policy_name, policy)?))
        })
        .collect()
}

/// The policy that an action names; target tracking's own actions name what created them behind it (S-037).
fn policy<'a>(scope: &'a Scope, action: &str) -> Option<(&'a ServiceId, &'a str, &'a Policy)> {
    let arn = action.split_once(":createdBy/").map_or(action, |(policy, _)| policy);
    let named = ecs_scaling::model::arn::policy(arn)?;
    let (service, target) = scope.targets.get_key_value(&named.service)?;
    let (name, policy) = target.policies.get_key_value(&named.policy_name)?;
    (policy.arn == arn).then_some((service, name, policy))
}

/// One alarm calling one policy.
struct AlarmCall<'a> {
    name: &'a AlarmName,
    config: &'a AlarmConfig,
    recent: &'a [Number],
    at: Timestamp,
}

impl AlarmCall<'_> {
    fn fire(&self, scope: &Scope, service: &ServiceId, policy_name: &str, policy: &Policy) -> Option<Firing> {
        let target = scope.targets.get(service)?;
        let tasks = scope.service(service).filter(|service| service.status == Status::Active)?;
        let counts = Counts { running: tasks.running, desired: tasks.desired };
        let (config, step) = self.step(scope, target, policy, counts)?;
        let cooldowns = scope.clock.cooldowns.get(service).copied().unwrap_or_default();
        let decision = fire(&config, &step, counts, target.range, &cooldowns, self.at);
        let mut suspended = target.suspended;
        suspended.dynamic_scaling_in_suspended |= tasks.pauses_scale_in(); // S-083
        Some(Firing {
            alarm: self.name.clone(),
            policy: policy_name.to_owned(),
            policy_arn: policy.arn.clone(),
            decision: firing::is_allowed(decision, suspended).then_some(decision)?,
            cooldown: config.cooldown,
        })
    }

    /// The step that a policy takes; `None` where no step holds the value, and for what is not played.
    fn step(
        &self,
        scope: &Scope,
        target: &Target,
        policy: &Policy,
        counts: Counts,
    ) -> Option<(StepScalingConfig, StepAdjustment)> {
        let (threshold, operator) = (self.config.threshold, self.config.comparison_operator);
        match &policy.config {
            PolicyConfig::Step(config) => {
                let config = config.canonical();
                let value = aggregate(self.recent, config.metric_aggregation_type)?;
                let step = *choose(&config, value, threshold, operator)?;
                Some((config, step))
            }
            PolicyConfig::TargetTracking(policy) => {
                let value = aggregate(self.recent, MetricAggregationType::Average)?;
                let upward = operator.is_upward();
                if !upward && !all_would_scale_in(scope, target) {
                    return None;
                }
                let wanted = policy.config.float("TargetValue").ok()??;
                let member = if upward { "ScaleOutCooldown" } else { "ScaleInCooldown" };
                let cooldown = policy.config.int(member).ok()?.unwrap_or(DEFAULT_COOLDOWN);
                Some(tracking::step(wanted, cooldown, counts.running, value.get()))
            }
            PolicyConfig::Predictive(_) => None,
        }
    }
}

/// Several target tracking policies scale in only together: those that may (cop#4298).
fn all_would_scale_in(scope: &Scope, target: &Target) -> bool {
    let low_alarms = target.policies.values().filter_map(|policy| match &policy.config {
        PolicyConfig::TargetTracking(tracking) => Some(tracking.alarms.iter()),
        _ => None,
    });
    low_alarms
        .flatten()
        .filter_map(|name| scope.alarms.get(name))
        .filter(|alarm| alarms::config(alarm).is_some_and(|config| !config.comparison_operator.is_upward()))
        .all(|alarm| alarm.state == AlarmState::Alarm)
}

fn obey(cloud: &mut Cloud, id: &ScopeId, service: &ServiceId, firing: &Firing, at: Timestamp) {
    match firing.decision {
        Decision::Scale(activity) => {
            let refusal = cloud.scope(id).service(service).and_then(|service| service.refuses_scaling.clone());
            if let Some(reason) = refusal {
                return failed(cloud, id, service, activity.to, firing, reason, at);
            }
            let cooldowns = cloud.scope_mut(id).clock.cooldowns.entry(service.clone()).or_default();
            *cooldowns = cooldowns.after(activity, firing.cooldown, at);
            set_desired(cloud, id, service, activity.to, firing, at);
        }
        Decision::Hold(reason) => not_scaled(cloud, id, service, firing, reason, at),
    }
}

fn set_desired(cloud: &mut Cloud, id: &ScopeId, service: &ServiceId, to: i32, firing: &Firing, at: Timestamp) {
    let (start_delay, activity_id) = (cloud.knobs.start_delay, cloud.new_id("activity"));
    let scope = cloud.scope_mut(id);
    let Some(tasks) = scope.service_mut(service) else { return };
    let capacity = (tasks.desired, to);
    tasks.set_desired(to, at, start_delay);
    let arn = Some(firing.policy_arn.clone());
    scope.activities.push(Activity::successful(activity_id, service, capacity, firing.cause(), arn, at));
}

/// ECS refuses the count: nothing moves, and no cooldown starts (S-082).
fn failed(
    cloud: &mut Cloud,
    id: &ScopeId,
    service: &ServiceId,
    to: i32,
    firing: &Firing,
    reason: String,
    at: Timestamp,
) {
    let (activity_id, arn) = (cloud.new_id("activity"), Some(firing.policy_arn.clone()));
    let scope = cloud.scope_mut(id);
    let Some(desired) = scope.service(service).map(|service| service.desired) else { return };
    let mut activity = Activity::successful(activity_id, service, (desired, to), firing.cause(), arn, at);
    activity.failure = Some(reason);
    scope.activities.push(activity);
}

/// S-084: why nothing was scaled, once for as long as it stays so.
fn not_scaled(cloud: &mut Cloud, id: &ScopeId, service: &ServiceId, firing: &Firing, why: HoldReason, at: Timestamp) {
    let scope = cloud.scope(id);
    let (Some(target), Some(tasks)) = (scope.targets.get(service), scope.service(service)) else { return };
    let Some(code) = firing::not_scaled_code(why) else { return };
    let max = (why == HoldReason::AlreadyAtMaxCapacity).then(|| target.range.max());
    let min = (why == HoldReason::AlreadyAtMinCapacity).then(|| target.range.min());
    let reason = NotScaledReason { code: code.to_owned(), max, min, current: Some(tasks.desired) };
    let last = scope.activities.iter().rev().find(|activity| activity.service == *service);
    if last.is_some_and(|activity| activity.not_scaled_reasons.contains(&reason)) {
        return;
    }
    let (capacity, arn) = ((tasks.desired, tasks.desired), Some(firing.policy_arn.clone()));
    let mut activity = Activity::successful(cloud.new_id("activity"), service, capacity, firing.cause(), arn, at);
    activity.not_scaled_reasons = vec![reason];
    cloud.scope_mut(id).activities.push(activity);
}
