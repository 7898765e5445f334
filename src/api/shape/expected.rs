//! What a schema asks for, as far as this project's own schemas go.

use std::fmt;

use serde_json::{Map, Value};

/// What may stand at a place.
pub(super) enum Expected<'a> {
    /// Fields with these schemas; `others` is the schema of all further keys, where they are allowed.
    Map { fields: Option<&'a Map<String, Value>>, required: Vec<&'a str>, others: Option<&'a Value> },
    /// Items of one schema.
    List(&'a Value),
    /// One of these words.
    Word(Vec<&'a str>),
    /// Text.
    Text,
    /// A whole number of 32 bits.
    Int,
    /// A finite number.
    Number,
    /// `true` or `false`.
    Bool,
    /// No schema of ours asks for nothing in particular but that of an unused field.
    Anything,
}

impl<'a> Expected<'a> {
    pub(super) fn of(schema: &'a Value) -> Self {
        let words = words(schema);
        if !words.is_empty() {
            return Self::Word(words);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => Self::Map {
                fields: schema.get("properties").and_then(Value::as_object),
                required: strings(schema.get("required")),
                others: schema.get("additionalProperties").filter(|others| others.is_object()),
            },
            Some("array") => schema.get("items").map_or(Self::Anything, Self::List),
            Some("string") => Self::Text,
            Some("integer") => Self::Int,
            Some("number") => Self::Number,
            Some("boolean") => Self::Bool,
            _ => Self::Anything,
        }
    }
}

fn words(schema: &Value) -> Vec<&str> {
    let one = schema.get("const").and_then(Value::as_str);
    let several = strings(schema.get("enum"));
    let nested = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten().flat_map(words);
    one.into_iter().chain(several).chain(nested).collect()
}

fn strings(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

impl fmt::Display for Expected<'_> {
    /// With its article: `a whole number`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Map { .. } => f.write_str("a map"),
            Self::List(_) => f.write_str("a list"),
            Self::Word(words) => match words.as_slice() {
                [only] => write!(f, "`{only}`"),
                words => write!(f, "one of {}", words.join(", ")),
            },
            Self::Text => f.write_str("text"),
            Self::Int => f.write_str("a whole number"),
            Self::Number => f.write_str("a number"),
            Self::Bool => f.write_str("`true` or `false`"),
            Self::Anything => f.write_str("a value"),
        }
    }
}
