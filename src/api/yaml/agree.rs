//! The second reading: serde_yaml's, and whether it says the same as ours.

use serde::Deserialize;
use serde_yaml::Value;

use super::node::{Content, Node};
use super::scalar::{Scalar, ScalarValue};

/// Reads a document's text with serde_yaml and compares.
///
/// # Errors
/// How the two readings differ. serde_yaml's deserialiser does not end after a scanner error, so that no more than
/// two documents are asked for.
pub fn agree(text: &str, ours: &Node) -> Result<Value, String> {
    let mut documents = serde_yaml::Deserializer::from_str(text);
    let Some(first) = documents.next() else {
        return Err("one reader finds a document, the other none".into());
    };
    let theirs = Value::deserialize(first).map_err(|error| format!("one reader refuses it: {error}"))?;
    if documents.next().is_some() {
        return Err("one reader finds one document, the other several".into());
    }
    match difference(ours, &theirs) {
        None => Ok(theirs),
        Some(place) => Err(format!("the two readers differ {place}")),
    }
}

fn difference(ours: &Node, theirs: &Value) -> Option<String> {
    let here = || Some(format!("on the value in line {}, column {}", ours.mark.line, ours.mark.column));
    match (&ours.content, theirs) {
        (Content::Scalar(scalar), theirs) if is_same(scalar, theirs) => None,
        (Content::List(items), Value::Sequence(values)) if items.len() == values.len() => {
            items.iter().zip(values).find_map(|(item, value)| difference(item, value))
        }
        (Content::Map(entries), Value::Mapping(values)) if entries.len() == values.len() => {
            entries.iter().zip(values).find_map(|(entry, (key, value))| match is_same(&entry.key, key) {
                true => difference(&entry.value, value),
                false => here(),
            })
        }
        _ => here(),
    }
}

fn is_same(ours: &Scalar, theirs: &Value) -> bool {
    match (ours.value(), theirs) {
        (ScalarValue::Null, Value::Null) => true,
        (ScalarValue::Bool(ours), Value::Bool(theirs)) => ours == *theirs,
        (ScalarValue::Int(ours), Value::Number(theirs)) => theirs.as_i64() == Some(ours),
        (ScalarValue::Float(ours), Value::Number(theirs)) => {
            theirs.as_i64().is_none()
                && theirs.as_f64().is_some_and(|theirs| ours == theirs || (ours.is_nan() && theirs.is_nan()))
        }
        (ScalarValue::Text(ours), Value::String(theirs)) => ours == theirs,
        _ => false,
    }
}
