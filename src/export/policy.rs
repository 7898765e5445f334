//! Scaling policies of every type.

use std::collections::BTreeSet;

use super::parts::{Item, Said, value_of};
use super::{Exporter, Note, metric};
use crate::api::path::Path;
use crate::api::types::{
    CustomizedMetricSpec, PredefinedMetricSpec, PredictiveCustomizedSpec, PredictiveMetricSpec, PredictivePairSpec,
    PredictivePredefinedSpec, PredictiveScalingSpec, TargetTrackingSpec,
};
use crate::model::names::AlarmName;
use crate::model::observed::ScalingPolicy;
use crate::model::policy::{
    DEFAULT_BUFFER_TIME, DEFAULT_COOLDOWN, Forecast, ForecastMetric, MaxCapacityBreachBehavior, PolicyConfig,
    PolicyQuery, PredefinedMetric, PredictiveConfig, PredictiveMetricType, PredictiveMode, PredictivePairType,
    TargetTrackingConfig, TrackedMetric, TrackedMetricType,
};

/// A cooldown, where it is not AWS's default.
fn cooldown(seconds: i32) -> Option<i32> {
    (seconds != DEFAULT_COOLDOWN).then_some(seconds)
}

impl Exporter<'_> {
    /// A policy, or why there is none.
    pub(super) fn policy(&self, policy: &ScalingPolicy, owned: &mut BTreeSet<AlarmName>) -> Said {
        let item = |value| Item { value, notes: self.notes_on_label(policy) };
        match &policy.config {
            Ok(PolicyConfig::Step(config)) => self.step_policy(policy, config, owned),
            Ok(PolicyConfig::TargetTracking(config)) => {
                self.tracking(policy, config).map(|spec| item(value_of(&spec))).ok_or_else(unknown)
            }
            Ok(PolicyConfig::Predictive(config)) => {
                self.predictive(policy, config).map(|spec| item(value_of(&spec))).ok_or_else(unknown)
            }
            Err(kind) => Err(format!("it is of the type {kind}, with something that this version does not know")),
        }
    }

    /// A load balancer's metric of a clone is of the clone's own target group.
    fn notes_on_label(&self, policy: &ScalingPolicy) -> Vec<Note> {
        let is_of_load_balancer = policy.config.as_ref().is_ok_and(PolicyConfig::is_of_load_balancer);
        if !(self.names.is_clone() && is_of_load_balancer) {
            return Vec::new();
        }
        let message = "Without resourceLabel it is looked up: the target group of the new service, where there is one.";
        vec![Note { at: Path::root(), message: message.to_owned() }]
    }

    fn label(&self, metric: &PredefinedMetric) -> Option<String> {
        metric.resource_label.clone().filter(|_| !self.names.is_clone())
    }

    fn tracking(&self, policy: &ScalingPolicy, config: &TargetTrackingConfig) -> Option<TargetTrackingSpec> {
        let (predefined, customized) = match &config.metric {
            TrackedMetric::Predefined(metric) => {
                let predefined_metric_type = TrackedMetricType::from_aws(&metric.predefined_metric_type)?;
                (Some(PredefinedMetricSpec { predefined_metric_type, resource_label: self.label(metric) }), None)
            }
            TrackedMetric::Single(metric) => {
                let spec = CustomizedMetricSpec {
                    metric_name: Some(metric.metric_name.clone()),
                    namespace: Some(metric.namespace.clone()),
                    statistic: Some(metric.statistic),
                    dimensions: self.names.said_dimensions(&metric.namespace, &metric.dimensions),
                    unit: metric.unit,
                    metrics: None,
                };
                (None, Some(spec))
            }
            TrackedMetric::Math(queries) => {
                let metrics = Some(metric::policy_queries(queries, &self.names));
                (None, Some(CustomizedMetricSpec { metrics, ..CustomizedMetricSpec::default() }))
            }
        };
        Some(TargetTrackingSpec {
            policy_name: self.names.on_service(policy.name.as_str()),
            target_value: config.target_value,
            predefined_metric_specification: predefined,
            customized_metric_specification: customized,
            scale_out_cooldown: cooldown(config.scale_out_cooldown),
            scale_in_cooldown: cooldown(config.scale_in_cooldown),
            disable_scale_in: config.disable_scale_in.then_some(true),
        })
    }

    fn predictive(&self, policy: &ScalingPolicy, config: &PredictiveConfig) -> Option<PredictiveScalingSpec> {
        Some(PredictiveScalingSpec {
            policy_name: self.names.on_service(policy.name.as_str()),
            metric_specifications: vec![self.forecast(config)?],
            mode: (config.mode != PredictiveMode::ForecastOnly).then_some(config.mode),
            scheduling_buffer_time: (config.scheduling_buffer_time != DEFAULT_BUFFER_TIME)
                .then_some(config.scheduling_buffer_time),
            max_capacity_breach_behavior: (config.max_capacity_breach_behavior
                != MaxCapacityBreachBehavior::HonorMaxCapacity)
                .then_some(config.max_capacity_breach_behavior),
            max_capacity_buffer: config.max_capacity_buffer,
        })
    }

    fn forecast(&self, config: &PredictiveConfig) -> Option<PredictiveMetricSpec> {
        let mut spec = PredictiveMetricSpec {
            target_value: config.target_value,
            predefined_metric_pair_specification: None,
            predefined_load_metric_specification: None,
            predefined_scaling_metric_specification: None,
            customized_load_metric_specification: None,
            customized_scaling_metric_specification: None,
            customized_capacity_metric_specification: None,
        };
        match &config.metric {
            Forecast::Pair(pair) => {
                spec.predefined_metric_pair_specification = Some(PredictivePairSpec {
                    predefined_metric_type: PredictivePairType::from_aws(&pair.predefined_metric_type)?,
                    resource_label: self.label(pair),
                });
            }
            Forecast::Metrics { load, scaling, capacity } => {
                match load {
                    ForecastMetric::Predefined(load) => {
                        spec.predefined_load_metric_specification = Some(self.predefined(load)?);
                    }
                    ForecastMetric::Customized(load) => {
                        spec.customized_load_metric_specification = Some(self.customized(load));
                    }
                }
                match scaling {
                    ForecastMetric::Predefined(scaling) => {
                        spec.predefined_scaling_metric_specification = Some(self.predefined(scaling)?);
                    }
                    ForecastMetric::Customized(scaling) => {
                        spec.customized_scaling_metric_specification = Some(self.customized(scaling));
                    }
                }
                spec.customized_capacity_metric_specification = capacity.as_ref().map(|c| self.customized(c));
            }
        }
        Some(spec)
    }

    fn predefined(&self, metric: &PredefinedMetric) -> Option<PredictivePredefinedSpec> {
        Some(PredictivePredefinedSpec {
            predefined_metric_type: PredictiveMetricType::from_aws(&metric.predefined_metric_type)?,
            resource_label: self.label(metric),
        })
    }

    fn customized(&self, queries: &[PolicyQuery]) -> PredictiveCustomizedSpec {
        PredictiveCustomizedSpec { metric_data_queries: metric::policy_queries(queries, &self.names) }
    }
}

fn unknown() -> String {
    "it has something that this version does not know".to_owned()
}
