//! Our policies on alarms of others: `alarmRef`.
//!
//! Owns when a policy's ARN is put among such an alarm's actions, when it is taken out again, and what stops either. An
//! alarm of somebody else keeps everything but that one ARN, and its tags are never written.
//!
//! The rule of taking out: only what this controller attached by itself, as the target's tags tell by the digest of policy
//! and alarm; only the ARN of a policy of the object; and only from an alarm that no stack and no other owner holds. What
//! somebody attached by hand, or had attached before an object named it, stays.

use std::collections::{BTreeMap, BTreeSet};

use super::Inputs;
use super::action::{Action, ActionKind, Lookup, Part, PolicyArn, Verb};
use super::alarms::{ACTIONS_A_STATE, KNOWN_AFTER_APPLY};
use super::draft::{Draft, Standing};
use super::ownership::{self, Ownership, Untagged, attachment_digest};
use super::policies::PolicyStanding;
use super::target::TargetStanding;
use crate::api::desired::{AlarmRef, DesiredPolicy, Presence};
use crate::api::status::Reason;
use crate::model::arn;
use crate::model::fields::Change;
use crate::model::names::{AlarmName, PolicyName};
use crate::model::observed::{Alarm, Read, ScalingPolicy, Tags};

/// Why an alarm of somebody else is left as it is.
struct Refusal {
    reason: Reason,
    message: String,
    hint: &'static str,
}

/// A policy's place among an alarm's actions.
#[derive(Clone, Copy)]
struct Place<'a> {
    policy: &'a DesiredPolicy,
    alarm: &'a AlarmName,
}

/// Whether any attachment is to be made or undone, so that the target's tags must be read first.
pub(super) fn differ(inputs: Inputs<'_>) -> bool {
    let attaches = inputs.desired.policies.iter().any(|policy| {
        let Some(AlarmRef { name, .. }) = &policy.alarm_ref else { return false };
        held_alarm(inputs, name).is_some_and(|alarm| {
            let place = Place { policy, alarm: name };
            let edit = Edit::attaching(inputs, place, alarm);
            edit.changes_anything() && edit.refusal(alarm).is_none() && !is_foreign(inputs, alarm)
        })
    });
    attaches || !leftovers(inputs, &recorded(inputs)).is_empty()
}

/// The digests that the target's tags are to hold: of what is attached, or will be.
pub(super) fn digests_to_hold(inputs: Inputs<'_>, held: &BTreeSet<String>) -> BTreeSet<String> {
    let wanted = inputs.desired.policies.iter().filter_map(|policy| {
        let name = &policy.alarm_ref.as_ref()?.name;
        let digest = attachment_digest(&policy.name, name);
        let is_new = held_alarm(inputs, name).is_some_and(|alarm| {
            let edit = Edit::attaching(inputs, Place { policy, alarm: name }, alarm);
            edit.add.is_some() && edit.refusal(alarm).is_none() && is_free(inputs, alarm)
        });
        (held.contains(&digest) || is_new).then_some(digest)
    });
    let mut digests: BTreeSet<String> = wanted.collect();
    match inputs.observed.policies.known() {
        None => digests.extend(held.iter().cloned()),
        Some(policies) => {
            let attached = policies.iter().flat_map(|policy| still_attached(inputs, policy));
            digests.extend(attached.filter(|digest| held.contains(digest)));
        }
    }
    digests
}

/// The digests of the alarms that AWS lists for a policy, but for those that were read and do not fire it.
fn still_attached<'a>(inputs: Inputs<'a>, policy: &'a ScalingPolicy) -> impl Iterator<Item = String> + 'a {
    let fires = move |name: &&AlarmName| match inputs.observed.alarms.get(*name).and_then(Read::known) {
        Some(None) => false,
        Some(Some(alarm)) => alarm.actions.alarm.contains(&policy.arn),
        None => true,
    };
    policy.alarms.iter().map(|alarm| &alarm.name).filter(fires).map(|name| attachment_digest(&policy.name, name))
}

