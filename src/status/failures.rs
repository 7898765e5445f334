//! A failed call as a reason, a message and a hint.

use crate::api::status::Reason;
use crate::diagnose::class::{Class, classify};
use crate::model::failure::{Effect, Failure};

/// A failure in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Why.
    pub reason: Reason,
    /// What was attempted and what happened.
    pub message: String,
    /// What to do next.
    pub hint: String,
}

/// Puts a failure into words.
pub fn explain(failure: &Failure) -> Explained {
    let class = classify(failure);
    let reason = match class {
        Class::Throttled => Reason::Throttled,
        Class::Quota => Reason::QuotaExceeded,
        Class::Denied => Reason::AccessDenied,
        Class::Credentials => Reason::CredentialsFailed,
        Class::Invalid => Reason::Refused,
        Class::Dependency if names_the_role(failure) => Reason::ServiceLinkedRoleMissing,
        Class::Dependency => Reason::Propagating,
        Class::Conflict | Class::Gone | Class::Server | Class::Timeout => Reason::WriteFailed,
    };
    let message = match failure.effect {
        Effect::No => failure.to_string(),
        Effect::Unknown => format!("{failure} (whether it took effect is read again before anything else is tried)"),
    };
    Explained { reason, message, hint: hint(class, failure) }
}

/// "Unable to assume IAM role" with the service-linked role's ARN (amazon-bedrock-samples#253).
fn names_the_role(failure: &Failure) -> bool {
    failure.message.contains("AWSServiceRoleForApplicationAutoScaling_ECSService")
}

fn hint(class: Class, failure: &Failure) -> String {
    let action = format!("{}:{}", failure.service.iam_prefix(), failure.operation);
    match class {
        Class::Throttled => "It is tried again, more slowly. If it lasts, lower the number of writers in this \
                             account or raise the interval."
            .to_owned(),
        Class::Conflict => "Somebody else is changing the same thing; it is tried again shortly.".to_owned(),
        Class::Quota => {
            "Raise the quota of Application Auto Scaling or CloudWatch in Service Quotas, or need less.".to_owned()
        }
        Class::Denied => denied_hint(failure, &action),
        Class::Credentials => "Check the controller's credentials: the task role, the service account's role or the \
                               profile. It is tried again by itself."
            .to_owned(),
        Class::Invalid => "AWS refuses a value of this object; correct the field that the message names.".to_owned(),
        Class::Gone => "It is read again with the next pass.".to_owned(),
        Class::Dependency => "The service-linked role of Application Auto Scaling is missing or not usable yet. If it \
                              lasts: aws iam create-service-linked-role --aws-service-name \
                              ecs.application-autoscaling.amazonaws.com"
            .to_owned(),
        Class::Server | Class::Timeout => "It is tried again by itself.".to_owned(),
    }
}

/// Application Auto Scaling lists permissions of the caller that it found missing, in a ValidationException (S-015).
fn denied_hint(failure: &Failure, action: &str) -> String {
    let missing = failure.message.split_once("missing the following permissions:").map(|(_, list)| list.trim());
    match missing {
        Some(list) if list.contains("iam:CreateServiceLinkedRole") => format!(
            "Allow iam:CreateServiceLinkedRole with the condition iam:AWSServiceName = \
             ecs.application-autoscaling.amazonaws.com to the role that this controller uses, or make the role once: \
             aws iam create-service-linked-role --aws-service-name ecs.application-autoscaling.amazonaws.com. Missing: \
             {list}"
        ),
        Some(list) => format!("Allow these actions to the role that this controller uses: {list}"),
        None => format!("Allow {action} to the role that this controller uses."),
    }
}
