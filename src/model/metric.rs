//! What a metric alarm watches: a single metric, or queries of which one gives the value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::aws_enum;
use super::evaluation::math;
use super::fields::{Field, Fields};
use super::names::AccountId;

/// The namespace of a service's own metrics.
pub const ECS: &str = "AWS/ECS";
/// The namespace of Container Insights.
pub const INSIGHTS: &str = "ECS/ContainerInsights";

/// Whether the namespace's metrics come from a service's own tasks.
pub fn is_of_service(namespace: &str) -> bool {
    namespace == ECS || namespace == INSIGHTS
}

aws_enum! {
    /// A CloudWatch statistic that is not a percentile.
    Statistic { SampleCount, Average, Sum, Minimum, Maximum }
}

aws_enum! {
    /// A unit. An alarm with a unit sees only datapoints that were put with it.
    StandardUnit {
        Seconds, Microseconds, Milliseconds, Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits,
        Megabits, Gigabits, Terabits, Percent, Count,
        BytesPerSecond = "Bytes/Second", KilobytesPerSecond = "Kilobytes/Second", MegabytesPerSecond = "Megabytes/Second",
        GigabytesPerSecond = "Gigabytes/Second", TerabytesPerSecond = "Terabytes/Second", BitsPerSecond = "Bits/Second",
        KilobitsPerSecond = "Kilobits/Second", MegabitsPerSecond = "Megabits/Second", GigabitsPerSecond = "Gigabits/Second",
        TerabitsPerSecond = "Terabits/Second", CountPerSecond = "Count/Second", None,
    }
}

/// `Statistic` XOR `ExtendedStatistic`; of a query, `Stat`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MetricStatistic {
    /// `Statistic`.
    Simple(Statistic),
    /// `ExtendedStatistic`: `p95`, `tm(10%:90%)` and so on.
    Extended(String),
}

impl MetricStatistic {
    /// Reads the one text that a query's `Stat` has for both kinds.
    pub fn from_stat(text: &str) -> Self {
        Statistic::from_aws(text).map_or_else(|| Self::Extended(text.to_owned()), Self::Simple)
    }
}

impl std::fmt::Display for MetricStatistic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Simple(statistic) => statistic.fmt(f),
            Self::Extended(text) => f.write_str(text),
        }
    }
}

/// One metric, by one statistic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SingleMetric {
    /// `Namespace`, such as `AWS/ECS`.
    pub namespace: String,
    /// `MetricName`.
    pub metric_name: String,
    /// A set, by name (S-096).
    pub dimensions: BTreeMap<String, String>,
    /// `Statistic` or `ExtendedStatistic`.
    pub statistic: MetricStatistic,
    /// Seconds: 10, 20, 30 or a multiple of 60.
    pub period: i32,
    /// Unset sees every unit.
    pub unit: Option<StandardUnit>,
}

/// Where a query's values come from: exactly one of `MetricStat` and `Expression` (S-069).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum QuerySource {
    /// `MetricStat`.
    Metric(SingleMetric),
    /// `Expression`.
    Expression {
        /// Metric math over the other queries' ids.
        expression: String,
        /// Seconds; unset takes the period of the metrics.
        period: Option<i32>,
    },
}

/// One of an alarm's `Metrics`, but its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MetricQuery {
    /// Where its values come from.
    pub source: QuerySource,
    /// For people; unset is AWS's own.
    pub label: Option<String>,
    /// Whether it is the value that the alarm watches; true of exactly one.
    pub return_data: bool,
    /// The account that the metric is in; unset is the alarm's own.
    pub account_id: Option<String>,
}

/// What an alarm watches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AlarmMetric {
    /// `MetricName` and what goes with it.
    Single(SingleMetric),
    /// `Metrics`, by id: their order says nothing (S-096).
    Queries(BTreeMap<String, MetricQuery>),
}

impl AlarmMetric {
    /// The single metric, where it is one.
    pub fn single(&self) -> Option<&SingleMetric> {
        match self {
            Self::Single(metric) => Some(metric),
            Self::Queries(_) => None,
        }
    }

    /// Every metric behind it.
    pub fn metrics(&self) -> Vec<&SingleMetric> {
        match self {
            Self::Single(metric) => vec![metric],
            Self::Queries(queries) => queries.values().filter_map(MetricQuery::metric).collect(),
        }
    }

