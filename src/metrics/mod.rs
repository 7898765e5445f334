//! Every metric, in one place.
//!
//! Counters grow as things happen; gauges about objects are made anew from the state at each scrape, so that none can
//! be stale: `scraped` owns these. Names and labels follow what stock dashboards expect: `controller_runtime_*` for reconciles, the prefix
//! `ecs_scaling_` for ours, `object="namespace/name"` and never `namespace`, which collides with Prometheus' own label.
//! No error text is ever a label.

mod scraped;

use std::collections::BTreeSet;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Counter, CounterVec, Encoder, Gauge, GaugeVec, HistogramOpts, HistogramVec, Opts, Registry, TextEncoder,
};

use crate::api::desired::ObjectKey;
use crate::aws::{CallRecorder, CallReport};
use crate::controller::object::Passed;
use crate::controller::{ObjectView, State};
use crate::diagnose::class::classify;
use crate::plan::{OutcomeResult, Verb};
use scraped::{config_gauges, coverage_gauges, object_gauges, orphan_gauges};

const CONTROLLER: &str = "servicescaling";
/// The writes there are, by kind of resource: each has its series from the start, so that a first one is an increase.
const WRITES: [(&str, &[Verb]); 3] = [
    ("ScalableTarget", &[Verb::Create, Verb::Update, Verb::Tag, Verb::Untag]),
    ("ScalingPolicy", &[Verb::Create, Verb::Update, Verb::Delete]),
    ("Alarm", &[Verb::Create, Verb::Update, Verb::Tag]),
];
/// Upper bounds in seconds, for calls and reconciles alike.
const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0];

/// The counters, and the way to a scrape.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reconciles: CounterVec,
    reconcile_errors: CounterVec,
    reconcile_panics: CounterVec,
    reconcile_seconds: HistogramVec,
    requests: CounterVec,
    request_seconds: HistogramVec,
    request_errors: CounterVec,
    throttle_wait: CounterVec,
    actions: CounterVec,
    drift_corrections: CounterVec,
    config_rejections: Counter,
    sync_interval: Gauge,
}

