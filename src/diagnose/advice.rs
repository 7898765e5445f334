//! What each kind of reply means in plain words, and what a person does next.
//!
//! Owns the sentences. Every text of AWS's in them was sanitised when the reply was read.

use super::parse::{PolicyType, Reply, ReplyKind};
use super::principal::{Principal, PrincipalKind};
use crate::model::role::{CREATE_SLR_COMMAND, SLR_NAME, SLR_SERVICE};

/// What may refuse without being seen in a principal's own policies.
pub(super) const UNSEEN: &[PolicyType] =
    &[PolicyType::Scp, PolicyType::Rcp, PolicyType::Session, PolicyType::VpcEndpoint];

pub(super) const CREATE_SLR: &str = "iam:CreateServiceLinkedRole";
const PASS_ROLE: &str = "iam:PassRole";

/// The service whose service-linked role a reply is about: read from the role's ARN, since it may be another service's;
/// ours where Application Auto Scaling names none.
pub(super) fn slr_service(reply: &Reply) -> Option<&str> {
    let named = [&reply.resource, &reply.role_arn].into_iter().flatten().find_map(|arn| {
        let (_, path) = arn.split_once(":role/aws-service-role/")?;
        path.split('/').next().filter(|service| is_service_principal(service))
    });
    let names_none = reply.resource.is_none() && names(reply, CREATE_SLR);
    let is_probe = reply.resource.as_deref().is_some_and(|resource| resource.ends_with(SLR_NAME));
    named.or_else(|| (names_none || is_probe).then_some(SLR_SERVICE))
}

