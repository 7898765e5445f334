//! What goes: parts that the object no longer holds, and all of an object that is to be absent.
//!
//! Owns what is provably ours and no longer wanted, and the order in which it goes: alarm, policy, scheduled action,
//! scalable target (S-107). A policy and a scheduled action are ours by their digest in the target's tags, an alarm by
//! its own tags: owner and object. What another object of the scope wants stays, and so do the alarms of target tracking.

use std::collections::{BTreeMap, BTreeSet};

use super::Inputs;
use super::action::{Action, ActionKind, Lookup, Part, Verb};
use super::attach;
use super::doomed::{Doomed, Victim, foreign_names};
use super::draft::{Claim, Draft, Standing};
use super::ownership::{self, Ownership, TAG_OBJECT, policy_digest, schedule_digest};
use super::prune::is_retained;
use super::target::TargetStanding;
use super::target_tags::Digests;
use crate::api::desired::{Adoption, Presence};
use crate::api::status::Reason;
use crate::model::failure::Failure;
use crate::model::fields::{Change, deletion};
use crate::model::names::{AlarmName, PolicyName};
use crate::model::observed::{Alarm, Read, ScalableTarget, ScalingPolicy, ScheduledAction, Tags};

/// Alarms that AWS makes for target tracking; they go with their policies (S-048).
const OF_TARGET_TRACKING: &str = "TargetTracking-";

/// Whether anything on the target may have to go, so that its tags must be read first.
pub(super) fn differ(inputs: Inputs<'_>, target: &ScalableTarget) -> bool {
    let Some(arn) = &target.arn else { return false };
    let Some(reading) = inputs.memory.tags.get(arn) else {
        return unwanted_policies(inputs).next().is_some() || unwanted_schedules(inputs).next().is_some();
    };
    let digests = Digests::of(&reading.tags);
    unwanted_policies(inputs).any(|policy| digests.policies.contains(&policy_digest(&policy.name)))
        || unwanted_schedules(inputs).any(|action| digests.schedules.contains(&schedule_digest(&action.name)))
        || unwanted_alarms(inputs).any(|(_, alarm)| is_our_alarm(inputs, alarm) == Some(true))
}

/// Removes the parts that the object no longer holds.
pub(super) fn plan_parts(draft: &mut Draft<'_>, target: &TargetStanding, detached: &BTreeMap<PolicyName, usize>) {
    let inputs = draft.inputs;
    let known = inputs.observed.target.known().and_then(Option::as_ref);
    if known.is_some_and(|target| target.arn.is_none()) {
        return say_unmanaged(draft);
    }
    if target.fresh || matches!(target.standing, Standing::Blocked) && known.is_some() {
        return; // nothing on it is known to be ours
    }
    for part in unseen(inputs) {
        let message = "it was written a moment ago and AWS does not show it yet; whether it is to go is seen then";
        draft.withhold(part, Reason::AwaitingRead, message, "It is read again with the next pass.");
    }
    let alarms = remove_alarms(draft);
    let Some((arn, digests)) = known.and_then(|target| target.arn.as_deref()).zip(target.digests.as_ref()) else {
        return;
    };
    remove_untagged(draft, arn, digests, &alarms, detached);
}

/// Removes everything of the object; the task count stays as it is.
pub(super) fn plan_absence(draft: &mut Draft<'_>) {
    let observed = draft.inputs.observed;
    match &observed.target {
        Read::Failed(failure) => draft.withhold_unread(Part::Target, "the scalable target", Some(failure)),
        Read::Known(None) => _ = remove_alarms(draft),
        Read::Known(Some(ScalableTarget { arn: None, .. })) => {
            draft.withhold(
                Part::Target,
                Reason::Conflict,
                "the scalable target has no ARN, so that it carries no tags and nobody can tell whose it is",
                "Remove it in AWS: aws application-autoscaling deregister-scalable-target.",
            );
        }
        Read::Known(Some(target @ ScalableTarget { arn: Some(arn), .. })) => remove_target(draft, target, arn),
    }
}

