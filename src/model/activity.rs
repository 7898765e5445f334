//! Scaling activities: AWS's own record of what moved a service's tasks, or why they did not move (S-054, S-084).

use jiff::Timestamp;

use super::aws_enum;
use super::capacity::CapacityRange;
use super::failure::Failure;
use super::names::AlarmName;
use super::observed::{History, Run};

/// One scaling activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// AWS's id of it.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// What became of it.
    pub outcome: ActivityOutcome,
    /// `StatusCode`, as AWS spells it.
    pub status: String,
    /// `Description`: what was to be done.
    pub description: String,
    /// `Cause`: what set it off.
    pub cause: String,
    /// `StatusMessage`; empty where AWS gives none.
    pub message: String,
    /// Why nothing was scaled.
    pub reasons: Vec<NotScaledReason>,
}

/// What became of an activity, as far as anybody can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivityOutcome {
    /// `Pending`, `InProgress`.
    UnderWay,
    /// `Successful`, or `Overridden` by a newer one.
    Done,
    /// `Failed`, or `Unfulfilled`: ECS did not do what it was asked for.
    Failed,
    /// Nothing was to be scaled, for the reasons that it has.
    NotScaled,
    /// A status that this version does not know.
    Unknown,
}

aws_enum! {
    /// Why nothing was scaled (S-084).
    NotScaledCode {
        AutoScalingAnticipatedFlapping, TargetServicePutResourceAsUnscalable, AlreadyAtMaxCapacity, AlreadyAtMinCapacity,
        AlreadyAtDesiredCapacity,
    }
}

/// Why nothing was scaled, with the counts that AWS gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotScaledReason {
    /// The code; or its text, where this version does not know it.
    pub code: Result<NotScaledCode, String>,
    /// The maximum that was in the way.
    pub max: Option<i32>,
    /// The minimum that was in the way.
    pub min: Option<i32>,
    /// The task count.
    pub current: Option<i32>,
}

impl std::fmt::Display for NotScaledReason {
    /// `AlreadyAtMaxCapacity (max 20, current 20)`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.as_ref().map_or_else(String::as_str, |code| code.as_str()))?;
        let counts = [("max", self.max), ("min", self.min), ("current", self.current)];
        let counts: Vec<String> =
            counts.into_iter().filter_map(|(name, count)| Some(format!("{name} {}", count?))).collect();
        if counts.is_empty() { Ok(()) } else { write!(f, " ({})", counts.join(", ")) }
    }
}

impl ActivityOutcome {
    /// Reads AWS's `StatusCode`. What has reasons for not scaling was not scaled, whatever its status.
    pub fn from_aws(status: &str, has_reasons: bool) -> Self {
        match status {
            _ if has_reasons => Self::NotScaled,
            "Pending" | "InProgress" => Self::UnderWay,
            "Successful" | "Overridden" => Self::Done,
            "Failed" | "Unfulfilled" => Self::Failed,
            "NotScaled" => Self::NotScaled,
            _ => Self::Unknown,
        }
    }
}

impl Activity {
    /// The alarm that set it off; `None` for what a schedule, a person or a change of the bounds did.
    ///
    /// AWS writes `monitor alarm NAME in state ALARM triggered policy NAME`.
    pub fn alarm(&self) -> Option<AlarmName> {
        let (name, _) = self.cause.strip_prefix("monitor alarm ")?.split_once(" in state ")?;
        Some(AlarmName::new(name))
    }

    /// Whether it has a reason for not scaling.
    pub fn has_reason(&self, code: NotScaledCode) -> bool {
        self.reasons.iter().any(|reason| reason.code.as_ref() == Ok(&code))
    }
}

/// The newest activities of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityReading {
    /// Newest first.
    pub activities: Vec<Activity>,
    /// They are whole from here on (six weeks, or as far as the pages that were read reach).
    pub since: Timestamp,
    /// When they were asked for.
    pub read_at: Timestamp,
}

impl ActivityReading {
    /// What scheduled actions did, for a range that is to be explained by it.
    pub fn history(&self, range: CapacityRange) -> History {
        let done = self.activities.iter().filter(|activity| activity.outcome == ActivityOutcome::Done);
        let runs = done.filter_map(|activity| Run::from_activity(&activity.cause, &activity.message, activity.at));
        History { runs: runs.collect(), since: self.since, read_at: self.read_at, range }
    }
}

/// What is kept of a target's activities from one reading to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActivityRecord {
    /// The last good reading.
    pub reading: Option<ActivityReading>,
    /// When they were last asked for, whatever came of it.
    pub asked_at: Option<Timestamp>,
    /// Why the last reading failed.
    pub failure: Option<Failure>,
}

