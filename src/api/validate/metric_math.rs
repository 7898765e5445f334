//! Metric math and resource labels, as target tracking and predictive scaling have them (S-037, S-038).

use std::collections::BTreeSet;

use super::target::Place;
use super::{alarm, has_length};
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::{MetricQuerySpec, MetricStatSpec};
use crate::model::load_balancer::is_label;
use crate::model::policy::{Metric, MetricQuery, MetricStat, PredefinedMetric};

/// Whether lines may search for metrics: an alarm's may not, and target tracking makes alarms (S-069).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    Allowed,
    Refused,
}

/// Checks and resolves the lines of a list.
pub(super) fn check(
    specs: &[MetricQuerySpec],
    search: Search,
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> Vec<MetricQuery> {
    let mut ids = BTreeSet::new();
    let mut queries = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let at = at.index(index);
        check_id(spec, &mut ids, &at.key("id"), report);
        check_one_of(spec, &at, report);
        if let Some(expression) = &spec.expression {
            check_expression(expression, search, &at.key("expression"), report);
        }
        queries.push(MetricQuery {
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

fn check_id<'a>(spec: &'a MetricQuerySpec, ids: &mut BTreeSet<&'a str>, path: &Path, report: &mut Report<'_>) {
    has_length(&spec.id, 255, "the id", path, report);
    let is_id = spec.id.starts_with(|c: char| c.is_ascii_lowercase())
        && spec.id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_id && !spec.id.is_empty() {
        let hint = "begin with a lower-case letter, and use letters, digits and `_`, such as m1";
        report.error(path, format!("`{}` cannot be an id", spec.id), hint);
    }
    if !ids.insert(&spec.id) {
        report.error(path, format!("two lines have the id `{}`", spec.id), "rename one of them");
    }
}

fn check_one_of(spec: &MetricQuerySpec, at: &Path, report: &mut Report<'_>) {
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

fn check_expression(expression: &str, search: Search, path: &Path, report: &mut Report<'_>) {
    has_length(expression, 2048, "the expression", path, report);
    if search == Search::Refused && expression.contains("SEARCH(") {
        let message = "target tracking makes alarms, and an alarm cannot search for metrics";
        report.error(path, message, "name each metric on a line of its own");
    }
}

fn check_return_data(queries: &[MetricQuery], at: &Path, report: &mut Report<'_>) {
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

fn metric_stat(spec: &MetricStatSpec, place: &Place, at: &Path, report: &mut Report<'_>) -> MetricStat {
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
    MetricStat { metric, stat: spec.stat.clone(), unit: spec.unit }
}

/// A metric by its name, with the service's own dimensions where it is one of the service's metrics.
pub(super) fn metric(
    namespace: &str,
    metric_name: &str,
    dimensions: Option<&std::collections::BTreeMap<String, String>>,
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> Metric {
    alarm::check_metric_names(namespace, metric_name, at, report);
    Metric {
        dimensions: alarm::dimensions(dimensions, namespace, place, at, report),
        namespace: namespace.to_owned(),
        metric_name: metric_name.to_owned(),
    }
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
