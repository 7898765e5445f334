//! One document to one checked object: its header, its shape, the second reading, its profile, the rules of its kind.
//!
//! Owns the order of these checks. None of them hides what another finds in a different field.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::desired::{AwsAccount, ObjectKey, Position, ScalingProfile};
use super::finding::{Report, nearest};
use super::load::ObjectRef;
use super::path::Path;
use super::schema::Schemas;
use super::shape::{self, Draft, Filling};
use super::template::Placeholders;
use super::types::{API_VERSION, Kind, Object};
use super::validate::{self, CheckedService, Written};
use super::yaml::{Document, Fault, Node, agree};
use crate::model::names::{AccountName, Region};

/// An object; where its report has an error, what could be read of it.
#[derive(Clone, Debug)]
pub(super) enum Checked {
    /// A `ServiceScaling`.
    Service(Box<CheckedService>),
    /// An `AwsAccount`.
    Account(Box<AwsAccount>),
    /// A `ScalingProfile`.
    Profile(Box<ScalingProfile>),
}

/// What the check of a `ServiceScaling` needs beside its document.
#[derive(Debug, Default)]
pub(super) struct Surroundings<'a> {
    /// Every profile that is declared, whether it can be used or not.
    pub(super) profiles: BTreeMap<ObjectKey, Declared<'a>>,
    /// The accounts with exactly one region.
    pub(super) only_regions: BTreeMap<AccountName, Region>,
    /// The time, for what is past; `None`: nothing is said of it.
    pub(super) now: Option<Timestamp>,
}

/// A profile on its way to the objects that name it.
#[derive(Debug)]
pub(super) struct Declared<'a> {
    pub(super) file: &'a str,
    pub(super) document: &'a Node,
    pub(super) position: Position,
    /// What it gives. `None`: it is refused.
    pub(super) spec: Option<Value>,
}

/// Which object a document is, as far as that can be read.
pub(super) fn reference(root: &Node) -> Option<ObjectRef> {
    let kind = root.get("kind").and_then(Node::text).and_then(Kind::from_name)?;
    let name = root.get("metadata")?.get("name").and_then(Node::text)?;
    Some(match kind {
        Kind::ServiceScaling => ObjectRef::ServiceScaling(ObjectKey::new(namespace(root)?, name)),
        Kind::ScalingProfile => ObjectRef::ScalingProfile(ObjectKey::new(namespace(root)?, name)),
        Kind::AwsAccount => ObjectRef::AwsAccount(AccountName::new(name)),
    })
}

fn namespace(root: &Node) -> Option<&str> {
    match root.get("metadata")?.get("namespace") {
        None => Some("default"),
        Some(namespace) => namespace.text(),
    }
}

/// Checks a document that could be read. What comes of one with an error, of which the report then knows, serves the
/// rules among objects alone.
pub(super) fn check<'a>(
    document: &Document<'_>,
    root: &Node,
    position: Position,
    schemas: &Schemas,
    surroundings: &Surroundings<'a>,
    report: &mut Report<'a>,
) -> Option<Checked> {
    for Fault { mark, message, hint } in &document.faults {
        report.error_at(*mark, &Path::root(), message, hint);
    }
    let kind = header(root, report)?;
    let mut draft = shape::check(root, schemas.of(kind), &Path::root(), report);
    if !report.has_errors()
        && let Err(difference) = agree(document.text, root)
    {
        let hint = "write it more plainly: quote text, indent with spaces, leave tags and odd numbers out";
        report.error(&Path::root(), format!("this document reads differently to two parsers: {difference}"), hint);
        return None;
    }
    if kind == Kind::ServiceScaling {
        take_profile(root, &mut draft, schemas, surroundings, report);
    }
    let rules = |value, report: &mut Report<'_>| check_rules(kind, value, position.clone(), surroundings, report);
    match report.has_errors() {
        true => check_partly(&draft, rules, report),
        false => rules(draft.fill(Filling::Absent), report),
    }
}

/// Adds what the object's profile gives, and asks for what neither of them has.
fn take_profile<'a, 's>(
    root: &Node,
    draft: &mut Draft<'s>,
    schemas: &'s Schemas,
    surroundings: &Surroundings<'a>,
    report: &mut Report<'a>,
) {
    let at = Path::root().key("spec");
    let Some(spec) = draft.field_mut("spec") else { return };
    let is_named = root.get("spec").is_some_and(|spec| spec.get("profile").is_some());
    let name = spec.field_mut("profile").and_then(|name| name.text()).map(str::to_owned);
    let key = namespace(root).zip(name).map(|(namespace, name)| ObjectKey::new(namespace, name));
    let found = key.as_ref().and_then(|key| profile(key, surroundings, &at, report));
    if let Some((declared, given)) = found {
        report.join_profile(declared.file, declared.document);
        spec.add_defaults(given);
    }
    let is_absent = spec.field_mut("state").and_then(|state| state.text()) == Some("Absent");
    for (name, schema) in schemas.needed_beside_profile().filter(|_| !is_absent) {
        // What a profile that cannot be used would have given is not missing.
        if spec.leave_hole(name, schema) && (found.is_some() || !is_named) {
            let (message, hint) = shape::missing(name, schema);
            report.error(&at, message, hint);
        }
    }
}

