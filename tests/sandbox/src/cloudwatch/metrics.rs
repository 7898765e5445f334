//! Metric data: what was put, and its statistics by period.
//!
//! Unlike CloudWatch this accepts the `AWS/` namespaces: whoever feeds `AWS/ECS` here stands for ECS itself.

use std::collections::BTreeMap;

use ecs_scaling::model::metric::Statistic;
use jiff::Timestamp;

use super::metric_spec::read_dimensions;
use super::{check_length, invalid, invalid_token, missing};
use crate::cloud::{Answer, Call, Cloud};
use crate::error::AwsError;
use crate::value::Value;

/// What tells metrics apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricKey {
    /// Such as `AWS/ECS`.
    pub namespace: String,
    /// Such as `CPUUtilization`.
    pub name: String,
    /// By name.
    pub dimensions: BTreeMap<String, String>,
}

/// Some samples at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Datapoint {
    /// When.
    pub at: Timestamp,
    /// The unit they were put with.
    pub unit: Option<String>,
    /// How many.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Datapoint {
    /// A single sample.
    pub fn sample(at: Timestamp, value: f64) -> Self {
        Self { at, unit: None, count: 1.0, sum: value, min: value, max: value }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// One statistic of it.
    pub fn statistic(&self, statistic: Statistic) -> f64 {
        match statistic {
            Statistic::SampleCount => self.count,
            Statistic::Average => self.sum / self.count,
            Statistic::Sum => self.sum,
            Statistic::Minimum => self.min,
            Statistic::Maximum => self.max,
        }
    }
}

/// All datapoints of a scope, each metric's in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    series: BTreeMap<MetricKey, Vec<Datapoint>>,
}

impl Metrics {
    /// Puts a datapoint.
    pub fn put(&mut self, key: MetricKey, datapoint: Datapoint) {
        let series = self.series.entry(key).or_default();
        let at = series.partition_point(|d| d.at <= datapoint.at);
        series.insert(at, datapoint);
    }

    /// The datapoints of one metric from `start` up to, but without, `end`. With a unit, only those that were put with
    /// it.
    pub(crate) fn within<'a>(
        &'a self,
        key: &MetricKey,
        unit: Option<&'a str>,
        start: Timestamp,
        end: Timestamp,
    ) -> impl Iterator<Item = &'a Datapoint> {
        let series = self.series.get(key).map(Vec::as_slice).unwrap_or_default();
        let from = series.partition_point(|d| d.at < start);
        let found = series.iter().skip(from).take_while(move |d| d.at < end);
        found.filter(move |d| unit.is_none_or(|unit| d.unit.as_deref() == Some(unit)))
    }

    /// The datapoints of one metric from `start` up to, but without, `end`, merged into periods of `period` seconds
    /// that begin at multiples of it. With a unit, only those that were put with it.
    pub fn periods(
        &self,
        key: &MetricKey,
        unit: Option<&str>,
        start: Timestamp,
        end: Timestamp,
        period: i32,
    ) -> Vec<Datapoint> {
        let mut merged: Vec<Datapoint> = vec![];
        for datapoint in self.within(key, unit, start, end) {
            let Some(at) = period_start(datapoint.at, period) else { continue };
            match merged.last_mut() {
                Some(last) if last.at == at => last.merge(datapoint),
                _ => merged.push(Datapoint { at, ..datapoint.clone() }),
            }
        }
        merged
    }
}

fn period_start(at: Timestamp, period: i32) -> Option<Timestamp> {
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(i64::from(period.max(1)))).ok()
}

pub(super) fn put(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let namespace = call.input.text("Namespace")?.ok_or_else(|| missing("Namespace"))?;
    check_length("namespace", namespace, 255)?;
    let data = call.input.list("MetricData")?;
    if data.len() > 1000 {
        return Err(invalid("The collection MetricData must not have a size greater than 1000."));
    }
    let read: Vec<(MetricKey, Vec<Datapoint>)> =
        data.iter().map(|datum| read_datum(namespace, datum, call.now)).collect::<Result<_, _>>()?;
    let metrics = &mut cloud.scope_mut(call.scope).metrics;
    for (key, datapoints) in read {
        for datapoint in datapoints {
            metrics.put(key.clone(), datapoint);
        }
    }
    Ok(Value::empty())
}

/// A single value, a list of values with their counts, or a set of statistics.
fn read_datum(namespace: &str, datum: &Value, now: Timestamp) -> Result<(MetricKey, Vec<Datapoint>), AwsError> {
    let name = datum.text("MetricName")?.ok_or_else(|| missing("MetricData.member.N.MetricName"))?;
    check_length("metricName", name, 255)?;
    let key = MetricKey { namespace: namespace.into(), name: name.into(), dimensions: read_dimensions(datum)? };
    let at = datum.time("Timestamp")?.unwrap_or(now);
    let unit = datum.text("Unit")?.map(str::to_owned);
    let float = |v: &Value| v.as_float().ok_or_else(|| AwsError::wrong_type("Values", "a list of numbers"));
    let mut found = vec![];
    if let Some(value) = datum.float("Value")? {
        found.push(Datapoint::sample(at, value));
    }
    let counts = datum.list("Counts")?;
    for (index, value) in datum.list("Values")?.iter().enumerate() {
        let (value, count) = (float(value)?, counts.get(index).map_or(Ok(1.0), float)?);
        found.push(Datapoint { count, sum: value * count, ..Datapoint::sample(at, value) });
    }
    if datum.has("StatisticValues") {
        let set = datum.get("StatisticValues");
        let member = |name| set.float(name)?.ok_or_else(|| missing(name));
        found.push(Datapoint {
            at,
            unit: None,
            count: member("SampleCount")?,
            sum: member("Sum")?,
            min: member("Minimum")?,
            max: member("Maximum")?,
        });
    }
    if found.is_empty() {
        return Err(missing("MetricData.member.N.Value"));
    }
    Ok((key, found.into_iter().map(|d| Datapoint { unit: unit.clone(), ..d }).collect()))
}

