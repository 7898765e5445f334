//! What the scheduled actions of one target have done to its bounds, and what comes next.

use jiff::Timestamp;

use crate::model::names::ScheduledActionName;
use crate::model::observed::ScheduledAction;

/// One run of a scheduled action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// The action.
    pub name: ScheduledActionName,
    /// When.
    pub at: Timestamp,
    /// The action's own time zone.
    pub timezone: String,
    /// The minimum that it sets.
    pub min: Option<i32>,
    /// The maximum that it sets.
    pub max: Option<i32>,
}

impl Firing {
    fn of(action: &ScheduledAction, at: Timestamp) -> Self {
        let config = &action.config;
        Self {
            name: action.name.clone(),
            at,
            timezone: config.timezone.clone(),
            min: config.min_capacity,
            max: config.max_capacity,
        }
    }
}

/// The last firing of each action up to an instant, itself included; the oldest first. An action fires after it was
/// made, and one that cannot be read is left out.
pub fn last_firings(actions: &[ScheduledAction], up_to: Timestamp) -> Vec<Firing> {
    let last = |action: &ScheduledAction| {
        let at = action.config.timing(action.created)?.previous(up_to)?;
        Some(Firing::of(action, at))
    };
    let mut firings: Vec<Firing> = actions.iter().filter_map(last).collect();
    firings.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    firings
}

/// The next firing of each action after an instant, the first one first.
pub fn next_firings(actions: &[ScheduledAction], after: Timestamp) -> Vec<Firing> {
    let next = |action: &ScheduledAction| {
        let at = action.config.timing(action.created)?.next(after)?;
        Some(Firing::of(action, at))
    };
    let mut firings: Vec<Firing> = actions.iter().filter_map(next).collect();
    firings.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    firings
}
