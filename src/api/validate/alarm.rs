//! An alarm on a single metric (S-069 to S-074).

use std::collections::BTreeMap;

use super::target::Place;
use super::{actions, has_length, statistic, window};
use crate::api::desired::DesiredAlarm;
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::AlarmSpec;
use crate::model::alarm::{AlarmConfig, AlarmMetric, MetricStatistic, StandardUnit};
use crate::model::names::AlarmName;

const ECS: &str = "AWS/ECS";
const INSIGHTS: &str = "ECS/ContainerInsights";
const DEFAULT_PERIOD: i32 = 60;

/// Whether the namespace's metrics come from a service's own tasks.
pub(super) fn is_of_service(namespace: &str) -> bool {
    namespace == ECS || namespace == INSIGHTS
}

/// Checks and resolves an alarm.
pub(super) fn check(spec: &AlarmSpec, policy: &str, place: &Place, at: &Path, report: &mut Report<'_>) -> DesiredAlarm {
    check_name(&spec.alarm_name, &at.key("alarmName"), report);
    let description = spec.alarm_description.clone().unwrap_or_default();
    if description.chars().count() > 1024 {
        report.error(&at.key("alarmDescription"), "it has more than 1024 characters", "shorten it");
    }
    let metric = metric(spec, place, at, report);
    let (evaluation_periods, datapoints_to_alarm) = periods(spec, metric.period, at, report);
    if let (Some(_), MetricStatistic::Simple(statistic)) =
        (spec.evaluate_low_sample_count_percentile, &metric.statistic)
    {
        let message = format!("it goes with a percentile only, not with {statistic}");
        report.error(&at.key("evaluateLowSampleCountPercentile"), message, "remove it, or use extendedStatistic: p95");
    }
    let config = AlarmConfig {
        description,
        actions_enabled: spec.actions_enabled.unwrap_or(true),
        evaluation_window: window::window(spec.evaluation_window.as_ref(), metric.period, at, report),
        warm_up: window::warm_up(spec.warm_up_configuration, at, report),
        tags_propagation: window::tags_propagation(spec.action_configuration.as_ref(), at, report),
        metric,
        evaluation_periods,
        datapoints_to_alarm,
        threshold: spec.threshold,
        comparison_operator: spec.comparison_operator,
        treat_missing_data: spec.treat_missing_data.unwrap_or_default(),
        evaluate_low_sample_count_percentile: spec.evaluate_low_sample_count_percentile,
    };
    let actions = actions::check(spec, policy, place, at, report);
    DesiredAlarm { at: at.clone(), name: AlarmName::new(spec.alarm_name.clone()), config, actions }
}

fn check_name(name: &str, path: &Path, report: &mut Report<'_>) {
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

fn metric(spec: &AlarmSpec, place: &Place, at: &Path, report: &mut Report<'_>) -> AlarmMetric {
    let namespace = spec.namespace.clone().unwrap_or_else(|| ECS.to_owned());
    check_metric_names(&namespace, &spec.metric_name, at, report);
    let period = spec.period.unwrap_or(DEFAULT_PERIOD);
    let metric = AlarmMetric {
        dimensions: dimensions(spec.dimensions.as_ref(), &namespace, place, at, report),
        statistic: statistic::check(spec, at, report),
        namespace,
        metric_name: spec.metric_name.clone(),
        period,
        unit: spec.unit,
    };
    warn_of_no_data(&metric, at, report);
    metric
}

/// Checks a metric's namespace and name (S-069).
pub(super) fn check_metric_names(namespace: &str, metric_name: &str, at: &Path, report: &mut Report<'_>) {
    has_length(namespace, 255, "the namespace", &at.key("namespace"), report);
    has_length(metric_name, 255, "the metric's name", &at.key("metricName"), report);
    if namespace.starts_with(':') {
        report.error(&at.key("namespace"), "a namespace cannot begin with a colon", "remove the colon");
    }
}

/// The dimensions as written; else those of the service, where the metric is one of its own.
pub(super) fn dimensions(
    written: Option<&BTreeMap<String, String>>,
    namespace: &str,
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> BTreeMap<String, String> {
    let Some(written) = written else {
        let own = [("ClusterName", place.service.cluster.as_str()), ("ServiceName", place.service.service.as_str())];
        let own = own.into_iter().filter(|_| is_of_service(namespace));
        return own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    };
    let path = at.key("dimensions");
    if written.len() > 30 {
        report.error(&path, format!("there are {} dimensions; AWS takes at most 30", written.len()), "remove some");
    }
    for (name, value) in written {
        has_length(name, 255, "the dimension's name", &path.key(name), report);
        has_length(value, 1024, "the dimension's value", &path.key(name), report);
        if name.starts_with(':') {
            report.error(&path.key(name), "a dimension's name cannot begin with a colon", "remove the colon");
        }
    }
    written.clone()
}

/// S-069: the period, M and N, and how far back they may look. Gives N and M; an M that cannot be is as one unset.
fn periods(spec: &AlarmSpec, period: i32, at: &Path, report: &mut Report<'_>) -> (i32, i32) {
    let count = spec.evaluation_periods.unwrap_or(1);
    if !matches!(period, 10 | 20 | 30) && (period < 60 || period % 60 != 0) {
        let hint = "write 10, 20, 30 or a multiple of 60";
        report.error(&at.key("period"), format!("{period} seconds cannot be a period"), hint);
    }
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

/// Metrics that are not there, so that the alarm never leaves INSUFFICIENT_DATA (S-074).
fn warn_of_no_data(metric: &AlarmMetric, at: &Path, report: &mut Report<'_>) {
    const OWN: [&str; 2] = ["CPUUtilization", "MemoryUtilization"];
    const INSIGHTS_ONLY: [&str; 6] =
        ["CpuUtilized", "CpuReserved", "MemoryUtilized", "MemoryReserved", "RunningTaskCount", "DesiredTaskCount"];
    let (namespace, name) = (metric.namespace.as_str(), metric.metric_name.as_str());
    let message = format!("there is no metric `{name}` in {namespace}");
    if namespace == ECS && !OWN.contains(&name) {
        if let Some(known) = OWN.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            report.warning(&at.key("metricName"), message, format!("write `{known}`"));
        } else if INSIGHTS_ONLY.contains(&name) {
            report.warning(&at.key("metricName"), message, format!("add `namespace: {INSIGHTS}`"));
        }
    } else if namespace == INSIGHTS && OWN.contains(&name) {
        report.warning(&at.key("metricName"), message, format!("leave the namespace out: it is in {ECS}"));
    }
    if namespace == ECS && OWN.contains(&name) && metric.unit.is_some_and(|unit| unit != StandardUnit::Percent) {
        let message = format!("{name} is put with the unit Percent: this alarm sees no datapoint");
        report.warning(&at.key("unit"), message, "leave the unit out");
    }
}
