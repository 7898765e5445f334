//! A document's shape against the JSON Schema: every wrong type, unknown or missing field, in one walk.
//!
//! Owns what can be said of a document without knowing AWS. A deserialiser would stop at the first mistake; this walk
//! finds all of them, each at its place, and says what to write instead.

mod expected;
mod fields;
mod scalars;

use serde_json::Value;

use self::expected::Expected;
use super::finding::Report;
use super::path::Path;
use super::yaml::{Content, Node};

/// Checks a node against a schema, and reports everything that does not fit.
pub(super) fn check(node: &Node, schema: &Value, path: &Path, report: &mut Report<'_>) {
    let expected = Expected::of(schema);
    if node.is_null() {
        let message = "there is no value here";
        return report.error_at(node.mark, path, message, format!("write {expected}, or remove the line"));
    }
    match (&expected, &node.content) {
        (Expected::Map { .. }, Content::Map(entries)) => fields::check(node, entries, &expected, path, report),
        (Expected::List(items), Content::List(nodes)) => {
            for (index, item) in nodes.iter().enumerate() {
                check(item, items, &path.index(index), report);
            }
        }
        (Expected::Anything, _) => {}
        (_, Content::Scalar(scalar)) => {
            if let Err((message, hint)) = scalars::check(scalar, &expected) {
                report.error_at(node.mark, path, message, hint);
            }
        }
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
}
