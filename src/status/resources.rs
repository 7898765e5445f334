//! What AWS holds for an object.

use std::collections::BTreeMap;

use crate::api::status::ResourceStatus;
use crate::model::names::AlarmName;
use crate::model::observed::{AlarmRef, ObservedTarget, Read, ScalingPolicy};

/// The target, its policies, their alarms with their states, and the scheduled actions.
pub(super) fn resources(observed: &ObservedTarget) -> Vec<ResourceStatus> {
    let target = observed.target.known().and_then(Option::as_ref).map(|target| ResourceStatus {
        kind: "ScalableTarget".to_owned(),
        name: "ecs:service:DesiredCount".to_owned(),
        arn: target.arn.clone(),
        state: None,
        policy: None,
    });
    let policies = observed.policies.known().into_iter().flatten().map(|policy| ResourceStatus {
        kind: "ScalingPolicy".to_owned(),
        name: policy.name.to_string(),
        arn: Some(policy.arn.clone()),
        state: None,
        policy: None,
    });
    let schedules = observed.scheduled_actions.known().into_iter().flatten().map(|action| ResourceStatus {
        kind: "ScheduledAction".to_owned(),
        name: action.name.to_string(),
        arn: action.arn.clone(),
        state: None,
        policy: None,
    });
    target.into_iter().chain(policies).chain(alarms(observed)).chain(schedules).collect()
}

/// The alarms that were read, and those that AWS made for target tracking even where they were not.
fn alarms(observed: &ObservedTarget) -> impl Iterator<Item = ResourceStatus> {
    let of = |name: &AlarmName, arn: &str, state: Option<&str>, policy: Option<&ScalingPolicy>| ResourceStatus {
        kind: "Alarm".to_owned(),
        name: name.to_string(),
        arn: Some(arn.to_owned()),
        state: state.map(str::to_owned),
        policy: policy.map(|policy| policy.name.to_string()),
    };
    let mut all: BTreeMap<&AlarmName, ResourceStatus> = BTreeMap::new();
    let policies = observed.policies.known().into_iter().flatten();
    let tracks =
        |policy: &&ScalingPolicy| policy.config.as_ref().is_ok_and(|config| config.target_tracking().is_some());
    for policy in policies.filter(tracks) {
        for AlarmRef { name, arn } in &policy.alarms {
            all.insert(name, of(name, arn, None, Some(policy)));
        }
    }
    for (name, read) in &observed.alarms {
        let Read::Known(Some(alarm)) = read else { continue };
        let state = Some(alarm.state.as_str());
        match all.get_mut(name) {
            Some(listed) => listed.state = state.map(str::to_owned),
            None => _ = all.insert(name, of(name, &alarm.arn, state, None)),
        }
    }
    all.into_values()
}
