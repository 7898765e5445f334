//! An alarm's `metrics`: metrics and metric math over them (S-069).

use std::collections::{BTreeMap, BTreeSet};

use super::metric::{DEFAULT_PERIOD, Named, check_period, warn_of_no_data};
use super::target::Place;
use super::{has_length, statistic};
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::{MetricQuerySpec, MetricStatSpec};
use crate::model::evaluation::math;
use crate::model::metric::{MetricQuery, MetricStatistic, QuerySource, SingleMetric, Statistic};

/// Of metrics and of expressions, each.
const MAX_OF_A_KIND: usize = 10;
/// Characters of an expression.
pub(super) const MAX_EXPRESSION: usize = 2048;

/// Checks and resolves the queries. Their order says nothing.
pub(super) fn check(
    specs: &[MetricQuerySpec],
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> BTreeMap<String, MetricQuery> {
    let mut queries = BTreeMap::new();
    for (index, spec) in specs.iter().enumerate() {
        let at = at.index(index);
        check_id(&spec.id, &at.key("id"), report);
        if queries.insert(spec.id.clone(), query(spec, specs, place, &at, report)).is_some() {
            let message = format!("two of the metrics have the id `{}`", spec.id);
            report.error(&at.key("id"), message, "rename one of them, and what refers to it");
        }
    }
    check_counts(specs, at, report);
    check_returned(specs, at, report);
    check_periods(specs, at, report);
    queries
}

/// S-069
pub(super) fn check_id(id: &str, path: &Path, report: &mut Report<'_>) {
    let is_id = id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && id.len() <= 255;
    if !is_id {
        let hint = "write a lower-case letter, and behind it letters, digits and `_`, such as m1";
        report.error(path, format!("`{id}` cannot be an id"), hint);
    }
}

fn query(
    spec: &MetricQuerySpec,
    specs: &[MetricQuerySpec],
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> MetricQuery {
    if let Some(account) = &spec.account_id
        && (account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()))
    {
        let message = format!("`{account}` is not an account id");
        report.error(&at.key("accountId"), message, "write its twelve digits in quotes");
    }
    let source = match (&spec.metric_stat, &spec.expression) {
        (Some(stat), None) => {
            if spec.period.is_some() {
                let hint = "write it into metricStat";
                report.error(&at.key("period"), "only an expression has its period here", hint);
            }
            QuerySource::Metric(metric(stat, place, &at.key("metricStat"), report))
        }
        (None, Some(expression)) => {
            check_expression(expression, spec, specs, &at.key("expression"), report);
            if let Some(period) = spec.period {
                check_period(period, &at.key("period"), report);
            }
            QuerySource::Expression { expression: expression.clone(), period: spec.period }
        }
        (stat, _) => {
            let message = match stat {
                Some(_) => "metricStat and expression cannot stand together",
                None => "there is neither metricStat nor expression",
            };
            report.error(at, message, "give one of the two");
            QuerySource::Expression { expression: String::new(), period: None }
        }
    };
    MetricQuery {
        source,
        label: spec.label.clone(),
        return_data: spec.return_data.unwrap_or(true),
        account_id: spec.account_id.clone(),
    }
}

fn metric(spec: &MetricStatSpec, place: &Place, at: &Path, report: &mut Report<'_>) -> SingleMetric {
    let period = spec.period.unwrap_or(DEFAULT_PERIOD);
    check_period(period, &at.key("period"), report);
    let statistic = match &spec.stat {
        None => MetricStatistic::Simple(Statistic::Average),
        Some(text) => MetricStatistic::from_stat(text),
    };
    if let MetricStatistic::Extended(text) = &statistic {
        statistic::check_stat(text, &at.key("stat"), report);
    }
    let metric_at = at.key("metric");
    let named = Named {
        namespace: spec.metric.namespace.as_deref(),
        metric_name: Some(&spec.metric.metric_name),
        dimensions: spec.metric.dimensions.as_ref(),
    };
    let (namespace, metric_name, dimensions) = named.check(place, &metric_at, report);
    let metric = SingleMetric { namespace, metric_name, dimensions, statistic, period, unit: spec.unit };
    warn_of_no_data(&metric, &metric_at, at, report);
    metric
}

fn check_expression(
    text: &str,
    own: &MetricQuerySpec,
    specs: &[MetricQuerySpec],
    path: &Path,
    report: &mut Report<'_>,
) {
    if !has_length(text, MAX_EXPRESSION, "the expression", path, report) {
        return;
    }
    if math::calls(text, "SEARCH") {
        report.error(path, "an alarm cannot SEARCH for its metrics", "name each metric in `metrics`");
    }
    if math::calls(text, "ANOMALY_DETECTION_BAND") {
        let message = "an alarm on an anomaly band cannot have Auto Scaling actions, and so cannot fire the policy";
        report.error(path, message, "compare with a fixed threshold");
    }
    let ids: Vec<&str> = specs.iter().map(|spec| spec.id.as_str()).collect();
    check_named(text, &own.id, &ids, path, report);
}

/// The ids that an expression names: others of its list.
pub(super) fn check_named(text: &str, own: &str, ids: &[&str], path: &Path, report: &mut Report<'_>) {
    for named in math::ids(text) {
        if named == own {
            report.error(path, format!("`{named}` is this expression itself"), "name another id");
        } else if !ids.contains(&named.as_str()) {
            let known: BTreeSet<&str> = ids.iter().copied().filter(|id| *id != own).collect();
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!("none of the metrics has the id `{named}`");
            report.error(path, message, format!("the ids here are {known}"));
        }
    }
}

fn check_counts(specs: &[MetricQuerySpec], at: &Path, report: &mut Report<'_>) {
    if specs.is_empty() {
        report.error(at, "there are no metrics", "add one, or give `metricName` instead");
    }
    let expressions = specs.iter().filter(|spec| spec.expression.is_some()).count();
    for (count, what) in [(specs.len() - expressions, "metrics"), (expressions, "expressions")] {
        if count > MAX_OF_A_KIND {
            report.error(at, format!("there are {count} {what}; AWS takes at most {MAX_OF_A_KIND}"), "remove some");
        }
    }
}

fn check_returned(specs: &[MetricQuerySpec], at: &Path, report: &mut Report<'_>) {
    let returned: Vec<&str> =
        specs.iter().filter(|spec| spec.return_data.unwrap_or(true)).map(|spec| spec.id.as_str()).collect();
    if returned.is_empty() && !specs.is_empty() {
        report.error(
            at,
            "none of the metrics returns data",
            "leave `returnData: false` out at the one that is watched",
        );
    } else if returned.len() > 1 {
        let message = format!("{} return data, and an alarm watches one value", returned.join(", "));
        report.error(at, message, "write `returnData: false` at each but the one that is watched");
    }
}

fn check_periods(specs: &[MetricQuerySpec], at: &Path, report: &mut Report<'_>) {
    let period = |spec: &MetricQuerySpec| spec.metric_stat.as_ref().map(|s| s.period.unwrap_or(DEFAULT_PERIOD));
    let Some(first) = specs.iter().find_map(period) else { return };
    for (index, spec) in specs.iter().enumerate() {
        if let Some(other) = period(spec).filter(|other| *other != first) {
            let message = format!("its period is {other} seconds, and that of the first metric {first}");
            let path = at.index(index).key("metricStat").key("period");
            report.error(&path, message, "give all metrics of an alarm one period");
        }
    }
}
