//! Metrics, of alarms and of policies.

use std::collections::BTreeMap;

use super::rename::Names;
use crate::api::types::{
    MetricQuerySpec, MetricStatSpec, PolicyMetricSpec, PolicyMetricStatSpec, PolicyQuerySpec, QueryMetricSpec,
};
use crate::model::metric::{MetricQuery, MetricStatistic, QuerySource, SingleMetric, Statistic};
use crate::model::policy::PolicyQuery;

const ECS: &str = "AWS/ECS";
const INSIGHTS: &str = "ECS/ContainerInsights";
const DEFAULT_PERIOD: i32 = 60;

impl Names {
    /// The dimensions, where they are not those of a metric that says nothing.
    pub(super) fn said_dimensions(
        &self,
        namespace: &str,
        dimensions: &BTreeMap<String, String>,
    ) -> Option<BTreeMap<String, String>> {
        let own = matches!(namespace, ECS | INSIGHTS).then(|| self.own_dimensions()).unwrap_or_default();
        Some(self.dimensions(dimensions)).filter(|dimensions| *dimensions != own)
    }
}

/// The namespace, where it is not the default of alarms.
pub(super) fn namespace(namespace: &str) -> Option<String> {
    (namespace != ECS).then(|| namespace.to_owned())
}

/// The period, where it is not the default.
pub(super) fn period(period: i32) -> Option<i32> {
    (period != DEFAULT_PERIOD).then_some(period)
}

/// One of an alarm's metrics.
pub(super) fn alarm_query(id: &str, query: &MetricQuery, names: &Names) -> MetricQuerySpec {
    let (metric_stat, expression, period) = match &query.source {
        QuerySource::Metric(metric) => (Some(metric_stat(metric, names)), None, None),
        QuerySource::Expression { expression, period } => (None, Some(expression.clone()), *period),
    };
    MetricQuerySpec {
        id: id.to_owned(),
        metric_stat,
        expression,
        label: query.label.clone(),
        return_data: (!query.return_data).then_some(false),
        period,
        account_id: query.account_id.clone(),
    }
}

fn metric_stat(metric: &SingleMetric, names: &Names) -> MetricStatSpec {
    MetricStatSpec {
        metric: QueryMetricSpec {
            namespace: namespace(&metric.namespace),
            metric_name: metric.metric_name.clone(),
            dimensions: names.said_dimensions(&metric.namespace, &metric.dimensions),
        },
        period: period(metric.period),
        stat: Some(&metric.statistic)
            .filter(|stat| **stat != MetricStatistic::Simple(Statistic::Average))
            .map(ToString::to_string),
        unit: metric.unit,
    }
}

/// The metric math of a policy.
pub(super) fn policy_queries(queries: &[PolicyQuery], names: &Names) -> Vec<PolicyQuerySpec> {
    queries.iter().map(|query| policy_query(query, names)).collect()
}

fn policy_query(query: &PolicyQuery, names: &Names) -> PolicyQuerySpec {
    let stat = |stat: &crate::model::policy::PolicyMetricStat| PolicyMetricStatSpec {
        metric: PolicyMetricSpec {
            namespace: stat.metric.namespace.clone(),
            metric_name: stat.metric.metric_name.clone(),
            dimensions: names.said_dimensions(&stat.metric.namespace, &stat.metric.dimensions),
        },
        stat: stat.stat.clone(),
        unit: stat.unit,
    };
    PolicyQuerySpec {
        id: query.id.clone(),
        expression: query.expression.clone(),
        metric_stat: query.metric_stat.as_ref().map(stat),
        label: query.label.clone(),
        return_data: (!query.return_data).then_some(false),
    }
}
