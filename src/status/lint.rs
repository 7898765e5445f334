//! The status linter: rules that every status must keep, whatever happened.

use thiserror::Error;

use super::events::EVENTS_KEPT;
use crate::api::status::{ConditionStatus, ConditionType, Reason, Status, keeps_from_ready};

/// A rule that a status breaks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatusError {
    /// Ready is missing.
    #[error("there is no Ready")]
    NoReady,
    /// A type occurs twice.
    #[error("{0} occurs twice")]
    Twice(ConditionType),
    /// Ready is True beside something that is not.
    #[error("Ready is True, but {0} is not")]
    ReadyBeside(ConditionType),
    /// Ready is not True, and no condition says why.
    #[error("Ready is not True, and neither Reconciling nor Stalled says what comes next")]
    NoProgress,
    /// Reconciling, Stalled or ScalingLimited is there and not True.
    #[error("{0} is present only while True")]
    NotTrue(ConditionType),
    /// What is not as wanted has no message, or no hint.
    #[error("{0} is not as wanted and does not say {1}")]
    Unexplained(ConditionType, &'static str),
    /// A fix stands where nothing is denied.
    #[error("{0} holds a fix, and is not a permission's condition or is True")]
    NothingToMend(ConditionType),
    /// A transition time went back.
    #[error("the transition time of {0} went back")]
    WentBack(ConditionType),
    /// A condition speaks of a generation that does not exist yet.
    #[error("{0} speaks of a generation that does not exist yet")]
    FromTheFuture(ConditionType),
    /// Too many events.
    #[error("there are more than {EVENTS_KEPT} events")]
    TooManyEvents,
}

