//! A configuration as a list of canonical fields, and the difference of two.
//!
//! One list serves the comparison, the plan's text, the audit line and the tests of every managed field: what is not
//! in the list is not managed. Defaults are filled in before a field is made (S-095) and sets are sorted (S-096), so
//! that equal configurations give equal lists, however AWS or the user spelled them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A field's name, as the object spells it, and its canonical value.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Dotted, in camelCase.
    pub name: String,
    /// Canonical; `null` means unset where AWS has no default.
    pub value: Value,
}

impl Field {
    /// A field with anything that JSON can hold.
    pub fn new(name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// A field from a serialisable value; what cannot be serialised is `null`.
    pub fn of(name: impl Into<String>, value: &impl Serialize) -> Self {
        Self { name: name.into(), value: serde_json::to_value(value).unwrap_or(Value::Null) }
    }
}

/// What has canonical fields.
pub trait Fields {
    /// The fields, in one order for one type of resource. What is unset and has a field of its own is `null`.
    fn fields(&self) -> Vec<Field>;
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The field's name, as in the object.
    pub field: String,
    /// What AWS has; `null` where there is nothing.
    pub from: Value,
    /// What is wanted.
    pub to: Value,
}

/// The fields that differ between two configurations of one type, in the order of `to`; behind them, as going, those that
/// `to` does not have.
pub fn changes(from: &impl Fields, to: &impl Fields) -> Vec<Change> {
    let (before, after) = (from.fields(), to.fields());
    let value = |fields: &[Field], name: &str| {
        fields.iter().find(|field| field.name == name).map_or(Value::Null, |field| field.value.clone())
    };
    let gone = before.iter().filter(|field| after.iter().all(|kept| kept.name != field.name));
    let names: Vec<&str> = after.iter().chain(gone).map(|field| field.name.as_str()).collect();
    names
        .into_iter()
        .map(|name| Change { field: name.to_owned(), from: value(&before, name), to: value(&after, name) })
        .filter(|change| change.from != change.to)
        .collect()
}

/// Every set field of something that goes.
pub fn deletion(from: &impl Fields) -> Vec<Change> {
    creation(from).into_iter().map(|change| Change { from: change.to, to: Value::Null, ..change }).collect()
}

/// Every set field of something that does not exist yet.
pub fn creation(to: &impl Fields) -> Vec<Change> {
    to.fields()
        .into_iter()
        .filter(|f| !f.value.is_null())
        .map(|f| Change { field: f.name, from: Value::Null, to: f.value })
        .collect()
}
