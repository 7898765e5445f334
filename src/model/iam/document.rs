//! Policy documents, read from the JSON that IAM and people write (E-01, E-02).

use serde_json::{Map, Value};

use super::condition::{Condition, Operator};

/// Why a policy document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON, also after percent-decoding.
    #[error("the policy document is not JSON: {0}")]
    NotJson(String),
    /// JSON, but no policy.
    #[error("the policy document has no Statement: expected an object with a Statement, or a list of them")]
    NoStatement,
    /// A statement that IAM would refuse.
    #[error("statement {index} of the policy document {problem}")]
    Statement {
        /// Counted from 0.
        index: usize,
        /// What is wrong with it, and what is expected.
        problem: String,
    },
}

/// A policy document. Its JSON is kept, so that an edit keeps what the user wrote, in the user's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The document as it was written.
    pub json: Value,
    /// Its statements, in their order.
    pub statements: Vec<Statement>,
    /// Whether `${…}` is a variable: with Version 2012-10-17 only (E-06).
    pub has_variables: bool,
}

/// `Effect`, whose case matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allows what matches.
    Allow,
    /// Denies what matches, whatever allows it.
    Deny,
}

/// `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionBlock {
    /// Any of these.
    Only(Vec<String>),
    /// Everything but these (E-04).
    AllBut(Vec<String>),
}

/// `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceBlock {
    /// Any of these.
    Only(Vec<String>),
    /// Everything but these (E-04).
    AllBut(Vec<String>),
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Its name, where it has one.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Which actions.
    pub action: ActionBlock,
    /// Which resources. A trust policy, which names principals instead, has none: then every resource.
    pub resource: Option<ResourceBlock>,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
    /// The statement as it was written.
    pub json: Value,
}

impl Document {
    /// Reads a document, percent-encoded as IAM hands it out or plain as people keep it (E-01).
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let text = text.trim().trim_start_matches('\u{feff}');
        let decoded = if text.starts_with('%') { percent_decode(text) } else { text.to_owned() };
        let json = serde_json::from_str(&decoded).map_err(|error| DocumentError::NotJson(error.to_string()))?;
        Self::from_json(json)
    }

    /// Takes a document apart.
    pub fn from_json(json: Value) -> Result<Self, DocumentError> {
        let statements = match json.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(statement @ Value::Object(_)) => vec![statement],
            _ => return Err(DocumentError::NoStatement),
        };
        let read = |(index, statement)| {
            Statement::from_json(statement).map_err(|problem| DocumentError::Statement { index, problem })
        };
        let statements = statements.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
        let has_variables = json.get("Version").and_then(Value::as_str) == Some("2012-10-17");
        Ok(Self { statements, has_variables, json })
    }

    /// A document that says nothing yet.
    pub fn empty() -> Self {
        let json = serde_json::json!({"Version": "2012-10-17", "Statement": []});
        Self { json, statements: Vec::new(), has_variables: true }
    }

    /// The document without one of its statements.
    pub fn removing(&self, index: usize) -> Result<Self, DocumentError> {
        let mut json = self.json.clone();
        match json.get_mut("Statement") {
            Some(Value::Array(statements)) if index < statements.len() => drop(statements.remove(index)),
            Some(single @ Value::Object(_)) if index == 0 => *single = Value::Array(Vec::new()),
            _ => {}
        }
        Self::from_json(json)
    }

    /// The document with one statement put in place of another.
    pub fn replacing(&self, index: usize, statement: Value) -> Result<Self, DocumentError> {
        let mut json = self.json.clone();
        match json.get_mut("Statement") {
            Some(Value::Array(statements)) => {
                if let Some(place) = statements.get_mut(index) {
                    *place = statement;
                }
            }
            Some(place) => *place = statement,
            None => {}
        }
        Self::from_json(json)
    }

    /// The document with one more statement, behind the others.
    pub fn adding(&self, statement: Value) -> Result<Self, DocumentError> {
        let mut json = self.json.clone();
        match json.get_mut("Statement") {
            Some(Value::Array(statements)) => statements.push(statement),
            Some(single) => *single = Value::Array(vec![single.take(), statement]),
            None => {}
        }
        Self::from_json(json)
    }
}

impl Statement {
    /// Takes a statement apart; the error completes "the statement …".
    pub fn from_json(json: &Value) -> Result<Self, String> {
        let Value::Object(fields) = json else { return Err("is not an object".to_owned()) };
        let effect = match fields.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            Some(other) => return Err(format!("has the Effect {other:?}: expected \"Allow\" or \"Deny\"")),
            None => return Err("has no Effect: expected \"Allow\" or \"Deny\"".to_owned()),
        };
        let action = match either(fields, "Action", "NotAction")? {
            Some((actions, false)) => ActionBlock::Only(actions),
            Some((actions, true)) => ActionBlock::AllBut(actions),
            None => return Err("has neither Action nor NotAction".to_owned()),
        };
        let resource = match either(fields, "Resource", "NotResource")? {
            Some((resources, false)) => Some(ResourceBlock::Only(resources)),
            Some((resources, true)) => Some(ResourceBlock::AllBut(resources)),
            None if fields.contains_key("Principal") || fields.contains_key("NotPrincipal") => None,
            None => return Err("has neither Resource nor NotResource".to_owned()),
        };
        let conditions = fields.get("Condition").map(conditions).transpose()?.unwrap_or_default();
        let sid = fields.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty()).map(str::to_owned);
        Ok(Self { sid, effect, action, resource, conditions, json: json.clone() })
    }
}

/// The values of one of two elements, and whether it was the negated one.
fn either(fields: &Map<String, Value>, name: &str, negated: &str) -> Result<Option<(Vec<String>, bool)>, String> {
    match (fields.get(name), fields.get(negated)) {
        (Some(_), Some(_)) => Err(format!("has both {name} and {negated}")),
        (Some(value), None) => Ok(Some((strings(value, name)?, false))),
        (None, Some(value)) => Ok(Some((strings(value, negated)?, true))),
        (None, None) => Ok(None),
    }
}

/// One value or a list of them (E-02).
fn strings(value: &Value, name: &str) -> Result<Vec<String>, String> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(format!("has a {name} that is neither a string nor a list of strings")),
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        single => Ok(vec![one(single)?]),
    }
}

fn conditions(value: &Value) -> Result<Vec<Condition>, String> {
    let Value::Object(operators) = value else { return Err("has a Condition that is not an object".to_owned()) };
    let mut conditions = Vec::new();
    for (name, keys) in operators {
        let operator = Operator::parse(name).ok_or_else(|| format!("has the unknown condition operator {name:?}"))?;
        let Value::Object(keys) = keys else { return Err(format!("has a Condition {name} that is not an object")) };
        for (key, values) in keys {
            let (operator_name, key) = (name.clone(), key.clone());
            conditions.push(Condition { operator, operator_name, values: strings(values, &key)?, key });
        }
    }
    Ok(conditions)
}

/// RFC 3986: `+` is a plus (E-01). What is no escape stays.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = match (first, tail) {
            (b'%', [high, low, after @ ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| (high << 4 | low, after)),
            _ => None,
        };
        let (byte, after) = escape.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
