//! What a pass says about each condition type.
//!
//! Owns the service, the permissions and the schedules; `role` owns the service-linked role, `parts` the target, the
//! policies and the alarms, `seen` what is only shown, `scaling` whether and why AWS scales or does not.

mod parts;
mod role;
mod scaling;
mod seen;

use super::failures::Explained;
use super::pass::{Finding, Pass};
use crate::api::status::{ConditionType, Reason};
use crate::diagnose::class::{Class, classify};
use crate::diagnose::explain::reply_of;
use crate::diagnose::parse::ReplyKind;
use crate::model::failure::Failure;
use crate::model::observed::{Read, RoleStanding};
use crate::plan::{OutcomeResult, Part};

pub(super) use parts::synced;
pub(super) use role::service_linked_role;
pub use scaling::is_pressed;
pub(super) use scaling::{activities, needs_tasks, scaling_active, scaling_limited, tell_activities};
pub(super) use seen::{capacity, capacity_in_range, schedule};

use parts::withheld_for;

pub(in crate::status) fn service_found(pass: Pass<'_>) -> Finding {
    match withheld_for(pass.plan, |part| *part == Part::Object) {
        Some(withheld) if withheld.reason == Reason::ReadFailed => {
            match withheld.failure.as_ref().map(|failure| pass.explain(failure)) {
                Some(Explained { reason, message, hint, .. }) if reason != Reason::WriteFailed => Finding::unknown(
                    reason,
                    format!("the ECS service could not be read, so nothing is written: {message}"),
                    hint,
                ),
                _ => Finding::unknown(withheld.reason, withheld.message.as_str(), withheld.hint.as_str()),
            }
        }
        Some(withheld) if withheld.reason != Reason::AwaitingRead => {
            Finding::wrong(withheld.reason, withheld.message.as_str(), withheld.hint.as_str())
        }
        _ if pass.is_absent => Finding::fine("the service is not needed for what is to be absent"),
        _ => match &pass.observed.service {
            Read::Known(Some(service)) => Finding::fine(format!("the service is {}", service.status)),
            _ => Finding::unknown(Reason::NotYetChecked, "the service has not been read yet", ""),
        },
    }
}

pub(in crate::status) fn permissions(pass: Pass<'_>) -> Finding {
    let denied = || failures(pass).filter(|failure| classify(failure) == Class::Denied);
    // AWS says who, on what and why of a call of ours, and of what it tried by itself only the action.
    let direct = denied().find(|failure| reply_of(failure).kind != ReplyKind::MissingPermissions);
    direct
        .or_else(|| denied().next())
        .map_or_else(|| Finding::fine("no call was denied"), |failure| denial(pass, failure))
}

fn denial(pass: Pass<'_>, failure: &Failure) -> Finding {
    let Explained { reason, message, hint, fix } = pass.explain(failure);
    Finding::wrong(reason, message, hint).with_fix(fix)
}

/// Without the scheduled actions it is not known who owns min and max (S-045), whether or not the object has any.
pub(in crate::status) fn schedules(pass: Pass<'_>) -> Finding {
    match pass.observed.scheduled_actions.failure() {
        None => synced(pass, ConditionType::SchedulesSynced),
        Some(failure) => {
            let Explained { reason, message, hint, .. } = pass.explain(failure);
            Finding::unknown(of_a_read(reason), format!("the scheduled actions could not be read: {message}"), hint)
        }
    }
}

/// A read that failed for no precise reason is no failed write.
fn of_a_read(reason: Reason) -> Reason {
    if reason == Reason::WriteFailed { Reason::ReadFailed } else { reason }
}

/// Every failure of the pass: of the writes, of the lists, and of the lookups that something was withheld for.
fn failures<'a>(pass: Pass<'a>) -> impl Iterator<Item = &'a Failure> {
    let observed = pass.observed;
    let lists = [
        observed.service.failure(),
        observed.target.failure(),
        observed.policies.failure(),
        observed.scheduled_actions.failure(),
    ];
    let reads = lists.into_iter().flatten().chain(observed.alarms.values().filter_map(|alarm| alarm.failure()));
    let writes = pass.outcomes.iter().filter_map(|outcome| match &outcome.result {
        OutcomeResult::Failed(failure) | OutcomeResult::Held(failure) => Some(failure),
        _ => None,
    });
    let role = match pass.role {
        RoleStanding::NotMade(failure) => Some(failure.as_ref()),
        _ => None,
    };
    role.into_iter()
        .chain(writes)
        .chain(reads)
        .chain(pass.plan.withheld.iter().filter_map(|withheld| withheld.failure.as_ref()))
}
