//! The search: what stands between a principal's policies and a request, and what removes it.

use super::allow::near_allows;
use super::change::{Change, Edit, apply};
use super::kind::Kind;
use super::narrow::own_statement;
use super::{Findings, NearMiss, Step, deny, notes};
use crate::diagnose::parse::sanitise;
use crate::model::iam::{Decision, Effect, Match, NamedPolicy, PrincipalPolicies, Request, Statement, evaluate};

/// Finds what almost allows a request that is denied, and the edit that does. `elsewhere` are policies of other principals
/// that somebody may have meant to be this one's, each with that principal's name.
pub fn find(policies: &PrincipalPolicies, request: &Request, elsewhere: &[(String, PrincipalPolicies)]) -> Findings {
    let request = &probe_of_all_alarms(request);
    match evaluate(policies, request).decision {
        Decision::Allowed => Findings { near_misses: vec![notes::invisible()], ..Findings::default() },
        Decision::Unknown => Findings { near_misses: notes::undecided(policies, request, None), ..Findings::default() },
        Decision::ImplicitDeny | Decision::ExplicitDeny => search(policies, request, elsewhere),
    }
}

/// Application Auto Scaling asks for `alarm:` without a name, which only a scope of all names satisfies (facts on IAM, 3).
fn probe_of_all_alarms(request: &Request) -> Request {
    let mut request = request.clone();
    if request.action.to_ascii_lowercase().starts_with("cloudwatch:") && request.resource.ends_with(":alarm:") {
        request.resource.push('*');
    }
    request
}

/// A request is allowed when no Deny matches, and an Allow on each side does: in the principal's policies, and in the
/// boundary. What each side lacks is found by itself; one edit of each, together, is the remedy, and is proved.
fn search(policies: &PrincipalPolicies, request: &Request, elsewhere: &[(String, PrincipalPolicies)]) -> Findings {
    let denies = deny::near_denies(policies, request);
    let lacks_allow = !policies.identity.iter().any(|policy| has_allow(policy, request));
    let is_closed = policies.boundary.as_ref().is_some_and(|boundary| !has_allow(boundary, request));
    let sides: Vec<bool> = [(lacks_allow, false), (is_closed, true)]
        .into_iter()
        .filter_map(|(lacks, boundary)| lacks.then_some(boundary))
        .collect();

    let mut steps: Vec<Step> = denies.iter().filter_map(Step::of).collect();
    let has_exceptions = denies.iter().all(|deny| !deny.changes.is_empty());
    let mut near_misses = denies;
    for in_boundary in sides {
        let found = near_allows(policies, in_boundary, request);
        steps.push(found.iter().find_map(Step::of).unwrap_or_else(|| {
            let (changes, line) = own(policies, None, in_boundary, request);
            Step { place: None, line, changes }
        }));
        near_misses.extend(found);
    }
    let findings = Findings { near_misses, steps };
    let changed = apply(policies, &findings.remedy()).filter(|_| has_exceptions);
    let is_proved = changed.is_some_and(|changed| evaluate(&changed, request).decision == Decision::Allowed);
    let Findings { mut near_misses, steps } = findings;
    if lacks_allow {
        near_misses.extend(notes::allowed_elsewhere(policies, request, elsewhere));
    }
    if is_proved {
        return Findings { near_misses, steps };
    }
    near_misses.iter_mut().for_each(|near| near.changes.clear());
    // A Deny that may apply stands in the way of a proof.
    near_misses.extend(notes::undecided(policies, request, Some(Effect::Deny)));
    Findings { near_misses, steps: Vec::new() }
}

/// A statement of its own: in the policy given, in the boundary, or in a new policy. A principal has one boundary; to one
/// of AWS's own nothing can be added.
pub(super) fn own(
    policies: &PrincipalPolicies,
    policy: Option<&NamedPolicy>,
    in_boundary: bool,
    request: &Request,
) -> (Vec<Change>, String) {
    let policy = if in_boundary { policies.boundary.as_ref() } else { policy.filter(|policy| is_editable(policy)) };
    let place = match policy {
        Some(boundary) if in_boundary => format!("permissions boundary {}", sanitise(&boundary.name)),
        Some(policy) => format!("policy {}", sanitise(&policy.name)),
        None => "the principal's policies".to_owned(),
    };
    let (action, resource) = (sanitise(&request.action), sanitise(&request.resource));
    if policy.is_some_and(|policy| !is_editable(policy)) {
        let line = format!("replace {place}, which is AWS's own, by one that allows {action} on {resource}");
        return (Vec::new(), line);
    }
    let edit = Edit::Add { statement: own_statement(request) };
    let change = Change { policy: policy.map(|policy| policy.name.clone()), in_boundary, edit };
    (vec![change], format!("add a statement to {place} that allows {action} on {resource}"))
}

/// AWS's own policies are nobody's to edit.
pub(super) fn is_editable(policy: &NamedPolicy) -> bool {
    !policy.arn.as_deref().is_some_and(|arn| arn.contains(":iam::aws:policy/"))
}

pub(super) fn has_allow(policy: &NamedPolicy, request: &Request) -> bool {
    let document = &policy.document;
    let applies = |statement: &Statement| statement.compare(document.has_variables, request).applies();
    document.statements.iter().any(|statement| statement.effect == Effect::Allow && applies(statement))
}

/// A statement, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) policy: &'a NamedPolicy,
    pub(super) in_boundary: bool,
    pub(super) index: usize,
    pub(super) statement: &'a Statement,
}

impl Place<'_> {
    pub(super) fn has_variables(&self) -> bool {
        self.policy.document.has_variables
    }

    pub(super) fn compare(&self, request: &Request) -> Match {
        self.statement.compare(self.has_variables(), request)
    }

    pub(super) fn change(&self, edit: Edit) -> Change {
        Change { policy: Some(self.policy.name.clone()), in_boundary: self.in_boundary, edit }
    }

    pub(super) fn near_miss(&self, kind: Kind, lacks: String, edit: Option<String>, changes: Vec<Change>) -> NearMiss {
        NearMiss {
            kind,
            policy: Some(self.policy.name.clone()),
            in_boundary: self.in_boundary,
            sid: self.statement.sid.clone(),
            index: Some(self.index),
            lacks,
            edit,
            changes,
        }
    }
}

/// Every statement of a principal's policies and of its boundary.
pub(super) fn places(policies: &PrincipalPolicies) -> impl Iterator<Item = Place<'_>> {
    let identity = policies.identity.iter().map(|policy| (policy, false));
    let boundary = policies.boundary.iter().map(|policy| (policy, true));
    identity.chain(boundary).flat_map(|(policy, in_boundary)| {
        let statements = policy.document.statements.iter().enumerate();
        statements.map(move |(index, statement)| Place { policy, in_boundary, index, statement })
    })
}
