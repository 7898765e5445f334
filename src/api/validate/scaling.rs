//! The policies of all types together: their names, their number, and one policy a metric.

use std::collections::BTreeMap;

use super::target::Place;
use super::{has_length, policies, predictive, tracking};
use crate::api::desired::DesiredPolicy;
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::ServiceScalingSpec;

/// AWS takes 50 policies a target (S-060).
const MAX_POLICIES: usize = 50;

/// Checks and resolves the policies of an object: those of step scaling first.
pub(super) fn check(
    spec: &ServiceScalingSpec,
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> Vec<DesiredPolicy> {
    check_names(spec, at, report);
    let mut all = policies::check(spec.step_scaling.as_deref().unwrap_or_default(), place, at, report);
    all.extend(tracking::check(spec.target_tracking.as_deref().unwrap_or_default(), place, at, report));
    all.extend(predictive::check(spec.predictive_scaling.as_deref().unwrap_or_default(), place, at, report));
    all
}

/// The name of every policy, with its path.
fn names<'a>(spec: &'a ServiceScalingSpec, at: &Path) -> Vec<(Path, &'a str)> {
    let step = spec.step_scaling.iter().flatten().map(|policy| policy.policy_name.as_str()).enumerate();
    let tracking = spec.target_tracking.iter().flatten().map(|policy| policy.policy_name.as_str()).enumerate();
    let predictive = spec.predictive_scaling.iter().flatten().map(|policy| policy.policy_name.as_str()).enumerate();
    let of = |list: &'static str| {
        let list = at.key(list);
        move |(index, name)| (list.index(index), name)
    };
    step.map(of("stepScaling"))
        .chain(tracking.map(of("targetTracking")))
        .chain(predictive.map(of("predictiveScaling")))
        .collect()
}

/// S-021, S-060, S-099
fn check_names(spec: &ServiceScalingSpec, at: &Path, report: &mut Report<'_>) {
    let all = names(spec, at);
    if let Some((beyond, _)) = all.get(MAX_POLICIES) {
        let list = beyond.parent();
        let message = format!("there are {} policies; AWS takes at most {MAX_POLICIES} a service", all.len());
        report.error(&list, message, "merge policies on the same metric");
    }
    let mut seen: BTreeMap<&str, Path> = BTreeMap::new();
    for (policy, name) in all {
        let path = policy.key("policyName");
        has_length(name, 256, "the policy's name", &path, report);
        if name.chars().any(char::is_control) {
            report.error(&path, "the policy's name has a control character", "remove line breaks and tabs");
        }
        match seen.get(name) {
            Some(_) => {
                let message = format!("this object has two policies named `{name}`");
                report.error(&path, message, "a policy's name is unique on its service: rename one of them");
            }
            None => {
                seen.insert(name, path);
            }
        }
    }
}
