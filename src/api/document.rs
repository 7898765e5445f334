//! One document to one checked object: its header, its shape, the second reading, the rules of its kind.
//!
//! Owns the order of these checks. None of them hides what another finds in a different field.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::desired::{AwsAccount, ObjectKey, Position};
use super::finding::{Report, nearest};
use super::load::ObjectRef;
use super::path::Path;
use super::schema::Schemas;
use super::shape::{self, Draft, Filling};
use super::types::{API_VERSION, Kind, Object};
use super::validate::{self, CheckedService, Written};
use super::yaml::{Document, Fault, Node, agree};
use crate::model::names::AccountName;

/// An object; where its report has an error, what could be read of it.
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

/// Checks a document that could be read. What comes of one with an error, of which the report then knows, serves the
/// rules among objects alone.
pub(super) fn check(
    document: &Document<'_>,
    root: &Node,
    position: Position,
    (schemas, now): (&Schemas, Option<Timestamp>),
    report: &mut Report<'_>,
) -> Option<Checked> {
    for Fault { mark, message, hint } in &document.faults {
        report.error_at(*mark, &Path::root(), message, hint);
    }
    let kind = header(root, report)?;
    let draft = shape::check(root, schemas.of(kind), &Path::root(), report);
    let written = Written { spec: root.get("spec").map(Node::to_json).unwrap_or_default(), position, now };
    if report.has_errors() {
        return check_partly(kind, &draft, &written, report);
    }
    match agree(document.text, root) {
        Ok(value) => check_rules(kind, value, written, report),
        Err(difference) => {
            let hint = "write it more plainly: quote text, indent with spaces, leave tags and odd numbers out";
            report.error(&Path::root(), format!("this document reads differently to two parsers: {difference}"), hint);
            None
        }
    }
}

/// Checks the rules on what has the right shape: the findings that are there whatever stands in the holes.
fn check_partly(kind: Kind, draft: &Draft<'_>, written: &Written, report: &mut Report<'_>) -> Option<Checked> {
    report.close(draft.holes(&Path::root()));
    let mut reports = Vec::new();
    let mut checked = None;
    for filling in Filling::ALL {
        let mut filled = report.blank();
        let found = check_rules(kind, draft.fill(filling), written.clone(), &mut filled);
        checked = checked.or(found);
        reports.push(filled);
    }
    report.add_common(&reports);
    checked
}

fn check_rules<'d>(
    kind: Kind,
    value: impl Deserializer<'d>,
    written: Written,
    report: &mut Report<'_>,
) -> Option<Checked> {
    Some(match kind {
        Kind::ServiceScaling => {
            Checked::Service(Box::new(validate::service_scaling(typed(value, report)?, written, report)))
        }
        Kind::AwsAccount => Checked::Account(Box::new(validate::aws_account(typed(value, report)?, written, report))),
    })
}

fn typed<'d, S: Deserialize<'d>>(value: impl Deserializer<'d>, report: &mut Report<'_>) -> Option<Object<S>> {
    let refused = |error| {
        let message = format!("the object cannot be read: {error}");
        report.error(&Path::root(), message, "correct what the message names");
    };
    Object::deserialize(value).map_err(refused).ok()
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