/// The profile of that key with what it gives; says why where it cannot be used.
fn profile<'s, 'a>(
    key: &ObjectKey,
    surroundings: &'s Surroundings<'a>,
    at: &Path,
    report: &mut Report<'_>,
) -> Option<(&'s Declared<'a>, &'s Value)> {
    let path = at.key("profile");
    let Some(declared) = surroundings.profiles.get(key) else {
        let siblings = surroundings.profiles.keys().filter(|other| other.namespace == key.namespace);
        let hint = match nearest(&key.name, siblings.map(|other| other.name.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                format!("add a ScalingProfile {} in the namespace {}, which is the object's", key.name, key.namespace)
            }
        };
        report.error(&path, format!("there is no ScalingProfile {key}"), hint);
        return None;
    };
    if declared.spec.is_none() {
        let message = format!("the ScalingProfile {key} ({}) is refused", declared.position);
        report.error(&path, message, "correct the profile first; what is wrong with it is said there");
    }
    declared.spec.as_ref().map(|given| (declared, given))
}

/// Checks the rules on what has the right shape: the findings that are there whatever stands in the holes.
fn check_partly(
    draft: &Draft<'_>,
    rules: impl Fn(Value, &mut Report<'_>) -> Option<Checked>,
    report: &mut Report<'_>,
) -> Option<Checked> {
    report.close(draft.holes(&Path::root()));
    let mut reports = Vec::new();
    let mut checked = None;
    for filling in Filling::ALL {
        let mut filled = report.blank();
        let found = rules(draft.fill(filling), &mut filled);
        checked = checked.or(found);
        reports.push(filled);
    }
    report.add_common(&reports);
    checked
}

fn check_rules(
    kind: Kind,
    mut object: Value,
    position: Position,
    surroundings: &Surroundings<'_>,
    report: &mut Report<'_>,
) -> Option<Checked> {
    if kind == Kind::ServiceScaling {
        let only_region = |account: &str| surroundings.only_regions.get(&AccountName::new(account)).cloned();
        Placeholders::of(&object, only_region).fill(&mut object, report);
    }
    let written = Written { spec: object.get("spec").cloned().unwrap_or_default(), position, now: surroundings.now };
    Some(match kind {
        Kind::ServiceScaling => {
            Checked::Service(Box::new(validate::service_scaling(typed(object, report)?, written, report)))
        }
        Kind::AwsAccount => Checked::Account(Box::new(validate::aws_account(typed(object, report)?, written, report))),
        Kind::ScalingProfile => {
            Checked::Profile(Box::new(validate::scaling_profile(&typed(object, report)?, written, report)))
        }
    })
}

fn typed<S: DeserializeOwned>(object: Value, report: &mut Report<'_>) -> Option<Object<S>> {
    let refused = |error| {
        let message = format!("the object cannot be read: {error}");
        report.error(&Path::root(), message, "correct what the message names");
    };
    serde_json::from_value(object).map_err(refused).ok()
}

/// The kind, or the one that a misspelt kind must be: without it nothing else can be judged.
fn header(root: &Node, report: &mut Report<'_>) -> Option<Kind> {
    let known = Kind::ALL.map(Kind::as_str);
    let written = root.get("kind").and_then(Node::text);
    if let Some(kind) = written.and_then(Kind::from_name) {
        return Some(kind);
    }
    let version = root.get("apiVersion").and_then(Node::text);
    let is_ours = version.is_none_or(|version| version.split('/').next() == API_VERSION.split('/').next());
    if let Some(kind) = written.filter(|_| is_ours).and_then(|name| nearest(name, known)).and_then(Kind::from_name) {
        return Some(kind); // the misspelling is reported with the rest of the shape
    }
    if root.has_merge() {
        return None; // it may bring the kind along; that it is not used is said already
    }
    let (message, hint) = match (written, root.entry("apiVersion")) {
        (Some(other), _) => (format!("there is no kind `{other}`"), format!("write one of {}", known.join(", "))),
        (None, Some(_)) => ("`kind` is missing".to_owned(), format!("write `kind:` with one of {}", known.join(", "))),
        (None, None) => (
            "this document is not an object: it has neither apiVersion nor kind".to_owned(),
            format!("begin it with `apiVersion: {API_VERSION}` and `kind: {}`", Kind::ServiceScaling),
        ),
    };
    let path = if root.entry("kind").is_some() { Path::root().key("kind") } else { Path::root() };
    report.error(&path, message, hint);
    None
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
