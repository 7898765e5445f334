//! Changes to policies, as values: made, applied, and so proved.

use serde_json::Value;

use crate::model::iam::{NamedPolicy, PrincipalPolicies};

/// One change to one policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The policy; `None` is a new one on the principal.
    pub policy: Option<String>,
    /// Whether it is the permissions boundary.
    pub in_boundary: bool,
    /// What is done to it.
    pub edit: Edit,
}

/// What is done to a policy. Places are counted from 0, in the policy as it was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// A statement takes another's place.
    Replace {
        /// The old one's place.
        index: usize,
        /// The new one.
        statement: Value,
    },
    /// A statement goes; it would say nothing any more.
    Remove {
        /// Its place.
        index: usize,
    },
    /// A statement comes, behind the others.
    Add {
        /// The new one.
        statement: Value,
    },
}

impl Edit {
    /// The statement that it puts there.
    pub fn statement(&self) -> Option<&Value> {
        match self {
            Self::Replace { statement, .. } | Self::Add { statement } => Some(statement),
            Self::Remove { .. } => None,
        }
    }
}

/// The policies as they are after the changes. `None` when a change does not fit, or makes no valid document.
pub fn apply(policies: &PrincipalPolicies, changes: &[Change]) -> Option<PrincipalPolicies> {
    let mut changed = policies.clone();
    let mut in_order: Vec<&Change> = changes.iter().collect();
    // Removing moves what stands behind: from the back, after what is replaced and before what is added.
    in_order.sort_by_key(|change| match change.edit {
        Edit::Replace { .. } => (0, 0),
        Edit::Remove { index } => (1, usize::MAX - index),
        Edit::Add { .. } => (2, 0),
    });
    for change in in_order {
        let policy = place(&mut changed, change)?;
        let document = &policy.document;
        policy.document = match &change.edit {
            Edit::Replace { index, statement } => document.replacing(*index, statement.clone()),
            Edit::Remove { index } => document.removing(*index),
            Edit::Add { statement } => document.adding(statement.clone()),
        }
        .ok()?;
    }
    Some(changed)
}

fn place<'a>(policies: &'a mut PrincipalPolicies, change: &Change) -> Option<&'a mut NamedPolicy> {
    if change.in_boundary {
        return policies.boundary.as_mut();
    }
    let Some(name) = &change.policy else {
        policies.identity.push(NamedPolicy::new("(new)", crate::model::iam::Document::empty()));
        return policies.identity.last_mut();
    };
    policies.identity.iter_mut().find(|policy| policy.name == *name)
}

/// Adds a value to what is one value or a list; the others keep their order.
pub(super) fn append(place: &mut Value, value: &str) {
    match place {
        Value::Array(list) => list.push(value.into()),
        single => *single = Value::Array(vec![single.take(), value.into()]),
    }
}
