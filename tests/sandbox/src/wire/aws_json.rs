//! awsJson 1.0 and 1.1.

use serde_json::{Value as Json, json};

use crate::error::AwsError;
use crate::message::Response;
use crate::value::{Value, epoch_seconds};

pub(super) fn decode(body: &[u8]) -> Result<Value, AwsError> {
    if body.is_empty() {
        return Ok(Value::empty());
    }
    let json: Json = serde_json::from_slice(body)
        .map_err(|e| AwsError::sender("SerializationException", format!("the body is no JSON: {e}")))?;
    Ok(from_json(json))
}

pub(super) fn encode(version: &str, result: Result<&Value, &AwsError>) -> Response {
    let content_type = format!("application/x-amz-json-{version}");
    let mut headers = vec![("content-type".to_owned(), content_type)];
    let (status, body) = match result {
        Ok(value) => (200, to_json(value)),
        Err(error) if version == "1.0" => {
            headers.push(("x-amzn-query-error".into(), format!("{};{}", error.query_code(), error.fault())));
            (error.query_status(), error_body(error))
        }
        Err(error) => (error.status, error_body(error)),
    };
    Response { status, headers, body: body.to_string().into_bytes() }
}

fn error_body(error: &AwsError) -> Json {
    json!({ "__type": error.code, "message": error.message, "Message": error.message })
}

/// JSON as a neutral value.
pub(crate) fn from_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => number.as_i64().map_or_else(|| number.as_f64().into(), Value::Int),
        Json::String(text) => Value::Text(text),
        Json::Array(items) => Value::List(items.into_iter().map(from_json).collect()),
        Json::Object(members) => {
            Value::Map(members.into_iter().map(|(k, v)| (k, from_json(v))).filter(|(_, v)| *v != Value::Null).collect())
        }
    }
}

/// A neutral value as JSON; moments as epoch seconds.
pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::Text(text) => json!(text),
        Value::Time(time) => json!(epoch_seconds(*time)),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Map(map) => Json::Object(map.iter().map(|(k, v)| (k.clone(), to_json(v))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_member_is_an_absent_one() {
        let value = decode(br#"{"a": null, "b": [1, 2.5, "x"], "c": {"d": true}}"#).unwrap();
        assert!(!value.has("a"));
        assert_eq!(value.get("b"), &Value::List(vec![1.into(), 2.5.into(), "x".into()]));
        assert_eq!(value.get("c").bool("d").unwrap(), Some(true));
    }

    #[test]
    fn a_body_that_is_no_json_is_a_serialization_exception() {
        assert_eq!(decode(b"{").unwrap_err().code, "SerializationException");
    }

    #[test]
    fn an_error_has_type_and_message() {
        let response = encode("1.1", Err(&AwsError::validation("no")));
        let body: Json = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(
            (response.status, &body["__type"], &body["message"]),
            (400, &json!("ValidationException"), &json!("no"))
        );
    }
}
