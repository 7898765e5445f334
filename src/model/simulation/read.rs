//! Metric data from files: CSV, this program's own JSON, and what the AWS CLI prints.
//!
//! Owns the formats; takes text and gives series. What is wrong is said with its line, and what to write instead.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::series::{Series, SeriesId};

/// A file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}\n    → {hint}")]
pub struct ReadError {
    /// What is wrong, and where.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

fn wrong(message: impl Into<String>, hint: impl Into<String>) -> ReadError {
    ReadError { message: message.into(), hint: hint.into() }
}

const CSV_HINT: &str = "write `timestamp,value`, or a column for each metric: `timestamp,CPUUtilization,tasks`; times as \
                        2026-11-25T10:00:00Z or in seconds since 1970";
const JSON_HINT: &str = "give what `aws cloudwatch get-metric-data` or `get-metric-statistics` prints, or a list of \
                         {\"timestamp\": …, \"value\": …}, or such lists by the metric's name";
/// The column, and the series, that says how many tasks ran.
pub const TASKS: &str = "tasks";

/// Metric data as they are kept in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recording {
    /// Always [`Recording::KIND`].
    pub kind: String,
    /// Each metric.
    pub series: Vec<RecordedSeries>,
}

/// One metric of a [`Recording`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedSeries {
    /// What it is.
    pub metric: SeriesId,
    /// Time and value.
    pub points: Vec<(Timestamp, f64)>,
}

impl Recording {
    /// What the file says that it is.
    pub const KIND: &'static str = "MetricRecording";

    /// Of series.
    pub fn of(series: &[Series]) -> Self {
        let point = |(second, value): &(i64, f64)| Some((Timestamp::from_second(*second).ok()?, *value));
        let one = |series: &Series| RecordedSeries {
            metric: series.id.clone(),
            points: series.points().iter().filter_map(point).collect(),
        };
        Self { kind: Self::KIND.to_owned(), series: series.iter().map(one).collect() }
    }
}

/// Reads a file. `name` is the metric that it was said to be, for a file that names none.
///
/// # Errors
/// Where the text is none of the formats, or a time or a value cannot be read.
pub fn read(text: &str, name: Option<&str>) -> Result<Vec<Series>, ReadError> {
    let text = text.trim_start_matches('\u{feff}');
    let series = match text.trim_start().starts_with(['{', '[']) {
        true => json(text, name)?,
        false => csv(text, name)?,
    };
    match series.iter().all(|series| series.points().is_empty()) {
        true => Err(wrong("there is no value in it", if text.starts_with('{') { JSON_HINT } else { CSV_HINT })),
        false => Ok(series),
    }
}

fn id(name: Option<&str>) -> SeriesId {
    name.map(SeriesId::named).unwrap_or_default()
}

/// The first column is the time; each other one is a metric. An empty cell is no datapoint.
fn csv(text: &str, name: Option<&str>) -> Result<Vec<Series>, ReadError> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, header) = lines.next().ok_or_else(|| wrong("the file is empty", CSV_HINT))?;
    let header: Vec<&str> = cells(header);
    let Some((first, columns)) = header.split_first() else { return Err(wrong("line 1 is empty", CSV_HINT)) };
    if !first.eq_ignore_ascii_case("timestamp") || columns.is_empty() {
        return Err(wrong("line 1 is no header with `timestamp` first", CSV_HINT));
    }
    let mut points: Vec<Vec<(i64, f64)>> = vec![Vec::new(); columns.len()];
    for (index, line) in lines {
        let line_number = index + 1;
        let row = cells(line);
        let Some((at, values)) = row.split_first().filter(|(_, values)| values.len() == columns.len()) else {
            return Err(wrong(
                format!("line {line_number} has {} cells, and the header has {}", row.len(), header.len()),
                CSV_HINT,
            ));
        };
        let second = time(at).ok_or_else(|| wrong(format!("line {line_number}: `{at}` is no time"), CSV_HINT))?;
        for (value, points) in values.iter().zip(&mut points).filter(|(value, _)| !value.is_empty()) {
            let number: Option<f64> = value.parse().ok().filter(|number: &f64| number.is_finite());
            let number =
                number.ok_or_else(|| wrong(format!("line {line_number}: `{value}` is no number"), CSV_HINT))?;
            points.push((second, number));
        }
    }
    let named = |column: &&str| match *column {
        column if column.eq_ignore_ascii_case("value") => id(name),
        column => SeriesId::named(column),
    };
    Ok(columns.iter().map(named).zip(points).map(|(id, points)| Series::new(id, points)).collect())
}

