//! The last things that happened to an object.

use jiff::Timestamp;

use crate::api::status::{Event, EventReason, EventType, Status};
use crate::plan::{Action, Outcome, OutcomeResult, Plan, Verb};

/// How many events are kept for each object.
pub const EVENTS_KEPT: usize = 20;

/// Adds an event; one that only repeats the last of its kind is counted.
pub(super) fn push(status: &mut Status, kind: EventType, reason: EventReason, message: String, now: Timestamp) {
    let again = status.events.iter().position(|event| event.reason == reason && event.message == message);
    let count = again.map_or(1, |index| status.events.remove(index).count.saturating_add(1));
    status.events.push(Event { time: now, kind, reason, message, count });
    let surplus = status.events.len().saturating_sub(EVENTS_KEPT);
    status.events.drain(..surplus);
}

pub(super) fn push_outcomes(status: &mut Status, plan: &Plan, outcomes: &[Outcome], now: Timestamp) {
    for outcome in outcomes {
        let Some(action) = plan.actions.get(outcome.action) else { continue };
        match &outcome.result {
            OutcomeResult::Done { .. } => push(status, EventType::Normal, done(action), describe(action), now),
            OutcomeResult::Failed(failure) => {
                push(status, EventType::Warning, EventReason::Failed, failure.to_string(), now);
            }
            OutcomeResult::Skipped { .. } | OutcomeResult::Held(_) => {}
        }
    }
    for withheld in &plan.withheld {
        let message = format!("{}: {}", withheld.reason, withheld.message);
        push(status, EventType::Warning, EventReason::Withheld, message, now);
    }
}

fn done(action: &Action) -> EventReason {
    match action.verb {
        Verb::Create if !action.drift => EventReason::Created,
        _ if action.drift => EventReason::DriftCorrected,
        _ => EventReason::Updated,
    }
}

fn describe(action: &Action) -> String {
    use crate::plan::Part;
    let name = match &action.part {
        Part::Object | Part::Target | Part::TargetTags => String::new(),
        Part::Policy(name) => format!(" {name}"),
        Part::Alarm(name) | Part::AlarmTags(name) => format!(" {name}"),
    };
    let fields: Vec<&str> = action.changes.iter().map(|change| change.field.as_str()).collect();
    match action.verb {
        Verb::Create => format!("created {}{name}", action.part.kind()),
        _ => format!("{}{name}: {}", action.part.kind(), fields.join(", ")),
    }
}
