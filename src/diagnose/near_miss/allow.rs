//! An Allow that almost matches: what its parts lack, and whether it can be edited in place.

use super::change::Edit;
use super::kind::Kind;
use super::narrow::is_within;
use super::search::{Place, is_editable, own, places};
use super::{Lack, NearMiss, PartEdit, action, condition, resource};
use crate::diagnose::parse::sanitise;
use crate::model::iam::{Effect, PrincipalPolicies, Request, Statement};

/// The Allows of one side that almost match, the smallest edit first: of few lacks, in place, of the closest kind.
pub(super) fn near_allows(policies: &PrincipalPolicies, in_boundary: bool, request: &Request) -> Vec<NearMiss> {
    let of_side = |place: &Place<'_>| place.in_boundary == in_boundary && place.statement.effect == Effect::Allow;
    let mut found: Vec<(usize, NearMiss)> =
        places(policies).filter(of_side).filter_map(|place| near_allow(policies, place, request)).collect();
    let is_added = |near: &NearMiss| near.changes.iter().any(|change| matches!(change.edit, Edit::Add { .. }));
    found.sort_by_key(|(lacks, near)| (*lacks, is_added(near), near.kind));
    let found: Vec<NearMiss> = found.into_iter().map(|(_, near)| near).collect();
    if in_boundary { in_the_boundary(policies, found, request) } else { found }
}

/// N-21: the same lacks, in the boundary; or that it says nothing near.
fn in_the_boundary(policies: &PrincipalPolicies, mut found: Vec<NearMiss>, request: &Request) -> Vec<NearMiss> {
    for near in &mut found {
        near.lacks = format!("the permissions boundary must allow it too: {}", near.lacks);
        near.kind = Kind::BoundaryHole;
    }
    if found.is_empty() {
        let (changes, line) = own(policies, None, true, request);
        let action = sanitise(&request.action);
        found.push(NearMiss {
            kind: Kind::BoundaryHole,
            policy: policies.boundary.as_ref().map(|boundary| boundary.name.clone()),
            in_boundary: true,
            sid: None,
            index: None,
            lacks: format!("the permissions boundary must allow {action} too, and no statement of it is near"),
            edit: Some(line),
            changes,
        });
    }
    found
}

fn near_allow(policies: &PrincipalPolicies, place: Place<'_>, request: &Request) -> Option<(usize, NearMiss)> {
    let mut lacks = lacks(place, request)?;
    let kind = match lacks.as_slice() {
        [first, _, ..] if first.kind <= Kind::BoundaryCondition => Kind::AndConflict,
        [first, ..] => first.kind,
        [] => return None,
    };
    let count = lacks.len();
    let texts: Vec<String> = lacks.iter().map(|lack| lack.text.clone()).collect();
    let part = lacks.pop().and_then(|lack| lack.edit).filter(|part| count == 1 && fits(place, part, request));
    let (changes, line) = match part {
        Some(part) => {
            let edit = Edit::Replace { index: place.index, statement: part.edited };
            (vec![place.change(edit)], part.line)
        }
        None => own(policies, Some(place.policy), place.in_boundary, request),
    };
    Some((count, place.near_miss(kind, texts.join("; and "), Some(line), changes)))
}

/// Whether a statement may be edited in place: the edit makes it match, and newly allows nothing but what was asked.
fn fits(place: Place<'_>, part: &PartEdit, request: &Request) -> bool {
    let edited = Statement::from_json(&part.edited);
    is_editable(place.policy)
        && is_within(&part.only_new, request)
        && edited.is_ok_and(|edited| edited.compare(place.has_variables(), request).applies())
}

/// What each part of a statement lacks; `None` when the statement is about something else.
fn lacks(place: Place<'_>, request: &Request) -> Option<Vec<Lack>> {
    let Place { statement, .. } = place;
    if !place.has_variables() && statement.compare(true, request).applies() && !place.compare(request).applies() {
        let text = "it holds policy variables, which a document without Version 2012-10-17 takes literally";
        return Some(vec![Lack::of(Kind::VersionLiteralVariable, text.to_owned())]);
    }
    let matched = place.compare(request);
    let mut lacks = Vec::new();
    if !matched.action() {
        lacks.push(action::lack(statement, request)?);
    }
    if !matched.resource() {
        lacks.push(resource::lack(statement, request)?);
    }
    for index in matched.failed_conditions() {
        lacks.push(condition::lack(statement, statement.conditions.get(index)?, request));
    }
    let is_far = |lack: &Lack| matches!(lack.kind, Kind::ActionWildcardShort | Kind::NotActionHole);
    (lacks.len() == 1 || !lacks.iter().any(is_far)).then_some(lacks)
}
