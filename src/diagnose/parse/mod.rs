//! What an AWS error says: the facts of a message, whatever surrounds the sentence that holds them.
//!
//! Owns the words that AWS uses for refusals. Must not decide what to do about one. Reading takes linear time and never
//! fails: a text that says nothing known is [`ReplyKind::NotPermission`]. Every text that comes out is sanitised.

mod kinds;
mod sentence;
mod text;

use serde::{Serialize, Serializer};

pub use text::sanitise;

/// What kind of reply it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReplyKind {
    /// Application Auto Scaling lists what its caller lacks, without saying who that is or why.
    MissingPermissions,
    /// The standard sentence, or a bare "Access Denied".
    AccessDenied,
    /// "Account is not authorized".
    AccountNotAuthorized,
    /// A RoleARN of another account was sent.
    CrossAccountPassRole,
    /// AWS cannot assume a role that it needs: missing, just made, or not trusting the service.
    RoleUnassumable,
    /// Application Auto Scaling could not reach CloudWatch with its role.
    ResourceAccessFailed,
    /// The service-linked role is there already.
    SlrAlreadyExists,
    /// A suffix was sent for a service-linked role that has none.
    SlrSuffixNotAllowed,
    /// A role that only AWS can change.
    ProtectedRole,
    /// A role that does not exist.
    RoleNotFound,
    /// The simulator was given a session's ARN and not a role's.
    InvalidPolicySource,
    /// Too many requests.
    Throttled,
    /// The role's trust policy refuses the web identity.
    WebIdentityDenied,
    /// The web identity's provider or token is not accepted.
    WebIdentityInvalid,
    /// The web identity's token is too old.
    WebIdentityExpired,
    /// The credentials were good once.
    ExpiredCredentials,
    /// AWS does not know the credentials.
    InvalidCredentials,
    /// The machine's clock is wrong.
    ClockSkew,
    /// The secret key does not belong to the key id.
    SignatureMismatch,
    /// The region's STS endpoint is off for the account.
    StsRegionDisabled,
    /// A session longer than the role, or role chaining, allows.
    SessionDuration,
    /// The account has not signed up for the service.
    ServiceNotSubscribed,
    /// There are no credentials at all.
    NoCredentials,
    /// EKS Pod Identity may not assume the pod's role.
    PodIdentityDenied,
    /// Nothing about permissions or credentials.
    NotPermission,
}

impl ReplyKind {
    /// The kind as JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingPermissions => "missing_permissions",
            Self::AccessDenied => "access_denied",
            Self::AccountNotAuthorized => "account_not_authorized",
            Self::CrossAccountPassRole => "cross_account_pass_role",
            Self::RoleUnassumable => "role_unassumable",
            Self::ResourceAccessFailed => "resource_access_failed",
            Self::SlrAlreadyExists => "slr_already_exists",
            Self::SlrSuffixNotAllowed => "slr_suffix_not_allowed",
            Self::ProtectedRole => "protected_role",
            Self::RoleNotFound => "role_not_found",
            Self::InvalidPolicySource => "invalid_policy_source",
            Self::Throttled => "throttled",
            Self::WebIdentityDenied => "web_identity_denied",
            Self::WebIdentityInvalid => "web_identity_invalid",
            Self::WebIdentityExpired => "web_identity_expired",
            Self::ExpiredCredentials => "expired_credentials",
            Self::InvalidCredentials => "invalid_credentials",
            Self::ClockSkew => "clock_skew",
            Self::SignatureMismatch => "signature_mismatch",
            Self::StsRegionDisabled => "sts_region_disabled",
            Self::SessionDuration => "session_duration",
            Self::ServiceNotSubscribed => "service_not_subscribed",
            Self::NoCredentials => "no_credentials",
            Self::PodIdentityDenied => "pod_identity_denied",
            Self::NotPermission => "not_permission",
        }
    }
}

impl Serialize for ReplyKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The kind of policy that refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyType {
    /// A policy of the principal: inline or attached.
    Identity,
    /// The resource's own policy.
    Resource,
    /// The organization's service control policy.
    Scp,
    /// The organization's resource control policy.
    Rcp,
    /// The principal's permissions boundary.
    PermissionsBoundary,
    /// The policy handed to AssumeRole.
    Session,
    /// The policy of the VPC endpoint that the call went through.
    VpcEndpoint,
    /// The policy that says who may assume the role.
    RoleTrust,
}

