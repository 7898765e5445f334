//! The metric of an alarm on a single metric, read and checked (S-069).

use std::collections::BTreeMap;

use ecs_scaling::model::metric::{MetricStatistic, StandardUnit, Statistic};

use super::{check_length, combination, invalid, missing};
use crate::error::AwsError;
use crate::rules::Rule;
use crate::value::Value;

/// The metric of an alarm on a single metric.
#[derive(Clone, Debug, PartialEq)]
pub struct SingleMetric {
    /// `Namespace`.
    pub namespace: String,
    /// `MetricName`.
    pub name: String,
    /// `Dimensions`.
    pub dimensions: BTreeMap<String, String>,
    /// `Statistic` or `ExtendedStatistic`.
    pub statistic: MetricStatistic,
    /// Seconds.
    pub period: i32,
    /// `Unit`.
    pub unit: Option<StandardUnit>,
}

/// The metric, where one is named by any of its members.
pub(super) fn read_single(input: &Value) -> Result<Option<SingleMetric>, AwsError> {
    let members = ["MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit"];
    if !members.iter().any(|member| input.has(member)) && input.list("Dimensions")?.is_empty() {
        return Ok(None);
    }
    let name = input.text("MetricName")?.ok_or_else(|| missing("MetricName"))?;
    let namespace = input.text("Namespace")?.ok_or_else(|| missing("Namespace"))?;
    check_length("metricName", name, 255)?;
    check_length("namespace", namespace, 255)?;
    if namespace.starts_with(':') {
        return Err(invalid(AwsError::constraint(
            namespace,
            "namespace",
            "satisfy regular expression pattern: [^:].*",
        ))
        .by(Rule::AlarmTextsAreBounded));
    }
    let period = input.int("Period")?.ok_or_else(|| missing("Period"))?;
    check_period(period)?;
    Ok(Some(SingleMetric {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        dimensions: read_dimensions(input)?,
        statistic: read_statistic(input)?,
        period,
        unit: match input.text("Unit")? {
            Some(text) => Some(read_unit(text)?),
            None => None,
        },
    }))
}

pub(super) fn check_period(period: i32) -> Result<(), AwsError> {
    if matches!(period, 10 | 20 | 30) || (period > 0 && period % 60 == 0) {
        return Ok(());
    }
    Err(invalid("Period must be 10, 20, 30 or a multiple of 60").by(Rule::PeriodHasItsForm))
}

/// Rates, such as `Count/Second`, are units as well; no alarm of this controller has one, so they read as refused.
fn read_unit(text: &str) -> Result<StandardUnit, AwsError> {
    StandardUnit::from_aws(text).ok_or_else(|| unknown(text, "unit"))
}

pub(super) fn unknown(value: &str, member: &str) -> AwsError {
    invalid(AwsError::constraint(value, member, "satisfy enum value set")).by(Rule::AlarmMembersAreKnown)
}

fn read_statistic(input: &Value) -> Result<MetricStatistic, AwsError> {
    match (input.text("Statistic")?, input.text("ExtendedStatistic")?) {
        (Some(_), Some(_)) => {
            Err(combination("Statistic and ExtendedStatistic are mutually exclusive").by(Rule::StatisticIsOne))
        }
        (None, None) => Err(missing("Statistic")),
        (Some(text), None) => {
            Statistic::from_aws(text).map(MetricStatistic::Simple).ok_or_else(|| unknown(text, "statistic"))
        }
        (None, Some(text)) if is_extended(text) => Ok(MetricStatistic::Extended(text.to_owned())),
        (None, Some(text)) => Err(AwsError::sender(
            "InvalidParameterValueException",
            format!("The value {text} for parameter ExtendedStatistic is not supported."),
        )
        .by(Rule::ExtendedStatisticHasItsForm)),
    }
}

/// `p95.5`, `IQM`, and the trimmed kinds such as `tm90`, `TM(10%:90%)`, `PR(:300)`.
pub(super) fn is_extended(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if lower == "iqm" {
        return true;
    }
    let Some(rest) = ["tm", "tc", "ts", "wm", "pr", "p"].iter().find_map(|prefix| lower.strip_prefix(prefix)) else {
        return false;
    };
    match rest.strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
        Some(range) => range.contains(':') && range.bytes().all(|b| b.is_ascii_digit() || b":%.".contains(&b)),
        None => rest.parse::<f64>().is_ok_and(|value| (0.0..=100.0).contains(&value)),
    }
}

/// `Dimensions`, up to 30, each name once.
pub(super) fn read_dimensions(input: &Value) -> Result<BTreeMap<String, String>, AwsError> {
    let list = input.list("Dimensions")?;
    if list.len() > 30 {
        return Err(
            invalid("Member must have length less than or equal to 30 at 'dimensions'").by(Rule::DimensionsAreBounded)
        );
    }
    let mut dimensions = BTreeMap::new();
    for dimension in list {
        let name = dimension.text("Name")?.ok_or_else(|| missing("Dimensions.member.N.Name"))?;
        let value = dimension.text("Value")?.ok_or_else(|| missing("Dimensions.member.N.Value"))?;
        check_length("dimensions.member.name", name, 255)?;
        check_length("dimensions.member.value", value, 1024)?;
        if dimensions.insert(name.to_owned(), value.to_owned()).is_some() {
            let text = format!("Dimension {name} is specified more than once");
            return Err(invalid(text).by(Rule::DimensionsAreBounded));
        }
    }
    Ok(dimensions)
}
