//! Smithy RPC v2 CBOR, as CloudWatch speaks it.

use ciborium::Value as Cbor;

use crate::error::AwsError;
use crate::message::Response;
use crate::value::{Map, Value, epoch_seconds, timestamp};

const EPOCH_TAG: u64 = 1;

pub(super) fn decode(body: &[u8]) -> Result<Value, AwsError> {
    if body.is_empty() {
        return Ok(Value::empty());
    }
    let cbor: Cbor = ciborium::from_reader(body)
        .map_err(|e| AwsError::sender("SerializationException", format!("the body is no CBOR: {e}")))?;
    from_cbor(cbor)
}

pub(super) fn encode(result: Result<&Value, &AwsError>) -> Response {
    let mut headers = vec![
        ("content-type".to_owned(), "application/cbor".to_owned()),
        ("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()),
    ];
    let (status, value) = match result {
        Ok(value) => (200, to_cbor(value)),
        Err(error) => {
            headers.push(("x-amzn-query-error".into(), format!("{};{}", error.query_code(), error.fault())));
            (error.query_status(), to_cbor(&error_body(error)))
        }
    };
    let mut body = Vec::new();
    // Writing to memory cannot fail; an empty body would be refused by every client anyway.
    if ciborium::into_writer(&value, &mut body).is_err() {
        body.clear();
    }
    Response { status, headers, body }
}

/// The type as CloudWatch's model names it, where that differs from the code.
fn error_body(error: &AwsError) -> Value {
    let shape = match error.code {
        "ValidationError" => "ValidationException",
        other => other,
    };
    Value::map([
        ("__type", format!("com.amazonaws.cloudwatch#{shape}").into()),
        ("message", error.message.as_str().into()),
        ("Message", error.message.as_str().into()),
    ])
}

fn from_cbor(cbor: Cbor) -> Result<Value, AwsError> {
    let unreadable = || AwsError::sender("SerializationException", "the body holds CBOR that no member can hold");
    Ok(match cbor {
        Cbor::Null => Value::Null,
        Cbor::Bool(value) => Value::Bool(value),
        Cbor::Integer(value) => Value::Int(i64::try_from(value).map_err(|_| unreadable())?),
        Cbor::Float(value) => Value::Float(value),
        Cbor::Text(text) => Value::Text(text),
        Cbor::Tag(EPOCH_TAG, inner) => {
            let seconds = from_cbor(*inner)?.as_float().and_then(timestamp);
            Value::Time(seconds.ok_or_else(unreadable)?)
        }
        Cbor::Array(items) => Value::List(items.into_iter().map(from_cbor).collect::<Result<_, _>>()?),
        Cbor::Map(members) => {
            let mut map = Map::new();
            for (name, value) in members {
                let name = name.into_text().map_err(|_| unreadable())?;
                let value = from_cbor(value)?;
                if value != Value::Null {
                    map.insert(name, value);
                }
            }
            Value::Map(map)
        }
        _ => return Err(unreadable()),
    })
}

fn to_cbor(value: &Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Int(value) => Cbor::Integer((*value).into()),
        Value::Float(value) => Cbor::Float(*value),
        Value::Text(text) => Cbor::Text(text.clone()),
        Value::Time(time) => Cbor::Tag(EPOCH_TAG, Box::new(Cbor::Float(epoch_seconds(*time)))),
        Value::List(items) => Cbor::Array(items.iter().map(to_cbor).collect()),
        Value::Map(map) => Cbor::Map(map.iter().map(|(k, v)| (Cbor::Text(k.clone()), to_cbor(v))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_reads_back() {
        let value = Value::map([
            ("Threshold", 30.0.into()),
            ("Period", 60.into()),
            ("At", timestamp(1_700_000_000.5).into()),
            ("Names", vec!["a".to_owned()].into()),
        ]);
        assert_eq!(decode(&encode(Ok(&value)).body).unwrap(), value);
    }

    #[test]
    fn an_error_carries_its_query_code_beside_it() {
        // S-066: the header is how older error handling keeps working.
        let response = encode(Err(&AwsError::sender("AccessDeniedException", "no")));
        assert!(response.headers.contains(&("x-amzn-query-error".into(), "AccessDenied;Sender".into())));
        assert_eq!(response.status, 403);
    }
}