/// It goes into a command that people copy, and a message may say anything.
fn is_service_principal(text: &str) -> bool {
    let is_domain = text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn");
    is_domain && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

fn names(reply: &Reply, action: &str) -> bool {
    reply.actions().iter().any(|named| named.eq_ignore_ascii_case(action))
}

/// What makes the service-linked role that a reply is about.
fn create_command(reply: &Reply) -> String {
    match slr_service(reply) {
        Some(service) if service != SLR_SERVICE => {
            format!("aws iam create-service-linked-role --aws-service-name {service}")
        }
        _ => CREATE_SLR_COMMAND.to_owned(),
    }
}

fn who(reply: &Reply) -> String {
    match reply.principal.as_deref() {
        Some(arn) => Principal::parse(arn).map_or_else(|| arn.to_owned(), |principal| principal.to_string()),
        None => "the caller".to_owned(),
    }
}

fn where_to_edit(reply: &Reply) -> String {
    let principal = reply.principal.as_deref().and_then(Principal::parse);
    principal.map_or_else(|| "in a policy of the caller's role".to_owned(), |principal| principal.where_to_edit())
}

/// Words with "a" or "an" before them.
pub fn with_article(words: &str) -> String {
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {words}")
}

/// A sentence's beginning.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Names joined with commas.
pub(super) fn listed<T: AsRef<str>>(items: &[T]) -> String {
    items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// What happened, in one sentence without a stop.
pub(super) fn summary(reply: &Reply) -> String {
    let text = match reply.kind {
        ReplyKind::AccessDenied => return denial(reply),
        ReplyKind::MissingPermissions => {
            let lacks = listed(&reply.actions());
            return match reply.principal {
                Some(_) => format!(
                    "Application Auto Scaling says that its caller, {}, lacks {lacks}; it does not say on what or why",
                    who(reply)
                ),
                None => format!(
                    "Application Auto Scaling says that its caller lacks {lacks}; it does not say who, on what or why"
                ),
            };
        }
        ReplyKind::RoleUnassumable => {
            let role = reply.role_arn.as_deref().unwrap_or("a role that it needs");
            return format!("AWS cannot assume {role}: it is absent, was just made, or does not trust the service");
        }
        ReplyKind::ResourceAccessFailed => {
            let code = reply.nested_code.as_deref().map_or_else(String::new, |code| format!(" ({code})"));
            return format!("Application Auto Scaling could not reach CloudWatch with its service-linked role{code}");
        }
        ReplyKind::RoleNotFound => {
            return format!("{} does not exist", reply.resource.as_deref().unwrap_or("the role"));
        }
        ReplyKind::AccountNotAuthorized => "the account is not authorized to use the service",
        ReplyKind::CrossAccountPassRole => "a RoleARN of another account was sent, which is never allowed",
        ReplyKind::SlrAlreadyExists => "the service-linked role exists already",
        ReplyKind::SlrSuffixNotAllowed => "the service allows no suffix in its service-linked role's name",
        ReplyKind::ProtectedRole => "the role belongs to AWS, and only AWS can change it",
        ReplyKind::InvalidPolicySource => "policies belong to a role, and the ARN of a session was given",
        ReplyKind::Throttled => "AWS answered that there were too many requests",
        ReplyKind::WebIdentityDenied => "the role's trust policy does not let this web identity assume the role",
        ReplyKind::WebIdentityInvalid => {
            "the web identity's provider is not known to IAM, or its token is not accepted"
        }
        ReplyKind::WebIdentityExpired => "the web identity's token has expired",
        ReplyKind::ExpiredCredentials => "the credentials have expired",
        ReplyKind::InvalidCredentials => "AWS does not know the credentials",
        ReplyKind::ClockSkew => "this machine's clock differs from AWS's by more than AWS accepts",
        ReplyKind::SignatureMismatch => "the signature is wrong: the secret key does not belong to the access key id",
        ReplyKind::StsRegionDisabled => "STS is not activated for the account in this region",
        ReplyKind::SessionDuration => "the session asked for is longer than the role, or role chaining, allows",
        ReplyKind::ServiceNotSubscribed => "the account has no subscription for the service",
        ReplyKind::NoCredentials => "no AWS credentials were found",
        ReplyKind::PodIdentityDenied => "EKS Pod Identity may not assume the role associated with the service account",
        ReplyKind::NotPermission => "this is no matter of permissions or credentials",
    };
    text.to_owned()
}

fn denial(reply: &Reply) -> String {
    let Some(action) = &reply.action else { return "AWS denied access and did not say to what".to_owned() };
    let on = reply.resource.as_deref().map_or_else(String::new, |resource| format!(" on {resource}"));
    let by = match (reply.policy_type, reply.explicit_deny) {
        (Some(policy), Some(true)) => format!(": {} denies it explicitly", with_article(policy.in_words())),
        (Some(policy), _) => format!(": no {} allows it", policy.in_words()),
        (None, Some(true)) => ": a policy denies it explicitly".to_owned(),
        (None, _) => String::new(),
    };
    let named = reply.policy_arn.as_deref().map_or_else(String::new, |arn| format!(" ({arn})"));
    format!("{} is not allowed {action}{on}{by}{named}", who(reply))
}

/// What a person does next, as sentences.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Advice {
    /// What is to be allowed, and where; an exact edit of the policy says it better.
    pub(super) grant: Option<String>,
    /// What holds beside an exact edit as well.
    pub(super) beside: Vec<String>,
    /// A command that helps, once.
    pub(super) command: Option<String>,
}

impl Advice {
    fn beside(sentence: impl Into<String>) -> Self {
        Self { beside: vec![sentence.into()], ..Self::default() }
    }
}

/// What a person does next about a reply.
pub(super) fn advice(reply: &Reply) -> Advice {
    match reply.kind {
        ReplyKind::AccessDenied if reply.action.is_some() => of_denial(reply),
        ReplyKind::MissingPermissions => of_missing(reply),
        ReplyKind::RoleUnassumable | ReplyKind::RoleNotFound => of_role(reply),
        ReplyKind::ResourceAccessFailed => Advice {
            command: Some(create_command(reply)),
            ..Advice::beside(
                "If the service-linked role was just made, wait two minutes. If it was deleted, make it again.",
            )
        },
        kind => Advice::beside(of_kind(kind)),
    }
}

/// Where an edit is made that the principal itself does not take.
pub(super) fn who_edits(reply: &Reply) -> Option<String> {
    let principal = reply.principal.as_deref().and_then(Principal::parse)?;
    let takes_edits = matches!(principal.kind, PrincipalKind::Role | PrincipalKind::User);
    (!takes_edits).then(|| format!("The edit is made {}.", principal.where_to_edit()))
}

/// What is left where the policies that can be seen allow the action.
pub(super) fn look_elsewhere() -> String {
    format!("Look for one that refuses, and cannot be seen from here: {}.", listed_unseen())
}

fn listed_unseen() -> String {
    listed(&UNSEEN.iter().map(|policy| policy.in_words()).collect::<Vec<_>>())
}

pub(super) fn of_kind(kind: ReplyKind) -> &'static str {
    match kind {
        ReplyKind::AccessDenied => {
            "AWS gave no facts. Run `ecs-scaling doctor` to see which permissions the caller has, and look the call up in \
             CloudTrail."
        }
        ReplyKind::AccountNotAuthorized => {
            "Check in the AWS console that the account is active and may use Application Auto Scaling in this region; \
             else ask AWS Support."
        }
        ReplyKind::CrossAccountPassRole => {
            "Send no RoleARN for ECS: Application Auto Scaling uses its service-linked role of the same account."
        }
        ReplyKind::SlrAlreadyExists => "Nothing is to be done: what was asked for is there.",
        ReplyKind::SlrSuffixNotAllowed => "Leave the suffix out; the role has one name in each account.",
        ReplyKind::ProtectedRole => {
            "Edit the permission set in IAM Identity Center if it is an AWSReservedSSO role; other roles of AWS's cannot be \
             changed."
        }
        ReplyKind::InvalidPolicySource => {
            "Give the role's ARN, arn:PARTITION:iam::ACCOUNT:role/PATH/NAME, as GetRole shows it."
        }
        ReplyKind::Throttled => "Nothing is to be done: it is tried again later.",
        ReplyKind::WebIdentityDenied => {
            "Compare the role's trust policy with the token: Federated must be the provider's ARN, and the conditions on \
             its `sub` and `aud` must match the service account."
        }
        ReplyKind::WebIdentityInvalid => {
            "Create the IAM OIDC provider for the cluster's issuer URL, with the audience sts.amazonaws.com."
        }
        ReplyKind::WebIdentityExpired => {
            "Check that the projected token's file is renewed, and that the machine's clock is right."
        }
        ReplyKind::ExpiredCredentials => {
            "Renew the credentials, or use a role instead of a session's keys: a role's credentials renew themselves."
        }
        ReplyKind::InvalidCredentials => {
            "Check the access key id, that a session token goes with temporary keys, and that the key belongs to this \
             partition and is active."
        }
        ReplyKind::ClockSkew => "Set the clock, and keep it right with NTP (chrony, Amazon Time Sync).",
        ReplyKind::SignatureMismatch => "Check the secret access key: a stray space or line break is enough.",
        ReplyKind::StsRegionDisabled => {
            "Activate STS for this region in the account's IAM settings, or use an STS endpoint of an active region."
        }
        ReplyKind::SessionDuration => {
            "Ask for at most one hour: a role assumed by a role cannot have more, whatever its own maximum is."
        }
        ReplyKind::ServiceNotSubscribed => {
            "Finish the account's sign-up, with a payment method, or use another account."
        }
        ReplyKind::NoCredentials => {
            "Give the process a role: an ECS task role, EKS Pod Identity, a service account's web identity or an instance \
             profile; or set AWS_PROFILE."
        }
        ReplyKind::PodIdentityDenied => {
            "Let the role's trust policy allow pods.eks.amazonaws.com both sts:AssumeRole and sts:TagSession."
        }
        _ => "See AWS's message.",
    }
}

