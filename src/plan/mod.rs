//! What to do: desired and observed in, a plan out.
//!
//! Owns the comparison, the order of writes, everything that is withheld and why, and what is remembered between
//! passes. Pure: no clock, no calls. A plan is a value, the same for `plan` on the command line and for the daemon.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod action;
mod after;
mod alarms;
mod attach;
mod capacity;
mod coverage;
mod doomed;
mod draft;
mod follow;
mod lint;
mod memory;
mod ownership;
mod policies;
mod prune;
mod range;
mod removal;
mod render;
mod resolve;
mod schedules;
mod scope;
mod target;
mod target_tags;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use action::{
    Action, ActionKind, CapacityMove, Lookup, Outcome, OutcomeResult, Part, Plan, PolicyArn, Verb, Withheld,
};
pub use after::after;
pub use coverage::{Coverage, Scaling, coverage};
pub use doomed::{Doomed, LastLook, Victim};
pub use lint::{LintError, lint};
pub use memory::{Memory, RecentWrite, remember};
pub use ownership::{
    OwnerId, Ownership, TAG_MODE, TAG_OBJECT, TAG_OWNER, classify, holder, is_users_tag, mistaken_owner, policy_digest,
};
pub use prune::{Fate, Orphan, PruneInputs, PrunePlan, plan_scope};
pub use render::{adjustment_text, described, json, resource, text, value_text};
pub use scope::{ScopeConflict, scope_conflicts};

use crate::api::desired::{Allow, Mode, Presence, ServiceScaling};
use crate::api::status::Reason;
use crate::model::names::{AlarmName, TargetKey};
use crate::model::observed::{ObservedTarget, RoleStanding, Service};
use crate::model::role::{CREATE_SLR_COMMAND, SLR_NAME};

use draft::Draft;

/// Everything that a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The object.
    pub desired: &'a ServiceScaling,
    /// What it manages.
    pub key: &'a TargetKey,
    /// What AWS holds.
    pub observed: &'a ObservedTarget,
    /// What is remembered of earlier passes.
    pub memory: &'a Memory,
    /// Who we are.
    pub owner: &'a OwnerId,
    /// What the account lets us touch.
    pub allow: &'a Allow,
    /// How the account's service-linked role stands.
    pub role: &'a RoleStanding,
    /// The alarms that the objects of the scope name.
    pub taken: &'a BTreeSet<AlarmName>,
    /// The most careful of the process's, the account's and the object's.
    pub mode: Mode,
    /// The time.
    pub now: Timestamp,
}

/// The plan for one object: target first, then policies, alarms, scheduled actions (S-106); then what is to go (S-107).
pub fn plan_target(inputs: Inputs<'_>) -> Plan {
    let mut draft = Draft::new(inputs);
    if !may_be_planned(&mut draft) {
        return draft.finish();
    }
    if inputs.desired.presence == Presence::Absent {
        // Neither the service nor the role is needed to remove what is left.
        removal::plan_absence(&mut draft);
        return draft.finish();
    }
    let Some(service) = scalable_service(&mut draft) else {
        return draft.finish();
    };
    if !inputs.role.lets_write() {
        // Registering would make AWS create the role by itself, and without it every policy fails.
        let message = format!("nothing is written while the service-linked role {SLR_NAME} is absent");
        let hint = format!("See ServiceLinkedRoleReady. Once by hand: {CREATE_SLR_COMMAND}");
        draft.withhold(Part::Target, Reason::ServiceLinkedRoleMissing, message, hint);
        return draft.finish();
    }
    let wanted = resolve::resolve(&mut draft, &service);
    let target = target::plan(&mut draft, &service, &wanted);
    let policies = policies::plan(&mut draft, &target, &wanted);
    alarms::plan(&mut draft, &policies);
    let detached = attach::plan(&mut draft, &target, &policies);
    schedules::plan(&mut draft, &target);
    removal::plan_parts(&mut draft, &target, &detached);
    draft.finish()
}

/// Whether the read is newer than our last write, and the account lets us touch the service.
fn may_be_planned(draft: &mut Draft<'_>) -> bool {
    let Inputs { desired, observed, allow, memory, .. } = draft.inputs;
    if memory.last_write_at.is_some_and(|write| observed.read_at <= write) {
        // A write needs an entry read after our last write to it.
        draft.withhold(Part::Object, Reason::AwaitingRead, "what AWS holds was read before our last write", "");
        return false;
    }
    if !allows(allow, desired) {
        draft.withhold(
            Part::Object,
            Reason::NotAllowed,
            format!("the account's `allow` does not hold {}", desired.service),
            "Add the cluster and the service to spec.allow of the AwsAccount, or remove this object.",
        );
        return false;
    }
    true
}

/// The service, when it may be scaled at all; otherwise everything is withheld.
fn scalable_service(draft: &mut Draft<'_>) -> Option<Service> {
    let Inputs { desired, observed, .. } = draft.inputs;
    let name = &desired.service;
    let service = match observed.service.known() {
        None => {
            draft.withhold_unread(Part::Object, "the ECS service", observed.service.failure());
            return None;
        }
        Some(None) => {
            draft.withhold(
                Part::Object,
                Reason::ServiceMissing,
                format!("ECS has no service {} in cluster {}", name.service, name.cluster),
                "Create the service, or correct spec.cluster and spec.service. Scaling follows within one interval.",
            );
            return None;
        }
        Some(Some(service)) => service.clone(),
    };
    if service.status != "ACTIVE" {
        draft.withhold(
            Part::Object,
            Reason::ServiceNotActive,
            format!("the ECS service is {}", service.status),
            "A service that is being deleted is not scaled. Remove this object, or create the service again.",
        );
        return None;
    }
    if service.daemon {
        draft.withhold(
            Part::Object,
            Reason::ServiceIsDaemon,
            "the ECS service has the DAEMON strategy: one task on each instance, which Application Auto Scaling does \
             not change",
            "Remove this object, or make the service a REPLICA service.",
        );
        return None;
    }
    Some(service)
}

fn allows(allow: &Allow, desired: &ServiceScaling) -> bool {
    let any = |patterns: &[String], name: &str| patterns.iter().any(|pattern| matches_pattern(pattern, name));
    any(&allow.clusters, desired.service.cluster.as_str()) && any(&allow.services, desired.service.service.as_str())
}

/// `*` is any text, `?` any one character.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // `reach[j]`: the pattern so far matches the first j characters.
    let mut reach = vec![false; text.len() + 1];
    if let Some(first) = reach.first_mut() {
        *first = true;
    }
    for p in pattern {
        let mut next = vec![false; text.len() + 1];
        let mut seen = false;
        for (j, slot) in next.iter_mut().enumerate() {
            let here = reach.get(j).copied().unwrap_or(false);
            seen |= here;
            let before = j.checked_sub(1).and_then(|i| Some((reach.get(i)?, text.get(i)?)));
            *slot = match (p, before) {
                ('*', _) => seen,
                ('?', Some((reached, _))) => *reached,
                (_, Some((reached, c))) => *reached && *c == p,
                (_, None) => false,
            };
        }
        reach = next;
    }
    reach.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests;
