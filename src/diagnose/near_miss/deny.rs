//! A Deny of the principal's own policies that matches (N-20), and the exception that leaves all else denied.

use serde_json::{Value, json};

use super::NearMiss;
use super::change::{Edit, append};
use super::kind::Kind;
use super::narrow::{CREATE_SLR, SLR_KEY, scoping_keys};
use super::search::{Place, is_editable, places};
use crate::diagnose::parse::sanitise;
use crate::model::iam::{
    ActionBlock, Effect, PrincipalPolicies, Request, ResourceBlock, Statement, action_matches, text_matches,
};

/// Every Deny that matches; each must be excepted from.
pub(super) fn near_denies(policies: &PrincipalPolicies, request: &Request) -> Vec<NearMiss> {
    let denies = |place: &Place<'_>| place.statement.effect == Effect::Deny && place.compare(request).applies();
    places(policies).filter(denies).map(|place| near_deny(place, request)).collect()
}

fn near_deny(place: Place<'_>, request: &Request) -> NearMiss {
    let exception = is_editable(place.policy).then(|| exception(place.statement, place.index, request)).flatten();
    let lacks = format!("it denies {} explicitly, which no Allow overrides", sanitise(&request.action));
    match exception {
        Some((edits, line)) => {
            let changes = edits.into_iter().map(|edit| place.change(edit)).collect();
            place.near_miss(Kind::OwnExplicitDeny, lacks, Some(line), changes)
        }
        None => {
            let lacks = format!("{lacks}, and IAM has no exception to it that would allow nothing else");
            place.near_miss(Kind::OwnExplicitDeny, lacks, None, Vec::new())
        }
    }
}

/// The edits that except the asked request, and one line that says them. `None` where IAM has no way to except it alone:
/// an action cannot be taken out of a wildcard.
fn exception(statement: &Statement, index: usize, request: &Request) -> Option<(Vec<Edit>, String)> {
    by_service_name(statement, index, request).or_else(|| by_resource(statement, index, request))
}

/// A service-linked role is told from others by a condition key, which no other action carries.
fn by_service_name(statement: &Statement, index: usize, request: &Request) -> Option<(Vec<Edit>, String)> {
    let [service] = request.values(SLR_KEY)? else { return None };
    if !request.action.eq_ignore_ascii_case(CREATE_SLR) {
        return None;
    }
    let edited = with_condition(&statement.json, "StringNotEquals", SLR_KEY, service)?;
    let line = format!("except StringNotEquals {SLR_KEY} {} from the Deny", sanitise(service));
    Some((vec![Edit::Replace { index, statement: edited }], line))
}

/// A statement with one condition more. To a negated operator on a key that it has already, a value is added: none may
/// match.
fn with_condition(statement: &Value, operator: &str, key: &str, value: &str) -> Option<Value> {
    let mut edited = statement.clone();
    let conditions = edited.as_object_mut()?.entry("Condition").or_insert_with(|| json!({}));
    let keys = conditions.as_object_mut()?.entry(operator).or_insert_with(|| json!({})).as_object_mut()?;
    let spelled = keys.keys().find(|name| name.eq_ignore_ascii_case(key)).cloned();
    match spelled.and_then(|name| keys.get_mut(&name)) {
        Some(values) => append(values, value),
        None => {
            keys.insert(key.to_owned(), value.into());
        }
    }
    Some(edited)
}

/// The other actions stay denied as they were; the asked one everywhere but on the asked resource, and there for other
/// values of its service's keys.
fn by_resource(statement: &Statement, index: usize, request: &Request) -> Option<(Vec<Edit>, String)> {
    let (ActionBlock::Only(actions), Some(ResourceBlock::Only(resources))) = (&statement.action, &statement.resource)
    else {
        return None;
    };
    let (asked, others): (Vec<&String>, Vec<&String>) =
        actions.iter().partition(|action| action_matches(action, &request.action));
    if asked.iter().any(|action| !action.eq_ignore_ascii_case(&request.action)) {
        return None;
    }
    let mut left = Vec::new();
    if !others.is_empty() {
        left.push(with(&statement.json, "Action", json!(others))?);
    }
    left.extend(deny_elsewhere(statement, resources, request)?);
    for (key, value) in scoping_keys(request) {
        let here = with(&statement.json, "Action", request.action.as_str().into())?;
        let here = with(&here, "Resource", request.resource.as_str().into())?;
        let operator = if value.starts_with("arn:") { "ArnNotEquals" } else { "StringNotEquals" };
        left.push(with_condition(&here, operator, key, value)?);
    }
    let mut left = left.into_iter();
    let mut edits = match left.next() {
        Some(first) => vec![Edit::Replace { index, statement: first }],
        None => vec![Edit::Remove { index }],
    };
    edits.extend(left.map(|statement| Edit::Add { statement: without_sid(statement) }));
    let line = format!("except {} on {} from the Deny", sanitise(&request.action), sanitise(&request.resource));
    Some((edits, line))
}

/// A statement with one element's value replaced.
fn with(statement: &Value, element: &str, value: Value) -> Option<Value> {
    let mut edited = statement.clone();
    *edited.get_mut(element)? = value;
    Some(edited)
}

/// The Deny of the asked action on all its resources but the asked one; `Some(None)` when none is left.
fn deny_elsewhere(statement: &Statement, resources: &[String], request: &Request) -> Option<Option<Value>> {
    let is_all = |resource: &String| *resource == "*";
    let json = with(&statement.json, "Action", request.action.as_str().into())?;
    if resources.iter().any(is_all) {
        if request.resource == "*" {
            return Some(None);
        }
        let fields = json.as_object()?;
        // In the place of Resource, so that the rest keeps its order.
        let renamed = fields.iter().map(|(key, value)| match key.as_str() {
            "Resource" => ("NotResource".to_owned(), request.resource.as_str().into()),
            _ => (key.clone(), value.clone()),
        });
        return Some(Some(Value::Object(renamed.collect())));
    }
    let left: Vec<&String> = resources.iter().filter(|resource| **resource != request.resource).collect();
    let still_denies = left.iter().any(|resource| text_matches(resource, &request.resource));
    if still_denies {
        return None;
    }
    let elsewhere = with(&json, "Resource", json!(left))?;
    Some((!left.is_empty()).then_some(elsewhere))
}

/// Names of statements are unique in a policy.
fn without_sid(mut statement: Value) -> Value {
    if let Value::Object(fields) = &mut statement {
        fields.shift_remove("Sid");
    }
    statement
}
