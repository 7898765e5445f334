//! An alarm: its name, its periods, and what it does with its metric's values (S-069 to S-074).

use super::target::Place;
use super::{actions, has_length, metric, window};
use crate::api::desired::DesiredAlarm;
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::AlarmSpec;
use crate::model::alarm::{AlarmConfig, LowSampleCount};
use crate::model::evaluation::statistic::percentile;
use crate::model::metric::{AlarmMetric, MetricStatistic};
use crate::model::names::AlarmName;

/// Checks and resolves an alarm.
pub(super) fn check(spec: &AlarmSpec, policy: &str, place: &Place, at: &Path, report: &mut Report<'_>) -> DesiredAlarm {
    check_name(&spec.alarm_name, &at.key("alarmName"), report);
    let description = spec.alarm_description.clone().unwrap_or_default();
    if description.chars().count() > 1024 {
        report.error(&at.key("alarmDescription"), "it has more than 1024 characters", "shorten it");
    }
    let metric = metric::check(spec, place, at, report);
    let period = metric.period();
    let (evaluation_periods, datapoints_to_alarm) = periods(spec, period, at, report);
    let config = AlarmConfig {
        description,
        actions_enabled: spec.actions_enabled.unwrap_or(true),
        evaluation_window: window::window(spec.evaluation_window.as_ref(), period, at, report),
        warm_up: window::warm_up(spec.warm_up_configuration, at, report),
        tags_propagation: window::tags_propagation(spec.action_configuration.as_ref(), at, report),
        evaluate_low_sample_count_percentile: low_sample_count(spec, &metric, at, report),
        metric,
        evaluation_periods,
        datapoints_to_alarm,
        threshold: spec.threshold,
        comparison_operator: spec.comparison_operator,
        treat_missing_data: spec.treat_missing_data.unwrap_or_default(),
    };
    let actions = actions::check(spec, policy, place, at, report);
    DesiredAlarm { at: at.clone(), name: AlarmName::new(spec.alarm_name.clone()), config, actions }
}

pub(super) fn check_name(name: &str, path: &Path, report: &mut Report<'_>) {
    has_length(name, 255, "the alarm's name", path, report);
    if name.chars().any(|c| c.is_ascii_control()) {
        report.error(path, "the alarm's name has a control character", "remove line breaks and tabs");
    }
    if name.starts_with("TargetTracking-") {
        let message = "names that begin with `TargetTracking-` belong to target tracking, which makes its own alarms";
        let hint = "choose another name; to tune what target tracking does, set targetValue, scaleOutCooldown, \
                    scaleInCooldown or disableScaleIn under spec.targetTracking, or use step scaling with an alarm of \
                    your own";
        report.error(path, message, hint); // tf#42553
    }
}

/// S-069: only a percentile has samples that can be too few. AWS's default is as if unset.
fn low_sample_count(
    spec: &AlarmSpec,
    metric: &AlarmMetric,
    at: &Path,
    report: &mut Report<'_>,
) -> Option<LowSampleCount> {
    let written = spec.evaluate_low_sample_count_percentile?;
    let path = at.key("evaluateLowSampleCountPercentile");
    let is_percentile = |statistic: &MetricStatistic| matches!(statistic, MetricStatistic::Extended(text) if percentile(text).is_some());
    if let (AlarmMetric::Single(_), Some(MetricStatistic::Simple(statistic))) = (metric, metric.statistic()) {
        let message = format!("it goes with a percentile only, not with {statistic}");
        report.error(&path, message, "remove it, or use extendedStatistic: p95");
    } else if !metric.metrics().iter().any(|metric| is_percentile(&metric.statistic)) {
        report.warning(&path, "it says something of percentiles only, and there is none here", "remove it");
    }
    Some(written).filter(|written| *written != LowSampleCount::Evaluate)
}

/// S-069: M and N, and how far back they may look. Gives N and M; an M that cannot be is as one unset.
fn periods(spec: &AlarmSpec, period: i32, at: &Path, report: &mut Report<'_>) -> (i32, i32) {
    let count = spec.evaluation_periods.unwrap_or(1);
    if count < 1 {
        report.error(&at.key("evaluationPeriods"), format!("{count} is below 1"), "write 1 or more");
    }
    let limit = if period < 3600 { 86_400 } else { 604_800 };
    if i64::from(period) * i64::from(count) > limit {
        let message = format!("{count} periods of {period} seconds are longer than the {limit} seconds that AWS takes");
        report.error(&at.key("evaluationPeriods"), message, "write fewer or shorter periods");
    }
    let datapoints = spec.datapoints_to_alarm.unwrap_or(count);
    if spec.datapoints_to_alarm.is_none() || (1..=count).contains(&datapoints) {
        return (count, datapoints);
    }
    if count >= 1 {
        let hint = "write 1 to evaluationPeriods, or leave it out for all of them";
        report.error(&at.key("datapointsToAlarm"), format!("{datapoints} of {count} datapoints cannot breach"), hint);
    }
    (count, count)
}
