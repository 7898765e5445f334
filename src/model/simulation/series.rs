//! Metric data: points in the order of time, and which of an alarm's metrics they are.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::evaluation::Datapoint;
use crate::model::evaluation::statistic::{self, Sample};
use crate::model::metric::{MetricStatistic, SingleMetric, Statistic};

/// What a series measures. A part that is not said fits every metric.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeriesId {
    /// `Namespace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `MetricName`; unset where a file holds one metric and does not name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_name: Option<String>,
    /// `Dimensions`, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<BTreeMap<String, String>>,
    /// The statistic that the values are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
}

impl SeriesId {
    /// Of a metric by its name alone.
    pub fn named(name: impl Into<String>) -> Self {
        Self { metric_name: Some(name.into()), ..Self::default() }
    }

    /// Just this metric, by its statistic.
    pub fn of(metric: &SingleMetric) -> Self {
        Self {
            namespace: Some(metric.namespace.clone()),
            metric_name: Some(metric.metric_name.clone()),
            dimensions: Some(metric.dimensions.clone()),
            statistic: Some(metric.statistic.to_string()),
        }
    }

    /// Whether an alarm's metric is this one. Names are compared without case: headers of files are written by people.
    pub fn fits(&self, metric: &SingleMetric) -> bool {
        let same =
            |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(is));
        same(&self.namespace, &metric.namespace)
            && same(&self.metric_name, &metric.metric_name)
            && self.dimensions.as_ref().is_none_or(|dimensions| *dimensions == metric.dimensions)
            && same(&self.statistic, &metric.statistic.to_string())
    }

    /// For people.
    pub fn label(&self) -> &str {
        self.metric_name.as_deref().unwrap_or("the metric")
    }
}

/// One metric's values.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it measures.
    pub id: SeriesId,
    /// Whether tasks share it, so that in a closed loop it holds the demand.
    pub is_shared: bool,
    /// How the number of tasks was known that such a demand was made with.
    pub tasks_known: TasksKnown,
    /// Seconds since the epoch and the value, in order; two of one second are two samples.
    points: Vec<(i64, f64)>,
}

impl Series {
    /// Of points in any order.
    pub fn new(id: SeriesId, mut points: Vec<(i64, f64)>) -> Self {
        points.retain(|(_, value)| value.is_finite());
        points.sort_by_key(|(second, _)| *second);
        Self { id, is_shared: false, tasks_known: TasksKnown::Recorded, points }
    }

    /// Seconds since the epoch and the value, in order.
    pub fn points(&self) -> &[(i64, f64)] {
        &self.points
    }

    /// Adds a point that is not before any other.
    pub(super) fn push(&mut self, second: i64, value: f64) {
        self.points.push((second, value));
    }

    /// The same without points.
    pub(super) fn emptied(&self) -> Self {
        Self { points: Vec::new(), ..self.clone() }
    }

    /// The points from a second up to, but without, another.
    pub fn within(&self, from: i64, to: i64) -> &[(i64, f64)] {
        let first = self.points.partition_point(|(second, _)| *second < from);
        let length = self.points.get(first..).unwrap_or_default().partition_point(|(second, _)| *second < to);
        self.points.get(first..first + length).unwrap_or_default()
    }

    /// The same series as the demand on tasks: each value times the tasks that ran then.
    #[must_use]
    pub fn demand(&self, tasks: &Tasks) -> Self {
        let points = self.points.iter().map(|(second, value)| (*second, value * tasks.at(*second)));
        let tasks_known = match tasks {
            Tasks::Constant(_) => TasksKnown::Guessed,
            Tasks::Recorded(_) => TasksKnown::Recorded,
            Tasks::Samples(_) => TasksKnown::Samples,
        };
        Self { id: self.id.clone(), is_shared: true, tasks_known, points: points.collect() }
    }

    /// A metric's value in the period that begins at `start`.
    pub(super) fn datapoint(&self, metric: &SingleMetric, start: Timestamp) -> Option<Datapoint> {
        let from = start.as_second();
        let found = self.within(from, from + i64::from(metric.period));
        if found.is_empty() {
            return None;
        }
        let samples: Vec<Sample> = found.iter().map(|(_, value)| sample(*value, &metric.statistic)).collect();
        let value = statistic::value(&samples, &metric.statistic)?;
        Some(Datapoint { at: start, value, sample_count: statistic::sample_count(&samples) })
    }
}

/// A recorded value counts as one sample; one that is a number of samples counts as so many.
fn sample(value: f64, statistic: &MetricStatistic) -> Sample {
    match statistic {
        MetricStatistic::Simple(Statistic::SampleCount) => Sample::of(1.0, value),
        _ => Sample::of(value, 1.0),
    }
}

/// How it is known how many tasks ran while a metric was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TasksKnown {
    /// They were recorded beside it.
    Recorded,
    /// Each sends one sample a minute.
    Samples,
    /// One number stands for all of the time.
    Guessed,
}

/// How many tasks ran while a metric was recorded.
#[derive(Clone, Debug, PartialEq)]
pub enum Tasks {
    /// Always as many.
    Constant(i32),
    /// As recorded; each number holds until the next, the first one before it too.
    Recorded(Series),
    /// As many as the service's CPUUtilization has samples.
    Samples(Series),
}

impl Tasks {
    fn at(&self, second: i64) -> f64 {
        match self {
            Self::Constant(tasks) => f64::from(*tasks),
            Self::Recorded(series) | Self::Samples(series) => {
                let after = series.points.partition_point(|(at, _)| *at <= second);
                let point = series.points.get(after.saturating_sub(1)).copied();
                point.map_or(0.0, |(_, tasks)| tasks.max(0.0))
            }
        }
    }

    /// As many as ran at the first moment.
    pub fn first(&self) -> i32 {
        match self {
            Self::Constant(tasks) => *tasks,
            #[allow(clippy::cast_possible_truncation)] // `as` saturates
            Self::Recorded(series) | Self::Samples(series) => {
                series.points.first().map_or(0, |(_, tasks)| tasks.round() as i32)
            }
        }
    }
}

/// The metrics that running tasks share: twice the tasks, half the value.
pub fn is_shared_by_tasks(namespace: &str, metric_name: &str) -> bool {
    matches!(
        (namespace, metric_name),
        ("AWS/ECS", "CPUUtilization" | "MemoryUtilization") | ("AWS/ApplicationELB", "RequestCountPerTarget")
    )
}

/// Several series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesSet(pub Vec<Series>);

impl SeriesSet {
    /// The series that an alarm's metric is: the first that fits.
    pub fn find(&self, metric: &SingleMetric) -> Option<usize> {
        self.0.iter().position(|series| series.id.fits(metric))
    }

    /// The series by its place.
    pub fn get(&self, index: usize) -> Option<&Series> {
        self.0.get(index)
    }

    /// From the first whole minute to the end of the last; `None` without a point.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self.0.iter().filter_map(|series| series.points.first()).map(|(second, _)| *second).min()?;
        let last = self.0.iter().filter_map(|series| series.points.last()).map(|(second, _)| *second).max()?;
        let minute = |second: i64| second - second.rem_euclid(60);
        Some((Timestamp::from_second(minute(first)).ok()?, Timestamp::from_second(minute(last) + 60).ok()?))
    }
}
