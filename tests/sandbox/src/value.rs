//! The neutral value between the wire protocols and the operations.
//!
//! Owns reading typed members out of an input and building outputs. Knows no protocol: text from a form-encoded
//! request and numbers from JSON read alike.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::error::AwsError;

/// Members by name.
pub type Map = BTreeMap<String, Value>;

/// What every protocol can carry.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Absent.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A double.
    Float(f64),
    /// A string or an enum.
    Text(String),
    /// A moment.
    Time(Timestamp),
    /// A list.
    List(Vec<Value>),
    /// A structure or a map.
    Map(Map),
}

static NULL: Value = Value::Null;

impl Value {
    /// The value as JSON, as awsJson spells it.
    pub fn to_json(&self) -> serde_json::Value {
        crate::wire::to_json(self)
    }

    /// A structure without the members that are absent.
    pub fn map<const N: usize>(members: [(&str, Value); N]) -> Self {
        Self::Map(members.into_iter().filter(|(_, v)| *v != Self::Null).map(|(k, v)| (k.to_owned(), v)).collect())
    }

    /// An empty structure: the reply of most writes.
    pub fn empty() -> Self {
        Self::Map(Map::new())
    }

    /// A member; `Null` where there is none.
    pub fn get(&self, name: &str) -> &Value {
        match self {
            Self::Map(map) => map.get(name).unwrap_or(&NULL),
            _ => &NULL,
        }
    }

    /// Whether a member is present.
    pub fn has(&self, name: &str) -> bool {
        *self.get(name) != Self::Null
    }

    /// A string member.
    ///
    /// # Errors
    /// `SerializationException`, as for every member of the wrong type.
    pub fn text(&self, name: &str) -> Result<Option<&str>, AwsError> {
        match self.get(name) {
            Self::Null => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            _ => Err(AwsError::wrong_type(name, "a string")),
        }
    }

    /// A whole number of 32 bits.
    ///
    /// # Errors
    /// `SerializationException`.
    pub fn int(&self, name: &str) -> Result<Option<i32>, AwsError> {
        let wrong = || AwsError::wrong_type(name, "an integer");
        match self.get(name) {
            Self::Null => Ok(None),
            Self::Int(value) => i32::try_from(*value).map(Some).map_err(|_| wrong()),
            Self::Text(text) => text.parse().map(Some).map_err(|_| wrong()),
            // A double without a fraction is read as AWS reads it.
            #[allow(clippy::cast_possible_truncation)]
            Self::Float(value) if value.fract() == 0.0 && value.abs() <= f64::from(i32::MAX) => Ok(Some(*value as i32)),
            _ => Err(wrong()),
        }
    }

    /// A double.
    ///
    /// # Errors
    /// `SerializationException`.
    pub fn float(&self, name: &str) -> Result<Option<f64>, AwsError> {
        let value = self.get(name);
        match value {
            Self::Null => Ok(None),
            _ => value.as_float().map(Some).ok_or_else(|| AwsError::wrong_type(name, "a number")),
        }
    }

    /// A boolean.
    ///
    /// # Errors
    /// `SerializationException`.
    pub fn bool(&self, name: &str) -> Result<Option<bool>, AwsError> {
        match self.get(name) {
            Self::Null => Ok(None),
            Self::Bool(value) => Ok(Some(*value)),
            Self::Text(text) if text == "true" => Ok(Some(true)),
            Self::Text(text) if text == "false" => Ok(Some(false)),
            _ => Err(AwsError::wrong_type(name, "a boolean")),
        }
    }

