//! A Deny of the principal's own policies that matches (N-20), and the exception that leaves all else denied.

use serde_json::{Value, json};

use super::NearMiss;
use super::change::{Edit, append};
use super::kind::Kind;
use super::narrow::CREATE_SLR;
use super::search::{Place, is_editable, places};
use crate::diagnose::parse::sanitise;
use crate::model::iam::{ActionBlock, Effect, PrincipalPolicies, Request, ResourceBlock, Statement};

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
    let [service] = request.values("iam:AWSServiceName")? else { return None };
    if !request.action.eq_ignore_ascii_case(CREATE_SLR) {
        return None;
    }
    let mut edited = statement.json.clone();
    let Value::Object(fields) = &mut edited else { return None };
    let conditions = fields.entry("Condition").or_insert_with(|| json!({}));
    let Value::Object(operators) = conditions else { return None };
    let keys = operators.entry("StringNotEquals").or_insert_with(|| json!({}));
    let Value::Object(keys) = keys else { return None };
    let spelled = keys.keys().find(|key| key.eq_ignore_ascii_case("iam:AWSServiceName")).cloned();
    match spelled.and_then(|key| keys.get_mut(&key)) {
        Some(values) => append(values, service),
        None => {
            keys.insert("iam:AWSServiceName".to_owned(), service.as_str().into());
        }
    }
    let line = format!("except StringNotEquals iam:AWSServiceName {} from the Deny", sanitise(service));
    Some((vec![Edit::Replace { index, statement: edited }], line))
}

/// The other actions stay denied as they were; the asked one everywhere but on the asked resource.
fn by_resource(statement: &Statement, index: usize, request: &Request) -> Option<(Vec<Edit>, String)> {
    let (ActionBlock::Only(actions), Some(ResourceBlock::Only(resources))) = (&statement.action, &statement.resource)
    else {
        return None;
    };
    let (asked, others): (Vec<&String>, Vec<&String>) =
        actions.iter().partition(|action| crate::model::iam::action_matches(action, &request.action));
    if asked.iter().any(|action| !action.eq_ignore_ascii_case(&request.action)) {
        return None;
    }
    let elsewhere = deny_elsewhere(statement, resources, request)?;
    let rest = (!others.is_empty()).then(|| {
        let mut rest = statement.json.clone();
        if let Some(place) = rest.get_mut("Action") {
            *place = json!(others);
        }
        rest
    });
    let edits = match (rest, elsewhere) {
        (Some(rest), Some(elsewhere)) => {
            vec![Edit::Replace { index, statement: rest }, Edit::Add { statement: without_sid(elsewhere) }]
        }
        (Some(only), None) | (None, Some(only)) => vec![Edit::Replace { index, statement: only }],
        (None, None) => vec![Edit::Remove { index }],
    };
    let line = format!("except {} on {} from the Deny", sanitise(&request.action), sanitise(&request.resource));
    Some((edits, line))
}

/// The Deny of the asked action on all its resources but the asked one; `Some(None)` when none is left.
fn deny_elsewhere(statement: &Statement, resources: &[String], request: &Request) -> Option<Option<Value>> {
    let is_all = |resource: &String| *resource == "*";
    let mut json = statement.json.clone();
    *json.get_mut("Action")? = request.action.as_str().into();
    if resources.iter().any(is_all) {
        if request.resource == "*" {
            return Some(None);
        }
        let Value::Object(fields) = &mut json else { return None };
        // In the place of Resource, so that the rest keeps its order.
        let renamed = fields.iter().map(|(key, value)| match key.as_str() {
            "Resource" => ("NotResource".to_owned(), request.resource.as_str().into()),
            _ => (key.clone(), value.clone()),
        });
        return Some(Some(Value::Object(renamed.collect())));
    }
    let left: Vec<&String> = resources.iter().filter(|resource| **resource != request.resource).collect();
    let still_denies = left.iter().any(|resource| crate::model::iam::text_matches(resource, &request.resource));
    if still_denies {
        return None;
    }
    *json.get_mut("Resource")? = json!(left);
    Some((!left.is_empty()).then_some(json))
}

/// Names of statements are unique in a policy.
fn without_sid(mut statement: Value) -> Value {
    if let Value::Object(fields) = &mut statement {
        fields.shift_remove("Sid");
    }
    statement
}
