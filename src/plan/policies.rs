//! Scaling policies on the target, of every type.

use std::collections::{BTreeMap, BTreeSet};

use super::Inputs;
use super::action::{Action, ActionKind, Part, PolicyArn, Verb};
use super::doomed::{Doomed, Victim};
use super::draft::{Draft, Standing};
use super::ownership::{Ownership, owns_policy, policy_digest};
use super::removal::doomed;
use super::resolve::WantedPolicy;
use super::target::TargetStanding;
use crate::api::desired::{Adoption, DesiredPolicy};
use crate::api::status::Reason;
use crate::model::fields::{changes, creation, deletion};
use crate::model::names::PolicyName;
use crate::model::observed::ScalingPolicy;
use crate::model::policy::PolicyConfig;

/// What an alarm can count on: one for each policy of the object, in its order.
pub(super) struct PolicyStanding {
    /// Whether the policy is there or will be, and by which action.
    pub(super) standing: Standing,
    /// Its ARN.
    pub(super) arn: PolicyArn,
}

/// Whether any policy is to be written, so that the target's tags must be read first.
pub(super) fn differ(inputs: Inputs<'_>, wanted: &[WantedPolicy<'_>]) -> bool {
    inputs.observed.policies.known().is_some_and(|held| {
        wanted.iter().filter_map(|wanted| Some((&wanted.policy.name, wanted.config.as_ref()?))).any(|(name, config)| {
            find(held, name).is_none_or(|held| held.config.as_ref() != Ok(config))
                && !is_barred(inputs, held, name, config)
        })
    })
}

/// Whether a policy that is known to be somebody else's keeps this one from being written, so that nothing need be read.
fn is_barred(inputs: Inputs<'_>, held: &[ScalingPolicy], name: &PolicyName, config: &PolicyConfig) -> bool {
    let target = inputs.observed.target.known().and_then(Option::as_ref);
    let tags = target.and_then(|target| inputs.memory.tags.get(target.arn.as_ref()?));
    tags.zip(rival(held, name, config))
        .is_some_and(|(reading, rival)| !owns_policy(&reading.tags, inputs.owner, &rival.name))
}

/// The policy that tracks the same metric under another name: AWS takes one a metric (S-037).
fn rival<'a>(held: &'a [ScalingPolicy], name: &PolicyName, config: &PolicyConfig) -> Option<&'a ScalingPolicy> {
    let metric = &config.target_tracking()?.metric;
    held.iter().find(|held| {
        let tracked = held.config.as_ref().ok().and_then(PolicyConfig::target_tracking).map(|held| &held.metric);
        held.name != *name && tracked == Some(metric)
    })
}

pub(super) fn plan(draft: &mut Draft<'_>, target: &TargetStanding, wanted: &[WantedPolicy<'_>]) -> Vec<PolicyStanding> {
    let observed = draft.inputs.observed;
    let Some(held) = observed.policies.known() else {
        for wanted in wanted {
            let part = Part::Policy(wanted.policy.name.clone());
            draft.withhold_unread(part, "the scaling policies", observed.policies.failure());
        }
        return wanted.iter().map(|wanted| blocked(wanted.policy)).collect();
    };
    let mut policies = Policies { target, held: held.clone(), deleted_by: BTreeMap::new() };
    wanted
        .iter()
        .map(|wanted| match &wanted.config {
            Some(config) => policies.plan_policy(draft, wanted.policy, config),
            None => blocked(wanted.policy),
        })
        .collect()
}

fn find<'a>(held: &'a [ScalingPolicy], name: &PolicyName) -> Option<&'a ScalingPolicy> {
    held.iter().find(|held| held.name == *name)
}

fn blocked(policy: &DesiredPolicy) -> PolicyStanding {
    PolicyStanding { standing: Standing::Blocked, arn: PolicyArn::AfterApply(policy.name.clone()) }
}

/// The policies on the target as the plan so far leaves them.
struct Policies<'t> {
    target: &'t TargetStanding,
    held: Vec<ScalingPolicy>,
    /// Which action deletes a policy that was there.
    deleted_by: BTreeMap<PolicyName, usize>,
}