fn cells(line: &str) -> Vec<&str> {
    line.split(',').map(|cell| cell.trim().trim_matches('"')).collect()
}

/// Seconds since 1970: with a zone, without one for UTC, or as a number.
fn time(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    if let Ok(at) = text.parse::<jiff::civil::DateTime>() {
        return jiff::tz::TimeZone::UTC.to_timestamp(at).ok().map(|at| at.as_second());
    }
    #[allow(clippy::cast_possible_truncation)] // `as` saturates, and such a time is refused
    let second = text.parse::<f64>().ok()?.floor() as i64;
    Timestamp::from_second(second).ok().map(|at| at.as_second())
}

fn json(text: &str, name: Option<&str>) -> Result<Vec<Series>, ReadError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| wrong(format!("it is no JSON: {error}"), JSON_HINT))?;
    if value.get("kind").and_then(Value::as_str) == Some(Recording::KIND) {
        return recording(value);
    }
    match &value {
        Value::Array(points) => Ok(vec![listed(id(name), points)?]),
        Value::Object(members) => match (members.get("MetricDataResults"), members.get("Datapoints")) {
            (Some(Value::Array(results)), _) => results.iter().map(metric_data).collect(),
            (_, Some(Value::Array(points))) => {
                let label = members.get("Label").and_then(Value::as_str);
                Ok(vec![listed(id(name.or(label)), points)?])
            }
            _ => by_name(members),
        },
        _ => Err(wrong("it is neither a list nor a map", JSON_HINT)),
    }
}

fn recording(value: Value) -> Result<Vec<Series>, ReadError> {
    let recording: Recording =
        serde_json::from_value(value).map_err(|error| wrong(format!("the recording is broken: {error}"), JSON_HINT))?;
    let one = |series: RecordedSeries| {
        let points = series.points.iter().map(|(at, value)| (at.as_second(), *value)).collect();
        Series::new(series.metric, points)
    };
    Ok(recording.series.into_iter().map(one).collect())
}

fn by_name(members: &serde_json::Map<String, Value>) -> Result<Vec<Series>, ReadError> {
    let lists: BTreeMap<&String, &Vec<Value>> =
        members.iter().filter_map(|(name, value)| Some((name, value.as_array()?))).collect();
    if lists.is_empty() {
        return Err(wrong("there is no list of points in it", JSON_HINT));
    }
    lists.into_iter().map(|(name, points)| listed(SeriesId::named(name), points)).collect()
}

/// One of `MetricDataResults`: the times beside the values. Its label is the metric's name, where nobody wrote another.
fn metric_data(result: &Value) -> Result<Series, ReadError> {
    let list = |member: &str| result.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let name = result.get("Label").or_else(|| result.get("Id")).and_then(Value::as_str);
    let (times, values) = (list("Timestamps"), list("Values"));
    if times.len() != values.len() {
        let message = format!("{} has {} times and {} values", name.unwrap_or("a result"), times.len(), values.len());
        return Err(wrong(message, JSON_HINT));
    }
    let points = times.iter().zip(values).map(|(at, value)| pair(at, value)).collect::<Result<_, _>>()?;
    Ok(Series::new(id(name), points))
}

