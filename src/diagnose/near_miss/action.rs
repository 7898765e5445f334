//! An action that does not match: N-15 to N-18.

use serde_json::Value;

use super::change::append;
use super::condition::list;
use super::kind::Kind;
use super::narrow::CREATE_SLR;
use super::{Lack, PartEdit};
use crate::diagnose::parse::sanitise;
use crate::model::iam::{ActionBlock, Request, Statement};

/// What a statement's actions lack; `None` when they are about something else altogether.
pub(super) fn lack(statement: &Statement, request: &Request) -> Option<Lack> {
    let asked = sanitise(&request.action);
    let actions = match &statement.action {
        ActionBlock::AllBut(actions) => {
            let text = format!("NotAction {} leaves {asked} out", list(actions));
            return Some(Lack::of(Kind::NotActionHole, text));
        }
        ActionBlock::Only(actions) => actions,
    };
    let (kind, near) = actions.iter().filter_map(|action| Some((kind_of(action, &request.action)?, action))).min()?;
    let shown = sanitise(near);
    let text = match kind {
        Kind::ActionTypo => format!("Action has {shown}, which is no action: it is spelled {asked}"),
        Kind::ActionWrongPrefix => format!("Action has {shown}, which is another service's: the action is {asked}"),
        _ if passes_role(actions) && request.action.eq_ignore_ascii_case(CREATE_SLR) => format!(
            "Action has {}: iam:PassRole hands a role to a service, and does not make its service-linked role",
            list(actions)
        ),
        _ => format!("Action has {}, and not {asked}", list(actions)),
    };
    let edit =
        if kind == Kind::ActionTypo { respelled(statement, near, request) } else { with_action(statement, request) };
    Some(Lack { kind, text, edit })
}

fn passes_role(actions: &[String]) -> bool {
    actions.iter().any(|action| action.eq_ignore_ascii_case("iam:PassRole"))
}

/// Real actions that are spelled almost like one that is needed.
const REAL: &[&str] = &["untagresource", "tagresource", "listroles", "getrole", "describealarms", "deletealarms"];

fn kind_of(action: &str, asked: &str) -> Option<Kind> {
    let (action, asked) = (action.to_ascii_lowercase(), asked.to_ascii_lowercase());
    let ((service, name), (asked_service, asked_name)) = (action.split_once(':')?, asked.split_once(':')?);
    if service != asked_service {
        let is_name = name == asked_name && is_sibling(service, asked_service);
        let is_all = name == "*" && strsim::levenshtein(service, asked_service) < 3;
        return (is_name || is_all).then_some(Kind::ActionWrongPrefix);
    }
    let is_slip = !name.contains(['*', '?'])
        && !REAL.contains(&name)
        && name.len().abs_diff(asked_name.len()) < 3
        && strsim::levenshtein(name, asked_name) < 3;
    Some(if is_slip { Kind::ActionTypo } else { Kind::ActionWildcardShort })
}

/// Prefixes that are taken for one another.
fn is_sibling(a: &str, b: &str) -> bool {
    let squeezed = |prefix: &str| prefix.replace('-', "");
    let (a, b) = (squeezed(a), squeezed(b));
    a.ends_with(&b) || b.ends_with(&a) || strsim::levenshtein(&a, &b) < 3
}

fn with_action(statement: &Statement, request: &Request) -> Option<PartEdit> {
    let (mut edited, mut only_new) = (statement.json.clone(), statement.json.clone());
    append(edited.get_mut("Action")?, &request.action);
    *only_new.get_mut("Action")? = request.action.as_str().into();
    Some(PartEdit { line: format!("add {} to Action", sanitise(&request.action)), edited, only_new })
}

fn respelled(statement: &Statement, wrong: &str, request: &Request) -> Option<PartEdit> {
    let PartEdit { only_new, .. } = with_action(statement, request)?;
    let mut edited = statement.json.clone();
    let right = Value::from(request.action.as_str());
    match edited.get_mut("Action")? {
        Value::Array(list) => {
            list.iter_mut().filter(|action| **action == wrong).for_each(|action| *action = right.clone())
        }
        single => *single = right,
    }
    let line = format!("spell {} as {}", sanitise(wrong), sanitise(&request.action));
    Some(PartEdit { line, edited, only_new })
}
