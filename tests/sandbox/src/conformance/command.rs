//! The command line: what would be called first, then the calls, and always the removal.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::beside::{Beside, beside};
use super::find::Runs;
use super::ground::{Ground, Place, ask};
use super::made::Made;
use super::play::play;
use super::report::Report;
use super::{Stop, probes};
use crate::rules::Rules;

/// `conformance`: whether AWS is as this double believes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The account, twelve digits; it must be the one of the credentials.
    #[arg(long)]
    account_id: String,
    /// The region.
    #[arg(long)]
    region: String,
    /// The ECS cluster in which a service is made, or given.
    #[arg(long)]
    cluster: String,
    /// A service to use instead of making one: ACTIVE, with the desired count 0 and no scalable target.
    #[arg(long)]
    service: Option<String>,
    /// What the names of everything made begin with.
    #[arg(long, default_value = "ecs-scaling-conformance")]
    prefix: String,
    /// Make the calls; without it they are only shown.
    #[arg(long)]
    yes: bool,
    /// Remove what earlier runs with this prefix left in this cluster, and ask nothing.
    #[arg(long, conflicts_with_all = ["record", "compare"])]
    clean: bool,
    /// How the answers are shown.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// Keep the answers in this file, as JSON.
    #[arg(long)]
    record: Option<PathBuf>,
    /// Say what AWS answers otherwise than in this file.
    #[arg(long)]
    compare: Option<PathBuf>,
}

/// How the answers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A line for each probe.
    Table,
    /// What `--record` keeps.
    Json,
}

const CHANGES: u8 = 2;
const DIFFERENT: u8 = 3;
const INTERRUPTED: u8 = 130;

/// Runs the command. Exit code 0: AWS and the double agree; 2: nothing was called, for want of `--yes`; 3: they differ;
/// 130: interrupted, and everything removed.
///
/// # Errors
/// Where nothing could be asked, or something was left behind.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    check_names(&arguments)?;
    let run = run_id();
    let place = Place {
        account: arguments.account_id.clone(),
        region: arguments.region.clone(),
        cluster: arguments.cluster.clone(),
        name: format!("{}_{}_{run}", arguments.prefix, arguments.cluster),
        given: arguments.service.clone(),
    };
    if arguments.clean {
        return clean(&arguments, place).await;
    }
    // Read first: a file that cannot be read must not cost a run.
    let earlier = arguments.compare.as_deref().map(read_report).transpose()?;
    let probes = probes::all();
    let beside = beside(&probes, &place, Rules::default()).await.map_err(told)?;
    ensure!(
        beside.faults().is_empty(),
        "the double does not do as expected; nothing was called: {:#?}",
        beside.faults()
    );
    announce(&place, &beside);
    if !arguments.yes {
        eprintln!("Nothing was called. Add --yes to make these calls.");
        return Ok(ExitCode::from(CHANGES));
    }
    let ground = ground(&arguments, place).await?;
    ground.check_given().await.map_err(told)?;
    let stop = stop_on_signal()?;
    let played = play(&ground, &probes, &stop).await;
    eprintln!("Removing what was made.");
    let runs = Runs::one(&arguments.prefix, &arguments.cluster, &run);
    let left = remove(&ground, &runs).await;
    // What was answered is shown even where something is left behind.
    let answers = played.map_err(told)?;
    let code = show(&arguments, &Report::new(&answers, &beside.answers), earlier.as_ref())?;
    left?;
    if stop.is_cancelled() {
        eprintln!(
            "Interrupted after {} of {} probes. Everything that was made is removed.",
            answers.len(),
            probes.len()
        );
        return Ok(ExitCode::from(INTERRUPTED));
    }
    Ok(code)
}

/// What a name of a run is made of must leave no doubt about where one part ends.
fn check_names(arguments: &Arguments) -> anyhow::Result<()> {
    let is_account = arguments.account_id.len() == 12 && arguments.account_id.bytes().all(|b| b.is_ascii_digit());
    ensure!(is_account, "--account-id is not an account: give its twelve digits");
    let is_prefix = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (prefix, cluster) = (&arguments.prefix, &arguments.cluster);
    let prefix_is_fine = (1..=64).contains(&prefix.len()) && prefix.chars().all(is_prefix);
    ensure!(prefix_is_fine, "--prefix has 1 to 64 letters, digits and hyphens, and nothing else: {prefix}");
    let cluster_is_fine = !cluster.is_empty() && cluster.chars().all(|c| is_prefix(c) || c == '_');
    ensure!(cluster_is_fine, "--cluster is a cluster's name, not its ARN: {cluster}");
    Ok(())
}

/// Twelve hexadecimal digits.
fn run_id() -> String {
    let micros = jiff::Timestamp::now().as_microsecond().unsigned_abs();
    let mixed = micros ^ (u64::from(std::process::id()) << 24);
    format!("{:012x}", mixed % (1 << 48))
}

fn told(stop: Stop) -> anyhow::Error {
    match stop {
        Stop::Refused(text) | Stop::Unanswered(text) => anyhow::anyhow!(text),
    }
}