/// Maps of a time and a value, as a person or `get-metric-statistics` writes them.
fn listed(id: SeriesId, points: &[Value]) -> Result<Series, ReadError> {
    const STATISTICS: [&str; 7] = ["value", "Value", "Average", "Sum", "Maximum", "Minimum", "SampleCount"];
    let point = |point: &Value| {
        let at = point.get("timestamp").or_else(|| point.get("Timestamp"));
        let value = STATISTICS.iter().find_map(|member| point.get(*member));
        match (at, value, point.as_array().map(Vec::as_slice)) {
            (Some(at), Some(value), _) | (_, _, Some([at, value])) => pair(at, value),
            _ => Err(wrong(format!("{point} has no time or no value"), JSON_HINT)),
        }
    };
    Ok(Series::new(id, points.iter().map(point).collect::<Result<_, _>>()?))
}

fn pair(at: &Value, value: &Value) -> Result<(i64, f64), ReadError> {
    let text = at.as_str().map_or_else(|| at.to_string(), str::to_owned);
    let second = time(&text).ok_or_else(|| wrong(format!("{at} is no time"), JSON_HINT))?;
    let value = value.as_f64().ok_or_else(|| wrong(format!("{value} is no number"), JSON_HINT))?;
    Ok((second, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Vec<(String, Vec<(i64, f64)>)> {
        let series = read(text, None).unwrap();
        series.iter().map(|series| (series.id.label().to_owned(), series.points().to_vec())).collect()
    }

    #[test]
    fn a_csv_has_one_metric_or_a_column_for_each() {
        let one = "timestamp,value\n2026-11-25T10:01:00Z,35.5\n2026-11-25T10:00:00Z,30\n";
        assert_eq!(points(one), [("the metric".to_owned(), vec![(1_795_600_800, 30.0), (1_795_600_860, 35.5)])]);
        let two = "timestamp,CPUUtilization,tasks\n1795600800,30,4\n2026-11-25T10:01:00,,5\n";
        let expected = [
            ("CPUUtilization".to_owned(), vec![(1_795_600_800, 30.0)]),
            ("tasks".to_owned(), vec![(1_795_600_800, 4.0), (1_795_600_860, 5.0)]),
        ];
        assert_eq!(points(two), expected);
    }

    #[test]
    fn what_the_aws_cli_prints_is_read() {
        let data = r#"{"MetricDataResults": [{"Id": "m1", "Label": "CPUUtilization",
            "Timestamps": ["2026-11-25T10:01:00+00:00", "2026-11-25T10:00:00+00:00"], "Values": [35.5, 30]}]}"#;
        let statistics = r#"{"Label": "CPUUtilization", "Datapoints": [
            {"Timestamp": "2026-11-25T10:01:00Z", "Average": 35.5, "Unit": "Percent"},
            {"Timestamp": "2026-11-25T10:00:00Z", "Average": 30, "Unit": "Percent"}]}"#;
        let own = r#"{"CPUUtilization": [{"timestamp": 1795600800, "value": 30}, ["2026-11-25T10:01:00Z", 35.5]]}"#;
        for text in [data, statistics, own] {
            assert_eq!(
                points(text),
                [("CPUUtilization".to_owned(), vec![(1_795_600_800, 30.0), (1_795_600_860, 35.5)])]
            );
        }
    }

    #[test]
    fn a_recording_reads_back_as_it_was_written() {
        let series = vec![Series::new(SeriesId::named("CPUUtilization"), vec![(1_795_600_800, 30.25)])];
        let text = serde_json::to_string(&Recording::of(&series)).unwrap();
        assert_eq!(read(&text, None).unwrap(), series);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |text: &str| read(text, None).unwrap_err().message;
        assert_eq!(said("a,b\n1,2\n"), "line 1 is no header with `timestamp` first");
        assert_eq!(said("timestamp,value\nnoon,2\n"), "line 2: `noon` is no time");
        assert_eq!(said("timestamp,value\n1,x\n"), "line 2: `x` is no number");
        assert_eq!(said("timestamp,value\n1\n"), "line 2 has 1 cells, and the header has 2");
        assert_eq!(said("timestamp,value\n"), "there is no value in it");
        assert!(said("{").starts_with("it is no JSON"));
        assert_eq!(said("[{\"a\": 1}]"), "{\"a\":1} has no time or no value");
    }
}
