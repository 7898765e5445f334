//! Conditions with what to do about each.

use jiff::Timestamp;
use maud::{Markup, html};

use super::parts::{ago, condition_badge, copyable};
use crate::api::fix::{Fix, PolicyEdit};
use crate::api::status::{Condition, ConditionStatus, ConditionType, keeps_from_ready};

/// Every condition in its order. A fix that one before it has shown is not shown again.
pub(super) fn conditions(all: &[Condition], now: Timestamp) -> Markup {
    let is_shown = |index: usize, fix: &Fix| all.iter().take(index).any(|before| before.fix == *fix);
    html! {
        @if all.is_empty() { p.muted { "It has not been looked at yet." } }
        ul.conditions {
            @for (index, condition) in all.iter().enumerate() {
                @match said_below(condition, all) {
                    Some(below) => li.trouble { (line(condition, now)) p { "Because of " strong { (below) } ", below." } },
                    None => (one(index, condition, is_shown(index, &condition.fix), now)),
                }
            }
        }
    }
}

fn one(index: usize, condition: &Condition, fix_is_shown: bool, now: Timestamp) -> Markup {
    let has_fix = !fix_is_shown && !condition.fix.is_empty();
    html! {
        li class=[is_troubled(condition).then_some("trouble")] {
            (line(condition, now))
            @if !repeats_ready(condition) {
                p.muted[!is_troubled(condition)] { (condition.message) }
                @if (condition.fix.edits.is_empty() || fix_is_shown) && !condition.hint.is_empty() {
                    p.hint { (condition.hint) }
                }
                @if has_fix { (fix(index, &condition.fix)) }
            }
        }
    }
}

fn line(condition: &Condition, now: Timestamp) -> Markup {
    html! {
        div.line {
            (condition_badge(condition.kind, condition.status))
            strong { (condition.kind) }
            span.reason { (condition.reason) }
            span.muted { (ago(now, condition.last_transition_time)) }
        }
    }
}

/// The condition whose words a Ready that is not True only repeats, with its type before them.
fn said_below(ready: &Condition, all: &[Condition]) -> Option<ConditionType> {
    let is_repeated = |other: &&Condition| ready.message == format!("{}: {}", other.kind, other.message);
    let is_ready = ready.kind == ConditionType::Ready && is_troubled(ready);
    is_ready.then(|| all.iter().find(is_repeated)).flatten().map(|other| other.kind)
}

/// Reconciling and Stalled stand beside a Ready that says the same.
fn repeats_ready(condition: &Condition) -> bool {
    matches!(condition.kind, ConditionType::Reconciling | ConditionType::Stalled)
}

/// Whether it is not as wished, information included.
pub(super) fn is_troubled(condition: &Condition) -> bool {
    match condition.kind {
        ConditionType::Ready => condition.status != ConditionStatus::True,
        ConditionType::Stalled => true,
        ConditionType::Reconciling => false,
        kind if kind.counts() => keeps_from_ready(kind, condition.status, condition.reason),
        _ => condition.status == ConditionStatus::False,
    }
}

fn fix(index: usize, fix: &Fix) -> Markup {
    // What was denied is in the message.
    let Fix { edits, notes, command, still_needed, needed, denied: _ } = fix;
    html! {
        @for (number, PolicyEdit { edit, edited_statements }) in edits.iter().enumerate() {
            p.hint { (edit) }
            @for (part, statement) in edited_statements.iter().enumerate() {
                (copyable(&format!("edit-{index}-{number}-{part}"), &format!("{statement:#}")))
            }
        }
        @for note in notes { p.note { (note) } }
        @if let Some(command) = command {
            p.note { "Or run once, as somebody who may:" }
            (copyable(&format!("command-{index}"), command))
        }
        @if !still_needed.is_empty() {
            p.note { "Not allowed either: " (actions(still_needed)) }
        }
        @if !needed.is_empty() {
            details id={"needed-" (index)} {
                summary { "All that this object needs" }
                p { (actions(needed)) }
            }
        }
    }
}

fn actions(list: &[String]) -> Markup {
    html! { @for action in list { code { (action) } " " } }
}
