//! A failed call as a reason, a message and a hint.

use crate::api::fix::Fix;
use crate::api::status::Reason;
use crate::diagnose::class::{Class, classify};
use crate::diagnose::explain::{Background, Diagnosis, diagnose};
use crate::diagnose::parse::{ReplyKind, sanitise};
use crate::model::failure::{Effect, Failure, Origin};
use crate::model::role::SLR_NAME;

/// A failure in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Why.
    pub reason: Reason,
    /// What was attempted and what happened.
    pub message: String,
    /// What to do next.
    pub hint: String,
    /// What mends it, as far as it is known.
    pub fix: Fix,
}

/// Puts a failure into words, by what it says itself.
pub fn explain(failure: &Failure) -> Explained {
    explain_with(failure, &diagnose(failure, Background::default()))
}

/// Puts a failure into words that was looked into.
pub fn explain_with(failure: &Failure, diagnosis: &Diagnosis) -> Explained {
    let class = classify(failure);
    let reason = match class {
        Class::Throttled => Reason::Throttled,
        Class::Quota => Reason::QuotaExceeded,
        Class::Denied => Reason::AccessDenied,
        Class::Credentials => Reason::CredentialsFailed,
        Class::Invalid => Reason::Refused,
        Class::Dependency if failure.message.contains(SLR_NAME) => Reason::ServiceLinkedRoleMissing,
        Class::Dependency => Reason::Propagating,
        Class::Conflict | Class::Gone | Class::Server | Class::Timeout => Reason::WriteFailed,
    };
    let attempted = format!("{}:{}", failure.service.iam_prefix(), failure.operation);
    let mut message = match diagnosis.reply.kind {
        _ if matches!(failure.origin, Origin::Credentials(_)) && class == Class::Credentials => {
            format!("{attempted} could not be signed: {}", diagnosis.summary)
        }
        ReplyKind::NotPermission | ReplyKind::Throttled => sanitise(&failure.to_string()),
        _ => format!("{attempted} was refused: {}", diagnosis.summary),
    };
    if failure.effect == Effect::Unknown {
        message.push_str(" (whether it took effect is read again before anything else is tried)");
    }
    Explained { reason, message, hint: hint(class, diagnosis), fix: diagnosis.fix.clone() }
}

fn hint(class: Class, diagnosis: &Diagnosis) -> String {
    let text = match class {
        Class::Denied | Class::Credentials | Class::Dependency => return diagnosis.hint.clone(),
        Class::Throttled => {
            "It is tried again, more slowly. If it lasts, lower the number of writers in this account or raise the \
             interval."
        }
        Class::Conflict => "Somebody else is changing the same thing; it is tried again shortly.",
        Class::Quota => "Raise the quota of Application Auto Scaling or CloudWatch in Service Quotas, or need less.",
        Class::Invalid => "AWS refuses a value of this object; correct the field that the message names.",
        Class::Gone => "It is read again with the next pass.",
        Class::Server | Class::Timeout => "It is tried again by itself.",
    };
    text.to_owned()
}
