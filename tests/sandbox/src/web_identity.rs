//! AssumeRoleWithWebIdentity: the one call that no credentials sign. The token says who calls.
//!
//! The token's signature is not verified; its issuer must be known to the role's account, its time must not be over, and
//! the role's trust policy must let its subject in.

use ecs_scaling::model::arn::Arn;
use ecs_scaling::model::iam::{Decision, Effect, NamedPolicy, PrincipalPolicies, Request, evaluate};
use ecs_scaling::model::names::{AccountId, Region, ScopeId};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::caller::{Caller, Principal};
use crate::cloud::{Answer, Call, Cloud};
use crate::error::AwsError;
use crate::iam::{PolicyText, Role, role_not_found};
use crate::sts;
use crate::value::Value;
use crate::world::World;

/// Its name, which the world must know: it takes callers without credentials.
pub(crate) const OPERATION: &str = "AssumeRoleWithWebIdentity";

/// What a token says.
struct Claims(Json);

impl Claims {
    fn read(token: &str) -> Result<Self, AwsError> {
        let refuse = || AwsError::sender("InvalidIdentityToken", "The ID Token provided is not a valid JWT.");
        let payload = token.trim().split('.').nth(1).ok_or_else(refuse)?;
        let mut standard = payload.replace('-', "+").replace('_', "/");
        while !standard.len().is_multiple_of(4) {
            standard.push('=');
        }
        let bytes = aws_smithy_types::base64::decode(standard).map_err(|_| refuse())?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| refuse())
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    /// The issuer as IAM spells it: without its scheme.
    fn issuer(&self) -> &str {
        self.text("iss").trim_start_matches("https://")
    }

    fn expires(&self) -> Timestamp {
        let seconds = self.0.get("exp").and_then(Json::as_i64).unwrap_or_default();
        Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN)
    }
}

/// Who sends it: nobody that IAM knows, in the role's account and the region that the service was called in.
pub(crate) fn caller(input: &Value) -> Caller {
    let account = Arn::parse(input.get("RoleArn").as_text().unwrap_or_default()).map(|arn| arn.account);
    let name = "web-identity";
    Caller {
        scope: ScopeId { account: AccountId::new(account.unwrap_or_default()), region: Region::new("us-east-1") },
        arn: name.to_owned(),
        user_id: name.to_owned(),
        principal: Principal::User(name.to_owned()),
        session_policy: None,
    }
}

pub(crate) fn assume_role(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let claims = Claims::read(call.input.text("WebIdentityToken")?.unwrap_or_default())?;
    if call.now >= claims.expires() {
        let message = format!(
            "Token expired: current date/time {} must be before the expiration date/time {}",
            call.now.as_second(),
            claims.expires().as_second()
        );
        return Err(AwsError::sender("ExpiredTokenException", message));
    }
    let role_arn = call.input.text("RoleArn")?.unwrap_or_default();
    let refused =
        || AwsError::with_status("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    let known = cloud.accounts.get(&call.scope.account).is_some_and(|a| a.oidc_providers.contains(claims.issuer()));
    if !known {
        let message = format!("No OpenIDConnect provider found in your account for {}", claims.text("iss"));
        return Err(AwsError::sender("InvalidIdentityToken", message));
    }
    let (account, role_name, role) = sts::find_role(cloud, role_arn).ok_or_else(refused)?;
    if !lets_in(role, &provider(&account, claims.issuer()), &claims) {
        return Err(refused());
    }
    let session = sts::session_of(&account, role_name, role, sts::session_name(call.input)?);
    sts::begin(cloud, call, session, sts::duration(call, role)?)
}

fn provider(account: &AccountId, issuer: &str) -> String {
    format!("arn:aws:iam::{account}:oidc-provider/{issuer}")
}

fn lets_in(role: &Role, provider: &str, claims: &Claims) -> bool {
    let mut document = role.trust.document().clone();
    let is_named = |principal: Option<&Json>| {
        let federated = principal.and_then(|principal| principal.get("Federated"));
        federated
            .is_some_and(|named| named == provider || named.as_array().is_some_and(|l| l.contains(&json!(provider))))
    };
    document.statements.retain(|s| is_named(s.json.get("Principal")) || s.effect == Effect::Deny);
    let policies = PrincipalPolicies { identity: vec![NamedPolicy::new("trust", document)], boundary: None };
    let request = Request::new("sts:AssumeRoleWithWebIdentity", role.arn.as_str())
        .with(format!("{}:sub", claims.issuer()), claims.text("sub"))
        .with(format!("{}:aud", claims.issuer()), claims.text("aud"))
        .complete();
    evaluate(&policies, &request).decision == Decision::Allowed
}

impl World {
    /// Makes an issuer of tokens known to an account.
    pub fn add_oidc_provider(&mut self, account: &str, issuer: &str) {
        self.cloud.account_mut(&AccountId::new(account)).oidc_providers.insert(issuer.to_owned());
    }

    /// Lets a role trust one subject of an issuer, and nobody else.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn trust_web_identity(&mut self, account: &str, role: &str, issuer: &str, sub: &str) -> Result<(), AwsError> {
        let account = AccountId::new(account);
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": provider(&account, issuer)},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                format!("{issuer}:sub"): sub, format!("{issuer}:aud"): "sts.amazonaws.com",
            }},
        }]});
        let kept = self.cloud.account_mut(&account).roles.get_mut(role).ok_or_else(|| role_not_found(role))?;
        kept.trust = PolicyText::of_trust(&trust.to_string())?;
        Ok(())
    }
}