/// Gives the actions that take policies out of alarms of others, by policy.
pub(super) fn plan(
    draft: &mut Draft<'_>,
    target: &TargetStanding,
    policies: &[PolicyStanding],
) -> BTreeMap<PolicyName, usize> {
    let inputs = draft.inputs;
    for (policy, standing) in inputs.desired.policies.iter().zip(policies) {
        if let Some(AlarmRef { name, .. }) = &policy.alarm_ref {
            attach(draft, target, standing, Place { policy, alarm: name });
        }
    }
    plan_detachments(draft)
}

/// Takes policies out of the alarms of others that no longer are to fire them. Gives the actions, by policy.
pub(super) fn plan_detachments(draft: &mut Draft<'_>) -> BTreeMap<PolicyName, usize> {
    let inputs = draft.inputs;
    let leftovers = leftovers(inputs, &recorded(inputs));
    leftovers
        .into_iter()
        .filter_map(|(policy, alarm)| Some((policy.name.clone(), detach(draft, alarm, &policy.arn)?)))
        .collect()
}

fn attach(draft: &mut Draft<'_>, target: &TargetStanding, standing: &PolicyStanding, place: Place<'_>) {
    let part = Part::Alarm(place.alarm.clone());
    let alarm = match draft.inputs.observed.alarms.get(place.alarm) {
        None => return draft.withhold_unread(part, "the alarm", None),
        Some(Read::Failed(failure)) => return draft.withhold_unread(part, "the alarm", Some(failure)),
        Some(Read::Known(None)) => {
            let message = format!("alarmRef names it, and there is no alarm {} here", place.alarm);
            let hint = "Create the alarm, or correct alarmRef, or let this object make it under `alarm`.";
            return draft.withhold(part, Reason::AlarmMissing, message, hint);
        }
        Some(Read::Known(Some(alarm))) => alarm,
    };
    let edit = Edit::attaching(draft.inputs, place, alarm);
    if let Some(Refusal { reason, message, hint }) = edit.refusal(alarm) {
        return draft.withhold(part, reason, message, hint);
    }
    if !edit.changes_anything() {
        return;
    }
    if !draft.inputs.memory.tags.contains_key(&alarm.arn) {
        draft.look_up(Lookup::AlarmTags(alarm.arn.clone())); // whatever else must be looked up first
    }
    let Standing::Will(by) = standing.standing else {
        let message = format!("the policy {} is not ready", place.policy.name);
        return draft.withhold(part, Reason::PolicyNotReady, message, "See PoliciesSynced.");
    };
    if !may_edit(draft, &part, alarm) {
        return;
    }
    if edit.add.is_some() && !target.attached.contains(&attachment_digest(&place.policy.name, place.alarm)) {
        let message = "the scalable target's tags do not hold that the policy is attached, so it could not be taken out \
                       again";
        return draft.withhold(part, Reason::TargetNotReady, message, "See TargetSynced.");
    }
    // Only a policy that is yet to be made must have succeeded; and the record of the attachment stands before it.
    let policy_by = by.filter(|_| matches!(standing.arn, PolicyArn::AfterApply(_)));
    edit.propose(draft, place.alarm, alarm, policy_by.into_iter().chain(target.digests_by).collect());
}

fn detach(draft: &mut Draft<'_>, name: &AlarmName, arn: &str) -> Option<usize> {
    let part = Part::Alarm(name.clone());
    let alarm = held_alarm(draft.inputs, name)?;
    let edit = Edit { add: None, remove: [arn.to_owned()].into(), actions: alarm.actions.alarm.clone() };
    if let Some(Refusal { reason, message, hint }) = edit.refusal(alarm) {
        draft.withhold(part, reason, message, hint);
        return None;
    }
    if !may_edit(draft, &part, alarm) {
        return None;
    }
    match edit.propose(draft, name, alarm, Vec::new()) {
        Standing::Will(by) => by,
        Standing::Blocked => None,
    }
}

