//! The search: what stands between a principal's policies and a request, and what removes it.

use super::change::{Change, Edit, apply};
use super::kind::Kind;
use super::narrow::{is_within, own_statement};
use super::{Findings, Lack, NearMiss, action, condition, deny, resource};
use crate::diagnose::parse::sanitise;
use crate::model::iam::{Decision, Effect, Evaluation, NamedPolicy, PrincipalPolicies, Request, Statement, evaluate};

/// Finds what almost allows a request that is denied, and the edit that does. `elsewhere` are policies of other principals
/// that somebody may have meant to be this one's, each with that principal's name.
pub fn find(policies: &PrincipalPolicies, request: &Request, elsewhere: &[(String, PrincipalPolicies)]) -> Findings {
    let request = &probe_of_all_alarms(request);
    let evaluation = evaluate(policies, request);
    match evaluation.decision {
        Decision::Allowed => Findings { near_misses: vec![invisible()], ..Findings::default() },
        Decision::Unknown => Findings { near_misses: undecided(policies, &evaluation, request), ..Findings::default() },
        Decision::ImplicitDeny | Decision::ExplicitDeny => Search { policies, request, elsewhere }.run(),
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

fn invisible() -> NearMiss {
    NearMiss {
        kind: Kind::Invisible,
        policy: None,
        in_boundary: false,
        sid: None,
        index: None,
        lacks:
            "the principal's policies and boundary allow it: a service control policy, a resource control policy, a \
                session policy or a VPC endpoint policy may refuse it, none of which can be seen from here"
                .to_owned(),
        edit: None,
        changes: Vec::new(),
    }
}

/// One near miss for each statement whose part in the decision is not known.
fn undecided(policies: &PrincipalPolicies, evaluation: &Evaluation, request: &Request) -> Vec<NearMiss> {
    let keys: Vec<String> = evaluation.missing_keys.iter().cloned().collect();
    let mut found = Vec::new();
    for (policy, in_boundary) in all_policies(policies) {
        for (index, statement) in policy.document.statements.iter().enumerate() {
            if statement.compare(policy.document.has_variables, request).is_undecided() {
                found.push(NearMiss {
                    kind: Kind::Undecidable,
                    policy: Some(policy.name.clone()),
                    in_boundary,
                    sid: statement.sid.clone(),
                    index: Some(index),
                    lacks: format!("it depends on {}, which cannot be seen from here", condition::list(&keys)),
                    edit: None,
                    changes: Vec::new(),
                });
            }
        }
    }
    found
}

fn all_policies(policies: &PrincipalPolicies) -> impl Iterator<Item = (&NamedPolicy, bool)> {
    policies.identity.iter().map(|policy| (policy, false)).chain(policies.boundary.iter().map(|policy| (policy, true)))
}

/// AWS's own policies are nobody's to edit.
fn is_editable(policy: &NamedPolicy) -> bool {
    !policy.arn.as_deref().is_some_and(|arn| arn.contains(":iam::aws:policy/"))
}

fn has_allow(policy: &NamedPolicy, request: &Request) -> bool {
    let document = &policy.document;
    document.statements.iter().any(|statement| {
        statement.effect == Effect::Allow && statement.compare(document.has_variables, request).applies()
    })
}

struct Search<'a> {
    policies: &'a PrincipalPolicies,
    request: &'a Request,
    elsewhere: &'a [(String, PrincipalPolicies)],
}

impl Search<'_> {
    fn run(&self) -> Findings {
        let denies = self.denies();
        let lacks_allow = !self.policies.identity.iter().any(|policy| has_allow(policy, self.request));
        let identity = if lacks_allow { self.allows(false) } else { Vec::new() };
        let closed = self.policies.boundary.as_ref().filter(|boundary| !has_allow(boundary, self.request));
        let boundary = if closed.is_some() { self.allows(true) } else { Vec::new() };

        // One change of each side, and every Deny's: together they must do.
        let mut remedy: Vec<Change> = denies.iter().flat_map(|deny| deny.changes.clone()).collect();
        let sides = [(lacks_allow, &identity, false), (closed.is_some(), &boundary, true)];
        let mut lines: Vec<String> = denies.iter().filter_map(|deny| deny.edit.clone()).collect();
        for (_, found, in_boundary) in sides.iter().filter(|(is_needed, ..)| *is_needed) {
            let (changes, line) = self.first_edit(found, *in_boundary);
            remedy.extend(changes);
            lines.push(line);
        }
        let is_proved = denies.iter().all(|deny| !deny.changes.is_empty()) && self.is_allowed_with(&remedy);
        let mut near_misses = [denies, identity, boundary].concat();
        if is_proved {
            near_misses.extend(self.informative(lacks_allow));
            return Findings { near_misses, remedy, remedy_line: Some(lines.join("; ")) };
        }
        near_misses.iter_mut().for_each(|near| near.changes.clear());
        near_misses.extend(self.undecided_denies());
        Findings { near_misses, remedy: Vec::new(), remedy_line: None }
    }

    fn is_allowed_with(&self, changes: &[Change]) -> bool {
        let changed = apply(self.policies, changes);
        changed.is_some_and(|changed| evaluate(&changed, self.request).decision == Decision::Allowed)
    }

    fn first_edit(&self, found: &[NearMiss], in_boundary: bool) -> (Vec<Change>, String) {
        let with_edit = found.iter().find(|near| !near.changes.is_empty());
        match with_edit.and_then(|near| Some((near.changes.clone(), near.edit.clone()?))) {
            Some(edit) => edit,
            None => (vec![self.addition(None, in_boundary)], self.addition_line(None, in_boundary)),
        }
    }

    /// A statement of its own, in a policy that is there or in a new one.
    fn addition(&self, policy: Option<&NamedPolicy>, in_boundary: bool) -> Change {
        let policy = if in_boundary { self.policies.boundary.as_ref() } else { policy };
        let statement = own_statement(self.request);
        Change { policy: policy.map(|policy| policy.name.clone()), in_boundary, edit: Edit::Add { statement } }
    }

    fn addition_line(&self, policy: Option<&NamedPolicy>, in_boundary: bool) -> String {
        let (action, resource) = (sanitise(&self.request.action), sanitise(&self.request.resource));
        let place = match (in_boundary, policy) {
            (true, _) => "the permissions boundary".to_owned(),
            (false, Some(policy)) => format!("policy {}", sanitise(&policy.name)),
            (false, None) => "the principal's policies".to_owned(),
        };
        format!("add a statement to {place} that allows {action} on {resource}")
    }

    /// N-20: each Deny that matches.
    fn denies(&self) -> Vec<NearMiss> {
        let mut found = Vec::new();
        for (policy, in_boundary) in all_policies(self.policies) {
            for (index, statement) in policy.document.statements.iter().enumerate() {
                let matched = statement.compare(policy.document.has_variables, self.request);
                if statement.effect == Effect::Deny && matched.applies() {
                    found.push(self.deny(policy, in_boundary, statement, index));
                }
            }
        }
        found
    }

    fn deny(&self, policy: &NamedPolicy, in_boundary: bool, statement: &Statement, index: usize) -> NearMiss {
        let exception = if is_editable(policy) { deny::exception(statement, index, self.request) } else { None };
        let changes = exception.iter().flat_map(|(edits, _)| edits).map(|edit| Change {
            policy: Some(policy.name.clone()),
            in_boundary,
            edit: edit.clone(),
        });
        let action = sanitise(&self.request.action);
        NearMiss {
            kind: Kind::OwnExplicitDeny,
            policy: Some(policy.name.clone()),
            in_boundary,
            sid: statement.sid.clone(),
            index: Some(index),
            lacks: format!("it denies {action} explicitly, which no Allow overrides"),
            changes: changes.collect(),
            edit: exception.map(|(_, line)| line),
        }
    }

    /// The Allows that almost match, the smallest edit first.
    fn allows(&self, in_boundary: bool) -> Vec<NearMiss> {
        let mut found: Vec<(usize, NearMiss)> = Vec::new();
        for (policy, _) in all_policies(self.policies).filter(|(_, of_boundary)| *of_boundary == in_boundary) {
            for (index, statement) in policy.document.statements.iter().enumerate() {
                if statement.effect == Effect::Allow {
                    found.extend(self.allow(policy, in_boundary, statement, index));
                }
            }
        }
        // What is edited in place is smaller than what is added.
        let is_added = |near: &NearMiss| near.changes.iter().any(|c| matches!(c.edit, Edit::Add { .. }));
        found.sort_by_key(|(lacks, near)| (*lacks, is_added(near), near.kind));
        let mut found: Vec<NearMiss> = found.into_iter().map(|(_, near)| near).collect();
        if in_boundary {
            self.as_boundary(&mut found);
        }
        found
    }

    /// N-21: the same lacks, in the boundary; or that it says nothing about it.
    fn as_boundary(&self, found: &mut Vec<NearMiss>) {
        for near in found.iter_mut() {
            near.lacks = format!("the permissions boundary must allow it too: {}", near.lacks);
            near.kind = Kind::BoundaryHole;
        }
        if let (true, Some(boundary)) = (found.is_empty(), &self.policies.boundary) {
            let action = sanitise(&self.request.action);
            found.push(NearMiss {
                kind: Kind::BoundaryHole,
                policy: Some(boundary.name.clone()),
                in_boundary: true,
                sid: None,
                index: None,
                lacks: format!("the permissions boundary must allow {action} too, and no statement of it is near"),
                edit: Some(self.addition_line(None, true)),
                changes: vec![self.addition(None, true)],
            });
        }
    }

    fn allow(
        &self,
        policy: &NamedPolicy,
        in_boundary: bool,
        statement: &Statement,
        index: usize,
    ) -> Option<(usize, NearMiss)> {
        let mut lacks = self.lacks(policy, statement)?;
        let kind = match lacks.as_slice() {
            [first, _, ..] if first.kind <= Kind::BoundaryCondition => Kind::AndConflict,
            [first, ..] => first.kind,
            [] => return None,
        };
        let text: Vec<String> = lacks.iter().map(|lack| lack.text.clone()).collect();
        let count = lacks.len();
        let part = lacks
            .pop()
            .and_then(|lack| lack.edit)
            .filter(|part| count == 1 && is_editable(policy) && is_within(&part.only_new, self.request));
        let home = is_editable(policy).then_some(policy);
        let (change, line) = match part {
            Some(part) => {
                let edit = Edit::Replace { index, statement: part.edited };
                (Change { policy: Some(policy.name.clone()), in_boundary, edit }, part.line)
            }
            None => (self.addition(home, in_boundary), self.addition_line(home, in_boundary)),
        };
        let near = NearMiss {
            kind,
            policy: Some(policy.name.clone()),
            in_boundary,
            sid: statement.sid.clone(),
            index: Some(index),
            lacks: text.join("; and "),
            edit: Some(line),
            changes: vec![change],
        };
        Some((count, near))
    }

    /// What each part of a statement lacks; `None` when the statement is about something else.
    fn lacks(&self, policy: &NamedPolicy, statement: &Statement) -> Option<Vec<Lack>> {
        let has_variables = policy.document.has_variables;
        if !has_variables && statement.compare(true, self.request).applies() {
            let text = "it holds policy variables, which a document without Version 2012-10-17 takes literally";
            return Some(vec![Lack::of(Kind::VersionLiteralVariable, text.to_owned())]);
        }
        let matched = statement.compare(has_variables, self.request);
        let mut lacks = Vec::new();
        if !matched.action() {
            lacks.push(action::lack(statement, self.request)?);
        }
        if !matched.resource() {
            lacks.push(resource::lack(statement, self.request)?);
        }
        for index in matched.failed_conditions() {
            lacks.push(condition::lack(statement, statement.conditions.get(index)?, self.request));
        }
        let is_far = lacks.len() > 1
            && lacks.iter().any(|lack| matches!(lack.kind, Kind::ActionWildcardShort | Kind::NotActionHole));
        (!is_far).then_some(lacks)
    }

    /// N-23 and N-24: where it is allowed, but does not count.
    fn informative(&self, lacks_allow: bool) -> Vec<NearMiss> {
        if !lacks_allow {
            return Vec::new();
        }
        let versions = self.policies.identity.iter().flat_map(|policy| {
            policy.other_versions.iter().filter_map(move |(version, document)| {
                let other = NamedPolicy { document: document.clone(), ..policy.clone() };
                has_allow(&other, self.request).then(|| self.version(policy, version))
            })
        });
        let others =
            self.elsewhere.iter().filter(|(_, theirs)| evaluate(theirs, self.request).decision == Decision::Allowed);
        let others = others.flat_map(|(principal, theirs)| {
            let policy = theirs.identity.iter().find(|policy| has_allow(policy, self.request));
            policy.map(|policy| self.elsewhere(principal, policy))
        });
        versions.chain(others).collect()
    }

    fn version(&self, policy: &NamedPolicy, version: &str) -> NearMiss {
        let (name, version) = (sanitise(&policy.name), sanitise(version));
        let arn = policy.arn.as_deref().map_or_else(|| name.clone(), sanitise);
        self.note(
            Kind::NotDefaultVersion,
            policy,
            format!("version {version} of policy {name} allows it, and is not the default version"),
            format!("aws iam set-default-policy-version --policy-arn {arn} --version-id {version}"),
        )
    }

    fn elsewhere(&self, principal: &str, policy: &NamedPolicy) -> NearMiss {
        let (principal, name) = (sanitise(principal), sanitise(&policy.name));
        self.note(
            Kind::WrongPrincipal,
            policy,
            format!("policy {name} allows it, and belongs to {principal}, which is not the caller"),
            format!("attach the statement to the caller and not to {principal}"),
        )
    }

    fn note(&self, kind: Kind, policy: &NamedPolicy, lacks: String, edit: String) -> NearMiss {
        NearMiss {
            kind,
            policy: Some(policy.name.clone()),
            in_boundary: false,
            sid: None,
            index: None,
            lacks,
            edit: Some(edit),
            changes: Vec::new(),
        }
    }

    /// Denies that may apply stand in the way of a proof.
    fn undecided_denies(&self) -> Vec<NearMiss> {
        let evaluation = Evaluation {
            decision: Decision::Unknown,
            matched: Vec::new(),
            missing_keys: Default::default(),
            stopped_by_boundary: false,
        };
        let all = undecided(self.policies, &evaluation, self.request);
        all.into_iter().collect()
    }
}
