//! The kinds of difference that are settled: each writes what makes the two differ in other words, on which they agree.
//!
//! `iam-differences.json` says for each what AWS documents. A difference is of a kind where the case has what the kind is
//! about, and the two agree once it is written differently: it is told by its cause, not by its likeness to an example.

use ecs_scaling::model::iam::text_matches;
use serde_json::{Map, Value, json};

use super::case::{Case, Verdict};

/// A kind of difference.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Whether AWS documents what is right. If not, our evaluator says `Unknown`.
    pub(super) is_documented: bool,
    /// The case in other words; nothing where it has nothing of the kind.
    pub(super) rewrite: fn(&Case) -> Option<Case>,
}

/// Every kind, in the order in which they are tried.
#[rustfmt::skip]
pub(super) const KINDS: &[Kind] = &[
    Kind { name: "policy variables in an old version", is_documented: true, rewrite: old_variables },
    Kind { name: "every action written as *:*", is_documented: false, rewrite: every_action },
    Kind { name: "a short ARN in a condition", is_documented: false, rewrite: short_arn_in_condition },
    Kind { name: "IfExists with ForAnyValue on an absent key", is_documented: false, rewrite: any_value_if_exists },
    Kind { name: "a wildcard in the type of a resource", is_documented: false, rewrite: wildcard_in_type },
    Kind { name: "a variable before the fifth colon", is_documented: true, rewrite: early_variable },
    Kind { name: "a variable in the type of a resource", is_documented: true, rewrite: variable_in_type },
    Kind { name: "a variable without a value", is_documented: true, rewrite: variable_without_value },
    Kind { name: "a variable in an ARN's condition", is_documented: true, rewrite: variable_in_arn_condition },
    Kind { name: "an escape where case is ignored", is_documented: true, rewrite: escape_without_case },
    Kind { name: "an empty text and a set operator", is_documented: true, rewrite: empty_text },
    Kind { name: "dates in seconds", is_documented: true, rewrite: seconds },
    Kind { name: "a network of every address", is_documented: true, rewrite: every_address },
    Kind { name: "an address that is no network", is_documented: true, rewrite: lone_address },
];

impl Kind {
    /// Whether this kind alone explains that the two decided as they did, by how they decide on the case in other words.
    pub(super) fn explains(&self, ours: Verdict, rewritten: (Verdict, Verdict)) -> bool {
        let (ours_then, theirs_then) = rewritten;
        ours_then == theirs_then && if self.is_documented { ours == ours_then } else { promises_nothing(ours) }
    }
}

/// Whether a decision is one that is safe where AWS does not say what is right.
pub(super) fn promises_nothing(ours: Verdict) -> bool {
    matches!(ours, Verdict::Unknown | Verdict::ImplicitDeny)
}

const NOWHERE: &str = "arn:aws:none:::none";
/// Stands for a wildcard that is meant literally; no request holds it.
const LITERAL: &str = "\u{1}";

fn every_action(case: &Case) -> Option<Case> {
    change_elements(case, &["Action", "NotAction"], |_, value| (value == "*:*").then(|| "*".to_owned()))
}

fn old_variables(case: &Case) -> Option<Case> {
    let literal = |is_old: bool, value: &str| (is_old && value.contains("${")).then(|| value.replace("${", "#{"));
    let resources = change_elements(case, RESOURCES, literal);
    let conditions = change_conditions(resources.as_ref().unwrap_or(case), |it| {
        it.values(|value| literal(it.is_old, value).map(|text| vec![text]))
    });
    conditions.or(resources)
}

fn wildcard_in_type(case: &Case) -> Option<Case> {
    change_elements(case, RESOURCES, |is_old, value| {
        let filled = if is_old { value.to_owned() } else { filled(case, value)? };
        let parts: Vec<&str> = filled.splitn(6, ':').collect();
        let resource = parts.get(5).copied().unwrap_or_default();
        let of_type = resource.split(['/', ':']).next().unwrap_or_default();
        let is_unclear = parts.get(2) != Some(&"s3") && resource != "*" && of_type.contains(['*', '?']);
        let matches = || if text_matches(&filled, &case.resource) { case.resource.clone() } else { NOWHERE.to_owned() };
        is_unclear.then(matches)
    })
}

