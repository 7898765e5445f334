//! The alarms that fire the policies.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Inputs;
use super::action::{Action, ActionKind, Lookup, Part, PolicyArn, Verb};
use super::draft::{Claim, Draft, Standing};
use super::ownership;
use super::policies::PolicyStanding;
use crate::api::desired::{DesiredAlarm, DesiredPolicy};
use crate::api::status::Reason;
use crate::model::alarm::{AlarmActions, AlarmConfig};
use crate::model::arn;
use crate::model::fields::{Change, changes, creation};
use crate::model::names::AccountId;
use crate::model::observed::{Alarm, Read, Tags};

/// An alarm has so many actions on a state at most, the policy among them (S-069).
pub(super) const ACTIONS_A_STATE: usize = 5;
/// What stands in a plan for an ARN that AWS has yet to give.
pub(super) const KNOWN_AFTER_APPLY: &str = "(known after apply)";

/// Whether any alarm is to be written, so that the target's tags, with the brake, must be read first.
pub(super) fn differ(inputs: Inputs<'_>) -> bool {
    let held = inputs.observed.policies.known();
    let arn = |policy: &DesiredPolicy| {
        let held = held.and_then(|held| held.iter().find(|held| held.name == policy.name));
        held.map_or_else(|| PolicyArn::AfterApply(policy.name.clone()), |held| PolicyArn::Known(held.arn.clone()))
    };
    inputs.desired.policies.iter().any(|policy| {
        let arn = arn(policy);
        policy.alarms.iter().any(|alarm| match inputs.observed.alarms.get(&alarm.name).and_then(Read::known) {
            None => false,
            Some(None) => true,
            Some(Some(held)) => {
                let tags = inputs.memory.tags.get(&held.arn).map(|reading| &reading.tags);
                let tags_differ = tags.is_some_and(|tags| {
                    !missing(tags, &ownership::object_tags(inputs.desired, inputs.owner)).is_empty()
                });
                tags_differ || !Wanted { policy, alarm, arn: &arn }.differences(inputs, held).is_empty()
            }
        })
    })
}

pub(super) fn plan(draft: &mut Draft<'_>, policies: &[PolicyStanding]) {
    let desired = draft.inputs.desired;
    for (policy, standing) in desired.policies.iter().zip(policies) {
        for alarm in &policy.alarms {
            plan_alarm(draft, &Wanted { policy, alarm, arn: &standing.arn }, &standing.standing);
        }
    }
}

/// An alarm of the object, and the policy that it fires.
struct Wanted<'a> {
    policy: &'a DesiredPolicy,
    alarm: &'a DesiredAlarm,
    arn: &'a PolicyArn,
}

fn plan_alarm(draft: &mut Draft<'_>, wanted: &Wanted<'_>, policy: &Standing) {
    let part = Part::Alarm(wanted.alarm.name.clone());
    let read = draft.inputs.observed.alarms.get(&wanted.alarm.name);
    match read.map(|read| (read.known(), read.failure())) {
        None => draft.withhold_unread(part, "the alarm", None),
        Some((None, failure)) => draft.withhold_unread(part, "the alarm", failure),
        Some((Some(None), _)) => create(draft, wanted, policy),
        Some((Some(Some(held)), _)) => update(draft, wanted, policy, held),
    }
}

fn create(draft: &mut Draft<'_>, wanted: &Wanted<'_>, policy: &Standing) {
    let actions = wanted.actions(draft.inputs, &AlarmActions::default());
    let mut differs = creation(&wanted.alarm.config);
    differs.extend(action_changes(&AlarmActions::default(), &actions, wanted.arn));
    let tags = ownership::object_tags(draft.inputs.desired, draft.inputs.owner);
    put(draft, wanted, policy, Put { verb: Verb::Create, actions, tags, changes: differs, after: None });
}

fn update(draft: &mut Draft<'_>, wanted: &Wanted<'_>, policy: &Standing, held: &Alarm) {
    let differs = wanted.differences(draft.inputs, held);
    let wanted_tags = ownership::object_tags(draft.inputs.desired, draft.inputs.owner);
    let tags_differ = draft.known_tags(&held.arn).is_some_and(|tags| !missing(tags, &wanted_tags).is_empty());
    let writes = !differs.is_empty() || tags_differ;
    let part = Part::Alarm(wanted.alarm.name.clone());
    if held.reading.is_none() {
        let message = "an alarm of this name exists and is no metric alarm, which cannot be changed in place";
        return draft.withhold(part, Reason::Conflict, message, "Use another alarmName.");
    }
    let waits = writes && *policy == Standing::Blocked;
    let tags = match draft.claim(part, Lookup::AlarmTags(held.arn.clone()), writes && !waits) {
        Claim::Unknown | Claim::Ours(_) | Claim::Adopt(_) if waits => return wait_for_policy(draft, wanted),
        Claim::Ours(tags) | Claim::Adopt(tags) => tags,
        Claim::Unknown | Claim::Foreign => return,
    };
    let after = match tag(draft, wanted, held, &tags, &wanted_tags) {
        Standing::Will(after) => after,
        Standing::Blocked => return,
    };
    if !differs.is_empty() {
        let actions = wanted.actions(draft.inputs, &held.actions);
        put(draft, wanted, policy, Put { verb: Verb::Update, actions, tags: Tags::new(), changes: differs, after });
    }
}

