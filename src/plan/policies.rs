//! Step scaling policies on the target.

use super::Inputs;
use super::action::{Action, ActionKind, Part, PolicyArn, Verb};
use super::draft::{Draft, Standing};
use super::ownership::{Ownership, policy_digest};
use super::target::TargetStanding;
use crate::api::desired::{AlarmRef, StepPolicy};
use crate::api::status::Reason;
use crate::model::failure::Failure;
use crate::model::fields::{Change, changes, creation};
use crate::model::names::{AlarmName, PolicyName};
use crate::model::observed::{PolicyConfig, Read, ScalingPolicy};
use crate::model::policy::StepScalingConfig;
use crate::model::steps::{self, RawSteps, Written};

/// What an alarm can count on: one for each policy of the object, in its order.
pub(super) struct PolicyStanding {
    /// Whether the policy is there or will be, and by which action.
    pub(super) standing: Standing,
    /// Its ARN.
    pub(super) arn: PolicyArn,
}

/// Whether any policy is to be written, so that the target's tags must be read first.
pub(super) fn differ(inputs: Inputs<'_>) -> bool {
    inputs.observed.policies.known().is_some_and(|observed| {
        inputs.desired.policies.iter().any(|policy| match find(observed, policy) {
            None => true,
            Some(held) => wanted_config(inputs, policy)
                .is_ok_and(|wanted| !matches!(&held.config, PolicyConfig::Step(config) if *config == wanted)),
        })
    })
}

pub(super) fn plan(draft: &mut Draft<'_>, target: &TargetStanding) -> Vec<PolicyStanding> {
    let Inputs { desired, observed, .. } = draft.inputs;
    let Some(held) = observed.policies.known() else {
        for policy in &desired.policies {
            let part = Part::Policy(policy.name.clone());
            draft.withhold_unread(part, "the scaling policies", observed.policies.failure());
        }
        return desired.policies.iter().map(blocked).collect();
    };
    say_unmanaged(draft, target, held);
    desired.policies.iter().map(|policy| plan_policy(draft, target, find(held, policy), policy)).collect()
}

fn find<'a>(held: &'a [ScalingPolicy], policy: &StepPolicy) -> Option<&'a ScalingPolicy> {
    held.iter().find(|held| held.name == policy.name)
}

fn blocked(policy: &StepPolicy) -> PolicyStanding {
    PolicyStanding { standing: Standing::Blocked, arn: PolicyArn::AfterApply(policy.name.clone()) }
}

fn plan_policy(
    draft: &mut Draft<'_>,
    target: &TargetStanding,
    held: Option<&ScalingPolicy>,
    policy: &StepPolicy,
) -> PolicyStanding {
    let part = Part::Policy(policy.name.clone());
    let arn =
        held.map_or_else(|| PolicyArn::AfterApply(policy.name.clone()), |held| PolicyArn::Known(held.arn.clone()));
    let wanted = match wanted_config(draft.inputs, policy) {
        Ok(wanted) => wanted,
        Err(unsettled) => {
            unsettled.withhold(draft, part);
            return blocked(policy);
        }
    };
    let differs = match held.map(|held| &held.config) {
        None => creation(&wanted),
        Some(PolicyConfig::Step(config)) => changes(config, &wanted),
        Some(PolicyConfig::Other(kind)) => {
            draft.withhold(
                part,
                Reason::Conflict,
                format!("a policy of this name exists and is of the kind {kind}, which cannot be changed in place"),
                "Use another policyName, or remove that policy in AWS.",
            );
            return blocked(policy);
        }
    };
    let Standing::Will(by) = target.standing else {
        if !differs.is_empty() {
            draft.withhold(part, Reason::TargetNotReady, "the scalable target is not ready", "See TargetSynced.");
        }
        return blocked(policy);
    };
    if differs.is_empty() && target.digests.is_none() {
        return PolicyStanding { standing: Standing::Will(None), arn }; // equal; whose it is the slow sweep finds out
    }
    if held.is_some() && !is_ours(draft, target, policy) {
        draft.conflict(part, &Ownership::Nobody);
        return blocked(policy);
    }
    if differs.is_empty() {
        return PolicyStanding { standing: Standing::Will(None), arn };
    }
    let verb = if held.is_some() { Verb::Update } else { Verb::Create };
    let put = Put { name: policy.name.clone(), config: wanted, verb, changes: differs };
    let standing = put.propose(draft, by, target.digests_by);
    PolicyStanding { standing, arn }
}

/// A policy is ours when the target's tags hold its digest, or when the object takes over what nobody owns.
fn is_ours(draft: &Draft<'_>, target: &TargetStanding, policy: &StepPolicy) -> bool {
    let digest = policy_digest(&policy.name);
    let held = target.digests.as_ref().is_some_and(|digests| digests.policies.contains(&digest));
    held || draft.inputs.desired.adoption == crate::api::desired::Adoption::Unowned
}

