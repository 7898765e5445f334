//! How CloudWatch evaluates a metric alarm.
//!
//! Owns the evaluation window ([`window`]), the statistic of a period ([`statistic`]), metric math ([`math`]), the
//! treatment of missing data and the texts that an alarm's state comes with ([`reason`]). Takes datapoints and gives a
//! state: it must not keep datapoints, change alarms, or call actions.

pub mod math;
pub mod reason;
pub mod statistic;
pub mod window;

use jiff::{SignedDuration, Timestamp};

use super::alarm::{AlarmConfig, AlarmState, LowSampleCount, TreatMissingData};
use super::metric::MetricStatistic;
use super::number::Number;

/// The value of an alarm's metric in one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Datapoint {
    /// When the period began.
    pub at: Timestamp,
    /// The statistic over the period.
    pub value: Number,
    /// How many samples it was made from.
    pub sample_count: f64,
}

/// What an evaluation came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The state from now on; the state until now where the alarm keeps it.
    pub state: AlarmState,
    /// The datapoints that were evaluated, oldest first, at most as many as the evaluation periods (S-076).
    pub recent: Vec<Datapoint>,
    /// How many missing datapoints had to be filled in (S-077).
    pub filled: usize,
}

/// Evaluates an alarm over the datapoints of its evaluation range, oldest first (S-077).
///
/// The most recent real datapoints are used, as many as there are evaluation periods; what is still missing is filled
/// in as the alarm says. So `recent` may hold datapoints from before the evaluation periods.
pub fn evaluate(config: &AlarmConfig, range: &[Option<Datapoint>], current: AlarmState) -> Evaluation {
    let wanted = usize::try_from(config.evaluation_periods).unwrap_or(0);
    let mut recent: Vec<Datapoint> = range.iter().rev().flatten().take(wanted).copied().collect();
    recent.reverse();
    let filled = wanted - recent.len();
    let state = if waits_for_samples(config, &recent) {
        current
    } else if filled == 0 {
        settled(breaching(config, &recent) >= needed(config))
    } else {
        with_missing(config, range, &recent, filled).unwrap_or(current)
    };
    Evaluation { state, recent, filled }
}

/// Whether an alarm still warms up, and is not evaluated: since it was put, for the time that it asks for, or until its
/// evaluation periods are full of real datapoints (S-071).
pub fn is_warming_up(config: &AlarmConfig, put: Timestamp, range: &[Option<Datapoint>], now: Timestamp) -> bool {
    let Some(warm_up) = config.warm_up else { return false };
    let wanted = usize::try_from(config.evaluation_periods).unwrap_or(0);
    let is_full = range.iter().flatten().count() >= wanted;
    let length = SignedDuration::from_mins(warm_up.warm_up_period_duration_in_minutes.into());
    now.duration_since(put) < length && (warm_up.only_start_evaluating_after_warm_up_period_ends || !is_full)
}

fn needed(config: &AlarmConfig) -> usize {
    usize::try_from(config.datapoints_to_alarm).unwrap_or(0)
}

fn breaching(config: &AlarmConfig, points: &[Datapoint]) -> usize {
    points.iter().filter(|point| breaches(config, point)).count()
}

fn breaches(config: &AlarmConfig, point: &Datapoint) -> bool {
    config.comparison_operator.is_breached(point.value, config.threshold)
}

fn settled(alarm: bool) -> AlarmState {
    if alarm { AlarmState::Alarm } else { AlarmState::Ok }
}

/// S-077 where real datapoints are too few; `None` keeps the current state.
fn with_missing(
    config: &AlarmConfig,
    range: &[Option<Datapoint>],
    recent: &[Datapoint],
    filled: usize,
) -> Option<AlarmState> {
    let (breaching, needed) = (breaching(config, recent), needed(config));
    match config.treat_missing_data {
        TreatMissingData::Breaching => Some(settled(breaching + filled >= needed)),
        TreatMissingData::NotBreaching => Some(settled(breaching >= needed)),
        _ if breaching >= needed => Some(AlarmState::Alarm),
        _ if breaching < recent.len() => Some(AlarmState::Ok),
        TreatMissingData::Ignore => None,
        TreatMissingData::Missing if is_old_enough(range, needed) => Some(AlarmState::Alarm),
        TreatMissingData::Missing => Some(AlarmState::InsufficientData),
    }
}

/// Where every real datapoint breaches: whether the oldest is at least as old as the datapoints to alarm. A younger one
/// would make the alarm fire too early, for the next datapoint may not breach.
fn is_old_enough(range: &[Option<Datapoint>], needed: usize) -> bool {
    range.iter().position(Option::is_some).is_some_and(|oldest| range.len() - oldest >= needed)
}

/// Whether a percentile is made from too few samples for an alarm that ignores such (S-069).
fn waits_for_samples(config: &AlarmConfig, recent: &[Datapoint]) -> bool {
    let Some(MetricStatistic::Extended(text)) = config.metric.statistic() else { return false };
    let Some(percentile) = statistic::percentile(text) else { return false };
    let tail = if percentile < 0.5 { percentile } else { 1.0 - percentile };
    let samples: f64 = recent.iter().map(|point| point.sample_count).sum();
    config.evaluate_low_sample_count_percentile == Some(LowSampleCount::Ignore)
        && !recent.is_empty()
        && samples * tail < 10.0
}

#[cfg(test)]
mod tests;
