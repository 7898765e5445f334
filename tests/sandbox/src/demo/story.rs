//! The numbered steps.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use ecs_scaling::api::load::{SourceFile, load as load_objects};
use ecs_scaling::api::resource::Resource;
use ecs_scaling::api::status::{ConditionStatus, Event, EventReason};
use ecs_scaling::cli::table;
use ecs_scaling::controller::ObjectView;
use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::simulation::series::{SeriesId, SeriesSet, Tasks};
use ecs_scaling::model::simulation::show::summary;
use ecs_scaling::model::simulation::synthetic::{Load, START, Shape};
use ecs_scaling::model::simulation::{Feedback, Setup, simulate};
use ecs_scaling::model::tasks::TaskTimes;
use ecs_scaling_sandbox::seed::DEFAULT_REGION;
use jiff::SignedDuration;
use serde_json::json;

use super::pages::Pages;
use super::permission;
use super::stage::{OWNER, Stage, home, typed};
use super::timeline::{self, steady};

/// The object that the story follows, and its alarm.
const OBJECT: &str = "search-api";
const ALARM: &str = "ECSPersonalScaleOutAlarmProd";
/// What the object says, and what somebody makes of it.
const THRESHOLD: f64 = 30.0;
const MISTAKE: f64 = 80.0;

/// Tells all of it.
pub(super) async fn tell(stage: &Stage, pages: &Pages) -> Result<()> {
    pages.title("ecs-scaling demo: the real controller on a pretended AWS, in one process and in virtual time");
    pages.prose("No AWS account is used, and nothing leaves this machine.");
    steady(stage);
    what_aws_has(stage, pages);
    the_plan(stage, pages).await?;
    applied(stage, pages).await?;
    drift(stage, pages).await?;
    load(stage, pages).await?;
    before_it_is_applied(stage, pages)?;
    not_ours(stage, pages).await?;
    permission::tell(stage, pages).await
}

fn what_aws_has(stage: &Stage, pages: &Pages) {
    pages.step(1, &format!("What AWS has: three clusters in {DEFAULT_REGION}, one of them scaled"));
    let world = stage.world();
    let scope = world.cloud.scope(&home());
    let header = ["CLUSTER", "SERVICES (RUNNING TASKS)", "AUTO SCALING"].map(str::to_owned);
    let rows = scope.clusters.iter().map(|(cluster, holds)| {
        let services = holds.services.iter().map(|(name, service)| format!("{name} ({})", service.running));
        let targets = scope.targets.iter().filter(|(id, _)| id.cluster == *cluster);
        let scaled: Vec<String> = targets
            .map(|(id, target)| {
                let (min, max) = (target.range.min(), target.range.max());
                let by = if target.tags.is_empty() { "by hand in the console" } else { "tagged" };
                format!("{}: {min} to {max} tasks, {by}", id.service)
            })
            .collect();
        let scaled = if scaled.is_empty() { "none".to_owned() } else { scaled.join("; ") };
        [cluster.to_string(), services.collect::<Vec<_>>().join(", "), scaled]
    });
    pages.table(&std::iter::once(header).chain(rows).collect::<Vec<_>>());
}

async fn the_plan(stage: &Stage, pages: &Pages) -> Result<()> {
    let config = typed(&stage.config);
    pages.step(2, &format!("What {config}/ asks for, and AWS does not have yet"));
    pages.command(&format!("ecs-scaling plan --config {config} --owner {OWNER}"));
    pages.blank();
    pages.text(&stage.plan(&stage.files()?).await?);
    Ok(())
}

async fn applied(stage: &Stage, pages: &Pages) -> Result<()> {
    pages.step(3, "The controller makes it so, and looks again every minute");
    pages.command(&format!("ecs-scaling run --config {} --owner {OWNER}", typed(&stage.config)));
    stage.start_controller()?;
    stage.wait_until("every object is ready", |stage| ready(stage) > 0 && ready(stage) == views(stage).len()).await?;
    let written = stage.world().counters().writes().len();
    another_pass(stage).await?;
    let written_later = stage.world().counters().writes().len() - written;
    pages.prose(&format!("{written} writes in the first pass; {written_later} in the second, for all is as wanted:"));
    pages.blank();
    pages.command("ecs-scaling get");
    pages.blank();
    let items: Vec<Resource> = views(stage).iter().map(ObjectView::resource).collect();
    pages.text(&table(&items, false, stage.clock.now()));
    pages.blank();
    let status = view(stage)?.status;
    let held = status.conditions.iter().filter(|c| c.kind.counts() && c.status == ConditionStatus::True);
    let held: Vec<&str> = held.map(|condition| condition.kind.as_str()).collect();
    pages.prose(&format!("What READY rests on, for {OBJECT}: {}.", held.join(", ")));
    Ok(())
}

