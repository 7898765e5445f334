//! Whether a principal's policies allow a request (E-04, E-09).

use std::collections::BTreeSet;

use super::document::{ActionBlock, Document, Effect, ResourceBlock, Statement};
use super::pattern::{action_truth, resource_matches, variable_keys};
use super::{NamedPolicy, PrincipalPolicies, Request};

/// What may be unknown: where a context key is, or where AWS does not say what a policy means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Truth {
    No,
    Unknown,
    Yes,
}

impl Truth {
    pub(super) fn negate(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }
}

/// What the policies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// An Allow matches and no Deny.
    Allowed,
    /// No Allow matches: in the principal's policies, or in its boundary.
    ImplicitDeny,
    /// A Deny matches.
    ExplicitDeny,
    /// It depends on context keys that are unknown, or on what AWS does not say the meaning of.
    Unknown,
}

impl Decision {
    /// The decision as JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ImplicitDeny => "implicitDeny",
            Self::ExplicitDeny => "explicitDeny",
            Self::Unknown => "unknown",
        }
    }
}

/// Where a statement stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementRef {
    /// The policy's name.
    pub policy: String,
    /// Whether that policy is the permissions boundary.
    pub in_boundary: bool,
    /// The statement's name.
    pub sid: Option<String>,
    /// Its place, counted from 0.
    pub index: usize,
}

/// How a statement's three parts stand to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub(super) action: Truth,
    pub(super) resource: Truth,
    pub(super) conditions: Vec<Truth>,
}

impl Match {
    /// Whether the action matches.
    pub fn action(&self) -> bool {
        self.action == Truth::Yes
    }

    /// Whether the resource matches for certain.
    pub fn resource(&self) -> bool {
        self.resource == Truth::Yes
    }

    /// The places of the conditions that do not hold, or are not known to.
    pub fn failed_conditions(&self) -> Vec<usize> {
        self.conditions.iter().enumerate().filter(|(_, truth)| **truth != Truth::Yes).map(|(i, _)| i).collect()
    }

    /// Whether it is unknown.
    pub fn is_undecided(&self) -> bool {
        self.whole() == Truth::Unknown
    }

    /// Whether the statement applies for certain.
    pub fn applies(&self) -> bool {
        self.whole() == Truth::Yes
    }

    fn whole(&self) -> Truth {
        let conditions = self.conditions.iter().copied().min().unwrap_or(Truth::Yes);
        self.action.min(self.resource).min(conditions)
    }
}

impl Statement {
    /// How the statement stands to a request. `has_variables` is its document's.
    pub fn compare(&self, has_variables: bool, request: &Request) -> Match {
        let any_action =
            |list: &[String]| list.iter().map(|a| action_truth(a, &request.action)).max().unwrap_or(Truth::No);
        let any_resource = |list: &[String]| {
            list.iter().map(|r| resource_matches(r, has_variables, request)).max().unwrap_or(Truth::No)
        };
        Match {
            action: match &self.action {
                ActionBlock::Only(actions) => any_action(actions),
                ActionBlock::AllBut(actions) => any_action(actions).negate(),
            },
            resource: match &self.resource {
                Some(ResourceBlock::Only(resources)) => any_resource(resources),
                Some(ResourceBlock::AllBut(resources)) => any_resource(resources).negate(),
                None => Truth::Yes,
            },
            conditions: self.conditions.iter().map(|condition| condition.holds(has_variables, request)).collect(),
        }
    }

    /// The keys that it reads and that are unknown.
    pub fn missing_keys<'a>(&'a self, has_variables: bool, request: &'a Request) -> impl Iterator<Item = String> + 'a {
        let resources = match &self.resource {
            Some(ResourceBlock::Only(list) | ResourceBlock::AllBut(list)) if has_variables => list.as_slice(),
            _ => &[],
        };
        let of_resources = resources.iter().flat_map(|resource| variable_keys(resource));
        let of_conditions = self.conditions.iter().flat_map(move |condition| condition.keys(has_variables));
        of_resources.chain(of_conditions).filter(|key| !request.knows(key)).map(str::to_owned)
    }
}

/// A decision, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The decision.
    pub decision: Decision,
    /// The statements that make it: the Denies that match, else the Allows.
    pub matched: Vec<StatementRef>,
    /// The unknown context keys that it depends on.
    pub missing_keys: BTreeSet<String>,
    /// Whether the principal's own policies would allow it and only the boundary does not.
    pub stopped_by_boundary: bool,
}

/// Evaluates a principal's policies. Only the default version of a managed policy counts.
pub fn evaluate(policies: &PrincipalPolicies, request: &Request) -> Evaluation {
    let mut identity = Side::default();
    for policy in &policies.identity {
        identity.read(policy, false, request);
    }
    let mut boundary = Side::default();
    match &policies.boundary {
        Some(policy) => boundary.read(policy, true, request),
        None => boundary.allow = Truth::Yes,
    }
    let deny = identity.deny.max(boundary.deny);
    let allow = identity.allow.min(boundary.allow);
    let decision = match (deny, allow) {
        (Truth::Yes, _) => Decision::ExplicitDeny,
        (_, Truth::No) => Decision::ImplicitDeny,
        (Truth::Unknown, _) | (_, Truth::Unknown) => Decision::Unknown,
        (Truth::No, Truth::Yes) => Decision::Allowed,
    };
    let matched = if decision == Decision::ExplicitDeny {
        [identity.denies, boundary.denies].concat()
    } else {
        [identity.allows, boundary.allows].concat()
    };
    let missing_keys = if decision == Decision::Unknown {
        identity.missing.into_iter().chain(boundary.missing).collect()
    } else {
        BTreeSet::new()
    };
    let stopped_by_boundary =
        identity.allow == Truth::Yes && identity.deny == Truth::No && decision != Decision::Allowed;
    Evaluation { decision, matched, missing_keys, stopped_by_boundary }
}

/// What the policies of one side, the principal's own or the boundary, say.
struct Side {
    allow: Truth,
    deny: Truth,
    allows: Vec<StatementRef>,
    denies: Vec<StatementRef>,
    missing: Vec<String>,
}

impl Default for Side {
    fn default() -> Self {
        Self { allow: Truth::No, deny: Truth::No, allows: Vec::new(), denies: Vec::new(), missing: Vec::new() }
    }
}

impl Side {
    fn read(&mut self, policy: &NamedPolicy, in_boundary: bool, request: &Request) {
        let Document { statements, has_variables, .. } = &policy.document;
        for (index, statement) in statements.iter().enumerate() {
            let truth = statement.compare(*has_variables, request).whole();
            let (side, list) = match statement.effect {
                Effect::Allow => (&mut self.allow, &mut self.allows),
                Effect::Deny => (&mut self.deny, &mut self.denies),
            };
            *side = truth.max(*side);
            if truth == Truth::Yes {
                list.push(StatementRef { policy: policy.name.clone(), in_boundary, sid: statement.sid.clone(), index });
            }
            if truth == Truth::Unknown {
                self.missing.extend(statement.missing_keys(*has_variables, request));
            }
        }
    }
}