/// The first rule that a status breaks. `previous` is the object's status before it, `generation` the object's own.
pub fn lint(previous: Option<&Status>, status: &Status, generation: u64) -> Result<(), StatusError> {
    let ready = status.condition(ConditionType::Ready).ok_or(StatusError::NoReady)?;
    let stalled = status.condition(ConditionType::Stalled);
    let reconciling = status.condition(ConditionType::Reconciling);
    if ready.status != ConditionStatus::True && stalled.is_none() && reconciling.is_none() {
        return Err(StatusError::NoProgress);
    }
    for condition in &status.conditions {
        let kind = condition.kind;
        if status.conditions.iter().filter(|other| other.kind == kind).count() > 1 {
            return Err(StatusError::Twice(kind));
        }
        if kind.is_only_while_true() && condition.status != ConditionStatus::True {
            return Err(StatusError::NotTrue(kind));
        }
        let bad = kind == ConditionType::Stalled
            || kind == ConditionType::Reconciling
            || keeps_from_ready(kind, condition.status, condition.reason);
        if ready.status == ConditionStatus::True && bad {
            return Err(StatusError::ReadyBeside(kind));
        }
        // What is False, or is unknown for good, is for a person; so is what limits the service.
        let is_for_person = condition.status == ConditionStatus::False
            || condition.reason == Reason::ServiceLinkedRoleNotSeen
            || kind == ConditionType::ScalingLimited;
        if is_for_person && condition.message.is_empty() {
            return Err(StatusError::Unexplained(kind, "what is so"));
        }
        if is_for_person && condition.hint.is_empty() {
            return Err(StatusError::Unexplained(kind, "what to do next"));
        }
        let mends = matches!(kind, ConditionType::PermissionsGranted | ConditionType::ServiceLinkedRoleReady);
        if !condition.fix.is_empty() && (!mends || condition.status == ConditionStatus::True) {
            return Err(StatusError::NothingToMend(kind));
        }
        if condition.observed_generation > generation {
            return Err(StatusError::FromTheFuture(kind));
        }
        let before = previous.and_then(|previous| previous.condition(kind));
        if before.is_some_and(|before| before.last_transition_time > condition.last_transition_time) {
            return Err(StatusError::WentBack(kind));
        }
    }
    if status.events.len() > EVENTS_KEPT { Err(StatusError::TooManyEvents) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::api::fix::Fix;
    use crate::api::status::{Condition, Event, EventReason, EventType};

    fn condition(kind: ConditionType, status: ConditionStatus) -> Condition {
        Condition {
            kind,
            status,
            reason: Reason::AsWanted,
            message: "so it is".into(),
            hint: "do this".into(),
            fix: Fix::default(),
            last_transition_time: Timestamp::from_second(100).unwrap(),
            observed_generation: 1,
        }
    }

    fn status(conditions: &[(ConditionType, ConditionStatus)]) -> Status {
        let conditions = conditions.iter().map(|(kind, status)| condition(*kind, *status)).collect();
        Status { conditions, ..Status::default() }
    }

    use ConditionStatus::{False, True, Unknown};
    use ConditionType::{CapacityInRange, Ready, Reconciling, Stalled, TargetSynced};

    fn rule(conditions: &[(ConditionType, ConditionStatus)]) -> Result<(), StatusError> {
        lint(None, &status(conditions), 1)
    }

    #[test]
    fn a_good_status_passes() {
        assert_eq!(rule(&[(Ready, True), (TargetSynced, True), (CapacityInRange, False)]), Ok(()));
        assert_eq!(rule(&[(Ready, False), (Stalled, True), (TargetSynced, False)]), Ok(()));
        assert_eq!(rule(&[(Ready, Unknown), (Reconciling, True), (TargetSynced, Unknown)]), Ok(()));
    }

    #[test]
    fn ready_is_there_once_and_excludes_what_is_not() {
        assert_eq!(rule(&[(TargetSynced, True)]), Err(StatusError::NoReady));
        assert_eq!(rule(&[(Ready, True), (Ready, True)]), Err(StatusError::Twice(Ready)));
        for beside in [(TargetSynced, False), (TargetSynced, Unknown), (Stalled, True), (Reconciling, True)] {
            assert_eq!(rule(&[(Ready, True), beside]), Err(StatusError::ReadyBeside(beside.0)));
        }
    }

    #[test]
    fn what_is_not_ready_says_what_comes_next() {
        assert_eq!(rule(&[(Ready, False), (TargetSynced, False)]), Err(StatusError::NoProgress));
        assert_eq!(rule(&[(Ready, False), (Reconciling, False)]), Err(StatusError::NotTrue(Reconciling)));
    }

    #[test]
    fn what_is_false_says_what_is_so_and_what_to_do() {
        let mut mute = status(&[(Ready, False), (Stalled, True), (TargetSynced, False)]);
        mute.conditions[2].hint.clear();
        assert_eq!(lint(None, &mute, 1), Err(StatusError::Unexplained(TargetSynced, "what to do next")));
        mute.conditions[2].message.clear();
        assert_eq!(lint(None, &mute, 1), Err(StatusError::Unexplained(TargetSynced, "what is so")));
    }

    #[test]
    fn a_role_that_could_not_be_seen_may_stand_beside_ready_and_says_what_to_do() {
        let role = ConditionType::ServiceLinkedRoleReady;
        let mut unseen = status(&[(Ready, True), (role, Unknown)]);
        assert_eq!(lint(None, &unseen, 1), Err(StatusError::ReadyBeside(role)));
        unseen.conditions[1].reason = Reason::ServiceLinkedRoleNotSeen;
        assert_eq!(lint(None, &unseen, 1), Ok(()));
        unseen.conditions[1].hint.clear();
        assert_eq!(lint(None, &unseen, 1), Err(StatusError::Unexplained(role, "what to do next")));
    }

    #[test]
    fn a_fix_stands_only_where_something_is_denied() {
        let denied = ConditionType::PermissionsGranted;
        let mut said = status(&[(Ready, False), (Stalled, True), (denied, False), (TargetSynced, False)]);
        let fix = Fix { command: Some("aws".into()), ..Fix::default() };
        said.conditions[2].fix = fix.clone();
        assert_eq!(lint(None, &said, 1), Ok(()));
        said.conditions[3].fix = fix.clone();
        assert_eq!(lint(None, &said, 1), Err(StatusError::NothingToMend(TargetSynced)));
        let mut granted = status(&[(Ready, True), (denied, True)]);
        granted.conditions[1].fix = fix;
        assert_eq!(lint(None, &granted, 1), Err(StatusError::NothingToMend(denied)));
    }

    #[test]
    fn time_and_generations_go_forward() {
        let now = status(&[(Ready, True)]);
        let mut later = now.clone();
        later.conditions[0].last_transition_time = Timestamp::from_second(200).unwrap();
        assert_eq!(lint(Some(&now), &later, 1), Ok(()));
        assert_eq!(lint(Some(&later), &now, 1), Err(StatusError::WentBack(Ready)));
        assert_eq!(lint(None, &now, 0), Err(StatusError::FromTheFuture(Ready)));
    }

    #[test]
    fn no_more_events_are_kept_than_the_last_twenty() {
        let event = |count| Event {
            time: Timestamp::UNIX_EPOCH,
            kind: EventType::Normal,
            reason: EventReason::Created,
            message: "made".into(),
            count,
        };
        let mut many = status(&[(Ready, True)]);
        many.events = (0..EVENTS_KEPT).map(|_| event(1)).collect();
        assert_eq!(lint(None, &many, 1), Ok(()));
        many.events.push(event(1));
        assert_eq!(lint(None, &many, 1), Err(StatusError::TooManyEvents));
    }
}