fn remove_target(draft: &mut Draft<'_>, target: &ScalableTarget, arn: &str) {
    let tags = match draft.claim(Part::Target, Lookup::TargetTags(arn.to_owned()), true) {
        Claim::Ours(tags) => tags,
        Claim::Adopt(_) => return draft.conflict(Part::Target, &Ownership::Nobody), // taken over only to be removed
        Claim::Unknown | Claim::Foreign => return,
    };
    draft.heed_brake(&tags);
    if !may_be_pruned(draft, &tags) {
        return;
    }
    let observed = draft.inputs.observed;
    let (policies, schedules) = match (&observed.policies, &observed.scheduled_actions) {
        (Read::Known(policies), Read::Known(schedules)) => (policies, schedules),
        (Read::Failed(failure), _) => {
            return draft.withhold_unread(Part::Target, "the scaling policies", Some(failure));
        }
        (_, Read::Failed(failure)) => {
            return draft.withhold_unread(Part::Target, "the scheduled actions", Some(failure));
        }
    };
    let digests = Digests::of(&tags);
    let detached = attach::plan_detachments(draft);
    let alarms = remove_alarms(draft);
    let removed = remove_untagged(draft, arn, &digests, &alarms, &detached);
    let foreign = foreign_names(&tags, policies, schedules);
    if !foreign.is_empty() {
        draft.withhold(
            Part::Target,
            Reason::Conflict,
            format!("deregistering it would take along what is not ours: {}", foreign.join(", ")),
            "Remove them in AWS, or let whoever made them deregister the target.",
        );
        return;
    }
    let ours = policies.len() + schedules.len();
    if removed.len() < ours || !alarms.open.is_empty() {
        // What it waits for has been said.
        return draft.withhold(
            Part::Target,
            Reason::Progressing,
            "it goes last, and something of it is still there",
            "It follows by itself.",
        );
    }
    let mut changes = deletion(&target.range);
    changes.extend(deletion(&target.suspended));
    let requires = removed.into_iter().chain(alarms.removed.into_iter().map(|(_, by)| by)).collect();
    propose(draft, Part::Target, Victim::Target, arn, changes, requires);
}

/// Whether the target went with the object that is gone, where this is why it goes. Says why not.
fn may_be_pruned(draft: &mut Draft<'_>, tags: &Tags) -> bool {
    let desired = draft.inputs.desired;
    if !desired.is_pruned {
        return true;
    }
    if tags.get(TAG_OBJECT).is_none_or(|of| *of != desired.key.to_string()) {
        let message = "its tags name another object by now";
        draft.withhold(Part::Target, Reason::Conflict, message, "Nothing: that object has it.");
        return false;
    }
    if is_retained(tags) {
        let message = "its deletion policy is Retain";
        let hint = "Remove it in AWS, or bring the object back with state: Absent.";
        draft.withhold(Part::Target, Reason::Retained, message, hint);
        return false;
    }
    true
}

/// The alarms that go, each with its action.
#[derive(Default)]
struct Alarms {
    removed: Vec<(AlarmName, usize)>,
    /// Those of ours that are not going now, and those that may be ours.
    open: BTreeSet<AlarmName>,
}

fn remove_alarms(draft: &mut Draft<'_>) -> Alarms {
    let inputs = draft.inputs;
    let mut alarms = Alarms::default();
    for (name, failure) in unread_alarms(inputs) {
        draft.withhold_unread(Part::Alarm(name.clone()), "the alarm", Some(failure));
        alarms.open.insert(name.clone());
    }
    for (name, alarm) in unwanted_alarms(inputs) {
        let lookup = || Lookup::AlarmTags(alarm.arn.clone());
        let Some(reading) = inputs.memory.tags.get(&alarm.arn) else {
            draft.look_up(lookup());
            alarms.open.insert(name.clone());
            continue;
        };
        if is_our_alarm(inputs, alarm) != Some(true) {
            continue;
        }
        if !draft.is_fresh(reading) {
            draft.look_up(lookup());
            alarms.open.insert(name.clone());
            continue;
        }
        let mut changes = alarm.config.as_ref().map(deletion).unwrap_or_default();
        let actions: Vec<String> = alarm.actions.alarm.iter().cloned().collect();
        changes.push(Change { field: "alarmActions".to_owned(), from: actions.into(), to: serde_json::Value::Null });
        let part = Part::Alarm(name.clone());
        match propose(draft, part, Victim::Alarm(name.clone()), &alarm.arn, changes, Vec::new()) {
            Some(by) => alarms.removed.push((name.clone(), by)),
            None => _ = alarms.open.insert(name.clone()),
        }
    }
    alarms
}

