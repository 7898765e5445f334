//! The keys of a map: unknown ones, missing ones, and the values of the known.

use serde_json::Value;

use super::check as check_value;
use super::draft::{Draft, Member};
use super::expected::MapForm;
use crate::api::finding::{Report, nearest};
use crate::api::path::Path;
use crate::api::yaml::{Entry, Node, ScalarValue};

/// Fields that people bring along from elsewhere, and what stands for them here.
const ELSEWHERE: [(&str, &str); 6] = [
    ("resourceId", "give `cluster` and `service`"),
    ("roleARN", "leave it out: Application Auto Scaling uses its service-linked role for ECS"),
    ("desiredCount", "leave it out: the desired count is never written"),
    ("policyType", "leave it out: the list that a policy stands in says its type"),
    ("stepScalingPolicyConfiguration", "write its fields directly into the policy"),
    ("intervals", "write it in the spec, beside `stepScaling`: it makes policies of its own"),
];

pub(super) fn check<'s>(
    node: &Node,
    entries: &[Entry],
    form: &MapForm<'s>,
    path: &Path,
    report: &mut Report<'_>,
) -> Draft<'s> {
    let known: Vec<&str> = form.names().collect();
    let mut members: Vec<Member<'s>> = Vec::new();
    // Absent fields that a misspelt one was meant to be: that is one mistake, not two.
    let mut meant = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.is_merge()) {
        let name = entry.key.text.as_str();
        let at = path.key(name);
        if let Some(schema) = form.field(name).or(form.others) {
            let is_text = form.field(name).is_some() || is_text_key(entry, &at, report);
            let value = check_value(&entry.value, schema, &at, report);
            let value = if is_text && !entry.is_repeated { value } else { Draft::Hole(schema) };
            members.push(Member { name: name.to_owned(), value, is_required: form.required.contains(&name) });
        } else {
            meant.extend(nearest(name, known.iter().copied()));
            let (message, hint) = unknown(name, &known);
            report.error_at(entry.mark, &at, message, hint);
        }
    }
    for (name, schema) in form.fields.iter().filter(|(name, _)| node.get(name).is_none()) {
        let is_required = form.required.contains(name) && !form.from_elsewhere.contains(name);
        let is_meant = meant.contains(name) || node.has_merge();
        if is_required && !is_meant {
            let (message, hint) = missing(name, schema);
            report.error_at(node.mark, path, message, hint);
        }
        if is_required || is_meant {
            members.push(Member { name: (*name).to_owned(), value: Draft::Hole(schema), is_required });
        }
    }
    Draft::Map(members)
}

/// A free key, such as a label's: it must be text as written.
fn is_text_key(entry: &Entry, at: &Path, report: &mut Report<'_>) -> bool {
    let is_text = matches!(entry.key.value(), ScalarValue::Text(_)) && !entry.key.is_doubtful_number();
    if !is_text {
        let text = &entry.key.text;
        let message = format!("the key `{text}` is not text as it is written");
        report.error_at(entry.mark, at, message, format!("quote it: \"{text}\""));
    }
    is_text
}

fn unknown(name: &str, known: &[&str]) -> (String, String) {
    let message = format!("there is no field `{name}` here");
    if name == "period" && known.contains(&"stat") {
        return (message, "leave it out: Application Auto Scaling chooses the period".to_owned()); // S-037
    }
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

/// That a needed field is missing, and what it is.
pub(in crate::api) fn missing(name: &str, schema: &Value) -> (String, String) {
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let first = description.split(". ").next().unwrap_or_default().replace('\n', " ");
    let hint = match first.trim_end_matches('.') {
        "" => format!("add `{name}`"),
        first => format!("add `{name}`: {first}"),
    };
    (format!("`{name}` is missing"), hint)
}
