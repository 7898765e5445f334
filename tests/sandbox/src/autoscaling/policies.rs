//! Scaling policies of every type.

use std::collections::BTreeMap;

use ecs_scaling::model::names::{AlarmName, ScopeId, ServiceId};
use jiff::{SignedDuration, Timestamp};

use super::{
    Listing, NAMESPACE, StepConfig, Target, TargetTracking, check_length, key, predictive, required, resource,
    resource_members, target_not_found, target_tracking,
};
use crate::cloud::{Answer, Call, Cloud, Scope, regional_arn};
use crate::error::AwsError;
use crate::rules::{Rule, Rules};
use crate::value::Value;

/// S-060
const POLICY_QUOTA: usize = 50;
/// S-052
const PAGE: usize = 10;

/// A scaling policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Stable across updates, new when the policy is made anew (S-024).
    pub arn: String,
    /// What it does.
    pub config: PolicyConfig,
    /// When it was created.
    pub created: Timestamp,
}

/// A policy's configuration, by its type.
#[derive(Clone, Debug)]
pub enum PolicyConfig {
    /// `StepScaling`.
    Step(StepConfig),
    /// `TargetTrackingScaling`.
    TargetTracking(TargetTracking),
    /// `PredictiveScaling`, as it was sent.
    Predictive(Value),
}

impl PolicyConfig {
    fn type_name(&self) -> &'static str {
        match self {
            Self::Step(_) => "StepScaling",
            Self::TargetTracking(_) => "TargetTrackingScaling",
            Self::Predictive(_) => "PredictiveScaling",
        }
    }

    /// The member that holds the configuration, and the configuration.
    fn member(&self, rules: &Rules) -> (&'static str, Value) {
        match self {
            Self::Step(config) => ("StepScalingPolicyConfiguration", config.to_value(rules)),
            Self::TargetTracking(tracking) => ("TargetTrackingScalingPolicyConfiguration", tracking.config.clone()),
            Self::Predictive(config) => ("PredictiveScalingPolicyConfiguration", config.clone()),
        }
    }
}

pub(super) fn put(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = required(call.input, "PolicyName", "policyName")?;
    check_name(name)?;
    let id = resource(call.input)?;
    let target = visible_target(cloud, call, &id)?;
    let existing = target.policies.get(name);
    if existing.is_none() && target.policies.len() >= POLICY_QUOTA {
        return Err(AwsError::sender(
            "LimitExceededException",
            format!("Too many scaling policies for {}", id.resource_id()),
        )
        .by(Rule::PolicyQuota));
    }
    let config = read_config(call.input, name, target, existing, &cloud.rules)?;
    let created = existing.map_or(call.now, |p| p.created);
    let arn = match existing {
        Some(policy) if cloud.rules.hold(Rule::PolicyArnIsKept) => policy.arn.clone(), // S-024
        _ => new_arn(cloud, call.scope, &id, name),
    };
    require_service_linked_role(cloud, call.scope, &arn)?;
    replace(cloud, call, &id, name, Policy { arn: arn.clone(), config, created })?;
    let policy = cloud.scope(call.scope).targets.get(&id).and_then(|t| t.policies.get(name));
    let alarms = match policy.map(|p| &p.config) {
        Some(PolicyConfig::TargetTracking(tracking)) => generated_alarms(call.scope, &tracking.alarms),
        _ => vec![], // S-022
    };
    Ok(Value::map([("PolicyARN", arn.into()), ("Alarms", alarms.into())]))
}

/// S-021
fn check_name(name: &str) -> Result<(), AwsError> {
    check_length("policyName", name, 1, 256).map_err(|e| e.by(Rule::PolicyNameIsBounded))?;
    if name.chars().any(char::is_control) {
        return Err(AwsError::validation(AwsError::constraint(
            name,
            "policyName",
            r"satisfy regular expression pattern: \p{Print}+",
        ))
        .by(Rule::PolicyNameIsBounded));
    }
    Ok(())
}