    /// Seconds between two values: all of an alarm's metrics have one period (S-069). An alarm on nothing but constants
    /// has its expression's.
    pub fn period(&self) -> i32 {
        let of_expression = |query: &MetricQuery| match query.source {
            QuerySource::Expression { period, .. } => period,
            QuerySource::Metric(_) => None,
        };
        match self {
            Self::Single(metric) => metric.period,
            Self::Queries(queries) => queries
                .values()
                .find_map(|query| query.metric().map(|metric| metric.period))
                .or_else(|| queries.values().find_map(of_expression))
                .unwrap_or(60),
        }
    }

    /// Whether there is no value without a service's own tasks (S-017).
    pub fn needs_tasks(&self) -> bool {
        let is_filled = match self {
            Self::Single(_) => false,
            Self::Queries(queries) => queries.values().any(|query| match &query.source {
                QuerySource::Expression { expression, .. } => math::calls(expression, "FILL"),
                QuerySource::Metric(_) => false,
            }),
        };
        let metrics = self.metrics();
        !is_filled && !metrics.is_empty() && metrics.iter().all(|metric| is_of_service(&metric.namespace))
    }

    /// The id and the query that give the value which the alarm watches.
    pub fn returned(&self) -> Option<(&str, &MetricQuery)> {
        match self {
            Self::Single(_) => None,
            Self::Queries(queries) => {
                queries.iter().find(|(_, query)| query.return_data).map(|(id, query)| (id.as_str(), query))
            }
        }
    }

    /// The statistic that the value is made by; `None` for an expression, which is made by several.
    pub fn statistic(&self) -> Option<&MetricStatistic> {
        match self {
            Self::Single(metric) => Some(&metric.statistic),
            Self::Queries(_) => self.returned().and_then(|(_, query)| query.metric()).map(|metric| &metric.statistic),
        }
    }

    /// The same with the alarm's own account left unsaid, which is AWS's default.
    pub fn without_own_account(&self, own: &AccountId) -> Self {
        let mut metric = self.clone();
        if let Self::Queries(queries) = &mut metric {
            for query in queries.values_mut() {
                query.account_id.take_if(|account| account.as_str() == own.as_str());
            }
        }
        metric
    }
}

impl MetricQuery {
    /// The metric, where its values come from one.
    pub fn metric(&self) -> Option<&SingleMetric> {
        match &self.source {
            QuerySource::Metric(metric) => Some(metric),
            QuerySource::Expression { .. } => None,
        }
    }

    /// For people, with AWS's member names, as they stand in YAML.
    fn shown(&self) -> Value {
        let mut shown = match &self.source {
            QuerySource::Metric(metric) => serde_json::json!({"metricStat": {
                "metric": {
                    "namespace": metric.namespace, "metricName": metric.metric_name, "dimensions": metric.dimensions,
                },
                "period": metric.period, "stat": metric.statistic.to_string(), "unit": metric.unit,
            }}),
            QuerySource::Expression { expression, period } => {
                serde_json::json!({"expression": expression, "period": period})
            }
        };
        if let Value::Object(members) = &mut shown {
            members.insert("label".to_owned(), self.label.as_deref().into());
            members.insert("returnData".to_owned(), self.return_data.into());
            members.insert("accountId".to_owned(), self.account_id.as_deref().into());
        }
        without_null(&mut shown);
        shown
    }
}

fn without_null(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, member| !member.is_null());
        members.values_mut().for_each(without_null);
    }
}

/// Each field of a single metric, and one field for each query: a change of one of them is shown alone.
impl Fields for AlarmMetric {
    fn fields(&self) -> Vec<Field> {
        match self {
            Self::Queries(queries) => {
                queries.iter().map(|(id, query)| Field::new(format!("metrics.{id}"), query.shown())).collect()
            }
            Self::Single(metric) => {
                let (statistic, extended) = match &metric.statistic {
                    MetricStatistic::Simple(statistic) => (Some(statistic.as_str()), None),
                    MetricStatistic::Extended(text) => (None, Some(text.as_str())),
                };
                vec![
                    Field::new("namespace", metric.namespace.as_str()),
                    Field::new("metricName", metric.metric_name.as_str()),
                    Field::of("dimensions", &metric.dimensions),
                    Field::new("statistic", statistic),
                    Field::new("extendedStatistic", extended),
                    Field::new("period", metric.period),
                    Field::of("unit", &metric.unit),
                ]
            }
        }
    }
}
