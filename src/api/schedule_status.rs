//! What scheduled actions do to min and max, as a status shows it, and in words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::status::CapacityStatus;

/// What scheduled actions do to min and max; those of others count as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduleStatus {
    /// The last firing, by the schedules as they are now: its values rule until the next, or until YAML is edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<FiringStatus>,
    /// The next firing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<FiringStatus>,
    /// The scheduled action that set the minimum which AWS holds; none where its last firing set another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_set_by: Option<String>,
    /// The scheduled action that set the maximum which AWS holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_set_by: Option<String>,
}

/// A firing of a scheduled action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FiringStatus {
    /// The scheduled action's name.
    pub scheduled_action_name: String,
    /// When, in UTC.
    pub time: Timestamp,
    /// When, on the clock of the action's time zone, with the zone's name.
    pub local_time: String,
    /// The minimum that it sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_capacity: Option<i32>,
    /// The maximum that it sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_capacity: Option<i32>,
}

impl ScheduleStatus {
    /// Who set the bounds that AWS holds: `min 10 by the scheduled action day, max 20 by the object`. `wanted` is what the
    /// object says of min and max.
    pub fn in_force(&self, held: Option<CapacityStatus>, wanted: [Option<i64>; 2]) -> String {
        let [min, max] = wanted;
        let bounds = [
            ("min", min, held.and_then(|held| held.min), &self.min_set_by),
            ("max", max, held.and_then(|held| held.max), &self.max_set_by),
        ];
        let told = bounds.into_iter().map(|(name, wanted, held, set_by)| {
            let Some(held) = held else { return format!("{name} not read") };
            let by = match set_by {
                Some(action) => format!("the scheduled action {action}"),
                None if wanted == Some(held.into()) => "the object".to_owned(),
                None => "neither the object nor a scheduled action that is there now".to_owned(),
            };
            format!("{name} {held} by {by}")
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// `day at 2026-03-02 08:00:00 Asia/Seoul (2026-03-01T23:00:00Z): min 10, max 40`
impl std::fmt::Display for FiringStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bounds = [("min", self.min_capacity), ("max", self.max_capacity)];
        let set: Vec<String> =
            bounds.into_iter().filter_map(|(name, bound)| Some(format!("{name} {}", bound?))).collect();
        let Self { scheduled_action_name, time, local_time, .. } = self;
        write!(f, "{scheduled_action_name} at {local_time} ({time}): {}", set.join(", "))
    }
}
