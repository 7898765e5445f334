//! How wide a statement is, against what was asked for: nothing may be allowed that nobody asked for.

use serde_json::{Value, json};

use crate::model::iam::{ActionBlock, Comparison, Condition, Effect, Request, ResourceBlock, SetOperator, Statement};

/// The action that makes a service-linked role, and the key that says for which service. The service decides the role's
/// name and path, so that the key stands for the resource.
pub(super) const CREATE_SLR: &str = "iam:CreateServiceLinkedRole";
const SLR_KEY: &str = "iam:AWSServiceName";

/// The keys of the request that belong to its service. The global ones say who calls and from where, not what is asked.
fn scoping_keys(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    request.context.iter().filter_map(|(key, values)| match values.as_slice() {
        [value] if !key.to_ascii_lowercase().starts_with("aws:") => Some((key.as_str(), value.as_str())),
        _ => None,
    })
}

/// The statement that allows just what was asked.
pub(super) fn own_statement(request: &Request) -> Value {
    let (_, name) = request.action.split_once(':').unwrap_or(("", &request.action));
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let mut statement = json!({
        "Sid": format!("EcsScaling{letters}"),
        "Effect": "Allow",
        "Action": request.action,
        "Resource": request.resource,
    });
    for (key, value) in scoping_keys(request) {
        let operator = if value.starts_with("arn:") { "ArnEquals" } else { "StringEquals" };
        let condition = json!({ key: value });
        match statement.get_mut("Condition") {
            Some(conditions) => match conditions.get_mut(operator) {
                Some(keys) => {
                    if let Value::Object(keys) = keys {
                        keys.insert(key.to_owned(), value.into());
                    }
                }
                None => {
                    if let Value::Object(conditions) = conditions {
                        conditions.insert(operator.to_owned(), condition);
                    }
                }
            },
            None => {
                if let Value::Object(fields) = &mut statement {
                    fields.insert("Condition".to_owned(), json!({ operator: condition }));
                }
            }
        }
    }
    statement
}

/// Whether a statement allows nothing but the asked action, on the asked resource, in the asked context.
pub(super) fn is_within(statement: &Value, request: &Request) -> bool {
    let Ok(statement) = Statement::from_json(statement) else { return false };
    let ActionBlock::Only(actions) = &statement.action else { return false };
    let Some(ResourceBlock::Only(resources)) = &statement.resource else { return false };
    let pins_service = actions.iter().all(|action| action.eq_ignore_ascii_case(CREATE_SLR))
        && request.values(SLR_KEY).is_some_and(|values| pins(&statement, SLR_KEY, values));
    statement.effect == Effect::Allow
        && actions.iter().all(|action| action.eq_ignore_ascii_case(&request.action))
        && (pins_service || resources.iter().all(|resource| *resource == request.resource))
        && scoping_keys(request).all(|(key, value)| pins(&statement, key, &[value.to_owned()]))
}

/// Whether a statement asks for a key to have one of these values.
fn pins(statement: &Statement, key: &str, values: &[String]) -> bool {
    statement.conditions.iter().any(|condition| {
        condition.key.eq_ignore_ascii_case(key)
            && is_exact(condition)
            && condition.values.iter().all(|wanted| values.contains(wanted) && !wanted.contains(['*', '?', '$']))
    })
}

fn is_exact(condition: &Condition) -> bool {
    let operator = condition.operator;
    matches!(operator.comparison, Comparison::StringEquals | Comparison::StringLike | Comparison::Arn)
        && !operator.negated
        && !operator.if_exists
        && operator.set != Some(SetOperator::All)
}
