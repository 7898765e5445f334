//! Metric data from CloudWatch, kept in a file so that a simulation can be repeated.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use jiff::{SignedDuration, Timestamp};

use super::super::place::sentence;
use super::Place;
use super::data::{Data, apart};
use crate::controller::Clock;
use crate::model::metric::{MetricStatistic, SingleMetric, Statistic};
use crate::model::simulation::read::{Recording, TASKS, read};
use crate::model::simulation::series::{Series, SeriesId};
use crate::model::tracking::service_dimensions;

/// The statistic by which tasks are counted: each sends one sample a minute.
pub(super) const SAMPLES: &str = "SampleCount";
/// How long CloudWatch keeps values of less than a minute.
const FINE: SignedDuration = SignedDuration::from_hours(3);
const MINUTE: i32 = 60;

pub(super) async fn fetch(
    last: SignedDuration,
    cache: Option<&Path>,
    metrics: &[SingleMetric],
    place: &mut Place<'_>,
) -> Result<Data> {
    if let Some(path) = cache.filter(|path| path.exists()) {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let (set, tasks) = apart(read(&text, None).map_err(|error| anyhow!("{}: {error}", path.display()))?);
        if let Some(lacking) = metrics.iter().find(|metric| set.find(metric).is_none()) {
            bail!("{} does not hold {}: remove it, or name another file", path.display(), lacking.metric_name);
        }
        return Ok(Data { set, tasks, source: format!("from CloudWatch, as kept in {}", path.display()) });
    }
    let end = minute(Clock::system().now());
    let start = end - last;
    let mut all = Vec::new();
    for period in periods(metrics, last)? {
        let of_period: Vec<SingleMetric> =
            once_each(metrics.iter().filter(|metric| metric.period.min(MINUTE) == period));
        all.extend(asked(place, &of_period, start, end, period).await?);
    }
    all.extend(tasks(place, start, end).await?);
    if let Some(path) = cache {
        let text = crate::cli::json(&Recording::of(&all))?;
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let (set, tasks) = apart(all);
    Ok(Data { set, tasks, source: "from CloudWatch".to_owned() })
}

/// The periods that are asked for: a minute, and where an alarm has a shorter one that.
fn periods(metrics: &[SingleMetric], last: SignedDuration) -> Result<BTreeSet<i32>> {
    let periods: BTreeSet<i32> = metrics.iter().map(|metric| metric.period.min(MINUTE)).collect();
    if periods.iter().any(|period| *period < MINUTE) && last > FINE {
        bail!("an alarm has a period below 60 s, and CloudWatch keeps such values for 3 hours only: write --last 3h");
    }
    Ok(periods)
}

/// Metrics that differ by their period alone are one.
fn once_each<'a>(metrics: impl Iterator<Item = &'a SingleMetric>) -> Vec<SingleMetric> {
    let mut once: Vec<SingleMetric> = Vec::new();
    for metric in metrics {
        if !once.iter().any(|known| SeriesId::of(known) == SeriesId::of(metric)) {
            once.push(metric.clone());
        }
    }
    once
}

async fn asked(
    place: &mut Place<'_>,
    metrics: &[SingleMetric],
    start: Timestamp,
    end: Timestamp,
    period: i32,
) -> Result<Vec<Series>> {
    let scope = place.scope().await?;
    let read = Box::pin(scope.metric_data(metrics, start, end, period)).await;
    read.map_err(|failure| anyhow!("the metric data could not be read: {}", sentence(&failure)))
}

/// How many tasks ran: as many as CPUUtilization has samples in a minute.
async fn tasks(place: &mut Place<'_>, start: Timestamp, end: Timestamp) -> Result<Option<Series>> {
    let samples = SingleMetric {
        namespace: "AWS/ECS".to_owned(),
        metric_name: "CPUUtilization".to_owned(),
        dimensions: service_dimensions(&place.object.service),
        statistic: MetricStatistic::Simple(Statistic::SampleCount),
        period: MINUTE,
        unit: None,
    };
    let found = asked(place, std::slice::from_ref(&samples), start, end, MINUTE).await?;
    let id =
        SeriesId { metric_name: Some(TASKS.to_owned()), statistic: Some(SAMPLES.to_owned()), ..SeriesId::default() };
    Ok(found.first().map(|series| Series::new(id, series.points().to_vec())))
}

fn minute(at: Timestamp) -> Timestamp {
    crate::model::evaluation::window::floor(at, i64::from(MINUTE))
}
