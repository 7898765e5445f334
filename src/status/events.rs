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
        Verb::Delete => EventReason::Deleted,
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
        Part::ScheduledAction(name) => format!(" {name}"),
    };
    let fields: Vec<&str> = action.changes.iter().map(|change| change.field.as_str()).collect();
    match action.verb {
        Verb::Create => format!("created {}{name}", action.part.kind()),
        Verb::Delete => format!("deleted {}{name}", action.part.kind()),
        _ => format!("{}{name}: {}", action.part.kind(), fields.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push_created(status: &mut Status, message: &str) {
        push(status, EventType::Normal, EventReason::Created, message.into(), Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn the_last_twenty_are_kept_in_order() {
        let mut status = Status::default();
        (0..25).for_each(|i| push_created(&mut status, &i.to_string()));
        let kept: Vec<String> = status.events.iter().map(|event| event.message.clone()).collect();
        assert_eq!(kept, (5..25).map(|i| i.to_string()).collect::<Vec<_>>());
    }

    #[test]
    fn an_event_that_comes_again_is_counted_and_moves_to_the_end() {
        let mut status = Status::default();
        ["a", "b", "a", "a"].into_iter().for_each(|message| push_created(&mut status, message));
        let kept: Vec<(&str, u32)> = status.events.iter().map(|event| (&*event.message, event.count)).collect();
        assert_eq!(kept, [("b", 1), ("a", 3)]);
    }
}
