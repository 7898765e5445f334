//! What an alarm watches (S-069, S-074): a single metric, or `metrics`.

use std::collections::BTreeMap;

use super::target::Place;
use super::{has_length, queries, statistic};
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::AlarmSpec;
use crate::model::metric::{AlarmMetric, ECS, INSIGHTS, SingleMetric, StandardUnit, is_of_service};

pub(super) const DEFAULT_PERIOD: i32 = 60;

/// Checks and resolves what an alarm watches: `metrics` or the fields of a single metric.
pub(super) fn check(spec: &AlarmSpec, place: &Place, at: &Path, report: &mut Report<'_>) -> AlarmMetric {
    let Some(queries) = &spec.metrics else { return AlarmMetric::Single(single(spec, place, at, report)) };
    for (field, is_written) in [
        ("metricName", spec.metric_name.is_some()),
        ("namespace", spec.namespace.is_some()),
        ("dimensions", spec.dimensions.is_some()),
        ("statistic", spec.statistic.is_some()),
        ("extendedStatistic", spec.extended_statistic.is_some()),
        ("period", spec.period.is_some()),
        ("unit", spec.unit.is_some()),
    ] {
        if is_written {
            let message = format!("{field} and metrics cannot stand together");
            report.error(
                &at.key(field),
                message,
                "write it into the metricStat of one of the metrics, or remove `metrics`",
            );
        }
    }
    AlarmMetric::Queries(queries::check(queries, place, &at.key("metrics"), report))
}

fn single(spec: &AlarmSpec, place: &Place, at: &Path, report: &mut Report<'_>) -> SingleMetric {
    if spec.metric_name.is_none() {
        let hint = "add `metricName`, such as CPUUtilization, or `metrics` for metric math";
        report.error(at, "`metricName` is missing", hint);
    }
    let named = Named {
        namespace: spec.namespace.as_deref(),
        metric_name: spec.metric_name.as_deref(),
        dimensions: spec.dimensions.as_ref(),
    };
    let period = spec.period.unwrap_or(DEFAULT_PERIOD);
    check_period(period, &at.key("period"), report);
    let (namespace, metric_name, dimensions) = named.check(place, at, report);
    let statistic = statistic::check(spec, at, report);
    let metric = SingleMetric { namespace, metric_name, dimensions, statistic, period, unit: spec.unit };
    warn_of_no_data(&metric, at, at, report);
    metric
}

/// A metric as it is named: in the alarm itself, or in a query.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) namespace: Option<&'a str>,
    pub(super) metric_name: Option<&'a str>,
    pub(super) dimensions: Option<&'a BTreeMap<String, String>>,
}

impl Named<'_> {
    /// Checks and resolves namespace, name and dimensions.
    pub(super) fn check(
        self,
        place: &Place,
        at: &Path,
        report: &mut Report<'_>,
    ) -> (String, String, BTreeMap<String, String>) {
        let namespace = self.namespace.unwrap_or(ECS);
        has_length(namespace, 255, "the namespace", &at.key("namespace"), report);
        if let Some(name) = self.metric_name {
            has_length(name, 255, "the metric's name", &at.key("metricName"), report);
        }
        if namespace.starts_with(':') {
            report.error(&at.key("namespace"), "a namespace cannot begin with a colon", "remove the colon");
        }
        let dimensions = dimensions(self.dimensions, namespace, place, at, report);
        (namespace.to_owned(), self.metric_name.unwrap_or_default().to_owned(), dimensions)
    }
}

/// S-069
pub(super) fn check_period(period: i32, path: &Path, report: &mut Report<'_>) {
    if !matches!(period, 10 | 20 | 30) && (period < 60 || period % 60 != 0) {
        let hint = "write 10, 20, 30 or a multiple of 60";
        report.error(path, format!("{period} seconds cannot be a period"), hint);
    }
}

fn dimensions(
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

/// Metrics that are not there, so that the alarm never leaves INSUFFICIENT_DATA (S-074).
pub(super) fn warn_of_no_data(metric: &SingleMetric, at: &Path, unit_at: &Path, report: &mut Report<'_>) {
    warn_of_no_metric(&metric.namespace, &metric.metric_name, metric.unit, (at, unit_at), report);
}

/// The same, of a metric by its names.
pub(super) fn warn_of_no_metric(
    namespace: &str,
    name: &str,
    unit: Option<StandardUnit>,
    (at, unit_at): (&Path, &Path),
    report: &mut Report<'_>,
) {
    const OWN: [&str; 2] = ["CPUUtilization", "MemoryUtilization"];
    const INSIGHTS_ONLY: [&str; 6] =
        ["CpuUtilized", "CpuReserved", "MemoryUtilized", "MemoryReserved", "RunningTaskCount", "DesiredTaskCount"];
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
    if namespace == ECS && OWN.contains(&name) && unit.is_some_and(|unit| unit != StandardUnit::Percent) {
        let message = format!("{name} is put with the unit Percent: with another no datapoint is seen");
        report.warning(&unit_at.key("unit"), message, "leave the unit out");
    }
}
