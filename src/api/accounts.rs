//! An account as the HTTP API gives it: who we are there, what is denied, how the service-linked role stands.
//!
//! Owns the shape alone. What stands in it is found out by the controller.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::desired::Mode;
use super::types::API_VERSION;

/// A list of accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountList {
    /// The API version.
    pub api_version: String,
    /// `AwsAccountList`.
    pub kind: String,
    /// The accounts, by name.
    pub items: Vec<AccountResource>,
}

impl AccountList {
    /// A list of accounts.
    pub fn new(items: Vec<AccountResource>) -> Self {
        Self { api_version: API_VERSION.to_owned(), kind: "AwsAccountList".to_owned(), items }
    }
}

/// One account with its status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountResource {
    /// The API version.
    pub api_version: String,
    /// `AwsAccount`.
    pub kind: String,
    /// Its name, and where it stands.
    pub metadata: AccountMetadata,
    /// As the user wrote it; empty for the controller's own account where no `AwsAccount` is named `default`.
    pub spec: Value,
    /// What is known of it.
    pub status: AccountStatus,
}

/// An account's metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountMetadata {
    /// The name that a `ServiceScaling` gives as `spec.account`.
    pub name: String,
    /// Where it stands: file, line and column. Unset for the controller's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What is known of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatus {
    /// The process's and the account's mode, the more careful of the two.
    pub mode: Mode,
    /// Where its credentials come from; unset while no object uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// Who AWS says that we are; unset while that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityStatus>,
    /// Why it is not known who we are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<AccountProblem>,
    /// Application Auto Scaling's role for ECS; unset while it is not known who we are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_linked_role: Option<RoleStatus>,
    /// The calls that are denied, by service and operation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denials: Vec<DenialStatus>,
    /// The regions in which objects are looked after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ScopeStatus>,
}

/// Who AWS says that we are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityStatus {
    /// The account's id.
    pub account_id: String,
    /// The principal's ARN.
    pub arn: String,
}

/// Why an account cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountProblem {
    /// What is so, for a person.
    pub message: String,
    /// What a person does next.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// How the service-linked role stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleStatus {
    /// `Present`, `Propagating`, `WillBeMade`, `Absent`, `NotMade`, `NotSeen` or `Unknown`.
    pub standing: String,
    /// What that means, for a person.
    pub message: String,
}

/// A call that is denied, and waits to be tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DenialStatus {
    /// The action that is missing, such as `iam:CreateServiceLinkedRole`.
    pub action: String,
    /// What it is missing on; empty where AWS did not say.
    pub resource: String,
    /// The call that was refused, such as `RegisterScalableTarget`.
    pub operation: String,
    /// The region; unset for IAM, which has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// When it was first refused.
    pub since: Timestamp,
    /// When it is tried again at the earliest; unset when the next call that needs it tries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_probe: Option<Timestamp>,
    /// What AWS said last.
    pub message: String,
}

/// One region of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeStatus {
    /// The region.
    pub region: String,
    /// How many objects are looked after there.
    pub objects: usize,
    /// When its loop last ticked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_tick: Option<Timestamp>,
}