/// Says what will be called and what it costs. The calls are counted on the double, which was asked the same.
fn announce(place: &Place, beside: &Beside<'_>) {
    let Place { account, region, cluster, name, .. } = place;
    eprintln!("In account {account}, region {region}, cluster {cluster}, this makes and removes again:");
    match &place.given {
        Some(given) => eprintln!("  a scalable target, policies and scheduled actions on the service {given},"),
        None => eprintln!(
            "  two services of EC2 with the desired count 0 (for a moment 1), their task definition and targets,"
        ),
    }
    eprintln!("  and alarms. Every name begins with {name}.");
    eprintln!("Application Auto Scaling makes its service-linked role where the account has none. That stays.");
    let total: u64 = beside.calls.values().sum();
    eprintln!("{total} calls, about as many as these, and some more to remove and look:");
    for ((service, operation), count) in &beside.calls {
        eprintln!("  {count:>4}  {service}:{operation}");
    }
    eprintln!("Cost: at most {:.2} USD, by CloudWatch's list prices of us-east-1.", dollars(&beside.calls));
}

/// 0.01 USD for a thousand requests of CloudWatch, and for each alarm an hour of the 0.10 USD of a month. The rest is
/// free of charge. Rounded up to a cent.
fn dollars(calls: &BTreeMap<(&'static str, String), u64>) -> f64 {
    let count = |operation: &str| -> u64 {
        calls.iter().filter(|((_, name), _)| name == operation).map(|(_, count)| count).sum()
    };
    let requests: u64 = calls.iter().filter(|((service, _), _)| *service == "cloudwatch").map(|(_, n)| n).sum();
    let alarms = count("PutMetricAlarm") + 2 * count("PutScalingPolicy");
    // Tenths of a thousandth of a cent: 10 a request, and 139 an alarm.
    let cents = (requests * 10 + alarms * 139).div_ceil(10_000);
    #[allow(clippy::cast_precision_loss)]
    let dollars = cents as f64 / 100.0;
    dollars
}

/// The clients, once it is sure whose account and cluster it is.
async fn ground(arguments: &Arguments, place: Place) -> anyhow::Result<Ground> {
    let config = config(&arguments.region).await;
    let identity = ask(aws_sdk_sts::Client::new(&config).get_caller_identity().send()).await.map_err(told);
    let identity = identity.context("could not ask whose credentials these are (sts:GetCallerIdentity)")?;
    let account = identity.account().unwrap_or_default();
    if account != arguments.account_id {
        bail!("the credentials are of account {account}, not of {}: nothing was made", arguments.account_id);
    }
    let ground = Ground::new(&config, place);
    ground.check_cluster().await.map_err(told)?;
    Ok(ground)
}

async fn config(region: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).region(Region::new(region.to_owned())).load().await
}

/// Cancelled by Ctrl-C or SIGTERM. The probe that runs is finished, so that no call is under way when its effect is
/// removed.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let cancelled = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            eprintln!("Stopping: this probe ends, then what was made is removed.");
            cancelled.cancel();
        }
    });
    Ok(stop)
}

/// Removes everything, and looks whether it is gone.
async fn remove(ground: &Ground, runs: &Runs) -> anyhow::Result<()> {
    ground.remove_all().await;
    let mut left: Vec<Made> = ground.journal().clone();
    let seen = ground.left_by(runs).await.map_err(told).context("could not look whether everything is gone")?;
    left.extend(seen);
    ensure!(left.is_empty(), "left behind, and to be removed with --clean: {}", list(&left));
    eprintln!("Nothing is left behind.");
    Ok(())
}

fn list(made: &[Made]) -> String {
    made.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

async fn clean(arguments: &Arguments, place: Place) -> anyhow::Result<ExitCode> {
    let ground = ground(arguments, place).await?;
    let runs = Runs::every(&arguments.prefix, &arguments.cluster);
    let found = ground.left_by(&runs).await.map_err(told)?;
    for made in &found {
        println!("{made}");
    }
    if found.is_empty() {
        eprintln!("Nothing was left behind.");
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.yes {
        eprintln!("Nothing was removed. Add --yes to remove these.");
        return Ok(ExitCode::from(CHANGES));
    }
    ground.journal().extend(found);
    remove(&ground, &runs).await?;
    Ok(ExitCode::SUCCESS)
}

fn read_report(path: &Path) -> anyhow::Result<Report> {
    let text = std::fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not a report of this command", path.display()))
}

fn show(arguments: &Arguments, report: &Report, earlier: Option<&Report>) -> anyhow::Result<ExitCode> {
    let json = report.json()?;
    if let Some(path) = &arguments.record {
        std::fs::write(path, &json).with_context(|| format!("could not write {}", path.display()))?;
    }
    let shown = if arguments.output == Output::Json { json } else { report.table() };
    std::io::stdout().write_all(shown.as_bytes())?;
    let changes = earlier.map(|earlier| report.changes_since(earlier)).unwrap_or_default();
    for change in &changes {
        eprintln!("changed: {change}");
    }
    let is_well = report.agrees() && changes.is_empty();
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}
