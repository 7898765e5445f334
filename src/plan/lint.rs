//! An independent check of plans: rules that hold whatever the planner thought.
//!
//! Takes nothing from the planner but its result. The daemon carries out no plan that breaks one.

use thiserror::Error;

use super::Inputs;
use super::action::{Action, ActionKind, DoomedPolicy, Part, Plan, PolicyArn};
use crate::model::alarm::AlarmActions;
use crate::model::capacity::CapacityRange;
use crate::model::names::AlarmName;
use crate::model::observed::Alarm;

/// A rule that a plan breaks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LintError {
    /// An action requires one that does not come before it.
    #[error("action {0} requires one that does not come before it")]
    RequiresLater(usize),
    /// Target, policy, alarm, scheduled action is the order of S-106.
    #[error("action {0} stands before what it builds on")]
    WrongOrder(usize),
    /// A part is both written and withheld.
    #[error("action {0} writes what is withheld")]
    WritesWithheld(usize),
    /// A service that cannot be scaled is written to.
    #[error("action {0} writes to a service that cannot be scaled")]
    ServiceNotScalable(usize),
    /// A list that was not read completely is written from.
    #[error("action {0} writes from an incomplete read")]
    IncompleteRead(usize),
    /// Tags are sent with a register of a target that exists (S-011).
    #[error("action {0} sends tags with a register of an existing target")]
    TagsOnUpdate(usize),
    /// Min or max is written on a target with scheduled actions, and is nobody's value (S-045).
    #[error("action {0} writes a min or max that neither the object nor a scheduled action has")]
    RangeUnderSchedules(usize),
    /// An alarm names a policy that neither exists nor is made before.
    #[error("action {0} needs the ARN of a policy that nobody makes")]
    UnknownPolicy(usize),
    /// An alarm of target tracking is written.
    #[error("action {0} writes an alarm of target tracking")]
    TargetTrackingAlarm(usize),
    /// An existing resource is written whose tags were not read.
    #[error("action {0} writes to what exists, and nobody has read whose it is")]
    UnreadOwner(usize),
    /// A policy is deleted that nobody has read to be ours.
    #[error("action {0} deletes a policy that is not known to be ours")]
    DeletesForeign(usize),
    /// An alarm that is not ours is written though it cannot be kept as it is.
    #[error("action {0} writes to an alarm of somebody else that it cannot keep as it is")]
    AlarmNotKept(usize),
    /// An alarm would have more than five actions on a state (S-069).
    #[error("action {0} gives an alarm more than five actions")]
    TooManyActions(usize),
}

/// The first rule that a plan breaks.
pub fn lint(plan: &Plan, inputs: Inputs<'_>) -> Result<(), LintError> {
    for (index, action) in plan.actions.iter().enumerate() {
        check_order(plan, index, action)?;
        check_reads(index, action, inputs)?;
        check_call(plan, index, action, inputs)?;
    }
    Ok(())
}

fn check_order(plan: &Plan, index: usize, action: &Action) -> Result<(), LintError> {
    if action.requires.iter().any(|required| *required >= index) {
        return Err(LintError::RequiresLater(index));
    }
    let rank = |part: &Part| match part {
        Part::Object | Part::Target | Part::TargetTags => 0,
        Part::Policy(_) => 1,
        Part::Alarm(_) | Part::AlarmTags(_) => 2,
        Part::ScheduledAction(_) => 3,
    };
    let later = plan.actions.iter().skip(index + 1);
    if later.into_iter().any(|after| rank(&after.part) < rank(&action.part)) {
        return Err(LintError::WrongOrder(index));
    }
    let withheld = plan
        .withheld
        .iter()
        .any(|w| (w.part == action.part && !matches!(action.part, Part::Target)) || w.part == Part::Object);
    if withheld { Err(LintError::WritesWithheld(index)) } else { Ok(()) }
}

fn check_reads(index: usize, action: &Action, inputs: Inputs<'_>) -> Result<(), LintError> {
    let observed = inputs.observed;
    let scalable = observed.service.known().and_then(Option::as_ref);
    if !scalable.is_some_and(|service| service.status == "ACTIVE" && !service.daemon) {
        return Err(LintError::ServiceNotScalable(index));
    }
    let complete = match &action.part {
        Part::Policy(_) => observed.policies.known().is_some() && observed.target.known().is_some(),
        Part::Alarm(name) | Part::AlarmTags(name) => {
            observed.policies.known().is_some() && observed.alarms.get(name).is_some_and(|a| a.known().is_some())
        }
        Part::ScheduledAction(_) => observed.scheduled_actions.known().is_some() && observed.target.known().is_some(),
        _ => observed.target.known().is_some(),
    };
    if complete { Ok(()) } else { Err(LintError::IncompleteRead(index)) }
}