    /// A moment: epoch seconds, or ISO 8601 in form-encoded requests.
    ///
    /// # Errors
    /// `SerializationException`.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, AwsError> {
        let value = match self.get(name) {
            Self::Null => return Ok(None),
            Self::Time(time) => Some(*time),
            Self::Int(seconds) => Timestamp::from_second(*seconds).ok(),
            Self::Float(seconds) => timestamp(*seconds),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        };
        value.map(Some).ok_or_else(|| AwsError::wrong_type(name, "a timestamp"))
    }

    /// A list; absent and the empty text of a form-encoded empty list are empty.
    ///
    /// # Errors
    /// `SerializationException`.
    pub fn list(&self, name: &str) -> Result<&[Value], AwsError> {
        match self.get(name) {
            Self::Null => Ok(&[]),
            Self::Text(text) if text.is_empty() => Ok(&[]),
            Self::List(items) => Ok(items),
            _ => Err(AwsError::wrong_type(name, "a list")),
        }
    }

    /// A list of strings.
    ///
    /// # Errors
    /// `SerializationException`.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, AwsError> {
        let item = |v: &Value| match v {
            Self::Text(text) => Ok(text.clone()),
            _ => Err(AwsError::wrong_type(name, "a list of strings")),
        };
        self.list(name)?.iter().map(item).collect()
    }

    /// A structure's members, or `None` when absent.
    ///
    /// # Errors
    /// `SerializationException`.
    pub fn members(&self, name: &str) -> Result<Option<&Map>, AwsError> {
        match self.get(name) {
            Self::Null => Ok(None),
            Self::Map(map) => Ok(Some(map)),
            _ => Err(AwsError::wrong_type(name, "a structure")),
        }
    }

    /// The value as a double, where it is a number.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            #[allow(clippy::cast_precision_loss)]
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Text(text) => text.parse().ok().filter(|v: &f64| v.is_finite()),
            _ => None,
        }
    }

    /// The value as text, where it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A timestamp from epoch seconds with a fraction.
pub(crate) fn timestamp(seconds: f64) -> Option<Timestamp> {
    #[allow(clippy::cast_possible_truncation)]
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}

/// Epoch seconds with milliseconds, as AWS writes a timestamp in JSON and CBOR.
pub(crate) fn epoch_seconds(time: Timestamp) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let millis = time.as_millisecond() as f64;
    millis / 1000.0
}

macro_rules! from {
    ($($type:ty => |$v:ident| $make:expr),+ $(,)?) => {
        $(impl From<$type> for Value { fn from($v: $type) -> Self { $make } })+
    };
}
from! {
    &str => |v| Self::Text(v.to_owned()),
    &String => |v| Self::Text(v.clone()),
    String => |v| Self::Text(v),
    i32 => |v| Self::Int(v.into()),
    i64 => |v| Self::Int(v),
    f64 => |v| Self::Float(v),
    bool => |v| Self::Bool(v),
    Timestamp => |v| Self::Time(v),
    Vec<Value> => |v| Self::List(v),
    &[String] => |v| Self::List(v.iter().map(Value::from).collect()),
    &Vec<String> => |v| Self::from(v.as_slice()),
    Vec<String> => |v| Self::List(v.into_iter().map(Value::from).collect()),
    Map => |v| Self::Map(v),
    &BTreeMap<String, String> => |v| Self::Map(v.iter().map(|(k, v)| (k.clone(), v.into())).collect()),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_form_and_numbers_from_json_read_alike() {
        let form = Value::map([("N", "30".into()), ("B", "true".into()), ("L", "".into())]);
        let json = Value::map([("N", 30.into()), ("B", true.into()), ("L", Value::List(vec![]))]);
        for input in [form, json] {
            assert_eq!(input.int("N").unwrap(), Some(30));
            assert_eq!(input.float("N").unwrap(), Some(30.0));
            assert_eq!(input.bool("B").unwrap(), Some(true));
            assert!(input.list("L").unwrap().is_empty());
            assert_eq!(input.int("absent").unwrap(), None);
        }
    }

    #[test]
    fn a_member_of_the_wrong_type_is_a_serialization_exception() {
        let input = Value::map([("N", true.into())]);
        assert_eq!(input.int("N").unwrap_err().code, "SerializationException");
        assert_eq!(input.text("N").unwrap_err().code, "SerializationException");
    }
}
