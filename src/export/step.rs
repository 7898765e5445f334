//! Step scaling policies, with the alarms that fire them.

use std::collections::BTreeSet;

use super::alarm::Role;
use super::parts::{Item, Said, value_of};
use super::rename::template;
use super::{Exporter, Note, firing};
use crate::api::path::Path;
use crate::api::types::{AlarmRefSpec, AlarmSpec, StepAdjustmentSpec, StepPolicySpec, StepSpec};
use crate::model::names::AlarmName;
use crate::model::number::Number;
use crate::model::observed::ScalingPolicy;
use crate::model::policy::{DEFAULT_COOLDOWN, MetricAggregationType, StepAdjustment, StepScalingConfig};
use crate::model::steps::{AbsoluteStep, absolute, relative};

impl Exporter<'_> {
    /// A step scaling policy; the alarms that become the object's own go into `owned`.
    pub(super) fn step_policy(
        &self,
        policy: &ScalingPolicy,
        config: &StepScalingConfig,
        owned: &mut BTreeSet<AlarmName>,
    ) -> Said {
        let mut own: Vec<(AlarmName, AlarmSpec, Vec<String>)> = Vec::new();
        let mut foreign: Vec<(&str, String)> = Vec::new();
        let mut nothing: Vec<String> = Vec::new();
        for (name, alarm) in firing(self.whole.observed, policy) {
            match self.role(name, alarm, policy) {
                Role::Own(spec, notes) => own.push((AlarmName::new(name), *spec, notes)),
                Role::Foreign(why) => foreign.push((name, why)),
                Role::Nothing(why) => nothing.push(format!("its alarm {name} cannot stand here: {why}")),
            }
        }
        let mut notes: Vec<Note> = nothing.iter().map(|why| Note { at: Path::root(), message: capital(why) }).collect();
        let alarm_ref = if own.is_empty() && !foreign.is_empty() {
            let (name, why) = foreign.remove(0);
            notes.push(Note {
                at: Path::root().key("alarmRef"),
                message: format!("Named and not owned, so that nothing of it changes: {why}."),
            });
            Some(AlarmRefSpec { alarm_name: template(name) })
        } else {
            None
        };
        if own.is_empty() && alarm_ref.is_none() {
            let why = "it has no alarm that this object could have, and an object's policy needs one";
            return Err(nothing.first().cloned().unwrap_or_else(|| why.to_owned()));
        }
        notes.extend(foreign.iter().map(|(name, why)| Note {
            at: Path::root(),
            message: format!("The alarm {name} fires this policy too, and goes on doing so: {why}."),
        }));
        owned.extend(own.iter().map(|(name, ..)| name.clone()));
        let at = |index: usize| match own.len() {
            1 => Path::root().key("alarm"),
            _ => Path::root().key("alarms").index(index),
        };
        for (index, (_, _, said)) in own.iter().enumerate() {
            notes.extend(said.iter().map(|message| Note { at: at(index), message: message.clone() }));
        }
        let alarms: Vec<AlarmSpec> = own.into_iter().map(|(_, spec, _)| spec).collect();
        Ok(Item { value: value_of(&self.policy_spec(policy, config, alarms, alarm_ref)), notes })
    }

    fn policy_spec(
        &self,
        policy: &ScalingPolicy,
        config: &StepScalingConfig,
        alarms: Vec<AlarmSpec>,
        alarm_ref: Option<AlarmRefSpec>,
    ) -> StepPolicySpec {
        let steps = one_threshold(&alarms).and_then(|threshold| absolute_steps(&config.steps, threshold));
        let step_adjustments = steps.is_none().then(|| config.steps.iter().map(step_adjustment).collect());
        let is_single = alarms.len() == 1;
        let (alarm, alarms) = match is_single {
            true => (alarms.into_iter().next(), None),
            false => (None, Some(alarms).filter(|alarms| !alarms.is_empty())),
        };
        StepPolicySpec {
            policy_name: self.names.on_service(policy.name.as_str()),
            adjustment_type: config.adjustment_type,
            cooldown: (config.cooldown != DEFAULT_COOLDOWN).then_some(config.cooldown),
            min_adjustment_magnitude: config.min_adjustment_magnitude,
            metric_aggregation_type: (config.metric_aggregation_type != MetricAggregationType::Average)
                .then_some(config.metric_aggregation_type),
            alarm,
            alarms,
            alarm_ref,
            steps,
            step_adjustments,
        }
    }
}

/// The threshold of all the alarms, where they have one.
fn one_threshold(alarms: &[AlarmSpec]) -> Option<Number> {
    let first = alarms.first()?.threshold;
    alarms.iter().all(|alarm| alarm.threshold == first).then_some(first)
}

/// The steps in values of the metric, where they come back from there as they are.
fn absolute_steps(steps: &[StepAdjustment], threshold: Number) -> Option<Vec<StepSpec>> {
    let absolute: Vec<AbsoluteStep> = steps.iter().map(|step| absolute(step, threshold)).collect();
    let spec = |step: &AbsoluteStep| StepSpec { lower: step.lower, upper: step.upper, adjustment: step.adjustment };
    (relative(&absolute, threshold) == steps).then(|| absolute.iter().map(spec).collect())
}

fn step_adjustment(step: &StepAdjustment) -> StepAdjustmentSpec {
    StepAdjustmentSpec {
        metric_interval_lower_bound: step.lower,
        metric_interval_upper_bound: step.upper,
        scaling_adjustment: step.adjustment,
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
