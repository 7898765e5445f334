//! Whether a caller may do what it asks for, and AWS's sentence when it may not.
//!
//! Two things refuse: a denial that a test put by name, which binds everybody in an account, and the policies of the
//! role or user that calls. An administrator's key has no policies.

mod context;
mod iam_needs;
mod needs;
mod policies;
mod probe;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::iam::{action_matches, text_matches};
use ecs_scaling::model::names::AccountId;

use crate::autoscaling;
use crate::cloud::{Call, Cloud};
use crate::error::AwsError;
use crate::iam::{Grade, Trusting, grade};
use crate::rules::Rule;
use crate::sts;
use needs::Need;
use policies::Refusal;

/// How AWS words a denial, by the kind of policy that made it (iam.md §1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub enum DenialStyle {
    /// No identity-based policy allows it.
    NoIdentityPolicy,
    /// An identity-based policy denies it.
    ExplicitIdentityPolicy,
    /// No service control policy allows it.
    NoServiceControlPolicy,
    /// A service control policy denies it.
    ExplicitServiceControlPolicy,
    /// The permissions boundary does not allow it.
    NoPermissionsBoundary,
    /// The permissions boundary denies it.
    ExplicitPermissionsBoundary,
    /// The session policy does not allow it.
    NoSessionPolicy,
    /// The session policy denies it.
    ExplicitSessionPolicy,
    /// No reason is given.
    Bare,
}

impl DenialStyle {
    fn because(self, action: &str) -> String {
        let none = |kind: &str| format!(" because no {kind} allows the {action} action");
        let explicit = |kind: &str| format!(" with an explicit deny in {kind}");
        match self {
            Self::NoIdentityPolicy => none("identity-based policy"),
            Self::ExplicitIdentityPolicy => explicit("an identity-based policy"),
            Self::NoServiceControlPolicy => none("service control policy"),
            Self::ExplicitServiceControlPolicy => explicit("a service control policy"),
            Self::NoPermissionsBoundary => none("permissions boundary"),
            Self::ExplicitPermissionsBoundary => explicit("a permissions boundary"),
            Self::NoSessionPolicy => none("session policy"),
            Self::ExplicitSessionPolicy => explicit("a session policy"),
            Self::Bare => String::new(),
        }
    }
}

/// An injected denial.
#[derive(Clone, Debug)]
struct Denial {
    account: AccountId,
    action: String,
    resource: String,
    style: DenialStyle,
}

/// The denials in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permissions {
    denials: Vec<Denial>,
}

impl Permissions {
    pub(crate) fn deny(&mut self, account: &AccountId, action: &str, resource: &str, style: DenialStyle) {
        self.denials.push(Denial { account: account.clone(), action: action.into(), resource: resource.into(), style });
    }

    pub(crate) fn allow(&mut self, account: &AccountId, action: &str) {
        self.denials.retain(|d| d.account != *account || !d.action.eq_ignore_ascii_case(action));
    }

    /// Whether the caller may call an operation, with this input.
    ///
    /// # Errors
    /// AWS's own sentence; for what Application Auto Scaling tries by itself, a ValidationException (S-015).
    pub(crate) fn authorize(
        &self,
        cloud: &Cloud,
        call: &Call<'_>,
        service: AwsService,
        operation: &str,
    ) -> Result<(), AwsError> {
        if operation == "AssumeRole" {
            return self.authorize_assume_role(cloud, call);
        }
        for need in needs::needs(cloud, call, service, operation) {
            if let Some(refusal) = self.refusal(cloud, call, &need) {
                return Err(sentence(cloud, call, &need, &refusal));
            }
        }
        if operation == "RegisterScalableTarget" {
            self.probe(cloud, call, &autoscaling::resource(call.input)?)?;
        }
        Ok(())
    }

    /// Why something is refused, if it is.
    fn refusal(&self, cloud: &Cloud, call: &Call<'_>, need: &Need) -> Option<Refusal> {
        self.injected(call, need).or_else(|| policies::refusal(cloud, call.caller, &need.request))
    }

    fn injected(&self, call: &Call<'_>, need: &Need) -> Option<Refusal> {
        let denied = self.denials.iter().find(|d| {
            d.account == call.caller.scope.account
                && action_matches(&d.action, &need.request.action)
                && text_matches(&d.resource, &need.request.resource)
        });
        denied.map(|denial| Refusal { style: denial.style, policy_arn: None })
    }

    /// The role must trust the caller, and the caller's own policies must allow it; a role of the same account that
    /// trusts the caller by name asks its policies for no Allow.
    fn authorize_assume_role(&self, cloud: &Cloud, call: &Call<'_>) -> Result<(), AwsError> {
        let role_arn = call.input.text("RoleArn")?.unwrap_or_default();
        let need = needs::assume_role(cloud, call, role_arn);
        if let Some(injected) = self.injected(call, &need) {
            return Err(sentence(cloud, call, &need, &injected));
        }
        let account = &call.caller.scope.account;
        let principal = context::principal_arn(cloud, call.caller);
        let who = Trusting { account, principal: &principal, session: &call.caller.arn };
        let own = policies::refusal(cloud, call.caller, &need.request);
        let allowed = sts::find_role(cloud, role_arn).is_some_and(|(home, _, role)| {
            let trusted = grade(role.trust.document(), &who, &need.request);
            let needs_no_allow = trusted == Grade::Name && home == *account;
            let own_allows = own.is_none_or(|refusal| needs_no_allow && refusal.style == DenialStyle::NoIdentityPolicy);
            trusted > Grade::No && own_allows
        });
        if allowed { Ok(()) } else { Err(sts::refused(call, role_arn)) }
    }
}

/// AWS's sentence (iam.md §1.5, §1.6).
fn sentence(cloud: &Cloud, call: &Call<'_>, need: &Need, refusal: &Refusal) -> AwsError {
    let (who, action, resource) = (&call.caller.arn, &need.request.action, need.shown());
    let because = refusal.style.because(action);
    let policy = refusal.policy_arn.as_ref().filter(|_| cloud.knobs.denials_name_policies);
    let policy = policy.map(|arn| format!(": {arn}")).unwrap_or_default();
    let message =
        format!("User: {who} is not authorized to perform: {action} on resource: {resource}{because}{policy}");
    AwsError::sender("AccessDeniedException", message).by(Rule::CallerIsAllowed)
}
