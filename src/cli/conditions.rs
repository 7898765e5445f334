//! Conditions as text: what is so, and below it what a person does next, each thing on a line of its own.

use std::fmt::Write as _;

use anyhow::Result;
use jiff::Timestamp;

use super::terminal::plain;
use crate::api::age::age;
use crate::api::fix::{Fix, PolicyEdit};
use crate::api::status::Condition;

/// A condition, its message and what to do, as `describe` shows them.
///
/// # Errors
/// Where an edited statement cannot be written as JSON.
pub fn condition(condition: &Condition, now: Timestamp) -> Result<String> {
    shown(condition, &[], now)
}

/// Conditions in their order.
pub(super) fn conditions(all: &[Condition], now: Timestamp) -> Result<String> {
    let before = |index| all.get(..index).unwrap_or_default();
    all.iter().enumerate().map(|(index, one)| shown(one, before(index), now)).collect()
}

fn shown(condition: &Condition, before: &[Condition], now: Timestamp) -> Result<String> {
    let (mut out, since) = (String::new(), age(now, condition.last_transition_time));
    writeln!(out, "  {:<23} {:<8} {:<24} {since}", condition.kind, condition.status, condition.reason)?;
    writeln!(out, "      {}", plain(&condition.message))?;
    out.push_str(&next_steps(condition, before, "      ")?);
    Ok(out)
}

/// What to do about a condition: the hint, or the edits with their statements; then what helps as well, and what else is
/// needed. A fix that one of the conditions before it has shown is not shown again.
pub(super) fn next_steps(condition: &Condition, before: &[Condition], indent: &str) -> Result<String> {
    let is_shown = before.iter().any(|before| before.fix == condition.fix);
    let fix = if is_shown { Fix::default() } else { condition.fix.clone() };
    let Fix { denied: _, edits, notes, command, still_needed, needed } = fix; // the message names what is denied
    let mut out = String::new();
    if edits.is_empty() && !condition.hint.is_empty() {
        writeln!(out, "{indent}→ {}", plain(&condition.hint))?;
    }
    for PolicyEdit { edit, edited_statements } in &edits {
        writeln!(out, "{indent}→ {}", plain(edit))?;
        for statement in edited_statements {
            for line in serde_json::to_string_pretty(statement)?.lines() {
                writeln!(out, "{indent}    {}", plain(line))?;
            }
        }
    }
    let command = command.as_deref().map(by_hand);
    let lists = [listed("Not allowed either: ", &still_needed), listed("All that this object needs: ", &needed)];
    for line in notes.into_iter().chain(command).chain(lists.into_iter().flatten()) {
        writeln!(out, "{indent}  {}", plain(&line))?;
    }
    Ok(out)
}

/// A command that somebody who may runs instead.
pub(super) fn by_hand(command: &str) -> String {
    format!("Or run once, as somebody who may: {command}")
}

fn listed(lead: &str, actions: &[String]) -> Option<String> {
    (!actions.is_empty()).then(|| format!("{lead}{}.", actions.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::status::{ConditionStatus, ConditionType, Reason};

    fn denied(kind: ConditionType, fix: Fix) -> Condition {
        Condition {
            kind,
            status: ConditionStatus::False,
            reason: Reason::AccessDenied,
            message: "role x may not".to_owned(),
            hint: "In statement 1 of policy p: add y to z.".to_owned(),
            fix,
            last_transition_time: Timestamp::UNIX_EPOCH,
            observed_generation: 1,
        }
    }

    fn full() -> Fix {
        Fix {
            denied: vec!["ecs:DescribeServices".to_owned()],
            edits: vec![PolicyEdit {
                edit: "In statement 1 of policy p: add y to z.".to_owned(),
                edited_statements: vec![json!({"Sid": "S\u{9b}2J"})],
            }],
            notes: vec!["The edit is made elsewhere.".to_owned()],
            command: Some("aws iam x".to_owned()),
            still_needed: vec!["ecs:UpdateService".to_owned()],
            needed: vec!["ecs:DescribeServices".to_owned(), "ecs:UpdateService".to_owned()],
        }
    }

    #[test]
    fn each_thing_to_do_stands_on_a_line_of_its_own_and_nothing_twice() {
        let shown = condition(&denied(ConditionType::PermissionsGranted, full()), Timestamp::UNIX_EPOCH).unwrap();
        let expected = "  PermissionsGranted      False    AccessDenied             0s
      role x may not
      → In statement 1 of policy p: add y to z.
          {
            \"Sid\": \"S 2J\"
          }
        The edit is made elsewhere.
        Or run once, as somebody who may: aws iam x
        Not allowed either: ecs:UpdateService.
        All that this object needs: ecs:DescribeServices, ecs:UpdateService.
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_fix_that_two_conditions_have_is_shown_once() {
        let two = [ConditionType::PermissionsGranted, ConditionType::ServiceLinkedRoleReady].map(|k| denied(k, full()));
        let shown = conditions(&two, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(shown.matches("All that this object needs").count(), 1, "{shown}");
        assert_eq!(shown.matches("→ In statement 1").count(), 2, "{shown}");
    }

    #[test]
    fn without_an_edit_the_hint_stands_in_its_place() {
        let plain = denied(ConditionType::TargetSynced, Fix::default());
        assert_eq!(next_steps(&plain, &[], "  ").unwrap(), "  → In statement 1 of policy p: add y to z.\n");
    }
}
