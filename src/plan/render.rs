//! A plan for people and for machines.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::action::{Action, ActionKind, Part, Plan, Verb, Withheld};
use crate::api::desired::{AlarmRef, Mode, ServiceScaling};
use crate::model::fields::Change;
use crate::model::number::Number;
use crate::model::policy::{AdjustmentType, StepAdjustment, StepScalingConfig};

/// The plans as text, in the manner of a Terraform plan. `unplanned` objects could not be looked at.
pub fn text(plans: &[(&ServiceScaling, &Plan)], unplanned: usize) -> String {
    let mut out = String::new();
    for (object, plan) in plans {
        if !plan.actions.is_empty() || !plan.withheld.is_empty() {
            object_text(&mut out, object, plan);
        }
    }
    out.push_str(&summary(plans, unplanned));
    out
}

fn object_text(out: &mut String, object: &ServiceScaling, plan: &Plan) {
    let observe = if plan.mode == Mode::Observe { ", mode Observe: nothing will be written" } else { "" };
    line(out, 0, format_args!("{} → service {} in {}{observe}", object.key, plan.key.service, plan.key.scope));
    out.push('\n');
    for action in &plan.actions {
        action_text(out, object, plan, action);
    }
    for withheld in &plan.withheld {
        withheld_text(out, plan, withheld);
    }
}

fn action_text(out: &mut String, object: &ServiceScaling, plan: &Plan, action: &Action) {
    let sign = match action.verb {
        Verb::Create => '+',
        Verb::Delete => '-',
        Verb::Update | Verb::Tag | Verb::Untag => '~',
    };
    line(out, 2, format_args!("{sign} {}", described(&action.part, plan)));
    for change in action.changes.iter().filter(|change| !is_nothing(action.verb, change)) {
        match &action.kind {
            ActionKind::PutPolicy { config, .. } if change.field == "stepAdjustments" => {
                if let Some(config) = config.step() {
                    steps_text(out, object, action, config, sign);
                }
            }
            _ => line(out, 6, format_args!("{sign} {}: {}", change.field, change_text(action.verb, change))),
        }
    }
    if let Some(change) = action.capacity_move {
        line(out, 6, format_args!("! desired count {} → {}, now", change.from, change.to));
    }
    out.push('\n');
}

/// Steps in absolute metric values, as the ECS console shows them, with AWS's threshold-relative bounds beside them.
fn steps_text(out: &mut String, object: &ServiceScaling, action: &Action, config: &StepScalingConfig, sign: char) {
    line(out, 6, format_args!("{sign} steps:"));
    let threshold = threshold(object, action);
    for step in &config.steps {
        let relative = format!("threshold {} to {}", offset(step.lower, "-∞"), offset(step.upper, "+∞"));
        let adjustment = adjustment_text(config.adjustment_type, step.adjustment);
        match threshold {
            Some(threshold) => {
                let absolute = absolute(step, threshold);
                line(out, 10, format_args!("{absolute:<16} {adjustment:<12} ({relative})"));
            }
            None => line(out, 10, format_args!("{relative:<28} {adjustment}")),
        }
    }
}

/// The one threshold of the policy's alarms, where they have but one.
fn threshold(object: &ServiceScaling, action: &Action) -> Option<Number> {
    let Part::Policy(name) = &action.part else { return None };
    let policy = object.policies.iter().find(|policy| policy.name == *name)?;
    if let (Some(AlarmRef { steps: Some(absolute), .. }), ActionKind::PutPolicy { config, .. }) =
        (&policy.alarm_ref, &action.kind)
    {
        // Any bound that both forms have tells the threshold between them.
        let lowest = absolute.iter().flat_map(|step| [step.lower, step.upper]).flatten().min()?;
        let relative = config.step()?.steps.iter().flat_map(|step| [step.lower, step.upper]).flatten().min()?;
        return Some(lowest.minus(relative));
    }
    let mut thresholds = policy.alarms.iter().map(|alarm| alarm.config.threshold);
    let first = thresholds.next()?;
    thresholds.all(|other| other == first).then_some(first)
}

fn absolute(step: &StepAdjustment, threshold: Number) -> String {
    let bound = |bound: Option<Number>, open: &str| {
        bound.map_or_else(|| open.to_owned(), |bound| threshold.plus(bound).to_string())
    };
    format!("{} to {}", bound(step.lower, "-∞"), bound(step.upper, "+∞"))
}

fn offset(bound: Option<Number>, open: &str) -> String {
    bound.map_or_else(
        || open.to_owned(),
        |bound| if bound < Number::ZERO { bound.to_string() } else { format!("+{bound}") },
    )
}

/// A step's adjustment for people: `+2 tasks`, `-10 %`, `= 6 tasks`.
pub fn adjustment_text(kind: AdjustmentType, adjustment: i32) -> String {
    match kind {
        AdjustmentType::ChangeInCapacity => format!("{adjustment:+} {}", tasks(adjustment)),
        AdjustmentType::PercentChangeInCapacity => format!("{adjustment:+} %"),
        AdjustmentType::ExactCapacity => format!("= {adjustment} {}", tasks(adjustment)),
    }
}