impl Wanted<'_> {
    fn differences(&self, inputs: Inputs<'_>, held: &Alarm) -> Vec<Change> {
        let mut differs = config_changes(held, &self.alarm.config, &inputs.key.scope.account);
        differs.extend(action_changes(&held.actions, &self.actions(inputs, &held.actions), self.arn));
        differs
    }

    /// The actions to send, but for the policy's own ARN, which is added when it is known.
    ///
    /// A list that the object does not set stays as AWS has it (airship-ecs-service PR#82), but for ARNs of policies
    /// of this service that no longer exist: CloudWatch does not test its actions, so they fail in silence (S-050).
    fn actions(&self, inputs: Inputs<'_>, held: &AlarmActions) -> AlarmActions {
        let live = inputs.observed.policies.known();
        let is_stale = |text: &str| {
            arn::policy(text).is_some_and(|named| {
                named.service == inputs.desired.service
                    && (named.policy_name == self.policy.name.as_str()
                        || live.is_some_and(|policies| !policies.iter().any(|p| p.arn == text)))
            })
        };
        let spec = &self.alarm.actions;
        let kept = || held.alarm.iter().filter(|action| !is_stale(action)).cloned().collect();
        AlarmActions {
            alarm: spec.alarm.clone().unwrap_or_else(kept),
            ok: spec.ok.clone().unwrap_or_else(|| held.ok.clone()),
            insufficient_data: spec.insufficient_data.clone().unwrap_or_else(|| held.insufficient_data.clone()),
        }
    }
}

/// An alarm of a kind that is not modelled differs in everything.
fn config_changes(held: &Alarm, wanted: &AlarmConfig, own: &AccountId) -> Vec<Change> {
    let spoken =
        |config: &AlarmConfig| AlarmConfig { metric: config.metric.without_own_account(own), ..config.clone() };
    match &held.config {
        Ok(config) => changes(&spoken(config), &spoken(wanted)),
        Err(kind) => {
            let mut all = creation(wanted);
            if let Some(first) = all.first_mut() {
                first.from = Value::String(kind.clone());
            }
            all
        }
    }
}

fn action_changes(held: &AlarmActions, wanted: &AlarmActions, policy: &PolicyArn) -> Vec<Change> {
    let own = match policy {
        PolicyArn::Known(arn) => arn.clone(),
        PolicyArn::AfterApply(_) => KNOWN_AFTER_APPLY.to_owned(),
    };
    let mut alarm: Vec<String> = wanted.alarm.iter().cloned().collect();
    if !alarm.contains(&own) {
        alarm.push(own);
        alarm.sort();
    }
    let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
    [
        ("alarmActions", list(&held.alarm), alarm),
        ("okActions", list(&held.ok), list(&wanted.ok)),
        ("insufficientDataActions", list(&held.insufficient_data), list(&wanted.insufficient_data)),
    ]
    .into_iter()
    .filter(|(_, from, to)| from != to)
    .map(|(field, from, to)| Change { field: field.to_owned(), from: from.into(), to: to.into() })
    .collect()
}

fn missing(tags: &Tags, wanted: &Tags) -> Tags {
    wanted.iter().filter(|(key, value)| tags.get(*key) != Some(*value)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// PutMetricAlarm ignores tags on an alarm that exists (aws-sdk#27).
fn tag(draft: &mut Draft<'_>, wanted: &Wanted<'_>, held: &Alarm, tags: &Tags, wanted_tags: &Tags) -> Standing {
    let set = missing(tags, wanted_tags);
    if set.is_empty() {
        return Standing::Will(None);
    }
    draft.propose(Action {
        part: Part::AlarmTags(wanted.alarm.name.clone()),
        verb: Verb::Tag,
        changes: ownership::tag_changes(tags, &set),
        kind: ActionKind::TagAlarm { arn: held.arn.clone(), tags: set },
        requires: Vec::new(),
        capacity_move: None,
        drift: false,
    })
}

fn wait_for_policy(draft: &mut Draft<'_>, wanted: &Wanted<'_>) {
    draft.withhold(
        Part::Alarm(wanted.alarm.name.clone()),
        Reason::PolicyNotReady,
        format!("the policy {} is not ready", wanted.policy.name),
        "See PoliciesSynced.",
    );
}

/// Others' actions are kept, so there may be no room left for the policy.
fn say_full(draft: &mut Draft<'_>, wanted: &Wanted<'_>, actions: &AlarmActions) {
    let held: Vec<&str> = actions.alarm.iter().map(String::as_str).collect();
    draft.withhold(
        Part::Alarm(wanted.alarm.name.clone()),
        Reason::Conflict,
        format!("an alarm has five actions at most, and these leave no room for the policy: {}", held.join(", ")),
        "Remove one of them in AWS, or list those to keep in alarmActions.",
    );
}

/// What putting an alarm needs beside what is wanted.
struct Put {
    verb: Verb,
    actions: AlarmActions,
    tags: Tags,
    changes: Vec<Change>,
    after: Option<usize>,
}

fn put(draft: &mut Draft<'_>, wanted: &Wanted<'_>, policy: &Standing, put: Put) {
    let name = &wanted.alarm.name;
    let Standing::Will(by) = policy else {
        return wait_for_policy(draft, wanted);
    };
    if put.actions.alarm.len() >= ACTIONS_A_STATE {
        return say_full(draft, wanted, &put.actions);
    }
    // An alarm is put after its policy (S-106), but only a policy that is yet to be made must have succeeded.
    let policy_by = by.filter(|_| matches!(wanted.arn, PolicyArn::AfterApply(_)));
    draft.propose(Action {
        part: Part::Alarm(name.clone()),
        verb: put.verb,
        kind: ActionKind::PutAlarm {
            name: name.clone(),
            config: Box::new(wanted.alarm.config.clone()),
            actions: put.actions,
            policy: wanted.arn.clone(),
            tags: put.tags,
        },
        changes: put.changes,
        requires: policy_by.into_iter().chain(put.after).collect(),
        capacity_move: None,
        drift: false,
    });
}