impl ActivityRecord {
    /// The record after a reading; a failed one leaves what was known.
    #[must_use]
    pub fn with(self, read: Result<ActivityReading, Failure>, asked_at: Timestamp) -> Self {
        let asked_at = Some(asked_at);
        match read {
            Ok(reading) => Self { reading: Some(reading), asked_at, failure: None },
            Err(failure) => Self { failure: Some(failure), asked_at, ..self },
        }
    }

    /// The newest activity.
    pub fn newest(&self) -> Option<&Activity> {
        self.reading.as_ref()?.activities.first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::{AwsService, Effect, Origin};

    fn activity(cause: &str, status: &str, reasons: Vec<NotScaledReason>) -> Activity {
        Activity {
            id: "1".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            outcome: ActivityOutcome::from_aws(status, !reasons.is_empty()),
            status: status.to_owned(),
            description: String::new(),
            cause: cause.to_owned(),
            message: "Successfully set min capacity to 5 and max capacity to 10".to_owned(),
            reasons,
        }
    }

    fn reason(code: &str) -> NotScaledReason {
        let code = NotScaledCode::from_aws(code).ok_or_else(|| code.to_owned());
        NotScaledReason { code, max: Some(20), min: None, current: Some(20) }
    }

    // S-084
    #[test]
    fn the_cause_names_the_alarm_and_the_reasons_are_awss_own() {
        let cause = "monitor alarm cpu in state ALARM triggered policy cpu-out";
        let held = activity(cause, "NotScaled", vec![reason("AlreadyAtMaxCapacity"), reason("SomethingNew")]);
        assert_eq!(held.alarm(), Some(AlarmName::new("cpu")));
        assert!(held.has_reason(NotScaledCode::AlreadyAtMaxCapacity));
        assert!(!held.has_reason(NotScaledCode::AlreadyAtMinCapacity));
        let texts: Vec<String> = held.reasons.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["AlreadyAtMaxCapacity (max 20, current 20)", "SomethingNew (max 20, current 20)"]);
        assert_eq!(activity("maximum capacity was set to 10", "Successful", vec![]).alarm(), None);
    }

    #[test]
    fn every_status_of_aws_has_its_outcome() {
        let of = |status, has_reasons| ActivityOutcome::from_aws(status, has_reasons);
        assert_eq!(
            (of("Pending", false), of("InProgress", false)),
            (ActivityOutcome::UnderWay, ActivityOutcome::UnderWay)
        );
        assert_eq!((of("Successful", false), of("Overridden", false)), (ActivityOutcome::Done, ActivityOutcome::Done));
        assert_eq!((of("Failed", false), of("Unfulfilled", false)), (ActivityOutcome::Failed, ActivityOutcome::Failed));
        assert_eq!(
            (of("NotScaled", false), of("Failed", true)),
            (ActivityOutcome::NotScaled, ActivityOutcome::NotScaled)
        );
        assert_eq!(of("Resting", false), ActivityOutcome::Unknown);
    }

    // S-045: only what a schedule did, and did, is its run.
    #[test]
    fn the_history_of_schedules_is_what_they_did() {
        let cause = "scheduled action name day was triggered";
        let reading = ActivityReading {
            activities: vec![
                activity(cause, "Successful", vec![]),
                activity(cause, "Failed", vec![]),
                activity("minimum capacity was set to 5", "Successful", vec![]),
            ],
            since: Timestamp::MIN,
            read_at: Timestamp::UNIX_EPOCH,
        };
        let range = CapacityRange::new(5, 10).unwrap();
        let history = reading.history(range);
        assert_eq!((history.runs.len(), history.range, history.runs[0].min), (1, range, Some(5)));
    }

    #[test]
    fn a_failed_reading_leaves_what_was_known() {
        let reading = ActivityReading {
            activities: vec![activity("x", "Successful", vec![])],
            since: Timestamp::MIN,
            read_at: Timestamp::UNIX_EPOCH,
        };
        let failure = Failure {
            service: AwsService::ApplicationAutoScaling,
            operation: "DescribeScalingActivities".to_owned(),
            origin: Origin::Timeout,
            message: String::new(),
            effect: Effect::No,
            request_id: None,
        };
        let (first, second) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(60).unwrap());
        let record = ActivityRecord::default().with(Ok(reading.clone()), first).with(Err(failure.clone()), second);
        assert_eq!((record.reading.as_ref(), record.failure.as_ref()), (Some(&reading), Some(&failure)));
        assert_eq!(record.asked_at, Some(second));
        assert_eq!(record.newest().map(|activity| &*activity.cause), Some("x"));
        assert_eq!(record.with(Ok(reading), second).failure, None);
    }
}
