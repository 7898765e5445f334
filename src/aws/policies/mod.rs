//! Scaling policies between the SDK's types and the model's.
//!
//! A value that this version does not know makes the whole policy unknown: it is never half read, and never written over.

mod metric;
mod predictive;
mod step;
mod tracking;

use aws_sdk_applicationautoscaling::error::BuildError;
use aws_sdk_applicationautoscaling::types as sdk;

use crate::model::names::{AlarmName, PolicyName};
use crate::model::observed::{AlarmRef, ScalingPolicy};
use crate::model::policy::{PolicyConfig, PolicyType};

/// The one configuration of a policy, by its type.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    pub(super) step: Option<sdk::StepScalingPolicyConfiguration>,
    pub(super) target_tracking: Option<sdk::TargetTrackingScalingPolicyConfiguration>,
    pub(super) predictive: Option<sdk::PredictiveScalingPolicyConfiguration>,
}

/// The complete configuration to send.
pub(super) fn to_sdk(config: &PolicyConfig) -> Result<Configuration, BuildError> {
    let none = Configuration::default();
    Ok(match config {
        PolicyConfig::Step(config) => Configuration { step: Some(step::to_sdk(config)?), ..none },
        PolicyConfig::TargetTracking(config) => {
            Configuration { target_tracking: Some(tracking::to_sdk(config)?), ..none }
        }
        PolicyConfig::Predictive(config) => Configuration { predictive: Some(predictive::to_sdk(config)?), ..none },
    })
}

/// A policy as AWS describes it.
pub(super) fn convert(policy: &sdk::ScalingPolicy) -> ScalingPolicy {
    let kind = policy.policy_type().as_str();
    let config = match PolicyType::from_aws(kind) {
        Some(PolicyType::StepScaling) => {
            policy.step_scaling_policy_configuration().and_then(step::from_sdk).map(PolicyConfig::Step)
        }
        Some(PolicyType::TargetTrackingScaling) => policy
            .target_tracking_scaling_policy_configuration()
            .and_then(tracking::from_sdk)
            .map(PolicyConfig::TargetTracking),
        Some(PolicyType::PredictiveScaling) => policy
            .predictive_scaling_policy_configuration()
            .and_then(predictive::from_sdk)
            .map(PolicyConfig::Predictive),
        None => None,
    };
    let alarm =
        |alarm: &sdk::Alarm| AlarmRef { name: AlarmName::new(alarm.alarm_name()), arn: alarm.alarm_arn().to_owned() };
    ScalingPolicy {
        name: PolicyName::new(policy.policy_name()),
        arn: policy.policy_arn().to_owned(),
        config: config.ok_or_else(|| kind.to_owned()),
        alarms: policy.alarms().iter().map(alarm).collect(),
    }
}
