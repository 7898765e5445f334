//! What each policy of the object comes to: the resource label that the object leaves out is that of the service's target
//! group, and steps may follow an alarm's threshold.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::Inputs;
use super::action::{Lookup, Part};
use super::draft::Draft;
use super::follow;
use crate::api::desired::{DesiredPolicy, Mode};
use crate::api::status::Reason;
use crate::model::load_balancer::{label, target_group_name};
use crate::model::observed::Service;
use crate::model::policy::{PolicyConfig, TrackedMetric};

/// How long it is believed which load balancer a target group is behind.
const BELIEVED: SignedDuration = SignedDuration::from_hours(1);

/// A policy of the object, as it is to be in AWS.
pub(super) struct WantedPolicy<'a> {
    pub(super) policy: &'a DesiredPolicy,
    /// `None`: it is withheld, which has been said, or something must be looked up first.
    pub(super) config: Option<PolicyConfig>,
}

/// Every policy of the object, in its order.
pub(super) fn resolve<'a>(draft: &mut Draft<'a>, service: &Service) -> Vec<WantedPolicy<'a>> {
    let mut tracked: BTreeSet<String> = BTreeSet::new();
    let policies = &draft.inputs.desired.policies;
    policies
        .iter()
        .map(|policy| {
            let config =
                resolve_one(draft, service, policy).filter(|config| is_first(draft, policy, config, &mut tracked));
            WantedPolicy { policy, config }
        })
        .collect()
}

fn resolve_one(draft: &mut Draft<'_>, service: &Service, policy: &DesiredPolicy) -> Option<PolicyConfig> {
    if !policy.config.is_of_load_balancer() {
        let settled = follow::settle(draft.inputs, policy);
        return settled.map_err(|unsettled| unsettled.withhold(draft, Part::Policy(policy.name.clone()))).ok();
    }
    if service.code_deploy {
        say_blue_green(draft, policy);
        return None;
    }
    if !policy.config.lacks_label() {
        return Some(policy.config.clone());
    }
    let [group] = service.target_groups.as_slice() else {
        say_unclear(draft, policy, &target_groups(service));
        return None;
    };
    let config = policy.config.clone().with_label(&label_of(draft, policy, group)?);
    // What is written is made of what was read with the rest; what is equal may be older (road#1681).
    let Inputs { observed, memory, mode, .. } = draft.inputs;
    let held = observed.policies.known().and_then(|held| held.iter().find(|held| held.name == policy.name));
    let is_equal = held.is_some_and(|held| held.config.as_ref() == Ok(&config));
    let is_fresh = memory.target_groups.get(group).is_some_and(|reading| reading.read_at >= observed.read_at);
    if is_equal || is_fresh || mode == Mode::Observe {
        return Some(config);
    }
    draft.look_up(Lookup::TargetGroup(group.clone()));
    None
}

/// The label of a target group, once it is known which load balancer it is behind.
fn label_of(draft: &mut Draft<'_>, policy: &DesiredPolicy, group: &str) -> Option<String> {
    let Inputs { memory, now, .. } = draft.inputs;
    let Some(reading) = memory.target_groups.get(group).filter(|r| now.duration_since(r.read_at) < BELIEVED) else {
        draft.look_up(Lookup::TargetGroup(group.to_owned()));
        return None;
    };
    let labels: Vec<String> = reading.load_balancers.iter().filter_map(|balancer| label(balancer, group)).collect();
    match labels.as_slice() {
        [one] => Some(one.clone()),
        [] => {
            let message = format!(
                "the service's target group {} is behind no Application Load Balancer",
                target_group_name(group)
            );
            say_unclear(draft, policy, &message);
            None
        }
        several => {
            let message =
                format!("the service's target group is behind several load balancers: {}", several.join(", "));
            say_unclear(draft, policy, &message);
            None
        }
    }
}

fn target_groups(service: &Service) -> String {
    if service.target_groups.is_empty() {
        return "the service has no target group".to_owned();
    }
    let names: Vec<&str> = service.target_groups.iter().map(|arn| target_group_name(arn)).collect();
    format!("the service has several target groups: {}", names.join(", "))
}

fn say_unclear(draft: &mut Draft<'_>, policy: &DesiredPolicy, message: &str) {
    draft.withhold(
        Part::Policy(policy.name.clone()),
        Reason::TargetGroupUnclear,
        format!("it counts requests and names no target group, and {message}"),
        "Write resourceLabel: app/LB/ID/targetgroup/TG/ID for the one to count, or use metric math over several.",
    );
}

/// S-037: CodeDeploy moves the traffic between two target groups, and the policy would watch an empty one.
fn say_blue_green(draft: &mut Draft<'_>, policy: &DesiredPolicy) {
    draft.withhold(
        Part::Policy(policy.name.clone()),
        Reason::BlueGreenUnsupported,
        "it counts the requests of one target group, and CodeDeploy moves the traffic between two: AWS does not support \
         this metric with blue/green deployments",
        "Track metric math over both target groups: customizedMetricSpecification.metrics with RequestCountPerTarget of \
         each (FILL(m1, 0) + FILL(m2, 0)).",
    );
}

/// Whether no policy before tracks the same: a label that is looked up may be one that another policy spells out.
fn is_first(
    draft: &mut Draft<'_>,
    policy: &DesiredPolicy,
    config: &PolicyConfig,
    tracked: &mut BTreeSet<String>,
) -> bool {
    let Some(tracking) = config.target_tracking() else { return true };
    let TrackedMetric::Predefined(_) = &tracking.metric else { return true };
    if tracked.insert(tracking.metric.describe()) {
        return true;
    }
    draft.withhold(
        Part::Policy(policy.name.clone()),
        Reason::Refused,
        format!("another policy of this object tracks {} too; AWS takes one a metric", tracking.metric.describe()),
        "Remove one of the two, or give it another resourceLabel.",
    );
    false
}
