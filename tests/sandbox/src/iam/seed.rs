//! What tests and stories put into IAM without calling it.

use ecs_scaling::model::iam::{Effect, NamedPolicy};
use ecs_scaling::model::names::{AccountId, Region, ScopeId};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::managed::ADMINISTRATOR_ACCESS;
use super::trust::trust_of_accounts;
use super::{Grants, ManagedPolicy, PolicyText, PolicyVersion, Role, User, new_id, no_such_entity, role_not_found};
use crate::autoscaling::SERVICE_LINKED_ROLE;
use crate::caller::Principal;
use crate::cloud::{Cloud, iam_arn};
use crate::error::AwsError;
use crate::sts::{Credentials, Session, hand_out, session_of};
use crate::world::World;

/// A role that callers of other accounts may assume, and that may do everything.
pub(crate) fn add_role(
    cloud: &mut Cloud,
    account: &AccountId,
    name: &str,
    trusted: &[AccountId],
    external_id: Option<&str>,
    now: Timestamp,
) -> String {
    let arn = iam_arn(&of_account(account), &format!("role/{name}"));
    let role = Role {
        arn: arn.clone(),
        path: "/".into(),
        id: new_id(cloud, "AROA", name),
        description: None,
        trust: trust_of_accounts(trusted, external_id),
        max_session_seconds: 3600,
        created: now,
        grants: Grants { attached: [ADMINISTRATOR_ACCESS.to_owned()].into(), ..Grants::default() },
    };
    cloud.account_mut(account).roles.insert(name.to_owned(), role);
    arn
}

/// IAM is called in one region; which, does not matter to it.
fn of_account(account: &AccountId) -> ScopeId {
    ScopeId { account: account.clone(), region: Region::new("us-east-1") }
}

fn seeded_role<'a>(cloud: &'a mut Cloud, account: &AccountId, name: &str) -> Result<&'a mut Role, AwsError> {
    cloud.account_mut(account).roles.get_mut(name).ok_or_else(|| role_not_found(name))
}

impl World {
    /// Puts an inline policy on a role; with the first one, a role that could do everything no longer can.
    ///
    /// # Errors
    /// `NoSuchEntity` or `MalformedPolicyDocument`.
    pub fn put_role_policy(
        &mut self,
        account: &AccountId,
        role: &str,
        policy_name: &str,
        document: &Json,
    ) -> Result<(), AwsError> {
        let policy = PolicyText::of_identity(&pretty(document))?;
        let grants = &mut seeded_role(&mut self.cloud, account, role)?.grants;
        grants.attached.remove(ADMINISTRATOR_ACCESS);
        grants.inline.insert(policy_name.to_owned(), policy);
        Ok(())
    }

    /// The inline policy of a role, as JSON.
    pub fn role_policy(&self, account: &AccountId, role: &str, policy_name: &str) -> Option<&Json> {
        let role = self.cloud.accounts.get(account)?.roles.get(role)?;
        Some(&role.grants.inline.get(policy_name)?.document().json)
    }

    /// Gives a role a permissions boundary: the managed policy `boundary-ROLE`, made or replaced. Its ARN.
    ///
    /// # Errors
    /// `NoSuchEntity` or `MalformedPolicyDocument`.
    pub fn put_boundary(
        &mut self,
        account: &AccountId,
        role: &str,
        document: &Json,
        now: Timestamp,
    ) -> Result<String, AwsError> {
        let version = PolicyVersion { policy: PolicyText::of_identity(&pretty(document))?, created: now };
        let name = format!("boundary-{role}");
        let arn = iam_arn(&of_account(account), &format!("policy/{name}"));
        let id = new_id(&mut self.cloud, "ANPA", &name);
        let policy = ManagedPolicy::new(arn.clone(), &name, "/".into(), id, version);
        seeded_role(&mut self.cloud, account, role)?.grants.boundary = Some(arn.clone());
        self.cloud.account_mut(account).policies.insert(arn.clone(), policy);
        Ok(arn)
    }

    /// Adds a service control policy to an account, as one more level of its organization: every level must allow. One
    /// that only denies has AWS's FullAWSAccess beside it, as it usually has.
    ///
    /// # Errors
    /// `MalformedPolicyDocument`.
    pub fn add_scp(&mut self, account: &AccountId, name: &str, document: &Json) -> Result<(), AwsError> {
        let policy = PolicyText::of_identity(&document.to_string())?;
        let mut document = policy.document().clone();
        if document.statements.iter().all(|statement| statement.effect == Effect::Deny) {
            let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
            document =
                document.adding(everything).map_err(|e| AwsError::sender("MalformedPolicyDocument", e.to_string()))?;
        }
        let arn = format!("arn:aws:organizations::{account}:policy/o-sandbox/service_control_policy/p-{name}");
        let policy = NamedPolicy { arn: Some(arn), ..NamedPolicy::new(name, document) };
        self.cloud.account_mut(account).service_control_policies.push(policy);
        Ok(())
    }

    /// Removes the service control policies of an account.
    pub fn clear_scps(&mut self, account: &AccountId) {
        self.cloud.account_mut(account).service_control_policies.clear();
    }

    /// Credentials of a role's session that never end, without AssumeRole and whatever its trust policy says.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn credentials_for_role(
        &mut self,
        account: &AccountId,
        role: &str,
        session: &str,
    ) -> Result<Credentials, AwsError> {
        let found = seeded_role(&mut self.cloud, account, role)?;
        let session = session_of(account, role, found, session);
        Ok(hand_out(&mut self.cloud, session))
    }

    /// Adds a user with one inline policy; its credentials.
    ///
    /// # Errors
    /// `MalformedPolicyDocument`.
    pub fn add_user(
        &mut self,
        account: &AccountId,
        name: &str,
        policy_name: &str,
        document: &Json,
        now: Timestamp,
    ) -> Result<Credentials, AwsError> {
        let policy = PolicyText::of_identity(&pretty(document))?;
        let arn = iam_arn(&of_account(account), &format!("user/{name}"));
        let id = new_id(&mut self.cloud, "AIDA", name);
        let grants = Grants { inline: [(policy_name.to_owned(), policy)].into(), ..Grants::default() };
        let user = User { arn: arn.clone(), id: id.clone(), created: now, grants };
        self.cloud.account_mut(account).users.insert(name.to_owned(), user);
        let session = Session {
            account: account.clone(),
            principal: Principal::User(name.to_owned()),
            arn,
            user_id: id,
            policy: None,
            expires: Timestamp::MAX,
        };
        Ok(hand_out(&mut self.cloud, session))
    }

    /// Takes Application Auto Scaling's role away, even where targets use it.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn remove_service_linked_role(&mut self, account: &AccountId) -> Result<(), AwsError> {
        let removed = self.cloud.account_mut(account).roles.remove(SERVICE_LINKED_ROLE);
        removed.map(|_| ()).ok_or_else(|| no_such_entity(format!("{SERVICE_LINKED_ROLE} is not there")))
    }
}

/// As people write policies, on many lines.
fn pretty(document: &Json) -> String {
    format!("{document:#}")
}
