//! The texts of an alarm's state: `StateReason` and `StateReasonData`, as CloudWatch words them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Datapoint, Evaluation, breaching};
use crate::model::alarm::{AlarmConfig, AlarmState, ComparisonOperator, TreatMissingData};

/// `StateReason` of an alarm that was never evaluated.
pub const INITIAL: &str = "Unchecked: Initial alarm creation";

/// `StateReason` of an evaluation that changed the state.
pub fn state_reason(config: &AlarmConfig, evaluation: &Evaluation, before: AlarmState) -> String {
    if evaluation.state == AlarmState::InsufficientData {
        return format!("Insufficient Data: {} unknown.", were(evaluation.filled, "datapoint"));
    }
    let transition = transition(config, evaluation, before);
    match (evaluation.recent.len(), evaluation.filled) {
        (0, filled) => format!(
            "Threshold Crossed: no datapoints were received for {} and {} treated as [{}].",
            counted(filled, "period"),
            were(filled, "missing datapoint"),
            treated_as(config),
        ),
        (_, 0) => format!("Threshold Crossed: {}{transition}.", crossing(config, evaluation)),
        (_, filled) => format!(
            "Threshold Crossed: {} and {} treated as [{}]{transition}.",
            crossing(config, evaluation),
            were(filled, "missing datapoint"),
            treated_as(config),
        ),
    }
}

/// `1 out of the last 1 datapoints [42.0 (25/11/26 10:00:00)] was greater than the threshold (30.0)`, newest first.
fn crossing(config: &AlarmConfig, evaluation: &Evaluation) -> String {
    let total = evaluation.recent.len();
    let alarm = evaluation.state == AlarmState::Alarm;
    let above = breaching(config, &evaluation.recent);
    let count = if alarm { above } else { total - above };
    let points: Vec<String> = evaluation.recent.iter().rev().map(dated).collect();
    format!(
        "{count} out of the last {total} datapoints [{}] {}{} the threshold ({:?})",
        points.join(", "),
        if alarm { verb(count) } else { negated(count) },
        wording(config.comparison_operator),
        config.threshold.get(),
    )
}

/// How many datapoints the change took. CloudWatch words the way to ALARM as coming from OK, whatever the state was.
fn transition(config: &AlarmConfig, evaluation: &Evaluation, before: AlarmState) -> String {
    let (needed, from, to) = match (before, evaluation.state) {
        (_, AlarmState::Alarm) => (config.datapoints_to_alarm, "OK", "ALARM"),
        (AlarmState::Alarm, _) => (config.evaluation_periods - config.datapoints_to_alarm + 1, "ALARM", "OK"),
        _ => return String::new(),
    };
    format!(" (minimum {} for {from} -> {to} transition)", counted(usize::try_from(needed).unwrap_or(0), "datapoint"))
}

fn dated(point: &Datapoint) -> String {
    let at = point.at.strftime("%d/%m/%y %H:%M:%S");
    format!("{:?} ({at})", point.value.get())
}

fn wording(operator: ComparisonOperator) -> &'static str {
    match operator {
        ComparisonOperator::GreaterThanOrEqualToThreshold => "greater than or equal to",
        ComparisonOperator::GreaterThanThreshold => "greater than",
        ComparisonOperator::LessThanThreshold => "less than",
        ComparisonOperator::LessThanOrEqualToThreshold => "less than or equal to",
    }
}

fn treated_as(config: &AlarmConfig) -> &'static str {
    match config.treat_missing_data {
        TreatMissingData::Breaching => "Breaching",
        TreatMissingData::NotBreaching => "NonBreaching",
        TreatMissingData::Ignore => "Ignore",
        TreatMissingData::Missing => "Missing",
    }
}

fn verb(count: usize) -> &'static str {
    if count == 1 { "was " } else { "were " }
}

fn negated(count: usize) -> &'static str {
    if count == 1 { "was not " } else { "were not " }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn were(count: usize, noun: &str) -> String {
    format!("{} {}", counted(count, noun), if count == 1 { "was" } else { "were" })
}

/// `StateReasonData`: what Application Auto Scaling reads to choose a step (S-073, S-076, S-079).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateReasonData {
    /// The text's own version, `1.0`.
    pub version: String,
    /// When the metric was read.
    pub query_date: String,
    /// When the oldest datapoint began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    /// The statistic, a percentile included; of metric math there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    /// Where the alarm has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Seconds.
    pub period: i32,
    /// Oldest first.
    pub recent_datapoints: Vec<f64>,
    /// In the metric's unit.
    pub threshold: f64,
    /// Newest first.
    pub evaluated_datapoints: Vec<EvaluatedDatapoint>,
}

/// One datapoint of [`StateReasonData`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvaluatedDatapoint {
    /// When its period began.
    pub timestamp: String,
    /// How many samples it was made from.
    pub sample_count: f64,
    /// The statistic.
    pub value: f64,
}

/// The data of an evaluation at `now`.
pub fn state_reason_data(config: &AlarmConfig, evaluation: &Evaluation, now: Timestamp) -> StateReasonData {
    let evaluated = |point: &Datapoint| EvaluatedDatapoint {
        timestamp: iso(point.at),
        sample_count: point.sample_count,
        value: point.value.get(),
    };
    StateReasonData {
        version: "1.0".to_owned(),
        query_date: iso(now),
        start_date: evaluation.recent.first().map(|oldest| iso(oldest.at)),
        statistic: config.metric.statistic().map(ToString::to_string),
        unit: config.metric.single().and_then(|metric| metric.unit).map(|unit| unit.to_string()),
        period: config.metric.period(),
        recent_datapoints: evaluation.recent.iter().map(|point| point.value.get()).collect(),
        threshold: config.threshold.get(),
        evaluated_datapoints: evaluation.recent.iter().rev().map(evaluated).collect(),
    }
}

fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}