/// What an alarm's actions on `ALARM` are to lose and to gain.
struct Edit {
    add: Option<PolicyArn>,
    remove: BTreeSet<String>,
    /// As they are.
    actions: BTreeSet<String>,
}

impl Edit {
    /// The policy's ARN in; ARNs that the same policy had before it was made anew out, since they fail in silence (S-050).
    fn attaching(inputs: Inputs<'_>, place: Place<'_>, alarm: &Alarm) -> Self {
        let own = policy_arn(inputs, place.policy);
        let is_own = |arn: &str| matches!(&own, PolicyArn::Known(own) if own == arn);
        let is_stale = |text: &&String| {
            let named = arn::policy(text);
            !is_own(text)
                && named.is_some_and(|named| {
                    named.service == inputs.desired.service && named.policy_name == place.policy.name.as_str()
                })
        };
        let actions = alarm.actions.alarm.clone();
        let remove = actions.iter().filter(is_stale).cloned().collect();
        let is_there = actions.iter().any(|action| is_own(action));
        Self { add: (!is_there).then_some(own), remove, actions }
    }

    fn changes_anything(&self) -> bool {
        self.add.is_some() || !self.remove.is_empty()
    }

    /// Whatever the tags say.
    fn refusal(&self, alarm: &Alarm) -> Option<Refusal> {
        let refuse = |reason, message: String, hint| Some(Refusal { reason, message, hint });
        let Some(reading) = &alarm.reading else {
            let message = "it is no metric alarm, and only a metric alarm can have Auto Scaling actions".to_owned();
            return refuse(Reason::Conflict, message, "Name a metric alarm in alarmRef.");
        };
        if let (true, Err(kind)) = (self.add.is_some(), &alarm.config) {
            let message = format!("it is {kind}, and the steps of a policy need an alarm with a fixed threshold");
            return refuse(Reason::Conflict, message, "Name another alarm in alarmRef.");
        }
        if self.changes_anything() && !reading.unknown_members.is_empty() {
            let members = reading.unknown_members.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let message = format!("this version does not know {members} of it, and writing the alarm would drop that");
            return refuse(
                Reason::AlarmHasUnknownFields,
                message,
                "Use a newer version of the controller, or change the alarm's actions where the alarm is made.",
            );
        }
        let after = self.actions.len() - self.remove.len() + usize::from(self.add.is_some());
        if self.add.is_some() && after > ACTIONS_A_STATE {
            let held: Vec<&str> = self.actions.iter().map(String::as_str).collect();
            let message = format!(
                "an alarm has five actions at most, and these leave no room for the policy: {}",
                held.join(", ")
            );
            return refuse(Reason::Conflict, message, "Have one of them removed by the alarm's owner.");
        }
        None
    }

    fn propose(self, draft: &mut Draft<'_>, name: &AlarmName, alarm: &Alarm, requires: Vec<usize>) -> Standing {
        let Some(reading) = &alarm.reading else { return Standing::Blocked };
        let from: Vec<String> = self.actions.iter().cloned().collect();
        let mut to: Vec<String> = self.actions.difference(&self.remove).cloned().collect();
        to.extend(self.add.as_ref().map(|arn| match arn {
            PolicyArn::Known(arn) => arn.clone(),
            PolicyArn::AfterApply(_) => KNOWN_AFTER_APPLY.to_owned(),
        }));
        to.sort();
        draft.propose(Action {
            part: Part::Alarm(name.clone()),
            verb: Verb::Update,
            changes: vec![Change { field: "alarmActions".to_owned(), from: from.into(), to: to.into() }],
            kind: ActionKind::EditAlarmActions {
                name: name.clone(),
                add: self.add,
                remove: self.remove,
                read: reading.digest.clone(),
            },
            requires,
            capacity_move: None,
            drift: false,
        })
    }
}

