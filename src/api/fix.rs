//! What mends a denial, apart from the one line of the hint, so that each reader can lay it out.
//!
//! Owns the shape alone. What stands in it is found out in `diagnose`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What mends a denial, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// The actions that were refused, where AWS names them: `cloudwatch:PutMetricAlarm`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<String>,
    /// The edits that together allow what was denied: proved against the principal's policies. Empty where these could
    /// not be read, or no edit would help.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<PolicyEdit>,
    /// What else is to be known: who may make the edits, what could not be read, what AWS's simulator says of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// A command that helps as well, once, for somebody who may run it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Further actions that the object needs and the policies do not allow. Empty where the policies could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub still_needed: Vec<String>,
    /// Every action that the object needs, allowed or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needed: Vec<String>,
}

impl Fix {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One edit of one policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyEdit {
    /// Which statement of which policy, and what is done to it: one line, with a stop.
    pub edit: String,
    /// The statements as they are afterwards; those that are edited in place come first. Empty where one is removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edited_statements: Vec<Value>,
}