/// The target, once it can be seen by policies (S-016).
fn visible_target<'a>(cloud: &'a Cloud, call: &Call<'_>, id: &ServiceId) -> Result<&'a Target, AwsError> {
    let delay = SignedDuration::try_from(cloud.knobs.target_propagation).unwrap_or(SignedDuration::MAX);
    cloud
        .scope(call.scope)
        .targets
        .get(id)
        .filter(|target| call.now.duration_since(target.created) >= delay)
        .ok_or_else(|| target_not_found(id)) // S-022
}

fn read_config(
    input: &Value,
    name: &str,
    target: &Target,
    existing: Option<&Policy>,
    rules: &Rules,
) -> Result<PolicyConfig, AwsError> {
    let policy_type = match (input.text("PolicyType")?, existing) {
        (Some(policy_type), _) => policy_type,
        (None, Some(policy)) => policy.config.type_name(), // S-023
        (None, None) => {
            return Err(AwsError::validation("PolicyType must be specified").by(Rule::PolicyTypeIsRequired)); // S-021
        }
    };
    let kept = rules.hold(Rule::ConfigurationIsKept);
    match policy_type {
        "StepScaling" => {
            let before = match existing.map(|p| &p.config) {
                Some(PolicyConfig::Step(config)) => Some(config),
                _ => None,
            };
            config_block(
                input,
                "StepScaling",
                before.is_some() && kept,
                |block| StepConfig::read(block, before, rules),
                || before.cloned().map(PolicyConfig::Step),
                PolicyConfig::Step,
            )
        }
        "TargetTrackingScaling" => config_block(
            input,
            "TargetTrackingScaling",
            existing.is_some() && kept,
            |block| target_tracking::read(block, name, target),
            || existing.map(|p| p.config.clone()),
            PolicyConfig::TargetTracking,
        ),
        "PredictiveScaling" => config_block(
            input,
            "PredictiveScaling",
            existing.is_some() && kept,
            predictive::read,
            || existing.map(|p| p.config.clone()),
            PolicyConfig::Predictive,
        ),
        other => Err(AwsError::validation(AwsError::constraint(
            other,
            "policyType",
            "satisfy enum value set: [StepScaling, TargetTrackingScaling, PredictiveScaling]",
        ))
        .by(Rule::PolicyTypeIsKnown)),
    }
}

/// Reads the type's own configuration block. Without one an existing policy stays as it is (S-023), and a new one is
/// refused (S-036).
fn config_block<T>(
    input: &Value,
    policy_type: &str,
    exists: bool,
    read: impl FnOnce(&Value) -> Result<T, AwsError>,
    unchanged: impl FnOnce() -> Option<PolicyConfig>,
    wrap: impl FnOnce(T) -> PolicyConfig,
) -> Result<PolicyConfig, AwsError> {
    let member = format!("{policy_type}PolicyConfiguration");
    if input.members(&member)?.is_some() {
        return read(input.get(&member)).map(wrap);
    }
    unchanged().filter(|config| exists && config.type_name() == policy_type).ok_or_else(|| {
        let missing = format!("{policy_type} policy configuration must be specified");
        AwsError::validation(missing).by(Rule::ConfigurationIsRequired)
    })
}

/// S-101
fn new_arn(cloud: &mut Cloud, scope: &ScopeId, id: &ServiceId, name: &str) -> String {
    let uuid = cloud.new_id(&format!("{}/{name}", id.resource_id()));
    let resource = format!("scalingPolicy:{uuid}:resource/{NAMESPACE}/{}:policyName/{name}", id.resource_id());
    regional_arn(scope, "autoscaling", &resource)
}

/// Puts the policy in its place, and the alarms of target tracking with it.
fn replace(cloud: &mut Cloud, call: &Call<'_>, id: &ServiceId, name: &str, mut policy: Policy) -> Result<(), AwsError> {
    let before = cloud.scope(call.scope).targets.get(id).and_then(|t| t.policies.get(name)).cloned();
    if let Some(before) = before {
        cloud.scope_mut(call.scope).remove_generated_alarms(&before);
    }
    if let PolicyConfig::TargetTracking(tracking) = &mut policy.config {
        tracking.alarms = target_tracking::generate_alarms(cloud, call, id, &policy.arn, &tracking.config)?;
    }
    if let Some(target) = cloud.scope_mut(call.scope).targets.get_mut(id) {
        target.policies.insert(name.to_owned(), policy);
    }
    Ok(())
}