/// Removes the policies and scheduled actions of ours that are not wanted. Gives the actions.
fn remove_untagged(
    draft: &mut Draft<'_>,
    target_arn: &str,
    digests: &Digests,
    alarms: &Alarms,
    detached: &BTreeMap<PolicyName, usize>,
) -> Vec<usize> {
    let inputs = draft.inputs;
    let mut removed = Vec::new();
    for policy in unwanted_policies(inputs).filter(|policy| digests.policies.contains(&policy_digest(&policy.name))) {
        let part = Part::Policy(policy.name.clone());
        if draft.has_action(&part) {
            continue; // it makes way for another one
        }
        if let Some(first) = alarms.open.iter().find(|name| may_fire(inputs, name, policy)) {
            // With its policy gone, the alarm would name none, and nobody would find it again (S-048).
            let message = format!("the alarm {first} fires it and goes first, and it is not known to be gone");
            draft.withhold(part, Reason::Progressing, message, "It follows by itself.");
            continue;
        }
        // An alarm that fires a policy goes before it.
        let fires =
            |name: &AlarmName| alarm(inputs, name).is_some_and(|alarm| alarm.actions.alarm.contains(&policy.arn));
        let firing = alarms.removed.iter().filter(|(name, _)| fires(name)).map(|(_, by)| *by);
        let requires = firing.chain(detached.get(&policy.name).copied()).collect();
        let changes = policy.config.as_ref().map(deletion).unwrap_or_default();
        removed.extend(propose(draft, part, Victim::Policy(policy.clone()), target_arn, changes, requires));
    }
    for action in unwanted_schedules(inputs) {
        if !digests.schedules.contains(&schedule_digest(&action.name)) {
            continue;
        }
        let part = Part::ScheduledAction(action.name.clone());
        let changes = deletion(&action.config);
        removed.extend(propose(draft, part, Victim::ScheduledAction(action.clone()), target_arn, changes, Vec::new()));
    }
    removed
}

fn propose(
    draft: &mut Draft<'_>,
    part: Part,
    what: Victim,
    tagged: &str,
    changes: Vec<Change>,
    requires: Vec<usize>,
) -> Option<usize> {
    let doomed = doomed(draft.inputs, what, tagged);
    let kind = ActionKind::Delete(Box::new(doomed));
    let action = Action { part, verb: Verb::Delete, kind, changes, requires, capacity_move: None, drift: false };
    match draft.propose(action) {
        Standing::Will(by) => by,
        Standing::Blocked => None,
    }
}

/// What must still be so when it is deleted.
pub(super) fn doomed(inputs: Inputs<'_>, what: Victim, tagged: &str) -> Doomed {
    Doomed {
        what,
        tagged: tagged.to_owned(),
        owner: inputs.owner.clone(),
        object: inputs.desired.key.clone(),
        is_pruned: inputs.desired.is_pruned,
    }
}

/// The policies and scheduled actions that were put a moment ago, are no longer wanted and are not shown yet. Their digests
/// stay: without them nobody would know later that they are ours.
pub(super) fn unseen(inputs: Inputs<'_>) -> Vec<Part> {
    let Inputs { memory, observed, desired, .. } = inputs;
    let is_unseen = |part: &&Part| match part {
        Part::Policy(name) => {
            let is_shown = observed.policies.known().is_none_or(|held| held.iter().any(|held| held.name == *name));
            !is_shown && !desired.policies.iter().any(|wanted| wanted.name == *name)
        }
        Part::ScheduledAction(name) => {
            let held = observed.scheduled_actions.known();
            let is_shown = held.is_none_or(|held| held.iter().any(|held| held.name == *name));
            !is_shown && !desired.schedules.iter().any(|wanted| wanted.name == *name)
        }
        _ => false,
    };
    memory.put_lately(inputs.now).filter(is_unseen).cloned().collect()
}

fn is_absent(inputs: Inputs<'_>) -> bool {
    inputs.desired.presence == Presence::Absent
}

