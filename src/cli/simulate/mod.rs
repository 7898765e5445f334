//! `simulate`: what an object's policies would have done, over recorded, fetched or made-up load.

mod data;
mod fetch;
mod report;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use jiff::SignedDuration;

use self::data::Data;
use super::place::{Once, reach, regions, sentence};
use super::{Done, objects};
use crate::api::desired::{AwsAccount, Desired, ServiceScaling};
use crate::aws::{Aws, AwsOptions, Limits, Scope, Which};
use crate::controller::Clock;
use crate::model::names::Region;
use crate::model::simulation::series::{Series, SeriesSet, is_shared_by_tasks};
use crate::model::simulation::subject::Subject;
use crate::model::simulation::{Feedback, Setup, simulate};
use crate::model::tasks::TaskTimes;
use crate::observe::survey;
use crate::settings::location;
use crate::source::location::Location;

/// What `--against` says for the service as AWS has it now.
const AWS: &str = "aws";
/// The longest simulation.
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// File, directory or s3://BUCKET/PREFIX with the object
    #[arg(short, long, value_name = "PATH", value_parser = location())]
    file: Location,
    /// The object, where there are several
    #[arg(long, value_name = "[NAMESPACE/]NAME")]
    object: Option<String>,
    #[command(flatten)]
    data: data::DataArgs,
    /// Closed loop: running tasks share the recorded load, so that the metric falls as tasks are added
    #[arg(long)]
    demand: bool,
    /// Tasks at the start [default: as recorded, else the object's minCapacity]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    tasks: Option<i32>,
    /// From wanted to running
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = task_time)]
    startup: SignedDuration,
    /// From unwanted to running no more
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = task_time)]
    shutdown: SignedDuration,
    /// Compare with another object, or with what AWS has now
    #[arg(long, value_name = "PATH|aws")]
    against: Option<String>,
    /// Region, where the object names none [default: the environment's or the profile's]
    #[arg(long, env = "ECS_SCALING_REGION", value_name = "REGION")]
    region: Option<String>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
    Csv,
    Svg,
}

fn task_time(text: &str) -> Result<SignedDuration, String> {
    let parsed: SignedDuration = text.parse().map_err(|_| "write it with its unit, such as 90s or 2m".to_owned())?;
    let range = SignedDuration::ZERO..=SignedDuration::from_hours(24);
    if range.contains(&parsed) { Ok(parsed) } else { Err("from 0s to 24h".to_owned()) }
}

pub(super) async fn run(args: SimulateArgs) -> Result<Done> {
    if args.against.is_some() && !matches!(args.output, Output::Text | Output::Json) {
        bail!("--against goes with -o text and -o json");
    }
    let loaded = objects::read(&args.file, None).await?;
    let object = chosen(&loaded.desired, args.object.as_deref(), &args)?;
    let mut place = Place { args: &args, desired: &loaded.desired, object, scope: None };
    let mut subjects = vec![object.subject()];
    match args.against.as_deref() {
        Some(AWS) => subjects.push(place.held().await?),
        Some(path) => {
            let other = Location::parse(path).map_err(|error| anyhow!("--against {path}: {error}"))?;
            let other = objects::read(&other, None).await?;
            subjects.push(chosen(&other.desired, args.object.as_deref(), &args)?.subject());
        }
        None => {}
    }
    let data = data::read(&args.data, &subjects, &mut place).await?;
    let played: Vec<report::Played> =
        subjects.into_iter().map(|subject| play(&args, subject, &data)).collect::<Result<_>>()?;
    report::print(&played, &data.source, args.output)?;
    Ok(Done::Well)
}

/// The object that is meant.
fn chosen<'a>(desired: &'a Desired, named: Option<&str>, args: &SimulateArgs) -> Result<&'a ServiceScaling> {
    let is_meant = |object: &&ServiceScaling| {
        named.is_none_or(|named| named == object.key.to_string() || named == object.key.name)
    };
    let found: Vec<&ServiceScaling> = desired.services.values().filter(is_meant).collect();
    let names = || desired.services.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (found.as_slice(), named) {
        ([only], _) => Ok(only),
        ([], Some(named)) => bail!("there is no object {named} in {}; there are: {}", args.file, names()),
        (_, _) => bail!("choose one of several objects with --object: {}", names()),
    }
}

fn play(args: &SimulateArgs, subject: Subject, data: &Data) -> Result<report::Played> {
    let feedback = if args.demand { Feedback::Closed } else { Feedback::Open };
    let (start, end) = data.set.span().context("the data hold no value")?;
    if end.duration_since(start) > LONGEST {
        bail!("the data reach from {start} to {end}, which is longer than {} days", LONGEST.as_hours() / 24);
    }
    let wished = args.tasks.or_else(|| data.tasks.as_ref().map(|tasks| tasks.first()));
    let first = subject.range.clamp(wished.unwrap_or(subject.range.min().max(1)));
    let known = data.tasks.clone().unwrap_or(crate::model::simulation::series::Tasks::Constant(first.max(1)));
    let share = |series: &Series| {
        let fits = |metric: &&crate::model::metric::SingleMetric| series.id.fits(metric);
        let metrics = subject.metrics();
        let mut metrics = metrics.iter().copied().filter(fits);
        let is_shared = metrics.any(|metric| is_shared_by_tasks(&metric.namespace, &metric.metric_name));
        if feedback == Feedback::Closed && is_shared { series.demand(&known) } else { series.clone() }
    };
    let set = SeriesSet(data.set.0.iter().map(share).collect());
    let times = TaskTimes { start: args.startup, stop: args.shutdown };
    let setup = Setup { start, end, tasks: first, times, feedback };
    let simulation = simulate(&subject, set, &setup);
    Ok(report::Played { subject, setup, simulation })
}

/// Where the object's service is, reached when something is asked of AWS.
struct Place<'a> {
    args: &'a SimulateArgs,
    desired: &'a Desired,
    object: &'a ServiceScaling,
    scope: Option<Scope>,
}

impl Place<'_> {
    /// The scope of the object.
    async fn scope(&mut self) -> Result<&Scope> {
        if self.scope.is_none() {
            let asked = self.object.region.clone().or_else(|| self.args.region.as_deref().map(Region::new));
            let options = AwsOptions { region: asked.clone(), limits: Limits::default(), ..AwsOptions::default() };
            let aws = Aws::load(options).await;
            let spec: Option<&AwsAccount> = self.desired.accounts.get(&self.object.account);
            let region = regions(&aws, spec, asked)?.into_iter().next().context("no region is known")?;
            self.scope = Some(reach(&aws, spec, &region).await?);
        }
        self.scope.as_ref().context("no scope is known")
    }

    /// What AWS has for the object's service.
    async fn held(&mut self) -> Result<Subject> {
        let service = self.object.service.clone();
        let scope = self.scope().await?;
        let clock = Clock::system();
        let observed = Box::pin(survey(scope, &Once, Which::Of(&service), |found| *found == service, || clock.now()));
        let observed = observed.await.map_err(|failure| anyhow!("{}", sentence(&failure)))?;
        let name = format!("AWS {}", scope.id());
        let held = observed.get(&service).and_then(|observed| Subject::of_observed(&name, &service, observed));
        held.with_context(|| format!("the service {service} has no scalable target in {name}, or it could not be read"))
    }
}