fn short_arn_in_condition(case: &Case) -> Option<Case> {
    change_conditions(case, |it| it.values(|value| completed(value).filter(|_| it.is("arn")).map(|text| vec![text])))
}

/// An ARN with `*` for what it lacks of six parts.
fn completed(value: &str) -> Option<String> {
    let count = value.split(':').count();
    let start = if value == "*" { "arn:*" } else { value };
    (count < 6).then(|| start.to_owned() + &":*".repeat(6 - start.split(':').count()))
}

fn early_variable(case: &Case) -> Option<Case> {
    change_elements(case, RESOURCES, |is_old, value| {
        let (before, _) = value.split_once("${")?;
        let is_early = !is_old && before.starts_with("arn:") && before.matches(':').count() < 5;
        is_early.then(|| filled(case, value).unwrap_or_else(|| NOWHERE.to_owned()))
    })
}

fn variable_in_type(case: &Case) -> Option<Case> {
    change_elements(case, RESOURCES, |is_old, value| {
        let (before, _) = value.split_once("${")?;
        let is_in_type = !is_old && before.matches(':').count() == 5 && before.ends_with(':');
        is_in_type.then(|| filled(case, value).unwrap_or_else(|| NOWHERE.to_owned()))
    })
}

fn variable_without_value(case: &Case) -> Option<Case> {
    let is_null = |is_old: bool, value: &str| !is_old && filled(case, value).is_none();
    let resources =
        change_elements(case, RESOURCES, |is_old, value| is_null(is_old, value).then(|| NOWHERE.to_owned()));
    let conditions = change_conditions(resources.as_ref().unwrap_or(case), |it| {
        it.values(|value| is_null(it.is_old, value).then(|| vec![NOWHERE.to_owned()]))
    });
    conditions.or(resources)
}

fn variable_in_arn_condition(case: &Case) -> Option<Case> {
    change_conditions(case, |it| {
        it.values(|value| {
            let has_variable = it.is("arn") && !it.is_old && value.contains("${");
            has_variable.then(|| vec![filled(case, value).unwrap_or_else(|| NOWHERE.to_owned())])
        })
    })
}

fn escape_without_case(case: &Case) -> Option<Case> {
    change_conditions(case, |it| {
        it.values(|value| {
            let plain = value.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$");
            let is_escaped = it.is("ignorecase") && !it.is_old && plain != value;
            // No request holds what would be a variable then.
            is_escaped.then(|| vec![if plain.contains("${") { NOWHERE.to_owned() } else { plain }])
        })
    })
}

fn empty_text(case: &Case) -> Option<Case> {
    change_conditions(case, |it| {
        let is_empty = it.held.is_some_and(|held| held.iter().all(String::is_empty));
        match it.operator.split_once(':')?.0 {
            "ForAllValues" if is_empty => Some(Change::Holds),
            "ForAnyValue" if is_empty => Some(Change::Fails),
            _ => None,
        }
    })
}

fn any_value_if_exists(case: &Case) -> Option<Case> {
    change_conditions(case, |it| {
        let is_any = it.operator.starts_with("ForAnyValue:") && it.operator.ends_with("IfExists");
        (is_any && it.held.is_none()).then_some(Change::Holds)
    })
}

fn seconds(case: &Case) -> Option<Case> {
    change_conditions(case, |it| {
        it.values(|value| {
            let seconds = value.parse().ok().filter(|_| it.is("date"))?;
            Some(vec![jiff::Timestamp::from_second(seconds).ok()?.to_string()])
        })
    })
}

fn every_address(case: &Case) -> Option<Case> {
    change_conditions(case, |it| {
        it.values(|value| (value == "0.0.0.0/0").then(|| ["0.0.0.0/1", "128.0.0.0/1"].map(str::to_owned).to_vec()))
    })
}

fn lone_address(case: &Case) -> Option<Case> {
    change_conditions(case, |it| {
        it.values(|value| {
            let prefix = if value.contains(':') { "/128" } else { "/32" };
            (it.is("ipaddress") && !value.contains('/')).then(|| vec![format!("{value}{prefix}")])
        })
    })
}

