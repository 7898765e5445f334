//! An alarm's `Metrics`: checked as CloudWatch checks them, and read for their evaluation (S-069).

use std::collections::{BTreeMap, BTreeSet};

use ecs_scaling::model::evaluation::math;
use ecs_scaling::model::metric::{MetricQuery, MetricStatistic, QuerySource, SingleMetric, StandardUnit};

use super::metric_spec::{check_period, is_extended, read_dimensions};
use super::{invalid, missing};
use crate::error::AwsError;
use crate::rules::Rule;
use crate::value::Value;

/// Of metrics and of expressions, each.
const MAX_OF_A_KIND: usize = 10;

pub(super) fn check(queries: &[Value]) -> Result<(), AwsError> {
    if queries.len() > 2 * MAX_OF_A_KIND {
        return Err(invalid("Member must have length less than or equal to 20 at 'metrics'"));
    }
    let (mut ids, mut periods) = (BTreeSet::new(), BTreeSet::new());
    let (mut returning, mut expressions) = (0, 0);
    for query in queries {
        let id = query.text("Id")?.ok_or_else(|| missing("Metrics.member.N.Id"))?;
        if !id.starts_with(|c: char| c.is_ascii_lowercase()) || !ids.insert(id) {
            return Err(invalid(format!(
                "Invalid metrics list: id {id} must be unique and start with a lower case letter"
            )));
        }
        let expression = query.text("Expression")?;
        if expression.is_some() == query.has("MetricStat") {
            return Err(invalid("Invalid metrics list: each query has either an Expression or a MetricStat"));
        }
        if let Some(expression) = expression {
            expressions += 1;
            if expression.is_empty() || expression.len() > 2048 || math::calls(expression, "SEARCH") {
                return Err(invalid("Invalid metrics list: the expression is not supported in alarms"));
            }
        } else {
            let metric = read_metric(query.get("MetricStat"))?;
            periods.insert(metric.period);
        }
        if let Some(period) = query.int("Period")? {
            check_period(period)?;
        }
        returning += usize::from(query.bool("ReturnData")?.unwrap_or(true));
    }
    if expressions > MAX_OF_A_KIND || queries.len() - expressions > MAX_OF_A_KIND {
        return Err(invalid("Invalid metrics list: at most 10 metrics and 10 expressions"));
    }
    if returning != 1 {
        return Err(invalid("Exactly one element of the metrics list should return data."));
    }
    if periods.len() > 1 {
        return Err(invalid("Invalid metrics list: all metrics must have the same period"));
    }
    check_references(queries, &ids)
}

/// What has no rule of its own yet is a list that is not well formed.
pub(super) fn malformed(error: AwsError) -> AwsError {
    let rule = error.rule.unwrap_or(Rule::MetricsAreWellFormed);
    error.by(rule)
}

fn check_references(queries: &[Value], ids: &BTreeSet<&str>) -> Result<(), AwsError> {
    for query in queries {
        let (Some(id), Some(expression)) = (query.text("Id")?, query.text("Expression")?) else { continue };
        for named in math::ids(expression) {
            if named == id || !ids.contains(named.as_str()) {
                return Err(invalid(format!(
                    "Error in expression '{id}': the expression refers to {named}, which is not one of the other ids"
                )));
            }
        }
    }
    Ok(())
}

fn read_metric(stat: &Value) -> Result<SingleMetric, AwsError> {
    let metric = stat.get("Metric");
    let period = stat.int("Period")?.ok_or_else(|| missing("Metrics.member.N.MetricStat.Period"))?;
    check_period(period)?;
    let text = stat.text("Stat")?.ok_or_else(|| missing("Metrics.member.N.MetricStat.Stat"))?;
    let statistic = MetricStatistic::from_stat(text);
    if matches!(&statistic, MetricStatistic::Extended(text) if !is_extended(text)) {
        return Err(AwsError::sender(
            "InvalidParameterValueException",
            format!("The value {text} for parameter Stat is not supported."),
        )
        .by(Rule::ExtendedStatisticHasItsForm));
    }
    Ok(SingleMetric {
        namespace: metric.text("Namespace")?.unwrap_or_default().to_owned(),
        metric_name: metric
            .text("MetricName")?
            .ok_or_else(|| missing("Metrics.member.N.MetricStat.Metric.MetricName"))?
            .to_owned(),
        dimensions: read_dimensions(metric)?,
        statistic,
        period,
        unit: stat.text("Unit")?.and_then(StandardUnit::from_aws),
    })
}

/// The queries as the model has them. They were checked when they were put.
pub(crate) fn read(queries: &[Value]) -> Result<BTreeMap<String, MetricQuery>, AwsError> {
    let mut read = BTreeMap::new();
    for query in queries {
        let source = match query.text("Expression")? {
            Some(expression) => {
                QuerySource::Expression { expression: expression.to_owned(), period: query.int("Period")? }
            }
            None => QuerySource::Metric(read_metric(query.get("MetricStat"))?),
        };
        let query_of = MetricQuery {
            source,
            label: query.text("Label")?.map(str::to_owned),
            return_data: query.bool("ReturnData")?.unwrap_or(true),
            account_id: query.text("AccountId")?.map(str::to_owned),
        };
        read.insert(query.text("Id")?.unwrap_or_default().to_owned(), query_of);
    }
    Ok(read)
}
