//! A document as a tree that knows where everything stands.

use serde_json::Value;

use super::scalar::{Scalar, ScalarValue};
use crate::api::path::{Path, Segment};

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Mark {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it begins; for a value taken from an anchor, where the alias stands.
    pub mark: Mark,
    /// What it is.
    pub content: Content,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written; no key occurs twice.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Scalar,
    /// Where the key begins.
    pub mark: Mark,
    /// The value.
    pub value: Node,
    /// Whether the key was given again, so that nobody can tell which of the values is meant; this is the first.
    pub is_repeated: bool,
}

impl Entry {
    /// Whether this is a merge key, which brings fields along that are not looked at.
    pub fn is_merge(&self) -> bool {
        self.key.is_merge_key()
    }
}

impl Node {
    /// Whether there is nothing here: an empty document, or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(scalar) if scalar.value() == ScalarValue::Null)
    }

    /// The entry of a key, where this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|entry| entry.key.text == key),
            Content::Scalar(_) | Content::List(_) => None,
        }
    }

    /// Whether this is a map with a merge key.
    pub fn has_merge(&self) -> bool {
        matches!(&self.content, Content::Map(entries) if entries.iter().any(Entry::is_merge))
    }

    /// The value of a key, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text, where this is text.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(scalar) => match scalar.value() {
                ScalarValue::Text(text) => Some(text),
                _ => None,
            },
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The value of a path, or the nearest around it, and how many of the path's segments lead to it.
    pub fn reach(&self, path: &Path) -> (usize, &Self) {
        let mut node = self;
        for (depth, segment) in path.segments().iter().enumerate() {
            let next = match (segment, &node.content) {
                (Segment::Key(key), _) => node.get(key),
                (Segment::Index(index), Content::List(items)) => items.get(*index),
                (Segment::Index(_), _) => None,
            };
            match next {
                Some(next) => node = next,
                None => return (depth, node),
            }
        }
        (path.segments().len(), node)
    }

    /// The value as JSON, for showing it; `.inf` and `.nan` become `null`.
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar(scalar) => match scalar.value() {
                ScalarValue::Null => Value::Null,
                ScalarValue::Bool(value) => value.into(),
                ScalarValue::Int(value) => value.into(),
                ScalarValue::Float(value) => value.into(),
                ScalarValue::Text(text) => text.into(),
            },
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Map(entries) => {
                Value::Object(entries.iter().map(|e| (e.key.text.clone(), e.value.to_json())).collect())
            }
        }
    }
}