/// What helps with a role that AWS cannot assume, or that is not there.
fn of_role(reply: &Reply) -> Advice {
    match slr_service(reply) {
        Some(_) => Advice {
            command: Some(create_command(reply)),
            ..Advice::beside(
                "If the role was just made, wait two minutes: IAM takes a while. If it is absent, let the controller make \
                 it (--service-linked-role=create), or make it by hand.",
            )
        },
        None => Advice::beside(
            "Check that the role exists, that its trust policy names the service, and wait two minutes if it was just \
             made.",
        ),
    }
}

fn of_missing(reply: &Reply) -> Advice {
    let missing = listed(&reply.actions());
    let mut grant = match reply.principal {
        Some(_) => format!("Allow {missing} {}, and in its permissions boundary if it has one.", where_to_edit(reply)),
        None => format!("Allow {missing} in a policy of the role that made the call, and in its permissions boundary."),
    };
    let makes_role = names(reply, CREATE_SLR);
    if makes_role {
        grant.push_str(&format!(
            " If {CREATE_SLR} is allowed already, look at its condition: iam:AWSServiceName must have {SLR_SERVICE}. When \
             that is done, AWS may list more that is missing."
        ));
    }
    grant.push_str(" AWS does not say which policy refused: an SCP, an RCP or a session policy may, too.");
    Advice { grant: Some(grant), beside: Vec::new(), command: makes_role.then(|| create_command(reply)) }
}

