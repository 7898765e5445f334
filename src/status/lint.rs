//! The status linter: rules that every status must keep, whatever happened.

use thiserror::Error;

use super::events::EVENTS_KEPT;
use crate::api::status::{ConditionStatus, ConditionType, Status};

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
    /// Reconciling or Stalled is there and not True.
    #[error("{0} is present only while True")]
    NotTrue(ConditionType),
    /// What is not as wanted has no message, or no hint.
    #[error("{0} is False and does not say {1}")]
    Unexplained(ConditionType, &'static str),
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
        let present_only_while_true = matches!(kind, ConditionType::Reconciling | ConditionType::Stalled);
        if present_only_while_true && condition.status != ConditionStatus::True {
            return Err(StatusError::NotTrue(kind));
        }
        let bad = kind == ConditionType::Stalled
            || kind == ConditionType::Reconciling
            || (kind.counts() && condition.status != ConditionStatus::True);
        if ready.status == ConditionStatus::True && bad {
            return Err(StatusError::ReadyBeside(kind));
        }
        if condition.status == ConditionStatus::False && condition.message.is_empty() {
            return Err(StatusError::Unexplained(kind, "what is so"));
        }
        if condition.status == ConditionStatus::False && condition.hint.is_empty() {
            return Err(StatusError::Unexplained(kind, "what to do next"));
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
