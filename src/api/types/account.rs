//! `AwsAccount`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::desired::Mode;

/// An AWS account that services live in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AwsAccountSpec {
    /// The account's id: twelve digits, in quotes. Compared with `sts:GetCallerIdentity` before anything is written.
    /// Default: not compared.
    pub account_id: Option<String>,
    /// The ARN of the role to assume in the account, for an hour at a time. Default: the controller's own credentials.
    pub role_arn: Option<String>,
    /// The external id that the role's trust policy asks for (STS `ExternalId`). Default: none.
    pub external_id: Option<String>,
    /// The name of the assumed role's session (STS `RoleSessionName`): 2 to 64 characters. Default: the controller's.
    pub session_name: Option<String>,
    /// The regions that may be used, such as `[ap-northeast-2]`. With exactly one, it is the default of the account's
    /// objects. Default: the controller's own region.
    pub regions: Option<Vec<String>>,
    /// `Apply` carries plans out; `Observe` plans and reports, and never writes in this account. Default: `Apply`.
    pub mode: Option<Mode>,
    /// What may be touched in the account. Default: everything.
    pub allow: Option<AllowSpec>,
}

/// Names that may be touched, as patterns with `*` and `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllowSpec {
    /// The clusters, by name; `*` and `?` are wild. Default: `["*"]`.
    pub clusters: Option<Vec<String>>,
    /// The services, by name; `*` and `?` are wild. Default: `["*"]`.
    pub services: Option<Vec<String>>,
}