impl Metrics {
    /// All metrics at zero. `interval` is exported, so that alerts can be written in terms of it.
    pub fn new(interval: Duration) -> Result<Self, prometheus::Error> {
        let registry = Registry::new_custom(None, None)?;
        let metrics = Self {
            reconciles: counters(
                &registry,
                "controller_runtime_reconcile_total",
                "Reconciles, by result.",
                &["controller", "result"],
            )?,
            reconcile_errors: counters(
                &registry,
                "controller_runtime_reconcile_errors_total",
                "Reconciles that failed.",
                &["controller"],
            )?,
            reconcile_panics: counters(
                &registry,
                "controller_runtime_reconcile_panics_total",
                "Reconciles that panicked.",
                &["controller"],
            )?,
            reconcile_seconds: histogram(
                &registry,
                "controller_runtime_reconcile_time_seconds",
                "Time of a reconcile.",
                &["controller"],
            )?,
            requests: counters(
                &registry,
                "ecs_scaling_aws_requests_total",
                "Calls to AWS, by result.",
                &["account", "region", "service", "operation", "result"],
            )?,
            request_seconds: histogram(
                &registry,
                "ecs_scaling_aws_request_duration_seconds",
                "Time of a call to AWS, retries included.",
                &["account", "region", "service", "operation"],
            )?,
            request_errors: counters(
                &registry,
                "ecs_scaling_aws_errors_total",
                "Failed calls to AWS, by class.",
                &["account", "region", "service", "operation", "class"],
            )?,
            throttle_wait: counters(
                &registry,
                "ecs_scaling_aws_throttle_wait_seconds_total",
                "Time spent waiting for our own rate limit.",
                &["account", "region", "service"],
            )?,
            actions: counters(&registry, "ecs_scaling_actions_total", "Writes to AWS.", &["kind", "action", "result"])?,
            drift_corrections: counters(
                &registry,
                "ecs_scaling_drift_corrections_total",
                "Writes that put back what somebody else had changed.",
                &["object"],
            )?,
            config_rejections: register(
                &registry,
                Counter::new(
                    "ecs_scaling_config_rejections_total",
                    "Reads of the source that were rejected, wholly or in part.",
                )?,
            )?,
            sync_interval: register(
                &registry,
                Gauge::new("ecs_scaling_sync_interval_seconds", "The interval between sweeps.")?,
            )?,
            registry,
        };
        for result in ["success", "error", "requeue"] {
            metrics.reconciles.with_label_values(&[CONTROLLER, result]);
        }
        metrics.reconcile_errors.with_label_values(&[CONTROLLER]);
        metrics.reconcile_panics.with_label_values(&[CONTROLLER]);
        metrics.reconcile_seconds.with_label_values(&[CONTROLLER]);
        for (kind, verbs) in WRITES {
            for (verb, result) in verbs.iter().flat_map(|verb| ["success", "error", "skipped"].map(|r| (verb, r))) {
                metrics.actions.with_label_values(&[kind, verb.as_str(), result]);
            }
        }
        metrics.sync_interval.set(interval.as_secs_f64());
        let build = gauges(&metrics.registry, "ecs_scaling_build_info", "The version that runs.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        metrics.registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(metrics)
    }

    /// Counts one pass over one object.
    pub fn count_pass(&self, object: &ObjectKey, passed: &Passed, took: Duration) {
        use crate::controller::object::Again;
        let failed = passed.panicked || passed.again != Again::InTime;
        let result = if passed.kept.status.is_ready() {
            "success"
        } else if failed {
            "error"
        } else {
            "requeue"
        };
        self.reconciles.with_label_values(&[CONTROLLER, result]).inc();
        if result == "error" {
            self.reconcile_errors.with_label_values(&[CONTROLLER]).inc();
        }
        if passed.panicked {
            self.reconcile_panics.with_label_values(&[CONTROLLER]).inc();
        }
        self.reconcile_seconds.with_label_values(&[CONTROLLER]).observe(took.as_secs_f64());
        let actions = passed.plan.as_ref().map(|plan| plan.actions.as_slice()).unwrap_or_default();
        for outcome in &passed.outcomes {
            let Some(action) = actions.get(outcome.action) else { continue };
            let result = match outcome.result {
                OutcomeResult::Done { .. } => "success",
                OutcomeResult::Failed(_) => "error",
                OutcomeResult::Skipped { .. } => "skipped",
                OutcomeResult::Held(_) => "held",
            };
            self.actions.with_label_values(&[action.part.kind(), action.verb.as_str(), result]).inc();
            if action.drift && result == "success" {
                self.drift_corrections.with_label_values(&[&object.to_string()]).inc();
            }
        }
    }

    /// Drops the series of an object that is gone, or each one that ever was would be exported for ever.
    pub fn forget(&self, object: &ObjectKey) {
        // There is no series where nothing was ever corrected.
        let _ = self.drift_corrections.remove_label_values(&[&object.to_string()]);
    }

    /// Counts a panic outside of any one object's pass.
    pub fn count_panic(&self) {
        self.reconcile_panics.with_label_values(&[CONTROLLER]).inc();
    }

    /// Counts a read of the source that was rejected, wholly or in part.
    pub fn count_rejection(&self) {
        self.config_rejections.inc();
    }

    /// Everything, in Prometheus' text format.
    pub fn scrape(&self, state: &State) -> Result<String, prometheus::Error> {
        let at_scrape = Registry::new();
        let objects = state.objects();
        self.know_objects(&objects)?;
        let withheld = object_gauges(&at_scrape, &objects)?;
        coverage_gauges(&at_scrape, &state.coverage())?;
        orphan_gauges(&at_scrape, &state.orphans(), &withheld)?;
        config_gauges(&at_scrape, &state.config())?;
        let mut families = self.registry.gather();
        families.extend(at_scrape.gather());
        families.sort_by(|a, b| a.name().cmp(b.name()));
        let mut out = Vec::new();
        TextEncoder::new().encode(&families, &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    /// Gives each object its counter from the start, and takes away those of objects that are gone.
    fn know_objects(&self, objects: &[ObjectView]) -> Result<(), prometheus::Error> {
        let known: BTreeSet<String> = objects.iter().map(|view| view.desired.key.to_string()).collect();
        for object in &known {
            self.drift_corrections.with_label_values(&[object]);
        }
        for family in self.drift_corrections.collect() {
            let counted = family.get_metric().iter().flat_map(|metric| metric.get_label());
            for gone in counted.map(|label| label.value()).filter(|object| !known.contains(*object)) {
                self.drift_corrections.remove_label_values(&[gone])?;
            }
        }
        Ok(())
    }
}

impl CallRecorder for Metrics {
    fn record(&self, report: &CallReport<'_>) {
        let CallReport { account, region, operation, waited, took, failure, .. } = *report;
        let service = report.service.iam_prefix();
        let result = if failure.is_some() { "error" } else { "success" };
        self.requests.with_label_values(&[account, region, service, operation, result]).inc();
        self.request_seconds.with_label_values(&[account, region, service, operation]).observe(took.as_secs_f64());
        self.throttle_wait.with_label_values(&[account, region, service]).inc_by(waited.as_secs_f64());
        if let Some(failure) = failure {
            let class = classify(failure);
            self.request_errors.with_label_values(&[account, region, service, operation, class.as_str()]).inc();
        }
    }
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> Result<CounterVec, prometheus::Error> {
    register(registry, CounterVec::new(Opts::new(name, help), labels)?)
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec, prometheus::Error> {
    register(registry, GaugeVec::new(Opts::new(name, help), labels)?)
}

fn histogram(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> Result<HistogramVec, prometheus::Error> {
    let options = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
    register(registry, HistogramVec::new(options, labels)?)
}

#[cfg(test)]
mod tests;
