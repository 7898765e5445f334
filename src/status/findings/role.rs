//! How the service-linked role stands, by what was seen in IAM and by what AWS says of it.

use super::failures;
use crate::api::status::Reason;
use crate::diagnose::class::{Class, classify};
use crate::model::failure::Failure;
use crate::model::observed::RoleStanding;
use crate::model::role::{CREATE_SLR_COMMAND, SLR_NAME};
use crate::plan::{OutcomeResult, Part};
use crate::status::failures::Explained;
use crate::status::pass::{Finding, Pass};

/// What Application Auto Scaling itself says about its role, without looking into IAM.
pub(in crate::status) fn service_linked_role(pass: Pass<'_>) -> Finding {
    if pass.is_absent {
        return Finding::fine("the role is not needed for what is to be absent");
    }
    match pass.role {
        // AWS's word about its role counts for more than that IAM holds one.
        RoleStanding::Present if !failures(pass).any(names_role) => return Finding::fine("the role exists"),
        RoleStanding::NotMade(failure) => {
            let Explained { message, hint, fix, .. } = pass.explain(failure);
            let message = format!("the role is absent, and making it failed: {message}");
            return Finding::wrong(Reason::ServiceLinkedRoleMissing, message, hint).with_fix(fix);
        }
        RoleStanding::Absent => {
            let message = format!("the role {SLR_NAME} is absent, and --service-linked-role=require makes none");
            return Finding::wrong(
                Reason::ServiceLinkedRoleMissing,
                message,
                format!("Make it once: {CREATE_SLR_COMMAND}"),
            );
        }
        RoleStanding::Propagating => {
            return match failures(pass).find(about_role) {
                None if has_target(pass) => Finding::fine("the role was made a moment ago, and serves"),
                _ => Finding::wrong(
                    Reason::Propagating,
                    "the role was made a moment ago, and may not be usable everywhere yet",
                    "It is looked at again by itself, for up to two minutes.",
                ),
            };
        }
        RoleStanding::WillBeMade => {
            return Finding::wrong(Reason::Progressing, "the role is absent", "It is made before anything is written.");
        }
        RoleStanding::NotSeen(failure) if !failures(pass).any(|failure| about_role(&failure)) => {
            let Explained { message, hint, fix, .. } = pass.explain(failure);
            let message = format!("whether the role exists could not be seen, and work goes on: {message}");
            return Finding::unknown(Reason::ServiceLinkedRoleNotSeen, message, hint).with_fix(fix);
        }
        RoleStanding::Present | RoleStanding::Unknown | RoleStanding::NotSeen(_) => {}
    }
    if let Some(failure) = failures(pass).find(about_role) {
        let Explained { message, hint, fix, .. } = pass.explain(failure);
        return Finding::wrong(Reason::ServiceLinkedRoleMissing, message, hint).with_fix(fix);
    }
    if has_target(pass) {
        Finding::fine("a scalable target is registered, which takes the role")
    } else {
        Finding::unknown(Reason::NotYetChecked, "nothing has been registered yet, so nobody has needed the role", "")
    }
}

fn about_role(failure: &&Failure) -> bool {
    classify(failure) == Class::Dependency || names_role(failure)
}

fn names_role(failure: &Failure) -> bool {
    failure.message.contains("iam:CreateServiceLinkedRole") || failure.message.contains(SLR_NAME)
}

/// Whether a scalable target is there, by what was read or by this pass: AWS takes none without the role.
fn has_target(pass: Pass<'_>) -> bool {
    let registered = pass.outcomes.iter().any(|outcome| {
        matches!(outcome.result, OutcomeResult::Done { .. })
            && pass.plan.actions.get(outcome.action).is_some_and(|action| action.part == Part::Target)
    });
    registered || pass.observed.target.known().is_some_and(Option::is_some)
}
