//! The keys of a map: unknown ones, missing ones, and the values of the known.

use serde_json::Value;

use super::{Expected, check as check_value};
use crate::api::finding::{Report, nearest};
use crate::api::path::Path;
use crate::api::yaml::{Entry, Node, ScalarValue};

/// Fields that a later version brings. Where an object holds one today, it cannot be done, and is said.
const LATER: [&str; 8] =
    ["targetTracking", "scheduledActions", "intervals", "alarmRef", "state", "profile", "metrics", "predictiveScaling"];

/// Fields that people bring along from elsewhere, and what stands for them here.
const ELSEWHERE: [(&str, &str); 6] = [
    ("resourceId", "give `cluster` and `service`"),
    ("roleARN", "leave it out: Application Auto Scaling uses its service-linked role for ECS"),
    ("desiredCount", "leave it out: the desired count is never written"),
    ("policyType", "leave it out: the policies under `stepScaling` are of the type StepScaling"),
    ("stepScalingPolicyConfiguration", "write its fields directly into the policy"),
    ("scalableTargetAction", "give `minCapacity` and `maxCapacity`"),
];

pub(super) fn check(node: &Node, entries: &[Entry], expected: &Expected<'_>, path: &Path, report: &mut Report<'_>) {
    let Expected::Map { fields, required, others } = expected else { return };
    let known: Vec<&str> = fields.iter().flat_map(|fields| fields.keys()).map(String::as_str).collect();
    let mut meant = Vec::new();
    for entry in entries {
        let name = entry.key.text.as_str();
        let field = fields.and_then(|fields| fields.get(name));
        match (field, others) {
            (Some(schema), _) => check_value(&entry.value, schema, &path.key(name), report),
            (None, Some(schema)) => {
                check_key(entry, path, report);
                check_value(&entry.value, schema, &path.key(name), report);
            }
            (None, None) => {
                meant.extend(nearest(name, known.iter().copied()));
                let (message, hint) = unknown(name, &known);
                report.error_at(entry.mark, &path.key(name), message, hint);
            }
        }
    }
    // A misspelt field is one mistake, not two.
    for name in required.iter().filter(|name| node.get(name).is_none() && !meant.contains(name)) {
        let schema = fields.and_then(|fields| fields.get(*name));
        report.error_at(node.mark, path, format!("`{name}` is missing"), missing_hint(name, schema));
    }
}

/// A free key, such as a label's: it must be text as written.
fn check_key(entry: &Entry, path: &Path, report: &mut Report<'_>) {
    if !matches!(entry.key.value(), ScalarValue::Text(_)) || entry.key.is_doubtful_number() {
        let text = &entry.key.text;
        let message = format!("the key `{text}` is not text as it is written");
        report.error_at(entry.mark, &path.key(text), message, format!("quote it: \"{text}\""));
    }
}

fn unknown(name: &str, known: &[&str]) -> (String, String) {
    if LATER.contains(&name) {
        let hint = "remove it, and manage this by other means until a later version".to_owned();
        return (format!("`{name}` is not supported by this version yet"), hint);
    }
    let message = format!("there is no field `{name}` here");
    if let Some((_, hint)) = ELSEWHERE.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
        return (message, (*hint).to_owned());
    }
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "remove it: there are no fields here".to_owned(),
        None => format!("the fields here are {}", known.join(", ")),
    };
    (message, hint)
}

fn missing_hint(name: &str, schema: Option<&Value>) -> String {
    let description = schema.and_then(|schema| schema.get("description")).and_then(Value::as_str).unwrap_or_default();
    let first = description.split(". ").next().unwrap_or_default().replace('\n', " ");
    match first.trim_end_matches('.') {
        "" => format!("add `{name}`"),
        first => format!("add `{name}`: {first}"),
    }
}
