//! Carrying out a plan: one idempotent call an action, in order, with no choice left to make.
//!
//! Each write is one audit line. A failed action stops what requires it and nothing else.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::admission::{Admission, Call, Refused, admit};
use crate::api::desired::ServiceScaling;
use crate::aws::{Edited, Scope, Which, Written};
use crate::model::failure::{AwsService, Effect, Failure, Origin};
use crate::model::names::PolicyName;
use crate::plan::{Action, ActionKind, Doomed, LastLook, Outcome, OutcomeResult, Plan, PolicyArn, Victim};

/// How old an observation may be when a write goes out that was planned from it.
pub const MAX_READ_AGE: SignedDuration = SignedDuration::from_secs(60);

/// Carries out a plan. `now` is asked before each call.
pub async fn apply(
    scope: &Scope,
    admission: &impl Admission,
    object: &ServiceScaling,
    plan: &Plan,
    now: impl Fn() -> Timestamp,
) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(plan.actions.len());
    let mut made: BTreeMap<PolicyName, String> = BTreeMap::new();
    for (index, action) in plan.actions.iter().enumerate() {
        let at = now();
        let result = match blocked(plan, action, &outcomes, at) {
            Some(why) => OutcomeResult::Skipped { why },
            None => match admitted(scope, admission, plan, action, &made).await {
                Ok(Written { arn, request_id }) => {
                    if let (ActionKind::PutPolicy { name, .. }, Some(arn)) = (&action.kind, &arn) {
                        made.insert(name.clone(), arn.clone());
                    }
                    OutcomeResult::Done { arn, request_id }
                }
                Err(result) => result,
            },
        };
        audit(object, plan, action, &result);
        outcomes.push(Outcome { action: index, at, result });
    }
    outcomes
}

/// The preconditions: a read that is fresh enough, and every required action done.
fn blocked(plan: &Plan, action: &Action, outcomes: &[Outcome], now: Timestamp) -> Option<String> {
    if now.duration_since(plan.read_at) > MAX_READ_AGE {
        return Some("what AWS holds was read too long ago; it is read again first".to_owned());
    }
    let done = |index: &usize| outcomes.get(*index).is_some_and(|o| matches!(o.result, OutcomeResult::Done { .. }));
    let missing = action.requires.iter().find(|index| !done(index))?;
    let what = plan.actions.get(*missing).map_or("an earlier action", |required| required.part.kind());
    Some(format!("waits for the {what} before it"))
}

/// Sends a call, unless it is known to be denied and it is not time for a probe.
async fn admitted(
    scope: &Scope,
    admission: &impl Admission,
    plan: &Plan,
    action: &Action,
    made: &BTreeMap<PolicyName, String>,
) -> Result<Written, OutcomeResult> {
    let (service, operation) = operation(&action.kind);
    let call = Call { service, operation, key: &plan.key, on: subject(&action.kind) };
    if let ActionKind::Delete(doomed) = &action.kind {
        match Box::pin(last_look(scope, admission, plan, doomed)).await {
            Ok(look) => {
                if let Some(why) = doomed.spared(&look) {
                    return Err(OutcomeResult::Skipped { why });
                }
            }
            // What carried the tags is gone, and with it what is to go (tf#18114).
            Err(Refused::Failed(failure)) if failure.is_gone() => {
                return Ok(Written { arn: None, request_id: failure.request_id });
            }
            Err(refused) => return Err(not_done(refused)),
        }
    }
    match Box::pin(admit(admission, call, send(scope, plan, action, made))).await {
        Ok(Edited::Written(written)) => Ok(written),
        Ok(Edited::ChangedMeanwhile) => {
            let why = "somebody changed it since it was read, so nothing was written; it is looked at again";
            Err(OutcomeResult::Skipped { why: why.to_owned() })
        }
        Err(refused) => Err(not_done(refused)),
    }
}

fn not_done(refused: Refused) -> OutcomeResult {
    match refused {
        Refused::Held(denial) => OutcomeResult::Held(denial),
        Refused::Failed(failure) => OutcomeResult::Failed(failure),
    }
}

/// Whose it is and what it is, read again right before a deletion.
async fn last_look(
    scope: &Scope,
    admission: &impl Admission,
    plan: &Plan,
    doomed: &Doomed,
) -> Result<LastLook, Refused> {
    let (key, of) = (&plan.key, &plan.key.service);
    let call = |service, operation, on| Call { service, operation, key, on };
    let scaling = |operation| call(AwsService::ApplicationAutoScaling, operation, "");
    let tagged = doomed.tagged.as_str();
    let tags = match doomed.what {
        Victim::Alarm(_) => {
            let call = call(AwsService::CloudWatch, "ListTagsForResource", tagged);
            admit(admission, call, scope.alarm_tags(tagged)).await?
        }
        _ => admit(admission, scaling("ListTagsForResource"), scope.target_tags(tagged)).await?,
    };
    let mut look = LastLook { tags, ..LastLook::default() };
    if doomed.looks_at_policies() {
        let policies = scope.policies(Which::Of(of));
        let mut policies = admit(admission, scaling("DescribeScalingPolicies"), policies).await?;
        look.policies = policies.remove(of).unwrap_or_default();
    }
    if doomed.looks_at_schedules() {
        let schedules = scope.scheduled_actions(Which::Of(of));
        let mut schedules = admit(admission, scaling("DescribeScheduledActions"), schedules).await?;
        look.schedules = schedules.remove(of).unwrap_or_default();
    }
    Ok(look)
}

