//! Metric data: from files, from CloudWatch, or made up.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp};

use super::{Place, fetch};
use crate::model::metric::SingleMetric;
use crate::model::simulation::read::{TASKS, read as read_text};
use crate::model::simulation::series::{Series, SeriesId, SeriesSet, Tasks};
use crate::model::simulation::subject::Subject;
use crate::model::simulation::synthetic::{Load, START, Shape};

/// The longest time that CloudWatch keeps values of a minute.
const KEPT: SignedDuration = SignedDuration::from_hours(15 * 24);

#[derive(Debug, Args)]
pub(super) struct DataArgs {
    /// CSV or JSON file with `timestamp,value`, or a column for each metric; NAME= says which metric, and may be repeated
    #[arg(long, value_name = "[NAME=]FILE", required_unless_present_any = ["last", "load"], conflicts_with_all = ["last", "load"])]
    metrics: Vec<String>,
    /// So long up to now, from CloudWatch (cloudwatch:GetMetricData)
    #[arg(long, value_name = "DURATION", conflicts_with = "load", value_parser = span)]
    last: Option<SignedDuration>,
    /// File for what CloudWatch said: written when it is not there, read in place of CloudWatch when it is
    #[arg(long, value_name = "FILE", requires = "last")]
    cache: Option<PathBuf>,
    /// Load that nobody recorded
    #[arg(long, value_enum, value_name = "SHAPE")]
    load: Option<ShapeArg>,
    /// The load at its lowest, in the metric's unit [default: half of the lowest threshold]
    #[arg(long, value_name = "VALUE", requires = "load")]
    low: Option<f64>,
    /// The load at its highest, in the metric's unit [default: one and a half of the highest threshold]
    #[arg(long, value_name = "VALUE", requires = "load")]
    high: Option<f64>,
    /// How long the load lasts
    #[arg(long = "for", value_name = "DURATION", default_value = "24h", value_parser = span)]
    duration: SignedDuration,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ShapeArg {
    /// One wave a day
    Sine,
    /// Low for a quarter of the time, then high
    Step,
    /// High for some minutes
    Spike,
}

impl From<ShapeArg> for Shape {
    fn from(arg: ShapeArg) -> Self {
        match arg {
            ShapeArg::Sine => Self::Sine,
            ShapeArg::Step => Self::Step,
            ShapeArg::Spike => Self::Spike,
        }
    }
}

/// A span such as `7d`, `12h` or `90m`, of at least a minute and at most as long as CloudWatch keeps minutes.
fn span(text: &str) -> Result<SignedDuration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()).filter(|days| (0..=366).contains(days));
    let parsed = match days {
        Some(days) => SignedDuration::from_hours(days * 24),
        None => text.parse().map_err(|_| "write it with its unit, such as 7d, 12h or 90m".to_owned())?,
    };
    let range = SignedDuration::from_mins(1)..=KEPT;
    match range.contains(&parsed) {
        true => Ok(parsed),
        false => Err("from 1m to 15d: CloudWatch keeps values of a minute no longer".to_owned()),
    }
}

/// What is played over.
pub(super) struct Data {
    /// The metrics.
    pub(super) set: SeriesSet,
    /// How many tasks ran meanwhile, where that is known.
    pub(super) tasks: Option<Tasks>,
    /// Where it is from, for people.
    pub(super) source: String,
}

pub(super) async fn read(args: &DataArgs, subjects: &[Subject], place: &mut Place<'_>) -> Result<Data> {
    let metrics = metrics_of(subjects);
    if metrics.is_empty() {
        bail!("no policy here is called by an alarm on a metric: there is nothing to play");
    }
    let data = if let Some(last) = args.last {
        fetch::fetch(last, args.cache.as_deref(), &metrics, place).await?
    } else if let Some(shape) = args.load {
        synthetic(args, shape.into(), subjects, &metrics)?
    } else {
        of_files(&args.metrics)?
    };
    check(&data.set, &metrics)?;
    Ok(data)
}