impl Policies<'_> {
    fn plan_policy(&mut self, draft: &mut Draft<'_>, policy: &DesiredPolicy, config: &PolicyConfig) -> PolicyStanding {
        let part = Part::Policy(policy.name.clone());
        let held = find(&self.held, &policy.name);
        let arn =
            held.map_or_else(|| PolicyArn::AfterApply(policy.name.clone()), |held| PolicyArn::Known(held.arn.clone()));
        let differs = match held.map(|held| (held, &held.config)) {
            None => creation(config),
            Some((_, Ok(before))) if before.policy_type() == config.policy_type() => changes(before, config),
            Some((held, _)) => {
                say_other_type(draft, held);
                return blocked(policy);
            }
        };
        let Standing::Will(target_by) = self.target.standing else {
            if !differs.is_empty() {
                draft.withhold(part, Reason::TargetNotReady, "the scalable target is not ready", "See TargetSynced.");
            }
            return blocked(policy);
        };
        if differs.is_empty() && self.target.digests.is_none() {
            return PolicyStanding { standing: Standing::Will(None), arn }; // equal; whose it is the slow sweep finds out
        }
        if held.is_some() && !self.is_ours_or_adopted(draft, policy) {
            draft.conflict(part, &Ownership::Nobody);
            return blocked(policy);
        }
        if differs.is_empty() {
            return PolicyStanding { standing: Standing::Will(None), arn };
        }
        let verb = if held.is_some() { Verb::Update } else { Verb::Create };
        let Ok(rival_by) = self.make_way(draft, policy, config) else { return blocked(policy) };
        // Only creating the target must come first; an update of it that fails is no reason to hold back its policies.
        let creates = target_by.filter(|_| draft.inputs.observed.target.known().is_some_and(Option::is_none));
        let own_by = self.deleted_by.get(&policy.name).copied();
        let requires: BTreeSet<usize> =
            [creates, self.target.digests_by, rival_by, own_by].into_iter().flatten().collect();
        let standing = draft.propose(Action {
            part,
            verb,
            kind: ActionKind::PutPolicy { name: policy.name.clone(), config: Box::new(config.clone()) },
            changes: differs,
            requires: requires.into_iter().collect(),
            capacity_move: None,
            drift: false,
        });
        if let Some(held) = self.held.iter_mut().find(|held| held.name == policy.name)
            && standing != Standing::Blocked
        {
            held.config = Ok(config.clone());
        }
        PolicyStanding { standing, arn }
    }

    /// A policy is ours when the target's tags hold its digest, or when the object takes over what nobody owns.
    fn is_ours_or_adopted(&self, draft: &Draft<'_>, policy: &DesiredPolicy) -> bool {
        self.has_digest(&policy.name) || draft.inputs.desired.adoption == Adoption::Unowned
    }

    fn has_digest(&self, name: &PolicyName) -> bool {
        self.target.digests.as_ref().is_some_and(|digests| digests.policies.contains(&policy_digest(name)))
    }

    /// Deletes a policy of ours that tracks the same metric under another name: AWS takes one a metric, so that a rename is
    /// a delete and then a put (S-037). Gives the action that deletes it; `Err` where the put must not be.
    fn make_way(
        &mut self,
        draft: &mut Draft<'_>,
        policy: &DesiredPolicy,
        config: &PolicyConfig,
    ) -> Result<Option<usize>, ()> {
        let Some(tracking) = config.target_tracking() else { return Ok(None) };
        let Some(rival) = rival(&self.held, &policy.name, config).cloned() else { return Ok(None) };
        let Some(doomed) = self.doom(draft, &rival) else {
            say_rival(draft, policy, &rival, &tracking.metric.describe());
            return Err(());
        };
        let changes = rival.config.as_ref().map(deletion).unwrap_or_default();
        let standing = draft.propose(Action {
            part: Part::Policy(rival.name.clone()),
            verb: Verb::Delete,
            kind: ActionKind::Delete(Box::new(doomed)),
            changes,
            requires: self.target.digests_by.into_iter().collect(),
            capacity_move: None,
            drift: false,
        });
        match standing {
            Standing::Will(Some(by)) => {
                self.held.retain(|held| held.name != rival.name);
                self.deleted_by.insert(rival.name, by);
                Ok(Some(by))
            }
            _ => {
                draft.withhold(
                    Part::Policy(policy.name.clone()),
                    Reason::PolicyNotReady,
                    format!("the policy {} must go first: AWS takes one target tracking policy a metric", rival.name),
                    "See PoliciesSynced.",
                );
                Err(())
            }
        }
    }

    /// What must still be so when a policy is deleted; `None` where it is not provably ours, by tags alone.
    fn doom(&self, draft: &Draft<'_>, rival: &ScalingPolicy) -> Option<Doomed> {
        let target_arn = draft.inputs.observed.target.known()?.as_ref()?.arn.as_deref()?;
        let is_ours = owns_policy(draft.known_tags(target_arn)?, draft.inputs.owner, &rival.name);
        (is_ours && !self.target.fresh).then(|| doomed(draft.inputs, Victim::Policy(rival.clone()), target_arn))
    }
}

fn say_other_type(draft: &mut Draft<'_>, held: &ScalingPolicy) {
    let kind = held.policy_type();
    draft.withhold(
        Part::Policy(held.name.clone()),
        Reason::Conflict,
        format!("a policy of this name exists and is of the type {kind}, which cannot be changed in place"),
        "Use another policyName, or remove that policy in AWS.",
    );
}

/// tf#41179
fn say_rival(draft: &mut Draft<'_>, policy: &DesiredPolicy, rival: &ScalingPolicy, metric: &str) {
    draft.withhold(
        Part::Policy(policy.name.clone()),
        Reason::Conflict,
        format!(
            "the policy {} on this service tracks {metric} already and is not known to be ours; AWS takes one target \
             tracking policy a metric",
            rival.name
        ),
        format!(
            "Remove that policy in AWS; or give this one its name, policyName: {:?}, with spec.adoption: Unowned to take \
             it over.",
            rival.name.as_str()
        ),
    );
}
