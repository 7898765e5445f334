//! Scheduled actions as Application Auto Scaling holds them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::capacity::CapacityRange;
use super::fields::{Field, Fields};
use super::schedule::{self, Timing};

/// The time zone that AWS uses when none is sent, and that clears another one (S-043, S-095).
pub const UTC: &str = "UTC";

/// Everything of a scheduled action that can be set, canonical.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScheduledActionConfig {
    /// `at(…)`, `rate(…)` or `cron(…)`, in the canonical spelling where it can be read.
    pub schedule: String,
    /// An IANA name, for `at` and `cron` (S-041).
    pub timezone: String,
    /// Nothing happens before; a recurring action fires at it (S-044).
    pub start_time: Option<Timestamp>,
    /// Nothing happens after.
    pub end_time: Option<Timestamp>,
    /// The new minimum, in tasks; unset leaves the minimum as it is, which 0 does not (S-042).
    pub min_capacity: Option<i32>,
    /// The new maximum, in tasks; unset leaves the maximum as it is, which 0 does not.
    pub max_capacity: Option<i32>,
}

impl ScheduledActionConfig {
    /// The configuration with AWS's defaults, its schedule and its zone in the canonical spelling (S-095).
    pub fn canonical(mut self) -> Self {
        self.schedule = schedule::canonical(&self.schedule);
        self.timezone = canonical_zone(&self.timezone);
        self
    }

    /// When it fires; `None` where the expression or its zone cannot be read.
    pub fn timing(&self, created: Timestamp) -> Option<Timing> {
        Some(Timing {
            schedule: schedule::parse(&self.schedule).ok()?,
            zone: TimeZone::get(&self.timezone).ok()?,
            start: self.start_time,
            end: self.end_time,
            created,
        })
    }

    /// The range that it leaves behind; `None` where the bounds would cross: AWS wants both sent then (S-046).
    pub fn range_after(&self, before: CapacityRange) -> Option<CapacityRange> {
        CapacityRange::new(self.min_capacity.unwrap_or(before.min()), self.max_capacity.unwrap_or(before.max()))
    }
}

/// A time zone as AWS takes it; what nobody knows stays as it stands.
fn canonical_zone(text: &str) -> String {
    match TimeZone::get(text).ok().as_ref().and_then(TimeZone::iana_name) {
        _ if text.is_empty() => UTC.to_owned(),
        Some("Etc/UTC" | "Etc/Universal" | "Etc/Zulu" | "Universal" | "Zulu" | "UCT" | "Etc/UCT") => UTC.to_owned(),
        Some(name) => name.to_owned(),
        None => text.to_owned(),
    }
}

impl Fields for ScheduledActionConfig {
    fn fields(&self) -> Vec<Field> {
        vec![
            Field::new("schedule", self.schedule.as_str()),
            Field::new("timezone", self.timezone.as_str()),
            Field::of("startTime", &self.start_time),
            Field::of("endTime", &self.end_time),
            Field::of("scalableTargetAction.minCapacity", &self.min_capacity),
            Field::of("scalableTargetAction.maxCapacity", &self.max_capacity),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fields::changes;

    fn config(schedule: &str, timezone: &str) -> ScheduledActionConfig {
        ScheduledActionConfig {
            schedule: schedule.to_owned(),
            timezone: timezone.to_owned(),
            start_time: None,
            end_time: None,
            min_capacity: Some(0),
            max_capacity: None,
        }
        .canonical()
    }

    // S-095
    #[test]
    fn another_spelling_is_no_difference() {
        let wanted = config("cron(0/15 8 ? * MON-FRI *)", "UTC");
        for schedule in ["cron(0,15,30,45 8 ? * mon-fri)", "cron( */15  8 ? * MON,TUE,WED,THU,FRI * )"] {
            assert_eq!(config(schedule, ""), wanted, "{schedule}");
        }
        assert_eq!(config("rate(1 minutes)", "Etc/UTC"), config("rate(1 minute)", "UTC"));
        assert_eq!(config("cron(0 8 ? * 2 *)", "UTC").schedule, "cron(0 8 ? * 2 *)", "unreadable: as it stands");
    }

    // S-042: tf#8777, tf#4930, cfn-registry#255
    #[test]
    fn zero_is_not_unset() {
        let (zero, unset) =
            (config("rate(1 day)", ""), ScheduledActionConfig { min_capacity: None, ..config("rate(1 day)", "") });
        let [change] = &changes(&unset, &zero)[..] else { panic!("one change") };
        assert_eq!((change.from.clone(), change.to.clone()), (serde_json::Value::Null, 0.into()));
        let range = CapacityRange::new(2, 20).unwrap();
        assert_eq!(zero.range_after(range), CapacityRange::new(0, 20));
        assert_eq!(unset.range_after(range), Some(range));
    }
}
