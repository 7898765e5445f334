//! A document's shape against the JSON Schema: every wrong type, unknown or missing field, in one walk.
//!
//! Owns what can be said of a document without knowing AWS. A deserialiser would stop at the first mistake; this walk
//! finds all of them, each at its place, and says what to write instead.

mod draft;
mod expected;
mod fields;
mod scalars;

use serde_json::Value;

pub(super) use self::draft::{Draft, Filling};
pub(super) use self::fields::missing;

use self::expected::Expected;
use super::finding::Report;
use super::path::Path;
use super::yaml::{Content, Node};

/// Checks a node against a schema, and reports everything that does not fit: there the draft has a hole.
pub(super) fn check<'s>(node: &Node, schema: &'s Value, path: &Path, report: &mut Report<'_>) -> Draft<'s> {
    let expected = Expected::of(schema);
    if node.is_null() {
        let message = "there is no value here";
        report.error_at(node.mark, path, message, format!("write {expected}, or remove the line"));
        return Draft::Hole(schema);
    }
    match (&expected, &node.content) {
        (Expected::Map(form), Content::Map(entries)) => return fields::check(node, entries, form, path, report),
        (Expected::List(items), Content::List(nodes)) => {
            let item = |(index, node)| check(node, items, &path.index(index), report);
            return Draft::List(nodes.iter().enumerate().map(item).collect());
        }
        (Expected::Anything, _) => return Draft::Value(node.to_json()),
        (_, Content::Scalar(scalar)) => match scalars::check(scalar, &expected) {
            Ok(()) => return Draft::Value(node.to_json()),
            Err((message, hint)) => report.error_at(node.mark, path, message, hint),
        },
        (_, Content::Map(_)) => {
            let hint = match expected {
                Expected::List(_) => "begin each item of the list with `- `".to_owned(),
                _ => format!("write {expected}"),
            };
            report.error_at(node.mark, path, format!("a map stands where {expected} is meant"), hint);
        }
        (_, Content::List(_)) => {
            let message = format!("a list stands where {expected} is meant");
            report.error_at(node.mark, path, message, "remove the `- ` or the brackets");
        }
    }
    Draft::Hole(schema)
}
