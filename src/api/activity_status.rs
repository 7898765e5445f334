//! What scales a service, and AWS's record of what did, or did not, as a status shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many activities are shown.
pub const ACTIVITIES_SHOWN: usize = 5;

/// The newest scaling activities, as they were last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivitiesStatus {
    /// When they were read: not with every sweep.
    pub read_time: Timestamp,
    /// Newest first, five at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub newest: Vec<ActivityStatus>,
}

/// One scaling activity, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityStatus {
    /// AWS's id of it.
    pub activity_id: String,
    /// When it began.
    pub time: Timestamp,
    /// `Successful`, `Failed`, `NotScaled` and so on.
    pub status_code: String,
    /// What was to be done.
    pub description: String,
    /// What set it off.
    pub cause: String,
    /// What became of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status_message: String,
    /// Why nothing was scaled: `AlreadyAtMaxCapacity (max 20, current 20)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_scaled_reasons: Vec<String>,
}

/// A scaling policy on the target, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyStatus {
    /// The policy's name.
    pub policy_name: String,
    /// `StepScaling`, `TargetTrackingScaling` or `PredictiveScaling`.
    pub policy_type: String,
    /// What fires it, and what it then does.
    pub does: String,
    /// Its steps, in values of the metric and relative to the threshold: `30 to 40 (threshold +0 to +10): +2 tasks`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

impl ActivityStatus {
    /// What came of it: AWS's reasons for not scaling, its message, or what was to be done.
    pub fn result(&self) -> String {
        if !self.not_scaled_reasons.is_empty() {
            return self.not_scaled_reasons.join(", ");
        }
        if self.status_message.is_empty() { self.description.clone() } else { self.status_message.clone() }
    }

    /// Whether it failed: what scaled nothing on purpose is no trouble.
    pub fn is_trouble(&self) -> bool {
        matches!(self.status_code.as_str(), "Failed" | "Unfulfilled")
    }
}
