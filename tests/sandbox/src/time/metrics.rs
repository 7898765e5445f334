//! Metric data as time reads and writes them.

use ecs_scaling::model::evaluation::statistic::Sample;
use ecs_scaling::model::metric::{SingleMetric, StandardUnit};
use ecs_scaling::model::names::ServiceId;
use jiff::{SignedDuration, Timestamp};

use crate::cloud::Scope;
use crate::cloudwatch::{Datapoint, MetricKey, Metrics};
use crate::ecs::Status;

const PERIOD: SignedDuration = SignedDuration::from_mins(1);

/// The metric that an alarm looks at.
pub(super) fn key_of(metric: &SingleMetric) -> MetricKey {
    MetricKey {
        namespace: metric.namespace.clone(),
        name: metric.metric_name.clone(),
        dimensions: metric.dimensions.clone(),
    }
}

/// The samples of a metric from `start` up to, but without, `end`.
pub(super) fn samples(
    stored: &Metrics,
    key: &MetricKey,
    unit: Option<StandardUnit>,
    start: Timestamp,
    end: Timestamp,
) -> Vec<Sample> {
    let sample = |d: &Datapoint| Sample { count: d.count, sum: d.sum, minimum: d.min, maximum: d.max };
    stored.within(key, unit.map(StandardUnit::as_str), start, end).map(sample).collect()
}

/// Puts the utilisation of every service with a load, for the minute that ends at `at`, by the tasks that run then.
pub(super) fn put_utilisation(scope: &mut Scope, at: Timestamp) {
    let mut put = Vec::new();
    for (id, load) in &scope.clock.loads {
        let Some(service) = scope.service(id).filter(|service| service.status == Status::Active) else { continue };
        for (name, value) in load.utilisation(service.running).into_iter().flatten() {
            put.push((
                key(id, name),
                Datapoint { unit: Some("Percent".into()), ..Datapoint::sample(at - PERIOD, value) },
            ));
        }
    }
    for (key, datapoint) in put {
        scope.metrics.put(key, datapoint);
    }
}

/// S-074
fn key(id: &ServiceId, name: &str) -> MetricKey {
    let dimensions = [("ClusterName", id.cluster.as_str()), ("ServiceName", id.service.as_str())];
    MetricKey {
        namespace: "AWS/ECS".into(),
        name: name.into(),
        dimensions: dimensions.map(|(name, value)| (name.into(), value.into())).into(),
    }
}
