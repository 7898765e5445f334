//! What is done with an input, target by target. Must not catch a panic: that is what is looked for.

use ecs_scaling::api::load::{SourceFile, load};
use ecs_scaling::diagnose::explain::explain;
use ecs_scaling::diagnose::near_miss;
use ecs_scaling::diagnose::parse::parse;
use ecs_scaling::model::iam::{Decision, Document, NamedPolicy, PrincipalPolicies, Request, evaluate};
use ecs_scaling_sandbox::{message, wire};

/// A file of objects; what is found in it is shown.
pub(crate) fn yaml(bytes: &[u8]) {
    let loaded = load(&[SourceFile { path: "fuzz.yaml".to_owned(), bytes: bytes.to_vec() }]);
    for finding in &loaded.findings {
        assert!(finding.line > 0 && finding.column > 0, "a finding without a place: {finding}");
    }
}

/// `SERVICE OPERATION [CODE]` in the first line, the message in the others; what is shown of it holds no control character.
pub(crate) fn message(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, message) = text.split_once('\n').unwrap_or(("", &text));
    let mut words = head.split(' ');
    let (service, operation) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let diagnosis = explain(parse(service, operation, words.next(), Some(400), message));
    for shown in [&diagnosis.summary, &diagnosis.hint] {
        assert!(!shown.contains(char::is_control), "a control character is shown: {shown:?}");
    }
}

/// `ACTION RESOURCE [KEY=VALUE]…` in the first line; then an identity policy, and behind a line `%` a boundary. An edit
/// that is proposed must allow the request.
pub(crate) fn policy(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, documents) = text.split_once('\n').unwrap_or((&text, ""));
    let (identity, boundary) = documents.split_once("\n%\n").unwrap_or((documents, ""));
    let named = |name: &str, text: &str| Document::parse(text).map(|document| NamedPolicy::new(name, document));
    let policies = PrincipalPolicies {
        identity: named("identity", identity).into_iter().collect(),
        boundary: named("boundary", boundary).ok(),
    };
    let request = request(head);
    let decision = evaluate(&policies, &request).decision;
    let findings = near_miss::find(&policies, &request, &[]);
    for near in &findings.near_misses {
        let shown = [Some(near.place()), Some(near.lacks.clone()), near.edit.clone()];
        assert!(!shown.iter().flatten().any(|text| text.contains(char::is_control)), "a control character is shown");
    }
    if !findings.remedy().is_empty() {
        assert_ne!(decision, Decision::Allowed, "an edit for what is allowed");
        let changed = near_miss::apply(&policies, &findings.remedy());
        let after = changed.map(|changed| evaluate(&changed, &request).decision);
        // Of an alarm without a name, all names are allowed.
        assert!(
            after == Some(Decision::Allowed) || request.resource.ends_with(":alarm:"),
            "the edit does not allow it"
        );
    }
}

fn request(head: &str) -> Request {
    let mut words = head.split(' ');
    let mut request = Request::new(words.next().unwrap_or_default(), words.next().unwrap_or_default());
    for word in words {
        request = match word.split_once('=') {
            Some((key, "")) => request.without(key),
            Some((key, value)) => request.with(key, value),
            None => request.complete(),
        };
    }
    request
}

/// The body of an awsJson request.
pub(crate) fn wire_json(bytes: &[u8]) {
    decode("/", &[("x-amz-target", "AnyScaleFrontendService.RegisterScalableTarget")], bytes);
}

/// The body of an rpc-v2-cbor request.
pub(crate) fn wire_cbor(bytes: &[u8]) {
    let path = "/service/GraniteServiceVersion20100801/operation/PutMetricAlarm";
    decode(path, &[("smithy-protocol", "rpc-v2-cbor")], bytes);
}

/// The body of an awsQuery request.
pub(crate) fn wire_query(bytes: &[u8]) {
    decode("/", &[], bytes);
}

/// Decodes a request, and encodes what it says as an answer in the same protocol.
fn decode(path: &str, headers: &[(&str, &str)], body: &[u8]) {
    let request = message::Request {
        method: "POST".to_owned(),
        path: path.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.to_vec(),
    };
    if let Ok(decoded) = wire::decode(&request) {
        wire::encode(&decoded.protocol, decoded.service, &decoded.operation, Ok(&decoded.input), "0");
    }
}
