//! Metric math: target tracking and predictive scaling have the same queries under types of their own.

use aws_sdk_applicationautoscaling::error::BuildError;
use aws_sdk_applicationautoscaling::types as sdk;

use crate::model::metric::StandardUnit;
use crate::model::policy::{PolicyMetric, PolicyMetricStat, PolicyQuery};

/// `None` where there is no unit; `Some(None)` for one that this version does not know.
pub(super) fn unit(text: Option<&str>) -> Option<Option<StandardUnit>> {
    match text {
        None | Some("") => Some(None),
        Some(text) => StandardUnit::from_aws(text).map(Some),
    }
}

macro_rules! queries {
    ($to:ident, $from:ident, $query:ident, $stat:ident, $metric:ident, $dimension:ident) => {
        pub(super) fn $to(queries: &[PolicyQuery]) -> Result<Vec<sdk::$query>, BuildError> {
            let stat = |stat: &PolicyMetricStat| {
                let dimension =
                    |(name, value): (&String, &String)| sdk::$dimension::builder().name(name).value(value).build();
                let dimensions = stat.metric.dimensions.iter().map(dimension).collect::<Result<Vec<_>, _>>()?;
                let metric = sdk::$metric::builder()
                    .namespace(&stat.metric.namespace)
                    .metric_name(&stat.metric.metric_name)
                    .set_dimensions((!dimensions.is_empty()).then_some(dimensions))
                    .build();
                sdk::$stat::builder()
                    .metric(metric)
                    .stat(&stat.stat)
                    .set_unit(stat.unit.map(|unit| unit.as_str().to_owned()))
                    .build()
            };
            let query = |query: &PolicyQuery| {
                sdk::$query::builder()
                    .id(&query.id)
                    .set_expression(query.expression.clone())
                    .set_metric_stat(query.metric_stat.as_ref().map(stat).transpose()?)
                    .set_label(query.label.clone())
                    .return_data(query.return_data)
                    .build()
            };
            queries.iter().map(query).collect()
        }

        /// `None` when one holds a value that this version does not know.
        pub(super) fn $from(queries: &[sdk::$query]) -> Option<Vec<PolicyQuery>> {
            let stat = |stat: &sdk::$stat| {
                let metric = stat.metric()?;
                let dimension =
                    |dimension: &sdk::$dimension| (dimension.name().to_owned(), dimension.value().to_owned());
                Some(PolicyMetricStat {
                    metric: PolicyMetric {
                        namespace: metric.namespace().unwrap_or_default().to_owned(),
                        metric_name: metric.metric_name().unwrap_or_default().to_owned(),
                        dimensions: metric.dimensions().iter().map(dimension).collect(),
                    },
                    stat: stat.stat().to_owned(),
                    unit: unit(stat.unit())?,
                })
            };
            let query = |query: &sdk::$query| {
                let metric_stat = match query.metric_stat() {
                    None => None,
                    Some(of) => Some(stat(of)?),
                };
                Some(PolicyQuery {
                    id: query.id().to_owned(),
                    expression: query.expression().map(str::to_owned),
                    metric_stat,
                    label: query.label().map(str::to_owned),
                    return_data: query.return_data().unwrap_or(true),
                })
            };
            queries.iter().map(query).collect()
        }
    };
}

queries!(
    to_tracking,
    from_tracking,
    TargetTrackingMetricDataQuery,
    TargetTrackingMetricStat,
    TargetTrackingMetric,
    TargetTrackingMetricDimension
);
queries!(
    to_predictive,
    from_predictive,
    PredictiveScalingMetricDataQuery,
    PredictiveScalingMetricStat,
    PredictiveScalingMetric,
    PredictiveScalingMetricDimension
);
