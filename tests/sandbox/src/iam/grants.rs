//! What a principal carries: inline policies, attached ones, a permissions boundary.

use std::collections::{BTreeMap, BTreeSet};

use ecs_scaling::model::iam::{Document, NamedPolicy};

use super::PolicyText;
use crate::cloud::Cloud;

/// The policies of a role or a user.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// Inline policies by name.
    pub inline: BTreeMap<String, PolicyText>,
    /// The ARNs of attached managed policies.
    pub attached: BTreeSet<String>,
    /// The ARN of the managed policy that is the permissions boundary.
    pub boundary: Option<String>,
}

impl Grants {
    /// Inline policies, and the default versions of attached ones (E-09).
    pub fn identity(&self, cloud: &Cloud) -> Vec<NamedPolicy> {
        let inline = self.inline.iter().map(|(name, policy)| NamedPolicy::new(name, policy.document().clone()));
        let attached = self.attached.iter().filter_map(|arn| cloud.managed_policy(arn)).map(|p| p.named());
        inline.chain(attached).collect()
    }

    /// The boundary. One whose policy is gone allows nothing.
    pub fn boundary(&self, cloud: &Cloud) -> Option<NamedPolicy> {
        let arn = self.boundary.as_ref()?;
        let gone = || NamedPolicy { arn: Some(arn.clone()), ..NamedPolicy::new(arn, Document::empty()) };
        Some(cloud.managed_policy(arn).map_or_else(gone, |policy| policy.named()))
    }
}
