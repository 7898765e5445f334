//! IAM: policy documents, and whether they allow a request, as AWS documents it (E-01 to E-09).
//!
//! Owns the evaluation of a principal's own policies and its permissions boundary. Must not guess at what it is not given
//! (service control policies, session policies, resource policies): callers name those as unseen.

mod condition;
mod document;
mod evaluate;
mod pattern;
mod value;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use condition::{Comparison, Condition, Operator, SetOperator};
pub use document::{ActionBlock, Document, DocumentError, Effect, ResourceBlock, Statement};
pub use evaluate::{Decision, Evaluation, Match, StatementRef, evaluate};
pub use pattern::{action_matches, text_matches};

/// A policy by its name, with the version that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPolicy {
    /// An inline policy's name, or a managed policy's.
    pub name: String,
    /// A managed policy's ARN.
    pub arn: Option<String>,
    /// An inline policy, or a managed policy's default version: the only one that counts (E-09).
    pub document: Document,
    /// A managed policy's other versions, by id, where they were read.
    pub other_versions: Vec<(String, Document)>,
}

impl NamedPolicy {
    /// A policy with a single version.
    pub fn new(name: impl Into<String>, document: Document) -> Self {
        Self { name: name.into(), arn: None, document, other_versions: Vec::new() }
    }
}

/// Everything that a principal itself carries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrincipalPolicies {
    /// Inline and attached ones; for a user those of its groups too.
    pub identity: Vec<NamedPolicy>,
    /// The permissions boundary.
    pub boundary: Option<NamedPolicy>,
}

/// What a principal asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Such as `iam:CreateServiceLinkedRole`.
    pub action: String,
    /// An ARN; `*` for an action without resources.
    pub resource: String,
    /// Context keys, whose case does not matter, and their values. A key with no values is known to be absent.
    pub context: BTreeMap<String, Vec<String>>,
    /// Whether a key that is not in `context` is known to be absent. If not, it is unknown.
    pub complete: bool,
}

impl Request {
    /// A request with nothing known of its context.
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), context: BTreeMap::new(), complete: false }
    }

    /// Adds a context key with one value.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.context.insert(key.into(), vec![value.into()]);
        self
    }

    /// Says that a key that is not in the context is absent from the request.
    #[must_use]
    pub fn complete(mut self) -> Self {
        self.complete = true;
        self
    }

    /// The request as another service makes it with the caller's permissions (E-08): where it comes from, and through
    /// whom, is then unknown.
    #[must_use]
    pub fn forwarded(mut self) -> Self {
        let of_the_caller = ["aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp", "aws:CalledVia"];
        self.context.retain(|key, _| !of_the_caller.iter().any(|gone| gone.eq_ignore_ascii_case(key)));
        self.complete = false;
        self.with("aws:ViaAWSService", "true")
    }

    /// Adds a context key that such a request is known not to carry.
    #[must_use]
    pub fn without(mut self, key: impl Into<String>) -> Self {
        self.context.insert(key.into(), Vec::new());
        self
    }

    /// Whether it is known what a key holds, or that it is absent.
    pub fn knows(&self, key: &str) -> bool {
        self.complete || self.context.keys().any(|name| name.eq_ignore_ascii_case(key))
    }

    /// The values of a key; `None` when it is absent or unknown.
    pub fn values(&self, key: &str) -> Option<&[String]> {
        let (_, values) = self.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        (!values.is_empty()).then_some(values.as_slice())
    }
}

/// The region that `aws:RequestedRegion` holds in calls to IAM, whatever region the caller works in (E-07).
pub fn requested_region_of_iam(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

#[cfg(test)]
mod tests;
