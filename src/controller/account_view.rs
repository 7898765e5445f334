//! An account as the controller knows it, in the shape in which everybody reads it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Desk;
use super::state::State;
use crate::api::accounts::{
    AccountMetadata, AccountProblem, AccountResource, AccountStatus, IdentityStatus, RoleStatus, ScopeStatus,
};
use crate::api::desired::{AwsAccount, Mode};
use crate::api::types::{API_VERSION, Kind};
use crate::aws::Identity;
use crate::diagnose::parse::sanitise;
use crate::model::credentials::CredentialSource;
use crate::model::failure::Failure;
use crate::model::names::{AccountName, ScopeId};
use crate::model::observed::RoleStanding;
use crate::status::explain;

/// One account, as it is known.
#[derive(Clone, Debug)]
pub struct AccountView {
    /// Its name.
    pub name: AccountName,
    /// The object; none for the controller's own account, where no object has its name.
    pub desired: Option<AwsAccount>,
    /// The process's and the account's mode, the more careful of the two.
    pub mode: Mode,
    /// Where its credentials come from, once it was asked.
    pub source: Option<CredentialSource>,
    /// Who we are there, or why that is not known, once it was asked.
    pub identity: Option<Result<Identity, Failure>>,
    /// Its role and its denials, as they are at the moment of reading.
    pub desk: Option<Arc<Desk>>,
    /// The scopes that are reached through it, and how many objects are in each.
    pub scopes: Vec<(ScopeId, usize)>,
}

impl AccountView {
    /// The account in its own shape, as the API gives it.
    pub fn resource(&self, state: &State) -> AccountResource {
        let source = self.desired.as_ref().map(|account| account.position.to_string());
        AccountResource {
            api_version: API_VERSION.to_owned(),
            kind: Kind::AwsAccount.to_string(),
            metadata: AccountMetadata { name: self.name.to_string(), source },
            spec: self.desired.as_ref().map_or_else(|| json!({}), spec),
            status: self.status(state),
        }
    }

    fn status(&self, state: &State) -> AccountStatus {
        let identity = self.identity.as_ref().and_then(|identity| identity.as_ref().ok());
        let failure = self.identity.as_ref().and_then(|identity| identity.as_ref().err());
        let scope = |(scope, objects): &(ScopeId, usize)| ScopeStatus {
            region: scope.region.to_string(),
            objects: *objects,
            last_tick: state.heartbeat(scope),
        };
        AccountStatus {
            mode: self.mode,
            credentials: self.source.as_ref().map(|source| sanitise(&source.to_string())),
            identity: identity
                .map(|identity| IdentityStatus { account_id: identity.account.to_string(), arn: identity.arn.clone() }),
            problem: failure.map(unknown).or_else(|| identity.and_then(|identity| self.another(identity))),
            service_linked_role: self.desk.as_ref().map(|desk| role(&desk.role())),
            denials: self.desk.as_ref().map(|desk| desk.denials()).unwrap_or_default(),
            scopes: self.scopes.iter().map(scope).collect(),
        }
    }

    /// Credentials of another account than the one that is named: nothing is done with them.
    fn another(&self, identity: &Identity) -> Option<AccountProblem> {
        let wanted = self.desired.as_ref()?.account_id.as_ref().filter(|id| **id != identity.account)?;
        Some(AccountProblem {
            message: format!("the credentials are of account {}, not of {wanted}", identity.account),
            hint: "Correct spec.accountId or spec.roleArn of the AwsAccount, or give the controller other credentials."
                .to_owned(),
        })
    }
}

/// What the user wrote, but the external id: it is no secret to AWS, and nobody needs to read it here.
fn spec(account: &AwsAccount) -> Value {
    let mut spec = account.spec.clone();
    if let Some(fields) = spec.as_object_mut() {
        fields.remove("externalId");
    }
    spec
}

fn unknown(failure: &Failure) -> AccountProblem {
    let explained = explain(failure);
    AccountProblem { message: explained.message, hint: explained.hint }
}

fn role(standing: &RoleStanding) -> RoleStatus {
    let (word, message) = match standing {
        RoleStanding::Unknown => ("Unknown", "it has not been looked at yet".to_owned()),
        RoleStanding::NotSeen(failure) => ("NotSeen", explain(failure).message),
        RoleStanding::Present => ("Present", "it exists".to_owned()),
        RoleStanding::WillBeMade => ("WillBeMade", "it is absent, and is made before anything is written".to_owned()),
        RoleStanding::Propagating => {
            ("Propagating", "it was made a moment ago, and may not be usable everywhere yet".to_owned())
        }
        RoleStanding::Absent => ("Absent", "it is absent, and making it is left to somebody else".to_owned()),
        RoleStanding::NotMade(failure) => ("NotMade", explain(failure).message),
    };
    RoleStatus { standing: word.to_owned(), message }
}