/// Whether nobody stands in the way by the alarm's tags, read with what the plan is made from. Says who does.
fn may_edit(draft: &mut Draft<'_>, part: &Part, alarm: &Alarm) -> bool {
    let lookup = Lookup::AlarmTags(alarm.arn.clone());
    let Some(reading) = draft.inputs.memory.tags.get(&alarm.arn) else {
        draft.look_up(lookup);
        return false;
    };
    if let Some(owner) = foreign_owner(draft.inputs, &reading.tags) {
        let message = format!("it belongs to {}, which would take back what is written to it", owner.describe());
        let hint = "Let its owner put the policy's ARN among its actions, or take it out; or name another alarm.";
        draft.withhold(part.clone(), Reason::Conflict, message, hint);
        return false;
    }
    if !draft.is_fresh(reading) {
        draft.look_up(lookup);
        return false;
    }
    true
}

/// A stack or another owner: each writes back what it holds.
fn foreign_owner(inputs: Inputs<'_>, tags: &Tags) -> Option<Ownership> {
    let owner = ownership::classify(tags, inputs.owner);
    matches!(owner, Ownership::CloudFormation(_) | Ownership::Other(_)).then_some(owner)
}

fn is_foreign(inputs: Inputs<'_>, alarm: &Alarm) -> bool {
    let reading = inputs.memory.tags.get(&alarm.arn);
    reading.is_some_and(|reading| foreign_owner(inputs, &reading.tags).is_some())
}

fn is_free(inputs: Inputs<'_>, alarm: &Alarm) -> bool {
    inputs.memory.tags.contains_key(&alarm.arn) && !is_foreign(inputs, alarm)
}

fn held_alarm<'a>(inputs: Inputs<'a>, name: &AlarmName) -> Option<&'a Alarm> {
    let Inputs { observed, .. } = inputs;
    observed.alarms.get(name).or_else(|| observed.others.get(name)).and_then(Read::known).and_then(Option::as_ref)
}

fn held_policy<'a>(inputs: Inputs<'a>, policy: &DesiredPolicy) -> Option<&'a ScalingPolicy> {
    inputs.observed.policies.known()?.iter().find(|held| held.name == policy.name)
}

fn policy_arn(inputs: Inputs<'_>, policy: &DesiredPolicy) -> PolicyArn {
    held_policy(inputs, policy)
        .map_or_else(|| PolicyArn::AfterApply(policy.name.clone()), |held| PolicyArn::Known(held.arn.clone()))
}

/// The attachments that the target's tags hold, as far as they were read.
fn recorded(inputs: Inputs<'_>) -> BTreeSet<String> {
    let target = inputs.observed.target.known().and_then(Option::as_ref);
    let tags = target.and_then(|target| inputs.memory.tags.get(target.arn.as_ref()?));
    tags.map(|reading| Untagged::Attachments.digests(&reading.tags)).unwrap_or_default()
}

/// What we attached and the object no longer names: the policy, and the alarm to take it out of.
fn leftovers<'a>(inputs: Inputs<'a>, recorded: &BTreeSet<String>) -> Vec<(&'a ScalingPolicy, &'a AlarmName)> {
    let mut found = Vec::new();
    for held in inputs.observed.policies.known().into_iter().flatten() {
        let is_present = inputs.desired.presence == Presence::Present;
        let wanted = inputs.desired.policies.iter().find(|wanted| is_present && wanted.name == held.name);
        for name in held.alarms.iter().map(|alarm| &alarm.name) {
            let is_wanted = wanted.is_some_and(|policy| {
                policy.alarm_ref.as_ref().is_some_and(|alarm| alarm.name == *name)
                    || policy.alarms.iter().any(|alarm| alarm.name == *name)
            });
            let fires = held_alarm(inputs, name).is_some_and(|alarm| alarm.actions.alarm.contains(&held.arn));
            if !is_wanted && fires && recorded.contains(&attachment_digest(&held.name, name)) {
                found.push((held, name));
            }
        }
    }
    found
}
