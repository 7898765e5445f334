//! Credentials that could not be had: from which source, what failed, and what a person does next.
//!
//! Owns the advice for each source. What AWS refused is read by [`parse`](super::parse), as any reply is.

use super::advice;
use super::explain::{Diagnosis, Subject};
use super::parse::{Reply, ReplyKind, parse, sanitise};
use crate::model::credentials::{CredentialFault, CredentialSource};

/// What a failed source says.
pub(super) fn reply(fault: &CredentialFault, message: &str) -> Reply {
    let (operation, code) = match &fault.refused {
        Some(refused) => (refused.operation.as_str(), Some(refused.code.as_str())),
        None => ("", None),
    };
    let mut reply = parse("sts", operation, code, None, message);
    // A source says that it has none in many ways.
    if fault.refused.is_none() && reply.kind != ReplyKind::Throttled || reply.kind == ReplyKind::NotPermission {
        reply.kind = ReplyKind::NoCredentials;
    }
    reply
}

/// Names the source, and says what helps with it.
pub(super) fn name(diagnosis: &mut Diagnosis, fault: &CredentialFault, message: &str) {
    diagnosis.subject = Subject::Credentials;
    let Some(source) = &fault.source else { return };
    let says = if diagnosis.reply.kind == ReplyKind::NoCredentials {
        diagnosis.hint = hint(source, message);
        if message.is_empty() || message == NOTHING { nothing(source).to_owned() } else { sanitise(message) }
    } else {
        std::mem::take(&mut diagnosis.summary)
    };
    diagnosis.summary = format!("{}: {says}", sanitise(&source.to_string()));
}

/// What the SDK says where a source has nothing to say.
const NOTHING: &str = "the credential provider was not enabled";

fn nothing(source: &CredentialSource) -> &'static str {
    match source {
        CredentialSource::Profile(_) => "it names no credentials, or there is no such profile",
        _ => "it gave no credentials",
    }
}

/// A phrase of a message, in lower case, and what helps. The first that is found counts; an empty one is always found.
type Advice = &'static [(&'static str, &'static str)];

const EVERYWHERE: Advice = &[
    ("missing region", "Set AWS_REGION: STS is asked in a region."),
    ("region must be set", "Set AWS_REGION: STS is asked in a region."),
];

const WEB_IDENTITY: Advice = &[
    (
        "no such file",
        "Check AWS_WEB_IDENTITY_TOKEN_FILE, and that the token is mounted there. On EKS the pod's service account carries \
         the annotation eks.amazonaws.com/role-arn, and a pod that is older than it must be made anew.",
    ),
    (
        "permission denied",
        "Let the process's user read the token file: on EKS, set securityContext.fsGroup of the pod.",
    ),
    ("aws_role_arn", "Set AWS_ROLE_ARN to the role that the token is for."),
    ("utf-8", "The file holds no token: let AWS_WEB_IDENTITY_TOKEN_FILE name the projected one."),
    (
        "",
        "Check that STS can be reached from here: a route or a VPC endpoint, a proxy with NO_PROXY, and the region. It is \
         tried again by itself.",
    ),
];

const CONTAINER: Advice = &[
    (
        "no such file",
        "Check AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, and that the token is mounted there: EKS Pod Identity does it for \
         pods that are made after their association.",
    ),
    ("permission denied", "Let the process's user read the authorization token's file."),
    (
        "auth token could not be used",
        "The authorization token holds what no HTTP header may, such as a line break: write the file without it.",
    ),
    (
        "invalid full uri",
        "Correct AWS_CONTAINER_CREDENTIALS_FULL_URI: without https it must be loopback, 169.254.170.2 or 169.254.170.23.",
    ),
    ("invalid relative uri", "Correct AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: it is a path, as ECS sets it."),
    (
        "provider: statuscode(4",
        "The endpoint refuses: on EKS check the pod identity association of this namespace and service account, and that \
         the role trusts pods.eks.amazonaws.com; on ECS check the task definition's taskRoleArn.",
    ),
    (
        "provider: statuscode(5",
        "The endpoint fails: see the log of the EKS Pod Identity agent or the ECS agent on this node. It is tried again \
         by itself.",
    ),
    (
        "json",
        "What answers there gives no credentials: check AWS_CONTAINER_CREDENTIALS_FULL_URI, and that no proxy stands \
         between (NO_PROXY).",
    ),
    (
        "field",
        "What answers there gives no credentials: check AWS_CONTAINER_CREDENTIALS_FULL_URI, and that no proxy stands \
         between (NO_PROXY).",
    ),
    (
        "",
        "The endpoint does not answer: check that the EKS Pod Identity agent, or the ECS agent, runs on this node, and \
         that no proxy stands between (NO_PROXY). It is tried again by itself.",
    ),
];

const PROFILE: Advice = &[
    ("infinite loop", "Break the loop: let one of the profiles name credentials instead of a source_profile."),
    (
        "was not defined",
        "Write the profile that the message names into ~/.aws/config, as [profile NAME], or correct AWS_PROFILE or \
         source_profile.",
    ),
    ("sso-session", "Write the sso-session that the message names into ~/.aws/config, as [sso-session NAME]."),
    ("sso token", "Log in again: aws sso login --profile NAME. A daemon needs a role instead: nobody logs in for it."),
    (
        "access token",
        "Log in again: aws sso login --profile NAME. A daemon needs a role instead: nobody logs in for it.",
    ),
    ("session token not found", "Log in again: aws sso login --profile NAME. A daemon needs a role instead."),
    (
        "external process",
        "Run the profile's credential_process by hand, as the process's user: it must exit with 0 and write JSON with \
         Version 1, AccessKeyId and SecretAccessKey. What it says on standard error is not shown here, as it may be secret.",
    ),
    ("no such file", "Check the file that the profile names, and that it is there for the process."),
    ("permission denied", "Let the process's user read the file that the profile names."),
    (
        "",
        "Check the profile in ~/.aws/config and ~/.aws/credentials, or the files that AWS_CONFIG_FILE and \
         AWS_SHARED_CREDENTIALS_FILE name: `aws sts get-caller-identity --profile NAME` must work.",
    ),
];

const ROLE: Advice = &[(
    "",
    "Check that STS can be reached from here: a route or a VPC endpoint, a proxy with NO_PROXY, and that the account's \
     first region is an enabled one. It is tried again by itself.",
)];

fn hint(source: &CredentialSource, message: &str) -> String {
    let of_source = match source {
        CredentialSource::WebIdentity { .. } => WEB_IDENTITY,
        CredentialSource::Container { .. } => CONTAINER,
        CredentialSource::Profile(_) => PROFILE,
        CredentialSource::Role { .. } => ROLE,
        CredentialSource::Environment => &[(
            "",
            "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or none of them and give the process a role.",
        )],
        CredentialSource::Instance | CredentialSource::Fixed => &[],
    };
    let text = message.to_lowercase();
    let found = EVERYWHERE.iter().chain(of_source).find(|(phrase, _)| text.contains(phrase));
    let hint = found.map_or_else(|| advice::of_kind(ReplyKind::NoCredentials), |(_, hint)| hint);
    match source {
        CredentialSource::Profile(name) => hint.replace("--profile NAME", &format!("--profile {}", sanitise(name))),
        _ => hint.to_owned(),
    }
}