fn of_denial(reply: &Reply) -> Advice {
    if reply.policy_arn.as_deref().is_some_and(|arn| arn.contains("AWSCompromisedKeyQuarantine")) {
        return Advice::beside(
            "AWS has put these credentials under quarantine because they were found in public: rotate them, then detach \
             the policy.",
        );
    }
    let action = reply.action.as_deref().unwrap_or_default();
    let policy = reply.transitive_policy_type.or(reply.policy_type);
    let mut advice = Advice::default();
    let sentence = by_policy(reply, policy, action);
    // An edit of what the principal carries says nothing of the other kinds of policies.
    match policy {
        None | Some(PolicyType::Identity | PolicyType::PermissionsBoundary) => advice.grant = Some(sentence),
        Some(_) => advice.beside.push(sentence),
    }
    if action.eq_ignore_ascii_case(CREATE_SLR) {
        let service = slr_service(reply).unwrap_or(SLR_SERVICE);
        if let Some(grant) = &mut advice.grant {
            grant.push_str(&format!(" Its condition iam:AWSServiceName, if it has one, must have {service}."));
        }
        advice.command = Some(create_command(reply));
    }
    if action.eq_ignore_ascii_case(PASS_ROLE) {
        advice.beside.push(
            "iam:PassRole hands a role to a service; a service-linked role is not passed but made, with \
             iam:CreateServiceLinkedRole. Scaling ECS services needs no iam:PassRole: send no RoleARN."
                .to_owned(),
        );
    }
    advice
}

fn by_policy(reply: &Reply, policy: Option<PolicyType>, action: &str) -> String {
    let on = reply.resource.as_deref().map_or_else(String::new, |resource| format!(" on {resource}"));
    let denies = reply.explicit_deny == Some(true);
    match policy {
        Some(PolicyType::Identity) if denies => {
            format!("Find the Deny that matches {action} {}, and except this from it.", where_to_edit(reply))
        }
        Some(PolicyType::Identity) => format!("Allow {action}{on} {}.", where_to_edit(reply)),
        Some(PolicyType::PermissionsBoundary) if denies => {
            format!("Except {action}{on} from the Deny in the permissions boundary; an Allow elsewhere does not help.")
        }
        Some(PolicyType::PermissionsBoundary) => {
            format!("Allow {action}{on} in the permissions boundary too: both it and a policy of the caller must.")
        }
        Some(PolicyType::Scp | PolicyType::Rcp) => format!(
            "Ask those who run the AWS organization: {action}{on} must get past their {}. Nothing in this account can.",
            policy.map_or("policy", PolicyType::in_words)
        ),
        Some(PolicyType::Session) => {
            format!("Allow {action}{on} in the policy that is handed to AssumeRole, or hand none over.")
        }
        Some(PolicyType::VpcEndpoint) => {
            format!("Allow {action}{on} in the policy of the VPC endpoint that the call takes.")
        }
        Some(PolicyType::RoleTrust) => {
            format!(
                "Let the role's trust policy name {} as a principal, with the external id that it asks for.",
                who(reply)
            )
        }
        Some(PolicyType::Resource) => format!("Allow {action} to {} in the resource's own policy.", who(reply)),
        None if action.eq_ignore_ascii_case("sts:AssumeRole") => format!(
            "Check that the role{on} exists, that its trust policy names {}, with its external id, and that the caller may \
             {action}: AWS answers the same to all three.",
            who(reply)
        ),
        None => format!(
            "Allow {action}{on} {}. If it is allowed already, one of these refuses unseen: {}.",
            where_to_edit(reply),
            listed_unseen()
        ),
    }
}
