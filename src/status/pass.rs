//! One pass over one object, and the status that it leaves behind.

use jiff::Timestamp;

use super::conclude::conclude;
use super::events;
use super::failures::{Explained, explain};
use super::findings;
use super::{resources, words};
use crate::api::fix::Fix;
use crate::api::status::{ConditionStatus, ConditionType, Reason, Status};
use crate::model::activity::ActivityRecord;
use crate::model::failure::Failure;
use crate::model::observed::{ObservedTarget, RoleStanding};
use crate::plan::{Outcome, Plan};

/// One pass over one object.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// The object's generation.
    pub generation: u64,
    /// The hash of its spec.
    pub spec_hash: &'a str,
    /// What AWS held.
    pub observed: &'a ObservedTarget,
    /// What was planned.
    pub plan: &'a Plan,
    /// What became of it.
    pub outcomes: &'a [Outcome],
    /// How the account's service-linked role stands.
    pub role: &'a RoleStanding,
    /// AWS's record of what scaled the service, as far as it was read.
    pub activities: &'a ActivityRecord,
    /// Failures that were looked into, beside what they say themselves.
    pub explained: &'a [(Failure, Explained)],
    /// Whether the object is to be absent.
    pub is_absent: bool,
    /// Why the plan was not carried out, where it was not.
    pub not_applied: Option<NotApplied>,
    /// When the pass began.
    pub now: Timestamp,
}

/// Why a plan was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotApplied {
    /// Mode is Observe.
    Observe,
    /// Enough objects were changed in this pass.
    ChangeLimit,
}

/// What keeps an object from being looked at at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Which condition it belongs to; Ready alone when `None`.
    pub condition: Option<ConditionType>,
    /// Why.
    pub reason: Reason,
    /// What is so.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

/// A finding about one condition type.
pub(super) struct Finding {
    pub(super) status: ConditionStatus,
    pub(super) reason: Reason,
    pub(super) message: String,
    pub(super) hint: String,
    pub(super) fix: Fix,
}

impl Finding {
    pub(super) fn fine(message: impl Into<String>) -> Self {
        let (reason, hint) = (Reason::AsWanted, String::new());
        Self { status: ConditionStatus::True, reason, message: message.into(), hint, fix: Fix::default() }
    }

    pub(super) fn wrong(reason: Reason, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: ConditionStatus::False, ..Self::unknown(reason, message, hint) }
    }

    pub(super) fn unknown(reason: Reason, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let (status, fix) = (ConditionStatus::Unknown, Fix::default());
        Self { status, reason, message: message.into(), hint: hint.into(), fix }
    }

    pub(super) fn failed(pass: Pass<'_>, failure: &Failure) -> Self {
        let Explained { reason, message, hint, .. } = pass.explain(failure);
        Self::wrong(reason, message, hint)
    }

    /// With what mends it: on the conditions about permissions alone, or each would say it.
    pub(super) fn with_fix(self, fix: Fix) -> Self {
        Self { fix, ..self }
    }
}

impl Pass<'_> {
    pub(super) fn explain(&self, failure: &Failure) -> Explained {
        let known = self.explained.iter().find(|(of, _)| of == failure).map(|(_, explained)| explained.clone());
        let explained = known.unwrap_or_else(|| explain(failure));
        match (explained.reason, self.role) {
            (Reason::ServiceLinkedRoleMissing, RoleStanding::Propagating) => {
                Explained { reason: Reason::Propagating, ..explained } // road#2614
            }
            _ => explained,
        }
    }
}

/// What Ready says of an object that is to be absent, and is.
const NOTHING_LEFT: &str = "nothing of it is left in AWS; the service keeps the task count that it has";

/// The status after a pass.
pub fn advance(previous: &Status, pass: Pass<'_>) -> Status {
    let findings = vec![
        (ConditionType::ServiceFound, findings::service_found(pass)),
        (ConditionType::PermissionsGranted, findings::permissions(pass)),
        (ConditionType::ServiceLinkedRoleReady, findings::service_linked_role(pass)),
        (ConditionType::TargetSynced, findings::synced(pass, ConditionType::TargetSynced)),
        (ConditionType::PoliciesSynced, findings::synced(pass, ConditionType::PoliciesSynced)),
        (ConditionType::AlarmsSynced, findings::synced(pass, ConditionType::AlarmsSynced)),
        (ConditionType::SchedulesSynced, findings::schedules(pass)),
    ];
    let schedule = findings::schedule(pass.observed, pass.now);
    let mut status = Status {
        observed_generation: pass.generation,
        observed_spec: pass.spec_hash.to_owned(),
        capacity: findings::capacity(pass.observed),
        resources: resources::resources(pass.observed),
        activities: findings::activities(pass),
        policies: words::policies(pass.observed),
        together: words::together(pass.observed, schedule.as_ref()),
        schedule,
        events: previous.events.clone(),
        ..Status::default()
    };
    events::push_outcomes(&mut status, pass.plan, pass.outcomes, pass.now);
    findings::tell_activities(&mut status, previous, pass);
    let information = [
        (ConditionType::CapacityInRange, findings::capacity_in_range(pass.observed)),
        (ConditionType::ScalingActive, findings::scaling_active(pass)),
        (ConditionType::ScalingLimited, findings::scaling_limited(pass)),
    ];
    let information = information.into_iter().filter_map(|(kind, finding)| Some((kind, finding?))).collect();
    let well = match pass.is_absent {
        true => Finding { reason: Reason::Absent, ..Finding::fine(NOTHING_LEFT) },
        false => Finding::fine("everything is as wanted"),
    };
    conclude(&mut status, previous, findings, information, well, pass.now);
    status
}

/// The status of an object that could not be looked at.
pub fn unusable(previous: &Status, trouble: &Trouble, generation: u64, spec_hash: &str, now: Timestamp) -> Status {
    let mut status = Status {
        observed_generation: generation,
        observed_spec: spec_hash.to_owned(),
        events: previous.events.clone(),
        capacity: previous.capacity,
        schedule: previous.schedule.clone(),
        resources: previous.resources.clone(),
        activities: previous.activities.clone(),
        policies: previous.policies.clone(),
        together: previous.together.clone(),
        ..Status::default()
    };
    let kind = trouble.condition.unwrap_or(ConditionType::TargetSynced);
    let finding = match trouble.reason {
        Reason::CredentialsFailed | Reason::ReadFailed => {
            Finding::unknown(trouble.reason, trouble.message.as_str(), trouble.hint.as_str())
        }
        _ => Finding::wrong(trouble.reason, trouble.message.as_str(), trouble.hint.as_str()),
    };
    conclude(&mut status, previous, vec![(kind, finding)], Vec::new(), Finding::fine(""), now);
    status
}
