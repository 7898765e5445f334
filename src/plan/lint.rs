//! An independent check of plans: rules that hold whatever the planner thought.
//!
//! Takes nothing from the planner but its result. The daemon carries out no plan that breaks one.

use std::collections::BTreeMap;

use thiserror::Error;

use super::Inputs;
use super::action::{Action, ActionKind, Part, Plan, PolicyArn, Verb};
use super::doomed::{Doomed, LastLook, Victim};
use crate::api::desired::Presence;
use crate::model::alarm::AlarmActions;
use crate::model::capacity::CapacityRange;
use crate::model::names::AlarmName;
use crate::model::observed::{Alarm, Read, Tags};

/// A rule that a plan breaks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LintError {
    /// An action requires one that does not come before it.
    #[error("action {0} requires one that does not come before it")]
    RequiresLater(usize),
    /// Target, policy, alarm, scheduled action is the order of S-106; alarm, policy, scheduled action, target is how they
    /// go (S-107).
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
    /// Something is deleted that nobody has read to be ours.
    #[error("action {0} deletes what is not known to be ours")]
    DeletesForeign(usize),
    /// Something is deleted that an object wants.
    #[error("action {0} deletes what is wanted")]
    DeletesWanted(usize),
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
    let own = rank(plan, index, action);
    if plan.actions.iter().enumerate().skip(index + 1).any(|(after, later)| rank(plan, after, later) < own) {
        return Err(LintError::WrongOrder(index));
    }
    let withheld = plan
        .withheld
        .iter()
        .any(|w| (w.part == action.part && !matches!(action.part, Part::Target)) || w.part == Part::Object);
    if withheld { Err(LintError::WritesWithheld(index)) } else { Ok(()) }
}

/// Where an action stands in the order; what is deleted to make way for a policy stands with the policies.
fn rank(plan: &Plan, index: usize, action: &Action) -> u8 {
    let waits = |later: &Action| matches!(later.kind, ActionKind::PutPolicy { .. }) && later.requires.contains(&index);
    let goes = action.verb == Verb::Delete && !plan.actions.iter().any(waits);
    match &action.part {
        Part::Alarm(_) | Part::AlarmTags(_) if goes => 4,
        Part::Policy(_) if goes => 5,
        Part::ScheduledAction(_) if goes => 6,
        Part::Object | Part::Target | Part::TargetTags if goes => 7,
        Part::Object | Part::Target | Part::TargetTags => 0,
        Part::Policy(_) => 1,
        Part::Alarm(_) | Part::AlarmTags(_) => 2,
        Part::ScheduledAction(_) => 3,
    }
}

fn check_reads(index: usize, action: &Action, inputs: Inputs<'_>) -> Result<(), LintError> {
    let observed = inputs.observed;
    let scalable = observed.service.known().and_then(Option::as_ref);
    let is_absent = inputs.desired.presence == Presence::Absent;
    if !is_absent && !scalable.is_some_and(|service| service.status == "ACTIVE" && !service.daemon) {
        return Err(LintError::ServiceNotScalable(index));
    }
    let complete = match &action.part {
        Part::Policy(_) => observed.policies.known().is_some() && observed.target.known().is_some(),
        Part::Alarm(name) | Part::AlarmTags(name) => {
            let is_read = |alarms: &BTreeMap<AlarmName, Read<Option<Alarm>>>| {
                alarms.get(name).is_some_and(|alarm| alarm.known().is_some())
            };
            (is_absent || observed.policies.known().is_some())
                && (is_read(&observed.alarms) || is_read(&observed.others))
        }
        Part::ScheduledAction(_) => observed.scheduled_actions.known().is_some() && observed.target.known().is_some(),
        Part::Target if action.verb == Verb::Delete => {
            observed.policies.known().is_some() && observed.scheduled_actions.known().is_some()
        }
        _ => observed.target.known().is_some(),
    };
    if complete { Ok(()) } else { Err(LintError::IncompleteRead(index)) }
}

fn check_call(plan: &Plan, index: usize, action: &Action, inputs: Inputs<'_>) -> Result<(), LintError> {
    match &action.kind {
        ActionKind::RegisterTarget { range, tags, .. } => check_register(index, *range, !tags.is_empty(), inputs),
        ActionKind::TagTarget { .. } | ActionKind::UntagTarget { .. } | ActionKind::TagAlarm { .. } => Ok(()),
        ActionKind::PutPolicy { .. } | ActionKind::PutScheduledAction { .. } => check_target_owner(index, inputs),
        ActionKind::Delete(doomed) => check_deletion(plan, index, doomed, inputs),
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

/// What is deleted is as it was read, by the tags ours, and wanted by no object.
fn check_deletion(plan: &Plan, index: usize, doomed: &Doomed, inputs: Inputs<'_>) -> Result<(), LintError> {
    let Inputs { observed, desired, memory, .. } = inputs;
    let (policies, schedules) = (observed.policies.known(), observed.scheduled_actions.known());
    let target_arn = observed.target.known().and_then(Option::as_ref).and_then(|target| target.arn.as_deref());
    let of_target = target_arn == Some(doomed.tagged.as_str());
    let is_present = desired.presence == Presence::Present;
    let (is_read, is_wanted) = match &doomed.what {
        Victim::Alarm(name) => {
            let is_own = desired.alarm_names().any(|own| own == name);
            let read = observed.alarms.get(name).or_else(|| observed.others.get(name)).and_then(|read| read.known());
            let is_read = read.and_then(Option::as_ref).is_some_and(|alarm| alarm.arn == doomed.tagged);
            (is_read, is_own || inputs.taken.contains(name) || name.as_str().starts_with("TargetTracking-"))
        }
        Victim::Policy(policy) => {
            let is_read = of_target && policies.is_some_and(|policies| policies.contains(policy));
            // Of two that swap their metrics one goes, and is made again.
            let is_made_again = plan.actions.iter().skip(index).any(|later| {
                matches!(&later.kind, ActionKind::PutPolicy { name, .. } if *name == policy.name)
                    && later.requires.contains(&index)
            });
            let is_wanted = is_present && desired.policies.iter().any(|wanted| wanted.name == policy.name);
            (is_read, is_wanted && !is_made_again)
        }
        Victim::ScheduledAction(action) => {
            let is_read = of_target && schedules.is_some_and(|schedules| schedules.contains(action));
            (is_read, is_present && desired.schedules.iter().any(|wanted| wanted.name == action.name))
        }
        Victim::Target => (of_target, is_present),
    };
    if is_wanted {
        return Err(LintError::DeletesWanted(index));
    }
    let look = |tags: &Tags| LastLook {
        tags: tags.clone(),
        policies: policies.cloned().unwrap_or_default(),
        schedules: schedules.cloned().unwrap_or_default(),
    };
    let reading = memory.tags.get(&doomed.tagged);
    let is_ours = reading.is_some_and(|reading| doomed.spared(&look(&reading.tags)).is_none());
    let is_of_us =
        doomed.owner == *inputs.owner && doomed.object == desired.key && doomed.is_pruned == desired.is_pruned;
    if is_read && is_ours && is_of_us { Ok(()) } else { Err(LintError::DeletesForeign(index)) }
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