fn check_call(plan: &Plan, index: usize, action: &Action, inputs: Inputs<'_>) -> Result<(), LintError> {
    match &action.kind {
        ActionKind::RegisterTarget { range, tags, .. } => check_register(index, *range, !tags.is_empty(), inputs),
        ActionKind::TagTarget { .. } | ActionKind::UntagTarget { .. } | ActionKind::TagAlarm { .. } => Ok(()),
        ActionKind::PutPolicy { .. } | ActionKind::PutScheduledAction { .. } => check_target_owner(index, inputs),
        ActionKind::DeletePolicy(doomed) => check_deletion(index, doomed, inputs),
        ActionKind::PutAlarm { name, actions, policy, .. } => {
            check_alarm(index, name, inputs)?;
            if too_many(actions) {
                return Err(LintError::TooManyActions(index));
            }
            check_policy_arn(plan, index, policy, inputs)
        }
        ActionKind::EditAlarmActions { name, add, remove, read } => {
            let alarm = check_alarm(index, name, inputs)?;
            let is_kept = alarm
                .and_then(|alarm| alarm.reading.as_ref())
                .is_some_and(|reading| reading.unknown_members.is_empty() && reading.digest == *read);
            if !is_kept {
                return Err(LintError::AlarmNotKept(index));
            }
            let stays = |alarm: &Alarm| alarm.actions.alarm.difference(remove).count();
            if alarm.map_or(0, stays) + usize::from(add.is_some()) > 5 {
                return Err(LintError::TooManyActions(index));
            }
            add.as_ref().map_or(Ok(()), |policy| check_policy_arn(plan, index, policy, inputs))
        }
    }
}

/// The alarm, where it exists; then its tags must have been read.
fn check_alarm<'a>(index: usize, name: &AlarmName, inputs: Inputs<'a>) -> Result<Option<&'a Alarm>, LintError> {
    if name.as_str().starts_with("TargetTracking-") {
        return Err(LintError::TargetTrackingAlarm(index));
    }
    let held = inputs.observed.alarms.get(name).and_then(|read| read.known()).and_then(Option::as_ref);
    if held.is_some_and(|alarm| !inputs.memory.tags.contains_key(&alarm.arn)) {
        return Err(LintError::UnreadOwner(index));
    }
    Ok(held)
}

fn check_register(index: usize, range: Option<CapacityRange>, tags: bool, inputs: Inputs<'_>) -> Result<(), LintError> {
    let Some(target) = inputs.observed.target.known().and_then(Option::as_ref) else {
        return check_target_owner(index, inputs);
    };
    if tags {
        return Err(LintError::TagsOnUpdate(index));
    }
    if let Some(range) = range {
        let Some(schedules) = inputs.observed.scheduled_actions.known() else {
            return Err(LintError::IncompleteRead(index));
        };
        // Whatever the rule was: no bound is written that nobody ever asked for.
        let runs = || inputs.memory.history.iter().flat_map(|history| &history.runs);
        let (held, wanted) = (target.range, inputs.desired.range);
        let min = [held.min(), wanted.min()].contains(&range.min())
            || schedules.iter().any(|action| action.config.min_capacity == Some(range.min()))
            || runs().any(|run| run.min == Some(range.min()));
        let max = [held.max(), wanted.max()].contains(&range.max())
            || schedules.iter().any(|action| action.config.max_capacity == Some(range.max()))
            || runs().any(|run| run.max == Some(range.max()));
        if !min || !max {
            return Err(LintError::RangeUnderSchedules(index));
        }
    }
    check_target_owner(index, inputs)
}

fn check_target_owner(index: usize, inputs: Inputs<'_>) -> Result<(), LintError> {
    let arn = inputs.observed.target.known().and_then(Option::as_ref).and_then(|target| target.arn.as_ref());
    match arn {
        Some(arn) if !inputs.memory.tags.contains_key(arn) => Err(LintError::UnreadOwner(index)),
        _ => Ok(()),
    }
}

/// What is deleted is as it was read, and by the target's tags ours.
fn check_deletion(index: usize, doomed: &DoomedPolicy, inputs: Inputs<'_>) -> Result<(), LintError> {
    let arn = inputs.observed.target.known().and_then(Option::as_ref).and_then(|target| target.arn.as_deref());
    let tags = inputs.memory.tags.get(&doomed.target_arn).filter(|_| arn == Some(doomed.target_arn.as_str()));
    let policies = inputs.observed.policies.known();
    let is_ours = tags.zip(policies).is_some_and(|(reading, policies)| {
        policies.contains(&doomed.policy) && doomed.spared(&reading.tags, policies).is_none()
    });
    if is_ours && doomed.owner == *inputs.owner { Ok(()) } else { Err(LintError::DeletesForeign(index)) }
}

/// The policy itself takes one of the five places on `ALARM`.
fn too_many(actions: &AlarmActions) -> bool {
    actions.alarm.len() > 4 || actions.ok.len() > 5 || actions.insufficient_data.len() > 5
}

fn check_policy_arn(plan: &Plan, index: usize, policy: &PolicyArn, inputs: Inputs<'_>) -> Result<(), LintError> {
    let known = match policy {
        PolicyArn::Known(arn) => {
            inputs.observed.policies.known().is_some_and(|held| held.iter().any(|policy| policy.arn == *arn))
        }
        PolicyArn::AfterApply(name) => plan
            .actions
            .iter()
            .take(index)
            .any(|earlier| matches!(&earlier.kind, ActionKind::PutPolicy { name: made, .. } if made == name)),
    };
    if known { Ok(()) } else { Err(LintError::UnknownPolicy(index)) }
}