fn tasks(count: i32) -> &'static str {
    if count.unsigned_abs() == 1 { "task" } else { "tasks" }
}

fn withheld_text(out: &mut String, plan: &Plan, withheld: &Withheld) {
    line(out, 2, format_args!("! {} withheld: {}", described(&withheld.part, plan), withheld.reason));
    line(out, 6, format_args!("{}", withheld.message));
    if !withheld.hint.is_empty() {
        line(out, 6, format_args!("→ {}", withheld.hint));
    }
    out.push('\n');
}

fn summary(plans: &[(&ServiceScaling, &Plan)], unplanned: usize) -> String {
    let all = || plans.iter().flat_map(|(_, plan)| &plan.actions);
    let creates = all().filter(|action| action.verb == Verb::Create).count();
    let deletes = all().filter(|action| action.verb == Verb::Delete).count();
    let updates = all().count() - creates - deletes;
    let withheld: usize = plans.iter().map(|(_, plan)| plan.withheld.len()).sum();
    let objects = counted(plans.len(), "object");
    let looked =
        if unplanned == 0 { String::new() } else { format!(" {} not looked at.", counted(unplanned, "object")) };
    if creates + updates + deletes + withheld == 0 {
        return if plans.is_empty() {
            format!("Nothing planned.{looked}\n")
        } else {
            format!("No changes. {objects} as wanted.{looked}\n")
        };
    }
    let deleted = if deletes == 0 { String::new() } else { format!(" {deletes} to delete,") };
    format!("Plan: {creates} to create, {updates} to update,{deleted} {withheld} withheld, in {objects}.{looked}\n")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// One line and no more, whatever AWS or YAML put into the text.
fn line(out: &mut String, indent: usize, text: std::fmt::Arguments<'_>) {
    let text: String = text.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(out, "{:indent$}{text}", ""); // writing to a String cannot fail
}

/// A resource for people: `alarm search-api-high`.
pub fn described(part: &Part, plan: &Plan) -> String {
    format!("{} {}", kind_text(part), resource(part, plan))
}

fn kind_text(part: &Part) -> &'static str {
    match part {
        Part::Object => "object",
        Part::Target => "scalable target",
        Part::TargetTags => "tags of scalable target",
        Part::Policy(_) => "scaling policy",
        Part::Alarm(_) => "alarm",
        Part::AlarmTags(_) => "tags of alarm",
        Part::ScheduledAction(_) => "scheduled action",
    }
}

/// What AWS calls the resource.
pub fn resource(part: &Part, plan: &Plan) -> String {
    match part {
        Part::Object | Part::Target | Part::TargetTags => plan.key.service.resource_id(),
        Part::Policy(name) => name.to_string(),
        Part::Alarm(name) | Part::AlarmTags(name) => name.to_string(),
        Part::ScheduledAction(name) => name.to_string(),
    }
}

/// Whether a field of a new resource is left empty, which is not worth a line.
fn is_nothing(verb: Verb, change: &Change) -> bool {
    let is_empty = match &change.to {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    verb == Verb::Create && is_empty
}

fn change_text(verb: Verb, change: &Change) -> String {
    if verb == Verb::Delete {
        return value_text(&change.from);
    }
    if change.from.is_null() || verb == Verb::Create {
        value_text(&change.to)
    } else {
        format!("{} → {}", value_text(&change.from), value_text(&change.to))
    }
}

/// A field's value for people, on one line.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Null => "(unset)".to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            format!("[{}]", items.iter().map(value_text).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            map.iter().map(|(key, value)| format!("{key}={}", value_text(value))).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// The plans as JSON, in a form that does not change within an API version.
///
/// `{apiVersion, actions: [{kind, object, resource, changes: [{field, from, to}]}], withheld: [{object, reason,
/// message}]}`. Beside these an action has `verb` (create, update, delete, tag, untag), `target`
/// (account/region/cluster/service), `capacityMove` (`{from, to}` of the desired count, or null) and `mode`; a withheld
/// part has its `kind`, `resource` and `hint`.
pub fn json(api_version: &str, plans: &[(&ServiceScaling, &Plan)]) -> Value {
    let actions: Vec<Value> = plans
        .iter()
        .flat_map(|(object, plan)| {
            plan.actions.iter().map(move |action| {
                json!({
                    "kind": action.part.kind(),
                    "verb": action.verb.as_str(),
                    "object": object.key.to_string(),
                    "target": plan.key.to_string(),
                    "resource": resource(&action.part, plan),
                    "changes": action.changes,
                    "capacityMove": action.capacity_move,
                    "mode": plan.mode,
                })
            })
        })
        .collect();
    let withheld: Vec<Value> = plans
        .iter()
        .flat_map(|(object, plan)| {
            plan.withheld.iter().map(move |withheld| {
                json!({
                    "object": object.key.to_string(),
                    "kind": withheld.part.kind(),
                    "resource": resource(&withheld.part, plan),
                    "reason": withheld.reason,
                    "message": withheld.message,
                    "hint": withheld.hint,
                })
            })
        })
        .collect();
    json!({ "apiVersion": api_version, "actions": actions, "withheld": withheld })
}
