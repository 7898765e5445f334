//! What is done with an input, target by target. Must not catch a panic: that is what is looked for.

use ecs_scaling::api::load::{SourceFile, load};
use ecs_scaling::diagnose::explain::explain;
use ecs_scaling::diagnose::near_miss;
use ecs_scaling::diagnose::parse::parse;
use ecs_scaling::model::iam::{Decision, Document, NamedPolicy, PrincipalPolicies, Request, evaluate};
use ecs_scaling::model::intervals::{self, Interval, ScaleOutWhen, convert};
use ecs_scaling::model::number::Number;
use ecs_scaling::model::policy::AdjustmentType;
use ecs_scaling::model::schedule::{self, Timing};
use ecs_scaling::model::simulation::read::{Recording, read};
use ecs_scaling_sandbox::{message, wire};
use jiff::Timestamp;
use jiff::tz::TimeZone;

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

/// `ZONE TIME` in the first line, a schedule in the second. It reads back as it is shown, its next firings rise, and the
/// one before each is the one that was found before.
pub(crate) fn cron(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, expression) = text.split_once('\n').unwrap_or(("", &text));
    let (zone, time) = head.split_once(' ').unwrap_or(("UTC", head));
    let schedule = match schedule::parse(expression) {
        Ok(schedule) => schedule,
        Err(error) => {
            assert!(!error.message.is_empty() && !error.hint.is_empty());
            return;
        }
    };
    let shown = schedule.to_string();
    assert_eq!(schedule::parse(&shown).as_ref(), Ok(&schedule), "{shown} reads back as something else");
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let created = time.parse::<Timestamp>().ok().filter(|at| (0..4_000_000_000).contains(&at.as_second()));
    let created = created.unwrap_or(Timestamp::UNIX_EPOCH);
    let timing = Timing { schedule, zone, start: None, end: None, created };
    let mut last = created;
    for _ in 0..3 {
        let Some(next) = timing.next(last) else { return };
        assert!(next > last, "a firing that is not after {last}");
        assert_eq!(timing.previous(next), Some(next), "the last firing up to a firing is itself");
        last = next;
    }
}

/// `KIND WHEN` in the first line, then `LOWER UPPER CHANGE` a line, `-` for an open bound. Policies that are made fire at
/// every value that has a change, and never both at one.
pub(crate) fn intervals(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let kind = match head.split(' ').next() {
        Some("exact") => AdjustmentType::ExactCapacity,
        Some("percent") => AdjustmentType::PercentChangeInCapacity,
        _ => AdjustmentType::ChangeInCapacity,
    };
    let when = if head.ends_with("low") { ScaleOutWhen::Low } else { ScaleOutWhen::High };
    let interval = |line: &str| {
        let mut words = line.split(' ');
        let mut bound = || words.next().and_then(|word| word.parse().ok()).and_then(Number::new);
        let (lower, upper) = (bound(), bound());
        Interval { lower, upper, change: words.next().and_then(|word| word.parse().ok()).unwrap_or(0) }
    };
    let intervals: Vec<Interval> = rest.lines().take(64).map(interval).collect();
    let sides = match convert(&intervals, kind, when) {
        Ok(sides) => sides,
        Err(problems) => {
            assert!(!problems.is_empty(), "refused, and nobody says why");
            return problems.iter().for_each(|problem| assert!(!problem.hint().is_empty()));
        }
    };
    let fires = |side: &Option<intervals::Side>, value: Number| {
        side.as_ref().is_some_and(|side| side.comparison_operator.is_breached(value, side.threshold))
    };
    for value in intervals.iter().flat_map(|interval| [interval.lower, interval.upper]).flatten() {
        assert!(!(fires(&sides.scale_in, value) && fires(&sides.scale_out, value)), "both policies fire at {value}");
    }
}

/// A file of metric data. What is read of it is in the order of time, and reads back from a recording as it was.
pub(crate) fn metric_data(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(series) = read(&text, Some("Any")) else { return };
    assert!(series.iter().all(|series| series.points().is_sorted_by_key(|(second, _)| *second)));
    let recorded = serde_json::to_string(&Recording::of(&series)).unwrap_or_default();
    assert_eq!(read(&recorded, None), Ok(series), "a recording reads back as something else");
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