impl PolicyType {
    /// The type as JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
            Self::PermissionsBoundary => "permissions_boundary",
            Self::Session => "session",
            Self::VpcEndpoint => "vpc_endpoint",
            Self::RoleTrust => "role_trust",
        }
    }

    /// The type as a person says it.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::Scp => "service control policy (SCP)",
            Self::Rcp => "resource control policy (RCP)",
            Self::PermissionsBoundary => "permissions boundary",
            Self::Session => "session policy",
            Self::VpcEndpoint => "VPC endpoint policy",
            Self::RoleTrust => "role trust policy",
        }
    }
}

impl Serialize for PolicyType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The facts of one AWS error. What the message does not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// What it is.
    pub kind: ReplyKind,
    /// Who was refused, as AWS named them: a user's, role's or session's ARN.
    pub principal: Option<String>,
    /// The action refused; of several missing ones, the first.
    pub action: Option<String>,
    /// The resource, as AWS named it: mostly an ARN, sometimes `role NAME` or `*`.
    pub resource: Option<String>,
    /// The one kind of policy that AWS names, even if several refuse.
    pub policy_type: Option<PolicyType>,
    /// Whether a Deny matched (true) or no Allow did (false).
    pub explicit_deny: Option<bool>,
    /// What Application Auto Scaling says its caller lacks, in its order.
    pub missing_permissions: Option<Vec<String>>,
    /// The role that could not be assumed.
    pub role_arn: Option<String>,
    /// The policy that holds the Deny.
    pub policy_arn: Option<String>,
    /// The policy through which the refusal came about.
    pub transitive_policy_type: Option<PolicyType>,
    /// The id for iam:GetRequestAuthorizationDetails.
    pub authorization_id: Option<String>,
    /// What sts:DecodeAuthorizationMessage would decode.
    pub encoded_message: Option<String>,
    /// The code that another service answered to the one that was called.
    pub nested_code: Option<String>,
}

impl Reply {
    fn of(kind: ReplyKind) -> Self {
        Self {
            kind,
            principal: None,
            action: None,
            resource: None,
            policy_type: None,
            explicit_deny: None,
            missing_permissions: None,
            role_arn: None,
            policy_arn: None,
            transitive_policy_type: None,
            authorization_id: None,
            encoded_message: None,
            nested_code: None,
        }
    }

    /// Every action that the reply names: the missing ones, or the one refused.
    pub fn actions(&self) -> Vec<&str> {
        match &self.missing_permissions {
            Some(missing) => missing.iter().map(String::as_str).collect(),
            None => self.action.iter().map(String::as_str).collect(),
        }
    }
}

/// Reads an AWS error. `service` is a name such as `ecs`; only `message` must hold something.
pub fn parse(service: &str, operation: &str, code: Option<&str>, http_status: Option<u16>, message: &str) -> Reply {
    let text = text::Text::new(message);
    let code = code.map(super::class::bare_code).filter(|code| !code.is_empty());
    if let Some(missing) = sentence::missing_permissions(&text) {
        let action = missing.first().cloned();
        return Reply { action, missing_permissions: Some(missing), ..Reply::of(ReplyKind::MissingPermissions) };
    }
    let refused = sentence::refusal(&text);
    if kinds::is_resource_access(code, &text) {
        let kind = ReplyKind::ResourceAccessFailed;
        return Reply { kind, nested_code: kinds::nested_code(&text), ..refused.unwrap_or_else(|| Reply::of(kind)) };
    }
    if let Some(refused) = refused {
        return refused;
    }
    let kind = kinds::kind(&kinds::Context { service, operation, code, http_status }, &text);
    let resource = (kind == ReplyKind::RoleNotFound).then(|| kinds::missing_role(&text)).flatten();
    let role_arn = (kind == ReplyKind::RoleUnassumable).then(|| kinds::role_arn(&text)).flatten();
    Reply { resource, role_arn, ..Reply::of(kind) }
}

#[cfg(test)]
mod tests;
