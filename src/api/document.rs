//! One document to one checked object: its header, its shape, the second reading, the rules of its kind.
//!
//! Owns the order of these checks. Each of them needs that the one before found nothing.

use serde::de::DeserializeOwned;
use serde_yaml::Value;

use super::desired::{AwsAccount, ObjectKey, Position};
use super::finding::{Report, nearest};
use super::path::Path;
use super::schema::Schemas;
use super::types::{API_VERSION, Kind, Object};
use super::validate::{self, CheckedService, Written};
use super::yaml::{Document, Node, agree};
use super::{load::ObjectRef, shape};
use crate::model::names::AccountName;

/// An object that keeps every rule of its own.
#[derive(Clone, Debug)]
pub(super) enum Checked {
    /// A `ServiceScaling`.
    Service(Box<CheckedService>),
    /// An `AwsAccount`.
    Account(Box<AwsAccount>),
}

/// Which object a document is, as far as that can be read.
pub(super) fn reference(root: &Node) -> Option<ObjectRef> {
    let kind = root.get("kind").and_then(Node::text).and_then(Kind::from_name)?;
    let metadata = root.get("metadata")?;
    let name = metadata.get("name").and_then(Node::text)?;
    Some(match kind {
        Kind::ServiceScaling => {
            let namespace = match metadata.get("namespace") {
                None => "default",
                Some(namespace) => namespace.text()?,
            };
            ObjectRef::ServiceScaling(ObjectKey::new(namespace, name))
        }
        Kind::AwsAccount => ObjectRef::AwsAccount(AccountName::new(name)),
    })
}

/// Checks a document that could be read.
pub(super) fn check(
    document: &Document<'_>,
    root: &Node,
    position: Position,
    schemas: &Schemas,
    report: &mut Report<'_>,
) -> Option<Checked> {
    let kind = header(root, report)?;
    shape::check(root, schemas.of(kind), &Path::root(), report);
    if report.has_errors() || !document.faults.is_empty() {
        return None;
    }
    let value = match agree(document.text, root) {
        Ok(value) => value,
        Err(difference) => {
            let hint = "write it more plainly: quote text, indent with spaces, leave tags and odd numbers out";
            report.error(&Path::root(), format!("this document reads differently to two parsers: {difference}"), hint);
            return None;
        }
    };
    let written = Written { spec: root.get("spec").map(Node::to_json).unwrap_or_default(), position };
    match kind {
        Kind::ServiceScaling => {
            let checked = validate::service_scaling(typed(value, report)?, written, report)?;
            Some(Checked::Service(Box::new(checked)))
        }
        Kind::AwsAccount => {
            Some(Checked::Account(Box::new(validate::aws_account(typed(value, report)?, written, report))))
        }
    }
}

fn typed<S: DeserializeOwned>(value: Value, report: &mut Report<'_>) -> Option<Object<S>> {
    serde_yaml::from_value(value)
        .map_err(|error| {
            report.error(
                &Path::root(),
                format!("the object cannot be read: {error}"),
                "correct what the message names",
            );
        })
        .ok()
}

/// `apiVersion` and `kind`: without them nothing else can be judged.
fn header(root: &Node, report: &mut Report<'_>) -> Option<Kind> {
    if root.entry("apiVersion").is_none() && root.entry("kind").is_none() {
        let hint = format!("begin it with `apiVersion: {API_VERSION}` and `kind: {}`", Kind::ServiceScaling);
        report.error(&Path::root(), "this document is not an object: it has neither apiVersion nor kind", hint);
        return None;
    }
    let version = root.get("apiVersion").and_then(Node::text);
    if version != Some(API_VERSION) {
        let message = match version {
            Some(other) => format!("`{other}` is not a version that is known here"),
            None => "`apiVersion` is missing".to_owned(),
        };
        report.error(&Path::root().key("apiVersion"), message, format!("write `apiVersion: {API_VERSION}`"));
    }
    let name = root.get("kind").and_then(Node::text);
    let kind = name.and_then(Kind::from_name);
    if kind.is_none() {
        let known = Kind::ALL.map(Kind::as_str);
        let message = match name {
            Some(other) => format!("there is no kind `{other}`"),
            None => "`kind` is missing".to_owned(),
        };
        let hint = match name.and_then(|name| nearest(name, known)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write `kind:` with one of {}", known.join(", ")),
        };
        report.error(&Path::root().key("kind"), message, hint);
    }
    (!report.has_errors()).then_some(kind).flatten()
}