/// Which of several alarms it is on: a policy may allow one and deny another.
fn subject(kind: &ActionKind) -> &str {
    match kind {
        ActionKind::PutAlarm { name, .. } | ActionKind::EditAlarmActions { name, .. } => name.as_str(),
        ActionKind::TagAlarm { arn, .. } => arn,
        ActionKind::Delete(doomed) => match &doomed.what {
            Victim::Alarm(name) => name.as_str(),
            _ => "",
        },
        _ => "",
    }
}

fn operation(kind: &ActionKind) -> (AwsService, &'static str) {
    match kind {
        ActionKind::RegisterTarget { .. } => (AwsService::ApplicationAutoScaling, "RegisterScalableTarget"),
        ActionKind::TagTarget { .. } => (AwsService::ApplicationAutoScaling, "TagResource"),
        ActionKind::UntagTarget { .. } => (AwsService::ApplicationAutoScaling, "UntagResource"),
        ActionKind::PutPolicy { .. } => (AwsService::ApplicationAutoScaling, "PutScalingPolicy"),
        ActionKind::Delete(doomed) => match doomed.what {
            Victim::Alarm(_) => (AwsService::CloudWatch, "DeleteAlarms"),
            Victim::Policy(_) => (AwsService::ApplicationAutoScaling, "DeleteScalingPolicy"),
            Victim::ScheduledAction(_) => (AwsService::ApplicationAutoScaling, "DeleteScheduledAction"),
            Victim::Target => (AwsService::ApplicationAutoScaling, "DeregisterScalableTarget"),
        },
        ActionKind::PutAlarm { .. } | ActionKind::EditAlarmActions { .. } => (AwsService::CloudWatch, "PutMetricAlarm"),
        ActionKind::PutScheduledAction { .. } => (AwsService::ApplicationAutoScaling, "PutScheduledAction"),
        ActionKind::TagAlarm { .. } => (AwsService::CloudWatch, "TagResource"),
    }
}

async fn send(
    scope: &Scope,
    plan: &Plan,
    action: &Action,
    made: &BTreeMap<PolicyName, String>,
) -> Result<Edited, Failure> {
    let service = &plan.key.service;
    let written = match &action.kind {
        ActionKind::RegisterTarget { range, suspended, tags } => {
            scope.register_target(service, *range, *suspended, tags).await
        }
        ActionKind::TagTarget { arn, tags } => scope.tag_target(arn, tags).await,
        ActionKind::UntagTarget { arn, keys } => scope.untag_target(arn, keys).await,
        ActionKind::PutPolicy { name, config } => scope.put_policy(service, name, config).await,
        ActionKind::Delete(doomed) => match &doomed.what {
            Victim::Alarm(name) => scope.delete_alarm(name).await,
            Victim::Policy(policy) => scope.delete_policy(service, &policy.name).await,
            Victim::ScheduledAction(action) => scope.delete_scheduled_action(service, &action.name).await,
            Victim::Target => scope.deregister_target(service).await,
        },
        ActionKind::PutAlarm { name, config, actions, policy, tags } => {
            let mut actions = actions.clone();
            actions.alarm.insert(arn(policy, made)?.to_owned());
            scope.put_alarm(name, config, &actions, tags).await
        }
        ActionKind::EditAlarmActions { name, add, remove, read } => {
            let add = add.as_ref().map(|policy| arn(policy, made)).transpose()?;
            return scope.edit_alarm_actions(name, add, remove, read).await;
        }
        ActionKind::PutScheduledAction { name, config } => scope.put_scheduled_action(service, name, config).await,
        ActionKind::TagAlarm { arn, tags } => scope.tag_alarm(arn, tags).await,
    };
    written.map(Edited::Written)
}

fn arn<'a>(policy: &'a PolicyArn, made: &'a BTreeMap<PolicyName, String>) -> Result<&'a str, Failure> {
    match policy {
        PolicyArn::Known(arn) => Ok(arn),
        PolicyArn::AfterApply(policy) => made.get(policy).map(String::as_str).ok_or_else(|| no_arn(policy)),
    }
}

/// An alarm that fires nothing is worse than none.
fn no_arn(policy: &PolicyName) -> Failure {
    Failure {
        service: AwsService::CloudWatch,
        operation: "PutMetricAlarm".to_owned(),
        origin: Origin::NotSent,
        message: format!("AWS gave no ARN for the policy {policy}"),
        effect: Effect::No,
        request_id: None,
    }
}

/// One line a write: object, where it stands, what changed, and AWS's request id.
fn audit(object: &ServiceScaling, plan: &Plan, action: &Action, result: &OutcomeResult) {
    // The fields that every line has, before those of its own.
    macro_rules! line {
        ($level:ident, $($own:tt)*) => {
            tracing::$level!(
                object = object.key.to_string(),
                revision = object.spec_hash,
                position = object.position.to_string(),
                target = plan.key.to_string(),
                kind = action.part.kind(),
                verb = action.verb.as_str(),
                resource = crate::plan::resource(&action.part, plan),
                changes = serde_json::to_string(&action.changes).unwrap_or_default(),
                $($own)*
            )
        };
    }
    match result {
        OutcomeResult::Done { request_id, .. } => {
            line!(info, audit = true, drift = action.drift, request_id, "written")
        }
        OutcomeResult::Failed(failure) => {
            let (effect, request_id) = (failure.effect, &failure.request_id);
            line!(warn, audit = true, error = %failure, ?effect, request_id, "write failed");
        }
        OutcomeResult::Held(denial) => line!(debug, %denial, "held back"),
        OutcomeResult::Skipped { why } => line!(debug, why, "write skipped"),
    }
}
