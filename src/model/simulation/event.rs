//! What happens in a simulation.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::alarm::AlarmState;
use crate::model::cooldown::Direction;
use crate::model::number::Number;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// The kinds of events: what AWS records, and what it keeps to itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum EventKind {
    /// An alarm changed its state; in AWS's alarm history.
    AlarmState {
        /// The alarm.
        alarm: String,
        /// Its state before.
        from: AlarmState,
        /// Its state now.
        to: AlarmState,
        /// `StateReason`, as CloudWatch words it.
        reason: String,
    },
    /// The desired count moved; a scaling activity.
    Scaled {
        /// Before, in tasks.
        from: i32,
        /// Now, in tasks.
        to: i32,
        /// In AWS's words.
        cause: String,
        /// The policy; unset where a scheduled action moved the bounds.
        #[serde(skip_serializing_if = "Option::is_none")]
        policy: Option<String>,
    },
    /// A policy fired and nothing was scaled; a scaling activity, once for as long as it stays so (S-084).
    NotScaled {
        /// The desired count, in tasks.
        at_tasks: i32,
        /// AWS's code.
        code: String,
        /// In AWS's words.
        cause: String,
        /// The policy.
        policy: String,
    },
    /// A scheduled action set the bounds; a scaling activity.
    Scheduled {
        /// The action.
        action: String,
        /// The bounds from now on, in tasks.
        min: i32,
        /// The bounds from now on, in tasks.
        max: i32,
    },
    /// A policy was called and did nothing, of which AWS records nothing. Once for as long as it stays so.
    Held {
        /// The policy.
        policy: String,
        /// The alarm that called it.
        alarm: String,
        /// Why.
        #[serde(flatten)]
        why: Held,
    },
}

/// Why a policy that was called did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "why", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Held {
    /// A cooldown lasts (S-082).
    Cooldown {
        /// Its end.
        until: Timestamp,
    },
    /// The desired count has left the range on the side that the policy moves to (S-018, S-019).
    BeyondRange,
    /// No step holds the value (S-079).
    NoStep {
        /// The value that was to choose the step.
        value: Number,
    },
    /// Scaling in this direction is suspended (S-006).
    Suspended,
    /// Another target tracking policy would not scale in.
    NotAllScaleIn,
}

impl Event {
    /// Whether AWS would have recorded it: in the alarm's history or as a scaling activity.
    pub fn is_recorded(&self) -> bool {
        !matches!(self.kind, EventKind::Held { .. })
    }

    /// Which way it moved the desired count by a policy.
    pub fn direction(&self) -> Option<Direction> {
        match &self.kind {
            EventKind::Scaled { from, to, policy: Some(_), .. } => {
                Some(if to > from { Direction::Out } else { Direction::In })
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for EventKind {
    /// One line, for people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AlarmState { alarm, from, to, reason } => write!(f, "alarm {alarm}: {from} → {to}. {reason}"),
            Self::Scaled { from, to, cause, .. } => write!(f, "desired {from} → {to}: {cause}"),
            Self::NotScaled { at_tasks, code, cause, .. } => write!(f, "desired stays {at_tasks}, {code}: {cause}"),
            Self::Scheduled { action, min, max } => write!(f, "scheduled action {action}: min {min}, max {max}"),
            Self::Held { policy, alarm, why } => write!(f, "policy {policy} does nothing, called by {alarm}: {why}"),
        }
    }
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cooldown { until } => write!(f, "a cooldown lasts until {until}"),
            Self::BeyondRange => f.write_str("the desired count has left the range on this side"),
            Self::NoStep { value } => write!(f, "no step holds {value}"),
            Self::Suspended => f.write_str("scaling this way is suspended"),
            Self::NotAllScaleIn => f.write_str("another target tracking policy would not scale in"),
        }
    }
}