/// Every metric of the subjects, each once.
fn metrics_of(subjects: &[Subject]) -> Vec<SingleMetric> {
    let mut metrics: Vec<SingleMetric> = Vec::new();
    for metric in subjects.iter().flat_map(Subject::metrics) {
        if !metrics.contains(metric) {
            metrics.push(metric.clone());
        }
    }
    metrics
}

/// Data that no alarm looks at, or that could be any of several metrics, are a mistake.
fn check(set: &SeriesSet, metrics: &[SingleMetric]) -> Result<()> {
    let wanted: std::collections::BTreeSet<&str> = metrics.iter().map(|metric| metric.metric_name.as_str()).collect();
    let names = || wanted.iter().copied().collect::<Vec<_>>().join(", ");
    if set.0.iter().any(|series| series.id == SeriesId::default()) && wanted.len() > 1 {
        bail!(
            "a file names no metric, and the alarms look at several: write --metrics NAME=FILE, with one of {}",
            names()
        );
    }
    if !metrics.iter().any(|metric| set.find(metric).is_some()) {
        let found = set.0.iter().map(|series| series.id.label()).collect::<Vec<_>>().join(", ");
        bail!("the data are of {found}, and no alarm looks at that: the alarms look at {}", names());
    }
    Ok(())
}

fn of_files(files: &[String]) -> Result<Data> {
    let mut all = Vec::new();
    for file in files {
        let (name, path) = match file.split_once('=') {
            Some((name, path)) if !Path::new(file).exists() => (Some(name), path),
            _ => (None, file.as_str()),
        };
        let text = std::fs::read_to_string(path).with_context(|| format!("reading metric data from {path}"))?;
        all.extend(read_text(&text, name).map_err(|error| anyhow!("{path}: {error}"))?);
    }
    let (set, tasks) = apart(all);
    Ok(Data { set, tasks, source: format!("recorded, from {}", files.join(", ")) })
}

/// The metrics, and how many tasks ran: that is no metric to scale by.
pub(super) fn apart(all: Vec<Series>) -> (SeriesSet, Option<Tasks>) {
    let (tasks, metrics): (Vec<Series>, Vec<Series>) =
        all.into_iter().partition(|series| series.id.label().eq_ignore_ascii_case(TASKS));
    let tasks = tasks.into_iter().find(|series| !series.points().is_empty()).map(|series| {
        match series.id.statistic.as_deref() {
            Some(fetch::SAMPLES) => Tasks::Samples(series),
            _ => Tasks::Recorded(series),
        }
    });
    (SeriesSet(metrics), tasks)
}

fn synthetic(args: &DataArgs, shape: Shape, subjects: &[Subject], metrics: &[SingleMetric]) -> Result<Data> {
    let start: Timestamp = START.parse()?;
    let minutes = args.duration.as_secs() / 60;
    let mut set = Vec::new();
    let mut said = Vec::new();
    for metric in metrics {
        let load = load(args, shape, subjects, metric);
        said.push(format!("{} from {} to {}", metric.metric_name, load.low, load.high));
        set.push(load.series(SeriesId::of(metric), start, minutes));
    }
    said.dedup();
    let source = format!("made up, a {}: {}", format!("{shape:?}").to_lowercase(), said.join(", "));
    Ok(Data { set: SeriesSet(set), tasks: None, source })
}

fn load(args: &DataArgs, shape: Shape, subjects: &[Subject], metric: &SingleMetric) -> Load {
    let looks =
        |alarm: &&crate::model::simulation::subject::PolicyAlarm| alarm.config.metric.metrics().contains(&metric);
    let thresholds = subjects.iter().flat_map(Subject::alarms).filter(looks).map(|alarm| alarm.config.threshold.get());
    let (lowest, highest) = thresholds
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), threshold| (low.min(threshold), high.max(threshold)));
    Load { shape, low: args.low.unwrap_or(lowest / 2.0), high: args.high.unwrap_or(highest * 1.5) }
}
