//! Load on a service, and what it moves, minute by minute.

use anyhow::{Context, Result};
use ecs_scaling::model::alarm::{AlarmState, ComparisonOperator};
use ecs_scaling::model::names::ServiceId;
use ecs_scaling::model::number::Number;
use ecs_scaling::model::steps::choose;
use ecs_scaling_sandbox::autoscaling::PolicyConfig;
use ecs_scaling_sandbox::cloudwatch::MetricKey;
use ecs_scaling_sandbox::{Load, World};
use jiff::{SignedDuration, Timestamp};

use super::pages::Pages;
use super::stage::{Stage, home};

const ALARM: &str = "ECSPersonalScaleOutAlarmProd";
const POLICY: &str = "ECSPersonalScaleOutPolicyProd";
/// How long the timeline is.
const MINUTES: u32 = 21;

/// Demand in percent of one task, from a minute on, and what a reader is told.
const DEMAND: [(u32, f64, &str); 5] = [
    (0, 20.0, "quiet"),
    (1, 70.0, "load arrives"),
    (7, 170.0, "more load"),
    (13, 330.0, "much more load"),
    (20, 40.0, "the load is gone"),
];

fn service() -> ServiceId {
    ServiceId::new("B", "search-api")
}

/// Lets every scaled service of the story have something to do, at which no alarm fires.
pub(super) fn steady(stage: &Stage) {
    let mut world = stage.world();
    for (cluster, name, cpu) in [("A", "search-api", 40.0), ("B", "search-api", 20.0), ("C", "search-worker", 120.0)] {
        world.set_load(&home(), &ServiceId::new(cluster, name), Load { cpu, memory: cpu });
    }
}

/// What can be seen at one minute.
#[derive(Clone, Copy, PartialEq)]
struct Seen {
    cpu: f64,
    alarm: AlarmState,
    desired: i32,
    running: i32,
}

/// Plays the load, and prints each minute at which something changed.
pub(super) async fn play(stage: &Stage, pages: &Pages) -> Result<()> {
    let mut rows = vec![["MINUTE", "CPU", "ALARM", "DESIRED", "RUNNING", ""].map(str::to_owned)];
    let mut before: Option<Seen> = None;
    for minute in 0..MINUTES {
        let demand = DEMAND.iter().find(|(from, _, _)| *from == minute);
        if let Some((_, cpu, _)) = demand {
            stage.world().set_load(&home(), &service(), Load { cpu: *cpu, memory: *cpu });
        }
        stage.next_minute().await?;
        let world = stage.world();
        let seen = see(&world, stage.clock.now())?;
        if demand.is_some() || before != Some(seen) {
            let told = demand.map(|(_, _, told)| (*told).to_owned());
            let step = before.and_then(|before| step_taken(&world, before, seen));
            rows.push(row(minute, seen, &told.into_iter().chain(step).collect::<Vec<_>>().join(": ")));
        }
        before = Some(seen);
    }
    pages.table(&rows);
    Ok(())
}

fn see(world: &World, now: Timestamp) -> Result<Seen> {
    let tasks = world.service(&home(), &service()).context("the service is gone")?;
    let alarm = world.alarm(&home(), ALARM).context("the alarm is gone")?;
    let metric = alarm.spec.metric.as_ref().context("the alarm looks at no metric")?;
    let (namespace, name) = (metric.namespace.clone(), metric.name.clone());
    let key = MetricKey { namespace, name, dimensions: metric.dimensions.clone() };
    let metrics = &world.cloud.scope(&home()).metrics;
    let last = metrics.periods(&key, None, now - SignedDuration::from_mins(1), now, metric.period).pop();
    let cpu = last.context("there is no datapoint")?.max;
    Ok(Seen { cpu, alarm: alarm.state, desired: tasks.desired, running: tasks.running })
}

/// The step by which the desired count rose.
fn step_taken(world: &World, before: Seen, seen: Seen) -> Option<String> {
    let added = seen.desired - before.desired;
    let PolicyConfig::Step(config) = &world.policy(&home(), &service(), POLICY)?.config else { return None };
    let threshold = Number::new(world.alarm(&home(), ALARM)?.spec.threshold?)?;
    let config = config.canonical();
    let step = choose(&config, Number::new(seen.cpu)?, threshold, ComparisonOperator::GreaterThanOrEqualToThreshold)?;
    let bound = |bound: Option<Number>| bound.map_or("∞".to_owned(), |bound| threshold.plus(bound).to_string());
    (added > 0).then(|| format!("{added:+} tasks by the step {} to {}", bound(step.lower), bound(step.upper)))
}

fn row(minute: u32, seen: Seen, note: &str) -> [String; 6] {
    let Seen { cpu, alarm, desired, running } = seen;
    let state = alarm.as_str().to_owned();
    [minute.to_string(), format!("{cpu:.1} %"), state, desired.to_string(), running.to_string(), note.to_owned()]
}
