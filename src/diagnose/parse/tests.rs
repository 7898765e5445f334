use serde_json::Value;

use super::*;

const CORPUS: &str = include_str!("../../../tests/data/iam-errors.jsonl");

fn corpus() -> Vec<Value> {
    CORPUS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn parse_row(row: &Value, message: &str) -> Value {
    let text = |key: &str| row[key].as_str();
    let status = row["http_status"].as_u64().map(|status| status as u16);
    snake(&parse(text("service").unwrap(), text("operation").unwrap(), text("code"), status, message))
}

/// The reply as the corpus spells it.
fn snake(reply: &Reply) -> Value {
    let Value::Object(fields) = serde_json::to_value(reply).unwrap() else { panic!("a reply is an object") };
    let spelled = |key: String| {
        key.chars().fold(String::new(), |mut out, c| {
            if c.is_ascii_uppercase() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
            out
        })
    };
    fields.into_iter().map(|(key, value)| (spelled(key), value)).collect()
}

/// What `expect` says; what it does not name must be null.
fn expected(row: &Value) -> Value {
    let mut all = snake(&Reply::of(ReplyKind::NotPermission));
    for (key, value) in row["expect"].as_object().unwrap() {
        assert!(all.get(key).is_some(), "no field {key}");
        all[key] = value.clone();
    }
    all
}

#[test]
fn each_observed_reply_gives_exactly_what_is_expected() {
    let rows = corpus();
    assert_eq!(rows.len(), 80);
    for (i, row) in rows.iter().enumerate() {
        assert_eq!(parse_row(row, row["message"].as_str().unwrap()), expected(row), "line {}", i + 1);
    }
}

#[test]
fn what_surrounds_a_message_makes_no_difference() {
    type Wrap = fn(&Value, &str) -> String;
    let wraps: &[(&str, Wrap)] = &[
        ("botocore", |row, m| {
            let code = row["code"].as_str().unwrap_or("Unknown");
            format!("An error occurred ({code}) when calling the {} operation: {m}", row["operation"].as_str().unwrap())
        }),
        ("go v2", |row, m| {
            let code = row["code"].as_str().unwrap_or("Unknown");
            format!(
                "operation error X: Y, https response error StatusCode: 400, RequestID: 1-2-3, api error {code}: {m}"
            )
        }),
        ("go v1", |row, m| {
            format!("{}: {m}\n\tstatus code: 400, request id: 1-2-3", row["code"].as_str().unwrap_or("Unknown"))
        }),
        ("java", |_, m| format!("{m} (Service: AmazonX; Status Code: 400; Request ID: 1-2-3; Proxy: null)")),
        ("cloudformation", |_, m| {
            format!("Resource handler returned message: \"{m}\" (RequestToken: 1-2-3, HandlerErrorCode: AccessDenied)")
        }),
        ("rust", |row, m| {
            let code = row["code"].as_str().unwrap_or("Unknown");
            format!(
                "service error: unhandled error ({code}): Error {{ code: {code:?}, message: {m:?}, aws_request_id: \"1-2-3\" }}"
            )
        }),
        ("json", |row, m| {
            serde_json::json!({"__type": row["code"].as_str().unwrap_or("Unknown"), "message": m}).to_string()
        }),
        ("xml", |_, m| format!("<Error><Code>x</Code><Message>{m}</Message><RequestId>1-2-3</RequestId></Error>")),
        ("line breaks", |_, m| m.replace(' ', "\n")),
        ("indented", |_, m| m.replace(' ', "\r\n    ")),
        ("spaces", |_, m| format!("   {}  ", m.replace(' ', "  "))),
    ];
    for (name, wrap) in wraps {
        for (i, row) in corpus().iter().enumerate() {
            let message = wrap(row, row["message"].as_str().unwrap());
            assert_eq!(parse_row(row, &message), expected(row), "{name}, line {}: {message}", i + 1);
        }
    }
}
