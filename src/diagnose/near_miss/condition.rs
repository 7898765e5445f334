//! A condition that does not hold: N-1 to N-8.

use super::change::append;
use super::kind::Kind;
use super::{Lack, PartEdit};
use crate::diagnose::parse::sanitise;
use crate::model::iam::{Comparison, Condition, Request, Statement};

/// What a failed condition of a statement lacks.
pub(super) fn lack(statement: &Statement, condition: &Condition, request: &Request) -> Lack {
    match request.values(&condition.key) {
        Some([value]) => of_value(statement, condition, value),
        Some(_) => Lack::of(Kind::AndConflict, format!("{} does not hold for the request", named(condition))),
        None => of_absent_key(condition, request),
    }
}

fn of_absent_key(condition: &Condition, request: &Request) -> Lack {
    let key = condition.key.to_ascii_lowercase();
    let shown = sanitise(&condition.key);
    if key == "iam:permissionsboundary" {
        let text = format!("{shown} is required, but a service-linked role cannot have a permissions boundary");
        return Lack::of(Kind::BoundaryCondition, text);
    }
    if !request.knows(&condition.key) {
        return Lack::of(Kind::Undecidable, format!("it depends on {shown}, which is not known"));
    }
    if key.starts_with("aws:") {
        let text = format!("{} must hold too, and the request has no {shown}", named(condition));
        return Lack::of(Kind::AndConflict, text);
    }
    let text =
        format!("requests for {} carry no {shown}, so that the condition never holds", sanitise(&request.action));
    Lack::of(Kind::ConditionKeyNotInRequest, text)
}

fn of_value(statement: &Statement, condition: &Condition, value: &str) -> Lack {
    let operator = condition.operator;
    let takes_text = matches!(
        operator.comparison,
        Comparison::StringEquals | Comparison::StringEqualsIgnoreCase | Comparison::StringLike | Comparison::Arn
    );
    let (key, asked) = (sanitise(&condition.key), sanitise(value));
    if !takes_text || operator.negated {
        let text = format!("{} must hold too, and the request has {key} {asked}", named(condition));
        return Lack::of(Kind::AndConflict, text);
    }
    let text = format!("{key} has {}, and the request has {asked}", list(&condition.values));
    let kind = kind_of_value(condition, value);
    let why = match kind {
        Kind::ConditionValueCase => ": the case of values matters",
        Kind::WildcardInStringEquals => ": StringEquals takes a wildcard literally",
        Kind::RegionCondition => ": calls to IAM count as made in the partition's own region",
        _ => "",
    };
    let edit = with_value(statement, condition, value);
    Lack { kind, text: format!("{text}{why}"), edit }
}

fn kind_of_value(condition: &Condition, value: &str) -> Kind {
    let any = |test: &dyn Fn(&str) -> bool| condition.values.iter().any(|wanted| test(wanted));
    if condition.key.eq_ignore_ascii_case("aws:RequestedRegion") {
        Kind::RegionCondition
    } else if any(&|wanted| wanted.eq_ignore_ascii_case(value)) {
        Kind::ConditionValueCase
    } else if condition.operator.comparison == Comparison::StringEquals && any(&|wanted| is_glob_of(wanted, value)) {
        Kind::WildcardInStringEquals
    } else if any(&|wanted| looks_like(wanted, value)) {
        Kind::ConditionValueLookalike
    } else {
        Kind::ConditionValueMissing
    }
}

/// Whether a value with wildcards would match, if only they counted.
fn is_glob_of(wanted: &str, value: &str) -> bool {
    wanted.contains(['*', '?']) && crate::model::iam::text_matches(wanted, value)
}

/// A part of the right value, the right value with something behind it, or a slip of the pen.
fn looks_like(wanted: &str, value: &str) -> bool {
    let (wanted, value) = (wanted.to_ascii_lowercase(), value.to_ascii_lowercase());
    let is_part = value.ends_with(&format!(".{wanted}")) || wanted.starts_with(&value) || value.starts_with(&wanted);
    // `amazonaws.com` alone is a part of every service's name.
    let is_telling = wanted.len() * 2 > value.len();
    is_part && is_telling || wanted.len().abs_diff(value.len()) < 3 && strsim::levenshtein(&wanted, &value) < 3
}

fn with_value(statement: &Statement, condition: &Condition, value: &str) -> Option<PartEdit> {
    let path = |json: &mut serde_json::Value, change: &dyn Fn(&mut serde_json::Value)| {
        let values = json.get_mut("Condition")?.get_mut(&condition.operator_name)?.get_mut(&condition.key)?;
        change(values);
        Some(())
    };
    let (mut edited, mut only_new) = (statement.json.clone(), statement.json.clone());
    path(&mut edited, &|values| append(values, value))?;
    path(&mut only_new, &|values| *values = value.into())?;
    let line = format!("add {} to {}", sanitise(value), sanitise(&condition.key));
    Some(PartEdit { line, edited, only_new })
}

fn named(condition: &Condition) -> String {
    format!("{} {} {}", sanitise(&condition.operator_name), sanitise(&condition.key), list(&condition.values))
}

/// `[a, b]`, safe to show.
pub(super) fn list(values: &[String]) -> String {
    let shown: Vec<String> = values.iter().map(|value| sanitise(value)).collect();
    format!("[{}]", shown.join(", "))
}