fn generated_alarms(scope: &ScopeId, names: &[AlarmName]) -> Vec<Value> {
    names.iter().map(|name| alarm_value(name, regional_arn(scope, "cloudwatch", &format!("alarm:{name}")))).collect()
}

fn alarm_value(name: &AlarmName, arn: String) -> Value {
    Value::map([("AlarmName", name.as_str().into()), ("AlarmARN", arn.into())])
}

/// S-048: the alarms' action goes, the alarms stay; those of target tracking go as well.
pub(super) fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Answer {
    let name = required(call.input, "PolicyName", "policyName")?;
    let id = resource(call.input)?;
    let (alarms_go, action_goes) =
        (cloud.rules.hold(Rule::TrackingAlarmsGo), cloud.rules.hold(Rule::DeletedPolicyLeavesAlarms));
    let scope = cloud.scope_mut(call.scope);
    let policy = scope.targets.get_mut(&id).and_then(|t| t.policies.remove(name));
    let policy = policy
        .ok_or_else(|| super::not_found(&format!("scaling policy {name}"), "found", &id).by(Rule::PolicyIsThere))?;
    if alarms_go {
        scope.remove_generated_alarms(&policy);
    }
    for alarm in scope.alarms.values_mut().filter(|_| action_goes) {
        alarm.spec.remove_action(&policy.arn);
    }
    Ok(Value::empty())
}

/// S-052
pub(super) fn describe(cloud: &Cloud, call: &Call<'_>) -> Answer {
    let page = if cloud.rules.hold(Rule::PolicyPageIsTen) { PAGE } else { 50 };
    let listing = Listing::read(call, Some("PolicyNames"), page)?;
    let scope = cloud.scope(call.scope);
    if let Some(policy) = scope.targets.values().find_map(|target| target.policies.values().next()) {
        require_service_linked_role(cloud, call.scope, &policy.arn)?;
    }
    let alarms = if cloud.rules.hold(Rule::PolicyNamesItsAlarms) { alarms_by_policy(scope) } else { BTreeMap::new() };
    let policies = scope.targets.iter().flat_map(|(id, t)| t.policies.iter().map(move |(name, p)| (id, name, p)));
    let wanted = policies
        .filter(|(id, name, _)| listing.wants(id, name))
        .map(|(id, name, policy)| (key(id, name), (id, name, policy)));
    listing.reply(cloud, "ScalingPolicies", wanted, |(id, name, policy)| {
        let [namespace, resource, dimension] = resource_members(id);
        let alarms = alarms.get(policy.arn.as_str()).cloned().unwrap_or_default();
        Value::map([
            namespace,
            resource,
            dimension,
            ("PolicyARN", (&policy.arn).into()),
            ("PolicyName", (*name).into()),
            ("PolicyType", policy.config.type_name().into()),
            policy.config.member(&cloud.rules),
            ("Alarms", alarms.into()), // S-058: for step policies too
            ("CreationTime", policy.created.into()),
        ])
    })
}

/// Application Auto Scaling reads and writes a policy's alarms with its own role; without it, nothing of policies can
/// be had (iam.md §1).
fn require_service_linked_role(cloud: &Cloud, scope: &ScopeId, policy_arn: &str) -> Result<(), AwsError> {
    if cloud.has_service_linked_role(&scope.account) {
        return Ok(());
    }
    Err(AwsError::sender(
        "FailedResourceAccessException",
        format!(
            "Unable to retrieve alarms for scaling policy {policy_arn} due to reason: The security token included in \
             the request is invalid. (Service: AmazonCloudWatch; Status Code: 403; Error Code: InvalidClientTokenId; \
             Request ID: 00000000-0000-4000-8000-000000000000; Proxy: null)"
        ),
    )
    .by(Rule::RoleMustExist))
}

/// The alarms whose actions name a policy, by the policy's ARN.
fn alarms_by_policy(scope: &Scope) -> BTreeMap<&str, Vec<Value>> {
    let mut found: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (name, alarm) in &scope.alarms {
        for action in alarm.spec.actions() {
            let policy = action.split_once(":createdBy/").map_or(action, |(policy, _)| policy);
            found.entry(policy).or_default().push(alarm_value(name, alarm.arn.clone()));
        }
    }
    found
}