async fn drift(stage: &Stage, pages: &Pages) -> Result<()> {
    pages.step(4, "Somebody changes an alarm by hand; the next pass puts it back and says so");
    change_threshold(stage, MISTAKE)?;
    pages.prose(&format!("In the console: the threshold of {ALARM} from {THRESHOLD} to {}.", threshold(stage)?));
    another_pass(stage).await?;
    let (event, now) = (correction(stage).context("no event tells of the correction")?, threshold(stage)?);
    ensure!(now == THRESHOLD, "the threshold is still {now}");
    pages.prose(&format!("One pass later it is {now} again, and {OBJECT} has an event:"));
    pages.blank();
    pages.text(&format!("{:?}   {}   {}", event.kind, event.reason, event.message));
    Ok(())
}

async fn load(stage: &Stage, pages: &Pages) -> Result<()> {
    pages.step(5, "Load arrives at search-api in B, and its tasks grow by the steps of the object");
    timeline::play(stage, pages).await?;
    pages.blank();
    pages.prose(
        "The tasks stay when the load is gone, for search-api asks for scaling out alone; search-worker asks for both. \
         AWS did all of this: the controller never writes a desired count.",
    );
    Ok(())
}

/// The same object with other steps, played before anybody applies it.
fn before_it_is_applied(stage: &Stage, pages: &Pages) -> Result<()> {
    pages.step(6, "What another threshold would do, before anybody applies it");
    pages.prose("The same object with a threshold of 40 in place of 30, over 40 minutes of load that nobody recorded:");
    pages.blank();
    pages.command(
        "ecs-scaling simulate -f search-api.yaml --load step --low 15 --high 55 --for 40m --demand --startup 40s",
    );
    pages.blank();
    let text = stage.text_of("search-api.yaml")?.replace("threshold: 30", "threshold: 40");
    let text = text.replace("    - {lower: 30, upper: 40, adjustment: 2}\n", "").into_bytes();
    let loaded = load_objects(&[SourceFile { path: "search-api.yaml".to_owned(), bytes: text }]);
    let object = loaded.desired.services.into_values().next().context("the object does not load")?;
    let (subject, start) = (object.subject(), START.parse()?);
    let load = Load { shape: Shape::Step, low: 15.0, high: 55.0 };
    let tasks = subject.range.min();
    let series = load.series(SeriesId::default(), start, 40).demand(&Tasks::Constant(tasks));
    let times = TaskTimes { start: SignedDuration::from_secs(40), stop: SignedDuration::ZERO };
    let setup = Setup { start, end: start + SignedDuration::from_mins(40), tasks, times, feedback: Feedback::Closed };
    let simulation = simulate(&subject, SeriesSet(vec![series]), &setup);
    ensure!(simulation.figures.scale_outs > 0, "nothing is scaled");
    pages.folded(&summary(&subject, &setup, &simulation));
    Ok(())
}

async fn not_ours(stage: &Stage, pages: &Pages) -> Result<()> {
    pages.step(7, "What is not ours stays as it is: search-api in A, scaled by hand");
    pages.prose("The same object, written for cluster A:");
    pages.blank();
    pages.command(&format!("ecs-scaling plan --config search-api-in-a.yaml --owner {OWNER}"));
    pages.blank();
    let bytes = stage.text_of("search-api.yaml")?.replace("cluster: B", "cluster: A").into_bytes();
    pages.text(&stage.plan(&[SourceFile { path: "search-api-in-a.yaml".to_owned(), bytes }]).await?);
    Ok(())
}

/// Waits for the end of the next pass over the object that the story follows.
async fn another_pass(stage: &Stage) -> Result<()> {
    let before = view(stage)?.status.last_sync_time;
    stage.wait_until("another pass", |stage| view(stage).is_ok_and(|v| v.status.last_sync_time != before)).await
}

fn views(stage: &Stage) -> Vec<ObjectView> {
    stage.state.objects()
}

fn ready(stage: &Stage) -> usize {
    views(stage).iter().filter(|view| view.status.is_ready()).count()
}

/// The object that the story follows.
fn view(stage: &Stage) -> Result<ObjectView> {
    views(stage).into_iter().find(|view| view.desired.key.name == OBJECT).with_context(|| format!("no object {OBJECT}"))
}

fn correction(stage: &Stage) -> Option<Event> {
    let events = view(stage).ok()?.status.events;
    events.into_iter().find(|event| event.reason == EventReason::DriftCorrected)
}

fn threshold(stage: &Stage) -> Result<f64> {
    let world = stage.world();
    let alarm = world.alarm(&home(), ALARM).with_context(|| format!("no alarm {ALARM}"))?;
    alarm.spec.threshold.context("the alarm has no threshold")
}

/// What the console does: it puts the whole alarm, with one field changed.
fn change_threshold(stage: &Stage, threshold: f64) -> Result<()> {
    let actions = stage.world().alarm(&home(), ALARM).map(|alarm| alarm.spec.alarm_actions.clone());
    let dimensions: BTreeMap<&str, &str> = [("ClusterName", "B"), ("ServiceName", OBJECT)].into();
    let dimensions: Vec<_> = dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    let alarm = json!({
        "AlarmName": ALARM, "AlarmActions": actions, "Namespace": "AWS/ECS", "MetricName": "CPUUtilization",
        "Dimensions": dimensions, "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": threshold, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    });
    stage.somebody(AwsService::CloudWatch, "PutMetricAlarm", alarm)
}