/// A text with its variables filled in; nothing where one has no value.
fn filled(case: &Case, text: &str) -> Option<String> {
    let Some((before, (variable, after))) =
        text.split_once("${").and_then(|(b, rest)| Some((b, rest.split_once('}')?)))
    else {
        return Some(text.to_owned());
    };
    let (key, default) = variable.split_once(',').map_or((variable, None), |(key, default)| (key, Some(default)));
    let held = case.values(key.trim());
    let value = match (variable, held, default) {
        ("*" | "?", ..) => LITERAL.to_owned(),
        ("$", ..) => "$".to_owned(),
        (_, Some([value]), _) => value.replace(['*', '?'], LITERAL),
        (_, None, Some(default)) => default.trim().trim_matches('\'').to_owned(),
        _ => return None,
    };
    Some(format!("{before}{value}{}", filled(case, after)?))
}

const RESOURCES: &[&str] = &["Resource", "NotResource"];

/// The case with some values of these elements changed; nothing where none is. `change` is told of an old version.
fn change_elements(case: &Case, names: &[&str], change: impl Fn(bool, &str) -> Option<String>) -> Option<Case> {
    change_statements(case, |is_old, statement| {
        let mut is_changed = false;
        for name in names {
            let Some(values) = statement.get_mut(*name) else { continue };
            let changed = list(values).iter().map(|value| change(is_old, value)).collect::<Vec<_>>();
            is_changed |= changed.iter().any(Option::is_some);
            *values = list(values).into_iter().zip(changed).map(|(old, new)| new.unwrap_or(old)).collect();
        }
        is_changed
    })
}

/// One key of one operator.
struct Part<'a> {
    operator: &'a str,
    /// What the request holds for the key.
    held: Option<&'a [String]>,
    wanted: Vec<String>,
    is_old: bool,
}

/// What becomes of it.
enum Change {
    Values(Vec<String>),
    Holds,
    Fails,
}

impl Part<'_> {
    /// Whether the operator is of a family.
    fn is(&self, family: &str) -> bool {
        self.operator.to_ascii_lowercase().contains(family)
    }

    /// Each value for which `change` has others, replaced by those.
    fn values(&self, change: impl Fn(&str) -> Option<Vec<String>>) -> Option<Change> {
        let changed: Vec<_> = self.wanted.iter().map(|value| change(value)).collect();
        changed.iter().any(Option::is_some).then_some(())?;
        let values: Vec<String> =
            self.wanted.iter().zip(changed).flat_map(|(old, new)| new.unwrap_or_else(|| vec![old.clone()])).collect();
        Some(match values.as_slice() {
            [] if self.is("not") => Change::Holds,
            [] => Change::Fails,
            _ => Change::Values(values),
        })
    }
}

fn change_conditions(case: &Case, change: impl Fn(&Part<'_>) -> Option<Change>) -> Option<Case> {
    change_statements(case, |is_old, statement| {
        let Some(Value::Object(operators)) = statement.get("Condition").cloned() else { return false };
        let (mut changed, mut is_changed) = (Map::new(), false);
        for (operator, keys) in &operators {
            for (key, wanted) in keys.as_object().into_iter().flatten() {
                let part = Part { operator, held: case.values(key), wanted: list(wanted), is_old };
                let change = change(&part);
                is_changed |= change.is_some();
                let (operator, key, wanted) = match change {
                    None => (operator.as_str(), key.as_str(), wanted.clone()),
                    Some(Change::Values(values)) => (operator.as_str(), key.as_str(), json!(values)),
                    Some(Change::Holds) => continue,
                    // Every request has it.
                    Some(Change::Fails) => ("Null", "aws:PrincipalAccount", json!("true")),
                };
                let keys = changed.entry(operator).or_insert_with(|| json!({}));
                keys[key] = wanted;
            }
        }
        statement.insert("Condition".to_owned(), changed.into());
        is_changed
    })
}

fn change_statements(case: &Case, change: impl Fn(bool, &mut Map<String, Value>) -> bool) -> Option<Case> {
    let (mut changed, mut is_changed) = (case.clone(), false);
    for document in changed.identity.iter_mut().chain(&mut changed.boundary) {
        let is_old = document.get("Version").and_then(Value::as_str) != Some("2012-10-17");
        let statements = document.get_mut("Statement").and_then(Value::as_array_mut);
        for statement in statements.into_iter().flatten().filter_map(Value::as_object_mut) {
            is_changed |= change(is_old, statement);
        }
    }
    is_changed.then_some(changed)
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}