fn unwanted_policies<'a>(inputs: Inputs<'a>) -> impl Iterator<Item = &'a ScalingPolicy> {
    let held = inputs.observed.policies.known().into_iter().flatten();
    held.filter(move |held| is_absent(inputs) || !inputs.desired.policies.iter().any(|wanted| wanted.name == held.name))
}

fn unwanted_schedules<'a>(inputs: Inputs<'a>) -> impl Iterator<Item = &'a ScheduledAction> {
    let held = inputs.observed.scheduled_actions.known().into_iter().flatten();
    held.filter(move |held| {
        is_absent(inputs) || !inputs.desired.schedules.iter().any(|wanted| wanted.name == held.name)
    })
}

/// The metric alarms that were read, may be ours and are wanted by no object of the scope.
fn unwanted_alarms<'a>(inputs: Inputs<'a>) -> impl Iterator<Item = (&'a AlarmName, &'a Alarm)> {
    let Inputs { observed, desired, .. } = inputs;
    let own: BTreeSet<&AlarmName> = desired.alarm_names().collect();
    observed.alarms.iter().chain(&observed.others).filter_map(move |(name, read)| {
        let alarm = read.known()?.as_ref()?;
        let is_wanted = own.contains(name) || inputs.taken.contains(name);
        let is_metric_alarm = alarm.reading.is_some() && !name.as_str().starts_with(OF_TARGET_TRACKING);
        (!is_wanted && is_metric_alarm).then_some((name, alarm))
    })
}

/// The alarms that could not be read, and may have to go.
fn unread_alarms<'a>(inputs: Inputs<'a>) -> impl Iterator<Item = (&'a AlarmName, &'a Failure)> {
    let Inputs { observed, desired, .. } = inputs;
    let own: BTreeSet<&AlarmName> = desired.alarm_names().collect();
    observed.alarms.iter().chain(&observed.others).filter_map(move |(name, read)| {
        let may_go = !own.contains(name) && !inputs.taken.contains(name);
        let failure = read.failure()?;
        (may_go && !name.as_str().starts_with(OF_TARGET_TRACKING)).then_some((name, failure))
    })
}

/// Whether an alarm fires a policy, by what AWS lists for the policy or by the alarm's own actions.
fn may_fire(inputs: Inputs<'_>, name: &AlarmName, policy: &ScalingPolicy) -> bool {
    policy.alarms.iter().any(|listed| listed.name == *name)
        || alarm(inputs, name).is_some_and(|alarm| alarm.actions.alarm.contains(&policy.arn))
}

/// `None`: its tags were not read.
fn is_our_alarm(inputs: Inputs<'_>, alarm: &Alarm) -> Option<bool> {
    let tags: &Tags = &inputs.memory.tags.get(&alarm.arn)?.tags;
    let is_of_object = tags.get(TAG_OBJECT).is_some_and(|of| *of == inputs.desired.key.to_string());
    let may_go = !inputs.desired.is_pruned || !is_retained(tags);
    Some(ownership::classify(tags, inputs.owner) == Ownership::Ours && is_of_object && may_go)
}

fn alarm<'a>(inputs: Inputs<'a>, name: &AlarmName) -> Option<&'a Alarm> {
    let Inputs { observed, .. } = inputs;
    observed.alarms.get(name).or_else(|| observed.others.get(name))?.known()?.as_ref()
}

/// On a target that carries no tags nobody can tell what is ours: what the object does not hold stays, and this is said.
fn say_unmanaged(draft: &mut Draft<'_>) {
    let inputs = draft.inputs;
    if inputs.desired.adoption == Adoption::Never {
        return; // the whole target is a conflict
    }
    let why = "is on the scalable target and not in the object; the target has no ARN and so no tags, and nobody can tell \
               whose it is: it stays and goes on scaling";
    let hint = "Remove it in AWS where it is not wanted, or put it into the object.";
    for policy in unwanted_policies(inputs) {
        draft.withhold(Part::Policy(policy.name.clone()), Reason::UnmanagedPolicies, format!("it {why}"), hint);
    }
    for action in unwanted_schedules(inputs) {
        let part = Part::ScheduledAction(action.name.clone());
        draft.withhold(part, Reason::UnmanagedSchedules, format!("it {why}"), hint);
    }
}
