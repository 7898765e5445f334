//! Target tracking (S-037).

use super::metric::warn_of_no_metric;
use super::metric_math::{self, Search, metric, predefined};
use super::scaling::Names;
use super::target::Place;
use crate::api::desired::DesiredPolicy;
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::{CustomizedMetricSpec, TargetTrackingSpec};
use crate::model::names::PolicyName;
use crate::model::number::Number;
use crate::model::policy::{CustomizedMetric, PolicyConfig, TargetTrackingConfig, TrackedMetric};

/// 2^360, the largest target value (S-037).
const LARGEST: f64 = 2.348_542_582_773_833e108;
/// Bytes of a request with metric math (S-037).
const MAX_BYTES: usize = 50 * 1024;

/// Checks and resolves the target tracking policies. One whose metric cannot be read has no findings about its metric.
pub(super) fn check(
    specs: &[TargetTrackingSpec],
    place: &Place,
    at: &Path,
    names: &mut Names,
    report: &mut Report<'_>,
) -> Vec<DesiredPolicy> {
    let list = at.key("targetTracking");
    let mut policies = Vec::new();
    let mut tracked: Vec<(Path, TrackedMetric)> = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let at = list.index(index);
        names.take_policy(&spec.policy_name, &at.key("policyName"), report);
        check_target_value(spec.target_value, &at.key("targetValue"), report);
        for (name, cooldown) in
            [("scaleOutCooldown", spec.scale_out_cooldown), ("scaleInCooldown", spec.scale_in_cooldown)]
        {
            check_cooldown(cooldown, &at.key(name), report);
        }
        let Some(metric) = tracked_metric(spec, place, &at, report) else { continue };
        let config = TargetTrackingConfig::canonical(
            spec.target_value,
            metric,
            spec.scale_out_cooldown,
            spec.scale_in_cooldown,
            spec.disable_scale_in,
        );
        check_unique(&config.metric, &tracked, &at, report);
        tracked.push((at.clone(), config.metric.clone()));
        let config = PolicyConfig::TargetTracking(config);
        policies.push(DesiredPolicy {
            name: PolicyName::new(&spec.policy_name),
            config,
            alarms: Vec::new(),
            alarm_ref: None,
        });
    }
    policies
}

/// S-037; also of predictive scaling.
pub(super) fn check_target_value(value: Number, path: &Path, report: &mut Report<'_>) {
    if value <= Number::ZERO {
        report.error(path, format!("the target value {value} is not above 0"), "write the value to keep the metric at");
    } else if value.get() > LARGEST {
        report.error(path, format!("the target value {value} is above 2^360"), "write the value to keep the metric at");
    }
}

fn check_cooldown(seconds: Option<i32>, path: &Path, report: &mut Report<'_>) {
    if let Some(seconds) = seconds.filter(|seconds| *seconds < 0) {
        report.error(path, format!("a cooldown of {seconds} seconds is below 0"), "write 0 or more seconds");
    }
}

fn tracked_metric(
    spec: &TargetTrackingSpec,
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> Option<TrackedMetric> {
    let customized_at = at.key("customizedMetricSpecification");
    match (&spec.predefined_metric_specification, &spec.customized_metric_specification) {
        (Some(_), Some(_)) => {
            let message = "predefinedMetricSpecification and customizedMetricSpecification cannot stand together";
            report.error(&customized_at, message, "keep one of the two, or make two policies");
            None
        }
        (None, None) => {
            let message = format!("the policy `{}` tracks no metric", spec.policy_name);
            let hint = "add `predefinedMetricSpecification: {predefinedMetricType: ECSServiceAverageCPUUtilization}`, or \
                        `customizedMetricSpecification`";
            report.error(at, message, hint);
            None
        }
        (Some(spec), None) => {
            let at = at.key("predefinedMetricSpecification");
            let metric = predefined(spec.predefined_metric_type.as_str(), spec.resource_label.as_ref(), &at, report);
            Some(TrackedMetric::Predefined(metric))
        }
        (None, Some(spec)) => customized(spec, place, &customized_at, report),
    }
}

/// One metric by its name, or metric math, never both.
fn customized(spec: &CustomizedMetricSpec, place: &Place, at: &Path, report: &mut Report<'_>) -> Option<TrackedMetric> {
    let single = [
        ("metricName", spec.metric_name.is_some()),
        ("namespace", spec.namespace.is_some()),
        ("statistic", spec.statistic.is_some()),
        ("dimensions", spec.dimensions.is_some()),
        ("unit", spec.unit.is_some()),
    ];
    if let Some(queries) = &spec.metrics {
        for (name, _) in single.iter().filter(|(_, is_set)| *is_set) {
            let message = format!("{name} and metrics cannot stand together");
            report.error(&at.key(name), message, "move it into a line of `metrics`");
        }
        let path = at.key("metrics");
        let queries = metric_math::check(queries, Search::Refused, place, &path, report);
        check_size(&queries, &path, report);
        return Some(TrackedMetric::Math(queries));
    }
    for (name, is_set) in single.iter().take(3) {
        if !is_set {
            report.error(at, format!("`{name}` is missing"), format!("add `{name}`, or write metric math: `metrics`"));
        }
    }
    let metric =
        metric(spec.namespace.as_ref()?, spec.metric_name.as_ref()?, spec.dimensions.as_ref(), place, at, report);
    warn_of_no_metric(&metric.namespace, &metric.metric_name, spec.unit, (at, at), report);
    Some(TrackedMetric::Single(CustomizedMetric {
        metric_name: metric.metric_name,
        namespace: metric.namespace,
        statistic: spec.statistic?,
        dimensions: metric.dimensions,
        unit: spec.unit,
    }))
}

fn check_size(queries: &[crate::model::policy::PolicyQuery], path: &Path, report: &mut Report<'_>) {
    let bytes = serde_json::to_string(queries).map_or(0, |text| text.len());
    if bytes > MAX_BYTES {
        let message = format!("the lines have {bytes} bytes; AWS takes requests of at most {MAX_BYTES}");
        report.error(path, message, "use fewer lines or shorter expressions");
    }
}

/// AWS takes one policy a metric, whatever the target value (tf#41179).
fn check_unique(metric: &TrackedMetric, tracked: &[(Path, TrackedMetric)], at: &Path, report: &mut Report<'_>) {
    let Some((first, _)) = tracked.iter().find(|(_, other)| other == metric) else { return };
    let message = format!(
        "AWS takes one target tracking policy a metric, and {first} ({}) tracks {} too",
        report.spot(first),
        metric.describe()
    );
    report.error(at, message, "remove one of the two, or let it track another metric");
}
