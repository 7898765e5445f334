//! What a smallest case is about, in words that name no value: two of one kind have the same.

use std::collections::BTreeSet;

use serde_json::Value;

use super::case::Case;

/// The parts of a case that decide, each by its form.
pub(crate) fn signature(case: &Case) -> String {
    let mut parts = BTreeSet::new();
    for (version, statement) in case.statements() {
        let is_old = version != Some("2012-10-17");
        for element in ["Action", "NotAction", "Resource", "NotResource"] {
            for value in values(statement.get(element)).into_iter().filter(|value| *value != "*") {
                parts.insert(format!("{element} {}", form(value, case, is_old)));
            }
        }
        for (operator, keys) in statement.get("Condition").and_then(Value::as_object).into_iter().flatten() {
            for (key, wanted) in keys.as_object().into_iter().flatten() {
                let wanted = values(Some(wanted));
                let held =
                    case.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map_or(0, |(_, v)| v.len());
                let family = family(operator);
                if held == 0 && family.ends_with("if exists") {
                    parts.insert("any value of an absent key, if it exists".to_owned());
                    continue;
                }
                let forms: BTreeSet<String> = wanted.iter().map(|value| form(value, case, is_old)).collect();
                let forms = forms.into_iter().collect::<Vec<_>>().join("|");
                parts.insert(format!("{family} {} for {}: {forms}", many(wanted.len()), many(held)));
            }
        }
    }
    if parts.iter().any(|part| part.contains(OLD)) {
        return OLD.to_owned();
    }
    parts.into_iter().collect::<Vec<_>>().join("; ")
}

/// A variable where there are none; it does not matter what it stands in.
const OLD: &str = "in an old version";

/// An operator without what makes no difference to another: `not string`, `any date if exists`.
fn family(operator: &str) -> String {
    let operator = operator.to_ascii_lowercase();
    let (set, rest) = operator.split_once(':').unwrap_or(("", &operator));
    let (rest, exists) = rest.strip_suffix("ifexists").map_or((rest, ""), |rest| (rest, " if exists"));
    let set = match set {
        "foranyvalue" => "any ",
        "forallvalues" => "all ",
        _ => "",
    };
    let negated = if rest.contains("not") { "not " } else { "" };
    let name =
        ["string", "arn", "numeric", "date", "ip", "bool", "binary", "null"].iter().find(|name| rest.contains(**name));
    format!("{set}{negated}{}{exists}", name.unwrap_or(&rest))
}

fn many(count: usize) -> &'static str {
    match count {
        0 => "none",
        1 => "one",
        _ => "some",
    }
}

fn values(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    }
}

/// The form of a value: which wildcards and variables are in it, and whether it is an ARN of less than six parts.
fn form(value: &str, case: &Case, is_old: bool) -> String {
    let mut forms = Vec::new();
    let mut rest = value;
    while let Some((_, (variable, after))) = rest.split_once("${").and_then(|(b, r)| Some((b, r.split_once('}')?))) {
        let key = variable.split(',').next().unwrap_or_default().trim();
        let held = case.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map_or(0, |(_, v)| v.len());
        forms.push(match variable {
            "*" | "?" | "$" => "escape".to_owned(),
            _ if variable.contains(',') => format!("defaulted variable of {}", many(held)),
            _ => format!("variable of {}", many(held)),
        });
        rest = after;
    }
    if is_old && !forms.is_empty() {
        forms.push(OLD.to_owned());
    }
    if rest.contains(['*', '?']) || value.split("${").next().is_some_and(|head| head.contains(['*', '?'])) {
        forms.push("wildcard".to_owned());
    }
    if value.starts_with("arn:") && value.split(':').count() < 6 {
        forms.push("short ARN".to_owned());
    }
    if value.len() > 8 && value.bytes().all(|byte| byte.is_ascii_digit()) {
        forms.push("seconds".to_owned());
    }
    if forms.is_empty() { "text".to_owned() } else { forms.join(", ") }
}
