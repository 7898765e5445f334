//! Replies that are no refusal sentence: told by their text, else by their code, else by their status.

use super::ReplyKind;
use super::text::{Text, bare};

/// What is known beside the message.
pub(super) struct Context<'a> {
    pub(super) service: &'a str,
    pub(super) operation: &'a str,
    pub(super) code: Option<&'a str>,
    pub(super) http_status: Option<u16>,
}

/// Texts in lower case; the first that is found counts.
const TEXTS: &[(&str, ReplyKind)] = &[
    ("eks does not have permissions to assume", ReplyKind::PodIdentityDenied),
    ("account is not authorized", ReplyKind::AccountNotAuthorized),
    ("cross-account pass role is not allowed", ReplyKind::CrossAccountPassRole),
    ("has been taken in this account", ReplyKind::SlrAlreadyExists),
    ("custom suffix is not allowed", ReplyKind::SlrSuffixNotAllowed),
    ("only modifiable by aws", ReplyKind::ProtectedRole),
    ("on the protected role", ReplyKind::ProtectedRole),
    ("does not clearly define entity type and name", ReplyKind::InvalidPolicySource),
    ("invalid entity arn", ReplyKind::InvalidPolicySource),
    ("no openidconnect provider found", ReplyKind::WebIdentityInvalid),
    ("couldn't retrieve verification key", ReplyKind::WebIdentityInvalid),
    ("incorrect token audience", ReplyKind::WebIdentityInvalid),
    ("token expired: current date/time", ReplyKind::WebIdentityExpired),
    ("signature not yet current", ReplyKind::ClockSkew),
    ("signature expired", ReplyKind::ClockSkew),
    ("difference between the request time and the current time is too large", ReplyKind::ClockSkew),
    ("signature we calculated does not match", ReplyKind::SignatureMismatch),
    ("token included in the request is expired", ReplyKind::ExpiredCredentials),
    ("provided token has expired", ReplyKind::ExpiredCredentials),
    ("token included in the request is invalid", ReplyKind::InvalidCredentials),
    ("access key id you provided does not exist", ReplyKind::InvalidCredentials),
    ("sts is not activated in this region", ReplyKind::StsRegionDisabled),
    ("session limit for roles assumed by role chaining", ReplyKind::SessionDuration),
    ("exceeds the maxsessionduration", ReplyKind::SessionDuration),
    ("needs a subscription for the service", ReplyKind::ServiceNotSubscribed),
    ("unable to assume", ReplyKind::RoleUnassumable),
    ("no providers in chain provided credentials", ReplyKind::NoCredentials),
    ("credentials not found", ReplyKind::NoCredentials),
    ("ecs provider not configured", ReplyKind::NoCredentials),
    ("aws_role_arn environment variable must be set", ReplyKind::NoCredentials),
    ("environment variable must be set", ReplyKind::NoCredentials),
    ("credential provider was not enabled", ReplyKind::NoCredentials),
    ("failed to select an auth scheme", ReplyKind::NoCredentials),
    ("unable to locate credentials", ReplyKind::NoCredentials),
    ("could not load credentials", ReplyKind::NoCredentials),
    ("rate exceeded", ReplyKind::Throttled),
    ("access denied", ReplyKind::AccessDenied),
    ("not authorized to perform this operation", ReplyKind::AccessDenied),
];

pub(super) fn kind(context: &Context<'_>, text: &Text) -> ReplyKind {
    if missing_role(text).is_some() {
        return ReplyKind::RoleNotFound;
    }
    if let Some((_, kind)) = TEXTS.iter().find(|(phrase, _)| text.contains(phrase)) {
        return *kind;
    }
    let of_code = |code| by_code(context, code);
    let by_code = match context.code {
        Some(code) => of_code(code),
        // A pasted message often holds the code: `… (AccessDenied) when calling …`, `AccessDenied: …`.
        None => text.words().find_map(|word| of_code(super::super::class::bare_code(bare(word)))),
    };
    by_code.or_else(|| by_status(context.http_status?)).unwrap_or(ReplyKind::NotPermission)
}

fn by_code(context: &Context<'_>, code: &str) -> Option<ReplyKind> {
    Some(match code {
        "AccessDenied" if context.service == "eks-pod-identity" => ReplyKind::PodIdentityDenied,
        "AccessDenied" if context.operation == "AssumeRoleWithWebIdentity" => ReplyKind::WebIdentityDenied,
        "AccessDenied" | "UnauthorizedOperation" | "AuthorizationError" | "NotAuthorized" => ReplyKind::AccessDenied,
        "ExpiredToken" if context.operation == "AssumeRoleWithWebIdentity" => ReplyKind::WebIdentityExpired,
        "ExpiredToken" => ReplyKind::ExpiredCredentials,
        "UnrecognizedClient" | "InvalidClientTokenId" | "InvalidAccessKeyId" => ReplyKind::InvalidCredentials,
        "RequestTimeTooSkewed" | "RequestExpired" => ReplyKind::ClockSkew,
        "SignatureDoesNotMatch" | "InvalidSignature" => ReplyKind::SignatureMismatch,
        "InvalidIdentityToken" | "IDPRejectedClaim" => ReplyKind::WebIdentityInvalid,
        "RegionDisabled" => ReplyKind::StsRegionDisabled,
        "SubscriptionRequired" | "OptInRequired" => ReplyKind::ServiceNotSubscribed,
        "MissingAuthenticationToken" | "InvalidIdInRequest" => ReplyKind::NoCredentials,
        "Throttling" | "Throttled" | "TooManyRequests" | "RequestLimitExceeded" => ReplyKind::Throttled,
        _ => return None,
    })
}

fn by_status(status: u16) -> Option<ReplyKind> {
    match status {
        403 => Some(ReplyKind::AccessDenied),
        429 => Some(ReplyKind::Throttled),
        _ => None,
    }
}

/// Whether Application Auto Scaling says that it failed to reach another service.
pub(super) fn is_resource_access(code: Option<&str>, text: &Text) -> bool {
    code == Some("FailedResourceAccess")
        || text.contains("failedresourceaccessexception")
        || text.contains("unable to retrieve alarms for scaling policy")
}

/// The code in `(Service: AmazonCloudWatch; Status Code: 403; Error Code: X; Request ID: …)`.
pub(super) fn nested_code(text: &Text) -> Option<String> {
    let rest = text.after("error code:")?;
    // A code is one word: a line break in it is wrapping.
    let code = rest.split([';', ')', ',']).next().map(bare)?.replace('\n', "");
    code.split(' ').next().filter(|code| !code.is_empty()).map(str::to_owned)
}

/// `role/NAME` of "The role with name NAME cannot be found".
pub(super) fn missing_role(text: &Text) -> Option<String> {
    let name = text.after("role with name ")?.split_whitespace().next().map(bare)?;
    (text.contains("cannot be found") && !name.is_empty()).then(|| format!("role/{name}"))
}

/// The first role ARN in a text. A line break behind a slash is wrapping: service-linked roles have long paths.
pub(super) fn role_arn(text: &Text) -> Option<String> {
    let at = text.find("arn:", 0)?;
    let mut arn = String::new();
    for line in text.slice(at, text.len()).split('\n') {
        let word = line.split(' ').next().unwrap_or_default();
        arn.push_str(word);
        if word.len() < line.len() || !word.ends_with('/') {
            break;
        }
    }
    let arn = bare(&arn);
    arn.contains(":role/").then(|| arn.to_owned())
}
