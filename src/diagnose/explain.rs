//! An AWS error, understood: who, what, where, by which policy, and what to change.
//!
//! Puts together what the message says ([`parse`](super::parse)) and what the principal's policies show
//! ([`near_miss`](super::near_miss)). Must not read policies itself: it is handed them, or goes without.

use serde::Serialize;

use super::advice::{self, CREATE_SLR, UNSEEN, listed};
use super::class::{Class, classify};
use super::near_miss::{Edit, Findings, NearMiss, find};
use super::needs::{For, Need, Privilege, need, needs};
use super::parse::{PolicyType, Reply, ReplyKind, parse};
use super::principal::Principal;
use crate::model::failure::{Failure, Origin};
use crate::model::iam::{PrincipalPolicies, Request};
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
    /// Everything that the object needs, so that one fix is enough; empty where no object is known.
    #[serde(skip)]
    pub needed: Vec<Need>,
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

impl Permission {
    /// The edit in one line, where one was proved.
    pub fn edit(&self) -> Option<&str> {
        self.findings.remedy_line.as_deref()
    }
}

/// The object and the policies behind a failed call, as far as they are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Background<'a> {
    /// The ARN of the caller, for replies that do not say who was refused.
    pub caller: Option<&'a str>,
    /// What the object manages, how much the controller is meant to be allowed, and what the object has.
    pub target: Option<(&'a TargetKey, Privilege, For)>,
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
    explain_with(reply_of(failure), background)
}

/// Reads what a failed call says.
pub fn reply_of(failure: &Failure) -> Reply {
    let status = match failure.origin {
        Origin::Service { status, .. } => Some(status),
        _ => None,
    };
    let service = failure.service.iam_prefix();
    let mut reply = parse(service, &failure.operation, failure.code(), status, &failure.message);
    // The credential chain says that there are none in many ways.
    if failure.origin == Origin::Credentials && reply.kind == ReplyKind::NotPermission {
        reply.kind = ReplyKind::NoCredentials;
    }
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
    let (mut summary, mut hint) = (advice::summary(&reply), advice::hint(&reply));
    if let Some(nearest) = permissions.iter().find_map(|permission| permission.findings.near_misses.first()) {
        summary.push_str(&format!("; {}: {}", nearest.place(), nearest.lacks));
    }
    let edits: Vec<String> = permissions
        .iter()
        .filter_map(|permission| {
            let is_edited = |near: &&NearMiss| near.changes.iter().any(|c| !matches!(c.edit, Edit::Add { .. }));
            let place = permission.findings.near_misses.first().filter(is_edited);
            let place = place.map_or_else(String::new, |near| format!("In {}: ", near.place()));
            permission.edit().map(|edit| format!("{place}{edit}."))
        })
        .collect();
    if !edits.is_empty() {
        hint = format!("{} {hint}", edits.join(" "));
    }
    let needed = background.target.map(|(key, privilege, objects)| needs(key, privilege, objects)).unwrap_or_default();
    if is_denial(reply.kind) && !needed.is_empty() {
        let all: Vec<&str> = needed.iter().map(|need| need.call.action).collect();
        hint.push_str(&format!(" All that this object needs: {}.", listed(&all)));
    }
    Diagnosis {
        subject: subject(&reply),
        who: reply.principal.as_deref().and_then(Principal::parse).map(|principal| principal.to_string()),
        suspects: suspects(&reply, &permissions),
        summary,
        hint,
        permissions,
        needed,
        reply,
    }
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
    let is_allowed_here = |permission: &Permission| {
        permission.findings.near_misses.first().is_some_and(|near| near.kind == super::near_miss::Kind::Invisible)
    };
    match reply.policy_type {
        Some(policy) => vec![policy],
        None if !is_denial(reply.kind) => Vec::new(),
        None if permissions.is_empty() || permissions.iter().any(is_allowed_here) => UNSEEN.to_vec(),
        None => Vec::new(),
    }
}

fn permissions(reply: &Reply, policies: &PrincipalPolicies, background: Background<'_>) -> Vec<Permission> {
    let requests = reply.actions().into_iter().filter_map(|action| request(reply, action, background));
    let permission = |request: Request| Permission {
        findings: find(policies, &request, background.elsewhere),
        action: request.action,
        resource: request.resource,
    };
    requests.map(permission).collect()
}

/// What was asked for: by the table where the object is known, since a message names less than a policy needs; else as the
/// message has it.
fn request(reply: &Reply, action: &str, background: Background<'_>) -> Option<Request> {
    let of_table = background.target.and_then(|(key, ..)| need(key, action));
    match (of_table, &reply.resource) {
        (Some(need), _) => Some(need.request()),
        (None, Some(resource)) => Some(Request::new(action, resource.as_str())),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests;
