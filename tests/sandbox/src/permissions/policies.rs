//! What the policies that bind a caller say (E-09).

use ecs_scaling::model::iam::{Decision, NamedPolicy, PrincipalPolicies, Request, StatementRef, evaluate};

use super::DenialStyle;
use crate::caller::{Caller, Principal};
use crate::cloud::Cloud;
use crate::iam::Grants;

/// Why something is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) style: DenialStyle,
    /// Of an explicit deny in a policy that has an ARN.
    pub(super) policy_arn: Option<String>,
}

/// Policies of one kind: each kind must allow.
struct Layer {
    policies: Vec<NamedPolicy>,
    implicit: DenialStyle,
    explicit: DenialStyle,
}

/// Why the caller's policies refuse a request. Only one kind of policy is named, even if several refuse: a Deny before
/// the lack of an Allow, and each in the order of E-09.
pub(super) fn refusal(cloud: &Cloud, caller: &Caller, request: &Request) -> Option<Refusal> {
    if caller.principal == Principal::Administrator {
        return None;
    }
    let layers = layers(cloud, caller);
    let decided: Vec<_> = layers.iter().map(|layer| (layer, evaluate(&layer.principal(), request))).collect();
    let denied = decided.iter().find(|(_, evaluation)| evaluation.decision == Decision::ExplicitDeny);
    if let Some((layer, evaluation)) = denied {
        return Some(Refusal { style: layer.explicit, policy_arn: layer.arn_of(evaluation.matched.first()) });
    }
    let not_allowed = decided.iter().find(|(_, evaluation)| evaluation.decision != Decision::Allowed);
    not_allowed.map(|(layer, _)| Refusal { style: layer.implicit, policy_arn: None })
}

impl Layer {
    fn new(policies: Vec<NamedPolicy>, implicit: DenialStyle, explicit: DenialStyle) -> Self {
        Self { policies, implicit, explicit }
    }

    fn principal(&self) -> PrincipalPolicies {
        PrincipalPolicies { identity: self.policies.clone(), boundary: None }
    }

    fn arn_of(&self, statement: Option<&StatementRef>) -> Option<String> {
        let name = &statement?.policy;
        self.policies.iter().find(|policy| policy.name == *name)?.arn.clone()
    }
}

/// What binds a caller, in the order of E-09: service control policies, boundary, session, its own policies.
fn layers(cloud: &Cloud, caller: &Caller) -> Vec<Layer> {
    use DenialStyle as D;
    let account = cloud.accounts.get(&caller.scope.account);
    let scps = account.map(|a| a.service_control_policies.clone()).unwrap_or_default();
    let mut layers: Vec<Layer> = scps
        .into_iter()
        .map(|scp| Layer::new(vec![scp], D::NoServiceControlPolicy, D::ExplicitServiceControlPolicy))
        .collect();
    let grants = grants(cloud, caller);
    if let Some(boundary) = grants.and_then(|grants| grants.boundary(cloud)) {
        layers.push(Layer::new(vec![boundary], D::NoPermissionsBoundary, D::ExplicitPermissionsBoundary));
    }
    if let Some(session) = &caller.session_policy {
        layers.push(Layer::new(vec![session.clone()], D::NoSessionPolicy, D::ExplicitSessionPolicy));
    }
    let identity = grants.map(|grants| grants.identity(cloud)).unwrap_or_default();
    layers.push(Layer::new(identity, D::NoIdentityPolicy, D::ExplicitIdentityPolicy));
    layers
}

/// The policies of the role or user; none when it was deleted.
fn grants<'a>(cloud: &'a Cloud, caller: &Caller) -> Option<&'a Grants> {
    let account = cloud.accounts.get(&caller.scope.account)?;
    match &caller.principal {
        Principal::Administrator => None,
        Principal::Role(name) => account.roles.get(name).map(|role| &role.grants),
        Principal::User(name) => account.users.get(name).map(|user| &user.grants),
    }
}
