//! An AWS error, understood: who, what, where, by which policy, and what to change.
//!
//! Puts together what the message says ([`parse`](super::parse)) and what the principal's policies show
//! ([`near_miss`](super::near_miss)). Must not read policies itself: it is handed them, or goes without.

use serde::Serialize;

use super::advice::{self, Advice, CREATE_SLR, UNSEEN};
use super::class::{Class, classify};
use super::credentials;
use super::near_miss::{Findings, Kind, find};
use super::needs::{Features, Need, Privilege, need, needs};
use super::parse::{PolicyType, Reply, ReplyKind, parse};
use super::principal::Principal;
use crate::api::fix::{Fix, PolicyEdit};
use crate::model::failure::{Failure, Origin};
use crate::model::iam::{Decision, PrincipalPolicies, Request, evaluate};
use crate::model::names::TargetKey;

/// What a diagnosis is about: which condition it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A permission is missing.
    Permission,
    /// The service-linked role is absent, cannot be assumed or cannot be made.
    ServiceLinkedRole,
    /// The credentials are not usable.
    Credentials,
    /// Anything else.
    Other,
}

/// An AWS error, understood. Its JSON is the reply with `summary` and `hint`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// What the message says.
    #[serde(flatten)]
    pub reply: Reply,
    /// What happened, in one sentence.
    pub summary: String,
    /// What a person does next.
    pub hint: String,
    /// What mends it, as far as it is known.
    #[serde(skip)]
    pub fix: Fix,
    /// What it is about.
    #[serde(skip)]
    pub subject: Subject,
    /// Who was refused: the role, not the session.
    #[serde(skip)]
    pub who: Option<String>,
    /// What may refuse without being visible from here.
    #[serde(skip)]
    pub suspects: Vec<PolicyType>,
    /// What the principal's policies show, for each action that is missing; empty where they were not read.
    #[serde(skip)]
    pub permissions: Vec<Permission>,
}

/// One missing permission, against the principal's policies.
#[derive(Clone, Debug, PartialEq)]
pub struct Permission {
    /// The action.
    pub action: String,
    /// The resource that it is needed on.
    pub resource: String,
    /// What almost allows it, and the edit that does.
    pub findings: Findings,
}

/// The object and the policies behind a failed call, as far as they are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Background<'a> {
    /// The ARN of the caller, for replies that do not say who was refused.
    pub caller: Option<&'a str>,
    /// What the object manages and uses, and how much the controller is meant to be allowed.
    pub target: Option<(&'a TargetKey, Privilege, &'a Features)>,
    /// The policies of the principal that was refused.
    pub policies: Option<&'a PrincipalPolicies>,
    /// Those of other principals that may have been meant, each with its name.
    pub elsewhere: &'a [(String, PrincipalPolicies)],
}

/// Understands a reply by itself.
pub fn explain(reply: Reply) -> Diagnosis {
    explain_with(reply, Background::default())
}

/// Understands a failed call, with what is known behind it.
pub fn diagnose(failure: &Failure, background: Background<'_>) -> Diagnosis {
    let mut diagnosis = explain_with(reply_of(failure), background);
    if let Origin::Credentials(fault) = &failure.origin {
        credentials::name(&mut diagnosis, fault, &failure.message);
    }
    diagnosis
}

/// Reads what a failed call says.
pub fn reply_of(failure: &Failure) -> Reply {
    let status = match failure.origin {
        Origin::Service { status, .. } => Some(status),
        _ => None,
    };
    let service = failure.service.iam_prefix();
    let mut reply = match &failure.origin {
        Origin::Credentials(fault) => credentials::reply(fault, &failure.message),
        _ => parse(service, &failure.operation, failure.code(), status, &failure.message),
    };
    if reply.kind == ReplyKind::NotPermission && classify(failure) == Class::Throttled {
        reply.kind = ReplyKind::Throttled;
    }
    reply
}

/// Understands a reply, with what is known behind it.
pub fn explain_with(mut reply: Reply, background: Background<'_>) -> Diagnosis {
    if is_denial(reply.kind) && reply.principal.is_none() {
        reply.principal = background.caller.map(str::to_owned);
    }
    let permissions = background.policies.map(|policies| permissions(&reply, policies, background)).unwrap_or_default();
    let mut summary = advice::summary(&reply);
    if let Some(nearest) = permissions.iter().find_map(|permission| permission.findings.near_misses.first()) {
        summary.push_str(&format!("; {}: {}", nearest.place(), nearest.lacks));
    }
    let (hint, fix) = mend(&reply, &permissions, background);
    Diagnosis {
        subject: subject(&reply),
        who: reply.principal.as_deref().and_then(Principal::parse).map(|principal| principal.to_string()),
        suspects: suspects(&reply, &permissions),
        summary,
        hint,
        fix,
        permissions,
        reply,
    }
}

