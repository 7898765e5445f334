//! What a schema asks for, as far as this project's own schemas go.

use std::fmt;

use serde_json::Value;

/// What may stand at a place.
pub(super) enum Expected<'a> {
    /// Fields.
    Map(MapForm<'a>),
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

/// The fields that a map may have.
pub(super) struct MapForm<'a> {
    /// Each known field with its schema.
    pub(super) fields: Vec<(&'a str, &'a Value)>,
    pub(super) required: Vec<&'a str>,
    /// Those of the required fields that another object may give: their absence is judged when that is known.
    pub(super) from_elsewhere: Vec<&'a str>,
    /// The schema of all further keys, where they are allowed.
    pub(super) others: Option<&'a Value>,
}

impl<'a> MapForm<'a> {
    pub(super) fn field(&self, name: &str) -> Option<&'a Value> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, schema)| *schema)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.fields.iter().map(|(name, _)| *name)
    }
}

impl<'a> Expected<'a> {
    pub(super) fn of(schema: &'a Value) -> Self {
        let words = words(schema);
        if !words.is_empty() {
            return Self::Word(words);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => {
                let from_elsewhere = from_elsewhere(schema);
                Self::Map(MapForm {
                    fields: properties(schema),
                    required: [strings(schema.get("required")), from_elsewhere.clone()].concat(),
                    from_elsewhere,
                    others: schema.get("additionalProperties").filter(|others| others.is_object()),
                })
            }
            Some("array") => schema.get("items").map_or(Self::Anything, Self::List),
            Some("string") => Self::Text,
            Some("integer") => Self::Int,
            Some("number") => Self::Number,
            Some("boolean") => Self::Bool,
            _ => Self::Anything,
        }
    }
}

fn properties(schema: &Value) -> Vec<(&str, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema)).collect()
}

/// `anyOf` has what names the other object first, and what is needed without it last.
fn from_elsewhere(schema: &Value) -> Vec<&str> {
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    strings(alternatives.and_then(|all| all.last()).and_then(|last| last.get("required")))
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
            Self::Map(_) => f.write_str("a map"),
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
