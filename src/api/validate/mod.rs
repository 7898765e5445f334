//! What AWS allows, checked before anything is sent, and the resolved objects that come of it.
//!
//! Owns the rules of one object by subject (`metadata`, `target`, `tags`, `scaling` with `policies`, `intervals`,
//! `tracking` and `predictive`, `behaviour` of them together, `schedules`, `alarm`, `metric`, `queries`, `metric_math`, `statistic`, `window`, `actions`,
//! `account`) and those among objects ([`across`]). What AWS refuses is an error; what AWS accepts and cannot do what it
//! says is a
//! warning. The rules of steps are `model::steps`. A function here reports every broken rule and goes on with what
//! it can; an object whose report has an error is never used.

mod account;
pub mod across;
pub(in crate::api) mod actions;
mod alarm;
mod behaviour;
mod intervals;
mod metadata;
mod metric;
mod metric_math;
mod policies;
mod predictive;
mod queries;
mod scaling;
mod schedules;
mod statistic;
mod tags;
mod target;
mod tracking;
mod window;

#[cfg(test)]
mod rules_tests;

pub use account::aws_account;

use jiff::Timestamp;
use serde_json::Value;

use super::desired::{ObjectKey, Position, ScalingProfile, ServiceScaling};
use super::finding::Report;
use super::path::Path;
use super::types::{Object, ServiceScalingSpec};
use crate::model::names::{AccountId, AccountName};

/// What an object says of itself beside its typed fields.
#[derive(Clone, Debug)]
pub struct Written {
    /// The spec as the user wrote it, with what its profile gives and its names filled in.
    pub spec: Value,
    /// Where the object stands.
    pub position: Position,
    /// The time, for what is past; `None`: nothing is said of it.
    pub now: Option<Timestamp>,
}

/// A `ServiceScaling` whose own rules are checked; the rules among objects are yet to come.
#[derive(Clone, Debug)]
pub struct CheckedService {
    /// The object; its region may still be filled in from its account.
    pub scaling: ServiceScaling,
    /// The account that an ARN names, and where.
    pub arn_account: Option<(Path, AccountId)>,
}

/// Checks and resolves a `ServiceScaling`.
pub fn service_scaling(
    object: Object<ServiceScalingSpec>,
    written: Written,
    report: &mut Report<'_>,
) -> CheckedService {
    metadata::check(&object.metadata, report);
    let spec = object.spec;
    let at = Path::root().key("spec");
    let place = target::place(&spec, &at, report);
    let range = target::range(&spec, &at, report);
    let tags = tags::check(spec.tags.as_ref(), &at.key("tags"), report);
    let policies = scaling::check(&spec, &place, &at, report);
    let scheduled = spec.scheduled_actions.as_deref().unwrap_or_default();
    let schedules = schedules::check(scheduled, range, written.now, &at, report);
    if spec.min_capacity.is_some() {
        target::warn_of_sleep(range, &policies, &at, report);
    }
    let scaling = ServiceScaling {
        key: ObjectKey::new(object.metadata.namespace.as_deref().unwrap_or("default"), object.metadata.name),
        labels: object.metadata.labels.unwrap_or_default(),
        spec: written.spec,
        spec_hash: String::new(),
        position: written.position,
        account: spec.account.map_or_else(AccountName::default_account, AccountName::new),
        region: place.region,
        service: place.service,
        range,
        suspended: spec.suspended_state.unwrap_or_default(),
        policies,
        schedules,
        presence: spec.state.unwrap_or_default(),
        is_pruned: false,
        mode: spec.mode.unwrap_or_default(),
        adoption: spec.adoption.unwrap_or_default(),
        allow_capacity_move: spec.allow_capacity_move.unwrap_or_default(),
        deletion_policy: spec.deletion_policy.unwrap_or_default(),
        tags,
    };
    behaviour::warn(&scaling, report);
    CheckedService { scaling, arn_account: place.arn_account }
}

/// Checks a `ScalingProfile`, as far as that can be done without an object that takes it.
pub fn scaling_profile(object: &Object<Value>, written: Written, report: &mut Report<'_>) -> ScalingProfile {
    metadata::check(&object.metadata, report);
    let namespace = object.metadata.namespace.as_deref().unwrap_or("default");
    let key = ObjectKey::new(namespace, object.metadata.name.as_str());
    ScalingProfile { key, spec: written.spec, position: written.position }
}

/// Whether the text has 1 to `max` characters; says so where it has not.
fn has_length(text: &str, max: usize, what: &str, path: &Path, report: &mut Report<'_>) -> bool {
    let count = text.chars().count();
    if count == 0 {
        report.error(path, format!("{what} is empty"), format!("write 1 to {max} characters"));
    } else if count > max {
        report.error(path, format!("{what} has {count} characters; AWS takes at most {max}"), "shorten it");
    }
    (1..=max).contains(&count)
}