/// The hint and what mends it. An exact edit takes the place of the sentence that says the same less exactly.
fn mend(reply: &Reply, permissions: &[Permission], background: Background<'_>) -> (String, Fix) {
    let Advice { grant, beside, command } = advice::advice(reply);
    let steps = || permissions.iter().flat_map(|permission| &permission.findings.steps);
    let edits: Vec<PolicyEdit> =
        steps().map(|step| PolicyEdit { edit: step.sentence(), edited_statements: step.statements() }).collect();
    let target = background.target.filter(|_| is_denial(reply.kind));
    let needed = target.map(|(key, privilege, features)| needs(key, privilege, features)).unwrap_or_default();
    let still_needed = background.policies.map(|policies| refused(&needed, policies, &reply.actions()));
    let (hint, notes) = if edits.is_empty() {
        let grant = if is_allowed_here(permissions) { grant.map(|_| advice::look_elsewhere()) } else { grant };
        (grant.into_iter().chain(beside).collect::<Vec<_>>().join(" "), Vec::new())
    } else {
        let hint: Vec<&str> = edits.iter().map(|edit| edit.edit.as_str()).collect();
        (hint.join(" "), advice::who_edits(reply).into_iter().chain(beside).collect())
    };
    let needed = needed.iter().map(|need| need.call.action.to_owned()).collect();
    let denied = reply.actions().into_iter().filter(|_| is_denial(reply.kind)).map(str::to_owned).collect();
    (hint, Fix { denied, edits, notes, command, still_needed: still_needed.unwrap_or_default(), needed })
}

/// What else of the needs the policies do not allow.
fn refused(needed: &[Need], policies: &PrincipalPolicies, named: &[&str]) -> Vec<String> {
    let is_named = |need: &&Need| named.iter().any(|action| action.eq_ignore_ascii_case(need.call.action));
    let is_refused = |need: &&Need| {
        matches!(evaluate(policies, &need.request()).decision, Decision::ImplicitDeny | Decision::ExplicitDeny)
    };
    let refused = needed.iter().filter(|need| !is_named(need)).filter(is_refused);
    refused.map(|need| need.call.action.to_owned()).collect()
}

fn is_denial(kind: ReplyKind) -> bool {
    matches!(kind, ReplyKind::AccessDenied | ReplyKind::MissingPermissions)
}

fn subject(reply: &Reply) -> Subject {
    let makes_slr = reply.actions().iter().any(|action| action.eq_ignore_ascii_case(CREATE_SLR));
    match reply.kind {
        ReplyKind::AccessDenied | ReplyKind::MissingPermissions if makes_slr => Subject::ServiceLinkedRole,
        ReplyKind::AccessDenied
        | ReplyKind::MissingPermissions
        | ReplyKind::AccountNotAuthorized
        | ReplyKind::CrossAccountPassRole => Subject::Permission,
        ReplyKind::ResourceAccessFailed if reply.action.is_some() => Subject::Permission,
        ReplyKind::RoleUnassumable | ReplyKind::ResourceAccessFailed | ReplyKind::SlrAlreadyExists => {
            Subject::ServiceLinkedRole
        }
        ReplyKind::RoleNotFound if advice::slr_service(reply).is_some() => Subject::ServiceLinkedRole,
        ReplyKind::WebIdentityDenied
        | ReplyKind::WebIdentityInvalid
        | ReplyKind::WebIdentityExpired
        | ReplyKind::ExpiredCredentials
        | ReplyKind::InvalidCredentials
        | ReplyKind::ClockSkew
        | ReplyKind::SignatureMismatch
        | ReplyKind::StsRegionDisabled
        | ReplyKind::SessionDuration
        | ReplyKind::NoCredentials
        | ReplyKind::PodIdentityDenied => Subject::Credentials,
        _ => Subject::Other,
    }
}

/// AWS names one kind of policy even if several refuse. Where it names none, or what can be seen allows the action, what
/// cannot be seen is suspect.
fn suspects(reply: &Reply, permissions: &[Permission]) -> Vec<PolicyType> {
    match reply.policy_type {
        Some(policy) => vec![policy],
        None if !is_denial(reply.kind) => Vec::new(),
        None if permissions.is_empty() || is_allowed_here(permissions) => UNSEEN.to_vec(),
        None => Vec::new(),
    }
}

/// Whether what can be seen allows one of them, so that something unseen refuses.
fn is_allowed_here(permissions: &[Permission]) -> bool {
    let first = |permission: &Permission| permission.findings.near_misses.first().map(|near| near.kind);
    permissions.iter().any(|permission| first(permission) == Some(Kind::Invisible))
}

fn permissions(reply: &Reply, policies: &PrincipalPolicies, background: Background<'_>) -> Vec<Permission> {
    let requests = reply.actions().into_iter().filter_map(|action| request(reply, action, policies, background));
    let permission = |request: Request| Permission {
        findings: find(policies, &request, background.elsewhere),
        action: request.action,
        resource: request.resource,
    };
    requests.map(permission).collect()
}

/// What was asked for: by the table where the object is known, since a message names less than a policy needs; else as the
/// message has it. What the policies allow in general was refused on that one resource: a Deny may name an alarm.
fn request(reply: &Reply, action: &str, policies: &PrincipalPolicies, background: Background<'_>) -> Option<Request> {
    let of_table = background.target.and_then(|(key, ..)| need(key, action));
    match (of_table, &reply.resource) {
        (Some(need), Some(resource)) if evaluate(policies, &need.request()).decision == Decision::Allowed => {
            Some(Need { resource: resource.clone(), ..need }.request())
        }
        (Some(need), _) => Some(need.request()),
        (None, Some(resource)) => Some(Request::new(action, resource.as_str())),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests;