/// What putting a policy needs.
struct Put {
    name: PolicyName,
    config: StepScalingConfig,
    verb: Verb,
    changes: Vec<Change>,
}

impl Put {
    fn propose(self, draft: &mut Draft<'_>, target_by: Option<usize>, digests_by: Option<usize>) -> Standing {
        // Only creating the target must come first; an update of it that fails is no reason to hold back its policies.
        let creates = target_by.filter(|_| draft.inputs.observed.target.known().is_some_and(Option::is_none));
        let mut requires: Vec<usize> = creates.into_iter().chain(digests_by).collect();
        requires.sort_unstable();
        requires.dedup();
        draft.propose(Action {
            part: Part::Policy(self.name.clone()),
            verb: self.verb,
            kind: ActionKind::PutPolicy { name: self.name, config: self.config },
            changes: self.changes,
            requires,
            capacity_move: None,
            drift: false,
        })
    }
}

/// Why a policy's steps are not known, where they follow an alarm's threshold.
enum Unsettled {
    Unread(AlarmName, Option<Box<Failure>>),
    Not(Reason, String, &'static str),
}

impl Unsettled {
    fn withhold(self, draft: &mut Draft<'_>, part: Part) {
        match self {
            Self::Unread(alarm, failure) => {
                draft.withhold_unread(
                    part,
                    &format!("the alarm {alarm}, whose threshold the steps follow,"),
                    failure.as_deref(),
                );
            }
            Self::Not(reason, message, hint) => draft.withhold(part, reason, message, hint),
        }
    }
}

/// The configuration, with the steps relative to the threshold that the alarm of an `alarmRef` has now.
fn wanted_config(inputs: Inputs<'_>, policy: &StepPolicy) -> Result<StepScalingConfig, Unsettled> {
    let Some(AlarmRef { name, steps: Some(absolute) }) = &policy.alarm_ref else { return Ok(policy.config.clone()) };
    let not = |reason, message, hint| Unsettled::Not(reason, message, hint);
    let alarm = match inputs.observed.alarms.get(name) {
        None => return Err(Unsettled::Unread(name.clone(), None)),
        Some(Read::Failed(failure)) => return Err(Unsettled::Unread(name.clone(), Some(Box::new(failure.clone())))),
        Some(Read::Known(None)) => {
            let message = format!("its steps follow the threshold of the alarm {name}, which does not exist");
            return Err(not(Reason::AlarmMissing, message, "Create the alarm, or correct alarmRef."));
        }
        Some(Read::Known(Some(alarm))) => alarm,
    };
    let threshold = alarm.config.as_ref().map(|config| config.threshold).map_err(|kind| {
        let message = format!("its steps follow the threshold of {name}, which has none: it is {kind}");
        not(Reason::Conflict, message, "Name an alarm with a fixed threshold in alarmRef.")
    })?;
    let raw = RawSteps {
        adjustment_type: policy.config.adjustment_type,
        steps: Written::Absolute(absolute, threshold),
        min_adjustment_magnitude: policy.config.min_adjustment_magnitude,
        cooldown: Some(policy.config.cooldown),
    };
    if let Some(problem) = steps::check(&raw).first() {
        let message = format!("with the threshold {threshold} that {name} has, its steps cannot be: {problem}");
        let hint = "Correct the steps, or have the threshold put back, or write stepAdjustments.";
        return Err(not(Reason::Refused, message, hint));
    }
    let missing = || not(Reason::Refused, format!("the threshold of {name} is not known"), "It is read again.");
    policy.config_at(Some(threshold)).ok_or_else(missing)
}

/// Policies of ours that the object no longer holds stay, and this is said.
fn say_unmanaged(draft: &mut Draft<'_>, target: &TargetStanding, held: &[ScalingPolicy]) {
    let Some(digests) = target.digests.as_ref().filter(|_| !target.fresh) else { return };
    let desired = draft.inputs.desired;
    for policy in held {
        let wanted = desired.policies.iter().any(|wanted| wanted.name == policy.name);
        if !wanted && digests.policies.contains(&policy_digest(&policy.name)) {
            draft.withhold(
                Part::Policy(policy.name.clone()),
                Reason::UnmanagedPolicies,
                "this controller made the policy, and the object no longer holds it; it stays and goes on scaling",
                format!(
                    "Put it back into spec.stepScaling, or remove it: aws application-autoscaling \
                     delete-scaling-policy --service-namespace ecs --scalable-dimension ecs:service:DesiredCount \
                     --resource-id {} --policy-name '{}'",
                    desired.service.resource_id(),
                    policy.name
                ),
            );
        }
    }
}
