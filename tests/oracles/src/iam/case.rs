//! One case: policies and a request, with everything known of it.

use std::collections::BTreeMap;

use anyhow::Result;
use ecs_scaling::model::iam::{Decision, Document, NamedPolicy, PrincipalPolicies, Request, evaluate};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Policies and a request, as they are written for the other evaluator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Case {
    /// The principal's policies.
    pub(crate) identity: Vec<Value>,
    /// Its permissions boundary.
    pub(crate) boundary: Option<Value>,
    pub(crate) action: String,
    pub(crate) resource: String,
    /// A key that is not here is absent from the request.
    pub(crate) context: BTreeMap<String, Vec<String>>,
}

/// A decision; `Unknown` where AWS does not say what is right, `Error` where the other evaluator had none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Verdict {
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
    Unknown,
    Error,
}

impl Case {
    /// What our evaluator says.
    pub(crate) fn decide(&self) -> Result<Verdict> {
        let named = |json: &Value| Ok::<_, anyhow::Error>(NamedPolicy::new("p", Document::from_json(json.clone())?));
        let policies = PrincipalPolicies {
            identity: self.identity.iter().map(named).collect::<Result<_>>()?,
            boundary: self.boundary.as_ref().map(named).transpose()?,
        };
        let mut request = Request::new(self.action.as_str(), self.resource.as_str()).complete();
        request.context = self.context.clone();
        Ok(match evaluate(&policies, &request).decision {
            Decision::Allowed => Verdict::Allowed,
            Decision::ImplicitDeny => Verdict::ImplicitDeny,
            Decision::ExplicitDeny => Verdict::ExplicitDeny,
            Decision::Unknown => Verdict::Unknown,
        })
    }

    /// What the request holds for a key.
    pub(super) fn values(&self, key: &str) -> Option<&[String]> {
        let held = self.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        held.map(|(_, values)| values.as_slice())
    }
}