fn read_key(metric: &Value) -> Result<MetricKey, AwsError> {
    Ok(MetricKey {
        namespace: metric.text("Namespace")?.ok_or_else(|| missing("Namespace"))?.to_owned(),
        name: metric.text("MetricName")?.ok_or_else(|| missing("MetricName"))?.to_owned(),
        dimensions: read_dimensions(metric)?,
    })
}

fn read_statistic(text: &str) -> Result<Statistic, AwsError> {
    Statistic::from_aws(text)
        .ok_or_else(|| invalid(format!("The statistic {text} is not served by this double of AWS")))
}

fn read_window(input: &Value) -> Result<(Timestamp, Timestamp), AwsError> {
    let start = input.time("StartTime")?.ok_or_else(|| missing("StartTime"))?;
    let end = input.time("EndTime")?.ok_or_else(|| missing("EndTime"))?;
    if start >= end {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    Ok((start, end))
}

pub(super) fn get_statistics(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let input = call.input;
    let (key, (start, end)) = (read_key(input)?, read_window(input)?);
    let period = input.int("Period")?.ok_or_else(|| missing("Period"))?;
    let unit = input.text("Unit")?;
    let statistics: Vec<Statistic> =
        input.texts("Statistics")?.iter().map(|text| read_statistic(text)).collect::<Result<_, _>>()?;
    let datapoints: Vec<Value> = cloud
        .scope(call.scope)
        .metrics
        .periods(&key, unit, start, end, period)
        .iter()
        .map(|d| {
            let unit = d.unit.clone().unwrap_or_else(|| "None".into());
            let mut members =
                crate::value::Map::from([("Timestamp".to_owned(), d.at.into()), ("Unit".to_owned(), unit.into())]);
            members.extend(statistics.iter().map(|s| (s.as_str().to_owned(), d.statistic(*s).into())));
            Value::Map(members)
        })
        .collect();
    Ok(Value::map([("Label", key.name.into()), ("Datapoints", datapoints.into())]))
}

/// S-061: queries a call.
const MOST_QUERIES: usize = 500;
/// Datapoints a page, where nobody asks for fewer.
const MOST_DATAPOINTS: usize = 100_800;

/// Single metrics alone; newest first, unless `ScanBy` asks for the oldest. A page may end within a metric's values.
pub(super) fn get_data(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let (start, end) = read_window(call.input)?;
    let oldest_first = call.input.text("ScanBy")? == Some("TimestampAscending");
    let queries = call.input.list("MetricDataQueries")?;
    if queries.len() > MOST_QUERIES {
        return Err(invalid("The collection MetricDataQueries must not have a size greater than 500."));
    }
    let size = crate::pages::size(
        call.input.int("MaxDatapoints")?,
        "maxDatapoints",
        MOST_DATAPOINTS,
        MOST_DATAPOINTS,
        invalid,
    )?;
    let asked: Vec<Asked<'_>> = queries.iter().map(Asked::read).collect::<Result<_, _>>()?;
    let mut values = vec![];
    for (index, asked) in asked.iter().enumerate() {
        let mut found = cloud.scope(call.scope).metrics.periods(&asked.key, asked.unit, start, end, asked.period);
        if !oldest_first {
            found.reverse();
        }
        let keyed =
            found.into_iter().enumerate().map(|(at, datapoint)| (format!("{index:03} {at:08}"), (index, datapoint)));
        values.extend(keyed);
    }
    let page = crate::pages::page("GetMetricData", values.into_iter(), call.input.text("NextToken")?, size)
        .ok_or_else(invalid_token)?;
    let result = |(index, asked): (usize, &Asked<'_>)| {
        let values: Vec<&Datapoint> = page.items.iter().filter(|(of, _)| *of == index).map(|(_, d)| d).collect();
        Value::map([
            ("Id", asked.id.into()),
            ("Label", asked.label.unwrap_or(&asked.key.name).into()),
            ("Timestamps", values.iter().map(|d| d.at.into()).collect::<Vec<Value>>().into()),
            ("Values", values.iter().map(|d| d.statistic(asked.statistic).into()).collect::<Vec<Value>>().into()),
            ("StatusCode", if page.next_token.is_some() { "PartialData" } else { "Complete" }.into()),
        ])
    };
    let results: Vec<Value> = asked.iter().enumerate().map(result).collect();
    let token = page.token(cloud.knobs.empty_final_token);
    Ok(Value::map([("MetricDataResults", results.into()), ("Messages", Value::List(vec![])), ("NextToken", token)]))
}

/// One of `MetricDataQueries`.
struct Asked<'a> {
    id: &'a str,
    label: Option<&'a str>,
    key: MetricKey,
    statistic: Statistic,
    period: i32,
    unit: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn read(query: &'a Value) -> Result<Self, AwsError> {
        let stat = query.get("MetricStat");
        if query.has("Expression") || !stat.has("Metric") {
            return Err(invalid("Metric math is not served by this double of AWS"));
        }
        Ok(Self {
            id: query.text("Id")?.ok_or_else(|| missing("MetricDataQueries.member.N.Id"))?,
            label: query.text("Label")?,
            key: read_key(stat.get("Metric"))?,
            statistic: read_statistic(stat.text("Stat")?.ok_or_else(|| missing("Stat"))?)?,
            period: stat.int("Period")?.ok_or_else(|| missing("Period"))?,
            unit: stat.text("Unit")?,
        })
    }
}
