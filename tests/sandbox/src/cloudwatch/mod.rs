//! CloudWatch: metric alarms, their state and history, metric data and tags.
//!
//! Owns the API and the stored state. Evaluating alarms over time reads and writes the same state from elsewhere.

mod alarms;
mod history;
mod metric_spec;
mod metrics;
pub(crate) mod queries;
mod spec;
mod state;
mod tags;

use std::collections::BTreeMap;

use ecs_scaling::model::alarm::AlarmState;
use ecs_scaling::model::names::{AlarmName, ScopeId};
use jiff::Timestamp;

pub(crate) use alarms::put_alarm;
pub use history::{AlarmEvent, EventKind};
pub use metric_spec::SingleMetric;
pub use metrics::{Datapoint, MetricKey, Metrics};
pub use spec::AlarmSpec;

use crate::cloud::Handler;
use crate::error::AwsError;
use crate::rules::Rule;

/// A metric alarm.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// Its ARN (S-103).
    pub arn: String,
    /// Everything that PutMetricAlarm sets but the tags.
    pub spec: AlarmSpec,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its state.
    pub state: AlarmState,
    /// Why, for people.
    pub state_reason: String,
    /// Why, as JSON: what a scaling policy chooses its step by (S-079).
    pub state_reason_data: Option<String>,
    /// When state or reason were set last.
    pub state_updated: Timestamp,
    /// When the state became another.
    pub state_transitioned: Timestamp,
    /// When PutMetricAlarm was called last.
    pub configured: Timestamp,
}

/// A composite alarm. It is there to be found by its name; its rule is not evaluated.
#[derive(Clone, Debug)]
pub struct CompositeAlarm {
    /// Its ARN.
    pub arn: String,
    /// `AlarmRule`.
    pub rule: String,
    /// When it was made.
    pub configured: Timestamp,
}

impl Alarm {
    /// Sets the state; whether it became another one.
    pub fn set_state(
        &mut self,
        state: AlarmState,
        reason: String,
        reason_data: Option<String>,
        now: Timestamp,
    ) -> bool {
        let is_new = self.state != state;
        if is_new {
            self.state_transitioned = now;
        }
        self.state = state;
        self.state_reason = reason;
        self.state_reason_data = reason_data;
        self.state_updated = now;
        is_new
    }
}

pub(crate) fn handler(operation: &str) -> Option<Handler> {
    Some(match operation {
        "PutMetricAlarm" => Handler::Write(alarms::put),
        "DescribeAlarms" => Handler::Read(alarms::describe),
        "DeleteAlarms" => Handler::Write(alarms::delete),
        "SetAlarmState" => Handler::Write(state::set),
        "EnableAlarmActions" => Handler::Write(state::enable_actions),
        "DisableAlarmActions" => Handler::Write(state::disable_actions),
        "DescribeAlarmHistory" => Handler::Read(history::describe),
        "PutMetricData" => Handler::Write(metrics::put),
        "GetMetricData" => Handler::Read(metrics::get_data),
        "GetMetricStatistics" => Handler::Read(metrics::get_statistics),
        "TagResource" => Handler::Write(tags::tag),
        "UntagResource" => Handler::Write(tags::untag),
        "ListTagsForResource" => Handler::Read(tags::list),
        _ => return None,
    })
}

pub(crate) fn alarm_arn(scope: &ScopeId, name: &AlarmName) -> String {
    crate::cloud::regional_arn(scope, "cloudwatch", &format!("alarm:{name}"))
}

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::cloudwatch(message)
}

fn invalid_token() -> AwsError {
    AwsError::sender("InvalidNextToken", "The next token specified is invalid.")
}

fn page_too_large(message: String) -> AwsError {
    invalid(message).by(Rule::PageSizesAreBounded)
}

fn missing(member: &str) -> AwsError {
    AwsError::sender("MissingRequiredParameterException", format!("The parameter {member} is required."))
        .by(Rule::AlarmMembersAreRequired)
}

fn combination(message: impl Into<String>) -> AwsError {
    AwsError::sender("InvalidParameterCombinationException", message)
}

/// A member with a length from 1 to `max`.
fn check_length(at: &str, value: &str, max: usize) -> Result<(), AwsError> {
    let length = value.chars().count();
    let must = if length == 0 {
        "have length greater than or equal to 1".to_owned()
    } else if length > max {
        format!("have length less than or equal to {max}")
    } else {
        return Ok(());
    };
    Err(invalid(AwsError::constraint(value, at, &must)).by(Rule::AlarmTextsAreBounded))
}
