//! When an alarm is evaluated, and which periods it looks at (S-075, S-077).

use jiff::{SignedDuration, Timestamp};

use crate::model::alarm::{AlarmConfig, EvaluationWindow};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// How many periods more than its evaluation periods an alarm looks at, so that real datapoints can stand in for
/// missing ones. AWS documents the 5 of its examples with 3 evaluation periods and no rule (S-077).
pub const SPARE_PERIODS: i32 = 2;

/// The time between two evaluations of an alarm (S-075).
pub fn cadence(config: &AlarmConfig) -> SignedDuration {
    SignedDuration::from_secs(cadence_seconds(config))
}

fn cadence_seconds(config: &AlarmConfig) -> i64 {
    let period = i64::from(config.metric.period());
    if i64::from(config.evaluation_periods) * period > DAY {
        HOUR
    } else if period < MINUTE {
        10
    } else {
        MINUTE
    }
}

/// The first evaluation of an alarm after `now`.
pub fn next_evaluation(config: &AlarmConfig, now: Timestamp) -> Timestamp {
    floor(now, cadence_seconds(config)) + cadence(config)
}

/// The starts of the periods in an alarm's evaluation range at `now`, oldest first (S-075).
///
/// A period ends at the last whole minute before `now` and slides with it: of one evaluation period of five minutes, at
/// the end of minute 6, minutes 2 to 6. An alarm on the wall clock has its periods at multiples of the period, in UTC.
pub fn periods(config: &AlarmConfig, now: Timestamp) -> Vec<Timestamp> {
    let period = i64::from(config.metric.period().max(1));
    let grain = match config.evaluation_window {
        EvaluationWindow::Sliding => period.min(MINUTE),
        EvaluationWindow::WallClock { .. } => period,
    };
    let end = floor(now, grain);
    let count = i64::from(config.evaluation_periods + SPARE_PERIODS);
    (1..=count).rev().map(|back| end - SignedDuration::from_secs(period * back)).collect()
}

/// The last multiple of `seconds` since the epoch, at or before an instant.
pub fn floor(at: Timestamp, seconds: i64) -> Timestamp {
    let second = at.as_second() - i64::from(at.subsec_nanosecond() < 0);
    Timestamp::from_second(second - second.rem_euclid(seconds)).unwrap_or(at)
}
