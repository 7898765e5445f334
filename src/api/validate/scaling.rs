//! The policies of all types together: their names, their number, and those of alarms.

use std::collections::BTreeSet;

use super::target::Place;
use super::{has_length, intervals, policies, predictive, tracking};
use crate::api::desired::DesiredPolicy;
use crate::api::finding::Report;
use crate::api::path::Path;
use crate::api::types::ServiceScalingSpec;

/// AWS takes 50 policies a target (S-060).
const MAX_POLICIES: usize = 50;

/// The names of an object's policies and alarms, each of which may be given once.
#[derive(Debug, Default)]
pub(super) struct Names {
    policies: BTreeSet<String>,
    alarms: BTreeSet<String>,
}

impl Names {
    /// Checks a policy's name and notes it (S-021, S-099).
    pub(super) fn take_policy(&mut self, name: &str, path: &Path, report: &mut Report<'_>) {
        has_length(name, 256, "the policy's name", path, report);
        if name.chars().any(char::is_control) {
            report.error(path, "the policy's name has a control character", "remove line breaks and tabs");
        }
        if !self.policies.insert(name.to_owned()) {
            let message = format!("this object has two policies named `{name}`");
            report.error(path, message, "a policy's name is unique on its service: rename one of them");
        }
    }

    /// Whether an alarm of this name is the object's.
    pub(super) fn has_alarm(&self, name: &str) -> bool {
        self.alarms.contains(name)
    }

    /// Notes an alarm's name (S-099).
    pub(super) fn take_alarm(&mut self, name: &str, path: &Path, report: &mut Report<'_>) {
        if !self.alarms.insert(name.to_owned()) {
            let message = format!("this object has two alarms named `{name}`");
            report.error(path, message, "an alarm's name is unique in its account and region: rename one");
        }
    }
}

/// Checks and resolves the policies of an object: those of step scaling first. `at` is its spec.
pub(super) fn check(
    spec: &ServiceScalingSpec,
    place: &Place,
    at: &Path,
    report: &mut Report<'_>,
) -> Vec<DesiredPolicy> {
    fn list<T>(list: &Option<Vec<T>>) -> &[T] {
        list.as_deref().unwrap_or_default()
    }
    let mut names = Names::default();
    let lists = [
        ("stepScaling", policies::check(list(&spec.step_scaling), place, at, &mut names, report)),
        ("intervals", intervals::check(list(&spec.intervals), place, at, &mut names, report)),
        ("targetTracking", tracking::check(list(&spec.target_tracking), place, at, &mut names, report)),
        ("predictiveScaling", predictive::check(list(&spec.predictive_scaling), place, at, &mut names, report)),
    ];
    policies::check_refs(list(&spec.step_scaling), at, &names, report);
    check_number(&lists, at, report);
    lists.into_iter().flat_map(|(_, policies)| policies).collect()
}

/// S-060, said where the list stands that goes beyond.
fn check_number(lists: &[(&str, Vec<DesiredPolicy>)], at: &Path, report: &mut Report<'_>) {
    let total: usize = lists.iter().map(|(_, policies)| policies.len()).sum();
    let mut count = 0;
    for (name, policies) in lists {
        count += policies.len();
        if count > MAX_POLICIES {
            let message = format!("there are {total} policies; AWS takes at most {MAX_POLICIES} a service");
            return report.error(&at.key(name), message, "merge policies on the same metric");
        }
    }
}
