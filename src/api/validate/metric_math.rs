//! Metric math and resource labels, as target tracking and predictive scaling have them (S-037, S-038).

use std::collections::BTreeMap;

use super::has_length;
use super::metric::{Named, warn_of_no_metric};
use super::queries::{MAX_EXPRESSION, check_id, check_named};
use super::target::Place;
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::{PolicyMetricStatSpec, PolicyQuerySpec};
use crate::model::evaluation::math;
use crate::model::load_balancer::is_label;
use crate::model::policy::{PolicyMetric, PolicyMetricStat, PolicyQuery, PredefinedMetric};

/// Whether lines may search for metrics: an alarm's may not, and target tracking makes alarms (S-069).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    Allowed,
    Refused,
}

/// Checks and resolves the lines of a list.
pub(super) fn check(
    specs: &[PolicyQuerySpec],
    search: Search,
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> Vec<PolicyQuery> {
    let ids: Vec<&str> = specs.iter().map(|spec| spec.id.as_str()).collect();
    let mut queries: Vec<PolicyQuery> = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let at = at.index(index);
        check_id(&spec.id, &at.key("id"), report);
        if queries.iter().any(|query| query.id == spec.id) {
            report.error(&at.key("id"), format!("two lines have the id `{}`", spec.id), "rename one of them");
        }
        check_one_of(spec, &at, report);
        if let Some(expression) = &spec.expression {
            let path = at.key("expression");
            if has_length(expression, MAX_EXPRESSION, "the expression", &path, report) {
                check_search(expression, search, &path, report);
                check_named(expression, &spec.id, &ids, &path, report);
            }
        }
        queries.push(PolicyQuery {
            id: spec.id.clone(),
            expression: spec.expression.clone(),
            metric_stat: spec.metric_stat.as_ref().map(|stat| metric_stat(stat, place, &at.key("metricStat"), report)),
            label: spec.label.clone(),
            return_data: spec.return_data.unwrap_or(true),
        });
    }
    check_return_data(&queries, at, report);
    queries
}

fn check_one_of(spec: &PolicyQuerySpec, at: &Path, report: &mut Report<'_>) {
    match (&spec.expression, &spec.metric_stat) {
        (Some(_), Some(_)) => {
            let message = "expression and metricStat cannot stand together";
            report.error(&at.key("expression"), message, "put one of them on a line of its own");
        }
        (None, None) => {
            let message = format!("the line `{}` measures nothing", spec.id);
            report.error(at, message, "add `metricStat` for a metric, or `expression` for math");
        }
        _ => {}
    }
}

fn check_search(expression: &str, search: Search, path: &Path, report: &mut Report<'_>) {
    if search == Search::Refused && math::calls(expression, "SEARCH") {
        let message = "target tracking makes alarms, and an alarm cannot search for metrics";
        report.error(path, message, "name each metric on a line of its own");
    }
}

fn check_return_data(queries: &[PolicyQuery], at: &Path, report: &mut Report<'_>) {
    let returned: Vec<&str> = queries.iter().filter(|query| query.return_data).map(|query| query.id.as_str()).collect();
    match returned.as_slice() {
        [_] => {}
        [] if queries.is_empty() => report.error(at, "the list is empty", "add a line with `id` and `metricStat`"),
        [] => report.error(at, "no line has returnData: true", "leave it out on the line whose value counts"),
        several => {
            let message = format!("one line's value counts, and these all return data: {}", several.join(", "));
            report.error(at, message, "write `returnData: false` on all lines but one");
        }
    }
}

fn metric_stat(spec: &PolicyMetricStatSpec, place: &Place, at: &Path, report: &mut Report<'_>) -> PolicyMetricStat {
    has_length(&spec.stat, 255, "the statistic", &at.key("stat"), report);
    let metric_at = at.key("metric");
    let metric = metric(
        &spec.metric.namespace,
        &spec.metric.metric_name,
        spec.metric.dimensions.as_ref(),
        place,
        &metric_at,
        report,
    );
    warn_of_no_metric(&metric.namespace, &metric.metric_name, spec.unit, (&metric_at, at), report);
    PolicyMetricStat { metric, stat: spec.stat.clone(), unit: spec.unit }
}

/// A metric by its name, with the service's own dimensions where it is one of the service's metrics.
pub(super) fn metric(
    namespace: &str,
    metric_name: &str,
    dimensions: Option<&BTreeMap<String, String>>,
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> PolicyMetric {
    let named = Named { namespace: Some(namespace), metric_name: Some(metric_name), dimensions };
    let (namespace, metric_name, dimensions) = named.check(place, at, report);
    PolicyMetric { namespace, metric_name, dimensions }
}

/// A predefined metric and its label, which goes with a load balancer's metric alone.
pub(super) fn predefined(
    predefined_metric_type: &str,
    resource_label: Option<&String>,
    at: &Path,
    report: &mut Report<'_>,
) -> PredefinedMetric {
    let metric = PredefinedMetric {
        predefined_metric_type: predefined_metric_type.to_owned(),
        resource_label: resource_label.cloned(),
    };
    let path = at.key("resourceLabel");
    match resource_label {
        Some(_) if !metric.is_of_load_balancer() => {
            report.error(&path, format!("{predefined_metric_type} has no resource label"), "remove it");
        }
        Some(label) if !is_label(label) => {
            let message = format!("`{label}` is not the label of a target group");
            let hint = "write app/LB/ID/targetgroup/TG/ID, the ends of both ARNs, or leave it out: it is looked up";
            report.error(&path, message, hint);
        }
        _ => {}
    }
    metric
}
