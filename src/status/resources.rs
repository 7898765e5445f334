//! What AWS holds for an object, and what its policies do together.

use std::collections::BTreeMap;

use crate::api::status::ResourceStatus;
use crate::model::names::AlarmName;
use crate::model::observed::{AlarmRef, ObservedTarget, Read, ScalingPolicy};
use crate::model::policy::{PolicyConfig, TargetTrackingConfig};

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
    for (policy, _) in tracking(observed) {
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

fn tracking(observed: &ObservedTarget) -> impl Iterator<Item = (&ScalingPolicy, &TargetTrackingConfig)> {
    let policies = observed.policies.known().into_iter().flatten();
    policies.filter_map(|policy| Some((policy, policy.config.as_ref().ok()?.target_tracking()?)))
}

/// What several policies do together (cop#4298); `None` where target tracking is alone or absent.
pub(super) fn together(observed: &ObservedTarget) -> Option<String> {
    let all: Vec<(&ScalingPolicy, &TargetTrackingConfig)> = tracking(observed).collect();
    let others = observed.policies.known()?.len() - all.len();
    if all.is_empty() || all.len() + others < 2 {
        return None;
    }
    let names = |of: &dyn Fn(&TargetTrackingConfig) -> bool| {
        let names = all.iter().filter(|(_, config)| of(config)).map(|(policy, _)| policy.name.as_str());
        names.collect::<Vec<_>>()
    };
    let (takers, keepers) = (names(&|config| !config.disable_scale_in), names(&|config| config.disable_scale_in));
    let out = "Out: the largest task count that any policy asks for wins.".to_owned();
    let scale_in = match takers.as_slice() {
        [] => "In: target tracking takes no tasks away, since scale-in is disabled in all of its policies.".to_owned(),
        [one] => format!("In: target tracking takes tasks away when {one} asks for it."),
        several => {
            format!("In: target tracking takes tasks away only when all of these agree: {}.", several.join(", "))
        }
    };
    let kept =
        (!takers.is_empty() && !keepers.is_empty()).then(|| format!("{} never takes tasks away.", keepers.join(", ")));
    let is_step = |policy: &ScalingPolicy| matches!(policy.config, Ok(PolicyConfig::Step(_)));
    let has_step = observed.policies.known()?.iter().any(is_step);
    let steps = has_step.then(|| "Step scaling takes tasks away without asking target tracking.".to_owned());
    Some([Some(out), Some(scale_in), kept, steps].into_iter().flatten().collect::<Vec<_>>().join(" "))
}
