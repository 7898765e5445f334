//! What AWS holds once a plan was carried out, as far as the replies say: for the status, which need not wait for the
//! next read. Nothing is ever planned from it.

use jiff::Timestamp;

use super::action::{ActionKind, Outcome, OutcomeResult, Plan, PolicyArn};
use super::doomed::Victim;
use crate::model::alarm::AlarmState;
use crate::model::arn;
use crate::model::capacity::SuspendedState;
use crate::model::observed::{
    Alarm, AlarmReading, ObservedTarget, Read, ScalableTarget, ScalingPolicy, ScheduledAction,
};

/// The observation with what was written put into it.
pub fn after(observed: &ObservedTarget, plan: &Plan, outcomes: &[Outcome]) -> ObservedTarget {
    let mut after = observed.clone();
    for outcome in outcomes {
        let (Some(action), OutcomeResult::Done { arn, .. }) = (plan.actions.get(outcome.action), &outcome.result)
        else {
            continue;
        };
        if let (Some(change), Read::Known(Some(service))) = (action.capacity_move, &mut after.service) {
            service.desired_count = change.to;
        }
        write(&mut after, plan, &action.kind, (arn.clone(), outcome.at));
    }
    after
}

fn write(after: &mut ObservedTarget, plan: &Plan, kind: &ActionKind, (arn, at): (Option<String>, Timestamp)) {
    match kind {
        ActionKind::RegisterTarget { range, suspended, .. } => {
            let Read::Known(target) = &mut after.target else { return };
            match (target, range) {
                (Some(target), _) => {
                    target.range = range.unwrap_or(target.range);
                    target.suspended = suspended.unwrap_or(target.suspended);
                }
                (target @ None, Some(range)) => {
                    let suspended = suspended.unwrap_or(SuspendedState::default());
                    *target = Some(ScalableTarget { arn, range: *range, suspended });
                }
                (None, None) => {}
            }
        }
        ActionKind::PutPolicy { name, config } => {
            let (Read::Known(policies), Some(arn)) = (&mut after.policies, arn) else { return };
            policies.retain(|policy| policy.name != *name);
            let config = Ok(config.as_ref().clone());
            policies.push(ScalingPolicy { name: name.clone(), arn, config, alarms: Vec::new() });
        }
        ActionKind::Delete(doomed) => delete(after, &doomed.what),
        ActionKind::PutAlarm { name, config, actions, policy, .. } => {
            let scope = &plan.key.scope;
            let partition = arn::partition(&scope.region);
            let new = format!("arn:{partition}:cloudwatch:{}:{}:alarm:{name}", scope.region, scope.account);
            let held = after.alarms.get(name).and_then(Read::known).and_then(Option::as_ref);
            let (arn, state) = held.map_or((new, AlarmState::InsufficientData), |held| (held.arn.clone(), held.state));
            let mut actions = actions.clone();
            actions.alarm.extend(known(policy, after));
            let reading = Some(AlarmReading::default());
            let alarm = Alarm { arn, config: Ok(config.as_ref().clone()), actions, state, reading };
            after.alarms.insert(name.clone(), Read::Known(Some(alarm)));
        }
        ActionKind::EditAlarmActions { name, add, remove, .. } => {
            let added = add.as_ref().and_then(|policy| known(policy, after));
            let Some(Read::Known(Some(alarm))) = after.alarms.get_mut(name) else { return };
            alarm.actions.alarm.retain(|action| !remove.contains(action));
            alarm.actions.alarm.extend(added);
        }
        ActionKind::PutScheduledAction { name, config } => {
            let Read::Known(schedules) = &mut after.scheduled_actions else { return };
            match schedules.iter_mut().find(|held| held.name == *name) {
                Some(held) => held.config = config.clone(),
                None => schedules.push(ScheduledAction {
                    name: name.clone(),
                    arn: None,
                    config: config.clone(),
                    created: at,
                }),
            }
        }
        ActionKind::TagTarget { .. } | ActionKind::UntagTarget { .. } | ActionKind::TagAlarm { .. } => {}
    }
}

/// A policy's ARN, once the policy was put.
fn known(policy: &PolicyArn, after: &ObservedTarget) -> Option<String> {
    match policy {
        PolicyArn::Known(arn) => Some(arn.clone()),
        PolicyArn::AfterApply(name) => {
            let mut put = after.policies.known()?.iter();
            put.find(|policy| policy.name == *name).map(|policy| policy.arn.clone())
        }
    }
}

fn delete(after: &mut ObservedTarget, victim: &Victim) {
    match victim {
        Victim::Alarm(name) => {
            after.others.remove(name);
            after.alarms.entry(name.clone()).and_modify(|read| *read = Read::Known(None));
        }
        Victim::Policy(policy) => {
            if let Read::Known(policies) = &mut after.policies {
                policies.retain(|held| held.name != policy.name);
            }
        }
        Victim::ScheduledAction(action) => {
            if let Read::Known(actions) = &mut after.scheduled_actions {
                actions.retain(|held| held.name != action.name);
            }
        }
        Victim::Target => {
            after.target = Read::Known(None);
            after.policies = Read::Known(Vec::new());
            after.scheduled_actions = Read::Known(Vec::new());
        }
    }
}
